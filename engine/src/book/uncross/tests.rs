//! The auction price against its definition, tried at every price.

use proptest::prelude::*;
use types::{AccountId, Lots, OrderId, Side, Ticks};

use super::{Auction, Uncross, UncrossBuffer};
use crate::book::nodes::{Node, Nodes};
use crate::book::{Book, NIL};

/// An order: side, price, displayed lots, hidden lots.
type Order = (Side, i64, i64, i64);

fn uncross(orders: &[Order], auction: &Auction, buffer: &mut UncrossBuffer) -> Option<Uncross> {
    let (mut book, mut nodes) = (Book::new(), Nodes::new());
    let mut hidden = vec![0; NIL as usize + 1];
    for &(side, price, lots, hidden_lots) in orders {
        let node = Node::new(OrderId(1), AccountId(0), Lots(lots), 0);
        let handle = nodes.insert_node(node);
        hidden.push(hidden_lots);
        book.insert(&mut nodes, handle, side, Ticks(price));
    }
    let hidden = |handle: u32| Lots(hidden[handle as usize]);
    book.uncross(&nodes, auction, hidden, buffer)
}

/// Every price from the lowest to the highest of an order, and the published rules one by one.
fn naive(orders: &[Order], auction: &Auction) -> Option<Uncross> {
    let sums = |price: i64| {
        let of = |side: Side, meets: &dyn Fn(i64) -> bool| -> i64 {
            let all = orders
                .iter()
                .filter(|order| order.0 == side && meets(order.1));
            all.map(|order| order.2 + order.3).sum()
        };
        let buy = auction.market_buy.0 + of(Side::Buy, &|limit| limit >= price);
        let sell = auction.market_sell.0 + of(Side::Sell, &|limit| limit <= price);
        (buy.min(sell), buy - sell)
    };
    let lowest = orders.iter().map(|order| order.1).min()?;
    let highest = orders.iter().map(|order| order.1).max()?;
    let mut left: Vec<i64> = (lowest..=highest).collect();
    let volume = left.iter().map(|&price| sums(price).0).max()?;
    if volume == 0 {
        return None;
    }
    left.retain(|&price| sums(price).0 == volume);
    let least = left.iter().map(|&price| sums(price).1.abs()).min()?;
    left.retain(|&price| sums(price).1.abs() == least);
    let price = if left.iter().all(|&price| sums(price).1 > 0) {
        left.iter().copied().max()?
    } else if left.iter().all(|&price| sums(price).1 < 0) {
        left.iter().copied().min()?
    } else {
        let middle = (left[0] + left[left.len() - 1]).div_euclid(2);
        let reference = auction.reference.map_or(middle, |reference| reference.0);
        let nearest = left.iter().map(|price| (price - reference).abs()).min()?;
        left.retain(|price| (price - reference).abs() == nearest);
        left.iter().copied().max()?
    };
    Some(Uncross {
        price: Ticks(price),
        volume: Lots(volume),
        surplus: sums(price).1,
    })
}

fn orders() -> impl Strategy<Value = Vec<Order>> {
    let side = any::<bool>().prop_map(|buy| if buy { Side::Buy } else { Side::Sell });
    let hidden = prop_oneof![4 => Just(0_i64), 1 => 1_i64..5];
    // Few prices and sizes, so that sums tie often.
    prop::collection::vec((side, -12_i64..12, 1_i64..5, hidden), 1..14)
}

fn auctions() -> impl Strategy<Value = Auction> {
    let market = || prop_oneof![2 => Just(0_i64), 1 => 1_i64..9];
    let reference = prop::option::of(-16_i64..16);
    (reference, market(), market()).prop_map(|(reference, buy, sell)| Auction {
        reference: reference.map(Ticks),
        market_buy: Lots(buy),
        market_sell: Lots(sell),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn finds_the_price_of_the_definition(orders in orders(), auction in auctions()) {
        let mut buffer = UncrossBuffer::default();
        prop_assert_eq!(uncross(&orders, &auction, &mut buffer), naive(&orders, &auction));
    }
}

fn at(price: i64, volume: i64, surplus: i64) -> Uncross {
    Uncross {
        price: Ticks(price),
        volume: Lots(volume),
        surplus,
    }
}

fn near(reference: Option<i64>) -> Auction {
    Auction {
        reference: reference.map(Ticks),
        ..Auction::default()
    }
}

#[test]
fn follows_the_published_order() {
    use Side::{Buy, Sell};
    let mut buffer = UncrossBuffer::default();
    let mut price = |orders: &[Order], auction| uncross(orders, &auction, &mut buffer);

    // Nothing crosses.
    let apart = [(Buy, 99, 5, 0), (Sell, 101, 5, 0)];
    assert_eq!(price(&apart, near(Some(100))), None);
    // From 90 to 100 five lots trade and buyers are left over: the highest.
    let buyers = [(Buy, 100, 10, 0), (Sell, 90, 5, 0)];
    assert_eq!(price(&buyers, near(Some(95))), Some(at(100, 5, 5)));
    // Sellers are left over: the lowest.
    let sellers = [(Buy, 100, 5, 0), (Sell, 90, 10, 0)];
    assert_eq!(price(&sellers, near(Some(95))), Some(at(90, 5, -5)));
    // Nobody is left over: the reference, or the end next to it, or the middle.
    let even = [(Buy, 100, 5, 0), (Sell, 91, 5, 0)];
    assert_eq!(price(&even, near(Some(93))), Some(at(93, 5, 0)));
    assert_eq!(price(&even, near(Some(200))), Some(at(100, 5, 0)));
    assert_eq!(price(&even, near(Some(0))), Some(at(91, 5, 0)));
    assert_eq!(price(&even, near(None)), Some(at(95, 5, 0)));
    // The middle of -2 and -1, rounded down.
    let below = [(Buy, -1, 5, 0), (Sell, -2, 5, 0)];
    assert_eq!(price(&below, near(None)), Some(at(-2, 5, 0)));
    // Five lots too many on either side of 100 and 101: the reference decides, and its surplus holds.
    let turn = [
        (Buy, 110, 5, 0),
        (Buy, 100, 5, 0),
        (Sell, 90, 5, 0),
        (Sell, 101, 5, 0),
    ];
    assert_eq!(price(&turn, near(Some(100))), Some(at(100, 5, 5)));
    assert_eq!(price(&turn, near(Some(101))), Some(at(101, 5, -5)));
    // What an order hides trades as well.
    let iceberg = [(Buy, 100, 1, 9), (Sell, 90, 10, 0)];
    assert_eq!(price(&iceberg, near(Some(95))), Some(at(95, 10, 0)));
}

#[test]
fn lets_market_orders_trade_at_any_price() {
    let mut buffer = UncrossBuffer::default();
    let auction = |reference: Option<i64>| Auction {
        market_buy: Lots(3),
        market_sell: Lots(2),
        ..near(reference)
    };
    assert_eq!(uncross(&[], &auction(None), &mut buffer), None);
    assert_eq!(
        uncross(&[], &auction(Some(7)), &mut buffer),
        Some(at(7, 2, 1))
    );
    let ask = [(Side::Sell, 50, 4, 0)];
    assert_eq!(
        uncross(&ask, &auction(Some(7)), &mut buffer),
        Some(at(50, 3, -3))
    );
}

#[test]
fn holds_at_the_extremes() {
    let mut buffer = UncrossBuffer::default();
    let orders = [
        (Side::Buy, i64::MAX, i64::MAX, i64::MAX),
        (Side::Buy, i64::MIN, 1, 0),
        (Side::Sell, i64::MIN, i64::MAX, i64::MAX),
        (Side::Sell, i64::MAX, 1, 0),
    ];
    // From MIN + 1 to MAX - 1 nobody is left over; at MIN one buyer is.
    assert_eq!(
        uncross(&orders, &near(None), &mut buffer),
        Some(at(-1, i64::MAX, 0))
    );
}
