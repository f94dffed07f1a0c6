//! Events as flat JSON objects: `seq`, `ts`, `type`, then the fields of that type.
//!
//! A breach carries the positions of its proof inside. An id that a fact does not have is null.

use std::fmt::{self, Display};

use serde::ser::{Serialize, SerializeMap, Serializer};
use types::{
    AccountId, AccountState, Breach, BreachPosition, Consistency, DayClose, Event, EventKind, Fill,
    FloorMove, InputRejection, InstrumentId, NewOrder, OrderKind, PlanId,
};

use super::names::Names;
use super::word::{self, Word};
use super::{percent, time};

/// One event, ready to be written.
#[derive(Debug, Clone, Copy)]
pub struct EventDto<'a> {
    event: &'a Event,
    /// What follows the event; those that belong to it are written as a part of it.
    rest: &'a [Event],
    names: &'a Names,
}

/// The events of one or more whole inputs as JSON objects.
pub fn events<'a>(events: &'a [Event], names: &'a Names) -> impl Iterator<Item = EventDto<'a>> {
    events.iter().enumerate().filter_map(move |(place, event)| {
        let is_part = matches!(event.kind, EventKind::BreachPosition(_));
        (!is_part).then(|| EventDto {
            event,
            rest: &events[place + 1..],
            names,
        })
    })
}

impl EventDto<'_> {
    /// The event as the engine wrote it.
    pub const fn event(&self) -> &Event {
        self.event
    }

    /// The account that the event is about.
    pub const fn account(&self) -> Option<AccountId> {
        account_of(&self.event.kind)
    }
}

/// The account that a fact is about; `None` for facts about all.
pub const fn account_of(kind: &EventKind) -> Option<AccountId> {
    match kind {
        EventKind::InputRejected { .. }
        | EventKind::InstrumentRegistered { .. }
        | EventKind::StatusChanged { .. }
        | EventKind::PlanDefined { .. }
        | EventKind::CompetitionDefined { .. }
        | EventKind::DayRolled { .. } => None,
        EventKind::AccountOpened { account, .. }
        | EventKind::CompetitionEntered { account, .. }
        | EventKind::OrderTriggered { account, .. }
        | EventKind::OrderAmended { account, .. }
        | EventKind::OrderCancelled { account, .. }
        | EventKind::ChangeDenied { account, .. }
        | EventKind::DayLocked { account }
        | EventKind::DayUnlocked { account }
        | EventKind::TargetReached { account, .. }
        | EventKind::StateChanged { account, .. }
        | EventKind::Adjusted { account, .. }
        | EventKind::AdjustDenied { account, .. }
        | EventKind::PayoutApproved { account, .. }
        | EventKind::PayoutDenied { account, .. }
        | EventKind::Fill(Fill { account, .. })
        | EventKind::FloorMoved(FloorMove { account, .. })
        | EventKind::Breach(Breach { account, .. })
        | EventKind::BreachPosition(BreachPosition { account, .. })
        | EventKind::DayClosed(DayClose { account, .. })
        | EventKind::Consistency(Consistency { account, .. }) => Some(*account),
        EventKind::OrderAccepted { request, .. } | EventKind::OrderDenied { request, .. } => {
            Some(request.account)
        }
    }
}

impl Serialize for EventDto<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields {
            map: serializer.serialize_map(None)?,
            names: self.names,
        };
        fields.text("seq", self.event.seq)?;
        fields.text("ts", self.event.ts)?;
        fields.put("type", event_type(&self.event.kind))?;
        fields.kind(&self.event.kind, self.rest)?;
        fields.map.end()
    }
}

/// The value of `type`.
pub const fn event_type(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::InputRejected { .. } => "input_rejected",
        EventKind::InstrumentRegistered { .. } => "instrument_registered",
        EventKind::StatusChanged { .. } => "status_changed",
        EventKind::PlanDefined { .. } => "plan_defined",
        EventKind::CompetitionDefined { .. } => "competition_defined",
        EventKind::AccountOpened { .. } => "account_opened",
        EventKind::CompetitionEntered { .. } => "competition_entered",
        EventKind::OrderAccepted { .. } => "order_accepted",
        EventKind::OrderDenied { .. } => "order_denied",
        EventKind::OrderTriggered { .. } => "order_triggered",
        EventKind::OrderAmended { .. } => "order_amended",
        EventKind::OrderCancelled { .. } => "order_cancelled",
        EventKind::ChangeDenied { .. } => "change_denied",
        EventKind::Fill(_) => "fill",
        EventKind::FloorMoved(_) => "floor_moved",
        EventKind::Breach(_) => "breach",
        EventKind::BreachPosition(_) => "breach_position",
        EventKind::DayLocked { .. } => "day_locked",
        EventKind::DayUnlocked { .. } => "day_unlocked",
        EventKind::DayRolled { .. } => "day_rolled",
        EventKind::DayClosed(_) => "day_closed",
        EventKind::Consistency(_) => "consistency",
        EventKind::TargetReached { .. } => "target_reached",
        EventKind::StateChanged { .. } => "state_changed",
        EventKind::Adjusted { .. } => "adjusted",
        EventKind::AdjustDenied { .. } => "adjust_denied",
        EventKind::PayoutApproved { .. } => "payout_approved",
        EventKind::PayoutDenied { .. } => "payout_denied",
    }
}

/// Why an account is in a state that it changed to.
const fn state_reason(to: AccountState) -> &'static str {
    match to {
        AccountState::Failed => "limit_breached",
        AccountState::Passed => "objectives_met",
        AccountState::Evaluation | AccountState::Funded | AccountState::Closed => "requested",
    }
}

/// A value written as its text.
struct Text<T>(T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The fields of one JSON object.
struct Fields<'a, M> {
    map: M,
    names: &'a Names,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn put(&mut self, name: &str, value: impl Serialize) -> Result<(), M::Error> {
        self.map.serialize_entry(name, &value)
    }

    fn text(&mut self, name: &str, value: impl Display) -> Result<(), M::Error> {
        self.put(name, Text(value))
    }

    fn account(&mut self, id: AccountId) -> Result<(), M::Error> {
        self.put("account", self.names.account(id))
    }

    fn instrument(&mut self, id: InstrumentId) -> Result<(), M::Error> {
        self.put("instrument", self.names.instrument(id))?;
        self.put("symbol", self.names.symbol(id).map(Text))
    }

    fn plan(&mut self, id: PlanId) -> Result<(), M::Error> {
        self.put("plan", self.names.plan(id))?;
        self.put("plan_name", self.names.plan_name(id).map(Text))
    }

    fn kind(&mut self, kind: &EventKind, rest: &[Event]) -> Result<(), M::Error> {
        match kind {
            EventKind::InputRejected { reason } => self.rejection(*reason),
            EventKind::InstrumentRegistered { instrument } => self.instrument(*instrument),
            EventKind::StatusChanged { instrument, status } => {
                self.instrument(*instrument)?;
                self.put("status", status.word())
            }
            EventKind::PlanDefined {
                plan,
                version,
                hash,
            } => {
                self.plan(*plan)?;
                self.put("version", version)?;
                self.text("hash", hash)
            }
            EventKind::CompetitionDefined { competition } => {
                self.put("competition", self.names.competition(*competition))
            }
            EventKind::AccountOpened {
                account,
                plan,
                parent,
                balance,
            } => {
                self.account(*account)?;
                self.plan(*plan)?;
                self.put("parent", parent.map(|parent| self.names.account(parent)))?;
                self.text("balance", balance)
            }
            EventKind::CompetitionEntered {
                competition,
                account,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.account(*account)
            }
            EventKind::OrderAccepted { order, request } => {
                self.account(request.account)?;
                self.put("order_id", self.names.order(*order))?;
                self.request(request)
            }
            EventKind::OrderDenied { request, reason } => {
                self.account(request.account)?;
                self.request(request)?;
                self.put("reason", reason.word())
            }
            EventKind::OrderTriggered {
                account,
                order,
                price,
            } => {
                self.account(*account)?;
                self.put("order_id", self.names.order(*order))?;
                self.text("price", price)
            }
            EventKind::OrderAmended {
                account,
                order,
                qty,
                price,
            } => {
                self.account(*account)?;
                self.put("order_id", self.names.order(*order))?;
                self.text("qty", qty)?;
                self.text("price", price)
            }
            EventKind::OrderCancelled {
                account,
                order,
                leaves,
                reason,
            } => {
                self.account(*account)?;
                self.put("order_id", self.names.order(*order))?;
                self.text("leaves", leaves)?;
                self.put("reason", reason.word())
            }
            EventKind::ChangeDenied {
                account,
                order,
                reason,
            } => {
                self.account(*account)?;
                self.put("order_id", self.names.order(*order))?;
                self.put("reason", reason.word())
            }
            EventKind::Fill(fill) => self.fill(fill),
            EventKind::FloorMoved(moved) => {
                self.account(moved.account)?;
                self.put("rule", moved.rule.word())?;
                self.text("baseline", moved.baseline)?;
                self.text("allowance", moved.allowance)?;
                self.text("floor", moved.floor)?;
                self.put("cause", moved.cause.word())
            }
            EventKind::Breach(breach) => self.breach(breach, rest),
            EventKind::BreachPosition(position) => {
                self.account(position.account)?;
                self.breach_position(position)
            }
            EventKind::DayLocked { account } | EventKind::DayUnlocked { account } => {
                self.account(*account)
            }
            EventKind::DayRolled { schedule, day } => {
                self.text("day", day)?;
                self.text("zone", schedule.zone)?;
                self.put("time", time::time_of_day(schedule.minute))
            }
            EventKind::DayClosed(close) => {
                self.account(close.account)?;
                self.text("day", close.day)?;
                self.text("pnl", close.pnl)?;
                self.text("balance", close.balance)?;
                self.text("equity", close.equity)?;
                self.put("counted", close.counted)
            }
            EventKind::Consistency(consistency) => self.consistency(consistency),
            EventKind::TargetReached {
                account,
                balance,
                target,
            } => {
                self.account(*account)?;
                self.text("balance", balance)?;
                self.text("target", target)
            }
            EventKind::StateChanged { account, from, to } => {
                self.account(*account)?;
                self.put("from", from.word())?;
                self.put("to", to.word())?;
                self.put("reason", state_reason(*to))
            }
            EventKind::Adjusted {
                account,
                kind,
                amount,
                balance,
                size,
            } => {
                self.account(*account)?;
                self.put("kind", kind.word())?;
                self.text("amount", amount)?;
                self.text("balance", balance)?;
                self.text("size", size)
            }
            EventKind::AdjustDenied {
                account,
                kind,
                reason,
            } => {
                self.account(*account)?;
                self.put("kind", kind.word())?;
                self.put("reason", reason.word())
            }
            EventKind::PayoutApproved {
                account,
                amount,
                trader,
                firm,
                balance,
            } => {
                self.account(*account)?;
                self.text("amount", amount)?;
                self.text("trader", trader)?;
                self.text("firm", firm)?;
                self.text("balance", balance)
            }
            EventKind::PayoutDenied {
                account,
                requested,
                eligible,
                reason,
            } => {
                self.account(*account)?;
                self.text("requested", requested)?;
                self.text("eligible", eligible)?;
                self.put("reason", reason.word())
            }
        }
    }

    fn rejection(&mut self, reason: InputRejection) -> Result<(), M::Error> {
        self.put("reason", word::rejection(reason))?;
        match reason {
            InputRejection::BadInstrument(error) => self.text("detail", error),
            _ => Ok(()),
        }
    }

    fn request(&mut self, request: &NewOrder) -> Result<(), M::Error> {
        let client_order = self.names.client_order(request.client_order);
        self.put("client_order_id", client_order)?;
        self.instrument(request.instrument)?;
        self.put("side", request.side.word())?;
        self.put("order_type", word::order_type(request.kind))?;
        self.text("qty", request.qty)?;
        match request.kind {
            OrderKind::Market => {}
            OrderKind::Limit { price } => self.text("price", price)?,
            OrderKind::Stop { trigger } => self.text("trigger", trigger)?,
        }
        self.put("tif", request.tif.word())
    }

    fn fill(&mut self, fill: &Fill) -> Result<(), M::Error> {
        self.account(fill.account)?;
        self.put("order_id", self.names.order(fill.order))?;
        let client_order = self.names.client_order(fill.client_order);
        self.put("client_order_id", client_order)?;
        self.instrument(fill.instrument)?;
        self.put("side", fill.side.word())?;
        self.text("qty", fill.qty)?;
        self.text("price", fill.price)?;
        self.text("leaves", fill.leaves)?;
        self.text("fee", fill.fee)?;
        self.text("realised", fill.realised)?;
        self.text("balance", fill.balance)?;
        self.text("position", fill.position)?;
        self.put("liquidation", fill.cause == types::FillCause::Liquidation)
    }

    fn breach(&mut self, breach: &Breach, rest: &[Event]) -> Result<(), M::Error> {
        self.account(breach.account)?;
        self.put("rule", breach.rule.word())?;
        self.put("effect", breach.effect.word())?;
        self.put("primary", breach.primary)?;
        self.put("touch_is_breach", breach.touch_is_breach)?;
        self.text("balance", breach.balance)?;
        self.text("equity", breach.equity)?;
        self.text("baseline", breach.baseline)?;
        self.text("allowance", breach.allowance)?;
        self.text("floor", breach.floor)?;
        self.plan(breach.plan)?;
        self.put("plan_version", breach.plan_version)?;
        self.text("plan_hash", breach.plan_hash)?;
        let positions = Positions {
            events: rest.get(..breach.positions as usize).unwrap_or(rest),
            names: self.names,
        };
        self.put("positions", positions)
    }

    fn breach_position(&mut self, held: &BreachPosition) -> Result<(), M::Error> {
        self.instrument(held.instrument)?;
        self.text("qty", held.position)?;
        self.text("cost", held.cost)?;
        self.text("bid", held.bid)?;
        self.text("ask", held.ask)?;
        let mark = if held.position.is_negative() {
            held.ask
        } else {
            held.bid
        };
        self.text("mark", mark)?;
        self.text("pnl", held.unrealised)
    }

    fn consistency(&mut self, standing: &Consistency) -> Result<(), M::Error> {
        self.account(standing.account)?;
        self.text("best_day", standing.best_day)?;
        self.text("denominator", standing.denominator)?;
        let share = percent::share(standing.best_day.0.into(), standing.denominator.0.into());
        self.put("share_pct", share)?;
        self.put("cap_pct", percent::exact(standing.cap))?;
        self.put("inclusive", standing.inclusive)?;
        self.put("met", standing.met)?;
        self.text("total_needed", standing.total_needed)?;
        self.text("next_day_max", standing.next_day_max)
    }
}

/// The positions of a breach: the events that follow it, as a list.
struct Positions<'a> {
    events: &'a [Event],
    names: &'a Names,
}

impl Serialize for Positions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.events.iter().filter_map(|event| match &event.kind {
            EventKind::BreachPosition(held) => Some(Position {
                held,
                names: self.names,
            }),
            _ => None,
        }))
    }
}

struct Position<'a> {
    held: &'a BreachPosition,
    names: &'a Names,
}

impl Serialize for Position<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields {
            map: serializer.serialize_map(None)?,
            names: self.names,
        };
        fields.breach_position(self.held)?;
        fields.map.end()
    }
}

impl fmt::Display for EventDto<'_> {
    /// One line of JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use types::{Effect, Money, Notional, PlanHash, Price, RuleKind, Seq, SignedQty, TimestampNs};

    use super::*;

    fn event(kind: EventKind) -> Event {
        Event {
            seq: Seq(7),
            ts: TimestampNs(1_709_208_000_000_000_000),
            kind,
        }
    }

    #[test]
    fn a_breach_carries_its_positions() {
        let account = AccountId(3);
        let breach = Breach {
            account,
            rule: RuleKind::MaxLoss,
            effect: Effect::Fail,
            primary: true,
            touch_is_breach: false,
            balance: Money::whole(92_000),
            equity: Notional(Money(89_999_500_000).to_notional().0 - 1),
            baseline: Money::whole(100_000),
            allowance: Money::whole(10_000),
            floor: Money::whole(90_000),
            plan: PlanId(0),
            plan_version: 2,
            plan_hash: PlanHash([0xab; 32]),
            positions: 1,
        };
        let held = BreachPosition {
            account,
            instrument: InstrumentId(0),
            position: SignedQty::whole(-2),
            cost: Money::whole(-200).to_notional(),
            bid: Price::whole(1_099),
            ask: Price::whole(1_100),
            unrealised: Money::whole(-2_000).to_notional(),
        };
        let list = [
            event(EventKind::Breach(breach)),
            event(EventKind::BreachPosition(held)),
            event(EventKind::DayLocked { account }),
        ];
        let names = Names::numbers();
        let lines: Vec<_> = events(&list, &names).map(|dto| dto.to_string()).collect();
        let hash = "ab".repeat(32);
        assert_eq!(
            lines[0],
            format!(
                r#"{{"seq":"7","ts":"2024-02-29T12:00:00Z","type":"breach","account":"3","rule":"max_loss","effect":"fail","primary":true,"touch_is_breach":false,"balance":"92000","equity":"89999.49999999999999999","baseline":"100000","allowance":"10000","floor":"90000","plan":"0","plan_name":null,"plan_version":2,"plan_hash":"{hash}","positions":[{{"instrument":"0","symbol":null,"qty":"-2","cost":"-200","bid":"1099","ask":"1100","mark":"1100","pnl":"-2000"}}]}}"#
            )
        );
        assert_eq!(
            lines[1..],
            [r#"{"seq":"7","ts":"2024-02-29T12:00:00Z","type":"day_locked","account":"3"}"#]
        );
    }
}
