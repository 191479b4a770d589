//! Sweeps, baselines, figures, and the published schemas.

#[path = "../common/mod.rs"]
mod common;

mod cells;
mod drawings;
mod figures;
mod losses;
mod regress;
mod requests;
mod results;
mod schema;
