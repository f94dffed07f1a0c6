//! Random equity paths through the fixed-point score and through exact rationals.

use proptest::prelude::*;
use rules::oracle::{EntryOracle, Rational, ScoreFigures};
use rules::{Competition, Entry, Standing, Weights, rank};
use types::{AccountId, Codec, Money, Notional, Ratio, TimestampNs};

use crate::plans::competition;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Equity moves by so many 1e-9.
    Move(i128),
    /// Equity is so many thousandths of the initial one.
    Jump(i128),
    Roll,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (-20_000_000_i128..=20_000_000).prop_map(Step::Move),
        1 => (-300_000_000_i128..=300_000_000).prop_map(Step::Move),
        1 => prop_oneof![1_i128..=1_000_000, 500_i128..2_000].prop_map(Step::Jump),
        4 => Just(Step::Roll),
    ]
}

fn weights() -> impl Strategy<Value = Weights> {
    let standard = Just(Competition::standard_weights());
    let any = prop::array::uniform3(0..=Ratio::ONE.0).prop_map(|mut cuts| {
        cuts.sort_unstable();
        Weights {
            profit: Ratio(cuts[0]),
            risk: Ratio(cuts[1] - cuts[0]),
            consistency: Ratio(cuts[2] - cuts[1]),
            drawdown: Ratio(Ratio::ONE.0 - cuts[2]),
        }
    });
    prop_oneof![standard, any]
}

/// The fixed-point figure in 1e-9 is the exact one rounded down, but for what its quotients of 1e-18
/// lost.
fn within_bound(fixed: i64, exact: &Rational) -> Result<(), TestCaseError> {
    let fixed = Rational::new(fixed.into(), 1_000_000_000);
    let below = exact - &fixed;
    prop_assert!(below <= Rational::new(11, 10_000_000_000), "too low");
    prop_assert!(below >= Rational::new(-1, 10_000_000_000), "too high");
    Ok(())
}

/// Four times the bound of a component.
fn total_within_bound(fixed: i64, exact: &ScoreFigures) -> Result<(), TestCaseError> {
    let below = &total(exact) - &Rational::new(fixed.into(), 1_000_000_000);
    prop_assert!(below <= Rational::new(44, 10_000_000_000), "too low");
    prop_assert!(below >= Rational::new(-4, 10_000_000_000), "too high");
    Ok(())
}

fn total(exact: &ScoreFigures) -> Rational {
    let parts = [&exact.risk, &exact.consistency, &exact.drawdown];
    parts
        .into_iter()
        .fold(exact.profit.clone(), |sum, part| &sum + part)
}

/// The published checks, in exact rationals: each is the figure with two decimals that is nearest.
#[test]
fn the_published_checks_are_exact() {
    let near = |daily: [(i128, usize); 2], hundredths: i128| {
        let mut equity = 1_000_i128.pow(10);
        let mut oracle = EntryOracle::enter(Notional(equity));
        let days = daily
            .iter()
            .flat_map(|&(per_mille, days)| vec![per_mille; days]);
        for (index, per_mille) in days.enumerate() {
            if index > 0 {
                oracle.roll();
            }
            equity = equity / 1_000 * (1_000 + per_mille);
            oracle.observe(Notional(equity), TimestampNs(1));
        }
        let score = total(&oracle.score(&competition()));
        let away = (&score - &Rational::new(hundredths, 100)).abs();
        assert!(
            away < Rational::new(5, 1_000),
            "{hundredths} is not the nearest"
        );
    };
    near([(5, 20), (0, 0)], 80_24);
    near([(-5, 20), (0, 0)], 24_75);
    near([(100, 1), (0, 19)], 69_89);
}

/// Ten thousand days, up and down in turn, so that the exact sums have two different terms only.
fn two_terms(low: i128, high: i128, days: i128, competition: &Competition) -> ScoreFigures {
    let whole = Rational::whole;
    let share = |part: i128, of: i128| &(&whole(part) / &whole(of)) - &whole(1);
    let (up, down) = (share(high, low), share(low, high));
    let g = |x: &Rational, k: Rational| x / &(&x.abs() + &k);
    let gain = &up / &(&whole(1) + &(&up * &whole(50)));
    let (ups, downs) = (whole((days + 1) / 2), whole(days / 2));
    let sum = |one: &Rational, other: &Rational| &(&ups * one) + &(&downs * other);
    let steady = |d: &Rational| g(d, Rational::new(5, 1_000));
    let total_return = if days % 2 == 0 { whole(0) } else { up.clone() };
    let max_drawdown = if days > 1 { down.abs() } else { whole(0) };
    let points = |share: &Rational, weight: Ratio| {
        &(&whole(50) * &(&whole(1) + share)) * &Rational::from(weight)
    };
    let weights = competition.weights;
    let mean = &sum(&steady(&up), &steady(&down)) / &whole(days);
    let left = &whole(1) - &(&max_drawdown / &competition.loss_limit.into());
    ScoreFigures {
        profit: points(&g(&total_return, Rational::new(1, 10)), weights.profit),
        risk: points(&g(&sum(&gain, &down), Rational::new(4, 100)), weights.risk),
        consistency: points(&mean, weights.consistency),
        drawdown: &(&whole(100) * &left.max(whole(0))) * &weights.drawdown.into(),
        total_return,
        max_drawdown,
    }
}

proptest! {
    #[test]
    fn the_score_stays_within_its_bound_for_ten_thousand_days(
        low in prop_oneof![1_000_i128..1_000_000, 1_i128 << 66..1 << 90],
        rise in prop_oneof![1_i128..1_000_000, 1_000_000_000_i128..1_000_000_000_000],
        days in prop_oneof![1_i128..50, 9_000_i128..=10_000],
        weights in weights(),
        loss_limit in (1_i64..=100).prop_map(Ratio::percent),
    ) {
        let competition = Competition { weights, loss_limit, ..competition() };
        // From a thousandth of a millionth to a thousandfold.
        let high = (low + low / 1_000_000_000 * rise).max(low + 1);
        let mut entry = Entry::enter(Notional(low));
        for day in 0..days {
            if day > 0 {
                entry.roll();
            }
            let equity = if day % 2 == 0 { high } else { low };
            entry.observe(Notional(equity), TimestampNs(1));
        }
        let fast = entry.score(&competition, false);
        let slow = two_terms(low, high, days, &competition);
        within_bound(fast.profit, &slow.profit)?;
        within_bound(fast.risk, &slow.risk)?;
        within_bound(fast.consistency, &slow.consistency)?;
        within_bound(fast.drawdown, &slow.drawdown)?;
        total_within_bound(fast.total, &slow)?;
        within_bound(fast.total_return.0, &slow.total_return)?;
        within_bound(fast.max_drawdown.0, &slow.max_drawdown)?;
    }

    /// The rationals that everything is measured by, against machine integers.
    #[test]
    fn rationals_reckon_as_machine_integers_do(
        a in -1_000_000_000_000_i128..1_000_000_000_000,
        b in 1_i128..1_000_000_000_000,
        c in -1_000_000_000_000_i128..1_000_000_000_000,
        d in 1_i128..1_000_000_000_000,
    ) {
        let (left, right) = (Rational::new(a, b), Rational::new(c, d));
        prop_assert_eq!(&left + &right, Rational::new(a * d + c * b, b * d));
        prop_assert_eq!(&left - &right, Rational::new(a * d - c * b, b * d));
        prop_assert_eq!(&left * &right, Rational::new(a * c, b * d));
        prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
        prop_assert_eq!(left.floor(), Rational::whole(a.div_euclid(b)));
        if c != 0 {
            prop_assert_eq!(&left / &right, Rational::new(a * d, b * c));
        }
    }

    #[test]
    fn the_score_is_within_its_error_bound_of_exact_rationals(
        initial in prop_oneof![
            (1_000_i64..1_000_000).prop_map(|whole| Money::whole(whole).to_notional()),
            (1_i128 << 60..1 << 80).prop_map(Notional),
            // From a few units of 1e-17 to more than money can say.
            (1_000_i128..1_000_000).prop_map(Notional),
            (1_i128 << 99..1 << 101).prop_map(Notional),
        ],
        steps in prop::collection::vec(step(), 0..40),
        weights in weights(),
        loss_limit in (1_i64..=100).prop_map(Ratio::percent),
    ) {
        let competition = Competition { weights, loss_limit, ..competition() };
        let mut entry = Entry::enter(initial);
        let mut oracle = EntryOracle::enter(initial);
        let (lowest, highest) = (initial.0 / 1_000, initial.0 * 1_000);
        let mut equity = initial.0;
        for (step, ts) in steps.into_iter().zip(1..) {
            match step {
                Step::Move(change) => equity += equity / 1_000_000_000 * change,
                Step::Jump(thousandths) => equity = initial.0 / 1_000 * thousandths,
                Step::Roll => {
                    entry.roll();
                    oracle.roll();
                    continue;
                }
            }
            equity = equity.clamp(lowest, highest);
            entry.observe(Notional(equity), TimestampNs(ts));
            oracle.observe(Notional(equity), TimestampNs(ts));
        }
        let fast = entry.score(&competition, false);
        let slow = oracle.score(&competition);
        within_bound(fast.profit, &slow.profit)?;
        within_bound(fast.risk, &slow.risk)?;
        within_bound(fast.consistency, &slow.consistency)?;
        within_bound(fast.drawdown, &slow.drawdown)?;
        prop_assert_eq!(fast.total, fast.profit + fast.risk + fast.consistency + fast.drawdown);
        total_within_bound(fast.total, &slow)?;
        prop_assert!((0..=100_000_000_000).contains(&fast.total));
        within_bound(fast.total_return.0, &slow.total_return)?;
        within_bound(fast.max_drawdown.0, &slow.max_drawdown)?;
        prop_assert_eq!(entry.attained_at(), oracle.attained_at());
        prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
    }

    #[test]
    fn no_equity_makes_the_score_panic(
        initial in any::<i128>(),
        equities in prop::collection::vec((any::<i128>(), any::<bool>()), 0..12),
        loss_limit in any::<i64>(),
        weights in prop::array::uniform4(any::<i64>()),
    ) {
        let [profit, risk, consistency, drawdown] = weights.map(Ratio);
        let competition = Competition {
            loss_limit: Ratio(loss_limit),
            weights: Weights { profit, risk, consistency, drawdown },
            ..competition()
        };
        let _ = competition.validate();
        let mut entry = Entry::enter(Notional(initial));
        for (equity, roll) in equities {
            entry.observe(Notional(equity), TimestampNs(1));
            if roll {
                entry.roll();
            }
            entry.score(&competition, false);
            let total = entry.score(&crate::plans::competition(), false).total;
            prop_assert!((0..=100_000_000_000).contains(&total));
        }
    }

    #[test]
    fn a_board_does_not_depend_on_the_order_it_was_given_in(
        figures in prop::collection::vec((0_i64..3, 0_i64..3, 0_i64..3, 0_u64..3, any::<bool>()), 0..20),
        turn in any::<prop::sample::Index>(),
    ) {
        let entry = Entry::enter(Notional(1));
        let mut rows: Vec<Standing> = figures
            .iter()
            .zip(0..)
            .map(|(&(total, total_return, max_drawdown, attained, ranked), id)| {
                let mut row = Standing::new(AccountId(id), id, &entry, &competition(), !ranked);
                row.score.total = total;
                row.total_return.equity = Notional(i128::from(total_return));
                row.score.max_drawdown = Ratio(max_drawdown);
                row.attained_at = TimestampNs(attained);
                if ranked {
                    row.score.ineligible = None;
                }
                row
            })
            .collect();
        let mut turned = rows.clone();
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
        }
        rank(&mut rows);
        rank(&mut turned);
        prop_assert_eq!(&rows, &turned);
        let ranks: Vec<u32> = rows.iter().filter_map(|row| row.rank).collect();
        prop_assert!(ranks.iter().copied().eq(1..=ranks.len() as u32));
        for pair in rows.windows(2) {
            prop_assert!(pair[1].rank.is_none() || pair[0].score.total >= pair[1].score.total);
        }
    }
}
