//! Branch and bound over the sides of hyperplanes.
//!
//! A cell is a set of known signs. Its bound is what multipliers prove of the affine part, and either
//! `max|v_k|` for every open sign or the bound of them all together. Cells are opened from the largest
//! bound down; at any time, the largest bound of a cell that is left bounds the difference.

use super::ascent::{self, Found};
use super::control::Control;
use super::difference::{Difference, State, Term, sum};
use super::dual::{self, Combined};
use super::number::rounded_up;
use super::outcome::{Sandwich, Subject, Witness};
use super::starts::Starts;
use super::tree::{Node, Tree};
use super::{Int, coupled, simplex};
use crate::num::{BigInteger, Exact, Rational, Scalar};
use std::collections::BinaryHeap;

/// Points that an ascent starts from.
const STARTS: usize = 256;
/// Cells improved by their linear program, for the best of these.
const POLISHED: usize = 8;
/// Values in f64 that are this much above the best are evaluated in ℚ.
const BETTER: f64 = 1.0 + 1.0 / (1u64 << 40) as f64;
/// Cells with this many open signs or fewer are bounded term by term.
const FEW: usize = 2;

/// Which of `D` and `−D` are bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sides {
    Both,
    Plus,
    Minus,
}

impl Sides {
    /// Whether `D` is negated, side by side.
    fn negated(self) -> &'static [bool] {
        match self {
            Self::Both => &[false, true],
            Self::Plus => &[false],
            Self::Minus => &[true],
        }
    }
}

struct Cell {
    bound: Rational,
    states: Vec<State>,
    negated: bool,
    /// Its node in the tree, where it is kept.
    node: Option<usize>,
}

/// What was proved of a cell.
struct Proved {
    bound: Rational,
    /// Where the affine part is largest.
    point: Vec<f64>,
    /// What proves it.
    leaf: Node,
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Cell {}
impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Cell {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bound.cmp(&other.bound)
    }
}

struct BoxSearch<'a> {
    subject: &'a Subject<'a>,
    difference: &'a Difference,
    output: usize,
    scale: &'a Rational,
    sides: Sides,
    best: Option<Witness>,
    lower: Rational,
    /// `lower` divided as objectives are.
    floor: f64,
    cells: u64,
    cut: bool,
    tree: Tree,
}

/// Bounds at one output. `known`: inputs with a large difference, where there are some.
///
/// Sound whenever it stops; of one side alone, where `D` reaches 0 on the box.
pub(super) fn search(
    subject: &Subject<'_>,
    difference: &Difference,
    (output, scale, sides): (usize, &Rational, Sides),
    known: &[Witness],
    control: &Control<'_>,
) -> Sandwich {
    let mut search = BoxSearch {
        subject,
        difference,
        output,
        scale,
        sides,
        best: None,
        lower: Rational::default(),
        floor: 0.0,
        cells: 0,
        cut: false,
        tree: Tree::new(if control.keep { difference.most_kept() } else { 0 }),
    };
    known.iter().for_each(|witness| search.accept(witness.clone()));
    let upper = search.run(control);
    let BoxSearch { lower, best: witness, cells, cut, tree, .. } = search;
    Sandwich { upper, lower, witness, cells, cut, tree }
}

impl BoxSearch<'_> {
    fn run(&mut self, control: &Control<'_>) -> Rational {
        let root = whole(self.difference);
        let mut heap = BinaryHeap::new();
        for &negated in self.sides.negated() {
            let states = root.clone();
            let bound = plain(self.difference, &states, negated);
            let node = self.tree.root(negated);
            heap.push(Cell { bound, states, negated, node });
        }
        self.ascend(control);
        let mut told = Rational::default();
        // Both roots once more, with all signs together.
        let mut roots: Vec<Cell> = heap.drain().collect();
        for cell in &mut roots {
            if !control.is_over() {
                let proved = self.bounded(&cell.states, cell.negated, true, control);
                if proved.bound < cell.bound {
                    cell.bound = proved.bound;
                    self.tree.set(cell.node, proved.leaf);
                }
            }
        }
        heap.extend(roots);
        let mut settled = self.lower.clone();
        while let Some(cell) = heap.peek() {
            let upper = cell.bound.clone().max(settled.clone());
            if upper != told {
                (control.progress)(&upper, &self.lower);
                told = upper.clone();
            }
            if cell.bound <= settled || control.is_enough(&upper, &self.lower) {
                return upper;
            }
            if control.is_over() {
                self.cut = true;
                return upper;
            }
            let Some(cell) = heap.pop() else { break };
            let Some(branch) = self.branch(&cell.states) else {
                // Nothing is open: the bound stands.
                settled = settled.max(cell.bound);
                continue;
            };
            let children = self.difference.terms[branch].states();
            let nodes = self.tree.split(cell.node, branch, children);
            for (&state, node) in children.iter().zip(nodes) {
                let mut states = cell.states.clone();
                states[branch] = state;
                if control.is_over() {
                    // What bounds the whole bounds a part.
                    heap.push(Cell { bound: cell.bound.clone(), states, negated: cell.negated, node });
                    continue;
                }
                let proved = self.bounded(&states, cell.negated, false, control);
                self.try_point(proved.point, cell.negated);
                self.tree.set(node, proved.leaf);
                let bound = proved.bound.min(cell.bound.clone());
                if bound > self.lower {
                    heap.push(Cell { bound, states, negated: cell.negated, node });
                }
            }
            settled = settled.max(self.lower.clone());
        }
        settled.max(self.lower.clone())
    }

    /// The open term of the largest size.
    fn branch(&self, states: &[State]) -> Option<usize> {
        let open = (0..states.len()).filter(|&k| states[k] == State::Open);
        open.max_by(|&a, &b| self.difference.terms[a].reach.cmp(&self.difference.terms[b].reach).then(b.cmp(&a)))
    }

    /// What is proved of a cell.
    fn bounded(&mut self, states: &[State], negated: bool, thorough: bool, control: &Control<'_>) -> Proved {
        self.cells += 1;
        let difference = self.difference;
        let objective = dual::objective(difference, states, negated);
        let rounded: Vec<f64> = objective.iter().map(|x| super::difference::shifted(x, difference.exponent)).collect();
        let constraints = dual::constraints(difference, states);
        let rows: Vec<(f64, &[f64])> = constraints.iter().map(|(sign, plane)| (*sign, &plane.rounded[..])).collect();
        let open = open(difference, states);
        let more = reach(&open);
        let room = self.floor - super::difference::shifted(&more, difference.exponent);
        let solved = simplex::maximise(&rounded, &rows, room - room.abs(), &|| control.is_over());
        let prove = |multipliers: &[f64]| {
            let combined = dual::combined(objective.clone(), difference.exponent, &constraints, multipliers);
            (combined.bound(difference, &more), combined)
        };
        let mut multipliers = solved.multipliers;
        let (mut bound, mut combined) = prove(&multipliers);
        if let Some(before) = solved.before.filter(|_| bound > self.lower) {
            let (second, other) = prove(&before);
            if second < bound {
                (bound, combined, multipliers) = (second, other, before);
            }
        }
        let mut leaf = Node::leaf(multipliers);
        if bound > self.lower
            && (thorough || open.len() > FEW)
            && let Some(together) = coupled::bound(difference, &combined, &open, &|| control.is_over())
        {
            leaf.together = together < bound;
            bound = bound.min(together);
        }
        let bound = if bound > Rational::default() { rounded_up(&bound) } else { Rational::default() };
        Proved { bound, point: solved.point, leaf }
    }

    /// Ascents from many starts; the best ones polished.
    fn ascend(&mut self, control: &Control<'_>) {
        let difference = self.difference;
        let victim = difference.terms.iter().map(|term| &term.plane.rounded[..]).collect();
        let copy = difference.terms.iter().map(|term| &term.other.as_ref().unwrap_or(&term.plane).rounded[..]);
        let planes = [victim, copy.collect()];
        let mut starts = Starts::new(difference.inputs, planes, 0);
        let mut found: Vec<(Found, f64)> = Vec::new();
        for _ in 0..STARTS {
            if control.is_over() {
                break;
            }
            let start = starts.next();
            for &negated in self.sides.negated() {
                let sign = if negated { -1.0 } else { 1.0 };
                found.push((ascent::climb(difference, &start, sign), sign));
            }
        }
        found.sort_by(|a, b| b.0.value.total_cmp(&a.0.value));
        for (best, sign) in found.into_iter().take(POLISHED) {
            let mut best = best;
            self.try_point(best.point.clone(), sign < 0.0);
            for _ in 0..POLISHED {
                if control.is_over() {
                    return;
                }
                let next = ascent::cell(self.difference, &best.point, sign, &|| control.is_over());
                let next = ascent::climb(self.difference, &next.point, sign);
                if next.value <= best.value {
                    break;
                }
                self.try_point(next.point.clone(), sign < 0.0);
                best = next;
            }
        }
    }

    /// Evaluates a point in ℚ where it looks better than the best.
    fn try_point(&mut self, point: Vec<f64>, negated: bool) {
        let mut gradient = vec![0.0; self.difference.inputs];
        let value = self.difference.value(&point, &mut gradient);
        let value = if negated { -value } else { value };
        if value <= self.floor * BETTER {
            return;
        }
        self.accept(self.subject.evaluated(&point));
    }

    fn accept(&mut self, witness: Witness) {
        let value = match self.sides {
            Sides::Both => witness.difference(self.output, self.scale),
            Sides::Plus => witness.signed(self.output, self.scale),
            Sides::Minus => witness.signed(self.output, self.scale).neg(),
        };
        if value > self.lower {
            let (numerator, denominator) = (value.numerator(), value.denominator());
            let over = BigInteger::div_rem(&numerator.mul(&self.difference.denominator), denominator).0;
            self.floor = super::difference::shifted(&over, self.difference.exponent);
            self.lower = value;
            self.best = Some(witness);
        }
    }
}

/// What is known of the signs all over the cube.
fn whole(difference: &Difference) -> Vec<State> {
    difference.terms.iter().map(|term| term.fixed.unwrap_or(State::Open)).collect()
}

fn open<'a>(difference: &'a Difference, states: &[State]) -> Vec<&'a Term> {
    let terms = difference.terms.iter().zip(states);
    terms.filter(|(_, state)| **state == State::Open).map(|(term, _)| term).collect()
}

/// The bound without multipliers, every open sign by itself.
fn plain(difference: &Difference, states: &[State], negated: bool) -> Rational {
    let row = dual::objective(difference, states, negated);
    Combined { row, shift: 0 }.bound(difference, &reach(&open(difference, states)))
}

/// A bound of `|D|` over the cube, without any search.
pub(super) fn coarse(difference: &Difference) -> Rational {
    let root = whole(difference);
    plain(difference, &root, false).max(plain(difference, &root, true))
}

/// `Σ reach` of open terms.
fn reach(open: &[&Term]) -> Int {
    open.iter().fold(Int::default(), |total, term| sum(total, &term.reach))
}
