//! What a competition pays: a pool, cut into prizes by place.
//!
//! First the table: every place has a prize in whole units, and the prizes sum to the pool exactly. A
//! share of the pool that is not whole goes down, and the units left over go to the places with the
//! largest remainders, among equal ones to the better place. The table depends on nobody's score, so
//! it can be published beforehand.
//!
//! Then the award: entries that only the order of entry tells apart share the prizes of the places they
//! take up, places without a prize included. Each gets the whole units of its equal part; their
//! remainders are equal, so the units left over go to the earliest entries. The prizes of places that
//! nobody took are unclaimed: reported, and given to nobody else.
//!
//! A better rank never gets less: no prize is above the prize before it, so the least of a group's
//! prizes is at least the greatest of the next group's.

use types::{AccountId, Money, Ratio, codec_enum, codec_struct};

use crate::board::Key;
use crate::spec::{FieldError, check};

/// The most places that a pool has prizes for.
pub const PLACES_MAX: u32 = 1_000;

/// What one place gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrizeAmount {
    /// A share of the pool.
    Share(Ratio),
    /// An amount.
    Fixed(Money),
}

/// The prize of each place of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prize {
    /// Best place of the range, from 1.
    pub first: u32,
    /// Worst place of the range; `first` where the range is one place.
    pub last: u32,
    /// What each of these places gets.
    pub each: PrizeAmount,
}

/// A prize pool and how it is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrizePool {
    /// What the organiser guarantees, without any fees.
    pub pool: Money,
    /// The smallest payable amount, such as one cent.
    pub unit: Money,
    /// Prizes from the first place on without a gap; all shares of the pool, or all amounts.
    pub places: Vec<Prize>,
}

/// What an entry costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EntryFee {
    /// Of one entry.
    pub fee: Money,
    /// The share of all fees that is added to the pool, in [0, 1].
    pub to_pool: Ratio,
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Awards {
    /// Every entry that took up a place with a prize, best first.
    pub paid: Vec<Award>,
    /// Prizes of places that nobody took. With what is paid it is the pool.
    pub unclaimed: Money,
}

/// What one entry gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Award {
    /// The entrant.
    pub account: AccountId,
    /// How much.
    pub amount: Money,
}

codec_enum!(PrizeAmount { 0 => Share(share), 1 => Fixed(amount) });
codec_struct!(Prize { first, last, each });
codec_struct!(PrizePool { pool, unit, places });
codec_struct!(EntryFee { fee, to_pool });
codec_struct!(Award { account, amount });
codec_struct!(Awards { paid, unclaimed });

impl EntryFee {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self) -> Result<(), FieldError> {
        check(
            !self.fee.is_negative(),
            "entry.fee.fee",
            &self.fee,
            "0 or more",
        )?;
        let is_share = self.to_pool >= Ratio::ZERO && self.to_pool <= Ratio::ONE;
        check(is_share, "entry.fee.to_pool", &self.to_pool, "0 to 1")
    }

    /// What this many entries add to a pool, in 1e-15 of the currency: exact.
    fn added_by(&self, entries: u32) -> i128 {
        let each = i128::from(self.fee.0) * i128::from(self.to_pool.0);
        each.saturating_mul(entries.into())
    }
}

impl PrizePool {
    /// Checks every field, with the fee whose share flows into the pool.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self, fee: &EntryFee) -> Result<(), FieldError> {
        check(
            self.unit > Money::ZERO,
            "prizes.unit",
            &self.unit,
            "above 0",
        )?;
        check(
            !self.pool.is_negative() && self.pool.0 % self.unit.0 == 0,
            "prizes.pool",
            &self.pool,
            "0 or more, a multiple of the unit",
        )?;
        self.validate_ranges()?;
        match self.places.first().map(|prize| prize.each) {
            Some(PrizeAmount::Fixed(_)) => self.validate_amounts(fee),
            _ => self.validate_shares(),
        }
    }

    /// From the first place on, without a gap.
    fn validate_ranges(&self) -> Result<(), FieldError> {
        const PATH: &str = "prizes.places";
        let mut next = 1;
        for prize in &self.places {
            check(
                prize.first == next,
                "prizes.places.first",
                &prize.first,
                "the place after the range before, and 1 at the start",
            )?;
            check(
                prize.last >= prize.first && prize.last <= PLACES_MAX,
                "prizes.places.last",
                &prize.last,
                "the first place of the range or a later one, at most 1000",
            )?;
            next = prize.last + 1;
        }
        check(next > 1, PATH, &self.places.len(), "one range or more")
    }

    fn validate_shares(&self) -> Result<(), FieldError> {
        const PATH: &str = "prizes.places.share";
        let mut before = Ratio::ONE;
        let mut sum = 0;
        for prize in &self.places {
            let PrizeAmount::Share(share) = prize.each else {
                return Err(mixed(prize));
            };
            check(
                share > Ratio::ZERO && share <= before,
                PATH,
                &share,
                "above 0, and not above the share of the place before",
            )?;
            before = share;
            sum += i128::from(share.0) * i128::from(prize.count());
        }
        let is_whole = sum == i128::from(Ratio::ONE.0);
        let sum = Ratio(sum.clamp(0, i64::MAX.into()) as i64);
        check(is_whole, PATH, &sum, "a sum of 1 over all places")
    }

    fn validate_amounts(&self, fee: &EntryFee) -> Result<(), FieldError> {
        const PATH: &str = "prizes.places.amount";
        let mut before = self.pool;
        let mut sum = 0;
        for prize in &self.places {
            let PrizeAmount::Fixed(amount) = prize.each else {
                return Err(mixed(prize));
            };
            check(
                amount > Money::ZERO && amount <= before && amount.0 % self.unit.0 == 0,
                PATH,
                &amount,
                "above 0, a multiple of the unit, and not above the amount of the place before",
            )?;
            before = amount;
            sum += i128::from(amount.0) * i128::from(prize.count());
        }
        let is_whole = sum == i128::from(self.pool.0);
        let sum = Money(sum.clamp(0, i64::MAX.into()) as i64);
        check(is_whole, PATH, &sum, "a sum that is the pool")?;
        check(
            fee.fee == Money::ZERO || fee.to_pool == Ratio::ZERO,
            "entry.fee.to_pool",
            &fee.to_pool,
            "0 where the prizes are amounts",
        )
    }

    /// Places with a prize.
    pub fn place_count(&self) -> u32 {
        self.places.last().map_or(0, |prize| prize.last)
    }

    /// The whole pool: what is guaranteed, and the share of the fees of so many entries, rounded down to
    /// the unit; held at the end of the range.
    #[must_use]
    pub fn total(&self, fee: &EntryFee, entries: u32) -> Money {
        let unit = i128::from(self.unit.0.max(1));
        let from_fees = fee.added_by(entries) / (i128::from(Ratio::ONE.0) * unit);
        let most = i128::from(i64::MAX) / unit;
        let guaranteed = i128::from(self.pool.0) / unit;
        Money(((guaranteed + from_fees).min(most) * unit) as i64)
    }

    /// The prize of each place of a valid pool that holds this much, a multiple of the unit. Their sum is
    /// `total`.
    pub fn table(&self, total: Money) -> Vec<Money> {
        let unit = self.unit.0.max(1);
        let units = i128::from(total.0 / unit);
        let mut table = Vec::new();
        // Remainders with their places; amounts have none.
        let mut remainders: Vec<(i128, usize)> = Vec::new();
        for prize in &self.places {
            let whole = match prize.each {
                PrizeAmount::Fixed(amount) => amount.0 / unit,
                PrizeAmount::Share(share) => {
                    let exact = units * i128::from(share.0);
                    let remainder = exact % i128::from(Ratio::ONE.0);
                    let places = table.len()..table.len() + prize.count() as usize;
                    remainders.extend(places.map(|place| (remainder, place)));
                    (exact / i128::from(Ratio::ONE.0)) as i64
                }
            };
            table.extend((0..prize.count()).map(|_| Money(whole.saturating_mul(unit))));
        }
        remainders.sort_unstable_by(|(a, left), (b, right)| b.cmp(a).then(left.cmp(right)));
        // Each remainder is below one unit, so what is left is less than a unit for each place.
        let paid = sum(&table);
        let left = total.0.saturating_sub(paid.0) / unit;
        for (_, place) in remainders.into_iter().take(left.max(0) as usize) {
            table[place].0 += unit;
        }
        table
    }

    /// Who gets what of a valid pool that holds this much, a multiple of the unit. `ranked`: every
    /// eligible entry, in any order.
    pub fn award(&self, total: Money, ranked: &[Key]) -> Awards {
        let table = self.table(total);
        let mut ranked = ranked.to_vec();
        ranked.sort_unstable();
        let unit = self.unit.0.max(1);
        let mut awards = Awards::default();
        let mut place = 0;
        for group in ranked.chunk_by(Key::ties_with) {
            let Some(prizes) = table.get(place..) else {
                break;
            };
            if prizes.is_empty() {
                break;
            }
            let units = sum(&prizes[..group.len().min(prizes.len())]).0 / unit;
            let members = group.len() as i64;
            for (member, key) in (0..).zip(group) {
                let extra = i64::from(member < units % members);
                awards.paid.push(Award {
                    account: key.account,
                    amount: Money((units / members + extra) * unit),
                });
            }
            place += group.len();
        }
        awards.unclaimed = sum(table.get(place..).unwrap_or_default());
        awards
    }
}

impl Prize {
    /// Places of the range.
    const fn count(&self) -> u32 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

/// Prizes of a table sum to a pool, which is in range.
fn sum(prizes: &[Money]) -> Money {
    prizes
        .iter()
        .fold(Money::ZERO, |sum, prize| sum.saturating_add(*prize))
}

fn mixed(prize: &Prize) -> FieldError {
    FieldError {
        path: "prizes.places",
        value: format!("{:?}", prize.each),
        accepted: "either all shares or all amounts",
    }
}
