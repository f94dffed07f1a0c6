//! The verdict on an account, and what closes its positions.

use types::{
    AccountId, AccountState, AlgoEnd, BaselineOrigin, BaselineSource, Breach, BreachPosition,
    CancelReason, CashBasis, Effect, EventKind, FillCause, FillModel, FloorMoveCause, Funding,
    InstrumentId, LimitWarning, Lots, Money, NewOrder, Notional, OrderKind, OrderRole, PlanId,
    Price, Ratio, RuleKind, SelfTrade, Side, Ticks,
};

use rules::{Breaches, FloorMoves, LifeChange, Limit};

use super::Naive;
use super::account::Position;
use super::fill::Execution;
use super::money::signed_qty;
use super::order::{Order, Stage};
use crate::view::Move;

/// Why an account is judged; more says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A mark changed.
    Mark,
    /// Its balance may have changed.
    Booking,
    /// Profit or loss was realised.
    Close,
}

impl Naive {
    /// Tests against the floors as they stood before this input; then locks, cancels, flattens; else warns
    /// and tests against the maintenance requirement; then tests target and pass; the competition observes
    /// last.
    pub(super) fn judge(&mut self, id: usize, cause: Cause) {
        self.judging = Some(id);
        self.accounts[id].had_turn = true;
        self.tell_untold(id);
        let mut called = false;
        if self.is_trading(id) {
            let equity = self.equity_of(id);
            let was_flat = self.accounts[id].positions.is_empty();
            // One verdict of an input is all: what a lock's liquidation left is tested in the next.
            let is_decided = self.accounts[id].locked && self.accounts[id].locked_at == self.seq;
            let broken = !is_decided && self.test(id, equity);
            if !broken && let Some((required, rate_min)) = self.margin_shortfall(id) {
                called = true;
                self.call_margin(id, required, rate_min);
            }
            let liquidated = called || broken;
            let booked = cause != Cause::Mark || liquidated;
            // What is booked while something is open counts with the next close.
            let closed = cause == Cause::Close || booked && was_flat || liquidated;
            self.see_equity(id, equity);
            if closed {
                self.see_closed(id);
            }
            if booked {
                self.test_objectives(id);
            }
        }
        self.observe(id);
        self.judging = None;
        if called {
            self.touch(id, Cause::Booking);
        }
    }

    /// Tests equity against the limits, and locks or fails the account, or warns; whether it locked or
    /// failed.
    fn test(&mut self, id: usize, equity: Notional) -> bool {
        let account = &self.accounts[id];
        let breaches = account.rules.breached(equity, account.locked);
        let broken = breaches.iter().any(|limit| limit.effect != Effect::Warn);
        self.report(id, equity, &breaches);
        if broken {
            self.carry_out(id, equity, &breaches);
        } else {
            self.warn(id, equity);
        }
        broken
    }

    /// Whether there is something to say about an account at a new mark: a limit is violated or warned of, or
    /// the maintenance requirement is not met.
    pub(super) fn is_stirred(&self, id: usize) -> bool {
        self.stands_below(id) || self.is_trading(id) && self.margin_shortfall(id).is_some()
    }

    /// Whether an account violates a limit or is to be warned of one.
    pub(super) fn stands_below(&self, id: usize) -> bool {
        let equity = self.equity_of(id);
        let account = &self.accounts[id];
        let (rules, plan) = (&account.rules, self.plan(id));
        self.is_trading(id)
            && (!rules.breached(equity, account.locked).is_empty()
                || !rules.warnings(plan, equity, account.locked).is_empty())
    }

    /// An account has this equity at some moment of this input.
    pub(super) fn see_equity(&mut self, id: usize, equity: Notional) {
        let account = &mut self.accounts[id];
        account.highest = account.highest.max(Some(equity));
    }

    /// What an account has now was realised: its closed balance is at least now what trails it.
    fn see_closed(&mut self, id: usize) {
        let balance = self.balance_of(id);
        let account = &mut self.accounts[id];
        account.highest_closed = account.highest_closed.max(Some(balance));
    }

    /// The input is over: all floors move. Who was judged in it is told.
    pub(super) fn move_floors(&mut self) {
        for id in 0..self.accounts.len() {
            self.move_floors_of(id);
            if std::mem::take(&mut self.accounts[id].had_turn) {
                self.tell_untold(id);
            }
        }
    }

    /// Before a roll, a payout, a scaling, a pass, a suspension and a closing: the floors of an account move by
    /// what there was until then, and its owner is told.
    pub(super) fn close_peaks(&mut self, id: usize) {
        self.move_floors_of(id);
        self.tell_untold(id);
    }

    fn move_floors_of(&mut self, id: usize) {
        let account = &self.accounts[id];
        if account.highest.is_none() && account.highest_closed.is_none() {
            return;
        }
        let plan = self.plan(id).clone();
        let (seq, ts, is_trading) = (self.seq, self.ts, self.is_trading(id));
        let account = &mut self.accounts[id];
        let equity = account.highest.take().filter(|_| is_trading);
        let closed = account.highest_closed.take().filter(|_| is_trading);
        let mut moves = Vec::new();
        if let Some(equity) = equity {
            let by_equity = account.rules.ratchet_equity(&plan, equity);
            moves.push((by_equity, BaselineSource::Equity(equity)));
        }
        if let Some(balance) = closed {
            let by_closed = account.rules.ratchet_closed(&plan, balance);
            moves.push((by_closed, BaselineSource::ClosedBalance));
        }
        for (moves, source) in moves {
            let origin = self.origin(source);
            let account = &mut self.accounts[id];
            for limit in moves.iter() {
                let which = usize::from(limit.rule == RuleKind::MaxLoss);
                let cause = FloorMoveCause::Trailed;
                account.moved[which] = Some(Move { seq, ts, cause });
                account.untold[which] = true;
                account.origins[which] = origin;
            }
        }
    }

    /// Tells of floors that moved and were not told of.
    pub(super) fn tell_untold(&mut self, id: usize) {
        let untold = std::mem::take(&mut self.accounts[id].untold);
        let limits: Vec<Limit> = self.accounts[id].rules.limits().copied().collect();
        for limit in limits {
            let which = usize::from(limit.rule == RuleKind::MaxLoss);
            if untold[which] {
                let origin = self.accounts[id].origins[which];
                let moved = limit.moved(AccountId(id as u32), FloorMoveCause::Trailed, origin);
                self.push(EventKind::FloorMoved(moved));
            }
        }
    }

    /// Tells of violated limits, each with its proof.
    fn report(&mut self, id: usize, equity: Notional, breaches: &Breaches) {
        let account = &self.accounts[id];
        let plan = self.plan(id);
        let mut facts = Vec::new();
        for (index, limit) in breaches.iter().enumerate() {
            facts.push(EventKind::Breach(Breach {
                account: AccountId(id as u32),
                rule: limit.rule,
                effect: limit.effect,
                primary: index == 0,
                touch_is_breach: limit.touch_is_breach,
                balance: self.balance_of(id),
                equity,
                baseline: limit.baseline,
                allowance: limit.allowance,
                floor: limit.floor,
                plan: PlanId(account.plan as u32),
                plan_version: plan.version,
                plan_hash: plan.hash(),
                positions: account.positions.len() as u32,
            }));
            facts.extend(self.position_facts(id));
        }
        let plan = plan.clone();
        for limit in breaches.iter() {
            self.accounts[id].rules.mark_breached(&plan, limit.rule);
        }
        self.facts.extend(facts);
        if !breaches.is_empty() {
            self.push_basis(id);
        }
    }

    /// The open positions of an account and what they are worth.
    pub(super) fn position_facts(&self, id: usize) -> Vec<EventKind> {
        let kind = self.plan(id).terms.mark;
        let of = |position: &Position| {
            let market = &self.markets[position.instrument];
            let grid = &market.instrument;
            let unseen = market.last.unwrap_or_default();
            let (bid, ask) = market
                .touch
                .map_or((unseen, unseen), |touch| (touch.bid, touch.ask));
            EventKind::BreachPosition(BreachPosition {
                account: AccountId(id as u32),
                instrument: InstrumentId(position.instrument as u32),
                position: signed_qty(grid, position.lots),
                cost: Notional(position.cost),
                bid: grid.price(Ticks(bid)),
                ask: grid.price(Ticks(ask)),
                last: market.last.map(|last| grid.price(Ticks(last))),
                mark: grid.price(Ticks(market.mark(position.lots, kind))),
                mark_seq: market.mark_seq(kind),
                unrealised: Notional(market.unrealised(position, kind)),
            })
        };
        self.accounts[id].positions.iter().map(of).collect()
    }

    /// What a verdict on an account rests on.
    pub(super) fn push_basis(&mut self, id: usize) {
        let account = &self.accounts[id];
        let (plan, who) = (self.plan(id), AccountId(id as u32));
        let known = (PlanId(account.plan as u32), plan.hash());
        let cash = (account.balance, self.balance_of(id));
        let positions = account.positions.len() as u32;
        let rules = account.rules.valued(plan, self.day_worth_of(id));
        let basis = rules.basis(plan, known, who, cash, positions);
        let mut facts = vec![EventKind::VerdictBasis(basis)];
        let origin = |rule| account.origins[usize::from(rule == RuleKind::MaxLoss)];
        let limits = account.rules.limit_bases(who, origin);
        facts.extend(limits.map(EventKind::LimitBasis));
        let standing = rules.consistency(plan, who);
        facts.extend(standing.map(EventKind::Consistency));
        for (currency, cash) in &account.foreign {
            facts.push(EventKind::CashBasis(CashBasis {
                account: who,
                currency: *currency,
                cash: *cash,
                rate: Price(self.rate(id, *currency)),
            }));
        }
        self.facts.extend(facts);
    }

    /// Warns of limits of which much is used.
    fn warn(&mut self, id: usize, equity: Notional) {
        let plan = self.plan(id).clone();
        let account = &self.accounts[id];
        let warnings = account.rules.warnings(&plan, equity, account.locked);
        for limit in warnings.iter() {
            self.push(EventKind::LimitWarned(LimitWarning {
                account: AccountId(id as u32),
                rule: limit.rule,
                equity,
                baseline: limit.baseline,
                allowance: limit.allowance,
                floor: limit.floor,
            }));
            self.accounts[id].rules.mark_warned(&plan, limit.rule);
        }
    }

    fn carry_out(&mut self, id: usize, equity: Notional, breaches: &Breaches) {
        self.end_all(id, CancelReason::AccountLocked);
        let (fees, was_flat) = (
            self.accounts[id].fees,
            self.accounts[id].positions.is_empty(),
        );
        self.flatten(id, FillCause::Liquidation);
        if !was_flat {
            self.tell_closing(id, Some((equity, fees)));
        }
        if breaches.iter().any(|limit| limit.effect == Effect::Fail) {
            self.change_life(id, LifeChange::Fail);
        } else {
            self.accounts[id].locked = true;
            self.accounts[id].locked_at = self.seq;
            self.push(EventKind::DayLocked {
                account: AccountId(id as u32),
            });
        }
    }

    /// Equity and fees of an account that holds something, before positions of it are closed.
    pub(super) fn before_closing(&self, id: usize) -> Option<(Notional, Money)> {
        let account = &self.accounts[id];
        (!account.positions.is_empty()).then(|| (self.equity_of(id), account.fees))
    }

    /// Says what closing positions cost an account that had this equity, and had paid these fees, before.
    pub(super) fn tell_closing(&mut self, id: usize, before: Option<(Notional, Money)>) {
        let Some((before, fees)) = before else {
            return;
        };
        let equity = self.equity_of(id);
        let fees = self.accounts[id].fees.saturating_sub(fees);
        let fell = before.saturating_sub(equity);
        self.push(EventKind::Liquidated {
            account: AccountId(id as u32),
            equity,
            fees,
            slippage: fell.saturating_sub(fees.to_notional()),
        });
    }

    /// Closes every position of an account, oldest first.
    pub(super) fn flatten(&mut self, id: usize, cause: FillCause) {
        while let Some(position) = self.accounts[id].positions.first().copied() {
            self.close(id, &position, cause);
        }
    }

    /// Ends the algos of an account, then its orders.
    pub(super) fn end_all(&mut self, id: usize, reason: CancelReason) {
        self.end_algos(AlgoEnd::AccountLocked, |algo| algo.account == id);
        self.end_orders(id, reason, |_, _| true);
    }

    /// The maintenance requirement of an account that does not meet it, and its own least rate.
    fn margin_shortfall(&self, id: usize) -> Option<(Money, Ratio)> {
        let Funding::Margin { rate_min } = self.plan(id).terms.funding else {
            return None;
        };
        let required = self.maintenance_requirement(id, rate_min);
        let is_short = self.equity_of(id) < required.to_notional();
        (is_short && !self.accounts[id].positions.is_empty()).then_some((required, rate_min))
    }

    /// Ends what works and closes positions, oldest first, until the requirement is met.
    fn call_margin(&mut self, id: usize, required: Money, rate_min: Ratio) {
        let (before, fees) = (self.equity_of(id), self.accounts[id].fees);
        self.push(EventKind::MarginCall {
            account: AccountId(id as u32),
            equity: before.to_money_floor(),
            required,
        });
        self.end_all(id, CancelReason::MarginCall);
        while let Some(position) = self.accounts[id].positions.first().copied() {
            let required = self.maintenance_requirement(id, rate_min);
            if self.equity_of(id) >= required.to_notional() {
                break;
            }
            self.close(id, &position, FillCause::MarginCall);
        }
        self.tell_closing(id, Some((before, fees)));
    }

    /// Closes a whole position: against the outside market, or in the book and what the book does not take
    /// against the house.
    pub(super) fn close(&mut self, id: usize, position: &Position, cause: FillCause) {
        let market = &self.markets[position.instrument];
        let (is_crossed, is_open) = (market.paper().is_none(), market.is_open());
        let mark = if is_crossed {
            self.house_price(id, position)
        } else {
            market.closing(position.lots)
        };
        let order = self.closing_order(id, position, cause);
        self.orders.insert(0, order.clone());
        if !is_crossed {
            self.take_closing(&order, mark);
        } else if is_open {
            self.match_order(0);
        }
        if is_crossed && let Some(left) = self.orders.get(&0) {
            self.execute(Execution {
                order: 0,
                price: mark,
                lots: left.leaves(),
                model: FillModel::House,
                maker: false,
            });
        }
        self.orders.remove(&0);
    }

    /// The worst, for a position, of its mark, the newest print and the best price that another account shows.
    fn house_price(&self, id: usize, position: &Position) -> i64 {
        let is_long = position.lots > 0;
        let side = if is_long { Side::Buy } else { Side::Sell };
        let book = self.book(position.instrument, side);
        let others = book.iter().find(|order| order.account != id);
        let market = &self.markets[position.instrument];
        let mut prices = vec![market.closing(position.lots)];
        prices.extend(market.last);
        prices.extend(others.and_then(|order| order.limit));
        let worst = if is_long {
            prices.into_iter().min()
        } else {
            prices.into_iter().max()
        };
        worst.unwrap_or_default()
    }

    /// The engine's own order to close a position; its id is zero and it works nowhere.
    fn closing_order(&self, id: usize, position: &Position, cause: FillCause) -> Order {
        let grid = &self.markets[position.instrument].instrument;
        let side = if position.lots > 0 {
            Side::Sell
        } else {
            Side::Buy
        };
        let mut request = NewOrder::new(
            AccountId(id as u32),
            InstrumentId(position.instrument as u32),
            side,
            OrderKind::Market,
            grid.qty(Lots(position.lots)),
        );
        request.leg = position.leg;
        request.self_trade = SelfTrade::CancelOldest;
        Order {
            id: 0,
            request,
            account: id,
            instrument: position.instrument,
            side,
            leg: position.leg,
            qty: position.lots.saturating_abs(),
            filled: 0,
            limit: None,
            trigger: None,
            triggered: false,
            reached: None,
            stage: Stage::Entering,
            displayed: 0,
            rank: 0,
            queue: None,
            list: 0,
            role: OrderRole::Alone,
            earned: Money::ZERO,
            cause,
            opened: false,
        }
    }

    fn test_objectives(&mut self, id: usize) {
        let balance = self.balance_of(id);
        let equity = self.equity_of(id);
        let plan = self.plan(id).clone();
        let ts = self.ts;
        let account = &mut self.accounts[id];
        if account.life.state() != AccountState::Evaluation || !account.positions.is_empty() {
            return;
        }
        // A lock's liquidation may have left less than a hard limit allows.
        let breaches = account.rules.breached(equity, account.locked);
        if breaches.iter().any(|limit| limit.effect == Effect::Fail) {
            return;
        }
        let reached = account.rules.reach_target(&plan, balance, ts);
        let passes = account.rules.passes(&plan, balance);
        if let Some(target) = reached {
            self.push(EventKind::TargetReached {
                account: AccountId(id as u32),
                balance,
                target,
            });
            let rules = self.accounts[id].rules.valued(&plan, balance.to_notional());
            let consistency = rules.consistency(&plan, AccountId(id as u32));
            if let (Some(consistency), false) = (consistency, passes) {
                self.push(EventKind::Consistency(consistency));
            }
        }
        if passes {
            self.close_peaks(id);
            self.end_all(id, CancelReason::AccountLocked);
            if std::mem::take(&mut self.accounts[id].locked) {
                self.push(EventKind::DayUnlocked {
                    account: AccountId(id as u32),
                });
            }
            self.change_life(id, LifeChange::Pass);
            self.push_basis(id);
        }
    }

    /// The competition sees the equity as it is now.
    pub(super) fn observe(&mut self, id: usize) {
        let (equity, ts) = (self.equity_of(id), self.ts);
        if let Some(entry) = self.entry_of(id) {
            entry.observe(equity, ts);
        }
    }

    /// A baseline that is taken from there now.
    pub(super) fn origin(&self, source: BaselineSource) -> BaselineOrigin {
        BaselineOrigin {
            seq: self.seq,
            ts: self.ts,
            source,
        }
    }

    /// Baselines of these limits are taken from there now.
    pub(super) fn take_baselines(&mut self, id: usize, moves: &FloorMoves, source: BaselineSource) {
        let origin = self.origin(source);
        for limit in moves.iter() {
            let which = usize::from(limit.rule == RuleKind::MaxLoss);
            self.accounts[id].origins[which] = origin;
        }
    }

    pub(super) fn push_moves(&mut self, id: usize, moves: &FloorMoves, cause: FloorMoveCause) {
        self.tell_moves(id, moves.iter(), cause);
    }

    /// Tells which floors moved, and remembers what moved them.
    pub(super) fn tell_moves<'a>(
        &mut self,
        id: usize,
        limits: impl Iterator<Item = &'a Limit>,
        cause: FloorMoveCause,
    ) {
        let (seq, ts) = (self.seq, self.ts);
        for limit in limits {
            let which = usize::from(limit.rule == RuleKind::MaxLoss);
            self.accounts[id].moved[which] = Some(Move { seq, ts, cause });
            self.accounts[id].untold[which] = false;
            let origin = self.accounts[id].origins[which];
            let moved = limit.moved(AccountId(id as u32), cause, origin);
            self.push(EventKind::FloorMoved(moved));
        }
    }
}
