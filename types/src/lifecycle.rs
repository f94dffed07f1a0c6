//! How an account is suspended, and why one is opened after another.

use crate::event::AccountState;
use crate::id::AccountId;
use crate::label::Label;
use crate::time::TimestampNs;

/// Why an account is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuspendReason {
    /// The firm wanted it.
    ByFirm,
    /// Its trading is under review.
    Review,
    /// It did not trade for as long as its plan allows.
    Inactivity,
}

/// A suspension: nothing is traded, nothing is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspension {
    /// Why.
    pub reason: SuspendReason,
    /// The first moment at which it is over by itself; `None` until somebody ends it.
    pub until: Option<TimestampNs>,
    /// The state that it came from and returns to: evaluation or funded.
    pub prior: AccountState,
}

/// What the firm, or its owner, makes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// It is held still: its orders end, its positions are closed.
    Suspend {
        /// Why.
        reason: SuspendReason,
        /// The first moment at which that is over by itself.
        until: Option<TimestampNs>,
    },
    /// Its suspension is over: it trades again in the state that it came from.
    Resume,
    /// It ends: its orders end, its positions are closed.
    Close,
}

/// The account that another one follows, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parentage {
    /// The parent.
    pub account: AccountId,
    /// Why another one follows it.
    pub origin: Origin,
}

/// Why an account is opened with a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The parent passed; this is the phase after it.
    NextPhase,
    /// The parent starts over, trading or failed.
    Reset,
    /// The parent failed; this is another attempt.
    Retry,
}

/// Why an account is not opened after its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenDenial {
    /// The parent's state does not allow it.
    ParentState {
        /// That state.
        state: AccountState,
    },
    /// Another account follows the parent already.
    Followed,
    /// The parent's plan leads to another one.
    OtherPlan {
        /// The plan that it leads to.
        needed: Label,
    },
    /// Amounts of the plan are in another currency than those of the parent's.
    OtherCurrency {
        /// That of the parent's.
        needed: Label,
    },
    /// The plan is of no later phase than the parent's.
    EarlierPhase {
        /// That of the parent's.
        after: u8,
    },
    /// The plan's resets are used up.
    ResetsMax {
        /// The most resets.
        max: u8,
    },
    /// The plan's retries are used up.
    RetriesMax {
        /// The most retries.
        max: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;

    #[test]
    fn origins_and_denials_survive_their_binary_form() {
        for origin in [Origin::NextPhase, Origin::Reset, Origin::Retry] {
            assert_eq!(Origin::from_bytes(&origin.to_bytes()), Ok(origin));
        }
        let state = AccountState::Suspended;
        let needed = Label::new("phase 2").unwrap();
        for denial in [
            OpenDenial::ParentState { state },
            OpenDenial::Followed,
            OpenDenial::OtherPlan { needed },
            OpenDenial::OtherCurrency { needed },
            OpenDenial::EarlierPhase { after: 1 },
            OpenDenial::ResetsMax { max: 2 },
            OpenDenial::RetriesMax { max: 1 },
        ] {
            assert_eq!(OpenDenial::from_bytes(&denial.to_bytes()), Ok(denial));
        }
    }
}
