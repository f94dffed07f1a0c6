//! How an account may trade: how much, how often, for how long, and what it is warned of.

use rules::{
    Allowance, Conduct, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyLoss, DayCounts,
    Denominator, HoldingAction, HoldingMin, MaxLoss, MinDays, PayoutKeep, PayoutRule, Plan,
    ScaleWhen, Scaling, SizeLimit, SizeTier, SizeWeight, Stage, StopTrailing, Target, TrailSource,
};
use types::{
    AccountState, AdjustKind, AlgoKind, Command, Consistency, DenyReason, Effect, EventKind,
    Instrument, Leg, Money, Notional, PaperModel, PayoutDenial, PositionMode, Ratio, RuleKind,
    ScaleStanding, Side, Sizes, Terms,
};

use crate::windows::{s, touch};
use crate::words::{
    Of, Words, algo, amend_price, amend_qty, bracket, buy, cancel, earn, oco, oto, quote, sell,
    sized,
};
use crate::world::{ACCOUNT, World, fills, label, money, paper, plan, qty, ratio};

/// A share at 100 bid, 101 asked, and an account of 10,000.
fn trading(conduct: Conduct) -> World {
    governed(&Plan {
        conduct,
        ..plan("10000")
    })
}

fn governed(rules: &Plan) -> World {
    let micro = Instrument {
        symbol: label("MICRO"),
        ..touch()
    };
    let mut world = World::with(&[touch(), micro], rules);
    world.tell_at(s(6), quote("100", "101"));
    world.tell_at(s(6), quote("100", "101").of(1));
    world
}

// Size.

fn tiers(tiers: &[(&str, &str)]) -> SizeLimit {
    let tier = |(from, max): &(&str, &str)| SizeTier {
        profit_from: money(from),
        max: qty(max),
    };
    SizeLimit {
        weights: Vec::new(),
        tiers: tiers.iter().map(tier).collect(),
    }
}

fn sized_at(max: &str) -> Conduct {
    Conduct {
        size: Some(tiers(&[("0", max)])),
        ..Conduct::default()
    }
}

/// All of an algo has to be within the size limit, not only its first slice.
#[test]
fn an_algo_is_as_large_as_its_total() {
    let mut world = trading(sized_at("10"));
    world.tell(buy(0, 4));
    let window = (world.now(), world.now() + 1_000_000_000_000);
    let twap = |lots| algo(0, Side::Buy, lots, AlgoKind::Twap { slices: 7 }, window);
    // 4 held and 7 to come are 11.
    assert_eq!(world.tell(twap(7)), ["algo denied Conduct size 11 of 10"]);
    assert_eq!(world.tell(twap(6))[0], "#2 algo accepted");
    world.agrees();
}

#[test]
fn the_worst_case_may_come_to_the_limit_and_not_to_a_lot_more() {
    let mut world = trading(sized_at("10"));
    assert_eq!(world.tell(buy(0, 10).at("90")), ["#1 accepted"]);
    let denied = ["denied Conduct size 11 of 10"];
    assert_eq!(world.tell(buy(0, 1).at("90")), denied);
    assert_eq!(world.tell(buy(0, 1)), denied);
    // Ten sold, ten to be bought back: never more than ten short.
    assert_eq!(world.tell(sell(0, 10)).len(), 2);
    assert_eq!(world.tell(sell(0, 1)), denied);
    assert_eq!(world.tell(buy(0, 10).reduce_only()).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), denied);
    assert_eq!(world.tell(sell(0, 10)).len(), 2);
    // From ten short thirty could be bought, of which ten close; ten are on offer already.
    assert_eq!(
        world.tell(buy(0, 11)),
        ["denied Conduct size 11 of 10"],
        "10 + 11 less 10"
    );
    assert_eq!(world.tell(buy(0, 10)).len(), 2);
    world.agrees();
}

#[test]
fn a_weight_makes_a_micro_a_tenth() {
    let mut limit = tiers(&[("0", "1")]);
    limit.weights = vec![SizeWeight {
        symbol: label("MICRO"),
        weight: ratio("0.1"),
    }];
    let mut world = trading(Conduct {
        size: Some(limit),
        ..Conduct::default()
    });
    assert_eq!(world.tell(buy(0, 9).of(1)).len(), 2);
    let told = world.tell(buy(0, 1));
    assert_eq!(told, ["denied Conduct size 1.9 of 1"]);
    assert_eq!(world.tell(buy(0, 1).of(1)).len(), 2);
    let told = world.tell(buy(0, 1).of(1));
    assert_eq!(told, ["denied Conduct size 1.1 of 1"]);
    world.agrees();
}

#[test]
fn a_weighted_sum_is_exact_and_told_rounded_up() {
    let mut limit = tiers(&[("0", "1")]);
    limit.weights = vec![SizeWeight {
        symbol: label("MICRO"),
        weight: ratio("0.333333333"),
    }];
    let mut world = trading(Conduct {
        size: Some(limit),
        ..Conduct::default()
    });
    // 3 x 0.333333333 = 0.999999999; 4 x 0.333333333 = 1.333333332, of which eight decimals are told.
    assert_eq!(world.tell(buy(0, 3).of(1)).len(), 2);
    let told = world.tell(buy(0, 1).of(1));
    assert_eq!(told, ["denied Conduct size 1.33333334 of 1"]);
    world.agrees();
}

#[test]
fn a_day_has_the_tier_of_the_profit_that_it_opened_with() {
    let mut world = trading(Conduct {
        size: Some(tiers(&[("100", "2"), ("500", "4")])),
        ..Conduct::default()
    });
    // Below the first tier it is the first tier's.
    assert_eq!(world.tell(buy(0, 2)).len(), 2);
    let denied = |worst, max| [format!("denied Conduct size {worst} of {max}")];
    assert_eq!(world.tell(buy(0, 1)), denied(3, 2));
    world.tell(earn(0, 500));
    assert_eq!(world.tell(buy(0, 1)), denied(3, 2));
    world.roll(2);
    assert_eq!(world.tell(buy(0, 2)).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), denied(5, 4));
    world.tell(earn(0, -1));
    assert_eq!(world.tell(buy(0, 1)), denied(5, 4));
    world.roll(3);
    // Four are held where two may be: nothing more, and any of them may be sold.
    assert_eq!(world.tell(buy(0, 1)), denied(5, 2));
    assert_eq!(world.tell(sell(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), denied(4, 2));
    // Eight sold of three held would be five short.
    assert_eq!(world.tell(sell(0, 8)), denied(5, 2));
    assert_eq!(world.tell(sell(0, 5)).len(), 2);
    world.agrees();
}

#[test]
fn orders_of_a_list_come_on_top_of_each_other() {
    let mut world = trading(sized_at("10"));
    let list = |second| oto(&[buy(0, 6).at("90"), buy(0, second).at("80")]);
    assert_eq!(world.tell(list(5)), ["denied Conduct size 11 of 10"]);
    assert_eq!(world.tell(list(4)).len(), 2);
    world.tell_all([cancel(0, 1)]);
    // Exits take the entry's place and add nothing.
    let list = bracket(&[
        buy(0, 10).at("90"),
        sell(0, 10).at("110"),
        sell(0, 10).stop("80"),
    ]);
    assert_eq!(world.tell(list).len(), 3);
    world.agrees();
}

#[test]
fn the_legs_of_a_list_are_each_a_position() {
    for (max, accepted) in [("5", 0), ("6", 2)] {
        let mut world = governed(&Plan {
            terms: Terms {
                mode: PositionMode::Hedging,
                ..Terms::default()
            },
            conduct: sized_at(max),
            ..plan("10000")
        });
        let short = sell(0, 5).at("110").leg(Leg::Short);
        let list = oto(&[short, buy(0, 1).at("90").leg(Leg::Long)]);
        // Five short and one long are six.
        world.tell(list);
        assert_eq!(world.working_ids().len(), accepted);
        world.agrees();
    }
}

#[test]
fn an_amendment_is_measured_without_what_it_replaces() {
    let mut world = trading(sized_at("10"));
    world.tell(buy(0, 5).at("90"));
    world.tell(buy(0, 2).at("90"));
    assert_eq!(world.tell(amend_qty(0, 1, 8)), ["#1 amended 8 at 90"]);
    assert_eq!(
        world.tell(amend_qty(0, 1, 9)),
        ["#1 change denied Conduct size 11 of 10"]
    );
    world.agrees();
}

#[test]
fn less_is_never_too_much() {
    let mut world = trading(Conduct {
        size: Some(tiers(&[("0", "4"), ("100", "10")])),
        ..Conduct::default()
    });
    world.tell(earn(0, 100));
    world.roll(2);
    world.tell(buy(0, 10).at("90"));
    world.tell(earn(0, -100));
    world.roll(3);
    assert_eq!(world.tell(amend_price(0, 1, "91")), ["#1 amended 10 at 91"]);
    assert_eq!(world.tell(amend_qty(0, 1, 9)), ["#1 amended 9 at 91"]);
    assert_eq!(
        world.tell(amend_qty(0, 1, 10)),
        ["#1 change denied Conduct size 10 of 4"]
    );
    world.agrees();
}

// Counts.

fn orders(max: u32) -> Conduct {
    Conduct {
        orders_per_day_max: Some(max),
        ..Conduct::default()
    }
}

#[test]
fn a_day_has_so_many_orders_and_those_that_only_close() {
    let mut world = trading(orders(2));
    world.tell(buy(0, 2));
    // What is denied is no order.
    world.tell(buy(0, 0));
    world.tell(buy(0, 1).at("90"));
    assert_eq!(world.tell(buy(0, 1)), ["denied Conduct orders 2 of 2"]);
    // What can only close is let in, and counts.
    assert_eq!(world.tell(sell(0, 1).reduce_only()).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), ["denied Conduct orders 3 of 2"]);
    assert_eq!(world.tell(amend_qty(0, 2, 5)), ["#2 amended 5 at 90"]);
    assert_eq!(world.tell(cancel(0, 2)).len(), 1);
    assert_eq!(world.tell(sell(0, 2)), ["denied Conduct orders 3 of 2"]);
    assert_eq!(world.tell(sell(0, 1)).len(), 2);
    assert_eq!(world.position(0), "0");
    world.roll(2);
    assert_eq!(world.tell(sell(0, 1)).len(), 2);
    world.agrees();
}

#[test]
fn resting_orders_that_may_open_are_trades_at_the_door() {
    let mut world = trading(Conduct {
        trades_per_day_max: Some(2),
        ..Conduct::default()
    });
    world.tell(buy(0, 1).at("90"));
    world.tell(buy(0, 1).at("89"));
    let denied = ["denied Conduct trades 2 of 2"];
    assert_eq!(world.tell(buy(0, 1)), denied);
    assert_eq!(world.tell(cancel(0, 2)).len(), 1);
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), denied);
    // What rests and only closes is none.
    assert_eq!(world.tell(sell(0, 1).at("110")).len(), 1);
    assert_eq!(world.tell(sell(0, 1).at("110")), denied);
    world.agrees();
}

#[test]
fn a_list_needs_a_count_for_each_order_but_for_exits() {
    let mut world = trading(orders(2));
    world.tell(buy(0, 1));
    let pair = oco(&[buy(0, 1).at("90"), buy(0, 1).at("80")]);
    assert_eq!(world.tell(pair), ["denied Conduct orders 2 of 2"]);
    let list = bracket(&[
        buy(0, 1).at("90"),
        sell(0, 1).at("110"),
        sell(0, 1).stop("80"),
    ]);
    assert_eq!(world.tell(list).len(), 3);
    // The exits count for what comes after them.
    let told = world.tell(buy(0, 1));
    assert_eq!(told, ["denied Conduct orders 4 of 2"]);
    world.agrees();
}

#[test]
fn a_trade_is_an_order_that_opens_however_often_it_fills() {
    let model = PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    };
    let rules = Plan {
        conduct: Conduct {
            trades_per_day_max: Some(2),
            ..Conduct::default()
        },
        ..plan("10000")
    };
    let mut world = World::with(&[paper(model)], &rules);
    world.tell(sized("100", 9, "101", 2));
    // Two parts of one trade.
    world.tell(buy(0, 5).at("101"));
    assert_eq!(world.tell(sized("100", 9, "101", 5)).len(), 1);
    world.tell(sized("100", 9, "101", 9));
    // No trade at all, then one that flips.
    assert_eq!(world.tell(sell(0, 1)).len(), 2);
    assert_eq!(world.tell(sell(0, 5)).len(), 2);
    assert_eq!(world.position(0), "-1");
    let denied = ["denied Conduct trades 2 of 2"];
    assert_eq!(world.tell(sell(0, 1)), denied);
    assert_eq!(world.tell(buy(0, 2)), denied);
    // What can only close is no trade.
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    world.roll(2);
    world.tell(sized("100", 9, "101", 12));
    assert_eq!(world.tell(buy(0, 2)).len(), 2);
    world.agrees();
}

// Holding time.

fn held(action: HoldingAction) -> Conduct {
    Conduct {
        holding_min: Some(HoldingMin {
            seconds: 60,
            action,
        }),
        ..Conduct::default()
    }
}

#[test]
fn exactly_the_least_time_is_long_enough() {
    let mut world = trading(held(HoldingAction::Warn));
    world.tell_at(s(20), buy(0, 3));
    assert_eq!(
        world.tell_at(s(80) - 1, sell(0, 1)),
        [
            "#2 accepted",
            "#2 sells 1 at 100 (Touch)",
            "account 0 held 59999999999 ns of 60 s",
        ]
    );
    // Two since 20 s and five since 79.999999999 s: opened at 62.857142856 s on the mean.
    world.tell_at(s(80) - 1, buy(0, 5));
    let told = world.tell_at(s(80), sell(0, 1));
    assert_eq!(told[2], "account 0 held 17142857144 ns of 60 s");
    // The flip closes six that are old enough and opens one.
    let flip = s(60 + 62) + 857_142_856;
    assert_eq!(world.tell_at(flip, sell(0, 7)).len(), 2);
    let told = world.tell_at(flip + s(59), buy(0, 1));
    assert_eq!(told[2], "account 0 held 59000000000 ns of 60 s");
    // Flat, and opened anew.
    world.tell_at(s(200), buy(0, 1));
    assert_eq!(world.tell_at(s(260), sell(0, 1)).len(), 2);
    world.agrees();
}

#[test]
fn a_quick_profit_does_not_count_and_a_quick_loss_does() {
    let mut world = trading(held(HoldingAction::ExcludeProfit));
    world.tell_at(s(20), buy(0, 10));
    world.tell_at(s(30), quote("104", "105"));
    // Three points on four shares.
    assert_eq!(
        world.tell_at(s(80) - 1, sell(0, 4)),
        [
            "#2 accepted",
            "#2 sells 4 at 104 (Touch)",
            "account 0 excluded 12 by time",
        ]
    );
    assert_eq!(world.tell_at(s(80), sell(0, 6)).len(), 2);
    world.tell_at(s(90), buy(0, 10));
    assert_eq!(world.tell_at(s(91), sell(0, 10)).len(), 2);
    // 12 and 18, less 10.
    let portrait = world.shard.portrait();
    let rules = &portrait.accounts[0].rules;
    assert_eq!(
        (rules.day_pnl(), rules.excluded()),
        (money("20"), money("12"))
    );
    world.agrees();
}

// Limits.

fn daily(effect: Effect) -> DailyLoss {
    DailyLoss {
        anchor: DailyAnchor::Balance,
        allowance: Allowance::Fixed(money("500")),
        effect,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    }
}

/// With what it rests on.
const BREACH: [&str; 4] = [
    "account 0 breach DailyLoss",
    "BreachPosition",
    "VerdictBasis",
    "LimitBasis",
];

#[test]
fn a_limit_that_warns_is_told_once_a_day_and_stops_nothing() {
    let mut world = governed(&Plan {
        daily_loss: Some(daily(Effect::Warn)),
        ..plan("10000")
    });
    world.tell(buy(0, 100));
    // 100 shares from 101: 500 lost at 96 are not too much, 600 at 95 are.
    assert!(world.tell(quote("96", "97")).is_empty());
    let told = world.tell(quote("95", "96"));
    assert_eq!(told, BREACH);
    assert!(world.tell(quote("94", "95")).is_empty());
    assert!(world.tell(quote("97", "98")).is_empty());
    assert!(world.tell(quote("95", "96")).is_empty());
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    let view = world.shard.account_view(ACCOUNT).unwrap();
    assert_eq!(
        (view.row.state, view.breach),
        (AccountState::Evaluation, None)
    );
    // The next day tests anew, from the same balance.
    let events = world.roll(2);
    let is_breach = |event: &&EventKind| matches!(event, EventKind::Breach(_));
    assert_eq!(events.iter().filter(is_breach).count(), 1);
    assert_eq!(world.position(0), "101");
    world.agrees();
}

#[test]
fn a_warning_limit_beside_a_hard_one_only_adds_its_proof() {
    let mut world = governed(&Plan {
        daily_loss: Some(daily(Effect::Warn)),
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("1000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    });
    world.tell(buy(0, 100));
    // 1,100 lost.
    assert_eq!(
        world.tell(quote("90", "91")),
        [
            "account 0 breach MaxLoss",
            "BreachPosition",
            "account 0 breach DailyLoss",
            "BreachPosition",
            "VerdictBasis",
            "LimitBasis",
            "LimitBasis",
            "account 0 by Liquidation sells 100 at 90 (Touch)",
            "account 0 liquidated to 8900, fees 0, slippage 0",
            "account 0 Failed",
        ]
    );
    let (_, _, breach) = world.shard.account_view(ACCOUNT).unwrap().breach.unwrap();
    assert_eq!(breach.rule, RuleKind::MaxLoss);
    world.agrees();
}

#[test]
fn the_trader_is_warned_at_the_share_and_once_a_day() {
    let mut world = governed(&Plan {
        daily_loss: Some(daily(Effect::LockForDay)),
        conduct: Conduct {
            warn_at: Some(Ratio::percent(50)),
            ..Conduct::default()
        },
        ..plan("10000")
    });
    world.tell(buy(0, 50));
    // 50 shares from 101: 200 lost at 97, and 250 of 500 at 96.
    assert!(world.tell(quote("97", "98")).is_empty());
    let events = world.hear(quote("96", "97"));
    let [EventKind::LimitWarned(warned)] = events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (warned.rule, warned.floor),
        (RuleKind::DailyLoss, money("9500"))
    );
    assert_eq!(warned.equity, money("9750").to_notional());
    assert!(world.tell(quote("95", "96")).is_empty());
    assert!(world.tell(quote("100", "101")).is_empty());
    assert!(world.tell(quote("96", "97")).is_empty());
    // The next day is measured from the balance, of which as much is used.
    let events = world.roll(2);
    assert!(matches!(events.last(), Some(EventKind::LimitWarned(_))));
    // 550 lost: what is violated needs no warning.
    let told = world.tell(quote("90", "91"));
    assert_eq!(told[0], "account 0 breach DailyLoss");
    world.agrees();
}

#[test]
fn a_breach_that_comes_at_once_is_not_warned_of() {
    let mut world = governed(&Plan {
        daily_loss: Some(daily(Effect::Warn)),
        conduct: Conduct {
            warn_at: Some(Ratio::percent(50)),
            ..Conduct::default()
        },
        ..plan("10000")
    });
    world.tell(buy(0, 50));
    let told = world.tell(quote("90", "91"));
    assert_eq!(told, BREACH);
    assert!(world.tell(quote("95", "96")).is_empty());
    world.agrees();
}

// Payouts and scaling.

fn funded() -> Plan {
    Plan {
        stage: Stage::Funded,
        payout: Some(PayoutRule {
            fraction: Ratio::percent(100),
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::ZERO),
            split: Ratio::percent(80),
            after: rules::AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: None,
            series: rules::PayoutSeries::default(),
        }),
        ..plan("10000")
    }
}

fn adjust(kind: AdjustKind, amount: i64) -> Command {
    Command::Adjust {
        account: ACCOUNT,
        kind,
        amount: Money::whole(amount),
    }
}

#[test]
fn a_payout_is_denied_with_the_standing_that_denies_it() {
    let mut world = governed(&Plan {
        consistency: Some(ConsistencyRule {
            cap: Ratio::percent(40),
            denominator: Denominator::Net,
            inclusive: true,
            window: ConsistencyWindow::SincePayout,
        }),
        ..funded()
    });
    world.tell(earn(0, 1_000));
    // All of it was made in one day: it is 40% of 2,500, and of 1,000 and 666.666666 is 40% of.
    let standing = Consistency {
        account: ACCOUNT,
        best_day: money("1000"),
        total: money("1000"),
        denominator: money("1000"),
        cap: Ratio::percent(40),
        inclusive: true,
        met: false,
        total_needed: Some(money("2500")),
        next_day_max: Some(money("666.666666")),
    };
    let events = world.hear(adjust(AdjustKind::Payout, 100));
    let denied = EventKind::PayoutDenied {
        account: ACCOUNT,
        requested: money("100"),
        eligible: money("1000"),
        reason: PayoutDenial::Consistency(standing),
    };
    assert_eq!(events[0], denied);
    world.agrees();
}

#[test]
fn a_payout_waits_for_its_days_and_leaves_the_best_days_excess() {
    let mut rules = funded();
    if let Some(payout) = &mut rules.payout {
        payout.best_day_cap = Some(Ratio::percent(50));
        payout.days_min = Some(MinDays {
            days: 2,
            counts: DayCounts::OpeningFill,
            day_profit_min: None,
        });
    }
    let mut world = governed(&rules);
    world.tell(earn(0, 901));
    // A point lost on one share.
    world.tell_all([buy(0, 1), sell(0, 1)]);
    let ask = adjust(AdjustKind::Payout, 400);
    let reason = |events: &[EventKind]| match events {
        [EventKind::PayoutDenied { reason, .. }, ..] => Some(*reason),
        _ => None,
    };
    let (has, needs) = (1, 2);
    let denied = reason(&world.hear(ask.clone()));
    assert_eq!(denied, Some(PayoutDenial::TooFewDays { has, needs }));
    // The view says the same before anybody asks.
    let payout = world.shard.account_view(ACCOUNT).unwrap().payout.unwrap();
    assert_eq!((payout.payable, payout.denied), (Money::ZERO, denied));
    assert_eq!((payout.days, payout.next), (1, 1));
    world.roll(2);
    world.tell(earn(0, 301));
    world.tell_all([buy(0, 1), sell(0, 1)]);
    // 900 and 300: the best day may have half of 1,200, and 300 of it are beyond.
    let view = world.shard.account_view(ACCOUNT).unwrap();
    let payout = view.payout.unwrap();
    assert_eq!((payout.payable, payout.denied), (money("900"), None));
    assert_eq!(payout.beyond_best_day, money("300"));
    let denied = reason(&world.hear(adjust(AdjustKind::Payout, 901)));
    assert_eq!(denied, Some(PayoutDenial::AboveEligible));
    assert_eq!(world.tell(ask), ["PayoutApproved"]);
    let payout = world.shard.account_view(ACCOUNT).unwrap().payout.unwrap();
    assert_eq!((payout.next, payout.never_paid), (2, money("300")));
    world.agrees();
}

#[test]
fn a_step_of_scaling_says_what_it_still_asks_for() {
    let mut world = governed(&Plan {
        scaling: Some(Scaling {
            step: Ratio::percent(10),
            size_max: None,
            requires: Some(ScaleWhen {
                profit: Target::Fixed(money("100")),
                days: 1,
                payouts: 1,
            }),
        }),
        ..funded()
    });
    world.tell(earn(0, 99));
    let scale = adjust(AdjustKind::Scale, 0);
    let standing = ScaleStanding {
        account: ACCOUNT,
        profit: money("99"),
        profit_needed: money("100"),
        days: 0,
        days_needed: 1,
        payouts: 0,
        payouts_needed: 1,
    };
    assert_eq!(
        world.hear(scale.clone()),
        [
            EventKind::AdjustDenied {
                account: ACCOUNT,
                kind: AdjustKind::Scale,
                reason: DenyReason::ScaleNotYet,
            },
            EventKind::ScaleStanding(standing),
        ]
    );
    world.tell(earn(0, 2));
    // A point lost on one share; then all of the 100 is paid out.
    assert_eq!(fills(&world.hear(buy(0, 1))).len(), 1);
    world.tell(sell(0, 1));
    assert_eq!(world.tell(scale.clone()).len(), 2);
    let told = world.tell(adjust(AdjustKind::Payout, 100));
    assert_eq!(told, ["PayoutApproved"]);
    assert_eq!(world.tell(scale.clone()), ["Adjusted"]);
    let equity = world.shard.portrait().accounts[0].equity;
    assert_eq!(equity, Notional(money("11000").to_notional().0));
    // The next step counts anew.
    assert_eq!(world.tell(scale).len(), 2);
    world.agrees();
}
