//! The plain sweep: every account is marked and judged on every quote, from columns of what only a trade changes. It is
//! what a rules engine without an index does, as fast as it can be done; [`super::accounts`] holds it to the shard.

use engine::Shard;
use types::{AccountId, InstrumentId, Money, Qty, RuleKind};

use super::harness::TICK_VALUE;

/// Rows between two looks at whether somebody is at a floor, or at a new peak.
const BLOCK: usize = 256;

/// Accounts of one plan, each long in one instrument, under a daily and a live trailing maximum loss that a touch breaks.
#[derive(Debug, Default)]
pub struct Columns {
    /// Equity less [`Self::floor`] at a mark of zero ticks, in units of money: a mark is judged by this and what a tick is
    /// worth, twelve bytes of each account.
    at_zero: Vec<i64>,
    /// What a tick is worth on the position, in units of money.
    per_tick: Vec<i32>,
    /// The higher one of the two floors.
    floor: Vec<i64>,
    /// What the trailing floor is below its peak, in units of money.
    allowance: i64,
}

impl Columns {
    /// The accounts of a shard that stand at this mark, in ticks; `None` where they are others than these columns hold.
    pub fn of(shard: &Shard, mark: i64) -> Option<Self> {
        let mut columns = Self::default();
        for account in (0..shard.account_count()).map(AccountId) {
            let view = shard.account_view(account)?;
            let lots = shard.position(account, InstrumentId(0)).0 / Qty::ONE.0;
            let per_tick = i32::try_from(TICK_VALUE.0 * lots).ok()?;
            let trailing = (view.limits.iter()).find(|it| it.limit.rule == RuleKind::MaxLoss)?;
            columns.allowance = trailing.limit.allowance.0;
            let floor = view.limits.iter().map(|it| it.limit.floor).max()?;
            if view.limits.iter().any(|it| !it.limit.touch_is_breach) {
                return None;
            }
            columns.floor.push(floor.0);
            let distance = view.row.equity.0 - floor.0;
            columns.at_zero.push(distance - i64::from(per_tick) * mark);
            columns.per_tick.push(per_tick);
        }
        Some(columns)
    }

    /// Marks all at so many ticks, says how many are at their floor or below it, and only then lets the floors follow. Who
    /// is at his floor leaves.
    pub fn sweep(&mut self, mark: i32) -> usize {
        let (mark, allowance) = (i64::from(mark), self.allowance);
        let mut broken = 0;
        let rows = self.at_zero.chunks_mut(BLOCK);
        let ticks = self.per_tick.chunks_mut(BLOCK);
        let floors = self.floor.chunks_mut(BLOCK);
        for ((at_zero, per_tick), floor) in rows.zip(ticks).zip(floors) {
            // Negative once somebody is at the floor or above the peak: a block in which nobody is there is only read. One
            // sign for both is cheaper than two comparisons of 64 bits.
            let mut sign = 0;
            for (at_zero, per_tick) in at_zero.iter().zip(&*per_tick) {
                let distance = at_zero + i64::from(*per_tick) * mark;
                sign |= (distance - 1) | (allowance - distance);
            }
            if sign < 0 {
                broken += judge(at_zero, per_tick, floor, mark, allowance);
            }
        }
        broken
    }

    /// The floor of an account, as it stands.
    pub fn floor(&self, account: u32) -> Money {
        Money(self.floor[account as usize])
    }
}

/// Judges each row of a block, and says how many are at their floor or below it.
fn judge(
    at_zero: &mut [i64],
    per_tick: &mut [i32],
    floor: &mut [i64],
    mark: i64,
    allowance: i64,
) -> usize {
    let mut broken = 0;
    for ((at_zero, per_tick), floor) in at_zero.iter_mut().zip(per_tick).zip(floor) {
        let distance = *at_zero + i64::from(*per_tick) * mark;
        if distance <= 0 {
            broken += 1;
            // A row without a position that is at its peak for good.
            (*at_zero, *per_tick) = (allowance, 0);
        } else {
            let rise = (distance - allowance).max(0);
            *at_zero -= rise;
            *floor += rise;
        }
    }
    broken
}
