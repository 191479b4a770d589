//! CIFAR-10 and CIFAR-100, as their author distributes them: binary batches, or pickles of Python.
//!
//! Source: A. Krizhevsky, *Learning multiple layers of features from tiny images* (2009), and the
//! description of the files at <https://www.cs.toronto.edu/~kriz/cifar.html>.

use super::pickle;
use super::{Raw, bytes_of, damaged};
use crate::learn::{Error, Form};
use std::path::Path;

/// Numbers an image: three colours, each row by row.
const PIXELS: usize = 3 * 32 * 32;

fn form(classes: usize) -> Form {
    Form { channels: 3, height: 32, width: 32, classes }
}

/// Files of one kind: what to learn from, what is held out, and how they are read.
struct Kind {
    train: &'static [&'static str],
    test: &'static str,
    classes: usize,
    /// Of binary files: bytes before an image, the last of which is its label.
    header: Option<usize>,
}

const FIVE: [&str; 5] =
    ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];
const FIVE_PICKLES: [&str; 5] = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"];
const KINDS: [Kind; 4] = [
    Kind { train: &FIVE, test: "test_batch.bin", classes: 10, header: Some(1) },
    Kind { train: &["train.bin"], test: "test.bin", classes: 100, header: Some(2) },
    Kind { train: &FIVE_PICKLES, test: "test_batch", classes: 10, header: None },
    Kind { train: &["train"], test: "test", classes: 100, header: None },
];

/// The images of a folder, to learn from and held out; `None` where it holds no CIFAR.
///
/// Errors: [`Error::Data`].
pub(super) fn read(folder: &Path) -> Option<Result<[Raw; 2], Error>> {
    let kind = KINDS.iter().find(|kind| folder.join(kind.train[0]).is_file())?;
    let all = |names: &[&str]| {
        let mut found = Raw::new(form(kind.classes));
        for path in names.iter().map(|name| folder.join(name)) {
            let bytes = bytes_of(&path)?;
            match kind.header {
                Some(header) => binary(&path, &bytes, header, &mut found)?,
                None => pickled(&path, &bytes, &mut found)?,
            }
        }
        Ok(found)
    };
    // Those of the five batches that are there: a part is enough to try things out.
    let there: Vec<&str> = kind.train.iter().copied().filter(|name| folder.join(name).is_file()).collect();
    Some(all(&there).and_then(|train| Ok([train, all(&[kind.test])?])))
}

fn binary(path: &Path, bytes: &[u8], header: usize, found: &mut Raw) -> Result<(), Error> {
    let record = header + PIXELS;
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        let why = format!("{} bytes are no whole number of images of {record}; fetch it again", bytes.len());
        return Err(damaged(path, why));
    }
    for image in bytes.chunks(record) {
        found.push(path, usize::from(image[header - 1]), &image[header..])?;
    }
    Ok(())
}

fn pickled(path: &Path, bytes: &[u8], found: &mut Raw) -> Result<(), Error> {
    let batch = pickle::read(bytes).map_err(|why| damaged(path, why))?;
    let labels = batch.get("labels").or_else(|| batch.get("fine_labels")).and_then(pickle::Value::integers);
    let labels = labels.ok_or_else(|| damaged(path, "it holds no list 'labels' or 'fine_labels'".to_owned()))?;
    let data = batch.get("data").and_then(pickle::Value::bytes_array);
    let (shape, data) = data.ok_or_else(|| damaged(path, "it holds no array 'data' of bytes".to_owned()))?;
    if shape != [labels.len(), PIXELS] {
        let why = format!("'data' has shape {shape:?} beside {} labels; expected [{0}, {PIXELS}]", labels.len());
        return Err(damaged(path, why));
    }
    for (image, label) in data.chunks(PIXELS).zip(labels) {
        found.push(path, usize::try_from(label).unwrap_or(usize::MAX), image)?;
    }
    Ok(())
}
