//! Facts about the life of a competition.

use serde::ser::SerializeMap;
use types::EventKind;

use super::fields::Fields;
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
                self.text("detail", reason)
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
