//! What searches and simulations found, as a report shows it.

mod chance;
mod surface;
mod walk;

pub use surface::{BEST_LISTED_MAX, RUNS_LISTED_MAX, SURFACE_STEPS_MAX, judged};

/// What stands for a figure that there is none of.
const NONE: &str = "\u{2013}";
