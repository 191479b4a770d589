//! Victims that are no textbook case: the exact run returns an equal function, or says what stops it.

use exactract::attack::{Options, Strategy as Attack};
use exactract::compare::{Equality, Inputs, Reference, equality, judge};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, random};
use exactract::num::{Rational, Scalar};
use proptest::prelude::*;

/// A network with these hidden rows and biases, output rows and biases.
fn network(hidden: &[&[f64]], hidden_bias: &[f64], output: &[&[f64]], output_bias: &[f64]) -> Shallow<f64> {
    let matrix = |rows: &[&[f64]]| {
        Matrix::from_rows(rows[0].len(), rows.iter().map(|row| row.to_vec()).collect()).expect("rows of one length")
    };
    Shallow::new(matrix(hidden), hidden_bias.to_vec(), matrix(output), output_bias.to_vec()).expect("a network")
}

/// Runs both exact attacks and asks for an equal function.
fn assert_recovered(victim: &Shallow<f64>) {
    for strategy in [Attack::Textbook, Attack::Walk] {
        let run = run_cell(victim, &Cell::EXACT, &Settings { strategy, ..Settings::default() }, None);
        assert!(run.stopped.is_none(), "{} stopped: {:?}", strategy.name(), run.stopped);
        let truth = victim.map(|&w| Rational::lift(w, ()));
        assert_eq!(equality(&truth, run.network().expect("a network")), Equality::Equal, "{}", strategy.name());
    }
}

#[test]
fn zero_biases() {
    assert_recovered(&network(&[&[1.0, 2.0], &[-3.0, 1.0]], &[0.0, 0.0], &[&[1.0, -2.0]], &[0.0]));
}

#[test]
fn rows_and_output_weights_of_zeros() {
    let hidden: &[&[f64]] = &[&[0.0, 0.0], &[1.0, 1.0], &[0.0, 0.0], &[2.0, -1.0]];
    assert_recovered(&network(hidden, &[3.0, 1.0, -2.0, 0.5], &[&[1.0, 1.0, 1.0, 0.0]], &[1.0]));
}

#[test]
fn a_constant_function() {
    assert_recovered(&network(&[&[1.0, 1.0]], &[1.0], &[&[0.0], &[0.0]], &[2.0, -1.0]));
}

#[test]
fn an_affine_function_of_units_that_cancel() {
    // relu(z) − relu(−z) = z.
    assert_recovered(&network(&[&[1.0, 2.0], &[-1.0, -2.0]], &[1.0, -1.0], &[&[1.0, -1.0]], &[0.0]));
}

#[test]
fn units_on_one_hyperplane() {
    let parallel: &[&[f64]] = &[&[1.0, 2.0, 0.5], &[2.0, 4.0, 1.0], &[1.0, 0.0, 1.0]];
    assert_recovered(&network(parallel, &[1.0, 2.0, 0.0], &[&[1.0, 3.0, 1.0]], &[0.0]));
    let opposite: &[&[f64]] = &[&[1.0, 2.0, 0.5], &[-2.0, -4.0, -1.0], &[1.0, 0.0, 1.0]];
    assert_recovered(&network(opposite, &[1.0, -2.0, 0.0], &[&[1.0, 3.0, 1.0]], &[0.0]));
}

#[test]
fn parallel_hyperplanes_near_and_far() {
    let hidden: &[&[f64]] = &[&[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0]];
    assert_recovered(&network(hidden, &[1.0, 1.0 + f64::EPSILON, -7.0], &[&[1.0, 2.0, -4.0]], &[0.0]));
}

#[test]
fn kinks_far_out() {
    for exponent in [20, 40, 60, 100, 600, 1000] {
        let far = 2f64.powi(exponent);
        let hidden: &[&[f64]] = &[&[1.0, -1.0], &[0.5, 2.0]];
        assert_recovered(&network(hidden, &[far, 0.25], &[&[1.0, 1.0]], &[0.0]));
    }
}

#[test]
fn weights_of_all_sizes() {
    let hidden: &[&[f64]] = &[&[f64::MIN_POSITIVE, 1e-300], &[1e300, -3.0], &[f64::from_bits(1), 0.0], &[1.0, 1e-30]];
    assert_recovered(&network(hidden, &[1e-10, 1.0, 5e-324, f64::MAX], &[&[1.0, 1e-200, -2.0, 1e-308]], &[0.5]));
}

#[test]
fn one_input_one_unit() {
    for (weight, bias) in [(1.0, 0.0), (-2.0, 3.0), (1e-9, 1.0), (1e9, 1.0)] {
        assert_recovered(&network(&[&[weight]], &[bias], &[&[1.5]], &[0.25]));
    }
}

#[test]
fn entries_of_zero_in_most_rows() {
    let hidden: &[&[f64]] = &[&[1.0, 0.0, 0.0, 0.0], &[0.0, 1.0, 0.0, 0.0], &[0.0, 0.0, 0.0, 3.0]];
    assert_recovered(&network(hidden, &[1.0, 1.0, -1.0], &[&[1.0, 0.0, 2.0], &[0.0, 1.0, 0.0]], &[0.0, 0.0]));
}

#[test]
fn outputs_that_share_no_unit() {
    let hidden: &[&[f64]] = &[&[1.0, 0.5], &[0.25, -1.0]];
    assert_recovered(&network(hidden, &[1.0, 1.0], &[&[1.0, 0.0], &[0.0, 1.0], &[0.0, 0.0]], &[0.0, 0.0, 3.0]));
}

/// The first row has a zero at the second one's reference coordinate: what its kink adds to a
/// difference and to its mixed one fits together, and only the whole row shows it.
#[test]
fn spoiled_ratios_that_agree_with_each_other() {
    assert_recovered(&network(&[&[0.0, -1.0], &[2.25, 1.0]], &[-0.25, 0.0], &[&[1.0, -1.0]], &[-2.0]));
}

fn entry() -> impl Strategy<Value = f64> {
    prop_oneof![4 => (-2i8..=2).prop_map(f64::from), 1 => (-9i8..=9).prop_map(|n| f64::from(n) / 4.0)]
}

/// Small networks in which every coincidence is likely: zeros, duplicates, opposite and parallel rows.
fn coincidences() -> impl Strategy<Value = Shallow<f64>> {
    (1usize..4, 1usize..6, 1usize..3).prop_flat_map(|(inputs, units, outputs)| {
        let entries = |n: usize| prop::collection::vec(entry(), n);
        (entries(inputs * units), entries(units), entries(units * outputs), entries(outputs)).prop_map(
            move |(hidden, hidden_bias, output, output_bias)| {
                let hidden = Matrix::from_entries(units, inputs, hidden).expect("sizes");
                let output = Matrix::from_entries(outputs, units, output).expect("sizes");
                Shallow::new(hidden, hidden_bias, output, output_bias).expect("a network")
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_small_network_is_recovered(victim in coincidences()) {
        assert_recovered(&victim);
    }
}

/// Runs both attacks in `f64` and asks for all kinks and every label.
fn assert_found(victim: &Shallow<f64>, seed: u64) {
    let inputs = Inputs::random(victim.shape().inputs, 50, seed);
    for strategy in [Attack::Textbook, Attack::Walk] {
        let settings = Settings { strategy, options: Options { seed, ..Options::default() }, ..Settings::default() };
        let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
        let found = judge(victim, run_cell(victim, &cell, &settings, None), &Reference::new(victim, &inputs));
        assert_eq!(found.missing, [], "{} {:?}", strategy.name(), found.run.stopped);
        let fidelity = found.fidelity.unwrap_or_else(|| panic!("{} {:?}", strategy.name(), found.run.stopped));
        assert_eq!(fidelity.same, fidelity.total, "{}", strategy.name());
    }
}

/// The unit of `relu(x − y)` at a seed whose check asks where it is not active: the answer there is zero.
#[test]
fn one_unit_and_no_bias_in_f64() {
    (0..8).for_each(|seed| assert_found(&network(&[&[1.0, -1.0]], &[0.25], &[&[1.0]], &[0.0]), seed));
}

/// Answers are zero where no unit is active and no bias is there: what is left of them is rounding.
#[test]
fn answers_of_zero_in_f64() {
    for seed in 0..200 {
        let shapes = ["4-2-1", "1-5-1", "2-1-1", "3-3-2", "6-4-3"];
        let plain = random(shapes[seed as usize % shapes.len()].parse().unwrap(), seed, Dtype::F64);
        // Without output biases; every other one without any, every third with a dead output.
        let hidden_bias = if seed % 2 == 0 { plain.hidden_bias().to_vec() } else { vec![0.0; plain.shape().hidden] };
        let dead = |o: usize| seed % 3 == 0 && o > 0;
        let output = Matrix::from_fn(plain.shape().outputs, plain.shape().hidden, |o, i| {
            if dead(o) { 0.0 } else { plain.output()[(o, i)] }
        });
        let output_bias = vec![0.0; plain.shape().outputs];
        assert_found(&Shallow::new(plain.hidden().clone(), hidden_bias, output, output_bias).unwrap(), seed);
    }
}

/// The affine part that dependent rows leave counts beside their kinks, however far out these are and
/// whatever another output is like.
#[test]
fn an_affine_part_beside_far_kinks_and_beside_a_weak_output_in_f64() {
    let hidden: &[&[f64]] = &[&[1.0, 0.25], &[-0.5, 1.0], &[0.75, -1.0], &[-1.0, -0.5]];
    for far in [0, 10, 20, 28] {
        let biases = [0.5, -1.25, 1.5, 0.75].map(|b| b * 2f64.powi(far));
        assert_found(&network(hidden, &biases, &[&[1.0, -0.5, 0.25, 1.5]], &[-1.0]), far as u64);
    }
    for weak in [-10, -24, -40] {
        let second = [0.5, 1.0, -0.75, 0.25].map(|a| a * 2f64.powi(weak));
        let output: &[&[f64]] = &[&[1.0, -0.5, 0.25, 1.5], &second];
        assert_found(&network(hidden, &[0.5, -1.25, 1.5, 0.75], output, &[-1.0, 0.0]), 1);
    }
}
