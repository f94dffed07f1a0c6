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
    /// Working orders of the shard.
    pub orders_max: u32,
    /// Working orders of one account.
    pub account_orders_max: u32,
    /// Client order ids remembered against repeats, newest first.
    pub client_orders_max: u32,
    /// Levels of one side of a depth book.
    pub depth_levels_max: u32,
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
