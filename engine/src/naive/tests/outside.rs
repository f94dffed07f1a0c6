//! Orders against the outside market.

use types::{
    AccountId, Aggressor, Bar, BarPath, CancelModel, Command, FillRule, Latency, LatencySample,
    Level, Liquidity, ListKind, MarketData, Money, OrderId, OrderKind, OrderList, PaperModel,
    Price, Qty, Sizes, Slippage, TimestampNs, Trade,
};

use super::{World, buy, instrument, limit, sell, stop};

fn world(model: PaperModel) -> World {
    World::new(instrument(Liquidity::Paper(model)))
}

fn print(price: i64, qty: i64, aggressor: Aggressor) -> MarketData {
    MarketData::Trade(Trade {
        price: Price::whole(price),
        qty: Qty::whole(qty),
        aggressor,
    })
}

#[test]
fn a_place_in_the_queue_moves_with_prints_and_not_with_cancels_behind() {
    let mut world = world(PaperModel {
        fill: FillRule::Queue(CancelModel::Conservative),
        ..PaperModel::default()
    });
    world.quote(100, 50, 101, 50);
    world.submit(buy(0, limit(100), 10));
    let queue = |world: &World| {
        let (ahead, shown, printed) = world.twin.portrait().orders[0].queue.unwrap();
        [ahead, shown, printed].map(|qty| qty.0 / Qty::ONE.0)
    };
    assert_eq!(queue(&world), [50, 50, 0]);
    // A buyer's print is of no use to a buyer.
    world.market(print(100, 7, Aggressor::Buyer));
    world.market(print(100, 20, Aggressor::Seller));
    assert_eq!(queue(&world), [30, 50, 20]);
    // 25 less are shown, 20 of them printed; the other 5 stood behind.
    world.quote(100, 25, 101, 50);
    assert_eq!(queue(&world), [25, 25, 0]);
    assert_eq!(
        world.market(print(100, 29, Aggressor::Seller)),
        ["fill 1 a buys 4 at 100, 6 left, Queue maker"]
    );
    assert_eq!(
        world.market(print(99, 1, Aggressor::Seller)),
        ["fill 1 a buys 6 at 100, 0 left, Through maker"]
    );
}

#[test]
fn the_probability_model_cuts_in_proportion() {
    let mut world = world(PaperModel {
        fill: FillRule::Queue(CancelModel::Power(2)),
        ..PaperModel::default()
    });
    world.quote(100, 30, 101, 50);
    world.submit(buy(0, limit(100), 10));
    world.quote(100, 50, 101, 50);
    // 30 before and 20 behind: of 13 that go, 13 x 900 / 1,300 = 9 stood before.
    world.quote(100, 37, 101, 50);
    let (ahead, ..) = world.twin.portrait().orders[0].queue.unwrap();
    assert_eq!(ahead, Qty::whole(21));
}

#[test]
fn displayed_sizes_fill_level_by_level_and_once() {
    let mut world = world(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    });
    let level = |price: i64, qty: i64| Level {
        price: Price::whole(price),
        qty: Qty::whole(qty),
    };
    let depth = types::DepthUpdate {
        bids: vec![level(99, 5)],
        asks: vec![level(100, 5), level(101, 5), level(102, 5)],
    };
    world.market(MarketData::DepthSnapshot(Box::new(depth)));
    assert_eq!(
        world.submit(buy(0, limit(101), 12)),
        [
            "accepted 1",
            "fill 1 a buys 5 at 100, 7 left, Depth",
            "fill 1 a buys 5 at 101, 2 left, Depth",
        ]
    );
    // Another account sees all of it, this one what it has left.
    assert_eq!(
        world.submit(buy(0, OrderKind::Market, 6)),
        [
            "accepted 2",
            "fill 2 a buys 5 at 102, 1 left, Depth",
            "cancelled 2 with 1 left: NotMarketable",
        ]
    );
    // What is stated again was taken. One more than that comes to the order, which has been at rest since.
    let stated = |qty: i64| types::DepthUpdate {
        bids: Vec::new(),
        asks: vec![level(101, qty)],
    };
    assert_eq!(
        world.market(MarketData::DepthDelta(Box::new(stated(5)))),
        [""; 0]
    );
    let depth = stated(6);
    assert_eq!(
        world.market(MarketData::DepthDelta(Box::new(depth))),
        ["fill 1 a buys 1 at 101, 1 left, Touch maker"]
    );
}

#[test]
fn slippage_is_against_the_taker_and_never_beyond_its_limit() {
    let mut world = world(PaperModel {
        slippage: Slippage::Impact { ticks: 2 },
        ..PaperModel::default()
    });
    world.quote(99, 10, 100, 10);
    // 2 x 12 / 10, rounded up.
    assert_eq!(
        world.submit(buy(0, OrderKind::Market, 12))[1],
        "fill 1 a buys 12 at 103, 0 left, Touch"
    );
    assert_eq!(
        world.submit(buy(0, limit(101), 12))[1],
        "fill 2 a buys 12 at 101, 0 left, Touch"
    );
}

#[test]
fn inside_a_bar_the_stop_comes_before_the_target() {
    let mut world = world(PaperModel {
        bars: BarPath::Walked,
        ..PaperModel::default()
    });
    world.quote(100, 10, 100, 10);
    let orders = vec![
        buy(0, OrderKind::Market, 10),
        sell(0, limit(105), 10),
        sell(0, stop(95), 10),
    ];
    world.command(Command::SubmitList(OrderList {
        kind: ListKind::Bracket,
        orders,
    }));
    let bar = |open: i64, high: i64, low: i64, close: i64| {
        MarketData::Bar(Bar {
            start: TimestampNs(0),
            open: Price::whole(open),
            high: Price::whole(high),
            low: Price::whole(low),
            close: Price::whole(close),
            volume: Qty::whole(7),
        })
    };
    assert_eq!(
        world.market(bar(100, 106, 94, 100)),
        [
            "triggered 3 at 95",
            "fill 3 a sells 10 at 95, 0 left, Bar",
            "cancelled 2 with 10 left: Sibling",
        ]
    );
    assert_eq!(world.balance(0), Money::whole(950));
    // A gap is taken where the bar opens.
    world.submit(sell(1, limit(105), 3));
    world.submit(buy(1, stop(103), 2));
    assert_eq!(
        world.market(bar(104, 106, 103, 103)),
        [
            "triggered 5 at 104",
            "fill 5 b buys 2 at 104, 0 left, Bar",
            "fill 4 b sells 3 at 105, 0 left, Bar maker",
        ]
    );
    let market = &world.twin.portrait().markets[0];
    assert_eq!(market.last, Some(Price::whole(103)));
    assert_eq!(market.quote.unwrap().ask_qty, Qty::whole(7));
}

#[test]
fn messages_take_time() {
    let sample = LatencySample {
        order_ns: 10,
        ack_ns: 3,
    };
    let mut world = world(PaperModel {
        latency: Latency::Constant(sample),
        ..PaperModel::default()
    });
    world.quote(99, 10, 100, 10);
    assert_eq!(world.submit(buy(0, OrderKind::Market, 5)), ["accepted 1"]);
    assert_eq!(world.submit(buy(0, limit(90), 5)), ["accepted 2"]);
    let cancel = Command::CancelOrder {
        account: AccountId(0),
        order: OrderId(2),
    };
    world.ts = TimestampNs(5);
    assert!(world.command(cancel).is_empty());
    // The order meets the quote that stands when it arrives.
    world.ts = TimestampNs(9);
    world.quote(100, 10, 101, 10);
    assert_eq!(world.clock(10), ["fill 1 a buys 5 at 101, 0 left, Touch"]);
    assert_eq!(world.clock(20), ["cancelled 2 with 5 left: Requested"]);
}
