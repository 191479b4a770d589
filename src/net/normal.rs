//! The normal form of a deep ReLU network: what is left when what does not change the function is fixed.
//!
//! Rewrites, each of which keeps the function on all of ℝ^d:
//!
//! - a unit with a row of zeros is a constant, and goes into the next bias;
//! - behind the first layer inputs are never negative: a unit with no positive weight and no positive bias is dead;
//! - a unit without output weights goes;
//! - units whose rows are positive multiples of each other are one;
//! - a last hidden layer that is affine where its inputs are not negative is no layer;
//! - rows are scaled so that their first non-zero entry is ±1, and sorted;
//! - the last hidden layer and the output are a canonical form, [`Canonical`], where its inputs are not negative if it
//!   is not the first.
//!
//! Equal normal forms prove equal functions. The converse holds for one hidden layer, and in general does not: from two
//! hidden layers on equality is coNP-hard.

use super::canonical::{Canonical, Difference};
use super::{Affine, Network, Shallow};
use crate::linalg::Matrix;
use crate::num::{BigInteger, Exact, Num};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A layer as rows with their biases, and what the next layer makes of each unit.
#[derive(Clone, Debug)]
struct Rows<Q> {
    rows: Vec<Vec<Q>>,
    biases: Vec<Q>,
}

/// The normal form of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normal<Q> {
    /// Every hidden layer but the last: rows with their biases behind them, sorted.
    pub before: Vec<Vec<Vec<Q>>>,
    /// The last hidden layer and the output.
    pub last: Canonical<Q>,
}

impl<Q: Exact> Normal<Q> {
    /// The normal form. Exact.
    pub fn of(network: &Network<Num<Q>>) -> Self {
        let relu = network.over_relu(());
        let mut layers: Vec<Rows<Q>> = relu.layers().iter().map(Rows::of).collect();
        let inputs = network.inputs();
        if layers.len() == 1 {
            let hidden = signed(&mut layers[0]);
            layers.insert(0, hidden);
        }
        let last = loop {
            reduced(&mut layers, inputs);
            if merged(&mut layers) {
                continue;
            }
            let last = canonical(&layers);
            // Affine in the layer before: no layer.
            let hidden = layers.len() - 1;
            if hidden < 2 || !last.kinks().is_empty() {
                break last;
            }
            let (slope, offset) = last.affine();
            let rows = slope.iter_rows().map(<[_]>::to_vec).collect();
            layers.truncate(hidden - 1);
            layers.push(Rows { rows, biases: offset.to_vec() });
        };
        let hidden = layers.len() - 1;
        if hidden < 2 {
            return Self { before: Vec::new(), last };
        }
        for l in 0..hidden - 1 {
            ordered(&mut layers, l);
        }
        let last = canonical(&layers);
        let before = layers[..hidden - 1].iter().map(|layer| {
            let rows = layer.rows.iter().zip(&layer.biases);
            rows.map(|(row, bias)| row.iter().chain([bias]).cloned().collect()).collect()
        });
        Self { before: before.collect(), last }
    }

    /// Hidden layers of the form.
    pub fn depth(&self) -> usize {
        self.before.len() + 1
    }

    /// The first difference, in words; `None` if and only if the forms are equal.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (mine, others) = (self.depth(), other.depth());
        if mine != others {
            return Some(format!("the one has {mine} hidden layers, the other {others}"));
        }
        for (l, (a, b)) in self.before.iter().zip(&other.before).enumerate() {
            if a != b {
                let both = a.iter().filter(|row| b.binary_search(row).is_ok()).count();
                return Some(format!(
                    "hidden layer {}: {} and {} units, {both} of them the same",
                    l + 1,
                    a.len(),
                    b.len()
                ));
            }
        }
        let of_layer = |difference: Difference| format!("hidden layer {mine}: {difference}");
        self.last.difference(&other.last).map(of_layer)
    }
}

/// An affine map as a hidden layer, `l = relu(l) − relu(−l)`; the map becomes what takes the differences.
fn signed<Q: Exact>(map: &mut Rows<Q>) -> Rows<Q> {
    let turned = |x: &Q| x.neg();
    let rows = map.rows.iter().flat_map(|row| [row.clone(), row.iter().map(turned).collect()]).collect();
    let biases = map.biases.iter().flat_map(|bias| [bias.clone(), bias.neg()]).collect();
    let outputs = map.rows.len();
    let side = |o: usize, i: usize| Q::integer(if i == 2 * o { 1 } else { -i64::from(i == 2 * o + 1) });
    map.rows = (0..outputs).map(|o| (0..2 * outputs).map(|i| side(o, i)).collect()).collect();
    map.biases = vec![Q::default(); outputs];
    Rows { rows, biases }
}

fn is_zero<Q: Exact>(x: &Q) -> bool {
    x.numerator().sign() == Ordering::Equal
}

fn has<Q: Exact>(row: &[Q], bias: &Q, side: Ordering) -> bool {
    row.iter().chain([bias]).any(|x| x.numerator().sign() == side)
}

impl<Q: Exact> Rows<Q> {
    fn of(layer: &Affine<Num<Q>>) -> Self {
        Self {
            rows: layer.weights().iter_rows().map(|row| row.iter().map(|x| x.0.clone()).collect()).collect(),
            biases: layer.bias().iter().map(|x| x.0.clone()).collect(),
        }
    }

    /// Takes unit `unit` of the layer before away.
    fn forget(&mut self, unit: usize) {
        self.rows.iter_mut().for_each(|row| drop(row.remove(unit)));
    }
}

/// Takes constant, dead and unheard units away.
///
/// Of a layer without a unit left, one of zeros stays: then what is behind it is a constant, and the layers before say
/// nothing.
fn reduced<Q: Exact>(layers: &mut Vec<Rows<Q>>, inputs: usize) {
    let hidden = layers.len() - 1;
    let mut changed = true;
    while changed {
        changed = false;
        for l in 0..hidden {
            for unit in (0..layers[l].rows.len()).rev() {
                let (row, bias) = (&layers[l].rows[unit], layers[l].biases[unit].clone());
                let constant = row.iter().all(is_zero);
                let dead = l > 0 && !has(row, &bias, Ordering::Greater);
                let unheard = layers[l + 1].rows.iter().all(|row| is_zero(&row[unit]));
                if !constant && !dead && !unheard {
                    continue;
                }
                let value = bias.relu();
                let next = &mut layers[l + 1];
                if constant {
                    let biases = next.biases.iter_mut().zip(&next.rows);
                    biases.for_each(|(b, row)| *b = b.add(&row[unit].mul(&value)));
                }
                next.forget(unit);
                layers[l].rows.remove(unit);
                layers[l].biases.remove(unit);
                changed = true;
            }
        }
    }
    let Some(empty) = (0..hidden).rev().find(|&l| layers[l].rows.is_empty()) else { return };
    // The layer behind it has rows without entries: they are constants, as all that follows is.
    layers.drain(..=empty);
    while layers.len() > 1 {
        let values: Vec<Q> = layers.remove(0).biases.iter().map(Q::relu).collect();
        let next = &mut layers[0];
        for (bias, row) in next.biases.iter_mut().zip(&next.rows) {
            *bias = row.iter().zip(&values).fold(bias.clone(), |sum, (w, x)| sum.add(&w.mul(x)));
        }
    }
    layers[0].rows.iter_mut().for_each(|row| *row = vec![Q::default()]);
    layers.insert(0, Rows { rows: vec![vec![Q::default(); inputs]], biases: vec![Q::default()] });
}

/// The factor of a row: the magnitude of its first non-zero entry.
fn factor<Q: Exact>(row: &[Q]) -> Q {
    row.iter().find(|x| !is_zero(*x)).map_or_else(|| Q::integer(1), Q::magnitude)
}

/// A row and its bias, divided by the row's factor.
fn scaled<Q: Exact>(row: &[Q], bias: &Q) -> Vec<Q> {
    let factor = factor(row);
    row.iter().chain([bias]).map(|x| x.div(&factor).unwrap_or_default()).collect()
}

/// Makes units of one layer whose rows are positive multiples of each other one. Returns whether there were any.
fn merged<Q: Exact>(layers: &mut [Rows<Q>]) -> bool {
    let mut any = false;
    for l in 0..layers.len() - 1 {
        let mut first: BTreeMap<Vec<Q>, usize> = BTreeMap::new();
        let mut unit = 0;
        while unit < layers[l].rows.len() {
            let row = scaled(&layers[l].rows[unit], &layers[l].biases[unit]);
            let Some(&kept) = first.get(&row) else {
                first.insert(row, unit);
                unit += 1;
                continue;
            };
            let share = factor(&layers[l].rows[unit]).div(&factor(&layers[l].rows[kept])).unwrap_or_default();
            for row in &mut layers[l + 1].rows {
                row[kept] = row[kept].add(&row[unit].mul(&share));
            }
            layers[l + 1].forget(unit);
            layers[l].rows.remove(unit);
            layers[l].biases.remove(unit);
            any = true;
        }
    }
    any
}

/// Scales and sorts the units of a layer, and the next layer with them.
fn ordered<Q: Exact>(layers: &mut [Rows<Q>], l: usize) {
    let layer = &layers[l];
    let mut units: Vec<(Vec<Q>, usize, Q)> = (0..layer.rows.len())
        .map(|unit| (scaled(&layer.rows[unit], &layer.biases[unit]), unit, factor(&layer.rows[unit])))
        .collect();
    units.sort();
    for row in &mut layers[l + 1].rows {
        *row = units.iter().map(|(_, unit, factor)| row[*unit].mul(factor)).collect();
    }
    let split = |mut row: Vec<Q>| {
        let bias = row.pop().unwrap_or_default();
        (row, bias)
    };
    (layers[l].rows, layers[l].biases) = units.into_iter().map(|(row, _, _)| split(row)).unzip();
}

/// The canonical form of the last hidden layer and the output, where its inputs are not negative if it is not the first.
fn canonical<Q: Exact>(layers: &[Rows<Q>]) -> Canonical<Q> {
    let (hidden, output) = (&layers[layers.len() - 2], &layers[layers.len() - 1]);
    let wrap = |rows: &[Vec<Q>]| {
        let columns = rows.first().map_or(0, Vec::len);
        Matrix::from_fn(rows.len(), columns, |i, j| Num(rows[i][j].clone()))
    };
    let biases = |biases: &[Q]| biases.iter().cloned().map(Num).collect::<Vec<_>>();
    let layers_of = [(wrap(&hidden.rows), biases(&hidden.biases)), (wrap(&output.rows), biases(&output.biases))];
    let [(rows, row_biases), (weights, output_biases)] = layers_of;
    let form = Canonical::of(&Shallow::assembled(rows, row_biases, weights, output_biases));
    if layers.len() > 2 { form.on_orthant() } else { form }
}
