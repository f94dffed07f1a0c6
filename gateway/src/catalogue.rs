//! What the engine knows by number and the views do not repeat: symbols, plan names, plans.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rules::Plan;
use runtime::Shard;
use types::PlanId;

use crate::dto::Names;

/// Names and plans at one moment.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Symbols and plan names.
    pub names: Names,
    /// Plans, by id.
    pub plans: Vec<Plan>,
    instruments: u32,
}

/// The newest [`Catalogue`].
#[derive(Debug)]
pub struct LiveCatalogue(ArcSwap<Catalogue>);

impl Default for LiveCatalogue {
    fn default() -> Self {
        let empty = Catalogue {
            names: Names::numbers(),
            plans: Vec::new(),
            instruments: 0,
        };
        Self(ArcSwap::from_pointee(empty))
    }
}

impl LiveCatalogue {
    /// The newest.
    pub fn load(&self) -> Arc<Catalogue> {
        self.0.load_full()
    }

    /// Takes over what `shard` has and the catalogue does not know yet; two compares when there is
    /// nothing.
    pub(crate) fn learn(&self, shard: &Shard) {
        let known = self.0.load();
        let (instruments, plans) = (known.instruments, known.plans.len() as u32);
        if instruments == shard.instrument_count() && plans == shard.plan_count() {
            return;
        }
        let mut next = Catalogue::clone(&known);
        next.names.learn(shard);
        let plan = |id| shard.plan(PlanId(id)).cloned();
        next.plans
            .extend((plans..shard.plan_count()).map_while(plan));
        next.instruments = shard.instrument_count();
        self.0.store(Arc::new(next));
    }
}
