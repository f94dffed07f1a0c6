//! Peaks that follow the mark: floors are those of every mark, and nobody is looked at for one.

use engine::naive::Naive;
use engine::{EventBuf, Limits, Shard};
use proptest::prelude::*;
use rules::{
    Allowance, Conduct, DailyAnchor, DailyChanges, DailyLoss, DailyTier, MaxLoss, PayoutKeep,
    PayoutRule, Plan, Scaling, Stage, StopTrailing, TrailSource, listed,
};
use types::{
    AccountId, AdjustKind, Aggressor, Command, Effect, FeeSchedule, Financing, Funding, Input,
    InputKind, Instrument, InstrumentId, Leg, Margin, MarkKind, MarketData, Money, NewOrder,
    OrderKind, PaperModel, PositionMode, Price, Qty, Ratio, Requirement, Seq, ShardId, Side, Terms,
    Timer, TimestampNs, Trade, TradingDay,
};

use crate::words::{Of, buy, market, quote, sell};
use crate::world::{
    ACCOUNT, SECOND, World, crossed, define, label, money, open, paper, plan, ratio, schedule,
};

const SHARE: InstrumentId = InstrumentId(0);
const ABROAD: InstrumentId = InstrumentId(3);

/// A live trailing maximum loss of 1,000 that a touch breaks.
fn trailing(stop: StopTrailing) -> Plan {
    Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::Fixed(money("1000")),
            stop,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        ..plan("10000")
    }
}

fn world(plan: &Plan, accounts: u32) -> World {
    let share = paper(PaperModel::default());
    let mut world = World::limited(Limits::default(), &[share], plan, accounts);
    world.tell(quote("100", "100"));
    world
}

fn floor(world: &World) -> Money {
    let view = world.shard.account_view(ACCOUNT).unwrap();
    view.limits[0].limit.floor
}

/// Which input moved the floor last.
fn moved_by(world: &World) -> Seq {
    let view = world.shard.account_view(ACCOUNT).unwrap();
    view.limits[0].moved.unwrap().seq
}

/// Ten shares at 100, 10,000 of equity: each dollar moves the peak by 10.
#[test]
fn a_floor_follows_in_silence_and_breaks_where_it_stands() {
    let mut world = world(&trailing(StopTrailing::Never), 1);
    world.tell(buy(0, 10));
    assert_eq!(world.shard.trailing_positions(SHARE), 1);
    assert_eq!(world.tell(quote("130", "131")), [""; 0]);
    let raised = world.shard.seq();
    assert_eq!(world.tell(quote("120", "121")), [""; 0]);
    // 10,300 - 1,000, moved by the quote of 130.
    assert_eq!((floor(&world), moved_by(&world)), (money("9300"), raised));
    assert_eq!(world.tell(quote("31", "32")), [""; 0]);
    assert_eq!(world.shard.trailing_positions(SHARE), 1);
    let told = world.tell(quote("30", "31"));
    assert_eq!(told[..2], ["FloorMoved", "account 0 breach MaxLoss"]);
    assert_eq!(world.shard.trailing_positions(SHARE), 0);
    world.agrees();
}

#[test]
fn a_move_is_told_once_when_the_account_is_judged_for_something_else() {
    let mut world = world(&trailing(StopTrailing::Never), 1);
    world.tell(buy(0, 10));
    world.tell(quote("110", "110"));
    world.tell(quote("105", "105"));
    // A fill: the peak of 10,100 is told, and that is that.
    assert_eq!(
        world.tell(buy(0, 1)),
        ["#2 accepted", "#2 buys 1 at 105 (Touch)", "FloorMoved"]
    );
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    // A fill at a new peak tells it at once.
    world.tell(quote("120", "120"));
    world.tell(buy(0, 1));
    assert_eq!(world.tell(quote("119", "119")), [""; 0]);
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    // 10 x 20 and 2 x 15 above 10,000.
    assert_eq!(floor(&world), money("9230"));
    // So does a roll.
    world.tell(quote("130", "130"));
    assert_eq!(world.roll(2).len(), 3);
    world.agrees();
}

/// The floor locks at 9,500 when the peak comes to 10,500: at 150 of ten shares.
#[test]
fn a_trail_stops_at_its_level_however_the_mark_comes_there() {
    let stop = StopTrailing::AtFloorLevel(money("-500"));
    for path in [vec!["149", "151", "160"], vec!["151"], vec!["120", "200"]] {
        let mut world = world(&trailing(stop), 1);
        world.tell(buy(0, 10));
        for bid in path {
            assert_eq!(world.tell(quote(bid, bid)), [""; 0]);
        }
        assert_eq!(floor(&world), money("9500"));
        assert_eq!(world.shard.trailing_positions(SHARE), 0);
        assert_eq!(world.tell(quote("51", "51")), [""; 0]);
        assert!(world.tell(quote("50", "50")).len() > 2);
        world.agrees();
    }
}

#[test]
fn a_short_position_trails_downward() {
    let mut world = world(&trailing(StopTrailing::Never), 1);
    world.tell(sell(0, 10));
    assert_eq!(world.tell(quote("69", "70")), [""; 0]);
    assert_eq!(world.shard.trailing_positions(SHARE), 1);
    assert_eq!(floor(&world), money("9300"));
    assert_eq!(world.tell(quote("168", "169")), [""; 0]);
    assert!(world.tell(quote("169", "170")).len() > 2);
    world.agrees();
}

/// Two accounts at one peak, one of which joined later and lower.
#[test]
fn who_joins_later_has_a_peak_of_its_own() {
    let mut world = world(&trailing(StopTrailing::Never), 2);
    world.tell(buy(0, 10));
    world.tell(quote("150", "150"));
    world.tell(quote("120", "120"));
    world.tell(buy(1, 10));
    assert_eq!(world.shard.trailing_positions(SHARE), 2);
    world.tell(quote("130", "130"));
    let floors = |world: &World| {
        [0, 1].map(|id| {
            let view = world.shard.account_view(AccountId(id)).unwrap();
            view.limits[0].limit.floor.to_string()
        })
    };
    assert_eq!(floors(&world), ["9500", "9100"]);
    world.tell(quote("160", "160"));
    assert_eq!(floors(&world), ["9600", "9400"]);
    world.agrees();
}

/// A daily floor of 300 that follows, and a maximum loss that is used up to half of 1,000.
#[test]
fn the_nearest_of_floors_and_warnings_counts() {
    let plan = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::IntradayPeak,
            allowance: Allowance::Fixed(money("600")),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: rules::DailyChanges::default(),
        }),
        conduct: Conduct {
            warn_at: Some(ratio("0.5")),
            ..Conduct::default()
        },
        ..trailing(StopTrailing::Never)
    };
    let mut world = world(&plan, 1);
    world.tell(buy(0, 10));
    world.tell(quote("200", "200"));
    assert_eq!(world.tell(quote("171", "171")), [""; 0]);
    // 300 below the peak half of the day's loss is used, 500 below it half of the other.
    let warned = ["FloorMoved", "FloorMoved", "account 0 warned DailyLoss"];
    assert_eq!(world.tell(quote("170", "170")), warned);
    assert_eq!(world.tell(quote("151", "151")), [""; 0]);
    assert_eq!(
        world.tell(quote("150", "150")),
        ["account 0 warned MaxLoss"]
    );
    assert_eq!(world.tell(quote("140", "140")), [""; 0]);
    assert!(world.tell(quote("139", "139")).len() > 2);
    world.agrees();
}

/// Ten shares lost 1,100 and ten of another won 500: 9,400, and the floor at 9,000. The sale of the second raises the closed
/// balance to 10,500 and the floor with it to 9,500, above the equity, when the input is over.
#[test]
fn a_floor_that_rises_to_the_equity_is_met_by_the_next_input() {
    let mut plan = trailing(StopTrailing::Never);
    plan.max_loss.as_mut().unwrap().trail = TrailSource::ClosedBalance;
    let share = paper(PaperModel::default());
    let mut world = World::limited(Limits::default(), &[share, share], &plan, 1);
    let other = InstrumentId(1);
    world.tell(quote("200", "200"));
    world.tell(quote("200", "200").of(1));
    world.tell(buy(0, 10));
    world.tell(buy(0, 10).of(1));
    world.tell(quote("250", "250").of(1));
    assert_eq!(world.tell(quote("90", "90")), [""; 0]);
    let told = world.tell(sell(0, 10).of(1));
    assert_eq!(told.last().unwrap(), "FloorMoved");
    assert_eq!(floor(&world), money("9500"));
    let to_look_at = |world: &World| [SHARE, other].map(|id| world.shard.sweep_bands(id));
    assert_eq!(to_look_at(&world), [1, 0]);
    // A mark of what it does not hold any more is an input, too.
    let told = world.tell(quote("251", "251").of(1));
    assert_eq!(told[0], "account 0 breach MaxLoss");
    assert_eq!(to_look_at(&world), [0, 0]);
    world.agrees();
}

/// What a snapshot holds does not depend on who was looked at.
#[test]
fn a_snapshot_holds_peaks_as_they_stand() {
    let mut world = world(&trailing(StopTrailing::Never), 1);
    world.tell(buy(0, 10));
    world.tell(quote("150", "150"));
    world.tell(quote("140", "140"));
    let restored = Shard::restore(&world.snapshot()).unwrap();
    assert_eq!(restored.state_hash(), world.shard.state_hash());
    // At 140 the peak is no longer the equity of now.
    let trailing = [&world.shard, &restored].map(|shard| shard.trailing_positions(SHARE));
    assert_eq!(trailing, [1, 0]);
    let mut twin = World::of(restored);
    for bid in ["141", "150", "151", "160", "120", "59", "60"] {
        assert_eq!(world.tell(quote(bid, bid)), twin.tell(quote(bid, bid)));
        assert_eq!(world.shard.state_hash(), twin.shard.state_hash());
    }
}

// --- Random streams of few accounts, all of which trail mostly, beside the naive twin. ---

#[derive(Debug, Clone)]
struct Stream {
    plans: Vec<Plan>,
    /// Whether the instrument in another currency is traded: every mark concerns who holds it.
    abroad: bool,
    steps: Vec<[u8; 4]>,
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let allowance = || {
        prop_oneof![
            3 => (20_i64..400).prop_map(|amount| Allowance::Fixed(Money::whole(amount))),
            1 => (1_i64..5).prop_map(|percent| Allowance::OfInitial(Ratio::percent(percent))),
            2 => (1_i64..40_000_000).prop_map(|share| Allowance::OfBase(Ratio(share))),
        ]
    };
    let effect = || {
        prop_oneof![
            Just(Effect::Fail),
            Just(Effect::LockForDay),
            Just(Effect::Warn)
        ]
    };
    let stop = prop_oneof![
        Just(StopTrailing::Never),
        (-100_i64..100).prop_map(|level| StopTrailing::AtFloorLevel(Money::whole(level))),
        (1_i64..300).prop_map(|level| StopTrailing::FreezeWhenSource(Money::whole(level))),
    ];
    // Mostly what follows at every mark; the others stand beside it in one stream.
    let trail = prop_oneof![
        6 => Just(TrailSource::TickEquity),
        1 => Just(TrailSource::None),
        1 => Just(TrailSource::ClosedBalance),
        1 => Just(TrailSource::EodBalance),
        1 => Just(TrailSource::EodEquity),
    ];
    let max = (trail, allowance(), stop, effect(), any::<bool>()).prop_map(
        |(trail, allowance, stop, effect, touch_is_breach)| MaxLoss {
            trail,
            allowance,
            stop: if trail == TrailSource::None {
                StopTrailing::Never
            } else {
                stop
            },
            effect,
            touch_is_breach,
        },
    );
    let anchor = prop_oneof![
        2 => Just(DailyAnchor::IntradayPeak),
        1 => Just(DailyAnchor::Balance),
        1 => Just(DailyAnchor::Equity),
        1 => Just(DailyAnchor::MaxBalanceEquity),
    ];
    let tier = (1_i64..200, allowance());
    let changes = (prop::option::weighted(0.3, tier), any::<bool>());
    let daily = (anchor, allowance(), effect(), any::<bool>(), changes).prop_map(
        |(anchor, allowance, effect, touch_is_breach, (tier, ends_at_floor_lock))| {
            let tier = tier.map(|(from, allowance)| DailyTier {
                profit_from: Money::whole(from),
                allowance,
            });
            DailyLoss {
                anchor,
                allowance,
                effect,
                touch_is_breach,
                changes: DailyChanges {
                    tiers: listed(tier.as_slice()).unwrap(),
                    ends_at_floor_lock,
                },
            }
        },
    );
    let terms = (0_u8..3, 0_u8..3, any::<bool>()).prop_map(|(funding, mark, hedges)| Terms {
        mode: if hedges {
            PositionMode::Hedging
        } else {
            PositionMode::Netting
        },
        funding: match funding {
            0 | 1 => Funding::Unchecked,
            _ => Funding::Margin {
                rate_min: Ratio::percent(10),
            },
        },
        mark: [MarkKind::Liquidation, MarkKind::Last, MarkKind::Mid][usize::from(mark)],
        ..Terms::default()
    });
    let warn_at = prop::option::of((1_i64..100).prop_map(Ratio::percent));
    (max, prop::option::of(daily), terms, warn_at, any::<bool>()).prop_map(
        |(max, daily, terms, warn_at, is_funded)| Plan {
            max_loss: Some(max),
            daily_loss: daily.map(|mut daily| {
                daily.changes.ends_at_floor_lock &= max.stop != StopTrailing::Never;
                daily
            }),
            terms,
            conduct: Conduct {
                warn_at,
                ..Conduct::default()
            },
            stage: if is_funded {
                Stage::Funded
            } else {
                Stage::Evaluation { phase: 1 }
            },
            payout: Some(PayoutRule {
                fraction: Ratio::ONE,
                cap: None,
                keep: PayoutKeep::AboveInitial(Money::ZERO),
                split: Ratio::percent(80),
                after: rules::AfterPayout::FloorFallsByPayout,
                best_day_cap: None,
                days_min: None,
                series: rules::PayoutSeries::default(),
            }),
            scaling: Some(Scaling {
                step: Ratio::percent(10),
                size_max: None,
                requires: None,
            }),
            ..plan("5000")
        },
    )
}

fn stream(steps: usize) -> impl Strategy<Value = Stream> {
    (
        prop::collection::vec(any_plan(), 1..4),
        any::<bool>(),
        prop::collection::vec(any::<[u8; 4]>(), steps),
    )
        .prop_map(|(plans, abroad, steps)| Stream {
            plans,
            abroad,
            steps,
        })
}

fn instruments() -> [Instrument; 4] {
    let fees = FeeSchedule {
        taker: Ratio(333_333),
        maker: Ratio(-100_000),
        per_unit: money("0.01"),
        minimum: Money::ZERO,
    };
    let margin = Margin {
        initial: Requirement {
            rate: Ratio::percent(20),
            per_unit: Money::ZERO,
        },
        maintenance: Requirement {
            rate: Ratio::percent(10),
            per_unit: Money::ZERO,
        },
    };
    [
        // A tick of a lot is worth a thirtieth of a unit of money.
        Instrument {
            contract_size: Qty(333_333_333),
            tick_size: "0.0001".parse().unwrap(),
            lot_size: "0.0001".parse().unwrap(),
            fees,
            margin,
            ..paper(PaperModel::default())
        },
        Instrument {
            symbol: label("FINE"),
            margin,
            ..paper(PaperModel::default())
        },
        Instrument { fees, ..crossed() },
        // Each account's balance and equity move with its rate too.
        Instrument {
            symbol: label("ABROAD"),
            currency: label("EUR"),
            fees,
            margin,
            ..paper(PaperModel::default())
        },
    ]
}

fn steps_of(
    accounts: u32,
    abroad: bool,
    [kind, pick, by, size]: [u8; 4],
    mids: &mut [i64; 4],
) -> InputKind {
    // Mostly one instrument, so that accounts hold one thing.
    let last = if abroad { 3 } else { 2 };
    let instrument = [0, 0, 0, 0, 1, 2, 2, last][usize::from(pick) % 8];
    let account = AccountId(u32::from(pick / 8) % accounts);
    let tick = if instrument == 0 {
        100_000
    } else {
        1_000_000_000
    };
    let lot = if instrument == 0 { 10_000 } else { 100_000_000 };
    let mid = &mut mids[instrument as usize];
    let price = |ticks: i64| Price(ticks * tick);
    let command = InputKind::Command;
    let data = |data: MarketData| market(data).of_instrument(instrument);
    match kind {
        0..120 => {
            // Up and down again, now and then over a gap.
            let far = if instrument == 0 && size % 3 > 0 {
                10_000
            } else {
                1
            };
            let steps = match by {
                0..100 => i64::from(by % 4),
                100..200 => -i64::from(by % 4),
                200..228 => i64::from(by % 16),
                _ => -i64::from(by % 16),
            };
            *mid = (*mid + steps * far).max(20);
            if instrument == 2 {
                let side = if by % 2 == 0 { Side::Buy } else { Side::Sell };
                let at = *mid + if by % 2 == 0 { -1 } else { 1 };
                let kind = OrderKind::Limit { price: price(at) };
                let order = NewOrder::new(account, InstrumentId(2), side, kind, Qty(lot));
                return command(Command::SubmitOrder(order));
            }
            if by % 5 == 0 {
                return data(MarketData::Trade(Trade {
                    price: price(*mid),
                    qty: Qty(lot),
                    aggressor: Aggressor::Unknown,
                }));
            }
            data(MarketData::Quote(types::Quote {
                bid: price(*mid),
                bid_qty: Qty(lot),
                ask: price(*mid + i64::from(size % 2)),
                ask_qty: Qty(lot),
            }))
        }
        120..180 => {
            let side = if by % 2 == 0 { Side::Buy } else { Side::Sell };
            let many = if instrument == 0 && size % 16 > 0 {
                10_000
            } else {
                1
            };
            let qty = Qty(i64::from(size % 12 + 1) * many * lot);
            let mut order = NewOrder::new(
                account,
                InstrumentId(instrument),
                side,
                OrderKind::Market,
                qty,
            );
            order.leg = [Leg::Net, Leg::Long, Leg::Short][usize::from(by / 2) % 3];
            command(Command::SubmitOrder(order))
        }
        180..200 => command(Command::Adjust {
            account,
            kind: [
                AdjustKind::ProfitAndLoss,
                AdjustKind::Payout,
                AdjustKind::Scale,
            ][usize::from(by) % 3],
            amount: Money(i64::from(size) * 333_333 - 20_000_000),
        }),
        200..212 => InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(i32::from(by)),
        }),
        212..222 => data(MarketData::Financing(Financing {
            long: Ratio(-i64::from(by) * 1_000),
            short: Ratio(i64::from(size) * 1_000),
            price: price(*mid),
        })),
        222..230 => data(MarketData::Dividend {
            per_unit: Money(i64::from(by) * 1_001),
        }),
        230..236 => {
            let (new, old) = [(2, 1), (1, 2), (3, 2)][usize::from(by) % 3];
            *mid = *mid * old / new;
            data(MarketData::Split {
                new: new as u32,
                old: old as u32,
            })
        }
        236..240 => data(MarketData::Gap),
        240..248 => command(rate(by)),
        _ => InputKind::Timer(Timer::Clock),
    }
}

/// Dollars for a euro: from 1, in tenths of a percent.
fn rate(by: u8) -> Command {
    Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: Price(1_000_000_000 + i64::from(by) * 1_000_000),
    }
}

trait OfInstrument {
    fn of_instrument(self, instrument: u32) -> InputKind;
}

impl OfInstrument for types::MarketEvent {
    fn of_instrument(mut self, instrument: u32) -> InputKind {
        self.instrument = InstrumentId(instrument);
        InputKind::Market(self)
    }
}

fn inputs(stream: &Stream) -> Vec<Input> {
    const ACCOUNTS: u32 = 6;
    let mut kinds = Vec::new();
    let command = InputKind::Command;
    for instrument in instruments() {
        kinds.push(command(Command::RegisterInstrument(Box::new(instrument))));
    }
    for plan in &stream.plans {
        kinds.push(command(define(plan)));
    }
    for account in 0..ACCOUNTS {
        kinds.push(command(open(account % stream.plans.len() as u32)));
    }
    let mut mids = [1_000_000, 100, 100, 100];
    kinds.push(command(rate(0)));
    let steps = stream.steps.iter();
    let abroad = stream.abroad;
    kinds.extend(steps.map(|step| steps_of(ACCOUNTS, abroad, *step, &mut mids)));
    let numbered = (1..).zip(kinds);
    numbered
        .map(|(seq, kind)| Input {
            seq: Seq(seq),
            ts: TimestampNs(seq * SECOND),
            kind,
        })
        .collect()
}

/// Positions that may be outside their bands when this input is over. Floors move then, by what the input showed, and only
/// then: where that brings one to its account's equity, or its warning line there, the next input tests it before anything
/// else, so that no floor of before is in question. The other kind is that of an account with something abroad, which every
/// mark concerns.
fn positions_to_look_at(shard: &Shard, instrument: InstrumentId, input: Seq) -> usize {
    let accounts = (0..shard.account_count()).map(AccountId);
    let views = accounts.filter_map(|account| shard.account_view(account));
    let waiting = views.filter(|view| {
        let plan = shard.plan(view.row.plan);
        let warn_at = plan.and_then(|plan| plan.conduct.warn_at);
        let is_abroad = view.foreign.iter().any(|(_, cash)| *cash != Money::ZERO)
            || view.positions.iter().any(|held| held.instrument == ABROAD);
        let is_met = view.limits.iter().any(|limit| {
            let is_warned = warn_at.is_some_and(|at| limit.used.is_some_and(|used| used >= at));
            let is_new = limit.moved.is_some_and(|moved| moved.seq == input);
            is_new && (limit.distance <= Money::ZERO || is_warned)
        });
        is_abroad || is_met
    });
    waiting
        .flat_map(|view| view.positions)
        .filter(|held| held.instrument == instrument)
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// The indexed path and the sweep say the same, and come to the same, after every input; so does a shard
    /// that was restored somewhere on the way.
    #[test]
    fn following_at_once_or_when_asked_is_the_same(stream in stream(160), every in 3_usize..40) {
        prop_assume!(stream.plans.iter().all(|plan| plan.validate().is_ok()));
        let mut shard = Shard::new(ShardId(1), Limits::default());
        let mut restored = Shard::new(ShardId(1), Limits::default());
        let mut naive = Naive::new(Limits::default());
        for (place, input) in inputs(&stream).iter().enumerate() {
            let (mut events, mut again) = (EventBuf::default(), EventBuf::default());
            shard.apply(input, &mut events);
            restored.apply(input, &mut again);
            prop_assert_eq!(events.as_slice(), naive.apply(input), "{:?}", input);
            prop_assert_eq!(events.as_slice(), again.as_slice(), "{:?}", input);
            prop_assert_eq!(shard.portrait(), naive.portrait(), "{:?}", input);
            prop_assert_eq!(shard.audit(), Ok(()));
            for id in (0..4).map(InstrumentId) {
                let most = positions_to_look_at(&shard, id, input.seq);
                prop_assert!(shard.sweep_bands(id) <= most, "{:?}", input);
            }
            if place % every == 0 {
                let mut bytes = Vec::new();
                shard.encode(&mut bytes);
                prop_assert_eq!(shard.state_hash(), restored.state_hash());
                restored = Shard::restore(&bytes).unwrap();
            }
        }
    }
}

/// What the property above is worth: in its streams positions trail, mostly, and floors are broken on the
/// way.
#[test]
fn random_streams_have_positions_that_trail() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut trailing, mut breaches, mut applied) = (0, 0, 0);
    for _ in 0..24 {
        let stream = stream(160).new_tree(&mut runner).unwrap().current();
        let mut shard = Shard::new(ShardId(1), Limits::default());
        for input in inputs(&stream) {
            let mut events = EventBuf::default();
            shard.apply(&input, &mut events);
            trailing += shard.trailing_positions(SHARE);
            breaches += crate::world::breaches(
                &events
                    .as_slice()
                    .iter()
                    .map(|event| event.kind)
                    .collect::<Vec<_>>(),
            )
            .len();
            applied += 1;
        }
    }
    assert!(
        trailing > applied / 10 && breaches > 24,
        "{trailing} positions trail over {applied} inputs, {breaches} breaches"
    );
}
