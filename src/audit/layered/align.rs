//! A copy's hidden units in the order and the scale of the victim's.
//!
//! For a positive factor, `w·relu(z) = (w/t)·relu(t·z)`: a permutation and positive factors of hidden units
//! that the next layer undoes leave the function as it is, and so do units of zeros. Any choice is thus
//! right, and a good one makes the layers easy to compare.

use super::super::parts::UnitPair;
use crate::linalg::Matrix;
use crate::net::{Affine, Error, Network};
use crate::num::{Exact, Rational, Scalar};

/// Rows pair where they are off by less than this part of their size.
const NEAR: f64 = 0.5;

/// Two networks, unit by unit.
pub(super) struct Aligned {
    pub(super) victim: Network<Rational>,
    pub(super) copy: Network<Rational>,
    /// For each hidden layer, its units in pairs.
    pub(super) pairs: Vec<Vec<UnitPair>>,
}

/// Both networks with equally many units in each layer, the copy's next to the victim's that they are near.
///
/// The one of fewer layers gets more of them. Exact: the functions are unchanged. Errors: [`Error`] where a layer
/// would grow too large.
pub(super) fn aligned(victim: &Network<Rational>, copy: &Network<Rational>) -> Result<Aligned, Error> {
    let depth = victim.hidden_layers().max(copy.hidden_layers());
    let (victim, copy) = (&deepened(victim, depth)?, &deepened(copy, depth)?);
    let widths: Vec<usize> = victim.layers().iter().zip(copy.layers()).map(|(a, b)| a.units().max(b.units())).collect();
    let units = |network: &Network<Rational>, layer: usize, unit: usize| {
        (unit < network.layers()[layer].units()).then_some(unit)
    };
    let mut pairs = Vec::with_capacity(depth);
    let (first, second) = (victim, copy);
    let (victim, mut copy) = (padded(victim, &widths), padded(copy, &widths));
    for layer in 0..widths.len() - 1 {
        let chosen = chosen(&victim[layer], &copy[layer]);
        let pair = |(i, (j, factor)): (usize, &(usize, Rational))| UnitPair {
            victim: units(first, layer, i),
            copy: units(second, layer, *j),
            factor: factor.clone(),
        };
        pairs.push(chosen.iter().enumerate().map(pair).collect());
        let (rows, bias): (Vec<_>, Vec<_>) = chosen
            .iter()
            .map(|(unit, factor)| {
                let (row, bias) = (&copy[layer].0[*unit], &copy[layer].1[*unit]);
                (row.iter().map(|w| w.mul(factor)).collect::<Vec<_>>(), bias.mul(factor))
            })
            .unzip();
        copy[layer] = (rows, bias);
        for row in &mut copy[layer + 1].0 {
            *row = chosen.iter().map(|(unit, factor)| row[*unit].div(factor).unwrap_or_default()).collect();
        }
    }
    Ok(Aligned { victim: assembled(victim)?, copy: assembled(copy)?, pairs })
}

/// The network with so many hidden layers: what a hidden layer hands on is not negative, and `relu` leaves it as it is.
///
/// One without hidden layers first gets units of its outputs and of their negatives, `y = relu(y) − relu(−y)`.
fn deepened(network: &Network<Rational>, depth: usize) -> Result<Network<Rational>, Error> {
    let number = |entry: bool, sign: i64| Rational::integer(if entry { sign } else { 0 });
    let mut layers = network.layers().to_vec();
    if layers.len() == 1 && depth > 0 {
        let (first, outputs) = (&layers[0], layers[0].units());
        let signed = |i: usize, x: &Rational| if i < outputs { x.clone() } else { x.neg() };
        let weights = |i: usize, j: usize| signed(i, &first.weights()[(i % outputs, j)]);
        let both = Affine::new(
            Matrix::from_fn(2 * outputs, first.inputs(), weights),
            (0..2 * outputs).map(|i| signed(i, &first.bias()[i % outputs])).collect(),
        )?;
        let sum = |i: usize, j: usize| number(j % outputs == i, if j < outputs { 1 } else { -1 });
        let last = Affine::new(Matrix::from_fn(outputs, 2 * outputs, sum), vec![Rational::default(); outputs])?;
        layers = vec![both, last];
    }
    while layers.len() <= depth {
        let units = layers[layers.len() - 1].inputs();
        let same = Matrix::from_fn(units, units, |i, j| number(i == j, 1));
        layers.insert(layers.len() - 1, Affine::new(same, vec![Rational::default(); units])?);
    }
    Network::new(layers)
}

/// Rows of weights, and biases.
type Rows = (Vec<Vec<Rational>>, Vec<Rational>);

/// The layers with units of zeros added to the hidden ones.
fn padded(network: &Network<Rational>, widths: &[usize]) -> Vec<Rows> {
    let mut inputs = network.inputs();
    let mut layers = Vec::with_capacity(widths.len());
    for (layer, &units) in network.layers().iter().zip(widths) {
        let entry = |row: Option<&[Rational]>, j: usize| row.and_then(|row| row.get(j)).cloned().unwrap_or_default();
        let row = |i: usize| (i < layer.units()).then(|| layer.weights().row(i));
        let rows = (0..units).map(|i| (0..inputs).map(|j| entry(row(i), j)).collect()).collect();
        layers.push((rows, (0..units).map(|i| entry(Some(layer.bias()), i)).collect()));
        inputs = units;
    }
    layers
}

fn assembled(layers: Vec<Rows>) -> Result<Network<Rational>, Error> {
    let layer = |(rows, bias): Rows| {
        let (count, inputs) = (rows.len(), rows.first().map_or(0, Vec::len));
        let mut entries = rows.into_iter().flatten();
        Affine::new(Matrix::from_fn(count, inputs, |_, _| entries.next().unwrap_or_default()), bias)
    };
    Network::new(layers.into_iter().map(layer).collect::<Result<_, _>>()?)
}

/// For each unit of the victim a unit of the copy and its factor.
fn chosen(victim: &Rows, copy: &Rows) -> Vec<(usize, Rational)> {
    let rounded = |(rows, bias): &Rows| -> Vec<Vec<f64>> {
        rows.iter().zip(bias).map(|(row, b)| row.iter().chain([b]).map(|x| f64::nearest(x, ())).collect()).collect()
    };
    let (first, second) = (rounded(victim), rounded(copy));
    let size = |row: &[f64]| row.iter().map(|x| x.abs()).sum::<f64>();
    let mut near: Vec<(f64, usize, usize, f64)> = Vec::new();
    for (i, v) in first.iter().enumerate() {
        for (j, w) in second.iter().enumerate() {
            // A plain sign: 0 has none.
            let sign = |w: f64| if w == 0.0 { 0.0 } else { w.signum() };
            let factor = v.iter().zip(w).map(|(v, &w)| sign(w) * v).sum::<f64>() / size(w);
            let left = v.iter().zip(w).map(|(v, w)| (factor * w - v).abs()).sum::<f64>() / size(v);
            if factor.is_normal() && factor > 0.0 && left < NEAR {
                near.push((left, i, j, factor));
            }
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut partner: Vec<Option<(usize, Rational)>> = vec![None; first.len()];
    let mut free = vec![true; second.len()];
    for (_, i, j, factor) in near {
        if partner[i].is_none() && free[j] {
            let factor = exact((victim, i), (copy, j)).unwrap_or_else(|| Rational::lift(factor, ()));
            (partner[i], free[j]) = (Some((j, factor)), false);
        }
    }
    let mut left = (0..second.len()).filter(|j| free[*j]);
    let rest = |partner: Option<(usize, Rational)>| {
        partner.or_else(|| left.next().map(|j| (j, Rational::integer(1)))).unwrap_or_default()
    };
    partner.into_iter().map(rest).collect()
}

/// The factor between two units, where there is one exactly.
fn exact((victim, i): (&Rows, usize), (copy, j): (&Rows, usize)) -> Option<Rational> {
    let pairs = || victim.0[i].iter().chain([&victim.1[i]]).zip(copy.0[j].iter().chain([&copy.1[j]]));
    let (v, w) = pairs().find(|(_, w)| **w != Rational::default())?;
    let factor = v.div(w)?;
    pairs().all(|(v, w)| w.mul(&factor) == *v).then_some(factor)
}
