//! Strategies that are files.

use super::{dynasty, fixture, told};

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
