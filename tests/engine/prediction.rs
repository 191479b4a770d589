//! `exactract run --predict-bits`: the number is the one that a sweep's frontier finds, and the unit that asks for the
//! bits is the one that was made weak.

use crate::common::exactract;
use exactract::attack::{Options, Strategy};
use exactract::compare::{Inputs, Need, NoBits, Part, Recovered, Reference, judge};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::judge::Stage;
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, random};
use exactract::num::{Rational, Scalar};
use exactract::oracle;
use exactract::trace::{Orientation, Signature, Trace};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Shapes with the first of five seeds.
const VICTIMS: [(&str, u64); 4] = [("6-3-1", 700), ("10-6-1", 710), ("24-12-1", 720), ("12-8-2", 730)];
const SEEDS: u64 = 5;

/// What the frontiers of a request find, by strategy, shape and seed; 54 above their range.
fn bisected(request: &str) -> HashMap<(String, String, u64), u64> {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("request.toml"), folder.path().join("out"));
    fs::write(&path, request).unwrap();
    let sweep = exactract("sweep --quiet --out", &[out.as_os_str(), path.as_os_str()]);
    assert_eq!(sweep.status, Some(0), "{sweep:?}");
    let cells = fs::read_dir(out.join("cells")).unwrap().map(|file| {
        let cell: Value = serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key =
            (text(&cell["cell"]["strategy"]), text(&cell["cell"]["victim"]["shape"]), cell["cell"]["seed"].as_u64());
        ((key.0, key.1, key.2.unwrap()), cell["thresholds"]["complete"]["bits"].as_u64().unwrap_or(54))
    });
    cells.collect()
}

fn needs(command: &str) -> Vec<Value> {
    let record = exactract(&format!("{command} --predict-bits --json -"), &[]).json();
    record["bits_needed"].as_array().unwrap().clone()
}

/// Holds both strategies' numbers against a sweep's, and what is said of who asks against them.
fn agree(bisected: &HashMap<(String, String, u64), u64>, shape: &str, seed: u64, options: &str) {
    for need in needs(&format!("run --random {shape} --seed {seed} {options}")) {
        let strategy = need["strategy"].as_str().unwrap().to_owned();
        let Some(&found) = bisected.get(&(strategy, shape.to_owned(), seed)) else { continue };
        assert_eq!(need["threshold"]["bits"].as_u64().unwrap_or(54), found, "{shape} {seed} {need}");
        assert_eq!(need["none"], Value::Null);
        assert_eq!(need["asked_by"]["bits"], found - 1, "{shape} {seed} {need}");
    }
}

#[test]
fn the_number_is_the_frontiers() {
    let section = |(shape, seed): (&str, u64)| {
        let end = seed + SEEDS;
        format!(
            "[[frontier]]\nshape = \"{shape}\"\nseed = \"{seed}..{end}\"\nstrategy = [\"textbook\", \"walk\"]\nbits = [8, 53]\n"
        )
    };
    let bisected = bisected(&VICTIMS.map(section).concat());
    assert_eq!(bisected.len(), 2 * VICTIMS.len() * SEEDS as usize);
    for (shape, first) in VICTIMS {
        (first..first + SEEDS).for_each(|seed| agree(&bisected, shape, seed, ""));
    }
}

#[test]
fn a_polished_walk_is_searched_polished() {
    let request = "[[frontier]]\nshape = \"24-12-1\"\nseed = 721\nstrategy = \"walk\"\npolish = true\nbits = [8, 53]\n";
    agree(&bisected(request), "24-12-1", 721, "--polish");
}

/// The bits that a victim needs, with the exact run's trace.
fn need(victim: &Shallow<f64>, strategy: Strategy, seed: u64) -> (Need, Trace<Rational>) {
    let settings = Settings { strategy, options: Options { seed, ..Options::default() }, ..Settings::default() };
    let exact = run_cell(victim, &Cell::EXACT, &settings, None);
    let inputs = Inputs::random(victim.shape().inputs, 100, seed);
    let need = Recovered::new(&exact, &inputs).unwrap().bits(&settings, &|_| {}).unwrap();
    (need, exact.trace.unwrap())
}

/// A unit with an output weight of 2^-9 of what it was asks for more bits.
#[test]
fn a_weak_unit_is_the_one_that_asks() {
    let shape = "10-5-1".parse().unwrap();
    for (strategy, seed) in [(Strategy::Textbook, 3), (Strategy::Walk, 5)] {
        let victim = random(shape, seed, Dtype::F64);
        let mut output = victim.output().clone();
        output[(0, 2)] *= 2f64.powi(-9);
        let weak =
            Shallow::new(victim.hidden().clone(), victim.hidden_bias().to_vec(), output, victim.output_bias().to_vec());
        let (before, _) = need(&victim, strategy, seed);
        let (after, trace) = need(&weak.unwrap(), strategy, seed);
        let bits = |need: &Need| need.found.bits.unwrap();
        assert!(bits(&after) >= bits(&before) + 4, "{before:?} {after:?}");
        // The row that, up to a factor, is that of unit 2.
        let truth = victim.hidden().row(2);
        let is_weak = |signature: &Signature<Rational>| {
            let scale = truth[signature.reference];
            let mut entries = signature.row.iter().zip(truth);
            entries.all(|(entry, w)| (f64::nearest(entry, ()) - w / scale).abs() < 1e-12)
        };
        let weak = trace.signatures().iter().find(|signature| is_weak(signature)).unwrap();
        let asked = after.asked_by.unwrap();
        assert_eq!(asked.units.first(), Some(&weak.item), "{asked:?}");
        let early = [Stage::Locate, Stage::Signature, Stage::Orientation].map(Part::Stage);
        assert!(early.contains(&asked.part), "{asked:?}");
    }
}

/// Where answers determine no sides, a network is complete when its canonical form is: units that share a hyperplane,
/// and more units than inputs.
#[test]
fn sides_that_answers_do_not_determine_are_not_asked_for() {
    let rows = Matrix::from_rows(2, vec![vec![1.0, 0.5], vec![-1.0, -0.5], vec![0.25, -1.0]]).unwrap();
    let output = Matrix::from_rows(3, vec![vec![1.0, 1.0, 0.5]]).unwrap();
    let shared = Shallow::new(rows, vec![0.25, -0.25, 0.5], output, vec![0.0]).unwrap();
    let wide = random("3-5-1".parse().unwrap(), 3, Dtype::F64);
    for victim in [shared, wide] {
        let inputs = Inputs::random(victim.shape().inputs, 10, 0);
        let reference = Reference::new(&victim, &inputs);
        for strategy in [Strategy::Textbook, Strategy::Walk] {
            let settings = Settings { strategy, ..Settings::default() };
            let exact = run_cell(&victim, &Cell::EXACT, &settings, None);
            assert!(matches!(exact.trace.as_ref().unwrap().orientation(), Some(Orientation::Canonical(_))));
            let found = Recovered::new(&exact, &inputs).unwrap().bits(&settings, &|_| {}).unwrap();
            let bits = found.found.bits.expect("a number");
            // The number is that of the victim itself.
            let complete = |bits: u32| {
                let cell = Cell::tolerant(Arithmetic::Exact, Arithmetic::F64).through(Some(bits));
                judge(&victim, run_cell(&victim, &cell, &settings, None), &reference).is_complete()
            };
            assert!(complete(bits) && !complete(bits - 1), "{strategy:?} {bits}");
            let asked = found.asked_by.expect("more than 8 bits");
            assert_ne!(asked.part, Part::Stage(Stage::Orientation));
        }
    }
}

#[test]
fn there_is_no_number_without_a_network() {
    let victim = random("3-2-1".parse().unwrap(), 0, Dtype::F64);
    let settings = Settings { limit: Some(10), ..Settings::default() };
    let exact = run_cell(&victim, &Cell::EXACT, &settings, None);
    let inputs = Inputs::random(3, 10, 0);
    assert_eq!(Recovered::new(&exact, &inputs).map(|_| ()), Err(NoBits::NoNetwork));
}

/// A search that is stopped, or runs out of queries, says so and gives no number.
#[test]
fn a_search_cut_short_gives_no_number() {
    let victim = random("6-3-1".parse().unwrap(), 700, Dtype::F64);
    let exact = run_cell(&victim, &Cell::EXACT, &Settings::default(), None);
    let inputs = Inputs::random(6, 10, 0);
    let recovered = Recovered::new(&exact, &inputs).unwrap();
    let limited = Settings { limit: Some(10), ..Settings::default() };
    let stopped = Settings { interrupt: Arc::new(AtomicBool::new(true)), ..Settings::default() };
    let found = [limited, stopped].map(|settings| recovered.bits(&settings, &|_| {}));
    assert!(matches!(found[0], Err(NoBits::CutShort(oracle::Error::Budget { limit: 10, .. }))), "{found:?}");
    assert!(matches!(found[1], Err(NoBits::CutShort(oracle::Error::Interrupted { .. }))), "{found:?}");
}

#[test]
fn a_report_says_it_whatever_the_threads() {
    let command = "run --random 8-4-1 --seed 5 --predict-bits";
    let [one, two] = [1, 2].map(|threads| exactract(&format!("{command} --threads {threads}"), &[]).stdout);
    let told = |text: &str| text[text.find("Complete extraction by the walk").expect("a number")..].to_owned();
    assert_eq!(told(&one), told(&two));
    for word in ["Complete extraction by the textbook attack needs answers of", "the first part to fail is"] {
        assert!(one.contains(word), "{one}");
    }
    let refused = exactract("run --random 3-2-1 --predict-bits --snap f32", &[]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    let spent = exactract("run --random 8-4-1 --seed 5 --predict-bits --max-queries 60", &[]);
    assert_eq!(spent.status, Some(3), "{spent:?}");
}
