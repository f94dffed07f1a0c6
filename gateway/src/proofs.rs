//! The newest proofs of every account, kept as the replica applies the inputs that decided.
//!
//! Memory is bounded twice, for each account and in all; the oldest go first, and it is told up to which
//! input they are gone. What was decided before the snapshot that the replica started from is gone too.
//! Nothing is lost: a proof follows from the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::Shard;
use types::{AccountId, Event, EventKind, Seq};

use crate::dto::proof::Proof;

/// Proofs kept of one account.
pub const ACCOUNT_PROOFS_MAX: usize = 100;
/// Proofs kept of all accounts.
pub const PROOFS_MAX: usize = 10_000;

/// The proofs of all accounts.
#[derive(Debug)]
pub struct Proofs {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    account_max: usize,
    all_max: usize,
    /// Up to here the replica did not see what was decided.
    started_at: Seq,
    accounts: BTreeMap<AccountId, Kept>,
    /// Everything that is kept, oldest first: when it was decided, and whose it is.
    order: BTreeSet<(u64, AccountId)>,
    /// How many proofs there were.
    counted: u64,
}

#[derive(Debug, Default)]
struct Kept {
    /// By their place among all proofs, oldest first.
    proofs: BTreeMap<u64, Arc<Proof>>,
    /// The newest that is gone.
    gone_until: Option<Seq>,
}

/// What is kept of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountProofs {
    /// Oldest first.
    pub proofs: Vec<Arc<Proof>>,
    /// Proofs up to this input are gone; `None` when there are all.
    pub gone_until: Option<Seq>,
}

impl Default for Proofs {
    fn default() -> Self {
        Self::bounded(ACCOUNT_PROOFS_MAX, PROOFS_MAX)
    }
}

impl Proofs {
    fn bounded(account_max: usize, all_max: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                account_max,
                all_max,
                started_at: Seq(0),
                accounts: BTreeMap::new(),
                order: BTreeSet::new(),
                counted: 0,
            }),
        }
    }

    /// The replica starts from a state whose past it does not know.
    pub(crate) fn start(&self, shard: &Shard) {
        self.lock().started_at = shard.seq();
    }

    /// An input was applied, and caused these.
    pub(crate) fn observe(&self, events: &[Event], shard: &Shard) {
        let is_verdict = |event: &Event| matches!(event.kind, EventKind::VerdictBasis(_));
        if !events.iter().any(is_verdict) {
            return;
        }
        let proofs = shard.proofs(events);
        let mut inner = self.lock();
        for proof in proofs {
            inner.keep(proof);
        }
    }

    /// What is kept of an account.
    pub fn of(&self, account: AccountId) -> AccountProofs {
        let inner = self.lock();
        let kept = inner.accounts.get(&account);
        let started_at = Some(inner.started_at).filter(|seq| seq.0 > 0);
        AccountProofs {
            proofs: kept
                .map(|kept| kept.proofs.values().cloned().collect())
                .unwrap_or_default(),
            gone_until: kept.and_then(|kept| kept.gone_until).max(started_at),
        }
    }

    /// Whatever a panic leaves behind is whole proofs.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, proof: Proof) {
        let (account, place) = (proof.account(), self.counted);
        self.counted += 1;
        let kept = self.accounts.entry(account).or_default();
        kept.proofs.insert(place, Arc::new(proof));
        self.order.insert((place, account));
        if kept.proofs.len() > self.account_max
            && let Some(&oldest) = kept.proofs.keys().next()
        {
            self.forget(oldest, account);
        }
        if self.order.len() > self.all_max
            && let Some(&(oldest, account)) = self.order.first()
        {
            self.forget(oldest, account);
        }
    }

    fn forget(&mut self, place: u64, account: AccountId) {
        self.order.remove(&(place, account));
        if let Some(kept) = self.accounts.get_mut(&account)
            && let Some(gone) = kept.proofs.remove(&place)
        {
            kept.gone_until = Some(gone.seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::{Plan, Verdict};
    use types::{Money, PlanHash, PlanId, ShardId, TimestampNs, VerdictBasis};

    use super::*;
    use crate::dto::plan::from_toml;

    fn plan() -> Plan {
        let text = include_str!("../../fixtures/plans/static-100k.toml");
        from_toml("plan.toml", text).unwrap()
    }

    fn proof(plan: &Plan, seq: u64, account: u32) -> Proof {
        let basis = VerdictBasis {
            account: AccountId(account),
            plan: PlanId(0),
            plan_version: 1,
            plan_hash: PlanHash::default(),
            size: Money::ZERO,
            own: Money::ZERO,
            balance: Money::ZERO,
            excluded: Money::ZERO,
            never_paid: Money::ZERO,
            beyond_best_day: Money::ZERO,
            days: 0,
            payout_days: 0,
            positions: 0,
            payouts: 0,
            days_since_payout: 0,
        };
        Proof {
            shard: ShardId(0),
            seq: Seq(seq),
            ts: TimestampNs(seq),
            account_name: plan.name,
            plan: plan.clone(),
            verdict: Verdict::Passed,
            basis,
            limits: Vec::new(),
            consistency: None,
            positions: Vec::new(),
            cash: Vec::new(),
        }
    }

    #[test]
    fn the_newest_are_kept_and_what_is_gone_is_told() {
        let plan = plan();
        let proofs = Proofs::bounded(2, 4);
        let keep = |seq, account| proofs.lock().keep(proof(&plan, seq, account));
        let kept = |account| {
            let kept = proofs.of(AccountId(account));
            let seqs: Vec<_> = kept.proofs.iter().map(|proof| proof.seq.0).collect();
            (seqs, kept.gone_until.map(|seq| seq.0))
        };
        keep(1, 0);
        keep(2, 0);
        assert_eq!(kept(0), (vec![1, 2], None));
        // Two of an account.
        keep(3, 0);
        assert_eq!(kept(0), (vec![2, 3], Some(1)));
        keep(4, 1);
        keep(5, 1);
        assert_eq!(kept(1), (vec![4, 5], None));
        // Four in all: the oldest is account 0's of input 2.
        keep(6, 2);
        assert_eq!(kept(0), (vec![3], Some(2)));
        keep(7, 3);
        keep(8, 3);
        assert_eq!(kept(0), (vec![], Some(3)));
        assert_eq!(kept(1), (vec![5], Some(4)));
        assert_eq!(kept(3), (vec![7, 8], None));
        assert_eq!(kept(9), (vec![], None));
        // What was before the snapshot is gone for everybody.
        proofs.lock().started_at = Seq(4);
        assert_eq!(kept(0), (vec![], Some(4)));
        assert_eq!(kept(9), (vec![], Some(4)));
    }
}
