//! The exact oracle: integers, and only what changes from one question to the next.

use super::{Answer, Batch, Probe};
use crate::net::Network;
use crate::num::{BigInteger, Exact, Num};
use rayon::prelude::*;

/// A network of floats, evaluated exactly.
///
/// Weights are scaled once to integers `A`, `B` (by `2^s`), `C`, `E` (by `2^r`). At a
/// point `X/D` with integers `X`, `D` a pre-activation is `Z/(2^s·D)` with
/// `Z = A·X + B·D`, and an output is `(C·relu(Z) + E·2^s·D) / (2^(s+r)·D)`.
///
/// A line or a probe changes `Z` by few products a unit, so that a structured question
/// costs `O(hidden)` instead of `O(inputs·hidden)`; exactness makes that free of meaning.
pub struct Incremental<Q: Exact> {
    /// `A` by input, then by unit.
    columns: Vec<Vec<Q::Integer>>,
    bias: Vec<Q::Integer>,
    hidden_scale: u32,
    /// `C` by output, then by unit.
    output: Vec<Vec<Q::Integer>>,
    output_bias: Vec<Q::Integer>,
    output_scale: u32,
}

/// A point over a common denominator.
struct Common<I> {
    numerators: Vec<I>,
    denominator: I,
}

impl<Q: Exact> Incremental<Q> {
    /// An oracle for this network; all weights finite.
    pub fn new(network: &Network<f64>) -> Self {
        let shape = network.shape();
        let hidden_scale = scale_of::<Q>(network.hidden().entries().iter().chain(network.hidden_bias()));
        let output_scale = scale_of::<Q>(network.output().entries().iter().chain(network.output_bias()));
        let integers = |values: &mut dyn Iterator<Item = &f64>, scale| values.map(|&w| scaled::<Q>(w, scale)).collect();
        Self {
            columns: (0..shape.inputs).map(|j| integers(&mut network.hidden().column(j), hidden_scale)).collect(),
            bias: integers(&mut network.hidden_bias().iter(), hidden_scale),
            hidden_scale,
            output: network.output().iter_rows().map(|row| integers(&mut row.iter(), output_scale)).collect(),
            output_bias: integers(&mut network.output_bias().iter(), output_scale),
            output_scale,
        }
    }

    fn hidden(&self) -> usize {
        self.bias.len()
    }

    /// `A·X`, plus `B·D` where a denominator is given.
    fn sums(&self, numerators: &[Q::Integer], denominator: Option<&Q::Integer>) -> Vec<Q::Integer> {
        let mut sums: Vec<Q::Integer> = vec![Q::Integer::default(); self.hidden()];
        if let Some(denominator) = denominator {
            sums.iter_mut().zip(&self.bias).for_each(|(z, b)| z.add_mul(b, denominator));
        }
        for (column, x) in self.columns.iter().zip(numerators).filter(|(_, x)| x.sign().is_ne()) {
            sums.iter_mut().zip(column).for_each(|(z, a)| z.add_mul(a, x));
        }
        sums
    }

    /// Adds one active unit to every output.
    fn add_unit(&self, outputs: &mut [Q::Integer], unit: usize, z: &Q::Integer) {
        if z.sign().is_gt() {
            outputs.iter_mut().zip(&self.output).for_each(|(y, row)| y.add_mul(&row[unit], z));
        }
    }

    /// The biases' share of every output over denominator `D`: what units are added to.
    fn start(&self, denominator: &Q::Integer) -> Vec<Q::Integer> {
        let unit = denominator.shl(self.hidden_scale);
        self.output_bias.iter().map(|e| e.mul(&unit)).collect()
    }

    fn finish(&self, outputs: Vec<Q::Integer>, denominator: &Q::Integer) -> Vec<Num<Q>> {
        let denominator = denominator.shl(self.hidden_scale + self.output_scale);
        outputs.into_iter().map(|y| Num(Q::from_parts(y, denominator.clone()))).collect()
    }

    fn answer_sums(&self, sums: &[Q::Integer], denominator: &Q::Integer) -> Vec<Num<Q>> {
        let mut outputs = self.start(denominator);
        sums.iter().enumerate().for_each(|(k, z)| self.add_unit(&mut outputs, k, z));
        self.finish(outputs, denominator)
    }

    fn point(&self, point: &[Num<Q>]) -> Vec<Num<Q>> {
        let common = common::<Q>(point);
        self.answer_sums(&self.sums(&common.numerators, Some(&common.denominator)), &common.denominator)
    }

    /// `Z(u + t·v) = Z(u) + t·A·v`, for every `t = p/q` over the denominator `D·q`.
    fn line(&self, origin: &[Num<Q>], direction: &[Num<Q>], at: &[Num<Q>]) -> Vec<Vec<Num<Q>>> {
        let both: Vec<Num<Q>> = origin.iter().chain(direction).cloned().collect();
        let common = common::<Q>(&both);
        let (start, along) = common.numerators.split_at(origin.len());
        let (start, along) = (self.sums(start, Some(&common.denominator)), self.sums(along, None));
        let position = |t: &Num<Q>| {
            let (p, q) = (t.0.numerator(), t.0.denominator());
            let at = |(z, step): (&Q::Integer, &Q::Integer)| {
                let mut sum = z.mul(q);
                sum.add_mul(step, p);
                sum
            };
            let sums: Vec<Q::Integer> = start.iter().zip(&along).map(at).collect();
            self.answer_sums(&sums, &common.denominator.mul(q))
        };
        at.par_iter().map(position).collect()
    }

    fn probes(&self, center: &[Num<Q>], probes: &[Probe<Q>]) -> Vec<Vec<Num<Q>>> {
        let common = common::<Q>(center);
        let sums = self.sums(&common.numerators, Some(&common.denominator));
        probes.par_iter().map_init(Q::Integer::default, |z, probe| self.probe(&common, &sums, probe, z)).collect()
    }

    /// One probe, from the center's sums; `z` is scratch.
    fn probe(
        &self,
        center: &Common<Q::Integer>,
        sums: &[Q::Integer],
        probe: &Probe<Q>,
        z: &mut Q::Integer,
    ) -> Vec<Num<Q>> {
        let denominator = (probe.iter()).fold(center.denominator.clone(), |d, (_, x)| multiple(d, x.0.denominator()));
        let (factor, _) = denominator.div_rem(&center.denominator);
        let stretched = factor != Q::Integer::from(1i64);
        let change = |(j, x): &(usize, Num<Q>)| {
            let (share, _) = denominator.div_rem(x.0.denominator());
            let mut step = x.0.numerator().mul(&share);
            step.sub_assign(&center.numerators[*j].mul(&factor));
            (&self.columns[*j], step)
        };
        let changes: Vec<_> = probe.iter().map(change).collect();
        let mut outputs = self.start(&denominator);
        for (k, sum) in sums.iter().enumerate() {
            if stretched {
                *z = sum.mul(&factor);
            } else {
                z.clone_from(sum);
            }
            changes.iter().for_each(|(column, step)| z.add_mul(&column[k], step));
            self.add_unit(&mut outputs, k, z);
        }
        self.finish(outputs, &denominator)
    }
}

impl<Q: Exact> Answer<Q> for Incremental<Q> {
    fn inputs(&self) -> usize {
        self.columns.len()
    }

    fn outputs(&self) -> usize {
        self.output_bias.len()
    }

    fn answer(&self, batch: &Batch<'_, Q>) -> Vec<Vec<Num<Q>>> {
        match batch {
            Batch::Points(points) => points.par_iter().map(|point| self.point(point)).collect(),
            Batch::Line { origin, direction, at } => self.line(origin, direction, at),
            Batch::Probes { center, probes } => self.probes(center, probes),
        }
    }
}

/// A common multiple of two denominators; cheap where one divides the other.
fn multiple<I: BigInteger>(denominator: I, next: &I) -> I {
    if denominator == *next || denominator.div_rem(next).1 == I::default() {
        denominator
    } else {
        denominator.lcm(next)
    }
}

fn common<Q: Exact>(point: &[Num<Q>]) -> Common<Q::Integer> {
    let denominator = point.iter().fold(Q::Integer::from(1i64), |d, x| multiple(d, x.0.denominator()));
    let numerator = |x: &Num<Q>| x.0.numerator().mul(&denominator.div_rem(x.0.denominator()).0);
    Common { numerators: point.iter().map(numerator).collect(), denominator }
}

/// The least `s` for which `2^s` times each value is an integer.
fn scale_of<'a, Q: Exact>(values: impl Iterator<Item = &'a f64>) -> u32 {
    values.map(|&w| Q::lift(w, ()).denominator().trailing_zeros()).max().unwrap_or(0)
}

/// `2^scale·value`, an integer.
fn scaled<Q: Exact>(value: f64, scale: u32) -> Q::Integer {
    let exact = Q::lift(value, ());
    exact.numerator().shl(scale - exact.denominator().trailing_zeros())
}
