//! What an account that was left alone with its peak comes to is what following every mark comes to.

use proptest::prelude::*;
use rules::{
    AccountRules, Allowance, DailyAnchor, DailyLoss, MaxLoss, Plan, StopTrailing, TrailSource,
};
use types::{Effect, Money, Notional, RuleKind, TradingDay};

use crate::draw::{around, below_a_fifth, plan};
use crate::plans::bare;

/// What brings an account to where it is left alone.
#[derive(Debug, Clone)]
enum Step {
    Equity(Money),
    Roll(Money, Money),
    Payout(Money),
    Scale,
    Tell(RuleKind, bool),
}

fn step(size: i64) -> impl Strategy<Value = Step> {
    let rule = prop_oneof![Just(RuleKind::DailyLoss), Just(RuleKind::MaxLoss)];
    prop_oneof![
        4 => around(size).prop_map(Step::Equity),
        2 => (around(size), around(size)).prop_map(|(balance, equity)| Step::Roll(balance, equity)),
        1 => below_a_fifth(size).prop_map(Step::Payout),
        1 => Just(Step::Scale),
        1 => (rule, any::<bool>()).prop_map(|(rule, breach)| Step::Tell(rule, breach)),
    ]
}

/// A plan of which something follows equity.
fn following() -> impl Strategy<Value = Plan> {
    plan().prop_map(|mut plan| {
        if let Some(rule) = &mut plan.max_loss
            && rule.trail != TrailSource::None
        {
            rule.trail = TrailSource::TickEquity;
        }
        if let Some(rule) = &mut plan.daily_loss {
            rule.anchor = DailyAnchor::IntradayPeak;
        }
        plan
    })
}

fn story() -> impl Strategy<Value = (Plan, Vec<Step>, Money, Vec<(u8, i64)>)> {
    following().prop_flat_map(|plan| {
        let size = plan.initial_balance.0;
        let steps = prop::collection::vec(step(size), 0..6);
        let path = prop::collection::vec((0_u8..8, 0..size / 10), 1..24);
        (Just(plan), steps, around(size), path)
    })
}

fn prepare(plan: &Plan, account: &mut AccountRules, steps: Vec<Step>) {
    let mut day = 1;
    for step in steps {
        match step {
            Step::Equity(equity) => {
                account.ratchet_equity(plan, equity.to_notional());
            }
            Step::Roll(balance, equity) => {
                day += 1;
                account.roll(plan, TradingDay(day), balance, equity.to_notional(), true);
            }
            Step::Payout(amount) => {
                account.pay_out(plan, plan.initial_balance, amount);
            }
            Step::Scale => {
                account.scale(plan, plan.initial_balance.to_notional());
            }
            Step::Tell(rule, true) => account.mark_breached(plan, rule),
            Step::Tell(rule, false) => account.mark_warned(plan, rule),
        }
    }
}

proptest! {
    #[test]
    fn left_alone_or_followed_is_the_same(
        (plan, steps, start, path) in story(),
        beside in 0..Notional::PER_MONEY,
    ) {
        let mut account = AccountRules::open(&plan, None);
        prepare(&plan, &mut account, steps);
        let start = Notional(start.to_notional().0 + beside);
        account.ratchet_equity(&plan, start);
        let Some(trailing) = account.trailing(&plan, start, false) else {
            return Ok(());
        };
        let (mut followed, mut best) = (account.clone(), start);
        for (kind, by) in path {
            let by = Money(by).to_notional().0 + beside;
            let peak = best.to_money_floor().to_notional().0;
            let line = peak.saturating_sub(trailing.retrace.0);
            let equity = Notional(match kind {
                0 | 1 => best.0 + by,
                2 => best.0 - by,
                3 => line,
                4 => line.saturating_sub(1),
                5 => trailing.high.0,
                6 => trailing.low.0,
                _ => peak,
            });
            let is_within =
                equity.0 >= line && equity >= trailing.low && equity <= trailing.high;
            if is_within {
                prop_assert!(followed.is_clear(equity, false));
            } else {
                break;
            }
            followed.ratchet_equity(&plan, equity);
            best = best.max(equity);
            let mut alone = account.clone();
            alone.ratchet_equity(&plan, best);
            prop_assert_eq!(&alone, &followed);
        }
    }

    /// No look is wasted: a unit below the line something is to be said, where the allowance does not
    /// depend on the peak.
    #[test]
    fn the_line_is_where_something_is_to_be_said(
        (plan, steps, start, _) in story(),
        by in 0_i64..1_000_000_000,
    ) {
        let grows = |allowance| matches!(allowance, Allowance::OfBase(_));
        prop_assume!(!plan.max_loss.is_some_and(|rule| grows(rule.allowance)));
        prop_assume!(!plan.daily_loss.is_some_and(|rule| rule.allowances().any(grows)));
        let mut account = AccountRules::open(&plan, None);
        prepare(&plan, &mut account, steps);
        let start = start.to_notional();
        account.ratchet_equity(&plan, start);
        let Some(trailing) = account.trailing(&plan, start, false) else {
            return Ok(());
        };
        let best = Money(start.to_money_floor().0 + by).to_notional();
        prop_assume!(trailing.retrace < Notional(i128::MAX) && best <= trailing.high);
        account.ratchet_equity(&plan, best);
        prop_assert!(account.is_clear(Notional(best.0 - trailing.retrace.0), false)
            || best.0 - trailing.retrace.0 < trailing.low.0);
        prop_assert!(!account.is_clear(Notional(best.0 - trailing.retrace.0 - 1), false));
    }
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn trailing_plan(stop: StopTrailing) -> Plan {
    Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::Fixed(money("2000")),
            stop,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("500")),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: rules::DailyChanges::default(),
        }),
        ..bare(50_000)
    }
}

/// At 50,000: 2,000 below the peak is a breach, so a unit of 1e-17 less is not; the day's floor is 49,500.
#[test]
fn how_far_equity_may_move_by_hand() {
    let at = |text: &str| money(text).to_notional();
    let plan = trailing_plan(StopTrailing::Never);
    let account = AccountRules::open(&plan, None);
    let trailing = account.trailing(&plan, at("50000"), false).unwrap();
    assert_eq!(trailing.retrace, Notional(at("2000").0 - 1));
    assert_eq!(trailing.low, at("49500"));
    // Below its peak, nothing follows.
    assert_eq!(account.trailing(&plan, at("49999.99"), false), None);
    // The floor locks at 50,100 when the peak comes to 52,100.
    let plan = trailing_plan(StopTrailing::AtFloorLevel(money("100")));
    let trailing = account.trailing(&plan, at("50000"), false).unwrap();
    assert_eq!(trailing.high, Notional(at("52100").0 - 1));
    // It freezes with the first peak at 51,000.
    let plan = trailing_plan(StopTrailing::FreezeWhenSource(money("1000")));
    let trailing = account.trailing(&plan, at("50000"), false).unwrap();
    assert_eq!(trailing.high, Notional(at("51000").0 - 1));
}
