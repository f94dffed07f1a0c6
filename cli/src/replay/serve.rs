//! A tape in its venue's place.

use std::net::SocketAddr;

use anyhow::Context;
use indicatif::HumanCount;
use marketdata::local::{Opener, Speed, TapeSettings, TapeVenue};
use marketdata::tape::Header;

use super::{Args, SpeedArg};
use crate::demo::{say, stop_signal};
use crate::venue::weather;

/// Serves it until it is told to stop.
pub(super) fn run(
    args: &Args,
    address: SocketAddr,
    header: &Header,
    open: Opener,
) -> anyhow::Result<()> {
    let settings = TapeSettings {
        connection: args.feed,
        speed: args.speed.map_or(Speed::Times(1), |SpeedArg(speed)| speed),
        weather: weather(args.storm.is_some(), &args.fault)?,
        seed: args.storm.unwrap_or(1),
        ..TapeSettings::new(address)
    };
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    executor.block_on(async {
        let venue = TapeVenue::start(open, settings)
            .await
            .with_context(|| args.file.display().to_string())?;
        let address = venue.address();
        let feed = header
            .feeds
            .get(usize::from(args.feed))
            .map_or("", |feed| feed.feed.name);
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
