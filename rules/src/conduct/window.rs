//! Windows: times at which trading is restricted, and which of them are open.

use types::{
    Calendar, Codec, CodecError, ConductDenial, Interval, Label, Reader, TimestampNs, codec_enum,
};

use super::{Conduct, WINDOW_SYMBOLS_MAX, WINDOWS_MAX};
use crate::spec::{PlanError, check};

const DAY_MINUTES: u16 = 1_440;
const WEEK_MINUTES: u16 = 7 * DAY_MINUTES;
const WIDENED_S_MAX: u32 = 7 * 86_400;

/// What a window does while it is open. A cancel is never blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowAction {
    /// No order that could open or enlarge a position; reducing orders pass.
    BlockOpening,
    /// No order at all.
    BlockAll,
    /// Positions are closed when it opens, and nothing is opened before it is over.
    ForceFlat,
    /// Profit that is realised does not count.
    ExcludeProfit,
}

/// When trading is restricted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowRule {
    /// Where its intervals come from.
    pub calendar: Calendar,
    /// It opens so many seconds before an interval; at most a week.
    pub before_s: u32,
    /// It stays open for so many seconds after an interval; at most a week.
    pub after_s: u32,
    /// What it does.
    pub action: WindowAction,
    /// The instruments that it is for, each once, at most [`WINDOW_SYMBOLS_MAX`]; all, without one.
    pub symbols: Vec<Label>,
}

codec_enum!(WindowAction {
    0 => BlockOpening,
    1 => BlockAll,
    2 => ForceFlat,
    3 => ExcludeProfit,
});

/// Begins more than one symbol. None and one are what they were while a window had one at most, an
/// `Option`: a plan keeps its hash.
const SEVERAL: u8 = 2;

impl Codec for WindowRule {
    fn encode(&self, out: &mut Vec<u8>) {
        self.calendar.encode(out);
        self.before_s.encode(out);
        self.after_s.encode(out);
        self.action.encode(out);
        match self.symbols.as_slice() {
            [] => None::<Label>.encode(out),
            [one] => Some(*one).encode(out),
            _ => {
                SEVERAL.encode(out);
                self.symbols.encode(out);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            calendar: Codec::decode(reader)?,
            before_s: Codec::decode(reader)?,
            after_s: Codec::decode(reader)?,
            action: Codec::decode(reader)?,
            symbols: if reader.rest().first() == Some(&SEVERAL) {
                reader.take(1)?;
                let symbols = Vec::<Label>::decode(reader)?;
                if symbols.len() < 2 {
                    return Err(CodecError::Invalid("symbols of a window"));
                }
                symbols
            } else {
                Option::<Label>::decode(reader)?.into_iter().collect()
            },
        })
    }
}

impl WindowRule {
    /// When it is open because of an interval of its calendar: `start - before <= t < end + after`.
    pub fn extent(&self, interval: Interval) -> Interval {
        interval.widened(self.before_s, self.after_s)
    }

    /// Whether it is for this instrument.
    pub fn concerns(&self, symbol: Label) -> bool {
        self.symbols.is_empty() || self.symbols.contains(&symbol)
    }

    pub(super) fn validate(&self) -> Result<(), PlanError> {
        let (calendar, accepted, end) = match self.calendar {
            Calendar::Named(_) | Calendar::Closed { .. } => (None, "", 0),
            Calendar::Daily { from, to, .. } => (Some((from, to)), "0 to 1439", DAY_MINUTES),
            Calendar::Weekly { from, to, .. } => (Some((from, to)), "0 to 10079", WEEK_MINUTES),
        };
        if let Some((from, to)) = calendar {
            check(from < end, "conduct.windows.from", &from, accepted)?;
            check(to < end, "conduct.windows.to", &to, accepted)?;
            check(
                from != to,
                "conduct.windows.to",
                &to,
                "another minute than from",
            )?;
        }
        for (seconds, path) in [
            (self.before_s, "conduct.windows.before_s"),
            (self.after_s, "conduct.windows.after_s"),
        ] {
            check(seconds <= WIDENED_S_MAX, path, &seconds, "0 to 604800")?;
        }
        check(
            self.symbols.len() <= WINDOW_SYMBOLS_MAX,
            "conduct.windows.symbols",
            &self.symbols.len(),
            "at most 32 symbols",
        )?;
        for (place, symbol) in self.symbols.iter().enumerate() {
            check(
                !self.symbols[..place].contains(symbol),
                "conduct.windows.symbols",
                symbol,
                "each symbol once",
            )?;
        }
        Ok(())
    }
}

/// Which of a plan's windows are open. One per plan: intervals are the same for all of its accounts.
///
/// The caller opens a window at the start of each extent ([`WindowRule::extent`]) and closes at
/// [`Self::next_close`]. Extents of one window may overlap; it stays open until the last of them ends.
/// The queries take the conduct that it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWindows {
    /// A bit for each window that is open.
    open: u16,
    /// The first moment at which each is no longer open; 0 for those that are not.
    until: Vec<TimestampNs>,
}

impl OpenWindows {
    /// None of a plan's windows is open.
    pub fn new(conduct: &Conduct) -> Self {
        Self {
            open: 0,
            until: vec![TimestampNs(0); conduct.windows.len().min(WINDOWS_MAX)],
        }
    }

    /// Opens a window for an extent that started. Says whether it was not open before; one that is
    /// empty, or no window of the plan, changes nothing.
    pub fn open(&mut self, window: usize, extent: Interval) -> bool {
        let Some(until) = self.until.get_mut(window) else {
            return false;
        };
        if extent.is_empty() {
            return false;
        }
        *until = extent.end.max(*until);
        let bit = 1 << window;
        let was_open = self.open & bit != 0;
        self.open |= bit;
        !was_open
    }

    /// When the next window closes; `None` while all are closed.
    pub fn next_close(&self) -> Option<TimestampNs> {
        self.places().filter_map(|place| self.until(place)).min()
    }

    /// Closes every window that is over at `now` and tells their places, in order.
    pub fn close_due(&mut self, now: TimestampNs) -> impl Iterator<Item = usize> + use<> {
        let mut due = 0_u16;
        for (place, until) in self.until.iter_mut().enumerate() {
            if self.open & 1 << place != 0 && *until <= now {
                due |= 1 << place;
                *until = TimestampNs(0);
            }
        }
        self.open &= !due;
        bits(due)
    }

    /// Windows, open or closed.
    pub const fn len(&self) -> usize {
        self.until.len()
    }

    /// Whether the plan has no windows.
    pub const fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// Whether this window is open.
    pub const fn is_open(&self, window: usize) -> bool {
        window < WINDOWS_MAX && self.open & 1 << window != 0
    }

    /// The first moment at which an open window is closed again.
    pub fn until(&self, window: usize) -> Option<TimestampNs> {
        let until = self.until.get(window).copied();
        until.filter(|_| self.is_open(window))
    }

    /// Whether no window is open.
    pub const fn all_closed(&self) -> bool {
        self.open == 0
    }

    /// The places of the windows that are open.
    pub fn places(&self) -> impl Iterator<Item = usize> + use<> {
        bits(self.open)
    }

    /// The first open window that blocks orders that could open or enlarge a position in this
    /// instrument.
    pub fn blocks_opening(&self, conduct: &Conduct, symbol: Label) -> Option<usize> {
        self.first(conduct, symbol, |action| {
            action != WindowAction::ExcludeProfit
        })
    }

    /// The first open window that blocks every order in this instrument.
    pub fn blocks_all(&self, conduct: &Conduct, symbol: Label) -> Option<usize> {
        self.first(conduct, symbol, |action| action == WindowAction::BlockAll)
    }

    /// The first open window in which no position in this instrument is held.
    pub fn forces_flat(&self, conduct: &Conduct, symbol: Label) -> Option<usize> {
        self.first(conduct, symbol, |action| action == WindowAction::ForceFlat)
    }

    /// The first open window in which a profit in this instrument does not count.
    pub fn excludes_profit(&self, conduct: &Conduct, symbol: Label) -> Option<usize> {
        self.first(conduct, symbol, |action| {
            action == WindowAction::ExcludeProfit
        })
    }

    /// Tests an order. `opening`: it could open or enlarge a position.
    ///
    /// # Errors
    /// [`ConductDenial::Window`].
    pub fn check(
        &self,
        conduct: &Conduct,
        symbol: Label,
        opening: bool,
    ) -> Result<(), ConductDenial> {
        let blocking = if opening {
            self.blocks_opening(conduct, symbol)
        } else {
            self.blocks_all(conduct, symbol)
        };
        match blocking {
            None => Ok(()),
            Some(window) => Err(ConductDenial::Window {
                window: window as u8,
            }),
        }
    }

    fn first(
        &self,
        conduct: &Conduct,
        symbol: Label,
        acts: impl Fn(WindowAction) -> bool,
    ) -> Option<usize> {
        let applies = |rule: &WindowRule| acts(rule.action) && rule.concerns(symbol);
        self.places()
            .find(|&place| conduct.windows.get(place).is_some_and(applies))
    }
}

fn bits(mut set: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (place < u16::BITS).then_some(place as usize)
    })
}

impl Codec for OpenWindows {
    fn encode(&self, out: &mut Vec<u8>) {
        self.until.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let until = Vec::<TimestampNs>::decode(reader)?;
        if until.len() > WINDOWS_MAX {
            return Err(CodecError::Invalid("open windows"));
        }
        // An extent that is not empty ends after 0, so 0 marks the closed ones without doubt.
        let is_open = |until: &TimestampNs| until.0 != 0;
        let open = (until.iter().zip(0..)).fold(0, |set, (until, place)| {
            set | u16::from(is_open(until)) << place
        });
        Ok(Self { open, until })
    }
}
