//! The case on which backtest tools publish their figures: SMA 10/30 over the daily bars of GOOG, 10,000 dollars, fee
//! 0.1% a side. Expected: `backtesting` 0.6.6 of `PyPI`.

use backtest::run::{Fills, Settings};
use backtest::strategy::Size;
use types::{Qty, Ratio};

use crate::world::{goog, run_named, settings, share};

fn case(fills: Fills, size: Size, lot: Qty) -> (String, usize, usize, usize) {
    let settings = Settings {
        fills,
        size,
        ..settings(share("GOOG", lot))
    };
    let outcome = run_named(&settings, goog(), "sma_cross", &[]);
    assert_eq!(outcome.samples.len(), 2_148);
    assert_eq!(outcome.samples.last().unwrap().equity, outcome.equity);
    (
        outcome.equity.to_string(),
        outcome.fills.len(),
        outcome.trips.len(),
        outcome.open.len(),
    )
}

#[test]
fn one_share_under_each_convention() {
    let one = Size::Units(Qty::ONE);
    for (fills, equity) in [
        (Fills::NextOpen, "10743.00841"),
        (Fills::SameClose, "10787.98499"),
        (Fills::NextClose, "10678.49786"),
    ] {
        let expected = (equity.to_owned(), 65, 32, 1);
        assert_eq!(case(fills, one, Qty::ONE), expected, "{fills:?}");
    }
}

#[test]
fn all_in() {
    let all = Size::Equity(Ratio::ONE);
    let whole = case(Fills::NextOpen, all, Qty::ONE);
    assert_eq!(whole, ("54101.36916".to_owned(), 65, 32, 1));
    // To the cent of 54,611.23708, for a float tool buys parts of 1e-8 of a share, too.
    let (equity, ..) = case(Fills::NextOpen, all, Qty(1));
    assert_eq!(equity, "54611.236976");
}
