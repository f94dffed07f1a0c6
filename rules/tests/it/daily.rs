//! A daily limit that changes from day to day: by profit, and by the floor of the maximum loss.

use rules::{
    AccountRules, Allowance, DailyAnchor, DailyChanges, DailyTier, Plan, StopTrailing, TrailSource,
    listed,
};
use types::{Money, Ratio};

use crate::plans::{bare, daily_loss, day, equity, max_loss, usd};

/// 1,000 a day; 2,000 from a profit of 1,500 on, 4% of size from one of 3,000 on.
fn rising() -> Plan {
    let tier = |profit_from, allowance| DailyTier {
        profit_from,
        allowance,
    };
    let tiers = [
        tier(usd(1_500), Allowance::Fixed(usd(2_000))),
        tier(usd(3_000), Allowance::OfInitial(Ratio::percent(4))),
    ];
    let mut daily = daily_loss(DailyAnchor::Balance, Allowance::Fixed(usd(1_000)));
    daily.changes.tiers = listed(&tiers).unwrap();
    Plan {
        daily_loss: Some(daily),
        ..bare(100_000)
    }
}

fn floor_of_day(plan: &Plan, account: &mut AccountRules, number: i32, balance: Money) -> Money {
    let equity = balance.to_notional();
    account.roll(plan, day(number), balance, equity, false);
    account.daily().unwrap().floor
}

#[test]
fn the_allowance_rises_with_the_profit_at_the_roll() {
    let plan = rising();
    let mut account = AccountRules::open(&plan, None);
    assert_eq!(account.daily().unwrap().floor, usd(99_000));
    let below = Money(usd(101_500).0 - 1);
    let mut floor = |number, balance| floor_of_day(&plan, &mut account, number, balance);
    assert_eq!(floor(1, below), below.saturating_sub(usd(1_000)));
    assert_eq!(floor(2, usd(101_500)), usd(99_500));
    assert_eq!(floor(3, usd(102_999)), usd(100_999));
    // 4% of 100,000.
    assert_eq!(floor(4, usd(103_000)), usd(99_000));
    // And falls with it.
    assert_eq!(floor(5, usd(100_500)), usd(99_500));
}

#[test]
fn a_tier_holds_for_the_day_that_it_opened() {
    let mut plan = rising();
    plan.daily_loss.as_mut().unwrap().anchor = DailyAnchor::IntradayPeak;
    let mut account = AccountRules::open(&plan, None);
    let opened = floor_of_day(&plan, &mut account, 1, usd(101_000));
    assert_eq!(opened, usd(100_000));
    account.ratchet_equity(&plan, equity(104_000));
    assert_eq!(account.daily().unwrap().floor, usd(103_000));
    assert!(account.is_sound(&plan));
}

#[test]
fn a_day_that_opens_after_the_floor_locked_has_no_daily_limit() {
    let mut daily = daily_loss(DailyAnchor::Balance, Allowance::Fixed(usd(1_000)));
    daily.changes.ends_at_floor_lock = true;
    let plan = Plan {
        daily_loss: Some(daily),
        max_loss: Some(max_loss(
            2_000,
            TrailSource::EodBalance,
            StopTrailing::AtFloorLevel(usd(100)),
        )),
        ..bare(50_000)
    };
    plan.validate().unwrap();
    let mut account = AccountRules::open(&plan, None);
    // The floor locks at 50,100 by a peak of 52,100.
    let below = Money(usd(52_100).0 - 1);
    account.roll(&plan, day(1), below, below.to_notional(), false);
    assert_eq!(account.daily().unwrap().allowance, usd(1_000));
    account.roll(&plan, day(2), usd(52_100), equity(52_100), false);
    assert_eq!(account.daily(), None);
    assert_eq!(account.max().unwrap().floor, usd(50_100));
    assert!(account.is_sound(&plan));
    assert!(account.breached(equity(50_100), false).is_empty());
    assert!(!account.breached(equity(50_099), false).is_empty());
    account.roll(&plan, day(3), usd(50_200), equity(50_200), false);
    assert_eq!(account.daily(), None);
}

#[test]
fn changes_of_a_daily_limit_are_checked() {
    let refused = |changes: DailyChanges| {
        let mut plan = rising();
        plan.daily_loss.as_mut().unwrap().changes = changes;
        plan.validate().unwrap_err().to_string()
    };
    let tiers = |from: &[i64]| {
        let tier = |from: &i64| DailyTier {
            profit_from: usd(*from),
            allowance: Allowance::Fixed(usd(1)),
        };
        let tiers: Vec<_> = from.iter().map(tier).collect();
        DailyChanges {
            tiers: listed(&tiers).unwrap(),
            ends_at_floor_lock: false,
        }
    };
    assert_eq!(
        refused(tiers(&[0])),
        "daily_loss.tiers.profit_from is 0; accepted: above 0"
    );
    assert_eq!(
        refused(tiers(&[5, 5])),
        "daily_loss.tiers.profit_from is 5; accepted: above profit_from of the tier before"
    );
    assert_eq!(
        refused(DailyChanges {
            ends_at_floor_lock: true,
            ..DailyChanges::default()
        }),
        "daily_loss.ends_at_floor_lock is true; accepted: false, for a plan whose max_loss has no \
         stop and no payout that holds its floor"
    );
}
