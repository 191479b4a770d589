//! Labels with exact ties.

use crate::net::{Network, label};
use crate::num::{Ball, Enclosure, Num, Rational, Scalar, lift_all};

/// A network whose labels are decided exactly: in balls first, and in ℚ where balls cannot tell.
#[derive(Clone, Debug)]
pub struct Labeller {
    balls: Network<Num<Ball>>,
    exact: Network<Num<Rational>>,
}

impl Labeller {
    /// Of this network.
    pub fn new(network: &Network<Rational>) -> Self {
        Self { balls: network.map(|w| Num(Ball::nearest(w, ()))), exact: network.map(|w| Num(w.clone())) }
    }

    /// The outputs that reach the maximum, smallest first; with one output its sign, 0 or 1, both at zero. Exact.
    pub fn label(&self, x: &[f64]) -> Vec<usize> {
        let enclosed: Option<Vec<[Rational; 2]>> =
            self.balls.forward(&lift_all(x, ()), ()).iter().map(|y| ends(&y.0)).collect();
        enclosed.and_then(|ends| alone(&ends)).unwrap_or_else(|| {
            let outputs: Vec<Rational> = self.exact.forward(&lift_all(x, ()), ()).into_iter().map(|y| y.0).collect();
            label(&outputs)
        })
    }
}

/// A ball's least and greatest number; `None` of one that says nothing.
fn ends(ball: &Ball) -> Option<[Rational; 2]> {
    let (mid, radius) = (ball.exact()?, ball.radius()?);
    Some([mid.sub(&radius), mid.add(&radius)])
}

/// The one output that is largest whatever the balls' numbers are; `None` where that is open.
fn alone(ends: &[[Rational; 2]]) -> Option<Vec<usize>> {
    if let [[low, high]] = ends {
        let zero = Rational::default();
        return if *high < zero {
            Some(vec![0])
        } else if *low > zero {
            Some(vec![1])
        } else {
            None
        };
    }
    let best = (0..ends.len()).max_by(|&a, &b| ends[a][0].cmp(&ends[b][0]))?;
    // low_best > high_o for every other output.
    (0..ends.len()).all(|o| o == best || ends[best][0] > ends[o][1]).then(|| vec![best])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::net::{Affine, Dtype, Shallow, random};

    #[test]
    fn a_tie_is_exact_to_the_last_bit() {
        // (x, x + y): a tie where y = 0, and at the smallest y on either side there is none.
        let hidden = Affine::new(Matrix::from_entries(2, 2, vec![1.0, 0.0, 1.0, 1.0]).unwrap(), vec![0.0; 2]).unwrap();
        let last = Affine::new(Matrix::from_entries(2, 2, vec![1.0, 0.0, 0.0, 1.0]).unwrap(), vec![0.0; 2]).unwrap();
        let network = Network::new(vec![hidden, last]).unwrap().map(|&w: &f64| Rational::lift(w, ()));
        let labeller = Labeller::new(&network);
        let least = f64::from_bits(1);
        assert_eq!(labeller.label(&[1.0, 0.0]), [0, 1]);
        assert_eq!(labeller.label(&[1.0, least]), [1]);
        assert_eq!(labeller.label(&[1.0, -least]), [0]);
    }

    #[test]
    fn labels_are_those_of_rationals() {
        for (seed, shape) in [(1, "3-8-4"), (2, "5-6-1")] {
            let network: Shallow<f64> = random(shape.parse().unwrap(), seed, Dtype::F64);
            let exact = Network::from(&network).map(|&w| Rational::lift(w, ()));
            let (labeller, plain) = (Labeller::new(&exact), exact.map(|w| Num(w.clone())));
            let mut draw = crate::net::Draw::new(seed, "points");
            for _ in 0..200 {
                let x: Vec<f64> = (0..exact.inputs()).map(|_| draw.dyadic(20)).collect();
                let outputs: Vec<Rational> = plain.forward(&lift_all(&x, ()), ()).into_iter().map(|y| y.0).collect();
                assert_eq!(labeller.label(&x), label(&outputs));
            }
        }
    }
}
