//! What several metrics need of a record, computed once.

use super::{Point, Record, RecordError, Settings, Trade, Undefined};

/// Means and central moments of a sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) count: f64,
    pub(super) mean: f64,
    /// Means of the second, third and fourth power of the deviations.
    pub(super) moments: [f64; 3],
}

impl Sample {
    /// Two passes over the values: the mean first, then the deviations from it.
    pub(super) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let mut sums = [0.0; 3];
        for value in values {
            let deviation = value - mean;
            let square = deviation * deviation;
            sums[0] += square;
            sums[1] += square * deviation;
            sums[2] += square * square;
        }
        Self {
            count,
            mean,
            moments: sums.map(|sum| sum / count),
        }
    }

    /// With ddof 1; nothing for fewer than two values or if they did not vary.
    pub(super) fn deviation(&self) -> Option<f64> {
        let variance = self.moments[0] * self.count / (self.count - 1.0);
        // Equal values leave the rounding of their mean behind.
        let still = self.mean * self.mean * 1e-28;
        (self.count > 1.0 && variance > still).then(|| variance.sqrt())
    }
}

/// A stretch below a peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drawdown {
    /// Its deepest point as a fraction of the peak; positive.
    pub(super) depth: f64,
    /// From the peak to the first point that is no longer below, or to the end of the curve, in nanoseconds.
    pub(super) duration_ns: u64,
}

/// A record with what its metrics share.
#[derive(Debug)]
pub struct Facts<'a> {
    pub(super) points: &'a [Point],
    pub(super) trades: &'a [Trade],
    pub(super) settings: &'a Settings,
    /// One for each point but the first; empty if the equity was not always above 0.
    pub(super) returns: Vec<f64>,
    /// The returns in ascending order.
    pub(super) sorted: Vec<f64>,
    pub(super) sample: Sample,
    /// Whether equity was above 0 at every point.
    positive: bool,
    /// The return without risk of one period.
    pub(super) risk_free: f64,
    /// How far below its peak each point is, as a positive fraction.
    pub(super) below: Vec<f64>,
    pub(super) drawdowns: Vec<Drawdown>,
    /// Returns of the benchmark.
    pub(super) benchmark: Result<Vec<f64>, Undefined>,
}

impl<'a> Facts<'a> {
    /// Checks the record and computes what its metrics share.
    ///
    /// # Errors
    /// A record out of order or settings out of range.
    pub fn new(record: Record<'a>, settings: &'a Settings) -> Result<Self, RecordError> {
        check(record, settings)?;
        let points = record.points;
        let positive = points.iter().all(|point| point.equity > 0.0);
        let returns: Vec<f64> = if positive {
            points
                .windows(2)
                .map(|pair| pair[1].equity / pair[0].equity - 1.0)
                .collect()
        } else {
            Vec::new()
        };
        let mut sorted = returns.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (below, drawdowns) = drawdowns(points);
        Ok(Self {
            points,
            trades: record.trades,
            settings,
            sample: Sample::of(&returns),
            returns,
            sorted,
            positive,
            risk_free: (1.0 + settings.risk_free).powf(1.0 / settings.periods_per_year) - 1.0,
            below,
            drawdowns,
            benchmark: record
                .benchmark
                .map_or(Err(Undefined::NoBenchmark), |values| {
                    if values.iter().all(|&value| value > 0.0) {
                        Ok(values
                            .windows(2)
                            .map(|pair| pair[1] / pair[0] - 1.0)
                            .collect())
                    } else {
                        Err(Undefined::BenchmarkNotPositive)
                    }
                }),
        })
    }

    /// The returns, if there are at least `least`.
    pub(super) fn returns(&self, least: usize) -> Result<&[f64], Undefined> {
        if !self.positive {
            Err(Undefined::NotPositive)
        } else if self.returns.len() < least {
            Err(Undefined::Short)
        } else {
            Ok(&self.returns)
        }
    }

    /// The standard deviation of the returns, with ddof 1.
    pub(super) fn deviation(&self) -> Result<f64, Undefined> {
        self.returns(2)?;
        self.sample.deviation().ok_or(Undefined::Still)
    }

    /// First and last equity.
    pub(super) fn ends(&self) -> Result<(f64, f64), Undefined> {
        match self.points {
            [first, .., last] => Ok((first.equity, last.equity)),
            _ => Err(Undefined::Short),
        }
    }

    /// Years by the count of periods.
    pub(super) fn years(&self) -> f64 {
        self.points.len().saturating_sub(1) as f64 / self.settings.periods_per_year
    }

    /// A quantile of the returns, between neighbours in proportion (numpy's default, Hyndman and Fan's seventh).
    pub(super) fn quantile(&self, share: f64) -> Result<f64, Undefined> {
        self.returns(1)?;
        let place = share * (self.sorted.len() - 1) as f64;
        let below = self.sorted[place.floor() as usize];
        let above = self.sorted[place.ceil() as usize];
        Ok(below + (above - below) * place.fract())
    }
}

fn check(record: Record<'_>, settings: &Settings) -> Result<(), RecordError> {
    let number = |field, value: f64, good: bool, accepted| {
        if good && value.is_finite() {
            Ok(())
        } else {
            Err(RecordError::Number {
                field,
                value,
                accepted,
            })
        }
    };
    let year = settings.periods_per_year;
    number("periods_per_year", year, year > 0.0, "a number above 0")?;
    let free = settings.risk_free;
    number("risk_free", free, free > -1.0, "a fraction above -1")?;
    let confidence = settings.confidence;
    let sure = confidence > 0.5 && confidence < 1.0;
    number(
        "confidence",
        confidence,
        sure,
        "a fraction above 0.5 and below 1",
    )?;
    if let Some(trials) = settings.trials {
        number(
            "trials.count",
            trials.count as f64,
            trials.count >= 2,
            "at least 2",
        )?;
        let variance = trials.variance;
        number(
            "trials.variance",
            variance,
            variance >= 0.0,
            "a number from 0 on",
        )?;
    }
    for (index, point) in record.points.iter().enumerate() {
        number("points.equity", point.equity, true, "a finite number")?;
        let before = index.checked_sub(1).map(|before| record.points[before].ts);
        if let Some(before) = before.filter(|&before| before >= point.ts) {
            return Err(RecordError::Order {
                index,
                ts: point.ts,
                before,
            });
        }
    }
    for trade in record.trades {
        number("trades.profit", trade.profit, true, "a finite number")?;
        number("trades.fees", trade.fees, true, "a finite number")?;
        let (entry, exit) = (trade.entry_value, trade.exit_value);
        number(
            "trades.entry_value",
            entry,
            entry >= 0.0,
            "a number from 0 on",
        )?;
        number("trades.exit_value", exit, exit >= 0.0, "a number from 0 on")?;
    }
    for &value in record.benchmark.unwrap_or_default() {
        number("benchmark", value, true, "a finite number")?;
    }
    match record.benchmark {
        Some(values) if values.len() != record.points.len() => Err(RecordError::Benchmark {
            expected: record.points.len(),
            given: values.len(),
        }),
        _ => Ok(()),
    }
}

fn drawdowns(points: &[Point]) -> (Vec<f64>, Vec<Drawdown>) {
    let mut below = Vec::with_capacity(points.len());
    let mut stretches: Vec<Drawdown> = Vec::new();
    let Some(first) = points.first() else {
        return (below, stretches);
    };
    let mut peak = first;
    let mut open: Option<Drawdown> = None;
    for point in points {
        let since = point.ts.0 - peak.ts.0;
        if point.equity >= peak.equity {
            peak = point;
            below.push(0.0);
            if let Some(stretch) = open.take() {
                stretches.push(Drawdown {
                    duration_ns: since,
                    ..stretch
                });
            }
            continue;
        }
        let depth = if peak.equity > 0.0 {
            (peak.equity - point.equity) / peak.equity
        } else {
            0.0
        };
        below.push(depth);
        open = Some(Drawdown {
            depth: open.map_or(depth, |stretch| stretch.depth.max(depth)),
            duration_ns: since,
        });
    }
    stretches.extend(open);
    (below, stretches)
}
