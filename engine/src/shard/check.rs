//! The checks of an order at the door, in the order in which [`DenyReason`] lists them.

use std::hint::select_unpredictable;

use types::{
    DenyReason, DisplayFault, Funding, Instrument, InstrumentStatus, Leg, Lots, NewOrder, OrderId,
    OrderKind, PositionMode, Price, Qty, Ratio, Side, SignedQty, Ticks, TimeInForce,
    TimeInForceFault, Trail,
};

use super::Shard;
use super::funds::{Replaced, is_small};
use crate::account::{Account, CurrencyId, FOREIGN_MAX};
use crate::book::key_of;
use crate::holding::{self, Holding};
use crate::market::Market;
use crate::order::is_closing;

/// An order in the grid of its instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked {
    pub(super) lots: Lots,
    /// Limit price; 0 where it has none.
    pub(super) limit: Ticks,
    /// Trigger; 0 where it has none, or follows the price.
    pub(super) trigger: Ticks,
    pub(super) display: Lots,
}

/// An order as most are, in the grid of its instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    pub(super) lots: Lots,
    pub(super) limit: Ticks,
    /// Handle of what the account holds of it, or aims at, already.
    pub(super) holding: Option<u32>,
}

/// What an order is checked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// An order of its own.
    Whole,
    /// An order of a list that enters at once.
    Member,
    /// An exit of a bracket or cover.
    Exit,
    /// An order that waits for another.
    Child,
    /// A child of an algo.
    Slice,
}

/// Orders of a list that are accepted together with a checked one and come before it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Earlier<'a> {
    pub(super) orders: u32,
    /// Those that need not close.
    pub(super) openers: u32,
    /// Lots of those that may open or enlarge a position.
    pub(super) buys: Lots,
    pub(super) sells: Lots,
    /// Those that have to be paid for beside it: of an OTO all, of an OCO none, as the first that executes ends the
    /// others.
    pub(super) paid: &'a [NewOrder],
}

/// Who sends an order and what it is about, looked up once for all its checks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) account: &'a Account,
    pub(super) market: &'a Market,
    /// What the account holds of it, or aims at, already.
    pub(super) held: Option<&'a Holding>,
}

impl Shard {
    /// Every check of an order. `earlier`: orders of its list before it, which need room as well.
    pub(super) fn check_order(
        &self,
        request: &NewOrder,
        part: Part,
        earlier: Earlier<'_>,
    ) -> Result<Checked, DenyReason> {
        let desk = self.desk(request);
        self.check_sender(&desk, request, part)?;
        let market = desk.market;
        let lots = check_qty(&market.instrument, request.qty)?;
        let (limit, trigger) = check_prices(&market.instrument, request.kind)?;
        let display = self.check_terms(&desk, request, part, lots)?;
        self.check_currency(&desk)?;
        check_market(request, market)?;
        check_priced(&desk, request)?;
        let checked = Checked {
            lots,
            limit,
            trigger,
            display,
        };
        check_collar(request, market, limit)?;
        check_direction(&desk, request, part, lots)?;
        if desk.account.has_conduct {
            self.check_conduct(&desk, request, part, lots, earlier)?;
        }
        let price = valued_at(request, market, &checked);
        check_size(&desk, request, lots, price, Lots(0))?;
        if part != Part::Exit {
            let replaced = Replaced::default();
            self.check_funds(&desk, request, lots, price, replaced, earlier.paid)?;
        }
        self.check_room(&desk, request, limit, part, earlier.orders)?;
        check_post_only(request, market, limit)?;
        Ok(checked)
    }

    /// The checks of an order as most are: a limit order of its own, netted, in its account's currency, on
    /// an open market with a price and without anything special, free to go short, whose whole notional its account's
    /// equity covers. `None` when anything is out of the ordinary or to be refused: then
    /// [`Shard::check_order`] decides. The account trades.
    #[inline(always)]
    pub(super) fn check_plain(&self, request: &NewOrder) -> Option<Plain> {
        let OrderKind::Limit { price } = request.kind else {
            return None;
        };
        if request.display != Qty::ZERO
            || request.post_only
            || request.reduce_only
            || request.leg != Leg::Net
            || !matches!(
                request.tif,
                TimeInForce::GoodTillCancel | TimeInForce::Day | TimeInForce::ImmediateOrCancel
            )
        {
            return None;
        }
        let found = self.find_holding(request.account, request.instrument, Leg::Net);
        let desk = self.desk_of(request, found);
        let (account, market) = (desk.account, desk.market);
        if account.terms.mode != PositionMode::Netting
            || account.has_conduct
            || !market.is_plain
            || !market.can_trade()
            || market.currency != account.currency
            // Not lazily: the side is a coin toss.
            || request.side as u8 > u8::from(market.allows_shorts(&account.terms))
            || self.is_repeated(request.account.0, request.client_order.0)
        {
            return None;
        }
        let limits = &self.limits;
        if account.orders_len >= limits.account_orders_max
            || self.orders.len() >= limits.orders_max
            || (desk.held.is_none() && self.holdings.len() >= limits.positions_max)
            || market.book.ladder(request.side).levels_bound() >= limits.book_levels_max
            || request.qty.0 <= 0
            || request.qty > market.instrument.order_qty_max
            || price.0 <= 0
        {
            return None;
        }
        let lots = Lots(market.lot_grid.steps(request.qty.0)?);
        let limit = Ticks(market.tick_grid.steps(price.0)?);
        let is_small = is_small(&desk, lots, limit);
        debug_assert!(!is_small || self.passes_exactly(&desk, request, lots, limit));
        (is_small || self.passes_closely(request, lots, limit)).then_some(Plain {
            lots,
            limit,
            holding: found.map(|(handle, _)| handle),
        })
    }

    /// Size and funds, as [`Shard::check_order`] finds them.
    fn passes_exactly(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        limit: Ticks,
    ) -> bool {
        let replaced = Replaced::default();
        check_size(desk, request, lots, limit, Lots(0)).is_ok()
            && self
                .check_funds(desk, request, lots, limit, replaced, &[])
                .is_ok()
    }

    /// Size and funds of an order for which [`is_small`] says nothing.
    #[inline(never)]
    fn passes_closely(&self, request: &NewOrder, lots: Lots, limit: Ticks) -> bool {
        let desk = self.desk(request);
        check_size(&desk, request, lots, limit, Lots(0)).is_ok()
            && self.is_covered(&desk, request, lots, limit)
    }

    /// Why an order would be refused now; its sender's rate is not counted.
    ///
    /// # Errors
    /// Account or instrument is unknown.
    pub fn would_deny(&self, request: &NewOrder) -> Result<Option<DenyReason>, DenyReason> {
        self.check_known(request)?;
        let checked = self.check_order(request, Part::Whole, Earlier::default());
        Ok(checked.err())
    }

    /// Looks up who sends an order and what it is about. Account and instrument are known.
    #[inline(always)]
    pub(super) fn desk(&self, request: &NewOrder) -> Desk<'_> {
        self.desk_of(
            request,
            self.find_holding(request.account, request.instrument, request.leg),
        )
    }

    #[inline(always)]
    fn desk_of<'a>(&'a self, request: &NewOrder, found: Option<(u32, &'a Holding)>) -> Desk<'a> {
        Desk {
            account: &self.accounts[request.account.0 as usize],
            market: &self.markets[request.instrument.0 as usize],
            held: found.map(|(_, held)| held),
        }
    }

    /// Account and instrument are known.
    #[inline(always)]
    pub(super) fn check_known(&self, request: &NewOrder) -> Result<(), DenyReason> {
        if request.account.0 as usize >= self.accounts.len() {
            return Err(DenyReason::UnknownAccount);
        }
        if request.instrument.0 as usize >= self.markets.len() {
            return Err(DenyReason::UnknownInstrument);
        }
        Ok(())
    }

    /// The account may send. Its rate was counted before.
    #[inline(always)]
    fn check_sender(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        part: Part,
    ) -> Result<(), DenyReason> {
        desk.account.check_trading()?;
        if part != Part::Slice && self.is_repeated(request.account.0, request.client_order.0) {
            return Err(DenyReason::DuplicateClientOrder);
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn is_repeated(&self, account: u32, client: u128) -> bool {
        client != 0 && self.has_used(account, client)
    }

    #[inline(never)]
    fn has_used(&self, account: u32, client: u128) -> bool {
        self.client_orders.get((account, client)).is_some()
    }

    /// Display, time in force and leg go together with the rest; the display in lots.
    #[inline(always)]
    fn check_terms(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        part: Part,
        lots: Lots,
    ) -> Result<Lots, DenyReason> {
        let market = desk.market;
        let display = if request.display == Qty::ZERO {
            Lots(0)
        } else {
            check_display(request, market, lots).map_err(DenyReason::BadDisplay)?
        };
        let is_market = request.kind == OrderKind::Market;
        let is_limit = matches!(request.kind, OrderKind::Limit { .. });
        let goes_together = match request.tif {
            TimeInForce::GoodTillCancel | TimeInForce::Day => true,
            TimeInForce::GoodTillDate { until } => !is_market && until > self.ts,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => is_market || is_limit,
            TimeInForce::AtOpen | TimeInForce::AtClose => {
                (is_market || is_limit) && matches!(part, Part::Whole | Part::Slice)
            }
        };
        let rests = matches!(
            request.tif,
            TimeInForce::GoodTillCancel | TimeInForce::Day | TimeInForce::GoodTillDate { .. }
        );
        if !goes_together || (request.post_only && !(is_limit && rests)) {
            return Err(DenyReason::BadTimeInForce(self.tif_fault(request, part)));
        }
        if (desk.account.terms.mode == PositionMode::Netting) != (request.leg == Leg::Net) {
            return Err(DenyReason::BadLeg);
        }
        Ok(display)
    }

    /// What the time in force of an order that was found wrong does not go with.
    #[cold]
    #[inline(never)]
    fn tif_fault(&self, request: &NewOrder, part: Part) -> TimeInForceFault {
        let is_market = request.kind == OrderKind::Market;
        let is_limit = matches!(request.kind, OrderKind::Limit { .. });
        match request.tif {
            TimeInForce::GoodTillDate { .. } if is_market => TimeInForceFault::Kind,
            TimeInForce::GoodTillDate { until } if until <= self.ts => {
                TimeInForceFault::Over { after: self.ts }
            }
            TimeInForce::ImmediateOrCancel
            | TimeInForce::FillOrKill
            | TimeInForce::AtOpen
            | TimeInForce::AtClose
                if !is_market && !is_limit =>
            {
                TimeInForceFault::Kind
            }
            TimeInForce::AtOpen | TimeInForce::AtClose
                if !matches!(part, Part::Whole | Part::Slice) =>
            {
                TimeInForceFault::List
            }
            _ => TimeInForceFault::PostOnly,
        }
    }

    #[inline(always)]
    pub(super) fn check_currency(&self, desk: &Desk<'_>) -> Result<(), DenyReason> {
        let account = desk.account;
        let currency = desk.market.currency;
        if currency == account.currency {
            return Ok(());
        }
        if self.conversion(currency, account.currency).is_none() {
            return Err(DenyReason::NoConversion);
        }
        if self.would_hold_too_many(account, currency) {
            return Err(DenyReason::CurrenciesMax {
                max: FOREIGN_MAX as u32,
            });
        }
        Ok(())
    }

    /// Whether this currency would be one more, beside those that are held or traded, than there may be.
    fn would_hold_too_many(&self, account: &Account, currency: CurrencyId) -> bool {
        let mut found = [None; FOREIGN_MAX];
        let held = account.foreign.iter().map(|(held, _)| held);
        let traded = self
            .account_holdings(account)
            .map(|holding| self.market_of(holding).currency);
        for other in held.chain(traded).chain([currency]) {
            if other == account.currency || found.contains(&Some(other)) {
                continue;
            }
            match found.iter_mut().find(|place| place.is_none()) {
                Some(place) => *place = Some(other),
                None => return true,
            }
        }
        false
    }

    /// Every named limit that the order would pass.
    #[inline(always)]
    fn check_room(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        limit: Ticks,
        part: Part,
        earlier: u32,
    ) -> Result<(), DenyReason> {
        let limits = &self.limits;
        // An immediate order never rests, so full lists cannot keep anybody from closing a position.
        let may_rest = may_rest(request.kind, request.tif);
        if may_rest || self.is_under_way(request, part, earlier) {
            let account = desk.account;
            if account.orders_len + earlier >= limits.account_orders_max {
                return Err(DenyReason::AccountOrdersMax {
                    max: limits.account_orders_max,
                });
            }
            if self.orders.len() + earlier >= limits.orders_max {
                return Err(DenyReason::OrdersMax {
                    max: limits.orders_max,
                });
            }
        }
        if self.holdings.len() >= limits.positions_max && desk.held.is_none() {
            return Err(DenyReason::PositionsMax {
                max: limits.positions_max,
            });
        }
        let has_limit = matches!(
            request.kind,
            OrderKind::Limit { .. } | OrderKind::StopLimit { .. }
        );
        if has_limit && may_rest {
            self.check_levels(desk.market, request.side, limit)?;
        }
        Ok(())
    }

    /// Whether an order works before it enters: it waits for its parent, or flies.
    #[inline(always)]
    fn is_under_way(&self, request: &NewOrder, part: Part, earlier: u32) -> bool {
        match part {
            Part::Exit | Part::Child => true,
            Part::Slice => false,
            Part::Whole | Part::Member => {
                let id = OrderId(self.last_order.0 + 1 + u64::from(earlier));
                self.latency(request.instrument, id).order_ns > 0
            }
        }
    }

    /// Whether the book has room for a level at this price.
    #[inline(always)]
    pub(super) fn check_levels(
        &self,
        market: &Market,
        side: Side,
        limit: Ticks,
    ) -> Result<(), DenyReason> {
        if self.has_level(market, side, limit) {
            return Ok(());
        }
        Err(DenyReason::LevelsMax {
            max: self.limits.book_levels_max,
        })
    }

    /// Whether an order at this price has a level, or finds room for one.
    #[inline(always)]
    pub(super) fn has_level(&self, market: &Market, side: Side, limit: Ticks) -> bool {
        let ladder = market.book.ladder(side);
        let max = self.limits.book_levels_max;
        !market.is_crossed()
            || ladder.levels_bound() < max
            || ladder.len_at(key_of(side, limit)) != 0
            || ladder.levels() < max
    }
}

/// What must reduce does, and what may not go short does not.
#[inline(always)]
fn check_direction(
    desk: &Desk<'_>,
    request: &NewOrder,
    part: Part,
    lots: Lots,
) -> Result<(), DenyReason> {
    if !is_closing(request) {
        return check_short(desk, request, lots, Lots(0));
    }
    if matches!(part, Part::Exit | Part::Child) {
        return Ok(());
    }
    let held = desk.held.map_or(Lots(0), |held| held.lots);
    let reduces = match request.side {
        Side::Buy => held.0 < 0,
        Side::Sell => held.0 > 0,
    };
    if reduces {
        return Ok(());
    }
    Err(DenyReason::NotReducing {
        position: desk.market.signed_qty(held),
    })
}

/// Whether the sale would go short where that is not allowed. `replaced`: leaves of the order that
/// this one takes the place of.
#[inline(always)]
pub(super) fn check_short(
    desk: &Desk<'_>,
    request: &NewOrder,
    lots: Lots,
    replaced: Lots,
) -> Result<(), DenyReason> {
    if request.side == Side::Buy || desk.market.allows_shorts(&desk.account.terms) {
        return Ok(());
    }
    let available = desk.held.map_or(0, |held| {
        let sells = held.sells().0.saturating_sub(replaced.0);
        held.lots.0.max(0).saturating_sub(sells).max(0)
    });
    if lots.0 > available {
        return Err(DenyReason::ShortNotAllowed {
            available: desk.market.instrument.qty(Lots(available)),
        });
    }
    Ok(())
}

/// Whether the position that the order aims at, working orders included, is within what the engine
/// holds exactly, at its price and at that of the market. `replaced`: leaves of the order that this one takes the place of.
#[inline(always)]
pub(super) fn check_size(
    desk: &Desk<'_>,
    request: &NewOrder,
    lots: Lots,
    price: Ticks,
    replaced: Lots,
) -> Result<(), DenyReason> {
    let is_closing = is_closing(request);
    let aimed = match (desk.held, request.side) {
        (None, _) => Lots(0),
        (Some(held), _) if is_closing => held.lots.saturating_abs(),
        (Some(held), side) => select_unpredictable(
            side == Side::Buy,
            held.lots.saturating_add(held.buys()),
            held.sells().saturating_sub(held.lots),
        ),
    };
    let replaced = if is_closing { Lots(0) } else { replaced };
    let aimed = aimed.saturating_sub(replaced).saturating_add(lots);
    let market = desk.market;
    // What it opens may be worth what the market is at, and not what it asked for.
    let price = match market.offered(request.side) {
        Some(offered) if !is_closing => {
            Ticks(price.0.saturating_abs().max(offered.0.saturating_abs()))
        }
        _ => price,
    };
    if holding::is_within_range(price, aimed, market.tick_value, market.tick_lots_max) {
        Ok(())
    } else {
        Err(out_of_range(market, price, aimed))
    }
}

/// A position that is larger than the engine holds exactly, and the largest at this price.
#[cold]
#[inline(never)]
fn out_of_range(market: &Market, price: Ticks, aimed: Lots) -> DenyReason {
    let max = holding::lots_max(price, market.tick_value);
    DenyReason::PositionOutOfRange {
        aimed: market.instrument.qty(aimed),
        max: market.instrument.qty(max),
    }
}

impl Market {
    /// A position in the quantity of the instrument.
    pub(crate) const fn signed_qty(&self, lots: Lots) -> SignedQty {
        SignedQty(lots.0.saturating_mul(self.instrument.lot_size.0))
    }

    /// Whether an open market has nothing that a limit order would trade with.
    #[inline]
    pub(super) fn meets_nobody(&self, side: Side, limit: Ticks) -> bool {
        if !self.is_crossed() {
            return self.would_take(side, limit).is_none();
        }
        let opposite = side.opposite();
        let ladder = self.book.ladder(opposite);
        !ladder.reaches(key_of(opposite, limit))
    }

    /// The opposite price at which a limit order would trade at once, if it would.
    pub(super) fn would_take(&self, side: Side, limit: Ticks) -> Option<Ticks> {
        if self.status != InstrumentStatus::Open {
            return None;
        }
        let best = if self.is_crossed() {
            self.book.best(side.opposite())
        } else {
            self.fillable()
                .filter(|touch| touch.opposite_qty(side).0 != 0)
                .map(|touch| touch.opposite(side))
        };
        best.filter(|&best| !is_beyond(side, best, limit))
    }
}

/// Whether a price is worse, for somebody who trades on `side`, than the bound.
#[inline]
pub(crate) const fn is_beyond(side: Side, price: Ticks, bound: Ticks) -> bool {
    match side {
        Side::Buy => price.0 > bound.0,
        Side::Sell => price.0 < bound.0,
    }
}

/// Whether a market of this status takes such an order.
#[inline]
pub(super) const fn takes(status: InstrumentStatus, kind: OrderKind, tif: TimeInForce) -> bool {
    match status {
        InstrumentStatus::Open => true,
        InstrumentStatus::Halted => false,
        InstrumentStatus::Closed => matches!(tif, TimeInForce::AtOpen),
        InstrumentStatus::PreOpen | InstrumentStatus::PreClose => match tif {
            TimeInForce::AtOpen | TimeInForce::AtClose => true,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => false,
            _ => !matches!(kind, OrderKind::Market),
        },
    }
}

/// Whether an order may stay after it has entered.
const fn may_rest(kind: OrderKind, tif: TimeInForce) -> bool {
    match tif {
        TimeInForce::AtOpen | TimeInForce::AtClose => true,
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => false,
        _ => !matches!(kind, OrderKind::Market),
    }
}

#[inline(always)]
fn check_market(request: &NewOrder, market: &Market) -> Result<(), DenyReason> {
    let is_taken = takes(market.status, request.kind, request.tif);
    if !is_taken {
        let status = market.status;
        return Err(DenyReason::InstrumentNotOpen { status });
    }
    if market.is_crossed() {
        return Ok(());
    }
    if market.touch.is_none() {
        return Err(DenyReason::NoQuote);
    }
    if market.stale {
        return Err(market.stale_quote());
    }
    Ok(())
}

/// What states no price of its own counts at one of the market's, where funds are checked.
#[inline(always)]
pub(super) fn check_priced(desk: &Desk<'_>, request: &NewOrder) -> Result<(), DenyReason> {
    let is_stated = !matches!(
        request.kind,
        OrderKind::Market | OrderKind::TrailingStop { .. }
    );
    let is_unchecked = match desk.account.terms.funding {
        Funding::Unchecked => true,
        Funding::Cash => request.side == Side::Sell,
        Funding::Margin { .. } => false,
    };
    if is_stated || is_unchecked || is_closing(request) {
        return Ok(());
    }
    match desk.market.offered(request.side) {
        Some(_) => Ok(()),
        None => Err(DenyReason::NoQuote),
    }
}

#[inline(always)]
pub(super) fn check_collar(
    request: &NewOrder,
    market: &Market,
    limit: Ticks,
) -> Result<(), DenyReason> {
    if market.instrument.collar.0 == 0 {
        return Ok(());
    }
    let has_limit = matches!(
        request.kind,
        OrderKind::Limit { .. } | OrderKind::StopLimit { .. }
    );
    let Some(bound) = market.collar_bound(request.side).filter(|_| has_limit) else {
        return Ok(());
    };
    if is_beyond(request.side, limit, bound) {
        return Err(outside_collar(market));
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn outside_collar(market: &Market) -> DenyReason {
    let bound = |side| {
        let bound = market.collar_bound(side).unwrap_or(Ticks(0));
        market.instrument.price(bound)
    };
    DenyReason::PriceOutsideCollar {
        low: bound(Side::Sell),
        high: bound(Side::Buy),
    }
}

/// The price that values an order before it trades.
#[inline(always)]
pub(super) fn valued_at(request: &NewOrder, market: &Market, checked: &Checked) -> Ticks {
    let touch = || market.offered(request.side).unwrap_or(Ticks(0));
    match request.kind {
        OrderKind::Limit { .. } | OrderKind::StopLimit { .. } => checked.limit,
        // A stop that the market is beyond takes what is there.
        OrderKind::Stop { .. } if request.side == Side::Buy => market
            .offered(Side::Buy)
            .map_or(checked.trigger, |offered| offered.max(checked.trigger)),
        OrderKind::Stop { .. } | OrderKind::MarketIfTouched { .. } => checked.trigger,
        OrderKind::TrailingStop { trail, on } => market
            .first_reference(request.side, on)
            .map_or_else(touch, |reference| {
                trailed(request.side, trail, reference, &market.instrument)
            }),
        OrderKind::Market => touch(),
    }
}

/// A post-only order must not trade on arrival.
#[inline(always)]
pub(super) fn check_post_only(
    request: &NewOrder,
    market: &Market,
    limit: Ticks,
) -> Result<(), DenyReason> {
    if !request.post_only {
        return Ok(());
    }
    match market.would_take(request.side, limit) {
        Some(best) => Err(DenyReason::WouldTake {
            best: market.instrument.price(best),
        }),
        None => Ok(()),
    }
}

#[inline(always)]
pub(super) fn check_qty(instrument: &Instrument, qty: Qty) -> Result<Lots, DenyReason> {
    if qty.0 <= 0 {
        return Err(DenyReason::QtyNotPositive);
    }
    if qty > instrument.order_qty_max {
        return Err(DenyReason::QtyTooLarge {
            max: instrument.order_qty_max,
        });
    }
    instrument.lots(qty).map_err(|_| DenyReason::QtyOffLot {
        lot_size: instrument.lot_size,
    })
}

#[inline(always)]
pub(super) fn check_price(instrument: &Instrument, price: Price) -> Result<Ticks, DenyReason> {
    if price.0 <= 0 && !instrument.kind.may_be_negative() {
        return Err(DenyReason::PriceNotPositive);
    }
    instrument
        .ticks(price)
        .map_err(|_| DenyReason::PriceOffTick {
            tick_size: instrument.tick_size,
        })
}

/// Limit price and trigger in ticks.
#[inline(always)]
fn check_prices(instrument: &Instrument, kind: OrderKind) -> Result<(Ticks, Ticks), DenyReason> {
    const NONE: Ticks = Ticks(0);
    Ok(match kind {
        OrderKind::Market => (NONE, NONE),
        OrderKind::Limit { price } => (check_price(instrument, price)?, NONE),
        OrderKind::Stop { trigger, .. } | OrderKind::MarketIfTouched { trigger, .. } => {
            (NONE, check_price(instrument, trigger)?)
        }
        OrderKind::StopLimit { trigger, price, .. } => {
            let limit = check_price(instrument, price)?;
            (limit, check_price(instrument, trigger)?)
        }
        OrderKind::TrailingStop { trail, .. } => {
            match trail {
                Trail::Amount(amount) if amount.0 > 0 => {
                    check_price(instrument, amount)?;
                }
                Trail::Percent(share) if share.0 > 0 && share < Ratio::ONE => {}
                Trail::Amount(_) | Trail::Percent(_) => {
                    return Err(DenyReason::BadTrail { trail });
                }
            }
            (NONE, NONE)
        }
    })
}

/// The trigger of a trailing stop at this reference.
pub(crate) fn trailed(
    side: Side,
    trail: Trail,
    reference: Ticks,
    instrument: &Instrument,
) -> Ticks {
    let offset = match trail {
        Trail::Amount(amount) => amount.0 / instrument.tick_size.0,
        Trail::Percent(share) => crate::market::share_of(reference, share).max(1),
    };
    Ticks(match side {
        Side::Buy => reference.0.saturating_add(offset),
        Side::Sell => reference.0.saturating_sub(offset),
    })
}

/// The quantity that an order shows at a time, in lots: the first thing that is wrong with it, if anything is.
#[cold]
#[inline(never)]
fn check_display(request: &NewOrder, market: &Market, lots: Lots) -> Result<Lots, DisplayFault> {
    let instrument = &market.instrument;
    let shows = matches!(
        request.kind,
        OrderKind::Limit { .. } | OrderKind::StopLimit { .. }
    );
    if !market.is_crossed() {
        return Err(DisplayFault::NoBook);
    }
    if !shows {
        return Err(DisplayFault::NoLimit);
    }
    let least = Lots(
        lots.0
            .unsigned_abs()
            .div_ceil(NewOrder::ICEBERG_PARTS_MAX as u64) as i64,
    );
    let below = DisplayFault::Below {
        least: instrument.qty(least),
    };
    if request.display.0 <= 0 {
        return Err(below);
    }
    let display = instrument
        .lots(request.display)
        .map_err(|_| DisplayFault::OffLot {
            lot_size: instrument.lot_size,
        })?;
    if display > lots {
        return Err(DisplayFault::Above { most: request.qty });
    }
    if shows_in_parts(lots, display) {
        Ok(display)
    } else {
        Err(below)
    }
}

/// Whether an order that shows `display` at a time has no more parts than it may.
pub(super) fn shows_in_parts(lots: Lots, display: Lots) -> bool {
    lots.0 <= display.0.saturating_mul(NewOrder::ICEBERG_PARTS_MAX)
}
