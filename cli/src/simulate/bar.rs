//! Bars.

use std::io::Write;

use gateway::dto::Field;
use marketdata::{BarPath, BarPathError, Spread};
use types::{Bar, Instrument, Liquidity, MarketData, PaperModel, Price, Qty, TimestampNs};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    /// A bar as itself where the instrument walks its bars; else as the quotes of its path, then itself.
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
        if is_walked(&instrument) {
            for field in ["length_s", "spread", "qty"] {
                table.absent(field, || {
                    "none: the instrument walks its bars itself".to_owned()
                })?;
            }
            return self.market(start, id, MarketData::Bar(bar), out);
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

/// Whether orders fill along the path of the instrument's bars.
fn is_walked(instrument: &Instrument) -> bool {
    let walked = types::BarPath::Walked;
    matches!(instrument.liquidity, Liquidity::Paper(PaperModel { bars, .. }) if bars == walked)
}
