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
    /// Client order ids remembered against repeats, newest first; held at
    /// [`Limits::TABLE_KEYS_MAX`].
    pub client_orders_max: u32,
    /// Levels of one side of a depth book.
    pub depth_levels_max: u32,
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
        self
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
            client_orders_max: 1 << 16,
            depth_levels_max: 4_096,
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
    client_orders_max,
    depth_levels_max,
});
