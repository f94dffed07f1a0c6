//! Strategies over history: the engine and the rules of live trading behind a virtual clock.
//!
//! Floats live here and only here: indicators, metrics and strategies compute with them, orders leave as
//! integers on the instrument's grid, and the account that results is the engine's.

pub mod challenge;
pub mod columnar;
pub mod declared;
pub mod indicator;
pub mod metric;
pub mod monte_carlo;
pub mod outcome;
pub mod overfit;
pub mod random;
pub mod report;
pub mod run;
pub mod search;
pub mod strategies;
pub mod strategy;
pub mod walk_forward;
