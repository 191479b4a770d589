//! Bits that the theorems ask for beside bits that the attack needs:
//! `cargo run --release --example proved [SEEDS] [SHAPES]`.
//!
//! Prints a Markdown table. For each victim the smallest number of answer bits at which every entry
//! and bias of every row is off by at most 2^-8 of its scale and every side is right: as it is,
//! and as each form of the bounds of `run --certify` proves it. The oracle is the f64 one, its
//! answers rounded to p bits, and the attack the textbook, whose rows and sides have bounds.

use exactract::attack::Strategy;
use exactract::certify::certify;
use exactract::certify::{Certification, Form, Number, SignBound, Verdict};
use exactract::compare::{Inputs, Reference, dual, threshold};
use exactract::experiment::{Arithmetic, Cell, Settings};
use exactract::judge::{Item, Stage};
use exactract::ledger;
use exactract::net::{Dtype, Shape, random};
use exactract::sweep::{LEAST_BITS, MOST_BITS};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::error::Error;

/// `log2` of the error of a row that is found, relative to its scale.
const FOUND: f64 = -8.0;
/// Queries at which answers are compared, which this table does not need.
const INPUTS: usize = 2;
const SHAPES: [&str; 9] =
    ["784-8-1", "784-16-1", "784-32-1", "784-64-1", "784-128-1", "64-64-1", "128-64-1", "256-64-1", "512-64-1"];

/// What holds at one precision: by the errors themselves, then by form.
const CONDITIONS: usize = 1 + Form::ALL.len();

fn held(shape: Shape, seed: u64, bits: u32) -> [bool; CONDITIONS] {
    let victim = random(shape, seed, Dtype::F64);
    let mut settings = Settings { strategy: Strategy::Textbook, ..Settings::default() };
    settings.options.seed = seed;
    settings.options.record = true;
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64).through(Some(bits));
    let inputs = Inputs::random(shape.inputs, INPUTS, seed);
    let found = dual(&victim, &cell, &Reference::new(&victim, &inputs), &settings);
    let certification = certify(&found, &victim, settings.kernel, &ledger::of_dual(&found, &victim));
    let mut held = [false; CONDITIONS];
    held[0] = sides(&certification, shape, |side| side.verdict != Verdict::Wrong)
        && rows(&certification, shape, |number| Some(number.error()));
    let proved = sides(&certification, shape, |side| side.verdict == Verdict::Certified);
    for form in Form::ALL {
        let bound = |number: &Number| Some(number.bounds[form as usize]?.log2() - number.scale);
        held[1 + form as usize] = proved && rows(&certification, shape, bound);
    }
    held
}

/// Whether every unit has a row, and every number of it has an error of at most 2^-8, by `error`.
fn rows(certification: &Certification, shape: Shape, error: impl Fn(&Number) -> Option<f64>) -> bool {
    let mut stages = certification.stages.iter().filter(|stage| stage.stage == Stage::Signature);
    let Some(numbers) = stages.next().map(|stage| &stage.numbers) else { return false };
    let items: HashSet<Item> = numbers.iter().filter_map(|number| number.item).collect();
    items.len() == shape.hidden && numbers.iter().all(|number| error(number).is_some_and(|error| error <= FOUND))
}

/// Whether every unit has a side for which this is true.
fn sides(certification: &Certification, shape: Shape, is: impl Fn(&SignBound) -> bool) -> bool {
    let mut sides = certification.signs.iter().filter(|sign| sign.stage == Stage::Orientation);
    sides.clone().count() == shape.hidden && sides.all(is)
}

/// The least number of bits for each condition; `None` where the most are too few.
fn least(shape: Shape, seed: u64) -> [Option<u32>; CONDITIONS] {
    let mut known = HashMap::new();
    std::array::from_fn(|condition| {
        let mut at = |bits: u32| known.entry(bits).or_insert_with(|| held(shape, seed, bits))[condition];
        let mut holds = |asked: &[u32]| Ok::<_, Infallible>(asked.iter().map(|&bits| at(bits)).collect());
        match threshold(LEAST_BITS, MOST_BITS, &mut holds) {
            Ok(found) => found.bits,
        }
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut seeds, mut shapes) = (3, Vec::new());
    for word in std::env::args().skip(1) {
        match word.contains('-') {
            true => shapes.push(word.parse::<Shape>()?),
            false => seeds = word.parse()?,
        }
    }
    if shapes.is_empty() {
        shapes = SHAPES.iter().map(|shape| shape.parse()).collect::<Result<_, _>>()?;
    }
    println!("| shape | seeds | as it is | proved, exact answers | certified | running | a priori |");
    println!("|---|---|---|---|---|---|---|");
    for shape in shapes {
        let found: Vec<_> = (0..seeds).map(|seed| least(shape, seed)).collect();
        let median = |condition: usize| {
            let mut bits: Vec<u32> = found.iter().map(|bits| bits[condition].unwrap_or(MOST_BITS + 1)).collect();
            bits.sort_unstable();
            match bits.get(bits.len() / 2) {
                Some(&bits) if bits <= MOST_BITS => bits.to_string(),
                _ => format!("> {MOST_BITS}"),
            }
        };
        let columns: Vec<String> = (0..CONDITIONS).map(median).collect();
        println!("| {shape} | {seeds} | {} |", columns.join(" | "));
    }
    Ok(())
}
