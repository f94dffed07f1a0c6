//! A run as the entry of a competition.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{bars, dynasty, fixture, result};

/// Buys where a close is below 100.5, sells where one is above.
const TURNS: &str = r#"
name = "turns"
about = "In below 100.5, out above."
[long]
enter = "close < 100.5"
exit = "close > 100.5"
"#;

/// Its days are those of UTC, as the bars' are.
const CUP: &str = r#"
name = "Cup"
kind = "paper"
roll = { zone = "UTC", time = "00:00" }
"#;

/// Bought at the open of the 9th at 100 and sold at that of the 10th at 101: 1,000 of 100,000 in 1,000 shares.
const WEEK: [(&str, [f64; 4]); 4] = [
    ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
    ("2024-01-09", [100.0, 101.0, 100.0, 101.0]),
    ("2024-01-10", [101.0, 101.0, 101.0, 101.0]),
    ("2024-01-11", [101.0, 101.0, 101.0, 101.0]),
];

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The arguments of a run of 1,000 shares, 6.5 hours a day, in the competition of a text.
fn args(
    folder: &Path,
    rows: &[(&str, [f64; 4])],
    strategy: &str,
    competition: &str,
) -> Vec<String> {
    let data = bars(folder, "share.csv", rows);
    let cup = write(folder, "cup.toml", competition);
    let words = [
        &data,
        "-s",
        strategy,
        "--size",
        "1000",
        "--interval",
        "390m",
    ];
    let words = words.iter().map(ToString::to_string);
    words.chain(["--competition".to_owned(), cup]).collect()
}

fn with_cash(mut args: Vec<String>) -> Vec<String> {
    args.extend(["--cash".to_owned(), "100000".to_owned()]);
    args
}

fn told(args: &[String]) -> Value {
    result(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn refused(args: &[String]) -> String {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let (code, text, errors) = dynasty(&[&["backtest"], &args[..]].concat());
    assert_eq!((code, text.as_str()), (Some(2), ""), "{errors}");
    errors
}

/// Days of 0, +1%, 0 and 0. R is 1%, so profit is 50 (1 + 1/11) 0.4. u(1%) is 0.01 / (1 + 0.5) = 1/150, so risk is
/// 50 (1 + (1/150) / (1/150 + 6/150)) 0.3 = 50 (8/7) 0.3. g(1%, 0.5%) is 2/3, its mean over four days 1/6, so
/// consistency is 50 (7/6) 0.2. Nothing was lost: 10.
#[test]
fn the_score_of_a_week_is_computed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let turns = write(folder.path(), "turns.toml", TURNS);
    let open = format!("{CUP}gates = {{ active_days = 1, round_turns = 1 }}\n");
    let page = folder.path().join("page.html");
    let mut words = with_cash(args(folder.path(), &WEEK, &turns, &open));
    words.extend(["--report".to_owned(), page.to_str().unwrap().to_owned()]);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let (code, text, errors) = dynasty(&[&["backtest"], &words[..]].concat());
    assert_eq!(code, Some(0), "{errors}");
    let (_, told) = text.split_once("\ncompetition").unwrap();
    let (told, _) = told.split_once("\nengine").unwrap();
    let told: Vec<String> = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        told,
        [
            "Cup, of paper accounts, without a window: live",
            "score 60.627705626 of 100: profit 21.818181818, risk 17.142857142, consistency 11.666666666, drawdown 10",
            "entry 4 days, return 1.00%, max drawdown 0.00%, loss limit 20% not reached",
            "gates active days 1 of 1, round turns 1 of 1, no breach",
            "ranked yes",
        ]
    );
    let page = std::fs::read_to_string(page).unwrap();
    for part in [
        "In the competition <b>Cup</b> the entry is <b class=\"gain\">ranked</b>",
        "<tr class=\"marked\"><th scope=\"row\">Score</th><td class=\"num\">60.627705626</td><td class=\"num\">100</td>",
        "<dt>Round turns</dt><dd>1 of 1</dd>",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

/// The same run under gates of five days and ten turns has the same score and no rank.
#[test]
fn an_entry_that_does_not_reach_the_gates_is_not_ranked() {
    let folder = tempfile::tempdir().unwrap();
    let turns = write(folder.path(), "turns.toml", TURNS);
    let told = told(&with_cash(args(folder.path(), &WEEK, &turns, CUP)));
    let entry = &told["competition"];
    assert_eq!(entry["row"]["score"], "60.627705626");
    assert_eq!(
        (&entry["row"]["rank"], &entry["row"]["reason"]),
        (&Value::Null, &json!("needs 5 active days, has 1"))
    );
    assert_eq!(
        (&entry["kind"], &entry["state"]),
        (&json!("paper"), &json!("live"))
    );
}

/// 125,000 and 100,000 again: a fall of a fifth of the peak is the loss limit. Profit is 50 x 0.4 = 20. u(25%) is
/// 0.25 / 13.5 = 1/54, less 0.2 it is -49/270, so risk is 50 (1 - 49 / (49 + 10.8)) 0.3 = 15 x 10.8 / 59.8 =
/// 2.709030100. g(25%, 0.5%) is 50/51 and g(-20%, 0.5%) is -40/41, over three days 10/6273, so consistency is
/// 10 (1 + 10/6273) = 10.015941335.
#[test]
fn a_loss_limit_that_is_reached_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
        ("2024-01-09", [100.0, 125.0, 100.0, 125.0]),
        ("2024-01-10", [125.0, 125.0, 100.0, 100.0]),
    ];
    let told = told(&with_cash(args(folder.path(), &rows, "buy_and_hold", CUP)));
    let entry = &told["competition"];
    let row = &entry["row"];
    for (name, points) in [
        ("profit", "20"),
        ("risk", "2.7090301"),
        ("consistency", "10.015941335"),
        ("drawdown", "0"),
        ("score", "32.724971435"),
        ("mdd_pct", "20.00"),
    ] {
        assert_eq!(row[name], points, "{name}");
    }
    assert_eq!(entry["loss_limit_reached"], true);
    // A loss limit of the score is no floor of an account.
    assert_eq!(entry["breached"], false);
}

/// The gain of the 9th alone, and no turn: the sale is at the moment at which the window ends. Days are the 8th and the
/// 9th, so the mean of 2/3 is 1/3 and consistency 50 (4/3) 0.2.
#[test]
fn what_counts_is_in_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let turns = write(folder.path(), "turns.toml", TURNS);
    let of = |window: &str, late: bool| {
        let cup = format!("{CUP}window = {{ {window} }}\nentry = {{ late = {late} }}\n");
        told(&with_cash(args(folder.path(), &WEEK, &turns, &cup)))["competition"].take()
    };
    let two = r#"start = "2024-01-08T05:00:00Z", end = "2024-01-10T00:00:00Z""#;
    for late in [true, false] {
        let entry = of(two, late);
        assert_eq!(entry["state"], "in_review");
        let row = &entry["row"];
        assert_eq!((&row["days"], &row["round_turns"]), (&json!(2), &json!(0)));
        assert_eq!(row["consistency"], "13.333333333");
        assert_eq!(row["score"], "62.294372293");
    }
    // From the 10th on it earned nothing: an idle account has 55, and a sale opens nothing.
    let rest = of(
        r#"start = "2024-01-10T00:00:00Z", end = "2024-02-01T00:00:00Z""#,
        true,
    );
    assert_eq!(rest["state"], "live");
    let row = &rest["row"];
    assert_eq!(
        (&row["score"], &row["active_days"]),
        (&json!("55"), &json!(0))
    );
    assert_eq!((&row["days"], &row["round_turns"]), (&json!(2), &json!(1)));
    // Nobody enters late: the account is there before the first of the year, and rests from then on. Who may enters
    // with the data.
    let year = r#"start = "2024-01-01T00:00:00Z", end = "2025-01-01T00:00:00Z""#;
    assert_eq!(of(year, false)["row"]["days"], 11);
    assert_eq!(of(year, true)["row"]["days"], 4);
}

/// A loss of 2,000 where 1,000 a day are allowed fails the account on the 10th. Its strategy is not asked any more, and
/// the days of its entry go on: from the 8th to the 12th.
#[test]
fn an_account_that_fails_its_plan_stays_in_the_competition() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
        ("2024-01-09", [100.0, 100.0, 100.0, 100.0]),
        ("2024-01-10", [100.0, 100.0, 98.0, 98.0]),
        ("2024-01-11", [98.0, 98.0, 98.0, 98.0]),
        ("2024-01-12", [98.0, 98.0, 98.0, 98.0]),
    ];
    let plan = r#"
        format = 1
        name = "Week"
        version = 1
        currency = "USD"
        initial_balance = "100000"
        stage = { evaluation = 1 }
        roll = { zone = "UTC", time = "00:00" }
        [daily_loss]
        anchor = "equity"
        allowance = { fixed = "1000" }
        effect = "fail"
        touch_is_breach = false
    "#;
    let plan = write(folder.path(), "plan.toml", plan);
    let turns = write(folder.path(), "turns.toml", TURNS);
    let mut words = args(folder.path(), &rows, &turns, CUP);
    words.extend(["--plan".to_owned(), plan]);
    let told = told(&words);
    assert_eq!(told["plan"]["state"], "failed");
    assert_eq!(told["counts"]["denied"], 0);
    assert_eq!(told["last"], "2024-01-12T06:30:00Z");
    let entry = &told["competition"];
    assert_eq!(entry["breached"], true);
    assert_eq!(entry["row"]["reason"], "violated a hard rule");
    assert_eq!(entry["row"]["days"], 5);
    let equity = told["equity"].as_str().unwrap();
    assert_eq!(entry["row"]["inputs"]["equity"], equity);
}

/// Twelve days of a share, its orders taken from what the run executed, as a scenario: the same row but for the
/// account's name.
#[test]
fn a_scenario_of_the_same_orders_has_the_same_row() {
    let closes: [f64; 12] = [
        100.0, 101.0, 99.5, 99.0, 100.75, 102.5, 100.25, 97.0, 96.5, 103.25, 100.0, 101.5,
    ];
    let dates: Vec<String> = (8..)
        .map(|day| format!("2024-01-{day:02}"))
        .take(12)
        .collect();
    let mut before: f64 = closes[0];
    let rows = dates.iter().zip(closes).map(|(date, close)| {
        let bar = [
            before,
            close.max(before) + 0.5,
            close.min(before) - 0.25,
            close,
        ];
        before = close;
        (date.as_str(), bar)
    });
    let rows: Vec<_> = rows.collect();
    let folder = tempfile::tempdir().unwrap();
    let turns = write(folder.path(), "turns.toml", TURNS);
    let cup = r#"
        name = "Cup"
        kind = "live"
        roll = { zone = "America/New_York", time = "17:00", days = "mon-fri" }
        weights = { profit = "35", risk = "32.5", consistency = "22.5", drawdown = "10" }
        loss_limit_pct = "15"
        gates = { active_days = 2, round_turns = 2 }
        window = { start = "2024-01-09T00:00:00Z", end = "2024-02-01T00:00:00Z" }
    "#;
    let fills = folder.path().join("fills.csv");
    let mut words = with_cash(args(folder.path(), &rows, &turns, cup));
    words.extend([
        "--executions".to_owned(),
        fills.to_str().unwrap().to_owned(),
    ]);
    let entry = told(&words)["competition"].take();
    let row = &entry["row"];
    assert_eq!(row["rank"], 1);
    assert!(row["round_turns"].as_u64().unwrap() >= 3, "{row}");
    assert_ne!(row["max_drawdown"], "0");

    let fills = std::fs::read_to_string(fills).unwrap();
    let mut scenario = r#"{"type":"instrument","ts":"2024-01-08T00:00:00Z","id":"x","symbol":"X","kind":"equity","currency":"USD","tick_size":"0.01","lot_size":"1","order_qty_max":"100000","liquidity":{"paper":{"bars":"walked"}}}
{"type":"plan","id":"p","name":"p","version":1,"currency":"USD","initial_balance":"100000","stage":"funded","roll":{"zone":"UTC","time":"00:00"}}
{"type":"account","id":"ada","plan":"p"}
{"type":"competition","id":"cup","name":"Cup","kind":"live","accounts":["ada"],"roll":{"zone":"America/New_York","time":"17:00","days":"mon-fri"},"weights":{"profit":"35","risk":"32.5","consistency":"22.5","drawdown":"10"},"loss_limit_pct":"15","gates":{"active_days":2,"round_turns":2},"window":{"start":"2024-01-09T00:00:00Z","end":"2024-02-01T00:00:00Z"}}
{"type":"roll","day":"2024-01-08","zone":"America/New_York","time":"17:00"}
"#
    .to_owned();
    let mut days = dates.iter().zip(dates.iter().skip(1));
    for (date, [open, high, low, close]) in &rows {
        let start = format!("{date}T00:00:00Z");
        writeln!(
            scenario,
            r#"{{"type":"quote","ts":"{start}","instrument":"x","bid":"{open}","ask":"{open}"}}"#
        )
        .unwrap();
        for fill in fills.lines().filter(|line| line.contains(&start)) {
            let side = if fill.contains("buy") { "buy" } else { "sell" };
            writeln!(
                scenario,
                r#"{{"type":"order","account":"ada","instrument":"x","side":"{side}","order_type":"market","qty":"1000"}}"#
            )
            .unwrap();
        }
        writeln!(
            scenario,
            r#"{{"type":"bar","ts":"{date}T06:30:00Z","instrument":"x","open":"{open}","high":"{high}","low":"{low}","close":"{close}","volume":"1000"}}"#
        )
        .unwrap();
        // In January five in the afternoon of New York is ten in the evening of UTC; a Saturday and a Sunday have no day.
        if let Some((date, next)) = days.next()
            && !["2024-01-13", "2024-01-14"].contains(&next.as_str())
        {
            writeln!(
                scenario,
                r#"{{"type":"roll","ts":"{date}T22:00:00Z","day":"{next}","zone":"America/New_York","time":"17:00"}}"#
            )
            .unwrap();
        }
    }
    let file = write(folder.path(), "same.jsonl", &scenario);
    let (code, text, errors) = dynasty(&["simulate", &file, "--state"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let state: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let board = &state["boards"][0];
    let mut expected = board["rows"][0].clone();
    (expected["account"], expected["name"]) = (row["account"].clone(), row["name"].clone());
    assert_eq!(*row, expected);
    for field in ["state", "gates", "weights", "loss_limit_pct", "window"] {
        assert_eq!(entry[field], board["competition"][field], "{field}");
    }
}

#[test]
fn what_cannot_enter_is_said_with_what_could() {
    let folder = tempfile::tempdir().unwrap();
    let of = |cup: &str| with_cash(args(folder.path(), &WEEK, "buy_and_hold", cup));
    for (window, data) in [
        (
            r#"start = "2023-01-01T00:00:00Z", end = "2024-01-08T00:00:00Z""#,
            "the data is of 2024-01-08T00:00:00Z to 2024-01-08T00:00:00Z",
        ),
        (
            r#"start = "2024-01-11T06:30:01Z", end = "2024-02-01T00:00:00Z""#,
            "the data is of 2024-01-08T00:00:00Z to 2024-01-11T06:30:00Z",
        ),
    ] {
        let errors = refused(&of(&format!("{CUP}window = {{ {window} }}\n")));
        assert!(
            errors.contains("cup.toml: the competition's window is 202"),
            "{errors}"
        );
        assert!(errors.contains(data), "{errors}");
        assert!(errors.contains("accepted: data of the window"), "{errors}");
    }
    let errors = refused(&of(&CUP.replace("paper", "papr")));
    assert!(
        errors.contains("cup.toml:3: kind: value 'papr': accepted "),
        "{errors}"
    );
    // As live: money that leaves is no loss.
    let mut words = args(folder.path(), &WEEK, "buy_and_hold", CUP);
    words.extend(["--plan".to_owned(), fixture("plans/topstep-xfa-50k.toml")]);
    let errors = refused(&words);
    assert!(
        errors.contains("accepted: a plan without payout"),
        "{errors}"
    );
    let mut words = of(CUP);
    words.splice(0..0, ["sweep".to_owned()]);
    words.extend(["--grid".to_owned(), "fast=1..9".to_owned()]);
    let errors = refused(&words);
    assert!(
        errors.contains("--competition and --by are of one run"),
        "{errors}"
    );
}
