//! One attack, several arithmetics: where they must agree, and where they may not.

use exactract::attack::{Options, Outcome, textbook};
use exactract::experiment::{Arithmetic, Cell, run_cell};
use exactract::judge::{Policy, Script};
use exactract::linalg::Solve;
use exactract::net::{Dtype, Shallow, Shape, random};
use exactract::num::{BigRational, Exact, Num, Rational, Scalar};
use exactract::oracle::{Evaluate, Incremental, Oracle, Plain};
use proptest::prelude::*;
use std::sync::Arc;

fn victim(shape: &str, seed: u64) -> Shallow<f64> {
    random(shape.parse().expect("a shape"), seed, Dtype::F32)
}

fn extract<S: Solve>(victim: impl Evaluate<S> + 'static, context: S::Context, policy: Policy) -> Outcome<S> {
    textbook::extract(context, &mut Oracle::held(victim), policy, Options::default())
}

fn exact<Q: Exact + Solve>(victim: &Shallow<f64>) -> Outcome<Q> {
    extract(Incremental::<Q>::new(victim), (), Policy::Exact)
}

/// A run in `S` against the plain evaluation of the victim in `S`.
fn rounded<S: Solve>(victim: &Shallow<f64>, context: S::Context, policy: Policy) -> Outcome<S> {
    let network = victim.map(|&w| Num::<S>::lift(w, context));
    extract(Plain::new(network, context), context, policy)
}

#[test]
fn both_rational_backends_recover_the_same_numbers() {
    for shape in ["3-2-1", "4-6-2", "2-5-1"] {
        let victim = victim(shape, 5);
        let (first, second) = (exact::<Rational>(&victim), exact::<BigRational>(&victim));
        assert_eq!(first.decisions, second.decisions);
        assert_eq!(first.tally, second.tally);
        let first = first.trace.network().expect("a network").map(|x| x.0.clone());
        let second = second.trace.network().expect("a network").map(|x| x.0.convert::<Rational>());
        assert_eq!(first, second);
    }
}

#[test]
fn the_plain_oracle_gives_the_same_exact_run() {
    let victim = victim("5-4-2", 2);
    let (fast, plain) = (exact::<Rational>(&victim), rounded::<Rational>(&victim, (), Policy::Exact));
    assert_eq!(fast.decisions, plain.decisions);
}

/// Signs of decisions, without margins: those of another precision differ in their last digits.
#[cfg(feature = "gmp")]
fn path<S: Scalar>(outcome: &Outcome<S>) -> Vec<(exactract::judge::Key, std::cmp::Ordering)> {
    outcome.decisions.iter().map(|d| (d.key, d.sign)).collect()
}

#[cfg(feature = "gmp")]
#[test]
fn many_bits_and_a_tolerance_take_the_path_of_rationals_with_that_tolerance() {
    use exactract::num::Float;
    let victim = victim("6-5-2", 3);
    for bits in [256, 512] {
        let policy = Policy::Tolerance { bits };
        let wide = rounded::<Float>(&victim, bits, policy.clone());
        let truth = rounded::<Rational>(&victim, (), policy);
        assert!(wide.stopped.is_none(), "{:?}", wide.stopped);
        assert_eq!(path(&wide), path(&truth));
    }
}

#[cfg(feature = "gmp")]
#[test]
fn more_bits_leave_less_error() {
    use exactract::compare::weight_error;
    use exactract::num::Float;
    let victim = victim("6-5-2", 3);
    let truth = victim.map(|&w| Rational::lift(w, ()));
    let error = |bits: u32| {
        let run = rounded::<Float>(&victim, bits, Policy::Tolerance { bits });
        let copy = run.trace.exact().and_then(|trace| trace.network().cloned()).expect("a network");
        weight_error(&truth, &copy).error.expect("kinks").max
    };
    for (few, many) in [(53, 80), (80, 120), (120, 200)] {
        let gained = error(few) - error(many);
        // Each bit of precision is a bit of the result, give or take a few at one size.
        assert!((gained - f64::from(many - few)).abs() < 8.0, "{few} to {many} bits gained {gained}");
    }
}

#[test]
fn a_replayed_run_answers_as_its_script() {
    let victim = victim("8-6-2", 4);
    let settings = crate::common::textbook();
    let truth = run_cell(&victim, &Cell::EXACT, &settings, None);
    let script = Arc::new(Script::new(&truth.decisions));
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    let replayed = run_cell(&victim, &cell, &settings, Some(Policy::Replay(script)));
    assert_eq!(replayed.stopped, None);
    assert_eq!(replayed.tally, truth.tally);
    let signs =
        |run: &exactract::experiment::Finished| run.decisions.iter().map(|d| (d.key, d.sign)).collect::<Vec<_>>();
    assert_eq!(signs(&replayed), signs(&truth));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A wide interval's crossing once passed for a kink at a place that rounding had moved by
    /// its whole length: small networks have such intervals.
    #[test]
    fn small_victims_are_recovered_in_f64(inputs in 1usize..4, hidden in 1usize..4, outputs in 1usize..3, seed in 0u64..1000) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        let run = run_cell(&victim, &Cell::tolerant(Arithmetic::F64, Arithmetic::F64), &crate::common::textbook(), None);
        prop_assert_eq!(&run.stopped, &None);
        let truth = victim.map(|&w| Rational::lift(w, ()));
        let error = exactract::compare::weight_error(&truth, run.network().expect("a network"));
        prop_assert_eq!(error.found, error.kinks);
    }
}
