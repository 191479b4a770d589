//! Bounds, balls, certified runs and error accounts: measured ≤ certified ≤ a priori.

#[path = "../common/mod.rs"]
mod common;

mod a_priori;
mod balls;
mod balls_walk;
mod certified;
mod certified_oracle;
mod ledger;
mod ledger_walk;
