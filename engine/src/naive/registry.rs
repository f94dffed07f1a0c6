//! Definitions, accounts, entries, rates.

use std::collections::BTreeMap;

use rules::oracle::open_on;
use rules::{AccountRules, Competition, Lifecycle, Limit, Lineage, Plan};
use types::{
    AccountId, BaselineSource, CompetitionId, CurveId, DataFault, EventKind, FloorMoveCause,
    InputRejection, Instrument, InstrumentError, InstrumentId, InstrumentStatus, Label, Latency,
    LatencyId, LatencySample, LimitName, Liquidity, Money, OpenAccount, PlanId, Price, Seq,
};

use super::Naive;
use super::account::Account;
use super::contest::Contest;
use super::judge::Cause;
use super::market::Market;

impl Naive {
    pub(super) fn register_instrument(&mut self, instrument: &Instrument) {
        let is_unknown = match instrument.liquidity {
            Liquidity::Paper(model) => matches!(
                model.latency,
                Latency::Recorded(latency) if latency.0 as usize >= self.latencies.len()
            ),
            Liquidity::Crossed => false,
        };
        let tick_value = match instrument.tick_value() {
            Ok(_) if is_unknown => Err(InstrumentError::Model),
            value => value,
        };
        let tick_value = match tick_value {
            Ok(value) => value.0,
            Err(error) => return self.reject(InputRejection::BadInstrument(error)),
        };
        if self.markets.len() >= self.limits.instruments_max as usize {
            return self.reject_full(LimitName::Instruments);
        }
        self.push(EventKind::InstrumentRegistered {
            instrument: InstrumentId(self.markets.len() as u32),
        });
        self.markets.push(Market {
            instrument: *instrument,
            tick_value,
            status: InstrumentStatus::Open,
            touch: None,
            touch_seq: Seq(0),
            before: None,
            could_fill: false,
            stale: false,
            lost: false,
            last: None,
            last_seq: Seq(0),
            session: None,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            consumed: BTreeMap::new(),
            opening: false,
            walking: false,
            legs: None,
        });
    }

    pub(super) fn define_plan(&mut self, spec: &[u8]) {
        let Ok(plan) = Plan::from_spec(spec) else {
            return self.reject(InputRejection::BadPlan);
        };
        if self.plans.len() >= self.limits.plans_max as usize {
            return self.reject_full(LimitName::Plans);
        }
        self.push(EventKind::PlanDefined {
            plan: PlanId(self.plans.len() as u32),
            version: plan.version,
            hash: plan.hash(),
        });
        self.open_days.entry(plan.schedule).or_default();
        self.plans.push(plan);
        for (calendar, interval) in self.intervals.clone() {
            self.follow_interval(self.plans.len() - 1, calendar, interval);
        }
    }

    pub(super) fn define_competition(&mut self, spec: &[u8]) {
        let Ok(competition) = Competition::from_spec(spec) else {
            return self.reject(InputRejection::BadCompetition);
        };
        if self.contests.len() >= self.limits.competitions_max as usize {
            return self.reject_full(LimitName::Competitions);
        }
        self.push(EventKind::CompetitionDefined {
            competition: CompetitionId(self.contests.len() as u32),
        });
        self.open_days.entry(competition.schedule).or_default();
        self.contests.push(Contest::new(competition));
    }

    pub(super) fn define_curve(&mut self, weights: &[u32]) {
        if weights.iter().all(|weight| *weight == 0) {
            return self.reject(InputRejection::BadData(DataFault::NoWeight));
        }
        if weights.len() > self.limits.samples_max as usize {
            return self.reject_full(LimitName::Samples);
        }
        if self.curves.len() >= self.limits.curves_max as usize {
            return self.reject_full(LimitName::Curves);
        }
        self.push(EventKind::CurveDefined {
            curve: CurveId(self.curves.len() as u32),
        });
        self.curves.push(weights.to_vec());
    }

    pub(super) fn define_latency(&mut self, samples: &[LatencySample]) {
        if samples.is_empty() {
            return self.reject(InputRejection::BadData(DataFault::NoSamples));
        }
        if samples.len() > self.limits.samples_max as usize {
            return self.reject_full(LimitName::Samples);
        }
        if self.latencies.len() >= self.limits.latencies_max as usize {
            return self.reject_full(LimitName::Latencies);
        }
        self.push(EventKind::LatencyDefined {
            latency: LatencyId(self.latencies.len() as u32),
        });
        self.latencies.push(samples.to_vec());
    }

    pub(super) fn set_conversion(&mut self, from: Label, to: Label, rate: Price) {
        if rate <= Price::ZERO {
            return self.reject(InputRejection::BadData(DataFault::Rate { rate }));
        }
        if from == to {
            return self.reject(InputRejection::BadData(DataFault::SameCurrency));
        }
        let is_known = self.conversions.contains_key(&(from, to));
        if !is_known && self.conversions.len() >= self.limits.conversions_max as usize {
            return self.reject_full(LimitName::Conversions);
        }
        self.conversions.insert((from, to), rate);
        self.push(EventKind::ConversionSet { from, to, rate });
        for id in 0..self.accounts.len() {
            if self.currency(id) == to && self.accounts[id].foreign_balance(from).is_some() {
                self.touch(id, Cause::Booking);
            }
        }
    }

    pub(super) fn open_account(&mut self, open: &OpenAccount) {
        let Some(plan) = self.plans.get(open.plan.0 as usize).cloned() else {
            return self.reject(InputRejection::UnknownPlan);
        };
        let is_known = |parent: types::Parentage| (parent.account.0 as usize) < self.accounts.len();
        if !open.parent.is_none_or(is_known) {
            return self.reject(InputRejection::UnknownAccount);
        }
        if self.accounts.len() >= self.limits.accounts_max as usize {
            return self.reject_full(LimitName::Accounts);
        }
        let account = AccountId(self.accounts.len() as u32);
        let lineage = match open.parent.map(|parent| self.follow(parent, &plan)) {
            None => Lineage::default(),
            Some(Ok(lineage)) => lineage,
            Some(Err((parent, reason))) => {
                return self.push(EventKind::AccountDenied {
                    plan: open.plan,
                    parent,
                    reason,
                });
            }
        };
        let rules = AccountRules::open(
            &plan,
            self.open_days[&plan.schedule].map(|day| open_on(&plan.days, day)),
        );
        self.push(EventKind::AccountOpened {
            account,
            plan: open.plan,
            parent: open.parent,
            balance: plan.initial_balance,
        });
        let limits: Vec<Limit> = rules.limits().copied().collect();
        let house = self.house.entry(plan.currency).or_default();
        house.funded += i128::from(plan.initial_balance.0);
        self.accounts.push(Account {
            name: open.name,
            plan: open.plan.0 as usize,
            life: Lifecycle::open(plan.stage),
            suspension: 0,
            lineage,
            followed: false,
            locked: false,
            locked_at: Seq::default(),
            balance: plan.initial_balance,
            foreign: Vec::new(),
            fees: Money::ZERO,
            rules,
            positions: Vec::new(),
            moved: [None; 2],
            untold: [false; 2],
            highest: None,
            highest_closed: None,
            had_turn: false,
            origins: [self.origin(BaselineSource::Opening); 2],
            active: (self.seq, self.ts),
            competition: None,
            second: 0,
            sent: 0,
        });
        self.tell_moves(account.0 as usize, limits.iter(), FloorMoveCause::Opened);
    }
}
