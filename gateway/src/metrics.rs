//! Figures of the engine and the server in the Prometheus text format, version 0.0.4.

use std::fmt::{self, Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use marketdata::connection::Link;
use marketdata::feed::{Health, Loss, State};
use runtime::{AckMode, Latencies, Status};
use tokio::sync::Semaphore;

use crate::app::App;

/// One line, as the format wants it.
const STAGE_LATENCY_HELP: &str = "How long the stages from feed to event channels take. \
    feed_to_applied: from a command's entry into its queue, or from the source's handing an input \
    over, to the end of its apply; one command in 64 and one input of the source in 64 are timed. \
    applied_to_durable: from the apply of a batch's first input to the end of the sync that covers \
    the batch (ack_mode relaxed: of its write); every batch. \
    durable_to_published: from there until the server has put the batch's events into its channels, \
    or, before the server follows, until receipts and broadcast are sent; every batch, by one of the two \
    ends. \
    State channels are not timed: they are filled ten times a second from the replica. \
    Quantiles, _sum and _count are since the start of the process, quantile 1 is the maximum, and \
    _count counts samples, not inputs.";

/// Counters of the server itself.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    requests: AtomicU64,
    /// Responses by the first digit of their status, 1 to 5.
    responses: [AtomicU64; 5],
    overloaded: AtomicU64,
    /// Requests that came when as many connections were open as are served.
    connections_overloaded: AtomicU64,
    sockets_opened: AtomicU64,
    sockets_too_slow: AtomicU64,
    messages_sent: AtomicU64,
}

impl Traffic {
    pub(crate) fn request(&self) {
        count(&self.requests);
    }

    pub(crate) fn response(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100);
        if let Some(counter) = self.responses.get(class.wrapping_sub(1)) {
            count(counter);
        }
    }

    /// A command that found as many in flight as the server takes.
    pub(crate) fn command_refused(&self) {
        count(&self.overloaded);
    }

    /// A request that came over a connection of the reserve and is not for it.
    pub(crate) fn request_refused(&self) {
        count(&self.connections_overloaded);
    }

    pub(crate) fn socket_opened(&self) {
        count(&self.sockets_opened);
    }

    pub(crate) fn socket_too_slow(&self) {
        count(&self.sockets_too_slow);
    }

    pub(crate) fn message_sent(&self) {
        count(&self.messages_sent);
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Every figure, as text.
pub(crate) fn text(app: &App) -> String {
    let mut page = Page::default();
    // Writing to a string cannot fail.
    let _ = write_all(&mut page, app);
    page.0
}

fn write_all(page: &mut Page, app: &App) -> fmt::Result {
    let handle = &app.handle;
    let stats = handle.stats();
    let status = handle.status();
    let is_up = matches!(status, Status::Running | Status::SourceEnded);
    page.one(
        "up",
        "gauge",
        "Whether the engine takes inputs.",
        u8::from(is_up),
    )?;
    page.one(
        "applied_seq",
        "gauge",
        "The last input applied.",
        handle.applied_seq(),
    )?;
    page.one(
        "durable_seq",
        "gauge",
        "The last input that is durable.",
        handle.durable_seq(),
    )?;
    page.one(
        "replica_seq",
        "gauge",
        "The last input that the views contain.",
        stats.replica_seq,
    )?;
    page.one(
        "snapshot_seq",
        "gauge",
        "The last input in a snapshot.",
        stats.snapshot_seq,
    )?;
    page.one(
        "is_disk_full",
        "gauge",
        "Whether the journal waits for room on the disk.",
        u8::from(stats.is_disk_full),
    )?;
    page.one(
        "is_snapshot_overdue",
        "gauge",
        "Whether the snapshot that was due last could not be written yet.",
        u8::from(stats.is_snapshot_overdue),
    )?;
    page.one(
        "clock_behind_seconds",
        "gauge",
        "How long until the clock shows the time of the newest input again, 0 where it is not seconds behind; until then time stands still.",
        stats.clock_behind.as_secs_f64(),
    )?;
    page.one(
        "snapshot_bytes",
        "gauge",
        "Size of the newest snapshot.",
        stats.snapshot_bytes,
    )?;
    for (name, help, value) in [
        (
            "market_events",
            "Market inputs applied.",
            stats.market_events,
        ),
        ("commands", "Commands applied.", stats.commands),
        ("timers", "Timers applied.", stats.timers),
        (
            "overloaded",
            "Commands refused because a lane was full.",
            stats.overloaded,
        ),
        (
            "disk_full",
            "Commands refused because the journal had no room on the disk.",
            stats.disk_full,
        ),
        (
            "stopped",
            "Commands refused because the engine takes nothing any more, and those that still waited when it ended.",
            stats.stopped,
        ),
        (
            "server_overloaded",
            "Commands refused because the server had as many in flight as it takes.",
            read(&app.traffic.overloaded),
        ),
        (
            "connections_overloaded",
            "Requests refused because as many connections were open as the server serves.",
            read(&app.traffic.connections_overloaded),
        ),
        (
            "oversized",
            "Inputs dropped because they were too large.",
            stats.oversized,
        ),
        ("batches", "Batches published.", stats.batches),
        ("syncs", "Syncs of the journal.", stats.syncs),
        (
            "journal_bytes",
            "Bytes written to the journal.",
            stats.journal_bytes,
        ),
        ("snapshots", "Snapshots written.", stats.snapshots),
        (
            "segments_archived",
            "Closed segments of the journal that were compressed.",
            stats.segments_archived,
        ),
        (
            "segments_pruned",
            "Segments and archives of the journal that were removed.",
            stats.segments_pruned,
        ),
        (
            "retention_errors",
            "Times that a closed segment could not be compressed or removed.",
            stats.retention_errors,
        ),
        (
            "snapshots_missed",
            "Snapshots that could not be written.",
            stats.snapshots_missed,
        ),
        ("events", "Events.", stats.events),
        ("orders_accepted", "Orders accepted.", stats.orders_accepted),
        ("orders_denied", "Orders denied.", stats.orders_denied),
        ("fills", "Fills, liquidations included.", stats.fills),
        ("breaches", "Primary breaches.", stats.breaches),
        (
            "inputs_rejected",
            "Inputs that could not be applied.",
            stats.inputs_rejected,
        ),
    ] {
        page.one(&format!("{name}_total"), "counter", help, value)?;
    }

    let name = "stage_latency_seconds";
    page.head(name, "summary", STAGE_LATENCY_HELP)?;
    let ack_mode = ack_mode(handle.ack_mode());
    let stages = stats.latencies;
    for (stage, latencies, sum) in [
        (
            "feed_to_applied",
            stages.feed_to_applied,
            stages.feed_to_applied_sum,
        ),
        (
            "applied_to_durable",
            stages.applied_to_durable,
            stages.applied_to_durable_sum,
        ),
        (
            "durable_to_published",
            stages.durable_to_published,
            stages.durable_to_published_sum,
        ),
    ] {
        let labels = format!("stage=\"{stage}\",ack_mode=\"{ack_mode}\"");
        page.summary(name, &labels, &latencies, sum)?;
    }

    write_feeds(page, app)?;

    let traffic = &app.traffic;
    page.one(
        "http_requests_total",
        "counter",
        "HTTP requests.",
        read(&traffic.requests),
    )?;
    page.head(
        "http_responses_total",
        "counter",
        "HTTP responses by class of status.",
    )?;
    for (class, responses) in (1..).zip(&traffic.responses) {
        let labels = format!("class=\"{class}xx\"");
        page.value("http_responses_total", &labels, read(responses))?;
    }
    let limits = &app.config.limits;
    let taken =
        |max: u32, pool: &Semaphore| (max as usize).saturating_sub(pool.available_permits());
    let connections = taken(limits.connections_max, &app.connections)
        + taken(limits.connections_reserved_max, &app.connections_reserved);
    page.one(
        "connections",
        "gauge",
        "HTTP connections that are served, those of the reserve among them.",
        connections,
    )?;
    let sockets = taken(limits.sockets_max, &app.sockets);
    page.one("sockets", "gauge", "WebSockets that are open.", sockets)?;
    page.one(
        "channels",
        "gauge",
        "Channels kept up to date.",
        app.hub.channels().len(),
    )?;
    for (name, help, counter) in [
        (
            "sockets_opened",
            "WebSockets opened.",
            &traffic.sockets_opened,
        ),
        (
            "sockets_too_slow",
            "WebSockets closed with code 4008.",
            &traffic.sockets_too_slow,
        ),
        (
            "messages_sent",
            "WebSocket messages sent.",
            &traffic.messages_sent,
        ),
    ] {
        page.one(&format!("{name}_total"), "counter", help, read(counter))?;
    }
    Ok(())
}

/// Each instrument of each feed.
fn write_feeds(page: &mut Page, app: &App) -> fmt::Result {
    type Figure = fn(&Health) -> u64;
    const FIGURES: [(&str, &str, &str, Figure); 13] = [
        (
            "feed_live",
            "gauge",
            "Whether what is shown is what the venue has.",
            |health| u64::from(health.state == State::Live),
        ),
        (
            "feed_messages_total",
            "counter",
            "Messages about an instrument.",
            |health| health.counters.messages,
        ),
        (
            "feed_gaps_total",
            "counter",
            "Times that something was missing.",
            |health| health.counters.gaps,
        ),
        (
            "feed_checksum_errors_total",
            "counter",
            "Gaps found by a checksum.",
            |health| health.counters.checksum_errors,
        ),
        (
            "feed_malformed_total",
            "counter",
            "Messages that could not be read.",
            |health| health.counters.malformed,
        ),
        (
            "feed_resyncs_total",
            "counter",
            "Times that all was stated again.",
            |health| health.counters.resyncs,
        ),
        (
            "feed_repeated_total",
            "counter",
            "Messages that came twice or late.",
            |health| health.counters.repeated,
        ),
        (
            "feed_crossed_total",
            "counter",
            "Bids above asks.",
            |health| health.counters.crossed,
        ),
        ("feed_locked_total", "counter", "Bids at asks.", |health| {
            health.counters.locked
        }),
        (
            "feed_off_grid_total",
            "counter",
            "Prices or quantities off tick or lot.",
            |health| health.counters.off_grid,
        ),
        (
            "feed_not_positive_total",
            "counter",
            "Prices not above zero, and trades of no quantity.",
            |health| health.counters.not_positive,
        ),
        (
            "feed_outliers_total",
            "counter",
            "Prices outside the band.",
            |health| health.counters.outliers,
        ),
        (
            "feed_silences_total",
            "counter",
            "Times that a topic said nothing for longer than stale_after.",
            |health| health.counters.silences,
        ),
    ];
    type LinkFigure = fn(&Link) -> u64;
    const LINK_FIGURES: [(&str, &str, LinkFigure); 2] = [
        ("feed_reconnects_total", "Connections that ended.", |link| {
            link.reconnects
        }),
        (
            "feed_unreadable_total",
            "Messages of a connection that could not be read, whatever they were about.",
            |link| link.malformed,
        ),
    ];
    let statuses: Vec<_> = app
        .config
        .feeds
        .iter()
        .map(|feed| feed.load_full())
        .collect();
    if statuses.is_empty() {
        return Ok(());
    }
    let each = || {
        // Two feeds may be of one venue, and have a symbol in common.
        (0..).zip(&statuses).flat_map(|(place, status): (u32, _)| {
            let fed = status.symbols.iter().zip(&status.health);
            fed.map(move |(symbol, health)| {
                let feed = status.feed;
                let labels = format!("feed=\"{feed}\",place=\"{place}\",symbol=\"{symbol}\"");
                (labels, health)
            })
        })
    };
    for (name, kind, help, figure) in FIGURES {
        page.head(name, kind, help)?;
        for (labels, health) in each() {
            page.value(name, &labels, figure(health))?;
        }
    }
    page.head(
        "feed_state",
        "gauge",
        "1 of the state that it is in, 0 of the others: down, syncing, live.",
    )?;
    for (labels, health) in each() {
        for state in [State::Down, State::Syncing, State::Live] {
            let labels = format!("{labels},state=\"{}\"", state.word());
            let is_in = u64::from(health.state == state);
            page.value("feed_state", &labels, is_in)?;
        }
    }
    page.head(
        "feed_stale",
        "gauge",
        "1 of the reason why nothing is known, 0 of the others: connection, gap, no_touch, cannot_be, silence.",
    )?;
    for (labels, health) in each() {
        for loss in Loss::ALL {
            let labels = format!("{labels},reason=\"{}\"", loss.word());
            let is_it = u64::from(health.loss == Some(loss));
            page.value("feed_stale", &labels, is_it)?;
        }
    }
    page.head(
        "feed_lag_seconds",
        "gauge",
        "From the venue's time of the newest event to its coming.",
    )?;
    for (labels, health) in each() {
        if let Some(lag) = health.lag_ns {
            page.value("feed_lag_seconds", &labels, lag as f64 / 1e9)?;
        }
    }
    let now = marketdata::connection::now();
    page.head(
        "feed_messages_per_second",
        "gauge",
        "Messages about an instrument, over the ten whole seconds before now, or those since it first connected.",
    )?;
    for (labels, health) in each() {
        let rate = health.messages_per_second(now);
        page.value("feed_messages_per_second", &labels, rate)?;
    }
    page.head(
        "feed_stale_seconds_total",
        "counter",
        "Time in which nothing was known after something was.",
    )?;
    for (labels, health) in each() {
        page.value(
            "feed_stale_seconds_total",
            &labels,
            health.stale_total_ns(now) as f64 / 1e9,
        )?;
    }
    for (name, help, figure) in LINK_FIGURES {
        page.head(name, "counter", help)?;
        for (place, status) in (0..).zip(&statuses) {
            let place: u32 = place;
            let labels = format!("feed=\"{}\",place=\"{place}\"", status.feed);
            page.value(name, &labels, figure(&status.link))?;
        }
    }
    Ok(())
}

/// The word for what an acknowledgement means.
pub(crate) const fn ack_mode(mode: AckMode) -> &'static str {
    match mode {
        AckMode::Durable => "durable",
        AckMode::Relaxed => "relaxed",
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// The text so far. Every name begins with `dynasty_`.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        writeln!(
            self.0,
            "# HELP dynasty_{name} {help}\n# TYPE dynasty_{name} {kind}"
        )
    }

    fn value(&mut self, name: &str, labels: &str, value: impl Display) -> fmt::Result {
        if labels.is_empty() {
            writeln!(self.0, "dynasty_{name} {value}")
        } else {
            writeln!(self.0, "dynasty_{name}{{{labels}}} {value}")
        }
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) -> fmt::Result {
        self.head(name, kind, help)?;
        self.value(name, "", value)
    }

    /// Quantiles; a stage without samples has none. The maximum is quantile 1.
    fn summary(
        &mut self,
        name: &str,
        labels: &str,
        latencies: &Latencies,
        sum: Duration,
    ) -> fmt::Result {
        let Latencies {
            p50,
            p99,
            p999,
            max,
            count,
        } = *latencies;
        if count > 0 {
            for (quantile, value) in [("0.5", p50), ("0.99", p99), ("0.999", p999), ("1", max)] {
                let labels = format!("{labels},quantile=\"{quantile}\"");
                self.value(name, &labels, value.as_secs_f64())?;
            }
        }
        self.value(&format!("{name}_sum"), labels, sum.as_secs_f64())?;
        self.value(&format!("{name}_count"), labels, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_the_stages_is_one_line() {
        assert!(!STAGE_LATENCY_HELP.contains(['\n', '\\']));
        assert!(!STAGE_LATENCY_HELP.contains("  "));
    }

    #[test]
    fn a_summary_has_its_quantiles_in_seconds() {
        let latencies = Latencies {
            p50: Duration::from_micros(5),
            p99: Duration::from_millis(1),
            p999: Duration::from_millis(2),
            max: Duration::from_secs(3),
            count: 7,
        };
        let mut page = Page::default();
        let sum = Duration::from_millis(4_500);
        page.summary("x", "a=\"b\"", &latencies, sum).unwrap();
        let nothing = Latencies::default();
        page.summary("x", "a=\"c\"", &nothing, Duration::ZERO)
            .unwrap();
        let expected = "\
            dynasty_x{a=\"b\",quantile=\"0.5\"} 0.000005\n\
            dynasty_x{a=\"b\",quantile=\"0.99\"} 0.001\n\
            dynasty_x{a=\"b\",quantile=\"0.999\"} 0.002\n\
            dynasty_x{a=\"b\",quantile=\"1\"} 3\n\
            dynasty_x_sum{a=\"b\"} 4.5\n\
            dynasty_x_count{a=\"b\"} 7\n\
            dynasty_x_sum{a=\"c\"} 0\n\
            dynasty_x_count{a=\"c\"} 0\n";
        assert_eq!(page.0, expected);
    }
}
