//! Readers and writers of files, with broken and hostile files.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/memory.rs"]
mod memory;
#[path = "../common/onnx.rs"]
mod onnx;

mod activations;
mod file_layers;
mod formats;
mod fuzzed;
mod hostile_archives;
mod hostile_files;
mod hostile_onnx;
mod labelled_data;
mod onnx_files;
mod onnx_forms;
