//! An account and its positions.

use rules::{AccountRules, Lifecycle, Lineage};
use types::{AccountState, BaselineOrigin, Label, Leg, Money, Notional, Seq, TimestampNs};

use super::Naive;
use super::money::{below_money, hold, part_ceil, value};
use crate::view::Move;

/// An open position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    pub(super) instrument: usize,
    pub(super) leg: Leg,
    /// Long is positive; never zero in an account.
    pub(super) lots: i64,
    /// 1e-17; signed sum of price x quantity x contract size.
    pub(super) cost: i128,
    /// When it was opened from flat; a flip opens anew. Of an account that has to hold positions for a time the mean over
    /// what was added since, by quantity.
    pub(super) opened: u64,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: Label,
    pub(super) plan: usize,
    pub(super) life: Lifecycle,
    /// Which of all suspensions its own is, in the order in which they were made.
    pub(super) suspension: u64,
    pub(super) lineage: Lineage,
    /// Another account follows it.
    pub(super) followed: bool,
    pub(super) locked: bool,
    /// The input that locked its day last.
    pub(super) locked_at: Seq,
    pub(super) balance: Money,
    /// Balances of the other currencies that it had a fill or booking in, in order of the first.
    pub(super) foreign: Vec<(Label, Money)>,
    pub(super) fees: Money,
    pub(super) rules: AccountRules,
    /// Oldest first.
    pub(super) positions: Vec<Position>,
    /// What moved its daily and its maximum loss limit last.
    pub(super) moved: [Option<Move>; 2],
    /// Whether its owner was not told of that yet.
    pub(super) untold: [bool; 2],
    /// The highest equity and closed balance of this input so far.
    pub(super) highest: Option<Notional>,
    pub(super) highest_closed: Option<Money>,
    /// It was judged in this input.
    pub(super) had_turn: bool,
    /// Where the baselines of both limits come from.
    pub(super) origins: [BaselineOrigin; 2],
    /// Its newest opening fill, else what opened or resumed it.
    pub(super) active: (Seq, TimestampNs),
    pub(super) competition: Option<usize>,
    /// The newest second in which it sent an order, and how many it sent.
    pub(super) second: u64,
    pub(super) sent: u64,
}

/// What a fill did to a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) realised: Money,
    pub(super) opened: bool,
    pub(super) closed: bool,
}

impl Position {
    /// Trades `lots` (signed, not zero) at `price`. What a closing makes is rounded down to money; while something stays
    /// open, what that leaves out is taken off its cost.
    pub(super) fn trade(&mut self, price: i64, lots: i64, tick_value: i128) -> Change {
        let held = i128::from(self.lots);
        let traded = i128::from(lots);
        let closing = if held * traded < 0 {
            held.abs().min(traded.abs()) * held.signum()
        } else {
            0
        };
        let opening = traded + closing;
        let cost_out = if closing == 0 {
            0
        } else {
            part_ceil(self.cost, closing.abs(), held.abs())
        };
        let profit = value(price, closing as i64, tick_value).saturating_sub(cost_out);
        let opened = value(price, hold(opening), tick_value);
        self.cost = self.cost.saturating_sub(cost_out);
        if closing != 0 && opening == 0 && held + traded != 0 {
            self.cost = self.cost.saturating_sub(below_money(profit));
        }
        self.cost = self.cost.saturating_add(opened);
        self.lots = hold(held + traded);
        Change {
            realised: Notional(profit).to_money_floor(),
            opened: opening != 0,
            closed: closing != 0,
        }
    }
}

impl Account {
    /// Balance of another currency that it had a fill or booking in.
    pub(super) fn foreign_balance(&self, currency: Label) -> Option<Money> {
        let found = self.foreign.iter().find(|(known, _)| *known == currency);
        found.map(|(_, balance)| *balance)
    }

    pub(super) fn set_foreign(&mut self, currency: Label, balance: Money) {
        match self
            .foreign
            .iter_mut()
            .find(|(known, _)| *known == currency)
        {
            Some((_, held)) => *held = balance,
            None => self.foreign.push((currency, balance)),
        }
    }
}

impl Naive {
    /// Signed lots of an account in an instrument and leg.
    pub(super) fn held(&self, account: usize, instrument: usize, leg: Leg) -> i64 {
        let positions = &self.accounts[account].positions;
        let found = positions
            .iter()
            .find(|held| (held.instrument, held.leg) == (instrument, leg));
        found.map_or(0, |held| held.lots)
    }

    pub(super) fn state(&self, account: usize) -> AccountState {
        self.accounts[account].life.state()
    }

    pub(super) fn is_trading(&self, account: usize) -> bool {
        matches!(
            self.state(account),
            AccountState::Evaluation | AccountState::Funded
        )
    }
}
