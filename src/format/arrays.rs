//! Boxes, inputs and witnesses: `.npz` files that hold no network, and images in IDX.

use super::idx::{self, Idx, LEVELS};
use super::tensor::Tensor;
use super::{Error, MOST_DATA, Problem, bytes_of, bytes_within, npz, write_atomically};
use std::path::Path;

/// Reads a box: `lower` and `upper`, `[inputs]` each.
///
/// Errors: [`Error`] names the file and the array.
pub fn read_box(path: &Path) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let read = |bytes: &[u8]| {
        let [lower, upper] = npz::numbers(bytes, ["lower", "upper"], "lower [inputs], upper [inputs]")?;
        lower.expect_finite()?;
        upper.expect_finite()?;
        Ok((lower.values, upper.values))
    };
    read(&bytes_of(path)?).map_err(|problem| Error::new(path, problem))
}

/// Names under which data sets keep their inputs.
const INPUTS: [&str; 5] = ["x", "X", "images", "inputs", "data"];
const EXPECTED_INPUTS: &str = "inputs [n, ...], under one of the names x, X, images, inputs, data";

/// The name of the one array of inputs in an archive; `usual` and `expected` are for messages.
///
/// Errors: [`Problem::Missing`], [`Problem::Ambiguous`] name the arrays found.
pub(super) fn name_of_inputs(bytes: &[u8], usual: &str, expected: &'static str) -> Result<&'static str, Problem> {
    let names = npz::array_names(bytes)?;
    let mut there = INPUTS.into_iter().filter(|name| names.iter().any(|found| found == name));
    match (there.next(), there.next()) {
        (Some(name), None) => Ok(name),
        (Some(name), Some(_)) => Err(Problem::Ambiguous { found: super::names::list(&names), name }),
        (None, _) => Err(npz::missing(usual, &names, expected)),
    }
}

/// Reads inputs, `[n, inputs]`, under one of the names that data sets use; further axes are flattened.
///
/// An IDX file of images will do, too: its bytes are divided by 255.
///
/// Errors: [`Error`] names the file and the array.
pub fn read_inputs(path: &Path, inputs: usize) -> Result<Vec<Vec<f64>>, Error> {
    let read = |bytes: &[u8]| {
        let [x] = npz::numbers(bytes, [name_of_inputs(bytes, "x", EXPECTED_INPUTS)?], EXPECTED_INPUTS)?;
        x.expect_finite()?;
        let rows = x.rows();
        if rows == 0 || x.shape.len() < 2 || x.values.len() != rows * inputs {
            let Tensor { name, shape, .. } = x;
            return Err(Problem::Axes { tensor: name, found: shape, expected: "[n, inputs of the networks]" });
        }
        Ok(x.values.chunks(inputs).map(<[f64]>::to_vec).collect())
    };
    let images = |bytes: Vec<u8>| {
        let Idx { shape, entries } = idx::array(bytes, MOST_DATA)?;
        if entries.is_empty() || shape.len() < 2 || entries.len() != shape[0] * inputs {
            return Err(Problem::Idx(format!("its shape is {shape:?}; expected [n, ...] of {inputs} inputs")));
        }
        Ok(entries.chunks(inputs).map(|image| image.iter().map(|&byte| f64::from(byte) / LEVELS).collect()).collect())
    };
    let bytes = bytes_within(path, MOST_DATA)?;
    let points = if idx::is_idx(&bytes) { images(bytes) } else { read(&bytes) };
    points.map_err(|problem| Error::new(path, problem))
}

/// Writes inputs as `x`, `[n, inputs]`, f64. The file appears whole or not at all.
///
/// Errors: [`Problem::Write`].
pub fn write_inputs(path: &Path, points: &[Vec<f64>]) -> Result<(), Error> {
    let bytes = npz::inputs_bytes(points).map_err(|problem| Error::new(path, problem))?;
    write_atomically(path, &bytes)
}
