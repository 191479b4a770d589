//! What a graph computes of its input, as far as a layer goes: an affine map, kept exactly.
//!
//! Every value is `scale·v + shift`, `v` a value of the layer before or of a product with weights.
//! Scales and shifts are rationals, so that nothing is rounded before a layer is closed.

use super::axes::{Axis, Moved, count, text};
use super::constant::Constant;
use super::fold::{aligned, spread};
use super::node::described;
use super::proto::Node;
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use crate::net::Dtype;
use crate::num::{BigInteger, Exact, Rational, Scalar};
use std::borrow::Cow;
use std::rc::Rc;

/// Where values come from that are not computed yet: the input, or the units of a layer that is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    /// The closed layer, by its place in the order in which they were closed; `None`: the input.
    pub(super) layer: Option<usize>,
    /// Values that it gives.
    pub(super) width: usize,
}

/// A matrix times values of a source, each scaled: `Σ_j W[i][j]·scale[j]·v[order[j]]`.
pub(super) struct Product {
    /// Operation and name of the node.
    pub(super) node: String,
    pub(super) source: Source,
    /// `[units, inputs]`, or transposed.
    pub(super) weights: Rc<Constant>,
    pub(super) units_first: bool,
    pub(super) units: usize,
    pub(super) inputs: usize,
    pub(super) order: Option<Rc<[usize]>>,
    pub(super) scale: Option<Rc<[Rational]>>,
}

impl Product {
    /// A weight as it is stored.
    pub(super) fn at(&self, values: &[f64], unit: usize, input: usize) -> f64 {
        values[if self.units_first { unit * self.inputs + input } else { input * self.units + unit }]
    }
}

/// What values are affine functions of.
#[derive(Clone)]
pub(super) enum Base {
    Source(Source),
    Product(Rc<Product>),
}

/// Values that depend on the input.
#[derive(Clone)]
pub(super) struct Rows {
    /// Type in which a runtime holds them; `None` where they are integers.
    pub(super) dtype: Option<Dtype>,
    pub(super) axes: Vec<Axis>,
    pub(super) base: Base,
    /// Which value of the base each one is of; `None`: all, in their order.
    pub(super) order: Option<Rc<[usize]>>,
    pub(super) scale: Option<Rc<[Rational]>>,
    pub(super) shift: Option<Rc<[Rational]>>,
    /// Type of the bias, where one was added.
    pub(super) bias: Option<Dtype>,
    /// The bias as it is stored, while the shift is that alone: a rational has no negative zero.
    pub(super) stored: Option<Rc<[f64]>>,
    /// Nodes that are folded into the layer: all but its product and its bias.
    pub(super) folded: Vec<String>,
}

/// What a node does to rows with a constant, or with other rows.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// `x + c`.
    Add,
    /// `x − c`.
    Sub,
    /// `c − x`.
    From,
    /// `c·x`.
    Mul,
    /// `x / c`.
    Div,
}

impl Rows {
    /// Values of a source as they are.
    pub(super) fn of(source: Source, axes: Vec<Axis>, dtype: Option<Dtype>) -> Self {
        let base = Base::Source(source);
        Self { dtype, axes, base, order: None, scale: None, shift: None, bias: None, stored: None, folded: Vec::new() }
    }

    /// The same values where a node puts them. Errors: some are taken twice.
    pub(super) fn put(&self, node: &Node, moved: Moved) -> Result<Self, Problem> {
        let Moved { axes, order } = moved;
        let Some(order) = order else { return Ok(Self { axes, ..self.clone() }) };
        let mut seen = vec![false; count(&self.axes)];
        if order.is_empty() || order.iter().any(|&place| std::mem::replace(&mut seen[place], true)) {
            return refuse(node, "takes a value twice, or none; read are nodes that take each once");
        }
        let each = |list: &Rc<[Rational]>| order.iter().map(|&place| list[place].clone()).collect();
        let (scale, shift) = (self.scale.as_ref().map(each), self.shift.as_ref().map(each));
        let stored = self.stored.as_ref().map(|stored| order.iter().map(|&place| stored[place]).collect());
        let order = match &self.order {
            Some(before) => order.iter().map(|&place| before[place]).collect(),
            None => order.into(),
        };
        Ok(Self { axes, order: Some(order), scale, shift, stored, ..self.clone() })
    }

    /// A step with a constant, which stands `factor` times. Errors: it does not go with rows, or divides by zero.
    pub(super) fn with(&self, node: &Node, step: Step, constant: &Constant, factor: f64) -> Result<Self, Problem> {
        let (dtype, values) = constant.floats()?;
        if self.dtype.is_none() {
            return refuse(node, "computes in integers; layers compute in floats");
        }
        let shape = aligned(node, self.axes.len(), &constant.shape);
        let lengths: Vec<usize> = self.axes.iter().map(|axis| axis.length()).collect();
        let unfit = || {
            let (node, tensor, rows) = (described(node), shown(&constant.name), text(&self.axes));
            Problem::from(GraphProblem::Broadcast { node, tensor, shape: constant.shape.clone(), rows })
        };
        let (all, own, theirs) = spread(&lengths, &shape).ok_or_else(unfit)?;
        if own.len() != count(&self.axes) || own.iter().enumerate().any(|(at, &place)| at != place) {
            return Err(unfit());
        }
        let mut axes: Vec<Axis> = all.iter().map(|&length| Axis::Length(length)).collect();
        let before = axes.len() - self.axes.len();
        axes[before..].copy_from_slice(&self.axes);
        let values: Vec<f64> = theirs.iter().map(|&place| values[place]).collect();
        let mut made = Self { axes, ..self.clone() };
        let of_product = matches!(self.base, Base::Product(_));
        let first_bias = of_product && self.bias.is_none() && matches!(step, Step::Add) && factor == 1.0;
        if matches!(step, Step::Add | Step::Sub | Step::From) && of_product {
            made.bias = Some(self.bias.map_or(dtype, |before| before.holding_both(dtype)));
        }
        if first_bias && self.scale.is_none() && self.shift.is_none() {
            made.stored = Some(values.as_slice().into());
        }
        let nothing = if matches!(step, Step::Mul | Step::Div) { 1.0 } else { 0.0 };
        if step != Step::From && factor == 1.0 && values.iter().all(|&x| x == nothing) {
            return Ok(made);
        }
        if !first_bias {
            made.stored = None;
            let name = match factor {
                1.0 => described(node),
                _ => format!("beta = {factor} of {}", described(node)),
            };
            // A node of several steps is named once.
            if made.folded.last() != Some(&name) {
                made.folded.push(name);
            }
        }
        let factor = Rational::lift(factor, ());
        let constants = values.iter().map(|&x| Rational::lift(x, ()).mul(&factor));
        match step {
            Step::Add => made.shift = Some(self.shifts().zip(constants).map(|(shift, c)| shift.add(&c)).collect()),
            Step::Sub => made.shift = Some(self.shifts().zip(constants).map(|(shift, c)| shift.sub(&c)).collect()),
            Step::From => {
                made.shift = Some(self.shifts().zip(constants).map(|(shift, c)| c.sub(&shift)).collect());
                made.scale = Some(self.scales().map(|scale| scale.neg()).collect());
            }
            Step::Mul | Step::Div => {
                let factors = constants.map(|c| if step == Step::Mul { Some(c) } else { Rational::integer(1).div(&c) });
                let Some(factors) = factors.collect::<Option<Vec<_>>>() else {
                    let what = format!("divides by '{}', which holds a zero", shown(&constant.name));
                    return refuse(node, what);
                };
                made = made.times(&factors);
            }
        }
        Ok(made)
    }

    /// All of it times factors, one for each value.
    pub(super) fn times(&self, factors: &[Rational]) -> Self {
        let scale = Some(self.scales().zip(factors).map(|(scale, factor)| scale.mul(factor)).collect());
        let scaled =
            |shift: &Rc<[Rational]>| shift.iter().zip(factors).map(|(shift, factor)| shift.mul(factor)).collect();
        Self { scale, shift: self.shift.as_ref().map(scaled), stored: None, ..self.clone() }
    }

    /// All of it times one number.
    pub(super) fn scaled(&self, factor: f64, what: String) -> Self {
        let factor = Rational::lift(factor, ());
        let mut made = self.times(&vec![factor; count(&self.axes)]);
        made.folded.push(what);
        made
    }

    /// The sum or difference with other rows; `None` where both are not made of the same values.
    pub(super) fn joined(&self, node: &Node, other: &Self, step: Step) -> Option<Self> {
        if !self.is_beside(other) || self.axes != other.axes || self.dtype.is_none() {
            return None;
        }
        let join = |a: Rational, b: Rational| if step == Step::Add { a.add(&b) } else { a.sub(&b) };
        let scale = Some(self.scales().zip(other.scales()).map(|(a, b)| join(a, b)).collect());
        let shift = Some(self.shifts().zip(other.shifts()).map(|(a, b)| join(a, b)).collect());
        let bias = match (self.bias, other.bias) {
            (Some(a), Some(b)) => Some(a.holding_both(b)),
            (a, b) => a.or(b),
        };
        let mut folded = self.folded.clone();
        folded.extend(other.folded.iter().filter(|name| !self.folded.contains(name)).cloned());
        folded.push(described(node));
        Some(Self { scale, shift, bias, folded, stored: None, ..self.clone() })
    }

    /// Whether both are affine functions of the same values, in the same order.
    fn is_beside(&self, other: &Self) -> bool {
        let same = match (&self.base, &other.base) {
            (Base::Source(a), Base::Source(b)) => a == b,
            (Base::Product(a), Base::Product(b)) => Rc::ptr_eq(a, b),
            _ => false,
        };
        same && self.order == other.order
    }

    /// Whether both hold the same values, in the same order.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.is_beside(other) && self.scales().eq(other.scales()) && self.shifts().eq(other.shifts())
    }

    /// What they take of memory, in 64-bit words: axes, names of nodes, scales and shifts.
    pub(super) fn words(&self) -> usize {
        let words =
            |x: &Rational| (BigInteger::bits(x.numerator()) + BigInteger::bits(x.denominator())) as usize / 64 + 4;
        let rationals = [&self.scale, &self.shift].into_iter().flatten().flat_map(|list| list.iter()).map(words);
        2 * self.axes.len() + 8 * self.folded.len() + rationals.sum::<usize>()
    }

    /// The values of the base that the rows are of.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        (0..count(&self.axes)).map(|at| self.order.as_ref().map_or(at, |order| order[at]))
    }

    pub(super) fn scales(&self) -> impl Iterator<Item = Rational> + '_ {
        (0..count(&self.axes))
            .map(|at| self.scale.as_ref().map_or_else(|| Rational::integer(1), |scale| scale[at].clone()))
    }

    pub(super) fn shifts(&self) -> impl Iterator<Item = Rational> + '_ {
        (0..count(&self.axes)).map(|at| self.shift.as_ref().map_or_else(Rational::default, |shift| shift[at].clone()))
    }
}

/// A node that rows cannot go through.
pub(super) fn refuse<T>(node: &Node, what: impl Into<Cow<'static, str>>) -> Result<T, Problem> {
    Err(GraphProblem::Node { node: described(node), what: what.into() }.into())
}

/// A rational as an f64; `None` where it is none.
pub(super) fn exactly(value: &Rational) -> Option<f64> {
    let near = f64::nearest(value, ());
    (near.is_finite() && Rational::lift(near, ()) == *value).then_some(near)
}

/// The type of a bias or of weights: the one that they are stored in, or f64 where something folded in needs it.
pub(super) fn fitting(dtype: Dtype, values: &[f64]) -> Dtype {
    if values.iter().all(|&x| dtype.round(x) == x) { dtype } else { Dtype::F64 }
}
