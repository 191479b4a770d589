//! Balls on the exact run's path: a whole extraction in balls encloses the exact one.
//!
//! A ball never searches for a path; it replays the exact run's decisions.

use exactract::attack::{Options, textbook};
use exactract::experiment::{Cell, run_cell};
use exactract::judge::{Policy, Script};
use exactract::linalg::{Matrix, Solve};
use exactract::net::{Draw, Dtype, Shallow, Shape, random};
use exactract::num::{Ball, Enclosure, Num, Rational, Scalar};
use exactract::oracle::{Oracle, Plain};
use exactract::trace::Trace;
use proptest::prelude::*;
use std::sync::Arc;

/// The exact run's trace, and the run in balls along its path.
fn walk<B: Enclosure + Solve>(victim: &Shallow<f64>, context: B::Context) -> (Trace<Rational>, Trace<Num<B>>) {
    let exact = run_cell(victim, &Cell::EXACT, &crate::common::textbook(), None);
    let script = Policy::Replay(Arc::new(Script::new(&exact.decisions)));
    let lifted = victim.map(|&w| Num::<B>::lift(w, context));
    let mut oracle = Oracle::held(Plain::new(lifted, context));
    let outcome = textbook::extract(context, &mut oracle, script, Options::default());
    (exact.trace.expect("finite numbers"), outcome.trace)
}

/// All numbers that an attack ends with, with or without the network.
fn numbers<T>(trace: &Trace<T>, network: bool) -> Vec<&T> {
    let positions = trace.located.kinks.iter().flatten().map(|k| &k.position);
    let rows = trace.signatures().iter().flat_map(|s| s.row.iter().chain([&s.bias]).chain(&s.strength));
    positions
        .chain(rows)
        .chain(trace.network().iter().filter(|_| network).flat_map(|network| network.parameters()))
        .collect()
}

/// The largest radius, in bits; `None` where a ball says nothing, or a pivot may be zero.
fn encloses<B: Enclosure + Solve>(victim: &Shallow<f64>, context: B::Context) -> Result<Option<f64>, TestCaseError> {
    let (exact, balls) = walk::<B>(victim, context);
    let whole = balls.network().is_some();
    let (exact, balls) = (numbers(&exact, whole), numbers(&balls, whole));
    prop_assert_eq!(exact.len(), balls.len());
    let mut widest = whole.then_some(f64::NEG_INFINITY);
    for (value, ball) in exact.into_iter().zip(balls) {
        prop_assert!(ball.0.contains(value), "{value} is not in {ball:?}");
        widest = widest.zip(ball.0.radius()).map(|(most, radius)| most.max(radius.log2()));
    }
    Ok(widest)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn runs_in_f64_balls(inputs in 1usize..6, hidden in 1usize..4, outputs in 1usize..3, seed in any::<u64>()) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F32);
        encloses::<Ball>(&victim, ())?;
    }

    #[cfg(feature = "gmp")]
    #[test]
    fn runs_in_precise_balls(inputs in 1usize..6, hidden in 1usize..4, outputs in 1usize..3, seed in any::<u64>()) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F32);
        // Questions reach as far as 2^2240: these many bits hold them beside the others.
        let widest = encloses::<exactract::num::PreciseBall>(&victim, 5000)?;
        prop_assert!(widest.is_some_and(|bits| bits < -200.0), "{widest:?}");
    }

    /// Systems of random numbers, solved in balls, against the exact solution.
    #[test]
    fn systems(n in 1usize..10, seed in any::<u64>()) {
        let mut draw = Draw::new(seed, "system");
        let mut matrix = |rows: usize, columns: usize| Matrix::from_fn(rows, columns, |_, _| draw.normal());
        let (a, b) = (matrix(n, n), matrix(n, 2));
        fn lifted<S: Scalar<Context = ()>>(m: &Matrix<f64>) -> Matrix<Num<S>> {
            m.map(|&x| Num::lift(x, ()))
        }
        let exact = Rational::solve(&lifted(&a), &lifted(&b), ()).expect("regular");
        if let Some(balls) = Ball::solve(&lifted(&a), &lifted(&b), ()) {
            for (value, ball) in exact.entries().iter().zip(balls.entries()) {
                prop_assert!(ball.0.contains(&value.0));
            }
        }
    }
}
