//! `lobster` (ISC): ids of 128 bits, a market order for the IOC, a vector of fills in each answer.

use lobster::{OrderBook, OrderEvent, OrderType, Side};

use crate::matching::hash::TradeHash;
use crate::matching::{About, Capacity, Engine, Origin, workload};

/// The book behind its adapter.
#[derive(Debug)]
pub(crate) struct Lobster(OrderBook);

fn side(side: workload::Side) -> Side {
    match side {
        workload::Side::Buy => Side::Bid,
        workload::Side::Sell => Side::Ask,
    }
}

impl Engine for Lobster {
    type Command = workload::Command;

    const ABOUT: About = About {
        name: "lobster",
        version: "0.7.0",
        origin: Origin::Peer,
        adapter: "an IOC goes in as a market order; the command is widened to its u128/u64 on the way in",
        steps_max: usize::MAX,
    };

    fn new(_capacity: Capacity) -> Self {
        Self(OrderBook::default())
    }

    fn prepare(commands: Vec<workload::Command>) -> Vec<workload::Command> {
        commands
    }

    #[inline]
    fn apply(&mut self, command: &workload::Command, trades: &mut TradeHash) {
        let order = match command {
            workload::Command::Add(order) => OrderType::Limit {
                id: order.id.into(),
                side: side(order.side),
                qty: order.quantity.into(),
                price: order.price.into(),
            },
            workload::Command::Ioc(order) => OrderType::Market {
                id: order.id.into(),
                side: side(order.side),
                qty: order.quantity.into(),
            },
            workload::Command::Cancel(id) => OrderType::Cancel { id: (*id).into() },
        };
        if let OrderEvent::Filled { fills, .. } | OrderEvent::PartiallyFilled { fills, .. } =
            self.0.execute(order)
        {
            for fill in &fills {
                trades.trade(
                    fill.order_2 as u64,
                    fill.order_1 as u64,
                    fill.price,
                    fill.qty,
                );
            }
        }
    }
}
