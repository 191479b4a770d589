//! Snap: weights of few bits come back exactly, and nothing else comes back at all.

use crate::common::exactract;
use exactract::attack::Strategy as Attack;
use exactract::attack::snap::{Grid, Place, Precision, Unsnapped, snap};
use exactract::compare::{Equality, equality};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::format::{self, Dtype};
use exactract::linalg::Matrix;
use exactract::net::{Draw, Shallow, Shape, random};
use exactract::num::{Exact, Rational, Scalar};
use proptest::prelude::*;

/// Rounded to `bits` significant bits, ties away from zero.
fn cut(x: f64, bits: i32) -> f64 {
    let dropped = f64::MANTISSA_DIGITS - bits as u32;
    f64::from_bits((x.to_bits() + (1 << (dropped - 1))) & !((1 << dropped) - 1))
}

fn victim(shape: &str, seed: u64, grid: Grid) -> Shallow<f64> {
    random(shape.parse().expect("a shape"), seed, Dtype::F64).map(|&w| cut(w, grid.bits()))
}

fn exact(network: &Shallow<f64>) -> Shallow<Rational> {
    network.map(|&w| Rational::lift(w, ()))
}

/// The network of an f64 walk, and how precisely it is known; `None` where the walk stops.
fn walked(victim: &Shallow<f64>, polish: bool) -> Option<(Shallow<Rational>, Precision)> {
    let mut settings = Settings { strategy: Attack::Walk, ..Settings::default() };
    (settings.options.polish, settings.options.faint) = (polish, polish);
    let run = run_cell(victim, &Cell::tolerant(Arithmetic::F64, Arithmetic::F64), &settings, None);
    Some((run.network()?.clone(), Precision::of(run.trace.as_ref()?, run.cell.bits())))
}

fn copy(victim: &Shallow<f64>) -> (Shallow<Rational>, Precision) {
    walked(victim, true).expect("a network")
}

fn snapped(victim: &Shallow<f64>, grid: Grid) -> Result<Shallow<Rational>, Unsnapped> {
    let (copy, precision) = copy(victim);
    snap(&copy, &precision, grid)
}

/// A victim with hidden weights changed, by row and input.
fn changed(victim: &Shallow<f64>, weight: impl Fn(usize, usize, f64) -> f64) -> Shallow<f64> {
    let shape = victim.shape();
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |i, j| weight(i, j, victim.hidden()[(i, j)]));
    let (bias, output) = (victim.hidden_bias().to_vec(), victim.output().clone());
    Shallow::new(hidden, bias, output, victim.output_bias().to_vec()).expect("a network")
}

#[test]
fn weights_of_few_bits_come_back_exactly() {
    let cases = [("60-5-1", Grid::F32), ("40-4-3", Grid::F32), ("60-20-4", Grid::F16), ("60-20-1", Grid::Bf16)];
    for (shape, grid) in cases {
        for seed in 0..3 {
            let victim = victim(shape, seed, grid);
            let found = snapped(&victim, grid).unwrap_or_else(|e| panic!("{shape}, seed {seed}: {e}"));
            assert_eq!(equality(&exact(&victim), &found), Equality::Equal);
            assert!(found.parameters().all(|w| cut(f64::nearest(w, ()), grid.bits()) == f64::nearest(w, ())));
        }
    }
}

#[test]
fn zeros_are_told_from_small_weights() {
    let grid = Grid::F16;
    let mut draw = Draw::new(5, "zeros");
    let mut entry = |zero: bool| if zero { 0.0 } else { cut(draw.dyadic(30), grid.bits()) };
    let hidden = Matrix::from_fn(6, 24, |i, j| entry((i + j) % 3 == 0));
    let bias = (0..6).map(|_| entry(false)).collect();
    let output = Matrix::from_fn(3, 6, |o, i| entry(o == i));
    let victim = Shallow::new(hidden, bias, output, vec![0.0, 0.5, -1.0]).expect("a network");
    let found = snapped(&victim, grid).expect("an exact network");
    assert_eq!(equality(&exact(&victim), &found), Equality::Equal);
    // The same with one of the zeros, in a column of large weights, as small as rounding leaves it unseen.
    let small = changed(&victim, |i, j, w| if (i, j) == (1, 2) { 2f64.powi(-100) } else { w });
    match snapped(&small, grid) {
        Ok(found) => assert_eq!(equality(&exact(&small), &found), Equality::Equal),
        Err(reason) => assert!(matches!(reason, Unsnapped::Ambiguous { .. }), "{reason}"),
    }
}

/// Columns that weight decay has left: of any size that `f32` has, or zero.
#[test]
fn small_columns_are_measured_at_their_own_size() {
    for grid in [Grid::F32, Grid::Bf16] {
        let victim = victim("20-8-3", 3, grid);
        for size in [-6, -12, -20, -40, -60, -90, -126, -149, -2000] {
            let decayed = changed(&victim, |_, j, w| if j >= 15 { w * 2f64.powi(size) } else { w });
            let found = snapped(&decayed, grid).unwrap_or_else(|e| panic!("2^{size}: {e}"));
            assert_eq!(equality(&exact(&decayed), &found), Equality::Equal, "2^{size}");
        }
    }
}

#[test]
fn small_output_weights_are_measured_where_their_unit_is_alone() {
    let plain = victim("20-6-3", 4, Grid::F32);
    for size in [-20, -60, -149, -2000] {
        let output =
            Matrix::from_fn(3, 6, |o, i| plain.output()[(o, i)] * if o == i % 3 { 2f64.powi(size) } else { 1.0 });
        let (hidden, bias) = (plain.hidden().clone(), plain.hidden_bias().to_vec());
        let victim = Shallow::new(hidden, bias, output, vec![0.0; 3]).expect("a network");
        let found = snapped(&victim, Grid::F32).unwrap_or_else(|e| panic!("2^{size}: {e}"));
        assert_eq!(equality(&exact(&victim), &found), Equality::Equal, "2^{size}");
    }
}

#[test]
fn a_bias_that_may_be_zero_stays_open_unless_all_are_zero() {
    let plain = victim("20-4-2", 6, Grid::F32);
    let with = |bias: Vec<f64>, output: Vec<f64>| {
        Shallow::new(plain.hidden().clone(), bias, plain.output().clone(), output).expect("a network")
    };
    let unbiased = with(vec![0.0; 4], vec![0.0; 2]);
    assert_eq!(equality(&exact(&unbiased), &snapped(&unbiased, Grid::F32).expect("a network")), Equality::Equal);
    for small in [0.0, 2f64.powi(-100)] {
        let reason = snapped(&with(vec![0.5, small, -0.25, 0.75], vec![1.0, 2.0]), Grid::F32).expect_err("ambiguous");
        let Unsnapped::Ambiguous { open, first, .. } = reason else { panic!("{reason}") };
        assert!(open == 1 && matches!(first, Place::Bias(_)), "{first}");
    }
}

/// Many factors fit rows of integers and of powers of two: they are one candidate, and found in no time.
#[test]
fn factors_that_give_one_row_are_one_candidate() {
    let mut draw = Draw::new(1, "integers");
    for round in 0..6 {
        let mut weight = |_: usize, _: usize| match round % 3 {
            0 => 2f64.powi(draw.below(7) as i32 - 3) * draw.dyadic(1).signum(),
            1 => (1 + draw.below(9)) as f64 * draw.dyadic(1).signum(),
            // An odd factor common to the row moves to the output weight.
            _ => 15.0 * (1 + draw.below(4)) as f64 * draw.dyadic(1).signum(),
        };
        let (hidden, output) = (Matrix::from_fn(4, 64, &mut weight), Matrix::from_fn(1, 4, &mut weight));
        let victim = Shallow::new(hidden, vec![1.0, -2.0, 7.0, 0.5], output, vec![0.25]).expect("a network");
        for grid in Grid::ALL {
            let start = std::time::Instant::now();
            let found = snapped(&victim, grid).unwrap_or_else(|e| panic!("{} in round {round}: {e}", grid.name()));
            assert_eq!(equality(&exact(&victim), &found), Equality::Equal);
            assert!(start.elapsed().as_secs() < 60);
        }
    }
}

#[test]
fn few_entries_do_not_tell_a_row() {
    let reason = snapped(&victim("2-1-1", 3, Grid::F32), Grid::F32).expect_err("ambiguous");
    assert!(matches!(reason, Unsnapped::Ambiguous { open: 2, rows: 1, .. }), "{reason}");
}

#[test]
fn weights_of_more_bits_are_off_the_grid() {
    let off = Unsnapped::Off(Place::Row(0));
    for grid in [Grid::Bf16, Grid::F16] {
        assert_eq!(snapped(&victim("30-6-2", 1, Grid::F32), grid), Err(off.clone()));
    }
    let f64s = random("30-2-1".parse().expect("a shape"), 1, Dtype::F64);
    assert_eq!(snapped(&f64s, Grid::F32), Err(off));
}

/// No grid, too large an error, several fits, a missing unit: each says which it was.
#[test]
fn messages_say_what_stands_in_the_way() {
    let coarse = "run --random 40-3-1 --weights f32 --strategy walk --snap f32 -q --answer-bits 40";
    let coarse = exactract(coarse, &[]).stdout;
    assert!(coarse.contains("is too large: answers lack"), "{coarse}");
    let several = exactract("run --random 2-1-1 --seed 3 --weights f32 --snap f32 -q", &[]);
    assert!(several.stdout.contains("ambiguous: 2 weights of 1 row may each be one of several floats"), "{several:?}");
    assert!(several.stdout.contains("more bits of each answer would decide"), "{several:?}");
    assert_eq!(several.status, Some(1));
    // A unit that no line sees, since the others' rounding hides it.
    let victim = victim("30-5-1", 2, Grid::F32);
    let weak = Matrix::from_fn(1, 5, |_, i| victim.output()[(0, i)] * if i == 2 { 2f64.powi(-60) } else { 1.0 });
    let (hidden, bias) = (victim.hidden().clone(), victim.hidden_bias().to_vec());
    let weak = Shallow::new(hidden, bias, weak, victim.output_bias().to_vec()).expect("a network");
    assert_eq!(snapped(&weak, Grid::F32), Err(Unsnapped::Hidden));
}

#[test]
fn nothing_is_saved_where_nothing_is_snapped() {
    let folder = tempfile::tempdir().expect("a folder");
    let [file, save] = ["victim.npz", "copy.npz"].map(|name| folder.path().join(name));
    format::write(&file, &victim("2-1-1", 3, Grid::F32), Dtype::F64).expect("a file");
    let said = exactract("run --snap f32 -q", &[file.as_os_str(), "--save".as_ref(), save.as_os_str()]);
    assert!(said.status == Some(1) && said.stderr.contains("nothing is saved in"), "{said:?}");
    assert!(!save.exists());
}

#[test]
fn the_command_says_what_came_of_it() {
    let yes = exactract("run --random 40-3-1 --weights f32 --strategy walk --snap auto -q", &[]);
    assert_eq!(yes.status, Some(0));
    assert!(yes.stdout.contains("Snapped to f32") && yes.stdout.contains("the victim on all of R^40"), "{yes:?}");
    let no = exactract("run --random 40-3-1 --strategy walk --snap f16 -q", &[]);
    assert!(no.stdout.contains("Not snapped (f16: no factor brings row 0 onto the grid)"), "{no:?}");
    assert_eq!(no.status, Some(1));
    let record = exactract("run --random 40-3-1 --weights f32 --strategy walk --snap auto --json -", &[]).json();
    let snapped = &record["runs"]["rounded"]["snapped"];
    assert_eq!((&snapped["kind"], &snapped["equal"]), (&"f32".into(), &true.into()));
    let rounds = record["polish"].as_array().expect("rounds");
    assert_eq!((rounds.len(), &rounds[1]["measured"], &rounds[1]["queries"]), (2, &3.into(), &(3 * 42 + 1).into()));
    let off = exactract("run --random 40-3-1 --strategy walk --snap f16 --json -", &[]).json();
    let off = &off["runs"]["rounded"]["snapped"];
    assert!(off["kind"].is_null() && off["equal"].is_null() && off["verdict"].is_string());
    let plain = exactract("run --random 40-3-1 --strategy walk --json -", &[]).json();
    assert!(plain["runs"]["rounded"]["snapped"].is_null() && plain["polish"].is_null());
    let refused = exactract("run --random 3-2-1 --strategy textbook --snap f32", &[]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("refine a walk"));
}

/// A small victim of some kind, with weights that rounding hides.
fn hidden_weights(shape: Shape, seed: u64, kind: u32, flaw: u32, size: i32) -> Shallow<f64> {
    let mut draw = Draw::new(seed, "hidden weights");
    let mut weight = || match kind {
        0 => cut(draw.normal(), 8),
        1 => cut(draw.normal(), 11),
        2 => cut(draw.normal(), 24),
        3 => (1 + draw.below(9)) as f64 * draw.dyadic(1).signum(),
        4 => 2f64.powi(draw.below(9) as i32 - 4) * draw.dyadic(1).signum(),
        _ => 21.0 * (1 + draw.below(5)) as f64 * draw.dyadic(1).signum(),
    };
    let plain = Matrix::from_fn(shape.hidden, shape.inputs, |_, _| weight());
    let bias: Vec<f64> = (0..shape.hidden).map(|_| weight()).collect();
    let output = Matrix::from_fn(shape.outputs, shape.hidden, |_, _| weight());
    let output_bias: Vec<f64> = (0..shape.outputs).map(|_| weight()).collect();
    let mut draw = Draw::new(seed, "flaws");
    let column: Vec<bool> = (0..shape.inputs).map(|_| draw.below(3) == 0).collect();
    let mut flawed = |j: usize, w: f64| match flaw {
        0 => w,
        1 if column[j] => w * 2f64.powi(size),
        2 if draw.below(6) == 0 => w * 2f64.powi(size),
        3 if draw.below(3) == 0 => 0.0,
        4 if column[j] => 0.0,
        5 if column[j] => w * 2f64.powi(size - draw.below(20) as i32),
        6 if draw.below(6) == 0 => [0.0, w * 2f64.powi(size)][draw.below(2)],
        _ => w,
    };
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |i, j| flawed(j, plain[(i, j)]));
    let bias = bias
        .into_iter()
        .map(|b| if flaw == 7 { flawed(0, b) * [0.0, 1.0, 2f64.powi(size)][(seed % 3) as usize] } else { b });
    Shallow::new(hidden, bias.collect(), output, output_bias).expect("a network")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_network_of_f64_weights_is_snapped(
        inputs in 1usize..12, hidden in 1usize..4, outputs in 1usize..3, seed in 0u64..10_000,
    ) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        for grid in [Grid::Bf16, Grid::F16] {
            prop_assert!(snapped(&victim, grid).is_err());
        }
    }

    /// Whatever the error of a copy, what is snapped is the victim.
    #[test]
    fn an_inexact_copy_is_never_snapped_to_another_network(
        inputs in 1usize..20, hidden in 1usize..4, outputs in 1usize..3, seed in 0u64..10_000, bits in 12i32..60,
    ) {
        for grid in [Grid::Bf16, Grid::F16] {
            let victim = victim(&format!("{inputs}-{hidden}-{outputs}"), seed, grid);
            let mut draw = Draw::new(seed, "noise");
            let mut spoiled = |x: &Rational| {
                let factor = Rational::integer(1).add(&Rational::lift(draw.dyadic(20), ()).mul(&Rational::power_of_two(-bits)));
                x.mul(&factor)
            };
            let (copy, precision) = walked(&victim, false).expect("a network");
            if let Ok(found) = snap(&copy.map(&mut spoiled), &precision, grid) {
                prop_assert_eq!(equality(&exact(&victim), &found), Equality::Equal);
            }
        }
    }

    /// Whatever weights rounding hides, what is snapped is the victim.
    #[test]
    fn hidden_weights_are_never_snapped_to_others(
        inputs in 2usize..16, hidden in 1usize..6, outputs in 1usize..3, seed in 0u64..1_000_000,
        kind in 0u32..6, flaw in 0u32..8, size in -149i32..-11,
    ) {
        let victim = hidden_weights(Shape { inputs, hidden, outputs }, seed, kind, flaw, size);
        let Some((copy, precision)) = walked(&victim, true) else { return Ok(()) };
        for grid in Grid::ALL {
            match snap(&copy, &precision, grid) {
                Ok(found) => prop_assert_eq!(equality(&exact(&victim), &found), Equality::Equal),
                Err(reason) => prop_assert!(!reason.to_string().is_empty()),
            }
        }
    }
}
