//! What was seen in the streams: a comparison of streams in which nothing happens would prove nothing.

use std::collections::BTreeMap;
use std::fmt;

use types::{Event, EventKind};

use super::difference::{bare, name};

/// Every kind of fact.
pub const EVENT_KINDS: &[&str] = &[
    "InputRejected",
    "InstrumentRegistered",
    "StatusChanged",
    "Uncrossed",
    "CurveDefined",
    "LatencyDefined",
    "ConversionSet",
    "PlanDefined",
    "CompetitionDefined",
    "AccountOpened",
    "CompetitionEntered",
    "OrderAccepted",
    "OrderActivated",
    "AlgoAccepted",
    "AlgoDenied",
    "AlgoEnded",
    "OrderDenied",
    "OrderTriggered",
    "OrderAmended",
    "OrderCancelled",
    "ChangeDenied",
    "Fill",
    "FloorMoved",
    "Breach",
    "BreachPosition",
    "DayLocked",
    "DayUnlocked",
    "DayRolled",
    "DayClosed",
    "Consistency",
    "TargetReached",
    "StateChanged",
    "Adjusted",
    "AdjustDenied",
    "Booked",
    "MarginCall",
    "PayoutApproved",
    "PayoutDenied",
];

/// Every reason why an input could not be applied.
pub const INPUT_REJECTIONS: &[&str] = &[
    "UnknownInstrument",
    "UnknownPlan",
    "UnknownAccount",
    "UnknownCompetition",
    "UnknownSchedule",
    "BadInstrument",
    "BadPlan",
    "BadCompetition",
    "OffGrid",
    "BadQuote",
    "LimitReached",
    "CannotEnter",
    "DayNotAfter",
    "BadData",
];

/// Every reason why an order, an algo or a change was refused.
pub const DENY_REASONS: &[&str] = &[
    "UnknownAccount",
    "UnknownInstrument",
    "UnknownOrder",
    "AccountNotTrading",
    "DayLocked",
    "OrderRate",
    "DuplicateClientOrder",
    "QtyNotPositive",
    "QtyTooLarge",
    "QtyOffLot",
    "QtyFilled",
    "PriceOffTick",
    "BadTrail",
    "BadList",
    "ChildrenMax",
    "BadDisplay",
    "BadTimeInForce",
    "BadLeg",
    "NoSuchPrice",
    "BadAlgo",
    "UnknownCurve",
    "NoConversion",
    "CurrenciesMax",
    "InstrumentNotOpen",
    "NoQuote",
    "BadQuote",
    "PriceOutsideCollar",
    "NotReducing",
    "ShortNotAllowed",
    "BuyingPower",
    "AccountOrdersMax",
    "OrdersMax",
    "PositionsMax",
    "LevelsMax",
    "WouldTake",
    "Mandatory",
    "NotInPlan",
    "OutOfRange",
];

/// Every reason why an order ended unfilled.
pub const CANCEL_REASONS: &[&str] = &[
    "Requested",
    "NotMarketable",
    "DayOver",
    "AccountLocked",
    "Expired",
    "NotFillable",
    "WouldTake",
    "SelfTrade",
    "NotReducing",
    "Sibling",
    "ParentEnded",
    "Collar",
    "Breaker",
    "Disconnected",
    "Split",
    "AuctionOver",
    "MarginCall",
    "Algo",
    "MarketNotOpen",
    "NoRoom",
];

/// Everything that fills an order.
pub const FILL_MODELS: &[&str] = &[
    "Touch", "Through", "Queue", "Depth", "Bar", "Book", "Auction", "House",
];

/// Everybody who wants a fill.
pub const FILL_CAUSES: &[&str] = &["Order", "Liquidation", "MarginCall"];

/// Every end of an algo.
pub const ALGO_ENDS: &[&str] = &[
    "Filled",
    "Over",
    "Requested",
    "AccountLocked",
    "ChildDenied",
];

/// Every part in a list.
pub const ORDER_ROLES: &[&str] = &[
    "Alone",
    "Oco",
    "OtoParent",
    "OtoChild",
    "Entry",
    "TakeProfit",
    "StopLoss",
    "CoverStop",
    "Slice",
];

/// Every reason why a payout was refused.
pub const PAYOUT_DENIALS: &[&str] = &[
    "NotInPlan",
    "NotEligibleState",
    "AmountNotPositive",
    "NotFlat",
    "Consistency",
    "AboveEligible",
    "WouldBreach",
    "TooFewDays",
];

/// Tables of names by the heading they are counted under.
pub const TABLES: &[(&str, &[&str])] = &[
    ("fact", EVENT_KINDS),
    ("input rejected", INPUT_REJECTIONS),
    ("denied", DENY_REASONS),
    ("cancelled", CANCEL_REASONS),
    ("filled by", FILL_MODELS),
    ("fill for", FILL_CAUSES),
    ("algo ended", ALGO_ENDS),
    ("role", ORDER_ROLES),
    ("payout denied", PAYOUT_DENIALS),
];

/// How often what was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Kinds with all their particulars.
    details: BTreeMap<String, u64>,
    facts: u64,
}

impl Coverage {
    /// Counts a fact.
    pub fn see(&mut self, event: &Event) {
        self.facts += 1;
        let kind = &event.kind;
        *self.details.entry(name(kind)).or_default() += 1;
        self.count("fact", bare(kind));
        match kind {
            EventKind::InputRejected { reason } => self.count("input rejected", bare(reason)),
            EventKind::OrderDenied { reason, .. }
            | EventKind::AlgoDenied { reason, .. }
            | EventKind::ChangeDenied { reason, .. }
            | EventKind::AdjustDenied { reason, .. } => self.count("denied", bare(reason)),
            EventKind::OrderCancelled { reason, .. } => self.count("cancelled", bare(reason)),
            EventKind::AlgoEnded { reason, .. } => self.count("algo ended", bare(reason)),
            EventKind::OrderAccepted { role, .. } => self.count("role", bare(role)),
            EventKind::PayoutDenied { reason, .. } => self.count("payout denied", bare(reason)),
            EventKind::Fill(fill) => {
                self.count("filled by", bare(&fill.model));
                self.count("fill for", bare(&fill.cause));
            }
            _ => {}
        }
    }

    fn count(&mut self, table: &'static str, name: String) {
        let counts = self.counts.entry(table).or_default();
        *counts.entry(name).or_default() += 1;
    }

    /// How many facts were seen.
    pub const fn facts(&self) -> u64 {
        self.facts
    }

    /// How often a name of one of [`TABLES`] was seen.
    pub fn seen(&self, table: &str, name: &str) -> u64 {
        let counts = self.counts.get(table);
        counts
            .and_then(|counts| counts.get(name))
            .copied()
            .unwrap_or_default()
    }

    /// Heading and name of everything that was never seen.
    pub fn never(&self) -> Vec<(&'static str, &'static str)> {
        let names = TABLES
            .iter()
            .flat_map(|(table, names)| names.iter().map(|name| (*table, *name)));
        names
            .filter(|(table, name)| self.seen(table, name) == 0)
            .collect()
    }

    /// Kinds of fact with their particulars, and how often each was seen.
    pub fn details(&self) -> impl Iterator<Item = (&str, u64)> {
        self.details
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (table, names) in TABLES {
            writeln!(f, "{table}")?;
            for name in *names {
                writeln!(f, "  {name:24}{:>12}", self.seen(table, name))?;
            }
        }
        let never = self.never();
        if never.is_empty() {
            return writeln!(f, "nothing was never seen");
        }
        let never: Vec<String> = never
            .iter()
            .map(|(table, name)| format!("{table} {name}"))
            .collect();
        writeln!(f, "never seen: {}", never.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use types::{
        AlgoEnd, CancelReason, Codec, CodecError, DenyReason, EventKind, FillCause, FillModel,
        InputRejection, OrderRole, PayoutDenial,
    };

    use super::*;

    /// How many tags the binary form of an enum has.
    fn tags<T: Codec + Debug>(of: &str) -> usize {
        (0..=u8::MAX)
            .filter(|tag| {
                let mut bytes = vec![0; 512];
                bytes[0] = *tag;
                match T::from_bytes(&bytes) {
                    Err(CodecError::UnknownTag { of: unknown, .. }) => unknown != of,
                    _ => true,
                }
            })
            .count()
    }

    #[test]
    fn the_tables_name_every_variant() {
        assert_eq!(EVENT_KINDS.len(), tags::<EventKind>("EventKind"));
        assert_eq!(
            INPUT_REJECTIONS.len(),
            tags::<InputRejection>("InputRejection")
        );
        assert_eq!(DENY_REASONS.len(), tags::<DenyReason>("DenyReason"));
        assert_eq!(CANCEL_REASONS.len(), tags::<CancelReason>("CancelReason"));
        assert_eq!(FILL_MODELS.len(), tags::<FillModel>("FillModel"));
        assert_eq!(FILL_CAUSES.len(), tags::<FillCause>("FillCause"));
        assert_eq!(ALGO_ENDS.len(), tags::<AlgoEnd>("AlgoEnd"));
        assert_eq!(ORDER_ROLES.len(), tags::<OrderRole>("OrderRole"));
        assert_eq!(PAYOUT_DENIALS.len(), tags::<PayoutDenial>("PayoutDenial"));
    }
}
