//! `dynasty venue`: a venue on this machine, in good weather or bad.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use marketdata::feed::{Listing, Spec};
use marketdata::local::{LocalVenue, Settings, Speaker, Weather};
use marketdata::venue::{Feed, names};
use types::{InstrumentId, Price, Qty, Ratio};

use crate::demo::{parse_listen, say, stop_signal};

/// A venue on this machine that speaks as the real one does, with markets that wander by seed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty venue binance-spot --symbols BTCUSDT,ETHUSDT
  dynasty venue binance-futures --symbols BTCUSDT --storm        messages lost, doubled, swapped, cut; links that end or fall silent
  dynasty venue kraken --symbols BTC/USD --fault dropped=100,odd=50   one message of a hundred lost, and books that cannot be
  dynasty venue okx --symbols DOGE-USDT --tick 0.00001 --lot 1   with the steps that the instrument's definition has
  dynasty serve --config fixtures/servers/local.toml             a server that listens to the first of these")]
pub(crate) struct Args {
    /// The feed that it has.
    #[arg(value_name = "FEED", value_parser = clap::builder::PossibleValuesParser::new(names()))]
    feed: String,
    /// Its instruments, as the venue calls them, separated by commas.
    #[arg(long, value_name = "SYMBOLS", value_delimiter = ',', required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    symbols: Vec<String>,
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9443", value_parser = parse_listen)]
    listen: SocketAddr,
    /// What the markets and the faults follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Changes of some market in a second, 1 to 1,000.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// Lets everything go wrong, often.
    #[arg(long)]
    storm: bool,
    /// Lets one fault happen so often, of 10,000: dropped, doubled, swapped, cut, garbled, mangled, replaced,
    /// falsified, disconnected, refused, unheard, unanswered, slow, stalled, stuck, foreign, oversized, odd; several separated by commas, and over those of --storm.
    /// Only Kraken has a checksum, and can be falsified.
    #[arg(long, value_name = "NAME=COUNT", value_delimiter = ',', value_parser = parse_fault)]
    fault: Vec<String>,
    /// Steps of its prices, up to 0.1: they begin at 100.
    #[arg(long, value_name = "PRICE", default_value = "0.01", value_parser = parse_own_tick, allow_negative_numbers = true)]
    tick: Price,
    /// Steps of its quantities, up to 1000000.
    #[arg(long, value_name = "QTY", default_value = "0.00001", value_parser = parse_own_lot, allow_negative_numbers = true)]
    lot: Qty,
}

/// A use of the command line that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// The largest step of prices: they wander by it, and are to stay above zero.
const TICK_MAX: Price = Price(Price::ONE.0 / 10);
/// The largest step of quantities, which are some hundred of it.
const LOT_MAX: Qty = Qty(1_000_000 * Qty::ONE.0);

pub(crate) fn parse_tick(text: &str) -> Result<Price, String> {
    let tick = text.parse().ok().filter(|tick| *tick > Price::ZERO);
    tick.ok_or_else(|| "accepted: a decimal number above 0 with at most 9 decimals".to_owned())
}

pub(crate) fn parse_lot(text: &str) -> Result<Qty, String> {
    let lot = text.parse().ok().filter(|lot| *lot > Qty::ZERO);
    lot.ok_or_else(|| "accepted: a decimal number above 0 with at most 8 decimals".to_owned())
}

fn parse_own_tick(text: &str) -> Result<Price, String> {
    let tick = parse_tick(text).ok().filter(|tick| *tick <= TICK_MAX);
    tick.ok_or_else(|| {
        format!("accepted: a decimal number above 0, at most {TICK_MAX}, with at most 9 decimals")
    })
}

fn parse_own_lot(text: &str) -> Result<Qty, String> {
    let lot = parse_lot(text).ok().filter(|lot| *lot <= LOT_MAX);
    lot.ok_or_else(|| {
        format!("accepted: a decimal number above 0, at most {LOT_MAX}, with at most 8 decimals")
    })
}

/// A fault and how often it happens, as it was given.
pub(crate) fn parse_fault(text: &str) -> Result<String, String> {
    let mut weather = Weather::CALM;
    weather.set(text).map(|()| text.to_owned())
}

/// Good or bad weather, with some faults more or less often.
pub(crate) fn weather(is_storm: bool, faults: &[String]) -> anyhow::Result<Weather> {
    let mut weather = if is_storm {
        Weather::SQUALLS
    } else {
        Weather::CALM
    };
    for fault in faults {
        weather.set(fault).map_err(anyhow::Error::msg)?;
    }
    Ok(weather)
}

/// Refuses a fault that was asked for by its name and that a feed cannot have.
pub(crate) fn check_faults(feed: &Feed, faults: &[String]) -> Result<(), Usage> {
    if weather(false, faults).is_ok_and(|asked| asked.falsified > 0)
        && !feed.counterpart().has_checksum()
    {
        return Err(Usage(format!(
            "--fault: 'falsified' changes what a checksum covers, and {} has none; accepted: every other fault, such as \
             garbled, or kraken",
            feed.name
        )));
    }
    Ok(())
}

/// Refuses a symbol that was given twice: a message says which one it is of, and no more.
pub(crate) fn check_symbols(symbols: &[String]) -> Result<(), Usage> {
    let is_again = |place: &usize| symbols[..*place].contains(&symbols[*place]);
    match (0..symbols.len()).find(is_again) {
        Some(place) => Err(Usage(format!(
            "--symbols: '{}' comes twice; accepted: each symbol once",
            symbols[place]
        ))),
        None => Ok(()),
    }
}

/// Runs it until it is told to stop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let listing = |(place, symbol): (usize, &String)| Listing {
        instrument: InstrumentId(place as u32),
        symbol: symbol.clone(),
        spec: Spec {
            tick_size: args.tick,
            lot_size: args.lot,
            may_be_negative: false,
            outlier_band: Ratio::ZERO,
        },
    };
    let feed = Feed::of(&args.feed).context("no such feed")?;
    check_faults(feed, &args.fault)?;
    check_symbols(&args.symbols)?;
    let listings = args.symbols.iter().enumerate().map(listing).collect();
    let settings = Settings {
        seed: args.seed,
        pause: Duration::from_secs(1) / args.rate,
        weather: weather(args.storm, &args.fault)?,
        ..Settings::new(args.listen, listings)
    };
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    executor.block_on(async {
        let venue = LocalVenue::start(speaker, settings)
            .await
            .with_context(|| format!("--listen {}", args.listen))?;
        let address = venue.address();
        say(format!(
            "{} on ws://{address}, documents on http://{address}  (Ctrl-C stops)",
            args.feed
        ))?;
        stop_signal().await?;
        anyhow::Ok(())
    })
}
