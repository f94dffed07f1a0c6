//! Why a limit stands where it stands, and what would break it: what moved it, the line of marks that
//! violate it, the next roll, a hypothetical order.

use std::fmt;

use rules::Plan;
use runtime::Shard;
use runtime::view::{BreachLine, LineTerm, Move, NextRoll, RolledLimit, WhatIf};
use serde::Serialize;
use types::{DenyReason, NewOrder, TimestampNs};

use super::LimitDto;
use crate::dto::names::Names;
use crate::dto::objective::ObjectiveDto;
use crate::dto::reason::{self, Figures};
use crate::dto::word::Word;

/// What moved a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveDto {
    /// The input.
    pub seq: String,
    /// Its time.
    pub ts: String,
    /// Why.
    pub cause: &'static str,
}

impl MoveDto {
    pub(super) fn new(moved: &Move) -> Self {
        Self {
            seq: moved.seq.to_string(),
            ts: moved.ts.to_string(),
            cause: moved.cause.word(),
        }
    }
}

/// The marks at which a limit breaks: the changes of the marks in ticks, each times its `per_tick`, sum
/// to less than minus the room (or to exactly that where a touch is a breach).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreachLineDto {
    /// Equity less floor, exact.
    pub room: String,
    /// One for each open position.
    pub terms: Vec<LineTermDto>,
}

/// A position's part in a [`BreachLineDto`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineTermDto {
    /// The instrument.
    pub instrument: String,
    /// Its symbol.
    pub symbol: String,
    /// `net`, or in a hedging account `long` or `short`.
    pub leg: &'static str,
    /// The mark of now.
    pub mark: Option<String>,
    /// What one tick upward adds to equity, exact; below zero for a short position.
    pub per_tick: String,
    /// Of an instrument in another currency the rate of now, which is assumed to stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion: Option<String>,
}

impl BreachLineDto {
    pub(super) fn new(line: &BreachLine, names: &Names) -> Self {
        Self {
            room: line.room.to_string(),
            terms: line
                .terms
                .iter()
                .map(|term| LineTermDto::new(term, names))
                .collect(),
        }
    }
}

impl LineTermDto {
    fn new(term: &LineTerm, names: &Names) -> Self {
        Self {
            instrument: names.instrument(term.instrument),
            symbol: term.symbol.to_string(),
            leg: term.leg.word(),
            mark: term.mark.map(|mark| mark.to_string()),
            per_tick: term.per_tick.to_string(),
            conversion: term.conversion.map(|rate| rate.to_string()),
        }
    }
}

/// What the next roll would do if it came now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextRollDto {
    /// The day that would open; null before the first roll, which alone knows it.
    pub day: Option<String>,
    /// Every limit after it.
    pub limits: Vec<RolledLimitDto>,
    /// The size limit of that day.
    pub size_max: Option<String>,
    /// Days of inactivity, if they reach the plan's limit then.
    pub inactive_days: Option<u32>,
    /// Whether its time to pass is over then; left out where it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lapses: bool,
}

/// A limit after a roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RolledLimitDto {
    /// The rule.
    pub rule: &'static str,
    /// Reference value.
    pub baseline: String,
    /// Allowed distance below it.
    pub allowance: String,
    /// The floor.
    pub floor: String,
    /// Equity of now less this floor.
    pub distance: String,
    /// Whether the equity of now would violate it.
    pub breaches: bool,
    /// By how much; null while it would not.
    pub breach_by: Option<String>,
}

impl NextRollDto {
    pub(super) fn new(roll: &NextRoll) -> Self {
        Self {
            day: roll.day.map(|day| day.to_string()),
            limits: roll.limits.iter().map(RolledLimitDto::new).collect(),
            size_max: roll.size_max.map(|max| max.to_string()),
            inactive_days: roll.inactive_days,
            lapses: roll.lapses,
        }
    }
}

impl RolledLimitDto {
    fn new(rolled: &RolledLimit) -> Self {
        let by = types::Money::ZERO.saturating_sub(rolled.distance);
        Self {
            rule: rolled.limit.rule.word(),
            baseline: rolled.limit.baseline.to_string(),
            allowance: rolled.limit.allowance.to_string(),
            floor: rolled.limit.floor.to_string(),
            distance: rolled.distance.to_string(),
            breaches: rolled.breaches,
            breach_by: rolled.breaches.then(|| by.to_string()),
        }
    }
}

/// What an order would do to its account if it executed whole, at one price, without slippage: now, or
/// where it has to wait, once the quote has come to its price with the spread that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhatIfDto {
    /// Why it would be refused; the rest is what it would do if it were not.
    pub denied: Option<DenialDto>,
    /// The price of the fill; null where there is none.
    pub price: Option<String>,
    /// Whether the market has to come to that price first.
    pub waits: bool,
    /// Whether it would rest then, so that the maker's fee applies.
    pub rests: bool,
    /// Bid of its instrument at which everything is valued.
    pub bid: Option<String>,
    /// The ask.
    pub ask: Option<String>,
    /// Its fee, in the instrument's currency.
    pub fee: String,
    /// What it would realise before the fee, in the instrument's currency.
    pub realised: String,
    /// Position after it.
    pub position: String,
    /// Equity after it.
    pub equity: String,
    /// The limits that it would violate at once.
    pub breaches: Vec<&'static str>,
    /// Every limit after it.
    pub limits: Vec<LimitDto>,
    /// What the next roll would do after it; null where it breaks a limit that fails or locks the account.
    pub next_roll: Option<NextRollDto>,
    /// How the account would stand against its consistency rule after it; null without one.
    pub consistency: Option<ObjectiveDto>,
}

/// Why an order would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DenialDto {
    /// The reason.
    pub reason: &'static str,
    /// The limits and values that belong to it.
    #[serde(skip_serializing_if = "Figures::is_empty")]
    pub figures: Figures,
}

impl DenialDto {
    /// A reason with its figures.
    pub fn new(reason: DenyReason) -> Self {
        Self {
            reason: reason::denial(reason),
            figures: Figures::of(reason),
        }
    }
}

impl WhatIfDto {
    /// The answer for an account of this plan.
    pub fn new(answer: &WhatIf, plan: &Plan, names: &Names) -> Self {
        let equity = answer.equity.to_notional();
        Self {
            denied: answer.denied.map(DenialDto::new),
            price: answer.price.map(|price| price.to_string()),
            waits: answer.waits,
            rests: answer.rests,
            bid: answer.quote.map(|(bid, _)| bid.to_string()),
            ask: answer.quote.map(|(_, ask)| ask.to_string()),
            fee: answer.fee.to_string(),
            realised: answer.realised.to_string(),
            position: answer.position.to_string(),
            equity: answer.equity.to_string(),
            breaches: answer.breaches.iter().map(|rule| rule.word()).collect(),
            limits: answer
                .limits
                .iter()
                .map(|limit| LimitDto::new(limit, equity, plan, names))
                .collect(),
            next_roll: answer.next_roll.as_ref().map(NextRollDto::new),
            consistency: answer.consistency.as_ref().map(ObjectiveDto::consistency),
        }
    }
}

/// The answer as a line of a report: whose order it is about, and after which input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "what_if")]
pub struct WhatIfLine {
    /// The last input that the answer takes into account.
    pub seq: String,
    /// When it was asked.
    pub ts: String,
    /// The account.
    pub account: String,
    /// The instrument.
    pub instrument: String,
    /// Its symbol.
    pub symbol: Option<String>,
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerDto,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AnswerDto {
    /// What the order would do.
    Done(Box<WhatIfDto>),
    /// Nothing can be said of it.
    Denied {
        /// Why.
        denied: DenialDto,
    },
}

impl WhatIfLine {
    /// Asks a shard about an order of an account and an instrument that it knows; `None` for others.
    pub fn ask(shard: &Shard, ts: TimestampNs, order: &NewOrder, names: &Names) -> Option<Self> {
        let plan = shard.plan(shard.account_row(order.account)?.plan)?;
        let answer = match shard.what_if(order) {
            Ok(answer) => AnswerDto::Done(Box::new(WhatIfDto::new(&answer, plan, names))),
            Err(reason) => AnswerDto::Denied {
                denied: DenialDto::new(reason),
            },
        };
        Some(Self {
            seq: shard.seq().to_string(),
            ts: ts.to_string(),
            account: names.account(order.account),
            instrument: names.instrument(order.instrument),
            symbol: names.symbol(order.instrument).map(ToString::to_string),
            answer,
        })
    }
}

impl fmt::Display for WhatIfLine {
    /// One line of JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
