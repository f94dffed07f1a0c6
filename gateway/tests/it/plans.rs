//! Plan documents: every plan comes back from its text, and the published schema says what the reader
//! does.

mod draw;
mod schema;

use gateway::dto::plan::{from_toml, read};
use gateway::dto::{Field, Node, PlanDto};
use proptest::prelude::*;

use draw::plan;

proptest! {
    #[test]
    fn a_plan_comes_back_from_json_and_toml(plan in plan()) {
        let document = PlanDto::new(&plan);
        let json = serde_json::to_vec(&document).unwrap();
        let node = Node::from_json(&json).unwrap();
        prop_assert_eq!(read(&Field::root(&node), &[]), Ok(plan.clone()));
        let text = toml::to_string(&document).unwrap();
        let again = from_toml("plan.toml", &text).unwrap();
        prop_assert_eq!(again.hash(), plan.hash(), "{}", text);
        prop_assert_eq!(again, plan);
    }

    #[test]
    fn the_schema_accepts_what_the_reader_accepts(plan in plan()) {
        let document = serde_json::to_value(PlanDto::new(&plan)).unwrap();
        prop_assert_eq!(schema::Schema::published().check(&document), Ok(()));
    }
}
