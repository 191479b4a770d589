//! The reader of labelled inputs: any bytes as the archive, as its images, and as its labels.
#![no_main]

mod archive;

use exactract::format::read_samples_bytes;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

/// Reads; what is accepted has a label for each input and finite pixels.
fn read(bytes: &[u8]) {
    let Ok(samples) = read_samples_bytes(Path::new("s"), bytes, 16.0) else { return };
    assert!(samples.len() >= 2 && samples.len() == samples.inputs().rows());
    assert!(samples.labels().iter().all(|&label| label < samples.classes()) && samples.classes() <= 10_000);
    assert!(samples.inputs().entries().iter().all(|x| x.is_finite()));
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let images = archive::npy("(3, 2)", &[1.0; 6]);
    read(&archive::npz(&[("images", &images), ("labels", bytes)]));
    let labels = archive::npy("(3,)", &[0.0, 1.0, 2.0]);
    read(&archive::npz(&[("images", bytes), ("labels", &labels)]));
});
