//! One NumPy array, `.npy`: a header that describes it, then its entries.

use super::header::{Descr, Header};
use super::tensor::{Tensor, encode};
use super::{Dtype, MOST_BYTES, Problem};
use std::io::Read;

/// Which types of entries are read.
#[derive(Clone, Copy)]
pub(super) enum Accepted {
    /// Floating point.
    Weights,
    /// Floating point and integers.
    Numbers,
}

/// How entries are stored.
#[derive(Clone, Copy)]
enum Stored {
    Float(Dtype),
    Integer { bytes: usize, signed: bool },
}

impl Accepted {
    /// How entries of a NumPy type, such as `<f8`, are stored, and whether their big end comes first.
    fn stored(self, descr: &str) -> Option<(Stored, bool)> {
        let (order, kind) = (descr.get(..1)?, descr.get(1..)?);
        let stored = match (self, kind) {
            (_, "f2") => Stored::Float(Dtype::F16),
            (_, "f4") => Stored::Float(Dtype::F32),
            (_, "f8") => Stored::Float(Dtype::F64),
            (Self::Numbers, "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "u8") => {
                Stored::Integer { bytes: kind[1..].parse().ok()?, signed: kind.starts_with('i') }
            }
            _ => return None,
        };
        match order {
            "<" => Some((stored, false)),
            ">" => Some((stored, true)),
            // A single byte has no order.
            "|" if stored.bytes() == 1 => Some((stored, false)),
            _ => None,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Weights => Tensor::TYPES,
            Self::Numbers => "integers or floats of at most 8 bytes",
        }
    }
}

impl Stored {
    fn bytes(self) -> usize {
        match self {
            Self::Float(dtype) => dtype.bytes(),
            Self::Integer { bytes, .. } => bytes,
        }
    }

    /// The type to report, and the entries of little-endian bytes; integers beyond `2^53` are rounded.
    fn decode(self, data: &[u8]) -> (Dtype, Vec<f64>) {
        match self {
            Self::Float(dtype) => (dtype, dtype.decode(data)),
            Self::Integer { bytes, signed } => {
                let integer = |chunk: &[u8]| {
                    let fill = if signed && chunk.last().is_some_and(|top| top & 0x80 != 0) { 0xff } else { 0 };
                    let mut wide = [fill; 16];
                    wide[..bytes].copy_from_slice(chunk);
                    i128::from_le_bytes(wide) as f64
                };
                (Dtype::F64, data.chunks_exact(bytes).map(integer).collect())
            }
        }
    }
}

/// Reads an array to its end, so that an archive can hold it against its checksum.
pub(super) fn read(name: &str, mut reader: impl Read, accepted: Accepted) -> Result<Tensor, Problem> {
    let damaged = |reason: String| Problem::Damaged { format: "npz", reason: format!("array '{name}'{reason}") };
    let Header { descr, fortran, shape } = Header::read(&mut reader).map_err(damaged)?;
    let stored = if let Descr::Plain(descr) = &descr { accepted.stored(descr) } else { None };
    let Some((stored, big_end_first)) = stored else {
        let (Descr::Plain(found) | Descr::Other(found)) = descr;
        return Err(Problem::Type { tensor: name.to_owned(), found, expected: accepted.expected() });
    };
    let size = shape.iter().try_fold(stored.bytes() as u64, |n, &axis| n.checked_mul(axis as u64));
    let Some(size) = size.filter(|&size| size <= MOST_BYTES) else {
        return Err(damaged(format!(" of shape {shape:?} is larger than the limit of {MOST_BYTES} bytes")));
    };
    // Memory follows what is there, up to what is needed; one byte more shows the end, or a lie.
    let mut data = Vec::new();
    reader.take(size + 1).read_to_end(&mut data).map_err(|e| damaged(format!(": {e}")))?;
    let there = data.len() as u64;
    if there != size {
        let there = if there > size { "more".to_owned() } else { there.to_string() };
        return Err(damaged(format!(" of shape {shape:?} needs {size} bytes, {there} are there")));
    }
    if big_end_first {
        data.chunks_exact_mut(stored.bytes()).for_each(<[u8]>::reverse);
    }
    let (dtype, values) = stored.decode(&data);
    let values = if fortran { by_rows(&shape, &values) } else { values };
    Ok(Tensor { name: name.to_owned(), shape, dtype, values })
}

/// How many axes an array of Python objects has; `None` of any other.
pub(super) fn axes_of_objects(mut reader: impl Read) -> Option<usize> {
    let Header { descr, shape, .. } = Header::read(&mut reader).ok()?;
    matches!(descr, Descr::Plain(text) if text.ends_with('O')).then_some(shape.len())
}

/// The bytes of an array of weights, row by row. Errors: [`Problem::Unrepresentable`], [`Problem::NoNumpyType`].
pub(super) fn bytes(dtype: Dtype, shape: &[usize], values: &[f64]) -> Result<Vec<u8>, Problem> {
    let entries = encode(dtype, values)?;
    let descr = match dtype {
        Dtype::F64 => "<f8",
        Dtype::F32 => "<f4",
        Dtype::F16 => "<f2",
        Dtype::Bf16 => return Err(Problem::NoNumpyType { dtype }),
    };
    Ok([Header::bytes(descr, shape), entries].concat())
}

/// Entries stored with the first axis fastest, put in the order of rows.
fn by_rows(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let entry = |mut row_major: usize| {
        // Entry (i, j, k, …) of shape (l, m, …) is number i + l·(j + m·(k + …)).
        let place = shape.iter().rev().fold(0, |rest, &axis| {
            let index = row_major % axis;
            row_major /= axis;
            rest * axis + index
        });
        values[place]
    };
    (0..values.len()).map(entry).collect()
}
