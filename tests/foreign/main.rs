//! Results beside other programs, and learning.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/onnx.rs"]
mod onnx;

mod learn_data;
mod learn_numpy;
mod learning;
mod numpy;
mod onnx_runtime;
mod snakemake;
