//! `rust_ob` (MIT): decimal prices and quantities; a match says its cost, not its price.

use rust_ob::{Decimal, OrderBook, OrderMatch, Side};

use crate::matching::hash::TradeHash;
use crate::matching::{About, Capacity, Engine, Origin, workload};

/// The book behind its adapter.
#[derive(Debug)]
pub(crate) struct RustOb(OrderBook<u32>);

/// An order with its decimals made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    id: u32,
    side: Side,
    price: Decimal,
    quantity: Decimal,
}

/// A command with its decimals made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Command {
    Add(Order),
    Ioc(Order),
    Cancel(u32),
}

fn order(order: &workload::Order) -> Order {
    Order {
        id: order.id,
        side: match order.side {
            workload::Side::Buy => Side::Buy,
            workload::Side::Sell => Side::Sell,
        },
        price: order.price.into(),
        quantity: order.quantity.into(),
    }
}

/// The last match is the taker's own, with its totals.
fn hash(matches: &[OrderMatch<u32>], trades: &mut TradeHash) {
    let Some((taker, makers)) = matches.split_last() else {
        return;
    };
    for maker in makers {
        let quantity = maker.quantity.mantissa() as u64;
        let cost = maker.cost.mantissa().unsigned_abs() as u64;
        trades.trade(
            maker.order.into(),
            taker.order.into(),
            cost / quantity.max(1),
            quantity,
        );
    }
}

impl Engine for RustOb {
    type Command = Command;

    const ABOUT: About = About {
        name: "rust_ob",
        version: "2.5.3",
        origin: Origin::Peer,
        adapter: "decimals are made before the clock starts; an IOC goes in as a market order; a price is cost by quantity",
        steps_max: usize::MAX,
    };

    fn new(_capacity: Capacity) -> Self {
        Self(OrderBook::new())
    }

    fn prepare(commands: Vec<workload::Command>) -> Vec<Command> {
        let prepared = commands.iter().map(|command| match command {
            workload::Command::Add(add) => Command::Add(order(add)),
            workload::Command::Ioc(ioc) => Command::Ioc(order(ioc)),
            workload::Command::Cancel(id) => Command::Cancel(*id),
        });
        prepared.collect()
    }

    #[inline]
    fn apply(&mut self, command: &Command, trades: &mut TradeHash) {
        match command {
            Command::Add(add) => {
                let answer = self
                    .0
                    .process_limit_order(add.id, add.side, add.price, add.quantity);
                if let Ok(matches) = answer {
                    hash(&matches, trades);
                }
            }
            Command::Ioc(ioc) => {
                if let Ok(matches) = self.0.process_market_order(ioc.id, ioc.side, ioc.quantity) {
                    hash(&matches, trades);
                }
            }
            Command::Cancel(id) => {
                // What it refuses shows in the trades.
                let _ = self.0.cancel_order(*id);
            }
        }
    }
}
