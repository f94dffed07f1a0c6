//! The hash over trades by which engines are compared.

/// FNV-1a over the two 64-bit words of each trade, and the number of trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradeHash {
    /// The hash so far.
    pub hash: u64,
    /// Trades so far.
    pub trades: u64,
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01B3;

impl Default for TradeHash {
    fn default() -> Self {
        Self {
            hash: OFFSET,
            trades: 0,
        }
    }
}

impl TradeHash {
    /// Adds one trade: ids as the engine calls them, price in ticks, quantity in lots.
    #[inline]
    pub fn trade(&mut self, maker: u64, taker: u64, price: u64, quantity: u64) {
        let parties = (self.hash ^ (maker << 32 | taker)).wrapping_mul(PRIME);
        self.hash = (parties ^ (price << 32 | quantity)).wrapping_mul(PRIME);
        self.trades += 1;
    }
}
