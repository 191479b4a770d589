//! The attack, what it stands on, and what compares its runs.

#[path = "../common/mod.rs"]
mod common;

mod activations;
mod arithmetics;
mod black_box;
mod budget;
mod circles;
mod deep;
mod deep_equality;
mod degenerate;
mod golden;
mod kinks;
mod layers;
mod margins;
mod oracle_steps;
mod oracles;
mod precision;
mod prediction;
mod rank;
mod requests;
mod separation;
mod snap;
mod solving;
mod ties;
mod walk;
mod wrappers;
