//! SVHN's cropped digits, from MATLAB files of level 5.
//!
//! `X` holds the images, `[32, 32, 3, n]` bytes with the first axis fastest, `y` the labels, 10 of
//! the digit 0. Sources: Netzer et al., *Reading digits in natural images* (2011), and MathWorks,
//! *MAT-file format*, level 5, of which only what such files use is read.

use super::{MOST_BYTES, Raw, bytes_of, damaged};
use crate::learn::{Error, Form};
use flate2::read::ZlibDecoder;
use std::io::Read;
use std::path::Path;

const FORM: Form = Form { channels: 3, height: 32, width: 32, classes: 10 };
/// Types of elements: signed and unsigned integers of 1, 2 and 4 bytes, f64, arrays, compressed ones.
const I8: u32 = 1;
const U8: u32 = 2;
const I16: u32 = 3;
const U16: u32 = 4;
const I32: u32 = 5;
const U32: u32 = 6;
const F64: u32 = 9;
const ARRAY: u32 = 14;
const COMPRESSED: u32 = 15;
/// Bytes before the first element.
const HEADER: usize = 128;

/// The images of a folder, to learn from and held out; `None` where it holds no SVHN.
///
/// Errors: [`Error::Data`].
pub(super) fn read(folder: &Path) -> Option<Result<[Raw; 2], Error>> {
    let train = folder.join("train_32x32.mat");
    train.is_file().then(|| Ok([file(&train)?, file(&folder.join("test_32x32.mat"))?]))
}

/// An array of a file: its sizes, and its entries as numbers where they are few, as bytes where they are many.
struct Array {
    name: String,
    sizes: Vec<usize>,
    kind: u32,
    data: Vec<u8>,
}

fn file(path: &Path) -> Result<Raw, Error> {
    let bytes = bytes_of(path)?;
    let whole =
        bytes.len() > HEADER && bytes[..HEADER].starts_with(b"MATLAB 5.0 MAT-file") && bytes[126..128] == *b"IM";
    if !whole {
        return Err(damaged(path, "it is no MATLAB file of level 5, little end first".to_owned()));
    }
    let mut found = Vec::new();
    let mut rest = &bytes[HEADER..];
    while !rest.is_empty() {
        let (kind, data, next) = element(rest).ok_or_else(|| damaged(path, "it ends within an array".to_owned()))?;
        rest = next;
        let mut plain = Vec::new();
        let array = if kind == COMPRESSED {
            let read = ZlibDecoder::new(data).take(MOST_BYTES + 1).read_to_end(&mut plain);
            read.map_err(|e| damaged(path, format!("an array does not unpack: {e}")))?;
            if plain.len() as u64 > MOST_BYTES {
                return Err(damaged(path, format!("an array unpacks to more than {MOST_BYTES} bytes")));
            }
            element(&plain).filter(|(kind, ..)| *kind == ARRAY).map(|(_, data, _)| data)
        } else {
            Some(data).filter(|_| kind == ARRAY)
        };
        found.extend(array.and_then(self::array));
    }
    let named = |name: &str| {
        let names = found.iter().map(|array| array.name.as_str()).collect::<Vec<_>>().join(", ");
        let missing = || damaged(path, format!("it has no array '{name}' of numbers; it holds {names}"));
        found.iter().find(|array| array.name == name).ok_or_else(missing)
    };
    let (images, labels) = (named("X")?, named("y")?);
    let &[height, width, channels, count] = &images.sizes[..] else {
        return Err(damaged(path, format!("'X' has shape {:?}; expected [32, 32, 3, n]", images.sizes)));
    };
    let size = height.saturating_mul(width).saturating_mul(channels);
    let fits = [height, width, channels] == [FORM.height, FORM.width, FORM.channels] && images.kind == U8;
    if !fits || images.data.len() != size.saturating_mul(count) {
        return Err(damaged(path, format!("'X' has shape {:?}; expected [32, 32, 3, n] of bytes", images.sizes)));
    }
    let labels = numbers(labels).filter(|labels| labels.len() == count);
    let labels = labels.ok_or_else(|| damaged(path, format!("'y' does not hold {count} numbers, one an image")))?;
    let mut raw = Raw::new(FORM);
    let mut image = vec![0; size];
    for (data, label) in images.data.chunks(size).zip(labels) {
        // From columns, the first axis fastest, to rows.
        for (at, pixel) in image.iter_mut().enumerate() {
            let (channel, row, column) = (at / (height * width), at / width % height, at % width);
            *pixel = data[(channel * width + column) * height + row];
        }
        let label = if label == 10.0 { 0 } else { label as usize };
        raw.push(path, label, &image)?;
    }
    Ok(raw)
}

/// One element: its type, its data, and what follows it.
fn element(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let first = word(0)?;
    if first >> 16 != 0 {
        // A small element: its size and its data stand in the tag.
        return Some((first & 0xffff, bytes.get(4..4 + (first >> 16) as usize)?, bytes.get(8..)?));
    }
    let size = word(4)? as usize;
    let end = 8usize.checked_add(size)?;
    // Elements start at multiples of eight bytes, but for compressed ones.
    let next = if first == COMPRESSED { end } else { end.checked_next_multiple_of(8)? };
    Some((first, bytes.get(8..end)?, bytes.get(next.min(bytes.len())..)?))
}

/// An array from its flags, sizes, name and entries; `None` of what is not read.
fn array(bytes: &[u8]) -> Option<Array> {
    let (_, _flags, rest) = element(bytes)?;
    let (I32, sizes, rest) = element(rest)? else { return None };
    let (I8, name, rest) = element(rest)? else { return None };
    let (kind, data, _) = element(rest)?;
    let size = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize);
    Some(Array {
        name: String::from_utf8_lossy(name).into_owned(),
        sizes: sizes.chunks(4).map(size).collect::<Option<_>>()?,
        kind,
        data: data.to_vec(),
    })
}

/// The entries, of the types that a list of labels is stored in.
fn numbers(array: &Array) -> Option<Vec<f64>> {
    let width = match array.kind {
        I8 | U8 => 1,
        I16 | U16 => 2,
        I32 | U32 => 4,
        F64 => 8,
        _ => return None,
    };
    let number = |bytes: &[u8]| match array.kind {
        F64 => bytes.try_into().ok().map(f64::from_le_bytes),
        // Labels are small and not negative.
        _ => Some(bytes.iter().rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte)) as f64),
    };
    let all: Vec<f64> = array.data.chunks(width).map(number).collect::<Option<_>>()?;
    all.iter().all(|x| x.fract() == 0.0 && *x >= 0.0).then_some(all)
}
