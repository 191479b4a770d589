//! Random victims.

use super::{Affine, Draw, Dtype, Error, Network, Shallow, Shape, Sizes};
use crate::linalg::Matrix;

/// A random network: weights `N(0, 1/fan-in)`, biases `N(0, 1)`.
///
/// The same on every platform for one seed.
pub fn random(shape: Shape, seed: u64, dtype: Dtype) -> Shallow<f64> {
    let mut draw = Draw::new(seed, "victim");
    let mut weight = |fan_in: usize| dtype.round(draw.normal() / libm::sqrt(fan_in as f64));
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |_, _| weight(shape.inputs));
    let hidden_bias = (0..shape.hidden).map(|_| weight(1)).collect();
    let output = Matrix::from_fn(shape.outputs, shape.hidden, |_, _| weight(shape.hidden));
    let output_bias = (0..shape.outputs).map(|_| weight(1)).collect();
    Shallow::assembled(hidden, hidden_bias, output, output_bias)
}

/// A random network of several hidden layers: weights `N(0, 2/fan-in)` (He et al., ICCV 2015), biases `N(0, 1/4)`.
///
/// Smaller biases than those of [`random`], under which all layers but the first would be nearly constant. The same on
/// every platform for one seed. Errors: [`Error::Shape`].
pub fn random_deep(sizes: &Sizes, seed: u64, dtype: Dtype) -> Result<Network<f64>, Error> {
    let mut draw = Draw::new(seed, "victim");
    let layers = sizes.as_slice().windows(2).map(|pair| {
        let (inputs, units) = (pair[0], pair[1]);
        let size = libm::sqrt(2.0 / inputs as f64);
        let weights = Matrix::from_fn(units, inputs, |_, _| dtype.round(draw.normal() * size));
        let bias = (0..units).map(|_| dtype.round(draw.normal() / 2.0)).collect();
        Affine::new(weights, bias)
    });
    Network::new(layers.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_pinned() {
        let network = random(Shape { inputs: 2, hidden: 1, outputs: 1 }, 7, Dtype::F64);
        let bits: Vec<u64> = network.parameters().map(|w| w.to_bits()).collect();
        assert_eq!(bits, PINNED);
    }

    const PINNED: [u64; 5] =
        [4606451268817028986, 13828807605273055061, 4602644242118877731, 13805685838223239149, 4606986718741801227];
}
