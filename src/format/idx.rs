//! IDX, the format of MNIST: unsigned bytes, plain or compressed by gzip.
//!
//! Source: the description of the files at <http://yann.lecun.com/exdb/mnist/>: `0, 0, type, axes`,
//! the size of each axis in four bytes, big end first, and the entries, the last axis fastest.

use super::{Error, Problem};
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest byte.
pub(super) const LEVELS: f64 = 255.0;

/// The type of unsigned bytes.
const BYTES: u8 = 8;
/// How a file that gzip compressed begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An array of bytes.
pub struct Idx {
    /// The size of each axis.
    pub shape: Vec<usize>,
    /// The entries, the last axis fastest.
    pub entries: Vec<u8>,
}

/// Whether a file of these bytes is to be read as IDX: by its first bytes, or because gzip compressed it.
pub(super) fn is_idx(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0, 0, BYTES]) || bytes.starts_with(&GZIP)
}

/// The array in a file's bytes; `most`: how many bytes it may unpack to.
///
/// Errors: [`Problem::Idx`].
pub(super) fn array(bytes: Vec<u8>, most: u64) -> Result<Idx, Problem> {
    let mut bytes = if bytes.starts_with(&GZIP) { unpacked(&bytes, most)? } else { bytes };
    let &[0, 0, kind, axes, ..] = &bytes[..] else {
        return Err(Problem::Idx("it does not start as one: with two zeros, a type, a number of axes".to_owned()));
    };
    if kind != BYTES {
        return Err(Problem::Idx(format!("its entries are of type {kind:#04x}; expected 0x08, unsigned bytes")));
    }
    let header = 4 + 4 * usize::from(axes);
    let sizes = bytes.get(4..header).unwrap_or_default().chunks(4);
    let shape: Vec<usize> = sizes.map(|size| size.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte))).collect();
    let entries = shape.iter().try_fold(1usize, |size, &axis| size.checked_mul(axis));
    let expected = entries.and_then(|entries| entries.checked_add(header));
    if shape.len() != usize::from(axes) || expected != Some(bytes.len()) {
        let found = bytes.len();
        return Err(Problem::Idx(format!("shape {shape:?} does not fit a file of {found} bytes; fetch it again")));
    }
    bytes.drain(..header);
    Ok(Idx { shape, entries: bytes })
}

fn unpacked(bytes: &[u8], most: u64) -> Result<Vec<u8>, Problem> {
    let mut plain = Vec::new();
    let read = GzDecoder::new(bytes).take(most + 1).read_to_end(&mut plain);
    read.map_err(|e| Problem::Idx(format!("it does not unpack: {e}")))?;
    if plain.len() as u64 > most {
        Err(Problem::Idx(format!("it unpacks to more than {most} bytes")))
    } else {
        Ok(plain)
    }
}

/// Reads an IDX file of at most `most` bytes, packed and unpacked.
///
/// Errors: [`Error`] names the file, [`Problem::Idx`] what is wrong with it.
pub fn read_idx(path: &Path, most: u64) -> Result<Idx, Error> {
    array(super::bytes_within(path, most)?, most).map_err(|problem| Error::new(path, problem))
}

/// The labels that belong to a file of images: the same name with `labels` for `images` and `idx1` for `idx3`.
pub(super) fn labels_of(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    name.contains("images").then(|| images.with_file_name(name.replace("images", "labels").replace("idx3", "idx1")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    const PLAIN: [u8; 18] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9];

    #[test]
    fn an_array_is_read_plain_and_packed() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&PLAIN).unwrap();
        for bytes in [PLAIN.to_vec(), packed.finish().unwrap()] {
            assert!(is_idx(&bytes));
            let Idx { shape, entries } = array(bytes, 18).unwrap();
            assert_eq!((shape, entries), (vec![1, 2, 1], vec![7, 9]));
        }
    }

    #[test]
    fn what_is_cut_or_longer_is_refused() {
        for length in 0..PLAIN.len() {
            assert!(array(PLAIN[..length].to_vec(), 18).is_err(), "{length}");
        }
        assert!(array([&PLAIN[..], &[0]].concat(), 18).is_err());
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&PLAIN).unwrap();
        assert!(array(packed.finish().unwrap(), 17).is_err());
    }

    #[test]
    fn labels_have_the_name_of_their_images() {
        let labels = labels_of(Path::new("a/t10k-images-idx3-ubyte.gz")).unwrap();
        assert_eq!(labels, Path::new("a/t10k-labels-idx1-ubyte.gz"));
        assert_eq!(labels_of(Path::new("digits")), None);
    }
}
