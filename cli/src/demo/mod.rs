//! `dynasty demo`: the recorded market, some 200 paper traders on four plans, one competition, and a
//! page to watch them on.

mod source;
mod summary;
mod tally;
mod traders;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gateway::Projections;
use gateway::dto::competition;
use gateway::dto::plan::spec_from_toml;
use indicatif::ProgressBar;
use marketdata::DemoMarket;
use runtime::{AckMode, Config, Handle, Runtime, Status, Stopped};
use tokio::sync::watch;
use types::InstrumentId;

use crate::progress::recovery_progress;
use crate::retention::RetentionArgs;
use crate::start::{found, shown, start};

use source::{Demo, DemoSource, Rate, Setup};
use summary::Summary;
use tally::Tally;

/// The four plans that the demo's traders are on.
const PLANS: [(&str, &str); 4] = [
    (
        "fixtures/plans/static-100k.toml",
        include_str!("../../../fixtures/plans/static-100k.toml"),
    ),
    (
        "fixtures/plans/eod-trail-50k.toml",
        include_str!("../../../fixtures/plans/eod-trail-50k.toml"),
    ),
    (
        "fixtures/plans/live-trail-50k.toml",
        include_str!("../../../fixtures/plans/live-trail-50k.toml"),
    ),
    (
        "fixtures/plans/sprint-25k.toml",
        include_str!("../../../fixtures/plans/sprint-25k.toml"),
    ),
];

/// The competition that all of them enter.
const COMPETITION: (&str, &str) = (
    "fixtures/competitions/demo-cup.toml",
    include_str!("../../../fixtures/competitions/demo-cup.toml"),
);

/// The demo market's liveliest instrument.
const EURUSD: InstrumentId = InstrumentId(3);
/// How often the line on a terminal is written anew.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// Market seconds in one of ours when nobody watches: ten trading days in a second.
const RATE_HEADLESS: u64 = 864_000;
/// Market seconds in one of ours when there is a page to watch: a trading day in ten seconds.
const RATE_WATCHED: u64 = 8_640;

/// A recorded market drives paper accounts under rules, seen live in a browser.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty demo                               watch it on http://127.0.0.1:8080
  dynasty demo --rate 86400                  a trading day each second
  dynasty demo --for 20s --headless          no page, ten trading days a second, then a summary
  dynasty demo --for 5s --headless --rate max  as fast as it goes: about 200 MB of journal a second
  dynasty demo --events 100000 --headless --seed 7
  dynasty demo --data ./demo-data            keep the data; the next start goes on there")]
pub(crate) struct Args {
    /// Market time in multiples of ours, or `max` [default: 8640; 864000 when headless; max with
    /// --events].
    #[arg(long, value_name = "TIMES|max", allow_negative_numbers = true)]
    rate: Option<RateArg>,
    /// Stop after this long, such as 20s, 500ms or 2m.
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration, allow_negative_numbers = true)]
    duration: Option<Duration>,
    /// No page and no server; print a summary at the end.
    #[arg(long)]
    headless: bool,
    /// Stop once this many market events have been applied, those of earlier starts included.
    #[arg(long, value_name = "N", value_parser = parse_count, allow_negative_numbers = true)]
    events: Option<u64>,
    /// What the traders' choices follow from.
    #[arg(long, default_value_t = 1, value_parser = parse_count, allow_negative_numbers = true)]
    seed: u64,
    /// A plan file (TOML) in place of the demo's four; may be given several times.
    #[arg(long = "plan", value_name = "FILE")]
    plans: Vec<PathBuf>,
    /// Data directory; the demo goes on where it stopped [default: a new one, removed at the end].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address of the page; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = parse_listen)]
    listen: SocketAddr,
    /// What an acknowledgement means: `durable` (on disk) or `relaxed` (with the operating system).
    #[arg(long, value_name = "MODE", default_value = "durable", value_parser = parse_ack_mode)]
    ack: AckMode,
    #[command(flatten)]
    retention: RetentionArgs,
}

#[derive(Debug, Clone, Copy)]
struct RateArg(Rate);

impl FromStr for RateArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self(Rate::Max));
        }
        match text.parse() {
            Ok(times) if times > 0 => Ok(Self(Rate::Times(times))),
            _ => Err("accepted: a whole number above 0, or max".to_owned()),
        }
    }
}

fn parse_count(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("accepted: a whole number from 0 to {}", u64::MAX))
}

pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "accepted: a duration above zero, such as 20s, 500ms or 2m".to_owned())
}

/// The gateway has no accounts and keys, so it is for this machine only.
pub(crate) fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse::<SocketAddr>()
        .ok()
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| "accepted: an address of this machine, such as 127.0.0.1:8080".to_owned())
}

/// An address that can be asked for a document.
pub(crate) fn parse_url(text: &str) -> Result<String, String> {
    reqwest::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|_| text.to_owned())
        .ok_or_else(|| {
            "accepted: an address with http:// or https://, such as http://127.0.0.1:8080"
                .to_owned()
        })
}

fn parse_ack_mode(text: &str) -> Result<AckMode, String> {
    match text {
        "durable" => Ok(AckMode::Durable),
        "relaxed" => Ok(AckMode::Relaxed),
        _ => Err("accepted: durable, relaxed".to_owned()),
    }
}

/// Runs the demo until it is told to stop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let market = DemoMarket::load().context("the embedded recordings")?;
    let rate = match args.rate {
        Some(RateArg(rate)) => rate,
        None if args.events.is_some() => Rate::Max,
        None if args.headless => Rate::Times(RATE_HEADLESS),
        None => Rate::Times(RATE_WATCHED),
    };
    let (directory, scratch) = if let Some(directory) = &args.data {
        (directory.clone(), None)
    } else {
        let scratch = tempfile::Builder::new().prefix("dynasty-demo-").tempdir()?;
        (scratch.path().to_owned(), Some(scratch))
    };
    if !args.headless {
        // Found out before anything is written: a market that nobody can watch should not move.
        TcpListener::bind(args.listen).with_context(|| {
            let address = args.listen;
            format!("--listen {address} is not free (--listen 127.0.0.1:0 picks one that is)")
        })?;
    }
    let tally = Tally::default();
    let projections = Projections::new();
    let source = DemoSource::new(Demo {
        market,
        setup: set_up(&args.plans)?,
        seed: args.seed,
        rate,
        events_max: args.events,
        tally: tally.clone(),
    });
    let progress = recovery_progress()?;
    let config = Config {
        ack_mode: args.ack,
        retention: args.retention.retention(),
        recovery_hook: Some(shown(&progress)),
        projection: Some(tally.projection(projections.hook())),
        closures: Some(marketdata::calendar::closures),
        ..Config::new(&directory)
    };
    let started = Instant::now();
    let runtime = start(config, Box::new(source))?;
    progress.finish_and_clear();
    tell_start(args, &runtime, &directory)?;

    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the server's threads")?;
    let deadline = executor.block_on(async {
        let server = if args.headless {
            None
        } else {
            let settings = gateway::Config {
                address: args.listen,
                rate: rate.times(),
                featured_instrument: EURUSD,
                ..gateway::Config::default()
            };
            Some(gateway::serve(runtime.handle(), settings, projections).await?)
        };
        if let Some(server) = &server {
            say(format!("Open http://{}  (Ctrl-C stops)", server.address()))?;
        }
        let progress = tokio::spawn(show_progress(runtime.handle()));
        let ended = wait_for_end(args, runtime.handle().status_changes()).await;
        progress.abort();
        let deadline = ended?;
        if let Some(deadline) = deadline {
            runtime.begin_stop(deadline);
        }
        if let Some(server) = server {
            server.shutdown().await;
        }
        anyhow::Ok(deadline)
    })?;

    let handle = runtime.handle();
    let elapsed = started.elapsed();
    let stopped = stop(runtime, deadline)?;
    // Nobody waits for clients that do not read.
    executor.shutdown_background();
    say(Summary {
        handle: &handle,
        stopped: &stopped,
        tally: &tally,
        directory: &directory,
        elapsed,
    })?;
    drop(scratch);
    Ok(())
}

/// Tells whoever reads. When nobody reads any more the demo goes on all the same.
pub(crate) fn say(text: impl fmt::Display) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output")
        }
        _ => Ok(()),
    }
}

/// Tells it where results do not go. When nobody reads it there, nobody can be told.
pub(crate) fn tell(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The plans of these files, or the demo's four where there are none, and its competition.
fn set_up(files: &[PathBuf]) -> anyhow::Result<Setup> {
    let mut plans = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).with_context(|| name.clone())?;
        plans.push(spec_from_toml(&name, &text)?);
    }
    if plans.is_empty() {
        for (name, text) in PLANS {
            plans.push(spec_from_toml(name, text)?);
        }
    }
    let (name, text) = COMPETITION;
    Ok(Setup {
        plans,
        competition: competition::spec_from_toml(name, text)?,
    })
}

fn tell_start(args: &Args, runtime: &Runtime, directory: &Path) -> anyhow::Result<()> {
    if args.data.is_none() {
        say("Data in a new directory that is removed at the end (--data DIR keeps it)")
    } else {
        say(found(directory, &runtime.recovery()))
    }
}

/// A line that says how far the market is, on a terminal only.
async fn show_progress(handle: Handle) {
    let bar = ProgressBar::new_spinner();
    let mut interval = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        interval.tick().await;
        let stats = handle.stats();
        bar.set_message(format!(
            "{}  {} market events  {} fills  {} breaches",
            handle.views().ts,
            stats.market_events,
            stats.fills,
            stats.breaches
        ));
        bar.tick();
    }
}

/// Until Ctrl-C, the time given, or the end of the market events asked for. After a signal, until when it has to be
/// over.
async fn wait_for_end(
    args: &Args,
    mut status: watch::Receiver<Status>,
) -> anyhow::Result<Option<Instant>> {
    let deadline = async {
        match args.duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    let ended = status.wait_for(|status| *status != Status::Running);
    tokio::select! {
        interrupted = stop_signal() => {
            let deadline = interrupted?;
            say("\nStopping: finishing what was accepted")?;
            return Ok(Some(deadline));
        }
        () = deadline => {}
        status = ended => {
            let status = status.context("the runtime is gone")?.clone();
            if let Status::Failed(reason) = status {
                if args.headless {
                    bail!("{reason}");
                }
                return read_only(&reason).await.map(Some);
            }
        }
    }
    Ok(None)
}

/// Stops a runtime, by a deadline if there is one.
pub(crate) fn stop(runtime: Runtime, deadline: Option<Instant>) -> anyhow::Result<Stopped> {
    let stopped = match deadline {
        Some(deadline) => runtime.stop_by(deadline),
        None => runtime.stop(),
    };
    stopped.context("stopping")
}

/// Says that the engine has failed, and waits for the signal to stop: what there is can be read until then.
pub(crate) async fn read_only(reason: &str) -> anyhow::Result<Instant> {
    say(format!(
        "The engine has failed: {reason}\nReads go on, commands are refused, until Ctrl-C; the next start goes on from the \
         journal"
    ))?;
    stop_signal().await
}

/// From the signal to stop to the end of the threads. Whoever waits for it may cut it off after five seconds: the rest is
/// for what a busy machine takes to tell the signal and to end the process.
const STOP_MAX: Duration = Duration::from_millis(3_500);

/// Ctrl-C or, where there is such a thing, SIGTERM. Until when to be gone then. It has a thread and an executor of its own:
/// one that publishes as much as it can looks for signals up to a second late.
pub(crate) async fn stop_signal() -> anyhow::Result<Instant> {
    let (tell, told) = tokio::sync::oneshot::channel();
    thread::spawn(move || {
        let stopped = || {
            let executor = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()?;
            executor.block_on(interrupted())?;
            Ok(Instant::now() + STOP_MAX)
        };
        // Nobody waits any more where something else was the end.
        let _ = tell.send(stopped());
    });
    told.await.context("waiting for signals")?
}

/// Until a signal says to stop.
async fn interrupted() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
