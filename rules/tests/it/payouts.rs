//! Payouts: what may leave, and what that does to the floors.

use rules::{
    AccountRules, AfterPayout, Allowance, DailyAnchor, PayoutKeep, PayoutRule, Plan, Scaling,
    StopTrailing, TrailSource,
};
use types::{Money, Ratio};

use crate::plans::{bare, daily_loss, equity, max_loss, usd};

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
    account.pay_out(&plan, eligible);
    assert_eq!(floor(&account), usd(50_000));
    assert!(account.breached(left.to_notional(), false).is_empty());
    assert!(!account.breached(equity(50_000), false).is_empty());
}

#[test]
fn the_floor_stays() {
    let plan = plan(PayoutKeep::AboveFloor(usd(0)), AfterPayout::FloorStays);
    let mut account = at_peak(&plan, 51_000);
    assert!(account.pay_out(&plan, usd(800)).is_empty());
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
    let moves = account.pay_out(&plan, usd(800));
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
    assert!(account.pay_out(&plan, usd(-800)).is_empty());
    account.pay_out(&plan, usd(800));
    assert_eq!(floor(&account), usd(47_700));
    account.ratchet_equity(&plan, equity(50_500));
    assert_eq!(
        floor(&account),
        usd(48_000),
        "it trails on from the lower peak"
    );

    let mut locked = at_peak(&plan, 54_000);
    assert_eq!(floor(&locked), usd(50_100));
    locked.pay_out(&plan, usd(800));
    assert_eq!(floor(&locked), usd(49_300));
    locked.ratchet_equity(&plan, equity(60_000));
    assert_eq!(
        floor(&locked),
        usd(49_300),
        "a floor that stopped stays stopped"
    );
    locked.scale(&plan).unwrap();
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
    account.pay_out(&plan, usd(2_000));
    assert_eq!(account.daily().unwrap().floor, usd(50_000));
    assert!(account.breached(equity(50_000), false).is_empty());
}
