//! The life of an account: at rest, suspended, resumed, closed, and followed by another.

use engine::Limits;
use rules::{
    Allowance, Conduct, DailyAnchor, DailyLoss, Inactivity, InactivityEffect, Life, Lineage,
    MaxLoss, Plan, StopTrailing, Target, TimeLimit, TradingDays, TrailSource,
};
use types::{
    AccountId, AccountState, Command, DaysOf, Effect, Instrument, LapseEffect, OpenAccount, Origin,
    Parentage, PlanId, TimestampNs,
};

use crate::windows::{s, touch};
use crate::words::{Words, buy, close, earn, quote, resume, sell, suspend};
use crate::world::{World, define, label, money, plan, price};

fn governed(rules: &Plan, accounts: u32) -> World {
    let mut world = World::limited(Limits::default(), &[touch()], rules, accounts);
    world.tell_at(s(20), quote("100", "101"));
    world
}

fn state(world: &World, account: u32) -> AccountState {
    world.shard.account_state(AccountId(account)).unwrap()
}

// Inactivity.

fn resting(effect: InactivityEffect) -> Plan {
    Plan {
        conduct: Conduct {
            inactivity: Some(Inactivity { days: 3, effect }),
            ..Conduct::default()
        },
        ..plan("10000")
    }
}

fn roll(world: &mut World, day: i32) -> Vec<String> {
    crate::told::told(&world.roll(day))
}

const ROLLED: [&str; 2] = ["DayRolled", "DayClosed"];

#[test]
fn an_account_rests_for_so_many_whole_days() {
    let mut world = governed(&resting(InactivityEffect::Close), 1);
    world.roll(2);
    world.tell(buy(0, 1));
    world.tell(buy(0, 1).at("90"));
    world.roll(3);
    // A sale opens nothing. The third and fourth day went by.
    world.tell(sell(0, 1));
    world.tell(buy(0, 1).at("80"));
    assert_eq!(roll(&mut world, 5), ROLLED);
    // And the fifth.
    assert_eq!(
        roll(&mut world, 6),
        [
            ROLLED[0],
            ROLLED[1],
            "account 0 inactive 3",
            "VerdictBasis",
            "#2 cancelled 1 AccountLocked",
            "#4 cancelled 1 AccountLocked",
            "account 0 Closed",
        ]
    );
    world.agrees();
}

#[test]
fn an_opening_fill_on_any_day_is_enough() {
    let mut world = governed(&resting(InactivityEffect::Fail), 1);
    for day in [4, 7, 10] {
        world.tell(buy(0, 1));
        assert_eq!(roll(&mut world, day), ROLLED);
    }
    // After the seventh day's fill the eighth, ninth and tenth without one.
    assert_eq!(
        roll(&mut world, 11),
        [
            ROLLED[0],
            ROLLED[1],
            "account 0 inactive 3",
            "BreachPosition",
            "VerdictBasis",
            "account 0 by AccountEnded sells 3 at 100 (Touch)",
            "account 0 liquidated to 9997, fees 0, slippage 0",
            "account 0 Failed",
        ]
    );
    world.agrees();
}

#[test]
fn idle_days_begin_anew_when_a_suspension_ends() {
    let mut world = governed(&resting(InactivityEffect::Suspend), 1);
    assert_eq!(
        roll(&mut world, 5),
        [
            ROLLED[0],
            ROLLED[1],
            "account 0 inactive 3",
            "VerdictBasis",
            "account 0 suspended Inactivity",
            "account 0 Suspended",
        ]
    );
    // Nothing is decided meanwhile; the days that were missed are one roll, and none of them is idle.
    assert_eq!(roll(&mut world, 9), ["DayRolled"]);
    assert_eq!(roll(&mut world, 20), ["DayRolled"]);
    let told = world.tell(resume(0));
    assert_eq!(told, ["account 0 Evaluation", "DayClosed"]);
    assert_eq!(roll(&mut world, 23), ROLLED);
    assert_eq!(roll(&mut world, 24)[2], "account 0 inactive 3");
    world.agrees();
}

// Suspensions.

#[test]
fn a_suspended_account_holds_and_does_nothing_until_its_time() {
    let mut world = governed(&plan("10000"), 1);
    world.tell(buy(0, 1));
    world.tell(buy(0, 1).at("90"));
    assert_eq!(
        world.tell_at(s(50), suspend(0, Some(s(60)))),
        [
            "#2 cancelled 1 AccountLocked",
            "account 0 by AccountEnded sells 1 at 100 (Touch)",
            "account 0 liquidated to 9999, fees 0, slippage 0",
            "account 0 suspended Review",
            "account 0 Suspended",
        ]
    );
    assert_eq!(
        world.tell(buy(0, 1)),
        ["denied AccountNotTrading Suspended"]
    );
    assert_eq!(world.tell(earn(0, 1)), ["AdjustDenied"]);
    let due = world.shard.next_due();
    assert_eq!(due, Some(TimestampNs(s(60))));
    assert!(world.until(s(60) - 1).is_empty());
    assert_eq!(
        world.tell_at(s(60), buy(0, 1)),
        [
            "account 0 Evaluation",
            "#3 accepted",
            "#3 buys 1 at 101 (Touch)",
        ]
    );
    world.agrees();
}

#[test]
fn a_suspension_that_is_ended_early_does_not_end_twice() {
    let mut world = governed(&plan("10000"), 1);
    world.tell_at(s(50), suspend(0, Some(s(60))));
    assert_eq!(world.tell_at(s(55), resume(0)), ["account 0 Evaluation"]);
    assert_eq!(world.shard.next_due(), None);
    world.tell_at(s(56), suspend(0, Some(s(70))));
    assert!(world.until(s(60)).is_empty());
    assert_eq!(world.tell_at(s(65), close(0)), ["account 0 Closed"]);
    assert!(world.until(s(70)).is_empty());
    world.agrees();
}

#[test]
fn suspensions_that_end_together_end_in_the_order_in_which_they_began() {
    let mut world = governed(&plan("10000"), 2);
    world.tell_at(s(50), suspend(1, Some(s(60))));
    world.tell_at(s(50), suspend(0, Some(s(60))));
    assert_eq!(
        world.until(s(60)),
        ["account 1 Evaluation", "account 0 Evaluation"]
    );
    world.agrees();
}

#[test]
fn what_a_state_does_not_allow_is_denied() {
    let mut rules = plan("10000");
    rules.profit_target = Some(Target::Fixed(money("1")));
    let mut world = governed(&rules, 3);
    let denied = |state| [format!("account 0 change denied {state}")];
    assert_eq!(world.tell(resume(0)), denied("Evaluation"));
    assert_eq!(world.tell(suspend(9, None)), ["rejected UnknownAccount"]);
    // An end that is now is no end to come.
    let now = world.now() + s(1);
    let over = ["rejected BadData until 1970-01-01T00:00:23Z after 1970-01-01T00:00:23Z"];
    assert_eq!(world.tell(suspend(0, Some(now))), over);
    world.tell(suspend(0, None));
    assert_eq!(world.tell(suspend(0, None)), denied("Suspended"));
    assert_eq!(world.tell(close(0)), ["account 0 Closed"]);
    for change in [close(0), resume(0), suspend(0, None)] {
        assert_eq!(world.tell(change), denied("Closed"));
    }
    world.tell(earn(0, 1));
    // One that passed has only its end left.
    world.tell(earn(1, 1));
    assert_eq!(state(&world, 1), AccountState::Passed);
    let told = world.tell(suspend(1, None));
    assert_eq!(told, ["account 1 change denied Passed"]);
    assert_eq!(world.tell(close(1)), ["account 1 Closed"]);
    world.agrees();
}

fn euro() -> Instrument {
    Instrument {
        currency: label("EUR"),
        ..touch()
    }
}

fn rate(rate: &str) -> Command {
    Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price(rate),
    }
}

/// 9,500 of 10,000 after a loss of 500 euros at par; then the euro triples while it is suspended.
fn suspended_below_its_floors() -> World {
    let rules = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("600")),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: rules::DailyChanges::default(),
        }),
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("1000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    };
    let mut world = World::with(&[euro()], &rules);
    world.tell(rate("1"));
    world.tell(quote("100", "101"));
    world.tell(buy(0, 100));
    world.tell(quote("96", "97"));
    world.tell(sell(0, 100));
    world.tell(suspend(0, None));
    assert_eq!(world.tell(rate("3")), ["ConversionSet"]);
    world
}

#[test]
fn an_account_that_resumes_is_judged_at_once() {
    let mut world = suspended_below_its_floors();
    // 8,500, below 9,000 and below the day's 9,400.
    assert_eq!(
        world.tell(resume(0)),
        [
            "account 0 Evaluation",
            "account 0 breach MaxLoss",
            "account 0 breach DailyLoss",
            "VerdictBasis",
            "LimitBasis",
            "LimitBasis",
            "CashBasis",
            "account 0 Failed",
        ]
    );
    world.agrees();
}

#[test]
fn an_account_that_missed_a_roll_is_rolled_before_it_is_judged() {
    let mut world = suspended_below_its_floors();
    assert_eq!(roll(&mut world, 2), ["DayRolled"]);
    // The new day is measured from 8,500, and only 9,000 is left to violate.
    assert_eq!(
        world.tell(resume(0)),
        [
            "account 0 Evaluation",
            "DayClosed",
            "FloorMoved",
            "account 0 breach MaxLoss",
            "VerdictBasis",
            "LimitBasis",
            "LimitBasis",
            "CashBasis",
            "account 0 Failed",
        ]
    );
    world.agrees();
}

#[test]
fn a_day_lock_outlasts_a_suspension_of_its_day_only() {
    let mut rules = plan("10000");
    rules.daily_loss = Some(DailyLoss {
        anchor: DailyAnchor::Balance,
        allowance: Allowance::Fixed(money("600")),
        effect: Effect::LockForDay,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    });
    let mut world = governed(&rules, 1);
    world.tell(earn(0, -601));
    world.tell(suspend(0, None));
    assert_eq!(world.tell(resume(0)), ["account 0 Evaluation"]);
    assert_eq!(world.tell(buy(0, 1)), ["denied DayLocked"]);
    world.tell(suspend(0, None));
    world.roll(2);
    assert_eq!(
        world.tell(resume(0)),
        [
            "account 0 Evaluation",
            "DayClosed",
            "FloorMoved",
            "DayUnlocked",
        ]
    );
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    world.agrees();
}

// Accounts that follow others.

fn after(plan: u32, parent: u32, origin: Origin) -> Command {
    Command::OpenAccount(OpenAccount {
        plan: PlanId(plan),
        parent: Some(Parentage {
            account: AccountId(parent),
            origin,
        }),
        name: label("again"),
    })
}

fn lineage(world: &World, account: usize) -> Lineage {
    world.shard.portrait().accounts[account].lineage
}

#[test]
fn a_reset_closes_its_parent_and_is_counted() {
    let mut rules = plan("10000");
    rules.life.resets_max = Some(1);
    let mut world = governed(&rules, 1);
    world.tell(buy(0, 1));
    world.tell(buy(0, 1).at("90"));
    assert_eq!(
        world.tell(after(0, 0, Origin::Reset)),
        [
            "#2 cancelled 1 AccountLocked",
            "account 0 by AccountEnded sells 1 at 100 (Touch)",
            "account 0 liquidated to 9999, fees 0, slippage 0",
            "account 0 Closed",
            "AccountOpened",
        ]
    );
    let (resets, retries) = (1, 0);
    assert_eq!(lineage(&world, 1), Lineage { resets, retries });
    assert_eq!(
        world.tell(after(0, 1, Origin::Reset)),
        ["account denied ResetsMax { max: 1 }"]
    );
    assert_eq!(state(&world, 1), AccountState::Evaluation);
    assert_eq!(
        world.tell(after(0, 0, Origin::Reset)),
        ["account denied ParentState { state: Closed }"]
    );
    let told = world.tell(after(0, 7, Origin::Reset));
    assert_eq!(told, ["rejected UnknownAccount"]);
    world.agrees();
}

#[test]
fn retries_follow_failures_until_they_are_used_up() {
    let mut rules = plan("10000");
    rules.life.retries_max = Some(1);
    rules.max_loss = Some(MaxLoss {
        trail: TrailSource::None,
        allowance: Allowance::Fixed(money("1000")),
        stop: StopTrailing::Never,
        effect: Effect::Fail,
        touch_is_breach: false,
    });
    let mut world = governed(&rules, 1);
    assert_eq!(
        world.tell(after(0, 0, Origin::Retry)),
        ["account denied ParentState { state: Evaluation }"]
    );
    world.tell(earn(0, -1_001));
    let told = world.tell(after(0, 0, Origin::Retry));
    assert_eq!(told, ["AccountOpened", "FloorMoved"]);
    let told = world.tell(after(0, 0, Origin::Retry));
    assert_eq!(told, ["account denied Followed"]);
    world.tell(earn(1, -1_001));
    assert_eq!(
        world.tell(after(0, 1, Origin::Retry)),
        ["account denied RetriesMax { max: 1 }"]
    );
    // A reset of a failed account has no more to close.
    let told = world.tell(after(0, 1, Origin::Reset));
    assert_eq!(told, ["AccountOpened", "FloorMoved"]);
    let (resets, retries) = (1, 1);
    assert_eq!(lineage(&world, 2), Lineage { resets, retries });
    world.agrees();
}

#[test]
fn the_next_phase_follows_a_pass_under_the_plan_that_is_named() {
    let rules = Plan {
        profit_target: Some(Target::Fixed(money("1"))),
        life: Life {
            next: Some(label("two")),
            ..Life::default()
        },
        ..plan("10000")
    };
    let mut world = governed(&rules, 1);
    world.tell(define(&Plan {
        name: label("two"),
        ..plan("20000")
    }));
    assert_eq!(
        world.tell(after(1, 0, Origin::NextPhase)),
        ["account denied ParentState { state: Evaluation }"]
    );
    world.tell(earn(0, 1));
    assert_eq!(
        world.tell(after(0, 0, Origin::NextPhase)),
        ["account denied OtherPlan { needed: \"two\" }"]
    );
    let told = world.tell(after(1, 0, Origin::NextPhase));
    assert_eq!(told, ["AccountOpened"]);
    assert_eq!(lineage(&world, 1), Lineage::default());
    assert_eq!(world.balance(1), "20000");
    assert_eq!(state(&world, 0), AccountState::Passed);
    world.agrees();
}

#[test]
fn an_account_for_which_there_is_no_room_ends_no_other() {
    let limits = Limits {
        accounts_max: 1,
        ..Limits::default()
    };
    let mut world = World::limited(limits, &[touch()], &plan("10000"), 1);
    let told = world.tell(after(0, 0, Origin::Reset));
    assert_eq!(told, ["rejected LimitReached accounts_max 1"]);
    assert_eq!(state(&world, 0), AccountState::Evaluation);
}

// The time to pass.

fn timed(days: u16, counts: DaysOf, effect: LapseEffect) -> Plan {
    Plan {
        life: Life {
            time_limit: Some(TimeLimit {
                days,
                counts,
                effect,
            }),
            ..Life::default()
        },
        profit_target: Some(Target::Fixed(money("100"))),
        ..plan("10000")
    }
}

#[test]
fn an_account_has_so_many_days_after_the_one_on_which_it_opened() {
    let mut world = governed(&timed(3, DaysOf::Calendar, LapseEffect::Fail), 1);
    // It opened on day 1 and has 2, 3 and 4; day 4 is 1970-01-05.
    let left = |world: &World| {
        let view = world.shard.account_view(AccountId(0)).unwrap();
        let limit = view.conduct.unwrap().time_limit.unwrap();
        limit.left.map(|(last, days)| (last.0, days))
    };
    assert_eq!(left(&world), Some((4, 3)));
    for (day, expected) in [(2, 2), (4, 0)] {
        world.roll(day);
        assert_eq!(left(&world), Some((4, expected)));
    }
    let next = |world: &World| {
        let view = world.shard.account_view(AccountId(0)).unwrap();
        view.next_roll.unwrap().lapses
    };
    assert!(next(&world));
    world.tell(buy(0, 1));
    world.tell(buy(0, 1).at("90"));
    assert_eq!(
        roll(&mut world, 5),
        [
            ROLLED[0],
            ROLLED[1],
            "account 0 lapsed after 1970-01-05",
            "BreachPosition",
            "VerdictBasis",
            "#2 cancelled 1 AccountLocked",
            "account 0 by AccountEnded sells 1 at 100 (Touch)",
            "account 0 liquidated to 9999, fees 0, slippage 0",
            "account 0 Failed",
        ]
    );
    world.agrees();
}

#[test]
fn trading_days_leave_out_what_the_calendar_does() {
    // Day 1, 1970-01-02, was a Friday. With Mondays and Tuesdays alone Tuesday's day is open then, and the next two are
    // days 4 and 5.
    let rules = Plan {
        days: TradingDays {
            weekdays: 0b000_0011,
            ..TradingDays::default()
        },
        ..timed(2, DaysOf::Trading, LapseEffect::Close)
    };
    let mut world = governed(&rules, 1);
    for day in [4, 5] {
        assert_eq!(roll(&mut world, day), ROLLED);
        assert_eq!(state(&world, 0), AccountState::Evaluation);
    }
    let told = roll(&mut world, 11);
    assert_eq!(
        told[2..],
        [
            "account 0 lapsed after 1970-01-06",
            "VerdictBasis",
            "account 0 Closed"
        ]
    );
    world.agrees();
}

#[test]
fn who_passed_in_time_has_no_time_left_to_lose_and_a_suspension_does_not_stop_it() {
    let mut world = governed(&timed(1, DaysOf::Calendar, LapseEffect::Fail), 3);
    world.tell(earn(0, 100));
    assert_eq!(state(&world, 0), AccountState::Passed);
    world.tell(suspend(1, None));
    // It opened on day 1 and has day 2, 1970-01-03.
    world.roll(2);
    let told = roll(&mut world, 3);
    assert!(told.contains(&"account 2 lapsed after 1970-01-03".to_owned()));
    assert_eq!(state(&world, 0), AccountState::Passed);
    assert_eq!(state(&world, 1), AccountState::Suspended);
    assert_eq!(state(&world, 2), AccountState::Failed);
    // Its time went by while it was suspended.
    let told = world.tell(resume(1));
    assert!(
        told.contains(&"account 1 lapsed after 1970-01-03".to_owned()),
        "{told:?}"
    );
    assert_eq!(state(&world, 1), AccountState::Failed);
    world.agrees();
}
