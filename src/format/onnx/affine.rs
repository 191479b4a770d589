//! Nodes that scale and shift rows by constants, and activations.

use super::axes::{count, text};
use super::constant::{Constant, Data};
use super::node::{attribute, described, float, integer};
use super::proto::Node;
use super::rows::{Rows, Step, refuse};
use crate::format::Problem;
use crate::format::graph::GraphProblem;
use crate::net::Dtype;
use crate::net::{Activation, Family};
use crate::num::{Rational, Scalar};
use std::rc::Rc;

/// A constant for one axis of rows, counted from the first; the axes after it have its values in common.
fn along(name: &str, values: Vec<f64>, dtype: Dtype, after: usize) -> Constant {
    let shape = [vec![values.len()], vec![1; after]].concat();
    Constant { name: name.to_owned(), shape, data: Data::Floats(dtype, values) }
}

/// `(x − mean) / √(variance + epsilon) · scale + shift`, by channel.
///
/// Errors: it is set to training, or the root is irrational: runtimes round it in ways of their own.
pub(super) fn normalized(
    node: &Node,
    rows: &Rows,
    parameters: &[Option<Rc<Constant>>],
    version: i64,
) -> Result<Rows, Problem> {
    let outputs = node.outputs.iter().filter(|name| !name.is_empty()).count();
    if integer(node, "training_mode", 0) != 0
        || version < 14 && outputs > 1
        || version < 7 && integer(node, "is_test", 0) == 0
    {
        return refuse(node, "is set to training; export the model after model.eval()");
    }
    if integer(node, "spatial", 1) == 0 {
        return refuse(node, "has spatial = 0, statistics of its own for each place; read are those by channel");
    }
    let mut given = Vec::new();
    for place in 0..4 {
        let missing = || GraphProblem::NoOperand { node: described(node), place: place + 2 };
        let constant = parameters.get(place).and_then(Option::as_deref).ok_or_else(missing)?;
        given.push((constant.name.as_str(), constant.floats()?));
    }
    // Channels are the second axis.
    let Some(after) = rows.axes.len().checked_sub(2) else {
        return refuse(node, "normalizes values of fewer than two axes; channels are the second axis");
    };
    let [
        (scale_name, (scale_type, scale)),
        (shift_name, (shift_type, shift)),
        (mean_name, (mean_type, mean)),
        (_, (_, variance)),
    ] = given[..]
    else {
        return Ok(rows.clone());
    };
    let epsilon = float(node, "epsilon", 1e-5);
    if !epsilon.is_finite() {
        return refuse(node, "has an epsilon that is no finite number");
    }
    let mut roots = Vec::new();
    for (channel, &variance) in variance.iter().enumerate() {
        let square = Rational::lift(variance, ()).add(&Rational::lift(epsilon, ()));
        let root = libm::sqrt(f64::nearest(&square, ()));
        let is_root = root.is_finite() && {
            let root = Rational::lift(root, ());
            root.mul(&root) == square
        };
        if !is_root {
            let what = format!(
                "divides channel {channel} by the root of {variance} + {}, which is no rational number, so that each \
                 runtime rounds in its own way; fold it into the layer before it, by \
                 torch.nn.utils.fusion.fuse_linear_bn_eval or the like, and export again",
                epsilon as f32
            );
            return refuse(node, what);
        }
        roots.push(root);
    }
    let step = |rows: &Rows, step, constant: &Constant| rows.with(node, step, constant, 1.0);
    let made = step(rows, Step::Sub, &along(mean_name, mean.to_vec(), mean_type, after))?;
    let made = step(&made, Step::Div, &along(scale_name, roots, Dtype::F64, after))?;
    let made = step(&made, Step::Mul, &along(scale_name, scale.to_vec(), scale_type, after))?;
    step(&made, Step::Add, &along(shift_name, shift.to_vec(), shift_type, after))
}

/// `(x − offset)·scale`, of attributes: the scaler of ONNX-ML.
pub(super) fn scaler(node: &Node, rows: &Rows) -> Result<Rows, Problem> {
    let given = |name: &str| {
        let values = attribute(node, name).map_or(&[][..], |attribute| &attribute.floats);
        along(name, values.iter().copied().map(f64::from).collect(), Dtype::F32, 0)
    };
    let mut made = rows.clone();
    for (step, name) in [(Step::Sub, "offset"), (Step::Mul, "scale")] {
        let constant = given(name);
        if constant.len() > 0 {
            made = made.with(node, step, &constant, 1.0)?;
        }
    }
    Ok(made)
}

/// The activation that a node is; `None` where it changes nothing. Errors: it is none that bends at a few values.
pub(super) fn activation(
    node: &Node,
    rows: &Rows,
    parameters: &[Option<Rc<Constant>>],
) -> Result<Option<Activation<f64>>, Problem> {
    let number = |place: usize, name: &str, default: f64| -> Result<f64, Problem> {
        match parameters.get(place).and_then(Option::as_deref) {
            Some(constant) => match &constant.data {
                Data::Floats(_, values) if values.len() == 1 => Ok(values[0]),
                _ => refuse(node, format!("has another {name} than one number; export the model again")),
            },
            None => Ok(attribute(node, name).map_or(default, |_| float(node, name, 0.0))),
        }
    };
    let checked = |family: Family| match family.checked() {
        Ok(Family::Leaky(0.0)) => Ok(Some(Activation::Relu)),
        Ok(family) => Ok(family.whole()),
        Err(why) => refuse(node, format!("is no activation of a hidden layer: {why}")),
    };
    match node.op.as_str() {
        "Relu" => Ok(Some(Activation::Relu)),
        "Abs" => Ok(Some(Activation::Abs)),
        // The attribute is an f32, and so is its default.
        "LeakyRelu" => checked(Family::Leaky(float(node, "alpha", 0.01))),
        "ThresholdedRelu" => match float(node, "alpha", 1.0) {
            0.0 => Ok(Some(Activation::Relu)),
            alpha => {
                let what = format!("has alpha = {} and jumps there; activations must be continuous", alpha as f32);
                refuse(node, what)
            }
        },
        "Max" => {
            let zero = |constant: &Rc<Constant>| matches!(&constant.data, Data::Floats(_, values) if values.iter().all(|&x| x == 0.0));
            match parameters {
                [] => Ok(None),
                [Some(constant)] if zero(constant) => Ok(Some(Activation::Relu)),
                _ => refuse(node, "cuts at other values than 0; export it as Clip"),
            }
        }
        "PRelu" => match parameters {
            [Some(slopes)] => parametric(node, rows, slopes),
            _ => refuse(node, "has no slopes"),
        },
        _ => {
            let (least, most) = (number(0, "min", f64::NEG_INFINITY)?, number(1, "max", f64::INFINITY)?);
            // Exporters write the ends of the type where there is none.
            let end = if rows.dtype == Some(Dtype::F64) { f64::MAX } else { f32::MAX.into() };
            match (least <= -end, most >= end) {
                (true, true) => Ok(None),
                (false, true) if least == 0.0 => Ok(Some(Activation::Relu)),
                (false, false) => checked(Family::Clip(least, most)),
                _ => refuse(node, format!("cuts values below {least} and above {most}; one end alone must be 0")),
            }
        }
    }
}

/// A PRelu with these slopes: one for all units, or one each along the last axis.
fn parametric(node: &Node, rows: &Rows, slopes: &Constant) -> Result<Option<Activation<f64>>, Problem> {
    let Data::Floats(_, values) = &slopes.data else { return refuse(node, "has slopes that are no floats") };
    if let Some(slope) = values.iter().find(|slope| !slope.is_finite() || **slope == 1.0) {
        return refuse(node, format!("has a slope of {slope}, with which a unit has no kink"));
    }
    let along_last = slopes.shape.last() == Some(&values.len()) && rows.axes.len() == 2;
    match values.len() {
        1 if values[0] == 0.0 => Ok(Some(Activation::Relu)),
        1 => Ok(Family::Leaky(values[0]).checked().ok().and_then(Family::whole)),
        _ if values.iter().all(|&slope| slope == 0.0) => Ok(Some(Activation::Relu)),
        length if along_last && length == count(&rows.axes) => Ok(Some(Activation::Parametric(values.to_vec()))),
        length => refuse(node, format!("has {length} slopes for values of shape {}", text(&rows.axes))),
    }
}

/// A number of a node's attribute that a matrix is scaled by. Errors: it is not finite.
pub(super) fn factor(node: &Node, name: &'static str) -> Result<f64, Problem> {
    let found = float(node, name, 1.0);
    if found.is_finite() {
        return Ok(found);
    }
    let (node, attribute, found) = (described(node), name.to_owned(), found.to_string());
    Err(GraphProblem::Attribute { node, attribute, found, expected: "a finite number" }.into())
}
