//! Lines from the market; bars are in [`super::bar`].

use std::io::Write;

use gateway::dto::instrument::change;
use gateway::dto::{Field, FieldError};
use types::{Aggressor, DepthUpdate, Level, MarketData, Quote, Trade};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    pub(super) fn quote_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let fields = [
            "type",
            "ts",
            "ts_event",
            "instrument",
            "bid",
            "bid_qty",
            "ask",
            "ask_qty",
        ];
        let table = root.table(&fields)?;
        let ts = self.ts(&table)?;
        let (id, instrument) = self.instrument(&table)?;
        let qty = |name| match table.optional(name) {
            Some(qty) => qty.qty(),
            None => Ok(instrument.lot_size),
        };
        let quote = Quote {
            bid: table.field("bid").price()?,
            bid_qty: qty("bid_qty")?,
            ask: table.field("ask").price()?,
            ask_qty: qty("ask_qty")?,
        };
        let ts_event = Self::ts_event(&table, ts)?;
        self.market_at([ts, ts_event], id, MarketData::Quote(quote), out)
    }

    pub(super) fn trade_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&[
            "type",
            "ts",
            "ts_event",
            "instrument",
            "price",
            "qty",
            "aggressor",
        ])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        let trade = Trade {
            price: table.field("price").price()?,
            qty: table.field("qty").qty()?,
            aggressor: match table.optional("aggressor") {
                Some(aggressor) => aggressor.word()?,
                None => Aggressor::Unknown,
            },
        };
        let ts_event = Self::ts_event(&table, ts)?;
        self.market_at([ts, ts_event], id, MarketData::Trade(trade), out)
    }

    pub(super) fn depth_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&[
            "type",
            "ts",
            "ts_event",
            "instrument",
            "snapshot",
            "bids",
            "asks",
        ])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        let update = Box::new(DepthUpdate {
            bids: read_levels(&table.field("bids"))?,
            asks: read_levels(&table.field("asks"))?,
        });
        let data = if table.field("snapshot").boolean()? {
            MarketData::DepthSnapshot(update)
        } else {
            MarketData::DepthDelta(update)
        };
        let ts_event = Self::ts_event(&table, ts)?;
        self.market_at([ts, ts_event], id, data, out)
    }

    pub(super) fn status_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "instrument", "status"])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        let status = table.field("status").word()?;
        self.market(ts, id, MarketData::Status(status), out)
    }

    pub(super) fn financing_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "instrument", "long_pct", "short_pct", "price"])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        let financing = change::read_financing(&table)?;
        self.market(ts, id, MarketData::Financing(financing), out)
    }

    pub(super) fn dividend_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "instrument", "per_unit"])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        let per_unit = table.field("per_unit").money()?;
        self.market(ts, id, MarketData::Dividend { per_unit }, out)
    }

    pub(super) fn split_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        const UNITS: &str = "a number of units from 0 to 4294967295 without quotes";
        let table = root.table(&["type", "ts", "instrument", "new", "old"])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        let (new, old) = (table.field("new"), table.field("old"));
        let (new, old) = (new.integer(UNITS)?, old.integer(UNITS)?);
        self.market(ts, id, MarketData::Split { new, old }, out)
    }

    pub(super) fn gap_line(&mut self, root: &Field<'_>, out: &mut impl Write) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "instrument"])?;
        let ts = self.ts(&table)?;
        let (id, _) = self.instrument(&table)?;
        self.market(ts, id, MarketData::Gap, out)
    }
}

fn read_levels(field: &Field<'_>) -> Result<Vec<Level>, FieldError> {
    field
        .list()?
        .iter()
        .map(|level| match level.list()?.as_slice() {
            [price, qty] => Ok(Level {
                price: price.price()?,
                qty: qty.qty()?,
            }),
            _ => Err(level.error("a price and a quantity, as [\"65012.3\", \"0.5\"]")),
        })
        .collect()
}
