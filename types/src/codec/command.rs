//! Orders, commands and inputs. A command whose form grew is still read, by what it was: 11 of [`Command`].

use crate::calendar::{Calendar, Interval};
use crate::command::{
    AdjustKind, AlgoKind, Command, LatencySample, Leg, ListKind, NewAlgo, NewOrder, OpenAccount,
    OrderKind, OrderList, RollSchedule, SelfTrade, Side, TimeInForce, Trail, TriggerOn,
};
use crate::id::{AccountId, ClientOrderId, InstrumentId};
use crate::input::{Input, InputKind, Timer};
use crate::terms::{Funding, MarkKind, PositionMode, Terms};
use crate::time::TimestampNs;
use crate::unit::{Price, Qty};
use crate::{codec_enum, codec_struct};

codec_struct!(LatencySample { order_ns, ack_ns });
codec_enum!(PositionMode { 0 => Netting, 1 => Hedging });
codec_enum!(MarkKind { 0 => Liquidation, 1 => Last, 2 => Mid });
codec_enum!(Funding { 0 => Unchecked, 1 => Cash, 2 => Margin { rate_min } });
codec_struct!(Terms {
    mode,
    funding,
    shorts,
    mark
});
codec_enum!(Side { 0 => Buy, 1 => Sell });
codec_enum!(TriggerOn { 0 => Quote, 1 => Last });
codec_enum!(Trail { 0 => Amount(amount), 1 => Percent(share) });
codec_enum!(OrderKind {
    0 => Market,
    1 => Limit { price },
    2 => Stop { trigger, on },
    3 => StopLimit { trigger, price, on },
    4 => MarketIfTouched { trigger, on },
    5 => TrailingStop { trail, on },
});
codec_enum!(TimeInForce {
    0 => GoodTillCancel,
    1 => Day,
    2 => ImmediateOrCancel,
    3 => FillOrKill,
    4 => GoodTillDate { until },
    5 => AtOpen,
    6 => AtClose,
});
codec_enum!(SelfTrade {
    0 => CancelNewest,
    1 => CancelOldest,
    2 => CancelBoth,
    3 => Decrement,
    4 => Allow,
});
codec_enum!(Leg { 0 => Net, 1 => Long, 2 => Short });
codec_struct!(NewOrder {
    account,
    client_order,
    instrument,
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
});
codec_enum!(ListKind { 0 => Oco, 1 => Oto, 2 => Bracket, 3 => Cover });
codec_struct!(OrderList { kind, orders });
codec_enum!(AlgoKind { 0 => Twap { slices }, 1 => Vwap { curve }, 2 => Pov { rate } });
codec_struct!(NewAlgo {
    account,
    client_order,
    instrument,
    side,
    qty,
    limit,
    start,
    end,
    kind,
    leg,
    cancel_on_disconnect,
});

/// A [`NewAlgo`] of before it could end with its account's session.
struct StayingAlgo {
    account: AccountId,
    client_order: ClientOrderId,
    instrument: InstrumentId,
    side: Side,
    qty: Qty,
    limit: Option<Price>,
    start: TimestampNs,
    end: TimestampNs,
    kind: AlgoKind,
    leg: Leg,
}

codec_struct!(StayingAlgo {
    account,
    client_order,
    instrument,
    side,
    qty,
    limit,
    start,
    end,
    kind,
    leg,
});

impl From<StayingAlgo> for NewAlgo {
    fn from(algo: StayingAlgo) -> Self {
        Self {
            account: algo.account,
            client_order: algo.client_order,
            instrument: algo.instrument,
            side: algo.side,
            qty: algo.qty,
            limit: algo.limit,
            start: algo.start,
            end: algo.end,
            kind: algo.kind,
            leg: algo.leg,
            cancel_on_disconnect: false,
        }
    }
}

codec_struct!(OpenAccount { plan, parent, name });
codec_enum!(AdjustKind { 0 => ProfitAndLoss, 1 => Payout, 2 => Scale });
codec_struct!(RollSchedule { zone, minute });
codec_enum!(Command {
    0 => RegisterInstrument(instrument),
    1 => DefinePlan { spec },
    2 => DefineCompetition { spec },
    3 => OpenAccount(open),
    4 => EnterCompetition { competition, account, team },
    5 => SubmitOrder(order),
    6 => AmendOrder { account, order, qty, price, trigger },
    7 => CancelOrder { account, order },
    8 => CancelAll { account, instrument, side },
    9 => Adjust { account, kind, amount },
    10 => SubmitList(list),
    12 => Disconnect { account },
    13 => DefineCurve { weights },
    14 => DefineLatency { samples },
    15 => SetConversion { from, to, rate },
    16 => ChangeAccount { account, change },
    17 => AnnounceWindow { calendar, interval },
    18 => ChangeCompetition { competition, change },
    19 => ChangeMarket { instrument, change },
    20 => SubmitAlgo(algo),
} reads {
    11 => SubmitAlgo(StayingAlgo),
});
codec_enum!(Timer { 0 => DayRoll { schedule, day }, 1 => Clock });
codec_enum!(InputKind { 0 => Market(event), 1 => Command(command), 2 => Timer(timer) });
codec_struct!(Input { seq, ts, kind });
codec_enum!(Calendar {
    0 => Named(name),
    1 => Daily { zone, from, to },
    2 => Weekly { zone, from, to },
    3 => Closed { session, minutes_min },
});
codec_struct!(Interval { start, end });
