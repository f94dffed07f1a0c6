//! A shard with a sequencer, and short ways to say things to it. A world made of instruments and a
//! plan is audited after every input.

use engine::naive::Naive;
use engine::portrait::{HoldingPortrait, MarketPortrait, OrderPortrait};
use engine::{EventBuf, Limits, Shard};
use rules::{Conduct, Life, Plan, Stage};
use types::{
    AccountId, AdjustKind, ClientOrderId, Codec, Command, Event, EventKind, FeeSchedule, Fill,
    Input, InputKind, Instrument, InstrumentId, InstrumentKind, Label, Leg, Liquidity, Margin,
    MarketData, MarketEvent, Money, NewOrder, OpenAccount, OrderId, OrderKind, PaperModel, PlanId,
    Price, Qty, Quote, Ratio, RollSchedule, Seq, ShardId, Side, Terms, Timer, TimestampNs,
    TradingDay,
};

use crate::audit::Audit;
use crate::told::told;
use crate::words::Said;

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn qty(text: &str) -> Qty {
    text.parse().unwrap()
}

pub(crate) fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

pub(crate) fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("Europe/Prague"),
        minute: 0,
    }
}

/// An instrument in dollars without fees, margin and bands, that fills at the touch.
pub(crate) fn instrument(symbol: &str, tick: &str, lot: &str, contract: &str) -> Instrument {
    Instrument {
        symbol: label(symbol),
        kind: InstrumentKind::Future,
        currency: label("USD"),
        tick_size: price(tick),
        lot_size: qty(lot),
        contract_size: qty(contract),
        order_qty_max: Qty(1_000_000 * qty(lot).0),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    }
}

/// A share with a tick of one dollar that fills against the outside market.
pub(crate) fn paper(model: PaperModel) -> Instrument {
    Instrument {
        liquidity: Liquidity::Paper(model),
        ..instrument("PAPER", "1", "1", "1")
    }
}

/// A share with a tick of one dollar and a book.
pub(crate) fn crossed() -> Instrument {
    Instrument {
        liquidity: Liquidity::Crossed,
        ..instrument("BOOK", "1", "1", "1")
    }
}

/// A plan without any rule.
pub(crate) fn plan(initial: &str) -> Plan {
    Plan {
        name: label("plain"),
        version: 1,
        currency: label("USD"),
        initial_balance: money(initial),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: schedule(),
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: Terms::default(),
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

/// The opening of an account.
pub(crate) fn open(plan: u32) -> Command {
    Command::OpenAccount(OpenAccount {
        plan: PlanId(plan),
        parent: None,
        name: label("trader"),
    })
}

/// The definition of a plan.
pub(crate) fn define(plan: &Plan) -> Command {
    Command::DefinePlan {
        spec: plan.to_bytes().into(),
    }
}

/// A shard, the way to its next input, and everything that it was told.
pub(crate) struct World {
    pub(crate) shard: Shard,
    events: EventBuf,
    audit: Option<Audit>,
    /// Time from one input to the next.
    pub(crate) step_ns: u64,
    /// Every input so far, of this world.
    pub(crate) inputs: Vec<Input>,
}

pub(crate) const ACCOUNT: AccountId = AccountId(0);
pub(crate) const SECOND: u64 = 1_000_000_000;

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::of(Shard::new(ShardId(1), limits))
    }

    /// A world around a shard; nobody audits it, for its numbers may be at the ends of their ranges.
    pub(crate) fn of(shard: Shard) -> Self {
        Self {
            shard,
            events: EventBuf::default(),
            audit: None,
            step_ns: SECOND,
            inputs: Vec::new(),
        }
    }

    /// An audited world that knows nothing yet.
    pub(crate) fn audited(limits: Limits) -> Self {
        let mut world = Self::new(limits);
        world.audit = Some(Audit::default());
        world
    }

    /// These instruments and one account of this plan on an open day 1.
    pub(crate) fn with(instruments: &[Instrument], plan: &Plan) -> Self {
        Self::limited(Limits::default(), instruments, plan, 1)
    }

    /// These instruments and so many accounts of this plan on an open day 1.
    pub(crate) fn limited(
        limits: Limits,
        instruments: &[Instrument],
        plan: &Plan,
        accounts: u32,
    ) -> Self {
        let mut world = Self::audited(limits);
        for instrument in instruments {
            world.command(Command::RegisterInstrument(Box::new(*instrument)));
        }
        world.command(define(plan));
        world.roll(1);
        for _ in 0..accounts {
            world.command(open(0));
        }
        world
    }

    /// One instrument and five accounts of a million.
    pub(crate) fn trading(instrument: Instrument) -> Self {
        Self::limited(Limits::default(), &[instrument], &plan("1000000"), 5)
    }

    /// The next input.
    pub(crate) fn next(&self, kind: InputKind) -> Input {
        Input {
            seq: self.shard.seq().next(),
            ts: TimestampNs(self.shard.ts().0 + self.step_ns),
            kind,
        }
    }

    pub(crate) fn apply_input(&mut self, input: &Input) -> Vec<Event> {
        self.events.clear();
        self.shard.apply(input, &mut self.events);
        let events = self.events.as_slice().to_vec();
        if let Some(audit) = &mut self.audit {
            audit.hear(&self.shard, input, &events);
            audit.check(&self.shard);
            self.inputs.push(input.clone());
        }
        events
    }

    pub(crate) fn apply(&mut self, kind: InputKind) -> Vec<EventKind> {
        let input = self.next(kind);
        let events = self.apply_input(&input);
        events.into_iter().map(|event| event.kind).collect()
    }

    /// What happens when somebody says this.
    pub(crate) fn hear(&mut self, said: impl Said) -> Vec<EventKind> {
        self.apply(said.input())
    }

    /// What happens when somebody says this, in words.
    pub(crate) fn tell(&mut self, said: impl Said) -> Vec<String> {
        told(&self.hear(said))
    }

    /// Says several things one after the other, whatever happens.
    pub(crate) fn tell_all<S: Said>(&mut self, said: impl IntoIterator<Item = S>) {
        for said in said {
            self.hear(said);
        }
    }

    /// Lets time go by to so many nanoseconds after the beginning.
    pub(crate) fn until(&mut self, ns: u64) -> Vec<String> {
        self.tell_at(ns, Timer::Clock)
    }

    /// What happens when somebody says this so many nanoseconds after the beginning, in words.
    pub(crate) fn tell_at(&mut self, ns: u64, said: impl Said) -> Vec<String> {
        let input = Input {
            seq: self.shard.seq().next(),
            ts: TimestampNs(ns),
            kind: said.input(),
        };
        let events = self.apply_input(&input);
        let kinds: Vec<_> = events.into_iter().map(|event| event.kind).collect();
        told(&kinds)
    }

    /// The naive twin, which hears the same under the same limits, says the same.
    pub(crate) fn agrees(&self) {
        let limits = *self.shard.limits();
        let mut shard = Shard::new(ShardId(1), limits);
        let mut twin = Naive::new(limits);
        for input in &self.inputs {
            let mut events = EventBuf::default();
            shard.apply(input, &mut events);
            assert_eq!(events.as_slice(), twin.apply(input), "{input:?}");
            assert_eq!(shard.portrait(), twin.portrait(), "{input:?}");
        }
    }

    /// Time of the last input, nanoseconds.
    pub(crate) fn now(&self) -> u64 {
        self.shard.ts().0
    }

    pub(crate) fn command(&mut self, command: Command) -> Vec<EventKind> {
        self.apply(InputKind::Command(command))
    }

    pub(crate) fn market(&mut self, instrument: u32, data: MarketData) -> Vec<EventKind> {
        self.apply(InputKind::Market(MarketEvent {
            instrument: InstrumentId(instrument),
            ts_event: TimestampNs(0),
            data,
        }))
    }

    /// A quote with a quantity of a million on both sides.
    pub(crate) fn quote(&mut self, instrument: u32, bid: &str, ask: &str) -> Vec<EventKind> {
        self.quote_raw(instrument, price(bid), price(ask))
    }

    pub(crate) fn quote_raw(&mut self, instrument: u32, bid: Price, ask: Price) -> Vec<EventKind> {
        let size = Qty::whole(1_000_000);
        self.market(
            instrument,
            MarketData::Quote(Quote {
                bid,
                bid_qty: size,
                ask,
                ask_qty: size,
            }),
        )
    }

    pub(crate) fn order(
        &mut self,
        instrument: u32,
        side: Side,
        quantity: &str,
        kind: OrderKind,
    ) -> Vec<EventKind> {
        let instrument = InstrumentId(instrument);
        self.hear(NewOrder {
            client_order: ClientOrderId(0),
            ..NewOrder::new(ACCOUNT, instrument, side, kind, qty(quantity))
        })
    }

    pub(crate) fn buy(&mut self, instrument: u32, quantity: &str) -> Vec<EventKind> {
        self.order(instrument, Side::Buy, quantity, OrderKind::Market)
    }

    pub(crate) fn sell(&mut self, instrument: u32, quantity: &str) -> Vec<EventKind> {
        self.order(instrument, Side::Sell, quantity, OrderKind::Market)
    }

    pub(crate) fn book(&mut self, amount: &str) -> Vec<EventKind> {
        self.command(Command::Adjust {
            account: ACCOUNT,
            kind: AdjustKind::ProfitAndLoss,
            amount: money(amount),
        })
    }

    pub(crate) fn roll(&mut self, day: i32) -> Vec<EventKind> {
        self.apply(InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(day),
        }))
    }

    /// Balance and equity rounded down, as text.
    pub(crate) fn cash(&self) -> (String, String) {
        let row = self.shard.account_row(ACCOUNT).unwrap();
        (row.balance.to_string(), row.equity.to_string())
    }

    /// Balance of an account's own currency, as text.
    pub(crate) fn balance(&self, account: u32) -> String {
        let portrait = self.shard.portrait();
        portrait.accounts[account as usize].balance.to_string()
    }

    /// Equity of an account rounded down, as text.
    pub(crate) fn equity(&self, account: u32) -> String {
        let row = self.shard.account_row(AccountId(account)).unwrap();
        row.equity.to_string()
    }

    /// Position of an account in instrument 0, its legs together, as text.
    pub(crate) fn position(&self, account: u32) -> String {
        let position = self.shard.position(AccountId(account), InstrumentId(0));
        position.to_string()
    }

    /// What an account holds in an instrument and leg.
    pub(crate) fn holding(&self, account: u32, instrument: u32, leg: Leg) -> HoldingPortrait {
        let portrait = self.shard.portrait();
        let held = &portrait.accounts[account as usize].holdings;
        let is_it = |held: &&HoldingPortrait| (held.instrument, held.leg) == (instrument, leg);
        *held.iter().find(is_it).unwrap()
    }

    /// A working order.
    pub(crate) fn working(&self, order: u64) -> Option<OrderPortrait> {
        let orders = self.shard.portrait().orders;
        orders.into_iter().find(|found| found.id == OrderId(order))
    }

    /// Ids of the working orders.
    pub(crate) fn working_ids(&self) -> Vec<u64> {
        let orders = self.shard.portrait().orders;
        orders.iter().map(|order| order.id.0).collect()
    }

    /// Trigger of a working order as it stands, as text; nothing when it has none.
    pub(crate) fn trigger(&self, order: u64) -> String {
        let trigger = self.working(order).unwrap().trigger;
        trigger.map_or_else(String::new, |trigger| trigger.to_string())
    }

    /// The market of instrument 0.
    pub(crate) fn picture(&self) -> MarketPortrait {
        self.shard.portrait().markets.swap_remove(0)
    }

    /// The book of instrument 0, best levels first, as text: price x displayed [orders, front first].
    pub(crate) fn levels(&self, side: Side) -> String {
        let picture = self.picture();
        let levels = match side {
            Side::Buy => picture.bids,
            Side::Sell => picture.asks,
        };
        let level = |(price, shown, orders): &(Price, Qty, Vec<OrderId>)| {
            let orders: Vec<_> = orders.iter().map(|id| format!("#{id}")).collect();
            format!("{price} x {shown} [{}]", orders.join(" "))
        };
        levels.iter().map(level).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn bids(&self) -> String {
        self.levels(Side::Buy)
    }

    pub(crate) fn asks(&self) -> String {
        self.levels(Side::Sell)
    }

    /// The bytes of the shard's state.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.shard.encode(&mut bytes);
        bytes
    }

    /// Place of the next input.
    pub(crate) const fn next_seq(&self) -> Seq {
        self.shard.seq().next()
    }
}

/// The fills among these facts.
pub(crate) fn fills(events: &[EventKind]) -> Vec<Fill> {
    let fill = |event: &EventKind| match event {
        EventKind::Fill(fill) => Some(*fill),
        _ => None,
    };
    events.iter().filter_map(fill).collect()
}

/// The breaches among these facts.
pub(crate) fn breaches(events: &[EventKind]) -> Vec<types::Breach> {
    let breach = |event: &EventKind| match event {
        EventKind::Breach(breach) => Some(*breach),
        _ => None,
    };
    events.iter().filter_map(breach).collect()
}
