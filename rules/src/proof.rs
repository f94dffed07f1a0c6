//! Proofs: a verdict with everything it rests on, which anybody can recompute without the engine.
//!
//! A proof holds the plan itself, the figures of the account, and for each open position the quotes that
//! valued it. [`Proof::verify`] recomputes, in this order, and names every figure that does not come out:
//!
//! 1. the digest of the whole proof, and the hash of the plan;
//! 2. each position: `value = position x mark x contract size`, `unrealised = value - cost`, the mark
//!    being, as the plan says, the bid of a long and the ask of a short position; the newest print, where
//!    there is one; or the middle of bid and ask, rounded to a tick down for a long position and up for a
//!    short one;
//! 3. the account: its size from the plan's balance and steps of growth, the balance, `own cash + other
//!    cash at its rate, rounded down`, and the equity, `own cash + own unrealised + (other cash + other
//!    unrealised) at its rate, rounded down`;
//! 4. each limit: its baseline from what it was taken from, where that is the opening balance or a peak of live
//!    equity, and that the plan takes it from there; that this input came before the verdict's, a peak strictly;
//!    its allowance from the plan, its floor from baseline and allowance or from the level at which it is held;
//! 5. how the best day stands against the consistency rule;
//! 6. the verdict: that this equity violates that limit and no graver one; that target, days and
//!    consistency are met; what was eligible, and that of all reasons against a payout this is the first; of a
//!    rest its days, from two days that the plan's calendar has, what ends it, and the equity that it ended; of a
//!    time to pass that is over its last day, from the day on which the account opened.
//!
//! The digest is BLAKE3 of the proof's canonical bytes: no figure changes by one unit unnoticed, also one
//! that nothing here follows from. Those are the cash and cost that an account came with, quotes and rates, the
//! ids and places in the journal (of which only the order is looked at), the counts of days, a baseline that was
//! taken at a roll, from a closed balance or at a step of growth, what payouts and exclusions took, the best
//! day, the days since a payout and the number of payouts before a refused one, and the last activity of an
//! account that rested, and the day on which one opened that did not pass in time. The digest has no key: whoever alters one of these can make it anew, so a place in
//! the journal is only as good as the copy of the digest that it is compared with, or the journal itself.
//! When a trading day opens takes a database of zones: whoever has one holds a rest's against the time of its
//! verdict, as `verify-breach` does. What has reached an end of the range of [`Money`] is held there and need
//! not come out.

mod limits;
mod verdict;
mod verify;

use types::{
    AccountId, Breach, BreachPosition, CashBasis, Codec, CodecError, Consistency, Label, Lapse,
    LimitBasis, MarkKind, Money, Notional, PayoutDenial, PlanHash, Price, Qty, Reader, Rest, Seq,
    ShardId, TimestampNs, VerdictBasis, codec_enum, codec_struct,
};

use crate::plan::Plan;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A limit was violated: the account failed, was locked for the day, or its trader was warned.
    Breach(Breach),
    /// The objectives were met.
    Passed,
    /// The account rested for too long.
    Inactive(Rest),
    /// The account did not pass in time.
    Lapsed(Lapse),
    /// A payout was refused.
    PayoutDenied {
        /// What was asked for.
        requested: Money,
        /// What could have been paid.
        eligible: Money,
        /// Why.
        reason: PayoutDenial,
    },
}

codec_enum!(Verdict {
    0 => Breach(breach),
    1 => Passed,
    2 => PayoutDenied { requested, eligible, reason },
    3 => Inactive(rest),
    4 => Lapsed(lapse),
});

/// An open position and what its value follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofPosition {
    /// Position, cost, quotes, unrealised profit.
    pub facts: BreachPosition,
    /// Name of the instrument.
    pub symbol: Label,
    /// Its currency.
    pub currency: Label,
    /// Its units per contract.
    pub contract_size: Qty,
    /// Its tick.
    pub tick_size: Price,
}

codec_struct!(ProofPosition {
    facts,
    symbol,
    currency,
    contract_size,
    tick_size
});

/// A verdict and everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The shard that decided.
    pub shard: ShardId,
    /// The input that decided.
    pub seq: Seq,
    /// Its time.
    pub ts: TimestampNs,
    /// What the account is called.
    pub account_name: Label,
    /// The plan.
    pub plan: Plan,
    /// What was decided.
    pub verdict: Verdict,
    /// The account.
    pub basis: VerdictBasis,
    /// Its limits, daily before maximum.
    pub limits: Vec<LimitBasis>,
    /// How it stood against its consistency rule.
    pub consistency: Option<Consistency>,
    /// Of a breach, a rest or a lapse: its open positions, oldest first.
    pub positions: Vec<ProofPosition>,
    /// Its cash of other currencies, in order of first use.
    pub cash: Vec<CashBasis>,
}

macro_rules! basis_without_series {
    ($($field:ident),+ $(,)?) => {
        fn encode_basis(basis: &VerdictBasis, out: &mut Vec<u8>) {
            $(basis.$field.encode(out);)+
        }

        fn decode_basis(reader: &mut Reader<'_>) -> Result<VerdictBasis, CodecError> {
            Ok(VerdictBasis {
                $($field: Codec::decode(reader)?,)+
                payouts: 0,
                days_since_payout: 0,
            })
        }
    };
}

basis_without_series!(
    account,
    plan,
    plan_version,
    plan_hash,
    size,
    own,
    balance,
    excluded,
    never_paid,
    beyond_best_day,
    days,
    payout_days,
    positions,
);

// What a basis has of a series of payouts comes last, and only where there is any: so the digest of a proof
// of a plan without one is what it was before there were any.
impl Codec for Proof {
    fn encode(&self, out: &mut Vec<u8>) {
        self.shard.encode(out);
        self.seq.encode(out);
        self.ts.encode(out);
        self.account_name.encode(out);
        self.plan.encode(out);
        self.verdict.encode(out);
        encode_basis(&self.basis, out);
        self.limits.encode(out);
        self.consistency.encode(out);
        self.positions.encode(out);
        self.cash.encode(out);
        let (payouts, days) = (self.basis.payouts, self.basis.days_since_payout);
        if (payouts, days) != (0, 0) {
            payouts.encode(out);
            days.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut proof = Self {
            shard: Codec::decode(reader)?,
            seq: Codec::decode(reader)?,
            ts: Codec::decode(reader)?,
            account_name: Codec::decode(reader)?,
            plan: Codec::decode(reader)?,
            verdict: Codec::decode(reader)?,
            basis: decode_basis(reader)?,
            limits: Codec::decode(reader)?,
            consistency: Codec::decode(reader)?,
            positions: Codec::decode(reader)?,
            cash: Codec::decode(reader)?,
        };
        if reader.remaining() > 0 {
            proof.basis.payouts = Codec::decode(reader)?;
            proof.basis.days_since_payout = Codec::decode(reader)?;
            if (proof.basis.payouts, proof.basis.days_since_payout) == (0, 0) {
                return Err(CodecError::Invalid("end of a proof"));
            }
        }
        Ok(proof)
    }
}

/// A figure that does not come out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{figure} is {stated}, recomputed {recomputed}")]
pub struct Fault {
    /// Which figure, such as `positions[0].unrealised`.
    pub figure: String,
    /// What the proof says.
    pub stated: String,
    /// What it should say.
    pub recomputed: String,
}

impl ProofPosition {
    /// Whether every price is a whole number of ticks, or at an end of its range.
    pub(crate) fn is_on_grid(&self) -> bool {
        let held = &self.facts;
        let tick = self.tick_size.0;
        let prices = [held.bid, held.ask, held.mark].into_iter().chain(held.last);
        let ends = [i64::MIN, i64::MAX];
        let mut prices = prices.filter(|price| !ends.contains(&price.0));
        tick > 0 && prices.all(|price| price.0 % tick == 0)
    }

    /// The mark that follows from the quote and the newest print; `None` where the tick is none.
    pub fn mark(&self, kind: MarkKind) -> Option<Price> {
        let held = &self.facts;
        let is_long = held.position.0 >= 0;
        let closing = if is_long { held.bid } else { held.ask };
        match kind {
            MarkKind::Liquidation => Some(closing),
            MarkKind::Last => Some(held.last.unwrap_or(closing)),
            MarkKind::Mid => {
                let sum = i128::from(held.bid.0) + i128::from(held.ask.0);
                let two = 2 * i128::from(self.tick_size.0);
                let down = (two > 0).then(|| sum.div_euclid(two))?;
                let up = i128::from(!is_long && sum.rem_euclid(two) != 0);
                let ticks = down.checked_add(up)?;
                let price = ticks.checked_mul(self.tick_size.0.into())?;
                i64::try_from(price).ok().map(Price)
            }
        }
    }

    /// Value at the stated mark less cost, exact; `None` where it is no whole unit of [`Notional`], which
    /// no instrument of the engine has.
    pub fn unrealised(&self) -> Option<Notional> {
        let held = &self.facts;
        let mark = held.mark;
        let contracts = i128::from(Qty::ONE.0);
        let scaled = i128::from(held.position.0)
            .checked_mul(mark.0.into())?
            .checked_mul(self.contract_size.0.into())?;
        let value = (scaled % contracts == 0).then_some(scaled / contracts)?;
        Some(Notional(value.checked_sub(held.cost.0)?))
    }
}

impl Proof {
    /// BLAKE3 of the canonical bytes.
    pub fn digest(&self) -> PlanHash {
        PlanHash(*blake3::hash(&self.to_bytes()).as_bytes())
    }

    /// The account that the verdict is about.
    pub const fn account(&self) -> AccountId {
        self.basis.account
    }
}
