//! JSON files: certificates, records, baselines, plans.

use super::bounded::{bytes_within, displayed};
use super::{Error, Problem};
use std::path::Path;

/// The bytes of a JSON file of at most `limit` bytes, `-` for standard input, without a byte order mark.
///
/// Errors: [`Problem::Read`], [`Problem::Folder`], [`Problem::TooLarge`], [`Problem::Utf16`].
pub fn read_json(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = bytes_within(path, limit)?;
    match &bytes[..] {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(Error::new(displayed(path), Problem::Utf16)),
        [0xef, 0xbb, 0xbf, ..] => Ok(bytes.split_off(3)),
        _ => Ok(bytes),
    }
}
