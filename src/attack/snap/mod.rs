//! Snap: a recovered network whose weights are floats of few significant bits, exactly.
//!
//! A row is known up to a positive factor, to an error. If the victim's row consists of
//! floats of `t` significant bits, its largest entry is `m·2^e` with an odd `m < 2^t`; for
//! each of the `2^(t−1)` values of `m` every other entry must come within its error of the
//! grid of such floats. An entry lets a wrong `m` pass with probability `p`, twice its error
//! over the spacing of the grid; `Σ −log2 p` is what the row tells. A row is snapped when
//! that exceeds the bits of `m` by a surplus, and when all values of `m` that pass
//! give one row, up to a factor. Powers of two, and a common factor of a row, stay free:
//! they move between the layers and do not change the function.
//!
//! A weight that its error does not tell from zero may be zero, or any float so small. It is zero where it
//! was moved so far that any other would have been seen ([`Faint::NOTHING`]), and stays open otherwise. No
//! network is returned while a weight stays open.
//!
//! Plain code over `f64` and ℚ, after a run has ended: nothing here decides what a run asks.

mod grid;
pub(super) mod layer;
mod near;
mod ratio;
mod unsnapped;

pub use grid::Grid;
pub use unsnapped::{Place, Unsnapped};

use crate::linalg::Matrix;
use crate::net::Shallow;
use crate::num::{Rational, Scalar};
use crate::trace::{Faint, Orientation, Trace};
use grid::{Told, exp2, on_grid, told};
use ratio::{Anchor, ERRORS, Entry, anchor};
use rayon::prelude::*;

/// Errors of a bias, `log2` relative to one plus its magnitude in units of the row's largest entry.
const BIAS_ERRORS: [i32; 4] = [-47, -45, -42, -40];
/// Errors of an output weight, `log2` relative to the largest of its unit.
const OUTPUT_ERRORS: [i32; 4] = [-50, -47, -44, -40];
/// Errors of an output bias that is an answer, `log2` relative to itself.
const ANSWER_ERRORS: [i32; 4] = [-51, -51, -50, -50];
/// Common factors of a row that are tried for its bias and output weights.
const COMMON: u64 = 1 << 12;
/// Binades by which the error of an entry that was measured alone may exceed what is predicted.
const ALONE: f64 = 4.0;

/// What is known of a network besides its weights.
#[derive(Clone, Debug, Default)]
pub struct Precision {
    /// What was asked of small weights; where nothing was, no zero is certain.
    pub faint: Option<Faint>,
    /// `log2` of the error of each row's entries beside its largest, as predicted; empty where nothing is.
    pub rows: Vec<f64>,
    /// Whether signs could not be told, so that an affine part stands beside the rows.
    pub unoriented: bool,
}

impl Precision {
    /// Of a polished run. `bits`: of its answers.
    pub fn of(trace: &Trace<Rational>, bits: u32) -> Self {
        let errors = trace.polished.rounds.last().map(|round| round.errors.as_slice()).unwrap_or_default();
        let rows = errors.iter().map(|error| error.log2() - f64::from(bits)).collect();
        let unoriented = matches!(trace.orientation(), Some(Orientation::Canonical(_)));
        Self { faint: trace.polished.faint.clone(), rows, unoriented }
    }

    fn faint(&self, copy: &Shallow<Rational>) -> Option<&Faint> {
        self.faint.as_ref().filter(|faint| faint.entries.len() == copy.shape().hidden)
    }

    /// `log2` of the error of a row's entries; the least that is tried where nothing is predicted.
    fn predicted(&self, row: usize) -> f64 {
        let error = self.rows.get(row).copied().filter(|error| error.is_finite());
        error.unwrap_or(f64::from(ERRORS[0])).min(f64::from(ERRORS[ERRORS.len() - 1]))
    }
}

/// The network of floats of this kind that `copy` is, exactly; or why there is none.
///
/// `copy`: as a walk with polish returns it, its rows oriented and the largest entry of each ±1.
pub fn snap(copy: &Shallow<Rational>, precision: &Precision, grid: Grid) -> Result<Shallow<Rational>, Unsnapped> {
    let shape = copy.shape();
    let faint = precision.faint(copy);
    if faint.is_some_and(|faint| faint.hidden) {
        return Err(Unsnapped::Hidden);
    }
    let units: Vec<Result<Unit, Unsnapped>> =
        (0..shape.hidden).into_par_iter().map(|i| Unit::new(copy, precision, i, grid.bits())).collect();
    let units =
        units.into_iter().enumerate().map(|(row, unit)| unit.map_err(|off| excuse(precision, row).unwrap_or(off)));
    let units = units.collect::<Result<Vec<_>, _>>()?;
    let biases: Vec<Told> = (0..shape.outputs).map(|o| output_bias(copy, faint, o, grid.bits())).collect();
    if let Some(o) = biases.iter().position(|told| *told == Told::Off) {
        return Err(if precision.unoriented { Unsnapped::Unoriented } else { Unsnapped::Off(Place::OutputBias(o)) });
    }
    let last =
        biases.iter().enumerate().filter_map(|(o, told)| Some((Place::OutputBias(o), open_bits(told)?))).collect();
    let open: Vec<Vec<(Place, i32)>> = units.iter().map(|unit| unit.open.clone()).chain([last]).collect();
    let lift = |x: f64| Rational::lift(x, ());
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |i, j| lift(units[i].entries[j]));
    let hidden_bias = units.iter().map(|unit| lift(unit.bias)).collect();
    let output = Matrix::from_fn(shape.outputs, shape.hidden, |o, i| lift(units[i].outputs[o]));
    let output_bias = biases.iter().map(|told| lift(value(told))).collect();
    let network = Shallow::new(hidden, hidden_bias, output, output_bias).ok();
    if let Some(&(first, _)) = open.iter().flatten().next() {
        let rows = open.iter().filter(|open| !open.is_empty()).count();
        let bits = open.iter().flatten().map(|(_, bits)| *bits).max().unwrap_or(0);
        let (open, zeros) = (open.iter().map(Vec::len).sum(), network.map(Box::new));
        return Err(Unsnapped::Ambiguous { open, rows, first, bits, zeros });
    }
    network.ok_or(Unsnapped::Off(Place::OutputBias(0)))
}

/// Why no grid fits a row that is not what was measured, or not well enough: its predicted error is larger than any
/// it is tried with, or it may stand for an affine part.
fn excuse(precision: &Precision, row: usize) -> Option<Unsnapped> {
    if precision.unoriented {
        return Some(Unsnapped::Unoriented);
    }
    let over = precision.rows.get(row)? - f64::from(ERRORS[ERRORS.len() - 1]);
    (over > 0.0 && over.is_finite()).then(|| Unsnapped::Coarse { row, bits: over.ceil() as i32 })
}

/// A unit on the grid, as far as it is told.
struct Unit {
    entries: Vec<f64>,
    bias: f64,
    /// `[outputs]`.
    outputs: Vec<f64>,
    /// What is not told, with the bits that it lacks; its value above is zero.
    open: Vec<(Place, i32)>,
}

impl Unit {
    fn new(copy: &Shallow<Rational>, precision: &Precision, row: usize, bits: i32) -> Result<Self, Unsnapped> {
        let near = |x: &Rational| f64::nearest(x, ());
        let weights: Vec<f64> = copy.hidden().row(row).iter().map(near).collect();
        let size = weights.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        if !(size > 0.0 && size.is_finite()) {
            return Err(Unsnapped::Off(Place::Row(row)));
        }
        let blur = |j: usize| precision.faint(copy).map_or(0, |faint| faint.entries[row][j]);
        // Entries measured alone are not told by how well the others fit.
        let least = |j: usize| (precision.predicted(row) + if blur(j) < 0 { ALONE } else { 0.0 }).ceil() as i32;
        let entry = |(j, x): (usize, &f64)| Entry { size: x.abs() / size, blur: blur(j), least: least(j) };
        let entries: Vec<Entry> = weights.iter().enumerate().map(entry).collect();
        let short = |entry: &Entry, error: i32| (!entry.is_zero()).then(|| entry.short(bits, error));
        let place = |input: usize| Place::Entry { row, input };
        match anchor(&entries, bits) {
            Anchor::Off => Err(Unsnapped::Off(Place::Row(row))),
            Anchor::Several(missing) => {
                // Without the factor no entry is known but those that are zero.
                let open = entries.iter().enumerate();
                let open = open.filter_map(|(j, entry)| Some((place(j), missing.max(short(entry, ERRORS[0])?))));
                let (entries, outputs) = (vec![0.0; weights.len()], vec![0.0; copy.shape().outputs]);
                Ok(Self { entries, bias: 0.0, outputs, open: open.collect() })
            }
            Anchor::Only { largest, error } => {
                let known = |entry: &Entry| entry.size == 1.0 || entry.is_told(bits, error);
                let open = entries.iter().enumerate().filter(|(_, entry)| !known(entry));
                let open = open.filter_map(|(j, entry)| Some((place(j), short(entry, error)?))).collect();
                let factor = largest as f64;
                let exact = |(x, entry): (&f64, &Entry)| {
                    if known(entry) && !entry.is_zero() { on_grid(factor * (x / size), bits) } else { 0.0 }
                };
                let exact = weights.iter().zip(&entries).map(exact).collect();
                Self::of(copy, precision, Snapping { row, size, factor, entries: exact, open }, bits)
            }
        }
    }

    /// The unit of a row: with the least factor common to its entries that its bias and output weights ask for.
    fn of(copy: &Shallow<Rational>, precision: &Precision, row: Snapping, bits: i32) -> Result<Self, Unsnapped> {
        let Snapping { row, size, factor, entries: exact, mut open } = row;
        let faint = precision.faint(copy);
        let near = |x: &Rational| f64::nearest(x, ());
        let bias = near(&copy.hidden_bias()[row]) / size;
        let strengths: Vec<f64> = copy.output().column(row).map(|a| near(a) * size / factor).collect();
        let (mut off, mut tells) = (Unsnapped::Off(Place::Bias(row)), 0.0);
        for common in (1..COMMON).step_by(2).map(|common| common as f64) {
            let entries: Vec<f64> = exact.iter().map(|x| x * common).collect();
            if entries.iter().any(|x| on_grid(*x, bits) != *x) {
                return Err(off);
            }
            let factor = factor * common;
            let found = match faint {
                Some(faint) if faint.unbiased => Told::Is(0.0),
                _ => told(bias * factor, bits, BIAS_ERRORS, (1.0 + bias.abs()) * factor, Faint::NOTHING),
            };
            let weight = |o: usize| output(&strengths, faint, row, o, common, bits);
            let weights: Vec<Told> = (0..strengths.len()).map(weight).collect();
            let missed = weights.iter().position(|told| *told == Told::Off);
            let missed = missed.map(|output| Place::Output { row, output });
            // What fits with a common factor by chance fits with one of many.
            let told = weights.iter().chain([&found]).filter(|told| open_bits(told).is_none()).count() as f64;
            tells = told * f64::from(-BIAS_ERRORS[0] - bits);
            if let Some(place) = missed.or((found == Told::Off).then_some(Place::Bias(row))) {
                if common == 1.0 {
                    off = Unsnapped::Off(place);
                }
                continue;
            }
            open.extend(open_bits(&found).map(|short| (Place::Bias(row), short)));
            let places = (0..weights.len()).map(|output| Place::Output { row, output });
            open.extend(places.zip(&weights).filter_map(|(place, told)| Some((place, open_bits(told)?))));
            let asked = common.log2() + ratio::SURPLUS;
            if common > 1.0 && tells < asked {
                open.push((Place::Row(row), (asked - tells).ceil() as i32));
            }
            return Ok(Self { entries, bias: value(&found), outputs: weights.iter().map(value).collect(), open });
        }
        // Larger common factors are as many as there are floats.
        let asked = f64::from(bits) + ratio::SURPLUS;
        open.push((Place::Row(row), (asked - tells).ceil().max(1.0) as i32));
        Ok(Self { entries: exact, bias: 0.0, outputs: vec![0.0; strengths.len()], open })
    }
}

/// A row on the grid, with the least factor.
struct Snapping {
    row: usize,
    /// Magnitude of the largest entry as given.
    size: f64,
    /// The same on the grid.
    factor: f64,
    entries: Vec<f64>,
    open: Vec<(Place, i32)>,
}

/// An output weight of a unit whose row has gained a common factor: `relu(c·z) = c·relu(z)`.
fn output(strengths: &[f64], faint: Option<&Faint>, row: usize, o: usize, common: f64, bits: i32) -> Told {
    let blur = faint.map_or(0, |faint| faint.outputs[row][o]);
    if blur <= Faint::NOTHING {
        return Told::Is(0.0);
    }
    let largest = strengths.iter().fold(0.0, |most: f64, x| most.max(x.abs())) / common;
    let weight = strengths[o] / common;
    let beside = if blur < 0 { (exp2(blur) * largest).max(weight.abs()) } else { largest };
    told(weight, bits, OUTPUT_ERRORS, beside, Faint::NOTHING)
}

/// An output bias: an answer, or what all units leave of one.
fn output_bias(copy: &Shallow<Rational>, faint: Option<&Faint>, o: usize, bits: i32) -> Told {
    let near = |x: &Rational| f64::nearest(x, ());
    let bias = near(&copy.output_bias()[o]);
    if faint.is_some_and(|faint| faint.resting) {
        return if bias == 0.0 { Told::Is(0.0) } else { told(bias, bits, ANSWER_ERRORS, bias.abs(), Faint::NOTHING) };
    }
    let terms = copy.output().row(o).iter().zip(copy.hidden_bias()).map(|(a, b)| near(a).abs() * (1.0 + near(b).abs()));
    told(bias, bits, OUTPUT_ERRORS, bias.abs() + terms.sum::<f64>(), Faint::NOTHING)
}

fn open_bits(told: &Told) -> Option<i32> {
    match told {
        Told::Open(short) => Some(*short),
        Told::Is(_) | Told::Off => None,
    }
}

fn value(told: &Told) -> f64 {
    match told {
        Told::Is(value) => *value,
        Told::Open(_) | Told::Off => 0.0,
    }
}
