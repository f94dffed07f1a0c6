//! Runs over prices that are moved.

use serde_json::Value;

use super::{dynasty, fixture, told};

/// Bars that are not moved are the run again, whatever the seed.
#[test]
fn paths_run_the_strategy_again() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let of = |noise: &str| {
        let args = [
            "backtest",
            "monte-carlo",
            &goog,
            "-s",
            "sma_cross",
            "--size",
            "100%",
        ];
        let more = [
            "--method", "paths", "--paths", "4", "--noise", noise, "--format", "json",
        ];
        let (code, text, errors) = dynasty(&[&args[..], &more].concat());
        assert_eq!(code, Some(0), "{errors}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let run = told(&["--strategy", "sma_cross", "--size", "100%"]);
    let expected = run["metrics"]["total_return"]["value"].as_f64().unwrap();
    let still = of("0");
    for end in still["ends"].as_array().unwrap() {
        assert!(
            (end.as_f64().unwrap() - 1.0 - expected).abs() < 1e-9,
            "{end}"
        );
    }
    let moved = of("0.2");
    assert_ne!(moved["ends"][0], moved["ends"][6]);
    assert_eq!(moved, of("0.2"));
}
