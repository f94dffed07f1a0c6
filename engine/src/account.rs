//! An account, and the firm's side of the ledger.

use rules::AccountRules;
use types::{
    AccountId, AccountState, Breach, CompetitionId, Label, Money, Notional, PlanId, Seq,
    TimestampNs, codec_struct,
};

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) plan: PlanId,
    pub(crate) parent: Option<AccountId>,
    pub(crate) name: Label,
    pub(crate) state: AccountState,
    pub(crate) day_locked: bool,
    /// Realised cash.
    pub(crate) balance: Money,
    /// Sum over the open positions, exact.
    pub(crate) unrealised: Notional,
    /// Fees paid so far.
    pub(crate) fees: Money,
    pub(crate) rules: AccountRules,
    /// First and last of its positions and working orders, oldest first.
    pub(crate) positions: List,
    pub(crate) orders: List,
    pub(crate) orders_len: u32,
    /// Its place in a competition.
    pub(crate) entry: Option<EntryPlace>,
    /// The newest primary breach.
    pub(crate) breach: Option<BreachRecord>,
}

codec_struct!(Account {
    plan,
    parent,
    name,
    state,
    day_locked,
    balance,
    unrealised,
    fees,
    rules,
    positions,
    orders,
    orders_len,
    entry,
    breach,
});

/// Ends of an intrusive list of slab handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

codec_struct!(List { first, last });

/// Where an account's competition entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryPlace {
    pub(crate) competition: CompetitionId,
    pub(crate) index: u32,
}

codec_struct!(EntryPlace { competition, index });

/// A breach and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BreachRecord {
    pub(crate) seq: Seq,
    pub(crate) ts: TimestampNs,
    pub(crate) breach: Breach,
}

codec_struct!(BreachRecord { seq, ts, breach });

impl Account {
    /// Balance plus unrealised profit at the mark, exact.
    pub(crate) fn equity(&self) -> Notional {
        Notional(
            self.balance
                .to_notional()
                .0
                .saturating_add(self.unrealised.0),
        )
    }

    /// Whether its rules are alive.
    pub(crate) const fn is_trading(&self) -> bool {
        matches!(self.state, AccountState::Evaluation | AccountState::Funded)
    }
}

/// The other side of every booking: what accounts gain, the house gives. Units of [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct House {
    /// Balances that accounts opened with, and later changes from outside the market.
    pub funded: i128,
    /// Trading profit of the accounts, with the sign turned.
    pub trading: i128,
    /// Fees received.
    pub fees: i128,
}

codec_struct!(House {
    funded,
    trading,
    fees
});
