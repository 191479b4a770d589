//! What a pass knows of the layers so far.

use super::planes::{Change, Range, Relu, change};
use super::rows::{Bounded, Rows};
use super::weights::Weights;

/// Ranges of a layer's units.
pub(super) struct Ranges {
    pub(super) z: Vec<Range>,
    pub(super) delta: Vec<Range>,
    pub(super) copied: Vec<Range>,
}

/// Rows of some units of a layer in the inputs: of `+`, then of `−`.
pub(super) struct Traced {
    pub(super) units: Vec<usize>,
    pub(super) place: Vec<Option<usize>>,
    pub(super) rows: Rows,
}

/// All layers so far.
pub(super) struct Layers {
    pub(super) ranges: Vec<Ranges>,
    pub(super) bounded: Vec<Bounded>,
    /// Rows of the victim's and of the copy's sums.
    pub(super) traced: Vec<[Option<Traced>; 2]>,
}

impl Traced {
    /// The coefficients of a unit's upper row.
    pub(super) fn row(&self, unit: usize) -> Option<&[f64]> {
        self.place[unit].map(|place| self.rows.a.row(place))
    }

    /// The upper row of `sign·unit`.
    pub(super) fn signed(&self, unit: usize, sign: f64) -> Option<usize> {
        self.place[unit].map(|place| if sign > 0.0 { place } else { place + self.units.len() })
    }
}

pub(super) fn both_signs(units: &[usize]) -> Vec<(usize, f64)> {
    units.iter().map(|i| (*i, 1.0)).chain(units.iter().map(|i| (*i, -1.0))).collect()
}

/// What reaches a layer: `a`, `e`, and the copy's `a`.
pub(super) fn inputs(layers: &Layers, ends: &[(f64, f64)]) -> (Vec<Range>, Vec<Range>, Vec<Range>) {
    let Some(ranges) = layers.ranges.last() else {
        let a: Vec<Range> = ends.iter().map(|(lower, upper)| Range { lower: *lower, upper: *upper }).collect();
        return (a.clone(), vec![Range::ZERO; a.len()], a);
    };
    let e = ranges.z.iter().zip(&ranges.delta).zip(&ranges.copied);
    let e = e.map(|((z, delta), copied)| change(*z, *delta, *copied)).collect();
    let relu = |ranges: &[Range]| ranges.iter().map(|range| range.relu()).collect();
    (relu(&ranges.z), e, relu(&ranges.copied))
}

impl Layers {
    /// Rows in what the last layer so far hands on, in the inputs; of the first layer, as they are.
    pub(super) fn traced_back(
        &self,
        weights: &Weights,
        rows: Rows,
        is_over: &(dyn Fn() -> bool + Sync),
    ) -> Option<Rows> {
        let mut rows = rows;
        for (j, bounded) in self.bounded.iter().enumerate().rev() {
            if is_over() {
                return None;
            }
            rows = rows.through(&weights.layers[j], bounded, j == 0);
        }
        Some(rows)
    }
}

impl Ranges {
    /// Whether the unit's sign is not known, the same in both networks.
    pub(super) fn is_open(&self, i: usize) -> bool {
        let (z, copied) = (self.z[i], self.copied[i]);
        !(z.is_on() && copied.is_on() || z.is_off() && copied.is_off())
    }

    /// `z' = z + δ`: each of the three by the two others.
    pub(super) fn tighten(&mut self, i: usize) {
        let (z, delta, copied) = (self.z[i], self.delta[i], self.copied[i]);
        let copied = copied.within((z.lower + delta.lower).next_down(), (z.upper + delta.upper).next_up());
        let delta = delta.within((copied.lower - z.upper).next_down(), (copied.upper - z.lower).next_up());
        let z = z.within((copied.lower - delta.upper).next_down(), (copied.upper - delta.lower).next_up());
        (self.z[i], self.delta[i], self.copied[i]) = (z, delta, copied);
    }
}

impl Bounded {
    pub(super) fn new(ranges: &Ranges, sizes: [Vec<f64>; 3], tiny: f64) -> Self {
        let Ranges { z, delta, copied } = ranges;
        let units = || 0..z.len();
        Self {
            victim: z.iter().map(|z| Relu::new(*z)).collect(),
            copy: copied.iter().map(|z| Relu::new(*z)).collect(),
            change: units().map(|i| Change::new(z[i], delta[i], copied[i])).collect(),
            sizes,
            tiny,
        }
    }
}
