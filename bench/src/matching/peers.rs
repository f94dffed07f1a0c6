//! Adapters to published order books. Each is used with its default features and constructor, through
//! its documented API only.

pub(crate) mod lobster;
pub(crate) mod matchcore;
pub(crate) mod obcore;
pub(crate) mod orderbook_rs;
pub(crate) mod rust_ob;
