//! The demo's paper traders. What a trader does is a pure function of the seed, the place in the
//! stream and the shard's state, so that a run can stop anywhere and go on later as if it had not.

use marketdata::DemoMarket;
use runtime::Shard;
use types::{
    AccountId, ClientOrderId, Command, Instrument, InstrumentId, Money, NewOrder, OpenAccount,
    OrderKind, Origin, Parentage, PlanId, Price, Qty, Side, SignedQty, TimeInForce, TriggerOn,
};
use types::{AccountState, Label};

/// Accounts that the demo opens at first; retries come on top.
pub(super) const TRADERS: u32 = 200;
/// Accounts in all, retries included; with so many nobody opens another.
const ACCOUNTS_MAX: u32 = 5_000;
/// One look in so many leads a trader whose account has ended to a new one: a few days' pause.
const LOOKS_PER_RETRY: u64 = 6;
/// In so many of a loop's last events everybody only closes: prices jump back to where the recordings
/// start, and nobody is to be judged by that.
const WIND_DOWN_EVENTS: u64 = 2_500;
/// One place of the stream in so many makes a trader look at the market.
const EVENTS_PER_LOOK: u64 = 3;

/// Names of nobody: every first with every last is one trader.
const FIRST: [&str; 20] = [
    "Ada", "Amir", "Bela", "Chen", "Dara", "Elio", "Femi", "Goran", "Hana", "Ines", "Jonas",
    "Kenji", "Lena", "Mira", "Noor", "Oskar", "Priya", "Rafa", "Sofia", "Tomas",
];
const LAST: [&str; 10] = [
    "Novak", "Okafor", "Petrov", "Rossi", "Sharma", "Tanaka", "Ueda", "Varga", "Weiss", "Zhou",
];
const _: () = assert!(FIRST.len() * LAST.len() == TRADERS as usize);

/// How a trader behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Small positions, a stop under each.
    Careful,
    /// Follows the last moves.
    Trend,
    /// Trades against the last moves.
    Fade,
    /// Large positions on a coin's toss, no stop.
    Reckless,
}

impl Style {
    /// The mix: one trader in eight is reckless.
    const MIX: [Self; 8] = [
        Self::Careful,
        Self::Trend,
        Self::Fade,
        Self::Reckless,
        Self::Careful,
        Self::Trend,
        Self::Fade,
        Self::Careful,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Careful => "careful",
            Self::Trend => "trend",
            Self::Fade => "fade",
            Self::Reckless => "reckless",
        }
    }

    /// Size of a position in hundredths of what moves the equity by about one percent a day.
    const fn size_percent(self) -> i128 {
        match self {
            Self::Careful => 50,
            Self::Trend => 110,
            Self::Fade => 100,
            Self::Reckless => 420,
        }
    }
}

/// Notional that moves the equity by about one percent in a day of the demo market, as a multiple
/// of the equity in hundredths: the recordings differ in how much they move.
const fn unit_leverage_percent(instrument: InstrumentId) -> i128 {
    match instrument.0 {
        // Three minutes of crypto spread over the whole loop hardly move.
        0 | 1 => 900,
        2 => 600,
        3 => 90,
        _ => 22,
    }
}

/// The traders and their newest accounts.
#[derive(Debug)]
pub(super) struct Traders {
    seed: u64,
    /// Accounts of each trader, oldest first.
    accounts: Vec<Vec<AccountId>>,
    /// Accounts of the shard that were assigned to a trader so far.
    known: u32,
}

impl Traders {
    /// The traders of a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            accounts: vec![Vec::new(); TRADERS as usize],
            known: 0,
        }
    }

    /// The command that opens a trader's account: styles and plans are spread evenly.
    pub(super) fn open(
        trader: u32,
        plans: u32,
        attempt: usize,
        parent: Option<Parentage>,
    ) -> Command {
        let (first, last) = (trader as usize % FIRST.len(), trader as usize / FIRST.len());
        let retry = match attempt {
            0 => String::new(),
            again => format!(" #{}", again + 1),
        };
        let name = format!(
            "{} {}, {}{retry}",
            FIRST[first],
            LAST[last],
            style(trader).name()
        );
        #[expect(clippy::expect_used, reason = "made of short ASCII parts")]
        let name = Label::new(&name).expect("a name of parts that fit");
        Command::OpenAccount(OpenAccount {
            plan: PlanId(trader / Style::MIX.len() as u32 % plans),
            parent,
            name,
        })
    }

    /// Learns which accounts belong to whom, by their names.
    fn learn(&mut self, shard: &Shard) {
        while self.known < shard.account_count() {
            let account = AccountId(self.known);
            let name = shard.account_name(account).map(|(name, _)| name);
            let trader = name.and_then(|name| trader_of(name.as_str()));
            if let Some(own) = trader.and_then(|trader| self.accounts.get_mut(trader)) {
                own.push(account);
            }
            self.known += 1;
        }
    }

    /// What somebody does after the market event at `place` of the stream, if anybody acts.
    pub(super) fn act(
        &mut self,
        market: &DemoMarket,
        shard: &Shard,
        place: u64,
    ) -> Option<Command> {
        if place % market.len() >= market.len() - WIND_DOWN_EVENTS {
            return self.wind_down(market, shard, place);
        }
        let instrument = market.event(place).1.instrument;
        let mut dice = Dice::new(self.seed, place);
        if dice.below(EVENTS_PER_LOOK) != 0 {
            return None;
        }
        self.learn(shard);
        let trader = dice.below(TRADERS.into()) as u32;
        let own = &self.accounts[trader as usize];
        let account = *own.last()?;
        let state = shard.account_state(account)?;
        let has_ended = match state {
            AccountState::Evaluation | AccountState::Funded => false,
            AccountState::Failed | AccountState::Passed => true,
            AccountState::Closed | AccountState::Suspended => return None,
        };
        if has_ended {
            let opens = shard.account_count() < ACCOUNTS_MAX && dice.below(LOOKS_PER_RETRY) == 0;
            // Who failed tries again; who passed begins anew, as no plan here is of a later phase.
            let origin = Origin::Retry;
            let parent = (state == AccountState::Failed).then_some(Parentage { account, origin });
            let plans = shard.plan_count();
            return opens.then(|| Self::open(trader, plans, own.len(), parent));
        }
        if shard.is_day_locked(account) {
            return None;
        }
        let look = Look {
            market,
            shard,
            place,
            instrument,
            account,
            style: style(trader),
        };
        look.decide(&mut dice)
    }
}

impl Traders {
    /// Everybody in turn cancels what works, then closes what is open.
    fn wind_down(&mut self, market: &DemoMarket, shard: &Shard, place: u64) -> Option<Command> {
        self.learn(shard);
        let account = *self.accounts[(place % u64::from(TRADERS)) as usize].last()?;
        if shard.working_orders(account) > 0 {
            return Some(cancel_all(account));
        }
        let mut instruments = (0..shard.instrument_count()).map(InstrumentId);
        let held = instruments.find(|&id| shard.position(account, id) != SignedQty::ZERO)?;
        let position = shard.position(account, held);
        let definition = market.instruments().get(held.0 as usize)?;
        let side = if position.is_negative() {
            Side::Buy
        } else {
            Side::Sell
        };
        let qty = position.abs().min(definition.order_qty_max);
        Some(Command::SubmitOrder(NewOrder {
            client_order: client_order(place),
            tif: TimeInForce::Day,
            ..NewOrder::new(account, held, side, OrderKind::Market, qty)
        }))
    }
}

/// Whose account has a name that [`Traders::open`] gave it.
fn trader_of(name: &str) -> Option<usize> {
    let (first, rest) = name.split_once(' ')?;
    let (last, _) = rest.split_once(',')?;
    let first = FIRST.iter().position(|known| *known == first)?;
    let last = LAST.iter().position(|known| *known == last)?;
    Some(last * FIRST.len() + first)
}

const fn cancel_all(account: AccountId) -> Command {
    Command::CancelAll {
        account,
        instrument: None,
        side: None,
    }
}

const fn stop(trigger: Price) -> OrderKind {
    OrderKind::Stop {
        trigger,
        on: TriggerOn::Quote,
    }
}

/// Unique within every account: there is one command at most at each place.
const fn client_order(place: u64) -> ClientOrderId {
    ClientOrderId(place as u128 + 1)
}

const fn style(trader: u32) -> Style {
    Style::MIX[trader as usize % Style::MIX.len()]
}

/// One trader looking at one instrument.
struct Look<'a> {
    market: &'a DemoMarket,
    shard: &'a Shard,
    place: u64,
    instrument: InstrumentId,
    account: AccountId,
    style: Style,
}

impl Look<'_> {
    fn decide(&self, dice: &mut Dice) -> Option<Command> {
        let quote = self.shard.quote(self.instrument)?;
        let definition = self.market.instruments().get(self.instrument.0 as usize)?;
        let position = self.shard.position(self.account, self.instrument);
        let working = self.shard.working_orders(self.account);
        if position == SignedQty::ZERO {
            if working > 2 {
                return Some(cancel_all(self.account));
            }
            let side = self.side(dice)?;
            let qty = self.opening_qty(definition, quote.ask)?;
            let away = step(definition, quote.ask, 1 + dice.below(6) as i64);
            let kind = match (dice.below(8), side) {
                (0, Side::Buy) => OrderKind::Limit {
                    price: Price(quote.bid.0 - away),
                },
                (0, Side::Sell) => OrderKind::Limit {
                    price: Price(quote.ask.0 + away),
                },
                (1, Side::Buy) => stop(Price(quote.ask.0 + away)),
                (1, Side::Sell) => stop(Price(quote.bid.0 - away)),
                _ => OrderKind::Market,
            };
            return Some(self.order(side, kind, qty, TimeInForce::Day));
        }
        let side = if position.is_negative() {
            Side::Buy
        } else {
            Side::Sell
        };
        let qty = position.abs().min(definition.order_qty_max);
        match (self.style, dice.below(10)) {
            (_, 0..=2) => Some(self.order(side, OrderKind::Market, qty, TimeInForce::Day)),
            (Style::Careful | Style::Trend, 3..=5) if working == 0 => {
                let away = step(definition, quote.ask, 12 + dice.below(20) as i64);
                let trigger = match side {
                    Side::Sell => Price(quote.bid.0 - away),
                    Side::Buy => Price(quote.ask.0 + away),
                };
                Some(self.order(side, stop(trigger), qty, TimeInForce::GoodTillCancel))
            }
            // Who is reckless adds to what he has.
            (Style::Reckless, 3..=4) => {
                let more = self.opening_qty(definition, quote.ask)?;
                Some(self.order(side.opposite(), OrderKind::Market, more, TimeInForce::Day))
            }
            (_, 6) if working > 0 => Some(cancel_all(self.account)),
            _ => None,
        }
    }

    fn side(&self, dice: &mut Dice) -> Option<Side> {
        let toss = if dice.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let back = self.market.quote_before(self.place, self.instrument, 24);
        let (Some(back), Some(now)) = (back, self.shard.quote(self.instrument)) else {
            return Some(toss);
        };
        match (self.style, now.bid.0 - back.bid.0) {
            (Style::Careful | Style::Reckless, _) => Some(toss),
            (_, 0) => None,
            (Style::Trend, move_) => Some(if move_ > 0 { Side::Buy } else { Side::Sell }),
            (Style::Fade, move_) => Some(if move_ > 0 { Side::Sell } else { Side::Buy }),
        }
    }

    /// A quantity worth the style's share of the equity, in whole lots.
    fn opening_qty(&self, definition: &Instrument, price: Price) -> Option<Qty> {
        let equity = self
            .shard
            .equity(self.account)?
            .to_money_floor()
            .max(Money::ZERO);
        let percent = unit_leverage_percent(self.instrument) * self.style.size_percent() / 100;
        let notional = i128::from(equity.0) * percent / 100;
        // Money is 1e-6, Price 1e-9, Qty 1e-8.
        let qty = notional * 100_000_000_000 / i128::from(price.0.max(1));
        let lots = qty / i128::from(definition.lot_size.0);
        let qty = i64::try_from(lots)
            .ok()?
            .checked_mul(definition.lot_size.0)?;
        Some(Qty(qty).min(definition.order_qty_max)).filter(|qty| qty.0 > 0)
    }

    fn order(&self, side: Side, kind: OrderKind, qty: Qty, tif: TimeInForce) -> Command {
        Command::SubmitOrder(NewOrder {
            client_order: client_order(self.place),
            tif,
            ..NewOrder::new(self.account, self.instrument, side, kind, qty)
        })
    }
}

/// `count` steps of a ten-thousandth of the price, on the grid and at least one tick each.
const fn step(definition: &Instrument, price: Price, count: i64) -> i64 {
    let tick = definition.tick_size.0;
    let ticks = price.0 / 10_000 / tick;
    (if ticks > 0 { ticks } else { 1 }) * tick * count
}

/// Numbers that follow from the seed and the place alone: `SplitMix64` over a mixed start.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, place: u64) -> Self {
        let mut dice = Self(seed ^ place.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((self.next() >> 32) * n) >> 32
    }
}
