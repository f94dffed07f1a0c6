//! Bounded figures about how much of the movement went up.

use super::average::{Sma, Wilder};
use super::catalogue::{Entry, Input, PERIOD, Parameter, of_bar, of_value, whole};
use super::window::{Ring, Sliding};
use super::{Bar, IndicatorError, period};

/// Wilder's averages of gains and of losses.
#[derive(Debug, Clone)]
struct GainsLosses {
    gains: Wilder,
    losses: Wilder,
    last: Option<f64>,
}

impl GainsLosses {
    fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            gains: Wilder::new(length)?,
            losses: Wilder::new(length)?,
            last: None,
        })
    }

    fn update(&mut self, value: f64) -> Option<(f64, f64)> {
        let change = value - self.last.replace(value)?;
        let gains = self.gains.update(change.max(0.0));
        let losses = self.losses.update((-change).max(0.0));
        gains.zip(losses)
    }
}

/// Wilder's relative strength index, 0 to 100; 0 when nothing moved.
#[derive(Debug, Clone)]
pub struct Rsi {
    averages: GainsLosses,
    value: Option<f64>,
}

impl Rsi {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            averages: GainsLosses::new(length)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self
                .averages
                .update(value)
                .map(|(gains, losses)| share(gains, gains + losses));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Chande's momentum oscillator with Wilder's averages, -100 to 100; 0 when nothing moved.
#[derive(Debug, Clone)]
pub struct Cmo {
    averages: GainsLosses,
    value: Option<f64>,
}

impl Cmo {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            averages: GainsLosses::new(length)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self
                .averages
                .update(value)
                .map(|(gains, losses)| share(gains - losses, gains + losses));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 {
        0.0
    } else {
        100.0 * part / whole
    }
}

/// Lambert's commodity channel index: the typical price less its mean, by 0.015 times the mean absolute deviation
/// from that mean. The deviation is of the whole window, so an update costs `period` steps.
#[derive(Debug, Clone)]
pub struct Cci {
    window: Ring,
    mean: Sma,
    value: Option<f64>,
}

impl Cci {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            window: Ring::new(length),
            mean: Sma::new(length)?,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if !bar.is_finite() {
            return self.value;
        }
        let price = bar.typical();
        self.window.push(price);
        let mean = self.mean.update(price)?;
        let window = self.window.full()?;
        let deviation =
            window.iter().map(|value| (value - mean).abs()).sum::<f64>() / window.len() as f64;
        self.value = Some(if deviation == 0.0 {
            0.0
        } else {
            (price - mean) / (0.015 * deviation)
        });
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Williams' ultimate oscillator (1985): buying pressure by true range over three periods, weighed 4, 2, 1.
#[derive(Debug, Clone)]
pub struct UltimateOscillator {
    windows: [Sliding<[f64; 2]>; 3],
    last_close: Option<f64>,
    value: Option<f64>,
}

impl UltimateOscillator {
    const WEIGHTS: [f64; 3] = [4.0, 2.0, 1.0];

    /// # Errors
    /// A period of 0 or above the limit. The shortest weighs most, in whatever order they are given.
    pub fn new(first: usize, second: usize, third: usize) -> Result<Self, IndicatorError> {
        let mut periods = [
            period("first", first, 1)?,
            period("second", second, 1)?,
            period("third", third, 1)?,
        ];
        periods.sort_unstable();
        Ok(Self {
            windows: periods.map(Sliding::new),
            last_close: None,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if !bar.is_finite() {
            return self.value;
        }
        let last = self.last_close.replace(bar.close)?;
        let low = bar.low.min(last);
        let step = [bar.close - low, bar.high.max(last) - low];
        let mut sum = Some(0.0);
        for (window, weight) in self.windows.iter_mut().zip(Self::WEIGHTS) {
            let part = window.push(step).map(|[pressure, range]| {
                if range == 0.0 {
                    0.0
                } else {
                    weight * pressure / range
                }
            });
            sum = sum.zip(part).map(|(sum, part)| sum + part);
        }
        self.value = sum.map(|sum| 100.0 * sum / 7.0);
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Balance of power: (close - open) / (high - low); 0 for a bar without a range.
#[derive(Debug, Clone, Default)]
pub struct BalanceOfPower {
    value: Option<f64>,
}

impl BalanceOfPower {
    /// Ready with the first bar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            let range = bar.range();
            self.value = Some(if range <= 0.0 {
                0.0
            } else {
                (bar.close - bar.open) / range
            });
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Internal bar strength: where in its range a bar closed, 0 to 1; 0.5 for a bar without a range.
#[derive(Debug, Clone, Default)]
pub struct InternalBarStrength {
    value: Option<f64>,
}

impl InternalBarStrength {
    /// Ready with the first bar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            let range = bar.range();
            self.value = Some(if range <= 0.0 {
                0.5
            } else {
                (bar.close - bar.low) / range
            });
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Which percentage of the `period` values before were lower. An update costs `period` steps.
#[derive(Debug, Clone)]
pub struct PercentRank {
    window: Ring,
    value: Option<f64>,
}

impl PercentRank {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Ring::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.window.full().map(|window| {
                let lower = window.iter().filter(|&&old| old < value).count();
                100.0 * lower as f64 / window.len() as f64
            });
            self.window.push(value);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Connors' RSI (2012): the mean of the RSI of closes, the RSI of the streak of rises or falls, and the percent
/// rank of the last change.
#[derive(Debug, Clone)]
pub struct ConnorsRsi {
    closes: Rsi,
    streaks: Rsi,
    ranks: PercentRank,
    last: Option<f64>,
    streak: f64,
    value: Option<f64>,
}

impl ConnorsRsi {
    /// # Errors
    /// A period out of range.
    pub fn new(rsi: usize, streak: usize, rank: usize) -> Result<Self, IndicatorError> {
        period("rsi", rsi, 2)?;
        period("streak", streak, 2)?;
        period("rank", rank, 1)?;
        Ok(Self {
            closes: Rsi::new(rsi)?,
            streaks: Rsi::new(streak)?,
            ranks: PercentRank::new(rank)?,
            last: None,
            streak: 0.0,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return self.value;
        }
        let rsi = self.closes.update(value);
        let mut rank = None;
        if let Some(last) = self.last.replace(value) {
            let rise = (value > last) as i8 - (value < last) as i8;
            self.streak = match rise {
                0 => 0.0,
                1 => self.streak.max(0.0) + 1.0,
                _ => self.streak.min(0.0) - 1.0,
            };
            let change = if last == 0.0 {
                0.0
            } else {
                (value - last) / last
            };
            rank = self.ranks.update(change);
        }
        let streak = self.streaks.update(self.streak);
        self.value = rsi
            .zip(streak)
            .zip(rank)
            .map(|((rsi, streak), rank)| (rsi + streak + rank) / 3.0);
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

const FROM_TWO: Parameter = PERIOD.from(2);

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "rsi",
        formula: "100 G / (G + L), G and L Wilder's averages of gains and losses; 0 when nothing moved",
        source: "TA-Lib RSI",
        input: Input::Value,
        parameters: &[FROM_TWO.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_value(Rsi::new(whole(p, 0))?, Rsi::update)),
    },
    Entry {
        name: "cmo",
        formula: "100 (G - L) / (G + L), with Wilder's averages",
        source: "TA-Lib CMO",
        input: Input::Value,
        parameters: &[FROM_TWO.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_value(Cmo::new(whole(p, 0))?, Cmo::update)),
    },
    Entry {
        name: "cci",
        formula: "(t - mean t) / (0.015 mean |t - mean t|), t = (high + low + close) / 3",
        source: "TA-Lib CCI",
        input: Input::Bar,
        parameters: &[FROM_TWO.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_bar(Cci::new(whole(p, 0))?, Cci::update)),
    },
    Entry {
        name: "ultimate_oscillator",
        formula: "100 (4 A + 2 B + C) / 7, each sum of (close - true low) / sum of true range",
        source: "TA-Lib ULTOSC",
        input: Input::Bar,
        parameters: &[
            PERIOD.named("first").of(7),
            PERIOD.named("second").of(14),
            PERIOD.named("third").of(28),
        ],
        outputs: &["value"],
        build: |p| {
            let oscillator = UltimateOscillator::new(whole(p, 0), whole(p, 1), whole(p, 2))?;
            Ok(of_bar(oscillator, UltimateOscillator::update))
        },
    },
    Entry {
        name: "balance_of_power",
        formula: "(close - open) / (high - low); 0 without a range",
        source: "TA-Lib BOP",
        input: Input::Bar,
        parameters: &[],
        outputs: &["value"],
        build: |_| Ok(of_bar(BalanceOfPower::new(), BalanceOfPower::update)),
    },
    Entry {
        name: "ibs",
        formula: "(close - low) / (high - low); 0.5 without a range",
        source: "internal bar strength, Pagonidis 2013",
        input: Input::Bar,
        parameters: &[],
        outputs: &["value"],
        build: |_| {
            Ok(of_bar(
                InternalBarStrength::new(),
                InternalBarStrength::update,
            ))
        },
    },
    Entry {
        name: "percent_rank",
        formula: "100 times the share of the p values before that are lower",
        source: "Connors 2012",
        input: Input::Value,
        parameters: &[PERIOD.of(100)],
        outputs: &["value"],
        build: |p| {
            Ok(of_value(
                PercentRank::new(whole(p, 0))?,
                PercentRank::update,
            ))
        },
    },
    Entry {
        name: "connors_rsi",
        formula: "mean of RSI(close), RSI(streak) and percent_rank(change)",
        source: "Connors 2012, with TA-Lib's RSI; the streak is 0 at the first close",
        input: Input::Value,
        parameters: &[
            FROM_TWO.named("rsi").of(3),
            FROM_TWO.named("streak").of(2),
            PERIOD.named("rank").of(100),
        ],
        outputs: &["value"],
        build: |p| {
            let connors = ConnorsRsi::new(whole(p, 0), whole(p, 1), whole(p, 2))?;
            Ok(of_value(connors, ConnorsRsi::update))
        },
    },
];
