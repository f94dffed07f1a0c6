//! A real runtime on a real directory, under load by one client: orders acknowledged per second, the time
//! from the intended send to the acknowledgement, what each thread costs, and what the disk itself takes.

pub mod client;
pub mod disk;
pub mod machine;
pub mod work;
