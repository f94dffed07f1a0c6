//! Rules of conduct: what they refuse at the door, and what they say about a fill that closes.

use rules::{HoldingAction, SizeLimit, WeightedQty, worst_case};
use types::{
    AccountId, DenyReason, EventKind, InstrumentId, Leg, Lots, Money, NewOrder, OrderId, Qty,
    Ratio, Side, TimestampNs,
};

use super::Shard;
use super::check::{Desk, Earlier, Part};
use crate::account::Account;
use crate::event_buf::EventBuf;
use crate::holding::Holding;
use crate::order::{Order, is_closing, is_exit};

impl Earlier<'_> {
    /// With one more order of so many lots.
    pub(super) fn and(mut self, request: &NewOrder, lots: Lots) -> Self {
        self.orders += 1;
        if !is_closing(request) {
            self.openers += 1;
            let sum = match request.side {
                Side::Buy => &mut self.buys,
                Side::Sell => &mut self.sells,
            };
            sum.0 = sum.0.saturating_add(lots.0);
        }
        self
    }
}

/// A position that a fill closed (a part of).
#[derive(Debug, Clone, Copy)]
pub(super) struct Closing {
    pub(super) account: AccountId,
    pub(super) instrument: InstrumentId,
    pub(super) order: OrderId,
    /// When the position was opened from flat.
    pub(super) opened: TimestampNs,
    /// Before the fee, in the account's currency.
    pub(super) realised: Money,
}

impl Shard {
    /// Windows, counts and size, in this order.
    #[cold]
    pub(super) fn check_conduct(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        part: Part,
        lots: Lots,
        earlier: Earlier<'_>,
    ) -> Result<(), DenyReason> {
        let known = &self.plans[desk.account.plan.0 as usize];
        let opening = opens(desk, request, lots, earlier, Lots(0));
        let symbol = desk.market.instrument.symbol;
        known
            .windows
            .check(&known.plan.conduct, symbol, opening)
            .map_err(DenyReason::Conduct)?;
        if part != Part::Exit && opening {
            let openers = match known.plan.conduct.trades_per_day_max {
                Some(_) => self.openers(desk.account).saturating_add(earlier.openers),
                None => 0,
            };
            desk.account
                .rules
                .check_counts(&known.plan, earlier.orders, openers, opening)
                .map_err(DenyReason::Conduct)?;
        }
        self.check_size_limit(desk, request, lots, earlier, Lots(0))
    }

    /// Working orders of an account that may still become trades of the day: they need not close, no fill
    /// of theirs has opened anything, and those of their side are for more than the position that they
    /// oppose.
    fn openers(&self, account: &Account) -> u32 {
        let may_open = |order: &Order| {
            let held = self.holdings.get(order.holding);
            let (working, opposed) = match order.side {
                Side::Buy => (held.buys(), held.lots.0.saturating_neg()),
                Side::Sell => (held.sells(), held.lots.0),
            };
            !order.flags.is_closing()
                && !order.flags.has_opened()
                && !is_exit(order.role)
                && working.0 > opposed.max(0)
        };
        let orders = self.account_orders(account);
        orders.filter(|(_, order)| may_open(order)).count() as u32
    }

    /// As [`Shard::check_conduct`], for an order that takes the place of leaves. One that asks for no more
    /// at the price and trigger that it had is not looked at, or an amendment could not make an order
    /// smaller; one that is no larger is within the size that it had.
    pub(super) fn check_amended_conduct(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        replaced: Lots,
        moves: bool,
    ) -> Result<(), DenyReason> {
        if !desk.account.has_conduct || (lots <= replaced && !moves) {
            return Ok(());
        }
        let known = &self.plans[desk.account.plan.0 as usize];
        let earlier = Earlier::default();
        let opening = opens(desk, request, lots, earlier, replaced);
        known
            .windows
            .check(&known.plan.conduct, desk.market.instrument.symbol, opening)
            .map_err(DenyReason::Conduct)?;
        if lots <= replaced || is_closing(request) {
            return Ok(());
        }
        self.check_size_limit(desk, request, lots, earlier, replaced)
    }

    /// The weighted worst case over all that the account holds and aims at.
    pub(super) fn check_size_limit(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        earlier: Earlier<'_>,
        replaced: Lots,
    ) -> Result<(), DenyReason> {
        let rules = &desk.account.rules;
        let plan = &self.plans[desk.account.plan.0 as usize].plan;
        let (Some(tier), Some(limit)) = (rules.size_tier(plan), &plan.conduct.size) else {
            return Ok(());
        };
        let plus = |sum: WeightedQty, held: &Holding| {
            let (worst, weight) = self.weighted_worst(limit, held);
            sum.plus(worst, weight)
        };
        let (account, instrument) = (request.account, request.instrument);
        let others = self.account_holdings(desk.account);
        let others = others.filter(|held| held.instrument != instrument);
        let mut now = others.fold(WeightedQty::default(), plus);
        let mut then = now;
        let mark = self.accounts[account.0 as usize].terms.mark;
        let legs: &[Leg] = match request.leg {
            Leg::Net => &[Leg::Net],
            Leg::Long | Leg::Short => &[Leg::Long, Leg::Short],
        };
        for &leg in legs {
            let mut own = match self.find_holding(account, instrument, leg) {
                Some((_, held)) => *held,
                None => Holding::new(account, instrument, leg, mark),
            };
            now = plus(now, &own);
            // Of two legs, one is opened by buys and the other by sells.
            if leg != Leg::Short {
                own.add_working(Side::Buy, earlier.buys);
            }
            if leg != Leg::Long {
                own.add_working(Side::Sell, earlier.sells);
            }
            if leg == request.leg && !is_closing(request) {
                let sum = own.working_mut(request.side);
                sum.0 = sum.0.saturating_sub(replaced.0).saturating_add(lots.0);
            }
            then = plus(then, &own);
        }
        tier.check(now, then).map_err(DenyReason::Conduct)
    }

    /// The worst case of one holding, and what a unit of it counts.
    pub(crate) fn weighted_worst(&self, limit: &SizeLimit, held: &Holding) -> (Qty, Ratio) {
        let market = self.market_of(held);
        let instrument = &market.instrument;
        let worst = worst_case(
            market.signed_qty(held.lots),
            instrument.qty(held.buys()),
            instrument.qty(held.sells()),
        );
        (worst, limit.weight_of(instrument.symbol))
    }

    /// What is to be said about a close: profit that does not count, a time that was too short.
    #[cold]
    pub(super) fn judge_close(&mut self, closing: Closing, events: &mut EventBuf) {
        let Closing {
            account: id,
            instrument,
            order,
            opened,
            realised,
        } = closing;
        let known = &self.plans[self.accounts[id.0 as usize].plan.0 as usize];
        let conduct = &known.plan.conduct;
        let symbol = self.markets[instrument.0 as usize].instrument.symbol;
        let window = known.windows.excludes_profit(conduct, symbol);
        let verdict = conduct.judge_close(opened, self.ts, realised, window.is_some());
        if verdict.excluded > Money::ZERO {
            let account = &mut self.accounts[id.0 as usize];
            account.rules.record_excluded(verdict.excluded);
            events.push(EventKind::ProfitExcluded {
                account: id,
                instrument,
                order,
                amount: verdict.excluded,
                window: window.map(|window| window as u8),
            });
        }
        if verdict.short == Some(HoldingAction::Warn)
            && let Some(rule) = conduct.holding_min
        {
            events.push(EventKind::HeldTooShort {
                account: id,
                instrument,
                order,
                held_ns: self.ts.0.saturating_sub(opened.0),
                seconds: rule.seconds,
            });
        }
    }
}

/// Whether an order could open or enlarge a position: it need not close, and with the working orders of
/// its side it is more than the position on the other side.
fn opens(
    desk: &Desk<'_>,
    request: &NewOrder,
    lots: Lots,
    earlier: Earlier<'_>,
    replaced: Lots,
) -> bool {
    if is_closing(request) {
        return false;
    }
    let (position, working) = desk.held.map_or((0, 0), |held| match request.side {
        Side::Buy => (held.lots.0.saturating_neg(), held.buys().0),
        Side::Sell => (held.lots.0, held.sells().0),
    });
    let ahead = match request.side {
        Side::Buy => earlier.buys,
        Side::Sell => earlier.sells,
    };
    let all = working
        .saturating_sub(replaced.0)
        .saturating_add(ahead.0)
        .saturating_add(lots.0);
    all > position.max(0)
}
