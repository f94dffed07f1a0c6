//! Windows over HTTP: announced, open, in the way of an order; and conduct as an account shows it.

use rules::{
    Conduct, Inactivity, InactivityEffect, Plan, SizeLimit, SizeTier, SizeWeight, WindowAction,
    WindowRule,
};
use serde_json::{Value, json};
use types::{Calendar, Money, Qty, Ratio};

use crate::venue::{Venue, label, plan};
use crate::wire::{Answer, JSON, get_json, limit, market, post_order, request};

/// BTCUSDT counts a tenth; one unit at most. No opening from two minutes before news until one after.
fn strict() -> Plan {
    Plan {
        name: label("Strict 50K"),
        conduct: Conduct {
            size: Some(SizeLimit {
                weights: vec![SizeWeight {
                    symbol: label("BTCUSDT"),
                    weight: Ratio::percent(10),
                }],
                tiers: vec![SizeTier {
                    profit_from: Money::ZERO,
                    max: Qty::whole(1),
                }],
            }),
            windows: vec![WindowRule {
                calendar: Calendar::Named(label("news")),
                before_s: 120,
                after_s: 60,
                action: WindowAction::BlockOpening,
                symbols: Vec::new(),
            }],
            holding_min: None,
            orders_per_day_max: Some(5),
            trades_per_day_max: None,
            inactivity: Some(Inactivity {
                days: 30,
                effect: InactivityEffect::Suspend,
            }),
            warn_at: Some(Ratio::percent(80)),
        },
        ..plan()
    }
}

/// A venue with account 3 on the strict plan.
async fn venue() -> Venue {
    let venue = Venue::open().await;
    venue.define_plan(&strict()).await;
    let body = json!({"plan": "1", "name": "dora"}).to_string();
    let opened = request(venue.address, "POST /v1/accounts", &[JSON], &body).await;
    assert_eq!(opened.json()["account"], "3", "{opened:?}");
    venue
}

async fn announce(venue: &Venue, start: &str, end: &str) -> Answer {
    let body = json!({"calendar": {"named": "news"}, "start": start, "end": end});
    request(
        venue.address,
        "POST /v1/windows",
        &[JSON],
        &body.to_string(),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_interval_opens_the_windows_that_follow_it() {
    let venue = venue().await;
    let address = venue.address;
    let (start, end) = ("2024-01-03T13:30:00Z", "2024-01-03T13:30:01Z");
    let announced = announce(&venue, start, end).await;
    assert_eq!(announced.status, 201, "{announced:?}");
    let announced = announced.json();
    let interval = json!({"calendar": {"named": "news"}, "start": start, "end": end});
    assert_eq!(announced["status"], "announced");
    assert_eq!(announced["interval"], interval);
    assert_eq!(announced["events"][0]["type"], "window_announced");
    let again = announce(&venue, start, end).await;
    assert_eq!(
        (again.status, &again.json()["status"]),
        (200, &json!("unchanged"))
    );
    let faults = announce(&venue, end, start).await.problem(400, "bad_field");
    assert_eq!(faults, [format!("end | {start} | a time after {end}")]);

    venue.settle().await;
    let windows = get_json(address, "/v1/windows").await;
    assert_eq!(windows, json!({"intervals": [interval], "open": []}));
    let before = post_order(address, 3, &market(1, "buy", "0.5")).await;
    assert_eq!(before.json()["status"], "filled");

    // 13:28 is 5,280 s after noon.
    venue.quote(5_280, 40_000);
    venue.settle().await;
    let open = json!({
        "plan": "1", "plan_name": "Strict 50K", "window": 0, "action": "block_opening",
        "symbol": null, "until": "2024-01-03T13:31:01Z",
    });
    let windows = get_json(address, "/v1/windows").await;
    assert_eq!(windows["open"], json!([open]));
    let account = get_json(address, "/v1/accounts/3").await;
    assert_eq!(account["conduct"]["windows"], json!([open]));
    let faults = post_order(address, 3, &market(2, "buy", "0.5"))
        .await
        .problem(422, "window");
    assert_eq!(
        faults,
        [
            "instrument | 0 | an order that window 0 of the plan does not block while it is open; \
          GET /v1/windows says until when it is"
        ]
    );
    let closing = post_order(address, 3, &market(3, "sell", "0.5")).await;
    assert_eq!(closing.json()["status"], "filled");

    // 13:31:01 is the first moment after it.
    venue.quote(5_461, 40_000);
    venue.settle().await;
    let windows = get_json(address, "/v1/windows").await;
    assert_eq!(windows["open"], json!([]));
    let after = post_order(address, 3, &market(4, "buy", "0.5")).await;
    assert_eq!(after.json()["status"], "filled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_shows_how_it_stands_against_its_rules_of_conduct() {
    let venue = venue().await;
    let address = venue.address;
    // 6 held and 3 working: the worst case is 9, and a tenth of it 0.9.
    post_order(address, 3, &market(1, "buy", "6")).await;
    post_order(address, 3, &limit(2, "buy", "3", "39000")).await;
    venue.settle().await;
    let conduct = get_json(address, "/v1/accounts/3").await["conduct"].take();
    assert_eq!(
        conduct,
        json!({
            "orders": {"today": 2, "max": 5},
            "trades": {"today": 1, "max": null},
            "size": {"profit_from": "0", "max": "1", "worst": "0.9"},
            "excluded": "0",
            "warn_at_pct": "80",
            "last_active": "2024-01-03",
            // The 4th to the 2nd of February go by: the roll of the 3rd finds 30 days.
            "inactivity": {"effect": "suspend", "days": 30, "deadline": "2024-02-03"},
            "windows": [],
        })
    );
    // 6 + 3 + 2 is 11, weighted 1.1.
    let faults = post_order(address, 3, &market(3, "buy", "2"))
        .await
        .problem(422, "size_max");
    assert_eq!(
        faults,
        ["qty | 2 | what comes to at most 1 weighted units, not 1.1"]
    );
    for id in 4..=6 {
        post_order(address, 3, &limit(id, "buy", "0.1", "39000")).await;
    }
    let faults = post_order(address, 3, &limit(7, "buy", "0.1", "39000"))
        .await
        .problem(422, "orders_per_day");
    assert_eq!(
        faults,
        ["account | 3 | at most 5 orders in a trading day, which has 5"]
    );
    // Without such rules nothing is counted.
    let plain = get_json(address, "/v1/accounts/0").await;
    assert_eq!(plain["conduct"], Value::Null);
}
