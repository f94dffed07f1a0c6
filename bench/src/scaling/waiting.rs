//! A paper instrument with limit and stop orders that wait far from its market.

use rules::TrailSource;
use types::{
    AccountId, Command, FeeSchedule, InputKind, InstrumentId, Liquidity, Margin, NewOrder,
    OrderKind, PaperModel, Price, Qty, Side, Terms, TriggerOn,
};

use super::book::{ACCOUNTS, LEVELS};
use super::harness::{Harness, TICK, instrument, plan, quote};
use super::measure::{Round, Shape, round};

/// The bid, ticks.
const BID: i64 = 100_000;
/// From the market to the nearest order, ticks.
const DISTANCE: i64 = 1_000;
const SAMPLES: usize = 20_000;

/// A shard full of waiting orders.
#[derive(Debug)]
pub struct WaitingOrders {
    harness: Harness,
}

impl WaitingOrders {
    /// So many orders: buy limits, sell limits, buy stops and sell stops in turn, each over [`LEVELS`]
    /// levels.
    pub fn new(orders: u32) -> Self {
        let paper = Liquidity::Paper(PaperModel::default());
        let mut harness = Harness::new(
            instrument(paper, Margin::default(), FeeSchedule::default()),
            &plan(TrailSource::TickEquity, Terms::default()),
            ACCOUNTS,
            orders + 1,
            ACCOUNTS,
        );
        harness.apply(quote(BID));
        for order in 0..orders {
            let events = harness.apply(waiting(order));
            assert_eq!(events, 1, "an order waits");
        }
        Self { harness }
    }

    /// One round of quotes that nothing waits for.
    pub fn round(&mut self) -> Round {
        let shape = Shape {
            samples: SAMPLES,
            chunk: 256,
            inputs: 1,
            events: (0, 0),
        };
        let mut turn = 0;
        round(&mut self.harness, shape, |samples, chunk| {
            chunk.timed.extend((0..samples).map(|_| {
                turn += 1;
                quote(BID + turn % 2)
            }));
        })
    }
}

/// The order of this number.
fn waiting(number: u32) -> InputKind {
    let offset = DISTANCE + i64::from(number / 4 % LEVELS);
    let (below, above) = (Price((BID - offset) * TICK), Price((BID + offset) * TICK));
    let on = TriggerOn::Quote;
    let (side, kind) = match number % 4 {
        0 => (Side::Buy, OrderKind::Limit { price: below }),
        1 => (Side::Sell, OrderKind::Limit { price: above }),
        2 => (Side::Buy, OrderKind::Stop { trigger: above, on }),
        _ => (Side::Sell, OrderKind::Stop { trigger: below, on }),
    };
    let account = AccountId(number / 4 % ACCOUNTS);
    let order = NewOrder::new(account, InstrumentId(0), side, kind, Qty::ONE);
    InputKind::Command(Command::SubmitOrder(order))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_between_the_orders_set_nothing_off() {
        // A round asserts that there are no events.
        WaitingOrders::new(100).round();
    }
}
