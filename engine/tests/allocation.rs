//! Once its buffers have grown, a shard applies inputs without allocating. What makes something known,
//! and the moments at which a competition scores all its entrants at once, are no steady state: its
//! freeze or else its end fills the board and may allocate, once in its life.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use engine::{EventBuf, Limits, Shard};
use rules::{
    Allowance, BoardKind, Competition, Conduct, ContestRules, DailyAnchor, DailyLoss, Gates,
    HoldingAction, HoldingMin, Inactivity, InactivityEffect, Life, MaxLoss, Plan, SizeLimit,
    SizeTier, SizeWeight, Stage, StopTrailing, TrailSource, Window, WindowAction, WindowRule,
};
use types::{
    AccountId, AccountState, AlgoKind, BarPath, Calendar, CancelModel, Codec, Command,
    CompetitionChange, CompetitionId, CurveId, Effect, Event, EventKind, FeeSchedule, FillRule,
    Financing, Funding, Input, InputKind, Instrument, InstrumentId, InstrumentKind,
    InstrumentStatus, Label, Latency, LatencySample, Liquidity, Margin, MarketData, MarketEvent,
    Money, OpenAccount, OrderId, PaperModel, PlanId, PositionMode, Qty, Ratio, Requirement,
    RollSchedule, SelfTrade, ShardId, Side, Sizes, Slippage, Terms, Timer, TimestampNs, TradingDay,
};
use words::{
    Said, Words, algo, amend_price, amend_qty, amend_trigger, announce, bar, bracket, buy, cancel,
    cancel_all, cover, delta, depth, disconnect, market, oco, oto, print, quote, resume, sell,
    status, suspend,
};

#[path = "it/words.rs"]
#[expect(dead_code, reason = "not every word is in this story")]
mod words;

mod world {
    pub(crate) fn price(text: &str) -> types::Price {
        text.parse().unwrap()
    }
}

const ACCOUNTS: u32 = 20;
const ROUNDS: i32 = 100;
const SECOND: u64 = 1_000_000_000;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("UTC"),
        minute: 0,
    }
}

fn instrument(liquidity: Liquidity) -> Instrument {
    let requirement = Requirement {
        rate: Ratio::percent(1),
        per_unit: Money(1),
    };
    Instrument {
        symbol: label("SHARE"),
        kind: InstrumentKind::Equity,
        currency: label("USD"),
        tick_size: world::price("0.01"),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000),
        fees: FeeSchedule {
            taker: Ratio(100_000),
            maker: Ratio(-50_000),
            per_unit: Money::ZERO,
            minimum: Money(10),
        },
        margin: Margin {
            initial: requirement,
            maintenance: requirement,
        },
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity,
    }
}

fn paper(fill: FillRule, sizes: Sizes) -> Instrument {
    instrument(Liquidity::Paper(PaperModel {
        fill,
        sizes,
        slippage: Slippage::Impact { ticks: 1 },
        bars: BarPath::Walked,
        latency: Latency::None,
    }))
}

fn far_away() -> Instrument {
    instrument(Liquidity::Paper(PaperModel {
        latency: Latency::Constant(LatencySample {
            order_ns: 2,
            ack_ns: 1,
        }),
        ..PaperModel::default()
    }))
}

fn plan(initial: i64, terms: Terms) -> Plan {
    Plan {
        name: label("plan"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(initial),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: schedule(),
        stage: Stage::Funded,
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::IntradayPeak,
            allowance: Allowance::Fixed(Money::whole(5)),
            effect: Effect::LockForDay,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        max_loss: Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::OfInitial(Ratio::percent(90)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms,
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

/// A plan that locks nobody out.
fn free() -> Plan {
    Plan {
        daily_loss: None,
        ..plan(100_000_000, Terms::default())
    }
}

/// Finds out on a shard of its own what ids its orders get; keeps what it said.
struct Scout {
    shard: Shard,
    events: EventBuf,
    inputs: Vec<Input>,
    facts: Vec<Event>,
    day: i32,
}

impl Scout {
    fn new(instrument: Instrument, plan: &Plan) -> Self {
        let limits = Limits {
            client_orders_max: 64,
            account_orders_per_second_max: 0,
            ..Limits::default()
        };
        let mut scout = Self {
            shard: Shard::new(ShardId(0), limits),
            events: EventBuf::default(),
            inputs: Vec::new(),
            facts: Vec::new(),
            day: 0,
        };
        scout.say(Command::RegisterInstrument(Box::new(instrument)));
        scout.say(Command::DefinePlan {
            spec: plan.to_bytes().into(),
        });
        scout.say(Command::DefineCurve {
            weights: vec![1, 2, 3],
        });
        for _ in 0..ACCOUNTS {
            scout.say(Command::OpenAccount(OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: label("trader"),
            }));
        }
        scout
    }

    /// Says something; returns the first order that it made.
    fn say(&mut self, said: impl Said) -> u64 {
        self.say_at(self.now() + 1, said)
    }

    fn say_at(&mut self, ns: u64, said: impl Said) -> u64 {
        let seq = self.shard.seq().next();
        let input = Input {
            seq,
            ts: TimestampNs(ns),
            kind: said.input(),
        };
        self.events.clear();
        self.shard.apply(&input, &mut self.events);
        self.facts.extend_from_slice(self.events.as_slice());
        self.inputs.push(input);
        let accepted =
            self.events
                .as_slice()
                .iter()
                .find_map(|event| match event.kind {
                    EventKind::OrderAccepted { order, .. }
                    | EventKind::AlgoAccepted { order, .. } => Some(order),
                    _ => None,
                });
        accepted.unwrap_or(OrderId(0)).0
    }

    fn roll(&mut self) {
        self.day += 1;
        let day = TradingDay(self.day);
        self.say(Timer::DayRoll {
            schedule: schedule(),
            day,
        });
    }

    fn now(&self) -> u64 {
        self.shard.ts().0
    }

    /// Lets so many seconds go by.
    fn wait(&mut self, seconds: u64) {
        self.say_at(self.now() + seconds * SECOND, Timer::Clock);
    }
}

/// Lets the story be told twice, and measures the second time on a shard that has heard the first.
fn measure(mut scout: Scout, mut lap: impl FnMut(&mut Scout, u32), expected: &[&str]) {
    let limits = Limits {
        client_orders_max: 64,
        account_orders_per_second_max: 0,
        ..Limits::default()
    };
    for round in 0..ROUNDS as u32 {
        lap(&mut scout, round % ACCOUNTS);
    }
    let warm_up = scout.inputs.len();
    scout.facts.clear();
    for round in 0..ROUNDS as u32 {
        lap(&mut scout, round % ACCOUNTS);
    }
    let mut shard = Shard::new(ShardId(0), limits);
    let mut events = EventBuf::default();
    let mut apply = |inputs: &[Input]| {
        let mut facts = 0;
        for input in inputs {
            events.clear();
            shard.apply(input, &mut events);
            facts += events.len();
        }
        facts
    };
    apply(&scout.inputs[..warm_up]);
    let mut allocating = Vec::with_capacity(scout.inputs.len());
    let mut facts = 0;
    for input in &scout.inputs[warm_up..] {
        let count = allocation_counter::measure(|| facts += apply(std::slice::from_ref(input)));
        if (count.count_total, count.bytes_total) != (0, 0) {
            allocating.push((count.bytes_total, input.clone()));
        }
    }
    assert!(
        allocating.is_empty(),
        "{} of {} inputs: {:#?}",
        allocating.len(),
        scout.inputs.len() - warm_up,
        &allocating[..allocating.len().min(5)]
    );
    assert_eq!(
        (facts, shard.state_hash()),
        (scout.facts.len(), scout.shard.state_hash())
    );
    // Something must have happened, of each kind once in a round.
    for name in expected {
        let told = scout
            .facts
            .iter()
            .filter(|fact| format!("{:?}", fact.kind).contains(name));
        let count = told.count();
        assert!(count >= ROUNDS as usize / 2, "{count} facts of {name}");
    }
}

/// Quotes, orders that fill, rest, are amended, cancelled and triggered, breaches that lock and
/// liquidate, and rolls.
#[test]
fn a_warm_shard_does_not_allocate() {
    let plan = plan(1_000_000, Terms::default());
    let mut scout = Scout::new(paper(FillRule::Touch, Sizes::Unlimited), &plan);
    scout.say(quote("100", "100.01"));
    let mut client = 0;
    measure(
        scout,
        |scout, account| {
            client += 1;
            scout.say(buy(account, 3).day().client(client));
            scout.say(buy(account, 3).at("99.90").day());
            scout.say(sell(account, 3).stop("99").day());
            let cancelled = scout.say(sell(account, 3).at("105").day());
            scout.say(quote("100.02", "100.03"));
            scout.say(amend_price(account, cancelled, "106"));
            scout.say(cancel(account, cancelled));
            scout.say(quote("99.80", "99.81"));
            scout.say(quote("97", "97.01"));
            scout.say(quote("100", "100.01"));
            scout.roll();
        },
        &[
            "OrderTriggered",
            "OrderAmended",
            "Requested",
            "Breach(",
            "DayLocked",
            "DayRolled",
        ],
    );
}

#[test]
fn a_warm_book_does_not_allocate() {
    let plan = free();
    let mut scout = Scout::new(instrument(Liquidity::Crossed), &plan);
    scout.say(sell(0, 1).at("100"));
    scout.say(buy(1, 1));
    measure(
        scout,
        book_lap,
        &[
            "SelfTrade",
            "Sibling",
            "OrderTriggered",
            "OrderActivated",
            "Uncrossed",
            "AuctionOver",
            "NotFillable",
            "NotReducing",
            "Booked",
            "Requested",
            "Expired",
            "AlgoEnded",
            "Mandatory",
        ],
    );
}

fn book_lap(scout: &mut Scout, account: u32) {
    let [one, two, three] = [1, 2, 3].map(|next| (account + next) % ACCOUNTS);
    // Add, amend, cancel.
    for step in 0..5 {
        let far = ["90", "91.5", "92", "94.25", "60"][step];
        let order = scout.say(buy(account, 5).at(far));
        scout.say(amend_qty(account, order, 3));
        scout.say(amend_price(account, order, "80"));
        scout.say(cancel(account, order));
    }
    // Cross, with an iceberg in the way.
    scout.say(sell(one, 12).at("101").show(3));
    scout.say(sell(two, 4).at("101"));
    scout.say(buy(three, 9).at("102"));
    scout.say(buy(three, 30).at("101").ioc());
    scout.say(buy(three, 30).fok());
    // Oneself.
    for mode in [
        SelfTrade::CancelOldest,
        SelfTrade::Decrement,
        SelfTrade::CancelBoth,
    ] {
        scout.say(sell(one, 5).at("103"));
        scout.say(buy(one, 6).at("103").against_itself(mode));
        scout.say(cancel_all(one));
    }
    // One cancels the other, one triggers the other, brackets and covers.
    scout.say(oco(&[sell(one, 5).at("101"), sell(one, 5).at("102")]));
    scout.say(buy(two, 6));
    scout.say(sell(three, 9).at("100"));
    scout.say(bracket(&[
        buy(one, 5).at("100"),
        sell(one, 5).at("102"),
        sell(one, 5).stop("90"),
    ]));
    scout.say(buy(two, 7).at("102"));
    scout.say(oto(&[sell(one, 2).at("102"), buy(one, 2).at("70")]));
    scout.say(buy(two, 2).at("102"));
    let stop = scout.say(cover([buy(two, 3).at("95"), sell(two, 3).stop("90")])) + 1;
    scout.say(cancel(two, stop));
    scout.say(cancel_all(two));
    scout.say(disconnect(two));
    scout.say(cancel_all(one));
    scout.say(cancel_all(three));
    // Stops that set each other off.
    for step in 0..4 {
        let (bid, stop) = (
            ["99", "98", "97", "96"][step],
            ["99", "98", "97", "50"][step],
        );
        scout.say(buy(one, 2).at(bid));
        scout.say(sell(two, 2).stop(stop).on_last());
    }
    scout.say(sell(two, 1).trail("0.5"));
    let stop = scout.say(sell(two, 1).stop("51"));
    scout.say(amend_trigger(two, stop, "52"));
    scout.say(sell(three, 2));
    for account in [one, two, three] {
        scout.say(cancel_all(account));
    }
    // Reducing, expiring, algos.
    scout.say(buy(one, 1).at("99"));
    scout.say(sell(three, 1));
    scout.say(buy(one, 500).at("99"));
    scout.say(buy(three, 500).reduce_only());
    scout.say(sell(account, 3).at("99"));
    scout.say(sell(one, 500).at("99.50").until(scout.now() + 3));
    scout.say(buy(two, 900).reduce_only());
    scout.say(sell(two, 400).reduce_only());
    let now = scout.now();
    let twap = AlgoKind::Twap { slices: 3 };
    scout.say(algo(two, Side::Buy, 6, twap, (now, now + 6)));
    let curve = CurveId(0);
    scout.say(algo(
        two,
        Side::Sell,
        6,
        AlgoKind::Vwap { curve },
        (now, now + 6),
    ));
    let rate = Ratio::percent(50);
    scout.say(algo(
        three,
        Side::Buy,
        50,
        AlgoKind::Pov { rate },
        (now, now + 9),
    ));
    for _ in 0..6 {
        scout.say(sell(one, 3).at("100"));
        scout.say(buy(account, 2).at("100"));
    }
    scout.say(cancel_all(one));
    // An auction.
    scout.say(status(InstrumentStatus::PreOpen));
    scout.say(buy(one, 5).at("101"));
    scout.say(sell(two, 5).at("100"));
    scout.say(buy(three, 5).at_open());
    scout.say(sell(account, 2).at("99").at_open());
    scout.say(sell(account, 2).at("109").at_open());
    scout.say(status(InstrumentStatus::Open));
    scout.say(market(MarketData::Dividend {
        per_unit: Money(1_000),
    }));
    scout.say(market(MarketData::Financing(Financing {
        long: Ratio(-10),
        short: Ratio(10),
        price: world::price("100"),
    })));
    for account in [account, one, two, three] {
        scout.say(cancel_all(account));
    }
    scout.roll();
}

#[test]
fn a_warm_outside_market_does_not_allocate() {
    let plan = free();
    for (fill, sizes) in [
        (FillRule::Through, Sizes::Displayed),
        (FillRule::Queue(CancelModel::Power(3)), Sizes::Displayed),
        (FillRule::Touch, Sizes::Unlimited),
    ] {
        let mut scout = Scout::new(paper(fill, sizes), &plan);
        scout.say(quote("100", "100.05"));
        measure(
            scout,
            outside_lap,
            &[
                "OrderTriggered",
                "OrderActivated",
                "Sibling",
                "model: Bar",
                "AlgoEnded",
                "AuctionOver",
            ],
        );
    }
}

fn outside_lap(scout: &mut Scout, account: u32) {
    let [one, two, three] = [1, 2, 3].map(|next| (account + next) % ACCOUNTS);
    scout.say(depth(
        &[("100", 5), ("99.99", 9), ("99.90", 20)],
        &[("100.05", 4), ("100.06", 7), ("100.10", 30)],
    ));
    for trader in [account, one, two, three] {
        scout.say(buy(trader, 6));
        scout.say(sell(trader, 8).at("100"));
        scout.say(buy(trader, 3).at("99.95"));
        scout.say(sell(trader, 3).stop("99.50"));
        scout.say(sell(trader, 3).trail("0.70"));
        scout.say(buy(trader, 3).stop("100.70").on_last());
    }
    scout.say(bracket(&[
        buy(one, 2),
        sell(one, 2).at("100.90"),
        sell(one, 2).stop("99.60"),
    ]));
    scout.say(oco(&[buy(two, 2).at("99.80"), buy(two, 2).stop("101")]));
    scout.say(delta(
        &[("100", 3), ("99.98", 4)],
        &[("100.05", 0), ("100.07", 3)],
    ));
    scout.say(print("99.95", 10));
    scout.say(print("99.94", 10));
    scout.say(delta(&[("100", 0), ("99.99", 1)], &[("100.04", 3)]));
    scout.say(print("100.70", 4));
    let now = scout.now();
    let twap = AlgoKind::Twap { slices: 3 };
    scout.say(algo(two, Side::Buy, 6, twap, (now, now + 6)));
    let rate = Ratio::percent(50);
    scout.say(algo(
        three,
        Side::Sell,
        9,
        AlgoKind::Pov { rate },
        (now, now + 9),
    ));
    for _ in 0..10 {
        scout.say(print("100.03", 3));
    }
    scout.say(bar(["100", "100.80", "99", "100.20"]));
    scout.say(status(InstrumentStatus::Closed));
    scout.say(buy(one, 5).at_open());
    scout.say(buy(one, 5).at("90").at_open());
    scout.say(status(InstrumentStatus::Open));
    scout.say(quote("99.90", "100.02"));
    for trader in [account, one, two, three] {
        scout.say(cancel_all(trader));
    }
    scout.roll();
}

#[test]
fn warm_flights_do_not_allocate() {
    let plan = free();
    let mut scout = Scout::new(far_away(), &plan);
    scout.say(quote("100", "100.05"));
    measure(
        scout,
        |scout, account| {
            scout.say(buy(account, 5));
            let order = scout.say(buy(account, 5).at("99"));
            let until = scout.now() + 2;
            scout.say(buy(account, 5).at("99").until(until));
            scout.say(quote("100.01", "100.05"));
            scout.say(amend_price(account, order, "98"));
            scout.say(quote("100", "100.05"));
            scout.say(cancel(account, order));
            scout.say(quote("100.01", "100.05"));
            scout.say(quote("100", "100.05"));
            scout.say(cancel_all(account));
        },
        &["OrderAmended", "Requested", "Expired", "model: Touch"],
    );
}

#[test]
fn warm_accounts_on_margin_with_two_legs_do_not_allocate() {
    let terms = Terms {
        mode: PositionMode::Hedging,
        funding: Funding::Margin {
            rate_min: Ratio::percent(1),
        },
        shorts: true,
        mark: types::MarkKind::Liquidation,
    };
    let mut rules = plan(1_000, terms);
    rules.daily_loss = None;
    rules.max_loss = None;
    let mut scout = Scout::new(paper(FillRule::Touch, Sizes::Unlimited), &rules);
    scout.say(quote("100", "100"));
    measure(
        scout,
        |scout, account| {
            // What was lost comes back from outside, so that the next lap is the same.
            scout.say(quote("100", "100"));
            scout.say(buy(account, 500).leg(types::Leg::Long));
            scout.say(sell(account, 10).leg(types::Leg::Short));
            scout.say(sell(account, 10).at("120").leg(types::Leg::Short));
            scout.say(buy(account, 5_000).leg(types::Leg::Long));
            scout.say(quote("98.40", "98.40"));
            scout.say(quote("98.10", "98.10"));
            let row = scout.shard.account_row(AccountId(account)).unwrap();
            scout.say(Command::Adjust {
                account: AccountId(account),
                kind: types::AdjustKind::ProfitAndLoss,
                amount: Money(1_000_000_000 - row.balance.0),
            });
        },
        &["MarginCall {", "cause: MarginCall", "Adjusted"],
    );
}

fn window(before_s: u32, action: WindowAction) -> WindowRule {
    WindowRule {
        calendar: Calendar::Named(label("NEWS")),
        before_s,
        after_s: 0,
        action,
        symbols: Vec::new(),
    }
}

/// Every rule of conduct at once, and a limit that only warns.
fn strict() -> Plan {
    let tier = |from, max| SizeTier {
        profit_from: Money::whole(from),
        max: Qty::whole(max),
    };
    Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(Money::whole(50)),
            effect: Effect::Warn,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        conduct: Conduct {
            size: Some(SizeLimit {
                weights: vec![SizeWeight {
                    symbol: label("SHARE"),
                    weight: Ratio::percent(50),
                }],
                tiers: vec![tier(-1_000_000, 100), tier(1_000_000, 200)],
            }),
            windows: vec![
                window(0, WindowAction::ExcludeProfit),
                window(0, WindowAction::ForceFlat),
                window(5, WindowAction::BlockOpening),
                window(1, WindowAction::BlockAll),
            ],
            holding_min: Some(HoldingMin {
                seconds: 60,
                action: HoldingAction::Warn,
            }),
            orders_per_day_max: Some(1_000),
            trades_per_day_max: Some(1_000),
            inactivity: Some(Inactivity {
                days: 5,
                effect: InactivityEffect::Suspend,
            }),
            warn_at: Some(Ratio::percent(50)),
        },
        ..plan(1_000_000, Terms::default())
    }
}

#[test]
fn a_warm_shard_with_rules_of_conduct_does_not_allocate() {
    let mut scout = Scout::new(paper(FillRule::Touch, Sizes::Unlimited), &strict());
    scout.say(quote("100", "100.01"));
    measure(
        scout,
        strict_lap,
        &[
            "WindowAnnounced",
            "WindowOpened",
            "WindowClosed",
            "cause: Window",
            "reason: Window",
            "ProfitExcluded",
            "HeldTooShort",
            "SizeMax",
            "Conduct(Window",
            "LimitWarned",
            "effect: Warn",
            "Suspended {",
            "cause: AccountEnded",
            "to: Funded",
            "Inactive",
        ],
    );
}

fn strict_lap(scout: &mut Scout, account: u32) {
    // Idle accounts are suspended a few rolls after they came back.
    if scout.shard.account_state(AccountId(account)) == Some(AccountState::Suspended) {
        scout.say(resume(account));
    }
    let now = scout.now();
    let [start, end] = [10, 20].map(|seconds| now + seconds * SECOND);
    scout.say(announce("NEWS", start, end));
    scout.say(announce("NEWS", start, end));
    scout.say(buy(account, 100));
    scout.say(buy(account, 101).at("99"));
    let order = scout.say(buy(account, 99).at("90"));
    scout.say(amend_qty(account, order, 101));
    scout.say(sell(account, 10));
    scout.say(bracket(&[
        buy(account, 1).at("91"),
        sell(account, 1).at("109"),
        sell(account, 1).stop("80"),
    ]));
    let now = scout.now();
    let twap = AlgoKind::Twap { slices: 3 };
    scout.say(algo(account, Side::Sell, 6, twap, (now, now + 90 * SECOND)));
    // 30 of 50 lost, then 60; then a profit.
    scout.say(quote("99.70", "99.71"));
    scout.say(quote("99.30", "99.31"));
    scout.say(quote("100.50", "100.51"));
    scout.wait(6);
    scout.say(buy(account, 1));
    scout.wait(5);
    scout.say(buy(account, 1).reduce_only());
    scout.wait(10);
    scout.say(quote("100", "100.01"));
    scout.say(buy(account, 2));
    let until = scout.now() + 2 * SECOND;
    scout.say(suspend(account, Some(until)));
    scout.wait(2);
    scout.say(buy(account, 2));
    scout.say(sell(account, 2));
    scout.roll();
    // A week later the interval is forgotten.
    scout.wait(700_000);
}

/// A competition of all accounts, with or without a window.
fn compete(scout: &mut Scout, contest: ContestRules) {
    let competition = Competition {
        name: label("cup"),
        kind: BoardKind::Paper,
        weights: Competition::standard_weights(),
        loss_limit: Competition::standard_loss_limit(),
        gates: Gates {
            active_days: 0,
            round_turns: 0,
        },
        days: rules::TradingDays::default(),
        schedule: schedule(),
        contest,
    };
    scout.say(Command::DefineCompetition {
        spec: competition.to_bytes().into(),
    });
    for account in 0..ACCOUNTS {
        scout.say(Command::EnterCompetition {
            competition: CompetitionId(0),
            account: AccountId(account),
            team: None,
        });
    }
}

fn compete_lap(scout: &mut Scout, account: u32) {
    scout.say(buy(account, 3));
    scout.say(quote("100.10", "100.11"));
    scout.say(sell(account, 5));
    scout.say(quote("99.90", "99.91"));
    scout.say(buy(account, 2));
    scout.say(quote("100", "100.01"));
    scout.roll();
}

#[test]
fn warm_entrants_of_a_competition_do_not_allocate() {
    let mut scout = Scout::new(paper(FillRule::Touch, Sizes::Unlimited), &free());
    compete(&mut scout, ContestRules::default());
    scout.say(quote("100", "100.01"));
    measure(scout, compete_lap, &["DayRolled", "model: Touch"]);
}

/// The facts of the inputs that allocated, of those from `warm_up` on.
fn allocating(scout: &Scout, warm_up: usize) -> Vec<String> {
    let limits = Limits {
        client_orders_max: 64,
        account_orders_per_second_max: 0,
        ..Limits::default()
    };
    let mut shard = Shard::new(ShardId(0), limits);
    let mut events = EventBuf::default();
    let mut facts = Vec::new();
    for (index, input) in scout.inputs.iter().enumerate() {
        events.clear();
        let count = allocation_counter::measure(|| shard.apply(input, &mut events));
        if index >= warm_up && count.count_total != 0 {
            let told = events.as_slice().iter().map(|event| &event.kind);
            facts.extend(told.map(|kind| format!("{kind:?}")));
        }
    }
    facts
}

/// The start does not, the freeze does, and then the end finds a board that is full already.
#[test]
fn a_competition_allocates_once_when_its_board_freezes() {
    let mut scout = Scout::new(paper(FillRule::Touch, Sizes::Unlimited), &free());
    // The clock ticks a nanosecond with each input: these are far apart.
    let [start, freeze, end] = [1_000_000, 2_000_000, 1_002_000_000].map(TimestampNs);
    let rules = ContestRules {
        window: Some(Window { start, end }),
        freeze_s: 1,
        ..ContestRules::default()
    };
    compete(&mut scout, rules);
    scout.say(quote("100", "100.01"));
    let laps = |scout: &mut Scout| {
        (0..ROUNDS as u32).for_each(|round| compete_lap(scout, round % ACCOUNTS));
    };
    laps(&mut scout);
    let warm_up = scout.inputs.len();
    for moment in [start, freeze, end] {
        scout.say_at(moment.0, Timer::Clock);
        laps(&mut scout);
    }
    let turns = scout.facts.iter().filter(|fact| {
        matches!(
            fact.kind,
            EventKind::CompetitionChanged { .. } | EventKind::BoardFrozen { .. }
        )
    });
    assert_eq!(turns.count(), 3);
    assert_eq!(
        allocating(&scout, warm_up),
        ["BoardFrozen { competition: CompetitionId(0) }"]
    );
}

#[test]
fn a_competition_without_a_freeze_allocates_once_when_it_ends() {
    let mut scout = Scout::new(paper(FillRule::Touch, Sizes::Unlimited), &free());
    compete(&mut scout, ContestRules::default());
    scout.say(quote("100", "100.01"));
    let laps = |scout: &mut Scout| {
        (0..ROUNDS as u32).for_each(|round| compete_lap(scout, round % ACCOUNTS));
    };
    laps(&mut scout);
    let warm_up = scout.inputs.len();
    scout.say(Command::ChangeCompetition {
        competition: CompetitionId(0),
        change: CompetitionChange::End,
    });
    laps(&mut scout);
    assert_eq!(
        allocating(&scout, warm_up),
        ["CompetitionChanged { competition: CompetitionId(0), state: InReview }"]
    );
}

/// The inputs of the definitions are of no interest here, but their types are.
#[test]
fn an_unknown_instrument_does_not_allocate() {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut events = EventBuf::default();
    let input = |seq| Input {
        seq: types::Seq(seq),
        ts: TimestampNs(seq),
        kind: InputKind::Market(MarketEvent {
            instrument: InstrumentId(9),
            ts_event: TimestampNs(0),
            data: MarketData::Status(InstrumentStatus::Open),
        }),
    };
    let [first, second] = [input(1), input(2)];
    shard.apply(&first, &mut events);
    events.clear();
    let count = allocation_counter::measure(|| shard.apply(&second, &mut events));
    assert_eq!((count.count_total, events.len()), (0, 1));
}
