//! Payouts and steps of scaling over HTTP.

use gateway::dto::Node;
use gateway::dto::proof::read;
use rules::{
    AfterPayout, DayCounts, MinDays, PayoutKeep, PayoutRule, Plan, ScaleWhen, Scaling, Stage,
    Target,
};
use serde_json::{Value, json};
use types::{AccountId, AdjustKind, Command, Label, Money, Ratio};

use crate::venue::{Venue, plan};
use crate::wire::{Answer, JSON, get_json, market, post_order, request};

/// Half of the profit above 1,000 over the size, after one day; a step of 12,500 after a profit of
/// 2,000 and a payout.
fn funded() -> Plan {
    let days_min = MinDays {
        days: 1,
        counts: DayCounts::OpeningFill,
        day_profit_min: None,
    };
    Plan {
        name: Label::new("Funded").unwrap(),
        stage: Stage::Funded,
        profit_target: None,
        payout: Some(PayoutRule {
            fraction: Ratio::percent(50),
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::whole(1_000)),
            split: Ratio::percent(80),
            after: AfterPayout::FloorFallsByPayout,
            best_day_cap: None,
            days_min: Some(days_min),
            series: rules::PayoutSeries::default(),
        }),
        scaling: Some(Scaling {
            step: Ratio::percent(25),
            size_max: None,
            requires: Some(ScaleWhen {
                profit: Target::Fixed(Money::whole(2_000)),
                days: 0,
                payouts: 1,
            }),
        }),
        ..plan()
    }
}

async fn post(venue: &Venue, path: &str, headers: &[&str], body: &Value) -> Answer {
    let line = format!("POST /v1/accounts/{path}");
    let headers: Vec<&str> = [JSON].into_iter().chain(headers.iter().copied()).collect();
    request(venue.address, &line, &headers, &body.to_string()).await
}

/// A venue with a funded account of the number 3 that made 3,000.
async fn open() -> Venue {
    let venue = Venue::open().await;
    venue.define_plan(&funded()).await;
    let body = json!({"plan": "1", "name": "fay"});
    let opened = request(
        venue.address,
        "POST /v1/accounts",
        &[JSON],
        &body.to_string(),
    )
    .await;
    assert_eq!(opened.json()["account"], "3", "{opened:?}");
    venue.command(Command::Adjust {
        account: AccountId(3),
        kind: AdjustKind::ProfitAndLoss,
        amount: Money::whole(3_000),
    });
    venue.settle().await;
    venue
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_refused_with_its_proof_and_then_paid_once() {
    let venue = open().await;
    let whole = get_json(venue.address, "/v1/accounts/3").await;
    let payout = &whole["payout"];
    // Half of 3,000, and 2,000 are above what must stay; but no day counts.
    assert_eq!(
        (&payout["payable"], &payout["eligible"], &payout["by_keep"]),
        (&json!("0"), &json!("1500"), &json!("2000"))
    );
    let denied = json!({"reason": "too_few_days", "figures": {"has": 0, "needs": 1}});
    assert_eq!((&payout["denied"], &payout["next"]), (&denied, &json!(1)));

    let ask = json!({"amount": "1500"});
    let answer = post(&venue, "3/payouts", &[], &ask).await;
    assert_eq!(
        answer.problem(422, "too_few_days"),
        ["days | 0 | 1 or more"]
    );
    let path = answer.json()["proof"].as_str().unwrap().to_owned();
    let proof = get_json(venue.address, &path).await;
    assert_eq!(proof["verdict"]["reason"], "too_few_days");
    let node = Node::from_json(proof.to_string().as_bytes()).unwrap();
    assert_eq!(read(&node).unwrap().verify(), Ok(()));

    // The replica comes after the answer: a link that is followed at once waits for it.
    for _ in 0..50 {
        let answer = post(&venue, "3/payouts", &[], &ask).await;
        let path = answer.json()["proof"].as_str().unwrap().to_owned();
        get_json(venue.address, &path).await;
    }

    // One opening fill, bought and sold at the same time: the day counts.
    for (id, side) in [(1, "buy"), (2, "sell")] {
        let order = market(id, side, "0.001");
        let answer = post_order(venue.address, 3, &order).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    venue.settle().await;
    let whole = get_json(venue.address, "/v1/accounts/3").await;
    let payable: Money = whole["payout"]["payable"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(payable > Money::whole(1_400), "{whole}");
    let more = payable.saturating_add(Money(1)).to_string();
    let faults = post(&venue, "3/payouts", &[], &json!({"amount": more}))
        .await
        .problem(422, "above_eligible");
    assert_eq!(faults, [format!("amount | {more} | at most {payable}")]);

    let key = "Idempotency-Key: first";
    let ask = json!({"amount": "1000"});
    let paid = post(&venue, "3/payouts", &[key], &ask).await;
    assert_eq!(paid.status, 201, "{paid:?}");
    let told = paid.json();
    assert_eq!(
        (&told["amount"], &told["trader"], &told["firm"]),
        (&json!("1000"), &json!("800"), &json!("200"))
    );
    let again = post(&venue, "3/payouts", &[key], &ask).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), told);
    venue.settle().await;
    let whole = get_json(venue.address, "/v1/accounts/3").await;
    assert_eq!(whole["payout"]["next"], 2);
    assert_eq!(whole["balance"], told["balance"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_says_what_it_asks_for() {
    let venue = open().await;
    let whole = get_json(venue.address, "/v1/accounts/3").await;
    let scaling = json!({
        "next_size": "62500",
        "denied": {"reason": "scale_not_yet"},
        "profit": {"has": "3000", "needs": "2000"},
        "days": {"has": 0, "needs": 0},
        "payouts": {"has": 0, "needs": 1},
    });
    assert_eq!(whole["scaling"], scaling);
    let faults = post(&venue, "3/scale", &[], &json!({}))
        .await
        .problem(422, "scale_not_yet");
    assert_eq!(faults, ["payouts | 0 | 1 or more"]);
    let faults = post(&venue, "0/scale", &[], &json!({}))
        .await
        .problem(422, "not_in_plan");
    assert_eq!(
        faults,
        ["account | 0 | an account of a plan with scaling, below the largest size"]
    );
    let faults = post(&venue, "0/payouts", &[], &json!({"amount": "1"}))
        .await
        .problem(422, "not_in_plan");
    assert_eq!(faults, ["account | 0 | an account of a plan with payout"]);
    let faults = post(&venue, "9/payouts", &[], &json!({"amount": "1"}))
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["account | 9 | one of the 4 accounts, counted from 0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_open_positions_is_told_to_close_them_first() {
    let venue = open().await;
    let ask = async |amount: &str, code: &str| {
        let answer = post(&venue, "3/payouts", &[], &json!({"amount": amount})).await;
        answer.problem(422, code)
    };
    assert_eq!(
        ask("0", "amount_not_positive").await,
        ["amount | 0 | above 0, at most 1500"]
    );
    let answer = post_order(venue.address, 3, &market(1, "buy", "0.001")).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(
        ask("1", "not_flat").await,
        ["positions | 1 | 0: close them first"]
    );
    assert_eq!(
        ask("0", "amount_not_positive").await,
        ["amount | 0 | above 0, after all open positions are closed"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_must_keep_all_is_told_that_nothing_is_left() {
    let venue = open().await;
    venue.command(Command::Adjust {
        account: AccountId(3),
        kind: AdjustKind::ProfitAndLoss,
        amount: Money::whole(-2_100),
    });
    // 900 are left of 3,000, and 1,000 must stay. The day counts.
    for (id, side) in [(1, "buy"), (2, "sell")] {
        let order = market(id, side, "0.001");
        let answer = post_order(venue.address, 3, &order).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    for (amount, code, accepted) in [
        (
            "0",
            "amount_not_positive",
            "above 0, once anything can be paid out",
        ),
        ("1", "above_eligible", "nothing: 0 can be paid out now"),
    ] {
        let faults = post(&venue, "3/payouts", &[], &json!({"amount": amount}))
            .await
            .problem(422, code);
        assert_eq!(faults, [format!("amount | {amount} | {accepted}")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_enter_a_competition_is_told_why() {
    let venue = open().await;
    let enter = async |account: &str| {
        let body = json!({"account": account}).to_string();
        let line = "POST /v1/competitions/0/entrants";
        request(venue.address, line, &[JSON], &body).await
    };
    assert_eq!(
        enter("0").await.problem(422, "already_entered"),
        ["account | 0 | an account that is in no competition"]
    );
    assert_eq!(
        enter("3").await.problem(422, "plan_pays_out"),
        ["account | 3 | an account of a plan without payout"]
    );
    let closed = request(venue.address, "POST /v1/accounts/3/close", &[], "").await;
    assert_eq!(closed.status, 200, "{closed:?}");
    assert_eq!(
        enter("3").await.problem(422, "account_not_trading"),
        ["account | 3 | an account that is in an evaluation or funded"]
    );
}
