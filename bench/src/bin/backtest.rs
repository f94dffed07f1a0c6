//! `backtest`: what a bar and an event cost from the data to the outcome, through the engine with account, fees and
//! rules. Exit codes: 0 ok, 1 a result was not the known one, 2 bad usage.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use backtest::outcome::Outcome;
use backtest::run::{
    Ahead, Bars, Fills, Mapped, Sampling, Settings, Source, SourceError, Timed, Unobserved,
    plain_plan, run,
};
use backtest::strategies;
use backtest::strategy::{Context, Strategy, Ticket, TimerId, Values};
use clap::Parser;
use marketdata::generator::{MinuteBars, SplitMix64};
use marketdata::history::{self, BarLength, Options};
use types::{
    Aggressor, Bar, BarPath, CancelModel, DepthUpdate, FeeSchedule, FillRule, Instrument,
    InstrumentId, InstrumentKind, Label, Latency, LatencySample, Level, Liquidity, Margin,
    MarketData, MarketEvent, Money, OrderKind, PaperModel, Price, Qty, Ratio, Side, SignedQty,
    TimestampNs, Trade,
};

/// Measures backtests: bars from memory, bars from a file, a book with and without orders.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin backtest
  cargo run --release -p bench --bin backtest -- --only bars --rounds 10
  taskset -c 1 cargo run --release -p bench --bin backtest -- --bars 100000 --events 500000")]
struct Arguments {
    /// Synthetic minute bars (`marketdata::generator`, seed 42).
    #[arg(long, default_value_t = 1_000_000)]
    bars: usize,
    /// Events of a synthetic book (seed 7).
    #[arg(long, default_value_t = 5_000_000)]
    events: usize,
    /// Rounds; all are shown by their fastest and median.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only workloads whose names begin so.
    #[arg(long, default_value = "")]
    only: String,
}

type Failure = Box<dyn std::error::Error>;

fn instrument(tick: Price, lot: Qty, fee: Ratio, model: PaperModel) -> Result<Instrument, Failure> {
    Ok(Instrument {
        symbol: Label::new("SYN")?,
        kind: InstrumentKind::CryptoSpot,
        currency: Label::new("USD")?,
        tick_size: tick,
        lot_size: lot,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000_000),
        fees: FeeSchedule {
            taker: fee,
            maker: fee,
            ..FeeSchedule::default()
        },
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(model),
    })
}

/// A hundredth of a unit, one unit, 0.1% a side: the terms of the comparison.
fn bar_settings(bars: BarPath) -> Result<Settings, Failure> {
    let model = PaperModel {
        bars,
        ..PaperModel::default()
    };
    let fee = Ratio(1_000_000);
    let instrument = instrument(Price(Price::ONE.0 / 100), Qty::ONE, fee, model)?;
    let plan = plain_plan("USD", Money::whole(100_000_000))?;
    Ok(Settings {
        keep_fills: false,
        ..Settings::new(vec![instrument], plan)
    })
}

fn sma_cross() -> Result<Box<dyn Strategy>, Failure> {
    let declared = strategies::find("sma_cross").ok_or("sma_cross is not there")?;
    Ok((declared.build)(&Values::defaults(declared.parameters))?)
}

fn over_bars(settings: &Settings, bars: &[(TimestampNs, Bar)]) -> Result<Outcome, Failure> {
    let mut strategy = sma_cross()?;
    let source = Bars::new(InstrumentId(0), bars);
    Ok(run(
        settings,
        vec![source],
        &mut *strategy,
        &mut Unobserved,
    )?)
}

/// A strategy that looks and does nothing.
struct Idle;

impl Strategy for Idle {
    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        black_box((context.time(), event));
    }
}

/// Synthetic book events. Levels: 20 a side of 1 to 5,000 lots; of 100 events 40 change a bid, 40 an ask, 18 are prints
/// at the touch, and 2 move the market a tick, in two events: a level goes, a level comes.
struct BookEvents {
    random: SplitMix64,
    left: usize,
    ts: u64,
    bid: i64,
    /// The second half of a move: side, ticks, lots.
    second: Option<(Side, i64, i64)>,
    begun: bool,
}

const BOOK_BEGIN: u64 = 1_600_000_000_000_000_000;
const BOOK_LEVELS: i64 = 20;
const BOOK_TICK: i64 = Price::ONE.0 / 10;
const BOOK_LOT: i64 = Qty::ONE.0 / 1_000;

impl BookEvents {
    const fn new(events: usize) -> Self {
        Self {
            random: SplitMix64::new(7),
            left: events,
            ts: BOOK_BEGIN,
            bid: 500_000,
            second: None,
            begun: false,
        }
    }

    fn draw(&mut self, below: u64) -> i64 {
        (self.random.next_u64() % below) as i64
    }

    fn level(event: &mut MarketEvent, side: Side, ticks: i64, lots: i64) {
        let level = Level {
            price: Price(ticks * BOOK_TICK),
            qty: Qty(lots * BOOK_LOT),
        };
        let mut update = DepthUpdate::default();
        match side {
            Side::Buy => update.bids.push(level),
            Side::Sell => update.asks.push(level),
        }
        event.data = MarketData::DepthDelta(Box::new(update));
    }

    fn whole(&mut self) -> MarketData {
        let mut levels = |from: i64, step: i64| {
            (0..BOOK_LEVELS)
                .map(|place| Level {
                    price: Price((from + step * place) * BOOK_TICK),
                    qty: Qty((1 + self.draw(5_000)) * BOOK_LOT),
                })
                .collect()
        };
        let (bids, asks) = (levels(500_000, -1), levels(500_001, 1));
        MarketData::DepthSnapshot(Box::new(DepthUpdate { bids, asks }))
    }
}

impl Source for BookEvents {
    #[inline]
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        event.instrument = InstrumentId(0);
        event.ts_event = TimestampNs(self.ts);
        if !self.begun {
            self.begun = true;
            event.data = self.whole();
            return Ok(Some(TimestampNs(self.ts)));
        }
        if let Some((side, ticks, lots)) = self.second.take() {
            Self::level(event, side, ticks, lots);
            return Ok(Some(TimestampNs(self.ts)));
        }
        self.ts += 1_000 + self.draw(400_000) as u64;
        event.ts_event = TimestampNs(self.ts);
        let kind = self.draw(100);
        if kind < 80 {
            let away = self.draw(BOOK_LEVELS as u64);
            let lots = 1 + self.draw(5_000);
            let (side, ticks) = if kind < 40 {
                (Side::Buy, self.bid - away)
            } else {
                (Side::Sell, self.bid + 1 + away)
            };
            Self::level(event, side, ticks, lots);
        } else if kind < 98 {
            let is_buyer = self.draw(2) == 0;
            let lots = 1 + self.draw(200);
            let (ticks, aggressor) = if is_buyer {
                (self.bid + 1, Aggressor::Buyer)
            } else {
                (self.bid, Aggressor::Seller)
            };
            event.data = MarketData::Trade(Trade {
                price: Price(ticks * BOOK_TICK),
                qty: Qty(lots * BOOK_LOT),
                aggressor,
            });
        } else {
            let lots = 1 + self.draw(5_000);
            if self.draw(2) == 0 {
                // The best ask goes, and a bid comes in its place.
                Self::level(event, Side::Sell, self.bid + 1, 0);
                self.bid += 1;
                self.second = Some((Side::Buy, self.bid, lots));
            } else {
                Self::level(event, Side::Buy, self.bid, 0);
                self.second = Some((Side::Sell, self.bid, lots));
                self.bid -= 1;
            }
        }
        Ok(Some(TimestampNs(self.ts)))
    }
}

/// Book events in memory, a few bytes each, as other tools have theirs.
struct Recorded {
    begin: DepthUpdate,
    rest: Vec<Change>,
}

#[derive(Clone, Copy)]
struct Change {
    ts: u64,
    ticks: i32,
    lots: i32,
    kind: ChangeKind,
}

#[derive(Clone, Copy)]
enum ChangeKind {
    Level(Side),
    Print(Aggressor),
}

impl Recorded {
    fn new(mut events: BookEvents) -> Result<Self, Failure> {
        let mut recorded = Self {
            begin: DepthUpdate::default(),
            rest: Vec::with_capacity(events.left),
        };
        while let Some(Timed { ts, event }) = events.next_event()? {
            let change = |price: Price, qty: Qty, kind| -> Result<Change, Failure> {
                Ok(Change {
                    ts: ts.0,
                    ticks: i32::try_from(price.0 / BOOK_TICK)?,
                    lots: i32::try_from(qty.0 / BOOK_LOT)?,
                    kind,
                })
            };
            match event.data {
                MarketData::DepthSnapshot(begin) => recorded.begin = *begin,
                MarketData::DepthDelta(update) => {
                    for (side, levels) in [(Side::Buy, &update.bids), (Side::Sell, &update.asks)] {
                        for level in levels {
                            let kind = ChangeKind::Level(side);
                            recorded.rest.push(change(level.price, level.qty, kind)?);
                        }
                    }
                }
                MarketData::Trade(print) => {
                    let kind = ChangeKind::Print(print.aggressor);
                    recorded.rest.push(change(print.price, print.qty, kind)?);
                }
                _ => {}
            }
        }
        Ok(recorded)
    }

    fn source(&self) -> FromMemory<'_> {
        FromMemory {
            begin: Some(&self.begin),
            rest: self.rest.iter(),
            spare: None,
        }
    }
}

/// What was recorded, written into the events of a run.
struct FromMemory<'a> {
    begin: Option<&'a DepthUpdate>,
    rest: std::slice::Iter<'a, Change>,
    /// The levels of the event before, while that is a print.
    spare: Option<Box<DepthUpdate>>,
}

impl Source for FromMemory<'_> {
    #[inline]
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        event.instrument = ONE;
        if let Some(begin) = self.begin.take() {
            event.ts_event = TimestampNs(BOOK_BEGIN);
            event.data = MarketData::DepthSnapshot(Box::new(begin.clone()));
            return Ok(Some(event.ts_event));
        }
        let Some(change) = self.rest.next() else {
            return Ok(None);
        };
        event.ts_event = TimestampNs(change.ts);
        let price = Price(i64::from(change.ticks) * BOOK_TICK);
        let qty = Qty(i64::from(change.lots) * BOOK_LOT);
        match change.kind {
            ChangeKind::Level(side) => {
                if !matches!(event.data, MarketData::DepthDelta(_)) {
                    event.data = MarketData::DepthDelta(self.spare.take().unwrap_or_default());
                }
                if let MarketData::DepthDelta(update) = &mut event.data {
                    let (changed, other) = match side {
                        Side::Buy => (&mut update.bids, &mut update.asks),
                        Side::Sell => (&mut update.asks, &mut update.bids),
                    };
                    other.clear();
                    if let [level] = &mut changed[..] {
                        *level = Level { price, qty };
                    } else {
                        changed.clear();
                        changed.push(Level { price, qty });
                    }
                }
            }
            ChangeKind::Print(aggressor) => {
                let print = MarketData::Trade(Trade {
                    price,
                    qty,
                    aggressor,
                });
                if let MarketData::DepthDelta(update) = std::mem::replace(&mut event.data, print) {
                    self.spare = Some(update);
                }
            }
        }
        Ok(Some(event.ts_event))
    }
}

/// A limit order each side at the touch, renewed every 10 ms.
#[derive(Default)]
struct Quoting {
    /// What works, each time.
    working: Vec<Ticket>,
}

const ONE: InstrumentId = InstrumentId(0);
const RENEWAL_NS: u64 = 10_000_000;

impl Strategy for Quoting {
    fn start(&mut self, context: &mut Context<'_>) {
        let at = TimestampNs(context.time().0 + RENEWAL_NS);
        context.set_timer(at, TimerId(0));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        // One by one: each cancel travels as its order did, where all at once are cancelled at once.
        let mut working = std::mem::take(&mut self.working);
        working.clear();
        working.extend(context.working().iter().map(|order| order.ticket));
        for ticket in &working {
            context.cancel(*ticket);
        }
        self.working = working;
        if let Some(quote) = context.quote(ONE) {
            let qty = Qty(BOOK_LOT);
            for (side, price) in [(Side::Buy, quote.bid), (Side::Sell, quote.ask)] {
                let mut order = context.new_order(ONE, side, OrderKind::Limit { price }, qty);
                order.post_only = true;
                context.order(order);
            }
        }
        let at = TimestampNs(context.time().0 + RENEWAL_NS);
        context.set_timer(at, timer);
    }
}

/// `cancels`: where in the queue what is cancelled stood.
fn book_settings(cancels: CancelModel) -> Result<Settings, Failure> {
    let model = PaperModel {
        fill: FillRule::Queue(cancels),
        latency: Latency::Constant(LatencySample {
            order_ns: 500_000,
            ack_ns: 500_000,
        }),
        ..PaperModel::default()
    };
    let instrument = instrument(Price(BOOK_TICK), Qty(BOOK_LOT), Ratio::ZERO, model)?;
    let plan = plain_plan("USD", Money::whole(1_000_000))?;
    Ok(Settings {
        fills: Fills::Market,
        sampling: Sampling::Every(60_000_000_000),
        keep_fills: false,
        ..Settings::new(vec![instrument], plan)
    })
}

/// Runs a workload some times and says what one event takes.
fn measure<T>(
    arguments: &Arguments,
    name: &str,
    count: usize,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    if !name.starts_with(&arguments.only) {
        return Ok(None);
    }
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..arguments.rounds.max(1) {
        let started = Instant::now();
        last = Some(work()?);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let rate = |time: Duration| count as f64 / time.as_secs_f64() / 1e6;
    let (fastest, median) = (times[0], times[times.len() / 2]);
    println!(
        "{name:<36} {:>9.2} M/s best {:>9.2} M/s median {:>8.1} ns each, {:.3} s",
        rate(fastest),
        rate(median),
        median.as_secs_f64() * 1e9 / count as f64,
        median.as_secs_f64()
    );
    Ok(last)
}

/// Whether a run of the usual length came to the known result.
fn check(outcome: Option<&Outcome>, bars: usize) -> Result<(), Failure> {
    let known = match bars {
        1_000_000 => "99172978.99986",
        100_000 => "99919205.81044",
        _ => return Ok(()),
    };
    match outcome.map(|outcome| outcome.equity.to_string()) {
        Some(equity) if equity != known => Err(format!("equity {equity}, expected {known}").into()),
        _ => Ok(()),
    }
}

fn work(arguments: &Arguments) -> Result<(), Failure> {
    let bars: Vec<_> = MinuteBars::new(42).take(arguments.bars).collect();
    for (name, path) in [
        ("bars from memory, walked", BarPath::Walked),
        ("bars from memory, closes only", BarPath::Ignored),
    ] {
        let settings = bar_settings(path)?;
        let outcome = measure(arguments, name, bars.len(), || over_bars(&settings, &bars))?;
        check(outcome.as_ref(), bars.len())?;
    }
    let name = "bars from a CSV file to figures";
    if name.starts_with(&arguments.only) {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("SYN-1m.csv");
        let mut file = BufWriter::new(File::create(&path)?);
        writeln!(file, "ts_ns,open,high,low,close,volume")?;
        for (_, bar) in &bars {
            let Bar {
                start,
                open,
                high,
                low,
                close,
                volume,
            } = bar;
            writeln!(file, "{},{open},{high},{low},{close},{volume}", start.0)?;
        }
        file.flush()?;
        let settings = bar_settings(BarPath::Walked)?;
        let outcome = measure(arguments, name, bars.len(), || {
            let symbols = vec![Label::new("SYN")?];
            let options = Options {
                symbols: symbols.clone(),
                interval: Some(BarLength::Ns(60_000_000_000)),
                ..Options::default()
            };
            let rows = history::open(&path, None, &options)?;
            let mut strategy = sma_cross()?;
            let source = Mapped::new(rows, symbols);
            let outcome = std::thread::scope(|scope| {
                let sources = vec![Ahead::read(scope, source)];
                run(&settings, sources, &mut *strategy, &mut Unobserved)
            });
            Ok(outcome?)
        })?;
        check(outcome.as_ref(), bars.len())?;
    }
    drop(bars);
    let settings = book_settings(CancelModel::Power(2))?;
    let book = Recorded::new(BookEvents::new(arguments.events))?;
    measure(
        arguments,
        "book, the events alone",
        arguments.events,
        || {
            let mut source = book.source();
            let mut event = MarketEvent {
                instrument: ONE,
                ts_event: TimestampNs(0),
                data: MarketData::Gap,
            };
            while source.next_into(&mut event)?.is_some() {
                black_box(&event);
            }
            Ok(())
        },
    )?;
    measure(arguments, "book, no orders", arguments.events, || {
        let sources = vec![book.source()];
        Ok(run(&settings, sources, &mut Idle, &mut Unobserved)?)
    })?;
    for (name, cancels) in [
        ("book, both sides every 10 ms", CancelModel::Power(2)),
        (
            "book, the same, cancels behind first",
            CancelModel::Conservative,
        ),
    ] {
        let settings = book_settings(cancels)?;
        let quoted = measure(arguments, name, arguments.events, || {
            let sources = vec![book.source()];
            Ok(run(
                &settings,
                sources,
                &mut Quoting::default(),
                &mut Unobserved,
            )?)
        })?;
        let Some(outcome) = quoted else {
            continue;
        };
        let counts = outcome.counts;
        println!(
            "  {} orders, {} fills, {} cancelled, {} refused, {} events refused, position {}",
            counts.orders,
            counts.fills,
            counts.cancelled,
            counts.denied,
            counts.rejected,
            outcome
                .open
                .first()
                .map_or(SignedQty(0), |open| open.position)
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match work(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("backtest: {error}");
            ExitCode::FAILURE
        }
    }
}
