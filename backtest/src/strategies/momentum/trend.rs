//! Trends told by indicators that were made to tell them.

use crate::indicator::{
    Aroon, DirectionalMovement, Ichimoku, LinearRegression, ParabolicSar, RateOfChange,
    RealizedVolatility, Supertrend,
};
use crate::strategies::rule::{
    BARS, BOTH_SIDES, FULL, Held, Rule, SIDE, Seen, Want, follow, ordered,
};
use crate::strategies::{Declared, Family, Page};
use crate::strategy::Parameter;

pub(in crate::strategies) const SUPERTREND: Declared = Declared {
    name: "supertrend",
    family: Family::Momentum,
    about: "Long while Supertrend is below the price, short while it is above.",
    page: Page {
        entry: "At the close at which the line changes to the side below the price; short where above.",
        exit: "At the close at which it changes sides.",
        sizing: FULL,
        source: "Olivier Seban's Supertrend, about 2008, with TA-Lib's average true range.",
        risk: "The line is always in the market; it pays a whole band at every false turn.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 10, 1, 1_000, "bars of the average true range"),
        Parameter::real(
            "width",
            3.0,
            0.1,
            20.0,
            "ranges from the middle of a bar to a band",
        ),
        SIDE,
    ],
    build: |values| {
        let line = Supertrend::new(values.count("period"), values.real("width"))?;
        Ok(follow(values, SupertrendRule { line, was_up: None }))
    },
};

#[derive(Debug, Clone)]
struct SupertrendRule {
    line: Supertrend,
    was_up: Option<bool>,
}

impl Rule for SupertrendRule {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(line) = self.line.update(&seen.bar) else {
            return Want::Stay;
        };
        // The first band is on the upper side whatever the trend, so only a change is a signal.
        let was_up = self.was_up.replace(line.up);
        match (was_up, line.up) {
            (Some(false), true) => Want::Long,
            (Some(true), false) => Want::Short,
            _ => Want::Stay,
        }
    }
}

pub(in crate::strategies) const PARABOLIC_SAR: Declared = Declared {
    name: "parabolic_sar",
    family: Family::Momentum,
    about: "Always in the market on the side of the parabolic stop and reverse.",
    page: Page {
        entry: "At the close of a bar that reached the stop of the other side.",
        exit: "At the opposite signal: it stops and reverses. With one side only, it leaves.",
        sizing: FULL,
        source: "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978. He reverses within the bar, at \
                 the stop; here at its close.",
        risk: "Made for trends: sideways it reverses again and again.",
    },
    needs: BARS,
    parameters: &[
        Parameter::real("step", 0.02, 0.001, 0.5, "growth of the acceleration"),
        Parameter::real(
            "most",
            0.2,
            0.001,
            1.0,
            "the greatest acceleration; a larger step is this",
        ),
        SIDE,
    ],
    build: |values| {
        let (step, most) = (values.real("step"), values.real("most"));
        Ok(follow(values, SarRule(ParabolicSar::new(step, most)?)))
    },
};

#[derive(Debug, Clone)]
struct SarRule(ParabolicSar);

impl Rule for SarRule {
    fn next(&mut self, seen: &Seen) -> Want {
        self.0.update(&seen.bar);
        match self.0.is_long() {
            Some(true) => Want::Long,
            Some(false) => Want::Short,
            None => Want::Stay,
        }
    }
}

pub(in crate::strategies) const ADX_TREND: Declared = Declared {
    name: "adx_trend",
    family: Family::Momentum,
    about: "Follows the stronger directional indicator while the ADX says that there is a trend.",
    page: Page {
        entry: "At a close at which ADX is above `strong` and +DI above -DI; short where -DI is above.",
        exit: "At a close at which ADX is below `weak`, or the other DI is the larger one.",
        sizing: FULL,
        source: "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978. His extreme point rule is left out.",
        risk: "The ADX is twice smoothed: it is high when a trend is old, and says nothing of its direction.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer(
            "period",
            14,
            2,
            1_000,
            "bars of the directional indicators and of the ADX",
        ),
        Parameter::real("strong", 25.0, 0.0, 100.0, "ADX above which it enters"),
        Parameter::real(
            "weak",
            20.0,
            0.0,
            99.0,
            "ADX below which it leaves, below strong",
        ),
        SIDE,
    ],
    build: |values| {
        ordered(
            values,
            ["weak", "strong"],
            "weak, strong",
            "weak below strong",
        )?;
        Ok(follow(
            values,
            AdxTrend {
                movement: DirectionalMovement::new(values.count("period"))?,
                strong: values.real("strong"),
                weak: values.real("weak"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct AdxTrend {
    movement: DirectionalMovement,
    strong: f64,
    weak: f64,
}

impl Rule for AdxTrend {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(movement) = self.movement.update(&seen.bar) else {
            return Want::Stay;
        };
        let Some(adx) = movement.adx else {
            return Want::Stay;
        };
        let direction = movement.plus - movement.minus;
        if adx > self.strong && direction != 0.0 {
            return Want::sign(direction);
        }
        let turned = match seen.held {
            Held::Flat => false,
            Held::Long => direction < 0.0,
            Held::Short => direction > 0.0,
        };
        Want::Flat.when(turned || adx < self.weak)
    }
}

pub(in crate::strategies) const ICHIMOKU: Declared = Declared {
    name: "ichimoku",
    family: Family::Momentum,
    about: "Long above the cloud while the conversion line is above the base line and the lagging line confirms.",
    page: Page {
        entry: "At a close above both sides of the cloud, with conversion above base, and above the close \
                `displacement` bars ago (the lagging line); short where all three are below.",
        exit: "At a close on the other side of the base line.",
        sizing: FULL,
        source: "Goichi Hosoda, Ichimoku Kinko Hyo, 1969. The cloud at a bar is what was computed `displacement` bars \
                 before; nothing that is drawn ahead is looked at.",
        risk: "Three conditions are late; its periods are those of a market that traded on Saturdays.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("conversion", 9, 1, 1_000, "bars of the conversion line"),
        Parameter::integer("base", 26, 1, 1_000, "bars of the base line"),
        Parameter::integer("span", 52, 1, 2_000, "bars of leading span B"),
        Parameter::integer(
            "displacement",
            26,
            1,
            1_000,
            "bars by which the cloud is ahead and the lagging line behind",
        ),
        SIDE,
    ],
    build: |values| {
        let [conversion, base, span, displacement] =
            ["conversion", "base", "span", "displacement"].map(|name| values.count(name));
        Ok(follow(
            values,
            IchimokuRule {
                lines: Ichimoku::new(conversion, base, span, displacement)?,
                lagging: crate::indicator::Momentum::new(displacement)?,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct IchimokuRule {
    lines: Ichimoku,
    /// The close less that of the displacement.
    lagging: crate::indicator::Momentum,
}

impl Rule for IchimokuRule {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let lagging = self.lagging.update(close);
        let lines = self.lines.update(&seen.bar);
        let Some((lines, lagging)) = lines.zip(lagging) else {
            return Want::Stay;
        };
        let (top, bottom) = (
            lines.cloud_a.max(lines.cloud_b),
            lines.cloud_a.min(lines.cloud_b),
        );
        if close > top && lines.conversion > lines.base && lagging > 0.0 {
            return Want::Long;
        }
        if close < bottom && lines.conversion < lines.base && lagging < 0.0 {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => close < lines.base,
            Held::Short => close > lines.base,
        })
    }
}

pub(in crate::strategies) const AROON: Declared = Declared {
    name: "aroon",
    family: Family::Momentum,
    about: "Long while highs are recent and lows are old.",
    page: Page {
        entry: "At a close at which Aroon up is above `strong` and Aroon down below 100 less it; short the other way.",
        exit: "At a close at which the other one is the larger.",
        sizing: FULL,
        source: "Tushar Chande, A Time Price Oscillator, Technical Analysis of Stocks & Commodities, 1995.",
        risk: "It looks at when, not at how far: a high by one tick renews a trend.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer(
            "period",
            25,
            2,
            1_000,
            "bars in which highs and lows are looked for",
        ),
        Parameter::real(
            "strong",
            70.0,
            50.0,
            99.0,
            "Aroon above which one side is strong",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            AroonRule {
                aroon: Aroon::new(values.count("period"))?,
                strong: values.real("strong"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct AroonRule {
    aroon: Aroon,
    strong: f64,
}

impl Rule for AroonRule {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(aroon) = self.aroon.update(&seen.bar) else {
            return Want::Stay;
        };
        if aroon.up > self.strong && aroon.down < 100.0 - self.strong {
            return Want::Long;
        }
        if aroon.down > self.strong && aroon.up < 100.0 - self.strong {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => aroon.down > aroon.up,
            Held::Short => aroon.up > aroon.down,
        })
    }
}

pub(in crate::strategies) const REGRESSION_SLOPE: Declared = Declared {
    name: "regression_slope",
    family: Family::Momentum,
    about: "Long while the line of least squares through the closes rises steeply enough.",
    page: Page {
        entry: "At a close at which the slope of a bar, as a share of the line's end, is above `steep`; short below \
                the negative of it.",
        exit: "At a close at which the slope has the other sign.",
        sizing: FULL,
        source: "Andreas Clenow, Stocks on the Move, 2015, ranks by the slope of a regression; here it decides by \
                 itself, on prices instead of logarithms.",
        risk: "A line through a long window turns long after the price.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 90, 2, 10_000, "bars of the regression"),
        Parameter::real(
            "steep",
            0.0005,
            0.0,
            1.0,
            "slope of a bar at which it enters, as a share of the line",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            RegressionSlope {
                line: LinearRegression::new(values.count("period"))?,
                steep: values.real("steep"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct RegressionSlope {
    line: LinearRegression,
    steep: f64,
}

impl Rule for RegressionSlope {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(line) = self.line.update(seen.bar.close) else {
            return Want::Stay;
        };
        let slope = line.slope / line.value.abs().max(f64::MIN_POSITIVE);
        if slope > self.steep {
            return Want::Long;
        }
        if slope < -self.steep {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => slope < 0.0,
            Held::Short => slope > 0.0,
        })
    }
}

pub(in crate::strategies) const TIME_SERIES_MOMENTUM: Declared = Declared {
    name: "time_series_momentum",
    family: Family::Momentum,
    about: "On the side of the return of the last year, larger where it moves less.",
    page: Page {
        entry: "Every `every` bars: long after a gain over the last `lookback` bars, short after a loss.",
        exit: "At the next such bar with a return of the other sign; none at a return of zero.",
        sizing: "`target` by the realised volatility of the last `window` bars (both a year) of a full position, at \
                 most `most` of it; set anew at each of these bars.",
        source: "Tobias Moskowitz, Yao Hua Ooi, Lasse Heje Pedersen, Time Series Momentum, 2012: 12 months, held for \
                 one, each position scaled to one volatility. Theirs is an exponential average; here a window.",
        risk: "Turns of a market are lost twice: late out, late in. Scaling is largest in the calm before.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("lookback", 252, 1, 10_000, "bars of the return"),
        Parameter::integer("every", 21, 1, 1_000, "bars from one decision to the next"),
        Parameter::integer("window", 60, 2, 10_000, "bars of the volatility"),
        Parameter::real(
            "target",
            0.15,
            0.001,
            2.0,
            "volatility of a year that is aimed at",
        ),
        Parameter::real("most", 1.0, 0.01, 10.0, "the most of a full position"),
        Parameter::real("year", 252.0, 1.0, 600_000.0, "bars of a year"),
        BOTH_SIDES,
    ],
    build: |values| {
        Ok(follow(
            values,
            TimeSeriesMomentum {
                change: RateOfChange::new(values.count("lookback"))?,
                volatility: RealizedVolatility::new(values.count("window"), values.real("year"))?,
                every: values.count("every"),
                target: values.real("target"),
                most: values.real("most"),
                since: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct TimeSeriesMomentum {
    change: RateOfChange,
    volatility: RealizedVolatility,
    every: usize,
    target: f64,
    most: f64,
    /// Bars since the last decision.
    since: Option<usize>,
}

impl Rule for TimeSeriesMomentum {
    fn next(&mut self, seen: &Seen) -> Want {
        let change = self.change.update(seen.bar.close);
        let volatility = self.volatility.update(seen.bar.close);
        let Some((change, volatility)) = change.zip(volatility) else {
            return Want::Stay;
        };
        let since = self.since.map_or(self.every, |since| since + 1);
        self.since = Some(since % self.every);
        if since < self.every {
            return Want::Stay;
        }
        let share = if volatility > 0.0 {
            (self.target / volatility).min(self.most)
        } else {
            self.most
        };
        if change > 0.0 {
            Want::Exposure(share)
        } else if change < 0.0 {
            Want::Exposure(-share)
        } else {
            Want::Flat
        }
    }
}
