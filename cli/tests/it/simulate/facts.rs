//! Figures of our own scenarios that were worked out by hand; the notes in the scenarios have the
//! arithmetic.

use super::output::{Output, text};

#[test]
fn static_floor() {
    let out = Output::of("static_floor");
    let breach = ["equity", "floor"];
    assert_eq!(out.pick("breach", "touch", &breach), ["90000 90000"]);
    assert_eq!(out.pick("breach", "below", &breach), ["89900 90000"]);
    let fill = ["price", "qty", "liquidation"];
    assert_eq!(
        out.pick("fill", "below", &fill),
        ["10000 100 false", "9899 100 true"]
    );
    assert_eq!(
        out.pick("order_cancelled", "below", &["reason"]),
        ["account_locked"]
    );
    assert_eq!(
        out.pick("order_denied", "below", &["reason"]),
        ["account_not_trading"]
    );
}

#[test]
fn a_breach_carries_what_proves_it() {
    let out = Output::of("static_floor");
    let breach = out.events("breach", "below").next().unwrap();
    let held = &breach["positions"][0];
    let number = |value: &serde_json::Value| text(value).parse::<i64>().unwrap();
    let value = number(&held["qty"]) * number(&held["bid"]);
    assert_eq!(value - number(&held["cost"]), number(&held["pnl"]));
    let equity = number(&breach["balance"]) + number(&held["pnl"]);
    assert_eq!(equity, number(&breach["equity"]));
    let floor = number(&breach["baseline"]) - number(&breach["allowance"]);
    assert_eq!(floor, number(&breach["floor"]));
    assert!(equity < floor);
    assert_eq!(breach["plan"], "below");
    assert_eq!(text(&breach["plan_hash"]).len(), 64);
}

#[test]
fn trailing_floors() {
    let out = Output::of("eod_trail_lock");
    assert_eq!(
        out.floors_at_rolls("a", "max_loss"),
        ["48000", "49500", "49500", "50000", "50000"]
    );
    let breach = ["equity", "floor"];
    assert_eq!(out.pick("breach", "a", &breach), ["50000 50000"]);

    let out = Output::of("live_trail");
    let floors = |out: &Output| out.pick("floor_moved", "a", &["floor"]);
    // A live peak is told of with what is said next; the one at 49,500 is not by then.
    assert_eq!(floors(&out), ["47500", "50100"]);
    assert_eq!(out.pick("breach", "a", &breach), ["50100 50100"]);

    let out = Output::of("closed_balance_trail");
    assert_eq!(floors(&out), ["94000", "95500", "96000"]);

    let out = Output::of("freeze");
    assert_eq!(floors(&out), ["95000", "107000"]);
    assert_eq!(out.pick("breach", "a", &breach), ["106900 107000"]);
}

#[test]
fn losses_of_a_day() {
    let breach = ["ts", "equity", "floor"];
    let out = Output::of("carried_loss");
    assert_eq!(
        out.pick("breach", "balance", &breach),
        ["2024-03-05T22:00:00Z 49000 50000"]
    );
    assert_eq!(out.account("equity")["state"], "evaluation");
    assert_eq!(out.limit("equity", "daily_loss", "floor"), "47000");
    // 50 lots from 10,000 reach the floor of 47,000 with -5,000: 100 points down.
    let prices = &out.account("equity")["limits"][0]["breach_prices"];
    assert_eq!(prices[0]["side"], "bid");
    assert_eq!(prices[0]["price"], "9900");

    let out = Output::of("lock_for_day");
    assert_eq!(
        out.pick(
            "breach",
            "a",
            &["rule", "effect", "primary", "equity", "floor"]
        ),
        [
            "daily_loss lock_for_day true 49000 49000",
            "daily_loss lock_for_day true 46900 48000",
            "max_loss fail true 45900 46000",
            "daily_loss lock_for_day false 45900 45900",
        ]
    );
    assert_eq!(out.pick("order_denied", "a", &["reason"]), ["day_locked"]);
    assert_eq!(
        out.pick("order_cancelled", "a", &["reason"]),
        ["account_locked"]
    );
    assert_eq!(out.events("day_locked", "a").count(), 2);
    assert_eq!(out.events("day_unlocked", "a").count(), 2);
    assert_eq!(out.pick("state_changed", "a", &["to"]), ["failed"]);

    let out = Output::of("intraday_peak");
    assert_eq!(
        out.pick("floor_moved", "a", &["floor"]),
        ["49000", "51450", "50568"]
    );
    assert_eq!(
        out.pick("breach", "a", &["equity", "floor"]),
        ["50560 50568"]
    );
}

#[test]
fn consistency() {
    let out = Output::of("consistency");
    let row = |account: &str| {
        let fields = ["share_pct", "met", "total_needed", "next_day_max"];
        let values = fields.map(|field| out.objective(account, "consistency", field));
        values.join(" ")
    };
    assert_eq!(row("inclusive"), "62.50 true 4000 6666.666666");
    assert_eq!(row("strict"), "62.50 false 4000.000001 6666.666666");
    assert_eq!(row("positive"), "55.56 false 5000 4500");
    // As much again as the 4,000 so far: half of the 8,000 that would then have been made.
    assert_eq!(row("target"), "50.00 true 5000 4000");
    assert_eq!(row("target_strict"), "50.00 false 5000.000001 3999.999999");
    assert_eq!(out.objective("losing", "consistency", "share_pct"), "null");
    assert_eq!(out.objective("losing", "consistency", "met"), "false");
}

#[test]
fn payouts_and_scaling() {
    let out = Output::of("payout");
    assert_eq!(
        out.pick("payout_denied", "falls", &["requested", "reason"]),
        [
            "0 amount_not_positive",
            "2500 not_flat",
            "2501 above_eligible"
        ]
    );
    for account in ["falls", "stays", "initial"] {
        assert_eq!(
            out.pick(
                "payout_approved",
                account,
                &["amount", "trader", "firm", "balance"]
            ),
            ["2500 2000 500 107500"]
        );
    }
    let after = |account: &str| {
        let floor = out.limit(account, "max_loss", "floor");
        format!(
            "{floor} {}",
            text(&out.account(account)["payout"]["payable"])
        )
    };
    // Half of 7,500 is 3,750, the cap 2,500; 1,000 above the floor leaves 4,000, 1,500 and 6,500.
    assert_eq!(after("falls"), "102500 2500");
    assert_eq!(after("stays"), "105000 1500");
    assert_eq!(after("initial"), "100000 2500");
    assert_eq!(
        out.pick("payout_denied", "evaluation", &["reason"]),
        ["not_eligible_state"]
    );

    let out = Output::of("scaling");
    assert_eq!(
        out.pick("adjusted", "a", &["size", "balance"]),
        ["150000 150000", "200000 200000"]
    );
    assert_eq!(
        out.pick("floor_moved", "a", &["rule", "floor"]),
        [
            "daily_loss 95000",
            "max_loss 90000",
            "daily_loss 142500",
            "max_loss 135000",
            "daily_loss 190000",
            "max_loss 180000",
        ]
    );
    assert_eq!(out.pick("adjust_denied", "a", &["reason"]), ["not_in_plan"]);
}

#[test]
fn fills_and_fees() {
    let out = Output::of("short_flip_fees");
    assert_eq!(
        out.pick("fill", "a", &["fee", "realised", "balance", "position"]),
        [
            "7 0 99993 -10",
            "17.495 100 100075.505 15",
            "10.5015 225 100290.0035 0",
            "7.001 0 100283.0025 -10",
        ]
    );
    let account = out.account("a");
    assert_eq!(account["equity"], "100133.0025");
    assert_eq!(account["fees"], "41.9975");
    assert_eq!(account["positions"][0]["mark"], "10020");

    let out = Output::of("stop_gap");
    assert_eq!(
        out.pick("fill", "a", &["side", "price", "realised"]),
        [
            "buy 10000 0",
            "sell 9900 -1000",
            "buy 9981 0",
            "sell 9979 -20"
        ]
    );
    assert_eq!(
        out.pick("order_triggered", "a", &["price"]),
        ["9900", "9981", "9979"]
    );
}

#[test]
fn passing() {
    let out = Output::of("pass");
    assert_eq!(
        out.pick("target_reached", "steady", &["balance", "target"]),
        ["53000 53000"]
    );
    assert_eq!(
        out.pick("state_changed", "steady", &["from", "to", "reason"]),
        ["evaluation passed objectives_met"]
    );
    assert_eq!(out.objective("steady", "consistency", "share_pct"), "49.98");
    assert_eq!(out.objective("steady", "min_days", "counted"), "3");
    assert_eq!(
        out.pick("order_denied", "steady", &["reason"]),
        ["account_not_trading"]
    );
    assert_eq!(out.account("hasty")["state"], "evaluation");
    assert_eq!(out.objective("hasty", "profit_target", "met"), "true");
    assert_eq!(out.objective("hasty", "consistency", "met"), "false");
}

#[test]
fn the_score_is_what_its_definition_gives() {
    let out = Output::of("competition");
    let rows: Vec<_> = out
        .board()
        .iter()
        .map(|row| {
            let score: f64 = text(&row["score"]).parse().unwrap();
            format!(
                "{} {} {score:.2}",
                text(&row["rank"]),
                text(&row["account"])
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "1 up 80.24",
            "2 once 69.89",
            "3 down 24.75",
            "null idle 55.00"
        ]
    );
    for row in out.board() {
        // Points have nine decimals: exactly the sum of what is shown.
        let points = |field: &str| text(&row[field]).parse::<types::Price>().unwrap().0;
        let parts = ["profit", "risk", "consistency", "drawdown"].map(points);
        assert_eq!(parts.iter().sum::<i64>(), points("score"));
    }
    assert_eq!(out.board()[3]["reason"], "needs 1 active day, has 0");
}

#[test]
fn bad_markets_fill_nothing() {
    let out = Output::of("bad_market");
    assert_eq!(
        out.pick("order_denied", "a", &["client_order_id", "reason"]),
        [
            "too_early no_quote",
            "other_currency no_conversion",
            "crossed bad_quote",
            "halted instrument_not_open",
            "closed instrument_not_open",
            "part_of_a_lot qty_off_lot",
            "nothing qty_not_positive",
            "too_much qty_too_large",
            "off_tick price_off_tick",
        ]
    );
    assert_eq!(
        out.pick_general("input_rejected", "reason"),
        ["bad_quote", "off_grid", "off_grid"]
    );
    assert_eq!(
        out.pick("fill", "a", &["client_order_id", "price"]),
        ["entry 10000", "stop 9900"]
    );
    assert_eq!(
        out.pick_general("status_changed", "status"),
        ["halted", "open", "closed"]
    );
}

#[test]
fn orders_live_as_they_were_asked_to() {
    let out = Output::of("orders");
    assert_eq!(
        out.pick("order_denied", "a", &["client_order_id", "reason"]),
        ["low duplicate_client_order"]
    );
    assert_eq!(
        out.pick("order_amended", "a", &["order_id", "qty", "price"]),
        ["1 3 9999"]
    );
    assert_eq!(
        out.pick("order_cancelled", "a", &["order_id", "reason"]),
        ["2 not_marketable", "5 requested", "4 day_over"]
    );
    assert_eq!(
        out.pick("change_denied", "a", &["order_id", "reason"]),
        ["5 unknown_order", "99 unknown_order"]
    );
    // The bar's low comes a quarter of a minute after its start.
    assert_eq!(
        out.pick("fill", "a", &["ts", "client_order_id", "price"]),
        [
            "2024-03-04T00:00:00Z better_price 10002",
            "2024-03-04T12:00:15Z low 9999",
        ]
    );
    assert_eq!(out.account("a")["equity"], "100013");
}

/// Fields of an account's conduct at the end.
fn conduct(out: &Output, account: &str, path: &str) -> String {
    text(
        out.account(account)
            .pointer(&format!("/conduct{path}"))
            .unwrap(),
    )
}

#[test]
fn windows_open_and_close_at_their_moments() {
    let out = Output::of("force_flat");
    let at = |kind: &str| out.pick_general(kind, "ts");
    assert_eq!(at("window_opened"), ["2024-03-08T21:10:00Z"]);
    assert_eq!(at("window_closed"), ["2024-03-10T22:00:00Z"]);
    // The second announcement of the same interval says nothing.
    assert_eq!(at("window_announced").len(), 1);
    assert_eq!(conduct(&out, "a", "/windows"), "[]");
}

#[test]
fn profit_in_a_window_does_not_count_for_the_target() {
    let out = Output::of("news_window");
    assert_eq!(
        out.pick("target_reached", "a", &["ts", "balance", "target"]),
        ["2024-03-08T14:00:00Z 1150 1100"]
    );
    assert_eq!(out.objective("a", "profit_target", "current"), "1100");
    assert_eq!(conduct(&out, "a", "/excluded"), "50");
    assert_eq!(conduct(&out, "b", "/excluded"), "0");
}

#[test]
fn sizes_are_those_of_the_day() {
    let out = Output::of("size_tiers");
    // 1 mini and 5 micros.
    let size = ["/size/profit_from", "/size/max", "/size/worst"];
    assert_eq!(size.map(|path| conduct(&out, "a", path)), ["0", "2", "1.5"]);
}

#[test]
fn a_suspended_account_is_rolled_when_it_is_back() {
    let out = Output::of("suspension");
    assert_eq!(
        out.pick("day_closed", "a", &["ts", "day", "pnl"]),
        ["2024-03-05T10:00:00Z 2024-03-04 -50"]
    );
    assert_eq!(
        out.pick("day_closed", "b", &["ts", "day", "pnl"]),
        ["2024-03-05T00:00:00Z 2024-03-04 -50"]
    );
    assert_eq!(out.limit("a", "daily_loss", "floor"), "850");
    assert_eq!(
        out.pick("state_changed", "a", &["to", "reason"]),
        ["suspended review", "funded resumed"]
    );
    assert_eq!(text(&out.account("a")["suspension"]), "null");
    assert_eq!(text(&out.account("c")["state"]), "closed");
}

#[test]
fn counts_and_idle_days_are_shown() {
    let out = Output::of("day_counts");
    assert_eq!(conduct(&out, "o", "/orders"), r#"{"max":4,"today":1}"#);
    assert_eq!(conduct(&out, "t", "/trades"), r#"{"max":2,"today":1}"#);
    let out = Output::of("inactivity");
    assert_eq!(
        out.pick("state_changed", "fails", &["ts", "to", "reason"]),
        ["2024-03-07T00:00:00Z failed inactivity"]
    );
    // Traded on the 6th: the 7th and the 8th went by when the 9th opened.
    assert_eq!(
        out.pick("state_changed", "trades", &["ts", "to", "reason"]),
        ["2024-03-09T00:00:00Z closed inactivity"]
    );
    // Counted from its return on the 7th.
    assert_eq!(conduct(&out, "rests", "/last_active"), "2024-03-07");
    assert_eq!(conduct(&out, "rests", "/inactivity/deadline"), "2024-03-10");
    assert_eq!(
        text(&out.account("rests")["suspension"]["reason"]),
        "inactivity"
    );
}

#[test]
fn a_line_of_accounts_counts_its_resets_and_retries() {
    let out = Output::of("reset");
    let lineage = |account: &str| {
        let fields = ["parent", "origin", "resets", "retries", "followed"];
        let account = out.account(account);
        fields.map(|field| text(&account[field])).join(" ")
    };
    assert_eq!(lineage("a"), "null null 0 0 true");
    assert_eq!(lineage("b"), "a retry 0 1 true");
    assert_eq!(lineage("c"), "b reset 1 1 false");
    assert_eq!(
        out.pick("state_changed", "b", &["to", "reason"]),
        ["closed reset"]
    );
    let phases = Output::of("phases");
    let next = phases.account("b");
    assert_eq!(
        (text(&next["parent"]), text(&next["origin"])),
        ("a".to_owned(), "next_phase".to_owned())
    );
    assert_eq!(
        (text(&next["resets"]), text(&next["retries"])),
        ("0".to_owned(), "0".to_owned())
    );
}
