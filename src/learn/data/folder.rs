//! Folders of PNG and JPEG files, a folder a class, in the order of their names.

use super::{Raw, bytes_of, damaged};
use crate::learn::{Error, Form};
use image::ImageReader;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The largest side of an image that is read.
const MOST_SIDE: u32 = 1024;

/// The images of a folder: of `train` and `test` in it where they are there, otherwise of all its folders.
///
/// Errors: [`Error::Data`].
pub(super) fn read(folder: &Path) -> Result<(Raw, Option<Raw>), Error> {
    if folder.join("train").is_dir() && folder.join("test").is_dir() {
        let classes = classes(&folder.join("train"))?;
        let of = |part: &str| all(&folder.join(part), &classes);
        return Ok((of("train")?, Some(of("test")?)));
    }
    Ok((all(folder, &classes(folder)?)?, None))
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = fs::read_dir(folder).and_then(|all| all.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>());
    let mut found = read.map_err(|e| damaged(folder, format!("it cannot be read: {e}")))?;
    found.sort();
    Ok(found)
}

fn classes(folder: &Path) -> Result<Vec<String>, Error> {
    let folders = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let names: Vec<String> = folders
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .filter(|n| !n.starts_with('.'))
        .collect();
    if names.len() < 2 {
        let why = "it holds no data set that is known: CIFAR batches, train_32x32.mat, train-images-idx3-ubyte, \
                   or two folders of images at least, one a class";
        return Err(damaged(folder, why.to_owned()));
    }
    Ok(names)
}

fn all(folder: &Path, classes: &[String]) -> Result<Raw, Error> {
    let mut found: Option<Raw> = None;
    for (label, class) in classes.iter().enumerate() {
        for path in entries(&folder.join(class))? {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
            if !["png", "jpg", "jpeg"].contains(&ending.as_str()) {
                continue;
            }
            let (form, pixels) = decoded(&path, classes.len())?;
            let raw = found.get_or_insert_with(|| Raw::new(form));
            if raw.form != form {
                let why = format!(
                    "it has {}x{}x{} pixels; the first image has {}",
                    form.channels, form.height, form.width, raw.form
                );
                return Err(damaged(&path, why));
            }
            raw.push(&path, label, &pixels)?;
        }
    }
    found.ok_or_else(|| damaged(folder, "it holds no .png and no .jpg".to_owned()))
}

/// An image as rows of each colour; grey where it is stored so.
fn decoded(path: &Path, classes: usize) -> Result<(Form, Vec<u8>), Error> {
    let bytes = bytes_of(path)?;
    let failed = |e: &dyn std::fmt::Display| damaged(path, format!("it is no whole PNG or JPEG: {e}"));
    let mut reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format().map_err(|e| failed(&e))?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MOST_SIDE), Some(MOST_SIDE));
    reader.limits(limits);
    let image = reader.decode().map_err(|e| failed(&e))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let grey = !image.color().has_color();
    let (channels, interleaved) =
        if grey { (1, image.into_luma8().into_raw()) } else { (3, image.into_rgb8().into_raw()) };
    let plane = |channel: usize| interleaved.iter().skip(channel).step_by(channels).copied();
    Ok((Form { channels, height, width, classes }, (0..channels).flat_map(plane).collect()))
}
