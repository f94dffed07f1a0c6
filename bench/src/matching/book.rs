//! This project's book: `Nodes`, `Book` and `Ids` with a matching loop of this crate, the least that a
//! venue around them would do. No account, risk check, event or journal is in it; `shard` has those.

use engine::book::{Book, Ids, Node, Nodes, key_of, price_of};
use types::{AccountId, Lots, OrderId, Ticks};

use super::hash::TradeHash;
use super::workload::{Command, Order, Side};
use super::{About, Capacity, Engine, Origin};

/// The book, its orders and its id table.
#[derive(Debug)]
pub struct BookEngine {
    nodes: Nodes,
    book: Book,
    ids: Ids,
}

/// The bit of a node's tag that tells its side.
const fn tag(side: types::Side) -> u32 {
    side as u32
}

const fn side(side: Side) -> types::Side {
    match side {
        Side::Buy => types::Side::Buy,
        Side::Sell => types::Side::Sell,
    }
}

impl BookEngine {
    /// Matches the order; returns what is left of it, in lots.
    #[inline]
    fn take(&mut self, order: &Order, trades: &mut TradeHash) -> i64 {
        let maker_side = side(order.side).opposite();
        // A maker trades while its key is at least this.
        let worst = key_of(maker_side, Ticks(order.price.into()));
        let ladder = self.book.ladder_mut(maker_side);
        let mut left = i64::from(order.quantity);
        while left > 0
            && let Some(key) = ladder.best().filter(|&best| best >= worst)
            && let Some(front) = ladder.front()
        {
            let maker = *self.nodes.get(front);
            let quantity = left.min(maker.lots.0);
            left -= quantity;
            trades.trade(
                maker.id.0,
                order.id.into(),
                price_of(maker_side, key).0 as u64,
                quantity as u64,
            );
            if quantity == maker.lots.0 {
                self.ids.remove(maker.id, front);
                ladder.remove(&mut self.nodes, front);
                self.nodes.remove_node(front);
            } else {
                ladder.reduce(&mut self.nodes, front, Lots(quantity));
            }
        }
        left
    }

    #[inline]
    fn rest(&mut self, order: &Order, left: i64) {
        let side = side(order.side);
        let id = OrderId(order.id.into());
        let node = Node::new(id, AccountId(order.account.into()), Lots(left), tag(side));
        let handle = self.nodes.insert_node(node);
        if self.ids.insert(&self.nodes, id, handle).is_err() {
            // The table is made for more orders than a workload rests; without its id the order could
            // not be cancelled, which would show in the trades.
            self.nodes.remove_node(handle);
            return;
        }
        self.book
            .insert(&mut self.nodes, handle, side, Ticks(order.price.into()));
    }

    #[inline]
    fn cancel(&mut self, id: OrderId) {
        let Some(handle) = self.ids.get(&self.nodes, id) else {
            return;
        };
        let side = if self.nodes.get(handle).tag == tag(types::Side::Buy) {
            types::Side::Buy
        } else {
            types::Side::Sell
        };
        self.ids.remove(id, handle);
        self.book.remove(&mut self.nodes, handle, side);
        self.nodes.remove_node(handle);
    }
}

impl Engine for BookEngine {
    type Command = Command;

    const ABOUT: About = About {
        name: "book",
        version: "",
        origin: Origin::Product,
        adapter: "engine::book with a matching loop of this crate; room for its orders is reserved",
        steps_max: usize::MAX,
    };

    fn new(capacity: Capacity) -> Self {
        let mut nodes = Nodes::new();
        nodes.reserve(capacity.resting_max);
        let mut ids = Ids::new(capacity.resting_max);
        ids.reserve(&nodes, capacity.resting_max);
        Self {
            nodes,
            book: Book::new(),
            ids,
        }
    }

    fn prepare(commands: Vec<Command>) -> Vec<Command> {
        commands
    }

    #[inline]
    fn apply(&mut self, command: &Command, trades: &mut TradeHash) {
        match command {
            Command::Add(order) => {
                let left = self.take(order, trades);
                if left > 0 {
                    self.rest(order, left);
                }
            }
            Command::Ioc(order) => {
                self.take(order, trades);
            }
            Command::Cancel(id) => self.cancel(OrderId((*id).into())),
        }
    }
}
