//! The board against a sorted list, in blocks of four so that every edge is met often.

use std::cmp::Reverse;

use proptest::prelude::*;
use rules::board::{BlockList, ENTRANTS_MAX, EntrantTooHigh};
use rules::{Board, Key, Place, TotalReturn};
use types::{AccountId, Codec, CodecError, Notional, Ratio, TimestampNs};

/// The rows sorted anew whenever somebody asks.
#[derive(Debug, Default)]
struct SortedList {
    rows: Vec<(u32, Key)>,
}

impl SortedList {
    fn update(&mut self, entrant: u32, key: Key) {
        self.remove(entrant);
        self.rows.push((entrant, key));
    }

    fn remove(&mut self, entrant: u32) -> bool {
        let before = self.rows.len();
        self.rows.retain(|(id, _)| *id != entrant);
        self.rows.len() < before
    }

    /// By the published order, spelled out once more.
    fn places(&self) -> Vec<Place> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|(_, key)| {
            (
                -key.total,
                Reverse(key.total_return),
                key.max_drawdown,
                key.attained_at,
                key.entrant,
            )
        });
        rows.into_iter()
            .zip(1..)
            .map(|((entrant, key), rank)| Place { rank, entrant, key })
            .collect()
    }
}

#[derive(Debug, Clone)]
enum Change {
    Update(u32, Key),
    Remove(u32),
}

/// Accounts are numbered against the entrants, so that the one cannot stand for the other.
fn account_of(entrant: u32) -> AccountId {
    AccountId(1_000 - entrant)
}

fn change(entrants: u32) -> impl Strategy<Value = Change> {
    // Few values each: most keys tie with another in one field or in all of them.
    let figures = (
        prop_oneof![0_i64..3, 0_i64..1_000],
        0_i64..2,
        0_i64..2,
        0_u64..2,
    );
    prop_oneof![
        5 => (0..entrants, figures).prop_map(|(entrant, (total, gain, fall, at))| {
            Change::Update(entrant, Key {
                total,
                total_return: TotalReturn {
                    initial: Notional(1_000),
                    equity: Notional(i128::from(1_000 + gain)),
                },
                max_drawdown: Ratio(fall),
                attained_at: TimestampNs(at),
                entrant,
                account: account_of(entrant),
            })
        }),
        2 => (0..entrants).prop_map(Change::Remove),
    ]
}

/// Grows, shrinks and grows again, so that blocks are split and joined all over.
fn history() -> impl Strategy<Value = Vec<Change>> {
    let changes = |entrants, count| prop::collection::vec(change(entrants), 0..count);
    let removals = prop::collection::vec((0_u32..60).prop_map(Change::Remove), 0..120);
    (changes(60, 150), removals, changes(12, 40))
        .prop_map(|(first, removals, last)| [first, removals, last].concat())
}

fn compare<const BLOCK: usize>(
    board: &BlockList<BLOCK>,
    twin: &SortedList,
) -> Result<(), TestCaseError> {
    let places = twin.places();
    let len = places.len() as u32;
    prop_assert_eq!(board.len(), len);
    prop_assert_eq!(board.is_empty(), places.is_empty());
    let all: Vec<Place> = board.top(u32::MAX).collect();
    prop_assert_eq!(&all, &places);
    for place in &places {
        prop_assert_eq!(board.rank_of(place.entrant), Some(place.rank));
        prop_assert_eq!(board.at(place.rank), Some(*place));
        prop_assert_eq!(board.key_of(place.entrant), Some(place.key));
    }
    prop_assert_eq!(board.at(len + 1), None);
    for rows in [0, 1, 2, 5, 11] {
        for place in &places {
            let around: Vec<Place> = board.around(place.entrant, rows).collect();
            // The window nearest to the one that has the entrant in its middle.
            let rows = (rows as usize).min(places.len());
            let middle = rows.saturating_sub(1) / 2;
            let start = (place.rank as usize - 1).saturating_sub(middle);
            let start = start.min(places.len() - rows);
            prop_assert_eq!(&around, &places[start..start + rows]);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_board_is_a_sorted_list_after_every_change(changes in history()) {
        let mut board = BlockList::<4>::new();
        let mut larger = BlockList::<16>::new();
        let mut twin = SortedList::default();
        for change in changes {
            match change {
                Change::Update(entrant, key) => {
                    prop_assert_eq!(board.update(entrant, key), Ok(()));
                    prop_assert_eq!(larger.update(entrant, key), Ok(()));
                    twin.update(entrant, key);
                }
                Change::Remove(entrant) => {
                    let was_there = twin.remove(entrant);
                    prop_assert_eq!(board.remove(entrant), was_there);
                    prop_assert_eq!(larger.remove(entrant), was_there);
                    prop_assert_eq!(board.rank_of(entrant), None);
                    prop_assert_eq!(board.around(entrant, 5).count(), 0);
                }
            }
            compare(&board, &twin)?;
        }
        compare(&larger, &twin)?;
        prop_assert_eq!(BlockList::<4>::from_bytes(&board.to_bytes()), Ok(board.clone()));
        // What is written depends on the rows, not on how they came to be there.
        prop_assert_eq!(board.to_bytes(), larger.to_bytes());
    }

    #[test]
    fn nothing_is_allocated_after_a_reserve(changes in history()) {
        let mut board = BlockList::<4>::new();
        board.reserve(60);
        let reserved = board.memory_bytes();
        for change in changes {
            match change {
                Change::Update(entrant, key) => prop_assert_eq!(board.update(entrant, key), Ok(())),
                Change::Remove(entrant) => {
                    board.remove(entrant);
                }
            }
            prop_assert_eq!(board.memory_bytes(), reserved);
        }
    }

    #[test]
    fn no_bytes_make_a_board_that_is_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(board) = Board::from_bytes(&bytes) {
            prop_assert_eq!(board.to_bytes(), bytes);
        }
    }
}

fn key(entrant: u32, total: i64) -> Key {
    Key {
        total,
        total_return: TotalReturn::ZERO,
        max_drawdown: Ratio::ZERO,
        attained_at: TimestampNs(0),
        entrant,
        account: account_of(entrant),
    }
}

#[test]
fn ten_thousand_climb_one_by_one() {
    // Entrant n has n points and then, in turn, everybody is put before all others.
    let mut board = Board::new();
    for entrant in 0..10_000 {
        let key = Key {
            entrant,
            account: AccountId(entrant),
            ..key(0, i64::from(entrant))
        };
        board.update(entrant, key).unwrap();
    }
    assert_eq!(board.rank_of(9_999), Some(1));
    assert_eq!(board.rank_of(0), Some(10_000));
    assert_eq!(board.rank_of(2_500), Some(7_500));
    for entrant in 0..10_000 {
        let key = Key {
            entrant,
            account: AccountId(entrant),
            ..key(0, i64::from(entrant) + 10_000)
        };
        board.update(entrant, key).unwrap();
        assert_eq!(board.rank_of(entrant), Some(1));
        assert_eq!(board.at(10_000).map(|last| last.entrant), {
            // The lowest that has not moved yet; after the last move, the first that did.
            Some((entrant + 1) % 10_000)
        });
    }
    let top: Vec<u32> = board.top(3).map(|place| place.entrant).collect();
    assert_eq!(top, [9_999, 9_998, 9_997]);
    let around: Vec<u32> = board.around(1, 4).map(|place| place.rank).collect();
    assert_eq!(around, [9_997, 9_998, 9_999, 10_000]);
}

#[test]
fn two_entries_of_one_account_keep_their_order_of_entry() {
    let mut board = BlockList::<4>::new();
    let same = key(0, 5);
    for entrant in (0..40).rev() {
        board.update(entrant, same).unwrap();
    }
    let order: Vec<u32> = board.top(40).map(|place| place.entrant).collect();
    assert!(order.into_iter().eq(0..40));
}

#[test]
fn an_entrant_past_the_limit_is_refused() {
    let mut board = Board::new();
    assert_eq!(
        board.update(ENTRANTS_MAX, key(0, 1)),
        Err(EntrantTooHigh(ENTRANTS_MAX))
    );
    assert_eq!(board.memory_bytes(), 0);
    assert_eq!(board.rank_of(u32::MAX), None);
    assert!(!board.remove(7));
}

#[test]
fn bytes_out_of_order_are_no_board() {
    let mut board = Board::new();
    board.update(0, key(0, 1)).unwrap();
    board.update(1, key(1, 2)).unwrap();
    let bytes = board.to_bytes();
    let (first, second) = bytes[4..].split_at((bytes.len() - 4) / 2);
    let turned = [&bytes[..4], second, first].concat();
    assert_eq!(
        Board::from_bytes(&turned),
        Err(CodecError::Invalid("board"))
    );
    let doubled = [&bytes[..4], first, first].concat();
    assert_eq!(
        Board::from_bytes(&doubled),
        Err(CodecError::Invalid("board"))
    );
}
