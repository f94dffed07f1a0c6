//! Wilder's parabolic stop and reverse.

use super::catalogue::{Entry, Input, factor, of_bar};
use super::{Bar, IndicatorError, positive};

#[derive(Debug, Clone, Copy)]
struct Side {
    long: bool,
    /// Highest high of a long side, lowest low of a short one.
    extreme: f64,
    acceleration: f64,
    /// The stop of the next bar.
    stop: f64,
}

/// Parabolic SAR (Wilder 1978) as TA-Lib starts it: the first side is short if the second low falls by more than
/// the second high rises, its stop the first bar's other end. Ready with the second bar.
#[derive(Debug, Clone)]
pub struct ParabolicSar {
    acceleration: f64,
    maximum: f64,
    last: Option<Bar>,
    side: Option<Side>,
    value: Option<f64>,
}

impl ParabolicSar {
    /// `acceleration` is the first factor and its step, `maximum` where it ends. A step above the maximum is the
    /// maximum.
    ///
    /// # Errors
    /// A factor that is not above 0.
    pub fn new(acceleration: f64, maximum: f64) -> Result<Self, IndicatorError> {
        let maximum = positive("maximum", maximum)?;
        Ok(Self {
            acceleration: positive("acceleration", acceleration)?.min(maximum),
            maximum,
            last: None,
            side: None,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if !bar.is_finite() {
            return self.value;
        }
        // TA-Lib takes the second bar for its own predecessor when it begins.
        let (last, side) = match (self.last.replace(*bar), self.side) {
            (None, _) => return None,
            (Some(last), Some(side)) => (last, side),
            (Some(first), None) => (*bar, self.first_side(&first, bar)),
        };
        let (stop, side) = self.step(side, &last, bar);
        self.side = Some(side);
        self.value = Some(stop);
        self.value
    }

    fn first_side(&self, first: &Bar, second: &Bar) -> Side {
        let (up, down) = (second.high - first.high, first.low - second.low);
        let long = !(down > 0.0 && down > up);
        Side {
            long,
            extreme: if long { second.high } else { second.low },
            acceleration: self.acceleration,
            stop: if long { first.low } else { first.high },
        }
    }

    /// The stop that this bar met, and the side after it.
    fn step(&self, side: Side, last: &Bar, bar: &Bar) -> (f64, Side) {
        let reached = if side.long {
            bar.low <= side.stop
        } else {
            bar.high >= side.stop
        };
        // No stop lies inside of the last two bars.
        let outside = |long: bool, stop: f64| {
            if long {
                stop.min(last.low).min(bar.low)
            } else {
                stop.max(last.high).max(bar.high)
            }
        };
        if reached {
            let long = !side.long;
            let met = outside(long, side.extreme);
            let extreme = if long { bar.high } else { bar.low };
            let next = Side {
                long,
                extreme,
                acceleration: self.acceleration,
                stop: outside(long, met + self.acceleration * (extreme - met)),
            };
            return (met, next);
        }
        let mut next = side;
        let further = if side.long {
            bar.high > side.extreme
        } else {
            bar.low < side.extreme
        };
        if further {
            next.extreme = if side.long { bar.high } else { bar.low };
            next.acceleration = (side.acceleration + self.acceleration).min(self.maximum);
        }
        let moved = side.stop + next.acceleration * (next.extreme - side.stop);
        next.stop = outside(side.long, moved);
        (side.stop, next)
    }

    /// Whether the stop of the next bar belongs to a long side, once there is one.
    pub fn is_long(&self) -> Option<bool> {
        self.side.map(|side| side.long)
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "parabolic_sar",
    formula: "s + a (extreme - s), outside of the last two bars; a grows by its step with each new extreme",
    source: "TA-Lib SAR",
    input: Input::Bar,
    parameters: &[
        factor("acceleration", 0.02, 0.0001, 1.0),
        factor("maximum", 0.2, 0.0001, 1.0),
    ],
    outputs: &["value"],
    build: |p| Ok(of_bar(ParabolicSar::new(p[0], p[1])?, ParabolicSar::update)),
}];
