//! The loop: opens, events, closes, callbacks, orders.

mod replay;
mod send;

use engine::{EventBuf, Shard};
use types::{
    AccountId, AccountState, Bar, BarPath, Codec, Command, Event, EventKind, Fill, Input,
    InputKind, Instrument, InstrumentId, Label, Liquidity, MarkKind, MarketData, MarketEvent,
    Money, OpenAccount, OrderId, PlanId, Price, Qty, Quote, Seq, ShardId, SignedQty, TimestampNs,
};

use super::frames::Frames;
use super::source::blank;
use super::{Fills, Observer, RunError, Sampling, Settings, Source, Timed};
use crate::outcome::{
    Counts, Executed, Ledger, Outcome, REFUSALS_MAX, Sample, VERDICTS_MAX, signed,
};
use crate::strategy::{Closed, Context, Desk, Frame, Strategy, Ticket, Working};

const ACCOUNT: AccountId = AccountId(0);

/// How often, at one moment, the fills of what a strategy asked for may make it ask for more; what it asks for then
/// waits for the next event.
const ROUNDS_MAX: u32 = 64;

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

/// A fill that the account has not heard of.
#[derive(Debug, Clone, Copy)]
struct Unheard {
    known: TimestampNs,
    fill: Fill,
}

/// A source and what of it comes next: all of one time.
struct Head<S> {
    source: S,
    ts: TimestampNs,
    batch: Vec<Timed>,
    ahead: Option<Timed>,
}

impl<S: Source> Head<S> {
    fn open(mut source: S) -> Result<Self, RunError> {
        let ahead = source.next_event()?;
        let mut head = Self {
            source,
            ts: TimestampNs(u64::MAX),
            batch: Vec::new(),
            ahead,
        };
        head.refill()?;
        Ok(head)
    }

    /// Reads what comes next, until the time changes; the batch is empty at the end.
    fn refill(&mut self) -> Result<(), RunError> {
        self.batch.clear();
        while let Some(next) = self.ahead.take() {
            if self.batch.is_empty() {
                self.ts = next.ts;
            } else if next.ts > self.ts {
                self.ahead = Some(next);
                return Ok(());
            }
            self.batch.push(next);
            self.ahead = self.source.next_event()?;
        }
        Ok(())
    }
}

pub(super) struct Driver<'a> {
    settings: &'a Settings,
    observer: &'a mut dyn Observer,
    sees_all: bool,
    shard: Shard,
    account: AccountId,
    instruments: Vec<Instrument>,
    initial: Money,
    /// The event of the data that is read.
    market: Input,
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
    /// The ticket of what is being sent.
    sending: Ticket,
    /// The engine's numbers of algos.
    algos: Vec<(Ticket, OrderId)>,
    /// By instrument: what its bars do.
    walks: Vec<bool>,
    /// By instrument: it has quotes of its own, so that its bars are summaries and stand for none.
    quoted: Vec<bool>,
    /// By instrument: units of the account's currency for one of its own.
    rates: Vec<Price>,
    frames: Frames,
    /// What is asked for of this instrument in answer to a fill is sent at once: it is at its open. The opens of
    /// others may be still to come.
    open: Option<InstrumentId>,
    next_sample: u64,
    samples: Vec<Sample>,
    fills: Vec<Executed>,
    verdicts: Vec<Event>,
    verdicts_lost: u64,
    refusals: Vec<Event>,
    counts: Counts,
    fees: Money,
    last: TimestampNs,
    /// The account has ended, and the run with it.
    has_ended: bool,
}

impl<'a> Driver<'a> {
    pub(super) fn new(settings: &'a Settings, observer: &'a mut dyn Observer) -> Self {
        let sees_all = observer.sees_all();
        let walks = settings.instruments.iter().map(|instrument| {
            matches!(instrument.liquidity, Liquidity::Paper(model) if model.bars == BarPath::Walked)
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
            shard: Shard::new(ShardId(0), settings.limits),
            account: ACCOUNT,
            instruments: instruments.clone(),
            initial: settings.plan.initial_balance,
            market: Input {
                seq: Seq(0),
                ts: TimestampNs(0),
                kind: InputKind::Market(blank()),
            },
            events: EventBuf::default(),
            desk: Desk::new(settings.size),
            ledger: Ledger::new(),
            unheard: Vec::new(),
            unheard_qty: Vec::new(),
            heard: Vec::new(),
            closed: Vec::new(),
            sending: Ticket(0),
            algos: Vec::new(),
            walks: walks.collect(),
            quoted: vec![false; instruments.len()],
            frames: Frames::new(settings.bars.as_ref(), &settings.frames),
            rates: instruments.iter().map(|it| rate(it.currency)).collect(),
            open: None,
            next_sample: 0,
            samples: Vec::new(),
            fills: Vec::new(),
            verdicts: Vec::new(),
            verdicts_lost: 0,
            refusals: Vec::new(),
            counts: Counts::default(),
            fees: Money::ZERO,
            last: TimestampNs(0),
            has_ended: false,
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
        while let Some(ts) = next_time(&heads) {
            if self.has_ended {
                break;
            }
            self.close_frames(ts, strategy);
            self.note_equity(ts);
            if self.settings.fills == Fills::NextOpen && !self.desk.queue.is_empty() {
                self.open_bars(&heads, ts, strategy);
            }
            self.wake(ts, strategy);
            for head in &mut heads {
                if head.ts == ts && !head.batch.is_empty() {
                    for timed in head.batch.drain(..) {
                        self.market.kind = InputKind::Market(timed.event);
                        self.take(ts, strategy);
                    }
                    head.refill()?;
                }
            }
            self.close_moment(ts, strategy);
        }
        Ok(self.end(first, strategy))
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
        while let Some(ts) = next {
            if self.has_ended {
                break;
            }
            self.close_frames(ts, strategy);
            self.note_equity(ts);
            if self.settings.fills == Fills::NextOpen && !self.desk.queue.is_empty() {
                self.open_only(ts, strategy);
            }
            self.wake(ts, strategy);
            self.take(ts, strategy);
            next = self.read(&mut source)?;
            while next.is_some_and(|next| next <= ts) && !self.has_ended {
                self.take(ts, strategy);
                next = self.read(&mut source)?;
            }
            self.close_moment(ts, strategy);
        }
        Ok(self.end(begins, strategy))
    }

    /// The next event of a source, as the input that it becomes.
    #[inline]
    fn read<S: Source>(&mut self, source: &mut S) -> Result<Option<TimestampNs>, RunError> {
        let InputKind::Market(event) = &mut self.market.kind else {
            self.market.kind = InputKind::Market(blank());
            return self.read(source);
        };
        Ok(source.next_into(event)?)
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

    /// Bars that the run makes and that end before an event at `ts`, each at its end.
    #[inline]
    fn close_frames(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        while self.frames.is_due(ts) && !self.has_ended {
            // A longer bar that ends with one of the data waits for it.
            let is_with_data = self.settings.bars.is_none()
                && !self.frames.is_due(TimestampNs(ts.0.saturating_sub(1)));
            if is_with_data {
                return;
            }
            let end = self.frames.close(&mut self.closed);
            self.wake(end, strategy);
            self.last = self.last.max(end);
            if self.settings.bars.is_some() {
                self.note_equity(end);
                for closed in &self.closed {
                    if closed.frame == Frame::DATA {
                        self.counts.bars += 1;
                        let (low, high) = (closed.bar.low, closed.bar.high);
                        self.ledger.pass_bar(closed.instrument, low, high);
                    }
                }
            }
            self.close_moment(end, strategy);
        }
    }

    /// A currency's rate follows the pair that was told of.
    fn convert(&mut self, ts: TimestampNs, pair: InstrumentId) {
        let converters = self.settings.converters.iter();
        for converter in converters.filter(|converter| converter.instrument == pair) {
            let Some(quote) = self.shard.quote(pair) else {
                continue;
            };
            let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
            let rate = Price(sum.div_euclid(2) as i64);
            let of_currency = self.instruments.iter().zip(&mut self.rates);
            let mut is_new = false;
            for (_, known) in of_currency.filter(|(it, _)| it.currency == converter.from) {
                is_new |= *known != rate;
                *known = rate;
            }
            if is_new && rate.0 > 0 {
                let command = Command::SetConversion {
                    from: converter.from,
                    to: self.settings.plan.currency,
                    rate,
                };
                self.apply_one(ts, InputKind::Command(command));
            }
        }
    }

    /// Everything of a time is applied.
    #[inline]
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
            if has_data && self.settings.sampling == Sampling::Bars {
                self.sample(ts);
            }
        }
    }

    fn end(mut self, first: TimestampNs, strategy: &mut dyn Strategy) -> Outcome {
        let last = self.last;
        strategy.end(&mut self.context(last));
        self.answer(strategy);
        self.finish(first)
    }

    /// Makes everything known to the engine, at the time of the first event.
    fn set_up(&mut self, ts: TimestampNs) -> Result<(), RunError> {
        let settings = self.settings;
        let instruments = settings.instruments.iter();
        let instruments = instruments.map(|it| ("an instrument", Command::RegisterInstrument(*it)));
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
            .chain([("the account", open)]);
        for (what, command) in commands {
            self.apply(ts, InputKind::Command(command));
            for event in self.events.as_slice() {
                match event.kind {
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
            self.next_sample = next_multiple(ts.0, every);
        }
        Ok(())
    }

    fn context(&mut self, now: TimestampNs) -> Context<'_> {
        context!(self, now)
    }

    /// Applies an input, after what a calendar brings before it.
    fn apply(&mut self, ts: TimestampNs, kind: InputKind) {
        while let Some((at, kind)) = self.observer.before(ts, &self.shard) {
            self.apply_one(at, kind);
        }
        self.apply_one(ts, kind);
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
        while let Some((at, kind)) = self.observer.before(ts, &self.shard) {
            self.apply_one(at, kind);
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

    /// Takes in what the engine said.
    fn hear(&mut self) {
        for place in 0..self.events.len() {
            let event = self.events.as_slice()[place];
            if owner(&event.kind).is_some_and(|owner| owner != self.account) {
                continue;
            }
            match event.kind {
                EventKind::OrderAccepted {
                    order,
                    request,
                    list,
                    ..
                } => {
                    self.counts.orders += 1;
                    let algo = self.algos.iter().find(|(_, algo)| *algo == list);
                    self.desk.working.push(Working {
                        ticket: algo.map_or(self.sending, |(ticket, _)| *ticket),
                        order,
                        instrument: request.instrument,
                        side: request.side,
                        qty: request.qty,
                        leaves: request.qty,
                        is_market: request.kind == types::OrderKind::Market,
                    });
                }
                EventKind::Fill(fill) => self.hear_fill(event.ts, fill),
                EventKind::OrderCancelled { order, .. } => {
                    self.counts.cancelled += 1;
                    self.desk.working.retain(|known| known.order != order);
                }
                EventKind::OrderAmended { order, qty, .. }
                | EventKind::OrderActivated { order, qty, .. } => {
                    let mut working = self.desk.working.iter_mut();
                    if let Some(known) = working.find(|known| known.order == order) {
                        let filled = known.qty.saturating_sub(known.leaves);
                        known.qty = qty;
                        known.leaves = qty.saturating_sub(filled);
                    }
                }
                EventKind::AlgoAccepted { order, .. } => self.algos.push((self.sending, order)),
                EventKind::AlgoEnded { order, .. } => {
                    self.algos.retain(|(_, known)| *known != order);
                }
                EventKind::OrderDenied { .. }
                | EventKind::AlgoDenied { .. }
                | EventKind::ChangeDenied { .. } => {
                    self.counts.denied += 1;
                    self.refuse(event);
                }
                EventKind::InputRejected { .. } => {
                    self.counts.rejected += 1;
                    self.refuse(event);
                }
                EventKind::Booked {
                    instrument,
                    leg,
                    cause,
                    amount,
                    position,
                    ..
                } => {
                    let place = (instrument, leg);
                    self.ledger
                        .book(event.ts, place, cause, amount, position, &self.instruments);
                }
                EventKind::Breach(_)
                | EventKind::LimitWarned(_)
                | EventKind::Liquidated { .. }
                | EventKind::DayLocked { .. }
                | EventKind::DayUnlocked { .. }
                | EventKind::TargetReached { .. }
                | EventKind::StateChanged { .. }
                | EventKind::Suspended { .. }
                | EventKind::Inactive { .. }
                | EventKind::MarginCall { .. }
                | EventKind::PayoutApproved { .. }
                | EventKind::PayoutDenied { .. } => {
                    if let EventKind::StateChanged { to, .. } = event.kind {
                        let is_over = matches!(
                            to,
                            AccountState::Passed | AccountState::Failed | AccountState::Closed
                        );
                        self.has_ended |= is_over && self.settings.stops_with_account;
                    }
                    if self.verdicts.len() < VERDICTS_MAX {
                        self.verdicts.push(event);
                    } else {
                        self.verdicts_lost += 1;
                    }
                }
                _ => {}
            }
        }
    }

    fn refuse(&mut self, event: Event) {
        if self.refusals.len() < REFUSALS_MAX {
            self.refusals.push(event);
        }
    }

    fn hear_fill(&mut self, ts: TimestampNs, fill: Fill) {
        self.counts.fills += 1;
        self.fees = self.fees.saturating_add(fill.fee);
        let mut working = self.desk.working.iter();
        if let Some(place) = working.position(|known| known.order == fill.order) {
            if fill.leaves.0 == 0 {
                self.desk.working.remove(place);
            } else {
                self.desk.working[place].leaves = fill.leaves;
            }
        }
        self.ledger.fill(ts, &fill, &self.instruments);
        let executed = Executed { ts, fill };
        self.observer.filled(&executed);
        if self.settings.keep_fills {
            self.fills.push(executed);
        }
        if fill.known > ts {
            let place = self.unheard.partition_point(|it| it.known <= fill.known);
            let known = fill.known;
            self.unheard.insert(place, Unheard { known, fill });
            let qty = signed(fill.side, fill.qty);
            self.unheard_qty.insert(place, (fill.instrument, qty));
        } else {
            self.heard.push(fill);
        }
    }

    /// What is due by time before an event at `ts`: fills that are heard of, then timers.
    #[inline]
    fn wake(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        if self.unheard.is_empty() && self.desk.alarms.is_empty() {
            return;
        }
        loop {
            let heard = self.unheard.first().map(|unheard| unheard.known);
            let alarm = self.desk.alarms.peek().map(|alarm| alarm.0.at);
            let Some(at) = heard.into_iter().chain(alarm).min().filter(|at| *at <= ts) else {
                return;
            };
            if heard == Some(at) {
                self.unheard_qty.remove(0);
                let fill = self.unheard.remove(0).fill;
                strategy.on_fill(&mut self.context(at), &fill);
            } else if let Some((at, timer)) = self.desk.due(at) {
                strategy.on_timer(&mut self.context(at), timer);
            }
            self.last = self.last.max(at);
            self.answer(strategy);
        }
    }

    /// Bars of instruments for which something waits, in order of their starts, of one start in the order in which it
    /// was asked for: their opens are shown, and what waits is sent. So what is sold first pays for what is bought.
    fn open_bars<S>(&mut self, heads: &[Head<S>], ts: TimestampNs, strategy: &mut dyn Strategy) {
        let mut opened: Vec<(usize, usize)> = Vec::new();
        loop {
            let bars = heads.iter().enumerate().flat_map(|(at, head)| {
                let batch = head.batch.iter().enumerate();
                batch.filter_map(move |(place, timed)| {
                    Some((at, place, timed.event.instrument, bar_of(timed)?))
                })
            });
            let queue = &self.desk.queue;
            let waiting = bars.filter_map(|(at, place, instrument, bar)| {
                let asked = queue.iter().position(|it| it.instrument == instrument)?;
                let is_due = bar.start <= ts
                    && !self.is_quoted(instrument)
                    && !opened.contains(&(at, place));
                is_due.then_some((at, place, instrument, bar, asked))
            });
            let Some((at, place, instrument, bar, _)) =
                waiting.min_by_key(|(_, _, _, bar, asked)| (bar.start, *asked))
            else {
                return;
            };
            opened.push((at, place));
            let bar = *bar;
            self.open_bar(instrument, &bar, strategy);
        }
    }

    fn is_quoted(&self, instrument: InstrumentId) -> bool {
        self.quoted.get(instrument.0 as usize) == Some(&true)
    }

    /// Likewise where only one bar can be.
    fn open_only(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        if let Some(bar) = self.bar()
            && bar.start <= ts
            && !self.is_quoted(InstrumentId(0))
        {
            self.open_bar(InstrumentId(0), &bar, strategy);
        }
    }

    fn open_bar(&mut self, instrument: InstrumentId, bar: &Bar, strategy: &mut dyn Strategy) {
        self.wake(bar.start, strategy);
        self.last = self.last.max(bar.start);
        self.show(bar.start, instrument, bar.open, bar.volume);
        self.open = Some(instrument);
        self.send_of(instrument);
        self.tell_fills(strategy);
        self.open = None;
    }

    /// A quote that stands for the price of a bar.
    fn show(&mut self, ts: TimestampNs, instrument: InstrumentId, price: Price, volume: Qty) {
        let Some(spec) = self.settings.instruments.get(instrument.0 as usize) else {
            return;
        };
        let spread = i64::from(self.settings.spread_ticks);
        let (below, above) = (spread / 2, spread - spread / 2);
        let tick = spec.tick_size.0;
        let lots = (volume.0.max(0) / spec.lot_size.0).max(1);
        let qty = Qty(lots.saturating_mul(spec.lot_size.0));
        let quote = Quote {
            bid: Price(price.0.saturating_sub(below.saturating_mul(tick))),
            bid_qty: qty,
            ask: Price(price.0.saturating_add(above.saturating_mul(tick))),
            ask_qty: qty,
        };
        self.apply(
            ts,
            InputKind::Market(MarketEvent {
                instrument,
                ts_event: ts,
                data: MarketData::Quote(quote),
            }),
        );
    }

    /// An event of the data: the one that was read.
    #[inline]
    fn take(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        self.last = self.last.max(ts);
        let InputKind::Market(event) = &self.market.kind else {
            return;
        };
        let instrument = event.instrument;
        let MarketData::Bar(bar) = event.data else {
            return self.take_other(ts, instrument, strategy);
        };
        self.counts.bars += 1;
        self.mark_bar(ts, instrument, &bar);
        if self.ledger.is_exposed() {
            self.ledger.pass_bar(instrument, bar.low, bar.high);
        }
        self.closed.push(Closed {
            instrument,
            frame: Frame::DATA,
            bar,
        });
        if !self.settings.frames.is_empty() {
            self.frames.add_longer(instrument, &bar);
        }
        if !self.settings.converters.is_empty() {
            self.convert(ts, instrument);
        }
        if !self.heard.is_empty() {
            self.tell_fills(strategy);
        }
        if self.settings.fills == Fills::NextClose {
            self.send_of(instrument);
            self.tell_fills(strategy);
        }
    }

    /// One that is no bar.
    fn take_other(
        &mut self,
        ts: TimestampNs,
        instrument: InstrumentId,
        strategy: &mut dyn Strategy,
    ) {
        self.counts.market_events += 1;
        if self.settings.prints_are_quotes
            && let InputKind::Market(event) = &self.market.kind
            && let MarketData::Trade(trade) = event.data
        {
            self.show(ts, instrument, trade.price, trade.qty);
        }
        if let InputKind::Market(event) = &self.market.kind
            && is_quote(&event.data)
            && let Some(quoted) = self.quoted.get_mut(instrument.0 as usize)
        {
            *quoted = true;
        }
        self.apply_market(ts);
        if self.ledger.is_exposed()
            && let Some(quote) = self.shard.quote(instrument)
        {
            self.ledger.pass(instrument, quote.bid, quote.ask);
        }
        if self.settings.bars.is_some()
            && let InputKind::Market(event) = &self.market.kind
        {
            let quote = self.shard.quote(instrument);
            self.frames.see(ts, instrument, &event.data, quote);
        }
        if !self.settings.converters.is_empty() {
            self.convert(ts, instrument);
        }
        if !self.heard.is_empty() {
            self.tell_fills(strategy);
        }
        if matches!(self.settings.fills, Fills::NextOpen | Fills::NextClose) {
            self.send_of(instrument);
            self.tell_fills(strategy);
        }
        if let InputKind::Market(event) = &self.market.kind {
            strategy.on_market(&mut context!(self, ts), event);
        }
        self.answer(strategy);
    }

    /// A bar ends: its path or its close goes to the engine.
    #[inline]
    fn mark_bar(&mut self, ts: TimestampNs, instrument: InstrumentId, bar: &Bar) {
        let place = instrument.0 as usize;
        if self.walks.get(place) != Some(&false) || self.quoted[place] {
            return self.apply_market(ts);
        }
        let lasts = self.settings.plan.terms.mark == MarkKind::Last;
        if lasts || !self.desk.working.is_empty() {
            self.apply_market(ts);
        }
        let quote = Quote {
            bid: bar.close,
            bid_qty: Qty::ZERO,
            ask: bar.close,
            ask_qty: Qty::ZERO,
        };
        let quote = self.sized(instrument, quote, bar.volume);
        self.apply(
            ts,
            InputKind::Market(MarketEvent {
                instrument,
                ts_event: ts,
                data: MarketData::Quote(quote),
            }),
        );
    }

    /// A quote that displays the volume of a bar, at least a lot.
    fn sized(&self, instrument: InstrumentId, quote: Quote, volume: Qty) -> Quote {
        let lot = self
            .settings
            .instruments
            .get(instrument.0 as usize)
            .map_or(Qty::ONE, |spec| spec.lot_size);
        let qty = Qty((volume.0.max(0) / lot.0).max(1).saturating_mul(lot.0));
        Quote {
            bid_qty: qty,
            ask_qty: qty,
            ..quote
        }
    }

    /// The strategy sees the bars that end now.
    fn close_bars(&mut self, strategy: &mut dyn Strategy) {
        let now = self.last;
        for closed in &self.closed {
            strategy.on_bar(&mut context!(self, now), closed);
        }
        self.closed.clear();
        strategy.after_bars(&mut self.context(now));
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
            let heard = std::mem::take(&mut self.heard);
            for fill in &heard {
                let now = self.last;
                strategy.on_fill(&mut self.context(now), fill);
            }
            rounds += 1;
            if rounds < ROUNDS_MAX {
                self.send_now();
            }
        }
    }

    #[inline]
    fn note_equity(&mut self, ts: TimestampNs) {
        let Sampling::Every(every) = self.settings.sampling else {
            return;
        };
        if ts.0 > self.next_sample {
            self.sample(TimestampNs(self.next_sample));
            self.next_sample = next_multiple(ts.0, every);
        }
    }

    #[inline]
    fn sample(&mut self, ts: TimestampNs) {
        let equity = self.shard.equity(self.account);
        self.samples.push(Sample {
            ts,
            equity: equity.map_or(Money::ZERO, types::Notional::to_money_floor),
            exposed: self.ledger.is_exposed(),
        });
    }

    fn finish(mut self, first: TimestampNs) -> Outcome {
        let last = self.last;
        if matches!(self.settings.sampling, Sampling::Every(_)) {
            self.sample(last);
        }
        self.observer.finished(&self.shard);
        self.counts.unsent = self.desk.queue.len() as u64;
        let (trips, open) = self.ledger.finish();
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
            samples: self.samples,
            fills: self.fills,
            trips,
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

/// Whose fact it is, of those that a run takes in.
const fn owner(kind: &EventKind) -> Option<AccountId> {
    match kind {
        EventKind::OrderAccepted { request, .. } | EventKind::OrderDenied { request, .. } => {
            Some(request.account)
        }
        EventKind::AlgoAccepted { request, .. } | EventKind::AlgoDenied { request, .. } => {
            Some(request.account)
        }
        EventKind::Fill(fill) => Some(fill.account),
        EventKind::Breach(breach) => Some(breach.account),
        EventKind::LimitWarned(warning) => Some(warning.account),
        EventKind::OrderCancelled { account, .. }
        | EventKind::OrderAmended { account, .. }
        | EventKind::OrderActivated { account, .. }
        | EventKind::AlgoEnded { account, .. }
        | EventKind::ChangeDenied { account, .. }
        | EventKind::Booked { account, .. }
        | EventKind::Liquidated { account, .. }
        | EventKind::DayLocked { account }
        | EventKind::DayUnlocked { account }
        | EventKind::TargetReached { account, .. }
        | EventKind::StateChanged { account, .. }
        | EventKind::Suspended { account, .. }
        | EventKind::Inactive { account, .. }
        | EventKind::MarginCall { account, .. }
        | EventKind::PayoutApproved { account, .. }
        | EventKind::PayoutDenied { account, .. } => Some(*account),
        _ => None,
    }
}

fn next_time<S>(heads: &[Head<S>]) -> Option<TimestampNs> {
    let pending = heads.iter().filter(|head| !head.batch.is_empty());
    pending.map(|head| head.ts).min()
}

/// Whether it says what the market shows.
const fn is_quote(data: &MarketData) -> bool {
    matches!(
        data,
        MarketData::Quote(_) | MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_)
    )
}

/// When an event begins to happen.
fn begins(timed: &Timed) -> TimestampNs {
    bar_of(timed).map_or(timed.ts, |bar| bar.start.min(timed.ts))
}

const fn bar_of(timed: &Timed) -> Option<&Bar> {
    match &timed.event.data {
        MarketData::Bar(bar) => Some(bar),
        _ => None,
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
