//! Random draws from a seed, the same on every machine.

/// `SplitMix64` (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// The draws of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
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
