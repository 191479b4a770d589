//! The form of images: what a student has to fit.

use std::fmt;

/// Size of an image, and the number of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Colours; 1 for grey.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Classes.
    pub classes: usize,
}

impl Form {
    /// Numbers an image.
    pub fn pixels(&self) -> usize {
        self.channels * self.height * self.width
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channels, height, width, classes } = self;
        match (channels, height) {
            (1, 1) => write!(f, "inputs of {width} numbers in {classes} classes"),
            _ => write!(f, "images of {channels}x{height}x{width} pixels in {classes} classes"),
        }
    }
}
