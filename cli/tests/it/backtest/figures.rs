//! Figures of a run against published ones, and against what it is compared with.

use serde_json::Value;

use super::{bars, dynasty, fixture, result, told};

#[test]
fn the_command_says_the_published_figures() {
    let sma = ["--strategy", "sma_cross", "--fee", "0.1%"];
    for (more, equity) in [
        (&["--fills", "next-open"][..], "10743.00841"),
        (&["--fills", "same-close"], "10787.98499"),
        (&["--fills", "next-close"], "10678.49786"),
        (&["--size", "100%"], "54101.36916"),
    ] {
        let result = told(&[&sma[..], more].concat());
        assert_eq!(result["equity"], equity, "{more:?}");
        assert_eq!(result["round_trips"], 32);
        assert_eq!(result["counts"]["fills"], 65);
    }
}

/// What backtesting.py 0.6.6 says of the same runs.
#[test]
fn the_command_says_the_published_metrics() {
    let sma = [
        "--strategy",
        "sma_cross",
        "--fee",
        "0.1%",
        "--periods-per-year",
        "252",
    ];
    let one = told(&sma);
    let near = |result: &Value, name: &str, expected: f64| {
        let value = result["metrics"][name]["value"].as_f64().unwrap();
        assert!(
            (value - expected).abs() < 1e-9,
            "{name}: {value}, not {expected}"
        );
    };
    for (name, expected) in [
        ("sharpe", 0.810_273_777_7),
        ("profit_factor", 2.658_968_977_8),
        ("expectancy", 19.766_044_062_5),
        ("sqn", 1.952_380_090_2),
        ("win_rate", 0.5),
    ] {
        near(&one, name, expected);
    }
    let all_in = told(&[&sma[..], &["--size", "100%"]].concat());
    near(&all_in, "sharpe", 0.999_269_742_4);
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let (code, text, _) = dynasty(&[&["backtest", &goog], &sma[..], &["--metrics"]].concat());
    assert_eq!(code, Some(0));
    for (_, family) in backtest::metric::ALL {
        for metric in *family {
            assert!(text.contains(metric.name), "{}", metric.name);
        }
    }
    assert_eq!(one["benchmark"], "goog_1d_bars bought and held");
    assert!(one["metrics"]["beta"]["value"].is_number());
    // Of two instruments neither is what the run is compared with, and the reason is told.
    let aapl = fixture("market/aapl_1d_bars.csv.gz");
    let two = told(&[&aapl, "--strategy", "buy_and_hold"]);
    assert!(two["metrics"]["beta"]["value"].is_null() && two["benchmark"].is_null());
    assert!(
        two["metrics"]["beta"]["reason"]
            .as_str()
            .unwrap()
            .contains("benchmark")
    );
    let named = told(&[
        &aapl,
        "--strategy",
        "buy_and_hold",
        "--benchmark",
        "goog_1d_bars",
    ]);
    assert!(named["metrics"]["beta"]["value"].is_number());
}

/// A share of 100 that gains 10%, loses 10% and gains 10%, held with all of 100 from the second open, 100, on: the curve has
/// the very returns of the share, so beta is 1 and nothing is left for alpha. What gains and loses half as much has it at
/// a beta of 2.
#[test]
fn a_run_is_compared_with_a_file_or_an_instrument() {
    let folder = tempfile::tempdir().unwrap();
    let days = [
        "2024-01-08",
        "2024-01-09",
        "2024-01-10",
        "2024-01-11",
        "2024-01-12",
    ];
    let flat = |closes: [f64; 5]| {
        let mut open = closes[0];
        let rows = days.iter().zip(closes).map(|(day, close)| {
            let bar = [open, close.max(open), close.min(open), close];
            open = close;
            (*day, bar)
        });
        rows.collect::<Vec<_>>()
    };
    let share = flat([100.0, 100.0, 110.0, 99.0, 108.9]);
    let half = flat([1_000.0, 1_000.0, 1_050.0, 997.5, 1_047.375]);
    let share = bars(folder.path(), "share.csv", &share);
    let half = bars(folder.path(), "half.csv", &half);
    let args = [
        share.as_str(),
        "-s",
        "buy_and_hold",
        "--cash",
        "100",
        "--interval",
        "390m",
    ];
    let own = result(&args);
    let other = result(&[&args[..], &["--benchmark", &half]].concat());
    for (told, name, beta) in [(&own, "share", 1.0), (&other, half.as_str(), 2.0)] {
        assert_eq!(told["equity"], "108.9");
        assert_eq!(told["benchmark"], format!("{name} bought and held"));
        let value = told["metrics"]["beta"]["value"].as_f64().unwrap();
        assert!((value - beta).abs() < 1e-9, "{value}");
        let alpha = told["metrics"]["alpha"]["value"].as_f64().unwrap();
        assert!(alpha.abs() < 1e-9, "{alpha}");
    }
    let (code, _, errors) = dynasty(&[&["backtest"], &args[..], &["--benchmark", "spy"]].concat());
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("an instrument of the data (share), or a file"),
        "{errors}"
    );
}

/// One share in euros: at a euro for a dollar every figure of its round trips is that of a share in dollars, at two each
/// amount is twice that, and what is a ratio of two amounts stays. The file has euros, and the rate beside them.
#[test]
fn round_trips_in_another_currency_are_told_in_the_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let euros = super::in_euros(folder.path());
    let of = |words: &[&str]| {
        let all = ["--strategy", "sma_cross", "--cash", "100000"];
        told(&[&all[..], words].concat())
    };
    let dollars = of(&["--fee", "0.1%"]);
    let trades = folder.path().join("trades.csv");
    let trades = trades.display().to_string();
    for (rate, times) in [("EUR=1", 1.0), ("EUR=2", 2.0)] {
        let words = [
            "--instrument",
            &euros,
            "--convert",
            rate,
            "--trades",
            &trades,
        ];
        let found = of(&words);
        for (name, times) in [
            ("expectancy", times),
            ("fees", times),
            ("profit_factor", 1.0),
        ] {
            let number = |of: &serde_json::Value| of["metrics"][name]["value"].as_f64().unwrap();
            let (one, other) = (times * number(&dollars), number(&found));
            // Amounts are rounded down to 1e-6, one for each of 32 round trips.
            assert!((one - other).abs() < 1e-5, "{name}: {one}, {other}");
        }
        let file = std::fs::read_to_string(&trades).unwrap();
        let mut rows = file.lines();
        let head = rows.next().unwrap();
        assert!(
            head.ends_with(",pnl,fees,bars,mae,mfe,currency,rate"),
            "{head}"
        );
        assert_eq!(rows.clone().count(), 32);
        let end = format!(",EUR,{}", &rate[4..]);
        for row in rows {
            assert!(row.ends_with(&end), "{row}");
        }
    }
}
