//! Payouts: what may leave, and what that does to the floors.

use rules::{
    AccountRules, AfterPayout, Allowance, DailyAnchor, DayCounts, Denominator, MinDays, PayoutKeep,
    PayoutRule, Plan, Scaling, StopTrailing, TrailSource,
};
use types::{AccountId, Money, PayoutDenial, Ratio};

use crate::plans::{bare, consistency, daily_loss, day, equity, max_loss, usd};

/// A 50,000 account, 2,500 below its live peak, locking at start + 100.
fn plan(keep: PayoutKeep, after: AfterPayout) -> Plan {
    Plan {
        max_loss: Some(max_loss(
            2_500,
            TrailSource::TickEquity,
            StopTrailing::AtFloorLevel(usd(100)),
        )),
        payout: Some(PayoutRule {
            fraction: Ratio::ONE,
            cap: None,
            keep,
            split: Ratio::percent(80),
            after,
            best_day_cap: None,
            days_min: None,
            series: rules::PayoutSeries::default(),
        }),
        ..bare(50_000)
    }
}

fn floor(account: &AccountRules) -> Money {
    account.max().unwrap().floor
}

fn at_peak(plan: &Plan, peak: i64) -> AccountRules {
    let mut account = AccountRules::open(plan, None);
    account.ratchet_equity(plan, equity(peak));
    account
}

#[test]
fn w29_only_the_profit_above_the_safety_net() {
    let plan = plan(
        PayoutKeep::AboveInitial(usd(2_600)),
        AfterPayout::FloorStays,
    );
    let account = at_peak(&plan, 53_300);
    assert_eq!(account.payout_eligible(&plan, usd(53_300)), usd(700));
    assert_eq!(account.payout_eligible(&plan, usd(52_600)), usd(0));
    assert_eq!(account.payout_eligible(&plan, usd(49_000)), usd(0));
}

#[test]
fn the_least_bound_decides() {
    let mut plan = plan(PayoutKeep::AboveFloor(usd(500)), AfterPayout::FloorStays);
    let account = at_peak(&plan, 58_000);
    // The floor is 50,100: 58,000 - 50,100 - 500 is less than the profit of 8,000.
    assert_eq!(account.payout_eligible(&plan, usd(58_000)), usd(7_400));
    let rule = plan.payout.as_mut().unwrap();
    rule.fraction = Ratio::percent(50);
    assert_eq!(account.payout_eligible(&plan, usd(58_000)), usd(4_000));
    plan.payout.as_mut().unwrap().cap = Some(usd(1_500));
    assert_eq!(account.payout_eligible(&plan, usd(58_000)), usd(1_500));
    assert_eq!(account.payout_eligible(&bare(50_000), usd(58_000)), usd(0));
}

#[test]
fn no_payout_leaves_the_account_in_breach() {
    let mut plan = plan(PayoutKeep::AboveFloor(usd(0)), AfterPayout::FloorToInitial);
    let account = at_peak(&plan, 51_000);
    assert_eq!(floor(&account), usd(48_500));
    assert_eq!(account.payout_eligible(&plan, usd(51_000)), usd(1_000));
    plan.max_loss.as_mut().unwrap().touch_is_breach = true;
    let mut account = at_peak(&plan, 51_000);
    let eligible = account.payout_eligible(&plan, usd(51_000));
    assert_eq!(eligible, "999.999999".parse().unwrap());
    let left = usd(51_000).saturating_sub(eligible);
    account.pay_out(&plan, plan.initial_balance, eligible);
    assert_eq!(floor(&account), usd(50_000));
    assert!(account.breached(left.to_notional(), false).is_empty());
    assert!(!account.breached(equity(50_000), false).is_empty());
}

#[test]
fn the_floor_stays() {
    let plan = plan(PayoutKeep::AboveFloor(usd(0)), AfterPayout::FloorStays);
    let mut account = at_peak(&plan, 51_000);
    assert!(
        account
            .pay_out(&plan, plan.initial_balance, usd(800))
            .is_empty()
    );
    assert_eq!(floor(&account), usd(48_500));
    account.ratchet_equity(&plan, equity(51_000));
    assert_eq!(floor(&account), usd(48_500));
    account.ratchet_equity(&plan, equity(51_400));
    assert_eq!(floor(&account), usd(48_900));
}

#[test]
fn the_floor_moves_to_the_initial_balance_and_stays_there() {
    let plan = plan(PayoutKeep::AboveFloor(usd(0)), AfterPayout::FloorToInitial);
    let mut account = at_peak(&plan, 51_000);
    let moves = account.pay_out(&plan, plan.initial_balance, usd(800));
    assert_eq!(
        moves.iter().map(|limit| limit.floor).collect::<Vec<_>>(),
        [usd(50_000)]
    );
    account.ratchet_equity(&plan, equity(60_000));
    assert_eq!(floor(&account), usd(50_000));
}

#[test]
fn the_floor_falls_by_the_payout() {
    let mut plan = plan(
        PayoutKeep::AboveFloor(usd(0)),
        AfterPayout::FloorFallsByPayout,
    );
    plan.scaling = Some(Scaling {
        step: Ratio::percent(10),
        size_max: None,
        requires: None,
    });
    let mut account = at_peak(&plan, 51_000);
    assert!(
        account
            .pay_out(&plan, plan.initial_balance, usd(-800))
            .is_empty()
    );
    account.pay_out(&plan, plan.initial_balance, usd(800));
    assert_eq!(floor(&account), usd(47_700));
    account.ratchet_equity(&plan, equity(50_500));
    assert_eq!(
        floor(&account),
        usd(48_000),
        "it trails on from the lower peak"
    );

    let mut locked = at_peak(&plan, 54_000);
    assert_eq!(floor(&locked), usd(50_100));
    locked.pay_out(&plan, plan.initial_balance, usd(800));
    assert_eq!(floor(&locked), usd(49_300));
    locked.ratchet_equity(&plan, equity(60_000));
    assert_eq!(
        floor(&locked),
        usd(49_300),
        "a floor that stopped stays stopped"
    );
    locked
        .scale(&plan, plan.initial_balance.to_notional())
        .unwrap();
    assert_eq!(floor(&locked), usd(54_300));
}

#[test]
fn a_payout_is_no_loss_of_the_day() {
    let mut plan = plan(PayoutKeep::AboveFloor(usd(0)), AfterPayout::FloorStays);
    plan.daily_loss = Some(daily_loss(
        DailyAnchor::Balance,
        Allowance::Fixed(usd(1_000)),
    ));
    let mut account = AccountRules::open(&plan, None);
    account.roll(
        &plan,
        crate::plans::day(1),
        usd(53_000),
        equity(53_000),
        false,
    );
    assert_eq!(account.daily().unwrap().floor, usd(52_000));
    account.pay_out(&plan, plan.initial_balance, usd(2_000));
    assert_eq!(account.daily().unwrap().floor, usd(50_000));
    assert!(account.breached(equity(50_000), false).is_empty());
}

/// A 50,000 account without limits, of whose profit the best day may have 40%.
fn capped() -> Plan {
    let mut plan = plan(PayoutKeep::AboveInitial(usd(0)), AfterPayout::FloorStays);
    plan.max_loss = None;
    plan.payout.as_mut().unwrap().best_day_cap = Some(Ratio::percent(40));
    plan
}

/// One more day with this profit, after a fill.
fn trade(plan: &Plan, account: &mut AccountRules, balance: &mut Money, profit: i64) {
    let number = account.day().map_or(1, |last| last.0 - day(0).0 + 1);
    account.roll(plan, day(number), *balance, balance.to_notional(), false);
    account.record_opening_fill();
    account.record_realised(usd(profit));
    *balance = balance.saturating_add(usd(profit));
}

#[test]
fn what_the_best_day_made_beyond_its_share_is_never_paid() {
    let plan = capped();
    let mut account = AccountRules::open(&plan, None);
    let mut balance = usd(50_000);
    for profit in [1_000, 300, -100, 300] {
        trade(&plan, &mut account, &mut balance, profit);
    }
    // 1,500 - (1,000 - 40% of 1,500) = 1,100.
    assert_eq!(account.payout_eligible(&plan, balance), usd(1_100));
    // 300 are taken; of the 1,200 left 400 are never paid, and 800 could be.
    account.pay_out(&plan, plan.initial_balance, usd(300));
    balance = balance.saturating_sub(usd(300));
    assert_eq!(account.payout_eligible(&plan, balance), usd(800));
    // In the new window 500 over two days, 200 being the most: 300 - 200 = 100 beyond.
    for profit in [300, 200] {
        trade(&plan, &mut account, &mut balance, profit);
    }
    assert_eq!(
        account.payout_eligible(&plan, balance),
        usd(800 + 500 - 100)
    );
    // A window that made less than its best day is beyond counts for nothing, and takes nothing.
    trade(&plan, &mut account, &mut balance, -450);
    assert_eq!(account.payout_eligible(&plan, balance), usd(800));
    trade(&plan, &mut account, &mut balance, -150);
    assert_eq!(account.payout_eligible(&plan, balance), usd(700));
}

#[test]
fn the_best_days_share_is_rounded_toward_less_payout() {
    let mut plan = capped();
    plan.payout.as_mut().unwrap().best_day_cap = Some(Ratio(333_333_333));
    let mut account = AccountRules::open(&plan, None);
    let mut balance = usd(50_000);
    trade(&plan, &mut account, &mut balance, 1);
    // 0.333333333 of 1 is 0.333333 in money.
    assert_eq!(
        account.payout_eligible(&plan, balance),
        "0.333333".parse().unwrap()
    );
    assert_eq!(account.payable_profit(&bare(50_000), balance), usd(1));
}

#[test]
fn excluded_profit_is_not_paid_and_is_no_safety_net() {
    let mut plan = capped();
    plan.payout.as_mut().unwrap().best_day_cap = None;
    let mut account = AccountRules::open(&plan, None);
    let mut balance = usd(50_000);
    trade(&plan, &mut account, &mut balance, 1_000);
    account.record_excluded(usd(400));
    assert_eq!(account.payout_eligible(&plan, balance), usd(600));
    account.pay_out(&plan, plan.initial_balance, usd(600));
    balance = balance.saturating_sub(usd(600));
    assert_eq!(account.payout_eligible(&plan, balance), usd(0), "nor later");
    plan.payout.as_mut().unwrap().keep = PayoutKeep::AboveInitial(usd(100));
    trade(&plan, &mut account, &mut balance, 250);
    assert_eq!(account.payout_eligible(&plan, balance), usd(150));
}

#[test]
fn days_count_since_the_last_payout() {
    let mut plan = capped();
    let rule = plan.payout.as_mut().unwrap();
    rule.best_day_cap = None;
    rule.days_min = Some(MinDays {
        days: 2,
        counts: DayCounts::OpeningFill,
        day_profit_min: Some(usd(150)),
    });
    let mut account = AccountRules::open(&plan, None);
    let mut balance = usd(50_000);
    let check = |account: &AccountRules, balance| {
        account.check_payout(&plan, AccountId(0), balance, usd(100))
    };
    let short = |has| Err(PayoutDenial::TooFewDays { has, needs: 2 });
    for (profit, found) in [(149, short(0)), (150, short(1)), (400, Ok(()))] {
        trade(&plan, &mut account, &mut balance, profit);
        assert_eq!(check(&account, balance), found, "{profit}");
    }
    account.pay_out(&plan, plan.initial_balance, usd(100));
    // The rest of this day is of the new window, and its profit so far is not.
    account.record_realised(usd(149));
    assert_eq!(check(&account, balance), short(0));
    account.record_opening_fill();
    account.record_realised(usd(1));
    assert_eq!(check(&account, balance), short(1));
    assert_eq!(account.payout_days(&plan), 1);
    assert_eq!(account.days_counted(&plan), 3, "the phase counts any fill");
}

#[test]
fn a_refusal_says_what_is_missing() {
    let mut plan = capped();
    plan.consistency = Some(consistency(50, Denominator::Net, true));
    let mut account = AccountRules::open(&plan, None);
    let mut balance = usd(50_000);
    let check = |account: &AccountRules, balance, amount| {
        account.check_payout(&plan, AccountId(9), balance, amount)
    };
    trade(&plan, &mut account, &mut balance, 1_000);
    let Err(PayoutDenial::Consistency(standing)) = check(&account, balance, usd(1)) else {
        unreachable!("one day has all of the profit");
    };
    assert_eq!(standing.account, AccountId(9));
    assert_eq!(standing.total_needed, Some(usd(2_000)));
    trade(&plan, &mut account, &mut balance, 1_000);
    // 2,000 - (1,000 - 800) = 1,800.
    let more = usd(1_800).saturating_add(Money(1));
    assert_eq!(check(&account, balance, usd(1_800)), Ok(()));
    assert_eq!(
        check(&account, balance, more),
        Err(PayoutDenial::AboveEligible)
    );
    assert_eq!(
        check(&account, balance, usd(0)),
        Err(PayoutDenial::AmountNotPositive)
    );
    let none = account.check_payout(&bare(50_000), AccountId(9), balance, usd(1));
    assert_eq!(none, Err(PayoutDenial::NotInPlan));
}

#[test]
fn a_payout_that_would_breach_the_day_is_refused() {
    let mut plan = capped();
    plan.daily_loss = Some(daily_loss(DailyAnchor::Equity, Allowance::Fixed(usd(500))));
    plan.payout.as_mut().unwrap().best_day_cap = None;
    let mut account = AccountRules::open(&plan, None);
    // The day opened at an equity of 51,000 and is down to 50,499.
    account.roll(&plan, day(1), usd(51_000), equity(51_000), false);
    assert_eq!(
        account.check_payout(&plan, AccountId(0), usd(50_499), usd(100)),
        Err(PayoutDenial::WouldBreach)
    );
    assert_eq!(
        account.check_payout(&plan, AccountId(0), usd(50_500), usd(100)),
        Ok(())
    );
}
