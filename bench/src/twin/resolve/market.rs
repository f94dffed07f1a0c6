//! What the outside market says.

use types::{
    Aggressor, Bar, Command, DepthUpdate, Financing, InputKind, InstrumentId, InstrumentStatus,
    Level, Liquidity, MarketChange, MarketData, MarketEvent, Money, Quote, Ratio, Side,
    TimestampNs, Trade,
};

use super::Scene;

impl Scene<'_> {
    fn event(&mut self, instrument: InstrumentId, data: MarketData) -> InputKind {
        InputKind::Market(MarketEvent {
            instrument,
            ts_event: TimestampNs(self.ts.0 - self.draw.below(3)),
            data,
        })
    }

    /// An instrument that takes market data from outside, or what there is to say instead.
    fn outside(&mut self) -> Result<InstrumentId, Box<InputKind>> {
        let id = self.instrument_of(false);
        if self.is_crossed(id) && self.draw.percent(95) {
            // Nothing has an outside market here.
            return Err(Box::new(self.submit_order()));
        }
        let is_closed = self.market(id).is_some_and(|market| {
            matches!(
                market.status,
                InstrumentStatus::Closed | InstrumentStatus::Halted
            )
        });
        if is_closed && self.draw.percent(20) {
            let open = MarketData::Status(InstrumentStatus::Open);
            return Err(Box::new(self.event(id, open)));
        }
        Ok(id)
    }

    pub(super) fn quote(&mut self) -> InputKind {
        let id = match self.outside() {
            Ok(id) => id,
            Err(instead) => return *instead,
        };
        let (low, high) = (self.touch(id, Side::Buy), self.touch(id, Side::Sell));
        let (bid, ask) = match self.draw.below(8) {
            // The same prices with other sizes: what stands in a queue moves.
            0..3 if low <= high => (low, high),
            3..6 => {
                let bid = low.saturating_add(self.draw.between(-2, 2));
                (bid, bid.saturating_add(self.draw.between(0, 2)))
            }
            _ => {
                let bid = self.anywhere(id);
                (bid, bid + self.draw.between(0, 3))
            }
        };
        let (bid, ask) = if self.nonsense() {
            (ask, bid - 1)
        } else {
            (bid, ask)
        };
        let quote = Quote {
            bid: self.price(id, bid),
            bid_qty: self.size(id),
            ask: self.price(id, ask),
            ask_qty: self.size(id),
        };
        self.event(id, MarketData::Quote(quote))
    }

    /// A displayed size, now and then nothing.
    fn size(&mut self, id: InstrumentId) -> types::Qty {
        let most = self.draw.pick(&[0, 3, 8, 8, 30]);
        let lots = self.draw.between(0, most);
        self.qty(id, lots)
    }

    pub(super) fn depth(&mut self) -> InputKind {
        let id = match self.outside() {
            Ok(id) => id,
            Err(instead) => return *instead,
        };
        let is_snapshot = self.draw.percent(40);
        let (mut low, mut high) = (self.touch(id, Side::Buy), self.touch(id, Side::Sell));
        if is_snapshot && self.draw.percent(50) {
            low = self.anywhere(id);
            high = low + self.draw.between(1, 2);
        }
        let mut side = |best: i64, worse: i64| -> Vec<Level> {
            let count = self.draw.below(4) as i64 + i64::from(is_snapshot);
            (0..count)
                .map(|place| {
                    let by = if is_snapshot {
                        place
                    } else {
                        self.draw.between(-1, 3)
                    };
                    Level {
                        price: self.price(id, best.saturating_add(by * worse)),
                        qty: self.size(id),
                    }
                })
                .collect()
        };
        let update = Box::new(DepthUpdate {
            bids: side(low, -1),
            asks: side(high, 1),
        });
        let data = if is_snapshot {
            MarketData::DepthSnapshot(update)
        } else {
            MarketData::DepthDelta(update)
        };
        self.event(id, data)
    }

    pub(super) fn trade(&mut self) -> InputKind {
        let id = match self.outside() {
            Ok(id) => id,
            Err(instead) => return *instead,
        };
        let side = self.side();
        let mut at = self.near(id, side);
        // Prints at the prices of resting orders move their queues.
        let limits: Vec<_> = {
            let orders = self.portrait.orders.iter();
            let here = orders.filter(|order| order.request.instrument == id);
            here.filter_map(|order| order.limit).collect()
        };
        if self.draw.percent(60)
            && let Some(limit) = self.draw.choose(&limits)
        {
            at = limit.0 / self.definition(id).tick_size.0;
        }
        let lots = self.draw.pick(&[0, 1, 2, 5, 9, 15]);
        let trade = Trade {
            price: self.price(id, at),
            qty: self.qty(id, lots),
            aggressor: self
                .draw
                .pick(&[Aggressor::Unknown, Aggressor::Buyer, Aggressor::Seller]),
        };
        self.event(id, MarketData::Trade(trade))
    }

    pub(super) fn bar(&mut self) -> InputKind {
        let id = match self.outside() {
            Ok(id) => id,
            Err(instead) => return *instead,
        };
        let open = self.near(id, Side::Buy);
        let close = open.saturating_add(self.draw.between(-4, 4));
        let (mut low, mut high) = (open.min(close), open.max(close));
        low = low.saturating_sub(self.draw.below(4) as i64);
        high = high.saturating_add(self.draw.below(4) as i64);
        if self.nonsense() {
            (low, high) = (high, low);
        }
        let bar = Bar {
            start: TimestampNs(self.ts.0 - 60_000_000_000),
            open: self.price(id, open),
            high: self.price(id, high),
            low: self.price(id, low),
            close: self.price(id, close),
            volume: self.size(id),
        };
        self.event(id, MarketData::Bar(bar))
    }

    pub(super) fn status(&mut self) -> InputKind {
        use InstrumentStatus::{Closed, Halted, Open, PreClose, PreOpen};
        let id = if self.draw.percent(60) {
            self.instrument_of(true)
        } else {
            self.instrument()
        };
        let choices = match self.market(id).map_or(Open, |market| market.status) {
            Open => [
                (3, PreClose),
                (2, Halted),
                (2, Closed),
                (1, PreOpen),
                (1, Open),
            ],
            Halted => [
                (5, Open),
                (2, PreOpen),
                (1, Closed),
                (1, PreClose),
                (0, Halted),
            ],
            Closed => [
                (5, PreOpen),
                (4, Open),
                (1, Closed),
                (1, Halted),
                (0, PreClose),
            ],
            PreOpen => [
                (8, Open),
                (1, Closed),
                (1, Halted),
                (1, PreClose),
                (1, PreOpen),
            ],
            PreClose => [
                (8, Closed),
                (1, Open),
                (1, Halted),
                (1, PreOpen),
                (1, PreClose),
            ],
        };
        let status = self.draw.weighted(&choices);
        self.told(id, MarketData::Status(status), MarketChange::Status(status))
    }

    /// What a feed brings and a firm may say: by one of the two.
    fn told(
        &mut self,
        instrument: InstrumentId,
        data: MarketData,
        change: MarketChange,
    ) -> InputKind {
        if self.draw.percent(30) {
            InputKind::Command(Command::ChangeMarket { instrument, change })
        } else {
            self.event(instrument, data)
        }
    }

    /// An instrument that somebody holds, mostly.
    fn held(&mut self) -> InstrumentId {
        let account = self.account();
        match self.position(account) {
            Some(holding) => InstrumentId(holding.instrument),
            None => self.instrument(),
        }
    }

    pub(super) fn financing(&mut self) -> InputKind {
        let id = self.held();
        let at = self.touch(id, Side::Buy);
        let rates = [0, 1_000, -1_000, 333_333, -7_777_777, 10_000_000];
        let financing = Financing {
            long: Ratio(self.draw.pick(&rates)),
            short: Ratio(self.draw.pick(&rates)),
            price: self.price(id, at),
        };
        let change = MarketChange::Financing(financing);
        self.told(id, MarketData::Financing(financing), change)
    }

    pub(super) fn dividend(&mut self) -> InputKind {
        let id = self.held();
        let amounts = [0, 1, 333_333, 1_000_000, 12_345_678];
        let per_unit = if self.nonsense() {
            Money(self.draw.pick(&[-1, i64::MAX, i64::MIN]))
        } else {
            Money(self.draw.pick(&amounts))
        };
        let change = MarketChange::Dividend { per_unit };
        self.told(id, MarketData::Dividend { per_unit }, change)
    }

    pub(super) fn split(&mut self) -> InputKind {
        let id = self.held();
        let (new, old) = if self.nonsense() {
            self.draw
                .pick(&[(0, 1), (1, 0), (1, 1), (1_001, 1), (1, 1_000), (1_000, 1)])
        } else {
            self.draw
                .pick(&[(2, 1), (1, 2), (3, 2), (2, 3), (7, 5), (1, 10), (11, 10)])
        };
        let change = MarketChange::Split { new, old };
        self.told(id, MarketData::Split { new, old }, change)
    }

    pub(super) fn gap(&mut self) -> InputKind {
        match self.outside() {
            Ok(id) => self.event(id, MarketData::Gap),
            Err(instead) => *instead,
        }
    }

    /// Whether an instrument has a book among the accounts.
    pub(super) fn is_crossed(&self, id: InstrumentId) -> bool {
        self.definition(id).liquidity == Liquidity::Crossed
    }
}
