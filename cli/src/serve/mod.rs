//! `dynasty serve`: instruments, plans and feeds from a file, the engine on the wall clock, and the page.

mod source;
mod timetable;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use gateway::Projections;
use gateway::dto::competition;
use gateway::dto::plan::spec_from_toml;
use gateway::dto::server::{FeedFile, ServerFile, from_toml};
use marketdata::connection::{Arrived, Connection, Outlets, Settings, Status};
use marketdata::feed::{Channels, Credentials, Listing, Spec};
use marketdata::venue;
use rtrb::RingBuffer;
use runtime::{Clock, Config, Runtime};
use tokio::sync::watch;
use types::{Command, InstrumentId};

use crate::demo::{say, stop_signal};
use crate::progress::recovery_progress;
use source::LiveSource;
use timetable::Timetable;

/// Events of one feed that wait for the engine. A feed that is faster waits; nothing is dropped.
const FEED_EVENTS_MAX: usize = 65_536;

/// The real server: live feeds, paper accounts, every rule on every event.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty serve --config fixtures/servers/binance.toml
  dynasty serve --config server.toml --check        read the file and what it names, and stop

The file is explained in docs/feeds.md. How the feeds stand: dynasty feeds, or GET /v1/feeds.")]
pub(crate) struct Args {
    /// The server's file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only check the file and those it names.
    #[arg(long)]
    check: bool,
}

/// What has to be known to the engine before the first price.
pub(super) struct Setup {
    commands: Vec<Command>,
    instruments: usize,
    plans: usize,
}

/// A feed before it has connected.
struct Feed {
    connection: Connection,
    status: Arc<ArcSwap<Status>>,
}

/// Runs the server until it is told to stop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let name = args.config.display().to_string();
    let text = fs::read_to_string(&args.config).with_context(|| name.clone())?;
    let venues: Vec<_> = venue::names().collect();
    let file = from_toml(&name, &text, &venues)?;
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let setup = set_up(&file, folder)?;
    let (mut feeds, mut rings) = (Vec::new(), Vec::new());
    for feed in &file.feeds {
        let (feed, ring) = open(feed, &file)?;
        feeds.push(feed);
        rings.push(ring);
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
    let mut timetable = Timetable::new(&file.instruments);
    let projections = Projections::new();
    let mut hook = projections.hook();
    let progress = recovery_progress()?;
    let config = Config {
        ack_mode: file.ack,
        retention: file.retention,
        recovery_hook: Some(Box::new({
            let progress = progress.clone();
            move |at| {
                progress.set_length(at.all);
                progress.set_position(at.replayed);
            }
        })),
        clock: Clock::Wall,
        timetable: Some(Box::new(move |ts, shard| timetable.next(ts, shard))),
        projection: Some(Box::new(move |step, shard| hook(step, shard))),
        ..Config::new(&directory)
    };
    let runtime = Runtime::start(config, Box::new(LiveSource::new(setup, rings)))
        .with_context(|| format!("data directory {}", directory.display()))?;
    progress.finish_and_clear();
    say(format!(
        "Data in {}: input {}",
        directory.display(),
        runtime.recovery().seq
    ))?;

    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the server's threads")?;
    executor.block_on(async {
        let settings = gateway::Config {
            address: file.listen,
            mode: file.mode,
            feeds: feeds.iter().map(|feed| Arc::clone(&feed.status)).collect(),
            ..gateway::Config::default()
        };
        let server = gateway::serve(runtime.handle(), settings, projections).await?;
        say(format!("Open http://{}  (Ctrl-C stops)", server.address()))?;
        let (stop, stopped) = watch::channel(false);
        let connections: Vec<_> = feeds
            .into_iter()
            .map(|feed| tokio::spawn(feed.connection.run(stopped.clone())))
            .collect();
        let mut status = runtime.handle().status_changes();
        let failed = status.wait_for(|status| matches!(status, runtime::Status::Failed(_)));
        let ended = tokio::select! {
            interrupted = stop_signal() => interrupted,
            failed = failed => match failed.map(|status| status.clone()) {
                Ok(runtime::Status::Failed(reason)) => Err(anyhow::anyhow!("{reason}")),
                _ => Err(anyhow::anyhow!("the runtime is gone")),
            },
        };
        // Nobody hears: the runtime's end tells the connections as well.
        let _ = stop.send(true);
        for connection in connections {
            let _ = connection.await;
        }
        server.shutdown().await;
        ended
    })?;
    runtime.stop().context("stopping")?;
    say("Stopped")
}

/// Everything that the file defines, in the order in which the engine numbers it.
fn set_up(file: &ServerFile, folder: &Path) -> anyhow::Result<Setup> {
    let read = |path: &str| {
        let path = folder.join(path);
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        anyhow::Ok((name, text))
    };
    let instruments = file.instruments.iter().map(|it| it.definition);
    let mut commands: Vec<_> = instruments.map(Command::RegisterInstrument).collect();
    for path in &file.plans {
        let (name, text) = read(path)?;
        let spec = spec_from_toml(&name, &text)?;
        commands.push(Command::DefinePlan { spec });
    }
    for path in &file.competitions {
        let (name, text) = read(path)?;
        let spec = competition::spec_from_toml(&name, &text)?;
        commands.push(Command::DefineCompetition { spec });
    }
    Ok(Setup {
        commands,
        instruments: file.instruments.len(),
        plans: file.plans.len(),
    })
}

/// A feed's connection, not yet open, and where its events will be.
fn open(feed: &FeedFile, file: &ServerFile) -> anyhow::Result<(Feed, rtrb::Consumer<Arrived>)> {
    let listings: Vec<_> = feed
        .symbols
        .iter()
        .map(|(place, symbol)| {
            let instrument = &file.instruments[*place].definition;
            Listing {
                instrument: InstrumentId(*place as u32),
                symbol: symbol.clone(),
                spec: Spec {
                    tick_size: instrument.tick_size,
                    lot_size: instrument.lot_size,
                    may_be_negative: instrument.kind == types::InstrumentKind::Future,
                    outlier_band: feed.outlier_band,
                },
            }
        })
        .collect();
    let channels = Channels {
        book: feed.book,
        trades: feed.trades,
    };
    let Some(known) = venue::Feed::of(&feed.venue) else {
        bail!("no such feed: {}", feed.venue);
    };
    let credentials = credentials(feed, known.needs_key)?;
    let adapter = known.adapter(credentials, listings.clone(), channels);
    let addresses = known.addresses;
    let status = Arc::new(ArcSwap::from_pointee(Status::new(
        adapter.name(),
        &listings,
    )));
    let (events, ring) = RingBuffer::new(FEED_EVENTS_MAX);
    let own =
        |address: &Option<String>, known: &str| address.clone().unwrap_or_else(|| known.to_owned());
    let settings = Settings {
        seed: runtime_seed(),
        ..Settings::new(
            own(&feed.stream, addresses.stream),
            own(&feed.rest, addresses.rest),
        )
    };
    let outlets = Outlets {
        events,
        wake: Arc::new(|| {}),
        status: Arc::clone(&status),
        tap: None,
    };
    let connection = Connection::new(adapter, settings, outlets).context("the feed's requests")?;
    Ok((Feed { connection, status }, ring))
}

/// The key and its secret, from the environment: a file is read by more people.
fn credentials(feed: &FeedFile, needs_key: bool) -> anyhow::Result<Credentials> {
    let read = |name: &str| {
        std::env::var(name)
            .with_context(|| format!("{}: the environment variable {name}", feed.venue))
    };
    match &feed.credentials {
        None if needs_key => bail!(
            "{}: this venue asks for a key; accepted: key_env and secret_env, names of environment variables",
            feed.venue
        ),
        None => Ok(Credentials::default()),
        Some((key, secret)) => Ok(Credentials {
            key: read(key)?,
            secret: secret.as_deref().map_or(Ok(String::new()), read)?,
        }),
    }
}

/// Servers that start together should not come back together.
fn runtime_seed() -> u64 {
    marketdata::connection::now().0
}
