//! The file of `dynasty serve`: what a server trades, by which rules, and from which feeds.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use marketdata::feed::BookChannel;
use marketdata::venue::Feed;
use rules::BoardKind;
use runtime::{AckMode, Limits, Retention};
use types::{Label, LatencySample, LimitName, Price, Ratio};

use super::document::{Field, FieldError};
use super::file::{self, FileError};
use super::instrument::definition::read_sample;
use super::instrument::{Specification, specification};
use super::names::Names;
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
    /// Volume curves of VWAP algos; ids follow their order.
    pub curves: Vec<Vec<u32>>,
    /// Recorded latencies, which instruments name.
    pub latencies: Vec<Vec<LatencySample>>,
    /// Rates of currencies.
    pub conversions: Vec<ConversionFile>,
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
    /// The first limit that is too low for what the file defines or its feeds tell, and how much that is.
    pub fn beyond(&self, limits: &Limits) -> Option<(LimitName, usize)> {
        let weights = self.curves.iter().map(Vec::len);
        let samples = weights.chain(self.latencies.iter().map(Vec::len));
        let books = (self.feeds.iter()).filter(|feed| feed.book == BookChannel::Depth);
        let levels = books.filter_map(|feed| Some(Feed::of(&feed.venue)?.levels_max));
        let defined = [
            (LimitName::Instruments, self.instruments.len()),
            (LimitName::Plans, self.plans.len()),
            (LimitName::Competitions, self.competitions.len()),
            (LimitName::Curves, self.curves.len()),
            (LimitName::Latencies, self.latencies.len()),
            (LimitName::Conversions, self.conversions.len()),
            (LimitName::Samples, samples.max().unwrap_or(0)),
            (LimitName::DepthLevels, levels.max().unwrap_or(0)),
        ];
        let mut beyond = defined.into_iter();
        beyond.find(|(limit, count)| *count > limits.of(*limit) as usize)
    }
}

/// What a unit of one currency is worth in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionFile {
    /// The currency held.
    pub from: Label,
    /// The currency of the account.
    pub to: Label,
    /// Where the rate is from.
    pub rate: ConversionRate,
}

/// Where a rate is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversionRate {
    /// The file states it.
    Stated(Price),
    /// It follows the middle of an instrument, by its place in [`ServerFile::instruments`].
    Of {
        /// The instrument.
        instrument: usize,
        /// Whether its price is units of `from` for one of `to`.
        is_inverse: bool,
    },
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
    /// An instrument whose book or touch says nothing for so long is stale.
    pub stale_after: Option<Duration>,
    /// Instruments by their place in [`ServerFile::instruments`], and what the venue calls them.
    pub symbols: Vec<(usize, String)>,
}

const FIELDS: [&str; 14] = [
    "calendar",
    "data",
    "listen",
    "ack",
    "mode",
    "retention",
    "limits",
    "curve",
    "latency",
    "conversion",
    "instrument",
    "plans",
    "competitions",
    "feed",
];
const FEED_FIELDS: [&str; 10] = [
    "venue",
    "book",
    "trades",
    "stream",
    "rest",
    "key_env",
    "secret_env",
    "outlier_band_pct",
    "stale_after",
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
    let curves = read_curves(table.optional("curve"))?;
    // Latencies are called something, curves are not: an instrument of the file names one, an algo comes over HTTP.
    let mut names = Names::given();
    let latencies = read_latencies(table.optional("latency"), &mut names)?;
    let instruments = specification::read_all(&table, &names)?;
    let conversions = read_conversions(table.optional("conversion"), &instruments)?;
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
        curves,
        latencies,
        conversions,
        instruments,
        feeds,
    };
    // What is not stated is the journal's, which is looked at when it is open.
    let is_stated = |limit: LimitName| file.limits.iter().any(|(stated, _)| *stated == limit);
    if let Some((limit, count)) = file.beyond(&limits::stated(&file.limits))
        && is_stated(limit)
    {
        let accepted = match limit {
            LimitName::DepthLevels => format!(
                "{count} or more, as a book of this file's feeds has up to so many levels of a side"
            ),
            _ => format!("{count} or more, as this file defines so many"),
        };
        return Err(table.at(&format!("limits.{limit}")).error(accepted));
    }
    Ok(file)
}

fn read_curves(field: Option<Field<'_>>) -> Result<Vec<Vec<u32>>, FieldError> {
    const WEIGHT: &str = "a weight from 0 to 4294967295 without quotes";
    let Some(field) = field else {
        return Ok(Vec::new());
    };
    let read = |curve: &Field<'_>| {
        let weights = curve.table(&["weights"])?.field("weights");
        let list = weights.list()?;
        let list: Vec<u32> = list
            .iter()
            .map(|weight| weight.integer(WEIGHT))
            .collect::<Result<_, _>>()?;
        if list.iter().all(|weight| *weight == 0) {
            return Err(weights.error("weights of which one is above 0"));
        }
        Ok(list)
    };
    field.list()?.iter().map(read).collect()
}

fn read_latencies(
    field: Option<Field<'_>>,
    names: &mut Names,
) -> Result<Vec<Vec<LatencySample>>, FieldError> {
    let Some(field) = field else {
        return Ok(Vec::new());
    };
    let mut latencies = Vec::new();
    for latency in field.list()? {
        let table = latency.table(&["name", "samples"])?;
        let (name, samples) = (table.field("name"), table.field("samples"));
        names
            .add_latency(name.name()?.as_str())
            .ok_or_else(|| name.error("a name that no other latency has"))?;
        let list = samples.list()?;
        if list.is_empty() {
            return Err(
                samples.error("one or more, such as { order_ns = 350000, ack_ns = 300000 }")
            );
        }
        let list = list.iter().map(read_sample);
        latencies.push(list.collect::<Result<_, _>>()?);
    }
    Ok(latencies)
}

fn read_conversions(
    field: Option<Field<'_>>,
    instruments: &[Specification],
) -> Result<Vec<ConversionFile>, FieldError> {
    let Some(field) = field else {
        return Ok(Vec::new());
    };
    let mut conversions: Vec<ConversionFile> = Vec::new();
    for conversion in field.list()? {
        let table = conversion.table(&["from", "to", "rate", "from_instrument"])?;
        let (from, to) = (table.field("from").name()?, table.field("to").name()?);
        if from == to {
            return Err(table
                .field("to")
                .error("another currency than that of from"));
        }
        let mut known = conversions.iter();
        if known.any(|known| (known.from, known.to) == (from, to)) {
            return Err(table.field("from").error("each pair once"));
        }
        let rate = match (table.optional("rate"), table.optional("from_instrument")) {
            (Some(rate), None) => {
                let stated = rate.price()?;
                if stated.0 <= 0 {
                    return Err(rate.error("a rate above zero in quotes, such as \"1.0842\""));
                }
                ConversionRate::Stated(stated)
            }
            (None, Some(symbol)) => read_followed(&symbol, from, to, instruments)?,
            _ => {
                return Err(conversion.error(
                    "either a rate, such as \"1.0842\", or from_instrument, such as \"EURUSD\"",
                ));
            }
        };
        conversions.push(ConversionFile { from, to, rate });
    }
    Ok(conversions)
}

/// The instrument whose price is the rate, or one divided by it.
fn read_followed(
    field: &Field<'_>,
    from: Label,
    to: Label,
    instruments: &[Specification],
) -> Result<ConversionRate, FieldError> {
    let follows = |place: usize| {
        let currency = instruments[place].definition.currency;
        currency == from || currency == to
    };
    let fit = (0..instruments.len()).filter(|place| follows(*place));
    let symbols: Vec<_> = fit
        .clone()
        .map(|place| instruments[place].definition.symbol.to_string())
        .collect();
    let accepted = if symbols.is_empty() {
        format!("an instrument of this file in {to} or {from}, of which there is none")
    } else {
        format!("an instrument in {to} or {from}: {}", symbols.join(", "))
    };
    let text = field.text(&accepted)?;
    let place = fit
        .zip(&symbols)
        .find(|(_, symbol)| *symbol == text)
        .map(|(place, _)| place)
        .ok_or_else(|| field.error(accepted))?;
    Ok(ConversionRate::Of {
        instrument: place,
        is_inverse: instruments[place].definition.currency == from,
    })
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
    const STALE_AFTER: &str = "a duration of 1s or more in quotes, such as \"5s\" or \"2m\"";
    /// Silence is looked for once a second.
    const STALE_AFTER_MIN: Duration = Duration::from_secs(1);
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
    // What the venue itself is reached by, or that without encryption.
    let has_lines = Feed::of(name).is_some_and(|feed| feed.addresses.stream.starts_with("http"));
    let schemes: &[&str] = if has_lines {
        &["https://", "http://"]
    } else {
        &["wss://", "ws://"]
    };
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
        stream: address("stream", schemes)?,
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
        stale_after: match table.optional("stale_after") {
            None => None,
            Some(field) => {
                let stale_after = retention::age(field.text(STALE_AFTER)?);
                let stale_after = stale_after.filter(|stale_after| *stale_after >= STALE_AFTER_MIN);
                Some(stale_after.ok_or_else(|| field.error(STALE_AFTER))?)
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
    let mut symbols: Vec<(usize, String)> = Vec::new();
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
        if let Some((other, _)) = symbols.iter().find(|(_, known)| known == text) {
            // What comes on the connection says which symbol it is of, and no more.
            return Err(symbol.error(format!(
                "a symbol that no other instrument of the feed has: it is that of {}, and {name} needs another one or a feed \
                 of its own",
                known[*other]
            )));
        }
        symbols.push((place, text.to_owned()));
    }
    if symbols.is_empty() {
        return Err(field.error("one instrument or more, such as { BTCUSDT = \"BTCUSDT\" }"));
    }
    Ok(symbols)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = r#"data = "data"

[[curve]]
weights = [5, 0, 3]

[[latency]]
name = "wan"
samples = [{ order_ns = 350000, ack_ns = 300000 }, { order_ns = 90000000, ack_ns = 1 }]

[[conversion]]
from = "GBP"
to = "USD"
rate = "1.27"

[[conversion]]
from = "EUR"
to = "USD"
from_instrument = "EURUSD"

[[conversion]]
from = "JPY"
to = "USD"
from_instrument = "USDJPY"

[[instrument]]
symbol = "EURUSD"
kind = "fx_pair"
currency = "USD"
tick_size = "0.00001"
lot_size = "1000"
order_qty_max = "10000000"
liquidity = { paper = { latency = { recorded = "wan" } } }
session = "fx"
financing = { zone = "America/New_York", times = ["17:00"], days = "mon-fri", triple = "wed", long_pct = "-0.008", short_pct = "0.003" }

[[instrument]]
symbol = "USDJPY"
kind = "fx_pair"
currency = "JPY"
tick_size = "0.001"
lot_size = "1000"
order_qty_max = "10000000"

[[instrument]]
symbol = "INHOUSE"
kind = "equity"
currency = "USD"
tick_size = "0.01"
lot_size = "1"
order_qty_max = "1000"
liquidity = "crossed"
session = "us-equities"
pre_open_minutes = 30
pre_close_minutes = 5
"#;

    fn read(text: &str) -> Result<ServerFile, FileError> {
        from_toml("s.toml", text, &[])
    }

    #[test]
    fn a_file_has_curves_latencies_rates_calls_and_financing() {
        let file = read(TABLES).unwrap();
        assert_eq!(file.curves, [[5, 0, 3]]);
        assert_eq!(file.latencies[0].len(), 2);
        assert_eq!(file.latencies[0][1].order_ns, 90_000_000);
        let types::Liquidity::Paper(model) = file.instruments[0].definition.liquidity else {
            panic!("EURUSD is paper");
        };
        assert_eq!(model.latency, types::Latency::Recorded(types::LatencyId(0)));
        let rates: Vec<_> = file.conversions.iter().map(|it| it.rate).collect();
        let of = |instrument, is_inverse| ConversionRate::Of {
            instrument,
            is_inverse,
        };
        let stated = ConversionRate::Stated("1.27".parse().unwrap());
        assert_eq!(rates, [stated, of(0, false), of(1, true)]);
        let calls = file.instruments[2].calls;
        let minute = 60_000_000_000;
        assert_eq!(
            (calls.pre_open_ns, calls.pre_close_ns),
            (30 * minute, 5 * minute)
        );
        // Tuesday, 2024-03-05 12:00 in New York: that evening once, on Wednesday three times. 17:00 there is 22:00 UTC.
        let schedule = file.instruments[0].financing.as_ref().unwrap();
        let moment = |text| super::super::time::parse_timestamp(text).unwrap();
        let tuesday = moment("2024-03-05T22:00:00Z");
        let wednesday = moment("2024-03-06T22:00:00Z");
        assert_eq!(
            schedule.next(moment("2024-03-05T17:00:00Z")),
            Some((tuesday, 1))
        );
        assert_eq!(schedule.next(tuesday), Some((wednesday, 3)));
        // Over the weekend, in which the clocks go forward: 21:00 UTC.
        assert_eq!(
            schedule.next(moment("2024-03-08T22:00:00Z")),
            Some((moment("2024-03-11T21:00:00Z"), 1))
        );
        let terms = schedule.at(Price::whole(1), 3);
        assert_eq!((terms.long, terms.short), (Ratio(-240_000), Ratio(90_000)));
    }

    #[test]
    fn a_feed_may_be_stale_after_a_second_or_more() {
        let read = |stated: &str| {
            let feed = format!(
                "\n[[feed]]\nvenue = \"kraken\"\n{stated}symbols = {{ EURUSD = \"EUR/USD\" }}\n"
            );
            from_toml("s.toml", &format!("{TABLES}{feed}"), &["kraken"])
        };
        assert_eq!(read("").unwrap().feeds[0].stale_after, None);
        for (text, seconds) in [
            ("1s", 1),
            ("5s", 5),
            ("2m", 120),
            ("1h", 3_600),
            ("1d", 86_400),
        ] {
            let stated = format!("stale_after = \"{text}\"\n");
            let read = read(&stated).unwrap().feeds[0].stale_after;
            assert_eq!(read, Some(Duration::from_secs(seconds)));
        }
        for text in [
            "\"999ms\"",
            "\"0s\"",
            "\"-5s\"",
            "\"5\"",
            "\"soon\"",
            "5",
            "true",
        ] {
            let error = read(&format!("stale_after = {text}\n")).unwrap_err();
            let value = text.trim_matches('"');
            assert_eq!(
                error.to_string(),
                format!(
                    "s.toml:58: feed[0].stale_after: value '{value}': accepted a duration of 1s or more in quotes, such as \
                     \"5s\" or \"2m\""
                )
            );
        }
    }

    /// A venue is reached by what its adapter speaks: OANDA's stream is lines over HTTP, the others are `WebSockets`.
    #[test]
    fn a_stream_has_a_scheme_of_its_venue() {
        let stream = |venue: &str, address: &str| {
            let feed = format!(
                "\n[[feed]]\nvenue = \"{venue}\"\nstream = \"{address}\"\nsymbols = {{ EURUSD = \"EUR_USD\" }}\n"
            );
            from_toml("s.toml", &format!("{TABLES}{feed}"), &["kraken", "oanda"])
                .map(|file| file.feeds[0].stream.clone().unwrap())
                .map_err(|error| error.to_string())
        };
        for (venue, address) in [
            ("kraken", "ws://127.0.0.1:9443"),
            ("kraken", "wss://127.0.0.1:9443"),
            ("oanda", "http://127.0.0.1:9443"),
            ("oanda", "https://127.0.0.1:9443"),
        ] {
            assert_eq!(stream(venue, address).as_deref(), Ok(address));
        }
        for (venue, address, accepted) in [
            ("kraken", "http://127.0.0.1:9443", "wss:// or ws://"),
            ("kraken", "https://127.0.0.1:9443", "wss:// or ws://"),
            ("oanda", "ws://127.0.0.1:9443", "https:// or http://"),
            ("oanda", "wss://127.0.0.1:9443", "https:// or http://"),
        ] {
            let error = stream(venue, address).unwrap_err();
            let expected = format!(
                "stream: value '{address}': accepted an address that begins with {accepted}"
            );
            assert!(error.contains(&expected), "{error}");
        }
    }

    /// A book that is larger than what the engine holds would be lost whenever it is told. Those of Coinbase have 4,000 levels
    /// of a side at most, those of OKX 400, and a touch is no book.
    #[test]
    fn books_of_feeds_find_room_in_the_engine() {
        let file = |venue: &str, book: &str, levels_max: u32| {
            let limits = format!("data = \"data\"\nlimits = {{ depth_levels_max = {levels_max} }}");
            let feed = format!(
                "\n[[feed]]\nvenue = \"{venue}\"\nbook = \"{book}\"\nsymbols = {{ EURUSD = \"EUR-USD\" }}\n"
            );
            let tables = TABLES.replace("data = \"data\"", &limits);
            from_toml("s.toml", &format!("{tables}{feed}"), &["coinbase", "okx"])
        };
        assert_eq!(
            file("coinbase", "depth", 3_999).unwrap_err().to_string(),
            "s.toml:2: limits.depth_levels_max: value '3999': accepted 4000 or more, as a book of this file's feeds has up to \
             so many levels of a side"
        );
        let error = file("okx", "depth", 399).unwrap_err().to_string();
        assert!(error.contains("accepted 400 or more"), "{error}");
        for (venue, book, levels_max) in [
            ("coinbase", "depth", 4_000),
            ("okx", "depth", 400),
            ("coinbase", "touch", 1),
        ] {
            assert!(file(venue, book, levels_max).is_ok(), "{venue} {book}");
        }
    }

    /// A message says which symbol it is of: of two instruments with one only one would ever be told.
    #[test]
    fn an_instrument_of_a_feed_has_a_symbol_of_its_own() {
        let file = |feeds: &[&str]| {
            let feed = |symbols: &&str| {
                format!("\n[[feed]]\nvenue = \"kraken\"\nsymbols = {{ {symbols} }}\n")
            };
            let feeds: String = feeds.iter().map(feed).collect();
            from_toml("s.toml", &format!("{TABLES}{feeds}"), &["kraken"])
        };
        let error = file(&[r#"EURUSD = "EUR/USD", USDJPY = "EUR/USD""#]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "s.toml:58: feed[0].symbols.USDJPY: value 'EUR/USD': accepted a symbol that no other instrument of the feed has: it \
             is that of EURUSD, and USDJPY needs another one or a feed of its own"
        );
        let two = file(&[r#"EURUSD = "EUR/USD""#, r#"USDJPY = "EUR/USD""#]).unwrap();
        assert_eq!(two.feeds.len(), 2);
    }

    #[test]
    fn what_is_not_accepted_is_told_with_its_line_and_field() {
        let check = |what: &str, instead: &str, line: usize, expected: &str| {
            assert!(TABLES.contains(what), "{what}");
            let error = read(&TABLES.replacen(what, instead, 1)).unwrap_err();
            let start = format!("s.toml:{line}: {expected}");
            assert!(error.to_string().starts_with(&start), "{error}");
        };
        let curve = "curve[0].weights";
        check(
            "[5, 0, 3]",
            "[0, 0]",
            4,
            &format!("{curve}: value 'a list of 2': accepted weights of which"),
        );
        check(
            "[5, 0, 3]",
            "[5, -1]",
            4,
            &format!("{curve}[1]: value '-1': accepted a weight from 0"),
        );
        check(
            "[{ order_ns = 350000, ack_ns = 300000 }, { order_ns = 90000000, ack_ns = 1 }]",
            "[]",
            8,
            "latency[0].samples: value 'a list of 0': accepted one or more",
        );
        check(
            "recorded = \"wan\"",
            "recorded = \"lan\"",
            32,
            "instrument[0].liquidity.paper.latency.recorded: value 'lan': accepted the id of a latency",
        );
        check(
            "rate = \"1.27\"",
            "rate = \"0\"",
            13,
            "conversion[0].rate: value '0': accepted a rate above zero",
        );
        check(
            "rate = \"1.27\"",
            "",
            10,
            "conversion[0]: value '{from: GBP, to: USD}': accepted either a rate",
        );
        check(
            "from = \"EUR\"",
            "from = \"GBP\"",
            16,
            "conversion[1].from: value 'GBP': accepted each pair once",
        );
        check(
            "from_instrument = \"USDJPY\"",
            "from_instrument = \"CHFJPY\"",
            23,
            "conversion[2].from_instrument: value 'CHFJPY': accepted an instrument in USD or JPY: EURUSD, USDJPY, INHOUSE",
        );
        check(
            "triple = \"wed\"",
            "triple = \"sun\"",
            34,
            "instrument[0].financing.triple: value 'sun': accepted days of the week that are among days",
        );
        check(
            "times = [\"17:00\"]",
            "times = [\"17:00\", \"09:00\"]",
            34,
            "instrument[0].financing.times[1]: value '09:00': accepted a time after the one before it",
        );
        check(
            "pre_open_minutes = 30",
            "pre_open_minutes = 0",
            53,
            "instrument[2].pre_open_minutes: value '0': accepted minutes from 1 to 720",
        );
        check(
            "liquidity = \"crossed\"\nsession = \"us-equities\"",
            "liquidity = \"crossed\"",
            52,
            "instrument[2].pre_open_minutes: value '30': accepted none without a session",
        );
        check(
            "liquidity = \"crossed\"\n",
            "",
            52,
            "instrument[2].pre_open_minutes: value '30': accepted none, unless liquidity",
        );
        check(
            "data = \"data\"",
            "data = \"data\"\nlimits = { samples_max = 2 }",
            2,
            "limits.samples_max: value '2': accepted 3 or more",
        );
    }
}
