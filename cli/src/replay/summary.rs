//! What a replay amounted to.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount};
use marketdata::feed::Counters;
use marketdata::tape::{Ending, Header};
use runtime::Stopped;
use serde_json::{Value, json};
use types::TimestampNs;

use super::deck::Played;

pub(super) struct Summary<'a> {
    pub(super) file: &'a Path,
    pub(super) header: &'a Header,
    pub(super) played: &'a Played,
    pub(super) stopped: &'a Stopped,
    pub(super) elapsed: Duration,
}

impl Summary<'_> {
    /// Each instrument of each feed with what was counted of it.
    fn listings(&self) -> impl Iterator<Item = (&str, &str, Counters)> {
        let feeds = self.header.feeds.iter().enumerate();
        feeds.flat_map(|(place, feed)| {
            let counters = self.played.counters.get(place);
            let listings = feed.listings.iter().enumerate();
            listings.map(move |(at, listing)| {
                let counters = counters.and_then(|counters| counters.get(at));
                (
                    feed.feed.name,
                    listing.name.as_str(),
                    counters.copied().unwrap_or_default(),
                )
            })
        })
    }

    /// As JSON. Figures of speed are left out: the same tape says the same.
    pub(super) fn json(&self) -> Value {
        let tally = &self.played.tally;
        let time = |time: Option<TimestampNs>| time.map(|time| time.to_string());
        let instruments = self.listings().map(|(feed, name, counters)| {
            json!({
                "feed": feed, "symbol": name, "messages": counters.messages, "gaps": counters.gaps,
                "checksum_errors": counters.checksum_errors, "malformed": counters.malformed,
                "resyncs": counters.resyncs, "repeated": counters.repeated, "crossed": counters.crossed,
                "locked": counters.locked, "off_grid": counters.off_grid,
                "not_positive": counters.not_positive, "outliers": counters.outliers,
            })
        });
        json!({
            "from": time(self.played.first), "to": time(self.played.last),
            "messages": tally.messages, "bytes": tally.bytes, "malformed": tally.malformed,
            "documents": tally.documents, "unasked": tally.unasked, "connections": tally.opened,
            "lost": tally.lost,
            "torn_bytes": match self.played.ending {
                Some(Ending::Torn { bytes, .. }) => Some(bytes),
                _ => None,
            },
            "events": {
                "snapshots": tally.snapshots, "deltas": tally.deltas, "quotes": tally.quotes,
                "trades": tally.trades, "stale": tally.stale, "others": tally.others,
            },
            "instruments": instruments.collect::<Vec<_>>(),
            "seq": self.stopped.seq.0, "state_hash": self.stopped.state_hash.to_string(),
        })
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.played.tally;
        let count = HumanCount;
        writeln!(f, "tape          {}", self.file.display())?;
        if let (Some(first), Some(last)) = (self.played.first, self.played.last) {
            writeln!(f, "time          {first} to {last}")?;
        }
        writeln!(
            f,
            "messages      {} ({}), {} malformed; {} documents; {} connections",
            count(tally.messages),
            HumanBytes(tally.bytes),
            count(tally.malformed),
            count(tally.documents),
            count(tally.opened)
        )?;
        if tally.unasked > 0 {
            writeln!(f, "unasked       {} documents", count(tally.unasked))?;
        }
        if tally.lost > 0 {
            let lost = count(tally.lost);
            writeln!(f, "lost          {lost} entries were not recorded")?;
        }
        if let Some(Ending::Torn { offset, bytes }) = self.played.ending {
            let bytes = HumanCount(bytes);
            writeln!(
                f,
                "torn          at byte {offset}: {bytes} bytes of a record that is not whole"
            )?;
        }
        writeln!(
            f,
            "events        {}: {} books, {} changes of books, {} quotes, {} prints, {} times stale, {} others",
            count(tally.events()),
            count(tally.snapshots),
            count(tally.deltas),
            count(tally.quotes),
            count(tally.trades),
            count(tally.stale),
            count(tally.others)
        )?;
        for (feed, name, counters) in self.listings() {
            writeln!(
                f,
                "{name:<13} {feed}: {} messages, {} gaps, {} checksums wrong, {} repeated, {} crossed, {} locked, {} off the grid, {} outliers",
                count(counters.messages),
                count(counters.gaps),
                count(counters.checksum_errors),
                count(counters.repeated),
                count(counters.crossed),
                count(counters.locked),
                count(counters.off_grid + counters.not_positive),
                count(counters.outliers)
            )?;
        }
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        writeln!(
            f,
            "took          {:.2} s, {} messages a second",
            seconds,
            count((tally.messages as f64 / seconds) as u64)
        )?;
        write!(
            f,
            "engine        input {}, state hash {}",
            self.stopped.seq, self.stopped.state_hash
        )
    }
}
