//! Definitions, accounts and entries.

use std::collections::BTreeMap;

use rules::{AccountRules, Competition, Entry, Plan, Stage};
use types::{
    AccountId, AccountState, CompetitionId, EventKind, FloorMoveCause, InputRejection, Instrument,
    InstrumentId, InstrumentStatus, OpenAccount, PlanId,
};

use super::{Account, Market, Naive};

impl Naive {
    pub(super) fn register_instrument(&mut self, instrument: &Instrument) {
        if let Err(error) = instrument.tick_value() {
            return self.reject(InputRejection::BadInstrument(error));
        }
        if self.markets.len() >= self.limits.instruments_max as usize {
            return self.reject(InputRejection::LimitReached);
        }
        self.push(EventKind::InstrumentRegistered {
            instrument: InstrumentId(self.markets.len() as u32),
        });
        self.markets.push(Market {
            instrument: *instrument,
            status: InstrumentStatus::Open,
            quote: None,
            stale: false,
            last: None,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
        });
    }

    pub(super) fn define_plan(&mut self, spec: &[u8]) {
        let Ok(plan) = Plan::from_spec(spec) else {
            return self.reject(InputRejection::BadPlan);
        };
        if self.plans.len() >= self.limits.plans_max as usize {
            return self.reject(InputRejection::LimitReached);
        }
        self.push(EventKind::PlanDefined {
            plan: PlanId(self.plans.len() as u32),
            version: plan.version,
            hash: plan.hash(),
        });
        self.open_days.entry(plan.schedule).or_default();
        self.plans.push(plan);
    }

    pub(super) fn define_competition(&mut self, spec: &[u8]) {
        let Ok(competition) = Competition::from_spec(spec) else {
            return self.reject(InputRejection::BadCompetition);
        };
        if self.competitions.len() >= self.limits.competitions_max as usize {
            return self.reject(InputRejection::LimitReached);
        }
        self.push(EventKind::CompetitionDefined {
            competition: CompetitionId(self.competitions.len() as u32),
        });
        self.open_days.entry(competition.schedule).or_default();
        self.competitions.push((competition, BTreeMap::new()));
    }

    pub(super) fn open_account(&mut self, open: &OpenAccount) {
        let Some(plan) = self.plans.get(open.plan.0 as usize).copied() else {
            return self.reject(InputRejection::UnknownPlan);
        };
        let is_known = |parent: AccountId| (parent.0 as usize) < self.accounts.len();
        if !open.parent.is_none_or(is_known) {
            return self.reject(InputRejection::UnknownAccount);
        }
        if self.accounts.len() >= self.limits.accounts_max as usize {
            return self.reject(InputRejection::LimitReached);
        }
        let account = AccountId(self.accounts.len() as u32);
        let rules = AccountRules::open(&plan, self.open_days[&plan.schedule]);
        self.push(EventKind::AccountOpened {
            account,
            plan: open.plan,
            parent: open.parent,
            balance: plan.initial_balance,
        });
        for limit in rules.limits() {
            self.push(EventKind::FloorMoved(
                limit.moved(account, FloorMoveCause::Opened),
            ));
        }
        self.house.funded += i128::from(plan.initial_balance.0);
        self.accounts.push(Account {
            name: open.name,
            plan: open.plan.0 as usize,
            state: match plan.stage {
                Stage::Evaluation { .. } => AccountState::Evaluation,
                Stage::Funded => AccountState::Funded,
            },
            locked: false,
            balance: plan.initial_balance.0.into(),
            fees: 0,
            rules,
            positions: Vec::new(),
            competition: None,
        });
    }

    pub(super) fn enter_competition(&mut self, competition: CompetitionId, account: AccountId) {
        let (competition, id) = (competition.0 as usize, account.0 as usize);
        if competition >= self.competitions.len() {
            return self.reject(InputRejection::UnknownCompetition);
        }
        if id >= self.accounts.len() {
            return self.reject(InputRejection::UnknownAccount);
        }
        let equity = self.account_equity(id);
        let plan = self.plans[self.accounts[id].plan];
        if self.accounts[id].competition.is_some()
            || !self.is_trading(id)
            || equity.0 <= 0
            || plan.payout.is_some()
            || plan.scaling.is_some()
        {
            return self.reject(InputRejection::CannotEnter);
        }
        self.accounts[id].competition = Some(competition);
        let entries = &mut self.competitions[competition].1;
        entries.insert(account, Entry::enter(equity));
        self.push(EventKind::CompetitionEntered {
            competition: CompetitionId(competition as u32),
            account,
        });
    }

    /// Name of an account.
    pub fn account_name(&self, account: AccountId) -> types::Label {
        self.accounts[account.0 as usize].name
    }
}
