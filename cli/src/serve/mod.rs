//! `dynasty serve`: instruments, plans and feeds from a file, the engine on the wall clock, and the page.

mod feed;
mod source;
mod statuses;
mod timetable;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use gateway::Projections;
use gateway::dto::plan::spec_from_toml;
use gateway::dto::server::{ConversionFile, ConversionRate, ServerFile, from_toml};
use gateway::dto::{competition, limits};
use marketdata::venue;
use runtime::{Clock, Config, Shard};
use tokio::sync::watch;
use types::{Command, InstrumentId, Label, Price, ShardId};

use crate::demo::{read_only, say, stop, stop_signal};
use crate::progress::recovery_progress;
use crate::record;
use crate::start::{found, shown, start};
pub(crate) use feed::{Feed, Ring, open};
use source::{Followed, LiveSource, unseen};
pub(crate) use statuses::Statuses;
pub(crate) use timetable::Timetable;

/// The real server: live feeds, paper accounts, every rule on every event.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty serve --config fixtures/servers/binance.toml
  dynasty serve --config server.toml --check        read the file and what it names, and stop
  dynasty serve --config server.toml --record tapes  keep what the venues say, byte for byte

The file is explained in docs/feeds.md. How the feeds stand: dynasty feeds, or GET /v1/feeds.")]
pub(crate) struct Args {
    /// The server's file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only check the file and those it names.
    #[arg(long)]
    check: bool,
    /// Records what the feeds bring on a new tape in this directory, for `dynasty replay`.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

/// Feeds that are told to stop have as long as the server's clients.
const FEEDS_STOP_MAX: Duration = Duration::from_secs(2);

/// What has to be known to the engine before the first price, by kind: what instruments and plans refer to comes before
/// them.
#[derive(Default)]
pub(crate) struct Setup {
    curves: Vec<Command>,
    latencies: Vec<Command>,
    instruments: Vec<Command>,
    plans: Vec<Command>,
    competitions: Vec<Command>,
}

impl Setup {
    /// Of instruments alone.
    pub(crate) fn of_instruments(commands: Vec<Command>) -> Self {
        Self {
            instruments: commands,
            ..Self::default()
        }
    }

    /// The first definition that the shard does not have. What it has stays as it was defined: the file may
    /// only grow.
    pub(crate) fn missing(&self, shard: &Shard) -> Option<&Command> {
        let kinds = [
            (&self.curves, shard.curve_count()),
            (&self.latencies, shard.latency_count()),
            (&self.instruments, shard.instrument_count()),
            (&self.plans, shard.plan_count()),
            (&self.competitions, shard.competition_count()),
        ];
        let mut missing = kinds.into_iter();
        missing.find_map(|(commands, known)| commands.get(known as usize))
    }
}

/// Reads a server's file.
pub(crate) fn read(config: &Path) -> anyhow::Result<ServerFile> {
    let name = config.display().to_string();
    let text = fs::read_to_string(config).with_context(|| {
        format!("--config {name}; accepted: a server's file (TOML), as docs/feeds.md explains it")
    })?;
    let venues: Vec<_> = venue::names().collect();
    Ok(from_toml(&name, &text, &venues)?)
}

/// Runs the server until it is told to stop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let name = args.config.display();
    let file = read(&args.config)?;
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let setup = set_up(&file, folder)?;
    let (mut feeds, mut rings) = (Vec::new(), Vec::new());
    for feed in &file.feeds {
        let (feed, ring) = open(feed, &file)?;
        feeds.push(feed);
        rings.push(ring);
    }
    if let Some(tapes) = &args.record {
        record::check_directory(tapes)?;
    }
    if args.check {
        return say(format!(
            "{name}: {} instruments, {} plans, {} competitions, {} feeds",
            file.instruments.len(),
            file.plans.len(),
            file.competitions.len(),
            file.feeds.len()
        ));
    }
    let directory = folder.join(&file.data);
    check_room(&file, &directory)?;
    let mut timetable = Timetable::new(&file.instruments);
    let statuses = timetable.statuses();
    let projections = Projections::new();
    let mut hook = projections.hook();
    let progress = recovery_progress()?;
    let config = Config {
        ack_mode: file.ack,
        retention: file.retention,
        limits: limits::stated(&file.limits),
        limits_stated: file.limits.iter().map(|(name, _)| *name).collect(),
        recovery_hook: Some(shown(&progress)),
        clock: Clock::Wall,
        opening: Some(Box::new(unseen)),
        timetable: Some(Box::new(move |ts, shard| timetable.next(ts, shard))),
        closures: Some(marketdata::calendar::closures),
        projection: Some(Box::new(move |step, shard| hook(step, shard))),
        ..Config::new(&directory)
    };
    let (stated, followed) = rates(&file);
    let source = LiveSource::new(setup, rings, statuses).with_rates(stated, followed);
    let runtime = start(config, Box::new(source))?;
    progress.finish_and_clear();
    say(found(&directory, &runtime.recovery()))?;
    let recorder = match &args.record {
        Some(directory) => Some(record::start_in(directory, &feeds)?),
        None => None,
    };

    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the server's threads")?;
    let ended = executor.block_on(async {
        let settings = gateway::Config {
            address: file.listen,
            mode: file.mode,
            feeds: feeds.iter().map(|feed| Arc::clone(&feed.status)).collect(),
            ..gateway::Config::default()
        };
        let server = gateway::serve(runtime.handle(), settings, projections).await?;
        say(format!("Open http://{}  (Ctrl-C stops)", server.address()))?;
        let (stop, stopped) = watch::channel(false);
        let handle = runtime.handle();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || handle.wake());
        let mut connections = Vec::new();
        for (place, feed) in feeds.into_iter().enumerate() {
            let tap = recorder
                .as_ref()
                .map(|(_, recorder)| recorder.tap(place as u16, feed.credentials()));
            let connection = feed.connect(Arc::clone(&wake), tap)?;
            connections.push(tokio::spawn(connection.run(stopped.clone())));
        }
        let mut status = runtime.handle().status_changes();
        let failed = status.wait_for(|status| matches!(status, runtime::Status::Failed(_)));
        let ended = tokio::select! {
            interrupted = stop_signal() => interrupted.map(Some),
            failed = failed => match failed.map(|status| status.clone()) {
                Ok(runtime::Status::Failed(reason)) => {
                    let _ = stop.send(true);
                    read_only(&reason).await.map(Some)
                }
                _ => Err(anyhow::anyhow!("the runtime is gone")),
            },
        };
        if let Ok(Some(deadline)) = ended {
            runtime.begin_stop(deadline);
        }
        // Nobody hears: the runtime's end tells the connections as well.
        let _ = stop.send(true);
        let feeds = async {
            for connection in &mut connections {
                let _ = connection.await;
            }
        };
        let (_, in_time) = tokio::join!(
            server.shutdown(),
            tokio::time::timeout(FEEDS_STOP_MAX, feeds)
        );
        if in_time.is_err() {
            // Nobody who reads it is no matter.
            let _ = say("A feed did not end in time; it ends with the process");
        }
        ended
    });
    // However it ended: the tape is whole.
    let recorded = recorder.map(|(path, recorder)| record::finish(recorder, &path));
    let stopped = stop(runtime, ended?)?;
    // Nobody waits for clients that do not read.
    executor.shutdown_background();
    recorded.transpose()?;
    if stopped.is_compared {
        return say("Stopped");
    }
    say(
        "Stopped; the replica was not at the end in time, so the next start replays from the snapshot",
    )
}

/// A journal keeps the limits that it began with, also where the file does not state them: what it defines has to
/// find room there.
fn check_room(file: &ServerFile, directory: &Path) -> anyhow::Result<()> {
    // What cannot be read is told by the start.
    let begun = runtime::beginning(
        &runtime::journal_location(directory, ShardId(0)),
        limits::stated(&file.limits),
    );
    if let Ok(shard) = begun
        && let Some((limit, count)) = file.beyond(shard.limits())
    {
        let max = shard.limits().of(limit);
        anyhow::bail!(
            "{limit}: {max} in the journal of {}: accepted a file that defines at most so many, this one has {count}",
            directory.display()
        );
    }
    Ok(())
}

/// The rates of currencies that the file states, and those that follow an instrument.
fn rates(file: &ServerFile) -> (Vec<(Label, Label, Price)>, Vec<Followed>) {
    let (mut stated, mut followed) = (Vec::new(), Vec::new());
    for &ConversionFile { from, to, rate } in &file.conversions {
        match rate {
            ConversionRate::Stated(rate) => stated.push((from, to, rate)),
            ConversionRate::Of {
                instrument,
                is_inverse,
            } => followed.push(Followed {
                from,
                to,
                instrument: InstrumentId(instrument as u32),
                is_inverse,
            }),
        }
    }
    (stated, followed)
}

/// Everything that the file defines, in the order in which the engine numbers it.
pub(crate) fn set_up(file: &ServerFile, folder: &Path) -> anyhow::Result<Setup> {
    let read = |path: &str| {
        let path = folder.join(path);
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        anyhow::Ok((name, text))
    };
    let curves = file.curves.iter().cloned();
    let latencies = file.latencies.iter().cloned();
    let instruments = file.instruments.iter().map(|it| it.definition);
    let mut setup = Setup {
        curves: curves
            .map(|weights| Command::DefineCurve { weights })
            .collect(),
        latencies: latencies
            .map(|samples| Command::DefineLatency { samples })
            .collect(),
        instruments: instruments
            .map(|it| Command::RegisterInstrument(Box::new(it)))
            .collect(),
        ..Setup::default()
    };
    for path in &file.plans {
        let (name, text) = read(path)?;
        let spec = spec_from_toml(&name, &text)?;
        setup.plans.push(Command::DefinePlan { spec });
    }
    for path in &file.competitions {
        let (name, text) = read(path)?;
        let spec = competition::spec_from_toml(&name, &text)?;
        setup.competitions.push(Command::DefineCompetition { spec });
    }
    Ok(setup)
}
