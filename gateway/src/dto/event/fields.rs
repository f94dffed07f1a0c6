//! Writing the fields of one JSON object.

use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, Serializer};
use types::{AccountId, DenyReason, InstrumentId, OrderId, PlanId};

use crate::dto::names::Names;
use crate::dto::reason::{self, Figures};

/// A value written as its text.
pub(super) struct Text<T>(pub(super) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The fields of one JSON object.
pub(super) struct Fields<'a, M> {
    pub(super) map: M,
    pub(super) names: &'a Names,
}

impl<M: SerializeMap> Fields<'_, M> {
    pub(super) fn put(&mut self, name: &str, value: impl Serialize) -> Result<(), M::Error> {
        self.map.serialize_entry(name, &value)
    }

    pub(super) fn text(&mut self, name: &str, value: impl Display) -> Result<(), M::Error> {
        self.put(name, Text(value))
    }

    pub(super) fn account(&mut self, id: AccountId) -> Result<(), M::Error> {
        self.put("account", self.names.account(id))
    }

    pub(super) fn instrument(&mut self, id: InstrumentId) -> Result<(), M::Error> {
        self.put("instrument", self.names.instrument(id))?;
        self.put("symbol", self.names.symbol(id).map(Text))
    }

    pub(super) fn plan(&mut self, id: PlanId) -> Result<(), M::Error> {
        self.put("plan", self.names.plan(id))?;
        self.put("plan_name", self.names.plan_name(id).map(Text))
    }

    pub(super) fn order(&mut self, id: OrderId) -> Result<(), M::Error> {
        self.put("order_id", self.names.order(id))
    }

    /// A field that is left out where it says what is usual.
    pub(super) fn unusual(
        &mut self,
        name: &str,
        is_unusual: bool,
        value: impl Serialize,
    ) -> Result<(), M::Error> {
        if is_unusual {
            self.put(name, value)?;
        }
        Ok(())
    }

    pub(super) fn denial(&mut self, reason: DenyReason) -> Result<(), M::Error> {
        self.put("reason", reason::denial(reason))?;
        let figures = Figures::of(reason);
        self.unusual("figures", !figures.is_empty(), figures)
    }
}
