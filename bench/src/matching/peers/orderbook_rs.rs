//! `orderbook-rs` (MIT): built to be shared by threads; here one thread drives it.

use orderbook_rs::{Id, OrderBook, Side, TimeInForce};

use crate::matching::hash::TradeHash;
use crate::matching::{About, Capacity, Engine, Origin, workload};

/// The book behind its adapter.
pub(crate) struct OrderbookRs(OrderBook<()>);

impl OrderbookRs {
    fn submit(&self, order: &workload::Order, tif: TimeInForce, trades: &mut TradeHash) {
        let side = match order.side {
            workload::Side::Buy => Side::Buy,
            workload::Side::Sell => Side::Sell,
        };
        let answer = self.0.add_limit_order_with_result(
            Id::sequential(order.id.into()),
            order.price.into(),
            order.quantity.into(),
            side,
            tif,
            None,
        );
        if let Ok((_, Some(result))) = answer {
            for trade in result.match_result.trades().as_vec() {
                if let Id::Sequential(maker) = trade.maker_order_id() {
                    trades.trade(
                        maker,
                        order.id.into(),
                        trade.price().as_u128() as u64,
                        trade.quantity().as_u64(),
                    );
                }
            }
        }
    }
}

impl Engine for OrderbookRs {
    type Command = workload::Command;

    const ABOUT: About = About {
        name: "orderbook-rs",
        version: "0.15.3",
        origin: Origin::Peer,
        adapter: "sequential ids; the command is widened to its u128/u64 on the way in; no listener, fees or risk set",
        steps_max: 500_000,
    };

    fn new(_capacity: Capacity) -> Self {
        Self(OrderBook::new("BENCH"))
    }

    fn prepare(commands: Vec<workload::Command>) -> Vec<workload::Command> {
        commands
    }

    #[inline]
    fn apply(&mut self, command: &workload::Command, trades: &mut TradeHash) {
        match command {
            workload::Command::Add(order) => self.submit(order, TimeInForce::Gtc, trades),
            workload::Command::Ioc(order) => self.submit(order, TimeInForce::Ioc, trades),
            workload::Command::Cancel(id) => {
                // What it refuses shows in the trades.
                let _ = self.0.cancel_order(Id::sequential((*id).into()));
            }
        }
    }
}
