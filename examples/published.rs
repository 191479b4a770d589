//! The published sizes, run twice: `cargo run --release --example published [SEEDS] [WORDS]`.
//!
//! Prints a Markdown table: fidelity, queries, worst weight error and bits lost per stage of the
//! f64 run, beside the exact run. Words, in any order: shapes such as `784-64-1` (without any,
//! 784-{16,32,64,128}-1); `walk` for that strategy, `polish` for a walk with polish; `trained`
//! for victims that tell handwritten digits below five from the others, drawn 28 by 28.

use exactract::attack::Strategy;
use exactract::compare::{Dual, Equality, Inputs, Reference, dual};
use exactract::experiment::{Arithmetic, Cell, Settings};
use exactract::judge::Stage;
use exactract::linalg::Matrix;
use exactract::net::{Draw, Dtype, Samples, Shallow, Shape, Training, random, train};
use std::error::Error;
use std::ops::ControlFlow;

const WIDTHS: [usize; 4] = [16, 32, 64, 128];
const INPUTS: usize = 1000;
const EPOCHS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = Settings { strategy: Strategy::Textbook, ..Settings::default() };
    let (mut seeds, mut shapes, mut trained) = (10, Vec::new(), false);
    for word in std::env::args().skip(1) {
        match word.as_str() {
            "walk" => settings.strategy = Strategy::Walk,
            "polish" => (settings.strategy, settings.options.polish) = (Strategy::Walk, true),
            "textbook" => settings.strategy = Strategy::Textbook,
            "trained" => trained = true,
            word if word.contains('-') => shapes.push(word.parse::<Shape>()?),
            word => seeds = word.parse()?,
        }
    }
    if shapes.is_empty() {
        shapes = WIDTHS.map(|hidden| Shape { inputs: 784, hidden, outputs: 1 }).to_vec();
    }
    println!(
        "| shape | parameters | seeds | exact run equal | f64: all neurons | f64: label fidelity | queries / parameter \
         (f64, exact) | queries / kink | worst weight error, median (worst) | bits lost: critical points | weight \
         ratios | last layer |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for shape in shapes {
        let victim = |seed| if trained { classifier(shape, seed) } else { Ok(random(shape, seed, Dtype::F64)) };
        let runs = (0..seeds).map(|seed| Ok(Attacked::new(&attack(&victim(seed)?, seed, &settings))));
        println!("{}", row(shape, &runs.collect::<Result<Vec<Attacked>, Box<dyn Error>>>()?));
    }
    Ok(())
}

/// A trained classifier whose one output is the difference of its two.
fn classifier(shape: Shape, seed: u64) -> Result<Shallow<f64>, Box<dyn Error>> {
    let side = (1..=shape.inputs).find(|side| side * side >= shape.inputs).unwrap_or(1);
    let digits = exactract::format::digits()?;
    let mut draw = Draw::new(seed, "paper");
    // A digit of 8 by 8, stretched, with a little noise, so that no two pixels are the same.
    let pixel = |i: usize, j: usize| digits.inputs()[(i, (j / side * 8 / side) * 8 + j % side * 8 / side)];
    let inputs = Matrix::from_fn(digits.len(), shape.inputs, |i, j| pixel(i, j) + draw.dyadic(10) / 64.0);
    let samples = Samples::new(inputs, digits.labels().iter().map(|&label| usize::from(label >= 5)).collect())?;
    let training = Training { hidden: shape.hidden, epochs: EPOCHS, seed, ..Training::default() };
    let trained = train(&samples, &training, |_, _| ControlFlow::Continue(()))?.ok_or("stopped")?;
    let network = trained.network;
    let output = Matrix::from_fn(1, shape.hidden, |_, k| network.output()[(1, k)] - network.output()[(0, k)]);
    let bias = vec![network.output_bias()[1] - network.output_bias()[0]];
    Ok(Shallow::new(network.hidden().clone(), network.hidden_bias().to_vec(), output, bias)?)
}

fn attack(victim: &Shallow<f64>, seed: u64, settings: &Settings) -> Dual {
    let inputs = Inputs::random(victim.shape().inputs, INPUTS, seed);
    let mut settings = settings.clone();
    settings.options.seed = seed;
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    dual(victim, &cell, &Reference::new(victim, &inputs), &settings)
}

/// What the table says of two runs; their traces are large.
struct Attacked {
    equal: bool,
    /// Whether the f64 run found all neurons.
    all: bool,
    /// Points with the same label, and all points.
    labels: (usize, usize),
    /// Of the f64 run and the exact run.
    queries: [f64; 2],
    per_kink: Option<f64>,
    worst: Option<f64>,
    /// Bits lost in critical points, weight ratios and the last layer.
    lost: [Option<f64>; 3],
}

impl Attacked {
    fn new(dual: &Dual) -> Self {
        let run = &dual.rounded.run;
        let kinks = run.trace.as_ref().map(|trace| trace.located.kinks.iter().map(Vec::len).sum::<usize>());
        let lost = |stage: Stage| dual.errors.iter().find(|error| error.stage == stage)?.bits_lost;
        Self {
            equal: dual.exact.equality == Some(Equality::Equal),
            all: dual.rounded.weights.as_ref().is_some_and(|weights| weights.found == weights.kinks),
            labels: dual.rounded.fidelity.as_ref().map_or((0, 0), |fidelity| (fidelity.same, fidelity.total)),
            queries: [run, &dual.exact.run].map(|run| run.tally.total() as f64),
            per_kink: kinks.map(|kinks| run.tally.of(exactract::judge::Stage::Locate) as f64 / kinks as f64),
            worst: dual.rounded.weights.as_ref().and_then(|weights| Some(weights.error?.max)),
            lost: [Stage::Locate, Stage::Signature, Stage::LastLayer].map(lost),
        }
    }
}

fn row(shape: Shape, runs: &[Attacked]) -> String {
    let parameters = shape.parameters() as f64;
    let count = |holds: fn(&Attacked) -> bool| runs.iter().filter(|run| holds(run)).count();
    let (same, total) = runs.iter().fold((0, 0), |sum, run| (sum.0 + run.labels.0, sum.1 + run.labels.1));
    let [rounded, exact] = [0, 1].map(|i| median(runs.iter().map(|run| run.queries[i] / parameters)));
    let worst = runs.iter().filter_map(|run| run.worst).fold(f64::NEG_INFINITY, f64::max);
    let [critical, ratios, last] = [0, 1, 2].map(|i| median(runs.iter().filter_map(|run| run.lost[i])));
    format!(
        "| {shape} | {parameters} | {} | {} | {} | {:.2} % | {rounded:.2}, {exact:.2} | {:.1} | 2^{:.1} (2^{worst:.1}) \
         | {critical:.1} | {ratios:.1} | {last:.1} |",
        runs.len(),
        count(|run| run.equal),
        count(|run| run.all),
        100.0 * same as f64 / total as f64,
        median(runs.iter().filter_map(|run| run.per_kink)),
        median(runs.iter().filter_map(|run| run.worst)),
    )
}

/// The middle value; NaN of nothing.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
