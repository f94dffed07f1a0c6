//! Team boards by hand and against a list that is searched anew for every figure.

use proptest::prelude::*;
use rules::oracle::Rational;
use rules::teams::Member;
use rules::{Key, TeamRules, TeamStanding, TotalReturn, rank_teams};
use types::{AccountId, Codec, Ratio, TeamId, TimestampNs};

fn key(account: u32, total: i64, attained: u64) -> Key {
    Key {
        total,
        total_return: TotalReturn::ZERO,
        max_drawdown: Ratio::ZERO,
        attained_at: TimestampNs(attained),
        entrant: account,
        account: AccountId(account),
    }
}

fn member(team: u32, account: u32, total: i64, attained: u64) -> Member {
    Member {
        team: TeamId(team),
        key: Some(key(account, total, attained)),
    }
}

const BEST_TWO: TeamRules = TeamRules {
    count: 2,
    members_min: 2,
};

fn board(members: &[Member], rules: TeamRules) -> Vec<(u32, Option<u32>, i64)> {
    let row = |team: &TeamStanding| (team.team.0, team.rank, team.score);
    rank_teams(members, rules).iter().map(row).collect()
}

#[test]
fn the_best_two_of_each_team_count() {
    let members = [
        member(1, 10, 90, 0),
        member(1, 11, 10, 0),
        member(1, 12, 61, 0),
        member(2, 20, 80, 0),
        member(2, 21, 80, 0),
        member(3, 30, 100, 0),
        Member {
            team: TeamId(3),
            key: None,
        },
        Member {
            team: TeamId(0),
            key: None,
        },
    ];
    // (80 + 80) / 2; (90 + 61) / 2 is 75.5, rounded down. Team 3 has one eligible member of two.
    assert_eq!(
        board(&members, BEST_TWO),
        [
            (2, Some(1), 80),
            (1, Some(2), 75),
            (0, None, 0),
            (3, None, 100)
        ]
    );
    let first = rank_teams(&members, BEST_TWO)[1];
    assert_eq!((first.eligible, first.counted), (3, 2));
    assert_eq!(first.best, Some(key(10, 90, 0)));
}

#[test]
fn a_small_team_is_scored_by_those_it_has() {
    let rules = TeamRules {
        count: 5,
        members_min: 1,
    };
    let members = [
        member(1, 0, 30, 0),
        member(2, 1, 40, 0),
        member(2, 2, 10, 0),
    ];
    assert_eq!(board(&members, rules), [(1, Some(1), 30), (2, Some(2), 25)]);
}

#[test]
fn equal_teams_are_told_apart_by_their_best_member() {
    let members = [
        // All have a mean of 50. The best member has 60, 60 later, 55, and 60 later in a higher team.
        member(7, 0, 60, 1),
        member(7, 1, 40, 0),
        member(1, 2, 60, 2),
        member(1, 3, 40, 0),
        member(0, 4, 55, 0),
        member(0, 5, 45, 0),
        member(2, 6, 60, 2),
        member(2, 7, 40, 0),
    ];
    let order: Vec<u32> = board(&members, BEST_TWO).iter().map(|row| row.0).collect();
    assert_eq!(order, [7, 1, 2, 0]);
}

#[test]
fn a_mean_below_zero_goes_down_too() {
    let members = [member(1, 0, -1, 0), member(1, 1, -2, 0)];
    assert_eq!(board(&members, BEST_TWO), [(1, Some(1), -2)]);
    let edge = [member(1, 0, i64::MAX, 0), member(1, 1, i64::MAX, 0)];
    assert_eq!(board(&edge, BEST_TWO), [(1, Some(1), i64::MAX)]);
}

#[test]
fn rules_without_members_are_refused() {
    let why = |count, members_min| {
        let rules = TeamRules { count, members_min };
        assert_eq!(TeamRules::from_bytes(&rules.to_bytes()), Ok(rules));
        rules.validate().map_err(|error| error.path)
    };
    assert_eq!(why(3, 5), Ok(()));
    assert_eq!(why(0, 1), Err("teams.count"));
    assert_eq!(why(1_001, 1), Err("teams.count"));
    assert_eq!(why(1, 0), Err("teams.members_min"));
}

/// Whether the one team is before the other, both with enough members.
fn is_better(left: &[Key], right: &[Key], count: usize, ids: (u32, u32)) -> bool {
    let mean = |keys: &[Key]| {
        let mut totals: Vec<i64> = keys.iter().map(|key| key.total).collect();
        totals.sort_unstable_by_key(|total| -total);
        totals.truncate(count);
        let sum: i64 = totals.iter().sum();
        Rational::new(sum.into(), totals.len() as i128).floor()
    };
    let best = |keys: &[Key]| {
        let best = keys.iter().min().copied();
        best.map(|best| (-best.total, best.attained_at))
    };
    let (a, b) = (mean(left), mean(right));
    a > b || a == b && (best(left), ids.0) < (best(right), ids.1)
}

proptest! {
    #[test]
    fn a_team_board_is_what_pairwise_comparison_says(
        entrants in prop::collection::vec((0_u32..6, prop::option::weighted(0.8, (-3_i64..6, 0_u64..3))), 0..30),
        count in 1_u16..4,
        members_min in 1_u16..4,
        turn in any::<prop::sample::Index>(),
    ) {
        let rules = TeamRules { count, members_min };
        let members: Vec<Member> = (0..)
            .zip(&entrants)
            .map(|(account, &(team, figures))| Member {
                team: TeamId(team),
                key: figures.map(|(total, attained)| key(account, total, attained)),
            })
            .collect();
        let keys = |team: u32| -> Vec<Key> {
            let of_team = members.iter().filter(|member| member.team == TeamId(team));
            of_team.filter_map(|member| member.key).collect()
        };
        let ranked: Vec<u32> = (0..6).filter(|&team| keys(team).len() >= members_min.into()).collect();
        let board = rank_teams(&members, rules);
        for row in &board {
            let team = row.team.0;
            let place = ranked.contains(&team).then(|| {
                let better = ranked.iter().filter(|&&other| {
                    is_better(&keys(other), &keys(team), count.into(), (other, team))
                });
                better.count() as u32 + 1
            });
            prop_assert_eq!(row.rank, place);
            prop_assert_eq!(row.eligible as usize, keys(team).len());
            prop_assert_eq!(row.counted as usize, keys(team).len().min(count.into()));
            prop_assert_eq!(row.best, keys(team).into_iter().min());
        }
        let mut teams: Vec<u32> = entrants.iter().map(|(team, _)| *team).collect();
        teams.sort_unstable();
        teams.dedup();
        prop_assert_eq!(board.len(), teams.len());

        let mut turned = members;
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
        }
        prop_assert_eq!(rank_teams(&turned, rules), board);
    }
}
