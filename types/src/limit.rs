//! The names of the limits of a shard. How many of what is said by the engine's `Limits`.

use std::fmt;

/// A limit that has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitName {
    /// `instruments_max`: instruments.
    Instruments,
    /// `plans_max`: plans.
    Plans,
    /// `competitions_max`: competitions.
    Competitions,
    /// `accounts_max`: accounts, ended ones included.
    Accounts,
    /// `orders_max`: working orders of the shard.
    Orders,
    /// `account_orders_max`: working orders of one account.
    AccountOrders,
    /// `account_orders_per_second_max`: orders that one account sends within one second.
    AccountOrdersPerSecond,
    /// `list_orders_max`: orders of one list.
    ListOrders,
    /// `algo_slices_max`: slices of one algo by time.
    AlgoSlices,
    /// `algo_children_max`: children that one algo by volume sends, one after the other.
    AlgoChildren,
    /// `algos_max`: working algos.
    Algos,
    /// `changes_max`: cancels and amendments on their way to the market.
    Changes,
    /// `positions_max`: positions, with those that only have working orders.
    Positions,
    /// `book_levels_max`: levels of one side of a book.
    BookLevels,
    /// `consumed_max`: displayed levels of one instrument that accounts have taken from.
    Consumed,
    /// `curves_max`: volume curves.
    Curves,
    /// `latencies_max`: latency distributions.
    Latencies,
    /// `samples_max`: weights of a curve, samples of a latency distribution.
    Samples,
    /// `conversions_max`: currency pairs with a conversion rate.
    Conversions,
    /// `client_orders_max`: client order ids remembered against repeats.
    ClientOrders,
    /// `depth_levels_max`: levels of one side of the outside market's depth.
    DepthLevels,
    /// `intervals_max`: announced intervals of calendars that are not long over.
    Intervals,
}

impl LimitName {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Instruments,
        Self::Plans,
        Self::Competitions,
        Self::Accounts,
        Self::Orders,
        Self::AccountOrders,
        Self::AccountOrdersPerSecond,
        Self::ListOrders,
        Self::AlgoSlices,
        Self::AlgoChildren,
        Self::Algos,
        Self::Changes,
        Self::Positions,
        Self::BookLevels,
        Self::Consumed,
        Self::Curves,
        Self::Latencies,
        Self::Samples,
        Self::Conversions,
        Self::ClientOrders,
        Self::DepthLevels,
        Self::Intervals,
    ];

    /// Its name in files and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instruments => "instruments_max",
            Self::Plans => "plans_max",
            Self::Competitions => "competitions_max",
            Self::Accounts => "accounts_max",
            Self::Orders => "orders_max",
            Self::AccountOrders => "account_orders_max",
            Self::AccountOrdersPerSecond => "account_orders_per_second_max",
            Self::ListOrders => "list_orders_max",
            Self::AlgoSlices => "algo_slices_max",
            Self::AlgoChildren => "algo_children_max",
            Self::Algos => "algos_max",
            Self::Changes => "changes_max",
            Self::Positions => "positions_max",
            Self::BookLevels => "book_levels_max",
            Self::Consumed => "consumed_max",
            Self::Curves => "curves_max",
            Self::Latencies => "latencies_max",
            Self::Samples => "samples_max",
            Self::Conversions => "conversions_max",
            Self::ClientOrders => "client_orders_max",
            Self::DepthLevels => "depth_levels_max",
            Self::Intervals => "intervals_max",
        }
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
