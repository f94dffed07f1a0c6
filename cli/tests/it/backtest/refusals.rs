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
    let (code, _, errors) = dynasty(&[&words[..], &["--evolve", "3"]].concat());
    assert_eq!(code, Some(2));
    assert!(errors.contains("4 runs or more"), "{errors}");
    // Windows of runs that end at different times are no windows.
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
    let (code, _, errors) = dynasty(&words);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("accepted: walk-forward without it"),
        "{errors}"
    );
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
