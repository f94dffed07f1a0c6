//! Windows: known from announcements, open from their first moment to before their last, and what they
//! block, close and exclude.

use engine::Limits;
use rules::{Conduct, Plan, Target, WindowAction, WindowRule};
use types::{
    AccountState, AlgoKind, Calendar, Command, Instrument, InstrumentStatus, Interval, PaperModel,
    Side, TimestampNs,
};

use crate::words::{
    Of, Words, algo, amend_price, amend_qty, amend_trigger, announce, bracket, buy, cancel, earn,
    quote, sell, status, suspend,
};
use crate::world::{ACCOUNT, SECOND, World, define, label, money, open, paper, plan};

const WEEK: u64 = 604_800 * SECOND;

/// So many seconds after the beginning.
pub(crate) const fn s(seconds: u64) -> u64 {
    seconds * SECOND
}

pub(crate) fn touch() -> Instrument {
    paper(PaperModel::default())
}

fn window(name: &str, action: WindowAction) -> WindowRule {
    WindowRule {
        calendar: Calendar::Named(label(name)),
        before_s: 0,
        after_s: 0,
        action,
        symbols: Vec::new(),
    }
}

/// Around the news from two seconds before to three after.
fn around(action: WindowAction) -> WindowRule {
    WindowRule {
        before_s: 2,
        after_s: 3,
        ..window("NEWS", action)
    }
}

fn rules(windows: Vec<WindowRule>) -> Plan {
    Plan {
        conduct: Conduct {
            windows,
            ..Conduct::default()
        },
        ..plan("10000")
    }
}

/// A share at 100 bid, 101 asked, and another at 50 and 51; one account under these windows. Five
/// seconds have gone by.
fn trading(windows: Vec<WindowRule>) -> World {
    let other = Instrument {
        symbol: label("OTHER"),
        ..touch()
    };
    let mut world = World::with(&[touch(), other], &rules(windows));
    world.tell_at(s(6), quote("100", "101"));
    world.tell_at(s(6), quote("50", "51").of(1));
    world
}

const DENIED: [&str; 1] = ["denied Conduct window 0"];

#[test]
fn a_window_is_open_from_its_first_moment_to_before_its_last() {
    let mut world = trading(vec![around(WindowAction::BlockOpening)]);
    let told = world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    assert_eq!(told, ["WindowAnnounced"]);
    // From 98 s to 113 s.
    assert_eq!(world.shard.next_due().map(|due| due.0), Some(s(98)));
    let told = world.tell_at(s(98) - 1, buy(0, 1));
    assert_eq!(told, ["#1 accepted", "#1 buys 1 at 101 (Touch)"]);
    let told = world.tell_at(s(98), buy(0, 1));
    let opens = "window 0 of plan 0 opens until 113000000000";
    assert_eq!(told, [opens, DENIED[0]]);
    assert_eq!(world.tell_at(s(113) - 1, buy(0, 1)), DENIED);
    let told = world.tell_at(s(113), buy(0, 1));
    let closes = "window 0 of plan 0 closes";
    let filled = ["#2 accepted", "#2 buys 1 at 101 (Touch)"];
    assert_eq!(told, [closes, filled[0], filled[1]]);
    world.agrees();
}

#[test]
fn a_window_that_blocks_openings_lets_through_what_can_only_reduce() {
    let mut world = trading(vec![around(WindowAction::BlockOpening)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(0, 5));
    world.tell_at(s(20), buy(0, 1).at("90"));
    world.until(s(98));
    // Of the five held three are on offer: two more could be sold, not three.
    assert_eq!(world.tell(sell(0, 3).at("105")), ["#3 accepted"]);
    assert_eq!(world.tell(sell(0, 3)), DENIED);
    assert_eq!(world.tell(sell(0, 2)).len(), 2);
    assert_eq!(world.tell(sell(0, 3).reduce_only()).len(), 2);
    // Nothing is held now, and three are on offer.
    assert_eq!(world.tell(sell(0, 1)), DENIED);
    assert_eq!(world.tell(buy(0, 1)), DENIED);
    assert_eq!(world.tell(cancel(0, 3)), ["#3 cancelled 3 Requested"]);
    // More of what may open is an opening, and so is another price of it.
    let denied = ["#2 change denied Conduct window 0"];
    assert_eq!(world.tell(amend_qty(0, 2, 2)), denied);
    assert_eq!(world.tell(amend_price(0, 2, "91")), denied);
    assert_eq!(world.tell(amend_price(0, 2, "101")), denied);
    world.agrees();
}

#[test]
fn an_order_that_reduces_may_grow_to_all_that_is_held() {
    let mut world = trading(vec![around(WindowAction::BlockOpening)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(0, 5));
    world.tell_at(s(20), sell(0, 3).at("105"));
    world.until(s(98));
    assert_eq!(world.tell(amend_qty(0, 2, 5)), ["#2 amended 5 at 105"]);
    assert_eq!(
        world.tell(amend_qty(0, 2, 6)),
        ["#2 change denied Conduct window 0"]
    );
    world.agrees();
}

#[test]
fn a_window_that_blocks_all_takes_no_order_and_every_cancel() {
    let mut world = trading(vec![around(WindowAction::BlockAll)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(0, 5));
    world.tell_at(s(20), sell(0, 2).at("105").reduce_only());
    world.until(s(98));
    assert_eq!(world.tell(sell(0, 5).reduce_only()), DENIED);
    assert_eq!(world.tell(sell(0, 5)), DENIED);
    // Nor does a working one grow or move, though it closes; it may become smaller.
    let denied = ["#2 change denied Conduct window 0"];
    assert_eq!(world.tell(amend_qty(0, 2, 3)), denied);
    assert_eq!(world.tell(amend_price(0, 2, "100")), denied);
    assert_eq!(world.tell(amend_qty(0, 2, 1)), ["#2 amended 1 at 105"]);
    // What works goes on working.
    let told = world.tell(quote("105", "106"));
    assert_eq!(told, ["#2 sells 1 at 105 (Touch, maker)"]);
    world.tell_at(s(113), buy(0, 1).at("90"));
    world.tell_at(s(114), announce("NEWS", s(120), s(130)));
    world.until(s(120));
    assert_eq!(world.tell(cancel(0, 3)), ["#3 cancelled 1 Requested"]);
    world.agrees();
}

/// Whatever an amendment would let fill, a new order could not: a limit or a trigger that is moved to the
/// market meets the window. Less of it does not.
#[test]
fn no_amendment_trades_where_a_new_order_may_not() {
    for action in [WindowAction::BlockAll, WindowAction::BlockOpening] {
        let mut world = trading(vec![around(action)]);
        world.tell_at(s(10), announce("NEWS", s(100), s(110)));
        world.tell_at(s(20), buy(0, 2).at("90"));
        world.tell_at(s(20), buy(0, 2).stop("120"));
        world.tell_at(s(20), buy(0, 2).stop_limit("120", "121"));
        world.until(s(98));
        let denied = |order| [format!("#{order} change denied Conduct window 0")];
        assert_eq!(world.tell(amend_price(0, 1, "101")), denied(1));
        assert_eq!(world.tell(amend_trigger(0, 2, "100")), denied(2));
        assert_eq!(world.tell(amend_price(0, 3, "130")), denied(3));
        assert_eq!(world.tell(amend_trigger(0, 3, "100")), denied(3));
        // The price that it has is no other one.
        assert_eq!(world.tell(amend_price(0, 1, "90")), ["#1 amended 2 at 90"]);
        assert_eq!(world.tell(amend_qty(0, 1, 1)), ["#1 amended 1 at 90"]);
        let told = world.tell_at(s(113), amend_price(0, 1, "101"));
        let closes = "window 0 of plan 0 closes";
        let filled = ["#1 amended 1 at 101", "#1 buys 1 at 101 (Touch)"];
        assert_eq!(told, [closes, filled[0], filled[1]]);
        world.agrees();
    }
}

/// What could close needs no permission to move, unless nothing may.
#[test]
fn a_closing_order_moves_while_openings_are_blocked() {
    let mut world = trading(vec![around(WindowAction::BlockOpening)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(0, 5));
    world.tell_at(s(20), sell(0, 2).at("105").reduce_only());
    world.tell_at(s(20), sell(0, 3).at("106"));
    world.until(s(98));
    assert_eq!(
        world.tell(amend_price(0, 2, "104")),
        ["#2 amended 2 at 104"]
    );
    assert_eq!(
        world.tell(amend_price(0, 3, "107")),
        ["#3 amended 3 at 107"]
    );
    world.agrees();
}

#[test]
fn a_list_is_blocked_for_any_of_its_orders() {
    let mut world = trading(vec![around(WindowAction::BlockAll)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.until(s(98));
    let list = bracket(&[
        buy(0, 1).at("90"),
        sell(0, 1).at("110"),
        sell(0, 1).stop("80"),
    ]);
    assert_eq!(world.tell(list), DENIED);
    world.agrees();
}

#[test]
fn a_slice_of_an_algo_is_blocked_like_any_order() {
    let mut world = trading(vec![around(WindowAction::BlockOpening)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    // Two of four at 50 s, two more at 100 s.
    let twap = AlgoKind::Twap { slices: 2 };
    world.tell_at(s(20), algo(0, Side::Buy, 4, twap, (s(50), s(150))));
    let told = world.until(s(50));
    assert_eq!(told, ["#2 accepted", "#2 buys 2 at 101 (Touch)"]);
    world.until(s(98));
    assert_eq!(
        world.until(s(100)),
        ["#1 algo ended ChildDenied(Conduct(Window { window: 0 })) with 2"]
    );
    world.agrees();
}

#[test]
fn a_window_of_one_symbol_leaves_the_others_alone() {
    let mut world = trading(vec![WindowRule {
        symbols: vec![label("OTHER")],
        ..around(WindowAction::ForceFlat)
    }]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_all([buy(0, 1), buy(0, 2).of(1), buy(0, 1).at("90")]);
    assert_eq!(
        world.until(s(98)),
        [
            "window 0 of plan 0 opens until 113000000000",
            "account 0 by Window sells 2 at 50 (Touch)",
            "account 0 liquidated to 9997, fees 0, slippage 0",
        ]
    );
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1).of(1)), DENIED);
    world.agrees();
}

#[test]
fn extents_that_overlap_are_one_and_those_that_meet_are_two() {
    let mut world = trading(vec![window("NEWS", WindowAction::BlockAll)]);
    for (start, end) in [(100, 110), (105, 120), (120, 130), (100, 101)] {
        world.tell_at(s(10), announce("NEWS", s(start), s(end)));
    }
    let told = world.until(s(100));
    // The one that ends first opens it, and the other one that starts there only makes it longer.
    assert_eq!(told, ["window 0 of plan 0 opens until 101000000000"]);
    let picture = world.shard.portrait().windows;
    assert_eq!(picture[0].2.0, s(110));
    assert!(world.until(s(119)).is_empty());
    assert_eq!(world.tell_at(s(120) - 1, buy(0, 1)), DENIED);
    assert_eq!(
        world.until(s(120)),
        [
            "window 0 of plan 0 closes",
            "window 0 of plan 0 opens until 130000000000",
        ]
    );
    assert_eq!(world.until(s(130)), ["window 0 of plan 0 closes"]);
    assert!(world.shard.portrait().windows.is_empty());
    world.agrees();
}

#[test]
fn at_one_time_windows_close_then_open_then_orders_expire() {
    let mut world = trading(vec![
        window("NEWS", WindowAction::ForceFlat),
        window("CPI", WindowAction::BlockAll),
    ]);
    world.tell_at(s(10), announce("CPI", s(100), s(110)));
    world.tell_at(s(10), announce("NEWS", s(110), s(120)));
    world.tell_at(s(20), buy(0, 1).at("90").until(s(110)));
    world.until(s(100));
    assert_eq!(
        world.until(s(110)),
        [
            "window 1 of plan 0 closes",
            "window 0 of plan 0 opens until 120000000000",
            "#1 cancelled 1 Window",
        ]
    );
    world.agrees();
}

#[test]
fn a_window_that_forces_flat_ends_what_works_and_closes_the_oldest_first() {
    let mut world = trading(vec![around(WindowAction::ForceFlat)]);
    // Another plan, whose account is none of this window's business.
    world.tell_at(s(10), define(&plan("10000")));
    world.tell_at(s(10), open(1));
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(1, 7));
    world.tell_at(s(20), buy(0, 3).of(1));
    world.tell_at(s(21), buy(0, 2));
    world.tell_at(s(22), buy(0, 1).at("90"));
    world.tell_at(
        s(23),
        bracket(&[
            buy(0, 1).at("80"),
            sell(0, 1).at("120"),
            sell(0, 1).stop("70"),
        ]),
    );
    let twap = AlgoKind::Twap { slices: 2 };
    world.tell_at(s(24), algo(0, Side::Buy, 4, twap, (s(50), s(200))));
    world.until(s(50));
    world.tell_at(s(60), status(InstrumentStatus::Halted));
    // Three of the one, then two and a slice of two of the other, at its last good touch.
    assert_eq!(
        world.until(s(98)),
        [
            "window 0 of plan 0 opens until 113000000000",
            "#8 algo ended Window with 2",
            "#4 cancelled 1 Window",
            "#5 cancelled 1 Window",
            "#6 cancelled 0 ParentEnded",
            "#7 cancelled 0 ParentEnded",
            "account 0 by Window sells 3 at 50 (Touch)",
            "account 0 by Window sells 4 at 100 (Touch)",
            "account 0 liquidated to 9993, fees 0, slippage 0",
        ]
    );
    assert_eq!(
        (world.position(0), world.position(1)),
        ("0".into(), "7".into())
    );
    assert_eq!(world.tell(buy(0, 1).of(1)), DENIED);
    assert_eq!(world.tell(buy(1, 1).of(1)).len(), 2);
    world.agrees();
}

#[test]
fn an_input_that_comes_late_crosses_every_edge_on_its_way() {
    let mut world = trading(vec![around(WindowAction::ForceFlat)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(0, 1));
    assert_eq!(
        world.tell_at(s(500), buy(0, 1)),
        [
            "window 0 of plan 0 opens until 113000000000",
            "account 0 by Window sells 1 at 100 (Touch)",
            "account 0 liquidated to 9999, fees 0, slippage 0",
            "window 0 of plan 0 closes",
            "#2 accepted",
            "#2 buys 1 at 101 (Touch)",
        ]
    );
    world.agrees();
}

#[test]
fn an_interval_that_has_begun_opens_at_once_and_one_that_is_over_does_not() {
    let mut world = trading(vec![around(WindowAction::BlockAll)]);
    assert_eq!(
        world.tell_at(s(113) - 1, announce("NEWS", s(100), s(110))),
        [
            "WindowAnnounced",
            "window 0 of plan 0 opens until 113000000000",
        ]
    );
    assert_eq!(world.until(s(113)), ["window 0 of plan 0 closes"]);
    let told = world.tell_at(s(113), announce("NEWS", s(101), s(110)));
    assert_eq!(told, ["WindowAnnounced"]);
    world.agrees();
}

#[test]
fn an_interval_is_announced_once_and_known_for_a_week() {
    let mut world = trading(vec![around(WindowAction::BlockAll)]);
    let interval = announce("NEWS", s(100), s(110));
    let empty = announce("NEWS", s(100), s(100));
    assert_eq!(
        world.tell_at(s(10), empty),
        ["rejected BadData 1970-01-01T00:01:40Z to 1970-01-01T00:01:40Z"]
    );
    assert_eq!(world.tell(interval.clone()), ["WindowAnnounced"]);
    assert!(world.tell(interval.clone()).is_empty());
    // Another calendar is another interval.
    let told = world.tell(announce("CPI", s(100), s(110)));
    assert_eq!(told, ["WindowAnnounced"]);
    world.until(s(113));
    assert_eq!(world.shard.portrait().intervals.len(), 2);
    let soon = announce("CPI", WEEK + s(1_000), WEEK + s(1_001));
    world.tell_at(WEEK + s(110) - 1, soon);
    assert_eq!(world.shard.portrait().intervals.len(), 3);
    // A week after its end it is forgotten, and too old to be announced.
    assert!(world.tell_at(WEEK + s(110), interval).is_empty());
    assert_eq!(world.shard.portrait().intervals.len(), 1);
    world.agrees();

    let mut world = trading(vec![around(WindowAction::BlockAll)]);
    let told = world.tell_at(WEEK + s(110) - 1, announce("NEWS", s(100), s(110)));
    assert_eq!(told, ["WindowAnnounced"]);
}

#[test]
fn no_more_intervals_are_known_than_may_be() {
    let limits = Limits {
        intervals_max: 1,
        ..Limits::default()
    };
    let mut world = World::limited(limits, &[touch()], &plan("10000"), 1);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    let more = announce("NEWS", WEEK + s(200), WEEK + s(210));
    assert_eq!(
        world.tell(more.clone()),
        ["rejected LimitReached intervals_max 1"]
    );
    let told = world.tell_at(WEEK + s(110) - 1, more.clone());
    assert_eq!(told, ["rejected LimitReached intervals_max 1"]);
    assert_eq!(world.tell_at(WEEK + s(110), more), ["WindowAnnounced"]);
}

#[test]
fn a_plan_that_comes_later_follows_what_is_known() {
    let mut world = trading(vec![]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    let rules = rules(vec![around(WindowAction::BlockAll)]);
    assert_eq!(world.tell_at(s(20), define(&rules)), ["PlanDefined"]);
    let opens = |plan| format!("window 0 of plan {plan} opens until 113000000000");
    assert_eq!(world.until(s(98)), [opens(1)]);
    let told = world.tell_at(s(100), define(&rules));
    assert_eq!(told, ["PlanDefined".into(), opens(2)]);
    assert_eq!(
        world.until(s(113)),
        ["window 0 of plan 1 closes", "window 0 of plan 2 closes"]
    );
    world.agrees();
}

#[test]
fn excluded_profit_is_in_the_balance_and_not_in_the_target() {
    let mut rules = rules(vec![window("NEWS", WindowAction::ExcludeProfit)]);
    rules.profit_target = Some(Target::Fixed(money("150")));
    let mut world = World::with(&[touch()], &rules);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(10), quote("100", "101"));
    world.tell_at(s(20), buy(0, 100));
    world.tell_at(s(99), quote("103", "104"));
    // Two points on fifty shares, in the window and after it.
    assert_eq!(
        world.tell_at(s(110) - 1, sell(0, 50)),
        [
            "window 0 of plan 0 opens until 110000000000",
            "#2 accepted",
            "#2 sells 50 at 103 (Touch)",
            "account 0 excluded 100 by window 0",
        ]
    );
    assert_eq!(
        world.tell_at(s(110), sell(0, 50)),
        [
            "window 0 of plan 0 closes",
            "#3 accepted",
            "#3 sells 50 at 103 (Touch)",
        ]
    );
    // 200 of 150, of which 100 count.
    assert_eq!(world.balance(0), "10200");
    let told = world.tell(earn(0, 49));
    assert_eq!(told, ["Adjusted"]);
    let told = world.tell(earn(0, 1));
    let passed = ["TargetReached", "account 0 Passed", "VerdictBasis"];
    assert_eq!(told, ["Adjusted", passed[0], passed[1], passed[2]]);
    world.agrees();
}

#[test]
fn a_loss_counts_in_every_window() {
    let mut world = trading(vec![window("NEWS", WindowAction::ExcludeProfit)]);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell_at(s(20), buy(0, 10));
    let told = world.tell_at(s(100), sell(0, 10));
    assert_eq!(told.len(), 3, "{told:?}");
    // A point on ten shares.
    let portrait = world.shard.portrait();
    let rules = &portrait.accounts[0].rules;
    assert_eq!(
        (rules.day_pnl(), rules.excluded()),
        (money("-10"), money("0"))
    );
    world.agrees();
}

#[test]
fn what_a_window_closes_itself_is_excluded_by_those_that_opened_before() {
    let flat = || window("NEWS", WindowAction::ForceFlat);
    let exclude = || window("NEWS", WindowAction::ExcludeProfit);
    for (windows, excluded) in [
        (vec![exclude(), flat()], "90"),
        (vec![flat(), exclude()], "0"),
    ] {
        let mut world = trading(windows);
        world.tell_at(s(10), announce("NEWS", s(100), s(110)));
        world.tell_at(s(20), buy(0, 10));
        world.tell_at(s(90), quote("110", "111"));
        // Nine points on ten shares.
        world.until(s(100));
        assert_eq!(world.balance(0), "10090");
        let rules = &world.shard.portrait().accounts[0].rules;
        assert_eq!(rules.excluded(), money(excluded));
        world.agrees();
    }
}

#[test]
fn an_account_that_does_not_trade_has_nothing_to_close() {
    let mut rules = rules(vec![window("NEWS", WindowAction::ForceFlat)]);
    rules.profit_target = Some(Target::Fixed(money("1")));
    let mut world = World::with(&[touch()], &rules);
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    world.tell(earn(0, 1));
    let state = world.shard.account_state(ACCOUNT);
    assert_eq!(state, Some(AccountState::Passed));
    let told = world.until(s(100));
    assert_eq!(told, ["window 0 of plan 0 opens until 110000000000"]);
    world.agrees();
}

#[test]
fn time_has_an_end_and_what_is_due_then_is_done_once() {
    let mut world = trading(vec![window("NEWS", WindowAction::BlockAll)]);
    world.tell_at(s(10), announce("NEWS", s(100), u64::MAX));
    world.tell_at(s(20), buy(0, 1).at("90").until(u64::MAX));
    assert_eq!(
        world.until(u64::MAX - 1),
        ["window 0 of plan 0 opens until 18446744073709551615"]
    );
    assert_eq!(
        world.until(u64::MAX),
        ["window 0 of plan 0 closes", "#1 cancelled 1 Expired"]
    );
    assert!(world.until(u64::MAX).is_empty());
    world.agrees();

    let mut world = trading(vec![]);
    world.tell_at(s(20), suspend(0, Some(u64::MAX)));
    assert!(world.until(u64::MAX - 1).is_empty());
    assert_eq!(world.until(u64::MAX), ["account 0 Evaluation"]);
    assert!(world.until(u64::MAX).is_empty());
    world.agrees();
}

#[test]
fn what_is_held_is_closed_fifteen_minutes_before_an_early_close() {
    // 900 s before the close at 10,000 s to 300 s after the open at 20,000 s.
    let session = Calendar::Closed {
        session: label("cme-equity"),
        minutes_min: 0,
    };
    let mut world = trading(vec![WindowRule {
        calendar: session,
        before_s: 900,
        after_s: 300,
        action: WindowAction::ForceFlat,
        symbols: Vec::new(),
    }]);
    let interval = Interval {
        start: TimestampNs(s(10_000)),
        end: TimestampNs(s(20_000)),
    };
    let long = Calendar::Closed {
        session: label("cme-equity"),
        minutes_min: 120,
    };
    // What another calendar announces opens nothing here.
    for calendar in [long, session] {
        world.tell_at(s(10), Command::AnnounceWindow { calendar, interval });
    }
    assert_eq!(world.tell_at(s(9_100) - 1, buy(0, 1)).len(), 2);
    assert_eq!(
        world.until(s(9_100)),
        [
            "window 0 of plan 0 opens until 20300000000000",
            "account 0 by Window sells 1 at 100 (Touch)",
            "account 0 liquidated to 9999, fees 0, slippage 0",
        ]
    );
    assert_eq!(world.tell_at(s(20_300) - 1, buy(0, 1)), DENIED);
    let told = world.tell_at(s(20_300), buy(0, 1));
    assert_eq!(told[0], "window 0 of plan 0 closes");
    assert_eq!(told.len(), 3);
    world.agrees();
}

#[test]
fn a_window_of_several_symbols_leaves_the_others_alone() {
    let third = Instrument {
        symbol: label("THIRD"),
        ..touch()
    };
    let other = Instrument {
        symbol: label("OTHER"),
        ..touch()
    };
    let window = WindowRule {
        symbols: vec![label("THIRD"), label("OTHER")],
        ..around(WindowAction::ForceFlat)
    };
    let mut world = World::with(&[touch(), other, third], &rules(vec![window]));
    for instrument in 0..3 {
        world.tell_at(s(6), quote("100", "101").of(instrument));
    }
    world.tell_all([0, 1, 2].map(|instrument| buy(0, 1).of(instrument)));
    world.tell_at(s(10), announce("NEWS", s(100), s(110)));
    assert_eq!(
        world.until(s(98)),
        [
            "window 0 of plan 0 opens until 113000000000",
            "account 0 by Window sells 1 at 100 (Touch)",
            "account 0 by Window sells 1 at 100 (Touch)",
            "account 0 liquidated to 9997, fees 0, slippage 0",
        ]
    );
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1).of(1)), DENIED);
    assert_eq!(world.tell(buy(0, 1).of(2)), DENIED);
    world.agrees();
}
