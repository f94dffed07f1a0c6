//! Proofs by hand: what comes out, and which figure is named when it does not.

use proptest::prelude::*;
use rules::{
    AfterPayout, Allowance, ConsistencyRule, ConsistencyWindow, DailyAnchor, Denominator,
    HoldingAction, HoldingMin, Inactivity, InactivityEffect, PayoutKeep, PayoutRule, Plan, Proof,
    ProofPosition, Scaling, Stage, StopTrailing, Target, TimeLimit, TrailSource, Verdict,
};
use types::{
    AccountId, BaselineOrigin, BaselineSource, Breach, BreachPosition, CashBasis, Codec,
    Consistency, DaysOf, Effect, InstrumentId, Label, Lapse, LapseEffect, LimitBasis, MarkKind,
    Money, Notional, PayoutDenial, PlanHash, PlanId, Price, Qty, Ratio, Rest, RuleKind, Seq,
    ShardId, SignedQty, TimestampNs, TradingDay, VerdictBasis,
};

use crate::alter::{alterations, slips};
use crate::plans::{bare, daily_loss, max_loss, usd};

const ACCOUNT: AccountId = AccountId(7);

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// The names of the figures that do not come out, though the digest is right.
fn faults(proof: &Proof) -> Vec<String> {
    match proof.verify(proof.digest()) {
        Ok(()) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| fault.figure).collect(),
    }
}

/// A baseline that was taken at this input, a nanosecond of which each took.
fn origin(seq: u64, source: BaselineSource) -> BaselineOrigin {
    BaselineOrigin {
        seq: Seq(seq),
        ts: TimestampNs(seq),
        source,
    }
}

/// A proof whose figures are those of a fresh account of this plan; the verdict is a pass.
fn fresh(plan: Plan) -> Proof {
    let (size, plan_hash) = (plan.initial_balance, plan.hash());
    let limit = |rule, allowance: Option<Allowance>| {
        let allowance = allowance?.amount(size, size);
        Some(LimitBasis {
            account: ACCOUNT,
            rule,
            baseline: size,
            origin: origin(1, BaselineSource::Opening),
            allowance,
            floor: Money(size.0 - allowance.0),
            lowered: Money::ZERO,
            held: None,
        })
    };
    let limits = [
        limit(
            RuleKind::DailyLoss,
            plan.daily_loss.map(|rule| rule.allowance),
        ),
        limit(RuleKind::MaxLoss, plan.max_loss.map(|rule| rule.allowance)),
    ];
    Proof {
        shard: ShardId(1),
        seq: Seq(100),
        ts: TimestampNs(100),
        account_name: Label::new("anna").unwrap(),
        verdict: Verdict::Passed,
        basis: VerdictBasis {
            account: ACCOUNT,
            plan: PlanId(3),
            plan_version: plan.version,
            plan_hash,
            size,
            own: size,
            balance: size,
            excluded: Money::ZERO,
            never_paid: Money::ZERO,
            beyond_best_day: Money::ZERO,
            days: 0,
            payout_days: 0,
            positions: 0,
            payouts: 0,
            days_since_payout: 0,
        },
        limits: limits.into_iter().flatten().collect(),
        consistency: None,
        positions: Vec::new(),
        cash: Vec::new(),
        plan,
    }
}

/// Sets own cash and the balance that comes of it.
fn with_cash(mut proof: Proof, own: Money) -> Proof {
    proof.basis.own = own;
    proof.basis.balance = own;
    proof
}

/// So many units of an instrument in dollars, bought at 100 and marked at these quotes.
fn position(units: i64, bid: i64, ask: i64) -> ProofPosition {
    let mark = if units >= 0 { bid } else { ask };
    ProofPosition {
        facts: BreachPosition {
            account: ACCOUNT,
            instrument: InstrumentId(2),
            position: SignedQty(units * Qty::ONE.0),
            cost: usd(units * 100).to_notional(),
            bid: Price::whole(bid),
            ask: Price::whole(ask),
            last: None,
            mark: Price::whole(mark),
            mark_seq: Seq(99),
            unrealised: usd(units * (mark - 100)).to_notional(),
        },
        symbol: label("SHARE"),
        currency: label("USD"),
        contract_size: Qty::ONE,
        tick_size: Price::whole(1),
    }
}

/// A breach of this limit at this equity with these positions.
fn breach(mut proof: Proof, rule: RuleKind, equity: i64, positions: Vec<ProofPosition>) -> Proof {
    let limit = proof.limits.iter().find(|limit| limit.rule == rule);
    let limit = *limit.unwrap();
    let (effect, touch_is_breach) = match rule {
        RuleKind::DailyLoss => {
            let rule = proof.plan.daily_loss.unwrap();
            (rule.effect, rule.touch_is_breach)
        }
        RuleKind::MaxLoss => {
            let rule = proof.plan.max_loss.unwrap();
            (rule.effect, rule.touch_is_breach)
        }
    };
    proof.basis.positions = positions.len() as u32;
    proof.positions = positions;
    proof.verdict = Verdict::Breach(Breach {
        account: ACCOUNT,
        rule,
        effect,
        primary: true,
        touch_is_breach,
        balance: proof.basis.balance,
        equity: usd(equity).to_notional(),
        baseline: limit.baseline,
        allowance: limit.allowance,
        floor: limit.floor,
        plan: proof.basis.plan,
        plan_version: proof.basis.plan_version,
        plan_hash: proof.basis.plan_hash,
        positions: proof.basis.positions,
    });
    proof
}

/// Fails 1,000 below 10,000.
fn fragile() -> Plan {
    Plan {
        max_loss: Some(max_loss(1_000, TrailSource::None, StopTrailing::Never)),
        ..bare(10_000)
    }
}

/// 10,000 less 100 x 11 is 8,900, and the floor is 9,000.
fn long() -> Proof {
    breach(
        fresh(fragile()),
        RuleKind::MaxLoss,
        8_900,
        vec![position(100, 89, 90)],
    )
}

fn verdict(proof: &mut Proof) -> &mut Breach {
    match &mut proof.verdict {
        Verdict::Breach(breach) => breach,
        _ => panic!("no breach"),
    }
}

// Breaches.

type Alter = fn(&mut Proof);

#[test]
fn a_breach_comes_out_and_each_figure_is_named() {
    let proof = long();
    assert_eq!(faults(&proof), [""; 0]);
    let table: [(Alter, &[&str]); 15] = [
        (|it| it.basis.own.0 += 1, &["balance", "verdict.equity"]),
        (
            |it| it.basis.balance.0 += 1,
            &["balance", "verdict.balance"],
        ),
        (|it| it.basis.size.0 += 1, &["size"]),
        (|it| it.basis.excluded.0 = 1, &["excluded"]),
        (|it| it.basis.never_paid.0 = 1, &["never_paid"]),
        (
            |it| it.limits[0].baseline.0 -= 1,
            &["max_loss.baseline", "max_loss.floor", "verdict.baseline"],
        ),
        (
            |it| it.limits[0].origin.seq = Seq(101),
            &["max_loss.baseline_seq"],
        ),
        (
            |it| it.limits[0].origin.ts = TimestampNs(101),
            &["max_loss.baseline_ts"],
        ),
        (
            |it| it.limits[0].origin.source = BaselineSource::Roll,
            &["max_loss.baseline_from"],
        ),
        (
            |it| it.limits[0].floor.0 += 1,
            &["max_loss.floor", "verdict.floor"],
        ),
        (
            |it| it.positions[0].facts.bid.0 += Price::whole(1).0,
            &["positions[0].mark"],
        ),
        (
            |it| it.positions[0].facts.mark_seq = Seq(101),
            &["positions[0].mark_seq"],
        ),
        (
            |it| it.positions[0].facts.unrealised.0 += 1,
            &["positions[0].unrealised", "verdict.equity"],
        ),
        (
            |it| it.positions.clear(),
            &["positions", "verdict.equity", "verdict"],
        ),
        (|it| it.plan.version += 1, &["plan_hash", "plan_version"]),
    ];
    for (alter, named) in table {
        let mut altered = proof.clone();
        alter(&mut altered);
        assert_eq!(faults(&altered), named);
        // With the digest that the proof had, that is named too.
        let told = altered.verify(proof.digest()).unwrap_err();
        assert_eq!(told[0].figure, "digest");
    }
}

#[test]
fn a_fault_says_what_is_stated_and_what_comes_out() {
    let mut proof = long();
    proof.basis.own = usd(10_001);
    let told = proof.verify(proof.digest()).unwrap_err();
    let lines: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "balance is 10000, recomputed 10001",
            "verdict.equity is 8900, recomputed 8901"
        ]
    );
}

#[test]
fn a_short_position_is_marked_at_the_ask() {
    // 10,000 - 100 x 11.
    let proof = breach(
        fresh(fragile()),
        RuleKind::MaxLoss,
        8_900,
        vec![position(-100, 109, 111)],
    );
    assert_eq!(faults(&proof), [""; 0]);
    let mut other = proof;
    other.positions[0].facts.bid = Price::whole(110);
    assert_eq!(faults(&other), [""; 0]);
    other.positions[0].facts.ask = Price::whole(112);
    assert_eq!(faults(&other), ["positions[0].mark"]);
}

/// A call of a book gathers bids above asks, and they are what marks are until it is over.
#[test]
fn a_bid_above_the_ask_is_a_quote_like_another() {
    let proof = breach(
        fresh(fragile()),
        RuleKind::MaxLoss,
        8_900,
        vec![position(100, 89, 80)],
    );
    assert_eq!(faults(&proof), [""; 0]);
}

#[test]
fn equity_at_the_floor_is_a_breach_only_where_a_touch_is() {
    let at_the_floor = |touch_is_breach| {
        let mut plan = fragile();
        plan.max_loss.as_mut().unwrap().touch_is_breach = touch_is_breach;
        // 10,000 - 100 x 10 is the floor itself.
        let positions = vec![position(100, 90, 90)];
        breach(fresh(plan), RuleKind::MaxLoss, 9_000, positions)
    };
    assert_eq!(faults(&at_the_floor(true)), [""; 0]);
    assert_eq!(faults(&at_the_floor(false)), ["verdict"]);
}

#[test]
fn other_cash_counts_at_its_rate_once_and_in_another_currency() {
    let euro = |cash: i64| CashBasis {
        account: ACCOUNT,
        currency: label("EUR"),
        cash: Money(cash),
        rate: Price(1_100_000_000),
    };
    let mut proof = fresh(fragile());
    // 100.000001 EUR are 110.0000011: 110.000001 of balance. The position is in EUR: 1.1 x -1,100.
    proof.cash = vec![euro(100_000_001)];
    proof.basis.balance = Money(10_110_000_001);
    let mut held = position(100, 89, 90);
    held.currency = label("EUR");
    let mut proof = breach(proof, RuleKind::MaxLoss, 0, vec![held]);
    // 10,000 + 1.1 x (100.000001 - 1,100) = 8,900.0000011, exact.
    verdict(&mut proof).equity = Notional(8_900_000_001_100_000_000_000 / 10);
    assert_eq!(faults(&proof), [""; 0]);

    let mut twice = proof.clone();
    twice.cash.push(euro(0));
    // It would count the position twice as well.
    assert_eq!(faults(&twice), ["cash[1].currency", "verdict.equity"]);
    let mut own = proof.clone();
    own.cash.push(CashBasis {
        currency: label("USD"),
        ..euro(0)
    });
    assert_eq!(faults(&own), ["cash[1].currency"]);
    let mut unknown = proof.clone();
    unknown.positions[0].currency = label("JPY");
    assert_eq!(
        faults(&unknown),
        ["positions[0].currency", "verdict.equity", "verdict"]
    );
    let mut other = proof;
    other.cash[0].account = AccountId(8);
    assert_eq!(faults(&other), ["cash[0].account"]);
}

#[test]
fn the_primary_breach_is_the_graver_one() {
    let plan = Plan {
        daily_loss: Some(rules::DailyLoss {
            effect: Effect::LockForDay,
            ..daily_loss(DailyAnchor::Balance, Allowance::Fixed(usd(500)))
        }),
        ..fragile()
    };
    let both = |rule, primary| {
        let mut proof = breach(
            fresh(plan.clone()),
            rule,
            8_900,
            vec![position(100, 89, 89)],
        );
        verdict(&mut proof).primary = primary;
        proof
    };
    // 8,900 is below 9,500 and below 9,000; the one that fails the account leads.
    assert_eq!(faults(&both(RuleKind::MaxLoss, true)), [""; 0]);
    assert_eq!(faults(&both(RuleKind::DailyLoss, false)), [""; 0]);
    assert_eq!(
        faults(&both(RuleKind::DailyLoss, true)),
        ["verdict.primary"]
    );
    // Alone it is the primary one.
    let mut alone = long();
    verdict(&mut alone).primary = false;
    assert_eq!(faults(&alone), ["verdict.primary"]);
}

// Sizes and limits.

#[test]
fn a_size_is_the_balance_of_the_plan_and_its_steps() {
    let plan = Plan {
        scaling: Some(Scaling {
            step: Ratio::percent(25),
            size_max: Some(usd(15_000)),
            requires: None,
        }),
        ..fragile()
    };
    // Steps of 2,500: baseline and floor rise with the size.
    let grown = |size: i64| {
        let mut proof = fresh(plan.clone());
        proof.basis.size = usd(size);
        proof.limits[0].baseline = usd(size);
        proof.limits[0].floor = usd(size - 1_000);
        if size != 10_000 {
            proof.limits[0].origin = origin(50, BaselineSource::Scaling);
        }
        let proof = with_cash(proof, usd(size));
        breach(
            proof,
            RuleKind::MaxLoss,
            size - 1_100,
            vec![position(100, 89, 89)],
        )
    };
    for size in [10_000, 12_500, 15_000] {
        assert_eq!(faults(&grown(size)), [""; 0]);
    }
    for size in [7_500, 12_501, 17_500] {
        assert_eq!(faults(&grown(size)), ["size"]);
    }
}

#[test]
fn a_floor_is_held_only_at_a_level_of_the_plan() {
    let plan = Plan {
        max_loss: Some(max_loss(
            1_000,
            TrailSource::TickEquity,
            StopTrailing::AtFloorLevel(usd(100)),
        )),
        ..bare(10_000)
    };
    let held = |offset: i64| {
        let mut proof = fresh(plan.clone());
        // The peak was 11,500.
        proof.limits[0].baseline = usd(11_500);
        proof.limits[0].origin = origin(50, peak(11_500));
        proof.limits[0].floor = usd(10_000 + offset);
        proof.limits[0].held = Some(usd(offset));
        breach(proof, RuleKind::MaxLoss, 9_000, vec![position(100, 90, 90)])
    };
    assert_eq!(faults(&held(100)), [""; 0]);
    assert_eq!(faults(&held(99)), ["max_loss.held"]);
    // A floor that is not held is where the allowance puts it.
    let mut trailing = held(100);
    trailing.limits[0].held = None;
    assert_eq!(faults(&trailing), ["max_loss.floor"]);
}

/// A peak of live equity.
fn peak(equity: i64) -> BaselineSource {
    BaselineSource::Equity(usd(equity).to_notional())
}

#[test]
fn a_trailing_floor_follows_from_its_peak() {
    let plan = Plan {
        max_loss: Some(max_loss(
            1_000,
            TrailSource::TickEquity,
            StopTrailing::AtFloorLevel(usd(100)),
        )),
        ..bare(10_000)
    };
    // Equity was 10,500 and half a millionth at input 50: the floor is 9,500, and 9,400 is below it.
    let trailed = |alter: fn(&mut LimitBasis)| {
        let mut proof = fresh(plan.clone());
        let limit = &mut proof.limits[0];
        let half = Notional(usd(10_500).to_notional().0 + Notional::PER_MONEY / 2);
        limit.origin = origin(50, BaselineSource::Equity(half));
        (limit.baseline, limit.floor) = (usd(10_500), usd(9_500));
        alter(limit);
        let proof = with_cash(proof, usd(10_000));
        let proof = breach(proof, RuleKind::MaxLoss, 9_400, vec![position(100, 94, 94)]);
        faults(&proof)
    };
    assert_eq!(trailed(|_| {}), [""; 0]);
    // The peak is strictly before the breach: no input raises a floor and breaches it.
    assert_eq!(
        trailed(|it| it.origin = origin(99, it.origin.source)),
        [""; 0]
    );
    for seq in [100, 101] {
        let late: fn(&mut LimitBasis) = match seq {
            100 => |it| it.origin.seq = Seq(100),
            _ => |it| it.origin.seq = Seq(101),
        };
        assert_eq!(trailed(late)[0], "max_loss.baseline_seq");
    }
    // A baseline below its peak, or above it, is none.
    assert_eq!(
        trailed(|it| it.origin.source = peak(10_501)),
        ["max_loss.baseline"]
    );
    assert_eq!(
        trailed(|it| (it.baseline, it.floor) = (usd(10_499), usd(9_499))),
        ["max_loss.baseline"]
    );
    // Nor is one that no peak raised above what the account opened with.
    assert_eq!(
        trailed(|it| {
            it.origin.source = peak(10_000);
            (it.baseline, it.floor) = (usd(10_000), usd(9_000));
        }),
        ["max_loss.peak", "verdict"]
    );
    // The plan trails live equity, and never a balance.
    for source in [BaselineSource::Roll, BaselineSource::ClosedBalance] {
        let other: fn(&mut LimitBasis) = match source {
            BaselineSource::Roll => |it| it.origin.source = BaselineSource::Roll,
            _ => |it| it.origin.source = BaselineSource::ClosedBalance,
        };
        assert_eq!(trailed(other), ["max_loss.baseline_from"]);
    }
    // From 11,100 on the floor is held at 10,100.
    assert_eq!(
        trailed(|it| {
            it.origin.source = peak(11_100);
            (it.baseline, it.floor) = (usd(11_100), usd(10_100));
        }),
        ["max_loss.floor"]
    );
}

#[test]
fn payouts_lower_a_floor_only_where_the_plan_says_so() {
    let lowered = |after| {
        let plan = Plan {
            payout: Some(payout(after)),
            ..fragile()
        };
        let mut proof = fresh(plan);
        let limit = &mut proof.limits[0];
        (limit.lowered, limit.baseline, limit.floor) = (usd(300), usd(9_700), usd(8_700));
        let proof = with_cash(proof, usd(9_700));
        // 9,700 - 1,100.
        breach(proof, RuleKind::MaxLoss, 8_600, vec![position(100, 89, 89)])
    };
    assert_eq!(faults(&lowered(AfterPayout::FloorFallsByPayout)), [""; 0]);
    assert_eq!(
        faults(&lowered(AfterPayout::FloorStays)),
        ["max_loss.lowered"]
    );
}

#[test]
fn profit_is_excluded_only_where_the_plan_excludes_any() {
    let mut plan = fragile();
    plan.conduct.holding_min = Some(HoldingMin {
        seconds: 60,
        action: HoldingAction::ExcludeProfit,
    });
    let mut proof = breach(
        fresh(plan.clone()),
        RuleKind::MaxLoss,
        8_900,
        vec![position(100, 89, 89)],
    );
    proof.basis.excluded = usd(5);
    assert_eq!(faults(&proof), [""; 0]);
    proof.basis.excluded = usd(-5);
    assert_eq!(faults(&proof), ["excluded"]);
}

// Passes.

/// A target of 500, and a best day of at most 60% of what was made.
fn passed() -> Proof {
    let plan = Plan {
        stage: Stage::Evaluation { phase: 1 },
        profit_target: Some(Target::Fixed(usd(500))),
        consistency: Some(ConsistencyRule {
            cap: Ratio::percent(60),
            denominator: Denominator::Net,
            inclusive: true,
            window: ConsistencyWindow::Phase,
        }),
        ..fragile()
    };
    let mut proof = with_cash(fresh(plan), usd(10_500));
    proof.consistency = Some(Consistency {
        account: ACCOUNT,
        best_day: usd(300),
        total: usd(500),
        denominator: usd(500),
        cap: Ratio::percent(60),
        inclusive: true,
        met: true,
        // 300 / 0.6, and 500 x 0.6 / 0.4.
        total_needed: Some(usd(500)),
        next_day_max: Some(usd(750)),
    });
    proof
}

#[test]
fn a_pass_rests_on_its_target_and_its_best_day() {
    let proof = passed();
    assert_eq!(
        slips(&proof),
        [
            "shard",
            "seq",
            "ts",
            "basis.plan",
            "basis.days",
            "basis.payout_days",
            "MaxLoss.baseline_seq",
            "MaxLoss.baseline_ts"
        ]
    );
    // A unit short of the target, in every figure that follows from it: 500 without a millionth.
    let mut short = with_cash(passed(), Money(10_499_999_999));
    let standing = short.consistency.as_mut().unwrap();
    (standing.total, standing.met) = (Money(499_999_999), false);
    standing.denominator = standing.total;
    standing.next_day_max = Some(Money(749_999_998));
    assert_eq!(
        faults(&short),
        ["balance without what is excluded", "consistency.met"]
    );
    let mut missing = passed();
    missing.consistency = None;
    assert_eq!(faults(&missing), ["consistency"]);
    let mut funded = passed();
    funded.plan.stage = Stage::Funded;
    funded.basis.plan_hash = funded.plan.hash();
    assert_eq!(faults(&funded), ["verdict"]);
}

// Rests.

/// Closed after 30 days; the 11th to the 40th went by. 100 shares are held, 100 below what they cost.
fn rested() -> Proof {
    let mut plan = fragile();
    plan.conduct.inactivity = Some(Inactivity {
        days: 30,
        effect: InactivityEffect::Close,
    });
    let mut proof = fresh(plan);
    proof.basis.positions = 1;
    proof.positions = vec![position(100, 99, 100)];
    proof.verdict = Verdict::Inactive(Rest {
        account: ACCOUNT,
        days: 30,
        limit: 30,
        effect: InactivityEffect::Close,
        active: TradingDay(10),
        active_seq: Seq(4),
        active_ts: TimestampNs(4),
        opens: TradingDay(41),
        equity: usd(9_900).to_notional(),
        positions: 1,
    });
    proof
}

/// Opened on the 10th with 30 days, so the 41st ended it.
fn lapsed() -> Proof {
    let mut plan = fragile();
    plan.stage = Stage::Evaluation { phase: 1 };
    plan.life.time_limit = Some(TimeLimit {
        days: 30,
        counts: DaysOf::Calendar,
        effect: LapseEffect::Close,
    });
    let mut proof = fresh(plan);
    proof.basis.positions = 1;
    proof.positions = vec![position(100, 99, 100)];
    proof.verdict = Verdict::Lapsed(Lapse {
        account: ACCOUNT,
        limit: 30,
        counts: DaysOf::Calendar,
        effect: LapseEffect::Close,
        opened: TradingDay(10),
        last: TradingDay(40),
        opens: TradingDay(41),
        equity: usd(9_900).to_notional(),
        positions: 1,
    });
    proof
}

#[test]
fn a_time_that_is_over_follows_from_the_day_of_the_opening() {
    let named = |alter: fn(&mut Proof, &mut Lapse)| {
        let mut proof = lapsed();
        let Verdict::Lapsed(mut lapse) = proof.verdict else {
            panic!("no lapse");
        };
        alter(&mut proof, &mut lapse);
        proof.verdict = Verdict::Lapsed(lapse);
        proof.basis.plan_hash = proof.plan.hash();
        let faults = proof.verify(proof.digest()).err().unwrap_or_default();
        let faults = faults.iter().map(ToString::to_string);
        faults.collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(named(|_, _| ()), none);
    // A later day ends it as well, the last of its days does not.
    assert_eq!(named(|_, lapse| lapse.opens = TradingDay(42)), none);
    assert_eq!(
        named(|_, lapse| lapse.opens = TradingDay(40)),
        ["verdict.opens is 1970-02-10, recomputed no verdict: a day after 1970-02-10"]
    );
    assert_eq!(
        named(|_, lapse| lapse.opened = TradingDay(9)),
        ["verdict.last is 1970-02-10, recomputed 1970-02-09"]
    );
    assert_eq!(
        named(|_, lapse| lapse.limit = 31),
        ["verdict.limit is 31, recomputed 30"]
    );
    assert_eq!(
        named(|_, lapse| lapse.effect = LapseEffect::Fail),
        ["verdict.effect is fail, recomputed close"]
    );
    assert_eq!(
        named(|proof, _| {
            if let Some(rule) = &mut proof.plan.life.time_limit {
                rule.counts = DaysOf::Trading;
            }
        }),
        ["verdict.counts is calendar, recomputed trading"]
    );
    assert_eq!(
        named(|proof, _| proof.plan.life.time_limit = None),
        ["verdict is a time that is over, recomputed no verdict: the plan gives no time to pass"]
    );
}

fn rest(proof: &mut Proof) -> &mut Rest {
    match &mut proof.verdict {
        Verdict::Inactive(rest) => rest,
        _ => panic!("no rest"),
    }
}

#[test]
fn a_rest_follows_from_two_trading_days() {
    assert_eq!(
        slips(&rested()),
        [
            "shard",
            "seq",
            "ts",
            "verdict.active_seq",
            "verdict.active_ts",
            "basis.plan",
            "basis.days",
            "basis.payout_days",
            "MaxLoss.baseline_seq",
            "MaxLoss.baseline_ts",
            "positions[0].instrument",
            "positions[0].mark_seq"
        ]
    );
    let named = |alter: fn(&mut Proof)| {
        let mut altered = rested();
        alter(&mut altered);
        faults(&altered)
    };
    // A day more than went by, and each end a day off.
    assert_eq!(named(|it| rest(it).days = 31), ["verdict.days"]);
    assert_eq!(
        named(|it| rest(it).active = TradingDay(11)),
        ["verdict.days"]
    );
    assert_eq!(
        named(|it| rest(it).opens = TradingDay(42)),
        ["verdict.days"]
    );
    // What the plan says of a rest.
    assert_eq!(named(|it| rest(it).limit = 29), ["verdict.limit"]);
    assert_eq!(
        named(|it| rest(it).effect = InactivityEffect::Fail),
        ["verdict.effect"]
    );
    // What was held: 10,000 - 100 x 1.
    assert_eq!(named(|it| rest(it).equity.0 += 1), ["verdict.equity"]);
    assert_eq!(
        named(|it| it.positions.clear()),
        ["positions", "verdict.equity"]
    );
    assert_eq!(
        named(|it| it.positions[0].facts.unrealised.0 -= 1),
        ["positions[0].unrealised", "verdict.equity"]
    );
    // The last activity is not after the verdict.
    assert_eq!(
        named(|it| rest(it).active_seq = Seq(101)),
        ["verdict.active_seq"]
    );
    assert_eq!(
        named(|it| rest(it).active_ts = TimestampNs(101)),
        ["verdict.active_ts"]
    );
    let mut short = rested();
    (rest(&mut short).days, rest(&mut short).opens) = (29, TradingDay(40));
    assert_eq!(faults(&short), ["verdict.days"]);
    // 1970-01-11 was a Sunday, and 1970-02-11 a Wednesday.
    let mut weekend = rested();
    weekend.plan.days.weekdays = 0b001_1111;
    weekend.basis.plan_hash = weekend.plan.hash();
    assert_eq!(faults(&weekend), ["verdict.active"]);
    let mut without = rested();
    without.plan.conduct.inactivity = None;
    without.basis.plan_hash = without.plan.hash();
    assert_eq!(faults(&without), ["verdict"]);
}

// Refused payouts.

fn payout(after: AfterPayout) -> PayoutRule {
    PayoutRule {
        fraction: Ratio::percent(50),
        cap: None,
        keep: PayoutKeep::AboveInitial(Money::ZERO),
        split: Ratio::ONE,
        after,
        best_day_cap: None,
        days_min: None,
        series: rules::PayoutSeries::default(),
    }
}

/// 600 of profit, of which half could be paid.
fn denied(requested: Money, reason: PayoutDenial) -> Proof {
    let plan = Plan {
        payout: Some(payout(AfterPayout::FloorStays)),
        ..fragile()
    };
    let mut proof = with_cash(fresh(plan), usd(10_600));
    proof.verdict = Verdict::PayoutDenied {
        requested,
        eligible: usd(300),
        reason,
    };
    proof
}

#[test]
fn a_payout_is_refused_for_the_first_reason_that_holds() {
    let above = denied(Money(300_000_001), PayoutDenial::AboveEligible);
    assert_eq!(faults(&above), [""; 0]);
    let eligible = denied(usd(300), PayoutDenial::AboveEligible);
    assert_eq!(faults(&eligible), ["verdict.reason"]);
    let zero = denied(Money::ZERO, PayoutDenial::AmountNotPositive);
    assert_eq!(faults(&zero), [""; 0]);
    let one = denied(Money(1), PayoutDenial::AmountNotPositive);
    assert_eq!(faults(&one), ["verdict.reason"]);
    // With a position open that comes first.
    let mut open = denied(usd(400), PayoutDenial::AboveEligible);
    open.basis.positions = 1;
    assert_eq!(faults(&open), ["verdict.reason"]);
    let mut open = denied(usd(400), PayoutDenial::NotFlat);
    open.basis.positions = 1;
    assert_eq!(faults(&open), [""; 0]);
    // What the plan pays out it does not refuse as not in it.
    let absent = denied(usd(400), PayoutDenial::NotInPlan);
    assert_eq!(faults(&absent), ["verdict.reason"]);
    // The state of the account is not among the figures.
    let state = denied(usd(100), PayoutDenial::NotEligibleState);
    assert_eq!(faults(&state), [""; 0]);
}

#[test]
fn what_was_eligible_comes_out() {
    let mut proof = denied(usd(400), PayoutDenial::AboveEligible);
    proof.verdict = Verdict::PayoutDenied {
        requested: usd(400),
        eligible: Money(300_000_001),
        reason: PayoutDenial::AboveEligible,
    };
    assert_eq!(faults(&proof), ["verdict.eligible"]);
    // A millionth of profit more is half a millionth, and that is rounded away; one less is not.
    let proof = denied(usd(400), PayoutDenial::AboveEligible);
    assert!(
        !slips(&proof)
            .iter()
            .any(|name| name.starts_with("basis.own"))
    );
    let richer = with_cash(proof.clone(), Money(10_600_000_001));
    assert_eq!(faults(&richer), [""; 0]);
    let poorer = with_cash(proof, Money(10_599_999_999));
    assert_eq!(faults(&poorer), ["verdict.eligible"]);
}

// Any bytes.

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Bytes that were altered are no proof, or one that the digest does not fit; and no figure whatever
    /// stops the recomputing.
    #[test]
    fn altered_bytes_are_noticed(
        which in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        digest in any::<[u8; 32]>(),
    ) {
        let proof = match which {
            0 => long(),
            1 => passed(),
            2 => rested(),
            _ => denied(usd(400), PayoutDenial::AboveEligible),
        };
        let bytes = proof.to_bytes();
        prop_assert_eq!(Proof::from_bytes(&bytes), Ok(proof.clone()));
        let mut altered = bytes.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            altered[place] = byte;
        }
        if let Ok(other) = Proof::from_bytes(&altered) {
            prop_assert_eq!(other.verify(proof.digest()).is_ok(), other == proof);
            prop_assert!(other.verify(PlanHash(digest)).is_err());
        }
    }

    /// Figures at the ends of their ranges as well.
    #[test]
    fn no_figure_stops_the_recomputing(
        which in 0_usize..4,
        place in any::<prop::sample::Index>(),
        fill in prop_oneof![Just(0x7F_u8), Just(0x80), Just(0xFF), Just(0)],
        length in 1_usize..17,
    ) {
        let proof = match which {
            0 => long(),
            1 => passed(),
            2 => rested(),
            _ => denied(usd(400), PayoutDenial::AboveEligible),
        };
        let mut altered = proof.to_bytes();
        let start = place.index(altered.len());
        for (step, byte) in altered[start..].iter_mut().take(length).enumerate() {
            *byte = if step == 0 { fill } else { 0xFF };
        }
        if let Ok(other) = Proof::from_bytes(&altered) {
            prop_assert_eq!(other.verify(proof.digest()).is_ok(), other == proof);
        }
    }
}

#[test]
fn a_mark_follows_from_the_quote_and_the_last_print() {
    let at = |units, last: Option<i64>| {
        let mut held = position(units, 100, 103);
        held.facts.last = last.map(Price::whole);
        move |kind| held.mark(kind)
    };
    let (long, short) = (at(1, None), at(-1, None));
    assert_eq!(long(MarkKind::Liquidation), Some(Price::whole(100)));
    assert_eq!(short(MarkKind::Liquidation), Some(Price::whole(103)));
    // 101.5 is no tick: down for who would sell, up for who would buy.
    assert_eq!(long(MarkKind::Mid), Some(Price::whole(101)));
    assert_eq!(short(MarkKind::Mid), Some(Price::whole(102)));
    assert_eq!(long(MarkKind::Last), Some(Price::whole(100)));
    assert_eq!(short(MarkKind::Last), Some(Price::whole(103)));
    let printed = at(-1, Some(107));
    assert_eq!(printed(MarkKind::Last), Some(Price::whole(107)));
    assert_eq!(printed(MarkKind::Mid), Some(Price::whole(102)));

    let mut proof = self::long();
    proof.positions[0].facts.mark.0 += 1;
    assert!(faults(&proof).contains(&"positions[0].mark".to_owned()));
}

#[test]
fn every_figure_is_altered() {
    let figures = |proof: &Proof| {
        let altered = alterations(proof);
        let mut names: Vec<String> = altered.into_iter().map(|it| it.figure).collect();
        names.dedup();
        names.len()
    };
    // Place, plan, verdict and basis, each with the 32 bytes of the plan's hash, a limit, a position.
    assert_eq!(figures(&long()), 3 + 5 + (9 + 32) + (14 + 32) + 7 + 11);
    // Here the plan has a phase, a target and a cap as well, and there is a standing.
    assert_eq!(figures(&passed()), 3 + 8 + (14 + 32) + 7 + 7);
}
