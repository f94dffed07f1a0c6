//! Messages and answers of a venue, one after another, to its adapter.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::messages);
