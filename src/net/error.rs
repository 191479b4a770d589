//! Why a network cannot be made.

use super::{Shape, ShapeError, Sizes};

/// Why a network cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The sizes of its layers make no network.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Tensors do not fit together.
    #[error("{tensor}: expected {expected} entries for shape {shape}, found {found}")]
    Mismatch {
        /// Which tensor, in words.
        tensor: &'static str,
        /// The shape the others agree on.
        shape: Shape,
        /// Entries expected.
        expected: usize,
        /// Entries found.
        found: usize,
    },
    /// There is no layer at all.
    #[error("a network needs at least one layer")]
    NoLayers,
    /// A layer's biases are not one a unit.
    #[error("a layer of {units} units has {biases} biases")]
    Biases {
        /// Its units.
        units: usize,
        /// Its biases.
        biases: usize,
    },
    /// A layer does not take what the one before it gives.
    #[error("layer {layer} takes {takes} values; the layer before it has {units} units")]
    Chain {
        /// The layer, from 1.
        layer: usize,
        /// Values that it takes.
        takes: usize,
        /// Units of the layer before it.
        units: usize,
    },
    /// There are more hidden layers than one, or there is none.
    #[error("this network, {shape}, has {}; the direct attack asks for one", hidden_layers(*hidden))]
    Depth {
        /// The sizes of its layers.
        shape: Sizes,
        /// Its hidden layers.
        hidden: usize,
    },
    /// An activation has not one parameter a unit.
    #[error("a layer of {units} units has an activation of {slopes} slopes; it needs one a unit")]
    Slopes {
        /// Units of the layer.
        units: usize,
        /// Slopes of its activation.
        slopes: usize,
    },
    /// There is not one activation a hidden layer.
    #[error("{layers} hidden layers have {activations} activations")]
    Activations {
        /// Hidden layers.
        layers: usize,
        /// Activations.
        activations: usize,
    },
    /// Labelled inputs do not fit together.
    #[error("{inputs} inputs and {labels} labels; every input needs one label, and there must be at least two inputs")]
    Samples {
        /// Inputs found.
        inputs: usize,
        /// Labels found.
        labels: usize,
    },
    /// Training left a weight that is not finite.
    #[error("training diverged in epoch {epoch}: take a smaller step size")]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
    },
}

fn hidden_layers(count: usize) -> String {
    if count == 0 { "no hidden layer".to_owned() } else { format!("{count} hidden layers") }
}
