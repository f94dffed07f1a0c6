//! A figure for every combination of two parameters, as a heat map.

use super::range;
use crate::report::Surface;
use crate::report::axes::room;
use crate::report::svg::{Anchor, Canvas, Plot};
use crate::report::text::{count, number};

const HEIGHT_MAX: f64 = 420.0;

pub(super) fn draw(surface: &Surface, width: f64) -> Option<Plot> {
    let (across, up) = (surface.x.len(), surface.y.len());
    if across == 0 || up == 0 || surface.values.len() != across * up {
        return None;
    }
    let (low, high) = range(surface.values.iter().flatten().copied())?;
    let left = room(surface.y.iter().cloned()).max(34.0) + 14.0;
    let size = (width - left - 12.0) / across as f64;
    let tall = (HEIGHT_MAX / up as f64)
        .min(size.max(18.0))
        .clamp(4.0, 34.0);
    let top = 26.0;
    let bottom = top + tall * up as f64;
    let mut canvas = Canvas::default();
    // Tints are told from zero where both signs are there, else from the lowest.
    let both = low < 0.0 && high > 0.0;
    let strength = |value: f64| {
        let part = if both {
            value.abs() / low.abs().max(high)
        } else if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        };
        0.06 + part.clamp(0.0, 1.0) * 0.44
    };
    let texts = size >= 34.0 && tall >= 16.0;
    let decimals = if high.abs().max(low.abs()) >= 1_000.0 {
        0
    } else {
        2
    };
    for (place, value) in surface.values.iter().enumerate() {
        let (column, row) = (place % across, place / across);
        // The first value of y is at the bottom.
        let (x, y) = (
            left + column as f64 * size,
            bottom - (row + 1) as f64 * tall,
        );
        let gap = if size > 8.0 { 1.0 } else { 0.0 };
        let cell = (size - gap, tall - gap);
        let named = format!(
            "{} {}, {} {}",
            surface.x_name, surface.x[column], surface.y_name, surface.y[row]
        );
        let Some(value) = value else {
            let says = format!("{named}: none");
            canvas.rect("empty", (x, y), cell, Some(0.4), Some(&says));
            continue;
        };
        let class = if both && *value < 0.0 { "down" } else { "up" };
        let says = format!("{named}: {}", number(*value, 4));
        canvas.rect(class, (x, y), cell, Some(strength(*value)), Some(&says));
        if texts {
            let middle = (x + size / 2.0, y + tall / 2.0 + 3.5);
            canvas.text("cell", Anchor::Middle, middle, &number(*value, decimals));
        }
    }
    if let Some((column, row)) = surface.chosen.filter(|at| at.0 < across && at.1 < up) {
        let at = (
            left + column as f64 * size,
            bottom - (row + 1) as f64 * tall,
        );
        let cell = (size - 1.0, tall - 1.0);
        canvas.rect(
            "best",
            at,
            cell,
            None,
            Some("the parameters of this report"),
        );
    }
    let every = (across as f64 * 44.0 / (size * across as f64))
        .ceil()
        .max(1.0) as usize;
    for (place, name) in surface.x.iter().enumerate().step_by(every) {
        let at = (left + (place as f64 + 0.5) * size, bottom + 15.0);
        canvas.text("tick", Anchor::Middle, at, name);
    }
    let every = (14.0 / tall).ceil().max(1.0) as usize;
    for (place, name) in surface.y.iter().enumerate().step_by(every) {
        let at = (left - 6.0, bottom - (place as f64 + 0.5) * tall + 3.8);
        canvas.text("tick", Anchor::End, at, name);
    }
    canvas.text(
        "name",
        Anchor::Start,
        (4.0, 14.0),
        &format!("\u{2191} {}", surface.y_name),
    );
    let at = (width - 12.0, bottom + 31.0);
    canvas.text(
        "name",
        Anchor::End,
        at,
        &format!("{} \u{2192}", surface.x_name),
    );
    let says = format!(
        "{} in {} cells, from {} to {}.",
        surface.figure,
        count(surface.values.iter().flatten().count() as u64),
        number(low, 4),
        number(high, 4)
    );
    let title = format!(
        "{} by {} and {}",
        surface.figure, surface.x_name, surface.y_name
    );
    Some(Plot::new(
        "surface",
        &title,
        says,
        (width, bottom + 40.0),
        canvas,
    ))
}

pub(super) fn caption(surface: &Surface) -> String {
    let tried = surface.values.iter().flatten().count();
    let framed = if surface.chosen.is_some() {
        " The frame is around the parameters of this report."
    } else {
        ""
    };
    let about = if surface.about.is_empty() {
        String::new()
    } else {
        format!(" {}", surface.about)
    };
    format!(
        "{} in {} cells; stronger is higher, and of two signs stronger is further from zero.{framed}{about}",
        surface.figure,
        count(tried as u64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_at_the_lower_left() {
        let surface = Surface {
            x_name: "fast".into(),
            x: vec!["5".into(), "10".into()],
            y_name: "slow".into(),
            y: vec!["20".into(), "30".into()],
            figure: "Sharpe".into(),
            values: vec![Some(-1.0), Some(0.5), None, Some(1.0)],
            chosen: Some((1, 1)),
            about: String::new(),
            runs: crate::report::Table::default(),
            facts: Vec::new(),
        };
        let Some(plot) = draw(&surface, 960.0) else {
            panic!("there are values");
        };
        let svg = plot.to_svg();
        let y_of = |says: &str| -> f64 {
            let end = svg.find(says).unwrap_or_default();
            let start = svg[..end].rfind(" y=\"").unwrap_or_default() + 4;
            let text = svg[start..].split('"').next().unwrap_or_default();
            text.parse().unwrap_or_default()
        };
        assert!(y_of("fast 5, slow 20: \u{2212}1.0000") > y_of("fast 10, slow 30: 1.0000"));
        assert!(svg.contains("fast 5, slow 30: none"));
        let wrong = Surface {
            values: vec![Some(1.0)],
            ..surface
        };
        assert!(draw(&wrong, 960.0).is_none());
    }
}
