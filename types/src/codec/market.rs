//! Instruments and market data.

use crate::instrument::{
    BarPath, CancelModel, FeeSchedule, FillRule, Instrument, InstrumentError, InstrumentKind,
    Latency, Liquidity, Margin, PaperModel, Requirement, Sizes, Slippage,
};
use crate::market::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Level, MarketChange, MarketData,
    MarketEvent, Quote, Trade,
};
use crate::{codec_enum, codec_struct};

codec_struct!(Quote {
    bid,
    bid_qty,
    ask,
    ask_qty
});
codec_enum!(Aggressor { 0 => Unknown, 1 => Buyer, 2 => Seller });
codec_struct!(Trade {
    price,
    qty,
    aggressor
});
codec_struct!(Level { price, qty });
codec_struct!(DepthUpdate { bids, asks });
codec_struct!(Bar {
    start,
    open,
    high,
    low,
    close,
    volume
});
codec_enum!(InstrumentStatus {
    0 => Open,
    1 => Halted,
    2 => Closed,
    3 => PreOpen,
    4 => PreClose,
});
codec_struct!(Financing { long, short, price });
codec_enum!(MarketData {
    0 => Quote(quote),
    1 => Trade(trade),
    2 => DepthDelta(depth),
    3 => DepthSnapshot(depth),
    4 => Bar(bar),
    5 => Status(status),
    6 => Financing(financing),
    7 => Dividend { per_unit },
    8 => Split { new, old },
    9 => Gap,
});
codec_enum!(MarketChange {
    0 => Status(status),
    1 => Financing(financing),
    2 => Dividend { per_unit },
    3 => Split { new, old },
});
codec_struct!(MarketEvent {
    instrument,
    ts_event,
    data
});
codec_enum!(InstrumentKind { 0 => Equity, 1 => FxPair, 2 => CryptoSpot, 3 => Future });
codec_struct!(FeeSchedule {
    taker,
    maker,
    per_unit,
    minimum
});
codec_struct!(Requirement { rate, per_unit });
codec_struct!(Margin {
    initial,
    maintenance
});
codec_enum!(CancelModel { 0 => Conservative, 1 => Power(power) });
codec_enum!(FillRule { 0 => Touch, 1 => Through, 2 => Queue(model) });
codec_enum!(Sizes { 0 => Unlimited, 1 => Displayed });
codec_enum!(Slippage { 0 => None, 1 => Ticks(ticks), 2 => Rate(rate), 3 => Impact { ticks } });
codec_enum!(Latency { 0 => None, 1 => Constant(sample), 2 => Recorded(latency) });
codec_enum!(BarPath { 0 => Ignored, 1 => Walked });
codec_struct!(PaperModel {
    fill,
    sizes,
    slippage,
    latency,
    bars
});
codec_enum!(Liquidity { 0 => Paper(model), 1 => Crossed });
codec_struct!(Instrument {
    symbol,
    kind,
    currency,
    tick_size,
    lot_size,
    contract_size,
    order_qty_max,
    fees,
    margin,
    shortable,
    collar,
    breaker,
    liquidity,
});
codec_enum!(InstrumentError {
    0 => TickSize,
    1 => LotSize,
    2 => ContractSize,
    3 => TickValue,
    4 => OrderQtyMax,
    5 => Fees,
    6 => OffTick,
    7 => OffLot,
    8 => Margin,
    9 => Bands,
    10 => Model,
});
