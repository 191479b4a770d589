//! Balls enclose, operation by operation: fat balls, a rational point in each, and the exact
//! result of the points must lie in the ball of the result.
//!
//! Whole runs do not notice an unsound operation; these tests do. `PROPTEST_CASES` scales
//! them.

use exactract::net::{Dtype, Shallow, Shape, random};
use exactract::num::{Ball, Enclosure, Exact, Num, Rational, Scalar};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::cmp::Ordering;

fn cases() -> ProptestConfig {
    ProptestConfig { max_shrink_iters: 10_000, ..ProptestConfig::with_cases(2000) }
}

/// Numbers of every size, with those that are special more often than chance would have it.
fn float() -> impl Strategy<Value = f64> {
    let edges = [
        0.0,
        -0.0,
        f64::from_bits(1),
        f64::MIN_POSITIVE,
        f64::MIN_POSITIVE.next_down(),
        1.0,
        1.0f64.next_up(),
        -1.0f64.next_down(),
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    prop_oneof![
        8 => -16.0..16.0,
        3 => (-1074i32..1024, any::<bool>()).prop_map(|(k, minus)| 2f64.powi(k) * if minus { -1.0 } else { 1.0 }),
        3 => any::<u64>().prop_map(f64::from_bits),
        1 => prop::sample::select(edges.to_vec()),
    ]
}

/// A midpoint with a radius: mostly fat beside it, sometimes thin, none, or of any size.
fn midpoint_and_radius() -> impl Strategy<Value = (f64, f64)> {
    let relative = (float(), -60i32..3, 1.0f64..2.0).prop_map(|(m, k, f)| (m, (m * 2f64.powi(k) * f).abs()));
    prop_oneof![
        12 => relative,
        2 => float().prop_map(|m| (m, 0.0)),
        2 => (float(), float()).prop_map(|(m, r)| (m, r.abs())),
    ]
}

/// Where in a ball: −1 and 1 are its ends.
fn place() -> impl Strategy<Value = Rational> {
    let ratio = (any::<i32>(), 1i64..=1 << 31).prop_map(|(n, d)| {
        let n = i64::from(n) % (d + 1);
        Rational::integer(n).div(&Rational::integer(d)).unwrap_or_default()
    });
    prop_oneof![1 => Just(Rational::integer(1)), 1 => Just(Rational::integer(-1)), 3 => ratio]
}

/// A number in the ball; any at all where it says nothing.
fn point<B: Enclosure>(ball: &B, place: &Rational) -> Rational {
    match (ball.exact(), ball.radius()) {
        (Some(mid), Some(radius)) => mid.add(&radius.mul(place)),
        _ => place.clone(),
    }
}

type Binary<B> = fn(&B, &B) -> Option<B>;

fn encloses<B: Enclosure>(
    (a, b): (B, B),
    (s, t): (Rational, Rational),
    rounded: Binary<B>,
    exact: Binary<Rational>,
) -> TestCaseResult {
    let (x, y) = (point(&a, &s), point(&b, &t));
    prop_assert!(a.contains(&x) && b.contains(&y));
    if let (Some(ball), Some(value)) = (rounded(&a, &b), exact(&x, &y)) {
        prop_assert!(ball.contains(&value), "{a:?} and {b:?} at {x} and {y}: {value} is not in {ball:?}");
    }
    Ok(())
}

/// `max(z, 0)`, and `|z|` as generic code forms it.
fn relu_encloses<B: Enclosure>(a: &B, place: &Rational) -> TestCaseResult {
    let x = point(a, place);
    let zero = Rational::default();
    prop_assert!(a.relu().contains(&x.clone().max(zero)), "relu of {a:?} at {x}: {:?}", a.relu());
    prop_assert!(Num(a.clone()).abs().0.contains(&x.magnitude()), "magnitude of {a:?} at {x}");
    prop_assert!(a.neg().contains(&x.neg()));
    Ok(())
}

fn sign_holds<B: Enclosure>(a: &B, place: &Rational) -> TestCaseResult {
    let x = point(a, place);
    if let Some(sign) = a.sign() {
        prop_assert_eq!(sign, x.cmp(&Rational::default()), "sign of {:?} at {}", a, x);
        prop_assert!(sign != Ordering::Equal);
    }
    Ok(())
}

/// The operations of one kind of ball, made from a midpoint, a radius and a context.
macro_rules! operations {
    ($module:ident, $ball:ty, $make:expr, $context:expr, $nearest:expr) => {
        mod $module {
            use super::*;
            type B = $ball;

            fn ball() -> impl Strategy<Value = B> {
                (midpoint_and_radius(), $context).prop_map(|((m, r), context)| $make(m, r, context))
            }

            proptest! {
                #![proptest_config(cases())]

                #[test]
                fn sums(a in ball(), b in ball(), s in place(), t in place()) {
                    encloses((a, b), (s, t), |a, b| Some(a.add(b)), |x, y| Some(x.add(y)))?;
                }

                #[test]
                fn differences(a in ball(), b in ball(), s in place(), t in place()) {
                    encloses((a, b), (s, t), |a, b| Some(a.sub(b)), |x, y| Some(x.sub(y)))?;
                }

                #[test]
                fn products(a in ball(), b in ball(), s in place(), t in place()) {
                    encloses((a, b), (s, t), |a, b| Some(a.mul(b)), |x, y| Some(x.mul(y)))?;
                }

                #[test]
                fn quotients(a in ball(), b in ball(), s in place(), t in place()) {
                    encloses((a, b), (s, t), |a, b| a.div(b), |x, y| x.div(y))?;
                }

                #[test]
                fn relu(a in ball(), s in place()) {
                    relu_encloses(&a, &s)?;
                }

                #[test]
                fn signs(a in ball(), s in place()) {
                    sign_holds(&a, &s)?;
                }

                #[test]
                fn nearest(a in ball(), n in any::<i64>(), d in 1i64..i64::MAX, context in $context) {
                    let ratio = Rational::integer(n).div(&Rational::integer(d)).unwrap_or_default();
                    let value = ratio.add(&a.exact().unwrap_or_default());
                    prop_assert!($nearest(&value, context).contains(&value));
                }
            }
        }
    };
}

operations!(double, Ball, |m, r, ()| Ball::new(m, r), Just(()), |q: &Rational, ()| Ball::nearest(q, ()));

#[cfg(feature = "gmp")]
operations!(
    precise,
    exactract::num::PreciseBall,
    |m, r, bits| {
        use exactract::num::{Float, PreciseBall};
        PreciseBall::new(Float::with_val(bits, m), &Float::with_val(53, r))
    },
    // Few bits round often; 53 and more are what runs use.
    prop::sample::select(vec![2u32, 8, 24, 53, 64, 128]),
    |q: &Rational, bits| exactract::num::PreciseBall::nearest(q, bits)
);

/// Answers of a random network at a point, in balls, hold the exact ones; and they say something.
fn network_encloses<B: Enclosure>(context: B::Context, shape: Shape, seed: u64) -> TestCaseResult {
    let net = random(shape, seed, Dtype::F64);
    let point: Vec<f64> =
        random(Shape { inputs: 1, hidden: shape.inputs, outputs: 1 }, seed, Dtype::F64).hidden_bias().to_vec();
    fn answers<S: Scalar>(net: &Shallow<f64>, point: &[f64], context: S::Context) -> Vec<Num<S>> {
        let lift = |x: &f64| Num::<S>::lift(*x, context);
        net.map(lift).forward(&point.iter().map(lift).collect::<Vec<_>>(), context)
    }
    let exact = answers::<Rational>(&net, &point, ());
    for (ball, value) in answers::<B>(&net, &point, context).iter().zip(&exact) {
        let radius = ball.0.radius();
        prop_assert!(radius.is_some_and(|r| r.log2() < -30.0));
        prop_assert!(ball.0.contains(&value.0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn networks(inputs in 1usize..40, hidden in 1usize..20, outputs in 1usize..4, seed in any::<u64>()) {
        let shape = Shape { inputs, hidden, outputs };
        network_encloses::<Ball>((), shape, seed)?;
        #[cfg(feature = "gmp")]
        network_encloses::<exactract::num::PreciseBall>(100, shape, seed)?;
    }
}

#[test]
fn an_overflow_says_nothing() {
    let huge = Ball::lift(f64::MAX, ());
    let product = huge.mul(&huge);
    assert_eq!((product.radius(), product.exact(), product.sign()), (None, None, None));
    // A negative infinity must not step up to a finite number.
    assert!(huge.neg().mul(&huge).radius().is_none());
    assert!(Ball::new(1.0, f64::MAX).add(&Ball::new(1.0, f64::MAX)).radius().is_none());
    assert!(Ball::new(f64::NEG_INFINITY, 1.0).relu().radius().is_none());
}

#[test]
fn a_divisor_that_may_be_zero_says_nothing() {
    let one = Ball::lift(1.0, ());
    assert!(one.div(&Ball::lift(0.0, ())).is_none());
    for (mid, rad) in [(0.0, 1.0), (1.0, 1.0), (-1.0, 2.0), (f64::NAN, 0.0), (1.0, f64::INFINITY)] {
        assert!(one.div(&Ball::new(mid, rad)).is_some_and(|q| q.radius().is_none()), "{mid} {rad}");
    }
}

#[test]
fn underflow_leaves_a_radius() {
    let tiny = Ball::lift(f64::MIN_POSITIVE, ());
    let product = tiny.mul(&tiny);
    assert_eq!(product.mid(), 0.0);
    let exact = tiny.exact().unwrap();
    assert!(product.contains(&exact.mul(&exact)));
    assert!(product.rad() > 0.0);
}

#[cfg(feature = "gmp")]
#[test]
fn exact_operations_of_precise_balls_keep_radius_zero() {
    use exactract::num::PreciseBall;
    let (a, b) = (PreciseBall::lift(1.5, 64), PreciseBall::lift(0.25, 64));
    for ball in [a.add(&b), a.sub(&b), a.mul(&b), a.div(&b).unwrap()] {
        assert_eq!(ball.radius(), Some(Rational::default()));
    }
    assert_ne!(b.div(&a).unwrap().radius(), Some(Rational::default()));
}
