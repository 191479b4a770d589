//! Tensors as a file stores them, decoded. No size is believed before the values are there.

use super::axes::MOST_VALUES;
use super::constant::{BOOL, Constant, Data, I64, Whole, dtype, range, type_name};
use super::external::External;
use super::proto::{self, EXTERNAL, Sparse};
use crate::format::graph::{GraphProblem, shown};
use crate::format::tensor::Tensor;
use crate::format::{MOST_BYTES, Problem};
use crate::net::Dtype;
use crate::net::Shape;

/// A stored tensor; `name` is for messages where it has none of its own.
pub(super) fn decode(stored: &proto::Tensor, name: &str, external: &mut External<'_>) -> Result<Constant, Problem> {
    let name = if stored.name.is_empty() { name } else { &stored.name };
    let data_type = i64::from(stored.data_type);
    let shape = lengths(&stored.dims, name)?;
    let bytes = match (dtype(data_type), range(data_type)) {
        (Some(dtype), _) => dtype.bytes(),
        (_, Some(_)) => width(data_type),
        _ => {
            let (tensor, found) = (shown(name), type_name(data_type));
            return Err(Problem::Type { tensor, found, expected: Tensor::TYPES });
        }
    };
    let size = shape.iter().try_fold(bytes, |size, &axis| size.checked_mul(axis));
    let size = size.filter(|&size| size as u64 <= MOST_BYTES).ok_or_else(|| axes(&stored.dims, name))?;
    let count = size / bytes;
    if count > MOST_VALUES {
        return Err(GraphProblem::TooLarge { limit: Shape::MOST_PARAMETERS }.into());
    }
    let expect = |unit, found, expected| {
        let (tensor, shape) = (shown(name), stored.dims.clone());
        (found == expected).then_some(()).ok_or(GraphProblem::Values { tensor, shape, unit, found, expected })
    };
    let raw = if stored.location == EXTERNAL {
        Some(external.bytes(stored, name, size)?)
    } else if !stored.raw.is_empty() {
        expect("bytes", stored.raw.len(), size)?;
        Some(&stored.raw[..])
    } else {
        None
    };
    let data = match (dtype(data_type), raw) {
        (Some(dtype), Some(raw)) => Data::Floats(dtype, dtype.decode(raw)),
        (Some(dtype), None) => {
            let (unit, found) = match dtype {
                Dtype::F32 => ("floats", stored.floats.len()),
                Dtype::F64 => ("doubles", stored.doubles.len()),
                Dtype::F16 | Dtype::Bf16 => ("integers", stored.int32s.len()),
            };
            expect(unit, found, count)?;
            Data::Floats(dtype, typed(stored, dtype, name)?)
        }
        (None, Some(raw)) => {
            Data::Wholes(data_type, wholes(raw.chunks_exact(bytes).map(|chunk| whole(data_type, chunk)), name)?)
        }
        (None, None) => {
            let unsigned = |number: &u64| i64::try_from(*number).ok();
            let (found, numbers): (usize, Vec<Option<i64>>) = match data_type {
                I64 => (stored.int64s.len(), stored.int64s.iter().map(|&number| Some(number)).collect()),
                12 | 13 => (stored.uint64s.len(), stored.uint64s.iter().map(unsigned).collect()),
                _ => (stored.int32s.len(), stored.int32s.iter().map(|&number| Some(number.into())).collect()),
            };
            expect("integers", found, count)?;
            Data::Wholes(data_type, wholes(numbers.into_iter(), name)?)
        }
    };
    if let Data::Wholes(_, values) = &data {
        let (least, most) = range(data_type).unwrap_or_default();
        let within = |value: &Whole| matches!(value, Whole::Known(number) if (least..=most).contains(number));
        if let Some(index) = values.iter().position(|value| !within(value)) {
            return Err(GraphProblem::Range { tensor: shown(name), index, data_type: type_name(data_type) }.into());
        }
    }
    Ok(Constant { name: name.to_owned(), shape, data })
}

/// Floats of a field that has their type, or carries 16 bits in an integer.
fn typed(stored: &proto::Tensor, dtype: Dtype, name: &str) -> Result<Vec<f64>, Problem> {
    match dtype {
        Dtype::F32 => Ok(stored.floats.iter().copied().map(f64::from).collect()),
        Dtype::F64 => Ok(stored.doubles.clone()),
        Dtype::F16 | Dtype::Bf16 => {
            let mut bytes = Vec::with_capacity(2 * stored.int32s.len());
            for (index, &value) in stored.int32s.iter().enumerate() {
                let bits = u16::try_from(value);
                let bits = bits.map_err(|_| GraphProblem::Bits { tensor: shown(name), index, value })?;
                bytes.extend(bits.to_le_bytes());
            }
            Ok(dtype.decode(&bytes))
        }
    }
}

fn wholes(numbers: impl Iterator<Item = Option<i64>>, name: &str) -> Result<Vec<Whole>, Problem> {
    let large = |index| GraphProblem::Range { tensor: shown(name), index, data_type: type_name(I64) };
    numbers.enumerate().map(|(index, number)| number.map(Whole::Known).ok_or_else(|| large(index).into())).collect()
}

/// Bytes of an integer of this type.
fn width(data_type: i64) -> usize {
    match data_type {
        4 | 5 => 2,
        6 | 12 => 4,
        I64 | 13 => 8,
        _ => 1,
    }
}

/// The integer of little-endian bytes; `None` where it is beyond an i64.
fn whole(data_type: i64, chunk: &[u8]) -> Option<i64> {
    let mut wide = [0; 8];
    wide[..chunk.len()].copy_from_slice(chunk);
    let bits = u64::from_le_bytes(wide);
    Some(match data_type {
        3 => i64::from(bits as u8 as i8),
        5 => i64::from(bits as u16 as i16),
        6 => i64::from(bits as u32 as i32),
        I64 => bits as i64,
        BOOL => i64::from(bits != 0),
        _ => i64::try_from(bits).ok()?,
    })
}

fn axes(dims: &[i64], name: &str) -> GraphProblem {
    GraphProblem::Axes { tensor: shown(name), found: dims.to_vec() }
}

fn lengths(dims: &[i64], name: &str) -> Result<Vec<usize>, Problem> {
    let lengths = dims.iter().map(|&length| usize::try_from(length)).collect::<Result<_, _>>();
    lengths.map_err(|_| axes(dims, name).into())
}

/// A sparse tensor, written out; its indices are places in row-major order, or one row of numbers for each value.
pub(super) fn written_out(sparse: &Sparse, name: &str, external: &mut External<'_>) -> Result<Constant, Problem> {
    let name = sparse.values.as_ref().map_or(name, |values| if values.name.is_empty() { name } else { &values.name });
    let shape = lengths(&sparse.dims, name)?;
    let count = shape.iter().try_fold(1usize, |count, &axis| count.checked_mul(axis));
    let count = count.filter(|&count| count <= MOST_VALUES).ok_or_else(|| axes(&sparse.dims, name))?;
    let refuse = |why| Problem::from(GraphProblem::Sparse { tensor: shown(name), why });
    let (Some(values), Some(indices)) = (&sparse.values, &sparse.indices) else {
        return Err(refuse("lacks its values or its indices"));
    };
    let (values, indices) = (decode(values, name, external)?, decode(indices, name, external)?);
    let (dtype, given) = values.floats()?;
    let Data::Wholes(I64, numbers) = &indices.data else { return Err(refuse("has indices that are no i64")) };
    let row = match indices.shape[..] {
        [_] => 1,
        [_, rank] if rank == shape.len() => rank,
        _ => return Err(refuse("has indices of another shape than [values] or [values, axes]")),
    };
    if row == 0 || numbers.len() != row * given.len() {
        return Err(refuse("has another number of indices than of values"));
    }
    let mut dense = vec![0.0; count];
    let mut before = None;
    for (numbers, &value) in numbers.chunks_exact(row).zip(given) {
        let lengths = if indices.shape.len() == 1 { std::slice::from_ref(&count) } else { &shape[..] };
        let at = numbers.iter().zip(lengths).try_fold(0usize, |at, (number, &length)| match number {
            Whole::Known(number) => {
                usize::try_from(*number).ok().filter(|&place| place < length).map(|place| at * length + place)
            }
            Whole::Batch => None,
        });
        let at = at.ok_or_else(|| refuse("has an index outside of its shape"))?;
        if before.is_some_and(|before| before >= at) {
            return Err(refuse("has indices that do not ascend"));
        }
        before = Some(at);
        dense[at] = value;
    }
    Ok(Constant { name: name.to_owned(), shape, data: Data::Floats(dtype, dense) })
}
