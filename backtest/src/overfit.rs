//! How much of the best result of a search is the search: deflated Sharpe ratio and probability of backtest
//! overfitting.

mod normal;

use crate::search::Moments;
pub use normal::{normal_below, normal_quantile};

/// Euler and Mascheroni's constant.
const GAMMA: f64 = 0.577_215_664_901_532_9;

/// The most trials that a cross-validation compares; of more, as many are taken, evenly spread.
pub const CSCV_TRIALS_MAX: usize = 2_000;

/// Cells of a cross-validation by default: 12,870 ways to take one half of them.
pub const CSCV_CELLS: usize = 16;

/// The most cells of a cross-validation: 184,756 ways.
pub const CSCV_CELLS_MAX: usize = 20;

/// Shape of returns. Sharpe ratios here are per return, not annualised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// How many returns.
    pub count: u64,
    /// Mean by sample standard deviation.
    pub sharpe: f64,
    /// Skewness: the third central moment by the cube of the deviation (of the population), 0 of a normal.
    pub skew: f64,
    /// Kurtosis, not less 3: 3 of a normal.
    pub kurtosis: f64,
}

impl Shape {
    /// Of these returns; `None` of fewer than three or where they do not differ.
    pub fn of(returns: &[f64]) -> Option<Self> {
        if returns.len() < 3 {
            return None;
        }
        let count = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / count;
        let central = |power| {
            returns
                .iter()
                .map(|it| (it - mean).powi(power))
                .sum::<f64>()
                / count
        };
        let variance = central(2);
        if variance <= mean * mean * 1e-24 || variance <= 0.0 {
            return None;
        }
        Some(Self {
            count: returns.len() as u64,
            sharpe: mean / (variance * count / (count - 1.0)).sqrt(),
            skew: central(3) / variance.powf(1.5),
            kurtosis: central(4) / (variance * variance),
        })
    }

    /// Probability that the true Sharpe ratio is above `benchmark`: Z((SR - SR*) sqrt(T - 1) / sqrt(1 - skew SR +
    /// (kurtosis - 1)/4 SR^2)). Bailey, Lopez de Prado, "The Sharpe ratio efficient frontier", 2012, (11). `None` where
    /// the root is of nothing above zero.
    pub fn probabilistic(&self, benchmark: f64) -> Option<f64> {
        let variance = self.error_variance()?;
        Some(normal_below((self.sharpe - benchmark) / variance.sqrt()))
    }

    /// The variance of the error of this Sharpe ratio, (1 - skew SR + (kurtosis - 1)/4 SR^2) / (T - 1); `None` where it is
    /// not above zero.
    pub fn error_variance(&self) -> Option<f64> {
        let ratio = self.sharpe;
        let spread = 1.0 - self.skew * ratio + (self.kurtosis - 1.0) / 4.0 * ratio * ratio;
        (spread > 0.0).then(|| spread / (self.count as f64 - 1.0))
    }
}

/// The largest Sharpe ratio that so many independent trials without any skill are expected to have:
/// sqrt(V) ((1 - g) Z^-1(1 - 1/N) + g Z^-1(1 - 1/(N e))). Bailey, Lopez de Prado, "The deflated Sharpe ratio:
/// correcting for selection bias, backtest overfitting and non-normality", 2014, (7). 0 of one trial.
pub fn expected_largest_sharpe(trials: usize, variance: f64) -> f64 {
    if trials < 2 {
        return 0.0;
    }
    let count = trials as f64;
    let tail = normal_quantile(1.0 - 1.0 / count) * (1.0 - GAMMA);
    let mean = normal_quantile(1.0 - 1.0 / (count * std::f64::consts::E)) * GAMMA;
    variance.sqrt() * (tail + mean)
}

/// The best of a search, corrected for having been searched for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deflated {
    /// Trials whose Sharpe ratio is defined. They are taken as independent, each at least as uncertain as the best one is
    /// by itself: where neighbours are alike the figure is too low rather than too high.
    pub trials: usize,
    /// Variance of their Sharpe ratios (ddof 1), per return; at least that of one ratio's error
    /// ([`Shape::error_variance`]), which neighbours that are alike would hide.
    pub variance: f64,
    /// The largest Sharpe ratio expected of so many without skill.
    pub expected: f64,
    /// Shape of the best one's returns.
    pub shape: Shape,
    /// Deflated Sharpe ratio: probability that the true Sharpe ratio of the best is above what was expected of luck.
    pub probability: Option<f64>,
}

/// The deflated Sharpe ratio of the best one, whose returns have this shape, among trials with these Sharpe ratios.
pub fn deflated(sharpes: &[f64], shape: Shape) -> Deflated {
    let count = sharpes.len() as f64;
    let mean = sharpes.iter().sum::<f64>() / count.max(1.0);
    let squares = sharpes
        .iter()
        .map(|it| (it - mean) * (it - mean))
        .sum::<f64>();
    let variance = if sharpes.len() < 2 {
        0.0
    } else {
        squares / (count - 1.0)
    };
    let variance = if sharpes.len() < 2 {
        variance
    } else {
        variance.max(shape.error_variance().unwrap_or(0.0))
    };
    let expected = expected_largest_sharpe(sharpes.len(), variance);
    Deflated {
        trials: sharpes.len(),
        variance,
        expected,
        shape,
        probability: shape.probabilistic(expected),
    }
}

/// Why there is no cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrossValidationError {
    /// Nothing traded, or too few returns were noted.
    #[error("no run has a Sharpe ratio")]
    NoRatio,
    /// There is nothing to compare with.
    #[error("one run alone has a Sharpe ratio, and two or more are compared")]
    OneRatio,
    /// Their returns cannot be cut into halves.
    #[error(
        "the returns of each run make {cells} parts; accepted: the same even number for all, from 2 to {CSCV_CELLS_MAX}"
    )]
    Cells {
        /// Of the first trial.
        cells: usize,
    },
}

impl CrossValidation {
    /// How many trials were not compared, in words; nothing where all were.
    pub fn left_out_words(&self) -> Option<String> {
        let undefined = (self.left_out > 0)
            .then(|| format!("left out without a Sharpe ratio: {}", self.left_out));
        let thinned = (self.defined > self.trials).then(|| {
            format!(
                "{} of {} were compared, evenly spread over the search",
                self.trials, self.defined
            )
        });
        let words: Vec<_> = undefined.into_iter().chain(thinned).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// What combinatorially symmetric cross-validation says.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// Trials that were compared.
    pub trials: usize,
    /// Trials that could be: those that have a Sharpe ratio.
    pub defined: usize,
    /// Trials without a Sharpe ratio, as those that never traded: they were not compared.
    pub left_out: usize,
    /// Cells that the returns were cut into.
    pub cells: usize,
    /// Ways to take one half of them to choose by.
    pub splits: usize,
    /// Probability of backtest overfitting: the share of splits in which the best of one half was at or below the
    /// median of the other.
    pub probability: f64,
    /// The share of splits in which the best of one half had a Sharpe ratio below zero in the other.
    pub loss: f64,
    /// Mean Sharpe ratio, per return, of the best: in the half that it was chosen by, and in the other one.
    pub chosen: f64,
    /// See [`CrossValidation::chosen`].
    pub unseen: f64,
    /// Logit of the relative rank in the other half, of each split, ascending.
    pub logits: Vec<f64>,
}

/// Combinatorially symmetric cross-validation: Bailey, Borwein, Lopez de Prado, Zhu, "The probability of backtest
/// overfitting", 2015, section 2. The rank w of the chosen one among N in the other half is w/(N + 1) of the way up
/// (equal ones share the middle of their ranks), its logit ln(w/(N + 1 - w)). `trials`: moments of returns of an even
/// number of cells, the same for all. A trial whose Sharpe ratio over all cells is not defined is left out; one that is
/// not defined in a half counts as 0 there, for a trial that did nothing in it.
///
/// # Errors
/// With fewer than two trials that have a Sharpe ratio, or cells that are odd in number, none, or more than
/// [`CSCV_CELLS_MAX`].
pub fn cross_validate(trials: &[&[Moments]]) -> Result<CrossValidation, CrossValidationError> {
    let all = trials.len();
    let whole = |trial: &&&[Moments]| {
        let cells = trial.iter();
        cells.fold(Moments::default(), |sum, cell| sum.with(*cell))
    };
    let defined = trials.iter().filter(|it| whole(it).sharpe().is_some());
    let trials: Vec<&[Moments]> = defined.copied().collect();
    let cells = match trials[..] {
        [] => return Err(CrossValidationError::NoRatio),
        [_] => return Err(CrossValidationError::OneRatio),
        [first, ..] => first.len(),
    };
    let is_even = cells > 0 && cells.is_multiple_of(2) && cells <= CSCV_CELLS_MAX;
    if !is_even || trials.iter().any(|trial| trial.len() != cells) {
        return Err(CrossValidationError::Cells { cells });
    }
    let defined = trials.len();
    let left_out = all - defined;
    let kept = trials.len().min(CSCV_TRIALS_MAX);
    let trials: Vec<&[Moments]> = (0..kept)
        .map(|place| trials[place * trials.len() / kept])
        .collect();
    let mut found = CrossValidation {
        trials: kept,
        defined,
        left_out,
        cells,
        splits: 0,
        probability: 0.0,
        loss: 0.0,
        chosen: 0.0,
        unseen: 0.0,
        logits: Vec::new(),
    };
    let mut outside = vec![0.0; kept];
    for taken in 0_u32..1 << cells {
        if taken.count_ones() as usize != cells / 2 {
            continue;
        }
        let (mut best, mut best_inside) = (0, f64::NEG_INFINITY);
        for (place, trial) in trials.iter().enumerate() {
            let mut halves = [Moments::default(); 2];
            for (cell, moments) in trial.iter().enumerate() {
                let half = &mut halves[(taken >> cell & 1) as usize];
                *half = half.with(*moments);
            }
            let [without, within] = halves.map(|half| half.sharpe().unwrap_or(0.0));
            outside[place] = without;
            if within > best_inside {
                (best, best_inside) = (place, within);
            }
        }
        let own = outside[best];
        let below = outside.iter().filter(|it| **it < own).count() as f64;
        let above = outside.iter().filter(|it| **it > own).count() as f64;
        let equal = kept as f64 - below - above;
        let rank = below + 0.5 * (equal + 1.0);
        let logit = (rank / (kept as f64 + 1.0 - rank)).ln();
        found.splits += 1;
        found.logits.push(logit);
        found.chosen += best_inside;
        found.unseen += own;
        if logit <= 0.0 {
            found.probability += 1.0;
        }
        if own < 0.0 {
            found.loss += 1.0;
        }
    }
    let splits = found.splits as f64;
    found.probability /= splits;
    found.loss /= splits;
    found.chosen /= splits;
    found.unseen /= splits;
    found.logits.sort_by(f64::total_cmp);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_paper() {
        // Bailey, Lopez de Prado 2014, "A numerical example": 100 trials whose annualised Sharpe ratios have a variance of
        // 1/2, 1,250 daily returns (250 a year), the best 2.5 a year, skewness -3, kurtosis 10: SR0 0.1132, DSR 0.9004.
        let expected = expected_largest_sharpe(100, 0.5 / 250.0);
        assert!((expected - 0.1132).abs() < 5e-5, "{expected}");
        let shape = Shape {
            count: 1_250,
            sharpe: 2.5 / 250_f64.sqrt(),
            skew: -3.0,
            kurtosis: 10.0,
        };
        let probability = shape.probabilistic(expected).unwrap();
        assert!((probability - 0.9004).abs() < 5e-5, "{probability}");
        // With 46 trials it would be 0.9505, the paper goes on.
        let fewer = shape
            .probabilistic(expected_largest_sharpe(46, 0.5 / 250.0))
            .unwrap();
        assert!((fewer - 0.9505).abs() < 5e-5, "{fewer}");
    }

    #[test]
    fn the_shape_of_four_returns() {
        // 1, 2, 3, 6: mean 3, squares of distances 4 + 1 + 0 + 9 = 14, cubes -8 - 1 + 27 = 18, fourths 16 + 1 + 81 = 98.
        let shape = Shape::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert!((shape.sharpe - 3.0 / (14.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((shape.skew - 4.5 / 3.5_f64.powf(1.5)).abs() < 1e-12);
        assert!((shape.kurtosis - 24.5 / 12.25).abs() < 1e-12);
        assert_eq!(Shape::of(&[0.1, 0.1, 0.1]), None);
    }

    #[test]
    fn the_variance_is_of_the_trials() {
        // Of enough returns that the error of one ratio, some 0.001, is less.
        let shape = Shape {
            count: 10_000,
            ..Shape::of(&[1.0, 2.0, 3.0, 6.0]).unwrap()
        };
        let deflated = deflated(&[0.1, 0.2, 0.3], shape);
        assert!((deflated.variance - 0.01).abs() < 1e-12);
        assert_eq!(deflated.trials, 3);
    }

    fn cell(returns: [f64; 2]) -> Moments {
        Moments {
            count: 2,
            sum: returns[0] + returns[1],
            squares: returns[0] * returns[0] + returns[1] * returns[1],
        }
    }

    /// Of 101 returns with a Sharpe ratio of 0.1 and a normal's shape, one ratio's error has a variance of (1 + 0.01 / 2) /
    /// 100 = 0.01005. Three that are all alike count as three of that variance; three that differ by more as what they are.
    #[test]
    fn neighbours_that_are_alike_do_not_make_the_best_look_better() {
        let shape = Shape {
            count: 101,
            sharpe: 0.1,
            skew: 0.0,
            kurtosis: 3.0,
        };
        let alike = deflated(&[0.1, 0.1, 0.1], shape);
        assert!((alike.variance - 0.010_05).abs() < 1e-12);
        let expected = expected_largest_sharpe(3, 0.010_05);
        assert!((alike.expected - expected).abs() < 1e-12 && expected > 0.08);
        assert!(alike.probability.unwrap() < 0.6);
        // Mean 0, squares 0.08 by two.
        let wide = deflated(&[-0.2, 0.0, 0.2], shape);
        assert!((wide.variance - 0.04).abs() < 1e-12);
    }

    #[test]
    fn one_that_wins_one_half_and_loses_the_other_is_overfit() {
        // Each is the best of one cell and the worst of the other: chosen by either, it is last in what is left.
        let (up, down) = (cell([1.0, 3.0]), cell([-1.0, -3.0]));
        let found = cross_validate(&[&[up, down], &[down, up]]).unwrap();
        assert_eq!((found.splits, found.trials), (2, 2));
        assert!((found.probability - 1.0).abs() < 1e-12 && (found.loss - 1.0).abs() < 1e-12);
        // Rank 1 of 2: ln(1 / 2).
        assert!((found.logits[0] - 0.5_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn one_that_wins_everywhere_is_not() {
        let (up, down) = (cell([1.0, 3.0]), cell([-1.0, -3.0]));
        let found = cross_validate(&[&[up; 4], &[down; 4]]).unwrap();
        // Six ways to take two of four.
        assert_eq!(found.splits, 6);
        assert!(found.probability.abs() < 1e-12);
        assert!((found.logits[0] - 2.0_f64.ln()).abs() < 1e-12);
        assert_eq!(
            cross_validate(&[&[up; 4]]),
            Err(CrossValidationError::OneRatio)
        );
        assert_eq!(
            cross_validate(&[&[up; 3], &[down; 3]]),
            Err(CrossValidationError::Cells { cells: 3 })
        );
    }

    #[test]
    fn one_that_never_traded_is_not_compared() {
        let (up, down) = (cell([1.0, 3.0]), cell([-1.0, -3.0]));
        let idle = cell([0.0, 0.0]);
        let two = cross_validate(&[&[up; 4], &[down; 4]]).unwrap();
        let three = cross_validate(&[&[idle; 4], &[up; 4], &[down; 4]]).unwrap();
        assert_eq!((three.trials, three.left_out), (2, 1));
        assert_eq!(three.logits, two.logits);
        assert_eq!(
            cross_validate(&[&[idle; 4], &[idle; 4]]),
            Err(CrossValidationError::NoRatio)
        );
    }
}
