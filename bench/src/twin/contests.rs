//! Competitions with and without a window, a freeze, teams, fees and prizes, so short and so small that
//! a stream meets every turn of their lives.

use rules::{
    BoardKind, Competition, ContestRules, EntryFee, EntryRules, Gates, Prize, PrizeAmount,
    PrizePool, TeamRules, Weights, Window,
};
use types::{Money, Ratio, TimestampNs};

use super::draw::Draw;
use super::plans::{schedule, trading_days};
use super::setting::label;

const SECOND: u64 = 1_000_000_000;

/// Mostly ahead, now and then begun or over already.
fn window(draw: &mut Draw, now: TimestampNs) -> Window {
    let ahead = [0, 1, SECOND, SECOND, 3 * SECOND, 10 * SECOND];
    let length = draw.pick(&[
        1,
        SECOND - 1,
        SECOND,
        3 * SECOND,
        10 * SECOND,
        30 * SECOND,
        120 * SECOND + 7,
    ]);
    let start = match draw.below(10) {
        0 => now.0 - draw.pick(&[1, SECOND, 20 * SECOND]),
        _ => now.0 + draw.pick(&ahead),
    };
    Window {
        start: TimestampNs(start),
        end: TimestampNs(start + length),
    }
}

fn fee(draw: &mut Draw) -> EntryFee {
    EntryFee {
        fee: Money(draw.pick(&[0, 1_000_000, 12_340_001])),
        to_pool: Ratio::ZERO,
    }
}

/// Shares whose remainders differ, or amounts; more places than a stream has accounts, or few.
fn prizes(draw: &mut Draw, fee: &mut EntryFee) -> PrizePool {
    let places = |each: &[(u32, PrizeAmount)]| {
        let mut first = 1;
        each.iter()
            .map(|&(count, each)| {
                let prize = Prize {
                    first,
                    last: first + count - 1,
                    each,
                };
                first += count;
                prize
            })
            .collect()
    };
    let share = |share: i64| PrizeAmount::Share(Ratio(share));
    let amount = |whole: i64| PrizeAmount::Fixed(Money::whole(whole));
    if draw.percent(30) {
        return PrizePool {
            pool: Money::whole(100),
            unit: Money::whole(1),
            places: places(&[(1, amount(60)), (2, amount(20))]),
        };
    }
    fee.to_pool = Ratio::percent(draw.pick(&[0, 33, 100]));
    let unit = draw.pick(&[1, 10_000, 1_000_000]);
    let shares: &[(u32, PrizeAmount)] = match draw.below(4) {
        0 => &[(1, share(1_000_000_000))],
        1 => &[(1, share(333_333_334)), (2, share(333_333_333))],
        2 => &[
            (1, share(500_000_000)),
            (1, share(300_000_000)),
            (1, share(200_000_000)),
        ],
        _ => &[(1, share(600_000_000)), (8, share(50_000_000))],
    };
    PrizePool {
        pool: Money(unit * draw.pick(&[0, 7, 100])),
        unit: Money(unit),
        places: places(shares),
    }
}

fn rules(draw: &mut Draw, now: TimestampNs) -> ContestRules {
    let window = draw.percent(70).then(|| window(draw, now));
    let length_s = window.map_or(0, |window| (window.end.0 - window.start.0) / SECOND);
    let freezes = draw.percent(65);
    let freeze_s = draw.pick(&[1, length_s / 2, length_s]).min(length_s);
    let mut fee = fee(draw);
    let prizes = draw.percent(65).then(|| prizes(draw, &mut fee));
    ContestRules {
        window,
        entry: EntryRules {
            fee,
            late: window.is_none() || draw.percent(70),
            entrants_max: draw.pick(&[1, 2, 4, 1_000_000, 1_000_000]),
        },
        prizes,
        freeze_s: if freezes { freeze_s as u32 } else { 0 },
        teams: draw.percent(30).then(|| TeamRules {
            count: draw.between(1, 3) as u16,
            members_min: draw.between(1, 2) as u16,
        }),
    }
}

/// A competition that is defined at this time.
pub(super) fn competition(draw: &mut Draw, now: TimestampNs) -> Competition {
    let only_profit = Weights {
        profit: Ratio::ONE,
        risk: Ratio::ZERO,
        consistency: Ratio::ZERO,
        drawdown: Ratio::ZERO,
    };
    // Without gates whoever enters is ranked.
    let gate = u16::from(draw.percent(50));
    Competition {
        name: label("cup"),
        kind: BoardKind::Paper,
        weights: if draw.percent(70) {
            Competition::standard_weights()
        } else {
            only_profit
        },
        loss_limit: Ratio::percent(draw.pick(&[1, 20, 100])),
        gates: Gates {
            active_days: gate,
            round_turns: gate.into(),
        },
        schedule: schedule(draw.below(2)),
        days: trading_days(draw),
        contest: rules(draw, now),
    }
}
