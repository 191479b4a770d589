//! What stands in the way of an exact network, in words.

use crate::net::Shallow;
use crate::num::Rational;
use std::fmt;

/// A weight, or a row of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All entries of a row.
    Row(usize),
    /// An entry.
    Entry {
        /// Index of the row.
        row: usize,
        /// Index of the input.
        input: usize,
    },
    /// The bias of a row.
    Bias(usize),
    /// An output weight.
    Output {
        /// Index of the row whose unit it belongs to.
        row: usize,
        /// Index of the output.
        output: usize,
    },
    /// The bias of an output.
    OutputBias(usize),
}

/// What stands in the way of an exact network. The causes are never merged.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsnapped {
    /// *No grid fits*: no factor brings this onto the grid.
    Off(Place),
    /// *Too large an error*: rows are known too badly for any grid to be looked for.
    Coarse {
        /// Index of the worst row.
        row: usize,
        /// Bits that its answers lack, by the noise model.
        bits: i32,
    },
    /// *Several fit*: weights stay open, each of which may be one of several floats.
    Ambiguous {
        /// How many.
        open: usize,
        /// In how many rows, with their biases and output weights; output biases count as one.
        rows: usize,
        /// The first of them.
        first: Place,
        /// Bits more of each answer that decide all of them, at most.
        bits: i32,
        /// The network if all of them are zero.
        zeros: Option<Box<Shallow<Rational>>>,
    },
    /// *Not the victim's weights*: signs could not be told, and an affine part stands beside the rows.
    Unoriented,
    /// *A unit is missing*: an answer changes where none of those found is active.
    Hidden,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(f, "row {row}"),
            Self::Entry { row, input } => write!(f, "entry {input} of row {row}"),
            Self::Bias(row) => write!(f, "the bias of row {row}"),
            Self::Output { row, output } => write!(f, "the weight of row {row} in output {output}"),
            Self::OutputBias(output) => write!(f, "the bias of output {output}"),
        }
    }
}

impl fmt::Display for Unsnapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: i64| if count == 1 { "" } else { "s" };
        match self {
            Self::Off(place) => write!(f, "no factor brings {place} onto the grid"),
            Self::Coarse { row, bits } => {
                write!(f, "the error of row {row} is too large: answers lack {bits} bit{}", plural(i64::from(*bits)))
            }
            Self::Ambiguous { open, rows, first, bits, .. } => write!(
                f,
                "ambiguous: {open} weight{} of {rows} row{} may each be one of several floats, the first {first}; {bits} \
                 more bit{} of each answer would decide",
                plural(*open as i64),
                plural(*rows as i64),
                plural(i64::from(*bits)),
            ),
            Self::Unoriented => f.write_str(
                "the signs of the rows could not be told, and the affine part that stands for them is not on the grid",
            ),
            Self::Hidden => f.write_str("a unit is missing: an answer changes where none of those found is active"),
        }
    }
}
