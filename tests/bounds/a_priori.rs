//! Every bound against real f64 computations: measured ≤ certified ≤ a priori.
//!
//! Measured errors are differences in ℚ between what f64 computed and the exact value, the
//! network answers by the portable kernel itself. Each family is a function from a seed to
//! pairs `(measured, bound)`; the properties compare them.

#[path = "families.rs"]
mod families;

use exactract::bounds::{self, solve};
use exactract::linalg::Matrix;
use exactract::net::{Draw, Shape};
use exactract::num::{Exact, Rational, Scalar};
use families::*;
use proptest::prelude::*;

fn shape() -> impl Strategy<Value = Shape> {
    // Small networks come near their bounds, large ones are what the bounds are for.
    let small = (1usize..4, 1usize..4, 1usize..4);
    let large = (1usize..24, 1usize..12, 1usize..3);
    prop_oneof![3 => small, 1 => large].prop_map(|(inputs, hidden, outputs)| Shape { inputs, hidden, outputs })
}

fn hold(pairs: &Pairs) -> Result<(), TestCaseError> {
    for (measured, bound) in pairs {
        prop_assert!(measured <= bound, "2^{:.2} exceeds 2^{:.2}", measured.log2(), bound.log2());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn dot_products(n in prop_oneof![Just(1usize), Just(2), 1usize..200], seed in any::<u64>(), tiny in any::<bool>()) {
        hold(&dot_pairs(n, seed, tiny))?;
    }

    #[test]
    fn forward_passes(shape in shape(), seed in any::<u64>()) {
        hold(&forward_pairs(shape, seed))?;
    }

    #[test]
    fn second_differences(shape in shape(), seed in any::<u64>()) {
        hold(&second_difference_pairs(shape, seed))?;
    }

    #[test]
    fn crossings(shape in shape(), seed in any::<u64>()) {
        hold(&crossing_pairs(shape, seed))?;
    }

    #[test]
    fn crossings_of_lines(n in 1usize..6, seed in any::<u64>()) {
        hold(&lines_pairs(n, seed))?;
    }

    #[test]
    fn ratios(n in 1usize..6, seed in any::<u64>()) {
        hold(&ratio_pairs(n, seed))?;
    }

    #[test]
    fn boxes(shape in shape(), seed in any::<u64>()) {
        hold(&box_pairs(shape, seed))?;
    }

    /// A sign that is certain is the true one, and so is one decided by a margin.
    #[test]
    fn signs(n in 2usize..30, seed in any::<u64>(), cancel in any::<bool>()) {
        let mut draw = Draw::new(seed, "sign");
        let mut x: Vec<f64> = (0..n).map(|_| draw.normal()).collect();
        let mut y: Vec<f64> = (0..n).map(|_| draw.normal()).collect();
        if cancel {
            // The first term takes away the others: what is left is rounding, of any sign.
            x.insert(0, rounded_dot(&x, &y));
            y.insert(0, -1.0);
        }
        let (value, mass) = sum_of(&x, &y);
        let error = bounds::dot(x.len(), &mass).unwrap();
        match bounds::sign(&exact(rounded_dot(&x, &y)), &error) {
            Some(sign) => prop_assert_eq!(sign, value.cmp(&Rational::default())),
            None => prop_assert!(cancel || value.magnitude() <= error.add(&error)),
        }
    }
}

/// Second differences of a unit along `e_ref` and along `e_ref + e_j`: `(P_j, P_ref, P_sum)`.
fn kinks_along(reference: &Rational, entry: &Rational) -> (Rational, Rational, Rational) {
    (entry.magnitude(), reference.magnitude(), reference.add(entry).magnitude())
}

/// A reference weight, and another one less than twice as large.
fn weights() -> impl Strategy<Value = (i64, i64)> {
    let entry = |r| (Just(r), 1..2 * r, any::<bool>());
    (1i64..64).prop_flat_map(entry).prop_map(|(r, e, minus)| (r, if minus { -e } else { e }))
}

fn ratio(n: i64, d: i64) -> Rational {
    Rational::integer(n).div(&Rational::integer(d)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the error, up to what is claimed: a decision is the true one.
    #[test]
    fn relative_signs((r, e) in weights(), sizes in (-64i64..=64, -64i64..=64), limit in 1i64..64) {
        let (own, top, sum) = kinks_along(&Rational::integer(r), &Rational::integer(e));
        let error = ratio(limit, 2);
        let off = |size: i64| error.mul(&ratio(size, 64));
        let decided = bounds::relative_sign(&sum.add(&off(sizes.0)), &top.add(&off(sizes.1)), &error);
        prop_assert!(decided.is_none_or(|same| same == (e > 0)));
        // Below the limit every error leaves the order as it is.
        let room = bounds::relative_sign_limit(&own, &top);
        let inside = |size: i64| room.mul(&ratio(size, 65));
        let margin = sum.add(&inside(sizes.0)).sub(&top.add(&inside(sizes.1)));
        prop_assert_eq!(margin >= Rational::default(), e > 0);
    }

    /// Answers off by less than the limit still change more on the active side.
    #[test]
    fn global_signs(strength in -64i64..64, sizes in (-64i64..=64, -64i64..=64, -64i64..=64), ahead in any::<bool>()) {
        prop_assume!(strength != 0);
        let limit = bounds::global_sign_limit(&Rational::integer(strength));
        let off = |size: i64| limit.mul(&ratio(size, 65));
        let (moved, still) = (Rational::integer(strength).add(&off(sizes.0)), off(sizes.1));
        let here = off(sizes.2);
        let (front, back) = if ahead { (&moved, &still) } else { (&still, &moved) };
        prop_assert_eq!(miss(back, &here) < miss(front, &here), ahead);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn square_systems(n in 1usize..9, seed in any::<u64>()) {
        hold(&square_pairs(n, seed))?;
    }

    #[test]
    fn least_squares(extra in 0usize..8, n in 1usize..7, seed in any::<u64>()) {
        hold(&least_squares_pairs(n + extra, n, seed))?;
    }

    #[test]
    fn perturbed_systems(n in 1usize..7, seed in any::<u64>()) {
        hold(&perturbed_pairs(n, seed))?;
    }
}

/// The certificate is the error itself, to three digits and more.
#[test]
fn certificates_match_the_true_error() {
    for (n, seed) in [(16, 1), (16, 2), (24, 3), (32, 4)] {
        for (measured, bound) in square_pairs(n, seed) {
            let slack = bound.sub(&measured).div(&measured).unwrap();
            assert!(slack >= Rational::default() && slack.log2() < -10.0, "n = {n}: 2^{:.1}", slack.log2());
        }
    }
}

#[test]
fn a_singular_system_has_no_certificate() {
    let a = Matrix::from_fn(3, 3, |i, j| exact((i * 3 + j) as f64));
    let b = Matrix::from_fn(3, 1, |i, _| exact(i as f64));
    let x = Matrix::from_fn(3, 1, |_, _| Rational::default());
    let inverse = Matrix::from_fn(3, 3, |i, j| exact(f64::from(u8::from(i == j))));
    assert_eq!(solve::square(&a, &b, &x, &inverse), None);
    assert_eq!(solve::square(&b, &b, &x, &inverse), None);
}

/// The median of bound over measured error stays below four times what it was when the bound
/// was written: a bound looser than that has lost something.
#[test]
fn bounds_are_not_vacuous() {
    let (small, large) = (Shape { inputs: 3, hidden: 2, outputs: 1 }, Shape { inputs: 64, hidden: 32, outputs: 1 });
    type Family = Box<dyn Fn(u64) -> Pairs>;
    let families: Vec<(&str, u64, Family, &[f64])> = vec![
        ("dot, n = 10", 300, Box::new(|s| dot_pairs(10, s, false)), &[37.1, 37.1]),
        ("dot, n = 784", 100, Box::new(|s| dot_pairs(784, s, false)), &[3441.0, 3441.0]),
        ("dot, n = 10, underflow", 300, Box::new(|s| dot_pairs(10, s, true)), &[13.8]),
        ("forward, 3-2-1", 300, Box::new(move |s| forward_pairs(small, s)), &[37.5]),
        ("forward, 64-32-1", 100, Box::new(move |s| forward_pairs(large, s)), &[2150.0]),
        ("second difference, 3-2-1", 300, Box::new(move |s| second_difference_pairs(small, s)), &[3.22, 20.9]),
        ("crossing, 3-2-1", 300, Box::new(move |s| crossing_pairs(small, s)), &[12.2, 28.2]),
        ("crossing, 64-32-1", 100, Box::new(move |s| crossing_pairs(large, s)), &[12.3, 1001.0]),
        ("crossing of lines, n = 5", 300, Box::new(|s| lines_pairs(5, s)), &[35.7]),
        ("ratio, n = 5", 300, Box::new(|s| ratio_pairs(5, s)), &[21.8]),
        ("square, n = 8", 100, Box::new(|s| square_pairs(8, s)), &[1.0]),
        ("least squares, 16 x 8", 30, Box::new(|s| least_squares_pairs(16, 8, s)), &[1.0]),
        ("perturbed, n = 8", 50, Box::new(|s| perturbed_pairs(8, s)), &[4.84]),
        ("box, 3-2-1", 300, Box::new(move |s| box_pairs(small, s)), &[2.49]),
        ("box, 64-32-1", 30, Box::new(move |s| box_pairs(large, s)), &[15.1]),
    ];
    for (name, count, family, medians) in families {
        let all: Vec<Pairs> = (0..count).map(family).collect();
        for (row, written) in medians.iter().enumerate() {
            let pairs = all.iter().filter_map(|pairs| pairs.get(row));
            let mut ratios: Vec<f64> =
                pairs.filter_map(|(measured, bound)| Some(bound.div(measured)?.log2().exp2())).collect();
            ratios.sort_by(f64::total_cmp);
            let median = ratios[ratios.len() / 2];
            assert!(median < 4.0 * written, "{name}, {row}: the median is {median:.1}, it was {written}");
        }
    }
}
