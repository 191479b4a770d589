//! How time, memory and queries of a run grow with inputs and hidden units, as exponents.
//!
//! `cargo bench --bench growth [-- textbook] [walk]`; `benches/README.md` says how to read it and
//! holds figures.

use exactract::attack::Strategy;
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::judge::Stage;
use exactract::net::{Dtype, Shape, random};
use exactract::oracle::Tally;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs a size, of which the fastest counts.
const RUNS: usize = 3;
const INPUTS: [usize; 4] = [196, 392, 784, 1568];
const HIDDEN: [usize; 4] = [16, 32, 64, 128];
/// What is held while the other grows.
const FIXED: (usize, usize) = (784, 32);
const CELLS: [(&str, Cell); 2] = [("f64", Cell::tolerant(Arithmetic::F64, Arithmetic::F64)), ("exact", Cell::EXACT)];

/// First word of a process that measures one run: memory that an earlier run gave back would hide
/// what the next one takes.
const ONE: &str = "one";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, strategy, cell, shape] = &words[..]
        && first == ONE
    {
        let strategy = if strategy == "walk" { Strategy::Walk } else { Strategy::Textbook };
        let cell = CELLS.into_iter().find(|(name, _)| name == cell);
        if let (Some((_, cell)), Ok(shape)) = (cell, shape.parse()) {
            let Cost(numbers) = cost(shape, strategy, &cell);
            println!("{}", numbers.map(|x| x.to_string()).join(" "));
        }
        return;
    }
    let asked = |strategy: &Strategy| {
        let named = words.iter().any(|word| word == strategy.name());
        named || !words.iter().any(|word| word == "textbook" || word == "walk")
    };
    for strategy in [Strategy::Textbook, Strategy::Walk].into_iter().filter(asked) {
        for (cell, _) in CELLS {
            let title = format!("{} {cell}", strategy.name());
            let by_inputs = INPUTS.map(|inputs| (inputs, Shape { inputs, hidden: FIXED.1, outputs: 1 }));
            grown(&format!("{title}, by inputs, {} hidden units", FIXED.1), &by_inputs, strategy, cell);
            let by_hidden = HIDDEN.map(|hidden| (hidden, Shape { inputs: FIXED.0, hidden, outputs: 1 }));
            grown(&format!("{title}, by hidden units, {} inputs", FIXED.0), &by_hidden, strategy, cell);
        }
    }
}

/// What a run cost: seconds of critical points, of weight ratios, of the rest and in all; queries;
/// peak memory beyond what the process held before, in MB, NaN where the system does not tell.
#[derive(Clone, Copy)]
struct Cost([f64; 6]);

/// The cost of a run in a process of its own.
fn apart(strategy: Strategy, cell: &str, shape: Shape) -> Option<Cost> {
    let program = std::env::current_exe().ok()?;
    let run =
        std::process::Command::new(program).args([ONE, strategy.name(), cell, &shape.to_string()]).output().ok()?;
    let numbers: Option<Vec<f64>> =
        String::from_utf8(run.stdout).ok()?.split_whitespace().map(|x| x.parse().ok()).collect();
    Some(Cost(numbers?.try_into().ok()?))
}

fn grown(title: &str, sizes: &[(usize, Shape)], strategy: Strategy, cell: &str) {
    println!("\n| {title} | critical points, s | weight ratios, s | rest, s | in all, s | queries | peak, MB |");
    println!("|---|---|---|---|---|---|---|");
    let mut costs = Vec::new();
    for &(size, shape) in sizes {
        let runs = (0..RUNS).filter_map(|_| apart(strategy, cell, shape));
        let Some(Cost(cost)) = runs.min_by(|a, b| a.0[3].total_cmp(&b.0[3])) else { continue };
        let [locate, ratios, rest, all, queries, memory] = cost;
        println!("| {size} | {locate:.4} | {ratios:.4} | {rest:.4} | {all:.4} | {queries} | {memory:.1} |");
        costs.push((size as f64, cost));
    }
    let exponent = |i: usize| {
        let points: Vec<(f64, f64)> = costs.iter().map(|(size, cost)| (size.ln(), cost[i].ln())).collect();
        format!("{:.2}", slope(&points))
    };
    println!("| exponent | {} |", [0, 1, 2, 3, 4, 5].map(exponent).join(" | "));
}

/// Slope of the least-squares line through points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    covariance / points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum::<f64>()
}

/// Time from one batch to the next goes to what the later one was asked for.
fn cost(shape: Shape, strategy: Strategy, cell: &Cell) -> Cost {
    let victim = random(shape, 7, Dtype::F64);
    let clock = Arc::new(Mutex::new((Instant::now(), Tally::default(), [Duration::ZERO; 2])));
    let watch = clock.clone();
    let told = move |tally: &Tally| {
        let mut clock = watch.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, before) = (Instant::now(), clock.clone());
        for (i, stage) in [Stage::Locate, Stage::Signature].into_iter().enumerate() {
            if tally.of(stage) > before.1.of(stage) {
                clock.2[i] += now - before.0;
            }
        }
        (clock.0, clock.1) = (now, tally.clone());
    };
    let settings = Settings { strategy, progress: Some(Arc::new(told)), ..Settings::default() };
    let held = memory(true);
    let start = Instant::now();
    clock.lock().unwrap_or_else(PoisonError::into_inner).0 = start;
    let run = run_cell(&victim, cell, &settings, None);
    let all = start.elapsed();
    let memory = held.zip(memory(false)).map_or(f64::NAN, |(before, peak)| peak - before);
    let [locate, ratios] = clock.lock().unwrap_or_else(PoisonError::into_inner).2;
    let [locate, ratios, rest, all] = [locate, ratios, all - locate - ratios, all].map(|time| time.as_secs_f64());
    Cost([locate, ratios, rest, all, run.tally.total() as f64, memory])
}

/// Memory of this process in MB: now, from where peaks count again, or the peak since.
///
/// Linux alone tells: `5` written to `clear_refs` starts the peak afresh.
fn memory(now: bool) -> Option<f64> {
    if now {
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = if now { "VmRSS:" } else { "VmHWM:" };
    let line = status.lines().find(|line| line.starts_with(field))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}
