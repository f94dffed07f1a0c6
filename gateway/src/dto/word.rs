//! The words that the wire has for the values of an enum, one table for both directions.

use rules::{
    AfterPayout, BoardKind, ConsistencyWindow, DailyAnchor, DayCounts, Denominator, TrailSource,
};
use types::{
    AccountState, AdjustKind, Aggressor, CancelReason, DenyReason, Effect, FloorMoveCause,
    InputRejection, InstrumentError, InstrumentKind, InstrumentStatus, OrderKind, PayoutDenial,
    RuleKind, Side, TimeInForce,
};

/// A value that the wire has one word for.
pub trait Word: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// The word.
    fn word(self) -> &'static str;
}

macro_rules! words {
    ($($name:ident { $($variant:ident => $word:literal),+ $(,)? })+) => {$(
        impl Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    )+};
}

words! {
    Side { Buy => "buy", Sell => "sell" }
    TimeInForce { GoodTillCancel => "gtc", Day => "day", ImmediateOrCancel => "ioc" }
    Aggressor { Unknown => "unknown", Buyer => "buyer", Seller => "seller" }
    InstrumentKind {
        Equity => "equity",
        FxPair => "fx_pair",
        CryptoSpot => "crypto_spot",
        Future => "future",
    }
    InstrumentStatus { Open => "open", Halted => "halted", Closed => "closed" }
    AccountState {
        Evaluation => "evaluation",
        Passed => "passed",
        Funded => "funded",
        Failed => "failed",
        Closed => "closed",
    }
    RuleKind { DailyLoss => "daily_loss", MaxLoss => "max_loss" }
    Effect { Fail => "fail", LockForDay => "lock_for_day" }
    FloorMoveCause {
        Opened => "opened",
        Rolled => "rolled",
        Trailed => "trailed",
        Adjusted => "adjusted",
    }
    CancelReason {
        Requested => "requested",
        NotMarketable => "not_marketable",
        DayOver => "day_over",
        AccountLocked => "account_locked",
    }
    DenyReason {
        UnknownAccount => "unknown_account",
        UnknownInstrument => "unknown_instrument",
        UnknownOrder => "unknown_order",
        AccountNotTrading => "account_not_trading",
        DayLocked => "day_locked",
        DuplicateClientOrder => "duplicate_client_order",
        QtyNotPositive => "qty_not_positive",
        QtyTooLarge => "qty_too_large",
        QtyOffLot => "qty_off_lot",
        PriceOffTick => "price_off_tick",
        NoQuote => "no_quote",
        InstrumentNotOpen => "instrument_not_open",
        BadQuote => "bad_quote",
        CurrencyMismatch => "currency_mismatch",
        AccountOrdersMax => "account_orders_max",
        OrdersMax => "orders_max",
        NotInPlan => "not_in_plan",
        OutOfRange => "out_of_range",
    }
    PayoutDenial {
        NotInPlan => "not_in_plan",
        NotEligibleState => "not_eligible_state",
        AmountNotPositive => "amount_not_positive",
        NotFlat => "not_flat",
        Consistency => "consistency",
        AboveEligible => "above_eligible",
        WouldBreach => "would_breach",
    }
    AdjustKind { ProfitAndLoss => "pnl", Payout => "payout", Scale => "scale" }
    DailyAnchor {
        Balance => "balance",
        Equity => "equity",
        MaxBalanceEquity => "max_balance_equity",
        IntradayPeak => "intraday_peak",
    }
    TrailSource {
        None => "none",
        EodBalance => "eod_balance",
        ClosedBalance => "closed_balance",
        EodEquity => "eod_equity",
        TickEquity => "tick_equity",
    }
    DayCounts { OpeningFill => "opening_fill", AnyDayHeld => "any_day_held" }
    Denominator { Net => "net", PositiveDays => "positive_days", Target => "target" }
    ConsistencyWindow { Phase => "phase", SincePayout => "since_payout" }
    AfterPayout {
        FloorStays => "floor_stays",
        FloorToInitial => "floor_to_initial",
        FloorFallsByPayout => "floor_falls",
    }
    BoardKind { Demo => "demo", Paper => "paper", Live => "live" }
    InstrumentError {
        TickSize => "tick_size",
        LotSize => "lot_size",
        ContractSize => "contract_size",
        TickValue => "tick_value",
        OrderQtyMax => "order_qty_max",
        Fees => "fees",
        OffTick => "off_tick",
        OffLot => "off_lot",
    }
}

/// The word for the way an order executes.
pub const fn order_type(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::Stop { .. } => "stop",
    }
}

/// The word for the reason that an input was not applied.
pub const fn rejection(reason: InputRejection) -> &'static str {
    match reason {
        InputRejection::UnknownInstrument => "unknown_instrument",
        InputRejection::UnknownPlan => "unknown_plan",
        InputRejection::UnknownAccount => "unknown_account",
        InputRejection::UnknownCompetition => "unknown_competition",
        InputRejection::UnknownSchedule => "unknown_schedule",
        InputRejection::BadInstrument(_) => "bad_instrument",
        InputRejection::BadPlan => "bad_plan",
        InputRejection::BadCompetition => "bad_competition",
        InputRejection::OffGrid => "off_grid",
        InputRejection::BadQuote => "bad_quote",
        InputRejection::LimitReached => "limit_reached",
        InputRejection::CannotEnter => "cannot_enter",
        InputRejection::DayNotAfter => "day_not_after",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_values_share_a_word() {
        fn distinct<T: Word>() {
            let words: BTreeSet<_> = T::ALL.iter().map(|value| value.word()).collect();
            assert_eq!(words.len(), T::ALL.len());
        }
        distinct::<DenyReason>();
        distinct::<InstrumentKind>();
        distinct::<TrailSource>();
        distinct::<PayoutDenial>();
        distinct::<InstrumentError>();
    }
}
