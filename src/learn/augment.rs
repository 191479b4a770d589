//! Random changes that leave an image's class as it is.

use super::{Error, Form};
use crate::net::Draw;
use std::fmt;
use std::str::FromStr;

/// What is done to an image each time it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Augmentation {
    /// Pixels that it is moved by at most, along each axis.
    pub shift: usize,
    /// Whether the border is mirrored into what a shift uncovers (a crop of the padded image), or it is black.
    pub mirrored: bool,
    /// Whether half of the images are turned left to right: not for digits.
    pub flip: bool,
}

impl Augmentation {
    /// Nothing.
    pub const NONE: Self = Self { shift: 0, mirrored: false, flip: false };
    /// Digits: moved by one pixel.
    pub const DIGITS: Self = Self { shift: 1, mirrored: false, flip: false };
    /// Photographs: crops of the image padded by 4 mirrored pixels, half of them turned.
    pub const PHOTOGRAPHS: Self = Self { shift: 4, mirrored: true, flip: true };

    /// Errors unless images of this form have room for it.
    pub fn checked(self, form: Form) -> Result<Self, Error> {
        let room = form.height.min(form.width);
        if self.shift >= room.max(1) || (self.flip && form.width == 1) {
            let (value, expected) = (self.shift as f64, "a shift of fewer pixels than the image is high and wide");
            return Err(Error::Range { name: "--augment", value, expected });
        }
        Ok(self)
    }

    /// A changed image, appended to `out`; `image`: `[channels, height, width]`.
    pub fn apply(&self, form: Form, image: &[f32], draw: &mut Draw, out: &mut Vec<f32>) {
        let mut offset = || match self.shift {
            0 => 0,
            most => draw.below(2 * most + 1) as isize - most as isize,
        };
        let (down, right) = (offset(), offset());
        let turned = self.flip && draw.below(2) == 1;
        let source = |at: usize, by: isize, size: usize| {
            let at = at as isize + by;
            let last = size as isize - 1;
            match (0..=last).contains(&at) {
                true => Some(at as usize),
                // As in reflection padding: the border itself is not repeated.
                false if self.mirrored => Some(if at < 0 { -at } else { 2 * last - at } as usize),
                false => None,
            }
        };
        for channel in image.chunks(form.height * form.width) {
            for row in 0..form.height {
                for column in 0..form.width {
                    let column = if turned { form.width - 1 - column } else { column };
                    let from = source(row, down, form.height).zip(source(column, right, form.width));
                    out.push(from.map_or(0.0, |(row, column)| channel[row * form.width + column]));
                }
            }
        }
    }
}

impl fmt::Display for Augmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shift = if self.mirrored { "crop" } else { "shift" };
        match (self.shift, self.flip) {
            (0, false) => f.write_str("none"),
            (0, true) => f.write_str("flip"),
            (by, false) => write!(f, "{shift}:{by}"),
            (by, true) => write!(f, "{shift}:{by},flip"),
        }
    }
}

impl FromStr for Augmentation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut found = Self::NONE;
        for part in text.split(',').filter(|part| *part != "none") {
            let wrong = || format!("'{part}': write none, or shift:N or crop:N and flip, apart by a comma");
            match part.split_once(':') {
                None if part == "flip" => found.flip = true,
                Some((name @ ("shift" | "crop"), by)) if found.shift == 0 => {
                    found.shift = by.parse().ok().filter(|by| (1..=64).contains(by)).ok_or_else(wrong)?;
                    found.mirrored = name == "crop";
                }
                _ => return Err(wrong()),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = Form { channels: 1, height: 3, width: 3, classes: 2 };
    const IMAGE: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    /// All that an augmentation makes of the image, by seed.
    fn made(augmentation: &str) -> Vec<Vec<f32>> {
        let augmentation: Augmentation = augmentation.parse().unwrap();
        let one = |seed| {
            let mut out = Vec::new();
            augmentation.apply(FORM, &IMAGE, &mut Draw::new(seed, "test"), &mut out);
            out
        };
        let mut all: Vec<Vec<f32>> = (0..200).map(one).collect();
        all.sort_by(|a, b| a.partial_cmp(b).unwrap());
        all.dedup();
        all
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(made("none"), [IMAGE]);
    }

    #[test]
    fn a_shift_uncovers_black() {
        let all = made("shift:1");
        assert_eq!(all.len(), 9);
        assert!(all.contains(&vec![0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 4.0, 5.0]));
        assert!(all.contains(&vec![2.0, 3.0, 0.0, 5.0, 6.0, 0.0, 8.0, 9.0, 0.0]));
    }

    #[test]
    fn a_crop_mirrors_without_the_border() {
        let all = made("crop:1");
        assert_eq!(all.len(), 9);
        assert!(all.contains(&vec![5.0, 4.0, 5.0, 2.0, 1.0, 2.0, 5.0, 4.0, 5.0]));
    }

    #[test]
    fn a_flip_turns_left_to_right() {
        let turned = vec![3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0];
        assert_eq!(made("flip"), [IMAGE.to_vec(), turned]);
        assert_eq!(made("shift:1,flip").len(), 18);
    }

    #[test]
    fn names_go_to_and_fro() {
        for name in ["none", "flip", "shift:1", "crop:4,flip"] {
            assert_eq!(name.parse::<Augmentation>().unwrap().to_string(), name);
        }
        for wrong in ["shift", "shift:0", "shift:1,crop:1", "turn", "crop:99"] {
            assert!(wrong.parse::<Augmentation>().is_err(), "{wrong}");
        }
        assert!("shift:3".parse::<Augmentation>().unwrap().checked(FORM).is_err());
        assert!("shift:2".parse::<Augmentation>().unwrap().checked(FORM).is_ok());
    }
}
