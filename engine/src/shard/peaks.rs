//! Floors move when an input is over, by the highest equity and closed balance that its account saw in it.
//!
//! Within an input every test is made against the floors as they stood before it, whatever its due work, its
//! steps and their rounds show. What an account sees above a peak is kept as [`Seen`]. The account is then
//! looked at in each further round that marks what it holds, and gets its bands when the input is over. Only
//! what a roll, a payout and a scaling do to floors comes at once. What the account saw before moves them
//! first, as it does before an account passes, is suspended or closed: see [`Shard::close_peaks`].
//! Who stands below a floor when all have moved is judged first thing in the next input, whatever that is.
//!
//! Peaks that follow equity follow it with every mark: nobody is judged for one, and its owner is told of it
//! when something else is to be said.
//!
//! Where an account's peak is its equity of now and it has one position, in its own currency, its limits are
//! left as they are and the position goes among the high-water marks of its instrument. Its peak is that of
//! the best mark since, which gives the same figures as to follow every mark: equity rises with the mark, and
//! rounding keeps the order. It joins them when an input is over, so that the marks that they note in the next
//! are all its own. Whoever changes something that its equity or its limits rest on calls
//! [`Shard::catch_up`] first; whoever only reads asks [`Shard::rules_of`] or [`Shard::caught_up`].

use std::borrow::Cow;

use rules::{AccountRules, FloorMoves, Trailing};
use types::{
    AccountId, BaselineOrigin, BaselineSource, EventKind, FloorMoveCause, InstrumentId, Lots,
    Money, Notional,
};

use super::Shard;
use super::cascade::{Touched, TouchedBy};
use super::holdings::{Reckoning, unrealised_at};
use super::room::slope_of;
use crate::account::{Account, At, EachLimit, Move};
use crate::derived::Derived;
use crate::event_buf::EventBuf;
use crate::high_water::{Best, MARK_MAX};
use crate::holding::Holding;
use crate::market::Market;

/// What an account saw within one input; it gets its bands when the input is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    account: AccountId,
    /// The highest equity, where it was above a peak; else the least there is.
    equity: Notional,
    /// The highest closed balance, where it was above a peak; else the least there is.
    closed: Money,
    /// What its positions come to, and whether that is so still.
    reckoning: Reckoning,
    is_reckoned: bool,
}

// One quote may show a new peak to every account.
const _: () = assert!(size_of::<Seen>() == 80);

impl Seen {
    const fn nothing(account: AccountId) -> Self {
        Self {
            account,
            equity: Notional(i128::MIN),
            closed: Money(i64::MIN),
            reckoning: Reckoning::NOTHING,
            is_reckoned: false,
        }
    }

    /// It saw this equity, above a peak.
    pub(super) fn see_equity(&mut self, equity: Notional) {
        self.equity = self.equity.max(equity);
    }

    /// It saw this closed balance, above a peak.
    pub(super) fn see_closed(&mut self, balance: Money) {
        self.closed = self.closed.max(balance);
    }

    /// Its positions come to this, until something is marked or booked again.
    pub(super) const fn reckon(&mut self, reckoning: &Reckoning) {
        self.reckoning = *reckoning;
        self.is_reckoned = true;
    }
}

/// Limits as they stand, where they come from, what moved them last, and whether that was told.
struct Followed {
    rules: AccountRules,
    moved: EachLimit<Option<Move>>,
    origins: EachLimit<BaselineOrigin>,
    untold: EachLimit<bool>,
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
            followed.moved.set(limit.rule, Some(by));
            followed.origins.set(limit.rule, origin);
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
        let Some(held) = held else { return };
        let market = &mut self.markets[held.instrument.0 as usize];
        let high_water = &mut market.bands_mut(held.lots, held.mark).high_water;
        high_water.stop(held.row.0);
        // The rounds of this input in which nobody looked at it.
        if let Some(best) = high_water.seen() {
            let profit = unrealised_at(&held, market, best.ticks(held.lots));
            let equity = account.balance.to_notional().saturating_add(profit);
            if equity > account.rules.quiet(false).1 {
                self.see(id).see_equity(equity);
            }
        }
    }

    /// What an account saw in this input so far; it gets its bands when the input is over.
    pub(super) fn see(&mut self, id: AccountId) -> &mut Seen {
        let account = &mut self.accounts[id.0 as usize];
        let seen = &mut self.pending.seen;
        if account.seen.is_none() {
            account.seen = Derived(seen.len() as u32);
            // Nobody watches its marks before it has bands again.
            account.is_floored.0 = false;
            seen.push(Seen::nothing(id));
        }
        &mut seen[account.seen.0 as usize]
    }

    /// A round begins: who saw something in this input is looked at in what it holds, for its bands are not
    /// those of now.
    pub(super) fn touch_seen(&mut self) {
        for index in 0..self.pending.seen.len() {
            self.pending.seen[index].is_reckoned = false;
            let account = self.pending.seen[index].account;
            let marked = &self.pending.marked;
            let is_marked = self
                .account_holdings(&self.accounts[account.0 as usize])
                .any(|held| held.lots != Lots(0) && marked.contains(&held.instrument));
            if is_marked {
                let by = TouchedBy::Mark;
                self.pending.touched.push(Touched { account, by });
            }
        }
    }

    /// The input is over: floors move by what was seen in it.
    #[inline(always)]
    pub(super) fn end_input(&mut self, events: &mut EventBuf) {
        // All of them together, for one branch.
        let left = self.pending.noted.len() | self.pending.seen.len() | self.below.len();
        if left != 0 {
            self.end_peaks(events);
        }
        self.assert_sound(events);
    }

    #[inline(never)]
    fn end_peaks(&mut self, events: &mut EventBuf) {
        while let Some(instrument) = self.pending.noted.pop() {
            self.rise(instrument);
        }
        if !self.pending.seen.is_empty() {
            self.move_floors(events);
        }
        if !self.below.is_empty() {
            self.keep_below();
        }
    }

    /// The best marks of this input are those of its high-water marks. Whose line is above the mark of now, as the
    /// mark fell back within the input, is none of them any more.
    #[inline]
    fn rise(&mut self, instrument: InstrumentId) {
        let market = &mut self.markets[instrument.0 as usize];
        market.rise();
        let (holdings, fallen) = (&self.holdings, &mut self.pending.fallen);
        market.falling(|holding| fallen.push(holdings.get(holding).account));
        while let Some(id) = self.pending.fallen.pop() {
            self.catch_up(id);
            self.find_bands(id);
        }
    }

    /// Of the accounts that stood below a floor at some moment of this input those stay that do when it is over.
    #[cold]
    #[inline(never)]
    fn keep_below(&mut self) {
        let mut below = std::mem::take(&mut self.below);
        below.sort_unstable();
        below.dedup();
        below.retain(|id| self.stands_below(&self.accounts[id.0 as usize]));
        self.below = below;
    }

    /// Before anything else of an input: who stands below a floor since the last one is judged, against the floors
    /// as they stand.
    #[cold]
    #[inline(never)]
    pub(super) fn judge_below(&mut self, events: &mut EventBuf) {
        let by = TouchedBy::Mark;
        let below = self.below.drain(..);
        let below = below.map(|account| Touched { account, by });
        self.pending.touched.extend(below);
        self.settle(events);
    }

    #[inline(never)]
    fn move_floors(&mut self, events: &mut EventBuf) {
        let mut all_seen = std::mem::take(&mut self.pending.seen);
        all_seen.sort_unstable_by_key(|seen| seen.account);
        for seen in &all_seen {
            let id = seen.account;
            self.accounts[id.0 as usize].seen = Derived::NONE;
            self.move_floors_of(seen);
            // Who had its turn in this input is told now.
            if self.accounts[id.0 as usize].judged.0 == self.seq {
                self.tell_untold(id, events);
            }
            if seen.is_reckoned {
                self.draw_bands(id, &seen.reckoning);
            } else {
                self.find_bands(id);
            }
        }
        all_seen.clear();
        self.pending.seen = all_seen;
    }

    /// Floors move by what an account saw; its owner is not told yet.
    fn move_floors_of(&mut self, seen: &Seen) {
        let at = self.at();
        let account = &mut self.accounts[seen.account.0 as usize];
        if !account.is_trading() {
            return;
        }
        let plan = &self.plans[account.plan.0 as usize].plan;
        let by = Move {
            seq: self.seq,
            ts: self.ts,
            cause: FloorMoveCause::Trailed,
        };
        let by_equity = account.rules.ratchet_equity(plan, seen.equity);
        let by_closed = if account.rules.is_closed_peak(plan, seen.closed) {
            account.rules.ratchet_closed(plan, seen.closed)
        } else {
            FloorMoves::default()
        };
        let moves = [
            (by_equity, BaselineSource::Equity(seen.equity)),
            (by_closed, BaselineSource::ClosedBalance),
        ];
        for (moves, source) in moves {
            let origin = at.takes(source);
            for limit in moves.iter() {
                account.moved.set(limit.rule, Some(by));
                account.origins.set(limit.rule, origin);
                account.untold.set(limit.rule, true);
            }
        }
    }

    /// Before a roll, a payout, a scaling, a pass, a suspension and a closing: what an account saw until then
    /// moves its floors, and its owner is told. The caller sees to it that it gets new bands.
    pub(super) fn close_peaks(&mut self, id: AccountId, events: &mut EventBuf) {
        self.catch_up(id);
        let place = self.accounts[id.0 as usize].seen;
        if !place.is_none() {
            let seen = &mut self.pending.seen[place.0 as usize];
            let until_now = std::mem::replace(seen, Seen::nothing(id));
            self.move_floors_of(&until_now);
        }
        self.tell_untold(id, events);
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
