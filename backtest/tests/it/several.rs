//! Strategies of several instruments and of quotes, on markets small enough to follow by hand.

use backtest::outcome::Outcome;
use backtest::run::{Fills, Memory, Sampling, Settings, Timed, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::{Size, Values};
use types::{
    Bar, Command, FeeSchedule, Instrument, InstrumentId, Liquidity, MarketData, MarketEvent, Money,
    PaperModel, Price, Qty, Quote, Side, TimestampNs,
};

use crate::world::{bars_of, label, share};

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;

/// An instrument in hundredths without fees.
fn free(symbol: &str) -> Instrument {
    Instrument {
        fees: FeeSchedule::default(),
        liquidity: Liquidity::Paper(PaperModel::default()),
        ..share(symbol, Qty(1_000_000))
    }
}

fn settings(instruments: Vec<Instrument>, fills: Fills, units: i64) -> Settings {
    Settings {
        fills,
        size: Size::Units(Qty::whole(units)),
        sampling: Sampling::Never,
        ..Settings::new(
            instruments,
            plain_plan("USD", Money::whole(1_000_000)).unwrap(),
        )
    }
}

fn run_named(settings: &Settings, events: &[Timed], name: &str, set: &[(&str, &str)]) -> Outcome {
    let declared = strategies::find(name).unwrap();
    let mut values = Values::defaults(declared.parameters);
    for (name, text) in set {
        values.set(name, text).unwrap();
    }
    let mut strategy = (declared.build)(&values).unwrap();
    run(
        settings,
        vec![Memory::new(events)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap()
}

fn price(units: f64) -> Price {
    Price((units * 100.0).round() as i64 * 10_000_000)
}

/// Ten units on each side.
fn quote(second: u64, instrument: u32, bid: f64, ask: f64) -> Timed {
    let quote = Quote {
        bid: price(bid),
        bid_qty: Qty::whole(10),
        ask: price(ask),
        ask_qty: Qty::whole(10),
    };
    event(second * SECOND, instrument, MarketData::Quote(quote))
}

fn event(ts: u64, instrument: u32, data: MarketData) -> Timed {
    let (ts, instrument) = (TimestampNs(ts), InstrumentId(instrument));
    Timed {
        ts,
        event: MarketEvent {
            instrument,
            ts_event: ts,
            data,
        },
    }
}

/// Bars of an hour without range.
fn bars(rows: &[&[f64]]) -> Vec<Timed> {
    let mut events = Vec::new();
    for (hour, row) in rows.iter().enumerate() {
        for (instrument, close) in row.iter().enumerate() {
            let (start, close) = (hour as u64 * HOUR, price(*close));
            let bar = Bar {
                start: TimestampNs(start),
                open: close,
                high: close,
                low: close,
                close,
                volume: Qty::whole(1_000_000),
            };
            events.push(event(start + HOUR, instrument as u32, MarketData::Bar(bar)));
        }
    }
    events
}

/// Second or bar, instrument, units with their sign, price; of one time by instrument.
fn fills(outcome: &Outcome, step: u64) -> Vec<(u64, u32, f64, f64)> {
    let fills = outcome.fills.iter();
    let mut fills: Vec<_> = fills
        .map(|executed| {
            let fill = &executed.fill;
            let units = (fill.side.sign() * fill.qty.0) as f64 / Qty::ONE.0 as f64;
            let price = fill.price.0 as f64 / Price::ONE.0 as f64;
            (executed.ts.0 / step, fill.instrument.0, units, price)
        })
        .collect();
    fills.sort_by_key(|it| (it.0, it.1));
    fills
}

#[test]
fn two_venues() {
    let settings = settings(vec![free("A"), free("B")], Fills::Market, 4);
    let events = [
        quote(1, 0, 99.0, 100.0),
        quote(2, 1, 100.0, 101.0),
        // A bid of 101 above an offer of 100: 1%.
        quote(3, 1, 101.0, 102.0),
        quote(4, 0, 100.5, 101.0),
        // The offer of what is short, 101, is at the bid of what is long.
        quote(5, 0, 101.0, 102.0),
        quote(6, 1, 100.5, 101.0),
    ];
    let outcome = run_named(&settings, &events, "cross_venue", &[("edge", "0.005")]);
    let expected = [
        (3, 0, 4.0, 100.0),
        (3, 1, -4.0, 101.0),
        (6, 0, -4.0, 101.0),
        (6, 1, 4.0, 101.0),
    ];
    assert_eq!(fills(&outcome, SECOND), expected);
    // Four times one.
    assert_eq!(outcome.equity, Money::whole(1_000_004));
}

#[test]
fn a_triangle() {
    let mut cross = free("A/B");
    cross.currency = label("B");
    let mut settings = settings(vec![free("A"), free("B"), cross], Fills::Market, 2);
    settings.definitions = vec![Command::SetConversion {
        from: label("B"),
        to: label("USD"),
        rate: price(50.0),
    }];
    let events = [
        quote(1, 0, 99.0, 100.0),
        quote(1, 1, 50.0, 50.0),
        quote(1, 2, 2.0, 2.0),
        // 2.1 times 50 is 105 for what costs 100.
        quote(2, 2, 2.1, 2.1),
        // 105 for what costs 105: nothing is lost by closing.
        quote(3, 0, 105.0, 105.0),
    ];
    let outcome = run_named(&settings, &events, "triangular", &[("edge", "0.01")]);
    let expected = [
        (2, 0, 2.0, 100.0),
        (2, 1, -4.2, 50.0),
        (2, 2, -2.0, 2.1),
        (3, 0, -2.0, 105.0),
        (3, 1, 4.2, 50.0),
        (3, 2, 2.0, 2.1),
    ];
    assert_eq!(fills(&outcome, SECOND), expected);
    assert_eq!(outcome.equity, Money::whole(1_000_010));
}

#[test]
fn a_grid_buys_steps_down_and_sells_steps_up() {
    // Steps of 1% around 100, orders of one unit.
    let settings = settings(vec![free("A")], Fills::Market, 5);
    let set = [
        ("step", "0.01"),
        ("part", "0.2"),
        ("interval", "0"),
        ("levels", "2"),
    ];
    let events = [
        quote(1, 0, 99.95, 100.05),
        quote(2, 0, 98.5, 98.9),
        quote(3, 0, 97.5, 97.9),
        // Beyond the second level nothing is bought.
        quote(4, 0, 96.0, 96.4),
        quote(5, 0, 99.2, 99.4),
        quote(6, 0, 100.2, 100.4),
        quote(7, 0, 100.2, 100.4),
    ];
    let outcome = run_named(&settings, &events, "grid", &set);
    let expected = [
        (2, 0, 1.0, 99.0),
        (3, 0, 1.0, 98.0),
        (5, 0, -1.0, 99.0),
        (6, 0, -1.0, 100.0),
    ];
    assert_eq!(fills(&outcome, SECOND), expected);
    // A step each.
    assert_eq!(outcome.equity, Money::whole(1_000_002));
}

#[test]
fn quotes_around_a_reservation_price() {
    // Nothing has moved: no risk, so both quotes are ln(1 + gamma / kappa) / gamma = 100 ln 1.1 = 9.53 ticks away.
    let settings = settings(vec![free("A")], Fills::Market, 5);
    let set = [
        ("gamma", "0.01"),
        ("kappa", "0.1"),
        ("interval", "0"),
        ("part", "0.2"),
    ];
    let events = [
        quote(1, 0, 99.95, 100.05),
        // The bid of 99.90 (100 less 9.53 ticks, rounded down) is reached, and filled there.
        quote(2, 0, 99.8, 99.9),
    ];
    let outcome = run_named(&settings, &events, "avellaneda_stoikov", &set);
    assert_eq!(fills(&outcome, SECOND), [(2, 0, 1.0, 99.9)]);
}

#[test]
fn the_touch_is_joined() {
    let settings = settings(vec![free("A")], Fills::Market, 5);
    let set = [("interval", "0"), ("part", "0.2")];
    let events = [
        quote(1, 0, 99.9, 100.0),
        quote(2, 0, 100.1, 100.2),
        quote(3, 0, 99.9, 100.0),
    ];
    let outcome = run_named(&settings, &events, "touch_maker", &set);
    // Sold at the offer of the first quote, bought back at the bid of the second.
    let expected = [(2, 0, -1.0, 100.0), (3, 0, 1.0, 100.1)];
    assert_eq!(fills(&outcome, SECOND), expected);
}

#[test]
fn a_calendar_spread() {
    // The far one less the near one: 1, 1.1, 1, 0.9, then 3, which is 2.0 deviations of five above their mean.
    let rows: [&[f64]; 7] = [
        &[100.0, 101.0],
        &[100.0, 101.1],
        &[100.0, 101.0],
        &[100.0, 100.9],
        &[100.0, 103.0],
        &[100.0, 101.0],
        &[100.0, 101.0],
    ];
    let settings = settings(vec![free("NEAR"), free("FAR")], Fills::SameClose, 3);
    let set = [("window", "5"), ("entry", "1.9")];
    let outcome = run_named(&settings, &bars(&rows), "calendar_spread", &set);
    let expected = [
        (5, 0, 3.0, 100.0),
        (5, 1, -3.0, 103.0),
        (6, 0, -3.0, 100.0),
        (6, 1, 3.0, 101.0),
    ];
    assert_eq!(fills(&outcome, HOUR), expected);
    assert_eq!(outcome.equity, Money::whole(1_000_006));
}

#[test]
fn a_distance() {
    // Normalised spreads of the formation: 0, 0.01, 0, -0.01; their deviation (ddof 1) is 0.00816.
    let rows: [&[f64]; 8] = [
        &[100.0, 50.0],
        &[101.0, 50.0],
        &[100.0, 50.0],
        &[99.0, 50.0],
        &[101.0, 50.0],
        // 0.02 is more than twice as much.
        &[102.0, 50.0],
        &[101.0, 50.0],
        &[100.0, 50.0],
    ];
    let settings = settings(vec![free("A"), free("B")], Fills::SameClose, 1);
    let set = [("formation", "4"), ("trading", "20"), ("gross", "0.5")];
    let outcome = run_named(&settings, &bars(&rows), "distance", &set);
    let seen = fills(&outcome, HOUR);
    let places: Vec<_> = seen
        .iter()
        .map(|it| (it.0, it.1, it.2.signum() as i64))
        .collect();
    assert_eq!(places, [(6, 0, -1), (6, 1, 1), (8, 0, 1), (8, 1, -1)]);
    // A quarter of a million each: 2,450.98 at 102 and 5,000 at 50.
    assert!(
        (seen[0].2 + 2_450.98).abs() < 0.02 && (seen[1].2 - 5_000.0).abs() < 0.02,
        "{seen:?}"
    );
}

/// A walk by a generator of numbers, and one that comes back to twice it.
fn pair(comes_back: bool) -> Vec<Timed> {
    let mut state = 7_u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
    };
    let (mut on, mut other, mut residual) = (100.0, 200.0, 0.0);
    let rows: Vec<[f64; 2]> = (0..600)
        .map(|_| {
            on += draw();
            residual = 0.5 * residual + 2.0 * draw();
            other += 2.0 * draw();
            [
                if comes_back {
                    2.0 * on + residual
                } else {
                    other
                },
                on,
            ]
        })
        .collect();
    let rows: Vec<&[f64]> = rows.iter().map(<[f64; 2]>::as_slice).collect();
    bars(&rows)
}

#[test]
fn what_is_cointegrated_is_traded_and_gains_and_two_walks_are_not() {
    let settings = settings(vec![free("A"), free("B")], Fills::SameClose, 1);
    let set = [
        ("formation", "200"),
        ("trading", "50"),
        ("level", "1%"),
        ("entry", "1.5"),
    ];
    let outcome = run_named(&settings, &pair(true), "cointegration", &set);
    assert!(outcome.trips.len() > 10, "{}", outcome.trips.len());
    assert!(
        outcome.equity > Money::whole(1_000_000),
        "{}",
        outcome.equity
    );
    // One unit of the first against as many of the second as the slope says, about 2.
    for legs in fills(&outcome, HOUR).chunks(2) {
        let [first, second] = legs else {
            unreachable!("legs come in pairs")
        };
        let ratio = -second.2 / first.2;
        assert!((1.8..2.2).contains(&ratio), "{legs:?}");
    }
    let walks = run_named(&settings, &pair(false), "cointegration", &set);
    assert_eq!(walks.fills, []);
}

#[test]
fn a_filter_trades_the_surprise_and_a_basket_the_difference() {
    let settings = settings(vec![free("A"), free("B")], Fills::SameClose, 1);
    for (name, set) in [
        (
            "kalman_pair",
            &[("delta", "0.0000001"), ("noise", "0.1")][..],
        ),
        ("basket", &[("window", "30")]),
    ] {
        let outcome = run_named(&settings, &pair(true), name, set);
        assert!(outcome.trips.len() > 10, "{name}: {}", outcome.trips.len());
        assert!(
            outcome.equity > Money::whole(1_000_000),
            "{name}: {}",
            outcome.equity
        );
        assert_eq!(outcome.refusals, []);
        // Always both legs, on opposite sides.
        for legs in fills(&outcome, HOUR).chunks(2) {
            assert!(
                legs[0].0 == legs[1].0 && legs[0].2 * legs[1].2 < 0.0,
                "{name}: {legs:?}"
            );
        }
    }
}

/// The share of a million that each of two holds after its first fills.
fn first_weights(name: &str, set: &[(&str, &str)], events: &[Timed]) -> [f64; 2] {
    let mut one = free("GOOG");
    one.tick_size = Price(100_000);
    let settings = settings(
        vec![
            one,
            Instrument {
                symbol: label("AAPL"),
                ..one
            },
        ],
        Fills::SameClose,
        1,
    );
    let outcome = run_named(&settings, events, name, set);
    let seen = fills(&outcome, 1);
    let first = seen[0].0;
    let mut weights = [0.0; 2];
    for (_, instrument, units, price) in seen.into_iter().filter(|it| it.0 == first) {
        weights[instrument as usize] += units * price / 1_000_000.0;
    }
    weights
}

#[test]
fn portfolios_hold_the_weights_of_their_formulas() {
    let events = bars_of(&["goog_1d_bars.csv.gz", "aapl_1d_bars.csv.gz"], 500);
    let mut closes = [Vec::new(), Vec::new()];
    for timed in &events {
        if let MarketData::Bar(bar) = timed.event.data {
            closes[timed.event.instrument.0 as usize].push(bar.close.0 as f64);
        }
    }
    let near = |one: [f64; 2], other: [f64; 2]| {
        assert!(
            (one[0] - other[0]).abs() < 1e-4 && (one[1] - other[1]).abs() < 1e-4,
            "{one:?} {other:?}"
        );
    };
    near(
        first_weights("equal_weight", &[("gross", "0.9")], &events),
        [0.45, 0.45],
    );

    // Of the first 60 logarithmic returns.
    let returns = closes.each_ref().map(|it| -> Vec<f64> {
        it[..61]
            .windows(2)
            .map(|pair| (pair[1] / pair[0]).ln())
            .collect()
    });
    let mean = returns.each_ref().map(|it| it.iter().sum::<f64>() / 60.0);
    let shared = |one: usize, other: usize| {
        let pairs = returns[one].iter().zip(&returns[other]);
        pairs
            .map(|(x, y)| (x - mean[one]) * (y - mean[other]))
            .sum::<f64>()
            / 59.0
    };
    let (first, second, both) = (shared(0, 0), shared(1, 1), shared(0, 1));
    let split = |share: f64| [0.9 * share, 0.9 * (1.0 - share)];
    let inverse = second.sqrt() / (first.sqrt() + second.sqrt());
    let set = [("gross", "0.9")];
    near(
        first_weights("inverse_volatility", &set, &events),
        split(inverse),
    );
    near(first_weights("risk_parity", &set, &events), split(inverse));
    let least = ((second - both) / (first + second - 2.0 * both)).clamp(0.0, 1.0);
    near(
        first_weights("minimum_variance", &set, &events),
        split(least),
    );

    // The stronger of both over the first 30 returns; and of that one more, of the other less.
    let change = closes.each_ref().map(|it| it[30] / it[0] - 1.0);
    let stronger = usize::from(change[1] > change[0]);
    let set = [("gross", "0.9"), ("lookback", "30")];
    let mut alone = [0.0; 2];
    if change[stronger] > 0.0 {
        alone[stronger] = 0.9;
        near(first_weights("dual_momentum", &set, &events), alone);
    }
    let set = [("gross", "0.9"), ("lookback", "30"), ("skip", "0")];
    let mut sides = [-0.45; 2];
    sides[stronger] = 0.45;
    near(first_weights("relative_strength", &set, &events), sides);
    // Each as far as it was off the mean of both: with two, half of it each.
    let set = [("gross", "0.9"), ("lookback", "30")];
    near(
        first_weights("contrarian", &set, &events),
        [-sides[0], -sides[1]],
    );
}

#[test]
fn a_rotation_holds_the_strongest_above_its_average() {
    // The first rises by 1, the second by 2 a bar; then the second falls below its average of three.
    let rows: [&[f64]; 7] = [
        &[100.0, 100.0],
        &[101.0, 102.0],
        &[102.0, 104.0],
        &[103.0, 106.0],
        &[104.0, 103.0],
        &[105.0, 102.0],
        &[104.0, 101.0],
    ];
    let settings = settings(vec![free("A"), free("B")], Fills::SameClose, 1);
    let set = [
        ("lookback", "2"),
        ("trend", "3"),
        ("every", "1"),
        ("gross", "0.5"),
    ];
    let outcome = run_named(&settings, &bars(&rows), "rotation", &set);
    let sides: Vec<_> = outcome
        .trips
        .iter()
        .map(|trip| (trip.side, trip.instrument.0))
        .collect();
    assert_eq!(sides, [(Side::Buy, 1), (Side::Buy, 0)]);
    let seen = fills(&outcome, HOUR);
    let first = (seen[0].0, seen[0].1, seen[0].3);
    assert_eq!(first, (3, 1, 104.0));
    // Out of the second, into the first, and out when that closes below its average of 104.67.
    assert!(
        seen.iter().any(|it| (it.0, it.1, it.3) == (5, 1, 103.0)),
        "{seen:?}"
    );
    assert!(
        seen.iter().any(|it| (it.0, it.1, it.3) == (5, 0, 104.0)),
        "{seen:?}"
    );
    assert_eq!(seen.last().map(|it| (it.0, it.1)), Some((7, 0)));
}
