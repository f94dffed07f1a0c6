//! Strategies that are files.

use super::{bars, dynasty, fixture, result, told};

#[test]
fn a_file_is_a_strategy_like_any_other() {
    let cross = fixture("strategies/sma-cross.toml");
    let by_file = told(&["--strategy", &cross, "--fee", "0.1%"]);
    assert_eq!(by_file["equity"], "10743.00841");
    assert_eq!(by_file["counts"]["fills"], 65);

    let others =
        ["pullback", "macd-both-sides"].map(|it| fixture(&format!("strategies/{it}.toml")));
    let (code, text, errors) = dynasty(&["strategies", "check", &cross, &others[0], &others[1]]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(
        text.contains("macd_both_sides: long and short, 4 indicators"),
        "{text}"
    );

    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.toml");
    let text = std::fs::read_to_string(&cross).unwrap();
    std::fs::write(&wrong, text.replace("period = 30", "periods = 30")).unwrap();
    let wrong = wrong.to_str().unwrap();
    let said =
        format!("{wrong}:9: indicators.slow.periods: not known; accepted: indicator, period, of");
    let goog = fixture("market/goog_1d_bars.csv.gz");
    for args in [
        &["strategies", "check", wrong, &cross][..],
        &["backtest", &goog, "--strategy", wrong],
    ] {
        let (code, _, errors) = dynasty(args);
        assert_eq!(code, Some(2), "{args:?}");
        assert!(errors.contains(&said), "{errors}");
    }
}

/// A stop 5 away at a close of 100 and 1% to lose: a fifth of 10,000, which is 16 whole shares at the open of 124. Their stop as
/// a figure is at 119, which loses 80: as much of 1% as 100 is of 124, but for the part of a share. As a share of the price it
/// is at 117.80, which loses 99.20 of 100.
#[test]
fn a_size_by_risk_loses_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let days = bars(
        folder.path(),
        "days.csv",
        &[
            ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-09", [124.0, 126.0, 124.0, 125.0]),
            ("2024-01-10", [122.0, 122.0, 88.0, 90.0]),
        ],
    );
    let recipe = folder.path().join("risk.toml");
    for (loss, equity) in [("'0.05 * close'", "9920"), ("0.05", "9900.8")] {
        let text = format!(
            "name = 'r'\n[long]\nenter = 'close > 99'\n[stops]\nloss = {loss}\n[size]\nrisk = 0.01\n"
        );
        std::fs::write(&recipe, text).unwrap();
        let told = result(&[&days, "--tick", "0.01", "-s", recipe.to_str().unwrap()]);
        assert_eq!(told["equity"], equity, "{loss}");
    }
}

/// Bought at 100 with a stop at 95, and a bar that falls to 90 and ends at 92: along its path 5 are lost, by its close 8. The
/// words that an instrument says it with are those of the page.
#[test]
fn bars_are_walked_as_the_page_says() {
    let page = std::fs::read_to_string(fixture("../docs/backtest.md")).unwrap();
    let walked = page
        .split('`')
        .find(|it| it.starts_with("liquidity ="))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let days = bars(
        folder.path(),
        "days.csv",
        &[
            ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-09", [100.0, 100.0, 90.0, 92.0]),
            ("2024-01-10", [92.0, 92.0, 92.0, 92.0]),
        ],
    );
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let recipe = write(
        "stop.toml",
        "name = 'stop'\n[long]\nenter = 'close > 99'\n[stops]\nloss = 0.05\n",
    );
    for (liquidity, equity) in [(walked, "9995"), ("", "9992")] {
        let share = write(
            "share.toml",
            &format!(
                "[[instrument]]\nsymbol = \"DAYS\"\nkind = \"equity\"\ncurrency = \"USD\"\ntick_size = \"0.01\"\n\
                 lot_size = \"1\"\norder_qty_max = \"1000\"\n{liquidity}\n"
            ),
        );
        let told = result(&[&days, "-s", &recipe, "--instrument", &share]);
        assert_eq!(told["equity"], equity, "{liquidity}");
    }
}
