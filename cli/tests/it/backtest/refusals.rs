//! What is wrong with a command.

use super::{dynasty, fixture};

#[test]
fn what_is_wrong_is_said_with_what_would_be_accepted() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let folder = tempfile::tempdir().unwrap();
    let euros = super::in_euros(folder.path());
    for (args, said) in [
        (
            &["--strategy", "sma_crss"][..],
            "no strategy 'sma_crss' (did you mean 'sma_cross'?); accepted: ",
        ),
        (&[], "--strategy is required; accepted: "),
        (
            &["--strategy", "sma_cross", "--cash", "-1"],
            "accepted: an amount above zero",
        ),
        (
            &["--strategy", "sma_cross", "--size", "-1"],
            "a share of equity such as 100%",
        ),
        (
            &["--strategy", "grid"],
            "strategy grid: the data has bars of a day or longer; accepted: quotes or books",
        ),
        (
            &["--strategy", "cointegration"],
            "strategy cointegration: the run has 1 instrument; accepted: 2 instruments",
        ),
        (
            &["--strategy", "sma_cross", "--set", "fast=50"],
            "fast, slow: 50, 30; accepted: fast below slow",
        ),
        (
            &["--strategy", "sma_cross", "--set", "fast=0"],
            "accepted: a whole number from 1 to 1000",
        ),
        (
            &["--strategy", "sma_cross", "--size", "5EUR"],
            "accepted: an amount of the account's currency, USD",
        ),
        (
            &["--strategy", "sma_cross", "--convert", "EUR=x"],
            "accepted: a rate above zero, or an instrument (goog_1d_bars)",
        ),
        (
            &[
                "--strategy",
                "sma_cross",
                "--instrument",
                &euros,
                "--convert",
                "GBP=2",
            ],
            "'G' is in EUR and the account in USD, with no rate between them; accepted: --convert EUR=RATE",
        ),
        (
            &["--strategy", "sma_cross", "--from", "2020-01-01"],
            "accepted: files with at least one row",
        ),
    ] {
        let (code, text, errors) = dynasty(&[&["backtest", &goog], args].concat());
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
        assert!(errors.contains(said), "{errors}");
    }
    // What one kind of simulation has the other refuses.
    let plan = fixture("plans/static-100k.toml");
    for args in [
        &["--plan", &plan, "--method", "shuffle"][..],
        &["--plan", &plan, "--ruin", "10%"],
        &["--horizon", "10"],
        &["--sizes", "1"],
        &["--plan", &plan, "--attempt-fee", "-1"],
    ] {
        let words = ["backtest", "monte-carlo", &goog, "-s", "sma_cross"];
        let (code, _, errors) = dynasty(&[&words[..], args].concat());
        assert_eq!(code, Some(2), "{args:?}: {errors}");
    }
    let words = [
        "backtest",
        "sweep",
        &goog,
        "-s",
        "sma_cross",
        "--grid",
        "fast=1..9",
    ];
    let (code, _, errors) = dynasty(&[&words[..], &["--optimise", "3"]].concat());
    assert_eq!(code, Some(2));
    assert!(errors.contains("4 runs or more"), "{errors}");
    // A plan judges the windows, and ends no run of a combination.
    let words = [
        "backtest",
        "walk-forward",
        &goog,
        "-s",
        "sma_cross",
        "--grid",
        "fast=5,10",
        "--plan",
        &plan,
    ];
    let (code, text, errors) = dynasty(&words);
    assert_eq!(code, Some(0), "{errors}");
    assert!(text.contains("under the plan: "), "{text}");
    // Refusals are told in words and units.
    let (_, text, _) = dynasty(&["backtest", &goog, "-s", "sma_cross", "--size", "200%"]);
    assert!(text.contains("buying power: "), "{text}");
    assert!(!text.contains("Money("), "{text}");
    let (_, text, _) = dynasty(&["backtest", &goog, "-s", "sma_cross", "--size", "0.5"]);
    assert!(text.contains("no fill: "), "{text}");
    let (code, text, _) = dynasty(&["strategies", "sma_cross"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("fast") && text.contains("without it 10"));
}

/// A verb and its data, more words, and what is said.
type Case<'a> = (&'a [&'a str], &'a [&'a [&'a str]], &'a str);

/// What would change nothing is refused by its name: of searches what is of one run or of a page, of any run what its data or
/// its file of instruments says.
#[test]
fn options_that_nothing_comes_of_are_refused() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let folder = tempfile::tempdir().unwrap();
    let ticks = fixture("market/btcusdt_ticks.csv.gz");
    let euros = super::in_euros(folder.path());
    let cross = ["-s", "sma_cross"];
    let grid = ["--grid", "fast=5,10"];
    let page = folder.path().join("page.html").display().to_string();
    let page = ["--report", page.as_str()];
    let of_run = ["--instrument", &euros, "--convert", "EUR=1"];
    let cases: [Case<'_>; 24] = [
        (&["sweep", &goog], &[&grid, &["--metrics"]], "--metrics,"),
        (
            &["walk-forward", &goog],
            &[&grid, &["--metrics"]],
            "--metrics,",
        ),
        (&["monte-carlo", &goog], &[&["--metrics"]], "--metrics,"),
        (
            &["sweep", &goog],
            &[&grid, &["--benchmark", &goog]],
            "--benchmark: ",
        ),
        (
            &["walk-forward", &goog],
            &[&grid, &page, &["--benchmark", &goog]],
            "--benchmark: ",
        ),
        (
            &["monte-carlo", &goog],
            &[&["--benchmark", &goog]],
            "--benchmark: ",
        ),
        (
            &["sweep", &goog],
            &[&grid, &page, &["--risk-free", "2%"]],
            "--risk-free: ",
        ),
        (
            &["walk-forward", &goog],
            &[&grid, &["--risk-free", "2%"]],
            "--risk-free: ",
        ),
        (
            &["monte-carlo", &goog],
            &[&["--risk-free", "2%"]],
            "--risk-free: ",
        ),
        (
            &["monte-carlo", &goog],
            &[&["--periods-per-year", "252"]],
            "--periods-per-year: ",
        ),
        (
            &["monte-carlo", &goog],
            &[&["--noise", "0.2"]],
            "--noise 0.2: ",
        ),
        (
            &["monte-carlo", &goog],
            &[&["--method", "shuffle", "--block", "5"]],
            "--block 5: ",
        ),
        (
            &["sweep", &goog],
            &[&grid, &["--surface", "fast"]],
            "--surface: ",
        ),
        (
            &["sweep", &goog],
            &[&grid, &["--set", "fast=5"]],
            "--set fast=5: ",
        ),
        (
            &["walk-forward", &goog],
            &[&grid, &["--mode", "k-fold", "--train", "9"]],
            "--train 9: ",
        ),
        (
            &[&ticks],
            &[&["--bars", "1s", "--spread", "2"]],
            "--spread 2: ",
        ),
        (
            &["sweep", &goog],
            &[&["--grid", "fast=5,5"]],
            "parameter fast: 5 twice",
        ),
        (
            &["sweep", &goog],
            &[&grid, &["--random", "0"]],
            "'0' for '--random",
        ),
        (
            &["sweep", &goog],
            &[&grid, &["--threads", "0"]],
            "'0' for '--threads",
        ),
        // 2,148 samples have 2,147 returns, and five tests of two samples take ten of them.
        (
            &["walk-forward", &goog],
            &[&grid, &["--train", "2138"]],
            "the number of samples to choose on is 2138; accepted: less: of 2147 returns 5 tests need 10 beside it",
        ),
        (
            &["walk-forward", &goog],
            &[&grid, &["--purge", "5000"]],
            "the number of samples that are purged is 5000; accepted: less",
        ),
        (
            &["monte-carlo", &goog],
            &[&["--method", "paths", "--noise", "-1"]],
            "--noise -1",
        ),
        (&[&goog], &[&of_run, &["--lot", "1"]], "--lot 1: "),
        (&[&goog], &[&of_run, &["--tick", "0.05"]], "--tick 0.05: "),
    ];
    for (verb, words, said) in cases {
        let args = [&["backtest"], verb, &cross, &words.concat()].concat();
        let (code, text, errors) = dynasty(&args);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
        assert!(errors.contains(said), "{args:?}: {errors}");
    }
    // On a page they are used.
    let args = [
        &["backtest", "monte-carlo", &goog][..],
        &cross,
        &page,
        &["--paths", "10", "--risk-free", "2%", "--benchmark", &goog],
    ];
    let (code, _, errors) = dynasty(&args.concat());
    assert_eq!(code, Some(0), "{errors}");
    // What is set is kept where all others are searched.
    let args = [
        &["backtest", "sweep", &goog][..],
        &cross,
        &["--set", "fast=7", "--random", "5", "--format", "json"],
    ];
    let (code, text, errors) = dynasty(&args.concat());
    assert_eq!(code, Some(0), "{errors}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let runs = told["runs"].as_array().unwrap();
    assert!(
        runs.len() == 5 && runs.iter().all(|run| run["fast"] == 7),
        "{text}"
    );
}
