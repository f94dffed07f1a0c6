//! Plays a tape at its pace, in a thread of its own: what takes time is not for the shard.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use marketdata::connection::Arrived;
use marketdata::feed::Counters;
use marketdata::local::Speed;
use marketdata::tape::{Ending, Entries, Header, Player, Tally, TapeError};
use rtrb::{Producer, PushError, RingBuffer};
use types::TimestampNs;

/// Events that wait for the engine.
const EVENTS_MAX: usize = 65_536;
/// How long a full ring is given before it is looked at again.
const RING_POLL: Duration = Duration::from_micros(100);
/// Someone who waits for the next message looks this often whether anybody waits for him.
const NAP_MAX: Duration = Duration::from_millis(50);

/// What was played so far.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) tally: Tally,
    /// Of each listing of each connection, in their order.
    pub(super) counters: Vec<Vec<Counters>>,
    pub(super) first: Option<TimestampNs>,
    pub(super) last: Option<TimestampNs>,
    pub(super) ending: Option<Ending>,
    pub(super) failure: Option<TapeError>,
}

/// What was played, for whoever asks meanwhile.
pub(super) type Shared = Arc<Mutex<Played>>;

/// A tape that is not running yet.
pub(super) struct Deck {
    pub(super) entries: Entries,
    /// The tape's, with the instruments' numbers of the engine.
    pub(super) header: Header,
    pub(super) speed: Speed,
    pub(super) played: Shared,
}

impl Deck {
    /// Starts it; the first `skip` events are not given again, and cost no time.
    pub(super) fn start(self, skip: u64) -> rtrb::Consumer<Arrived> {
        let (events, ring) = RingBuffer::new(EVENTS_MAX);
        let played = Arc::clone(&self.played);
        let fail = move |failure: TapeError| {
            let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
            played.failure = Some(failure);
        };
        let run = {
            let fail = fail.clone();
            move || {
                if let Err(failure) = self.play(skip, events) {
                    fail(failure);
                }
            }
        };
        // Without a thread nothing comes: the ring is abandoned, and the replay ends.
        if let Err(error) = thread::Builder::new().name("tape".to_owned()).spawn(run) {
            fail(error.into());
        }
        ring
    }

    fn play(mut self, mut skip: u64, mut ring: Producer<Arrived>) -> Result<(), TapeError> {
        let mut player = Player::new(&self.header);
        let mut events = Vec::new();
        let mut clock = None;
        let (mut first, mut last) = (None, None);
        let mut looked = Instant::now();
        loop {
            let (entry, failure) = match self.entries.next() {
                Ok(entry) => (entry, None),
                Err(failure) => (None, Some(failure)),
            };
            let is_over = entry.is_none();
            if let Some(entry) = entry {
                first = first.or(Some(entry.time));
                last = Some(entry.time);
                if let Speed::Times(times) = self.speed
                    && skip == 0
                    && !nap(&mut clock, entry.time, times, &ring)
                {
                    return Ok(());
                }
                player.play(entry, &mut events);
            }
            if is_over || looked.elapsed() > NAP_MAX {
                looked = Instant::now();
                let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
                played.tally = *player.tally();
                (played.first, played.last) = (first, last);
                played.counters = player
                    .health()
                    .map(|listings| listings.iter().map(|health| health.counters).collect())
                    .collect();
                if let Some(failure) = failure {
                    return Err(failure);
                }
                if is_over {
                    played.ending = Some(self.entries.ending());
                    return Ok(());
                }
            }
            for mut arrived in events.drain(..) {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                while let Err(PushError::Full(back)) = ring.push(arrived) {
                    arrived = back;
                    if ring.is_abandoned() {
                        return Ok(());
                    }
                    thread::sleep(RING_POLL);
                }
            }
        }
    }
}

/// Sleeps until a moment of the tape; `false` when nobody waits for it any more.
fn nap(
    clock: &mut Option<(TimestampNs, Instant)>,
    time: TimestampNs,
    times: u32,
    ring: &Producer<Arrived>,
) -> bool {
    let (base, since) = *clock.get_or_insert_with(|| (time, Instant::now()));
    let ahead = time.0.saturating_sub(base.0) / u64::from(times.max(1));
    let due = since + Duration::from_nanos(ahead);
    loop {
        let wait = due.saturating_duration_since(Instant::now());
        if ring.is_abandoned() {
            return false;
        }
        if wait.is_zero() {
            return true;
        }
        thread::sleep(wait.min(NAP_MAX));
    }
}
