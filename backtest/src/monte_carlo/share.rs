//! A probability that was counted.

/// How often something happened, and where its probability lies with 95% confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// How often.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// How often, as a share; 0 of none.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// 97.5% of a normal are below this.
const Z: f64 = 1.959_963_984_540_054;

/// The score interval of Wilson, "Probable inference, the law of succession, and statistical inference", 1927, at 95%.
pub fn wilson(count: usize, of: usize) -> Share {
    if of == 0 {
        return Share {
            count,
            of,
            value: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let total = of as f64;
    let value = count as f64 / total;
    let scale = 1.0 + Z * Z / total;
    let middle = (value + Z * Z / (2.0 * total)) / scale;
    let half = Z / scale * (value * (1.0 - value) / total + Z * Z / (4.0 * total * total)).sqrt();
    Share {
        count,
        of,
        value,
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_newcombes_table() {
        // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3: 81 of 263 is
        // 0.2553 to 0.3662, 0 of 20 is 0 to 0.1611.
        let share = wilson(81, 263);
        assert!((share.low - 0.2553).abs() < 5e-5 && (share.high - 0.3662).abs() < 5e-5);
        let none = wilson(0, 20);
        assert!(none.low.abs() < 1e-12 && (none.high - 0.1611).abs() < 5e-5);
    }
}
