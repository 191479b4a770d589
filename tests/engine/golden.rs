//! Golden traces: exact runs of three tiny victims, and their f64 runs, byte for byte.
//!
//! `UPDATE_GOLDEN=1 cargo test --test engine golden` writes them again; the change then shows in the diff.

use exactract::attack::Strategy;
use exactract::experiment::{Arithmetic, Cell, Finished, Settings, run_cell};
use exactract::net::{Dtype, Shallow, random};
use exactract::num::{Rational, Scalar};
use std::fmt::Write;
use std::path::PathBuf;

/// Everything a run found and decided; `show` writes a number.
fn dump(victim: &Shallow<f64>, run: &Finished, show: fn(&Rational) -> String) -> String {
    let all = |xs: &[Rational]| xs.iter().map(show).collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    let trace = run.trace.as_ref().expect("finite numbers");
    let _ = writeln!(out, "victim {} {}", victim.shape(), hex_all(victim.parameters()));
    for (index, (line, kinks)) in trace.located.lines.iter().zip(&trace.located.kinks).enumerate() {
        let _ = writeln!(out, "line {index} {} ; {}", hex_all(line.origin.iter()), hex_all(line.direction.iter()));
        for kink in kinks {
            let _ = writeln!(out, "  kink {:x} at {} gap {}", kink.item.node, show(&kink.position), show(&kink.gap));
        }
    }
    for unit in trace.signatures() {
        let _ =
            writeln!(out, "row {} : {} ; {} ; {}", unit.item, all(&unit.row), show(&unit.bias), all(&unit.strength));
    }
    let _ = writeln!(out, "orientation {:?}", trace.orientation());
    let network = trace.network().expect("a network");
    let _ =
        writeln!(out, "network {} {}", network.shape(), network.parameters().map(show).collect::<Vec<_>>().join(" "));
    let _ = writeln!(out, "queries {}", run.tally.total());
    for d in &run.decisions {
        let _ =
            writeln!(out, "{} | {} | {} | {} | {:?}", d.key.stage, d.key.item, d.key.step, d.site.row().name, d.sign);
    }
    out
}

fn hex_all<'a>(values: impl Iterator<Item = &'a f64>) -> String {
    values.map(|x| hex(*x)).collect::<Vec<_>>().join(" ")
}

/// The bits of a float: no decimal digits stand between two runs.
fn hex(x: f64) -> String {
    format!("{:016x}", x.to_bits())
}

fn check(name: &str, shape: &str, seed: u64, weights: Dtype) {
    check_of(Strategy::Textbook, name, shape, seed, weights);
}

fn check_of(strategy: Strategy, name: &str, shape: &str, seed: u64, weights: Dtype) {
    let settings = Settings { strategy, ..Settings::default() };
    let victim = random(shape.parse().expect("a shape"), seed, weights);
    let runs = [
        ("exact", Cell::EXACT, (|x| x.to_string()) as fn(&Rational) -> String),
        ("f64", Cell::tolerant(Arithmetic::F64, Arithmetic::F64), |x| hex(f64::nearest(x, ()))),
    ];
    for (kind, cell, show) in runs {
        let found = dump(&victim, &run_cell(&victim, &cell, &settings, None), show);
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.{kind}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &found).expect("the folder tests/golden");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        let differing = golden.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert!(
            golden == found,
            "{name}.{kind}: {}",
            differing.map_or("other length".to_owned(), |(a, b)| format!("\n{a}\n{b}"))
        );
    }
}

#[test]
fn one_of_everything() {
    check("1-1-1", "1-1-1", 1, Dtype::F64);
}

#[test]
fn full_rank_and_two_outputs() {
    check("3-2-2", "3-2-2", 2, Dtype::F32);
}

#[test]
fn more_units_than_inputs() {
    check("2-3-1", "2-3-1", 3, Dtype::F32);
}

#[test]
fn the_walk_with_one_output_and_with_three() {
    check_of(Strategy::Walk, "walk-3-2-1", "3-2-1", 2, Dtype::F32);
    check_of(Strategy::Walk, "walk-2-4-3", "2-4-3", 1, Dtype::F32);
}
