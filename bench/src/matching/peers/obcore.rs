//! `obcore` (MIT or Apache-2.0): evaluates a command to instructions, then applies them.

use obcore::{Evaluator, Instruction, Op, OrderBook, OrderInterface, TIF};

use crate::matching::hash::TradeHash;
use crate::matching::{About, Capacity, Engine, Origin, workload};

/// The order type that the library leaves to its user, with the integers of its examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    id: u64,
    owner: u64,
    price: u64,
    quantity: u64,
    remaining: u64,
    is_buy: bool,
    tif: TIF,
}

impl OrderInterface for Order {
    type I = u64;
    type N = u64;
    type O = u64;

    fn id(&self) -> &u64 {
        &self.id
    }

    fn is_buy(&self) -> bool {
        self.is_buy
    }

    fn price(&self) -> u64 {
        self.price
    }

    fn quantity(&self) -> u64 {
        self.quantity
    }

    fn remaining(&self) -> u64 {
        self.remaining
    }

    fn fill(&mut self, quantity: u64) {
        self.remaining -= quantity;
    }

    fn owner(&self) -> &u64 {
        &self.owner
    }

    fn tif(&self) -> TIF {
        self.tif
    }
}

/// The book and its evaluator.
pub(crate) struct Obcore {
    book: OrderBook<Order>,
    evaluator: Evaluator<Order>,
}

fn insert(order: &workload::Order, tif: TIF) -> Op<Order> {
    Op::Insert(Order {
        id: order.id.into(),
        owner: order.account.into(),
        price: order.price.into(),
        quantity: order.quantity.into(),
        remaining: order.quantity.into(),
        is_buy: order.side == workload::Side::Buy,
        tif,
    })
}

impl Engine for Obcore {
    type Command = workload::Command;

    const ABOUT: About = About {
        name: "obcore",
        version: "0.1.6",
        origin: Origin::Peer,
        adapter: "its evaluate, apply, reset for each command; the command is widened to u64 on the way in",
        steps_max: usize::MAX,
    };

    fn new(_capacity: Capacity) -> Self {
        Self {
            book: OrderBook::default(),
            evaluator: Evaluator::default(),
        }
    }

    fn prepare(commands: Vec<workload::Command>) -> Vec<workload::Command> {
        commands
    }

    #[inline]
    fn apply(&mut self, command: &workload::Command, trades: &mut TradeHash) {
        let (op, taker) = match command {
            workload::Command::Add(order) => (insert(order, TIF::GTC), order.id),
            workload::Command::Ioc(order) => (insert(order, TIF::IOC), order.id),
            workload::Command::Cancel(id) => (Op::Delete((*id).into()), 0),
        };
        for instruction in self.evaluator.eval(&self.book, op) {
            if let Instruction::Fill(maker, _, price, quantity, false) = instruction {
                trades.trade(maker, taker.into(), price, quantity);
            }
            self.book.apply(instruction);
        }
        self.evaluator.reset();
    }
}
