//! Strategies over history: the engine and the rules of live trading behind a virtual clock.
//!
//! Floats live here and only here: indicators, metrics and strategies compute with them, orders leave as
//! integers on the instrument's grid, and the account that results is the engine's.

pub mod declared;
pub mod indicator;
pub mod metric;
pub mod outcome;
pub mod run;
pub mod strategies;
pub mod strategy;
