//! What the gateway derives from the durable inputs as the replica applies them.

use std::sync::Arc;

use runtime::{Projection, Step};

use crate::catalogue::LiveCatalogue;
use crate::chart::Charts;
use crate::history::Past;
use crate::proofs::Proofs;
use crate::review::Review;

/// The gateway's projections. Made before the runtime, which is given their [`Self::hook`]; then
/// shared with [`crate::serve`].
#[derive(Debug, Default)]
pub struct Projections {
    /// Candles and equity curves.
    pub charts: Charts,
    /// Names and plans.
    pub catalogue: LiveCatalogue,
    /// Proofs of verdicts.
    pub proofs: Proofs,
    /// What the reviewers of competitions should look at.
    pub review: Review,
    /// Events from before a server followed them.
    pub(crate) past: Past,
}

impl Projections {
    /// Empty projections.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What the runtime calls with every durable input.
    pub fn hook(self: &Arc<Self>) -> Projection {
        let projections = Arc::clone(self);
        Box::new(move |step, shard| {
            projections.catalogue.learn(shard);
            match step {
                Step::Restored => {
                    projections.charts.start(shard);
                    projections.proofs.start(shard);
                    projections.review.start(shard);
                    projections.past.extend(shard.seq(), &[]);
                }
                Step::Applied { input, events } => {
                    projections.charts.observe(input, shard);
                    projections.proofs.observe(events, shard);
                    projections.review.observe(input, events, shard);
                    projections.past.extend(input.seq, events);
                }
            }
        })
    }
}
