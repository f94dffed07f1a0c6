//! One attempt: drawn days through a shard, stage after stage.

use engine::{EventBuf, Limits, Shard};
use rules::{Conduct, Life, Plan, Stage};
use types::{
    AccountId, AccountState, AdjustKind, Codec, Command, Effect, EventKind, FeeSchedule, Input,
    InputKind, Instrument, InstrumentId, InstrumentKind, Liquidity, Margin, MarketData,
    MarketEvent, Money, NewOrder, OpenAccount, OrderKind, PaperModel, PlanId, Price, Qty, Quote,
    Ratio, RuleKind, ShardId, Side, Terms, Timer, TimestampNs, TradingDay,
};

use super::{ChallengeError, Question};
use crate::random::Random;

const ACCOUNT: AccountId = AccountId(0);
const PATH: InstrumentId = InstrumentId(0);
/// What is bought for what is opened beside something held: it counts as an opening, and makes nothing.
const BESIDE: InstrumentId = InstrumentId(1);
const HOUR_NS: u64 = 3_600_000_000_000;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempt {
    /// Days until every evaluation was passed; 0 where there is none.
    pub(super) passed_after: Option<u32>,
    /// Whether an evaluation was failed by a rule about profit.
    pub(super) has_failed: bool,
    /// Whether the time to pass an evaluation was over.
    pub(super) has_lapsed: bool,
    /// Whether an evaluation was still going on at the horizon.
    pub(super) is_given_up: bool,
    /// Whether the paying account failed, paid or not.
    pub(super) has_breached: bool,
    /// Days of the paying account until its first payout.
    pub(super) paid_after: Option<u32>,
    /// The trader's share of all payouts.
    pub(super) paid: Money,
}

/// Draws days in blocks. A block is over at the first day that may begin one after the lot fell to end it, so that whatever is
/// held in it is held as in the run, from its opening to its close: else an account would open positions in the middle of
/// holdings and take their profits early, which passes what the strategy does not.
struct Draw<'a> {
    question: &'a Question<'a>,
    /// Places of days that may begin a block.
    firsts: &'a [usize],
    random: Random,
    at: Option<usize>,
    is_ending: bool,
}

impl Draw<'_> {
    /// A day, and whether nothing of the day before it goes on into it.
    fn next(&mut self) -> (super::Day, bool) {
        let days = self.question.days;
        self.is_ending |= self.random.unit() * self.question.block < 1.0;
        // After the last day comes the first one.
        let following = self.at.map(|at| (at + 1) % days.len());
        let is_first = |at: usize| self.firsts.binary_search(&at).is_ok();
        let (at, is_new) = match following {
            Some(at) if !(self.is_ending && is_first(at)) => (at, at == 0),
            _ => {
                self.is_ending = false;
                (self.firsts[self.random.below(self.firsts.len())], true)
            }
        };
        self.at = Some(at);
        (days[at], is_new)
    }

    /// Another account waits for the next day that may begin a block.
    const fn begin(&mut self) {
        self.at = None;
    }
}

/// Limits of a shard that has one account.
const fn small(limits: Limits) -> Limits {
    Limits {
        instruments_max: 2,
        plans_max: 1,
        competitions_max: 1,
        accounts_max: 1,
        orders_max: 8,
        account_orders_per_second_max: 0,
        algos_max: 1,
        positions_max: 4,
        book_levels_max: 8,
        consumed_max: 8,
        client_orders_max: 8,
        depth_levels_max: 8,
        intervals_max: 8,
        ..limits
    }
}

/// An instrument whose price is profit: a tick is 1e-6 of the currency.
fn instrument(symbol: &str, plan: &Plan) -> Option<Instrument> {
    Some(Instrument {
        symbol: types::Label::new(symbol).ok()?,
        kind: InstrumentKind::Future,
        currency: plan.currency,
        tick_size: Price(Price::ONE.0 / Money::ONE.0),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty(i64::MAX - i64::MAX % Qty::ONE.0),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: false,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    })
}

/// How many times the run's profit an attempt has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    /// As money.
    OfRun(Ratio),
    /// As the share of equity that it was of the run's.
    OfEquity(Ratio),
}

/// An account in a stage.
pub(super) struct Trader<'a> {
    plan: &'a Plan,
    shard: Shard,
    events: EventBuf,
    ts: TimestampNs,
    /// Profit of everything so far, in 1e-6, which is the price.
    level: i64,
    paid: Money,
    has_lapsed: bool,
    breached: Option<RuleKind>,
}

impl<'a> Trader<'a> {
    pub(super) fn open(plan: &'a Plan) -> Result<Self, ChallengeError> {
        let refused = |reason: String| ChallengeError::Refused {
            plan: plan.name.to_string(),
            reason,
        };
        let mut trader = Self {
            plan,
            shard: Shard::new(ShardId(0), small(Limits::default())),
            events: EventBuf::default(),
            ts: TimestampNs(HOUR_NS),
            level: 0,
            paid: Money::ZERO,
            has_lapsed: false,
            breached: None,
        };
        let named = |symbol| {
            let made = instrument(symbol, plan).map(Box::new);
            made.ok_or_else(|| refused("no instrument for it".to_owned()))
        };
        let (path, beside) = (named("PATH")?, named("BESIDE")?);
        let judged = Plan {
            conduct: Conduct::default(),
            life: Life {
                time_limit: plan.life.time_limit,
                ..Life::default()
            },
            terms: Terms::default(),
            ..plan.clone()
        };
        let spec = judged.to_bytes().into();
        let account = OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: plan.name,
        };
        for command in [
            Command::RegisterInstrument(path),
            Command::RegisterInstrument(beside),
            Command::DefinePlan { spec },
            Command::OpenAccount(account),
        ] {
            trader.apply(InputKind::Command(command));
            for event in trader.events.as_slice() {
                match event.kind {
                    EventKind::InputRejected { reason } => {
                        return Err(refused(format!("{reason:?}")));
                    }
                    EventKind::AccountDenied { reason, .. } => {
                        return Err(refused(format!("{reason:?}")));
                    }
                    _ => {}
                }
            }
        }
        trader.quote(BESIDE, Price::ONE);
        Ok(trader)
    }

    fn apply(&mut self, kind: InputKind) {
        let input = Input {
            seq: self.shard.seq().next(),
            ts: self.ts,
            kind,
        };
        self.events.clear();
        self.shard.apply(&input, &mut self.events);
        for event in self.events.as_slice() {
            if let EventKind::Breach(breach) = event.kind
                && breach.primary
                && breach.effect == Effect::Fail
            {
                self.breached = Some(breach.rule);
            }
        }
    }

    /// The limit that it fell through.
    pub(super) const fn breached(&self) -> Option<RuleKind> {
        self.breached
    }

    /// Whether its time to pass was over.
    pub(super) const fn has_lapsed(&self) -> bool {
        self.has_lapsed
    }

    /// Balance and what is open.
    pub(super) fn equity(&self) -> Money {
        let row = self.shard.account_row(ACCOUNT);
        row.map_or(Money::ZERO, |row| row.equity)
    }

    /// Whether the account neither passed nor ended.
    pub(super) fn is_trading(&self) -> bool {
        matches!(
            self.state(),
            Some(AccountState::Evaluation | AccountState::Funded)
        )
    }

    pub(super) fn state(&self) -> Option<AccountState> {
        self.shard.account_state(ACCOUNT)
    }

    fn is_held(&self) -> bool {
        self.shard.position(ACCOUNT, PATH).0 != 0
    }

    fn make(&mut self, profit: Money) {
        let tick = Price::ONE.0 / Money::ONE.0;
        let level = self.level.saturating_add(profit.0);
        self.quote(PATH, Price(level.saturating_mul(tick)));
    }

    fn quote(&mut self, instrument: InstrumentId, price: Price) {
        let quote = Quote {
            bid: price,
            bid_qty: Qty::ONE,
            ask: price,
            ask_qty: Qty::ONE,
        };
        self.apply(InputKind::Market(MarketEvent {
            instrument,
            ts_event: self.ts,
            data: MarketData::Quote(quote),
        }));
    }

    fn order(&mut self, instrument: InstrumentId, side: Side, qty: Qty) {
        let order = NewOrder::new(ACCOUNT, instrument, side, OrderKind::Market, qty);
        self.apply(InputKind::Command(Command::SubmitOrder(NewOrder {
            reduce_only: side == Side::Sell,
            ..order
        })));
    }

    /// Closes everything; what the profit is in as the last, so that it is realised with nothing else held.
    fn close(&mut self) {
        let beside = self.shard.position(ACCOUNT, BESIDE).0;
        if beside > 0 {
            self.order(BESIDE, Side::Sell, Qty(beside));
        }
        self.order(PATH, Side::Sell, Qty::ONE);
    }

    /// Trades one day from its roll to its end.
    fn trade(&mut self, day: TradingDay, drawn: (super::Day, bool), size: Size) {
        self.roll(day);
        self.pass(drawn, size);
    }

    /// A day begins, later than those before it.
    pub(super) fn roll(&mut self, day: TradingDay) {
        // Far from 0, days are 24 hours apart.
        let begins = TimestampNs((day.0.max(1) as u64) * 24 * HOUR_NS);
        self.ts = self.ts.max(begins);
        self.apply(InputKind::Timer(Timer::DayRoll {
            schedule: self.plan.schedule,
            day,
        }));
        let mut told = self.events.as_slice().iter();
        self.has_lapsed = told.any(|event| matches!(event.kind, EventKind::Lapsed(_)));
    }

    /// What a day did, or a part of it, and whether nothing of what was before goes on into it.
    pub(super) fn pass(&mut self, (drawn, is_new): (super::Day, bool), size: Size) {
        let profits = match size {
            _ if self.has_lapsed => return,
            Size::OfRun(size) => drawn.profit.map(|profit| profit.mul_ratio_floor(size)),
            Size::OfEquity(size) => {
                let row = self.shard.account_row(ACCOUNT);
                let equity = row.map_or(Money::ZERO, |row| row.equity.max(Money::ZERO));
                drawn
                    .profit_of(equity)
                    .map(|profit| profit.mul_ratio_floor(size))
            }
        };
        if drawn.is_idle() && !self.is_held() {
            return;
        }
        self.ts.0 += HOUR_NS;
        self.make(Money::ZERO);
        // What is opened while something stays open closes nothing: an account that holds something has not passed.
        if (drawn.is_fresh || is_new) && self.is_held() {
            self.close();
        }
        if !self.is_held() {
            self.order(PATH, Side::Buy, Qty::ONE);
        } else if drawn.has_opened {
            self.order(BESIDE, Side::Buy, Qty::ONE);
        }
        for profit in profits {
            self.ts.0 += HOUR_NS;
            self.make(profit);
        }
        self.level = self.level.saturating_add(profits[2].0);
        if !drawn.is_held && self.is_held() {
            self.close();
        }
    }

    /// Takes what may be paid out.
    fn take_payout(&mut self) -> bool {
        let row = self.shard.account_row(ACCOUNT);
        if self.plan.payout.is_none()
            || row.is_none_or(|row| row.balance <= self.plan.initial_balance)
        {
            return false;
        }
        let view = self
            .shard
            .account_view(ACCOUNT)
            .and_then(|view| view.payout);
        let Some(amount) = view.map(|view| view.payable).filter(|it| *it > Money::ZERO) else {
            return false;
        };
        self.apply(InputKind::Command(Command::Adjust {
            account: ACCOUNT,
            kind: AdjustKind::Payout,
            amount,
        }));
        let paid = self
            .events
            .as_slice()
            .iter()
            .find_map(|event| match event.kind {
                EventKind::PayoutApproved { trader, .. } => Some(trader),
                _ => None,
            });
        self.paid = self.paid.saturating_add(paid.unwrap_or(Money::ZERO));
        paid.is_some()
    }
}

/// One attempt at all stages.
pub(super) fn attempt(
    question: &Question<'_>,
    firsts: &[usize],
    size: Ratio,
    place: u64,
) -> Result<Attempt, ChallengeError> {
    let mut draw = Draw {
        question,
        firsts,
        random: Random::of(question.seed, place),
        at: None,
        is_ending: false,
    };
    let mut found = Attempt::default();
    let size = if question.compounds {
        Size::OfEquity(size)
    } else {
        Size::OfRun(size)
    };
    let mut days = 0;
    for plan in question.stages {
        let is_paying = plan.stage == Stage::Funded;
        if is_paying {
            found.passed_after = Some(days);
        }
        let mut trader = Trader::open(plan)?;
        draw.begin();
        // Days begin far enough from 0 for every calendar.
        let mut day = plan
            .days
            .after(TradingDay(20_000))
            .unwrap_or(TradingDay(20_001));
        let mut has_passed = false;
        // Until something else ended it.
        found.is_given_up = !is_paying;
        for traded in 1..=question.horizon_days {
            trader.trade(day, draw.next(), size);
            match trader.state() {
                Some(AccountState::Passed) => {
                    days += traded;
                    (has_passed, found.is_given_up) = (true, false);
                    break;
                }
                Some(AccountState::Evaluation | AccountState::Funded) => {}
                _ if trader.has_lapsed => {
                    (found.has_lapsed, found.is_given_up) = (true, false);
                    break;
                }
                // One that was closed with its last payout did not breach.
                state if is_paying => {
                    found.has_breached = state == Some(AccountState::Failed);
                    break;
                }
                _ => {
                    (found.has_failed, found.is_given_up) = (true, false);
                    break;
                }
            }
            if trader.take_payout() && found.paid_after.is_none() {
                found.paid_after = Some(traded);
            }
            let Some(next) = plan.days.after(day) else {
                break;
            };
            day = next;
        }
        found.paid = found.paid.saturating_add(trader.paid);
        if !has_passed {
            return Ok(found);
        }
    }
    found.passed_after = Some(days);
    Ok(found)
}
