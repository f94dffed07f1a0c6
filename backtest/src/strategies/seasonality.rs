//! When it moves.

use types::TimestampNs;

use crate::strategies::clock::{DAY_MINUTES, Date};
use crate::strategies::rule::{BARS, FULL, Held, Rule, SIDE, Seen, Want, follow};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::{Parameter, Values};

const WEEKENDS: Parameter = Parameter::flag(
    "weekends",
    false,
    "whether the market trades on Saturdays and Sundays",
);

/// Bars whose starts are never nearer to each other than this come one a day, or fewer: a day less what a session's
/// begin may move by.
const DAILY_NS: u64 = 20 * 3_600_000_000_000;

/// Tells on which date the next bar begins.
#[derive(Debug, Clone)]
struct Calendar {
    /// Whether the market trades at weekends.
    weekends: bool,
    /// Of the newest bar.
    start: Option<TimestampNs>,
    /// The least time from the start of a bar to that of the next one, so far.
    step_ns: Option<u64>,
}

impl Calendar {
    fn new(values: &Values) -> Self {
        Self {
            weekends: values.flag(WEEKENDS.name),
            start: None,
            step_ns: None,
        }
    }

    /// The UTC date on which the bar after this one begins, unless it is a holiday. `None` at a first bar that ends on
    /// the day on which it began: it may be the whole day's or one of many.
    fn next_date(&mut self, seen: &Seen) -> Option<Date> {
        if let Some(last) = self.start.replace(seen.start) {
            let step = seen.start.0.saturating_sub(last.0);
            self.step_ns = Some(self.step_ns.map_or(step, |known| known.min(step)));
        }
        let (begun, ended) = (Date::of(seen.start), Date::of(seen.end));
        let date = if begun == ended && self.step_ns? >= DAILY_NS {
            begun.tomorrow()
        } else {
            ended
        };
        Some(if self.weekends { date } else { date.weekday() })
    }
}

/// Long while this is so, flat otherwise.
const fn long_while(is_so: bool, held: Held) -> Want {
    match (is_so, held) {
        (true, Held::Flat | Held::Short) => Want::Long,
        (false, Held::Long | Held::Short) => Want::Flat,
        _ => Want::Stay,
    }
}

pub(super) const TURN_OF_MONTH: Declared = Declared {
    name: "turn_of_month",
    family: Family::Seasonality,
    about: "Holds over the last days of a month and the first of the next.",
    page: Page {
        entry: "At the close before the `last`th weekday from the end of a month; of bars shorter than a day, at the \
                first close at or after its begin.",
        exit: "At the close of the `first`th trading day of the month; of bars shorter than a day, at the first close \
               at or after its end.",
        sizing: FULL,
        source: "Josef Lakonishok, Seymour Smidt, Are Seasonal Anomalies Real?, 1988: the last day and the first \
                 three; after Robert Ariel, A Monthly Effect in Stock Returns, 1987.",
        risk: "Found in one century of one market. Days to the end are counted as weekdays, so a holiday at the end \
               of a month shifts the entry. Days end at midnight UTC: short bars that stop before hold on until the \
               market opens again.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("last", 1, 0, 10, "days at the end of a month"),
        Parameter::integer("first", 3, 0, 10, "days at the beginning of a month"),
        WEEKENDS,
    ],
    build: |values| {
        Ok(follow(
            values,
            TurnOfMonth {
                last: values.integer("last"),
                first: values.integer("first"),
                calendar: Calendar::new(values),
                date: None,
                day_of_month: i64::MAX / 2,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct TurnOfMonth {
    last: i64,
    first: i64,
    calendar: Calendar,
    /// Of the newest bar.
    date: Option<Date>,
    /// Trading days of the month so far; of the first month, which may have begun before the data, more than any.
    day_of_month: i64,
}

impl Rule for TurnOfMonth {
    fn next(&mut self, seen: &Seen) -> Want {
        let today = Date::of(seen.start);
        match self.date.replace(today) {
            Some(last) if last == today => {}
            Some(last) if last.is_month_of(today) => self.day_of_month += 1,
            Some(_) => self.day_of_month = 1,
            None => {}
        }
        let Some(next) = self.calendar.next_date(seen) else {
            return Want::Stay;
        };
        let day_of_month = if next == today {
            self.day_of_month
        } else if next.is_month_of(today) {
            self.day_of_month + 1
        } else {
            1
        };
        let is_end = days_left(next, self.calendar.weekends, self.last) < self.last;
        long_while(is_end || day_of_month <= self.first, seen.held)
    }
}

/// Trading days after this one in its month, counted no further than `enough`.
fn days_left(date: Date, weekends: bool, enough: i64) -> i64 {
    let mut left = 0;
    let mut day = date;
    while left < enough {
        day = day.tomorrow();
        if !weekends {
            day = day.weekday();
        }
        if !day.is_month_of(date) {
            break;
        }
        left += 1;
    }
    left
}

const DAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

pub(super) const DAY_OF_WEEK: Declared = Declared {
    name: "day_of_week",
    family: Family::Seasonality,
    about: "Holds on the days of the week from one to another.",
    page: Page {
        entry: "At the close before the days from `from` to `to`; of bars shorter than a day, at the first close at \
                or after their begin.",
        exit: "At the last close of those days; of bars shorter than a day, at the first close at or after their end.",
        sizing: FULL,
        source: "Kenneth French, Stock Returns and the Weekend Effect, 1980: Mondays lost, so it holds the others.",
        risk: "The effect faded when it was known, and two trades a week pay fees on it. Before a holiday it takes \
               the next weekday for the next day. Days end at midnight UTC: short bars that stop before hold on until \
               the market opens again, over a weekend and its gap too.",
    },
    needs: BARS,
    parameters: &[
        Parameter {
            name: "from",
            kind: crate::strategy::Kind::Choice(DAYS),
            default: crate::strategy::Value::Choice(DAYS[1]),
            about: "first day that is held",
        },
        Parameter {
            name: "to",
            kind: crate::strategy::Kind::Choice(DAYS),
            default: crate::strategy::Value::Choice(DAYS[4]),
            about: "last day that is held; before `from` it is one of the next week",
        },
        Parameter::choice(
            "side",
            &["long", "short"],
            "which side is held on these days",
        ),
        WEEKENDS,
    ],
    build: |values| {
        let place = |name: &str| {
            let word = values.choice(name);
            DAYS.iter().position(|day| *day == word).unwrap_or(0)
        };
        Ok(follow(
            values,
            DayOfWeek {
                from: place("from"),
                to: place("to"),
                is_short: values.choice(SIDE.name) == "short",
                calendar: Calendar::new(values),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct DayOfWeek {
    /// Days since Monday.
    from: usize,
    to: usize,
    is_short: bool,
    calendar: Calendar,
}

impl Rule for DayOfWeek {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(next) = self.calendar.next_date(seen) else {
            return Want::Stay;
        };
        let day = next.date.weekday().to_monday_zero_offset() as usize;
        let (from, to) = (self.from, self.to);
        let holds = if from <= to {
            (from..=to).contains(&day)
        } else {
            day >= from || day <= to
        };
        match (holds, self.is_short) {
            (true, true) => Want::Short,
            (true, false) => Want::Long,
            (false, _) => Want::Flat,
        }
    }
}

pub(super) const HALLOWEEN: Declared = Declared {
    name: "halloween",
    family: Family::Seasonality,
    about: "Holds in the months of winter, is out in those of summer.",
    page: Page {
        entry: "At the last close before the month `from`; of bars shorter than a day, at the first close at or after \
                its begin.",
        exit: "At the last close of the month `to`; of bars shorter than a day, at the first close at or after its end.",
        sizing: FULL,
        source: "Sven Bouman, Ben Jacobsen, The Halloween Indicator, Sell in May and Go Away: Another Puzzle, 2002: \
                 November to April.",
        risk: "One trade a year: decades are few samples. A month that begins with a holiday is entered as if it did \
               not. Days end at midnight UTC: short bars that stop before hold on until the market opens again.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("from", 11, 1, 12, "first month that is held"),
        Parameter::integer(
            "to",
            4,
            1,
            12,
            "last month that is held; before `from` it is one of the next year",
        ),
        WEEKENDS,
    ],
    build: |values| {
        Ok(follow(
            values,
            Halloween {
                from: values.integer("from"),
                to: values.integer("to"),
                calendar: Calendar::new(values),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct Halloween {
    from: i64,
    to: i64,
    calendar: Calendar,
}

impl Rule for Halloween {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(next) = self.calendar.next_date(seen) else {
            return Want::Stay;
        };
        let month = i64::from(next.date.month());
        let holds = if self.from <= self.to {
            (self.from..=self.to).contains(&month)
        } else {
            month >= self.from || month <= self.to
        };
        long_while(holds, seen.held)
    }
}

pub(super) const OVERNIGHT: Declared = Declared {
    name: "overnight",
    family: Family::Seasonality,
    about: "Holds from a time of the day to another, by default through the night.",
    page: Page {
        entry: "At the first close at or after `from`, up to `until`.",
        exit: "At the first close at or after `until`.",
        sizing: FULL,
        source: "Michael Cooper, Michael Cliff, Huseyin Gulen, Return Differences between Trading and Non-Trading \
                 Hours: Like Night and Day, 2008: shares gain at night.",
        risk: "Two trades a day: spread and fees are of the size of the effect. Times are UTC and do not follow \
               summer time.",
    },
    needs: Needs::each(Data::Intraday),
    parameters: &[
        Parameter::integer(
            "from",
            1_200,
            0,
            1_439,
            "minute of the UTC day from which it holds",
        ),
        Parameter::integer(
            "until",
            840,
            0,
            1_439,
            "minute of the UTC day from which it no longer holds",
        ),
    ],
    build: |values| {
        let (from, until) = (values.count("from") as u64, values.count("until") as u64);
        if from == until {
            return Err(crate::strategy::ParameterError::Together {
                names: "from, until",
                values: format!("{from}, {until}"),
                accepted: "two different minutes",
            });
        }
        Ok(follow(values, Overnight { from, until }))
    },
};

#[derive(Debug, Clone)]
struct Overnight {
    from: u64,
    until: u64,
}

impl Rule for Overnight {
    fn next(&mut self, seen: &Seen) -> Want {
        let minute = seen.end.0 / 60_000_000_000 % DAY_MINUTES;
        let holds = if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        };
        long_while(holds, seen.held)
    }
}
