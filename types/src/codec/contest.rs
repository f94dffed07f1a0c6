//! The life of a competition.

use crate::codec_enum;
use crate::contest::{CompetitionChange, CompetitionState, ContestRefusal, DisqualificationReason};

codec_enum!(CompetitionState { 0 => Upcoming, 1 => Live, 2 => InReview, 3 => Final });
codec_enum!(DisqualificationReason {
    0 => OppositePositions,
    1 => CopiedTrades,
    2 => SelfMatches,
    3 => StaleQuotes,
    4 => MultipleEntries,
    5 => Identity,
    6 => Terms,
    7 => Withdrawn,
});
codec_enum!(CompetitionChange {
    0 => End,
    1 => Disqualify { account, reason },
    2 => Reinstate { account },
    3 => Finalise,
});
codec_enum!(ContestRefusal {
    0 => State(state),
    1 => LateEntry,
    2 => Full { max },
    3 => NeedsTeam,
    4 => HasNoTeams,
    5 => UnknownEntrant(account),
    6 => IsDisqualified(account),
    7 => IsNotDisqualified(account),
    8 => EndsByItself,
});
