//! Aggregates over the last `period` items that never take an item away again.
//!
//! A running sum that subtracts what leaves keeps the rounding of everything it ever saw. Here the window is two
//! parts: the items of the current round, merged as they come, and the rest of the round before, of which every
//! suffix was merged once when that round ended. Both only ever merge items that are in the window: the error is
//! that of summing the window itself, however long the run. One merge an item, one more when a round ends.
//! (The two-stack queue of folklore; Tangwongsan et al., "Low-Latency Sliding-Window Aggregation", 2017.)

/// What two neighbouring parts of a window come to.
pub(super) trait Merge: Copy {
    fn merge(older: Self, newer: Self) -> Self;
}

#[derive(Debug, Clone)]
pub(super) struct Sliding<A> {
    /// Before `next`: items of this round. From `next` on: suffixes of the round before.
    slots: Vec<A>,
    period: usize,
    next: usize,
    round: Option<A>,
}

impl<A: Merge> Sliding<A> {
    pub(super) fn new(period: usize) -> Self {
        Self {
            slots: Vec::new(),
            period,
            next: 0,
            round: None,
        }
    }

    /// What the last `period` items come to, or nothing while there are fewer.
    pub(super) fn push(&mut self, item: A) -> Option<A> {
        let full = self.slots.len() == self.period;
        if full {
            self.slots[self.next] = item;
        } else {
            self.slots.push(item);
        }
        self.next += 1;
        let round = self.round.map_or(item, |round| A::merge(round, item));
        if self.next == self.period {
            for index in (1..self.period).rev() {
                self.slots[index - 1] = A::merge(self.slots[index - 1], self.slots[index]);
            }
            self.next = 0;
            self.round = None;
            return Some(self.slots[0]);
        }
        self.round = Some(round);
        full.then(|| A::merge(self.slots[self.next], round))
    }
}

/// The last `period` values as they came.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    slots: Vec<f64>,
    period: usize,
    next: usize,
}

impl Ring {
    pub(super) fn new(period: usize) -> Self {
        Self {
            slots: Vec::new(),
            period,
            next: 0,
        }
    }

    /// The value that came `period` pushes before this one.
    pub(super) fn push(&mut self, value: f64) -> Option<f64> {
        if self.slots.len() < self.period {
            self.slots.push(value);
            return None;
        }
        let old = std::mem::replace(&mut self.slots[self.next], value);
        self.next = (self.next + 1) % self.period;
        Some(old)
    }

    /// All of them once there are `period`, in no particular order.
    pub(super) fn full(&self) -> Option<&[f64]> {
        (self.slots.len() == self.period).then_some(&self.slots)
    }
}

/// A sum over everything so far, with the rounding of each addition kept beside it (Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    sum: f64,
    lost: f64,
}

impl Total {
    pub(super) fn add(&mut self, value: f64) -> f64 {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
        self.value()
    }

    pub(super) fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

impl Merge for f64 {
    fn merge(older: Self, newer: Self) -> Self {
        older + newer
    }
}

impl<const N: usize> Merge for [f64; N] {
    fn merge(older: Self, newer: Self) -> Self {
        std::array::from_fn(|index| older[index] + newer[index])
    }
}

/// The highest value and when it came; of equals the latest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Highest {
    pub(super) value: f64,
    pub(super) at: u64,
}

impl Merge for Highest {
    fn merge(older: Self, newer: Self) -> Self {
        if older.value > newer.value {
            older
        } else {
            newer
        }
    }
}

/// The lowest value and when it came; of equals the latest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lowest {
    pub(super) value: f64,
    pub(super) at: u64,
}

impl Merge for Lowest {
    fn merge(older: Self, newer: Self) -> Self {
        if older.value < newer.value {
            older
        } else {
            newer
        }
    }
}

/// Sum, and sum with weights 1, 2, 3 and so on from the oldest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted {
    count: f64,
    sum: f64,
    pub(super) ramp: f64,
}

impl Weighted {
    pub(super) fn one(value: f64) -> Self {
        Self {
            count: 1.0,
            sum: value,
            ramp: value,
        }
    }
}

impl Merge for Weighted {
    fn merge(older: Self, newer: Self) -> Self {
        Self {
            count: older.count + newer.count,
            sum: older.sum + newer.sum,
            ramp: older.ramp + newer.ramp + older.count * newer.sum,
        }
    }
}

/// Means, squared deviations and products of deviations of pairs, merged after Chan, Golub and `LeVeque` (1979):
/// no difference of large sums is ever taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) mean: [f64; 2],
    /// Sums of squared deviations.
    pub(super) squares: [f64; 2],
    /// Sum of products of deviations.
    pub(super) products: f64,
}

impl Moments {
    pub(super) fn one(x: f64, y: f64) -> Self {
        Self {
            count: 1.0,
            mean: [x, y],
            squares: [0.0; 2],
            products: 0.0,
        }
    }
}

impl Merge for Moments {
    fn merge(older: Self, newer: Self) -> Self {
        let count = older.count + newer.count;
        let share = newer.count / count;
        let weight = older.count * share;
        let gap = [newer.mean[0] - older.mean[0], newer.mean[1] - older.mean[1]];
        Self {
            count,
            mean: std::array::from_fn(|axis| older.mean[axis] + gap[axis] * share),
            squares: std::array::from_fn(|axis| {
                older.squares[axis] + newer.squares[axis] + gap[axis] * gap[axis] * weight
            }),
            products: older.products + newer.products + gap[0] * gap[1] * weight,
        }
    }
}

/// Mean and squared deviations of one series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) count: f64,
    pub(super) mean: f64,
    /// Sum of squared deviations.
    pub(super) squares: f64,
}

impl Spread {
    pub(super) fn one(value: f64) -> Self {
        Self {
            count: 1.0,
            mean: value,
            squares: 0.0,
        }
    }

    pub(super) fn variance(&self) -> f64 {
        self.squares / self.count
    }
}

impl Merge for Spread {
    fn merge(older: Self, newer: Self) -> Self {
        let count = older.count + newer.count;
        let gap = newer.mean - older.mean;
        let share = newer.count / count;
        Self {
            count,
            mean: older.mean + gap * share,
            squares: older.squares + newer.squares + gap * gap * older.count * share,
        }
    }
}

/// Mean of the values, and sum of products of the deviations of value and place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trend {
    count: f64,
    pub(super) mean: f64,
    pub(super) products: f64,
}

impl Trend {
    pub(super) fn one(value: f64) -> Self {
        Self {
            count: 1.0,
            mean: value,
            products: 0.0,
        }
    }
}

impl Merge for Trend {
    fn merge(older: Self, newer: Self) -> Self {
        let count = older.count + newer.count;
        let share = newer.count / count;
        let gap = newer.mean - older.mean;
        // The middles of two neighbouring runs of places are half of both lengths apart.
        let places = count / 2.0;
        Self {
            count,
            mean: older.mean + gap * share,
            products: older.products + newer.products + gap * places * older.count * share,
        }
    }
}
