//! What each operation does to rows.

use super::affine::{activation, factor, normalized, scaler};
use super::axes::{MOVES, count, moved, text};
use super::chain::{ANSWERS, Answer, Chain, Hidden, Value};
use super::constant::{Constant, dtype, type_name};
use super::convert::target;
use super::fold::{is_off, sizes};
use super::layer::{Side, product};
use super::node::{described, integer, is_standard, operand};
use super::proto::Node;
use super::rows::{Base, Rows, Source, Step, refuse};
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use crate::net::Activation;
use std::rc::Rc;

/// Operations besides moves that take rows as their first operand, and constants after it.
const FIRST: [&str; 10] =
    ["Abs", "BatchNormalization", "Cast", "Clip", "Dropout", "LeakyRelu", "PRelu", "Relu", "Shape", "ThresholdedRelu"];

impl<'g> Chain<'_, 'g> {
    /// What a node makes of rows and constants.
    pub(super) fn with_rows(&mut self, node: &'g Node, place: usize, rows: &Rc<Rows>) -> Result<Value, Problem> {
        let op = node.op.as_str();
        if op == "Scaler" && node.domain == "ai.onnx.ml" && place == 0 {
            self.constants.spend(16 * count(&rows.axes))?;
            return scaler(node, rows).map(|rows| Value::Rows(Rc::new(rows)));
        }
        if !is_standard(node) {
            return refuse(node, "is of another operator set than ONNX's own; no layer is made of it");
        }
        if ANSWERS.contains(&op) && place == 0 {
            let name = operand(node, 0).map(shown).unwrap_or_default();
            let answer = Answer { name, logits: rows.clone(), first: described(node), is_sigmoid: op == "Sigmoid" };
            return Ok(self.set_aside(node, Rc::new(answer)));
        }
        let others = self.others(node, Some(place))?;
        let first = others.first().cloned().flatten();
        let missing = || Problem::from(GraphProblem::NoOperand { node: described(node), place: 2 - place.min(1) });
        let made = match (op, place) {
            (op, 0) if MOVES.contains(&op) => {
                self.constants.spend(count(&rows.axes))?;
                rows.put(node, moved(node, &rows.axes, &others)?)?
            }
            ("Shape", 0) => {
                let name = node.outputs.first().cloned().unwrap_or_default();
                return Ok(Value::Shape(Rc::new(sizes(node, name, &rows.axes)?)));
            }
            ("Dropout", 0) => self.dropout(node, rows, &others)?,
            ("Cast", 0) => self.cast(node, rows)?,
            ("Concat" | "Sum", 0) if node.inputs.len() == 1 => Rows::clone(rows),
            ("Add" | "Sum", 0 | 1) if others.len() == 1 => self.with(node, rows, Step::Add, first)?,
            ("Mul", 0 | 1) => self.with(node, rows, Step::Mul, first)?,
            ("Sub", 0) => self.with(node, rows, Step::Sub, first)?,
            ("Sub", 1) => self.with(node, rows, Step::From, first)?,
            ("Div", 0) => self.with(node, rows, Step::Div, first)?,
            ("Neg", 0) => {
                self.constants.spend(16 * count(&rows.axes))?;
                rows.scaled(-1.0, described(node))
            }
            ("BatchNormalization", 0) => {
                self.constants.spend(64 * count(&rows.axes))?;
                normalized(node, rows, &others, self.version)?
            }
            ("MatMul", 0 | 1) => {
                let side = if place == 0 { Side::Right } else { Side::Left };
                product(node, rows, first.ok_or_else(missing)?, side, (false, false))?
            }
            ("Gemm", 0 | 1) => {
                self.gemm(node, place, rows, first.ok_or_else(missing)?, others.get(1).cloned().flatten())?
            }
            ("Relu" | "Abs" | "Clip" | "LeakyRelu" | "PRelu" | "ThresholdedRelu", 0) | ("Max", _) => {
                match activation(node, rows, &others)? {
                    None => Rows::clone(rows),
                    Some(activation) => {
                        // A constant of more axes gives its own to the result.
                        let axes = match first.filter(|_| op == "Max") {
                            Some(zero) => rows.with(node, Step::Add, &zero, 1.0)?.axes,
                            None => rows.axes.clone(),
                        };
                        self.activated(node, &Rows { axes, ..Rows::clone(rows) }, activation)?
                    }
                }
            }
            (
                "Elu" | "Selu" | "Gelu" | "Tanh" | "HardSwish" | "Softplus" | "Softsign" | "Erf" | "Celu" | "Mish"
                | "Swish",
                _,
            ) => {
                return refuse(
                    node,
                    "is not piecewise linear: its units have no hyperplanes at which answers bend, and direct recovery \
                     and audits find units by these",
                );
            }
            ("HardSigmoid", _) => {
                return refuse(node, "is a clip of a multiple of its argument; export it as Mul, Add and Clip");
            }
            ("Div", 1) => return refuse(node, "divides a constant by values of the network, which is no affine map"),
            _ if place > 0 && (MOVES.contains(&op) || FIRST.contains(&op)) => {
                let what = "takes what the network computes as a further operand, where none but a constant is read";
                return refuse(node, what);
            }
            _ => {
                return refuse(
                    node,
                    "is no part of a network of layers; read are Gemm, MatMul and activations such as Relu, and affine \
                     maps and moves of values around them",
                );
            }
        };
        Ok(Value::Rows(Rc::new(made)))
    }

    fn with(&mut self, node: &Node, rows: &Rows, step: Step, constant: Option<Rc<Constant>>) -> Result<Rows, Problem> {
        self.constants.spend(16 * count(&rows.axes))?;
        let missing = || GraphProblem::NoOperand { node: described(node), place: 2 };
        rows.with(node, step, &*constant.ok_or_else(missing)?, 1.0)
    }

    /// `alpha·A·B + beta·C`, `A` or `B` the weights, each transposed or not.
    fn gemm(
        &mut self,
        node: &Node,
        place: usize,
        rows: &Rows,
        weights: Rc<Constant>,
        bias: Option<Rc<Constant>>,
    ) -> Result<Rows, Problem> {
        if weights.shape.len() != 2 {
            let (tensor, found) = (shown(&weights.name), weights.shape.clone());
            return Err(Problem::Axes { tensor, found, expected: "two axes, [inputs, units] or [units, inputs]" });
        }
        if rows.axes.len() != 2 {
            let what = format!("takes matrices, and is given values of shape {}", text(&rows.axes));
            return refuse(node, what);
        }
        let turned = ["transA", "transB"].map(|name| integer(node, name, 0) != 0);
        let (side, turned) =
            if place == 0 { (Side::Right, (turned[1], turned[0])) } else { (Side::Left, (turned[0], turned[1])) };
        let mut made = product(node, rows, weights, side, turned)?;
        self.constants.spend(48 * count(&made.axes))?;
        let alpha = factor(node, "alpha")?;
        if alpha != 1.0 {
            made = made.scaled(alpha, format!("alpha = {alpha} of {}", described(node)));
        }
        match bias {
            Some(bias) => {
                let axes = made.axes.len();
                let made = made.with(node, Step::Add, &bias, factor(node, "beta")?)?;
                if made.axes.len() == axes { Ok(made) } else { refuse(node, "adds a constant of more than two axes") }
            }
            None => Ok(made),
        }
    }

    fn activated(&mut self, node: &Node, rows: &Rows, activation: Activation<f64>) -> Result<Rows, Problem> {
        match &rows.base {
            Base::Product(product) => {
                let closed = self.closed(rows, product)?;
                let source = Source { layer: Some(self.layers.len()), width: count(&rows.axes) };
                let (before, node) = (product.source.layer, described(node));
                self.layers.push(Hidden { before, closed, activation, node });
                Ok(Rows::of(source, rows.axes.clone(), rows.dtype))
            }
            Base::Source(Source { layer: None, .. }) => {
                refuse(node, "comes before the first layer; inputs of networks are read as they are")
            }
            // What is no less than zero stays as it is.
            Base::Source(Source { layer: Some(layer), .. })
                if rows.shift.is_none()
                    && rows.scale.is_none()
                    && activation.is_relu()
                    && self.layers[*layer].activation.is_never_negative() =>
            {
                Ok(rows.clone())
            }
            Base::Source(_) => refuse(node, "follows another activation without a layer between; export them as one"),
        }
    }

    /// Dropout does nothing but in training.
    fn dropout(&self, node: &Node, rows: &Rows, others: &[Option<Rc<Constant>>]) -> Result<Rows, Problem> {
        let mode = others.get(1).and_then(Option::as_deref);
        let training = mode.map_or(Ok(false), |mode| is_off(node, mode).map(|off| !off))?;
        if training || self.version < 7 && integer(node, "is_test", 0) == 0 {
            return refuse(node, "is set to training; export the model after model.eval()");
        }
        Ok(rows.clone())
    }

    /// A change of type. Rows are real numbers, whatever type a runtime holds them in.
    fn cast(&mut self, node: &Node, rows: &Rows) -> Result<Rows, Problem> {
        let to = target(node)?;
        let Some(dtype) = dtype(to) else {
            return refuse(node, format!("turns values into {}, no floats; layers compute in floats", type_name(to)));
        };
        if rows.dtype.is_some_and(|from| from.holding_both(dtype) != dtype) {
            let told = described(node);
            self.notes.push(format!(
                "{told} rounds to {dtype} in a runtime; rows are read as real numbers, before any rounding"
            ));
        }
        Ok(Rows { dtype: Some(dtype), ..rows.clone() })
    }
}
