//! Trades in the order of their exits, in constant memory.

use super::Trade;
use super::path::Moments;

/// Trades in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Streak {
    longest: u64,
    current: u64,
}

impl Streak {
    fn push(&mut self, goes_on: bool) {
        self.current = if goes_on { self.current + 1 } else { 0 };
        self.longest = self.longest.max(self.current);
    }
}

/// What is summed up of closed trades.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    pub(super) trades: u64,
    pub(super) longs: u64,
    pub(super) wins: u64,
    pub(super) losses: u64,
    pub(super) profit: f64,
    pub(super) won: f64,
    pub(super) lost: f64,
    pub(super) best: f64,
    pub(super) worst: f64,
    /// Whether each was entered at a value.
    pub(super) has_values: bool,
    /// Of profits by what was put in.
    pub(super) returned: f64,
    pub(super) best_return: f64,
    pub(super) worst_return: f64,
    winning: Streak,
    losing: Streak,
    pub(super) bars: f64,
    pub(super) days: f64,
    pub(super) fees: f64,
    /// Values of entries and exits.
    pub(super) traded: f64,
    pub(super) moments: Moments,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// Of none.
    pub const fn new() -> Self {
        Self {
            trades: 0,
            longs: 0,
            wins: 0,
            losses: 0,
            profit: 0.0,
            won: 0.0,
            lost: 0.0,
            best: f64::NEG_INFINITY,
            worst: f64::INFINITY,
            has_values: true,
            returned: 0.0,
            best_return: f64::NEG_INFINITY,
            worst_return: f64::INFINITY,
            winning: Streak {
                longest: 0,
                current: 0,
            },
            losing: Streak {
                longest: 0,
                current: 0,
            },
            bars: 0.0,
            days: 0.0,
            fees: 0.0,
            traded: 0.0,
            moments: Moments::new(),
        }
    }

    pub(super) fn of(trades: &[Trade]) -> Self {
        let mut tally = Self::new();
        for trade in trades {
            tally.push(trade);
        }
        tally
    }

    /// Takes the next trade.
    pub fn push(&mut self, trade: &Trade) {
        let profit = trade.profit;
        self.trades += 1;
        self.longs += u64::from(trade.long);
        self.profit += profit;
        self.best = self.best.max(profit);
        self.worst = self.worst.min(profit);
        if profit > 0.0 {
            self.wins += 1;
            self.won += profit;
        } else if profit < 0.0 {
            self.losses += 1;
            self.lost += profit;
        }
        self.winning.push(profit > 0.0);
        self.losing.push(profit < 0.0);
        self.has_values &= trade.entry_value != 0.0;
        let returned = profit / trade.entry_value;
        self.returned += returned;
        self.best_return = self.best_return.max(returned);
        self.worst_return = self.worst_return.min(returned);
        self.bars += f64::from(trade.bars);
        self.days += trade.exit_ts.0.saturating_sub(trade.entry_ts.0) as f64 / 86_400e9;
        self.fees += trade.fees;
        self.traded += trade.entry_value + trade.exit_value;
        self.moments.push(profit);
    }

    /// The most trades in a row that won, and that lost.
    pub(super) const fn streaks(&self) -> (u64, u64) {
        (self.winning.longest, self.losing.longest)
    }
}
