//! Values that a model keeps in other files beside it.

use super::proto;
use crate::format::graph::{GraphProblem, shown};
use crate::format::{MOST_BYTES, bytes_of};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Why a file that is not beside the model is not read.
const OUTSIDE: &str = "is outside of the model's folder; put both into one folder and name it plainly";

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

    /// The `expected` bytes of a tensor's values; `name` is for messages.
    pub(super) fn bytes(&mut self, tensor: &proto::Tensor, name: &str, expected: usize) -> Result<&[u8], GraphProblem> {
        let entry = |key: &str| tensor.external.iter().find(|entry| entry.key == key).map(|entry| &*entry.value);
        let location = entry("location").unwrap_or_default();
        let refuse = |why: String| GraphProblem::External { tensor: shown(name), location: shown(location), why };
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).map_err(|_| refuse(format!("is given the {key} '{}', no number", shown(text))))
            }
        };
        let (start, length): (usize, Option<usize>) = (number("offset")?.unwrap_or(0), number("length")?);
        if length.is_some_and(|length| length != expected) {
            let (shape, found) = (tensor.dims.clone(), length.unwrap_or_default());
            return Err(GraphProblem::Values { tensor: shown(name), shape, unit: "bytes", found, expected });
        }
        let file = plain(location).ok_or_else(|| refuse(OUTSIDE.to_owned()))?;
        if !self.read.contains_key(&file) {
            let bytes = self.open(&file).map_err(refuse)?;
            self.read.insert(file.clone(), bytes);
        }
        let bytes = self.read.get(&file).map_or(&[][..], Vec::as_slice);
        let there = start.checked_add(expected).and_then(|end| bytes.get(start..end));
        there.ok_or_else(|| refuse(format!("has {} bytes; {expected} from {start} on are asked for", bytes.len())))
    }

    /// Reads a file in the model's folder. Errors: why it is not taken, to be said after its name.
    fn open(&self, location: &str) -> Result<Vec<u8>, String> {
        let Some(folder) = self.folder else {
            return Err("is not looked for here; save the model as one file".to_owned());
        };
        let failed = |e: std::io::Error| format!("cannot be read: {e}; put it beside the model");
        let path = folder.join(location).canonicalize().map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        // A link may lead out.
        if !path.starts_with(&folder) && !blobs(&folder).is_some_and(|blobs| path.starts_with(blobs)) {
            return Err(OUTSIDE.to_owned());
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

/// A location without what stands for the folder itself, `./`; `None` where it leads out of the folder.
fn plain(location: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(location).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Where a Hugging Face cache keeps the files that those in this folder are links to.
///
/// A model of the cache lies in `REPOSITORY/snapshots/REVISION/...`, and its content in `REPOSITORY/blobs`.
/// A `blobs` that is a link itself leads out, as any other link.
fn blobs(folder: &Path) -> Option<PathBuf> {
    let snapshots = folder.ancestors().skip(1).find(|part| part.file_name().is_some_and(|name| name == "snapshots"))?;
    Some(snapshots.parent()?.join("blobs"))
}
