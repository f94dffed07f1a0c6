//! Instruments in which something happens within a few hundred inputs: few prices, small lots, and
//! every fill rule, size, slippage, latency, fee, margin, collar and breaker among them.

use types::{
    BarPath, CancelModel, FeeSchedule, FillRule, Instrument, InstrumentKind, Latency, LatencyId,
    LatencySample, Liquidity, Margin, Money, PaperModel, Price, Qty, Ratio, Requirement, Sizes,
    Slippage,
};

use super::draw::Draw;
use super::setting::{Traded, label};

/// Symbol, tick size, lot size, contract size, and the tick that prices are around. A tick of a lot is
/// worth between a cent and twelve dollars and a half.
const GRIDS: [(&str, i64, i64, i64, i64); 9] = [
    ("INDEX", 500_000_000, 100_000_000, 500_000_000, 100),
    ("ES", 250_000_000, 100_000_000, 5_000_000_000, 40),
    ("BTCUSDT", 1_000_000_000, 10_000_000, 1_000_000_000, 300),
    // Prices on both sides of zero, and sizes that do not divide.
    ("CALENDAR", 7_000_000, 30_000_000, 100_000_000_000, 0),
    ("EURUSD", 10_000, 100_000_000_000, 10_000_000_000, 110),
    ("MBT", 5_000_000_000, 100_000_000, 10_000_000, 1_000),
    ("AAPL", 10_000_000, 100_000_000, 100_000_000, 20_000),
    ("PENNY", 1_000_000_000, 100_000_000, 300_000_000, 4),
    ("SPREAD", 3_000_000_000, 50_000_000, 100_000_000, -30),
];

/// Symbols, and the quantity of a lot of each.
pub(super) fn symbols() -> impl Iterator<Item = (&'static str, Qty)> {
    GRIDS
        .iter()
        .map(|(symbol, _, lot, ..)| (*symbol, Qty(*lot)))
}

/// Foreign to accounts in USD, and one more than an account may hold.
pub(super) const CURRENCIES: [&str; 5] = ["USD", "EUR", "GBP", "JPY", "CHF"];

/// What a script says about all of its instruments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tendency {
    /// How many of a hundred have a book.
    pub(super) crossed_percent: u64,
    /// How many of a hundred are not in USD.
    pub(super) foreign_percent: u64,
    /// Latency distributions that are defined.
    pub(super) latencies: u32,
}

/// `count` instruments, each with another symbol.
pub(super) fn instruments(draw: &mut Draw, tendency: Tendency, count: usize) -> Vec<Traded> {
    let first = draw.below(GRIDS.len() as u64) as usize;
    (0..count)
        .map(|index| instrument(draw, tendency, (first + index * 2) % GRIDS.len(), index))
        .collect()
}

fn instrument(draw: &mut Draw, tendency: Tendency, grid: usize, index: usize) -> Traded {
    let (symbol, tick, lot, contract, base) = GRIDS[grid];
    let width = draw.between(5, 15);
    let is_crossed = draw.percent(tendency.crossed_percent);
    let has_collar = draw.percent(35);
    let has_breaker = is_crossed && draw.percent(40);
    let mut band = |is_there: bool, widest: i64| {
        if !is_there {
            return Ratio::ZERO;
        }
        let ticks = draw.between(1, widest);
        Ratio((1_000_000_000 * ticks / base.abs().max(8)).clamp(1, 999_999_999))
    };
    let (collar, breaker) = (band(has_collar, 6), band(has_breaker, 7));
    let currency = if draw.percent(tendency.foreign_percent) {
        CURRENCIES[1 + index % (CURRENCIES.len() - 1)]
    } else {
        CURRENCIES[0]
    };
    let kinds = [
        InstrumentKind::Equity,
        InstrumentKind::FxPair,
        InstrumentKind::CryptoSpot,
        InstrumentKind::Future,
    ];
    Traded {
        instrument: Instrument {
            symbol: label(symbol),
            kind: draw.pick(&kinds),
            currency: label(currency),
            tick_size: Price(tick),
            lot_size: Qty(lot),
            contract_size: Qty(contract),
            order_qty_max: Qty(lot * draw.pick(&[12, 25, 60])),
            fees: fees(draw),
            margin: margin(draw),
            shortable: draw.percent(85),
            collar,
            breaker,
            liquidity: if is_crossed {
                Liquidity::Crossed
            } else {
                Liquidity::Paper(paper(draw, tendency.latencies))
            },
        },
        base,
        width,
    }
}

fn fees(draw: &mut Draw) -> FeeSchedule {
    let schedule = |taker, maker, per_unit, minimum| FeeSchedule {
        taker: Ratio(taker),
        maker: Ratio(maker),
        per_unit: Money(per_unit),
        minimum: Money(minimum),
    };
    draw.pick(&[
        schedule(0, 0, 0, 0),
        schedule(400_000, -100_000, 0, 0),
        schedule(1_000, 0, 1_250_000, 4_000_000),
        schedule(333_333, -333_333, 1, 10_000),
        schedule(0, 0, 30, 0),
        schedule(7_777_777, 1_111_111, 0, 3_333_333),
    ])
}

fn margin(draw: &mut Draw) -> Margin {
    let margin = |initial: (i64, i64), maintenance: (i64, i64)| {
        let requirement = |(rate, per_unit)| Requirement {
            rate: Ratio(rate),
            per_unit: Money(per_unit),
        };
        Margin {
            initial: requirement(initial),
            maintenance: requirement(maintenance),
        }
    };
    draw.pick(&[
        margin((0, 0), (0, 0)),
        margin((100_000_000, 0), (50_000_000, 0)),
        margin((333_333_333, 7), (333_333_333, 7)),
        margin((0, 200_000_000), (0, 100_000_000)),
        margin((1_000_000_000, 0), (900_000_000, 0)),
        margin((10_000_000, 1_000_001), (3_333_333, 333_333)),
    ])
}

fn paper(draw: &mut Draw, latencies: u32) -> PaperModel {
    let fill = draw.weighted(&[
        (3, FillRule::Touch),
        (3, FillRule::Through),
        (2, FillRule::Queue(CancelModel::Conservative)),
        (2, FillRule::Queue(CancelModel::Power(1))),
        (1, FillRule::Queue(CancelModel::Power(2))),
        (2, FillRule::Queue(CancelModel::Power(3))),
    ]);
    let slippage = draw.weighted(&[
        (5, Slippage::None),
        (2, Slippage::Ticks(1)),
        (1, Slippage::Ticks(3)),
        (2, Slippage::Rate(Ratio(12_345_678))),
        (2, Slippage::Impact { ticks: 2 }),
    ]);
    let constant = |order_ns, ack_ns| Latency::Constant(LatencySample { order_ns, ack_ns });
    let mut latency = draw.weighted(&[
        (6, Latency::None),
        (1, constant(0, 5)),
        (1, constant(100_000_000, 0)),
        (1, constant(1_500_000_000, 70_000_000)),
        (3, Latency::Recorded(LatencyId(0))),
    ]);
    if let Latency::Recorded(known) = &mut latency {
        // Past the last one now and then: such an instrument is refused.
        known.0 = draw.below(u64::from(latencies) * 8 + 1) as u32 / 8;
    }
    PaperModel {
        fill,
        sizes: draw.weighted(&[(1, Sizes::Unlimited), (1, Sizes::Displayed)]),
        slippage,
        latency,
        bars: draw.weighted(&[(1, BarPath::Ignored), (1, BarPath::Walked)]),
    }
}
