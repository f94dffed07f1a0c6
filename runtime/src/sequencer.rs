//! Stamps: what time an input gets, which day rolls come before it, and when time passes by itself.
//!
//! A roll is due before the first input at or after the moment at which a trading day opens. It carries
//! that moment, or the last input's time when that is later. A schedule that has no open day yet gets
//! one roll into the current day, at the time of the input. Of several days that went by without input each is
//! opened in turn, also after a time in which nothing ran, so that what counts days (those on which a position was
//! held) counts the same as where inputs never cease; of more than [`ROLLED_DATES_MAX`] dates only the last are. On
//! a date that is a trading day of no plan or competition of the schedule nothing rolls. While the time is 0
//! nobody knows it yet, and nothing rolls.
//!
//! Where the wall is the clock and once was far ahead, the time of the inputs stands still until the wall has come to
//! it again: no day rolls meanwhile, and nothing that waits for a time is done. Whoever runs it is told.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use engine::Shard;
use rules::TradingDays;
use types::{Command, InputKind, RollSchedule, Timer, TimestampNs, TradingDay};

use crate::calendar::{Calendar, CalendarError};
use crate::config::Clock;
use crate::time::Time;

const NEVER: TimestampNs = TimestampNs(u64::MAX);
/// Where no input came for longer, the days of the last so many dates are opened: no wrong clock can ask for more.
const ROLLED_DATES_MAX: i32 = 1_000;

/// The wall may be behind the time of the inputs by as much: a clock that is set right goes back a little.
const CLOCK_BEHIND_MAX: Duration = Duration::from_secs(5);

/// Where one schedule stands.
#[derive(Debug)]
struct Rolling {
    schedule: RollSchedule,
    /// The calendars of all that roll by it.
    days: Vec<TradingDays>,
    open: Option<TradingDay>,
    /// When to look again.
    next: TimestampNs,
}

#[derive(Debug)]
pub(crate) struct Sequencer {
    clock: Clock,
    time: Arc<dyn Time>,
    calendar: Calendar,
    last: TimestampNs,
    rolling: Vec<Rolling>,
    /// The earliest `next`.
    due: TimestampNs,
    /// The wall was behind by too much and has not come to `last` again.
    is_behind: bool,
}

impl Sequencer {
    /// Continues after what the shard has applied.
    pub(crate) fn new(clock: Clock, time: Arc<dyn Time>, shard: &Shard) -> Self {
        let mut sequencer = Self {
            clock,
            time,
            calendar: Calendar::default(),
            last: shard.ts(),
            rolling: Vec::new(),
            due: NEVER,
            is_behind: false,
        };
        sequencer.learn(shard);
        sequencer
    }

    /// The time of a command that comes now.
    pub(crate) fn command_time(&self) -> TimestampNs {
        match self.clock {
            Clock::Source => self.last,
            Clock::Wall => self.time.wall(),
        }
    }

    /// The time at which an idle shard may roll; `None` where only inputs move time.
    pub(crate) fn idle_time(&self) -> Option<TimestampNs> {
        (self.clock == Clock::Wall).then(|| self.time.wall())
    }

    /// The time of the input before.
    pub(crate) const fn last(&self) -> TimestampNs {
        self.last
    }

    /// How long until timed work that is due at `due` can be done by the wall clock, zero once it can;
    /// `None` where only inputs move time, or nothing is due.
    pub(crate) fn until(&self, due: Option<TimestampNs>) -> Option<Duration> {
        let due = due.filter(|_| self.clock == Clock::Wall)?;
        Some(Duration::from_nanos(
            due.0.saturating_sub(self.time.wall().0),
        ))
    }

    /// Looks at the wall: how long until it shows the time of the input before again, zero where it does. Tells the log
    /// when that begins and when it is over.
    pub(crate) fn look_behind(&mut self) -> Duration {
        let behind = match self.clock {
            Clock::Source => Duration::ZERO,
            Clock::Wall => Duration::from_nanos(self.last.0.saturating_sub(self.time.wall().0)),
        };
        if !self.is_behind && behind > CLOCK_BEHIND_MAX {
            self.is_behind = true;
            tracing::warn!(
                time = %self.last,
                behind_s = behind.as_secs(),
                "the clock is behind the time of the newest input: until it has come there, time stands still, no \
                 day rolls, and nothing that waits for a time is done"
            );
        }
        if self.is_behind && behind.is_zero() {
            self.is_behind = false;
            tracing::info!(time = %self.last, "the clock has come to the time of the newest input");
        }
        if self.is_behind {
            behind
        } else {
            Duration::ZERO
        }
    }

    /// Stamps an input: time never goes back.
    pub(crate) fn stamp(&mut self, given: TimestampNs) -> TimestampNs {
        self.last = self.last.max(given);
        self.last
    }

    /// The next roll that must come before an input at `ts`, with its stamp.
    pub(crate) fn roll_before(&mut self, ts: TimestampNs) -> Option<(TimestampNs, Timer)> {
        let ts = self.last.max(ts);
        if ts < self.due || ts == TimestampNs(0) {
            return None;
        }
        let mut roll = None;
        while roll.is_none()
            && let Some(rolling) = self
                .rolling
                .iter_mut()
                .filter(|rolling| rolling.next <= ts && rolling.next != NEVER)
                .min_by_key(|rolling| rolling.next)
        {
            match opening(&mut self.calendar, rolling, ts) {
                // When the next one opens is known now: of all that are due the earliest comes first.
                Ok((opened, _)) if opened > rolling.next => rolling.next = opened,
                Ok((opened, day)) => {
                    rolling.open = Some(day);
                    roll = Some((opened, rolling.schedule, day));
                }
                Err(error) => {
                    tracing::warn!(
                        zone = %rolling.schedule.zone,
                        minute = rolling.schedule.minute,
                        %error,
                        "no trading day of this schedule will open"
                    );
                    rolling.next = NEVER;
                }
            }
        }
        self.set_due();
        let (at, schedule, day) = roll?;
        Some((self.stamp(at), Timer::DayRoll { schedule, day }))
    }

    /// Looks for schedules that an input brought.
    pub(crate) fn applied(&mut self, kind: &InputKind, shard: &Shard) {
        if let InputKind::Command(Command::DefinePlan { .. } | Command::DefineCompetition { .. }) =
            kind
        {
            self.learn(shard);
        }
    }

    pub(crate) fn learn(&mut self, shard: &Shard) {
        for (schedule, open) in shard.schedules() {
            let mut days: Vec<TradingDays> = Vec::new();
            for known in shard.trading_days(schedule) {
                if !days.contains(known) {
                    days.push(known.clone());
                }
            }
            let rolling = self.rolling.iter_mut();
            let known = rolling.into_iter().find(|it| it.schedule == schedule);
            // Looked at before the next input, whenever that comes; a day that is open is kept.
            match known {
                Some(known) if known.days.len() == days.len() => {}
                Some(known) => {
                    known.days = days;
                    known.next = TimestampNs(0);
                }
                None => self.rolling.push(Rolling {
                    schedule,
                    days,
                    open,
                    next: TimestampNs(0),
                }),
            }
        }
        self.set_due();
    }

    fn set_due(&mut self) {
        self.due = self
            .rolling
            .iter()
            .map(|rolling| rolling.next)
            .min()
            .unwrap_or(NEVER);
    }
}

/// The day to open, and when: the current one, now, where none is open; else the first after it by any of the
/// schedule's calendars.
fn opening(
    calendar: &mut Calendar,
    rolling: &mut Rolling,
    ts: TimestampNs,
) -> Result<(TimestampNs, TradingDay), CalendarError> {
    let schedule = rolling.schedule;
    let mut newest = None;
    for days in &rolling.days {
        newest = newest.max(Some(calendar.open_day(&schedule, days, ts)?.day));
    }
    let newest = newest.ok_or(CalendarError::Time(ts))?;
    let Some(mut open) = rolling.open else {
        return Ok((ts, newest));
    };
    let first = TradingDay(newest.0.saturating_sub(ROLLED_DATES_MAX));
    if open < first {
        tracing::warn!(
            zone = %schedule.zone,
            minute = schedule.minute,
            open = %open,
            now = %newest,
            dates_max = ROLLED_DATES_MAX,
            "no input came for long: only the trading days of the last dates are opened"
        );
        open = first;
        rolling.open = Some(open);
    }
    let mut next = None;
    for days in &rolling.days {
        let day = calendar.next_day(&schedule, days, open)?;
        // Of two that open together the first does not last: the zone skipped its date.
        let key = (day.opened, Reverse(day.day));
        next = Some(next.map_or(key, |next: (_, _)| next.min(key)));
    }
    let (opened, Reverse(day)) = next.ok_or(CalendarError::Time(ts))?;
    Ok((opened, day))
}
