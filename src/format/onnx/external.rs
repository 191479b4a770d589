//! Values that a model keeps in other files beside it.

use super::problem::GraphProblem;
use super::proto;
use crate::format::{MOST_BYTES, bytes_of};
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The files beside a model, each read once, when the first tensor asks for it.
pub(super) struct External<'a> {
    /// The model's folder; `None` where there are only its bytes.
    folder: Option<&'a Path>,
    read: BTreeMap<String, Vec<u8>>,
}

impl<'a> External<'a> {
    pub(super) fn new(folder: Option<&'a Path>) -> Self {
        Self { folder, read: BTreeMap::new() }
    }

    /// The `expected` bytes of a tensor's values.
    pub(super) fn bytes(&mut self, tensor: &proto::Tensor, expected: usize) -> Result<&[u8], GraphProblem> {
        let entry = |key: &str| tensor.external.iter().find(|entry| entry.key == key).map(|entry| &*entry.value);
        let location = entry("location").unwrap_or_default();
        let refuse =
            |why: String| GraphProblem::External { tensor: tensor.name.clone(), location: location.to_owned(), why };
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| refuse(format!("is given the {key} '{text}', no number"))),
        };
        let (start, length): (usize, Option<usize>) = (number("offset")?.unwrap_or(0), number("length")?);
        if length.is_some_and(|length| length != expected) {
            let (shape, found) = (tensor.dims.clone(), length.unwrap_or_default());
            return Err(GraphProblem::Values { tensor: tensor.name.clone(), shape, unit: "bytes", found, expected });
        }
        if !self.read.contains_key(location) {
            let bytes = self.open(location).map_err(refuse)?;
            self.read.insert(location.to_owned(), bytes);
        }
        let bytes = self.read.get(location).map_or(&[][..], Vec::as_slice);
        let there = start.checked_add(expected).and_then(|end| bytes.get(start..end));
        there.ok_or_else(|| refuse(format!("has {} bytes; {expected} from {start} on are asked for", bytes.len())))
    }

    /// Reads a file beside the model. Errors: why it is not taken, to be said after its name.
    fn open(&self, location: &str) -> Result<Vec<u8>, String> {
        let Some(folder) = self.folder else {
            return Err("is not looked for here; save the model as one file".to_owned());
        };
        let inside = Path::new(location).components().all(|part| matches!(part, Component::Normal(_)));
        let outside = || "is outside of the model's folder; put both into one folder and name it plainly".to_owned();
        if !inside || location.is_empty() {
            return Err(outside());
        }
        let failed = |e: std::io::Error| format!("cannot be read: {e}; put it beside the model");
        let path = folder.join(location).canonicalize().map_err(failed)?;
        // A link may lead out.
        if !path.starts_with(folder.canonicalize().map_err(failed)?) {
            return Err(outside());
        }
        if !path.is_file() {
            return Err("is no ordinary file".to_owned());
        }
        let bytes = bytes_of(&path).map_err(|e| e.problem.to_string())?;
        let total = self.read.values().map(Vec::len).sum::<usize>() + bytes.len();
        if total as u64 > MOST_BYTES {
            return Err(format!("makes them all larger than the limit of {MOST_BYTES} bytes"));
        }
        Ok(bytes)
    }

    /// The files that were read, by name.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.read.iter().map(|(name, bytes)| (&**name, &**bytes))
    }
}
