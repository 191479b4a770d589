//! Victims trained on MNIST, extracted: `cargo run --release --example mnist -- IMAGES VICTIM...`.
//!
//! `IMAGES` is an IDX file such as `t10k-images-idx3-ubyte`, plain or compressed by gzip, with its labels
//! next to it (`t10k-labels-idx1-ubyte`), or a `.npz` of images and labels. Prints a Markdown table: the victim's
//! accuracy, whether the exact run's network is the victim, and of the f64 walk the kinks found, the labels of the
//! images, the largest difference and worst weight error, and what is left of these after polish.

use exactract::attack::Strategy;
use exactract::compare::{Equality, Fidelity, Inputs, Judged, Reference, judge};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::format;
use exactract::net::Shallow;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let images = arguments.next().ok_or("name a file of images, then victims")?;
    let samples = format::read_samples(Path::new(&images), 1.0)?;
    let points = samples.inputs().iter_rows().map(<[f64]>::to_vec).collect();
    let inputs = Inputs { points, source: images };
    println!(
        "| victim | shape | accuracy | exact run equal | f64: kinks | same label | largest difference | worst weight \
         error | queries / parameter | polished: same label | largest difference | worst weight error |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for name in arguments {
        let path = Path::new(&name);
        let victim = format::read_shallow(path)?.network;
        println!("| {} | {}", path.file_stem().unwrap_or_default().display(), row(&victim, &inputs, samples.labels()));
    }
    Ok(())
}

fn row(victim: &Shallow<f64>, inputs: &Inputs, labels: &[usize]) -> String {
    let reference = Reference::new(victim, inputs);
    let run = |cell: Cell, polish: bool| {
        let mut settings = Settings { strategy: Strategy::Walk, ..Settings::default() };
        settings.options.polish = polish;
        judge(victim, run_cell(victim, &cell, &settings, None), &reference)
    };
    let practice = || Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    let (exact, plain, polished) = (run(Cell::EXACT, false), run(practice(), false), run(practice(), true));
    let equal = if exact.equality == Some(Equality::Equal) { "yes" } else { "no" };
    let kinks = plain.weights.as_ref().map_or("—".to_owned(), |error| format!("{} of {}", error.found, error.kinks));
    let per_parameter = plain.run.tally.total() as f64 / victim.shape().parameters() as f64;
    let correct =
        inputs.points.iter().zip(labels).filter(|(point, label)| class(victim, point) == Some(**label)).count();
    // One output tells two groups of classes apart, whichever they are: its labels are not the data's.
    let accuracy = match victim.shape().outputs {
        1 => "—".to_owned(),
        _ => format!("{:.2} %", 100.0 * correct as f64 / labels.len() as f64),
    };
    let ends = [&plain, &polished].map(|judged| (same(judged), difference(judged), worst(judged)));
    let [(same, difference, worst), (polished_same, polished_difference, polished_worst)] = ends;
    format!(
        "{} | {accuracy} | {equal} | {kinks} | {same} | {difference} | {worst} | {per_parameter:.2} | {polished_same} | \
         {polished_difference} | {polished_worst} |",
        victim.shape()
    )
}

/// The class of the largest output.
fn class(victim: &Shallow<f64>, point: &[f64]) -> Option<usize> {
    let outputs = victim.map(|&w| exactract::num::Num(w)).forward(&exactract::num::lift_all(point, ()), ());
    outputs.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(class, _)| class)
}

fn same(judged: &Judged) -> String {
    let of = |Fidelity { same, total, .. }: &Fidelity| format!("{same} of {total}");
    judged.fidelity.as_ref().map_or("—".to_owned(), of)
}

fn difference(judged: &Judged) -> String {
    judged.fidelity.as_ref().map_or("—".to_owned(), |f| format!("2^{:.1}", f.max_difference_log2))
}

fn worst(judged: &Judged) -> String {
    let error = judged.weights.as_ref().and_then(|weights| weights.error.as_ref());
    error.map_or("—".to_owned(), |error| format!("2^{:.1}", error.max))
}
