//! A floor is fixed at the start of an input: whatever the input shows on its way, every test is made against
//! the floors as they stood before it, and they move once, when it is over.

use std::collections::BTreeMap;

use engine::naive::Naive;
use engine::{EventBuf, Limits, Shard};
use proptest::prelude::*;
use rules::{
    Allowance, Conduct, ContestRules, DailyAnchor, DailyLoss, MaxLoss, Plan, Stage, StopTrailing,
    TrailSource,
};
use types::{
    AccountChange, AccountId, AccountState, AdjustKind, Bar, BarPath, Codec, Command,
    CompetitionId, DenyReason, Effect, EventKind, FloorMoveCause, Funding, Input, InputKind,
    Instrument, InstrumentId, Latency, LatencySample, Leg, Margin, MarketData, Money, NewOrder,
    OrderKind, PaperModel, PositionMode, Price, Qty, Quote, Ratio, Requirement, RuleKind, Seq,
    ShardId, Side, SuspendReason, Terms, TimeInForce, Timer, TimestampNs, TradingDay, TriggerOn,
};

use crate::contest::cup;
use crate::words::{Of, Words, bar, buy, market, quote, sell};
use crate::world::{ACCOUNT, SECOND, World, crossed, define, money, open, paper, plan, schedule};

const WALKED: PaperModel = PaperModel {
    fill: types::FillRule::Touch,
    sizes: types::Sizes::Unlimited,
    slippage: types::Slippage::None,
    latency: Latency::None,
    bars: BarPath::Walked,
};

fn trailing(trail: TrailSource, allowance: &str) -> MaxLoss {
    MaxLoss {
        trail,
        allowance: Allowance::Fixed(money(allowance)),
        stop: StopTrailing::Never,
        effect: Effect::Fail,
        touch_is_breach: true,
    }
}

/// 1,000 with a live trailing maximum loss of 100 that a touch breaks.
fn tight() -> Plan {
    Plan {
        stage: Stage::Funded,
        max_loss: Some(trailing(TrailSource::TickEquity, "100")),
        ..plan("1000")
    }
}

/// An account that bought 10 at 1,000 in an instrument whose bars are walked.
fn charted(plan: &Plan, accounts: u32) -> World {
    let instruments = [paper(WALKED)];
    let mut world = World::limited(Limits::default(), &instruments, plan, accounts);
    world.tell(quote("1000", "1000"));
    for account in 0..accounts {
        world.tell(buy(account, 10));
    }
    world
}

fn floor(world: &World) -> Money {
    let view = world.shard.account_view(ACCOUNT).unwrap();
    view.limits[0].limit.floor
}

/// The highest of the bar is equity of 1,080, its lowest 910: above 900, where the floor stood before it.
#[test]
fn a_bar_does_not_raise_the_floor_that_it_is_held_to() {
    let mut world = charted(&tight(), 1);
    assert_eq!(world.tell(bar(["1000", "1008", "991", "1000"])), [""; 0]);
    assert_eq!(floor(&world), money("980"));
    // Equity of 981, then 980.
    assert_eq!(world.tell(bar(["999", "999.0", "999", "999"])), [""; 0]);
    let told = world.tell(bar(["998", "998", "998", "998"]));
    assert_eq!(told[..2], ["FloorMoved", "account 0 breach MaxLoss"]);
    world.agrees();
}

/// As above, but the account has its turn on the way: at 1,008 it sells 1 at 1,005, which leaves a peak of
/// 1,005 + 9 x 8 = 1,077. The lowest is equity of 1,005 - 9 x 9 = 924, the close 1,005 - 9 x 5 = 960.
#[test]
fn a_fill_on_the_way_of_a_bar_does_not_move_the_floor_either() {
    let mut world = charted(&tight(), 1);
    world.tell(sell(0, 1).at("1005"));
    assert_eq!(
        world.tell(bar(["1000", "1008", "991", "995"])),
        ["#2 sells 1 at 1005 (Bar, maker)", "FloorMoved"]
    );
    assert_eq!(
        (floor(&world), world.equity(0)),
        (money("977"), "960".into())
    );
    assert_eq!(world.tell(Timer::Clock)[0], "account 0 breach MaxLoss");
    assert_eq!(world.tell(quote("995", "995")), [""; 0]);
    world.agrees();
}

/// Equity of 950 at the close is below the floor of 980 that the bar's highest brought. The next input judges the account
/// before anything else, whatever it is: a clock, a quote of what it does not hold, the very quote that there is, a better
/// one that would take it to 1,000, an order of its own or of somebody else, a booking that would help it, a roll.
#[test]
fn who_ends_an_input_below_the_floor_that_it_raised_is_judged_by_the_next_one() {
    let day = TradingDay(2);
    let booking = Command::Adjust {
        account: ACCOUNT,
        kind: AdjustKind::ProfitAndLoss,
        amount: money("500"),
    };
    let roll = Timer::DayRoll {
        schedule: schedule(),
        day,
    };
    let nexts = [
        InputKind::Timer(Timer::Clock),
        InputKind::Timer(roll),
        InputKind::Market(quote("50", "50").of(1)),
        InputKind::Market(quote("995", "995")),
        InputKind::Market(quote("1000", "1000")),
        InputKind::Command(booking),
        InputKind::Command(Command::SubmitOrder(buy(0, 1).at("1"))),
        InputKind::Command(Command::SubmitOrder(buy(1, 1))),
        InputKind::Command(Command::SubmitOrder(buy(7, 1))),
        InputKind::Command(define(&plan("1"))),
    ];
    for next in nexts {
        let mut world = charted(&tight(), 1);
        world.command(open(0));
        world.command(Command::RegisterInstrument(Box::new(paper(WALKED))));
        assert_eq!(world.tell(bar(["1000", "1008", "991", "995"])), [""; 0]);
        assert_eq!(
            (floor(&world), world.equity(0)),
            (money("980"), "950".into())
        );
        // What is asked about it until then is answered so.
        let view = world.shard.account_view(ACCOUNT).unwrap();
        assert_eq!(
            (view.row.state, view.next_roll),
            (AccountState::Funded, None)
        );
        let told = world.shard.what_if(&buy(0, 1)).unwrap();
        assert_eq!(told.denied, Some(DenyReason::AccountNotTrading));
        let mut restored = World::of(Shard::restore(&world.snapshot()).unwrap());
        assert_eq!(restored.shard.state_hash(), world.shard.state_hash());
        let facts = world.apply(next.clone());
        assert_eq!(facts, restored.apply(next));
        let [EventKind::FloorMoved(moved), EventKind::Breach(breach), ..] = facts[..] else {
            panic!("{facts:?}");
        };
        assert_eq!(moved.floor, money("980"));
        assert_eq!(
            (breach.floor, breach.equity.to_money_floor()),
            (money("980"), money("950"))
        );
        assert_eq!(world.shard.state_hash(), restored.shard.state_hash());
        world.agrees();
    }
}

/// One order rests as a bid of 106, which makes account 0 worth 1,060; account 1, long 10 at 100 and short 20
/// at 99, is worth 1,000 + 60 - 180 = 880 then and closed. That takes the bids down to 96, where account 0 is
/// worth 960: more than 950, where its floor stood before the order, and less than 1,010, where it stands after.
#[test]
fn a_book_that_is_moved_away_and_back_does_not_raise_the_floor_that_it_breaks() {
    let trails = Plan {
        max_loss: Some(MaxLoss {
            touch_is_breach: false,
            ..trailing(TrailSource::TickEquity, "50")
        }),
        ..plan("1000")
    };
    let hedges = Plan {
        max_loss: Some(trailing(TrailSource::None, "110")),
        terms: Terms {
            mode: PositionMode::Hedging,
            ..Terms::default()
        },
        ..plan("1000")
    };
    let mut world = World::limited(Limits::default(), &[crossed()], &trails, 1);
    world.command(define(&hedges));
    world.command(define(&plan("1000000")));
    for plan in [1, 2, 2] {
        world.command(open(plan));
    }
    world.tell_all([
        sell(2, 20).at("100"),
        buy(0, 10).at("100"),
        buy(1, 10).at("100").leg(Leg::Long),
        buy(2, 20).at("99"),
        sell(1, 20).at("99").leg(Leg::Short),
        buy(2, 100).at("96"),
        sell(2, 1).at("101"),
        sell(2, 100).at("108"),
    ]);
    let told = world.tell(buy(3, 6).at("106"));
    let verdicts = |told: &[String]| -> Vec<String> {
        let verdicts = told.iter().filter(|told| told.contains("breach"));
        verdicts.cloned().collect()
    };
    assert_eq!(verdicts(&told), ["account 1 breach MaxLoss"]);
    assert_eq!(
        (floor(&world), world.equity(0)),
        (money("1010"), "960".into())
    );
    // The next input judges it before anything else.
    let told = world.tell(buy(2, 1).at("97"));
    assert_eq!(told[..2], ["FloorMoved", "account 0 breach MaxLoss"]);
    world.agrees();
}

/// What arrives by the time of an input is filled before the input, and what it shows is the input's own.
#[test]
fn what_is_due_before_an_input_does_not_raise_its_floor() {
    let latency = Latency::Constant(LatencySample {
        order_ns: 500_000_000,
        ack_ns: 0,
    });
    let model = PaperModel { latency, ..WALKED };
    let plan = Plan {
        max_loss: Some(trailing(TrailSource::ClosedBalance, "100")),
        ..tight()
    };
    let mut world = World::with(&[paper(model)], &plan);
    world.tell(quote("1000", "1000"));
    world.tell(buy(0, 10));
    world.tell(quote("1006", "1006"));
    // Sells 5 at 1,006 when it arrives: a balance of 1,030. The quote leaves 1,030 - 5 x 24 = 910 for the rest.
    world.tell(sell(0, 5));
    let told = world.tell(quote("976", "976"));
    assert_eq!(told, ["#2 sells 5 at 1006 (Touch)", "FloorMoved"]);
    assert_eq!(
        (floor(&world), world.equity(0)),
        (money("930"), "910".into())
    );
    let told = world.tell(quote("976", "976"));
    assert_eq!(told[0], "account 0 breach MaxLoss");
    world.agrees();
}

/// A trailing move belongs to the day, and to the life, in which it happened.
#[test]
fn a_move_that_was_not_told_is_told_before_a_roll_a_suspension_and_a_booking() {
    let plan = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::IntradayPeak,
            allowance: Allowance::Fixed(money("90")),
            effect: Effect::LockForDay,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        ..tight()
    };
    let moved = |events: &[EventKind]| -> Vec<(RuleKind, String, FloorMoveCause)> {
        let moves = events.iter().filter_map(|event| match event {
            EventKind::FloorMoved(moved) => Some(moved),
            _ => None,
        });
        moves
            .map(|moved| (moved.rule, moved.floor.to_string(), moved.cause))
            .collect()
    };
    let peak = || {
        let mut world = charted(&plan, 1);
        assert_eq!(world.tell(quote("1008", "1008")), [""; 0]);
        assert_eq!(world.tell(quote("1004", "1004")), [""; 0]);
        world
    };
    let trailed = [
        (RuleKind::DailyLoss, "990".into(), FloorMoveCause::Trailed),
        (RuleKind::MaxLoss, "980".into(), FloorMoveCause::Trailed),
    ];

    // The roll's own daily floor is 1,040 - 90.
    let mut world = peak();
    let events = world.roll(2);
    assert!(matches!(events[0], EventKind::DayRolled { .. }));
    assert!(matches!(events[3], EventKind::DayClosed(_)));
    let rolled = (RuleKind::DailyLoss, "950".into(), FloorMoveCause::Rolled);
    assert_eq!(moved(&events[1..3]), trailed);
    assert_eq!(moved(&events[3..]), [rolled]);
    world.agrees();

    let mut world = peak();
    let events = world.command(Command::ChangeAccount {
        account: ACCOUNT,
        change: AccountChange::Suspend {
            reason: SuspendReason::Review,
            until: None,
        },
    });
    assert_eq!(moved(&events[..2]), trailed);
    assert_eq!(moved(&events[2..]), []);
    world.agrees();

    let mut world = peak();
    let events = world.book("1");
    assert_eq!(moved(&events[..2]), trailed);
    assert!(matches!(events[2], EventKind::Adjusted { .. }));
    world.agrees();

    let mut world = peak();
    let per_unit = money("0.1");
    let events = world.market(0, MarketData::Dividend { per_unit });
    assert_eq!(moved(&events[..2]), trailed);
    assert!(matches!(events[2], EventKind::Booked { .. }));
    world.agrees();
}

// --- Random streams: bars that are walked, a book that is swept, margin calls, orders on their way. ---

#[derive(Debug, Clone)]
struct Stream {
    plans: Vec<Plan>,
    steps: Vec<[u8; 5]>,
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let effect = || {
        prop_oneof![
            2 => Just(Effect::Fail),
            1 => Just(Effect::LockForDay),
            1 => Just(Effect::Warn)
        ]
    };
    let allowance = || {
        prop_oneof![
            3 => (20_i64..600).prop_map(|amount| Allowance::Fixed(Money::whole(amount))),
            1 => (1_i64..150_000_000).prop_map(|share| Allowance::OfBase(Ratio(share))),
        ]
    };
    let trail = prop_oneof![
        3 => Just(TrailSource::TickEquity),
        1 => Just(TrailSource::ClosedBalance)
    ];
    let stop = prop_oneof![
        2 => Just(StopTrailing::Never),
        1 => (-200_i64..200).prop_map(|level| StopTrailing::AtFloorLevel(Money::whole(level))),
        1 => (1_i64..500).prop_map(|level| StopTrailing::FreezeWhenSource(Money::whole(level))),
    ];
    let max =
        (trail, allowance(), stop, effect()).prop_map(|(trail, allowance, stop, effect)| MaxLoss {
            trail,
            allowance,
            stop,
            effect,
            touch_is_breach: true,
        });
    let daily = (allowance(), effect()).prop_map(|(allowance, effect)| DailyLoss {
        anchor: DailyAnchor::IntradayPeak,
        allowance,
        effect,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    });
    let warn_at = prop::option::of((20_i64..100).prop_map(Ratio::percent));
    (max, prop::option::of(daily), warn_at, 0_u8..4).prop_map(|(max, daily, warn_at, terms)| Plan {
        max_loss: Some(max),
        daily_loss: daily,
        stage: Stage::Funded,
        terms: Terms {
            mode: if terms % 2 == 0 {
                PositionMode::Netting
            } else {
                PositionMode::Hedging
            },
            funding: if terms < 2 {
                Funding::Unchecked
            } else {
                Funding::Margin {
                    rate_min: Ratio::percent(20),
                }
            },
            ..Terms::default()
        },
        conduct: Conduct {
            warn_at,
            ..Conduct::default()
        },
        ..plan("2000")
    })
}

fn streams(steps: usize) -> impl Strategy<Value = Stream> {
    (
        prop::collection::vec(any_plan(), 1..4),
        prop::collection::vec(any::<[u8; 5]>(), steps),
    )
        .prop_map(|(plans, steps)| Stream { plans, steps })
}

fn instruments() -> [Instrument; 2] {
    let rate = |percent| Requirement {
        rate: Ratio::percent(percent),
        per_unit: Money::ZERO,
    };
    let margin = Margin {
        initial: rate(20),
        maintenance: rate(10),
    };
    let latency = Latency::Constant(LatencySample {
        order_ns: 1_500_000_000,
        ack_ns: 0,
    });
    let slow = PaperModel { latency, ..WALKED };
    [
        Instrument {
            margin,
            ..paper(slow)
        },
        Instrument {
            margin,
            ..crossed()
        },
    ]
}

/// The next input of a stream; `mid` is the price of both instruments.
fn step_of([kind, pick, by, size, at]: [u8; 5], mid: &mut i64) -> InputKind {
    let command = InputKind::Command;
    let price = |ticks: i64| Price(ticks.max(1) * 1_000_000_000);
    let account = AccountId(u32::from(pick) % ACCOUNTS);
    let away = i64::from(by % 16) - 7;
    let qty = Qty::whole(i64::from(size % 24) + 1);
    let side = if at % 2 == 0 { Side::Buy } else { Side::Sell };
    match kind {
        0..70 => {
            let open = (*mid + away).max(20);
            let (up, down) = (i64::from(size % 12), i64::from(at % 12));
            *mid = open - down + i64::from(pick) % (up + down + 1);
            InputKind::Market(market(MarketData::Bar(Bar {
                start: TimestampNs(0),
                open: price(open),
                high: price(open + up),
                low: price(open - down),
                close: price(*mid),
                volume: Qty::whole(100),
            })))
        }
        70..90 => {
            *mid = (*mid + away).max(20);
            let (bid, ask) = (price(*mid), price(*mid + i64::from(at % 2)));
            InputKind::Market(market(MarketData::Quote(Quote {
                bid,
                bid_qty: qty,
                ask,
                ask_qty: qty,
            })))
        }
        90..210 => {
            let instrument = InstrumentId(u32::from(kind >= 130));
            let limit = price(*mid + away);
            let kind = match (instrument.0, at / 2 % 8) {
                (0, 0..=3) | (1, 0) => OrderKind::Market,
                (_, 6) => OrderKind::Stop {
                    trigger: limit,
                    on: TriggerOn::Quote,
                },
                _ => OrderKind::Limit { price: limit },
            };
            let mut order = NewOrder::new(account, instrument, side, kind, qty);
            if at >= 224 {
                order.tif = TimeInForce::Day;
            }
            order.leg = [Leg::Net, Leg::Long, Leg::Short][usize::from(size / 24) % 3];
            command(Command::SubmitOrder(order))
        }
        210..220 => command(Command::Adjust {
            account,
            kind: [AdjustKind::ProfitAndLoss, AdjustKind::Scale][usize::from(by) % 2],
            amount: Money::whole(i64::from(size) - 100),
        }),
        220..228 => InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(i32::from(by)),
        }),
        228..232 => {
            let change = if by % 2 == 0 {
                AccountChange::Suspend {
                    reason: SuspendReason::Review,
                    until: None,
                }
            } else {
                AccountChange::Resume
            };
            command(Command::ChangeAccount { account, change })
        }
        232..240 => command(open(u32::from(by) % 3)),
        _ => InputKind::Timer(Timer::Clock),
    }
}

const ACCOUNTS: u32 = 6;

fn opening(stream: &Stream) -> Vec<InputKind> {
    let command = InputKind::Command;
    let mut kinds: Vec<_> = instruments()
        .map(|instrument| command(Command::RegisterInstrument(Box::new(instrument))))
        .to_vec();
    for plan in &stream.plans {
        kinds.push(command(define(plan)));
    }
    for account in 0..ACCOUNTS {
        kinds.push(command(open(account % stream.plans.len() as u32)));
    }
    kinds
}

/// A stream after some inputs more than its opening.
fn inputs_after(stream: &Stream, more: impl IntoIterator<Item = InputKind>) -> Vec<Input> {
    let mut mid = 100;
    let steps = stream.steps.iter();
    let steps = steps.map(|step| step_of(*step, &mut mid));
    let kinds = opening(stream).into_iter().chain(more).chain(steps);
    let numbered = (1..).zip(kinds);
    numbered
        .map(|(seq, kind)| Input {
            seq: Seq(seq),
            ts: TimestampNs(seq * SECOND),
            kind,
        })
        .collect()
}

fn inputs(stream: &Stream) -> Vec<Input> {
    inputs_after(stream, [])
}

/// The floors of all accounts as they stand.
fn floors(shard: &Shard) -> BTreeMap<(AccountId, RuleKind), Money> {
    let accounts = (0..shard.account_count()).map(AccountId);
    let views = accounts.filter_map(|id| Some((id, shard.account_view(id)?)));
    let limits = views.flat_map(|(id, view)| {
        let limits = view.limits.into_iter().map(|view| view.limit);
        limits.map(move |limit| ((id, limit.rule), limit.floor))
    });
    limits.collect()
}

/// Every breach and warning among these facts names the floor that stood before, or that a roll or a change
/// from outside gave since.
fn names_floors_as_they_stood(
    mut stood: BTreeMap<(AccountId, RuleKind), Money>,
    events: &[types::Event],
) -> Result<u32, String> {
    let mut verdicts = 0;
    // What the account saw before a roll, a payout or a scaling moves its floors first.
    let mut trailed = BTreeMap::new();
    for event in events {
        let (account, rule, floor) = match event.kind {
            EventKind::Breach(breach) => (breach.account, breach.rule, breach.floor),
            EventKind::LimitWarned(warning) => (warning.account, warning.rule, warning.floor),
            EventKind::FloorMoved(moved) => {
                let key = (moved.account, moved.rule);
                if moved.cause == FloorMoveCause::Trailed {
                    trailed.insert(key, moved.floor);
                } else {
                    stood.insert(key, moved.floor);
                }
                continue;
            }
            EventKind::DayClosed(types::DayClose { account, .. })
            | EventKind::Adjusted { account, .. } => {
                for (key, floor) in trailed.iter().filter(|((of, _), _)| *of == account) {
                    stood.insert(*key, *floor);
                }
                continue;
            }
            _ => continue,
        };
        verdicts += 1;
        if stood.get(&(account, rule)) != Some(&floor) {
            let stood = stood.get(&(account, rule));
            return Err(format!("{stood:?} stood, {:?}", event.kind));
        }
    }
    Ok(verdicts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_verdict_names_the_floor_that_stood_before_its_input(stream in streams(160)) {
        prop_assume!(stream.plans.iter().all(|plan| plan.validate().is_ok()));
        let mut shard = Shard::new(ShardId(1), Limits::default());
        let mut naive = Naive::new(Limits::default());
        for input in inputs(&stream) {
            let stood = floors(&shard);
            let mut events = EventBuf::default();
            shard.apply(&input, &mut events);
            let checked = names_floors_as_they_stood(stood, events.as_slice());
            prop_assert!(checked.is_ok(), "{:?} at {:?}", checked, input);
            prop_assert_eq!(events.as_slice(), naive.apply(&input), "{:?}", input);
            prop_assert_eq!(shard.portrait(), naive.portrait(), "{:?}", input);
            prop_assert_eq!(shard.audit(), Ok(()));
        }
    }

    /// A competition looks at its entrants, and nothing that happens to them depends on it.
    #[test]
    fn what_happens_to_an_account_does_not_depend_on_a_competition(stream in streams(160)) {
        prop_assume!(stream.plans.iter().all(|plan| plan.validate().is_ok()));
        let enters = |account| InputKind::Command(Command::EnterCompetition {
            competition: CompetitionId(0),
            account: AccountId(account),
            team: None,
        });
        let spec = cup(ContestRules::default()).to_bytes().into();
        let defined = InputKind::Command(Command::DefineCompetition { spec });
        let entered = std::iter::once(defined).chain((0..ACCOUNTS).map(enters));
        let alone = (0..=ACCOUNTS).map(|_| InputKind::Timer(Timer::Clock));
        let opening = opening(&stream).len() + 1 + ACCOUNTS as usize;
        let mut cup_shard = Shard::new(ShardId(1), Limits::default());
        let mut shard = Shard::new(ShardId(1), Limits::default());
        let both = inputs_after(&stream, entered).into_iter().zip(inputs_after(&stream, alone));
        for (place, (entered, alone)) in both.enumerate() {
            let (mut events, mut again) = (EventBuf::default(), EventBuf::default());
            cup_shard.apply(&entered, &mut events);
            shard.apply(&alone, &mut again);
            if place >= opening {
                prop_assert_eq!(events.as_slice(), again.as_slice(), "{:?}", alone);
            }
        }
        prop_assert_eq!(cup_shard.entrant_count(CompetitionId(0)), ACCOUNTS);
    }
}

/// What the property above is worth: its streams have verdicts, and inputs that first raise a floor and then
/// come below it.
#[test]
fn random_streams_have_verdicts_and_inputs_that_end_below_a_floor_of_theirs() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut verdicts, mut below) = (0, 0);
    for _ in 0..24 {
        let stream = streams(160).new_tree(&mut runner).unwrap().current();
        let mut shard = Shard::new(ShardId(1), Limits::default());
        for input in inputs(&stream) {
            let stood = floors(&shard);
            let mut events = EventBuf::default();
            shard.apply(&input, &mut events);
            verdicts += names_floors_as_they_stood(stood, events.as_slice()).unwrap();
            let accounts = (0..shard.account_count()).map(AccountId);
            let views = accounts.filter_map(|id| shard.account_view(id));
            let of_now = |view: &engine::view::AccountView| {
                let mut limits = view.limits.iter();
                limits.any(|limit| {
                    limit.distance.is_negative()
                        && limit.moved.is_some_and(|moved| moved.seq == input.seq)
                })
            };
            below += views.filter(of_now).count();
        }
    }
    assert!(
        verdicts > 100 && below > 10,
        "{verdicts} verdicts, {below} below"
    );
}
