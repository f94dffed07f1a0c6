//! The published worked examples at their exact boundaries, one millionth on either side, and days over
//! a change of clocks; the notes of each scenario have the arithmetic.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::output::{Output, text};

struct Floor {
    scenario: &'static str,
    rule: &'static str,
    /// The floor, a millionth below it, and a millionth above.
    levels: [&'static str; 3],
}

const fn floor(scenario: &'static str, rule: &'static str, levels: [&'static str; 3]) -> Floor {
    Floor {
        scenario,
        rule,
        levels,
    }
}

const FLOORS: &[Floor] = &[
    floor(
        "case_w01",
        "max_loss",
        ["94000", "93999.999999", "94000.000001"],
    ),
    floor(
        "case_w02",
        "max_loss",
        ["90000", "89999.999999", "90000.000001"],
    ),
    floor(
        "case_w03",
        "max_loss",
        ["50000", "49999.999999", "50000.000001"],
    ),
    floor(
        "case_w05",
        "max_loss",
        ["100100", "100099.999999", "100100.000001"],
    ),
    floor(
        "case_w08",
        "max_loss",
        ["48110", "48109.999999", "48110.000001"],
    ),
    floor(
        "case_w10",
        "max_loss",
        ["100000", "99999.999999", "100000.000001"],
    ),
    floor(
        "case_w12",
        "max_loss",
        ["110000", "109999.999999", "110000.000001"],
    ),
    floor(
        "case_w13",
        "daily_loss",
        ["194000", "193999.999999", "194000.000001"],
    ),
    floor(
        "case_w15",
        "daily_loss",
        ["97000", "96999.999999", "97000.000001"],
    ),
    floor(
        "case_w15_loss",
        "daily_loss",
        ["95000", "94999.999999", "95000.000001"],
    ),
    floor(
        "case_w18",
        "daily_loss",
        ["100800", "100799.999999", "100800.000001"],
    ),
    floor(
        "case_w20",
        "daily_loss",
        ["10185", "10184.999999", "10185.000001"],
    ),
    floor(
        "case_w32",
        "max_loss",
        ["720000", "719999.999999", "720000.000001"],
    ),
];

#[test]
fn a_floor_has_two_sides() {
    for case in FLOORS {
        let out = Output::of(case.scenario);
        let [at, below, above] = case.levels;
        let breaches = |account: &str| out.pick("breach", account, &["rule", "equity", "floor"]);
        let rule = case.rule;
        let name = case.scenario;
        assert_eq!(breaches("strict_at"), Vec::<String>::new(), "{name}");
        assert_eq!(breaches("touch_above"), Vec::<String>::new(), "{name}");
        assert_eq!(breaches("strict_below"), [format!("{rule} {below} {at}")]);
        assert_eq!(breaches("touch_at"), [format!("{rule} {at} {at}")]);
        // Those that go on are where the note says.
        let equity = |account: &str| text(&out.account(account)["equity"]);
        assert_eq!(
            (equity("strict_at"), equity("touch_above")),
            (at.to_owned(), above.to_owned())
        );
        assert_eq!(out.limit("strict_at", rule, "distance"), "0", "{name}");
        assert_eq!(
            out.limit("touch_above", rule, "distance"),
            "0.000001",
            "{name}"
        );
    }
}

#[test]
fn a_floor_freezes_at_its_value_and_not_a_millionth_before() {
    let out = Output::of("case_w12");
    let floors = |account: &str| out.floors_at_rolls(account, "max_loss");
    assert_eq!(
        floors("strict_at"),
        ["95000", "95000", "98000", "110000", "110000"]
    );
    assert_eq!(
        floors("strict_short"),
        ["95000", "95000", "98000", "109999.999999", "145000"]
    );
}

#[test]
fn a_fifth_step_would_be_larger_than_the_largest_size() {
    let out = Output::of("case_w32");
    let sizes = out.pick("adjusted", "strict_at", &["kind", "size"]);
    assert_eq!(
        sizes,
        [
            "scale 500000",
            "scale 600000",
            "scale 700000",
            "scale 800000",
            "pnl 800000"
        ]
    );
    assert_eq!(
        out.pick("adjust_denied", "strict_at", &["kind", "reason"]),
        ["scale not_in_plan"]
    );
}

#[test]
fn a_cap_has_two_sides() {
    // What the best day is compared with at the cap, a millionth below, and a millionth above.
    for (scenario, at, below, above) in [
        ("case_w21", "1500", "1499.999999", "1500.000001"),
        ("case_w23", "10000", "9999.999999", "10000.000001"),
        ("case_w24", "4000", "3999.999999", "4000.000001"),
        ("case_w26", "5000", "4999.999999", "5000.000001"),
    ] {
        let out = Output::of(scenario);
        let standing = |account: &str| {
            let fields = ["denominator", "met", "total_needed"];
            fields
                .map(|field| out.objective(account, "consistency", field))
                .join(" ")
        };
        assert_eq!(standing("inclusive_at"), format!("{at} true {at}"));
        assert_eq!(standing("inclusive_below"), format!("{below} false {at}"));
        assert_eq!(standing("strict_at"), format!("{at} false {above}"));
        assert_eq!(standing("strict_above"), format!("{above} true {above}"));
    }
}

#[test]
fn a_next_day_has_a_most() {
    let out = Output::of("case_w27");
    let met = |account: &str| out.objective(account, "consistency", "met");
    assert_eq!(
        (met("most").as_str(), met("more").as_str()),
        ("true", "false")
    );
}

#[test]
fn two_denominators_have_two_sides_each() {
    let out = Output::of("case_w34");
    let standing = |account: &str| {
        let fields = ["denominator", "met"];
        fields
            .map(|field| out.objective(account, "consistency", field))
            .join(" ")
    };
    assert_eq!(standing("net_at"), "3000 true");
    assert_eq!(standing("net_below"), "2999.999999 false");
    assert_eq!(standing("positive_below"), "3500 true");
    assert_eq!(standing("positive_at"), "3000 true");
    assert_eq!(standing("positive_short"), "2999.999999 false");
}

#[test]
fn a_payout_has_a_most() {
    let out = Output::of("case_w29");
    let denied = ["requested", "eligible", "reason"];
    assert_eq!(
        out.pick("payout_denied", "a", &denied),
        ["700.000001 700 above_eligible", "0 0 amount_not_positive"]
    );
    assert_eq!(out.pick("payout_approved", "a", &["amount"]), ["700"]);
    assert_eq!(
        out.pick("payout_denied", "holding", &denied),
        ["700 700 not_flat"]
    );
}

/// The instant at which a day opens, by the time zone database: at midnight of its own date, or at an
/// hour of the date before.
fn opening(day: &str, zone: &str, time: &str) -> String {
    let day: Date = day.parse().unwrap();
    let hour: i8 = time[..2].parse().unwrap();
    let date = if hour == 0 { day } else { day - 1.day() };
    let opened = date.at(hour, 0, 0, 0).in_tz(zone).unwrap();
    opened.timestamp().to_string()
}

#[test]
fn days_over_a_change_of_clocks() {
    let out = Output::of("case_clock_changes");
    let rolls: Vec<&Value> = out
        .all()
        .filter(|event| event["type"] == "day_rolled")
        .collect();
    assert_eq!(rolls.len(), 14);
    for roll in rolls {
        let [day, zone, time] = ["day", "zone", "time"].map(|field| text(&roll[field]));
        assert_eq!(text(&roll["ts"]), opening(&day, &zone, &time), "{roll}");
    }
    let days = |account: &str| out.pick("day_closed", account, &["day", "pnl"]);
    let some = |account: &str| {
        let mut days = days(account);
        days.retain(|day| !day.ends_with(" 0"));
        days
    };
    // The day of 23 hours, and the one of 25.
    assert_eq!(
        some("ny"),
        [
            "2024-03-09 -600",
            "2024-03-10 -500",
            "2024-03-11 -700",
            "2024-11-03 -1000",
            "2024-11-04 -400",
        ]
    );
    assert_eq!(
        some("prague"),
        [
            "2024-03-30 -600",
            "2024-03-31 -500",
            "2024-04-01 -999",
            "2024-10-27 -400",
            "2024-10-28 -600",
        ]
    );
    // 98,200 - 1,000: at the floor, where a touch is a breach.
    let breach = ["ts", "equity", "floor"];
    assert_eq!(
        out.pick("breach", "ny", &breach),
        ["2024-11-03T21:59:59.999999999Z 97200 97200"]
    );
    assert_eq!(out.pick("breach", "prague", &breach), Vec::<String>::new());
    assert_eq!(
        out.pick("day_unlocked", "ny", &["ts"]),
        ["2024-11-03T22:00:00Z"]
    );
}

#[test]
fn limits_are_explained() {
    let out = Output::of("explain");
    let account = out.account("a");
    let limit = |place: usize| &account["limits"][place];
    // 10,000 of allowance, 1,000 left; 100 lots lose 1,000 in 10 ticks, and the 11th is below.
    let opened = serde_json::json!({"seq": "3", "ts": "2024-03-04T00:00:00Z", "cause": "opened"});
    let line = |room: &str| {
        serde_json::json!({
            "room": room,
            "terms": [{
                "instrument": "idx", "symbol": "IDX", "leg": "net", "mark": "9870", "per_tick": "100",
            }],
        })
    };
    for (place, distance, used, price) in
        [(0, "1000", "90.00", "9859"), (1, "11000", "45.00", "9760")]
    {
        let limit = limit(place);
        assert_eq!(limit["distance"], distance);
        assert_eq!(limit["used_pct"], used);
        assert_eq!(limit["breach_prices"][0]["price"], price);
        assert_eq!(limit["moved"], opened);
        assert_eq!(limit["line"], line(distance));
    }
    let roll = serde_json::json!({
        "day": "2024-03-05",
        "limits": [
            {
                "rule": "daily_loss", "baseline": "204000", "allowance": "10000", "floor": "194000",
                "distance": "-3000", "breaches": true, "breach_by": "3000",
            },
            {
                "rule": "max_loss", "baseline": "200000", "allowance": "20000", "floor": "180000",
                "distance": "11000", "breaches": false, "breach_by": null,
            },
        ],
        "size_max": null,
        "inactive_days": null,
    });
    assert_eq!(account["next_roll"], roll);
}

#[test]
fn what_an_order_would_do() {
    let out = Output::of("explain");
    let answers: Vec<String> = out
        .events("what_if", "a")
        .map(|answer| {
            let figures = ["price", "rests", "realised", "position", "equity"];
            let prices = [0, 1]
                .map(|place: usize| text(&answer["limits"][place]["breach_prices"][0]["price"]));
            let denied = text(&answer["denied"]["reason"]);
            let figures = figures.map(|field| text(&answer[field])).join(" ");
            format!("{denied}: {figures}, {}", prices.join(" "))
        })
        .collect();
    assert_eq!(
        answers,
        [
            "null: 9870 false -13000 0 191000, null null",
            // 150 lots lose 1,000 in 6.67 ticks and 11,000 in 73.33.
            "null: 9870 false 0 150 191000, 9863 9796",
            // 100 closed at 9,880 lose 12,000; 50 are short from there, where the market then is.
            "null: 9880 true -12000 -50 192000, 9921 10120",
            "qty_too_large: 9870 false 0 100101 191000, 9869 9869",
            "qty_off_lot: null null null null null, null null",
        ]
    );
}
