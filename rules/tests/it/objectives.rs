//! Target, trading days, consistency.

use rules::{AccountRules, ConsistencyWindow, DayCounts, Denominator, MinDays, Plan, Target};
use types::{AccountId, Consistency, Money, Ratio, TimestampNs};

use crate::plans::{bare, consistency, day, equity, usd};

fn consistent(cap: i64, denominator: Denominator, inclusive: bool) -> Plan {
    Plan {
        consistency: Some(consistency(cap, denominator, inclusive)),
        ..bare(100_000)
    }
}

/// An account that realised these profits, a day each; the last day is still open.
fn after_days(plan: &Plan, profits: &[i64]) -> AccountRules {
    let mut account = AccountRules::open(plan, None);
    for (&profit, number) in profits.iter().zip(1..) {
        account.roll(plan, day(number), usd(100_000), equity(100_000), false);
        account.record_realised(usd(profit));
    }
    account
}

fn standing(plan: &Plan, profits: &[i64]) -> Consistency {
    after_days(plan, profits)
        .consistency(plan, AccountId(7))
        .unwrap()
}

#[test]
fn w21_the_best_day_is_within_forty_percent_of_net() {
    let plan = consistent(40, Denominator::Net, true);
    let standing = standing(&plan, &[500, 550, -150, 600, 400]);
    assert_eq!(standing.account, AccountId(7));
    assert_eq!(standing.denominator, usd(1_900));
    assert_eq!(standing.denominator.mul_ratio_floor(standing.cap), usd(760));
    assert_eq!(standing.best_day, usd(600));
    assert!(standing.met);
}

#[test]
fn w23_exactly_at_the_cap_passes_where_it_is_inclusive() {
    let days = [5_000, 2_000, 3_000];
    assert!(standing(&consistent(50, Denominator::PositiveDays, true), &days).met);
    assert!(!standing(&consistent(50, Denominator::PositiveDays, false), &days).met);
}

#[test]
fn w24_a_strict_half_needs_more_than_twice_the_best_day() {
    let plan = consistent(50, Denominator::Net, false);
    let now = standing(&plan, &[2_000, 1_100]);
    assert!(!now.met);
    assert_eq!(now.total_needed, Some("4000.000001".parse().unwrap()));
    assert!(standing(&plan, &[2_000, 1_100, 901]).met);
    assert!(!standing(&plan, &[2_000, 1_100, 900]).met);
    assert!(!standing(&plan, &[2_000, 2_001]).met, "a new best day");
    let inclusive = consistent(50, Denominator::Net, true);
    assert_eq!(
        standing(&inclusive, &[2_000, 1_100]).total_needed,
        Some(usd(4_000))
    );
}

#[test]
fn w26_the_total_that_would_be_enough() {
    let plan = consistent(30, Denominator::Net, true);
    let standing = standing(&plan, &[1_500, 1_000, 700]);
    assert_eq!(standing.total_needed, Some(usd(5_000)));
    assert!(!standing.met);
}

#[test]
fn w27_the_most_that_the_next_day_may_earn() {
    let plan = consistent(30, Denominator::Net, true);
    let most = standing(&plan, &[1_250, 1_250]).next_day_max;
    // 0.3 x 2500 / 0.7 = 1071.428571428...
    assert_eq!(most, Some("1071.428571".parse().unwrap()));
    // 0.5 x 1000 / 0.5 = 1000 exactly: allowed where the cap is inclusive, one unit less where not.
    let halves = |inclusive| consistent(50, Denominator::Net, inclusive);
    assert_eq!(
        standing(&halves(true), &[1_000]).next_day_max,
        Some(usd(1_000))
    );
    assert_eq!(
        standing(&halves(false), &[1_000]).next_day_max,
        Some("999.999999".parse().unwrap())
    );
}

#[test]
fn w34_positive_days_are_the_lenient_denominator() {
    let days = [1_100, 1_500, 900, -400];
    let share = |denominator| {
        let standing = standing(&consistent(45, denominator, true), &days);
        assert_eq!(standing.best_day, usd(1_500));
        (standing.denominator, standing.met)
    };
    // 1500 / 3100 = 48.39%, 1500 / 3500 = 42.86%.
    assert_eq!(share(Denominator::Net), (usd(3_100), false));
    assert_eq!(share(Denominator::PositiveDays), (usd(3_500), true));
}

#[test]
fn the_target_is_the_denominator_until_more_is_earned() {
    let mut plan = consistent(30, Denominator::Target, true);
    plan.profit_target = Some(Target::OfInitial(Ratio::percent(10)));
    let now = standing(&plan, &[3_000, -4_000]);
    assert_eq!((now.total, now.denominator), (usd(-1_000), usd(10_000)));
    assert_eq!(now.next_day_max, Some(usd(3_000)));
    assert!(now.met);
    // 30% of 12,000 is 3,600: a better day raises what has to be earned, and that is enough.
    let now = standing(&plan, &[3_600]);
    assert_eq!((now.denominator, now.met), (usd(10_000), false));
    assert_eq!(now.total_needed, Some(usd(12_000)));
    let almost = standing(&plan, &[3_600, 3_600, 3_600, 1_199]);
    assert_eq!((almost.denominator, almost.met), (usd(11_999), false));
    let now = standing(&plan, &[3_600, 3_600, 3_600, 1_200]);
    assert_eq!((now.denominator, now.met), (usd(12_000), true));
    // 0.3 x 12,000 / 0.7 is more than 30% of the target.
    assert_eq!(
        now.next_day_max,
        Some("5142.857142".parse::<Money>().unwrap())
    );
}

#[test]
fn an_amount_that_there_is_not_is_no_remedy() {
    let mut plan = consistent(1, Denominator::Net, true);
    plan.initial_balance = Money(i64::MAX / 4);
    let mut account = AccountRules::open(&plan, None);
    account.record_realised(Money(i64::MAX / 50));
    let now = account.consistency(&plan, AccountId(0)).unwrap();
    assert_eq!((now.met, now.total_needed), (false, None));
}

#[test]
fn it_is_not_met_while_nothing_was_earned() {
    let plan = consistent(40, Denominator::Net, true);
    for days in [&[][..], &[-500], &[500, -500], &[500, -600]] {
        let standing = standing(&plan, days);
        assert!(!standing.met, "{days:?}");
        assert_eq!(standing.next_day_max, None);
    }
    assert_eq!(standing(&plan, &[-500]).best_day, usd(0));
    assert_eq!(standing(&plan, &[-500]).total_needed, None);
    // 500 is 40% of 1,250, however deep the other days went.
    assert_eq!(standing(&plan, &[500, -600]).total_needed, Some(usd(1_250)));
}

#[test]
fn a_payout_starts_a_new_window_where_the_plan_says_so() {
    let mut plan = consistent(40, Denominator::Net, true);
    let best_after_payout = |plan: &Plan| {
        let mut account = after_days(plan, &[900, 400]);
        account.pay_out(plan, plan.initial_balance, usd(600));
        account.record_realised(usd(50));
        let standing = account.consistency(plan, AccountId(0)).unwrap();
        assert_eq!(account.day_pnl(), usd(450));
        (standing.best_day, standing.denominator)
    };
    assert_eq!(best_after_payout(&plan), (usd(900), usd(1_350)));
    plan.consistency.as_mut().unwrap().window = ConsistencyWindow::SincePayout;
    assert_eq!(best_after_payout(&plan), (usd(50), usd(50)));
}

fn counting(counts: DayCounts, day_profit_min: Option<Money>) -> Plan {
    Plan {
        min_days: Some(MinDays {
            days: 3,
            counts,
            day_profit_min,
        }),
        ..bare(100_000)
    }
}

/// Opens on day 1, holds over day 2, closes on day 3 with a profit, rests on day 4.
fn days_counted(plan: &Plan) -> Vec<(u16, Option<bool>)> {
    let mut account = AccountRules::open(plan, None);
    let mut out = Vec::new();
    let mut roll = |account: &mut AccountRules, number, held| {
        let roll = account.roll(plan, day(number), usd(100_000), equity(100_000), held);
        out.push((
            account.days_counted(plan),
            roll.closed.map(|(_, _, counted)| counted),
        ));
    };
    roll(&mut account, 1, false);
    account.record_opening_fill();
    roll(&mut account, 2, true);
    roll(&mut account, 3, true);
    account.record_realised(usd(200));
    roll(&mut account, 4, false);
    roll(&mut account, 5, false);
    out
}

#[test]
fn a_day_counts_by_its_opening_fills() {
    assert_eq!(
        days_counted(&counting(DayCounts::OpeningFill, None)),
        [
            (0, None),
            (1, Some(true)),
            (1, Some(false)),
            (1, Some(false)),
            (1, Some(false))
        ]
    );
    assert_eq!(
        days_counted(&bare(100_000)),
        days_counted(&counting(DayCounts::OpeningFill, None))
    );
}

#[test]
fn a_day_counts_by_what_it_holds() {
    // After each roll over which a position is held, the day that opens counts already.
    assert_eq!(
        days_counted(&counting(DayCounts::AnyDayHeld, None)),
        [
            (0, None),
            (2, Some(true)),
            (3, Some(true)),
            (3, Some(true)),
            (3, Some(false))
        ]
    );
    assert_eq!(
        days_counted(&counting(DayCounts::AnyDayHeld, Some(usd(200)))),
        [
            (0, None),
            (0, Some(false)),
            (0, Some(false)),
            (1, Some(true)),
            (1, Some(false))
        ]
    );
}

#[test]
fn the_target_is_recorded_the_first_time() {
    let plan = Plan {
        profit_target: Some(Target::OfInitial(Ratio::percent(8))),
        ..bare(50_000)
    };
    let mut account = AccountRules::open(&plan, None);
    assert_eq!(account.target_balance(&plan), Some(usd(54_000)));
    let almost = usd(54_000).saturating_sub(Money(1));
    assert_eq!(account.reach_target(&plan, almost, TimestampNs(5)), None);
    assert_eq!(
        account.reach_target(&plan, usd(54_000), TimestampNs(6)),
        Some(usd(54_000))
    );
    assert_eq!(
        account.reach_target(&plan, usd(55_000), TimestampNs(7)),
        None
    );
    assert_eq!(account.target_reached_at(), Some(TimestampNs(6)));
}

#[test]
fn a_phase_passes_when_all_objectives_hold_together() {
    let mut plan = consistent(50, Denominator::Net, true);
    plan.profit_target = Some(Target::Fixed(usd(2_000)));
    plan.min_days = Some(MinDays {
        days: 2,
        counts: DayCounts::OpeningFill,
        day_profit_min: None,
    });
    let mut account = after_days(&plan, &[1_000, 1_000]);
    assert!(!account.passes(&plan, usd(102_000)), "no day has a fill");
    account.record_opening_fill();
    assert!(!account.passes(&plan, usd(102_000)), "one day is too few");
    account.roll(&plan, day(3), usd(102_000), equity(102_000), false);
    account.record_opening_fill();
    assert!(account.passes(&plan, usd(102_000)));
    assert!(!account.passes(&plan, usd(101_999)));
    account.record_realised(usd(2_100));
    assert!(
        !account.passes(&plan, usd(104_100)),
        "the best day is too good"
    );
    plan.profit_target = None;
    assert!(!account.passes(&plan, usd(104_100)), "nothing to pass");
}
