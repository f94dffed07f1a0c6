//! The verdict on an account, the roll of a day, and changes from outside the market.

use types::{
    AccountId, AccountState, AdjustKind, Breach, BreachPosition, CancelReason, DayClose,
    DenyReason, Effect, EventKind, FloorMoveCause, InputRejection, Money, Notional, PayoutDenial,
    RollSchedule, SignedQty, TradingDay,
};

use rules::{Breaches, FloorMoves};

use super::Naive;

impl Naive {
    /// Tests against the floors as they stood; then locks, cancels, flattens; then raises floors;
    /// then tests target and pass; the competition observes last. `booked`: filled or booked.
    pub(super) fn judge(&mut self, id: usize, booked: bool) {
        if self.is_trading(id) {
            let equity = self.account_equity(id);
            let account = &self.accounts[id];
            let breaches = account.rules.breached(equity, account.locked);
            let broken = !breaches.is_empty();
            if broken {
                self.carry_out(id, equity, &breaches);
            }
            if self.is_trading(id) {
                self.ratchet(id, equity, booked || broken);
            }
            if booked || broken {
                self.test_objectives(id);
            }
        }
        self.touched.remove(&id);
        self.observe(id);
    }

    fn carry_out(&mut self, id: usize, equity: Notional, breaches: &Breaches) {
        let account = &self.accounts[id];
        let plan = &self.plans[account.plan];
        let mut facts = Vec::new();
        for (index, limit) in breaches.iter().enumerate() {
            facts.push(EventKind::Breach(Breach {
                account: AccountId(id as u32),
                rule: limit.rule,
                effect: limit.effect,
                primary: index == 0,
                touch_is_breach: limit.touch_is_breach,
                balance: self.money(id),
                equity,
                baseline: limit.baseline,
                allowance: limit.allowance,
                floor: limit.floor,
                plan: types::PlanId(account.plan as u32),
                plan_version: plan.version,
                plan_hash: plan.hash(),
                positions: account.positions.len() as u32,
            }));
            for position in &account.positions {
                let quote = self.markets[position.instrument.0 as usize].quote;
                let quote = quote.unwrap_or_default();
                facts.push(EventKind::BreachPosition(BreachPosition {
                    account: AccountId(id as u32),
                    instrument: position.instrument,
                    position: SignedQty(position.qty as i64),
                    cost: Notional(position.cost),
                    bid: quote.bid,
                    ask: quote.ask,
                    unrealised: Notional(self.unrealised(position)),
                }));
            }
        }
        self.facts.extend(facts);
        self.end_all(AccountId(id as u32), CancelReason::AccountLocked);
        self.flatten(id);
        if breaches.iter().any(|limit| limit.effect == Effect::Fail) {
            self.change_state(id, AccountState::Failed);
        } else {
            self.accounts[id].locked = true;
            self.push(EventKind::DayLocked {
                account: AccountId(id as u32),
            });
        }
    }

    fn ratchet(&mut self, id: usize, equity: Notional, booked: bool) {
        let plan = self.plans[self.accounts[id].plan];
        let moves = self.accounts[id].rules.ratchet_equity(&plan, equity);
        self.push_moves(id, &moves, FloorMoveCause::Trailed);
        if booked {
            let balance = self.money(id);
            let moves = self.accounts[id].rules.ratchet_closed(&plan, balance);
            self.push_moves(id, &moves, FloorMoveCause::Trailed);
        }
    }

    fn test_objectives(&mut self, id: usize) {
        let balance = self.money(id);
        let account = &mut self.accounts[id];
        if account.state != AccountState::Evaluation || !account.positions.is_empty() {
            return;
        }
        let plan = self.plans[account.plan];
        let reached = account.rules.reach_target(&plan, balance, self.ts);
        let passes = account.rules.passes(&plan, balance);
        if let Some(target) = reached {
            self.push(EventKind::TargetReached {
                account: AccountId(id as u32),
                balance,
                target,
            });
            let consistency = self.accounts[id]
                .rules
                .consistency(&plan, AccountId(id as u32));
            if let (Some(consistency), false) = (consistency, passes) {
                self.push(EventKind::Consistency(consistency));
            }
        }
        if passes {
            self.end_all(AccountId(id as u32), CancelReason::AccountLocked);
            if self.accounts[id].locked {
                self.accounts[id].locked = false;
                self.push(EventKind::DayUnlocked {
                    account: AccountId(id as u32),
                });
            }
            self.change_state(id, AccountState::Passed);
        }
    }

    fn observe(&mut self, id: usize) {
        let equity = self.account_equity(id);
        if let Some(competition) = self.accounts[id].competition {
            let entries = &mut self.competitions[competition].1;
            if let Some(entry) = entries.get_mut(&AccountId(id as u32)) {
                entry.observe(equity, self.ts);
            }
        }
    }

    fn change_state(&mut self, id: usize, to: AccountState) {
        let from = std::mem::replace(&mut self.accounts[id].state, to);
        self.push(EventKind::StateChanged {
            account: AccountId(id as u32),
            from,
            to,
        });
    }

    fn push_moves(&mut self, id: usize, moves: &FloorMoves, cause: FloorMoveCause) {
        for limit in moves.iter() {
            self.push(EventKind::FloorMoved(
                limit.moved(AccountId(id as u32), cause),
            ));
        }
    }

    fn money(&self, id: usize) -> Money {
        Money(self.accounts[id].balance as i64)
    }

    pub(super) fn on_day_roll(&mut self, schedule: RollSchedule, day: TradingDay) {
        let Some(open) = self.open_days.get_mut(&schedule) else {
            return self.reject(InputRejection::UnknownSchedule);
        };
        if open.is_some_and(|open| open >= day) {
            return self.reject(InputRejection::DayNotAfter);
        }
        let is_first = open.replace(day).is_none();
        self.push(EventKind::DayRolled { schedule, day });
        for (competition, entries) in &mut self.competitions {
            if competition.schedule == schedule {
                // The time before the first roll is a day only for who used it.
                for entry in entries.values_mut() {
                    if entry.is_used() || !is_first {
                        entry.roll();
                    }
                }
            }
        }
        for id in 0..self.accounts.len() {
            if self.is_trading(id) && self.plans[self.accounts[id].plan].schedule == schedule {
                self.roll_account(id, day);
            }
        }
    }

    fn roll_account(&mut self, id: usize, day: TradingDay) {
        let account = AccountId(id as u32);
        self.end_day_orders(account);
        let plan = self.plans[self.accounts[id].plan];
        let (balance, equity) = (self.money(id), self.account_equity(id));
        let held = !self.accounts[id].positions.is_empty();
        let rules = &mut self.accounts[id].rules;
        let roll = rules.roll(&plan, day, balance, equity, held);
        let consistency = rules.consistency(&plan, account);
        if let Some((day, pnl, counted)) = roll.closed {
            self.push(EventKind::DayClosed(DayClose {
                account,
                day,
                pnl,
                balance,
                equity: equity.to_money_floor(),
                counted,
            }));
            if let Some(consistency) = consistency {
                self.push(EventKind::Consistency(consistency));
            }
        }
        self.push_moves(id, &roll.moves, FloorMoveCause::Rolled);
        if std::mem::replace(&mut self.accounts[id].locked, false) {
            self.push(EventKind::DayUnlocked { account });
        }
        self.judge(id, true);
    }

    pub(super) fn adjust(&mut self, account: AccountId, kind: AdjustKind, amount: Money) {
        let id = account.0 as usize;
        let done = if id >= self.accounts.len() {
            Err(DenyReason::UnknownAccount)
        } else if kind == AdjustKind::Payout {
            self.pay_out(id, amount);
            Ok(())
        } else if !self.is_trading(id) {
            Err(DenyReason::AccountNotTrading)
        } else if kind == AdjustKind::ProfitAndLoss {
            self.book(id, amount)
        } else {
            self.scale(id)
        };
        if let Err(reason) = done {
            self.push(EventKind::AdjustDenied {
                account,
                kind,
                reason,
            });
        }
    }

    fn book(&mut self, id: usize, amount: Money) -> Result<(), DenyReason> {
        let account = &mut self.accounts[id];
        let balance = account.balance + i128::from(amount.0);
        i64::try_from(balance).map_err(|_| DenyReason::OutOfRange)?;
        account.balance = balance;
        account.rules.record_realised(amount);
        self.house.funded += i128::from(amount.0);
        self.push_adjusted(id, AdjustKind::ProfitAndLoss, amount);
        self.touch(id, true);
        Ok(())
    }

    fn scale(&mut self, id: usize) -> Result<(), DenyReason> {
        let account = &mut self.accounts[id];
        let plan = self.plans[account.plan];
        let (added, moves) = account.rules.scale(&plan).ok_or(DenyReason::NotInPlan)?;
        account.balance += i128::from(added.0);
        self.house.funded += i128::from(added.0);
        self.push_adjusted(id, AdjustKind::Scale, added);
        self.push_moves(id, &moves, FloorMoveCause::Adjusted);
        self.touch(id, true);
        Ok(())
    }

    fn push_adjusted(&mut self, id: usize, kind: AdjustKind, amount: Money) {
        self.push(EventKind::Adjusted {
            account: AccountId(id as u32),
            kind,
            amount,
            balance: self.money(id),
            size: self.accounts[id].rules.size(),
        });
    }

    fn pay_out(&mut self, id: usize, requested: Money) {
        let account = AccountId(id as u32);
        let plan = self.plans[self.accounts[id].plan];
        let balance = self.money(id);
        let rules = &self.accounts[id].rules;
        let eligible = rules.payout_eligible(&plan, balance);
        let left = Money(balance.0.saturating_sub(requested.0));
        let mut paid = rules.clone();
        let moves = paid.pay_out(&plan, requested);
        let consistency = rules.consistency(&plan, account);
        let refusals = [
            (plan.payout.is_none(), PayoutDenial::NotInPlan),
            (
                self.accounts[id].state != AccountState::Funded,
                PayoutDenial::NotEligibleState,
            ),
            (requested <= Money::ZERO, PayoutDenial::AmountNotPositive),
            (
                !self.accounts[id].positions.is_empty(),
                PayoutDenial::NotFlat,
            ),
            (
                consistency.is_some_and(|consistency| !consistency.met),
                PayoutDenial::Consistency,
            ),
            (requested > eligible, PayoutDenial::AboveEligible),
            (
                !paid.breached(left.to_notional(), false).is_empty(),
                PayoutDenial::WouldBreach,
            ),
        ];
        if let Some((_, reason)) = refusals.into_iter().find(|(holds, _)| *holds) {
            self.push(EventKind::PayoutDenied {
                account,
                requested,
                eligible,
                reason,
            });
            if let (PayoutDenial::Consistency, Some(consistency)) = (reason, consistency) {
                self.push(EventKind::Consistency(consistency));
            }
            return;
        }
        let split = plan.payout.map_or(types::Ratio::ZERO, |rule| rule.split);
        let trader = requested.mul_ratio_floor(split);
        self.accounts[id].rules = paid;
        self.accounts[id].balance = left.0.into();
        self.house.funded -= i128::from(requested.0);
        self.push(EventKind::PayoutApproved {
            account,
            amount: requested,
            trader,
            firm: Money(requested.0 - trader.0),
            balance: left,
        });
        self.push_moves(id, &moves, FloorMoveCause::Adjusted);
        self.observe(id);
    }
}
