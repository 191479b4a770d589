//! A network with one hidden layer: what the direct attack recovers.

use super::{Activation, Affine, Error, Network, Shape};
use crate::linalg::Matrix;
use crate::num::{Num, Rational, Scalar};
use std::ops::Deref;

/// A [`Network`] that has exactly one hidden layer, `f(x) = A1·g(A0·x + b0) + b1`.
///
/// A victim of the direct attack is a `Shallow<f64>`: every stored float is an `f64` exactly, and the
/// exact victim is the rational function that those floats define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shallow<T>(Network<T>);

impl<T> Shallow<T> {
    /// A network of ReLU units from its tensors: `hidden` `[hidden, inputs]`, `hidden_bias` `[hidden]`,
    /// `output` `[outputs, hidden]`, `output_bias` `[outputs]`.
    ///
    /// Errors: [`Error::Shape`], [`Error::Mismatch`].
    pub fn new(hidden: Matrix<T>, hidden_bias: Vec<T>, output: Matrix<T>, output_bias: Vec<T>) -> Result<Self, Error> {
        let shape = Shape { inputs: hidden.columns(), hidden: hidden.rows(), outputs: output.rows() }.checked()?;
        let fits = |tensor, expected, found| {
            (expected == found).then_some(()).ok_or(Error::Mismatch { tensor, shape, expected, found })
        };
        fits("hidden bias", shape.hidden, hidden_bias.len())?;
        fits("output weights, per output", shape.hidden, output.columns())?;
        fits("output bias", shape.outputs, output_bias.len())?;
        Ok(Self(Network::new(vec![Affine::new(hidden, hidden_bias)?, Affine::new(output, output_bias)?])?))
    }

    /// A network of ReLU units from tensors that fit together by construction.
    pub(super) fn assembled(hidden: Matrix<T>, hidden_bias: Vec<T>, output: Matrix<T>, output_bias: Vec<T>) -> Self {
        Self(Network::assembled([(hidden, hidden_bias), (output, output_bias)]))
    }

    /// The same network with another activation.
    ///
    /// Errors: [`Error::Slopes`].
    pub fn with_activation(self, activation: Activation<T>) -> Result<Self, Error> {
        let Self(network) = self;
        Ok(Self(network.activated(vec![activation])?))
    }

    /// The sizes of the layers.
    pub fn shape(&self) -> Shape {
        Shape { inputs: self.inputs(), hidden: self.layers()[0].units(), outputs: self.outputs() }
    }

    /// The activation of the hidden layer.
    pub fn activation(&self) -> &Activation<T> {
        &self.activations()[0]
    }

    /// `A0`, `[hidden, inputs]`.
    pub fn hidden(&self) -> &Matrix<T> {
        self.layers()[0].weights()
    }

    /// `b0`, `[hidden]`.
    pub fn hidden_bias(&self) -> &[T] {
        self.layers()[0].bias()
    }

    /// `A1`, `[outputs, hidden]`.
    pub fn output(&self) -> &Matrix<T> {
        self.layers()[1].weights()
    }

    /// `b1`, `[outputs]`.
    pub fn output_bias(&self) -> &[T] {
        self.layers()[1].bias()
    }

    /// The same network over another kind of number.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Shallow<U> {
        Shallow(self.0.map(f))
    }

    /// The same network over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: impl FnMut(&T) -> Result<U, E>) -> Result<Shallow<U>, E> {
        Ok(Shallow(self.0.try_map(f)?))
    }
}

impl Shallow<Rational> {
    /// The same function by ReLU units alone; see [`Network::over_relu`]. Exact.
    pub fn relu_form(&self) -> Self {
        Self(self.0.relu_form())
    }
}

impl<S: Scalar> Shallow<Num<S>> {
    /// The same function by ReLU units alone; see [`Network::over_relu`]. Exact in ℚ.
    pub fn over_relu(&self, context: S::Context) -> Self {
        Self(self.0.over_relu(context))
    }
}

impl<T> Deref for Shallow<T> {
    type Target = Network<T>;

    fn deref(&self) -> &Network<T> {
        &self.0
    }
}

impl<T> From<Shallow<T>> for Network<T> {
    fn from(network: Shallow<T>) -> Self {
        network.0
    }
}

impl<T: Clone> From<&Shallow<T>> for Network<T> {
    fn from(network: &Shallow<T>) -> Self {
        network.0.clone()
    }
}

impl<T> TryFrom<Network<T>> for Shallow<T> {
    type Error = Error;

    /// Errors: [`Error::Depth`] unless there is exactly one hidden layer.
    fn try_from(network: Network<T>) -> Result<Self, Error> {
        match network.hidden_layers() {
            1 => Ok(Self(network)),
            hidden => Err(Error::Depth { shape: network.sizes(), hidden }),
        }
    }
}
