//! A competition entrant by entrant, for boards that are kept up to date beside the shard.

use rules::{Competition, Entry};
use types::{AccountId, CompetitionId, DisqualificationReason};

use crate::shard::Shard;

impl Shard {
    /// A competition: its definition, and where it is in its life.
    pub fn contest(&self, id: CompetitionId) -> Option<(&Competition, &rules::Contest)> {
        let contest = self.contests.get(id.0 as usize)?;
        Some((&contest.competition, &contest.life))
    }

    /// The account of an entrant, by its number.
    pub fn entrant(&self, id: CompetitionId, number: u32) -> Option<AccountId> {
        let contest = self.contests.get(id.0 as usize)?;
        let entrant = contest.entries.get(number as usize)?;
        Some(entrant.account)
    }

    /// The competition that an account has entered, and its number there.
    pub fn entrance(&self, account: AccountId) -> Option<(CompetitionId, u32)> {
        let place = self.accounts.get(account.0 as usize)?.entry?;
        Some((place.competition, place.index))
    }

    /// An entrant's entry as the board has it, whether its account had violated a hard rule, and why it
    /// was taken off. The `public` board stands still while it is frozen: `None` for who entered since.
    pub fn entry(
        &self,
        id: CompetitionId,
        number: u32,
        public: bool,
    ) -> Option<(Entry, bool, Option<DisqualificationReason>)> {
        let contest = self.contests.get(id.0 as usize)?;
        let entrant = contest.entries.get(number as usize)?;
        if public && contest.life.is_frozen() {
            let frozen = entrant.frozen.as_ref()?;
            return Some((frozen.entry.clone(), frozen.breached, frozen.disqualified));
        }
        let (entry, breached) = self.entry_now(contest, entrant);
        let row = contest.life.disqualification(number);
        Some((entry, breached, row.map(|row| row.reason)))
    }
}
