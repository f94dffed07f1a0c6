//! What a refusal says beside its name: the value that was asked for and what would have been accepted, each on
//! both sides of its boundary.

use engine::Limits;
use types::{
    AlgoKind, DenyReason, EventKind, Instrument, InstrumentStatus, LimitName, MarketData, NewAlgo,
    OrderChange, PaperModel, Ratio, Side,
};

use crate::words::{
    Of, Words, algo, amend_price, amend_qty, bracket, buy, cancel, cancel_all, cover, delta,
    disconnect, market, oco, oto, print, quote, sell, sized,
};
use crate::world::{SECOND, World, crossed, paper, plan, price, qty};

const OPEN: MarketData = MarketData::Status(InstrumentStatus::Open);
const PRE_OPEN: MarketData = MarketData::Status(InstrumentStatus::PreOpen);

fn book(book_levels_max: u32) -> World {
    let limits = Limits {
        book_levels_max,
        ..Limits::default()
    };
    World::limited(limits, &[crossed()], &plan("1000000"), 3)
}

/// A stop-limit whose price has a level, or room for one, when it comes to rest; and one that has neither.
#[test]
fn a_stop_limit_ends_where_the_book_is_full_when_it_comes_to_rest() {
    for (levels, limit, ends) in [(2, "92", true), (3, "92", false), (2, "91", false)] {
        let mut world = book(levels);
        world.tell(buy(0, 1).at("90"));
        let accepted = world.tell(buy(1, 1).stop_limit("95", limit));
        assert_eq!(accepted, ["#2 accepted"]);
        world.tell(buy(0, 1).at("91"));
        let mut told = world.tell(sell(0, 1).at("96"));
        assert_eq!(told.remove(0), "#4 accepted");
        assert_eq!(told.remove(0), "#2 triggered at 96");
        let end = "#2 cancelled 1 NoRoom book_levels_max 2".to_owned();
        assert_eq!(told, if ends { vec![end] } else { Vec::new() });
        world.agrees();
    }
}

#[test]
fn a_child_ends_where_the_book_is_full_and_its_siblings_go_on() {
    for (levels, ends) in [(1, true), (2, false)] {
        let mut world = book(levels);
        // Entry, target at 105, stop at 95.
        let exits = [
            buy(0, 1).at("100"),
            sell(0, 1).at("105"),
            sell(0, 1).stop("95"),
        ];
        world.tell(bracket(&exits));
        world.tell(sell(2, 1).at("103"));
        let told = world.tell(sell(1, 1).at("100").ioc());
        let ended = told.contains(&"#2 cancelled 1 NoRoom book_levels_max 1".to_owned());
        assert_eq!(ended, ends, "{told:?}");
        // Without room for its target the position keeps its stop.
        assert!(told.contains(&"#3 activated 1".to_owned()), "{told:?}");
        assert_eq!(world.tell(cancel(0, 3)), ["#3 cancelled 1 Requested"]);
        let target = world.tell(cancel(0, 2));
        assert_eq!(target[0].contains("UnknownOrder"), ends, "{target:?}");
        world.agrees();
    }
    // The same of an order that another one triggers.
    for (levels, ends) in [(1, true), (2, false)] {
        let mut world = book(levels);
        world.tell(oto(&[buy(0, 1).at("100"), sell(0, 1).at("105")]));
        world.tell(sell(2, 1).at("103"));
        let told = world.tell(sell(1, 1).at("100").ioc());
        let ended = told.contains(&"#2 cancelled 1 NoRoom book_levels_max 1".to_owned());
        assert_eq!(ended, ends, "{told:?}");
    }
}

/// Each found room when it was accepted; in the auction they stand in the book together.
#[test]
fn an_auction_has_room_for_as_many_levels_as_the_book() {
    for (levels, ends) in [(1, true), (2, false)] {
        let mut world = book(levels);
        world.tell(market(PRE_OPEN));
        world.tell_all([buy(0, 1).at("90").at_open(), buy(1, 1).at("91").at_open()]);
        let mut expected = vec!["Open"];
        if ends {
            expected.push("#2 cancelled 1 NoRoom book_levels_max 1");
        }
        expected.push("#1 cancelled 1 AuctionOver");
        if !ends {
            expected.push("#2 cancelled 1 AuctionOver");
        }
        assert_eq!(world.tell(market(OPEN)), expected);
        world.agrees();
    }
}

#[test]
fn an_algo_by_volume_ends_when_it_would_send_a_child_too_many() {
    let limits = Limits {
        algo_children_max: 2,
        ..Limits::default()
    };
    let instruments = [paper(PaperModel::default())];
    let mut world = World::limited(limits, &instruments, &plan("1000000"), 1);
    world.tell(quote("100", "101"));
    let (start, end) = (world.now(), world.now() + 1_000 * SECOND);
    let rate = Ratio::percent(100);
    let pov = algo(0, Side::Buy, 10, AlgoKind::Pov { rate }, (start, end));
    assert_eq!(world.tell(pov), ["#1 algo accepted"]);
    assert_eq!(
        world.tell(print("100", 1)),
        ["#2 accepted", "#2 buys 1 at 101 (Touch)"]
    );
    assert_eq!(
        world.tell(print("100", 1)),
        ["#3 accepted", "#3 buys 1 at 101 (Touch)"]
    );
    assert_eq!(
        world.tell(print("100", 1)),
        ["#1 algo ended ChildrenMax 2 with 2"]
    );
    // One of time has as many as it has slices.
    let twap = algo(0, Side::Buy, 3, AlgoKind::Twap { slices: 3 }, (0, end));
    world.tell(twap);
    world.until(end - 1);
    assert_eq!(world.position(0), "5");
    world.agrees();
}

fn change_denied(events: &[EventKind]) -> (OrderChange, DenyReason) {
    match events {
        [EventKind::ChangeDenied { asked, reason, .. }] => (*asked, *reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_change_that_is_denied_says_what_was_asked_for() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell(buy(0, 5).at("90"));
    let amend = |qty: Option<&str>, price: Option<&str>| OrderChange::Amend {
        qty: qty.map(crate::world::qty),
        price: price.map(crate::world::price),
        trigger: None,
    };
    let mut denied = |said| change_denied(&world.hear(said));
    let tick_size = price("1");
    assert_eq!(
        denied(amend_price(0, 1, "90.5")),
        (
            amend(None, Some("90.5")),
            DenyReason::PriceOffTick { tick_size }
        )
    );
    assert_eq!(
        denied(amend_qty(0, 1, 1_000_001)),
        (
            amend(Some("1000001"), None),
            DenyReason::QtyTooLarge {
                max: qty("1000000")
            }
        )
    );
    let unknown = DenyReason::UnknownOrder;
    assert_eq!(denied(cancel(0, 9)), (OrderChange::Cancel, unknown));
    assert_eq!(
        denied(amend_qty(0, 9, 4)),
        (amend(Some("4"), None), unknown)
    );
    let nobody = DenyReason::UnknownAccount;
    assert_eq!(denied(cancel_all(9)), (OrderChange::CancelAll, nobody));
    assert_eq!(denied(disconnect(9)), (OrderChange::Disconnect, nobody));
    assert_eq!(world.tell(amend_price(0, 1, "91")), ["#1 amended 5 at 91"]);
}

#[test]
fn a_list_says_which_of_its_orders_has_the_wrong_field() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    let entry = buy(0, 2).at("99");
    let (target, stop) = (sell(0, 2).at("110"), sell(0, 2).stop("90"));
    for (list, fault) in [
        (oco(&[entry]), "1 of 2 to 8"),
        (oco(&[entry, buy(1, 2).at("98")]), "order 1 Account"),
        (
            oco(&[entry, buy(0, 2).at("98").of(9)]),
            "order 1 Instrument",
        ),
        (oco(&[entry, buy(0, 2)]), "order 1 Kind"),
        (oco(&[entry.ioc(), target]), "order 0 TimeInForce"),
        (bracket(&[entry, stop, target]), "order 1 Kind"),
        (
            bracket(&[entry.reduce_only(), target, stop]),
            "order 0 ReduceOnly",
        ),
        (bracket(&[entry, buy(0, 2).at("110"), stop]), "order 1 Side"),
        (
            bracket(&[entry, target, sell(0, 1).stop("90")]),
            "order 2 Qty",
        ),
        (cover([entry, target]), "order 1 Kind"),
    ] {
        assert_eq!(world.tell(list), [format!("denied BadList {fault}")]);
    }
    assert_eq!(world.tell(bracket(&[entry, target, stop])).len(), 3);
    assert_eq!(
        world.tell(amend_qty(0, 2, 1)),
        ["#2 change denied BadList sized by #1"]
    );
    world.agrees();
}

#[test]
fn a_stale_market_says_since_when_and_why() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    let good = world.shard.seq();
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(
        world.tell(quote("102", "101")),
        ["rejected BadQuote 102 over 101"]
    );
    assert_eq!(
        world.tell(buy(0, 1)),
        [format!("denied BadQuote stale since {good}")]
    );
    world.tell(market(MarketData::Gap));
    assert_eq!(
        world.tell(buy(0, 1)),
        [format!("denied BadQuote lost since {good}")]
    );
    assert_eq!(
        world.tell(delta(&[("99", 1)], &[])),
        ["rejected BadQuote AfterGap"]
    );
    assert_eq!(
        world.tell(sized("100", -1, "101", 1)),
        ["rejected BadQuote qty -1"]
    );
    assert_eq!(
        world.tell(quote("100", "101.5")),
        ["rejected OffGrid price 101.5 of 1"]
    );
    assert_eq!(world.tell(quote("101", "101")), [""; 0]);
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    world.agrees();
}

/// 100 with a collar of 5%: a buy up to 105, a sell down to 95; a breaker of 10%: 90 to 110.
#[test]
fn collar_and_breaker_say_the_price_and_its_bound() {
    let bands = Instrument {
        collar: Ratio::percent(5),
        ..crossed()
    };
    let mut world = World::trading(bands);
    world.tell_all([sell(0, 1).at("100"), buy(1, 1).at("100")]);
    let denied = ["denied PriceOutsideCollar 95 to 105"];
    assert_eq!(world.tell(buy(0, 1).at("106")), denied);
    assert_eq!(world.tell(sell(0, 1).at("94")), denied);
    assert_eq!(world.tell(sell(0, 1).at("105")), ["#3 accepted"]);
    assert_eq!(world.tell(sell(0, 1).at("106")), ["#4 accepted"]);
    let told = world.tell(buy(1, 3));
    assert_eq!(told[told.len() - 1], "#5 cancelled 2 Collar 106 beyond 105");
    let mut world = World::trading(Instrument {
        breaker: Ratio::percent(10),
        ..crossed()
    });
    world.tell_all([sell(0, 1).at("100"), buy(1, 1).at("100")]);
    world.tell_all([sell(0, 1).at("110"), sell(0, 1).at("111")]);
    let told = world.tell(buy(1, 2));
    assert_eq!(
        told[told.len() - 2..],
        ["Halted by breaker", "#5 cancelled 1 Breaker 111 beyond 110"]
    );
    world.agrees();
}

#[test]
fn an_algo_says_what_of_it_is_wrong() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    let now = world.now();
    let with = |kind| algo(0, Side::Buy, 10, kind, (0, now + 100 * SECOND));
    let pov = |rate| with(AlgoKind::Pov { rate: Ratio(rate) });
    let one = Ratio::ONE.0;
    for rate in [0, one + 1] {
        let denied = format!("algo denied BadAlgo rate {rate}");
        assert_eq!(world.tell(pov(rate)), [denied]);
    }
    assert_eq!(
        world.tell(with(AlgoKind::Twap { slices: 0 })),
        ["algo denied BadAlgo no slices"]
    );
    assert_eq!(world.tell(pov(1)), ["#1 algo accepted"]);
    assert_eq!(world.tell(pov(one)), ["#2 algo accepted"]);
    // It ends at the moment at which it would begin, or one nanosecond later.
    let start = now + 50 * SECOND;
    let ending = |end| NewAlgo {
        start: types::TimestampNs(start),
        end: types::TimestampNs(end),
        ..with(AlgoKind::Twap { slices: 1 })
    };
    let after = types::TimestampNs(start);
    assert_eq!(
        world.tell(ending(start)),
        [format!("algo denied BadAlgo end after {after}")]
    );
    assert_eq!(world.tell(ending(start + 1)), ["#3 algo accepted"]);
}

/// The names are what files and answers say, and each leads to its number.
#[test]
fn every_limit_has_a_name_of_its_own_and_a_number() {
    let mut limits = Limits::default();
    for (place, name) in (1..).zip(LimitName::ALL) {
        assert!(name.as_str().ends_with("_max"), "{name}");
        *limits.number(name) = place;
    }
    for (place, name) in (1..).zip(LimitName::ALL) {
        assert_eq!(limits.of(name), place, "{name}");
    }
    // Instruments, plans and both sides of conversions are all the currencies that there can be: their ids have 16 bits.
    let most = |name| u64::from(*Limits::accepted(name).end());
    let currencies =
        most(LimitName::Instruments) + most(LimitName::Plans) + 2 * most(LimitName::Conversions);
    assert_eq!(currencies, 1 << 16);
}
