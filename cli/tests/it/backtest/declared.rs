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

/// Bars of an hour, of which four make a longer one: they end at 10, 12 and 9. Their average of two is 11 from 08:00 on, the close of
/// that hour, 12, is above it and the next one, 9, below: bought at the open of the hour from 08:00, sold at that of the next. Until
/// 08:00 there is no average, and that of 10.5 which the third would bring is not there before 12:00.
#[test]
fn a_file_looks_at_longer_bars_when_they_are_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, text).unwrap();
        path
    };
    let rows = (0..12).map(|hour: usize| {
        let close = [10, 12, 9][hour / 4];
        format!("2024-01-02 {hour:02}:00:00,{close},{close},{close},{close},5\n")
    });
    let head = "Date,Open,High,Low,Close,Volume\n";
    let hours = path("hours.csv", &(head.to_owned() + &rows.collect::<String>()));
    let file = |bars: &str| {
        let text = format!(
            "name = \"longer\"\n[indicators]\nmean = {{ indicator = \"sma\", period = 2{bars} }}\n\
             twice = {{ indicator = \"sma\", of = \"mean\", period = 1{bars} }}\n\
             [long]\nenter = \"close > twice\"\nexit = \"close < twice\"\n"
        );
        path("longer.toml", &text)
    };
    let fills = folder.path().join("fills.csv").display().to_string();
    let longer = file(", bars = \"4h\"");
    let terms = ["--interval", "1h", "--executions", &fills];
    let told = result(&[&[&hours, "-s", &longer][..], &terms].concat());
    // Bought at 9, the open of the hour after 08:00, and sold at as much.
    assert_eq!(told["equity"], "10000");
    let text = std::fs::read_to_string(&fills).unwrap();
    let told: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<_> = line.split(',').collect();
            format!("{} {} {}", fields[0], fields[3], fields[5])
        })
        .collect();
    assert_eq!(
        told,
        ["2024-01-02T08:00:00Z buy 9", "2024-01-02T09:00:00Z sell 9"]
    );
    // Shorter ones than those of the data there are none.
    let told = result(&[&hours, "-s", &file(", bars = \"15m\""), "--interval", "1h"]);
    let caution = told["cautions"][0].as_str().unwrap();
    assert!(
        caution.starts_with(
            "bars of 900 s are looked at beside those of the data, which are of 3600 s"
        ),
        "{caution}"
    );
    // What does not fit is said with its line.
    for (bars, said) in [
        (
            ", bars = \"4 hours\"",
            "longer.toml:3: indicators.mean.bars: '4 hours'; accepted: a length of bars such as \"4h\"",
        ),
        (", bars = 4", "longer.toml:3: indicators.mean.bars: "),
    ] {
        let (code, _, errors) = dynasty(&["backtest", &hours, "-s", &file(bars)]);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains(said), "{errors}");
    }
    let mixed = std::fs::read_to_string(file("")).unwrap();
    let mixed = mixed.replace("period = 1", "period = 1, bars = \"1d\"");
    let (_, _, errors) = dynasty(&["backtest", &hours, "-s", &path("mixed.toml", &mixed)]);
    assert!(errors.contains("mixed.toml:4: indicators.twice.of: 'mean'; accepted: a field of bars, or an indicator of the same bars"), "{errors}");
}

/// A file has no parameters: what it is worth under a plan is asked with the same run as that of a library's strategy that does the
/// same, and there is nothing to search.
#[test]
fn odds_take_a_file_and_searches_say_why_they_do_not() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let file = fixture("strategies/sma-cross.toml");
    let plan = fixture("plans/static-100k.toml");
    let odds = |strategy: &str| {
        let terms = format!("--size 100 --interval 390m --paths 50 --sizes 1 --plan {plan}");
        let terms: Vec<&str> = terms.split(' ').collect();
        result(&[&["monte-carlo", goog.as_str(), "-s", strategy], &terms[..]].concat())["answers"]
            .clone()
    };
    assert_eq!(odds(&file), odds("sma_cross"));
    for verb in ["sweep", "walk-forward"] {
        let (code, _, errors) =
            dynasty(&["backtest", verb, &goog, "-s", &file, "--grid", "fast=5,10"]);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains("has no parameters to search"), "{errors}");
    }
}
