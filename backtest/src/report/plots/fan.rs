//! Percentiles of many paths, and the path that was.

use super::range;
use crate::report::Fan;
use crate::report::axes::{Area, legend, plain, room};
use crate::report::scale::{Scale, padded, ticks};
use crate::report::svg::{Anchor, Canvas, Path, Plot};
use crate::report::text::{number, tick};

/// The most points that a percentile is drawn with.
const POINTS_MAX: usize = 400;

/// Places of a line that are drawn: all, or evenly spread ones with the last.
fn places(count: usize) -> impl Iterator<Item = usize> + Clone {
    let drawn = count.min(POINTS_MAX);
    (0..drawn).map(move |at| {
        if drawn > 1 {
            at * (count - 1) / (drawn - 1)
        } else {
            at
        }
    })
}

pub(super) fn draw(fan: &Fan, currency: &str, width: f64) -> Option<Plot> {
    let bands = fan.bands.iter().flat_map(|band| &band.values);
    let (low, high) = range(bands.chain(&fan.actual).copied())?;
    let fits = |band: &crate::report::Band| band.values.len() == fan.after.len();
    let last = fan
        .after
        .last()
        .copied()?
        .max(fan.actual.len().saturating_sub(1));
    if last == 0 || !fan.bands.iter().all(fits) {
        return None;
    }
    let (low, high) = padded(low, high);
    let values = ticks(low, high, 6);
    let area = Area {
        left: room(values.values.iter().map(|it| plain(&values)(*it))),
        right: width - if width > 600.0 { 92.0 } else { 12.0 },
        top: 28.0,
        bottom: 300.0,
    };
    let scale = Scale::new((low, high), (area.bottom, area.top));
    let across = Scale::new((0.0, last as f64), (area.left, area.right));
    let mut canvas = Canvas::default();
    area.values(&mut canvas, &scale, &values, plain(&values));
    let along = ticks(0.0, last as f64, area.times_max().min(8).min(last));
    for value in &along.values {
        let x = across.at(*value);
        canvas.line("grid", (x, area.top), (x, area.bottom));
        let at = (x, area.bottom + 15.0);
        canvas.text("tick", Anchor::Middle, at, &tick(*value, along.step));
    }
    area.base(&mut canvas);
    // From outside in: each pair of percentiles is an area.
    let count = fan.bands.len();
    for pair in 0..count / 2 {
        let (below, above) = (&fan.bands[pair].values, &fan.bands[count - 1 - pair].values);
        let mut path = Path::default();
        for at in places(above.len()) {
            path.line_to(across.at(fan.after[at] as f64), scale.at(above[at]));
        }
        let mut back: Vec<usize> = places(below.len()).collect();
        back.reverse();
        for at in back {
            path.line_to(across.at(fan.after[at] as f64), scale.at(below[at]));
        }
        path.close();
        let class = if pair == 0 { "band-1" } else { "band-2" };
        canvas.path(class, &path, None);
    }
    let line = |values: &[f64], after: &dyn Fn(usize) -> usize| {
        let mut path = Path::default();
        for at in places(values.len()) {
            path.line_to(across.at(after(at) as f64), scale.at(values[at]));
        }
        path
    };
    let mut names = Vec::new();
    if count % 2 == 1 {
        let middle = &fan.bands[count / 2];
        canvas.path("mean", &line(&middle.values, &|at| fan.after[at]), None);
        names.push(("mean", "Median"));
    }
    if !fan.actual.is_empty() {
        canvas.path("curve", &line(&fan.actual, &|at| at), None);
        names.push(("curve", "As it was"));
    }
    legend(&mut canvas, (area.left, 14.0), &names);
    if width > 600.0 {
        end_labels(&mut canvas, fan, &area, &scale);
    }
    let at = (area.right, area.bottom + 31.0);
    canvas.text("name", Anchor::End, at, &format!("{} \u{2192}", fan.step));
    let ends = fan.bands.iter().filter_map(|band| {
        let last = band.values.last()?;
        Some(format!(
            "{}% {}",
            number(band.percentile, 0),
            number(*last, 2)
        ))
    });
    let ends: Vec<String> = ends.collect();
    let says = format!("Ends by percentile, {currency}: {}.", ends.join(", "));
    let size = (width, area.bottom + 40.0);
    Some(Plot::new("monte-carlo", "Monte Carlo", says, size, canvas))
}

/// Percentiles beside their ends, kept apart.
fn end_labels(canvas: &mut Canvas, fan: &Fan, area: &Area, scale: &Scale) {
    let mut free = f64::MAX;
    for band in &fan.bands {
        let Some(last) = band.values.last() else {
            continue;
        };
        let y = (scale.at(*last) + 3.8).min(free);
        free = y - 12.0;
        let says = format!("{}%  {}", number(band.percentile, 0), tick(*last, 1.0));
        canvas.text("tick", Anchor::Start, (area.right + 6.0, y), &says);
    }
}
