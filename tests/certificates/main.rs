//! Certificates, their checker, and the proofs in Coq.

#[path = "../common/mod.rs"]
mod common;

mod balls_in_coq;
mod coq;
mod from_runs;
mod proofs_table;
