//! Which format a file is in, and the reader that goes with it.

use std::io::BufRead as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::civil::Date;
use types::{Label, TimestampNs};

use super::cells::{Context, Shape};
use super::clock::{Days, Zone};
use super::databento::Databento;
use super::decode::{Decode, Setting};
use super::error::OpenError;
use super::header::{self, Unclear};
use super::itch::Itch;
use super::layout::{self, Layout, PRESETS, label_of};
use super::length::BarLength;
use super::lobster::Lobster;
use super::npz::{self, Npz};
use super::recording::{self, RecordingReader};
use super::source::{self, Bytes, Source};
use super::table::Table;
use super::tape::Tape;
use super::tardis::{self, TardisBook};
use super::text::fields;
use super::ticks::{self, Ticks};
use super::{Options, parquet, parse_date, rows};
use crate::tape;

/// The name of files without a name of their own.
const NAMELESS: &str = "unnamed";

/// The format of a recording.
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    /// Market events of every kind as text, as `dynasty data convert` writes them.
    Rows,
    /// Quotes and trades of [`crate::recording`].
    Ticks,
    /// Text with declared columns, or those of a vendor.
    Table(Layout),
    /// Levels of Tardis.
    TardisBook,
    /// A Parquet table, with declared columns or such as say themselves what they are.
    Parquet(Option<Layout>),
    /// Databento's DBN.
    Dbn,
    /// NASDAQ `TotalView-ITCH` 5.0.
    Itch,
    /// LOBSTER's messages, with the levels beside them if that file is there.
    Lobster,
    /// hftbacktest's arrays.
    Npz,
    /// Our own recording.
    Recording,
    /// What passed through the connections of feeds, as `dynasty record` writes it.
    Tape,
}

/// Formats that are no layout, by name.
const FORMATS: [(&str, Format); 10] = [
    ("rows", Format::Rows),
    ("ticks", Format::Ticks),
    ("tardis-book", Format::TardisBook),
    ("parquet", Format::Parquet(None)),
    ("dbn", Format::Dbn),
    ("itch", Format::Itch),
    ("lobster", Format::Lobster),
    ("npz", Format::Npz),
    ("recording", Format::Recording),
    ("tape", Format::Tape),
];

impl Format {
    /// The format of a name; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        let format = FORMATS.iter().find(|(known, _)| *known == name);
        format.map(|(_, format)| format.clone()).or_else(|| {
            let preset = PRESETS.iter().find(|preset| preset.name == name)?;
            preset.layout().map(Self::Table)
        })
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let formats = FORMATS.iter().map(|(name, _)| *name);
        formats.chain(PRESETS.iter().map(|preset| preset.name))
    }

    const fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Rows | Self::Ticks | Self::Table(_) | Self::TardisBook | Self::Lobster
        )
    }

    /// The name of this one; of declared columns `columns`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Table(layout) => layout.name,
            Self::Parquet(_) => "parquet",
            format => FORMATS
                .iter()
                .find(|(_, known)| known == format)
                .map_or("columns", |(name, _)| name),
        }
    }
}

/// A file that is ready to be read.
pub(super) struct Opened {
    pub(super) format: Format,
    pub(super) decoder: Box<dyn Decode>,
    /// Its rows say their symbol.
    pub(super) names_symbols: bool,
}

/// Finds the format and makes its reader.
pub(super) fn decoder(
    path: &Path,
    wanted: Option<&Format>,
    options: &Options,
    read: &Arc<AtomicU64>,
) -> Result<Opened, OpenError> {
    let Source { bytes, name } = source::open(path, read)?;
    let unread = |error: std::io::Error| {
        if error.raw_os_error().is_some() {
            OpenError::io(path, error)
        } else {
            OpenError::damaged(path, error)
        }
    };
    let mut bytes = source::with_start(bytes).map_err(unread)?;
    let magic = bytes.fill_buf().map_err(unread)?;
    let is_parquet = magic.starts_with(parquet::MAGIC);
    if wanted.is_none_or(Format::is_text) && is_utf16(magic) {
        return Err(OpenError::damaged(path, UTF_16));
    }
    let format = match wanted {
        Some(Format::Table(layout)) if is_parquet => Format::Parquet(Some(layout.clone())),
        Some(format) => format.clone(),
        None => detect(path, &name, magic)?,
    };
    let damaged = |problem: String| OpenError::damaged(path, problem);
    let first = options.symbols.first().copied();
    let setting = Setting {
        symbol: first
            .or_else(|| symbol_of(format.name(), &name))
            .or_else(|| Label::new(NAMELESS).ok())
            .ok_or_else(|| damaged("no name for its rows".to_owned()))?,
        clock: options.clock,
    };
    let mut names_symbols = true;
    let decoder: Box<dyn Decode> = match &format {
        Format::Rows => Box::new(rows::Text::new(bytes, setting)),
        Format::Ticks => {
            names_symbols = false;
            Box::new(Ticks::new(bytes, setting))
        }
        Format::Table(layout) => {
            names_symbols = layout.names_symbols();
            let context = context(layout, &name, options, setting);
            if layout.needs_date() && context.date.is_none() {
                return Err(OpenError::missing(path, NO_DATE, DATE_ACCEPTED));
            }
            if layout.needs_interval() && context.interval.is_none() {
                return Err(no_interval(path, layout.ends_by_name()));
            }
            Box::new(Table::new(bytes, layout.clone(), context))
        }
        Format::TardisBook => Box::new(TardisBook::new(bytes, setting)),
        Format::Parquet(layout) => {
            if !is_parquet {
                let problem = "no Parquet file; accepted: one that is not packed";
                return Err(damaged(problem.to_owned()));
            }
            let context = Context {
                setting,
                days: Days::new(options.zone.clone().unwrap_or(Zone::UTC)),
                date: options.date.or_else(|| date_of(&name)),
                interval: options.interval,
                tick: options.tick,
                lot: options.lot,
            };
            let length = interval_of(&name);
            let table = parquet::Table::open(path, layout.as_ref(), context, length, read);
            let table = table.map_err(damaged)?;
            names_symbols = table.names_symbols();
            if table.lacks_date() {
                return Err(OpenError::missing(path, NO_DATE, DATE_ACCEPTED));
            }
            if table.lacks_interval() {
                return Err(no_interval(path, table.ends_by_name()));
            }
            Box::new(table)
        }
        Format::Dbn => Box::new(Databento::new(bytes, setting).map_err(damaged)?),
        Format::Itch => {
            let midnight = midnight(path, &name, options)?;
            Box::new(Itch::new(bytes, midnight, setting, &options.symbols))
        }
        Format::Lobster => {
            names_symbols = false;
            let midnight = midnight(path, &name, options)?;
            let levels = levels_beside(path, read)?;
            Box::new(Lobster::new(bytes, levels, midnight, setting))
        }
        Format::Npz => {
            names_symbols = false;
            let npz = Npz::new(bytes, setting, options.tick, options.lot);
            Box::new(npz.map_err(damaged)?)
        }
        Format::Recording => match options.from.filter(|_| magic_of_file(path)) {
            Some(from) => Box::new(recording::seek(path, from, options.clock, read)?),
            None => Box::new(RecordingReader::new(bytes, options.clock).map_err(damaged)?),
        },
        Format::Tape => Box::new(Tape::new(bytes, setting).map_err(damaged)?),
    };
    Ok(Opened {
        format,
        decoder,
        names_symbols,
    })
}

const UTF_16: &str = "the text is UTF-16; accepted: UTF-8, as `iconv -f UTF-16 -t UTF-8` writes it";
const NO_TEXT: &str = "its first line is no text, and its first bytes are of none";
const EMPTY: &str = "the file is empty; accepted: one with at least one row";
const NO_DATE: &str = "its times are since midnight, and nothing says of which day";
const DATE_ACCEPTED: &str = "--date 2024-01-31, or a date in the file's name";
const NO_INTERVAL: &str = "its bars do not say both their start and their end";
const INTERVAL_ACCEPTED: &str =
    "--interval 1m (1mo of months), or a length such as 1m, 1h or 1d in the file's name";
/// Of a text the file's name does not do: it says how long bars are, and not which of the two `ts` is.
const ENDS_ACCEPTED: &str = "--interval 1m where the column ts has the bars' ends; where it has their starts, also --columns \
                             start=ts,open=open,high=high,low=low,close=close";

/// What bars of an unknown length need to have said.
fn no_interval(path: &Path, ends_by_name: bool) -> OpenError {
    let accepted = if ends_by_name {
        ENDS_ACCEPTED
    } else {
        INTERVAL_ACCEPTED
    };
    OpenError::missing(path, NO_INTERVAL, accepted)
}

fn context(layout: &Layout, name: &str, options: &Options, setting: Setting) -> Context {
    let zone = options.zone.clone().or_else(|| layout.zone.clone());
    Context {
        setting,
        days: Days::new(zone.unwrap_or(Zone::UTC)),
        date: options.date.or_else(|| date_of(name)),
        interval: options
            .interval
            .or(layout.interval.map(BarLength::Ns))
            .or_else(|| {
                let length = interval_of(name).filter(|_| !layout.ends_by_name());
                length.map(BarLength::Ns)
            }),
        tick: options.tick,
        lot: options.lot,
    }
}

/// Whether the file itself, not packed, is a recording of ours.
fn magic_of_file(path: &Path) -> bool {
    use std::io::Read as _;

    let mut magic = [0; 8];
    std::fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok_and(|()| &magic == recording::MAGIC)
}

/// When the day of a file begins in New York, or in the zone that was given.
fn midnight(path: &Path, name: &str, options: &Options) -> Result<TimestampNs, OpenError> {
    let zone = options
        .zone
        .clone()
        .or_else(|| Zone::named("America/New_York"))
        .unwrap_or(Zone::UTC);
    let date = options.date.or_else(|| date_of(name));
    date.and_then(|date| zone.midnight(date))
        .ok_or_else(|| OpenError::missing(path, NO_DATE, DATE_ACCEPTED))
}

/// Whether it is the file of levels beside a file of LOBSTER's messages, by their names.
pub fn is_levels_of_messages(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.filter(|name| name.contains("_orderbook_"))
        .map(|name| path.with_file_name(name.replace("_orderbook_", "_message_")))
        .is_some_and(|messages| messages.is_file())
}

/// The file of levels of a file of LOBSTER's messages, where there is one.
fn levels_beside(path: &Path, read: &Arc<AtomicU64>) -> Result<Option<Bytes>, OpenError> {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let Some(name) = name.filter(|name| name.contains("_message_")) else {
        return Ok(None);
    };
    let beside = path.with_file_name(name.replace("_message_", "_orderbook_"));
    if !beside.is_file() {
        return Ok(None);
    }
    source::open(&beside, read).map(|source| Some(source.bytes))
}

/// The symbol that vendors put into a file's name, else its name up to the first dot.
fn symbol_of(format: &'static str, name: &str) -> Option<Label> {
    let vendor = by_name(name);
    let format = vendor.as_ref().map_or(format, Format::name);
    let part = if format.starts_with("binance-") {
        name.split('-').next()
    } else if format.starts_with("histdata-") {
        name.split('_').nth(2)
    } else if format == "lobster" {
        name.split('_').next()
    } else {
        None
    };
    part.and_then(|part| Label::new(part).ok())
        .or_else(|| label_of(name))
}

/// What a file is by its first bytes, its first line or its name.
fn detect(path: &Path, name: &str, start: &[u8]) -> Result<Format, OpenError> {
    for (magic, format) in [
        (&recording::MAGIC[..], Format::Recording),
        (parquet::MAGIC, Format::Parquet(None)),
        (b"DBN", Format::Dbn),
        (npz::MAGIC, Format::Npz),
        (&tape::MAGIC[..], Format::Tape),
    ] {
        if start.starts_with(magic) {
            return Ok(format);
        }
    }
    if start.is_empty() {
        return Err(OpenError::damaged(path, EMPTY));
    }
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let mut parts = start.splitn(2, |&byte| byte == b'\n');
    let (line, rest) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let first = line.strip_suffix(b"\r").unwrap_or(line);
    let line = std::str::from_utf8(first).unwrap_or_default();
    for (header, format) in [
        (rows::HEADER, Format::Rows),
        (ticks::HEADER, Format::Ticks),
        (tardis::HEADER, Format::TardisBook),
    ] {
        if line == header {
            return Ok(format);
        }
    }
    let header = plain_header(line);
    let is_of = |known: &&'static str| known.eq_ignore_ascii_case(&header);
    let preset = PRESETS
        .iter()
        .find(|preset| preset.headers.iter().any(is_of));
    let plain = header::of_text(line, rest);
    let (mut plain, unclear) = match plain {
        Ok(plain) => (Some(plain), Unclear::Nothing),
        Err(unclear) => (None, unclear),
    };
    let is_daily = plain.as_ref().is_some_and(|it| it.is_daily(line, rest));
    if let Some(plain) = &mut plain
        && is_daily
        && interval_of(name).is_none()
    {
        plain.interval = Some(layout::DAY_NS);
    }
    let found = match (preset, plain) {
        // Vendors of days have headers that others have, too: what is not of days is not theirs.
        (Some(preset), Some(plain)) if preset.interval.is_some() && !is_daily => {
            Some(Format::Table(plain))
        }
        (Some(preset), _) => preset.layout().map(Format::Table),
        // A vendor's name says more of its ticks than a header, but where that says other than the vendor does.
        (None, plain) => match (by_name(name), plain) {
            (Some(Format::Table(vendor)), Some(plain))
                if plain.shape == Shape::Bar || !vendor.agrees_with(line, plain.separator) =>
            {
                Some(Format::Table(plain.of(&vendor)))
            }
            (Some(Format::Table(vendor)), _) => {
                let agrees = vendor.agrees_with(line, vendor.separator);
                agrees.then_some(Format::Table(vendor))
            }
            (Some(_), None) if !matches!(unclear, Unclear::Nothing) => None,
            (vendor, plain) => plain.map(Format::Table).or(vendor),
        },
    };
    let is_text = std::str::from_utf8(first).is_ok() && !first.contains(&0);
    found.ok_or_else(|| OpenError::Unknown {
        file: path.display().to_string(),
        problem: match unclear {
            _ if !is_text => Some(NO_TEXT.to_owned()),
            Unclear::Nothing => None,
            Unclear::Row(problem) => Some(problem),
        },
        accepted: format!(
            "--columns with what each column holds, such as --columns start,open,high,low,close,volume by their places or \
             --columns ts=when:ms,price=px,qty=size by their header (docs/data.md), or --layout with one of {}",
            Format::names().collect::<Vec<_>>().join(", ")
        ),
    })
}

/// Whether a text is one of 16-bit letters: it says so, or its first letters look like it.
fn is_utf16(start: &[u8]) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_graphic();
    match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, first, 0, next, ..] | [first, 0, next, 0, ..] => is_letter(*first) && is_letter(*next),
        _ => false,
    }
}

/// The names of a first line, without the quotes around them and a separator after the last.
fn plain_header(line: &str) -> String {
    let line = line.trim_end_matches(',').as_bytes();
    let names = fields(line, b',').map(String::from_utf8_lossy);
    names.collect::<Vec<_>>().join(",")
}

/// What vendors' file names say.
fn by_name(name: &str) -> Option<Format> {
    let upper = name.to_ascii_uppercase();
    let named = Format::named;
    if upper.contains("ITCH50") || upper.contains("ITCH_50") || upper.contains("-V50") {
        return named("itch");
    }
    if name.contains("_message_") {
        return named("lobster");
    }
    if name.contains("-aggTrades-") {
        return named("binance-agg-trades");
    }
    if name.contains("-trades-") {
        return named("binance-trades");
    }
    if upper.starts_with("DAT_ASCII_") && upper.contains("_M1_") {
        return named("histdata-m1");
    }
    if upper.starts_with("DAT_ASCII_") && upper.contains("_T_") {
        return named("histdata-ticks");
    }
    if upper.starts_with("DAT_MT_") {
        return named("histdata-mt");
    }
    // SYMBOL-interval-year-month[-day], as in BTCUSDT-1m-2024-01.
    let mut parts = name.split('-');
    let (_, interval, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let is_interval = interval == "1mo" || length(interval).is_some();
    (is_year && is_interval).then(|| named("binance-klines"))?
}

/// A length of time such as `1m`, `4h`, `1d`, in ns.
fn length(text: &str) -> Option<u64> {
    let unit = match text.as_bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        b'w' => 7 * 86_400,
        _ => return None,
    };
    let count: u64 = text[..text.len() - 1].parse().ok()?;
    (count > 0)
        .then_some(count)?
        .checked_mul(unit)?
        .checked_mul(1_000_000_000)
}

fn interval_of(name: &str) -> Option<u64> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric())
        .find_map(length)
}

/// A date in a file's name: `2024-01-31`, `20240131`, `01312024` or `S013124`.
fn date_of(name: &str) -> Option<Date> {
    let whole = name
        .as_bytes()
        .windows(10)
        .filter_map(|part| std::str::from_utf8(part).ok())
        .filter(|part| part.as_bytes()[4] == b'-' && part.as_bytes()[7] == b'-')
        .find_map(parse_date);
    whole.or_else(|| {
        name.split(|letter: char| !letter.is_ascii_digit())
            .find_map(|digits| match digits.len() {
                8 => parse_date(digits)
                    .filter(|date| date.year() > 1970)
                    .or_else(|| parse_date(&format!("{}{}", &digits[4..], &digits[..4]))),
                6 => parse_date(&format!("20{}{}", &digits[4..], &digits[..4])),
                _ => None,
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_format_of_that_name() {
        for name in Format::names() {
            assert_eq!(Format::named(name).unwrap().name(), name);
        }
    }

    #[test]
    fn file_names_say_dates_and_lengths() {
        let date = |name| date_of(name).map(|date| date.to_string());
        for name in [
            "AMZN_2012-06-21_34200000_57600000_message_5.csv",
            "20120621_spy_Trade_Tick.csv",
            "06212012.NASDAQ_ITCH50",
            "S062112-v50.txt",
        ] {
            assert_eq!(date(name).as_deref(), Some("2012-06-21"), "{name}");
        }
        assert_eq!(date("BTCUSDT-1m-2024-01.csv"), None);
        assert_eq!(interval_of("eurusd_1h_bars.csv"), Some(3_600_000_000_000));
        assert_eq!(interval_of("aapl_bars.csv"), None);
    }

    #[test]
    fn headers_are_known_in_quotes_and_with_a_separator_behind() {
        let plain = "Date,Open,High,Low,Close,Volume";
        for header in [
            plain,
            "Date,Open,High,Low,Close,Volume,",
            r#""Date","Open","High","Low","Close","Volume""#,
            r#""Date",Open,"High","Low","Close","Volume","#,
        ] {
            assert_eq!(plain_header(header), plain);
        }
    }

    #[test]
    fn vendors_are_known_by_their_names() {
        for (name, format) in [
            ("BTCUSDT-1m-2024-01.csv", "binance-klines"),
            ("BTCUSDT-trades-2024-01.csv", "binance-trades"),
            ("BTCUSDT-aggTrades-2024-01-31.csv", "binance-agg-trades"),
            ("DAT_ASCII_EURUSD_M1_201202.csv", "histdata-m1"),
            ("DAT_ASCII_EURUSD_T_201202.csv", "histdata-ticks"),
            ("DAT_MT_EURUSD_M1_201202.csv", "histdata-mt"),
            ("AMZN_2012-06-21_34200000_57600000_message_5.csv", "lobster"),
            ("01302019.NASDAQ_ITCH50", "itch"),
        ] {
            let found = by_name(name).map(|format| format.name());
            assert_eq!(found, Some(format), "{name}");
        }
        assert!(by_name("notes.csv").is_none());
    }
}
