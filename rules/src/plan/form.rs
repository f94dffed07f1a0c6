//! The binary form of a plan, whose hash names it.
//!
//! The first form begins with the plan's name. A plan that uses what came later is written in the second:
//! [`SECOND`], which is the length of no name, then the first form without those fields, then
//! they. A plan has one form only, so that its hash stays what it was when there was but the first.

use types::{Codec, CodecError, Reader, codec_struct};

use super::daily::DailyChanges;
use super::series::PayoutSeries;
use super::{DailyLoss, PayoutRule, Plan};

/// Begins the second form; a name is not that long.
const SECOND: u8 = 0xFF;

/// What the first form does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Later {
    series: PayoutSeries,
    daily: DailyChanges,
}

codec_struct!(Later { series, daily });

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
        let later = self.later();
        let is_first = later == Later::default();
        if !is_first {
            out.push(SECOND);
        }
        encode_first(self, out);
        if !is_first {
            later.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        if reader.rest().first() != Some(&SECOND) {
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
        // Neither a plan of the first form, nor fields of a rule that the plan does not have.
        if later == Later::default() || plan.later() != later {
            return Err(CodecError::Invalid("second form of a plan"));
        }
        Ok(plan)
    }
}
