//! Requests become commands, with the prices of the moment at which they are sent.

use types::{
    ClientOrderId, Command, DenyReason, InputKind, InstrumentId, Money, NewAlgo, NewOrder,
    OrderKind, OrderList, Qty, Ratio, Side, SignedQty, TimestampNs, TriggerOn,
};

use super::{ACCOUNT, Driver};
use crate::run::Fills;
use crate::run::sizing::Purse;
use crate::strategy::{Change, Intent, Request, Size, Ticket};

impl Driver<'_> {
    /// Sends cancels and amendments, and the requests that do not wait.
    pub(super) fn send_now(&mut self) {
        while !self.desk.changes.is_empty() {
            let mut changes = std::mem::take(&mut self.desk.changes);
            for change in changes.drain(..) {
                self.change(change);
            }
            assert!(
                self.desk.changes.is_empty(),
                "something was asked for on the way"
            );
            self.desk.changes = changes;
        }
        let is_at_once = matches!(self.settings.fills, Fills::SameClose | Fills::Market);
        if is_at_once {
            let mut due = std::mem::take(&mut self.desk.queue);
            for request in due.drain(..) {
                self.send(request);
            }
            assert!(
                self.desk.queue.is_empty(),
                "something was asked for on the way"
            );
            self.desk.queue = due;
        } else if let Some((instrument, since)) = self.open {
            self.send_of(instrument, since);
        }
    }

    /// Sends what waits for this instrument and was asked for by `since`.
    pub(super) fn send_of(&mut self, instrument: InstrumentId, since: TimestampNs) {
        if self.desk.queue.is_empty() {
            return;
        }
        // What is asked for in answer comes to the queue after this.
        let is_due = |request: &Request| request.instrument == instrument && request.asked <= since;
        let mut sent = std::mem::take(&mut self.sent);
        if self.desk.queue.iter().all(is_due) {
            std::mem::swap(&mut sent, &mut self.desk.queue);
        } else {
            let is_due = |request: &mut Request| is_due(request);
            sent.extend(self.desk.queue.extract_if(.., is_due));
        }
        for request in sent.drain(..) {
            self.send(request);
        }
        self.sent = sent;
    }

    fn change(&mut self, change: Change) {
        let ticket = match change {
            Change::CancelAll(instrument) => {
                return self.command(Command::CancelAll {
                    account: ACCOUNT,
                    instrument,
                    side: None,
                });
            }
            Change::Amend {
                of,
                qty,
                price,
                trigger,
            } => {
                let mut working = self.desk.working.iter();
                let order = working.find(|known| known.ticket == of);
                if let Some(order) = order.map(|known| known.order) {
                    self.command(Command::AmendOrder {
                        account: ACCOUNT,
                        order,
                        qty,
                        price,
                        trigger,
                    });
                }
                return;
            }
            Change::Cancel(ticket) => ticket,
        };
        let working = self.desk.working.iter();
        let orders = working
            .filter(|known| known.ticket == ticket)
            .map(|known| known.order);
        let algos = self.algos.iter().filter(|(known, _)| *known == ticket);
        // The algo first: it cancels its child itself.
        let mut cancelled = std::mem::take(&mut self.cancelled);
        cancelled.extend(algos.map(|(_, order)| *order).chain(orders));
        for order in cancelled.drain(..) {
            let works = self.desk.working.iter().any(|known| known.order == order)
                || self.algos.iter().any(|(_, known)| *known == order);
            if works {
                self.command(Command::CancelOrder {
                    account: ACCOUNT,
                    order,
                });
            }
        }
        self.cancelled = cancelled;
    }

    fn command(&mut self, command: Command) {
        self.apply(self.last, InputKind::Command(command));
    }

    fn send(&mut self, request: Request) {
        let Request {
            ticket,
            instrument,
            intent,
            ..
        } = request;
        self.widen(instrument);
        let is_share = match intent {
            Intent::Trade(_, size) => matches!(size, Size::Equity(_)),
            Intent::Enter(_) | Intent::Exposure(_) => {
                matches!(self.settings.size, Size::Equity(_))
            }
            Intent::Fraction(_) => true,
            _ => false,
        };
        let turns = match intent {
            Intent::Enter(_) | Intent::Exposure(_) | Intent::Fraction(_) | Intent::Position(_) => {
                Some(intent.clone())
            }
            _ => None,
        };
        let Some(mut command) = self.command_of(ticket, instrument, intent, is_share) else {
            self.counts.idle += 1;
            return;
        };
        self.counts.by_equity += u64::from(is_share);
        self.sending = ticket;
        if let Some(intent) = turns
            && let Some(closing) = self.closing_first(&command)
        {
            self.command(Command::SubmitOrder(closing));
            let Some(rest) = self.command_of(ticket, instrument, intent, is_share) else {
                self.sending = Ticket(0);
                return;
            };
            command = rest;
        }
        if looks_at_prints(&command) {
            self.tell_print(instrument);
        }
        self.command(command);
        self.sending = Ticket(0);
    }

    /// Of an order that turns a position round, what closes the position, where the account's funds do not carry the order,
    /// or not even what is held, which the engine lets be turned into less. Closing needs no funds, and sets free what
    /// the position ties up.
    fn closing_first(&self, command: &Command) -> Option<NewOrder> {
        let Command::SubmitOrder(order) = command else {
            return None;
        };
        if !self.turns(order) {
            return None;
        }
        let power = self.shard.buying_power(ACCOUNT);
        let is_short_of_funds = power.is_some_and(|power| power < Money::ZERO);
        let denied = || self.shard.would_deny(order);
        if !is_short_of_funds && !matches!(denied(), Ok(Some(DenyReason::BuyingPower { .. }))) {
            return None;
        }
        let held = self.shard.position(ACCOUNT, order.instrument).abs();
        let kind = OrderKind::Market;
        Some(NewOrder::new(
            ACCOUNT,
            order.instrument,
            order.side,
            kind,
            held,
        ))
    }

    /// Whether an order closes what is held and opens the other side.
    fn turns(&self, order: &NewOrder) -> bool {
        let held = self.shard.position(ACCOUNT, order.instrument);
        held.0.signum() * order.side.sign() < 0 && order.qty > held.abs()
    }

    /// Shows the spread that the run adds to the price of a bar.
    fn widen(&mut self, instrument: InstrumentId) {
        if self.settings.spread_ticks == 0 || self.counts.bars == 0 {
            return;
        }
        if let Some(quote) = self.shard.quote(instrument)
            && quote.bid == quote.ask
        {
            self.show(self.last, instrument, quote.bid, quote.bid_qty);
        }
    }

    fn command_of(
        &self,
        ticket: Ticket,
        instrument: InstrumentId,
        intent: Intent,
        is_share: bool,
    ) -> Option<Command> {
        // What is asked for as an order is one.
        let may_close_first = !matches!(intent, Intent::Trade(..));
        let (side, lots) = match intent {
            Intent::Order(order) => {
                return Some(Command::SubmitOrder(NewOrder {
                    account: ACCOUNT,
                    client_order: client(ticket),
                    ..order
                }));
            }
            Intent::List(list) => {
                let orders = list.orders.into_iter().map(|order| NewOrder {
                    account: ACCOUNT,
                    ..order
                });
                return Some(Command::SubmitList(OrderList {
                    kind: list.kind,
                    orders: orders.collect(),
                }));
            }
            Intent::Algo(algo) => {
                return Some(Command::SubmitAlgo(NewAlgo {
                    account: ACCOUNT,
                    client_order: client(ticket),
                    ..algo
                }));
            }
            Intent::Trade(side, size) => (side, self.lots(instrument, size, Ratio::ONE, side)?),
            Intent::Enter(side) => {
                let held = self.committed(instrument)?;
                if held * side.sign() > 0 {
                    return None;
                }
                let full = self.lots(instrument, self.settings.size, Ratio::ONE, side)?;
                if full == 0 && held == 0 {
                    return None;
                }
                (side, full.checked_add(held.checked_abs()?)?)
            }
            Intent::Exposure(share) => self.toward(instrument, self.settings.size, share)?,
            Intent::Fraction(share) => {
                let size = Size::Equity(Ratio::ONE);
                self.toward(instrument, size, share)?
            }
            Intent::Position(SignedQty(target)) => {
                let lot = self.lot(instrument)?;
                change(target / lot, self.committed(instrument)?)?
            }
        };
        let qty = Qty(lots.checked_mul(self.lot(instrument)?)?);
        if qty.0 == 0 {
            return None;
        }
        let order = NewOrder::new(ACCOUNT, instrument, side, OrderKind::Market, qty);
        let qty = if is_share {
            self.within_funds(order, lots, may_close_first)?
        } else {
            qty
        };
        Some(Command::SubmitOrder(NewOrder {
            client_order: client(ticket),
            qty,
            ..order
        }))
    }

    /// Of an order for a share of equity as much as the account's funds carry where they do not carry the fees and what
    /// is lost at once beside it. All of it where more is missing, for the engine to refuse, or to be closed first where it
    /// turns a position round.
    fn within_funds(&self, order: NewOrder, lots: i64, may_close_first: bool) -> Option<Qty> {
        let Ok(Some(DenyReason::BuyingPower { needed, available })) = self.shard.would_deny(&order)
        else {
            return Some(order.qty);
        };
        let charge = self.purse(order.instrument)?.charge(lots, order.side)?;
        if needed.saturating_sub(charge) > available {
            return Some(order.qty);
        }
        let lot = self.lot(order.instrument)?;
        let qty_of = |lots: i64| lots.checked_mul(lot).map(Qty);
        let is_carried = |lots: i64| {
            let qty = qty_of(lots).unwrap_or(order.qty);
            let denied = self.shard.would_deny(&NewOrder { qty, ..order });
            !matches!(denied, Ok(Some(DenyReason::BuyingPower { .. })))
        };
        let (mut carried, mut more) = (0, lots);
        while more - carried > 1 {
            let middle = carried + (more - carried) / 2;
            if is_carried(middle) {
                carried = middle;
            } else {
                more = middle;
            }
        }
        // Beyond the closing of more than it opens, what is held ties up the funds: closed first, it leaves them free.
        let held = self.shard.position(ACCOUNT, order.instrument).abs().0 / lot;
        let is_tied_up = may_close_first && self.turns(&order) && carried < 2 * held;
        if carried == 0 || is_tied_up {
            return Some(order.qty);
        }
        qty_of(carried)
    }

    fn lot(&self, instrument: InstrumentId) -> Option<i64> {
        let spec = self.settings.instruments.get(instrument.0 as usize)?;
        Some(spec.lot_size.0)
    }

    fn lots(&self, instrument: InstrumentId, size: Size, share: Ratio, side: Side) -> Option<i64> {
        self.purse(instrument)?.lots(size, share, side)
    }

    fn purse(&self, instrument: InstrumentId) -> Option<Purse<'_>> {
        let place = instrument.0 as usize;
        Some(Purse {
            shard: &self.shard,
            account: ACCOUNT,
            instrument,
            spec: self.settings.instruments.get(place)?,
            rate: *self.rates.get(place)?,
        })
    }

    /// From what is held to a share of a full position.
    fn toward(&self, instrument: InstrumentId, size: Size, share: Ratio) -> Option<(Side, i64)> {
        let side = if share.is_negative() {
            Side::Sell
        } else {
            Side::Buy
        };
        let share = Ratio(share.0.saturating_abs());
        let target = if share.0 == 0 {
            0
        } else {
            self.lots(instrument, size, share, side)?
        };
        change(side.sign() * target, self.committed(instrument)?)
    }

    /// Lots that are held, with those of market orders on their way.
    fn committed(&self, instrument: InstrumentId) -> Option<i64> {
        let lot = self.lot(instrument)?;
        let held = self.shard.position(ACCOUNT, instrument).0;
        let orders = self.desk.working.iter();
        let coming = orders
            .filter(|order| order.is_market && order.instrument == instrument)
            .map(|order| order.side.sign() * order.leaves.0);
        Some(held.checked_add(coming.sum::<i64>())? / lot)
    }
}

/// The order that takes a position from one number of lots to another.
fn change(target: i64, held: i64) -> Option<(Side, i64)> {
    let change = target.checked_sub(held)?;
    let side = if change < 0 { Side::Sell } else { Side::Buy };
    Some((side, change.checked_abs()?))
}

const fn client(ticket: Ticket) -> ClientOrderId {
    ClientOrderId(ticket.0 as u128)
}

/// Whether a trigger of an order, or of one of a list, looks at the newest print.
fn looks_at_prints(command: &Command) -> bool {
    let orders = match command {
        Command::SubmitOrder(order) => std::slice::from_ref(order),
        Command::SubmitList(list) => &list.orders,
        _ => return false,
    };
    orders.iter().any(|order| match order.kind {
        OrderKind::Market | OrderKind::Limit { .. } => false,
        OrderKind::Stop { on, .. }
        | OrderKind::StopLimit { on, .. }
        | OrderKind::MarketIfTouched { on, .. }
        | OrderKind::TrailingStop { on, .. } => on == TriggerOn::Last,
    })
}
