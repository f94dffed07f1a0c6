//! Limits as a trader looks at them: how far away, what moved them, and the prices that break them.

use rules::{AccountRules, Limit};
use types::{InstrumentId, Label, Leg, Money, Notional, Price, RuleKind, Side, Ticks};

use crate::account::{Account, Move};
use crate::holding::Holding;
use crate::shard::Shard;

/// A limit of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitView {
    /// The limit as it stands.
    pub limit: Limit,
    /// Equity minus floor, rounded down.
    pub distance: Money,
    /// The distance in millionths of equity, rounded down; `None` where equity is not above zero.
    pub distance_ppm: Option<i64>,
    /// The part of the allowance that is used, in millionths; below zero in profit.
    pub used_ppm: i64,
    /// What moved it last.
    pub moved: Option<Move>,
    /// For each open position the price that violates the limit while the other positions keep
    /// their marks. A price at or below zero is left out, unless the mark is there already.
    pub breach_prices: Vec<BreachPrice>,
    /// The marks that violate the limit together; `None` with a position in another currency.
    pub line: Option<BreachLine>,
}

/// The price at which a limit breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachPrice {
    /// The instrument whose price it is.
    pub instrument: InstrumentId,
    /// Its name.
    pub symbol: Label,
    /// `Buy`: the bid (a long position is marked there); `Sell`: the ask.
    pub side: Side,
    /// The first price, a multiple of the tick size, that violates the limit.
    pub price: Price,
}

/// The marks at which a limit breaks: it is violated when the changes of the marks, each times its
/// `per_tick`, sum to less than minus the room, or to exactly that where a touch is a breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachLine {
    /// Equity less floor, exact.
    pub room: Notional,
    /// One for each open position.
    pub terms: Vec<LineTerm>,
}

/// A position's part in a [`BreachLine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTerm {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Its name.
    pub symbol: Label,
    /// Which position.
    pub leg: Leg,
    /// The mark of now.
    pub mark: Option<Price>,
    /// What one tick upward adds to equity; below zero for a short position.
    pub per_tick: Notional,
}

/// What an account holds and is worth, as it is or as it would be.
#[derive(Debug, Clone)]
pub(super) struct Worth {
    pub(super) equity: Notional,
    /// Open positions, oldest first.
    pub(super) positions: Vec<Holding>,
}

impl Shard {
    /// What an account holds and is worth now.
    pub(super) fn worth_of(&self, account: &Account) -> Worth {
        let held = self.account_holdings(account);
        Worth {
            equity: self.equity_of(account),
            positions: held.filter(|held| held.lots.0 != 0).copied().collect(),
        }
    }

    /// `rules`: the account's, as they are or as they would be.
    pub(super) fn limit_views(
        &self,
        account: &Account,
        rules: &AccountRules,
        worth: &Worth,
    ) -> Vec<LimitView> {
        let limits = rules.limits();
        limits
            .map(|limit| self.limit_view(account, worth, limit))
            .collect()
    }

    fn limit_view(&self, account: &Account, worth: &Worth, limit: &Limit) -> LimitView {
        let equity = worth.equity;
        let room = Notional(equity.0.saturating_sub(limit.floor.to_notional().0));
        let prices = worth.positions.iter();
        LimitView {
            limit: *limit,
            distance: room.to_money_floor(),
            distance_ppm: ppm_of(room, equity),
            used_ppm: used_ppm(limit, equity),
            moved: match limit.rule {
                RuleKind::DailyLoss => account.moved.daily,
                RuleKind::MaxLoss => account.moved.max,
            },
            breach_prices: prices
                .filter_map(|position| self.breach_price(account, equity, position, limit))
                .collect(),
            line: self.breach_line(account, worth, room),
        }
    }

    fn breach_line(&self, account: &Account, worth: &Worth, room: Notional) -> Option<BreachLine> {
        let term = |position: &Holding| {
            let market = self.market_of(position);
            let per_tick = market
                .tick_value
                .exact
                .0
                .checked_mul(i128::from(position.lots.0))?;
            (market.currency == account.currency).then(|| LineTerm {
                instrument: position.instrument,
                symbol: market.instrument.symbol,
                leg: position.leg,
                mark: market
                    .mark(position.lots, position.mark)
                    .map(|mark| market.instrument.price(mark)),
                per_tick: Notional(per_tick),
            })
        };
        let terms: Option<Vec<_>> = worth.positions.iter().map(term).collect();
        terms
            .filter(|terms| !terms.is_empty())
            .map(|terms| BreachLine { room, terms })
    }

    /// The first price of the position's instrument, moving against it, that violates the limit.
    fn breach_price(
        &self,
        account: &Account,
        equity: Notional,
        position: &Holding,
        limit: &Limit,
    ) -> Option<BreachPrice> {
        let market = self.market_of(position);
        if market.currency != account.currency {
            return None;
        }
        // equity(mark) = rest + mark * slope, with the other positions at their marks.
        let slope = market
            .tick_value
            .exact
            .0
            .checked_mul(i128::from(position.lots.0))?;
        let rest = equity
            .0
            .checked_sub(self.unrealised(position).0)?
            .checked_sub(position.cost.0)?;
        let room = limit.floor.to_notional().0.checked_sub(rest)?;
        let ticks = match (slope > 0, limit.touch_is_breach) {
            // Long: the highest mark with rest + mark * slope below (or at) the floor.
            (true, false) => div_ceil(room, slope).saturating_sub(1),
            (true, true) => room.div_euclid(slope),
            // Short: the lowest such mark.
            (false, false) => room
                .checked_neg()?
                .div_euclid(slope.checked_neg()?)
                .saturating_add(1),
            (false, true) => div_ceil(room.checked_neg()?, slope.checked_neg()?),
        };
        let is_below_zero = market.mark(position.lots, position.mark)? <= Ticks(0);
        let ticks = i64::try_from(ticks)
            .ok()
            .filter(|&ticks| ticks > 0 || is_below_zero)?;
        let ticks = Ticks(ticks);
        Some(BreachPrice {
            instrument: position.instrument,
            symbol: market.instrument.symbol,
            side: if slope > 0 { Side::Buy } else { Side::Sell },
            price: market.instrument.price(ticks),
        })
    }
}

const fn div_ceil(dividend: i128, divisor: i128) -> i128 {
    let has_rest = dividend.rem_euclid(divisor) != 0;
    dividend.div_euclid(divisor) + has_rest as i128
}

/// A share in millionths, rounded down.
fn ppm_of(part: Notional, whole: Notional) -> Option<i64> {
    if whole.0 <= 0 {
        return None;
    }
    // To money first: no figure in sight is out of range then.
    let part = i128::from(part.to_money_floor().0);
    let whole = i128::from(whole.to_money_ceil().0);
    i64::try_from((part * 1_000_000).div_euclid(whole)).ok()
}

pub(super) fn used_ppm(limit: &Limit, equity: Notional) -> i64 {
    let top = limit
        .floor
        .to_notional()
        .0
        .saturating_add(limit.allowance.to_notional().0);
    let used = top.saturating_sub(equity.0).div_euclid(Notional::PER_MONEY);
    let allowance = i128::from(limit.allowance.0.max(1));
    i64::try_from(used.saturating_mul(1_000_000) / allowance).unwrap_or(i64::MAX)
}
