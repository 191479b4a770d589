//! The `.safetensors` reader: any bytes, and any header and data with the header's true length in front.
#![no_main]

mod network;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    network::read(bytes);
    // The first zero byte parts header and data: JSON has none.
    let length = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let data = bytes.get(length + 1..).unwrap_or_default();
    network::read(&[&(length as u64).to_le_bytes()[..], &bytes[..length], data].concat());
});
