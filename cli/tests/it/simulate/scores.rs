//! Scores computed anew from nothing but what a board shows, in the steps of `docs/competitions.md`.

use serde_json::Value;

use super::output::{Output, text};

/// One, where fractions are integers of 1e-18.
const ONE: i128 = 10_i128.pow(18);

/// A decimal text as an integer of so many decimals.
fn fixed(value: &Value, decimals: usize) -> i128 {
    let text = text(value);
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text.as_str()), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= decimals, "{text}");
    sign * format!("{whole}{fraction:0<decimals$}")
        .parse::<i128>()
        .unwrap()
}

/// `n / d` as an integer of 1e-18, rounded down. Of an `n` with more than 67 bits both lose what it has
/// more, rounded down.
fn share(n: i128, d: i128) -> i128 {
    let mut halvings = 0;
    while n.unsigned_abs() >> halvings >= 1 << 67 {
        halvings += 1;
    }
    let (n, d) = (n >> halvings, d >> halvings);
    (n * ONE).div_euclid(d)
}

/// Change and base of the return from one equity to another.
fn change(from: i128, to: i128) -> (i128, i128) {
    if from > 0 { (to - from, from) } else { (-1, 1) }
}

/// `u(d)` of a day.
fn u(from: i128, to: i128) -> i128 {
    let (change, base) = change(from, to);
    share(change, base + 50 * change.max(0))
}

/// `g(d, 1 / part)` of a day.
fn g(from: i128, to: i128, part: i128) -> i128 {
    let (change, base) = change(from, to);
    share(part * change, (part * change).abs() + base)
}

/// The four weighted components in 1e-9 of a point: profit, risk, consistency, drawdown.
fn components(row: &Value, competition: &Value) -> [i128; 4] {
    let inputs = &row["inputs"];
    let equity = |field: &str| fixed(&inputs[field], 17);
    let (initial, day_start, now) = (equity("initial"), equity("day_start"), equity("equity"));
    let sum_risk = fixed(&inputs["sum_risk"], 18) + u(day_start, now);
    let sum_consistency = fixed(&inputs["sum_consistency"], 18) + g(day_start, now, 200);
    let days: i128 = row["days"].as_u64().unwrap().into();
    let fall = fixed(&inputs["max_drawdown"], 18);
    let limit = fixed(&competition["loss_limit_pct"], 7);

    let of_one = [
        (50, ONE + g(initial, now, 10)),
        (50, ONE + share(sum_risk, sum_risk.abs() + ONE / 25)),
        (50, ONE + sum_consistency.div_euclid(days)),
        (100, (ONE - (fall * 1_000_000_000).div_euclid(limit)).max(0)),
    ];
    let names = ["profit", "risk", "consistency", "drawdown"];
    std::array::from_fn(|place| {
        let (points, share) = of_one[place];
        let weight = fixed(&competition["weights"][names[place]], 7);
        (share * points * weight).div_euclid(ONE)
    })
}

/// Asserts that a row is what its inputs make.
fn check(row: &Value, competition: &Value) {
    let found = components(row, competition);
    let shown = ["profit", "risk", "consistency", "drawdown"].map(|name| fixed(&row[name], 9));
    assert_eq!(found, shown, "{row}");
    assert_eq!(found.iter().sum::<i128>(), fixed(&row["score"], 9), "{row}");
    let inputs = &row["inputs"];
    let fall = fixed(&inputs["max_drawdown"], 18);
    assert_eq!(
        fall.div_euclid(1_000_000_000),
        fixed(&row["max_drawdown"], 9)
    );
    let (change, base) = change(fixed(&inputs["initial"], 17), fixed(&inputs["equity"], 17));
    let total_return = share(change, base).div_euclid(1_000_000_000);
    assert_eq!(total_return, fixed(&row["total_return"], 9), "{row}");
}

#[test]
fn every_row_of_every_board_is_computed_anew() {
    let mut rows_seen = 0;
    for scenario in [
        "competition",
        "contest_final",
        "contest_freeze",
        "contest_score",
        "contest_teams",
        "contest_window",
    ] {
        for board in Output::of(scenario).contests() {
            for rows in [&board["rows"], &board["public"]] {
                for row in rows.as_array().into_iter().flatten() {
                    check(row, &board["competition"]);
                    rows_seen += 1;
                }
            }
        }
    }
    assert!(rows_seen > 20, "{rows_seen}");
}

/// The rows are of those that they should be: with losses, without a trade, disqualified, failed, and
/// below zero.
#[test]
fn the_rows_that_are_computed_anew_are_of_all_sorts() {
    let out = Output::of("contest_score");
    let row = |account: &str| {
        let row = out.board().iter().find(|row| row["account"] == account);
        row.unwrap().clone()
    };
    let ranked = ["ada", "eva"].map(|account| row(account)["eligible"].clone());
    assert_eq!(ranked, [true, true]);
    assert_eq!(row("bea")["reason"], "violated a hard rule");
    assert_eq!(row("cleo")["reason"], "needs 1 active day, has 0");
    assert_eq!(row("dora")["reason"], "disqualified: terms");
    for account in ["bea", "eva"] {
        let inputs = &row(account)["inputs"];
        assert!(fixed(&inputs["sum_risk"], 18) < 0, "{inputs}");
    }
    assert!(fixed(&row("eva")["inputs"]["day_start"], 17) < 0);
    let idle = row("cleo")["inputs"].clone();
    assert_eq!(
        (&idle["sum_risk"], &idle["equity"]),
        (&"0".into(), &"100000".into())
    );
}

/// The sums over the closed days are those of the days as they closed. An account that has failed says no
/// more of its days.
#[test]
fn the_sums_are_those_of_the_closed_days() {
    let out = Output::of("contest_score");
    for account in ["ada", "cleo", "dora", "eva"] {
        let row = out.board().iter().find(|row| row["account"] == account);
        let inputs = &row.unwrap()["inputs"];
        let mut start = fixed(&inputs["initial"], 17);
        let (mut sum_risk, mut sum_consistency) = (0, 0);
        for day in out.events("day_closed", account) {
            let end = fixed(&day["equity"], 17);
            sum_risk += u(start, end);
            sum_consistency += g(start, end, 200);
            start = end;
        }
        assert_eq!(start, fixed(&inputs["day_start"], 17), "{account}");
        assert_eq!(sum_risk, fixed(&inputs["sum_risk"], 18), "{account}");
        let shown = fixed(&inputs["sum_consistency"], 18);
        assert_eq!(sum_consistency, shown, "{account}");
    }
}

/// The row that the page on competitions works out is the one that the scenario gives.
#[test]
fn the_worked_row_of_the_page_is_real() {
    let page = include_str!("../../../../docs/competitions.md");
    let (_, block) = page.split_once("```json\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let worked: Value = serde_json::from_str(block).unwrap();
    let out = Output::of("contest_score");
    let row = out.board().iter().find(|row| row["account"] == "ada");
    for (field, value) in worked.as_object().unwrap() {
        assert_eq!(value, &row.unwrap()[field], "{field}");
    }
}
