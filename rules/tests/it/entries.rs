//! Scores and ranks: the published checks, the gates, the order of a board.

use rules::{Competition, Entry, Gates, Ineligible, Score, Standing, TotalReturn, rank};
use types::{AccountId, Codec, Notional, Ratio, TimestampNs};

use crate::plans::{competition, equity};

/// An entry whose equity grows by a thousandth of these per mille each day; the last day is open.
fn after_days(per_mille: &[i128]) -> Entry {
    let mut value = equity(100_000);
    let mut entry = Entry::enter(value);
    for (index, change) in per_mille.iter().enumerate() {
        if index > 0 {
            entry.roll();
        }
        value = Notional(value.0 * (1_000 + change) / 1_000);
        entry.observe(value, TimestampNs(index as u64 + 1));
    }
    entry
}

/// Points to two decimals, rounded to nearest.
fn hundredths(points: i64) -> i64 {
    (points + 5_000_000) / 10_000_000
}

fn score(entry: &Entry) -> Score {
    entry.score(&competition(), false)
}

#[test]
fn twenty_days_of_half_a_percent_up() {
    assert_eq!(hundredths(score(&after_days(&[5; 20])).total), 80_24);
}

#[test]
fn twenty_days_of_half_a_percent_down() {
    assert_eq!(hundredths(score(&after_days(&[-5; 20])).total), 24_75);
}

#[test]
fn one_good_day_and_nineteen_flat_ones() {
    let mut days = [0; 20];
    days[0] = 100;
    let score = score(&after_days(&days));
    assert_eq!(hundredths(score.total), 69_89);
    assert_eq!(score.days, 20);
    assert_eq!(score.total_return, Ratio::percent(10));
    assert_eq!(score.max_drawdown, Ratio(0));
    // 0.4 x 50 x (1 + 0.1 / 0.2), and the whole of 0.1 x 100.
    assert_eq!(score.profit, 30_000_000_000);
    assert_eq!(score.drawdown, 10_000_000_000);
}

#[test]
fn an_idle_entry_would_score_55_and_is_not_ranked() {
    let score = score(&after_days(&[0; 20]));
    assert_eq!(score.total, 55_000_000_000);
    assert_eq!(
        (score.profit, score.risk, score.consistency, score.drawdown),
        (
            20_000_000_000,
            15_000_000_000,
            10_000_000_000,
            10_000_000_000
        )
    );
    assert_eq!(
        score.ineligible,
        Some(Ineligible::ActiveDays { has: 0, needs: 5 })
    );
}

#[test]
fn drawdown_is_the_deepest_fall_from_a_running_peak() {
    let mut entry = Entry::enter(equity(100_000));
    for (value, ts) in [100, 90, 200, 185, 300, 280].iter().zip(1..) {
        entry.observe(equity(value * 1_000), TimestampNs(ts));
    }
    // A tenth of 100 is deeper than the larger falls from 200 and 300.
    let score = score(&entry);
    assert_eq!(score.max_drawdown, Ratio::percent(10));
    // Half of the 20% limit is used.
    assert_eq!(score.drawdown, 5_000_000_000);
    assert_eq!(entry.attained_at(), TimestampNs(5));
    entry.observe(equity(200_000), TimestampNs(9));
    assert_eq!(entry.score(&competition(), false).drawdown, 0);
}

#[test]
fn an_entry_at_or_below_zero_has_a_score() {
    let mut entry = Entry::enter(equity(100));
    entry.observe(equity(-50), TimestampNs(1));
    entry.roll();
    entry.observe(equity(20), TimestampNs(2));
    let score = score(&entry);
    assert_eq!(score.total_return, Ratio::percent(-80));
    assert_eq!(score.max_drawdown, Ratio::percent(150));
    assert_eq!(score.drawdown, 0);
    // The first day lost 150%; the second, on a base below zero, is -100%: 15 (1 - 2.5 / 2.54).
    assert_eq!(score.risk, 236_220_472);
    assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
}

#[test]
fn gates_open_one_after_the_other() {
    let competition = Competition {
        gates: Gates {
            active_days: 2,
            round_turns: 1,
        },
        ..competition()
    };
    let mut entry = Entry::enter(equity(100));
    let why = |entry: &Entry| entry.score(&competition, false).ineligible;
    entry.record_opening_fill();
    entry.record_opening_fill();
    entry.roll();
    assert_eq!(
        why(&entry),
        Some(Ineligible::ActiveDays { has: 1, needs: 2 })
    );
    entry.record_opening_fill();
    assert_eq!(
        why(&entry),
        Some(Ineligible::RoundTurns { has: 0, needs: 1 })
    );
    entry.record_round_turn();
    assert_eq!(why(&entry), None);
    assert_eq!(
        entry.score(&competition, true).ineligible,
        Some(Ineligible::Breached)
    );
}

fn row(account: u32, change: impl FnOnce(&mut Standing)) -> Standing {
    let mut row = Standing::new(
        AccountId(account),
        // The later accounts entered earlier.
        9 - account,
        &Entry::enter(equity(100)),
        &competition(),
        false,
    );
    row.score.ineligible = None;
    change(&mut row);
    row
}

#[test]
fn returns_are_compared_as_exact_fractions() {
    let of = |initial, equity| TotalReturn {
        initial: Notional(initial),
        equity: Notional(equity),
    };
    // 40% and next to it, of equities whose products no integer holds.
    let large = 10_i128.pow(37);
    assert_eq!(of(5, 7), of(5 * large, 7 * large));
    assert!(of(5 * large, 7 * large + 1) > of(5, 7));
    assert!(of(5 * large, 7 * large - 1) < of(5, 7));
    assert!(of(5 * large, 7 * large + 1) < of(5 * large - 1, 7 * large + 1));
    // -150% is less than -100%, which is less than -99%.
    assert!(of(2, -1) < of(7, 0));
    assert!(of(7, 0) < of(100, 1));
    assert!(of(3, 1) < of(2, 1) && of(2, 1) > of(3, 1));
}

#[test]
fn ties_are_broken_in_the_published_order() {
    let mut rows = [
        row(9, |row| row.score.ineligible = Some(Ineligible::Breached)),
        row(8, |_| {}),
        row(7, |_| {}),
        row(6, |row| row.attained_at = TimestampNs(1)),
        row(5, |row| row.score.max_drawdown = Ratio(1)),
        row(4, |row| row.total_return.equity.0 += 1),
        row(3, |row| row.score.total += 1),
        row(2, |row| {
            row.score.total += 9;
            row.score.ineligible = Some(Ineligible::Breached);
        }),
    ];
    rank(&mut rows);
    let board: Vec<_> = rows.iter().map(|row| (row.account.0, row.rank)).collect();
    assert_eq!(
        board,
        [
            (3, Some(1)),
            (4, Some(2)),
            (8, Some(3)),
            (7, Some(4)),
            (6, Some(5)),
            (5, Some(6)),
            (2, None),
            (9, None)
        ]
    );
}
