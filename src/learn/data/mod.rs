//! Where images come from: the bundled digits, or files of the user's in the formats of known data sets.

mod cifar;
mod folder;
mod idx;
mod pickle;
mod svhn;

use super::{Error, Form, Images};
use crate::format;
use crate::net::{self, Samples};
use std::path::Path;

/// The largest file that is read, and the most that one unpacks to.
const MOST_BYTES: u64 = format::MOST_DATA;
/// Grey levels of a byte.
const LEVELS: f32 = 255.0;

/// Images to learn from, and images held out, with a word on where they come from.
#[derive(Clone, Debug)]
pub struct Data {
    /// What may be queried, or learned from unlabelled.
    pub pool: Images,
    /// What copies are compared with.
    pub test: Images,
    /// Where they come from.
    pub source: String,
}

impl Data {
    /// The bundled digits: a fifth is held out, the one that the bundled victim did not see.
    ///
    /// Errors: none, unless the build is damaged.
    pub fn digits() -> Result<Self, Error> {
        Self::split(&Images::from_samples(&format::digits()?)?, "digits".to_owned())
    }

    /// Images from a `.npz`, or from a folder, recognised by the files in it: CIFAR-10 and CIFAR-100 (binary, or the
    /// pickles of Python), SVHN (`.mat`), IDX (plain or gzip), or a folder of PNG and JPEG files a class.
    ///
    /// Bytes are divided by 255, the numbers of a `.npz` by `scale`. Where the data set holds no images out
    /// itself, a fifth is, as `exactract train` with its default seed does.
    ///
    /// Errors: [`Error::File`], [`Error::Data`], and those of [`Images::new`].
    pub fn read(path: &Path, scale: f64) -> Result<Self, Error> {
        let source = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_dir() {
            let samples: Samples = format::read_samples(path, scale)?;
            return Self::split(&Images::from_samples(&samples)?, source);
        }
        let known = cifar::read(path).or_else(|| svhn::read(path)).or_else(|| idx::read(path));
        match known.transpose()? {
            Some([train, test]) => Self::pair(train, test, source),
            None => match folder::read(path)? {
                (train, Some(test)) => Self::pair(train, test, source),
                (all, None) => Self::split(&all.images()?, source),
            },
        }
    }

    fn pair(train: Raw, test: Raw, source: String) -> Result<Self, Error> {
        let (pool, test) = (train.images()?, test.images()?);
        if pool.form() != test.form() {
            let why = format!("{} to learn from, {} held out", pool.form(), test.form());
            return Err(Error::Data { file: source, why });
        }
        Ok(Self { pool, test, source })
    }

    fn split(all: &Images, source: String) -> Result<Self, Error> {
        let (pool, test) = net::split(all.len(), 0);
        if test.len() < 2 {
            return Err(Error::Few { what: "images", asked: 10, there: all.len() });
        }
        Ok(Self { pool: all.select(&pool), test: all.select(&test), source })
    }

    /// A fifth of what may be queried in place of what is held out, to choose settings by.
    ///
    /// Errors: [`Error::Few`].
    pub fn validation(self) -> Result<Self, Error> {
        Self::split(&self.pool, format!("{}, for validation", self.source))
    }

    /// The same data among at least this many classes.
    pub fn among(self, classes: usize) -> Self {
        Self { pool: self.pool.among(classes), test: self.test.among(classes), source: self.source }
    }

    /// Size of the images.
    pub fn form(&self) -> Form {
        self.pool.form()
    }
}

/// Images as a file gives them, in bytes.
struct Raw {
    form: Form,
    pixels: Vec<u8>,
    labels: Vec<usize>,
}

impl Raw {
    fn new(form: Form) -> Self {
        Self { form, pixels: Vec::new(), labels: Vec::new() }
    }

    /// One more image; errors where its label is not below the number of classes.
    fn push(&mut self, path: &Path, label: usize, pixels: &[u8]) -> Result<(), Error> {
        let (index, classes) = (self.labels.len(), self.form.classes);
        if label >= classes {
            return Err(damaged(path, format!("label {label} of image {index} is not below {classes}")));
        }
        self.labels.push(label);
        self.pixels.extend_from_slice(pixels);
        Ok(())
    }

    fn images(self) -> Result<Images, Error> {
        Images::new(self.form, self.pixels.iter().map(|&x| f32::from(x) / LEVELS).collect(), self.labels)
    }
}

fn damaged(path: &Path, why: String) -> Error {
    Error::Data { file: path.display().to_string(), why }
}

/// The bytes of a file, no more than are read.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(format::bytes_within(path, MOST_BYTES)?)
}
