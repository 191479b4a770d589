//! Sums of products in twice the working precision.

use crate::num::{Ball, up};

/// `2^−53`.
const U: f64 = f64::EPSILON / 2.0;
/// `1 + 2^−20`: more than the computed sum of fewer than 2^26 magnitudes falls short by.
const SUMMED: f64 = 1.0 + 1.0 / (1u64 << 20) as f64;

/// An enclosure of `Σ xᵢ·yᵢ`, about as wide as one rounding of the result.
///
/// `|result − Σ xᵢyᵢ| ≤ u·|Σ xᵢyᵢ| + γₙ²·Σ|xᵢyᵢ|`, and what underflows; `n < 2^26`. Worst cases
/// of plain sums would be the largest part of the bounds built on them.
///
/// Source: Ogita, Rump, Oishi, *Accurate Sum and Dot Product*, SIAM J. Sci. Comput. 26 (2005),
/// algorithm 5.3 and proposition 5.5.
pub fn compensated_dot(terms: impl Iterator<Item = (f64, f64)>) -> Ball {
    let (mut sum, mut low, mut size, mut count) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for (x, y) in terms {
        let product = x * y;
        let lost = x.mul_add(y, -product);
        let next = sum + product;
        let carried = next - sum;
        let error = (sum - (next - carried)) + (product - carried);
        (sum, low) = (next, low + (lost + error));
        size += product.abs();
        count += 1.0;
    }
    let value = sum + low;
    // γₙ² ≤ (n·u)²·(1 + 2^−25), and |Σ xᵢyᵢ| ≤ |value| + all that follows: within the slack of SUMMED.
    let second = up(up(up(count * U) * up(count * U)) * up(size * SUMMED));
    let lost = count * 8.0 * f64::from_bits(1);
    Ball::new(value, up(up(up(U * up(value * SUMMED)) + second) + up(second * SUMMED + lost)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Enclosure, Exact, Rational, Scalar};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn encloses(terms in prop::collection::vec((-1e3f64..1e3, -300i32..300, -1e3f64..1e3), 0..40), cancel in any::<bool>()) {
            let mut terms: Vec<(f64, f64)> = terms.into_iter().map(|(x, e, y)| (x * 2f64.powi(e), y)).collect();
            if cancel {
                terms.extend(terms.clone().into_iter().rev().map(|(x, y)| (-x, y.next_up())));
            }
            let lift = |x: f64| Rational::lift(x, ());
            let exact = terms.iter().fold(Rational::integer(0), |sum, (x, y)| sum.add(&lift(*x).mul(&lift(*y))));
            let ball = compensated_dot(terms.into_iter());
            prop_assert!(ball.radius().is_some());
            prop_assert!(ball.contains(&exact), "{exact} is not in {ball:?}");
        }
    }

    #[test]
    fn keeps_what_cancels() {
        let ball = compensated_dot([(1e16, 1.0), (1.0, 1.0), (-1e16, 1.0)].into_iter());
        assert!((ball.mid(), ball.rad() < 64.0 * f64::EPSILON) == (1.0, true), "{ball:?}");
    }
}
