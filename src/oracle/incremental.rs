//! The exact oracle: integers, and only what changes from one question to the next.

use super::{Answer, Batch, Probe};
use crate::net::{Integral, Network};
use crate::num::{BigInteger, Exact, Num, common_multiple, integers};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// A rational network, evaluated exactly over the integers of [`Integral`].
///
/// At a point `X/D` with integers `X`, `D` a unit's pre-activation has the sign of
/// `Z = W·X + B·D`, and an output is `(N·relu(Z) + C·D) / (E·D)`.
///
/// A line or a probe changes `Z` by few products a unit, so that a structured question
/// costs `O(hidden)` instead of `O(inputs·hidden)`; exactness makes that free of meaning.
pub struct Incremental<Q: Exact> {
    /// `W` by input, then by unit.
    columns: Vec<Vec<Q::Integer>>,
    network: Integral<Q::Integer>,
    /// The point last probed around: a gradient asks around one point several times.
    recent: Mutex<Option<Arc<Center<Q::Integer>>>>,
}

/// A point with its pre-activations.
struct Center<I> {
    point: Common<I>,
    /// `Z`, by unit.
    sums: Vec<I>,
}

/// A point over a common denominator.
#[derive(PartialEq)]
struct Common<I> {
    numerators: Vec<I>,
    denominator: I,
}

impl<Q: Exact> Incremental<Q> {
    /// An oracle for a network of finite floats.
    pub fn new(network: &Network<f64>) -> Self {
        Self::rational(&network.map(|&w| Num::lift(w, ())))
    }

    /// An oracle for a network of rationals.
    pub fn rational(network: &Network<Num<Q>>) -> Self {
        let network = Integral::new(network);
        let columns = (0..network.hidden.columns()).map(|j| network.hidden.column(j).cloned().collect()).collect();
        Self { columns, network, recent: Mutex::new(None) }
    }

    fn hidden(&self) -> usize {
        self.network.hidden_bias.len()
    }

    /// `A·X`, plus `B·D` where a denominator is given.
    fn sums(&self, numerators: &[Q::Integer], denominator: Option<&Q::Integer>) -> Vec<Q::Integer> {
        let mut sums: Vec<Q::Integer> = vec![Q::Integer::default(); self.hidden()];
        if let Some(denominator) = denominator {
            sums.iter_mut().zip(&self.network.hidden_bias).for_each(|(z, b)| z.add_mul(b, denominator));
        }
        for (column, x) in self.columns.iter().zip(numerators).filter(|(_, x)| x.sign().is_ne()) {
            sums.iter_mut().zip(column).for_each(|(z, a)| z.add_mul(a, x));
        }
        sums
    }

    /// Adds one active unit to every output.
    fn add_unit(&self, outputs: &mut [Q::Integer], unit: usize, z: &Q::Integer) {
        if z.sign().is_gt() {
            outputs.iter_mut().zip(self.network.output.column(unit)).for_each(|(y, a)| y.add_mul(a, z));
        }
    }

    /// The biases' share of every output over denominator `D`: what units are added to.
    fn start(&self, denominator: &Q::Integer) -> Vec<Q::Integer> {
        self.network.output_bias.iter().map(|c| c.mul(denominator)).collect()
    }

    fn finish(&self, outputs: Vec<Q::Integer>, denominator: &Q::Integer) -> Vec<Num<Q>> {
        let over = |(y, e): (Q::Integer, &Q::Integer)| Num(Q::from_parts(y, e.mul(denominator)));
        outputs.into_iter().zip(&self.network.denominators).map(over).collect()
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

    /// A point with its pre-activations, evaluated unless it was the last one.
    fn center(&self, point: &[Num<Q>]) -> Arc<Center<Q::Integer>> {
        let point = common::<Q>(point);
        // Not held while sums run: a thread that waits for them may be given another question.
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent().clone();
        if let Some(center) = known.filter(|center| center.point == point) {
            return center;
        }
        let sum = |k: usize| {
            let mut sum = self.network.hidden_bias[k].mul(&point.denominator);
            self.network.hidden.row(k).iter().zip(&point.numerators).for_each(|(a, x)| sum.add_mul(a, x));
            sum
        };
        let sums = (0..self.hidden()).into_par_iter().map(sum).collect();
        let center = Arc::new(Center { point, sums });
        *recent() = Some(Arc::clone(&center));
        center
    }

    fn probes(&self, center: &[Num<Q>], probes: &[Probe<Q>]) -> Vec<Vec<Num<Q>>> {
        let center = self.center(center);
        let answer = |z: &mut Q::Integer, probe: &Probe<Q>| self.probe(&center.point, &center.sums, probe, z);
        probes.par_iter().map_init(Q::Integer::default, answer).collect()
    }

    /// One probe, from the center's sums; `z` is scratch.
    fn probe(
        &self,
        center: &Common<Q::Integer>,
        sums: &[Q::Integer],
        probe: &Probe<Q>,
        z: &mut Q::Integer,
    ) -> Vec<Num<Q>> {
        let denominator =
            (probe.iter()).fold(center.denominator.clone(), |d, (_, x)| common_multiple(d, x.0.denominator()));
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
        self.network.output_bias.len()
    }

    fn answer(&self, batch: &Batch<'_, Q>) -> Vec<Vec<Num<Q>>> {
        match batch {
            Batch::Points([point]) => {
                let center = self.center(point);
                vec![self.answer_sums(&center.sums, &center.point.denominator)]
            }
            Batch::Points(points) => points.par_iter().map(|point| self.point(point)).collect(),
            Batch::Line { origin, direction, at } => self.line(origin, direction, at),
            Batch::Probes { center, probes } => self.probes(center, probes),
        }
    }
}

fn common<Q: Exact>(point: &[Num<Q>]) -> Common<Q::Integer> {
    let (numerators, denominator) = integers(point.iter().map(|x| &x.0));
    Common { numerators, denominator }
}
