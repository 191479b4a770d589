//! How weak a unit may be: `cargo run --release --example weak [SHAPE]`.
//!
//! Random networks whose first unit has output weights `2^-k` of what they were, taken by a walk in
//! f64. Prints a Markdown table: copies with every kink to `2^-8`, copies that lack one, runs
//! without a copy, rows that second differences gave, and the worst weight error of a whole copy.

use exactract::attack::Strategy;
use exactract::compare::weight_error;
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, Shape, random};
use exactract::num::{Rational, Scalar};
use std::error::Error;

const SEEDS: u64 = 24;
const WEAKER: std::ops::RangeInclusive<i32> = 16..=28;

fn main() -> Result<(), Box<dyn Error>> {
    let shape: Shape = std::env::args().nth(1).as_deref().unwrap_or("20-40-1").parse()?;
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    println!("| {shape}, weaker by | whole | a kink lacks | no copy | measured at their kinks | worst weight error |");
    println!("|---|---|---|---|---|---|");
    for by in WEAKER {
        let (mut whole, mut lacking, mut stopped, mut measured, mut worst) = (0, 0, 0, 0, f64::NEG_INFINITY);
        for seed in 0..SEEDS {
            let victim = with_a_weak_unit(shape, seed, by)?;
            let mut settings = Settings { strategy: Strategy::Walk, ..Settings::default() };
            settings.options.seed = seed;
            let run = run_cell(&victim, &cell, &settings, None);
            let Some(copy) = run.network() else {
                stopped += 1;
                continue;
            };
            let weights = weight_error(&victim.map(|&w| Rational::lift(w, ())), copy);
            if weights.found < weights.kinks {
                lacking += 1;
                continue;
            }
            whole += 1;
            worst = weights.error.map_or(worst, |error| worst.max(error.max));
            let rows = run.trace.iter().flat_map(|trace| trace.signatures());
            measured += rows.filter(|row| row.probes.is_some()).count();
        }
        let worst = if whole == 0 { "—".to_owned() } else { format!("2^{worst:.1}") };
        println!("| 2^-{by} | {whole} | {lacking} | {stopped} | {measured} | {worst} |");
    }
    Ok(())
}

fn with_a_weak_unit(shape: Shape, seed: u64, by: i32) -> Result<Shallow<f64>, Box<dyn Error>> {
    let plain = random(shape, seed, Dtype::F64);
    let weaker = |o: usize, j: usize| plain.output()[(o, j)] * if j == 0 { 2f64.powi(-by) } else { 1.0 };
    let output = Matrix::from_fn(shape.outputs, shape.hidden, weaker);
    Ok(Shallow::new(plain.hidden().clone(), plain.hidden_bias().to_vec(), output, plain.output_bias().to_vec())?)
}
