//! The ladder against an ordered map of queues.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use types::{AccountId, Codec, Lots, OrderId, Reader};

use super::Ladder;
use crate::book::nodes::{Node, Nodes};

/// Queues of handles and lots by key.
#[derive(Debug, Default)]
struct Model {
    queues: BTreeMap<i64, VecDeque<(u32, i64)>>,
    /// Queued handles and their keys, in the order of their insertion.
    queued: Vec<(u32, i64)>,
}

impl Model {
    fn insert(&mut self, handle: u32, key: i64, lots: i64) {
        self.queues
            .entry(key)
            .or_default()
            .push_back((handle, lots));
        self.queued.push((handle, key));
    }

    fn take(&mut self, place: usize) -> (u32, i64, i64) {
        let (handle, key) = self.queued.remove(place);
        let queue = self.queues.get_mut(&key).unwrap();
        let at = queue.iter().position(|order| order.0 == handle).unwrap();
        let (_, lots) = queue.remove(at).unwrap();
        if queue.is_empty() {
            self.queues.remove(&key);
        }
        (handle, key, lots)
    }

    fn levels(&self) -> Vec<(i64, Lots, u32)> {
        let levels = self.queues.iter().rev();
        levels
            .map(|(&key, queue)| {
                let lots = queue
                    .iter()
                    .fold(0_i64, |sum, order| sum.wrapping_add(order.1));
                (key, Lots(lots), queue.len() as u32)
            })
            .collect()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert {
        key: i64,
        lots: i64,
    },
    Remove {
        place: prop::sample::Index,
    },
    Reduce {
        place: prop::sample::Index,
        part: u8,
    },
    Refresh {
        place: prop::sample::Index,
        lots: i64,
    },
    RemoveFront,
}

/// Keys that share levels, pages and windows, keys at the edges of all three, and the extremes.
fn keys() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => -3_i64..70,
        4 => (-300_i64..300, 0_i64..2).prop_map(|(page, key)| page * 64 + key),
        2 => prop::sample::select(vec![
            i64::MIN, i64::MIN + 1, i64::MIN + 65_536, -(1 << 40), -12_289, -12_288, 4_095, 4_096,
            16_383, 16_384, -65_536, 65_536, 1 << 40, i64::MAX - 65_536, i64::MAX - 1, i64::MAX,
        ]),
        1 => any::<i64>(),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (keys(), 1_i64..1_000).prop_map(|(key, lots)| Step::Insert { key, lots }),
        3 => any::<prop::sample::Index>().prop_map(|place| Step::Remove { place }),
        1 => (any::<prop::sample::Index>(), any::<u8>())
            .prop_map(|(place, part)| Step::Reduce { place, part }),
        1 => (any::<prop::sample::Index>(), 1_i64..1_000)
            .prop_map(|(place, lots)| Step::Refresh { place, lots }),
        2 => Just(Step::RemoveFront),
    ]
}

fn agree(ladder: &Ladder, nodes: &Nodes, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(ladder.check(nodes), Ok(()));
    let levels = model.levels();
    prop_assert_eq!(ladder.iter_levels().collect::<Vec<_>>(), &levels[..]);
    let keys: Vec<i64> = levels.iter().map(|(key, ..)| *key).collect();
    prop_assert_eq!(ladder.keys_down_to(i64::MIN).collect::<Vec<_>>(), &keys[..]);
    for (place, &key) in keys.iter().enumerate() {
        prop_assert_eq!(ladder.keys_down_to(key).count(), place + 1);
        prop_assert!(ladder.has_orders_at(key));
        for near in [key.saturating_sub(1), key.saturating_add(1)] {
            prop_assert_eq!(ladder.has_orders_at(near), keys.contains(&near));
        }
    }
    prop_assert_eq!(ladder.len() as usize, model.queued.len());
    prop_assert_eq!(ladder.levels() as usize, levels.len());
    let best = levels.first();
    prop_assert_eq!(ladder.best(), best.map(|level| level.0));
    prop_assert_eq!(ladder.best_lots(), best.map_or(Lots(0), |level| level.1));
    let front = best.map(|level| model.queues[&level.0][0].0);
    prop_assert_eq!(ladder.front(), front);
    for (key, lots, count) in levels {
        prop_assert_eq!(ladder.lots_at(key), lots);
        prop_assert_eq!(ladder.len_at(key), count);
        let queue = ladder.iter_queue(nodes, key);
        let queue: Vec<_> = queue
            .map(|handle| (handle, nodes.get(handle).lots.0))
            .collect();
        prop_assert_eq!(VecDeque::from(queue), model.queues[&key].clone());
        if !model.queues.contains_key(&key.wrapping_add(1)) {
            prop_assert_eq!(ladder.len_at(key.wrapping_add(1)), 0);
            prop_assert_eq!(ladder.lots_at(key.wrapping_add(1)), Lots(0));
            prop_assert_eq!(ladder.iter_queue(nodes, key.wrapping_add(1)).next(), None);
        }
    }
    Ok(())
}

/// Takes the steps, checking after each when `checked`.
fn play(steps: &[Step], checked: bool) -> Result<(Ladder, Nodes, Model), TestCaseError> {
    let (mut ladder, mut nodes, mut model) = (Ladder::new(), Nodes::new(), Model::default());
    let mut id = 0;
    for step in steps {
        match step {
            Step::Insert { key, lots } => {
                id += 1;
                let node = Node::new(OrderId(id), AccountId(id as u32 % 7), Lots(*lots), 0);
                let handle = nodes.insert_node(node);
                ladder.insert(&mut nodes, handle, *key);
                model.insert(handle, *key, *lots);
            }
            _ if model.queued.is_empty() => {}
            Step::Remove { place } => {
                let (handle, ..) = model.take(place.index(model.queued.len()));
                ladder.remove(&mut nodes, handle);
                prop_assert!(!nodes.get(handle).is_queued());
                nodes.remove_node(handle);
            }
            Step::RemoveFront => {
                let front = ladder.front().unwrap();
                let place = model.queued.iter().position(|order| order.0 == front);
                model.take(place.unwrap());
                ladder.remove(&mut nodes, front);
                nodes.remove_node(front);
            }
            Step::Reduce { place, part } => {
                let (handle, key) = model.queued[place.index(model.queued.len())];
                let queue = model.queues.get_mut(&key).unwrap();
                let order = queue.iter_mut().find(|order| order.0 == handle).unwrap();
                let less = order.1 * i64::from(*part) / 256;
                order.1 -= less;
                ladder.reduce(&mut nodes, handle, Lots(less));
            }
            Step::Refresh { place, lots } => {
                let (handle, key, _) = model.take(place.index(model.queued.len()));
                model.insert(handle, key, *lots);
                ladder.refresh(&mut nodes, handle, Lots(*lots));
            }
        }
        if checked {
            agree(&ladder, &nodes, &model)?;
        }
    }
    Ok((ladder, nodes, model))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn behaves_as_a_map_of_queues(steps in prop::collection::vec(steps(), 0..120)) {
        play(&steps, true)?;
    }

    #[test]
    fn comes_back_from_its_bytes(steps in prop::collection::vec(steps(), 0..200)) {
        let (ladder, nodes, mut model) = play(&steps, false)?;
        let mut bytes = nodes.to_bytes();
        ladder.encode(&nodes, &mut bytes);

        let mut reader = Reader::new(&bytes);
        let mut restored_nodes = Nodes::decode(&mut reader).unwrap();
        let mut restored = Ladder::decode(&mut reader, &mut restored_nodes).unwrap();
        reader.end().unwrap();
        agree(&restored, &restored_nodes, &model)?;
        let mut again = restored_nodes.to_bytes();
        restored.encode(&restored_nodes, &mut again);
        prop_assert_eq!(&again, &bytes);

        // It goes on as the original does, with the same handles.
        let mut nodes = nodes;
        for key in [0, 1, 1] {
            let node = Node::new(OrderId(99), AccountId(0), Lots(5), 0);
            let handle = nodes.insert_node(node);
            prop_assert_eq!(restored_nodes.insert_node(node), handle);
            restored.insert(&mut restored_nodes, handle, key);
            model.insert(handle, key, 5);
        }
        agree(&restored, &restored_nodes, &model)?;
    }

    #[test]
    fn refuses_broken_bytes(
        steps in prop::collection::vec(steps(), 1..12),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..,
        cut in any::<bool>(),
    ) {
        let (ladder, nodes, _) = play(&steps, false)?;
        let mut bytes = nodes.to_bytes();
        ladder.encode(&nodes, &mut bytes);
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if cut {
            bytes.truncate(place);
        }
        // Either it is refused, or what comes of it is whole.
        let mut reader = Reader::new(&bytes);
        if let Ok(mut nodes) = Nodes::decode(&mut reader)
            && let Ok(ladder) = Ladder::decode(&mut reader, &mut nodes)
        {
            prop_assert_eq!(ladder.check(&nodes), Ok(()));
        }
    }
}

#[test]
fn does_not_queue_an_order_twice_from_bytes() {
    let mut nodes = Nodes::new();
    let handle = nodes.insert_node(Node::new(OrderId(1), AccountId(0), Lots(5), 0));
    let mut bytes = Vec::new();
    2_u32.encode(&mut bytes);
    for key in [0_i64, -1] {
        key.encode(&mut bytes);
        1_u32.encode(&mut bytes);
        handle.encode(&mut bytes);
    }
    assert!(Ladder::decode(&mut Reader::new(&bytes), &mut nodes).is_err());
}

/// A best key that jumps over the window and back leaves the other pages where they can be found.
#[test]
fn moves_the_window_both_ways() {
    let mut nodes = Nodes::new();
    let mut ladder = Ladder::new();
    let insert = |ladder: &mut Ladder, nodes: &mut Nodes, key| {
        let handle = nodes.insert_node(Node::new(OrderId(1), AccountId(0), Lots(1), 0));
        ladder.insert(nodes, handle, key);
        handle
    };
    for key in [0, 100, 40_000, -40_000, -70_000] {
        insert(&mut ladder, &mut nodes, key);
    }
    let high = insert(&mut ladder, &mut nodes, i64::MAX);
    assert_eq!(ladder.far.len(), 5);
    assert_eq!(ladder.check(&nodes), Ok(()));
    ladder.remove(&mut nodes, high);
    assert_eq!(ladder.best(), Some(40_000));
    // 40,000 - 192 * 64 = 27,712: the other four stay below the window.
    assert_eq!(ladder.far.len(), 4);
    assert_eq!(ladder.check(&nodes), Ok(()));
    for best in [40_000, 100, 0, -40_000, -70_000] {
        assert_eq!(ladder.best(), Some(best));
        let front = ladder.front().unwrap();
        ladder.remove(&mut nodes, front);
        assert_eq!(ladder.check(&nodes), Ok(()));
    }
    assert_eq!(ladder.best(), None);
    // Six orders on six pages, and a page was free again when the last one came back.
    assert_eq!(ladder.levels.len(), 6 * 64);
}

/// Keys may wander over as many pages as there is room for.
#[test]
fn opens_reserved_pages_without_allocation() {
    let mut nodes = Nodes::new();
    let mut ladder = Ladder::new();
    nodes.reserve(100);
    ladder.reserve(100);
    let counted = allocation_counter::measure(|| {
        // Every tenth page, so that 26 of them lie in the window; upwards, so that it moves.
        for page in 0..100 {
            let handle = nodes.insert_node(Node::new(OrderId(1), AccountId(0), Lots(1), 0));
            ladder.insert(&mut nodes, handle, page * 640);
        }
        while let Some(front) = ladder.front() {
            ladder.remove(&mut nodes, front);
            nodes.remove_node(front);
        }
    });
    assert_eq!(counted.count_total, 0);
    assert_eq!(ladder.levels.len(), 100 * 64);
}

/// Once it has seen its largest size, a book that churns allocates nothing.
#[test]
fn churns_without_allocation() {
    let mut nodes = Nodes::new();
    let mut ladder = Ladder::new();
    let mut state = 1_u64;
    let mut churn = |ladder: &mut Ladder, nodes: &mut Nodes, steps: u32| {
        for _ in 0..steps {
            // Numerical Recipes' generator, for a spread of keys and of choices.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let random = state >> 33;
            // Keys over 2,048 pages, so that most of them are far.
            let key = (random % 131_072) as i64;
            if ladder.len() < 500 || (ladder.len() < 1_500 && random & 1 == 0) {
                let handle = nodes.insert_node(Node::new(OrderId(1), AccountId(0), Lots(1), 0));
                ladder.insert(nodes, handle, key);
            } else if let Some(front) = ladder.front() {
                ladder.remove(nodes, front);
                nodes.remove_node(front);
            }
        }
    };
    while ladder.len() < 1_500 {
        churn(&mut ladder, &mut nodes, 1);
        if ladder.len() == 1_499 {
            break;
        }
    }
    churn(&mut ladder, &mut nodes, 100_000);
    let counted = allocation_counter::measure(|| churn(&mut ladder, &mut nodes, 100_000));
    assert_eq!(counted.count_total, 0);
    assert_eq!(ladder.check(&nodes), Ok(()));
}
