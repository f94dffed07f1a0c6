//! A curve in the order of its points: every figure that needs no more than what came before, in constant memory.

use super::facts::Sample;
use super::{Point, Undefined};

const DAY_NS: f64 = 86_400e9;

/// How far below its peak a point is, as a positive fraction. A curve below 0 has no depth there.
pub(super) fn depth(peak: f64, equity: f64) -> f64 {
    if peak > 0.0 {
        (peak - equity) / peak
    } else {
        0.0
    }
}

/// A stretch below a peak that is not over.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    peak_ns: u64,
    end_ns: u64,
    depth: f64,
}

impl Stretch {
    const fn duration_ns(&self) -> u64 {
        self.end_ns - self.peak_ns
    }
}

/// What a curve went through. Returns are of points of which the one before is above 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    pub(super) points: u64,
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) first_ns: u64,
    pub(super) last_ns: u64,
    /// Whether equity was above 0 at every point.
    pub(super) positive: bool,
    /// Points at which something was held.
    pub(super) exposed: u64,
    pub(super) equity_sum: f64,
    pub(super) gains: f64,
    pub(super) losses: f64,
    pub(super) loss_squares: f64,
    pub(super) rises: u64,
    /// Returns that were not 0.
    pub(super) moves: u64,
    pub(super) best: f64,
    pub(super) worst: f64,
    peak: f64,
    peak_ns: u64,
    /// How far below its peak the last point is.
    pub(super) below: f64,
    pub(super) below_sum: f64,
    pub(super) below_squares: f64,
    /// Points below their peak.
    pub(super) under: u64,
    pub(super) deepest: f64,
    pub(super) deepest_in_money: f64,
    open: Option<Stretch>,
    over: u64,
    depth_sum: f64,
    days_sum: f64,
    longest_ns: u64,
}

impl Path {
    pub(super) const fn new() -> Self {
        Self {
            points: 0,
            first: 0.0,
            last: 0.0,
            first_ns: 0,
            last_ns: 0,
            positive: true,
            exposed: 0,
            equity_sum: 0.0,
            gains: 0.0,
            losses: 0.0,
            loss_squares: 0.0,
            rises: 0,
            moves: 0,
            best: f64::NEG_INFINITY,
            worst: f64::INFINITY,
            peak: f64::MIN,
            peak_ns: 0,
            below: 0.0,
            below_sum: 0.0,
            below_squares: 0.0,
            under: 0,
            deepest: 0.0,
            deepest_in_money: 0.0,
            open: None,
            over: 0,
            depth_sum: 0.0,
            days_sum: 0.0,
            longest_ns: 0,
        }
    }

    pub(super) fn of(points: &[Point]) -> Self {
        let mut path = Self::new();
        for point in points {
            path.push(point);
        }
        path
    }

    /// Takes the next point; the return that it makes, unless it is the first.
    pub(super) fn push(&mut self, point: &Point) -> Option<f64> {
        let equity = point.equity;
        self.positive &= equity > 0.0;
        self.exposed += u64::from(point.exposed);
        self.equity_sum += equity;
        let is_first = self.points == 0;
        let returned = (!is_first).then(|| equity / self.last - 1.0);
        if is_first {
            (self.first, self.first_ns) = (equity, point.ts.0);
        }
        if let Some(value) = returned {
            self.gains += value.max(0.0);
            self.losses += (-value).max(0.0);
            self.loss_squares += value.min(0.0).powi(2);
            self.rises += u64::from(value > 0.0);
            self.moves += u64::from(value != 0.0);
            self.best = self.best.max(value);
            self.worst = self.worst.min(value);
        }
        self.fall(point);
        self.points += 1;
        (self.last, self.last_ns) = (equity, point.ts.0);
        returned
    }

    fn fall(&mut self, point: &Point) {
        let (equity, ts) = (point.equity, point.ts.0);
        if equity >= self.peak {
            (self.peak, self.peak_ns, self.below) = (equity, ts, 0.0);
            if let Some(mut stretch) = self.open.take() {
                stretch.end_ns = ts;
                self.over += 1;
                (self.depth_sum, self.days_sum) = self.with(&stretch);
                self.longest_ns = self.longest_ns.max(stretch.duration_ns());
            }
            return;
        }
        self.below = depth(self.peak, equity);
        self.below_sum += self.below;
        self.below_squares += self.below * self.below;
        self.under += u64::from(self.below > 0.0);
        self.deepest = self.deepest.max(self.below);
        self.deepest_in_money = self.deepest_in_money.max(self.peak - equity);
        let stretch = self.open.get_or_insert(Stretch {
            peak_ns: self.peak_ns,
            end_ns: ts,
            depth: self.below,
        });
        stretch.end_ns = ts;
        stretch.depth = stretch.depth.max(self.below);
    }

    /// Sums of depths and of days with this stretch.
    fn with(&self, stretch: &Stretch) -> (f64, f64) {
        let days = stretch.duration_ns() as f64 / DAY_NS;
        (self.depth_sum + stretch.depth, self.days_sum + days)
    }

    /// How many stretches below a peak there were, the last one included.
    pub(super) const fn stretches(&self) -> u64 {
        self.over + self.open.is_some() as u64
    }

    /// Mean depth and mean days of the stretches, and the days of the longest.
    pub(super) fn drawdowns(&self) -> Result<(f64, f64, f64), Undefined> {
        if self.stretches() == 0 {
            return Err(Undefined::NoDrawdown);
        }
        let count = self.stretches() as f64;
        let open = self.open.as_ref();
        let (depths, days) = open.map_or((self.depth_sum, self.days_sum), |stretch| {
            self.with(stretch)
        });
        let longest_ns = open.map_or(0, Stretch::duration_ns).max(self.longest_ns);
        Ok((depths / count, days / count, longest_ns as f64 / DAY_NS))
    }
}

/// Central moments of values as they come, after Terriberry (2007), the running form of Pebay (2008).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    /// Sums of the second, third and fourth power of the deviations.
    sums: [f64; 3],
}

impl Moments {
    pub(super) const fn new() -> Self {
        Self {
            count: 0.0,
            mean: 0.0,
            sums: [0.0; 3],
        }
    }

    pub(super) fn push(&mut self, value: f64) {
        let before = self.count;
        self.count += 1.0;
        let count = self.count;
        let gap = value - self.mean;
        let step = gap / count;
        let term = gap * step * before;
        self.mean += step;
        let [second, third, _] = self.sums;
        self.sums[2] += term * step * step * (count * count - 3.0 * count + 3.0)
            + 6.0 * step * step * second
            - 4.0 * step * third;
        self.sums[1] += term * step * (count - 2.0) - 3.0 * step * second;
        self.sums[0] += term;
    }

    pub(super) fn sample(&self) -> Sample {
        Sample {
            count: self.count,
            mean: self.mean,
            moments: self.sums.map(|sum| sum / self.count),
        }
    }
}
