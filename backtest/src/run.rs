//! A run: market data in order of time, through one shard, with a strategy beside it.
//!
//! The clock is the data. An event is applied at its time, a bar at its end; an order that waits for the next bar
//! is shown a quote at that bar's open, at the time of its start, and executes there. Everything goes through
//! [`engine::Shard::apply`], so what a strategy gets here it gets live.

mod ahead;
mod driver;
mod frames;
mod lengths;
mod sizing;
mod source;

pub use ahead::Ahead;
pub use frames::Made;
pub(crate) use lengths::Lengths;
pub use source::{Bars, Mapped, Memory, Source, SourceError, Timed};

use engine::{Limits, Shard};
use marketdata::history::Edges;
use rules::{Competition, Conduct, DayProfit, Life, Plan, Stage, TradingDays};
use types::label::LabelError;
use types::{
    AccountId, Command, ContestRefusal, EntryRefusal, Event, Funding, Input, InputKind,
    InputRejection, Instrument, InstrumentId, Label, Money, OpenDenial, Ratio, RollSchedule, Terms,
    TimestampNs,
};

use crate::outcome::{Executed, Outcome, RoundTrip, SAMPLES_MAX, TRIPS_MAX};
use crate::strategy::{Size, Strategy};
use driver::Driver;

/// When an order that is asked for at the end of a bar is sent. With events that are no bars, the first two
/// of them mean the next event of the instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fills {
    /// At the open of the instrument's next bar.
    #[default]
    NextOpen,
    /// At the end of its next bar.
    NextClose,
    /// At once, at the end of the bar that was seen: what no live order can have, but other tools assume.
    SameClose,
    /// At once, at the market: for quotes and books. Messages take as long as the instrument's model says.
    Market,
}

/// When equity is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// At every time at which bars of the data end.
    #[default]
    Bars,
    /// Likewise, but at the first such time in so many ns only, counted in multiples since 1970, and at the end.
    BarsEvery(u64),
    /// At multiples of so many ns since 1970, as it stood then, and at the end.
    Every(u64),
    /// Not at all.
    Never,
}

/// A currency whose rate follows a market: at each bar of the instrument's, or whenever the middle of its quote
/// changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converter {
    /// The currency that is worth so much of the account's.
    pub from: Label,
    /// The pair.
    pub instrument: InstrumentId,
}

/// What a run is made of, besides its data and its strategy.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The instruments; the place of each is its id.
    pub instruments: Vec<Instrument>,
    /// What else the engine has to know before them: curves, latencies, conversion rates.
    pub definitions: Vec<Command>,
    /// The plan that the account is opened under; [`plain_plan`] has no rules.
    pub plan: Plan,
    /// The competition that the account enters when it is opened: with the first event, or just before the window where
    /// nobody may enter late and the data begins later.
    pub competition: Option<Competition>,
    /// When orders are sent.
    pub fills: Fills,
    /// Ticks between bid and ask of a quote that stands for the price of a bar; of an odd number the greater part
    /// is above it.
    pub spread_ticks: u32,
    /// Bars of the data, made of events that are none.
    pub bars: Option<Made>,
    /// Longer bars beside those of the data: [`crate::strategy::Frame`] 1 and up.
    pub frames: Vec<Edges>,
    /// Rates of currencies that follow the middle of an instrument's market.
    pub converters: Vec<Converter>,
    /// A full position.
    pub size: Size,
    /// When equity is noted.
    pub sampling: Sampling,
    /// The instrument whose price is noted beside equity.
    pub benchmark: Option<InstrumentId>,
    /// Whether a print of an instrument that has no quotes stands for one, with nothing between bid and ask.
    pub prints_are_quotes: bool,
    /// Whether the run ends when its account has: passed, failed or closed. In a competition, where days count on, it
    /// ends when that has ended, too; the strategy is not asked any more.
    pub stops_with_account: bool,
    /// Whether the outcome has the fills.
    pub keep_fills: bool,
    /// The most samples that the outcome keeps, at least 16. One more, and they are those of a longer interval.
    pub samples_max: usize,
    /// The most round trips that the outcome keeps; later ones are counted.
    pub trips_max: usize,
    /// Limits of the engine.
    pub limits: Limits,
}

impl Settings {
    /// One account under this plan; sizes of one unit, orders at the next open.
    pub fn new(instruments: Vec<Instrument>, plan: Plan) -> Self {
        Self {
            instruments,
            definitions: Vec::new(),
            plan,
            competition: None,
            fills: Fills::default(),
            spread_ticks: 0,
            bars: None,
            frames: Vec::new(),
            converters: Vec::new(),
            size: Size::default(),
            sampling: Sampling::default(),
            benchmark: None,
            prints_are_quotes: false,
            stops_with_account: false,
            keep_fills: true,
            samples_max: SAMPLES_MAX,
            trips_max: TRIPS_MAX,
            limits: Limits {
                // One account needs little of what a server needs, and a sweep opens many shards.
                accounts_max: 16,
                orders_max: 4_096,
                positions_max: 4_096,
                client_orders_max: 4_096,
                account_orders_per_second_max: 0,
                account_orders_max: 4_096,
                // A recorded book may be larger than any that a feed tells: as many as there may be.
                depth_levels_max: 1 << 16,
                ..Limits::default()
            },
        }
    }
}

/// A plan without rules: its only limit is that equity covers what is held, one for one.
///
/// # Errors
/// When the currency is no name.
pub fn plain_plan(currency: &str, balance: Money) -> Result<Plan, LabelError> {
    Ok(Plan {
        name: Label::new("backtest")?,
        version: 1,
        currency: Label::new(currency)?,
        initial_balance: balance,
        schedule: RollSchedule {
            zone: Label::new("UTC")?,
            minute: 0,
        },
        days: TradingDays::default(),
        day_profit: DayProfit::default(),
        stage: Stage::Funded,
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: Terms {
            funding: Funding::Margin {
                rate_min: Ratio::ONE,
            },
            ..Terms::default()
        },
        conduct: Conduct::default(),
        life: Life::default(),
    })
}

/// What is looked at in inputs that are sequenced already.
#[derive(Debug, Clone, Copy)]
pub struct Replay {
    /// The account.
    pub account: AccountId,
    /// When its equity is noted.
    pub sampling: Sampling,
    /// Whether the outcome has the fills.
    pub keep_fills: bool,
}

/// What became of an account of a journal: applies its inputs to the shard that it begins with, which may be an empty
/// one, and adds nothing. Inputs that the shard has are passed over.
///
/// # Errors
/// [`RunError::Input`].
///
/// # Panics
/// As [`Shard::apply`]: when the inputs do not follow on the shard.
pub fn replay<E: std::error::Error + Send + Sync + 'static>(
    replay: &Replay,
    shard: Shard,
    inputs: impl IntoIterator<Item = Result<Input, E>>,
    observer: &mut dyn Observer,
) -> Result<Outcome, RunError> {
    let settings = Settings {
        sampling: replay.sampling,
        keep_fills: replay.keep_fills,
        // No account is opened under it.
        ..Settings::new(Vec::new(), plain_plan("USD", Money::ONE)?)
    };
    Driver::of_shard(&settings, replay, shard, observer).replay(inputs)
}

/// Who watches a run. Every callback does nothing unless it is written.
pub trait Observer {
    /// Inputs that come before one at `ts`, one at a time until there are none: day rolls, sessions, corporate
    /// actions. Each has its time, at most `ts`.
    fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        let _ = (ts, shard);
        None
    }

    /// Whether [`Observer::before`] is to be asked, once for the run: one that has nothing spares every event the question.
    fn precedes(&self) -> bool {
        true
    }

    /// Whether [`Observer::applied`] is wanted of inputs without events.
    fn sees_all(&self) -> bool {
        false
    }

    /// An input was applied; these are its events.
    fn applied(&mut self, input: &Input, events: &[Event], shard: &Shard) {
        let _ = (input, events, shard);
    }

    /// The run is over.
    fn finished(&mut self, shard: &Shard) {
        let _ = shard;
    }

    /// The account had a fill.
    fn filled(&mut self, executed: &Executed) {
        let _ = executed;
    }

    /// A round trip of the account is over.
    fn closed(&mut self, trip: &RoundTrip) {
        let _ = trip;
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn precedes(&self) -> bool {
        false
    }
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// An instrument, a plan or another definition was refused.
    #[error("{what} was refused: {reason:?}")]
    Definition {
        /// What it was.
        what: &'static str,
        /// Why.
        reason: InputRejection,
    },
    /// The account was not opened.
    #[error("the account was not opened: {0:?}; accepted: a plan that needs no parent")]
    Account(OpenDenial),
    /// The account cannot enter the competition.
    #[error("the account cannot enter the competition: {}", cannot_enter(*.0))]
    Entry(EntryRefusal),
    /// The competition does not take it.
    #[error("the account did not enter the competition: {0}")]
    Contest(ContestRefusal),
    /// The competition was never live while there was data.
    #[error(
        "the competition's window is {start} to {end}, and the data is of {first} to {last}; accepted: data of the window"
    )]
    Window {
        /// The first moment of the window.
        start: TimestampNs,
        /// The first moment after it.
        end: TimestampNs,
        /// When the data begins.
        first: TimestampNs,
        /// When it ends, as far as it was read.
        last: TimestampNs,
    },
    /// An input of a journal could not be read.
    #[error("an input could not be read")]
    Input(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A name is none.
    #[error(transparent)]
    Name(#[from] LabelError),
    /// Two bars are of the same time.
    #[error(
        "two bars of {symbol} begin at {start} and end at {end}; accepted: one, so files that do not overlap (--from, --until)"
    )]
    Doubled {
        /// Of which instrument.
        symbol: Label,
        /// When they begin.
        start: TimestampNs,
        /// When they end.
        end: TimestampNs,
    },
    /// A bar begins before another of its instrument has ended.
    #[error(
        "two bars of {symbol} overlap: one from {} to {}, one from {start} to {end}; accepted: bars of one length that follow each \
         other, so files of one length (longer bars are made of them: bars = \"1d\" in a strategy, --bars), and --interval with the \
         length that bars have",
        .before.0, .before.1
    )]
    Overlapping {
        /// Of which instrument.
        symbol: Label,
        /// When it begins.
        start: TimestampNs,
        /// When it ends.
        end: TimestampNs,
        /// Start and end of the other.
        before: (TimestampNs, TimestampNs),
    },
    /// A bar comes after a longer one in which it starts was told of.
    #[error(
        "a bar of {symbol} from {start} to {end} starts in a longer one that ended at {told}, and comes behind bars of others that \
         end later; accepted: each instrument in a file of its own"
    )]
    Late {
        /// Of which instrument.
        symbol: Label,
        /// When it begins.
        start: TimestampNs,
        /// When it ends.
        end: TimestampNs,
        /// When the longer one ended.
        told: TimestampNs,
    },
    /// There is no event at all.
    #[error("the data has no event; accepted: at least one row in the range of time asked for")]
    Empty,
}

/// Why an account cannot enter, and which could.
fn cannot_enter(refusal: EntryRefusal) -> String {
    match refusal {
        EntryRefusal::Entered { competition } => {
            format!("it is in competition {competition}; accepted: an account that is in none")
        }
        EntryRefusal::NotTrading { state } => {
            format!("it is {state:?}; accepted: one in an evaluation or funded")
        }
        EntryRefusal::NoEquity => {
            "its equity is not above 0; accepted: an initial balance above 0".to_owned()
        }
        EntryRefusal::PaysOut => {
            "its plan pays out, and money that leaves is no loss; accepted: a plan without payout".to_owned()
        }
        EntryRefusal::Scales => {
            "its plan scales, and money that is added is no return; accepted: a plan without scaling".to_owned()
        }
    }
}

/// Runs a strategy over the data of `sources`, merged by time; of one time, in their order.
///
/// # Errors
/// See [`RunError`].
pub fn run<S: Source>(
    settings: &Settings,
    sources: Vec<S>,
    strategy: &mut dyn Strategy,
    observer: &mut dyn Observer,
) -> Result<Outcome, RunError> {
    Driver::new(settings, observer).run(sources, strategy)
}
