//! Arrays that NumPy named by their positions, `arr_0`, `arr_1`, and lists of arrays that it pickled.

use super::Problem;
use super::layers::{self, Read, Tensors};
use super::names::{Form, Named, Role, parse};
use super::parts::{Parts, Stated};
use super::tensor::Tensor;
use std::collections::HashMap;

fn name(position: usize) -> String {
    format!("arr_{position}")
}

/// How many arrays there are without names, if these are all that a network could be made from.
pub(super) fn count(names: &[String]) -> Option<usize> {
    let count = (0..).take_while(|&i| names.binary_search(&name(i)).is_ok()).count();
    let named = names.iter().filter(|name| parse(name).is_some_and(|name| name.role == Role::Weights)).count();
    (count > 1 && named < 2).then_some(count)
}

/// Where the weights of a layer and its biases stand.
type Place = (usize, Option<usize>);

/// Ways in which the first arrays may belong together: weights and biases in turns, as Keras and
/// PyTorch list them; first all weights, then all biases; weights alone.
///
/// Weights have two axes, and biases one, which leaves one way. Where these leave none, biases may
/// be rows or columns, and the weights of one output may have dropped an axis.
fn ways(arrays: &[Tensor]) -> Vec<Vec<Place>> {
    let (count, half) = (arrays.len(), arrays.len() / 2);
    let axes = |i: usize| arrays[i].shape.len();
    let long_axes = |i: usize| arrays[i].shape.iter().filter(|&&axis| axis != 1).count();
    let turns: Vec<Place> = (0..half).map(|i| (2 * i, Some(2 * i + 1))).collect();
    let blocks: Vec<Place> = (0..half).map(|i| (i, Some(half + i))).collect();
    let alone: Vec<Place> = (0..count).map(|i| (i, None)).collect();
    let mut ways = vec![turns, blocks, alone];
    ways.retain(|way| way.len() > 1 && (way.len() == count || 2 * way.len() == count));
    let all =
        |way: &Vec<Place>, fits: &dyn Fn(usize, Place) -> bool| way.iter().enumerate().all(|(i, &at)| fits(i, at));
    let strict = |way: &Vec<Place>| all(way, &|_, (w, b)| axes(w) == 2 && b.is_none_or(|b| axes(b) < 2));
    let lenient = |way: &Vec<Place>| {
        let last = way.len() - 1;
        all(way, &|i, (w, b)| (axes(w) == 2 || (i == last && axes(w) == 1)) && b.is_none_or(|b| long_axes(b) < 2))
    };
    if ways.iter().any(strict) {
        ways.retain(strict)
    } else {
        ways.retain(lenient)
    }
    ways
}

/// Reads the first `count` arrays; their positions are the order of layers.
pub(super) fn read(names: &[String], count: usize, tensors: &mut Tensors<'_>) -> Result<Parts, Problem> {
    let mut arrays = (0..count).map(|i| tensors(&name(i))).collect::<Result<Vec<_>, _>>()?;
    arrays.iter().try_for_each(Tensor::expect_units)?;
    let by_name: HashMap<String, Tensor> = arrays.iter().map(|array| (array.name.clone(), array.clone())).collect();
    let ways = ways(&arrays);
    arrays.clear();
    let passed = names.iter().filter(|name| !by_name.contains_key(*name));
    let passed: Vec<String> = passed.map(|name| format!("array '{name}' was passed over")).collect();
    let mut tensor = |name: &str| by_name.get(name).cloned().ok_or_else(|| unknown(names));
    let mut read = |way: Vec<Place>| {
        let mut notes = passed.clone();
        let layer = |(weights, bias): Place| {
            let (weights, bias) = (name(weights), bias.map(name));
            let form = Form::Indexed("arr".to_owned());
            Read::new(Named { layer: weights.clone(), weights, bias, form }, &mut tensor)
        };
        let layers = way.into_iter().map(layer).collect::<Result<Vec<_>, _>>()?;
        layers::ordered(layers, true, &mut notes).map(|layers| Parts { layers, activation: Stated::Nothing, notes })
    };
    let mut refused = None;
    let mut found = Vec::new();
    for way in ways {
        match read(way) {
            Ok(parts) => found.push(parts),
            // Two ways to read an array within one way are as bad as two ways.
            Err(problem @ Problem::Transposed { .. }) => return Err(problem),
            Err(problem) => refused = refused.or(Some(problem)),
        }
    }
    match (found.len(), refused) {
        (1, _) => Ok(found.remove(0)),
        (0, Some(problem)) => Err(problem),
        _ => Err(unknown(names)),
    }
}

fn unknown(names: &[String]) -> Problem {
    Problem::Positions { found: super::names::list(names) }
}

/// What to do with arrays of Python objects; `found`: their names and how many axes they have.
pub(super) fn objects(found: &[(String, usize)]) -> Problem {
    let of = |name: &str| format!("v['{}']", name.escape_debug());
    let each = |letter: char, name: &str| {
        let of = of(name);
        format!("**{{'{letter}' + str(i): numpy.asarray(a, float) for i, a in enumerate({of})}}")
    };
    let save = match found {
        _ if found.iter().all(|(name, _)| parse(name).is_some()) => {
            "**{k: numpy.asarray(v[k], float) for k in v}".to_owned()
        }
        [(name, 0)] => format!("**{}.item()", of(name)),
        [(name, _)] => format!("*[numpy.asarray(a, float) for a in {}]", of(name)),
        [(a, _), (b, _)] => {
            let biases = |name: &str| name.starts_with(['b', 'B', 'i', 'I']);
            let (weights, bias) = if biases(a) && !biases(b) { (b, a) } else { (a, b) };
            format!("{}, {}", each('W', weights), each('b', bias))
        }
        _ => "W0=..., b0=..., W1=..., b1=...".to_owned(),
    };
    let arrays = found.iter().map(|(name, _)| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let recipe = format!("v = numpy.load('v.npz', allow_pickle=True); numpy.savez('plain.npz', {save})");
    Problem::Objects { arrays, recipe }
}
