//! The command line, as a user runs it.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/onnx.rs"]
mod onnx;

mod activations;
mod audit;
mod audit_certificates;
mod certificates;
mod columns;
mod deep;
mod foreign_text;
mod formats;
mod gate;
mod keys;
mod lacking;
mod layers;
mod learn;
mod precision;
mod requests;
mod run;
mod streams;
mod train;
