//! Every limit has a name and a number. Reaching one is a typed refusal, never a crash.

use types::codec_struct;

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
    /// Slices of one algo.
    pub algo_slices_max: u32,
    /// Working algos of the shard.
    pub algos_max: u32,
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

/// Each limit by its name, to read and to set: what has no name here does not compile.
macro_rules! named {
    ($($name:ident),* $(,)?) => {
        impl Limits {
            /// The limits by name, in a fixed order.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u32)> {
                let Self { $($name),* } = *self;
                [$((stringify!($name), $name)),*].into_iter()
            }

            /// The limit of a name; `None` where there is none such.
            pub fn named_mut(&mut self, name: &str) -> Option<&mut u32> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

named!(
    instruments_max,
    plans_max,
    competitions_max,
    accounts_max,
    orders_max,
    account_orders_max,
    account_orders_per_second_max,
    list_orders_max,
    algo_slices_max,
    algos_max,
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
);

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
            algos_max: 4_096,
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
    algos_max,
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
