//! The leaderboard's order.

use std::cmp::Ordering;

use types::{AccountId, TimestampNs};

use crate::board::Key;
use crate::competition::Competition;
use crate::entry::{Entry, Score, TotalReturn};

/// One row of a leaderboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The entrant.
    pub account: AccountId,
    /// Its number, from 0 in order of entry.
    pub entrant: u32,
    /// Its score.
    pub score: Score,
    /// Its return since entry, exact.
    pub total_return: TotalReturn,
    /// When its highest total return was attained.
    pub attained_at: TimestampNs,
    /// Its place from 1; `None` while it is not eligible. Set by [`rank`].
    pub rank: Option<u32>,
}

impl Standing {
    /// A row that is not ranked yet.
    pub fn new(
        account: AccountId,
        entrant: u32,
        entry: &Entry,
        competition: &Competition,
        breached: bool,
    ) -> Self {
        Self {
            account,
            entrant,
            score: entry.score(competition, breached),
            total_return: entry.total_return(),
            attained_at: entry.attained_at(),
            rank: None,
        }
    }
}

/// Sorts the rows and numbers those that are eligible 1, 2, 3, ...: higher score, then higher total
/// return, lower maximum drawdown, earlier attainment, earlier entry. Rows that are not eligible
/// follow by account id, without a rank.
pub fn rank(standings: &mut [Standing]) {
    standings.sort_unstable_by(order);
    for (row, place) in standings.iter_mut().zip(1_u32..) {
        row.rank = row.score.ineligible.is_none().then_some(place);
    }
}

fn order(left: &Standing, right: &Standing) -> Ordering {
    match (Key::of(left), Key::of(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (None, None) => left.account.cmp(&right.account),
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}
