//! Recordings of a connection, and what their bytes say to its adapter.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::tape);
