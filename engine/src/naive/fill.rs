//! What an execution does to its order, position, cash, fees, day facts and score.

use types::{
    AccountId, EventKind, Fill, FillCause, FillModel, InstrumentId, Latency, LatencySample, Lots,
    Money, OrderId, Ticks, TimestampNs,
};

use super::Naive;
use super::account::Position;
use super::judge::Cause;
use super::money::{fee, signed_qty, value};
use super::order::{Order, Stage};

/// An execution of one order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Execution {
    pub(super) order: u64,
    pub(super) price: i64,
    pub(super) lots: i64,
    pub(super) model: FillModel,
    pub(super) maker: bool,
}

impl Naive {
    /// Fills an order and does what follows for its list and its algo.
    pub(super) fn execute(&mut self, execution: Execution) {
        self.fill(&execution);
        self.after_fill(execution.order, execution.lots);
    }

    /// Books the fill and says so. A filled-up order is [`Stage::Done`] until its list was seen to.
    pub(super) fn fill(&mut self, execution: &Execution) {
        let Execution {
            price, lots, model, ..
        } = *execution;
        let Some(mut order) = self.orders.get(&execution.order).cloned() else {
            return;
        };
        let (account, id) = (order.account, order.instrument);
        let market = &self.markets[id];
        let instrument = market.instrument;
        let tick_value = market.tick_value;
        let known = self.known_at(&order);
        let (order_fee, earned) = self.fee_of(&order, execution);
        order.earned = earned;
        order.filled += lots;
        if order.leaves() == 0 {
            order.stage = Stage::Done;
            order.displayed = 0;
        }

        let holds = self.plan(account).conduct.holding_min.is_some();
        let positions = &mut self.accounts[account].positions;
        let place = positions
            .iter()
            .position(|held| (held.instrument, held.leg) == (id, order.leg))
            .unwrap_or_else(|| {
                positions.push(Position {
                    instrument: id,
                    leg: order.leg,
                    lots: 0,
                    cost: 0,
                    opened: self.ts.0,
                });
                positions.len() - 1
            });
        let position = &mut positions[place];
        let opened = position.opened;
        let change = position.trade(price, lots * order.side.sign(), tick_value);
        let after = position.lots;
        if change.closed && change.opened {
            position.opened = self.ts.0;
        } else if change.opened && holds {
            // Each lot has its own time: the mean of all, rounded down. A position that is new opened now.
            let (all, added) = (i128::from(after.abs()), i128::from(lots));
            let sum = (all - added) * i128::from(opened) + added * i128::from(self.ts.0);
            position.opened = (sum / all) as u64;
        }
        if after == 0 {
            positions.remove(place);
        }

        let realised = change.realised;
        let credited = self.credit(
            account,
            instrument.currency,
            realised.saturating_sub(order_fee),
        );
        let paid = self.convert_ceil(account, instrument.currency, order_fee);
        let owner = &mut self.accounts[account];
        owner.fees = owner.fees.saturating_add(paid);
        if change.opened {
            owner.rules.record_opening_fill();
            owner.active = (self.seq, self.ts);
        }
        if after != 0 {
            owner.rules.record_held();
        }
        if let Some(entry) = self.entry_of(account) {
            if change.opened {
                entry.record_opening_fill();
            }
            if change.closed && (change.opened || after == 0) {
                entry.record_round_turn();
            }
        }
        let house = self.house.entry(instrument.currency).or_default();
        house.trading -= credited + i128::from(order_fee.0);
        house.fees += i128::from(order_fee.0);

        self.push(EventKind::Fill(Fill {
            account: AccountId(account as u32),
            order: OrderId(order.id),
            client_order: order.request.client_order,
            instrument: InstrumentId(id as u32),
            side: order.side,
            price: instrument.price(Ticks(price)),
            qty: instrument.qty(Lots(lots)),
            leaves: instrument.qty(Lots(order.leaves())),
            fee: order_fee,
            realised,
            balance: self.balance_in(account, instrument.currency),
            position: signed_qty(&instrument, after),
            leg: order.leg,
            cause: order.cause,
            model,
            maker: execution.maker,
            known,
        }));
        if change.closed {
            let realised = self.convert_floor(account, instrument.currency, realised);
            self.judge_close(&order, opened, realised);
        }
        if change.opened && order.cause == FillCause::Order && !order.opened {
            order.opened = true;
            self.record_trade(account);
        }
        self.orders.insert(order.id, order);
        let cause = if change.closed {
            Cause::Close
        } else {
            Cause::Booking
        };
        self.touch(account, cause);
    }

    /// The fee of a fill, and what the order's fills earned with it. A minimum is for all fills of an
    /// order together, the engine's own included, and without one nothing needs to be remembered.
    fn fee_of(&self, order: &Order, execution: &Execution) -> (Money, Money) {
        let market = &self.markets[order.instrument];
        let fees = market.instrument.fees;
        let rate = if execution.maker {
            fees.maker
        } else {
            fees.taker
        };
        let notional = value(execution.price, execution.lots, market.tick_value);
        let own = fee(&market.instrument, rate, notional, execution.lots);
        let charged = |earned: Money| {
            if fees.minimum > Money::ZERO {
                earned.max(fees.minimum)
            } else {
                earned
            }
        };
        if fees.minimum == Money::ZERO {
            return (own, Money::ZERO);
        }
        let earned = order.earned.saturating_add(own);
        let before = if order.filled == 0 {
            Money::ZERO
        } else {
            charged(order.earned)
        };
        (charged(earned).saturating_sub(before), earned)
    }

    /// When the sender of an order hears of a fill.
    fn known_at(&self, order: &Order) -> TimestampNs {
        if order.cause != FillCause::Order {
            return self.ts;
        }
        let sample = self.sample(order.instrument, order.id);
        TimestampNs(self.ts.0.saturating_add(sample.ack_ns.into()))
    }

    /// How long the messages about an order travel.
    pub(super) fn sample(&self, instrument: usize, order: u64) -> LatencySample {
        let model = self.markets[instrument].paper();
        match model.map_or(Latency::None, |model| model.latency) {
            Latency::None => LatencySample::default(),
            Latency::Constant(sample) => sample,
            Latency::Recorded(latency) => {
                let samples = &self.latencies[latency.0 as usize];
                samples[(mix(order) % samples.len() as u64) as usize]
            }
        }
    }
}

/// Finaliser of `SplitMix64` (Steele, Lea, Flood 2014).
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
