//! Breaches and rests with their proof, and how an account stands against its consistency rule.

use serde::ser::{Serialize, SerializeMap, Serializer};
use types::{
    BaselineOrigin, Breach, BreachPosition, Consistency, Event, EventKind, Lapse, Money, Rest,
};

use super::fields::{Fields, Text};
use crate::dto::names::Names;
use crate::dto::percent;
use crate::dto::word::{self, Word};

impl<M: SerializeMap> Fields<'_, M> {
    pub(super) fn breach(&mut self, breach: &Breach, rest: &[Event]) -> Result<(), M::Error> {
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
        self.positions(breach.positions, rest)
    }

    pub(super) fn rest(&mut self, rest: &Rest, after: &[Event]) -> Result<(), M::Error> {
        self.account(rest.account)?;
        self.put("days", rest.days)?;
        self.put("limit", rest.limit)?;
        self.put("effect", rest.effect.word())?;
        self.text("active", rest.active)?;
        self.text("active_seq", rest.active_seq)?;
        self.text("active_ts", rest.active_ts)?;
        self.text("opens", rest.opens)?;
        self.text("equity", rest.equity)?;
        self.positions(rest.positions, after)
    }

    pub(super) fn lapse(&mut self, lapse: &Lapse, after: &[Event]) -> Result<(), M::Error> {
        self.account(lapse.account)?;
        self.put("limit", lapse.limit)?;
        self.put("counts", lapse.counts.word())?;
        self.put("effect", lapse.effect.word())?;
        self.text("opened", lapse.opened)?;
        self.text("last", lapse.last)?;
        self.text("opens", lapse.opens)?;
        self.text("equity", lapse.equity)?;
        self.positions(lapse.positions, after)
    }

    /// The positions that follow a verdict.
    fn positions(&mut self, count: u32, rest: &[Event]) -> Result<(), M::Error> {
        let positions = Positions {
            events: rest.get(..count as usize).unwrap_or(rest),
            names: self.names,
        };
        self.put("positions", positions)
    }

    /// Where the baseline of a limit comes from.
    pub(super) fn origin(&mut self, origin: &BaselineOrigin) -> Result<(), M::Error> {
        self.text("baseline_seq", origin.seq)?;
        self.text("baseline_ts", origin.ts)?;
        self.put("baseline_from", word::baseline_source(origin.source))?;
        self.put("peak", origin.source.peak().map(Text))
    }

    pub(super) fn breach_position(&mut self, held: &BreachPosition) -> Result<(), M::Error> {
        self.instrument(held.instrument)?;
        self.text("qty", held.position)?;
        self.text("cost", held.cost)?;
        self.text("bid", held.bid)?;
        self.text("ask", held.ask)?;
        self.put("last", held.last.map(|last| last.to_string()))?;
        self.text("mark", held.mark)?;
        self.text("mark_seq", held.mark_seq)?;
        self.text("pnl", held.unrealised)
    }

    pub(super) fn of_basis(&mut self, kind: &EventKind) -> Result<(), M::Error> {
        match kind {
            EventKind::VerdictBasis(basis) => {
                self.account(basis.account)?;
                self.plan(basis.plan)?;
                self.put("plan_version", basis.plan_version)?;
                self.text("plan_hash", basis.plan_hash)?;
                self.text("size", basis.size)?;
                self.text("own", basis.own)?;
                self.text("balance", basis.balance)?;
                self.text("excluded", basis.excluded)?;
                self.text("never_paid", basis.never_paid)?;
                self.text("beyond_best_day", basis.beyond_best_day)?;
                self.put("days", basis.days)?;
                self.put("payout_days", basis.payout_days)?;
                self.put("positions", basis.positions)?;
                if basis.payouts > 0 {
                    self.put("payouts", basis.payouts)?;
                }
                if basis.days_since_payout > 0 {
                    self.put("days_since_payout", basis.days_since_payout)?;
                }
                Ok(())
            }
            EventKind::LimitBasis(basis) => {
                self.account(basis.account)?;
                self.put("rule", basis.rule.word())?;
                self.text("baseline", basis.baseline)?;
                self.text("allowance", basis.allowance)?;
                self.text("floor", basis.floor)?;
                self.text("lowered", basis.lowered)?;
                self.put("held", basis.held.map(Text))?;
                self.origin(&basis.origin)
            }
            EventKind::CashBasis(basis) => {
                self.account(basis.account)?;
                self.text("currency", basis.currency)?;
                self.text("cash", basis.cash)?;
                self.text("rate", basis.rate)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn consistency(&mut self, standing: &Consistency) -> Result<(), M::Error> {
        self.account(standing.account)?;
        self.text("best_day", standing.best_day)?;
        self.text("total", standing.total)?;
        self.text("denominator", standing.denominator)?;
        let share = percent::share(standing.best_day.0.into(), standing.denominator.0.into());
        self.put("share_pct", share)?;
        self.put("cap_pct", percent::exact(standing.cap))?;
        self.put("inclusive", standing.inclusive)?;
        self.put("met", standing.met)?;
        let text = |amount: Option<Money>| amount.map(|amount| amount.to_string());
        self.put("total_needed", text(standing.total_needed))?;
        self.put("next_day_max", text(standing.next_day_max))
    }
}

/// The positions of a breach or a rest: the events that follow it, as a list.
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
