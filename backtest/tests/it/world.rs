//! Data and instruments that the tests share.

use std::path::Path;

use backtest::outcome::Outcome;
use backtest::run::{Mapped, Settings, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::Values;
use marketdata::history::{self, Options};
use types::{
    BarPath, FeeSchedule, Instrument, InstrumentKind, Label, Liquidity, Margin, Money, PaperModel,
    Price, Qty, Ratio,
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
