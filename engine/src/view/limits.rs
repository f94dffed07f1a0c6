//! Limits as a trader looks at them: how far away, what moved them, and the prices that break them.

use rules::{AccountRules, FloorStand, Limit};
use types::{
    AccountId, InstrumentId, Label, Leg, Lots, MarkKind, Money, Notional, Price, Ratio, Side, Ticks,
};

use crate::account::{Account, CurrencyId, EachLimit, Move};
use crate::holding::{self, Holding};
use crate::market::Touch;
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
    /// The share of the limit that is used: [`rules::limit::used`].
    pub used: Option<Ratio>,
    /// What its floor does.
    pub stand: FloorStand,
    /// What moved it last.
    pub moved: Option<Move>,
    /// For each instrument in which something is open the price that violates the limit while the others
    /// keep their marks. A price at or below zero is left out, unless the mark is there already; so is
    /// an instrument whose long and short positions are equally large.
    pub breach_prices: Vec<BreachPrice>,
    /// The marks that violate the limit together; `None` without open positions.
    pub line: Option<BreachLine>,
}

/// The price at which a limit breaks: bid and ask move together, as far apart as they are now, and
/// conversion rates stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachPrice {
    /// The instrument whose price it is.
    pub instrument: InstrumentId,
    /// Its name.
    pub symbol: Label,
    /// `Buy`: the bid (a long position is marked there); `Sell`: the ask. Of a long and a short position
    /// the side of the larger one.
    pub side: Side,
    /// What the account's positions are valued at: where that is no side of the quote, the price is one of
    /// the middle, or of a print.
    pub mark: MarkKind,
    /// The first price, a multiple of the tick size, that violates the limit.
    pub price: Price,
    /// Of an instrument in another currency the rate that is assumed: units of the account's for one.
    pub conversion: Option<Price>,
}

/// The marks at which a limit breaks: it is violated when the changes of the marks, each times its
/// `per_tick`, sum to less than minus the room, or to exactly that where a touch is a breach. Conversion
/// rates stay what they are; a term in another currency is rounded down to 1e-17.
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
    /// Of an instrument in another currency the rate that is assumed: units of the account's for one.
    pub conversion: Option<Price>,
}

/// What an account holds and is worth, as it is or as it would be.
#[derive(Debug, Clone)]
pub(super) struct Worth {
    pub(super) equity: Notional,
    /// Open positions, oldest first.
    pub(super) positions: Vec<Holding>,
    /// An instrument whose quote is another one than that of now.
    pub(super) shown: Option<(InstrumentId, Touch)>,
}

impl Shard {
    /// What an account holds and is worth now.
    pub(super) fn worth_of(&self, account: &Account) -> Worth {
        let held = self.account_holdings(account);
        Worth {
            equity: self.equity_of(account),
            positions: held.filter(|held| held.lots.0 != 0).copied().collect(),
            shown: None,
        }
    }

    /// What values a position.
    fn mark_in(&self, worth: &Worth, held: &Holding) -> Option<Ticks> {
        let market = self.market_of(held);
        let shown = worth.shown.filter(|(id, _)| *id == held.instrument);
        match (shown, held.mark) {
            (Some((_, touch)), MarkKind::Mid) => Some(touch.middle(held.lots)),
            (Some((_, touch)), MarkKind::Liquidation) => Some(touch.closing(held.lots)),
            // A quote is no print.
            (Some((_, touch)), MarkKind::Last) if market.last.is_none() => {
                Some(touch.closing(held.lots))
            }
            _ => market.mark(held.lots, held.mark),
        }
    }

    /// What an account has in one currency, with `more` cash.
    pub(super) fn sum_in(
        &self,
        account: &Account,
        worth: &Worth,
        currency: CurrencyId,
        more: Money,
    ) -> Notional {
        let cash = account.cash_of(currency).saturating_add(more);
        let positions = worth.positions.iter();
        let open = positions.filter(|held| self.market_of(held).currency == currency);
        open.fold(cash.to_notional(), |sum, held| {
            let mark = self.mark_in(worth, held).unwrap_or(Ticks(0));
            let value = holding::value(mark, held.lots, self.market_of(held).tick_value);
            sum.saturating_add(value.saturating_sub(held.cost))
        })
    }

    /// The rate from another currency to the account's.
    fn rate_of(&self, account: &Account, currency: CurrencyId) -> Option<Price> {
        (currency != account.currency)
            .then(|| Price(self.conversion(currency, account.currency).unwrap_or(0)))
    }

    /// `rules` and `moved`: the account's, as they are or as they would be.
    pub(super) fn limit_views(
        &self,
        account: &Account,
        rules: &AccountRules,
        moved: &EachLimit<Option<Move>>,
        worth: &Worth,
    ) -> Vec<LimitView> {
        let limits = rules.limits();
        limits
            .map(|limit| self.limit_view(account, rules, worth, (limit, moved.of(limit.rule))))
            .collect()
    }

    fn limit_view(
        &self,
        account: &Account,
        rules: &AccountRules,
        worth: &Worth,
        (limit, moved): (&Limit, Option<Move>),
    ) -> LimitView {
        let plan = &self.plans[account.plan.0 as usize].plan;
        let equity = worth.equity;
        let room = Notional(equity.0.saturating_sub(limit.floor.to_notional().0));
        let mut instruments: Vec<InstrumentId> = Vec::new();
        for held in &worth.positions {
            if !instruments.contains(&held.instrument) {
                instruments.push(held.instrument);
            }
        }
        LimitView {
            limit: *limit,
            distance: room.to_money_floor(),
            distance_ppm: ppm_of(room, equity),
            used: limit.used(equity),
            stand: rules.floor_stand(plan, limit.rule),
            moved,
            breach_prices: instruments
                .into_iter()
                .filter_map(|instrument| self.breach_price(account, worth, instrument, limit))
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
            let per_tick =
                self.convert_floor(Notional(per_tick), market.currency, account.currency);
            Some(LineTerm {
                instrument: position.instrument,
                symbol: market.instrument.symbol,
                leg: position.leg,
                mark: self
                    .mark_in(worth, position)
                    .map(|mark| market.instrument.price(mark)),
                per_tick,
                conversion: self.rate_of(account, market.currency),
            })
        };
        let terms: Option<Vec<_>> = worth.positions.iter().map(term).collect();
        terms
            .filter(|terms| !terms.is_empty())
            .map(|terms| BreachLine { room, terms })
    }

    /// The first price of an instrument, moving against what is held there, that violates the limit.
    fn breach_price(
        &self,
        account: &Account,
        worth: &Worth,
        instrument: InstrumentId,
        limit: &Limit,
    ) -> Option<BreachPrice> {
        let own = worth
            .positions
            .iter()
            .filter(|held| held.instrument == instrument);
        let lots = own
            .clone()
            .map(|held| i128::from(held.lots.0))
            .sum::<i128>();
        // All of an account's positions have the mark of its plan.
        let kind = own.clone().next()?.mark;
        let net = Holding {
            lots: Lots(i64::try_from(lots).ok().filter(|&lots| lots != 0)?),
            ..Holding::new(AccountId(0), instrument, Leg::Net, kind)
        };
        let market = self.market_of(&net);
        let mark = self.mark_in(worth, &net)?;
        let slope = market.tick_value.exact.0.checked_mul(lots)?;
        let now = self.sum_in(account, worth, market.currency, Money::ZERO);
        let convert = |sum| self.convert_floor(sum, market.currency, account.currency);
        let others = worth.equity.saturating_sub(convert(now));
        let breaks = |price: i64| {
            let moved = (i128::from(price) - i128::from(mark.0)).saturating_mul(slope);
            limit
                .is_breached_by(others.saturating_add(convert(now.saturating_add(Notional(moved)))))
        };
        // The highest price that breaks what is long, the lowest that breaks what is short.
        let is_long = lots > 0;
        let (worst, best) = if is_long {
            (i64::MIN, i64::MAX)
        } else {
            (i64::MAX, i64::MIN)
        };
        let price = last_where(worst, best, breaks)?;
        if price <= 0 && mark > Ticks(0) {
            return None;
        }
        Some(BreachPrice {
            instrument,
            symbol: market.instrument.symbol,
            side: if is_long { Side::Buy } else { Side::Sell },
            mark: kind,
            price: market.instrument.price(Ticks(price)),
            conversion: self.rate_of(account, market.currency),
        })
    }
}

/// The last number on the way from one to another where a condition holds that holds first and then no
/// more; `None` where it holds never or always.
fn last_where(from: i64, to: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    if !holds(from) || holds(to) {
        return None;
    }
    let (mut inside, mut outside) = (i128::from(from), i128::from(to));
    while (outside - inside).abs() > 1 {
        let middle = (inside + outside).div_euclid(2);
        if holds(middle as i64) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Some(inside as i64)
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
