//! The life of a competition, as commands and facts name it.

use std::fmt;

use crate::id::AccountId;

/// A team of one competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TeamId(pub u32);

impl fmt::Display for TeamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a competition is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompetitionState {
    /// Not begun.
    Upcoming,
    /// Scores count.
    Live,
    /// Over; the results are looked into.
    InReview,
    /// Nothing changes any more.
    Final,
}

impl fmt::Display for CompetitionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upcoming => "upcoming",
            Self::Live => "live",
            Self::InReview => "in_review",
            Self::Final => "final",
        })
    }
}

/// Why an entrant was taken off the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisqualificationReason {
    /// Held positions opposite to another entrant's.
    OppositePositions,
    /// Copied another entrant's trades, or let its own be copied.
    CopiedTrades,
    /// Traded with itself or its team.
    SelfMatches,
    /// Traded on quotes that were out of date.
    StaleQuotes,
    /// Entered more than once.
    MultipleEntries,
    /// Is not who it said, or not one who may enter.
    Identity,
    /// Broke another term of the competition.
    Terms,
    /// Withdrew.
    Withdrawn,
}

/// What an organiser makes of a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompetitionChange {
    /// One without a window is over.
    End,
    /// An entrant is taken off the board.
    Disqualify {
        /// The entrant.
        account: crate::AccountId,
        /// Why.
        reason: DisqualificationReason,
    },
    /// A disqualification is taken back.
    Reinstate {
        /// The entrant.
        account: crate::AccountId,
    },
    /// The review is over: prizes are awarded, and nothing changes any more.
    Finalise,
}

/// Why something cannot be done with a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContestRefusal {
    /// Not in this state.
    #[error("the competition is {0}")]
    State(CompetitionState),
    /// It has begun, and takes nobody any more.
    #[error("the competition takes no late entries")]
    LateEntry,
    /// It has as many entrants as it may.
    #[error("the competition is full with {max} entrants")]
    Full {
        /// How many.
        max: u32,
    },
    /// It is among teams.
    #[error("an entrant of this competition needs a team")]
    NeedsTeam,
    /// It is not among teams.
    #[error("this competition has no teams")]
    HasNoTeams,
    /// This account has not entered it.
    #[error("account {0} has not entered the competition")]
    UnknownEntrant(AccountId),
    /// This account was taken off the board before.
    #[error("account {0} is disqualified already")]
    IsDisqualified(AccountId),
    /// This account was not taken off the board.
    #[error("account {0} is not disqualified")]
    IsNotDisqualified(AccountId),
    /// Its window ends it.
    #[error("the competition ends by itself")]
    EndsByItself,
}
