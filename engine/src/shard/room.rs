//! How far marks may move before somebody must look: the bands of every position of an account, drawn from what its
//! limits, its margin and its competition leave of its equity.

use types::{AccountId, Funding, Lots, Money, Notional, Ticks};

use super::Shard;
use super::holdings::Reckoning;
use crate::account::Account;
use crate::bands::Band;
use crate::holding::{self, Holding, TickValue};
use crate::slab::NIL;

impl Shard {
    /// Gives every position of an account the band of marks in which nothing can happen to it.
    pub(super) fn set_bands(&mut self, id: AccountId) {
        self.catch_up(id);
        let reckoning = self.reckon(&self.accounts[id.0 as usize]);
        self.set_bands_at(id, &reckoning);
    }

    /// As [`Shard::set_bands`], of an account that is none of the high-water marks yet.
    pub(crate) fn find_bands(&mut self, id: AccountId) {
        let reckoning = self.reckon(&self.accounts[id.0 as usize]);
        self.draw_bands(id, &reckoning);
    }

    /// As [`Shard::set_bands`], between inputs: a position whose account's peak follows its mark goes among the
    /// high-water marks.
    pub(super) fn draw_bands(&mut self, id: AccountId, reckoning: &Reckoning) {
        let account = &self.accounts[id.0 as usize];
        let Some((trailing, best, retrace)) = self.trailing_of(account, reckoning) else {
            return self.set_bands_at(id, reckoning);
        };
        let room = self.room_within(account, reckoning, trailing.low, trailing.high);
        let Some(held) = self.oldest_position(id, |_, _| true) else {
            return;
        };
        self.note_floored(id, reckoning);
        let held = self.holdings.get(held);
        let market = &mut self.markets[held.instrument.0 as usize];
        let Some(mark) = market.mark(held.lots, held.mark) else {
            return;
        };
        let band = room.band(held, mark, market.tick_value);
        let bands = market.bands_mut(held.lots, held.mark);
        bands.set(held.row.0, mark, band.meet(Band::TRAILING));
        bands.high_water.start(held.row.0, retrace, best);
        self.accounts[id.0 as usize].is_trailing.0 = true;
    }

    #[inline(always)]
    fn note_floored(&mut self, id: AccountId, reckoning: &Reckoning) {
        let account = &mut self.accounts[id.0 as usize];
        let (low, _) = account.rules.quiet(false);
        account.is_floored.0 =
            account.is_trading() && !account.day_locked && reckoning.equity >= low;
        if !account.is_floored.0 && is_below(account, reckoning.equity) {
            self.note_below(id);
        }
    }

    #[cold]
    #[inline(never)]
    fn note_below(&mut self, id: AccountId) {
        self.below.push(id);
    }

    /// Whether an account stands below a floor, or below where it is to be warned of one.
    pub(crate) fn stands_below(&self, account: &Account) -> bool {
        is_below(account, self.equity_of(account))
    }

    #[inline(always)]
    pub(super) fn set_bands_at(&mut self, id: AccountId, reckoning: &Reckoning) {
        self.note_floored(id, reckoning);
        if reckoning.positions == 0 {
            return;
        }
        let account = &self.accounts[id.0 as usize];
        let near = self
            .room_of(account, reckoning)
            .map_or(-1, |room| room.near());
        let mut handle = account.holdings.first;
        while handle != NIL {
            let holding = self.holdings.get(handle);
            handle = holding.next;
            if holding.lots.0 == 0 {
                continue;
            }
            let market = &mut self.markets[holding.instrument.0 as usize];
            match market.mark(holding.lots, holding.mark) {
                Some(mark) if slope_of(holding, market.tick_value) <= near => {
                    market.bands_mut(holding.lots, holding.mark).set(
                        holding.row.0,
                        mark,
                        Band::near(mark),
                    );
                }
                _ => return self.set_close_bands(id, reckoning),
            }
        }
    }

    /// As [`Shard::set_bands_at`] where the room is less than [`NEAR_TICKS`] for some position, as it is
    /// where the next tick may move a peak.
    #[inline(never)]
    fn set_close_bands(&mut self, id: AccountId, reckoning: &Reckoning) {
        let account = &self.accounts[id.0 as usize];
        if self.trailing_of(account, reckoning).is_some() {
            // What the high-water marks noted in this input is not all its own: it joins them at the end.
            self.see(id).reckon(reckoning);
            return;
        }
        let room = self.room_of(account, reckoning);
        let mut handle = account.holdings.first;
        while handle != NIL {
            let holding = self.holdings.get(handle);
            handle = holding.next;
            if holding.lots.0 == 0 {
                continue;
            }
            let market = &mut self.markets[holding.instrument.0 as usize];
            let mark = market.mark(holding.lots, holding.mark).unwrap_or(Ticks(0));
            let band = room.map_or(Band::NONE, |room| {
                room.band(holding, mark, market.tick_value)
            });
            market
                .bands_mut(holding.lots, holding.mark)
                .set(holding.row.0, mark, band);
        }
    }

    /// Whether an account has a position in another currency, whose worth moves with two prices.
    #[cold]
    fn holds_abroad(&self, account: &Account) -> bool {
        let mut open = self
            .account_holdings(account)
            .filter(|held| held.lots != Lots(0));
        open.any(|held| self.market_of(held).currency != account.currency)
    }

    /// How far an account's equity may move before somebody must look; `None` when every mark counts.
    /// Cash of another currency moves with its rate alone, and a new rate draws new bands.
    #[inline(always)]
    fn room_of(&self, account: &Account, reckoning: &Reckoning) -> Option<Room> {
        if !account.foreign.is_empty() && self.holds_abroad(account) {
            return None;
        }
        let (low, high) = account.rules.quiet(account.day_locked);
        Some(self.room_within(account, reckoning, low, high))
    }

    /// As [`Shard::room_of`], of an account whose limits leave it this range of equity.
    #[inline(always)]
    fn room_within(
        &self,
        account: &Account,
        reckoning: &Reckoning,
        low: Notional,
        high: Notional,
    ) -> Room {
        let Reckoning {
            equity,
            positions,
            notional,
        } = *reckoning;
        let mut room = Room::among(positions);
        if account.is_trading() {
            room.meet(equity, low, high);
            if !matches!(account.terms.funding, Funding::Margin { .. }) {
            } else if notional <= equity {
                room.meet_margin(equity.saturating_sub(notional));
            } else {
                room.meet_margin(self.margin_slack(account, reckoning));
            }
        }
        if let Some((low, high)) = self.entry_quiet(account) {
            room.meet(equity, low, high);
        }
        room
    }

    /// Equity above the maintenance requirement of an account with margin, or less.
    #[cold]
    #[inline(never)]
    fn margin_slack(&self, account: &Account, reckoning: &Reckoning) -> Notional {
        let required = self.maintenance_required(account).unwrap_or(Money::ZERO);
        // Each position's requirement is rounded up by less than one unit of money.
        let rounded = i128::from(reckoning.positions) * Notional::PER_MONEY;
        reckoning
            .equity
            .saturating_sub(required.to_notional())
            .saturating_sub(Notional(rounded))
    }
}

/// Whether an account that has caught up is to be told of a limit at this equity.
#[inline(always)]
const fn is_below(account: &Account, equity: Notional) -> bool {
    account.is_trading() && !account.rules.is_clear(equity, account.day_locked)
}

/// How far equity may move before somebody must look, shared by the positions of one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    down: Notional,
    up: Notional,
    /// Each position gets `1 / 2^shift` of it.
    shift: u32,
}

/// An account that has room for so many ticks either way gets them without a closer look: a power of
/// two, so that no figure has to be shifted by another.
pub(super) const NEAR_TICKS: i64 = 1 << NEAR_BITS;
pub(super) const NEAR_BITS: u32 = 20;

impl Band {
    /// [`NEAR_TICKS`] either way.
    #[inline(always)]
    pub(super) const fn near(mark: Ticks) -> Self {
        Self {
            low: mark.0.saturating_sub(NEAR_TICKS),
            high: mark.0.saturating_add(NEAR_TICKS),
        }
    }
}

/// Below so many ticks a division finds the exact edge; above, a shift finds half of it or more.
const EXACT_TICKS: i128 = 64;

/// How much the equity of a position's account moves with a tick of its mark; above zero.
#[inline(always)]
pub(super) fn slope_of(holding: &Holding, tick_value: TickValue) -> i128 {
    let size = holding.lots.saturating_abs();
    holding::value(Ticks(1), size, tick_value).0
}

impl Room {
    /// No bounds yet, for so many positions.
    #[inline(always)]
    pub(super) const fn among(positions: u32) -> Self {
        Self {
            down: Notional(i128::MAX),
            up: Notional(i128::MAX),
            shift: if positions == 1 {
                0
            } else {
                positions.next_power_of_two().trailing_zeros()
            },
        }
    }

    #[inline(always)]
    pub(super) fn meet(&mut self, equity: Notional, low: Notional, high: Notional) {
        self.down = self.down.min(equity.saturating_sub(low));
        self.up = self.up.min(high.saturating_sub(equity));
    }

    /// `slack`: equity above the maintenance requirement. A requirement of at most the whole notional
    /// moves at most as fast as equity does, and either way: so both have half of it.
    #[inline(always)]
    pub(super) fn meet_margin(&mut self, slack: Notional) {
        let half = Notional(slack.0 >> 1);
        self.down = self.down.min(half);
        self.up = self.up.min(half);
    }

    /// The most equity per tick that leaves a position [`NEAR_TICKS`] either way.
    #[inline(always)]
    pub(super) fn near(&self) -> i128 {
        let least = self.down.min(self.up).0 >> NEAR_BITS;
        if self.shift == 0 {
            least
        } else {
            least >> self.shift
        }
    }

    /// The marks at which a position moves its account's equity by no more than its share of the room.
    /// Never wider than that; narrower by up to a half, which costs one more look on the way.
    fn band(&self, holding: &Holding, mark: Ticks, tick_value: TickValue) -> Band {
        let slope = slope_of(holding, tick_value);
        if slope <= 0 || self.down.0 < 0 || self.up.0 < 0 {
            return Band::NONE;
        }
        let bits = 128 - slope.leading_zeros();
        let down = self.ticks(self.down, bits, slope);
        let up = self.ticks(self.up, bits, slope);
        let (below, above) = if holding.lots.0 > 0 {
            (down, up)
        } else {
            (up, down)
        };
        Band {
            low: mark.0.saturating_sub(below),
            high: mark.0.saturating_add(above),
        }
    }

    /// Ticks in a position's share of the room, which is not below zero.
    #[inline]
    fn ticks(&self, room: Notional, slope_bits: u32, slope: i128) -> i64 {
        let share = room.0 >> self.shift;
        let near = share >> slope_bits;
        let ticks = if near < EXACT_TICKS {
            share / slope
        } else {
            near
        };
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }
}
