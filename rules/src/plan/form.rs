//! The binary form of a plan, whose hash names it.
//!
//! The first form begins with the plan's name. A plan that uses what came later is written in the second:
//! [`SECOND`], which is the length of no name, then the first form without those fields, then
//! they. One that uses what came after that is written in the third: [`THIRD`], what follows [`SECOND`] in the
//! second form, then the newest fields. A plan has one form only, so that its hash stays what it was when there
//! was but the first.

use types::{Codec, CodecError, Reader, codec_struct};

use super::daily::DailyChanges;
use super::series::PayoutSeries;
use super::time_limit::TimeLimit;
use super::{DailyLoss, PayoutRule, Plan};
use crate::lifecycle::Life;

/// Begins the second form; a name is not that long.
const SECOND: u8 = 0xFF;
/// Begins the third form.
const THIRD: u8 = 0xFE;

/// What the first form does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Later {
    series: PayoutSeries,
    daily: DailyChanges,
}

/// What the second form does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Latest {
    time_limit: Option<TimeLimit>,
}

codec_struct!(Later { series, daily });
codec_struct!(Latest { time_limit });

impl Codec for Life {
    fn encode(&self, out: &mut Vec<u8>) {
        self.resets_max.encode(out);
        self.retries_max.encode(out);
        self.next.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            resets_max: Codec::decode(reader)?,
            retries_max: Codec::decode(reader)?,
            next: Codec::decode(reader)?,
            time_limit: None,
        })
    }
}

impl Codec for PayoutRule {
    fn encode(&self, out: &mut Vec<u8>) {
        self.fraction.encode(out);
        self.cap.encode(out);
        self.keep.encode(out);
        self.split.encode(out);
        self.after.encode(out);
        self.best_day_cap.encode(out);
        self.days_min.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            fraction: Codec::decode(reader)?,
            cap: Codec::decode(reader)?,
            keep: Codec::decode(reader)?,
            split: Codec::decode(reader)?,
            after: Codec::decode(reader)?,
            best_day_cap: Codec::decode(reader)?,
            days_min: Codec::decode(reader)?,
            series: PayoutSeries::default(),
        })
    }
}

impl Codec for DailyLoss {
    fn encode(&self, out: &mut Vec<u8>) {
        self.anchor.encode(out);
        self.allowance.encode(out);
        self.effect.encode(out);
        self.touch_is_breach.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            anchor: Codec::decode(reader)?,
            allowance: Codec::decode(reader)?,
            effect: Codec::decode(reader)?,
            touch_is_breach: Codec::decode(reader)?,
            changes: DailyChanges::default(),
        })
    }
}

impl Plan {
    fn later(&self) -> Later {
        Later {
            series: self.payout.map(|rule| rule.series).unwrap_or_default(),
            daily: self.daily_loss.map(|rule| rule.changes).unwrap_or_default(),
        }
    }

    const fn latest(&self) -> Latest {
        Latest {
            time_limit: self.life.time_limit,
        }
    }
}

macro_rules! first_form {
    ($($field:ident),+ $(,)?) => {
        fn encode_first(plan: &Plan, out: &mut Vec<u8>) {
            $(plan.$field.encode(out);)+
        }

        fn decode_first(reader: &mut Reader<'_>) -> Result<Plan, CodecError> {
            Ok(Plan { $($field: Codec::decode(reader)?),+ })
        }
    };
}

first_form!(
    name,
    version,
    currency,
    initial_balance,
    schedule,
    days,
    day_profit,
    stage,
    daily_loss,
    max_loss,
    profit_target,
    min_days,
    consistency,
    payout,
    scaling,
    terms,
    conduct,
    life,
);

impl Codec for Plan {
    fn encode(&self, out: &mut Vec<u8>) {
        let (later, latest) = (self.later(), self.latest());
        let is_third = latest != Latest::default();
        let is_second = !is_third && later != Later::default();
        if is_third {
            out.push(THIRD);
        } else if is_second {
            out.push(SECOND);
        }
        encode_first(self, out);
        if is_second || is_third {
            later.encode(out);
        }
        if is_third {
            latest.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let form = reader.rest().first().copied();
        if !matches!(form, Some(SECOND | THIRD)) {
            return decode_first(reader);
        }
        reader.take(1)?;
        let mut plan = decode_first(reader)?;
        let later = Later::decode(reader)?;
        if let Some(rule) = &mut plan.payout {
            rule.series = later.series;
        }
        if let Some(rule) = &mut plan.daily_loss {
            rule.changes = later.daily;
        }
        // Fields of a rule that the plan does not have.
        if plan.later() != later {
            return Err(CodecError::Invalid("later fields of a plan"));
        }
        if form == Some(THIRD) {
            let Latest { time_limit } = Latest::decode(reader)?;
            plan.life.time_limit = time_limit;
            if plan.latest() == Latest::default() {
                return Err(CodecError::Invalid("third form of a plan"));
            }
        } else if later == Later::default() {
            return Err(CodecError::Invalid("second form of a plan"));
        }
        Ok(plan)
    }
}
