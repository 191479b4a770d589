//! The network itself, over any kind of weight.

use super::Sizes;
use crate::linalg::Matrix;
use crate::num::{Num, Scalar, dot};
use std::fmt;
use std::str::FromStr;

/// Why a network cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A layer has no units.
    #[error("shape {0}: every layer needs at least one unit")]
    Empty(Sizes),
    /// A shape string does not read as `inputs-hidden-outputs`.
    #[error("shape '{0}' does not parse: write inputs-hidden-outputs, for example 784-128-1")]
    Unreadable(String),
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
    /// The network is larger than this program reads.
    #[error("shape {shape} has {parameters} parameters; the limit is {limit}")]
    TooLarge {
        /// The shape asked for.
        shape: Sizes,
        /// Its parameters.
        parameters: u128,
        /// The limit.
        limit: u128,
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
    /// Labelled inputs do not fit together.
    #[error("{inputs} inputs and {labels} labels; every input needs one label, and there must be at least two inputs")]
    Samples {
        /// Inputs found.
        inputs: usize,
        /// Labels found.
        labels: usize,
    },
    /// Training left a weight that is not finite.
    #[error("training diverged in epoch {epoch}: lower --rate")]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
    },
}

fn hidden_layers(count: usize) -> String {
    if count == 0 { "no hidden layer".to_owned() } else { format!("{count} hidden layers") }
}

/// Sizes of the layers, written `inputs-hidden-outputs`.
///
/// ```
/// let shape: exactract::net::Shape = "784-128-1".parse()?;
/// assert_eq!(shape.parameters(), 100_609);
/// # Ok::<(), exactract::net::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of inputs, `d`.
    pub inputs: usize,
    /// Number of hidden units, `h`.
    pub hidden: usize,
    /// Number of outputs, `k`.
    pub outputs: usize,
}

impl Shape {
    /// The largest number of parameters that is read or made: 2^22, four million.
    ///
    /// An exact run holds each in several rationals, about a kibibyte in all.
    pub const MOST_PARAMETERS: u128 = 1 << 22;

    /// Weights and biases, counted.
    pub fn parameters(self) -> u128 {
        let [d, h, k] = [self.inputs, self.hidden, self.outputs].map(|n| n as u128);
        (d + 1).saturating_mul(h).saturating_add((h + 1).saturating_mul(k))
    }

    /// The shape itself, if no layer is empty and the size is within the limit.
    ///
    /// Errors: [`Error::Empty`], [`Error::TooLarge`].
    pub fn checked(self) -> Result<Self, Error> {
        if self.inputs == 0 || self.hidden == 0 || self.outputs == 0 {
            return Err(Error::Empty(self.into()));
        }
        let (parameters, limit) = (self.parameters(), Self::MOST_PARAMETERS);
        if parameters > limit {
            return Err(Error::TooLarge { shape: self.into(), parameters, limit });
        }
        Ok(self)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.inputs, self.hidden, self.outputs)
    }
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let sizes: Result<Vec<usize>, _> = text.split('-').map(str::parse).collect();
        match sizes.as_deref() {
            Ok(&[inputs, hidden, outputs]) => Self { inputs, hidden, outputs }.checked(),
            _ => Err(Error::Unreadable(text.to_owned())),
        }
    }
}

/// A network with one hidden ReLU layer, `f(x) = A1·relu(A0·x + b0) + b1`.
///
/// A victim is a `Network<f64>`: every stored float is an `f64` exactly, and the
/// exact victim is the rational function that those floats define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network<T> {
    /// `A0`, `[hidden, inputs]`.
    hidden: Matrix<T>,
    /// `b0`, `[hidden]`.
    hidden_bias: Vec<T>,
    /// `A1`, `[outputs, hidden]`.
    output: Matrix<T>,
    /// `b1`, `[outputs]`.
    output_bias: Vec<T>,
}

impl<T> Network<T> {
    /// A network from its tensors: `hidden` `[hidden, inputs]`, `hidden_bias` `[hidden]`,
    /// `output` `[outputs, hidden]`, `output_bias` `[outputs]`.
    ///
    /// Errors: [`Error::Empty`], [`Error::Mismatch`], [`Error::TooLarge`].
    pub fn new(hidden: Matrix<T>, hidden_bias: Vec<T>, output: Matrix<T>, output_bias: Vec<T>) -> Result<Self, Error> {
        let shape = Shape { inputs: hidden.columns(), hidden: hidden.rows(), outputs: output.rows() }.checked()?;
        let fits = |tensor, expected, found| {
            (expected == found).then_some(()).ok_or(Error::Mismatch { tensor, shape, expected, found })
        };
        fits("hidden bias", shape.hidden, hidden_bias.len())?;
        fits("output weights, per output", shape.hidden, output.columns())?;
        fits("output bias", shape.outputs, output_bias.len())?;
        Ok(Self { hidden, hidden_bias, output, output_bias })
    }

    /// A network from tensors that fit together by construction.
    pub(super) fn assembled(hidden: Matrix<T>, hidden_bias: Vec<T>, output: Matrix<T>, output_bias: Vec<T>) -> Self {
        Self { hidden, hidden_bias, output, output_bias }
    }

    /// The sizes of the layers.
    pub fn shape(&self) -> Shape {
        Shape { inputs: self.hidden.columns(), hidden: self.hidden.rows(), outputs: self.output.rows() }
    }

    /// `A0`, `[hidden, inputs]`.
    pub fn hidden(&self) -> &Matrix<T> {
        &self.hidden
    }

    /// `b0`, `[hidden]`.
    pub fn hidden_bias(&self) -> &[T] {
        &self.hidden_bias
    }

    /// `A1`, `[outputs, hidden]`.
    pub fn output(&self) -> &Matrix<T> {
        &self.output
    }

    /// `b1`, `[outputs]`.
    pub fn output_bias(&self) -> &[T] {
        &self.output_bias
    }

    /// The same network over another kind of weight.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Network<U> {
        Network {
            hidden: self.hidden.map(&mut f),
            hidden_bias: self.hidden_bias.iter().map(&mut f).collect(),
            output: self.output.map(&mut f),
            output_bias: self.output_bias.iter().map(&mut f).collect(),
        }
    }

    /// All weights and biases: `A0`, `b0`, `A1`, `b1`.
    pub fn parameters(&self) -> impl Iterator<Item = &T> {
        let biases = self.hidden_bias.iter();
        self.hidden.entries().iter().chain(biases).chain(self.output.entries()).chain(&self.output_bias)
    }
}

impl<S: Scalar> Network<Num<S>> {
    /// `f(x)` in the arithmetic of the weights; `x`: `[inputs]`, result: `[outputs]`.
    ///
    /// Every sum starts at the bias-free zero, runs in the order of the index, and
    /// the bias is added last. Exact in ℚ; this is the plain evaluation that faster
    /// oracles are tested against.
    pub fn forward(&self, x: &[Num<S>], context: S::Context) -> Vec<Num<S>> {
        let zero = || Num::lift(0.0, context);
        let active: Vec<Num<S>> = (self.hidden.iter_rows().zip(&self.hidden_bias))
            .map(|(row, bias)| (&dot(zero(), row, x) + bias).relu())
            .collect();
        (self.output.iter_rows().zip(&self.output_bias)).map(|(row, bias)| &dot(zero(), row, &active) + bias).collect()
    }
}
