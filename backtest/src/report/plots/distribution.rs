//! How often returns of which size were.

use super::Returns;
use crate::report::axes::{Area, in_percent, plain, room};
use crate::report::curve::Histogram;
use crate::report::scale::{Scale, ticks};
use crate::report::svg::{Anchor, Canvas, Plot};
use crate::report::text::{count, percent, signed_percent};

fn histogram(returns: &Returns) -> Option<Histogram> {
    Histogram::of(returns.points.iter().map(|point| point.1))
}

pub(super) fn draw(returns: &Returns, width: f64) -> Option<Plot> {
    let found = histogram(returns)?;
    let most = found.counts.iter().copied().max()? as f64;
    let heights = ticks(0.0, most * 1.05, 5);
    let area = Area {
        left: room(heights.values.iter().map(|it| plain(&heights)(*it))),
        right: width - 12.0,
        top: 22.0,
        bottom: 242.0,
    };
    let from = found.first as f64 * found.width;
    let to = from + found.counts.len() as f64 * found.width;
    let across = Scale::new((from, to), (area.left, area.right));
    let scale = Scale::new((0.0, most * 1.05), (area.bottom, area.top));
    let mut canvas = Canvas::default();
    area.values(&mut canvas, &scale, &heights, plain(&heights));
    let decimals = crate::report::text::decimals_of(found.width * 100.0);
    let filled = found.counts.iter().enumerate();
    for (place, counted) in filled.filter(|(_, counted)| **counted > 0) {
        let low = from + place as f64 * found.width;
        let (x, y) = (across.at(low), scale.at(*counted as f64));
        let class = if low + found.width / 2.0 < 0.0 {
            "down"
        } else {
            "up"
        };
        let size = (across.at(low + found.width) - x, area.bottom - y);
        let says = format!(
            "{} to {}: {}",
            signed_percent(low, decimals),
            signed_percent(low + found.width, decimals),
            count(*counted)
        );
        let size = ((size.0 - 1.0).max(0.6), size.1);
        canvas.rect(class, (x + 0.5, y), size, Some(0.75), Some(&says));
    }
    area.base(&mut canvas);
    let places = ticks(from, to, if width > 450.0 { 9 } else { 6 });
    for value in &places.values {
        let at = (across.at(*value), area.bottom + 15.0);
        canvas.text("tick", Anchor::Middle, at, &in_percent(&places)(*value));
    }
    let mean = across.at(found.mean);
    canvas.line("mean", (mean, area.top), (mean, area.bottom));
    let says = format!("mean {}", signed_percent(found.mean, 3));
    canvas.text("tick", Anchor::Start, (mean + 5.0, area.top + 4.0), &says);
    let says = format!(
        "{} returns in bins of {}.",
        count(found.counts.iter().sum()),
        percent(found.width, decimals)
    );
    let size = (width, area.bottom + 24.0);
    Some(Plot::new(
        "distribution",
        "Distribution of returns",
        says,
        size,
        canvas,
    ))
}

pub(super) fn caption(returns: &Returns) -> String {
    let Some(found) = histogram(returns) else {
        return String::new();
    };
    let decimals = crate::report::text::decimals_of(found.width * 100.0);
    let mut says = format!(
        "One return per {}, in bins of {}; zero is an edge.",
        returns.of,
        percent(found.width, decimals)
    );
    if found.flat > 0 {
        let all = found.counts.iter().sum::<u64>() + found.flat;
        let text = format!(
            " {} of {} were exactly zero and are not drawn.",
            count(found.flat),
            count(all)
        );
        says.push_str(&text);
    }
    says
}
