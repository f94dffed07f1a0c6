//! Rules of conduct: what they refuse at the door, what they count, and what they say about a close.

use std::collections::BTreeSet;

use rules::{Conduct, HoldingAction, WindowAction};
use types::{
    AccountId, ConductDenial, DenyReason, EventKind, InstrumentId, Leg, Money, NewOrder, OrderId,
    OrderRole, Qty, Ratio, Side,
};

use super::Naive;
use super::money::hold;
use super::order::{Order, is_closing, is_exit};

/// An order that is to be accepted, or to become larger, as a size limit sees it.
#[derive(Debug, Clone, Copy)]
struct Aim<'a> {
    request: &'a NewOrder,
    lots: i64,
    /// Orders of its list that are accepted with it and come before it.
    earlier: &'a [NewOrder],
    /// The working order that it is to replace.
    instead_of: Option<u64>,
}

impl Naive {
    fn has_conduct(&self, account: usize) -> bool {
        self.plan(account).conduct != Conduct::default()
    }

    pub(super) fn record_order(&mut self, account: usize) {
        if self.has_conduct(account) {
            self.accounts[account].rules.record_order();
        }
    }

    pub(super) fn record_trade(&mut self, account: usize) {
        if self.has_conduct(account) {
            self.accounts[account].rules.record_trade();
        }
    }

    /// Windows, counts and size, in this order.
    pub(super) fn check_conduct(
        &self,
        request: &NewOrder,
        role: OrderRole,
        earlier: &[NewOrder],
    ) -> Result<(), DenyReason> {
        let aim = Aim {
            request,
            lots: self.lots_of(request),
            earlier,
            instead_of: None,
        };
        let account = request.account.0 as usize;
        let opening = self.could_open(&aim);
        self.check_windows(&aim, opening)?;
        if !is_exit(role) {
            let listed = earlier.iter().filter(|order| !is_closing(order)).count();
            let openers = (self.openers(account) + listed) as u32;
            let rules = &self.accounts[account].rules;
            rules
                .check_counts(self.plan(account), earlier.len() as u32, openers, opening)
                .map_err(DenyReason::Conduct)?;
        }
        self.check_size_limit(&aim)
    }

    /// Working orders that may still become trades of the day.
    fn openers(&self, account: usize) -> usize {
        let may_open = |order: &&Order| {
            let (buys, sells) = self.working_sums(account, order.instrument, order.leg, None);
            let held = i128::from(self.held(account, order.instrument, order.leg));
            let (working, opposed) = match order.side {
                Side::Buy => (buys, -held),
                Side::Sell => (sells, held),
            };
            order.account == account
                && !order.is_closing()
                && !order.opened
                && !order.is_exit()
                && working > opposed.max(0)
        };
        self.orders.values().filter(may_open).count()
    }

    /// A working order is to become another one: windows look at it as at a new order, unless it only
    /// becomes smaller; the size limit looks at one that becomes larger. The day's counts do not matter.
    pub(super) fn check_changed_conduct(
        &self,
        before: &Order,
        after: &Order,
    ) -> Result<(), DenyReason> {
        let aim = Aim {
            request: &before.request,
            lots: after.leaves(),
            earlier: &[],
            instead_of: Some(before.id),
        };
        let grows = after.leaves() > before.leaves();
        let moves = after.limit != before.limit || after.trigger != before.trigger;
        if grows || moves {
            self.check_windows(&aim, self.could_open(&aim))?;
        }
        if grows && !before.is_closing() {
            self.check_size_limit(&aim)?;
        }
        Ok(())
    }

    fn lots_of(&self, request: &NewOrder) -> i64 {
        let grid = &self.markets[request.instrument.0 as usize].instrument;
        request.qty.0 / grid.lot_size.0
    }

    /// Lots of buys and sells of one leg that may open: working orders, and earlier ones of the list.
    fn aimed_at(&self, aim: &Aim<'_>, leg: Leg) -> (i128, i128) {
        let request = aim.request;
        let (account, instrument) = (request.account.0 as usize, request.instrument.0 as usize);
        let (mut buys, mut sells) = self.working_sums(account, instrument, leg, aim.instead_of);
        for order in aim.earlier {
            if order.leg == leg && !is_closing(order) {
                match order.side {
                    Side::Buy => buys += i128::from(self.lots_of(order)),
                    Side::Sell => sells += i128::from(self.lots_of(order)),
                }
            }
        }
        (buys, sells)
    }

    /// Whether an order could open or enlarge a position: it need not close, and with the others of its
    /// side it is for more than the position that it opposes.
    fn could_open(&self, aim: &Aim<'_>) -> bool {
        let request = aim.request;
        if is_closing(request) {
            return false;
        }
        let (account, instrument) = (request.account.0 as usize, request.instrument.0 as usize);
        let (buys, sells) = self.aimed_at(aim, request.leg);
        let held = i128::from(self.held(account, instrument, request.leg));
        let (ahead, opposed) = match request.side {
            Side::Buy => (buys, -held),
            Side::Sell => (sells, held),
        };
        ahead + i128::from(aim.lots) > opposed.max(0)
    }

    fn check_windows(&self, aim: &Aim<'_>, opening: bool) -> Result<(), DenyReason> {
        let (account, instrument) = (aim.request.account.0, aim.request.instrument.0);
        let blocks = |action: WindowAction| match action {
            WindowAction::BlockAll => true,
            WindowAction::BlockOpening | WindowAction::ForceFlat => opening,
            WindowAction::ExcludeProfit => false,
        };
        match self.first_open_window(account as usize, instrument as usize, blocks) {
            None => Ok(()),
            Some(window) => Err(DenyReason::Conduct(ConductDenial::Window {
                window: window as u8,
            })),
        }
    }

    /// All of an algo, as one order: its size, the position that it comes to, and whether it is paid for.
    pub(super) fn check_total(&self, request: &NewOrder) -> Result<(), DenyReason> {
        self.check_currency(request)?;
        self.check_priced(request)?;
        self.check_size_limit(&Aim {
            request,
            lots: self.lots_of(request),
            earlier: &[],
            instead_of: None,
        })?;
        self.check_money(request, OrderRole::Alone, &[])
    }

    /// The weighted worst case of all holdings, without and with the order, against the day's tier.
    fn check_size_limit(&self, aim: &Aim<'_>) -> Result<(), DenyReason> {
        const PER_QTY: i128 = Ratio::ONE.0 as i128;
        let account = aim.request.account.0 as usize;
        let rules = &self.accounts[account].rules;
        let Some(tier) = rules.size_tier(self.plan(account)) else {
            return Ok(());
        };
        let (now, then) = (
            self.weighted_worst(account, None),
            self.weighted_worst(account, Some(aim)),
        );
        if then <= now || then <= i128::from(tier.max.0) * PER_QTY {
            return Ok(());
        }
        let worst = Qty(hold(-(-then).div_euclid(PER_QTY)));
        let max = tier.max;
        Err(DenyReason::Conduct(ConductDenial::SizeMax { max, worst }))
    }

    /// Sum of what each holding can become at worst, times its weight, in 1e-17 units; with an order, or
    /// as it stands.
    fn weighted_worst(&self, account: usize, aim: Option<&Aim<'_>>) -> i128 {
        let positions = self.accounts[account].positions.iter();
        let mut holdings: BTreeSet<(usize, Leg)> =
            positions.map(|held| (held.instrument, held.leg)).collect();
        let orders = self.orders.values();
        let own = orders.filter(|order| order.account == account);
        holdings.extend(own.map(|order| (order.instrument, order.leg)));
        if let Some(aim) = aim {
            for order in aim.earlier.iter().chain([aim.request]) {
                holdings.insert((order.instrument.0 as usize, order.leg));
            }
        }
        let mut sum: i128 = 0;
        for (instrument, leg) in holdings {
            let (mut buys, mut sells) = self.working_sums(account, instrument, leg, None);
            if let Some(aim) = aim.filter(|aim| aim.request.instrument.0 as usize == instrument) {
                (buys, sells) = self.aimed_at(aim, leg);
                if leg == aim.request.leg && !is_closing(aim.request) {
                    match aim.request.side {
                        Side::Buy => buys += i128::from(aim.lots),
                        Side::Sell => sells += i128::from(aim.lots),
                    }
                }
            }
            let held = i128::from(self.held(account, instrument, leg));
            let worst = (held + buys).max(sells - held);
            let grid = &self.markets[instrument].instrument;
            let qty = hold(worst * i128::from(grid.lot_size.0));
            let weight = self.weight(account, instrument);
            sum = sum.saturating_add(i128::from(qty) * i128::from(weight.0));
        }
        sum
    }

    fn weight(&self, account: usize, instrument: usize) -> Ratio {
        let symbol = self.markets[instrument].instrument.symbol;
        let size = self.plan(account).conduct.size.as_ref();
        let weights = size.map_or(&[][..], |size| &size.weights);
        let own = weights.iter().find(|weight| weight.symbol == symbol);
        own.map_or(Ratio::ONE, |own| own.weight)
    }

    /// An order closed (a part of) a position that was opened from flat then and realised this, in the
    /// account's currency.
    pub(super) fn judge_close(&mut self, order: &Order, opened: u64, realised: Money) {
        let excludes = |action| action == WindowAction::ExcludeProfit;
        let window = self.first_open_window(order.account, order.instrument, excludes);
        let held_ns = self.ts.0 - opened;
        let short = self.plan(order.account).conduct.holding_min;
        let short = short.filter(|rule| held_ns < u64::from(rule.seconds) * 1_000_000_000);
        let by_time = short.is_some_and(|rule| rule.action == HoldingAction::ExcludeProfit);
        let account = AccountId(order.account as u32);
        let instrument = InstrumentId(order.instrument as u32);
        if realised > Money::ZERO && (window.is_some() || by_time) {
            self.accounts[order.account].rules.record_excluded(realised);
            self.push(EventKind::ProfitExcluded {
                account,
                instrument,
                order: OrderId(order.id),
                amount: realised,
                window: window.map(|window| window as u8),
            });
        }
        if let Some(rule) = short.filter(|rule| rule.action == HoldingAction::Warn) {
            self.push(EventKind::HeldTooShort {
                account,
                instrument,
                order: OrderId(order.id),
                held_ns,
                seconds: rule.seconds,
            });
        }
    }
}
