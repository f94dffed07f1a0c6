//! Every limit has a name and a number. Reaching one is a typed refusal, never a crash.

use std::ops::RangeInclusive;

use types::{LimitName, codec_struct};

/// How much one shard holds. Part of its state: a replica has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Instruments.
    pub instruments_max: u32,
    /// Plans.
    pub plans_max: u32,
    /// Competitions.
    pub competitions_max: u32,
    /// Accounts, ended ones included.
    pub accounts_max: u32,
    /// Working orders of the shard; held at [`Limits::TABLE_KEYS_MAX`].
    pub orders_max: u32,
    /// Working orders of one account.
    pub account_orders_max: u32,
    /// Orders that one account may send within one second of input time; 0 for no limit.
    pub account_orders_per_second_max: u32,
    /// Orders of one list, parent included.
    pub list_orders_max: u32,
    /// Slices of one algo that slices by time.
    pub algo_slices_max: u32,
    /// Children that one algo which follows volume sends, one after the other; with the last of them it ends
    /// when it would send one more.
    pub algo_children_max: u32,
    /// Working algos of the shard.
    pub algos_max: u32,
    /// Cancels and amendments of the shard that are on their way to the market.
    pub changes_max: u32,
    /// Positions of the shard, with those that only have working orders; held at
    /// [`Limits::TABLE_KEYS_MAX`].
    pub positions_max: u32,
    /// Levels of one side of a book.
    pub book_levels_max: u32,
    /// Displayed levels, of one instrument, that accounts have taken from and that were not stated
    /// again since.
    pub consumed_max: u32,
    /// Volume curves.
    pub curves_max: u32,
    /// Latency distributions.
    pub latencies_max: u32,
    /// Weights of a curve, samples of a latency distribution.
    pub samples_max: u32,
    /// Currency pairs with a conversion rate.
    pub conversions_max: u32,
    /// Client order ids remembered against repeats, newest first; held at
    /// [`Limits::TABLE_KEYS_MAX`].
    pub client_orders_max: u32,
    /// Levels of one side of a depth book.
    pub depth_levels_max: u32,
    /// Announced intervals of calendars that are not long over.
    pub intervals_max: u32,
}

impl Limits {
    /// The most keys of a look-up table: tables are made in full at the start.
    pub const TABLE_KEYS_MAX: u32 = 1 << 22;

    /// These limits, with those that have a table held at what a table holds.
    #[must_use]
    pub(crate) const fn held(mut self) -> Self {
        if self.orders_max > Self::TABLE_KEYS_MAX {
            self.orders_max = Self::TABLE_KEYS_MAX;
        }
        if self.client_orders_max > Self::TABLE_KEYS_MAX {
            self.client_orders_max = Self::TABLE_KEYS_MAX;
        }
        if self.positions_max > Self::TABLE_KEYS_MAX {
            self.positions_max = Self::TABLE_KEYS_MAX;
        }
        self
    }
}

impl Limits {
    /// The number of a limit.
    #[must_use]
    pub const fn of(&self, name: LimitName) -> u32 {
        let mut limits = *self;
        *limits.number(name)
    }

    /// The number of a limit, to be changed.
    pub const fn number(&mut self, name: LimitName) -> &mut u32 {
        match name {
            LimitName::Instruments => &mut self.instruments_max,
            LimitName::Plans => &mut self.plans_max,
            LimitName::Competitions => &mut self.competitions_max,
            LimitName::Accounts => &mut self.accounts_max,
            LimitName::Orders => &mut self.orders_max,
            LimitName::AccountOrders => &mut self.account_orders_max,
            LimitName::AccountOrdersPerSecond => &mut self.account_orders_per_second_max,
            LimitName::ListOrders => &mut self.list_orders_max,
            LimitName::AlgoSlices => &mut self.algo_slices_max,
            LimitName::AlgoChildren => &mut self.algo_children_max,
            LimitName::Algos => &mut self.algos_max,
            LimitName::Changes => &mut self.changes_max,
            LimitName::Positions => &mut self.positions_max,
            LimitName::BookLevels => &mut self.book_levels_max,
            LimitName::Consumed => &mut self.consumed_max,
            LimitName::Curves => &mut self.curves_max,
            LimitName::Latencies => &mut self.latencies_max,
            LimitName::Samples => &mut self.samples_max,
            LimitName::Conversions => &mut self.conversions_max,
            LimitName::ClientOrders => &mut self.client_orders_max,
            LimitName::DepthLevels => &mut self.depth_levels_max,
            LimitName::Intervals => &mut self.intervals_max,
        }
    }

    /// What is accepted of a limit that somebody sets.
    ///
    /// The largest are what tables hold ([`Limits::TABLE_KEYS_MAX`]), what one command can say
    /// ([`types::frame::FRAME_BYTES_MAX`] of 4-byte weights or slices in 16 bits), what 16-bit ids of currencies
    /// tell apart (instruments, plans and two of each conversion together at most 65,536), and for lists that are
    /// searched from their begin 65,536. The least is 0 where a shard that has none of it is of use.
    #[must_use]
    pub const fn accepted(name: LimitName) -> RangeInclusive<u32> {
        const LIST: u32 = 1 << 16;
        match name {
            LimitName::Instruments => 1..=1 << 15,
            LimitName::Plans => 1..=1 << 14,
            LimitName::Conversions => 0..=1 << 13,
            LimitName::Accounts => 1..=1 << 24,
            LimitName::Orders | LimitName::Positions => 1..=Self::TABLE_KEYS_MAX,
            LimitName::ClientOrders => 0..=Self::TABLE_KEYS_MAX,
            LimitName::AccountOrders | LimitName::BookLevels | LimitName::Changes => {
                1..=Self::TABLE_KEYS_MAX
            }
            LimitName::AccountOrdersPerSecond | LimitName::AlgoChildren => 0..=u32::MAX,
            LimitName::ListOrders => 0..=1_024,
            LimitName::AlgoSlices => 0..=u16::MAX as u32,
            LimitName::Samples => 1..=1 << 18,
            LimitName::DepthLevels => 1..=LIST,
            LimitName::Competitions
            | LimitName::Algos
            | LimitName::Curves
            | LimitName::Latencies
            | LimitName::Intervals => 0..=LIST,
            LimitName::Consumed => 1..=1 << 20,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            instruments_max: 4_096,
            plans_max: 4_096,
            competitions_max: 256,
            accounts_max: 1 << 20,
            orders_max: 1 << 16,
            account_orders_max: 256,
            account_orders_per_second_max: 1_000,
            list_orders_max: 8,
            algo_slices_max: 1_440,
            algo_children_max: 1 << 16,
            algos_max: 4_096,
            changes_max: 1 << 16,
            positions_max: 1 << 20,
            book_levels_max: 1 << 16,
            consumed_max: 1 << 16,
            curves_max: 256,
            latencies_max: 64,
            samples_max: 1 << 16,
            conversions_max: 64,
            client_orders_max: 1 << 16,
            depth_levels_max: 4_096,
            intervals_max: 4_096,
        }
    }
}

codec_struct!(Limits {
    instruments_max,
    plans_max,
    competitions_max,
    accounts_max,
    orders_max,
    account_orders_max,
    account_orders_per_second_max,
    list_orders_max,
    algo_slices_max,
    algo_children_max,
    algos_max,
    changes_max,
    positions_max,
    book_levels_max,
    consumed_max,
    curves_max,
    latencies_max,
    samples_max,
    conversions_max,
    client_orders_max,
    depth_levels_max,
    intervals_max,
});
