//! A run as an account under a plan.

use serde_json::json;

use super::{bars, dynasty, fixture, result, told};

const WEEK: &str = r#"
format = 1
name = "Week"
version = 1
currency = "USD"
initial_balance = "50000"
stage = { evaluation = 1 }
roll = { zone = "America/New_York", time = "18:00", days = "mon-fri" }
[daily_loss]
anchor = "equity"
allowance = { fixed = "1000" }
effect = "fail"
touch_is_breach = true
"#;

/// 100 shares lose 600 on Thursday and 600 on Friday, 1,000 a day being allowed. Bars from midnight to midnight end after
/// the roll: Thursday's is of Friday, and so is Friday's, which ends on Saturday, and the two together are too much. The
/// run says so; bars that end at the close, by `--interval` or because the instrument has a session, are judged as traded.
#[test]
fn bars_of_a_day_are_judged_on_the_day_on_which_they_were_traded() {
    let folder = tempfile::tempdir().unwrap();
    let week = bars(
        folder.path(),
        "week.csv",
        &[
            ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-09", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-10", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-11", [100.0, 100.0, 94.0, 94.0]),
            ("2024-01-12", [94.0, 94.0, 88.0, 88.0]),
            ("2024-01-16", [88.0, 88.0, 88.0, 88.0]),
        ],
    );
    let plan = folder.path().join("week.toml");
    std::fs::write(&plan, WEEK).unwrap();
    let share = folder.path().join("share.toml");
    let text = r#"
        [[instrument]]
        symbol = "WEEK"
        kind = "equity"
        currency = "USD"
        tick_size = "0.01"
        lot_size = "1"
        order_qty_max = "100000"
        session = "us-equities"
    "#;
    std::fs::write(&share, text).unwrap();
    let plan = plan.to_str().unwrap();
    let args = [
        week.as_str(),
        "-s",
        "buy_and_hold",
        "--size",
        "100",
        "--plan",
        plan,
    ];
    let late = result(&args);
    assert_eq!(late["plan"]["state"], "failed");
    let caution = late["cautions"][0].as_str().unwrap();
    assert!(
        caution.contains("bars of a day end at or after the roll"),
        "{caution}"
    );
    assert!(caution.contains("--interval"), "{caution}");
    let (by_length, session) = (
        ["--interval", "390m"],
        ["--instrument", share.to_str().unwrap()],
    );
    for more in [by_length, session] {
        let told = result(&[&args[..], &more].concat());
        assert_eq!(told["plan"]["state"], "evaluation", "{more:?}");
        assert_eq!(told["equity"], "48800", "{more:?}");
        assert_eq!(told["cautions"], json!([]), "{more:?}");
    }
    // With a session a bar is from its open to its close: 9:30 to 16:00 in New York.
    let told = result(&[&args[..], &session].concat());
    assert_eq!(told["last"], "2024-01-16T21:00:00Z");
}

/// No order is taken in the hours of news, which only the firm knows. Without them a run says that it does not.
#[test]
fn windows_of_hours_that_are_given_are_those_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let flat = [100.0, 100.0, 100.0, 100.0];
    let days: Vec<_> = [
        "2024-01-08",
        "2024-01-09",
        "2024-01-10",
        "2024-01-11",
        "2024-01-12",
        "2024-01-16",
    ]
    .into_iter()
    .map(|day| (day, flat))
    .collect();
    let week = bars(folder.path(), "week.csv", &days);
    let plan = folder.path().join("week.toml");
    let text = format!(
        "{WEEK}[[conduct.windows]]\ncalendar = {{ named = \"news\" }}\naction = \"block_all\"\n"
    );
    std::fs::write(&plan, text).unwrap();
    let hours = folder.path().join("news.jsonl");
    let args = [
        week.as_str(),
        "-s",
        "buy_and_hold",
        "--interval",
        "390m",
        "--plan",
        plan.to_str().unwrap(),
    ];
    let silent = result(&args);
    assert_eq!(silent["counts"]["fills"], 1);
    let caution = silent["cautions"][0].as_str().unwrap();
    assert!(
        caution.contains("windows of news") && caution.contains("--windows FILE"),
        "{caution}"
    );
    let with = ["--windows", hours.to_str().unwrap()];
    let hour = |day: &str, from: &str, to: &str| {
        format!(
            "{{\"calendar\":{{\"named\":\"news\"}},\"start\":\"{day}T{from}Z\",\"end\":\"{day}T{to}Z\"}}\n"
        )
    };
    // The order is of the second open: hours that begin with it deny it, those before and after it do not.
    for (from, to, fills) in [("00:00:00", "23:00:00", 0), ("00:00:01", "00:00:02", 1)] {
        let text = hour("2024-01-08", "00:00:00", "00:00:01") + &hour("2024-01-09", from, to);
        std::fs::write(&hours, text).unwrap();
        let told = result(&[&args[..], &with].concat());
        assert_eq!(told["counts"]["fills"], fills, "{from} to {to}: {told}");
        assert!(!told["cautions"].to_string().contains("news"), "{told}");
    }
    std::fs::write(&hours, "{\"calendar\":\"news\"}\n").unwrap();
    let (code, _, errors) = dynasty(&[&["backtest"][..], &args, &with].concat());
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("news.jsonl, line 1:") && errors.contains("accepted: on each line"),
        "{errors}"
    );
}

/// The evaluation is closed by its thirty days, long before the data ends.
#[test]
fn every_end_has_its_day_and_its_reason() {
    let plan = fixture("plans/apex-eod-50k-eval.toml");
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let args = [
        "--strategy",
        "sma_cross",
        "--size",
        "100%",
        "--interval",
        "390m",
        "--plan",
        &plan,
    ];
    let told = told(&args);
    let verdicts = told["plan"]["verdicts"].as_array().unwrap();
    let of = |kind: &str| verdicts.iter().find(|it| it["type"] == kind).unwrap();
    assert_eq!(of("lapsed")["limit"], 30);
    assert_eq!(of("state_changed")["reason"], "time_limit");
    assert_eq!(told["plan"]["state"], "closed");
    let (_, text, _) = dynasty(&[&["backtest", &goog], &args[..]].concat());
    let line = |name: &str| {
        text.lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let verdict = line("verdict");
    // Opened on August 19th, which is not counted: the 20th to September 18th, a Saturday; the next day that opens is
    // Monday's.
    assert!(
        verdict.contains("closed on 2004-09-20") && verdict.ends_with("time limit"),
        "{verdict}"
    );
    let lapsed = line("lapsed");
    assert!(
        lapsed.contains("not passed within 30 calendar days, 2004-08-19 to 2004-09-18"),
        "{lapsed}"
    );
}

#[test]
fn days_without_data_are_days_held() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    // 11:00 to 12:00 UTC of the 8th, 9th, 19th and 29th of January 2024.
    let bars = write(
        "gaps_1h_bars.csv",
        "ts_ns,open,high,low,close,volume\n\
         1704711600000000000,100,100,100,100,1000\n\
         1704798000000000000,100,100,100,100,1000\n\
         1705662000000000000,100,100,100,100,1000\n\
         1706526000000000000,100,100,100,100,1000\n",
    );
    let plan = write(
        "held.toml",
        r#"
        format = 1
        name = "Held"
        version = 1
        currency = "USD"
        initial_balance = "50000"
        stage = { evaluation = 1 }
        roll = { zone = "UTC", time = "00:00" }
        profit_target = { pct_of_initial = "80" }
        min_days = { days = 30, counts = "any_day_held" }
        "#,
    );
    let (code, text, errors) = dynasty(&[
        "backtest",
        &bars,
        "--interval",
        "60m",
        "--strategy",
        "buy_and_hold",
        "--size",
        "100",
        "--plan",
        &plan,
    ]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    // Bought on the 9th and held to the end, on the 29th: 21 days, three of which have data.
    assert!(text.contains("21 counted of 30"), "{text}");
}

#[test]
fn a_plan_says_when_it_breached_and_proves_it() {
    let folder = tempfile::tempdir().unwrap();
    let proofs = folder.path().join("proofs");
    let proofs = proofs.to_str().unwrap();
    let plan = fixture("plans/static-100k.toml");
    let result = told(&[
        "--strategy",
        "sma_cross",
        "--fee",
        "0.1%",
        "--size",
        "100%",
        "--plan",
        &plan,
        "--proofs",
        proofs,
    ]);
    assert_eq!(result["plan"]["state"], "failed");
    let breach = &result["plan"]["verdicts"][0];
    assert_eq!(breach["rule"], "daily_loss");
    // 536 shares under water by the price of 176.29.
    assert_eq!(breach["equity"], "94529.41784");
    assert_eq!(breach["floor"], "94900.13784");
    assert_eq!(
        (&breach["day"], &breach["trading_day"]),
        // Every date from 2004-08-19 on: 13 + 30 + 31 + 30 + 31 + 26.
        (&json!("2005-01-26"), &json!(161))
    );
    let proof = std::fs::read_dir(proofs)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let (code, text, _) = dynasty(&["verify-breach", proof.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("is below the floor 94900.13784 of its daily loss"),
        "{text}"
    );
}

/// Averages of 1 and 2 days cross on Wednesday: 100 shares are bought at Thursday's open of 102 and lose 1,000 by its close of
/// 92, which the plan does not allow on a day. It is the fourth. With 4 days in the slow average nothing is bought, and the
/// account is in its evaluation on Tuesday the 16th: the seventh, as Monday has no bar but is a day of the plan. Averages
/// of one length are no strategy.
#[test]
fn each_run_of_a_sweep_has_its_verdict_and_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let week = bars(
        folder.path(),
        "week.csv",
        &[
            ("2024-01-08", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-09", [100.0, 100.0, 100.0, 100.0]),
            ("2024-01-10", [100.0, 102.0, 100.0, 102.0]),
            ("2024-01-11", [102.0, 102.0, 92.0, 92.0]),
            ("2024-01-12", [92.0, 92.0, 92.0, 92.0]),
            ("2024-01-16", [92.0, 92.0, 92.0, 92.0]),
        ],
    );
    let path = |name: &str| folder.path().join(name).display().to_string();
    let plan = path("week.toml");
    std::fs::write(&plan, WEEK).unwrap();
    let terms = "-s sma_cross --size 100 --interval 390m --grid fast=1,2 --grid slow=2,4";
    let terms: Vec<&str> = terms.split(' ').collect();
    let sweep = |more: &[&str]| {
        let (code, text, errors) =
            dynasty(&[&["backtest", "sweep", &week], &terms[..], more].concat());
        assert_eq!(code, Some(0), "{errors}");
        text
    };
    let under = ["--plan", &plan];
    let (csv, json, parquet) = (path("runs.csv"), path("runs.json"), path("runs.parquet"));
    let text = sweep(&[&under[..], &["--out", &csv]].concat());
    let row = |start: &str, end: &str| {
        let mut lines = text.lines();
        lines.any(|line| {
            let line: Vec<_> = line.split_whitespace().collect();
            let line = line.join(" ");
            line.starts_with(start) && line.ends_with(end)
        })
    };
    assert!(row("parameters", "verdict on day"), "{text}");
    assert!(row("fast=1 slow=2", "failed 4"), "{text}");
    assert!(row("fast=2 slow=4", "evaluation 7"), "{text}");
    let rows = std::fs::read_to_string(&csv).unwrap();
    let ends: Vec<_> = rows
        .lines()
        .map(|line| line.rsplitn(4, ',').take(3).collect::<Vec<_>>())
        .collect();
    assert_eq!(
        ends,
        [
            ["days", "verdict", "path"],
            ["4", "failed", "engine"],
            ["7", "evaluation", "engine"],
            ["", "", "refused"],
            ["7", "evaluation", "engine"],
        ],
        "{rows}"
    );
    let told = sweep(&[&under[..], &["--out", &json, "--format", "json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let file = std::fs::read_to_string(&json).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    for runs in [&told["runs"], &file] {
        assert_eq!(
            (&runs[0]["verdict"], &runs[0]["days"]),
            (&json!("failed"), &json!(4))
        );
        assert_eq!(
            (&runs[2]["verdict"], &runs[2]["days"]),
            (&json!(null), &json!(null))
        );
    }
    sweep(&[&under[..], &["--out", &parquet]].concat());
    let table = std::fs::read(&parquet).unwrap();
    let has = |name: &str| table.windows(name.len()).any(|it| it == name.as_bytes());
    assert!(has("verdict") && has("days"));
    // Without a plan nothing is judged.
    let plain = sweep(&["--out", &csv]);
    assert!(!plain.contains("verdict"), "{plain}");
    assert!(!std::fs::read_to_string(&csv).unwrap().contains("verdict"));
}

/// 100 shares and a target of 500. Wednesday the 10th closes at 102, above averages of 100s, and they are bought on Thursday at
/// 102. Of two days the average passes the close on Friday (107.5 to 107): sold on Tuesday at 107, 500 made, passed on the ninth
/// day, Monday the 15th being a day without a bar. Of three on Tuesday (107 to 106): sold on Wednesday at 104, 200 made, 40% of the
/// target. Of four on Wednesday only (106.25 to 104): held into the open of 93 on Thursday, the eleventh day, which is 1,100 below
/// the day's start, and failed with 900 lost. Of six there is no cross. The Sharpe ratio ranks what does nothing last.
#[test]
fn a_search_for_what_passes_ranks_by_passing_and_days() {
    let folder = tempfile::tempdir().unwrap();
    let flat = |close: f64| [close; 4];
    let weeks = bars(
        folder.path(),
        "weeks.csv",
        &[
            ("2024-01-04", flat(100.0)),
            ("2024-01-05", flat(100.0)),
            ("2024-01-08", flat(100.0)),
            ("2024-01-09", flat(100.0)),
            ("2024-01-10", [100.0, 102.0, 100.0, 102.0]),
            ("2024-01-11", [102.0, 108.0, 102.0, 108.0]),
            ("2024-01-12", [108.0, 108.0, 107.0, 107.0]),
            ("2024-01-16", [107.0, 107.0, 106.0, 106.0]),
            ("2024-01-17", flat(104.0)),
            ("2024-01-18", flat(93.0)),
            ("2024-01-19", flat(93.0)),
        ],
    );
    let plan = |name: &str, text: &str| {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, text).unwrap();
        path
    };
    let target = "profit_target = { fixed = \"500\" }\n[daily_loss]";
    let with_target = plan("target.toml", &WEEK.replace("[daily_loss]", target));
    let sweep = |terms: &str| {
        let terms = format!(
            "-s sma_cross --size 100 --interval 390m --grid fast=1 --grid slow=4,6,3,2 {terms}"
        );
        let terms: Vec<&str> = terms.split(' ').collect();
        dynasty(&[&["backtest", "sweep", &weeks], &terms[..]].concat())
    };
    let ranked = |objective: &str| {
        let (code, text, errors) = sweep(&format!("--objective {objective} --plan {with_target}"));
        assert_eq!(code, Some(0), "{errors}");
        let rows = text.lines().filter(|line| line.contains("fast=1"));
        let rows: Vec<String> = rows
            .map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                format!("{} {}", words[1], words[words.len() - 3..].join(" "))
            })
            .collect();
        (rows, text)
    };
    let (rows, text) = ranked("passed");
    assert_eq!(
        rows,
        [
            "slow=2 passed 9 100.00%",
            "slow=3 evaluation 12 40.00%",
            "slow=6 evaluation 12 0.00%",
            "slow=4 failed 11 -180.00%",
        ],
        "{text}"
    );
    assert!(
        text.contains("passed first, the sooner the better"),
        "{text}"
    );
    let (rows, _) = ranked("sharpe");
    let order: Vec<_> = rows.iter().map(|row| &row[..6]).collect();
    assert_eq!(order, ["slow=2", "slow=3", "slow=4", "slow=6"]);
    // There has to be something to pass.
    let plain = plan("plain.toml", WEEK);
    let funded = WEEK.replace("{ evaluation = 1 }", "\"funded\"");
    let funded = plan("funded.toml", &funded);
    for (terms, reason) in [
        (String::new(), "accepted: with --plan FILE"),
        (format!("--plan {plain}"), "'Week' has no profit_target"),
        (format!("--plan {funded}"), "'Week' is of a funded account"),
    ] {
        let (code, _, errors) = sweep(format!("--objective passed {terms}").trim_end());
        assert_eq!(code, Some(2), "{errors}");
        assert!(
            errors.contains("--objective passed") && errors.contains(reason),
            "{errors}"
        );
    }
}

/// The odds of two instruments say when what was made is realised; those of one have nothing to say.
#[test]
fn odds_of_several_instruments_say_how_they_are_held() {
    let [goog, aapl] = ["goog", "aapl"].map(|it| fixture(&format!("market/{it}_1d_bars.csv.gz")));
    let plan = fixture("plans/static-100k.toml");
    let terms =
        format!("-s sma_cross --size 100 --interval 390m --paths 16 --sizes 1 --plan {plan}");
    let terms: Vec<&str> = terms.split(' ').collect();
    let cautions = |files: &[&str]| {
        let told = result(&[&["monte-carlo"], files, &terms].concat());
        told["cautions"].as_array().unwrap().clone()
    };
    let said = cautions(&[&goog, &aapl]);
    let said = said[0].as_str().unwrap();
    assert!(said.starts_with("2 instruments were traded"), "{said}");
    assert_eq!(cautions(&[&goog]), [json!(null); 0]);
}
