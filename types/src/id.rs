//! Identities and sequence numbers. Each has its own type, so that one cannot stand for another.

use std::fmt;
use std::str::FromStr;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An account of one shard; dense from 0, in order of opening.
    AccountId(u32)
);
id!(
    /// An instrument; dense from 0, in order of registration.
    InstrumentId(u32)
);
id!(
    /// A plan; dense from 0, in order of definition.
    PlanId(u32)
);
id!(
    /// A competition; dense from 0, in order of definition.
    CompetitionId(u32)
);
id!(
    /// A volume curve; dense from 0, in order of definition.
    CurveId(u32)
);
id!(
    /// A recorded latency distribution; dense from 0, in order of definition.
    LatencyId(u32)
);
id!(
    /// An order, given by the engine; 1, 2, 3, ... in order of acceptance.
    OrderId(u64)
);
id!(
    /// An order's identity as its sender gave it, unique within the account.
    ClientOrderId(u128)
);
id!(
    /// One single-writer engine.
    ShardId(u16)
);
id!(
    /// Place of an input in its shard's order: 1, 2, 3, ... without a gap. 0 is "before the first".
    /// Not comparable with a venue's sequence or a ring position.
    Seq(u64)
);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// BLAKE3 of a plan's canonical bytes: what an account's frozen rules are known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PlanHash(pub [u8; 32]);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
