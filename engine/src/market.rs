//! What a shard knows of one instrument: its definition, its market, the orders that wait for it and
//! the positions exposed to it.

use types::{
    Codec, CodecError, Instrument, InstrumentStatus, Lots, Notional, Reader, Side, Ticks,
    TimestampNs, codec_struct,
};

use crate::depth::Depth;
use crate::order::Waiting;

/// Best bid and ask in ticks and lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) bid: Ticks,
    pub(crate) bid_qty: Lots,
    pub(crate) ask: Ticks,
    pub(crate) ask_qty: Lots,
}

codec_struct!(Touch {
    bid,
    bid_qty,
    ask,
    ask_qty
});

impl Touch {
    /// What somebody who trades on `side` pays or gets at once.
    pub(crate) const fn opposite(&self, side: Side) -> Ticks {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }

    /// Displayed quantity that somebody who trades on `side` meets.
    pub(crate) const fn opposite_qty(&self, side: Side) -> Lots {
        match side {
            Side::Buy => self.ask_qty,
            Side::Sell => self.bid_qty,
        }
    }

    /// The liquidation side: what a position would be closed at.
    pub(crate) const fn mark(&self, position: Lots) -> Ticks {
        if position.0 >= 0 { self.bid } else { self.ask }
    }
}

/// One instrument and its market.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) instrument: Instrument,
    /// Value of one tick on one lot; derived from the definition.
    pub(crate) tick_value: Notional,
    pub(crate) status: InstrumentStatus,
    /// The last good quote.
    pub(crate) touch: Option<Touch>,
    /// The newest quote or depth update was bad, so the touch is stale: nothing fills until the next
    /// good one.
    pub(crate) stale: bool,
    pub(crate) last: Option<Ticks>,
    pub(crate) ts: TimestampNs,
    pub(crate) depth: Depth,
    pub(crate) waiting: Waiting,
    /// Handles of the open positions, by account.
    pub(crate) exposed: Vec<u32>,
}

impl Market {
    /// The touch, when orders may fill against it.
    pub(crate) fn fillable(&self) -> Option<&Touch> {
        if self.stale || self.status != InstrumentStatus::Open {
            return None;
        }
        self.touch.as_ref()
    }
}

impl Codec for Market {
    fn encode(&self, out: &mut Vec<u8>) {
        self.instrument.encode(out);
        self.status.encode(out);
        self.touch.encode(out);
        self.stale.encode(out);
        self.last.encode(out);
        self.ts.encode(out);
        self.depth.encode(out);
        self.waiting.encode(out);
        self.exposed.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let instrument = Instrument::decode(reader)?;
        let tick_value = instrument
            .tick_value()
            .map_err(|_| CodecError::Invalid("instrument"))?;
        Ok(Self {
            instrument,
            tick_value,
            status: Codec::decode(reader)?,
            touch: Codec::decode(reader)?,
            stale: Codec::decode(reader)?,
            last: Codec::decode(reader)?,
            ts: Codec::decode(reader)?,
            depth: Codec::decode(reader)?,
            waiting: Codec::decode(reader)?,
            exposed: Codec::decode(reader)?,
        })
    }
}
