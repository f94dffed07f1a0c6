//! Making instruments, plans, competitions and accounts known.

use rules::{AccountRules, Competition, Entry, Plan, Stage};
use types::{
    AccountId, AccountState, CompetitionId, EventKind, FloorMoveCause, InputRejection, Instrument,
    InstrumentId, InstrumentStatus, Money, Notional, OpenAccount, PlanId, RollSchedule,
    TimestampNs,
};

use super::{Contest, Entrant, KnownPlan, OpenDay, Shard};
use crate::account::{Account, EntryPlace, List};
use crate::depth::Depth;
use crate::event_buf::EventBuf;
use crate::market::Market;
use crate::order::Waiting;
use crate::slab::NIL;

impl Shard {
    pub(super) fn register_instrument(&mut self, instrument: &Instrument, events: &mut EventBuf) {
        let tick_value = match instrument.tick_value() {
            Ok(value) => value,
            Err(error) => return reject(events, InputRejection::BadInstrument(error)),
        };
        let Some(id) = next_id(self.markets.len(), self.limits.instruments_max, events) else {
            return;
        };
        self.markets.push(Market {
            instrument: *instrument,
            tick_value,
            status: InstrumentStatus::Open,
            touch: None,
            stale: false,
            last: None,
            ts: TimestampNs::default(),
            depth: Depth::default(),
            waiting: Waiting::default(),
            exposed: Vec::new(),
        });
        events.push(EventKind::InstrumentRegistered {
            instrument: InstrumentId(id),
        });
    }

    pub(super) fn define_plan(&mut self, spec: &[u8], events: &mut EventBuf) {
        let Ok(plan) = Plan::from_spec(spec) else {
            return reject(events, InputRejection::BadPlan);
        };
        let Some(id) = next_id(self.plans.len(), self.limits.plans_max, events) else {
            return;
        };
        let hash = plan.hash();
        self.know_schedule(plan.schedule);
        events.push(EventKind::PlanDefined {
            plan: PlanId(id),
            version: plan.version,
            hash,
        });
        self.plans.push(KnownPlan { plan, hash });
    }

    pub(super) fn define_competition(&mut self, spec: &[u8], events: &mut EventBuf) {
        let Ok(competition) = Competition::from_spec(spec) else {
            return reject(events, InputRejection::BadCompetition);
        };
        let Some(id) = next_id(self.contests.len(), self.limits.competitions_max, events) else {
            return;
        };
        self.know_schedule(competition.schedule);
        self.contests.push(Contest {
            competition,
            entries: Vec::new(),
        });
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
            .is_some_and(|parent| self.account(parent).is_none())
        {
            return reject(events, InputRejection::UnknownAccount);
        }
        let day = self.open_day(plan.schedule).and_then(|open| open.day);
        let Some(id) = next_id(self.accounts.len(), self.limits.accounts_max, events) else {
            return;
        };
        let account = AccountId(id);
        let rules = AccountRules::open(plan, day);
        let balance = plan.initial_balance;
        events.push(EventKind::AccountOpened {
            account,
            plan: open.plan,
            parent: open.parent,
            balance,
        });
        for limit in rules.limits() {
            events.push(EventKind::FloorMoved(
                limit.moved(account, FloorMoveCause::Opened),
            ));
        }
        self.house.funded += i128::from(balance.0);
        let list = List {
            first: NIL,
            last: NIL,
        };
        self.accounts.push(Account {
            plan: open.plan,
            parent: open.parent,
            name: open.name,
            state: match plan.stage {
                Stage::Evaluation { .. } => AccountState::Evaluation,
                Stage::Funded => AccountState::Funded,
            },
            day_locked: false,
            balance,
            unrealised: Notional::ZERO,
            fees: Money::ZERO,
            rules,
            positions: list,
            orders: list,
            orders_len: 0,
            entry: None,
            breach: None,
        });
    }

    pub(super) fn enter_competition(
        &mut self,
        competition: CompetitionId,
        account: AccountId,
        events: &mut EventBuf,
    ) {
        let Some(contest) = self.contests.get_mut(competition.0 as usize) else {
            return reject(events, InputRejection::UnknownCompetition);
        };
        let Some(entrant) = self.accounts.get_mut(account.0 as usize) else {
            return reject(events, InputRejection::UnknownAccount);
        };
        let plan = &self.plans[entrant.plan.0 as usize].plan;
        let moves_money = plan.payout.is_some() || plan.scaling.is_some();
        let is_fit = entrant.is_trading() && entrant.equity().0 > 0 && !moves_money;
        if entrant.entry.is_some() || !is_fit {
            return reject(events, InputRejection::CannotEnter);
        }
        entrant.entry = Some(EntryPlace {
            competition,
            index: contest.entries.len() as u32,
        });
        contest.entries.push(Entrant {
            account,
            entry: Entry::enter(entrant.equity()),
        });
        events.push(EventKind::CompetitionEntered {
            competition,
            account,
        });
    }
}

pub(super) fn reject(events: &mut EventBuf, reason: InputRejection) {
    events.push(EventKind::InputRejected { reason });
}

fn next_id(len: usize, max: u32, events: &mut EventBuf) -> Option<u32> {
    if len >= max as usize {
        reject(events, InputRejection::LimitReached);
        return None;
    }
    Some(len as u32)
}
