//! Scenarios that a reader can compute by hand: what went in, and the facts that came out.
//!
//! Prices tick in wholes, lots are whole units, and nothing costs a fee unless a scenario says so.

mod book;
mod lists;
mod margin;
mod outside;

use rules::{Conduct, Life, Plan, Stage};
use types::{
    AccountId, AlgoEnd, CancelReason, Codec, Command, DenyReason, EventKind, FeeSchedule, Funding,
    Input, InputKind, Instrument, InstrumentId, InstrumentKind, InstrumentStatus, Label, Liquidity,
    MarketData, MarketEvent, Money, NewOrder, OpenAccount, OrderId, OrderKind, PaperModel, PlanId,
    Price, Qty, Quote, Ratio, RollSchedule, Seq, Side, SignedQty, Terms, Timer, TimestampNs,
    TriggerOn,
};

use super::Naive;
use crate::limits::Limits;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// An instrument of whole ticks and lots in USD, without fees.
fn instrument(liquidity: Liquidity) -> Instrument {
    Instrument {
        symbol: label("ABC"),
        kind: InstrumentKind::Equity,
        currency: label("USD"),
        tick_size: Price::ONE,
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000),
        fees: FeeSchedule::default(),
        margin: types::Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity,
    }
}

fn paper() -> Instrument {
    instrument(Liquidity::Paper(PaperModel::default()))
}

/// A funded plan of 1,000 USD without limits.
fn plan(terms: Terms) -> Plan {
    Plan {
        name: label("plan"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(1_000),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: RollSchedule {
            zone: label("UTC"),
            minute: 0,
        },
        stage: Stage::Funded,
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms,
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

/// A twin with one instrument and three accounts of one plan.
struct World {
    twin: Naive,
    seq: Seq,
    ts: TimestampNs,
}

impl World {
    fn new(instrument: Instrument) -> Self {
        Self::with(instrument, Terms::default(), Limits::default())
    }

    fn funded(instrument: Instrument, funding: Funding) -> Self {
        let terms = Terms {
            funding,
            ..Terms::default()
        };
        Self::with(instrument, terms, Limits::default())
    }

    fn with(instrument: Instrument, terms: Terms, limits: Limits) -> Self {
        let mut world = Self {
            twin: Naive::new(limits),
            seq: Seq(0),
            ts: TimestampNs(0),
        };
        world.command(Command::RegisterInstrument(Box::new(instrument)));
        let spec = plan(terms).to_bytes().into();
        world.command(Command::DefinePlan { spec });
        for name in ["a", "b", "c"] {
            world.command(Command::OpenAccount(OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: label(name),
            }));
        }
        world
    }

    /// The facts of one input, one line each.
    fn apply(&mut self, kind: InputKind) -> Vec<String> {
        self.seq = self.seq.next();
        let input = Input {
            seq: self.seq,
            ts: self.ts,
            kind,
        };
        let events = self.twin.apply(&input);
        events.iter().map(|event| line(&event.kind)).collect()
    }

    fn command(&mut self, command: Command) -> Vec<String> {
        self.apply(InputKind::Command(command))
    }

    fn market(&mut self, data: MarketData) -> Vec<String> {
        self.apply(InputKind::Market(MarketEvent {
            instrument: InstrumentId(0),
            ts_event: self.ts,
            data,
        }))
    }

    fn submit(&mut self, order: NewOrder) -> Vec<String> {
        self.command(Command::SubmitOrder(order))
    }

    fn quote(&mut self, bid: i64, bid_qty: i64, ask: i64, ask_qty: i64) -> Vec<String> {
        self.market(MarketData::Quote(Quote {
            bid: Price::whole(bid),
            bid_qty: Qty::whole(bid_qty),
            ask: Price::whole(ask),
            ask_qty: Qty::whole(ask_qty),
        }))
    }

    fn status(&mut self, status: InstrumentStatus) -> Vec<String> {
        self.market(MarketData::Status(status))
    }

    /// Nothing but time, to this nanosecond.
    fn clock(&mut self, ts: u64) -> Vec<String> {
        self.ts = TimestampNs(ts);
        self.apply(InputKind::Timer(Timer::Clock))
    }

    fn position(&self, account: u32) -> SignedQty {
        let portrait = self.twin.portrait();
        let holdings = &portrait.accounts[account as usize].holdings;
        holdings
            .first()
            .map_or(SignedQty::ZERO, |held| held.position)
    }

    fn balance(&self, account: u32) -> Money {
        self.twin.portrait().accounts[account as usize].balance
    }
}

fn order(account: u32, side: Side, kind: OrderKind, qty: i64) -> NewOrder {
    NewOrder::new(
        AccountId(account),
        InstrumentId(0),
        side,
        kind,
        Qty::whole(qty),
    )
}

fn limit(price: i64) -> OrderKind {
    OrderKind::Limit {
        price: Price::whole(price),
    }
}

fn stop(trigger: i64) -> OrderKind {
    OrderKind::Stop {
        trigger: Price::whole(trigger),
        on: TriggerOn::Quote,
    }
}

fn buy(account: u32, kind: OrderKind, qty: i64) -> NewOrder {
    order(account, Side::Buy, kind, qty)
}

fn sell(account: u32, kind: OrderKind, qty: i64) -> NewOrder {
    order(account, Side::Sell, kind, qty)
}

/// A fact in short: `fill 3 a sells 5 at 100, 0 left, Book maker`.
fn line(kind: &EventKind) -> String {
    let name = |account: AccountId| ["a", "b", "c"][account.0 as usize];
    match kind {
        EventKind::OrderAccepted { order, .. } => format!("accepted {order}"),
        EventKind::OrderDenied { reason, .. } => format!("denied {}", denial(reason)),
        EventKind::ChangeDenied { order, reason, .. } => {
            format!("change of {order} denied {}", denial(reason))
        }
        EventKind::OrderTriggered { order, price, .. } => format!("triggered {order} at {price}"),
        EventKind::OrderActivated { order, qty, .. } => format!("activated {order} of {qty}"),
        EventKind::OrderAmended {
            order,
            qty,
            price,
            trigger,
            ..
        } => format!("amended {order} of {qty} at {price}, trigger {trigger}"),
        EventKind::OrderCancelled {
            order,
            leaves,
            reason,
            ..
        } => cancelled(*order, *leaves, *reason),
        EventKind::Fill(fill) => format!(
            "fill {} {} {} {} at {}, {} left, {:?}{}",
            fill.order,
            name(fill.account),
            if fill.side == Side::Buy {
                "buys"
            } else {
                "sells"
            },
            fill.qty,
            fill.price,
            fill.leaves,
            fill.model,
            if fill.maker { " maker" } else { "" },
        ),
        EventKind::Uncrossed {
            price,
            qty,
            surplus,
            ..
        } => format!("uncrossed {qty} at {price}, surplus {surplus}"),
        EventKind::StatusChanged { status, cause, .. } => format!("{status:?} by {cause:?}"),
        EventKind::AlgoAccepted { order, .. } => format!("algo {order}"),
        EventKind::AlgoEnded {
            order,
            filled,
            reason,
            ..
        } => ended(*order, *filled, *reason),
        EventKind::Liquidated {
            account,
            equity,
            fees,
            slippage,
        } => format!(
            "{} liquidated to {equity}, fees {fees}, slippage {slippage}",
            name(*account)
        ),
        EventKind::MarginCall {
            account,
            equity,
            required,
        } => format!("margin call of {}: {equity} of {required}", name(*account)),
        EventKind::Booked {
            account,
            amount,
            position,
            ..
        } => format!("booked {} {amount}, holds {position}", name(*account)),
        other => format!("{other:?}"),
    }
}

fn denial(reason: &DenyReason) -> String {
    match reason {
        DenyReason::BuyingPower { needed, available } => {
            format!("needs {needed} of {available}")
        }
        other => format!("{other:?}"),
    }
}

fn cancelled(order: OrderId, leaves: Qty, reason: CancelReason) -> String {
    format!("cancelled {order} with {leaves} left: {reason:?}")
}

fn ended(order: OrderId, filled: Qty, reason: AlgoEnd) -> String {
    format!("algo {order} ended with {filled}: {reason:?}")
}
