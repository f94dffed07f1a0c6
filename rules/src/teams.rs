//! Team boards: a team is as good as its best members together.

use std::cmp::Reverse;

use types::{TeamId, TimestampNs, codec_struct};

use crate::board::Key;
use crate::spec::{FieldError, check};

/// The most members whose scores count.
pub const COUNTED_MAX: u16 = 1_000;

/// How teams are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamRules {
    /// Members whose scores count, the best ones; from 1.
    pub count: u16,
    /// Eligible members that a ranked team needs; from 1.
    pub members_min: u16,
}

codec_struct!(TeamRules { count, members_min });

impl TeamRules {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self) -> Result<(), FieldError> {
        let is_size = |size: u16| (1..=COUNTED_MAX).contains(&size);
        check(is_size(self.count), "teams.count", &self.count, "1 to 1000")?;
        check(
            is_size(self.members_min),
            "teams.members_min",
            &self.members_min,
            "1 to 1000",
        )
    }
}

/// An entrant of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its team.
    pub team: TeamId,
    /// What places it; `None` while it is not eligible.
    pub key: Option<Key>,
}

/// A row of a team board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamStanding {
    /// The team.
    pub team: TeamId,
    /// Its place from 1; `None` while it has too few eligible members.
    pub rank: Option<u32>,
    /// The mean of the totals that count, 1e-9 of a point, rounded down; 0 without an eligible member.
    pub score: i64,
    /// Its eligible members.
    pub eligible: u32,
    /// How many of them count: the best `count`, or all where there are fewer.
    pub counted: u32,
    /// The best member's key; `None` without an eligible member.
    pub best: Option<Key>,
}

/// The board of all teams that have a member: those with enough eligible members are ranked by score,
/// then by the higher total of their best member, its earlier attainment, and the lower team id; the
/// others follow by team id.
///
/// Scores are compared as they are shown, that is, after rounding. The order of the members does not
/// matter.
pub fn rank_teams(members: &[Member], rules: TeamRules) -> Vec<TeamStanding> {
    let mut members = members.to_vec();
    // Within a team the best first, then those that are not eligible.
    members.sort_unstable_by_key(|member| (member.team, member.key.is_none(), member.key));
    let teams = members.chunk_by(|left, right| left.team == right.team);
    let mut standings: Vec<TeamStanding> = teams.map(|team| standing(team, rules)).collect();
    standings.sort_unstable_by_key(|team| {
        let is_out = team.eligible < rules.members_min.into();
        let merit = team.best.filter(|_| !is_out).map(|best| {
            let attained: TimestampNs = best.attained_at;
            (Reverse(team.score), Reverse(best.total), attained)
        });
        (is_out, merit, team.team)
    });
    for (team, place) in standings.iter_mut().zip(1..) {
        team.rank = (team.eligible >= rules.members_min.into()).then_some(place);
    }
    standings
}

/// A team's row without its rank. `members`: all of one team, the best first.
fn standing(members: &[Member], rules: TeamRules) -> TeamStanding {
    let eligible = members.iter().filter_map(|member| member.key);
    let totals = eligible.clone().take(rules.count.into());
    let (counted, sum) = totals.fold((0_u32, 0_i128), |(counted, sum), key| {
        (counted + 1, sum + i128::from(key.total))
    });
    TeamStanding {
        team: members
            .first()
            .map(|member| member.team)
            .unwrap_or_default(),
        rank: None,
        // A mean lies between the totals, which are in range.
        score: sum.div_euclid(counted.max(1).into()) as i64,
        eligible: eligible.clone().count() as u32,
        counted,
        best: eligible.clone().next(),
    }
}
