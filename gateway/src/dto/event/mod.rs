//! Events as flat JSON objects: `seq`, `ts`, `type`, then the fields of that type.
//!
//! A breach, or a rest that was too long, carries the positions of its proof inside. An id that a fact does not have is null. The terms
//! of an order that are as usual are left out.

mod conduct;
mod contest;
mod fields;
mod life;
mod orders;
mod proof;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use types::{
    AccountId, Breach, BreachPosition, CashBasis, Consistency, DayClose, EntryRefusal, Event,
    EventKind, Fill, FloorMove, InputRejection, Lapse, Leg, LimitBasis, LimitWarning, Rest,
    ScaleStanding, VerdictBasis,
};

use self::fields::Fields;
use super::names::Names;
use super::reason::Figures;
use super::time;
use super::word::{self, Word};

/// One event, ready to be written.
#[derive(Debug, Clone, Copy)]
pub struct EventDto<'a> {
    event: &'a Event,
    /// What went before it; the reason of a change of state is there.
    before: &'a [Event],
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
            before: &events[..place],
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

/// The account that a fact is about; `None` for facts about all. An account that was not opened is none:
/// that is told of its parent.
pub const fn account_of(kind: &EventKind) -> Option<AccountId> {
    match kind {
        EventKind::InputRejected { .. }
        | EventKind::InstrumentRegistered { .. }
        | EventKind::StatusChanged { .. }
        | EventKind::Uncrossed { .. }
        | EventKind::CurveDefined { .. }
        | EventKind::LatencyDefined { .. }
        | EventKind::ConversionSet { .. }
        | EventKind::PlanDefined { .. }
        | EventKind::CompetitionDefined { .. }
        | EventKind::WindowAnnounced { .. }
        | EventKind::WindowOpened { .. }
        | EventKind::WindowClosed { .. }
        | EventKind::CompetitionChanged { .. }
        | EventKind::BoardFrozen { .. }
        | EventKind::PrizesUnclaimed { .. }
        | EventKind::DayRolled { .. } => None,
        EventKind::CompetitionDenied { account, .. } => *account,
        EventKind::AccountDenied { parent, .. } => Some(parent.account),
        EventKind::AccountOpened { account, .. }
        | EventKind::Suspended { account, .. }
        | EventKind::AccountChangeDenied { account, .. }
        | EventKind::Inactive(Rest { account, .. })
        | EventKind::Lapsed(Lapse { account, .. })
        | EventKind::ProfitExcluded { account, .. }
        | EventKind::HeldTooShort { account, .. }
        | EventKind::ScaleStanding(ScaleStanding { account, .. })
        | EventKind::LimitWarned(LimitWarning { account, .. })
        | EventKind::CompetitionEntered { account, .. }
        | EventKind::Disqualified { account, .. }
        | EventKind::Reinstated { account, .. }
        | EventKind::PrizeAwarded { account, .. }
        | EventKind::VerdictBasis(VerdictBasis { account, .. })
        | EventKind::LimitBasis(LimitBasis { account, .. })
        | EventKind::CashBasis(CashBasis { account, .. })
        | EventKind::OrderActivated { account, .. }
        | EventKind::AlgoEnded { account, .. }
        | EventKind::Booked { account, .. }
        | EventKind::MarginCall { account, .. }
        | EventKind::Liquidated { account, .. }
        | EventKind::OrderTriggered { account, .. }
        | EventKind::OrderAmended { account, .. }
        | EventKind::OrderCancelled { account, .. }
        | EventKind::ChangeDenied { account, .. }
        | EventKind::DayLocked { account }
        | EventKind::DayUnlocked { account }
        | EventKind::TargetReached { account, .. }
        | EventKind::PaidOut { account, .. }
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
        EventKind::AlgoAccepted { request, .. } | EventKind::AlgoDenied { request, .. } => {
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
        fields.kind(self)?;
        fields.map.end()
    }
}

/// The value of `type`.
pub const fn event_type(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::InputRejected { .. } => "input_rejected",
        EventKind::InstrumentRegistered { .. } => "instrument_registered",
        EventKind::StatusChanged { .. } => "status_changed",
        EventKind::Uncrossed { .. } => "uncrossed",
        EventKind::CurveDefined { .. } => "curve_defined",
        EventKind::LatencyDefined { .. } => "latency_defined",
        EventKind::ConversionSet { .. } => "conversion_set",
        EventKind::PlanDefined { .. } => "plan_defined",
        EventKind::CompetitionDefined { .. } => "competition_defined",
        EventKind::AccountOpened { .. } => "account_opened",
        EventKind::AccountDenied { .. } => "account_denied",
        EventKind::Suspended { .. } => "suspended",
        EventKind::AccountChangeDenied { .. } => "account_change_denied",
        EventKind::Inactive(_) => "inactive",
        EventKind::Lapsed(_) => "lapsed",
        EventKind::WindowAnnounced { .. } => "window_announced",
        EventKind::CompetitionChanged { .. } => "competition_changed",
        EventKind::BoardFrozen { .. } => "board_frozen",
        EventKind::Disqualified { .. } => "disqualified",
        EventKind::Reinstated { .. } => "reinstated",
        EventKind::CompetitionDenied { .. } => "competition_denied",
        EventKind::PrizeAwarded { .. } => "prize_awarded",
        EventKind::PrizesUnclaimed { .. } => "prizes_unclaimed",
        EventKind::VerdictBasis(_) => "verdict_basis",
        EventKind::LimitBasis(_) => "limit_basis",
        EventKind::CashBasis(_) => "cash_basis",
        EventKind::WindowOpened { .. } => "window_opened",
        EventKind::WindowClosed { .. } => "window_closed",
        EventKind::ProfitExcluded { .. } => "profit_excluded",
        EventKind::HeldTooShort { .. } => "held_too_short",
        EventKind::ScaleStanding(_) => "scale_standing",
        EventKind::LimitWarned(_) => "limit_warned",
        EventKind::CompetitionEntered { .. } => "competition_entered",
        EventKind::OrderAccepted { .. } => "order_accepted",
        EventKind::OrderActivated { .. } => "order_activated",
        EventKind::AlgoAccepted { .. } => "algo_accepted",
        EventKind::AlgoDenied { .. } => "algo_denied",
        EventKind::AlgoEnded { .. } => "algo_ended",
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
        EventKind::PaidOut { .. } => "paid_out",
        EventKind::StateChanged { .. } => "state_changed",
        EventKind::Adjusted { .. } => "adjusted",
        EventKind::AdjustDenied { .. } => "adjust_denied",
        EventKind::Booked { .. } => "booked",
        EventKind::MarginCall { .. } => "margin_call",
        EventKind::Liquidated { .. } => "liquidated",
        EventKind::PayoutApproved { .. } => "payout_approved",
        EventKind::PayoutDenied { .. } => "payout_denied",
    }
}

impl<M: SerializeMap> Fields<'_, M> {
    fn kind(&mut self, dto: &EventDto<'_>) -> Result<(), M::Error> {
        let EventDto { event, rest, .. } = *dto;
        match &event.kind {
            EventKind::InputRejected { reason } => self.rejection(*reason),
            EventKind::InstrumentRegistered { instrument } => self.instrument(*instrument),
            EventKind::StatusChanged {
                instrument,
                status,
                cause,
            } => {
                self.instrument(*instrument)?;
                self.put("status", status.word())?;
                self.put("cause", cause.word())
            }
            EventKind::Uncrossed {
                instrument,
                price,
                qty,
                surplus,
            } => {
                self.instrument(*instrument)?;
                self.text("price", price)?;
                self.text("qty", qty)?;
                self.text("surplus", surplus)
            }
            EventKind::CurveDefined { curve } => self.put("curve", self.names.curve(*curve)),
            EventKind::LatencyDefined { latency } => {
                self.put("latency", self.names.latency(*latency))
            }
            EventKind::ConversionSet { from, to, rate } => {
                self.text("from", from)?;
                self.text("to", to)?;
                self.text("rate", rate)
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
            EventKind::AccountOpened { .. }
            | EventKind::AccountDenied { .. }
            | EventKind::Suspended { .. }
            | EventKind::AccountChangeDenied { .. }
            | EventKind::Inactive(_)
            | EventKind::PaidOut { .. }
            | EventKind::Lapsed(_)
            | EventKind::StateChanged { .. } => self.of_life(dto),
            EventKind::WindowAnnounced { .. }
            | EventKind::WindowOpened { .. }
            | EventKind::WindowClosed { .. }
            | EventKind::ProfitExcluded { .. }
            | EventKind::HeldTooShort { .. }
            | EventKind::ScaleStanding(_)
            | EventKind::LimitWarned(_) => self.of_conduct(&event.kind),
            EventKind::CompetitionChanged { .. }
            | EventKind::BoardFrozen { .. }
            | EventKind::Disqualified { .. }
            | EventKind::Reinstated { .. }
            | EventKind::CompetitionDenied { .. }
            | EventKind::PrizeAwarded { .. }
            | EventKind::PrizesUnclaimed { .. } => self.of_contest(&event.kind),
            EventKind::VerdictBasis(_) | EventKind::LimitBasis(_) | EventKind::CashBasis(_) => {
                self.of_basis(&event.kind)
            }
            EventKind::CompetitionEntered {
                competition,
                account,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.account(*account)
            }
            EventKind::OrderAccepted { .. }
            | EventKind::OrderDenied { .. }
            | EventKind::OrderActivated { .. }
            | EventKind::OrderTriggered { .. }
            | EventKind::OrderAmended { .. }
            | EventKind::OrderCancelled { .. }
            | EventKind::ChangeDenied { .. }
            | EventKind::AlgoAccepted { .. }
            | EventKind::AlgoDenied { .. }
            | EventKind::AlgoEnded { .. }
            | EventKind::Fill(_) => self.of_order(event),
            EventKind::FloorMoved(moved) => {
                self.account(moved.account)?;
                self.put("rule", moved.rule.word())?;
                self.text("baseline", moved.baseline)?;
                self.text("allowance", moved.allowance)?;
                self.text("floor", moved.floor)?;
                self.put("cause", moved.cause.word())?;
                self.origin(&moved.origin)
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
                self.denial(*reason)
            }
            EventKind::Booked {
                account,
                instrument,
                leg,
                cause,
                amount,
                balance,
                position,
            } => {
                self.account(*account)?;
                self.instrument(*instrument)?;
                self.unusual("leg", *leg != Leg::Net, leg.word())?;
                self.put("cause", cause.word())?;
                self.text("amount", amount)?;
                self.text("balance", balance)?;
                self.text("position", position)
            }
            EventKind::MarginCall {
                account,
                equity,
                required,
            } => {
                self.account(*account)?;
                self.text("equity", equity)?;
                self.text("required", required)
            }
            EventKind::Liquidated {
                account,
                equity,
                fees,
                slippage,
            } => {
                self.account(*account)?;
                self.text("equity", equity)?;
                self.text("fees", fees)?;
                self.text("slippage", slippage)
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
                self.put("reason", word::payout_denial(reason))?;
                let figures = Figures::of_payout(reason);
                self.unusual("figures", !figures.is_empty(), figures)
            }
        }
    }

    fn rejection(&mut self, reason: InputRejection) -> Result<(), M::Error> {
        self.put("reason", word::rejection(reason))?;
        match reason {
            InputRejection::BadInstrument(error) => self.text("detail", error),
            InputRejection::CannotEnter(EntryRefusal::Entered { competition }) => {
                self.text("competition", competition)
            }
            InputRejection::CannotEnter(EntryRefusal::NotTrading { state }) => {
                self.put("state", state.word())
            }
            reason => {
                let figures = Figures::of_rejection(reason);
                self.unusual("figures", !figures.is_empty(), figures)
            }
        }
    }
}

impl fmt::Display for EventDto<'_> {
    /// One line of JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
