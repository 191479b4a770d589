//! A named tensor, its weights lifted to `f64`.

use super::Problem;
use crate::linalg::Matrix;
use crate::net::Dtype;

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

/// Errors: [`Problem::Unrepresentable`] at the first value that is none of this type.
fn check(dtype: Dtype, values: &[f64]) -> Result<(), Problem> {
    match values.iter().find(|&&x| dtype.round(x) != x) {
        Some(&value) => Err(Problem::Unrepresentable { dtype, value }),
        None => Ok(()),
    }
}

/// Little-endian bytes of these weights. Errors: [`Problem::Unrepresentable`].
pub(super) fn encode(dtype: Dtype, values: &[f64]) -> Result<Vec<u8>, Problem> {
    check(dtype, values)?;
    Ok(dtype.encode(values))
}
