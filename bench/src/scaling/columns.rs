//! The plain sweep: every account is marked and judged on every quote, from columns of what only a trade changes. It is
//! what a rules engine without an index does, as fast as it can be done; [`super::accounts`] holds it to the shard.

use engine::Shard;
use types::{AccountId, InstrumentId, Money, Qty, RuleKind};

use super::harness::TICK_VALUE;

/// Rows between two looks at whether somebody is at a floor, or at a new peak.
const BLOCK: usize = 256;

/// Accounts of one plan, each long in one instrument, under a daily and a live trailing maximum loss that a touch breaks.
///
/// All are marked from one mark that stood once, the base. A first look marks and judges every row in 32 bits, in units of
/// what a tick is worth and rounded against the account: it finds the blocks where somebody may be at a floor or above a
/// peak, and these are judged in units of money. Six bytes of an account are looked at, which a core's own cache holds for
/// 100,000 of them.
#[derive(Debug, Default)]
pub struct Columns {
    /// Equity less the floor at the base, in units and rounded down.
    near: Vec<i32>,
    /// What a tick is worth on the position, in units.
    per_tick: Vec<i16>,
    /// Equity less the floor at the base, in units of money.
    at_base: Vec<i64>,
    /// The higher one of the two floors.
    floor: Vec<i64>,
    /// The mark, in ticks, that the rows are held at.
    base: i64,
    /// No mark within so many ticks of the base takes a row out of the range of 32 bits.
    reach: i64,
    /// What the trailing floor is below its peak, in units of money.
    allowance: i64,
    /// No row that is at this or below it, rounded down, is above its peak.
    ceiling: i32,
}

/// The unit of the first look, in units of money: what a tick is worth on whole lots is a multiple of it.
const UNIT: i64 = TICK_VALUE.0;

impl Columns {
    /// The accounts of a shard that stand at this mark, in ticks; `None` where they are others than these columns hold.
    pub fn of(shard: &Shard, mark: i64) -> Option<Self> {
        let mut columns = Self::default();
        for account in (0..shard.account_count()).map(AccountId) {
            let view = shard.account_view(account)?;
            let lots = shard.position(account, InstrumentId(0)).0 / Qty::ONE.0;
            let trailing = (view.limits.iter()).find(|it| it.limit.rule == RuleKind::MaxLoss)?;
            columns.allowance = trailing.limit.allowance.0;
            let floor = view.limits.iter().map(|it| it.limit.floor).max()?;
            if view.limits.iter().any(|it| !it.limit.touch_is_breach) {
                return None;
            }
            columns.per_tick.push(i16::try_from(lots).ok()?);
            columns.floor.push(floor.0);
            columns.at_base.push(view.row.equity.0 - floor.0);
        }
        // Whoever is at his peak is an allowance above his floor, so these are all remainders that there will be.
        let distances = columns.at_base.iter().chain([&columns.allowance]);
        let rounded_off = distances.map(|it| it.rem_euclid(UNIT)).max()?;
        let ceiling = (columns.allowance - rounded_off).div_euclid(UNIT);
        columns.ceiling = i32::try_from(ceiling).ok()?;
        columns.near = vec![0; columns.floor.len()];
        columns.base = mark;
        columns.rebase(mark)?;
        Some(columns)
    }

    /// Holds the rows at another mark; `None` where a row is not in the range of 32 bits.
    fn rebase(&mut self, mark: i64) -> Option<()> {
        let ticks = mark - self.base;
        let mut widest = i64::from(self.ceiling);
        let mut steepest = 1;
        let rows = self.at_base.iter_mut().zip(&mut self.near);
        for ((at_base, near), per_tick) in rows.zip(&self.per_tick) {
            let per_tick = i64::from(*per_tick);
            *at_base += per_tick * UNIT * ticks;
            *near = i32::try_from(at_base.div_euclid(UNIT)).ok()?;
            widest = widest.max(i64::from(*near).abs());
            steepest = steepest.max(per_tick.abs());
        }
        self.base = mark;
        // A floor that follows moves a row by what the reach is worth at most, and a ceiling less a distance is to fit too.
        self.reach = (i64::from(i32::MAX) - 2 * widest - 1) / (2 * steepest);
        (self.reach > 0).then_some(())
    }

    /// Marks all at so many ticks, says how many are at their floor or below it, and only then lets the floors follow. Who
    /// is at his floor leaves.
    pub fn sweep(&mut self, mark: i32) -> usize {
        let mark = i64::from(mark);
        if (mark - self.base).abs() > self.reach {
            self.rebase(mark)
                .unwrap_or_else(|| panic!("a row at {mark} ticks is out of range"));
        }
        let ticks = (mark - self.base) as i32;
        let (mut broken, ceiling) = (0, self.ceiling);
        for from in (0..self.near.len()).step_by(BLOCK) {
            let block = from..(from + BLOCK).min(self.near.len());
            // Negative once somebody may be at the floor or above the peak: a block in which nobody is there is only read.
            // One sign for both is cheaper than two comparisons.
            let mut sign = 0;
            for (near, per_tick) in
                (self.near[block.clone()].iter()).zip(&self.per_tick[block.clone()])
            {
                let distance = near + i32::from(*per_tick) * ticks;
                sign |= (distance - 1) | (ceiling - distance);
            }
            if sign < 0 {
                broken += block.filter(|row| self.judge(*row, ticks.into())).count();
            }
        }
        broken
    }

    /// Whether a row is at its floor or below it so many ticks from the base; above its peak the floor follows.
    fn judge(&mut self, row: usize, ticks: i64) -> bool {
        let at_base = &mut self.at_base[row];
        let distance = *at_base + i64::from(self.per_tick[row]) * UNIT * ticks;
        let broken = distance <= 0;
        if broken {
            // A row without a position, halfway to its peak for good.
            (*at_base, self.per_tick[row]) = (self.allowance / 2, 0);
        } else {
            let rise = (distance - self.allowance).max(0);
            *at_base -= rise;
            self.floor[row] += rise;
        }
        self.near[row] = at_base.div_euclid(UNIT) as i32;
        broken
    }

    /// The floor of an account, as it stands.
    pub fn floor(&self, account: u32) -> Money {
        Money(self.floor[account as usize])
    }
}
