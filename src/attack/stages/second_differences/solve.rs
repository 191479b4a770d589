//! A row from its second differences, and from what was decided of them.

use crate::attack::stages::Ratios;
use crate::num::{Dyadic, Num, Scalar, dot, l1};
use crate::trace::Probes;
use std::cmp::Ordering;

/// The second difference of a unit alone, `Σ D·R / Σ|R|` with `R` that of the reference: all
/// outputs are used. `size`: `Σ|R|`. Theorem `RelativeSign.projection`.
pub(super) fn project<S: Scalar>(zero: &Num<S>, difference: &[Num<S>], reference: &[Num<S>], size: &Num<S>) -> Num<S> {
    dot(zero.clone(), difference, reference).over(size).unwrap_or_else(|| zero.clone())
}

/// The row whose second differences these are, with bias and strength.
///
/// With `P_j` the projected difference along axis `j` at step `s_j`, entry `j` is `±(P_j/s_j) / (P_ref/s_ref)`, the
/// bias `−Σ row_j·center_j`, and the strength `D_ref/s_ref`. Steps are powers of two.
///
/// `reference`: the axis whose entry is 1; `probes`: differences, and the decided signs; `center`: `[inputs]`.
/// Exact in ℚ. `None` where the reference difference is zero. Source: Jagielski et al. (2020), weight recovery;
/// theorem `SecondDifference.second_difference`.
pub fn solve<S: Scalar>(
    reference: usize,
    probes: &Probes<Num<S>>,
    center: &[Num<S>],
    context: S::Context,
) -> Option<Ratios<S>> {
    let zero = Num::lift(0.0, context);
    let of_reference = probes.differences.get(reference)?;
    let size = l1(zero.clone(), of_reference);
    let projected = |difference: &[Num<S>]| project(&zero, difference, of_reference, &size);
    let (top, step) = (projected(of_reference), probes.steps[reference]);
    let entry = |(j, sign): (usize, &Ordering)| {
        if j == reference {
            return Some(Num::lift(1.0, context));
        }
        if sign.is_eq() {
            return Some(zero.clone());
        }
        let shortened = &top * &Dyadic::power(probes.steps[j] - step).lift(context);
        let ratio = projected(&probes.differences[j]).over(&shortened)?;
        Some(if sign.is_gt() { ratio } else { -&ratio })
    };
    let row = probes.signs.iter().enumerate().map(entry).collect::<Option<Vec<_>>>()?;
    let bias = -&dot(zero.clone(), &row, center);
    let unit = Dyadic::power(-step).lift::<S>(context);
    Some(Ratios { row, bias, strength: of_reference.iter().map(|d| d * &unit).collect() })
}
