//! Snap: weights of few bits come back exactly, and nothing else comes back at all.

mod common;

use common::exactract;
use exactract::attack::Strategy as Attack;
use exactract::attack::snap::{Grid, Unsnapped, snap};
use exactract::compare::{Arithmetic, Cell, Equality, Settings, equality, run_cell};
use exactract::linalg::Matrix;
use exactract::net::{Draw, Network, Shape, Weights, random};
use exactract::num::{Exact, Rational, Scalar};
use proptest::prelude::*;

/// Rounded to `bits` significant bits, ties away from zero.
fn cut(x: f64, bits: i32) -> f64 {
    let dropped = f64::MANTISSA_DIGITS - bits as u32;
    f64::from_bits((x.to_bits() + (1 << (dropped - 1))) & !((1 << dropped) - 1))
}

fn victim(shape: &str, seed: u64, grid: Grid) -> Network<f64> {
    random(shape.parse().expect("a shape"), seed, Weights::F64).map(|&w| cut(w, grid.bits()))
}

fn exact(network: &Network<f64>) -> Network<Rational> {
    network.map(|&w| Rational::lift(w, ()))
}

/// The network of an f64 walk.
fn copy(victim: &Network<f64>, polish: bool) -> Network<Rational> {
    let mut settings = Settings { strategy: Attack::Walk, ..Settings::default() };
    settings.options.polish = polish;
    let run = run_cell(victim, &Cell::tolerant(Arithmetic::F64, Arithmetic::F64), &settings, None);
    assert_eq!(run.stopped, None);
    run.network().expect("a network").clone()
}

#[test]
fn weights_of_few_bits_come_back_exactly() {
    let cases = [("60-5-1", Grid::F32), ("40-4-3", Grid::F32), ("60-20-4", Grid::F16), ("60-20-1", Grid::Bf16)];
    for (shape, grid) in cases {
        for seed in 0..3 {
            let victim = victim(shape, seed, grid);
            let found = snap(&copy(&victim, true), grid).unwrap_or_else(|e| panic!("{shape}, seed {seed}: {e}"));
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
    let victim = Network::new(hidden, bias, output, vec![0.0, 0.5, -1.0]).expect("a network");
    let found = snap(&copy(&victim, true), grid).expect("an exact network");
    assert_eq!(equality(&exact(&victim), &found), Equality::Equal);
}

#[test]
fn few_entries_do_not_tell_a_row() {
    let victim = victim("2-1-1", 3, Grid::F32);
    assert_eq!(snap(&copy(&victim, true), Grid::F32), Err(Unsnapped::Ambiguous { row: 0 }));
}

#[test]
fn weights_of_more_bits_are_off_the_grid() {
    for grid in [Grid::Bf16, Grid::F16] {
        let copy = copy(&victim("30-6-2", 1, Grid::F32), true);
        assert!(matches!(snap(&copy, grid), Err(Unsnapped::Off { row: 0 })));
    }
    let f64s = random("30-2-1".parse().expect("a shape"), 1, Weights::F64);
    assert!(matches!(snap(&copy(&f64s, true), Grid::F32), Err(Unsnapped::Off { row: 0 })));
}

#[test]
fn the_command_says_what_came_of_it() {
    let yes = exactract("run --random 40-3-1 --weights f32 --strategy walk --snap auto -q", &[]);
    assert_eq!(yes.status, Some(0));
    assert!(yes.stdout.contains("Snapped to f32") && yes.stdout.contains("the victim on all of R^40"), "{yes:?}");
    let no = exactract("run --random 40-3-1 --strategy walk --snap f16 -q", &[]);
    assert!(no.stdout.contains("Not snapped (f16: no factor brings row 0 onto the grid)"), "{no:?}");
    let record = exactract("run --random 40-3-1 --weights f32 --strategy walk --snap auto --json -", &[]).json();
    assert_eq!((&record["snap"]["kind"], &record["snap"]["equivalent"]), (&"f32".into(), &true.into()));
    let rounds = record["polish"].as_array().expect("rounds");
    assert_eq!((rounds.len(), &rounds[1]["measured"], &rounds[1]["queries"]), (2, &3.into(), &(3 * 42 + 1).into()));
    let off = exactract("run --random 40-3-1 --strategy walk --snap f16 --json -", &[]).json();
    assert!(off["snap"]["kind"].is_null() && off["snap"]["equivalent"].is_null());
    let plain = exactract("run --random 40-3-1 --strategy walk --json -", &[]).json();
    assert!(plain["snap"].is_null() && plain["polish"].as_array().is_some_and(Vec::is_empty));
    let refused = exactract("run --random 3-2-1 --strategy textbook --snap f32", &[]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("refine a walk"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_network_of_f64_weights_is_snapped(
        inputs in 1usize..12, hidden in 1usize..4, outputs in 1usize..3, seed in 0u64..10_000,
    ) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Weights::F64);
        let copy = copy(&victim, true);
        for grid in [Grid::Bf16, Grid::F16] {
            prop_assert!(snap(&copy, grid).is_err());
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
            let copy = copy(&victim, false).map(&mut spoiled);
            if let Ok(found) = snap(&copy, grid) {
                prop_assert_eq!(equality(&exact(&victim), &found), Equality::Equal);
            }
        }
    }
}
