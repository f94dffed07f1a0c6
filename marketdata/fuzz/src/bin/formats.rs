//! Files to their reader.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(fuzz::formats);
