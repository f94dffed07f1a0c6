//! Where a resting order stands in the queue of the outside market, and when its turn comes.

use types::{Aggressor, CancelModel, FillRule, PaperModel, Sizes};

use crate::paper::{NOTHING, QUEUE, THROUGH, TOUCH, outside};
use crate::words::{Words, amend_price, amend_qty, buy, delta, depth, print, print_by, sized};
use crate::world::{World, paper};

/// Lots before an order, lots shown at its price, lots printed since.
fn queue(world: &World, order: u64) -> (String, String, String) {
    let (ahead, shown, printed) = world.working(order).unwrap().queue.unwrap();
    (ahead.to_string(), shown.to_string(), printed.to_string())
}

fn at_place(ahead: i64, shown: i64, printed: i64) -> (String, String, String) {
    (ahead.to_string(), shown.to_string(), printed.to_string())
}

#[test]
fn a_queue_moves_with_prints_until_the_orders_turn_comes() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    assert_eq!(queue(&world, 1), at_place(10, 10, 0));
    // A buyer's print is none of its side's business.
    assert_eq!(world.tell(print_by(Aggressor::Buyer, "98", 100)), NOTHING);
    assert_eq!(world.tell(print_by(Aggressor::Seller, "98", 4)), NOTHING);
    assert_eq!(queue(&world, 1), at_place(6, 10, 4));
    // 10 less 4 that printed: nobody cancelled.
    assert_eq!(world.tell(sized("98", 6, "101", 10)), NOTHING);
    assert_eq!(queue(&world, 1), at_place(6, 6, 0));
    // 8 print: 6 were before it.
    assert_eq!(
        world.tell(print("98", 8)),
        ["#1 buys 2 at 98 leaves 3 (Queue, maker)"]
    );
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "98", 1)),
        ["#1 buys 1 at 98 leaves 2 (Queue, maker)"]
    );
    // Beyond its price everything at it is gone.
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "97", 1)),
        ["#1 buys 2 at 98 (Through, maker)"]
    );
}

#[test]
fn a_queue_is_over_once_the_other_side_is_at_its_price() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    assert_eq!(
        world.tell(sized("97", 10, "98", 1)),
        ["#1 buys 5 at 98 (Through, maker)"]
    );
}

#[test]
fn careful_cancels_come_from_behind() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    // 10 join behind; 8 of those 20 leave, which may all be those behind; then 7 of 12, of which 2 can.
    for (shown, ahead) in [(20, 10), (12, 10), (5, 5)] {
        world.tell(sized("98", shown, "101", 10));
        assert_eq!(queue(&world, 1), at_place(ahead, shown, 0));
    }
}

#[test]
fn the_power_model_spreads_cancels_over_the_queue() {
    for (power, ahead) in [(1, 6), (2, 6), (3, 6)] {
        let mut world = outside(PaperModel {
            fill: FillRule::Queue(CancelModel::Power(power)),
            ..TOUCH
        });
        world.tell(buy(0, 5).at("98"));
        world.tell(sized("98", 20, "101", 10));
        // 10 before, 10 behind: half of 8, whatever the power.
        world.tell(sized("98", 12, "101", 10));
        assert_eq!(queue(&world, 1), at_place(ahead, 12, 0));
        // 6 before, 6 behind, 18 join: 6 of 30.
        world.tell(sized("98", 30, "101", 10));
        world.tell(sized("98", 20, "101", 10));
        // 10 x 6/30 = 2; x 36/612 = 0.59; x 216/14040 = 0.15.
        let left = [4, 6, 6][usize::from(power) - 1];
        assert_eq!(queue(&world, 1), at_place(left, 20, 0));
    }
}

#[test]
fn an_order_better_than_what_is_displayed_is_first() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("99"));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "99", 2)),
        ["#1 buys 2 at 99 leaves 3 (Queue, maker)"]
    );
    // Others join it there, behind it; then everybody else leaves.
    world.tell(sized("99", 7, "101", 10));
    assert_eq!(queue(&world, 1), at_place(0, 7, 0));
    world.tell(sized("98", 7, "101", 10));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
}

#[test]
fn in_a_book_of_levels_each_price_has_its_own_queue() {
    let mut world = World::trading(paper(QUEUE));
    world.tell(depth(&[("98", 10), ("97", 20)], &[("101", 5)]));
    world.tell(buy(0, 5).at("97"));
    assert_eq!(queue(&world, 1), at_place(20, 20, 0));
    world.tell(delta(&[("98", 2)], &[]));
    assert_eq!(queue(&world, 1), at_place(20, 20, 0));
    world.tell(delta(&[("97", 15)], &[]));
    assert_eq!(queue(&world, 1), at_place(15, 15, 0));
    // A snapshot without the price states that nothing is there.
    world.tell(depth(&[("98", 10)], &[("101", 5)]));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
}

#[test]
fn less_at_the_same_price_keeps_the_estimated_place_too() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    world.tell(print_by(Aggressor::Seller, "98", 4));
    world.tell(amend_qty(0, 1, 3));
    assert_eq!(queue(&world, 1), at_place(6, 10, 4));
    world.tell(amend_qty(0, 1, 4));
    assert_eq!(queue(&world, 1), at_place(10, 10, 0));
    world.tell(print_by(Aggressor::Seller, "98", 4));
    world.tell(amend_price(0, 1, "97"));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
}

#[test]
fn an_account_takes_no_more_from_a_print_than_it_shows() {
    let mut world = outside(PaperModel {
        sizes: Sizes::Displayed,
        ..THROUGH
    });
    // Three orders of one account, and one of another, that a print of 8 goes through. The better price first, then
    // the older order: 5 and 3 of 8.
    world.tell_all([buy(0, 5).at("99"), buy(0, 5).at("99"), buy(0, 5).at("100")]);
    world.tell(buy(1, 5).at("99"));
    assert_eq!(
        world.tell(print("98", 8)),
        [
            "#3 buys 5 at 100 (Through, maker)",
            "#1 buys 3 at 99 leaves 2 (Through, maker)",
            "#4 buys 5 at 99 (Through, maker)",
        ]
    );
    world.agrees();
}

#[test]
fn an_accounts_own_lots_before_an_order_are_ahead_of_it() {
    let mut world = outside(QUEUE);
    // 10 of others stand before both; 5 of its own before the second.
    world.tell_all([buy(0, 5).at("98"), buy(0, 5).at("98")]);
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "98", 12)),
        ["#1 buys 2 at 98 leaves 3 (Queue, maker)"]
    );
    assert_eq!(queue(&world, 2), at_place(0, 10, 12));
    // 3 for the first, 1 for the second.
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "98", 4)),
        [
            "#1 buys 3 at 98 (Queue, maker)",
            "#2 buys 1 at 98 leaves 4 (Queue, maker)",
        ]
    );
    // Of 15 the better price takes 5, and those before the other at 97 the rest.
    world.tell(sized("97", 10, "101", 10));
    world.tell_all([buy(1, 5).at("97"), buy(1, 5).at("98")]);
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "97", 15)),
        [
            "#2 buys 4 at 98 (Through, maker)",
            "#4 buys 5 at 98 (Through, maker)",
        ]
    );
    assert_eq!(queue(&world, 3), at_place(0, 10, 15));
    world.agrees();
}
