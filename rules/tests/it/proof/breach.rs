//! Breaches: of which limit, at which equity, and which figure is named when one does not come out.

use rules::{Allowance, DailyAnchor, Plan, Proof};
use types::{
    AccountId, BaselineSource, CashBasis, Effect, Money, Notional, Price, RuleKind, Seq,
    TimestampNs,
};

use super::{ACCOUNT, breach, faults, fragile, fresh, label, long, position, verdict};
use crate::plans::{daily_loss, usd};

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
