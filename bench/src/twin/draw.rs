//! Random draws from a seed, the same on every machine.

use runtime::simulation::Random;

/// What a seed draws.
#[derive(Debug, Clone)]
pub struct Draw(Random);

impl Draw {
    /// The draws of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// Any number.
    pub const fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to below `end`; 0 when `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        let bits = self.bits();
        match end {
            0 => 0,
            end => bits % end,
        }
    }

    /// From `low` to `high`, both included.
    pub const fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True in so many of a hundred.
    pub const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// One of them, by reference; none of none.
    pub fn choose<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }

    /// One of them, each as often as its weight says.
    ///
    /// # Panics
    /// When no weight is above zero.
    pub fn weighted<T: Copy>(&mut self, from: &[(u32, T)]) -> T {
        let sum: u64 = from.iter().map(|(weight, _)| u64::from(*weight)).sum();
        assert!(sum > 0, "weights of nothing");
        let mut at = self.below(sum);
        for (weight, value) in from {
            let weight = u64::from(*weight);
            if at < weight {
                return *value;
            }
            at -= weight;
        }
        from[0].1
    }
}
