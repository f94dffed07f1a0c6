//! Why conduct rules refuse an order, and what a scaling step still asks for.

use crate::id::AccountId;
use crate::unit::{Money, Qty};

/// What it does to an account that it rests for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InactivityEffect {
    /// It fails.
    Fail,
    /// It is suspended.
    Suspend,
    /// It is closed.
    Close,
}

/// What it does to an account that its time to pass is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LapseEffect {
    /// It fails.
    Fail,
    /// It is closed.
    Close,
}

/// Which days a span of time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaysOf {
    /// Every date.
    Calendar,
    /// Dates that have a trading day by the plan's calendar, whether the account trades or not.
    Trading,
}

/// Why the conduct rules of a plan refuse an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConductDenial {
    /// The worst case of positions and working orders would be above the day's size limit.
    SizeMax {
        /// The limit, in weighted units.
        max: Qty,
        /// What the worst case would come to, rounded up.
        worst: Qty,
    },
    /// The trading day has no order left.
    OrdersPerDay {
        /// The most orders.
        max: u32,
        /// Orders accepted on this trading day.
        orders: u32,
    },
    /// The trading day has no opening trade left.
    TradesPerDay {
        /// The most trades.
        max: u32,
        /// Orders that opened or enlarged a position on this trading day.
        trades: u32,
    },
    /// A window that blocks the order is open.
    Window {
        /// Its place among the plan's windows, from 0.
        window: u8,
    },
}

/// How an account stands against the condition of its next scaling step; what it has is since the last
/// step, or since it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaleStanding {
    /// The account.
    pub account: AccountId,
    /// Profit realised, less what is excluded; payouts do not lower it.
    pub profit: Money,
    /// Profit asked for.
    pub profit_needed: Money,
    /// Trading days counted.
    pub days: u16,
    /// Trading days asked for.
    pub days_needed: u16,
    /// Payouts taken.
    pub payouts: u8,
    /// Payouts asked for.
    pub payouts_needed: u8,
}

impl ScaleStanding {
    /// Whether nothing is missing.
    pub fn is_met(&self) -> bool {
        self.profit >= self.profit_needed
            && self.days >= self.days_needed
            && self.payouts >= self.payouts_needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;

    #[test]
    fn denials_and_standings_survive_their_binary_form() {
        for denial in [
            ConductDenial::SizeMax {
                max: Qty::whole(2),
                worst: Qty(200_000_001),
            },
            ConductDenial::OrdersPerDay { max: 3, orders: 3 },
            ConductDenial::TradesPerDay { max: 1, trades: 2 },
            ConductDenial::Window { window: 15 },
        ] {
            assert_eq!(ConductDenial::from_bytes(&denial.to_bytes()), Ok(denial));
        }
        let standing = ScaleStanding {
            account: AccountId(3),
            profit: Money(10),
            profit_needed: Money(10),
            days: 4,
            days_needed: 4,
            payouts: 2,
            payouts_needed: 2,
        };
        assert_eq!(
            ScaleStanding::from_bytes(&standing.to_bytes()),
            Ok(standing)
        );
        assert!(standing.is_met());
        let short = |standing: ScaleStanding| !standing.is_met();
        assert!(short(ScaleStanding {
            profit: Money(9),
            ..standing
        }));
        assert!(short(ScaleStanding {
            days: 3,
            ..standing
        }));
        assert!(short(ScaleStanding {
            payouts: 1,
            ..standing
        }));
    }
}
