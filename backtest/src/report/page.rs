//! The page around plots and tables.

use std::fmt::Write;

use super::date::{date, date_of_end};
use super::plots::{self, Drawn};
use super::svg::Hover;
use super::text::{count, escape};
use super::{Report, tables, theme, verdicts};
use crate::outcome::Outcome;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A part of the page with its place in the list of contents.
struct Section {
    id: &'static str,
    title: &'static str,
    /// Its title in the list of contents.
    short: &'static str,
    body: String,
    /// Whether it stands beside its neighbour where there is room.
    half: bool,
}

pub(super) fn html(report: &Report<'_>) -> String {
    let sections = sections(report);
    let mut out = String::with_capacity(256 * 1024);
    let title = escape(&report.title);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"dynasty {}\">\n<title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{}{}{STYLE}</style>\n</head>\n<body>\n",
        env!("CARGO_PKG_VERSION"),
        theme::properties(),
        theme::rules(),
    );
    out.push_str("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<div class=\"top\">");
    let _ = write!(out, "<h1>{title}</h1>");
    if let (Some(plan), Some(outcome)) = (&report.plan, report.outcome) {
        let (class, standing) = verdicts::standing(outcome);
        let _ = write!(
            out,
            "<p class=\"badge {class}\" title=\"plan {}\">{standing}</p>",
            escape(plan)
        );
    }
    let with_time = report.with_time();
    out.push_str("</div>\n");
    if let Some((first, last)) = report.span() {
        let _ = writeln!(
            out,
            "<p class=\"about\">{} to {} UTC{}</p>",
            date(first, with_time),
            date_of_end(last, with_time),
            report.outcome.map(events).unwrap_or_default(),
        );
    }
    out.push_str("<ul class=\"tiles\">");
    for (name, value, class) in tables::headline(report) {
        let _ = write!(
            out,
            "<li><span>{}</span><b class=\"{class}\">{}</b></li>",
            escape(&name),
            escape(&value)
        );
    }
    out.push_str("</ul>\n<nav aria-label=\"Contents\"><ul>");
    for section in &sections {
        let _ = write!(
            out,
            "<li><a href=\"#{}\">{}</a></li>",
            section.id, section.short
        );
    }
    out.push_str("</ul></nav>\n</header>\n<main id=\"content\">\n");
    for section in &sections {
        let half = if section.half { " class=\"half\"" } else { "" };
        let _ = write!(
            out,
            "<section id=\"{0}\"{half} aria-labelledby=\"{0}-title\"><h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
            section.id, section.title, section.body
        );
    }
    let state = report.outcome.map(|outcome| {
        let hash = outcome.state_hash;
        format!(" State of the engine at the end: <code>{hash}</code>.")
    });
    let _ = write!(
        out,
        "</main>\n<footer><p>Made by Dynasty {}.{} This file needs no network.</p></footer>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        state.unwrap_or_default(),
    );
    out
}

fn events(outcome: &Outcome) -> String {
    let counts = &outcome.counts;
    let mut says = String::new();
    for (number, name) in [
        (counts.bars, "bars"),
        (counts.market_events, "market events"),
        (counts.fills, "fills"),
    ] {
        if number > 0 {
            let _ = write!(says, " \u{b7} {} {name}", count(number));
        }
    }
    says
}

fn sections(report: &Report<'_>) -> Vec<Section> {
    let mut found = Vec::new();
    let mut add = |id, title, half, body: Option<String>| {
        let short = match id {
            "prices" => "Trades on price",
            "months" => "Months",
            "rolling" => "Rolling",
            "distribution" => "Distribution",
            _ => title,
        };
        found.extend(body.map(|body| Section {
            id,
            title,
            short,
            body,
            half,
        }));
    };
    // What a report is about comes first, and then its best run.
    let surface = report.surface.as_ref().map(|surface| {
        let drawn = plots::surface(report).as_ref().map(figure);
        drawn.unwrap_or_default()
            + &tables::facts(&surface.facts)
            + &tables::plain(&surface.runs, "runs")
    });
    add("surface", "Parameters", false, surface);
    add("rules", "Verdict", false, verdicts::section(report));
    let entry = report.entry.as_ref().map(verdicts::entry);
    add("competition", "Competition", false, entry);
    let equity = plots::equity_curve(report);
    add("equity", "Equity", false, equity.as_ref().map(figure));
    let prices = plots::price_charts(report);
    let charts = prices.iter().map(|drawn| {
        let name = report.instruments.len() > 1;
        let title = if name {
            format!("<h3>{}</h3>", escape(&drawn.wide.title))
        } else {
            String::new()
        };
        title + &figure(drawn)
    });
    let charts: String = charts.collect();
    add(
        "prices",
        "Price and trades",
        false,
        (!prices.is_empty()).then_some(charts),
    );
    add("months", "Returns by month", false, tables::months(report));
    let rolling = plots::rolling_figures(report);
    add(
        "rolling",
        "Rolling Sharpe ratio and volatility",
        true,
        rolling.as_ref().map(figure),
    );
    let distribution = plots::distribution(report);
    add(
        "distribution",
        "Distribution of returns",
        true,
        distribution.as_ref().map(figure),
    );
    let walk = report.walk_forward.as_ref().map(|walk| {
        let curve = plots::walk_forward_curve(report);
        let judged = walk.judged.as_ref();
        let judged = judged.map(|table| tables::plain(table, "windows-judged"));
        format!(
            "<p class=\"note\">{}</p>{}{}{}",
            escape(&walk.about),
            tables::walk_forward(walk),
            curve.as_ref().map(figure).unwrap_or_default(),
            tables::facts(&walk.facts)
        ) + &judged.unwrap_or_default()
    });
    add("walk-forward", "Walk-forward", false, walk);
    let fan = plots::fan(report).map(|drawn| {
        let said = report
            .fan
            .iter()
            .map(|it| tables::plain(&it.table, "fan-shares") + &tables::facts(&it.facts));
        figure(&drawn) + &said.collect::<String>()
    });
    add("monte-carlo", "Monte Carlo", false, fan);
    let odds = report.odds.as_ref().map(|odds| {
        format!(
            "<p class=\"note\">{}</p>{}<p class=\"note\">{}</p>",
            escape(&odds.about),
            tables::plain(&odds.table, "odds-by-size"),
            escape(&odds.note)
        )
    });
    add("odds", "Under the plan", false, odds);
    let is_foreign = report
        .outcome
        .is_some_and(|outcome| report.has_foreign_trades(outcome));
    let mut amounts = format!("Amounts are in {}", report.currency);
    if is_foreign {
        amounts.push_str("; those of trades in other currencies at the rate of their exit");
    }
    amounts.push('.');
    let figures = (!report.figures.is_empty()).then(|| tables::figures(&report.figures, &amounts));
    add("figures", "Figures", false, figures);
    add("trades", "Trades", false, tables::trades(report));
    add("run", "How it was run", false, run(report));
    found
}

fn run(report: &Report<'_>) -> Option<String> {
    if report.facts.is_empty() && report.command.is_none() {
        return None;
    }
    let mut out = tables::facts(&report.facts);
    if let Some(command) = &report.command {
        let _ = write!(
            out,
            "<p>To repeat it:</p><div class=\"command\"><pre tabindex=\"0\"><code id=\"command\">{}</code></pre><button type=\"button\" id=\"copy\">Copy</button></div>",
            escape(command)
        );
    }
    out.push_str(
        "<p class=\"note\">Curves with more values than pixels are drawn with the first, lowest, highest and last value of each column of pixels (M4), so that no extreme is lost.</p>",
    );
    Some(out)
}

/// All widths; the page shows one.
fn figure(drawn: &Drawn) -> String {
    let mut out = String::from("<figure>");
    for (plot, class) in [
        (&drawn.wide, "plot on-wide"),
        (&drawn.middle, "plot on-middle"),
        (&drawn.narrow, "plot on-narrow"),
    ] {
        let _ = write!(out, "<div class=\"{class}\">{}", plot.inline("drawing"));
        if let Some(hover) = &plot.hover {
            let _ = write!(
                out,
                "<script type=\"application/json\">{}</script>",
                json(hover)
            );
        }
        out.push_str("</div>");
    }
    let _ = write!(
        out,
        "<figcaption>{}</figcaption></figure>",
        escape(&drawn.caption)
    );
    out
}

/// What the script reads: times in seconds after the first, so that they are short.
fn json(hover: &Hover) -> String {
    let from = hover.from / 1_000_000_000;
    let mut out = format!(
        "{{\"x\":[{:.1},{:.1}],\"y\":[{:.1},{:.1}],\"from\":{from},\"to\":{},\"time\":{},\"lines\":[",
        hover.x.0,
        hover.x.1,
        hover.y.0,
        hover.y.1,
        hover.to.div_ceil(1_000_000_000),
        hover.with_time
    );
    for (place, line) in hover.lines.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let plain = line.name.replace(char::is_control, " ");
        let name = escape(&plain).replace('\\', "\\\\");
        let _ = write!(
            out,
            "{{\"name\":\"{name}\",\"unit\":\"{}\",\"decimals\":{},\"t\":[",
            line.unit, line.decimals
        );
        let times = line.points.iter().map(|point| {
            let seconds = point.0 / 1_000_000_000;
            seconds.saturating_sub(from).to_string()
        });
        out.push_str(&times.collect::<Vec<_>>().join(","));
        out.push_str("],\"v\":[");
        let decimals = line.decimals;
        let values = line
            .points
            .iter()
            .map(|point| format!("{:.decimals$}", point.1));
        out.push_str(&values.collect::<Vec<_>>().join(","));
        out.push_str("]}");
    }
    out.push_str("]}");
    out
}
