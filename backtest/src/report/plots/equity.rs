//! Equity with its benchmark and the floors of its plan; below it how far under its peak, and when anything was held.

use types::{EventKind, RuleKind};

use super::range;
use crate::outcome::{Outcome, units};
use crate::report::axes::{Area, in_percent, legend, plain, room};
use crate::report::curve::{self, Points};
use crate::report::date::{date, date_of_end};
use crate::report::scale::{Scale, padded, ticks, time_ticks};
use crate::report::svg::{Anchor, Canvas, Hover, HoverLine, Path, Plot};
use crate::report::text::{number, percent};
use crate::report::thin::columns;
use crate::report::{Report, WalkForward, date::DAY_NS, verdicts};

const UPPER: f64 = 300.0;
const LOWER: f64 = 96.0;
const STRIP: f64 = 8.0;

pub(super) fn draw(report: &Report<'_>, outcome: &Outcome, width: f64) -> Option<Plot> {
    if outcome.samples.is_empty() {
        return None;
    }
    let equity = curve::equity(outcome);
    let under = curve::drawdown(&equity);
    let span = (equity[0].0, equity[equity.len() - 1].0);
    let floors = floors(report, span, width);
    // Next to floors the scale is theirs: a benchmark would make the distance to them too small to be seen.
    let compared = report.benchmark.as_ref().filter(|_| floors.is_empty());
    let benchmark: Points = compared
        .into_iter()
        .flat_map(|it| &it.points)
        .map(|(ts, value)| (report.dated(*ts), *value))
        .collect();
    let target = report.target.map(units);
    let shown = equity
        .iter()
        .chain(&benchmark)
        .chain(floors.iter().flat_map(|(_, _, points)| points))
        .map(|point| point.1)
        .chain(target);
    let (low, high) = range(shown)?;
    let (low, high) = padded(low, high);
    let narrow = width < 600.0;
    let values = ticks(low, high, if narrow { 5 } else { 6 });
    let (deepest, _) = range(under.iter().map(|point| point.1))?;
    let deepest = deepest.min(-0.001) * 1.08;
    let falls = ticks(deepest, 0.0, 3);
    let labels = values.values.iter().map(|value| plain(&values)(*value));
    let fall_labels = falls.values.iter().map(|value| in_percent(&falls)(*value));
    let upper = Area {
        left: room(labels.chain(fall_labels)),
        right: width - 12.0,
        top: 30.0,
        bottom: 30.0 + UPPER,
    };
    let lower = Area {
        top: upper.bottom + 22.0,
        bottom: upper.bottom + 22.0 + LOWER,
        ..upper
    };
    let mut canvas = Canvas::default();
    let times = time_ticks(span.0, span.1, upper.times_max());

    let scale = Scale::new((low, high), (upper.bottom, upper.top));
    upper.times(&mut canvas, &times, span, false);
    upper.values(&mut canvas, &scale, &values, plain(&values));
    upper.base(&mut canvas);
    let thin = columns(equity.iter().copied(), span, upper.columns());
    canvas.path("curve-area", &upper.fill(&thin, &scale, low), None);
    let thin_benchmark = columns(benchmark.iter().copied(), span, upper.columns());
    canvas.path("other", &upper.trace(&thin_benchmark, &scale), None);
    canvas.path("curve", &upper.trace(&thin, &scale), None);
    for (class, name, points) in &floors {
        canvas.path(class, &upper.steps(points, span, &scale), Some(name));
    }
    if let Some(target) = target {
        let y = scale.at(target);
        canvas.line("target", (upper.left, y), (upper.right, y));
    }
    flags(report, outcome, &mut canvas, &upper, &scale, span);
    let mut names = vec![("curve", "Equity")];
    names.extend(compared.map(|it| ("other", it.name.as_str())));
    names.extend(floors.iter().map(|(class, name, _)| (*class, *name)));
    names.extend(target.map(|_| ("target", "Target")));
    legend(&mut canvas, (upper.left, 16.0), &names);

    let scale = Scale::new((deepest, 0.0), (lower.bottom, lower.top));
    lower.times(&mut canvas, &times, span, false);
    lower.values(&mut canvas, &scale, &falls, in_percent(&falls));
    let thin_under = columns(under.iter().copied(), span, lower.columns());
    canvas.path("fall-area", &lower.fill(&thin_under, &scale, 0.0), None);
    canvas.path("fall", &lower.trace(&thin_under, &scale), None);
    let says = (lower.left + 4.0, lower.bottom - 6.0);
    canvas.text("tick", Anchor::Start, says, "Under its peak");

    let strip = Area {
        top: lower.bottom + 10.0,
        bottom: lower.bottom + 10.0 + STRIP,
        ..lower
    };
    held(outcome, &mut canvas, &strip, span);
    strip.times(&mut canvas, &times, span, true);

    let mut lines = vec![hover("Equity", "", 2, &thin)];
    if let Some(benchmark) = compared {
        lines.push(hover(&benchmark.name, "", 2, &thin_benchmark));
    }
    for (_, name, points) in &floors {
        lines.push(HoverLine {
            name: (*name).to_owned(),
            unit: "",
            decimals: 2,
            points: points
                .iter()
                .step_by(points.len() / 500 + 1)
                .copied()
                .collect(),
        });
    }
    let mut below = hover("Under its peak", "%", 2, &thin_under);
    for point in &mut below.points {
        point.1 *= 100.0;
    }
    lines.push(below);
    let size = (width, strip.bottom + 22.0);
    let mut plot = Plot::new(
        "equity",
        "Equity and drawdown",
        says_all(report, &equity),
        size,
        canvas,
    );
    plot.hover = Some(Hover {
        x: (upper.left, upper.right),
        y: (upper.top, strip.bottom),
        from: span.0,
        to: span.1,
        with_time: report.with_time(),
        lines,
    });
    Some(plot)
}

fn hover(
    name: &str,
    unit: &'static str,
    decimals: usize,
    thin: &[super::super::thin::Column],
) -> HoverLine {
    HoverLine {
        name: name.to_owned(),
        unit,
        decimals,
        points: thin.iter().map(|column| (column.ts, column.last)).collect(),
    }
}

/// Class, name and moves of each floor; of a pixel with many moves the last.
fn floors(
    report: &Report<'_>,
    span: (u64, u64),
    width: f64,
) -> Vec<(&'static str, &'static str, Points)> {
    let recorded = report.recorder.iter().flat_map(|it| it.floors());
    recorded
        .map(|floor| {
            let class = match floor.rule {
                RuleKind::DailyLoss => "floor-day",
                RuleKind::MaxLoss => "floor",
            };
            let moves = floor.moves.iter();
            let moves =
                moves.map(|(ts, floor)| (report.dated(*ts).clamp(span.0, span.1), units(*floor)));
            let thin = columns(moves, span, width as usize);
            let points = thin.iter().map(|column| (column.ts, column.last));
            (class, verdicts::rule(floor.rule), points.collect())
        })
        .collect()
}

/// Flags where the account was judged.
fn flags(
    report: &Report<'_>,
    outcome: &Outcome,
    canvas: &mut Canvas,
    area: &Area,
    scale: &Scale,
    span: (u64, u64),
) {
    for event in &outcome.verdicts {
        let (class, value) = match event.kind {
            EventKind::Breach(breach) if breach.primary => ("flag", breach.equity.to_money_floor()),
            EventKind::TargetReached { balance, .. } => ("flag-good", balance),
            _ => continue,
        };
        let (x, y) = (
            area.time(report.dated(event.ts), span),
            scale.at(units(value)),
        );
        let says = format!(
            "{} {}",
            date(event.ts.0, true),
            verdicts::words(event, &report.currency)
        );
        let mut diamond = Path::default();
        diamond.move_to(x, y - 6.0);
        diamond.line_to(x + 6.0, y);
        diamond.line_to(x, y + 6.0);
        diamond.line_to(x - 6.0, y);
        diamond.close();
        canvas.path(class, &diamond, Some(&says));
    }
}

/// When anything was held: a strip that is as strong as the part of the time that it was.
fn held(outcome: &Outcome, canvas: &mut Canvas, area: &Area, span: (u64, u64)) {
    let count = area.columns() / 2;
    let mut parts = vec![(0_u32, 0_u32); count];
    for sample in &outcome.samples {
        let ts = outcome.dated(sample.ts).0;
        let along = u128::from(ts.saturating_sub(span.0)) * count as u128;
        let at = (along / u128::from(span.1.saturating_sub(span.0)).max(1)) as usize;
        let part = &mut parts[at.min(count - 1)];
        part.0 += u32::from(sample.exposed);
        part.1 += 1;
    }
    let size = (area.width(), area.bottom - area.top);
    canvas.rect("empty", (area.left, area.top), size, None, None);
    let width = area.width() / count as f64;
    // Columns alike are one rectangle; of twenty shades.
    let mut run: Option<(usize, u32)> = None;
    let shades = parts.iter().map(|(held, all)| match all {
        0 => None,
        all => Some((held * 20).div_ceil(*all)),
    });
    let mut last = 0;
    let shades = shades.map(|shade| {
        last = shade.unwrap_or(last);
        last
    });
    for (at, shade) in shades.chain([u32::MAX]).enumerate() {
        match run {
            Some((_, before)) if before == shade => {}
            _ => {
                if let Some((from, before)) = run.filter(|(_, before)| *before > 0) {
                    let place = (area.left + from as f64 * width, area.top);
                    let size = ((at - from) as f64 * width, area.bottom - area.top);
                    let opacity = f64::from(before) / 20.0 * 0.85;
                    canvas.rect("held", place, size, Some(opacity), None);
                }
                run = Some((at, shade));
            }
        }
    }
}

/// The share of samples at which anything was held.
fn exposure(outcome: &Outcome) -> Option<f64> {
    let (noted, held) = outcome.noted();
    (noted > 0).then(|| held as f64 / noted as f64)
}

fn says_all(report: &Report<'_>, equity: &[(u64, f64)]) -> String {
    let (first, last) = (equity[0], equity[equity.len() - 1]);
    let mut says = format!(
        "From {} on {} to {} {} on {}.",
        number(first.1, 2),
        date_of_end(first.0, false),
        number(last.1, 2),
        report.currency,
        date_of_end(last.0, false),
    );
    if let Some(deepest) = curve::deepest(equity).filter(|it| it.fraction < 0.0) {
        let end = deepest.recovered.map_or_else(
            || "not made up for by the end".to_owned(),
            |ts| format!("made up for on {}", date_of_end(ts, false)),
        );
        let is_thinned = report.outcome.is_some_and(|it| it.thinned.is_some());
        let of = if is_thinned { " of what is drawn" } else { "" };
        let text = format!(
            " Deepest drawdown{of} {}: from {} to {}, {end}.",
            percent(deepest.fraction, 2),
            date_of_end(deepest.peak, false),
            date_of_end(deepest.trough, false),
        );
        says.push_str(&text);
    }
    says
}

pub(super) fn caption(report: &Report<'_>, outcome: &Outcome) -> String {
    let equity = curve::equity(outcome);
    let mut says = says_all(report, &equity);
    if let Some(exposure) = exposure(outcome) {
        let text = format!(
            " The strip at the bottom shows when anything was held: at {} of the samples.",
            percent(exposure, 1)
        );
        says.push_str(&text);
    }
    says
}

/// The curve out of sample.
pub(super) fn draw_outside(walk: &WalkForward, currency: &str, width: f64) -> Option<Plot> {
    let points: Points = walk
        .curve
        .iter()
        .map(|(ts, value)| (ts.0, *value))
        .collect();
    let (first, last) = (points.first()?, points.last()?);
    let span = (first.0, last.0);
    let (low, high) = range(points.iter().map(|point| point.1))?;
    let (low, high) = padded(low, high);
    let values = ticks(low, high, 5);
    let area = Area {
        left: room(values.values.iter().map(|value| plain(&values)(*value))),
        right: width - 12.0,
        top: 12.0,
        bottom: 220.0,
    };
    let mut canvas = Canvas::default();
    let times = time_ticks(span.0, span.1, area.times_max());
    let scale = Scale::new((low, high), (area.bottom, area.top));
    area.times(&mut canvas, &times, span, true);
    area.values(&mut canvas, &scale, &values, plain(&values));
    area.base(&mut canvas);
    for fold in &walk.folds {
        let x = area.time(fold.outside.0.0, span);
        canvas.line("mean", (x, area.top), (x, area.bottom));
    }
    let thin = columns(points.iter().copied(), span, area.columns());
    canvas.path("curve", &area.trace(&thin, &scale), None);
    let says = format!(
        "Equity out of sample, from {} to {} {currency}.",
        number(first.1, 2),
        number(last.1, 2)
    );
    let mut plot = Plot::new(
        "walk-forward",
        "Out of sample",
        says,
        (width, 244.0),
        canvas,
    );
    plot.hover = Some(Hover {
        x: (area.left, area.right),
        y: (area.top, area.bottom),
        from: span.0,
        to: span.1,
        with_time: span.1 - span.0 < 10 * DAY_NS,
        lines: vec![hover("Equity", "", 2, &thin)],
    });
    Some(plot)
}
