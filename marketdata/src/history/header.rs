//! Tables that say themselves what they hold, by the names of their columns: of a text and of Parquet alike.

use std::collections::BTreeMap;
use std::fmt;

use super::cells::Field;
use super::clock::{self, TimeForm, by_own_clock};
use super::layout::{DAY_NS, Layout};
use super::text::fields;

/// What the time of a row may be called that is not called what it is here. Where there are several, the first of these.
const TIMES: [&str; 4] = ["timestamp", "datetime", "date", "time"];

/// Fields with other names than their own.
const OTHER_NAMES: [(&str, &[&str]); 7] = [
    ("ts", &["local_timestamp", "timestamp"]),
    ("qty", &["size", "quantity", "amount"]),
    ("bid", &["bid_price"]),
    ("ask", &["ask_price"]),
    ("bid_qty", &["bid_size", "bid_quantity", "bid_amount"]),
    ("ask_qty", &["ask_size", "ask_quantity", "ask_amount"]),
    ("buyer_maker", &["is_buyer_maker"]),
];

/// What makes a row, and what it may have besides.
const BAR: ([&str; 4], [&str; 3]) = (
    ["open", "high", "low", "close"],
    ["volume", "symbol", "period"],
);
const QUOTE: ([&str; 2], [&str; 3]) = (["bid", "ask"], ["bid_qty", "ask_qty", "symbol"]);
const TRADE: ([&str; 2], [&str; 3]) = (["price", "qty"], ["side", "buyer_maker", "symbol"]);

/// What the first value of a column is, where its name alone does not say what the column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// An instant, or a count since 1970.
    Instant,
    /// A time of day without its date.
    TimeOfDay,
    /// A date without a time.
    Date,
    /// No time.
    Other,
}

impl First {
    /// What a text is.
    pub(super) fn of(value: &[u8]) -> Self {
        match value.trim_ascii() {
            value if clock::is_time_of_day(value) => Self::TimeOfDay,
            value if clock::is_date(value) => Self::Date,
            value if clock::is_instant(value) => Self::Instant,
            _ => Self::Other,
        }
    }
}

/// What orders and the levels of books have beside a price and a quantity, and quotes and trades have not.
const NO_TRADES: [&str; 8] = [
    "is_snapshot",
    "order_id",
    "action",
    "type",
    "event",
    "event_type",
    "update_type",
    "level",
];

/// Why the names do not say what the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unclear {
    /// Nothing of a row is there.
    Nothing,
    /// What of a row is missing, or there more than once.
    Row(String),
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no column has a name that is known"),
            Self::Row(problem) => f.write_str(problem),
        }
    }
}

/// The columns of a row: the fields that they are, and what the table calls them.
type Columns<'a> = Vec<(&'static str, &'a str)>;

/// The names of a table's columns.
struct Names<'a>(&'a [&'a str]);

impl<'a> Names<'a> {
    /// The columns of a name: as it is, or where there is none, in any case.
    fn called(&self, wanted: &str) -> Vec<&'a str> {
        let names = || self.0.iter().copied();
        let exact: Vec<_> = names().filter(|name| *name == wanted).collect();
        if exact.is_empty() {
            names()
                .filter(|name| name.eq_ignore_ascii_case(wanted))
                .collect()
        } else {
            exact
        }
    }

    /// The one column of a name.
    fn one(&self, field: &str, names: &[&str]) -> Result<Option<&'a str>, Unclear> {
        let found: Vec<_> = names.iter().flat_map(|name| self.called(name)).collect();
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Unclear::Row(format!(
                "the columns '{}' could each be {field}",
                found.join("', '")
            ))),
        }
    }

    /// The one column of a field.
    fn field(&self, field: &'static str) -> Result<Option<&'a str>, Unclear> {
        self.one(field, &names_of(field))
    }

    /// How many of the fields are there.
    fn count(&self, wanted: &[&'static str]) -> usize {
        let is_there = |field: &&&'static str| {
            names_of(field)
                .iter()
                .any(|name| !self.called(name).is_empty())
        };
        wanted.iter().filter(is_there).count()
    }

    /// The columns of a row of these fields, all of which have to be there, and of those that may be.
    fn row(
        &self,
        wanted: &[&'static str],
        others: &[&'static str],
    ) -> Result<Columns<'a>, Unclear> {
        let mut columns = Vec::new();
        for &field in wanted {
            let name = self.field(field)?.ok_or_else(|| missing(field))?;
            columns.push((field, name));
        }
        for &field in others {
            columns.extend(self.field(field)?.map(|name| (field, name)));
        }
        Ok(columns)
    }

    /// A time that is none of our names: of `date` and `time` together, or else in `field`.
    fn time(&self, field: &'static str) -> Result<Option<Columns<'a>>, Unclear> {
        let found = |name| self.one("the time", &[name]);
        if let (Some(date), Some(time)) = (found("date")?, found("time")?) {
            return Ok(Some(vec![("date", date), ("time", time)]));
        }
        for name in TIMES {
            if let Some(time) = found(name)? {
                return Ok(Some(vec![(field, time)]));
            }
        }
        Ok(None)
    }

    /// A time that is none of our names, and of a day where its first value is one.
    fn time_told(
        &self,
        field: &'static str,
        first: &impl Fn(&str) -> First,
    ) -> Result<Option<Columns<'a>>, Unclear> {
        let mut columns = self.time(field)?;
        if let Some([(field, name)]) = columns.as_deref_mut()
            && name.eq_ignore_ascii_case("time")
            && first(name) == First::TimeOfDay
        {
            *field = "time";
        }
        Ok(columns)
    }

    /// The times of a bar. Without a name of ours it is the start that a time is of.
    fn bar_times(&self, first: &impl Fn(&str) -> First) -> Result<Columns<'a>, Unclear> {
        let is_ours = self.count(&["start"]) > 0
            || ["ts", "local_timestamp"]
                .iter()
                .any(|name| !self.called(name).is_empty());
        let foreign = if is_ours {
            None
        } else {
            self.time_told("start", first)?
        };
        let has_foreign = foreign.is_some();
        let mut columns = foreign.unwrap_or_default();
        if is_ours {
            for field in ["start", "ts"] {
                columns.extend(self.field(field)?.map(|name| (field, name)));
            }
        }
        columns.extend(self.field("end")?.map(|name| ("end", name)));
        // Beside a time of others it is the last price, if anything.
        if !has_foreign {
            columns.extend(self.field("last")?.map(|name| ("last", name)));
        }
        if columns.is_empty() {
            return Err(Unclear::Row(format!(
                "no column is a bar's time, which is called start, end, {}",
                list(&names_of("ts"), &TIMES[1..])
            )));
        }
        Ok(columns)
    }

    /// The times of a quote or trade.
    fn times(&self, first: &impl Fn(&str) -> First) -> Result<Columns<'a>, Unclear> {
        let mut columns = Vec::new();
        if let Some(name) = self.field("ts")? {
            columns.push(("ts", name));
        } else if let Some(time) = self.time_told("ts", first)? {
            columns = time;
        }
        // It would be known from the first instant of its day.
        if let [("ts", name)] = columns[..]
            && first(name) == First::Date
        {
            return Err(Unclear::Row(format!(
                "the time '{name}' is a date alone, which says of a quote or a trade not when it was"
            )));
        }
        // Of others it is at times the name of a venue.
        if let Some(name) = self.field("venue")?
            && first(name) != First::Other
        {
            columns.push(("venue", name));
        }
        if columns.is_empty() {
            return Err(Unclear::Row(format!(
                "no column is the time, which is called {}",
                list(&names_of("ts"), &TIMES[1..])
            )));
        }
        Ok(columns)
    }
}

fn list(some: &[&str], others: &[&str]) -> String {
    [some, others].concat().join(", ")
}

/// A field's own name and the others that it may have.
fn names_of(field: &'static str) -> Vec<&'static str> {
    let others = OTHER_NAMES.iter().find(|(known, _)| *known == field);
    let others = others.map_or(&[][..], |(_, others)| others);
    [&[field], others].concat()
}

fn missing(field: &'static str) -> Unclear {
    Unclear::Row(format!(
        "no column is called {}",
        names_of(field).join(" or ")
    ))
}

/// The layout of a table by the names of its columns, in any order and whatever the case: bars with open, high, low and close,
/// else quotes with a bid and an ask, or trades with a price and a quantity. `first` tells the first value of a column.
pub(super) fn by_names(names: &[&str], first: impl Fn(&str) -> First) -> Result<Layout, Unclear> {
    let table = Names(names);
    let (bars, quotes, trades) = (
        table.count(&BAR.0),
        table.count(&QUOTE.0),
        table.count(&TRADE.0),
    );
    let has_quotes = quotes == QUOTE.0.len();
    let has_trades = trades == TRADE.0.len();
    let are_bars = bars == BAR.0.len() || !has_quotes && !has_trades && bars > quotes.max(trades);
    let columns = if are_bars {
        let mut columns = table.row(&BAR.0, &BAR.1)?;
        columns.extend(table.bar_times(&first)?);
        columns
    } else if has_quotes && has_trades {
        return Err(Unclear::Row(
            "its columns make both quotes (bid, ask) and trades (price, qty)".to_owned(),
        ));
    } else if quotes == 0 && trades == 0 {
        return Err(Unclear::Nothing);
    } else {
        let (wanted, others) = if quotes > trades { QUOTE } else { TRADE };
        let mut columns = table.row(&wanted, &others)?;
        if let Some(other) = NO_TRADES.iter().find_map(|name| table.called(name).pop()) {
            return Err(Unclear::Row(format!(
                "with a column '{other}' its rows may be orders or levels of a book"
            )));
        }
        columns.extend(table.times(&first)?);
        columns
    };
    let fields: Vec<_> = columns.iter().map(|(field, _)| *field).collect();
    let mut layout =
        Layout::parse(&fields.join(","), b',').map_err(|error| Unclear::Row(error.to_string()))?;
    for (column, (_, header)) in layout.columns.iter_mut().zip(&columns) {
        column.header = Some((*header).to_owned());
    }
    Ok(layout)
}

/// The layout of a text by its first line and the rows behind it, with `,`, `;` or a tab between columns.
pub(super) fn of_text(header: &str, rows: &[u8]) -> Result<Layout, Unclear> {
    let mut unclear = Unclear::Nothing;
    for separator in [b',', b';', b'\t'] {
        let mut names: Vec<&str> = fields(header.as_bytes(), separator)
            .map(|name| std::str::from_utf8(name).unwrap_or_default().trim())
            .collect();
        while names.last().is_some_and(|name| name.is_empty()) {
            names.pop();
        }
        let first = |name: &str| {
            let place = names.iter().position(|known| *known == name);
            let line = rows.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let value = place.and_then(|place| fields(line, separator).nth(place));
            value.map_or(First::Other, First::of)
        };
        match by_names(&names, first) {
            Ok(layout) => {
                return Ok(Layout {
                    separator,
                    ..layout
                });
            }
            Err(Unclear::Nothing) => {}
            Err(problem) => unclear = problem,
        }
    }
    Err(unclear)
}

/// Starts of bars, by their own clock: whether they are of days.
#[derive(Debug, Default)]
pub(super) struct DailyStarts {
    /// The time of day of all of them, ns.
    of_day: Option<i128>,
    /// The newest start of each symbol.
    newest: BTreeMap<Vec<u8>, i128>,
    /// How many rows follow another of their symbol, and how many of those within four days.
    gaps: u64,
    short_gaps: u64,
    /// A row follows another on another day.
    has_days: bool,
}

impl DailyStarts {
    /// Such as have to be midnights.
    pub(super) fn at_midnight() -> Self {
        Self {
            of_day: Some(0),
            ..Self::default()
        }
    }

    /// Takes the start of a symbol's bar, in ns since 1970; `false` where none of days begins then.
    pub(super) fn add(&mut self, symbol: &[u8], start: i128) -> bool {
        let day = i128::from(DAY_NS);
        if *self.of_day.get_or_insert(start % day) != start % day {
            return false;
        }
        let before = match self.newest.get_mut(symbol) {
            Some(newest) => Some(std::mem::replace(newest, start)),
            None => self.newest.insert(symbol.to_vec(), start),
        };
        if let Some(before) = before {
            let gap = (start - before).abs();
            self.gaps += 1;
            self.short_gaps += u64::from(gap <= 4 * day);
            self.has_days |= gap > 0;
        }
        true
    }

    /// Whether the bars are of days: most follow another of their symbol within four days. One row at midnight says
    /// nothing else; another time of day is that of all only if there are more.
    pub(super) fn are_daily(&self) -> bool {
        let is_told = self.has_days || self.of_day == Some(0);
        let is_short = self.gaps == 0 || self.short_gaps > self.gaps / 2;
        is_told && is_short && !self.newest.is_empty()
    }
}

impl Layout {
    /// Whether the rows at the beginning of a text, behind its header, are bars of a day: all start at midnight, and most
    /// follow another of their symbol within four days. Of one row nothing says otherwise.
    pub(super) fn is_daily(&self, header: &str, rows: &[u8]) -> bool {
        let separator = self.separator;
        let place = |wanted: fn(Field) -> bool| {
            let column = self.columns.iter();
            let mut column = column.filter(|column| column.field.is_some_and(wanted));
            let header_of = column.next()?.header.as_deref()?;
            fields(header.as_bytes(), separator)
                .position(|name| name.trim_ascii() == header_of.as_bytes())
        };
        let Some(start) = place(|field| matches!(field, Field::Start(TimeForm::Auto))) else {
            return false;
        };
        let symbol = place(|field| field == Field::Symbol);
        // The last one may go on beyond what is there.
        let end = rows.iter().rposition(|byte| *byte == b'\n');
        let lines = rows[..end.unwrap_or(rows.len())].split(|byte| *byte == b'\n');
        let mut starts = DailyStarts::at_midnight();
        for line in lines {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let value = |place| fields(line, separator).nth(place);
            let Some(start) = value(start).and_then(|it| by_own_clock(it.trim_ascii())) else {
                continue;
            };
            if !starts.add(symbol.and_then(value).unwrap_or_default(), start) {
                return false;
            }
        }
        starts.are_daily()
    }

    /// Whether the names of a text's columns that are known are those of this layout, a vendor's, at their places.
    pub(super) fn agrees_with(&self, header: &str, separator: u8) -> bool {
        if separator != self.separator {
            return false;
        }
        let named = [
            &BAR.0[..],
            &QUOTE.0,
            &TRADE.0,
            &["symbol", "side", "buyer_maker"],
        ]
        .concat();
        let times = [&names_of("ts")[..], &TIMES].concat();
        let mut names = fields(header.as_bytes(), self.separator).map(<[u8]>::trim_ascii);
        let mut columns = self.columns.iter();
        names.all(|name| {
            let field = columns.next().and_then(|column| column.field);
            let is = |known: &&'static str| name.eq_ignore_ascii_case(known.as_bytes());
            if times.iter().any(is) {
                return field.is_some_and(Field::is_time);
            }
            let told = named.iter().find(|field| names_of(field).iter().any(is));
            told.is_none_or(|told| field.is_some_and(|field| field.name() == *told))
        })
    }

    /// The layout that the names make of a vendor's file that is in another order: the vendor's clock, and how long its
    /// bars are.
    pub(super) fn of(self, vendor: &Self) -> Self {
        let interval = vendor.interval.filter(|_| !self.ends_by_name());
        Self {
            zone: self.zone.or_else(|| vendor.zone.clone()),
            interval: interval.or(self.interval),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a header makes of a row, as fields and the columns that they are.
    fn told(header: &str, first: First) -> Result<String, String> {
        let names: Vec<_> = header.split(',').collect();
        let layout = by_names(&names, |_| first).map_err(|error| error.to_string())?;
        let columns = layout.columns.iter().map(|column| {
            let field = column.field.map_or("-", Field::name);
            format!("{field}={}", column.header.as_deref().unwrap_or_default())
        });
        Ok(columns.collect::<Vec<_>>().join(","))
    }

    #[test]
    fn names_in_any_case_and_order_say_what_a_row_is() {
        for (header, columns) in [
            // Bars.
            (
                "volume,close,low,HIGH,open,ts",
                "open=open,high=HIGH,low=low,close=close,volume=volume,ts=ts",
            ),
            (
                "Date,Time,Open,High,Low,Close",
                "open=Open,high=High,low=Low,close=Close,date=Date,time=Time",
            ),
            (
                "start,end,symbol,open,high,low,close",
                "open=open,high=high,low=low,close=close,symbol=symbol,start=start,end=end",
            ),
            // Beside `date` the last price; beside `start` the last step of the bar.
            (
                "date,open,high,low,close,last",
                "open=open,high=high,low=low,close=close,start=date",
            ),
            (
                "start,open,high,low,close,last",
                "open=open,high=high,low=low,close=close,start=start,last=last",
            ),
            // Quotes.
            ("TS,Bid,Ask", "bid=Bid,ask=Ask,ts=TS"),
            (
                "ask_size,ask,bid_size,bid,last,Timestamp",
                "bid=bid,ask=ask,bid_qty=bid_size,ask_qty=ask_size,ts=Timestamp",
            ),
            // Trades.
            (
                "id,ts,price,qty,side",
                "price=price,qty=qty,side=side,ts=ts",
            ),
            (
                "symbol,Size,Price,datetime,is_buyer_maker",
                "price=Price,qty=Size,buyer_maker=is_buyer_maker,symbol=symbol,ts=datetime",
            ),
            (
                "timestamp,datetime,price,amount",
                "price=price,qty=amount,ts=timestamp",
            ),
            ("time,price,qty", "price=price,qty=qty,ts=time"),
            (
                "date,time,price,qty",
                "price=price,qty=qty,date=date,time=time",
            ),
            // The name as it is here goes before one in another case.
            ("Price,price,qty,ts", "price=price,qty=qty,ts=ts"),
        ] {
            assert_eq!(told(header, First::Instant).as_deref(), Ok(columns));
        }
        // Values decide where the name does not: a time of day, and a `venue` that is its name.
        let of_day = told("time,price,qty", First::TimeOfDay);
        assert_eq!(of_day.unwrap(), "price=price,qty=qty,time=time");
        let named = told("ts,venue,price,qty", First::Other);
        assert_eq!(named.unwrap(), "price=price,qty=qty,ts=ts");
        let of_a_day = told("date,price,qty", First::Date);
        assert_eq!(
            of_a_day.unwrap_err(),
            "the time 'date' is a date alone, which says of a quote or a trade not when it was"
        );
        let with_time = told("date,time,price,qty", First::Date);
        assert_eq!(
            with_time.unwrap(),
            "price=price,qty=qty,date=date,time=time"
        );
    }

    #[test]
    fn names_that_do_not_tell_say_what_is_missing_or_twice() {
        for (header, problem) in [
            ("a,b,c", "no column has a name that is known"),
            (
                "ts,price",
                "no column is called qty or size or quantity or amount",
            ),
            ("ts,bid", "no column is called ask or ask_price"),
            ("date,open,high,close", "no column is called low"),
            (
                "price,qty",
                "no column is the time, which is called ts, local_timestamp, timestamp, datetime, date, time",
            ),
            (
                "open,high,low,close",
                "no column is a bar's time, which is called start, end, ts, local_timestamp, timestamp, datetime, date, time",
            ),
            (
                "ts,timestamp,price,qty",
                "the columns 'ts', 'timestamp' could each be ts",
            ),
            (
                "ts,price,size,amount",
                "the columns 'size', 'amount' could each be qty",
            ),
            (
                "Close,CLOSE,open,high,low,ts",
                "the columns 'Close', 'CLOSE' could each be close",
            ),
            (
                "timestamp,is_snapshot,side,price,amount",
                "with a column 'is_snapshot' its rows may be orders or levels of a book",
            ),
            (
                "ts,Order_Id,Type,price,size",
                "with a column 'Order_Id' its rows may be orders or levels of a book",
            ),
            (
                "ts,bid,ask,price,qty",
                "its columns make both quotes (bid, ask) and trades (price, qty)",
            ),
        ] {
            assert_eq!(
                told(header, First::Instant).unwrap_err(),
                problem,
                "{header}"
            );
        }
    }
}
