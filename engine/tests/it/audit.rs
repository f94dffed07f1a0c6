//! What holds after every input, whatever it was: the book is in order, no money appears or
//! disappears, and positions, balances and working sums are what the facts add up to.

use std::collections::{BTreeMap, BTreeSet};

use engine::Shard;
use engine::portrait::{
    AccountPortrait, HoldingPortrait, MarketPortrait, OrderPortrait, OrderStage, Portrait,
};
use types::{
    AccountId, Event, EventKind, Fill, FillModel, Funding, Input, InputKind, Instrument,
    InstrumentId, InstrumentStatus, Label, Leg, Liquidity, MarkKind, MarketData, MarketEvent,
    NewOrder, OrderId, OrderKind, OrderRole, PositionMode, Price, Qty, Ratio, Side, Sizes,
    TimeInForce,
};

/// Adds up what the facts say.
#[derive(Default)]
pub(crate) struct Audit {
    cash: BTreeMap<(AccountId, Label), i128>,
    positions: BTreeMap<(AccountId, InstrumentId, Leg), i64>,
    filled: BTreeMap<OrderId, i64>,
    /// Orders as they were accepted.
    requests: BTreeMap<OrderId, NewOrder>,
    /// Limit prices, with the side that they bound.
    limits: BTreeMap<OrderId, (Side, Price)>,
    /// First prices of sessions, which breakers refer to.
    sessions: BTreeMap<InstrumentId, Price>,
    /// Orders that were accepted and neither ended nor filled up.
    working: BTreeSet<OrderId>,
    /// Exits of brackets and covers: one that is filled up may wait for more.
    exits: BTreeSet<OrderId>,
    /// Positions that the house took over, by instrument.
    house: BTreeMap<InstrumentId, i64>,
    /// Instruments that were split: parts of lots are gone.
    split: BTreeSet<InstrumentId>,
    /// Accounts that bought something in this input, and what came after it was no sale, booking or closing.
    bought: BTreeSet<AccountId>,
    /// What the outside shows: of the depth, and of the quote.
    depth: BTreeMap<(InstrumentId, Shown), BTreeMap<Price, i64>>,
    /// Instruments whose depth is not known: of an update that was refused some may have been taken over.
    unknown: BTreeSet<InstrumentId>,
    quotes: BTreeMap<(InstrumentId, Shown), (Price, i64)>,
    /// What was displayed of a side, and how much each account took of that since it was another.
    displayed: BTreeMap<(InstrumentId, Shown), Vec<(Price, i64)>>,
    taken: BTreeMap<(InstrumentId, Shown, AccountId), i64>,
    /// Sides that this input showed anew: what was due before it met what they showed before it, in all so much.
    anew: BTreeMap<(InstrumentId, Shown), i64>,
}

/// A side that the outside shows: whether it is the bids.
type Shown = bool;

fn own_currency(shard: &Shard, account: AccountId) -> Label {
    let plan = shard.account_row(account).unwrap().plan;
    shard.plan(plan).unwrap().currency
}

fn instrument_of(shard: &Shard, instrument: InstrumentId) -> Instrument {
    shard.instrument_view(instrument).unwrap().instrument
}

impl Audit {
    pub(crate) fn hear(&mut self, shard: &Shard, input: &Input, events: &[Event]) {
        self.bought.clear();
        self.anew.clear();
        if let InputKind::Market(event) = &input.kind {
            let is_rejected = |event: &Event| matches!(event.kind, EventKind::InputRejected { .. });
            self.look(event, events.iter().any(is_rejected));
        }
        for event in events {
            self.hear_one(shard, &event.kind);
        }
        self.check_sizes(shard, input, events);
    }

    /// What the outside shows after a market event.
    fn look(&mut self, event: &MarketEvent, is_rejected: bool) {
        let id = event.instrument;
        let sides = [true, false];
        match &event.data {
            MarketData::DepthSnapshot(_) | MarketData::DepthDelta(_) if is_rejected => {
                self.unknown.insert(id);
            }
            MarketData::Quote(quote) if !is_rejected => {
                let both = [(quote.bid, quote.bid_qty), (quote.ask, quote.ask_qty)];
                for (side, (price, qty)) in sides.into_iter().zip(both) {
                    self.quotes.insert((id, side), (price, qty.0));
                }
            }
            MarketData::DepthSnapshot(update) | MarketData::DepthDelta(update) => {
                let is_whole = matches!(event.data, MarketData::DepthSnapshot(_));
                if is_whole {
                    self.unknown.remove(&id);
                }
                for (side, levels) in sides.into_iter().zip([&update.bids, &update.asks]) {
                    let depth = self.depth.entry((id, side)).or_default();
                    if is_whole {
                        depth.clear();
                    }
                    depth.extend(levels.iter().map(|level| (level.price, level.qty.0)));
                    depth.retain(|_, qty| *qty != 0);
                    let best = if side {
                        depth.last_key_value()
                    } else {
                        depth.first_key_value()
                    };
                    if let Some((price, qty)) = best {
                        self.quotes.insert((id, side), (*price, *qty));
                    } else if let Some((_, qty)) = self.quotes.get_mut(&(id, side)) {
                        *qty = 0;
                    }
                }
            }
            MarketData::Split { .. } if is_rejected => return,
            // A bar is a volume of its own, and a split makes other prices of all.
            MarketData::Gap | MarketData::Bar(_) | MarketData::Split { .. } => {
                for side in sides {
                    if !matches!(event.data, MarketData::Bar(_)) {
                        self.depth.remove(&(id, side));
                    }
                    self.displayed.remove(&(id, side));
                    self.quotes.remove(&(id, side));
                }
                return;
            }
            _ => return,
        }
        if self.unknown.contains(&id) {
            for side in sides {
                self.displayed.remove(&(id, side));
                self.quotes.remove(&(id, side));
            }
            return;
        }
        for side in sides {
            let Some(&(price, qty)) = self.quotes.get(&(id, side)) else {
                continue;
            };
            let depth = self.depth.get(&(id, side));
            let levels = depth.filter(|depth| {
                let best = if side {
                    depth.last_key_value()
                } else {
                    depth.first_key_value()
                };
                qty != 0 && best.is_some_and(|(best, _)| *best == price)
            });
            // Of the best price the newest statement counts, behind it the depth.
            let mut shown = vec![(price, qty)];
            for (level, qty) in levels.into_iter().flatten() {
                if *level != price {
                    shown.push((*level, *qty));
                }
            }
            let before = self.displayed.insert((id, side), shown.clone());
            if before.as_ref() != Some(&shown) {
                // Of what was shown before a bar or a gap nothing is known.
                let sum = before.map_or(1 << 62, |before| before.iter().map(|(_, qty)| qty).sum());
                self.anew.insert((id, side), sum);
                self.taken
                    .retain(|(of, which, _), _| (*of, *which) != (id, side));
            }
        }
    }

    /// No account takes more from a print, or from what is displayed while that stays as it is, than it shows. What the
    /// engine closes takes what it needs, and along a bar, or where sizes are unlimited, there are none; but of the
    /// queue at its price a print is all that anybody gets.
    fn check_sizes(&mut self, shard: &Shard, input: &Input, events: &[Event]) {
        let mut printed: BTreeMap<AccountId, i64> = BTreeMap::new();
        for event in events {
            let EventKind::Fill(fill) = event.kind else {
                continue;
            };
            let Liquidity::Paper(model) = instrument_of(shard, fill.instrument).liquidity else {
                continue;
            };
            let is_print = match &input.kind {
                InputKind::Market(event) if event.instrument == fill.instrument => {
                    matches!(event.data, MarketData::Trade(_)) && fill.maker
                }
                _ => false,
            };
            let is_sized = model.sizes == Sizes::Displayed;
            if is_print && (is_sized || fill.model == FillModel::Queue) {
                *printed.entry(fill.account).or_default() += fill.qty.0;
            } else if is_sized && !is_print && fill.order.0 != 0 && fill.model != FillModel::Bar {
                let side = fill.side == Side::Sell;
                let key = (fill.instrument, side, fill.account);
                let taken = self.taken.entry(key).or_default();
                *taken += fill.qty.0;
                if let Some(shown) = self.displayed.get(&(fill.instrument, side)) {
                    let sum: i64 = shown.iter().map(|(_, qty)| qty).sum();
                    let before = self.anew.get(&(fill.instrument, side)).copied();
                    let sum = sum + before.unwrap_or_default();
                    assert!(*taken <= sum, "{taken} of {shown:?}: {fill:?}");
                }
            }
        }
        // What of this input was before it is not known of these.
        self.taken
            .retain(|(of, side, _), _| !self.anew.contains_key(&(*of, *side)));
        if let InputKind::Market(event) = &input.kind
            && let MarketData::Trade(trade) = &event.data
        {
            for (account, sum) in printed {
                assert!(sum <= trade.qty.0, "{account} took {sum} of {trade:?}");
            }
        }
    }

    fn hear_one(&mut self, shard: &Shard, event: &EventKind) {
        match *event {
            EventKind::AccountOpened {
                account, balance, ..
            } => {
                let own = own_currency(shard, account);
                self.cash.insert((account, own), balance.0.into());
            }
            EventKind::OrderAccepted {
                order,
                role,
                request,
                ..
            } => {
                assert!(self.working.insert(order), "#{order} accepted twice");
                self.requests.insert(order, request);
                if let OrderKind::Limit { price } | OrderKind::StopLimit { price, .. } =
                    request.kind
                {
                    self.limits.insert(order, (request.side, price));
                }
                let is_exit = matches!(
                    role,
                    OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop
                );
                if is_exit {
                    self.exits.insert(order);
                }
            }
            EventKind::OrderAmended { order, price, .. } => {
                if let Some((_, limit)) = self.limits.get_mut(&order) {
                    *limit = price;
                }
            }
            EventKind::OrderCancelled { order, .. } => {
                assert!(
                    self.working.remove(&order),
                    "#{order} ended, which did not work"
                );
                let filled = self.filled.get(&order).copied().unwrap_or_default();
                let is_whole = self.requests[&order].tif == TimeInForce::FillOrKill;
                assert!(!is_whole || filled == 0, "#{order} filled {filled} of all");
            }
            EventKind::Fill(fill) => {
                assert!(fill.qty.0 > 0 && fill.leaves.0 >= 0, "{fill:?}");
                self.check_meaning(shard, &fill);
                let signed = fill.qty.0 * fill.side.sign();
                let key = (fill.account, fill.instrument, fill.leg);
                let position = self.positions.entry(key).or_default();
                *position += signed;
                assert_eq!(*position, fill.position.0, "position after {fill:?}");
                let currency = instrument_of(shard, fill.instrument).currency;
                let cash = self.cash.entry((fill.account, currency)).or_default();
                *cash += i128::from(fill.realised.0) - i128::from(fill.fee.0);
                assert_eq!(*cash, i128::from(fill.balance.0), "balance after {fill:?}");
                if fill.model == FillModel::House {
                    *self.house.entry(fill.instrument).or_default() -= signed;
                }
                if let Some((side, limit)) = self.limits.get(&fill.order) {
                    let is_within = match side {
                        Side::Buy => fill.price <= *limit,
                        Side::Sell => fill.price >= *limit,
                    };
                    assert!(is_within, "beyond {limit}: {fill:?}");
                }
                if fill.side == Side::Buy && fill.order.0 != 0 {
                    self.bought.insert(fill.account);
                } else {
                    self.bought.remove(&fill.account);
                }
                if fill.order.0 != 0 {
                    *self.filled.entry(fill.order).or_default() += fill.qty.0;
                    assert!(self.working.contains(&fill.order), "{fill:?}");
                    if fill.leaves.0 == 0 && !self.exits.contains(&fill.order) {
                        self.working.remove(&fill.order);
                    }
                }
            }
            EventKind::Booked {
                account,
                instrument,
                leg,
                amount,
                balance,
                position,
                cause,
            } => {
                self.bought.remove(&account);
                let currency = instrument_of(shard, instrument).currency;
                let cash = self.cash.entry((account, currency)).or_default();
                *cash += i128::from(amount.0);
                assert_eq!(*cash, i128::from(balance.0), "balance after {event:?}");
                let before = self
                    .positions
                    .insert((account, instrument, leg), position.0);
                if cause == types::BookingCause::Split {
                    self.sessions.remove(&instrument);
                    self.split.insert(instrument);
                } else {
                    assert_eq!(before, Some(position.0), "position after {event:?}");
                }
            }
            EventKind::Uncrossed {
                instrument, price, ..
            } => {
                self.sessions.insert(instrument, price);
            }
            EventKind::Adjusted {
                account, amount, ..
            } => {
                self.bought.remove(&account);
                let own = own_currency(shard, account);
                *self.cash.entry((account, own)).or_default() += i128::from(amount.0);
            }
            EventKind::PayoutApproved {
                account,
                amount,
                trader,
                firm,
                ..
            } => {
                assert_eq!(trader.0 + firm.0, amount.0);
                self.bought.remove(&account);
                let own = own_currency(shard, account);
                *self.cash.entry((account, own)).or_default() -= i128::from(amount.0);
            }
            _ => {}
        }
    }

    /// A fill does what its order and its instrument promised; what an auction or the house fills is exempt where
    /// it has to be.
    fn check_meaning(&mut self, shard: &Shard, fill: &Fill) {
        let instrument = instrument_of(shard, fill.instrument);
        if let Some(request) = self.requests.get(&fill.order) {
            let takes = !fill.maker && fill.model != FillModel::Auction;
            // Against the outside market one that was reached while nothing filled takes what is there.
            let is_book = instrument.liquidity == Liquidity::Crossed;
            assert!(
                !(request.post_only && is_book && takes),
                "post-only takes: {fill:?}"
            );
            let key = (fill.account, fill.instrument, fill.leg);
            let before = self.positions.get(&key).copied().unwrap_or_default();
            let reduces = before.signum() == -fill.side.sign() && fill.qty.0 <= before.abs();
            assert!(!request.reduce_only || reduces, "{before} before {fill:?}");
        }
        if fill.model == FillModel::Book && instrument.breaker.0 != 0 {
            let session = *self.sessions.entry(fill.instrument).or_insert(fill.price);
            let ticks = session.0 / instrument.tick_size.0;
            let width = i128::from(ticks.abs()) * i128::from(instrument.breaker.0)
                / i128::from(Ratio::ONE.0);
            let away = i128::from((fill.price.0 - session.0).abs() / instrument.tick_size.0);
            assert!(away <= width, "breaker of {session}: {fill:?}");
        }
    }

    pub(crate) fn check(&mut self, shard: &Shard) {
        let portrait = shard.portrait();
        let markets = (0..).map(InstrumentId).zip(&portrait.markets);
        self.sessions = markets
            .filter_map(|(id, market)| Some((id, market.session?)))
            .collect();
        self.check_money(shard, &portrait);
        self.check_positions(shard, &portrait);
        self.check_orders(&portrait);
        for (id, account) in (0..).map(AccountId).zip(&portrait.accounts) {
            check_account(shard, id, account, &portrait);
            if self.bought.contains(&id) {
                check_cash(shard, id, account);
            }
        }
        for (id, market) in (0..).map(InstrumentId).zip(&portrait.markets) {
            if instrument_of(shard, id).liquidity == Liquidity::Crossed {
                check_book(id, market, &portrait.orders);
            }
        }
    }

    fn check_money(&self, shard: &Shard, portrait: &Portrait) {
        let mut sums: BTreeMap<Label, i128> = BTreeMap::new();
        for (id, account) in (0..).map(AccountId).zip(&portrait.accounts) {
            let own = (own_currency(shard, id), account.balance);
            for (currency, balance) in [own].into_iter().chain(account.foreign.iter().copied()) {
                *sums.entry(currency).or_default() += i128::from(balance.0);
                let told = self.cash.get(&(id, currency)).copied().unwrap_or_default();
                assert_eq!(i128::from(balance.0), told, "{currency} of account {id}");
            }
        }
        let house: BTreeMap<_, _> = portrait.house.iter().copied().collect();
        for (currency, sum) in sums {
            let house = house.get(&currency).copied().unwrap_or_default();
            let left = house.funded - house.trading - house.fees;
            assert_eq!(sum, left, "balances in {currency} against {house:?}");
        }
    }

    fn check_positions(&self, shard: &Shard, portrait: &Portrait) {
        let mut sums: BTreeMap<InstrumentId, i64> = BTreeMap::new();
        let mut held: BTreeMap<(AccountId, InstrumentId, Leg), i64> = BTreeMap::new();
        for (id, account) in (0..).map(AccountId).zip(&portrait.accounts) {
            for holding in &account.holdings {
                let instrument = InstrumentId(holding.instrument);
                if holding.position.0 != 0 {
                    held.insert((id, instrument, holding.leg), holding.position.0);
                }
                *sums.entry(instrument).or_default() += holding.position.0;
            }
        }
        let mut told = self.positions.clone();
        told.retain(|_, position| *position != 0);
        assert_eq!(held, told, "positions");
        // In a book somebody sells what somebody buys.
        for (instrument, sum) in sums {
            let is_crossed = instrument_of(shard, instrument).liquidity == Liquidity::Crossed;
            if is_crossed && !self.split.contains(&instrument) {
                let house = self.house.get(&instrument).copied().unwrap_or_default();
                assert_eq!(sum + house, 0, "positions in instrument {instrument}");
            }
        }
    }

    fn check_orders(&self, portrait: &Portrait) {
        let working: BTreeSet<OrderId> = portrait.orders.iter().map(|order| order.id).collect();
        for id in self.working.difference(&self.exits) {
            assert!(working.contains(id), "#{id} is lost");
        }
        for order in &portrait.orders {
            let id = order.id;
            assert!(self.working.contains(&id), "#{id} works after its end");
            let filled = self.filled.get(&id).copied().unwrap_or_default();
            assert_eq!(order.filled.0, filled, "#{id} filled");
            let is_exit = self.exits.contains(&id);
            assert!(order.leaves.0 > 0 || is_exit, "#{id} has no leaves");
            assert!(order.leaves.0 >= 0, "#{id} leaves {}", order.leaves);
            let is_immediate = matches!(
                order.request.tif,
                TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill
            );
            let is_before = matches!(order.stage, OrderStage::InFlight | OrderStage::Held);
            assert!(!is_immediate || is_before, "#{id} rests: {order:?}");
            if order.leaves.0 == 0 {
                assert_eq!(order.stage, OrderStage::Held, "#{id} has no leaves");
            }
        }
    }
}

fn check_account(shard: &Shard, id: AccountId, account: &AccountPortrait, portrait: &Portrait) {
    let terms = shard.account_view(id).unwrap().terms;
    let mode = terms.mode;
    let mut sums: BTreeMap<(u32, Leg, bool), i64> = BTreeMap::new();
    for order in &portrait.orders {
        let request = &order.request;
        if request.account == id && !is_closing(order) {
            let is_buy = request.side == Side::Buy;
            let key = (request.instrument.0, request.leg, is_buy);
            *sums.entry(key).or_default() += order.leaves.0;
        }
    }
    let mut equity = account.balance.to_notional().0;
    for held in &account.holdings {
        let side = |is_buy| {
            let key = (held.instrument, held.leg, is_buy);
            Qty(sums.get(&key).copied().unwrap_or_default())
        };
        let working = (held.buys, held.sells);
        assert_eq!(
            working,
            (side(true), side(false)),
            "working sums of {id} in {held:?}"
        );
        match held.leg {
            Leg::Net => assert_eq!(mode, PositionMode::Netting),
            Leg::Long => assert!(mode == PositionMode::Hedging && held.position.0 >= 0),
            Leg::Short => assert!(mode == PositionMode::Hedging && held.position.0 <= 0),
        }
        if held.position.0 == 0 {
            assert_eq!(held.cost.0, 0, "cost of {held:?}");
            continue;
        }
        let market = &portrait.markets[held.instrument as usize];
        let quote = match market.quote {
            Some(quote) => (quote.bid, quote.ask),
            None => (market.last.unwrap(), market.last.unwrap()),
        };
        let instrument = instrument_of(shard, InstrumentId(held.instrument));
        let tick = instrument.tick_size;
        let mark = mark(terms.mark, quote, market.last, held.position.0 > 0, tick);
        let contract = instrument.contract_size;
        equity += value(mark, held.position.0, contract) - held.cost.0;
    }
    // What is held in other currencies is worth what their rates say.
    if account.foreign.is_empty() {
        assert_eq!(account.equity.0, equity, "equity of {id}");
    }
    for (key, sum) in sums {
        let mut held = account.holdings.iter();
        let is_known = held.any(|held| (held.instrument, held.leg) == (key.0, key.1));
        assert!(sum == 0 || is_known, "working sums of {id}");
    }
}

/// Who pays in cash has it: after a purchase positions cost no more, their fees included, which the balance has paid.
/// What a sale loses by a fee that is more than it brings, a booking, a payout, a conversion rate and what the engine
/// closes are no purchases.
fn check_cash(shard: &Shard, id: AccountId, account: &AccountPortrait) {
    let is_cash = shard.account_view(id).unwrap().terms.funding == Funding::Cash;
    let own = own_currency(shard, id);
    let is_home = |held: &HoldingPortrait| {
        instrument_of(shard, InstrumentId(held.instrument)).currency == own
    };
    if is_cash && account.foreign.is_empty() && account.holdings.iter().all(is_home) {
        let cost: i128 = account.holdings.iter().map(|held| held.cost.0.max(0)).sum();
        let cash = account.balance.to_notional().0;
        assert!(cost <= cash, "{cost} of {cash} in account {id}");
    }
}

/// What values a position, from bid and ask and the newest print.
pub(crate) fn mark(
    kind: MarkKind,
    (bid, ask): (Price, Price),
    last: Option<Price>,
    is_long: bool,
    tick: Price,
) -> Price {
    let closing = if is_long { bid } else { ask };
    match kind {
        MarkKind::Liquidation => closing,
        MarkKind::Last => last.unwrap_or(closing),
        MarkKind::Mid => {
            let ticks = (bid.0 + ask.0) / tick.0;
            let against = i64::from(!is_long && ticks % 2 != 0);
            Price((ticks.div_euclid(2) + against) * tick.0)
        }
    }
}

fn is_closing(order: &OrderPortrait) -> bool {
    let request = &order.request;
    request.reduce_only
        || matches!(
            (request.leg, request.side),
            (Leg::Long, Side::Sell) | (Leg::Short, Side::Buy)
        )
}

fn value(mark: Price, position: i64, contract: Qty) -> i128 {
    i128::from(mark.0) * i128::from(position) * i128::from(contract.0) / i128::from(Qty::ONE.0)
}

fn check_book(id: InstrumentId, market: &MarketPortrait, orders: &[OrderPortrait]) {
    let bests = market.bids.first().zip(market.asks.first());
    if let Some((bid, ask)) = bests
        && market.status == InstrumentStatus::Open
    {
        assert!(bid.0 < ask.0, "book of {id} is crossed: {bid:?} {ask:?}");
    }
    let mut seen = BTreeSet::new();
    for (side, levels) in [(Side::Buy, &market.bids), (Side::Sell, &market.asks)] {
        for pair in levels.windows(2) {
            let is_sorted = match side {
                Side::Buy => pair[0].0 > pair[1].0,
                Side::Sell => pair[0].0 < pair[1].0,
            };
            assert!(is_sorted, "levels of {id}: {pair:?}");
        }
        for (price, shown, queue) in levels {
            let mut sum = 0;
            for order in queue {
                assert!(seen.insert(*order), "#{order} rests twice");
                let found = orders.iter().find(|found| found.id == *order).unwrap();
                assert_eq!(found.stage, OrderStage::Resting);
                assert_eq!(found.limit, Some(*price));
                assert_eq!((found.request.instrument, found.request.side), (id, side));
                assert!(found.displayed.0 > 0 && found.displayed <= found.leaves);
                let hides = found.request.display.0 != 0;
                assert!(hides || found.displayed == found.leaves, "{found:?}");
                sum += found.displayed.0;
            }
            assert_eq!(shown.0, sum, "level {price} of {id}");
            assert!(!queue.is_empty(), "level {price} of {id} is empty");
        }
        if let (Some(quote), Some((price, shown, _))) = (market.quote, levels.first()) {
            let touch = match side {
                Side::Buy => (quote.bid, quote.bid_qty),
                Side::Sell => (quote.ask, quote.ask_qty),
            };
            assert_eq!(touch, (*price, *shown), "touch of {id}");
        }
    }
    let resting = orders
        .iter()
        .filter(|order| order.stage == OrderStage::Resting && order.request.instrument == id);
    for order in resting {
        assert!(seen.contains(&order.id), "#{} rests nowhere", order.id);
    }
}
