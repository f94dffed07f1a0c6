//! A competition's life: upcoming, live, in review, final.
//!
//! A pure state machine. Time comes to it as [`Contest::advance`], before whatever else has the same
//! time but a roll; nothing here asks what time it is.
//!
//! | state | entries | scores | disqualification | leaves it |
//! |---|---|---|---|---|
//! | upcoming | yes | no | yes | at the window's start |
//! | live | where late entry is allowed | yes | yes | at the window's end, or when somebody ends it |
//! | in review | no | no | yes, and reinstatement | when somebody finalises it |
//! | final | no | no | no | never |
//!
//! The public board stands still from `freeze_s` before the end until the competition is final; scores
//! and the board of the reviewers go on.

use types::{
    AccountId, Codec, CodecError, CompetitionState, ContestRefusal, DisqualificationReason, Ratio,
    Reader, TeamId, TimestampNs, codec_struct,
};

use crate::board::{Board, ENTRANTS_MAX, Key};
use crate::prizes::{Awards, EntryFee, PrizePool};
use crate::spec::{FieldError, check};
use crate::teams::{Member, TeamRules, TeamStanding, rank_teams};

const NANOS: u64 = 1_000_000_000;

/// When scores count: `start <= t < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first moment that counts.
    pub start: TimestampNs,
    /// The first that does not.
    pub end: TimestampNs,
}

/// Who may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRules {
    /// What it costs.
    pub fee: EntryFee,
    /// Whether one may still enter while the competition is live.
    pub late: bool,
    /// The most entrants, at most [`ENTRANTS_MAX`].
    pub entrants_max: u32,
}

/// How a competition runs. The default has no window, no fee, no prizes, no freeze and no teams, and
/// takes entries at any time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContestRules {
    /// When scores count; without one, from the definition until somebody ends it.
    pub window: Option<Window>,
    /// Who may enter.
    pub entry: EntryRules,
    /// What is paid.
    pub prizes: Option<PrizePool>,
    /// Seconds before the end of the window from which the public board stands still; 0 for never.
    pub freeze_s: u32,
    /// How teams are scored; without it there are none.
    pub teams: Option<TeamRules>,
}

/// What time does to a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContestChange {
    /// It is live.
    Started,
    /// The public board stands still.
    Frozen,
    /// It is in review.
    Ended,
}

/// An entrant that was taken off the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disqualified {
    /// The entrant.
    pub entrant: u32,
    /// Why.
    pub reason: DisqualificationReason,
    /// When.
    pub at: TimestampNs,
    /// What would place it; `None` while it is not eligible either.
    pub key: Option<Key>,
}

codec_struct!(Window { start, end });
codec_struct!(EntryRules {
    fee,
    late,
    entrants_max
});
codec_struct!(ContestRules {
    window,
    entry,
    prizes,
    freeze_s,
    teams
});
codec_struct!(Disqualified {
    entrant,
    reason,
    at,
    key
});

impl Default for EntryRules {
    fn default() -> Self {
        Self {
            fee: EntryFee::default(),
            late: true,
            entrants_max: ENTRANTS_MAX,
        }
    }
}

impl ContestRules {
    /// When the public board begins to stand still.
    pub fn freeze_at(&self) -> Option<TimestampNs> {
        let window = self.window.filter(|_| self.freeze_s > 0)?;
        let before_end = u64::from(self.freeze_s) * NANOS;
        Some(TimestampNs(window.end.0.saturating_sub(before_end)))
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self) -> Result<(), FieldError> {
        let length = self.window.map_or(0, |window| {
            window.end.0.saturating_sub(window.start.0) / NANOS
        });
        if let Some(window) = self.window {
            check(
                window.start < window.end,
                "window.end",
                &window.end,
                "after the start",
            )?;
        }
        check(
            u64::from(self.freeze_s) <= length,
            "freeze_s",
            &self.freeze_s,
            "at most the length of the window, and 0 without one",
        )?;
        check(
            self.entry.late || self.window.is_some(),
            "entry.late",
            &self.entry.late,
            "true without a window",
        )?;
        check(
            (1..=ENTRANTS_MAX).contains(&self.entry.entrants_max),
            "entry.entrants_max",
            &self.entry.entrants_max,
            "1 to 1000000",
        )?;
        self.entry.fee.validate()?;
        match &self.prizes {
            Some(prizes) => prizes.validate(&self.entry.fee)?,
            None => check(
                self.entry.fee.to_pool == Ratio::ZERO,
                "entry.fee.to_pool",
                &self.entry.fee.to_pool,
                "0 without prizes",
            )?,
        }
        self.teams.map_or(Ok(()), |teams| teams.validate())
    }
}

/// A competition's state, entrants and boards. Entrants are numbers from 0, in order of entry; which
/// account is which, and that none enters twice, is their keeper's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    state: CompetitionState,
    /// By entrant.
    teams: Vec<Option<TeamId>>,
    board: Board,
    /// What the public sees while its board stands still.
    frozen: Option<Board>,
    /// By entrant, ascending.
    disqualified: Vec<Disqualified>,
    awards: Option<Awards>,
}

impl Codec for Contest {
    fn encode(&self, out: &mut Vec<u8>) {
        self.state.encode(out);
        self.teams.encode(out);
        self.board.encode(out);
        self.frozen.encode(out);
        self.disqualified.encode(out);
        self.awards.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let state = Codec::decode(reader)?;
        let teams: Vec<Option<TeamId>> = Codec::decode(reader)?;
        let entrants = teams.len() as u32;
        let board = Board::decode_of(reader, entrants)?;
        let frozen = if bool::decode(reader)? {
            Some(Board::decode_of(reader, entrants)?)
        } else {
            None
        };
        Ok(Self {
            state,
            teams,
            board,
            frozen,
            disqualified: Codec::decode(reader)?,
            awards: Codec::decode(reader)?,
        })
    }
}

impl Contest {
    /// A competition without entrants: live at once where it has no window.
    pub const fn new(rules: &ContestRules) -> Self {
        Self {
            state: match rules.window {
                Some(_) => CompetitionState::Upcoming,
                None => CompetitionState::Live,
            },
            teams: Vec::new(),
            board: Board::new(),
            frozen: None,
            disqualified: Vec::new(),
            awards: None,
        }
    }

    /// Makes room for so many entrants; only the freeze allocates then.
    pub fn reserve(&mut self, entrants: u32) {
        let entrants = entrants.min(ENTRANTS_MAX);
        self.board.reserve(entrants);
        let more = (entrants as usize).saturating_sub(self.teams.len());
        self.teams.reserve_exact(more);
    }

    /// Where it is in its life.
    pub const fn state(&self) -> CompetitionState {
        self.state
    }

    /// How many have entered, with those that were disqualified.
    pub const fn entrants(&self) -> u32 {
        self.teams.len() as u32
    }

    /// An entrant's team.
    pub fn team_of(&self, entrant: u32) -> Option<TeamId> {
        self.teams.get(entrant as usize).copied().flatten()
    }

    /// The board as it stands.
    pub const fn board(&self) -> &Board {
        &self.board
    }

    /// The board that the public sees.
    pub const fn public_board(&self) -> &Board {
        match &self.frozen {
            Some(frozen) => frozen,
            None => &self.board,
        }
    }

    /// Whether the public board stands still.
    pub const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// The teams as one of the two boards has their members.
    pub fn team_board(&self, board: &Board, rules: TeamRules) -> Vec<TeamStanding> {
        let entrants = (0..).zip(&self.teams);
        let members = entrants.filter_map(|(entrant, team)| {
            Some(Member {
                team: (*team)?,
                key: board.key_of(entrant),
            })
        });
        rank_teams(&members.collect::<Vec<_>>(), rules)
    }

    /// Those that were taken off the board, by entrant.
    pub fn disqualified(&self) -> &[Disqualified] {
        &self.disqualified
    }

    /// How an entrant was taken off the board, if it was.
    pub fn disqualification(&self, entrant: u32) -> Option<&Disqualified> {
        let index = self.position(entrant).ok()?;
        self.disqualified.get(index)
    }

    /// Who gets what, once it is final and has prizes.
    pub const fn awards(&self) -> Option<&Awards> {
        self.awards.as_ref()
    }

    /// What time does to it next, and when.
    pub fn due(&self, rules: &ContestRules) -> Option<(TimestampNs, ContestChange)> {
        let window = rules.window?;
        match self.state {
            CompetitionState::Upcoming => Some((window.start, ContestChange::Started)),
            CompetitionState::Live => Some(match rules.freeze_at() {
                Some(at) if self.frozen.is_none() => (at, ContestChange::Frozen),
                _ => (window.end, ContestChange::Ended),
            }),
            CompetitionState::InReview | CompetitionState::Final => None,
        }
    }

    /// It is `now`. One change at a time: to be called until it says `None`. The freeze copies the board.
    pub fn advance(&mut self, rules: &ContestRules, now: TimestampNs) -> Option<ContestChange> {
        let (_, change) = self.due(rules).filter(|(at, _)| *at <= now)?;
        match change {
            ContestChange::Started => self.state = CompetitionState::Live,
            ContestChange::Frozen => self.frozen = Some(self.board.clone()),
            ContestChange::Ended => self.state = CompetitionState::InReview,
        }
        Some(change)
    }

    /// Somebody enters; the answer is the number.
    ///
    /// # Errors
    /// When it is over, takes no late entries or is full; without a team among teams, and with one
    /// where there are none.
    pub fn enter(
        &mut self,
        rules: &ContestRules,
        team: Option<TeamId>,
    ) -> Result<u32, ContestRefusal> {
        match self.state {
            CompetitionState::Upcoming => {}
            CompetitionState::Live if rules.entry.late => {}
            CompetitionState::Live => return Err(ContestRefusal::LateEntry),
            state => return Err(ContestRefusal::State(state)),
        }
        let max = rules.entry.entrants_max.min(ENTRANTS_MAX);
        if self.entrants() >= max {
            return Err(ContestRefusal::Full { max });
        }
        match (rules.teams, team) {
            (Some(_), None) => return Err(ContestRefusal::NeedsTeam),
            (None, Some(_)) => return Err(ContestRefusal::HasNoTeams),
            _ => {}
        }
        self.teams.push(team);
        Ok(self.entrants() - 1)
    }

    /// The score of an entrant, which is this account, is this now; `None`: it is not eligible.
    ///
    /// # Errors
    /// When it is not live, or nobody has this number.
    pub fn score(
        &mut self,
        entrant: u32,
        account: AccountId,
        key: Option<Key>,
    ) -> Result<(), ContestRefusal> {
        if self.state != CompetitionState::Live {
            return Err(ContestRefusal::State(self.state));
        }
        self.check_entrant(entrant, account)?;
        match self.position(entrant) {
            Ok(index) => self.disqualified[index].key = key,
            Err(_) => self.place(entrant, key),
        }
        Ok(())
    }

    /// Ends a competition that has no window.
    ///
    /// # Errors
    /// When it has one, or is over.
    pub fn end(&mut self, rules: &ContestRules) -> Result<(), ContestRefusal> {
        if rules.window.is_some() {
            return Err(ContestRefusal::EndsByItself);
        }
        if self.state != CompetitionState::Live {
            return Err(ContestRefusal::State(self.state));
        }
        self.state = CompetitionState::InReview;
        Ok(())
    }

    /// Takes an entrant, which is this account, off the board; those after it move up.
    ///
    /// # Errors
    /// When it is final, nobody has this number, or the entrant was disqualified before.
    pub fn disqualify(
        &mut self,
        entrant: u32,
        account: AccountId,
        reason: DisqualificationReason,
        at: TimestampNs,
    ) -> Result<(), ContestRefusal> {
        self.check_not_final()?;
        self.check_entrant(entrant, account)?;
        let Err(index) = self.position(entrant) else {
            return Err(ContestRefusal::IsDisqualified(account));
        };
        let key = self.board.key_of(entrant);
        self.board.remove(entrant);
        let row = Disqualified {
            entrant,
            reason,
            at,
            key,
        };
        self.disqualified.insert(index, row);
        Ok(())
    }

    /// Takes back the disqualification of an entrant, which is this account: it is where its score puts it.
    ///
    /// # Errors
    /// When it is final, nobody has this number, or the entrant is not disqualified.
    pub fn reinstate(&mut self, entrant: u32, account: AccountId) -> Result<(), ContestRefusal> {
        self.check_not_final()?;
        self.check_entrant(entrant, account)?;
        let Ok(index) = self.position(entrant) else {
            return Err(ContestRefusal::IsNotDisqualified(account));
        };
        let row = self.disqualified.remove(index);
        self.place(entrant, row.key);
        Ok(())
    }

    /// Ends the review: awards the prizes and shows the public the board as it stands. The fees of all
    /// who entered are in the pool, also of those that were disqualified.
    ///
    /// # Errors
    /// When it is not in review.
    pub fn finalise(&mut self, rules: &ContestRules) -> Result<(), ContestRefusal> {
        if self.state != CompetitionState::InReview {
            return Err(ContestRefusal::State(self.state));
        }
        self.state = CompetitionState::Final;
        self.frozen = None;
        self.awards = rules.prizes.as_ref().map(|prizes| {
            let places = self.board.top(self.board.len());
            let ranked: Vec<Key> = places.map(|place| place.key).collect();
            let total = prizes.total(&rules.entry.fee, self.entrants());
            prizes.award(total, &ranked)
        });
        Ok(())
    }

    fn place(&mut self, entrant: u32, key: Option<Key>) {
        match key {
            // No entrant is past the board's end: `enter` gives no such number.
            Some(key) => drop(self.board.update(entrant, key)),
            None => drop(self.board.remove(entrant)),
        }
    }

    /// Where the entrant is among those disqualified, or belongs.
    fn position(&self, entrant: u32) -> Result<usize, usize> {
        self.disqualified
            .binary_search_by_key(&entrant, |row| row.entrant)
    }

    fn check_not_final(&self) -> Result<(), ContestRefusal> {
        match self.state {
            CompetitionState::Final => Err(ContestRefusal::State(self.state)),
            _ => Ok(()),
        }
    }

    fn check_entrant(&self, entrant: u32, account: AccountId) -> Result<(), ContestRefusal> {
        if entrant < self.entrants() {
            Ok(())
        } else {
            Err(ContestRefusal::UnknownEntrant(account))
        }
    }
}
