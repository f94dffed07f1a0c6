//! Peaks that follow equity with every mark: nobody is judged for one, and its owner is told of it when
//! something else is to be said.
//!
//! Where an account's peak is its equity of now and it has one position, in its own currency, its limits are
//! left as they are and the position goes among the high-water marks of its instrument. Its peak is that of
//! the best mark since, which gives the same figures as to follow every mark: equity rises with the mark, and
//! rounding keeps the order. Whoever changes something that its equity or its limits rest on calls
//! [`Shard::catch_up`] first; whoever only reads asks [`Shard::rules_of`] or [`Shard::caught_up`].

use std::borrow::Cow;

use rules::{AccountRules, Trailing};
use types::{AccountId, BaselineSource, EventKind, FloorMoveCause, InstrumentId, Lots, Notional};

use super::Shard;
use super::holdings::{Reckoning, unrealised_at};
use super::judge::slope_of;
use crate::account::{Account, At, Move, Moved, Origins, Untold};
use crate::event_buf::EventBuf;
use crate::high_water::{Best, MARK_MAX};
use crate::holding::Holding;
use crate::market::Market;

/// Limits as they stand, where they come from, what moved them last, and whether that was told.
struct Followed {
    rules: AccountRules,
    moved: Moved,
    origins: Origins,
    untold: Untold,
}

impl Followed {
    fn write(self, account: &mut Account) {
        account.rules = self.rules;
        account.moved = self.moved;
        account.origins = self.origins;
        account.untold = self.untold;
    }
}

impl Shard {
    /// The only open position of an account whose peak follows the mark, and the best mark since it does.
    fn best_mark(&self, account: &Account) -> Option<(&Holding, Best)> {
        if !account.is_trailing.0 {
            return None;
        }
        let mut held = self.account_holdings(account);
        let held = held.find(|held| held.lots != Lots(0))?;
        let bands = self.market_of(held).bands(held.lots, held.mark)?;
        Some((held, bands.high_water.best(held.row.0)?))
    }

    /// What an account's limits have come to whose peak follows the mark.
    fn followed(&self, account: &Account) -> Option<Followed> {
        let (held, best) = self.best_mark(account)?;
        let profit = unrealised_at(held, self.market_of(held), best.ticks(held.lots));
        let equity = account.balance.to_notional().saturating_add(profit);
        let by = Move {
            seq: best.seq,
            ts: best.ts,
            cause: FloorMoveCause::Trailed,
        };
        let mut followed = Followed {
            rules: account.rules.clone(),
            moved: account.moved,
            origins: account.origins,
            untold: account.untold,
        };
        let at = At {
            seq: best.seq,
            ts: best.ts,
        };
        let origin = at.takes(BaselineSource::Equity(equity));
        let plan = &self.plans[account.plan.0 as usize].plan;
        for limit in followed.rules.ratchet_equity(plan, equity).iter() {
            followed.moved.note(limit.rule, by);
            followed.origins.note(limit.rule, origin);
            followed.untold.set(limit.rule, true);
        }
        Some(followed)
    }

    /// An account's rules as they stand.
    pub(crate) fn rules_of<'a>(&self, account: &'a Account) -> Cow<'a, AccountRules> {
        match self.followed(account) {
            Some(followed) => Cow::Owned(followed.rules),
            None => Cow::Borrowed(&account.rules),
        }
    }

    /// An account as it would be if it had caught up.
    pub(crate) fn caught_up<'a>(&self, account: &'a Account) -> Cow<'a, Account> {
        match self.followed(account) {
            None => Cow::Borrowed(account),
            Some(followed) => {
                let mut account = account.clone();
                followed.write(&mut account);
                Cow::Owned(account)
            }
        }
    }

    /// An account's limits are as they stand from now on, and its position is no longer among the high-water
    /// marks. The caller sees to it that it gets new bands: it has it judged, or draws them.
    #[inline]
    pub(super) fn catch_up(&mut self, id: AccountId) {
        if self.accounts[id.0 as usize].is_trailing.0 {
            self.catch_up_now(id);
        }
    }

    #[inline(never)]
    fn catch_up_now(&mut self, id: AccountId) {
        let account = &self.accounts[id.0 as usize];
        let followed = self.followed(account);
        let held = self.best_mark(account).map(|(held, _)| *held);
        let account = &mut self.accounts[id.0 as usize];
        account.is_trailing.0 = false;
        if let Some(followed) = followed {
            followed.write(account);
        }
        if let Some(held) = held {
            self.markets[held.instrument.0 as usize]
                .bands_mut(held.lots, held.mark)
                .high_water
                .stop(held.row.0);
        }
    }

    /// Equity was this when a round began, and nothing else was to be said: a higher peak moves.
    pub(super) fn raise_peak(&mut self, id: AccountId, equity: Notional) {
        let origin = self.at().takes(BaselineSource::Equity(equity));
        let account = &mut self.accounts[id.0 as usize];
        if !account.is_trading() {
            return;
        }
        let plan = &self.plans[account.plan.0 as usize].plan;
        let by = Move {
            seq: self.seq,
            ts: self.ts,
            cause: FloorMoveCause::Trailed,
        };
        for limit in account.rules.ratchet_equity(plan, equity).iter() {
            account.moved.note(limit.rule, by);
            account.origins.note(limit.rule, origin);
            account.untold.set(limit.rule, true);
        }
    }

    /// Tells of the floors that followed a peak since an account was judged last.
    #[inline]
    pub(super) fn tell_untold(&mut self, id: AccountId, events: &mut EventBuf) {
        if self.accounts[id.0 as usize].untold.any() {
            self.tell_trailed(id, events);
        }
    }

    #[cold]
    fn tell_trailed(&mut self, id: AccountId, events: &mut EventBuf) {
        let account = &mut self.accounts[id.0 as usize];
        let untold = std::mem::take(&mut account.untold);
        for limit in account.rules.limits() {
            if untold.of(limit.rule) {
                let origin = account.origins.of(limit.rule);
                let moved = limit.moved(id, FloorMoveCause::Trailed, origin);
                events.push(EventKind::FloorMoved(moved));
            }
        }
    }

    /// How far an account's equity may move while its peak follows it; `None` where it has to be looked at
    /// when its peak moves.
    pub(super) fn trailing_of(
        &self,
        account: &Account,
        reckoning: &Reckoning,
    ) -> Option<(Trailing, Best, i64)> {
        let (_, high) = account.rules.quiet(false);
        // Its peak is its equity, rounded down.
        let is_at_peak = high.saturating_sub(reckoning.equity).0 < Notional::PER_MONEY;
        if reckoning.positions != 1
            || !is_at_peak
            || !account.is_trading()
            || !account.foreign.is_empty()
            || self.entry_quiet(account).is_some()
        {
            return None;
        }
        let mut held = self.account_holdings(account);
        let held = held.find(|held| held.lots != Lots(0))?;
        let market = self.market_of(held);
        let mark = market.mark(held.lots, held.mark)?;
        let slope = slope_of(held, market.tick_value);
        // A tick moves a peak by a unit of money at least: each better mark is another peak.
        if market.currency != account.currency
            || slope < Notional::PER_MONEY
            || mark.0.unsigned_abs() > MARK_MAX.unsigned_abs()
        {
            return None;
        }
        let plan = &self.plans[account.plan.0 as usize].plan;
        let trailing = account
            .rules
            .trailing(plan, reckoning.equity, account.day_locked)?;
        let retrace = i64::try_from(trailing.retrace.0 / slope).unwrap_or(i64::MAX);
        let best = Best::new(mark, held.lots, self.seq, self.ts);
        Some((trailing, best, retrace))
    }

    /// How many positions of an instrument are among its high-water marks: nobody is looked at when the
    /// peaks of their accounts move. For tests and reports.
    pub fn trailing_positions(&self, instrument: InstrumentId) -> usize {
        let market = self.markets.get(instrument.0 as usize);
        let bands = market.into_iter().flat_map(Market::all_bands);
        bands.map(|(bands, ..)| bands.high_water.len()).sum()
    }
}
