//! Competitions over HTTP: defining, entering, boards and pages, what an organiser decides, signals.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::venue::Venue;
use crate::wire::{Answer, JSON, get, get_json, limit, market, post_order, request};

async fn send(address: SocketAddr, line: &str, body: &Value) -> Answer {
    request(address, line, &[JSON], &body.to_string()).await
}

/// All weight is on profit, so that a score is 50 (1 + R / (|R| + 0.1)); everybody is ranked.
fn cup(kind: &str) -> Value {
    json!({
        "name": "Cup", "kind": kind, "roll": {"zone": "UTC", "time": "00:00"},
        "weights": {"profit": "100", "risk": "0", "consistency": "0", "drawdown": "0"},
        "gates": {"active_days": 0, "round_turns": 0},
    })
}

/// A firm with a fourth and more accounts that are in no competition yet.
async fn venue(more: u32) -> Venue {
    let venue = Venue::open().await;
    for account in 0..more {
        venue.open_account(&format!("more{account}"));
    }
    venue.settle().await;
    venue
}

async fn define(venue: &Venue, definition: &Value) -> Value {
    let answer = send(venue.address, "POST /v1/competitions", definition).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    venue.settle().await;
    answer.json()
}

async fn enter(venue: &Venue, competition: u32, account: u32, team: Option<&str>) -> Answer {
    let line = format!("POST /v1/competitions/{competition}/entrants");
    let mut body = json!({ "account": account.to_string() });
    if let Some(team) = team {
        body["team"] = team.into();
    }
    let answer = send(venue.address, &line, &body).await;
    venue.settle().await;
    answer
}

async fn change(venue: &Venue, competition: u32, body: &Value) -> Answer {
    let line = format!("PATCH /v1/competitions/{competition}");
    let answer = send(venue.address, &line, body).await;
    venue.settle().await;
    answer
}

fn accounts(board: &Value) -> Vec<&str> {
    let rows = board["rows"].as_array().unwrap().iter();
    rows.map(|row| row["account"].as_str().unwrap()).collect()
}

/// Nobody waits between requests: what is answered is there for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_competition_is_there_with_its_answer() {
    let venue = venue(11).await;
    for number in 1..=10_u32 {
        let made = send(venue.address, "POST /v1/competitions", &cup("demo")).await;
        assert_eq!(made.json()["competition"], number.to_string(), "{made:?}");
        let path = format!("/v1/competitions/{number}");
        let body = json!({ "account": (number + 2).to_string() });
        let entered = send(venue.address, &format!("POST {path}/entrants"), &body).await;
        assert_eq!(entered.status, 201, "{entered:?}");
        assert_eq!(get_json(venue.address, &path).await["state"], "live");
        let (line, end) = (format!("PATCH {path}"), json!({"change": "end"}));
        let ended = send(venue.address, &line, &end).await;
        assert_eq!(ended.status, 200, "{ended:?}");
        assert_eq!(get_json(venue.address, &path).await["state"], "in_review");
    }
    let body = json!({ "account": "13" });
    for number in [11, 4_000_000_000_u32] {
        let line = format!("POST /v1/competitions/{number}/entrants");
        let answer = send(venue.address, &line, &body).await;
        assert_eq!(answer.status, 404, "{answer:?}");
        let error = &answer.json()["errors"][0];
        assert_eq!(
            error["accepted"],
            "one of the 11 competitions, counted from 0"
        );
    }
    let late = send(venue.address, "POST /v1/competitions/1/entrants", &body).await;
    assert_eq!(late.status, 422);
    let error = &late.json()["errors"][0];
    assert_eq!(error["accepted"], "a competition that is upcoming or live");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_competition_is_shown_with_its_definition_and_its_prizes_of_now() {
    let venue = venue(2).await;
    let mut definition = cup("demo");
    definition["entry"] = json!({"fee": "10", "to_pool_pct": "50", "entrants_max": 9});
    definition["prizes"] = json!({"pool": "90", "unit": "1", "places": [
        {"first": 1, "share_pct": "60"}, {"first": 2, "last": 3, "share_pct": "20"},
    ]});
    let made = define(&venue, &definition).await;
    assert_eq!(made["competition"], "1");
    assert_eq!(made["events"][0]["type"], "competition_defined");
    for account in [3, 4] {
        let entered = enter(&venue, 1, account, None).await;
        assert_eq!(entered.status, 201, "{entered:?}");
        assert_eq!(entered.json()["events"][0]["type"], "competition_entered");
    }
    let whole = get_json(venue.address, "/v1/competitions/1").await;
    assert_eq!(whole["definition"]["entry"]["to_pool_pct"], "50");
    assert_eq!(whole["definition"]["prizes"]["places"][1]["last"], 3);
    assert_eq!(
        (
            &whole["kind"],
            &whole["state"],
            &whole["entrants"],
            &whole["frozen"]
        ),
        (&json!("demo"), &json!("live"), &json!(2), &json!(false))
    );
    // 90 + 2 x 5 = 100.
    let expected = json!({
        "pool": "100", "unit": "1", "unclaimed": null,
        "places": [
            {"first": 1, "last": 1, "amount": "60"}, {"first": 2, "last": 3, "amount": "20"},
        ],
    });
    assert_eq!(whole["prizes"], expected);
    // What is shown defines the same again.
    let again = send(venue.address, "POST /v1/competitions", &whole["definition"]).await;
    assert_eq!(again.status, 201);
    venue.settle().await;
    let list = get_json(venue.address, "/v1/competitions").await;
    let names: Vec<_> = list["competitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["January", "Cup", "Cup"]);
    let copy = get_json(venue.address, "/v1/competitions/2").await;
    assert_eq!(copy["definition"], whole["definition"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_post_makes_is_made_once_for_each_key() {
    let venue = venue(2).await;
    let send = async |line: &str, key: &str, body: &Value| {
        let key = format!("Idempotency-Key: {key}");
        let answer = request(venue.address, line, &[JSON, &key], &body.to_string()).await;
        venue.settle().await;
        answer
    };
    let interval = |end: &str| {
        json!({
            "calendar": {"named": "news"}, "start": "2024-01-04T13:30:00Z", "end": end,
        })
    };
    let mut other = cup("demo");
    other["name"] = "Other".into();
    // What is sent, what else under its key is refused, and the answer to the same under another key.
    let define = "POST /v1/competitions";
    let enter = "POST /v1/competitions/1/entrants";
    let announce = "POST /v1/windows";
    let news = interval("2024-01-04T13:31:00Z");
    let (third, fourth) = (json!({"account": "3"}), json!({"account": "4"}));
    for (key, line, body, another, without) in [
        ("cup", define, cup("demo"), other, 201),
        ("third", enter, third, fourth, 422),
        (
            "news",
            announce,
            news,
            interval("2024-01-04T13:32:00Z"),
            200,
        ),
    ] {
        let first = send(line, key, &body).await;
        assert_eq!(
            (first.status, first.header("idempotency-replayed")),
            (201, None),
            "{first:?}"
        );
        let again = send(line, key, &body).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        send(line, key, &another)
            .await
            .problem(409, "idempotency_key_reused");
        assert_eq!(
            send(line, &format!("{key} again"), &body).await.status,
            without
        );
    }
    let list = get_json(venue.address, "/v1/competitions").await;
    let names: Vec<_> = list["competitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|competition| (&competition["name"], &competition["entrants"]))
        .collect();
    let shown = |name: &str, entrants: u32| (json!(name), json!(entrants));
    // The third was defined under a key of its own.
    let expected = [shown("January", 3), shown("Cup", 1), shown("Cup", 0)];
    assert_eq!(
        names,
        expected.each_ref().map(|(name, entrants)| (name, entrants))
    );
    // A refusal is repeated too.
    let refused = send(enter, "twice", &json!({"account": "3"})).await;
    refused.problem(422, "already_entered");
    let again = send(enter, "twice", &json!({"account": "3"})).await;
    assert_eq!((again.status, &again.body), (422, &refused.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_what_its_score_and_its_place_are_made_of() {
    let venue = venue(1).await;
    define(&venue, &cup("demo")).await;
    enter(&venue, 1, 3, None).await;
    post_order(venue.address, 3, &market(1, "buy", "1")).await;
    // Bought at 40,001 and marked at 45,001: 5,000 on 50,000.
    venue.quote(60, 45_001);
    venue.settle().await;
    let board = get_json(venue.address, "/v1/competitions/1/board").await;
    assert_eq!(board["view"], "public");
    assert_eq!(board["next"], Value::Null);
    let expected = json!({
        "rank": 1, "account": "3", "name": "more0", "team": null,
        "score": "75", "profit": "75", "risk": "0", "consistency": "0", "drawdown": "0",
        "return_pct": "10.00", "mdd_pct": "0.00", "total_return": "0.1",
        "attained_at": "2024-01-03T12:01:00Z", "days": 1, "active_days": 1, "round_turns": 0,
        "eligible": true, "reason": null, "disqualified": null, "prize": null,
        // The spread was paid at once: a fall of 1 on 50,000.
        "max_drawdown": "0.00002",
        "inputs": {
            "initial": "50000", "day_start": "50000", "equity": "55000",
            "sum_risk": "0", "sum_consistency": "0", "max_drawdown": "0.00002",
        },
    });
    assert_eq!(board["rows"][0], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_read_by_pages_and_around_an_account() {
    let venue = venue(7).await;
    define(&venue, &cup("demo")).await;
    for account in 3..10 {
        enter(&venue, 1, account, None).await;
    }
    // Account 4 gains, account 9 loses, the others are equal and stand by their ids.
    post_order(venue.address, 4, &market(1, "buy", "1")).await;
    post_order(venue.address, 9, &market(1, "sell", "1")).await;
    venue.quote(60, 40_501);
    venue.settle().await;
    let whole = get_json(venue.address, "/v1/competitions/1/board").await;
    assert_eq!(accounts(&whole), ["4", "3", "5", "6", "7", "8", "9"]);

    let mut seen = Vec::new();
    let mut path = "/v1/competitions/1/board?rows=3".to_owned();
    for expected in [json!("rank:4"), json!("rank:7"), Value::Null] {
        let page = get_json(venue.address, &path).await;
        seen.extend(accounts(&page).into_iter().map(str::to_owned));
        assert_eq!(page["next"], expected);
        path = format!(
            "/v1/competitions/1/board?rows=3&cursor={}",
            page["next"].as_str().unwrap_or("")
        );
    }
    assert_eq!(seen, accounts(&whole));

    let around =
        |account: u32, rows: u32| format!("/v1/competitions/1/board?around={account}&rows={rows}");
    let near = get_json(venue.address, &around(6, 3)).await;
    assert_eq!(accounts(&near), ["5", "6", "7"]);
    let last = get_json(venue.address, &around(9, 3)).await;
    assert_eq!(accounts(&last), ["7", "8", "9"]);
    // Not ranked, in the first competition: alone.
    let alone = get_json(venue.address, "/v1/competitions/0/board?around=2").await;
    assert_eq!(accounts(&alone), ["2"]);
    // The unranked follow by account.
    let page = get_json(venue.address, "/v1/competitions/0/board?rows=2").await;
    assert_eq!(
        (accounts(&page), &page["next"]),
        (vec!["0", "1"], &json!("behind:1"))
    );
    let page = get_json(
        venue.address,
        "/v1/competitions/0/board?rows=2&cursor=behind:1",
    )
    .await;
    assert_eq!((accounts(&page), &page["next"]), (vec!["2"], &Value::Null));

    for (query, fault) in [
        ("rows=0", "rows | 0 | 1 to 100"),
        ("rows=101", "rows | 101 | 1 to 100"),
        (
            "cursor=rank:07",
            "cursor | rank:07 | the next of the page before",
        ),
        ("cursor=x", "cursor | x | the next of the page before"),
        (
            "around=1&cursor=rank:1",
            "cursor | rank:1 | none together with around",
        ),
        ("view=private", "view | private | public or review"),
        (
            "page=2",
            "page | 2 | view or around or rows or cursor, once",
        ),
    ] {
        let answer = get(venue.address, &format!("/v1/competitions/1/board?{query}")).await;
        assert_eq!(answer.problem(400, "bad_query"), [fault], "{query}");
    }
    let stranger = get(venue.address, &around(0, 3))
        .await
        .problem(404, "not_found");
    assert_eq!(
        stranger,
        ["around | 0 | an account that has entered this competition"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_paper_and_live_never_share_a_board() {
    let venue = venue(1).await;
    // All accounts of a server are of its kind, so there are no competitions of others.
    for kind in ["paper", "live"] {
        let answer = send(venue.address, "POST /v1/competitions", &cup(kind)).await;
        let fault = format!("kind | {kind} | demo");
        assert_eq!(answer.problem(422, "kind"), [fault]);
    }
    let made = define(&venue, &cup("demo")).await;
    let id: u32 = made["competition"].as_str().unwrap().parse().unwrap();
    assert_eq!(enter(&venue, id, 3, None).await.status, 201);
    // An account that is in one competition gets into no other.
    let twice = enter(&venue, id, 0, None).await;
    twice.problem(422, "already_entered");
    let list = get_json(venue.address, "/v1/competitions").await;
    let kinds: Vec<_> = list["competitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["kind"])
        .collect();
    assert_eq!(kinds, ["demo", "demo"]);
    for (id, expected) in [(0, vec!["0", "1", "2"]), (1, vec!["3"])] {
        let board = get_json(venue.address, &format!("/v1/competitions/{id}/board")).await;
        assert_eq!(accounts(&board), expected, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_disqualifies_reinstates_ends_and_finalises() {
    let venue = venue(2).await;
    let mut definition = cup("demo");
    definition["prizes"] = json!({"pool": "100", "unit": "1", "places": [
        {"first": 1, "amount": "70"}, {"first": 2, "amount": "30"},
    ]});
    define(&venue, &definition).await;
    for account in [3, 4] {
        enter(&venue, 1, account, None).await;
    }
    let end = json!({"change": "end"});
    let off = json!({"change": "disqualify", "account": "3", "reason": "copied_trades"});
    let back = json!({"change": "reinstate", "account": "3"});
    let finalise = json!({"change": "finalise"});

    change(&venue, 1, &finalise).await.problem(422, "state");
    let answer = change(&venue, 1, &off).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["events"][0]["type"], "disqualified");
    let twice = change(&venue, 1, &off).await;
    assert_eq!(twice.json()["detail"], "account 3 is disqualified already");
    let fault = "account | 3 | an account that is not disqualified";
    assert_eq!(twice.problem(422, "is_disqualified"), [fault]);
    let board = get_json(venue.address, "/v1/competitions/1/board").await;
    assert_eq!(accounts(&board), ["4", "3"]);
    let row = &board["rows"][1];
    assert_eq!(
        (&row["rank"], &row["disqualified"]["reason"]),
        (&Value::Null, &json!("copied_trades"))
    );
    assert_eq!(board["competition"]["disqualified"], 1);
    assert_eq!(change(&venue, 1, &back).await.status, 200);
    let twice = change(&venue, 1, &back).await;
    let fault = "account | 3 | an account that is disqualified";
    assert_eq!(twice.problem(422, "is_not_disqualified"), [fault]);
    let faults = change(&venue, 1, &json!({"change": "reinstate", "account": "0"})).await;
    let fault = "account | 0 | an account that has entered this competition";
    assert_eq!(faults.problem(422, "unknown_entrant"), [fault]);

    assert_eq!(change(&venue, 1, &end).await.status, 200);
    let late = enter(&venue, 1, 5, None).await;
    late.problem(404, "not_found");
    let answer = change(&venue, 1, &finalise).await.json();
    let types: Vec<_> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["type"])
        .collect();
    assert_eq!(
        types,
        ["competition_changed", "prize_awarded", "prize_awarded"]
    );
    let board = get_json(venue.address, "/v1/competitions/1/board").await;
    // Nobody traded, so only the account's id tells the two apart: they share 100.
    let prizes: Vec<_> = board["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["prize"])
        .collect();
    assert_eq!(prizes, ["50", "50"]);
    let whole = get_json(venue.address, "/v1/competitions/1").await;
    assert_eq!(
        (&whole["state"], &whole["prizes"]["unclaimed"]),
        (&json!("final"), &json!("0"))
    );

    let bad = change(&venue, 1, &json!({"change": "pause"})).await;
    let accepted = "\"end\" or \"disqualify\" or \"reinstate\" or \"finalise\"";
    assert_eq!(
        bad.problem(400, "bad_field"),
        [format!("change | pause | {accepted}")]
    );
    change(&venue, 7, &end).await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_board_stands_still_for_everybody_but_its_reviewers() {
    let venue = venue(2).await;
    let mut definition = cup("demo");
    // Frozen from a minute after noon to ten minutes after.
    definition["window"] = json!({"start": "2024-01-03T12:00:00Z", "end": "2024-01-03T12:10:00Z"});
    definition["freeze_s"] = 540.into();
    define(&venue, &definition).await;
    for account in [3, 4] {
        assert_eq!(enter(&venue, 1, account, None).await.status, 201);
    }
    post_order(venue.address, 4, &market(1, "buy", "1")).await;
    venue.quote(30, 41_001);
    venue.quote(60, 42_001);
    venue.quote(61, 30_001);
    venue.settle().await;
    let public = get_json(venue.address, "/v1/competitions/1/board").await;
    assert_eq!(public["competition"]["frozen"], true);
    assert_eq!(public["competition"]["freeze_at"], "2024-01-03T12:01:00Z");
    assert_eq!(accounts(&public), ["4", "3"]);
    // 41,001 - 40,001 on 50,000: what was so when it froze, before the quote of that moment.
    assert_eq!(public["rows"][0]["return_pct"], "2.00");
    let review = get_json(venue.address, "/v1/competitions/1/board?view=review").await;
    assert_eq!(
        accounts(&review),
        ["3"].iter().chain(&["4"]).copied().collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_have_a_board_of_their_own() {
    let venue = venue(3).await;
    let mut definition = cup("demo");
    definition["teams"] = json!({"count": 2, "members_min": 2});
    define(&venue, &definition).await;
    let faults = enter(&venue, 1, 3, None).await.problem(422, "needs_team");
    assert_eq!(faults, ["team | - | a team"]);
    for (account, team) in [(3, "5"), (4, "5"), (5, "9")] {
        let entered = enter(&venue, 1, account, Some(team)).await;
        assert_eq!(
            (entered.status, &entered.json()["team"]),
            (201, &json!(team))
        );
    }
    let teams = get_json(venue.address, "/v1/competitions/1/teams").await;
    let expected = json!([
        {"rank": 1, "team": "5", "score": "50", "eligible": 2, "counted": 2, "best": "3"},
        {"rank": null, "team": "9", "score": "50", "eligible": 1, "counted": 1, "best": "5"},
    ]);
    assert_eq!(teams["rows"], expected);
    let page = get_json(venue.address, "/v1/competitions/1/teams?rows=1").await;
    assert_eq!(page["next"], "1");
    let page = get_json(venue.address, "/v1/competitions/1/teams?rows=1&cursor=1").await;
    assert_eq!(
        (&page["rows"][0]["team"], &page["next"]),
        (&json!("9"), &Value::Null)
    );
    get(venue.address, "/v1/competitions/0/teams")
        .await
        .problem(404, "not_found");
    let board = get_json(venue.address, "/v1/competitions/1/board").await;
    assert_eq!(board["rows"][2]["team"], "9");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_is_not_accepted_says_where() {
    let venue = Venue::open().await;
    let mut definition = cup("demo");
    definition["freeze_s"] = 60.into();
    let answer = send(venue.address, "POST /v1/competitions", &definition).await;
    let fault = "freeze_s | 60 | at most the length of the window, and 0 without one";
    assert_eq!(answer.problem(400, "bad_field"), [fault]);
    definition["freeze_s"] = Value::Null;
    definition["prizes"] = json!({"pool": "1", "unit": "1", "places": [
        {"first": 1, "share_pct": "50"}, {"first": 1, "share_pct": "50"},
    ]});
    let answer = send(venue.address, "POST /v1/competitions", &definition).await;
    let fault = "prizes.places[1].first | 1 | the place after the range before, and 1 at the start";
    assert_eq!(answer.problem(400, "bad_field"), [fault]);
}

/// The signals of a competition, one text for each.
async fn signals(venue: &Venue, competition: u32) -> Vec<String> {
    venue.settle().await;
    let path = format!("/v1/competitions/{competition}/signals");
    let report = get_json(venue.address, &path).await;
    assert_eq!(report["rules"]["count_min"], 5);
    assert_eq!(
        (&report["left_out"], &report["missed"]["pairs"]),
        (&json!(0), &json!(0))
    );
    let signals = report["signals"].as_array().unwrap().iter();
    signals
        .map(|signal| {
            let text = |field: &str| signal[field].as_str().unwrap_or("-").to_owned();
            let counts = format!("{} of {}", signal["count"], signal["of"]);
            [
                text("kind"),
                text("account"),
                text("other"),
                counts,
                text("share_pct"),
            ]
            .join(" ")
        })
        .collect()
}

/// Ten times one account offers a tenth in a book and another takes it, the sides in turn.
async fn trade_in_turn(venue: &Venue, book: u32, maker: u32, taker: u32) {
    for id in 1..=10 {
        let sides = if id % 2 == 1 {
            ["sell", "buy"]
        } else {
            ["buy", "sell"]
        };
        for (account, side) in [maker, taker].into_iter().zip(sides) {
            let mut order = limit(id, side, "0.1", "100");
            order["instrument"] = book.to_string().into();
            let answer = post_order(venue.address, account, &order).await;
            assert_eq!(answer.status, 201, "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opposite_positions_and_copies_are_signals() {
    let venue = venue(2).await;
    define(&venue, &cup("demo")).await;
    let book = venue.list_crossed().await;
    for account in [3, 4] {
        enter(&venue, 1, account, None).await;
    }
    trade_in_turn(&venue, book, 3, 4).await;
    // Each opens five positions, opposite to the other's. All at one time: each fill but the first of
    // either comes after one of the other on the same side. The two have neither an owner nor a team in
    // common, and a book has no old quotes.
    let expected = [
        "opposite_positions 3 4 5 of 5 100.00",
        "copied_trades 3 4 9 of 10 90.00",
        "copied_trades 4 3 9 of 10 90.00",
    ];
    assert_eq!(signals(&venue, 1).await, expected);
    assert_eq!(signals(&venue, 0).await, [""; 0]);
    get(venue.address, "/v1/competitions/9/signals")
        .await
        .problem(404, "not_found");

    // What happens after the end is nobody's business.
    change(&venue, 1, &json!({"change": "end"})).await;
    post_order(venue.address, 3, &market(99, "buy", "0.1")).await;
    assert_eq!(signals(&venue, 1).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn matches_within_a_team_and_old_quotes_are_signals() {
    let venue = venue(2).await;
    let mut definition = cup("demo");
    definition["teams"] = json!({"count": 1, "members_min": 1});
    define(&venue, &definition).await;
    let book = venue.list_crossed().await;
    for account in [3, 4] {
        enter(&venue, 1, account, Some("1")).await;
    }
    // Two fills at a fresh quote, then five at one that is two seconds old.
    post_order(venue.address, 3, &market(101, "buy", "0.1")).await;
    post_order(venue.address, 3, &market(102, "buy", "0.1")).await;
    venue.pass(2);
    venue.settle().await;
    for id in 103..108 {
        post_order(venue.address, 3, &market(id, "buy", "0.1")).await;
    }
    let expected = ["stale_quotes 3 - 5 of 7 71.43"];
    assert_eq!(signals(&venue, 1).await, expected);
    trade_in_turn(&venue, book, 3, 4).await;
    // Ten matches of the ten fills that the one with fewer has; five old quotes of 17 fills; copies of
    // the first instrument are none, since nobody else traded it.
    let expected = [
        "self_matches 3 4 10 of 10 100.00",
        "opposite_positions 3 4 5 of 5 100.00",
        "copied_trades 4 3 9 of 10 90.00",
        "copied_trades 3 4 9 of 17 52.94",
        "stale_quotes 3 - 5 of 17 29.41",
    ];
    assert_eq!(signals(&venue, 1).await, expected);
}
