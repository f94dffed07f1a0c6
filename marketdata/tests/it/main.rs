//! Recordings, bar paths, the demo market and synthetic quotes, from outside.

#[cfg(test)]
mod demo;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod history;
#[cfg(test)]
mod intrabar;
#[cfg(test)]
mod large;
#[cfg(test)]
mod malformed;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod mutated;
#[cfg(test)]
mod perturbed;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod served;
#[cfg(test)]
mod set_back;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod steady;
#[cfg(test)]
mod tape;
#[cfg(test)]
mod traded;
#[cfg(test)]
mod venues;
