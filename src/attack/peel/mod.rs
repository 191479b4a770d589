//! Layer after layer: the first by its straight kinks, the next in the coordinates of the last known one.
//!
//! | stage | what | queries |
//! |---|---|---|
//! | critical points | all kinks of a line, of all layers | 9 a kink |
//! | weight ratios | a gradient on either side of every kink; a far second difference says whether it is straight | `inputs + 1` for every second output a kink, 6 a kink |
//! | signs | a unit is part of a gradient only where it is active | none |
//! | layer 2 | the same in the first layer's coordinates, where all its units are active | `units + 1` for every second output a kink |
//! | check | axes of those coordinates, fresh points | 2 an axis, 24 |
//! | in floating point | rows are taken for the floats that they are, before the next layer is searched | `2·(units + 1)` for a row that is none yet |
//!
//! For two hidden layers, the first no wider than the inputs and with independent rows.

mod again;
mod check;
mod first;
mod frame;
mod orthant;
mod plan;
mod sides;
mod snapped;
mod straight;

use super::{Error, Options, Run};
use crate::judge::{Decision, Policy, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::{Affine, Draw, Network, Shallow};
use crate::num::Num;
use crate::oracle::{Batch, Oracle, Tally};
use crate::trace::{Orientation, Trace};
use frame::Frame;

/// How often all is begun again without rows that turned out to be none of the first layer.
const ATTEMPTS: usize = 3;

/// Lines on which rows are measured again that are none of floats, while others are.
const AGAIN: usize = 3;

/// What is left when a run has ended, by itself or not.
#[derive(Debug)]
pub struct Outcome<S: crate::num::Scalar> {
    /// The hidden layers found, the first first.
    pub layers: Vec<Affine<Num<S>>>,
    /// Queries until each of them was found, in all.
    pub spent: Vec<u64>,
    /// The recovered network, where there is one.
    pub network: Option<Network<Num<S>>>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
    /// Queries by stage.
    pub tally: Tally,
    /// Why there is no network, where there is none.
    pub stopped: Option<(Stage, Error)>,
}

/// What a run has found so far.
struct Found<S> {
    layers: Vec<Affine<Num<S>>>,
    spent: Vec<u64>,
    network: Option<Network<Num<S>>>,
}

/// Extracts a network with two hidden ReLU layers from its answers.
///
/// In ℚ the network is the victim's function wherever the run finds no fault, as far as its checks show.
pub fn extract<S: Solve>(context: S::Context, oracle: &mut Oracle<S>, policy: Policy, options: Options) -> Outcome<S> {
    let mut run = Run::new(context, oracle, policy, options);
    run.deep = true;
    let mut found = Found { layers: Vec::new(), spent: Vec::new(), network: None };
    let result = peel(&mut run, &mut found);
    let outcome = run.finish(result);
    Outcome {
        layers: found.layers,
        spent: found.spent,
        network: found.network.filter(|_| outcome.stopped.is_none()),
        decisions: outcome.decisions,
        tally: outcome.tally,
        stopped: outcome.stopped,
    }
}

fn peel<S: Solve>(run: &mut Run<'_, S>, found: &mut Found<S>) -> Result<(), Error> {
    let mut search = first::Search::new(run)?;
    for _ in 1..ATTEMPTS {
        match attempt(run, found, &mut search) {
            // What follows does not fit: a row may be none of the first layer.
            Err(Error::Degenerate { .. }) if search.weed(run)? => {
                run.view = None;
                *found = Found { layers: Vec::new(), spent: Vec::new(), network: None };
            }
            result => return result,
        }
    }
    attempt(run, found, &mut search)
}

/// All layers, from the first layer's rows as they are.
fn attempt<S: Solve>(run: &mut Run<'_, S>, found: &mut Found<S>, search: &mut first::Search<S>) -> Result<(), Error> {
    let mut first = search.layer(run)?;
    if first.rows.rows() == 0 {
        return constant(run, found);
    }
    if !run.is_exact() {
        let mut snapped = snapped::rows(run, &first.rows, &first.biases, &first.points);
        for _ in 0..AGAIN {
            let open: Vec<usize> = (0..snapped.snapped.len()).filter(|&i| !snapped.snapped[i]).collect();
            // Where no row is one of floats, the victim's are none.
            if open.is_empty() || open.len() == snapped.snapped.len() {
                break;
            }
            search.measure(run, &open)?;
            first = search.layer(run)?;
            snapped = snapped::rows(run, &first.rows, &first.biases, &first.points);
        }
        (first.rows, first.biases) = (snapped.rows, snapped.biases);
    }
    found.layers.push(Affine::new(first.rows.clone(), first.biases.clone()).map_err(failed)?);
    found.spent.push(run.spent());
    let mut draw = Draw::new(run.options.seed, "peel: frame");
    let frame = Frame::new(run, &first, &mut draw)?;
    run.trace = Trace::default();
    let shallow = orthant::behind(run, &frame)?;
    let last = second(run, found, &frame, &shallow)?;
    found.spent.push(run.spent());
    let network = Network::new(found.layers.iter().cloned().chain([last]).collect()).map_err(failed)?;
    check::verified(run, &network)?;
    found.network = Some(network);
    Ok(())
}

/// The network of a function that is constant as far as answers show.
fn constant<S: Solve>(run: &mut Run<'_, S>, found: &mut Found<S>) -> Result<(), Error> {
    run.enter(Stage::LastLayer);
    let origin = vec![run.zero(); run.inputs()];
    let bias = run.ask(&Batch::Points(std::slice::from_ref(&origin)))?.swap_remove(0);
    let weights = Matrix::from_fn(bias.len(), run.inputs(), |_, _| run.zero());
    let network = Network::new(vec![Affine::new(weights, bias).map_err(failed)?]).map_err(failed)?;
    check::verified(run, &network)?;
    found.network = Some(network);
    Ok(())
}

fn failed(error: crate::net::Error) -> Error {
    Error::degenerate(Stage::LastLayer, None, error.to_string())
}

/// The second layer in the pre-activations of the first, and the output layer: of what was found in the frame.
fn second<S: Solve>(
    run: &mut Run<'_, S>,
    found: &mut Found<S>,
    frame: &Frame<S>,
    shallow: &Shallow<Num<S>>,
) -> Result<Affine<Num<S>>, Error> {
    let singular = || Error::degenerate(Stage::LastLayer, None, "the first layer's coordinates are singular");
    let (rows, biases) = frame.rows(run, shallow.hidden(), shallow.hidden_bias()).ok_or_else(singular)?;
    let plain = Affine::new(shallow.output().clone(), shallow.output_bias().to_vec()).map_err(failed)?;
    // One unit a kink: in the canonical form there are others.
    let oriented = matches!(run.trace.orientation(), Some(Orientation::Shares(_)));
    if run.is_exact() || !oriented {
        found.layers.push(Affine::new(rows, biases).map_err(failed)?);
        return Ok(plain);
    }
    let centers: Vec<Vec<Num<S>>> = run.trace.signatures().iter().map(|unit| unit.center.clone()).collect();
    let points: Vec<Vec<Num<S>>> = centers.iter().map(|u| frame.values(run, u)).collect();
    let snapped = snapped::rows(run, &rows, &biases, &points);
    found.layers.push(Affine::new(snapped.rows, snapped.biases).map_err(failed)?);
    let active = orthant::active_points(run, frame, shallow, &centers);
    let fitted = snapped::output(run, frame, &found.layers, &active)?;
    let what = "the output weights are not determined by answers where each unit is active";
    fitted.ok_or_else(|| Error::degenerate(Stage::LastLayer, None, what))
}
