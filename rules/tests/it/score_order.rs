//! What a better day does to a score.
//!
//! Claim: where the returns of the other days stay, no day ends below zero and the maximum drawdown does
//! not rise, raising one day's return lowers no component of the score. Then the total return rises
//! with its one factor, the others being at or above zero; `u` and `g` rise with their argument, so both
//! sums rise with their one term; and the drawdown component falls with nothing but the drawdown. Where
//! only the day's end is raised and all later equities with it in proportion, the maximum drawdown cannot
//! rise either: a fall from before the end to after it becomes shallower, every other one stays.
//!
//! In fixed point a component may then be one unit, 1e-9 of a point, lower: it is at most 1.1 units below
//! the exact one and 0.1 units above it. Without the two conditions the claim is false, as shown below.

use proptest::prelude::*;
use rules::oracle::{EntryOracle, Rational, ScoreFigures};
use rules::{Competition, Entry, Score};
use types::{Notional, Ratio, TimestampNs};

use crate::plans::competition;

/// A day in hundredths of the equity that it began with: a high, then a low, then the end.
#[derive(Debug, Clone, Copy)]
struct Day {
    high: i128,
    low: i128,
    end: i128,
}

fn day() -> impl Strategy<Value = Day> {
    let small = || 90_i128..=112;
    let any = || prop_oneof![0_i128..=300, Just(0), Just(100)];
    (prop_oneof![4 => small(), 1 => any()], 0_i128..8, 0_i128..8).prop_map(|(end, above, below)| {
        Day {
            high: end.max(100) + above,
            low: (end.min(100) - below).max(0),
            end,
        }
    })
}

/// Both ways of scoring the days, the last of them open.
fn scored(initial: i128, days: &[Day], competition: &Competition) -> (Score, ScoreFigures) {
    let mut equity = initial;
    let mut entry = Entry::enter(Notional(equity));
    let mut oracle = EntryOracle::enter(Notional(equity));
    for (index, day) in days.iter().enumerate() {
        if index > 0 {
            entry.roll();
            oracle.roll();
        }
        for part in [day.high, day.low, day.end] {
            let seen = Notional(equity * part / 100);
            entry.observe(seen, TimestampNs(1));
            oracle.observe(seen, TimestampNs(1));
        }
        equity = equity * day.end / 100;
    }
    (entry.score(competition, false), oracle.score(competition))
}

fn total(exact: &ScoreFigures) -> Rational {
    let parts = [&exact.risk, &exact.consistency, &exact.drawdown];
    parts
        .into_iter()
        .fold(exact.profit.clone(), |sum, part| &sum + part)
}

proptest! {
    #[test]
    fn a_better_day_never_lowers_a_component(
        days in prop::collection::vec(day(), 1..10),
        which in any::<prop::sample::Index>(),
        raise in prop_oneof![1_i128..4, 1_i128..400],
        small in 1_i128..1_000_000,
        loss_limit in 1_i64..=100,
    ) {
        let competition = Competition { loss_limit: Ratio::percent(loss_limit), ..competition() };
        // Divisible by 100 as often as there are days, so that every equity is exact.
        let initial = small * 100_i128.pow(days.len() as u32);
        let which = which.index(days.len());
        let mut better = days.clone();
        better[which].end += raise;
        let (fixed_before, before) = scored(initial, &days, &competition);
        let (fixed_after, after) = scored(initial, &better, &competition);

        prop_assert!(after.max_drawdown <= before.max_drawdown);
        prop_assert!(after.profit >= before.profit);
        prop_assert!(after.risk >= before.risk);
        prop_assert!(after.consistency >= before.consistency);
        prop_assert!(after.drawdown >= before.drawdown);
        // Strictly better, unless everything was lost before that day.
        let was_alive = days[..which].iter().all(|day| day.end > 0);
        prop_assert_eq!(total(&after) > total(&before), was_alive);

        prop_assert!(fixed_after.profit >= fixed_before.profit - 1);
        prop_assert!(fixed_after.risk >= fixed_before.risk - 1);
        prop_assert!(fixed_after.consistency >= fixed_before.consistency - 1);
        prop_assert!(fixed_after.drawdown >= fixed_before.drawdown - 1);
        // A whole percent is far more than the rounding.
        if was_alive {
            prop_assert!(fixed_after.total >= fixed_before.total);
        }
    }
}

/// The total in hundredths of a point, of equities at the ends of days.
fn hundredths(equities: &[i128]) -> (i64, Ratio) {
    let unit = Notional::PER_MONEY * 1_000_000;
    let mut entry = Entry::enter(Notional(100 * unit));
    for (index, equity) in equities.iter().enumerate() {
        if index > 0 {
            entry.roll();
        }
        entry.observe(Notional(equity * unit), TimestampNs(1));
    }
    let score = entry.score(&competition(), false);
    ((score.total + 5_000_000) / 10_000_000, score.max_drawdown)
}

#[test]
fn more_money_on_one_day_can_lower_the_score_where_the_others_keep_their_money() {
    // 9,900 on the first day, then 100 a day for 19 days: each about 1% of what there is.
    let after_first = |first: i128| -> Vec<i128> { (0..20).map(|day| first + 100 * day).collect() };
    let (before, drawdown) = hundredths(&after_first(10_000));
    assert_eq!(drawdown, Ratio::ZERO);
    // Ten times as much on the first day makes the others a tenth of a percent: consistency and
    // risk-adjusted profit lose what profit, near its end already, cannot win.
    // Profit, risk-adjusted, consistency, drawdown: 39.98 + 26.66 + 16.65 and 40.00 + 22.30 + 12.07,
    // and the whole 10 for no drawdown.
    let (after, drawdown) = hundredths(&after_first(100_000));
    assert_eq!(drawdown, Ratio::ZERO);
    assert_eq!((before, after), (9_329, 8_437));
}

#[test]
fn a_better_day_can_lower_the_score_where_the_last_one_ends_below_zero() {
    // A hundred flat days and -150%: from 100 to -50. With +100% on the first: from 200 to -100.
    let mut days = vec![100; 100];
    days.push(-50);
    let (before, drawdown) = hundredths(&days);
    assert_eq!(drawdown, Ratio::percent(150));
    let doubled: Vec<i128> = days.iter().map(|equity| equity * 2).collect();
    let (after, drawdown) = hundredths(&doubled);
    assert_eq!(drawdown, Ratio::percent(150));
    // 20 (1 - 1.5 / 1.6) = 1.25 for profit, 0.39 and 9.90; then 20 (1 - 2 / 2.1) = 0.95, 0.39 and 10.00.
    assert_eq!((before, after), (1_154, 1_135));
}
