//! Any input, for the round trips.

use proptest::prelude::*;

use crate::command::{
    AlgoKind, Command, LatencySample, Leg, ListKind, NewAlgo, NewOrder, OrderKind, OrderList,
    RollSchedule, SelfTrade, Side, TimeInForce, Trail, TriggerOn,
};
use crate::id::{AccountId, ClientOrderId, CurveId, InstrumentId, LatencyId, OrderId};
use crate::input::{InputKind, Timer};
use crate::instrument::{
    BarPath, CancelModel, FeeSchedule, FillRule, Instrument, InstrumentKind, Latency, Liquidity,
    Margin, PaperModel, Requirement, Sizes, Slippage,
};
use crate::label::Label;
use crate::market::{
    Aggressor, DepthUpdate, Financing, InstrumentStatus, Level, MarketChange, MarketData,
    MarketEvent, Quote, Trade,
};
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Money, Price, Qty, Ratio};

pub(super) fn price() -> impl Strategy<Value = Price> {
    any::<i64>().prop_map(Price)
}

pub(super) fn qty() -> impl Strategy<Value = Qty> {
    any::<i64>().prop_map(Qty)
}

fn ratio() -> impl Strategy<Value = Ratio> {
    any::<i64>().prop_map(Ratio)
}

pub(super) fn money() -> impl Strategy<Value = Money> {
    any::<i64>().prop_map(Money)
}

pub(super) fn ts() -> impl Strategy<Value = TimestampNs> {
    any::<u64>().prop_map(TimestampNs)
}

pub(super) fn order_id() -> impl Strategy<Value = OrderId> {
    any::<u64>().prop_map(OrderId)
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        Just("EUR"),
        Just("USD"),
        Just("a name of printable ASCII, 31.")
    ]
    .prop_map(|text| Label::new(text).unwrap())
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

pub(super) fn leg() -> impl Strategy<Value = Leg> {
    prop_oneof![Just(Leg::Net), Just(Leg::Long), Just(Leg::Short)]
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    prop::collection::vec(
        (price(), qty()).prop_map(|(price, qty)| Level { price, qty }),
        0..8,
    )
}

fn order_kind() -> impl Strategy<Value = OrderKind> {
    let on = || prop_oneof![Just(TriggerOn::Quote), Just(TriggerOn::Last)];
    let trail = prop_oneof![
        price().prop_map(Trail::Amount),
        ratio().prop_map(Trail::Percent)
    ];
    prop_oneof![
        Just(OrderKind::Market),
        price().prop_map(|price| OrderKind::Limit { price }),
        (price(), on()).prop_map(|(trigger, on)| OrderKind::Stop { trigger, on }),
        (price(), price(), on()).prop_map(|(trigger, price, on)| OrderKind::StopLimit {
            trigger,
            price,
            on
        }),
        (price(), on()).prop_map(|(trigger, on)| OrderKind::MarketIfTouched { trigger, on }),
        (trail, on()).prop_map(|(trail, on)| OrderKind::TrailingStop { trail, on }),
    ]
}

fn tif() -> impl Strategy<Value = TimeInForce> {
    prop_oneof![
        Just(TimeInForce::GoodTillCancel),
        Just(TimeInForce::Day),
        Just(TimeInForce::ImmediateOrCancel),
        Just(TimeInForce::FillOrKill),
        ts().prop_map(|until| TimeInForce::GoodTillDate { until }),
        Just(TimeInForce::AtOpen),
        Just(TimeInForce::AtClose),
    ]
}

pub(super) fn order() -> impl Strategy<Value = NewOrder> {
    let self_trade = prop_oneof![
        Just(SelfTrade::CancelNewest),
        Just(SelfTrade::CancelOldest),
        Just(SelfTrade::CancelBoth),
        Just(SelfTrade::Decrement),
        Just(SelfTrade::Allow),
    ];
    let ids = (any::<u32>(), any::<u128>(), any::<u32>());
    let terms = (tif(), qty(), any::<[bool; 3]>(), self_trade, leg());
    (ids, side(), order_kind(), qty(), terms).prop_map(|(ids, side, kind, qty, terms)| {
        let (account, client_order, instrument) = ids;
        let (tif, display, flags, self_trade, leg) = terms;
        let [post_only, reduce_only, cancel_on_disconnect] = flags;
        NewOrder {
            account: AccountId(account),
            client_order: ClientOrderId(client_order),
            instrument: InstrumentId(instrument),
            side,
            kind,
            qty,
            tif,
            display,
            post_only,
            reduce_only,
            cancel_on_disconnect,
            self_trade,
            leg,
        }
    })
}

fn list() -> impl Strategy<Value = OrderList> {
    let kind = prop_oneof![
        Just(ListKind::Oco),
        Just(ListKind::Oto),
        Just(ListKind::Bracket),
        Just(ListKind::Cover),
    ];
    (kind, prop::collection::vec(order(), 0..4))
        .prop_map(|(kind, orders)| OrderList { kind, orders })
}

pub(super) fn algo() -> impl Strategy<Value = NewAlgo> {
    let kind = prop_oneof![
        any::<u16>().prop_map(|slices| AlgoKind::Twap { slices }),
        any::<u32>().prop_map(|curve| AlgoKind::Vwap {
            curve: CurveId(curve)
        }),
        ratio().prop_map(|rate| AlgoKind::Pov { rate }),
    ];
    let limit = prop::option::of(price());
    (order(), limit, ts(), ts(), kind).prop_map(|(order, limit, start, end, kind)| NewAlgo {
        account: order.account,
        client_order: order.client_order,
        instrument: order.instrument,
        side: order.side,
        qty: order.qty,
        limit,
        start,
        end,
        kind,
        leg: order.leg,
        cancel_on_disconnect: order.cancel_on_disconnect,
    })
}

fn instrument() -> impl Strategy<Value = Instrument> {
    let fill = prop_oneof![
        Just(FillRule::Touch),
        Just(FillRule::Through),
        Just(FillRule::Queue(CancelModel::Conservative)),
        any::<u8>().prop_map(|power| FillRule::Queue(CancelModel::Power(power))),
    ];
    let sizes = prop_oneof![Just(Sizes::Unlimited), Just(Sizes::Displayed)];
    let slippage = prop_oneof![
        Just(Slippage::None),
        any::<u32>().prop_map(Slippage::Ticks),
        ratio().prop_map(Slippage::Rate),
        any::<u32>().prop_map(|ticks| Slippage::Impact { ticks }),
    ];
    let latency = prop_oneof![
        Just(Latency::None),
        sample().prop_map(Latency::Constant),
        any::<u32>().prop_map(|latency| Latency::Recorded(LatencyId(latency))),
    ];
    let bars = prop_oneof![Just(BarPath::Ignored), Just(BarPath::Walked)];
    let paper = (fill, sizes, slippage, latency, bars).prop_map(
        |(fill, sizes, slippage, latency, bars)| {
            Liquidity::Paper(PaperModel {
                fill,
                sizes,
                slippage,
                latency,
                bars,
            })
        },
    );
    let liquidity = prop_oneof![Just(Liquidity::Crossed), paper];
    (liquidity, any::<bool>(), ratio(), money(), qty()).prop_map(
        |(liquidity, shortable, rate, amount, qty)| Instrument {
            symbol: Label::new("IDX").unwrap(),
            kind: InstrumentKind::Future,
            currency: Label::new("USD").unwrap(),
            tick_size: Price::ONE,
            lot_size: qty,
            contract_size: Qty::ONE,
            order_qty_max: qty,
            fees: FeeSchedule {
                taker: rate,
                maker: Ratio(1),
                per_unit: amount,
                minimum: Money(2),
            },
            margin: Margin {
                initial: Requirement {
                    rate,
                    per_unit: amount,
                },
                maintenance: Requirement::default(),
            },
            shortable,
            collar: rate,
            breaker: Ratio(3),
            liquidity,
        },
    )
}

fn sample() -> impl Strategy<Value = LatencySample> {
    any::<(u32, u32)>().prop_map(|(order_ns, ack_ns)| LatencySample { order_ns, ack_ns })
}

fn command() -> impl Strategy<Value = Command> {
    let account = || any::<u32>().prop_map(AccountId);
    prop_oneof![
        order().prop_map(Command::SubmitOrder),
        list().prop_map(Command::SubmitList),
        algo().prop_map(Command::SubmitAlgo),
        instrument().prop_map(|it| Command::RegisterInstrument(Box::new(it))),
        prop::collection::vec(any::<u8>(), 0..64)
            .prop_map(|spec| Command::DefinePlan { spec: spec.into() }),
        (
            account(),
            order_id(),
            prop::option::of(qty()),
            prop::option::of(price()),
            prop::option::of(price()),
        )
            .prop_map(
                |(account, order, qty, price, trigger)| Command::AmendOrder {
                    account,
                    order,
                    qty,
                    price,
                    trigger,
                }
            ),
        (
            account(),
            prop::option::of(any::<u32>().prop_map(InstrumentId)),
            prop::option::of(side()),
        )
            .prop_map(|(account, instrument, side)| Command::CancelAll {
                account,
                instrument,
                side,
            }),
        account().prop_map(|account| Command::Disconnect { account }),
        prop::collection::vec(any::<u32>(), 0..8)
            .prop_map(|weights| Command::DefineCurve { weights }),
        prop::collection::vec(sample(), 0..8)
            .prop_map(|samples| Command::DefineLatency { samples }),
        (label(), label(), price()).prop_map(|(from, to, rate)| Command::SetConversion {
            from,
            to,
            rate
        }),
        (any::<u32>(), market_change()).prop_map(|(instrument, change)| Command::ChangeMarket {
            instrument: InstrumentId(instrument),
            change,
        }),
    ]
}

fn market_change() -> impl Strategy<Value = MarketChange> {
    prop_oneof![
        Just(MarketChange::Status(InstrumentStatus::PreClose)),
        (ratio(), ratio(), price()).prop_map(|(long, short, price)| {
            MarketChange::Financing(Financing { long, short, price })
        }),
        money().prop_map(|per_unit| MarketChange::Dividend { per_unit }),
        (any::<u32>(), any::<u32>()).prop_map(|(new, old)| MarketChange::Split { new, old }),
    ]
}

fn quote() -> impl Strategy<Value = MarketData> {
    (price(), qty(), price(), qty()).prop_map(|(bid, bid_qty, ask, ask_qty)| {
        MarketData::Quote(Quote {
            bid,
            bid_qty,
            ask,
            ask_qty,
        })
    })
}

fn trade() -> impl Strategy<Value = MarketData> {
    let aggressor = prop_oneof![
        Just(Aggressor::Unknown),
        Just(Aggressor::Buyer),
        Just(Aggressor::Seller),
    ];
    (price(), qty(), aggressor).prop_map(|(price, qty, aggressor)| {
        MarketData::Trade(Trade {
            price,
            qty,
            aggressor,
        })
    })
}

fn market_data() -> impl Strategy<Value = MarketData> {
    prop_oneof![
        quote(),
        trade(),
        (levels(), levels())
            .prop_map(|(bids, asks)| MarketData::DepthDelta(Box::new(DepthUpdate { bids, asks }))),
        prop_oneof![
            Just(InstrumentStatus::Open),
            Just(InstrumentStatus::Halted),
            Just(InstrumentStatus::Closed),
            Just(InstrumentStatus::PreOpen),
            Just(InstrumentStatus::PreClose),
        ]
        .prop_map(MarketData::Status),
        (ratio(), ratio(), price()).prop_map(|(long, short, price)| MarketData::Financing(
            Financing { long, short, price }
        )),
        money().prop_map(|per_unit| MarketData::Dividend { per_unit }),
        any::<(u32, u32)>().prop_map(|(new, old)| MarketData::Split { new, old }),
    ]
}

pub(super) fn input_kind() -> impl Strategy<Value = InputKind> {
    let schedule = RollSchedule {
        zone: Label::new("UTC").unwrap(),
        minute: 0,
    };
    prop_oneof![
        (any::<u32>(), ts(), market_data()).prop_map(|(instrument, ts_event, data)| {
            InputKind::Market(MarketEvent {
                instrument: InstrumentId(instrument),
                ts_event,
                data,
            })
        }),
        command().prop_map(InputKind::Command),
        any::<i32>().prop_map(move |day| {
            InputKind::Timer(Timer::DayRoll {
                schedule,
                day: TradingDay(day),
            })
        }),
        Just(InputKind::Timer(Timer::Clock)),
    ]
}

/// An input whose frame is put together as an array.
pub(super) fn usual_kind() -> impl Strategy<Value = InputKind> {
    let has_no_time = |tif: &TimeInForce| !matches!(tif, TimeInForce::GoodTillDate { .. });
    let tif = tif().prop_filter("a time takes bytes of its own", has_no_time);
    let kind = prop_oneof![
        3 => price().prop_map(|price| OrderKind::Limit { price }),
        1 => Just(OrderKind::Market),
    ];
    let usual_order =
        (order(), kind, tif).prop_map(|(order, kind, tif)| NewOrder { kind, tif, ..order });
    let cancel = (any::<u32>(), order_id()).prop_map(|(account, order)| Command::CancelOrder {
        account: AccountId(account),
        order,
    });
    let command = prop_oneof![usual_order.prop_map(Command::SubmitOrder), cancel];
    let data = prop_oneof![quote(), trade()];
    let event = (any::<u32>(), ts(), data).prop_map(|(instrument, ts_event, data)| MarketEvent {
        instrument: InstrumentId(instrument),
        ts_event,
        data,
    });
    prop_oneof![
        command.prop_map(InputKind::Command),
        event.prop_map(InputKind::Market),
    ]
}
