//! One account along the columns: positions, equity at every close, and what is summed up about it.

use types::{Money, Side};

use super::{Beyond, Columns, Desk, EXACT_MAX};
use crate::run::Fills;
use crate::search::{Figures, Moments};

/// Bars that are valued at a time.
const CHUNK: usize = 64;

/// A fill as the columns have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// The bar at whose open or close it is.
    pub bar: usize,
    /// Whether at its open.
    pub is_at_open: bool,
    /// Bought or sold.
    pub side: Side,
    /// Full positions, 1 or 2.
    pub times: u8,
    /// Price in ticks.
    pub ticks: i64,
    /// Fee.
    pub fee: Money,
    /// Realised by it.
    pub realised: Money,
    /// Balance after it.
    pub balance: Money,
}

/// Who is told of every fill and of equity at every close; a sweep tells nobody.
pub trait Recorder {
    /// Whether equity is wanted.
    const HAS_EQUITY: bool = false;

    /// A fill.
    fn trade(&mut self, trade: Trade) {
        let _ = trade;
    }

    /// Equity in 1e-6 at the closes that come next.
    fn equity(&mut self, values: &[f64]) {
        let _ = values;
    }
}

impl Recorder for () {}

/// The account on its way.
pub(super) struct Account<'a, R> {
    columns: &'a Columns,
    desk: &'a Desk,
    recorder: &'a mut R,
    edges: Vec<usize>,
    cells: Vec<Moments>,
    cell: usize,
    balance: f64,
    /// -1, 0 or 1 full positions, and since when.
    held: i8,
    entry: f64,
    entry_fee: f64,
    /// The first bar that is not valued, and equity at the one before it.
    next: usize,
    before: f64,
    peak: f64,
    /// The least that equity was of its peak.
    least: f64,
    fees: f64,
    fills: u64,
    trips: u64,
    wins: u64,
    gross_profit: f64,
    gross_loss: f64,
}

impl<'a, R: Recorder> Account<'a, R> {
    pub(super) fn new(
        columns: &'a Columns,
        desk: &'a Desk,
        edges: Vec<usize>,
        recorder: &'a mut R,
    ) -> Self {
        let cells = edges.windows(2).map(|edge| Moments {
            count: (edge[1] - edge[0]) as u64,
            ..Moments::default()
        });
        Self {
            columns,
            desk,
            recorder,
            cells: cells.collect(),
            edges,
            cell: 0,
            balance: desk.initial,
            held: 0,
            entry: 0.0,
            entry_fee: 0.0,
            next: 0,
            before: desk.initial,
            peak: 0.0,
            least: 1.0,
            fees: 0.0,
            fills: 0,
            trips: 0,
            wins: 0,
            gross_profit: 0.0,
            gross_loss: 0.0,
        }
    }

    /// At the close of a bar the strategy comes to want this many full positions.
    #[inline]
    pub(super) fn want(&mut self, bar: usize, target: i8) -> Result<(), Beyond> {
        if target == self.held {
            return Ok(());
        }
        let (at, is_at_open) = match self.desk.fills {
            Fills::NextOpen => (bar + 1, true),
            Fills::NextClose => (bar + 1, false),
            Fills::SameClose => (bar, false),
            Fills::Market => return Err(Beyond),
        };
        if at >= self.columns.len() {
            return Ok(());
        }
        self.value_to(at)?;
        self.trade(at, is_at_open, target)
    }

    fn trade(&mut self, bar: usize, is_at_open: bool, target: i8) -> Result<(), Beyond> {
        let raw = if is_at_open {
            self.columns.open[bar]
        } else {
            self.columns.close[bar]
        };
        let side = if target > self.held {
            Side::Buy
        } else {
            Side::Sell
        };
        let times = target.abs_diff(self.held);
        let price = self.desk.price(raw, side);
        let fee = self.desk.fee(price, times);
        let step = self.desk.step;
        let realised = (price - self.entry) * step * f64::from(self.held);
        self.balance += realised - fee;
        self.fees += fee;
        self.fills += 1;
        let mut fee_of_entry = fee;
        if self.held != 0 {
            // The fee of an order that turns around is shared by quantity, rounded down for what ends.
            let fee_of_exit = if times == 2 { (fee / 2.0).floor() } else { fee };
            fee_of_entry = fee - fee_of_exit;
            let pnl = realised - self.entry_fee - fee_of_exit;
            self.trips += 1;
            if pnl > 0.0 {
                self.wins += 1;
                self.gross_profit += pnl;
            } else {
                self.gross_loss -= pnl;
            }
        }
        self.held = target;
        self.entry = price;
        self.entry_fee = fee_of_entry;
        self.check(target)?;
        self.recorder.trade(Trade {
            bar,
            is_at_open,
            side,
            times,
            ticks: price as i64,
            fee: Money(fee as i64),
            realised: Money(realised as i64),
            balance: Money(self.balance as i64),
        });
        Ok(())
    }

    /// Whether the engine accepts what is held now and leaves it alone whatever prices the data brings.
    fn check(&self, target: i8) -> Result<(), Beyond> {
        let cost = self.entry * self.desk.step;
        let is_covered = match target {
            _ if self.balance <= 0.0 || self.balance * 2.0 >= EXACT_MAX => false,
            0 => true,
            _ if !self.desk.is_margined => true,
            // Equity is then above the value of what is held at every price, and above what it cost at first.
            1 => self.balance > cost + self.desk.lost_at_once() + 1.0,
            // What is owed at the highest price is at most what is there then.
            _ => {
                let highest = (self.columns.highest + self.desk.above) * self.desk.step;
                self.balance > cost + 1.0 && self.balance + cost - highest > highest
            }
        };
        if is_covered { Ok(()) } else { Err(Beyond) }
    }

    /// Values every bar before `to` as the account stands.
    #[inline]
    fn value_to(&mut self, to: usize) -> Result<(), Beyond> {
        if self.next == 0 && to > 0 {
            // The first sample is where returns begin.
            let first = self.equity_at(0);
            if R::HAS_EQUITY {
                self.recorder.equity(&[first]);
            }
            (self.before, self.peak) = (first, first);
            self.next = 1;
        }
        while self.next < to {
            while self.edges[self.cell + 1] <= self.next {
                self.cell += 1;
            }
            if self.held == 0 {
                self.rest(to);
            } else {
                let until = to.min(self.edges[self.cell + 1]);
                self.value(until.min(self.next + CHUNK))?;
            }
        }
        Ok(())
    }

    fn equity_at(&self, bar: usize) -> f64 {
        let open = (self.columns.close[bar] - self.entry) * self.desk.step;
        self.balance + open * f64::from(self.held)
    }

    /// With nothing held only the first bar has a return.
    fn rest(&mut self, to: usize) {
        let change = self.balance / self.before - 1.0;
        self.cells[self.cell].add(change, change * change);
        if self.balance > self.peak {
            self.peak = self.balance;
        } else {
            self.least = self.least.min(self.balance / self.peak);
        }
        if R::HAS_EQUITY {
            for _ in self.next..to {
                self.recorder.equity(&[self.balance]);
            }
        }
        self.before = self.balance;
        self.next = to;
    }

    /// Values at most a chunk of bars of one cell.
    #[inline]
    fn value(&mut self, to: usize) -> Result<(), Beyond> {
        let closes = &self.columns.close[self.next..to];
        let len = closes.len();
        let step = self.desk.step * f64::from(self.held);
        let base = self.balance - step * self.entry;
        let mut equity = [0.0; CHUNK + 1];
        equity[0] = self.before;
        let (mut low, mut high) = (f64::INFINITY, 0.0);
        for (value, close) in equity[1..].iter_mut().zip(closes) {
            *value = base + step * close;
            low = if *value < low { *value } else { low };
            high = if *value > high { *value } else { high };
        }
        if low <= 0.0 || high * 2.0 >= EXACT_MAX {
            return Err(Beyond);
        }
        let mut changes = [0.0; CHUNK];
        for (place, change) in changes[..len].iter_mut().enumerate() {
            *change = equity[place + 1] / equity[place] - 1.0;
        }
        // What is beyond the end stays zero and adds nothing.
        let (mut sums, mut squares) = ([0.0; 4], [0.0; 4]);
        for four in changes.chunks_exact(4) {
            for lane in 0..4 {
                sums[lane] += four[lane];
                squares[lane] += four[lane] * four[lane];
            }
        }
        self.cells[self.cell].add(sums.iter().sum(), squares.iter().sum());
        if high <= self.peak {
            self.least = self.least.min(low / self.peak);
        } else {
            for &value in &equity[1..=len] {
                if value > self.peak {
                    self.peak = value;
                } else {
                    let share = value / self.peak;
                    self.least = if share < self.least {
                        share
                    } else {
                        self.least
                    };
                }
            }
        }
        if R::HAS_EQUITY {
            self.recorder.equity(&equity[1..=len]);
        }
        self.before = equity[len];
        self.next = to;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Figures, Beyond> {
        if !self.desk.holds(self.columns.highest) {
            return Err(Beyond);
        }
        self.value_to(self.columns.len())?;
        let money = |amount: f64| Money(amount as i64);
        Ok(Figures::with_cells(
            Figures {
                initial: money(self.desk.initial),
                equity: money(self.before),
                balance: money(self.balance),
                fees: money(self.fees),
                fills: self.fills,
                trips: self.trips,
                wins: self.wins,
                gross_profit: money(self.gross_profit),
                gross_loss: money(self.gross_loss),
                returns: self.columns.len() as u64 - 1,
                periods_per_year: self.columns.periods_per_year,
                sharpe: None,
                max_drawdown: 1.0 - self.least,
                // Rules are the engine's.
                verdict: None,
                cells: Vec::new(),
            },
            self.cells,
        ))
    }
}
