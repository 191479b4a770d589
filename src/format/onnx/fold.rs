//! Constants that nodes make of constants alone.
//!
//! Each operation is one that IEEE 754 rounds correctly, in the type that the file names, so that
//! every runtime gets the same numbers: these are the weights. What is rounded in another order by
//! one runtime than by the next, as a sum of many terms is, is no constant.

use super::axes::{self, Axis, MOST_VALUES, MOVES};
use super::constant::{Constant, Data, I64, Whole, range, type_name};
use super::convert::{cast, dequantized};
use super::external::External;
use super::node::{attribute, described, integer, is_standard};
use super::proto::Node;
use super::stored::{decode, written_out};
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use crate::net::Dtype;
use std::rc::Rc;

/// What a node makes of these constants, one for each of its operands.
pub(super) fn fold(
    node: &Node,
    inputs: &[Option<Rc<Constant>>],
    external: &mut External<'_>,
) -> Result<Constant, Problem> {
    let name = node.outputs.first().cloned().unwrap_or_default();
    let op = if is_standard(node) { node.op.as_str() } else { "" };
    if op == "Constant" {
        return stored(node, &name, external);
    }
    let first = given(node, inputs, 0)?;
    match op {
        op if MOVES.contains(&op) => put(first, &axes::moved(node, &lengths(first), &inputs[1..])?),
        "Dropout" => Ok(first.clone()),
        "Cast" => cast(node, first),
        "Concat" => joined(node, name, inputs),
        "Neg" => negated(node, name, first),
        "Sqrt" => mapped(name, first, libm::sqrt),
        "Reciprocal" => mapped(name, first, |x| 1.0 / x),
        "ConstantOfShape" => filled(node, name, first, external),
        "Expand" => expanded(node, first, given(node, inputs, 1)?),
        "Add" | "Sub" | "Mul" | "Div" => pairwise(node, name, first, given(node, inputs, 1)?),
        "DequantizeLinear" => {
            let zero = inputs.get(2).and_then(Option::as_deref);
            dequantized(node, name, first, given(node, inputs, 1)?, zero)
        }
        "Shape" => sizes(node, name, &lengths(first)),
        _ => Err(GraphProblem::Node {
            node: described(node),
            what: "makes constants in a way that is not read; export the model with its constants folded".into(),
        }
        .into()),
    }
}

fn given<'c>(node: &Node, inputs: &'c [Option<Rc<Constant>>], place: usize) -> Result<&'c Constant, Problem> {
    let missing = || GraphProblem::NoOperand { node: described(node), place: place + 1 }.into();
    inputs.get(place).and_then(Option::as_deref).ok_or_else(missing)
}

fn lengths(constant: &Constant) -> Vec<Axis> {
    constant.shape.iter().map(|&length| Axis::Length(length)).collect()
}

/// A function of each float, rounded to their type.
fn mapped(name: String, constant: &Constant, f: impl Fn(f64) -> f64) -> Result<Constant, Problem> {
    let (dtype, values) = constant.floats()?;
    let values = values.iter().map(|&x| dtype.round(f(x))).collect();
    Ok(Constant { name, shape: constant.shape.clone(), data: Data::Floats(dtype, values) })
}

/// The lengths that a shape says, and how many values they are. Errors: they are of a batch, or too many.
fn lengths_of(node: &Node, shape: &Constant) -> Result<(Vec<usize>, usize), Problem> {
    let length = |whole: &Whole| match whole {
        Whole::Known(length) => usize::try_from(*length).ok(),
        Whole::Batch => None,
    };
    let Some(lengths) = shape.wholes(node)?.iter().map(length).collect::<Option<Vec<_>>>() else {
        let what = format!("takes the shape '{}', which is of a batch or negative", shown(&shape.name));
        return Err(GraphProblem::Node { node: described(node), what: what.into() }.into());
    };
    match lengths.iter().copied().fold(1, usize::saturating_mul) {
        count @ ..=MOST_VALUES => Ok((lengths, count)),
        _ => Err(GraphProblem::TooMuch { limit: MOST_VALUES }.into()),
    }
}

/// One value in all places of a shape.
fn filled(node: &Node, name: String, shape: &Constant, external: &mut External<'_>) -> Result<Constant, Problem> {
    let (shape, count) = lengths_of(node, shape)?;
    let value = attribute(node, "value").and_then(|value| value.tensor.as_deref());
    let value = value.map(|value| decode(value, &name, external)).transpose()?;
    let data = match value.map(|value| value.data) {
        None => Data::Floats(Dtype::F32, vec![0.0; count]),
        Some(Data::Floats(dtype, values)) if values.len() == 1 => Data::Floats(dtype, vec![values[0]; count]),
        Some(Data::Wholes(data_type, values)) if values.len() == 1 => Data::Wholes(data_type, vec![values[0]; count]),
        Some(_) => {
            let what = "fills a shape with another number of values than one; export the model again";
            return Err(GraphProblem::Node { node: described(node), what: what.into() }.into());
        }
    };
    Ok(Constant { name, shape, data })
}

/// A constant spread over a shape.
fn expanded(node: &Node, constant: &Constant, shape: &Constant) -> Result<Constant, Problem> {
    let (target, _) = lengths_of(node, shape)?;
    let Some((shape, places, _)) = spread(&constant.shape, &target) else {
        let (node, operand) = (described(node), shown(&shape.name));
        let found = format!("the shape {target:?}");
        let expected = format!("one that goes with {:?} of '{}'", constant.shape, shown(&constant.name)).into();
        return Err(GraphProblem::Operand { node, operand, found, expected }.into());
    };
    let axes = shape.into_iter().map(Axis::Length).collect();
    put(constant, &axes::Moved { axes, order: Some(places) })
}

/// A node that holds its constant itself.
fn stored(node: &Node, name: &str, external: &mut External<'_>) -> Result<Constant, Problem> {
    let made = |shape, data| Ok(Constant { name: name.to_owned(), shape, data });
    let known = |numbers: &[i64]| numbers.iter().map(|&number| Whole::Known(number)).collect();
    let [given] = &node.attributes[..] else {
        let what = "holds no constant, or several; export the model again";
        return Err(GraphProblem::Node { node: described(node), what: what.into() }.into());
    };
    match (given.name.as_str(), &given.tensor, &given.sparse) {
        ("value", Some(tensor), _) => decode(tensor, name, external),
        ("sparse_value", _, Some(sparse)) => written_out(sparse, name, external),
        ("value_float", ..) => made(vec![], Data::Floats(Dtype::F32, vec![given.float.unwrap_or(0.0).into()])),
        ("value_floats", ..) => {
            let values: Vec<f64> = given.floats.iter().copied().map(f64::from).collect();
            made(vec![values.len()], Data::Floats(Dtype::F32, values))
        }
        ("value_int", ..) => made(vec![], Data::Wholes(I64, known(&[given.int.unwrap_or(0)]))),
        ("value_ints", ..) => made(vec![given.ints.len()], Data::Wholes(I64, known(&given.ints))),
        (other, ..) => {
            let what = format!("holds its constant as '{}', which is not read; read are numbers", shown(other));
            Err(GraphProblem::Node { node: described(node), what: what.into() }.into())
        }
    }
}

/// The values of a constant where a node puts them.
fn put(constant: &Constant, moved: &axes::Moved) -> Result<Constant, Problem> {
    fn each<T: Copy>(values: &[T], order: Option<&[usize]>) -> Vec<T> {
        order.map_or_else(|| values.to_vec(), |order| order.iter().map(|&place| values[place]).collect())
    }
    let order = moved.order.as_deref();
    let data = match &constant.data {
        Data::Floats(dtype, values) => Data::Floats(*dtype, each(values, order)),
        Data::Wholes(data_type, values) => Data::Wholes(*data_type, each(values, order)),
    };
    Ok(Constant { name: constant.name.clone(), shape: moved.axes.iter().map(|axis| axis.length()).collect(), data })
}

fn joined(node: &Node, name: String, inputs: &[Option<Rc<Constant>>]) -> Result<Constant, Problem> {
    let first = given(node, inputs, 0)?;
    let rank = first.shape.len() as i64;
    let at = integer(node, "axis", 0);
    let counted = if at < 0 { at + rank } else { at };
    let unfit = || {
        let what = "joins constants whose shapes do not go together; export the model again";
        Problem::from(GraphProblem::Node { node: described(node), what: what.into() })
    };
    let at = usize::try_from(counted).ok().filter(|&at| at < first.shape.len()).ok_or_else(unfit)?;
    let mut parts = Vec::new();
    for place in 0..inputs.len() {
        let part = given(node, inputs, place)?;
        let others = |shape: &[usize]| [&shape[..at], &shape[at + 1..]].concat();
        if part.shape.len() != first.shape.len() || others(&part.shape) != others(&first.shape) {
            return Err(unfit());
        }
        parts.push(part);
    }
    let outer = first.shape[..at].iter().copied().fold(1, usize::saturating_mul);
    let mut shape = first.shape.clone();
    shape[at] = parts.iter().map(|part| part.shape[at]).fold(0, usize::saturating_add);
    let total = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
    if total > MOST_VALUES {
        return Err(GraphProblem::TooMuch { limit: MOST_VALUES }.into());
    }
    /// Rows of each part, in turn; nothing is counted where there are no values.
    fn woven<T: Copy>(outer: usize, parts: &[&[T]]) -> Vec<T> {
        if parts.iter().all(|part| part.is_empty()) {
            return Vec::new();
        }
        let row = |part: &[T], row: usize| {
            let length = part.len() / outer;
            row * length..(row + 1) * length
        };
        (0..outer).flat_map(|at| parts.iter().flat_map(move |part| part[row(part, at)].iter().copied())).collect()
    }
    let mixed = || {
        let what = "joins constants of several types; export the model again";
        Problem::from(GraphProblem::Node { node: described(node), what: what.into() })
    };
    let data = match &first.data {
        Data::Floats(dtype, _) => {
            let values = parts.iter().map(|part| match &part.data {
                Data::Floats(other, values) if other == dtype => Ok(&values[..]),
                _ => Err(mixed()),
            });
            Data::Floats(*dtype, woven(outer, &values.collect::<Result<Vec<_>, _>>()?))
        }
        Data::Wholes(data_type, _) => {
            let values = parts.iter().map(|part| match &part.data {
                Data::Wholes(other, values) if other == data_type => Ok(&values[..]),
                _ => Err(mixed()),
            });
            Data::Wholes(*data_type, woven(outer, &values.collect::<Result<Vec<_>, _>>()?))
        }
    };
    Ok(Constant { name, shape, data })
}

fn negated(node: &Node, name: String, constant: &Constant) -> Result<Constant, Problem> {
    let data = match &constant.data {
        Data::Floats(dtype, values) => Data::Floats(*dtype, values.iter().map(|x| -x).collect()),
        Data::Wholes(data_type, values) => {
            let zero = Whole::Known(0);
            Data::Wholes(*data_type, values.iter().map(|&x| whole(node, zero, x)).collect::<Result<_, _>>()?)
        }
    };
    Ok(Constant { name, shape: constant.shape.clone(), data })
}

/// Places of both constants' values in the shape that they are spread over.
pub(super) fn spread(a: &[usize], b: &[usize]) -> Option<(Vec<usize>, Vec<usize>, Vec<usize>)> {
    let rank = a.len().max(b.len());
    let padded = |shape: &[usize]| [vec![1; rank - shape.len()], shape.to_vec()].concat();
    let (a, b) = (padded(a), padded(b));
    let length = |(&a, &b): (&usize, &usize)| match (a, b) {
        (a, b) if a == b => Some(a),
        (1, other) | (other, 1) => Some(other),
        _ => None,
    };
    let shape: Vec<usize> = a.iter().zip(&b).map(length).collect::<Option<_>>()?;
    let count = shape.iter().copied().fold(1, usize::saturating_mul);
    if count == 0 {
        return Some((shape, Vec::new(), Vec::new()));
    }
    let places = |own: &[usize]| {
        let (mut places, mut stride) = (vec![0], own.iter().product::<usize>());
        for (&own, &length) in own.iter().zip(&shape) {
            stride /= own;
            let step = if own == 1 { 0 } else { stride };
            places = places.iter().flat_map(|&start| (0..length).map(move |at| start + at * step)).collect();
        }
        places
    };
    (count <= MOST_VALUES).then(|| (shape.clone(), places(&a), places(&b)))
}

/// The difference, or what else `op` says, of two integers.
fn whole_of(op: &str, a: Whole, b: Whole) -> Option<Whole> {
    match (op, a, b) {
        (_, Whole::Known(a), Whole::Known(b)) => match op {
            "Add" => a.checked_add(b),
            "Sub" => a.checked_sub(b),
            "Mul" => a.checked_mul(b),
            _ => a.checked_div(b),
        }
        .map(Whole::Known),
        ("Mul", Whole::Batch, Whole::Known(1)) | ("Mul", Whole::Known(1), Whole::Batch) => Some(Whole::Batch),
        ("Div", Whole::Batch, Whole::Known(1)) => Some(Whole::Batch),
        ("Add" | "Sub", Whole::Batch, Whole::Known(0)) | ("Add", Whole::Known(0), Whole::Batch) => Some(Whole::Batch),
        _ => None,
    }
}

fn whole(node: &Node, a: Whole, b: Whole) -> Result<Whole, Problem> {
    let op = if node.op == "Neg" { "Sub" } else { node.op.as_str() };
    whole_of(op, a, b).ok_or_else(|| {
        let what = "computes with the size of a batch, divides by zero, or leaves the integers that are read";
        GraphProblem::Node { node: described(node), what: what.into() }.into()
    })
}

fn pairwise(node: &Node, name: String, a: &Constant, b: &Constant) -> Result<Constant, Problem> {
    let unfit = || GraphProblem::Operand {
        node: described(node),
        operand: shown(&b.name),
        found: format!("of shape {:?}", b.shape),
        expected: format!("a shape that goes with {:?} of '{}'", a.shape, shown(&a.name)).into(),
    };
    let b_shape = aligned(node, a.shape.len(), &b.shape);
    let (shape, from_a, from_b) = spread(&a.shape, &b_shape).ok_or_else(unfit)?;
    let pairs = from_a.iter().zip(&from_b);
    let data = match (&a.data, &b.data) {
        (Data::Floats(dtype, x), Data::Floats(other, y)) if dtype == other => {
            let rounded = |(&i, &j): (&usize, &usize)| {
                let (x, y) = (x[i], y[j]);
                let exact = match node.op.as_str() {
                    "Add" => x + y,
                    "Sub" => x - y,
                    "Mul" => x * y,
                    _ => x / y,
                };
                // Rounding twice, to 53 bits and to at most 24, is rounding once.
                dtype.round(exact)
            };
            Data::Floats(*dtype, pairs.map(rounded).collect())
        }
        (Data::Wholes(data_type, x), Data::Wholes(other, y)) if data_type == other => {
            let values = pairs.map(|(&i, &j)| whole(node, x[i], y[j])).collect::<Result<Vec<_>, _>>()?;
            let (least, most) = range(*data_type).unwrap_or_default();
            if values.iter().any(|value| matches!(value, Whole::Known(n) if !(least..=most).contains(n))) {
                let what = format!("makes a number that is no {}", type_name(*data_type));
                return Err(GraphProblem::Node { node: described(node), what: what.into() }.into());
            }
            Data::Wholes(*data_type, values)
        }
        _ => return Err(unfit().into()),
    };
    Ok(Constant { name, shape, data })
}

/// The shape of a second operand as NumPy aligns it. Operator sets before 7 name the axis that it starts at.
pub(super) fn aligned(node: &Node, rank: usize, shape: &[usize]) -> Vec<usize> {
    let start = attribute(node, "axis").map(|_| integer(node, "axis", 0)).and_then(|axis| usize::try_from(axis).ok());
    let after = start.and_then(|start| rank.checked_sub(start)?.checked_sub(shape.len())).unwrap_or(0);
    [shape, &vec![1; after]].concat()
}

/// The shape of values of these axes, as a constant of integers; of all of them, or of a range.
pub(super) fn sizes(node: &Node, name: String, axes: &[Axis]) -> Result<Constant, Problem> {
    let rank = axes.len() as i64;
    let bound = |name: &str, default: i64| {
        let at = integer(node, name, default);
        (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize
    };
    let (start, end) = (bound("start", 0), bound("end", rank));
    let whole = |axis: &Axis| match axis {
        Axis::Batch => Whole::Batch,
        Axis::Length(length) => Whole::Known(*length as i64),
    };
    let values: Vec<Whole> = axes[start.min(end)..end].iter().map(whole).collect();
    Ok(Constant { name, shape: vec![values.len()], data: Data::Wholes(I64, values) })
}

/// Whether an operand that switches training on is a constant that does not.
pub(super) fn is_off(node: &Node, mode: &Constant) -> Result<bool, Problem> {
    Ok(mode.wholes(node)?.iter().all(|&flag| flag == Whole::Known(0)))
}
