//! The tensors of a network as a file holds them, and the network that they make.

use super::tensor::Tensor;
use super::{Dtype, Problem};
use crate::linalg::Matrix;
use crate::net::{Activation, Affine, Family, Network};

/// Order of the axes of a weight tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// `[units, inputs of the layer]`, for `A·x`.
    UnitsFirst,
    /// `[inputs of the layer, units]`, for `x·A`.
    InputsFirst,
}

impl Layout {
    pub(super) const BOTH: [Self; 2] = [Self::UnitsFirst, Self::InputsFirst];

    pub(super) fn other(self) -> Self {
        match self {
            Self::UnitsFirst => Self::InputsFirst,
            Self::InputsFirst => Self::UnitsFirst,
        }
    }

    /// The axes, for messages.
    pub(super) fn axes(self) -> &'static str {
        match self {
            Self::UnitsFirst => "[units, inputs]",
            Self::InputsFirst => "[inputs, units]",
        }
    }

    pub(super) fn shape(self, units: usize, inputs: usize) -> [usize; 2] {
        match self {
            Self::UnitsFirst => [units, inputs],
            Self::InputsFirst => [inputs, units],
        }
    }

    /// Inputs of a layer.
    pub(super) fn inputs(self, weight: &Tensor) -> Result<usize, Problem> {
        self.other().units(weight).map_err(|problem| self.units(weight).err().unwrap_or(problem))
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

impl Layer {
    /// The zeros of a layer that has no bias.
    pub(super) fn no_bias(weights: &Tensor, units: usize) -> Tensor {
        Tensor { name: no_bias(&weights.name), shape: vec![units], dtype: weights.dtype, values: vec![0.0; units] }
    }

    /// Which tensors it was made from.
    fn told(&self) -> String {
        let Self { weights, bias, .. } = self;
        let bias = if bias.name == no_bias(&weights.name) { "no bias" } else { &*bias.name };
        format!("{} {:?}, {bias}", weights.name, weights.shape)
    }
}

/// The name of the zeros that stand for the bias of a layer without one.
pub(super) fn no_bias(weights: &str) -> String {
    format!("bias of {weights}")
}

/// What the tensors of a file make.
pub(super) struct Assembled {
    pub(super) network: Network<f64>,
    /// The narrowest type that holds all weights.
    pub(super) dtype: Dtype,
    pub(super) notes: Vec<String>,
    /// The tensors of each layer, in words.
    pub(super) layers: Vec<String>,
}

/// The tensors of a network.
pub(super) struct Parts {
    /// At least one layer, the first first.
    pub(super) layers: Vec<Layer>,
    pub(super) activation: Stated,
    pub(super) notes: Vec<String>,
}

/// What a file says of its hidden units.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stated {
    /// Nothing: ReLU, unless the user says otherwise.
    Nothing,
    /// That all of them are of one family.
    All(Family),
    /// What each hidden layer computes.
    Layers(Vec<Activation<f64>>),
}

impl Stated {
    /// The activations of `hidden` layers, with what the user says. Errors: the two contradict each other, or slopes
    /// are not in the file.
    fn activations(self, hidden: usize, told: Option<Family>) -> Result<Vec<Activation<f64>>, Problem> {
        let family = match self {
            Self::Layers(layers) => {
                let other = told.and_then(|told| layers.iter().find(|found| found.family() != told).zip(Some(told)));
                return match other {
                    Some((found, told)) => Err(Problem::Contradicted { found: found.family(), told }),
                    None => Ok(layers),
                };
            }
            Self::All(found) => match told.filter(|told| *told != found) {
                Some(told) => return Err(Problem::Contradicted { found, told }),
                None => found,
            },
            Self::Nothing => told.unwrap_or_default(),
        };
        let activation = family.whole().ok_or(Problem::NoSlopes)?;
        Ok(vec![activation; hidden])
    }
}

impl Parts {
    /// The network, and what a user should know of how it was read; `told`: what the user says of its hidden units.
    pub(super) fn assemble(self, told: Option<Family>) -> Result<Assembled, Problem> {
        let Self { layers, activation, mut notes } = self;
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
        let tensors = layers.iter().map(Layer::told).collect();
        let affine = |layer: Layer| Ok(Affine::new(layer.layout.matrix(&layer.weights)?, layer.bias.values)?);
        let layers = layers.into_iter().map(affine).collect::<Result<Vec<_>, Problem>>()?;
        let activations = activation.activations(layers.len().saturating_sub(1), told)?;
        Ok(Assembled { network: Network::with_activations(layers, activations)?, dtype, notes, layers: tensors })
    }
}
