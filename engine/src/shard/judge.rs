//! The verdict on an account: test, then lock, cancel, flatten and change state. Its floors move when the
//! input is over.

use rules::{Breaches, LifeChange, Limit};
use types::{
    AccountId, AccountState, BaselineSource, Breach, BreachPosition, CancelReason, CashBasis,
    Effect, EventKind, FillCause, FloorMoveCause, LimitWarning, MarkKind, Money, Notional, Price,
    Ticks,
};

use super::Shard;
use super::cascade::{Touched, TouchedBy};
use super::holdings::Reckoning;
use super::room::{NEAR_BITS, NEAR_TICKS};
use crate::account::{Account, BreachRecord, Move};
use crate::bands::Band;
use crate::event_buf::EventBuf;
use crate::holding::{self, Holding};
use crate::slab::NIL;

impl Shard {
    /// Judges an account out of turn, as at a roll.
    pub(super) fn judge_alone(&mut self, id: AccountId, events: &mut EventBuf) {
        let before = self.pending.judged.replace(id);
        self.judge(id, TouchedBy::Booking, events);
        self.pending.judged = before;
    }

    /// Judges an account at a glance, as most can be: it trades, its only holding is an open position of a quoted
    /// instrument, valued at what closing it gets, all its cash is its own currency's, and it is in no competition, not
    /// locked, and has nothing left to be told. Says whether that did: its equity is so far within its limits and above
    /// the notional of the position that [`Shard::judge`] would say nothing, see no peak and call no margin, here and
    /// for [`NEAR_TICKS`] of its mark either way, which is its band from now on. If not, nothing was done. A close is
    /// left to `judge` where floors follow the closed balance.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "one branch that nobody takes instead of several"
    )]
    #[inline(always)]
    pub(super) fn judge_usual(&mut self, id: AccountId, by: TouchedBy) -> bool {
        let account = &mut self.accounts[id.0 as usize];
        debug_assert!(!account.is_trailing.0);
        let handle = account.holdings.first;
        // Not lazily: one branch for all of it.
        let is_special = account.untold.any()
            | account.day_locked
            | account.entry.is_some()
            | !account.foreign.is_empty()
            | !account.is_trading()
            | (handle != account.holdings.last);
        if is_special || handle == NIL {
            return false;
        }
        let follows_closed = self.plans[account.plan.0 as usize]
            .plan
            .follows_closed_balance();
        let holding = self.holdings.get(handle);
        let market = &mut self.markets[holding.instrument.0 as usize];
        let Some(touch) = &market.touch else {
            return false;
        };
        let is_special = (holding.lots.0 == 0)
            | (holding.mark != MarkKind::Liquidation)
            | (follows_closed & (by == TouchedBy::Close))
            | (market.instrument.margin.maintenance.per_unit.0 != 0);
        if is_special {
            return false;
        }
        let mark = touch.closing(holding.lots);
        let Some(worth) = holding::worth(mark, holding.lots, market.tick_value) else {
            return false;
        };
        let equity = account.balance.to_notional();
        let equity = equity.saturating_add(worth.value.saturating_sub(holding.cost));
        // A requirement is rounded up to a unit of money.
        let needed = worth.size + Notional::PER_MONEY;
        let (low, high) = account.rules.quiet(false);
        // Room for so many ticks either way is room for none, too: no limit is violated and no peak moves. Of what is
        // above a requirement it takes half, as of `Room::meet_margin`.
        let room = worth.slope << (NEAR_BITS + 1);
        if equity.saturating_sub(low).0 < room
            || high.saturating_sub(equity).0 < room
            || equity.saturating_sub(Notional(needed)).0 < 2 * room
        {
            return false;
        }
        account.judged.0 = self.seq;
        account.is_floored.0 = true;
        let bands = market.bands_mut(holding.lots, MarkKind::Liquidation);
        let row = holding.row.0;
        // A band that was drawn at another mark near by does as well.
        if !bands.is_within(row, mark, 2 * NEAR_TICKS) {
            bands.set(row, mark, Band::near(mark));
        }
        true
    }

    /// Tests one account and carries out what follows.
    pub(super) fn judge(&mut self, id: AccountId, by: TouchedBy, events: &mut EventBuf) {
        // Else its floors would be those of when it joined the high-water marks.
        debug_assert!(!self.accounts[id.0 as usize].is_trailing.0);
        self.tell_untold(id, events);
        let seq = self.seq;
        let account = &mut self.accounts[id.0 as usize];
        account.judged.0 = seq;
        let account = &self.accounts[id.0 as usize];
        let reckoning = self.reckon(account);
        let equity = reckoning.equity;
        let mut stands = true;
        let mut is_peak = false;
        if account.is_trading() {
            let is_quiet = account.rules.is_quiet(equity, account.day_locked);
            let broken = !is_quiet && !self.is_decided(id) && self.test_limits(id, equity, events);
            let called = !broken && self.call_margin(id, &reckoning, events);
            // A liquidation closes positions like any other fill.
            let by = if broken || called {
                TouchedBy::Close
            } else {
                by
            };
            if !is_quiet {
                is_peak = self.see_equity(id, equity);
            }
            stands = !broken && !called;
            if by > TouchedBy::Mark {
                // What is booked while something is open counts with the next close.
                if by == TouchedBy::Close || reckoning.positions == 0 {
                    is_peak |= self.see_closed(id);
                }
                // Nothing is an objective's while something is open.
                if !stands || reckoning.positions == 0 {
                    self.test_objectives(id, events);
                }
            }
        }
        let reckoning = if stands {
            reckoning
        } else {
            self.reckon(&self.accounts[id.0 as usize])
        };
        self.observe_entry(id, reckoning.equity);
        if is_peak {
            self.see(id).reckon(&reckoning);
        } else {
            self.set_bands_at(id, &reckoning);
        }
    }

    /// Whether an account has its turn at a new mark: a limit is violated or warned of, or the maintenance
    /// requirement is not met. If not, its competition entry sees its equity and its peak is seen in silence.
    pub(super) fn is_stirred(&mut self, id: AccountId) -> bool {
        let account = &self.accounts[id.0 as usize];
        let reckoning = self.reckon(account);
        let equity = reckoning.equity;
        let is_called = || {
            reckoning.positions > 0
                && reckoning.notional > equity
                && self
                    .maintenance_required(account)
                    .is_some_and(|required| equity < required.to_notional())
        };
        if account.is_trading()
            && (!account.rules.is_clear(equity, account.day_locked) || is_called())
        {
            return true;
        }
        self.observe_entry(id, equity);
        if self.see_equity(id, equity) {
            self.see(id).reckon(&reckoning);
        } else {
            self.set_bands_at(id, &reckoning);
        }
        false
    }

    /// Liquidates an account that has less than it needs to keep its positions; says whether it did.
    #[inline(always)]
    fn call_margin(&mut self, id: AccountId, reckoning: &Reckoning, events: &mut EventBuf) -> bool {
        // Equity that covers the whole notional covers every share of it.
        reckoning.positions != 0
            && reckoning.notional > reckoning.equity
            && self.call_uncovered(id, reckoning.equity, events)
    }

    #[cold]
    #[inline(never)]
    fn call_uncovered(&mut self, id: AccountId, equity: Notional, events: &mut EventBuf) -> bool {
        let account = &self.accounts[id.0 as usize];
        let Some(required) = self.maintenance_required(account) else {
            return false;
        };
        if equity >= required.to_notional() {
            return false;
        }
        events.push(EventKind::MarginCall {
            account: id,
            equity: equity.to_money_floor(),
            required,
        });
        self.end_all(id, CancelReason::MarginCall, events);
        let fees = self.accounts[id.0 as usize].fees;
        while let Some(holding) = self.oldest_position(id, |_, _| true) {
            let account = &self.accounts[id.0 as usize];
            let required = self.maintenance_required(account).unwrap_or(Money::ZERO);
            if self.equity_of(account) >= required.to_notional() {
                break;
            }
            self.close_position(holding, FillCause::MarginCall, events);
        }
        self.tell_liquidation(id, equity, fees, events);
        // Its rules look at what is left once more.
        self.pending.touched.push(Touched {
            account: id,
            by: TouchedBy::Booking,
        });
        true
    }

    /// Whether an account's day was locked in this input: one verdict of an input is all. What its liquidation left
    /// is held to the hard limits in the next one.
    fn is_decided(&self, id: AccountId) -> bool {
        let account = &self.accounts[id.0 as usize];
        let breach = account.breach.as_ref();
        account.day_locked && breach.is_some_and(|breach| breach.seq == self.seq)
    }

    /// Tests the limits against equity and carries out what follows; says whether one was violated.
    #[cold]
    fn test_limits(&mut self, id: AccountId, equity: Notional, events: &mut EventBuf) -> bool {
        let account = &self.accounts[id.0 as usize];
        let breaches = account.rules.breached(equity, account.day_locked);
        if !breaches.is_empty() {
            self.record_breaches(id, equity, &breaches, events);
            if breaches.iter().any(|limit| limit.effect != Effect::Warn) {
                self.carry_out(id, equity, &breaches, events);
                return true;
            }
        }
        self.warn(id, equity, events);
        false
    }

    /// Tells of limits of which much is used, each once a day.
    fn warn(&mut self, id: AccountId, equity: Notional, events: &mut EventBuf) {
        let account = &mut self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let warnings = account.rules.warnings(plan, equity, account.day_locked);
        for limit in warnings.iter() {
            account.rules.mark_warned(plan, limit.rule);
            events.push(EventKind::LimitWarned(LimitWarning {
                account: id,
                rule: limit.rule,
                equity,
                baseline: limit.baseline,
                allowance: limit.allowance,
                floor: limit.floor,
            }));
        }
    }

    fn carry_out(
        &mut self,
        id: AccountId,
        equity: Notional,
        breaches: &Breaches,
        events: &mut EventBuf,
    ) {
        let fails = breaches.iter().any(|limit| limit.effect == Effect::Fail);
        self.end_all(id, CancelReason::AccountLocked, events);
        let account = &self.accounts[id.0 as usize];
        let (fees, held) = (account.fees, self.is_holding(account));
        self.flatten(id, FillCause::Liquidation, events);
        if held {
            self.tell_liquidation(id, equity, fees, events);
        }
        if fails {
            self.change_life(id, LifeChange::Fail, events);
        } else {
            let account = &mut self.accounts[id.0 as usize];
            account.day_locked = true;
            events.push(EventKind::DayLocked { account: id });
        }
    }

    /// Says what it cost an account to have positions closed that had this equity before and had paid these fees.
    pub(super) fn tell_liquidation(
        &self,
        id: AccountId,
        before: Notional,
        fees: Money,
        events: &mut EventBuf,
    ) {
        let account = &self.accounts[id.0 as usize];
        let equity = self.equity_of(account);
        let fees = account.fees.saturating_sub(fees);
        let slippage = before
            .saturating_sub(equity)
            .saturating_sub(fees.to_notional());
        events.push(EventKind::Liquidated {
            account: id,
            equity,
            fees,
            slippage,
        });
    }

    /// Closes every open position of an account, the oldest first. A halted or stale instrument closes against
    /// what it showed last: the outcome was decided by the breach, not by this price.
    pub(super) fn flatten(&mut self, id: AccountId, cause: FillCause, events: &mut EventBuf) {
        while let Some(holding) = self.oldest_position(id, |_, _| true) {
            self.close_position(holding, cause, events);
        }
    }

    /// Closes a whole position: against the outside market, or against a book and then the house.
    pub(super) fn close_position(&mut self, holding: u32, cause: FillCause, events: &mut EventBuf) {
        if self.market_of(self.holdings.get(holding)).is_crossed() {
            self.sweep(holding, cause, events);
        } else {
            self.take_closing(holding, cause, events);
        }
    }

    /// The oldest open position of an account that is picked.
    pub(super) fn oldest_position(
        &self,
        id: AccountId,
        picks: impl Fn(&Self, &Holding) -> bool,
    ) -> Option<u32> {
        let mut handle = self.accounts[id.0 as usize].holdings.first;
        while handle != NIL {
            let holding = self.holdings.get(handle);
            if holding.lots.0 != 0 && picks(self, holding) {
                return Some(handle);
            }
            handle = holding.next;
        }
        None
    }

    /// Whether an account has an open position.
    pub(crate) fn is_holding(&self, account: &Account) -> bool {
        self.account_holdings(account)
            .any(|holding| holding.lots.0 != 0)
    }

    fn record_breaches(
        &mut self,
        id: AccountId,
        equity: Notional,
        breaches: &Breaches,
        events: &mut EventBuf,
    ) {
        let account = &self.accounts[id.0 as usize];
        let known = &self.plans[account.plan.0 as usize];
        let held = self.account_holdings(account);
        let positions = held.filter(|holding| holding.lots.0 != 0).count() as u32;
        let mut primary = true;
        let mut record = None;
        for limit in breaches.iter() {
            let breach = Breach {
                account: id,
                rule: limit.rule,
                effect: limit.effect,
                primary,
                touch_is_breach: limit.touch_is_breach,
                balance: self.balance_of(account),
                equity,
                baseline: limit.baseline,
                allowance: limit.allowance,
                floor: limit.floor,
                plan: account.plan,
                plan_version: known.plan.version,
                plan_hash: known.hash,
                positions,
            };
            primary = false;
            if limit.effect != Effect::Warn {
                record.get_or_insert(BreachRecord {
                    seq: self.seq,
                    ts: self.ts,
                    breach,
                });
            }
            events.push(EventKind::Breach(breach));
            self.push_breach_positions(id, events);
        }
        self.push_basis(id, events);
        let account = &mut self.accounts[id.0 as usize];
        account.breach = record.or(account.breach);
        let plan = &self.plans[account.plan.0 as usize].plan;
        for limit in breaches.iter() {
            account.rules.mark_breached(plan, limit.rule);
        }
    }

    /// What a verdict on an account rests on: its figures, its limits, its standing, its cash of other
    /// currencies.
    pub(super) fn push_basis(&self, id: AccountId, events: &mut EventBuf) {
        let account = &self.accounts[id.0 as usize];
        let known = &self.plans[account.plan.0 as usize];
        let held = self.account_holdings(account);
        let positions = held.filter(|holding| holding.lots.0 != 0).count() as u32;
        let cash = (account.balance, self.balance_of(account));
        let plan = (account.plan, known.hash);
        let caught_up = self.caught_up(account);
        let standing = &caught_up.rules;
        let rules = standing.valued(&known.plan, self.day_worth_of(account));
        let basis = rules.basis(&known.plan, plan, id, cash, positions);
        events.push(EventKind::VerdictBasis(basis));
        for limit in standing.limit_bases(id, |rule| caught_up.origins.of(rule)) {
            events.push(EventKind::LimitBasis(limit));
        }
        if let Some(standing) = rules.consistency(&known.plan, id) {
            events.push(EventKind::Consistency(standing));
        }
        for (currency, cash) in account.foreign.iter() {
            events.push(EventKind::CashBasis(CashBasis {
                account: id,
                currency: self.currencies[currency.0 as usize],
                cash,
                rate: Price(self.conversion(currency, account.currency).unwrap_or(0)),
            }));
        }
    }

    /// The open positions of an account and what they are worth, for a verdict that rests on that.
    pub(super) fn push_breach_positions(&self, id: AccountId, events: &mut EventBuf) {
        for holding in self.account_holdings(&self.accounts[id.0 as usize]) {
            if holding.lots.0 == 0 {
                continue;
            }
            let market = self.market_of(holding);
            let unseen = market.last.unwrap_or(Ticks(0));
            let (bid, ask) = market
                .touch
                .map_or((unseen, unseen), |touch| (touch.bid, touch.ask));
            events.push(EventKind::BreachPosition(BreachPosition {
                account: id,
                instrument: holding.instrument,
                position: market.signed_qty(holding.lots),
                cost: holding.cost,
                bid: market.instrument.price(bid),
                ask: market.instrument.price(ask),
                last: market.last.map(|last| market.instrument.price(last)),
                mark: market
                    .instrument
                    .price(market.mark(holding.lots, holding.mark).unwrap_or(unseen)),
                mark_seq: market.mark_seq(holding.mark),
                unrealised: self.unrealised(holding),
            }));
        }
    }

    /// An account saw this equity; says whether it is above a peak.
    #[inline]
    fn see_equity(&mut self, id: AccountId, equity: Notional) -> bool {
        let account = &self.accounts[id.0 as usize];
        let is_peak = account.is_trading() && equity > account.rules.quiet(false).1;
        if is_peak {
            self.see(id).see_equity(equity);
        }
        is_peak
    }

    /// An account's closed balance may have changed; says whether it is above a peak.
    fn see_closed(&mut self, id: AccountId) -> bool {
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        if !account.is_trading() || !plan.follows_closed_balance() {
            return false;
        }
        let balance = self.balance_of(account);
        let is_peak = account.rules.is_closed_peak(plan, balance);
        if is_peak {
            self.see(id).see_closed(balance);
        }
        is_peak
    }

    /// The baselines of these limits were taken from there at this input.
    pub(super) fn take_baselines<'a>(
        &mut self,
        id: AccountId,
        taken: impl Iterator<Item = &'a Limit>,
        source: BaselineSource,
    ) {
        let origin = self.at().takes(source);
        for limit in taken {
            self.accounts[id.0 as usize].origins.set(limit.rule, origin);
        }
    }

    /// Says which floors moved, and remembers what moved them.
    pub(super) fn tell_moves<'a>(
        &mut self,
        id: AccountId,
        moved: impl Iterator<Item = &'a Limit>,
        cause: FloorMoveCause,
        events: &mut EventBuf,
    ) {
        for limit in moved {
            let by = Move {
                seq: self.seq,
                ts: self.ts,
                cause,
            };
            let account = &mut self.accounts[id.0 as usize];
            account.moved.set(limit.rule, Some(by));
            account.untold.set(limit.rule, false);
            let origin = account.origins.of(limit.rule);
            events.push(EventKind::FloorMoved(limit.moved(id, cause, origin)));
        }
    }

    /// Target and pass, tested while nothing is open and no hard limit is violated, as one may be by what a lock's
    /// liquidation left.
    fn test_objectives(&mut self, id: AccountId, events: &mut EventBuf) {
        let account = &self.accounts[id.0 as usize];
        if account.state() != AccountState::Evaluation || self.is_holding(account) {
            return;
        }
        let hard = account.rules.breached(self.equity_of(account), true);
        if !hard.is_empty() {
            return;
        }
        let balance = self.balance_of(account);
        let account = &mut self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let target = account.rules.reach_target(plan, balance, self.ts);
        let is_first = target.is_some();
        if let Some(target) = target {
            events.push(EventKind::TargetReached {
                account: id,
                balance,
                target,
            });
        }
        let passes = account.rules.passes(plan, balance);
        if is_first && !passes {
            // Not yet, and what would satisfy it.
            let valued = account.rules.valued(plan, balance.to_notional());
            if let Some(consistency) = valued.consistency(plan, id) {
                events.push(EventKind::Consistency(consistency));
            }
        }
        if passes {
            self.close_peaks(id, events);
            self.end_all(id, CancelReason::AccountLocked, events);
            if std::mem::take(&mut self.accounts[id.0 as usize].day_locked) {
                events.push(EventKind::DayUnlocked { account: id });
            }
            self.change_life(id, LifeChange::Pass, events);
            self.push_basis(id, events);
        }
    }

    /// An entry sees its account's equity where that moves what its score remembers.
    fn observe_entry(&mut self, id: AccountId, equity: Notional) {
        let ts = self.ts;
        let Some(entry) = self.live_entry_mut(self.accounts[id.0 as usize].entry) else {
            return;
        };
        let (low, high) = entry.quiet();
        if equity < low || equity > high {
            entry.observe(equity, ts);
        }
    }
}
