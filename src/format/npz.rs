//! `.npz`: `A0` [d, h], `b0` [h], `A1` [h, k], `b1` [k]; `y = relu(x·A0 + b0)·A1 + b1`.

use super::npy::{self, Accepted};
use super::tensor::Tensor;
use super::{Dtype, Layout, Parts, Problem};
use crate::net::Network;
use half::f16;
use npyz::WriterBuilder;
use npyz::npz::{NpzArchive, NpzWriter};
use std::collections::HashSet;
use std::io::Cursor;

const EXPECTED: &str = "A0 [inputs, hidden], b0 [hidden], A1 [hidden, outputs], b1 [outputs]";
const NAMES: [&str; 4] = ["A0", "b0", "A1", "b1"];

fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "npz", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8]) -> Result<Parts, Problem> {
    let (mut archive, names) = open(bytes)?;
    let mut notes = Vec::new();
    for name in names.iter().filter(|name| !NAMES.contains(&name.as_str())) {
        if name.strip_prefix('A').is_some_and(|n| n.parse::<u32>().is_ok()) {
            return Err(Problem::Deep { layers: names.join(", ") });
        }
        notes.push(format!("array '{name}' was passed over"));
    }
    let mut tensor =
        |name: &str| array(&mut archive, name, Accepted::Weights)?.ok_or_else(|| missing(name, &names, EXPECTED));
    let [hidden, hidden_bias, mut output, mut output_bias] =
        [tensor("A0")?, tensor("b0")?, tensor("A1")?, tensor("b1")?];
    if output.shape.len() == 1 {
        notes.push("A1 has one axis and was read as one output".to_owned());
        output.shape.push(1);
    }
    if output_bias.shape.is_empty() {
        output_bias.shape.push(1);
    }
    Ok(Parts { layout: Layout::InputsFirst, hidden, hidden_bias, output, output_bias, notes })
}

/// One array of an archive; `None` where there is none of that name.
fn array(archive: &mut Archive<'_>, name: &str, accepted: Accepted) -> Result<Option<Tensor>, Problem> {
    let file = npyz::npz::file_name_from_array_name(name);
    let zip = archive.zip_archive();
    if !zip.file_names().any(|n| n == file) {
        return Ok(None);
    }
    // With a password, though an empty one: `by_name` panics where AES is claimed without encryption.
    match zip.by_name_decrypt(&file, &[]).map_err(damaged)? {
        Ok(entry) => npy::read(name, entry, accepted).map(Some),
        Err(_) => Err(damaged(format!("'{file}' is encrypted"))),
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

fn missing(name: &str, names: &[String], expected: &'static str) -> Problem {
    let found = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    Problem::Missing { tensor: name.to_owned(), found, expected }
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

/// The bytes of a network's file; the same for the same network.
pub(super) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    let shape = network.shape();
    let (hidden, output) = (network.hidden().transposed(), network.output().transposed());
    let arrays: [(&str, &[f64], Vec<u64>); 4] = [
        ("A0", hidden.entries(), vec![shape.inputs as u64, shape.hidden as u64]),
        ("b0", network.hidden_bias(), vec![shape.hidden as u64]),
        ("A1", output.entries(), vec![shape.hidden as u64, shape.outputs as u64]),
        ("b1", network.output_bias(), vec![shape.outputs as u64]),
    ];
    let mut buffer = Cursor::new(Vec::new());
    let mut archive = NpzWriter::new(&mut buffer);
    for (name, values, shape) in arrays {
        dtype.check(values)?;
        match dtype {
            Dtype::F64 => write(&mut archive, name, &shape, values.iter().copied())?,
            Dtype::F32 => write(&mut archive, name, &shape, values.iter().map(|&x| x as f32))?,
            Dtype::F16 => write(&mut archive, name, &shape, values.iter().map(|&x| f16::from_f64(x)))?,
            Dtype::Bf16 => return Err(Problem::NoNumpyType { dtype }),
        }
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
