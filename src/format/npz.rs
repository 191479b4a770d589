//! `.npz`: `A0` [d, h], `b0` [h], `A1` [h, k], `b1` [k]; `y = relu(x·A0 + b0)·A1 + b1`. More
//! layers go on with `A2`, `b2`. Names of other programs are read, too, and so are arrays without names.

use super::npy::{self, Accepted};
use super::parts::{Parts, Stated};
use super::tensor::{Tensor, check};
use super::{Choice, Dtype, MOST_BYTES, Problem, layers, names, positions};
use crate::net::{Family, Network};
use half::f16;
use npyz::WriterBuilder;
use npyz::npz::{NpzArchive, NpzWriter};
use std::collections::HashSet;
use std::io::Cursor;
use zip::result::ZipError;

const EXPECTED: &str = "A0 [inputs, hidden], b0 [hidden], A1 [hidden, outputs], b1 [outputs]";
/// Layers that a network has at least.
const FEWEST_LAYERS: usize = 2;

fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "npz", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8], choice: Choice<'_>) -> Result<Parts, Problem> {
    let (mut archive, names) = open(bytes)?;
    let mut left = MOST_BYTES;
    let mut tensors = |name: &str| {
        let tensor = array(&mut archive, name, Accepted::Weights)?.ok_or_else(|| missing(name, &names, EXPECTED))?;
        let size = (tensor.values.len() * tensor.dtype.bytes()) as u64;
        left = left.checked_sub(size).ok_or(Problem::TooLarge { limit: MOST_BYTES })?;
        Ok(tensor)
    };
    let read = if choice.among(&names::find(&names))?.is_some() {
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
        let file = npyz::npz::file_name_from_array_name(name);
        if let Ok(Ok(entry)) = archive.zip_archive().by_name_decrypt(&file, &[])
            && let Some(axes) = npy::axes_of_objects(entry)
        {
            found.push((name.clone(), axes));
        }
    }
    if found.is_empty() { problem } else { positions::objects(&found) }
}

/// One array of an archive; `None` where there is none of that name.
fn array(archive: &mut Archive<'_>, name: &str, accepted: Accepted) -> Result<Option<Tensor>, Problem> {
    let file = npyz::npz::file_name_from_array_name(name);
    // With a password, though an empty one: `by_name` panics where AES is claimed without encryption.
    match archive.zip_archive().by_name_decrypt(&file, &[]) {
        Ok(Ok(entry)) => npy::read(name, entry, accepted).map(Some),
        Ok(Err(_)) => Err(damaged(format!("'{file}' is encrypted"))),
        Err(ZipError::FileNotFound) => Ok(None),
        Err(error) => Err(damaged(error)),
    }
}

type Archive<'b> = NpzArchive<Cursor<&'b [u8]>>;

/// An archive and the names of its arrays, sorted.
fn open(bytes: &[u8]) -> Result<(Archive<'_>, Vec<String>), Problem> {
    if has_wide_end(bytes) {
        return Err(damaged("its directory is in the form for more than 4 GiB"));
    }
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let zip = archive.zip_archive();
    let mut seen = HashSet::new();
    for index in 0..zip.len() {
        let file = zip.by_index_raw(index).map_err(damaged)?.name().to_owned();
        if let Some(file) = seen.replace(file) {
            return Err(damaged(format!("'{file}' is in it twice")));
        }
    }
    let mut names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    names.sort();
    Ok((archive, names))
}

/// Whether the directory's end is one of zip64: no file that is read needs one, and the reader
/// would reserve memory for as many entries as it announces.
fn has_wide_end(bytes: &[u8]) -> bool {
    let most_comment = usize::from(u16::MAX);
    let tail = &bytes[bytes.len().saturating_sub(22 + most_comment)..];
    let end = tail.windows(22).rposition(|w| w.starts_with(b"PK\x05\x06"));
    let comment = end.map_or(0, |at| usize::from(u16::from_le_bytes([tail[at + 20], tail[at + 21]])));
    let locator = bytes.len().checked_sub(20 + 22 + comment);
    locator.is_some_and(|at| bytes[at..].starts_with(b"PK\x06\x07"))
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
    let (mut archive, found) = open(bytes)?;
    let mut tensors = Vec::with_capacity(N);
    for name in names {
        let tensor = array(&mut archive, name, Accepted::Numbers)?;
        tensors.push(tensor.ok_or_else(|| missing(name, &found, expected))?);
    }
    tensors.try_into().map_err(|_| damaged("arrays are missing"))
}

/// The names of the arrays, sorted.
pub(super) fn array_names(bytes: &[u8]) -> Result<Vec<String>, Problem> {
    Ok(open(bytes)?.1)
}

/// The bytes of a network's file; the same for the same network.
pub(super) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    let activation = super::one_activation(network)?;
    if activation != Family::Relu {
        return Err(Problem::NoPlace(activation));
    }
    let mut buffer = Cursor::new(Vec::new());
    let mut archive = NpzWriter::new(&mut buffer);
    let mut array = |name: String, shape: &[usize], values: &[f64]| {
        check(dtype, values)?;
        let shape: Vec<u64> = shape.iter().map(|&axis| axis as u64).collect();
        match dtype {
            Dtype::F64 => write(&mut archive, &name, &shape, values.iter().copied()),
            Dtype::F32 => write(&mut archive, &name, &shape, values.iter().map(|&x| x as f32)),
            Dtype::F16 => write(&mut archive, &name, &shape, values.iter().map(|&x| f16::from_f64(x))),
            Dtype::Bf16 => Err(Problem::NoNumpyType { dtype }),
        }
    };
    for (i, layer) in network.layers().iter().enumerate() {
        array(format!("A{i}"), &[layer.inputs(), layer.units()], layer.weights().transposed().entries())?;
        array(format!("b{i}"), &[layer.units()], layer.bias())?;
    }
    drop(archive);
    Ok(buffer.into_inner())
}

/// The bytes of a file of inputs, `x` [n, inputs].
pub(super) fn inputs_bytes(points: &[Vec<f64>]) -> Result<Vec<u8>, Problem> {
    let mut buffer = Cursor::new(Vec::new());
    let mut archive = NpzWriter::new(&mut buffer);
    let shape = [points.len() as u64, points.first().map_or(0, Vec::len) as u64];
    write(&mut archive, "x", &shape, points.iter().flatten().copied())?;
    drop(archive);
    Ok(buffer.into_inner())
}

fn write<T: npyz::AutoSerialize>(
    archive: &mut NpzWriter<&mut Cursor<Vec<u8>>>,
    name: &str,
    shape: &[u64],
    values: impl Iterator<Item = T>,
) -> Result<(), Problem> {
    // The first day of the format, not now: the same network gives the same bytes.
    let options = zip::write::FileOptions::default().last_modified_time(zip::DateTime::default());
    let array = archive.array(name, options).map_err(Problem::Write)?;
    let mut writer = array.default_dtype().shape(shape).begin_nd().map_err(Problem::Write)?;
    writer.extend(values).map_err(Problem::Write)?;
    writer.finish().map_err(Problem::Write)
}
