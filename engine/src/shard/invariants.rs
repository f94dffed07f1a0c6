//! What the running shard asserts of its own state, and how it stops where that does not hold.
//!
//! A book that trades is not crossed, wherever a best price moved. A level that its last order left shows
//! nothing. A position that opens, turns or closes has the row of the exposure index that leads back to it. In
//! every currency that was booked in, what accounts have is what the house funded less what it won and took in
//! fees. All that is in constant time and of every input. One input in [`SOUNDED_EVERY`], by its place in the
//! sequence and so the same one in every run, looks at all that it touched: the queue of each level, each
//! position of each account that it filled. [`Shard::audit`] walks everything.

use types::{AccountId, EventKind, InstrumentId, Label, Lots, Money, Side, Ticks};

use super::Shard;
use crate::account::CurrencyId;
use crate::book::key_of;
use crate::event_buf::EventBuf;
use crate::slab::NIL;

/// Of so many inputs one is sounded.
const SOUNDED_EVERY: u64 = 64;
/// The most levels of one input that are sounded.
pub(super) const SOUNDED_LEVELS_MAX: usize = 32;
/// The most orders of a level that are sounded.
const SOUNDED_ORDERS_MAX: u32 = 32;

/// An invariant that does not hold: this program is wrong, or its memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// A bid at or above an ask in a book that trades.
    #[error("the book of instrument {instrument} is crossed")]
    Crossed { instrument: InstrumentId },
    /// A level without orders, of whatever ladder, that shows something.
    #[error("a level without orders shows {} lots", .lots.0)]
    Residue { lots: Lots },
    /// A level whose total is not that of its orders, or whose queue is out of order.
    #[error("the {side:?} level {} of instrument {instrument} shows {} lots: {what}", .price.0, .lots.0)]
    Level {
        instrument: InstrumentId,
        side: Side,
        price: Ticks,
        lots: Lots,
        what: &'static str,
    },
    /// A position without the row that leads back to it, or a row without its position.
    #[error(
        "row {row} of instrument {instrument} does not lead to the position of account {account}"
    )]
    Exposure {
        account: AccountId,
        instrument: InstrumentId,
        row: u32,
    },
    /// Money that was made or lost.
    #[error("accounts have {accounts} units of {currency}, of which the house gave {house}")]
    Conservation {
        currency: Label,
        accounts: i128,
        house: i128,
    },
}

/// Currencies that an input booked in, by the last bits of their ids.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Booked(u64);

impl Booked {
    #[inline(always)]
    pub(super) const fn note(&mut self, currency: CurrencyId) {
        self.0 |= 1 << (currency.0 & 63);
    }

    const fn has(self, currency: usize) -> bool {
        self.0 >> (currency & 63) & 1 != 0
    }
}

/// A level of a book that a sounded input changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChangedLevel {
    instrument: InstrumentId,
    side: Side,
    price: Ticks,
}

impl Shard {
    /// Stops before anything of this input can be told: a broken invariant is no answer to anybody.
    #[cold]
    #[inline(never)]
    pub(super) fn stop_at(&self, violation: Violation) -> ! {
        panic!("{violation} after input {}", self.seq)
    }

    #[inline(always)]
    const fn is_sounded(&self) -> bool {
        self.seq.0.is_multiple_of(SOUNDED_EVERY)
    }

    /// An account's cash of a currency has changed.
    #[inline(always)]
    pub(super) fn note_cash(&mut self, currency: CurrencyId, before: Money, after: Money) {
        self.cash[currency.0 as usize] += i128::from(after.0) - i128::from(before.0);
        self.pending.booked.note(currency);
    }

    /// An input changes what this level shows.
    #[inline(always)]
    pub(super) fn note_level(&mut self, instrument: InstrumentId, side: Side, price: Ticks) {
        if self.is_sounded() {
            self.note_sounded(ChangedLevel {
                instrument,
                side,
                price,
            });
        }
    }

    #[cold]
    #[inline(never)]
    fn note_sounded(&mut self, level: ChangedLevel) {
        let levels = &mut self.pending.levels;
        if levels.len() < SOUNDED_LEVELS_MAX && !levels.contains(&level) {
            levels.push(level);
        }
    }

    /// The input is over: what it did to the state holds.
    #[inline(always)]
    pub(super) fn assert_sound(&mut self, events: &EventBuf) {
        let lots = self.orders.nodes.residue();
        if lots.0 as u64 | self.pending.booked.0 != 0 {
            self.assert_counted(lots);
        }
        if self.is_sounded() {
            self.sound(events);
        }
    }

    /// Levels show what their orders have, and accounts have what the house gave.
    #[inline(never)]
    fn assert_counted(&mut self, residue: Lots) {
        if residue.0 != 0 {
            self.stop_at(Violation::Residue { lots: residue });
        }
        let booked = std::mem::take(&mut self.pending.booked);
        for (index, (&accounts, house)) in self.cash.iter().zip(&self.house).enumerate() {
            if booked.has(index) && accounts != house.given() {
                let currency = self.currencies[index];
                let house = house.given();
                self.stop_at(Violation::Conservation {
                    currency,
                    accounts,
                    house,
                });
            }
        }
    }

    /// Looks at all that the input touched.
    #[cold]
    #[inline(never)]
    fn sound(&mut self, events: &EventBuf) {
        for index in 0..self.pending.levels.len() {
            if let Err(violation) = self.check_level(self.pending.levels[index]) {
                self.stop_at(violation);
            }
        }
        self.pending.levels.clear();
        let told = events.as_slice().iter().rev();
        for event in told.take_while(|event| event.seq == self.seq) {
            if let EventKind::Fill(fill) = &event.kind
                && let Err(violation) = self.check_exposure_of(fill.account)
            {
                self.stop_at(violation);
            }
        }
    }

    /// A level shows what the orders of its queue do, where these are not too many.
    fn check_level(&self, level: ChangedLevel) -> Result<(), Violation> {
        let ChangedLevel {
            instrument,
            side,
            price,
        } = level;
        let ladder = self.markets[instrument.0 as usize].book.ladder(side);
        let key = key_of(side, price);
        if ladder.len_at(key) > SOUNDED_ORDERS_MAX {
            return Ok(());
        }
        let checked = ladder.check_level(&self.orders.nodes, key);
        checked.map_err(|what| Violation::Level {
            instrument,
            side,
            price,
            lots: ladder.lots_at(key),
            what,
        })
    }

    /// Each position of an account has a row that leads back to it, and nothing else has one.
    fn check_exposure_of(&self, id: AccountId) -> Result<(), Violation> {
        let mut handle = self.accounts[id.0 as usize].holdings.first;
        while handle != NIL {
            let held = self.holdings.get(handle);
            let is_right = if held.lots == Lots(0) {
                held.row.is_none()
            } else {
                let bands = self.market_of(held).bands(held.lots, held.mark);
                let row = bands.and_then(|bands| bands.holdings().get(held.row.0 as usize));
                row == Some(&handle)
            };
            if !is_right {
                return Err(self.unexposed(handle));
            }
            handle = held.next;
        }
        Ok(())
    }

    /// A position and its row do not know each other.
    #[cold]
    pub(super) fn unexposed(&self, handle: u32) -> Violation {
        let held = self.holdings.get(handle);
        Violation::Exposure {
            account: held.account,
            instrument: held.instrument,
            row: held.row.0,
        }
    }
}

/// What no input can do is done to the state by hand here, and the next input that touches it stops.
#[cfg(test)]
mod tests {
    use rules::{Conduct, Life, Plan, Stage};
    use types::{
        ClientOrderId, Codec, Command, FeeSchedule, Input, InputKind, Instrument, InstrumentKind,
        InstrumentStatus, Leg, Liquidity, Margin, MarkKind, NewOrder, OpenAccount, OrderId,
        OrderKind, PlanId, Price, Qty, Ratio, RollSchedule, SelfTrade, ShardId, Terms, TimeInForce,
        Timer, TimestampNs,
    };

    use super::*;
    use crate::limits::Limits;

    const BOOK: InstrumentId = InstrumentId(0);

    fn label(text: &str) -> Label {
        Label::new(text).unwrap()
    }

    fn apply(shard: &mut Shard, kind: InputKind) {
        let (seq, ts) = (shard.seq.next(), TimestampNs(shard.ts.0 + 1));
        shard.apply(&Input { seq, ts, kind }, &mut EventBuf::default());
    }

    fn command(shard: &mut Shard, command: Command) {
        apply(shard, InputKind::Command(command));
    }

    fn shard() -> Shard {
        shard_of(Terms::default())
    }

    /// A book of whole ticks and lots, and three accounts of 1,000 USD.
    fn shard_of(terms: Terms) -> Shard {
        let mut shard = Shard::new(ShardId(1), Limits::default());
        let instrument = Instrument {
            symbol: label("BOOK"),
            kind: InstrumentKind::Future,
            currency: label("USD"),
            tick_size: Price::ONE,
            lot_size: Qty::ONE,
            contract_size: Qty::ONE,
            order_qty_max: Qty::whole(1_000),
            fees: FeeSchedule::default(),
            margin: Margin::default(),
            shortable: true,
            collar: Ratio::ZERO,
            breaker: Ratio::ZERO,
            liquidity: Liquidity::Crossed,
        };
        let plan = Plan {
            name: label("plan"),
            version: 1,
            currency: label("USD"),
            initial_balance: Money::whole(1_000),
            days: rules::TradingDays::default(),
            day_profit: rules::DayProfit::Closed,
            schedule: RollSchedule {
                zone: label("UTC"),
                minute: 0,
            },
            stage: Stage::Funded,
            daily_loss: None,
            max_loss: None,
            profit_target: None,
            min_days: None,
            consistency: None,
            payout: None,
            scaling: None,
            terms,
            conduct: Conduct::default(),
            life: Life::default(),
        };
        command(
            &mut shard,
            Command::RegisterInstrument(Box::new(instrument)),
        );
        let spec = plan.to_bytes().into();
        command(&mut shard, Command::DefinePlan { spec });
        for _ in 0..3 {
            let open = OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: label("trader"),
            };
            command(&mut shard, Command::OpenAccount(open));
        }
        shard
    }

    /// A limit order of an account; its id.
    fn order(shard: &mut Shard, account: u32, side: Side, lots: i64, price: i64) -> OrderId {
        let order = NewOrder {
            account: AccountId(account),
            client_order: ClientOrderId(0),
            instrument: BOOK,
            side,
            kind: OrderKind::Limit {
                price: Price::whole(price),
            },
            qty: Qty::whole(lots),
            tif: TimeInForce::GoodTillCancel,
            leg: Leg::Net,
            post_only: false,
            reduce_only: false,
            display: Qty::ZERO,
            cancel_on_disconnect: false,
            self_trade: SelfTrade::Allow,
        };
        command(shard, Command::SubmitOrder(order));
        shard.last_order
    }

    fn cancel(shard: &mut Shard, account: u32, order: OrderId) {
        let account = AccountId(account);
        command(shard, Command::CancelOrder { account, order });
    }

    /// Nothing happens until the next input is one that is sounded, or is not.
    fn wait(shard: &mut Shard, is_sounded: bool) {
        while shard.seq.next().0.is_multiple_of(SOUNDED_EVERY) != is_sounded {
            apply(shard, InputKind::Timer(Timer::Clock));
        }
    }

    /// The first account sells two to the second and one to the third, at 100.
    fn held() -> Shard {
        let mut shard = shard();
        order(&mut shard, 0, Side::Sell, 3, 100);
        order(&mut shard, 1, Side::Buy, 2, 100);
        order(&mut shard, 2, Side::Buy, 1, 100);
        shard
    }

    /// The second account's position says that it has the third's row.
    fn swap_rows(shard: &mut Shard) {
        let handle = |shard: &Shard, account: usize| shard.accounts[account].holdings.first;
        let (second, third) = (handle(shard, 1), handle(shard, 2));
        assert_eq!(shard.holdings.get(second).row.0, 0);
        shard.holdings.get_mut(second).row.0 = 1;
        shard.holdings.get_mut(third).row.0 = 0;
    }

    /// While a position is valued at the newest print, the instrument's marks are more than its quotes; as soon as
    /// it is closed they are these alone again, in a restored shard as in this one.
    #[test]
    fn marks_that_nobody_is_valued_at_are_forgotten() {
        let mut shard = shard_of(Terms {
            mark: MarkKind::Last,
            ..Terms::default()
        });
        let restored = |shard: &Shard| {
            let mut bytes = Vec::new();
            shard.encode(&mut bytes);
            Shard::restore(&bytes).unwrap()
        };
        for round in 0..2 {
            order(&mut shard, 0, Side::Sell, 2, 100);
            order(&mut shard, 1, Side::Buy, 2, 100);
            assert_eq!(shard.markets[0].others_open, 2, "round {round}");
            assert_eq!(restored(&shard).markets[0].others_open, 2);
            order(&mut shard, 1, Side::Sell, 2, 100);
            order(&mut shard, 0, Side::Buy, 2, 100);
            assert_eq!(shard.markets[0].others_open, 0, "round {round}");
            let mut again = restored(&shard);
            assert_eq!(again.markets[0].others_open, 0);
            for shard in [&mut shard, &mut again] {
                order(shard, 2, Side::Sell, 1, 101);
                order(shard, 2, Side::Buy, 1, 99);
            }
            assert_eq!(again.state_hash(), shard.state_hash());
            assert_eq!((again.audit(), shard.audit()), (Ok(()), Ok(())));
            let open: Vec<_> = [1, 0].map(|back| shard.last_order.0 - back).into();
            for id in open {
                cancel(&mut shard, 2, OrderId(id));
            }
        }
    }

    fn show(shard: &mut Shard, order: OrderId, lots: i64) {
        let handle = shard.orders.find(order).unwrap();
        shard.orders.nodes.get_mut(handle).lots = Lots(lots);
    }

    #[test]
    #[should_panic(expected = "the book of instrument 0 is crossed after input 8")]
    fn a_book_that_trades_is_not_crossed() {
        let mut shard = shard();
        shard.markets[0].status = InstrumentStatus::PreOpen;
        order(&mut shard, 0, Side::Buy, 5, 101);
        order(&mut shard, 1, Side::Sell, 5, 100);
        shard.markets[0].status = InstrumentStatus::Open;
        order(&mut shard, 2, Side::Buy, 1, 100);
    }

    #[test]
    #[should_panic(expected = "a level without orders shows 3 lots after input 7")]
    fn a_level_that_its_last_order_left_shows_nothing() {
        let mut shard = shard();
        let resting = order(&mut shard, 0, Side::Buy, 10, 100);
        show(&mut shard, resting, 7);
        cancel(&mut shard, 0, resting);
    }

    #[test]
    #[should_panic(
        expected = "the Buy level 100 of instrument 0 shows 21 lots: a level's total is of its orders after input 64"
    )]
    fn a_level_shows_what_its_orders_do() {
        let mut shard = shard();
        let first = order(&mut shard, 0, Side::Buy, 10, 100);
        show(&mut shard, first, 7);
        // Not one that is sounded.
        order(&mut shard, 1, Side::Buy, 5, 100);
        wait(&mut shard, true);
        order(&mut shard, 2, Side::Buy, 6, 100);
    }

    #[test]
    #[should_panic(expected = "row 1 of instrument 0 does not lead to the position of account 1")]
    fn a_position_that_closes_had_its_row() {
        let mut shard = held();
        swap_rows(&mut shard);
        wait(&mut shard, false);
        order(&mut shard, 0, Side::Buy, 2, 100);
        order(&mut shard, 1, Side::Sell, 2, 100);
    }

    #[test]
    #[should_panic(
        expected = "row 1 of instrument 0 does not lead to the position of account 1 after input 64"
    )]
    fn a_position_that_grows_has_its_row() {
        let mut shard = held();
        order(&mut shard, 0, Side::Sell, 2, 100);
        swap_rows(&mut shard);
        // Not one that is sounded.
        order(&mut shard, 1, Side::Buy, 1, 100);
        wait(&mut shard, true);
        order(&mut shard, 1, Side::Buy, 1, 100);
    }

    #[test]
    #[should_panic(
        expected = "accounts have 3000000000 units of USD, of which the house gave 2999999999 after input 7"
    )]
    fn no_money_is_made_or_lost() {
        let mut shard = shard();
        order(&mut shard, 0, Side::Sell, 1, 100);
        shard.house[0].fees += 1;
        order(&mut shard, 1, Side::Buy, 1, 100);
    }

    #[test]
    fn what_is_sound_goes_on() {
        let mut shard = held();
        for _ in 0..2 {
            wait(&mut shard, true);
            order(&mut shard, 1, Side::Sell, 1, 100);
            wait(&mut shard, true);
            order(&mut shard, 0, Side::Buy, 1, 100);
        }
        assert_eq!(shard.audit(), Ok(()));
        assert_eq!(shard.cash, [3_000_000_000]);
    }
}
