//! The standard normal distribution.

/// Probability of a value below `x`, to about 1e-15: the Taylor series within 5 deviations (Marsaglia, "Evaluating
/// the normal distribution", 2004), beyond them the continued fraction of the tail (Abramowitz, Stegun 26.2.14).
pub fn normal_below(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if x.abs() < 5.0 {
        let (mut sum, mut term, mut power) = (x, x, 1.0);
        while term.abs() > sum.abs() * f64::EPSILON / 4.0 {
            power += 2.0;
            term *= x * x / power;
            sum += term;
        }
        return 0.5 + sum * density;
    }
    let mut fraction = x.abs();
    for step in (1..=60).rev() {
        fraction = x.abs() + f64::from(step) / fraction;
    }
    let tail = density / fraction;
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// The value below which a normal is with this probability: Acklam's rational approximation (2003), made exact by
/// one step of Halley's method. Infinite at 0 and 1.
pub fn normal_quantile(probability: f64) -> f64 {
    const NEAR: ([f64; 6], [f64; 6]) = (
        [
            -3.969_683_028_665_376e1,
            2.209_460_984_245_205e2,
            -2.759_285_104_469_687e2,
            1.383_577_518_672_69e2,
            -3.066_479_806_614_716e1,
            2.506_628_277_459_239,
        ],
        [
            -5.447_609_879_822_406e1,
            1.615_858_368_580_409e2,
            -1.556_989_798_598_866e2,
            6.680_131_188_771_972e1,
            -1.328_068_155_288_572e1,
            1.0,
        ],
    );
    const FAR: ([f64; 6], [f64; 5]) = (
        [
            -7.784_894_002_430_293e-3,
            -3.223_964_580_411_365e-1,
            -2.400_758_277_161_838,
            -2.549_732_539_343_734,
            4.374_664_141_464_968,
            2.938_163_982_698_783,
        ],
        [
            7.784_695_709_041_462e-3,
            3.224_671_290_700_398e-1,
            2.445_134_137_142_996,
            3.754_408_661_907_416,
            1.0,
        ],
    );
    if probability <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    let polynomial = |factors: &[f64], at: f64| factors.iter().fold(0.0, |sum, it| sum * at + it);
    let far = |tail: f64| {
        let at = (-2.0 * tail.ln()).sqrt();
        polynomial(&FAR.0, at) / polynomial(&FAR.1, at)
    };
    let rough = if probability < 0.024_25 {
        far(probability)
    } else if probability > 1.0 - 0.024_25 {
        -far(1.0 - probability)
    } else {
        let at = probability - 0.5;
        at * polynomial(&NEAR.0, at * at) / polynomial(&NEAR.1, at * at)
    };
    let error = normal_below(rough) - probability;
    let step = error * std::f64::consts::TAU.sqrt() * (rough * rough / 2.0).exp();
    rough - step / (1.0 + rough * step / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_tables() {
        // Abramowitz, Stegun, table 26.1; the tail by 26.2.
        for (x, below) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-1.96, 0.024_997_895_148_220),
            (3.0, 0.998_650_101_968_370),
            (-6.0, 9.865_876_450_377e-10),
        ] {
            assert!((normal_below(x) / below - 1.0).abs() < 1e-11, "{x}");
        }
        for (probability, x) in [
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
            (0.001, -3.090_232_306_167_814),
        ] {
            assert!(
                (normal_quantile(probability) - x).abs() < 1e-11,
                "{probability}"
            );
        }
        assert!(normal_quantile(0.0).is_infinite());
    }
}
