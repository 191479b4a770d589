//! Layers: a product with weights, and what is folded into it when it is closed.

use super::axes::{Axis, count, text};
use super::constant::Constant;
use super::node::described;
use super::proto::Node;
use super::rows::{Base, Product, Rows, exactly, fitting, refuse};
use crate::format::Problem;
use crate::format::graph::{GraphProblem, several, shown};
use crate::format::parts::{Layer, Layout, no_bias};
use crate::format::tensor::Tensor;
use crate::net::Shape;
use crate::num::{Rational, Scalar};
use std::rc::Rc;

/// Which operand the weights are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `W·x`.
    Left,
    /// `x·W`.
    Right,
}

/// Rows times weights, as MatMul has it; `turned`: the weights, the rows, as Gemm may have them.
pub(super) fn product(
    node: &Node,
    rows: &Rows,
    weights: Rc<Constant>,
    side: Side,
    turned: (bool, bool),
) -> Result<Rows, Problem> {
    if rows.dtype.is_none() {
        return refuse(node, "computes in integers; layers compute in floats");
    }
    let source = match &rows.base {
        Base::Source(source) => *source,
        Base::Product(_) => {
            return refuse(
                node,
                "follows another layer without a Relu between; multiply the two, or export them as one",
            );
        }
    };
    let (tensor, shape) = (shown(&weights.name), weights.shape.clone());
    weights.floats()?;
    if shape.contains(&0) {
        return Err(Problem::EmptyLayer { tensor, shape });
    }
    // Axes before the last two are of a batch of matrices: there is one.
    let rank = shape.len();
    let matrix = match shape[..] {
        [length] if side == Side::Left => Some([1, length]),
        [length] => Some([length, 1]),
        [.., a, b] if shape[..rank - 2].iter().all(|&length| length == 1) => Some([a, b]),
        _ => None,
    };
    let Some(matrix) = matrix else {
        return Err(Problem::Axes { tensor, found: shape, expected: "one matrix, [inputs, units] or [units, inputs]" });
    };
    let units_first = (side == Side::Left) != turned.0;
    let [units, inputs] = if units_first { matrix } else { [matrix[1], matrix[0]] };
    let axes = turned_axes(rows, turned.1);
    let at = match (side, axes.len()) {
        (_, 0) => return refuse(node, "multiplies weights by a value without axes; rows have one at least"),
        (_, 1) => 0,
        (Side::Left, rank) => rank - 2,
        (Side::Right, rank) => rank - 1,
    };
    let found = axes[at].length();
    let others = count(&axes) / found;
    if axes[at] == Axis::Batch || others != 1 {
        let what = format!(
            "multiplies weights along axis {at} of values of shape {}; expected the one axis that the values of an input lie along",
            text(&axes)
        );
        return refuse(node, what);
    }
    if found != inputs {
        return Err(GraphProblem::Width { node: described(node), tensor, shape, found, expected: inputs }.into());
    }
    // A vector has no axis for the units of the other.
    let result = if axes.len() == 1 { rank - 1 } else { rank.max(axes.len()) };
    let mut made = axes;
    match rank {
        1 => drop(made.remove(at)),
        _ => made[at] = Axis::Length(units),
    }
    if rank > 1 && result > made.len() {
        made.splice(0..0, vec![Axis::Length(1); result - made.len()]);
    }
    let mut shift = None;
    if let Some(shifts) = &rows.shift {
        let (_, values) = weights.floats()?;
        let place = |unit: usize, input: usize| if units_first { unit * inputs + input } else { input * units + unit };
        let moving: Vec<(usize, &Rational)> =
            shifts.iter().enumerate().filter(|(_, s)| **s != Rational::default()).collect();
        let sum = |unit: usize| {
            moving.iter().fold(Rational::default(), |sum, &(input, shift)| {
                sum.add(&Rational::lift(values[place(unit, input)], ()).mul(shift))
            })
        };
        shift = Some((0..units).map(sum).collect());
    }
    let product = Product {
        node: described(node),
        source,
        weights,
        units_first,
        units,
        inputs,
        order: rows.order.clone(),
        scale: rows.scale.clone(),
    };
    Ok(Rows {
        dtype: rows.dtype,
        axes: made,
        base: Base::Product(Rc::new(product)),
        order: None,
        scale: None,
        shift,
        bias: None,
        stored: None,
        folded: rows.folded.clone(),
    })
}

/// The axes of rows, turned as Gemm's attributes say; their values keep their order, as one axis has them all.
fn turned_axes(rows: &Rows, turned: bool) -> Vec<Axis> {
    let mut axes = rows.axes.clone();
    if turned {
        axes.reverse();
    }
    axes
}

/// A layer, and whether it needs a wider type than its weights and biases are stored in.
pub(super) struct Closed {
    pub(super) layer: Layer,
    pub(super) is_wider: bool,
    pub(super) notes: Vec<String>,
}

/// Makes a layer of rows that are a product. Errors: [`GraphProblem::Inexact`], [`GraphProblem::TooLarge`].
pub(super) fn close(rows: &Rows, product: &Product) -> Result<Closed, Problem> {
    let (units, width) = (count(&rows.axes), product.source.width);
    if (units as u128).saturating_mul(width as u128) > Shape::MOST_PARAMETERS {
        return Err(GraphProblem::TooLarge { limit: Shape::MOST_PARAMETERS }.into());
    }
    let (dtype, stored) = product.weights.floats()?;
    let name = shown(&product.weights.name);
    let inexact = |what: String, value: &Rational| {
        let (folded, layer) = (several(&rows.folded), product.node.clone());
        Problem::from(GraphProblem::Inexact { folded, layer, what, value: f64::nearest(value, ()) })
    };
    let plain = rows.scale.is_none() && rows.order.is_none() && product.scale.is_none() && product.order.is_none();
    let (layout, values) = if plain {
        (if product.units_first { Layout::UnitsFirst } else { Layout::InputsFirst }, stored.to_vec())
    } else {
        let mut values = vec![0.0; units * width];
        for ((unit, row), scale) in rows.places().enumerate().zip(rows.scales()) {
            for input in 0..product.inputs {
                let place = product.order.as_ref().map_or(input, |order| order[input]);
                let weight = product.at(stored, row, input);
                let factor = product.scale.as_ref().map(|scale| &scale[input]);
                let value = if rows.scale.is_none() && factor.is_none() {
                    weight
                } else {
                    let mut exact = Rational::lift(weight, ()).mul(&scale);
                    if let Some(factor) = factor {
                        exact = exact.mul(factor);
                    }
                    let what = || format!("the weight of unit {unit} and input {input}, from '{name}',");
                    exactly(&exact).ok_or_else(|| inexact(what(), &exact))?
                };
                values[unit * width + place] = value;
            }
        }
        (Layout::UnitsFirst, values)
    };
    let mut bias = rows.stored.as_ref().map_or_else(|| vec![0.0; units], |stored| stored.to_vec());
    let folded = rows.shift.is_some() && rows.stored.is_none();
    for (unit, shift) in rows.shifts().enumerate().filter(|_| folded) {
        bias[unit] = exactly(&shift).ok_or_else(|| inexact(format!("the bias of unit {unit}"), &shift))?;
    }
    let mut notes = Vec::new();
    if !rows.folded.is_empty() {
        notes.push(format!("{} entered the layer {} exactly", several(&rows.folded), product.node));
    }
    let is_biased = rows.bias.is_some() || rows.shift.is_some();
    if !is_biased {
        notes.push(format!("layer {} has no bias; zeros were taken", product.node));
    }
    let bias_dtype = rows.bias.unwrap_or(dtype);
    let types = (fitting(dtype, &values), fitting(bias_dtype, &bias));
    let is_wider = types != (dtype, bias_dtype);
    let shape = match layout {
        Layout::UnitsFirst => vec![units, width],
        Layout::InputsFirst => vec![width, units],
    };
    let bias_name = if is_biased { format!("bias added to {name}") } else { no_bias(&name) };
    let bias = Tensor { name: bias_name, shape: vec![units], dtype: types.1, values: bias };
    let weights = Tensor { name, shape, dtype: types.0, values };
    Ok(Closed { layer: Layer { layout, weights, bias }, is_wider, notes })
}
