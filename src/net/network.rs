//! Networks of any depth: affine maps with an activation between them.

use super::{Activation, Error, Sizes};
use crate::linalg::Matrix;
use crate::num::{Num, Rational, Scalar, dot};
use std::convert::Infallible;

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

/// A multilayer perceptron: affine maps with an activation between them, and none after the last.
///
/// With `n` maps there are `n − 1` hidden layers; one map alone is an affine function.
/// A network of floats stands for the function of its floats, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network<T> {
    /// At least one; each takes what the one before gives.
    layers: Vec<Affine<T>>,
    /// One a hidden layer.
    activations: Vec<Activation<T>>,
}

impl<T> Network<T> {
    /// A network of ReLU units from its affine maps, the first first.
    ///
    /// Errors: [`Error::NoLayers`], [`Error::Chain`], [`Error::Shape`].
    pub fn new(layers: Vec<Affine<T>>) -> Result<Self, Error> {
        let hidden = layers.len().saturating_sub(1);
        Self::with_activations(layers, (0..hidden).map(|_| Activation::Relu).collect())
    }

    /// A network from its affine maps and the activations of its hidden layers, the first first.
    ///
    /// Errors: those of [`Network::new`], [`Error::Activations`], [`Error::Slopes`].
    pub fn with_activations(layers: Vec<Affine<T>>, activations: Vec<Activation<T>>) -> Result<Self, Error> {
        if layers.is_empty() {
            return Err(Error::NoLayers);
        }
        for (index, pair) in layers.windows(2).enumerate() {
            let (units, takes) = (pair[0].units(), pair[1].inputs());
            if units != takes {
                return Err(Error::Chain { layer: index + 2, takes, units });
            }
        }
        if activations.len() + 1 != layers.len() {
            return Err(Error::Activations { layers: layers.len() - 1, activations: activations.len() });
        }
        for (layer, activation) in layers.iter().zip(&activations) {
            if let Activation::Parametric(slopes) = activation
                && slopes.len() != layer.units()
            {
                return Err(Error::Slopes { units: layer.units(), slopes: slopes.len() });
            }
        }
        let network = Self { layers, activations };
        network.sizes().checked()?;
        Ok(network)
    }

    /// A network of ReLU units from tensors that fit together by construction.
    pub(super) fn assembled<const N: usize>(layers: [(Matrix<T>, Vec<T>); N]) -> Self {
        let layers: Vec<Affine<T>> = layers.map(|(weights, bias)| Affine { weights, bias }).into();
        let activations = layers.iter().skip(1).map(|_| Activation::Relu).collect();
        Self { layers, activations }
    }

    /// The same network with other activations.
    ///
    /// Errors: [`Error::Activations`], [`Error::Slopes`].
    pub fn activated(self, activations: Vec<Activation<T>>) -> Result<Self, Error> {
        Self::with_activations(self.layers, activations)
    }

    /// The affine maps, the first first.
    pub fn layers(&self) -> &[Affine<T>] {
        &self.layers
    }

    /// The activations of the hidden layers, the first first.
    pub fn activations(&self) -> &[Activation<T>] {
        &self.activations
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

    /// The same network over another kind of number.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Network<U> {
        let Ok(mapped) = self.try_map(|x| Ok::<_, Infallible>(f(x)));
        mapped
    }

    /// The same network over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, mut f: impl FnMut(&T) -> Result<U, E>) -> Result<Network<U>, E> {
        let mut layer = |layer: &Affine<T>| {
            let weights = layer.weights.try_map(&mut f)?;
            Ok(Affine { weights, bias: layer.bias.iter().map(&mut f).collect::<Result<_, _>>()? })
        };
        let layers = self.layers.iter().map(&mut layer).collect::<Result<_, _>>()?;
        let activations = self.activations.iter().map(|activation| activation.try_map(&mut f));
        Ok(Network { layers, activations: activations.collect::<Result<_, _>>()? })
    }

    /// All weights and biases, layer by layer, each layer followed by the numbers of its activation.
    pub fn parameters(&self) -> impl Iterator<Item = &T> {
        self.layers.iter().enumerate().flat_map(|(index, layer)| {
            let activation = self.activations.get(index).into_iter().flat_map(Activation::parameters);
            layer.weights.entries().iter().chain(&layer.bias).chain(activation)
        })
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
        let mut values = x.to_vec();
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(activation) = index.checked_sub(1).map(|before| &self.activations[before]) {
                values = values.iter().enumerate().map(|(unit, z)| activation.apply(unit, z, context)).collect();
            }
            let sums = layer.weights.iter_rows().zip(&layer.bias).map(|(row, bias)| &dot(zero(), row, &values) + bias);
            values = sums.collect();
        }
        values
    }

    /// The same function by ReLU units alone. Exact in ℚ.
    ///
    /// A unit with knots `t_k`, slopes `s_k` and value `c` at the first knot is
    /// `c − s_0·relu(t_0 − z) + s_1·relu(z − t_0) + Σ_{k≥1} (s_{k+1} − s_k)·relu(z − t_k)`: a ReLU unit for each
    /// term, with `t_0 = 0` where there is no knot. Terms whose factor is zero by the form of the activation
    /// are left out, so that a network of ReLU units stays as it is.
    pub fn over_relu(&self, context: S::Context) -> Self {
        if self.activations.iter().all(Activation::is_relu) {
            return self.clone();
        }
        let mut layers = self.layers.clone();
        for (index, activation) in self.activations.iter().enumerate() {
            if activation.is_relu() {
                continue;
            }
            let terms: Vec<Terms<S>> =
                (0..layers[index].units()).map(|unit| Terms::new(activation, unit, context)).collect();
            let [own, next] = [&layers[index], &layers[index + 1]];
            let (mut rows, mut biases) = (Vec::new(), Vec::new());
            for ((row, bias), Terms { shifted, .. }) in own.weights.iter_rows().zip(&own.bias).zip(&terms) {
                for (forward, knot, _) in shifted {
                    let moved = bias - knot;
                    rows.push(if *forward { row.to_vec() } else { row.iter().map(|w| -w).collect() });
                    biases.push(if *forward { moved } else { -&moved });
                }
            }
            let weights = next.weights.iter_rows().map(|row| {
                let spread = row.iter().zip(&terms).flat_map(|(a, terms)| terms.shifted.iter().map(move |t| a * &t.2));
                spread.collect::<Vec<_>>()
            });
            let weights: Vec<Vec<Num<S>>> = weights.collect();
            let bias = next.weights.iter_rows().zip(&next.bias).map(|(row, bias)| {
                row.iter().zip(&terms).fold(bias.clone(), |sum, (a, terms)| &sum + &(a * &terms.start))
            });
            let bias = bias.collect();
            let (inputs, units) = (own.inputs(), rows.len());
            layers[index] = Affine { weights: Matrix::from_fn(units, inputs, |i, j| rows[i][j].clone()), bias: biases };
            let weights = Matrix::from_fn(weights.len(), units, |i, j| weights[i][j].clone());
            layers[index + 1] = Affine { weights, bias };
        }
        let activations = self.activations.iter().map(|_| Activation::Relu).collect();
        Self { layers, activations }
    }
}

impl Network<Rational> {
    /// The same function by ReLU units alone; see [`Network::over_relu`]. Exact.
    pub fn relu_form(&self) -> Self {
        self.map(|x| Num(x.clone())).over_relu(()).map(|x| x.0.clone())
    }
}

/// A unit as a constant and multiples of `relu(±(z − t))`.
struct Terms<S> {
    start: Num<S>,
    /// Whether `+`, then `t`, then the factor.
    shifted: Vec<(bool, Num<S>, Num<S>)>,
}

impl<S: Scalar> Terms<S> {
    fn new(activation: &Activation<Num<S>>, unit: usize, context: S::Context) -> Self {
        let super::activation::Pieces { knots, slopes, start } = activation.pieces(unit, context);
        let first = knots.first().cloned().unwrap_or_else(|| Num::lift(0.0, context));
        let mut shifted = Vec::new();
        // A clip is flat before its first knot and after its last.
        if !matches!(activation, Activation::Clip { .. }) {
            shifted.push((false, first.clone(), -&slopes[0]));
        }
        shifted.push((true, first, slopes.get(1).unwrap_or(&slopes[0]).clone()));
        for (knot, pair) in knots.iter().zip(slopes.windows(2)).skip(1) {
            shifted.push((true, knot.clone(), &pair[1] - &pair[0]));
        }
        Self { start, shifted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Dtype, Shallow, random};
    use crate::num::{Rational, lift_all};

    fn affine(units: usize, inputs: usize, first: f64) -> Affine<f64> {
        let weights = Matrix::from_fn(units, inputs, |i, j| first + (inputs * i + j) as f64);
        Affine::new(weights, vec![-first; units]).unwrap()
    }

    #[test]
    fn a_deep_network_is_evaluated_by_hand() {
        // z1 = (x − 1, 2x − 1), z2 = relu(z1)·(3, 4) − 3, y = 5·relu(z2) − 5.
        let network = Network::new(vec![affine(2, 1, 1.0), affine(1, 2, 3.0), affine(1, 1, 5.0)]).unwrap();
        let at = |x: f64| network.map(|&w| Num::<Rational>::lift(w, ())).forward(&lift_all(&[x], ()), ()).remove(0).0;
        assert_eq!([0.0, 1.0, 2.0].map(at), [-5.0, 0.0, 55.0].map(|y| Rational::lift(y, ())));
        assert_eq!((network.sizes().to_string(), network.hidden_layers()), ("1-2-1-1".to_owned(), 2));
        assert_eq!(network.parameters().count() as u128, network.sizes().parameters());
    }

    #[test]
    fn one_hidden_layer_goes_to_and_fro() {
        let network = random("3-4-2".parse().unwrap(), 1, Dtype::F64);
        let layered = Network::from(&network);
        let (exact, x) = (|&w: &f64| Num::<Rational>::lift(w, ()), lift_all(&[0.5, -2.0, 1.25], ()));
        let values = |answer: Vec<Num<Rational>>| answer.into_iter().map(|y| y.0).collect::<Vec<_>>();
        assert_eq!(values(layered.map(exact).forward(&x, ())), values(network.map(exact).forward(&x, ())));
        assert_eq!(Shallow::try_from(layered), Ok(network));
    }

    #[test]
    fn what_makes_no_network() {
        let said = |layers: Vec<Affine<f64>>| Network::new(layers).unwrap_err().to_string();
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
        let deep = Network::new(vec![affine(1, 1, 0.0), affine(2, 1, 0.0), affine(1, 2, 0.0)]).unwrap();
        let said = Shallow::try_from(deep).unwrap_err().to_string();
        assert_eq!(said, "this network, 1-1-2-1, has 2 hidden layers; the direct attack asks for one");
        let affine = Shallow::try_from(Network::new(vec![affine(1, 1, 0.0)]).unwrap()).unwrap_err().to_string();
        assert_eq!(affine, "this network, 1-1, has no hidden layer; the direct attack asks for one");
    }
}
