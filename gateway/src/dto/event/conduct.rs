//! Facts about windows, excluded profit, warnings and standings.

use serde::ser::SerializeMap;
use types::{EventKind, LimitWarning, PlanId, ScaleStanding, decimal};

use super::fields::Fields;
use crate::dto::calendar::CalendarDto;
use crate::dto::percent;
use crate::dto::plan::one_or_several;
use crate::dto::word::Word;

/// Decimals of a second.
const SECOND_DECIMALS: u32 = 9;

impl<M: SerializeMap> Fields<'_, M> {
    pub(super) fn of_conduct(&mut self, kind: &EventKind) -> Result<(), M::Error> {
        match kind {
            EventKind::WindowAnnounced { calendar, interval } => {
                self.put("calendar", CalendarDto::new(*calendar))?;
                self.text("start", interval.start)?;
                self.text("end", interval.end)
            }
            EventKind::WindowOpened {
                plan,
                window,
                until,
            } => {
                self.window(*plan, *window)?;
                self.text("until", until)
            }
            EventKind::WindowClosed { plan, window } => self.window(*plan, *window),
            EventKind::ProfitExcluded {
                account,
                instrument,
                order,
                amount,
                window,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.instrument(*instrument)?;
                self.text("amount", amount)?;
                self.put("window", window)
            }
            EventKind::HeldTooShort {
                account,
                instrument,
                order,
                held_ns,
                seconds,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.instrument(*instrument)?;
                self.put("held_s", in_seconds(*held_ns))?;
                self.put("min_s", seconds)
            }
            EventKind::ScaleStanding(standing) => self.scale_standing(standing),
            EventKind::LimitWarned(warning) => self.limit_warned(warning),
            _ => Ok(()),
        }
    }

    fn window(&mut self, plan: PlanId, window: u8) -> Result<(), M::Error> {
        self.plan(plan)?;
        self.put("window", window)?;
        let rule = self.names.window(plan, window);
        self.put("action", rule.map(|rule| rule.action.word()))?;
        match rule.map(|rule| one_or_several(&rule.symbols)) {
            Some((Some(symbol), _)) => self.put("symbol", symbol),
            Some((None, symbols)) if !symbols.is_empty() => self.put("symbols", symbols),
            _ => Ok(()),
        }
    }

    fn scale_standing(&mut self, standing: &ScaleStanding) -> Result<(), M::Error> {
        self.account(standing.account)?;
        self.text("profit", standing.profit)?;
        self.text("profit_needed", standing.profit_needed)?;
        self.put("days", standing.days)?;
        self.put("days_needed", standing.days_needed)?;
        self.put("payouts", standing.payouts)?;
        self.put("payouts_needed", standing.payouts_needed)?;
        self.put("met", standing.is_met())
    }

    fn limit_warned(&mut self, warning: &LimitWarning) -> Result<(), M::Error> {
        self.account(warning.account)?;
        self.put("rule", warning.rule.word())?;
        self.text("equity", warning.equity)?;
        self.text("baseline", warning.baseline)?;
        self.text("allowance", warning.allowance)?;
        self.text("floor", warning.floor)?;
        let used = rules::limit::used(warning.baseline, warning.floor, warning.equity);
        self.put("used_pct", used.map(percent::rounded))
    }
}

/// Seconds as decimal text.
fn in_seconds(ns: u64) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = decimal::write(&mut text, ns.into(), SECOND_DECIMALS);
    text
}
