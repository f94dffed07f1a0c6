//! Memory per resting order: how much a process grows while orders come to rest in an empty book. Each
//! engine is measured in a process of its own, because an allocator hands memory that another engine
//! freed to the next one.

use std::hint::black_box;

use super::hash::TradeHash;
use super::workload::{Command, Order, Side};
use super::{Capacity, Engine};

/// Orders that come to rest.
pub const ORDERS: u32 = 1_000_000;

/// Levels a side that they spread over.
const LEVELS: u32 = 250;

/// An order that crosses nothing: sides in turn, levels in a scattered order.
fn order(id: u32) -> Command {
    let distance = 1 + id.wrapping_mul(0x9E37_79B1) % LEVELS;
    let (side, price) = if id.is_multiple_of(2) {
        (Side::Buy, 50_000 - distance)
    } else {
        (Side::Sell, 50_000 + distance)
    };
    Command::Add(Order {
        id,
        side,
        account: (id % 1_000) as u16,
        price,
        quantity: 1 + id % 100,
    })
}

/// Resident bytes for each resting order, or nothing where the system does not tell.
pub fn bytes_per_order<E: Engine>() -> Option<f64> {
    let commands: Vec<Command> = (1..=ORDERS).map(order).collect();
    let commands = E::prepare(commands);
    let mut trades = TradeHash::default();
    let before = resident_bytes()?;
    let mut engine = E::new(Capacity {
        id_max: ORDERS,
        resting_max: ORDERS,
    });
    for command in &commands {
        engine.apply(command, &mut trades);
    }
    let after = resident_bytes()?;
    black_box(&engine);
    Some(after.saturating_sub(before) as f64 / f64::from(ORDERS))
}

/// Of this process, as Linux tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::naive::Naive;

    #[test]
    fn the_orders_rest_without_a_trade() {
        let mut book = Naive::default();
        let mut trades = TradeHash::default();
        for id in 1..=2_000 {
            book.apply(&order(id), &mut trades);
        }
        assert_eq!(trades, TradeHash::default());
        assert_eq!(book.orders(), 2_000);
    }
}
