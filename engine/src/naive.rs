//! The naive twin of [`crate::Shard`]: slow, obvious, for tests and fuzzing only.
//!
//! It says what the shard must say, from the definitions: plain lists and ordered maps, equity
//! summed over all positions at every question, every order and every account scanned in order of
//! its id. It shares the rules crate with the shard, but none of its shortcuts. Amounts are plain
//! `i128` in the units of [`types::unit`]; inputs whose amounts do not fit are not for it.

mod judge;
mod market;
mod orders;
mod registry;

use std::collections::{BTreeMap, VecDeque};

use rules::{AccountRules, Competition, Entry, Plan, Score};
use types::{
    AccountId, AccountState, Command, CompetitionId, Event, EventKind, Input, InputKind,
    InputRejection, Instrument, InstrumentId, InstrumentStatus, Label, NewOrder, Notional, Price,
    Quote, RollSchedule, Side, SignedQty, Timer, TimestampNs, TradingDay,
};

use crate::limits::Limits;
use crate::view::House;

/// An instrument, its market and its book.
#[derive(Debug)]
struct Market {
    instrument: Instrument,
    status: InstrumentStatus,
    /// The newest quote that was good.
    quote: Option<Quote>,
    /// The newest quote was bad.
    stale: bool,
    last: Option<Price>,
    /// Displayed quantity by price.
    bids: BTreeMap<Price, i64>,
    asks: BTreeMap<Price, i64>,
}

/// An open position.
#[derive(Debug, Clone, Copy)]
struct Position {
    instrument: InstrumentId,
    /// 1e-8; long is positive.
    qty: i128,
    /// 1e-17; signed sum of price x quantity x contract size.
    cost: i128,
}

#[derive(Debug)]
struct Account {
    name: Label,
    plan: usize,
    state: AccountState,
    locked: bool,
    /// 1e-6.
    balance: i128,
    fees: i128,
    rules: AccountRules,
    /// Oldest first.
    positions: Vec<Position>,
    competition: Option<usize>,
}

/// A slow and obvious shard.
#[derive(Debug)]
pub struct Naive {
    limits: Limits,
    ts: TimestampNs,
    facts: Vec<EventKind>,
    markets: Vec<Market>,
    plans: Vec<Plan>,
    competitions: Vec<(Competition, BTreeMap<AccountId, Entry>)>,
    open_days: BTreeMap<RollSchedule, Option<TradingDay>>,
    accounts: Vec<Account>,
    /// Working orders by id.
    orders: BTreeMap<u64, NewOrder>,
    orders_accepted: u64,
    /// Client order ids that are remembered, oldest first.
    used_client_orders: VecDeque<(AccountId, u128)>,
    house: House,
    /// Accounts that this input marked, filled or booked; true where it filled or booked.
    touched: BTreeMap<usize, bool>,
}

impl Naive {
    /// An empty twin.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ts: TimestampNs::default(),
            facts: Vec::new(),
            markets: Vec::new(),
            plans: Vec::new(),
            competitions: Vec::new(),
            open_days: BTreeMap::new(),
            accounts: Vec::new(),
            orders: BTreeMap::new(),
            orders_accepted: 0,
            used_client_orders: VecDeque::new(),
            house: House::default(),
            touched: BTreeMap::new(),
        }
    }

    /// Applies one input and says what happened.
    pub fn apply(&mut self, input: &Input) -> Vec<Event> {
        self.ts = input.ts;
        match &input.kind {
            InputKind::Market(event) => self.on_market(event),
            InputKind::Command(command) => self.on_command(command),
            InputKind::Timer(Timer::DayRoll { schedule, day }) => {
                self.on_day_roll(*schedule, *day);
            }
            InputKind::Timer(Timer::Clock) => {}
        }
        for (account, booked) in std::mem::take(&mut self.touched) {
            self.judge(account, booked);
        }
        let (seq, ts) = (input.seq, input.ts);
        std::mem::take(&mut self.facts)
            .into_iter()
            .map(|kind| Event { seq, ts, kind })
            .collect()
    }

    fn on_command(&mut self, command: &Command) {
        match command {
            Command::RegisterInstrument(instrument) => self.register_instrument(instrument),
            Command::DefinePlan { spec } => self.define_plan(spec),
            Command::DefineCompetition { spec } => self.define_competition(spec),
            Command::OpenAccount(open) => self.open_account(open),
            Command::EnterCompetition {
                competition,
                account,
            } => self.enter_competition(*competition, *account),
            Command::SubmitOrder(order) => self.submit(order),
            Command::AmendOrder {
                account,
                order,
                qty,
                price,
            } => self.amend(*account, *order, *qty, *price),
            Command::CancelOrder { account, order } => self.cancel(*account, *order),
            Command::CancelAll { account } => self.cancel_all(*account),
            Command::Adjust {
                account,
                kind,
                amount,
            } => self.adjust(*account, *kind, *amount),
        }
    }

    /// Balance of an account, 1e-6.
    pub fn balance(&self, account: AccountId) -> i128 {
        self.accounts[account.0 as usize].balance
    }

    /// Equity of an account, summed over its positions.
    pub fn equity(&self, account: AccountId) -> Notional {
        self.account_equity(account.0 as usize)
    }

    /// State of an account, and whether it is locked for the day.
    pub fn state(&self, account: AccountId) -> (AccountState, bool) {
        let account = &self.accounts[account.0 as usize];
        (account.state, account.locked)
    }

    /// Fees that an account has paid, 1e-6.
    pub fn fees(&self, account: AccountId) -> i128 {
        self.accounts[account.0 as usize].fees
    }

    /// The rules of an account as they stand.
    pub fn rules(&self, account: AccountId) -> &AccountRules {
        &self.accounts[account.0 as usize].rules
    }

    /// Position of an account in an instrument.
    pub fn position(&self, account: AccountId, instrument: InstrumentId) -> SignedQty {
        let positions = &self.accounts[account.0 as usize].positions;
        let found = positions.iter().find(|held| held.instrument == instrument);
        SignedQty(found.map_or(0, |held| held.qty as i64))
    }

    /// Ids of the working orders of an account, oldest first.
    pub fn working_orders(&self, account: AccountId) -> Vec<u64> {
        let own = self.orders.iter().filter(|(_, o)| o.account == account);
        own.map(|(id, _)| *id).collect()
    }

    /// The newest good quote of an instrument, and its last price.
    pub fn market(&self, instrument: InstrumentId) -> (Option<Quote>, Option<Price>) {
        let market = &self.markets[instrument.0 as usize];
        (market.quote, market.last)
    }

    /// The score of an entry.
    pub fn score(&self, competition: CompetitionId, account: AccountId) -> Option<Score> {
        let (competition, entries) = self.competitions.get(competition.0 as usize)?;
        let failed = self.accounts[account.0 as usize].state == AccountState::Failed;
        let entry = entries.get(&account)?;
        Some(entry.score(competition, failed))
    }

    /// The firm's side of the ledger.
    pub const fn house(&self) -> House {
        self.house
    }

    fn push(&mut self, kind: EventKind) {
        self.facts.push(kind);
    }

    fn reject(&mut self, reason: InputRejection) {
        self.push(EventKind::InputRejected { reason });
    }

    fn touch(&mut self, account: usize, booked: bool) {
        *self.touched.entry(account).or_default() |= booked;
    }

    fn is_trading(&self, account: usize) -> bool {
        matches!(
            self.accounts[account].state,
            AccountState::Evaluation | AccountState::Funded
        )
    }

    fn account_equity(&self, account: usize) -> Notional {
        let account = &self.accounts[account];
        let open: i128 = account.positions.iter().map(|p| self.unrealised(p)).sum();
        Notional(account.balance * Notional::PER_MONEY + open)
    }

    /// Value at the liquidation side minus cost.
    fn unrealised(&self, position: &Position) -> i128 {
        let price = self.liquidation_price(position);
        self.value(position.instrument, price, position.qty) - position.cost
    }

    fn liquidation_price(&self, position: &Position) -> Price {
        let quote = self.markets[position.instrument.0 as usize].quote;
        let quote = quote.unwrap_or_default();
        if position.qty > 0 {
            quote.bid
        } else {
            quote.ask
        }
    }

    /// Price x quantity x contract size, 1e-17.
    fn value(&self, instrument: InstrumentId, price: Price, qty: i128) -> i128 {
        let contract = self.markets[instrument.0 as usize].instrument.contract_size;
        i128::from(price.0) * qty * i128::from(contract.0) / 100_000_000
    }
}

/// What an order of this side trades against: price and displayed quantity.
const fn opposite(quote: &Quote, side: Side) -> (Price, i64) {
    match side {
        Side::Buy => (quote.ask, quote.ask_qty.0),
        Side::Sell => (quote.bid, quote.bid_qty.0),
    }
}

/// `numerator / denominator`, rounded up; the denominator is above zero.
const fn divide_up(numerator: i128, denominator: i128) -> i128 {
    -(-numerator).div_euclid(denominator)
}
