//! Data and instruments that the tests share.

use std::path::Path;

use backtest::outcome::Outcome;
use backtest::run::{Mapped, Settings, Timed, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::{Size, Values};
use marketdata::history::{self, Options};
use types::{
    BarPath, FeeSchedule, Instrument, InstrumentId, InstrumentKind, Label, Liquidity, Margin,
    MarketEvent, Money, PaperModel, Price, Qty, Ratio,
};

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// A share in cents, bought and sold at 0.1%, whose bars are walked.
pub(crate) fn share(symbol: &str, lot: Qty) -> Instrument {
    Instrument {
        symbol: label(symbol),
        kind: InstrumentKind::Equity,
        currency: label("USD"),
        tick_size: Price(10_000_000),
        lot_size: lot,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000_000),
        fees: FeeSchedule {
            taker: Ratio(1_000_000),
            maker: Ratio(1_000_000),
            ..FeeSchedule::default()
        },
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel {
            bars: BarPath::Walked,
            ..PaperModel::default()
        }),
    }
}

/// 10,000 dollars and one share.
pub(crate) fn settings(instrument: Instrument) -> Settings {
    Settings::new(
        vec![instrument],
        plain_plan("USD", Money::whole(10_000)).unwrap(),
    )
}

pub(crate) type File = Mapped<history::Rows>;

/// The recorded bars of a share.
pub(crate) fn goog() -> File {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market");
    let symbols = vec![label("GOOG")];
    let options = Options {
        symbols: symbols.clone(),
        ..Options::default()
    };
    let rows = history::open(&folder.join("goog_1d_bars.csv.gz"), None, &options);
    Mapped::new(rows.unwrap(), symbols)
}

/// Runs a strategy by name.
pub(crate) fn run_named(
    settings: &Settings,
    data: File,
    name: &str,
    set: &[(&str, &str)],
) -> Outcome {
    let declared = strategies::find(name).unwrap();
    let mut values = Values::defaults(declared.parameters);
    for (name, text) in set {
        values.set(name, text).unwrap();
    }
    let mut strategy = (declared.build)(&values).unwrap();
    run(settings, vec![data], &mut *strategy, &mut Unobserved).unwrap()
}

/// A plain account of so many dollars, with tenths of it for each instrument.
pub(crate) fn plain(instruments: Vec<Instrument>, dollars: i64) -> Settings {
    let part = Ratio(900_000_000 / instruments.len() as i64);
    Settings {
        size: Size::Equity(part),
        ..Settings::new(
            instruments,
            plain_plan("USD", Money::whole(dollars)).unwrap(),
        )
    }
}

fn rows(file: &str) -> history::Rows {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market");
    let options = Options {
        symbols: vec![label("X")],
        ..Options::default()
    };
    history::open(&folder.join(file), None, &options).unwrap()
}

fn events_of(files: &[&str], count: usize) -> Vec<Timed> {
    let mut events = Vec::new();
    for (place, file) in files.iter().enumerate() {
        let all: Vec<_> = rows(file).map(Result::unwrap).collect();
        events.extend(all.into_iter().map(|row| Timed {
            ts: row.ts,
            event: MarketEvent {
                instrument: InstrumentId(place as u32),
                ts_event: row.ts_event,
                data: row.data,
            },
        }));
    }
    events.sort_by_key(|timed| timed.ts);
    // The files of bars end together and begin apart.
    let newest = events.len().saturating_sub(count * files.len());
    events.split_off(newest)
}

/// The newest bars of recordings, in the order of instruments; so many of each.
pub(crate) fn bars_of(files: &[&str], count: usize) -> Vec<Timed> {
    events_of(files, count)
}

/// The first events of coins, so many in all, and the coins.
pub(crate) fn quotes_of(coins: usize, count: usize) -> (Vec<Instrument>, Vec<Timed>) {
    let files = [
        "btcusdt_ticks.csv.gz",
        "ethusdt_ticks.csv.gz",
        "solusdt_ticks.csv.gz",
    ];
    let mut events = events_of(&files[..coins], usize::MAX / 8);
    events.truncate(count);
    let names = ["BTC", "ETH", "SOL"];
    let instruments = names[..coins].iter().map(|name| Instrument {
        fees: FeeSchedule::default(),
        liquidity: Liquidity::Paper(PaperModel::default()),
        ..share(name, Qty(1_000))
    });
    (instruments.collect(), events)
}
