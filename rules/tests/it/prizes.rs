//! Prizes: tables and awards worked out by hand, and the same in exact rationals.

use proptest::prelude::*;
use rules::oracle::Rational;
use rules::prizes::{Award, Awards, PLACES_MAX};
use rules::{EntryFee, Key, Prize, PrizeAmount, PrizePool, TotalReturn};
use types::{AccountId, Codec, Money, Ratio, TimestampNs};

use crate::plans::usd;

const CENT: Money = Money(10_000);
const FREE: EntryFee = EntryFee {
    fee: Money::ZERO,
    to_pool: Ratio::ZERO,
};

fn share(first: u32, last: u32, per_mille: i64) -> Prize {
    Prize {
        first,
        last,
        each: PrizeAmount::Share(Ratio(per_mille * 1_000_000)),
    }
}

fn amount(first: u32, last: u32, whole: i64) -> Prize {
    Prize {
        first,
        last,
        each: PrizeAmount::Fixed(usd(whole)),
    }
}

fn pool(whole: i64, places: &[Prize]) -> PrizePool {
    let pool = PrizePool {
        pool: usd(whole),
        unit: CENT,
        places: places.to_vec(),
    };
    assert_eq!(pool.validate(&FREE), Ok(()));
    assert_eq!(PrizePool::from_bytes(&pool.to_bytes()).as_ref(), Ok(&pool));
    pool
}

/// An entry with this many points.
fn entry(account: u32, points: i64) -> Key {
    Key {
        total: points,
        total_return: TotalReturn::ZERO,
        max_drawdown: Ratio::ZERO,
        attained_at: TimestampNs(0),
        entrant: account,
        account: AccountId(account),
    }
}

fn cents(awards: &Awards) -> Vec<(u32, i64)> {
    let cents = |award: &Award| (award.account.0, award.amount.0 / CENT.0);
    awards.paid.iter().map(cents).collect()
}

#[test]
fn half_three_tenths_and_a_fifth() {
    let pool = pool(
        1_000,
        &[share(1, 1, 500), share(2, 2, 300), share(3, 3, 200)],
    );
    let ranked = [entry(4, 9), entry(2, 7), entry(3, 8), entry(1, 1)];
    let awards = pool.award(pool.pool, &ranked);
    assert_eq!(cents(&awards), [(4, 50_000), (3, 30_000), (2, 20_000)]);
    assert_eq!(awards.unclaimed, usd(0));
    assert_eq!(Awards::from_bytes(&awards.to_bytes()), Ok(awards));
}

#[test]
fn second_and_third_share_what_their_places_pay() {
    let pool = pool(
        1_000,
        &[share(1, 1, 500), share(2, 2, 300), share(3, 3, 200)],
    );
    let ranked = [entry(9, 9), entry(5, 7), entry(3, 7), entry(1, 1)];
    // (300 + 200) / 2 each.
    let awards = pool.award(pool.pool, &ranked);
    assert_eq!(cents(&awards), [(9, 50_000), (3, 25_000), (5, 25_000)]);
}

#[test]
fn a_tie_over_the_last_place_shares_it_among_all() {
    let pool = pool(10, &[amount(1, 1, 9), amount(2, 2, 1)]);
    let ranked = [entry(8, 5), entry(7, 5), entry(6, 5), entry(1, 9)];
    // One dollar among three: 33 cents each, and the cent left over to the lowest id.
    let awards = pool.award(pool.pool, &ranked);
    assert_eq!(cents(&awards), [(1, 900), (6, 34), (7, 33), (8, 33)]);
    assert_eq!(awards.unclaimed, usd(0));
}

#[test]
fn what_nobody_took_is_unclaimed() {
    let pool = pool(100, &[amount(1, 1, 50), amount(2, 6, 10)]);
    let awards = pool.award(pool.pool, &[entry(0, 2), entry(1, 1)]);
    assert_eq!(cents(&awards), [(0, 5_000), (1, 1_000)]);
    assert_eq!(awards.unclaimed, usd(40));
    let nobody = pool.award(pool.pool, &[]);
    assert_eq!((nobody.paid.len(), nobody.unclaimed), (0, usd(100)));
}

#[test]
fn a_table_sums_to_the_pool_by_largest_remainder() {
    let thirds = PrizePool {
        pool: Money(10_000),
        unit: CENT,
        places: vec![
            Prize {
                first: 1,
                last: 1,
                each: PrizeAmount::Share(Ratio(333_333_334)),
            },
            Prize {
                first: 2,
                last: 3,
                each: PrizeAmount::Share(Ratio(333_333_333)),
            },
        ],
    };
    assert_eq!(thirds.validate(&FREE), Ok(()));
    // Eight cents: 2.67 for each; the first remainder is the largest, the next two are equal.
    let table = |total: i64| {
        let table = thirds.table(Money(total * CENT.0));
        table
            .iter()
            .map(|prize| prize.0 / CENT.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(table(8), [3, 3, 2]);
    assert_eq!(table(7), [3, 2, 2]);
    assert_eq!(table(1), [1, 0, 0]);
    assert_eq!(table(0), [0, 0, 0]);
}

#[test]
fn fees_flow_into_the_pool() {
    let pool = pool(500, &[share(1, 1, 1_000)]);
    let fee = EntryFee {
        fee: Money::whole(25),
        to_pool: Ratio::percent(80),
    };
    assert_eq!(pool.validate(&fee), Ok(()));
    assert_eq!(fee.validate(), Ok(()));
    // 500 + 300 x 25 x 0.8
    assert_eq!(pool.total(&fee, 300), usd(6_500));
    assert_eq!(pool.total(&fee, 0), usd(500));
    // 3 x 0.333333 x 0.5 is 49.99995 cents.
    let odd = EntryFee {
        fee: Money(333_333),
        to_pool: Ratio::percent(50),
    };
    assert_eq!(pool.total(&odd, 3), Money(500_490_000));
    let huge = EntryFee {
        fee: Money(i64::MAX),
        to_pool: Ratio::ONE,
    };
    assert_eq!(pool.total(&huge, 2), Money(i64::MAX / CENT.0 * CENT.0));
}

#[test]
fn what_is_not_accepted_is_named() {
    let why = |pool: i64, unit: i64, places: &[Prize], to_pool: i64| {
        let pool = PrizePool {
            pool: Money(pool),
            unit: Money(unit),
            places: places.to_vec(),
        };
        let fee = EntryFee {
            fee: usd(1),
            to_pool: Ratio(to_pool),
        };
        let error = pool.validate(&fee).unwrap_err();
        (error.path, error.value)
    };
    let told = |path, value: &str| (path, value.to_owned());
    let all = [share(1, 1, 1_000)];
    assert_eq!(why(1, 0, &all, 0), told("prizes.unit", "0"));
    assert_eq!(why(-10, 10, &all, 0), told("prizes.pool", "-0.00001"));
    assert_eq!(why(15, 10, &all, 0), told("prizes.pool", "0.000015"));
    assert_eq!(why(10, 10, &[], 0), told("prizes.places", "0"));
    let gap = [share(1, 1, 500), share(3, 3, 500)];
    assert_eq!(why(10, 10, &gap, 0), told("prizes.places.first", "3"));
    let backward = [share(1, 0, 500)];
    assert_eq!(why(10, 10, &backward, 0), told("prizes.places.last", "0"));
    let many = [share(1, PLACES_MAX + 1, 1)];
    assert_eq!(why(10, 10, &many, 0), told("prizes.places.last", "1001"));
    let rising = [share(1, 1, 400), share(2, 2, 600)];
    assert_eq!(why(10, 10, &rising, 0), told("prizes.places.share", "0.6"));
    let less = [share(1, 2, 499)];
    assert_eq!(why(10, 10, &less, 0), told("prizes.places.share", "0.998"));
    let more = [share(1, 3, 334)];
    assert_eq!(why(10, 10, &more, 0), told("prizes.places.share", "1.002"));
    let two = usd(2).0;
    let less = [amount(1, 1, 1)];
    assert_eq!(why(two, 10, &less, 0), told("prizes.places.amount", "1"));
    let mixed = [share(1, 1, 500), amount(2, 2, 1)];
    let told_mixed = why(two, 10, &mixed, 0);
    assert_eq!(told_mixed, told("prizes.places", "Fixed(Money(1000000))"));
    let whole = [amount(1, 1, 2)];
    assert_eq!(
        why(two, 10, &whole, 1),
        told("entry.fee.to_pool", "0.000000001")
    );
    let fee = EntryFee {
        fee: Money(-1),
        to_pool: Ratio::ZERO,
    };
    assert_eq!(fee.validate().unwrap_err().path, "entry.fee.fee");
}

/// Cuts one into shares, the largest first, and ranges of equal ones.
fn places() -> impl Strategy<Value = Vec<Prize>> {
    prop::collection::vec((1_u32..6, 1_i64..1_000), 1..12).prop_map(|mut ranges| {
        ranges.sort_unstable_by_key(|(_, weight)| -weight);
        let weights: i64 = ranges
            .iter()
            .map(|(n, weight)| i64::from(*n) * weight)
            .sum();
        let mut places = Vec::new();
        let mut next = 1;
        for (count, weight) in ranges {
            let ratio = Ratio(Ratio::ONE.0 / weights * weight);
            places.push(Prize {
                first: next,
                last: next + count - 1,
                each: PrizeAmount::Share(ratio),
            });
            next += count;
        }
        // What the division lost goes to the first place, as a range of its own.
        let sum: i64 = places
            .iter()
            .map(|prize| match prize.each {
                PrizeAmount::Share(share) => share.0 * i64::from(prize.last - prize.first + 1),
                PrizeAmount::Fixed(_) => 0,
            })
            .sum();
        let PrizeAmount::Share(first) = places[0].each else {
            return places;
        };
        let winner = Prize {
            first: 1,
            last: 1,
            each: PrizeAmount::Share(Ratio(first.0 + Ratio::ONE.0 - sum)),
        };
        places[0].first = 2;
        if places[0].last < 2 {
            places.remove(0);
        }
        places.insert(0, winner);
        places
    })
}

/// The exact shares of the pool by place.
fn exact_shares(pool: &PrizePool) -> Vec<Rational> {
    let mut shares = Vec::new();
    for prize in &pool.places {
        for _ in prize.first..=prize.last {
            shares.push(match prize.each {
                PrizeAmount::Share(share) => share.into(),
                PrizeAmount::Fixed(amount) => &Rational::from(amount) / &pool.pool.into(),
            });
        }
    }
    shares
}

fn at_most(value: &Rational, bound: &Rational) -> bool {
    value.abs() <= *bound
}

proptest! {
    #[test]
    fn awards_are_the_exact_ones_but_for_less_than_two_units(
        places in places(),
        total in prop_oneof![0_i64..100, 0_i64..100_000_000],
        points in prop::collection::vec(0_i64..12, 0..40),
        turn in any::<prop::sample::Index>(),
    ) {
        let pool = PrizePool { pool: usd(0), unit: CENT, places };
        prop_assert_eq!(pool.validate(&FREE), Ok(()));
        let total = Money(total * CENT.0);
        let unit = Rational::from(CENT);

        // The table: each prize within a unit of its exact share, never rising, the sum exact.
        let table = pool.table(total);
        let shares = exact_shares(&pool);
        prop_assert_eq!(table.len(), shares.len());
        prop_assert_eq!(table.iter().map(|prize| prize.0).sum::<i64>(), total.0);
        for (prize, share) in table.iter().zip(&shares) {
            let exact = share * &total.into();
            prop_assert!(at_most(&(&Rational::from(*prize) - &exact), &unit));
            prop_assert_eq!(prize.0 % CENT.0, 0);
        }
        prop_assert!(table.is_sorted_by(|better, worse| better >= worse));

        let entries: Vec<Key> = (0..).zip(&points).map(|(id, &points)| entry(id, points)).collect();
        let awards = pool.award(total, &entries);

        // The sum is the table's, of the places that were taken.
        let paid: i64 = awards.paid.iter().map(|award| award.amount.0).sum();
        let taken = entries.len().min(table.len());
        prop_assert_eq!(paid, table[..taken].iter().map(|prize| prize.0).sum::<i64>());
        prop_assert_eq!(paid + awards.unclaimed.0, total.0);

        // Each entry is within two units of the exact part of its group: one of the table, one of the
        // sharing.
        let amount_of = |account: AccountId| {
            let award = awards.paid.iter().find(|award| award.account == account);
            award.map_or(Money::ZERO, |award| award.amount)
        };
        for one in &entries {
            let better = entries.iter().filter(|other| other.total > one.total).count();
            let group = entries.iter().filter(|other| other.total == one.total).count();
            let pooled = shares.iter().skip(better).take(group);
            let pooled = pooled.fold(Rational::zero(), |sum, share| &sum + share);
            let exact = &(&pooled * &total.into()) / &Rational::whole(group as i128);
            let got = Rational::from(amount_of(one.account));
            prop_assert!(at_most(&(&got - &exact), &(&unit + &unit)));
            for other in &entries {
                let (mine, theirs) = (amount_of(one.account), amount_of(other.account));
                if one.total > other.total {
                    prop_assert!(mine >= theirs, "a better rank got less");
                }
                if one.total == other.total {
                    prop_assert!((mine.0 - theirs.0).abs() <= CENT.0);
                    prop_assert!(one.account > other.account || mine >= theirs);
                }
            }
        }

        // The order in which entries are named does not matter.
        let mut turned = entries;
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
            turned.reverse();
        }
        prop_assert_eq!(pool.award(total, &turned), awards);
    }

    #[test]
    fn no_pool_makes_an_award_panic(
        pool in any::<i64>(),
        unit in any::<i64>(),
        total in any::<i64>(),
        ranges in prop::collection::vec((1_u32..4, any::<i64>(), any::<bool>()), 0..4),
        entries in 0_u32..9,
    ) {
        let mut next = 1;
        let places = ranges.into_iter().map(|(count, figure, is_share)| {
            let each = if is_share {
                PrizeAmount::Share(Ratio(figure))
            } else {
                PrizeAmount::Fixed(Money(figure))
            };
            let first = next;
            next += count;
            Prize { first, last: next - 1, each }
        });
        let pool = PrizePool { pool: Money(pool), unit: Money(unit), places: places.collect() };
        let fee = EntryFee { fee: Money(total), to_pool: Ratio(unit) };
        let _ = fee.validate();
        if pool.validate(&fee).is_ok() {
            let entries: Vec<Key> = (0..entries).map(|id| entry(id, 1)).collect();
            let total = pool.total(&fee, 5);
            pool.award(total, &entries);
        }
    }
}
