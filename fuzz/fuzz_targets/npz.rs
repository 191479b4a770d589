//! The `.npz` reader: any bytes as the archive, and as the first array of a sound one.
#![no_main]

mod archive;
mod network;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    network::read(bytes);
    let [hidden_bias, output, output_bias] =
        [("(3,)", 3), ("(3, 1)", 3), ("(1,)", 1)].map(|(shape, n)| archive::npy(shape, &vec![0.5; n]));
    let arrays = [("A0", bytes), ("b0", &hidden_bias[..]), ("A1", &output[..]), ("b1", &output_bias[..])];
    network::read(&archive::npz(&arrays));
});
