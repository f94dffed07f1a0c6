//! Strategies of files: the examples run, and what is wrong with one is told.

use std::path::Path;

use backtest::declared::Recipe;
use backtest::outcome::Outcome;
use backtest::run::{Fills, Made, Memory, Settings, Timed, Unobserved, run};
use backtest::strategy::Size;
use marketdata::history::{Basis, Edges};
use types::{
    Aggressor, Bar, ClientOrderId, DepthUpdate, FeeSchedule, Instrument, InstrumentId, Level,
    Liquidity, MarketData, MarketEvent, PaperModel, Price, Qty, Ratio, Side, Sizes, TimestampNs,
    Trade,
};

use crate::world::{bars_of, goog, plain, run_named, settings, share};

fn example(name: &str) -> Recipe {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/strategies");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    Recipe::parse(name, &text).unwrap()
}

fn run_recipe(recipe: &Recipe, settings: &Settings) -> Outcome {
    let mut strategy = recipe.build();
    run(settings, vec![goog()], &mut *strategy, &mut Unobserved).unwrap()
}

/// Everything that trading comes to. What the library asks for that changes nothing, a file may leave out.
fn assert_same(one: &Outcome, other: &Outcome) {
    // The number that the strategy gave its request counts those that change nothing, too.
    let fills = |outcome: &Outcome| {
        let mut fills = outcome.fills.clone();
        for executed in &mut fills {
            executed.fill.client_order = ClientOrderId(0);
        }
        fills
    };
    assert_eq!(fills(one), fills(other));
    assert_eq!(one.trips, other.trips);
    assert_eq!(one.open, other.open);
    assert_eq!(one.samples, other.samples);
    assert_eq!(
        (one.balance, one.equity, one.fees),
        (other.balance, other.equity, other.fees)
    );
}

#[test]
fn the_cross_of_a_file_is_that_of_the_library_fill_for_fill() {
    let recipe = example("sma-cross.toml");
    for fills in [Fills::NextOpen, Fills::SameClose, Fills::NextClose] {
        for size in [Size::Units(Qty::ONE), Size::Equity(Ratio::ONE)] {
            let settings = Settings {
                fills,
                size,
                ..settings(share("GOOG", Qty::ONE))
            };
            let declared = run_recipe(&recipe, &settings);
            let built_in = run_named(&settings, goog(), "sma_cross", &[]);
            assert_same(&declared, &built_in);
            assert_eq!(declared.fills.len(), 65);
        }
    }
}

#[test]
fn both_sides_of_a_file_are_those_of_the_library() {
    let text = "name = 'both'\nunit = 'ticks'\n[indicators]\nfast = { indicator = 'sma', period = 5 }\n\
                slow = { indicator = 'sma', period = 20 }\n[long]\nenter = 'fast crosses above slow'\n\
                [short]\nenter = 'fast crosses below slow'\n";
    let recipe = Recipe::parse("both.toml", text).unwrap();
    let settings = settings(share("GOOG", Qty::ONE));
    let declared = run_recipe(&recipe, &settings);
    let set = [("fast", "5"), ("slow", "20"), ("side", "both")];
    assert_same(&declared, &run_named(&settings, goog(), "sma_cross", &set));
    assert!(declared.fills.len() > 65);
}

#[test]
fn the_examples_trade_and_the_grid_is_kept() {
    for (name, sides) in [
        ("sma-cross.toml", 1),
        ("pullback.toml", 1),
        ("macd-both-sides.toml", 2),
    ] {
        let recipe = example(name);
        let outcome = run_recipe(&recipe, &plain(vec![share("GOOG", Qty::ONE)], 100_000));
        let long = outcome.trips.iter().any(|trip| trip.side == Side::Buy);
        let short = outcome.trips.iter().any(|trip| trip.side == Side::Sell);
        assert!(long && short == (sides == 2), "{name}");
        assert_eq!(outcome.refusals, [], "{name}");
        assert!(outcome.trips.len() > 10, "{name}: {}", outcome.trips.len());
    }
}

/// Bars of a minute each: open, high, low and close.
fn minutes(bars: impl IntoIterator<Item = [Price; 4]>) -> Vec<Timed> {
    const MINUTE_NS: u64 = 60_000_000_000;
    let bars = (0..).zip(bars);
    bars.map(|(place, [open, high, low, close])| {
        let start = TimestampNs(place * MINUTE_NS);
        let ts = TimestampNs(start.0 + MINUTE_NS);
        let bar = Bar {
            start,
            open,
            high,
            low,
            close,
            volume: Qty::ONE,
        };
        Timed {
            ts,
            event: MarketEvent {
                instrument: InstrumentId(0),
                ts_event: ts,
                data: MarketData::Bar(bar),
            },
        }
    })
    .collect()
}

/// One position that is entered on the second bar of ten, and the bar at whose close it is left.
fn left_after(stops: &str) -> usize {
    let text = format!(
        "name = 's'\n[long]\nenter = 'close > 100 and close[1] == 100'\n[stops]\n{stops}\n"
    );
    let recipe = Recipe::parse("s.toml", &text).unwrap();
    let closes = [100, 101, 104, 110, 108, 103, 100, 98, 95, 90, 90];
    let bars = minutes(closes.map(|close| [Price::whole(close); 4]));
    let settings = Settings {
        fills: Fills::SameClose,
        ..settings(share("X", Qty::ONE))
    };
    let mut strategy = recipe.build();
    let outcome = run(
        &settings,
        vec![Memory::new(&bars)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap();
    assert_eq!(outcome.fills[0].ts.0, 120_000_000_000);
    let left = outcome.fills.get(1);
    left.map_or(0, |exit| (exit.ts.0 / 60_000_000_000) as usize - 1)
}

#[test]
fn stops_are_from_the_price_that_was_paid() {
    // Bought at 101. Closes after: 104, 110, 108, 103, 100, 98, 95, 90.
    assert_eq!(
        left_after("loss = 0.03"),
        8,
        "97.97: at 95, the one of 98 is above"
    );
    assert_eq!(left_after("loss = 0.02"), 7, "98.98: at 98");
    assert_eq!(left_after("profit = 0.05"), 3, "106.05: at 110");
    // The best close is 110 of bar 3; a share is one of the price paid, 5.05.
    assert_eq!(left_after("trailing = 0.05"), 5, "104.95: at 103");
    assert_eq!(left_after("bars_max = 3"), 4);
    // The close of the bar that entered is 101: a tenth of it is 10.1, that is below 90.9.
    assert_eq!(left_after("loss = '0.1 * close'"), 9);
    assert_eq!(left_after("loss = 0.5"), 0, "never");
}

/// Fills of a strategy over bars of open, high, low and close: the bar, and the price.
fn fills_over(recipe: &str, fills: Fills, bars: &[[&str; 4]]) -> Vec<(usize, String)> {
    let recipe = Recipe::parse("s.toml", recipe).unwrap();
    let prices = bars.iter();
    let bars = minutes(prices.map(|bar| bar.map(|price| price.parse().unwrap())));
    let mut share = share("X", Qty::ONE);
    if let types::Liquidity::Paper(model) = &mut share.liquidity {
        model.bars = types::BarPath::Walked;
    }
    let settings = Settings {
        fills,
        ..settings(share)
    };
    let mut strategy = recipe.build();
    let source = vec![Memory::new(&bars)];
    let outcome = run(&settings, source, &mut *strategy, &mut Unobserved).unwrap();
    assert_eq!(outcome.refusals, []);
    let fills = outcome.fills.iter();
    fills
        .map(|it| {
            let bar = it.ts.0.div_ceil(60_000_000_000).saturating_sub(1);
            (bar as usize, it.fill.price.to_string())
        })
        .collect()
}

#[test]
fn stops_work_within_bars_and_gaps_fill_at_the_open() {
    let with = |stops: &str, fills: Fills, next: &[[&str; 4]]| {
        let recipe = format!(
            "name = 's'\n[long]\nenter = 'close > 100 and close[1] == 100'\n[stops]\n{stops}\n"
        );
        let flat = ["100", "100", "100", "100"];
        let bars = [&[flat, ["100", "101", "100", "101"]], next].concat();
        let found = fills_over(&recipe, fills, &bars);
        found
            .into_iter()
            .map(|(bar, price)| format!("{bar}:{price}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let same = Fills::SameClose;
    // Bought at the close of bar 1, 101. A twentieth below is 95.95, above 106.05.
    assert_eq!(
        with("loss = 0.05", same, &[["100", "102", "95", "101"]]),
        "1:101 2:95.95",
        "within the bar, whatever its close"
    );
    assert_eq!(
        with("loss = 0.05", same, &[["90", "92", "89", "91"]]),
        "1:101 2:90",
        "a gap fills at the open"
    );
    assert_eq!(
        with(
            "loss = 0.05\nprofit = 0.05",
            same,
            &[["101", "106.5", "94", "106"]]
        ),
        "1:101 2:95.95",
        "both in one bar: the stop, though the high is nearer to the open"
    );
    assert_eq!(
        with(
            "loss = 0.05\nprofit = 0.05",
            same,
            &[["101", "107", "100", "101"]]
        ),
        "1:101 2:106.05",
        "the target"
    );
    // 5.05 from the best close: 104.95 after 110; the high of 111 moves nothing.
    assert_eq!(
        with(
            "trailing = 0.05",
            same,
            &[
                ["101", "110", "101", "110"],
                ["109", "111", "105", "110"],
                ["110", "110", "104", "109"],
            ]
        ),
        "1:101 4:104.95"
    );
    // The nearer of both: 104.95 is above 95.95.
    assert_eq!(
        with(
            "loss = 0.05\ntrailing = 0.05",
            same,
            &[["101", "110", "101", "110"], ["104", "104", "90", "91"]]
        ),
        "1:101 3:104"
    );
    // Bought at the open of bar 2, 100: the stop at 95 works in the same bar.
    assert_eq!(
        with(
            "loss = 0.05",
            Fills::NextOpen,
            &[["100", "101", "94", "99"]]
        ),
        "1:100 2:95",
        "the open of bar 2 is the end of bar 1"
    );
    // Bought at the close of bar 2, 98: the low of that bar is over, 93.1 works in the next.
    assert_eq!(
        with(
            "loss = 0.05",
            Fills::NextClose,
            &[["100", "101", "90", "98"], ["98", "98", "93", "95"]]
        ),
        "2:98 3:93.1"
    );
}

#[test]
fn a_short_position_has_its_stop_above() {
    let recipe = "name = 's'\n[short]\nenter = 'close < 100 and close[1] == 100'\n[stops]\nloss = 0.05\nprofit = 0.1\n";
    let flat = ["100", "100", "100", "100"];
    let falls = ["100", "100", "99", "99"];
    // Sold at 99: 103.95 and 89.1.
    let stopped = [flat, falls, ["99", "105", "98", "99"]];
    let found = fills_over(recipe, Fills::SameClose, &stopped);
    assert_eq!(found[1], (2, "103.95".to_owned()));
    let reached = [flat, falls, ["99", "100", "89", "90"]];
    let found = fills_over(recipe, Fills::SameClose, &reached);
    assert_eq!(found[1], (2, "89.1".to_owned()));
}

#[test]
fn a_size_by_risk_loses_that_share_of_equity_at_the_stop() {
    let text = "name = 'r'\n[long]\nenter = 'close > close[1]'\n[stops]\nloss = 0.1\n[size]\nrisk = 0.01\n";
    let recipe = Recipe::parse("r.toml", text).unwrap();
    let settings = Settings {
        fills: Fills::SameClose,
        ..plain(vec![share("GOOG", Qty(1))], 100_000)
    };
    let bars = bars_of(&["goog_1d_bars.csv.gz"], 500);
    let mut strategy = recipe.build();
    let outcome = run(
        &settings,
        vec![Memory::new(&bars)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap();
    // 1% of equity at a distance of a tenth of the price is a tenth of equity, which fees of 0.1% lessen by as much.
    let fill = outcome.fills[0].fill;
    let value = fill.price.0 as f64 * fill.qty.0 as f64 / (1e9 * Qty::ONE.0 as f64);
    assert!((value - 10_000.0 / 1.001).abs() < 1.0, "{value}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_is_accepted() {
    let said = |text: &str| Recipe::parse("x.toml", text).unwrap_err().to_string();
    let begin = "name = 'x'\n[indicators]\n";
    let end = "\n[long]\nenter = 'close > 1'\n";
    let with = |line: &str| said(&format!("{begin}{line}{end}"));
    assert_eq!(
        said("nmae = 'x'\n"),
        "x.toml:1: nmae: not known; accepted: name, about, unit, indicators, long, short, size, stops (did you mean 'name'?)"
    );
    assert_eq!(
        said("about = 'x'\n"),
        "x.toml:1: name: missing; accepted: a name of 1 to 64 characters"
    );
    assert_eq!(
        said("name = 'x'\n"),
        "x.toml:1: long: missing; accepted: a table [long] or [short] with a condition to enter"
    );
    assert_eq!(
        with("fast = { indicator = 'smaa', period = 3 }"),
        "x.toml:3: indicators.fast.indicator: 'smaa'; accepted: a name of docs/indicators.md (did you mean 'sma'?)"
    );
    assert_eq!(
        with("fast = { indicator = 'sma', perod = 3 }"),
        "x.toml:3: indicators.fast.perod: not known; accepted: indicator, period, of, bars (did you mean 'period'?)"
    );
    assert_eq!(
        with("fast = { indicator = 'sma', period = 0 }"),
        "x.toml:3: indicators.fast.period: 0; accepted: a whole number from 1 to 1000000"
    );
    assert_eq!(
        with("fast = { indicator = 'sma', of = 'clsoe' }"),
        "x.toml:3: indicators.fast.of: 'clsoe'; accepted: a field of bars (open, high, low, close, volume, typical) or \
         an indicator (did you mean 'close'?)"
    );
    assert_eq!(
        with("one = { indicator = 'sma', of = 'two' }\ntwo = { indicator = 'sma', of = 'one' }"),
        "x.toml:3: indicators.one.of: depends on itself; accepted: a series that does not lead back to it"
    );
    assert!(
        with("close = { indicator = 'sma' }")
            .starts_with("x.toml:3: indicators.close: not a name; accepted: ")
    );
    assert!(
        with("m = { indicator = 'macd', fast = 30, slow = 10 }").starts_with(
            "x.toml:3: indicators.m: fast = 30, slow = 10: fast has to be shorter than slow"
        )
    );
    assert_eq!(
        said("name = 'x'\n[long]\nenter = 'cloze > 1'\n"),
        "x.toml:3: long.enter: 'cloze'; accepted: close, high, low, open, typical, volume (did you mean 'close'?)"
    );
    assert_eq!(
        said("name = 'x'\n[long]\nenter = 'close > 1'\n[size]\nrisk = 0.01\n"),
        "x.toml:5: size.risk: 0.01; accepted: risk together with stops.loss, which says what is lost"
    );
    assert_eq!(
        said("name = 'x'\n[long]\nenter = 'close > 1'\n[stops]\nloss = -1\n"),
        "x.toml:5: stops.loss: -1; accepted: a share of the price from 0.000001 to 1, or a figure such as \"2 * atr\""
    );
    assert_eq!(
        said("name = 'x'\n[long]\nenter = 'close > 1'\n[size]\nequity = 1\nexposure = 1\n"),
        "x.toml:4: size: exposure and equity; accepted: one of exposure (share of a full position), equity (share of \
         equity) and risk (share of equity lost at the stop)"
    );
    assert!(said("name = \n").starts_with("x.toml:1: "));
}

/// Three shares at 100.10, 100.20 and 100.30, so a stop 2% below 100.20: at 98.19, the cent at or below 98.196, and
/// not at 98.09, which would be that of the first piece.
#[test]
fn an_entry_in_pieces_has_a_stop_at_what_was_paid_on_average() {
    let recipe = "name = 'pieces'\n[indicators]\nm = { indicator = 'sma', period = 1 }\n[long]\n\
                  enter = 'm > 99'\n[stops]\nloss = 0.02\n";
    let recipe = Recipe::parse("pieces.toml", recipe).unwrap();
    let cents = |cents: i64| Price(cents * Price::ONE.0 / 100);
    let levels = |prices: [i64; 3], qty: i64| {
        let level = |price| Level {
            price: cents(price),
            qty: Qty::whole(qty),
        };
        prices.map(level).to_vec()
    };
    let book = |bids: [i64; 3], asks: [i64; 3], qty: i64| {
        MarketData::DepthSnapshot(Box::new(DepthUpdate {
            bids: levels(bids, qty),
            asks: levels(asks, qty),
        }))
    };
    let print = |price: i64| {
        MarketData::Trade(Trade {
            price: cents(price),
            qty: Qty::ONE,
            aggressor: Aggressor::Buyer,
        })
    };
    let thin = || book([10_000, 9_990, 9_980], [10_010, 10_020, 10_030], 1);
    let fallen = || book([9_815, 9_814, 9_813], [9_820, 9_821, 9_822], 10);
    let events: Vec<Timed> = [
        (10, thin()),
        (20, print(10_000)),
        (65, thin()),
        (66, print(10_000)),
        (130, fallen()),
        (131, print(9_815)),
        (200, print(9_815)),
    ]
    .into_iter()
    .map(|(second, data)| Timed {
        ts: TimestampNs(second * 1_000_000_000),
        event: MarketEvent {
            instrument: InstrumentId(0),
            ts_event: TimestampNs(second * 1_000_000_000),
            data,
        },
    })
    .collect();
    let instrument = Instrument {
        fees: FeeSchedule::default(),
        liquidity: Liquidity::Paper(PaperModel {
            sizes: Sizes::Displayed,
            ..PaperModel::default()
        }),
        ..share("X", Qty::ONE)
    };
    let settings = Settings {
        bars: Some(Made {
            edges: Edges::Epoch {
                every: 60_000_000_000,
            },
            basis: Basis::Trades,
        }),
        size: Size::Units(Qty::whole(3)),
        ..settings(instrument)
    };
    let mut strategy = recipe.build();
    let sources = vec![Memory::new(&events)];
    let outcome = run(&settings, sources, &mut *strategy, &mut Unobserved).unwrap();
    let fills: Vec<_> = outcome
        .fills
        .iter()
        .map(|executed| {
            let fill = &executed.fill;
            (fill.side, fill.price.to_string(), fill.qty.to_string())
        })
        .collect();
    let fill = |side, price: &str, qty: &str| (side, price.to_owned(), qty.to_owned());
    assert_eq!(
        fills,
        [
            fill(Side::Buy, "100.1", "1"),
            fill(Side::Buy, "100.2", "1"),
            fill(Side::Buy, "100.3", "1"),
            fill(Side::Sell, "98.15", "3"),
        ]
    );
}

/// 5,000 levels of a side, more than a server holds unless it is told to: the best ask is taken, and the next one after it has
/// gone.
#[test]
fn a_recorded_book_may_be_large() {
    let recipe = "name = 'held'\n[indicators]\nm = { indicator = 'sma', period = 1 }\n[long]\nenter = 'm > 1'\n";
    let recipe = Recipe::parse("held.toml", recipe).unwrap();
    let level = |cents: i64, qty: i64| Level {
        price: Price(cents * Price::ONE.0 / 100),
        qty: Qty::whole(qty),
    };
    let whole = MarketData::DepthSnapshot(Box::new(DepthUpdate {
        bids: (0..5_000).map(|rank| level(10_000 - rank, 10)).collect(),
        asks: (0..5_000).map(|rank| level(10_010 + rank, 10)).collect(),
    }));
    let gone = MarketData::DepthDelta(Box::new(DepthUpdate {
        bids: Vec::new(),
        asks: vec![level(10_010, 0)],
    }));
    let print = MarketData::Trade(Trade {
        price: Price::whole(100),
        qty: Qty::ONE,
        aggressor: Aggressor::Buyer,
    });
    let said = [(10, whole), (20, gone), (30, print.clone()), (65, print)];
    let events = said.map(|(second, data)| Timed {
        ts: TimestampNs(second * 1_000_000_000),
        event: MarketEvent {
            instrument: InstrumentId(0),
            ts_event: TimestampNs(second * 1_000_000_000),
            data,
        },
    });
    let settings = Settings {
        bars: Some(Made {
            edges: Edges::Epoch {
                every: 60_000_000_000,
            },
            basis: Basis::Trades,
        }),
        size: Size::Units(Qty::ONE),
        ..settings(share("X", Qty::ONE))
    };
    let mut strategy = recipe.build();
    let sources = vec![Memory::new(&events)];
    let outcome = run(&settings, sources, &mut *strategy, &mut Unobserved).unwrap();
    assert_eq!(outcome.counts.rejected, 0);
    assert_eq!(outcome.fills[0].fill.price, level(10_011, 1).price);
}
