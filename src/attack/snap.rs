//! Snap: a recovered network whose weights are floats of few significant bits, exactly.
//!
//! A row is known up to a positive factor, to an error. If the victim's row consists of
//! floats of `t` significant bits, its largest entry is `m·2^e` with `2^(t−1) ≤ m < 2^t`; for
//! each of the `2^(t−1)` values of `m` every other entry must come within its error of the
//! grid of such floats. An entry lets a wrong `m` pass with probability `p`, twice its error
//! over the spacing of the grid; `Σ −log2 p` is what the row tells. A row is snapped when
//! that exceeds the `t − 1` bits asked for by `SURPLUS`, and when all values of `m` that pass
//! give one row, up to a factor. Powers of two, and a common factor of a row, stay free:
//! they move between the layers and do not change the function.
//!
//! Plain code over `f64` and ℚ, after a run has ended: nothing here decides what a run asks.

use crate::linalg::Matrix;
use crate::net::Network;
use crate::num::{Exact, Rational, Scalar};
use rayon::prelude::*;
use std::fmt;

/// Bits by which what a row tells must exceed what is asked of it.
const SURPLUS: f64 = 32.0;
/// Errors that rows are tried with, `log2` relative to their largest entry, from the least up.
const ERRORS: [i32; 4] = [-51, -48, -45, -42];
/// Errors of a bias, `log2` relative to one plus its magnitude in units of the row's largest
/// entry; one within the least of them is taken for zero.
const BIAS_ERRORS: [i32; 4] = [-47, -45, -42, -40];
/// Errors of an output weight, `log2` relative to the largest of its unit.
const OUTPUT_ERRORS: [i32; 4] = [-50, -47, -44, -40];
/// Chance from which an entry cannot be told: two points of the grid come within its error.
const HALF: f64 = 0.5;
/// Entries that every candidate is held against before the others are.
const FIRST: usize = 6;

/// A kind of float, by its significant bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// bfloat16: 8 bits.
    Bf16,
    /// IEEE 754 binary16: 11 bits.
    F16,
    /// IEEE 754 binary32: 24 bits.
    F32,
}

impl Grid {
    /// All kinds, coarsest first.
    pub const ALL: [Self; 3] = [Self::Bf16, Self::F16, Self::F32];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
        }
    }

    /// Significant bits.
    pub fn bits(self) -> i32 {
        match self {
            Self::Bf16 => 8,
            Self::F16 => 11,
            Self::F32 => 24,
        }
    }
}

/// What stands in the way of an exact network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsnapped {
    /// No factor brings all entries of this row onto the grid: other weights, or too large an error.
    Off {
        /// Index of the row.
        row: usize,
    },
    /// The entries of this row do not tell its factor, or not all of its entries.
    Ambiguous {
        /// Index of the row.
        row: usize,
    },
    /// An output weight or bias is not on the grid, or not known well enough.
    Output {
        /// Index of the output.
        output: usize,
    },
}

impl fmt::Display for Unsnapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off { row } => write!(f, "no factor brings row {row} onto the grid"),
            Self::Ambiguous { row } => write!(f, "ambiguous: row {row} is not known well enough to tell its weights"),
            Self::Output { output } => {
                write!(f, "ambiguous: weights of output {output} are not on the grid, or not known well enough")
            }
        }
    }
}

/// The network of floats of this kind nearest to `copy`, exactly; or why there is none.
///
/// `copy`: as a walk with polish returns it, its rows oriented and the largest entry of each ±1.
pub fn snap(copy: &Network<Rational>, grid: Grid) -> Result<Network<Rational>, Unsnapped> {
    let shape = copy.shape();
    let near = |x: &Rational| f64::nearest(x, ());
    let rows: Vec<Vec<f64>> = copy.hidden().iter_rows().map(|row| row.iter().map(near).collect()).collect();
    let biases: Vec<f64> = copy.hidden_bias().iter().map(near).collect();
    let found: Vec<Result<Row, Unsnapped>> =
        (0..shape.hidden).into_par_iter().map(|i| Row::new(i, &rows[i], biases[i], grid.bits())).collect();
    let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    let largest = |i: usize| copy.output().column(i).map(|a| near(a).abs()).fold(0.0, f64::max);
    let scaled = |(o, i): (usize, usize)| {
        // relu(c·z) = c·relu(z): what the row gains, the output weight loses.
        let weight = near(&copy.output()[(o, i)]);
        let scaled = weight * found[i].size / found[i].largest as f64;
        float(scaled, grid.bits(), OUTPUT_ERRORS, largest(i) / weight.abs()).ok_or(Unsnapped::Output { output: o })
    };
    let output = (0..shape.outputs).flat_map(|o| (0..shape.hidden).map(move |i| (o, i)));
    let output = output.map(scaled).collect::<Result<Vec<_>, _>>()?;
    let bias = |(o, b)| float(near(b), grid.bits(), OUTPUT_ERRORS, 1.0).ok_or(Unsnapped::Output { output: o });
    let output_bias = copy.output_bias().iter().enumerate().map(bias).collect::<Result<Vec<_>, _>>()?;
    let lift = |x: f64| Rational::lift(x, ());
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |i, j| lift(found[i].entries[j]));
    let hidden_bias = found.iter().map(|row| lift(row.bias)).collect();
    let output = Matrix::from_fn(shape.outputs, shape.hidden, |o, i| lift(output[o * shape.hidden + i]));
    Network::new(hidden, hidden_bias, output, output_bias.into_iter().map(lift).collect())
        .map_err(|_| Unsnapped::Output { output: 0 })
}

/// A row on the grid, its largest entry an integer `largest`.
struct Row {
    largest: u64,
    /// Magnitude of the largest entry as given.
    size: f64,
    entries: Vec<f64>,
    bias: f64,
}

impl Row {
    fn new(index: usize, row: &[f64], bias: f64, bits: i32) -> Result<Self, Unsnapped> {
        let size = row.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let scaled: Vec<f64> = row.iter().map(|x| x / size).collect();
        let off = Unsnapped::Off { row: index };
        if !(size > 0.0 && size.is_finite()) {
            return Err(off);
        }
        let largest =
            anchor(&scaled, bits).map_err(|several| if several { Unsnapped::Ambiguous { row: index } } else { off })?;
        let m = largest as f64;
        let entries = scaled.iter().map(|x| on_grid(m * x, bits)).collect();
        let unit = bias / size;
        // An error beside one and the bias itself, here relative to the bias alone.
        let beside = (1.0 + unit.abs()) / unit.abs();
        let vanishes = exp2(BIAS_ERRORS[0]) * beside >= 1.0;
        let bias = if vanishes { Some(0.0) } else { float(m * unit, bits, BIAS_ERRORS, beside) };
        Ok(Self { largest, size, entries, bias: bias.ok_or(Unsnapped::Ambiguous { row: index })? })
    }
}

/// `2^exponent`, or the nearest normal number that is a power of two.
fn exp2(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 2046) as u64) << 52)
}

/// `⌊log2 |x|⌋` of a normal number.
fn binade(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// The float of `bits` significant bits nearest to `x`.
fn on_grid(x: f64, bits: i32) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    // Adding a number this large and taking it away rounds to the grid's spacing.
    let large = 1.5 * exp2(binade(x) + f64::MANTISSA_DIGITS as i32 - bits);
    if x < 0.0 { (x - large) + large } else { (x + large) - large }
}

/// The float nearest to `x`, where it lies within an error that tells floats apart.
///
/// `errors`: `log2`, relative to `beside·|x|`, from the least up. Only zero itself is zero: a
/// weight of zero changes no answer, not by one bit.
fn float(x: f64, bits: i32, errors: [i32; 4], beside: f64) -> Option<f64> {
    let nearest = on_grid(x, bits);
    // A quarter of the spacing, relative: beyond it two floats may be meant.
    let told = |slack: &f64| *slack < exp2(-bits - 2) && (x - nearest).abs() <= slack * x.abs();
    (x == 0.0 || errors.iter().map(|&error| exp2(error) * beside).any(|slack| told(&slack))).then_some(nearest)
}

/// The largest entry's integer, `2^(bits−1) ≤ m < 2^bits`, of the only row that fits; the least such.
///
/// `row`: its largest entry ±1. Errors: whether more than one may fit, or an entry cannot be told.
fn anchor(row: &[f64], bits: i32) -> Result<u64, bool> {
    let mut sizes: Vec<f64> = row.iter().map(|x| x.abs()).filter(|x| *x > 0.0).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let rest: Vec<f64> = sizes.into_iter().filter(|x| *x < 1.0).collect();
    // What fits with a small error fits with a large one: all candidates are looked at once.
    let candidates = 1u64 << (bits - 1)..1u64 << bits;
    let few = &rest[..rest.len().min(FIRST)];
    let likely: Vec<u64> = candidates.filter(|&m| fit(m, few, bits, ERRORS[ERRORS.len() - 1])).collect();
    let mut failure = false;
    for error in ERRORS {
        match only(&likely, &rest, bits, error) {
            Ok(least) => return Ok(least),
            Err(several) => failure |= several,
        }
    }
    Err(failure)
}

/// Whether all entries come within an error of the grid.
fn fit(m: u64, entries: &[f64], bits: i32, error: i32) -> bool {
    let slack = exp2(error) * m as f64;
    entries.iter().all(|x| {
        let value = m as f64 * x;
        (value - on_grid(value, bits)).abs() <= slack
    })
}

/// The least of the candidates that fit with this error, if they give one row.
fn only(candidates: &[u64], rest: &[f64], bits: i32, error: i32) -> Result<u64, bool> {
    // The chance that a wrong factor brings an entry within its error of the grid.
    let chance = |x: &f64| exp2(bits + 1) * exp2(error) / x;
    let passing: Vec<u64> = candidates.iter().copied().filter(|&m| fit(m, rest, bits, error)).collect();
    let Some(&least) = passing.first() else { return Err(false) };
    let told: f64 = rest.iter().map(|x| -chance(x).log2()).sum();
    if rest.iter().any(|x| chance(x) > HALF) || told < f64::from(bits - 1) + SURPLUS {
        return Err(true);
    }
    // One row up to a factor, exactly.
    let ratio = |m: u64, x: f64| Rational::lift(on_grid(m as f64 * x, bits), ()).div(&Rational::integer(m as i64));
    let one = passing[1..].iter().all(|&m| rest.iter().all(|&x| ratio(m, x) == ratio(least, x)));
    if one { Ok(least) } else { Err(true) }
}
