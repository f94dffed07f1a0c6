//! From a step to an input: the account, order and price meant are picked from the state that the step
//! meets.

mod admin;
mod changes;
mod contests;
mod life;
mod lists;
mod market;
mod orders;

use engine::Shard;
use engine::portrait::{AccountPortrait, HoldingPortrait, MarketPortrait, OrderPortrait, Portrait};
use types::{
    AccountId, AccountState, Input, InputKind, Instrument, InstrumentId, Leg, PositionMode, Price,
    Qty, Side, Terms, TimestampNs,
};

use super::draw::Draw;
use super::script::{Step, StepKind};
use super::setting::{Setting, Traded};

/// When a stream begins: 2024-02-29 12:00 UTC.
pub const BEGIN: TimestampNs = TimestampNs(1_709_208_000_000_000_000);

/// The input of a step, given the shard that it is for and that shard's portrait.
pub fn resolve(setting: &Setting, step: Step, shard: &Shard, portrait: &Portrait) -> Input {
    let mut scene = Scene {
        setting,
        shard,
        portrait,
        ts: after(shard, step.wait),
        draw: Draw::new(u64::from(step.seed)),
    };
    let kind = scene.input(step.kind);
    Input {
        seq: shard.seq().next(),
        ts: scene.ts,
        kind,
    }
}

/// An input of the opening.
pub fn opened(kind: &InputKind, shard: &Shard) -> Input {
    Input {
        seq: shard.seq().next(),
        ts: after(shard, 0),
        kind: kind.clone(),
    }
}

/// The time that a wait leads to.
fn after(shard: &Shard, wait: u8) -> TimestampNs {
    const MS: u64 = 1_000_000;
    let now = shard.ts().max(BEGIN);
    let later = |by: u64| TimestampNs(now.0 + by);
    // A date without an end is not waited for.
    let due = shard
        .next_due()
        .filter(|due| due.0 - BEGIN.0.min(due.0) < 1_000_000 * 1_000_000_000);
    match wait {
        1 => later(1),
        2 => later(MS),
        3 => later(50 * MS),
        4 => later(100 * MS),
        5 => later(250 * MS),
        6 => later(1_000 * MS),
        7 => later(3_000 * MS),
        8 => later(20_000 * MS),
        // A moment too early for what takes a second.
        12 => later(1_000 * MS - 1),
        // To the moment at which something is due, to the one before it and to the one after.
        9 => due.map_or(now, |due| now.max(due)),
        11 => due.map_or(now, |due| now.max(TimestampNs(due.0 + 1))),
        10 => {
            let due = due.map_or(now.0, |due| due.0.saturating_sub(1));
            TimestampNs(due.max(now.0))
        }
        _ => now,
    }
}

/// A step and the state that it meets.
struct Scene<'a> {
    setting: &'a Setting,
    shard: &'a Shard,
    portrait: &'a Portrait,
    ts: TimestampNs,
    draw: Draw,
}

impl Scene<'_> {
    fn input(&mut self, kind: StepKind) -> InputKind {
        match kind {
            StepKind::Quote => self.quote(),
            StepKind::Depth => self.depth(),
            StepKind::Trade => self.trade(),
            StepKind::Bar => self.bar(),
            StepKind::Status => self.status(),
            StepKind::Financing => self.financing(),
            StepKind::Dividend => self.dividend(),
            StepKind::Split => self.split(),
            StepKind::Gap => self.gap(),
            StepKind::Order => self.submit_order(),
            StepKind::List => self.submit_list(),
            StepKind::Algo => self.submit_algo(),
            StepKind::Amend => self.amend(),
            StepKind::Cancel => self.cancel(),
            StepKind::CancelAll => self.cancel_all(),
            StepKind::Disconnect => self.disconnect(),
            StepKind::Adjust => self.adjust(),
            StepKind::Enter => self.enter(),
            StepKind::Organise => self.organise(),
            StepKind::Open => self.open(),
            StepKind::Change => self.change_account(),
            StepKind::Announce => self.announce(),
            StepKind::Register => self.register(),
            StepKind::Define => self.define(),
            StepKind::Convert => self.convert(),
            StepKind::Roll => self.roll(),
            StepKind::Clock => InputKind::Timer(types::Timer::Clock),
        }
    }

    /// Whether this place says nonsense.
    fn nonsense(&mut self) -> bool {
        self.draw.percent(self.setting.nonsense_percent)
    }

    /// Any account, seldom one that has ended.
    fn account(&mut self) -> AccountId {
        let count = self.portrait.accounts.len() as u64;
        if count == 0 || self.nonsense() {
            return AccountId(self.draw.pick(&[count as u32, 77, u32::MAX]));
        }
        let any = self.draw.below(count);
        let alive = |account: &AccountPortrait| {
            let trades = [AccountState::Evaluation, AccountState::Funded];
            trades.contains(&account.state) && !account.day_locked
        };
        if self.draw.percent(4) {
            return AccountId(any as u32);
        }
        let found = (0..count)
            .map(|step| (any + step) % count)
            .find(|&id| alive(&self.portrait.accounts[id as usize]));
        AccountId(found.unwrap_or(any) as u32)
    }

    /// Any instrument.
    fn instrument(&mut self) -> InstrumentId {
        let count = self.portrait.markets.len() as u64;
        if count == 0 || self.nonsense() {
            return InstrumentId(self.draw.pick(&[count as u32, 99, u32::MAX]));
        }
        InstrumentId(self.draw.below(count) as u32)
    }

    /// Any instrument with a book, or without.
    fn instrument_of(&mut self, is_crossed: bool) -> InstrumentId {
        let any = self.instrument();
        let count = self.portrait.markets.len() as u32;
        if any.0 >= count || self.draw.percent(3) {
            return any;
        }
        let is_one = |id: u32| {
            let instrument = self.definition(InstrumentId(id));
            (instrument.liquidity == types::Liquidity::Crossed) == is_crossed
        };
        let found = (0..count)
            .map(|step| (any.0 + step) % count)
            .find(|&id| is_one(id));
        InstrumentId(found.unwrap_or(any.0))
    }

    fn market(&self, id: InstrumentId) -> Option<&MarketPortrait> {
        self.portrait.markets.get(id.0 as usize)
    }

    /// The definition of an instrument, or of some instrument when there is no such one.
    fn definition(&self, id: InstrumentId) -> Instrument {
        self.traded(id).instrument
    }

    fn traded(&self, id: InstrumentId) -> Traded {
        let known = self.shard.instrument_view(id).map(|view| view.instrument);
        let instruments = &self.setting.instruments;
        let found = known.and_then(|known| {
            let found = instruments
                .iter()
                .find(|traded| traded.instrument.symbol == known.symbol);
            found.map(|traded| Traded {
                instrument: known,
                ..*traded
            })
        });
        found.unwrap_or(instruments[0])
    }

    /// The price of so many ticks; now and then one that is off the grid or absurd.
    fn price(&mut self, id: InstrumentId, ticks: i64) -> Price {
        let tick = self.definition(id).tick_size.0;
        let price = Price(ticks.saturating_mul(tick));
        if !self.nonsense() {
            return price;
        }
        let far = 1_000_000_000_000_000 / tick * tick;
        Price(match self.draw.below(6) {
            0 | 1 => price.0.saturating_add(1),
            2 => far,
            3 => -far,
            4 => self.draw.pick(&[0, i64::MAX, i64::MIN]),
            _ => price.0.saturating_mul(10),
        })
    }

    /// The quantity of so many lots; now and then one that is off the grid or absurd.
    fn qty(&mut self, id: InstrumentId, lots: i64) -> Qty {
        let lot = self.definition(id).lot_size.0;
        let qty = Qty(lots.saturating_mul(lot));
        if !self.nonsense() {
            return qty;
        }
        let far = 1_000_000_000_000_000 / lot * lot;
        Qty(match self.draw.below(6) {
            0 | 1 => qty.0.saturating_add(1),
            2 => 0,
            3 => -qty.0,
            4 => far,
            _ => self.draw.pick(&[i64::MAX, i64::MIN, 1]),
        })
    }

    /// Mostly few lots.
    fn lots(&mut self) -> i64 {
        let most = self.draw.pick(&[2, 5, 5, 12, 20]);
        self.draw.between(1, most)
    }

    /// A price of an instrument's few, in ticks.
    fn anywhere(&mut self, id: InstrumentId) -> i64 {
        let Traded { base, width, .. } = self.traded(id);
        base + self.draw.between(-width / 2, width / 2)
    }

    /// The best price of a side as it stands, else any.
    fn touch(&mut self, id: InstrumentId, side: Side) -> i64 {
        let tick = self.definition(id).tick_size.0;
        match self.market(id).and_then(|market| market.quote) {
            Some(quote) => match side {
                Side::Buy => quote.bid.0.div_euclid(tick),
                Side::Sell => quote.ask.0.div_euclid(tick),
            },
            None => self.anywhere(id),
        }
    }

    /// A price near the best one of a side.
    fn near(&mut self, id: InstrumentId, side: Side) -> i64 {
        if self.draw.percent(12) {
            return self.anywhere(id);
        }
        let from = self.touch(id, side);
        from.saturating_add(self.draw.pick(&[-3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 3]))
    }

    fn side(&mut self) -> Side {
        self.draw.pick(&[Side::Buy, Side::Sell])
    }

    fn terms(&self, account: AccountId) -> Option<Terms> {
        let row = self.shard.account_row(account)?;
        self.shard.plan(row.plan).map(|plan| plan.terms)
    }

    fn is_hedging(&self, account: AccountId) -> bool {
        self.terms(account)
            .is_some_and(|terms| terms.mode == PositionMode::Hedging)
    }

    /// The leg for an order of this account.
    fn leg(&mut self, account: AccountId, side: Side, is_closing: bool) -> Leg {
        if self.nonsense() {
            return self.draw.pick(&[Leg::Net, Leg::Long, Leg::Short]);
        }
        if !self.is_hedging(account) {
            return Leg::Net;
        }
        match (side, is_closing) {
            (Side::Buy, false) | (Side::Sell, true) => Leg::Long,
            (Side::Sell, false) | (Side::Buy, true) => Leg::Short,
        }
    }

    /// An open position of an account, if it has any.
    fn position(&mut self, account: AccountId) -> Option<HoldingPortrait> {
        let account = self.portrait.accounts.get(account.0 as usize)?;
        let open: Vec<_> = account
            .holdings
            .iter()
            .filter(|holding| holding.position.0 != 0)
            .collect();
        self.draw.choose(&open).map(|holding| **holding)
    }

    /// A working order, if there is any.
    fn working(&mut self) -> Option<OrderPortrait> {
        self.draw.choose(&self.portrait.orders).copied()
    }
}
