//! Least squares of a few columns, and the tests of cointegration that are made of it.

/// How sure a test is that residuals have no unit root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    One,
    Five,
    Ten,
}

/// Coefficients of least squares, and the standard error of the last of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fit {
    pub(crate) coefficients: Vec<f64>,
    pub(crate) error_of_last: f64,
}

/// The least squares of `target` on columns of the same length, by Gaussian elimination of the normal equations with
/// a pivot from the diagonal. Nothing where there are not more rows than columns or the columns depend on each other.
pub(crate) fn least_squares(columns: &[Vec<f64>], target: &[f64]) -> Option<Fit> {
    let (count, rows) = (columns.len(), target.len());
    if rows <= count || count == 0 {
        return None;
    }
    let product = |one: &[f64], other: &[f64]| -> f64 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    };
    // Columns of length one keep the equations within the same scale.
    let lengths: Vec<f64> = columns
        .iter()
        .map(|column| product(column, column).sqrt())
        .collect();
    if lengths.iter().any(|length| !(length.is_normal())) {
        return None;
    }
    // The equations, and beside them the identity, which becomes the inverse.
    let mut table: Vec<Vec<f64>> = (0..count)
        .map(|row| {
            let normal = (0..count)
                .map(|at| product(&columns[row], &columns[at]) / lengths[row] / lengths[at]);
            let identity = (0..count).map(|at| f64::from(u8::from(at == row)));
            let right = product(&columns[row], target) / lengths[row];
            normal.chain(identity).chain([right]).collect()
        })
        .collect();
    for pivot in 0..count {
        // What is left of a column of length one that the columns before do not explain.
        if table[pivot][pivot] < 1e-12 {
            return None;
        }
        let head = table[pivot][pivot];
        for value in &mut table[pivot] {
            *value /= head;
        }
        let row = table[pivot].clone();
        for (place, other) in table.iter_mut().enumerate() {
            let factor = other[pivot];
            if place != pivot {
                for (value, by) in other.iter_mut().zip(&row) {
                    *value -= factor * by;
                }
            }
        }
    }
    let coefficients: Vec<f64> = (0..count)
        .map(|at| table[at][2 * count] / lengths[at])
        .collect();
    let squares: f64 = (0..rows)
        .map(|row| {
            let told: f64 = (0..count)
                .map(|at| coefficients[at] * columns[at][row])
                .sum();
            (target[row] - told).powi(2)
        })
        .sum();
    let last = count - 1;
    let inverse = table[last][count + last] / lengths[last] / lengths[last];
    let variance = squares / (rows - count) as f64 * inverse;
    Some(Fit {
        coefficients,
        error_of_last: variance.sqrt(),
    })
}

/// The t-statistic of the augmented Dickey-Fuller regression of a series without constant or trend:
/// `change[t] = g x[t-1] + sum of d[i] change[t-i]`, i from 1 to `lags`. Far below zero speaks against a unit root.
///
/// David Dickey, Wayne Fuller, Distribution of the Estimators for Autoregressive Time Series with a Unit Root, 1979.
pub(crate) fn dickey_fuller(series: &[f64], lags: usize) -> Option<f64> {
    let changes: Vec<f64> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let target = changes.get(lags..)?;
    let mut columns: Vec<Vec<f64>> = (1..=lags)
        .map(|lag| changes[lags - lag..changes.len() - lag].to_vec())
        .collect();
    columns.push(series.get(lags..series.len().checked_sub(1)?)?.to_vec());
    let fit = least_squares(&columns, target)?;
    let t = fit.coefficients.last()? / fit.error_of_last;
    t.is_finite().then_some(t)
}

/// A line through one series on another, and how much its residuals look like a random walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cointegration {
    pub(crate) intercept: f64,
    pub(crate) slope: f64,
    /// Root of the mean square of the residuals.
    pub(crate) deviation: f64,
    /// Of [`dickey_fuller`] over them.
    pub(crate) statistic: f64,
}

/// The two steps of Robert Engle, Clive Granger, Co-integration and Error Correction, 1987: least squares of one
/// series on another with a constant, and the Dickey-Fuller test of the residuals.
pub(crate) fn engle_granger(of: &[f64], on: &[f64], lags: usize) -> Option<Cointegration> {
    let fit = least_squares(&[vec![1.0; of.len()], on.to_vec()], of)?;
    let (intercept, slope) = (fit.coefficients[0], fit.coefficients[1]);
    let residuals: Vec<f64> = of
        .iter()
        .zip(on)
        .map(|(of, on)| of - intercept - slope * on)
        .collect();
    let squares: f64 = residuals.iter().map(|it| it * it).sum();
    Some(Cointegration {
        intercept,
        slope,
        deviation: (squares / residuals.len() as f64).sqrt(),
        statistic: dickey_fuller(&residuals, lags)?,
    })
}

/// The statistic below which residuals of two series, with a constant, have no unit root, of a sample of so many.
///
/// James `MacKinnon`, Critical Values for Cointegration Tests, 2010, table 2, N = 2, constant and no trend.
pub(crate) fn critical(level: Level, count: usize) -> f64 {
    let [limit, first, second] = match level {
        Level::One => [-3.896_44, -10.9519, -22.527],
        Level::Five => [-3.336_13, -6.1101, -6.823],
        Level::Ten => [-3.044_45, -4.2412, -2.720],
    };
    let count = count as f64;
    limit + first / count + second / (count * count)
}
