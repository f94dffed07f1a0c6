//! The words of a story: `buy(1, 10).at("100").ioc()` is an order of account 1 in instrument 0.

use types::{
    AccountChange, AccountId, AdjustKind, Aggressor, AlgoKind, Bar, Calendar, ClientOrderId,
    Command, DepthUpdate, InputKind, InstrumentId, InstrumentStatus, Interval, Label, Leg, Level,
    ListKind, MarketData, MarketEvent, Money, NewAlgo, NewOrder, OrderId, OrderKind, OrderList,
    Price, Qty, Quote, Ratio, SelfTrade, Side, SuspendReason, TimeInForce, Timer, TimestampNs,
    Trade, Trail, TriggerOn,
};

use crate::world::price;

/// Something that can be said to a shard.
pub(crate) trait Said {
    /// As an input.
    fn input(self) -> InputKind;
}

impl Said for InputKind {
    fn input(self) -> InputKind {
        self
    }
}

impl Said for Command {
    fn input(self) -> InputKind {
        InputKind::Command(self)
    }
}

impl Said for NewOrder {
    fn input(self) -> InputKind {
        Command::SubmitOrder(self).input()
    }
}

impl Said for OrderList {
    fn input(self) -> InputKind {
        Command::SubmitList(self).input()
    }
}

impl Said for NewAlgo {
    fn input(self) -> InputKind {
        Command::SubmitAlgo(self).input()
    }
}

impl Said for MarketEvent {
    fn input(self) -> InputKind {
        InputKind::Market(self)
    }
}

impl Said for Timer {
    fn input(self) -> InputKind {
        InputKind::Timer(self)
    }
}

/// What trades instrument 0 unless it says something else.
pub(crate) trait Of {
    /// The same for another instrument.
    fn of(self, instrument: u32) -> Self;
}

impl Of for NewOrder {
    fn of(mut self, instrument: u32) -> Self {
        self.instrument = InstrumentId(instrument);
        self
    }
}

impl Of for NewAlgo {
    fn of(mut self, instrument: u32) -> Self {
        self.instrument = InstrumentId(instrument);
        self
    }
}

impl Of for MarketEvent {
    fn of(mut self, instrument: u32) -> Self {
        self.instrument = InstrumentId(instrument);
        self
    }
}

fn order(account: u32, side: Side, quantity: i64) -> NewOrder {
    let account = AccountId(account);
    let qty = Qty::whole(quantity);
    NewOrder::new(account, InstrumentId(0), side, OrderKind::Market, qty)
}

/// A market order.
pub(crate) fn buy(account: u32, quantity: i64) -> NewOrder {
    order(account, Side::Buy, quantity)
}

/// A market order.
pub(crate) fn sell(account: u32, quantity: i64) -> NewOrder {
    order(account, Side::Sell, quantity)
}

/// What an order may say of itself.
pub(crate) trait Words: Sized {
    fn order(&mut self) -> &mut NewOrder;

    fn kind(mut self, kind: OrderKind) -> Self {
        self.order().kind = kind;
        self
    }

    fn tif(mut self, tif: TimeInForce) -> Self {
        self.order().tif = tif;
        self
    }

    /// A limit order.
    fn at(self, limit: &str) -> Self {
        let price = price(limit);
        self.kind(OrderKind::Limit { price })
    }

    /// A stop on the quote.
    fn stop(self, trigger: &str) -> Self {
        let trigger = price(trigger);
        let on = TriggerOn::Quote;
        self.kind(OrderKind::Stop { trigger, on })
    }

    /// A stop limit on the quote.
    fn stop_limit(self, trigger: &str, limit: &str) -> Self {
        let (trigger, price) = (price(trigger), price(limit));
        let on = TriggerOn::Quote;
        self.kind(OrderKind::StopLimit { trigger, price, on })
    }

    /// A market-if-touched on the quote.
    fn touched(self, trigger: &str) -> Self {
        let trigger = price(trigger);
        let on = TriggerOn::Quote;
        self.kind(OrderKind::MarketIfTouched { trigger, on })
    }

    /// A trailing stop on the quote, so much away.
    fn trail(self, amount: &str) -> Self {
        let trail = Trail::Amount(price(amount));
        let on = TriggerOn::Quote;
        self.kind(OrderKind::TrailingStop { trail, on })
    }

    /// A trailing stop on the quote, this share away.
    fn trail_share(self, share: Ratio) -> Self {
        let trail = Trail::Percent(share);
        let on = TriggerOn::Quote;
        self.kind(OrderKind::TrailingStop { trail, on })
    }

    /// Its trigger looks at the newest print.
    fn on_last(mut self) -> Self {
        match &mut self.order().kind {
            OrderKind::Market | OrderKind::Limit { .. } => {}
            OrderKind::Stop { on, .. }
            | OrderKind::StopLimit { on, .. }
            | OrderKind::MarketIfTouched { on, .. }
            | OrderKind::TrailingStop { on, .. } => *on = TriggerOn::Last,
        }
        self
    }

    fn ioc(self) -> Self {
        self.tif(TimeInForce::ImmediateOrCancel)
    }

    fn fok(self) -> Self {
        self.tif(TimeInForce::FillOrKill)
    }

    fn day(self) -> Self {
        self.tif(TimeInForce::Day)
    }

    /// Good until so many nanoseconds after the beginning.
    fn until(self, ns: u64) -> Self {
        let until = TimestampNs(ns);
        self.tif(TimeInForce::GoodTillDate { until })
    }

    fn at_open(self) -> Self {
        self.tif(TimeInForce::AtOpen)
    }

    fn at_close(self) -> Self {
        self.tif(TimeInForce::AtClose)
    }

    /// An iceberg that shows so much.
    fn show(mut self, quantity: i64) -> Self {
        self.order().display = Qty::whole(quantity);
        self
    }

    fn post_only(mut self) -> Self {
        self.order().post_only = true;
        self
    }

    fn reduce_only(mut self) -> Self {
        self.order().reduce_only = true;
        self
    }

    /// Ends with the session.
    fn in_session(mut self) -> Self {
        self.order().cancel_on_disconnect = true;
        self
    }

    fn against_itself(mut self, mode: SelfTrade) -> Self {
        self.order().self_trade = mode;
        self
    }

    fn leg(mut self, leg: Leg) -> Self {
        self.order().leg = leg;
        self
    }

    fn client(mut self, client: u128) -> Self {
        self.order().client_order = ClientOrderId(client);
        self
    }

    /// A quantity that is no whole number of units.
    fn quantity(mut self, qty: Qty) -> Self {
        self.order().qty = qty;
        self
    }
}

impl Words for NewOrder {
    fn order(&mut self) -> &mut NewOrder {
        self
    }
}

pub(crate) fn list(kind: ListKind, orders: &[NewOrder]) -> OrderList {
    OrderList {
        kind,
        orders: orders.to_vec(),
    }
}

pub(crate) fn oco(orders: &[NewOrder]) -> OrderList {
    list(ListKind::Oco, orders)
}

pub(crate) fn oto(orders: &[NewOrder]) -> OrderList {
    list(ListKind::Oto, orders)
}

/// Entry, take profit, stop.
pub(crate) fn bracket(orders: &[NewOrder; 3]) -> OrderList {
    list(ListKind::Bracket, orders)
}

/// Entry and stop.
pub(crate) fn cover(orders: [NewOrder; 2]) -> OrderList {
    list(ListKind::Cover, &orders)
}

/// An algo of market orders in a window of nanoseconds after the beginning.
pub(crate) fn algo(
    account: u32,
    side: Side,
    quantity: i64,
    kind: AlgoKind,
    window: (u64, u64),
) -> NewAlgo {
    NewAlgo {
        account: AccountId(account),
        client_order: ClientOrderId(0),
        instrument: InstrumentId(0),
        side,
        qty: Qty::whole(quantity),
        limit: None,
        start: TimestampNs(window.0),
        end: TimestampNs(window.1),
        kind,
        leg: Leg::Net,
        cancel_on_disconnect: false,
    }
}

pub(crate) fn cancel(account: u32, order: u64) -> Command {
    Command::CancelOrder {
        account: AccountId(account),
        order: OrderId(order),
    }
}

pub(crate) fn cancel_all(account: u32) -> Command {
    Command::CancelAll {
        account: AccountId(account),
        instrument: None,
        side: None,
    }
}

pub(crate) fn disconnect(account: u32) -> Command {
    Command::Disconnect {
        account: AccountId(account),
    }
}

fn amend(account: u32, order: u64) -> (AccountId, OrderId) {
    (AccountId(account), OrderId(order))
}

pub(crate) fn amend_qty(account: u32, order: u64, quantity: i64) -> Command {
    let (account, order) = amend(account, order);
    Command::AmendOrder {
        account,
        order,
        qty: Some(Qty::whole(quantity)),
        price: None,
        trigger: None,
    }
}

pub(crate) fn amend_price(account: u32, order: u64, limit: &str) -> Command {
    let (account, order) = amend(account, order);
    Command::AmendOrder {
        account,
        order,
        qty: None,
        price: Some(price(limit)),
        trigger: None,
    }
}

pub(crate) fn amend_trigger(account: u32, order: u64, trigger: &str) -> Command {
    let (account, order) = amend(account, order);
    Command::AmendOrder {
        account,
        order,
        qty: None,
        price: None,
        trigger: Some(price(trigger)),
    }
}

pub(crate) const fn market(data: MarketData) -> MarketEvent {
    MarketEvent {
        instrument: InstrumentId(0),
        ts_event: TimestampNs(0),
        data,
    }
}

/// A quote of a million on both sides.
pub(crate) fn quote(bid: &str, ask: &str) -> MarketEvent {
    sized(bid, 1_000_000, ask, 1_000_000)
}

/// A quote with its sizes.
pub(crate) fn sized(bid: &str, bid_size: i64, ask: &str, ask_size: i64) -> MarketEvent {
    market(MarketData::Quote(Quote {
        bid: price(bid),
        bid_qty: Qty::whole(bid_size),
        ask: price(ask),
        ask_qty: Qty::whole(ask_size),
    }))
}

/// A print of nobody in particular.
pub(crate) fn print(at: &str, quantity: i64) -> MarketEvent {
    print_by(Aggressor::Unknown, at, quantity)
}

pub(crate) fn print_by(aggressor: Aggressor, at: &str, quantity: i64) -> MarketEvent {
    market(MarketData::Trade(Trade {
        price: price(at),
        qty: Qty::whole(quantity),
        aggressor,
    }))
}

fn levels(levels: &[(&str, i64)]) -> Vec<Level> {
    let level = |&(at, quantity): &(&str, i64)| Level {
        price: price(at),
        qty: Qty::whole(quantity),
    };
    levels.iter().map(level).collect()
}

fn update(bids: &[(&str, i64)], asks: &[(&str, i64)]) -> DepthUpdate {
    DepthUpdate {
        bids: levels(bids),
        asks: levels(asks),
    }
}

/// The whole book.
pub(crate) fn depth(bids: &[(&str, i64)], asks: &[(&str, i64)]) -> MarketEvent {
    market(MarketData::DepthSnapshot(Box::new(update(bids, asks))))
}

/// Changed levels.
pub(crate) fn delta(bids: &[(&str, i64)], asks: &[(&str, i64)]) -> MarketEvent {
    market(MarketData::DepthDelta(Box::new(update(bids, asks))))
}

/// A bar of a volume of 100: open, high, low, close.
pub(crate) fn bar(prices: [&str; 4]) -> MarketEvent {
    let [open, high, low, close] = prices.map(price);
    market(MarketData::Bar(Bar {
        start: TimestampNs(0),
        open,
        high,
        low,
        close,
        volume: Qty::whole(100),
    }))
}

pub(crate) const fn status(status: InstrumentStatus) -> MarketEvent {
    market(MarketData::Status(status))
}

/// An interval of a calendar of this name, in nanoseconds after the beginning.
pub(crate) fn announce(name: &str, start: u64, end: u64) -> Command {
    Command::AnnounceWindow {
        calendar: Calendar::Named(Label::new(name).unwrap()),
        interval: Interval {
            start: TimestampNs(start),
            end: TimestampNs(end),
        },
    }
}

fn change(account: u32, change: AccountChange) -> Command {
    Command::ChangeAccount {
        account: AccountId(account),
        change,
    }
}

/// Suspended for a review, until so many nanoseconds after the beginning or until somebody ends it.
pub(crate) fn suspend(account: u32, until: Option<u64>) -> Command {
    let reason = SuspendReason::Review;
    let until = until.map(TimestampNs);
    change(account, AccountChange::Suspend { reason, until })
}

pub(crate) fn resume(account: u32) -> Command {
    change(account, AccountChange::Resume)
}

pub(crate) fn close(account: u32) -> Command {
    change(account, AccountChange::Close)
}

/// Profit or loss from outside, in units of the account's currency.
pub(crate) fn earn(account: u32, amount: i64) -> Command {
    Command::Adjust {
        account: AccountId(account),
        kind: AdjustKind::ProfitAndLoss,
        amount: Money::whole(amount),
    }
}

/// A price in whole units, as text.
pub(crate) fn whole(at: i64) -> String {
    Price::whole(at).to_string()
}
