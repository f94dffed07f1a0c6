//! The price of an instrument with the round trips that were made in it.

use types::{InstrumentId, Side};

use super::range;
use crate::outcome::{Outcome, RoundTrip};
use crate::report::axes::{Area, legend, plain, room};
use crate::report::date::{date, date_of_end};
use crate::report::scale::{Scale, padded, ticks, time_ticks};
use crate::report::svg::{Anchor, Canvas, Hover, HoverLine, Path, Plot};
use crate::report::text::{count, decimals_of, signed_amount};
use crate::report::thin::columns;
use crate::report::{Candle, MARKS_MAX, Report};

const HEIGHT: f64 = 300.0;

/// How many round trips there were in it, with one that is open.
pub(super) fn trips(report: &Report<'_>, instrument: InstrumentId) -> usize {
    let outcomes = report.outcome.iter();
    let counts = outcomes.map(|outcome| {
        let (over, open) = (outcome.trips.iter(), outcome.open.iter());
        over.filter(|trip| trip.instrument == instrument).count()
            + open.filter(|trip| trip.instrument == instrument).count()
    });
    counts.sum()
}

/// Those that are marked: all, or the largest by profit or loss.
fn marked(outcome: &Outcome, instrument: InstrumentId) -> Vec<&RoundTrip> {
    let trips = outcome.trips.iter();
    let mut found: Vec<_> = trips.filter(|it| it.instrument == instrument).collect();
    if found.len() > MARKS_MAX {
        found.sort_by_key(|trip| std::cmp::Reverse(trip.pnl.0.unsigned_abs()));
        found.truncate(MARKS_MAX);
    }
    found
}

const ONE: f64 = types::Price::ONE.0 as f64;

pub(super) fn draw(report: &Report<'_>, instrument: InstrumentId, width: f64) -> Option<Plot> {
    let outcome = report.outcome?;
    let candles = report.recorder?.prices(instrument);
    let (first, last) = (candles.first()?, candles.last()?);
    let value = |price: types::Price| price.0 as f64 / ONE;
    let marked = marked(outcome, instrument);
    let of_trips = marked
        .iter()
        .flat_map(|trip| [trip.entry_price, trip.exit_price]);
    let of_candles = candles.iter().flat_map(|candle| [candle.low, candle.high]);
    let (low, high) = range(of_candles.chain(of_trips).map(value))?;
    let (low, high) = padded(low, high);
    let at = |candle: &Candle| report.dated(candle.ts);
    let begins = outcome.first.0.min(at(first));
    let span = (begins, at(last).max(begins + 1));
    let values = ticks(low, high, 6);
    let area = Area {
        left: room(values.values.iter().map(|it| plain(&values)(*it))),
        right: width - 12.0,
        top: 30.0,
        bottom: 30.0 + HEIGHT,
    };
    let scale = Scale::new((low, high), (area.bottom, area.top));
    let mut canvas = Canvas::default();
    let times = time_ticks(span.0, span.1, area.times_max());
    area.times(&mut canvas, &times, span, true);
    area.values(&mut canvas, &scale, &values, plain(&values));
    area.base(&mut canvas);

    // Highs and lows of each column, then closes over them.
    let extremes = candles
        .iter()
        .flat_map(|it| [(at(it), value(it.low)), (at(it), value(it.high))]);
    let mut ranges = Path::default();
    for column in columns(extremes, span, area.columns()) {
        if column.high > column.low {
            ranges.move_to(area.column(column.at), scale.at(column.high));
            ranges.vertical(scale.at(column.low));
        }
    }
    canvas.path("range", &ranges, None);
    let closes = candles.iter().map(|it| (at(it), value(it.close)));
    let thin = columns(closes, span, area.columns());
    canvas.path("price", &area.trace(&thin, &scale), None);
    for trip in &marked {
        let times = (
            outcome.dated_fill(trip.entry_ts, trip.entry_at_open).0,
            outcome.dated_fill(trip.exit_ts, trip.exit_at_open).0,
        );
        mark(&mut canvas, &area, &scale, (span, times), trip);
    }
    let open = outcome.open.iter();
    for trip in open.filter(|trip| trip.instrument == instrument) {
        let entered = outcome.dated_fill(trip.entry_ts, trip.entry_at_open).0;
        let x = area.time(entered, span);
        let y = scale.at(value(trip.entry_price));
        let mut held = Path::default();
        held.move_to(x, y);
        held.line_to(area.right, scale.at(value(last.close)));
        canvas.path("still", &held, None);
        let is_long = trip.position.0 > 0;
        let says = format!("Open since {}", date(entered, report.with_time()));
        let class = if is_long { "buy" } else { "sell" };
        let y = if is_long { y + 3.0 } else { y - 3.0 };
        canvas.path(class, &Path::triangle(x, y, is_long), Some(&says));
    }
    legend(
        &mut canvas,
        (area.left, 16.0),
        &[("price", "Close"), ("won", "Won"), ("lost", "Lost")],
    );
    if width > 600.0 {
        let at = (area.right, 16.0);
        let says = "\u{25b2} bought  \u{25bc} sold";
        canvas.text("tick", Anchor::End, at, says);
    }
    let symbol = report.symbol(instrument);
    let says = format!(
        "{} from {} to {}, with {} marked.",
        symbol,
        date(span.0, false),
        date_of_end(span.1, false),
        trips_in_words(marked.len() as u64),
    );
    let name = format!("price-{}", file_name(&symbol, instrument));
    let currency = report.currency_of(instrument);
    let title = if currency == report.currency {
        format!("{symbol}: price and trades")
    } else {
        format!("{symbol}: price in {currency}, and trades")
    };
    let mut plot = Plot::new(&name, &title, says, (width, area.bottom + 24.0), canvas);
    let tick = report.instruments.get(instrument.0 as usize);
    let decimals = tick.map_or(2, |it| decimals_of(value(it.tick_size)));
    plot.hover = Some(Hover {
        x: (area.left, area.right),
        y: (area.top, area.bottom),
        from: span.0,
        to: span.1,
        with_time: report.with_time(),
        lines: vec![HoverLine {
            name: "Close".to_owned(),
            unit: "",
            decimals,
            points: thin.iter().map(|it| (it.ts, it.last)).collect(),
        }],
    });
    Some(plot)
}

/// A symbol as part of a file's name; two that come to the same are told apart by their ids.
fn file_name(symbol: &str, instrument: InstrumentId) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if symbol.chars().all(is_plain) {
        symbol.to_lowercase()
    } else {
        let plain = symbol.chars().filter(|letter| is_plain(*letter));
        format!(
            "{}-{}",
            plain.collect::<String>().to_lowercase(),
            instrument.0
        )
    }
}

/// A line from entry to exit, and a triangle at each: bought points up from below, sold down from above.
fn mark(
    canvas: &mut Canvas,
    area: &Area,
    scale: &Scale,
    (span, (entered, left)): ((u64, u64), (u64, u64)),
    trip: &RoundTrip,
) {
    let at = |ts: u64, price: types::Price| (area.time(ts, span), scale.at(price.0 as f64 / ONE));
    let entry = at(entered, trip.entry_price);
    let exit = at(left, trip.exit_price);
    let mut way = Path::default();
    way.move_to(entry.0, entry.1);
    way.line_to(exit.0, exit.1);
    let is_long = trip.side == Side::Buy;
    let says = format!(
        "{} {} at {} on {}, out at {} on {}: {}",
        if is_long { "Long" } else { "Short" },
        trip.qty,
        trip.entry_price,
        date(entered, false),
        trip.exit_price,
        date(left, false),
        signed_amount(trip.pnl),
    );
    let class = if trip.pnl.0 >= 0 { "won" } else { "lost" };
    canvas.path(class, &way, Some(&says));
    for ((x, y), bought) in [(entry, is_long), (exit, !is_long)] {
        let (class, y) = if bought {
            ("buy", y + 3.0)
        } else {
            ("sell", y - 3.0)
        };
        canvas.path(class, &Path::triangle(x, y, bought), None);
    }
}

fn trips_in_words(number: u64) -> String {
    if number == 1 {
        "1 round trip".to_owned()
    } else {
        format!("{} round trips", count(number))
    }
}

pub(super) fn caption(report: &Report<'_>, instrument: InstrumentId) -> String {
    let trips = report.outcome.iter().flat_map(|outcome| &outcome.trips);
    let all = trips.filter(|it| it.instrument == instrument).count();
    if all > MARKS_MAX {
        format!(
            "{} are too many to be told apart; marked are the {MARKS_MAX} that won or lost most. Grey is from low to high.",
            trips_in_words(all as u64),
        )
    } else {
        format!(
            "{} marked from entry to exit. Grey is from low to high.",
            trips_in_words(all as u64)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{Leg, Money, Price, Qty, TimestampNs};

    #[test]
    fn a_mark_is_where_and_when_it_was_traded() {
        let area = Area {
            left: 100.0,
            right: 200.0,
            top: 0.0,
            bottom: 100.0,
        };
        let scale = Scale::new((0.0, 10.0), (100.0, 0.0));
        let trip = RoundTrip {
            instrument: InstrumentId(0),
            leg: Leg::Net,
            side: Side::Buy,
            qty: Qty::ONE,
            entry_ts: TimestampNs(10),
            exit_ts: TimestampNs(30),
            entry_at_open: true,
            exit_at_open: false,
            entry_price: Price::whole(2),
            exit_price: Price::whole(8),
            pnl: Money::whole(6),
            fees: Money::ZERO,
            rate: Price::ONE,
            bars: 2,
            mae: Money::ZERO,
            mfe: Money::whole(6),
        };
        let mut canvas = Canvas::default();
        mark(&mut canvas, &area, &scale, ((0, 40), (10, 30)), &trip);
        let plot = Plot::new("t", "t", String::new(), (200.0, 100.0), canvas);
        let svg = plot.inline("");
        // A quarter along at 2 of 10, three quarters along at 8 of 10.
        assert!(svg.contains("class=\"won\" d=\"M125 80L175 20\""), "{svg}");
        assert!(svg.contains("class=\"buy\" d=\"M125 83L"), "{svg}");
        assert!(svg.contains("class=\"sell\" d=\"M175 17L"), "{svg}");
    }
}
