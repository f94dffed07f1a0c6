//! Facts about the life of an account, and why its state changed.

use serde::ser::SerializeMap;
use types::{AccountId, AccountState, Event, EventKind, OpenDenial, Origin, Parentage};

use super::EventDto;
use super::fields::{Fields, Text};
use crate::dto::reason::Figures;
use crate::dto::word::{self, Word};

/// Why an account is in a state that it changed to. The engine says so in other facts of the same
/// input: before the change, or after it where another account takes its place.
fn state_reason(dto: &EventDto<'_>, account: AccountId, to: AccountState) -> &'static str {
    let is_same = |other: &&Event| other.seq == dto.event.seq;
    let mut before = dto.before.iter().rev().take_while(is_same);
    let mut rest = dto.rest.iter().take_while(is_same);
    let suspends = |event: &Event| match event.kind {
        EventKind::Suspended {
            account: whose,
            suspension,
        } if whose == account => Some(suspension.reason.word()),
        _ => None,
    };
    let rested =
        |event: &Event| matches!(event.kind, EventKind::Inactive(rest) if rest.account == account);
    let is_paid_out = |event: &Event| matches!(event.kind, EventKind::PaidOut { account: whose, .. } if whose == account);
    let lapsed =
        |event: &Event| matches!(event.kind, EventKind::Lapsed(lapse) if lapse.account == account);
    match to {
        AccountState::Failed | AccountState::Closed if before.clone().any(lapsed) => "time_limit",
        AccountState::Passed => "objectives_met",
        AccountState::Suspended => before.find_map(suspends).unwrap_or("requested"),
        AccountState::Evaluation | AccountState::Funded => "resumed",
        AccountState::Failed | AccountState::Closed if before.clone().any(rested) => "inactivity",
        AccountState::Failed => "limit_breached",
        AccountState::Closed if before.any(is_paid_out) => "payouts_max",
        AccountState::Closed if rest.any(|event| replaces(event, account)) => "reset",
        AccountState::Closed => "requested",
    }
}

fn replaces(event: &Event, account: AccountId) -> bool {
    let reset = Parentage {
        account,
        origin: Origin::Reset,
    };
    matches!(event.kind, EventKind::AccountOpened { parent, .. } if parent == Some(reset))
}

impl<M: SerializeMap> Fields<'_, M> {
    pub(super) fn of_life(&mut self, dto: &EventDto<'_>) -> Result<(), M::Error> {
        match &dto.event.kind {
            EventKind::AccountOpened {
                account,
                plan,
                parent,
                balance,
            } => {
                self.account(*account)?;
                self.plan(*plan)?;
                let follows = parent.map(|parent| self.names.account(parent.account));
                self.put("parent", follows)?;
                if let Some(parent) = parent {
                    self.put("origin", parent.origin.word())?;
                }
                self.text("balance", balance)
            }
            EventKind::AccountDenied {
                plan,
                parent,
                reason,
            } => {
                self.plan(*plan)?;
                self.put("parent", self.names.account(parent.account))?;
                self.put("origin", parent.origin.word())?;
                self.opening_denial(*reason)
            }
            EventKind::Suspended {
                account,
                suspension,
            } => {
                self.account(*account)?;
                self.put("reason", suspension.reason.word())?;
                self.put("until", suspension.until.map(Text))?;
                self.put("prior", suspension.prior.word())
            }
            EventKind::AccountChangeDenied {
                account,
                change,
                state,
            } => {
                self.account(*account)?;
                self.put("change", word::account_change(*change))?;
                self.put("state", state.word())
            }
            EventKind::Inactive(rest) => self.rest(rest, dto.rest),
            EventKind::PaidOut { account, payouts } => {
                self.account(*account)?;
                self.put("payouts", payouts)
            }
            EventKind::Lapsed(lapse) => self.lapse(lapse, dto.rest),
            EventKind::StateChanged { account, from, to } => {
                self.account(*account)?;
                self.put("from", from.word())?;
                self.put("to", to.word())?;
                self.put("reason", state_reason(dto, *account, *to))
            }
            _ => Ok(()),
        }
    }

    fn opening_denial(&mut self, reason: OpenDenial) -> Result<(), M::Error> {
        self.put("reason", word::open_denial(reason))?;
        let figures = Figures::of_opening(reason);
        self.unusual("figures", !figures.is_empty(), figures)
    }
}
