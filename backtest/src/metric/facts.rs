//! What several metrics need of a record, computed once.

use super::path::Path;
use super::{Counted, Point, Record, RecordError, Settings, Tally, Undefined};

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

/// The returns of the points that are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) sample: Sample,
    pub(super) periods_per_year: f64,
    /// The return without risk of one period.
    pub(super) risk_free: f64,
}

/// A record with what its metrics share.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Those that are kept.
    pub(super) points: &'a [Point],
    pub(super) settings: &'a Settings,
    /// One for each kept point but the first; empty if the equity was not always above 0.
    pub(super) returns: Vec<f64>,
    /// The returns, both tails in ascending order; what lies between the tails is not in order.
    pub(super) tails: Vec<f64>,
    pub(super) kept: Kept,
    /// Returns of every point.
    pub(super) sample: Sample,
    /// The return without risk of one period.
    pub(super) risk_free: f64,
    /// Every point.
    pub(super) path: Path,
    /// Every trade.
    pub(super) trades: Tally,
    /// Their profits.
    pub(super) profits: Sample,
    /// Returns of the benchmark.
    pub(super) benchmark: Result<Vec<f64>, Undefined>,
}

impl<'a> Facts<'a> {
    /// Checks the record and computes what its metrics share.
    ///
    /// # Errors
    /// A record out of order or settings out of range.
    pub fn new(record: Record<'a>, settings: &'a Settings) -> Result<Self, RecordError> {
        Self::of(record, Counted::default(), settings)
    }

    /// The same of a record that has some of the points or trades: figures that need no more than what was counted are of
    /// all of them. `settings` have the periods that all points make a year.
    ///
    /// # Errors
    /// A record out of order or settings out of range.
    pub fn of(
        record: Record<'a>,
        counted: Counted<'_>,
        settings: &'a Settings,
    ) -> Result<Self, RecordError> {
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
        let tails = tails(&returns, TAIL.max(1.0 - settings.confidence));
        let risk_free = |per_year: f64| (1.0 + settings.risk_free).powf(1.0 / per_year) - 1.0;
        let kept = Kept {
            sample: Sample::of(&returns),
            periods_per_year: match counted.curve {
                Some(all) if all.points() > 1 => {
                    let share = returns.len().max(1) as f64 / (all.points() - 1) as f64;
                    settings.periods_per_year * share
                }
                _ => settings.periods_per_year,
            },
            risk_free: 0.0,
        };
        let (trades, profits) = if let Some(all) = counted.trades {
            (all.clone(), all.moments.sample())
        } else {
            let profits: Vec<f64> = record.trades.iter().map(|it| it.profit).collect();
            (Tally::of(record.trades), Sample::of(&profits))
        };
        Ok(Self {
            points,
            settings,
            returns,
            tails,
            kept: Kept {
                risk_free: risk_free(kept.periods_per_year),
                ..kept
            },
            sample: counted
                .curve
                .map_or(kept.sample, |all| all.moments.sample()),
            risk_free: risk_free(settings.periods_per_year),
            path: counted
                .curve
                .map_or_else(|| Path::of(points), |all| all.path.clone()),
            trades,
            profits,
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

    /// Whether there are at least `least` returns.
    pub(super) const fn has_returns(&self, least: u64) -> Result<(), Undefined> {
        if !self.path.positive {
            Err(Undefined::NotPositive)
        } else if self.path.points < least + 1 {
            Err(Undefined::Short)
        } else {
            Ok(())
        }
    }

    /// The returns of kept points, if there are at least `least`.
    pub(super) fn returns(&self, least: usize) -> Result<&[f64], Undefined> {
        if !self.path.positive {
            Err(Undefined::NotPositive)
        } else if self.returns.len() < least {
            Err(Undefined::Short)
        } else {
            Ok(&self.returns)
        }
    }

    /// The standard deviation of the returns, with ddof 1.
    pub(super) fn deviation(&self) -> Result<f64, Undefined> {
        self.has_returns(2)?;
        self.sample.deviation().ok_or(Undefined::Still)
    }

    /// First and last equity.
    pub(super) const fn ends(&self) -> Result<(f64, f64), Undefined> {
        if self.path.points < 2 {
            return Err(Undefined::Short);
        }
        Ok((self.path.first, self.path.last))
    }

    /// Years by the count of periods.
    pub(super) fn years(&self) -> f64 {
        self.path.points.saturating_sub(1) as f64 / self.settings.periods_per_year
    }

    /// A quantile of the returns in one of the tails, between neighbours in proportion (numpy's default, Hyndman and Fan's seventh).
    pub(super) fn quantile(&self, share: f64) -> Result<f64, Undefined> {
        self.returns(1)?;
        let place = share * (self.tails.len() - 1) as f64;
        let below = self.tails[place.floor() as usize];
        let above = self.tails[place.ceil() as usize];
        Ok(below + (above - below) * place.fract())
    }
}

/// The share of returns in each tail that is always looked at.
pub(super) const TAIL: f64 = 0.05;

/// Puts the lowest and the highest `share` of returns in order, without sorting those between.
fn tails(returns: &[f64], share: f64) -> Vec<f64> {
    let mut values = returns.to_vec();
    let count = values.len();
    // The quantile at `share` lies between two neighbours: the tail holds both.
    let length = (share * count as f64) as usize + 2;
    if 2 * length >= count {
        values.sort_unstable_by(f64::total_cmp);
        return values;
    }
    values.select_nth_unstable_by(length, f64::total_cmp);
    values[..length].sort_unstable_by(f64::total_cmp);
    let top = count - length;
    values[length..].select_nth_unstable_by(top - length, f64::total_cmp);
    values[top..].sort_unstable_by(f64::total_cmp);
    values
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
