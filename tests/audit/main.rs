//! Audits of pairs of networks, and their certificates.

#[path = "../common/mod.rs"]
mod common;

mod certificates;
mod deep_certificates;
mod layered;
mod one_layer;
