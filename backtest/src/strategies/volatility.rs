//! How much it moves.

use crate::indicator::{Atr, Bollinger, Donchian, Keltner, Min, RealizedVolatility, Sma};
use crate::strategies::rule::{BARS, FULL, Held, Rule, SIDE, Seen, Want, follow};
use crate::strategies::{Declared, Family, Page};
use crate::strategy::Parameter;

pub(super) const ATR_BREAKOUT: Declared = Declared {
    name: "atr_breakout",
    family: Family::Volatility,
    about: "Buys a close that is several average ranges above the one before, leaves at the opposite.",
    page: Page {
        entry: "At a close more than `width` ranges above the close before; short at one as far below. The range is \
                that of the bars before.",
        exit: "At a close more than `leave` ranges against the position from the close before.",
        sizing: FULL,
        source: "The volatility breakout of Larry Williams, Long-Term Secrets to Short-Term Trading, 1999, on closes \
                 and with Wilder's average true range.",
        risk: "A large bar is as often the end of a move as its beginning.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 14, 1, 1_000, "bars of the average true range"),
        Parameter::real("width", 1.5, 0.05, 20.0, "ranges of a change that enters"),
        Parameter::real("leave", 1.0, 0.05, 20.0, "ranges of a change that leaves"),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            AtrBreakout {
                range: Atr::new(values.count("period"))?,
                width: values.real("width"),
                leave: values.real("leave"),
                last: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct AtrBreakout {
    range: Atr,
    width: f64,
    leave: f64,
    last: Option<f64>,
}

impl Rule for AtrBreakout {
    fn next(&mut self, seen: &Seen) -> Want {
        let range = self.range.value();
        self.range.update(&seen.bar);
        let last = self.last.replace(seen.bar.close);
        let Some((range, last)) = range.zip(last) else {
            return Want::Stay;
        };
        let change = seen.bar.close - last;
        if change > self.width * range {
            return Want::Long;
        }
        if change < -self.width * range {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => change < -self.leave * range,
            Held::Short => change > self.leave * range,
        })
    }
}

pub(super) const WILDER_VOLATILITY: Declared = Declared {
    name: "wilder_volatility",
    family: Family::Volatility,
    about: "Always in the market; turns when a close is several average ranges off the best one since.",
    page: Page {
        entry: "First long or short as the close is above or below the one of `period` bars before; then at every turn.",
        exit: "At a close more than `width` ranges below the highest close since it is long: it is short from then \
               on; and the mirror of it. With one side only it leaves, and comes back at the next turn.",
        sizing: FULL,
        source: "The Volatility System of J. Welles Wilder, New Concepts in Technical Trading Systems, 1978: 7 bars, \
                 2.8 to 3.1 ranges. How it begins is left to the trader there.",
        risk: "Always in the market: sideways it pays the whole distance at each turn.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 7, 1, 1_000, "bars of the average true range"),
        Parameter::real(
            "width",
            3.0,
            0.1,
            20.0,
            "ranges from the best close to the turn",
        ),
        SIDE,
    ],
    build: |values| {
        let period = values.count("period");
        Ok(follow(
            values,
            WilderVolatility {
                range: Atr::new(period)?,
                first: crate::indicator::Momentum::new(period)?,
                width: values.real("width"),
                stance: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct WilderVolatility {
    range: Atr,
    first: crate::indicator::Momentum,
    width: f64,
    /// Whether it is long, and the best close since.
    stance: Option<(bool, f64)>,
}

impl Rule for WilderVolatility {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let first = self.first.update(close);
        let Some(range) = self.range.update(&seen.bar) else {
            return Want::Stay;
        };
        let Some((is_long, best)) = self.stance else {
            let first = first.filter(|first| *first != 0.0);
            self.stance = first.map(|first| (first > 0.0, close));
            return first.map_or(Want::Stay, Want::sign);
        };
        let distance = self.width * range;
        let turns = if is_long {
            close < best - distance
        } else {
            close > best + distance
        };
        let is_long = is_long != turns;
        let best = if turns {
            close
        } else if is_long {
            best.max(close)
        } else {
            best.min(close)
        };
        self.stance = Some((is_long, best));
        if is_long { Want::Long } else { Want::Short }
    }
}

pub(super) const CHANDELIER: Declared = Declared {
    name: "chandelier",
    family: Family::Volatility,
    about: "Buys new highs of closes and hangs its stop several average ranges from the highest high.",
    page: Page {
        entry: "At a close that is the highest of the last `period`; short at the lowest.",
        exit: "Long at a close more than `width` ranges below the highest high of the last `period` bars; short at \
               one as far above the lowest low.",
        sizing: FULL,
        source: "The exit is Charles Le Beau's, in Alexander Elder, Come Into My Trading Room, 2002: 22 bars, 3 ranges. \
                 It is an exit only; the entry is a plain breakout.",
        risk: "The stop widens in wild markets just as losses do.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer(
            "period",
            22,
            1,
            1_000,
            "bars of the extremes and of the average true range",
        ),
        Parameter::real(
            "width",
            3.0,
            0.1,
            20.0,
            "ranges from the extreme to the exit",
        ),
        SIDE,
    ],
    build: |values| {
        let period = values.count("period");
        Ok(follow(
            values,
            Chandelier {
                range: Atr::new(period)?,
                channel: Donchian::new(period)?,
                high: crate::indicator::Max::new(period)?,
                low: Min::new(period)?,
                width: values.real("width"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct Chandelier {
    range: Atr,
    channel: Donchian,
    high: crate::indicator::Max,
    low: Min,
    width: f64,
}

impl Rule for Chandelier {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let range = self.range.update(&seen.bar);
        let channel = self.channel.update(&seen.bar);
        let extremes = self.high.update(close).zip(self.low.update(close));
        let (Some(range), Some(channel), Some((high, low))) = (range, channel, extremes) else {
            return Want::Stay;
        };
        let distance = self.width * range;
        let is_over = match seen.held {
            Held::Flat => false,
            Held::Long => close < channel.upper - distance,
            Held::Short => close > channel.lower + distance,
        };
        if is_over {
            return Want::Flat;
        }
        // A window in which nothing moved has no new high.
        if high <= low {
            Want::Stay
        } else if close >= high {
            Want::Long
        } else {
            Want::Short.when(close <= low)
        }
    }
}

pub(super) const SQUEEZE: Declared = Declared {
    name: "squeeze",
    family: Family::Volatility,
    about: "Waits for Bollinger bands inside the Keltner channel, and goes with the move that ends it.",
    page: Page {
        entry: "At the first close at which the Bollinger bands are no longer inside the Keltner channel: long when \
                the close is above the mean of its average and of the middle of its range, short when below.",
        exit: "At a close on the other side of that mean.",
        sizing: FULL,
        source: "John Carter, Mastering the Trade, 2005 (the TTM Squeeze): 20 bars, 2 deviations, 1.5 ranges. He \
                 smooths the distance from that mean by a regression; here it is taken as it is.",
        risk: "Quiet ends in either direction, and often in none.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 20, 2, 1_000, "bars of all lines"),
        Parameter::real(
            "bollinger",
            2.0,
            0.1,
            10.0,
            "deviations of the Bollinger bands",
        ),
        Parameter::real("keltner", 1.5, 0.1, 10.0, "ranges of the Keltner channel"),
        SIDE,
    ],
    build: |values| {
        let period = values.count("period");
        Ok(follow(
            values,
            Squeeze {
                bollinger: Bollinger::new(period, values.real("bollinger"))?,
                keltner: Keltner::new(period, period, values.real("keltner"))?,
                channel: Donchian::new(period)?,
                average: Sma::new(period)?,
                was_on: false,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct Squeeze {
    bollinger: Bollinger,
    keltner: Keltner,
    channel: Donchian,
    average: Sma,
    was_on: bool,
}

impl Rule for Squeeze {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let bollinger = self.bollinger.update(close);
        let keltner = self.keltner.update(&seen.bar);
        let channel = self.channel.update(&seen.bar);
        let average = self.average.update(close);
        let (Some(bollinger), Some(keltner)) = (bollinger, keltner) else {
            return Want::Stay;
        };
        let Some((channel, average)) = channel.zip(average) else {
            return Want::Stay;
        };
        let is_on = bollinger.upper < keltner.upper && bollinger.lower > keltner.lower;
        let was_on = std::mem::replace(&mut self.was_on, is_on);
        let away = close - f64::midpoint(channel.middle, average);
        if was_on && !is_on {
            return Want::sign(away);
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => away < 0.0,
            Held::Short => away > 0.0,
        })
    }
}

pub(super) const NARROW_RANGE: Declared = Declared {
    name: "narrow_range",
    family: Family::Volatility,
    about: "After the narrowest bar of several, goes with the first close outside of it.",
    page: Page {
        entry: "A bar whose range is below those of the `period` - 1 bars before it is armed. At a close above its high \
                within the next `wait` bars: long; below its low: short.",
        exit: "After `hold` bars.",
        sizing: FULL,
        source: "Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout, 1990 (NR7). He \
                 enters on the next day's opening range; here a close decides.",
        risk: "The close outside may be all of the move.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 7, 2, 1_000, "bars of which it is the narrowest"),
        Parameter::integer("wait", 3, 1, 100, "bars for which the bar stays armed"),
        Parameter::integer("hold", 5, 1, 1_000, "bars for which a position is held"),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            NarrowRange {
                narrowest: Min::new(values.count("period") - 1)?,
                wait: values.count("wait"),
                hold: values.count("hold"),
                armed: None,
                held_for: 0,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct NarrowRange {
    narrowest: Min,
    wait: usize,
    hold: usize,
    /// High and low of the armed bar, and the bars that are left to it.
    armed: Option<([f64; 2], usize)>,
    held_for: usize,
}

impl Rule for NarrowRange {
    fn next(&mut self, seen: &Seen) -> Want {
        let bar = &seen.bar;
        let range = bar.high - bar.low;
        let narrowest = self.narrowest.value();
        self.narrowest.update(range);
        let is_narrow = narrowest.is_some_and(|narrowest| range < narrowest);
        let armed = self.armed.take();
        if is_narrow {
            self.armed = Some(([bar.high, bar.low], self.wait));
        } else if let Some((ends, left)) = armed.filter(|(_, left)| *left > 1) {
            self.armed = Some((ends, left - 1));
        }
        if seen.held != Held::Flat {
            self.held_for += 1;
            return Want::Flat.when(self.held_for >= self.hold);
        }
        self.held_for = 0;
        let Some(([high, low], _)) = armed else {
            return Want::Stay;
        };
        if bar.close > high {
            Want::Long
        } else {
            Want::Short.when(bar.close < low)
        }
    }
}

pub(super) const VOLATILITY_TARGET: Declared = Declared {
    name: "volatility_target",
    family: Family::Volatility,
    about: "Always long, as much as brings the volatility of the position to a target.",
    page: Page {
        entry: "At the first bar at which the volatility is known.",
        exit: "Never.",
        sizing: "`target` by the realised volatility of the last bars, of a full position, at most `most` of it; \
                 changed when it is off by more than `band` of a full position.",
        source: "Alan Moreira, Tyler Muir, Volatility-Managed Portfolios, 2017, who scale by variance and monthly; \
                 scaling by volatility is the usual form.",
        risk: "Sells after falls and buys back higher when the fall is short; jumps come before volatility does.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("period", 20, 2, 10_000, "bars of the volatility"),
        Parameter::real(
            "target",
            0.15,
            0.001,
            2.0,
            "volatility of a year that is aimed at",
        ),
        Parameter::real("most", 1.0, 0.01, 10.0, "the most of a full position"),
        Parameter::real(
            "band",
            0.1,
            0.0,
            1.0,
            "change of the share that is worth a trade",
        ),
        Parameter::real("year", 252.0, 1.0, 600_000.0, "bars of a year"),
    ],
    build: |values| {
        Ok(follow(
            values,
            VolatilityTarget {
                volatility: RealizedVolatility::new(values.count("period"), values.real("year"))?,
                target: values.real("target"),
                most: values.real("most"),
                band: values.real("band"),
                share: None,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct VolatilityTarget {
    volatility: RealizedVolatility,
    target: f64,
    most: f64,
    band: f64,
    /// The share that was asked for.
    share: Option<f64>,
}

impl Rule for VolatilityTarget {
    fn next(&mut self, seen: &Seen) -> Want {
        let Some(volatility) = self.volatility.update(seen.bar.close) else {
            return Want::Stay;
        };
        let share = if volatility > 0.0 {
            (self.target / volatility).min(self.most)
        } else {
            self.most
        };
        if self
            .share
            .is_some_and(|held| (held - share).abs() <= self.band)
        {
            return Want::Stay;
        }
        self.share = Some(share);
        Want::Exposure(share)
    }
}
