//! The tensors of a network as a file holds them, and the network that they make.

use super::tensor::Tensor;
use super::{Dtype, Problem};
use crate::linalg::Matrix;
use crate::net::{Affine, Layered};

/// Order of the axes of a weight tensor.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// `[units, inputs of the layer]`, for `A·x`.
    UnitsFirst,
    /// `[inputs of the layer, units]`, for `x·A`.
    InputsFirst,
}

impl Layout {
    fn shape(self, units: usize, inputs: usize) -> [usize; 2] {
        match self {
            Self::UnitsFirst => [units, inputs],
            Self::InputsFirst => [inputs, units],
        }
    }

    /// Units of a layer.
    pub(super) fn units(self, weight: &Tensor) -> Result<usize, Problem> {
        match (self, &weight.shape[..]) {
            (Self::UnitsFirst, &[units, _]) | (Self::InputsFirst, &[_, units]) => Ok(units),
            _ => {
                let (tensor, found) = (weight.name.clone(), weight.shape.clone());
                let expected = match self {
                    Self::UnitsFirst => "two axes, [units, inputs of the layer]",
                    Self::InputsFirst => "two axes, [inputs of the layer, units]",
                };
                Err(Problem::Axes { tensor, found, expected })
            }
        }
    }

    /// The weights as `[units, inputs]`.
    fn matrix(self, weight: &Tensor) -> Result<Matrix<f64>, Problem> {
        let matrix = weight.matrix()?;
        Ok(match self {
            Self::UnitsFirst => matrix,
            Self::InputsFirst => matrix.transposed(),
        })
    }
}

/// One layer as a file holds it.
pub(super) struct Layer {
    pub(super) layout: Layout,
    pub(super) weights: Tensor,
    pub(super) bias: Tensor,
}

/// The tensors of a network.
pub(super) struct Parts {
    /// At least one layer, the first first.
    pub(super) layers: Vec<Layer>,
    pub(super) notes: Vec<String>,
}

impl Parts {
    /// The network, the type of its weights, and the notes.
    pub(super) fn assemble(self) -> Result<(Layered<f64>, Dtype, Vec<String>), Problem> {
        let Self { layers, mut notes } = self;
        for tensor in layers.iter().flat_map(|layer| [&layer.weights, &layer.bias]) {
            tensor.expect_units()?;
            tensor.expect_finite()?;
        }
        let mut before: Option<(usize, &Tensor)> = None;
        for Layer { layout, weights, bias } in &layers {
            let units = layout.units(weights)?;
            if let Some((inputs, before)) = before {
                weights.expect(&layout.shape(units, inputs), before)?;
            }
            bias.expect(&[units], weights)?;
            before = Some((units, weights));
        }
        let dtypes = || layers.iter().flat_map(|layer| [layer.weights.dtype, layer.bias.dtype]);
        let dtype = dtypes().reduce(Dtype::holding_both).unwrap_or(Dtype::F64);
        if dtypes().any(|d| d != dtype) {
            notes.push(format!("weights are stored in several types; all of them are {dtype}"));
        }
        let affine = |layer: Layer| Ok(Affine::new(layer.layout.matrix(&layer.weights)?, layer.bias.values)?);
        let layers = layers.into_iter().map(affine).collect::<Result<Vec<_>, Problem>>()?;
        Ok((Layered::new(layers)?, dtype, notes))
    }
}
