//! Strategies of one instrument that look at bars: what is wanted after each, and the one way to follow it.

use std::fmt;

use types::{Price, Qty, TimestampNs};

use crate::indicator::Bar;
use crate::strategy::{
    Closed, Context, Frame, Parameter, ParameterError, PerInstrument, Strategy, Values,
};

/// Which sides may be held.
pub(super) const SIDE: Parameter = Parameter::choice(
    "side",
    &["long", "both", "short"],
    "which sides are held: a signal for another one only leaves",
);

/// [`SIDE`] of what loses its sense, or most of its worth, without shorts.
pub(super) const BOTH_SIDES: Parameter = Parameter::choice(
    "side",
    &["both", "long", "short"],
    "which sides are held: a signal for another one only leaves",
);

/// The text of sizing where there is nothing to say.
pub(super) const FULL: &str = "A full position of the run.";

/// What is held of the instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Flat,
    Long,
    Short,
}

/// A bar that is complete, in units of price and quantity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) bar: Bar,
    pub(super) start: TimestampNs,
    pub(super) end: TimestampNs,
    pub(super) held: Held,
}

/// What is wanted from now on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Want {
    /// What is held.
    Stay,
    Flat,
    Long,
    Short,
    /// This share of a full position, below zero short.
    Exposure(f64),
    /// This share of equity, below zero short.
    Weight(f64),
}

impl Want {
    /// Long above zero, short below, nothing new at it.
    pub(super) fn sign(value: f64) -> Self {
        if value > 0.0 {
            Self::Long
        } else if value < 0.0 {
            Self::Short
        } else {
            Self::Stay
        }
    }

    /// This if it is so, else nothing new.
    pub(super) const fn when(self, is_so: bool) -> Self {
        if is_so { self } else { Self::Stay }
    }

    fn on(self, side: Side) -> Self {
        let is_excluded = match self {
            Self::Stay | Self::Flat => false,
            Self::Long => side == Side::Short,
            Self::Short => side == Side::Long,
            Self::Exposure(share) | Self::Weight(share) => {
                (share > 0.0 && side == Side::Short) || (share < 0.0 && side == Side::Long)
            }
        };
        if is_excluded { Self::Flat } else { self }
    }
}

/// What decides after each bar of one instrument.
pub(super) trait Rule: fmt::Debug + Clone + 'static {
    fn next(&mut self, seen: &Seen) -> Want;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Long,
    Short,
}

/// Follows a rule for each instrument on its own.
#[derive(Debug)]
struct Follow<R> {
    rule: R,
    side: Side,
    rules: PerInstrument<R>,
}

/// A strategy that follows this rule on the side that [`SIDE`] says; long where the strategy does not declare it.
pub(super) fn follow<R: Rule>(values: &Values, rule: R) -> Box<dyn Strategy> {
    let sides = values
        .iter()
        .find(|(parameter, _)| parameter.name == SIDE.name);
    let side = match sides.map(|_| values.choice(SIDE.name)) {
        Some("both") => Side::Both,
        Some("short") => Side::Short,
        _ => Side::Long,
    };
    Box::new(Follow {
        rule,
        side,
        rules: PerInstrument::default(),
    })
}

impl<R: Rule> Strategy for Follow<R> {
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        if closed.frame != Frame::DATA {
            return;
        }
        let instrument = closed.instrument;
        let held = held(context, instrument);
        let seen = Seen {
            bar: figures(&closed.bar),
            start: closed.bar.start,
            end: context.time(),
            held,
        };
        let rule = &self.rule;
        let rule = self.rules.get_or_insert_with(instrument, || rule.clone());
        let want = rule.next(&seen).on(self.side);
        let is_there = match want {
            Want::Stay => true,
            Want::Flat => held == Held::Flat,
            Want::Long => held == Held::Long,
            Want::Short => held == Held::Short,
            Want::Exposure(_) | Want::Weight(_) => false,
        };
        // With orders on their way what is held is not yet what will be.
        if want == Want::Stay || (is_there && !context.is_pending(instrument)) {
            return;
        }
        match want {
            Want::Stay => return,
            Want::Flat => context.flat(instrument),
            Want::Long => context.long(instrument),
            Want::Short => context.short(instrument),
            Want::Exposure(share) => context.expose(instrument, share),
            Want::Weight(share) => context.weigh(instrument, share),
        };
    }
}

/// Which side of an instrument is held.
pub(crate) fn held(context: &Context<'_>, instrument: types::InstrumentId) -> Held {
    match context.position(instrument).0.signum() {
        1 => Held::Long,
        -1 => Held::Short,
        _ => Held::Flat,
    }
}

/// A bar in units.
pub(crate) fn figures(bar: &types::Bar) -> Bar {
    Bar {
        open: units(bar.open),
        high: units(bar.high),
        low: units(bar.low),
        close: units(bar.close),
        volume: bar.volume.0 as f64 / Qty::ONE.0 as f64,
    }
}

/// A price in units.
pub(crate) fn units(price: Price) -> f64 {
    price.0 as f64 / Price::ONE.0 as f64
}

/// Refuses a first parameter that is not below the second.
pub(super) fn ordered(
    values: &Values,
    [less, more]: [&str; 2],
    names: &'static str,
    accepted: &'static str,
) -> Result<(), ParameterError> {
    let number = |name: &str| {
        let mut known = values.iter();
        known.find_map(|(parameter, value)| match value {
            crate::strategy::Value::Integer(value) if parameter.name == name => Some(value as f64),
            crate::strategy::Value::Real(value) if parameter.name == name => Some(value),
            _ => None,
        })
    };
    let (less, more) = (number(less), number(more));
    if less < more {
        return Ok(());
    }
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    Err(ParameterError::Together {
        names,
        values: format!("{}, {}", text(less), text(more)),
        accepted,
    })
}

/// The usual shape of a declaration: bars of each instrument.
pub(super) const BARS: super::Needs = super::Needs::each(super::Data::Bars);
