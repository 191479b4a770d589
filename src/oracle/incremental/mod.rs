//! The exact oracle: integers, and only what changes from one question to the next.

mod narrow;

use super::{Batch, Evaluate, Probe};
use crate::net::{Integral, Shallow};
use crate::num::{BigInteger, Exact, Num, common_multiple, integers};
use narrow::{Narrow, Point};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// A rational network, evaluated exactly over the integers of [`Integral`].
///
/// At a point `X/D` with integers `X`, `D` a unit's pre-activation has the sign of
/// `Z = W·X + B·D`, and an output is `(N·relu(Z) + C·D) / (E·D)`.
///
/// A line or a probe changes `Z` by few products a unit, so that a structured question
/// costs `O(hidden)` instead of `O(inputs·hidden)`; exactness makes that free of meaning. Where
/// the integers of network, point and steps fit into words, nothing is summed on a heap.
///
/// A clone shares these integers, and remembers questions of its own: one for each of several runs.
pub struct Incremental<Q: Exact> {
    /// `W` by input, then by unit.
    columns: Arc<Vec<Vec<Q::Integer>>>,
    network: Arc<Integral<Q::Integer>>,
    /// The same in words, where they fit.
    narrow: Option<Arc<Narrow>>,
    /// The point last probed around: a gradient asks around one point several times.
    recent: Mutex<Option<Arc<Center<Q::Integer>>>>,
    /// The line last asked along: a search asks along one line many times.
    course: Mutex<Option<Arc<Course<Q>>>>,
}

/// A line with the pre-activations at its origin and along its direction, over one denominator.
struct Course<Q: Exact> {
    origin: Vec<Num<Q>>,
    direction: Vec<Num<Q>>,
    denominator: Q::Integer,
    start: Vec<Q::Integer>,
    along: Vec<Q::Integer>,
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
    pub fn new(network: &Shallow<f64>) -> Self {
        Self::rational(&network.map(|&w| Num::lift(w, ())))
    }

    /// An oracle for a network of rationals.
    pub fn rational(network: &Shallow<Num<Q>>) -> Self {
        let network = Integral::new(network);
        let columns = (0..network.hidden.columns()).map(|j| network.hidden.column(j).cloned().collect()).collect();
        let narrow = Narrow::new(&network);
        Self::sharing(Arc::new(columns), Arc::new(network), narrow.map(Arc::new))
    }

    fn sharing(
        columns: Arc<Vec<Vec<Q::Integer>>>,
        network: Arc<Integral<Q::Integer>>,
        narrow: Option<Arc<Narrow>>,
    ) -> Self {
        Self { columns, network, narrow, recent: Mutex::new(None), course: Mutex::new(None) }
    }

    fn hidden(&self) -> usize {
        self.network.hidden_bias.len()
    }

    /// `W·X + B·D`, by unit.
    fn sums(&self, numerators: &[Q::Integer], denominator: &Q::Integer) -> Vec<Q::Integer> {
        if let Some(narrow) = &self.narrow
            && let Some(point) = Point::new(numerators, denominator)
        {
            return (0..self.hidden()).map(|k| narrow.sum(k, &point)).collect();
        }
        let mut sums: Vec<Q::Integer> = vec![Q::Integer::default(); self.hidden()];
        sums.iter_mut().zip(&self.network.hidden_bias).for_each(|(z, b)| z.add_mul(b, denominator));
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
        self.answer_sums(&self.sums(&common.numerators, &common.denominator), &common.denominator)
    }

    /// A line with its sums, evaluated unless it was the last one.
    fn course(&self, origin: &[Num<Q>], direction: &[Num<Q>]) -> Arc<Course<Q>> {
        let recent = || self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent().clone();
        let same = |a: &[Num<Q>], b: &[Num<Q>]| a.iter().zip(b).all(|(x, y)| x.0 == y.0);
        if let Some(course) = known.filter(|known| same(&known.origin, origin) && same(&known.direction, direction)) {
            return course;
        }
        let (origin, direction) = (origin.to_vec(), direction.to_vec());
        let both: Vec<Num<Q>> = origin.iter().chain(&direction).cloned().collect();
        let Common { numerators, denominator } = common::<Q>(&both);
        let (start, along) = numerators.split_at(origin.len());
        let (start, along) = (self.sums(start, &denominator), self.sums(along, &Q::Integer::default()));
        let course = Arc::new(Course { origin, direction, denominator, start, along });
        *recent() = Some(Arc::clone(&course));
        course
    }

    /// Where a line `u + t·v` crosses each unit's hyperplane, as `t`; `None` where it runs along it. Exact.
    pub fn crossings(&self, origin: &[Num<Q>], direction: &[Num<Q>]) -> Vec<Option<Q>> {
        let course = self.course(origin, direction);
        let at =
            |(z, step): (&Q::Integer, &Q::Integer)| step.sign().is_ne().then(|| Q::from_parts(z.neg(), step.clone()));
        course.start.iter().zip(&course.along).map(at).collect()
    }

    /// `Z(u + t·v) = Z(u) + t·W·v`, for every `t = p/q` over the denominator `D·q`.
    fn line(&self, origin: &[Num<Q>], direction: &[Num<Q>], at: &[Num<Q>]) -> Vec<Vec<Num<Q>>> {
        let course = self.course(origin, direction);
        let position = |t: &Num<Q>| {
            let (p, q) = (t.0.numerator(), t.0.denominator());
            let at = |(z, step): (&Q::Integer, &Q::Integer)| {
                let mut sum = z.mul(q);
                sum.add_mul(step, p);
                sum
            };
            let sums: Vec<Q::Integer> = course.start.iter().zip(&course.along).map(at).collect();
            self.answer_sums(&sums, &course.denominator.mul(q))
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
        let words = self.narrow.as_ref().zip(Point::new(&point.numerators, &point.denominator));
        let sum = |k: usize| {
            if let Some((narrow, digits)) = &words {
                return narrow.sum(k, digits);
            }
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
        if let Some(answers) = self.narrow.as_ref().and_then(|narrow| self.in_words(narrow, &center, probes)) {
            return answers;
        }
        let answer = |z: &mut Q::Integer, probe: &Probe<Q>| self.probe(&center.point, &center.sums, probe, z);
        probes.par_iter().map_init(Q::Integer::default, answer).collect()
    }

    /// All probes over one denominator; `None` where an integer is too long for words.
    fn in_words(&self, narrow: &Narrow, center: &Center<Q::Integer>, probes: &[Probe<Q>]) -> Option<Vec<Vec<Num<Q>>>> {
        let denominators = probes.iter().flatten().map(|(_, x)| x.0.denominator());
        let denominator = denominators.fold(center.point.denominator.clone(), common_multiple);
        let around = Narrow::around(center, &self.network.output_bias, denominator)?;
        let (factor, _) = around.denominator.div_rem(&center.point.denominator);
        let step = |(j, x): &(usize, Num<Q>)| {
            let (share, _) = around.denominator.div_rem(x.0.denominator());
            let mut step = x.0.numerator().mul(&share);
            step.sub_assign(&center.point.numerators[*j].mul(&factor));
            Some((*j, step.to_i128().filter(|step| *step != i128::MIN)?))
        };
        let answer = |probe: &Probe<Q>| {
            let steps = probe.iter().map(step).collect::<Option<Vec<_>>>()?;
            Some(self.finish(narrow.probe(&around, &steps), &around.denominator))
        };
        probes.par_iter().map(answer).collect()
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

impl<Q: Exact> Clone for Incremental<Q> {
    fn clone(&self) -> Self {
        Self::sharing(Arc::clone(&self.columns), Arc::clone(&self.network), self.narrow.clone())
    }
}

impl<Q: Exact> Evaluate<Q> for Incremental<Q> {
    fn inputs(&self) -> usize {
        self.columns.len()
    }

    fn outputs(&self) -> usize {
        self.network.output_bias.len()
    }

    fn evaluate(&self, batch: &Batch<'_, Q>) -> Vec<Vec<Num<Q>>> {
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
