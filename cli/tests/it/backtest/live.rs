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
use serde_json::Value;
use types::{
    AccountId, Command, Event, EventKind, Fill, Input, InputKind, Instrument, MarketEvent, Money,
    OrderId, Seq, ShardId, Side, TimestampNs,
};

use super::dynasty;

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
