//! Prices beyond a band around their mean.

use crate::indicator::{Bollinger, Vwap};
use crate::strategies::clock::Session;
use crate::strategies::rule::{BARS, FULL, Held, Rule, SIDE, Seen, Want, follow};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::Parameter;

pub(in crate::strategies) const BOLLINGER: Declared = Declared {
    name: "bollinger",
    family: Family::MeanReversion,
    about: "Buys a close below the lower Bollinger band, leaves at the middle.",
    page: Page {
        entry: "At a close below the lower band; short at one above the upper band.",
        exit: "At a close on the other side of the middle.",
        sizing: FULL,
        source: "John Bollinger, Bollinger on Bollinger Bands, 2001: 20 bars, 2 deviations of the population. He \
                 himself takes a touch of a band for no signal by itself.",
        risk: "In a trend prices walk along a band: it holds against the trend until the middle comes to the price.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer(
            "period",
            20,
            2,
            10_000,
            "bars of the middle and of the deviation",
        ),
        Parameter::real(
            "width",
            2.0,
            0.1,
            10.0,
            "deviations from the middle to a band",
        ),
        SIDE,
    ],
    build: |values| {
        let band = Bollinger::new(values.count("period"), values.real("width"))?;
        Ok(follow(values, BollingerRule(band)))
    },
};

#[derive(Debug, Clone)]
struct BollingerRule(Bollinger);

impl Rule for BollingerRule {
    fn next(&mut self, seen: &Seen) -> Want {
        let close = seen.bar.close;
        let Some(band) = self.0.update(close) else {
            return Want::Stay;
        };
        if close < band.lower {
            return Want::Long;
        }
        if close > band.upper {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => close > band.middle,
            Held::Short => close < band.middle,
        })
    }
}

pub(in crate::strategies) const VWAP_REVERSION: Declared = Declared {
    name: "vwap_reversion",
    family: Family::MeanReversion,
    about: "Buys a close well below the volume-weighted average price of its session, leaves at it.",
    page: Page {
        entry: "At a close below the VWAP by more than `away`; short at one above it by more.",
        exit: "At a close on the other side of the VWAP, or at the first bar that ends `hold` minutes after the \
               session began; nothing is entered from then on.",
        sizing: FULL,
        source: "The VWAP as a benchmark is of Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, \
                 1988; trading back to it is folklore of intraday desks.",
        risk: "On a day with a trend the VWAP never comes back; late in a session it hardly moves.",
    },
    needs: Needs::each(Data::IntradayVolume),
    parameters: &[
        Parameter::integer(
            "begin",
            0,
            0,
            1_439,
            "minute of the UTC day at which a session begins",
        ),
        Parameter::real(
            "away",
            0.002,
            0.000_01,
            0.5,
            "distance from the VWAP at which it enters, as a share of it",
        ),
        Parameter::integer(
            "hold",
            1_320,
            1,
            1_440,
            "minutes from the session's begin to the last exit",
        ),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            VwapReversion {
                session: Session::new(values.count("begin") as u64),
                average: Vwap::new(),
                away: values.real("away"),
                hold: values.count("hold") as u64,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct VwapReversion {
    session: Session,
    average: Vwap,
    away: f64,
    hold: u64,
}

impl Rule for VwapReversion {
    fn next(&mut self, seen: &Seen) -> Want {
        if self.session.begins(seen.start) {
            self.average.begin_session();
        }
        let average = self.average.update(&seen.bar);
        if self.session.minutes(seen.end) >= self.hold {
            return Want::Flat;
        }
        let Some(average) = average else {
            return Want::Stay;
        };
        let close = seen.bar.close;
        if close < average * (1.0 - self.away) {
            return Want::Long;
        }
        if close > average * (1.0 + self.away) {
            return Want::Short;
        }
        Want::Flat.when(match seen.held {
            Held::Flat => false,
            Held::Long => close >= average,
            Held::Short => close <= average,
        })
    }
}
