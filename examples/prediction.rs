//! Predicted bits beside bisected ones: `cargo run --release --example prediction [WORDS]`.
//!
//! Prints Markdown: for each family of victims how far the prediction from one exact run is from
//! the smallest number of answer bits that a search finds, and every victim that is missed by more
//! than two bits. Words, in any order: `list` for a line a victim; `scatter` for how far the searched
//! number itself moves with another rounding of the answers, and with other lines; names of families
//! to run those alone.

use exactract::attack::{Options, Strategy};
use exactract::compare::{Arithmetic, Cell, Inputs, Reference, Settings, judge, predict, run_cell, threshold};
use exactract::net::{Draw, Dtype, Samples, Shallow, Shape, Training, random, train};
use exactract::sweep::{LEAST_BITS, MOST_BITS};
use std::convert::Infallible;
use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

const INPUTS: usize = 1000;
const STRATEGIES: [Strategy; 2] = [Strategy::Textbook, Strategy::Walk];

/// A victim with what it is called, and the seed of the attack.
struct Victim {
    name: String,
    network: Shallow<f64>,
    seed: u64,
}

impl Victim {
    fn settings(&self, strategy: Strategy) -> Settings {
        let options = Options { seed: self.seed, ..Options::default() };
        Settings { strategy, options, ..Settings::default() }
    }

    fn inputs(&self) -> Inputs {
        Inputs::random(self.network.shape().inputs, INPUTS, self.seed)
    }

    /// The smallest number of answer bits for complete extraction, as a sweep's frontier finds it.
    fn bisected(&self, strategy: Strategy) -> Option<u32> {
        let (inputs, settings) = (self.inputs(), self.settings(strategy));
        let reference = Reference::new(&self.network, &inputs);
        let holds = |&bits: &u32| {
            let cell = Cell::tolerant(Arithmetic::Exact, Arithmetic::F64).through(Some(bits));
            judge(&self.network, run_cell(&self.network, &cell, &settings, None), &reference).is_complete()
        };
        let found =
            threshold(LEAST_BITS, MOST_BITS, &mut |asked| Ok::<_, Infallible>(asked.iter().map(holds).collect()));
        match found {
            Ok(found) => found.bits,
        }
    }
}

/// What was predicted and found of a victim.
struct Row {
    name: String,
    strategy: Strategy,
    predicted: Result<Option<u32>, String>,
    bisected: Option<u32>,
    asked_by: String,
    /// Of the prediction beside that of the exact run.
    cost: f64,
}

impl Row {
    fn of(victim: &Victim, strategy: Strategy) -> Self {
        let settings = victim.settings(strategy);
        let start = Instant::now();
        let exact = run_cell(&victim.network, &Cell::EXACT, &settings, None);
        let run = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let prediction = predict(&exact, strategy, settings.options, &victim.inputs());
        let cost = start.elapsed().as_secs_f64() / run;
        let asked_by = prediction.as_ref().ok().and_then(|p| p.asked_by()).map_or("", |need| need.part.name());
        Self {
            name: victim.name.clone(),
            strategy,
            asked_by: asked_by.to_owned(),
            predicted: prediction.map(|p| p.bits).map_err(|e| e.to_string()),
            bisected: victim.bisected(strategy),
            cost,
        }
    }

    /// Predicted minus bisected; above the range counts as one more than its end.
    fn off(&self) -> Option<i64> {
        let number = |bits: Option<u32>| i64::from(bits.unwrap_or(MOST_BITS + 1));
        match &self.predicted {
            Ok(bits) => Some(number(*bits) - number(self.bisected)),
            // No precision is enough: right where none was found.
            Err(_) => self.bisected.is_none().then_some(0),
        }
    }

    fn line(&self) -> String {
        let shown = |bits: Option<u32>| bits.map_or("> 53".to_owned(), |bits| bits.to_string());
        let predicted = match &self.predicted {
            Ok(bits) => shown(*bits),
            Err(why) => format!("none ({why})"),
        };
        let off = self.off().map_or("—".to_owned(), |off| format!("{off:+}"));
        let (name, strategy, asked_by) = (&self.name, self.strategy.name(), &self.asked_by);
        format!("| {name} | {strategy} | {predicted} | {} | {off} | {asked_by} |", shown(self.bisected))
    }
}

type Made = Result<Vec<Victim>, Box<dyn Error>>;

/// Random networks of shapes and seeds that were not looked at before.
fn randoms(shapes: &[&str], seeds: std::ops::Range<u64>) -> Made {
    let mut victims = Vec::new();
    for text in shapes {
        let shape: Shape = text.parse()?;
        for seed in seeds.clone() {
            let network = random(shape, seed, Dtype::F64);
            victims.push(Victim { name: format!("random {text}, seed {seed}"), network, seed });
        }
    }
    Ok(victims)
}

/// Classifiers of handwritten digits, of ten classes, or below five and not.
fn trained() -> Made {
    let digits = exactract::format::digits()?;
    let halves = digits.labels().iter().map(|&label| usize::from(label >= 5)).collect();
    let halves = Samples::new(digits.inputs().clone(), halves)?;
    let mut victims = Vec::new();
    for (samples, word) in [(&digits, "of ten"), (&halves, "of two")] {
        for hidden in [6, 10, 16, 24] {
            for seed in [70, 71] {
                let training = Training { hidden, epochs: 20, seed, ..Training::default() };
                let found = train(samples, &training, |_, _| ControlFlow::Continue(()))?.ok_or("stopped")?;
                let network = found.network;
                victims.push(Victim {
                    name: format!("digits {word}, {}, seed {seed}", network.shape()),
                    network,
                    seed,
                });
            }
        }
    }
    Ok(victims)
}

/// A random network with one thing wrong, by powers of two.
fn ill(shape: &str, seed: u64, what: &str, size: i32) -> Result<Victim, Box<dyn Error>> {
    let shape: Shape = shape.parse()?;
    let network = random(shape, seed, Dtype::F64);
    let mut draw = Draw::new(seed, "ill");
    let small = 2f64.powi(-size);
    let (mut hidden, mut bias) = (network.hidden().clone(), network.hidden_bias().to_vec());
    let (mut output, outputs) = (network.output().clone(), network.output_bias().to_vec());
    match what {
        "parallel rows" => {
            for j in 0..shape.inputs {
                hidden[(1, j)] = hidden[(0, j)] + small * draw.normal();
            }
            bias[1] = bias[0] + 0.5;
        }
        "close kinks" => {
            for j in 0..shape.inputs {
                hidden[(1, j)] = 1.5 * hidden[(0, j)] + small * draw.normal();
            }
            bias[1] = 1.5 * bias[0] + small * draw.normal();
        }
        "small output weight" => (0..shape.outputs).for_each(|o| output[(o, 0)] *= small),
        "small rows" => {
            for i in 0..shape.hidden / 2 {
                (0..shape.inputs).for_each(|j| hidden[(i, j)] *= small);
                bias[i] *= small;
            }
        }
        "uneven inputs" => {
            for j in 0..shape.inputs / 2 {
                (0..shape.hidden).for_each(|i| hidden[(i, j)] *= small);
            }
        }
        "large output bias" => {
            let outputs = outputs.iter().map(|b| b + 1.0 / small).collect();
            let network = Shallow::new(hidden, bias, output, outputs)?;
            return Ok(Victim { name: format!("{what} 2^{size}, {shape}, seed {seed}"), network, seed });
        }
        "far kinks" => (0..shape.hidden / 3).for_each(|i| bias[i] /= small),
        other => return Err(format!("no family {other}").into()),
    }
    let network = Shallow::new(hidden, bias, output, outputs)?;
    Ok(Victim { name: format!("{what} 2^-{size}, {shape}, seed {seed}"), network, seed })
}

const ILL: [(&str, [i32; 3]); 7] = [
    ("parallel rows", [4, 8, 12]),
    ("close kinks", [3, 6, 9]),
    ("small output weight", [3, 7, 11]),
    ("small rows", [4, 10, 20]),
    ("uneven inputs", [2, 4, 6]),
    ("large output bias", [3, 6, 10]),
    ("far kinks", [3, 6, 9]),
];

fn ill_conditioned() -> Made {
    let mut victims = Vec::new();
    for (what, sizes) in ILL {
        for (size, shape) in sizes.into_iter().zip(["12-6-1", "24-10-1", "16-8-2"]) {
            for seed in [90, 91] {
                victims.push(ill(shape, seed, what, size)?);
            }
        }
    }
    Ok(victims)
}

fn family(name: &str) -> Made {
    match name {
        "small" => randoms(&["12-6-1", "24-12-1", "20-10-4", "24-24-1", "40-20-2"], 500..504),
        "medium" => randoms(&["64-16-1", "100-10-1", "64-32-1", "200-12-1"], 500..504),
        "large" => randoms(&["784-16-1", "784-32-1", "256-32-1", "64-64-1"], 500..502),
        "trained" => trained(),
        "ill-conditioned" => ill_conditioned(),
        other => Err(format!("no family {other}: choose of {}", FAMILIES.join(", ")).into()),
    }
}

const FAMILIES: [&str; 5] = ["small", "medium", "large", "trained", "ill-conditioned"];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut list, mut scattered, mut names) = (false, false, Vec::new());
    for word in std::env::args().skip(1) {
        match word.as_str() {
            "list" => list = true,
            "scatter" => scattered = true,
            _ => names.push(word),
        }
    }
    if scattered {
        return scatter();
    }
    if names.is_empty() {
        names = FAMILIES.map(str::to_owned).to_vec();
    }
    let mut all = Vec::new();
    println!("| victims | strategy | number | exact | within 1 | within 2 | farthest | cost beside the exact run |");
    println!("|---|---|---|---|---|---|---|---|");
    for name in &names {
        let victims = family(name)?;
        for strategy in STRATEGIES {
            let rows: Vec<Row> = victims.iter().map(|victim| Row::of(victim, strategy)).collect();
            println!("{}", summary(name, strategy.name(), &rows));
            all.extend(rows);
        }
    }
    println!("{}\n", summary("all", "both", &all));
    println!("| victim | strategy | predicted | bisected | off | asked for by |\n|---|---|---|---|---|---|");
    all.iter()
        .filter(|row| list || row.off().is_none_or(|off| off.abs() > 2))
        .for_each(|row| println!("{}", row.line()));
    Ok(())
}

fn summary(name: &str, strategy: &str, rows: &[Row]) -> String {
    let within = |most: i64| rows.iter().filter(|row| row.off().is_some_and(|off| off.abs() <= most)).count();
    let farthest = rows.iter().filter_map(Row::off).max_by_key(|off| off.abs()).unwrap_or_default();
    let mut costs: Vec<f64> = rows.iter().map(|row| row.cost).collect();
    costs.sort_by(f64::total_cmp);
    let (count, cost) = (rows.len(), costs.get(costs.len() / 2).copied().unwrap_or_default());
    let [same, one, two] = [0, 1, 2].map(within);
    format!("| {name} | {strategy} | {count} | {same} | {one} | {two} | {farthest:+} | {cost:.2} |")
}

/// How far the searched number moves where nothing of the victim changes but the rounding of its
/// answers (all of them multiplied by a factor), and where only the attack's lines change.
fn scatter() -> Result<(), Box<dyn Error>> {
    println!(
        "| victim | strategy | bits, 8 factors | spread | bits, 8 seeds of the attack | spread |\n|---|---|---|---|---|---|"
    );
    for (shape, seed) in [("12-6-1", 500), ("24-12-1", 501), ("40-20-1", 502), ("64-32-1", 503), ("20-10-4", 504)] {
        let network = random(shape.parse()?, seed, Dtype::F64);
        for strategy in STRATEGIES {
            let scaled = |factor: u32| {
                let by = 1.0 + f64::from(factor) / 16.0;
                let output = network.output().map(|c| c * by);
                let bias = network.output_bias().iter().map(|b| b * by).collect();
                Shallow::new(network.hidden().clone(), network.hidden_bias().to_vec(), output, bias)
            };
            let bits = |network: Shallow<f64>, seed: u64| {
                Victim { name: String::new(), network, seed }.bisected(strategy).unwrap_or(MOST_BITS + 1)
            };
            let by_rounding: Vec<u32> =
                (0..8).map(|factor| Ok(bits(scaled(factor)?, seed))).collect::<Result<_, Box<dyn Error>>>()?;
            let by_lines: Vec<u32> = (0..8).map(|other| bits(network.clone(), seed + other)).collect();
            let spread =
                |bits: &[u32]| bits.iter().max().zip(bits.iter().min()).map_or(0, |(most, least)| most - least);
            let told = |bits: &[u32]| bits.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
            println!(
                "| random {shape}, seed {seed} | {} | {} | {} | {} | {} |",
                strategy.name(),
                told(&by_rounding),
                spread(&by_rounding),
                told(&by_lines),
                spread(&by_lines)
            );
        }
    }
    Ok(())
}
