//! The certified oracle: answers of [`super::Dense`] in `f64`, each with a bound on its error.
//!
//! The midpoint is the answer that the run saw. Its radius is a running error analysis of
//! the same sums in the same order, `u·(Σ|products| + Σ|partial sums|)` through both layers:
//! what evaluation in [`Ball`]s gives, at three times the cost of an answer instead of a
//! hundred times. Around a [`Center`] it costs a few operations a question. Ball evaluation
//! (`Ball.bnet_ok`) and `γₙ` (`Gamma.forward_gamma`) are proved in Coq; the recurrences here are
//! proved beside the code, and tested against ℚ.

use super::{Batch, Evaluate};
use crate::net::Shallow;
use crate::num::{Ball, Num, up};

/// `2^−53`.
const U: f64 = f64::EPSILON / 2.0;
/// Sums of `n` magnitudes, `n ≤ 2^23`, are at most this many times what was computed for
/// them: `1/(1 − γₙ) ≤ 1 + 2^−28`.
const SUMMED: f64 = 1.0 + 1.0 / (1u64 << 28) as f64;
/// What second-order terms of the analysis around a centre, and of `γₙ`, may add: see [`Certified::around`].
const SECOND_ORDER: f64 = 1.0 + 1.0 / (1u64 << 20) as f64;
/// The least positive `f64`: more than a rounding to a subnormal number moves.
const TINY: f64 = f64::from_bits(1);

/// How the error of an answer is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// From the sums as computed, afterwards.
    Running,
    /// From sizes and magnitudes alone, beforehand: `γₙ·|A1|(|A0||x| + |b0|)`, theorem
    /// `Gamma.forward_gamma`.
    APriori,
    /// The answer is exact, at a point whose coordinates were rounded.
    Ideal,
}

/// An answer at a point with what bounds its error there and nearby.
#[derive(Clone, Debug)]
pub struct Center {
    point: Vec<f64>,
    /// How far coordinates may differ from the point.
    within: f64,
    values: Vec<f64>,
    running: Vec<f64>,
    mass: Vec<f64>,
    /// The part of the running error that stems from inputs before `j`, `[outputs]` of `[inputs]`.
    before: Vec<Vec<f64>>,
}

impl Center {
    /// The answer of the portable kernel, `[outputs]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// A network of `f64` weights that knows how far its answers may be off.
pub struct Certified {
    network: Shallow<f64>,
    /// `Σᵢ |aₒᵢ||wᵢⱼ|` from above, `[outputs]` of `[inputs]`: how fast an output may change.
    reach: Vec<Vec<f64>>,
    /// `2·((d + 1)·Σ|aₒᵢ| + h + Σ reach + 1)·2^−1074`, `[outputs]`: all that underflow may do.
    lost: Vec<f64>,
    /// The largest weight of each unit, in magnitude, `[hidden]`.
    largest: Vec<f64>,
}

impl Certified {
    /// The certified oracle of this network. Sums in the order of the portable kernel.
    pub fn new(network: Shallow<f64>) -> Self {
        let shape = network.shape();
        let reach: Vec<Vec<f64>> = (0..shape.outputs)
            .map(|o| {
                let mut sums = vec![0.0; shape.inputs];
                for (row, a) in network.hidden().iter_rows().zip(network.output().row(o)) {
                    sums.iter_mut().zip(row).for_each(|(sum, w)| *sum = up(*sum + up(w.abs() * a.abs())));
                }
                sums
            })
            .collect();
        let lost = (0..shape.outputs).map(|o| {
            let weights = network.output().row(o).iter().fold(0.0, |sum: f64, a| up(sum + a.abs()));
            let total = reach[o].iter().fold(0.0, |sum: f64, g| up(sum + g));
            let products = up(up((shape.inputs + 1) as f64 * weights) + up(total + (shape.hidden + 1) as f64));
            up(2.0 * up(products * TINY))
        });
        let lost = lost.collect();
        let largest = network.hidden().iter_rows().map(|row| row.iter().fold(0.0, |most: f64, w| most.max(w.abs())));
        let largest = largest.collect();
        Self { network, reach, lost, largest }
    }

    /// What is known at a point, `[inputs]`, and where up to two coordinates differ from it by
    /// `within` at most. About three times the cost of an answer.
    pub fn center(&self, point: &[f64], within: f64) -> Center {
        let shape = self.network.shape();
        let (mut active, mut errors, mut masses) = (Vec::new(), Vec::new(), Vec::new());
        let mut before = vec![vec![0.0; if within > 0.0 { shape.inputs } else { 0 }]; shape.outputs];
        let rows = self.network.hidden().iter_rows().zip(self.network.hidden_bias()).zip(&self.largest);
        for (i, ((row, bias), largest)) in rows.enumerate() {
            let sums = Sums::of(row.iter().zip(point).map(|(w, x)| w * x));
            let z = sums.value + bias;
            let error = up(U * (sums.rounded() + z.abs()) * SUMMED);
            // Neither the exact nor a computed pre-activation nearby is positive: both give 0.
            let moved = up(4.0 * error + up(up(2.5 * within) * largest));
            errors.push(if z + moved < 0.0 { 0.0 } else { error });
            if within > 0.0 && z - moved > 0.0 {
                self.shared(i, point, &mut before);
            }
            masses.push(up(up(sums.products * SUMMED) + bias.abs()));
            active.push(z.max(0.0));
        }
        let output = |o: usize| {
            let (weights, bias) = (self.network.output().row(o), self.network.output_bias()[o]);
            let sums = Sums::of(weights.iter().zip(&active).map(|(a, r)| a * r));
            let inherited: f64 = weights.iter().zip(&errors).map(|(a, e)| a.abs() * e).sum();
            let mass = weights.iter().zip(&masses).fold(bias.abs(), |sum, (a, m)| sum + a.abs() * m);
            let value = sums.value + bias;
            let error = up(up((inherited + U * (sums.rounded() + value.abs())) * SUMMED) + self.lost[o]);
            (value, error, up(mass * SUMMED))
        };
        let outputs: Vec<_> = (0..shape.outputs).map(output).collect();
        Center {
            point: point.to_vec(),
            within,
            values: outputs.iter().map(|y| y.0).collect(),
            running: outputs.iter().map(|y| y.1).collect(),
            mass: outputs.iter().map(|y| y.2).collect(),
            before,
        }
    }

    /// Adds what unit `i`, active at the centre and all around it, has in errors from inputs before each.
    fn shared(&self, i: usize, point: &[f64], before: &mut [Vec<f64>]) {
        let (mut sum, mut rounded) = (0.0, 0.0);
        for (j, (w, x)) in self.network.hidden().row(i).iter().zip(point).enumerate() {
            for (o, errors) in before.iter_mut().enumerate() {
                errors[j] += self.network.output()[(o, i)].abs() * (U * rounded);
            }
            let product = w * x;
            sum += product;
            rounded += product.abs() + if j > 0 { sum.abs() } else { 0.0 };
        }
    }

    /// The part of each answer's error that all answers around the centre share when they
    /// differ from it along `axes`, `[outputs]`; 0 where the bound does not tell.
    ///
    /// Sums agree bit for bit up to the first axis: in a difference of two answers these
    /// errors cancel. Needs a centre with `within` at least the step.
    pub fn common(&self, center: &Center, axes: &[usize], bound: Bound) -> Vec<f64> {
        let first = axes.iter().copied().min().unwrap_or_default();
        let part = |errors: &Vec<f64>| match bound {
            Bound::Running => errors.get(first).map_or(0.0, |e| e * (1.0 - (SECOND_ORDER - 1.0))),
            Bound::APriori | Bound::Ideal => 0.0,
        };
        center.before.iter().map(part).collect()
    }

    /// The radius at the centre itself, `[outputs]`.
    pub fn at(&self, center: &Center, bound: Bound) -> Vec<f64> {
        self.around(center, &[], 0.0, bound)
    }

    /// The radius of the answer at the centre moved by `±step` along each of `axes`, `[outputs]`.
    ///
    /// Against the exact answer at the exact point: that a coordinate is rounded once is
    /// part of it. Infinite where a step is longer than the centre was made for.
    ///
    /// With `Δᵢ = |wᵢⱼ|(step + u|xⱼ|)` summed over the axes, every product and partial sum of
    /// unit `i` moves by at most `Δᵢ` and the errors of both, so its running error grows by
    /// at most `u·(d + 4)·Δᵢ` to first order, and that of output `o` by `u·(d + h + 8)·L`,
    /// `L = Σᵢ|aₒᵢ|Δᵢ`. Second-order terms are below `2^−24` of the whole for
    /// `d, h ≤ 2^22`. Rounding the coordinate adds `u·Σᵢ|aₒᵢ||wᵢⱼ|(|xⱼ| + step)`.
    pub fn around(&self, center: &Center, axes: &[usize], step: f64, bound: Bound) -> Vec<f64> {
        let shape = self.network.shape();
        if !axes.is_empty() && step > center.within {
            return vec![f64::INFINITY; shape.outputs];
        }
        let radius = |o: usize| {
            let (mut moved, mut displaced) = (0.0, 0.0);
            for &j in axes {
                let reach = self.reach[o][j];
                moved = up(moved + up(reach * up(step + U * center.point[j].abs())));
                displaced = up(displaced + up(reach * up(U * up(center.point[j].abs() + step))));
            }
            // L may be taken larger: the a-priori mass and the running error both grow by it.
            let nearby = up(U * up((shape.inputs + 2 * shape.hidden + 16) as f64 * moved));
            let here = match bound {
                Bound::Ideal => return displaced,
                Bound::Running => center.running[o],
                Bound::APriori => {
                    let roundings = (shape.inputs + shape.hidden + 2) as f64;
                    up(up(U * up(roundings * up(center.mass[o] + moved))) + self.lost[o])
                }
            };
            up(up(up(here + nearby) + up(displaced * (1.0 + 2.0 * U))) * SECOND_ORDER)
        };
        (0..shape.outputs).map(radius).collect()
    }

    /// How much answers may change where coordinate `j` moves by at most `moved[j]`, `[outputs]`.
    ///
    /// `Σⱼ moved[j]·Σᵢ|aₒᵢ||wᵢⱼ|`, from above.
    pub fn spread(&self, moved: &[f64]) -> Vec<f64> {
        let sum = |reach: &Vec<f64>| reach.iter().zip(moved).fold(0.0, |sum, (g, m)| up(sum + up(g * m)));
        self.reach.iter().map(sum).collect()
    }

    /// `Σᵢ |aₒᵢ||wᵢⱼ|` from above: how fast output `o` may change along axis `j`.
    pub fn reach(&self, o: usize, j: usize) -> f64 {
        self.reach[o][j]
    }
}

impl Evaluate<Ball> for Certified {
    fn inputs(&self) -> usize {
        self.network.shape().inputs
    }

    fn outputs(&self) -> usize {
        self.network.shape().outputs
    }

    /// Enclosures of the exact answers at all points of the balls asked.
    fn evaluate(&self, batch: &Batch<'_, Ball>) -> Vec<Vec<Num<Ball>>> {
        let one = |i: usize| {
            let point = batch.point(i);
            let center = self.center(&point.iter().map(|x| x.0.mid()).collect::<Vec<_>>(), 0.0);
            let spread = self.spread(&point.iter().map(|x| x.0.rad()).collect::<Vec<_>>());
            let radii = self.at(&center, Bound::Running);
            let balls = center.values.iter().zip(radii).zip(spread);
            balls.map(|((y, r), s)| Num(Ball::new(*y, up(r + s)))).collect()
        };
        (0..batch.len()).map(one).collect()
    }
}

/// A sum in order, with the magnitudes that its rounding is bounded by.
struct Sums {
    value: f64,
    /// `Σ |products|`.
    products: f64,
    /// `Σ |partial sums|` from the second on: the first, of zero and a product, is exact.
    partial: f64,
}

impl Sums {
    fn of(mut products: impl Iterator<Item = f64>) -> Self {
        let first = products.next().unwrap_or(0.0);
        let start = Self { value: 0.0 + first, products: first.abs(), partial: 0.0 };
        products.fold(start, |sums, product| {
            let value = sums.value + product;
            Self { value, products: sums.products + product.abs(), partial: sums.partial + value.abs() }
        })
    }

    fn rounded(&self) -> f64 {
        self.products + self.partial
    }
}
