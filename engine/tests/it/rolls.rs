//! A roll comes before everything else of its time: what is due then has its turn with the next input
//! that is no roll.

use rules::{
    Allowance, BoardKind, Competition, Conduct, ContestRules, DailyAnchor, DailyLoss, Gates, Plan,
    Weights, Window, WindowAction, WindowRule,
};
use types::{
    AccountId, Calendar, Codec, Command, CompetitionId, Effect, Ratio, RollSchedule, Timer,
    TimestampNs, TradingDay,
};

use crate::windows::{s, touch};
use crate::words::{Words, announce, buy, earn, quote};
use crate::world::{World, define, label, money, open, plan, schedule};

const ROLL: u64 = 100;

/// Flat at the news, and a day may lose 1,000 from its opening balance.
fn careful(schedule: RollSchedule) -> Plan {
    Plan {
        schedule,
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("1000")),
            effect: Effect::Fail,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        conduct: Conduct {
            windows: vec![WindowRule {
                calendar: Calendar::Named(label("NEWS")),
                before_s: 0,
                after_s: 0,
                action: WindowAction::ForceFlat,
                symbols: Vec::new(),
            }],
            ..Conduct::default()
        },
        ..plan("10000")
    }
}

const fn rolls(schedule: RollSchedule, day: i32) -> Timer {
    Timer::DayRoll {
        schedule,
        day: TradingDay(day),
    }
}

fn floor(world: &World, account: u32) -> String {
    let view = world.shard.account_view(AccountId(account)).unwrap();
    view.limits[0].limit.floor.to_string()
}

/// Ten bought at 100 are worth 400 each when the day rolls and a window forces flat: the 3,000 are the
/// new day's, whose floor stands 1,000 below the 10,000 of before.
#[test]
fn a_window_that_opens_at_the_roll_opens_in_the_new_day() {
    let mut world = World::with(&[touch()], &careful(schedule()));
    world.tell_at(s(10), quote("100", "100"));
    world.tell_at(s(10), announce("NEWS", s(ROLL), s(ROLL + 10)));
    world.tell_at(s(20), buy(0, 10));
    world.tell_at(s(30), quote("400", "400"));
    let told = world.tell_at(s(ROLL), rolls(schedule(), 2));
    assert_eq!(told, ["DayRolled", "DayClosed"]);
    assert_eq!(world.shard.next_due(), Some(TimestampNs(s(ROLL))));
    let told = world.until(s(ROLL));
    let opens = "window 0 of plan 0 opens until 110000000000";
    // 10,000 and 10 x 300.
    assert_eq!(
        told,
        [
            opens,
            "account 0 by Window sells 10 at 400 (Touch)",
            "account 0 liquidated to 13000, fees 0, slippage 0",
        ]
    );
    let view = world.shard.account_view(AccountId(0)).unwrap();
    assert_eq!(view.day, Some(TradingDay(2)));
    assert_eq!(view.day_start_balance, money("10000"));
    assert_eq!(view.day_pnl, money("3000"));
    assert_eq!(floor(&world, 0), "9000");
    world.agrees();
}

#[test]
fn plans_that_roll_at_one_time_all_roll_before_its_windows_open() {
    let far = RollSchedule {
        zone: label("UTC"),
        minute: 0,
    };
    let mut world = World::with(&[touch()], &careful(schedule()));
    world.tell_at(s(4), define(&careful(far)));
    world.tell_at(s(4), rolls(far, 1));
    world.tell_at(s(4), open(1));
    world.tell_at(s(10), quote("100", "100"));
    world.tell_at(s(10), announce("NEWS", s(ROLL), s(ROLL + 10)));
    world.tell_at(s(20), buy(0, 10));
    world.tell_at(s(20), buy(1, 20));
    // Expires at the roll: a roll is before that, too.
    world.tell_at(s(20), buy(1, 1).at("90").until(s(ROLL)));
    world.tell_at(s(30), quote("400", "400"));
    let rolled = ["DayRolled", "DayClosed"];
    assert_eq!(world.tell_at(s(ROLL), rolls(schedule(), 2)), rolled);
    assert_eq!(world.tell_at(s(ROLL), rolls(far, 2)), rolled);
    // The next input does it, whatever it is, before its own work.
    let told = world.tell_at(s(ROLL), buy(0, 1));
    assert_eq!(
        told,
        [
            "window 0 of plan 0 opens until 110000000000",
            "account 0 by Window sells 10 at 400 (Touch)",
            "account 0 liquidated to 13000, fees 0, slippage 0",
            "window 0 of plan 1 opens until 110000000000",
            "#3 cancelled 1 Window",
            "account 1 by Window sells 20 at 400 (Touch)",
            "account 1 liquidated to 16000, fees 0, slippage 0",
            "denied Conduct window 0",
        ]
    );
    for (account, earned) in [(0, "3000"), (1, "6000")] {
        let view = world.shard.account_view(AccountId(account)).unwrap();
        assert_eq!(view.day_pnl, money(earned));
        assert_eq!(floor(&world, account), "9000");
    }
    world.agrees();
}

/// What was due a nanosecond before the roll is done before it.
#[test]
fn what_is_due_before_a_roll_is_of_the_old_day() {
    let mut world = World::with(&[touch()], &careful(schedule()));
    world.tell_at(s(10), quote("100", "100"));
    world.tell_at(s(10), announce("NEWS", s(ROLL) - 1, s(ROLL)));
    world.tell_at(s(20), buy(0, 10));
    world.tell_at(s(30), quote("400", "400"));
    assert_eq!(
        world.tell_at(s(ROLL), rolls(schedule(), 2)),
        [
            "window 0 of plan 0 opens until 100000000000",
            "account 0 by Window sells 10 at 400 (Touch)",
            "account 0 liquidated to 13000, fees 0, slippage 0",
            "DayRolled",
            "DayClosed",
            "FloorMoved",
        ]
    );
    assert_eq!(floor(&world, 0), "12000");
    assert_eq!(world.until(s(ROLL)), ["window 0 of plan 0 closes"]);
    world.agrees();
}

/// Consistency alone: `C = 50 (1 + mean g(d, 0.5%))`. One day of +1% is 50 (1 + 2/3) = 83.333...; with
/// a flat day beside it would be 66.666...
#[test]
fn a_competition_that_starts_and_ends_at_rolls_has_the_days_between() {
    let cup = Competition {
        name: label("cup"),
        kind: BoardKind::Paper,
        weights: Weights {
            profit: Ratio::ZERO,
            risk: Ratio::ZERO,
            consistency: Ratio::ONE,
            drawdown: Ratio::ZERO,
        },
        loss_limit: Competition::standard_loss_limit(),
        gates: Gates {
            active_days: 0,
            round_turns: 0,
        },
        schedule: schedule(),
        days: rules::TradingDays::default(),
        contest: ContestRules {
            window: Some(Window {
                start: TimestampNs(s(ROLL)),
                end: TimestampNs(s(2 * ROLL)),
            }),
            ..ContestRules::default()
        },
    };
    let mut world = World::with(&[touch()], &plan("10000"));
    let spec = cup.to_bytes().into();
    world.tell_at(s(10), Command::DefineCompetition { spec });
    world.tell_at(
        s(10),
        Command::EnterCompetition {
            competition: CompetitionId(0),
            account: AccountId(0),
            team: None,
        },
    );
    let score = |world: &World| {
        let board = world.shard.board(CompetitionId(0), false).unwrap();
        let score = board.rows[0].score;
        (score.days, Ratio(score.total).to_string())
    };
    let rolled = ["DayRolled", "DayClosed"];
    assert_eq!(world.tell_at(s(ROLL), rolls(schedule(), 2)), rolled);
    assert_eq!(world.until(s(ROLL)), ["competition 0 Live"]);
    world.tell_at(s(ROLL + 1), earn(0, 100));
    assert_eq!(score(&world), (1, "83.333333333".to_owned()));
    // The moment at which it ends is no day of it, though the roll comes first.
    assert_eq!(world.tell_at(s(2 * ROLL), rolls(schedule(), 3)), rolled);
    assert_eq!(world.until(s(2 * ROLL)), ["competition 0 InReview"]);
    assert_eq!(score(&world), (1, "83.333333333".to_owned()));
    world.agrees();
}
