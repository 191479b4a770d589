//! Kinks that lie near to each other: no run takes two for one where answers tell them apart.

#[path = "../../examples/hostile/victims.rs"]
#[allow(dead_code)]
mod victims;

use exactract::attack::Strategy as Attack;
use exactract::compare::{Equality, equality, weight_error};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::linalg::Matrix;
use exactract::net::Shallow;
use exactract::num::{Rational, Scalar};
use proptest::prelude::*;
use victims::{Kind, victim};

const BOTH: [Attack; 2] = [Attack::Textbook, Attack::Walk];

fn truth(victim: &Shallow<f64>) -> Shallow<Rational> {
    victim.map(|&w| Rational::lift(w, ()))
}

fn settings(strategy: Attack, seed: u64) -> Settings {
    let mut settings = Settings { strategy, ..Settings::default() };
    settings.options.seed = seed;
    settings
}

/// Two parallel hyperplanes with strengths 2 and `ratio` times that, and a third one.
fn pair(apart: f64, ratio: f64) -> Shallow<f64> {
    let rows = [[1.0, 2.0], [1.0, 2.0], [3.0, -1.0]];
    let hidden = Matrix::from_fn(3, 2, |i, j| rows[i][j]);
    let output = Matrix::from_fn(1, 3, |_, i| [2.0, 2.0 * ratio, 1.0][i]);
    Shallow::new(hidden, vec![0.5, 0.5 + apart, 0.25], output, vec![0.0]).expect("a network")
}

/// What an exact run may end with: the victim, or no network.
fn assert_never_wrong(victim: &Shallow<f64>, strategy: Attack, seed: u64) -> Result<bool, TestCaseError> {
    let run = run_cell(victim, &Cell::EXACT, &settings(strategy, seed), None);
    if let Some(network) = run.network() {
        prop_assert_eq!(equality(&truth(victim), network), Equality::Equal, "{}", strategy.name());
    }
    Ok(run.network().is_some())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_pair_of_near_kinks_is_never_taken_for_one(seed in any::<u64>(), rows in any::<bool>(), walk in any::<bool>()) {
        let kind = if rows { Kind::NearRows } else { Kind::NearPairs };
        assert_never_wrong(&victim(kind, seed), BOTH[usize::from(walk)], seed)?;
    }
}

#[test]
fn kinks_that_bend_against_each_other_are_told_apart() {
    // The crossing of the outer lines lies outside of such a pair, where the function follows both.
    for apart in [8, 12, 17, 20, 33, 47, 60].map(|k: i32| 2f64.powi(-k)) {
        for ratio in [-0.5, 0.5, -2.0, -0.999, 1.0] {
            let victim = if apart < 2f64.powi(-50) { near_zero(apart, ratio) } else { pair(apart, ratio) };
            for strategy in BOTH {
                let whole = assert_never_wrong(&victim, strategy, 0).expect("equal, or no network");
                assert!(whole, "{}: no network for a pair {apart:e} apart, ratio {ratio}", strategy.name());
            }
        }
    }
}

/// The same through the origin, where floats lie closer together.
fn near_zero(apart: f64, ratio: f64) -> Shallow<f64> {
    let plain = pair(0.0, ratio);
    Shallow::new(plain.hidden().clone(), vec![0.0, apart, 0.25], plain.output().clone(), vec![0.0]).expect("a network")
}

#[test]
fn rounded_answers_tell_pairs_apart_that_lie_above_their_noise() {
    for apart in [14, 20, 26].map(|k: i32| 2f64.powi(-k)) {
        for strategy in BOTH {
            let victim = pair(apart, -0.5);
            let run =
                run_cell(&victim, &Cell::tolerant(Arithmetic::F64, Arithmetic::F64), &settings(strategy, 0), None);
            // A textbook run may stop, since the step of a second difference does not fit between such kinks.
            if let Some(network) = run.network() {
                let error = weight_error(&truth(&victim), network);
                assert_eq!((error.found, error.kinks), (3, 3), "{}: a pair {apart:e} apart", strategy.name());
            }
        }
    }
}
