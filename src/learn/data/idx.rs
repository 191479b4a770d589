//! IDX, the format of MNIST, plain or compressed by gzip.
//!
//! Source: the description of the files at <http://yann.lecun.com/exdb/mnist/>: `0, 0, type, axes`,
//! the size of each axis in four bytes, big end first, and the entries, the last axis fastest.

use super::{MOST_BYTES, Raw, bytes_of, damaged};
use crate::learn::{Error, Form};
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

/// The type of unsigned bytes.
const BYTES: u8 = 8;

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
    let (shape, pixels) = array(images)?;
    let (counted, classes) = array(labels)?;
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

/// The shape and the entries of a file of bytes.
fn array(path: &Path) -> Result<(Vec<usize>, Vec<u8>), Error> {
    let mut bytes = bytes_of(path)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let read = GzDecoder::new(&bytes[..]).take(MOST_BYTES + 1).read_to_end(&mut plain);
        read.map_err(|e| damaged(path, format!("it does not unpack: {e}")))?;
        if plain.len() as u64 > MOST_BYTES {
            return Err(damaged(path, format!("it unpacks to more than {MOST_BYTES} bytes")));
        }
        bytes = plain;
    }
    let &[0, 0, kind, axes, ..] = &bytes[..] else {
        return Err(damaged(
            path,
            "it does not start as an IDX file: with two zeros, a type, a number of axes".to_owned(),
        ));
    };
    if kind != BYTES {
        return Err(damaged(path, format!("its entries are of type {kind:#04x}; expected 0x08, unsigned bytes")));
    }
    let header = 4 + 4 * usize::from(axes);
    let sizes = bytes.get(4..header).unwrap_or_default().chunks(4);
    let shape: Vec<usize> = sizes.map(|size| size.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte))).collect();
    let entries = shape.iter().try_fold(1usize, |size, &axis| size.checked_mul(axis));
    let expected = entries.and_then(|entries| entries.checked_add(header));
    if shape.len() != usize::from(axes) || expected != Some(bytes.len()) {
        return Err(damaged(
            path,
            format!("shape {shape:?} does not fit a file of {} bytes; fetch it again", bytes.len()),
        ));
    }
    bytes.drain(..header);
    Ok((shape, bytes))
}
