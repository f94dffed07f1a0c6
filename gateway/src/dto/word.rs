//! The words that the wire has for the values of an enum, one table for both directions.

use rules::{
    AfterPayout, BoardKind, ConsistencyWindow, DailyAnchor, DayCounts, DayProfit, Denominator,
    HoldingAction, InactivityEffect, SignalKind, TrailSource, WindowAction,
};
use runtime::{BoardView, OrderStage};
use types::{
    AccountChange, AccountState, AdjustKind, Aggressor, AlgoKind, BarPath, BaselineSource,
    BookingCause, ContestRefusal, DaysOf, DisqualificationReason, Effect, EntryRefusal, FillCause,
    FillModel, FloorMoveCause, InputRejection, InstrumentError, InstrumentKind, InstrumentStatus,
    LapseEffect, Leg, ListKind, MarkKind, OpenDenial, OrderKind, OrderRole, Origin, PayoutDenial,
    PositionMode, RuleKind, SelfTrade, Side, Sizes, StatusCause, SuspendReason, TimeInForce,
    TriggerOn,
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
    TriggerOn { Quote => "quote", Last => "last" }
    SelfTrade {
        CancelNewest => "cancel_newest",
        CancelOldest => "cancel_oldest",
        CancelBoth => "cancel_both",
        Decrement => "decrement",
        Allow => "allow",
    }
    Leg { Net => "net", Long => "long", Short => "short" }
    ListKind { Oco => "oco", Oto => "oto", Bracket => "bracket", Cover => "cover" }
    OrderRole {
        Alone => "alone",
        Oco => "oco",
        OtoParent => "oto_parent",
        OtoChild => "oto_child",
        Entry => "entry",
        TakeProfit => "take_profit",
        StopLoss => "stop_loss",
        CoverStop => "cover_stop",
        Slice => "slice",
    }
    OrderStage {
        InFlight => "in_flight",
        Held => "held",
        Waiting => "waiting",
        Resting => "resting",
        Auction => "auction",
    }
    PositionMode { Netting => "netting", Hedging => "hedging" }
    Sizes { Unlimited => "unlimited", Displayed => "displayed" }
    BarPath { Ignored => "ignored", Walked => "walked" }
    Aggressor { Unknown => "unknown", Buyer => "buyer", Seller => "seller" }
    InstrumentKind {
        Equity => "equity",
        FxPair => "fx_pair",
        CryptoSpot => "crypto_spot",
        Future => "future",
    }
    InstrumentStatus {
        Open => "open",
        Halted => "halted",
        Closed => "closed",
        PreOpen => "pre_open",
        PreClose => "pre_close",
    }
    StatusCause { Market => "market", Breaker => "breaker" }
    FillCause {
        Order => "order",
        Liquidation => "liquidation",
        MarginCall => "margin_call",
        Window => "window",
        AccountEnded => "account_ended",
    }
    FillModel {
        Touch => "touch",
        Through => "through",
        Queue => "queue",
        Depth => "depth",
        Bar => "bar",
        Book => "book",
        Auction => "auction",
        House => "house",
    }
    BookingCause { Financing => "financing", Dividend => "dividend", Split => "split" }
    AccountState {
        Evaluation => "evaluation",
        Passed => "passed",
        Funded => "funded",
        Failed => "failed",
        Closed => "closed",
        Suspended => "suspended",
    }
    RuleKind { DailyLoss => "daily_loss", MaxLoss => "max_loss" }
    Effect { Fail => "fail", LockForDay => "lock_for_day", Warn => "warn" }
    FloorMoveCause {
        Opened => "opened",
        Rolled => "rolled",
        Trailed => "trailed",
        Adjusted => "adjusted",
    }
    DisqualificationReason {
        OppositePositions => "opposite_positions",
        CopiedTrades => "copied_trades",
        SelfMatches => "self_matches",
        StaleQuotes => "stale_quotes",
        MultipleEntries => "multiple_entries",
        Identity => "identity",
        Terms => "terms",
        Withdrawn => "withdrawn",
    }
    SuspendReason { ByFirm => "by_firm", Review => "review", Inactivity => "inactivity" }
    Origin { NextPhase => "next_phase", Reset => "reset", Retry => "retry" }
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
    MarkKind { Liquidation => "liquidation", Last => "last", Mid => "mid" }
    DayProfit { Closed => "closed", Equity => "equity" }
    Denominator { Net => "net", PositiveDays => "positive_days", Target => "target" }
    ConsistencyWindow { Phase => "phase", SincePayout => "since_payout" }
    AfterPayout {
        FloorStays => "floor_stays",
        FloorToInitial => "floor_to_initial",
        FloorFallsByPayout => "floor_falls",
    }
    WindowAction {
        BlockOpening => "block_opening",
        BlockAll => "block_all",
        ForceFlat => "force_flat",
        ExcludeProfit => "exclude_profit",
    }
    HoldingAction { Warn => "warn", ExcludeProfit => "exclude_profit" }
    InactivityEffect { Fail => "fail", Suspend => "suspend", Close => "close" }
    LapseEffect { Fail => "fail", Close => "close" }
    DaysOf { Calendar => "calendar", Trading => "trading" }
    BoardKind { Demo => "demo", Paper => "paper", Live => "live" }
    BoardView { Public => "public", Review => "review" }
    SignalKind {
        OppositePositions => "opposite_positions",
        CopiedTrades => "copied_trades",
        SelfMatches => "self_matches",
        StaleQuotes => "stale_quotes",
    }
    InstrumentError {
        TickSize => "tick_size",
        LotSize => "lot_size",
        ContractSize => "contract_size",
        TickValue => "tick_value",
        OrderQtyMax => "order_qty_max",
        Fees => "fees",
        Margin => "margin",
        Bands => "bands",
        Model => "model",
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
        OrderKind::StopLimit { .. } => "stop_limit",
        OrderKind::MarketIfTouched { .. } => "market_if_touched",
        OrderKind::TrailingStop { .. } => "trailing_stop",
    }
}

/// The word for the way an algo slices.
pub const fn algo_type(kind: AlgoKind) -> &'static str {
    match kind {
        AlgoKind::Twap { .. } => "twap",
        AlgoKind::Vwap { .. } => "vwap",
        AlgoKind::Pov { .. } => "pov",
    }
}

/// The word for how long an order works.
pub const fn tif(tif: TimeInForce) -> &'static str {
    match tif {
        TimeInForce::GoodTillCancel => "gtc",
        TimeInForce::Day => "day",
        TimeInForce::ImmediateOrCancel => "ioc",
        TimeInForce::FillOrKill => "fok",
        TimeInForce::GoodTillDate { .. } => "gtd",
        TimeInForce::AtOpen => "opg",
        TimeInForce::AtClose => "cls",
    }
}

/// The word for what a baseline was taken from.
pub const fn baseline_source(source: BaselineSource) -> &'static str {
    match source {
        BaselineSource::Opening => "opening",
        BaselineSource::Roll => "roll",
        BaselineSource::Equity(_) => "equity",
        BaselineSource::ClosedBalance => "closed_balance",
        BaselineSource::Scaling => "scaling",
    }
}

/// The word for the reason that a payout was refused.
pub const fn payout_denial(reason: &PayoutDenial) -> &'static str {
    match reason {
        PayoutDenial::NotInPlan => "not_in_plan",
        PayoutDenial::NotEligibleState => "not_eligible_state",
        PayoutDenial::AmountNotPositive => "amount_not_positive",
        PayoutDenial::NotFlat => "not_flat",
        PayoutDenial::Consistency(_) => "consistency",
        PayoutDenial::AboveEligible => "above_eligible",
        PayoutDenial::WouldBreach => "would_breach",
        PayoutDenial::TooFewDays { .. } => "too_few_days",
        PayoutDenial::TooSoon { .. } => "too_soon",
        PayoutDenial::BelowMinimum { .. } => "below_minimum",
    }
}

/// The word for the reason that an entry or a change of a competition was refused.
pub const fn contest_refusal(reason: ContestRefusal) -> &'static str {
    match reason {
        ContestRefusal::State(_) => "state",
        ContestRefusal::LateEntry => "late_entry",
        ContestRefusal::Full { .. } => "full",
        ContestRefusal::NeedsTeam => "needs_team",
        ContestRefusal::HasNoTeams => "has_no_teams",
        ContestRefusal::UnknownEntrant(_) => "unknown_entrant",
        ContestRefusal::IsDisqualified(_) => "is_disqualified",
        ContestRefusal::IsNotDisqualified(_) => "is_not_disqualified",
        ContestRefusal::EndsByItself => "ends_by_itself",
    }
}

/// The word for what is made of an account.
pub const fn account_change(change: AccountChange) -> &'static str {
    match change {
        AccountChange::Suspend { .. } => "suspend",
        AccountChange::Resume => "resume",
        AccountChange::Close => "close",
    }
}

/// The word for the reason that an account was not opened after its parent.
pub const fn open_denial(reason: OpenDenial) -> &'static str {
    match reason {
        OpenDenial::ParentState { .. } => "parent_state",
        OpenDenial::Followed => "followed",
        OpenDenial::OtherPlan { .. } => "other_plan",
        OpenDenial::OtherCurrency { .. } => "other_currency",
        OpenDenial::EarlierPhase { .. } => "earlier_phase",
        OpenDenial::ResetsMax { .. } => "resets_max",
        OpenDenial::RetriesMax { .. } => "retries_max",
    }
}

/// The word for the reason that an account cannot enter a competition.
pub const fn entry_refusal(reason: EntryRefusal) -> &'static str {
    match reason {
        EntryRefusal::Entered { .. } => "already_entered",
        EntryRefusal::NotTrading { .. } => "account_not_trading",
        EntryRefusal::NoEquity => "no_equity",
        EntryRefusal::PaysOut => "plan_pays_out",
        EntryRefusal::Scales => "plan_scales",
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
        InputRejection::OffGrid(_) => "off_grid",
        InputRejection::BadQuote(_) => "bad_quote",
        InputRejection::LimitReached { .. } => "limit_reached",
        InputRejection::CannotEnter(refusal) => entry_refusal(refusal),
        InputRejection::DayNotAfter => "day_not_after",
        InputRejection::BadData(_) => "bad_data",
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
        distinct::<OrderRole>();
        distinct::<FillModel>();
        distinct::<InstrumentKind>();
        distinct::<TrailSource>();
        distinct::<InstrumentError>();
    }
}
