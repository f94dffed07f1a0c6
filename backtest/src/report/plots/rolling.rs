//! Sharpe ratio and volatility of a window that moves along.

use super::{Returns, range};
use crate::report::axes::{Area, in_percent, plain, room};
use crate::report::curve::rolling;
use crate::report::date::{DAY_NS, date};
use crate::report::scale::{Scale, padded, ticks, time_ticks};
use crate::report::svg::{Anchor, Canvas, Hover, HoverLine, Plot};
use crate::report::text::number;
use crate::report::thin::columns;

const PANEL: f64 = 130.0;

/// Half a year of trading days, a quarter or a month, whatever fits four times.
fn window(returns: usize) -> Option<usize> {
    [126, 63, 21]
        .into_iter()
        .find(|window| returns >= window * 4)
}

pub(super) fn draw(returns: &Returns, width: f64) -> Option<Plot> {
    let window = window(returns.points.len())?;
    let (sharpe, volatility) = rolling(&returns.points, window, returns.per_year);
    let span = (volatility.first()?.0, volatility.last()?.0);
    let (low, high) = range(sharpe.iter().map(|point| point.1).chain([0.0]))?;
    let (low, high) = padded(low, high);
    let ratios = ticks(low, high, 4);
    let (_, most) = range(volatility.iter().map(|point| point.1))?;
    let most = most.max(1e-9) * 1.06;
    let parts = ticks(0.0, most, 4);
    let labels = ratios.values.iter().map(|it| plain(&ratios)(*it));
    let part_labels = parts.values.iter().map(|it| in_percent(&parts)(*it));
    let upper = Area {
        left: room(labels.chain(part_labels)),
        right: width - 12.0,
        top: 26.0,
        bottom: 26.0 + PANEL,
    };
    let lower = Area {
        top: upper.bottom + 32.0,
        bottom: upper.bottom + 32.0 + PANEL,
        ..upper
    };
    let mut canvas = Canvas::default();
    let times = time_ticks(span.0, span.1, upper.times_max());

    let scale = Scale::new((low, high), (upper.bottom, upper.top));
    upper.times(&mut canvas, &times, span, false);
    upper.values(&mut canvas, &scale, &ratios, plain(&ratios));
    let zero = scale.at(0.0);
    canvas.line("zero", (upper.left, zero), (upper.right, zero));
    let thin_sharpe = columns(sharpe.iter().copied(), span, upper.columns());
    canvas.path("curve", &upper.trace(&thin_sharpe, &scale), None);
    let at = (upper.left, upper.top - 10.0);
    canvas.text("name", Anchor::Start, at, "Sharpe ratio");

    let scale = Scale::new((0.0, most), (lower.bottom, lower.top));
    lower.times(&mut canvas, &times, span, true);
    lower.values(&mut canvas, &scale, &parts, in_percent(&parts));
    lower.base(&mut canvas);
    let thin = columns(volatility.iter().copied(), span, lower.columns());
    canvas.path("second", &lower.trace(&thin, &scale), None);
    let at = (lower.left, lower.top - 10.0);
    canvas.text("name", Anchor::Start, at, "Volatility");

    let says = format!(
        "Windows of {window} returns from {} to {}.",
        date(span.0, false),
        date(span.1, false)
    );
    let size = (width, lower.bottom + 24.0);
    let mut plot = Plot::new(
        "rolling",
        "Rolling Sharpe ratio and volatility",
        says,
        size,
        canvas,
    );
    let line = |name: &str, unit, factor: f64, thin: &[crate::report::thin::Column]| HoverLine {
        name: name.to_owned(),
        unit,
        decimals: 2,
        points: thin.iter().map(|it| (it.ts, it.last * factor)).collect(),
    };
    plot.hover = Some(Hover {
        x: (upper.left, upper.right),
        y: (upper.top, lower.bottom),
        from: span.0,
        to: span.1,
        with_time: span.1 - span.0 < 10 * DAY_NS,
        lines: vec![
            line("Sharpe ratio", "", 1.0, &thin_sharpe),
            line("Volatility", "%", 100.0, &thin),
        ],
    });
    Some(plot)
}

pub(super) fn caption(returns: &Returns) -> String {
    let window = window(returns.points.len()).unwrap_or(0);
    format!(
        "Of the last {window} returns, one per {}; annualised by \u{221a}{}, without a risk-free rate.",
        returns.of,
        number(returns.per_year, 0)
    )
}
