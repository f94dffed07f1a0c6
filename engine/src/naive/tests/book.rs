//! Orders that meet in a book, and in an auction.

use types::{
    Command, InstrumentStatus, Liquidity, OrderId, OrderKind, Price, Qty, Ratio, SelfTrade,
    TimeInForce,
};

use super::{World, buy, instrument, limit, sell, stop};

fn world() -> World {
    World::new(instrument(Liquidity::Crossed))
}

#[test]
fn the_better_price_trades_first_then_the_earlier_order() {
    let mut world = world();
    world.submit(sell(0, limit(101), 10));
    world.submit(sell(1, limit(101), 5));
    world.submit(sell(1, limit(100), 5));
    assert_eq!(
        world.submit(buy(2, limit(101), 12)),
        [
            "accepted 4",
            "fill 3 b sells 5 at 100, 0 left, Book maker",
            "fill 4 c buys 5 at 100, 7 left, Book",
            "fill 1 a sells 7 at 101, 3 left, Book maker",
            "fill 4 c buys 7 at 101, 0 left, Book",
        ]
    );
    let market = &world.twin.portrait().markets[0];
    assert_eq!(
        market.asks,
        [(
            Price::whole(101),
            Qty::whole(8),
            vec![OrderId(1), OrderId(2)]
        )]
    );
    // Nobody ever bid: the bid is the last price, and nothing stands there.
    let quote = market.quote.unwrap();
    assert_eq!((quote.bid, quote.bid_qty), (Price::whole(101), Qty::ZERO));
}

#[test]
fn an_iceberg_shows_its_next_part_at_the_back_of_the_queue() {
    let mut world = world();
    let mut iceberg = sell(0, limit(100), 10);
    iceberg.display = Qty::whole(3);
    world.submit(iceberg);
    world.submit(sell(1, limit(100), 4));
    assert_eq!(
        world.submit(buy(2, OrderKind::Market, 5)),
        [
            "accepted 3",
            "fill 1 a sells 3 at 100, 7 left, Book maker",
            "fill 3 c buys 3 at 100, 2 left, Book",
            "fill 2 b sells 2 at 100, 2 left, Book maker",
            "fill 3 c buys 2 at 100, 0 left, Book",
        ]
    );
    assert_eq!(
        world.submit(buy(2, OrderKind::Market, 6)),
        [
            "accepted 4",
            "fill 2 b sells 2 at 100, 0 left, Book maker",
            "fill 4 c buys 2 at 100, 4 left, Book",
            "fill 1 a sells 3 at 100, 4 left, Book maker",
            "fill 4 c buys 3 at 100, 1 left, Book",
            "fill 1 a sells 1 at 100, 3 left, Book maker",
            "fill 4 c buys 1 at 100, 0 left, Book",
        ]
    );
    let order = &world.twin.portrait().orders[0];
    assert_eq!(
        (order.leaves, order.displayed),
        (Qty::whole(3), Qty::whole(2))
    );
}

#[test]
fn fill_or_kill_takes_all_levels_or_nothing() {
    let mut world = world();
    world.submit(sell(0, limit(100), 5));
    world.submit(sell(1, limit(101), 5));
    let mut whole = buy(2, limit(101), 11);
    whole.tif = TimeInForce::FillOrKill;
    assert_eq!(
        world.submit(whole),
        ["accepted 3", "cancelled 3 with 11 left: NotFillable"]
    );
    whole.qty = Qty::whole(10);
    assert_eq!(
        world.submit(whole),
        [
            "accepted 4",
            "fill 1 a sells 5 at 100, 0 left, Book maker",
            "fill 4 c buys 5 at 100, 5 left, Book",
            "fill 2 b sells 5 at 101, 0 left, Book maker",
            "fill 4 c buys 5 at 101, 0 left, Book",
        ]
    );
}

#[test]
fn own_orders_make_each_other_smaller() {
    let mut world = world();
    world.submit(sell(0, limit(100), 10));
    world.submit(sell(1, limit(100), 10));
    let mut taker = buy(0, limit(100), 12);
    taker.self_trade = SelfTrade::Decrement;
    assert_eq!(
        world.submit(taker),
        [
            "accepted 3",
            "cancelled 1 with 10 left: SelfTrade",
            "amended 3 of 2 at 100, trigger 0",
            "fill 2 b sells 2 at 100, 8 left, Book maker",
            "fill 3 a buys 2 at 100, 0 left, Book",
        ]
    );
}

#[test]
fn a_trade_sets_off_a_stop_which_trades_on() {
    let mut world = world();
    world.submit(buy(0, limit(99), 5));
    world.submit(buy(0, limit(95), 5));
    world.submit(sell(1, limit(101), 5));
    world.submit(sell(2, stop(95), 3));
    assert_eq!(
        world.submit(sell(1, OrderKind::Market, 5)),
        [
            "accepted 5",
            "fill 1 a buys 5 at 99, 0 left, Book maker",
            "fill 5 b sells 5 at 99, 0 left, Book",
            "triggered 4 at 95",
            "fill 2 a buys 3 at 95, 2 left, Book maker",
            "fill 4 c sells 3 at 95, 0 left, Book",
        ]
    );
}

#[test]
fn the_breaker_halts_and_an_opening_auction_goes_on() {
    let mut instrument = instrument(Liquidity::Crossed);
    instrument.breaker = Ratio::percent(5);
    let mut world = World::new(instrument);
    world.submit(sell(0, limit(100), 1));
    world.submit(sell(0, limit(106), 5));
    // The first trade is the reference; 106 is beyond 105.
    assert_eq!(
        world.submit(buy(1, limit(106), 4)),
        [
            "accepted 3",
            "fill 1 a sells 1 at 100, 0 left, Book maker",
            "fill 3 b buys 1 at 100, 3 left, Book",
            "Halted by Breaker",
            "cancelled 3 with 3 left: Breaker { price: Price(106000000000), bound: Price(105000000000) }",
        ]
    );
    assert_eq!(
        world.submit(buy(1, limit(106), 4)),
        ["denied InstrumentNotOpen { status: Halted }"]
    );
    world.status(InstrumentStatus::PreOpen);
    world.submit(buy(1, limit(106), 4));
    assert_eq!(
        world.status(InstrumentStatus::Open),
        [
            "Open by Market",
            "uncrossed 4 at 106, surplus -1",
            "fill 4 b buys 4 at 106, 0 left, Auction",
            "fill 2 a sells 4 at 106, 1 left, Auction",
        ]
    );
    assert_eq!(
        world.twin.portrait().markets[0].session,
        Some(Price::whole(106))
    );
}

#[test]
fn an_auction_with_ties_takes_the_middle_then_the_reference() {
    let mut world = world();
    world.status(InstrumentStatus::PreOpen);
    world.submit(buy(0, limit(103), 10));
    world.submit(sell(1, limit(100), 10));
    // 100 to 103 all trade ten and leave nobody: the middle, rounded down.
    assert_eq!(
        world.status(InstrumentStatus::Open),
        [
            "Open by Market",
            "uncrossed 10 at 101, surplus 0",
            "fill 1 a buys 10 at 101, 0 left, Auction",
            "fill 2 b sells 10 at 101, 0 left, Auction",
        ]
    );
    world.status(InstrumentStatus::PreOpen);
    world.submit(buy(0, limit(110), 10));
    world.submit(sell(1, limit(102), 10));
    let mut at_open = buy(2, OrderKind::Market, 4);
    at_open.tif = TimeInForce::AtOpen;
    world.submit(at_open);
    // Fourteen would buy everywhere from 102 to 110, and ten sell: the highest price.
    assert_eq!(
        world.status(InstrumentStatus::Open),
        [
            "Open by Market",
            "uncrossed 10 at 110, surplus 4",
            "fill 5 c buys 4 at 110, 0 left, Auction",
            "fill 4 b sells 4 at 110, 6 left, Auction",
            "fill 3 a buys 6 at 110, 4 left, Auction",
            "fill 4 b sells 6 at 110, 0 left, Auction",
        ]
    );
    world.status(InstrumentStatus::PreClose);
    let mut at_close = sell(1, limit(105), 4);
    at_close.tif = TimeInForce::AtClose;
    world.submit(at_close);
    // Four on both sides from 105 to 110: the nearest to the last price, 110.
    assert_eq!(
        world.status(InstrumentStatus::Closed),
        [
            "Closed by Market",
            "uncrossed 4 at 110, surplus 0",
            "fill 3 a buys 4 at 110, 0 left, Auction",
            "fill 6 b sells 4 at 110, 0 left, Auction",
        ]
    );
    assert_eq!(world.twin.portrait().markets[0].session, None);
}

#[test]
fn what_an_auction_does_not_need_ends() {
    let mut world = world();
    world.status(InstrumentStatus::PreOpen);
    let mut at_open = buy(0, limit(99), 5);
    at_open.tif = TimeInForce::AtOpen;
    world.submit(at_open);
    at_open.kind = OrderKind::Market;
    world.submit(at_open);
    world.submit(sell(1, limit(100), 2));
    assert_eq!(
        world.status(InstrumentStatus::Open),
        [
            "Open by Market",
            "uncrossed 2 at 100, surplus 3",
            "fill 2 a buys 2 at 100, 3 left, Auction",
            "fill 3 b sells 2 at 100, 0 left, Auction",
            "cancelled 1 with 5 left: AuctionOver",
            "cancelled 2 with 3 left: AuctionOver",
        ]
    );
}

#[test]
fn an_amendment_down_keeps_its_place_and_up_does_not() {
    let mut world = world();
    world.submit(sell(0, limit(100), 5));
    world.submit(sell(1, limit(100), 5));
    let amend = |qty: i64| Command::AmendOrder {
        account: types::AccountId(0),
        order: OrderId(1),
        qty: Some(Qty::whole(qty)),
        price: None,
        trigger: None,
    };
    world.command(amend(4));
    let queue = |world: &World| world.twin.portrait().markets[0].asks[0].2.clone();
    assert_eq!(queue(&world), [OrderId(1), OrderId(2)]);
    world.command(amend(6));
    assert_eq!(queue(&world), [OrderId(2), OrderId(1)]);
}
