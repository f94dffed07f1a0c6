//! The plots of a report, each drawn for a wide page, for a narrow one and for a phone, so that text is about as large
//! on all of them.

mod distribution;
mod equity;
mod fan;
mod monthly;
mod prices;
mod rolling;
mod surface;

use super::curve::{self, Points};
use super::svg::Plot;
use super::{PRICE_PLOTS_MAX, Report};
use crate::outcome::Outcome;
pub(super) use monthly::{strongest, tint};
use types::InstrumentId;

/// Pixels. A plot that has a neighbour has half a wide page.
const WIDE: f64 = 960.0;
const HALF: f64 = 500.0;
const MIDDLE: f64 = 620.0;
const NARROW: f64 = 360.0;

/// A plot in all widths.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) wide: Plot,
    pub(super) middle: Plot,
    pub(super) narrow: Plot,
    /// What is to be known to read it.
    pub(super) caption: String,
}

impl Drawn {
    /// Draws in all widths, where there is something to draw.
    fn new(draw: impl Fn(f64) -> Option<Plot>, caption: impl FnOnce() -> String) -> Option<Self> {
        Self::of_widths(WIDE, draw, caption)
    }

    fn half(draw: impl Fn(f64) -> Option<Plot>, caption: impl FnOnce() -> String) -> Option<Self> {
        Self::of_widths(HALF, draw, caption)
    }

    fn of_widths(
        wide: f64,
        draw: impl Fn(f64) -> Option<Plot>,
        caption: impl FnOnce() -> String,
    ) -> Option<Self> {
        Some(Self {
            wide: draw(wide)?,
            middle: draw(MIDDLE)?,
            narrow: draw(NARROW)?,
            caption: caption(),
        })
    }
}

/// The returns that the report speaks of: of days where there are several samples a day, else of samples.
#[derive(Debug, Clone)]
pub(super) struct Returns {
    pub(super) points: Points,
    /// What one is: "day", "bar" or "sample".
    pub(super) of: &'static str,
    pub(super) per_year: f64,
}

impl Returns {
    pub(super) fn new(report: &Report<'_>, outcome: &Outcome) -> Self {
        let equity = curve::equity(outcome);
        let daily = curve::daily(&equity);
        // Samples as coarse as days are taken as they are, and so are those of a few days.
        if daily.len() < 40 || daily.len() * 3 / 2 > equity.len() {
            return Self {
                points: curve::returns(&equity),
                of: if outcome.counts.bars > 0 {
                    "bar"
                } else {
                    "sample"
                },
                per_year: report.periods_per_year,
            };
        }
        let span = equity[equity.len() - 1].0 - equity[0].0;
        let years = span as f64 / (365.25 * super::date::DAY_NS as f64);
        // Markets that rest at weekends have about 252 days a year, others have all.
        let per_year = if daily.len() as f64 / years > 320.0 {
            365.0
        } else {
            252.0
        };
        Self {
            points: curve::returns(&daily),
            of: "day",
            per_year,
        }
    }
}

pub(super) fn equity_curve(report: &Report<'_>) -> Option<Drawn> {
    let outcome = report.outcome?;
    Drawn::new(
        |width| equity::draw(report, outcome, width),
        || equity::caption(report, outcome),
    )
}

/// Charts of the instruments with the most round trips.
pub(super) fn price_charts(report: &Report<'_>) -> Vec<Drawn> {
    let mut order: Vec<(usize, InstrumentId)> = (0..report.instruments.len() as u32)
        .map(InstrumentId)
        .map(|id| (prices::trips(report, id), id))
        .collect();
    order.sort_by_key(|(trips, _)| std::cmp::Reverse(*trips));
    order
        .into_iter()
        .take(PRICE_PLOTS_MAX)
        .filter_map(|(_, id)| {
            Drawn::new(
                |width| prices::draw(report, id, width),
                || prices::caption(report, id),
            )
        })
        .collect()
}

pub(super) fn rolling_figures(report: &Report<'_>) -> Option<Drawn> {
    let returns = Returns::new(report, report.outcome?);
    Drawn::half(
        |width| rolling::draw(&returns, width),
        || rolling::caption(&returns),
    )
}

pub(super) fn distribution(report: &Report<'_>) -> Option<Drawn> {
    let returns = Returns::new(report, report.outcome?);
    Drawn::half(
        |width| distribution::draw(&returns, width),
        || distribution::caption(&returns),
    )
}

pub(super) fn surface(report: &Report<'_>) -> Option<Drawn> {
    let surface = report.surface.as_ref()?;
    Drawn::new(
        |width| surface::draw(surface, width),
        || surface::caption(surface),
    )
}

pub(super) fn fan(report: &Report<'_>) -> Option<Drawn> {
    let fan = report.fan.as_ref()?;
    Drawn::new(
        |width| fan::draw(fan, &report.currency, width),
        || fan.about.clone(),
    )
}

pub(super) fn walk_forward_curve(report: &Report<'_>) -> Option<Drawn> {
    let walk = report.walk_forward.as_ref()?;
    Drawn::new(
        |width| equity::draw_outside(walk, &report.currency, width),
        || "Out of sample only: the stretches one after the other.".to_owned(),
    )
}

/// All of them; the table of months is a table on the page and a drawing here.
pub(super) fn all(report: &Report<'_>) -> Vec<Drawn> {
    let months = Drawn::new(|width| monthly::draw(report, width), String::new);
    equity_curve(report)
        .into_iter()
        .chain(price_charts(report))
        .chain(months)
        .chain(rolling_figures(report))
        .chain(distribution(report))
        .chain(surface(report))
        .chain(walk_forward_curve(report))
        .chain(fan(report))
        .collect()
}

/// The lowest and the highest of values; `None` without any.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.filter(|value| value.is_finite());
    finite.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}
