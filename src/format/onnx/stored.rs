//! Tensors that a model stores: initializers, constants, and what is made of them alone.

use super::external::External;
use super::problem::GraphProblem;
use super::proto::{self, Node};
use super::{described, is_standard};
use crate::format::tensor::{Dtype, Tensor};
use crate::format::{MOST_BYTES, Problem};
use crate::net::Shape;
use std::collections::HashMap;

/// Nodes between an initializer and the layer that takes it.
const MOST_STEPS: usize = 16;

/// `TensorProto.DataType`, by number.
const TYPES: [&str; 17] = [
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
];

/// The floating-point type of a `DataType`; `None` where it is another.
pub(super) fn float(data_type: i64) -> Option<Dtype> {
    match data_type {
        1 => Some(Dtype::F32),
        10 => Some(Dtype::F16),
        11 => Some(Dtype::F64),
        16 => Some(Dtype::Bf16),
        _ => None,
    }
}

/// The stored tensors of a graph.
pub(super) struct Stored<'g> {
    pub(super) initializers: HashMap<&'g str, &'g proto::Tensor>,
    /// The node that makes each value.
    pub(super) makers: HashMap<&'g str, &'g Node>,
    pub(super) external: External<'g>,
}

impl<'g> Stored<'g> {
    /// Weights by the name of their value; `None` where they are not stored.
    ///
    /// Identity, Transpose and Cast between an initializer and its layer are followed.
    pub(super) fn weights(&mut self, name: &str) -> Result<Option<Tensor>, Problem> {
        let (mut name, mut transposed, mut casts) = (name, false, Vec::new());
        for _ in 0..MOST_STEPS {
            if let Some(tensor) = self.initializers.get(name) {
                return self.finished(tensor, name, transposed, &casts).map(Some);
            }
            let Some(&node) = self.makers.get(name).filter(|node| is_standard(node)) else { return Ok(None) };
            match node.op.as_str() {
                "Constant" => {
                    let tensor = attribute(node, "value").and_then(|value| value.tensor.as_deref());
                    return tensor.map(|tensor| self.finished(tensor, name, transposed, &casts)).transpose();
                }
                "Identity" => {}
                "Transpose" if attribute(node, "perm").is_none_or(|perm| perm.ints == [1, 0]) => {
                    transposed = !transposed;
                }
                "Cast" => casts.push(node),
                _ => return Ok(None),
            }
            let Some(input) = node.inputs.first() else { return Ok(None) };
            name = input;
        }
        Ok(None)
    }

    /// The integers of a shape, by the name of their value; `None` where they are not stored.
    pub(super) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        if let Some(tensor) = self.initializers.get(name) {
            return integers(tensor);
        }
        let node = self.makers.get(name).filter(|node| is_standard(node) && node.op == "Constant")?;
        if let Some(ints) = attribute(node, "value_ints") {
            return Some(ints.ints.clone());
        }
        attribute(node, "value").and_then(|value| value.tensor.as_deref()).and_then(integers)
    }

    /// Decodes a tensor, under the name that the layer knows it by.
    fn finished(
        &mut self,
        tensor: &proto::Tensor,
        name: &str,
        transposed: bool,
        casts: &[&Node],
    ) -> Result<Tensor, Problem> {
        let mut tensor = decode(tensor, name, &mut self.external)?;
        for node in casts {
            let kind = float(attribute(node, "to").and_then(|to| to.int).unwrap_or(0));
            if kind.is_none_or(|kind| kind.check(&tensor.values).is_err()) {
                let what = "rounds weights; export the model in the type that it computes in";
                return Err(GraphProblem::Node { node: described(node), what }.into());
            }
        }
        if let ([rows, columns], true) = (&tensor.shape[..], transposed) {
            let (rows, columns) = (*rows, *columns);
            tensor.values = (0..tensor.values.len()).map(|i| tensor.values[i % rows * columns + i / rows]).collect();
            tensor.shape = vec![columns, rows];
        }
        Ok(tensor)
    }
}

/// An attribute of a node.
pub(super) fn attribute<'n>(node: &'n Node, name: &str) -> Option<&'n proto::Attribute> {
    node.attributes.iter().find(|attribute| attribute.name == name)
}

/// A tensor of weights. No size is believed before the values are there.
fn decode(stored: &proto::Tensor, name: &str, external: &mut External<'_>) -> Result<Tensor, Problem> {
    let Some(dtype) = float(stored.data_type.into()) else {
        let known = usize::try_from(stored.data_type).ok().and_then(|number| TYPES.get(number));
        let found = known.map_or_else(|| format!("number {}", stored.data_type), |&name| name.to_owned());
        return Err(Problem::Type { tensor: name.to_owned(), found, expected: Tensor::TYPES });
    };
    let axes = || GraphProblem::Axes { tensor: name.to_owned(), found: stored.dims.clone() };
    let shape: Vec<usize> =
        stored.dims.iter().map(|&n| usize::try_from(n)).collect::<Result<_, _>>().map_err(|_| axes())?;
    let size = shape.iter().try_fold(dtype.bytes(), |size, &axis| size.checked_mul(axis));
    let size = size.filter(|&size| size as u64 <= MOST_BYTES).ok_or_else(axes)?;
    let expect = |unit, found, expected| {
        let (tensor, shape) = (name.to_owned(), stored.dims.clone());
        (found == expected).then_some(()).ok_or(GraphProblem::Values { tensor, shape, unit, found, expected })
    };
    let count = size / dtype.bytes();
    if count as u128 > Shape::MOST_PARAMETERS {
        return Err(GraphProblem::TooLarge { limit: Shape::MOST_PARAMETERS }.into());
    }
    let values = if stored.location == proto::EXTERNAL {
        dtype.decode(external.bytes(stored, size)?)
    } else if !stored.raw.is_empty() {
        expect("bytes", stored.raw.len(), size)?;
        dtype.decode(&stored.raw)
    } else {
        match dtype {
            Dtype::F32 => {
                expect("floats", stored.floats.len(), count)?;
                stored.floats.iter().copied().map(f64::from).collect()
            }
            Dtype::F64 => {
                expect("doubles", stored.doubles.len(), count)?;
                stored.doubles.clone()
            }
            // The low 16 bits of a 32-bit integer each.
            Dtype::F16 | Dtype::Bf16 => {
                expect("integers", stored.int32s.len(), count)?;
                let mut bytes = Vec::with_capacity(size);
                for (index, &value) in stored.int32s.iter().enumerate() {
                    let bits = u16::try_from(value);
                    let bits = bits.map_err(|_| GraphProblem::Bits { tensor: name.to_owned(), index, value })?;
                    bytes.extend(bits.to_le_bytes());
                }
                dtype.decode(&bytes)
            }
        }
    };
    Ok(Tensor { name: name.to_owned(), shape, dtype, values })
}

/// The integers of a tensor of i64 or i32.
fn integers(stored: &proto::Tensor) -> Option<Vec<i64>> {
    match stored.data_type {
        7 if stored.raw.is_empty() => Some(stored.int64s.clone()),
        7 => Some(stored.raw.as_chunks::<8>().0.iter().map(|&chunk| i64::from_le_bytes(chunk)).collect()),
        6 if stored.raw.is_empty() => Some(stored.int32s.iter().copied().map(i64::from).collect()),
        6 => Some(stored.raw.as_chunks::<4>().0.iter().map(|&chunk| i32::from_le_bytes(chunk).into()).collect()),
        _ => None,
    }
}
