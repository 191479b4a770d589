//! From the input of a graph to its declared output, node by node.

use super::axes::{Axis, MOST_VALUES, count};
use super::constant::{Constant, Data, dtype, range};
use super::constants::Constants;
use super::fold::fold;
use super::input::{data_type, forms};
use super::layer::{Closed, close};
use super::node::{described, integer, is_standard, operand};
use super::proto::{Graph, Node, Value as Declared};
use super::rows::{Base, Product, Rows, Source, Step};
use super::walk;
use crate::format::Problem;
use crate::format::graph::{GraphProblem, several, shown};
use crate::format::parts::{Layer, Parts, Stated};
use crate::net::Dtype;
use crate::net::{Activation, Shape};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Operations that turn logits into what a classifier reports.
pub(super) const ANSWERS: [&str; 6] = ["Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "Hardmax", "TopK"];
/// Operations that make labels and probabilities of such answers.
const AFTERWARDS: [&str; 12] = [
    "Binarizer",
    "ZipMap",
    "ArrayFeatureExtractor",
    "LabelEncoder",
    "Normalizer",
    "Cast",
    "Identity",
    "Reshape",
    "Squeeze",
    "Concat",
    "Log",
    "Flatten",
];

/// What a value is that depends on the input.
#[derive(Clone)]
pub(super) enum Value {
    Rows(Rc<Rows>),
    /// The shape of rows, or what is made of it.
    Shape(Rc<Constant>),
    Answer(Rc<Answer>),
}

/// What is made of logits, and set aside.
pub(super) struct Answer {
    /// Name of the value that it is made of.
    pub(super) name: String,
    pub(super) logits: Rc<Rows>,
    /// Operation and name of the first node.
    pub(super) first: String,
    pub(super) is_sigmoid: bool,
}

/// A closed layer with its activation.
pub(super) struct Hidden {
    /// The one before it.
    pub(super) before: Option<usize>,
    pub(super) closed: Closed,
    pub(super) activation: Activation<f64>,
    /// Operation and name of the activation's node.
    pub(super) node: String,
}

/// What was read so far.
pub(super) struct Chain<'c, 'g> {
    pub(super) constants: &'c mut Constants<'g>,
    /// Version of the operator set.
    pub(super) version: i64,
    pub(super) values: HashMap<&'g str, Value>,
    /// Hidden layers.
    pub(super) layers: Vec<Hidden>,
    parameters: u128,
    /// Nodes that are set aside.
    aside: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The layers of a graph.
pub(super) fn read<'g>(graph: &'g Graph, constants: &mut Constants<'g>, version: i64) -> Result<Parts, Problem> {
    let nodes = walk::nodes(graph, constants)?;
    let given = graph.inputs.iter().filter(|input| !constants.is_stored(&input.name));
    let operands = nodes.iter().flat_map(|node| node.inputs.iter());
    let used: HashSet<&String> = operands.chain(graph.outputs.iter().map(|output| &output.name)).collect();
    let (inputs, unused): (Vec<_>, Vec<_>) = given.partition(|input| used.contains(&input.name));
    let [input] = inputs[..] else { return Err(inputs_of(graph, &inputs).into()) };
    let nodes = walk::dependent(nodes, &input.name);
    let width = first_width(&nodes, constants).unwrap_or(1);
    let mut first = None;
    for axes in forms(input, width) {
        let chain = Chain {
            constants,
            version,
            values: HashMap::new(),
            layers: Vec::new(),
            parameters: 0,
            aside: Vec::new(),
            notes: Vec::new(),
        };
        match chain.follow(graph, input, axes, &nodes) {
            Ok(mut parts) => {
                let told =
                    unused.iter().map(|input| format!("input '{}' is not used by the output", shown(&input.name)));
                parts.notes.extend(told);
                return Ok(parts);
            }
            Err(problem) => first = first.or(Some(problem)),
        }
    }
    Err(first.unwrap_or_else(|| GraphProblem::NoGraph.into()))
}

/// What is wrong with inputs that are not one.
fn inputs_of(graph: &Graph, inputs: &[&Declared]) -> GraphProblem {
    match graph.outputs.first() {
        Some(output) if inputs.is_empty() => GraphProblem::NoInput(shown(&output.name)),
        _ => GraphProblem::Inputs(inputs.iter().map(|input| format!("'{}'", shown(&input.name))).collect()),
    }
}

/// Values that the first product with weights takes, where they can be told.
fn first_width(nodes: &[&Node], constants: &mut Constants<'_>) -> Option<usize> {
    let node = nodes.iter().find(|node| matches!(node.op.as_str(), "Gemm" | "MatMul"))?;
    let dependent = |name: &str| nodes.iter().any(|node| node.outputs.iter().any(|made| made == name));
    for (place, turned) in [(1, "transB"), (0, "transA")] {
        let name = operand(node, place)?;
        if dependent(name) {
            continue;
        }
        let Ok(weights) = constants.get(name, node) else { continue };
        let rank = weights.shape.len();
        let rows_first = (place == 1) == (integer(node, turned, 0) == 0);
        return match weights.shape[..] {
            [.., a, b] => Some(if rows_first { a } else { b }),
            _ => weights.shape.first().copied().filter(|_| rank == 1),
        };
    }
    None
}

impl<'g> Chain<'_, 'g> {
    /// Follows the nodes; the layers that the declared outputs are made by.
    fn follow(
        mut self,
        graph: &'g Graph,
        input: &'g Declared,
        axes: Vec<Axis>,
        nodes: &[&'g Node],
    ) -> Result<Parts, Problem> {
        let (width, kind) = (count(&axes), data_type(input));
        if width > MOST_VALUES {
            return Err(GraphProblem::TooLarge { limit: Shape::MOST_PARAMETERS }.into());
        }
        let dtype = if range(kind).is_some() { None } else { Some(dtype(kind).unwrap_or(Dtype::F32)) };
        let rows = Rows::of(Source { layer: None, width }, axes, dtype);
        self.values.insert(&input.name, Value::Rows(Rc::new(rows)));
        for node in nodes {
            self.step(node)?;
        }
        let (name, logits) = self.logits(graph)?;
        let Base::Product(last) = &logits.base else {
            let Base::Source(Source { layer: Some(layer), .. }) = logits.base else {
                return Err(GraphProblem::NoLayer { input: shown(&input.name), output: name }.into());
            };
            let what = "comes after the last layer; outputs of networks are read before it";
            let node = self.layers[layer].node.clone();
            return Err(GraphProblem::Node { node, what: what.into() }.into());
        };
        let closed = self.closed(&logits, last)?;
        let mut before = last.source.layer;
        let (mut path, mut activations) = (vec![closed], Vec::new());
        // Each layer was closed before those that take its units.
        for (index, hidden) in self.layers.drain(..).enumerate().rev() {
            if before == Some(index) {
                path.push(hidden.closed);
                activations.insert(0, hidden.activation);
                before = hidden.before;
            }
        }
        let mut notes = self.notes;
        let mut layers: Vec<Layer> = Vec::new();
        let is_wider = path.iter().any(|closed| closed.is_wider);
        for Closed { mut layer, notes: told, .. } in path.into_iter().rev() {
            if is_wider {
                (layer.weights.dtype, layer.bias.dtype) = (Dtype::F64, Dtype::F64);
            }
            layers.push(layer);
            notes.extend(told);
        }
        if is_wider {
            notes.push("with what entered them, weights are f64".to_owned());
        }
        if !self.aside.is_empty() {
            notes.push(format!("{} set aside: outputs are the values of '{name}' before", several(&self.aside)));
        }
        Ok(Parts { layers, activation: Stated::Layers(activations), notes })
    }

    /// The one value that all declared outputs are, or are answers of, with its name.
    fn logits(&self, graph: &Graph) -> Result<(String, Rc<Rows>), Problem> {
        let mut found: Option<(String, Rc<Rows>)> = None;
        for output in &graph.outputs {
            let (name, rows) = match self.values.get(&*output.name) {
                Some(Value::Rows(rows)) => (shown(&output.name), rows),
                Some(Value::Answer(answer)) => (answer.name.clone(), &answer.logits),
                Some(Value::Shape(_)) | None => return Err(self.no_logits(&output.name)),
            };
            match &found {
                None => found = Some((name, rows.clone())),
                Some((_, other)) if other.is_same(rows) => {}
                Some(_) => {
                    let names = graph.outputs.iter().map(|output| format!("'{}'", shown(&output.name))).collect();
                    return Err(GraphProblem::Outputs(names).into());
                }
            }
        }
        found.ok_or_else(|| GraphProblem::NoOutput.into())
    }

    /// Why this output is not the logits: it is made of constants, of a shape, or beside another output.
    fn no_logits(&self, name: &str) -> Problem {
        match self.constants.makers.get(name) {
            Some(node) if node.outputs.first().is_some_and(|first| first != name) => {
                let what = format!("makes the declared output '{}' beside its first; declare the logits", shown(name));
                GraphProblem::Node { node: described(node), what: what.into() }.into()
            }
            _ => GraphProblem::NoInput(shown(name)).into(),
        }
    }

    /// Makes a layer. Errors: all of them together are too large.
    pub(super) fn closed(&mut self, rows: &Rows, product: &Product) -> Result<Closed, Problem> {
        let closed = close(rows, product)?;
        self.parameters += (closed.layer.weights.values.len() + closed.layer.bias.values.len()) as u128;
        if self.parameters > Shape::MOST_PARAMETERS {
            return Err(GraphProblem::TooLarge { limit: Shape::MOST_PARAMETERS }.into());
        }
        Ok(closed)
    }

    /// Evaluates one node.
    fn step(&mut self, node: &'g Node) -> Result<(), Problem> {
        let value = |name: &String| self.values.get(name.as_str()).cloned();
        let given: Vec<Option<Value>> = node.inputs.iter().map(value).collect();
        let answer = given.iter().flatten().find_map(|value| match value {
            Value::Answer(answer) => Some(answer.clone()),
            _ => None,
        });
        if let Some(answer) = answer {
            return self.aside(node, answer, &given);
        }
        let rows: Vec<(usize, Rc<Rows>)> = (given.iter().enumerate())
            .filter_map(|(place, value)| match value {
                Some(Value::Rows(rows)) => Some((place, rows.clone())),
                _ => None,
            })
            .collect();
        let made = match &rows[..] {
            [] => {
                let inputs = self.others(node, None)?;
                Value::Shape(Rc::new(fold(node, &inputs, &mut self.constants.external)?))
            }
            [(place, rows)] => self.with_rows(node, *place, rows)?,
            [(0, a), (1, b)] if node.inputs.len() == 2 && is_standard(node) => {
                let made = match node.op.as_str() {
                    "Add" | "Sum" => a.joined(node, b, Step::Add),
                    "Sub" => a.joined(node, b, Step::Sub),
                    _ => None,
                };
                self.constants.spend(16 * count(&a.axes))?;
                Value::Rows(Rc::new(made.ok_or_else(|| branch(node, &rows))?))
            }
            _ => return Err(branch(node, &rows).into()),
        };
        if let Value::Rows(rows) = &made {
            self.constants.spend(rows.words())?;
        }
        // An output without a name is one that nobody takes.
        if let Some(name) = node.outputs.first().filter(|name| !name.is_empty()) {
            self.values.insert(name, made);
        }
        Ok(())
    }

    /// The constants that a node takes: all of its operands but that which is rows.
    pub(super) fn others(&mut self, node: &'g Node, rows: Option<usize>) -> Result<Vec<Option<Rc<Constant>>>, Problem> {
        let places = (0..node.inputs.len()).filter(|&place| Some(place) != rows);
        places.map(|place| operand(node, place).map(|name| self.constant(node, name)).transpose()).collect()
    }

    fn constant(&mut self, node: &'g Node, name: &str) -> Result<Rc<Constant>, Problem> {
        match self.values.get(name) {
            Some(Value::Shape(constant)) => Ok(constant.clone()),
            Some(_) => {
                let maker =
                    self.constants.makers.get(name).map_or_else(|| "the input".to_owned(), |node| described(node));
                Err(GraphProblem::NotConstant { node: described(node), operand: shown(name), maker }.into())
            }
            None => self.constants.get(name, node),
        }
    }

    /// Sets a node aside that makes labels or probabilities of an answer.
    fn aside(&mut self, node: &'g Node, answer: Rc<Answer>, given: &[Option<Value>]) -> Result<(), Problem> {
        let same = |value: &Value| matches!(value, Value::Answer(other) if other.logits.is_same(&answer.logits));
        let known = AFTERWARDS.contains(&&*node.op) || ANSWERS.contains(&&*node.op);
        // The other one of two probabilities is one minus the first.
        let complement = answer.is_sigmoid && node.op == "Sub" && given.len() == 2 && given[0].is_none() && {
            let one = self.constant(node, &node.inputs[0])?;
            matches!(&one.data, Data::Floats(_, values) if values.iter().all(|&x| x == 1.0))
        };
        if !given.iter().flatten().all(same) || !known && !complement {
            return Err(GraphProblem::Answer { answer: answer.first.clone(), node: described(node) }.into());
        }
        self.set_aside(node, answer);
        Ok(())
    }

    /// Every output of a node is an answer.
    pub(super) fn set_aside(&mut self, node: &'g Node, answer: Rc<Answer>) -> Value {
        self.aside.push(described(node));
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            self.values.insert(name, Value::Answer(answer.clone()));
        }
        Value::Answer(answer)
    }
}

/// Values that depend on the input meet in one node.
fn branch(node: &Node, rows: &[(usize, Rc<Rows>)]) -> GraphProblem {
    let values = rows.iter().map(|(place, _)| operand(node, *place).map(shown).unwrap_or_default()).collect();
    GraphProblem::Branch { node: described(node), values }
}
