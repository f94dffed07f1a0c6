//! The gateway over real sockets, in front of a real runtime.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acknowledgements;
mod api;
mod changes;
mod channels;
mod competitions;
mod connections;
mod firm;
mod life;
mod lists;
mod money;
mod orders;
mod pages;
mod plans;
mod proofs;
mod reads;
mod restarts;
mod sessions;
mod sockets;
mod venue;
mod windows;
mod wire;
