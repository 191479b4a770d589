//! A named tensor, its weights lifted to `f64`.

use super::Problem;
use crate::linalg::Matrix;
use crate::net::Weights;
use half::{bf16, f16};
use std::fmt;

/// A floating-point type of stored weights, from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dtype {
    /// bfloat16.
    Bf16,
    /// IEEE 754 binary16.
    F16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Weights::from(*self).name())
    }
}

impl From<Weights> for Dtype {
    fn from(weights: Weights) -> Self {
        match weights {
            Weights::Bf16 => Self::Bf16,
            Weights::F16 => Self::F16,
            Weights::F32 => Self::F32,
            Weights::F64 => Self::F64,
        }
    }
}

impl From<Dtype> for Weights {
    fn from(dtype: Dtype) -> Self {
        match dtype {
            Dtype::Bf16 => Self::Bf16,
            Dtype::F16 => Self::F16,
            Dtype::F32 => Self::F32,
            Dtype::F64 => Self::F64,
        }
    }
}

impl Dtype {
    /// Bytes of one weight.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bf16 | Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The narrowest type of which all weights of both are; of bf16 and f16 neither holds the other.
    pub(super) fn holding_both(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bf16, Self::F16) | (Self::F16, Self::Bf16) => Self::F32,
            _ => self.max(other),
        }
    }

    /// Errors: [`Problem::Unrepresentable`] at the first value that is none of this type.
    pub(super) fn check(self, values: &[f64]) -> Result<(), Problem> {
        match values.iter().find(|&&x| Weights::from(self).round(x) != x) {
            Some(&value) => Err(Problem::Unrepresentable { dtype: self, value }),
            None => Ok(()),
        }
    }

    /// Little-endian bytes of these weights. Errors: [`Problem::Unrepresentable`].
    pub(super) fn encode(self, values: &[f64]) -> Result<Vec<u8>, Problem> {
        fn each<const N: usize>(values: &[f64], bytes: fn(f64) -> [u8; N]) -> Vec<u8> {
            values.iter().flat_map(|&x| bytes(x)).collect()
        }
        self.check(values)?;
        Ok(match self {
            Self::Bf16 => each(values, |x| bf16::from_f64(x).to_le_bytes()),
            Self::F16 => each(values, |x| f16::from_f64(x).to_le_bytes()),
            Self::F32 => each(values, |x| (x as f32).to_le_bytes()),
            Self::F64 => each(values, f64::to_le_bytes),
        })
    }

    /// The weights of little-endian bytes, exactly; a rest shorter than a weight is passed over.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f64> {
        fn each<const N: usize>(bytes: &[u8], lift: fn([u8; N]) -> f64) -> Vec<f64> {
            bytes.as_chunks::<N>().0.iter().map(|&chunk| lift(chunk)).collect()
        }
        match self {
            Self::Bf16 => each(bytes, |b| f64::from(bf16::from_le_bytes(b))),
            Self::F16 => each(bytes, |b| f64::from(f16::from_le_bytes(b))),
            Self::F32 => each(bytes, |b| f64::from(f32::from_le_bytes(b))),
            Self::F64 => each(bytes, f64::from_le_bytes),
        }
    }
}

/// A tensor of a file.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
    /// Row by row.
    pub(super) values: Vec<f64>,
}

impl Tensor {
    /// Types of entries that weights may have.
    pub(super) const TYPES: &str = "f16, bf16, f32 or f64";

    /// Length of the first axis.
    pub(super) fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// Errors: [`Problem::EmptyLayer`] where an axis has length 0.
    ///
    /// The other axes may then have any length at all: nothing may be sized by them before.
    pub(super) fn expect_units(&self) -> Result<(), Problem> {
        if !self.shape.contains(&0) {
            return Ok(());
        }
        Err(Problem::EmptyLayer { tensor: self.name.clone(), shape: self.shape.clone() })
    }

    /// Errors: [`Problem::NotFinite`] at the first entry that is infinite or not a number.
    pub(super) fn expect_finite(&self) -> Result<(), Problem> {
        let Some(index) = self.values.iter().position(|x| !x.is_finite()) else { return Ok(()) };
        Err(Problem::NotFinite { tensor: self.name.clone(), index, value: self.values[index] })
    }

    /// Errors unless the shape is the one that fits another tensor.
    pub(super) fn expect(&self, expected: &[usize], beside: &Self) -> Result<(), Problem> {
        if self.shape == expected {
            return Ok(());
        }
        Err(Problem::Shape {
            tensor: self.name.clone(),
            found: self.shape.clone(),
            expected: expected.to_vec(),
            beside: beside.name.clone(),
            beside_shape: beside.shape.clone(),
        })
    }

    /// The entries of a tensor of two axes.
    pub(super) fn matrix(&self) -> Result<Matrix<f64>, Problem> {
        let matrix = match self.shape[..] {
            [rows, columns] => Matrix::from_entries(rows, columns, self.values.clone()),
            _ => None,
        };
        matrix.ok_or_else(|| Problem::Axes {
            tensor: self.name.clone(),
            found: self.shape.clone(),
            expected: "two axes",
        })
    }
}
