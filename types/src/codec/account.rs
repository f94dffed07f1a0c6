//! The life of an account and its conduct.

use crate::conduct::{ConductDenial, DaysOf, InactivityEffect, LapseEffect, ScaleStanding};
use crate::lifecycle::{AccountChange, OpenDenial, Origin, Parentage, SuspendReason, Suspension};
use crate::{codec_enum, codec_struct};

codec_struct!(Parentage { account, origin });
codec_enum!(AccountChange { 0 => Suspend { reason, until }, 1 => Resume, 2 => Close });
codec_enum!(SuspendReason { 0 => ByFirm, 1 => Review, 2 => Inactivity });
codec_struct!(Suspension {
    reason,
    until,
    prior
});
codec_enum!(Origin { 0 => NextPhase, 1 => Reset, 2 => Retry });
codec_enum!(OpenDenial {
    0 => ParentState { state },
    1 => Followed,
    2 => OtherPlan { needed },
    3 => ResetsMax { max },
    4 => RetriesMax { max },
    5 => OtherCurrency { needed },
    6 => EarlierPhase { after },
});
codec_enum!(InactivityEffect { 0 => Fail, 1 => Suspend, 2 => Close });
codec_enum!(LapseEffect { 0 => Fail, 1 => Close });
codec_enum!(DaysOf { 0 => Calendar, 1 => Trading });
codec_enum!(ConductDenial {
    0 => SizeMax { max, worst },
    1 => OrdersPerDay { max, orders },
    2 => TradesPerDay { max, trades },
    3 => Window { window },
});
codec_struct!(ScaleStanding {
    account,
    profit,
    profit_needed,
    days,
    days_needed,
    payouts,
    payouts_needed,
});
