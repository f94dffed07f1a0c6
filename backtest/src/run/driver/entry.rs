//! The account as the entry of a competition: when it enters, and how long the run goes on for it.

use types::{Codec, Command, CompetitionId, CompetitionState, ContestRefusal, TeamId, TimestampNs};

use super::{ACCOUNT, Driver};
use crate::run::{RunError, Settings};
use crate::strategy::Strategy;

const COMPETITION: CompetitionId = CompetitionId(0);

/// Where entrants are in teams, it is in one of its own.
const TEAM: TeamId = TeamId(0);

/// Asks for nothing: whose account has ended.
pub(super) struct Rest;

impl Strategy for Rest {}

/// What makes the competition known.
pub(super) fn definition(settings: &Settings) -> Option<(&'static str, Command)> {
    let competition = settings.competition.as_ref()?;
    let spec = competition.to_bytes().into();
    Some(("the competition", Command::DefineCompetition { spec }))
}

/// What enters it.
pub(super) fn entry(settings: &Settings) -> Option<(&'static str, Command)> {
    let competition = settings.competition.as_ref()?;
    let entry = Command::EnterCompetition {
        competition: COMPETITION,
        account: ACCOUNT,
        team: competition.contest.teams.map(|_| TEAM),
    };
    Some(("the entry", entry))
}

impl Driver<'_> {
    /// When the account is opened: when the data begins, but before a window that takes nobody later.
    ///
    /// # Errors
    /// When the window is over by then.
    pub(super) fn opens_at(&self, first: TimestampNs) -> Result<TimestampNs, RunError> {
        let contest = self.settings.competition.as_ref().map(|it| &it.contest);
        let Some((contest, window)) = contest.and_then(|it| Some((it, it.window?))) else {
            return Ok(first);
        };
        if window.end <= first {
            return Err(RunError::Window {
                start: window.start,
                end: window.end,
                first,
                last: first,
            });
        }
        if contest.entry.late {
            return Ok(first);
        }
        match window.start.0.checked_sub(1) {
            Some(before) => Ok(first.min(TimestampNs(before))),
            None => Err(RunError::Contest(ContestRefusal::LateEntry)),
        }
    }

    fn competition_state(&self) -> Option<CompetitionState> {
        let (_, life) = self.shard.contest(COMPETITION)?;
        Some(life.state())
    }

    /// Whether nothing can happen to the account or its entry any more.
    pub(super) fn competition_is_over(&self) -> bool {
        self.is_retired && self.competition_state() == Some(CompetitionState::InReview)
    }

    /// Who is asked: nobody once the account has ended.
    #[inline]
    pub(super) fn asked<'s>(
        &mut self,
        strategy: &'s mut dyn Strategy,
        rest: &'s mut Rest,
    ) -> &'s mut dyn Strategy {
        if self.is_retired {
            self.desk.queue.clear();
            rest
        } else {
            strategy
        }
    }

    /// A competition that has not begun by the end of the data has nothing to say.
    pub(super) fn check_started(
        &self,
        first: TimestampNs,
        last: TimestampNs,
    ) -> Result<(), RunError> {
        let contest = self.settings.competition.as_ref().map(|it| &it.contest);
        match contest.and_then(|it| it.window) {
            Some(window) if self.competition_state() == Some(CompetitionState::Upcoming) => {
                Err(RunError::Window {
                    start: window.start,
                    end: window.end,
                    first,
                    last,
                })
            }
            _ => Ok(()),
        }
    }
}
