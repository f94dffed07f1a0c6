//! What a shard knows of one instrument: its definition, its market, the orders on it and the positions
//! exposed to it.

use std::ops::Range;

use types::{
    CancelReason, Codec, CodecError, DenyReason, FillRule, Funding, Grid, Instrument,
    InstrumentStatus, Latency, Liquidity, Lots, MarkKind, Money, Notional, PaperModel, Ratio,
    Reader, Seq, Side, Terms, Ticks, TimestampNs, TriggerOn, codec_struct,
};

use crate::account::CurrencyId;
use crate::bands::Bands;
use crate::book::{Book, Ladder, Nodes};
use crate::depth::Depth;
use crate::high_water::Best;
use crate::holding::{self, TickFee, TickValue};
use crate::shard::Calm;

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
    /// The price of a side.
    pub(crate) const fn price(&self, side: Side) -> Ticks {
        match side {
            Side::Buy => self.bid,
            Side::Sell => self.ask,
        }
    }

    /// Displayed quantity of a side.
    pub(crate) const fn qty(&self, side: Side) -> Lots {
        match side {
            Side::Buy => self.bid_qty,
            Side::Sell => self.ask_qty,
        }
    }

    /// What somebody who trades on `side` pays or gets at once.
    pub(crate) const fn opposite(&self, side: Side) -> Ticks {
        self.price(side.opposite())
    }

    /// Displayed quantity that somebody who trades on `side` meets.
    pub(crate) const fn opposite_qty(&self, side: Side) -> Lots {
        self.qty(side.opposite())
    }

    /// The liquidation side: what a position would be closed at.
    pub(crate) const fn closing(&self, position: Lots) -> Ticks {
        if position.0 >= 0 { self.bid } else { self.ask }
    }

    /// The middle, rounded down for a long position and up for a short one.
    pub(crate) const fn middle(&self, position: Lots) -> Ticks {
        let sum = self.bid.0 as i128 + self.ask.0 as i128;
        let down = sum >> 1;
        Ticks(if position.0 >= 0 {
            down as i64
        } else {
            (sum - down) as i64
        })
    }
}

/// What an account took of a displayed level since the market stated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Consumed {
    /// The side that was displayed: 0 bids, 1 asks.
    pub(crate) side: u8,
    pub(crate) price: Ticks,
    pub(crate) account: u32,
    pub(crate) lots: Lots,
}

codec_struct!(Consumed {
    side,
    price,
    account,
    lots
});

/// Which price a waiting trigger looks at, and in which direction it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TriggerList {
    /// 0 the bid, 1 the ask, 2 the newest print.
    reference: usize,
    /// Due when the reference is at the trigger or above; else at it or below.
    is_above: bool,
}

impl TriggerList {
    /// All of them.
    pub(crate) const COUNT: usize = 6;
    /// Those that look at the newest print.
    pub(crate) const ON_LAST: Range<usize> = 4..6;

    /// The list of an order of this side that waits for a price to get worse (`is_stop`) or better.
    pub(crate) const fn of(side: Side, on: TriggerOn, is_stop: bool) -> Self {
        let reference = match (on, side) {
            (TriggerOn::Last, _) => 2,
            (TriggerOn::Quote, Side::Buy) => 1,
            (TriggerOn::Quote, Side::Sell) => 0,
        };
        Self {
            reference,
            is_above: matches!(side, Side::Buy) == is_stop,
        }
    }

    pub(crate) const fn index(self) -> usize {
        self.reference * 2 + self.is_above as usize
    }

    /// The ladder's key of a trigger: what is due first has the largest.
    pub(crate) const fn key(self, trigger: Ticks) -> i64 {
        if self.is_above {
            trigger.0.saturating_neg()
        } else {
            trigger.0
        }
    }
}

/// One instrument and its market.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) instrument: Instrument,
    /// Value of one tick on one lot; derived from the definition.
    pub(crate) tick_value: TickValue,
    /// The size of the largest position in ticks times lots; derived from the definition.
    pub(crate) tick_lots_max: u64,
    /// The taker's fee and the maker's on one tick and lot; derived from the definition.
    tick_fees: [Option<TickFee>; 2],
    /// The most that a fee of one lot is beside the whole of its notional, as [`types::Notional`]; derived from the
    /// definition. `None` of a fee that is more than the notional, or beyond a machine word.
    pub(crate) lot_charge: Option<i64>,
    /// No fee is more than the notional divided by two to this; derived from the definition.
    fee_shift: u8,
    /// No tick of a lot is worth more with the fees of both, but for what `lot_charge` is; derived from the definition.
    pub(crate) tick_charge: u64,
    /// Prices and quantities; derived from the definition.
    pub(crate) tick_grid: Grid,
    pub(crate) lot_grid: Grid,
    /// Orders are neither delayed nor queue at an estimated place, and there is no collar, no minimum fee and no initial
    /// margin per unit; derived from the definition.
    pub(crate) is_plain: bool,
    pub(crate) currency: CurrencyId,
    pub(crate) status: InstrumentStatus,
    /// The last good quote; of a crossed instrument, its book's.
    pub(crate) touch: Option<Touch>,
    /// The input that stated it; of a crossed instrument, the last that moved a price of it.
    pub(crate) touch_seq: Seq,
    /// The newest quote or depth update was bad, so the touch is stale: nothing fills until the next
    /// good one.
    pub(crate) stale: bool,
    /// The feed lost track, so that changes of depth mean nothing until the whole is stated.
    pub(crate) lost: bool,
    /// Orders for the opening wait for the next good quote (paper).
    pub(crate) opening: bool,
    /// The newest print.
    pub(crate) last: Option<Ticks>,
    /// The input that brought it.
    pub(crate) last_seq: Seq,
    /// First price of the session, which the circuit breaker refers to.
    pub(crate) session: Option<Ticks>,
    pub(crate) ts: TimestampNs,
    /// What the outside market displays (paper).
    pub(crate) depth: Depth,
    /// Ascending.
    pub(crate) consumed: Vec<Consumed>,
    /// Resting limit orders: the participants' book, or those that wait for the outside market.
    pub(crate) book: Book,
    /// Orders that wait for a trigger, by [`TriggerList`].
    pub(crate) triggers: [Ladder; TriggerList::COUNT],
    /// Handles of the waiting trailing stops, oldest first.
    pub(crate) trailing: Vec<u32>,
    /// Handles of the orders that wait for an auction, oldest first.
    pub(crate) auction: Vec<u32>,
    /// Working algos that follow its volume.
    pub(crate) followers: u32,
    /// Open positions, long and short, and the marks between which they are quiet.
    pub(crate) longs: Bands,
    pub(crate) shorts: Bands,
    /// The same of the positions with another mark, once there was one; kept for their memory.
    others: Option<Box<OtherBands>>,
    /// How many positions these are: without any nobody asks for their marks.
    pub(crate) others_open: u32,
    /// Where its prices concern nobody; found when somebody asks.
    pub(crate) calm: Calm,
}

/// The bands of the positions that are not valued at what closing them gets.
#[derive(Debug, Default)]
pub(crate) struct OtherBands {
    /// By mark ([`MarkKind::Last`], [`MarkKind::Mid`]) and direction, longs first.
    bands: [[Bands; 2]; 2],
}

/// The marks that have bands of their own.
const OTHER_MARKS: [MarkKind; 2] = [MarkKind::Last, MarkKind::Mid];
/// A position of either direction.
const DIRECTIONS: [Lots; 2] = [Lots(1), Lots(-1)];

/// Whether an order is at its market at once, and at rest there nothing but its price counts.
fn is_direct(liquidity: &Liquidity) -> bool {
    match liquidity {
        Liquidity::Crossed => true,
        Liquidity::Paper(model) => {
            model.latency == Latency::None
                && matches!(model.fill, FillRule::Touch | FillRule::Through)
        }
    }
}

impl Market {
    pub(crate) fn new(instrument: Instrument, tick_value: Notional, currency: CurrencyId) -> Self {
        let tick_value = TickValue::new(tick_value);
        let lot_charge = holding::lot_charge(&instrument.fees, instrument.qty(Lots(1)));
        let fee_shift = holding::fee_shift(&instrument.fees);
        let tick_charge = holding::tick_charge(tick_value, fee_shift);
        Self {
            instrument,
            tick_value,
            tick_lots_max: holding::tick_lots_max(tick_value),
            tick_fees: [false, true].map(|maker| TickFee::new(&instrument.fees, maker, tick_value)),
            tick_grid: Grid::new(instrument.tick_size.0),
            lot_grid: Grid::new(instrument.lot_size.0),
            lot_charge,
            fee_shift,
            tick_charge: tick_charge.unwrap_or(u64::MAX),
            is_plain: is_direct(&instrument.liquidity)
                && lot_charge.is_some()
                && tick_charge.is_some()
                && instrument.collar == Ratio::ZERO
                && instrument.fees.minimum == Money::ZERO
                && instrument.margin.initial.per_unit == Money::ZERO,
            currency,
            status: InstrumentStatus::Open,
            touch: None,
            touch_seq: Seq(0),
            stale: false,
            lost: false,
            opening: false,
            last: None,
            last_seq: Seq(0),
            session: None,
            ts: TimestampNs::default(),
            depth: Depth::default(),
            consumed: Vec::new(),
            book: Book::new(),
            triggers: Default::default(),
            trailing: Vec::new(),
            auction: Vec::new(),
            followers: 0,
            longs: Bands::default(),
            shorts: Bands::default(),
            others: None,
            others_open: 0,
            calm: Calm::NEVER,
        }
    }

    #[inline]
    pub(crate) fn is_crossed(&self) -> bool {
        matches!(self.instrument.liquidity, Liquidity::Crossed)
    }

    /// The fill model of a paper instrument.
    #[inline]
    pub(crate) const fn paper(&self) -> Option<&PaperModel> {
        match &self.instrument.liquidity {
            Liquidity::Paper(model) => Some(model),
            Liquidity::Crossed => None,
        }
    }

    /// Why nothing trades where the newest quote is no good.
    pub(crate) const fn stale_quote(&self) -> DenyReason {
        DenyReason::BadQuote {
            lost: self.lost,
            good: self.touch_seq,
        }
    }

    /// Whether an account of these terms may go below zero.
    #[inline]
    pub(crate) fn allows_shorts(&self, terms: &Terms) -> bool {
        terms.shorts && terms.funding != Funding::Cash && self.instrument.shortable
    }

    /// The touch, when orders may fill against it.
    pub(crate) fn fillable(&self) -> Option<&Touch> {
        if self.stale || self.status != InstrumentStatus::Open {
            return None;
        }
        self.touch.as_ref()
    }

    /// The fee of a fill, before the order's minimum, rounded up.
    #[inline(always)]
    pub(crate) fn fee(&self, maker: bool, price: Ticks, lots: Lots) -> Money {
        let quick = self.tick_fees[usize::from(maker)].and_then(|fee| fee.of(price, lots));
        quick.unwrap_or_else(|| self.wide_fee(maker, price, lots))
    }

    #[cold]
    #[inline(never)]
    fn wide_fee(&self, maker: bool, price: Ticks, lots: Lots) -> Money {
        let value = holding::value(price, lots, self.tick_value);
        let qty = self.instrument.qty(lots);
        holding::fee(&self.instrument.fees, maker, value, qty)
    }

    /// What a position would be closed at; its last print where the market shows no price.
    #[inline]
    pub(crate) fn closing(&self, position: Lots) -> Option<Ticks> {
        match &self.touch {
            Some(touch) => Some(touch.closing(position)),
            None => self.last,
        }
    }

    /// What a position of this mark is valued at.
    #[inline(always)]
    pub(crate) fn mark(&self, position: Lots, kind: MarkKind) -> Option<Ticks> {
        match kind {
            MarkKind::Liquidation => self.closing(position),
            MarkKind::Last | MarkKind::Mid => self.other_mark(position, kind),
        }
    }

    #[inline(never)]
    fn other_mark(&self, position: Lots, kind: MarkKind) -> Option<Ticks> {
        let own = match kind {
            MarkKind::Last => self.last,
            _ => self.touch.map(|touch| touch.middle(position)),
        };
        own.or_else(|| self.closing(position))
    }

    /// The input that gave [`Market::mark`].
    pub(crate) const fn mark_seq(&self, kind: MarkKind) -> Seq {
        let is_print = match kind {
            MarkKind::Last => self.last.is_some(),
            MarkKind::Liquidation | MarkKind::Mid => self.touch.is_none(),
        };
        if is_print {
            self.last_seq
        } else {
            self.touch_seq
        }
    }

    /// The newest print is this one.
    #[inline(always)]
    pub(crate) const fn print(&mut self, price: Ticks, seq: Seq) {
        self.last = Some(price);
        self.last_seq = seq;
    }

    /// Whether a print reaches a trigger, or may move one.
    #[inline(always)]
    pub(crate) fn concerns_triggers(&self, price: Ticks) -> bool {
        let [.., below, above] = &self.triggers;
        let is_reached = |ladder: &Ladder, threshold| {
            let best = ladder.best();
            best.is_some_and(|best| best >= threshold)
        };
        !self.trailing.is_empty()
            || is_reached(below, price.0)
            || is_reached(above, price.0.saturating_neg())
    }

    /// Whether a book that matches has a bid at or above an ask, which must never be.
    #[inline]
    pub(crate) fn is_wrongly_crossed(&self) -> bool {
        self.status == InstrumentStatus::Open && self.is_crossed() && self.book.is_crossed()
    }

    /// The positions of a direction and mark.
    #[inline(always)]
    pub(crate) fn bands_mut(&mut self, position: Lots, kind: MarkKind) -> &mut Bands {
        if kind != MarkKind::Liquidation {
            return self.other_bands_mut(position, kind);
        }
        if position.0 >= 0 {
            &mut self.longs
        } else {
            &mut self.shorts
        }
    }

    #[inline(never)]
    fn other_bands_mut(&mut self, position: Lots, kind: MarkKind) -> &mut Bands {
        let others = self.others.get_or_insert_default();
        &mut others.bands[usize::from(kind == MarkKind::Mid)][usize::from(position.0 < 0)]
    }

    /// The positions of a direction and mark, where there are any.
    pub(crate) fn bands(&self, position: Lots, kind: MarkKind) -> Option<&Bands> {
        match (kind, position.0 >= 0) {
            (MarkKind::Liquidation, true) => Some(&self.longs),
            (MarkKind::Liquidation, false) => Some(&self.shorts),
            (_, is_long) => {
                let others = self.others.as_ref()?;
                Some(&others.bands[usize::from(kind == MarkKind::Mid)][usize::from(!is_long)])
            }
        }
    }

    /// All positions with their direction and their mark of now: longs and shorts, of each mark.
    pub(crate) fn all_bands(&self) -> impl Iterator<Item = (&Bands, Lots, Option<Ticks>)> {
        let [long, short] = DIRECTIONS;
        let usual = [
            (&self.longs, long, self.closing(long)),
            (&self.shorts, short, self.closing(short)),
        ];
        let others = self.others.iter().flat_map(move |others| {
            let kinds = others.bands.iter().zip(OTHER_MARKS);
            kinds.flat_map(move |(bands, kind)| {
                let bands = bands.iter().zip(DIRECTIONS);
                bands.map(move |(bands, position)| (bands, position, self.mark(position, kind)))
            })
        });
        usual.into_iter().chain(others)
    }

    /// Calls `leave` with the holding of every position that needs a look at its mark of now.
    #[inline]
    pub(crate) fn leaving(&mut self, mut leave: impl FnMut(u32)) {
        let [long, short] = DIRECTIONS;
        if let Some(mark) = self.closing(long) {
            self.longs.leaving(mark, long, &mut leave);
        }
        if let Some(mark) = self.closing(short) {
            self.shorts.leaving(mark, short, &mut leave);
        }
        if self.others_open > 0 {
            self.others_leaving(leave);
        }
    }

    #[inline(never)]
    fn others_leaving(&mut self, mut leave: impl FnMut(u32)) {
        for kind in OTHER_MARKS {
            for position in DIRECTIONS {
                if let Some(mark) = self.mark(position, kind) {
                    self.other_bands_mut(position, kind)
                        .leaving(mark, position, &mut leave);
                }
            }
        }
    }

    /// Calls `leave` with the holding of every position that the mark of now is too far below the best mark of. The
    /// caller takes them out of the high-water marks.
    #[inline]
    pub(crate) fn falling(&mut self, mut leave: impl FnMut(u32)) {
        let [long, short] = DIRECTIONS;
        if let Some(mark) = self.closing(long) {
            self.longs.falling(mark, long, &mut leave);
        }
        if let Some(mark) = self.closing(short) {
            self.shorts.falling(mark, short, &mut leave);
        }
        if self.others_open > 0 {
            self.others_falling(leave);
        }
    }

    #[inline(never)]
    fn others_falling(&mut self, mut leave: impl FnMut(u32)) {
        for kind in OTHER_MARKS {
            for position in DIRECTIONS {
                if let Some(mark) = self.mark(position, kind) {
                    self.other_bands_mut(position, kind)
                        .falling(mark, position, &mut leave);
                }
            }
        }
    }

    /// Peaks that rise with the mark see the marks of now. Says whether [`Market::rise`] has something to do
    /// when the input is over.
    #[inline]
    pub(crate) fn note_marks(&mut self, seq: Seq, ts: TimestampNs) -> bool {
        let [long, short] = DIRECTIONS;
        let mut is_seen = false;
        if let Some(mark) = self.closing(long) {
            is_seen |= self.longs.note(Best::new(mark, long, seq, ts));
        }
        if let Some(mark) = self.closing(short) {
            is_seen |= self.shorts.note(Best::new(mark, short, seq, ts));
        }
        if self.others_open > 0 {
            is_seen |= self.note_other_marks(seq, ts);
        }
        is_seen
    }

    #[inline(never)]
    fn note_other_marks(&mut self, seq: Seq, ts: TimestampNs) -> bool {
        let mut is_seen = false;
        for kind in OTHER_MARKS {
            for position in DIRECTIONS {
                if let Some(mark) = self.mark(position, kind) {
                    let best = Best::new(mark, position, seq, ts);
                    is_seen |= self.other_bands_mut(position, kind).note(best);
                }
            }
        }
        is_seen
    }

    /// The input is over: the marks that were seen in it are the best ones where none was better.
    #[inline]
    pub(crate) fn rise(&mut self) {
        self.longs.rise();
        self.shorts.rise();
        if let Some(others) = &mut self.others {
            for bands in others.bands.iter_mut().flatten() {
                bands.rise();
            }
        }
    }

    /// What somebody who trades on `side` is asked for, or was last; in a book that has shown one side only, its
    /// best price.
    pub(crate) fn offered(&self, side: Side) -> Option<Ticks> {
        let touch = self.touch.map(|touch| touch.opposite(side));
        let best = || {
            let best = self.book.best(side.opposite());
            best.filter(|_| self.is_crossed())
        };
        touch.or_else(best).or(self.last)
    }

    /// The most that all fees come to of orders of so many lots together and no more notional, but for a minimum;
    /// `None` where nothing bounds them.
    #[inline(always)]
    pub(crate) fn fees_bound(&self, notional: Notional, lots: Lots) -> Option<Notional> {
        let beside = i128::from(lots.0) * i128::from(self.lot_charge?);
        // What the shift drops is less than one.
        let most = (notional.0 >> self.fee_shift) + 1;
        Some(Notional(most.saturating_add(beside)))
    }

    /// Whether a fill costs anything.
    pub(crate) fn has_fees(&self) -> bool {
        self.instrument.fees != types::FeeSchedule::default()
    }

    /// Whether orders take their time to the market.
    pub(crate) fn delays_orders(&self) -> bool {
        let model = self.paper();
        model.is_some_and(|model| model.latency != types::Latency::None)
    }

    /// The price that a trigger looks at, where it may fire.
    pub(crate) fn reference(&self, side: Side, on: TriggerOn) -> Option<Ticks> {
        match on {
            TriggerOn::Last => self.last,
            TriggerOn::Quote => self
                .touch
                .filter(|touch| touch.opposite_qty(side).0 != 0)
                .map(|touch| touch.opposite(side)),
        }
    }

    /// The price that a trailing stop starts from, displayed or not.
    pub(crate) fn first_reference(&self, side: Side, on: TriggerOn) -> Option<Ticks> {
        match on {
            TriggerOn::Last => self.last,
            TriggerOn::Quote => self.touch.map(|touch| touch.opposite(side)),
        }
    }

    /// The furthest price at which an order of this side may trade, from the collar and its reference.
    pub(crate) fn collar_bound(&self, side: Side) -> Option<Ticks> {
        if self.instrument.collar.0 == 0 {
            return None;
        }
        let reference = self.last.or_else(|| {
            self.touch
                .map(|touch| Ticks(midpoint(touch.bid.0, touch.ask.0)))
        })?;
        let width = share_of(reference, self.instrument.collar);
        Some(Ticks(match side {
            Side::Buy => reference.0.saturating_add(width),
            Side::Sell => reference.0.saturating_sub(width),
        }))
    }

    /// Whether a trade at this price is beyond the circuit breaker's band.
    #[inline(always)]
    pub(crate) fn breaks(&self, price: Ticks) -> bool {
        self.instrument.breaker.0 != 0 && self.is_outside_breaker(self.session, price)
    }

    /// As [`Market::breaks`], were this the session's first price.
    #[cold]
    pub(crate) fn breaks_from(&self, session: Option<Ticks>, price: Ticks) -> bool {
        self.instrument.breaker.0 != 0 && self.is_outside_breaker(session, price)
    }

    /// The end of an order that would have traded at a price which [`Market::breaks`].
    #[cold]
    pub(crate) fn broken_by(&self, price: Ticks) -> CancelReason {
        let session = self.session.unwrap_or(price);
        let width = share_of(session, self.instrument.breaker);
        let bound = if price > session {
            session.0.saturating_add(width)
        } else {
            session.0.saturating_sub(width)
        };
        CancelReason::Breaker {
            price: self.instrument.price(price),
            bound: self.instrument.price(Ticks(bound)),
        }
    }

    /// The end of an order that would have traded at a price beyond its collar.
    #[cold]
    pub(crate) const fn collared(&self, price: Ticks, bound: Ticks) -> CancelReason {
        CancelReason::Collar {
            price: self.instrument.price(price),
            bound: self.instrument.price(bound),
        }
    }

    #[inline(never)]
    fn is_outside_breaker(&self, session: Option<Ticks>, price: Ticks) -> bool {
        session.is_some_and(|session| {
            let width = share_of(session, self.instrument.breaker);
            i128::from(price.0).abs_diff(i128::from(session.0)) > width as u128
        })
    }

    pub(crate) fn encode(&self, nodes: &Nodes, out: &mut Vec<u8>) {
        self.instrument.encode(out);
        self.currency.encode(out);
        self.status.encode(out);
        self.touch.encode(out);
        self.touch_seq.encode(out);
        self.stale.encode(out);
        self.lost.encode(out);
        self.opening.encode(out);
        self.last.encode(out);
        self.last_seq.encode(out);
        self.session.encode(out);
        self.ts.encode(out);
        self.depth.encode(out);
        self.consumed.encode(out);
        self.book.encode(nodes, out);
        for ladder in &self.triggers {
            ladder.encode(nodes, out);
        }
        self.trailing.encode(out);
        self.auction.encode(out);
        self.followers.encode(out);
    }

    /// The bands are left empty: they follow from the holdings.
    pub(crate) fn decode(reader: &mut Reader<'_>, nodes: &mut Nodes) -> Result<Self, CodecError> {
        let instrument = Instrument::decode(reader)?;
        let tick_value = instrument
            .tick_value()
            .map_err(|_| CodecError::Invalid("instrument"))?;
        let mut market = Self::new(instrument, tick_value, Codec::decode(reader)?);
        market.status = Codec::decode(reader)?;
        market.touch = Codec::decode(reader)?;
        market.touch_seq = Codec::decode(reader)?;
        market.stale = Codec::decode(reader)?;
        market.lost = Codec::decode(reader)?;
        market.opening = Codec::decode(reader)?;
        market.last = Codec::decode(reader)?;
        market.last_seq = Codec::decode(reader)?;
        market.session = Codec::decode(reader)?;
        market.ts = Codec::decode(reader)?;
        market.depth = Codec::decode(reader)?;
        market.consumed = Codec::decode(reader)?;
        market.book = Book::decode(reader, nodes)?;
        for ladder in &mut market.triggers {
            *ladder = Ladder::decode(reader, nodes)?;
        }
        market.trailing = Codec::decode(reader)?;
        market.auction = Codec::decode(reader)?;
        market.followers = Codec::decode(reader)?;
        Ok(market)
    }
}

/// The middle of two prices, rounded down.
pub(crate) const fn midpoint(a: i64, b: i64) -> i64 {
    ((a as i128 + b as i128) >> 1) as i64
}

/// A share, below one, of a price without its sign, rounded down to a tick.
pub(crate) fn share_of(price: Ticks, share: Ratio) -> i64 {
    let exact = i128::from(price.0).unsigned_abs() * share.0.unsigned_abs() as u128;
    (exact / Ratio::ONE.0 as u128) as i64
}
