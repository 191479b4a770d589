//! What fuzzers start from and what they found, read once more.

use exactract::certificate::{Certificate, check, identify};
use std::fs;
use std::path::Path;

#[path = "../../fuzz/fuzz_targets/network.rs"]
mod network;

/// The files of a folder below `fuzz`, by name.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn network_files() {
    for folder in ["found/safetensors", "seeds/safetensors", "seeds/onnx"] {
        let files = files(folder);
        assert!(!files.is_empty());
        files.iter().for_each(|(_, bytes)| network::read(bytes));
    }
}

#[test]
fn seeds_of_certificates_hold() {
    let files = files("seeds/certificate");
    assert!(!files.is_empty());
    for (name, bytes) in files {
        let certificate = Certificate::parse(&bytes).unwrap();
        let checked = check(&certificate).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        identify(&certificate, &checked, None).unwrap();
    }
}
