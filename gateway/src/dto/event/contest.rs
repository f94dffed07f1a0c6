//! Facts about the life of a competition.

use serde::ser::SerializeMap;
use types::{ContestRefusal, EventKind};

use super::fields::Fields;
use crate::dto::names::Names;
use crate::dto::word::{self, Word};

impl<M: SerializeMap> Fields<'_, M> {
    pub(super) fn of_contest(&mut self, kind: &EventKind) -> Result<(), M::Error> {
        match kind {
            EventKind::CompetitionChanged { competition, state } => {
                self.put("competition", self.names.competition(*competition))?;
                self.text("state", state)
            }
            EventKind::BoardFrozen { competition } => {
                self.put("competition", self.names.competition(*competition))
            }
            EventKind::Disqualified {
                competition,
                account,
                reason,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.account(*account)?;
                self.put("reason", reason.word())
            }
            EventKind::Reinstated {
                competition,
                account,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.account(*account)
            }
            EventKind::CompetitionDenied {
                competition,
                account,
                reason,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.put(
                    "account",
                    account.map(|account| self.names.account(account)),
                )?;
                self.put("reason", word::contest_refusal(*reason))?;
                self.put("detail", denial(*reason, self.names))
            }
            EventKind::PrizeAwarded {
                competition,
                account,
                amount,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.account(*account)?;
                self.text("amount", amount)
            }
            EventKind::PrizesUnclaimed {
                competition,
                amount,
            } => {
                self.put("competition", self.names.competition(*competition))?;
                self.text("amount", amount)
            }
            _ => Ok(()),
        }
    }
}

/// A refusal in words, with the account as it is called.
fn denial(reason: ContestRefusal, names: &Names) -> String {
    match reason {
        ContestRefusal::UnknownEntrant(account) => {
            format!(
                "account {} has not entered the competition",
                names.account(account)
            )
        }
        ContestRefusal::IsDisqualified(account) => {
            format!("account {} is disqualified already", names.account(account))
        }
        ContestRefusal::IsNotDisqualified(account) => {
            format!("account {} is not disqualified", names.account(account))
        }
        _ => reason.to_string(),
    }
}
