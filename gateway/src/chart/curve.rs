//! Equity over market time, on one grid for all accounts.
//!
//! A point is the account as it stands after the first input at or past a multiple of the step; the
//! first point of all is the account as it was opened. When the longest curve is full the step
//! doubles, and every second point goes: a curve always spans the account's whole life at the finest
//! step that fits.

use std::ops::Range;

use runtime::Shard;
use types::{AccountId, Money, TimestampNs};

/// Points kept for each account.
pub const CURVE_POINTS_MAX: usize = 1_000;

/// The finest step, in seconds of market time.
pub const CURVE_STEP_MIN_S: u64 = 60;

/// Accounts that have a curve; ids from here on have none.
pub const CURVE_ACCOUNTS_MAX: u32 = 2_048;

const NS_PER_S: u64 = 1_000_000_000;

/// An account at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Market time in seconds since the epoch: a multiple of the step.
    pub t_s: u64,
    /// Balance plus unrealised, rounded down.
    pub equity: Money,
    /// Realised cash.
    pub balance: Money,
}

/// Every account's curve.
#[derive(Debug)]
pub(super) struct Curves {
    step_s: u64,
    /// The moment at which the next points are due, in nanoseconds.
    due: TimestampNs,
    thinned: u32,
    accounts: Vec<Vec<Point>>,
}

impl Default for Curves {
    fn default() -> Self {
        Self {
            step_s: CURVE_STEP_MIN_S,
            due: TimestampNs(0),
            thinned: 0,
            accounts: Vec::new(),
        }
    }
}

impl Curves {
    pub(super) fn observe(&mut self, ts: TimestampNs, shard: &Shard) {
        let known = self.accounts.len() as u32;
        let accounts = shard.account_count().min(CURVE_ACCOUNTS_MAX);
        if ts >= self.due
            && let Some(t_s) = self.advance(ts)
        {
            self.sample(0..accounts, t_s, shard);
        } else if known < accounts {
            // A curve begins where its account does.
            let now_s = ts.0 / NS_PER_S;
            self.sample(known..accounts, now_s - now_s % self.step_s, shard);
        }
    }

    fn sample(&mut self, accounts: Range<u32>, t_s: u64, shard: &Shard) {
        for id in accounts {
            if let Some(row) = shard.account_row(AccountId(id)) {
                self.push(
                    id,
                    Point {
                        t_s,
                        equity: row.equity,
                        balance: row.balance,
                    },
                );
            }
        }
    }

    /// Moves the grid past `ts`: the grid time of the points to take now, `None` when thinning has
    /// put the next point off.
    fn advance(&mut self, ts: TimestampNs) -> Option<u64> {
        if self
            .accounts
            .iter()
            .any(|curve| curve.len() == CURVE_POINTS_MAX)
        {
            self.thin();
        }
        let now_s = ts.0 / NS_PER_S;
        let t_s = now_s - now_s % self.step_s;
        let is_due = t_s.saturating_mul(NS_PER_S) >= self.due.0;
        self.due = TimestampNs((t_s + self.step_s).saturating_mul(NS_PER_S));
        is_due.then_some(t_s)
    }

    fn thin(&mut self) {
        self.step_s *= 2;
        self.thinned += 1;
        for curve in &mut self.accounts {
            // The first point stays: it is where the account began.
            let began_s = curve.first().map(|point| point.t_s);
            curve.retain(|point| Some(point.t_s) == began_s || point.t_s % self.step_s == 0);
        }
    }

    fn push(&mut self, account: u32, point: Point) {
        let place = account as usize;
        if self.accounts.len() <= place {
            self.accounts.resize_with(place + 1, Vec::new);
        }
        self.accounts[place].push(point);
    }

    pub(super) fn since(&self, account: AccountId, since: u64) -> (Vec<Point>, u32) {
        let curve = self
            .accounts
            .get(account.0 as usize)
            .map_or(&[][..], Vec::as_slice);
        let first = curve.partition_point(|point| point.t_s < since);
        (curve[first..].to_vec(), self.thinned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One point for each minute, worth its number.
    fn minutes(curves: &mut Curves, range: std::ops::Range<u64>) {
        for minute in range {
            let ts = TimestampNs(minute * 60 * NS_PER_S);
            if ts >= curves.due
                && let Some(t_s) = curves.advance(ts)
            {
                let equity = Money::whole(minute as i64);
                curves.push(
                    0,
                    Point {
                        t_s,
                        equity,
                        balance: equity,
                    },
                );
            }
        }
    }

    #[test]
    fn points_sit_on_the_grid() {
        let mut curves = Curves::default();
        assert_eq!(curves.advance(TimestampNs(61_500_000_000)), Some(60));
        assert_eq!(curves.due, TimestampNs(120_000_000_000));
    }

    #[test]
    fn a_full_curve_keeps_every_second_point() {
        let mut curves = Curves::default();
        minutes(&mut curves, 1..1_001);
        let (full, thinned) = curves.since(AccountId(0), 0);
        assert_eq!((full.len(), thinned), (1_000, 0));

        // Minute 1001 finds the curve full: minute 1 and the even ones up to 1000 stay, and the next
        // point is due at 1002.
        minutes(&mut curves, 1_001..1_002);
        let (thin, thinned) = curves.since(AccountId(0), 0);
        assert_eq!((thin.len(), thinned), (501, 1));
        assert_eq!((thin[0].t_s, thin[1].t_s, thin[500].t_s), (60, 120, 60_000));
        assert_eq!(curves.due, TimestampNs(1_002 * 60 * NS_PER_S));
    }

    #[test]
    fn a_curve_stays_bounded_for_ever() {
        let mut curves = Curves::default();
        minutes(&mut curves, 0..200_000);
        let (points, thinned) = curves.since(AccountId(0), 0);
        // At 256 minutes a point: 0, 256, ..., 199,936.
        assert_eq!((points.len(), thinned), (782, 8));
        assert_eq!(points[0].t_s, 0);
        assert_eq!(points[781].t_s, 199_936 * 60);
        assert_eq!(curves.since(AccountId(0), 199_936 * 60).0.len(), 1);
        assert_eq!(curves.since(AccountId(0), 199_937 * 60).0.len(), 0);
    }

    #[test]
    fn an_account_without_points_has_an_empty_curve() {
        assert_eq!(Curves::default().since(AccountId(9), 0), (Vec::new(), 0));
    }
}
