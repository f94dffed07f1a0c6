//! Finding, making and dropping holdings, and their rows in the bands of their instrument.

use types::{AccountId, InstrumentId, Leg, Lots, MarkKind, Notional, Ticks};

use super::Shard;
use crate::account::Account;
use crate::derived::Derived;
use crate::holding::{self, Holding};
use crate::market::Market;
use crate::slab::NIL;

/// What an account's positions come to at their marks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reckoning {
    /// Balance and open profit.
    pub(super) equity: Notional,
    /// Open positions.
    pub(super) positions: u32,
    /// At least what all of them can tie up: their whole notional, where a requirement is a share of it.
    pub(super) notional: Notional,
}

impl Reckoning {
    /// Of an account that has nothing.
    pub(super) const NOTHING: Self = Self {
        equity: Notional::ZERO,
        positions: 0,
        notional: Notional::ZERO,
    };
}

/// Value at the market's mark minus cost, exact; nothing where nothing is held.
#[inline(always)]
pub(super) fn unrealised(holding: &Holding, market: &Market) -> Notional {
    if holding.lots.0 == 0 {
        return Notional::ZERO;
    }
    // A position came from a trade, and a trade leaves a mark.
    let mark = market.mark(holding.lots, holding.mark).unwrap_or(Ticks(0));
    unrealised_at(holding, market, mark)
}

/// Value at this mark minus cost, exact.
#[inline(always)]
pub(super) fn unrealised_at(holding: &Holding, market: &Market, mark: Ticks) -> Notional {
    holding::value(mark, holding.lots, market.tick_value).saturating_sub(holding.cost)
}

impl Shard {
    /// The account's holding of an instrument and leg.
    #[inline(always)]
    pub(crate) fn find_holding(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        leg: Leg,
    ) -> Option<(u32, &Holding)> {
        let first = self.accounts[account.0 as usize].holdings.first;
        if first == NIL {
            return None;
        }
        // Most accounts hold one thing at a time.
        let holding = self.holdings.get(first);
        if holding.instrument == instrument && holding.leg == leg {
            return Some((first, holding));
        }
        if holding.next == NIL {
            return None;
        }
        self.find_further(account, instrument, leg)
    }

    #[inline(never)]
    fn find_further(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        leg: Leg,
    ) -> Option<(u32, &Holding)> {
        let handle = self.holding_handles.get((account.0, instrument.0, leg))?;
        Some((handle, self.holdings.get(handle)))
    }

    /// The holding of an instrument and leg; an idle one is made where there is none. The caller
    /// keeps to the limit on positions.
    pub(super) fn holding_handle(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        leg: Leg,
    ) -> u32 {
        if let Some((handle, _)) = self.find_holding(account, instrument, leg) {
            return handle;
        }
        let mark = self.accounts[account.0 as usize].terms.mark;
        let handle = self
            .holdings
            .insert(Holding::new(account, instrument, leg, mark));
        self.holding_handles
            .insert((account.0, instrument.0, leg), handle);
        self.append_holding(handle);
        handle
    }

    /// Puts a holding at the end of its account's list.
    fn append_holding(&mut self, handle: u32) {
        let account = self.holdings.get(handle).account;
        let list = &mut self.accounts[account.0 as usize].holdings;
        let previous = list.last;
        list.last = handle;
        if previous == NIL {
            list.first = handle;
        } else {
            self.holdings.get_mut(previous).next = handle;
        }
        let holding = self.holdings.get_mut(handle);
        (holding.previous, holding.next) = (previous, NIL);
    }

    fn unlink_holding(&mut self, handle: u32) {
        let Holding {
            account,
            previous,
            next,
            ..
        } = *self.holdings.get(handle);
        let list = &mut self.accounts[account.0 as usize].holdings;
        if previous == NIL {
            list.first = next;
        } else {
            self.holdings.get_mut(previous).next = next;
        }
        if next == NIL {
            list.last = previous;
        } else {
            self.holdings.get_mut(next).previous = previous;
        }
    }

    /// A position was opened: it is its account's newest, and its marks are watched.
    pub(super) fn open_position(&mut self, handle: u32) {
        if self.holdings.get(handle).next != NIL {
            self.unlink_holding(handle);
            self.append_holding(handle);
        }
        self.watch(handle);
    }

    /// Gives an open position a row in the bands of its direction.
    pub(crate) fn watch(&mut self, handle: u32) {
        let holding = self.holdings.get_mut(handle);
        let market = &mut self.markets[holding.instrument.0 as usize];
        market.others_open += u32::from(holding.mark != MarkKind::Liquidation);
        let row = market.bands_mut(holding.lots, holding.mark).push(handle);
        if !std::mem::replace(&mut holding.row, Derived(row)).is_none() {
            self.stop_at(self.unexposed(handle));
        }
    }

    /// Takes a position's row out of the bands of the direction that it had.
    pub(super) fn unwatch(&mut self, handle: u32, direction: Lots) {
        let holding = self.holdings.get_mut(handle);
        let row = holding.row.0;
        let market = &mut self.markets[holding.instrument.0 as usize];
        market.others_open -= u32::from(holding.mark != MarkKind::Liquidation);
        let bands = market.bands_mut(direction, holding.mark);
        if bands.holdings().get(row as usize) != Some(&handle) {
            self.stop_at(self.unexposed(handle));
        }
        holding.row = Derived::NONE;
        if let Some(moved) = bands.remove(row) {
            let last = bands.len() as u32;
            if self.holdings.get(moved).row.0 != last {
                self.stop_at(self.unexposed(moved));
            }
            self.holdings.get_mut(moved).row.0 = row;
        }
    }

    /// Drops a holding in which nothing is held and nothing works.
    #[inline(never)]
    pub(super) fn drop_idle(&mut self, handle: u32) {
        let holding = self.holdings.get(handle);
        if holding.is_idle() {
            let key = (holding.account.0, holding.instrument.0, holding.leg);
            self.unlink_holding(handle);
            self.holding_handles.remove(key);
            self.holdings.remove(handle);
        }
    }

    /// The holdings of an account, oldest position first.
    pub(crate) fn account_holdings(&self, account: &Account) -> impl Iterator<Item = &Holding> {
        let mut handle = account.holdings.first;
        std::iter::from_fn(move || {
            (handle != NIL).then(|| {
                let holding = self.holdings.get(handle);
                handle = holding.next;
                holding
            })
        })
    }

    /// The market of a holding.
    #[inline(always)]
    pub(crate) fn market_of(&self, holding: &Holding) -> &Market {
        &self.markets[holding.instrument.0 as usize]
    }

    /// Value at the mark minus cost, exact; nothing where nothing is held.
    #[inline]
    pub(crate) fn unrealised(&self, holding: &Holding) -> Notional {
        unrealised(holding, self.market_of(holding))
    }

    /// What an account's positions come to at their marks, in one pass.
    #[inline(always)]
    pub(super) fn reckon(&self, account: &Account) -> Reckoning {
        let mut reckoning = Reckoning {
            equity: account.balance.to_notional(),
            positions: 0,
            notional: Notional::ZERO,
        };
        let is_plain = account.foreign.is_empty();
        for holding in self.account_holdings(account) {
            if holding.lots.0 == 0 {
                continue;
            }
            let market = self.market_of(holding);
            let mark = market.mark(holding.lots, holding.mark).unwrap_or(Ticks(0));
            let value = holding::value(mark, holding.lots, market.tick_value);
            let is_bound = is_plain && market.instrument.margin.maintenance.per_unit.0 == 0;
            let needed = if is_bound {
                // A requirement is rounded up to a unit of money.
                Notional(value.0.saturating_abs()).saturating_add(Notional(Notional::PER_MONEY))
            } else {
                Notional(i128::MAX)
            };
            reckoning.positions += 1;
            reckoning.notional = reckoning.notional.saturating_add(needed);
            let unrealised = value.saturating_sub(holding.cost);
            reckoning.equity = reckoning.equity.saturating_add(unrealised);
        }
        if !is_plain {
            reckoning.equity = self.equity_of(account);
        }
        reckoning
    }

    /// Balance of its own currency and of others at their conversion rates, rounded down.
    pub(crate) fn balance_of(&self, account: &Account) -> types::Money {
        if account.foreign.is_empty() {
            return account.balance;
        }
        let mut balance = i128::from(account.balance.0);
        for (currency, cash) in account.foreign.iter() {
            let worth = self.convert_floor(cash.to_notional(), currency, account.currency);
            balance += i128::from(worth.to_money_floor().0);
        }
        types::Money(balance.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// What the open day of an account is valued at: its equity, or its balance while nothing is open. They differ by less
    /// than a unit of money for each other currency, and verdicts on a flat account rest on its balance.
    pub(crate) fn day_worth_of(&self, account: &Account) -> Notional {
        if self.is_holding(account) {
            self.equity_of(account)
        } else {
            self.balance_of(account).to_notional()
        }
    }

    /// Balance plus unrealised profit at the mark, in the account's currency, exact but for the
    /// conversion of other currencies (1e-17, rounded down).
    #[inline]
    pub(crate) fn equity_of(&self, account: &Account) -> Notional {
        let mut equity = account.balance.to_notional().0;
        if account.foreign.is_empty() {
            for holding in self.account_holdings(account) {
                equity = equity.saturating_add(self.unrealised(holding).0);
            }
            return Notional(equity);
        }
        for holding in self.account_holdings(account) {
            if self.market_of(holding).currency == account.currency {
                equity = equity.saturating_add(self.unrealised(holding).0);
            }
        }
        for (currency, cash) in account.foreign.iter() {
            let mut worth = cash.to_notional().0;
            for holding in self.account_holdings(account) {
                if self.market_of(holding).currency == currency {
                    worth = worth.saturating_add(self.unrealised(holding).0);
                }
            }
            let worth = self.convert_floor(Notional(worth), currency, account.currency);
            equity = equity.saturating_add(worth.0);
        }
        Notional(equity)
    }
}
