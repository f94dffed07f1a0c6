//! The id table against an ordered map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use types::{AccountId, Lots, OrderId};

use super::{Ids, IdsFull};
use crate::book::nodes::{Node, Nodes};

/// Ids that follow each other, ids with equal low halves, and the extremes.
fn keys() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..48,
        (0_u64..4, 0_u64..6).prop_map(|(high, low)| (high << 32) | low),
        prop::sample::select(vec![u64::MAX, u64::MAX - 1, u32::MAX.into(), 1 << 63]),
    ]
}

proptest! {
    #[test]
    fn behaves_as_a_map(
        steps in prop::collection::vec((prop::bool::weighted(0.6), keys()), 0..300),
        reserved in 0_u32..40,
    ) {
        let (mut ids, mut nodes, mut model) = (Ids::new(40), Nodes::new(), BTreeMap::new());
        ids.reserve(&nodes, reserved);
        for (insert, id) in steps {
            match model.remove(&id) {
                Some(handle) => {
                    ids.remove(OrderId(id), handle);
                    nodes.remove_node(handle);
                }
                None if insert => {
                    let node = Node::new(OrderId(id), AccountId(0), Lots(1), 0);
                    let handle = nodes.insert_node(node);
                    let inserted = ids.insert(&nodes, OrderId(id), handle);
                    if model.len() == 40 {
                        prop_assert_eq!(inserted, Err(IdsFull));
                        nodes.remove_node(handle);
                    } else {
                        prop_assert_eq!(inserted, Ok(()));
                        model.insert(id, handle);
                    }
                }
                None => prop_assert_eq!(ids.get(&nodes, OrderId(id)), None),
            }
            prop_assert_eq!(ids.len() as usize, model.len());
            for (&id, &handle) in &model {
                prop_assert_eq!(ids.get(&nodes, OrderId(id)), Some(handle));
            }
        }
    }
}

#[test]
fn reserves_what_it_will_need_when_all_grow_old() {
    let mut nodes = Nodes::new();
    let mut ids = Ids::new(1_000);
    nodes.reserve(1_000);
    ids.reserve(&nodes, 1_000);
    let counted = allocation_counter::measure(|| {
        // All have the same low bits, so that each drives out the one before it.
        for id in (0..1_000).map(|id| id << 20) {
            let node = Node::new(OrderId(id), AccountId(0), Lots(1), 0);
            let handle = nodes.insert_node(node);
            assert_eq!(ids.insert(&nodes, OrderId(id), handle), Ok(()));
        }
    });
    assert_eq!(counted.count_total, 0);
    assert_eq!(ids.insert(&nodes, OrderId(1_000), 1), Err(IdsFull));
}
