//! Units of activations that a flip leaves alone: `|z|` and clips.
//!
//! Nothing has to be oriented. A kink of `|z|` is one unit, with half the kink's strength. A clip has two kinks, on
//! parallel hyperplanes `w·x + b₁ = 0` and `w·x + b₂ = 0` with opposite strengths `s` and `−s`. From `low` at the one to
//! `high` at the other its pre-activation rises by `c·(b₁ − b₂)`, which gives the scale `c` of the row.

use crate::attack::stages::gradients::Gradient;
use crate::attack::stages::output_bias::remaining;
use crate::attack::stages::shares::{self, add, ahead};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::{Activation, Shallow};
use crate::num::{Num, Scalar, dot};
use crate::trace::{Orientation, Signature, Unoriented};

/// A row with its bias and the output weights of its unit.
struct Unit<S> {
    row: Vec<Num<S>>,
    bias: Num<S>,
    /// `[outputs]`.
    output: Vec<Num<S>>,
}

/// The network of these units; through its canonical form where the kinks do not make them.
pub(in crate::attack) fn network<S: Solve>(
    run: &mut Run<'_, S>,
    gradient: &Gradient<S>,
) -> Result<Shallow<Num<S>>, Error> {
    let activation = run.assumed().unwrap_or_default();
    let found = run.on_rows(|run, rows| assembled(run, rows, gradient, activation))?;
    let (orientation, network) = match found {
        Ok(network) => (Orientation::Symmetric, Some(network)),
        Err(reason) => (Orientation::Canonical(reason), None),
    };
    run.trace.oriented.orientation = Some(orientation);
    run.enter(Stage::LastLayer);
    match network {
        Some(network) => Ok(network),
        None => shares::canonical(run, gradient),
    }
}

/// The network, or why it has none of this activation.
fn assembled<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &[Signature<Num<S>>],
    gradient: &Gradient<S>,
    activation: Activation<Num<S>>,
) -> Result<Result<Shallow<Num<S>>, Unoriented>, Error> {
    let units = match &activation {
        Activation::Clip { low, high } => clipped(run, signatures, low, high)?,
        _ => Ok(signatures.iter().map(|kink| absolute(run, kink)).collect()),
    };
    let units: Vec<Unit<S>> = match units {
        Ok(units) => units,
        Err(reason) => return Ok(Err(reason)),
    };
    // What kinks are left of the gradient once each has the slopes of its activation on the point's side.
    let (mut left, half) = (gradient.slopes.clone(), run.lift(0.5));
    let shift = if matches!(activation, Activation::Abs) { half } else { run.zero() };
    let mut sizes = vec![run.zero(); run.outputs()];
    for (kink, ahead) in signatures.iter().zip(ahead(run, signatures, &gradient.point)?) {
        sizes.iter_mut().zip(&kink.strength).for_each(|(size, strength)| *size = &*size + &strength.abs());
        let share = if ahead { run.lift(-1.0) } else { run.zero() };
        add(&mut left, kink, &(&share + &shift));
    }
    for (j, left) in left.iter().enumerate() {
        run.open(Item::default().axis(j));
        for (x, size) in left.iter().zip(&sizes) {
            if !run.is_zero(Site::Affine, x, size)? {
                return Ok(Err(Unoriented::Remainder));
            }
        }
    }
    let inputs = run.inputs();
    let hidden = Matrix::from_fn(units.len(), inputs, |i, j| units[i].row[j].clone());
    let output = Matrix::from_fn(run.outputs(), units.len(), |o, i| units[i].output[o].clone());
    let biases: Vec<Num<S>> = units.iter().map(|unit| unit.bias.clone()).collect();
    let values: Vec<Num<S>> = units
        .iter()
        .enumerate()
        .map(|(i, unit)| {
            let z = &dot(run.zero(), &unit.row, &gradient.point) + &unit.bias;
            activation.apply(i, &z, run.context)
        })
        .collect();
    let output_bias = remaining(&gradient.answer, &values, &output, run.context);
    let failed = |error: crate::net::Error| Error::degenerate(Stage::LastLayer, None, error.to_string());
    let network = Shallow::new(hidden, biases, output, output_bias).map_err(failed)?;
    Ok(Ok(network.with_activation(activation).map_err(failed)?))
}

fn absolute<S: Scalar>(run: &Run<'_, S>, kink: &Signature<Num<S>>) -> Unit<S> {
    let half = run.lift(0.5);
    let output = kink.strength.iter().map(|s| s * &half).collect();
    Unit { row: kink.row.clone(), bias: kink.bias.clone(), output }
}

/// Pairs of parallel kinks as units; the first kink that has no partner is the reason why not.
fn clipped<S: Solve>(
    run: &mut Run<'_, S>,
    kinks: &[Signature<Num<S>>],
    low: &Num<S>,
    high: &Num<S>,
) -> Result<Result<Vec<Unit<S>>, Unoriented>, Error> {
    let mut partner: Vec<Option<usize>> = vec![None; kinks.len()];
    let mut units = Vec::with_capacity(kinks.len() / 2);
    for i in 0..kinks.len() {
        if partner[i].is_some() {
            continue;
        }
        let mut found = None;
        for j in (i + 1..kinks.len()).filter(|&j| partner[j].is_none()) {
            if opposite(run, &kinks[i], &kinks[j])? {
                found = Some(j);
                break;
            }
        }
        let Some(j) = found else { return Ok(Err(Unoriented::Unpaired { row: i })) };
        (partner[i], partner[j]) = (Some(j), Some(i));
        let rise = &kinks[i].bias - &kinks[j].bias;
        run.open(kinks[i].item);
        // Of a unit and its flip the one whose row is 1 at its largest entry.
        let forward = run.sign(Site::Heading, &rise, &rise)?.is_gt();
        let (first, rise) = if forward { (&kinks[i], rise) } else { (&kinks[j], -&rise) };
        let Some(scale) = (high - low).over(&rise) else { return Ok(Err(Unoriented::Unpaired { row: i })) };
        let output = first.strength.iter().map(|s| s.over(&scale)).collect::<Option<Vec<_>>>();
        let Some(output) = output else { return Ok(Err(Unoriented::Unpaired { row: i })) };
        let row = first.row.iter().map(|w| w * &scale).collect();
        units.push(Unit { row, bias: low + &(&first.bias * &scale), output });
    }
    Ok(Ok(units))
}

/// Whether two kinks lie on parallel hyperplanes, and take back each other's change of slope.
fn opposite<S: Scalar>(
    run: &mut Run<'_, S>,
    kink: &Signature<Num<S>>,
    other: &Signature<Num<S>>,
) -> Result<bool, Error> {
    // A row scaled to 1 at an entry that ties with another may be scaled to 1 at that one.
    let Some(scale) = run.lift(1.0).over(&other.row[kink.reference]) else { return Ok(false) };
    run.open(kink.item);
    let one = run.lift(1.0);
    for (w, v) in kink.row.iter().zip(&other.row) {
        if !run.is_zero(Site::Parallel, &(w - &(v * &scale)), &one)? {
            return Ok(false);
        }
    }
    let size = run.l1(&kink.strength);
    let turned = other.row[kink.reference].abs();
    for (s, t) in kink.strength.iter().zip(&other.strength) {
        if !run.is_zero(Site::Parallel, &(s + &(t * &turned)), &size)? {
            return Ok(false);
        }
    }
    Ok(true)
}
