//! Stamps: what time an input gets, which day rolls come before it, and when time passes by itself.
//!
//! A roll is due before the first input at or after the moment at which a trading day opens. It carries
//! that moment, or the last input's time when that is later. A schedule that has no open day yet gets
//! one roll into the current day, at the time of the input; of several days that went by without input
//! only the last is opened. On a date that is a trading day of no plan or competition of the schedule nothing
//! rolls. While the time is 0 nobody knows it yet, and nothing rolls.

use std::sync::Arc;
use std::time::Duration;

use engine::Shard;
use rules::TradingDays;
use types::{Command, InputKind, RollSchedule, Timer, TimestampNs, TradingDay};

use crate::calendar::{Calendar, CalendarError, OpenDay};
use crate::config::Clock;
use crate::time::Time;

const NEVER: TimestampNs = TimestampNs(u64::MAX);

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
            match open_day(&mut self.calendar, rolling, ts) {
                Ok(open) => {
                    rolling.next = open.until;
                    let opens = rolling.open.is_none_or(|day| day < open.day);
                    if opens {
                        let at = rolling.open.map_or(ts, |_| open.opened);
                        rolling.open = Some(open.day);
                        roll = Some((at, rolling.schedule, open.day));
                    }
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

/// The newest day that is open by any of a schedule's calendars, until the next one opens by any.
fn open_day(
    calendar: &mut Calendar,
    rolling: &Rolling,
    ts: TimestampNs,
) -> Result<OpenDay, CalendarError> {
    let mut days = rolling.days.iter();
    let first = days.next().cloned().unwrap_or_default();
    let mut open = calendar.open_day(&rolling.schedule, &first, ts)?;
    for days in days {
        let other = calendar.open_day(&rolling.schedule, days, ts)?;
        let until = open.until.min(other.until);
        open = if other.day > open.day { other } else { open };
        open.until = until;
    }
    Ok(open)
}
