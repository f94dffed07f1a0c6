//! Making instruments, plans, competitions and accounts known.

use rules::{
    AccountRules, Competition, Conduct, LifeChange, Lifecycle, Limit, Lineage, OpenWindows, Plan,
};
use types::{
    AccountId, BaselineSource, CompetitionId, EventKind, FloorMoveCause, InputRejection,
    Instrument, InstrumentError, InstrumentId, Latency, LimitName, Liquidity, Money, OpenAccount,
    PlanId, RollSchedule,
};

use super::{Contest, KnownPlan, OpenDay, Shard};
use crate::account::{Account, EachLimit, Foreign, List, OrderRate};
use crate::book::NIL as NO_ORDER;
use crate::derived::{Derived, DerivedFlag, DerivedSeq};
use crate::event_buf::EventBuf;
use crate::limits::Limits;
use crate::market::Market;
use crate::slab::NIL;

impl Shard {
    pub(super) fn register_instrument(&mut self, instrument: &Instrument, events: &mut EventBuf) {
        let tick_value = match instrument.tick_value() {
            Ok(value) => value,
            Err(error) => return reject(events, InputRejection::BadInstrument(error)),
        };
        let latency = match instrument.liquidity {
            Liquidity::Paper(model) => model.latency,
            Liquidity::Crossed => Latency::None,
        };
        if let Latency::Recorded(latency) = latency
            && latency.0 as usize >= self.latencies.len()
        {
            let error = InstrumentError::Model;
            return reject(events, InputRejection::BadInstrument(error));
        }
        let Some(id) = next_id(
            self.markets.len(),
            &self.limits,
            LimitName::Instruments,
            events,
        ) else {
            return;
        };
        let currency = self.currency_id(instrument.currency);
        self.markets
            .push(Market::new(*instrument, tick_value, currency));
        events.push(EventKind::InstrumentRegistered {
            instrument: InstrumentId(id),
        });
    }

    pub(super) fn define_plan(&mut self, spec: &[u8], events: &mut EventBuf) {
        let Ok(plan) = Plan::from_spec(spec) else {
            return reject(events, InputRejection::BadPlan);
        };
        let Some(id) = next_id(self.plans.len(), &self.limits, LimitName::Plans, events) else {
            return;
        };
        let hash = plan.hash();
        let currency = self.currency_id(plan.currency);
        self.know_schedule(plan.schedule);
        events.push(EventKind::PlanDefined {
            plan: PlanId(id),
            version: plan.version,
            hash,
        });
        let windows = OpenWindows::new(&plan.conduct);
        self.plans.push(KnownPlan {
            plan,
            hash,
            currency,
            windows,
        });
        self.schedule_known_windows(PlanId(id));
    }

    pub(super) fn define_competition(&mut self, spec: &[u8], events: &mut EventBuf) {
        let Ok(competition) = Competition::from_spec(spec) else {
            return reject(events, InputRejection::BadCompetition);
        };
        let Some(id) = next_id(
            self.contests.len(),
            &self.limits,
            LimitName::Competitions,
            events,
        ) else {
            return;
        };
        self.know_schedule(competition.schedule);
        let life = rules::Contest::new(&competition.contest);
        self.contests.push(Contest {
            competition,
            life,
            entries: Vec::new(),
        });
        self.refresh_contests();
        events.push(EventKind::CompetitionDefined {
            competition: CompetitionId(id),
        });
    }

    fn know_schedule(&mut self, schedule: RollSchedule) {
        if self.open_day(schedule).is_none() {
            self.open_days.push(OpenDay {
                schedule,
                day: None,
            });
        }
    }

    pub(super) fn open_day(&self, schedule: RollSchedule) -> Option<&OpenDay> {
        self.open_days.iter().find(|open| open.schedule == schedule)
    }

    pub(super) fn open_account(&mut self, open: &OpenAccount, events: &mut EventBuf) {
        let Some(KnownPlan { plan, .. }) = self.plans.get(open.plan.0 as usize) else {
            return reject(events, InputRejection::UnknownPlan);
        };
        if open
            .parent
            .is_some_and(|parent| self.account(parent.account).is_none())
        {
            return reject(events, InputRejection::UnknownAccount);
        }
        let Some(id) = next_id(
            self.accounts.len(),
            &self.limits,
            LimitName::Accounts,
            events,
        ) else {
            return;
        };
        let mut lineage = Lineage::default();
        if let Some(parent) = open.parent {
            let closes_parent = match self.succession(parent, plan.kind()) {
                Ok((led, closes)) => {
                    lineage = led;
                    closes
                }
                Err(reason) => {
                    return events.push(EventKind::AccountDenied {
                        plan: open.plan,
                        parent,
                        reason,
                    });
                }
            };
            self.accounts[parent.account.0 as usize].followed = true;
            if closes_parent {
                self.stop(parent.account, LifeChange::Close, events);
            }
        }
        let KnownPlan { plan, currency, .. } = &self.plans[open.plan.0 as usize];
        let day = self.open_day(plan.schedule).and_then(|open| open.day);
        let day = day.map(|day| plan.days.open_on(day));
        let account = AccountId(id);
        let rules = AccountRules::open(plan, day);
        let balance = plan.initial_balance;
        events.push(EventKind::AccountOpened {
            account,
            plan: open.plan,
            parent: open.parent,
            balance,
        });
        let limits: [Option<Limit>; 2] = [rules.daily().copied(), rules.max().copied()];
        self.house[currency.0 as usize].funded += i128::from(balance.0);
        self.cash[currency.0 as usize] += i128::from(balance.0);
        self.pending.booked.note(*currency);
        self.accounts.push(Account {
            plan: open.plan,
            parent: open.parent,
            name: open.name,
            life: Lifecycle::open(plan.stage),
            lineage,
            followed: false,
            resume_timed: Derived::NONE,
            has_conduct: plan.conduct != Conduct::default(),
            day_locked: false,
            balance,
            fees: Money::ZERO,
            rules,
            holdings: List {
                first: NIL,
                last: NIL,
            },
            orders: List {
                first: NO_ORDER,
                last: NO_ORDER,
            },
            orders_len: 0,
            currency: *currency,
            terms: plan.terms,
            foreign: Foreign::default(),
            rate: OrderRate::default(),
            is_floored: DerivedFlag::default(),
            is_trailing: DerivedFlag::default(),
            seen: Derived::NONE,
            judged: DerivedSeq::default(),
            untold: EachLimit::default(),
            entry: None,
            breach: None,
            moved: EachLimit::default(),
            origins: EachLimit::both(self.at().takes(BaselineSource::Opening)),
            active: self.at(),
        });
        let opened = limits.iter().flatten();
        self.tell_moves(account, opened, FloorMoveCause::Opened, events);
        self.set_bands(account);
    }
}

pub(super) fn reject(events: &mut EventBuf, reason: InputRejection) {
    events.push(EventKind::InputRejected { reason });
}

/// A limit is reached.
pub(super) const fn full(limits: &Limits, limit: LimitName) -> InputRejection {
    let max = limits.of(limit);
    InputRejection::LimitReached { limit, max }
}

fn next_id(len: usize, limits: &Limits, limit: LimitName, events: &mut EventBuf) -> Option<u32> {
    if len >= limits.of(limit) as usize {
        reject(events, full(limits, limit));
        return None;
    }
    Some(len as u32)
}
