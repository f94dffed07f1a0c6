//! A backtest against a live engine: the journal of a demo through the backtest's loop, one of its accounts as a
//! strategy, and a strategy's inputs through a server's threads.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Instant;

use backtest::run::{
    Fills, Memory, Observer, Replay, Sampling, Settings, Timed, Unobserved, replay, run,
};
use backtest::strategy::{Closed, Context, Size, Strategy, Ticket};
use rules::Plan;
use runtime::journal::{Location, Reader};
use runtime::{AckMode, Almanac, Config, Limits, Next, Runtime, Shard, Source, Status};
use serde_json::{Value, json};
use types::{
    AccountId, Command, Event, EventKind, Fill, Input, InputKind, Instrument, MarketEvent, Money,
    OrderId, Seq, ShardId, Side, TimestampNs,
};

/// Runs a demo and gives its state hash, the shard that its journal begins with and every input of that.
fn demo(folder: &Path) -> (String, Shard, Vec<Input>) {
    let output = Process::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["demo", "--headless", "--events", "20000", "--seed", "5"])
        .args(["--data", folder.to_str().unwrap()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(str::trim_start);
    let line = lines.find(|line| line.starts_with("state hash")).unwrap();
    let hash = line.split_whitespace().nth(2).unwrap().to_owned();
    let location = runtime::journal_location(folder, ShardId(0));
    let empty = runtime::beginning(&location, Limits::default()).unwrap();
    (hash, empty, inputs(&location))
}

fn inputs(location: &Location) -> Vec<Input> {
    let mut reader = Reader::open(location, Seq(0)).unwrap();
    std::iter::from_fn(|| reader.next_input().unwrap()).collect()
}

#[test]
fn a_live_journal_through_the_backtest_ends_in_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let (hash, empty, inputs) = demo(folder.path());
    let asked = Replay {
        account: AccountId(3),
        sampling: Sampling::Every(3_600_000_000_000),
        keep_fills: true,
    };
    let all = inputs.into_iter().map(Ok::<_, Infallible>);
    let outcome = replay(&asked, empty, all, &mut Unobserved).unwrap();
    assert_eq!(outcome.state_hash.to_string(), hash);
    assert!(outcome.fills.len() > 10 && outcome.trips.len() > 5);
    // What the fills say is what the account has.
    let realised = outcome
        .fills
        .iter()
        .map(|it| it.fill.realised.0 - it.fill.fee.0);
    let paid: i64 = realised.sum();
    assert_eq!(outcome.balance.0 - outcome.initial.0, paid);
}

/// The calendars of a server beside a run.
struct Calendars {
    almanac: Almanac,
    events: Vec<Event>,
    inputs: Vec<Input>,
}

impl Calendars {
    fn new() -> Self {
        let empty = Shard::new(ShardId(0), Limits::default());
        Self {
            almanac: Almanac::new(&empty, None, None),
            events: Vec::new(),
            inputs: Vec::new(),
        }
    }
}

impl Observer for Calendars {
    fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        self.almanac.before(ts, shard)
    }

    fn sees_all(&self) -> bool {
        true
    }

    fn applied(&mut self, input: &Input, events: &[Event], _: &Shard) {
        self.inputs.push(input.clone());
        self.events.extend_from_slice(events);
    }
}

/// What a trader of the demo did, after which market event.
struct Trader {
    orders: BTreeMap<u64, Vec<Command>>,
    seen: u64,
    sent: Vec<Ticket>,
}

impl Strategy for Trader {
    fn on_market(&mut self, context: &mut Context<'_>, _: &MarketEvent) {
        self.act(context);
    }

    fn on_bar(&mut self, context: &mut Context<'_>, _: &Closed) {
        self.act(context);
    }
}

impl Trader {
    fn act(&mut self, context: &mut Context<'_>) {
        self.seen += 1;
        for command in self.orders.remove(&self.seen).unwrap_or_default() {
            match command {
                Command::SubmitOrder(order) => self.sent.push(context.order(order)),
                Command::CancelAll { instrument, .. } => context.cancel_all(instrument),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A fact about an account, without the numbers that depend on who else is there.
fn facts(events: &[Event], account: AccountId) -> Vec<String> {
    let mut orders = BTreeSet::new();
    let mut number = |order: OrderId| {
        orders.insert(order);
        orders.range(..order).count()
    };
    let told = events.iter().filter_map(|event| {
        let kind = match event.kind {
            EventKind::Fill(fill) if fill.account == account => {
                let order = number(fill.order);
                let Fill {
                    instrument,
                    side,
                    price,
                    qty,
                    fee,
                    realised,
                    balance,
                    position,
                    cause,
                    model,
                    ..
                } = fill;
                format!("{order} {instrument} {side:?} {price} {qty} {fee} {realised} {balance} {position} {cause:?} {model:?}")
            }
            EventKind::OrderAccepted { order, request, .. } if request.account == account => {
                format!("{} {:?} {:?}", number(order), request.kind, request.qty)
            }
            EventKind::OrderDenied { request, reason } if request.account == account => {
                format!("{:?} {reason:?}", request.kind)
            }
            EventKind::OrderCancelled {
                account: of,
                order,
                reason,
                ..
            } if of == account => format!("{} {reason:?}", number(order)),
            EventKind::OrderTriggered {
                account: of,
                order,
                price,
            } if of == account => format!("{} {price}", number(order)),
            EventKind::Breach(breach) if breach.account == account => format!(
                "{:?} {} {} {}",
                breach.rule, breach.equity, breach.floor, breach.baseline
            ),
            EventKind::DayClosed(day) if day.account == account => {
                format!("{} {} {} {}", day.day, day.pnl, day.equity, day.counted)
            }
            EventKind::StateChanged {
                account: of, to, ..
            } if of == account => format!("{to:?}"),
            EventKind::TargetReached {
                account: of,
                balance,
                ..
            } if of == account => format!("{balance}"),
            _ => return None,
        };
        Some(format!("{} {kind}", event.ts))
    });
    told.collect()
}

/// A demo as one of its traders saw it.
struct Seen {
    settings: Settings,
    market: Vec<Timed>,
    trader: Trader,
    facts: Vec<String>,
}

fn seen(inputs: &[Input], account: AccountId) -> Option<Seen> {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut buffer = runtime::EventBuf::default();
    let (mut events, mut market) = (Vec::new(), Vec::new());
    let mut instruments: Vec<Instrument> = Vec::new();
    let (mut plans, mut opened, mut definitions) = (Vec::new(), Vec::new(), Vec::new());
    let mut orders: BTreeMap<u64, Vec<Command>> = BTreeMap::new();
    for input in inputs {
        buffer.clear();
        shard.apply(input, &mut buffer);
        events.extend_from_slice(buffer.as_slice());
        match &input.kind {
            InputKind::Market(event) => market.push(Timed {
                ts: input.ts,
                event: event.clone(),
            }),
            InputKind::Command(Command::RegisterInstrument(it)) => instruments.push(**it),
            InputKind::Command(Command::DefinePlan { spec }) => plans.push(spec.clone()),
            InputKind::Command(Command::OpenAccount(open)) => opened.push(*open),
            InputKind::Command(
                command @ (Command::SetConversion { .. } | Command::DefineLatency { .. }),
            ) => definitions.push(command.clone()),
            InputKind::Command(command) => {
                let of = match command {
                    Command::SubmitOrder(order) => order.account,
                    Command::CancelAll { account, .. } => *account,
                    Command::Adjust { account: of, .. }
                    | Command::ChangeAccount { account: of, .. }
                        if *of == account =>
                    {
                        return None;
                    }
                    _ => continue,
                };
                if of == account {
                    let after = market.len() as u64;
                    orders.entry(after).or_default().push(command.clone());
                }
            }
            InputKind::Timer(_) => {}
        }
    }
    let open = opened.get(account.0 as usize)?;
    let plan = Plan::from_spec(&plans[open.plan.0 as usize]).unwrap();
    Some(Seen {
        settings: Settings {
            definitions,
            fills: Fills::Market,
            sampling: Sampling::Never,
            limits: Limits::default(),
            ..Settings::new(instruments, plan)
        },
        market,
        trader: Trader {
            orders,
            seen: 0,
            sent: Vec::new(),
        },
        facts: facts(&events, account),
    })
}

#[test]
fn an_account_of_a_live_demo_as_a_strategy_has_the_same_fills_and_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, inputs) = demo(folder.path());
    let (mut fills, mut verdicts) = (0, 0);
    for account in 0..24 {
        let Some(mut seen) = seen(&inputs, AccountId(account)) else {
            continue;
        };
        let mut calendars = Calendars::new();
        let source = Memory::new(&seen.market);
        let settings = &seen.settings;
        let outcome = run(settings, vec![source], &mut seen.trader, &mut calendars).unwrap();
        assert!(seen.trader.orders.is_empty());
        let told = facts(&calendars.events, outcome.account);
        assert_eq!(told, seen.facts, "account {account}");
        fills += outcome.fills.len();
        verdicts += outcome.verdicts.len();
    }
    assert!(fills > 300 && verdicts > 5, "{fills} {verdicts}");
}

/// Goes in and out by counting, with brackets in between.
struct Turns(u64);

impl Strategy for Turns {
    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        self.0 += 1;
        let instrument = event.instrument;
        let Some(quote) = context.quote(instrument) else {
            return;
        };
        if self.0.is_multiple_of(97) {
            if context.is_flat(instrument) {
                context.buy(instrument, Size::Notional(Money::whole(2_000)));
            } else {
                context.flat(instrument);
            }
        } else if self.0.is_multiple_of(61) {
            let size = context.qty(instrument, 1_000.0 / (quote.ask.0 as f64 / 1e9));
            let mid = quote.ask.0 as f64 / 1e9;
            let exits = context
                .price(instrument, mid * 1.001)
                .zip(context.price(instrument, mid * 0.999));
            if let (Some(qty), Some((profit, loss))) = (size, exits) {
                context.bracket(instrument, Side::Buy, qty, profit, loss);
            }
        }
    }
}

/// The inputs that are no calendar's, for a server that has its own.
struct Given(std::vec::IntoIter<Input>);

impl Source for Given {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        let is_given = |input: &Input| !matches!(input.kind, InputKind::Timer(_));
        match self.0.find(is_given) {
            Some(Input { ts, kind, .. }) => Next::Input { ts, kind },
            None => Next::End,
        }
    }
}

#[test]
fn a_strategy_has_the_same_fills_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, journal) = demo(folder.path());
    // Of the demo only the market: a strategy of its own trades it.
    let mut seen = seen(&journal, AccountId(0)).unwrap();
    seen.settings.plan.daily_loss = None;
    seen.settings.plan.max_loss = None;
    let mut calendars = Calendars::new();
    let source = Memory::new(&seen.market);
    let settings = &seen.settings;
    let mut strategy = Turns(0);
    let outcome = run(settings, vec![source], &mut strategy, &mut calendars).unwrap();
    assert!(outcome.fills.len() > 100, "{}", outcome.fills.len());

    let live = tempfile::tempdir().unwrap();
    let config = Config {
        ack_mode: AckMode::Relaxed,
        ..Config::new(live.path())
    };
    let given = Given(calendars.inputs.into_iter());
    let runtime = Runtime::start(config, Box::new(given)).unwrap();
    assert_eq!(runtime.wait_source_end(), Status::SourceEnded);
    let stopped = runtime.stop().unwrap();
    assert_eq!(stopped.state_hash, outcome.state_hash);
    assert_eq!(stopped.seq.0, outcome.counts.inputs);
    let location = runtime::journal_location(live.path(), ShardId(0));
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut buffer = runtime::EventBuf::default();
    for input in inputs(&location) {
        shard.apply(&input, &mut buffer);
    }
    assert_eq!(buffer.as_slice(), calendars.events);
}

fn fixture(name: &str) -> String {
    format!("{}/../fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn dynasty(args: &[&str]) -> (Option<i32>, String, String) {
    let mut process = Process::new(env!("CARGO_BIN_EXE_dynasty"));
    let output = process.args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn told(args: &[&str]) -> Value {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let all = ["backtest", &goog, "--format", "json"];
    let (code, text, errors) = dynasty(&[&all, args].concat());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_command_says_the_published_figures() {
    let sma = ["--strategy", "sma_cross", "--fee", "0.1%"];
    for (more, equity) in [
        (&["--fills", "next-open"][..], "10743.00841"),
        (&["--fills", "same-close"], "10787.98499"),
        (&["--fills", "next-close"], "10678.49786"),
        (&["--size", "100%"], "54101.36916"),
    ] {
        let result = told(&[&sma[..], more].concat());
        assert_eq!(result["equity"], equity, "{more:?}");
        assert_eq!(result["round_trips"], 32);
        assert_eq!(result["counts"]["fills"], 65);
    }
}

/// What backtesting.py 0.6.6 says of the same runs.
#[test]
fn the_command_says_the_published_metrics() {
    let sma = [
        "--strategy",
        "sma_cross",
        "--fee",
        "0.1%",
        "--periods-per-year",
        "252",
    ];
    let one = told(&sma);
    let near = |result: &Value, name: &str, expected: f64| {
        let value = result["metrics"][name]["value"].as_f64().unwrap();
        assert!(
            (value - expected).abs() < 1e-9,
            "{name}: {value}, not {expected}"
        );
    };
    for (name, expected) in [
        ("sharpe", 0.810_273_777_7),
        ("profit_factor", 2.658_968_977_8),
        ("expectancy", 19.766_044_062_5),
        ("sqn", 1.952_380_090_2),
        ("win_rate", 0.5),
    ] {
        near(&one, name, expected);
    }
    let all_in = told(&[&sma[..], &["--size", "100%"]].concat());
    near(&all_in, "sharpe", 0.999_269_742_4);
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let (code, text, _) = dynasty(&[&["backtest", &goog], &sma[..], &["--metrics"]].concat());
    assert_eq!(code, Some(0));
    for (_, family) in backtest::metric::ALL {
        for metric in *family {
            assert!(text.contains(metric.name), "{}", metric.name);
        }
    }
    assert_eq!(one["benchmark"], "goog_1d_bars bought and held");
    assert!(one["metrics"]["beta"]["value"].is_number());
    // Of two instruments neither is what the run is compared with, and the reason is told.
    let aapl = fixture("market/aapl_1d_bars.csv.gz");
    let two = told(&[&aapl, "--strategy", "buy_and_hold"]);
    assert!(two["metrics"]["beta"]["value"].is_null() && two["benchmark"].is_null());
    assert!(
        two["metrics"]["beta"]["reason"]
            .as_str()
            .unwrap()
            .contains("benchmark")
    );
    let named = told(&[
        &aapl,
        "--strategy",
        "buy_and_hold",
        "--benchmark",
        "goog_1d_bars",
    ]);
    assert!(named["metrics"]["beta"]["value"].is_number());
}

/// Daily bars of a text; each row is a date and open, high, low, close.
fn bars(folder: &Path, name: &str, rows: &[(&str, [f64; 4])]) -> String {
    let path = folder.join(name);
    let rows = rows.iter().map(|(date, [open, high, low, close])| {
        format!("{date},{open},{high},{low},{close},{close},1000\n")
    });
    let text = format!(
        "Date,Open,High,Low,Close,Adj Close,Volume\n{}",
        rows.collect::<String>()
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn result(args: &[&str]) -> Value {
    let (code, text, errors) = dynasty(&[&["backtest"], args, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{errors}");
    serde_json::from_str(&text).unwrap()
}

/// A share of 100 that gains 10%, loses 10% and gains 10%, held with all of 100 from the second open, 100, on: the curve has
/// the very returns of the share, so beta is 1 and nothing is left for alpha. What gains and loses half as much has it at
/// a beta of 2.
#[test]
fn a_run_is_compared_with_a_file_or_an_instrument() {
    let folder = tempfile::tempdir().unwrap();
    let days = [
        "2024-01-08",
        "2024-01-09",
        "2024-01-10",
        "2024-01-11",
        "2024-01-12",
    ];
    let flat = |closes: [f64; 5]| {
        let mut open = closes[0];
        let rows = days.iter().zip(closes).map(|(day, close)| {
            let bar = [open, close.max(open), close.min(open), close];
            open = close;
            (*day, bar)
        });
        rows.collect::<Vec<_>>()
    };
    let share = flat([100.0, 100.0, 110.0, 99.0, 108.9]);
    let half = flat([1_000.0, 1_000.0, 1_050.0, 997.5, 1_047.375]);
    let share = bars(folder.path(), "share.csv", &share);
    let half = bars(folder.path(), "half.csv", &half);
    let args = [
        share.as_str(),
        "-s",
        "buy_and_hold",
        "--cash",
        "100",
        "--interval",
        "390m",
    ];
    let own = result(&args);
    let other = result(&[&args[..], &["--benchmark", &half]].concat());
    for (told, name, beta) in [(&own, "share", 1.0), (&other, half.as_str(), 2.0)] {
        assert_eq!(told["equity"], "108.9");
        assert_eq!(told["benchmark"], format!("{name} bought and held"));
        let value = told["metrics"]["beta"]["value"].as_f64().unwrap();
        assert!((value - beta).abs() < 1e-9, "{value}");
        let alpha = told["metrics"]["alpha"]["value"].as_f64().unwrap();
        assert!(alpha.abs() < 1e-9, "{alpha}");
    }
    let (code, _, errors) = dynasty(&[&["backtest"], &args[..], &["--benchmark", "spy"]].concat());
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("an instrument of the data (share), or a file"),
        "{errors}"
    );
}

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
fn a_file_that_is_given_twice_is_refused() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let (code, text, errors) = dynasty(&["backtest", &goog, &goog, "-s", "sma_cross"]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(
        errors.contains("two bars of goog_1d_bars begin at 2004-08-19T13:30:00Z"),
        "{errors}"
    );
}

/// Two hours of EURUSD have more volume than a quantity can say.
#[test]
fn larger_bars_of_a_great_volume_are_made() {
    let eurusd = fixture("market/eurusd_1h_bars.csv.gz");
    let args = ["backtest", &eurusd, "-s", "sma_cross", "--bars", "1d"];
    let (code, _, errors) = dynasty(&args);
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("more volume than can be said"), "{errors}");
    let also = result(&[&eurusd, "-s", "sma_cross", "--also", "1d"]);
    let caution = also["cautions"][0].as_str().unwrap();
    assert!(
        caution.contains("longer bars have more volume"),
        "{caution}"
    );
}

/// 2,148 days are 445 weeks or parts of weeks from Thursday, 1970-01-01, on, in each of which the first end of a bar is
/// noted, and the last bar of all.
#[test]
fn equity_of_bars_is_noted_as_rarely_as_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("equity.csv");
    let file = file.to_str().unwrap();
    let args = ["--strategy", "sma_cross", "--fee", "0.1%", "--equity", file];
    let all = told(&args);
    let daily = std::fs::read_to_string(file).unwrap();
    let weekly = told(&[&args[..], &["--sample", "7d"]].concat());
    let rows = std::fs::read_to_string(file).unwrap();
    let rows: Vec<_> = rows.lines().skip(1).collect();
    assert!((440..=450).contains(&rows.len()), "{}", rows.len());
    // Each is one of the daily ones, the last is the last, and the account is the same.
    assert!(rows.iter().all(|row| daily.contains(row)));
    assert_eq!(daily.lines().last(), rows.last().copied());
    assert_eq!(all["equity"], weekly["equity"]);
    assert_eq!(weekly["metrics"]["periods_per_year"], 52.0);
}

/// Bars that are not moved are the run again, whatever the seed.
#[test]
fn paths_run_the_strategy_again() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let of = |noise: &str| {
        let args = [
            "backtest",
            "monte-carlo",
            &goog,
            "-s",
            "sma_cross",
            "--size",
            "100%",
        ];
        let more = [
            "--method", "paths", "--paths", "4", "--noise", noise, "--format", "json",
        ];
        let (code, text, errors) = dynasty(&[&args[..], &more].concat());
        assert_eq!(code, Some(0), "{errors}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let run = told(&["--strategy", "sma_cross", "--size", "100%"]);
    let expected = run["metrics"]["total_return"]["value"].as_f64().unwrap();
    let still = of("0");
    for end in still["ends"].as_array().unwrap() {
        assert!(
            (end.as_f64().unwrap() - 1.0 - expected).abs() < 1e-9,
            "{end}"
        );
    }
    let moved = of("0.2");
    assert_ne!(moved["ends"][0], moved["ends"][6]);
    assert_eq!(moved, of("0.2"));
}

#[test]
fn tables_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trades, executions, equity) = (path("t.csv"), path("x.csv"), path("e.csv"));
    let result = told(&[
        "--strategy",
        "sma_cross",
        "--symbol",
        "GOOG",
        "--trades",
        &trades,
        "--executions",
        &executions,
        "--equity",
        &equity,
    ]);
    let lines = |path: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (trades, executions, equity) = (lines(&trades), lines(&executions), lines(&equity));
    assert_eq!(
        (trades.len(), executions.len(), equity.len()),
        (33, 66, 2_149)
    );
    assert!(trades[1].starts_with("GOOG,long,1,2004-"), "{}", trades[1]);
    let last = equity[2_148].split(',').nth(1).unwrap();
    assert_eq!(result["equity"], last);
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

#[test]
fn a_file_of_instruments_brings_sessions_and_dividends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("goog.toml");
    let text = r#"
        [[instrument]]
        symbol = "GOOG"
        kind = "equity"
        currency = "USD"
        tick_size = "0.01"
        lot_size = "1"
        order_qty_max = "100000"
        session = "us-equities"

        [[instrument.action]]
        ex = "2008-06-02"
        dividend = "1.25"
    "#;
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let result = told(&["--strategy", "buy_and_hold", "--instrument", file]);
    // Bought at the second open, 101.01, and worth the last close, 806.19.
    assert_eq!(result["equity"], "10706.43");
    assert_eq!(result["counts"]["denied"], 0);
}

#[test]
fn what_is_wrong_is_said_with_what_would_be_accepted() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    for (args, said) in [
        (
            &["--strategy", "sma_crss"][..],
            "no strategy 'sma_crss' (did you mean 'sma_cross'?); accepted: ",
        ),
        (&[], "--strategy is required; accepted: "),
        (
            &["--strategy", "sma_cross", "--cash", "-1"],
            "accepted: an amount above zero",
        ),
        (
            &["--strategy", "sma_cross", "--size", "-1"],
            "a share of equity such as 100%",
        ),
        (
            &["--strategy", "grid"],
            "strategy grid: the data has bars of a day or longer; accepted: quotes or books",
        ),
        (
            &["--strategy", "cointegration"],
            "strategy cointegration: the run has 1 instrument; accepted: 2 instruments",
        ),
        (
            &["--strategy", "sma_cross", "--set", "fast=50"],
            "fast, slow: 50, 30; accepted: fast below slow",
        ),
        (
            &["--strategy", "sma_cross", "--set", "fast=0"],
            "accepted: a whole number from 1 to 1000",
        ),
        (
            &["--strategy", "sma_cross", "--size", "5EUR"],
            "accepted: an amount of the account's currency, USD",
        ),
        (
            &["--strategy", "sma_cross", "--convert", "EUR=x"],
            "accepted: a rate above zero, or an instrument (goog_1d_bars)",
        ),
        (
            &["--strategy", "sma_cross", "--from", "2020-01-01"],
            "accepted: files with at least one row",
        ),
    ] {
        let (code, text, errors) = dynasty(&[&["backtest", &goog], args].concat());
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
        assert!(errors.contains(said), "{errors}");
    }
    // What one kind of simulation has the other refuses.
    let plan = fixture("plans/static-100k.toml");
    for args in [
        &["--plan", &plan, "--method", "shuffle"][..],
        &["--plan", &plan, "--ruin", "10%"],
        &["--horizon", "10"],
        &["--sizes", "1"],
    ] {
        let words = ["backtest", "monte-carlo", &goog, "-s", "sma_cross"];
        let (code, _, errors) = dynasty(&[&words[..], args].concat());
        assert_eq!(code, Some(2), "{args:?}: {errors}");
    }
    let words = [
        "backtest",
        "sweep",
        &goog,
        "-s",
        "sma_cross",
        "--grid",
        "fast=1..9",
    ];
    let (code, _, errors) = dynasty(&[&words[..], &["--evolve", "3"]].concat());
    assert_eq!(code, Some(2));
    assert!(errors.contains("4 runs or more"), "{errors}");
    // Refusals are told in words and units.
    let (_, text, _) = dynasty(&["backtest", &goog, "-s", "sma_cross", "--size", "200%"]);
    assert!(text.contains("buying power: "), "{text}");
    assert!(!text.contains("Money("), "{text}");
    let (_, text, _) = dynasty(&["backtest", &goog, "-s", "sma_cross", "--size", "0.5"]);
    assert!(text.contains("no fill: "), "{text}");
    let (code, text, _) = dynasty(&["strategies", "sma_cross"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("fast") && text.contains("without it 10"));
}

#[test]
fn a_file_is_a_strategy_like_any_other() {
    let cross = fixture("strategies/sma-cross.toml");
    let by_file = told(&["--strategy", &cross, "--fee", "0.1%"]);
    assert_eq!(by_file["equity"], "10743.00841");
    assert_eq!(by_file["counts"]["fills"], 65);

    let others =
        ["pullback", "macd-both-sides"].map(|it| fixture(&format!("strategies/{it}.toml")));
    let (code, text, errors) = dynasty(&["strategies", "check", &cross, &others[0], &others[1]]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(
        text.contains("macd_both_sides: long and short, 4 indicators"),
        "{text}"
    );

    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.toml");
    let text = std::fs::read_to_string(&cross).unwrap();
    std::fs::write(&wrong, text.replace("period = 30", "periods = 30")).unwrap();
    let wrong = wrong.to_str().unwrap();
    let said =
        format!("{wrong}:9: indicators.slow.periods: not known; accepted: indicator, period, of");
    let goog = fixture("market/goog_1d_bars.csv.gz");
    for args in [
        &["strategies", "check", wrong, &cross][..],
        &["backtest", &goog, "--strategy", wrong],
    ] {
        let (code, _, errors) = dynasty(args);
        assert_eq!(code, Some(2), "{args:?}");
        assert!(errors.contains(&said), "{errors}");
    }
}

#[test]
fn a_bar_goes_on_in_the_next_file() {
    use std::fmt::Write as _;

    use marketdata::generator::MinuteBars;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let head = "ts_ns,open,high,low,close,volume\n";
    // The bars of the generator begin 40 seconds after a minute.
    let rows = MinuteBars::new(5).take(6_000).map(|(_, bar)| {
        let mut row = String::new();
        write!(row, "{},", bar.start.0 - 40_000_000_000).unwrap();
        let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close];
        writeln!(row, "{open},{high},{low},{close},{}", bar.volume).unwrap();
        row
    });
    let rows: Vec<String> = rows.collect();
    let write = |name: &str, rows: &[String]| {
        let path = path(name);
        std::fs::write(&path, format!("{head}{}", rows.concat())).unwrap();
        path
    };
    // 3,017 minutes are in the middle of an hour.
    let (whole, first, second) = (
        write("whole.csv", &rows),
        write("first.csv", &rows[..3_017]),
        write("second.csv", &rows[3_017..]),
    );
    let told = |files: &[&str]| {
        let words = [
            "--strategy",
            "sma_cross",
            "--interval",
            "1m",
            "--bars",
            "1h",
            "--symbol",
            "SYN",
        ];
        let more = ["--cash", "1000000", "--fee", "0.01%", "--format", "json"];
        let (code, text, errors) = dynasty(&[&["backtest"], files, &words, &more].concat());
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        let mut result: Value = serde_json::from_str(&text).unwrap();
        result["files"] = Value::Null;
        result
    };
    let uncut = told(&[&whole]);
    // It begins 26 minutes after an hour: 6,026 minutes from an hour on are in 101 hours.
    assert_eq!(uncut["counts"]["bars"], 101);
    assert!(uncut["round_trips"].as_u64().unwrap() > 0);
    assert_eq!(told(&[&first, &second]), uncut);
    assert_eq!(told(&[&second, &first]), uncut);
}

#[test]
fn a_live_journal_is_equal_through_the_loop_of_backtests() {
    let folder = tempfile::tempdir().unwrap();
    let (hash, mut shard, inputs) = demo(folder.path());
    let mut buffer = runtime::EventBuf::default();
    for input in &inputs {
        shard.apply(input, &mut buffer);
    }
    let data = folder.path().to_str().unwrap();
    let words = [
        "backtest",
        "replay",
        data,
        "--account",
        "3",
        "--format",
        "json",
    ];
    let (code, text, errors) = dynasty(&words);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["equal"], true);
    assert_eq!(told["inputs"], inputs.len());
    assert_eq!(told["state_hash"], hash);
    assert_eq!(told["events"], buffer.as_slice().len());
    // What the live run left at its end says the same.
    assert_eq!(told["snapshot"]["equal"], true);
    assert_eq!(told["snapshot"]["state_hash"], hash);
    assert!(told["account"]["round_trips"].as_u64().unwrap() > 5);

    let (code, text, _) = dynasty(&["backtest", "replay", data]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains(&format!("equal: state hash {hash} at the end")),
        "{text}"
    );

    let (code, _, errors) = dynasty(&["backtest", "replay", data, "--account", "9999999"]);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("--account 9999999; accepted: one of the journal's"),
        "{errors}"
    );
    let (code, _, _) = dynasty(&[
        "backtest",
        "replay",
        folder.path().join("none").to_str().unwrap(),
    ]);
    assert_eq!(code, Some(1));

    // A byte of what was durable: it is told, and nothing is called equal.
    let journal = folder.path().join("journal");
    let segments = std::fs::read_dir(&journal).unwrap();
    let mut segments: Vec<_> = segments.map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|it| it == "journal"));
    let mut bytes = std::fs::read(&segments[0]).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&segments[0], bytes).unwrap();
    let (code, text, errors) = dynasty(&["backtest", "replay", data]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(errors.contains("seq"), "{errors}");
}
