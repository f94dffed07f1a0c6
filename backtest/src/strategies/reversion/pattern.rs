//! Small patterns of bars that tend to be undone.

use crate::indicator::Sma;
use crate::strategies::clock::Session;
use crate::strategies::rule::{
    BARS, BOTH_SIDES, FULL, Held, Rule, SIDE, Seen, Want, follow, ordered,
};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::Parameter;

pub(in crate::strategies) const DOWN_STREAK: Declared = Declared {
    name: "down_streak",
    family: Family::MeanReversion,
    about: "Buys after several lower closes in a row while the long average is below the price.",
    page: Page {
        entry: "At the `count`th or later close in a row below the one before it, if it is above the `trend` average; \
                short after as many higher closes below that average.",
        exit: "Long at a close above the one before, short at one below.",
        sizing: FULL,
        source: "Larry Connors, Cesar Alvarez, High Probability ETF Trading, 2009, of which this is the plainest form.",
        risk: "A crash is a streak, too, and there is no stop.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("count", 3, 1, 100, "lower closes in a row"),
        Parameter::integer(
            "trend",
            200,
            2,
            10_000,
            "bars of the average that tells the trend",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            DownStreak {
                trend: Sma::new(values.count("trend"))?,
                count: values.integer("count"),
                streak: 0,
                last: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct DownStreak {
    trend: Sma,
    count: i64,
    /// Closes in a row: above zero higher ones, below lower ones.
    streak: i64,
    last: Option<f64>,
}

impl Rule for DownStreak {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let trend = self.trend.update(close);
        let Some(last) = self.last.replace(close) else {
            return Want::Stay;
        };
        self.streak = if close > last {
            self.streak.max(0) + 1
        } else if close < last {
            self.streak.min(0) - 1
        } else {
            0
        };
        let is_over = match seen.held {
            Held::Flat => false,
            Held::Long => close > last,
            Held::Short => close < last,
        };
        if is_over {
            return Want::Flat;
        }
        let Some(trend) = trend.filter(|_| seen.held == Held::Flat) else {
            return Want::Stay;
        };
        if self.streak <= -self.count && close > trend {
            Want::Long
        } else {
            Want::Short.when(self.streak >= self.count && close < trend)
        }
    }
}

pub(in crate::strategies) const GAP_FADE: Declared = Declared {
    name: "gap_fade",
    family: Family::MeanReversion,
    about: "Trades against the gap between one session's last close and the next one's open, until it is filled.",
    page: Page {
        entry: "At the close of the first bar of a session that opened away from the last close of the one before by \
                between `least` and `most`, if that close was not reached yet: short after a gap up, long after one down.",
        exit: "At a close at or beyond the last close of the session before, or at the first bar that ends `hold` \
               minutes after the session began.",
        sizing: FULL,
        source: "Folklore of index traders; figures in Howard Bandy, Quantitative Trading Systems, 2007. An open \
                 cannot be traded on with bars alone, so the entry is a bar later than theirs.",
        risk: "Gaps with news behind them run on; `most` is there to stay away from those.",
    },
    needs: Needs::each(Data::Intraday),
    parameters: &[
        Parameter::integer(
            "begin",
            0,
            0,
            1_439,
            "minute of the UTC day at which a session begins",
        ),
        Parameter::real(
            "least",
            0.002,
            0.0,
            0.5,
            "smallest gap, as a share of the last close, below most",
        ),
        Parameter::real(
            "most",
            0.05,
            0.000_01,
            1.0,
            "largest gap, as a share of the last close",
        ),
        Parameter::integer(
            "hold",
            480,
            1,
            1_440,
            "minutes from the session's begin to the last exit",
        ),
        BOTH_SIDES,
    ],
    build: |values| {
        ordered(values, ["least", "most"], "least, most", "least below most")?;
        Ok(follow(
            values,
            GapFade {
                session: Session::new(values.count("begin") as u64),
                least: values.real("least"),
                most: values.real("most"),
                hold: values.count("hold") as u64,
                last: None,
                goal: 0.0,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct GapFade {
    session: Session,
    least: f64,
    most: f64,
    hold: u64,
    /// The newest close.
    last: Option<f64>,
    /// The last close of the session before.
    goal: f64,
}

impl Rule for GapFade {
    fn next(&mut self, seen: &Seen) -> Want {
        let bar = &seen.bar;
        let begins = self.session.begins(seen.start);
        let Some(last) = self.last.replace(bar.close) else {
            return Want::Stay;
        };
        if begins {
            self.goal = last;
        }
        let is_late = self.session.minutes(seen.end) >= self.hold;
        let is_over = match seen.held {
            Held::Flat => false,
            Held::Long => bar.close >= self.goal,
            Held::Short => bar.close <= self.goal,
        };
        if is_over || is_late {
            return Want::Flat;
        }
        let gap = (bar.open - self.goal) / self.goal;
        if !begins || !(self.least..=self.most).contains(&gap.abs()) {
            // What is held from the session before has no business in this one.
            return Want::Flat.when(begins);
        }
        if gap > 0.0 && bar.low > self.goal {
            Want::Short
        } else if gap < 0.0 && bar.high < self.goal {
            Want::Long
        } else {
            Want::Flat
        }
    }
}
