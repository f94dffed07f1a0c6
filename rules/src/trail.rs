//! The floor of the maximum loss: what raises it, what stops it, what moves it from outside.

use types::{Money, RuleKind, codec_enum, codec_struct};

use crate::limit::Limit;
use crate::plan::{AfterPayout, MaxLoss, StopTrailing, TrailSource};

/// The floor of the maximum loss and whether it still trails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaxFloor {
    pub(crate) limit: Limit,
    stand: Stand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// A higher source value raises it.
    Trailing,
    /// The baseline moves no more; the floor stays `baseline - allowance`.
    Frozen,
    /// It stands at the account's size plus this offset, whatever the baseline is.
    Held { offset: Money },
}

codec_enum!(Stand { 0 => Trailing, 1 => Frozen, 2 => Held { offset } });
codec_struct!(MaxFloor { limit, stand });

/// What a floor does, and why it may stand elsewhere than `baseline - allowance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloorStand {
    /// Nothing raises it; a daily floor is placed anew at each roll.
    Fixed,
    /// It follows its source upward.
    Follows,
    /// Its source reached the level at which it stops: baseline and floor move no more.
    Frozen,
    /// It stands at this level, which it locked at or which a payout put it to, whatever
    /// `baseline - allowance` is.
    Held(Money),
}

impl MaxFloor {
    /// What the floor does on an account of this size.
    pub(crate) fn stand(&self, rule: &MaxLoss, size: Money) -> FloorStand {
        match self.stand {
            Stand::Held { offset } => FloorStand::Held(size.saturating_add(offset)),
            Stand::Frozen => FloorStand::Frozen,
            Stand::Trailing if rule.trail == TrailSource::None => FloorStand::Fixed,
            Stand::Trailing => FloorStand::Follows,
        }
    }

    pub(crate) fn open(rule: &MaxLoss, size: Money) -> Self {
        let mut floor = Self {
            limit: Limit {
                rule: RuleKind::MaxLoss,
                effect: rule.effect,
                touch_is_breach: rule.touch_is_breach,
                baseline: size,
                allowance: Money::ZERO,
                floor: size,
                lowered: Money::ZERO,
            },
            stand: Stand::Trailing,
        };
        floor.place(rule, size, size);
        floor.stop_if_due(rule, size);
        floor
    }

    /// Of a floor that is held: its distance from the account's size.
    pub(crate) const fn held(&self) -> Option<Money> {
        match self.stand {
            Stand::Held { offset } => Some(offset),
            Stand::Trailing | Stand::Frozen => None,
        }
    }

    pub(crate) fn is_trailing(&self) -> bool {
        self.stand == Stand::Trailing
    }

    /// The source is at `value`.
    pub(crate) fn raise(&mut self, rule: &MaxLoss, size: Money, value: Money) {
        if !self.is_trailing() || value <= self.limit.baseline {
            return;
        }
        self.place(rule, size, value);
        self.stop_if_due(rule, size);
    }

    /// A payout of `amount` left an account of this size.
    pub(crate) fn pay_out(&mut self, after: AfterPayout, size: Money, amount: Money) {
        match after {
            AfterPayout::FloorStays => {}
            AfterPayout::FloorToInitial => {
                self.limit.floor = size;
                self.stand = Stand::Held {
                    offset: Money::ZERO,
                };
            }
            AfterPayout::FloorFallsByPayout => {
                self.limit.lower_by(amount);
                if let Stand::Held { offset } = &mut self.stand {
                    *offset = offset.saturating_sub(amount);
                }
            }
        }
    }

    /// Size and balance grew by `step`, to this size.
    pub(crate) fn scale(&mut self, rule: &MaxLoss, size: Money, step: Money) {
        self.place(rule, size, self.limit.baseline.saturating_add(step));
        if let Stand::Held { offset } = self.stand {
            self.limit.floor = size.saturating_add(offset);
        }
    }

    fn place(&mut self, rule: &MaxLoss, size: Money, baseline: Money) {
        let allowance = rule.allowance.amount(size, baseline);
        self.limit.baseline = baseline;
        self.limit.allowance = allowance;
        self.limit.floor = baseline.saturating_sub(allowance);
        self.limit.lowered = Money::ZERO;
    }

    fn stop_if_due(&mut self, rule: &MaxLoss, size: Money) {
        match rule.stop {
            StopTrailing::Never => {}
            StopTrailing::AtFloorLevel(offset) => {
                let level = size.saturating_add(offset);
                if self.limit.floor >= level {
                    self.limit.floor = level;
                    self.stand = Stand::Held { offset };
                }
            }
            StopTrailing::FreezeWhenSource(offset) => {
                if self.limit.baseline >= size.saturating_add(offset) {
                    self.stand = Stand::Frozen;
                }
            }
        }
    }
}
