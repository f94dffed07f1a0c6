//! Which intervals of calendars are known, and which windows of which plans they open next.

use types::{Calendar, Codec, CodecError, Interval, PlanId, Reader, TimestampNs, codec_struct};

/// An interval stays known for as long after its end as a plan can widen it.
const KEPT_NS: u64 = 7 * 86_400 * 1_000_000_000;

/// An interval of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) calendar: Calendar,
    pub(crate) interval: Interval,
}

codec_struct!(Known { calendar, interval });

/// A window that is to open. The order is that of work: time, plan, window; and the end, so that it is
/// an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Opening {
    pub(crate) at: TimestampNs,
    pub(crate) plan: PlanId,
    pub(crate) window: u8,
    pub(crate) until: TimestampNs,
}

codec_struct!(Opening {
    at,
    plan,
    window,
    until
});

/// Known intervals, in order of announcement, and openings to come.
#[derive(Debug)]
pub(crate) struct Windows {
    known: Vec<Known>,
    /// The next one last.
    openings: Vec<Opening>,
    /// When the next open window closes; follows from the plans.
    next_close: Option<TimestampNs>,
    /// The next edge of all, or the end of time: what every input compares with.
    next: TimestampNs,
}

impl Windows {
    pub(crate) const fn new() -> Self {
        Self {
            known: Vec::new(),
            openings: Vec::new(),
            next_close: None,
            next: TimestampNs(u64::MAX),
        }
    }

    /// Intervals that are not long over, in order of announcement.
    pub(crate) fn known(&self) -> &[Known] {
        &self.known
    }

    pub(crate) fn openings(&self) -> &[Opening] {
        &self.openings
    }

    /// When something opens or closes next.
    pub(crate) fn next(&self) -> Option<TimestampNs> {
        self.next_edge().map(|(at, _)| at)
    }

    /// Whether something opens or closes by now.
    #[inline]
    pub(crate) fn is_due(&self, now: TimestampNs) -> bool {
        self.next <= now && self.next_edge().is_some()
    }

    /// When the next edge is, and whether it closes: at one time closings come first.
    pub(crate) fn next_edge(&self) -> Option<(TimestampNs, bool)> {
        let opens = self.openings.last().map(|opening| opening.at);
        match (self.next_close, opens) {
            (Some(closes), opens) if opens.is_none_or(|opens| closes <= opens) => {
                Some((closes, true))
            }
            (_, opens) => opens.map(|opens| (opens, false)),
        }
    }

    /// Takes the next opening.
    pub(crate) fn pop(&mut self) -> Option<Opening> {
        let opening = self.openings.pop();
        self.refresh(self.next_close);
        opening
    }

    pub(crate) fn push(&mut self, opening: Opening) {
        let place = self.openings.partition_point(|other| *other > opening);
        self.openings.insert(place, opening);
        self.refresh(self.next_close);
    }

    /// Windows opened or closed; this is when the next one closes.
    pub(crate) fn refresh(&mut self, next_close: Option<TimestampNs>) {
        self.next_close = next_close;
        self.next = self.next_edge().map_or(TimestampNs(u64::MAX), |(at, _)| at);
    }

    /// Forgets intervals that are long over.
    pub(crate) fn forget_old(&mut self, now: TimestampNs) {
        self.known.retain(|known| is_kept(&known.interval, now));
    }

    /// Whether this interval is known, or so long over that it does not matter.
    pub(crate) fn is_settled(&self, known: &Known, now: TimestampNs) -> bool {
        !is_kept(&known.interval, now) || self.known.contains(known)
    }

    pub(crate) fn learn(&mut self, known: Known) {
        self.known.push(known);
    }
}

fn is_kept(interval: &Interval, now: TimestampNs) -> bool {
    interval.end.0.saturating_add(KEPT_NS) > now.0
}

impl Codec for Windows {
    fn encode(&self, out: &mut Vec<u8>) {
        self.known.encode(out);
        self.openings.encode(out);
    }

    /// What follows from the plans is left to [`Windows::refresh`].
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let known = Codec::decode(reader)?;
        let openings: Vec<Opening> = Codec::decode(reader)?;
        if !openings.is_sorted_by(|a, b| a >= b) {
            return Err(CodecError::Invalid("window openings"));
        }
        Ok(Self {
            known,
            openings,
            ..Self::new()
        })
    }
}
