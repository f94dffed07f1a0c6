//! Orders that depend on each other, and orders that the engine slices.

use types::{
    AccountId, AlgoKind, ClientOrderId, Command, InstrumentId, Leg, Liquidity, ListKind, NewAlgo,
    NewOrder, OrderId, OrderKind, OrderList, Price, Qty, Ratio, Side, TimestampNs, Trail,
    TriggerOn,
};

use super::{World, buy, instrument, limit, paper, sell, stop};

fn list(kind: ListKind, orders: &[NewOrder]) -> Command {
    Command::SubmitList(OrderList {
        kind,
        orders: orders.to_vec(),
    })
}

#[test]
fn the_first_execution_of_one_cancels_the_others() {
    let mut world = World::new(instrument(Liquidity::Crossed));
    let legs = [sell(0, limit(105), 10), buy(0, limit(95), 10)];
    assert_eq!(
        world.command(list(ListKind::Oco, &legs)),
        ["accepted 1", "accepted 2"]
    );
    // A part is enough, and what is left of the one that executed stays.
    assert_eq!(
        world.submit(buy(1, limit(105), 4)),
        [
            "accepted 3",
            "fill 1 a sells 4 at 105, 6 left, Book maker",
            "fill 3 b buys 4 at 105, 0 left, Book",
            "cancelled 2 with 10 left: Sibling",
        ]
    );
    assert_eq!(world.twin.portrait().orders.len(), 1);
}

#[test]
fn a_leg_that_trades_on_entry_keeps_the_next_one_out() {
    let mut world = World::new(paper());
    world.quote(99, 10, 100, 10);
    let legs = [buy(0, limit(100), 5), sell(0, limit(110), 5)];
    assert_eq!(
        world.command(list(ListKind::Oco, &legs)),
        [
            "accepted 1",
            "accepted 2",
            "fill 1 a buys 5 at 100, 0 left, Touch",
            "cancelled 2 with 5 left: Sibling",
        ]
    );
}

#[test]
fn a_bracket_protects_what_its_entry_has_filled() {
    let mut world = World::new(instrument(Liquidity::Crossed));
    let orders = [
        buy(0, limit(100), 10),
        sell(0, limit(105), 10),
        sell(0, stop(95), 10),
    ];
    world.command(list(ListKind::Bracket, &orders));
    assert_eq!(
        world.submit(sell(1, limit(100), 4)),
        [
            "accepted 4",
            "fill 1 a buys 4 at 100, 6 left, Book maker",
            "fill 4 b sells 4 at 100, 0 left, Book",
            "activated 2 of 4",
            "activated 3 of 4",
        ]
    );
    // One of the take profit's lots is one less for the stop.
    assert_eq!(
        world.submit(buy(1, limit(105), 1)),
        [
            "accepted 5",
            "fill 2 a sells 1 at 105, 3 left, Book maker",
            "fill 5 b buys 1 at 105, 0 left, Book",
            "amended 3 of 3 at 0, trigger 95",
        ]
    );
    // The take profit fills up while the entry works: both exits are held again.
    assert_eq!(
        world.submit(buy(1, limit(105), 3)),
        [
            "accepted 6",
            "fill 2 a sells 3 at 105, 0 left, Book maker",
            "fill 6 b buys 3 at 105, 0 left, Book",
        ]
    );
    assert_eq!(
        world.submit(sell(1, limit(100), 6)),
        [
            "accepted 7",
            "fill 1 a buys 6 at 100, 0 left, Book maker",
            "fill 7 b sells 6 at 100, 0 left, Book",
            "activated 2 of 10",
            "activated 3 of 6",
        ]
    );
    // The bid falls to 90: the stop fills there, and the take profit has nothing left to do.
    world.submit(buy(2, limit(96), 1));
    world.submit(buy(1, limit(90), 6));
    assert_eq!(
        world.submit(sell(1, limit(96), 1)),
        [
            "accepted 10",
            "fill 8 c buys 1 at 96, 0 left, Book maker",
            "fill 10 b sells 1 at 96, 0 left, Book",
            "triggered 3 at 90",
            "fill 9 b buys 6 at 90, 0 left, Book maker",
            "fill 3 a sells 6 at 90, 0 left, Book",
            "cancelled 2 with 6 left: Sibling",
        ]
    );
    // 4 at 100 and 105, 6 at 100 and 90.
    assert_eq!(world.balance(0), types::Money::whole(1_000 + 20 - 60));
}

#[test]
fn an_entry_that_ends_takes_idle_exits_with_it() {
    let mut world = World::new(paper());
    world.quote(99, 10, 101, 10);
    let orders = [buy(0, limit(100), 5), sell(0, stop(95), 5)];
    world.command(list(ListKind::Cover, &orders));
    let cancel = |order: u64| Command::CancelOrder {
        account: AccountId(0),
        order: OrderId(order),
    };
    assert_eq!(world.command(cancel(2)), ["change of 2 denied Mandatory"]);
    assert_eq!(
        world.command(cancel(1)),
        [
            "cancelled 1 with 5 left: Requested",
            "cancelled 2 with 0 left: ParentEnded",
        ]
    );
}

#[test]
fn a_parent_that_fills_sends_its_children() {
    let mut world = World::new(paper());
    world.quote(99, 10, 101, 10);
    let orders = [
        buy(0, limit(100), 5),
        sell(0, limit(110), 5),
        sell(0, stop(90), 5),
    ];
    world.command(list(ListKind::Oto, &orders));
    assert_eq!(
        world.quote(99, 10, 100, 10),
        [
            "fill 1 a buys 5 at 100, 0 left, Touch maker",
            "activated 2 of 5",
            "activated 3 of 5",
        ]
    );
}

#[test]
fn a_trailing_stop_follows_and_sells_where_a_gap_leaves_it() {
    let mut world = World::new(paper());
    world.quote(100, 10, 101, 10);
    world.submit(buy(0, OrderKind::Market, 5));
    let kind = OrderKind::TrailingStop {
        trail: Trail::Amount(Price::whole(5)),
        on: TriggerOn::Quote,
    };
    world.submit(sell(0, kind, 5));
    let trigger = |world: &World| world.twin.portrait().orders[0].trigger;
    assert_eq!(trigger(&world), Some(Price::whole(95)));
    world.quote(110, 10, 111, 10);
    assert_eq!(trigger(&world), Some(Price::whole(105)));
    world.quote(106, 10, 107, 10);
    assert_eq!(trigger(&world), Some(Price::whole(105)));
    assert_eq!(
        world.quote(90, 10, 91, 10),
        ["triggered 2 at 90", "fill 2 a sells 5 at 90, 0 left, Touch",]
    );
}

fn algo(kind: AlgoKind, qty: i64, start: u64, end: u64) -> Command {
    Command::SubmitAlgo(NewAlgo {
        account: AccountId(0),
        client_order: ClientOrderId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: Qty::whole(qty),
        limit: None,
        start: TimestampNs(start),
        end: TimestampNs(end),
        kind,
        leg: Leg::Net,
        cancel_on_disconnect: false,
    })
}

#[test]
fn equal_slices_at_equal_intervals() {
    let mut world = World::new(paper());
    world.quote(99, 10, 100, 10);
    // Targets are 2, 5, 7 and 10 at 0, 25, 50 and 75.
    assert_eq!(
        world.command(algo(AlgoKind::Twap { slices: 4 }, 10, 0, 100)),
        [
            "algo 1",
            "accepted 2",
            "fill 2 a buys 2 at 100, 0 left, Touch",
        ]
    );
    assert!(world.clock(24).is_empty());
    assert_eq!(
        world.clock(50),
        [
            "accepted 3",
            "fill 3 a buys 3 at 100, 0 left, Touch",
            "accepted 4",
            "fill 4 a buys 2 at 100, 0 left, Touch",
        ]
    );
    assert_eq!(
        world.clock(1_000),
        [
            "accepted 5",
            "fill 5 a buys 3 at 100, 0 left, Touch",
            "algo 1 ended with 10: Filled",
        ]
    );
}

#[test]
fn a_share_of_what_others_trade() {
    let mut world = World::new(instrument(Liquidity::Crossed));
    world.submit(sell(1, limit(100), 20));
    let rate = Ratio::percent(50);
    assert_eq!(
        world.command(algo(AlgoKind::Pov { rate }, 10, 0, 100)),
        ["algo 2"]
    );
    // Five print, half of that is two; the algo's own two do not count.
    assert_eq!(
        world.submit(buy(2, OrderKind::Market, 5)),
        [
            "accepted 3",
            "fill 1 b sells 5 at 100, 15 left, Book maker",
            "fill 3 c buys 5 at 100, 0 left, Book",
            "accepted 4",
            "fill 1 b sells 2 at 100, 13 left, Book maker",
            "fill 4 a buys 2 at 100, 0 left, Book",
        ]
    );
    assert_eq!(world.clock(100), ["algo 2 ended with 2: Over"]);
}
