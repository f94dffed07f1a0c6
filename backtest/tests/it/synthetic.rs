//! SMA 10/30 on the synthetic minute bars, 1 unit, 0.1% a side. Expected: the figures that backtest tools and a program
//! of integers agree on.

use backtest::run::{Bars, Settings, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::Values;
use marketdata::generator::MinuteBars;
use types::{InstrumentId, Money, Qty};

use crate::world::share;

fn check(bars: usize, equity: &str, fills: Option<u64>, closed: usize) {
    let bars: Vec<_> = MinuteBars::new(42).take(bars).collect();
    let plan = plain_plan("USD", Money::whole(100_000_000)).unwrap();
    let settings = Settings {
        keep_fills: false,
        ..Settings::new(vec![share("SYN", Qty::ONE)], plan)
    };
    let declared = strategies::find("sma_cross").unwrap();
    let mut strategy = (declared.build)(&Values::defaults(declared.parameters)).unwrap();
    let source = Bars::new(InstrumentId(0), &bars);
    let outcome = run(&settings, vec![source], &mut *strategy, &mut Unobserved).unwrap();
    assert_eq!(outcome.equity.to_string(), equity);
    assert_eq!(outcome.trips.len(), closed);
    if let Some(fills) = fills {
        assert_eq!(outcome.counts.fills, fills);
    }
}

#[test]
fn a_hundred_thousand_bars() {
    check(100_000, "99919205.81044", None, 1_957);
}

#[test]
fn a_million_bars() {
    check(1_000_000, "99172978.99986", Some(38_743), 19_371);
}
