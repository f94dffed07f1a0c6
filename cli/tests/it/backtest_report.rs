//! `--report` and `--plots` of a backtest, as they are asked for on a command line.

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use serde_json::Value;

#[test]
fn a_report_and_its_plots_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market");
    let page = folder.path().join("a report.html");
    let plots = folder.path().join("plots");
    let output = Process::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("backtest")
        .arg(fixtures.join("goog_1d_bars.csv.gz"))
        .args(["--strategy", "sma_cross", "--fee", "0.1%"])
        .args(["--size", "100%", "--report"])
        .arg(&page)
        .arg("--plots")
        .arg(&plots)
        .output()
        .unwrap();
    let html = fs::read_to_string(&page).unwrap();
    // `backtesting` 0.6.6 ends with 54,101.36916.
    assert!(html.contains(">54,101.37</b>"));
    // What repeats it is quoted for a shell.
    assert!(html.contains("a report.html&#39;"));
    assert!(html.contains("at the open of the next bar"));
    if String::from_utf8_lossy(&output.stderr).contains("no font is installed") {
        println!("SKIPPED: plots, for which no font is installed");
        return;
    }
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let mut names: Vec<_> = fs::read_dir(&plots)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = "distribution.png distribution.svg equity.png equity.svg monthly.png monthly.svg \
                    price-goog_1d_bars.png price-goog_1d_bars.svg rolling.png rolling.svg";
    assert_eq!(names.join(" "), expected);
    let image = fs::read(plots.join("equity.png")).unwrap();
    assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
    // Twice the 960 pixels of the plot.
    assert_eq!(image[16..20], 1_920_u32.to_be_bytes());
}

/// A search with a page and its plots: the page, the names of the plots, and what `--format json` says.
fn searched(verb: &str, words: &[&str]) -> (String, Vec<String>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market");
    let (page, plots) = (folder.path().join("page.html"), folder.path().join("plots"));
    let output = Process::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["backtest", verb])
        .arg(fixtures.join("goog_1d_bars.csv.gz"))
        .args([
            "--strategy",
            "sma_cross",
            "--fee",
            "0.1%",
            "--format",
            "json",
        ])
        .args(words)
        .arg("--report")
        .arg(&page)
        .arg("--plots")
        .arg(&plots)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let html = fs::read_to_string(&page).unwrap_or_else(|_| panic!("{errors}"));
    if errors.contains("no font is installed") {
        println!("SKIPPED: plots, for which no font is installed");
        return (html, Vec::new(), Value::Null);
    }
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let told = serde_json::from_slice(&output.stdout).unwrap();
    let mut names: Vec<_> = fs::read_dir(&plots)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "png"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    // To be looked at.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{verb}.html"));
    fs::write(kept, &html).unwrap();
    (html, names, told)
}

/// A number as pages show it.
fn shown(value: &Value, decimals: usize) -> String {
    format!("{:.decimals$}", value.as_f64().unwrap()).replace('-', "\u{2212}")
}

#[test]
fn a_sweep_draws_what_it_says() {
    let grid = ["--grid", "fast=5..20:5", "--grid", "slow=20..60:20"];
    let (html, plots, told) = searched("sweep", &[&grid[..], &["--size", "100%"]].concat());
    if told.is_null() {
        return;
    }
    assert!(plots.contains(&"surface".to_owned()), "{plots:?}");
    let runs = told["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 12);
    for run in runs {
        let says = match run["sharpe"].as_f64() {
            Some(_) => shown(&run["sharpe"], 4),
            None => "none".to_owned(),
        };
        let cell = format!("fast {}, slow {}: {says}", run["fast"], run["slow"]);
        // Once in each of three widths.
        assert_eq!(html.matches(&cell).count(), 3, "{cell}");
    }
    for fact in [
        &told["deflated_sharpe"]["probability"],
        &told["overfitting"]["probability"],
    ] {
        assert!(
            html.contains(&format!("<dd>{}</dd>", shown(fact, 4))),
            "{fact}"
        );
    }
    // Of the run that the page is about, once as its Sharpe ratio, and the same metric says the same.
    assert!(html.contains("the best of 11 runs</h1>"));
    let best = &told["best"];
    let best = runs
        .iter()
        .find(|run| run["fast"] == best["fast"] && run["slow"] == best["slow"]);
    let tile = format!(
        "<span>Sharpe ratio</span><b class=\"plain\">{}</b>",
        shown(&best.unwrap()["sharpe"], 4)
    );
    assert!(html.contains(&tile), "{tile}");
    assert!(html.contains("id=\"trade-list\""));
}

#[test]
fn one_parameter_is_a_table() {
    let (html, plots, told) = searched("sweep", &["--grid", "fast=5..20:5"]);
    if told.is_null() {
        return;
    }
    assert!(!plots.contains(&"surface".to_owned()), "{plots:?}");
    let runs = told["runs"].as_array().unwrap();
    assert!(html.contains("<h3>Every run</h3>"));
    for run in runs {
        let row = format!(
            "<th scope=\"row\">fast={} slow=30 side=long</th><td class=\"num\">{}</td>",
            run["fast"],
            shown(&run["sharpe"], 4)
        );
        assert!(html.contains(&row), "{row}");
    }
    let wrong = Process::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["backtest", "sweep"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market/goog_1d_bars.csv.gz"))
        .args([
            "--strategy",
            "sma_cross",
            "--grid",
            "fast=5..20:5",
            "--surface",
            "fats",
        ])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(
        said.contains("--surface fats; accepted: one or two of fast, slow, side"),
        "{said}"
    );
}

#[test]
fn windows_are_drawn_with_what_was_judged() {
    let words = [
        "--grid",
        "fast=5..20:5",
        "--grid",
        "slow=30..60:30",
        "--folds",
        "4",
    ];
    let (html, plots, told) = searched("walk-forward", &words);
    if told.is_null() {
        return;
    }
    assert_eq!(plots, ["walk-forward"]);
    let folds = told["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 4);
    let mut product = 1.0;
    for fold in folds {
        let percent = fold["return_out"].as_f64().unwrap() * 100.0;
        product *= 1.0 + fold["return_out"].as_f64().unwrap();
        let sign = if percent > 0.005 { "+" } else { "" };
        let returned = format!("{sign}{percent:.2}%").replace('-', "\u{2212}");
        assert!(html.contains(&format!(">{returned}</td>")), "{returned}");
        for figure in ["sharpe_in", "sharpe_out"] {
            let cell = format!("<td class=\"num\">{}</td>", shown(&fold[figure], 3));
            assert!(html.contains(&cell), "{cell}");
        }
    }
    assert!((product - told["equity_out"].as_f64().unwrap()).abs() < 1e-9);
    let sharpe = shown(&told["sharpe_out"], 4);
    assert!(html.contains(&format!("<dd>{sharpe}</dd>")), "{sharpe}");
    // The first of four windows of 268 days begins after 1,076 samples, which are days of the exchange.
    assert!(
        html.contains("2004-08-20 \u{2013} 2008-11-24</td><td>2008-11-25 \u{2013} 2009-12-17"),
        "dates"
    );
    // It is about many runs, so there is none to be shown.
    assert!(!html.contains("id=\"trade-list\"") && !html.contains("id=\"equity\""));
}

#[test]
fn a_fan_ends_where_its_paths_do() {
    let words = ["--size", "100%", "--paths", "400", "--seed", "3"];
    let (html, plots, told) = searched("monte-carlo", &words);
    if told.is_null() {
        return;
    }
    assert!(plots.contains(&"monte-carlo".to_owned()), "{plots:?}");
    let last = told["fan"].as_array().unwrap().last().unwrap();
    let initial = told["initial"].as_f64().unwrap();
    let level = last["levels"][3].as_f64().unwrap();
    let cents = format!("{:.2}", initial * level);
    let (whole, part) = cents.split_once('.').unwrap();
    let (thousands, rest) = whole.split_at(whole.len() - 3);
    let median = format!("50% {thousands},{rest}.{part}");
    assert!(html.contains(&median), "{median}");
    let lost = told["lost"]["value"].as_f64().unwrap() * 100.0;
    assert!(html.contains(&format!("<dd>{lost:.2}% (")), "{lost}");
    let fall = told["drawdowns"][3].as_f64().unwrap() * 100.0;
    assert!(
        html.contains(&format!("<td class=\"num\">{fall:.2}%</td>")),
        "{fall}"
    );
}

#[test]
fn attempts_under_a_plan_are_a_table_of_sizes() {
    let plan = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/plans/static-100k.toml"
    );
    let words = [
        "--plan", plan, "--size", "100", "--paths", "50", "--sizes", "1,4",
    ];
    let (html, _, told) = searched("monte-carlo", &words);
    if told.is_null() {
        return;
    }
    let answers = told["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 2);
    for answer in answers {
        let row = format!(
            "<th scope=\"row\">{}x</th><td class=\"num\">{:.2}% (",
            answer["size"].as_str().unwrap(),
            answer["passed"]["value"].as_f64().unwrap() * 100.0
        );
        assert!(html.contains(&row), "{row}");
    }
    // The run had no rules, so it has no verdict.
    assert!(!html.contains("<section id=\"rules\""));
}
