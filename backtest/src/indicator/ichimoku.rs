//! Ichimoku's equilibrium lines.

use super::catalogue::{Entry, Input, PERIOD, of_many, whole};
use super::extreme::Extremes;
use super::window::Ring;
use super::{Bar, IndicatorError, period};

/// The lines of an [`Ichimoku`] chart at one bar, in the unit of the price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IchimokuValue {
    /// Tenkan-sen.
    pub conversion: f64,
    /// Kijun-sen.
    pub base: f64,
    /// Senkou span A as computed now, to be drawn `displacement` bars ahead.
    pub leading_a: f64,
    /// Senkou span B as computed now, to be drawn `displacement` bars ahead.
    pub leading_b: f64,
    /// One side of the cloud at this bar: `leading_a` of `displacement` bars ago.
    pub cloud_a: f64,
    /// The other side of the cloud at this bar.
    pub cloud_b: f64,
}

/// Ichimoku kinko hyo (Hosoda 1969): middles of the range over three spans. The lagging line is the close drawn in
/// the past, so it is not a figure of this bar: compare the close with prices of `displacement` bars ago.
#[derive(Debug, Clone)]
pub struct Ichimoku {
    spans: [Extremes; 3],
    cloud_a: Ring,
    cloud_b: Ring,
    value: Option<IchimokuValue>,
}

impl Ichimoku {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(
        conversion: usize,
        base: usize,
        span: usize,
        displacement: usize,
    ) -> Result<Self, IndicatorError> {
        period("displacement", displacement, 1)?;
        Ok(Self {
            spans: [
                Extremes::new(period("conversion", conversion, 1)?),
                Extremes::new(period("base", base, 1)?),
                Extremes::new(period("span", span, 1)?),
            ],
            cloud_a: Ring::new(displacement),
            cloud_b: Ring::new(displacement),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<IchimokuValue> {
        if !bar.is_finite() {
            return self.value;
        }
        let [conversion, base, span] = self.spans.each_mut().map(|extremes| {
            extremes
                .push(bar.high, bar.low)
                .map(|extreme| extreme.middle())
        });
        let leading_a = conversion
            .zip(base)
            .map(|(conversion, base)| f64::midpoint(conversion, base));
        let cloud_a = leading_a.and_then(|line| self.cloud_a.push(line));
        let cloud_b = span.and_then(|line| self.cloud_b.push(line));
        self.value = Some(IchimokuValue {
            conversion: conversion?,
            base: base?,
            leading_a: leading_a?,
            leading_b: span?,
            cloud_a: cloud_a?,
            cloud_b: cloud_b?,
        });
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<IchimokuValue> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "ichimoku",
    formula: "middles of the range over conversion, base and span bars; leading_a their mean; cloud: leading of \
              displacement bars ago",
    source: "Hosoda 1969",
    input: Input::Bar,
    parameters: &[
        PERIOD.named("conversion").of(9),
        PERIOD.named("base").of(26),
        PERIOD.named("span").of(52),
        PERIOD.named("displacement").of(26),
    ],
    outputs: &[
        "conversion",
        "base",
        "leading_a",
        "leading_b",
        "cloud_a",
        "cloud_b",
    ],
    build: |p| {
        let ichimoku = Ichimoku::new(whole(p, 0), whole(p, 1), whole(p, 2), whole(p, 3))?;
        Ok(of_many(ichimoku, |ichimoku, sample| {
            let lines = ichimoku.update(&sample.bar)?;
            Some([
                lines.conversion,
                lines.base,
                lines.leading_a,
                lines.leading_b,
                lines.cloud_a,
                lines.cloud_b,
            ])
        }))
    },
}];
