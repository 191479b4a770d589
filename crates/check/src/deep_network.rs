//! Networks of any depth, and two of them unit by unit.

use crate::deep_record::{DeepLayer, UnitPair};
use crate::number::{Fractions, MOST_WORK, parse};
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};

/// The most weights and biases of a network, with those that pairing adds.
const MOST_PARAMETERS: usize = 1 << 23;

/// A row of weights, the bias last.
pub(crate) type Row = Vec<BigRational>;

/// Affine maps with ReLU between them: rows of each, the bias last.
#[derive(Clone, Debug)]
pub(crate) struct Deep {
    pub(crate) inputs: usize,
    pub(crate) layers: Vec<Vec<Row>>,
}

fn malformed<T>(what: String) -> Result<T, Refusal> {
    Err(Refusal::Malformed(what))
}

impl Deep {
    /// Errors: [`Refusal::Malformed`].
    pub(crate) fn parse(stated: &[DeepLayer], name: &str) -> Result<Self, Refusal> {
        let inputs = stated.first().and_then(|layer| layer.weights.first()).map_or(0, Vec::len);
        let (mut width, mut layers, mut count) = (inputs, Vec::new(), 0usize);
        for (l, layer) in stated.iter().enumerate() {
            if layer.weights.is_empty() || layer.weights.len() != layer.bias.len() || width == 0 {
                return malformed(format!("{name}: layer {l} is empty, or has not one bias a unit"));
            }
            let row = |(i, (weights, bias)): (usize, (&Vec<String>, &String))| {
                if weights.len() != width {
                    return malformed(format!("{name}: layer {l}, row {i} has {} weights, not {width}", weights.len()));
                }
                let number =
                    |(j, text): (usize, &String)| parse(text, || format!("{name}: layer {l}, row {i}, entry {j}"));
                weights.iter().chain([bias]).enumerate().map(number).collect::<Result<Row, _>>()
            };
            count = count.saturating_add(layer.weights.len().saturating_mul(width + 1));
            if count > MOST_PARAMETERS {
                return malformed(format!("{name}: more than {MOST_PARAMETERS} parameters"));
            }
            layers.push(layer.weights.iter().zip(&layer.bias).enumerate().map(row).collect::<Result<Vec<_>, _>>()?);
            width = layer.weights.len();
        }
        if layers.is_empty() { malformed(format!("{name}: there is no layer")) } else { Ok(Self { inputs, layers }) }
    }

    pub(crate) fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Vec::len)
    }

    pub(crate) fn shape(&self) -> String {
        let sizes = [self.inputs].into_iter().chain(self.layers.iter().map(Vec::len));
        sizes.map(|size| size.to_string()).collect::<Vec<_>>().join("-")
    }

    /// The network with its outputs multiplied. Exact.
    pub(crate) fn scaled(mut self, scale: &BigRational) -> Self {
        self.layers.iter_mut().next_back().into_iter().flatten().flatten().for_each(|x| *x *= scale);
        self
    }

    /// The same function with so many hidden layers: `relu(a) = a` for what a hidden layer hands on, and
    /// `y = relu(y) − relu(−y)` where there is none.
    pub(crate) fn deepened(mut self, depth: usize) -> Self {
        let number = |value: i64| BigRational::from_integer(value.into());
        if self.layers.len() == 1 && depth > 0 {
            let first = self.layers.remove(0);
            let outputs = first.len();
            let negative: Vec<Row> = first.iter().map(|row| row.iter().map(|x| -x).collect()).collect();
            let sum = |i: usize| {
                let entry = |j: usize| i64::from(j == i) - i64::from(j == i + outputs);
                (0..=2 * outputs).map(|j| number(entry(j))).collect()
            };
            self.layers = vec![first.into_iter().chain(negative).collect(), (0..outputs).map(sum).collect()];
        }
        while self.layers.len() <= depth {
            let at = self.layers.len() - 1;
            let units = self.layers[at - 1].len();
            let row = |i: usize| (0..=units).map(|j| number(i64::from(i == j))).collect();
            self.layers.insert(at, (0..units).map(row).collect());
        }
        self
    }

    /// `f(x)`, `[outputs]`. Exact.
    ///
    /// A row over its least common denominator `D` is `D` times the unit's own, and the next layer's weight over `D`
    /// undoes it.
    pub(crate) fn value(&self, x: &[BigRational]) -> Result<Vec<BigRational>, Refusal> {
        let x = Fractions::new(x)?;
        let (mut values, common) = (x.over, x.denominator);
        let mut denominators = vec![BigInt::one(); values.len()];
        for (l, layer) in self.layers.iter().enumerate() {
            let mut sums = Vec::with_capacity(layer.len());
            let mut next = Vec::with_capacity(layer.len());
            for row in layer {
                let over = |(w, d): (&BigRational, &BigInt)| BigRational::new(w.numer().clone(), w.denom() * d);
                let (bias, weights) = row.split_at(row.len() - 1);
                let (weights, bias) = (bias, weights);
                let row: Row = weights.iter().zip(&denominators).map(over).chain(bias.iter().cloned()).collect();
                let row = Fractions::new(&row)?;
                let counts = |x: &BigInt| if l == 0 { !x.is_zero() } else { x.is_positive() };
                let bias = row.over.last().cloned().unwrap_or_default() * &common;
                let terms = row.over.iter().zip(&values).filter(|(_, x)| counts(x));
                sums.push(terms.fold(bias, |sum, (w, x)| sum + w * x));
                next.push(row.denominator);
            }
            (values, denominators) = (sums, next);
        }
        Ok(values.into_iter().zip(denominators).map(|(y, d)| BigRational::new(y, d * &common)).collect())
    }
}

/// Both networks with equally many layers and units, as the pairs say. Exact: the functions are unchanged.
///
/// Errors: [`Refusal::Malformed`] where a unit is in no pair or in two, or a factor is not positive.
pub(crate) fn paired(victim: Deep, copy: Deep, pairs: &[Vec<UnitPair>]) -> Result<[Deep; 2], Refusal> {
    let depth = victim.layers.len().max(copy.layers.len()) - 1;
    let (victim, copy) = (victim.deepened(depth), copy.deepened(depth));
    if pairs.len() != depth {
        return malformed(format!("pairs of {} hidden layers for {depth}", pairs.len()));
    }
    let count = pairs.iter().fold((0usize, victim.inputs), |(count, width), layer| {
        (count.saturating_add(layer.len().saturating_mul(width + 1)), layer.len())
    });
    if count.0 > MOST_PARAMETERS {
        return malformed(format!("pairs make more than {MOST_PARAMETERS} parameters"));
    }
    let one = |network: &Deep, of: &dyn Fn(&UnitPair) -> Option<usize>, scaled: bool| -> Result<Deep, Refusal> {
        let mut layers = Vec::with_capacity(depth + 1);
        // Where each value comes from that reaches the layer, and its factor.
        let mut before: Vec<(Option<usize>, BigRational)> =
            (0..network.inputs).map(|j| (Some(j), BigRational::one())).collect();
        for (l, layer) in network.layers.iter().enumerate() {
            let own: Vec<(Option<usize>, BigRational)> = match pairs.get(l) {
                Some(pairs) => chosen(pairs, of, scaled, layer.len(), l)?,
                None => (0..layer.len()).map(|i| (Some(i), BigRational::one())).collect(),
            };
            let row = |(unit, factor): &(Option<usize>, BigRational)| -> Row {
                let Some(row) = unit.map(|unit| &layer[unit]) else {
                    return vec![BigRational::zero(); before.len() + 1];
                };
                let times = |x: &BigRational| if factor.is_one() { x.clone() } else { x * factor };
                let weight = |(from, before): &(Option<usize>, BigRational)| match from {
                    Some(from) if before.is_one() => times(&row[*from]),
                    Some(from) => times(&row[*from]) / before,
                    None => BigRational::zero(),
                };
                before.iter().map(weight).chain(row.last().map(times)).collect()
            };
            layers.push(own.iter().map(row).collect());
            before = own;
        }
        Ok(Deep { inputs: network.inputs, layers })
    };
    Ok([one(&victim, &|pair| pair.victim, false)?, one(&copy, &|pair| pair.copy, true)?])
}

/// The units of one network in the order of the pairs, with their factors.
fn chosen(
    pairs: &[UnitPair],
    of: &dyn Fn(&UnitPair) -> Option<usize>,
    scaled: bool,
    units: usize,
    layer: usize,
) -> Result<Vec<(Option<usize>, BigRational)>, Refusal> {
    let mut seen = vec![false; units];
    let mut chosen = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let unit = of(pair);
        if let Some(unit) = unit {
            match seen.get_mut(unit) {
                Some(seen) if !*seen => *seen = true,
                _ => return malformed(format!("hidden layer {layer}: unit {unit} is none, or in two pairs")),
            }
        }
        let factor = parse(&pair.factor, || format!("factor of pair {at} of hidden layer {layer}"))?;
        if !factor.is_positive() {
            return malformed(format!("hidden layer {layer}: the factor of pair {at} is not positive"));
        }
        chosen.push((unit, if scaled { factor } else { BigRational::one() }));
    }
    match seen.iter().position(|seen| !seen) {
        Some(unit) => malformed(format!("hidden layer {layer}: unit {unit} is in no pair")),
        None => Ok(chosen),
    }
}

/// Refuses numbers that are too long to work with.
pub(crate) fn short(network: &Deep) -> Result<(), Refusal> {
    let bits = network.layers.iter().flatten().flatten().map(|x| x.numer().bits() + x.denom().bits());
    match bits.fold(0u64, u64::saturating_add) > MOST_WORK {
        true => malformed("its numbers are too long to work with".to_owned()),
        false => Ok(()),
    }
}
