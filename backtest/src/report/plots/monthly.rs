//! The returns of months as a drawing, for files; on a page they are a table.

use crate::report::Report;
use crate::report::curve::Monthly;
use crate::report::date::MONTHS;
use crate::report::svg::{Anchor, Canvas, Plot};
use crate::report::text::{signed, signed_percent};

const ROW: f64 = 24.0;

pub(super) fn draw(report: &Report<'_>, width: f64) -> Option<Plot> {
    let outcome = report.outcome?;
    let monthly = Monthly::of(&outcome.points());
    if outcome.samples.is_empty() || monthly.years.is_empty() {
        return None;
    }
    let mut canvas = Canvas::default();
    let left = 44.0;
    let cell = (width - left - 12.0) / 13.0;
    let decimals = usize::from(width > 600.0);
    let scale = strongest(&monthly);
    for (place, name) in MONTHS.into_iter().chain(["Year"]).enumerate() {
        let x = left + (place as f64 + 0.5) * cell;
        let name = if width > 600.0 { name } else { &name[..1] };
        canvas.text("tick", Anchor::Middle, (x, 16.0), name);
    }
    for (row, (year, months, whole)) in monthly.years.iter().enumerate() {
        let y = 24.0 + row as f64 * ROW;
        let at = (left - 8.0, y + 16.0);
        canvas.text("tick", Anchor::End, at, &year.to_string());
        let cells = months.iter().copied().chain([Some(*whole)]);
        for (place, value) in cells.enumerate() {
            let x = left + place as f64 * cell;
            let size = (cell - 2.0, ROW - 2.0);
            let Some(value) = value else {
                canvas.rect("empty", (x, y), size, Some(0.4), None);
                continue;
            };
            let class = if value < 0.0 { "down" } else { "up" };
            let strength = tint(value, if place == 12 { scale * 2.0 } else { scale });
            let says = signed_percent(value, 2);
            canvas.rect(class, (x, y), size, Some(strength), Some(&says));
            let middle = (x + cell / 2.0 - 1.0, y + 15.0);
            let text = signed(value * 100.0, decimals);
            canvas.text("cell", Anchor::Middle, middle, &text);
        }
    }
    let height = 24.0 + monthly.years.len() as f64 * ROW + 8.0;
    let says = format!("Percent, {} months.", monthly.months().count());
    Some(Plot::new(
        "monthly",
        "Returns by month",
        says,
        (width, height),
        canvas,
    ))
}

/// The return that has the strongest tint: the ninth decile of months by size, so that one extreme month does not
/// pale all others.
pub(in crate::report) fn strongest(monthly: &Monthly) -> f64 {
    let mut sizes: Vec<f64> = monthly.months().map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    let at = sizes.len().saturating_sub(1) * 9 / 10;
    sizes.get(at).copied().unwrap_or(0.0).max(1e-6)
}

/// How strong a return is tinted; text stays legible on the strongest.
pub(in crate::report) fn tint(value: f64, strongest: f64) -> f64 {
    (value.abs() / strongest).clamp(0.0, 1.0) * 0.5
}
