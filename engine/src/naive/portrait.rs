//! The twin's state as its definitions name it.

use std::collections::BTreeSet;

use types::{
    AccountId, AlgoKind, Instrument, Leg, Lots, NewOrder, Notional, OrderId, OrderKind, Price, Qty,
    Quote, Side, Ticks,
};

use super::Naive;
use super::algos::Algo;
use super::market::Market;
use super::money::{hold, signed_qty};
use super::order::{Order, Stage};
use crate::portrait::{
    AccountPortrait, AlgoPortrait, HoldingPortrait, MarketPortrait, OrderPortrait, OrderStage,
    Portrait,
};

fn lots(grid: &Instrument, lots: i64) -> Qty {
    grid.qty(Lots(lots))
}

fn price(grid: &Instrument, ticks: i64) -> Price {
    grid.price(Ticks(ticks))
}

/// What is asked for with the figures of now; a stop-limit order that was triggered is a limit order.
fn as_it_stands(grid: &Instrument, order: &Order) -> NewOrder {
    let limit = price(grid, order.limit.unwrap_or_default());
    let trigger = price(grid, order.trigger.unwrap_or_default());
    let kind = match order.request.kind {
        OrderKind::Limit { .. } => OrderKind::Limit { price: limit },
        OrderKind::StopLimit { .. } if order.triggered => OrderKind::Limit { price: limit },
        OrderKind::StopLimit { on, .. } => OrderKind::StopLimit {
            trigger,
            price: limit,
            on,
        },
        OrderKind::Stop { on, .. } => OrderKind::Stop { trigger, on },
        OrderKind::MarketIfTouched { on, .. } => OrderKind::MarketIfTouched { trigger, on },
        kind @ (OrderKind::Market | OrderKind::TrailingStop { .. }) => kind,
    };
    NewOrder {
        kind,
        qty: lots(grid, order.qty),
        ..order.request
    }
}

impl Naive {
    /// Everything that inputs change.
    pub fn portrait(&self) -> Portrait {
        let accounts = 0..self.accounts.len();
        let markets = self.markets.iter().enumerate();
        Portrait {
            accounts: accounts.map(|id| self.account_portrait(id)).collect(),
            orders: self
                .orders
                .values()
                .map(|o| self.order_portrait(o))
                .collect(),
            algos: self.algos.values().map(|a| self.algo_portrait(a)).collect(),
            markets: markets
                .map(|(id, market)| self.market_portrait(id, market))
                .collect(),
            house: self.house(),
            intervals: self.intervals.clone(),
            windows: self.windows_by_clock(),
            contests: self
                .contests
                .iter()
                .map(|contest| self.contest_portrait(contest))
                .collect(),
        }
    }

    fn account_portrait(&self, id: usize) -> AccountPortrait {
        let account = &self.accounts[id];
        let mut foreign = account.foreign.clone();
        foreign.sort_unstable_by_key(|(currency, _)| *currency);
        AccountPortrait {
            state: self.state(id),
            suspension: account.life.suspension().copied(),
            lineage: account.lineage,
            followed: account.followed,
            day_locked: account.locked,
            balance: account.balance,
            foreign,
            equity: self.equity_of(id),
            fees: account.fees,
            rules: account.rules.clone(),
            holdings: self.holding_portraits(id),
            moved: account.moved,
            origins: account.origins,
            active: self.plans[account.plan]
                .conduct
                .inactivity
                .map(|_| account.active),
            untold: account.untold,
            score: self.score(AccountId(id as u32)),
        }
    }

    fn holding_portraits(&self, id: usize) -> Vec<HoldingPortrait> {
        let positions = self.accounts[id].positions.iter();
        let mut holdings: BTreeSet<(usize, Leg)> =
            positions.map(|held| (held.instrument, held.leg)).collect();
        let orders = self.orders.values().filter(|order| order.account == id);
        holdings.extend(orders.map(|order| (order.instrument, order.leg)));
        let mut portraits = Vec::new();
        for (instrument, leg) in holdings {
            let positions = &self.accounts[id].positions;
            let found = positions
                .iter()
                .find(|held| (held.instrument, held.leg) == (instrument, leg));
            let (buys, sells) = self.working_sums(id, instrument, leg, None);
            if found.is_none() && buys == 0 && sells == 0 {
                continue;
            }
            let grid = &self.markets[instrument].instrument;
            portraits.push(HoldingPortrait {
                instrument: instrument as u32,
                leg,
                position: signed_qty(grid, found.map_or(0, |held| held.lots)),
                cost: Notional(found.map_or(0, |held| held.cost)),
                buys: lots(grid, hold(buys)),
                sells: lots(grid, hold(sells)),
            });
        }
        portraits
    }

    fn order_portrait(&self, order: &Order) -> OrderPortrait {
        let grid = &self.markets[order.instrument].instrument;
        let trigger = order.trigger.filter(|_| order.awaits_trigger());
        let queue = order.queue.map(|queue| {
            (
                lots(grid, queue.ahead),
                lots(grid, queue.shown),
                lots(grid, queue.printed),
            )
        });
        OrderPortrait {
            id: OrderId(order.id),
            request: as_it_stands(grid, order),
            stage: match order.stage {
                Stage::InFlight(_) => OrderStage::InFlight,
                Stage::Held => OrderStage::Held,
                Stage::Waiting => OrderStage::Waiting,
                Stage::Auction => OrderStage::Auction,
                Stage::Resting | Stage::Entering | Stage::Done => OrderStage::Resting,
            },
            leaves: lots(grid, order.leaves()),
            filled: lots(grid, order.filled),
            displayed: lots(grid, order.displayed),
            limit: order.limit.map(|ticks| price(grid, ticks)),
            trigger: trigger.map(|ticks| price(grid, ticks)),
            queue,
            list: OrderId(order.list),
            role: order.role,
            earned: order.earned,
        }
    }

    fn algo_portrait(&self, algo: &Algo) -> AlgoPortrait {
        let grid = &self.markets[algo.instrument].instrument;
        AlgoPortrait {
            id: OrderId(algo.id),
            account: algo.request.account,
            filled: lots(grid, algo.filled),
            volume: lots(grid, algo.volume),
            child: OrderId(algo.child),
            next_slice: match algo.request.kind {
                AlgoKind::Pov { .. } => algo.children,
                _ => algo.next_slice as u32,
            },
        }
    }

    fn market_portrait(&self, id: usize, market: &Market) -> MarketPortrait {
        let grid = &market.instrument;
        MarketPortrait {
            status: market.status,
            quote: market.touch.map(|touch| Quote {
                bid: price(grid, touch.bid),
                bid_qty: lots(grid, touch.bid_qty),
                ask: price(grid, touch.ask),
                ask_qty: lots(grid, touch.ask_qty),
            }),
            stale: market.stale,
            lost: market.lost,
            last: market.last.map(|ticks| price(grid, ticks)),
            session: market.session.map(|ticks| price(grid, ticks)),
            bids: self.book_portrait(id, market, Side::Buy),
            asks: self.book_portrait(id, market, Side::Sell),
        }
    }

    fn book_portrait(
        &self,
        id: usize,
        market: &Market,
        side: Side,
    ) -> Vec<(Price, Qty, Vec<OrderId>)> {
        if market.paper().is_some() {
            return Vec::new();
        }
        let grid = &market.instrument;
        let mut levels: Vec<(Price, i64, Vec<OrderId>)> = Vec::new();
        for order in self.book(id, side) {
            let at = price(grid, order.limit.unwrap_or_default());
            match levels.last_mut() {
                Some((known, shown, queue)) if *known == at => {
                    *shown = shown.saturating_add(order.displayed);
                    queue.push(OrderId(order.id));
                }
                _ => levels.push((at, order.displayed, vec![OrderId(order.id)])),
            }
        }
        let levels = levels.into_iter();
        levels
            .map(|(at, shown, queue)| (at, lots(grid, shown), queue))
            .collect()
    }
}
