//! One pass over a part of the box: ranges of `z`, `δ` and `z'` of every unit, layer by layer, to the outputs.
//!
//! Each range is the better one of two rules: the interval rule, from what the layer before hands on, and rows
//! substituted back to the inputs. Where both networks are bounded apart, a row of `z'` less one of `z` bounds `δ`,
//! too. `z' = z + δ` bounds each of the three by the others.

use crate::cube::Cube;
use crate::deep_fixed::{MANTISSA_BITS, VALUE_BITS, Weights, too_large, up};
use crate::deep_network::Deep;
use crate::deep_planes::{Range, change, changed, relu};
use crate::deep_rows::{Known, Layer, Row, Side, Sizes};
use crate::number::Fractions;
use crate::refusal::Refusal;
use num_rational::BigRational;

/// The most units of a layer, and the bits that a sum of so many products has more than one of them.
const MOST_UNITS: usize = 1 << SUM_BITS;
const SUM_BITS: u32 = 16;

/// Both networks over the cube, unit by unit.
pub(crate) struct Twins {
    layers: Vec<Layer>,
    places: u32,
    apart: bool,
}

/// What reaches a layer.
struct Reach {
    a: Vec<Range>,
    e: Vec<Range>,
    copied: Vec<Range>,
}

/// Rows of a unit's sum and of its negative.
type Pair = [Row; 2];

impl Twins {
    /// Of networks with equally many units in each layer; `free`: the inputs that vary.
    ///
    /// Errors: [`Refusal::Malformed`] where numbers are too large.
    pub(crate) fn new(
        [victim, copy]: &[Deep; 2],
        cube: &Cube,
        free: &[usize],
        places: u32,
        apart: bool,
    ) -> Result<Self, Refusal> {
        let over = |rows: &[Vec<BigRational>]| -> Result<Vec<Vec<BigRational>>, Refusal> {
            let row = |row: &Vec<BigRational>| {
                let over = cube.over(&Fractions::new(row)?);
                Ok(free.iter().chain([&(row.len() - 1)]).map(|j| over.get(*j)).collect())
            };
            rows.iter().map(row).collect()
        };
        if victim.layers.iter().any(|layer| layer.len() > MOST_UNITS) || free.len() > MOST_UNITS {
            return Err(too_large());
        }
        let mut layers = Vec::with_capacity(victim.layers.len());
        for (l, (first, second)) in victim.layers.iter().zip(&copy.layers).enumerate() {
            let both = if l == 0 { [over(first)?, over(second)?] } else { [first.clone(), second.clone()] };
            let less = |(a, b): (&Vec<BigRational>, &Vec<BigRational>)| b.iter().zip(a).map(|(b, a)| b - a).collect();
            let change: Vec<Vec<BigRational>> = both[0].iter().zip(&both[1]).map(less).collect();
            layers.push(Layer {
                victim: Weights::new(&both[0], places)?,
                copy: Weights::new(&both[1], places)?,
                change: Weights::new(&change, places)?,
            });
        }
        Ok(Self { layers, places, apart })
    }

    /// The whole cube.
    pub(crate) fn whole(&self) -> Vec<Range> {
        let one = 1i128 << self.places;
        vec![Range { lower: -one, upper: one }; self.layers.first().map_or(0, |layer| layer.victim.inputs)]
    }

    /// Bounds of each output's difference over a part of the cube, `[outputs]`, over `2^places`.
    ///
    /// Errors: [`Refusal::Malformed`] where numbers are too large.
    pub(crate) fn bounds(&self, ends: &[Range]) -> Result<Vec<i128>, Refusal> {
        let (mut known, mut sizes): (Vec<Known>, Vec<Sizes>) = (Vec::new(), Vec::new());
        for (k, layer) in self.layers.iter().enumerate() {
            let last = k + 1 == self.layers.len();
            let reach = Reach::new(known.last(), ends);
            sizes.push(reach.sizes());
            let mut found = Found::by_intervals(layer, &reach, sizes[k])?;
            if k > 0 {
                let back = |mut row: Row| -> Result<Row, Refusal> {
                    for j in (0..k).rev() {
                        row = row.through(&self.layers[j], &known[j], sizes[j], j == 0)?;
                    }
                    Ok(row)
                };
                for i in 0..layer.victim.units() {
                    if !last && !found.is_open(i) {
                        continue;
                    }
                    let pair = |side: Side| -> Result<Pair, Refusal> {
                        let row = |sign| back(Row::of(layer, side, i, sign, sizes[k])?);
                        Ok([row(1)?, row(-1)?])
                    };
                    let range = |pair: &Pair| Ok((-pair[1].largest(ends)?, pair[0].largest(ends)?));
                    let mut rows = None;
                    if !last || self.apart {
                        let victim = pair(Side::Victim)?;
                        found.z[i] = within(found.z[i], range(&victim)?);
                        if self.apart {
                            let copy = pair(Side::Copy)?;
                            found.copied[i] = within(found.copied[i], range(&copy)?);
                            rows = Some([victim, copy]);
                        }
                        found.tighten(i);
                    }
                    if !last && !found.is_open(i) {
                        continue;
                    }
                    if let Some([victim, copy]) = rows {
                        // δ = z' − z, by a row of each.
                        let sum = |c: &Row, v: &Row| c.plus(v, sizes[0].victim);
                        let apart = [sum(&copy[0], &victim[1])?, sum(&copy[1], &victim[0])?];
                        found.delta[i] = within(found.delta[i], range(&apart)?);
                    }
                    found.delta[i] = within(found.delta[i], range(&pair(Side::Change)?)?);
                    found.tighten(i);
                }
            }
            if last {
                return Ok(found.delta.iter().map(|delta| delta.size()).collect());
            }
            known.push(found.known()?);
        }
        Ok(Vec::new())
    }
}

fn within(range: Range, (lower, upper): (i128, i128)) -> Range {
    range.within(lower, upper)
}

impl Reach {
    fn new(known: Option<&Known>, ends: &[Range]) -> Self {
        let Some(Known { z, delta, copied, .. }) = known else {
            return Self { a: ends.to_vec(), e: vec![Range::ZERO; ends.len()], copied: ends.to_vec() };
        };
        let relu = |ranges: &[Range]| ranges.iter().map(|range| range.relu()).collect();
        let e = z.iter().zip(delta).zip(copied).map(|((z, delta), copied)| changed(*z, *delta, *copied)).collect();
        Self { a: relu(z), e, copied: relu(copied) }
    }

    fn sizes(&self) -> Sizes {
        let sum = |ranges: &[Range]| ranges.iter().map(|range| range.size()).sum();
        Sizes { victim: sum(&self.a), copy: sum(&self.copied), change: sum(&self.e) }
    }
}

/// Ranges of a layer.
struct Found {
    z: Vec<Range>,
    delta: Vec<Range>,
    copied: Vec<Range>,
}

impl Found {
    fn by_intervals(layer: &Layer, reach: &Reach, sizes: Sizes) -> Result<Self, Refusal> {
        let z = sums(&layer.victim, &reach.a, sizes.victim, true)?;
        let copied = sums(&layer.copy, &reach.copied, sizes.copy, true)?;
        let mut delta = sums(&layer.change, &reach.a, sizes.victim, true)?;
        let more = sums(&layer.copy, &reach.e, sizes.change, false)?;
        for (delta, more) in delta.iter_mut().zip(more) {
            *delta = Range { lower: delta.lower + more.lower, upper: delta.upper + more.upper };
        }
        let mut found = Self { z, delta, copied };
        (0..found.z.len()).for_each(|i| found.tighten(i));
        Ok(found)
    }

    /// Whether the unit's sign is not known, the same in both networks.
    fn is_open(&self, i: usize) -> bool {
        let (z, copied) = (self.z[i], self.copied[i]);
        !(z.is_on() && copied.is_on() || z.is_off() && copied.is_off())
    }

    fn tighten(&mut self, i: usize) {
        let (z, delta, copied) = (self.z[i], self.delta[i], self.copied[i]);
        let copied = copied.within(z.lower + delta.lower, z.upper + delta.upper);
        let delta = delta.within(copied.lower - z.upper, copied.upper - z.lower);
        let z = z.within(copied.lower - delta.upper, copied.upper - delta.lower);
        (self.z[i], self.delta[i], self.copied[i]) = (z, delta, copied);
    }

    fn known(self) -> Result<Known, Refusal> {
        let Self { z, delta, copied } = self;
        let victim = z.iter().map(|z| relu(*z)).collect::<Result<_, _>>()?;
        let copy = copied.iter().map(|z| relu(*z)).collect::<Result<_, _>>()?;
        let units = 0..z.len();
        let change = units.map(|i| change(z[i], delta[i], copied[i])).collect::<Result<_, _>>()?;
        Ok(Known { z, delta, copied, victim, copy, change })
    }
}

/// Ranges of a layer's sums by the interval rule; `size` of what reaches it.
fn sums(weights: &Weights, a: &[Range], size: i128, with_bias: bool) -> Result<Vec<Range>, Refusal> {
    let slack = weights.block.slack(size)?;
    // Values are shortened outward, so that sums of products with mantissas are within an i128.
    let bits = a.iter().map(|range| 128 - range.size().unsigned_abs().leading_zeros()).max().unwrap_or(0);
    let shift = (bits + MANTISSA_BITS + SUM_BITS).saturating_sub(126);
    let exponent = weights.block.exponent + shift as i32;
    let short: Vec<[i128; 2]> = a.iter().map(|range| [range.lower >> shift, -((-range.upper) >> shift)]).collect();
    let one = |i: usize| {
        let (mut lower, mut upper) = (0i128, 0i128);
        for (m, [low, high]) in weights.row(i).iter().zip(&short) {
            let m = i128::from(*m);
            let ends = if m > 0 { [low, high] } else { [high, low] };
            lower += m * ends[0];
            upper += m * ends[1];
        }
        let (lower, upper) = (-up(-lower, exponent)? - slack, up(upper, exponent)? + slack);
        let (bias, loose) = if with_bias { (weights.bias[i], i128::from(weights.is_bias_loose)) } else { (0, 0) };
        let range = Range { lower: lower + bias, upper: upper + bias + loose };
        if range.size().unsigned_abs() >> VALUE_BITS > 0 { Err(too_large()) } else { Ok(range) }
    };
    (0..weights.units()).map(one).collect()
}
