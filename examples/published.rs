//! The published sizes, run twice: `cargo run --release --example published [SEEDS]`.
//!
//! Prints a Markdown table of 784-{16,32,64,128}-1, random f64 weights: fidelity, queries,
//! worst weight error and bits lost per stage of the f64 run, beside the exact run.

use exactract::compare::{Arithmetic, Cell, Dual, Equality, Inputs, Reference, Settings, dual};
use exactract::judge::Stage;
use exactract::net::{Shape, Weights, random};

const WIDTHS: [usize; 4] = [16, 32, 64, 128];
const INPUTS: usize = 1000;

fn main() {
    let seeds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10);
    println!(
        "| shape | parameters | seeds | exact run equal | f64: all neurons | f64: label fidelity | queries / parameter \
         (f64, exact) | queries / kink | worst weight error, median (worst) | bits lost: critical points | weight \
         ratios | last layer |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for hidden in WIDTHS {
        let shape = Shape { inputs: 784, hidden, outputs: 1 };
        let runs: Vec<Dual> = (0..seeds).map(|seed| attack(shape, seed)).collect();
        println!("{}", row(shape, &runs));
    }
}

fn attack(shape: Shape, seed: u64) -> Dual {
    let victim = random(shape, seed, Weights::F64);
    let inputs = Inputs::random(shape.inputs, INPUTS, seed);
    let mut settings = Settings::default();
    settings.options.seed = seed;
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    dual(&victim, &cell, &Reference::new(&victim, &inputs), &settings)
}

fn row(shape: Shape, runs: &[Dual]) -> String {
    let parameters = shape.parameters() as f64;
    let count = |holds: &dyn Fn(&Dual) -> bool| runs.iter().filter(|run| holds(run)).count();
    let equal = count(&|run| run.exact.equality == Some(Equality::Equal));
    let all = count(&|run| run.rounded.weights.as_ref().is_some_and(|w| w.found == w.kinks));
    let fidelity = runs.iter().filter_map(|run| run.rounded.fidelity.as_ref());
    let (same, total) = fidelity.fold((0, 0), |(same, total), f| (same + f.same, total + f.total));
    let rounded = median(runs.iter().map(|run| run.rounded.run.tally.total() as f64 / parameters));
    let exact = median(runs.iter().map(|run| run.exact.run.tally.total() as f64 / parameters));
    let kink = runs.iter().filter_map(|run| {
        let kinks: usize = run.rounded.run.trace.as_ref()?.kinks.iter().map(Vec::len).sum();
        Some(run.rounded.run.tally.of(exactract::oracle::Purpose::Locate) as f64 / kinks as f64)
    });
    let errors: Vec<f64> = runs.iter().filter_map(|run| Some(run.rounded.weights.as_ref()?.error?.max)).collect();
    let worst = errors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lost =
        |stage: Stage| median(runs.iter().filter_map(|run| run.errors.iter().find(|e| e.stage == stage)?.bits_lost));
    format!(
        "| {shape} | {parameters} | {} | {equal} | {all} | {:.2} % | {rounded:.2}, {exact:.2} | {:.1} | 2^{:.1} \
         (2^{worst:.1}) | {:.1} | {:.1} | {:.1} |",
        runs.len(),
        100.0 * same as f64 / total as f64,
        median(kink),
        median(errors.iter().copied()),
        lost(Stage::Locate),
        lost(Stage::Signature),
        lost(Stage::LastLayer),
    )
}

/// The middle value; NaN of nothing.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
