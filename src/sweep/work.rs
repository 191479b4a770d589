//! Carrying one cell out.

use super::Error;
use super::cell::Description;
use super::result::{CellRecord, Thresholds};
use super::store::Store;
use super::victims::{family, made, read};
use crate::attack::Options;
use crate::attack::snap::Grid;
use crate::compare::{ISOLATES, Inputs, Judged, Reference, attribution, judge, threshold};
use crate::experiment::{self, Request, Settings};
use crate::format::{Choice, Layers, Victim};
use crate::net::{Activation, Dtype, Shallow};
use crate::record::{AttributedRun, LossRecord, RunRecord, SnapRecord};
use crate::study::{self, snap};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Why there is no result.
pub(super) enum Without {
    /// The run was told to stop.
    Interrupted,
    /// The cell contradicts itself.
    Contradiction(study::Error),
}

impl<E: Into<study::Error>> From<E> for Without {
    fn from(error: E) -> Self {
        Self::Contradiction(error.into())
    }
}

/// The victim of a cell, with the hash that the plan gives it.
///
/// Errors: [`Error::Victim`], and those of reading its file.
pub(super) fn victim(id: &str, cell: &Description, store: &Store) -> Result<Victim, Error> {
    let victim = match cell.shape() {
        Some(shape) if cell.is_random() => {
            // A plan of another program may name others: its hash would not be met.
            let weights = Dtype::named(&cell.victim.weights).unwrap_or(Dtype::F64);
            made(shape, cell.seed, weights, family(&cell.victim))?
        }
        _ => {
            // A layer that cannot be parsed was not written by this program, and its id would not fit.
            let layers: Option<Layers> = cell.victim.chosen_layers.as_ref().and_then(|layers| layers.parse().ok());
            let choice = layers.as_ref().map_or(Choice::File, Choice::User);
            let told = cell.victim.activation.as_ref().map(|_| family(&cell.victim));
            read(&store.victim(&cell.victim.sha256), choice, told)?
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
pub(super) fn work(cell: &Description, victim: &Victim, interrupt: &Arc<AtomicBool>) -> Result<CellRecord, Without> {
    let network = &victim.network;
    let inputs = Inputs::random(network.shape().inputs, cell.reference_inputs as usize, cell.seed);
    let reference = Reference::new(network, &inputs);
    let settings = Settings {
        strategy: cell.strategy,
        options: Options {
            seed: cell.seed,
            lines: usize::from(cell.lines),
            polish: cell.polish,
            faint: cell.snap,
            activation: network.activation().family(),
            ..Options::default()
        },
        limit: cell.max_queries,
        interrupt: interrupt.clone(),
        ..Settings::default()
    };
    let run = |answer_bits| {
        let request = Request {
            cell: cell.knobs(answer_bits),
            settings: settings.clone(),
            ..Request::new(experiment::Victim::Network(network))
        };
        let finished = experiment::run(&request)?;
        if interrupt.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Without::Interrupted);
        }
        let judged = judge(network, finished, &reference);
        Ok(result(cell, network, &judged))
    };
    let Some([from, to]) = cell.frontier else {
        let run = if cell.ledger || cell.certify {
            explained(cell, network, &inputs, &settings)?
        } else {
            run(cell.answer_bits)?
        };
        let record = CellRecord::new(cell.clone(), vec![run], None);
        if !cell.attribution {
            return Ok(record);
        }
        let judged = attribution(network, &cell.knobs(cell.answer_bits), &reference, &settings);
        if interrupt.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Without::Interrupted);
        }
        let attributed = judged.iter().zip(ISOLATES).map(|(judged, isolates)| AttributedRun {
            isolates: isolates.to_owned(),
            run: result(cell, network, judged),
        });
        let attributed = attributed.collect();
        return Ok(record.with_attribution(attributed));
    };
    let mut runs: BTreeMap<u32, RunRecord> = BTreeMap::new();
    let mut search = |goal: &dyn Fn(&RunRecord) -> bool| {
        let mut holds = |bits| {
            Ok::<_, Without>(goal(match runs.entry(bits) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(run(Some(bits))?),
            }))
        };
        threshold(from, to, &mut |asked| asked.iter().map(|&bits| holds(bits)).collect())
    };
    let complete = search(&|run| run.complete == Some(true))?;
    let bit_for_bit = if cell.snap { Some(search(&RunRecord::is_bit_for_bit)?) } else { None };
    let thresholds = Thresholds { complete, bit_for_bit };
    Ok(CellRecord::new(cell.clone(), runs.into_values().collect(), Some(thresholds)))
}

/// The run of a cell with the exact run beside it, and what it lost against that stage by stage.
fn explained(
    cell: &Description,
    victim: &Shallow<f64>,
    inputs: &Inputs,
    settings: &Settings,
) -> Result<RunRecord, Without> {
    let request = study::Request {
        cell: cell.knobs(cell.answer_bits),
        settings: settings.clone(),
        ledger: true,
        certify: cell.certify,
        snap: if cell.snap { grid(cell) } else { Vec::new() },
        ..study::Request::new(victim, inputs)
    };
    let found = study::run(&request)?;
    if settings.interrupt.load(std::sync::atomic::Ordering::SeqCst) {
        return Err(Without::Interrupted);
    }
    let snapped = found.snap.as_ref().map(SnapRecord::new);
    let losses = Some(LossRecord::new(&found));
    Ok(RunRecord { snapped, losses, ..RunRecord::new(&found.dual.rounded, parameters(victim)) })
}

/// The floats that the weights of a cell's victim are taken for.
fn grid(cell: &Description) -> Vec<Grid> {
    Grid::ALL.into_iter().filter(|grid| grid.name() == cell.victim.weights).collect()
}

/// Weights and biases, and slopes of units that have their own.
fn parameters(victim: &Shallow<f64>) -> u64 {
    let slopes = match victim.activation() {
        Activation::Parametric(slopes) => slopes.len() as u64,
        _ => 0,
    };
    victim.shape().parameters() as u64 + slopes
}

/// The record of a run; with `snap`, of its weights as floats of the victim's type, too.
fn result(cell: &Description, victim: &Shallow<f64>, judged: &Judged) -> RunRecord {
    let snapped = cell.snap.then(|| SnapRecord::new(&snap(victim, &judged.run, &grid(cell))));
    RunRecord { snapped, ..RunRecord::new(judged, parameters(victim)) }
}
