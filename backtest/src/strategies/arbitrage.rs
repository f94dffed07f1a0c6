//! One price in two places.

use types::{InstrumentId, MarketEvent, Qty, Quote, SignedQty};

use super::book::full_units;
use super::panel::{Allocate, Allocation};
use super::rule::{Held, ordered, units};
use super::{Data, Declared, Family, Needs, Page};
use crate::indicator::ZScore;
use crate::strategy::{Context, Parameter, Strategy};

const EDGE: Parameter = Parameter::real(
    "edge",
    0.002,
    0.0,
    1.0,
    "what it must gain before fees, as a share of the price",
);

pub(super) const CROSS_VENUE: Declared = Declared {
    name: "cross_venue",
    family: Family::Arbitrage,
    about: "Buys where the offer is below the bid of another venue, sells there, and waits until they meet.",
    page: Page {
        entry: "When the bid of one instrument is above the offer of the other by more than `edge` of it: buys at the \
                offer, sells at the bid, at the market.",
        exit: "When both can be closed for at most `leave` of the price: the offer of what is short less the bid of \
               what is long.",
        sizing: "A full position of the first, at most what both quotes show.",
        source: "The law of one price; figures of such gaps in Igor Makarov, Antoinette Schoar, Trading and Arbitrage \
                 in Cryptocurrency Markets, 2020.",
        risk: "One leg fills and the other price is gone: latency is all. Two venues hold two margins, and a gap can \
               widen before it closes.",
    },
    needs: Needs::of(Data::Quotes, 2, 2),
    parameters: &[
        EDGE,
        Parameter::real(
            "leave",
            0.0,
            -1.0,
            1.0,
            "what closing may cost, as a share of the price, below edge",
        ),
    ],
    build: |values| {
        ordered(values, ["leave", "edge"], "leave, edge", "leave below edge")?;
        Ok(Box::new(CrossVenue {
            edge: values.real("edge"),
            leave: values.real("leave"),
        }))
    },
};

const FIRST: InstrumentId = InstrumentId(0);
const SECOND: InstrumentId = InstrumentId(1);
const THIRD: InstrumentId = InstrumentId(2);

#[derive(Debug)]
struct CrossVenue {
    edge: f64,
    leave: f64,
}

impl Strategy for CrossVenue {
    fn on_market(&mut self, context: &mut Context<'_>, _: &MarketEvent) {
        let quotes = context.quote(FIRST).zip(context.quote(SECOND));
        let Some((first, second)) = quotes else {
            return;
        };
        if [FIRST, SECOND].iter().any(|id| context.is_pending(*id)) {
            return;
        }
        let held = [FIRST, SECOND].map(|id| context.position(id).0);
        if held == [0, 0] {
            for (long, short, buy, sell) in [
                (FIRST, SECOND, first, second),
                (SECOND, FIRST, second, first),
            ] {
                if gain(&buy, &sell) > self.edge {
                    let shown = buy.ask_qty.0.min(sell.bid_qty.0);
                    let units = full_units(context, FIRST);
                    let units = units.map(|it| it.min(shown as f64 / Qty::ONE.0 as f64));
                    let lots = units.and_then(|units| {
                        // Lots of both, so that what is bought is what is sold.
                        let qty = [FIRST, SECOND].map(|id| context.qty(id, units));
                        Some(qty[0]?.min(qty[1]?))
                    });
                    let Some(qty) = lots.filter(|qty| qty.0 > 0) else {
                        return;
                    };
                    context.hold(long, SignedQty(qty.0));
                    context.hold(short, SignedQty(-qty.0));
                    return;
                }
            }
            return;
        }
        let (long, short) = if held[0] > 0 || held[1] < 0 {
            (first, second)
        } else {
            (second, first)
        };
        let is_broken = held[0].signum() != -held[1].signum();
        if is_broken || -gain(&short, &long) <= self.leave {
            context.flat(FIRST);
            context.flat(SECOND);
        }
    }
}

/// What buying at the offer of one and selling at the bid of the other brings, as a share of the offer.
fn gain(buy: &Quote, sell: &Quote) -> f64 {
    let (ask, bid) = (units(buy.ask), units(sell.bid));
    if ask > 0.0 { (bid - ask) / ask } else { 0.0 }
}

pub(super) const TRIANGULAR: Declared = Declared {
    name: "triangular",
    family: Family::Arbitrage,
    about: "Trades three pairs whose prices do not multiply to each other, until they do.",
    page: Page {
        entry: "Of A/Q, B/Q and A/B, in this order. When A/B times B/Q at their bids is above the offer of A/Q by more \
                than `edge`: buys A/Q, sells A/B and, for what that brings, B/Q. When the bid of A/Q is above the \
                product of their offers: the other way.",
        exit: "When all three can be closed for at most `leave` of the price.",
        sizing: "A full position of the first, at most what the three quotes show.",
        source: "Yukihiro Aiba and others, Triangular arbitrage as an interaction among foreign exchange rates, 2002. \
                 Spot traders end with cash; an account of positions holds the three until the gap is gone.",
        risk: "Three fees and three spreads against gaps of a few hundredths of a percent that live for milliseconds.",
    },
    needs: Needs::of(Data::Quotes, 3, 3),
    parameters: &[
        EDGE,
        Parameter::real(
            "leave",
            0.0,
            -1.0,
            1.0,
            "what closing may cost, as a share of the price, below edge",
        ),
    ],
    build: |values| {
        ordered(values, ["leave", "edge"], "leave, edge", "leave below edge")?;
        Ok(Box::new(Triangular {
            edge: values.real("edge"),
            leave: values.real("leave"),
        }))
    },
};

#[derive(Debug)]
struct Triangular {
    edge: f64,
    leave: f64,
}

/// What the cycle brings that buys A/Q and sells it through A/B and B/Q, and what the other way does, as shares of
/// the price of A/Q.
fn cycles(direct: &Quote, second: &Quote, cross: &Quote) -> [f64; 2] {
    let sold = units(cross.bid) * units(second.bid);
    let bought = units(cross.ask) * units(second.ask);
    let (ask, bid) = (units(direct.ask), units(direct.bid));
    if ask <= 0.0 || bought <= 0.0 {
        return [0.0, 0.0];
    }
    [sold / ask - 1.0, bid / bought - 1.0]
}

impl Strategy for Triangular {
    fn on_market(&mut self, context: &mut Context<'_>, _: &MarketEvent) {
        let all = [FIRST, SECOND, THIRD];
        let [Some(direct), Some(second), Some(cross)] = all.map(|id| context.quote(id)) else {
            return;
        };
        if all.iter().any(|id| context.is_pending(*id)) {
            return;
        }
        let [through, back] = cycles(&direct, &second, &cross);
        let held = all.map(|id| context.position(id).0.signum());
        if held == [0, 0, 0] {
            let sign = match (through > self.edge, back > self.edge) {
                (true, _) => 1,
                (_, true) => -1,
                _ => return,
            };
            open(context, sign, &[direct, second, cross]);
            return;
        }
        let cost = match held {
            [1, -1, -1] => -back,
            [-1, 1, 1] => -through,
            // A leg is missing.
            _ => f64::NEG_INFINITY,
        };
        if cost <= self.leave {
            for id in all {
                context.flat(id);
            }
        }
    }
}

/// Buys (1) or sells (-1) A/Q against the other two.
fn open(context: &mut Context<'_>, sign: i64, quotes: &[Quote; 3]) {
    let shown = |quote: &Quote, buys: bool| {
        let qty = if buys { quote.ask_qty } else { quote.bid_qty };
        qty.0 as f64 / Qty::ONE.0 as f64
    };
    let buys = sign > 0;
    let rate = units(if buys { quotes[2].bid } else { quotes[2].ask });
    let Some(full) = full_units(context, FIRST) else {
        return;
    };
    let most = full
        .min(shown(&quotes[0], buys))
        .min(shown(&quotes[2], !buys))
        .min(shown(&quotes[1], !buys) / rate);
    // Lots of A that both of its pairs have, and of B for what they bring.
    let first = context.qty(FIRST, most).zip(context.qty(THIRD, most));
    let Some(first) = first.map(|(one, other)| one.min(other)) else {
        return;
    };
    let units = first.0 as f64 / Qty::ONE.0 as f64 * rate;
    let Some(second) = context.qty(SECOND, units).filter(|qty| qty.0 > 0) else {
        return;
    };
    if first.0 == 0 {
        return;
    }
    context.hold(FIRST, SignedQty(sign * first.0));
    context.hold(THIRD, SignedQty(-sign * first.0));
    context.hold(SECOND, SignedQty(-sign * second.0));
}

pub(super) const CALENDAR_SPREAD: Declared = Declared {
    name: "calendar_spread",
    family: Family::Arbitrage,
    about: "Trades the price of a far delivery less that of a near one when it is off its mean.",
    page: Page {
        entry: "At a close at which the second (far) less the first (near) is more than `entry` standard deviations \
                below its mean of `window` bars: long the far, short the near; the other way above.",
        exit: "When it is back within `leave` deviations on that side.",
        sizing: "A full position of each, on opposite sides: with a size in units as many contracts of both. A leg \
                 without the other is left at once.",
        source: "Galen Burghardt and others, The Eurodollar Futures and Options Handbook, 2003, on calendar spreads; \
                 the z-score is the usual rule for it.",
        risk: "Carry, not chance, moves the spread: a squeeze of the near one, a dividend, a roll of the data.",
    },
    needs: Needs::of(Data::Bars, 2, 2),
    parameters: &[
        Parameter::integer("window", 20, 2, 10_000, "bars of mean and deviation"),
        Parameter::real("entry", 2.0, 0.1, 10.0, "deviations at which it enters"),
        Parameter::real(
            "leave",
            0.0,
            -9.0,
            9.0,
            "deviations at which it leaves, below entry",
        ),
    ],
    build: |values| {
        ordered(
            values,
            ["leave", "entry"],
            "leave, entry",
            "leave below entry",
        )?;
        Ok(Box::new(Allocation::of_full_positions(CalendarSpread {
            score: ZScore::new(values.count("window"))?,
            entry: values.real("entry"),
            leave: values.real("leave"),
        })))
    },
};

#[derive(Debug)]
struct CalendarSpread {
    score: ZScore,
    entry: f64,
    leave: f64,
}

impl Allocate for CalendarSpread {
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>> {
        let score = self.score.update(closes[1] - closes[0])?;
        let below = match held {
            [Held::Flat, Held::Flat] if score < -self.entry => return Some(vec![-1.0, 1.0]),
            [Held::Flat, Held::Flat] if score > self.entry => return Some(vec![1.0, -1.0]),
            [Held::Flat, Held::Flat] => return None,
            [Held::Short, Held::Long] => -score,
            [Held::Long, Held::Short] => score,
            _ => f64::NEG_INFINITY,
        };
        (below <= self.leave).then(|| vec![0.0, 0.0])
    }
}
