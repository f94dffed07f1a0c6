//! Random plans and histories through the rules and through their naive twin: every figure is the
//! same after every operation.

use proptest::prelude::*;
use rules::oracle::{AccountOracle, LimitFigures, Operation, Rational};
use rules::{
    AccountRules, AfterPayout, Allowance, ConsistencyRule, ConsistencyWindow, DailyAnchor,
    DailyLoss, DayCounts, Denominator, FloorMoves, Limit, MaxLoss, MinDays, PayoutKeep, PayoutRule,
    Plan, Scaling, StopTrailing, Target, TrailSource,
};
use types::{AccountId, Codec, Effect, Money, Notional, Ratio, RuleKind};

use crate::plans::{bare, day};

/// Amounts are drawn around the account's size, often on the same few values, so that equalities at
/// floors, levels and caps happen.
fn around(size: i64) -> BoxedStrategy<Money> {
    prop_oneof![
        3 => (80_i64..=130).prop_map(move |percent| Money(size / 100 * percent)),
        2 => (size / 5 * 4..=size / 5 * 7).prop_map(Money),
    ]
    .boxed()
}

fn below_a_fifth(size: i64) -> BoxedStrategy<Money> {
    prop_oneof![
        (1_i64..=20).prop_map(move |percent| Money(size / 100 * percent)),
        (1..=size / 5).prop_map(Money),
    ]
    .boxed()
}

fn share(percent_max: i64) -> BoxedStrategy<Ratio> {
    prop_oneof![
        (1..=percent_max).prop_map(Ratio::percent),
        (1..=Ratio::percent(percent_max).0).prop_map(Ratio),
    ]
    .boxed()
}

fn allowance(size: i64) -> BoxedStrategy<Allowance> {
    prop_oneof![
        below_a_fifth(size).prop_map(Allowance::Fixed),
        share(20).prop_map(Allowance::OfInitial),
        share(20).prop_map(Allowance::OfBase),
    ]
    .boxed()
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![Just(Effect::Fail), Just(Effect::LockForDay)]
}

fn daily_loss(size: i64) -> impl Strategy<Value = DailyLoss> {
    let anchor = prop_oneof![
        Just(DailyAnchor::Balance),
        Just(DailyAnchor::Equity),
        Just(DailyAnchor::MaxBalanceEquity),
        Just(DailyAnchor::IntradayPeak),
    ];
    (anchor, allowance(size), effect(), any::<bool>()).prop_map(
        |(anchor, allowance, effect, touch_is_breach)| DailyLoss {
            anchor,
            allowance,
            effect,
            touch_is_breach,
        },
    )
}

fn max_loss(size: i64) -> impl Strategy<Value = MaxLoss> {
    let trail = prop_oneof![
        1 => Just(TrailSource::None),
        2 => Just(TrailSource::EodBalance),
        2 => Just(TrailSource::ClosedBalance),
        2 => Just(TrailSource::EodEquity),
        4 => Just(TrailSource::TickEquity),
    ];
    let stop = prop_oneof![
        Just(StopTrailing::Never),
        Just(StopTrailing::AtFloorLevel(Money(0))),
        below_a_fifth(size).prop_map(StopTrailing::AtFloorLevel),
        below_a_fifth(size).prop_map(StopTrailing::FreezeWhenSource),
    ];
    (trail, allowance(size), stop, effect(), any::<bool>()).prop_map(
        |(trail, allowance, stop, effect, touch_is_breach)| MaxLoss {
            trail,
            allowance,
            stop: if trail == TrailSource::None {
                StopTrailing::Never
            } else {
                stop
            },
            effect,
            touch_is_breach,
        },
    )
}

fn consistency() -> impl Strategy<Value = ConsistencyRule> {
    let denominator = prop_oneof![
        Just(Denominator::Net),
        Just(Denominator::PositiveDays),
        Just(Denominator::Target),
    ];
    let window = prop_oneof![
        Just(ConsistencyWindow::Phase),
        Just(ConsistencyWindow::SincePayout),
    ];
    (share(90), denominator, any::<bool>(), window).prop_map(
        |(cap, denominator, inclusive, window)| ConsistencyRule {
            cap,
            denominator,
            inclusive,
            window,
        },
    )
}

fn payout(size: i64) -> impl Strategy<Value = PayoutRule> {
    let keep = prop_oneof![
        below_a_fifth(size).prop_map(PayoutKeep::AboveFloor),
        Just(PayoutKeep::AboveFloor(Money(0))),
        below_a_fifth(size).prop_map(PayoutKeep::AboveInitial),
    ];
    let after = prop_oneof![
        Just(AfterPayout::FloorStays),
        Just(AfterPayout::FloorToInitial),
        Just(AfterPayout::FloorFallsByPayout),
    ];
    let cap = prop::option::of(below_a_fifth(size));
    (share(100), cap, keep, after).prop_map(|(fraction, cap, keep, after)| PayoutRule {
        fraction,
        cap,
        keep,
        split: Ratio::percent(80),
        after,
    })
}

fn objectives(size: i64) -> impl Strategy<Value = (Option<Target>, Option<MinDays>)> {
    let target = prop_oneof![
        below_a_fifth(size).prop_map(Target::Fixed),
        share(20).prop_map(Target::OfInitial),
    ];
    let counts = prop_oneof![Just(DayCounts::OpeningFill), Just(DayCounts::AnyDayHeld)];
    let min_days = (1_u16..4, counts, prop::option::of(below_a_fifth(size))).prop_map(
        |(days, counts, day_profit_min)| MinDays {
            days,
            counts,
            day_profit_min,
        },
    );
    (prop::option::of(target), prop::option::of(min_days))
}

fn plan() -> impl Strategy<Value = Plan> {
    let size = prop_oneof![
        (1_i64..=200).prop_map(|thousands| Money::whole(thousands * 1_000).0),
        1_000_i64..1_000_000_000_000,
    ];
    let plan = size.prop_flat_map(|size| {
        let scaling = (share(50), prop::option::of(Just(Money(size * 2))))
            .prop_map(|(step, size_max)| Scaling { step, size_max });
        (
            prop::option::weighted(0.8, daily_loss(size)),
            prop::option::weighted(0.9, max_loss(size)),
            objectives(size),
            prop::option::of(consistency()),
            prop::option::of(payout(size)),
            prop::option::of(scaling),
        )
            .prop_map(
                move |(daily_loss, max_loss, objectives, consistency, payout, scaling)| Plan {
                    initial_balance: Money(size),
                    daily_loss,
                    max_loss,
                    profit_target: objectives.0,
                    min_days: objectives.1,
                    consistency,
                    payout,
                    scaling,
                    ..bare(1)
                },
            )
    });
    plan.prop_filter("valid", |plan| plan.validate().is_ok())
}

#[derive(Debug, Clone)]
enum Step {
    Equity(Money, i128),
    /// So many units of [`Notional`] from a floor.
    AtFloor(RuleKind, i128),
    Operation(Operation),
}

fn step(size: i64) -> impl Strategy<Value = Step> {
    let beside = || {
        prop_oneof![
            Just(0_i128),
            Just(-1),
            Just(1),
            Just(Notional::PER_MONEY - 1),
        ]
    };
    let rule = prop_oneof![Just(RuleKind::DailyLoss), Just(RuleKind::MaxLoss)];
    let profit = prop_oneof![
        below_a_fifth(size),
        below_a_fifth(size).prop_map(|amount| Money(-amount.0)),
    ];
    let roll = (around(size), around(size), beside(), any::<bool>()).prop_map(
        |(balance, equity, beside, held)| Operation::Roll {
            day: day(0),
            balance,
            equity: Notional(equity.to_notional().0 + beside),
            held,
        },
    );
    prop_oneof![
        6 => (around(size), beside()).prop_map(|(equity, beside)| Step::Equity(equity, beside)),
        2 => (rule, beside()).prop_map(|(rule, beside)| Step::AtFloor(rule, beside)),
        3 => around(size).prop_map(|balance| Step::Operation(Operation::Closed(balance))),
        1 => Just(Step::Operation(Operation::OpeningFill)),
        1 => Just(Step::Operation(Operation::Held)),
        4 => profit.prop_map(|profit| Step::Operation(Operation::Realised(profit))),
        3 => roll.prop_map(Step::Operation),
        1 => below_a_fifth(size).prop_map(|paid| Step::Operation(Operation::Payout(paid))),
        1 => Just(Step::Operation(Operation::Scale)),
    ]
}

fn plan_and_steps() -> impl Strategy<Value = (Plan, Vec<Step>)> {
    plan().prop_flat_map(|plan| {
        let steps = prop::collection::vec(step(plan.initial_balance.0), 1..24);
        (Just(plan), steps)
    })
}

fn limits(oracle: &AccountOracle) -> [Option<LimitFigures>; 2] {
    [oracle.daily(), oracle.max()]
}

fn daily_floor(account: &AccountRules) -> Option<Money> {
    account.daily().map(|limit| limit.floor)
}

fn max_floor(account: &AccountRules) -> Option<Money> {
    account.max().map(|limit| limit.floor)
}

fn same_limit(fast: Option<&Limit>, slow: Option<&LimitFigures>) -> Result<(), TestCaseError> {
    let figures = fast.map(|limit| LimitFigures {
        baseline: limit.baseline.into(),
        allowance: limit.allowance.into(),
        floor: limit.floor.into(),
    });
    prop_assert_eq!(figures.as_ref(), slow);
    Ok(())
}

/// Applies the operation to both; the moves told are exactly the figures that differ in the twin.
fn apply(
    plan: &Plan,
    account: &mut AccountRules,
    oracle: &mut AccountOracle,
    operation: Operation,
) -> Result<(), TestCaseError> {
    let before = limits(oracle);
    oracle.push(operation);
    let after = limits(oracle);
    let moves = match operation {
        Operation::Equity(equity) => account.ratchet_equity(plan, equity),
        Operation::Closed(balance) => account.ratchet_closed(plan, balance),
        Operation::OpeningFill => {
            account.record_opening_fill();
            FloorMoves::default()
        }
        Operation::Held => {
            account.record_held();
            FloorMoves::default()
        }
        Operation::Realised(profit) => {
            account.record_realised(profit);
            FloorMoves::default()
        }
        Operation::Roll {
            day,
            balance,
            equity,
            held,
        } => account.roll(plan, day, balance, equity, held).moves,
        Operation::Payout(paid) => account.pay_out(plan, paid),
        Operation::Scale => account
            .scale(plan)
            .map_or_else(FloorMoves::default, |(_, moves)| moves),
    };
    let mut told = moves.iter();
    for (index, slow) in after.iter().enumerate() {
        if before[index] != after[index] {
            same_limit(told.next(), slow.as_ref())?;
        }
    }
    prop_assert_eq!(told.next(), None);
    Ok(())
}

fn same_verdict(
    plan: &Plan,
    account: &AccountRules,
    oracle: &AccountOracle,
    equity: Notional,
) -> Result<(), TestCaseError> {
    for locked in [false, true] {
        let breaches = account.breached(equity, locked);
        let rules: Vec<RuleKind> = breaches.iter().map(|limit| limit.rule).collect();
        prop_assert_eq!(rules, oracle.breached(equity, locked));
        let moves = account.clone().ratchet_equity(plan, equity);
        prop_assert_eq!(
            account.is_quiet(equity, locked),
            breaches.is_empty() && moves.is_empty()
        );
    }
    Ok(())
}

fn same_objectives(
    plan: &Plan,
    account: &AccountRules,
    oracle: &AccountOracle,
    balance: Money,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(Rational::from(account.size()), oracle.size());
    prop_assert_eq!(Rational::from(account.day_pnl()), oracle.day_pnl());
    prop_assert_eq!(
        usize::from(account.days_counted(plan)),
        oracle.days_counted()
    );
    prop_assert_eq!(
        account.target_balance(plan).map(Rational::from),
        oracle.target_balance()
    );
    prop_assert_eq!(account.passes(plan, balance), oracle.passes(balance));
    prop_assert_eq!(
        Rational::from(account.payout_eligible(plan, balance)),
        oracle.payout_eligible(balance)
    );
    let (Some(fast), Some(slow)) = (
        account.consistency(plan, AccountId(0)),
        oracle.consistency(),
    ) else {
        prop_assert_eq!(plan.consistency, None);
        return Ok(());
    };
    prop_assert_eq!(Rational::from(fast.best_day), slow.best_day);
    prop_assert_eq!(Rational::from(fast.denominator), slow.denominator.clone());
    prop_assert_eq!(fast.met, slow.met);
    let unit = Rational::from(Money(1));
    if fast.best_day > Money(0) {
        let needed = Rational::from(fast.total_needed);
        prop_assert!(oracle.total_is_enough(&needed));
        prop_assert!(!oracle.total_is_enough(&(&needed - &unit)));
    }
    let most = Rational::from(fast.next_day_max);
    if slow.denominator.is_positive() {
        prop_assert!(!oracle.next_day_is_within(&(&most + &unit)));
        prop_assert!(fast.next_day_max == Money(0) || oracle.next_day_is_within(&most));
    } else {
        prop_assert_eq!(fast.next_day_max, Money(0));
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_rules_agree_with_their_naive_twin((plan, steps) in plan_and_steps()) {
        let mut account = AccountRules::open(&plan, None);
        let mut oracle = AccountOracle::new(plan);
        for step in steps {
            let operation = match step {
                Step::Equity(equity, beside) => {
                    Operation::Equity(Notional(equity.to_notional().0 + beside))
                }
                Step::AtFloor(rule, beside) => {
                    let Some(limit) = account.limits().find(|limit| limit.rule == rule) else {
                        continue;
                    };
                    Operation::Equity(Notional(limit.floor.to_notional().0 + beside))
                }
                Step::Operation(operation) => operation,
            };
            if let Operation::Equity(equity) = operation {
                same_verdict(&plan, &account, &oracle, equity)?;
            }
            let stood = account.clone();
            apply(&plan, &mut account, &mut oracle, operation)?;
            let may_fall = matches!(operation, Operation::Payout(_) | Operation::Scale);
            prop_assert!(may_fall || max_floor(&account) >= max_floor(&stood));
            let may_fall = may_fall || matches!(operation, Operation::Roll { .. });
            prop_assert!(may_fall || daily_floor(&account) >= daily_floor(&stood));
            same_limit(account.daily(), oracle.daily().as_ref())?;
            same_limit(account.max(), oracle.max().as_ref())?;
            let balance = match operation {
                Operation::Closed(balance) => balance,
                _ => plan.initial_balance.saturating_add(account.day_pnl()),
            };
            same_objectives(&plan, &account, &oracle, balance)?;
        }
        prop_assert_eq!(AccountRules::from_bytes(&account.to_bytes()), Ok(account));
    }

    #[test]
    fn a_payout_up_to_what_is_eligible_leaves_no_breach_of_the_maximum_loss(
        (plan, steps) in plan_and_steps(),
        part in 0_i64..=4,
    ) {
        let mut account = AccountRules::open(&plan, None);
        for step in steps {
            if let Step::Equity(equity, _) = step {
                account.ratchet_equity(&plan, equity.to_notional());
                account.ratchet_closed(&plan, equity);
                let was_legal = account.breached(equity.to_notional(), false).is_empty();
                let paid = Money(account.payout_eligible(&plan, equity).0 / 4 * part);
                let left = equity.saturating_sub(paid);
                prop_assert!(paid >= Money(0));
                let mut paid_out = account.clone();
                paid_out.pay_out(&plan, paid);
                prop_assert!(
                    !was_legal
                        || paid == Money(0)
                        || paid_out.breached(left.to_notional(), false).is_empty()
                );
            }
        }
    }
}

fn any_allowance() -> impl Strategy<Value = Allowance> {
    prop_oneof![
        any_money().prop_map(Allowance::Fixed),
        any_ratio().prop_map(Allowance::OfInitial),
        any_ratio().prop_map(Allowance::OfBase),
    ]
}

fn any_money() -> impl Strategy<Value = Money> {
    prop_oneof![
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MIN + 1),
        Just(-1),
        Just(0),
        Just(1),
        Just(i64::MAX),
    ]
    .prop_map(Money)
}

fn any_ratio() -> impl Strategy<Value = Ratio> {
    any_money().prop_map(|money| Ratio(money.0))
}

fn any_equity() -> impl Strategy<Value = Notional> {
    prop_oneof![
        any_money().prop_map(Money::to_notional),
        any::<i128>().prop_map(Notional),
        Just(Notional(i128::MIN)),
        Just(Notional(i128::MAX)),
    ]
}

/// A plan of any figures, valid or not, with the shape of a valid one.
fn any_plan() -> impl Strategy<Value = Plan> {
    let figures = (
        any_money(),
        any_allowance(),
        any_allowance(),
        any_money(),
        any_ratio(),
        any_ratio(),
        any_money(),
    );
    (plan(), figures).prop_map(|(mut plan, figures)| {
        let (initial, daily, max, amount, ratio, other_ratio, cap) = figures;
        plan.initial_balance = initial;
        if let Some(rule) = &mut plan.daily_loss {
            rule.allowance = daily;
        }
        if let Some(rule) = &mut plan.max_loss {
            rule.allowance = max;
            rule.stop = match rule.stop {
                StopTrailing::Never => StopTrailing::Never,
                StopTrailing::AtFloorLevel(_) => StopTrailing::AtFloorLevel(amount),
                StopTrailing::FreezeWhenSource(_) => StopTrailing::FreezeWhenSource(amount),
            };
        }
        if plan.profit_target.is_some() {
            plan.profit_target = Some(Target::OfInitial(ratio));
        }
        if let Some(rule) = &mut plan.consistency {
            rule.cap = ratio;
        }
        if let Some(rule) = &mut plan.payout {
            rule.fraction = other_ratio;
            rule.cap = Some(cap);
            rule.keep = PayoutKeep::AboveFloor(amount);
        }
        if let Some(rule) = &mut plan.scaling {
            rule.step = ratio;
        }
        plan
    })
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let roll = (any_money(), any_equity(), any::<i32>(), any::<bool>()).prop_map(
        |(balance, equity, number, held)| Operation::Roll {
            day: types::TradingDay(number),
            balance,
            equity,
            held,
        },
    );
    prop_oneof![
        any_equity().prop_map(Operation::Equity),
        any_money().prop_map(Operation::Closed),
        any_money().prop_map(Operation::Realised),
        roll,
        any_money().prop_map(Operation::Payout),
        Just(Operation::Scale),
    ]
}

proptest! {
    #[test]
    fn no_figure_makes_the_rules_panic(
        plan in any_plan(),
        operations in prop::collection::vec(any_operation(), 1..24),
        probes in prop::collection::vec(any_equity(), 4),
    ) {
        let _ = plan.validate();
        prop_assert_eq!(Plan::from_bytes(&plan.to_bytes()), Ok(plan));
        let mut account = AccountRules::open(&plan, None);
        for operation in operations {
            match operation {
                Operation::Equity(equity) => {
                    account.ratchet_equity(&plan, equity);
                }
                Operation::Closed(balance) => {
                    account.ratchet_closed(&plan, balance);
                    account.payout_eligible(&plan, balance);
                    account.passes(&plan, balance);
                    account.reach_target(&plan, balance, types::TimestampNs(1));
                }
                Operation::Realised(profit) => account.record_realised(profit),
                Operation::Roll { day, balance, equity, held } => {
                    account.roll(&plan, day, balance, equity, held);
                }
                Operation::Payout(paid) => {
                    account.pay_out(&plan, paid);
                }
                Operation::Scale => {
                    account.scale(&plan);
                }
                Operation::OpeningFill | Operation::Held => {}
            }
            account.consistency(&plan, AccountId(0));
            for &equity in &probes {
                for locked in [false, true] {
                    let moves = account.clone().ratchet_equity(&plan, equity);
                    let happens = !account.breached(equity, locked).is_empty() || !moves.is_empty();
                    prop_assert_eq!(account.is_quiet(equity, locked), !happens);
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Plan::from_spec(&bytes);
        let _ = rules::Competition::from_spec(&bytes);
        let _ = AccountRules::from_bytes(&bytes);
        let _ = rules::Entry::from_bytes(&bytes);
    }
}
