//! Searches as their users make them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const DATA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../fixtures/market/goog_1d_bars.csv.gz"
);

pub(crate) fn dynasty(verb: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["backtest", verb, DATA, "--strategy", "sma_cross"])
        .args(["--fee", "0.1%"])
        .args(words)
        .output()
        .unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

const GRID: [&str; 4] = ["--grid", "fast=5..50:5", "--grid", "slow=20..60:10"];

fn sweep(out: &Path, more: &[&str]) -> Output {
    let out = ["--out", out.to_str().unwrap()];
    dynasty("sweep", &[&GRID[..], &out, more].concat())
}

#[test]
fn a_stopped_sweep_goes_on_and_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.csv");
    let text = said(&sweep(&whole, &["--threads", "1"]));
    assert!(text.contains("along columns"), "{text}");
    assert!(
        text.contains("deflated Sharpe ratio") && text.contains("12870 splits"),
        "{text}"
    );
    let rows = fs::read_to_string(&whole).unwrap();
    assert_eq!(rows.lines().count(), 51);
    // The published case of 10 and 30 days is among them.
    let known = rows
        .lines()
        .find(|row| row.contains(",10,30,long,"))
        .unwrap();
    assert!(known.contains(",10743.00841,"), "{known}");

    // A record of half of it, its last line cut off.
    let out = folder.path().join("again.csv");
    let part = PathBuf::from(format!("{}.part", out.display()));
    assert!(!part.exists());
    fs::write(&part, "dynasty-search 4 0000000000000000\n").unwrap();
    let refused = sweep(&out, &["--resume"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another search"));
    let stopped = sweep(&out, &[]);
    assert_eq!(stopped.status.code(), Some(2));
    fs::remove_file(&part).unwrap();
    said(&sweep(&out, &["--threads", "2"]));
    assert_eq!(fs::read_to_string(&out).unwrap(), rows);
}

/// Kills a search once it has run some.
pub(crate) fn killed(verb: &str, out: &Path, words: &[&str]) {
    let mut killed = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["backtest", verb, DATA, "--strategy", "sma_cross"])
        .args(["--threads", "1", "--out"])
        .arg(out)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let part = PathBuf::from(format!("{}.part", out.display()));
    let lines = || fs::read_to_string(&part).map_or(0, |text| text.matches('\n').count());
    while lines() < 20 {
        assert_eq!(
            killed.try_wait().unwrap(),
            None,
            "it ended before it was killed"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    let status = killed.wait().unwrap();
    assert!(!status.success() && !out.exists(), "{status}");
}

/// What a run comes to follows from the runs before it, so that a record of them is enough.
#[test]
fn a_killed_optimisation_goes_on_and_ends_the_same() {
    let words = [
        "--grid",
        "fast=1..100",
        "--grid",
        "slow=101..400",
        "--size",
        "100%",
        "--optimise",
        "400",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (whole, out, part) = (path("whole.csv"), path("out.csv"), path("out.csv.part"));
    let run = |out: &Path, more: &[&str]| {
        let out = ["--out", out.to_str().unwrap()];
        dynasty("sweep", &[&words[..], &out, more].concat())
    };
    said(&run(&whole, &[]));
    killed("sweep", &out, &[&words[..], &["--fee", "0.1%"]].concat());
    // Another seed is another search.
    let refused = run(&out, &["--resume", "--seed", "2"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another search"));
    let done = fs::read_to_string(&part).unwrap().matches('\n').count() - 1;
    let text = said(&run(&out, &["--resume"]));
    assert!(
        text.contains(&format!(", {done} known from before")),
        "{text}"
    );
    assert_eq!(fs::read(&out).unwrap(), fs::read(&whole).unwrap());
    assert!(!part.exists());
}

#[test]
fn a_search_with_other_dividends_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (share, out) = (path("share.toml"), path("out.csv"));
    let pays = |dividend: &str| {
        let text = format!(
            r#"
            [[instrument]]
            symbol = "GOOG"
            kind = "equity"
            currency = "USD"
            tick_size = "0.00001"
            lot_size = "1"
            order_qty_max = "100000"
            session = "us-equities"
            [[instrument.action]]
            ex = "2010-06-01"
            dividend = "{dividend}"
        "#
        );
        fs::write(&share, text).unwrap();
    };
    let words = [
        "--grid",
        "fast=1..30",
        "--grid",
        "slow=40..59",
        "--size",
        "100%",
        "--instrument",
        share.to_str().unwrap(),
    ];
    pays("1");
    killed("sweep", &out, &words);
    let resume = || {
        Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", "sweep", DATA, "--strategy", "sma_cross"])
            .args(["--resume", "--out"])
            .arg(&out)
            .args(words)
            .output()
            .unwrap()
    };
    pays("50");
    let refused = resume();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another search"));
    pays("1");
    said(&resume());
}

#[test]
fn a_killed_sweep_goes_on_and_runs_nothing_twice() {
    // A share of equity goes through the engine: 600 runs take longer than to see the first of them.
    let grid = [
        "--grid",
        "fast=1..30",
        "--grid",
        "slow=40..59",
        "--size",
        "100%",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let run = |out: &Path, more: &[&str]| {
        let out = ["--out", out.to_str().unwrap()];
        dynasty("sweep", &[&grid[..], &out, more].concat())
    };
    let (whole, out, part) = (path("whole.csv"), path("out.csv"), path("out.csv.part"));
    let text = said(&run(&whole, &["--threads", "2"]));
    assert!(
        text.contains("600 runs") && text.contains("through the engine"),
        "{text}"
    );

    killed("sweep", &out, &[&grid[..], &["--fee", "0.1%"]].concat());
    let lines = || fs::read_to_string(&part).map_or(0, |text| text.matches('\n').count());
    // The first line says which search it is; the last may have been cut off.
    let done = lines() - 1;
    assert!((19..600).contains(&done), "{done}");
    let kept = fs::read_to_string(&part).unwrap();
    fs::write(&part, format!("{kept}599\tengine\t100")).unwrap();

    let text = said(&run(&out, &["--threads", "2", "--resume"]));
    assert!(
        text.contains(&format!(", {done} known from before")),
        "{text}"
    );
    assert_eq!(fs::read(&out).unwrap(), fs::read(&whole).unwrap());
    assert!(!part.exists());
}

#[test]
fn parts_that_were_not_chosen_by_make_one_curve() {
    let folder = tempfile::tempdir().unwrap();
    let curve = folder.path().join("curve.csv");
    let more = ["--folds", "4", "--curve", curve.to_str().unwrap()];
    let text = said(&dynasty("walk-forward", &[&GRID[..], &more].concat()));
    // 2,147 returns: four tests and four more, 268 each, told by their first and last sample.
    assert!(
        text.contains(" 1076-1343 ") && text.contains(" 1880-2147 "),
        "{text}"
    );
    assert_eq!(
        fs::read_to_string(&curve).unwrap().lines().count(),
        1 + 1 + 4 * 268
    );
}

/// Each window is an account under the plan. Of one that neither passed nor failed, equity is the plan's 100,000 and what a run
/// with the values chosen made from the sample before the window to its last; the page and the text say the same.
#[test]
fn windows_are_accounts_under_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    let plan = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/plans/static-100k.toml"
    );
    let page = folder.path().join("page.html");
    let terms = ["--size", "100", "--interval", "390m"];
    let words = [
        &GRID[..],
        &terms,
        &["--plan", plan, "--report", page.to_str().unwrap()],
    ];
    let words = words.concat();
    let told = said(&dynasty(
        "walk-forward",
        &[&words[..], &["--format", "json"]].concat(),
    ));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let text = said(&dynasty("walk-forward", &words));
    // Words of a cell stay together there.
    let html = fs::read_to_string(&page).unwrap().replace('\u{a0}', " ");
    let folds = told["folds"].as_array().unwrap();
    let verdicts = folds.iter().map(|fold| &fold["under_plan"]);
    let passed = verdicts.filter(|it| it["verdict"] == "passed").count();
    assert_eq!(told["windows_passed"], passed);
    assert!(
        text.contains(&format!(
            "under the plan: {passed} of 5 passed; all of them as one account: "
        )),
        "{text}"
    );
    assert!(
        html.contains(&format!(
            "<dt>Windows under the plan</dt><dd>{passed} of 5 passed</dd>"
        )),
        "page"
    );
    // Of one combination four windows are one account as one window of their length is.
    let one = |windows: &[&str]| {
        let words = ["--grid", "fast=10", "--grid", "slow=30", "--plan", plan];
        let words = [&words[..], &terms, windows, &["--format", "json"]].concat();
        let told: serde_json::Value =
            serde_json::from_str(&said(&dynasty("walk-forward", &words))).unwrap();
        told
    };
    let (four, single) = (
        one(&["--folds", "4"]),
        one(&["--folds", "1", "--train", "1075"]),
    );
    assert_eq!(four["folds"][0]["test"][0], single["folds"][0]["test"][0]);
    assert_eq!(four["one_account"], single["folds"][0]["under_plan"]);
    assert_eq!(four["one_account"], single["one_account"]);
    let mut recomputed = 0;
    for fold in folds {
        let verdict = &fold["under_plan"];
        let days = verdict["days"].as_u64().unwrap();
        let word = verdict["verdict"].as_str().unwrap();
        let shown = match verdict["reason"].as_str() {
            None => format!("{word} after {days} days"),
            Some(reason) => {
                let day = verdict["day"].as_str().unwrap();
                format!("{word} on day {days} ({day}): {}", reason.replace('_', " "))
            }
        };
        assert!(
            text.contains(&shown) && html.contains(&shown),
            "{shown}: {text}"
        );
        if word != "evaluation" {
            continue;
        }
        recomputed += 1;
        let curve = folder.path().join("curve.csv");
        let set = |name: &str| format!("{name}={}", fold["parameters"][name]);
        let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", DATA, "-s", "sma_cross", "--fee", "0.1%"])
            .args([
                "--cash",
                "100000",
                "--set",
                &set("fast"),
                "--set",
                &set("slow"),
            ])
            .args(terms)
            .args(["--equity", curve.to_str().unwrap()])
            .output()
            .unwrap();
        said(&output);
        let curve = fs::read_to_string(&curve).unwrap();
        let head: Vec<&str> = curve.lines().next().unwrap().split(',').collect();
        let column = head.iter().position(|name| *name == "equity").unwrap();
        let millionths: Vec<i64> = curve
            .lines()
            .skip(1)
            .map(|line| {
                let (whole, part) = line
                    .split(',')
                    .nth(column)
                    .unwrap()
                    .split_once('.')
                    .unwrap_or((line.split(',').nth(column).unwrap(), ""));
                format!("{whole}{part:0<6}").parse().unwrap()
            })
            .collect();
        let window = |at: usize| fold["test"][at].as_u64().unwrap() as usize;
        let made = millionths[window(1) - 1] - millionths[window(0) - 1];
        let equity: f64 = verdict["equity"].as_str().unwrap().parse().unwrap();
        let expected = 100_000.0 + made as f64 / 1e6;
        assert!((equity - expected).abs() < 5e-7, "{equity}, not {expected}");
    }
    assert!(recomputed > 0, "{text}");
}

#[test]
fn simulations_show_their_seed_and_repeat_it() {
    let words = ["--paths", "500", "--seed", "9", "--format", "json"];
    let (one, other) = (
        dynasty("monte-carlo", &words),
        dynasty("monte-carlo", &words),
    );
    let text = said(&one);
    assert!(text.contains("\"seed\":9"), "{text}");
    assert_eq!(text, said(&other));
}

#[test]
fn a_plan_is_asked_at_several_sizes() {
    let plan = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/plans/static-100k.toml"
    );
    let words = [
        "--plan", plan, "--size", "100", "--paths", "50", "--sizes", "1,4",
    ];
    let text = said(&dynasty("monte-carlo", &words));
    assert!(text.contains("best by passing"), "{text}");
}

/// The Sharpe ratio that the run itself says, and the steps of a year that it is made with.
fn run_of(data: &str, words: &[&str]) -> (f64, f64) {
    let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["backtest", data, "--format", "json"])
        .args(words)
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_str(&said(&output)).unwrap();
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let metrics = &told["metrics"];
    (
        number(&metrics["sharpe"]["value"]),
        number(&metrics["periods_per_year"]),
    )
}

/// A file of fixtures, the words of a run of it, the grid of a sweep that is the same, and steps a year.
type Case<'a> = (&'a str, &'a [&'a str], [&'a str; 2], Option<f64>);

/// Hourly bars of 24 hours a day and 252 days; three minutes of ticks, every second of which is one of 31,536,000; a run
/// that its plan ended long before the data. In each the row of a sweep has the Sharpe ratio of the run.
#[test]
fn a_search_and_a_run_have_one_sharpe_ratio() {
    let market = |name: &str| format!("{}/../fixtures/market/{name}", env!("CARGO_MANIFEST_DIR"));
    let plan = market("../plans/static-100k.toml");
    let cross = ["-s", "sma_cross", "--set", "fast=10", "--set", "slow=60"];
    let maker = "-s touch_maker --set lean=0.5 --cash 1000000 --size 0.1 --sample 1s";
    let maker: Vec<&str> = maker.split(' ').collect();
    let under = [&cross[..], &["--size", "100", "--plan", &plan]].concat();
    let cases: [Case<'_>; 3] = [
        (
            "eurusd_1h_bars.csv.gz",
            &cross,
            ["fast=10", "slow=60"],
            Some(6_048.0),
        ),
        (
            "btcusdt_ticks.csv.gz",
            &maker,
            ["lean=0.5", "lean=0.5"],
            Some(31_536_000.0),
        ),
        ("goog_1d_bars.csv.gz", &under, ["fast=10", "slow=60"], None),
    ];
    for (name, words, grid, expected) in cases {
        let data = market(name);
        let (sharpe, year) = run_of(&data, words);
        if let Some(expected) = expected {
            assert!((year - expected).abs() < 1e-6, "{name}: {year}");
        }
        let mut grids: Vec<&str> = grid.iter().flat_map(|axis| ["--grid", axis]).collect();
        if grid[0] == grid[1] {
            grids.truncate(2);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", "sweep", &data, "--format", "json"])
            .args(words)
            .args(grids)
            .output()
            .unwrap();
        let told: serde_json::Value = serde_json::from_str(&said(&output)).unwrap();
        let found = told["runs"][0]["sharpe"].as_f64().unwrap();
        assert!(
            (found - sharpe).abs() < 1e-6,
            "{name}: {found}, not {sharpe}"
        );
        assert_eq!(told["periods_per_year"].as_f64(), Some(year), "{name}");
    }
}

#[test]
fn a_year_has_steps_above_zero() {
    for wrong in ["0", "nan", "inf"] {
        let output = dynasty(
            "sweep",
            &[&GRID[..], &["--periods-per-year", wrong]].concat(),
        );
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("accepted: a number above zero"), "{error}");
    }
    let told = said(&dynasty(
        "sweep",
        &[&GRID[..], &["--periods-per-year", "63", "--format", "json"]].concat(),
    ));
    let halved: serde_json::Value = serde_json::from_str(&told).unwrap();
    let told = said(&dynasty(
        "sweep",
        &[&GRID[..], &["--format", "json"]].concat(),
    ));
    let whole: serde_json::Value = serde_json::from_str(&told).unwrap();
    // 63 is a quarter of 252: half the ratio.
    let of = |told: &serde_json::Value| told["runs"][0]["sharpe"].as_f64().unwrap();
    assert!((of(&whole) - 2.0 * of(&halved)).abs() < 1e-9);
}

/// 50 shares are bought at 100 and sold at 102, bought at 102 and sold at 101, bought at 104 and still held at 110: the trips
/// that are over made 100 less 50 of 10,000, the run 300 more.
#[test]
fn what_closed_trips_made_is_told_beside_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("days.csv");
    let days = "date,open,high,low,close\n2024-01-05,100,100,100,100\n2024-01-08,100,100,100,100\n2024-01-09,100,101,100,101\n2024-01-10,100,100,99,99\n\
                2024-01-11,102,103,102,103\n2024-01-12,102,102,100,100\n2024-01-15,101,104,101,104\n2024-01-16,104,110,104,110\n";
    fs::write(&path, days).unwrap();
    let run = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", "monte-carlo", path.to_str().unwrap()])
            .args(["-s", "sma_cross", "--set", "fast=1", "--set", "slow=2"])
            .args(["--size", "50", "--paths", "10"])
            .args(words)
            .output()
            .unwrap();
        said(&output)
    };
    let text = run(&["--of", "trades"]);
    assert!(
        text.contains("the run itself: 3.50%, its closed round trips alone: 0.50%"),
        "{text}"
    );
    let told: serde_json::Value =
        serde_json::from_str(&run(&["--of", "trades", "--format", "json"])).unwrap();
    let number = |name: &str| told[name].as_f64().unwrap();
    assert!((number("return") - 0.035).abs() < 1e-12, "{told}");
    assert!(
        (number("return_of_closed_trips") - 0.005).abs() < 1e-12,
        "{told}"
    );
    let text = run(&["--of", "returns"]);
    assert!(text.contains("the run itself: 3.50%\n"), "{text}");
}

/// Where no average crosses nothing trades, and nothing is said of what is not defined.
#[test]
fn a_search_that_never_traded_has_no_figures() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("days.csv");
    let days = (1..=28).map(|day| format!("2024-02-{day:02},100,100,100,100"));
    let days: Vec<String> = days.collect();
    let text = format!("date,open,high,low,close\n{}\n", days.join("\n"));
    fs::write(&path, text).unwrap();
    let run = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", "sweep", path.to_str().unwrap()])
            .args(["-s", "sma_cross", "--grid", "fast=2..4", "--set", "slow=5"])
            .args(words)
            .output()
            .unwrap();
        said(&output)
    };
    let text = run(&[]);
    for line in [
        "3 of 3 runs never traded",
        "no run has a value of sharpe: in the order of the search",
        "deflated Sharpe ratio   -  (no run has a Sharpe ratio)",
        "overfitting (CSCV)      -  (no run has a Sharpe ratio)",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("best by"), "{text}");
    let told: serde_json::Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    for name in ["deflated_sharpe", "overfitting"] {
        assert!(told[name].is_null(), "{told}");
        assert_eq!(
            told[format!("{name}_left_out")],
            "no run has a Sharpe ratio"
        );
    }
    assert!(told["best"].is_null(), "{told}");
    assert_eq!(told["never_traded"], 3);
    assert_eq!(told["best_left_out"], "no run has a value of sharpe");
    // The page says the same, of one parameter, of two, and where nothing has two values.
    let page = folder.path().join("page.html");
    for grid in [
        &[][..],
        &["--grid", "slow=5..7"],
        &["--grid", "fast=2", "--grid", "slow=5"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", "sweep", path.to_str().unwrap()])
            .args(["-s", "sma_cross", "--report", page.to_str().unwrap()])
            .args(if grid.len() == 4 {
                &[][..]
            } else {
                &["--grid", "fast=2..4"]
            })
            .args(grid)
            .output()
            .unwrap();
        let text = said(&output);
        let idle = text.lines().find(|line| line.ends_with("never traded"));
        let html = fs::read_to_string(&page).unwrap();
        for (name, value) in [
            ("Without a fill", idle.unwrap()),
            (
                "Deflated Sharpe ratio",
                "\u{2013} (no run has a Sharpe ratio)",
            ),
            (
                "Probability of overfitting (CSCV)",
                "\u{2013} (no run has a Sharpe ratio)",
            ),
        ] {
            let fact = format!("<dt>{name}</dt><dd>{value}</dd>");
            assert!(html.contains(&fact), "{grid:?}: {fact}");
        }
        assert!(!html.contains("The best "), "{grid:?}");
    }
    // So do windows, of which none has a choice.
    let windows = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(["backtest", "walk-forward", path.to_str().unwrap()])
            .args(["-s", "sma_cross", "--grid", "fast=2..4", "--set", "slow=5"])
            .args(["--folds", "2", "--report", page.to_str().unwrap()])
            .args(words)
            .output()
            .unwrap();
        said(&output)
    };
    let text = windows(&[]);
    assert!(
        text.contains("3 of 3 runs never traded\nnote: 2 of 2 windows left out: "),
        "{text}"
    );
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("<dt>Without a fill</dt><dd>3 of 3 runs never traded</dd>"));
    assert!(html.contains("<dt>Windows</dt><dd>0 (2 of 2 windows left out: "));
    let told: serde_json::Value = serde_json::from_str(&windows(&["--format", "json"])).unwrap();
    assert_eq!(
        (&told["never_traded"], &told["windows_left_out"]),
        (&3.into(), &2.into())
    );
    // By profit all are alike, and the first is the best.
    let text = run(&["--objective", "return"]);
    assert!(text.contains("best by return"), "{text}");
}
