//! The demo market: five recordings side by side on one time axis, in an endless loop.
//!
//! The recordings differ in grain (three minutes of ticks, a year of hours, a year of days), so each
//! is stretched or compressed to one loop of exactly [`LOOP_NS`], keeping its order and its relative
//! spacing:
//!
//! ```text
//! t' = EPOCH + loop * LOOP_NS + floor((t - first) * LOOP_NS / (end - first))
//! ```
//!
//! `end` is the end of the last bar, or one nanosecond after the last tick, so every event is inside
//! its loop. `ts_event` and the start of a bar are demo time; the recording's own time stays in the
//! recording. Events are ordered by demo time, then by instrument, then as recorded.
//!
//! When a loop ends, every price jumps back to where its recording starts.
//!
//! | instrument | recording | quotes |
//! |---|---|---|
//! | BTCUSDT, ETHUSDT, SOLUSDT | ticks of 184 seconds | as recorded |
//! | EURUSD | 6,225 hourly bars of ask prices | ask at the price, bid 0.00010 below, 1,000,000 a side |
//! | AAPL | the last 250 daily bars of trades, each 6 h 30 min | 0.05 either side, 1,000 a side |
//!
//! USDT is taken at par with USD, so that every instrument is quoted in USD. The volume of a bar is
//! rounded down to whole lots; every other number is as recorded. The spreads, quantities and fees
//! are figures for a paper demo, not those of a venue.

use types::{
    FeeSchedule, Instrument, InstrumentId, InstrumentKind, Label, Liquidity, Margin, MarketData,
    MarketEvent, Money, PaperModel, Price, Qty, Quote, Ratio, TimestampNs,
};

use crate::intrabar::{BarPath, Spread};
use crate::recording::{RecordingError, read_bars, read_ticks};

/// Where the first loop starts: 2026-01-05T00:00:00Z, a Monday.
pub const EPOCH: TimestampNs = TimestampNs(1_767_571_200_000_000_000);

/// Length of a loop: 40 days, in nanoseconds.
pub const LOOP_NS: u64 = 40 * 86_400 * 1_000_000_000;

/// The daily bars at the end of the AAPL recording that the demo plays: about one year.
const AAPL_BARS: usize = 250;

const SECOND_NS: u64 = 1_000_000_000;

const BTCUSDT_TICKS: &[u8] = include_bytes!("../../fixtures/market/btcusdt_ticks.csv.gz");
const ETHUSDT_TICKS: &[u8] = include_bytes!("../../fixtures/market/ethusdt_ticks.csv.gz");
const SOLUSDT_TICKS: &[u8] = include_bytes!("../../fixtures/market/solusdt_ticks.csv.gz");
const EURUSD_BARS: &[u8] = include_bytes!("../../fixtures/market/eurusd_1h_bars.csv.gz");
const AAPL_BARS_ALL: &[u8] = include_bytes!("../../fixtures/market/aapl_1d_bars.csv.gz");

const EURUSD_TICK: Price = Price(10_000);
const AAPL_TICK: Price = Price(100_000);

const EURUSD_PATH: BarPath = path(
    3_600 * SECOND_NS,
    EURUSD_TICK,
    Spread {
        below: Price(100_000),
        above: Price::ZERO,
    },
    Qty::whole(1_000_000),
);

/// A regular session of the New York exchanges lasts from 09:30 to 16:00.
const AAPL_PATH: BarPath = path(
    (6 * 3_600 + 1_800) * SECOND_NS,
    AAPL_TICK,
    Spread {
        below: Price(50_000_000),
        above: Price(50_000_000),
    },
    Qty::whole(1_000),
);

const fn path(length_ns: u64, tick_size: Price, spread: Spread, qty: Qty) -> BarPath {
    match BarPath::new(length_ns, tick_size, spread, qty) {
        Ok(path) => path,
        Err(_) => panic!("a setting of the demo's bars is wrong"),
    }
}

/// The demo market, unpacked: one loop of events in order, and each instrument's quotes in it.
#[derive(Debug, Clone)]
pub struct DemoMarket {
    instruments: Vec<Instrument>,
    /// The first loop; later loops are the same but for time.
    events: Vec<MarketEvent>,
    /// For each instrument, the positions in `events` of its quotes, ascending.
    quotes: Vec<Vec<u32>>,
}

impl DemoMarket {
    /// Unpacks the five recordings, which are part of the program.
    ///
    /// # Errors
    /// See [`RecordingError`]; only a program built around damaged recordings has them.
    pub fn load() -> Result<Self, RecordingError> {
        let instruments = instruments();
        let eurusd = read_bars("eurusd_1h_bars.csv.gz", EURUSD_BARS)?;
        let aapl = read_bars("aapl_1d_bars.csv.gz", AAPL_BARS_ALL)?;
        let aapl_year = &aapl[aapl.len().saturating_sub(AAPL_BARS)..];
        let recordings = [
            Recording::ticks(read_ticks("btcusdt_ticks.csv.gz", BTCUSDT_TICKS)?),
            Recording::ticks(read_ticks("ethusdt_ticks.csv.gz", ETHUSDT_TICKS)?),
            Recording::ticks(read_ticks("solusdt_ticks.csv.gz", SOLUSDT_TICKS)?),
            Recording::bars(&eurusd, &EURUSD_PATH),
            Recording::bars(aapl_year, &AAPL_PATH),
        ];

        let mut events = Vec::with_capacity(recordings.iter().map(|r| r.events.len()).sum());
        for (id, (recording, instrument)) in (0..).zip(recordings.into_iter().zip(&instruments)) {
            recording.append_to(&mut events, InstrumentId(id), instrument.lot_size);
        }
        // Stable: ties keep the order of the instruments, then the recording's own.
        events.sort_by_key(|event| event.ts_event);

        let mut quotes = vec![Vec::new(); instruments.len()];
        for (at, event) in (0..).zip(&events) {
            if let MarketData::Quote(_) = event.data {
                quotes[event.instrument.0 as usize].push(at);
            }
        }
        Ok(Self {
            instruments,
            events,
            quotes,
        })
    }

    /// The instruments; [`InstrumentId`] is the index.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// Events in one loop; never zero.
    #[allow(clippy::len_without_is_empty)] // A stream without end is not empty.
    pub fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// The event at position `n` of the endless stream, counted from 0, with its demo time.
    ///
    /// Any position can be asked for at once, so a reader that stopped resumes where it was. Times
    /// never go backwards; from the year 2554 on they stay at the end of the range.
    pub fn event(&self, n: u64) -> (TimestampNs, MarketEvent) {
        let shift = (n / self.len()).saturating_mul(LOOP_NS);
        let mut event = self.events[self.place(n)].clone();
        event.ts_event.0 = event.ts_event.0.saturating_add(shift);
        if let MarketData::Bar(bar) = &mut event.data {
            bar.start.0 = bar.start.0.saturating_add(shift);
        }
        (event.ts_event, event)
    }

    /// A quote of `instrument` from before position `n`: with `back` 0 the last one at a position
    /// below `n`, with 1 the one before that, and so on.
    ///
    /// `None` where the loop that holds `n` has no such quote before `n`: earlier loops are not
    /// looked at, since prices jump between loops.
    pub fn quote_before(&self, n: u64, instrument: InstrumentId, back: u32) -> Option<Quote> {
        let positions = self.quotes.get(instrument.0 as usize)?;
        let place = self.place(n);
        let before = positions.partition_point(|&at| (at as usize) < place);
        let at = *positions.get(before.checked_sub(back as usize + 1)?)?;
        match self.events[at as usize].data {
            MarketData::Quote(quote) => Some(quote),
            _ => None,
        }
    }

    /// Where in the loop position `n` of the stream is.
    fn place(&self, n: u64) -> usize {
        (n % self.len()) as usize
    }
}

/// One recording in its own time.
struct Recording {
    events: Vec<(TimestampNs, MarketData)>,
    /// After the last event.
    end: TimestampNs,
}

impl Recording {
    fn ticks(events: Vec<(TimestampNs, MarketData)>) -> Self {
        let end = events.last().map_or(0, |(ts, _)| ts.0.saturating_add(1));
        Self {
            events,
            end: TimestampNs(end),
        }
    }

    fn bars(bars: &[types::Bar], path: &BarPath) -> Self {
        let end = bars
            .last()
            .map_or(0, |bar| bar.start.0.saturating_add(path.length_ns()));
        Self {
            events: bars.iter().flat_map(|bar| path.events(bar)).collect(),
            end: TimestampNs(end),
        }
    }

    /// Appends the events in demo time, as events of `instrument`.
    fn append_to(self, events: &mut Vec<MarketEvent>, instrument: InstrumentId, lot: Qty) {
        let first = self.events.first().map_or(TimestampNs(0), |(ts, _)| *ts);
        let end = self.end;
        events.extend(self.events.into_iter().map(|(ts, mut data)| {
            if let MarketData::Bar(bar) = &mut data {
                bar.start = demo_time(bar.start, first, end);
                bar.volume.0 -= bar.volume.0 % lot.0;
            }
            MarketEvent {
                instrument,
                ts_event: demo_time(ts, first, end),
                data,
            }
        }));
    }
}

/// A recording's time in the first loop; `first <= ts < end`.
fn demo_time(ts: TimestampNs, first: TimestampNs, end: TimestampNs) -> TimestampNs {
    let into = u128::from(ts.0 - first.0) * u128::from(LOOP_NS) / u128::from(end.0 - first.0);
    // Below LOOP_NS, since `ts` is below `end`.
    TimestampNs(EPOCH.0 + into as u64)
}

/// The instruments in the order of their ids.
fn instruments() -> Vec<Instrument> {
    // Two thousandths of a percent of the notional.
    let crypto_fees = FeeSchedule {
        taker: Ratio(20_000),
        maker: Ratio(20_000),
        ..FeeSchedule::default()
    };
    // Two dollars for 100,000 euros.
    let eurusd_fees = FeeSchedule {
        per_unit: Money(20),
        ..FeeSchedule::default()
    };
    // Half a cent a share, one dollar at least.
    let aapl_fees = FeeSchedule {
        per_unit: Money(5_000),
        minimum: Money::ONE,
        ..FeeSchedule::default()
    };
    let cent = Price(10_000_000);
    let crypto = InstrumentKind::CryptoSpot;
    let define = |symbol, kind, tick_size, lot_size, order_qty_max, fees| Instrument {
        symbol: label(symbol),
        kind,
        currency: label("USD"),
        tick_size,
        lot_size,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(order_qty_max),
        fees,
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    };
    vec![
        define("BTCUSDT", crypto, cent, Qty(1_000), 100, crypto_fees),
        define("ETHUSDT", crypto, cent, Qty(10_000), 2_000, crypto_fees),
        define("SOLUSDT", crypto, cent, Qty(100_000), 20_000, crypto_fees),
        define(
            "EURUSD",
            InstrumentKind::FxPair,
            EURUSD_TICK,
            Qty::whole(1_000),
            10_000_000,
            eurusd_fees,
        ),
        define(
            "AAPL",
            InstrumentKind::Equity,
            AAPL_TICK,
            Qty::ONE,
            20_000,
            aapl_fees,
        ),
    ]
}

fn label(text: &str) -> Label {
    let Ok(label) = Label::new(text) else {
        panic!("{text:?} is no label");
    };
    label
}
