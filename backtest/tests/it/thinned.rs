//! Runs that keep some of their samples and round trips, beside those that keep all.

use backtest::metric::{ALL, OF_KEPT};
use backtest::outcome::{Outcome, RoundTrip};
use backtest::run::{
    Bars, Fills, Made, Memory, Observer, Sampling, Settings, Source, Timed, Unobserved, plain_plan,
    run,
};
use backtest::strategies;
use backtest::strategy::Values;
use marketdata::generator::MinuteBars;
use marketdata::history::{Basis, Edges};
use types::{Bar, InstrumentId, MarketData, MarketEvent, Money, Price, Qty, Quote, TimestampNs};

use crate::world::share;

const MINUTE_NS: u64 = 60_000_000_000;

/// Bars of the test, and the most samples that the bounded run keeps of them.
const BARS: usize = 20_000;
const SAMPLES_MAX: usize = 1_000;

fn bars() -> Vec<(TimestampNs, Bar)> {
    MinuteBars::new(42).take(BARS).collect()
}

fn settings(sampling: Sampling) -> Settings {
    let plan = plain_plan("USD", Money::whole(100_000)).unwrap();
    Settings {
        sampling,
        benchmark: Some(InstrumentId(0)),
        ..Settings::new(vec![share("SYN", Qty::ONE)], plan)
    }
}

fn outcome<S: Source>(settings: &Settings, source: S, observer: &mut dyn Observer) -> Outcome {
    let declared = strategies::find("sma_cross").unwrap();
    let mut strategy = (declared.build)(&Values::defaults(declared.parameters)).unwrap();
    run(settings, vec![source], &mut *strategy, observer).unwrap()
}

fn of_bars(settings: &Settings) -> Outcome {
    outcome(
        settings,
        Bars::new(InstrumentId(0), &bars()),
        &mut Unobserved,
    )
}

/// Every figure that is not of kept points is that of the run that keeps all of them.
fn hold(bounded: &Outcome, all: &Outcome, settings: &Settings) {
    let per_year = all.periods_per_year();
    assert_eq!(bounded.periods_per_year().to_bits(), per_year.to_bits());
    assert_eq!(bounded.deepest(), all.deepest());
    assert_eq!(bounded.noted(), all.noted());
    assert_eq!(bounded.trip_totals(), all.trip_totals());
    assert_eq!(bounded.state_hash, all.state_hash);
    let instruments = &settings.instruments;
    let metrics = |outcome: &Outcome| {
        let settings = backtest::metric::Settings {
            periods_per_year: per_year,
            ..backtest::metric::Settings::default()
        };
        outcome.metrics(instruments, None, &settings).unwrap()
    };
    for (ours, whole) in metrics(bounded).iter().zip(&metrics(all)) {
        let name = ours.definition.name;
        let is_moment = [
            "volatility",
            "sharpe",
            "sharpe_error",
            "probabilistic_sharpe",
            "sortino",
            "mean_return",
            "skew",
            "kurtosis",
            "value_at_risk_normal",
            "sqn",
        ];
        if OF_KEPT.contains(&name) {
            continue;
        }
        // Moments are summed in another order.
        if is_moment.contains(&name) {
            let (ours, whole) = (ours.value.unwrap(), whole.value.unwrap());
            assert!(
                (ours - whole).abs() <= 1e-9 * whole.abs(),
                "{name}: {ours}, {whole}"
            );
        } else {
            assert_eq!(ours.value, whole.value, "{name}");
        }
    }
    let count: usize = ALL.iter().map(|(_, family)| family.len()).sum();
    assert_eq!(metrics(all).len(), count);
}

/// 1,000 minutes come to 200 stretches of five, 1,000 of those to 334 quarters of an hour, and 1,000 quarters to 501 halves,
/// the first of which is cut: more than half of what may be kept, so that hours are next. What is left of 20,000 minutes is
/// what `--sample 1h` notes.
#[test]
fn bars_are_thinned_to_those_of_a_longer_interval() {
    let all = of_bars(&settings(Sampling::Bars));
    assert_eq!((all.samples.len(), all.thinned.is_none()), (BARS, true));
    let bounded = Settings {
        samples_max: SAMPLES_MAX,
        ..settings(Sampling::Bars)
    };
    let thinned = of_bars(&bounded);
    hold(&thinned, &all, &bounded);
    let told = thinned.thinned.as_ref().unwrap();
    assert_eq!(told.noted, BARS as u64);
    assert_eq!(told.every_ns, 60 * MINUTE_NS);
    assert!(thinned.samples.len() <= SAMPLES_MAX);
    let coarse = of_bars(&settings(Sampling::BarsEvery(told.every_ns)));
    assert_eq!(thinned.samples, coarse.samples);
    assert_eq!(thinned.benchmark, coarse.benchmark);
    assert_eq!(thinned.points(), coarse.points());
    assert_eq!(thinned.samples.last(), all.samples.last());
}

/// As many as may be kept are all of them, and nothing is counted beside them.
#[test]
fn a_curve_that_fits_is_left_alone() {
    let bounded = Settings {
        samples_max: BARS,
        ..settings(Sampling::Bars)
    };
    assert_eq!(of_bars(&bounded), of_bars(&settings(Sampling::Bars)));
}

/// Samples at every second bar are thinned as those at every bar are.
#[test]
fn samples_of_an_interval_are_thinned_to_multiples_of_it() {
    let every = Sampling::BarsEvery(2 * MINUTE_NS);
    let all = of_bars(&settings(every));
    let bounded = Settings {
        samples_max: SAMPLES_MAX,
        ..settings(every)
    };
    let thinned = of_bars(&bounded);
    hold(&thinned, &all, &bounded);
    let every_ns = thinned.thinned.as_ref().unwrap().every_ns;
    assert_eq!(every_ns, 30 * MINUTE_NS);
    let coarse = of_bars(&settings(Sampling::BarsEvery(every_ns)));
    assert_eq!(thinned.samples, coarse.samples);
}

/// Quotes in the middle of minutes, some of which have none: samples stand for multiples of their interval.
#[test]
fn samples_of_quotes_are_thinned_to_multiples_of_a_longer_interval() {
    let bars = bars();
    let events: Vec<Timed> = bars
        .iter()
        .enumerate()
        .filter(|(place, _)| place % 7 != 3 && !(5_000..5_200).contains(place))
        .map(|(_, (end, bar))| {
            let ts = TimestampNs(end.0 - 30_000_000_000);
            let quote = Quote {
                bid: bar.close,
                bid_qty: Qty::whole(1_000),
                ask: Price(bar.close.0 + 10_000_000),
                ask_qty: Qty::whole(1_000),
            };
            Timed {
                ts,
                event: MarketEvent {
                    instrument: InstrumentId(0),
                    ts_event: ts,
                    data: MarketData::Quote(quote),
                },
            }
        })
        .collect();
    let run_of = |sampling, samples_max| {
        let settings = Settings {
            fills: Fills::Market,
            bars: Some(Made {
                edges: Edges::Epoch {
                    every: 5 * MINUTE_NS,
                },
                basis: Basis::Mid,
            }),
            samples_max,
            ..settings(sampling)
        };
        (
            outcome(&settings, Memory::new(&events), &mut Unobserved),
            settings,
        )
    };
    let (all, _) = run_of(Sampling::Every(MINUTE_NS), usize::MAX);
    let (thinned, bounded) = run_of(Sampling::Every(MINUTE_NS), SAMPLES_MAX);
    hold(&thinned, &all, &bounded);
    let every_ns = thinned.thinned.as_ref().unwrap().every_ns;
    let (coarse, _) = run_of(Sampling::Every(every_ns), usize::MAX);
    assert!(thinned.samples.len() <= SAMPLES_MAX && all.counts.fills > 0);
    assert_eq!(thinned.samples, coarse.samples);
    assert_eq!(thinned.benchmark, coarse.benchmark);
}

struct Closed(Vec<RoundTrip>);

impl Observer for Closed {
    fn precedes(&self) -> bool {
        false
    }

    fn closed(&mut self, trip: &RoundTrip) {
        self.0.push(*trip);
    }
}

/// Round trips behind the first hundred are counted and told of, not kept.
#[test]
fn round_trips_are_cut_and_their_figures_are_not() {
    let all = of_bars(&settings(Sampling::Bars));
    let bounded = Settings {
        trips_max: 100,
        ..settings(Sampling::Bars)
    };
    let mut closed = Closed(Vec::new());
    let bars = bars();
    let cut = outcome(&bounded, Bars::new(InstrumentId(0), &bars), &mut closed);
    assert!(all.trips.len() > 300 && all.cut.is_none());
    assert_eq!(cut.trips, all.trips[..100]);
    assert_eq!(closed.0, all.trips);
    assert_eq!(
        cut.cut.as_ref().unwrap().totals.trips,
        all.trips.len() as u64
    );
    hold(&cut, &all, &bounded);
}
