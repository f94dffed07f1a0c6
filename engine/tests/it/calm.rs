//! Market events that concern nobody, one after the other, up to the one that does.

use types::{Instrument, Price, Qty, TimestampNs};

use crate::paper::{NOTHING, QUEUE, THROUGH, TOUCH, outside};
use crate::words::{Words, bar, buy, delta, depth, print, quote, sized};
use crate::world::{World, paper};

/// A buy rests at 95, another waits for the market to be asked for 105.
fn waiting(world: &mut World) {
    world.tell(buy(0, 5).at("95"));
    world.tell(buy(0, 5).stop("105"));
    for (bid, ask) in [("98", "101"), ("90", "96"), ("103", "104"), ("95", "96")] {
        for _ in 0..2 {
            assert_eq!(world.tell(quote(bid, ask)), NOTHING);
            assert_eq!(world.tell(print("104", 1)), NOTHING);
        }
    }
}

#[test]
fn nothing_happens_up_to_the_prices_at_which_orders_wait() {
    let mut world = outside(TOUCH);
    waiting(&mut world);
    assert_eq!(
        world.tell(quote("94", "95")),
        ["#1 buys 5 at 95 (Touch, maker)"]
    );
    assert_eq!(world.tell(quote("103", "104")), NOTHING);
    assert_eq!(
        world.tell(quote("103", "105")),
        ["#2 triggered at 105", "#2 buys 5 at 105 (Touch)"]
    );
    world.agrees();
}

/// Where orders fill through their price, the market may be at it.
#[test]
fn nothing_happens_at_a_price_that_has_to_be_passed() {
    let mut world = outside(THROUGH);
    waiting(&mut world);
    assert_eq!(world.tell(quote("94", "95")), NOTHING);
    assert_eq!(world.tell(print("95", 9)), NOTHING);
    assert_eq!(
        world.tell(print("94", 9)),
        ["#1 buys 5 at 95 (Through, maker)"]
    );
    world.agrees();
}

/// What a bar ends at is a print: below 105 it is nobody's.
#[test]
fn nothing_happens_up_to_the_print_that_an_order_waits_for() {
    let mut world = outside(TOUCH);
    world.tell(buy(0, 5).stop("105").on_last());
    for _ in 0..2 {
        assert_eq!(world.tell(print("104", 1)), NOTHING);
        assert_eq!(world.tell(bar(["100", "110", "100", "104"])), NOTHING);
        assert_eq!(world.tell(quote("105", "106")), NOTHING);
    }
    // It is looked at with the next quote or trade.
    assert_eq!(world.tell(bar(["100", "110", "100", "105"])), NOTHING);
    assert_eq!(
        world.tell(quote("105", "106")),
        ["#1 triggered at 105", "#1 buys 5 at 106 (Touch)"]
    );
    world.agrees();
}

#[test]
fn nothing_happens_until_something_is_due_by_time() {
    let mut world = outside(TOUCH);
    let due = world.now() + 60_000_000_000;
    world.tell(buy(0, 5).at("95").until(due));
    for ns in due - 20..due {
        assert_eq!(world.tell_at(ns, quote("98", "101")), NOTHING);
    }
    assert_eq!(
        world.tell_at(due, quote("98", "101")),
        ["#1 cancelled 5 Expired"]
    );
    assert_eq!(world.shard.ts(), TimestampNs(due));
    world.agrees();
}

/// 10 stand before a buy at 97. What other levels show does not move it; of its own 4 leave, and all of them stood
/// before it, as nobody stood behind.
#[test]
fn a_queue_sees_its_own_level_alone() {
    let mut world = outside(QUEUE);
    world.tell(depth(&[("98", 10), ("97", 10)], &[("101", 10)]));
    world.tell(buy(0, 5).at("97"));
    let ahead = |world: &World| world.working(1).unwrap().queue.unwrap().0.to_string();
    for shown in 1..4 {
        assert_eq!(world.tell(delta(&[("98", shown)], &[])), NOTHING);
        assert_eq!(world.tell(delta(&[("96", shown)], &[])), NOTHING);
        assert_eq!(world.tell(delta(&[], &[("101", shown)])), NOTHING);
        assert_eq!(ahead(&world), "10");
    }
    assert_eq!(world.tell(delta(&[("97", 6)], &[])), NOTHING);
    assert_eq!(ahead(&world), "6");
    // With 98 gone it is at the best price; with 97 gone, too, before all others.
    assert_eq!(world.tell(delta(&[("98", 0)], &[])), NOTHING);
    assert_eq!(ahead(&world), "6");
    assert_eq!(world.tell(delta(&[("97", 0)], &[])), NOTHING);
    assert_eq!(ahead(&world), "0");
    world.agrees();
}

/// The last price there is is 2^63 - 1 billionths. Who waits there for a market that is at his price is reached, and who
/// waits for one beyond it never is.
#[test]
fn nothing_is_beyond_the_last_price() {
    const BEFORE: &str = "9223372036.854775806";
    const LAST: &str = "9223372036.854775807";
    // It came when the market was at its price and showed nothing: it takes.
    let at_last = "#1 buys 5 at 9223372036.854775807 (Touch)";
    for (model, fills) in [
        (TOUCH, &[at_last][..]),
        (THROUGH, &NOTHING[..]),
        (QUEUE, &NOTHING[..]),
    ] {
        let mut world = World::trading(Instrument {
            tick_size: Price(1),
            // Five are worth 461.
            contract_size: Qty(1),
            ..paper(model)
        });
        world.tell(sized(BEFORE, 10, LAST, 0));
        world.tell(buy(0, 5).at(LAST));
        for _ in 0..2 {
            assert_eq!(world.tell(sized(BEFORE, 10, LAST, 0)), NOTHING);
            assert_eq!(world.tell(sized(LAST, 10, LAST, 0)), NOTHING);
        }
        if model == THROUGH {
            assert_eq!(world.tell(print(LAST, 1)), NOTHING);
        }
        if model != QUEUE {
            assert_eq!(world.tell(sized(BEFORE, 10, LAST, 3)), fills);
        }
        world.agrees();
    }
}
