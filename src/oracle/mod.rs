//! Oracles: they answer queries and own the query count. The attack sees nothing else.

mod answer;

pub use answer::{Answer, Batch, Probe};
