//! The loop: opens, events, closes, callbacks, orders.

#![expect(
    clippy::inline_always,
    reason = "a call of its own costs as much as what most of these do for an event"
)]

/// What a strategy is shown; a macro, because the rest of the driver stays borrowable beside it.
macro_rules! context {
    ($driver:ident, $now:expr) => {
        Context {
            shard: &$driver.shard,
            instruments: &$driver.instruments,
            account: $driver.account,
            now: $now,
            unheard: &$driver.unheard_qty,
            desk: &mut $driver.desk,
        }
    };
}

mod entry;
mod events;
mod head;
mod hear;
mod made;
mod opens;
mod replay;
mod send;

use engine::{EventBuf, Shard};
use types::{
    AccountId, AccountState, Bar, BarPath, Codec, Command, Event, EventKind, Fill, Grid, Input,
    InputKind, InputRejection, Instrument, InstrumentId, Label, Liquidity, MarkKind, MarketData,
    MarketEvent, Money, OpenAccount, OrderId, PlanId, Price, Qty, Quote, Seq, ShardId, SignedQty,
    TimestampNs,
};

use self::entry::Rest;
use self::head::{Head, begins, next_time};
use super::frames::Frames;
use super::lengths::Lengths;
use super::source::blank;
use super::{Fills, Observer, RunError, Sampling, Settings, Source};
use crate::outcome::{Counts, Curve, Executed, Ledger, Outcome, Sample, Start};
use crate::strategy::{Closed, Context, Desk, Frame, Request, Strategy, Ticket};

const ACCOUNT: AccountId = AccountId(0);

/// How often, at one moment, the fills of what a strategy asked for may make it ask for more; what it asks for then
/// waits for the next event.
const ROUNDS_MAX: u32 = 64;

/// A fill that the account has not heard of.
#[derive(Debug, Clone, Copy)]
struct Unheard {
    known: TimestampNs,
    fill: Fill,
}

/// What the driver knows of an instrument.
#[derive(Debug)]
struct Place {
    /// The engine walks its bars.
    walks: bool,
    /// It has quotes of its own, so that its bars are summaries and stand for none.
    quoted: bool,
    lot: Qty,
    lots: Grid,
    /// Start and end of its newest bar.
    newest: (TimestampNs, TimestampNs),
    /// The length of its longest bar.
    longest: u64,
    /// The volume of its newest bar.
    volume: Qty,
    /// The newest print, if the engine was not told of it.
    untold: Option<Price>,
}

pub(super) struct Driver<'a> {
    settings: &'a Settings,
    observer: &'a mut dyn Observer,
    sees_all: bool,
    precedes: bool,
    /// Something is made of events that are no bars, or waits for the next one: bars, rates, orders.
    is_followed: bool,
    shard: Shard,
    account: AccountId,
    instruments: Vec<Instrument>,
    /// Of the account.
    currency: Label,
    initial: Money,
    /// The event of the data that is read.
    market: Input,
    /// The quote that stands for a price of a bar, as an input.
    shown: Input,
    events: EventBuf,
    desk: Desk,
    ledger: Ledger,
    /// In order of when they are known.
    unheard: Vec<Unheard>,
    unheard_qty: Vec<(InstrumentId, SignedQty)>,
    /// To be told of now.
    heard: Vec<Fill>,
    /// The bars that end now.
    closed: Vec<Closed>,
    /// What is being sent, and what is being cancelled; kept for their memory.
    sent: Vec<Request>,
    cancelled: Vec<OrderId>,
    /// The ticket of what is being sent.
    sending: Ticket,
    /// The engine's numbers of algos.
    algos: Vec<(Ticket, OrderId)>,
    /// By instrument.
    places: Vec<Place>,
    /// Positions are valued at the newest print.
    marks_last: bool,
    /// By instrument: units of the account's currency for one of its own.
    rates: Vec<Price>,
    frames: Frames,
    /// What is asked for of this instrument, until this moment, in answer to a fill is sent at once: it is at its open, or
    /// at the close that orders wait for. Those of others may be still to come.
    open: Option<(InstrumentId, TimestampNs)>,
    /// A bar is at its open.
    is_opening: bool,
    lengths: Lengths,
    next_sample: u64,
    /// The time of the first event of the data.
    first: TimestampNs,
    curve: Curve,
    fills: Vec<Executed>,
    verdicts: Vec<Event>,
    verdicts_lost: u64,
    refusals: Vec<Event>,
    counts: Counts,
    fees: Money,
    last: TimestampNs,
    /// The account has ended, and the run with it.
    has_ended: bool,
    /// The account has ended, and the run goes on with its competition.
    is_retired: bool,
    /// A bar that can be none of the run's, which ends it.
    refused: Option<RunError>,
    /// The newest close of the benchmark.
    compared: Price,
}

impl<'a> Driver<'a> {
    pub(super) fn new(settings: &'a Settings, observer: &'a mut dyn Observer) -> Self {
        let (sees_all, precedes) = (observer.sees_all(), observer.precedes());
        let waits = matches!(settings.fills, Fills::NextOpen | Fills::NextClose);
        let is_followed = waits || settings.bars.is_some() || !settings.converters.is_empty();
        let places = settings.instruments.iter().map(|it| Place {
            walks: matches!(it.liquidity, Liquidity::Paper(model) if model.bars == BarPath::Walked),
            quoted: false,
            lot: it.lot_size,
            lots: Grid::new(it.lot_size.0),
            newest: (TimestampNs(0), TimestampNs(0)),
            longest: 0,
            volume: Qty::ZERO,
            untold: None,
        });
        let currency = settings.plan.currency;
        let rate = |of: Label| {
            if of == currency {
                return Price::ONE;
            }
            let mut rates = settings.definitions.iter().rev();
            rates
                .find_map(|command| match command {
                    Command::SetConversion { from, to, rate } => {
                        (*from == of && *to == currency).then_some(*rate)
                    }
                    _ => None,
                })
                .unwrap_or(Price::ZERO)
        };
        let instruments = &settings.instruments;
        Self {
            settings,
            observer,
            sees_all,
            precedes,
            is_followed,
            shard: Shard::new(ShardId(0), settings.limits),
            account: ACCOUNT,
            instruments: instruments.clone(),
            currency,
            initial: settings.plan.initial_balance,
            market: blank_input(),
            shown: blank_input(),
            events: EventBuf::default(),
            desk: Desk::new(settings.size),
            ledger: Ledger::new(settings.trips_max),
            unheard: Vec::new(),
            unheard_qty: Vec::new(),
            heard: Vec::new(),
            closed: Vec::new(),
            sent: Vec::new(),
            cancelled: Vec::new(),
            sending: Ticket(0),
            algos: Vec::new(),
            places: places.collect(),
            marks_last: settings.plan.terms.mark == MarkKind::Last,
            frames: Frames::new(settings.bars.as_ref(), &settings.frames),
            rates: instruments.iter().map(|it| rate(it.currency)).collect(),
            open: None,
            is_opening: false,
            lengths: Lengths::default(),
            next_sample: 0,
            first: TimestampNs(0),
            curve: curve(settings),
            fills: Vec::new(),
            verdicts: Vec::new(),
            verdicts_lost: 0,
            refusals: Vec::new(),
            counts: Counts::default(),
            fees: Money::ZERO,
            last: TimestampNs(0),
            has_ended: false,
            is_retired: false,
            refused: None,
            compared: Price::ZERO,
        }
    }

    pub(super) fn run<S: Source>(
        mut self,
        mut sources: Vec<S>,
        strategy: &mut dyn Strategy,
    ) -> Result<Outcome, RunError> {
        if sources.len() == 1
            && self.settings.instruments.len() == 1
            && let Some(source) = sources.pop()
        {
            return self.run_single(source, strategy);
        }
        let mut heads = Vec::new();
        for source in sources {
            heads.push(Head::open(source)?);
        }
        let begins = heads.iter().flat_map(|head| &head.batch).map(begins);
        let first = begins.min().ok_or(RunError::Empty)?;
        self.set_up(first)?;
        strategy.start(&mut self.context(first));
        self.answer(strategy);
        let mut rest = Rest;
        while let Some(ts) = next_time(&heads) {
            if self.has_ended || self.competition_is_over() {
                break;
            }
            let strategy = self.asked(strategy, &mut rest);
            self.advance(&mut heads, ts, strategy)?;
            for head in &mut heads {
                if head.ts == ts && !head.batch.is_empty() {
                    for timed in head.batch.drain(..) {
                        self.market.kind = InputKind::Market(timed.event);
                        self.take(ts, strategy);
                    }
                    head.refill()?;
                }
            }
            if self.frames.is_due(ts) {
                self.expect_bars(&mut heads, ts)?;
            }
            self.close_moment(ts, strategy);
        }
        self.end(first, strategy)
    }

    /// The same for one source of one instrument, event by event and without a copy.
    fn run_single<S: Source>(
        mut self,
        mut source: S,
        strategy: &mut dyn Strategy,
    ) -> Result<Outcome, RunError> {
        let mut next = self.read(&mut source)?;
        let begins = match (next, self.bar()) {
            (Some(ts), Some(bar)) => bar.start.min(ts),
            (Some(ts), None) => ts,
            (None, _) => return Err(RunError::Empty),
        };
        self.set_up(begins)?;
        strategy.start(&mut self.context(begins));
        self.answer(strategy);
        let mut rest = Rest;
        while let Some(ts) = next {
            if self.has_ended || self.competition_is_over() {
                break;
            }
            let strategy = self.asked(strategy, &mut rest);
            self.advance::<S>(&mut [], ts, strategy)?;
            loop {
                self.take(ts, strategy);
                next = self.read(&mut source)?;
                if self.has_ended || next.is_none_or(|next| next > ts) {
                    break;
                }
            }
            self.close_moment(ts, strategy);
        }
        self.end(begins, strategy)
    }

    /// The next event of a source, as the input that it becomes.
    #[inline(always)]
    fn read<S: Source>(&mut self, source: &mut S) -> Result<Option<TimestampNs>, RunError> {
        loop {
            if let InputKind::Market(event) = &mut self.market.kind {
                return Ok(source.next_into(event)?);
            }
            self.market.kind = InputKind::Market(blank());
        }
    }

    /// The bar that comes next, if it is one.
    const fn bar(&self) -> Option<Bar> {
        match &self.market.kind {
            InputKind::Market(MarketEvent {
                data: MarketData::Bar(bar),
                ..
            }) => Some(*bar),
            _ => None,
        }
    }

    /// Everything of a time is applied.
    #[inline(always)]
    fn close_moment(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        if !self.closed.is_empty() {
            if self.frames.is_due(ts) {
                self.frames.close(&mut self.closed);
            }
            // Bars of the data come first.
            let has_data = self
                .closed
                .first()
                .is_some_and(|it| it.frame == Frame::DATA);
            self.close_bars(strategy);
            if has_data {
                match self.settings.sampling {
                    Sampling::Bars => self.sample(ts),
                    Sampling::BarsEvery(every) if ts.0 >= self.next_sample => {
                        self.sample(ts);
                        self.next_sample = next_multiple(ts.0.saturating_add(1), every);
                    }
                    _ => {}
                }
            }
        }
    }

    fn end(mut self, first: TimestampNs, strategy: &mut dyn Strategy) -> Result<Outcome, RunError> {
        let last = self.last;
        strategy.end(&mut self.context(last));
        self.answer(strategy);
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        self.check_started(first, last)?;
        Ok(self.finish(first))
    }

    /// Makes everything known to the engine, by the time of the first event of the data.
    fn set_up(&mut self, first: TimestampNs) -> Result<(), RunError> {
        let settings = self.settings;
        self.first = first;
        let ts = self.opens_at(first)?;
        let instruments = settings.instruments.iter();
        let instruments =
            instruments.map(|it| ("an instrument", Command::RegisterInstrument(Box::new(*it))));
        // Conversions name currencies that instruments and plans bring.
        let (late, early): (Vec<_>, Vec<_>) = settings
            .definitions
            .iter()
            .partition(|command| matches!(command, Command::SetConversion { .. }));
        let named = |command: &Command| ("a definition", command.clone());
        let spec = settings.plan.to_bytes().into();
        let open = Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: settings.plan.name,
        });
        let commands = early
            .into_iter()
            .map(named)
            .chain(instruments)
            .chain([("the plan", Command::DefinePlan { spec })])
            .chain(late.into_iter().map(named))
            .chain(entry::definition(settings))
            .chain([("the account", open)])
            .chain(entry::entry(settings));
        for (what, command) in commands {
            self.apply(ts, InputKind::Command(command));
            for event in self.events.as_slice() {
                match event.kind {
                    EventKind::InputRejected {
                        reason: InputRejection::CannotEnter(refusal),
                    } => return Err(RunError::Entry(refusal)),
                    EventKind::CompetitionDenied { reason, .. } => {
                        return Err(RunError::Contest(reason));
                    }
                    EventKind::InputRejected { reason } => {
                        return Err(RunError::Definition { what, reason });
                    }
                    EventKind::AccountDenied { reason, .. } => {
                        return Err(RunError::Account(reason));
                    }
                    _ => {}
                }
            }
        }
        if let Sampling::Every(every) = settings.sampling {
            self.next_sample = next_multiple(first.0, every);
        }
        Ok(())
    }

    fn context(&mut self, now: TimestampNs) -> Context<'_> {
        context!(self, now)
    }

    /// Applies an input, after what a calendar brings before it.
    fn apply(&mut self, ts: TimestampNs, kind: InputKind) {
        if self.precedes {
            self.apply_before(ts);
        }
        self.apply_one(ts, kind);
    }

    #[inline(never)]
    fn apply_before(&mut self, ts: TimestampNs) {
        while let Some((at, kind)) = self.observer.before(ts, &self.shard) {
            self.apply_one(at, kind);
        }
    }

    fn apply_one(&mut self, ts: TimestampNs, kind: InputKind) {
        let input = Input {
            seq: self.shard.seq().next(),
            ts: ts.max(self.shard.ts()),
            kind,
        };
        self.events.clear();
        self.shard.apply(&input, &mut self.events);
        self.applied(&input);
    }

    /// Applies the event of the data that was read.
    #[inline]
    fn apply_market(&mut self, ts: TimestampNs) {
        if self.precedes {
            self.apply_before(ts);
        }
        self.market.seq = self.shard.seq().next();
        self.market.ts = ts.max(self.shard.ts());
        self.events.clear();
        self.shard.apply(&self.market, &mut self.events);
        self.counts.inputs += 1;
        if self.events.is_empty() && !self.sees_all {
            return;
        }
        self.counts.events += self.events.len() as u64;
        self.observer
            .applied(&self.market, self.events.as_slice(), &self.shard);
        self.hear();
    }

    /// Applies a quote that stands for a price of a bar, written over the one before.
    #[inline(always)]
    fn apply_quote(&mut self, ts: TimestampNs, instrument: InstrumentId, quote: Quote) {
        if self.precedes {
            self.apply_before(ts);
        }
        if let InputKind::Market(event) = &mut self.shown.kind {
            event.instrument = instrument;
            event.ts_event = ts;
            if let MarketData::Quote(known) = &mut event.data {
                *known = quote;
            } else {
                event.data = MarketData::Quote(quote);
            }
        }
        self.shown.seq = self.shard.seq().next();
        self.shown.ts = ts.max(self.shard.ts());
        self.events.clear();
        self.shard.apply(&self.shown, &mut self.events);
        self.counts.inputs += 1;
        if self.events.is_empty() && !self.sees_all {
            return;
        }
        self.counts.events += self.events.len() as u64;
        self.observer
            .applied(&self.shown, self.events.as_slice(), &self.shard);
        self.hear();
    }

    fn applied(&mut self, input: &Input) {
        self.counts.inputs += 1;
        if self.events.is_empty() && !self.sees_all {
            return;
        }
        self.counts.events += self.events.len() as u64;
        self.observer
            .applied(input, self.events.as_slice(), &self.shard);
        self.hear();
    }

    /// When a fill is heard of or a timer is due next.
    #[inline]
    fn next_wake(&self) -> Option<TimestampNs> {
        let heard = self.unheard.first().map(|unheard| unheard.known);
        let alarm = self.desk.alarms.peek().map(|alarm| alarm.0.at);
        heard.into_iter().chain(alarm).min()
    }

    /// The fill that is heard of at `at`, or else the timer that is due then.
    fn wake(&mut self, at: TimestampNs, strategy: &mut dyn Strategy) {
        if self.unheard.first().is_some_and(|it| it.known == at) {
            self.unheard_qty.remove(0);
            let fill = self.unheard.remove(0).fill;
            strategy.on_fill(&mut self.context(at), &fill);
        } else if let Some((at, timer)) = self.desk.due(at) {
            strategy.on_timer(&mut self.context(at), timer);
        }
        self.last = self.last.max(at);
        self.answer(strategy);
    }

    /// The strategy sees the bars that end now.
    #[inline(always)]
    fn close_bars(&mut self, strategy: &mut dyn Strategy) {
        let mut context = context!(self, self.last);
        for closed in &self.closed {
            strategy.on_bar(&mut context, closed);
        }
        strategy.after_bars(&mut context);
        self.closed.clear();
        self.answer(strategy);
    }

    /// Sends what a callback asked for, as far as it goes at once, and tells of the fills.
    #[inline]
    fn answer(&mut self, strategy: &mut dyn Strategy) {
        if self.desk.queue.is_empty() && self.desk.changes.is_empty() && self.heard.is_empty() {
            return;
        }
        self.send_now();
        self.tell_fills(strategy);
    }

    fn tell_fills(&mut self, strategy: &mut dyn Strategy) {
        let mut rounds = 0;
        while !self.heard.is_empty() {
            let mut heard = std::mem::take(&mut self.heard);
            for fill in heard.drain(..) {
                let now = self.last;
                strategy.on_fill(&mut self.context(now), &fill);
            }
            // Nothing is heard during a callback.
            self.heard = heard;
            rounds += 1;
            if rounds < ROUNDS_MAX {
                self.send_now();
            }
        }
    }

    #[inline]
    fn note_equity(&mut self, ts: TimestampNs) {
        if let Sampling::Every(every) = self.settings.sampling
            && ts.0 > self.next_sample
        {
            self.note_passed(ts, every);
        }
    }

    #[inline(never)]
    fn note_passed(&mut self, ts: TimestampNs, every: u64) {
        self.sample(TimestampNs(self.next_sample));
        self.next_sample = next_multiple(ts.0, every);
    }

    #[inline]
    fn sample(&mut self, ts: TimestampNs) {
        let equity = self.shard.equity_floor(self.account);
        let sample = Sample {
            ts,
            equity: equity.unwrap_or(Money::ZERO),
            exposed: self.ledger.is_exposed(),
        };
        let benchmark = self.settings.benchmark;
        let price = benchmark.map(|instrument| self.price_of(instrument));
        let start = Start {
            first: self.first,
            initial: self.initial,
            bar_ns: self.lengths.bar_ns(),
        };
        self.curve.note(sample, price, &start);
    }

    /// The newest close, or the middle of the quote; 0 while there is none.
    fn price_of(&self, instrument: InstrumentId) -> Price {
        if self.compared != Price::ZERO {
            return self.compared;
        }
        self.shard.quote(instrument).map_or(Price::ZERO, |quote| {
            let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
            Price((sum / 2) as i64)
        })
    }

    fn finish(mut self, first: TimestampNs) -> Outcome {
        let last = self.last;
        let is_noted = self.curve.last() == Some(last);
        match self.settings.sampling {
            Sampling::Every(_) => self.sample(last),
            Sampling::BarsEvery(_) if !is_noted => self.sample(last),
            _ => {}
        }
        self.observer.finished(&self.shard);
        self.counts.unsent = self.desk.queue.len() as u64;
        self.counts.capped = self.frames.capped;
        let (trips, open, cut) = self.ledger.finish();
        let noted = self.curve.finish();
        let row = self.shard.account_row(self.account);
        Outcome {
            account: self.account,
            initial: self.initial,
            balance: row.as_ref().map_or(Money::ZERO, |row| row.balance),
            equity: row.as_ref().map_or(Money::ZERO, |row| row.equity),
            fees: self.fees,
            state: row.map_or(AccountState::Closed, |row| row.state),
            first,
            last,
            bar_ns: self.lengths.bar_ns(),
            samples: noted.samples,
            thinned: noted.thinned,
            benchmark: noted.benchmark,
            fills: self.fills,
            trips,
            cut,
            open,
            verdicts: self.verdicts,
            verdicts_lost: self.verdicts_lost,
            refusals: self.refusals,
            notes: self.desk.notes,
            notes_lost: self.desk.notes_lost,
            counts: self.counts,
            state_hash: self.shard.state_hash(),
        }
    }
}

/// Where samples go.
fn curve(settings: &Settings) -> Curve {
    let (is_of_bars, every_ns) = match settings.sampling {
        Sampling::Bars | Sampling::Never => (true, 0),
        Sampling::BarsEvery(every) => (true, every),
        Sampling::Every(every) => (false, every),
    };
    Curve::new(settings.samples_max, is_of_bars, every_ns)
}

/// An input that is to be written over.
const fn blank_input() -> Input {
    Input {
        seq: Seq(0),
        ts: TimestampNs(0),
        kind: InputKind::Market(blank()),
    }
}

/// The first multiple of `every` at or after `ts`.
const fn next_multiple(ts: u64, every: u64) -> u64 {
    if every == 0 {
        return u64::MAX;
    }
    match ts.div_ceil(every).checked_mul(every) {
        Some(next) => next,
        None => u64::MAX,
    }
}
