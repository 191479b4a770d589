//! Labelled inputs from `.npz`: inputs [n, …] of any number type, under the names of `arrays`, and `labels` [n];
//! or from a pair of IDX files.

use super::arrays::name_of_inputs;
use super::idx::{self, LEVELS};
use super::kind::{Kind, kind};
use super::{Error, MOST_DATA, Problem, bytes_within, npz};
use crate::linalg::Matrix;
use crate::net::Samples;
use std::path::Path;

const EXPECTED: &str = "images [n, ...], labels [n]";
/// The largest label that is read.
const MOST_LABEL: usize = 9999;
/// Grey levels of a pixel of the digits.
const DIGITS_LEVELS: f64 = 16.0;

/// The bundled handwritten digits: 1,797 images of 8×8 pixels, scaled to [0, 1].
///
/// UCI *Optical Recognition of Handwritten Digits*, E. Alpaydin and C. Kaynak (1998), CC BY 4.0.
///
/// Errors: none, unless the build is damaged.
pub fn digits() -> Result<Samples, Error> {
    read_samples_bytes(Path::new("bundled digits"), include_bytes!("../../data/digits.npz"), DIGITS_LEVELS)
}

/// Reads labelled inputs; each is flattened and divided by `scale`.
///
/// `path`: a `.npz`, or an IDX file of images, whose labels are in the file of the same name with `labels` for
/// `images` and `idx1` for `idx3`. The bytes of an IDX file are divided by 255 where `scale` is 1.
///
/// Errors: [`Error`] names the file and the array, what was expected and found.
pub fn read_samples(path: &Path, scale: f64) -> Result<Samples, Error> {
    let bytes = bytes_within(path, MOST_DATA)?;
    if !idx::is_idx(&bytes) {
        return read_samples_bytes(path, &bytes, scale);
    }
    let refused = |problem| Error::new(path, problem);
    let images = idx::array(bytes, MOST_DATA).map_err(refused)?;
    let labels = idx::labels_of(path).ok_or_else(|| refused(Problem::NoLabels))?;
    let classes = idx::read_idx(&labels, MOST_DATA)?;
    let (Some(&count), &[labelled]) = (images.shape.first(), &classes.shape[..]) else {
        let found = (images.shape, classes.shape);
        return Err(refused(Problem::Idx(format!("images of shape {:?} with labels of shape {:?}", found.0, found.1))));
    };
    if count != labelled || images.entries.is_empty() {
        return Err(Error::new(&labels, Problem::Idx(format!("it has {labelled} labels for {count} images"))));
    }
    let (width, scale) = (images.entries.len() / count, if scale == 1.0 { LEVELS } else { scale });
    let inputs = Matrix::from_fn(count, width, |i, j| f64::from(images.entries[i * width + j]) / scale);
    Samples::new(inputs, classes.entries.iter().map(|&label| usize::from(label)).collect())
        .map_err(|error| refused(error.into()))
}

/// Reads labelled inputs from the bytes of a file, as [`read_samples`] does; `name` is for messages.
pub fn read_samples_bytes(name: &Path, bytes: &[u8], scale: f64) -> Result<Samples, Error> {
    samples(bytes, scale).map_err(|problem| Error::new(name, problem))
}

fn samples(bytes: &[u8], scale: f64) -> Result<Samples, Problem> {
    match kind(bytes) {
        Kind::Npz => {}
        Kind::Empty => return Err(Problem::Empty),
        Kind::Safetensors => return Err(Problem::NoSamples("a safetensors file")),
        Kind::Onnx => return Err(Problem::NoSamples("an ONNX model")),
        Kind::Other(what) => return Err(Problem::NoSamples(what)),
    }
    let [images, labels] = npz::numbers(bytes, [name_of_inputs(bytes, "images", EXPECTED)?, "labels"], EXPECTED)?;
    for tensor in [&images, &labels] {
        tensor.expect_finite()?;
    }
    let count = images.rows();
    if images.values.is_empty() || labels.shape.len() != 1 {
        let wrong = if images.values.is_empty() { images } else { labels };
        return Err(Problem::Axes { tensor: wrong.name, found: wrong.shape, expected: EXPECTED });
    }
    let label = |(index, &value): (usize, &f64)| {
        let whole = (0..=MOST_LABEL).contains(&(value as usize)) && f64::from(value as u32) == value;
        whole.then_some(value as usize).ok_or(Problem::Label { index, value, most: MOST_LABEL })
    };
    let labels = labels.values.iter().enumerate().map(label).collect::<Result<Vec<_>, _>>()?;
    let width = images.values.len() / count;
    let inputs = Matrix::from_fn(count, width, |i, j| images.values[i * width + j] / scale);
    Ok(Samples::new(inputs, labels)?)
}
