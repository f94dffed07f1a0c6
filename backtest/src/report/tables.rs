//! The tables of a report.

use std::fmt::Write;

use types::{Price, Side};

use super::curve::{self, Monthly};
use super::date::{MONTHS, date, date_of_end};
use super::plots::{strongest, tint};
use super::text::{amount, count, escape, number, percent, signed, signed_amount, signed_percent};
use super::{Fact, FigureGroup, Report, TRADES_MAX, Table, WalkForward};
use crate::outcome::Outcome;

/// Names and what stands beside them.
pub(super) fn facts(facts: &[Fact]) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let mut out = String::from("<dl class=\"facts\">");
    for fact in facts {
        let _ = write!(
            out,
            "<div><dt>{}</dt><dd>{}</dd></div>",
            escape(&fact.name),
            escape(&fact.value)
        );
    }
    out.push_str("</dl>");
    out
}

/// Figures by group, each with its convention. `amounts`: what is said of their currency.
pub(super) fn figures(groups: &[FigureGroup], amounts: &str) -> String {
    let mut out = format!(
        "<p class=\"note\">{}</p><div class=\"groups\">",
        escape(amounts)
    );
    for group in groups {
        let _ = write!(
            out,
            "<table class=\"figures\"><caption>{}</caption><tbody>",
            escape(&group.name)
        );
        for figure in &group.figures {
            let value = match &figure.value {
                Ok(value) => format!("<td class=\"num\">{}</td>", escape(value)),
                Err(reason) => format!("<td class=\"none\">none: {}</td>", escape(reason)),
            };
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}<small>{}</small></th>{value}</tr>",
                escape(&figure.name),
                escape(&figure.convention)
            );
        }
        out.push_str("</tbody></table>");
    }
    out.push_str("</div>");
    out
}

/// Returns of months; `None` without a curve.
pub(super) fn months(report: &Report<'_>) -> Option<String> {
    let outcome = report.outcome?;
    let monthly = Monthly::of(&outcome.points());
    if outcome.samples.is_empty() || monthly.years.is_empty() {
        return None;
    }
    let strongest = strongest(&monthly);
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Returns by month\"><table class=\"months\"><thead><tr><th scope=\"col\">Year</th>",
    );
    for month in MONTHS {
        let _ = write!(out, "<th scope=\"col\">{month}</th>");
    }
    out.push_str("<th scope=\"col\">Whole</th></tr></thead><tbody>");
    for (year, months, whole) in &monthly.years {
        let _ = write!(out, "<tr><th scope=\"row\">{year}</th>");
        for value in months {
            month_cell(&mut out, *value, strongest, "");
        }
        month_cell(&mut out, Some(*whole), strongest * 2.0, " whole");
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    let months: Vec<f64> = monthly.months().collect();
    let rose = months.iter().filter(|value| **value > 0.0).count();
    let _ = write!(
        out,
        "<p class=\"note\">Percent, in UTC; the months multiply to the whole return. {rose} of {} months rose. Best {}, worst {}.</p>",
        months.len(),
        signed_percent(months.iter().copied().fold(f64::MIN, f64::max), 2),
        signed_percent(months.iter().copied().fold(f64::MAX, f64::min), 2),
    );
    Some(out)
}

fn month_cell(out: &mut String, value: Option<f64>, strongest: f64, class: &str) {
    let Some(value) = value else {
        let _ = write!(out, "<td class=\"empty{class}\"></td>");
        return;
    };
    let sign = if value < 0.0 { "down" } else { "up" };
    let _ = write!(
        out,
        "<td class=\"{sign}{class}\" style=\"--t:{:.0}%\">{}</td>",
        tint(value, strongest) * 100.0,
        signed(value * 100.0, 1)
    );
}

/// In and out of sample.
pub(super) fn walk_forward(walk: &WalkForward) -> String {
    let mut out = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Walk-forward\"><table class=\"list\" id=\"windows\"><thead><tr><th scope=\"col\">In sample</th><th scope=\"col\">Out of sample</th><th scope=\"col\">Parameters</th><th scope=\"col\" class=\"num\">{0} in</th><th scope=\"col\" class=\"num\">{0} out</th><th scope=\"col\" class=\"num\">Return out</th><th scope=\"col\" class=\"num\">Better than</th></tr></thead><tbody>",
        escape(&walk.figure)
    );
    let stretch = |(from, to): &(types::TimestampNs, types::TimestampNs)| {
        let (from, to) = (date_of_end(from.0, false), date_of_end(to.0, false));
        format!("{from} \u{2013} {to}")
    };
    let figure =
        |value: Option<f64>| value.map_or_else(|| "\u{2013}".to_owned(), |it| number(it, 3));
    for fold in &walk.folds {
        let returned = fold.outside_return;
        let class = match returned {
            Some(value) if value < 0.0 => " loss",
            Some(value) if value > 0.0 => " gain",
            _ => "",
        };
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num{class}\">{}</td><td class=\"num\">{}</td></tr>",
            fold.inside
                .iter()
                .map(stretch)
                .collect::<Vec<_>>()
                .join(", "),
            stretch(&fold.outside),
            escape(&fold.parameters),
            figure(fold.inside_figure),
            figure(fold.outside_figure),
            returned.map_or_else(|| "\u{2013}".to_owned(), |it| signed_percent(it, 2)),
            fold.rank
                .map_or_else(|| "\u{2013}".to_owned(), |it| percent(it, 1)),
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

/// Rows of text; nothing of none.
pub(super) fn plain(table: &Table, id: &str) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<h3>{0}</h3><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"list plain\" id=\"{id}\"><thead><tr>",
        escape(&table.caption)
    );
    let class = |column: usize| if column > 0 { " class=\"num\"" } else { "" };
    for (column, name) in table.columns.iter().enumerate() {
        let _ = write!(
            out,
            "<th scope=\"col\"{}>{}</th>",
            class(column),
            escape(name)
        );
    }
    out.push_str("</tr></thead><tbody>");
    for (place, row) in table.rows.iter().enumerate() {
        let marked = if table.marked == Some(place) {
            " class=\"marked\""
        } else {
            ""
        };
        let _ = write!(out, "<tr{marked}>");
        for (column, value) in row.iter().enumerate() {
            let _ = match column {
                0 => write!(out, "<th scope=\"row\">{}</th>", escape(value)),
                _ => write!(out, "<td class=\"num\">{}</td>", with_interval(value)),
            };
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// A value and what stands in brackets behind it, which goes under it as a whole where a table is wider than its page.
fn with_interval(value: &str) -> String {
    match value.split_once(" (") {
        Some((value, interval)) => {
            let interval = escape(interval).replace(' ', "\u{a0}");
            format!("{} ({interval}", escape(value))
        }
        None => escape(value),
    }
}

/// Round trips; `None` where there was none.
pub(super) fn trades(report: &Report<'_>) -> Option<String> {
    let outcome = report.outcome?;
    let (trips, open) = (&outcome.trips, &outcome.open);
    if trips.is_empty() && open.is_empty() {
        return None;
    }
    let several = report.instruments.len() > 1;
    let with_time = report.with_time();
    let mut columns = vec![("#", "number")];
    if several {
        columns.push(("Instrument", "text"));
    }
    let in_account = format!("P&L, {}", report.currency);
    columns.extend([
        ("Side", "text"),
        ("Quantity", "number"),
        ("Entry", "text"),
        ("at", "number"),
        ("Exit", "text"),
        ("at", "number"),
    ]);
    let is_foreign = report.has_foreign_trades(outcome);
    if is_foreign {
        columns.extend([("Currency", "text"), (in_account.as_str(), "number")]);
    }
    columns.extend([
        ("P&L", "number"),
        ("Return", "number"),
        ("Fees", "number"),
        ("Bars", "number"),
        ("Worst", "number"),
        ("Best", "number"),
    ]);
    let mut out = String::from(
        "<div class=\"wide tall\" tabindex=\"0\" role=\"region\" aria-label=\"Trades\"><table class=\"list trades\" id=\"trade-list\"><thead><tr>",
    );
    for (place, (name, kind)) in columns.iter().enumerate() {
        let sort = if place == 0 {
            " aria-sort=\"ascending\""
        } else {
            ""
        };
        let class = if *kind == "number" {
            " class=\"num\""
        } else {
            ""
        };
        let _ = write!(
            out,
            "<th scope=\"col\"{class}{sort}><button type=\"button\" data-kind=\"{kind}\">{}</button></th>",
            escape(name)
        );
    }
    out.push_str("</tr></thead><tbody>");
    for (place, trip) in trips.iter().take(TRADES_MAX).enumerate() {
        let (side, arrow) = match trip.side {
            Side::Buy => ("long", "\u{25b2}"),
            Side::Sell => ("short", "\u{25bc}"),
        };
        let _ = write!(out, "<tr><td class=\"num\">{}</td>", place + 1);
        if several {
            let _ = write!(out, "<td>{}</td>", escape(&report.symbol(trip.instrument)));
        }
        let worth = trip.entry_price.0 as f64 / Price::ONE.0 as f64
            * (trip.qty.0 as f64 / types::Qty::ONE.0 as f64)
            * contract(report, trip.instrument);
        let pnl = crate::outcome::units(trip.pnl);
        let returned = if worth > 0.0 {
            signed_percent(pnl / worth, 2)
        } else {
            "\u{2013}".to_owned()
        };
        let class = if trip.pnl.0 < 0 { "loss" } else { "gain" };
        let price = |price: Price| price_text(report, trip.instrument, price);
        let converted = if is_foreign {
            let currency = report.currency_of(trip.instrument);
            let made = signed_amount(trip.converted(trip.pnl));
            format!(
                "<td>{}</td><td class=\"num {class}\">{made}</td>",
                escape(&currency)
            )
        } else {
            String::new()
        };
        let _ = write!(
            out,
            "<td>{arrow} {side}</td><td class=\"num\">{}</td><td>{}</td><td class=\"num\">{}</td><td>{}</td><td class=\"num\">{}</td>{converted}<td class=\"num {class}\">{}</td><td class=\"num {class}\">{returned}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td></tr>",
            trip.qty,
            date(
                report.dated_fill(trip.entry_ts, trip.entry_at_open),
                with_time
            ),
            price(trip.entry_price),
            date(
                report.dated_fill(trip.exit_ts, trip.exit_at_open),
                with_time
            ),
            price(trip.exit_price),
            signed_amount(trip.pnl),
            amount(trip.fees),
            trip.bars,
            amount(trip.mae),
            amount(trip.mfe),
        );
    }
    out.push_str("</tbody></table></div>");
    out.push_str(&trades_note(report, outcome));
    Some(out)
}

fn trades_note(report: &Report<'_>, outcome: &Outcome) -> String {
    let trips = outcome.trip_totals().trips;
    let mut says = String::from("<p class=\"note\">");
    if trips > TRADES_MAX as u64 {
        let _ = write!(
            says,
            "The first {} of {} round trips; <code>--trades FILE.csv</code> writes all of them. ",
            count(TRADES_MAX as u64),
            count(trips)
        );
    }
    let account = escape(&report.currency);
    if report.has_foreign_trades(outcome) {
        let _ = write!(
            says,
            "P&amp;L is after fees; it, fees, worst and best are in the currency that the row names, as prices are. P&amp;L, {account} is at the rate of the exit. "
        );
    } else {
        let _ = write!(says, "P&amp;L is after fees. Amounts are in {account}. ");
    }
    says.push_str(
        "Return is P&amp;L by what was entered at its price. Worst and best: how far it was under and above its entry while it was held. Times are UTC.",
    );
    for trip in &outcome.open {
        let _ = write!(
            says,
            " Open at the end: {} {} since {} at {} {}.",
            trip.position,
            escape(&report.symbol(trip.instrument)),
            date(
                report.dated_fill(trip.entry_ts, trip.entry_at_open),
                report.with_time()
            ),
            price_text(report, trip.instrument, trip.entry_price),
            escape(&report.currency_of(trip.instrument)),
        );
    }
    says.push_str(
        "<span class=\"print-note\"> On paper the list ends with its 60th row.</span></p>",
    );
    says
}

fn contract(report: &Report<'_>, instrument: types::InstrumentId) -> f64 {
    let known = report.instruments.get(instrument.0 as usize);
    known.map_or(1.0, |it| {
        it.contract_size.0 as f64 / types::Qty::ONE.0 as f64
    })
}

/// A price with the decimals of its tick: averages are rounded to it for reading.
fn price_text(report: &Report<'_>, instrument: types::InstrumentId, price: Price) -> String {
    let one = Price::ONE.0 as f64;
    let known = report.instruments.get(instrument.0 as usize);
    let decimals = known.map_or(2, |it| {
        super::text::decimals_of(it.tick_size.0 as f64 / one)
    });
    number(price.0 as f64 / one, decimals)
}

/// The longest figure that stands in the head; what has reasons stands with its part.
const HEADLINE_BYTES_MAX: usize = 24;

/// The figures that a reader looks for first: name, value, class.
pub(super) fn headline(report: &Report<'_>) -> Vec<(String, String, &'static str)> {
    let Some(outcome) = report.outcome else {
        let walk = report.walk_forward.iter();
        let facts = walk.flat_map(|walk| &walk.facts);
        return facts
            .filter(|fact| fact.value.len() <= HEADLINE_BYTES_MAX)
            .map(|fact| (fact.name.clone(), fact.value.clone(), "plain"))
            .collect();
    };
    let change = outcome.equity.saturating_sub(outcome.initial);
    let (initial, equity) = (
        crate::outcome::units(outcome.initial),
        crate::outcome::units(outcome.equity),
    );
    let class = match change.0.signum() {
        -1 => "loss",
        1 => "gain",
        _ => "plain",
    };
    let mut found = vec![(
        format!("Equity, {}", report.currency),
        amount(outcome.equity),
        "plain",
    )];
    if initial > 0.0 {
        let returned = signed_percent(equity / initial - 1.0, 2);
        found.push(("Return".to_owned(), returned, class));
    }
    let named = |name: &str| {
        let mut all = report.figures.iter().flat_map(|group| &group.figures);
        all.find(|figure| figure.name == name)
            .and_then(|figure| figure.value.clone().ok())
    };
    for (name, figure) in [("CAGR", "CAGR"), ("Sharpe ratio", "Sharpe")] {
        found.extend(named(figure).map(|value| (name.to_owned(), value, "plain")));
    }
    let deepest = if outcome.thinned.is_some() {
        let (of, fall) = outcome.deepest();
        Some(-(fall.0 as f64 / of.0 as f64))
    } else {
        curve::deepest(&curve::equity(outcome)).map(|it| it.fraction)
    };
    if let Some(deepest) = deepest.filter(|_| !outcome.samples.is_empty()) {
        let text = percent(deepest, 2);
        found.push(("Max drawdown".to_owned(), text, "plain"));
    }
    let totals = outcome.trip_totals();
    let trips = totals.trips;
    found.push(("Round trips".to_owned(), count(trips), "plain"));
    if trips > 0 {
        let won = match outcome.cut {
            Some(_) => totals.won,
            None => outcome.trips.iter().filter(|trip| trip.pnl.0 > 0).count() as u64,
        };
        let text = percent(won as f64 / trips as f64, 1);
        found.push(("Won".to_owned(), text, "plain"));
    }
    found.push(("Fees paid".to_owned(), amount(outcome.fees), "plain"));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_not_broken() {
        assert_eq!(
            with_interval("5.00% (2.15% to 11.18%)"),
            "5.00% (2.15%\u{a0}to\u{a0}11.18%)"
        );
        assert_eq!(with_interval("<1"), "&lt;1");
    }
}
