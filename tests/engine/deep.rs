//! Networks with two hidden layers, extracted layer after layer.

use exactract::attack::Options;
use exactract::compare::layer_errors;
use exactract::experiment::{DeepFinished, Settings, run_deep};
use exactract::linalg::Matrix;
use exactract::net::{Affine, Draw, Dtype, Network, Sameness, random_deep, same};
use exactract::num::{Num, Rational, Scalar, lift_all};
use exactract::oracle::{Batch, Evaluate, Kernel, Layered};

fn victim(sizes: &str, seed: u64) -> Network<f64> {
    random_deep(&sizes.parse().unwrap(), seed, Dtype::F32).unwrap()
}

fn exact(network: &Network<f64>) -> Network<Rational> {
    network.map(|&w| Rational::lift(w, ()))
}

fn run(victim: &Network<f64>, in_q: bool, seed: u64) -> DeepFinished {
    let options = Options { seed, ..Options::default() };
    run_deep(victim, in_q, &Settings { options, ..Settings::default() }).unwrap()
}

/// A network of these rows, biases behind them.
fn network(layers: &[&[&[f64]]]) -> Network<f64> {
    let layer = |rows: &&[&[f64]]| {
        let weights = Matrix::from_fn(rows.len(), rows[0].len() - 1, |i, j| rows[i][j]);
        Affine::new(weights, rows.iter().map(|row| row[row.len() - 1]).collect()).unwrap()
    };
    Network::new(layers.iter().map(layer).collect()).unwrap()
}

#[test]
fn exact_runs_find_the_victim() {
    for (sizes, seeds) in [("10-10-10-1", 6), ("20-16-16-1", 2), ("12-8-6-4", 6)] {
        for seed in 0..seeds {
            let victim = victim(sizes, seed);
            let run = run(&victim, true, seed);
            assert!(run.stopped.is_none(), "{sizes} {seed}: {:?}", run.stopped);
            assert_eq!(same(&run.network.unwrap(), &exact(&victim)), Sameness::Equal, "{sizes} {seed}");
            let layers = layer_errors(&exact(&victim), &run.layers);
            assert!(layers.iter().all(|layer| layer.error.is_some_and(|error| error.max == f64::NEG_INFINITY)));
        }
    }
}

/// In floating point the weights come out bit for bit, as the floats that they are.
#[test]
fn rounded_runs_find_float_victims_bit_for_bit() {
    for seed in [1, 3, 4] {
        let victim = victim("10-10-10-1", seed);
        let run = run(&victim, false, seed);
        assert!(run.stopped.is_none(), "{seed}: {:?}", run.stopped);
        assert_eq!(same(&run.network.unwrap(), &exact(&victim)), Sameness::Equal, "{seed}");
    }
}

/// Whatever a victim is, a network that an exact run accepts is its function; how many were accepted.
fn accepted(victims: impl Iterator<Item = Network<f64>>) -> usize {
    let mut accepted = 0;
    for (index, victim) in victims.enumerate() {
        let Some(network) = run(&victim, true, index as u64).network else { continue };
        let sameness = same(&network, &exact(&victim));
        assert!(!matches!(sameness, Sameness::Different { .. }), "victim {index}: {sameness:?}");
        accepted += 1;
    }
    accepted
}

#[test]
fn degenerate_victims_are_recovered_or_refused() {
    let first: &[&[f64]] = &[&[1.0, 2.0, -1.0, 0.5], &[-1.0, 1.0, 0.5, 0.25], &[0.5, -0.5, 2.0, -1.0]];
    let cases: Vec<Network<f64>> = vec![
        // No bias anywhere.
        network(&[
            &[&[1.0, 2.0, -1.0, 0.0], &[-1.0, 1.0, 0.5, 0.0]],
            &[&[1.0, -2.0, 0.0], &[-0.5, 1.0, 0.0]],
            &[&[1.0, 1.0, 0.0]],
        ]),
        // A dead unit, and one that is always active, in the second layer.
        network(&[
            first,
            &[&[-1.0, -2.0, -0.5, -1.0], &[1.0, 2.0, 0.5, 1.0], &[1.0, -2.0, 1.0, -0.5]],
            &[&[1.0, 2.0, 3.0, 0.5]],
        ]),
        // All of the second layer is always active: one hidden layer.
        network(&[first, &[&[1.0, 2.0, 0.5, 1.0], &[0.5, 0.25, 1.0, 2.0]], &[&[1.0, -2.0, 0.5]]]),
        // Two rows of the second layer share a hyperplane, one of them turned round.
        network(&[
            first,
            &[&[1.0, -2.0, 1.0, 0.5], &[-2.0, 4.0, -2.0, -1.0], &[1.0, 1.0, -1.0, -0.5]],
            &[&[1.0, 2.0, 3.0, 0.5]],
        ]),
        // Duplicate rows in the first layer.
        network(&[
            &[first[0], first[0], first[1]],
            &[&[1.0, -2.0, 1.0, 0.5], &[-1.0, 3.0, -2.0, 1.0]],
            &[&[1.0, 2.0, 0.5]],
        ]),
        // A unit of the first layer that nothing listens to, and one of the second.
        network(&[
            first,
            &[&[0.0, -2.0, 1.0, 0.5], &[0.0, 3.0, -2.0, 1.0], &[0.0, 1.0, -1.0, 0.0]],
            &[&[1.0, 2.0, 0.0, 0.5]],
        ]),
        // Dependent rows.
        network(&[
            &[&[1.0, 1.0, 0.0, 0.5], &[1.0, -1.0, 0.0, 0.25], &[1.0, 0.0, 0.0, 1.0]],
            &[&[1.0, -2.0, 1.0, 0.5], &[-1.0, 3.0, -2.0, 1.0]],
            &[&[1.0, 2.0, 0.5]],
        ]),
        // Two rows as near as f32 weights can be.
        network(&[
            first,
            &[&[1.0, -2.0, 1.0, 0.5], &[1.0, -2.0, 1.0 + f64::from(f32::EPSILON), 0.5]],
            &[&[1.0, 2.0, 0.5]],
        ]),
        // Constant: nothing is ever active behind the first layer.
        network(&[first, &[&[-1.0, -2.0, -0.5, -1.0]], &[&[1.0, 0.5]]]),
        // Wider than its inputs.
        network(&[&[&[1.0, 0.5], &[-2.0, 0.25], &[0.5, -1.0]], &[&[1.0, -2.0, 1.0, 0.5]], &[&[1.0, 0.5]]]),
    ];
    assert!(accepted(cases.into_iter()) >= 6);
}

/// Small narrow networks, where units are without effect in whole parts of the input space.
#[test]
fn small_victims_are_recovered_or_refused() {
    let shapes = ["2-2-2-1", "3-2-2-1", "3-3-1-1", "4-2-3-2", "3-1-2-1"];
    let victims = shapes.iter().flat_map(|sizes| (0..20).map(move |seed| victim(sizes, seed)));
    let found = accepted(victims);
    assert!(found >= 60, "{found} of 100");
}

#[test]
fn oracles_of_deep_networks_answer_as_the_formula_reads() {
    let mut draw = Draw::new(3, "deep oracles");
    for sizes in ["3-2-1", "4-3-5-2", "3-2-4-3-2"] {
        let victim = victim(sizes, 7);
        let points: Vec<Vec<f64>> = (0..5).map(|_| (0..victim.inputs()).map(|_| draw.dyadic(20)).collect()).collect();
        let exact_points: Vec<_> = points.iter().map(|x| lift_all::<Rational>(x, ())).collect();
        let answers = Layered::exact(&victim).unwrap().evaluate(&Batch::Points(&exact_points));
        let wrapped = victim.map(|&w| Num::<Rational>::lift(w, ()));
        let plain = Layered::new(&wrapped, ()).unwrap().evaluate(&Batch::Points(&exact_points));
        for ((x, answer), plain) in exact_points.iter().zip(answers).zip(plain) {
            let values = |y: Vec<Num<Rational>>| y.into_iter().map(|y| y.0).collect::<Vec<_>>();
            let expected = values(wrapped.forward(x, ()));
            assert_eq!((values(answer), values(plain)), (expected.clone(), expected), "{sizes}");
        }
        let points: Vec<Vec<Num<f64>>> = points.iter().map(|x| x.iter().map(|&x| Num(x)).collect()).collect();
        let answers = Layered::rounded(&victim, Kernel::Portable).unwrap().evaluate(&Batch::Points(&points));
        for (x, answer) in points.iter().zip(answers) {
            let bits = |y: Vec<Num<f64>>| y.into_iter().map(|y| y.0.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(answer), bits(victim.map(|&w| Num(w)).forward(x, ())), "{sizes}");
        }
    }
}
