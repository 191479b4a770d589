//! Inputs with a large difference: sign ascent over the vertices of the cube, in f64.
//!
//! Where the difference is affine, the best vertex is known; the difference there is another affine map,
//! and so on, until nothing is gained. Nothing here has to be right: what is found is evaluated in ℚ.

use super::difference::{Difference, State};
use super::simplex;

/// Vertices tried along one ascent.
const STEPS: usize = 64;

/// A point of the cube and the difference there, divided as objectives are.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) value: f64,
    pub(super) point: Vec<f64>,
}

/// Climbs `|D|` (or `±D` for a `sign`) from a point.
pub(super) fn climb(difference: &Difference, start: &[f64], sign: f64) -> Found {
    let mut gradient = vec![0.0; difference.inputs];
    let mut best = Found { value: sign * difference.value(start, &mut gradient), point: start.to_vec() };
    let mut point = start.to_vec();
    for _ in 0..STEPS {
        for (y, g) in point.iter_mut().zip(&gradient) {
            // An input without influence stays where it is.
            if *g != 0.0 {
                *y = (sign * g).signum();
            }
        }
        let value = sign * difference.value(&point, &mut gradient);
        if value <= best.value {
            break;
        }
        best = Found { value, point: point.clone() };
    }
    best
}

/// The best point of the cell of the hyperplanes' arrangement in which a point lies, by its linear program.
pub(super) fn cell(difference: &Difference, point: &[f64], sign: f64, is_over: &dyn Fn() -> bool) -> Found {
    let states: Vec<State> = difference.states(point).collect();
    let constraints = super::dual::constraints(difference, &states);
    let rows: Vec<(f64, &[f64])> = constraints.iter().map(|(side, plane)| (*side, &plane.rounded[..])).collect();
    let mut gradient = vec![0.0; difference.inputs + 1];
    let value = difference.value(point, &mut gradient[..difference.inputs]);
    gradient.iter_mut().for_each(|g| *g *= sign);
    gradient[difference.inputs] = sign * value - gradient.iter().zip(point).map(|(g, y)| g * y).sum::<f64>();
    let solved = simplex::maximise(&gradient, &rows, 0.0, is_over);
    let mut gradient = vec![0.0; difference.inputs];
    Found { value: sign * difference.value(&solved.point, &mut gradient), point: solved.point }
}
