//! Trends told by moving averages and what is made of them.

use crate::indicator::{Ema, Hull, Kama, Macd, OnBalanceVolume, Sma, StandardDeviation, Trix};
use crate::strategies::rule::{BARS, FULL, Held, Rule, SIDE, Seen, Want, follow, ordered};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::Parameter;

pub(in crate::strategies) const EMA_CROSS: Declared = Declared {
    name: "ema_cross",
    family: Family::Momentum,
    about: "Long while the fast exponential moving average of closes is above the slow one.",
    page: Page {
        entry: "At a close at which the fast average is above the slow one; short where it is below.",
        exit: "At a close at which it is on the other side. Equal averages change nothing.",
        sizing: FULL,
        source: "P. N. Haurlan, Measuring Trend Values, 1968, brought exponential averages to trading. Seeded by the \
                 mean of the first bars, as TA-Lib does.",
        risk: "Whipsaws in a market without trend: each turn of the averages pays fees and the lag of both.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("fast", 12, 1, 1_000, "bars of the fast average"),
        Parameter::integer(
            "slow",
            26,
            2,
            10_000,
            "bars of the slow average, more than fast",
        ),
        SIDE,
    ],
    build: |values| {
        ordered(values, ["fast", "slow"], "fast, slow", "fast below slow")?;
        Ok(follow(
            values,
            EmaCross {
                fast: Ema::new(values.count("fast"))?,
                slow: Ema::new(values.count("slow"))?,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct EmaCross {
    fast: Ema,
    slow: Ema,
}

impl Rule for EmaCross {
    fn next(&mut self, seen: &Seen) -> Want {
        let fast = self.fast.update(seen.bar.close);
        let slow = self.slow.update(seen.bar.close);
        let gap = fast.zip(slow).map(|(fast, slow)| fast - slow);
        gap.map_or(Want::Stay, Want::sign)
    }
}

pub(in crate::strategies) const TRIPLE_SMA: Declared = Declared {
    name: "triple_sma",
    family: Family::Momentum,
    about: "Long while three simple moving averages of closes are in order, the fastest on top.",
    page: Page {
        entry: "At a close at which fast is above middle and middle above slow; short where both are below.",
        exit: "At a close at which fast and middle are no longer in that order, whatever the slow one does.",
        sizing: FULL,
        source: "R. C. Allen, How to Build a Fortune in Commodities, 1972: the 4, 9 and 18 day averages.",
        risk: "Later than a cross of two, and out of the market often; short averages see noise as trend.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("fast", 4, 1, 1_000, "bars of the fastest average"),
        Parameter::integer(
            "middle",
            9,
            2,
            2_000,
            "bars of the middle average, more than fast",
        ),
        Parameter::integer(
            "slow",
            18,
            3,
            10_000,
            "bars of the slowest average, more than middle",
        ),
        SIDE,
    ],
    build: |values| {
        ordered(
            values,
            ["fast", "middle"],
            "fast, middle",
            "fast below middle",
        )?;
        ordered(
            values,
            ["middle", "slow"],
            "middle, slow",
            "middle below slow",
        )?;
        Ok(follow(
            values,
            TripleSma([
                Sma::new(values.count("fast"))?,
                Sma::new(values.count("middle"))?,
                Sma::new(values.count("slow"))?,
            ]),
        ))
    },
};

#[derive(Debug, Clone)]
struct TripleSma([Sma; 3]);

impl Rule for TripleSma {
    fn next(&mut self, seen: &Seen) -> Want {
        let averages = self.0.each_mut().map(|it| it.update(seen.bar.close));
        let [Some(fast), Some(middle), Some(slow)] = averages else {
            return Want::Stay;
        };
        if fast > middle && middle > slow {
            return Want::Long;
        }
        if fast < middle && middle < slow {
            return Want::Short;
        }
        let is_over = match seen.held {
            Held::Flat => false,
            Held::Long => fast <= middle,
            Held::Short => fast >= middle,
        };
        Want::Flat.when(is_over)
    }
}

pub(in crate::strategies) const MACD: Declared = Declared {
    name: "macd",
    family: Family::Momentum,
    about: "Long while the MACD line is above its signal line.",
    page: Page {
        entry: "At a close at which the histogram (MACD less signal) is above zero; short where it is below.",
        exit: "At a close at which it is on the other side. A histogram of zero changes nothing.",
        sizing: FULL,
        source: "Gerald Appel, The Moving Average Convergence-Divergence Trading Method, 1979. Seeded as TA-Lib does.",
        risk: "The signal line turns with every pause: many small trades in a trend, and whipsaws without one.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("fast", 12, 1, 1_000, "bars of the fast average"),
        Parameter::integer(
            "slow",
            26,
            2,
            10_000,
            "bars of the slow average, more than fast",
        ),
        Parameter::integer(
            "signal",
            9,
            1,
            1_000,
            "bars of the average of their difference",
        ),
        SIDE,
    ],
    build: |values| {
        ordered(values, ["fast", "slow"], "fast, slow", "fast below slow")?;
        let [fast, slow, signal] = ["fast", "slow", "signal"].map(|name| values.count(name));
        Ok(follow(values, MacdRule(Macd::new(fast, slow, signal)?)))
    },
};

#[derive(Debug, Clone)]
struct MacdRule(Macd);

impl Rule for MacdRule {
    fn next(&mut self, seen: &Seen) -> Want {
        let lines = self.0.update(seen.bar.close);
        lines.map_or(Want::Stay, |lines| Want::sign(lines.histogram))
    }
}

pub(in crate::strategies) const KAMA_TREND: Declared = Declared {
    name: "kama_trend",
    family: Family::Momentum,
    about: "Long while Kaufman's adaptive moving average rises by more than a share of its usual change.",
    page: Page {
        entry: "At a close at which the average is above the lowest it was since it last turned by more than the \
                filter; short where it is below the highest by more than that.",
        exit: "At the opposite signal.",
        sizing: FULL,
        source: "Perry Kaufman, Smarter Trading, 1995: the filter is a share of the standard deviation of the \
                 average's one-bar changes over the period.",
        risk: "A filter that is too small trades noise, one that is too large gives most of a trend back.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 10, 2, 1_000, "bars of the efficiency ratio"),
        Parameter::real(
            "filter",
            0.1,
            0.0,
            10.0,
            "deviations of the average's change that are no turn",
        ),
        Parameter::integer(
            "window",
            20,
            2,
            1_000,
            "changes of the average that its deviation is taken over",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            KamaTrend {
                average: Kama::new(values.count("period"))?,
                change: StandardDeviation::new(values.count("window"), 1.0)?,
                filter: values.real("filter"),
                last: None,
                turn: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct KamaTrend {
    average: Kama,
    change: StandardDeviation,
    filter: f64,
    last: Option<f64>,
    /// The lowest and the highest average since the last signal.
    turn: Option<[f64; 2]>,
}

impl Rule for KamaTrend {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(now) = self.average.update(seen.bar.close) else {
            return Want::Stay;
        };
        let Some(last) = self.last.replace(now) else {
            return Want::Stay;
        };
        let [low, high] = self.turn.unwrap_or([last, last]);
        let (low, high) = (low.min(now), high.max(now));
        self.turn = Some([low, high]);
        let Some(deviation) = self.change.update(now - last) else {
            return Want::Stay;
        };
        let filter = self.filter * deviation;
        if now - low > filter && now > last {
            self.turn = Some([now, now]);
            Want::Long
        } else if high - now > filter && now < last {
            self.turn = Some([now, now]);
            Want::Short
        } else {
            Want::Stay
        }
    }
}

pub(in crate::strategies) const HULL_TREND: Declared = Declared {
    name: "hull_trend",
    family: Family::Momentum,
    about: "Long while the Hull moving average of closes rises.",
    page: Page {
        entry: "At a close at which the average is above what it was a bar before; short where it is below.",
        exit: "At the opposite signal.",
        sizing: FULL,
        source: "Alan Hull, How to reduce lag in a moving average, 2005: the turn of the average is the signal.",
        risk: "The average overshoots at turns by construction; a short one turns at every second bar.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 55, 2, 10_000, "bars of the average"),
        SIDE,
    ],
    build: |values| {
        let average = Hull::new(values.count("period"))?;
        Ok(follow(
            values,
            HullTrend {
                average,
                last: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct HullTrend {
    average: Hull,
    last: Option<f64>,
}

impl Rule for HullTrend {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(now) = self.average.update(seen.bar.close) else {
            return Want::Stay;
        };
        let last = self.last.replace(now);
        last.map_or(Want::Stay, |last| Want::sign(now - last))
    }
}

pub(in crate::strategies) const TRIX: Declared = Declared {
    name: "trix",
    family: Family::Momentum,
    about: "Long while the rate of change of a triply smoothed average is above zero.",
    page: Page {
        entry: "At a close at which TRIX is above zero; short where it is below.",
        exit: "At the opposite signal.",
        sizing: FULL,
        source: "Jack Hutson, Good TRIX, Technical Analysis of Stocks & Commodities, 1983.",
        risk: "Three smoothings are slow: a fast reversal is seen when much of it is over.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 15, 1, 1_000, "bars of each of the three averages"),
        SIDE,
    ],
    build: |values| Ok(follow(values, TrixRule(Trix::new(values.count("period"))?))),
};

#[derive(Debug, Clone)]
struct TrixRule(Trix);

impl Rule for TrixRule {
    fn next(&mut self, seen: &Seen) -> Want {
        let rate = self.0.update(seen.bar.close);
        rate.map_or(Want::Stay, Want::sign)
    }
}

pub(in crate::strategies) const OBV_TREND: Declared = Declared {
    name: "obv_trend",
    family: Family::Momentum,
    about: "Long while on-balance volume is above its moving average.",
    page: Page {
        entry: "At a close at which on-balance volume is above its mean of the last bars; short where it is below.",
        exit: "At the opposite signal.",
        sizing: FULL,
        source: "Joseph Granville, Granville's New Key to Stock Market Profits, 1963; the average is a later habit.",
        risk: "The whole volume of a bar counts for its direction, however small the change; one huge bar rules for \
               as long as it is in the average.",
    },
    needs: Needs::each(Data::Volume),
    parameters: &[
        Parameter::integer(
            "period",
            20,
            2,
            10_000,
            "bars of the average of on-balance volume",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            ObvTrend {
                volume: OnBalanceVolume::new(),
                average: Sma::new(values.count("period"))?,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct ObvTrend {
    volume: OnBalanceVolume,
    average: Sma,
}

impl Rule for ObvTrend {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(volume) = self.volume.update(&seen.bar) else {
            return Want::Stay;
        };
        let average = self.average.update(volume);
        average.map_or(Want::Stay, |average| Want::sign(volume - average))
    }
}
