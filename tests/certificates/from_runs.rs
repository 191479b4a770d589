//! What the checker accepts is true, and what a run emits is accepted.

use crate::common::mutate;
use exactract::certificate::{Certificate, Copies, Refusal, Source, check, emit, identify};
use exactract::compare::{Equality, equality};
use exactract::experiment::{Arithmetic, Cell, run_cell};
use exactract::format::{Dtype, Victim};
use exactract::linalg::Matrix;
use exactract::net::Shallow;
use exactract::num::{Exact, Num, Rational, Scalar};
use proptest::prelude::*;

fn ends() -> (Rational, Rational) {
    (Rational::integer(-1), Rational::integer(1))
}

fn source() -> Source {
    Source::File { name: "victim.npz".to_owned() }
}

fn victim(network: &Shallow<f64>) -> Victim {
    Victim::made(network.clone(), Dtype::F64).unwrap()
}

fn lifted(network: &Shallow<f64>) -> Shallow<Rational> {
    network.map(|&w| Rational::lift(w, ()))
}

fn near(victim: &Victim, copy: &Shallow<Rational>, ends: &(Rational, Rational)) -> Result<Certificate, Refusal> {
    emit(victim, source(), Copies { equal: None, near: Some(copy) }, ends).map(Option::unwrap)
}

fn equal(victim: &Victim, copy: &Shallow<Rational>) -> Result<Certificate, Refusal> {
    emit(victim, source(), Copies { equal: Some(copy), near: None }, &ends()).map(Option::unwrap)
}

fn entry() -> impl Strategy<Value = f64> {
    prop_oneof![4 => (-2i8..=2).prop_map(f64::from), 1 => (-9i8..=9).prop_map(|n| f64::from(n) / 4.0)]
}

/// A network of this many inputs, units and outputs, in which every coincidence is likely.
fn sized(inputs: usize, units: usize, outputs: usize) -> impl Strategy<Value = Shallow<f64>> {
    let entries = |n: usize| prop::collection::vec(entry(), n);
    (entries(inputs * units), entries(units), entries(units * outputs), entries(outputs)).prop_map(
        move |(hidden, hidden_bias, output, output_bias)| {
            let hidden = Matrix::from_entries(units, inputs, hidden).unwrap();
            let output = Matrix::from_entries(outputs, units, output).unwrap();
            Shallow::new(hidden, hidden_bias, output, output_bias).unwrap()
        },
    )
}

fn small() -> impl Strategy<Value = Shallow<f64>> {
    (1usize..4, 1usize..5, 1usize..3).prop_flat_map(|(d, h, k)| sized(d, h, k))
}

/// Units permuted, scaled and flipped; each flip leaves `a·z`, which two more units hold.
///
/// `choices`: for each unit its scale, in quarters, negative for a flip.
fn disguised(network: &Shallow<f64>, shift: usize, choices: &[i8]) -> Shallow<Rational> {
    let network = lifted(network);
    let shape = network.shape();
    let quarter = |n: i64| Rational::integer(n).div(&Rational::integer(4)).unwrap();
    let (mut rows, mut biases, mut outputs) = (Vec::new(), Vec::new(), vec![Vec::new(); shape.outputs]);
    let mut unit = |i: usize, scale: &Rational, weight: &dyn Fn(&Rational) -> Rational| {
        rows.push(network.hidden().row(i).iter().map(|w| w.mul(scale)).collect::<Vec<_>>());
        biases.push(network.hidden_bias()[i].mul(scale));
        outputs.iter_mut().zip(network.output().column(i)).for_each(|(row, a)| row.push(weight(a)));
    };
    for (n, &choice) in choices.iter().enumerate().take(shape.hidden) {
        let i = (n + shift) % shape.hidden;
        let scale = quarter(i64::from(choice));
        // a·relu(z) = (a/|s|)·relu(s·z) for s > 0; for s < 0, a·z = a·relu(z) − a·relu(−z) is missing.
        unit(i, &scale, &|a| a.div(&scale.magnitude()).unwrap());
        if choice < 0 {
            unit(i, &quarter(4), &Rational::clone);
            unit(i, &quarter(-4), &|a| a.neg());
        }
    }
    let hidden = Matrix::from_rows(shape.inputs, rows).unwrap();
    let output = Matrix::from_rows(hidden.rows(), outputs).unwrap();
    Shallow::new(hidden, biases, output, network.output_bias().to_vec()).unwrap()
}

/// The network with one parameter moved.
fn moved(network: &Shallow<Rational>, index: usize, by: &Rational) -> Shallow<Rational> {
    let (mut next, index) = (0, index % network.parameters().count());
    network.map(|x| {
        next += 1;
        if next - 1 == index { x.add(by) } else { x.clone() }
    })
}

/// Whether the bounds of a certificate hold at inputs of its box.
fn bounds_hold(
    certificate: &Certificate,
    truth: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    corners: &[bool],
) -> bool {
    let Some(stated) = &certificate.near else { return true };
    let number = |text: &String| <Rational as Exact>::parse(text).unwrap();
    let (lower, upper) = (number(&stated.lower), number(&stated.upper));
    let value = |network: &Shallow<Rational>, x: &[Num<Rational>]| network.map(|w| Num(w.clone())).forward(x, ());
    let inputs = truth.shape().inputs;
    // All corners and the middle of every edge, turned by a pattern: both sides of most kinks.
    (0..3usize.pow(inputs as u32)).all(|index| {
        let digit = |j: usize| (index / 3usize.pow(j as u32) + usize::from(corners[j])) % 3;
        let middle = lower.add(&upper).div(&Rational::integer(2)).unwrap();
        let x: Vec<_> = (0..inputs).map(|j| Num([&lower, &upper, &middle][digit(j)].clone())).collect();
        let (a, b) = (value(truth, &x), value(copy, &x));
        a.iter().zip(&b).zip(&stated.bounds).all(|((a, b), bound)| a.0.sub(&b.0).magnitude() <= number(bound))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The checker and the engine's canonical forms are two implementations of one theorem.
    #[test]
    fn an_equality_is_accepted_where_the_engine_finds_one(
        network in small(), shift in 0usize..4, choices in prop::collection::vec(prop_oneof![-9i8..0, 1i8..9], 4),
        index in 0usize..100, by in prop_oneof![3 => Just(0i64), 1 => -2i64..3],
    ) {
        let copy = moved(&disguised(&network, shift, &choices), index, &Rational::integer(by));
        let engine = equality(&lifted(&network), &copy) == Equality::Equal;
        let checker = equal(&victim(&network), &copy);
        prop_assert_eq!(checker.is_ok(), engine);
        prop_assert!(!matches!(checker, Err(Refusal::Malformed(_))));
        if by == 0 {
            prop_assert!(engine);
        }
    }

    /// Copies near and far, matched well or not at all.
    #[test]
    fn a_bound_holds_on_its_box(
        (network, other) in (1usize..4, 1usize..5, 1usize..5, 1usize..3).prop_flat_map(|(d, h, i, k)| (sized(d, h, k), sized(d, i, k))),
        shift in 0usize..4, choices in prop::collection::vec(prop_oneof![-9i8..0, 1i8..9], 4),
        index in 0usize..100, step in 0i32..40, corners in prop::collection::vec(any::<bool>(), 4),
        lower in -8i64..8, width in 0i64..9,
    ) {
        let quarters = |n: i64| Rational::integer(n).div(&Rational::integer(4)).unwrap();
        let ends = (quarters(lower), quarters(lower + width));
        let (victim, truth) = (victim(&network), lifted(&network));
        let close = moved(&disguised(&network, shift, &choices), index, &Rational::power_of_two(-step));
        for copy in [close, lifted(&other)] {
            let certificate = near(&victim, &copy, &ends).unwrap();
            prop_assert!(bounds_hold(&certificate, &truth, &copy, &corners));
        }
    }

    /// The bound goes to zero with the difference, and is zero where there is none.
    #[test]
    fn a_bound_is_as_small_as_the_difference(
        network in small(), shift in 0usize..4, choices in prop::collection::vec(prop_oneof![-9i8..0, 1i8..9], 4),
        index in 0usize..100,
    ) {
        let (victim, copy) = (victim(&network), disguised(&network, shift, &choices));
        let bound = |copy: &Shallow<Rational>| {
            let bounds = near(&victim, copy, &ends()).unwrap().near.unwrap().bounds;
            bounds.iter().map(|text| <Rational as Exact>::parse(text).unwrap()).max().unwrap()
        };
        prop_assert_eq!(bound(&copy), Rational::default());
        // At most 4 units of weights up to 9, scaled by up to 4, over inputs up to 1.
        let change = Rational::power_of_two(-60);
        prop_assert!(bound(&moved(&copy, index, &change)) <= change.mul(&Rational::integer(4096)));
    }

    /// Emitted of a real run, of victims that are no textbook case.
    #[test]
    fn certificates_of_runs_are_accepted(network in small()) {
        let victim = victim(&network);
        let rounded = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
        let [exact, rounded] = [Cell::EXACT, rounded].map(|cell| run_cell(&network, &cell, &crate::common::textbook(), None));
        let copies = Copies { equal: exact.network(), near: rounded.network() };
        let certificate = emit(&victim, source(), copies, &ends()).unwrap().unwrap();
        let read = Certificate::parse(&certificate.bytes()).unwrap();
        prop_assert_eq!(&read, &certificate);
        let checked = check(&read).unwrap();
        prop_assert!(checked.equality.is_some());
        prop_assert!(identify(&read, &checked, Some(&victim)).is_ok());
    }
}

/// A valid certificate of both statements.
fn sample(network: &Shallow<f64>, shift: usize, choices: &[i8]) -> (Victim, Certificate) {
    let (victim, copy) = (victim(network), disguised(network, shift, choices));
    let close = moved(&copy, shift, &Rational::power_of_two(-20));
    let certificate = emit(&victim, source(), Copies { equal: Some(&copy), near: Some(&close) }, &ends());
    (victim, certificate.unwrap().unwrap())
}

#[test]
fn a_bound_is_stated_as_it_is_derived() {
    let network = Shallow::new(
        Matrix::from_entries(1, 1, vec![1.0]).unwrap(),
        vec![0.5],
        Matrix::from_entries(1, 1, vec![1.0]).unwrap(),
        vec![0.0],
    );
    let (victim, certificate) = sample(&network.unwrap(), 0, &[1]);
    let stated = certificate.near.clone().unwrap().bounds[0].clone();
    let stated = <Rational as Exact>::parse(&stated).unwrap();
    for (change, word) in [(1, "more"), (-1, "less")] {
        let mut forged = certificate.clone();
        let bound = stated.add(&Rational::integer(change).div(&Rational::integer(1 << 40)).unwrap());
        forged.near.as_mut().unwrap().bounds[0] = bound.to_string();
        let Err(Refusal::False(what)) = check(&forged.sealed()) else { panic!("accepted: {bound}") };
        assert!(what.contains(word), "{what}");
    }
    // A file that is another victim's, and a hash that is another file's.
    let checked = check(&certificate).unwrap();
    assert!(identify(&certificate, &checked, Some(&victim)).is_ok());
    let other = Victim { sha256: "0".repeat(64), ..victim.clone() };
    assert!(identify(&certificate, &checked, Some(&other)).unwrap_err().to_string().contains("SHA-256"));
    let other = Victim { network: victim.network.map(|w| w + 1.0), ..victim };
    assert!(identify(&certificate, &checked, Some(&other)).unwrap_err().to_string().contains("weights"));
}

/// The networks of a certificate, as the engine reads them.
fn read(weights: &exactract::certificate::Weights) -> Shallow<Rational> {
    let vector =
        |values: &Vec<String>| values.iter().map(|x| <Rational as Exact>::parse(x).unwrap()).collect::<Vec<_>>();
    let rows = |rows: &Vec<Vec<String>>| Matrix::from_rows(rows[0].len(), rows.iter().map(vector).collect()).unwrap();
    let (hidden, output) = (rows(&weights.hidden), rows(&weights.output));
    Shallow::new(hidden, vector(&weights.hidden_bias), output, vector(&weights.output_bias)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Every field: a change is never accepted; sealed again, only where what is then stated is true.
    #[test]
    fn no_changed_field_is_accepted(
        network in (1usize..3, 1usize..4, 1usize..3).prop_flat_map(|(d, h, k)| sized(d, h, k)),
        shift in 0usize..4, choices in prop::collection::vec(prop_oneof![-9i8..0, 1i8..9], 4),
    ) {
        let (victim, certificate) = sample(&network, shift, &choices);
        let original = serde_json::to_value(&certificate).unwrap();
        for first in 0.. {
            let (mut value, mut pick) = (original.clone(), first);
            if !mutate(&mut value, &mut pick) {
                prop_assert!(first > 100, "only {} changes", first);
                break;
            }
            prop_assert_ne!(&value, &original);
            let refused = Certificate::parse(&serde_json::to_vec(&value).unwrap());
            prop_assert!(refused.is_err(), "{value}");
            // Sealed again by somebody who wants to be believed.
            let Ok(forged) = serde_json::from_value::<Certificate>(value) else { continue };
            let Ok(forged) = Certificate::parse(&forged.sealed().bytes()) else { continue };
            let Ok(checked) = check(&forged) else { continue };
            if identify(&forged, &checked, Some(&victim)).is_err() {
                continue;
            }
            // What is left: the file's name, a statement less, a change that leaves the statement true.
            prop_assert_eq!(read(&forged.victim.network), lifted(&network));
            if let Some(stated) = &forged.equality {
                prop_assert_eq!(equality(&lifted(&network), &read(&stated.copy)), Equality::Equal);
            }
            if let Some(stated) = &forged.near {
                prop_assert!(bounds_hold(&forged, &lifted(&network), &read(&stated.copy), &[false; 4]));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Bytes: never a panic, and never another certificate.
    #[test]
    fn damaged_bytes_are_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let network = Shallow::new(
            Matrix::from_entries(2, 2, vec![1.0, 2.0, -0.5, 3.0]).unwrap(), vec![1.0, 0.25],
            Matrix::from_entries(1, 2, vec![1.0, -2.0]).unwrap(), vec![0.5],
        ).unwrap();
        let (_, certificate) = sample(&network, 1, &[3, -2]);
        let mut bytes = certificate.bytes();
        for (index, byte, kind) in changes {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match Certificate::parse(&bytes) {
            // Space between fields carries nothing.
            Ok(read) => prop_assert_eq!(read, certificate),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
