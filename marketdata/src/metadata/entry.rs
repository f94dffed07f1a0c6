//! One instrument of a document, and the definition that its fields make.

use types::{
    FeeSchedule, Instrument, InstrumentKind, Label, Liquidity, Margin, PaperModel, Price, Qty,
    Ratio, Requirement,
};

use super::{Listed, MetadataError, ORDER_UNITS_UNSTATED};
use crate::feed::{self, Fields, Value};

/// An instrument's fields.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) symbol: String,
    pub(super) fields: Fields<'a>,
}

/// What a definition is made of.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) kind: InstrumentKind,
    pub(super) currency: String,
    pub(super) tick_size: Price,
    pub(super) lot_size: Qty,
    pub(super) contract_size: Qty,
    /// `None` where the venue does not say.
    pub(super) order_qty_max: Option<Qty>,
    pub(super) margin: Margin,
    pub(super) shortable: bool,
    pub(super) notes: Vec<String>,
    pub(super) states_tick: bool,
}

impl Draft {
    /// Something that is bought whole.
    pub(super) fn spot(
        kind: InstrumentKind,
        currency: &str,
        tick_size: Price,
        lot_size: Qty,
    ) -> Self {
        Self {
            kind,
            currency: currency.to_owned(),
            tick_size,
            lot_size,
            contract_size: Qty::ONE,
            order_qty_max: None,
            margin: Margin::default(),
            shortable: false,
            notes: Vec::new(),
            states_tick: true,
        }
    }

    /// Adds a sentence where the venue has a value.
    pub(super) fn note(&mut self, what: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.notes.push(format!("{what}: {value}"));
        }
    }
}

impl<'a> Entry<'a> {
    /// A value by its path, such as `priceFilter.tickSize`.
    pub(super) fn value(&self, path: &str) -> Option<Value<'a>> {
        let mut names = path.split('.');
        let first = self.fields.clone().get(names.next()?.as_bytes()).ok()??;
        names.try_fold(first, |value, name| {
            value.fields()?.get(name.as_bytes()).ok()?
        })
    }

    /// The text of a value that need not be there.
    pub(super) fn optional(&self, path: &str) -> Option<&'a str> {
        std::str::from_utf8(self.value(path)?.scalar()?).ok()
    }

    pub(super) fn error(&self, path: &str, accepted: impl Into<String>) -> MetadataError {
        MetadataError::Field {
            symbol: self.symbol.clone(),
            field: path.to_owned(),
            value: self.optional(path).map(str::to_owned),
            accepted: accepted.into(),
        }
    }

    pub(super) fn text(&self, path: &str) -> Result<&'a str, MetadataError> {
        self.optional(path).ok_or_else(|| self.error(path, "text"))
    }

    pub(super) fn price(&self, path: &str) -> Result<Price, MetadataError> {
        self.price_of(path, self.text(path)?)
    }

    pub(super) fn qty(&self, path: &str) -> Result<Qty, MetadataError> {
        self.qty_of(path, self.text(path)?)
    }

    pub(super) fn price_of(&self, path: &str, text: &str) -> Result<Price, MetadataError> {
        let above_zero = feed::price(text.as_bytes()).ok().filter(|it| it.0 > 0);
        above_zero.ok_or_else(|| self.refused(path, text, "above zero with at most 9 decimals"))
    }

    pub(super) fn qty_of(&self, path: &str, text: &str) -> Result<Qty, MetadataError> {
        let above_zero = feed::qty(text.as_bytes()).ok().filter(|it| it.0 > 0);
        above_zero.ok_or_else(|| {
            let accepted = "above zero with at most 8 decimals, below 92233720369";
            self.refused(path, text, accepted)
        })
    }

    fn refused(&self, path: &str, text: &str, accepted: &str) -> MetadataError {
        MetadataError::Field {
            symbol: self.symbol.clone(),
            field: path.to_owned(),
            value: Some(text.to_owned()),
            accepted: accepted.to_owned(),
        }
    }

    /// A whole number from 0 to a most.
    pub(super) fn small(&self, path: &str, most: u32) -> Result<u32, MetadataError> {
        let text = self.text(path)?;
        let found = text.parse().ok().filter(|found| *found <= most);
        found.ok_or_else(|| self.error(path, format!("a whole number from 0 to {most}")))
    }

    /// The definition, checked.
    pub(super) fn listed(&self, draft: Draft) -> Result<Listed, MetadataError> {
        let label = |path: &str, text: &str| {
            let accepted = "1 to 31 printable ASCII characters";
            Label::new(text).map_err(|_| self.refused(path, text, accepted))
        };
        let mut notes = draft.notes;
        let lot = draft.lot_size.0.max(1);
        let most = draft.order_qty_max.unwrap_or_else(|| {
            notes.push("the venue states no largest order: a million units".to_owned());
            Qty::whole(ORDER_UNITS_UNSTATED)
        });
        let instrument = Instrument {
            symbol: label("symbol", &self.symbol)?,
            kind: draft.kind,
            currency: label("currency", &draft.currency)?,
            tick_size: draft.tick_size,
            lot_size: draft.lot_size,
            contract_size: draft.contract_size,
            order_qty_max: Qty(most.0 - most.0 % lot),
            fees: FeeSchedule::default(),
            margin: draft.margin,
            shortable: draft.shortable,
            collar: Ratio::ZERO,
            breaker: Ratio::ZERO,
            liquidity: Liquidity::Paper(PaperModel::default()),
        };
        match instrument.tick_value() {
            Ok(_) => Ok(Listed {
                instrument,
                notes,
                states_tick: draft.states_tick,
            }),
            Err(error) => Err(MetadataError::Definition {
                symbol: self.symbol.clone(),
                error,
            }),
        }
    }
}

/// Margin of a rate, half of which has to be kept.
pub(super) const fn half_kept(rate: Ratio) -> Margin {
    const fn share(rate: Ratio) -> Requirement {
        Requirement {
            rate,
            per_unit: types::Money::ZERO,
        }
    }
    Margin {
        initial: share(rate),
        maintenance: share(Ratio((rate.0 + 1) / 2)),
    }
}

/// One of a unit with so many decimals, in a unit that holds `held` of them; `None` where it holds fewer.
pub(super) fn step(decimals: u32, held: u32) -> Option<i64> {
    10_i64.checked_pow(held.checked_sub(decimals)?)
}
