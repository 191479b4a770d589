//! Files of networks and of data: `.npz`, `.safetensors` and `.onnx` in and out, labelled samples in.
//!
//! Weights of 16, 32 and 64 bits are lifted to `f64` exactly. A file's kind is read off its
//! content. Nothing is allocated on the word of a header: sizes are compared with the bytes.

mod archive;
mod arrays;
mod atomic;
mod bounded;
mod choice;
mod error;
mod graph;
mod header;
mod idx;
mod json;
mod keys;
mod kind;
mod layers;
mod names;
mod npy;
mod npz;
mod onnx;
mod order;
mod parts;
mod positions;
mod safetensors;
mod samples;
mod tensor;

pub use crate::net::Dtype;
pub use arrays::{read_box, read_inputs, write_inputs};
pub use atomic::{check_writable, write_atomically};
pub use bounded::{bytes_within, displayed};
pub use choice::{Choice, Keys, Layers};
pub use error::{Error, Problem};
pub use graph::GraphProblem;
pub use idx::{Idx, read_idx};
pub use json::read_json;
pub use samples::{digits, read_samples, read_samples_bytes};

use crate::net::{Family, Network, Shallow, Shape};
use crate::text::hexadecimal;
use bounded::STANDARD_INPUT;
use kind::{Kind, kind};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The largest file read: every parameter in 8 bytes, and a mebibyte of headers.
pub const MOST_BYTES: u64 = 8 * Shape::MOST_PARAMETERS as u64 + (1 << 20);

/// The largest file of data that is read, and the most that one unpacks to.
pub const MOST_DATA: u64 = 1 << 30;

/// A network as its file gives it: with one hidden layer, or a [`Network`] one of any depth.
#[derive(Clone, Debug)]
pub struct Victim<N = Shallow<f64>> {
    /// The network; its floats are its weights.
    pub network: N,
    /// Type of the stored weights.
    pub dtype: Dtype,
    /// SHA-256 of the file, in hexadecimal; of an ONNX model that keeps weights in other files, of
    /// its own bytes followed by those of the files, in the order of their names.
    pub sha256: String,
    /// What a reader should know: tensors passed over, biases filled in.
    pub notes: Vec<String>,
    /// The tensors of each layer, the first layer first; empty for a network that was not read from a user's file.
    pub layers: Vec<String>,
}

impl Victim {
    /// A network that was made, not read; its hash is that of its safetensors form, or where units have slopes of
    /// their own that of its ONNX form.
    ///
    /// Errors: [`Problem::Unrepresentable`].
    pub fn made(network: Shallow<f64>, dtype: Dtype) -> Result<Self, Error> {
        one_hidden_layer(Path::new("network"), Victim::made_deep(network.into(), dtype)?)
    }
}

impl Victim<Network<f64>> {
    /// A network of any depth that was made, not read; see [`Victim::made`].
    ///
    /// Errors: [`Problem::Unrepresentable`].
    pub fn made_deep(network: Network<f64>, dtype: Dtype) -> Result<Self, Error> {
        let bytes = match one_activation(&network) {
            Ok(_) => safetensors::bytes(&network, dtype),
            Err(_) => onnx::bytes(&network, dtype),
        };
        let bytes = bytes.map_err(|problem| Error::new(Path::new("network"), problem))?;
        Ok(Self { network, dtype, sha256: sha256(&[&bytes]), notes: Vec::new(), layers: Vec::new() })
    }
}

/// The bundled victim: a 64-32-10 classifier of handwritten digits, f32 weights.
///
/// Errors: none, unless the build is damaged.
pub fn bundled() -> Result<Victim, Error> {
    let victim =
        read_shallow_bytes(Path::new("bundled victim"), include_bytes!("../../data/digits-64-32-10.safetensors"))?;
    Ok(Victim { layers: Vec::new(), ..victim })
}

/// Reads a network with one hidden layer; `-` stands for standard input.
///
/// Errors: [`Error`] names the file and the tensor, the shape expected and found.
pub fn read_shallow(path: &Path) -> Result<Victim, Error> {
    read_shallow_chosen(path, Choice::File)
}

/// Reads a network with one hidden layer, as [`read_shallow`] does, of layers that the user may choose.
pub fn read_shallow_chosen(path: &Path, choice: Choice<'_>) -> Result<Victim, Error> {
    one_hidden_layer(displayed(path), read_chosen(path, choice)?)
}

/// Reads a network of any depth; `-` stands for standard input.
///
/// Errors: [`Error`] names the file and the tensor, the shape expected and found.
pub fn read(path: &Path) -> Result<Victim<Network<f64>>, Error> {
    read_chosen(path, Choice::File)
}

/// Reads a network of any depth, as [`read`] does, of layers that the user may choose.
pub fn read_chosen(path: &Path, choice: Choice<'_>) -> Result<Victim<Network<f64>>, Error> {
    of_relu(displayed(path), read_activated(path, choice, None)?)
}

/// Reads a network of any depth and any activation; `told`: what the user says of its hidden units.
///
/// Errors: as [`read`]; what the user says contradicts the file.
pub fn read_activated(path: &Path, choice: Choice<'_>, told: Option<Family>) -> Result<Victim<Network<f64>>, Error> {
    let folder = (path != Path::new(STANDARD_INPUT)).then(|| atomic::folder(path));
    parse(displayed(path), &bytes_of(path)?, folder.as_deref(), choice, told)
}

/// The network, if its hidden units are ReLUs: where no more is known than what ReLU networks compute.
fn of_relu(name: &Path, victim: Victim<Network<f64>>) -> Result<Victim<Network<f64>>, Error> {
    match victim.network.activations().iter().find(|activation| !activation.is_relu()) {
        Some(other) => Err(Error::new(name, Problem::NotRelu(other.family()))),
        None => Ok(victim),
    }
}

/// The activation that all hidden layers have; ReLU where there are none. Errors: they have several, or slopes.
fn one_activation(network: &Network<f64>) -> Result<Family, Problem> {
    let Some(first) = network.activations().first() else { return Ok(Family::Relu) };
    match network.activations().iter().all(|other| other == first) && first.family().whole().is_some() {
        true => Ok(first.family()),
        false => Err(Problem::OnnxAlone),
    }
}

/// The bytes of a file no larger than [`MOST_BYTES`].
fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    bytes_within(path, MOST_BYTES)
}

/// Reads a network with one hidden layer from the bytes of a file; `name` is for messages.
pub fn read_shallow_bytes(name: &Path, bytes: &[u8]) -> Result<Victim, Error> {
    one_hidden_layer(name, read_bytes(name, bytes)?)
}

/// Reads a network of any depth from the bytes of a file; `name` is for messages.
///
/// ONNX models that keep weights in other files are refused: read those by [`read`].
pub fn read_bytes(name: &Path, bytes: &[u8]) -> Result<Victim<Network<f64>>, Error> {
    of_relu(name, parse(name, bytes, None, Choice::File, None)?)
}

/// A network with one hidden layer, of any activation. Errors: it has more, or none.
pub fn one_hidden_layer(name: &Path, victim: Victim<Network<f64>>) -> Result<Victim, Error> {
    let Victim { network, dtype, sha256, notes, layers } = victim;
    let network = network.try_into().map_err(|error| Error::new(name, Problem::Network(error)))?;
    Ok(Victim { network, dtype, sha256, notes, layers })
}

/// Reads a network; `folder` is where an ONNX model's other files are.
fn parse(
    name: &Path,
    bytes: &[u8],
    folder: Option<&Path>,
    choice: Choice<'_>,
    told: Option<Family>,
) -> Result<Victim<Network<f64>>, Error> {
    let mut beside = Vec::new();
    let parts = match (kind(bytes), choice) {
        (Kind::Npz, _) => npz::read(bytes, choice),
        (Kind::Safetensors, _) => safetensors::read(bytes, choice),
        (Kind::Onnx, Choice::User(_)) => Err(Problem::Ordered("--layers")),
        (Kind::Onnx, Choice::Keys(_)) => Err(Problem::Ordered("--keys")),
        (Kind::Onnx, _) => onnx::read(bytes, folder).map(|read| {
            beside = read.beside;
            read.parts
        }),
        (Kind::Empty, _) => Err(Problem::Empty),
        (Kind::Other(what), _) => Err(Problem::Unknown(what)),
    };
    let read = parts.and_then(|parts| parts.assemble(told)).map_err(|problem| Error::new(name, problem))?;
    let parts::Assembled { network, dtype, notes, layers } = read;
    Ok(Victim { network, dtype, sha256: sha256(&[bytes, &beside]), notes, layers })
}

/// Formats to write, by the ending of a name.
enum Ending {
    Npz,
    Safetensors,
    Onnx,
}

fn ending(path: &Path) -> Result<Ending, Error> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("npz") => Ok(Ending::Npz),
        Some("safetensors") => Ok(Ending::Safetensors),
        Some("onnx") => Ok(Ending::Onnx),
        _ => Err(Error::new(path, Problem::Ending)),
    }
}

/// Errors now rather than after a long run: [`check_writable`], and an ending that names a format.
pub fn check_network_writable(path: &Path) -> Result<(), Error> {
    ending(path)?;
    check_writable(path)
}

/// Errors now rather than after a long run: the format that the ending names has no place for these activations.
pub fn check_holds(path: &Path, network: &Network<f64>) -> Result<(), Error> {
    let held = match ending(path)? {
        Ending::Onnx => Ok(()),
        Ending::Safetensors => one_activation(network).map(drop),
        Ending::Npz => npz::check_holds(network),
    };
    held.map_err(|problem| Error::new(path, problem))
}

/// Writes a network; the ending of the path says in which format.
///
/// The file appears whole or not at all. Errors: [`Problem::Unrepresentable`] where a
/// weight is no `dtype`, [`Problem::Ending`], [`Problem::Write`].
pub fn write(path: &Path, network: &Network<f64>, dtype: Dtype) -> Result<(), Error> {
    let bytes = match ending(path)? {
        Ending::Npz => npz::bytes(network, dtype),
        Ending::Safetensors => safetensors::bytes(network, dtype),
        Ending::Onnx => onnx::bytes(network, dtype),
    };
    write_atomically(path, &bytes.map_err(|problem| Error::new(path, problem))?)
}

/// SHA-256 of these bytes, one after the other, in hexadecimal.
pub fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|bytes| hash.update(bytes));
    hexadecimal(&hash.finalize())
}
