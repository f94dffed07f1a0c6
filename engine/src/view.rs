//! Read-only pictures of a shard, for screens and reports. Nothing here changes state.

mod conduct;
mod contest;
mod limits;
mod money;
mod next_roll;
mod proofs;
mod what_if;

use rules::{Competition, Ineligible, Lineage, MinDays, Plan, Score, Stage, Standing};
use types::{
    AccountId, AccountState, Breach, CompetitionId, CompetitionState, Consistency, Effect, Funding,
    Instrument, InstrumentId, InstrumentStatus, Label, Leg, Lots, Money, NewAlgo, NewOrder,
    Notional, OrderId, OrderRole, Parentage, PlanHash, PlanId, Price, Qty, Quote, Ratio, Seq, Side,
    SignedQty, Suspension, Terms, TimestampNs, TradingDay,
};

pub use self::conduct::{
    ConductView, DayCount, InactivityView, SizeView, TimeLimitView, WindowView, WindowsView,
};
pub use self::limits::{BreachLine, BreachPrice, LimitView, LineTerm};
pub use self::money::{PayoutView, ScalingView};
pub use self::next_roll::{NextRoll, RolledLimit};
pub use self::what_if::WhatIf;
use crate::account::Account;
pub use crate::account::{House, Move};
use crate::book::price_of;
use crate::holding::{self, Holding};
use crate::market::Market;
use crate::portrait::OrderStage;
use crate::shard::{Contest, Entrant, Shard};
use crate::slab::NIL;

/// An instrument and its market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentView {
    /// Its id.
    pub id: InstrumentId,
    /// Its definition.
    pub instrument: Instrument,
    /// Whether it trades.
    pub status: InstrumentStatus,
    /// The newest good quote.
    pub quote: Option<Quote>,
    /// Whether it is known no more: the feed lost track, what it said last cannot be, or a split restated it. Nothing fills
    /// until the next good quote.
    pub is_stale: bool,
    /// The newest print.
    pub last: Option<Price>,
    /// Venue time of the newest data.
    pub ts: TimestampNs,
}

/// The short form of an account, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Label,
    /// Its plan.
    pub plan: PlanId,
    /// Name of the plan.
    pub plan_name: Label,
    /// The account it follows.
    pub parent: Option<Parentage>,
    /// Phase of an evaluation; 0 when funded.
    pub phase: u8,
    /// Its state.
    pub state: AccountState,
    /// Whether it takes no orders until the next roll.
    pub day_locked: bool,
    /// What percentages of initial refer to.
    pub size: Money,
    /// Realised cash.
    pub balance: Money,
    /// Balance plus unrealised, rounded down.
    pub equity: Money,
    /// The largest share that is used of one of its limits: [`rules::limit::used`].
    pub used: Option<Ratio>,
}

/// Everything about one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// The short form.
    pub row: AccountRow,
    /// Version of the plan.
    pub plan_version: u32,
    /// Hash of the plan.
    pub plan_hash: PlanHash,
    /// Currency of all amounts.
    pub currency: Label,
    /// Balance that the plan opens with.
    pub initial_balance: Money,
    /// Equity less balance, rounded down.
    pub unrealised: Money,
    /// Cash of other currencies, in order of first use.
    pub foreign: Vec<(Label, Money)>,
    /// Position mode, funding and short rule.
    pub terms: Terms,
    /// Margin that positions and working orders tie up, with the fees of these where they may open something; `None`
    /// without margin.
    pub margin_required: Option<Money>,
    /// What positions need to be kept; `None` without margin.
    pub maintenance_required: Option<Money>,
    /// What an opening order may still use: cash that is free, or equity less the margin required;
    /// `None` where orders are not checked.
    pub buying_power: Option<Money>,
    /// Fees paid so far.
    pub fees: Money,
    /// The trading day that is open.
    pub day: Option<TradingDay>,
    /// Realised profit of the open day, fees included.
    pub day_pnl: Money,
    /// Balance when the day opened.
    pub day_start_balance: Money,
    /// Equity when the day opened, rounded down.
    pub day_start_equity: Money,
    /// Every limit.
    pub limits: Vec<LimitView>,
    /// What the next roll would do at the equity of now, the first one, too; `None` of an account that
    /// does not trade, which no roll concerns, and of one that the next input fails or locks first, as it stands below
    /// a floor since the newest.
    pub next_roll: Option<NextRoll>,
    /// Balance that meets the profit target, and when it was first met.
    pub target: Option<(Money, Option<TimestampNs>)>,
    /// Trading days counted, and the rule that asks for them.
    pub min_days: Option<(u16, MinDays)>,
    /// The consistency rule.
    pub consistency: Option<Consistency>,
    /// What could be paid out now, and why not; `None` where the plan pays nothing out.
    pub payout: Option<PayoutView>,
    /// How it could grow, and why not yet; `None` where the plan does not scale.
    pub scaling: Option<ScalingView>,
    /// Open positions, oldest first.
    pub positions: Vec<PositionView>,
    /// Working orders, oldest first.
    pub orders: Vec<OrderView>,
    /// Working algos, oldest first.
    pub algos: Vec<AlgoView>,
    /// Its suspension, while it is suspended.
    pub suspension: Option<Suspension>,
    /// Resets and retries that led to it.
    pub lineage: Lineage,
    /// Whether another account follows it.
    pub followed: bool,
    /// How it stands against its rules of conduct and its time to pass; `None` where its plan has neither.
    pub conduct: Option<ConductView>,
    /// The newest primary breach, its place and time.
    pub breach: Option<(Seq, TimestampNs, Breach)>,
}

/// An open position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionView {
    /// What is held.
    pub instrument: InstrumentId,
    /// Its name.
    pub symbol: Label,
    /// Which position.
    pub leg: Leg,
    /// How much.
    pub position: SignedQty,
    /// Average price, rounded down to 1e-9.
    pub average_price: Price,
    /// The price that values it.
    pub mark: Option<Price>,
    /// Value at the mark minus cost, rounded down.
    pub unrealised: Money,
    /// Size at the mark, without its sign, rounded down.
    pub notional: Money,
}

/// A working order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// Its id.
    pub order: OrderId,
    /// Name of its instrument.
    pub symbol: Label,
    /// Its terms, with the figures as they stand.
    pub request: NewOrder,
    /// Where it is.
    pub stage: OrderStage,
    /// Still to execute.
    pub leaves: Qty,
    /// Executed.
    pub filled: Qty,
    /// What a book shows of it; zero where no book does.
    pub displayed: Qty,
    /// Limit price as it stands.
    pub limit: Option<Price>,
    /// Trigger as it stands, while it waits for one.
    pub trigger: Option<Price>,
    /// First order of its list, or its algo; zero for none.
    pub list: OrderId,
    /// Its part in it.
    pub role: OrderRole,
}

/// A working algo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgoView {
    /// Its id.
    pub id: OrderId,
    /// What was asked for.
    pub request: NewAlgo,
    /// Executed by its children.
    pub filled: Qty,
}

/// The book of a crossed instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookView {
    /// Buy side, best first: price, displayed quantity, orders.
    pub bids: Vec<(Price, Qty, u32)>,
    /// Sell side, best first.
    pub asks: Vec<(Price, Qty, u32)>,
    /// In a call: the price and quantity at which it would uncross now.
    pub indicative: Option<(Price, Qty)>,
}

/// A competition's ranked board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Its id.
    pub id: CompetitionId,
    /// Its configuration.
    pub competition: Competition,
    /// Where it is in its life.
    pub state: CompetitionState,
    /// Whether the public board stands still.
    pub is_frozen: bool,
    /// Ranked entrants first, best first; then the unranked.
    pub rows: Vec<BoardRow>,
}

/// An entrant's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// 1 is best; `None` while not eligible.
    pub rank: Option<u32>,
    /// The entrant.
    pub account: AccountId,
    /// Its name.
    pub name: Label,
    /// Weighted components, total, return, drawdown, gates.
    pub score: Score,
}

impl Shard {
    /// Every instrument.
    pub fn instrument_views(&self) -> Vec<InstrumentView> {
        (0..self.instrument_count())
            .filter_map(|id| self.instrument_view(InstrumentId(id)))
            .collect()
    }

    /// One instrument.
    pub fn instrument_view(&self, id: InstrumentId) -> Option<InstrumentView> {
        let market = self.markets.get(id.0 as usize)?;
        let instrument = market.instrument;
        Some(InstrumentView {
            id,
            instrument,
            status: market.status,
            quote: self.quote(id),
            is_stale: market.stale,
            last: market.last.map(|last| instrument.price(last)),
            ts: market.ts,
        })
    }

    /// The newest good quote of an instrument; of a crossed one, its book's best prices.
    #[inline]
    pub fn quote(&self, id: InstrumentId) -> Option<Quote> {
        self.markets.get(id.0 as usize)?.quote()
    }

    /// The book of a crossed instrument, up to so many levels a side.
    pub fn book_view(&self, id: InstrumentId, levels: usize) -> Option<BookView> {
        let market = self.markets.get(id.0 as usize)?;
        if !market.is_crossed() {
            return None;
        }
        let instrument = &market.instrument;
        let side = |side: Side| {
            let shown = market.book.ladder(side).iter_levels().take(levels);
            shown
                .map(|(key, lots, orders)| {
                    let price = instrument.price(price_of(side, key));
                    (price, instrument.qty(lots), orders)
                })
                .collect()
        };
        let indicative = self.indicative(id);
        Some(BookView {
            bids: side(Side::Buy),
            asks: side(Side::Sell),
            indicative: indicative
                .map(|(price, lots)| (instrument.price(price), instrument.qty(lots))),
        })
    }

    /// The plan of an id.
    pub fn plan(&self, id: PlanId) -> Option<&Plan> {
        self.plans.get(id.0 as usize).map(|known| &known.plan)
    }

    /// State of an account.
    pub fn account_state(&self, id: AccountId) -> Option<AccountState> {
        self.accounts.get(id.0 as usize).map(Account::state)
    }

    /// Whether an account takes no orders until the next roll.
    pub fn is_day_locked(&self, id: AccountId) -> bool {
        self.accounts
            .get(id.0 as usize)
            .is_some_and(|account| account.day_locked)
    }

    /// [`AccountView::buying_power`] of an account.
    pub fn buying_power(&self, id: AccountId) -> Option<Money> {
        self.buying_power_of(self.accounts.get(id.0 as usize)?)
    }

    /// Equity of an account in its currency, exact.
    pub fn equity(&self, id: AccountId) -> Option<Notional> {
        let account = self.accounts.get(id.0 as usize)?;
        Some(self.equity_of(account))
    }

    /// [`Shard::equity`] rounded down to a unit of money; without a division of 128 bits where the open profit alone
    /// needs none.
    #[inline]
    pub fn equity_floor(&self, id: AccountId) -> Option<Money> {
        let account = self.accounts.get(id.0 as usize)?;
        if account.foreign.is_empty() && account.holdings.first == NIL {
            return Some(account.balance);
        }
        Some(self.exposed_equity_floor(account))
    }

    fn exposed_equity_floor(&self, account: &Account) -> Money {
        if account.foreign.is_empty() {
            let holdings = &account.holdings;
            let open = if holdings.first == holdings.last {
                self.unrealised(self.holdings.get(holdings.first)).0
            } else {
                let held = self.account_holdings(account);
                held.fold(0_i128, |open, held| {
                    open.saturating_add(self.unrealised(held).0)
                })
            };
            if open == 0 {
                return account.balance;
            }
            // Whole units of money pass the rounding, as long as neither part was held at the end of its range.
            let floor = Notional(open).to_money_floor();
            if let Some(equity) = account.balance.checked_add(floor)
                && floor > Money(i64::MIN)
                && floor < Money(i64::MAX)
            {
                return equity;
            }
        }
        self.equity_of(account).to_money_floor()
    }

    /// Position of an account in an instrument, its legs together; zero when there is none.
    pub fn position(&self, id: AccountId, instrument: InstrumentId) -> SignedQty {
        let Some(market) = self.markets.get(instrument.0 as usize) else {
            return SignedQty::ZERO;
        };
        let Some(account) = self.accounts.get(id.0 as usize) else {
            return SignedQty::ZERO;
        };
        let holdings = &account.holdings;
        if holdings.first == NIL {
            return SignedQty::ZERO;
        }
        let lots = if holdings.first == holdings.last {
            let held = self.holdings.get(holdings.first);
            let is_meant = held.instrument == instrument;
            if is_meant { held.lots.0 } else { 0 }
        } else {
            let legs = [Leg::Net, Leg::Long, Leg::Short];
            let held = legs.map(|leg| self.find_holding(id, instrument, leg));
            let lots = held.map(|held| held.map_or(0, |(_, held)| held.lots.0));
            lots.into_iter().sum()
        };
        market.signed_qty(Lots(lots))
    }

    /// How many positions of an instrument need a look at the mark of now, by comparing every one with
    /// its band: none after an input, but for those that every mark concerns. The plain sweep that the
    /// index replaces, for tests and benchmarks.
    pub fn sweep_bands(&self, instrument: InstrumentId) -> usize {
        let Some(market) = self.markets.get(instrument.0 as usize) else {
            return 0;
        };
        let left = market
            .all_bands()
            .map(|(bands, direction, mark)| mark.map_or(0, |mark| bands.sweep(mark, direction)));
        left.sum()
    }

    /// How many orders of an account work.
    pub fn working_orders(&self, id: AccountId) -> u32 {
        self.accounts
            .get(id.0 as usize)
            .map_or(0, |account| account.orders_len)
    }

    /// Name and parent of an account.
    pub fn account_name(&self, id: AccountId) -> Option<(Label, Option<Parentage>)> {
        self.accounts
            .get(id.0 as usize)
            .map(|account| (account.name, account.parent))
    }

    /// The short form of an account.
    pub fn account_row(&self, id: AccountId) -> Option<AccountRow> {
        let account = self.accounts.get(id.0 as usize)?;
        let plan = &self.plans[account.plan.0 as usize].plan;
        let equity = self.equity_of(account);
        let used = self
            .rules_of(account)
            .limits()
            .filter_map(|limit| limit.used(equity))
            .max();
        Some(AccountRow {
            id,
            name: account.name,
            plan: account.plan,
            plan_name: plan.name,
            parent: account.parent,
            phase: match plan.stage {
                Stage::Evaluation { phase } => phase,
                Stage::Funded => 0,
            },
            state: account.state(),
            day_locked: account.day_locked,
            size: account.rules.size(),
            balance: self.balance_of(account),
            equity: equity.to_money_floor(),
            used,
        })
    }

    /// Everything about an account.
    pub fn account_view(&self, id: AccountId) -> Option<AccountView> {
        let row = self.account_row(id)?;
        let account = &self.accounts[id.0 as usize];
        let known = &self.plans[account.plan.0 as usize];
        let plan = &known.plan;
        let caught_up = self.caught_up(account);
        let standing = &caught_up.rules;
        let rules = standing.valued(plan, self.day_worth_of(account));
        Some(AccountView {
            row,
            plan_version: plan.version,
            plan_hash: known.hash,
            currency: plan.currency,
            initial_balance: plan.initial_balance,
            unrealised: self.open_profit(account),
            foreign: account
                .foreign
                .iter()
                .map(|(currency, cash)| (self.currencies[currency.0 as usize], cash))
                .collect(),
            terms: account.terms,
            margin_required: self.margin_required(account),
            maintenance_required: self.maintenance_required(account),
            buying_power: self.buying_power_of(account),
            fees: account.fees,
            day: rules.day(),
            day_pnl: rules.day_pnl(),
            day_start_balance: rules.day_start_balance(),
            day_start_equity: rules.day_start_equity(),
            limits: self.limit_views(account, standing, &caught_up.moved, &self.worth_of(account)),
            next_roll: match self.verdict_ahead(account) {
                Some(Effect::Fail | Effect::LockForDay) => None,
                Some(Effect::Warn) | None => self.next_roll(
                    account,
                    standing,
                    self.balance_of(account),
                    self.equity_of(account),
                ),
            },
            target: rules
                .target_balance(plan)
                .map(|target| (target, rules.target_reached_at())),
            min_days: plan.min_days.map(|rule| (rules.days_counted(plan), rule)),
            consistency: rules.consistency(plan, id),
            payout: self.payout_view(id),
            scaling: self.scaling_view(id),
            positions: self
                .account_positions(account)
                .map(|p| self.position_view(p))
                .collect(),
            orders: self.order_views(account),
            algos: self.algo_views(id),
            suspension: account.life.suspension().copied(),
            lineage: account.lineage,
            followed: account.followed,
            conduct: (account.has_conduct || plan.time_limit().is_some())
                .then(|| self.conduct_view(account)),
            breach: account
                .breach
                .map(|record| (record.seq, record.ts, record.breach)),
        })
    }

    /// Equity less balance, rounded down.
    fn open_profit(&self, account: &Account) -> Money {
        let balance = self.balance_of(account).to_notional();
        Notional(self.equity_of(account).0.saturating_sub(balance.0)).to_money_floor()
    }

    fn buying_power_of(&self, account: &Account) -> Option<Money> {
        match account.terms.funding {
            Funding::Unchecked => None,
            Funding::Cash => Some(self.cash_available(account).to_money_floor()),
            Funding::Margin { .. } => {
                let required = self.margin_required(account)?;
                Some(
                    self.equity_of(account)
                        .to_money_floor()
                        .saturating_sub(required),
                )
            }
        }
    }

    fn account_positions(&self, account: &Account) -> impl Iterator<Item = &Holding> {
        self.account_holdings(account)
            .filter(|holding| holding.lots.0 != 0)
    }

    fn order_views(&self, account: &Account) -> Vec<OrderView> {
        let view = |(handle, order): (u32, &crate::order::Order)| {
            let instrument = &self.market_of(self.holdings.get(order.holding)).instrument;
            let (limit, trigger, displayed) = self.figures_of(handle, order);
            let extra = self.orders.extra(handle);
            OrderView {
                order: self.orders.id(handle),
                symbol: instrument.symbol,
                request: self.request_of(handle),
                stage: Self::stage_of(order),
                leaves: instrument.qty(order.leaves()),
                filled: instrument.qty(order.filled),
                displayed,
                limit,
                trigger,
                list: extra.map_or(OrderId(0), |extra| extra.list),
                role: order.role,
            }
        };
        self.account_orders(account).map(view).collect()
    }

    fn algo_views(&self, account: AccountId) -> Vec<AlgoView> {
        let own = self.algos.iter();
        own.filter(|algo| algo.request.account == account)
            .map(|algo| AlgoView {
                id: algo.id,
                request: algo.request,
                filled: self.algo_filled(algo),
            })
            .collect()
    }

    fn position_view(&self, position: &Holding) -> PositionView {
        let market = self.market_of(position);
        let instrument = &market.instrument;
        let cost_in_tick_lots = position
            .cost
            .0
            .saturating_mul(i128::from(instrument.tick_size.0));
        let per_tick = market
            .tick_value
            .exact
            .0
            .saturating_mul(i128::from(position.lots.0));
        // Division rounds down only by a positive number, and a short position's is not.
        let average = if per_tick > 0 {
            cost_in_tick_lots.div_euclid(per_tick)
        } else {
            (cost_in_tick_lots.saturating_neg()).div_euclid(per_tick.saturating_neg())
        };
        let mark = market.mark(position.lots, position.mark);
        let value = mark.map_or(Notional::ZERO, |mark| {
            holding::value(mark, position.lots, market.tick_value)
        });
        PositionView {
            instrument: position.instrument,
            symbol: instrument.symbol,
            leg: position.leg,
            position: market.signed_qty(position.lots),
            average_price: Price(average as i64),
            mark: mark.map(|mark| instrument.price(mark)),
            unrealised: self.unrealised(position).to_money_floor(),
            notional: Notional(value.0.saturating_abs()).to_money_floor(),
        }
    }

    /// An entry at its account's equity of this moment while scores count, and whether its account
    /// violated a hard rule; of a competition that is over, as it ended.
    fn entry_now(&self, contest: &Contest, entrant: &Entrant) -> (rules::Entry, bool) {
        let account = &self.accounts[entrant.account.0 as usize];
        let mut entry = entrant.entry.clone();
        match contest.life.state() {
            CompetitionState::InReview | CompetitionState::Final => (entry, entrant.breached),
            CompetitionState::Upcoming | CompetitionState::Live => {
                if contest.is_live() {
                    entry.observe(self.equity_of(account), self.ts);
                }
                (entry, account.state() == AccountState::Failed)
            }
        }
    }

    /// The score of an account in its competition.
    pub(crate) fn score(&self, id: AccountId) -> Option<Score> {
        let account = self.accounts.get(id.0 as usize)?;
        let place = account.entry?;
        let contest = &self.contests[place.competition.0 as usize];
        let (entry, breached) = self.entry_now(contest, &contest.entries[place.index as usize]);
        Some(entry.score(&contest.competition, breached))
    }

    /// A competition's ranked board. The `public` one stands still while the board is frozen, and has
    /// nobody who entered later.
    pub fn board(&self, id: CompetitionId, public: bool) -> Option<Board> {
        let contest = self.contests.get(id.0 as usize)?;
        let entries = (0..).zip(&contest.entries);
        let mut standings: Vec<_> = entries
            .filter_map(|(number, entrant)| {
                let (entry, breached, disqualified) = self.entry(id, number, public)?;
                let mut standing = Standing::new(
                    entrant.account,
                    number,
                    &entry,
                    &contest.competition,
                    breached,
                );
                if let Some(reason) = disqualified {
                    standing.score.ineligible = Some(Ineligible::Disqualified(reason));
                }
                Some(standing)
            })
            .collect();
        rules::rank(&mut standings);
        let rows = standings
            .into_iter()
            .map(|standing| BoardRow {
                rank: standing.rank,
                account: standing.account,
                name: self.accounts[standing.account.0 as usize].name,
                score: standing.score,
            })
            .collect();
        Some(Board {
            id,
            competition: contest.competition.clone(),
            state: contest.life.state(),
            is_frozen: contest.life.is_frozen(),
            rows,
        })
    }
}

impl Market {
    /// The touch in prices and quantities.
    #[inline]
    pub(crate) fn quote(&self) -> Option<Quote> {
        let instrument = &self.instrument;
        self.touch.map(|touch| Quote {
            bid: instrument.price(touch.bid),
            bid_qty: instrument.qty(touch.bid_qty),
            ask: instrument.price(touch.ask),
            ask_qty: instrument.qty(touch.ask_qty),
        })
    }
}
