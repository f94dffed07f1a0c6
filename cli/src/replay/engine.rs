//! A tape into an engine.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gateway::Projections;
use indicatif::{HumanCount, ProgressBar};
use marketdata::local::Speed;
use marketdata::tape::Header;
use runtime::{AckMode, Config, Status};
use types::{
    Command, FeeSchedule, Instrument, InstrumentId, InstrumentKind, Label, Liquidity, Margin,
    PaperModel, Qty, Ratio, TimestampNs,
};

use super::deck::{Deck, Shared};
use super::prefix::{self, Beside};
use super::source::TapeSource;
use super::summary::Summary;
use super::{Args, SpeedArg};
use crate::demo::{say, stop, stop_signal};
use crate::progress::recovery_progress;
use crate::serve::{self, Setup, Timetable};
use crate::start::{shown, start};

/// How often the line on a terminal is written anew.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// The largest order of an instrument that the tape alone describes, in its lots.
const ORDER_LOTS_MAX: i64 = 1_000_000;

/// Plays it to its end, or until it is told to stop.
pub(super) fn run(
    args: &Args,
    mut header: Header,
    open: &(
         dyn Fn() -> Result<marketdata::tape::Entries, marketdata::tape::TapeError> + Send + Sync
     ),
) -> anyhow::Result<()> {
    let (setup, mode, timetable) = match &args.config {
        Some(config) => {
            let file = serve::read(config)?;
            let known: Vec<_> = file
                .instruments
                .iter()
                .map(|instrument| instrument.definition.symbol.to_string())
                .collect();
            number(&mut header, |name| {
                known.iter().position(|symbol| symbol == name)
            })
            .with_context(|| config.display().to_string())?;
            let folder = config.parent().unwrap_or(Path::new(""));
            let timetable = Timetable::new(&file.instruments);
            (serve::set_up(&file, folder)?, file.mode, Some(timetable))
        }
        None => (
            Setup::of_instruments(instruments(&mut header)?),
            gateway::Config::default().mode,
            None,
        ),
    };
    let beside = Beside::new(timetable.as_ref());
    let first = open().and_then(|mut entries| entries.next());
    let first = first.with_context(|| args.file.display().to_string())?;
    let begins = first.map_or(TimestampNs(0), |entry| entry.time);
    let brought = match &args.data {
        None => 0,
        Some(data) => {
            let entries = open().with_context(|| args.file.display().to_string())?;
            prefix::check(data, &args.file, &header, entries, &beside)?
        }
    };
    let played = Shared::default();
    let speed = args.speed.map_or(Speed::Max, |SpeedArg(speed)| speed);
    let deck = Deck {
        entries: open()?,
        header: header.clone(),
        speed,
        played: Arc::clone(&played),
    };
    let (directory, scratch) = if let Some(directory) = &args.data {
        (directory.clone(), None)
    } else {
        let scratch = tempfile::Builder::new()
            .prefix("dynasty-replay-")
            .tempdir()?;
        (scratch.path().to_owned(), Some(scratch))
    };
    let projections = Projections::new();
    let mut hook = projections.hook();
    let progress = recovery_progress()?;
    let config = Config {
        // What is recorded can be played again.
        ack_mode: AckMode::Relaxed,
        recovery_hook: Some(shown(&progress)),
        closures: Some(marketdata::calendar::closures),
        timetable: timetable.map(|mut timetable| -> runtime::Timetable {
            Box::new(move |ts, shard| timetable.next(ts, shard))
        }),
        projection: if args.page.is_some() {
            Some(Box::new(move |step, shard| hook(step, shard)))
        } else {
            None
        },
        ..Config::new(&directory)
    };
    let source = TapeSource {
        setup,
        beside,
        brought,
        begins,
        deck: Some(deck),
        ring: None,
    };
    let started = Instant::now();
    let runtime = start(config, Box::new(source))?;
    progress.finish_and_clear();

    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the server's threads")?;
    let (elapsed, deadline) = executor.block_on(async {
        let server = match args.page {
            None => None,
            Some(address) => {
                let settings = gateway::Config {
                    address,
                    mode,
                    rate: match speed {
                        Speed::Times(times) => Some(times.into()),
                        Speed::Max => None,
                    },
                    ..gateway::Config::default()
                };
                let server = gateway::serve(runtime.handle(), settings, projections).await?;
                say(format!("Open http://{}  (Ctrl-C stops)", server.address()))?;
                Some(server)
            }
        };
        let progress = tokio::spawn(show_progress(Arc::clone(&played)));
        let mut status = runtime.handle().status_changes();
        let mut elapsed = None;
        let ended = async {
            let status = status.wait_for(|status| *status != Status::Running).await;
            if let Status::Failed(reason) = &*status.context("the runtime is gone")? {
                bail!("{reason}");
            }
            elapsed = Some(started.elapsed());
            if args.page.is_some() {
                say("The tape is at its end  (Ctrl-C stops)")?;
                std::future::pending::<()>().await;
            }
            Ok(())
        };
        let ended = tokio::select! {
            interrupted = stop_signal() => interrupted.map(Some),
            ended = ended => ended.map(|()| None),
        };
        progress.abort();
        let deadline = ended?;
        if let Some(deadline) = deadline {
            runtime.begin_stop(deadline);
        }
        if let Some(server) = server {
            server.shutdown().await;
        }
        anyhow::Ok((elapsed.unwrap_or_else(|| started.elapsed()), deadline))
    })?;
    let stopped = stop(runtime, deadline)?;
    executor.shutdown_background();
    drop(scratch);
    let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
    let summary = Summary {
        file: &args.file,
        header: &header,
        played: &played,
        stopped: &stopped,
        elapsed,
    };
    if args.format == "json" {
        say(summary.json())?;
    } else {
        say(summary)?;
    }
    match played.failure.take() {
        Some(failure) => Err(failure).with_context(|| args.file.display().to_string()),
        None if played.ending.is_some() && played.tally.messages == 0 => {
            bail!("{}: no message was played", args.file.display())
        }
        None => Ok(()),
    }
}

/// Numbers the tape's instruments as the engine does, by their names.
fn number(header: &mut Header, place: impl Fn(&str) -> Option<usize>) -> anyhow::Result<()> {
    for feed in &mut header.feeds {
        for listing in &mut feed.listings {
            let Some(place) = place(&listing.name) else {
                bail!(
                    "the tape's instrument '{}' is not there; accepted: a file that has it",
                    listing.name
                );
            };
            listing.listing.instrument = InstrumentId(place as u32);
        }
    }
    Ok(())
}

/// The tape's own instruments, with the usual fill model and without fees, in the order of their numbers.
fn instruments(header: &mut Header) -> anyhow::Result<Vec<Command>> {
    let mut known = BTreeMap::new();
    for listing in header.feeds.iter().flat_map(|feed| &feed.listings) {
        let key = (listing.listing.instrument, listing.name.clone());
        known.entry(key).or_insert(listing.listing.spec);
    }
    let mut commands = Vec::new();
    for ((_, name), spec) in &known {
        let symbol = Label::new(name).with_context(|| format!("the tape's instrument '{name}'"))?;
        commands.push(Command::RegisterInstrument(Box::new(Instrument {
            symbol,
            kind: if spec.may_be_negative {
                InstrumentKind::Future
            } else {
                InstrumentKind::CryptoSpot
            },
            currency: Label::new("USD")?,
            tick_size: spec.tick_size,
            lot_size: spec.lot_size,
            contract_size: Qty::ONE,
            order_qty_max: Qty(spec.lot_size.0.saturating_mul(ORDER_LOTS_MAX)),
            fees: FeeSchedule::default(),
            margin: Margin::default(),
            shortable: true,
            collar: Ratio::ZERO,
            breaker: Ratio::ZERO,
            liquidity: Liquidity::Paper(PaperModel::default()),
        })));
    }
    let names: Vec<_> = known.into_keys().map(|(_, name)| name).collect();
    number(header, |name| names.iter().position(|known| known == name))?;
    Ok(commands)
}

/// A line that says how far the tape is, on a terminal only.
async fn show_progress(played: Shared) {
    let bar = ProgressBar::new_spinner();
    let mut interval = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        interval.tick().await;
        let (tally, last) = {
            let played = played.lock().unwrap_or_else(PoisonError::into_inner);
            (played.tally, played.last)
        };
        let at = last.map_or_else(String::new, |time| time.to_string());
        bar.set_message(format!(
            "{at}  {} messages  {} events  {} times stale",
            HumanCount(tally.messages),
            HumanCount(tally.events()),
            HumanCount(tally.stale)
        ));
        bar.tick();
    }
}
