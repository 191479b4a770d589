//! One pass over a box: ranges of every unit's `z`, `δ` and `z'`, layer by layer, and of the outputs' differences.
//!
//! Each range is the better one of two rules. The interval rule takes the ranges of the layer before; rows are
//! substituted back to the inputs, of `z`, of `δ`, and for networks that are not near, of `z'` and `z` apart, whose
//! sum bounds `δ` as well. A unit whose sign the interval rule knows in both networks needs no row.

use super::layers::{Layers, Ranges, Traced, both_signs, inputs};
use super::planes::Range;
use super::rows::{Bounded, Rows, Side};
use super::score;
use super::weights::{Map, Weights};
use crate::linalg::Matrix;

/// A lower bound on what underflow can do, relative to `g`.
const UNDERFLOW: f64 = 1.0 / ((1u128 << 120) as f64 * (1u128 << 120) as f64 * (1u128 << 120) as f64);

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Wanted {
    /// The two networks are also bounded apart.
    pub(in super::super) apart: bool,
    /// The victim's outputs, too.
    pub(in super::super) values: bool,
}

/// What is known of a box.
pub(in super::super) struct Passed {
    /// The victim's outputs, `[outputs]`; only intervals unless wanted.
    pub(in super::super) values: Vec<(f64, f64)>,
    /// The copy's outputs less the victim's.
    pub(in super::super) differences: Vec<(f64, f64)>,
    /// How much is lost to each input, `[free]`.
    pub(in super::super) scores: Vec<f64>,
    /// The best vertex of the worst row's plane: whether the upper end of each input, `[free]`.
    pub(in super::super) vertex: Vec<bool>,
}

/// One pass over a box of inputs, `[free]` ends; `None` where it `is_over` before.
pub(in super::super) fn pass(
    weights: &Weights,
    ends: &[(f64, f64)],
    wanted: Wanted,
    is_over: &(dyn Fn() -> bool + Sync),
) -> Option<Passed> {
    let g = weights.rounding();
    let mut layers = Layers { ranges: Vec::new(), bounded: Vec::new(), traced: Vec::new() };
    let mut worst: Option<score::Worst> = None;
    let count = weights.layers.len();
    for (k, layer) in weights.layers.iter().enumerate() {
        if is_over() {
            return None;
        }
        let last = k + 1 == count;
        let (a, e, copied) = inputs(&layers, ends);
        let [first, second] = [(&layer.victim, &a), (&layer.copy, &copied)].map(|(map, a)| Summed::new(map, a));
        let changed = Summed::new(&layer.change, &a).plus(Summed::of(&layer.copy.weights, &e));
        let is_same = e.iter().all(|e| *e == Range::ZERO);
        let mut ranges = Ranges {
            z: first.ranges(g),
            delta: changed.ranges(g),
            copied: if wanted.apart { second.ranges(g) } else { vec![Range::ALL; layer.victim.units()] },
        };
        for (delta, is_zero) in ranges.delta.iter_mut().zip(&layer.change.is_zero) {
            if is_same && *is_zero {
                *delta = Range::ZERO;
            }
        }
        (0..ranges.z.len()).for_each(|i| ranges.tighten(i));
        let sizes = [first.size, second.size, changed.size];
        let mut traced = [None, None];
        let mut open: Vec<usize> = (0..ranges.z.len()).filter(|i| last || ranges.is_open(*i)).collect();
        if k > 0 && !open.is_empty() {
            for (side, wanted) in [(Side::Victim, !last || wanted.apart || wanted.values), (Side::Copy, wanted.apart)] {
                if wanted {
                    let rows = Rows::of(layer, side, &both_signs(&open), &sizes[side.index()]);
                    let rows = layers.traced_back(weights, rows, is_over)?;
                    let largest = rows.largest(ends, g);
                    let range = if side == Side::Copy { &mut ranges.copied } else { &mut ranges.z };
                    for (at, &i) in open.iter().enumerate() {
                        range[i] = range[i].within(-largest[at + open.len()], largest[at]);
                    }
                    let mut place = vec![None; layer.victim.units()];
                    open.iter().enumerate().for_each(|(at, i)| place[*i] = Some(at));
                    traced[side.index()] = Some(Traced { units: open.clone(), place, rows });
                }
            }
            open.iter().for_each(|i| ranges.tighten(*i));
            open.retain(|i| last || ranges.is_open(*i));
            let signs = both_signs(&open);
            let mut sums = Vec::new();
            if let [Some(victim), Some(copy)] = &traced {
                let sum = |(i, sign): &(usize, f64)| {
                    let sum = copy.rows.plus(copy.signed(*i, *sign)?, &victim.rows, victim.signed(*i, -*sign)?);
                    Some((sum.largest(ends, g)[0], sum))
                };
                sums = signs.iter().map(sum).collect::<Option<_>>()?;
            }
            let rows = Rows::of(layer, Side::Change, &signs, &sizes[Side::Change.index()]);
            let rows = layers.traced_back(weights, rows, is_over)?;
            let largest = rows.largest(ends, g);
            let mut below_and_above = |bound: &dyn Fn(usize) -> f64| {
                for (at, &i) in open.iter().enumerate() {
                    ranges.delta[i] = ranges.delta[i].within(-bound(at + open.len()), bound(at));
                }
            };
            below_and_above(&|at| largest[at]);
            if !sums.is_empty() {
                below_and_above(&|at| sums[at].0);
            }
            if last {
                worst = score::Worst::new(&open, rows, &largest, sums);
            }
            open.iter().for_each(|i| ranges.tighten(*i));
        }
        let tiny = UNDERFLOW * (1.0 + a.iter().chain(&e).chain(&copied).map(|range| range.size()).sum::<f64>());
        layers.bounded.push(Bounded::new(&ranges, sizes, tiny));
        layers.ranges.push(ranges);
        layers.traced.push(traced);
    }
    let last = layers.ranges.last()?;
    let pairs = |ranges: &[Range]| ranges.iter().map(|range| (range.lower, range.upper)).collect::<Vec<_>>();
    let (values, differences) = (pairs(&last.z), pairs(&last.delta));
    let (scores, vertex) = match worst {
        Some(worst) => {
            let vertex = worst.row.a.row(worst.place).iter().map(|c| *c > 0.0).collect();
            (score::scores(weights, &layers, &worst, ends), vertex)
        }
        // One affine map.
        None => (vec![1.0; ends.len()], vec![true; ends.len()]),
    };
    Some(Passed { values, differences, scores, vertex })
}

/// Sums over ranges, by midpoints and radii.
struct Summed {
    middle: Vec<f64>,
    radius: Vec<f64>,
    /// `Σ_j |w_ij|·max|a_j| + |b_i|`.
    size: Vec<f64>,
}

impl Summed {
    fn new(map: &Map, a: &[Range]) -> Self {
        let mut sums = Self::of(&map.weights, a);
        for (i, b) in map.bias.iter().enumerate() {
            sums.middle[i] += b;
            sums.size[i] += b.abs();
        }
        sums
    }

    fn of(weights: &Matrix<f64>, a: &[Range]) -> Self {
        let parts: Vec<[f64; 3]> = a.iter().map(|range| [range.middle(), range.radius(), range.size()]).collect();
        let sums = weights.iter_rows().map(|row| {
            row.iter().zip(&parts).fold([0.0; 3], |[middle, radius, size], (w, part)| {
                [middle + w * part[0], radius + w.abs() * part[1], size + w.abs() * part[2]]
            })
        });
        let sums: Vec<[f64; 3]> = sums.collect();
        let column = |k: usize| sums.iter().map(|sum| sum[k]).collect();
        Self { middle: column(0), radius: column(1), size: column(2) }
    }

    fn plus(mut self, other: Self) -> Self {
        let add = |sums: &mut [f64], others: &[f64]| sums.iter_mut().zip(others).for_each(|(a, b)| *a += b);
        add(&mut self.middle, &other.middle);
        add(&mut self.radius, &other.radius);
        add(&mut self.size, &other.size);
        self
    }

    /// `g` times the size bounds the rounding of weights and sums; what is no number bounds nothing.
    fn ranges(&self, g: f64) -> Vec<Range> {
        let one = |i: usize| {
            let reach = (self.radius[i] + (self.size[i] + f64::MIN_POSITIVE) * g).next_up();
            let (lower, upper) = (self.middle[i] - reach, self.middle[i] + reach);
            Range::ALL.within(lower.next_down(), upper.next_up())
        };
        (0..self.middle.len()).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Domain;
    use crate::net::{Affine, Draw, Network};
    use crate::num::{Num, Rational, Scalar};
    use proptest::prelude::*;

    /// A network of floats of many sizes.
    fn drawn(sizes: &[usize], draw: &mut Draw) -> Network<f64> {
        let layer = |pair: &[usize]| {
            let mut entry = || draw.normal() * libm::exp2((draw.below(9) as f64) - 4.0) / pair[0] as f64;
            let weights = Matrix::from_fn(pair[1], pair[0], |_, _| entry());
            Affine::new(weights, (0..pair[1]).map(|_| entry()).collect()).unwrap()
        };
        Network::new(sizes.windows(2).map(layer).collect()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Ranges hold the exact values at vertices and inner points: of small boxes, whose units keep their signs, there
        /// is hardly more than rounding between both.
        #[test]
        fn ranges_hold_exact_values(
            seed in 0u64..1 << 40, depth in 0usize..4, near in any::<bool>(), apart in any::<bool>(),
            fine in 0u32..40, size in -400i32..400,
        ) {
            let mut draw = Draw::new(seed, "passes");
            let sizes: Vec<usize> = (0..depth + 2).map(|_| 1 + draw.below(6)).collect();
            let victim = drawn(&sizes, &mut draw);
            // Far from 1, so that products leave the range of normal floats.
            let (factor, last) = (libm::exp2(f64::from(size)), victim.hidden_layers());
            let other = drawn(&sizes, &mut draw);
            let mut entries = other.parameters().copied();
            let error = libm::exp2(-f64::from(fine));
            let copy = victim.map(|w| {
                let other = entries.next().unwrap_or_default();
                if near { w + error * other } else { other }
            });
            let scaled = |network: &Network<f64>| {
                let layer = |(l, layer): (usize, &Affine<f64>)| {
                    let times = |w: &f64| if l == last { w * factor } else { *w };
                    Affine::new(layer.weights().map(times), layer.bias().iter().map(times).collect()).unwrap()
                };
                let layers = network.layers().iter().enumerate().map(layer).collect();
                Network::new(layers).unwrap().map(|w| Rational::lift(*w, ()))
            };
            let (victim, copy) = (scaled(&victim), scaled(&copy));
            let inputs = sizes[0];
            let domain = Domain::cube(&Rational::lift(-0.7, ()), &Rational::lift(1.9, ()), inputs).unwrap();
            let weights = Weights::new(&victim, &copy, &domain);
            let width = libm::exp2(-f64::from(fine));
            let ends: Vec<(f64, f64)> = (0..inputs).map(|_| {
                let lower = draw.dyadic(20) * (1.0 - width);
                (lower, (lower + width).min(1.0))
            }).collect();
            let passed = pass(&weights, &ends, Wanted { apart, values: true }, &|| false).unwrap();
            let value = |network: &Network<Rational>, x: &[Rational]| -> Vec<Rational> {
                let x: Vec<_> = x.iter().map(|x| Num(x.clone())).collect();
                network.map(|w| Num(w.clone())).forward(&x, ()).into_iter().map(|y| y.0).collect()
            };
            let (low, high) = domain.ends();
            for _ in 0..20 {
                let x: Vec<Rational> = ends.iter().enumerate().map(|(j, (lower, upper))| {
                    let y = match draw.below(3) { 0 => *lower, 1 => *upper, _ => lower + (upper - lower) * 0.375 };
                    let half = Rational::lift(0.5, ());
                    let middle = low[j].add(&high[j]).mul(&half);
                    middle.add(&high[j].sub(&low[j]).mul(&half).mul(&Rational::lift(y, ())))
                }).collect();
                let (f, g) = (value(&victim, &x), value(&copy, &x));
                let holds = |(lower, upper): &(f64, f64), value: &Rational| {
                    let below = !lower.is_finite() || Rational::lift(*lower, ()) <= *value;
                    below && (!upper.is_finite() || *value <= Rational::lift(*upper, ()))
                };
                for o in 0..f.len() {
                    prop_assert!(holds(&passed.values[o], &f[o]));
                    prop_assert!(holds(&passed.differences[o], &g[o].sub(&f[o])));
                }
            }
        }
    }
}
