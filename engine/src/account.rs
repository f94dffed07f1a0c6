//! An account, and the firm's side of the ledger.

use rules::{AccountRules, Lifecycle, Lineage};
use types::{
    AccountState, BaselineOrigin, BaselineSource, Breach, Codec, CodecError, CompetitionId,
    DenyReason, FloorMoveCause, Label, Money, Parentage, PlanId, Reader, RuleKind, Seq, Terms,
    TimestampNs, codec_struct,
};

use crate::derived::{Derived, DerivedFlag, DerivedSeq};
use crate::fetch::fetch;

/// One account, in this order: what an order, a cancel and most of a fill and a judgement look at is in the first
/// two lines of the cache.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(crate) struct Account {
    /// First and last of its holdings, in the order in which their positions were opened.
    pub(crate) holdings: List,
    /// First and last of its working orders, oldest first.
    pub(crate) orders: List,
    /// Cash of its own currency.
    pub(crate) balance: Money,
    /// Fees paid so far.
    pub(crate) fees: Money,
    pub(crate) orders_len: u32,
    pub(crate) plan: PlanId,
    /// Its place in a competition.
    pub(crate) entry: Option<EntryPlace>,
    /// Its own currency, and what it may do with its money; both follow from the plan.
    pub(crate) currency: CurrencyId,
    /// Floors that followed a peak, and its owner was not told yet.
    pub(crate) untold: EachLimit<bool>,
    pub(crate) day_locked: bool,
    /// Whether its plan has rules of conduct, which orders and fills are held to.
    pub(crate) has_conduct: bool,
    /// Its equity is at least the lowest that its `rules` allow, as they are written here: it was when its
    /// bands were drawn, and within them stays so. Follows from the positions and their marks.
    pub(crate) is_floored: DerivedFlag,
    /// Its only position is among the high-water marks of its instrument: its limits, and what moved them,
    /// are those of when it joined, until it catches up. Follows from the positions and their marks.
    pub(crate) is_trailing: DerivedFlag,
    /// Resets and retries that led to it.
    pub(crate) lineage: Lineage,
    /// Whether another account follows it.
    pub(crate) followed: bool,
    pub(crate) terms: Terms,
    pub(crate) life: Lifecycle,
    /// Cash of other currencies, in order of first use.
    pub(crate) foreign: Foreign,
    /// The second of its newest order, and how many it has sent within it.
    pub(crate) rate: OrderRate,
    /// The input in which it was judged last.
    pub(crate) judged: DerivedSeq,
    /// Its place among those that saw something in this input.
    pub(crate) seen: Derived,
    /// The end of its suspension in the agenda.
    pub(crate) resume_timed: Derived,
    /// While it `is_trailing`, limits of before: whoever asks for limits calls `Shard::catch_up` or
    /// `Shard::rules_of`. What is no limit (days, counts, size) is always that of now.
    pub(crate) rules: AccountRules,
    pub(crate) parent: Option<Parentage>,
    pub(crate) name: Label,
    /// The newest primary breach.
    pub(crate) breach: Option<BreachRecord>,
    /// What moved its limits last.
    pub(crate) moved: EachLimit<Option<Move>>,
    /// Where their baselines come from; of a limit that it has not, where it would.
    pub(crate) origins: EachLimit<BaselineOrigin>,
    /// Its newest opening fill, else what opened or resumed it. Fills are looked at where its plan has rules
    /// of conduct, of which a rest that was too long is one.
    pub(crate) active: At,
}

// Of the foreign cash the second line has whether there is any.
const _: () = assert!(std::mem::offset_of!(Account, terms) == 64);
const _: () = assert!(std::mem::offset_of!(Account, foreign) == 120);
const _: () = assert!(std::mem::offset_of!(Account, rules) == 224);
const _: () = assert!(size_of::<Account>() == 1024);

codec_struct!(Account {
    balance,
    holdings,
    orders,
    orders_len,
    plan,
    life,
    day_locked,
    currency,
    terms,
    has_conduct,
    foreign,
    rate,
    rules,
    is_floored,
    is_trailing,
    seen,
    judged,
    untold,
    fees,
    entry,
    parent,
    lineage,
    followed,
    resume_timed,
    name,
    breach,
    moved,
    origins,
    active,
});

/// A currency of the shard; dense from 0, in order of first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CurrencyId(pub(crate) u16);

impl Codec for CurrencyId {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Codec::decode(reader).map(Self)
    }
}

/// Foreign currencies that one account holds at most.
pub(crate) const FOREIGN_MAX: usize = 3;

/// Cash of other currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Foreign {
    cash: [Option<(CurrencyId, Money)>; FOREIGN_MAX],
}

impl Foreign {
    /// Whether there is none.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.cash[0].is_none()
    }

    /// What is held, in order of first use.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (CurrencyId, Money)> {
        self.cash.iter().flatten().copied()
    }

    /// Cash of a currency; it is held from now on. `None` when there is no room.
    pub(crate) fn cash_mut(&mut self, currency: CurrencyId) -> Option<&mut Money> {
        let place = self
            .cash
            .iter()
            .position(|cash| cash.is_none_or(|(held, _)| held == currency))?;
        let (_, money) = self.cash[place].get_or_insert((currency, Money::ZERO));
        Some(money)
    }
}

impl Codec for Foreign {
    fn encode(&self, out: &mut Vec<u8>) {
        for cash in &self.cash {
            match cash {
                None => out.push(0),
                Some((currency, money)) => {
                    out.push(1);
                    currency.encode(out);
                    money.encode(out);
                }
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut foreign = Self::default();
        let mut is_open = true;
        for cash in &mut foreign.cash {
            *cash = match u8::decode(reader)? {
                0 => {
                    is_open = false;
                    None
                }
                1 if is_open => Some((Codec::decode(reader)?, Codec::decode(reader)?)),
                _ => return Err(CodecError::Invalid("foreign cash")),
            };
        }
        Ok(foreign)
    }
}

/// Orders sent within one second of input time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OrderRate {
    pub(crate) second: u64,
    pub(crate) count: u32,
}

codec_struct!(OrderRate { second, count });

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

/// What moved a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The input.
    pub seq: Seq,
    /// Its time.
    pub ts: TimestampNs,
    /// Why.
    pub cause: FloorMoveCause,
}

codec_struct!(Move { seq, ts, cause });

/// Something that an account has for each limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EachLimit<T> {
    pub(crate) daily: T,
    pub(crate) max: T,
}

impl<T: Codec> Codec for EachLimit<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.daily.encode(out);
        self.max.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            daily: T::decode(reader)?,
            max: T::decode(reader)?,
        })
    }
}

impl<T: Copy> EachLimit<T> {
    /// The same for both.
    pub(crate) const fn both(value: T) -> Self {
        Self {
            daily: value,
            max: value,
        }
    }

    pub(crate) const fn of(&self, rule: RuleKind) -> T {
        match rule {
            RuleKind::DailyLoss => self.daily,
            RuleKind::MaxLoss => self.max,
        }
    }

    pub(crate) const fn set(&mut self, rule: RuleKind, value: T) {
        match rule {
            RuleKind::DailyLoss => self.daily = value,
            RuleKind::MaxLoss => self.max = value,
        }
    }
}

impl EachLimit<bool> {
    #[inline]
    pub(crate) const fn any(self) -> bool {
        self.daily || self.max
    }
}

/// An input and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) seq: Seq,
    pub(crate) ts: TimestampNs,
}

codec_struct!(At { seq, ts });

impl At {
    /// A baseline that was taken at this input.
    pub(crate) const fn takes(self, source: BaselineSource) -> BaselineOrigin {
        BaselineOrigin {
            seq: self.seq,
            ts: self.ts,
            source,
        }
    }
}

impl Account {
    /// Asks memory for what an order looks at.
    #[inline]
    pub(crate) fn fetch(&self) {
        fetch(&self.orders);
        fetch(&self.terms);
        fetch(self.rules.floor());
    }

    /// Asks memory for what a fill and the judgement after it look at.
    #[inline]
    pub(crate) fn fetch_whole(&self) {
        self.fetch();
        for profit in self.rules.profits_today() {
            fetch(profit);
        }
    }

    /// Cash of one currency.
    pub(crate) fn cash_of(&self, currency: CurrencyId) -> Money {
        if currency == self.currency {
            return self.balance;
        }
        let mut foreign = self.foreign.iter();
        let found = foreign.find(|(held, _)| *held == currency);
        found.map_or(Money::ZERO, |(_, cash)| cash)
    }

    /// Whether its rules are alive.
    #[inline]
    pub(crate) const fn is_trading(&self) -> bool {
        self.life.is_trading()
    }

    /// Whether it may send orders.
    #[inline(always)]
    pub(crate) const fn check_trading(&self) -> Result<(), DenyReason> {
        if !self.is_trading() {
            let state = self.state();
            return Err(DenyReason::AccountNotTrading { state });
        }
        if self.day_locked {
            return Err(DenyReason::DayLocked);
        }
        Ok(())
    }

    /// Where it is in its life.
    #[inline]
    pub(crate) const fn state(&self) -> AccountState {
        self.life.state()
    }
}

/// The other side of every booking in one currency: what accounts gain, the house gives. Units of
/// [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct House {
    /// Balances that accounts opened with, and later changes from outside the market.
    pub funded: i128,
    /// Trading profit of the accounts, with the sign turned.
    pub trading: i128,
    /// Fees received.
    pub fees: i128,
}

impl House {
    /// What accounts have of it: funded less what it won and took in fees.
    #[inline(always)]
    pub(crate) const fn given(&self) -> i128 {
        self.funded - self.trading - self.fees
    }
}

codec_struct!(House {
    funded,
    trading,
    fees
});
