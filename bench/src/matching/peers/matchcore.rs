//! `matchcore` (MIT or Apache-2.0): sequenced commands in, outcomes out. An order's id is the sequence
//! number of its submission, so the workload's ids are renamed.

use matchcore::{
    CancelCmd, Command, CommandKind, CommandMeta, CommandOutcome, CommandReport, LimitOrder,
    NewOrder, OrderBook, OrderFlags, OrderId, OrderKind, Price, Quantity, QuantityPolicy,
    SequenceNumber, Side, SubmitCmd, TimeInForce, Timestamp,
};

use crate::matching::hash::TradeHash;
use crate::matching::workload::Workload;
use crate::matching::{About, Capacity, Engine, Origin, workload};

/// The book and the sequence number of its next command.
#[derive(Debug)]
pub(crate) struct Matchcore {
    book: OrderBook,
    sequence: u64,
}

/// By the workload's id: the place in the run of the command that brought the order.
fn names<'a>(commands: impl Iterator<Item = &'a workload::Command>) -> Vec<u64> {
    // Ids start at 1.
    let mut names = vec![0];
    for (sequence, command) in commands.enumerate() {
        if let workload::Command::Add(_) | workload::Command::Ioc(_) = command {
            names.push(sequence as u64);
        }
    }
    names
}

fn submit(order: &workload::Order, time_in_force: TimeInForce) -> CommandKind {
    let side = match order.side {
        workload::Side::Buy => Side::Buy,
        workload::Side::Sell => Side::Sell,
    };
    CommandKind::Submit(SubmitCmd {
        order: NewOrder::Limit(LimitOrder::new(
            Price(order.price.into()),
            QuantityPolicy::Standard {
                quantity: Quantity(order.quantity.into()),
            },
            OrderFlags::new(side, false, time_in_force),
        )),
    })
}

impl Engine for Matchcore {
    type Command = workload::Command;

    const ABOUT: About = About {
        name: "matchcore",
        version: "0.4.0",
        origin: Origin::Peer,
        adapter: "cancels name its sequence numbers, renamed before the clock starts; its command is built on the way in. It trades through the limit of an order that crosses",
        steps_max: usize::MAX,
    };

    fn new(_capacity: Capacity) -> Self {
        Self {
            book: OrderBook::new("BENCH"),
            sequence: 0,
        }
    }

    fn prepare(commands: Vec<workload::Command>) -> Vec<workload::Command> {
        let names = names(commands.iter());
        let renamed = commands.into_iter().map(|command| match command {
            workload::Command::Cancel(id) => workload::Command::Cancel(names[id as usize] as u32),
            order => order,
        });
        renamed.collect()
    }

    #[inline]
    fn apply(&mut self, command: &workload::Command, trades: &mut TradeHash) {
        let kind = match command {
            workload::Command::Add(order) => submit(order, TimeInForce::Gtc),
            workload::Command::Ioc(order) => submit(order, TimeInForce::Ioc),
            workload::Command::Cancel(id) => CommandKind::Cancel(CancelCmd {
                order_id: OrderId((*id).into()),
                order_kind: OrderKind::Limit,
            }),
        };
        let taker = self.sequence;
        self.sequence += 1;
        let outcome = self.book.execute(&Command {
            meta: CommandMeta {
                sequence_number: SequenceNumber(taker),
                timestamp: Timestamp(taker),
            },
            kind,
        });
        if let CommandOutcome::Applied(CommandReport::Submit(effects)) = &outcome
            && let Some(matched) = effects.target_order().match_result()
        {
            for trade in matched.trades() {
                trades.trade(
                    trade.maker_order_id().0,
                    taker,
                    trade.price().0,
                    trade.quantity().0,
                );
            }
        }
    }

    fn names(workload: &Workload) -> Option<Vec<u64>> {
        Some(names(workload.commands()))
    }
}
