//! One channel: its current state, its numbering, and the frames that can still be replayed.
//!
//! Each frame is written once, as bytes that all subscribers share. Subscribers pull: a socket keeps a
//! [`Cursor`] for each channel and asks what it has not sent yet when it can send. So a slow socket
//! holds no queue of its own, and the rings here are the only memory that it can cost.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use types::{AccountId, CompetitionId, InstrumentId, TimestampNs};

use crate::chart::Interval;
use crate::limits::Limits;

/// The channels that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelName {
    /// All instruments with their quotes.
    Instruments,
    /// All accounts, short.
    Accounts,
    /// One account, whole.
    Account(AccountId),
    /// Candles of an instrument.
    Candles(InstrumentId, Interval),
    /// The equity curve of an account.
    Equity(AccountId),
    /// A competition's board.
    Board(CompetitionId),
    /// Everybody's events.
    Events,
    /// One account's events.
    AccountEvents(AccountId),
}

impl ChannelName {
    /// The channel that a client means; `None` when there is no such kind of channel.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let name = match (parts.next()?, parts.next(), parts.next()) {
            ("instruments", None, None) => Self::Instruments,
            ("accounts", None, None) => Self::Accounts,
            ("events", None, None) => Self::Events,
            ("account", Some(account), None) => Self::Account(account.parse().ok()?),
            ("equity", Some(account), None) => Self::Equity(account.parse().ok()?),
            ("events", Some(account), None) => Self::AccountEvents(account.parse().ok()?),
            ("board", Some(competition), None) => Self::Board(competition.parse().ok()?),
            ("candles", Some(instrument), Some(seconds)) => Self::Candles(
                instrument.parse().ok()?,
                Interval::from_seconds(seconds.parse().ok()?)?,
            ),
            _ => return None,
        };
        // One spelling for each channel: "account:017" is not "account:17".
        (parts.next().is_none() && name.to_string() == text).then_some(name)
    }

    /// Whether every frame counts. The frames of the other channels may be replaced by newer ones.
    pub const fn is_event(self) -> bool {
        matches!(self, Self::Events | Self::AccountEvents(_))
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instruments => f.write_str("instruments"),
            Self::Accounts => f.write_str("accounts"),
            Self::Account(account) => write!(f, "account:{account}"),
            Self::Candles(instrument, interval) => {
                write!(f, "candles:{instrument}:{}", interval.seconds())
            }
            Self::Equity(account) => write!(f, "equity:{account}"),
            Self::Board(competition) => write!(f, "board:{competition}"),
            Self::Events => f.write_str("events"),
            Self::AccountEvents(account) => write!(f, "events:{account}"),
        }
    }
}

/// A JSON value, written once and shared.
pub type Json = Arc<str>;

/// Rows of a channel, by the number that identifies them.
pub type Rows = Vec<(u64, Json)>;

/// How far a subscriber has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Changes with every publication; a cheap test for "nothing new". [`RESUMED`] until a subscriber
    /// who resumed, or has just come, has caught up.
    version: u64,
    /// Epoch and sequence of the last frame; `None` before the first snapshot.
    place: Option<(u64, u64)>,
}

/// The version of no publication.
const RESUMED: u64 = 0;

/// What a subscriber has to send next.
#[derive(Debug)]
pub enum Pull {
    /// Nothing new.
    Nothing,
    /// These frames, in order.
    Frames(Vec<Utf8Bytes>),
    /// Frames that count are gone: the subscriber was too slow.
    Lost,
    /// The snapshot has this many bytes, which is too much for one message.
    TooLarge(usize),
}

/// Frames taken in one pull: what a slow socket holds while the ring moves on without it.
const FRAMES_PER_PULL_MAX: usize = 32;

/// A channel.
#[derive(Debug)]
pub struct Channel {
    name: ChannelName,
    /// Start of every epoch of this channel, unique over the server's life and its restarts.
    epoch_base: String,
    limits: Arc<Limits>,
    version: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Counts the epochs of this channel: a new one starts where numbering breaks off.
    epoch: u64,
    /// Number of the newest frame; 0 before anything was published.
    seq: u64,
    ts: TimestampNs,
    content: Content,
    /// The newest frames, ending at `seq`.
    ring: VecDeque<Utf8Bytes>,
    ring_bytes: usize,
    /// The frame of the whole content at `seq`, once somebody needed it.
    snapshot: Option<Utf8Bytes>,
}

/// What a snapshot shows.
#[derive(Debug, Default)]
enum Content {
    #[default]
    Nothing,
    Rows(BTreeMap<u64, Json>),
    Whole(Json),
    /// Rows beside what stands above them; in the order in which they were given.
    Board {
        competition: Json,
        rows: Rows,
    },
    Events(VecDeque<Json>),
}

impl Inner {
    /// Whether a subscriber at `seq` can go on with frames of the ring.
    fn covers(&self, seq: u64) -> bool {
        self.seq
            .checked_sub(seq)
            .is_some_and(|behind| behind <= self.ring.len() as u64)
    }
}

impl Channel {
    pub(crate) fn new(name: ChannelName, epoch_base: String, limits: Arc<Limits>) -> Self {
        Self {
            name,
            epoch_base,
            limits,
            version: AtomicU64::new(0),
            inner: Mutex::default(),
        }
    }

    /// Which channel it is.
    pub const fn name(&self) -> ChannelName {
        self.name
    }

    /// Whether nothing was published yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.version.load(Ordering::Acquire) == 0
    }

    /// The highest row that is known.
    pub(crate) fn newest_row(&self) -> Option<u64> {
        match &self.lock().content {
            Content::Rows(rows) => rows.last_key_value().map(|(key, _)| *key),
            _ => None,
        }
    }

    /// Merges rows; those that differ from what is known go out as a delta. The lowest rows beyond
    /// `rows_max` are forgotten without a word: who has them may keep them.
    pub(crate) fn publish_rows(&self, ts: TimestampNs, rows: Rows, rows_max: usize) {
        let mut inner = self.lock();
        if !matches!(inner.content, Content::Rows(_)) {
            inner.content = Content::Rows(BTreeMap::new());
        }
        let Content::Rows(known) = &mut inner.content else {
            return;
        };
        let changed: Rows = rows
            .into_iter()
            .filter(|(key, row)| known.get(key) != Some(row))
            .collect();
        known.extend(changed.iter().cloned());
        while known.len() > rows_max {
            known.pop_first();
        }
        if inner.seq == 0 || !changed.is_empty() {
            self.append(&mut inner, "delta", ts, |out| {
                array(out, changed.iter().map(|(_, row)| row));
            });
        }
    }

    /// Replaces all rows. Rows may have gone, which no delta can say: everybody gets a snapshot.
    pub(crate) fn replace_rows(&self, ts: TimestampNs, rows: Rows) {
        let mut inner = self.lock();
        inner.content = Content::Rows(rows.into_iter().collect());
        inner.ring.clear();
        inner.ring_bytes = 0;
        inner.snapshot = None;
        inner.seq += 1;
        inner.ts = ts;
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Replaces the whole, if it differs.
    pub(crate) fn publish_whole(&self, ts: TimestampNs, whole: &Json) {
        let mut inner = self.lock();
        if matches!(&inner.content, Content::Whole(known) if known == whole) {
            return;
        }
        inner.content = Content::Whole(Json::clone(whole));
        self.append(&mut inner, "delta", ts, |out| out.push_str(whole));
    }

    /// Replaces a board. A delta has the competition if it differs, the rows that differ, and which rows
    /// are gone.
    pub(crate) fn publish_board(&self, ts: TimestampNs, competition: Json, rows: Rows) {
        let mut inner = self.lock();
        let (known_head, known) = match &inner.content {
            Content::Board { competition, rows } => (Some(competition), rows.as_slice()),
            _ => (None, [].as_slice()),
        };
        let head = (known_head != Some(&competition)).then(|| Json::clone(&competition));
        let mut gone: BTreeMap<u64, &str> = known.iter().map(|(key, row)| (*key, &**row)).collect();
        let changed: Vec<Json> = rows
            .iter()
            .filter(|(key, row)| gone.remove(key) != Some(&**row))
            .map(|(_, row)| Json::clone(row))
            .collect();
        let gone: Vec<u64> = gone.into_keys().collect();
        if inner.seq > 0 && head.is_none() && changed.is_empty() && gone.is_empty() {
            return;
        }
        inner.content = Content::Board { competition, rows };
        self.append(&mut inner, "delta", ts, |out| {
            out.push('{');
            if let Some(head) = head {
                out.push_str("\"competition\":");
                out.push_str(&head);
                out.push(',');
            }
            out.push_str("\"rows\":");
            array(out, changed.iter());
            if !gone.is_empty() {
                let ids: Vec<Json> = gone.iter().map(|key| format!("\"{key}\"").into()).collect();
                out.push_str(",\"gone\":");
                array(out, ids.iter());
            }
            out.push('}');
        });
    }

    /// Starts an epoch of an event channel with what its snapshot shows.
    pub(crate) fn begin_events(&self, ts: TimestampNs, recent: Vec<Json>) {
        let mut inner = self.lock();
        let epoch = inner.epoch + u64::from(inner.seq > 0);
        *inner = Inner {
            epoch,
            seq: 1,
            ts,
            content: Content::Events(recent.into()),
            ..Inner::default()
        };
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Appends events; nothing happens before [`Self::begin_events`].
    pub(crate) fn publish_events(&self, ts: TimestampNs, events: &[Json]) {
        let mut inner = self.lock();
        for events in events.chunks(self.limits.events_per_frame_max) {
            let Content::Events(recent) = &mut inner.content else {
                return;
            };
            recent.extend(events.iter().cloned());
            let excess = recent.len().saturating_sub(self.limits.event_snapshot_max);
            recent.drain(..excess);
            self.append(&mut inner, "event", ts, |out| array(out, events.iter()));
        }
    }

    /// Numbers and keeps a frame. The first publication of a channel is its snapshot alone.
    fn append(
        &self,
        inner: &mut Inner,
        kind: &str,
        ts: TimestampNs,
        data: impl FnOnce(&mut String),
    ) {
        inner.seq += 1;
        inner.ts = ts;
        inner.snapshot = None;
        if inner.seq > 1 {
            let frame = self.frame(inner, kind, data);
            inner.ring_bytes += frame.len();
            inner.ring.push_back(frame);
        }
        let frames_max = if self.name.is_event() {
            self.limits.event_ring_max
        } else {
            self.limits.state_ring_max
        };
        // The newest frame stays, however large: who has all before it must be able to go on.
        while inner.ring.len() > frames_max
            || (inner.ring.len() > 1 && inner.ring_bytes > self.limits.ring_bytes_max)
        {
            let Some(oldest) = inner.ring.pop_front() else {
                break;
            };
            inner.ring_bytes -= oldest.len();
        }
        self.version.fetch_add(1, Ordering::Release);
    }

    fn frame(&self, inner: &Inner, kind: &str, data: impl FnOnce(&mut String)) -> Utf8Bytes {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"ch":"{}","type":"{kind}","epoch":"{}","seq":{},"ts":"{}","data":"#,
            self.name,
            self.epoch_text(inner.epoch),
            inner.seq,
            inner.ts,
        );
        data(&mut out);
        out.push('}');
        out.into()
    }

    fn epoch_text(&self, epoch: u64) -> String {
        format!("{}.{epoch}", self.epoch_base)
    }

    /// A cursor for somebody who has seen the frame `seq` of `epoch`; `None` when the frames after it
    /// are not all known.
    pub fn resume(&self, epoch: &str, seq: u64) -> Option<Cursor> {
        let inner = self.lock();
        (inner.seq > 0 && epoch == self.epoch_text(inner.epoch) && inner.covers(seq)).then_some(
            Cursor {
                version: RESUMED,
                place: Some((inner.epoch, seq)),
            },
        )
    }

    /// Whether a subscriber at `cursor` is so far behind that newer state should replace older.
    fn lags(&self, inner: &Inner, cursor: Cursor, seq: u64) -> bool {
        !self.name.is_event()
            && cursor.version != RESUMED
            && inner.seq.saturating_sub(seq) > self.limits.state_lag_max
    }

    /// What a subscriber at `cursor` has to send now; moves the cursor past it.
    pub fn pull(&self, cursor: &mut Cursor) -> Pull {
        let version = self.version.load(Ordering::Acquire);
        if cursor.version == version {
            return Pull::Nothing;
        }
        let mut inner = self.lock();
        if inner.seq == 0 {
            return Pull::Nothing;
        }
        let frames = match cursor.place {
            Some((epoch, seq)) if epoch == inner.epoch => {
                if inner.covers(seq) && !self.lags(&inner, *cursor, seq) {
                    let behind = (inner.seq - seq) as usize;
                    let newer = inner.ring.range(inner.ring.len() - behind..);
                    if behind > FRAMES_PER_PULL_MAX {
                        // The version stays behind: there is more to pull.
                        cursor.place = Some((epoch, seq + FRAMES_PER_PULL_MAX as u64));
                        return Pull::Frames(newer.take(FRAMES_PER_PULL_MAX).cloned().collect());
                    }
                    newer.cloned().collect()
                } else if self.name.is_event() {
                    return Pull::Lost;
                } else {
                    vec![self.snapshot(&mut inner)]
                }
            }
            _ => vec![self.snapshot(&mut inner)],
        };
        // Read again: a publication between the first look and the lock is part of the frames.
        *cursor = Cursor {
            version: self.version.load(Ordering::Acquire),
            place: Some((inner.epoch, inner.seq)),
        };
        if let Some(frame) = frames
            .iter()
            .find(|frame| frame.len() > self.limits.frame_bytes_max)
        {
            return Pull::TooLarge(frame.len());
        }
        if frames.is_empty() {
            Pull::Nothing
        } else {
            Pull::Frames(frames)
        }
    }

    fn snapshot(&self, inner: &mut Inner) -> Utf8Bytes {
        if let Some(known) = &inner.snapshot {
            return known.clone();
        }
        let frame = self.frame(inner, "snap", |out| match &inner.content {
            Content::Nothing => out.push_str("null"),
            Content::Rows(rows) => array(out, rows.values()),
            Content::Whole(whole) => out.push_str(whole),
            Content::Board { competition, rows } => {
                out.push_str("{\"competition\":");
                out.push_str(competition);
                out.push_str(",\"rows\":");
                array(out, rows.iter().map(|(_, row)| row));
                out.push('}');
            }
            Content::Events(recent) => array(out, recent.iter()),
        });
        inner.snapshot = Some(frame.clone());
        frame
    }

    /// Nothing in here is left half done by a panic: what it holds is replaced whole.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn array<'a>(out: &mut String, items: impl Iterator<Item = &'a Json>) {
    out.push('[');
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(item);
    }
    out.push(']');
}

#[cfg(test)]
mod tests;
