//! Whether there is a trend, and which way it points.

use super::catalogue::{Entry, Input, PERIOD, of_many, whole};
use super::extreme::Extremes;
use super::window::Ring;
use super::{Bar, IndicatorError, period};

/// Wilder's directional figures, all 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DirectionalMovementValue {
    /// +DI: upward movement by true range.
    pub plus: f64,
    /// -DI: downward movement by true range.
    pub minus: f64,
    /// The difference of both by their sum; the one before if nothing moved.
    pub dx: f64,
    /// The average of `dx`, ready after `2 * period` bars.
    pub adx: Option<f64>,
    /// The mean of `adx` and that of `period - 1` bars before.
    pub adxr: Option<f64>,
}

/// Wilder's directional movement system (1978) with TA-Lib's seeds: sums of `period - 1` movements, from then on
/// `s - s / period + x`; the first ADX is the mean of `period` DX.
#[derive(Debug, Clone)]
pub struct DirectionalMovement {
    period: f64,
    last: Option<Bar>,
    /// Movements seen so far.
    seen: usize,
    length: usize,
    plus: f64,
    minus: f64,
    range: f64,
    dx_sum: f64,
    past_adx: Ring,
    value: Option<DirectionalMovementValue>,
}

impl DirectionalMovement {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            period: length as f64,
            last: None,
            seen: 0,
            length,
            plus: 0.0,
            minus: 0.0,
            range: 0.0,
            dx_sum: 0.0,
            past_adx: Ring::new(length - 1),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<DirectionalMovementValue> {
        if !bar.is_finite() {
            return self.value;
        }
        let last = self.last.replace(*bar)?;
        let (up, down) = (bar.high - last.high, last.low - bar.low);
        let plus = if up > 0.0 && up > down { up } else { 0.0 };
        let minus = if down > 0.0 && down > up { down } else { 0.0 };
        let range = bar.high.max(last.close) - bar.low.min(last.close);
        self.seen += 1;
        let keep = if self.seen < self.length {
            1.0
        } else {
            1.0 - 1.0 / self.period
        };
        self.plus = self.plus * keep + plus;
        self.minus = self.minus * keep + minus;
        self.range = self.range * keep + range;
        if self.seen < self.length {
            return None;
        }
        self.value = Some(self.figures());
        self.value
    }

    fn figures(&mut self) -> DirectionalMovementValue {
        let (plus, minus) = if self.range == 0.0 {
            (0.0, 0.0)
        } else {
            (
                100.0 * self.plus / self.range,
                100.0 * self.minus / self.range,
            )
        };
        let sum = plus + minus;
        let moved = (sum != 0.0).then(|| 100.0 * (plus - minus).abs() / sum);
        let before = self.value;
        let dx = moved.unwrap_or_else(|| before.map_or(0.0, |before| before.dx));
        let adx = if let Some(adx) = before.and_then(|before| before.adx) {
            Some(moved.map_or(adx, |dx| (adx * (self.period - 1.0) + dx) / self.period))
        } else {
            self.dx_sum += moved.unwrap_or(0.0);
            (self.seen == 2 * self.length - 1).then(|| self.dx_sum / self.period)
        };
        let adxr = adx.and_then(|adx| self.past_adx.push(adx).map(|old| f64::midpoint(adx, old)));
        DirectionalMovementValue {
            plus,
            minus,
            dx,
            adx,
            adxr,
        }
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<DirectionalMovementValue> {
        self.value
    }
}

/// Chande's Aroon lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AroonValue {
    /// 100 when the highest high is now, 0 when it was `period` bars ago.
    pub up: f64,
    /// 100 when the lowest low is now, 0 when it was `period` bars ago.
    pub down: f64,
    /// `up - down`, -100 to 100.
    pub oscillator: f64,
}

/// Aroon (Chande 1995) over this bar and the `period` before it; of equal extremes the latest counts.
#[derive(Debug, Clone)]
pub struct Aroon {
    extremes: Extremes,
    period: f64,
    value: Option<AroonValue>,
}

impl Aroon {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            extremes: Extremes::new(length + 1),
            period: length as f64,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<AroonValue> {
        if bar.is_finite() {
            self.value = self.extremes.push(bar.high, bar.low).map(|extreme| {
                let place = |age: u64| 100.0 * (self.period - age as f64) / self.period;
                let (up, down) = (place(extreme.high_age), place(extreme.low_age));
                AroonValue {
                    up,
                    down,
                    oscillator: up - down,
                }
            });
        }
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<AroonValue> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "directional_movement",
        formula: "+DI, -DI: 100 DM / TR in Wilder's sums; DX: 100 |+DI - -DI| / (+DI + -DI); ADX: its average; \
                  ADXR: mean of ADX and ADX[p-1]",
        source: "TA-Lib PLUS_DI, MINUS_DI, DX, ADX, ADXR",
        input: Input::Bar,
        parameters: &[PERIOD.of(14).from(2)],
        outputs: &["plus", "minus", "dx", "adx", "adxr"],
        build: |p| {
            let mut movement = DirectionalMovement::new(whole(p, 0))?;
            Ok(Box::new(move |sample, out| {
                if let Some(value) = movement.update(&sample.bar) {
                    let DirectionalMovementValue {
                        plus,
                        minus,
                        dx,
                        adx,
                        adxr,
                    } = value;
                    out.copy_from_slice(&[Some(plus), Some(minus), Some(dx), adx, adxr]);
                }
            }))
        },
    },
    Entry {
        name: "aroon",
        formula: "up: 100 (p - bars since the highest high) / p; down likewise; oscillator: up - down",
        source: "TA-Lib AROON, AROONOSC",
        input: Input::Bar,
        parameters: &[PERIOD.of(14).from(2)],
        outputs: &["up", "down", "oscillator"],
        build: |p| {
            Ok(of_many(Aroon::new(whole(p, 0))?, |aroon, sample| {
                let lines = aroon.update(&sample.bar)?;
                Some([lines.up, lines.down, lines.oscillator])
            }))
        },
    },
];
