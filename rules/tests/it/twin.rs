//! Random plans and histories through the rules and through their naive twin: every figure is the
//! same after every operation.

use proptest::prelude::*;
use rules::oracle::{AccountOracle, LimitFigures, Operation, Rational};
use rules::{
    AccountRules, Allowance, FloorMoves, Limit, PayoutKeep, Plan, Roll, RollPreview, StopTrailing,
    Target,
};
use types::{
    AccountId, Codec, ConductDenial, Consistency, Money, Notional, PayoutDenial, Ratio, RuleKind,
    TradingDay,
};

use crate::draw::{around, below_a_fifth, plan};
use crate::plans::day;

#[derive(Debug, Clone)]
enum Step {
    Equity(Money, i128),
    /// So many units of [`Notional`] from a floor.
    AtFloor(RuleKind, i128),
    /// So many from where the trader is warned.
    AtWarning(RuleKind, i128),
    /// The first equity of a limit's warning or breach is told.
    Tell(RuleKind, bool),
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
    let rule = || prop_oneof![Just(RuleKind::DailyLoss), Just(RuleKind::MaxLoss)];
    let profit = prop_oneof![
        below_a_fifth(size),
        below_a_fifth(size).prop_map(|amount| Money(-amount.0)),
    ];
    // The day is how many days later it opens.
    let roll = (1..5, around(size), around(size), beside(), any::<bool>()).prop_map(
        |(later, balance, equity, beside, held)| Operation::Roll {
            day: TradingDay(later),
            balance,
            equity: Notional(equity.to_notional().0 + beside),
            held,
        },
    );
    prop_oneof![
        6 => (around(size), beside()).prop_map(|(equity, beside)| Step::Equity(equity, beside)),
        2 => (rule(), beside()).prop_map(|(rule, beside)| Step::AtFloor(rule, beside)),
        2 => (rule(), beside()).prop_map(|(rule, beside)| Step::AtWarning(rule, beside)),
        2 => (rule(), any::<bool>()).prop_map(|(rule, breach)| Step::Tell(rule, breach)),
        1 => Just(Step::Operation(Operation::Order)),
        1 => Just(Step::Operation(Operation::Trade)),
        1 => Just(Step::Operation(Operation::Resumed)),
        1 => below_a_fifth(size).prop_map(|paid| Step::Operation(Operation::Excluded(paid))),
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
    balance: Money,
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
        Operation::Excluded(profit) => {
            account.record_excluded(profit);
            FloorMoves::default()
        }
        Operation::Order => {
            account.record_order();
            FloorMoves::default()
        }
        Operation::Trade => {
            account.record_trade();
            FloorMoves::default()
        }
        Operation::Resumed => {
            account.restart_inactivity();
            FloorMoves::default()
        }
        Operation::Warned(rule) => {
            account.mark_warned(plan, rule);
            FloorMoves::default()
        }
        Operation::Breached(rule) => {
            account.mark_breached(plan, rule);
            FloorMoves::default()
        }
        Operation::Roll {
            day,
            balance,
            equity,
            held,
        } => {
            let preview = account.preview_roll(plan, day, balance, equity);
            let roll = account.roll(plan, day, balance, equity, held);
            same_roll(plan, account, oracle, &roll, &preview, equity)?;
            roll.moves
        }
        Operation::Valued(_) => FloorMoves::default(),
        Operation::Payout(paid) => account.pay_out(plan, balance, paid),
        Operation::Scale => account
            .scale(plan, balance.to_notional())
            .map_or_else(FloorMoves::default, |(_, moves)| moves),
    };
    let mut told = moves.iter();
    for (index, slow) in after.iter().enumerate() {
        // Of one that ended there is nothing to tell.
        if slow.is_some() && before[index] != after[index] {
            same_limit(told.next(), slow.as_ref())?;
        }
    }
    prop_assert_eq!(told.next(), None);
    Ok(())
}

/// What the roll said, what was foreseen and what the twin finds after it.
fn same_roll(
    plan: &Plan,
    account: &AccountRules,
    oracle: &AccountOracle,
    roll: &Roll,
    preview: &RollPreview,
    equity: Notional,
) -> Result<(), TestCaseError> {
    let idle = roll.inactive.map(|inactive| inactive.days as i32);
    prop_assert_eq!(idle, oracle.idle_days());
    prop_assert_eq!(roll.lapsed.is_some(), oracle.is_lapsed(None));
    let done = RollPreview {
        daily: account.daily().copied(),
        max: account.max().copied(),
        breaches: account.breached(equity, false),
        warnings: account.warnings(plan, equity, false),
        size_tier: account.size_tier(plan).copied(),
        inactive: roll.inactive,
        lapsed: roll.lapsed,
    };
    prop_assert_eq!(preview, &done);
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
        let warnings = account.warnings(plan, equity, locked);
        let rules: Vec<RuleKind> = warnings.iter().map(|limit| limit.rule).collect();
        prop_assert_eq!(rules, oracle.warnings(equity, locked));
        let moves = account.clone().ratchet_equity(plan, equity);
        prop_assert_eq!(
            account.is_quiet(equity, locked),
            breaches.is_empty() && warnings.is_empty() && moves.is_empty()
        );
    }
    Ok(())
}

/// The same reason refuses the same amounts: nothing, what is eligible, and one unit more.
fn same_payout(
    plan: &Plan,
    account: &AccountRules,
    oracle: &AccountOracle,
    balance: Money,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(usize::from(account.payout_days(plan)), oracle.payout_days());
    let eligible = account.payout_eligible(plan, balance);
    let since = i64::from(account.days_since_payout());
    prop_assert_eq!(since, oracle.days_since_payout());
    prop_assert_eq!(account.is_paid_out(plan), oracle.is_paid_out());
    let min = plan.payout.and_then(|rule| rule.series.min);
    let least = min.unwrap_or(eligible);
    let amounts = [
        Money(0),
        eligible,
        eligible.saturating_add(Money(1)),
        least,
        Money((least.0 - 1).max(0)),
    ];
    for requested in amounts {
        let refused = account.check_payout(plan, AccountId(0), balance, requested);
        let place = refused.err().map(|reason| match reason {
            PayoutDenial::NotInPlan => 0,
            PayoutDenial::AmountNotPositive => 1,
            PayoutDenial::TooFewDays { .. } => 2,
            PayoutDenial::TooSoon { .. } => 3,
            PayoutDenial::Consistency(_) => 4,
            PayoutDenial::BelowMinimum { .. } => 5,
            PayoutDenial::AboveEligible => 6,
            PayoutDenial::WouldBreach => 7,
            PayoutDenial::NotEligibleState | PayoutDenial::NotFlat => 8,
        });
        prop_assert_eq!(place, oracle.payout_refusal(balance, requested));
        let share = Rational::from(account.trader_share(plan, requested));
        prop_assert_eq!(share, oracle.trader_share(requested));
    }
    Ok(())
}

fn same_conduct(
    plan: &Plan,
    account: &AccountRules,
    oracle: &AccountOracle,
) -> Result<(), TestCaseError> {
    let tier = account.size_tier(plan);
    prop_assert_eq!(
        tier.map(|tier| Rational::new(tier.max.0.into(), 100_000_000)),
        oracle.size_max()
    );
    prop_assert_eq!(Rational::from(account.excluded()), oracle.excluded());
    let (orders, trades) = (oracle.orders_today(), oracle.trades_today());
    for opening in [false, true] {
        let most = |max: Option<u32>| max.map_or(usize::MAX, |max| max as usize);
        let expected = if opening && orders >= most(plan.conduct.orders_per_day_max) {
            Err(ConductDenial::OrdersPerDay {
                max: plan.conduct.orders_per_day_max.unwrap(),
                orders: orders as u32,
            })
        } else if opening && trades >= most(plan.conduct.trades_per_day_max) {
            Err(ConductDenial::TradesPerDay {
                max: plan.conduct.trades_per_day_max.unwrap(),
                trades: trades as u32,
            })
        } else {
            Ok(())
        };
        prop_assert_eq!(account.check_counts(plan, 0, 0, opening), expected);
    }
    let standing = account.scale_standing(plan, AccountId(0));
    let figures = oracle.scale_standing();
    prop_assert_eq!(standing.is_some(), figures.is_some());
    if let (Some(fast), Some(slow)) = (standing, figures) {
        prop_assert_eq!(Rational::from(fast.profit), slow.profit);
        prop_assert_eq!(Rational::from(fast.profit_needed), slow.profit_needed);
        prop_assert_eq!(usize::from(fast.days), slow.days);
        prop_assert_eq!(usize::from(fast.payouts), slow.payouts);
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
        Rational::from(account.payable_profit(plan, balance)),
        oracle.payable_profit(balance)
    );
    prop_assert_eq!(
        Rational::from(account.payout_eligible(plan, balance)),
        oracle.payout_eligible(balance)
    );
    prop_assert_eq!(usize::from(account.payouts_made()), oracle.payouts_made());
    same_payout(plan, account, oracle, balance)?;
    same_conduct(plan, account, oracle)?;
    let (Some(fast), Some(slow)) = (
        account.consistency(plan, AccountId(0)),
        oracle.consistency(),
    ) else {
        prop_assert_eq!(plan.consistency, None);
        return Ok(());
    };
    prop_assert_eq!(Rational::from(fast.best_day), slow.best_day);
    prop_assert_eq!(Rational::from(fast.total), slow.total.clone());
    prop_assert_eq!(Rational::from(fast.denominator), slow.denominator.clone());
    prop_assert_eq!(fast.met, slow.met);
    same_remedy(oracle, &fast, &slow.total)?;
    let Some(most) = fast.next_day_max else {
        prop_assert!(!slow.denominator.is_positive());
        return Ok(());
    };
    prop_assert!(slow.denominator.is_positive());
    let unit = Rational::from(Money(1));
    let next = Rational::from(most);
    prop_assert!(!oracle.next_day_is_within(&(&next + &unit)));
    prop_assert!(most == Money(0) || oracle.next_day_is_within(&next));
    Ok(())
}

/// What is said to be needed is enough when it is earned in flat days, none better than the best one,
/// and a unit less is not.
fn same_remedy(
    oracle: &AccountOracle,
    fast: &Consistency,
    total: &Rational,
) -> Result<(), TestCaseError> {
    let Some(needed) = fast.total_needed else {
        prop_assert!(fast.best_day == Money(0));
        return Ok(());
    };
    let missing = &Rational::from(needed) - total;
    let best = Rational::from(fast.best_day);
    let days = (&missing / &best).ceil();
    if fast.met || !missing.is_positive() || days > Rational::whole(1_000) {
        return Ok(());
    }
    let flat = |mut rest: Rational| {
        let mut days = Vec::new();
        while rest.is_positive() {
            let day = rest.clone().min(best.clone());
            rest = &rest - &day;
            days.push(day);
        }
        days
    };
    prop_assert!(oracle.is_met_after(&flat(missing.clone())));
    prop_assert!(!oracle.is_met_after(&flat(&missing - &Rational::from(Money(1)))));
    Ok(())
}

proptest! {
    #[test]
    fn the_rules_agree_with_their_naive_twin((plan, steps) in plan_and_steps()) {
        let mut account = AccountRules::open(&plan, None);
        let mut oracle = AccountOracle::new(plan.clone());
        let mut today = day(0);
        let mut balance = plan.initial_balance;
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
                Step::AtWarning(rule, beside) => {
                    let limit = account.limits().find(|limit| limit.rule == rule);
                    let (Some(limit), Some(share)) = (limit, plan.conduct.warn_at) else {
                        continue;
                    };
                    let way = i128::from(limit.baseline.0) - i128::from(limit.floor.0);
                    // 1e-6 of money times 1e-9 of a share is 1e-15: 100 units of 1e-17.
                    let used = way * i128::from(share.0) * 100;
                    let level = limit.baseline.to_notional().0 - used;
                    Operation::Equity(Notional(level + beside))
                }
                Step::Tell(rule, true) => Operation::Breached(rule),
                Step::Tell(rule, false) => Operation::Warned(rule),
                Step::Operation(Operation::Roll { day: later, balance, equity, held }) => {
                    today.0 += later.0;
                    Operation::Roll { day: today, balance, equity, held }
                }
                Step::Operation(operation) => operation,
            };
            if let Operation::Equity(equity) = operation {
                same_verdict(&plan, &account, &oracle, equity)?;
            }
            let stood = account.clone();
            apply(&plan, &mut account, &mut oracle, balance, operation)?;
            let may_fall = matches!(operation, Operation::Payout(_) | Operation::Scale);
            prop_assert!(may_fall || max_floor(&account) >= max_floor(&stood));
            let may_fall = may_fall || matches!(operation, Operation::Roll { .. });
            prop_assert!(may_fall || daily_floor(&account) >= daily_floor(&stood));
            same_limit(account.daily(), oracle.daily().as_ref())?;
            same_limit(account.max(), oracle.max().as_ref())?;
            balance = match operation {
                Operation::Closed(balance) => balance,
                _ => plan.initial_balance.saturating_add(account.day_pnl()),
            };
            oracle.push(Operation::Valued(balance));
            let valued = account.valued(&plan, balance.to_notional());
            same_objectives(&plan, &valued, &oracle, balance)?;
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
                paid_out.pay_out(&plan, equity, paid);
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
            rule.best_day_cap = Some(ratio);
        }
        plan.conduct.warn_at = Some(other_ratio);
        if let Some(limit) = &mut plan.conduct.size {
            limit.tiers[0].profit_from = amount;
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
        any_money().prop_map(Operation::Excluded),
        any_money().prop_map(Operation::Valued),
        Just(Operation::Breached(RuleKind::MaxLoss)),
        Just(Operation::Warned(RuleKind::DailyLoss)),
        Just(Operation::Resumed),
        Just(Operation::OpeningFill),
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
        prop_assert_eq!(Plan::from_bytes(&plan.to_bytes()), Ok(plan.clone()));
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
                    account.pay_out(&plan, paid, paid);
                }
                Operation::Scale => {
                    account.scale(&plan, probes[0]);
                }
                Operation::Excluded(profit) => account.record_excluded(profit),
                Operation::Warned(rule) => account.mark_warned(&plan, rule),
                Operation::Breached(rule) => account.mark_breached(&plan, rule),
                Operation::Resumed => account.restart_inactivity(),
                Operation::Order => account.record_order(),
                Operation::Trade => account.record_trade(),
                Operation::OpeningFill => account.record_opening_fill(),
                Operation::Held => account.record_held(),
                Operation::Valued(equity) => drop(account.valued(&plan, equity.to_notional())),
            }
            let _ = account.check_counts(&plan, 0, 0, true);
            let _ = account.check_payout(&plan, AccountId(0), Money(i64::MAX), Money(i64::MAX));
            account.scale_standing(&plan, AccountId(0));
            account.consistency(&plan, AccountId(0));
            for &equity in &probes {
                for locked in [false, true] {
                    let moves = account.clone().ratchet_equity(&plan, equity);
                    let happens = !account.breached(equity, locked).is_empty()
                        || !account.warnings(&plan, equity, locked).is_empty()
                        || !moves.is_empty();
                    for limit in account.limits() {
                        limit.used(equity);
                    }
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
        let _ = rules::OpenWindows::from_bytes(&bytes);
        let _ = rules::Lifecycle::from_bytes(&bytes);
    }
}
