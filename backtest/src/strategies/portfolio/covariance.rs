//! Covariances of returns, and the weights that follow from them, by coordinate descent.

/// Sweeps over all coordinates, at most. Each sweep of 64 instruments is 4,096 products.
const SWEEPS_MAX: usize = 1_000;

/// The largest change of a weight, as a share of the largest weight, at which a sweep was the last.
const CHANGE_MIN: f64 = 1e-12;

/// A symmetric matrix by rows.
pub(crate) type Matrix = Vec<Vec<f64>>;

/// Sample covariances (ddof 1) of the logarithmic returns from row to row of closes. Nothing of fewer than three
/// rows, or where a close is not above zero.
pub(crate) fn covariance<'a>(rows: impl Iterator<Item = &'a [f64]>) -> Option<Matrix> {
    let logs: Vec<Vec<f64>> = rows
        .map(|row| row.iter().map(|it| it.ln()).collect())
        .collect();
    let returns: Vec<Vec<f64>> = logs
        .windows(2)
        .map(|pair| {
            pair[1]
                .iter()
                .zip(&pair[0])
                .map(|(now, last)| now - last)
                .collect()
        })
        .collect();
    if returns.len() < 2 || returns.iter().flatten().any(|it| !it.is_finite()) {
        return None;
    }
    let count = returns[0].len();
    let rows = returns.len() as f64;
    let mean = |of: usize| returns.iter().map(|row| row[of]).sum::<f64>() / rows;
    let means: Vec<f64> = (0..count).map(mean).collect();
    let shared = |one: usize, other: usize| {
        let products = returns
            .iter()
            .map(|row| (row[one] - means[one]) * (row[other] - means[other]));
        products.sum::<f64>() / (rows - 1.0)
    };
    let row = |one: usize| (0..count).map(|other| shared(one, other)).collect();
    Some((0..count).map(row).collect())
}

/// Weights, none below zero and one in sum, with the least variance.
///
/// They are those of the least of `w'Cw/2 - 1'w` without weights below zero, scaled to a sum of one: along each
/// coordinate the least is at `(1 - sum of C[i][j] w[j]) / C[i][i]`, held at zero. Nothing where an instrument did
/// not move.
pub(crate) fn minimum_variance(covariance: &Matrix) -> Option<Vec<f64>> {
    descend(covariance, 0.0, |shared, variance| {
        ((1.0 - shared) / variance).max(0.0)
    })
}

/// Weights, all above zero and one in sum, of which each brings the same part of the variance.
///
/// They are those of the least of `w'Cw/2 - sum of ln(w)/n`, scaled (Florin Spinu, An Algorithm for Computing Risk
/// Parity Weights, 2013), one coordinate after the other (Théophile Griveau-Billion, Jean-Charles Richard, Thierry
/// Roncalli, A Fast Algorithm for Computing High-Dimensional Risk Parity Portfolios, 2013): the positive root of
/// `C[i][i] w^2 + shared w - 1/n`.
pub(crate) fn risk_parity(covariance: &Matrix) -> Option<Vec<f64>> {
    let budget = 1.0 / covariance.len() as f64;
    descend(covariance, 1.0, |shared, variance| {
        ((shared * shared + 4.0 * variance * budget).sqrt() - shared) / (2.0 * variance)
    })
}

/// From weights of `start` by deviation, sets each weight to `best(shared, variance)` until none changes.
fn descend(covariance: &Matrix, start: f64, best: impl Fn(f64, f64) -> f64) -> Option<Vec<f64>> {
    let count = covariance.len();
    let is_still = |place: usize| covariance[place][place] <= f64::MIN_POSITIVE;
    if count == 0 || (0..count).any(is_still) {
        return None;
    }
    // In units of the mean variance, so that nothing depends on the scale of returns.
    let scale = (0..count)
        .map(|place| covariance[place][place])
        .sum::<f64>()
        / count as f64;
    let mut weights: Vec<f64> = (0..count)
        .map(|place| start / (covariance[place][place] / scale).sqrt())
        .collect();
    for _ in 0..SWEEPS_MAX {
        let mut change: f64 = 0.0;
        for place in 0..count {
            let row = &covariance[place];
            let others = (0..count).filter(|other| *other != place);
            let shared: f64 = others
                .map(|other| row[other] / scale * weights[other])
                .sum();
            let weight = best(shared, row[place] / scale);
            change = change.max((weight - weights[place]).abs());
            weights[place] = weight;
        }
        if change <= CHANGE_MIN * weights.iter().fold(0.0, |most: f64, it| most.max(*it)) {
            break;
        }
    }
    let sum: f64 = weights.iter().sum();
    (sum.is_finite() && sum > 0.0).then(|| weights.iter().map(|weight| weight / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: &[f64], other: &[f64]) -> bool {
        one.iter()
            .zip(other)
            .all(|(one, other)| (one - other).abs() < 1e-9)
    }

    #[test]
    fn two_instruments_by_hand() {
        // Deviations 0.1 and 0.2, correlation 0.25: covariance 0.005.
        let matrix = vec![vec![0.01, 0.005], vec![0.005, 0.04]];
        // (0.04 - 0.005) / (0.01 + 0.04 - 0.01) = 0.875.
        let least = minimum_variance(&matrix).unwrap();
        assert!(close(&least, &[0.875, 0.125]), "{least:?}");
        // Of two, equal risk is inverse volatility, whatever the correlation: 10 to 5.
        let equal = risk_parity(&matrix).unwrap();
        assert!(close(&equal, &[2.0 / 3.0, 1.0 / 3.0]), "{equal:?}");
    }

    #[test]
    fn what_would_be_sold_short_is_left_out() {
        // Correlation 0.75 above the ratio of deviations 0.5: the unbounded weight of the second is below zero.
        let matrix = vec![vec![0.01, 0.015], vec![0.015, 0.04]];
        let least = minimum_variance(&matrix).unwrap();
        assert!(close(&least, &[1.0, 0.0]), "{least:?}");
    }

    #[test]
    fn three_bring_equal_risk() {
        let matrix = vec![
            vec![0.04, 0.006, -0.002],
            vec![0.006, 0.09, 0.01],
            vec![-0.002, 0.01, 0.01],
        ];
        let weights = risk_parity(&matrix).unwrap();
        let parts: Vec<f64> = (0..3)
            .map(|at| weights[at] * (0..3).map(|to| matrix[at][to] * weights[to]).sum::<f64>())
            .collect();
        assert!(
            parts
                .iter()
                .all(|part| (part / parts[0] - 1.0).abs() < 1e-9),
            "{parts:?}"
        );
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn covariances_by_hand() {
        // Logarithmic returns of the first: 1, -1, 0; of the second: 2, 0, -2.
        let rows: Vec<Vec<f64>> = [[0.0, 0.0], [1.0, 2.0], [0.0, 2.0], [0.0, 0.0]]
            .iter()
            .map(|row: &[f64; 2]| row.iter().map(|it| it.exp()).collect())
            .collect();
        let matrix = covariance(rows.iter().map(Vec::as_slice)).unwrap();
        assert!(
            close(&matrix[0], &[1.0, 1.0]) && close(&matrix[1], &[1.0, 4.0]),
            "{matrix:?}"
        );
        assert!(covariance(rows[..2].iter().map(Vec::as_slice)).is_none());
    }
}
