//! `dynasty replay`: plays a tape into an engine, or serves it as its venue would.

mod deck;
mod engine;
mod prefix;
mod serve;
mod source;
mod summary;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::bail;
use marketdata::feed::{BookChannel, Channels, Listing, Spec};
use marketdata::local::{Opener, Speed};
use marketdata::tape::{Capture, Entries, FeedHeader, Header, Reader, TapeError, TapeListing};
use marketdata::venue::{Feed, names};
use types::{InstrumentId, Price, Qty, Ratio};

use crate::demo::parse_listen;
use crate::venue::{check_symbols, parse_fault, parse_lot, parse_tick};

/// Play a tape of `dynasty record` into an engine, or serve it on this machine as its venue would.
///
/// The same adapters decode it that heard it live, by its own time: the same tape ends in the same state each time.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty replay btc.tape.zst                                 as fast as it goes; events, gaps, state hash
  dynasty replay btc.tape.zst --speed 10 --config server.toml --data data --page 127.0.0.1:8080
  dynasty replay btc.tape.zst --serve 127.0.0.1:9443          the venue on this machine, as fast as it was
  dynasty replay btc.tape.zst --serve 127.0.0.1:9443 --storm 7  and everything goes wrong on the way
  dynasty replay btcusdt.jsonl.gz --venue binance-futures --symbols BTCUSDT --book depth

The last is a recording of somebody else's: on each line the time of receipt in ns, a space, the message; or the message
alone, where it says when it was made. Packed with gzip, zstd, or as the one member of a zip, or plain.")]
pub(crate) struct Args {
    /// The tape.
    #[arg(value_name = "TAPE")]
    file: PathBuf,
    /// Plays it into an engine; what it does without --serve.
    #[arg(long, conflicts_with = "serve")]
    engine: bool,
    /// Serves it at this address instead: sockets, subscriptions and documents as recorded, and books for who asks again.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_listen)]
    serve: Option<SocketAddr>,
    /// The tape's time in multiples of ours, or `max` [default: max; 1 with --serve].
    #[arg(long, value_name = "TIMES|max", allow_negative_numbers = true)]
    speed: Option<SpeedArg>,
    /// A server's file (TOML): its instruments, plans and competitions [default: the tape's instruments].
    #[arg(long, value_name = "FILE", conflicts_with = "serve")]
    config: Option<PathBuf>,
    /// Data directory; a replay of this tape goes on there where it stopped, one of another is refused [default: a new one,
    /// removed at the end].
    #[arg(long, value_name = "DIR", conflicts_with = "serve")]
    data: Option<PathBuf>,
    /// Address of the page; the replay then ends when it is told to.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_listen, conflicts_with = "serve")]
    page: Option<SocketAddr>,
    /// Lets everything go wrong on the way to the client, by this seed. A client that loses track and asks is told the whole
    /// again, as it was at that place of the tape.
    #[arg(long, value_name = "SEED", requires = "serve")]
    storm: Option<u64>,
    /// Lets one fault happen so often, of 10,000: dropped, doubled, swapped, cut, garbled, mangled, replaced,
    /// falsified, disconnected, unanswered, slow, stalled, foreign, oversized; several separated by commas, and over those of --storm. Only Kraken has
    /// a checksum, and can be falsified.
    #[arg(long, value_name = "NAME=COUNT", value_delimiter = ',', value_parser = parse_fault, requires = "serve")]
    fault: Vec<String>,
    /// Which of the tape's feeds is served, from 0.
    #[arg(long, value_name = "PLACE", default_value_t = 0, requires = "serve")]
    feed: u16,
    /// The file is a recording of somebody else's, of this feed.
    #[arg(long, value_name = "FEED", value_parser = clap::builder::PossibleValuesParser::new(names()), requires = "symbols")]
    venue: Option<String>,
    /// Its instruments, as the venue calls them, separated by commas.
    #[arg(
        long,
        value_name = "SYMBOLS",
        value_delimiter = ',',
        requires = "venue",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    symbols: Vec<String>,
    /// How much of the book it has.
    #[arg(long, value_name = "BOOK", default_value = "touch", value_parser = ["touch", "depth"], requires = "venue")]
    book: String,
    /// Steps of its prices.
    #[arg(long, value_name = "PRICE", default_value = "0.01", value_parser = parse_tick, requires = "venue", allow_negative_numbers = true)]
    tick: Price,
    /// Steps of its quantities.
    #[arg(long, value_name = "QTY", default_value = "0.00001", value_parser = parse_lot, requires = "venue", allow_negative_numbers = true)]
    lot: Qty,
    /// How to show the summary.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

#[derive(Debug, Clone, Copy)]
struct SpeedArg(Speed);

impl FromStr for SpeedArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("max", _) => Ok(Self(Speed::Max)),
            (_, Ok(times)) if times > 0 => Ok(Self(Speed::Times(times))),
            _ => Err(format!(
                "accepted: a whole number from 1 to {}, or max",
                u32::MAX
            )),
        }
    }
}

/// A use of the command line that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

/// Whether a file, or the command line, is not what was asked for, as against a disk that fails or a tape that is damaged.
pub(crate) fn is_input(error: &anyhow::Error) -> bool {
    error.is::<Usage>()
        || matches!(
            error.downcast_ref(),
            Some(TapeError::Magic { .. } | TapeError::Header { .. } | TapeError::Line { .. })
        )
}

/// Plays or serves it.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let open = opener(args)?;
    // Found out before anything is begun.
    let header = open()
        .map_err(|error| {
            let mut name = args.file.display().to_string();
            if matches!(error, TapeError::Io(_)) {
                name.push_str("; accepted: a tape of `dynasty record`, or with --venue a recording of somebody else's");
            }
            anyhow::Error::from(error).context(name)
        })?
        .header()
        .clone();
    match args.serve {
        Some(address) => serve::run(args, address, &header, open),
        None => engine::run(args, header, &*open),
    }
}

fn opener(args: &Args) -> anyhow::Result<Opener> {
    let path = args.file.clone();
    let Some(venue) = &args.venue else {
        return Ok(Arc::new(move || Reader::open(&path).map(Entries::Tape)));
    };
    let Some(feed) = Feed::of(venue) else {
        bail!("no such feed: {venue}");
    };
    check_symbols(&args.symbols)?;
    let listing = |(place, symbol): (usize, &String)| TapeListing {
        name: symbol.clone(),
        listing: Listing {
            instrument: InstrumentId(place as u32),
            symbol: symbol.clone(),
            spec: Spec {
                tick_size: args.tick,
                lot_size: args.lot,
                may_be_negative: false,
                outlier_band: Ratio::ZERO,
            },
        },
    };
    let header = Header {
        feeds: vec![FeedHeader {
            feed,
            channels: Channels {
                book: if args.book == "depth" {
                    BookChannel::Depth
                } else {
                    BookChannel::Touch
                },
                trades: true,
            },
            stale_after: None,
            listings: args.symbols.iter().enumerate().map(listing).collect(),
        }],
    };
    Ok(Arc::new(move || {
        Capture::open(&path, header.clone()).map(Entries::Capture)
    }))
}
