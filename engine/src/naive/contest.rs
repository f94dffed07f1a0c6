//! Competitions: who enters, what time and the organiser do to them, who stands where. Boards are
//! sorted anew whenever somebody asks.

use rules::oracle::open_on;
use rules::{Awards, Competition, Entry, Ineligible, Key, Score, Standing};
use types::{
    AccountId, AccountState, CompetitionChange, CompetitionId, CompetitionState, ContestRefusal,
    DisqualificationReason, EntryRefusal, EventKind, InputRejection, Notional, TeamId, TradingDay,
};

use super::Naive;
use crate::portrait::{ContestPortrait, EntrantPortrait, PlacePortrait};

const NS_PER_SECOND: u64 = 1_000_000_000;

/// A competition and its entrants, in order of entry.
#[derive(Debug)]
pub(super) struct Contest {
    pub(super) rules: Competition,
    state: CompetitionState,
    /// The public board stands still.
    frozen: bool,
    entrants: Vec<Entrant>,
    awards: Option<Awards>,
}

#[derive(Debug)]
pub(super) struct Entrant {
    account: usize,
    team: Option<TeamId>,
    entry: Entry,
    /// Its account had failed when the competition ended.
    breached: bool,
    disqualified: Option<DisqualificationReason>,
    /// What places it, as it was scored last.
    key: Option<Key>,
    /// How it was when the board froze.
    frozen: Option<Frozen>,
}

#[derive(Debug, Clone)]
struct Frozen {
    entry: Entry,
    breached: bool,
    disqualified: Option<DisqualificationReason>,
}

/// What time does to a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Start,
    Freeze,
    End,
}

impl Contest {
    pub(super) fn new(rules: Competition) -> Self {
        let state = match rules.contest.window {
            Some(_) => CompetitionState::Upcoming,
            None => CompetitionState::Live,
        };
        Self {
            rules,
            state,
            frozen: false,
            entrants: Vec::new(),
            awards: None,
        }
    }

    /// What time does to it next, and when.
    fn next_turn(&self) -> Option<(u64, Turn)> {
        let window = self.rules.contest.window?;
        let freeze_ns = u64::from(self.rules.contest.freeze_s) * NS_PER_SECOND;
        match self.state {
            CompetitionState::Upcoming => Some((window.start.0, Turn::Start)),
            CompetitionState::Live if freeze_ns > 0 && !self.frozen => {
                Some((window.end.0.saturating_sub(freeze_ns), Turn::Freeze))
            }
            CompetitionState::Live => Some((window.end.0, Turn::End)),
            CompetitionState::InReview | CompetitionState::Final => None,
        }
    }

    fn refuse_entry(&self, team: Option<TeamId>) -> Option<ContestRefusal> {
        let rules = &self.rules.contest;
        let max = rules.entry.entrants_max;
        match self.state {
            CompetitionState::Live if !rules.entry.late => Some(ContestRefusal::LateEntry),
            CompetitionState::InReview | CompetitionState::Final => {
                Some(ContestRefusal::State(self.state))
            }
            _ if self.entrants.len() >= max as usize => Some(ContestRefusal::Full { max }),
            _ if rules.teams.is_some() && team.is_none() => Some(ContestRefusal::NeedsTeam),
            _ if rules.teams.is_none() && team.is_some() => Some(ContestRefusal::HasNoTeams),
            _ => None,
        }
    }

    /// Keys of those on the board, best first.
    fn board(&self) -> Vec<Key> {
        let ranked = self.entrants.iter();
        let ranked = ranked.filter(|entrant| entrant.disqualified.is_none());
        let mut board: Vec<Key> = ranked.filter_map(|entrant| entrant.key).collect();
        board.sort();
        board
    }
}

impl Naive {
    /// An account's competition and its entry there.
    fn place_of(&self, account: usize) -> Option<(usize, usize)> {
        let competition = self.accounts.get(account)?.competition?;
        let entrants = &self.contests[competition].entrants;
        let place = entrants.iter().position(|it| it.account == account)?;
        Some((competition, place))
    }

    /// The account's entry while its score counts.
    pub(super) fn entry_of(&mut self, account: usize) -> Option<&mut Entry> {
        let (competition, place) = self.place_of(account)?;
        let contest = &mut self.contests[competition];
        let counts = contest.state == CompetitionState::Live;
        counts.then(|| &mut contest.entrants[place].entry)
    }

    /// Closes the day of every entry whose competition rolls like this and opens a day. The time before
    /// the first roll is a day only for who used it, and the end of a competition opens no day.
    pub(super) fn roll_entries(
        &mut self,
        schedule: types::RollSchedule,
        before: Option<TradingDay>,
        day: TradingDay,
    ) {
        for account in 0..self.accounts.len() {
            let competition = self.accounts[account].competition;
            let is_meant = competition.is_some_and(|it| {
                let rules = &self.contests[it].rules;
                let opens = |before| open_on(&rules.days, before) < open_on(&rules.days, day);
                rules.schedule == schedule && before.is_none_or(opens)
            });
            let end = competition.and_then(|it| self.contests[it].rules.contest.window);
            if !is_meant || end.is_some_and(|window| window.end <= self.ts) {
                continue;
            }
            self.observe(account);
            if let Some(entry) = self.entry_of(account)
                && (entry.is_used() || before.is_some())
            {
                entry.roll();
            }
        }
    }

    pub(super) fn enter_competition(
        &mut self,
        competition: CompetitionId,
        account: AccountId,
        team: Option<TeamId>,
    ) {
        let (contest, id) = (competition.0 as usize, account.0 as usize);
        if contest >= self.contests.len() {
            return self.reject(InputRejection::UnknownCompetition);
        }
        if id >= self.accounts.len() {
            return self.reject(InputRejection::UnknownAccount);
        }
        let equity = self.equity_of(id);
        let plan = self.plan(id);
        let refusals = [
            self.accounts[id].competition.map(|number| {
                let competition = CompetitionId(number as u32);
                EntryRefusal::Entered { competition }
            }),
            (!self.is_trading(id)).then(|| EntryRefusal::NotTrading {
                state: self.state(id),
            }),
            (equity.0 <= 0).then_some(EntryRefusal::NoEquity),
            plan.payout.map(|_| EntryRefusal::PaysOut),
            plan.scaling.map(|_| EntryRefusal::Scales),
        ];
        if let Some(refusal) = refusals.into_iter().flatten().next() {
            return self.reject(InputRejection::CannotEnter(refusal));
        }
        if let Some(reason) = self.contests[contest].refuse_entry(team) {
            return self.push(EventKind::CompetitionDenied {
                competition,
                account: Some(account),
                reason,
            });
        }
        self.accounts[id].competition = Some(contest);
        self.contests[contest].entrants.push(Entrant {
            account: id,
            team,
            entry: Entry::enter(equity),
            breached: false,
            disqualified: None,
            key: None,
            frozen: None,
        });
        self.push(EventKind::CompetitionEntered {
            competition,
            account,
        });
    }

    /// The time and the number of the competition that time does something to next, by now.
    pub(super) fn earliest_turn(&self) -> Option<(u64, usize)> {
        let contests = self.contests.iter().enumerate();
        let turns = contests.filter_map(|(id, contest)| Some((contest.next_turn()?.0, id)));
        turns.filter(|(at, _)| self.has_come(*at)).min()
    }

    /// Time does the next thing to a competition.
    pub(super) fn turn(&mut self, id: usize) {
        let competition = CompetitionId(id as u32);
        match self.contests[id].next_turn() {
            Some((_, Turn::Start)) => {
                for place in 0..self.contests[id].entrants.len() {
                    let equity = self.equity_of(self.contests[id].entrants[place].account);
                    let least = equity.max(Notional(1));
                    self.contests[id].entrants[place].entry = Entry::enter(least);
                }
                self.change_contest(id, CompetitionState::Live);
            }
            Some((_, Turn::Freeze)) => {
                self.score_all(id);
                for place in 0..self.contests[id].entrants.len() {
                    let breached = self.has_failed(self.contests[id].entrants[place].account);
                    let entrant = &mut self.contests[id].entrants[place];
                    entrant.frozen = Some(Frozen {
                        entry: entrant.entry.clone(),
                        breached,
                        disqualified: entrant.disqualified,
                    });
                }
                self.contests[id].frozen = true;
                self.push(EventKind::BoardFrozen { competition });
            }
            Some((_, Turn::End)) => self.end_contest(id),
            None => {}
        }
    }

    fn has_failed(&self, account: usize) -> bool {
        self.state(account) == AccountState::Failed
    }

    fn change_contest(&mut self, id: usize, state: CompetitionState) {
        self.contests[id].state = state;
        self.push(EventKind::CompetitionChanged {
            competition: CompetitionId(id as u32),
            state,
        });
    }

    /// Every entry sees the equity of now, and gets the key that this gives it.
    fn score_all(&mut self, id: usize) {
        for place in 0..self.contests[id].entrants.len() {
            let account = self.contests[id].entrants[place].account;
            let (equity, breached, ts) =
                (self.equity_of(account), self.has_failed(account), self.ts);
            let contest = &mut self.contests[id];
            let entrant = &mut contest.entrants[place];
            entrant.entry.observe(equity, ts);
            let account = AccountId(account as u32);
            let standing = Standing::new(
                account,
                place as u32,
                &entrant.entry,
                &contest.rules,
                breached,
            );
            entrant.key = Key::of(&standing);
        }
    }

    fn end_contest(&mut self, id: usize) {
        self.score_all(id);
        for place in 0..self.contests[id].entrants.len() {
            let breached = self.has_failed(self.contests[id].entrants[place].account);
            self.contests[id].entrants[place].breached = breached;
        }
        self.change_contest(id, CompetitionState::InReview);
    }

    pub(super) fn change_competition(
        &mut self,
        competition: CompetitionId,
        change: CompetitionChange,
    ) {
        let id = competition.0 as usize;
        if id >= self.contests.len() {
            return self.reject(InputRejection::UnknownCompetition);
        }
        let (account, done) = match change {
            CompetitionChange::End => (None, self.end_by_hand(id)),
            CompetitionChange::Finalise => (None, self.finalise(id)),
            CompetitionChange::Disqualify { account, reason } => {
                (Some(account), self.disqualify(id, account, reason))
            }
            CompetitionChange::Reinstate { account } => {
                (Some(account), self.reinstate(id, account))
            }
        };
        if let Err(reason) = done {
            self.push(EventKind::CompetitionDenied {
                competition,
                account,
                reason,
            });
        }
    }

    fn end_by_hand(&mut self, id: usize) -> Result<(), ContestRefusal> {
        let contest = &self.contests[id];
        if contest.rules.contest.window.is_some() {
            return Err(ContestRefusal::EndsByItself);
        }
        if contest.state != CompetitionState::Live {
            return Err(ContestRefusal::State(contest.state));
        }
        self.end_contest(id);
        Ok(())
    }

    /// Where an account is among the entrants, while that may be looked into.
    fn entrant_of(&self, id: usize, account: AccountId) -> Result<usize, ContestRefusal> {
        let place = self.place_of(account.0 as usize);
        let place = place.filter(|(competition, _)| *competition == id);
        let (_, place) = place.ok_or(ContestRefusal::UnknownEntrant(account))?;
        match self.contests[id].state {
            CompetitionState::Final => Err(ContestRefusal::State(CompetitionState::Final)),
            _ => Ok(place),
        }
    }

    fn disqualify(
        &mut self,
        id: usize,
        account: AccountId,
        reason: DisqualificationReason,
    ) -> Result<(), ContestRefusal> {
        let place = self.entrant_of(id, account)?;
        let entrant = &mut self.contests[id].entrants[place];
        if entrant.disqualified.is_some() {
            return Err(ContestRefusal::IsDisqualified(account));
        }
        entrant.disqualified = Some(reason);
        self.push(EventKind::Disqualified {
            competition: CompetitionId(id as u32),
            account,
            reason,
        });
        Ok(())
    }

    fn reinstate(&mut self, id: usize, account: AccountId) -> Result<(), ContestRefusal> {
        let place = self.entrant_of(id, account)?;
        let entrant = &mut self.contests[id].entrants[place];
        if entrant.disqualified.take().is_none() {
            return Err(ContestRefusal::IsNotDisqualified(account));
        }
        self.push(EventKind::Reinstated {
            competition: CompetitionId(id as u32),
            account,
        });
        Ok(())
    }

    fn finalise(&mut self, id: usize) -> Result<(), ContestRefusal> {
        let contest = &mut self.contests[id];
        if contest.state != CompetitionState::InReview {
            return Err(ContestRefusal::State(contest.state));
        }
        contest.frozen = false;
        let rules = &contest.rules.contest;
        contest.awards = rules.prizes.as_ref().map(|prizes| {
            let total = prizes.total(&rules.entry.fee, contest.entrants.len() as u32);
            prizes.award(total, &contest.board())
        });
        let awards = contest.awards.clone().unwrap_or_default();
        self.change_contest(id, CompetitionState::Final);
        let competition = CompetitionId(id as u32);
        for award in awards.paid {
            self.push(EventKind::PrizeAwarded {
                competition,
                account: award.account,
                amount: award.amount,
            });
        }
        if awards.unclaimed.0 != 0 {
            self.push(EventKind::PrizesUnclaimed {
                competition,
                amount: awards.unclaimed,
            });
        }
        Ok(())
    }

    /// An entry as it counts at this moment, and whether its account had failed.
    fn entry_now(&self, contest: &Contest, entrant: &Entrant) -> (Entry, bool) {
        let mut entry = entrant.entry.clone();
        match contest.state {
            CompetitionState::Upcoming => (entry, self.has_failed(entrant.account)),
            CompetitionState::Live => {
                entry.observe(self.equity_of(entrant.account), self.ts);
                (entry, self.has_failed(entrant.account))
            }
            CompetitionState::InReview | CompetitionState::Final => (entry, entrant.breached),
        }
    }

    /// The score of an account in its competition, whoever was taken off the board.
    pub fn score(&self, account: AccountId) -> Option<Score> {
        let (competition, place) = self.place_of(account.0 as usize)?;
        let contest = &self.contests[competition];
        let (entry, breached) = self.entry_now(contest, &contest.entrants[place]);
        Some(entry.score(&contest.rules, breached))
    }

    pub(super) fn contest_portrait(&self, contest: &Contest) -> ContestPortrait {
        let entrants = contest.entrants.iter().map(|entrant| EntrantPortrait {
            account: AccountId(entrant.account as u32),
            team: entrant.team,
            disqualified: entrant.disqualified,
        });
        ContestPortrait {
            state: contest.state,
            is_frozen: contest.frozen,
            entrants: entrants.collect(),
            scored: contest.board(),
            board: self.places(contest, false),
            public: self.places(contest, contest.frozen),
            awards: contest.awards.clone(),
        }
    }

    /// The rows of a board: those with a place by what they scored, then the others by account. One that
    /// stands still has nobody who entered later.
    fn places(&self, contest: &Contest, stands_still: bool) -> Vec<PlacePortrait> {
        let mut rows: Vec<(Option<Key>, AccountId, Score)> = Vec::new();
        for (number, entrant) in (0..).zip(&contest.entrants) {
            let account = AccountId(entrant.account as u32);
            let (entry, breached, disqualified) = if stands_still {
                let Some(frozen) = entrant.frozen.clone() else {
                    continue;
                };
                (frozen.entry, frozen.breached, frozen.disqualified)
            } else {
                let (entry, breached) = self.entry_now(contest, entrant);
                (entry, breached, entrant.disqualified)
            };
            let mut standing = Standing::new(account, number, &entry, &contest.rules, breached);
            if let Some(reason) = disqualified {
                standing.score.ineligible = Some(Ineligible::Disqualified(reason));
            }
            rows.push((Key::of(&standing), account, standing.score));
        }
        rows.sort_by_key(|(key, account, _)| (key.is_none(), *key, *account));
        let places = (1..).zip(rows);
        places
            .map(|(rank, (key, account, score))| PlacePortrait {
                rank: key.map(|_| rank),
                account,
                score,
            })
            .collect()
    }
}
