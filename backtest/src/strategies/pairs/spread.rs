//! Two instruments: the spread between them is bought when it is low and sold when it is high.

use super::unit_root::{Level, critical, engle_granger};
use crate::indicator::KalmanHedge;
use crate::strategies::panel::{Allocate, Allocation, GROSS, Rows};
use crate::strategies::rule::{Held, ordered};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::Parameter;

const TWO: Needs = Needs::of(Data::Bars, 2, 2);

/// What of a pair is held: nothing, both legs, or a leg without the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Legs {
    None,
    /// Whether the first is the long one.
    Both(bool),
    Broken,
}

impl Legs {
    const fn of(held: &[Held]) -> Self {
        match held {
            [Held::Flat, Held::Flat] => Self::None,
            [Held::Flat, _] | [_, Held::Flat] => Self::Broken,
            _ => Self::Both(matches!(held, [Held::Long, ..])),
        }
    }
}

const FLAT: [f64; 2] = [0.0, 0.0];

/// Weights of one unit of the first against `ratio` units of the second, `gross` together.
fn hedged(is_long: bool, closes: &[f64], ratio: f64, gross: f64) -> Option<Vec<f64>> {
    let values = [closes[0], -ratio * closes[1]];
    let sum = values[0].abs() + values[1].abs();
    let sign = if is_long { gross } else { -gross };
    sum.is_normal()
        .then(|| values.map(|value| sign * value / sum).to_vec())
}

pub(in crate::strategies) const DISTANCE: Declared = Declared {
    name: "distance",
    family: Family::Pairs,
    about: "Sells the dearer of two instruments and buys the cheaper when their normalised prices part.",
    page: Page {
        entry: "After `formation` bars, in which both are set to one at the first: in the next `trading` bars, at a \
                close at which they are more than `entry` standard deviations (of the formation) apart.",
        exit: "When they meet again, or at the end of the trading bars; then a new formation of the bars before begins.",
        sizing: "`gross` of equity, half of it long and half of it short. A leg without the other is left at once.",
        source: "Evan Gatev, William Goetzmann, Geert Rouwenhorst, Pairs Trading: Performance of a Relative-Value \
                 Arbitrage Rule, 2006: 12 months, 6 months, 2 deviations. They choose pairs by the distance; here the \
                 pair is given.",
        risk: "Being close was chance: what parts may have a reason to. There is no stop but the end of the period.",
    },
    needs: TWO,
    parameters: &[
        Parameter::integer(
            "formation",
            252,
            3,
            10_000,
            "bars over which both are compared",
        ),
        Parameter::integer(
            "trading",
            126,
            1,
            10_000,
            "bars in which they are traded then",
        ),
        Parameter::real("entry", 2.0, 0.1, 10.0, "deviations at which it enters"),
        GROSS,
    ],
    build: |values| {
        Ok(Box::new(Allocation::new(Distance {
            rows: Rows::new(values.count("formation")),
            trading: values.count("trading"),
            entry: values.real("entry"),
            gross: values.real("gross"),
            period: None,
        })))
    },
};

#[derive(Debug)]
struct Distance {
    rows: Rows,
    trading: usize,
    entry: f64,
    gross: f64,
    period: Option<Normalised>,
}

/// A formation that is traded on.
#[derive(Debug)]
struct Normalised {
    base: [f64; 2],
    deviation: f64,
    left: usize,
}

impl Normalised {
    fn spread(&self, closes: &[f64]) -> f64 {
        closes[0] / self.base[0] - closes[1] / self.base[1]
    }

    fn form(rows: &Rows, trading: usize) -> Option<Self> {
        let first = rows.iter().next()?;
        let mut formed = Self {
            base: [first[0], first[1]],
            deviation: 0.0,
            left: trading,
        };
        let spreads: Vec<f64> = rows.iter().map(|row| formed.spread(row)).collect();
        let mean = spreads.iter().sum::<f64>() / spreads.len() as f64;
        let squares: f64 = spreads.iter().map(|it| (it - mean).powi(2)).sum();
        formed.deviation = (squares / (spreads.len() as f64 - 1.0)).sqrt();
        formed.deviation.is_normal().then_some(formed)
    }
}

impl Allocate for Distance {
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>> {
        let is_full = self.rows.push(closes);
        let legs = Legs::of(held);
        let Some(period) = &mut self.period else {
            if is_full {
                self.period = Normalised::form(&self.rows, self.trading);
            }
            return None;
        };
        period.left -= 1;
        let (spread, is_over) = (period.spread(closes), period.left == 0);
        let wide = self.entry * period.deviation;
        if is_over {
            self.period = Normalised::form(&self.rows, self.trading);
        }
        match legs {
            Legs::None if !is_over && spread < -wide => Some(halves(true, self.gross)),
            Legs::None if !is_over && spread > wide => Some(halves(false, self.gross)),
            Legs::None => None,
            Legs::Broken => Some(FLAT.to_vec()),
            Legs::Both(is_long) => {
                let met = if is_long {
                    spread >= 0.0
                } else {
                    spread <= 0.0
                };
                if is_over || met {
                    Some(FLAT.to_vec())
                } else {
                    None
                }
            }
        }
    }
}

fn halves(is_long: bool, gross: f64) -> Vec<f64> {
    let half = if is_long { gross / 2.0 } else { -gross / 2.0 };
    vec![half, -half]
}

pub(in crate::strategies) const COINTEGRATION: Declared = Declared {
    name: "cointegration",
    family: Family::Pairs,
    about: "Trades the residual of one instrument on another while a test says that it comes back.",
    page: Page {
        entry: "Every `trading` bars the first is regressed on the second over the last `formation` bars. If the \
                Dickey-Fuller statistic of the residuals is below the critical value, the next bars are traded: at a \
                close at which the residual is more than `entry` deviations off zero.",
        exit: "When the residual is back within `leave` deviations, beyond `stop` (then nothing is entered until the \
               next test), or at the end of the trading bars.",
        sizing: "One unit of the first against as many of the second as the slope says, `gross` of equity together. A \
                 leg without the other is left at once.",
        source: "Robert Engle, Clive Granger, Co-integration and Error Correction, 1987; critical values of James \
                 MacKinnon, Critical Values for Cointegration Tests, 2010; traded as in Ganapathy Vidyamurthy, Pairs \
                 Trading, 2004. The number of lags is given, not chosen by a criterion.",
        risk: "Of many tests some pass by chance; cointegration ends without notice, and the slope is of the past.",
    },
    needs: TWO,
    parameters: &[
        Parameter::integer(
            "formation",
            252,
            20,
            10_000,
            "bars of the regression and of the test",
        ),
        Parameter::integer("trading", 63, 1, 10_000, "bars from one test to the next"),
        Parameter::integer("lags", 1, 0, 8, "lagged changes in the test"),
        Parameter::choice("level", &["5%", "1%", "10%"], "level of the test"),
        Parameter::real("entry", 2.0, 0.1, 10.0, "deviations at which it enters"),
        Parameter::real(
            "leave",
            0.5,
            0.0,
            9.0,
            "deviations at which it leaves, below entry",
        ),
        Parameter::real(
            "stop",
            4.0,
            0.2,
            100.0,
            "deviations at which it gives up, above entry",
        ),
        GROSS,
    ],
    build: |values| {
        ordered(
            values,
            ["leave", "entry"],
            "leave, entry",
            "leave below entry",
        )?;
        ordered(values, ["entry", "stop"], "entry, stop", "entry below stop")?;
        let formation = values.count("formation");
        let level = match values.choice("level") {
            "1%" => Level::One,
            "10%" => Level::Ten,
            _ => Level::Five,
        };
        Ok(Box::new(Allocation::new(Residual {
            rows: Rows::new(formation),
            trading: values.count("trading"),
            lags: values.count("lags"),
            critical: critical(level, formation - 1),
            entry: values.real("entry"),
            leave: values.real("leave"),
            stop: values.real("stop"),
            gross: values.real("gross"),
            left: 0,
            line: None,
        })))
    },
};

#[derive(Debug)]
struct Residual {
    rows: Rows,
    trading: usize,
    lags: usize,
    critical: f64,
    entry: f64,
    leave: f64,
    stop: f64,
    gross: f64,
    /// Bars until the next test.
    left: usize,
    /// Intercept, slope and deviation, while they are traded.
    line: Option<[f64; 3]>,
}

impl Residual {
    fn test(&mut self) {
        let column = |place: usize| self.rows.iter().map(|row| row[place]).collect::<Vec<_>>();
        let tested = engle_granger(&column(0), &column(1), self.lags);
        let passed = tested.filter(|it| it.statistic < self.critical && it.deviation.is_normal());
        self.line = passed.map(|it| [it.intercept, it.slope, it.deviation]);
        self.left = self.trading;
    }
}

impl Allocate for Residual {
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>> {
        let is_full = self.rows.push(closes);
        let legs = Legs::of(held);
        if self.left > 0 {
            self.left -= 1;
        }
        let is_over = self.left == 0;
        let line = self.line;
        if is_over && is_full {
            self.test();
        }
        let Some([intercept, slope, deviation]) = line else {
            return if legs == Legs::None {
                None
            } else {
                Some(FLAT.to_vec())
            };
        };
        let score = (closes[0] - intercept - slope * closes[1]) / deviation;
        match legs {
            Legs::None if is_over || score.abs() >= self.stop => None,
            Legs::None if score < -self.entry => hedged(true, closes, slope, self.gross),
            Legs::None if score > self.entry => hedged(false, closes, slope, self.gross),
            Legs::None => None,
            Legs::Broken => Some(FLAT.to_vec()),
            Legs::Both(is_long) => {
                let below = if is_long { -score } else { score };
                if !is_over && below >= self.stop {
                    self.line = None;
                    return Some(FLAT.to_vec());
                }
                if is_over || below <= self.leave {
                    Some(FLAT.to_vec())
                } else {
                    None
                }
            }
        }
    }
}

pub(in crate::strategies) const KALMAN_PAIR: Declared = Declared {
    name: "kalman_pair",
    family: Family::Pairs,
    about: "Trades the surprise of a Kalman filter that follows the hedge ratio of two instruments.",
    page: Page {
        entry: "At a close at which the first is more than `entry` deviations of the forecast below it: long the \
                first, short the second; the other way above.",
        exit: "When the surprise is within `leave` deviations, or beyond on the other side.",
        sizing: "One unit of the first against as many of the second as the ratio of then says, `gross` of equity \
                 together; not changed while it is held. A leg without the other is left at once.",
        source: "Ernest Chan, Algorithmic Trading, 2013, example 3.3: both thresholds one deviation, delta 0.0001, \
                 noise 0.001. The first `warm` bars are left out, in which the filter knows nothing.",
        risk: "Delta and noise are chosen, not known; a filter that is too quick explains away what it should trade.",
    },
    needs: TWO,
    parameters: &[
        Parameter::real(
            "delta",
            1e-4,
            1e-12,
            0.999,
            "how fast ratio and intercept wander",
        ),
        Parameter::real("noise", 1e-3, 1e-12, 1e12, "variance of an observation"),
        Parameter::real("entry", 1.0, 0.01, 20.0, "deviations at which it enters"),
        Parameter::real(
            "leave",
            1.0,
            -20.0,
            20.0,
            "deviations at which it leaves, at most entry",
        ),
        Parameter::integer("warm", 30, 1, 10_000, "bars before the first trade"),
        GROSS,
    ],
    build: |values| {
        let (entry, leave) = (values.real("entry"), values.real("leave"));
        if leave > entry {
            return Err(crate::strategy::ParameterError::Together {
                names: "leave, entry",
                values: format!("{leave}, {entry}"),
                accepted: "leave at most as large as entry",
            });
        }
        Ok(Box::new(Allocation::new(KalmanPair {
            filter: KalmanHedge::new(values.real("delta"), values.real("noise"))?,
            entry,
            leave,
            warm: values.count("warm"),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct KalmanPair {
    filter: KalmanHedge,
    entry: f64,
    leave: f64,
    /// Bars that are left to warm up.
    warm: usize,
    gross: f64,
}

impl Allocate for KalmanPair {
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>> {
        let value = self.filter.update(closes[0], closes[1]);
        if self.warm > 0 {
            self.warm -= 1;
            return None;
        }
        let value = value?;
        let score = value.error / value.deviation;
        match Legs::of(held) {
            Legs::None if score < -self.entry => hedged(true, closes, value.ratio, self.gross),
            Legs::None if score > self.entry => hedged(false, closes, value.ratio, self.gross),
            Legs::None => None,
            Legs::Broken => Some(FLAT.to_vec()),
            Legs::Both(is_long) => {
                let below = if is_long { -score } else { score };
                if below < self.leave {
                    Some(FLAT.to_vec())
                } else {
                    None
                }
            }
        }
    }
}
