//! Buying power is the worst case: what an account that pays in cash, or for margin, may ask for, and what it gets.

use rules::Plan;
use types::{
    AccountId, AlgoKind, Command, CurveId, FeeSchedule, Funding, Instrument, InstrumentStatus,
    Latency, LatencySample, NewAlgo, PaperModel, Ratio, Side, Sizes, Slippage, Terms,
};

use crate::words::{
    Words, algo, amend_trigger, buy, cancel, cancel_all, depth, oco, oto, quote, sell, status,
};
use crate::world::{SECOND, World, crossed, define, label, money, open, paper, plan, price};

/// Account 0 is rich and unchecked; 1 pays in cash and 2 a margin of all that it holds, both out of 1,000.
fn three(instrument: Instrument) -> World {
    let mut world = World::with(&[instrument], &plan("1000000"));
    let rate_min = Ratio::percent(100);
    let fundings = [Funding::Cash, Funding::Margin { rate_min }];
    for (id, funding) in (1..).zip(fundings) {
        let terms = Terms {
            funding,
            ..Terms::default()
        };
        world.command(define(&Plan {
            terms,
            ..plan("1000")
        }));
        world.command(open(id));
    }
    world
}

#[test]
fn an_order_without_a_price_is_denied_where_the_market_has_none_to_value_it_at() {
    let mut world = three(crossed());
    world.tell(status(InstrumentStatus::Closed));
    // A limit order for the opening is no price yet.
    world.tell(sell(0, 500).at("100").at_open());
    for account in [1, 2] {
        assert_eq!(
            world.tell(buy(account, 200).at_open()),
            ["denied NoQuote"],
            "account {account}"
        );
    }
    // 10 x 100 is what both have.
    for account in [1, 2] {
        let told = world.tell(buy(account, 10).at("100").at_open());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with("accepted"), "{told:?}");
    }
    // Nobody asks what an unchecked account can pay.
    assert_eq!(world.tell(buy(0, 200).at_open()), ["#4 accepted"]);
    world.agrees();
}

#[test]
fn all_orders_of_an_oto_are_paid_for_and_one_of_an_oco() {
    let mut world = three(paper(PaperModel::default()));
    world.tell(quote("100", "100"));
    for account in [1, 2] {
        let three = [buy(account, 10), buy(account, 10), buy(account, 10)];
        // 2 x 10 x 100: the second cannot be paid for beside the first.
        assert_eq!(
            world.tell(oto(&three)),
            ["denied BuyingPower 2000 of 1000"],
            "account {account}"
        );
        // 400, 300 and 300 can; 400, 300 and 310 cannot.
        let part = |lots| buy(account, lots).at("100");
        let told = world.tell(oto(&[part(4).at("90"), part(3), part(4)]));
        let needed = if account == 1 { 360 + 300 + 400 } else { 1_100 };
        assert_eq!(told, [format!("denied BuyingPower {needed} of 1000")]);
        let told = world.tell(oto(&[part(4).at("90"), part(3), part(3)]));
        assert_eq!(told.len(), 3, "{told:?}");
        world.tell(cancel_all(account));
        // Whichever of an OCO executes first ends the other.
        let told = world.tell(oco(&[part(10).at("90"), part(10).at("80")]));
        assert_eq!(told.len(), 2, "{told:?}");
        world.tell(cancel_all(account));
    }
    // A sale needs no cash, and of a margin either side counts, not both.
    let told = world.tell(oto(&[buy(2, 10).at("90"), sell(2, 10).at("100")]));
    assert_eq!(told.len(), 2, "{told:?}");
    world.agrees();
}

#[test]
fn the_fees_of_working_buys_are_set_aside() {
    let fees = FeeSchedule {
        per_unit: money("1"),
        minimum: money("3"),
        ..FeeSchedule::default()
    };
    let mut world = three(Instrument {
        fees,
        ..paper(PaperModel::default())
    });
    world.tell(quote("99", "101"));
    // 5 x 99 and 5.
    assert_eq!(world.tell(buy(1, 5).at("99")), ["#1 accepted"]);
    assert_eq!(
        world.tell(buy(1, 5).at("100")),
        ["denied BuyingPower 505 of 500"]
    );
    assert_eq!(world.tell(buy(1, 5).at("99")), ["#2 accepted"]);
    let view = |world: &World| world.shard.account_view(AccountId(1)).unwrap();
    assert_eq!(view(&world).buying_power, Some(money("0")));
    // The minimum of an order of one is set aside whole: 1,000 - 500 - (90 + 3).
    world.tell(cancel(1, 2));
    assert_eq!(world.tell(buy(1, 1).at("90")), ["#3 accepted"]);
    assert_eq!(view(&world).buying_power, Some(money("407")));
    world.tell(quote("98", "99"));
    // 5 x 99 and 5 are paid: the same 407 are left.
    assert_eq!(world.balance(1), "995");
    assert_eq!(view(&world).buying_power, Some(money("407")));
    world.agrees();
}

#[test]
fn a_working_order_counts_at_its_own_price_where_that_is_worse() {
    let mut world = three(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    // A stop buys at 400 or more: 3 x 400, not 3 x 101.
    assert_eq!(
        world.tell(buy(2, 3).stop("400")),
        ["denied BuyingPower 1200 of 1000"]
    );
    assert_eq!(world.tell(buy(2, 2).stop("400")), ["#1 accepted"]);
    // 800 and 2 x 101; one more is 1,103.
    assert_eq!(world.tell(buy(2, 1).at("90")), ["#2 accepted"]);
    assert_eq!(
        world.tell(buy(2, 2).at("90")),
        ["denied BuyingPower 1103 of 1000"]
    );
    let required = |world: &World| {
        let view = world.shard.account_view(AccountId(2)).unwrap();
        view.margin_required
    };
    assert_eq!(required(&world), Some(money("901")));
    // A sale does so for no less than its limit: 3 x 400.
    assert_eq!(
        world.tell(sell(2, 3).at("400")),
        ["denied BuyingPower 1200 of 1000"]
    );
    // What was seen of the prices is found again on restore.
    let restored = engine::Shard::restore(&world.snapshot()).unwrap();
    let mut again = World::of(restored);
    assert_eq!(
        again.tell(buy(2, 2).at("90")),
        ["denied BuyingPower 1103 of 1000"]
    );
    // An amendment takes the place of what it changes: 2 x 450 and 101 are 1,001.
    assert_eq!(
        world.tell(amend_trigger(2, 1, "450")),
        ["#1 change denied BuyingPower 1001 of 1000"]
    );
    assert_eq!(
        world.tell(amend_trigger(2, 1, "449")),
        ["#1 amended 2 from 449"]
    );
    world.tell(cancel_all(2));
    // Of what first closes a position at most the lots that open count: the rest of 5, at 400.
    world.tell(buy(2, 4));
    assert_eq!(
        world.tell(sell(2, 7).at("400")),
        ["denied BuyingPower 1200 of 996"]
    );
    assert_eq!(world.tell(sell(2, 6).at("400")), ["#4 accepted"]);
    // The stop finds what it set aside: 2 x 400 is margin enough for 2 at 400.
    world.tell(cancel_all(2));
    world.tell(sell(2, 4));
    assert_eq!(world.tell(buy(2, 2).stop("400")).len(), 1);
    let told = world.tell(quote("400", "400"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(world.position(2), "2");
    world.agrees();
}

/// `three` with the outside market of a model.
fn outside(model: PaperModel) -> World {
    three(paper(model))
}

#[test]
fn a_purchase_costs_what_it_meets_level_by_level() {
    // A book: 1 at 100 and 9 at 200, so that 9 are 100 + 8 x 200.
    let mut world = three(crossed());
    world.tell_all([sell(0, 1).at("100"), sell(0, 9).at("200")]);
    assert_eq!(world.tell(buy(1, 9)), ["denied BuyingPower 1700 of 1000"]);
    // 100 and 4 x 200.
    assert_eq!(world.tell(buy(1, 5)).len(), 5);
    assert_eq!(
        world.tell(buy(1, 1).at("101")),
        ["denied BuyingPower 101 of 100"]
    );
    world.agrees();
    // Slipped by 50: 10 x 150.
    let mut world = outside(PaperModel {
        slippage: Slippage::Ticks(50),
        ..PaperModel::default()
    });
    world.tell(quote("99", "100"));
    assert_eq!(world.tell(buy(1, 10)), ["denied BuyingPower 1500 of 1000"]);
    assert_eq!(world.tell(buy(1, 6)).len(), 2);
    world.agrees();
    // Displayed levels: 3 x 100 and 5 x 150.
    let mut world = outside(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    });
    world.tell(depth(&[("98", 9)], &[("100", 3), ("150", 9)]));
    assert_eq!(world.tell(buy(1, 8)), ["denied BuyingPower 1050 of 1000"]);
    assert_eq!(world.tell(buy(1, 7)).len(), 3);
    world.agrees();
}

#[test]
fn a_purchase_is_cut_to_the_cash_that_pays_for_it() {
    // 10 x 100 was enough when it was sent; when it arrives 3 x 300 are.
    let sample = LatencySample {
        order_ns: 1_500_000_000,
        ack_ns: 0,
    };
    let mut world = outside(PaperModel {
        latency: Latency::Constant(sample),
        ..PaperModel::default()
    });
    world.tell(quote("99", "100"));
    assert_eq!(world.tell(buy(1, 10)), ["#1 accepted"]);
    assert_eq!(world.tell(quote("299", "300")), [""; 0]);
    let told = world.tell(quote("299", "300"));
    assert_eq!(
        told,
        [
            "#1 buys 3 at 300 leaves 7 (Touch)",
            "#1 cancelled 7 BuyingPower 300 of 100",
        ]
    );
    world.agrees();
    // A stop at 110 finds 500: 2 of 9.
    let mut world = outside(PaperModel::default());
    world.tell(quote("99", "100"));
    assert_eq!(world.tell(buy(1, 9).stop("110")), ["#1 accepted"]);
    assert_eq!(
        world.tell(quote("499", "500")),
        [
            "#1 triggered at 500",
            "#1 buys 2 at 500 leaves 7 (Touch)",
            "#1 cancelled 7 BuyingPower 500 of 0",
        ]
    );
    world.agrees();
    // One that the market is beyond already counts at what is asked: 3 x 500, not 3 x 110, of 1,000.
    let mut world = outside(PaperModel::default());
    world.tell(quote("499", "500"));
    assert_eq!(
        world.tell(buy(1, 3).stop("110")),
        ["denied BuyingPower 1500 of 1000"]
    );
    assert_eq!(
        world.tell(buy(1, 2).stop("110")),
        [
            "#1 accepted",
            "#1 triggered at 500",
            "#1 buys 2 at 500 (Touch)",
        ]
    );
    world.agrees();
    // A stop that meets more than it set aside pays with what a bid of its account did, and whoever sells to that one
    // finds nobody. 5 x 100 and 4 x 110 were set aside, and 4 x 240 are paid.
    let mut world = three(crossed());
    world.tell_all([buy(1, 5).at("100"), buy(1, 4).stop("110")]);
    assert_eq!(
        world.tell(sell(0, 9).at("240")),
        [
            "#3 accepted",
            "#2 triggered at 240",
            "#3 sells 4 at 240 leaves 5",
            "#2 buys 4 at 240",
        ]
    );
    assert_eq!(
        world.tell(sell(0, 1)),
        [
            "#4 accepted",
            "#1 cancelled 5 BuyingPower 100 of 40",
            "#4 cancelled 1 NotMarketable",
        ]
    );
    world.agrees();
}

#[test]
fn who_must_fill_whole_does_so_or_not_at_all_where_cash_is_short() {
    let sample = LatencySample {
        order_ns: 1_500_000_000,
        ack_ns: 0,
    };
    for sizes in [Sizes::Unlimited, Sizes::Displayed] {
        let mut world = outside(PaperModel {
            latency: Latency::Constant(sample),
            sizes,
            ..PaperModel::default()
        });
        world.tell(quote("99", "100"));
        assert_eq!(world.tell(buy(1, 10).fok()), ["#1 accepted"]);
        world.tell(quote("100", "101"));
        let told = world.tell(quote("100", "101"));
        assert_eq!(told, ["#1 cancelled 10 NotFillable"], "{sizes:?}");
        world.agrees();
    }
}

#[test]
fn a_cash_account_buys_abroad_with_what_it_has_at_home() {
    let mut world = three(Instrument {
        currency: label("EUR"),
        ..paper(PaperModel::default())
    });
    let rate = |rate: &str| Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price(rate),
    };
    let free = |world: &World| {
        let view = world.shard.account_view(AccountId(1)).unwrap();
        view.buying_power.unwrap().to_string()
    };
    world.tell(quote("99", "100"));
    world.tell(rate("2"));
    // 6 x 100 x 2.
    assert_eq!(world.tell(buy(1, 6)), ["denied BuyingPower 1200 of 1000"]);
    assert_eq!(world.tell(buy(1, 3)).len(), 2);
    // 1,000 - 600 - 50 x 2, and what they cost at 1.5.
    assert_eq!(world.tell(buy(1, 1).at("50")), ["#2 accepted"]);
    assert_eq!(free(&world), "300");
    world.tell(rate("1.5"));
    assert_eq!(free(&world), "475");
    // 3 x 10 earned in euros are 45 in dollars.
    world.tell(quote("110", "111"));
    assert_eq!(world.tell(sell(1, 3)).len(), 2);
    assert_eq!(free(&world), "970");
    // At 4 they are 120, of 1,120 an order of 3 at 111 needs 1,332, and the limit order has 200.
    world.tell(rate("4"));
    assert_eq!(world.tell(buy(1, 3)), ["denied BuyingPower 1332 of 920"]);
    assert_eq!(world.tell(buy(1, 2)).len(), 2);
    // 1,120 - 888 are 232: at 50 one is paid, of a rate of 5 none is, 1,150 - 1,110.
    world.tell(rate("5"));
    assert_eq!(
        world.tell(quote("49", "50")),
        ["#2 cancelled 1 BuyingPower 250 of 40"]
    );
    world.agrees();
}

/// An algo of market orders in ten seconds that begin in ten.
fn later(world: &World, account: u32, side: Side, quantity: i64, kind: AlgoKind) -> NewAlgo {
    let start = world.now() + 10 * SECOND;
    algo(account, side, quantity, kind, (start, start + 10 * SECOND))
}

const TWAP: AlgoKind = AlgoKind::Twap { slices: 2 };

/// What either account has is 1,000, and 101 is asked: 9 come to 909, and 10 to 1,010. On margin each is worth 1 less
/// at once, at the bid of 100: 918 and 1,020.
#[test]
fn all_of_an_algo_is_paid_for_as_one_order_when_it_is_accepted() {
    let mut world = three(paper(PaperModel::default()));
    let weights = vec![1, 3];
    world.tell(Command::DefineCurve { weights });
    world.tell(quote("100", "101"));
    let curve = CurveId(0);
    let rate = Ratio::percent(25);
    for account in [1, 2] {
        for kind in [TWAP, AlgoKind::Vwap { curve }, AlgoKind::Pov { rate }] {
            let ten = later(&world, account, Side::Buy, 10, kind);
            let needed = if account == 1 { 1_010 } else { 1_020 };
            assert_eq!(
                world.tell(ten),
                [format!("algo denied BuyingPower {needed} of 1000")],
                "account {account}"
            );
            let nine = later(&world, account, Side::Buy, 9, kind);
            let told = world.tell(nine);
            assert!(told[0].ends_with("algo accepted"), "{told:?}");
            world.tell(cancel_all(account));
        }
    }
    // What its limit of 100 comes to is 1,000; of a margin the market's price counts, as it is worse.
    let at = |world: &World, account, limit| NewAlgo {
        limit: Some(price(limit)),
        ..later(world, account, Side::Buy, 10, TWAP)
    };
    let (cash, margin) = (at(&world, 1, "100"), at(&world, 2, "100"));
    assert_eq!(world.tell(cash), ["#7 algo accepted"]);
    assert_eq!(world.tell(margin), ["algo denied BuyingPower 1010 of 1000"]);
    // 500 are set aside for what works, and 505 are asked for beside it.
    world.tell(buy(1, 5).at("100"));
    let five = later(&world, 1, Side::Buy, 5, TWAP);
    assert_eq!(world.tell(five), ["algo denied BuyingPower 505 of 500"]);
    // A sale of 9 at 100, to be bought back at 101, is within the margin, one of 10 is not; cash is not asked for any.
    let short = |world: &World, account, lots| later(world, account, Side::Sell, lots, TWAP);
    let (nine, ten) = (short(&world, 2, 9), short(&world, 2, 10));
    assert_eq!(world.tell(ten), ["algo denied BuyingPower 1010 of 1000"]);
    assert_eq!(world.tell(nine), ["#9 algo accepted"]);
    let cash = short(&world, 1, 11);
    assert_eq!(world.tell(cash), ["#10 algo accepted"]);
    world.agrees();
}

/// Each of two algos of 9 is within 1,000, and nothing is set aside for either: the one whose child comes second, to
/// 404 of the 91 that are left, ends.
#[test]
fn an_algo_sets_nothing_aside_and_its_children_are_checked_as_they_come() {
    let mut world = three(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    let one = AlgoKind::Twap { slices: 1 };
    let first = later(&world, 1, Side::Buy, 9, one);
    let second = later(&world, 1, Side::Buy, 9, TWAP);
    let start = first.start.0;
    assert_eq!(world.tell(first), ["#1 algo accepted"]);
    assert_eq!(world.tell(second).len(), 1);
    let told = world.until(start + SECOND);
    assert_eq!(
        told[..3],
        [
            "#3 accepted",
            "#3 buys 9 at 101 (Touch)",
            "#1 algo ended Filled with 9",
        ]
    );
    assert!(
        told[3].starts_with("#2 algo ended ChildDenied(BuyingPower"),
        "{told:?}"
    );
    world.agrees();
}

/// A market order for 10 meets 5 at 101 and 5 at 103, which come to 1,020; one for 9 to 917.
#[test]
fn an_algo_counts_level_by_level_where_cash_pays() {
    let mut world = three(paper(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    }));
    world.tell(depth(&[("100", 9)], &[("101", 5), ("103", 9)]));
    let ten = later(&world, 1, Side::Buy, 10, TWAP);
    assert_eq!(world.tell(ten), ["algo denied BuyingPower 1020 of 1000"]);
    let nine = later(&world, 1, Side::Buy, 9, TWAP);
    assert_eq!(world.tell(nine), ["#1 algo accepted"]);
    world.agrees();
}

#[test]
fn an_algo_that_nothing_values_is_denied_where_funds_are_checked() {
    let mut world = three(Instrument {
        currency: label("EUR"),
        ..paper(PaperModel::default())
    });
    let limited = |world: &World, account| NewAlgo {
        limit: Some(price("100")),
        ..later(world, account, Side::Buy, 6, TWAP)
    };
    // Without a rate from euros to dollars nobody can say what it comes to.
    for account in [0, 1, 2] {
        let six = limited(&world, account);
        assert_eq!(world.tell(six), ["algo denied NoConversion"]);
    }
    world.tell(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("2"),
    });
    // Neither limit nor quote.
    for account in [1, 2] {
        let six = later(&world, account, Side::Buy, 6, TWAP);
        assert_eq!(world.tell(six), ["algo denied NoQuote"]);
    }
    let unchecked = later(&world, 0, Side::Buy, 6, TWAP);
    assert_eq!(world.tell(unchecked), ["#1 algo accepted"]);
    // 6 x 100 x 2.
    for account in [1, 2] {
        let six = limited(&world, account);
        assert_eq!(world.tell(six), ["algo denied BuyingPower 1200 of 1000"]);
    }
    world.agrees();
}

/// 9 at no more than 150 meet an ask of 101 and cost 909; 10 would cost 1,010. Where 4 are shown at 101, the other 5
/// count at the limit: 404 + 5 x 150 are 1,154, and 404 + 5 x 119 are 999.
#[test]
fn a_limit_order_that_takes_at_once_costs_what_it_meets() {
    let mut world = three(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    assert_eq!(
        world.tell(buy(1, 10).at("150")),
        ["denied BuyingPower 1010 of 1000"]
    );
    let told = world.tell(buy(1, 9).at("150"));
    assert_eq!(told[..2], ["#1 accepted", "#1 buys 9 at 101 (Touch)"]);
    world.agrees();

    let mut world = three(paper(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    }));
    world.tell(depth(&[("100", 9)], &[("101", 4)]));
    assert_eq!(
        world.tell(buy(1, 9).at("150")),
        ["denied BuyingPower 1154 of 1000"]
    );
    let told = world.tell(buy(1, 9).at("119"));
    assert_eq!(
        told[..2],
        ["#1 accepted", "#1 buys 4 at 101 leaves 5 (Depth)"]
    );
    world.agrees();
}
