//! Returns by day, month and year.

use serde_json::{Value, json};

use super::{bars, dynasty, result};

/// A share bought at 100 that ends four days, two in December and two in January, at 100, 110, 99 and 108.9: days of
/// +10%, -10% and +10%, a first day that has nothing before it, and a January of 108.9 / 110.
#[test]
fn returns_are_told_by_day_month_and_year() {
    let folder = tempfile::tempdir().unwrap();
    let data = bars(
        folder.path(),
        "share.csv",
        &[
            ("2023-12-28", [100.0, 100.0, 100.0, 100.0]),
            ("2023-12-29", [100.0, 110.0, 100.0, 110.0]),
            ("2024-01-02", [110.0, 110.0, 99.0, 99.0]),
            ("2024-01-03", [99.0, 108.9, 99.0, 108.9]),
        ],
    );
    let words = ["-s", "buy_and_hold", "--cash", "100", "--interval", "390m"];
    for (by, expected) in [
        (
            "day",
            &[
                ("2023-12-29", 0.1),
                ("2024-01-02", -0.1),
                ("2024-01-03", 0.1),
            ][..],
        ),
        ("month", &[("2023-12", 0.1), ("2024-01", -0.01)]),
        ("year", &[("2023", 0.1), ("2024", -0.01)]),
    ] {
        let args = [&[data.as_str()], &words[..], &["--by", by]].concat();
        let told = result(&args)["returns"].take();
        assert_eq!(told["by"], by);
        let periods = told["periods"].as_array().unwrap();
        assert_eq!(periods.len(), expected.len(), "{periods:?}");
        for (period, (name, value)) in periods.iter().zip(expected) {
            assert_eq!(period["period"], *name);
            assert!(
                (period["return"].as_f64().unwrap() - value).abs() < 1e-12,
                "{period}"
            );
        }
        let (_, text, _) = dynasty(&[&["backtest"], &args[..]].concat());
        let lines = text.lines().filter(|line| line.starts_with(by));
        let lines: Vec<_> = lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .collect();
        let shown = |(name, value): &(&str, f64)| {
            vec![
                by.to_owned(),
                (*name).to_owned(),
                format!("{:.4}%", value * 100.0),
            ]
        };
        assert_eq!(lines, expected.iter().map(shown).collect::<Vec<_>>());
    }
    // Nothing is said of what nobody asked for.
    let told = result(&[&[data.as_str()], &words[..]].concat());
    assert_eq!(told.get("returns"), None::<&Value>);
    assert_eq!(told["equity"], json!("108.9"));
}
