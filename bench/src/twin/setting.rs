//! Where a script happens: limits, instruments, plans, accounts, and how often what happens. All of it
//! is drawn from the script's seed.

use engine::Limits;
use rules::{Competition, Plan};
use types::{
    AccountId, Codec, Command, CompetitionId, InputKind, Instrument, InstrumentId, Label,
    LatencySample, MarketData, MarketEvent, OpenAccount, Parentage, PlanId, Price, Qty, Quote,
    TeamId, Timer, TimestampNs, TradingDay,
};

use super::contests::competition;
use super::draw::Draw;
use super::instruments::{CURRENCIES, Tendency, instruments};
use super::plans::{follow_equity, plan, schedule};
use super::resolve::BEGIN;
use super::script::StepKind;

/// An instrument and the few prices that it trades at.
#[derive(Debug, Clone, Copy)]
pub struct Traded {
    /// Its definition.
    pub instrument: Instrument,
    /// The middle of its prices, in ticks.
    pub base: i64,
    /// How many ticks its prices spread over.
    pub width: i64,
}

/// What a script's inputs are resolved in.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Few of everything.
    pub limits: Limits,
    /// Instruments, each with another symbol.
    pub instruments: Vec<Traded>,
    /// Plans.
    pub plans: Vec<Plan>,
    /// Definitions, accounts, first quotes.
    pub opening: Vec<InputKind>,
    /// How often each kind of step is taken.
    pub weights: Vec<(u32, StepKind)>,
    /// In how many of a hundred places a step says nonsense.
    pub nonsense_percent: u64,
}

/// A name that is known to be good.
///
/// # Panics
/// When it is not.
pub(super) fn label(text: &str) -> Label {
    Label::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl Setting {
    /// The setting of a seed.
    pub fn new(seed: u64) -> Self {
        let draw = &mut Draw::new(seed);
        let limits = limits(draw);
        let mut tendency = Tendency {
            crossed_percent: draw.pick(&[0, 30, 50, 50, 100]),
            foreign_percent: draw.pick(&[0, 0, 25, 100]),
            latencies: draw.below(3) as u32,
        };
        // A draw of its own, so that the other scripts stay what they are.
        let follows = Draw::new(seed ^ 0x5045_414B).percent(30);
        let mut count = draw.between(3, 5) as usize;
        if follows {
            tendency.foreign_percent = 0;
            count -= 2;
        }
        let mut instruments = instruments(draw, tendency, count);
        if follows {
            // Far enough for a peak to come to where its trail stops.
            for traded in &mut instruments {
                traded.width *= 6;
            }
        }
        // Draws of its own, so that the other scripts stay what they are. Orders for shares and coins are denied at zero
        // and below: most of them trade above it.
        let mut above = Draw::new(seed ^ 0x5A45_524F);
        for traded in &mut instruments {
            if !traded.instrument.kind.may_be_negative() && above.percent(85) {
                traded.base = traded.base.max(traded.width);
            }
        }
        // Accounts whose money may leave or grow enter no competition.
        let competes = draw.percent(25);
        let plans: Vec<Plan> = (0..draw.between(2, 5))
            .map(|_| {
                let currency = draw.weighted(&[(5, CURRENCIES[0]), (1, CURRENCIES[1])]);
                let mut plan = plan(draw, currency);
                if competes {
                    plan.payout = None;
                    plan.scaling = None;
                }
                if follows {
                    follow_equity(draw, &mut plan, competes);
                }
                plan
            })
            .collect();
        let mut opening = opening(draw, tendency, &instruments, &plans);
        let mut weights = weights(draw);
        if follows {
            // Whoever competes is looked at whenever a peak moves.
            opening.retain(|kind| {
                !matches!(kind, InputKind::Command(Command::EnterCompetition { .. }))
            });
            for (weight, kind) in &mut weights {
                *weight *= if *kind == StepKind::Quote { 4 } else { 1 };
            }
        }
        Self {
            limits,
            instruments,
            plans,
            opening,
            weights,
            nonsense_percent: draw.pick(&[0, 0, 1, 2, 4]),
        }
    }
}

/// Each limit is so low that a script meets it, or out of the way.
fn limits(draw: &mut Draw) -> Limits {
    let tight_percent = draw.pick(&[0, 20, 50]);
    let mut limit = |low: i64, high: i64, roomy: u32| {
        if draw.percent(tight_percent) {
            draw.between(low, high) as u32
        } else {
            roomy
        }
    };
    Limits {
        instruments_max: limit(2, 6, 8),
        plans_max: limit(2, 6, 16),
        competitions_max: limit(1, 3, 8),
        accounts_max: limit(3, 9, 24),
        orders_max: limit(3, 16, 64),
        account_orders_max: limit(2, 6, 32),
        account_orders_per_second_max: limit(1, 5, 0),
        list_orders_max: limit(2, 3, 4),
        algo_slices_max: limit(1, 3, 8),
        algo_children_max: limit(0, 3, 64),
        algos_max: limit(1, 2, 8),
        changes_max: limit(1, 3, 64),
        positions_max: limit(1, 6, 64),
        book_levels_max: limit(1, 4, 64),
        consumed_max: limit(1, 3, 64),
        curves_max: limit(1, 2, 4),
        latencies_max: limit(0, 2, 4),
        samples_max: limit(1, 3, 8),
        conversions_max: limit(1, 4, 8),
        client_orders_max: limit(0, 4, 16),
        depth_levels_max: limit(1, 3, 16),
        intervals_max: limit(1, 4, 16),
    }
}

/// Some of what may happen happens often, some of it never, in every script otherwise.
fn weights(draw: &mut Draw) -> Vec<(u32, StepKind)> {
    use StepKind as K;
    let groups: [&[(u32, StepKind)]; 10] = [
        &[(60, K::Quote), (30, K::Depth), (36, K::Trade), (10, K::Bar)],
        &[(120, K::Order)],
        &[(36, K::List)],
        &[(16, K::Algo)],
        &[
            (30, K::Amend),
            (14, K::Cancel),
            (3, K::CancelAll),
            (2, K::Disconnect),
        ],
        &[(9, K::Status)],
        &[
            (3, K::Financing),
            (3, K::Dividend),
            (2, K::Split),
            (2, K::Gap),
            (3, K::Convert),
        ],
        &[
            (16, K::Adjust),
            (3, K::Open),
            (1, K::Register),
            (2, K::Define),
            (7, K::Roll),
            (6, K::Clock),
        ],
        &[(16, K::Announce), (6, K::Change), (3, K::Open)],
        &[(14, K::Enter), (16, K::Organise), (4, K::Define)],
    ];
    let mut weights = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        // Orders and prices there must be.
        let factor = if index < 2 {
            draw.pick(&[3, 10, 10, 20])
        } else {
            draw.pick(&[0, 3, 10, 10, 30])
        };
        weights.extend(group.iter().map(|&(weight, kind)| (weight * factor, kind)));
    }
    weights
}

fn opening(
    draw: &mut Draw,
    tendency: Tendency,
    instruments: &[Traded],
    plans: &[Plan],
) -> Vec<InputKind> {
    let mut opening = Vec::new();
    let mut command = |command| opening.push(InputKind::Command(command));
    for _ in 0..tendency.latencies {
        let samples = (0..draw.between(1, 3)).map(|_| sample(draw)).collect();
        command(Command::DefineLatency { samples });
    }
    for _ in 0..draw.below(3) {
        let weights = (0..draw.between(1, 4))
            .map(|_| draw.below(4) as u32)
            .collect();
        command(Command::DefineCurve { weights });
    }
    for from in CURRENCIES {
        for to in &CURRENCIES[..2] {
            if from != *to && draw.percent(if *to == "USD" { 95 } else { 85 }) {
                command(Command::SetConversion {
                    from: label(from),
                    to: label(to),
                    rate: rate(draw),
                });
            }
        }
    }
    for traded in instruments {
        command(Command::RegisterInstrument(Box::new(traded.instrument)));
    }
    for plan in plans {
        let spec = plan.to_bytes().into();
        command(Command::DefinePlan { spec });
    }
    let contests: Vec<Competition> = (0..draw.between(1, 3))
        .map(|_| competition(draw, BEGIN))
        .collect();
    for contest in &contests {
        let spec = contest.to_bytes().into();
        command(Command::DefineCompetition { spec });
    }
    let has_days = draw.percent(60);
    if has_days {
        for index in 0..2 {
            opening.push(InputKind::Timer(Timer::DayRoll {
                schedule: schedule(index),
                day: TradingDay(1),
            }));
        }
    }
    for account in 0..draw.between(3, 8) as u32 {
        opening.push(open_account(
            PlanId(draw.below(plans.len() as u64) as u32),
            None,
        ));
        if draw.percent(80) {
            let index = draw.below(contests.len() as u64) as usize;
            let has_teams = contests[index].contest.teams.is_some();
            opening.push(InputKind::Command(Command::EnterCompetition {
                competition: CompetitionId(index as u32),
                account: AccountId(account),
                team: has_teams.then(|| TeamId(draw.below(2) as u32)),
            }));
        }
    }
    for (index, traded) in instruments.iter().enumerate() {
        if draw.percent(85) {
            opening.push(first_quote(InstrumentId(index as u32), traded));
        }
    }
    opening
}

/// From nothing to two seconds each way.
pub(super) fn sample(draw: &mut Draw) -> LatencySample {
    let delays = [0, 1, 50_000_000, 250_000_000, 2_000_000_000];
    LatencySample {
        order_ns: draw.pick(&delays),
        ack_ns: draw.pick(&delays),
    }
}

/// Above zero; odd ones among them.
pub(super) fn rate(draw: &mut Draw) -> Price {
    Price(draw.pick(&[
        1_000_000_000,
        1_087_500_000,
        912_345_679,
        6_666_667,
        333_333_333,
        2_500_000_000,
    ]))
}

pub(super) fn open_account(plan: PlanId, parent: Option<Parentage>) -> InputKind {
    InputKind::Command(Command::OpenAccount(OpenAccount {
        plan,
        parent,
        name: label("somebody"),
    }))
}

fn first_quote(instrument: InstrumentId, traded: &Traded) -> InputKind {
    let price = |at: i64| Price(at * traded.instrument.tick_size.0);
    let qty = Qty(8 * traded.instrument.lot_size.0);
    InputKind::Market(MarketEvent {
        instrument,
        ts_event: TimestampNs(7),
        data: MarketData::Quote(Quote {
            bid: price(traded.base),
            bid_qty: qty,
            ask: price(traded.base + 1),
            ask_qty: qty,
        }),
    })
}
