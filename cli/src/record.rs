//! `dynasty record`: what the feeds of a server's file bring, on a tape, without an engine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use indicatif::{HumanBytes, HumanCount, ProgressBar};
use marketdata::connection::now;
use marketdata::tape::{Header, Recorder, TapeError};
use tokio::sync::watch;

use crate::demo::{parse_duration, say, stop_signal};
use crate::serve::{self, Feed};
use crate::venue::Usage;

/// Endings of names that packers give.
const PACKED: [&str; 10] = [
    "7z", "br", "bz2", "gz", "lz4", "rar", "xz", "z", "zip", "zst",
];
/// How often the recorder is looked at, and the line on a terminal is written anew.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Record what the feeds of a server's file bring: every message byte for byte, with the time at which it came.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty record --config fixtures/servers/binance.toml --out btc.tape.zst
  dynasty record --config fixtures/servers/local.toml --out local.tape --for 1h
  dynasty replay btc.tape.zst                              what it amounts to
  dynasty replay btc.tape.zst --serve 127.0.0.1:9443       serve it as the venue would

Keys and secrets are not recorded. What the disk is too slow for is counted, and the tape says where it is missing.
A server records while it runs with: dynasty serve --config FILE --record DIR")]
pub(crate) struct Args {
    /// The server's file (TOML); of it the instruments and feeds.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The tape, a new file; compressed when its name ends in .zst.
    #[arg(long, value_name = "TAPE")]
    out: PathBuf,
    /// Stop after this long, such as 20s, 5m or 1h [default: when it is told to].
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration, allow_negative_numbers = true)]
    duration: Option<Duration>,
}

/// Records until it is told to stop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    check_name(&args.out)?;
    let file = serve::read(&args.config)?;
    if file.feeds.is_empty() {
        bail!("{}: no feed; accepted: one or more", args.config.display());
    }
    let (mut feeds, mut rings) = (Vec::new(), Vec::new());
    for feed in &file.feeds {
        let (feed, ring) = serve::open(feed, &file)?;
        feeds.push(feed);
        rings.push(ring);
    }
    let recorder = start(&args.out, &feeds)?;
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut has_heard = false;
    let failure = executor.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let mut connections = Vec::new();
        for (place, feed) in feeds.into_iter().enumerate() {
            let tap = recorder.tap(place as u16, feed.credentials());
            let connection = feed.connect(Arc::new(|| {}), Some(tap))?;
            connections.push(tokio::spawn(connection.run(stopped.clone())));
        }
        say(format!(
            "Recording {} feeds to {}  (Ctrl-C stops)",
            connections.len(),
            args.out.display()
        ))?;
        let watching = async {
            let bar = ProgressBar::new_spinner();
            let mut looks = tokio::time::interval(LOOK_EVERY);
            loop {
                looks.tick().await;
                // Nobody asks for what it means.
                for ring in &mut rings {
                    while ring.pop().is_some() {
                        has_heard = true;
                    }
                }
                let recorded = recorder.recorded();
                if recorded.failure.is_some() {
                    bar.finish_and_clear();
                    return recorded.failure;
                }
                bar.set_message(format!(
                    "{} entries  {}  {} lost",
                    HumanCount(recorded.entries),
                    HumanBytes(recorded.bytes),
                    HumanCount(recorded.lost)
                ));
                bar.tick();
            }
        };
        let deadline = async {
            match args.duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        let failure = tokio::select! {
            interrupted = stop_signal() => {
                interrupted?;
                None
            }
            () = deadline => None,
            failure = watching => failure,
        };
        let _ = stop.send(true);
        for connection in connections {
            let _ = connection.await;
        }
        anyhow::Ok(failure)
    })?;
    has_heard |= rings.iter_mut().any(|ring| ring.pop().is_some());
    let finished = finish(recorder, &args.out);
    match failure {
        Some(reason) => bail!("{}: {reason}", args.out.display()),
        None if !has_heard => {
            finished?;
            bail!("{}: no market event came", args.out.display())
        }
        None => finished,
    }
}

/// Refuses a name that says that something else packs the tape than does, or that is in no directory.
fn check_name(out: &Path) -> Result<(), Usage> {
    let name = out.display();
    let ending = out.extension().map(|ending| ending.to_string_lossy());
    if let Some(ending) = ending
        && ending != "zst"
        && PACKED.contains(&ending.to_lowercase().as_str())
    {
        return Err(Usage(format!(
            "--out {name}: a tape is not packed as .{ending}; accepted: a name that ends in .zst, which is packed, or in \
             .tape"
        )));
    }
    let folder = out.parent().unwrap_or(Path::new(""));
    if folder != Path::new("") && !folder.is_dir() {
        return Err(Usage(format!(
            "--out {name}: there is no directory {}; accepted: a name in one that there is",
            folder.display()
        )));
    }
    Ok(())
}

/// Refuses what cannot hold the tapes of a server.
pub(crate) fn check_directory(tapes: &Path) -> Result<(), Usage> {
    if tapes.exists() && !tapes.is_dir() {
        return Err(Usage(format!(
            "--record {}: it is a file; accepted: a directory, which is made where there is none",
            tapes.display()
        )));
    }
    Ok(())
}

/// A recorder of these feeds.
fn start(path: &Path, feeds: &[Feed]) -> anyhow::Result<Recorder> {
    let header = Header {
        feeds: feeds.iter().map(|feed| feed.header().clone()).collect(),
    };
    Recorder::start(path, &header, now()).map_err(|error| match error {
        TapeError::Io(error) if error.kind() == io::ErrorKind::AlreadyExists => anyhow!(
            "{} exists; accepted: a name that is free, as a tape is never written over",
            path.display()
        ),
        error => anyhow::Error::from(error).context(path.display().to_string()),
    })
}

/// A recorder of these feeds, to a new tape that is named by the time.
pub(crate) fn start_in(directory: &Path, feeds: &[Feed]) -> anyhow::Result<(PathBuf, Recorder)> {
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    let begun = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let path = directory.join(format!("{begun}.tape.zst"));
    let recorder = start(&path, feeds)?;
    say(format!("Recording to {}", path.display()))?;
    Ok((path, recorder))
}

/// Ends a tape and says what is on it.
pub(crate) fn finish(recorder: Recorder, path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    let recorded = recorder.finish().with_context(|| name.to_string())?;
    let length = fs::metadata(path).map_or(0, |file| file.len());
    say(format!(
        "{name}: {} entries, {} ({} on disk), {} lost",
        HumanCount(recorded.entries),
        HumanBytes(recorded.bytes),
        HumanBytes(length),
        HumanCount(recorded.lost)
    ))
}
