//! Several at once.

pub(super) mod covariance;
pub(super) mod weight;
