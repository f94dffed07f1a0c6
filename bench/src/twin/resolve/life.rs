//! Accounts that follow others, accounts that are held still or end, and intervals of calendars.

use types::{
    AccountChange, AccountId, AccountState, Command, InputKind, Interval, Label, Origin, Parentage,
    PlanId, SuspendReason, TimestampNs,
};

use super::Scene;
use crate::twin::conduct::calendar;
use crate::twin::setting::open_account;

const SECOND: u64 = 1_000_000_000;
/// For so long an interval is known after its end.
const WEEK: u64 = 7 * 86_400 * SECOND;

impl Scene<'_> {
    pub(super) fn open(&mut self) -> InputKind {
        if !self.portrait.accounts.is_empty() && self.draw.percent(60) {
            return self.open_after();
        }
        let plan = self.plan();
        let accounts = self.portrait.accounts.len() as u64;
        let parent = self.draw.percent(10).then(|| Parentage {
            account: AccountId(self.draw.below(accounts + 1) as u32),
            origin: self.origin(),
        });
        open_account(plan, parent)
    }

    /// Any plan, seldom one that there is not.
    fn plan(&mut self) -> PlanId {
        let plans = self.shard.plan_count();
        if self.nonsense() {
            return PlanId(plans);
        }
        PlanId(self.draw.below(u64::from(plans)) as u32)
    }

    fn origin(&mut self) -> Origin {
        self.draw
            .pick(&[Origin::NextPhase, Origin::Reset, Origin::Retry])
    }

    fn account_in(&mut self, states: &[AccountState]) -> Option<AccountId> {
        let accounts = (0..).zip(&self.portrait.accounts);
        let found: Vec<u32> = accounts
            .filter(|(_, account)| states.contains(&account.state))
            .map(|(id, _)| id)
            .collect();
        self.draw.choose(&found).map(|id| AccountId(*id))
    }

    /// An account that follows one that may be followed, mostly.
    fn open_after(&mut self) -> InputKind {
        use AccountState::{Evaluation, Failed, Funded, Passed};
        let origin = self.origin();
        let states: &[AccountState] = match origin {
            Origin::NextPhase => &[Passed],
            Origin::Reset => &[Evaluation, Funded, Failed],
            Origin::Retry => &[Failed],
        };
        let any = AccountId(self.draw.below(self.portrait.accounts.len() as u64) as u32);
        let fitting = self.account_in(states);
        let account = fitting.filter(|_| self.draw.percent(85)).unwrap_or(any);
        let plan = self.plan_after(account, origin);
        open_account(plan, Some(Parentage { account, origin }))
    }

    /// The plan that a parent leads to, mostly.
    fn plan_after(&mut self, parent: AccountId, origin: Origin) -> PlanId {
        let any = self.plan();
        let of = self.shard.account_row(parent).map(|row| row.plan);
        let Some(of) = of.and_then(|plan| self.shard.plan(plan)) else {
            return any;
        };
        let wanted: Option<Label> = match origin {
            Origin::NextPhase => of.life.next,
            Origin::Reset | Origin::Retry => Some(of.name),
        };
        let plans = (0..self.shard.plan_count()).map(PlanId);
        let fitting: Vec<PlanId> = plans
            .filter(|plan| self.shard.plan(*plan).map(|plan| plan.name) == wanted)
            .collect();
        let fitting = self.draw.choose(&fitting).copied();
        fitting.filter(|_| self.draw.percent(85)).unwrap_or(any)
    }

    pub(super) fn change_account(&mut self) -> InputKind {
        let suspended = self.account_in(&[AccountState::Suspended]);
        let any = self.account();
        let (account, change) = match (suspended, self.draw.below(10)) {
            (Some(suspended), 0..5) => (suspended, AccountChange::Resume),
            (Some(suspended), 5) => (suspended, self.suspension()),
            (Some(suspended), 6) => (suspended, AccountChange::Close),
            (None, 0) => (any, AccountChange::Resume),
            (_, 7) => (any, AccountChange::Close),
            (_, 8) => {
                let passed = self.account_in(&[AccountState::Passed, AccountState::Closed]);
                (passed.unwrap_or(any), AccountChange::Close)
            }
            _ => (any, self.suspension()),
        };
        InputKind::Command(Command::ChangeAccount { account, change })
    }

    fn suspension(&mut self) -> AccountChange {
        let later = [1, 50_000_000, SECOND, SECOND, 5 * SECOND, 60 * SECOND];
        let until = match self.draw.below(10) {
            0..4 => None,
            4 => Some(TimestampNs(self.ts.0 - self.draw.below(2))),
            _ => Some(TimestampNs(self.ts.0 + self.draw.pick(&later))),
        };
        AccountChange::Suspend {
            reason: self
                .draw
                .pick(&[SuspendReason::ByFirm, SuspendReason::Review]),
            until,
        }
    }

    pub(super) fn announce(&mut self) -> InputKind {
        let known = self.draw.choose(&self.portrait.intervals).copied();
        let (calendar, interval) = match known {
            // The same once more, or one that overlaps it.
            Some(known) if self.draw.percent(12) => known,
            Some((calendar, known)) if self.draw.percent(25) => (calendar, self.beside(known)),
            _ => (calendar(&mut self.draw), self.interval()),
        };
        InputKind::Command(Command::AnnounceWindow { calendar, interval })
    }

    fn beside(&mut self, known: Interval) -> Interval {
        let length = known.end.0 - known.start.0;
        // Nonsense may end with time itself.
        let after = |by: u64| known.end.0.saturating_add(by);
        let (start, end) = match self.draw.below(5) {
            0 => (known.start.0 + length / 2, after(length)),
            1 => (known.end.0, after(SECOND)),
            2 => (known.start.0 - SECOND, known.start.0),
            3 => (known.start.0, after(1)),
            _ => (known.start.0 - 1, known.end.0 - length / 2),
        };
        Interval {
            start: TimestampNs(start),
            end: TimestampNs(end),
        }
    }

    fn interval(&mut self) -> Interval {
        let now = self.ts.0;
        let delay = self
            .draw
            .pick(&[0, 1, SECOND, SECOND, 3 * SECOND, 20 * SECOND]);
        let length = self
            .draw
            .pick(&[1, 50_000_000, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND]);
        let (start, end) = match self.draw.below(16) {
            0..9 => (now + delay, now + delay + length),
            // It has begun, or is over for less than a week.
            9..13 => (now - length, now - length + 2 * self.draw.below(length)),
            // Long over, just not, or empty.
            13 => (now - 2 * WEEK, now - WEEK + self.draw.below(3) - 1),
            14 => (now - WEEK, now - WEEK + SECOND),
            _ => (
                now + delay,
                (now + delay).saturating_sub(self.draw.below(2)),
            ),
        };
        Interval {
            start: TimestampNs(start),
            end: TimestampNs(if self.nonsense() { u64::MAX } else { end }),
        }
    }
}
