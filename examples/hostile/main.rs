//! Degenerate victims by the thousand: `cargo run --release --example hostile [SEEDS [KIND]]`.
//!
//! Every victim is extracted exactly and in f64, by both strategies. Prints a Markdown table by kind
//! and strategy, and every run that broke a promise: an exact run that ends with a network which is
//! not the victim's function, a panic, more than [`MOST_SECONDS`]. Exit status 1 where there is one.

mod victims;

use exactract::attack::Strategy;
use exactract::compare::{Equality, equality, weight_error};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::net::Shallow;
use exactract::num::{Rational, Scalar};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;
use victims::{Kind, victim};

/// What one run may take.
const MOST_SECONDS: f64 = 20.0;

/// What came of the victims of a kind under a strategy.
#[derive(Default)]
struct Count {
    equal: usize,
    stopped: usize,
    wrong: usize,
    panics: usize,
    slow: usize,
    f64_whole: usize,
    f64_lacking: usize,
    f64_stopped: usize,
    longest: f64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100);
    let only = arguments.next();
    let kinds = Kind::ALL.into_iter().filter(|kind| only.as_deref().is_none_or(|only| kind.name().starts_with(only)));
    let mut broken = 0;
    println!(
        "| victims | strategy | exact: equal | stopped | wrong | panics | f64: all kinks | some | stopped | longest run |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for kind in kinds {
        for strategy in [Strategy::Textbook, Strategy::Walk] {
            let mut count = Count::default();
            (0..seeds).for_each(|seed| one(kind, strategy, seed, &mut count));
            let Count { equal, stopped, wrong, panics, f64_whole, f64_lacking, f64_stopped, longest, .. } = count;
            println!(
                "| {} | {} | {equal} | {stopped} | {wrong} | {panics} | {f64_whole} | {f64_lacking} | {f64_stopped} | \
                 {longest:.2} s |",
                kind.name(),
                strategy.name()
            );
            broken += wrong + panics + count.slow;
        }
    }
    ExitCode::from(u8::from(broken > 0))
}

fn one(kind: Kind, strategy: Strategy, seed: u64, count: &mut Count) {
    let start = Instant::now();
    let (kind_name, strategy_name) = (kind.name(), strategy.name());
    let told = |what: &str| eprintln!("{kind_name}, {strategy_name}, seed {seed}: {what}");
    let victim = victim(kind, seed);
    let mut settings = Settings { strategy, ..Settings::default() };
    settings.options.seed = seed;
    let truth = victim.map(|&w| Rational::lift(w, ()));
    let run = |cell: &Cell| catch_unwind(AssertUnwindSafe(|| run_cell(&victim, cell, &settings, None)));
    let (exact, rounded) = (run(&Cell::EXACT), run(&Cell::tolerant(Arithmetic::F64, Arithmetic::F64)));
    let (Ok(exact), Ok(rounded)) = (exact, rounded) else {
        count.panics += 1;
        return told("a panic");
    };
    match exact.network() {
        Some(network) => match equality(&truth, network) {
            Equality::Equal => count.equal += 1,
            different => {
                count.wrong += 1;
                told(&format!("the exact run is complete and not equal: {different:?}"));
            }
        },
        None => {
            count.stopped += 1;
            told(&format!("the exact run stopped: {}", exact.stopped.map_or(String::new(), |(_, e)| e.to_string())));
        }
    }
    match rounded.network().map(|network: &Shallow<_>| weight_error(&truth, network)) {
        Some(error) if error.found == error.kinks => count.f64_whole += 1,
        Some(_) => count.f64_lacking += 1,
        None => count.f64_stopped += 1,
    }
    let seconds = start.elapsed().as_secs_f64();
    count.longest = count.longest.max(seconds);
    if seconds > MOST_SECONDS {
        count.slow += 1;
        told(&format!("{seconds:.1} s"));
    }
}
