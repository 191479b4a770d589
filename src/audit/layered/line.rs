//! The difference along a line, knot by knot.
//!
//! Along a line both networks are piecewise affine, and so is their difference: its largest value on a segment is
//! at an end or at a knot, where some unit's sum is zero. The walk goes from knot to knot. Behind known gates every
//! sum is `s·t + c`; the next knot is the first place where a sum leaves the side that its gate says.

use super::super::ascent::Found;
use super::twin::{Gate, Twin, Values};

/// Where a walk along a segment went, for each output and sign: the best value and its place.
pub(super) struct Walked {
    /// `[outputs]` of `[plus, minus]`: value and `t`.
    pub(super) best: Vec<[(f64, f64); 2]>,
    /// Pieces that were seen.
    pub(super) pieces: usize,
}

impl Walked {
    /// The best value of one side of an output, `sign·D`.
    pub(super) fn value(&self, output: usize, sign: f64) -> f64 {
        self.best[output][usize::from(sign < 0.0)].0
    }
}

/// Walks along `point + t·direction` inside the cube, for at most so many pieces.
///
/// Afterwards `t = 0` is known, too, and both ends unless `most` was too small.
pub(super) fn walk(twin: &Twin, point: &[f64], direction: &[f64], most: usize, is_over: &dyn Fn() -> bool) -> Walked {
    let (from, to) = ends(point, direction);
    let (slopes, values) = (twin.turned(direction), twin.placed(point));
    let mut gates = twin.at(&moved(point, direction, from)).1;
    let mut walked = Walked { best: vec![[(f64::NEG_INFINITY, 0.0); 2]; twin.outputs()], pieces: 0 };
    let mut t = from;
    while walked.pieces < most && !is_over() {
        walked.pieces += 1;
        let slope = twin.through(slopes.clone(), &gates, false);
        let value = twin.through(values.clone(), &gates, true);
        let next = next_knot(&slope, &value, &mut gates, t, to);
        let first = value.delta.len() - twin.outputs();
        for (best, (s, c)) in walked.best.iter_mut().zip(slope.delta[first..].iter().zip(&value.delta[first..])) {
            for at in [t, next.unwrap_or(to)] {
                let difference = s * at + c;
                for (best, value) in best.iter_mut().zip([difference, -difference]) {
                    if value > best.0 {
                        *best = (value, at);
                    }
                }
            }
        }
        match next {
            Some(next) => t = next,
            None => break,
        }
    }
    walked
}

/// The first place behind `t` where a sum leaves its side; its gates are changed. `None` from `to` on.
fn next_knot(slope: &Values, value: &Values, gates: &mut [Gate], t: f64, to: f64) -> Option<f64> {
    let root = |open: bool, s: f64, c: f64| {
        let leaves = if open { s < 0.0 } else { s > 0.0 };
        if leaves { (-c / s).max(t) } else { f64::INFINITY }
    };
    let (mut first, mut which) = (to, None);
    for (unit, gate) in gates.iter().enumerate() {
        let (s, c) = (slope.z[unit], value.z[unit]);
        let roots = [root(gate.0, s, c), root(gate.1, s + slope.delta[unit], c + value.delta[unit])];
        for (copied, root) in roots.into_iter().enumerate() {
            if root < first {
                (first, which) = (root, Some((unit, copied)));
            }
        }
    }
    let (unit, copied) = which?;
    let gate = &mut gates[unit];
    if copied == 0 {
        gate.0 = !gate.0
    } else {
        gate.1 = !gate.1
    }
    Some(first)
}

/// The best point that a walk found, evaluated again where it is.
pub(super) fn best(
    twin: &Twin,
    walked: &Walked,
    (point, direction): (&[f64], &[f64]),
    output: usize,
    sign: f64,
) -> Found {
    let (_, t) = walked.best[output][usize::from(sign < 0.0)];
    let point = moved(point, direction, t);
    Found { value: sign * twin.at(&point).0.delta[output], point }
}

/// `point + t·direction`, inside the cube.
fn moved(point: &[f64], direction: &[f64], t: f64) -> Vec<f64> {
    point.iter().zip(direction).map(|(y, d)| (y + t * d).clamp(-1.0, 1.0)).collect()
}

/// The part of a line inside the cube, around `t = 0`.
fn ends(point: &[f64], direction: &[f64]) -> (f64, f64) {
    let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
    for (y, d) in point.iter().zip(direction).filter(|(_, d)| **d != 0.0) {
        let (a, b) = ((-1.0 - y) / d, (1.0 - y) / d);
        (from, to) = (from.max(a.min(b)), to.min(a.max(b)));
    }
    if from.is_finite() && to.is_finite() { (from.min(0.0), to.max(0.0)) } else { (0.0, 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Domain;
    use crate::linalg::Matrix;
    use crate::net::{Affine, Network};
    use crate::num::{Exact, Rational, Scalar};

    /// A hat of height 1 at ½ and nothing: the walk sees its tip and where.
    #[test]
    fn the_tip_of_a_hat_is_a_knot() {
        let number = |x: f64| Rational::lift(x, ());
        let layer = |rows: &[&[f64]], bias: &[f64]| {
            let weights = Matrix::from_fn(rows.len(), rows[0].len(), |i, j| number(rows[i][j]));
            Affine::new(weights, bias.iter().map(|x| number(*x)).collect()).unwrap()
        };
        let network = |heights: &[f64; 3]| {
            let first = layer(&[&[1.0], &[1.0], &[1.0]], &[-0.25, -0.5, -0.75]);
            Network::new(vec![first, layer(&[heights], &[0.0]), layer(&[&[1.0]], &[0.0])]).unwrap()
        };
        let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 1).unwrap();
        let twin = Twin::new(&network(&[0.0; 3]), &network(&[4.0, -8.0, 4.0]), &domain);
        let walked = walk(&twin, &[-0.3], &[1.0], 100, &|| false);
        let found = best(&twin, &walked, (&[-0.3], &[1.0]), 0, 1.0);
        assert_eq!((found.value, found.point), (1.0, vec![0.5]));
    }
}
