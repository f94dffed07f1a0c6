//! Lines from the market.

use std::io::Write;

use gateway::dto::{Field, FieldError};
use marketdata::{BarPath, BarPathError, Spread};
use types::{
    Aggressor, Bar, DepthUpdate, Level, MarketData, Price, Qty, Quote, TimestampNs, Trade,
};

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
        self.market(ts, id, MarketData::Quote(quote), out)
    }

    pub(super) fn trade_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "instrument", "price", "qty", "aggressor"])?;
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
        self.market(ts, id, MarketData::Trade(trade), out)
    }

    pub(super) fn depth_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "instrument", "snapshot", "bids", "asks"])?;
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
        self.market(ts, id, data, out)
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

    /// A bar, as the quotes of its path and then itself.
    pub(super) fn bar_line(&mut self, root: &Field<'_>, out: &mut impl Write) -> Result<(), Stop> {
        const VOLUME: &str = "a quantity from 0";
        let fields = [
            "type",
            "ts",
            "instrument",
            "length_s",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "spread",
            "qty",
        ];
        let table = root.table(&fields)?;
        let start = self.ts(&table)?;
        let (id, instrument) = self.instrument(&table)?;
        let volume = table.optional("volume");
        let bar = Bar {
            start,
            open: table.field("open").price()?,
            high: table.field("high").price()?,
            low: table.field("low").price()?,
            close: table.field("close").price()?,
            volume: match &volume {
                Some(volume) => volume.qty()?,
                None => Qty::ZERO,
            },
        };
        if let Some(volume) = volume.filter(|_| bar.volume.is_negative()) {
            return Err(volume.error(VOLUME).into());
        }
        if bar.high < bar.open.max(bar.close) {
            return Err(table.field("high").error("at least open and close").into());
        }
        if bar.low > bar.open.min(bar.close) {
            return Err(table.field("low").error("at most open and close").into());
        }
        let spread = match table.optional("spread") {
            Some(spread) => spread.price()?,
            None => Price::ZERO,
        };
        let below = Price(spread.0.div_euclid(2));
        let spread = Spread {
            below,
            above: spread.saturating_sub(below),
        };
        let qty = match table.optional("qty") {
            Some(qty) => qty.qty()?,
            None => instrument.lot_size,
        };
        let length_s: u32 = table
            .field("length_s")
            .integer("a whole number of seconds from 1 without quotes")?;
        let length_ns = u64::from(length_s) * 1_000_000_000;
        let path = BarPath::new(length_ns, instrument.tick_size, spread, qty).map_err(|error| {
            let (field, accepted) = match error {
                BarPathError::Length => ("length_s", "1 or above"),
                BarPathError::Spread => ("spread", "a price difference from 0"),
                BarPathError::Qty => ("qty", "a quantity above 0"),
                BarPathError::TickSize => ("instrument", "a tick size above 0"),
            };
            table.field(field).error(accepted)
        })?;
        let events: [(TimestampNs, MarketData); _] = path.events(&bar);
        for (ts, data) in events {
            self.market(ts, id, data, out)?;
        }
        Ok(())
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
