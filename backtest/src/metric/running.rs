//! The figures that need no more than the curve's last point, in constant memory, for searches and long runs.

use super::{Figure, Undefined};

/// A curve as it comes. The formulas are those of the metrics of the same name; a test holds both together.
#[derive(Debug, Clone)]
pub struct Running {
    periods_per_year: f64,
    risk_free: f64,
    points: u64,
    first: f64,
    last: f64,
    peak: f64,
    positive: bool,
    count: f64,
    mean: f64,
    /// Sums of the second, third and fourth power of the deviations.
    sums: [f64; 3],
    gains: f64,
    losses: f64,
    loss_squares: f64,
    deepest: f64,
    below_squares: f64,
}

impl Running {
    /// `periods_per_year` above 0; `risk_free` as a fraction of a year, above -1.
    pub fn new(periods_per_year: f64, risk_free: f64) -> Self {
        Self {
            periods_per_year,
            risk_free: (1.0 + risk_free).powf(1.0 / periods_per_year) - 1.0,
            points: 0,
            first: 0.0,
            last: 0.0,
            peak: f64::MIN,
            positive: true,
            count: 0.0,
            mean: 0.0,
            sums: [0.0; 3],
            gains: 0.0,
            losses: 0.0,
            loss_squares: 0.0,
            deepest: 0.0,
            below_squares: 0.0,
        }
    }

    /// Takes the next point of the curve. One that is not finite is not taken.
    pub fn push(&mut self, equity: f64) {
        if !equity.is_finite() {
            return;
        }
        self.positive &= equity > 0.0;
        self.peak = self.peak.max(equity);
        let below = (self.peak - equity) / self.peak;
        self.deepest = self.deepest.max(below);
        self.below_squares += below * below;
        if self.points == 0 {
            self.first = equity;
        } else {
            self.take(equity / self.last - 1.0);
        }
        self.points += 1;
        self.last = equity;
    }

    /// Central moments after Terriberry (2007), the running form of Pebay (2008).
    fn take(&mut self, value: f64) {
        let before = self.count;
        self.count += 1.0;
        let count = self.count;
        let gap = value - self.mean;
        let step = gap / count;
        let term = gap * step * before;
        self.mean += step;
        let [second, third, _] = self.sums;
        self.sums[2] += term * step * step * (count * count - 3.0 * count + 3.0)
            + 6.0 * step * step * second
            - 4.0 * step * third;
        self.sums[1] += term * step * (count - 2.0) - 3.0 * step * second;
        self.sums[0] += term;
        self.gains += value.max(0.0);
        let loss = (-value).max(0.0);
        self.losses += loss;
        self.loss_squares += loss * loss;
    }

    fn returns(&self, least: f64) -> Result<(), Undefined> {
        if !self.positive {
            Err(Undefined::NotPositive)
        } else if self.count < least {
            Err(Undefined::Short)
        } else {
            Ok(())
        }
    }

    fn deviation(&self) -> Figure {
        self.returns(2.0)?;
        let variance = self.sums[0] / (self.count - 1.0);
        if variance > self.mean * self.mean * 1e-28 {
            Ok(variance.sqrt())
        } else {
            Err(Undefined::Still)
        }
    }

    /// `total_return`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn total_return(&self) -> Figure {
        self.returns(1.0)?;
        Ok(self.last / self.first - 1.0)
    }

    /// `cagr`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn cagr(&self) -> Figure {
        self.returns(1.0)?;
        Ok((self.last / self.first).powf(self.periods_per_year / self.count) - 1.0)
    }

    /// `volatility`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn volatility(&self) -> Figure {
        Ok(self.deviation()? * self.periods_per_year.sqrt())
    }

    /// `sharpe`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sharpe(&self) -> Figure {
        Ok(self.sharpe_of_period()? * self.periods_per_year.sqrt())
    }

    /// The Sharpe ratio of a period, of which a search keeps the variance.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sharpe_of_period(&self) -> Figure {
        Ok((self.mean - self.risk_free) / self.deviation()?)
    }

    /// `sortino`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sortino(&self) -> Figure {
        self.returns(1.0)?;
        if self.loss_squares == 0.0 {
            return Err(Undefined::NoLoss);
        }
        let downside = (self.loss_squares / self.count).sqrt();
        Ok((self.mean - self.risk_free) / downside * self.periods_per_year.sqrt())
    }

    /// `omega`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn omega(&self) -> Figure {
        self.returns(1.0)?;
        if self.losses == 0.0 {
            return Err(Undefined::NoLoss);
        }
        Ok(self.gains / self.losses)
    }

    /// `max_drawdown`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn max_drawdown(&self) -> Figure {
        self.returns(1.0).map(|()| self.deepest)
    }

    /// `calmar`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn calmar(&self) -> Figure {
        let cagr = self.cagr()?;
        if self.deepest == 0.0 {
            return Err(Undefined::NoDrawdown);
        }
        Ok(cagr / self.deepest)
    }

    /// `ulcer_index`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn ulcer_index(&self) -> Figure {
        self.returns(2.0)?;
        Ok((self.below_squares / (self.count - 1.0)).sqrt())
    }

    /// `skew`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn skew(&self) -> Figure {
        self.returns(3.0)?;
        self.deviation()?;
        let count = self.count;
        let [second, third, _] = self.sums.map(|sum| sum / count);
        Ok((count * (count - 1.0)).sqrt() / (count - 2.0) * third / second.powf(1.5))
    }

    /// `kurtosis`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn kurtosis(&self) -> Figure {
        self.returns(4.0)?;
        self.deviation()?;
        let count = self.count;
        let [second, _, fourth] = self.sums.map(|sum| sum / count);
        let excess = fourth / (second * second) - 3.0;
        Ok((count - 1.0) / ((count - 2.0) * (count - 3.0)) * ((count + 1.0) * excess + 6.0))
    }
}
