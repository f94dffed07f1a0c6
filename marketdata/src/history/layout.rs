//! Which column holds what: declared by the user, or known of a vendor.

use types::Label;

use super::cells::{Field, Shape};
use super::clock::{TimeForm, Zone};

const MINUTE_NS: u64 = 60_000_000_000;
pub(super) const DAY_NS: u64 = 1_440 * MINUTE_NS;

/// The most columns of a layout.
const COLUMNS_MAX: usize = 256;

/// The columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    pub(super) shape: Shape,
    /// The byte between columns of a text.
    pub(super) separator: u8,
    /// Columns that must be there.
    pub(super) required: usize,
    /// More columns than declared are passed over.
    pub(super) has_more: bool,
    pub(super) zone: Option<Zone>,
    /// The length of its bars, ns.
    pub(super) interval: Option<u64>,
    /// Its prices are binary floats that were written out: with a tick they are what was meant.
    pub(super) has_floats: bool,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// What it holds; `None` for what is passed over.
    pub(super) field: Option<Field>,
    /// What its numbers are divided by.
    pub(super) divisor: i64,
    /// What the file calls it; `None` where its place says which it is.
    pub(super) header: Option<String>,
}

/// Why a declaration of columns was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("columns: '{item}': {problem}")]
pub struct LayoutError {
    /// The part that is wrong.
    pub item: String,
    /// What is wrong, and what would be accepted.
    pub problem: &'static str,
}

/// A layout of a vendor.
pub(super) struct Preset {
    pub(super) name: &'static str,
    columns: &'static str,
    separator: u8,
    /// Hours from UTC, where the vendor's times are not in UTC.
    hours: i8,
    pub(super) interval: Option<u64>,
    /// Its prices are binary floats that were written out.
    has_floats: bool,
    /// First lines of this layout, in any case.
    pub(super) headers: &'static [&'static str],
}

/// The layouts that are known by name. `docs/data.md` names their sources.
pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "binance-klines",
        columns: "start,open,high,low,close,volume,last,...",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &[
            "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore",
        ],
    },
    Preset {
        name: "binance-trades",
        columns: "-,price,qty,-,ts,buyer_maker,...",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &["id,price,qty,quote_qty,time,is_buyer_maker"],
    },
    Preset {
        name: "binance-agg-trades",
        columns: "-,price,qty,-,-,ts,buyer_maker,...",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &[
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
        ],
    },
    Preset {
        name: "yahoo",
        columns: "start,open,high,low,close,-,volume",
        separator: b',',
        hours: 0,
        interval: Some(DAY_NS),
        has_floats: true,
        headers: &["Date,Open,High,Low,Close,Adj Close,Volume"],
    },
    Preset {
        name: "histdata-m1",
        columns: "start,open,high,low,close,volume",
        separator: b';',
        hours: -5,
        interval: Some(MINUTE_NS),
        has_floats: false,
        headers: &[],
    },
    Preset {
        name: "histdata-mt",
        columns: "date,time,open,high,low,close,volume",
        separator: b',',
        hours: -5,
        interval: Some(MINUTE_NS),
        has_floats: false,
        headers: &[],
    },
    Preset {
        name: "histdata-ticks",
        columns: "ts,bid,ask,-",
        separator: b',',
        hours: -5,
        interval: None,
        has_floats: false,
        headers: &[],
    },
    Preset {
        name: "stooq",
        columns: "start,open,high,low,close,volume?",
        separator: b',',
        hours: 0,
        interval: Some(DAY_NS),
        has_floats: false,
        headers: &[
            "Date,Open,High,Low,Close,Volume",
            "Date,Open,High,Low,Close",
        ],
    },
    Preset {
        name: "stooq-bulk",
        columns: "symbol,period,date,time,open,high,low,close,volume,-",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &["<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"],
    },
    Preset {
        name: "tardis-trades",
        columns: "-,symbol,venue:us,ts:us,-,side,price,qty",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &["exchange,symbol,timestamp,local_timestamp,id,side,price,amount"],
    },
    Preset {
        name: "tardis-quotes",
        columns: "-,symbol,venue:us,ts:us,ask_qty,ask,bid,bid_qty",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &[
            "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
        ],
    },
    Preset {
        name: "bars",
        columns: "start:ns,open,high,low,close,volume",
        separator: b',',
        hours: 0,
        interval: None,
        has_floats: false,
        headers: &["ts_ns,open,high,low,close,volume"],
    },
];

impl Preset {
    /// The layout. `None` only if the constant table above is wrong, which a test rules out.
    pub(super) fn layout(&self) -> Option<Layout> {
        let mut layout = Layout::parse(self.columns, self.separator).ok()?;
        layout.name = self.name;
        layout.interval = self.interval;
        layout.has_floats = self.has_floats;
        layout.zone = (self.hours != 0).then(|| Zone::hours(self.hours));
        Some(layout)
    }
}

impl Layout {
    /// Reads a declaration of columns: names with commas between them, `-` for a column that is passed over, `...`
    /// at the end for any more.
    ///
    /// `name[=header][:unit][/divisor][?]`: a header instead of a place (then every column needs one), `ns`, `us`,
    /// `ms` or `s` of a time that is a count (left out: a date and time, or a count told by its digits), a power of
    /// ten that numbers are divided by, and `?` at the last columns for such as may be absent.
    ///
    /// # Errors
    /// Where the declaration makes no row: see the message.
    pub fn parse(columns: &str, separator: u8) -> Result<Self, LayoutError> {
        let fail = |item: &str, problem| {
            Err(LayoutError {
                item: item.to_owned(),
                problem,
            })
        };
        let mut parsed: Vec<Column> = Vec::new();
        let mut required = 0;
        let mut has_more = false;
        for item in columns.split(',').map(str::trim) {
            if has_more || parsed.len() == COLUMNS_MAX {
                return fail(
                    item,
                    "nothing may follow '...', and 256 columns are the most",
                );
            }
            if item == "..." {
                has_more = true;
                continue;
            }
            let (column, is_optional) = match item.strip_suffix('?') {
                Some(item) => (column(item)?, true),
                None => (column(item)?, false),
            };
            if let Some(field) = column.field
                && parsed
                    .iter()
                    .filter_map(|known| known.field)
                    .any(|known| known.name() == field.name())
            {
                return fail(item, "it is there already");
            }
            parsed.push(column);
            if !is_optional {
                required = parsed.len();
            }
        }
        let named = parsed
            .iter()
            .filter(|column| column.header.is_some())
            .count();
        if named != 0 && named != parsed.len() {
            return fail(
                columns,
                "either every column has a header (name=header) or none",
            );
        }
        let has = |name: &str| {
            parsed
                .iter()
                .filter_map(|column| column.field)
                .any(|field| field.name() == name)
        };
        let shape = if has("open") && has("high") && has("low") && has("close") {
            Shape::Bar
        } else if has("bid") && has("ask") {
            Shape::Quote
        } else if has("price") && has("qty") {
            Shape::Trade
        } else {
            return fail(
                columns,
                "no row; accepted: price and qty, or bid and ask, or open, high, low and close",
            );
        };
        // A bar has a start and an end; when the venue says that it happened is neither.
        let is_told = |field: Field| {
            field.is_time() && (shape != Shape::Bar || !matches!(field, Field::Venue(_)))
        };
        if !parsed.iter().filter_map(|column| column.field).any(is_told) {
            return fail(
                columns,
                "no time; accepted: ts, venue, time or date, of a bar start, end, last, ts, time or date",
            );
        }
        Ok(Self {
            name: "columns",
            columns: parsed,
            shape,
            separator,
            required,
            has_more,
            zone: None,
            interval: None,
            has_floats: false,
        })
    }

    /// Whether rows need the date of the file.
    pub(super) fn needs_date(&self) -> bool {
        let has = |wanted: fn(Field) -> bool| {
            self.columns
                .iter()
                .filter_map(|column| column.field)
                .any(wanted)
        };
        has(|field| matches!(field, Field::Time(_))) && !has(|field| field == Field::Date)
    }

    /// Whether rows are bars that say neither their length nor both their start and their end.
    pub(super) fn needs_interval(&self) -> bool {
        let has = |wanted: fn(Field) -> bool| {
            self.columns
                .iter()
                .filter_map(|column| column.field)
                .any(wanted)
        };
        let has_start =
            has(|field| matches!(field, Field::Start(_) | Field::Date | Field::Time(_)));
        let has_end = has(|field| matches!(field, Field::End(_) | Field::Last(_) | Field::Ts(_)));
        self.shape == Shape::Bar
            && self.interval.is_none()
            && !has(|field| field == Field::Period)
            && !(has_start && has_end)
    }

    /// Whether rows say their symbol.
    pub(super) fn names_symbols(&self) -> bool {
        self.columns
            .iter()
            .any(|column| column.field == Some(Field::Symbol))
    }

    /// Whether the only time of its bars is a column `ts` or `local_timestamp`, which is their end, and which others have
    /// for their start.
    pub(super) fn ends_by_name(&self) -> bool {
        let times = self
            .columns
            .iter()
            .filter(|column| column.field.is_some_and(Field::is_time));
        let names: Vec<_> = times
            .filter_map(|column| column.header.as_deref())
            .collect();
        matches!(names[..], [name] if ["ts", "local_timestamp"].iter().any(|end| name.eq_ignore_ascii_case(end)))
    }

    /// Whether columns go by their header.
    pub(super) fn has_headers(&self) -> bool {
        self.columns.iter().any(|column| column.header.is_some())
    }
}

fn column(item: &str) -> Result<Column, LayoutError> {
    let error = |problem| LayoutError {
        item: item.to_owned(),
        problem,
    };
    if item == "-" {
        return Ok(Column {
            field: None,
            divisor: 1,
            header: None,
        });
    }
    let (item, divisor) = match item.rsplit_once('/') {
        Some((item, divisor)) => (item, Some(divisor)),
        None => (item, None),
    };
    let (name, header, unit) = match item.split_once('=') {
        Some((name, header)) => match header.rsplit_once(':') {
            Some((header, unit)) => (name, Some(header), Some(unit)),
            None => (name, Some(header), None),
        },
        None => match item.split_once(':') {
            Some((name, unit)) => (name, None, Some(unit)),
            None => (item, None, None),
        },
    };
    let form = unit.map_or(Some(TimeForm::Auto), TimeForm::named);
    let form = form.ok_or_else(|| error("the unit of a time is ns, us, ms, s or auto"))?;
    let field = Field::named(name, form).ok_or_else(|| {
        error(
            "accepted: ts, venue, start, end, last, date, time, symbol, period, price, qty, side, buyer_maker, \
             bid, bid_qty, ask, ask_qty, open, high, low, close, volume, - or ...",
        )
    })?;
    if unit.is_some() && !field.is_time() {
        return Err(error("only a time has a unit"));
    }
    let decimals = match field {
        Field::Price(_) => 9,
        Field::Qty(_) => 8,
        _ => 0,
    };
    let divisor = match divisor {
        None => 1,
        Some(text) => (1..=decimals)
            .map(|power| 10_i64.pow(power))
            .find(|power| power.to_string() == text)
            .ok_or_else(|| error("a price or quantity is divided by 10, 100, 1000, ..."))?,
    };
    Ok(Column {
        field: Some(field),
        divisor,
        header: header.map(str::to_owned),
    })
}

/// The label that a file's name gives its rows.
pub(super) fn label_of(name: &str) -> Option<Label> {
    let stem = name.split('.').next().unwrap_or_default();
    let end = stem.len().min(Label::LEN_MAX);
    Label::new(stem.get(..end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_layout() {
        for preset in PRESETS {
            assert!(preset.layout().is_some(), "{}", preset.name);
        }
    }

    #[test]
    fn a_declaration_says_place_header_unit_and_divisor() {
        let layout = Layout::parse("time:ms,price/10000,qty,-,...", b',').unwrap();
        assert_eq!(layout.shape, Shape::Trade);
        assert_eq!(layout.columns[1].divisor, 10_000);
        assert_eq!((layout.required, layout.has_more), (4, true));
        assert!(layout.needs_date());
        let layout = Layout::parse("ts=when:us,bid=b,ask=a", b',').unwrap();
        assert_eq!(layout.columns[0].header.as_deref(), Some("when"));
        assert!(layout.has_headers());
    }

    #[test]
    fn a_declaration_that_makes_no_row_says_why() {
        for (spec, problem) in [
            ("ts,price", "no row"),
            ("price,qty", "no time"),
            ("venue,open,high,low,close", "no time"),
            ("ts,cost,qty", "accepted: ts"),
            ("ts:h,price,qty", "unit"),
            ("ts,price/7,qty", "10, 100"),
            ("ts,price,price,qty", "already"),
            ("ts=t,price,qty", "every column"),
            ("...,ts,price,qty", "follow"),
            ("ts,price:ms,qty", "only a time"),
        ] {
            let error = Layout::parse(spec, b',').unwrap_err().to_string();
            assert!(error.contains(problem), "{spec}: {error}");
        }
    }
}
