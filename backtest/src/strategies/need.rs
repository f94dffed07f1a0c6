//! What a strategy needs of the data, and whether a run has it.

use std::fmt;

use types::{MarketData, TimestampNs};

use crate::run::{Source, SourceError};

/// The shortest bar that is no intraday bar: of a day whose clock is put forward by an hour.
pub const DAY_NS_MIN: u64 = 23 * 3_600 * 1_000_000_000;

/// The most instruments that a strategy is given.
pub const INSTRUMENTS_MAX: usize = 64;

/// What kind of market data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Anything with a price.
    Any,
    /// Bars of any length.
    Bars,
    /// Bars that say what was traded.
    Volume,
    /// Bars shorter than a day.
    Intraday,
    /// Bars shorter than a day that say what was traded.
    IntradayVolume,
    /// Quotes or books.
    Quotes,
}

/// What a strategy needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Market data.
    pub data: Data,
    /// The fewest instruments.
    pub least: usize,
    /// The most instruments.
    pub most: usize,
}

impl Needs {
    /// This data of one instrument or of each of several.
    pub const fn each(data: Data) -> Self {
        Self::of(data, 1, INSTRUMENTS_MAX)
    }

    /// This data of so many instruments.
    pub const fn of(data: Data, least: usize, most: usize) -> Self {
        Self { data, least, most }
    }

    /// Whether a run has it.
    ///
    /// # Errors
    /// With what is missing.
    pub fn check(&self, strategy: &str, offer: &Offer) -> Result<(), NeedError> {
        if !(self.least..=self.most).contains(&offer.instruments) {
            return Err(NeedError::Instruments {
                strategy: strategy.to_owned(),
                given: offer.instruments,
                accepted: self.instruments(),
            });
        }
        if self.data.is_in(offer) {
            Ok(())
        } else {
            Err(NeedError::Data {
                strategy: strategy.to_owned(),
                given: offer.to_string(),
                accepted: self.data,
            })
        }
    }

    fn instruments(&self) -> String {
        match (self.least, self.most) {
            (1, INSTRUMENTS_MAX) => "one instrument, or several, each traded for itself".to_owned(),
            (least, INSTRUMENTS_MAX) => format!("{least} instruments or more"),
            (least, most) if least == most => instruments(least),
            (least, most) => format!("{least} to {most} instruments"),
        }
    }
}

impl fmt::Display for Needs {
    /// `bars of 2 instruments`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.data, self.instruments())
    }
}

impl Data {
    const fn is_in(self, offer: &Offer) -> bool {
        match self {
            Self::Any => offer.has_bars || offer.has_quotes,
            Self::Bars => offer.has_bars,
            Self::Volume => offer.has_volume,
            Self::Intraday => offer.is_intraday,
            Self::IntradayVolume => offer.is_intraday && offer.has_volume,
            Self::Quotes => offer.has_quotes,
        }
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "bars, quotes or books",
            Self::Bars => "bars",
            Self::Volume => "bars with volume",
            Self::Intraday => "bars shorter than a day",
            Self::IntradayVolume => "bars shorter than a day, with volume",
            Self::Quotes => "quotes or books",
        })
    }
}

/// What the data of a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offer {
    /// How many instruments.
    pub instruments: usize,
    /// Whether there are bars.
    pub has_bars: bool,
    /// Whether a bar has volume.
    pub has_volume: bool,
    /// Whether there are bars, all of them shorter than a day.
    pub is_intraday: bool,
    /// Whether there are quotes or books.
    pub has_quotes: bool,
}

impl Offer {
    /// Nothing yet, of so many instruments.
    pub fn new(instruments: usize) -> Self {
        Self {
            instruments,
            ..Self::default()
        }
    }

    /// What the next events of a source have, at most so many of them. To see the data and then run on it, open it
    /// twice.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn look(&mut self, source: &mut impl Source, events_max: usize) -> Result<(), SourceError> {
        for _ in 0..events_max {
            let Some(timed) = source.next_event()? else {
                break;
            };
            self.see(timed.ts, &timed.event.data);
        }
        Ok(())
    }

    /// Takes in what an event has that is known at a time.
    pub fn see(&mut self, known: TimestampNs, data: &MarketData) {
        match data {
            MarketData::Bar(bar) => {
                let is_short = known.0.saturating_sub(bar.start.0) < DAY_NS_MIN;
                self.is_intraday = is_short && (self.is_intraday || !self.has_bars);
                self.has_bars = true;
                self.has_volume |= bar.volume.0 > 0;
            }
            MarketData::Quote(_) | MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_) => {
                self.has_quotes = true;
            }
            _ => {}
        }
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bars = match (self.has_bars, self.is_intraday, self.has_volume) {
            (false, ..) => "",
            (true, false, false) => "bars of a day or longer, without volume",
            (true, false, true) => "bars of a day or longer",
            (true, true, false) => "bars shorter than a day, without volume",
            (true, true, true) => "bars shorter than a day, with volume",
        };
        match (bars, self.has_quotes) {
            ("", false) => f.write_str("neither bars nor quotes"),
            ("", true) => f.write_str("quotes"),
            (bars, false) => f.write_str(bars),
            (bars, true) => write!(f, "{bars}, and quotes"),
        }
    }
}

fn instruments(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} instrument{plural}")
}

/// What a run lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NeedError {
    /// Too few instruments, or too many.
    #[error("strategy {strategy}: the run has {}; accepted: {accepted}", instruments(*given))]
    Instruments {
        /// The strategy.
        strategy: String,
        /// How many the run has.
        given: usize,
        /// How many it may have.
        accepted: String,
    },
    /// Other market data.
    #[error("strategy {strategy}: the data has {given}; accepted: {accepted}")]
    Data {
        /// The strategy.
        strategy: String,
        /// What there is.
        given: String,
        /// What is needed.
        accepted: Data,
    },
}
