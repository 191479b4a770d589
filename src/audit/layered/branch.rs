//! Branch and bound over the inputs: the box is halved where the bound is largest, at the input that it owes most to.
//!
//! Boxes are bounded in rounds of a fixed size, so that the search is the same on any number of threads.

use super::backward::{Passed, Wanted, Weights, pass};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// Boxes that are halved in a round, at least and at most, and products of a round, about.
const ROUND: (usize, usize) = (1, 32);
const ROUND_WORK: usize = 1 << 28;
/// Boxes that are kept, at most.
const MOST_BOXES: usize = 1 << 21;
/// What the width of an input counts, next to what is lost to it.
const WIDTH: f64 = 0.1;

/// A part of the box.
struct Node {
    parent: Option<u32>,
    /// The input at which the parent was halved, and whether this is its upper half.
    half: (u32, bool),
    /// The input at which to halve this one; `None` where there is none.
    next: Option<u32>,
    /// The first of its halves, the other one follows.
    halves: Option<u32>,
    /// Bounds of each output's difference by its own pass, `[outputs]`.
    own: Box<[f64]>,
    /// Bounds of each output's difference, `[outputs]`: its own, or its parent's.
    bounds: Box<[f64]>,
}

/// A box to halve, those of large bounds first, then old ones.
struct Next {
    bound: f64,
    node: usize,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then_with(|| other.node.cmp(&self.node))
    }
}
impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Next {}

/// What a box shows: its centre and the best vertex of its worst row, `[free]` each.
pub(super) type Shown = [Vec<f64>; 2];

/// A search for bounds from above.
pub(super) struct Search<'a> {
    weights: &'a Weights,
    wanted: Wanted,
    nodes: Vec<Node>,
    open: BinaryHeap<Next>,
    round: usize,
}

impl<'a> Search<'a> {
    /// A search that has bounded the whole box, and what it shows; `None` where it `is_over` before.
    ///
    /// Whether bounding both networks apart helps is found there.
    pub(super) fn new(weights: &'a Weights, is_over: &(dyn Fn() -> bool + Sync)) -> Option<(Self, Shown)> {
        let ends = vec![(-1.0, 1.0); weights.free.len()];
        let near = Wanted { apart: false, values: false };
        let mut wanted = Wanted { apart: true, ..near };
        let mut passed = pass(weights, &ends, near, is_over)?;
        match pass(weights, &ends, wanted, is_over) {
            Some(apart) if largest(&bounds(&apart)) < largest(&bounds(&passed)) => passed = apart,
            _ => wanted = near,
        }
        let work = weights.work().max(1);
        let round = (ROUND_WORK / work).clamp(ROUND.0, ROUND.1);
        let mut search = Self { weights, wanted, nodes: Vec::new(), open: BinaryHeap::new(), round };
        let shown = search.add(None, (0, false), passed, &ends);
        Some((search, shown))
    }

    /// The largest bound of all boxes that are not split.
    pub(super) fn upper(&self) -> f64 {
        self.open.peek().map_or(f64::INFINITY, |next| next.bound)
    }

    /// Bounds of each output's difference over the whole box, `[outputs]`.
    pub(super) fn bounds(&self) -> Vec<f64> {
        let mut most = vec![0.0; self.weights.outputs()];
        for node in self.nodes.iter().filter(|node| node.halves.is_none()) {
            most.iter_mut().zip(&node.bounds).for_each(|(most, bound)| *most = bound.max(*most));
        }
        most
    }

    /// Boxes that were bounded.
    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Products of a round, about.
    pub(super) fn round_work(&self) -> usize {
        2 * self.round * self.weights.work() * if self.wanted.apart { 3 } else { 2 }
    }

    /// Halves the boxes of the largest bounds, as long as these are not `enough`; what the new ones show.
    ///
    /// `None` where the box of the largest bound can't be halved, or too many are kept.
    pub(super) fn round(
        &mut self,
        enough: &dyn Fn(f64) -> bool,
        is_over: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<Shown>> {
        let mut taken = Vec::new();
        while taken.len() < self.round {
            let Some(next) = self.open.pop() else { break };
            if self.nodes[next.node].next.is_none() || enough(next.bound) && !taken.is_empty() {
                self.open.push(next);
                break;
            }
            taken.push(next);
        }
        if taken.is_empty() || self.nodes.len() + 2 * taken.len() > MOST_BOXES {
            self.open.extend(taken);
            return None;
        }
        let halves: Vec<(usize, u32, bool)> = taken
            .iter()
            .filter_map(|next| Some((next.node, self.nodes[next.node].next?)))
            .flat_map(|(node, input)| [(node, input, false), (node, input, true)])
            .collect();
        let bounded = halves.par_iter().map(|&(node, input, upper)| {
            let mut ends = self.ends(node);
            halve(&mut ends[input as usize], upper);
            pass(self.weights, &ends, self.wanted, is_over).map(|passed| (passed, ends))
        });
        let mut bounded: Vec<Option<(Passed, Vec<(f64, f64)>)>> = bounded.collect();
        let mut shown = Vec::new();
        for (k, next) in taken.into_iter().enumerate() {
            match (bounded[2 * k].take(), bounded[2 * k + 1].take()) {
                (Some(lower), Some(upper)) => {
                    let input = halves[2 * k].1;
                    self.nodes[next.node].halves = Some(self.nodes.len() as u32);
                    for (side, (passed, ends)) in [(false, lower), (true, upper)] {
                        shown.push(self.add(Some(next.node), (input, side), passed, &ends));
                    }
                }
                // Cut off: the box is as it was.
                _ => self.open.push(next),
            }
        }
        Some(shown)
    }

    /// Whether both networks are also bounded apart.
    pub(super) fn is_apart(&self) -> bool {
        self.wanted.apart
    }

    /// The parts of the box that prove the largest bound, in preorder: the input at which one is halved, or `None`;
    /// and which of the halved ones are needed as well, by their places.
    ///
    /// No more than it takes: a part whose own pass proves that bound is not halved.
    pub(super) fn parts(&self) -> (Vec<Option<usize>>, Vec<usize>) {
        let upper = self.upper();
        let proves = |node: usize| self.nodes[node].own.iter().all(|bound| *bound <= upper);
        let (mut open, mut parts, mut inner) = (vec![0], Vec::new(), Vec::new());
        let mut places = HashMap::new();
        while let Some(at) = open.pop() {
            let node: &Node = &self.nodes[at];
            if let (Some(halves), Some(input), false) = (node.halves, node.next, proves(at)) {
                places.insert(at, parts.len());
                parts.push(Some(self.weights.free[input as usize]));
                open.extend([halves as usize + 1, halves as usize]);
                continue;
            }
            parts.push(None);
            // For some output, a part that holds this one may be bounded better: the nearest that are, up to enough.
            let (mut bounds, mut above) = (node.own.to_vec(), node.parent);
            while let Some(parent) = above.filter(|_| bounds.iter().any(|bound| *bound > upper)) {
                let own = &self.nodes[parent as usize].own;
                if bounds.iter().zip(own).any(|(bound, own)| *bound > upper && own < bound) {
                    inner.extend(places.get(&(parent as usize)));
                    bounds.iter_mut().zip(own).for_each(|(bound, own)| *bound = own.min(*bound));
                }
                above = self.nodes[parent as usize].parent;
            }
        }
        inner.sort_unstable();
        inner.dedup();
        (parts, inner)
    }

    fn add(&mut self, parent: Option<usize>, half: (u32, bool), passed: Passed, ends: &[(f64, f64)]) -> Shown {
        let mut bounds = bounds(&passed);
        let own = bounds.clone().into();
        if let Some(parent) = parent {
            let before = &self.nodes[parent].bounds;
            bounds.iter_mut().zip(before).for_each(|(bound, before)| *bound = before.min(*bound));
        }
        let next = split_at(&passed.scores, ends).map(|input| input as u32);
        self.open.push(Next { bound: largest(&bounds), node: self.nodes.len() });
        let parent = parent.map(|parent| parent as u32);
        self.nodes.push(Node { parent, half, next, halves: None, own, bounds: bounds.into() });
        let centre = ends.iter().map(|(lower, upper)| (lower + upper) / 2.0).collect();
        let vertex = ends.iter().zip(&passed.vertex).map(|(ends, upper)| if *upper { ends.1 } else { ends.0 });
        [centre, vertex.collect()]
    }

    /// The ends of a box, `[free]`.
    fn ends(&self, node: usize) -> Vec<(f64, f64)> {
        let mut path = Vec::new();
        let mut at = node;
        while let Some(parent) = self.nodes[at].parent {
            path.push(self.nodes[at].half);
            at = parent as usize;
        }
        let mut ends = vec![(-1.0, 1.0); self.weights.free.len()];
        path.into_iter().rev().for_each(|(input, upper)| halve(&mut ends[input as usize], upper));
        ends
    }
}

/// A bound on the largest minus the smallest value of an output of the victim, over all outputs.
pub(super) fn range(weights: &Weights, is_over: &(dyn Fn() -> bool + Sync)) -> Option<f64> {
    let ends = vec![(-1.0, 1.0); weights.free.len()];
    let passed = pass(weights, &ends, Wanted { apart: false, values: true }, is_over)?;
    let spread = |(lower, upper): &(f64, f64)| (upper - lower).next_up();
    Some(passed.values.iter().map(spread).fold(0.0, |most, spread| spread.max(most)))
}

/// Half of an interval. Exact: its ends are dyadic, of few bits.
fn halve(ends: &mut (f64, f64), upper: bool) {
    let middle = (ends.0 + ends.1) / 2.0;
    if upper { ends.0 = middle } else { ends.1 = middle }
}

fn bounds(passed: &Passed) -> Vec<f64> {
    passed.differences.iter().map(|(lower, upper)| lower.abs().max(upper.abs())).collect()
}

fn largest(bounds: &[f64]) -> f64 {
    bounds.iter().fold(0.0, |most, bound| bound.max(most))
}

/// Narrowest interval that is halved: its middle is exact.
const NARROW: f64 = 1.0 / (1u64 << 48) as f64;

fn split_at(scores: &[f64], ends: &[(f64, f64)]) -> Option<usize> {
    let width = |q: usize| ends[q].1 - ends[q].0;
    let most = scores.iter().fold(0.0, |most: f64, score| most.max(*score));
    let widest = (0..ends.len()).map(width).fold(0.0, f64::max);
    let rate = |q: usize| {
        let lost = if most > 0.0 { scores[q] / most } else { 0.0 };
        let lost = if lost.is_finite() { lost } else { 0.0 };
        lost + WIDTH * width(q) / widest
    };
    let wide = (0..ends.len()).filter(|q| width(*q) > NARROW);
    // The first of equal ones.
    wide.map(|q| (rate(q), q)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, q)| q)
}
