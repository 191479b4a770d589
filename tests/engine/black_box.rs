//! Oracles of which nothing is known, and oracles that fail: what was found is kept, and the reason is said.

use exactract::attack::{Error, Options, Outcome, Strategy};
use exactract::compare::{equality, weight_error};
use exactract::judge::{Policy, Stage};
use exactract::net::{Dtype, Shallow, random};
use exactract::num::{Num, Rational, Scalar};
use exactract::oracle::{self, Failure, Function, Oracle};
use std::sync::atomic::{AtomicUsize, Ordering};

fn victim() -> Shallow<f64> {
    random("8-5-2".parse().unwrap(), 4, Dtype::F64)
}

/// The victim's answers, after what `spoil` does to those of call number `n`.
fn extract(
    strategy: Strategy,
    spoil: impl Fn(usize, &mut Vec<Vec<f64>>) -> Result<(), String> + Send + Sync + 'static,
) -> Outcome<f64> {
    let (network, calls) = (victim().map(|&w| Num(w)), AtomicUsize::new(0));
    let function = move |points: &[Vec<f64>]| {
        let one = |x: &Vec<f64>| network.forward(&x.iter().map(|&x| Num(x)).collect::<Vec<_>>(), ());
        let mut answers = points.iter().map(|x| one(x).into_iter().map(|y| y.0).collect()).collect();
        spoil(calls.fetch_add(1, Ordering::SeqCst), &mut answers)?;
        Ok(answers)
    };
    let mut oracle = Oracle::new(Box::new(Function::new(8, 2, function)));
    strategy.extract((), &mut oracle, Policy::Tolerance { bits: 53 }, Options::default())
}

#[test]
fn a_function_is_extracted() {
    for strategy in Strategy::ALL {
        let outcome = extract(strategy, |_, _| Ok(()));
        assert_eq!(outcome.stopped, None);
        let truth = victim().map(|&w| Rational::lift(w, ()));
        let copy = outcome.trace.exact().unwrap().network().cloned().unwrap();
        let error = weight_error(&truth, &copy);
        assert_eq!((error.found, error.kinks), (5, 5));
        assert!(!matches!(equality(&truth, &copy), exactract::compare::Equality::BackendsDisagree));
    }
}

/// Whenever it fails and however, the run ends with that reason and all that it had until then.
#[test]
fn a_failure_ends_the_run_and_loses_nothing() {
    type Spoil = fn(&mut Vec<Vec<f64>>) -> Result<(), String>;
    let ways: [(Spoil, Failure); 4] = [
        (|_| Err("connection closed".to_owned()), Failure::Gone("connection closed".to_owned())),
        (
            |answers| {
                answers.pop();
                Ok(())
            },
            Failure::Count { asked: 0, found: 0 },
        ),
        (
            |answers| {
                answers[0].push(0.0);
                Ok(())
            },
            Failure::Length { question: 0, expected: 2, found: 3 },
        ),
        (
            |answers| {
                answers[0][1] = f64::NAN;
                Ok(())
            },
            Failure::NotFinite { question: 0, output: 1 },
        ),
    ];
    for strategy in Strategy::ALL {
        let whole = AtomicUsize::new(0);
        let whole: &'static AtomicUsize = Box::leak(Box::new(whole));
        let healthy = extract(strategy, move |call, _| {
            whole.store(call, Ordering::SeqCst);
            Ok(())
        });
        let calls = whole.load(Ordering::SeqCst);
        for (spoil, expected) in &ways {
            let spoil = *spoil;
            for at in [0, calls / 2, calls] {
                let outcome = extract(strategy, move |call, answers| if call == at { spoil(answers) } else { Ok(()) });
                let Some((_, Error::Oracle(oracle::Error::Failed { failure, spent }))) = outcome.stopped else {
                    panic!("{:?}", outcome.stopped);
                };
                match (&failure, expected) {
                    (Failure::Count { asked, found }, Failure::Count { .. }) => assert_eq!(*found + 1, *asked),
                    _ => assert_eq!(failure, *expected),
                }
                assert_eq!(outcome.tally.total(), spent);
                assert!(outcome.trace.network().is_none());
                // Until then it was the same run.
                let kinks: usize = outcome.trace.located.kinks.iter().map(Vec::len).sum();
                assert!(kinks <= healthy.trace.located.kinks.iter().map(Vec::len).sum::<usize>());
                if at == calls {
                    assert_eq!(outcome.tally.of(Stage::Locate), healthy.tally.of(Stage::Locate));
                    assert_eq!(outcome.trace.signatures().len(), 5);
                }
            }
        }
    }
}
