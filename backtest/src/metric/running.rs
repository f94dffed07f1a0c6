//! A curve of which not every point is kept.

use super::path::{Moments, Path};
use super::year::Times;
use super::{Point, Tally};

/// Every point of a curve as it came, in constant memory but for a count of each day. What it says is what
/// [`super::Facts`] says of all points; moments are summed in another order, and are the same but for rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub(super) path: Path,
    pub(super) moments: Moments,
    times: Times,
    /// The step of which the years are made where there is no whole day.
    step_ns: u64,
}

impl Running {
    /// `step_ns`: from point to point, for curves without a whole day.
    pub const fn new(step_ns: u64) -> Self {
        Self {
            path: Path::new(),
            moments: Moments::new(),
            times: Times::new(),
            step_ns,
        }
    }

    /// Takes the next point of the curve; its time is later than the one before. One that is not finite is not taken.
    pub fn push(&mut self, point: &Point) {
        if !point.equity.is_finite() {
            return;
        }
        self.times.push(point.ts);
        if let Some(value) = self.path.push(point) {
            self.moments.push(value);
        }
    }

    /// How many points were taken.
    pub const fn points(&self) -> u64 {
        self.path.points
    }

    /// How many of them make a year: [`super::periods_per_year`].
    pub fn periods_per_year(&self) -> f64 {
        self.times.per_year(|| self.step_ns)
    }
}

/// What was counted of curves and trades of which not everything is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted<'a> {
    /// Every point; the record has some of them.
    pub curve: Option<&'a Running>,
    /// Every trade; the record has some of them.
    pub trades: Option<&'a Tally>,
}
