//! Certified runs: every bound holds, on every victim, and says nothing where it must not.

use crate::common::exactract;
use exactract::attack::Options;
use exactract::certify::{Certification, Form, Verdict};
use exactract::compare::{Dual, Inputs, Reference, dual};
use exactract::experiment::{Arithmetic, Cell, Settings};
use exactract::judge::Stage;
use exactract::ledger::StageLedger;
use exactract::net::{Dtype, Shallow, Shape, Training, random, train};
use exactract::num::{Rational, Scalar};
use exactract::oracle::Kernel;
use std::ops::ControlFlow;

fn run(victim: &Shallow<f64>, cell: &Cell, seed: u64) -> (Dual, Vec<StageLedger>, Certification) {
    let settings = Settings { options: Options { seed, ..Options::default() }, ..crate::common::textbook() };
    let inputs = Inputs::random(victim.shape().inputs, 1, 0);
    let dual = dual(victim, cell, &Reference::new(victim, &inputs), &settings);
    let ledger = exactract::ledger::of_dual(&dual, victim);
    let certification = exactract::certify::certify(&dual, victim, Kernel::Portable, &ledger);
    (dual, ledger, certification)
}

fn f64_cell() -> Cell {
    Cell::tolerant(Arithmetic::F64, Arithmetic::F64)
}

/// Numbers of a stage with a bound of this form.
fn bounded(certification: &Certification, form: Form) -> usize {
    let numbers = certification.stages.iter().flat_map(|stage| &stage.numbers);
    numbers.filter(|number| number.bounds[form as usize].is_some()).count()
}

/// Checks the chain and returns the numbers, those with bounds, and the signs that are certain.
fn chain(victim: &Shallow<f64>, seed: u64) -> (usize, usize, usize) {
    let (_, _, certification) = run(victim, &f64_cell(), seed);
    for stage in &certification.stages {
        for number in &stage.numbers {
            assert!(number.holds(), "{:?} seed {seed} {}: {number:?}", victim.shape(), stage.stage);
            // Asked again, answers are known far better than the run saw them.
            assert!(number.bounds[1].is_some() == number.bounds[0].is_some(), "{number:?}");
        }
    }
    assert!(certification.holds());
    let numbers = certification.stages.iter().map(|stage| stage.numbers.len()).sum();
    let certain = certification.signs.iter().filter(|sign| sign.verdict == Verdict::Certified).count();
    (numbers, bounded(&certification, Form::Certified), certain)
}

#[test]
fn the_chain_holds_on_fifty_random_victims() {
    let (mut numbers, mut with_bound, mut signs) = (0, 0, 0);
    for seed in 0..50u64 {
        let size = |range: u64, salt: u64| 1 + (seed * 7 + salt) as usize % range as usize;
        let shape = Shape { inputs: 1 + size(40, 3), hidden: size(10, 1), outputs: size(3, 2) };
        let weights = if seed % 2 == 0 { Dtype::F32 } else { Dtype::F64 };
        let (all, bounded, certain) = chain(&random(shape, seed, weights), seed);
        (numbers, with_bound, signs) = (numbers + all, with_bound + bounded, signs + certain);
    }
    assert!(with_bound * 10 > numbers * 9 && signs > 1000, "{with_bound} of {numbers} bounded, {signs} signs certain");
}

#[test]
fn the_chain_holds_on_trained_victims() {
    let digits = exactract::format::digits().expect("bundled data");
    for (seed, hidden) in [(1, 8), (2, 12), (3, 16)] {
        let training = Training { hidden, epochs: 4, seed, ..Training::default() };
        let trained =
            train(&digits, &training, |_, _| ControlFlow::Continue(())).expect("trained").expect("to its end");
        let (numbers, with_bound, signs) = chain(&trained.network, seed);
        assert!(with_bound * 2 > numbers && signs > 0, "{with_bound} of {numbers} bounded, {signs} signs certain");
    }
}

/// With answers of 24 bits runs fail and noise decides: what is called certain must still be right.
#[test]
fn coarse_answers_certify_no_wrong_sign() {
    let (mut certain, mut open) = (0, 0);
    for seed in 0..100u64 {
        let shape =
            Shape { inputs: 2 + seed as usize % 19, hidden: 1 + seed as usize % 7, outputs: 1 + seed as usize % 2 };
        let cell = f64_cell().through(Some(24));
        let (_, _, certification) = run(&random(shape, seed, Dtype::F64), &cell, seed);
        assert!(certification.holds(), "{shape} seed {seed}");
        for sign in &certification.signs {
            assert!(!sign.unsound, "{shape} seed {seed}: {sign:?}");
            if sign.verdict == Verdict::Certified { certain += 1 } else { open += 1 }
        }
    }
    assert!(certain > 500, "{certain} certain, {open} open");
}

/// Fewer bits still: some signs are open, and are listed with a margin.
#[test]
fn noise_leaves_signs_open() {
    let cell = f64_cell().through(Some(14));
    let mut open = 0;
    for seed in 0..40 {
        let victim = random(Shape { inputs: 12, hidden: 3, outputs: 1 }, seed, Dtype::F64);
        let (_, _, certification) = run(&victim, &cell, seed);
        assert!(!certification.signs.iter().any(|sign| sign.unsound));
        let uncertain = certification.signs.iter().filter(|sign| sign.verdict != Verdict::Certified);
        for sign in uncertain {
            assert!(sign.verdict == Verdict::Wrong || sign.margin <= 0.0, "{sign:?}");
            open += 1;
        }
    }
    assert!(open > 0);
}

/// Two units on one hyperplane: no unit alone changes sign there, so that nothing is claimed.
#[test]
fn a_shared_hyperplane_has_no_bound() {
    let single = random(Shape { inputs: 6, hidden: 2, outputs: 1 }, 5, Dtype::F64);
    let rows = |i: usize| single.hidden().row(i.min(1)).to_vec();
    let twice = exactract::linalg::Matrix::from_fn(3, 6, |i, j| rows(i)[j]);
    let biases = vec![single.hidden_bias()[0], single.hidden_bias()[1], single.hidden_bias()[1]];
    let output = exactract::linalg::Matrix::from_fn(1, 3, |_, i| single.output()[(0, i.min(1))]);
    let victim = Shallow::new(twice, biases, output, single.output_bias().to_vec()).expect("a network");
    let (dual, _, certification) = run(&victim, &f64_cell(), 5);
    assert!(certification.holds());
    assert_eq!(dual.exact.run.trace.as_ref().map(|trace| trace.signatures().len()), Some(2), "one row a hyperplane");
    // The other unit's row, with its bias, and no last layer.
    let of = |stage| certification.stages.iter().find(|s| s.stage == stage).map(|s| &s.numbers[..]).unwrap_or_default();
    let with_bound = |stage| of(stage).iter().filter(|number| number.bounds[Form::Measured as usize].is_some()).count();
    assert_eq!((with_bound(Stage::Signature), with_bound(Stage::LastLayer)), (7, 0));
    assert_eq!(2 * with_bound(Stage::Locate), of(Stage::Locate).len());
}

/// A run whose record is wrong by more than rounding is told: the bound grows with it.
#[test]
fn a_wrong_number_is_inside_its_bound() {
    let victim = random(Shape { inputs: 8, hidden: 3, outputs: 1 }, 9, Dtype::F64);
    let (mut dual, ..) = run(&victim, &f64_cell(), 9);
    let path = dual.replay.as_mut().unwrap_or(&mut dual.rounded.run);
    let trace = path.trace.as_mut().expect("a trace");
    let off = Rational::lift(2f64.powi(-10), ());
    trace.located.kinks[0][0].position = trace.located.kinks[0][0].position.add(&off);
    let row = &mut trace.signatures_mut()[1].row;
    let j = usize::from(row[0] == Rational::lift(1.0, ()));
    row[j] = row[j].add(&off);
    let ledger = exactract::ledger::of_dual(&dual, &victim);
    let certification = exactract::certify::certify(&dual, &victim, Kernel::Portable, &ledger);
    assert!(certification.holds());
    let large = certification.stages.iter().flat_map(|s| &s.numbers).filter(|n| n.measured.log2() > -11.0);
    assert!(large.filter(|n| n.bounds[Form::Certified as usize].is_some_and(|b| b.log2() > -11.0)).count() >= 2);
}

/// No bound is known on answers in f32, nor on blocked sums: asking again does not need one.
#[test]
fn without_a_bound_on_answers_they_are_asked_anew() {
    let victim = random(Shape { inputs: 6, hidden: 1, outputs: 1 }, 1, Dtype::F32);
    let cell = Cell::tolerant(Arithmetic::F32, Arithmetic::F64);
    let (_, _, certification) = run(&victim, &cell, 1);
    assert!(certification.holds());
    assert_eq!(bounded(&certification, Form::Running), 0);
    assert!(bounded(&certification, Form::Certified) > 0);
    assert_eq!(certification.signs_by, Some(Form::Measured));
    let (dual, ledger, _) = run(&victim, &f64_cell(), 1);
    let fast = exactract::certify::certify(&dual, &victim, Kernel::Fast, &ledger);
    assert_eq!((bounded(&fast, Form::Running), bounded(&fast, Form::Certified) > 0), (0, true));
}

#[test]
fn an_exact_attacker_on_rounded_answers_is_bounded_too() {
    for seed in 0..5 {
        let victim = random(Shape { inputs: 9, hidden: 4, outputs: 2 }, seed, Dtype::F64);
        let (_, _, certification) = run(&victim, &Cell::tolerant(Arithmetic::F64, Arithmetic::Exact), seed);
        assert!(certification.holds() && bounded(&certification, Form::Certified) > 0);
        let ideal = Cell::tolerant(Arithmetic::Exact, Arithmetic::F64).through(Some(40));
        let (_, _, certification) = run(&victim, &ideal, seed);
        assert!(certification.holds() && bounded(&certification, Form::Certified) > 0);
    }
}

#[test]
fn the_command_line_certifies() {
    let out = exactract("run --random 12-5-2 --certify", &[]);
    assert_eq!(out.status, Some(0), "{}", out.stderr);
    for line in
        ["relative signs: 55 of 55 certified, 0 undecided, 0 wrong", "sides: 5 of 5 certified, 0 undecided, 0 wrong"]
    {
        assert!(out.stdout.contains(line), "{}", out.stdout);
    }
    assert!(out.stdout.contains("No error is above a bound on it: measured ≤ certified ≤ a priori."));
    let record = exactract("run --random 12-5-2 --certify --json -", &[]).json();
    assert_eq!(record["certified"]["holds"], true);
    assert_eq!(record["certified"]["sides"]["certified"], 5);
    assert_eq!(record["certified"]["stages"].as_array().map(Vec::len), Some(3));
    assert_eq!(record["ledger"]["stages"][1]["items"].as_array().map(Vec::len), Some(5));
    let plain = exactract("run --random 12-5-2 --json -", &[]).json();
    assert!(plain["certified"].is_null() && plain["ledger"].is_null());
}

/// Signs of both kinds are counted where the run gets that far.
#[test]
fn every_decided_sign_is_listed() {
    let victim = random(Shape { inputs: 7, hidden: 3, outputs: 1 }, 2, Dtype::F64);
    let (dual, _, certification) = run(&victim, &f64_cell(), 2);
    let trace = dual.rounded.run.trace.as_ref().expect("a trace");
    let zero = Rational::default();
    let decided: usize = trace.signatures().iter().map(|s| s.row.iter().filter(|x| **x != zero).count() - 1).sum();
    let of = |stage| certification.signs.iter().filter(|sign| sign.stage == stage).count();
    assert_eq!((of(Stage::Signature), of(Stage::Orientation)), (decided, 3));
}
