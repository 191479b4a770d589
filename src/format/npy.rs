//! One NumPy array, `.npy`: a Python literal that describes it, then its entries.
//!
//! Headers are read here rather than by `npyz`, which multiplies the axes of a shape
//! unchecked and parses nested lists in exponential time.

use super::tensor::Tensor;
use super::{Dtype, MOST_BYTES, Problem};
use npyz::{Endianness, TypeChar, TypeStr};
use py_literal::Value;
use std::io::{self, Read};

/// The longest header that NumPy itself reads, unless told otherwise.
const MOST_HEADER: usize = 10_000;
/// Brackets within brackets: each doubles the parser's time, and number types need two.
const MOST_NESTED: usize = 8;

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
    fn stored(self, kind: &TypeStr) -> Option<Stored> {
        match (self, kind.type_char(), kind.size_field()) {
            (_, TypeChar::Float, 2) => Some(Stored::Float(Dtype::F16)),
            (_, TypeChar::Float, 4) => Some(Stored::Float(Dtype::F32)),
            (_, TypeChar::Float, 8) => Some(Stored::Float(Dtype::F64)),
            (Self::Numbers, kind @ (TypeChar::Int | TypeChar::Uint), bytes @ (1 | 2 | 4 | 8)) => {
                Some(Stored::Integer { bytes: bytes as usize, signed: matches!(kind, TypeChar::Int) })
            }
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
    let (found, kind) = match descr {
        Value::String(text) => (text.clone(), text.parse::<TypeStr>().ok()),
        other => (other.to_string(), None),
    };
    let (Some(kind), Some(stored)) = (&kind, kind.as_ref().and_then(|kind| accepted.stored(kind))) else {
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
    if kind.endianness() == Endianness::Big {
        data.chunks_exact_mut(stored.bytes()).for_each(<[u8]>::reverse);
    }
    let (dtype, values) = stored.decode(&data);
    let values = if fortran { by_rows(&shape, &values) } else { values };
    Ok(Tensor { name: name.to_owned(), shape, dtype, values })
}

/// How many axes an array of Python objects has; `None` of any other.
pub(super) fn axes_of_objects(mut reader: impl Read) -> Option<usize> {
    let Header { descr, shape, .. } = Header::read(&mut reader).ok()?;
    matches!(descr, Value::String(text) if text.ends_with('O')).then_some(shape.len())
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

/// What a header says of its array.
struct Header {
    descr: Value,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Errors: what is wrong, to be said after the array's name.
    fn read(reader: &mut impl Read) -> Result<Self, String> {
        let length = Self::length(reader)?;
        if length > MOST_HEADER {
            return Err(format!(" has a header of {length} bytes, more than NumPy reads"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(ended(" ends within its header"))?;
        Self::parse(&text)
    }

    /// Bytes of the header's text.
    fn length(reader: &mut impl Read) -> Result<usize, String> {
        let none = || ended(" is no NumPy array");
        let (mut start, mut short, mut long) = ([0; 8], [0; 2], [0; 4]);
        reader.read_exact(&mut start).map_err(none())?;
        match start {
            [0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0] => {
                reader.read_exact(&mut short).map_err(none())?;
                Ok(usize::from(u16::from_le_bytes(short)))
            }
            [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, 0] => {
                reader.read_exact(&mut long).map_err(none())?;
                Ok(u32::from_le_bytes(long) as usize)
            }
            [0x93, b'N', b'U', b'M', b'P', b'Y', major, minor] => {
                Err(format!(" is of version {major}.{minor}; 1.0, 2.0 and 3.0 are read"))
            }
            _ => Err(" is no NumPy array".to_owned()),
        }
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let (mut depth, mut deepest) = (0usize, 0);
        for byte in text {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        if deepest > MOST_NESTED {
            return Err(" has a header that is nested too deeply".to_owned());
        }
        let value = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
        let Some(Value::Dict(entries)) = value else {
            return Err(" has a header that is no Python dictionary".to_owned());
        };
        let entry = |name: &str| entries.iter().find(|(key, _)| *key == Value::String(name.to_owned())).map(|e| &e.1);
        let axis = |n: &Value| if let Value::Integer(n) = n { n.try_into().ok() } else { None };
        let shape = match entry("shape") {
            Some(Value::Tuple(axes) | Value::List(axes)) => axes.iter().map(axis).collect(),
            _ => None,
        };
        let fortran = if let Some(&Value::Boolean(fortran)) = entry("fortran_order") { Some(fortran) } else { None };
        Ok(Self {
            descr: entry("descr").ok_or(" has a header without a type")?.clone(),
            fortran: fortran.ok_or(" has a header without an order")?,
            shape: shape.ok_or(" has a header without a shape")?,
        })
    }
}

/// What to say of a read that failed: `early` where the bytes ended.
fn ended(early: &'static str) -> impl Fn(io::Error) -> String {
    move |error| if error.kind() == io::ErrorKind::UnexpectedEof { early.to_owned() } else { format!(": {error}") }
}
