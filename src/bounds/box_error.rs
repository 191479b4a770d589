//! The distance of two networks of matched units on a box.

use super::{Layers, weighted};
use crate::num::{Exact, Rational, Scalar};

/// `sup |f(x) − f'(x)|` over the box `|xⱼ| ≤ Xⱼ`, from above, unit by unit.
///
/// `|c − c'| + Σᵢ |aᵢ|·(Σⱼ |wᵢⱼ − w'ᵢⱼ|·Xⱼ + |bᵢ − b'ᵢ|) + |aᵢ − a'ᵢ|·(Σⱼ |w'ᵢⱼ|·Xⱼ + |b'ᵢ|)`.
/// Unit `i` of one network stands for unit `i` of the other: permute and scale them first.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `first`, `second` | `d`, `h` each | weights |
/// | `half_widths` | `[d]`, `X` | input |
///
/// Over the largest difference at 32 points, for a random victim against itself in f32: 2.5
/// times in the median at 3-2-1, 15 at 64-32-1.
///
/// `None` where the shapes differ. Exact. Theorem `Relu.sup_norm_bound`.
pub fn box_error(first: &Layers<'_>, second: &Layers<'_>, half_widths: &[Rational]) -> Option<Rational> {
    let shape = |l: &Layers<'_>| (l.hidden.rows(), l.hidden.columns(), l.hidden_bias.len(), l.output.len());
    if shape(first) != shape(second) || half_widths.len() != first.hidden.columns() {
        return None;
    }
    let apart = |a: &[Rational], b: &[Rational]| -> Vec<Rational> { a.iter().zip(b).map(|(a, b)| a.sub(b)).collect() };
    let unit = |i: usize| {
        let (row, other) = (first.hidden.row(i), second.hidden.row(i));
        let bias = first.hidden_bias[i].sub(&second.hidden_bias[i]).magnitude();
        let inside = weighted(&apart(row, other), half_widths).add(&bias);
        let reach = weighted(other, half_widths).add(&second.hidden_bias[i].magnitude());
        let outside = first.output[i].sub(&second.output[i]).magnitude();
        first.output[i].magnitude().mul(&inside).add(&outside.mul(&reach))
    };
    let start = first.output_bias.sub(second.output_bias).magnitude();
    Some((0..first.hidden.rows()).fold(start, |sum, i| sum.add(&unit(i))))
}
