//! `.npz`: `A0` [d, h], `b0` [h], `A1` [h, k], `b1` [k]; `y = relu(x·A0 + b0)·A1 + b1`. More
//! layers go on with `A2`, `b2`. Names of other programs are read, too, and so are arrays without names.

use super::archive::{self, Archive, damaged};
use super::npy::{self, Accepted};
use super::parts::{Parts, Stated};
use super::tensor::Tensor;
use super::{Choice, Dtype, MOST_BYTES, Problem, keys, layers, names, positions};
use crate::net::{Family, Network};

const EXPECTED: &str = "A0 [inputs, hidden], b0 [hidden], A1 [hidden, outputs], b1 [outputs]; or name the arrays of the \
    layers with --keys W1,b1,W2,b2";
/// Layers that a network has at least.
const FEWEST_LAYERS: usize = 2;

pub(super) fn read(bytes: &[u8], choice: Choice<'_>) -> Result<Parts, Problem> {
    let mut archive = Archive::open(bytes)?;
    let names = archive.names();
    let mut left = MOST_BYTES;
    let mut tensors = |name: &str| {
        let tensor = array(&mut archive, name, Accepted::Weights)?.ok_or_else(|| missing(name, &names, EXPECTED))?;
        let size = (tensor.values.len() * tensor.dtype.bytes()) as u64;
        left = left.checked_sub(size).ok_or(Problem::TooLarge { limit: MOST_BYTES })?;
        Ok(tensor)
    };
    let read = if let Some(keys) = choice.keys(&names) {
        keys::read(keys, &names, "array", &mut tensors)
    } else if choice.among(&names::find(&names))?.is_some() {
        layers::read(&names, ("array", EXPECTED), choice, &mut tensors)
    } else if names.iter().any(|name| layer(name).is_some_and(|(own, _)| own == 'A')) {
        own(&names, &mut tensors)
    } else if let Some(count) = positions::count(&names) {
        positions::read(&names, count, &mut tensors)
    } else {
        layers::read(&names, ("array", EXPECTED), choice, &mut tensors)
    };
    read.map_err(|problem| objects(&mut archive, &names, problem))
}

/// Reads the arrays of this program's own names: their numbers are the order.
fn own(names: &[String], tensors: &mut layers::Tensors<'_>) -> Result<Parts, Problem> {
    let has = |name: &String| names.binary_search(name).is_ok();
    let count = (0..).take_while(|i| has(&format!("A{i}"))).count().max(FEWEST_LAYERS);
    let biased = names.iter().any(|name| layer(name).is_some_and(|(own, _)| own == 'b'));
    let (mine, others): (Vec<_>, Vec<_>) = names.iter().partition(|name| layer(name).is_some());
    if mine.iter().any(|name| layer(name).is_some_and(|(_, index)| index >= count)) {
        return Err(missing(&format!("A{count}"), names, EXPECTED));
    }
    let mut notes = others.iter().map(|name| format!("array '{name}' was passed over")).collect();
    let mut layers = Vec::with_capacity(count);
    for i in 0..count {
        let weights = format!("A{i}");
        let named = names::Named {
            layer: weights.clone(),
            weights,
            bias: biased.then(|| format!("b{i}")),
            form: names::Form::Indexed("A".to_owned()),
        };
        layers.push(layers::Read::new(named, tensors)?);
    }
    let layers = layers::ordered(layers, true, &mut notes)?;
    Ok(Parts { layers, activation: Stated::Nothing, notes })
}

/// The letter and the number of a name, if it is one of this program's own.
fn layer(name: &str) -> Option<(char, usize)> {
    let letter = name.chars().next().filter(|letter| matches!(letter, 'A' | 'b'))?;
    let number = name.get(1..)?;
    let index = number.parse().ok().filter(|i: &usize| i.to_string() == number)?;
    Some((letter, index))
}

/// The problem, or where arrays of Python objects are behind it, what to do with these.
fn objects(archive: &mut Archive<'_>, names: &[String], problem: Problem) -> Problem {
    if !matches!(problem, Problem::Missing { .. } | Problem::OneLayer { .. } | Problem::Type { .. }) {
        return problem;
    }
    let mut found = Vec::new();
    for name in names {
        if let Ok(Some(entry)) = archive.array(name)
            && let Some(axes) = npy::axes_of_objects(entry)
        {
            found.push((name.clone(), axes));
        }
    }
    if found.is_empty() { problem } else { positions::objects(&found) }
}

/// One array of an archive; `None` where there is none of that name.
fn array(archive: &mut Archive<'_>, name: &str, accepted: Accepted) -> Result<Option<Tensor>, Problem> {
    archive.array(name)?.map(|entry| npy::read(name, entry, accepted)).transpose()
}

pub(super) fn missing(name: &str, names: &[String], expected: &'static str) -> Problem {
    Problem::Missing { tensor: name.to_owned(), found: names::list(names), expected }
}

/// The arrays of these names, of any number type, as `f64`.
pub(super) fn numbers<const N: usize>(
    bytes: &[u8],
    names: [&str; N],
    expected: &'static str,
) -> Result<[Tensor; N], Problem> {
    let mut archive = Archive::open(bytes)?;
    let mut tensors = Vec::with_capacity(N);
    for name in names {
        let tensor = array(&mut archive, name, Accepted::Numbers)?;
        tensors.push(tensor.ok_or_else(|| missing(name, &archive.names(), expected))?);
    }
    tensors.try_into().map_err(|_| damaged("arrays are missing"))
}

/// The names of the arrays, sorted.
pub(super) fn array_names(bytes: &[u8]) -> Result<Vec<String>, Problem> {
    Ok(Archive::open(bytes)?.names())
}

/// Errors: arrays alone do not say what hidden units compute.
pub(super) fn check_holds(network: &Network<f64>) -> Result<(), Problem> {
    match super::one_activation(network)? {
        Family::Relu => Ok(()),
        other => Err(Problem::NoPlace(other)),
    }
}

/// The bytes of a network's file; the same for the same network.
pub(super) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    check_holds(network)?;
    let mut arrays = Vec::with_capacity(2 * network.layers().len());
    for (i, layer) in network.layers().iter().enumerate() {
        let (units, weights) = (layer.units(), layer.weights().transposed());
        arrays.push((format!("A{i}"), npy::bytes(dtype, &[layer.inputs(), units], weights.entries())?));
        arrays.push((format!("b{i}"), npy::bytes(dtype, &[units], layer.bias())?));
    }
    archive::packed(arrays)
}

/// The bytes of a file of inputs, `x` [n, inputs].
pub(super) fn inputs_bytes(points: &[Vec<f64>]) -> Result<Vec<u8>, Problem> {
    let shape = [points.len(), points.first().map_or(0, Vec::len)];
    archive::packed([("x".to_owned(), npy::bytes(Dtype::F64, &shape, &points.concat())?)])
}
