//! Fills: what an execution does to position, cash, fees, day facts and score.

use types::{
    AccountId, ClientOrderId, EventKind, Fill, FillCause, InstrumentId, Lots, Notional, OrderId,
    Qty, Side, SignedQty, Ticks, TimeInForce,
};

use super::Shard;
use crate::event_buf::EventBuf;
use crate::order::Order;
use crate::position::{self, Position};
use crate::slab::NIL;

impl Shard {
    /// Fills the whole of `order` at `price`.
    pub(super) fn fill(
        &mut self,
        order: &Order,
        price: Ticks,
        cause: FillCause,
        events: &mut EventBuf,
    ) {
        let market = &self.markets[order.instrument.0 as usize];
        let (instrument, tick_value) = (market.instrument, market.tick_value);
        let touch = market.touch;
        let handle = self.position_handle(order.account, order.instrument);
        let signed = Lots(order.lots.0 * order.side.sign());
        let position = self.positions.get_mut(handle);
        let change = position.trade(price, signed, tick_value);
        let unrealised_before = position.unrealised;
        // Against the newest touch, so that a balance and its open profit never mix two markets.
        let mark = touch.map_or(price, |touch| touch.mark(position.lots));
        let value = position::value(mark, position.lots, tick_value);
        position.unrealised = Notional(value.0.saturating_sub(position.cost.0));
        let after = *position;
        let qty = instrument.qty(order.lots);
        let fee = position::fee(
            &instrument.fees,
            position::value(price, order.lots, tick_value),
            qty,
        );
        let realised = change.realised.to_money_floor();

        let account = &mut self.accounts[order.account.0 as usize];
        let net = realised.saturating_sub(fee);
        account.balance = account.balance.saturating_add(net);
        account.fees = account.fees.saturating_add(fee);
        account.unrealised.0 = account
            .unrealised
            .0
            .saturating_add(after.unrealised.0.saturating_sub(unrealised_before.0));
        account.rules.record_realised(net);
        if change.opened {
            account.rules.record_opening_fill();
        }
        if after.lots.0 != 0 || change.opened {
            account.rules.record_held();
        }
        if let Some(place) = account.entry {
            let contest = &mut self.contests[place.competition.0 as usize];
            let entry = &mut contest.entries[place.index as usize].entry;
            if change.opened {
                entry.record_opening_fill();
            }
            if change.round_turn {
                entry.record_round_turn();
            }
        }
        self.house.trading -= i128::from(realised.0);
        self.house.fees += i128::from(fee.0);
        events.push(EventKind::Fill(Fill {
            account: order.account,
            order: order.id,
            client_order: order.client,
            instrument: order.instrument,
            side: order.side,
            price: instrument.price(price),
            qty,
            leaves: Qty::ZERO,
            fee,
            realised,
            balance: account.balance,
            position: SignedQty(after.lots.0.saturating_mul(instrument.lot_size.0)),
            cause,
        }));
        if after.lots.0 == 0 {
            self.remove_position(handle);
        }
    }

    /// Closes every open position of an account at the liquidation side of the newest touch, oldest
    /// position first. A halted or stale instrument closes at its last good touch: the outcome
    /// was decided by the breach, not by this price.
    pub(super) fn flatten(&mut self, account: AccountId, events: &mut EventBuf) {
        loop {
            let handle = self.accounts[account.0 as usize].positions.first;
            if handle == NIL {
                return;
            }
            let Position {
                instrument, lots, ..
            } = *self.positions.get(handle);
            let market = &self.markets[instrument.0 as usize];
            // A position was opened at a touch, and a touch is never forgotten.
            let price = market.touch.map_or(Ticks(0), |touch| touch.mark(lots));
            let order = self.liquidation_order(account, instrument, lots);
            self.fill(&order, price, FillCause::Liquidation, events);
        }
    }

    /// What an account holds of an instrument; zero when it holds nothing.
    pub(crate) fn held_lots(&self, account: AccountId, instrument: InstrumentId) -> Lots {
        let exposed = &self.markets[instrument.0 as usize].exposed;
        exposed
            .binary_search_by_key(&account, |&handle| self.positions.get(handle).account)
            .map_or(Lots(0), |place| self.positions.get(exposed[place]).lots)
    }

    fn liquidation_order(&self, account: AccountId, instrument: InstrumentId, lots: Lots) -> Order {
        use types::OrderKind;
        Order {
            id: OrderId(0),
            client: ClientOrderId(0),
            account,
            instrument,
            side: if lots.0 > 0 { Side::Sell } else { Side::Buy },
            kind: OrderKind::Market,
            tif: TimeInForce::ImmediateOrCancel,
            lots: Lots(lots.0.saturating_abs()),
            ts: self.ts,
            previous: NIL,
            next: NIL,
        }
    }

    /// The account's position in the instrument; a flat one is made where there is none.
    fn position_handle(&mut self, account: AccountId, instrument: InstrumentId) -> u32 {
        let exposed = &self.markets[instrument.0 as usize].exposed;
        let found =
            exposed.binary_search_by_key(&account, |&handle| self.positions.get(handle).account);
        let place = match found {
            Ok(place) => return exposed[place],
            Err(place) => place,
        };
        let list = &mut self.accounts[account.0 as usize].positions;
        let previous = list.last;
        let handle = self.positions.insert(Position {
            account,
            instrument,
            lots: Lots(0),
            cost: Notional::ZERO,
            unrealised: Notional::ZERO,
            previous,
            next: NIL,
        });
        list.last = handle;
        if previous == NIL {
            list.first = handle;
        } else {
            self.positions.get_mut(previous).next = handle;
        }
        self.markets[instrument.0 as usize]
            .exposed
            .insert(place, handle);
        handle
    }

    fn remove_position(&mut self, handle: u32) {
        let position = *self.positions.get(handle);
        let list = &mut self.accounts[position.account.0 as usize].positions;
        if position.previous == NIL {
            list.first = position.next;
        } else {
            self.positions.get_mut(position.previous).next = position.next;
        }
        if position.next == NIL {
            list.last = position.previous;
        } else {
            self.positions.get_mut(position.next).previous = position.previous;
        }
        let exposed = &mut self.markets[position.instrument.0 as usize].exposed;
        if let Ok(place) = exposed.binary_search_by_key(&position.account, |&handle| {
            self.positions.get(handle).account
        }) {
            exposed.remove(place);
        }
        self.positions.remove(handle);
    }
}
