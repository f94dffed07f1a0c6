//! Competitions: windows, freezes, disqualifications, prizes and teams, worked out by hand in the notes of
//! each scenario.

use serde_json::Value;

use super::output::{Output, text};

/// Fields of rows, one text for each row.
fn pick(rows: &Value, fields: &[&str]) -> Vec<String> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| {
        let values: Vec<_> = fields.iter().map(|field| text(&row[field])).collect();
        values.join(" ")
    })
    .collect()
}

/// The facts about competitions in order: time of day, type, and what they say.
fn facts(out: &Output) -> Vec<String> {
    let told = out.all().filter(|event| event.get("competition").is_some());
    let later = told.skip_while(|event| event["ts"] == "2024-03-04T10:00:00Z");
    later
        .map(|event| {
            let ts = text(&event["ts"]);
            let time = ts.trim_start_matches("2024-03-04T").trim_end_matches('Z');
            let said = ["account", "state", "reason", "amount"]
                .iter()
                .filter_map(|field| event.get(field))
                .filter(|value| !value.is_null())
                .map(text);
            let said: Vec<_> = said.collect();
            format!("{time} {} {}", text(&event["type"]), said.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[test]
fn a_window_has_its_start_and_not_its_end() {
    let out = Output::of("contest_window");
    assert_eq!(
        facts(&out),
        [
            "11:59:59.999999999 competition_entered after",
            "12:00:00 competition_changed live",
            "12:00:00 competition_denied absent late_entry",
            "12:59:59.999999999 competition_denied ends_by_itself",
            "13:00:00 competition_changed in_review",
            "13:00:00 competition_denied absent state",
        ]
    );
    let board = out.contest(0);
    assert_eq!(
        pick(
            &board["rows"],
            &["rank", "account", "score", "total_return", "attained_at"]
        ),
        [
            "1 first 75 0.1 2024-03-04T12:00:00Z",
            "2 last 75 0.1 2024-03-04T12:59:59.999999999Z",
            "3 early 50 0 null",
            "4 after 50 0 null",
        ]
    );
    assert_eq!(board["competition"]["state"], "in_review");
    assert_eq!(board["competition"]["entrants"], 4);
    assert_eq!(board["competition"]["frozen"], false);
}

#[test]
fn a_board_stands_still_for_the_public_alone() {
    let out = Output::of("contest_freeze");
    assert_eq!(
        facts(&out),
        [
            "12:00:00 competition_changed live",
            "12:50:00 board_frozen",
            "12:55:00 disqualified a copied_trades",
            "13:00:00 competition_changed in_review",
        ]
    );
    let board = out.contest(0);
    let fields = ["rank", "account", "score", "reason"];
    assert_eq!(
        pick(&board["public"], &fields),
        ["1 c 80 null", "2 a 75 null", "3 b 50 null"]
    );
    assert_eq!(
        pick(&board["rows"], &fields),
        [
            "1 b 87.5 null",
            "2 c 80 null",
            "null a 75 disqualified: copied_trades"
        ]
    );
    let off = &board["rows"][2]["disqualified"];
    assert_eq!(
        (&off["reason"], &off["at"]),
        (&"copied_trades".into(), &"2024-03-04T12:55:00Z".into())
    );
    assert_eq!(board["public"][1]["disqualified"], Value::Null);
    assert_eq!(board["competition"]["freeze_at"], "2024-03-04T12:50:00Z");
    assert_eq!(board["competition"]["frozen"], true);
}

#[test]
fn a_disqualification_moves_the_others_up_and_prizes_are_the_pool() {
    let out = Output::of("contest_final");
    assert_eq!(
        facts(&out),
        [
            "14:00:00 competition_denied state",
            "15:00:00 disqualified x self_matches",
            "15:00:00 competition_denied x is_disqualified",
            "15:00:00 disqualified c identity",
            "15:30:00 reinstated c",
            "15:30:00 competition_denied d is_not_disqualified",
            "15:30:00 competition_denied y unknown_entrant",
            "16:00:00 competition_changed in_review",
            "16:00:00 competition_denied state",
            "17:00:00 competition_changed final",
            "17:00:00 prize_awarded a 36",
            "17:00:00 prize_awarded b 35",
            "17:00:00 prize_awarded c 20",
            "17:00:00 prize_awarded d 10",
            "17:00:00 competition_denied x state",
            "17:00:00 competition_changed in_review",
            "17:00:00 competition_changed final",
            "17:00:00 prize_awarded y 50",
            "17:00:00 prize_awarded z 30",
            "17:00:00 prizes_unclaimed 20",
        ]
    );
    let denied = out.pick("competition_denied", "z", &["reason"]);
    assert_eq!(denied, ["has_no_teams"]);
    let board = out.contest(0);
    assert_eq!(
        pick(&board["rows"], &["rank", "account", "score", "prize"]),
        [
            "1 a 87.5 36",
            "2 b 87.5 35",
            "3 c 75 20",
            "4 d 50 10",
            "5 e 25 null",
            "null x 90 null",
        ]
    );
    let prizes = &board["competition"]["prizes"];
    assert_eq!(
        (&prizes["pool"], &prizes["unclaimed"]),
        (&"101".into(), &"0".into())
    );
    assert_eq!(
        pick(&prizes["places"], &["first", "last", "amount"]),
        ["1 1 41", "2 2 30", "3 3 20", "4 4 10"]
    );
    assert_eq!(out.contest(1)["competition"]["prizes"]["unclaimed"], "20");
}

#[test]
fn a_team_is_the_mean_of_its_best() {
    let out = Output::of("contest_teams");
    assert_eq!(
        out.pick("competition_denied", "b", &["reason"]),
        ["needs_team"]
    );
    assert_eq!(out.pick("competition_denied", "g", &["reason"]), ["full"]);
    let board = out.contest(0);
    assert_eq!(
        pick(&board["rows"], &["rank", "account", "team", "score"]),
        [
            "1 f 3 90", "2 d 2 80", "3 a 1 75", "4 b 1 60", "5 c 1 50", "6 e 2 50"
        ]
    );
    assert_eq!(
        pick(
            &board["teams"],
            &["rank", "team", "score", "eligible", "counted", "best"]
        ),
        ["1 1 67.5 3 2 a", "2 2 65 2 2 d", "null 3 90 1 1 f"]
    );
}
