//! Carrying one cell out.

use super::Error;
use super::cell::Description;
use super::plan::made;
use super::result::{AttributedRun, CellRecord, Outcome, RunResult, Thresholds};
use super::store::Store;
use crate::attack::Options;
use crate::attack::snap::{Grid, Unsnapped};
use crate::compare::{Equality, ISOLATES, Inputs, Judged, Reference, attribution, judge, snapped, threshold};
use crate::experiment::{Settings, run_cell};
use crate::format::{self, Choice, Layers, Victim};
use crate::net::{Dtype, Shallow};
use crate::oracle;
use crate::report::Log2;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The run was told to stop, so that there is no result.
pub(super) struct Interrupted;

/// The victim of a cell, with the hash that the plan gives it.
///
/// Errors: [`Error::Victim`], and those of reading its file.
pub(super) fn victim(id: &str, cell: &Description, store: &Store) -> Result<Victim, Error> {
    let victim = match cell.shape() {
        Some(shape) if cell.is_random() => {
            // A plan of another program may name others: its hash would not be met.
            made(shape, cell.seed, Dtype::named(&cell.victim.weights).unwrap_or(Dtype::F64))?
        }
        _ => {
            // A layer that cannot be parsed was not written by this program, and its id would not fit.
            let layers: Option<Layers> = cell.victim.layers.as_ref().and_then(|layers| layers.parse().ok());
            let choice = layers.as_ref().map_or(Choice::File, Choice::User);
            format::read_shallow_chosen(&store.victim(&cell.victim.sha256), choice)?
        }
    };
    let (expected, found) = (cell.victim.sha256.clone(), victim.sha256.clone());
    if expected != found {
        return Err(Error::Victim { id: id.to_owned(), expected, found });
    }
    Ok(victim)
}

/// Runs a cell to its end.
///
/// A run that stops, or spends its queries, is a result. `interrupt`: ends it without one.
pub(super) fn work(
    cell: &Description,
    victim: &Victim,
    interrupt: &Arc<AtomicBool>,
) -> Result<CellRecord, Interrupted> {
    let network = &victim.network;
    let inputs = Inputs::random(network.shape().inputs, cell.inputs as usize, cell.seed);
    let reference = Reference::new(network, &inputs);
    let settings = Settings {
        strategy: cell.strategy,
        options: Options {
            seed: cell.seed,
            lines: usize::from(cell.lines),
            polish: cell.polish,
            faint: cell.snap,
            ..Options::default()
        },
        limit: cell.max_queries,
        interrupt: interrupt.clone(),
        ..Settings::default()
    };
    let run = |answer_bits| {
        let finished = run_cell(network, &cell.knobs(answer_bits), &settings, None);
        if interrupt.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Interrupted);
        }
        let judged = judge(network, finished, &reference);
        Ok(result(cell, network, answer_bits, &judged))
    };
    let Some([from, to]) = cell.frontier else {
        let record = CellRecord::new(cell.clone(), vec![run(cell.answer_bits)?], None);
        if !cell.attribution {
            return Ok(record);
        }
        let judged = attribution(network, &cell.knobs(cell.answer_bits), &reference, &settings);
        if interrupt.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Interrupted);
        }
        let attributed = judged.iter().zip(ISOLATES).map(|(judged, isolates)| {
            // A channel's bits are those of the runs behind it.
            let answer_bits = cell.answer_bits.filter(|_| !judged.run.cell.answers().is_empty());
            AttributedRun::new(isolates, &judged.run.cell, result(cell, network, answer_bits, judged))
        });
        let attributed = attributed.collect();
        return Ok(record.with_attribution(attributed));
    };
    let mut runs: BTreeMap<u32, RunResult> = BTreeMap::new();
    let mut search = |goal: &dyn Fn(&RunResult) -> bool| {
        let mut holds = |bits| {
            Ok(goal(match runs.entry(bits) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(run(Some(bits))?),
            }))
        };
        threshold(from, to, &mut |asked| asked.iter().map(|&bits| holds(bits)).collect())
    };
    let complete = search(&|run| run.complete)?;
    let bit_for_bit = if cell.snap { Some(search(&|run| run.bit_for_bit == Some(true))?) } else { None };
    let thresholds = Thresholds { complete, bit_for_bit };
    Ok(CellRecord::new(cell.clone(), runs.into_values().collect(), Some(thresholds)))
}

fn result(cell: &Description, victim: &Shallow<f64>, answer_bits: Option<u32>, judged: &Judged) -> RunResult {
    let run = &judged.run;
    let outcome = match &run.stopped {
        None => Outcome::Complete,
        Some((_, crate::attack::Error::Oracle(oracle::Error::Budget { .. }))) => Outcome::Budget,
        Some(_) => Outcome::Stopped,
    };
    let (weights, sides, fidelity) = (judged.weights.as_ref(), judged.sides, judged.fidelity.as_ref());
    let found = run.network().filter(|_| cell.snap).map(|_| match grid(&cell.victim.weights) {
        Some(grid) => {
            let found = snapped(victim, run, grid).unwrap_or(Err(Unsnapped::Hidden));
            found.map(|found| found.equality == Equality::Equal).map_err(|e| e.to_string())
        }
        None => Err("f64 weights have no grid to be found on".to_owned()),
    });
    // A run without a network has none to snap.
    let found = found.or_else(|| cell.snap.then(|| Err("no network".to_owned())));
    let no_network = (outcome == Outcome::Complete && run.network().is_none()).then(|| "numbers overflowed".to_owned());
    RunResult {
        answer_bits,
        outcome,
        stage: run.stopped.as_ref().map(|(stage, _)| stage.name().to_owned()),
        reason: run.stopped.as_ref().map(|(_, error)| error.to_string()).or(no_network),
        queries: run.tally.total(),
        kinks_found: weights.map(|w| w.found),
        kinks: weights.map(|w| w.kinks),
        sides_found: sides.map(|s| s.found),
        sides: sides.map(|s| s.units),
        labels_same: fidelity.map(|f| f.same),
        labels: fidelity.map(|f| f.total),
        difference_log2: fidelity.map(|f| Log2(f.max_difference_log2)),
        weight_error_log2: weights.and_then(|w| w.error).map(|error| Log2(error.max)),
        weight_error_median_log2: weights.and_then(|w| w.error).map(|error| Log2(error.median)),
        equal: judged.equality.as_ref().map(|equality| *equality == Equality::Equal),
        complete: judged.is_complete(),
        bit_for_bit: found.as_ref().map(|found| *found == Ok(true)),
        unsnapped: found.and_then(Result::err),
    }
}

/// The floats that weights of this type are.
fn grid(weights: &str) -> Option<Grid> {
    Grid::ALL.into_iter().find(|grid| grid.name() == weights)
}
