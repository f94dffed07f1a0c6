//! Payouts that differ from one to the next: each edge from both sides.

use rules::{
    AccountRules, AfterPayout, PayoutKeep, PayoutRule, PayoutSeries, Plan, SplitFrom, SplitTier,
    listed,
};
use types::{AccountId, Codec, Money, PayoutDenial, Ratio};

use crate::plans::{bare, day, usd};

/// A 50,000 account without limits that may take all profit, of which the trader gets 80%.
fn plan(series: &PayoutSeries) -> Plan {
    Plan {
        payout: Some(PayoutRule {
            fraction: Ratio::ONE,
            cap: Some(usd(3_000)),
            keep: PayoutKeep::AboveInitial(usd(0)),
            split: Ratio::percent(80),
            after: AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: None,
            series: *series,
        }),
        ..bare(50_000)
    }
}

fn check(plan: &Plan, account: &AccountRules, amount: Money) -> Result<(), PayoutDenial> {
    account.check_payout(plan, AccountId(7), usd(60_000), amount)
}

fn tiers(tiers: &[SplitTier]) -> PayoutSeries {
    PayoutSeries {
        splits: listed(tiers).unwrap(),
        ..PayoutSeries::default()
    }
}

fn by_total(total: i64, percent: i64) -> SplitTier {
    SplitTier {
        from: SplitFrom::PaidTotal(usd(total)),
        split: Ratio::percent(percent),
    }
}

fn by_number(number: u16, percent: i64) -> SplitTier {
    SplitTier {
        from: SplitFrom::Payout(number),
        split: Ratio::percent(percent),
    }
}

#[test]
fn a_payout_takes_the_minimum_and_not_a_unit_less() {
    let plan = plan(&PayoutSeries {
        min: Some(usd(500)),
        ..PayoutSeries::default()
    });
    let account = AccountRules::open(&plan, None);
    let min = usd(500);
    assert_eq!(check(&plan, &account, min), Ok(()));
    let short = check(&plan, &account, Money(min.0 - 1));
    assert_eq!(short, Err(PayoutDenial::BelowMinimum { min }));
    // Less than the minimum is eligible: the reason for the minimum itself is that.
    let eligible = account.check_payout(&plan, AccountId(7), usd(50_499), min);
    assert_eq!(eligible, Err(PayoutDenial::AboveEligible));
}

#[test]
fn caps_go_by_the_number_of_the_payout() {
    let plan = plan(&PayoutSeries {
        caps: listed(&[usd(1_500), usd(2_000)]).unwrap(),
        ..PayoutSeries::default()
    });
    let mut account = AccountRules::open(&plan, None);
    // The third and all after it are held to the cap of the rule.
    for cap in [1_500, 2_000, 3_000, 3_000] {
        let cap = usd(cap);
        assert_eq!(account.payout_eligible(&plan, usd(60_000)), cap);
        assert_eq!(check(&plan, &account, cap), Ok(()));
        let above = check(&plan, &account, Money(cap.0 + 1));
        assert_eq!(above, Err(PayoutDenial::AboveEligible));
        account.pay_out(&plan, usd(60_000), usd(100));
    }
}

#[test]
fn days_go_by_between_payouts() {
    let plan = plan(&PayoutSeries {
        interval_days: Some(14),
        ..PayoutSeries::default()
    });
    let mut account = AccountRules::open(&plan, Some(day(1)));
    let soon = |has| Err(PayoutDenial::TooSoon { has, needs: 14 });
    let roll = |account: &mut AccountRules, number| {
        let (balance, equity) = (usd(60_000), usd(60_000).to_notional());
        account.roll(&plan, day(number), balance, equity, false);
    };
    assert_eq!(check(&plan, &account, usd(1)), soon(0));
    roll(&mut account, 14);
    assert_eq!(check(&plan, &account, usd(1)), soon(13));
    roll(&mut account, 15);
    assert_eq!(check(&plan, &account, usd(1)), Ok(()));
    account.pay_out(&plan, usd(60_000), usd(1));
    assert_eq!(check(&plan, &account, usd(1)), soon(0));
    roll(&mut account, 28);
    assert_eq!(check(&plan, &account, usd(1)), soon(13));
    roll(&mut account, 29);
    assert_eq!(check(&plan, &account, usd(1)), Ok(()));
}

#[test]
fn an_account_of_before_the_first_roll_waits_from_that_on() {
    let plan = plan(&PayoutSeries {
        interval_days: Some(1),
        ..PayoutSeries::default()
    });
    let mut account = AccountRules::open(&plan, None);
    for (number, waits) in [(5, true), (6, false)] {
        let equity = usd(50_000).to_notional();
        account.roll(&plan, day(number), usd(50_000), equity, false);
        assert_eq!(check(&plan, &account, usd(1)).is_err(), waits);
    }
}

#[test]
fn the_split_of_a_payout_goes_by_its_number() {
    let plan = plan(&tiers(&[by_number(2, 90), by_number(4, 100)]));
    let mut account = AccountRules::open(&plan, None);
    for share in [800, 900, 900, 1_000, 1_000] {
        assert_eq!(account.trader_share(&plan, usd(1_000)), usd(share));
        let split = account.payout_split(&plan.payout.unwrap());
        assert_eq!(split, Ratio::percent(share / 10));
        account.pay_out(&plan, usd(60_000), usd(1_000));
    }
}

#[test]
fn the_split_goes_by_what_was_paid_out_and_a_payout_across_an_edge_is_parted() {
    // 100% of the first 10,000, then 90%.
    let mut plan = plan(&tiers(&[by_total(10_000, 90)]));
    plan.payout.as_mut().unwrap().split = Ratio::ONE;
    let mut account = AccountRules::open(&plan, None);
    assert_eq!(account.trader_share(&plan, usd(10_000)), usd(10_000));
    // A unit beyond brings 0.9 of a unit, rounded down.
    let beyond = Money(usd(10_000).0 + 1);
    assert_eq!(account.trader_share(&plan, beyond), usd(10_000));
    account.pay_out(&plan, usd(60_000), usd(9_000));
    let split = |account: &AccountRules| account.payout_split(&plan.payout.unwrap());
    // Of what comes first.
    assert_eq!(split(&account), Ratio::ONE);
    // 1,000 at 100% and 2,000 at 90%.
    assert_eq!(account.trader_share(&plan, usd(3_000)), usd(2_800));
    account.pay_out(&plan, usd(60_000), usd(1_000));
    assert_eq!(split(&account), Ratio::percent(90));
    assert_eq!(account.trader_share(&plan, usd(3_000)), usd(2_700));
}

#[test]
fn the_last_payout_is_the_last() {
    let plan = plan(&PayoutSeries {
        payouts_max: Some(2),
        ..PayoutSeries::default()
    });
    let mut account = AccountRules::open(&plan, None);
    for is_over in [false, true] {
        account.pay_out(&plan, usd(60_000), usd(1));
        assert_eq!(account.is_paid_out(&plan), is_over);
    }
}

#[test]
fn a_series_is_checked() {
    let refused = |series: PayoutSeries| plan(&series).validate().unwrap_err().to_string();
    let none = PayoutSeries::default();
    assert_eq!(
        refused(PayoutSeries {
            min: Some(usd(3_001)),
            ..none
        }),
        "payout.min is 3001; accepted: at most cap and each of caps"
    );
    assert_eq!(
        refused(PayoutSeries {
            min: Some(usd(0)),
            ..none
        }),
        "payout.min is 0; accepted: above 0"
    );
    assert_eq!(
        refused(PayoutSeries {
            interval_days: Some(0),
            ..none
        }),
        "payout.interval_days is 0; accepted: 1 or above"
    );
    assert_eq!(
        refused(PayoutSeries {
            payouts_max: Some(0),
            ..none
        }),
        "payout.payouts_max is 0; accepted: 1 or above"
    );
    assert_eq!(
        refused(PayoutSeries {
            caps: listed(&[usd(0)]).unwrap(),
            ..none
        }),
        "payout.caps is 0; accepted: above 0"
    );
    let mut gap = none;
    gap.caps[1] = Some(usd(1));
    assert_eq!(
        refused(gap),
        "payout.caps is a gap; accepted: caps from the first payout on"
    );
    assert_eq!(
        refused(tiers(&[by_number(1, 90)])),
        "payout.split_tiers.from is 1; accepted: a payout from 2 on: split_pct is that of the first"
    );
    for (unordered, from) in [
        ([by_number(3, 90), by_number(3, 95)], "3"),
        ([by_number(3, 90), by_total(1, 95)], "1"),
        ([by_total(2, 90), by_total(1, 95)], "1"),
    ] {
        assert_eq!(
            refused(tiers(&unordered)),
            format!(
                "payout.split_tiers.from is {from}; accepted: tiers of one kind in the order of where they begin"
            )
        );
    }
}

#[test]
fn a_plan_without_a_series_keeps_its_bytes_and_one_with_a_series_has_one_form() {
    let first = plan(&PayoutSeries::default()).to_bytes();
    // The length of the name begins the first form.
    assert_eq!(first[0], 4);
    let plan = plan(&PayoutSeries {
        payouts_max: Some(2),
        ..PayoutSeries::default()
    });
    let second = plan.to_bytes();
    assert_eq!(second[0], 0xFF);
    assert_eq!(second[1..=first.len()], first);
    assert_eq!(Plan::from_bytes(&second), Ok(plan));
    // The second form of a plan that has the first is no plan: no two hashes name the same rules.
    let nothing = [0_u8; 1 + 4 + 1 + 4 + 1 + 4 + 1];
    let doubled = [&[0xFF], first.as_slice(), &nothing].concat();
    let error = Plan::from_bytes(&doubled).unwrap_err();
    assert_eq!(error.to_string(), "not a valid second form of a plan");
}
