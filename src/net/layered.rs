//! Networks of any depth: affine maps with ReLU between them.

use super::{Error, Network, Shape};
use crate::linalg::Matrix;
use crate::num::{Num, Scalar, dot};
use std::fmt;

/// Sizes of the layers of a network of any depth, from the inputs to the outputs, written `784-64-32-10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sizes(Vec<usize>);

impl Sizes {
    /// The sizes, inputs first.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// Weights and biases, counted.
    pub fn parameters(&self) -> u128 {
        let layer = |pair: &[usize]| (pair[0] as u128 + 1).saturating_mul(pair[1] as u128);
        self.0.windows(2).map(layer).fold(0, u128::saturating_add)
    }

    /// The sizes themselves, if no layer is empty and the size is within [`Shape::MOST_PARAMETERS`].
    ///
    /// Errors: [`Error::Empty`], [`Error::TooLarge`].
    pub fn checked(self) -> Result<Self, Error> {
        if self.0.contains(&0) {
            return Err(Error::Empty(self));
        }
        let (parameters, limit) = (self.parameters(), Shape::MOST_PARAMETERS);
        if parameters > limit {
            return Err(Error::TooLarge { shape: self, parameters, limit });
        }
        Ok(self)
    }
}

impl From<Shape> for Sizes {
    fn from(shape: Shape) -> Self {
        Self(vec![shape.inputs, shape.hidden, shape.outputs])
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&sizes.join("-"))
    }
}

/// An affine map, `x ↦ A·x + b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affine<T> {
    /// `A`, `[units, inputs]`.
    weights: Matrix<T>,
    /// `b`, `[units]`.
    bias: Vec<T>,
}

impl<T> Affine<T> {
    /// A map from its tensors: `weights` `[units, inputs]`, `bias` `[units]`.
    ///
    /// Errors: [`Error::Biases`].
    pub fn new(weights: Matrix<T>, bias: Vec<T>) -> Result<Self, Error> {
        let (units, biases) = (weights.rows(), bias.len());
        if units != biases {
            return Err(Error::Biases { units, biases });
        }
        Ok(Self { weights, bias })
    }

    /// Values that it takes.
    pub fn inputs(&self) -> usize {
        self.weights.columns()
    }

    /// Values that it gives.
    pub fn units(&self) -> usize {
        self.weights.rows()
    }

    /// `A`, `[units, inputs]`.
    pub fn weights(&self) -> &Matrix<T> {
        &self.weights
    }

    /// `b`, `[units]`.
    pub fn bias(&self) -> &[T] {
        &self.bias
    }
}

/// A multilayer perceptron: affine maps with ReLU between them, and none after the last.
///
/// With `n` maps there are `n − 1` hidden layers; one map alone is an affine function.
/// A [`Network`] is the case of two maps, and either converts to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layered<T> {
    /// At least one; each takes what the one before gives.
    layers: Vec<Affine<T>>,
}

impl<T> Layered<T> {
    /// A network from its affine maps, the first first.
    ///
    /// Errors: [`Error::NoLayers`], [`Error::Chain`], [`Error::Empty`], [`Error::TooLarge`].
    pub fn new(layers: Vec<Affine<T>>) -> Result<Self, Error> {
        if layers.is_empty() {
            return Err(Error::NoLayers);
        }
        for (index, pair) in layers.windows(2).enumerate() {
            let (units, takes) = (pair[0].units(), pair[1].inputs());
            if units != takes {
                return Err(Error::Chain { layer: index + 2, takes, units });
            }
        }
        let network = Self { layers };
        network.sizes().checked()?;
        Ok(network)
    }

    /// The affine maps, the first first.
    pub fn layers(&self) -> &[Affine<T>] {
        &self.layers
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers[self.hidden_layers()].units()
    }

    /// Number of hidden layers: the affine maps but the last.
    pub fn hidden_layers(&self) -> usize {
        self.layers.len() - 1
    }

    /// The sizes of the layers.
    pub fn sizes(&self) -> Sizes {
        Sizes([self.inputs()].into_iter().chain(self.layers.iter().map(Affine::units)).collect())
    }

    /// The same network over another kind of weight.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Layered<U> {
        let layer = |layer: &Affine<T>| Affine {
            weights: layer.weights.map(&mut f),
            bias: layer.bias.iter().map(&mut f).collect(),
        };
        Layered { layers: self.layers.iter().map(layer).collect() }
    }

    /// All weights and biases, layer by layer.
    pub fn parameters(&self) -> impl Iterator<Item = &T> {
        self.layers.iter().flat_map(|layer| layer.weights.entries().iter().chain(&layer.bias))
    }
}

impl<S: Scalar> Layered<Num<S>> {
    /// `f(x)` in the arithmetic of the weights; `x`: `[inputs]`, result: `[outputs]`.
    ///
    /// Sums run as in [`Network::forward`]. Exact in ℚ.
    pub fn forward(&self, x: &[Num<S>], context: S::Context) -> Vec<Num<S>> {
        let zero = || Num::lift(0.0, context);
        let mut values = x.to_vec();
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                values = values.iter().map(Num::relu).collect();
            }
            let sums = layer.weights.iter_rows().zip(&layer.bias).map(|(row, bias)| &dot(zero(), row, &values) + bias);
            values = sums.collect();
        }
        values
    }
}

impl<T> TryFrom<Layered<T>> for Network<T> {
    type Error = Error;

    /// Errors: [`Error::Depth`] unless there is exactly one hidden layer.
    fn try_from(network: Layered<T>) -> Result<Self, Error> {
        let (shape, hidden) = (network.sizes(), network.hidden_layers());
        let layers: [Affine<T>; 2] = network.layers.try_into().map_err(|_| Error::Depth { shape, hidden })?;
        let [first, second] = layers;
        Ok(Self::assembled(first.weights, first.bias, second.weights, second.bias))
    }
}

impl<T: Clone> From<&Network<T>> for Layered<T> {
    fn from(network: &Network<T>) -> Self {
        let layer = |weights: &Matrix<T>, bias: &[T]| Affine { weights: weights.clone(), bias: bias.to_vec() };
        Self {
            layers: vec![
                layer(network.hidden(), network.hidden_bias()),
                layer(network.output(), network.output_bias()),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Weights, random};
    use crate::num::{Rational, lift_all};

    fn affine(units: usize, inputs: usize, first: f64) -> Affine<f64> {
        let weights = Matrix::from_fn(units, inputs, |i, j| first + (inputs * i + j) as f64);
        Affine::new(weights, vec![-first; units]).unwrap()
    }

    #[test]
    fn a_deep_network_is_evaluated_by_hand() {
        // z1 = (x − 1, 2x − 1), z2 = relu(z1)·(3, 4) − 3, y = 5·relu(z2) − 5.
        let network = Layered::new(vec![affine(2, 1, 1.0), affine(1, 2, 3.0), affine(1, 1, 5.0)]).unwrap();
        let at = |x: f64| network.map(|&w| Num::<Rational>::lift(w, ())).forward(&lift_all(&[x], ()), ()).remove(0).0;
        assert_eq!([0.0, 1.0, 2.0].map(at), [-5.0, 0.0, 55.0].map(|y| Rational::lift(y, ())));
        assert_eq!((network.sizes().to_string(), network.hidden_layers()), ("1-2-1-1".to_owned(), 2));
        assert_eq!(network.parameters().count() as u128, network.sizes().parameters());
    }

    #[test]
    fn one_hidden_layer_goes_to_and_fro() {
        let network = random("3-4-2".parse().unwrap(), 1, Weights::F64);
        let layered = Layered::from(&network);
        let (exact, x) = (|&w: &f64| Num::<Rational>::lift(w, ()), lift_all(&[0.5, -2.0, 1.25], ()));
        let values = |answer: Vec<Num<Rational>>| answer.into_iter().map(|y| y.0).collect::<Vec<_>>();
        assert_eq!(values(layered.map(exact).forward(&x, ())), values(network.map(exact).forward(&x, ())));
        assert_eq!(Network::try_from(layered), Ok(network));
    }

    #[test]
    fn what_makes_no_network() {
        let said = |layers: Vec<Affine<f64>>| Layered::new(layers).unwrap_err().to_string();
        assert_eq!(said(vec![]), "a network needs at least one layer");
        assert_eq!(
            said(vec![affine(2, 1, 0.0), affine(1, 3, 0.0)]),
            "layer 2 takes 3 values; the layer before it has 2 units"
        );
        assert_eq!(said(vec![affine(2, 0, 0.0)]), "shape 0-2: every layer needs at least one unit");
        let biases = Affine::new(Matrix::from_fn(2, 1, |_, _| 0.0), vec![0.0]).unwrap_err();
        assert_eq!(biases.to_string(), "a layer of 2 units has 1 biases");
        let large = said(vec![affine(2048, 2047, 0.0), affine(1, 2048, 0.0)]);
        assert_eq!(large, "shape 2047-2048-1 has 4196353 parameters; the limit is 4194304");
        let deep = Layered::new(vec![affine(1, 1, 0.0), affine(2, 1, 0.0), affine(1, 2, 0.0)]).unwrap();
        let said = Network::try_from(deep).unwrap_err().to_string();
        assert_eq!(said, "this network, 1-1-2-1, has 2 hidden layers; the direct attack asks for one");
        let affine = Network::try_from(Layered::new(vec![affine(1, 1, 0.0)]).unwrap()).unwrap_err().to_string();
        assert_eq!(affine, "this network, 1-1, has no hidden layer; the direct attack asks for one");
    }
}
