//! MNIST and its like: a folder of IDX files, plain or compressed by gzip.

use super::{MOST_BYTES, Raw, damaged};
use crate::format::{Idx, read_idx};
use crate::learn::{Error, Form};
use std::path::Path;

/// The images of a folder, to learn from and held out; `None` where it holds no IDX.
///
/// Errors: [`Error::Data`].
pub(super) fn read(folder: &Path) -> Option<Result<[Raw; 2], Error>> {
    let of = |stem: &str| {
        let names = [("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")];
        let (what, axes) = stem.split_once('|').unwrap_or((stem, ""));
        names
            .map(|(dot, gz)| folder.join(format!("{what}{dot}{axes}-ubyte{gz}")))
            .into_iter()
            .find(|path| path.is_file())
    };
    of("train-images|idx3")?;
    let pair = |part: &str| {
        let file = |what: &str, axes: &str| {
            let missing = || damaged(folder, format!("it has no {part}-{what}-{axes}-ubyte, plain or .gz"));
            of(&format!("{part}-{what}|{axes}")).ok_or_else(missing)
        };
        both(&file("images", "idx3")?, &file("labels", "idx1")?)
    };
    // The last classes may be missing from either half.
    Some(pair("train").and_then(|train| {
        let test = pair("t10k")?;
        let classes = train.form.classes.max(test.form.classes);
        Ok([train, test].map(|raw| Raw { form: Form { classes, ..raw.form }, ..raw }))
    }))
}

fn both(images: &Path, labels: &Path) -> Result<Raw, Error> {
    let Idx { shape, entries: pixels } = read_idx(images, MOST_BYTES)?;
    let Idx { shape: counted, entries: classes } = read_idx(labels, MOST_BYTES)?;
    let ([count, height, width], [labelled]) = (&shape[..], &counted[..]) else {
        let why = format!("images of shape {shape:?} and labels of shape {counted:?}; expected three axes and one");
        return Err(damaged(images, why));
    };
    if count != labelled {
        return Err(damaged(labels, format!("it has {labelled} labels beside {count} images")));
    }
    let most = classes.iter().max().map_or(0, |&label| usize::from(label) + 1);
    let mut found = Raw::new(Form { channels: 1, height: *height, width: *width, classes: most });
    for (image, &label) in pixels.chunks((height * width).max(1)).zip(&classes) {
        found.push(images, usize::from(label), image)?;
    }
    Ok(found)
}
