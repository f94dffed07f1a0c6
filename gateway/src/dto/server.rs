//! The file of `dynasty serve`: what a server trades, by which rules, and from which feeds.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use marketdata::feed::BookChannel;
use rules::BoardKind;
use runtime::{AckMode, Limits, Retention};
use types::{LimitName, Ratio};

use super::document::{Field, FieldError};
use super::file::{self, FileError};
use super::instrument::{Specification, specification};
use super::{limits, retention};

/// A valid server file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFile {
    /// The data directory.
    pub data: String,
    /// Where to listen: an address of this machine.
    pub listen: SocketAddr,
    /// What an acknowledgement means.
    pub ack: AckMode,
    /// What accounts trade with.
    pub mode: BoardKind,
    /// What becomes of closed segments of the journal.
    pub retention: Retention,
    /// Limits of the engine that are not the usual ones, or are stated all the same.
    pub limits: Vec<(LimitName, u32)>,
    /// What is traded; ids follow the order, and only ever grow.
    pub instruments: Vec<Specification>,
    /// Plan files, relative to this one.
    pub plans: Vec<String>,
    /// Competition files, relative to this one.
    pub competitions: Vec<String>,
    /// Where prices come from.
    pub feeds: Vec<FeedFile>,
}

impl ServerFile {
    /// The first limit that is too low for what the file defines, and how much that is.
    pub fn beyond(&self, limits: &Limits) -> Option<(LimitName, usize)> {
        let defined = [
            (LimitName::Instruments, self.instruments.len()),
            (LimitName::Plans, self.plans.len()),
            (LimitName::Competitions, self.competitions.len()),
        ];
        let mut beyond = defined.into_iter();
        beyond.find(|(limit, count)| *count > limits.of(*limit) as usize)
    }
}

/// One connection to a venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFile {
    /// The venue and product, such as `binance-spot`.
    pub venue: String,
    /// How much of the book.
    pub book: BookChannel,
    /// Whether prints come, too.
    pub trades: bool,
    /// Another address for its streams than the venue's own.
    pub stream: Option<String>,
    /// Another address for its documents.
    pub rest: Option<String>,
    /// Names of the environment variables that hold the key and its secret.
    pub credentials: Option<(String, Option<String>)>,
    /// How far a price may be from the one before; zero is any.
    pub outlier_band: Ratio,
    /// Instruments by their place in [`ServerFile::instruments`], and what the venue calls them.
    pub symbols: Vec<(usize, String)>,
}

const FIELDS: [&str; 11] = [
    "calendar",
    "data",
    "listen",
    "ack",
    "mode",
    "retention",
    "limits",
    "instrument",
    "plans",
    "competitions",
    "feed",
];
const FEED_FIELDS: [&str; 9] = [
    "venue",
    "book",
    "trades",
    "stream",
    "rest",
    "key_env",
    "secret_env",
    "outlier_band_pct",
    "symbols",
];

/// A valid server from the text of a file. `file` is its name in errors, `venues` the feeds that there are.
///
/// # Errors
/// See [`FileError`].
pub fn from_toml(file: &str, text: &str, venues: &[&str]) -> Result<ServerFile, FileError> {
    file::from_toml(file, text, |root| read(root, venues))
}

fn read(root: &Field<'_>, venues: &[&str]) -> Result<ServerFile, FieldError> {
    const ADDRESS: &str =
        "an address of this machine in quotes, such as \"127.0.0.1:8080\" (there are no keys yet)";
    const ACK: &str = "\"durable\" (on disk) or \"relaxed\" (with the operating system)";
    let table = root.table(&FIELDS)?;
    let instruments = specification::read_all(&table)?;
    let feeds = match table.optional("feed") {
        Some(feeds) => feeds
            .list()?
            .iter()
            .map(|feed| read_feed(feed, &instruments, venues))
            .collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let mut fed = BTreeSet::new();
    for (place, feed) in feeds.iter().enumerate() {
        for (instrument, _) in &feed.symbols {
            if !fed.insert(*instrument) {
                let name = format!("feed[{place}].symbols");
                return Err(table
                    .at(&name)
                    .error("instruments that no other feed has: two would contradict each other"));
            }
        }
    }
    let file = ServerFile {
        data: table
            .field("data")
            .text("a directory in quotes")?
            .to_owned(),
        listen: match table.optional("listen") {
            None => ([127, 0, 0, 1], 8080).into(),
            Some(listen) => {
                let address: SocketAddr = listen.parse(ADDRESS)?;
                if !address.ip().is_loopback() {
                    return Err(listen.error(ADDRESS));
                }
                address
            }
        },
        ack: match table.optional("ack") {
            None => AckMode::Durable,
            Some(ack) => match ack.text(ACK)? {
                "durable" => AckMode::Durable,
                "relaxed" => AckMode::Relaxed,
                _ => return Err(ack.error(ACK)),
            },
        },
        mode: match table.optional("mode") {
            None => BoardKind::Paper,
            Some(mode) => mode.word()?,
        },
        retention: retention::read(table.optional("retention"))?,
        limits: match table.optional("limits") {
            None => Vec::new(),
            Some(stated) => limits::read(&stated)?,
        },
        plans: read_paths(table.optional("plans"))?,
        competitions: read_paths(table.optional("competitions"))?,
        instruments,
        feeds,
    };
    // What is not stated is the journal's, which is looked at when it is open.
    let is_stated = |limit: LimitName| file.limits.iter().any(|(stated, _)| *stated == limit);
    if let Some((limit, count)) = file.beyond(&limits::stated(&file.limits))
        && is_stated(limit)
    {
        let accepted = format!("{count} or more, as this file defines so many");
        return Err(table.at(&format!("limits.{limit}")).error(accepted));
    }
    Ok(file)
}

fn read_paths(field: Option<Field<'_>>) -> Result<Vec<String>, FieldError> {
    let Some(field) = field else {
        return Ok(Vec::new());
    };
    let paths = field.list()?;
    let paths = paths.iter().map(|path| path.text("a file in quotes"));
    paths.map(|path| path.map(str::to_owned)).collect()
}

fn read_feed(
    field: &Field<'_>,
    instruments: &[Specification],
    venues: &[&str],
) -> Result<FeedFile, FieldError> {
    const BOOK: &str = "\"touch\" (best bid and ask) or \"depth\" (the levels)";
    const BAND: &str = "a percentage above 0 in quotes, such as \"10\"";
    const VARIABLE: &str = "the name of an environment variable in quotes";
    let table = field.table(&FEED_FIELDS)?;
    let address = |name: &str, schemes: &[&str]| match table.optional(name) {
        None => Ok(None),
        Some(field) => {
            let accepted = format!("an address that begins with {}", schemes.join(" or "));
            let text = field.text(&accepted)?;
            if schemes.iter().any(|scheme| text.starts_with(scheme)) {
                Ok(Some(text.trim_end_matches('/').to_owned()))
            } else {
                Err(field.error(accepted))
            }
        }
    };
    let venue = table.field("venue");
    let known = format!("one of {}", venues.join(", "));
    let name = venue.text(&known)?;
    if !venues.contains(&name) {
        return Err(venue.error(known));
    }
    let variable = |name: &str| {
        let field = table.optional(name);
        field
            .map(|field| field.text(VARIABLE).map(str::to_owned))
            .transpose()
    };
    let credentials = match (variable("key_env")?, variable("secret_env")?) {
        (None, None) => None,
        (Some(key), secret) => Some((key, secret)),
        (None, Some(_)) => return Err(table.field("key_env").error(VARIABLE)),
    };
    Ok(FeedFile {
        venue: name.to_owned(),
        book: match table.optional("book") {
            None => BookChannel::Touch,
            Some(book) => match book.text(BOOK)? {
                "touch" => BookChannel::Touch,
                "depth" => BookChannel::Depth,
                _ => return Err(book.error(BOOK)),
            },
        },
        trades: match table.optional("trades") {
            None => true,
            Some(trades) => trades.boolean()?,
        },
        stream: address("stream", &["wss://", "ws://", "https://", "http://"])?,
        rest: address("rest", &["https://", "http://"])?,
        credentials,
        outlier_band: match table.optional("outlier_band_pct") {
            None => Ratio::ZERO,
            Some(band) => {
                let share = band.percent(BAND)?;
                if share <= Ratio::ZERO {
                    return Err(band.error(BAND));
                }
                share
            }
        },
        symbols: read_symbols(&table.field("symbols"), instruments)?,
    })
}

fn read_symbols(
    field: &Field<'_>,
    instruments: &[Specification],
) -> Result<Vec<(usize, String)>, FieldError> {
    const SYMBOL: &str = "what the venue calls the instrument, in quotes";
    let names: Vec<String> = instruments
        .iter()
        .map(|instrument| instrument.definition.symbol.to_string())
        .collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = field.table(&known)?;
    let mut symbols = Vec::new();
    for (place, name) in known.iter().enumerate() {
        let Some(symbol) = table.optional(name) else {
            continue;
        };
        let text = symbol.text(SYMBOL)?;
        if text.is_empty() || text.contains(['"', '\\']) || !text.is_ascii() {
            return Err(symbol.error(SYMBOL));
        }
        if instruments[place].definition.liquidity == types::Liquidity::Crossed {
            return Err(symbol.error("an instrument with paper liquidity: a book has no feed"));
        }
        symbols.push((place, text.to_owned()));
    }
    if symbols.is_empty() {
        return Err(field.error("one instrument or more, such as { BTCUSDT = \"BTCUSDT\" }"));
    }
    Ok(symbols)
}
