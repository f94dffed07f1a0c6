//! `flood`: more orders over HTTP than a real server process takes: what is acknowledged, what is refused, and what
//! the others notice of it. Exit codes: 0 ok, 1 an account does not add up or a cancel was refused, 2 bad usage.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bench::load::machine::machine;
use clap::Parser;
use hdrhistogram::Histogram;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Requests of a connection whose answer has not come. More are not sent: the client's own queue is full.
const PIPELINE_MAX: usize = 64;
/// Accounts of the demo, over which the orders are spread.
const ACCOUNTS: u64 = 200;
/// Far from the ids of the demo's own traders.
const CLIENT_ORDERS: u64 = 8_000_000_000_000;
/// What a server says with a refusal: when to come again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long the last answers may take.
const LAST_ANSWERS_MAX: Duration = Duration::from_secs(20);
/// How often somebody else cancels and reads, in a second.
const OTHERS_PER_SECOND: u64 = 50;
/// The longest latency recorded as it is: a minute, in microseconds.
const MICROS_MAX: u64 = 60_000_000;

/// Floods a server of its own with orders over HTTP, beside clients that cancel and read.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo build --release -p dynasty && cargo run --release -p bench --bin flood
  cargo run --release -p bench --bin flood -- --times 2,10 --seconds 10
  cargo run --release -p bench --bin flood -- --connections 600")]
struct Arguments {
    /// The server's program [default: dynasty beside this one].
    #[arg(long)]
    program: Option<PathBuf>,
    /// Multiples of the peak rate that are sent.
    #[arg(long, value_delimiter = ',', default_value = "0.5,2,10")]
    times: Vec<f64>,
    /// How long each stretch is, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Connections that send orders; a server serves 512 at once and refuses what comes over others.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=900))]
    connections: u64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("flood: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool> {
    println!("{}", machine());
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    executor.block_on(async {
        let data = tempfile::tempdir()?;
        let (mut server, address) = start(arguments, data.path()).await?;
        let done = stretches(arguments, &address, server.id().unwrap_or(0)).await;
        server.start_kill()?;
        server.wait().await?;
        done
    })
}

/// A demo server whose own market is slow beside the flood; where it listens.
async fn start(arguments: &Arguments, data: &std::path::Path) -> Result<(Child, String)> {
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("dynasty"),
    };
    let mut server = Command::new(&program)
        .args(["demo", "--listen", "127.0.0.1:0", "--for", "10m", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            format!(
                "{}: {error}; cargo build --release -p dynasty makes it",
                program.display()
            )
        })?;
    let told = server.stdout.take().ok_or("no output of the server")?;
    let mut lines = BufReader::new(told).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(rest) = line.strip_prefix("Open http://") {
            let address = rest.split(' ').next().unwrap_or(rest).to_owned();
            // What it says further must not fill the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((server, address));
        }
    }
    Err("the server said no address".into())
}

async fn stretches(arguments: &Arguments, address: &str, process: u32) -> Result<bool> {
    let seconds = Duration::from_secs_f64(arguments.seconds);
    let mut is_right = true;
    println!(
        "orders over HTTP, ack mode durable, {} connections; each line {} s; latencies in ms",
        arguments.connections, arguments.seconds
    );
    println!(
        "{:>8} {:>10} {:>9} {:>9} {:>9} {:>7} | {:>8} {:>8} {:>8} {:>8} | {:>9}",
        "asked/s",
        "sent",
        "acked",
        "refused",
        "unknown",
        "held",
        "order",
        "p99",
        "cancel99",
        "read99",
        "MiB"
    );
    let mut peak = None;
    let number = Arc::new(AtomicU64::new(CLIENT_ORDERS));
    let rates = std::iter::once(None).chain(arguments.times.iter().copied().map(Some));
    for times in rates {
        let asked = times
            .zip(peak)
            .map(|(times, peak): (f64, f64)| times * peak);
        let others = Arc::new(AtomicBool::new(true));
        let cancels = tokio::spawn(other(
            address.to_owned(),
            Other::Cancel,
            Arc::clone(&others),
        ));
        let reads = tokio::spawn(other(address.to_owned(), Other::Read, Arc::clone(&others)));
        let flood = flood(address, arguments.connections, asked, seconds, &number).await?;
        others.store(false, Ordering::Relaxed);
        let (cancels, reads) = (cancels.await??, reads.await??);
        let answered = flood.acknowledged + flood.refused + flood.unknown + flood.behind_last;
        is_right &= flood.sent == answered && cancels.refused == 0;
        if peak.is_none() {
            peak = Some(answered as f64 / arguments.seconds);
        }
        println!(
            "{:>8} {:>10} {:>9} {:>9} {:>9} {:>7} | {:>8.1} {:>8.1} {:>8.1} {:>8.1} | {:>9}",
            asked.map_or_else(|| "all".to_owned(), |rate| format!("{rate:.0}")),
            flood.sent,
            flood.acknowledged,
            flood.refused + flood.behind_last,
            flood.unknown,
            flood.held,
            ms(&flood.latency, 0.5),
            ms(&flood.latency, 0.99),
            ms(&cancels.latency, 0.99),
            ms(&reads.latency, 0.99),
            resident_mib(process),
        );
        for (status, count) in &flood.statuses {
            println!("{:>8} {status}: {count}", "");
        }
        if flood.behind_last > 0 {
            println!("{:>8} behind a last answer: {}", "", flood.behind_last);
        }
        if flood.sent != answered {
            println!("         sent is not acknowledged + refused + unknown");
        }
        if cancels.refused > 0 {
            println!("         {} cancels were refused", cancels.refused);
        }
    }
    Ok(is_right)
}

fn ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1e3
}

/// What a stretch came to.
struct Flood {
    sent: u64,
    acknowledged: u64,
    refused: u64,
    /// No answer, or an answer that the outcome is not known.
    unknown: u64,
    /// Sent to a connection whose last answer came before: by HTTP not taken, so they are refused as well.
    behind_last: u64,
    /// Not sent, because the connection had [`PIPELINE_MAX`] requests without an answer.
    held: u64,
    statuses: BTreeMap<u16, u64>,
    /// From the intended time of sending to the answer, microseconds.
    latency: Histogram<u64>,
}

/// Sends for so long, at a rate or, without one, two requests ahead of the answers; then waits for the last answers.
async fn flood(
    address: &str,
    connections: u64,
    rate: Option<f64>,
    seconds: Duration,
    number: &Arc<AtomicU64>,
) -> Result<Flood> {
    let number = Arc::clone(number);
    let begun = Instant::now();
    let mut senders = Vec::new();
    for place in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let interval = rate.map(|rate| Duration::from_secs_f64(connections as f64 / rate));
        let sender = Sender {
            address: address.to_owned(),
            next: begun
                + interval
                    .unwrap_or_default()
                    .mul_f64(place as f64 / connections as f64),
            end: begun + seconds,
            interval,
            place,
            number: Arc::clone(&number),
        };
        senders.push(tokio::spawn(sender.run(stream)));
    }
    let mut all = Flood::new()?;
    for sender in senders {
        all.add(&sender.await??)?;
    }
    Ok(all)
}

impl Flood {
    fn new() -> Result<Self> {
        Ok(Self {
            sent: 0,
            acknowledged: 0,
            refused: 0,
            unknown: 0,
            behind_last: 0,
            held: 0,
            statuses: BTreeMap::new(),
            latency: Histogram::new_with_bounds(1, MICROS_MAX, 3)?,
        })
    }

    fn answered(&mut self, status: u16, body: &str, intended: Instant) {
        match status {
            201 => self.acknowledged += 1,
            504 => self.unknown += 1,
            _ if body.contains("outcome_unknown") => self.unknown += 1,
            _ => self.refused += 1,
        }
        *self.statuses.entry(status).or_default() += 1;
        self.latency
            .saturating_record(intended.elapsed().as_micros() as u64);
    }

    fn add(&mut self, other: &Self) -> Result<()> {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.behind_last += other.behind_last;
        self.held += other.held;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.latency.add(&other.latency)?;
        Ok(())
    }
}

/// One connection that sends orders.
struct Sender {
    address: String,
    /// When the next one is intended.
    next: Instant,
    end: Instant,
    /// Between two orders; none: the next when the answer has come.
    interval: Option<Duration>,
    place: u64,
    number: Arc<AtomicU64>,
}

impl Sender {
    /// Sends until the end, over one connection after another: where the server closes one, the next is opened when it
    /// said that it may be tried again.
    async fn run(mut self, first: TcpStream) -> Result<Flood> {
        let mut flood = Flood::new()?;
        let mut stream = Some(first);
        while Instant::now() < self.end {
            let stream = if let Some(stream) = stream.take() {
                stream
            } else {
                tokio::time::sleep(RETRY_AFTER).await;
                let stream = TcpStream::connect(&self.address).await?;
                stream.set_nodelay(true)?;
                stream
            };
            flood.add(&self.send_over(stream).await?)?;
        }
        Ok(flood)
    }

    /// Sends until the end, or until the server has given its last answer over this connection, and counts what is
    /// answered. Every request that was written is counted once: by its answer, as one behind the last answer, or as
    /// unknown when the connection ended without saying so.
    async fn send_over(&mut self, stream: TcpStream) -> Result<Flood> {
        let (reading, mut writing) = stream.into_split();
        let (waiting, mut intended) = mpsc::channel::<Instant>(if self.interval.is_none() {
            // One whose answer is awaited, one behind it.
            1
        } else {
            PIPELINE_MAX
        });
        let answers = tokio::spawn(async move {
            let mut reader = BufReader::new(reading);
            let mut flood = Flood::new()?;
            while let Some(at) = intended.recv().await {
                let answer = tokio::time::timeout(LAST_ANSWERS_MAX, answer(&mut reader)).await;
                match answer {
                    Ok(Ok(answer)) => {
                        flood.answered(answer.status, &answer.body, at);
                        if answer.is_last {
                            intended.close();
                            while intended.recv().await.is_some() {
                                flood.behind_last += 1;
                            }
                        }
                    }
                    _ => flood.unknown += 1,
                }
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(flood)
        });
        let (mut sent, mut held) = (0, 0);
        while Instant::now() < self.end && !waiting.is_closed() {
            let at = match self.interval {
                Some(interval) => {
                    tokio::time::sleep_until(self.next.into()).await;
                    let at = self.next;
                    self.next += interval;
                    at
                }
                None => Instant::now(),
            };
            let permit = if self.interval.is_none() {
                match waiting.reserve().await {
                    Ok(permit) => permit,
                    Err(_) => break,
                }
            } else {
                match waiting.try_reserve() {
                    Ok(permit) => permit,
                    Err(TrySendError::Full(())) => {
                        held += 1;
                        continue;
                    }
                    Err(TrySendError::Closed(())) => break,
                }
            };
            let request = self.order();
            sent += 1;
            permit.send(at);
            if writing.write_all(request.as_bytes()).await.is_err() {
                break;
            }
        }
        drop(waiting);
        let mut flood = answers.await??;
        flood.sent = sent;
        flood.held = held;
        drop(writing);
        Ok(flood)
    }

    /// An order that trades with nobody and leaves nothing.
    fn order(&self) -> String {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let account = (number + self.place) % ACCOUNTS;
        let order = format!(
            r#"{{"client_order_id":"{number}","instrument":"3","side":"buy","type":"limit","price":"0.5","qty":"1000","tif":"ioc"}}"#
        );
        format!(
            "POST /v1/accounts/{account}/orders HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{order}",
            self.address,
            order.len()
        )
    }
}

/// Somebody who is not part of the flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    /// Cancels whatever works of an account.
    Cancel,
    /// Looks at an account.
    Read,
}

/// What somebody else noticed.
struct Noticed {
    latency: Histogram<u64>,
    /// Answers that are no success.
    refused: u64,
}

/// Asks at a steady rate, one after the other: who cancels over a connection of its own each time, as somebody does
/// who comes in the middle of a flood; who reads over one that is kept from before it.
async fn other(address: String, what: Other, goes_on: Arc<AtomicBool>) -> Result<Noticed> {
    let mut noticed = Noticed {
        latency: Histogram::new_with_bounds(1, MICROS_MAX, 3)?,
        refused: 0,
    };
    let interval = Duration::from_secs(1) / OTHERS_PER_SECOND as u32;
    let mut kept = None;
    let mut next = Instant::now();
    let mut turn = 0;
    while goes_on.load(Ordering::Relaxed) {
        tokio::time::sleep_until(next.into()).await;
        let account = turn % ACCOUNTS;
        turn += 1;
        let (head, is_kept) = match what {
            Other::Cancel => (format!("DELETE /v1/accounts/{account}/orders"), false),
            Other::Read => (format!("GET /v1/accounts/{account}"), true),
        };
        let connection = if is_kept { "keep-alive" } else { "close" };
        let request =
            format!("{head} HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\n\r\n");
        let (mut reader, mut writing) = if let Some(kept) = kept.take() {
            kept
        } else {
            let (reading, writing) = TcpStream::connect(&address).await?.into_split();
            (BufReader::new(reading), writing)
        };
        let answer = match writing.write_all(request.as_bytes()).await {
            Ok(()) => answer(&mut reader).await,
            Err(error) => Err(error.into()),
        };
        let answer = match answer {
            Ok(answer) => answer,
            // A connection that is kept is closed at its age; what it was asked last is asked again.
            Err(_) if is_kept => continue,
            Err(error) => return Err(error),
        };
        noticed.refused += u64::from(!(200..300).contains(&answer.status));
        noticed
            .latency
            .saturating_record(next.elapsed().as_micros() as u64);
        next += interval;
        if !answer.is_last {
            kept = Some((reader, writing));
        }
    }
    Ok(noticed)
}

/// An answer of the server.
struct Answer {
    status: u16,
    body: String,
    /// The server closes the connection behind it.
    is_last: bool,
}

/// Reads one answer of a connection that may be kept.
async fn answer(reader: &mut BufReader<OwnedReadHalf>) -> Result<Answer> {
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let status = line.split(' ').nth(1).ok_or("no status")?.parse()?;
    let (mut length, mut is_last) = (0, false);
    loop {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Err("cut off".into());
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("connection") {
                is_last = value.trim().eq_ignore_ascii_case("close");
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(Answer {
        status,
        body: String::from_utf8(body)?,
        is_last,
    })
}

/// Resident memory of a process, MiB.
fn resident_mib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
