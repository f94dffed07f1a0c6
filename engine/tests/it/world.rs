//! A shard with a sequencer, and short ways to say things to it.

use engine::{EventBuf, Limits, Shard};
use rules::{Plan, Stage};
use types::{
    AccountId, AdjustKind, ClientOrderId, Codec, Command, Event, EventKind, FeeSchedule, Fill,
    Input, InputKind, Instrument, InstrumentId, InstrumentKind, Label, MarketData, MarketEvent,
    Money, NewOrder, OpenAccount, OrderKind, PlanId, Price, Qty, Quote, RollSchedule, ShardId,
    Side, TimeInForce, Timer, TimestampNs, TradingDay,
};

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

pub(crate) fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("Europe/Prague"),
        minute: 0,
    }
}

/// An instrument in dollars without fees.
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
    }
}

/// A plan without any rule.
pub(crate) fn plan(initial: &str) -> Plan {
    Plan {
        name: label("plain"),
        version: 1,
        currency: label("USD"),
        initial_balance: money(initial),
        schedule: schedule(),
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
    }
}

/// A shard and the place and time of its last input.
pub(crate) struct World {
    pub(crate) shard: Shard,
    events: EventBuf,
}

pub(crate) const ACCOUNT: AccountId = AccountId(0);

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::of(Shard::new(ShardId(1), limits))
    }

    pub(crate) fn of(shard: Shard) -> Self {
        Self {
            shard,
            events: EventBuf::default(),
        }
    }

    /// One instrument without fees, one account of this plan on an open day 1.
    pub(crate) fn with(instruments: &[Instrument], plan: &Plan) -> Self {
        let mut world = Self::new(Limits::default());
        for instrument in instruments {
            world.command(Command::RegisterInstrument(*instrument));
        }
        world.command(Command::DefinePlan {
            spec: plan.to_bytes().into(),
        });
        world.roll(1);
        world.command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label("trader"),
        }));
        world
    }

    /// The next input, one second after the last.
    pub(crate) fn next(&self, kind: InputKind) -> Input {
        Input {
            seq: self.shard.seq().next(),
            ts: TimestampNs(self.shard.ts().0 + 1_000_000_000),
            kind,
        }
    }

    pub(crate) fn apply_input(&mut self, input: &Input) -> Vec<Event> {
        self.events.clear();
        self.shard.apply(input, &mut self.events);
        self.events.as_slice().to_vec()
    }

    pub(crate) fn apply(&mut self, kind: InputKind) -> Vec<EventKind> {
        let input = self.next(kind);
        let events = self.apply_input(&input);
        events.into_iter().map(|event| event.kind).collect()
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
        self.command(Command::SubmitOrder(NewOrder {
            account: ACCOUNT,
            client_order: ClientOrderId(0),
            instrument: InstrumentId(instrument),
            side,
            kind,
            qty: qty(quantity),
            tif: TimeInForce::GoodTillCancel,
        }))
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
