//! The walk: exact where arithmetic is, one query a parameter, and no wrong network.

use crate::common::exactract;
use exactract::attack::Strategy as Attack;
use exactract::compare::{Equality, Inputs, Reference, Spread, dual, equality, weight_error};
use exactract::experiment::{Arithmetic, Cell, Finished, Settings, run_cell};
use exactract::judge::{Policy, Script, Stage};
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, Shape, random};
use exactract::num::{Rational, Scalar};
use exactract::trace::Orientation;
use proptest::prelude::*;
use std::sync::Arc;

const F64: Cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);

fn settings() -> Settings {
    Settings { strategy: Attack::Walk, ..Settings::default() }
}

fn walk(victim: &Shallow<f64>, cell: &Cell) -> Finished {
    run_cell(victim, cell, &settings(), None)
}

fn truth(victim: &Shallow<f64>) -> Shallow<Rational> {
    victim.map(|&w| Rational::lift(w, ()))
}

fn per_parameter(run: &Finished, victim: &Shallow<f64>) -> f64 {
    run.tally.total() as f64 / victim.shape().parameters() as f64
}

#[test]
fn one_output_costs_about_one_query_a_parameter() {
    let victim = random(Shape { inputs: 400, hidden: 12, outputs: 1 }, 3, Dtype::F64);
    for cell in [Cell::EXACT, F64] {
        let run = walk(&victim, &cell);
        assert_eq!(run.stopped, None);
        // 13 gradients for 12 rows, and the search along four lines.
        assert!(per_parameter(&run, &victim) < 1.3, "{}", per_parameter(&run, &victim));
        assert_eq!(run.tally.of(Stage::Orientation) + run.tally.of(Stage::LastLayer), 0);
        assert!(matches!(run.trace.as_ref().and_then(|trace| trace.orientation()), Some(Orientation::Shares(_))));
    }
}

#[test]
fn outputs_share_queries() {
    let victim = random(Shape { inputs: 300, hidden: 20, outputs: 10 }, 1, Dtype::F32);
    for cell in [Cell::EXACT, F64] {
        let run = walk(&victim, &cell);
        assert_eq!(run.stopped, None);
        assert!(per_parameter(&run, &victim) < 0.5, "{}", per_parameter(&run, &victim));
    }
}

#[test]
fn rows_are_oriented_where_there_are_more_of_them_than_inputs_times_outputs_allow() {
    // Six rows of four inputs: dependent for the textbook, but not across two outputs.
    let victim = random(Shape { inputs: 4, hidden: 6, outputs: 2 }, 5, Dtype::F32);
    let run = walk(&victim, &Cell::EXACT);
    assert_eq!(equality(&truth(&victim), run.network().expect("a network")), Equality::Equal);
    assert!(matches!(run.trace.as_ref().and_then(|trace| trace.orientation()), Some(Orientation::Shares(_))));
}

#[test]
fn a_replay_takes_the_path_of_its_script() {
    let victim = random(Shape { inputs: 8, hidden: 6, outputs: 2 }, 4, Dtype::F32);
    let exact = walk(&victim, &Cell::EXACT);
    let script = Arc::new(Script::new(&exact.decisions));
    let replayed = run_cell(&victim, &F64, &settings(), Some(Policy::Replay(script)));
    assert_eq!((replayed.stopped, replayed.tally), (None, exact.tally));
    let signs =
        |decisions: &[exactract::judge::Decision]| decisions.iter().map(|d| (d.key, d.sign)).collect::<Vec<_>>();
    assert_eq!(signs(&replayed.decisions), signs(&exact.decisions));
}

/// On one line this victim has two kinks so close that one of them is not seen: its row, found on
/// another line, lies there on a kink that has a row already.
#[test]
fn a_kink_that_another_hides_costs_no_row() {
    let victim = random(Shape { inputs: 30, hidden: 60, outputs: 1 }, 34, Dtype::F64);
    let mut settings = settings();
    settings.options.seed = 34;
    let run = run_cell(&victim, &F64, &settings, None);
    assert_eq!(run.stopped, None);
    let error = weight_error(&truth(&victim), run.network().expect("a network"));
    assert_eq!(error.found, 60);
    assert!(run.trace.expect("finite").located.kinks.iter().any(|line| line.len() < 60));
}

/// Beside a strong kink a weak one moves answers by less than an eighth of what that does: rounding
/// still tells it.
#[test]
fn a_weak_kink_beside_a_strong_one_is_seen() {
    for seed in [112, 114, 196, 293, 296] {
        let (_, run) = seeded("64-32-10", seed);
        assert!(run.trace.expect("finite").located.kinks.iter().all(|line| line.len() == 32), "{seed}");
    }
}

/// Rows solved for together take on the errors of each other's output weights: kinks whose jump of
/// slopes was taken over a short length are parted by another gradient.
#[test]
fn rows_are_not_solved_for_together_where_that_costs_their_bits() {
    let victim = random("11-23-4".parse().expect("a shape"), 1414, Dtype::F64);
    let run = walk(&victim, &F64);
    assert_eq!(run.stopped, None);
    let error = weight_error(&truth(&victim), run.network().expect("a network"));
    assert_eq!(error.found, 23);
}

fn seeded(shape: &str, seed: u64) -> (Shallow<f64>, Finished) {
    let victim = random(shape.parse().expect("a shape"), seed, Dtype::F64);
    let mut settings = settings();
    settings.options.seed = seed;
    let run = run_cell(&victim, &F64, &settings, None);
    (victim, run)
}

/// Kinks that hide each other on several lines leave a row that is a mixture of two units', one
/// that is missing, or a bias that is taken from between two kinks.
#[test]
fn rows_are_held_against_every_kink() {
    for (shape, seed) in [("100-50-1", 381), ("100-50-1", 220), ("20-40-1", 75), ("20-40-1", 52)] {
        let (victim, run) = seeded(shape, seed);
        let error = weight_error(&truth(&victim), run.network().expect("a network"));
        assert_eq!(error.found, error.kinks);
        assert!(error.error.as_ref().expect("kinks").max < -17.0, "{shape}: {error:?}");
    }
}

/// One unit's jump is so weak that gradients do not confirm its row: it is measured by second
/// differences at its own kink, and its row alone.
#[test]
fn a_row_too_weak_for_gradients_is_measured_at_its_kink() {
    for seed in [6, 8, 12] {
        let victim = crate::common::with_a_weak_unit("20-40-1", seed, 20);
        let mut settings = settings();
        settings.options.seed = seed;
        let run = run_cell(&victim, &F64, &settings, None);
        assert_eq!(run.stopped, None);
        let error = weight_error(&truth(&victim), run.network().expect("a network"));
        assert_eq!((error.found, error.kinks), (40, 40), "{seed}");
        assert!(error.error.as_ref().expect("kinks").max < -15.0, "{seed}: {error:?}");
        let trace = run.trace.expect("finite");
        let rows = trace.signatures();
        assert_eq!(rows.iter().filter(|row| row.probes.is_some()).count(), 1);
        // In ℚ no jump is too weak.
        let exact = run_cell(&victim, &Cell::EXACT, &settings, None);
        assert_eq!(equality(&truth(&victim), exact.network().expect("a network")), Equality::Equal);
        assert!(exact.trace.expect("finite").signatures().iter().all(|row| row.probes.is_none()));
    }
}

/// Answers in f32 blur so many jumps that a few rows measured at their kinks do not settle it.
#[test]
fn what_the_rows_found_do_not_explain_stops_the_run() {
    let victim = random(Shape { inputs: 20, hidden: 40, outputs: 1 }, 22, Dtype::F64);
    let run = walk(&victim, &Cell::tolerant(Arithmetic::F32, Arithmetic::F64));
    let (stage, error) = run.stopped.expect("no network");
    assert_eq!(stage, exactract::judge::Stage::Signature);
    assert!(error.to_string().contains("do not bend them as the 2"), "{error}");
}

/// A kink just beyond the right end of an interval bends the line there less than the check beside
/// that end can tell: both intervals see it.
#[test]
fn a_kink_next_to_an_intervals_end_is_reported_once() {
    for strategy in [Attack::Textbook, Attack::Walk] {
        for (shape, seed) in [("20-40-1", 0), ("50-100-1", 17)] {
            let victim = random(shape.parse().expect("a shape"), seed, Dtype::F64);
            let mut settings = Settings { strategy, ..settings() };
            settings.options.seed = seed;
            let run = run_cell(&victim, &F64, &settings, None);
            assert_eq!(run.stopped, None);
            let lines = run.trace.expect("finite").located.kinks;
            assert_eq!(lines.len(), 4, "{shape}: nothing is left over");
            assert!(lines.iter().all(|kinks| kinks.len() <= victim.shape().hidden), "{shape}");
        }
    }
}

/// At f32 answers fewer bits tell rows apart: whatever comes back, it is not silently wrong.
#[test]
fn what_an_f32_oracle_does_not_tell_is_an_error() {
    for seed in 0..6 {
        let victim = random(Shape { inputs: 20, hidden: 10, outputs: 1 }, seed, Dtype::F32);
        let run = walk(&victim, &Cell::tolerant(Arithmetic::F32, Arithmetic::F64));
        if let Some(copy) = run.network() {
            let error = weight_error(&truth(&victim), copy);
            assert_eq!(error.found, error.kinks, "seed {seed}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn exact_runs_recover_the_victim(inputs in 1usize..12, hidden in 1usize..9, outputs in 1usize..5, seed in 0u64..10_000) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        let run = walk(&victim, &Cell::EXACT);
        prop_assert_eq!(&run.stopped, &None);
        prop_assert_eq!(equality(&truth(&victim), run.network().expect("a network")), Equality::Equal);
    }

    #[test]
    fn f64_runs_find_every_row(inputs in 1usize..40, hidden in 1usize..24, outputs in 1usize..5, seed in 0u64..10_000) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        let run = walk(&victim, &F64);
        prop_assert_eq!(&run.stopped, &None);
        let error = weight_error(&truth(&victim), run.network().expect("a network"));
        prop_assert_eq!(error.found, error.kinks);
    }
}

fn polished() -> Settings {
    let mut settings = settings();
    settings.options.polish = true;
    settings
}

#[test]
fn polish_gains_bits_at_a_second_query_a_parameter() {
    for (outputs, seed) in [(1, 2), (1, 7), (3, 4)] {
        let victim = random(Shape { inputs: 200, hidden: 30, outputs }, seed, Dtype::F64);
        let error = |run: &Finished| {
            let error = weight_error(&truth(&victim), run.network().expect("a network"));
            assert_eq!(error.found, 30);
            error.error.expect("kinks").max
        };
        let (plain, polished) = (walk(&victim, &F64), run_cell(&victim, &F64, &polished(), None));
        assert!(error(&polished) < -40.0 && error(&polished) < error(&plain) - 4.0, "{}", error(&polished));
        assert_eq!(polished.tally.total() - plain.tally.total(), 30 * 202 + 1);
    }
}

/// Errors of the polished rows, before and after, as logarithms of the worst; with what was predicted.
fn rounds(victim: &Shallow<f64>, seed: u64) -> Vec<(f64, f64)> {
    let mut settings = polished();
    settings.options.seed = seed;
    let inputs = Inputs::random(victim.shape().inputs, 1, 0);
    let rounds = dual(victim, &F64, &Reference::new(victim, &inputs), &settings).polish();
    let worst = |spread: Option<Spread>| spread.expect("rows").max;
    rounds.iter().map(|round| (worst(round.error), worst(round.predicted))).collect()
}

/// More units than inputs: no unit can be had alone, but all away from the others.
#[test]
fn dependent_rows_are_polished_apart() {
    for (inputs, hidden, seed) in [(20, 40, 0), (20, 40, 9), (12, 20, 3)] {
        let victim = random(Shape { inputs, hidden, outputs: 1 }, seed, Dtype::F64);
        let rounds = rounds(&victim, seed);
        let (before, after) = (rounds[0].0, rounds[rounds.len() - 1].0);
        assert!(after < before - 1.0, "{before} {after}");
    }
}

/// One row is off by 2^-22.5 and its error is taken for 2^-31: the row measured alone does not agree with
/// it, and a third measurement decides between the two.
#[test]
fn a_row_that_is_worse_than_it_is_taken_for_is_replaced() {
    let victim = random(Shape { inputs: 784, hidden: 128, outputs: 10 }, 2, Dtype::Bf16);
    let mut settings = polished();
    settings.options.seed = 2;
    let run = run_cell(&victim, &F64, &settings, None);
    let rounds = &run.trace.as_ref().expect("finite numbers").polished.rounds;
    assert_eq!(rounds.iter().map(|round| round.measured).collect::<Vec<_>>(), [0, 128]);
    let error = weight_error(&truth(&victim), run.network().expect("a network"));
    assert!(error.error.expect("kinks").max < -40.0, "{error:?}");
}

/// Nearly dependent rows: points where one unit is alone lie far out, and biases are not known there.
#[test]
fn nearly_dependent_rows_gain_too() {
    for seed in [2, 403] {
        let victim = random(Shape { inputs: 10, hidden: 10, outputs: 1 }, seed, Dtype::F64);
        let rounds = rounds(&victim, seed);
        assert!(rounds[rounds.len() - 1].0 < rounds[0].0 - 2.0, "{rounds:?}");
    }
}

#[test]
fn nothing_is_polished_where_runs_are_exact() {
    let victim = random(Shape { inputs: 12, hidden: 5, outputs: 2 }, 1, Dtype::F64);
    assert_eq!(walk(&victim, &Cell::EXACT).tally, run_cell(&victim, &Cell::EXACT, &polished(), None).tally);
}

#[test]
fn polished_rows_are_not_in_the_ledger() {
    let said = |more: &str| exactract(&format!("run --random 12-4-1 --ledger {more}"), &[]).stdout;
    assert!(said("--polish").contains("Polished rows, and the last layer with them, have no entry"));
    assert!(!said("").contains("Polished rows"));
}

#[test]
fn polish_is_for_the_walk() {
    let refused = exactract("run --random 3-2-1 --polish --strategy textbook", &[]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("refine a walk"));
    assert_eq!(exactract("run --random 12-4-1 --polish -q", &[]).status, Some(0));
}

/// Bounds on rows are the textbook's alone: who asks for bounds gets them.
#[test]
fn the_walk_is_the_default_and_bounds_take_the_textbook() {
    let attack = |more: &str| exactract(&format!("run --random 6-3-1 --json - {more}"), &[]).json()["strategy"].clone();
    for walk in ["", "--ledger", "--polish --certify", "--strategy walk --certify"] {
        assert_eq!(attack(walk), "walk", "{walk}");
    }
    assert_eq!((attack("--certify"), attack("--strategy textbook")), ("textbook".into(), "textbook".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn polish_never_spoils_a_row(inputs in 8usize..40, hidden in 1usize..8, outputs in 1usize..4, seed in 0u64..10_000) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        let run = run_cell(&victim, &F64, &polished(), None);
        prop_assert_eq!(&run.stopped, &None);
        let error = weight_error(&truth(&victim), run.network().expect("a network"));
        prop_assert_eq!(error.found, error.kinks);
        prop_assert!(error.error.expect("kinks").max < -34.0, "{:?}", error);
    }

    /// In any shape rows are as the noise model says, to a few bits, and worse than before only where
    /// that was luck.
    #[test]
    fn rounds_gain_what_is_predicted(inputs in 2usize..24, hidden in 1usize..24, outputs in 1usize..4, seed in 0u64..10_000) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        let rounds = rounds(&victim, seed);
        for pair in rounds.windows(2) {
            prop_assert!(pair[1].0 <= pair[0].0.max(pair[1].1 + 3.0) + 0.5, "{rounds:?}");
        }
        for (error, predicted) in &rounds {
            prop_assert!(*error < predicted + 6.0, "{rounds:?}");
        }
    }
}

#[test]
fn a_walk_says_what_has_no_bound_yet() {
    let said = |more: &str| exactract(&format!("run --random 6-3-1 {more}"), &[]).stdout;
    let unbound = "no bound yet";
    let walk = |more: &str| said(&format!("--strategy walk {more}"));
    assert!(walk("--certify").contains(unbound) && !said("--strategy textbook --certify").contains(unbound));
    assert!(!walk("--ledger").contains(unbound) && !walk("").contains(unbound));
}

/// A line nearly parallel to the only hyperplane: 2^14.8 times less slope than its terms have.
#[test]
fn a_line_along_the_only_hyperplane_is_no_trouble() {
    for (inputs, outputs, seed) in [(30, 1, 23), (36, 3, 8591)] {
        let victim = random(Shape { inputs, hidden: 1, outputs }, seed, Dtype::F64);
        let run = walk(&victim, &F64);
        assert_eq!(run.stopped, None);
        assert_eq!(weight_error(&truth(&victim), run.network().expect("a network")).found, 1);
    }
}

/// Two units of 2^30 that cancel but for 1: all that rounding leaves seems to bend.
#[test]
fn a_search_that_noise_would_keep_going_ends() {
    let hidden = Matrix::from_fn(2, 3, |i, j| 2f64.powi(30) + [0.25, 0.5, 0.75][j] * i as f64);
    let output = Matrix::from_fn(1, 2, |_, j| [1.1, -1.1][j]);
    let victim = Shallow::new(hidden, vec![0.3, 0.7], output, vec![0.1]).expect("finite");
    let run = walk(&victim, &F64);
    let (stage, error) = run.stopped.expect("no network");
    assert_eq!(stage, Stage::Locate);
    assert!(error.to_string().contains("rounded more than their size tells"), "{error}");
}
