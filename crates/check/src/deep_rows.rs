//! Rows: upper bounds `Σ e_i·e_i + Σ a_i·a_i + c` in what a layer hands on, substituted back to the inputs.
//!
//! A plane for each `a_i` and `e_i`, above where its factor is positive and below where it is negative, turns a bound
//! in `(a, e)` into one in `(z, δ)` of the same layer, and `z = A·a + b`, `δ = ΔA·a + A'·e + Δb` of the values before
//! it turn that into a bound in those. Factors are shortened on the way: each is then off by less than one unit of its
//! block, and what that can do to the sum is one unit times the sum of the largest magnitudes that it is multiplied
//! by, which is added.

use crate::deep_fixed::{Block, MANTISSA_BITS, SLOPE_BITS, Weights, too_large, up};
use crate::deep_planes::{Planes, Range};
use crate::refusal::Refusal;

/// A layer of both networks.
pub(crate) struct Layer {
    pub(crate) victim: Weights,
    pub(crate) copy: Weights,
    /// `copy − victim`.
    pub(crate) change: Weights,
}

/// What is known of a layer.
pub(crate) struct Known {
    pub(crate) z: Vec<Range>,
    pub(crate) delta: Vec<Range>,
    pub(crate) copied: Vec<Range>,
    pub(crate) victim: Vec<Planes>,
    pub(crate) copy: Vec<Planes>,
    pub(crate) change: Vec<Planes>,
}

/// Sums of the largest magnitudes of what reaches a layer.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) victim: i128,
    pub(crate) copy: i128,
    pub(crate) change: i128,
}

/// Whose sums rows bound.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Victim,
    Copy,
    Change,
}

/// An upper bound.
#[derive(Clone)]
pub(crate) struct Row {
    side: Side,
    pub(crate) a: Block,
    /// No entries but for [`Side::Change`].
    e: Block,
    pub(crate) constant: i128,
}

/// Bits of the coefficients of a sum of two rows.
const SUM_BITS: u32 = 40;

/// Bits by which a sum of factors is shortened before it meets a size.
const SHORTER: u32 = 20;

fn nothing() -> Block {
    Block { mantissas: Vec::new(), exponent: 0, is_loose: false }
}

impl Row {
    /// `sign` times a unit's sum, in what reaches its layer.
    pub(crate) fn of(layer: &Layer, side: Side, unit: usize, sign: i64, sizes: Sizes) -> Result<Self, Refusal> {
        let signed = |weights: &Weights| Block {
            mantissas: weights.row(unit).iter().map(|m| sign * m).collect(),
            ..Block { mantissas: Vec::new(), ..weights.block }
        };
        let (own, size) = match side {
            Side::Victim => (&layer.victim, sizes.victim),
            Side::Copy => (&layer.copy, sizes.copy),
            Side::Change => (&layer.change, sizes.victim),
        };
        let (a, e) = (signed(own), if side == Side::Change { signed(&layer.copy) } else { nothing() });
        let constant = i128::from(sign) * own.bias[unit]
            + i128::from(own.is_bias_loose)
            + a.slack(size)?
            + e.slack(sizes.change)?;
        Ok(Self { side, a, e, constant })
    }

    /// The same bound in what reaches the layer; `sizes` of that, and `is_first` where it is the inputs.
    pub(crate) fn through(&self, layer: &Layer, known: &Known, sizes: Sizes, is_first: bool) -> Result<Self, Refusal> {
        let (own, relus, sums, size) = match self.side {
            Side::Copy => (&layer.copy, &known.copy, &known.copied, sizes.copy),
            _ => (&layer.victim, &known.victim, &known.z, sizes.victim),
        };
        let is_change = self.side == Side::Change;
        let live: Vec<usize> =
            (0..relus.len()).filter(|&i| !relus[i].are_zero() || is_change && !known.change[i].are_zero()).collect();
        let bits = MANTISSA_BITS;
        let mut constant = self.constant;
        let (mut by_a, mut by_z, mut by_delta) = (Vec::new(), Vec::new(), Vec::new());
        for &i in &live {
            let a = self.a.mantissas[i];
            let plane = if a > 0 { relus[i].upper } else { relus[i].lower };
            by_a.push(i128::from(a) * i128::from(plane.z));
            constant += up(i128::from(a) * plane.offset, self.a.exponent)?;
            if is_change {
                let e = self.e.mantissas[i];
                let plane = if e > 0 { known.change[i].upper } else { known.change[i].lower };
                by_z.push(i128::from(e) * i128::from(plane.z));
                by_delta.push(i128::from(e) * i128::from(plane.delta));
                constant += up(i128::from(e) * plane.offset, self.e.exponent)?;
            }
        }
        let slope = SLOPE_BITS as i32;
        let z = match is_change {
            true => Block::sum((by_a, self.a.exponent - slope), (by_z, self.e.exponent - slope), bits),
            false => Block::shortened(&by_a, self.a.exponent - slope, bits),
        };
        let delta = Block::shortened(&by_delta, self.e.exponent - slope, bits);
        let reach = |ranges: &[Range]| live.iter().map(|&i| ranges[i].size()).sum::<i128>();
        constant += z.slack(reach(sums))? + biases(&z, own, &live)?;
        let (first, x) = products(&z, own, &live);
        // A weight that is larger by less than a unit, times any factor.
        let loose = |factors: &Block, weights: &Weights, size: i128| -> Result<i128, Refusal> {
            let total: i128 = factors.mantissas.iter().map(|m| i128::from(m.abs())).sum();
            if !weights.block.is_loose {
                return Ok(0);
            }
            let most = ((total >> SHORTER) + 1).checked_mul(size).ok_or_else(too_large)?;
            up(most, factors.exponent + weights.block.exponent + SHORTER as i32)
        };
        constant += loose(&z, own, size)?;
        let (mut a, mut e) = (Block::shortened(&first, x, bits), nothing());
        if is_change {
            constant += delta.slack(reach(&known.delta))? + biases(&delta, &layer.change, &live)?;
            constant += loose(&delta, &layer.change, size)?;
            a = Block::sum((first, x), products(&delta, &layer.change, &live), bits);
            if !is_first {
                constant += loose(&delta, &layer.copy, sizes.change)?;
                let (last, x) = products(&delta, &layer.copy, &live);
                e = Block::shortened(&last, x, bits);
                constant += e.slack(sizes.change)?;
            }
        }
        constant += a.slack(size)?;
        Ok(Self { side: self.side, a, e, constant })
    }

    /// The largest value over ranges of what the row is in.
    pub(crate) fn largest(&self, ends: &[Range]) -> Result<i128, Refusal> {
        let best =
            |(m, range): (&i64, &Range)| i128::from(*m).checked_mul(if *m > 0 { range.upper } else { range.lower });
        let sum = self.a.mantissas.iter().zip(ends).map(best).try_fold(0i128, |sum, term| sum.checked_add(term?));
        Ok(self.constant + up(sum.ok_or_else(too_large)?, self.a.exponent)?)
    }

    /// The sum of two bounds in the same inputs; `size` of these.
    pub(crate) fn plus(&self, other: &Self, size: i128) -> Result<Self, Refusal> {
        let long = |block: &Block| (block.mantissas.iter().map(|m| i128::from(*m)).collect(), block.exponent);
        let a = Block::sum(long(&self.a), long(&other.a), SUM_BITS);
        let constant = self.constant + other.constant + a.slack(size)?;
        Ok(Self { side: Side::Change, a, e: nothing(), constant })
    }
}

/// `Σ factor_i·bias_i`, from above.
fn biases(factors: &Block, weights: &Weights, live: &[usize]) -> Result<i128, Refusal> {
    let mut sum = 0;
    for (m, &i) in factors.mantissas.iter().zip(live) {
        let slack = if weights.is_bias_loose { i128::from(m.abs()) } else { 0 };
        sum += up(i128::from(*m) * weights.bias[i] + slack, factors.exponent)?;
    }
    Ok(sum)
}

/// `Σ_i factor_i·w_ij` over the units that count, and its exponent.
fn products(factors: &Block, weights: &Weights, live: &[usize]) -> (Vec<i128>, i32) {
    // Two mantissas, and as many units as there may be: within an i128.
    let mut sums = vec![0i128; weights.inputs];
    for (m, &i) in factors.mantissas.iter().zip(live) {
        if *m != 0 {
            sums.iter_mut().zip(weights.row(i)).for_each(|(sum, w)| *sum += i128::from(*m) * i128::from(*w));
        }
    }
    (sums, factors.exponent + weights.block.exponent)
}
