//! Verdicts of the engine, recomputed from their proofs alone; and no figure of a proof is one unit off
//! unnoticed.
//!
//! The digest notices every figure. Each story also says which figures could be altered by one unit if
//! somebody made the digest anew: those that nothing in the proof follows from, such as its place in the
//! journal or the side of a quote that values nothing, and those that a rounding hides. All others are
//! recomputed.

use rules::{
    AfterPayout, Allowance, Conduct, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyLoss,
    DayCounts, Denominator, Inactivity, MaxLoss, MinDays, PayoutKeep, PayoutRule, PayoutSeries,
    Plan, Proof, SplitFrom, SplitTier, Stage, StopTrailing, Target, TrailSource, Verdict, listed,
};
use types::{
    AccountChange, AccountId, AccountState, AdjustKind, BaselineOrigin, BaselineSource, Breach,
    Command, Effect, EventKind, FloorMove, FloorMoveCause, InactivityEffect, InputKind, Instrument,
    LimitBasis, MarkKind, MarketData, Money, PayoutDenial, Ratio, Rest, RuleKind, Seq,
    SuspendReason, Terms, Timer, TradingDay,
};

use crate::alter::slips;
use crate::words::{self, Of, Said, buy, market, print, quote, sell};
use crate::world::{ACCOUNT, World, instrument, label, money, plan, price, schedule};

fn proofs(world: &mut World, said: impl Said) -> Vec<Proof> {
    let input = world.next(said.input());
    let facts = world.apply_input(&input);
    world.shard.proofs(&facts)
}

/// The one proof of this input.
fn proof(world: &mut World, said: impl Said) -> Proof {
    let mut proofs = proofs(world, said);
    assert_eq!(proofs.len(), 1);
    proofs.remove(0)
}

/// What slips of where baselines come from: which input it was, and a peak that rounds to the same.
fn origins(proof: &Proof) -> Vec<String> {
    let of = |limit: &LimitBasis| {
        let (rule, peak) = (limit.rule, limit.origin.source.peak());
        // Here a peak is of the input right before the breach, and cannot be of a later one.
        let sign = if peak.is_some() { " -1" } else { "" };
        let place = [
            format!("{rule:?}.baseline_seq{sign}"),
            format!("{rule:?}.baseline_ts"),
        ];
        let peak = peak.map(|_| format!("{rule:?}.peak +1"));
        place.into_iter().chain(peak)
    };
    proof.limits.iter().flat_map(of).collect()
}

/// What slips of a proof: these figures, where its baselines come from, and those.
fn check_slips(proof: &Proof, before: &[&str], after: &[&str]) {
    let origins = origins(proof);
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    assert_eq!(slips(proof), [before, &origins, after].concat());
}

/// A proof of a breach and nothing else is as it should be; these figures slip besides the place in the
/// journal, the days, which no breach rests on, and where baselines come from.
fn check_breach(proof: &Proof, besides: &[&str]) -> Breach {
    let place = ["shard", "seq +1", "ts", "basis.days", "basis.payout_days"];
    check_slips(proof, &place, besides);
    match proof.verdict {
        Verdict::Breach(breach) => breach,
        _ => panic!("no breach"),
    }
}

/// Of a long position: its number and an older quote.
const LONG: [&str; 2] = ["positions[0].instrument", "positions[0].mark_seq -1"];

fn share() -> Instrument {
    instrument("SHARE", "0.01", "1", "1")
}

fn max_loss(trail: TrailSource, stop: StopTrailing) -> MaxLoss {
    MaxLoss {
        trail,
        allowance: Allowance::OfInitial(Ratio::percent(10)),
        stop,
        effect: Effect::Fail,
        touch_is_breach: false,
    }
}

/// Fails 1,000 below 10,000, a tenth of the size.
fn fragile() -> Plan {
    Plan {
        max_loss: Some(max_loss(TrailSource::None, StopTrailing::Never)),
        ..plan("10000")
    }
}

fn daily_loss(effect: Effect) -> DailyLoss {
    DailyLoss {
        anchor: DailyAnchor::Balance,
        allowance: Allowance::OfBase(Ratio::percent(5)),
        effect,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    }
}

/// 100 shares bought at 100.
fn bought(rules: &Plan) -> World {
    let mut world = World::with(&[share()], rules);
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world
}

// Breaches.

#[test]
fn a_breach_by_a_long_position() {
    let mut world = bought(&fragile());
    let seq = world.next_seq();
    let proof = proof(&mut world, quote("89.99", "90.05"));
    let breach = check_breach(&proof, &LONG);
    // 10,000 + 100 x (89.99 - 100) = 8,999, below 9,000.
    assert_eq!(breach.equity, money("8999").to_notional());
    assert_eq!((proof.seq, proof.positions[0].facts.mark_seq), (seq, seq));
}

#[test]
fn a_breach_by_a_short_position_and_one_on_an_older_quote() {
    let mut world = World::with(&[share(), share()], &fragile());
    world.tell(quote("100", "100"));
    world.tell(quote("50", "50").of(1));
    world.tell(sell(0, 100));
    world.tell(buy(0, 10).of(1));
    let older = world.next_seq();
    world.tell(quote("109", "109.90"));
    let proof = proof(&mut world, quote("48.99", "50").of(1));
    // The short position is marked at its ask, the long one at its bid.
    let slips = [
        "positions[0].instrument",
        "positions[0].mark_seq",
        "positions[1].instrument",
        "positions[1].mark_seq -1",
    ];
    let breach = check_breach(&proof, &slips);
    // 10,000 - 100 x 9.90 - 10 x 1.01 = 8,999.90.
    assert_eq!(breach.equity, money("8999.9").to_notional());
    let seqs: Vec<Seq> = proof.positions.iter().map(|it| it.facts.mark_seq).collect();
    assert_eq!(seqs, [older, older.next()]);
}

#[test]
fn a_mark_is_of_the_input_that_gave_it() {
    let marks = [MarkKind::Liquidation, MarkKind::Last, MarkKind::Mid];
    let found = marks.map(|mark| {
        let terms = Terms {
            mark,
            ..Terms::default()
        };
        let rules = Plan { terms, ..fragile() };
        [false, true].map(|is_split| {
            let mut world = bought(&rules);
            let first = world.next_seq().0;
            world.tell(print("91", 1));
            world.tell(quote("92", "94"));
            if is_split {
                world.tell(market(MarketData::Split { new: 2, old: 1 }));
            }
            let proof = proof(&mut world, words::earn(0, -1_000));
            let facts = proof.positions[0].facts;
            (facts.mark_seq.0 - first, facts.mark, facts.unrealised)
        })
    });
    // 100 bought at 100: at 92 they lost 800, at the print of 91 900, in the middle, 93, 700. Then 200
    // at half of it.
    let of = |seq, mark, lost: i64| (seq, price(mark), Money::whole(-lost).to_notional());
    assert_eq!(found[0], [of(1, "92", 800), of(2, "46", 800)]);
    assert_eq!(found[1], [of(0, "91", 900), of(2, "45.5", 900)]);
    assert_eq!(found[2], [of(1, "93", 700), of(2, "46.5", 700)]);
}

#[test]
fn a_breach_in_two_currencies() {
    let euro = Instrument {
        currency: label("EUR"),
        ..instrument("EURO", "0.01", "1", "10")
    };
    let mut world = World::with(&[share(), euro], &fragile());
    world.tell(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("1.1"),
    });
    world.tell(quote("100", "100"));
    world.tell(quote("20", "20").of(1));
    world.tell(buy(0, 2).of(1));
    world.tell(quote("21", "21").of(1));
    // Two closed for 1 x 10 more each: 20 EUR. Then 59 short from 21.
    world.tell(sell(0, 61).of(1));
    world.tell(buy(0, 20));
    world.tell(quote("100.50", "100.51"));
    // 10,000 + 20 x 0.5 + 1.1 x (20 - 590 x 1.59) = 9,000.09.
    assert!(proofs(&mut world, quote("22.50", "22.59").of(1)).is_empty());
    let proof = proof(&mut world, quote("22.51", "22.60").of(1));
    let slips = [
        "positions[0].instrument",
        "positions[0].mark_seq -1",
        "positions[1].instrument",
        "positions[1].mark_seq",
    ];
    let breach = check_breach(&proof, &slips);
    // A tick more costs 1.1 x 5.9 = 6.49.
    assert_eq!(breach.equity, money("8993.6").to_notional());
    assert_eq!(breach.balance, money("10022"));
}

#[test]
fn a_breach_at_a_touch() {
    let mut rules = fragile();
    rules.max_loss.as_mut().unwrap().touch_is_breach = true;
    let mut world = bought(&rules);
    assert!(proofs(&mut world, quote("90.01", "90.01")).is_empty());
    let proof = proof(&mut world, quote("90", "90"));
    let breach = check_breach(&proof, &LONG);
    assert_eq!(breach.equity, money("9000").to_notional());
}

#[test]
fn a_lock_for_the_day_and_a_warning() {
    for effect in [Effect::LockForDay, Effect::Warn] {
        let rules = Plan {
            daily_loss: Some(daily_loss(effect)),
            ..fragile()
        };
        let mut world = bought(&rules);
        let proof = proof(&mut world, quote("94.99", "94.99"));
        let breach = check_breach(&proof, &LONG);
        // 5% of the balance at the roll: 500.
        assert_eq!(
            (breach.equity, breach.floor, breach.effect),
            (money("9499").to_notional(), money("9500"), effect)
        );
    }
}

#[test]
fn two_limits_at_once_are_two_proofs_of_one_basis() {
    let rules = Plan {
        daily_loss: Some(daily_loss(Effect::LockForDay)),
        ..fragile()
    };
    let mut world = bought(&rules);
    let proofs = proofs(&mut world, quote("80", "80"));
    let said: Vec<_> = proofs
        .iter()
        .map(|proof| check_breach(proof, &LONG))
        .map(|breach| (breach.rule, breach.primary))
        .collect();
    assert_eq!(
        said,
        [(RuleKind::MaxLoss, true), (RuleKind::DailyLoss, false)]
    );
}

#[test]
fn a_floor_that_is_held() {
    let stop = StopTrailing::AtFloorLevel(money("100"));
    let rules = Plan {
        max_loss: Some(max_loss(TrailSource::TickEquity, stop)),
        ..plan("10000")
    };
    let mut world = bought(&rules);
    // Peak 11,200: the floor would be 10,200, and is held at 10,100.
    world.tell(quote("112", "112"));
    let proof = proof(&mut world, quote("100.99", "100.99"));
    let breach = check_breach(&proof, &LONG);
    assert_eq!(
        (breach.baseline, breach.floor),
        (money("11200"), money("10100"))
    );
}

// Where a floor comes from.

/// Fails 1,000 below the peak of live equity.
fn trailing() -> Plan {
    Plan {
        max_loss: Some(MaxLoss {
            allowance: Allowance::Fixed(money("1000")),
            ..max_loss(TrailSource::TickEquity, StopTrailing::Never)
        }),
        ..plan("10000")
    }
}

/// The input that comes next, whose equity is this at its peak.
fn next_peak(world: &World, equity: &str) -> BaselineOrigin {
    let next = world.next(InputKind::Timer(Timer::Clock));
    BaselineOrigin {
        seq: next.seq,
        ts: next.ts,
        source: BaselineSource::Equity(money(equity).to_notional()),
    }
}

fn moves(facts: &[EventKind]) -> Vec<FloorMove> {
    let moves = facts.iter().filter_map(|fact| match fact {
        EventKind::FloorMoved(moved) => Some(*moved),
        _ => None,
    });
    moves.collect()
}

/// 100 shares from 100: 10,500 at 105, so the floor is 9,500, which is broken below 95.
#[test]
fn a_move_that_is_told_late_names_the_input_of_its_peak() {
    let mut world = bought(&trailing());
    let peak = next_peak(&world, "10500");
    world.tell(quote("105", "105"));
    world.tell(quote("104", "104"));
    let facts = world.hear(quote("94.99", "94.99"));
    let [moved] = moves(&facts)[..] else {
        panic!("{facts:?}");
    };
    assert_eq!(
        (moved.baseline, moved.floor),
        (money("10500"), money("9500"))
    );
    assert_eq!(moved.origin, peak);
    assert!(peak.seq.0 + 2 < world.next_seq().0);
    let basis = facts.iter().find_map(|fact| match fact {
        EventKind::LimitBasis(basis) => Some(basis.origin),
        _ => None,
    });
    assert_eq!(basis, Some(peak));
    world.agrees();
}

/// What a payout puts lower still comes from the peak; a step of growth takes a baseline of its own.
#[test]
fn a_payout_moves_a_floor_and_not_where_it_comes_from() {
    let rules = Plan {
        stage: Stage::Funded,
        payout: Some(PayoutRule {
            fraction: Ratio::ONE,
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::ZERO),
            split: Ratio::ONE,
            after: AfterPayout::FloorFallsByPayout,
            best_day_cap: None,
            days_min: None,
            series: rules::PayoutSeries::default(),
        }),
        ..trailing()
    };
    let mut world = bought(&rules);
    let peak = next_peak(&world, "10500");
    world.tell(quote("105", "105"));
    world.tell(sell(0, 100));
    let facts = world.hear(payout("200"));
    let [moved] = moves(&facts)[..] else {
        panic!("{facts:?}");
    };
    let adjusted = FloorMoveCause::Adjusted;
    assert_eq!((moved.cause, moved.baseline), (adjusted, money("10300")));
    assert_eq!(moved.origin, peak);
    // 10,300 less 100 x 10.01 is 9,299, a dollar below the floor.
    world.tell(buy(0, 100));
    let proof = proof(&mut world, quote("94.99", "94.99"));
    let limit = proof.limits[0];
    assert_eq!((limit.lowered, limit.floor), (money("200"), money("9300")));
    assert_eq!(limit.origin, peak);
    assert_eq!(proof.verify(proof.digest()), Ok(()));
    world.agrees();
}

#[test]
fn a_roll_takes_the_days_baseline_even_where_it_moves_nothing() {
    let rules = Plan {
        daily_loss: Some(daily_loss(Effect::LockForDay)),
        ..fragile()
    };
    let mut world = bought(&rules);
    let roll = world.next_seq();
    assert!(moves(&world.roll(2)).is_empty());
    let proofs = proofs(&mut world, quote("80", "80"));
    let [daily, max] = [0, 1].map(|place| proofs[0].limits[place].origin);
    assert_eq!((daily.seq, daily.source), (roll, BaselineSource::Roll));
    assert_eq!(max.source, BaselineSource::Opening);
    assert!(max.seq < roll);
    world.agrees();
}

// A rest.

/// Three days without an opening fill end it, and 100 shares that lost 50 are closed.
#[test]
fn a_rest_says_what_ended_and_what_it_held() {
    let rules = Plan {
        conduct: Conduct {
            inactivity: Some(Inactivity {
                days: 3,
                effect: InactivityEffect::Close,
            }),
            ..Conduct::default()
        },
        ..fragile()
    };
    let mut world = World::with(&[share()], &rules);
    world.roll(2);
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    let (active_seq, active_ts) = (world.shard.seq(), world.shard.ts());
    world.tell(quote("99.5", "99.6"));
    // The third, fourth and fifth went by.
    let roll = |day| {
        InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(day),
        })
    };
    assert!(proofs(&mut world, roll(5)).is_empty());
    let proof = proof(&mut world, roll(6));
    let Verdict::Inactive(rest) = proof.verdict else {
        panic!("{proof:?}");
    };
    assert_eq!(
        rest,
        Rest {
            account: ACCOUNT,
            days: 3,
            limit: 3,
            effect: InactivityEffect::Close,
            active: TradingDay(2),
            active_seq,
            active_ts,
            opens: TradingDay(6),
            equity: money("9950").to_notional(),
            positions: 1,
        }
    );
    let place = [
        "shard",
        "seq",
        "ts",
        "verdict.active_seq",
        "verdict.active_ts",
        "basis.plan",
        "basis.days",
        "basis.payout_days",
    ];
    let position = ["positions[0].instrument", "positions[0].mark_seq"];
    check_slips(&proof, &place, &position);
    world.agrees();
}

// A pass.

#[test]
fn a_pass_with_consistency() {
    let rules = Plan {
        profit_target: Some(Target::Fixed(money("500"))),
        min_days: Some(MinDays {
            days: 2,
            counts: DayCounts::OpeningFill,
            day_profit_min: None,
        }),
        consistency: Some(ConsistencyRule {
            cap: Ratio::percent(60),
            denominator: Denominator::Net,
            inclusive: true,
            window: ConsistencyWindow::Phase,
        }),
        ..fragile()
    };
    let mut world = bought(&rules);
    // 100 x 3 on the first day, 100 x 2 on the second; 300 is 60% of 500.
    world.tell(quote("103", "103"));
    world.tell(sell(0, 100));
    world.roll(2);
    world.tell(buy(0, 100));
    world.tell(quote("105", "105"));
    let proof = proof(&mut world, sell(0, 100));
    assert_eq!(proof.verdict, Verdict::Passed);
    assert_eq!((proof.basis.balance, proof.basis.days), (money("10500"), 2));
    // Another day is as good; a day, a unit of cash or of the best day less is not.
    let others = ["basis.plan", "basis.days +1", "basis.payout_days"];
    let place = ["shard", "seq", "ts"];
    check_slips(&proof, &[&place[..], &others].concat(), &[]);
}

// Payouts that are refused.

/// Pays half the profit since the last payout, after two days, with a best day of at most 60%.
fn paying() -> Plan {
    Plan {
        stage: Stage::Funded,
        payout: Some(PayoutRule {
            fraction: Ratio::percent(50),
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::ZERO),
            split: Ratio::percent(80),
            after: AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: Some(MinDays {
                days: 2,
                counts: DayCounts::OpeningFill,
                day_profit_min: None,
            }),
            series: rules::PayoutSeries::default(),
        }),
        consistency: Some(ConsistencyRule {
            cap: Ratio::percent(60),
            denominator: Denominator::Net,
            inclusive: true,
            window: ConsistencyWindow::SincePayout,
        }),
        ..fragile()
    }
}

fn payout(amount: &str) -> Command {
    Command::Adjust {
        account: ACCOUNT,
        kind: AdjustKind::Payout,
        amount: money(amount),
    }
}

/// Earns 100 times this on a new day.
fn earn(world: &mut World, day: i32, from: &str, to: &str) {
    world.roll(day);
    world.tell(quote(from, from));
    world.tell(buy(0, 100));
    world.tell(quote(to, to));
    world.tell(sell(0, 100));
}

/// The verdict of a denial. These figures of it, and these of what it rests on, slip besides the place in
/// the journal, the plan's number and the days that count toward a pass.
fn check_denial(world: &mut World, amount: &str, slipping: [&[&str]; 2]) -> (Money, PayoutDenial) {
    let proof = proof(world, payout(amount));
    let place = ["shard", "seq", "ts"];
    let figures = ["basis.plan", "basis.days"];
    let [verdict, basis] = slipping;
    let mut wanted = [&place[..], verdict, &figures, basis].concat();
    let origins = origins(&proof);
    wanted.extend(origins.iter().map(String::as_str));
    let mut found = slips(&proof);
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
    match proof.verdict {
        Verdict::PayoutDenied {
            eligible, reason, ..
        } => (eligible, reason),
        _ => panic!("no denial"),
    }
}

#[test]
fn a_payout_that_the_plan_does_not_have() {
    let mut world = World::with(&[share()], &fragile());
    world.tell(quote("100", "100"));
    let denied = check_denial(
        &mut world,
        "1",
        [
            &["verdict.requested"],
            &["basis.payout_days", "basis.positions"],
        ],
    );
    assert_eq!(denied, (Money::ZERO, PayoutDenial::NotInPlan));
}

#[test]
fn a_payout_of_a_suspended_account() {
    let mut world = World::with(&[share()], &paying());
    earn(&mut world, 2, "100", "103");
    world.tell(Command::ChangeAccount {
        account: AccountId(0),
        change: AccountChange::Suspend {
            reason: SuspendReason::Review,
            until: None,
        },
    });
    let denied = check_denial(
        &mut world,
        "1",
        [
            &["verdict.requested"],
            &["basis.payout_days", "basis.positions"],
        ],
    );
    assert_eq!(denied, (money("150"), PayoutDenial::NotEligibleState));
}

#[test]
fn a_payout_of_nothing_and_one_with_a_position() {
    let mut world = World::with(&[share()], &paying());
    earn(&mut world, 2, "100", "103");
    let denied = check_denial(
        &mut world,
        "0",
        [
            &["verdict.requested -1"],
            &["basis.payout_days", "basis.positions"],
        ],
    );
    assert_eq!(denied, (money("150"), PayoutDenial::AmountNotPositive));
    world.tell(buy(0, 1));
    let denied = check_denial(
        &mut world,
        "1",
        [
            &["verdict.requested"],
            &["basis.payout_days", "basis.positions +1"],
        ],
    );
    assert_eq!(denied, (money("150"), PayoutDenial::NotFlat));
}

#[test]
fn a_payout_after_too_few_days() {
    let mut world = World::with(&[share()], &paying());
    earn(&mut world, 2, "100", "103");
    let denied = check_denial(&mut world, "1", [&["verdict.requested"], &[]]);
    let reason = PayoutDenial::TooFewDays { has: 1, needs: 2 };
    assert_eq!(denied, (money("150"), reason));
}

#[test]
fn a_payout_with_too_good_a_day() {
    let mut world = World::with(&[share()], &paying());
    // 400 and 200: two thirds.
    earn(&mut world, 2, "100", "104");
    earn(&mut world, 3, "100", "102");
    let (eligible, reason) = check_denial(
        &mut world,
        "1",
        [&["verdict.requested"], &["basis.payout_days +1"]],
    );
    assert_eq!(eligible, money("300"));
    assert!(matches!(reason, PayoutDenial::Consistency(standing)
        if (standing.best_day, standing.denominator) == (money("400"), money("600"))));
}

#[test]
fn a_payout_of_more_than_is_eligible() {
    let mut world = World::with(&[share()], &paying());
    earn(&mut world, 2, "100", "103");
    earn(&mut world, 3, "100", "103");
    // Half of 600, and a millionth.
    let denied = check_denial(
        &mut world,
        "300.000001",
        [&["verdict.requested +1"], &["basis.payout_days +1"]],
    );
    assert_eq!(denied, (money("300"), PayoutDenial::AboveEligible));
}

#[test]
fn a_payout_that_would_leave_a_limit_broken() {
    let rules = Plan {
        daily_loss: Some(DailyLoss {
            allowance: Allowance::Fixed(money("200")),
            ..daily_loss(Effect::LockForDay)
        }),
        consistency: None,
        ..paying()
    };
    let mut world = World::with(&[share()], &rules);
    earn(&mut world, 2, "100", "105");
    earn(&mut world, 3, "100", "105");
    // 11,000 at the roll; 300 less is below the day's floor of 10,800, and locks.
    earn(&mut world, 4, "100", "97");
    let denied = check_denial(
        &mut world,
        "100",
        [
            &["verdict.requested"],
            &["basis.payout_days", "DailyLoss.lowered +1"],
        ],
    );
    assert_eq!(denied, (money("350"), PayoutDenial::WouldBreach));
}

/// The reason of a refusal whose proof holds, and does not with any of these figures altered.
fn check_series(world: &mut World, amount: &str, altered: &[fn(&mut Proof)]) -> PayoutDenial {
    let proof = proof(world, payout(amount));
    assert_eq!(proof.verify(proof.digest()), Ok(()));
    for alter in altered {
        let mut other = proof.clone();
        alter(&mut other);
        assert!(other.verify(other.digest()).is_err());
    }
    match proof.verdict {
        Verdict::PayoutDenied { reason, .. } => reason,
        _ => panic!("no denial"),
    }
}

#[test]
fn payouts_of_a_series_go_by_their_number_and_the_last_closes_the_account() {
    let mut rules = paying();
    rules.consistency = None;
    let rule = rules.payout.as_mut().unwrap();
    rule.days_min = None;
    rule.series = PayoutSeries {
        min: Some(money("100")),
        caps: listed(&[money("120"), money("250")]).unwrap(),
        interval_days: Some(3),
        splits: listed(&[SplitTier {
            from: SplitFrom::PaidTotal(money("200")),
            split: Ratio::percent(90),
        }])
        .unwrap(),
        payouts_max: Some(2),
    };
    let mut world = World::with(&[share()], &rules);
    earn(&mut world, 3, "100", "110");
    // Two days after the account opened, on day 1.
    let soon = check_series(
        &mut world,
        "100",
        &[
            |proof| proof.basis.days_since_payout += 1,
            |proof| proof.basis.days_since_payout -= 1,
            |proof| proof.basis.payouts += 1,
        ],
    );
    assert_eq!(soon, PayoutDenial::TooSoon { has: 2, needs: 3 });
    world.roll(4);
    let least = check_series(
        &mut world,
        "99.999999",
        &[|proof| proof.basis.days_since_payout -= 1],
    );
    let min = money("100");
    assert_eq!(least, PayoutDenial::BelowMinimum { min });
    let capped = check_series(
        &mut world,
        "120.000001",
        &[|proof| proof.basis.payouts += 1],
    );
    assert_eq!(capped, PayoutDenial::AboveEligible);
    // 80% of 120.
    let shares = |events: Vec<EventKind>| {
        let approved = events.iter().find_map(|event| match event {
            EventKind::PayoutApproved { trader, firm, .. } => Some((*trader, *firm)),
            _ => None,
        });
        let is_closed = |event: &EventKind| {
            let closed = AccountState::Closed;
            matches!(event, EventKind::StateChanged { to, .. } if *to == closed)
        };
        let is_told = |event: &EventKind| matches!(event, EventKind::PaidOut { payouts: 2, .. });
        let is_over = events.iter().any(is_closed);
        assert_eq!(events.iter().any(is_told), is_over, "{events:?}");
        (approved.unwrap(), is_over)
    };
    let first = shares(world.hear(payout("120")));
    assert_eq!(first, ((money("96"), money("24")), false));
    world.roll(6);
    let soon = check_series(
        &mut world,
        "250",
        &[|proof| proof.basis.days_since_payout += 1],
    );
    assert_eq!(soon, PayoutDenial::TooSoon { has: 2, needs: 3 });
    world.roll(7);
    let capped = check_series(
        &mut world,
        "250.000001",
        &[|proof| proof.basis.payouts -= 1],
    );
    assert_eq!(capped, PayoutDenial::AboveEligible);
    // 80 more make 200, of which the trader gets 64; of 170 beyond it 153.
    let second = shares(world.hear(payout("250")));
    assert_eq!(second, ((money("217"), money("33")), true));
    let over = check_series(&mut world, "100", &[]);
    assert_eq!(over, PayoutDenial::NotEligibleState);
    world.agrees();
}
