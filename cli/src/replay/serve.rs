//! A tape in its venue's place.

use std::net::SocketAddr;

use anyhow::Context;
use indicatif::HumanCount;
use marketdata::local::{Opener, Speed, TapeSettings, TapeVenue};
use marketdata::tape::{Header, TapeError};

use super::{Args, SpeedArg, Usage};
use crate::demo::{say, stop_signal};
use crate::venue::{check_faults, weather};

/// A fault that was asked for by its name and that a tape cannot have, and why.
fn not_of_a_tape(faults: &[String]) -> anyhow::Result<Option<(&'static str, &'static str)>> {
    const REQUESTS: &str = "is of the answer to a request, and a tape goes on as it was recorded";
    let asked = weather(false, faults)?;
    let found = [
        (asked.odd, "odd", "turns a market odd, and a tape has none"),
        (asked.refused, "refused", REQUESTS),
        (asked.unheard, "unheard", REQUESTS),
        (
            asked.stuck,
            "stuck",
            "holds back the topic of a market, and a tape has none",
        ),
    ];
    let found = found.into_iter().find(|(count, ..)| *count > 0);
    Ok(found.map(|(_, name, why)| (name, why)))
}

/// Serves it until it is told to stop.
pub(super) fn run(
    args: &Args,
    address: SocketAddr,
    header: &Header,
    open: Opener,
) -> anyhow::Result<()> {
    let weather = weather(args.storm.is_some(), &args.fault)?;
    if let Some((name, why)) = not_of_a_tape(&args.fault)? {
        return Err(Usage(format!(
            "--fault: '{name}' {why}; accepted: every other fault, or `dynasty venue`"
        ))
        .into());
    }
    let recorded = header.feeds.get(usize::from(args.feed));
    if let Some(recorded) = recorded {
        check_faults(recorded.feed, &args.fault)?;
    }
    let settings = TapeSettings {
        connection: args.feed,
        speed: args.speed.map_or(Speed::Times(1), |SpeedArg(speed)| speed),
        weather,
        seed: args.storm.unwrap_or(1),
        ..TapeSettings::new(address)
    };
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    executor.block_on(async {
        let venue = match TapeVenue::start(open, settings).await {
            Err(TapeError::Listen { address, source }) => {
                return Err(source).with_context(|| format!("--serve {address}"));
            }
            started => started.with_context(|| args.file.display().to_string())?,
        };
        let address = venue.address();
        let feed = recorded.map_or("", |recorded| recorded.feed.name);
        say(format!(
            "{feed} on ws://{address}, documents on http://{address}  (Ctrl-C stops)"
        ))?;
        stop_signal().await?;
        let served = venue.served();
        say(format!(
            "{} connections, {} messages, {} documents, {} faults, {} refused, {} came to the end",
            HumanCount(served.clients),
            HumanCount(served.messages),
            HumanCount(served.documents),
            HumanCount(served.faults),
            HumanCount(served.refused),
            HumanCount(served.finished)
        ))
    })
}
