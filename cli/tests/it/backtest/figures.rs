//! Figures of a run against published ones, and against what it is compared with.

use std::path::Path;

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

/// Side, size, price and fee of each fill of a run.
fn fills(folder: &Path, terms: &[&str]) -> Vec<String> {
    let path = folder.join("fills.csv").display().to_string();
    result(&[terms, &["--executions", &path]].concat());
    let text = std::fs::read_to_string(&path).unwrap();
    let fills = text.lines().skip(1).map(|line| {
        let fields: Vec<_> = line.split(',').collect();
        fields[3..7].join(" ")
    });
    fills.collect()
}

/// 10,000 at a fee of 1% sell 101 short at 98, which is 9,898 and 98.98. They are 1,212 under water at 110, and tie up 11,110
/// there, more than the account has: an order for both the closing and the other side would be refused for its fee. So they are
/// bought back, for 111.10; that leaves 8,577.92, which buys 77 at 110 and 1.10, and 23.22.
#[test]
fn a_position_is_turned_round_where_its_loss_ties_up_more_than_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let shares = bars(
        folder.path(),
        "turn.csv",
        &[
            ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-09", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-10", [100.0, 100.0, 98.0, 98.0]),
            ("2024-01-11", [98.0, 110.0, 98.0, 110.0]),
            ("2024-01-12", [110.0, 110.0, 110.0, 110.0]),
        ],
    );
    let terms = "-s sma_cross --set fast=1 --set slow=2 --set side=both --size 100% --fee 1%";
    let terms: Vec<&str> = [shares.as_str()]
        .into_iter()
        .chain(terms.split(' '))
        .collect();
    assert_eq!(
        fills(folder.path(), &terms),
        ["sell 101 98 98.98", "buy 101 110 111.1", "buy 77 110 84.7"]
    );
    assert_eq!(result(&terms)["equity"], "8493.22");
}

/// Ten shares are on offer at 100, and each ten that are asked for make all of them ten ticks dearer: 98 cost 100.98 each, 9,896.04,
/// and are 96.04 less worth at once, which 10,000 carry; 99 would take 9,998.01 and 98.01. A short of what slips 10 a share ties up
/// what the market is at: 90 are 9,000 and lose 900, of 91 it would be 10,010.
#[test]
fn a_share_of_equity_leaves_room_for_what_its_size_makes_dearer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thin.csv").display().to_string();
    let row = |day: u32, close: u32| format!("2024-01-{day:02},100,100,{close},{close},10\n");
    let rows = [row(8, 100), row(9, 100), row(10, 100)].concat();
    std::fs::write(&path, format!("Date,Open,High,Low,Close,Volume\n{rows}")).unwrap();
    let thin = folder.path().join("thin.toml").display().to_string();
    let text = "[[instrument]]\nsymbol = \"THIN\"\nkind = \"equity\"\ncurrency = \"USD\"\ntick_size = \"0.01\"\nlot_size = \"1\"\n\
                order_qty_max = \"100000\"\nliquidity = { paper = { slippage = { impact_ticks = 10 } } }\n";
    std::fs::write(&thin, text).unwrap();
    let terms = [
        &path,
        "-s",
        "buy_and_hold",
        "--size",
        "100%",
        "--instrument",
        &thin,
    ];
    assert_eq!(fills(folder.path(), &terms), ["buy 98 100.98 0"]);

    let falling = folder.path().join("falling.csv").display().to_string();
    let rows = [row(8, 100), row(9, 100), row(10, 99), row(11, 99)].concat();
    std::fs::write(&falling, format!("Date,Open,High,Low,Close,Volume\n{rows}")).unwrap();
    let terms = "-s sma_cross --set fast=1 --set slow=2 --set side=both --size 100% --slippage 10";
    let terms: Vec<&str> = [falling.as_str()]
        .into_iter()
        .chain(terms.split(' '))
        .collect();
    assert_eq!(fills(folder.path(), &terms), ["sell 90 90 0"]);
}

/// Ten shares are bought at 102 and sold at 98 for half a unit of their currency each time a share: 40 and 10 lost, of dollars and
/// of euros, of which the account has 100 dollars less at two each. The page names what each is in.
#[test]
fn a_page_names_the_currency_of_each_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
        ("2024-01-09", [100.0, 100.0, 100.0, 100.0]),
        ("2024-01-10", [100.0, 102.0, 100.0, 102.0]),
        ("2024-01-11", [102.0, 102.0, 98.0, 98.0]),
        ("2024-01-12", [98.0, 98.0, 98.0, 98.0]),
    ];
    let [home, away] = ["HOME", "AWAY"].map(|name| {
        let file = bars(folder.path(), &format!("{name}.csv"), &rows);
        assert!(file.ends_with(&format!("{name}.csv")));
        file
    });
    let text = [("HOME", "USD"), ("AWAY", "EUR")].map(|(name, currency)| {
        format!(
            "[[instrument]]\nsymbol = \"{name}\"\nkind = \"equity\"\ncurrency = \"{currency}\"\ntick_size = \"0.01\"\n\
             lot_size = \"1\"\norder_qty_max = \"1000\"\nfees = {{ per_unit = \"0.5\" }}\n"
        )
    });
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (shares, page) = (path("shares.toml"), path("page.html"));
    std::fs::write(&shares, text.concat()).unwrap();
    let of = |files: &[&str], more: &[&str]| {
        let terms = "-s sma_cross --set fast=1 --set slow=2 --size 10 --cash 10000";
        let terms: Vec<&str> = terms.split(' ').collect();
        let page = ["--instrument", &shares, "--report", &page];
        let told = result(&[files, &terms, &page, more].concat());
        (told, std::fs::read_to_string(page[3]).unwrap())
    };
    let (told, html) = of(&[&home, &away], &["--convert", "EUR=2"]);
    assert_eq!(told["equity"], "9850");
    assert!(html.contains(">Currency</button>") && html.contains(">P&amp;L, USD</button>"));
    for (currency, own, converted) in [
        ("USD", "\u{2212}50.00", "\u{2212}50.00"),
        ("EUR", "\u{2212}50.00", "\u{2212}100.00"),
    ] {
        let cells = format!(
            "<td>{currency}</td><td class=\"num loss\">{converted}</td><td class=\"num loss\">{own}</td>"
        );
        assert!(html.contains(&cells), "{cells}");
    }
    for words in [
        "Amounts are in USD; those of trades in other currencies at the rate of their exit.",
        "are in the currency that the row names",
        "AWAY: price in EUR, and trades",
        "HOME: price and trades",
        "0.5 EUR a unit",
        "1 EUR is",
    ] {
        assert!(html.contains(words), "{words}");
    }
    // Where all is in the account's, nothing has to be told apart.
    let (_, html) = of(&[&home], &[]);
    assert!(html.contains("Amounts are in USD.") && !html.contains(">Currency</button>"));
}
