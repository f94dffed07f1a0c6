//! Random numbers that a seed and a place give, so that no result depends on how work is shared out among threads.

use marketdata::generator::SplitMix64;

/// Numbers of several kinds from one generator.
#[derive(Debug, Clone)]
pub struct Random {
    generator: SplitMix64,
}

impl Random {
    /// The numbers of a seed.
    pub const fn new(seed: u64) -> Self {
        Self {
            generator: SplitMix64::new(seed),
        }
    }

    /// Those of one of many pieces of work: path 7 of a seed is the same whoever computes it.
    pub const fn of(seed: u64, place: u64) -> Self {
        Self {
            generator: SplitMix64::of(seed, place),
        }
    }

    /// 64 random bits.
    #[inline]
    pub const fn draw(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A whole number below `bound`, which is below 2^32: by the high half of a product (Lemire, "Fast random
    /// integer generation in an interval", 2019, without its rejection: no number is off by more than
    /// `bound / 2^32` of its share).
    #[inline]
    pub const fn below(&mut self, bound: usize) -> usize {
        (((self.draw() >> 32) * bound as u64) >> 32) as usize
    }

    /// A number from 0 to below 1, a multiple of 2^-53.
    #[inline]
    pub const fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal number, by the polar method (Marsaglia, Bray 1964).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_evenly() {
        let mut random = Random::of(7, 3);
        let mut counts = [0_u32; 5];
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..100_000 {
            counts[random.below(5)] += 1;
            let normal = random.normal();
            sum += normal;
            squares += normal * normal;
        }
        // Each count is binomial: 20,000 with a deviation of 126.
        assert!(
            counts.iter().all(|count| count.abs_diff(20_000) < 600),
            "{counts:?}"
        );
        assert!((sum / 1e5_f64).abs() < 0.015 && (squares / 1e5_f64 - 1.0).abs() < 0.02);
    }
}
