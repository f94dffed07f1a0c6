//! Trends told by prices that were not seen for a while.

use crate::indicator::{Atr, Donchian, Keltner, Max};
use crate::strategies::clock::Session;
use crate::strategies::rule::{BARS, FULL, Held, Rule, SIDE, Seen, Want, follow, ordered};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::Parameter;

pub(in crate::strategies) const DONCHIAN: Declared = Declared {
    name: "donchian",
    family: Family::Momentum,
    about: "Buys a close above the highest high of the last bars, leaves below the lowest low of fewer.",
    page: Page {
        entry: "At a close above the highest high of the `entry` bars before it; short at one below their lowest low.",
        exit: "At a close beyond the opposite end of the `exit` bars before it.",
        sizing: FULL,
        source: "Richard Donchian's channel rule, published in the 1960s (the four-week rule). Here closes decide, not \
                 prices within a bar.",
        risk: "Most breakouts fail: many small losses for few long trends, and deep drawdowns without one.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("entry", 20, 1, 10_000, "bars of the channel of entries"),
        Parameter::integer("exit", 10, 1, 10_000, "bars of the channel of exits"),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            Breakout {
                entry: Donchian::new(values.count("entry"))?,
                exit: Donchian::new(values.count("exit"))?,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct Breakout {
    entry: Donchian,
    exit: Donchian,
}

impl Rule for Breakout {
    fn next(&mut self, seen: &Seen) -> Want {
        let (entry, exit) = (self.entry.value(), self.exit.value());
        self.entry.update(&seen.bar);
        self.exit.update(&seen.bar);
        let close = seen.bar.close;
        if let Some(channel) = entry {
            if close > channel.upper {
                return Want::Long;
            }
            if close < channel.lower {
                return Want::Short;
            }
        }
        let is_over = exit.is_some_and(|channel| match seen.held {
            Held::Flat => false,
            Held::Long => close < channel.lower,
            Held::Short => close > channel.upper,
        });
        Want::Flat.when(is_over)
    }
}

pub(in crate::strategies) const TURTLE: Declared = Declared {
    name: "turtle",
    family: Family::Momentum,
    about: "Donchian breakouts sized by volatility, added to in steps of half a range, with a stop.",
    page: Page {
        entry: "At a close beyond the `entry` bars before it. One more unit at each close that is `step` ranges beyond \
                the last one bought, up to `units`.",
        exit: "At a close `stop` ranges against the last unit, or beyond the opposite end of the `exit` bars before.",
        sizing: "A unit is as much as loses `risk` of equity when the price moves by one range N (Wilder's average \
                 true range at the entry); the units together at most `weight_max` of equity.",
        source: "The rules of Richard Dennis' Turtles, 1983, as published by Curtis Faith, The Original Turtle Trading \
                 Rules, 2003. Closes decide, not prices within a bar, and the rule that skips a breakout after one \
                 that won is not applied.",
        risk: "Adds into strength: a reversal finds the position at its largest, and gaps go through the stop.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("entry", 20, 1, 10_000, "bars of the channel of entries"),
        Parameter::integer("exit", 10, 1, 10_000, "bars of the channel of exits"),
        Parameter::integer("range", 20, 1, 1_000, "bars of the average true range"),
        Parameter::real(
            "risk",
            0.01,
            0.0001,
            0.2,
            "share of equity that one range costs a unit",
        ),
        Parameter::real(
            "stop",
            2.0,
            0.1,
            20.0,
            "ranges from the last unit to the stop",
        ),
        Parameter::real("step", 0.5, 0.05, 10.0, "ranges to the next unit"),
        Parameter::integer("units", 4, 1, 20, "the most units"),
        Parameter::real(
            "weight_max",
            0.95,
            0.01,
            20.0,
            "the most that is held, as a share of equity",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            Turtle {
                breakout: Breakout {
                    entry: Donchian::new(values.count("entry"))?,
                    exit: Donchian::new(values.count("exit"))?,
                },
                range: Atr::new(values.count("range"))?,
                risk: values.real("risk"),
                stop: values.real("stop"),
                step: values.real("step"),
                units_max: values.count("units"),
                weight_max: values.real("weight_max"),
                units: 0,
                last: 0.0,
                n: 0.0,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct Turtle {
    breakout: Breakout,
    range: Atr,
    risk: f64,
    stop: f64,
    step: f64,
    units_max: usize,
    weight_max: f64,
    units: usize,
    /// Close at which the last unit was asked for.
    last: f64,
    /// The range at the entry.
    n: f64,
}

impl Turtle {
    fn weight(&self, close: f64) -> f64 {
        (self.units as f64 * self.risk * close / self.n).min(self.weight_max)
    }
}

impl Rule for Turtle {
    fn next(&mut self, seen: &Seen) -> Want {
        let range = self.range.update(&seen.bar);
        let close = seen.bar.close;
        let broke = self.breakout.next(seen);
        let sign = match seen.held {
            Held::Flat => 0.0,
            Held::Long => 1.0,
            Held::Short => -1.0,
        };
        if sign != 0.0 && self.units > 0 {
            let ahead = sign * (close - self.last);
            let turned =
                (sign > 0.0 && broke == Want::Short) || (sign < 0.0 && broke == Want::Long);
            if broke == Want::Flat || ahead <= -self.stop * self.n || turned {
                self.units = 0;
                return Want::Flat;
            }
            if ahead >= self.step * self.n && self.units < self.units_max {
                self.units += 1;
                self.last = close;
                return Want::Weight(sign * self.weight(close));
            }
            return Want::Stay;
        }
        let sign = match broke {
            Want::Long => 1.0,
            Want::Short => -1.0,
            _ => return Want::Stay,
        };
        let Some(range) = range.filter(|range| *range > 0.0) else {
            return Want::Stay;
        };
        (self.units, self.last, self.n) = (1, close, range);
        Want::Weight(sign * self.weight(close))
    }
}

pub(in crate::strategies) const KELTNER_BREAKOUT: Declared = Declared {
    name: "keltner_breakout",
    family: Family::Momentum,
    about: "Buys a close above the upper Keltner band, leaves below the middle.",
    page: Page {
        entry: "At a close above the upper band; short at one below the lower band.",
        exit: "At a close on the other side of the middle, the exponential average.",
        sizing: FULL,
        source: "Chester Keltner, How to Make Money in Commodities, 1960, in Linda Raschke's form of the bands: an \
                 exponential average and average true ranges.",
        risk: "Bands widen with volatility: the entry comes late just where moves are fast.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 20, 1, 10_000, "bars of the middle"),
        Parameter::integer("range", 10, 1, 1_000, "bars of the average true range"),
        Parameter::real("width", 2.0, 0.1, 20.0, "ranges from the middle to a band"),
        SIDE,
    ],
    build: |values| {
        let [period, range] = ["period", "range"].map(|name| values.count(name));
        let band = Keltner::new(period, range, values.real("width"))?;
        Ok(follow(values, KeltnerBreakout(band)))
    },
};

#[derive(Debug, Clone)]
struct KeltnerBreakout(Keltner);

impl Rule for KeltnerBreakout {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(band) = self.0.update(&seen.bar) else {
            return Want::Stay;
        };
        let close = seen.bar.close;
        if close > band.upper {
            return Want::Long;
        }
        if close < band.lower {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => close < band.middle,
            Held::Short => close > band.middle,
        })
    }
}

pub(in crate::strategies) const YEAR_HIGH: Declared = Declared {
    name: "year_high",
    family: Family::Momentum,
    about: "Holds what is near the highest close of a year.",
    page: Page {
        entry: "At a close of at least `near` of the highest close of the last `period` bars, this one included.",
        exit: "At a close below `leave` of it.",
        sizing: FULL,
        source: "Thomas George and Chuan-Yang Hwang, The 52-Week High and Momentum Investing, 2004; there a ranking of \
                 many shares, here the nearness of each by itself.",
        risk: "Buys tops: a crash from a high is held down to the exit.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 252, 2, 10_000, "bars of a year"),
        Parameter::real(
            "near",
            0.98,
            0.5,
            1.0,
            "nearness to the high at which it enters",
        ),
        Parameter::real(
            "leave",
            0.9,
            0.1,
            0.999,
            "nearness below which it leaves, below near",
        ),
    ],
    build: |values| {
        ordered(values, ["leave", "near"], "leave, near", "leave below near")?;
        Ok(follow(
            values,
            YearHigh {
                high: Max::new(values.count("period"))?,
                near: values.real("near"),
                leave: values.real("leave"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct YearHigh {
    high: Max,
    near: f64,
    leave: f64,
}

impl Rule for YearHigh {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(high) = self.high.update(seen.bar.close) else {
            return Want::Stay;
        };
        if seen.bar.close >= self.near * high {
            Want::Long
        } else {
            Want::Flat.when(seen.bar.close < self.leave * high)
        }
    }
}

pub(in crate::strategies) const OPENING_RANGE: Declared = Declared {
    name: "opening_range",
    family: Family::Momentum,
    about: "Trades the first break of the range in which a day begins, and is flat at the end of it.",
    page: Page {
        entry: "At the first close of a session above the highest high, or below the lowest low, of its first \
                `range` minutes; once a session.",
        exit: "At a close on the other side of the range, or at the first bar that ends `hold` minutes after the \
               session began.",
        sizing: FULL,
        source: "Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout, 1990; there the \
                 distance is a stretch from the open, here the range of the first minutes as it is used since.",
        risk: "Days that break both ways; and an order at the open after the last bar of a day is held over night, \
               so let `hold` end before the session does.",
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
        Parameter::integer("range", 60, 1, 1_440, "minutes of the opening range"),
        Parameter::integer(
            "hold",
            480,
            2,
            1_440,
            "minutes from the session's begin to the exit, more than range",
        ),
        SIDE,
    ],
    build: |values| {
        ordered(values, ["range", "hold"], "range, hold", "range below hold")?;
        Ok(follow(
            values,
            OpeningRange {
                session: Session::new(values.count("begin") as u64),
                range: values.count("range") as u64,
                hold: values.count("hold") as u64,
                channel: None,
                is_done: false,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct OpeningRange {
    session: Session,
    /// Minutes of the opening range.
    range: u64,
    /// Minutes until all is over.
    hold: u64,
    /// The range as far as it is known: high and low.
    channel: Option<[f64; 2]>,
    is_done: bool,
}

impl Rule for OpeningRange {
    fn next(&mut self, seen: &Seen) -> Want {
        let bar = &seen.bar;
        if self.session.begins(seen.start) {
            (self.channel, self.is_done) = (None, false);
        }
        let minutes = self.session.minutes(seen.end);
        if minutes <= self.range {
            let [high, low] = self.channel.unwrap_or([bar.high, bar.low]);
            self.channel = Some([high.max(bar.high), low.min(bar.low)]);
            return Want::Flat.when(seen.held != Held::Flat);
        }
        if minutes >= self.hold {
            return Want::Flat.when(seen.held != Held::Flat);
        }
        let Some([high, low]) = self.channel else {
            return Want::Stay;
        };
        let is_over = match seen.held {
            Held::Flat => false,
            Held::Long => bar.close < low,
            Held::Short => bar.close > high,
        };
        if is_over {
            return Want::Flat;
        }
        if self.is_done || (low..=high).contains(&bar.close) {
            return Want::Stay;
        }
        self.is_done = true;
        if bar.close > high {
            Want::Long
        } else {
            Want::Short
        }
    }
}
