//! From cell to cell: largest differences in the inside of the box.
//!
//! Where the gates of all units are known, the difference is affine and the cell is a polytope: a linear program
//! finds its best vertex. That vertex lies in the neighbours behind the walls through it, too, so the best one of
//! each is no worse, and where none is better, hardly anything near is. Cells are visited from the best one on;
//! where there are few, all of them.

use super::super::ascent::Found;
use super::super::simplex;
use super::twin::{Gate, Twin, Values};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};
use std::rc::Rc;

/// A vertex lies on a wall where the wall's map is this part of its size, or nearer to zero.
const TIGHT: f64 = 1.0 / (1u64 << 30) as f64;

/// Cells without a better vertex after which a climb ends, at least and as a part of all, as one over this.
const PATIENCE: (usize, usize) = (16, 8);

/// A cell to visit: another one with some gates changed.
struct Next {
    /// Whether the best vertex of the other one lies on the wall between both.
    is_tight: bool,
    /// The value there.
    value: f64,
    /// Older ones first.
    order: usize,
    gates: Rc<Vec<Gate>>,
    flip: Option<(usize, Flip)>,
}

#[derive(Clone, Copy)]
enum Flip {
    Victim,
    Copy,
    Both,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = || self.value.total_cmp(&other.value);
        self.is_tight.cmp(&other.is_tight).then_with(by_value).then_with(|| other.order.cmp(&self.order))
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

impl Next {
    fn cell(&self) -> Vec<Gate> {
        let mut gates = self.gates.to_vec();
        if let Some((unit, flip)) = self.flip {
            let gate = &mut gates[unit];
            *gate = match flip {
                Flip::Victim => (!gate.0, gate.1),
                Flip::Copy => (gate.0, !gate.1),
                Flip::Both => (!gate.0, !gate.1),
            };
        }
        gates
    }
}

/// A wall of a cell: where one network's unit is zero.
struct Wall {
    unit: usize,
    is_copy: bool,
    /// Positive inside.
    row: Vec<f64>,
}

/// The best vertex of the cell of a point, and of cells near it: at most `most` of them.
pub(super) fn climb(
    twin: &Twin,
    start: &[f64],
    (output, sign): (usize, f64),
    most: usize,
    is_over: &dyn Fn() -> bool,
) -> Found {
    let (values, gates) = twin.at(start);
    let mut best = Found { value: sign * values.delta[output], point: start.to_vec() };
    let mut heap = BinaryHeap::new();
    heap.push(Next { is_tight: true, value: best.value, order: 0, gates: Rc::new(gates), flip: None });
    let (mut seen, mut order, mut idle) = (HashSet::new(), 0, 0);
    let patience = PATIENCE.0.max(most / PATIENCE.1);
    while let Some(next) = heap.pop() {
        let gates = next.cell();
        if seen.len() >= most || idle >= patience || is_over() {
            break;
        }
        if !seen.insert(gates.clone()) {
            continue;
        }
        let Some((point, walls)) = vertex(twin, &gates, (output, sign), is_over) else { continue };
        let value = sign * twin.at(&point).0.delta[output];
        idle += 1;
        if value > best.value {
            best = Found { value, point: point.clone() };
            idle = 0;
        }
        let gates = Rc::new(gates);
        let mut push = |unit: usize, flip: Flip, is_tight: bool| {
            order += 1;
            heap.push(Next { is_tight, value, order, gates: gates.clone(), flip: Some((unit, flip)) });
        };
        for (k, wall) in walls.iter().enumerate() {
            let is_tight = wall.is_tight(&point);
            push(wall.unit, if wall.is_copy { Flip::Copy } else { Flip::Victim }, is_tight);
            // Walls of a unit follow each other.
            if let Some(other) = walls.get(k + 1).filter(|other| other.unit == wall.unit) {
                push(wall.unit, Flip::Both, is_tight && other.is_tight(&point));
            }
        }
    }
    best
}

impl Wall {
    /// The wall of a map, scaled so that its largest entry is 1; `None` where it is not crossed inside the cube.
    fn new(unit: usize, is_copy: bool, mut row: Vec<f64>) -> Option<Self> {
        let top = row.iter().fold(0.0, |top: f64, a| top.max(a.abs()));
        let (constant, rest) = row.split_last()?;
        if !top.is_normal() || *constant >= rest.iter().map(|a| a.abs()).sum::<f64>() {
            return None;
        }
        row.iter_mut().for_each(|a| *a /= top);
        Some(Self { unit, is_copy, row })
    }

    fn at(&self, point: &[f64]) -> (f64, f64) {
        let (constant, row) = self.row.split_last().map_or((0.0, &[][..]), |(c, row)| (*c, row));
        let products = || row.iter().zip(point).map(|(a, y)| a * y);
        (products().sum::<f64>() + constant, products().map(f64::abs).sum::<f64>() + constant.abs())
    }

    fn is_tight(&self, point: &[f64]) -> bool {
        let (value, size) = self.at(point);
        value <= TIGHT * size
    }
}

/// The best vertex of the cell behind these gates, and the cell's walls; `None` where it is empty.
fn vertex(
    twin: &Twin,
    gates: &[Gate],
    (output, sign): (usize, f64),
    is_over: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Vec<Wall>)> {
    let forms = forms(twin, gates);
    let columns = forms.len();
    let mut walls = Vec::new();
    for (unit, gate) in gates.iter().enumerate() {
        for is_copy in [false, true] {
            let side = if if is_copy { gate.1 } else { gate.0 } { 1.0 } else { -1.0 };
            let entry = |form: &Values| form.z[unit] + if is_copy { form.delta[unit] } else { 0.0 };
            walls.extend(Wall::new(unit, is_copy, forms.iter().map(|form| side * entry(form)).collect()));
        }
    }
    let last = gates.len() + output;
    let objective: Vec<f64> = forms.iter().map(|form| sign * form.delta[last]).collect();
    let rows: Vec<(f64, &[f64])> = walls.iter().map(|wall| (1.0, &wall.row[..])).collect();
    let point = simplex::maximise(&objective, &rows, 0.0, is_over).point;
    let inside = |wall: &Wall| {
        let (value, size) = wall.at(&point);
        value >= -TIGHT * size
    };
    (point.len() + 1 == columns && walls.iter().all(inside)).then_some((point, walls))
}

/// All units as affine maps behind gates, coefficient by coefficient, the constant last.
fn forms(twin: &Twin, gates: &[Gate]) -> Vec<Values> {
    let inputs = twin.inputs();
    let mut forms: Vec<Values> = (0..inputs).map(|j| twin.through(twin.coefficient(j), gates, false)).collect();
    forms.push(twin.through(twin.placed(&vec![0.0; inputs]), gates, true));
    forms
}
