//! Competitions: who enters, what time and the organiser do to them, and when their scores count.

use rules::{Contest as Life, ContestChange, Entry, Key, Standing};
use types::{
    AccountId, AccountState, CompetitionChange, CompetitionId, CompetitionState, ContestRefusal,
    EntryRefusal, EventKind, InputRejection, Notional, TeamId, TimestampNs,
};

use super::registry::reject;
use super::{Contest, Entrant, Frozen, Shard};
use crate::account::{Account, EntryPlace};
use crate::event_buf::EventBuf;

impl Contest {
    /// Whether scores count.
    #[inline]
    pub(crate) fn is_live(&self) -> bool {
        self.life.state() == CompetitionState::Live
    }
}

impl Shard {
    pub(super) fn enter_competition(
        &mut self,
        competition: CompetitionId,
        account: AccountId,
        team: Option<TeamId>,
        events: &mut EventBuf,
    ) {
        let Some(contest) = self.contests.get(competition.0 as usize) else {
            return reject(events, InputRejection::UnknownCompetition);
        };
        let Some(entrant) = self.accounts.get(account.0 as usize) else {
            return reject(events, InputRejection::UnknownAccount);
        };
        let equity = self.equity_of(entrant);
        if let Err(refusal) = self.check_entry(entrant, equity) {
            return reject(events, InputRejection::CannotEnter(refusal));
        }
        let index = contest.entries.len() as u32;
        let contest = &mut self.contests[competition.0 as usize];
        if let Err(reason) = contest.life.enter(&contest.competition.contest, team) {
            return events.push(EventKind::CompetitionDenied {
                competition,
                account: Some(account),
                reason,
            });
        }
        contest.entries.push(Entrant {
            account,
            entry: Entry::enter(equity),
            frozen: None,
            breached: false,
        });
        self.accounts[account.0 as usize].entry = Some(EntryPlace { competition, index });
        self.set_bands(account);
        events.push(EventKind::CompetitionEntered {
            competition,
            account,
        });
    }

    fn check_entry(&self, account: &Account, equity: Notional) -> Result<(), EntryRefusal> {
        if let Some(place) = account.entry {
            let competition = place.competition;
            return Err(EntryRefusal::Entered { competition });
        }
        if !account.is_trading() {
            let state = account.state();
            return Err(EntryRefusal::NotTrading { state });
        }
        if equity.0 <= 0 {
            return Err(EntryRefusal::NoEquity);
        }
        let plan = &self.plans[account.plan.0 as usize].plan;
        if plan.payout.is_some() {
            return Err(EntryRefusal::PaysOut);
        }
        if plan.scaling.is_some() {
            return Err(EntryRefusal::Scales);
        }
        Ok(())
    }

    /// The range of equity that moves nothing an account's entry remembers; `None` where it has no
    /// entry whose score counts.
    #[inline]
    pub(crate) fn entry_quiet(&self, account: &Account) -> Option<(Notional, Notional)> {
        let place = account.entry?;
        let contest = &self.contests[place.competition.0 as usize];
        contest
            .is_live()
            .then(|| contest.entries[place.index as usize].entry.quiet())
    }

    /// An account's entry, while its score counts.
    #[inline]
    pub(super) fn live_entry_mut(&mut self, place: Option<EntryPlace>) -> Option<&mut Entry> {
        let place = place?;
        let contest = &mut self.contests[place.competition.0 as usize];
        contest
            .is_live()
            .then(|| &mut contest.entries[place.index as usize].entry)
    }

    /// When time does something to a competition next.
    pub(crate) fn next_contest(&self) -> Option<(TimestampNs, CompetitionId)> {
        let due = (0..).map(CompetitionId).zip(&self.contests);
        due.filter_map(|(id, contest)| {
            let (at, _) = contest.life.due(&contest.competition.contest)?;
            Some((at, id))
        })
        .min()
    }

    /// Finds again when time does something to a competition.
    pub(crate) fn refresh_contests(&mut self) {
        self.contest_due = self
            .next_contest()
            .map_or(TimestampNs(u64::MAX), |(at, _)| at);
    }

    /// Time does the next thing to a competition.
    pub(super) fn run_contest(&mut self, events: &mut EventBuf) {
        let Some((_, id)) = self.next_contest() else {
            return;
        };
        let contest = &self.contests[id.0 as usize];
        let due = contest.life.due(&contest.competition.contest);
        match due {
            Some((_, ContestChange::Started)) => self.restart_entries(id),
            Some((_, ContestChange::Frozen)) => self.freeze_entries(id),
            Some((_, ContestChange::Ended)) => self.end_entries(id),
            None => {}
        }
        let contest = &mut self.contests[id.0 as usize];
        let rules = &contest.competition.contest;
        match contest.life.advance(rules, self.ts) {
            Some(ContestChange::Frozen) => events.push(EventKind::BoardFrozen { competition: id }),
            Some(ContestChange::Started | ContestChange::Ended) => {
                events.push(EventKind::CompetitionChanged {
                    competition: id,
                    state: contest.life.state(),
                });
            }
            None => {}
        }
        self.redraw_bands(id);
        self.refresh_contests();
    }

    /// Entries start at the equity that they have when the window does. One that has none left starts
    /// at the least there is.
    fn restart_entries(&mut self, id: CompetitionId) {
        for index in 0..self.contests[id.0 as usize].entries.len() {
            let account = self.contests[id.0 as usize].entries[index].account;
            let equity = self.equity_of(&self.accounts[account.0 as usize]);
            let entrant = &mut self.contests[id.0 as usize].entries[index];
            entrant.entry = Entry::enter(Notional(equity.0.max(1)));
        }
    }

    fn freeze_entries(&mut self, id: CompetitionId) {
        self.score_entries(id);
        let Contest { life, entries, .. } = &mut self.contests[id.0 as usize];
        for (number, entrant) in (0..).zip(entries) {
            let account = &self.accounts[entrant.account.0 as usize];
            entrant.frozen = Some(Frozen {
                entry: entrant.entry.clone(),
                breached: account.state() == AccountState::Failed,
                disqualified: life.disqualification(number).map(|row| row.reason),
            });
        }
    }

    /// The last look at every entry.
    fn end_entries(&mut self, id: CompetitionId) {
        self.score_entries(id);
        for index in 0..self.contests[id.0 as usize].entries.len() {
            let account = self.contests[id.0 as usize].entries[index].account;
            let breached = self.accounts[account.0 as usize].state() == AccountState::Failed;
            self.contests[id.0 as usize].entries[index].breached = breached;
        }
    }

    /// Every entry observes its account's equity, and has its place on the board.
    fn score_entries(&mut self, id: CompetitionId) {
        for index in 0..self.contests[id.0 as usize].entries.len() {
            let account = self.contests[id.0 as usize].entries[index].account;
            let known = &self.accounts[account.0 as usize];
            let (equity, breached) = (self.equity_of(known), known.state() == AccountState::Failed);
            let contest = &mut self.contests[id.0 as usize];
            let entry = &mut contest.entries[index].entry;
            entry.observe(equity, self.ts);
            let number = index as u32;
            let standing = Standing::new(account, number, entry, &contest.competition, breached);
            // It is live and the entrant is one of its own, so nothing is refused.
            let scored = contest.life.score(number, account, Key::of(&standing));
            debug_assert!(scored.is_ok());
        }
    }

    /// What an entry remembers may have changed as a whole: its account's bands follow.
    fn redraw_bands(&mut self, id: CompetitionId) {
        for index in 0..self.contests[id.0 as usize].entries.len() {
            let account = self.contests[id.0 as usize].entries[index].account;
            self.set_bands(account);
        }
    }

    pub(super) fn change_competition(
        &mut self,
        id: CompetitionId,
        change: CompetitionChange,
        events: &mut EventBuf,
    ) {
        if self.contests.get(id.0 as usize).is_none() {
            return reject(events, InputRejection::UnknownCompetition);
        }
        let account = match change {
            CompetitionChange::Disqualify { account, .. }
            | CompetitionChange::Reinstate { account } => Some(account),
            CompetitionChange::End | CompetitionChange::Finalise => None,
        };
        let done = match change {
            CompetitionChange::End => self.end_competition(id, events),
            CompetitionChange::Disqualify { account, reason } => {
                let ts = self.ts;
                self.entrant_of(id, account).and_then(|entrant| {
                    let life = &mut self.contests[id.0 as usize].life;
                    life.disqualify(entrant, account, reason, ts)?;
                    events.push(EventKind::Disqualified {
                        competition: id,
                        account,
                        reason,
                    });
                    Ok(())
                })
            }
            CompetitionChange::Reinstate { account } => {
                self.entrant_of(id, account).and_then(|entrant| {
                    let life = &mut self.contests[id.0 as usize].life;
                    life.reinstate(entrant, account)?;
                    events.push(EventKind::Reinstated {
                        competition: id,
                        account,
                    });
                    Ok(())
                })
            }
            CompetitionChange::Finalise => self.finalise(id, events),
        };
        if let Err(reason) = done {
            events.push(EventKind::CompetitionDenied {
                competition: id,
                account,
                reason,
            });
        }
        self.refresh_contests();
    }

    fn end_competition(
        &mut self,
        id: CompetitionId,
        events: &mut EventBuf,
    ) -> Result<(), ContestRefusal> {
        let contest = &self.contests[id.0 as usize];
        // A trial, so that nothing is scored for a competition that does not end.
        let mut life: Life = contest.life.clone();
        life.end(&contest.competition.contest)?;
        self.end_entries(id);
        let contest = &mut self.contests[id.0 as usize];
        contest.life.end(&contest.competition.contest)?;
        events.push(EventKind::CompetitionChanged {
            competition: id,
            state: contest.life.state(),
        });
        self.redraw_bands(id);
        Ok(())
    }

    fn finalise(&mut self, id: CompetitionId, events: &mut EventBuf) -> Result<(), ContestRefusal> {
        let contest = &mut self.contests[id.0 as usize];
        contest.life.finalise(&contest.competition.contest)?;
        events.push(EventKind::CompetitionChanged {
            competition: id,
            state: contest.life.state(),
        });
        let Some(awards) = contest.life.awards() else {
            return Ok(());
        };
        for award in &awards.paid {
            events.push(EventKind::PrizeAwarded {
                competition: id,
                account: award.account,
                amount: award.amount,
            });
        }
        if awards.unclaimed.0 != 0 {
            events.push(EventKind::PrizesUnclaimed {
                competition: id,
                amount: awards.unclaimed,
            });
        }
        Ok(())
    }

    /// The number of an account among the entrants of a competition.
    fn entrant_of(&self, id: CompetitionId, account: AccountId) -> Result<u32, ContestRefusal> {
        let known = self.accounts.get(account.0 as usize);
        known
            .and_then(|account| account.entry)
            .filter(|place| place.competition == id)
            .map(|place| place.index)
            .ok_or(ContestRefusal::UnknownEntrant(account))
    }
}
