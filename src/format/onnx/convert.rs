//! Constants of one type made of constants of another.

use super::constant::{BOOL, Constant, Data, Whole, dtype, range, type_name};
use super::node::{attribute, described, integer};
use super::proto::Node;
use crate::format::Problem;
use crate::format::graph::GraphProblem;
use crate::net::Dtype;

/// The type that a Cast turns values into, by number.
pub(super) fn target(node: &Node) -> Result<i64, Problem> {
    match attribute(node, "to").and_then(|to| to.int) {
        Some(to) => Ok(to),
        None => {
            let what = "names no type by its number, as old operator sets did not; export the model again";
            Err(GraphProblem::Node { node: described(node), what: what.into() }.into())
        }
    }
}

pub(super) fn cast(node: &Node, constant: &Constant) -> Result<Constant, Problem> {
    let to = target(node)?;
    let refuse = |what: String| Err(GraphProblem::Node { node: described(node), what: what.into() }.into());
    let data = match (&constant.data, dtype(to), range(to)) {
        (Data::Floats(_, values), Some(dtype), _) => {
            Data::Floats(dtype, values.iter().map(|&x| dtype.round(x)).collect())
        }
        (Data::Wholes(_, values), Some(dtype), _) => {
            let float = |whole: &Whole| match whole {
                // Two roundings, to f64 and on, would be one too many for larger ones.
                Whole::Known(number) if number.unsigned_abs() <= 1 << 53 => Some(dtype.round(*number as f64)),
                _ => None,
            };
            let Some(values) = values.iter().map(float).collect() else {
                return refuse("turns the size of a batch, or an integer beyond 2^53, into a float".to_owned());
            };
            Data::Floats(dtype, values)
        }
        (data, None, Some((least, most))) => {
            let whole = |number: i64| match number {
                _ if to == BOOL => Some(Whole::Known(i64::from(number != 0))),
                _ => (least..=most).contains(&number).then_some(Whole::Known(number)),
            };
            let values: Option<Vec<Whole>> = match data {
                Data::Wholes(_, values) => (values.iter())
                    .map(|&value| if let Whole::Known(number) = value { whole(number) } else { Some(value) })
                    .collect(),
                Data::Floats(_, values) => (values.iter())
                    .map(|&x| if to == BOOL { whole(i64::from(x != 0.0)) } else { whole(truncated(x)?) })
                    .collect(),
            };
            let Some(values) = values else {
                return refuse(format!("turns a number into {}, which does not hold it", type_name(to)));
            };
            Data::Wholes(to, values)
        }
        _ => return refuse(format!("turns constants into {}, which is not read", type_name(to))),
    };
    Ok(Constant { name: constant.name.clone(), shape: constant.shape.clone(), data })
}

/// The integer towards zero; `None` where an f64 may hold one that is no i64.
fn truncated(x: f64) -> Option<i64> {
    (x.abs() < 2f64.powi(62)).then_some(x as i64)
}

/// Integers times a scale, after a zero point: `(x − zero)·scale`, each step rounded as runtimes do.
pub(super) fn dequantized(
    node: &Node,
    name: String,
    x: &Constant,
    scale: &Constant,
    zero: Option<&Constant>,
) -> Result<Constant, Problem> {
    let (dtype, scales) = scale.floats()?;
    let refuse = |what: &'static str| Err(GraphProblem::Node { node: described(node), what: what.into() }.into());
    if integer(node, "block_size", 0) != 0 || attribute(node, "output_dtype").is_some_and(|to| to.int.unwrap_or(0) != 0)
    {
        return refuse(
            "scales weights in blocks, or to another type than its scale's; read is one scale, or one for each place of an axis",
        );
    }
    let numbers = x.wholes(node)?;
    if !matches!(x.data, Data::Wholes(2..=6, _)) {
        return refuse("scales integers of another type than 8, 16 or 32 bits; export the model again");
    }
    let known = |whole: &Whole| match whole {
        Whole::Known(number) => *number,
        Whole::Batch => 0,
    };
    let zeros: Vec<i64> = match zero {
        Some(zero) if zero.len() == scales.len() => zero.wholes(node)?.iter().map(known).collect(),
        Some(_) => return refuse("has another number of zero points than of scales; export the model again"),
        None => vec![0; scales.len()],
    };
    // Where scales are several, the axis that they are for; else all values have the same.
    let (length, inner) = if scales.len() == 1 {
        (1, x.len().max(1))
    } else {
        let axis = integer(node, "axis", 1);
        let counted = if axis < 0 { axis + x.shape.len() as i64 } else { axis };
        match usize::try_from(counted).ok().filter(|&at| at < x.shape.len() && x.shape[at] == scales.len()) {
            Some(at) => (scales.len(), x.shape[at + 1..].iter().copied().fold(1, usize::saturating_mul).max(1)),
            None => return refuse("has another number of scales than its axis has places; export the model again"),
        }
    };
    let wide = if dtype == Dtype::F64 { Dtype::F64 } else { Dtype::F32 };
    let value = |(index, whole): (usize, &Whole)| {
        let at = index / inner % length;
        let difference = wide.round((known(whole) - zeros[at]) as f64);
        dtype.round(wide.round(difference * scales[at]))
    };
    let values = numbers.iter().enumerate().map(value).collect();
    Ok(Constant { name, shape: x.shape.clone(), data: Data::Floats(dtype, values) })
}
