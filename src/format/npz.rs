//! `.npz`: `A0` [d, h], `b0` [h], `A1` [h, k], `b1` [k]; `y = relu(x·A0 + b0)·A1 + b1`.

use super::tensor::Tensor;
use super::{Dtype, MOST_BYTES, Parts, Problem};
use crate::net::Network;
use half::f16;
use npyz::npz::{NpzArchive, NpzWriter};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use std::io::{Cursor, Read};

const EXPECTED: &str = "A0 [inputs, hidden], b0 [hidden], A1 [hidden, outputs], b1 [outputs]";
const NAMES: [&str; 4] = ["A0", "b0", "A1", "b1"];

fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "npz", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8]) -> Result<Parts, Problem> {
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    names.sort();
    let mut notes = Vec::new();
    for name in names.iter().filter(|name| !NAMES.contains(&name.as_str())) {
        if name.strip_prefix('A').is_some_and(|n| n.parse::<u32>().is_ok()) {
            return Err(Problem::Deep { layers: names.join(", ") });
        }
        notes.push(format!("array '{name}' was passed over"));
    }
    let mut tensor = |name: &str| match array(&mut archive, name)? {
        Some(tensor) => Ok(tensor),
        None => {
            let found = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            Err(Problem::Missing { tensor: name.to_owned(), found, expected: EXPECTED })
        }
    };
    let [hidden, hidden_bias, mut output, mut output_bias] =
        [tensor("A0")?, tensor("b0")?, tensor("A1")?, tensor("b1")?];
    if output.shape.len() == 1 {
        notes.push("A1 has one axis and was read as one output".to_owned());
        output.shape.push(1);
    }
    if output_bias.shape.is_empty() {
        output_bias.shape.push(1);
    }
    Ok(Parts { hidden: hidden.transposed()?, hidden_bias, output: output.transposed()?, output_bias, notes })
}

/// One array of an archive; `None` where there is none of that name.
fn array_bytes(archive: &mut NpzArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<Vec<u8>>, Problem> {
    let file = npyz::npz::file_name_from_array_name(name);
    if !archive.zip_archive().file_names().any(|n| n == file) {
        return Ok(None);
    }
    let entry = archive.zip_archive().by_name(&file).map_err(damaged)?;
    let mut bytes = Vec::new();
    // What the archive says of the size does not matter: no more than the limit is unpacked.
    entry.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Problem::TooLarge { limit: MOST_BYTES });
    }
    Ok(Some(bytes))
}

/// The arrays of these names, of any number type, as `f64`.
pub(super) fn numbers<const N: usize>(
    bytes: &[u8],
    names: [&str; N],
    expected: &'static str,
) -> Result<[Tensor; N], Problem> {
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let found: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let mut tensors = Vec::with_capacity(N);
    for name in names {
        let bytes = array_bytes(&mut archive, name)?;
        let missing = || Problem::Missing { tensor: name.to_owned(), found: found.join(", "), expected };
        tensors.push(parse(name, &bytes.ok_or_else(missing)?, Stored::number)?);
    }
    tensors.try_into().map_err(|_| damaged("arrays are missing"))
}

fn array(archive: &mut NpzArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<Tensor>, Problem> {
    array_bytes(archive, name)?.map(|bytes| parse(name, &bytes, Stored::weight)).transpose()
}

/// A NumPy array's header, held against the bytes that are there.
fn header<'b>(name: &str, bytes: &'b [u8]) -> Result<(NpyFile<&'b [u8]>, Vec<usize>), Problem> {
    // Versions 2 and 3 give the header's length in four bytes: it must not exceed the file.
    let announced = match bytes {
        [_, _, _, _, _, _, 2 | 3, _, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    };
    if announced > bytes.len() {
        return Err(damaged(format!("array '{name}' announces a header of {announced} bytes")));
    }
    let file = NpyFile::new(bytes).map_err(|e| damaged(format!("array '{name}': {e}")))?;
    let shape: Option<Vec<usize>> = file.shape().iter().map(|&n| n.try_into().ok()).collect();
    let shape = shape.ok_or_else(|| damaged(format!("array '{name}' announces shape {:?}", file.shape())))?;
    Ok((file, shape))
}

/// How entries are stored.
#[derive(Clone, Copy)]
enum Stored {
    Float(Dtype),
    Integer { bytes: usize, signed: bool },
}

impl Stored {
    fn weight(kind: TypeChar, bytes: u64) -> Option<Self> {
        match (kind, bytes) {
            (TypeChar::Float, 2) => Some(Self::Float(Dtype::F16)),
            (TypeChar::Float, 4) => Some(Self::Float(Dtype::F32)),
            (TypeChar::Float, 8) => Some(Self::Float(Dtype::F64)),
            _ => None,
        }
    }

    fn number(kind: TypeChar, bytes: u64) -> Option<Self> {
        match (kind, bytes) {
            (TypeChar::Int | TypeChar::Uint, 1 | 2 | 4 | 8) => {
                Some(Self::Integer { bytes: bytes as usize, signed: matches!(kind, TypeChar::Int) })
            }
            _ => Self::weight(kind, bytes),
        }
    }

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

fn parse(name: &str, bytes: &[u8], stored: fn(TypeChar, u64) -> Option<Stored>) -> Result<Tensor, Problem> {
    let (file, shape) = header(name, bytes)?;
    let described = file.dtype();
    let wrong = || Problem::Type { tensor: name.to_owned(), found: described.descr() };
    let DType::Plain(kind) = &described else { return Err(wrong()) };
    let stored = stored(kind.type_char(), kind.size_field()).ok_or_else(wrong)?;
    let (big, order) = (kind.endianness() == npyz::Endianness::Big, file.order());
    let count = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
    let data = file.into_inner();
    let needed = count.and_then(|n| n.checked_mul(stored.bytes()));
    let data = needed.and_then(|needed| data.get(..needed)).ok_or_else(|| {
        damaged(format!("array '{name}' of shape {shape:?} needs more than the {} bytes that are there", data.len()))
    })?;
    let mut data = data.to_vec();
    if big {
        data.chunks_exact_mut(stored.bytes()).for_each(<[u8]>::reverse);
    }
    let (dtype, values) = stored.decode(&data);
    let tensor = Tensor { name: name.to_owned(), shape, dtype, values };
    if order == Order::C || tensor.shape.len() < 2 {
        return Ok(tensor);
    }
    // Column by column is row by row of the transpose.
    let reversed = tensor.shape.iter().rev().copied().collect();
    Tensor { shape: reversed, ..tensor }.transposed()
}

/// The bytes of a network's file; the same for the same network.
pub(super) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    let shape = network.shape();
    let (hidden, output) = (network.hidden().transposed(), network.output().transposed());
    let arrays: [(&str, &[f64], Vec<u64>); 4] = [
        ("A0", hidden.entries(), vec![shape.inputs as u64, shape.hidden as u64]),
        ("b0", network.hidden_bias(), vec![shape.hidden as u64]),
        ("A1", output.entries(), vec![shape.hidden as u64, shape.outputs as u64]),
        ("b1", network.output_bias(), vec![shape.outputs as u64]),
    ];
    let mut buffer = Cursor::new(Vec::new());
    let mut archive = NpzWriter::new(&mut buffer);
    for (name, values, shape) in arrays {
        dtype.check(values)?;
        match dtype {
            Dtype::F64 => write(&mut archive, name, &shape, values.iter().copied())?,
            Dtype::F32 => write(&mut archive, name, &shape, values.iter().map(|&x| x as f32))?,
            Dtype::F16 => write(&mut archive, name, &shape, values.iter().map(|&x| f16::from_f64(x)))?,
            Dtype::Bf16 => return Err(Problem::NoNumpyType { dtype }),
        }
    }
    drop(archive);
    Ok(buffer.into_inner())
}

fn write<T: npyz::AutoSerialize>(
    archive: &mut NpzWriter<&mut Cursor<Vec<u8>>>,
    name: &str,
    shape: &[u64],
    values: impl Iterator<Item = T>,
) -> Result<(), Problem> {
    let array = archive.array(name, Default::default()).map_err(Problem::Write)?;
    let mut writer = array.default_dtype().shape(shape).begin_nd().map_err(Problem::Write)?;
    writer.extend(values).map_err(Problem::Write)?;
    writer.finish().map_err(Problem::Write)
}
