//! What was seen in the streams: a comparison of streams in which nothing happens would prove nothing.

use std::collections::BTreeMap;
use std::fmt;

use types::{AlgoEnd, ContestRefusal, DenyReason, Event, EventKind};

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
    "AccountDenied",
    "Suspended",
    "AccountChangeDenied",
    "Inactive",
    "Lapsed",
    "WindowAnnounced",
    "WindowOpened",
    "WindowClosed",
    "ProfitExcluded",
    "HeldTooShort",
    "ScaleStanding",
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
    "LimitWarned",
    "Liquidated",
    "Breach",
    "BreachPosition",
    "DayLocked",
    "DayUnlocked",
    "DayRolled",
    "DayClosed",
    "Consistency",
    "TargetReached",
    "PaidOut",
    "StateChanged",
    "Adjusted",
    "AdjustDenied",
    "Booked",
    "MarginCall",
    "PayoutApproved",
    "PayoutDenied",
    "CompetitionChanged",
    "BoardFrozen",
    "Disqualified",
    "Reinstated",
    "CompetitionDenied",
    "PrizeAwarded",
    "PrizesUnclaimed",
    "VerdictBasis",
    "LimitBasis",
    "CashBasis",
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
    "PriceNotPositive",
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
    "Conduct",
    "BuyingPower",
    "AccountOrdersMax",
    "OrdersMax",
    "AlgosMax",
    "ChangesMax",
    "PositionsMax",
    "LevelsMax",
    "WouldTake",
    "Mandatory",
    "NotInPlan",
    "ScaleNotYet",
    "PositionOutOfRange",
    "OutOfRange",
];

/// Every rule of conduct that refuses an order.
pub const CONDUCT_DENIALS: &[&str] = &["SizeMax", "OrdersPerDay", "TradesPerDay", "Window"];

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
    "Window",
    "BuyingPower",
];

/// Everything that fills an order.
pub const FILL_MODELS: &[&str] = &[
    "Touch", "Through", "Queue", "Depth", "Bar", "Book", "Auction", "House",
];

/// Everybody who wants a fill.
pub const FILL_CAUSES: &[&str] = &[
    "Order",
    "Liquidation",
    "MarginCall",
    "Window",
    "AccountEnded",
];

/// Every end of an algo.
pub const ALGO_ENDS: &[&str] = &[
    "Filled",
    "Over",
    "Requested",
    "AccountLocked",
    "Window",
    "ChildDenied",
    "ChildrenMax",
    "Disconnected",
    "Split",
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
    "TooSoon",
    "BelowMinimum",
];

/// Every effect of a violated limit.
pub const EFFECTS: &[&str] = &["Fail", "LockForDay", "Warn"];

/// Every state that an account comes to.
pub const ACCOUNT_STATES: &[&str] = &[
    "Evaluation",
    "Passed",
    "Funded",
    "Failed",
    "Closed",
    "Suspended",
];

/// Every reason of a suspension.
pub const SUSPEND_REASONS: &[&str] = &["ByFirm", "Review", "Inactivity"];

/// Every change of an account that its state may not allow.
pub const ACCOUNT_CHANGES: &[&str] = &["Suspend", "Resume", "Close"];

/// Every reason why an account follows another.
pub const ORIGINS: &[&str] = &["NextPhase", "Reset", "Retry"];

/// Every reason why an account may not follow another.
pub const OPEN_DENIALS: &[&str] = &[
    "ParentState",
    "Followed",
    "OtherPlan",
    "ResetsMax",
    "RetriesMax",
    "OtherCurrency",
    "EarlierPhase",
];

/// What excludes a profit.
pub const EXCLUDED_BY: &[&str] = &["window", "holding time"];

/// Every state that a competition comes to.
pub const COMPETITION_STATES: &[&str] = &["Live", "InReview", "Final"];

/// Every reason why something cannot be done with a competition.
pub const CONTEST_REFUSALS: &[&str] = &[
    "State",
    "LateEntry",
    "Full",
    "NeedsTeam",
    "HasNoTeams",
    "UnknownEntrant",
    "IsDisqualified",
    "IsNotDisqualified",
    "EndsByItself",
];

/// Every state in which something cannot be done with a competition.
pub const REFUSING_STATES: &[&str] = &["Upcoming", "Live", "InReview", "Final"];

/// Every reason why an entrant was taken off the board.
pub const DISQUALIFICATION_REASONS: &[&str] = &[
    "OppositePositions",
    "CopiedTrades",
    "SelfMatches",
    "StaleQuotes",
    "MultipleEntries",
    "Identity",
    "Terms",
    "Withdrawn",
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
    ("conduct", CONDUCT_DENIALS),
    ("slice denied", CONDUCT_DENIALS),
    ("amendment denied", &["SizeMax", "Window"]),
    ("breach", EFFECTS),
    ("state", ACCOUNT_STATES),
    ("suspended", SUSPEND_REASONS),
    ("change denied", ACCOUNT_CHANGES),
    ("opened by", ORIGINS),
    ("opening denied", OPEN_DENIALS),
    ("excluded by", EXCLUDED_BY),
    ("competition", COMPETITION_STATES),
    ("competition denied", CONTEST_REFUSALS),
    ("competition is", REFUSING_STATES),
    ("disqualified", DISQUALIFICATION_REASONS),
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
            | EventKind::AdjustDenied { reason, .. } => self.denied("conduct", reason),
            EventKind::ChangeDenied { reason, .. } => self.denied("amendment denied", reason),
            EventKind::OrderCancelled { reason, .. } => self.count("cancelled", bare(reason)),
            EventKind::AlgoEnded { reason, .. } => {
                self.count("algo ended", bare(reason));
                if let AlgoEnd::ChildDenied(DenyReason::Conduct(denial)) = reason {
                    self.count("slice denied", bare(denial));
                }
            }
            EventKind::Breach(breach) => self.count("breach", bare(&breach.effect)),
            EventKind::StateChanged { to, .. } => self.count("state", bare(to)),
            EventKind::Suspended { suspension, .. } => {
                self.count("suspended", bare(&suspension.reason));
            }
            EventKind::AccountChangeDenied { change, .. } => {
                self.count("change denied", bare(change));
            }
            EventKind::AccountOpened {
                parent: Some(parent),
                ..
            } => self.count("opened by", bare(&parent.origin)),
            EventKind::AccountDenied { reason, .. } => self.count("opening denied", bare(reason)),
            EventKind::ProfitExcluded { window, .. } => {
                let name = EXCLUDED_BY[usize::from(window.is_none())];
                self.count("excluded by", name.to_owned());
            }
            EventKind::CompetitionChanged { state, .. } => self.count("competition", bare(state)),
            EventKind::CompetitionDenied { reason, .. } => {
                self.count("competition denied", bare(reason));
                if let ContestRefusal::State(state) = reason {
                    self.count("competition is", bare(state));
                }
            }
            EventKind::Disqualified { reason, .. } => self.count("disqualified", bare(reason)),
            EventKind::OrderAccepted { role, .. } => self.count("role", bare(role)),
            EventKind::PayoutDenied { reason, .. } => self.count("payout denied", bare(reason)),
            EventKind::Fill(fill) => {
                self.count("filled by", bare(&fill.model));
                self.count("fill for", bare(&fill.cause));
            }
            _ => {}
        }
    }

    fn denied(&mut self, table: &'static str, reason: &DenyReason) {
        self.count("denied", bare(reason));
        if let DenyReason::Conduct(denial) = reason {
            self.count(table, bare(denial));
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
        AccountChange, AccountState, CancelReason, Codec, CodecError, CompetitionState,
        ConductDenial, DisqualificationReason, Effect, FillCause, FillModel, InputRejection,
        OpenDenial, OrderRole, Origin, PayoutDenial, SuspendReason,
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
        // One tag is an older form of a fact that has another now.
        assert_eq!(EVENT_KINDS.len() + 1, tags::<EventKind>("EventKind"));
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
        assert_eq!(
            CONDUCT_DENIALS.len(),
            tags::<ConductDenial>("ConductDenial")
        );
        assert_eq!(EFFECTS.len(), tags::<Effect>("Effect"));
        assert_eq!(ACCOUNT_STATES.len(), tags::<AccountState>("AccountState"));
        assert_eq!(
            SUSPEND_REASONS.len(),
            tags::<SuspendReason>("SuspendReason")
        );
        assert_eq!(
            ACCOUNT_CHANGES.len(),
            tags::<AccountChange>("AccountChange")
        );
        assert_eq!(ORIGINS.len(), tags::<Origin>("Origin"));
        assert_eq!(OPEN_DENIALS.len(), tags::<OpenDenial>("OpenDenial"));
        let states = tags::<CompetitionState>("CompetitionState");
        // Upcoming is where it begins.
        assert_eq!(COMPETITION_STATES.len() + 1, states);
        assert_eq!(REFUSING_STATES.len(), states);
        assert_eq!(
            CONTEST_REFUSALS.len(),
            tags::<ContestRefusal>("ContestRefusal")
        );
        assert_eq!(
            DISQUALIFICATION_REASONS.len(),
            tags::<DisqualificationReason>("DisqualificationReason")
        );
    }
}
