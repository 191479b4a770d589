//! Constants: tensors that a file stores, or that its nodes make of those alone.

use super::node::described;
use super::proto::Node;
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use crate::format::tensor::Tensor;
use crate::net::Dtype;

/// `TensorProto.DataType`, by number.
const TYPES: [&str; 24] = [
    "undefined",
    "f32",
    "u8",
    "i8",
    "u16",
    "i16",
    "i32",
    "i64",
    "string",
    "bool",
    "f16",
    "f64",
    "u32",
    "u64",
    "c64",
    "c128",
    "bf16",
    "f8e4m3fn",
    "f8e4m3fnuz",
    "f8e5m2",
    "f8e5m2fnuz",
    "u4",
    "i4",
    "f4e2m1",
];

/// `DataType` of a bool, and of an i64.
pub(super) const BOOL: i64 = 9;
pub(super) const I64: i64 = 7;

/// The name of a `DataType`.
pub(super) fn type_name(data_type: i64) -> String {
    let known = usize::try_from(data_type).ok().and_then(|number| TYPES.get(number));
    known.map_or_else(|| format!("number {data_type}"), |&name| name.to_owned())
}

/// The floating-point type of a `DataType`; `None` where it is another.
pub(super) fn dtype(data_type: i64) -> Option<Dtype> {
    match data_type {
        1 => Some(Dtype::F32),
        10 => Some(Dtype::F16),
        11 => Some(Dtype::F64),
        16 => Some(Dtype::Bf16),
        _ => None,
    }
}

/// The least and the largest integer of a `DataType`, booleans among them; `None` where it is of another kind.
pub(super) fn range(data_type: i64) -> Option<(i64, i64)> {
    match data_type {
        2 => Some((0, u8::MAX.into())),
        3 => Some((i8::MIN.into(), i8::MAX.into())),
        4 => Some((0, u16::MAX.into())),
        5 => Some((i16::MIN.into(), i16::MAX.into())),
        6 => Some((i32::MIN.into(), i32::MAX.into())),
        I64 => Some((i64::MIN, i64::MAX)),
        BOOL => Some((0, 1)),
        12 => Some((0, u32::MAX.into())),
        // Larger ones are of no use here, and are refused where they are read.
        13 => Some((0, i64::MAX)),
        _ => None,
    }
}

/// An integer that a shape is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Known(i64),
    /// The number of inputs in a batch.
    Batch,
}

/// What a constant holds, row by row.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Floats(Dtype, Vec<f64>),
    /// Integers of this `DataType`.
    Wholes(i64, Vec<Whole>),
}

/// A constant tensor.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    /// The name under which the file stores it, or that of what a node makes.
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
}

impl Constant {
    /// Numbers that it holds.
    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::Floats(_, values) => values.len(),
            Data::Wholes(_, values) => values.len(),
        }
    }

    /// Its integers, for a node that takes them. Errors: [`GraphProblem::Operand`].
    pub(super) fn wholes(&self, node: &Node) -> Result<&[Whole], Problem> {
        match &self.data {
            Data::Wholes(_, values) => Ok(values),
            Data::Floats(dtype, _) => Err(GraphProblem::Operand {
                node: described(node),
                operand: shown(&self.name),
                found: format!("of type {dtype}"),
                expected: "integers".into(),
            }
            .into()),
        }
    }

    /// Its floats, all of them finite. Errors: [`Problem::Type`], [`Problem::NotFinite`].
    pub(super) fn floats(&self) -> Result<(Dtype, &[f64]), Problem> {
        let tensor = || shown(&self.name);
        match &self.data {
            Data::Floats(dtype, values) => match values.iter().position(|x| !x.is_finite()) {
                None => Ok((*dtype, values)),
                Some(index) => Err(Problem::NotFinite { tensor: tensor(), index, value: values[index] }),
            },
            Data::Wholes(data_type, _) => {
                let found = type_name(*data_type);
                Err(Problem::Type { tensor: tensor(), found, expected: Tensor::TYPES })
            }
        }
    }
}
