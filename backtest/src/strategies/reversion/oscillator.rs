//! Oscillators that are bought when they are low and sold when they are high.

use crate::indicator::{
    Bar, Cci, ConnorsRsi, InternalBarStrength, MoneyFlowIndex, Rsi, Sma, Stochastic, WilliamsR,
    ZScore,
};
use crate::strategies::rule::{BARS, FULL, Held, Rule, SIDE, Seen, Want, follow, ordered};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::{Parameter, ParameterError, Values};

const LOW: &str = "level below which it buys, below exit";
const EXIT: &str = "level above which a long position is left, and below which a short one is";
const HIGH: &str = "level above which it sells short, above exit";

/// Buys below `low`, sells short above `high`, leaves at `exit`.
#[derive(Debug, Clone)]
struct Levels<G> {
    gauge: G,
    low: f64,
    exit: f64,
    high: f64,
}

/// A figure of a bar that goes up and down.
trait Gauge: std::fmt::Debug + Clone + 'static {
    fn figure(&mut self, bar: &Bar) -> Option<f64>;
}

impl<G: Gauge> Levels<G> {
    fn new(values: &Values, gauge: G) -> Result<Self, ParameterError> {
        ordered(values, ["low", "exit"], "low, exit", "low below exit")?;
        ordered(values, ["exit", "high"], "exit, high", "exit below high")?;
        Ok(Self {
            gauge,
            low: values.real("low"),
            exit: values.real("exit"),
            high: values.real("high"),
        })
    }
}

impl<G: Gauge> Rule for Levels<G> {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(figure) = self.gauge.figure(&seen.bar) else {
            return Want::Stay;
        };
        if figure < self.low {
            return Want::Long;
        }
        if figure > self.high {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => figure > self.exit,
            Held::Short => figure < self.exit,
        })
    }
}

pub(in crate::strategies) const RSI: Declared = Declared {
    name: "rsi",
    family: Family::MeanReversion,
    about: "Buys when the relative strength index is low, leaves when it is back in the middle.",
    page: Page {
        entry: "At a close at which the RSI is below `low`; short where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978: 30 and 70 of 14 bars.",
        risk: "In a trend the RSI stays at an end for long: it buys what goes on falling, without a stop.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 14, 2, 1_000, "bars of the index"),
        Parameter::real("low", 30.0, 0.0, 100.0, LOW),
        Parameter::real("exit", 50.0, 0.0, 100.0, EXIT),
        Parameter::real("high", 70.0, 0.0, 100.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let index = Rsi::new(values.count("period"))?;
        Ok(follow(values, Levels::new(values, index)?))
    },
};

impl Gauge for Rsi {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar.close)
    }
}

pub(in crate::strategies) const WILLIAMS_R: Declared = Declared {
    name: "williams_r",
    family: Family::MeanReversion,
    about: "Buys when the close is at the bottom of the range of the last bars, by Williams %R.",
    page: Page {
        entry: "At a close at which %R is below `low`; short where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "Larry Williams, How I Made One Million Dollars Last Year Trading Commodities, 1973: -80 and -20.",
        risk: "Closes at the bottom of the range are what a falling market has: it buys into it, without a stop.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 14, 2, 1_000, "bars of the range"),
        Parameter::real("low", -80.0, -100.0, 0.0, LOW),
        Parameter::real("exit", -50.0, -100.0, 0.0, EXIT),
        Parameter::real("high", -20.0, -100.0, 0.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let place = WilliamsR::new(values.count("period"))?;
        Ok(follow(values, Levels::new(values, place)?))
    },
};

impl Gauge for WilliamsR {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar)
    }
}

pub(in crate::strategies) const CCI: Declared = Declared {
    name: "cci",
    family: Family::MeanReversion,
    about: "Buys when the commodity channel index is far below zero, leaves at zero.",
    page: Page {
        entry: "At a close at which the CCI is below `low`; short where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "Donald Lambert's index, Commodities, 1980. He bought above 100; buying below -100 is the later, \
                 contrary use.",
        risk: "The index has no bounds: what is low can go on being lower, without a stop.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 20, 2, 1_000, "bars of the index"),
        Parameter::real("low", -100.0, -1_000.0, 1_000.0, LOW),
        Parameter::real("exit", 0.0, -1_000.0, 1_000.0, EXIT),
        Parameter::real("high", 100.0, -1_000.0, 1_000.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let index = Cci::new(values.count("period"))?;
        Ok(follow(values, Levels::new(values, index)?))
    },
};

impl Gauge for Cci {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar)
    }
}

pub(in crate::strategies) const CONNORS_RSI: Declared = Declared {
    name: "connors_rsi",
    family: Family::MeanReversion,
    about: "Buys when a mix of three short oscillators is near its bottom.",
    page: Page {
        entry: "At a close at which ConnorsRSI is below `low`; short where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "Larry Connors, Cesar Alvarez, An Introduction to ConnorsRSI, 2012: the mean of RSI(3), the RSI(2) of \
                 the streak of closes, and the percent rank of the last change among 100.",
        risk: "Buys sharp falls without a stop: one that goes on takes what many small gains brought.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 3, 2, 1_000, "bars of the RSI of closes"),
        Parameter::integer("streak", 2, 2, 1_000, "bars of the RSI of streaks"),
        Parameter::integer(
            "rank",
            100,
            1,
            2_000,
            "changes among which the last one is ranked",
        ),
        Parameter::real("low", 10.0, 0.0, 100.0, LOW),
        Parameter::real("exit", 50.0, 0.0, 100.0, EXIT),
        Parameter::real("high", 90.0, 0.0, 100.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let [period, streak, rank] = ["period", "streak", "rank"].map(|name| values.count(name));
        let index = ConnorsRsi::new(period, streak, rank)?;
        Ok(follow(values, Levels::new(values, index)?))
    },
};

impl Gauge for ConnorsRsi {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar.close)
    }
}

pub(in crate::strategies) const IBS: Declared = Declared {
    name: "ibs",
    family: Family::MeanReversion,
    about: "Buys a close near the low of its bar, leaves at one near the high.",
    page: Page {
        entry: "At a close at which the internal bar strength, (close - low) / (high - low), is below `low`; short \
                where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "Alexander Pagonidis, The IBS Effect: Mean Reversion in Equity ETFs, 2014.",
        risk: "Trades nearly every bar: costs decide. Daily lows of vendors are often not what could be traded.",
    },
    needs: BARS,
    parameters: &[
        Parameter::real("low", 0.2, 0.0, 1.0, LOW),
        Parameter::real("exit", 0.8, 0.0, 1.0, EXIT),
        Parameter::real("high", 0.9, 0.0, 1.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let strength = InternalBarStrength::new();
        Ok(follow(values, Levels::new(values, strength)?))
    },
};

impl Gauge for InternalBarStrength {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar)
    }
}

pub(in crate::strategies) const MONEY_FLOW: Declared = Declared {
    name: "money_flow",
    family: Family::MeanReversion,
    about: "Buys when the money flow index, an RSI weighted by volume, is low.",
    page: Page {
        entry: "At a close at which the index is below `low`; short where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "Gene Quong, Avrum Soudack, Volume-Weighted RSI: Money Flow, 1989: 20 and 80 of 14 bars.",
        risk: "One bar of huge volume rules the index for as long as it is in the window.",
    },
    needs: Needs::each(Data::Volume),
    parameters: &[
        Parameter::integer("period", 14, 2, 1_000, "bars of the index"),
        Parameter::real("low", 20.0, 0.0, 100.0, LOW),
        Parameter::real("exit", 50.0, 0.0, 100.0, EXIT),
        Parameter::real("high", 80.0, 0.0, 100.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let index = MoneyFlowIndex::new(values.count("period"))?;
        Ok(follow(values, Levels::new(values, index)?))
    },
};

impl Gauge for MoneyFlowIndex {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar)
    }
}

pub(in crate::strategies) const Z_SCORE: Declared = Declared {
    name: "z_score",
    family: Family::MeanReversion,
    about: "Buys a close that is far below its mean in standard deviations, leaves at the mean.",
    page: Page {
        entry: "At a close at which the z-score is below `low`; short where it is above `high`.",
        exit: "At a close at which it is on the other side of `exit`.",
        sizing: FULL,
        source: "Ernest Chan, Algorithmic Trading, 2013, chapter 2; deviations are those of the population (ddof 0).",
        risk: "Prices have no mean to come back to: the mean follows the price, and the loss stays.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 20, 2, 10_000, "bars of mean and deviation"),
        Parameter::real("low", -2.0, -10.0, 10.0, LOW),
        Parameter::real("exit", 0.0, -10.0, 10.0, EXIT),
        Parameter::real("high", 2.0, -10.0, 10.0, HIGH),
        SIDE,
    ],
    build: |values| {
        let score = ZScore::new(values.count("period"))?;
        Ok(follow(values, Levels::new(values, score)?))
    },
};

impl Gauge for ZScore {
    fn figure(&mut self, bar: &Bar) -> Option<f64> {
        self.update(bar.close)
    }
}

pub(in crate::strategies) const STOCHASTIC: Declared = Declared {
    name: "stochastic",
    family: Family::MeanReversion,
    about: "Buys when %K of the stochastic crosses above %D near the bottom, leaves when below near the top.",
    page: Page {
        entry: "At a close at which %K comes to be above %D while %D is below `low`; short where it comes to be below \
                while %D is above `high`.",
        exit: "At the opposite signal.",
        sizing: FULL,
        source: "George Lane's stochastics, published in Technical Analysis of Stocks & Commodities, 1984; his \
                 divergences are left out.",
        risk: "A trend keeps it at one end: crosses there are noise, and no opposite signal comes for long.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("k", 14, 2, 1_000, "bars of the range"),
        Parameter::integer("slow", 3, 1, 1_000, "bars of the average that is %K"),
        Parameter::integer("d", 3, 1, 1_000, "bars of its average, %D"),
        Parameter::real(
            "low",
            20.0,
            0.0,
            100.0,
            "%D below which a cross above buys, below high",
        ),
        Parameter::real(
            "high",
            80.0,
            0.0,
            100.0,
            "%D above which a cross below sells",
        ),
        SIDE,
    ],
    build: |values| {
        ordered(values, ["low", "high"], "low, high", "low below high")?;
        let [k, slow, d] = ["k", "slow", "d"].map(|name| values.count(name));
        Ok(follow(
            values,
            StochasticCross {
                lines: Stochastic::new(k, slow, d)?,
                low: values.real("low"),
                high: values.real("high"),
                gap: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct StochasticCross {
    lines: Stochastic,
    low: f64,
    high: f64,
    /// %K less %D, one bar ago.
    gap: Option<f64>,
}

impl Rule for StochasticCross {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(lines) = self.lines.update(&seen.bar) else {
            return Want::Stay;
        };
        let gap = lines.k - lines.d;
        let Some(before) = self.gap.replace(gap) else {
            return Want::Stay;
        };
        if before <= 0.0 && gap > 0.0 && lines.d < self.low {
            Want::Long
        } else {
            Want::Short.when(before >= 0.0 && gap < 0.0 && lines.d > self.high)
        }
    }
}

pub(in crate::strategies) const CONNORS_RSI2: Declared = Declared {
    name: "connors_rsi2",
    family: Family::MeanReversion,
    about: "Buys a very low two-bar RSI in a long rise, leaves at the first close above a short average.",
    page: Page {
        entry: "At a close above the `trend` average at which RSI(2) is below `low`; short at one below that average \
                at which it is above 100 less `low`.",
        exit: "Long at a close above the `leave` average; short at one below it.",
        sizing: FULL,
        source: "Larry Connors, Cesar Alvarez, Short Term Trading Strategies That Work, 2008: RSI(2) below 5 or 10, \
                 averages of 200 and 5 days. They have no stop, nor has this.",
        risk: "Rises end with a fall that it buys: rare, large losses after many small gains.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 2, 2, 100, "bars of the index"),
        Parameter::real("low", 10.0, 0.1, 49.0, "index below which it buys"),
        Parameter::integer(
            "trend",
            200,
            2,
            10_000,
            "bars of the average that tells the trend",
        ),
        Parameter::integer(
            "leave",
            5,
            1,
            1_000,
            "bars of the average that tells the exit",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            ConnorsRsi2 {
                index: Rsi::new(values.count("period"))?,
                trend: Sma::new(values.count("trend"))?,
                leave: Sma::new(values.count("leave"))?,
                low: values.real("low"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct ConnorsRsi2 {
    index: Rsi,
    trend: Sma,
    leave: Sma,
    low: f64,
}

impl Rule for ConnorsRsi2 {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let index = self.index.update(close);
        let averages = (self.trend.update(close), self.leave.update(close));
        let (Some(index), (Some(trend), Some(leave))) = (index, averages) else {
            return Want::Stay;
        };
        match seen.held {
            Held::Flat if close > trend && index < self.low => Want::Long,
            Held::Flat if close < trend && index > 100.0 - self.low => Want::Short,
            Held::Flat => Want::Stay,
            Held::Long => Want::Flat.when(close > leave),
            Held::Short => Want::Flat.when(close < leave),
        }
    }
}
