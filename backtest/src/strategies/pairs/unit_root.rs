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
        Level::One => [-3.896_44, -10.9519, -33.527],
        Level::Five => [-3.336_13, -6.1101, -6.823],
        Level::Ten => [-3.044_45, -4.2412, -2.720],
    };
    let count = count as f64;
    limit + first / count + second / (count * count)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use marketdata::history::{self, Options};
    use types::{Label, MarketData, Price};

    use super::*;

    /// Closes of a fixture; those of both shares end on one day.
    fn closes(name: &str) -> Vec<f64> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market");
        let options = Options {
            symbols: vec![Label::new("X").unwrap()],
            ..Options::default()
        };
        let rows = history::open(&folder.join(name), None, &options).unwrap();
        rows.map(|row| match row.unwrap().data {
            MarketData::Bar(bar) => bar.close.0 as f64 / Price::ONE.0 as f64,
            other => panic!("{other:?}"),
        })
        .collect()
    }

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-9 * other.abs()
    }

    #[test]
    fn as_statsmodels_has_it() {
        // scripts/cointegration-oracle with statsmodels 0.15.0: coint(trend='c', autolag=None) of GOOG on AAPL.
        let (of, on) = (closes("goog_1d_bars.csv.gz"), closes("aapl_1d_bars.csv.gz"));
        let of = &of[of.len() - on.len()..];
        for (count, line, statistics) in [
            (
                252,
                [102.391_556_812_252_29, 2.255_888_106_760_455_3],
                [
                    -1.940_489_758_224_340_3,
                    -2.023_200_262_352_733_4,
                    -1.409_714_831_138_845_9,
                ],
            ),
            (
                1_000,
                [407.781_379_483_378_6, 0.446_147_394_496_350_2],
                [
                    -1.357_596_293_716_906_9,
                    -1.433_839_609_399_188_5,
                    -1.529_602_073_441_745_7,
                ],
            ),
        ] {
            for (lags, statistic) in [0, 1, 4].into_iter().zip(statistics) {
                let tested = engle_granger(&of[..count], &on[..count], lags).unwrap();
                assert!(near(tested.intercept, line[0]), "{tested:?}");
                assert!(near(tested.slope, line[1]), "{tested:?}");
                assert!(near(tested.statistic, statistic), "{lags}: {tested:?}");
            }
        }
    }

    #[test]
    fn critical_values_of_a_sample() {
        // mackinnoncrit(N=2, regression='c', nobs=251).
        for (level, expected) in [
            (Level::One, -3.940_605_233_885_177),
            (Level::Five, -3.360_581_327_756_702),
            (Level::Ten, -3.061_390_385_073_252),
        ] {
            assert!(near(critical(level, 251), expected), "{level:?}");
        }
    }

    #[test]
    fn a_line_by_hand() {
        // Through 1, 3, 5, 8 at 0 to 3: mean 4.25, products 11.5 of squares 5.
        let places = vec![0.0, 1.0, 2.0, 3.0];
        let fit = least_squares(&[vec![1.0; 4], places.clone()], &[1.0, 3.0, 5.0, 8.0]).unwrap();
        assert!(
            near(fit.coefficients[0], 0.8) && near(fit.coefficients[1], 2.3),
            "{fit:?}"
        );
        // Residuals 0.2, -0.1, -0.4, 0.3: squares 0.3, by two degrees of freedom, by 5.
        assert!(near(fit.error_of_last, (0.3_f64 / 2.0 / 5.0).sqrt()));
        // Columns that are each other tell nothing.
        assert_eq!(
            least_squares(&[places.clone(), places], &[1.0, 3.0, 5.0, 8.0]),
            None
        );
    }
}
