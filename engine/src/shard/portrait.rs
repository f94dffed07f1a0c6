//! The shard's state in the words of its definitions.

use types::{AccountId, CompetitionId, Label, OrderId, PlanId, Price, Qty, Side, TimestampNs};

use super::{Contest, Shard};
use crate::account::Account;
use crate::book::price_of;
use crate::market::Market;
use crate::order::{Form, Order, Stage};
use crate::portrait::{
    AccountPortrait, AlgoPortrait, ContestPortrait, EntrantPortrait, HoldingPortrait,
    MarketPortrait, OrderPortrait, OrderStage, PlacePortrait, Portrait,
};
use crate::view::House;

impl Shard {
    /// Everything that inputs change, free of how it is laid out. For tests: it walks the whole state.
    pub fn portrait(&self) -> Portrait {
        let mut orders: Vec<OrderPortrait> = self
            .orders
            .iter()
            .map(|(handle, id, order)| self.order_portrait(handle, id, order))
            .collect();
        orders.sort_unstable_by_key(|order| order.id);
        Portrait {
            accounts: (0..)
                .map(AccountId)
                .zip(&self.accounts)
                .map(|(id, account)| self.account_portrait(id, account))
                .collect(),
            orders,
            algos: self
                .algos
                .iter()
                .map(|algo| AlgoPortrait {
                    id: algo.id,
                    account: algo.request.account,
                    filled: self.algo_filled(algo),
                    volume: self.markets[algo.request.instrument.0 as usize]
                        .instrument
                        .qty(algo.volume),
                    child: algo.child,
                    next_slice: algo.next_slice,
                })
                .collect(),
            markets: self
                .markets
                .iter()
                .map(|market| self.market_portrait(market))
                .collect(),
            house: self.house(),
            intervals: self
                .windows
                .known()
                .iter()
                .map(|known| (known.calendar, known.interval))
                .collect(),
            windows: self.open_windows().collect(),
            contests: (0..)
                .map(CompetitionId)
                .zip(&self.contests)
                .map(|(id, contest)| self.contest_portrait(id, contest))
                .collect(),
        }
    }

    /// Windows that are open, by plan and place, with the moment at which they close.
    pub fn open_windows(&self) -> impl Iterator<Item = (PlanId, u8, TimestampNs)> {
        (0..).map(PlanId).zip(&self.plans).flat_map(|(id, plan)| {
            plan.windows.places().filter_map(move |window| {
                let until = plan.windows.until(window)?;
                Some((id, window as u8, until))
            })
        })
    }

    /// The firm's side of the ledger in every currency that has moved, ascending by currency.
    pub fn house(&self) -> Vec<(Label, House)> {
        let mut house: Vec<(Label, House)> = self
            .currencies
            .iter()
            .copied()
            .zip(self.house.iter().copied())
            .filter(|(_, house)| *house != House::default())
            .collect();
        house.sort_unstable_by_key(|(currency, _)| *currency);
        house
    }

    fn account_portrait(&self, id: AccountId, account: &Account) -> AccountPortrait {
        let mut foreign: Vec<_> = account
            .foreign
            .iter()
            .map(|(currency, cash)| (self.currencies[currency.0 as usize], cash))
            .collect();
        foreign.sort_unstable_by_key(|(currency, _)| *currency);
        let mut holdings: Vec<HoldingPortrait> = self
            .account_holdings(account)
            .filter(|held| (held.lots.0, held.buys().0, held.sells().0) != (0, 0, 0))
            .map(|held| {
                let market = self.market_of(held);
                HoldingPortrait {
                    instrument: held.instrument.0,
                    leg: held.leg,
                    position: market.signed_qty(held.lots),
                    cost: held.cost,
                    buys: market.instrument.qty(held.buys()),
                    sells: market.instrument.qty(held.sells()),
                }
            })
            .collect();
        holdings.sort_unstable_by_key(|held| (held.instrument, held.leg));
        let account = &*self.caught_up(account);
        AccountPortrait {
            state: account.state(),
            suspension: account.life.suspension().copied(),
            lineage: account.lineage,
            followed: account.followed,
            day_locked: account.day_locked,
            balance: account.balance,
            foreign,
            equity: self.equity_of(account),
            fees: account.fees,
            rules: account.rules.clone(),
            holdings,
            moved: [account.moved.daily, account.moved.max],
            untold: [account.untold.daily, account.untold.max],
            origins: [account.origins.daily, account.origins.max],
            active: self.plans[account.plan.0 as usize]
                .plan
                .conduct
                .inactivity
                .map(|_| (account.active.seq, account.active.ts)),
            score: self.score(id),
        }
    }

    fn contest_portrait(&self, id: CompetitionId, contest: &Contest) -> ContestPortrait {
        let life = &contest.life;
        let entrants = (0..).zip(&contest.entries).map(|(number, entrant)| {
            let disqualified = life.disqualification(number);
            EntrantPortrait {
                account: entrant.account,
                team: life.team_of(number),
                disqualified: disqualified.map(|row| row.reason),
            }
        });
        let places = |public| {
            let board = self.board(id, public);
            let rows = board.into_iter().flat_map(|board| board.rows);
            rows.map(|row| PlacePortrait {
                rank: row.rank,
                account: row.account,
                score: row.score,
            })
            .collect()
        };
        ContestPortrait {
            state: life.state(),
            is_frozen: life.is_frozen(),
            entrants: entrants.collect(),
            scored: life
                .board()
                .top(life.board().len())
                .map(|place| place.key)
                .collect(),
            board: places(false),
            public: places(true),
            awards: life.awards().cloned(),
        }
    }

    /// Where a working order is.
    pub(crate) fn stage_of(order: &Order) -> OrderStage {
        match order.stage {
            Stage::InFlight => OrderStage::InFlight,
            Stage::Held => OrderStage::Held,
            Stage::Waiting => OrderStage::Waiting,
            Stage::Auction => OrderStage::Auction,
            Stage::Resting | Stage::Entering => OrderStage::Resting,
        }
    }

    /// Limit price and trigger of a working order as they stand, and what a book shows of it.
    pub(crate) fn figures_of(
        &self,
        handle: u32,
        order: &Order,
    ) -> (Option<Price>, Option<Price>, Qty) {
        let market = self.market_of(self.holdings.get(order.holding));
        let instrument = &market.instrument;
        let limit = order.form.has_limit();
        let extra = self.orders.extra(handle);
        let trigger = extra.filter(|extra| extra.has_trigger && order.form.is_triggered());
        let is_shown = market.is_crossed() && order.stage == Stage::Resting;
        let shown = self.orders.nodes.get(handle).lots;
        (
            limit.then(|| instrument.price(order.limit)),
            trigger.map(|extra| instrument.price(extra.trigger)),
            if is_shown {
                instrument.qty(shown)
            } else {
                Qty::ZERO
            },
        )
    }

    fn order_portrait(&self, handle: u32, id: OrderId, order: &Order) -> OrderPortrait {
        let market = self.market_of(self.holdings.get(order.holding));
        let instrument = &market.instrument;
        let extra = self.orders.extra(handle);
        let (limit, trigger, displayed) = self.figures_of(handle, order);
        let is_queued = order.stage == Stage::Resting
            && order.form == Form::Limit
            && matches!(market.paper(), Some(model) if matches!(model.fill, types::FillRule::Queue(_)));
        let qty = |lots: i64| instrument.qty(types::Lots(lots));
        OrderPortrait {
            id,
            request: self.request_of(handle),
            stage: Self::stage_of(order),
            leaves: Qty(order.leaves().0.saturating_mul(instrument.lot_size.0)),
            filled: instrument.qty(order.filled),
            displayed,
            limit,
            trigger,
            queue: extra.filter(|_| is_queued).map(|extra| {
                let queue = extra.queue;
                (qty(queue.ahead), qty(queue.shown), qty(queue.printed))
            }),
            list: extra.map_or(OrderId(0), |extra| extra.list),
            role: order.role,
            earned: extra.map_or(types::Money::ZERO, |extra| extra.earned),
        }
    }

    fn market_portrait(&self, market: &Market) -> MarketPortrait {
        let instrument = &market.instrument;
        let side = |side: Side| {
            let ladder = market.book.ladder(side);
            ladder
                .iter_levels()
                .filter(|_| market.is_crossed())
                .map(|(key, lots, _)| {
                    let queue = ladder.iter_queue(&self.orders.nodes, key);
                    (
                        instrument.price(price_of(side, key)),
                        instrument.qty(lots),
                        queue.map(|handle| self.orders.id(handle)).collect(),
                    )
                })
                .collect()
        };
        MarketPortrait {
            status: market.status,
            quote: market.quote(),
            stale: market.stale,
            lost: market.lost,
            last: market.last.map(|last| instrument.price(last)),
            session: market.session.map(|session| instrument.price(session)),
            bids: side(Side::Buy),
            asks: side(Side::Sell),
        }
    }
}
