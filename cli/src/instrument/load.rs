//! `dynasty instrument load`: definitions from a venue's own document.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use gateway::dto::instrument::specification::{from_toml, to_toml};
use marketdata::metadata::{Metadata, names};

use types::Price;

use crate::demo::{parse_url, say, tell};

/// The most bytes of a document.
const DOCUMENT_BYTES_MAX: u64 = 64 << 20;
/// The most instruments that are told to be left out, where nothing is written.
const LEFT_OUT_SHOWN_MAX: usize = 10;
/// How long the venue may take for it.
const FETCH_MAX: Duration = Duration::from_mins(1);

/// Writes instruments as TOML, from what a venue says about them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty instrument load --venue kraken --symbols BTC/USD fixtures/metadata/kraken.json
  dynasty instrument load --venue binance-spot --symbols BTCUSDT,ETHUSDT --fetch > instruments.toml
  dynasty instrument load --venue alpaca --symbols all assets.json
  curl -H \"Authorization: Bearer $TOKEN\" https://api-fxtrade.oanda.com/v3/accounts/$ID/instruments |
      dynasty instrument load --venue oanda --symbols EUR_USD -")]
pub(super) struct Args {
    /// Whose document it is.
    #[arg(long, value_name = "VENUE", value_parser = clap::builder::PossibleValuesParser::new(names()))]
    venue: String,
    /// Instruments as the venue calls them, separated by commas; all of the document: all.
    #[arg(long, value_name = "SYMBOLS", value_delimiter = ',', required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    symbols: Vec<String>,
    /// The document; - is standard input.
    #[arg(value_name = "FILE", required_unless_present = "fetch")]
    file: Option<PathBuf>,
    /// Asks the venue for it.
    #[arg(long, conflicts_with = "file")]
    fetch: bool,
    /// The tick of shares, whose documents say none: 0.01, 0.005 of those with a narrow spread, 0.0001 below a dollar.
    #[arg(long, value_name = "PRICE", default_value = "0.01", value_parser = parse_tick)]
    share_tick: Price,
    /// Another address to ask than the venue's.
    // Where --fetch cannot be, as beside a file, it is not asked for either.
    #[arg(long, value_name = "URL", requires = "fetch", conflicts_with = "file", value_parser = parse_url)]
    rest: Option<String>,
}

fn parse_tick(text: &str) -> Result<Price, String> {
    let tick = text.parse().ok().filter(|tick: &Price| tick.0 > 0);
    tick.ok_or_else(|| "accepted: a price above zero of at most 9 decimals".to_owned())
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let Some(metadata) = Metadata::of(&args.venue) else {
        bail!("no such venue: {}", args.venue);
    };
    let document = match &args.file {
        Some(file) => read(file)?,
        None => fetch(metadata, args.rest.as_deref())?,
    };
    if document.trim_ascii().is_empty() {
        bail!("the document is empty; accepted: {}", metadata.page);
    }
    if let Some((field, next)) = metadata.next_page(&document) {
        tell(format_args!(
            "the document is one page of several: {field} is '{next}', and what is on the next ones is not here"
        ));
    }
    let listed = if args.symbols == ["all"] {
        metadata.read_all(&document)?
    } else {
        let listed = metadata.read(&document, &args.symbols)?;
        listed.into_iter().map(Ok).collect()
    };
    let mut text = format!("# {}\n", metadata.page);
    let (mut left_out, mut known) = (Vec::new(), HashSet::new());
    for listed in listed {
        text.push('\n');
        // Of all, those that a definition cannot say, or that have been said, are named where they would be.
        let listed = match listed {
            Ok(listed) if !known.insert(listed.instrument.symbol) => {
                Err(format!("{}: listed before", listed.instrument.symbol))
            }
            listed => listed.map_err(|error| error.to_string()),
        };
        let mut listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                text.push_str(&comment(&format!("left out: {error}")));
                left_out.push(error);
                continue;
            }
        };
        if !listed.states_tick {
            listed.instrument.tick_size = args.share_tick;
            text.push_str(&comment(&format!(
                "the document states no tick: {} (17 CFR 242.612), or what --share-tick says",
                args.share_tick
            )));
        }
        for note in &listed.notes {
            text.push_str(&comment(note));
        }
        text.push_str(&to_toml(&listed.instrument));
    }
    if known.is_empty() {
        for error in left_out.iter().take(LEFT_OUT_SHOWN_MAX) {
            tell(comment(&format!("left out: {error}")).trim_end());
        }
        bail!(
            "nothing to write: all {} instruments of the document are left out",
            left_out.len()
        );
    }
    if !left_out.is_empty() {
        tell(format_args!(
            "{} instruments are left out; beside each is why",
            left_out.len()
        ));
    }
    // What is written must be what a server reads.
    from_toml("the instruments", &text)?;
    say(text.trim_end().to_owned())
}

/// A line of its own, whatever a venue writes.
fn comment(note: &str) -> String {
    let note = note.replace(|letter: char| letter.is_control(), " ");
    format!("# {note}\n")
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut document = Vec::new();
    let most = DOCUMENT_BYTES_MAX + 1;
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(most)
            .read_to_end(&mut document)?;
    } else {
        let name = file.display().to_string();
        let unreadable = |error| super::Unreadable {
            name: name.clone(),
            error,
        };
        let open = std::fs::File::open(file).map_err(unreadable)?;
        open.take(most)
            .read_to_end(&mut document)
            .map_err(unreadable)?;
    }
    if document.len() as u64 > DOCUMENT_BYTES_MAX {
        bail!("the document has more than {DOCUMENT_BYTES_MAX} bytes (document_bytes_max)");
    }
    Ok(document)
}

fn fetch(metadata: &Metadata, rest: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let Some(fetch) = metadata.fetch else {
        bail!(super::Usage(format!(
            "--fetch: {} asks for a key; accepted: a FILE with its document, see {}",
            metadata.name, metadata.page
        )));
    };
    let rest = rest.unwrap_or(fetch.addresses.rest).trim_end_matches('/');
    let address = format!("{rest}{}", fetch.path);
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let document = marketdata::connection::document(
        &address,
        fetch.body,
        DOCUMENT_BYTES_MAX as usize,
        FETCH_MAX,
    );
    let document = executor.block_on(document);
    document.map_err(|error| anyhow::anyhow!("{address}: {error}"))
}
