//! The life of an account: which states follow which, and which accounts may follow others.

use types::{
    AccountState, Codec, CodecError, Label, OpenDenial, Origin, Reader, Suspension, TimestampNs,
    codec_struct,
};

use crate::plan::Stage;
use crate::plan::time_limit::TimeLimit;
use crate::spec::{PlanError, check};

/// How long an account of this plan has, and which may follow it. The default restricts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Life {
    /// The most resets in a row of accounts; 0 where the plan has none.
    pub resets_max: Option<u8>,
    /// The most retries in a row of accounts; 0 where the plan has none.
    pub retries_max: Option<u8>,
    /// Name of the plan of the next phase; without one any of a later phase or funded, in the same currency, may follow.
    pub next: Option<Label>,
    /// The time in which an account of an evaluation has to pass.
    pub time_limit: Option<TimeLimit>,
}

impl Life {
    pub(crate) fn validate(&self, name: Label, stage: Stage) -> Result<(), PlanError> {
        if let Some(limit) = self.time_limit {
            limit.validate()?;
        }
        let Some(next) = self.next else {
            return Ok(());
        };
        check(
            stage != Stage::Funded,
            "life.next",
            &next,
            "none, for a funded plan: it has no phase to pass",
        )?;
        check(next != name, "life.next", &next, "another plan's name")
    }
}

/// Whether an account in this state trades.
pub const fn is_trading(state: AccountState) -> bool {
    matches!(state, AccountState::Evaluation | AccountState::Funded)
}

/// Whether an account may go from one state to another. `prior` is the state that a suspended account
/// came from; it is not looked at for others.
pub fn is_legal(from: AccountState, to: AccountState, prior: Option<AccountState>) -> bool {
    use AccountState::{Closed, Evaluation, Failed, Funded, Passed, Suspended};
    match from {
        Evaluation => matches!(to, Passed | Failed | Suspended | Closed),
        Funded => matches!(to, Failed | Suspended | Closed),
        Suspended => matches!(to, Failed | Closed) || is_trading(to) && prior == Some(to),
        Passed => to == Closed,
        Failed | Closed => false,
    }
}

/// What changes an account's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeChange {
    /// Its objectives are met.
    Pass,
    /// A hard rule was violated.
    Fail,
    /// It is suspended; the state that it returns to is the one that it is in.
    Suspend {
        /// Why.
        reason: types::SuspendReason,
        /// The first moment at which that is over by itself.
        until: Option<TimestampNs>,
    },
    /// Its suspension is over.
    Resume,
    /// Its owner or the firm closes it.
    Close,
}

/// A change that the account's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account in this state cannot change so: {state:?}")]
pub struct IllegalChange {
    /// The state, which stays.
    pub state: AccountState,
}

/// The state of an account, with its suspension while it is suspended. No other pair can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    state: AccountState,
    suspension: Option<Suspension>,
}

impl Lifecycle {
    /// A fresh account.
    pub const fn open(stage: Stage) -> Self {
        Self {
            state: match stage {
                Stage::Evaluation { .. } => AccountState::Evaluation,
                Stage::Funded => AccountState::Funded,
            },
            suspension: None,
        }
    }

    /// Its state.
    pub const fn state(&self) -> AccountState {
        self.state
    }

    /// Its suspension, while it is suspended.
    pub const fn suspension(&self) -> Option<&Suspension> {
        self.suspension.as_ref()
    }

    /// Whether it trades.
    pub const fn is_trading(&self) -> bool {
        is_trading(self.state)
    }

    /// Whether its suspension is over by itself at `now`: then [`LifeChange::Resume`] is due.
    pub fn is_resume_due(&self, now: TimestampNs) -> bool {
        self.suspension
            .and_then(|suspension| suspension.until)
            .is_some_and(|until| until <= now)
    }

    /// Changes the state and returns the one before and the one after.
    ///
    /// # Errors
    /// [`IllegalChange`]; nothing changed.
    pub fn change(
        &mut self,
        change: LifeChange,
    ) -> Result<(AccountState, AccountState), IllegalChange> {
        let from = self.state;
        let prior = self.suspension.map(|suspension| suspension.prior);
        let illegal = IllegalChange { state: from };
        let (to, suspension) = match change {
            LifeChange::Pass => (AccountState::Passed, None),
            LifeChange::Fail => (AccountState::Failed, None),
            LifeChange::Close => (AccountState::Closed, None),
            LifeChange::Resume => (prior.ok_or(illegal)?, None),
            LifeChange::Suspend { reason, until } => (
                AccountState::Suspended,
                Some(Suspension {
                    reason,
                    until,
                    prior: from,
                }),
            ),
        };
        if !is_legal(from, to, prior) {
            return Err(illegal);
        }
        *self = Self {
            state: to,
            suspension,
        };
        Ok((from, to))
    }
}

impl Codec for Lifecycle {
    fn encode(&self, out: &mut Vec<u8>) {
        self.state.encode(out);
        self.suspension.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let state = AccountState::decode(reader)?;
        let suspension = Option::<Suspension>::decode(reader)?;
        let is_suspended = state == AccountState::Suspended;
        let returns = suspension.is_none_or(|suspension| is_trading(suspension.prior));
        if is_suspended != suspension.is_some() || !returns {
            return Err(CodecError::Invalid("lifecycle"));
        }
        Ok(Self { state, suspension })
    }
}

/// How many resets and retries led to an account. A next phase starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lineage {
    /// Resets.
    pub resets: u8,
    /// Retries.
    pub retries: u8,
}

codec_struct!(Lineage { resets, retries });

/// What of a plan says whether it may follow another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanKind {
    /// Its name.
    pub name: Label,
    /// The currency of its amounts.
    pub currency: Label,
    /// Evaluation or funded.
    pub stage: Stage,
}

/// What is known of the account that another is to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Its state.
    pub state: AccountState,
    /// Its plan.
    pub plan: PlanKind,
    /// What its plan allows.
    pub life: Life,
    /// What led to it.
    pub lineage: Lineage,
    /// Whether an account follows it already.
    pub followed: bool,
}

/// What opening an account after its parent comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Succession {
    /// What led to the new account.
    pub lineage: Lineage,
    /// Whether the parent is closed by it: it was reset while it still traded.
    pub closes_parent: bool,
}

/// Whether an account under this plan may be opened after a parent.
///
/// A next phase follows a passed parent, under the plan that its plan names; where that names none, under one of a
/// later phase, or a funded one, in the same currency. A reset follows a parent
/// that trades or failed, a retry one that failed, both under a plan of the same name. One account
/// follows another at most, so that resets and retries are counted along one line.
///
/// # Errors
/// The first reason against it: state, another that follows, plan, currency, phase, count.
pub fn may_open(origin: Origin, parent: &Parent, plan: PlanKind) -> Result<Succession, OpenDenial> {
    let Parent { state, life, .. } = *parent;
    let trades = is_trading(state);
    let failed = state == AccountState::Failed;
    let state_fits = match origin {
        Origin::NextPhase => state == AccountState::Passed,
        Origin::Reset => trades || failed,
        Origin::Retry => failed,
    };
    if !state_fits {
        return Err(OpenDenial::ParentState { state });
    }
    if parent.followed {
        return Err(OpenDenial::Followed);
    }
    let needed = match origin {
        Origin::NextPhase => life.next,
        Origin::Reset | Origin::Retry => Some(parent.plan.name),
    };
    match needed {
        Some(needed) if needed != plan.name => return Err(OpenDenial::OtherPlan { needed }),
        Some(_) => {}
        None => leads_on(parent.plan, plan)?,
    }
    let mut lineage = parent.lineage;
    match origin {
        Origin::NextPhase => lineage = Lineage::default(),
        Origin::Reset => {
            if let Some(max) = life.resets_max.filter(|max| lineage.resets >= *max) {
                return Err(OpenDenial::ResetsMax { max });
            }
            lineage.resets = lineage.resets.saturating_add(1);
        }
        Origin::Retry => {
            if let Some(max) = life.retries_max.filter(|max| lineage.retries >= *max) {
                return Err(OpenDenial::RetriesMax { max });
            }
            lineage.retries = lineage.retries.saturating_add(1);
        }
    }
    Ok(Succession {
        lineage,
        closes_parent: trades,
    })
}

/// Whether a plan is a later phase than another, or funded, in the same currency.
fn leads_on(from: PlanKind, to: PlanKind) -> Result<(), OpenDenial> {
    if to.currency != from.currency {
        let needed = from.currency;
        return Err(OpenDenial::OtherCurrency { needed });
    }
    match (from.stage, to.stage) {
        (Stage::Evaluation { phase: after }, Stage::Evaluation { phase }) if phase <= after => {
            Err(OpenDenial::EarlierPhase { after })
        }
        _ => Ok(()),
    }
}
