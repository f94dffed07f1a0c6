//! What is held after each bar of real data, against the rule of each strategy written over the whole history at once.
//! Figures are those of the catalogue of indicators, which are held to `TA-Lib` elsewhere.

mod calendar;
mod momentum;
mod reversion;

use backtest::indicator::{self, Bar, Sample};
use backtest::run::{Fills, Memory, Settings, Timed, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::Values;
use types::{MarketData, Money, Price, Qty};

use crate::world::{bars_of, share};

type Row = Vec<Option<f64>>;

/// A history: bars, and the minutes since 1970 at which each starts and ends.
struct History {
    bars: Vec<Bar>,
    starts: Vec<u64>,
    ends: Vec<u64>,
}

impl History {
    fn new(events: &[Timed]) -> Self {
        let mut history = Self {
            bars: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
        };
        for timed in events {
            let MarketData::Bar(bar) = timed.event.data else {
                unreachable!("a file of bars")
            };
            let units = |price: Price| price.0 as f64 / Price::ONE.0 as f64;
            history.bars.push(Bar {
                open: units(bar.open),
                high: units(bar.high),
                low: units(bar.low),
                close: units(bar.close),
                volume: bar.volume.0 as f64 / Qty::ONE.0 as f64,
            });
            history.starts.push(bar.start.0 / 60_000_000_000);
            history.ends.push(timed.ts.0 / 60_000_000_000);
        }
        history
    }

    fn close(&self, at: usize) -> f64 {
        self.bars[at].close
    }

    /// Outputs of an indicator, bar by bar.
    fn figures(&self, name: &str, parameters: &[f64]) -> Vec<Row> {
        let closes: Vec<_> = self.bars.iter().map(|bar| Some(bar.close)).collect();
        self.figures_of(name, parameters, &closes)
    }

    /// Of another series than the closes; it begins with the first value.
    fn figures_of(&self, name: &str, parameters: &[f64], values: &[Option<f64>]) -> Vec<Row> {
        let entry = indicator::find(name).unwrap_or_else(|| panic!("{name}"));
        let mut feed = entry.build(parameters).unwrap();
        let empty = vec![None; entry.outputs.len()];
        let each = self.bars.iter().zip(values);
        each.map(|(bar, value)| match value {
            None => empty.clone(),
            Some(close) => {
                let bar = Bar {
                    close: *close,
                    ..*bar
                };
                feed.update(&Sample {
                    bar,
                    ..Sample::default()
                })
                .to_vec()
            }
        })
        .collect()
    }

    /// The first output.
    fn line(&self, name: &str, parameters: &[f64]) -> Row {
        self.figures(name, parameters)
            .into_iter()
            .map(|row| row[0])
            .collect()
    }

    /// Highest high and lowest low of bars from `at - count` to `at`, `at` not included.
    fn range(&self, at: usize, count: usize) -> Option<(f64, f64)> {
        let bars = &self.bars[at.checked_sub(count)?..at];
        let high = bars.iter().map(|bar| bar.high).fold(f64::MIN, f64::max);
        Some((
            high,
            bars.iter().map(|bar| bar.low).fold(f64::MAX, f64::min),
        ))
    }

    /// From bar to bar: what is wanted, if anything new, when so much is held.
    fn walk(&self, mut wanted: impl FnMut(usize, i64) -> Option<i64>) -> Vec<i64> {
        let mut held = 0;
        let bars = 0..self.bars.len();
        bars.map(|at| {
            held = wanted(at, held).unwrap_or(held);
            held
        })
        .collect()
    }
}

fn sign(value: f64) -> Option<i64> {
    (value != 0.0).then(|| value.signum() as i64)
}

/// Long below the first, short above the last, out beyond the middle.
fn levels(figure: Option<f64>, held: i64, [low, exit, high]: [f64; 3]) -> Option<i64> {
    let figure = figure?;
    if figure < low {
        Some(1)
    } else if figure > high {
        Some(-1)
    } else if (held > 0 && figure > exit) || (held < 0 && figure < exit) {
        Some(0)
    } else {
        None
    }
}

/// The side that is held after each bar, filled at its close.
fn held(events: &[Timed], name: &str, set: &[(&str, &str)]) -> Vec<i64> {
    let declared = strategies::find(name).unwrap_or_else(|| panic!("{name}"));
    let mut values = Values::defaults(declared.parameters);
    if declared.parameters.iter().any(|it| it.name == "side")
        && !set.iter().any(|it| it.0 == "side")
    {
        // A long and a short one; what has no two sides says so.
        let _ = values.set("side", "both");
    }
    for (name, text) in set {
        values.set(name, text).unwrap();
    }
    let mut strategy = (declared.build)(&values).unwrap();
    let mut instrument = share("X", Qty(1_000_000));
    instrument.tick_size = Price(10_000);
    let settings = Settings {
        fills: Fills::SameClose,
        ..Settings::new(
            vec![instrument],
            plain_plan("USD", Money::whole(100_000_000)).unwrap(),
        )
    };
    let outcome = run(
        &settings,
        vec![Memory::new(events)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap();
    assert_eq!(outcome.refusals, [], "{name}");
    let mut fills = outcome.fills.iter().peekable();
    let mut position = 0;
    events
        .iter()
        .map(|timed| {
            while let Some(fill) = fills.next_if(|executed| executed.ts <= timed.ts) {
                position += fill.fill.side.sign() * fill.fill.qty.0;
            }
            position.signum()
        })
        .collect()
}

fn check(events: &[Timed], name: &str, set: &[(&str, &str)], expected: &[i64]) {
    let held = held(events, name, set);
    let differs = held
        .iter()
        .zip(expected)
        .position(|(one, other)| one != other);
    assert_eq!(
        differs,
        None,
        "{name} {set:?}: held {:?}",
        differs.map(|at| (held[at], expected[at]))
    );
    assert_eq!(held.len(), expected.len());
    let changes = expected
        .windows(2)
        .filter(|pair| pair[0] != pair[1])
        .count();
    assert!(
        changes >= 3 || name == "volatility_target",
        "{name}: only {changes} changes"
    );
}

fn daily() -> (Vec<Timed>, History) {
    let events = bars_of(&["goog_1d_bars.csv.gz"], 2_148);
    let history = History::new(&events);
    (events, history)
}
