//! What a strategy is: callbacks on what has happened, orders by intent, parameters declared as data.
//!
//! A strategy sees only what was. Everything it is shown is borrowed for the call, and its [`Context`] has nothing
//! that is later than [`Context::time`]; so a strategy that keeps what it is shown does not compile:
//!
//! ```compile_fail,E0621
//! use backtest::strategy::{Closed, Context, Strategy};
//!
//! struct Peek<'a>(Option<&'a Closed>);
//!
//! impl<'a> Strategy for Peek<'a> {
//!     fn on_bar(&mut self, _: &mut Context<'_>, closed: &Closed) {
//!         self.0 = Some(closed);
//!     }
//! }
//! ```
//!
//! and what the context says at the end of a bar is of that bar, whatever the next one will be
//! (`backtest/tests/it/look_ahead.rs` changes the future in every way and compares what was shown):
//!
//! ```
//! use backtest::run::{Bars, Settings, Unobserved, plain_plan, run};
//! use backtest::strategy::{Closed, Context, Strategy};
//! use types::{Bar, InstrumentId, Money, Price, Qty, TimestampNs};
//!
//! #[derive(Default)]
//! struct Looks(Vec<(TimestampNs, Price)>);
//!
//! impl Strategy for Looks {
//!     fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
//!         let quote = context.quote(closed.instrument).unwrap();
//!         assert_eq!(quote.bid, closed.bar.close);
//!         self.0.push((context.time(), quote.bid));
//!     }
//! }
//!
//! # use types::{BarPath, FeeSchedule, Instrument, InstrumentKind, Label, Liquidity, Margin, PaperModel, Ratio};
//! # let share = Instrument {
//! #     symbol: Label::new("X").unwrap(), kind: InstrumentKind::Equity, currency: Label::new("USD").unwrap(),
//! #     tick_size: Price::ONE, lot_size: Qty::ONE, contract_size: Qty::ONE, order_qty_max: Qty::whole(1_000),
//! #     fees: FeeSchedule::default(), margin: Margin::default(), shortable: true, collar: Ratio::ZERO,
//! #     breaker: Ratio::ZERO,
//! #     liquidity: Liquidity::Paper(PaperModel { bars: BarPath::Walked, ..PaperModel::default() }),
//! # };
//! let bar = |start: u64, price: i64| {
//!     let price = Price(price * Price::ONE.0);
//!     let volume = Qty::ONE;
//!     let start = TimestampNs(start);
//!     (TimestampNs(start.0 + 60), Bar { start, open: price, high: price, low: price, close: price, volume })
//! };
//! let bars = [bar(0, 100), bar(60, 200)];
//! let settings = Settings::new(vec![share], plain_plan("USD", Money::whole(1_000)).unwrap());
//! let source = Bars::new(InstrumentId(0), &bars);
//! let mut looks = Looks::default();
//! run(&settings, vec![source], &mut looks, &mut Unobserved).unwrap();
//! assert_eq!(looks.0, bars.map(|(end, bar)| (end, bar.close)));
//! ```

mod context;
mod desk;
mod intent;
mod parameter;

pub use context::Context;
pub(crate) use desk::{Change, Desk};
pub use desk::{NOTES_MAX, Note, Working};
pub(crate) use intent::{Intent, Request};
pub use intent::{Size, Ticket, TimerId};
pub use parameter::{Kind, Parameter, ParameterError, Value, Values};

use types::{Bar, Fill, InstrumentId, MarketEvent};

/// Which bars: 0 are those of the data, 1 and up the longer ones of [`crate::run::Settings::frames`], in their
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Frame(pub u8);

impl Frame {
    /// The bars of the data.
    pub const DATA: Self = Self(0);
}

/// A bar that is complete; [`Context::time`] is its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Of what.
    pub instrument: InstrumentId,
    /// Which bars it is one of.
    pub frame: Frame,
    /// The bar.
    pub bar: Bar,
}

/// A way to trade. Every callback does nothing unless it is written.
///
/// Whether an order that a callback asks for is sent at once or at the next bar is [`crate::run::Fills`]' choice.
pub trait Strategy {
    /// Before the first event; the instruments are known, their prices not.
    fn start(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// A market event that is no bar.
    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        let _ = (context, event);
    }

    /// A bar is complete. Of bars that end at one time each has its own call, after all of them were marked.
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        let _ = (context, closed);
    }

    /// Every bar that ends now was given to [`Strategy::on_bar`]: the place of what looks at several instruments.
    fn after_bars(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// An order of this account executed, and the account hears of it now.
    fn on_fill(&mut self, context: &mut Context<'_>, fill: &Fill) {
        let _ = (context, fill);
    }

    /// The time of [`Context::set_timer`] has come.
    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        let _ = (context, timer);
    }

    /// After the last event. What is asked for here is sent only where orders are sent at once.
    fn end(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }
}

/// State of each instrument, made when it is first asked for.
#[derive(Debug, Clone)]
pub struct PerInstrument<T> {
    states: Vec<Option<T>>,
}

impl<T> Default for PerInstrument<T> {
    fn default() -> Self {
        Self { states: Vec::new() }
    }
}

impl<T> PerInstrument<T> {
    /// The state of an instrument.
    #[inline]
    pub fn get_or_insert_with(
        &mut self,
        instrument: InstrumentId,
        make: impl FnOnce() -> T,
    ) -> &mut T {
        let place = instrument.0 as usize;
        if place >= self.states.len() {
            self.states.resize_with(place + 1, || None);
        }
        self.states[place].get_or_insert_with(make)
    }
}
