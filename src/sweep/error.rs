//! Why a sweep cannot be made, or cannot go on.

use crate::format;
use std::path::PathBuf;

/// Why a sweep cannot be made, or cannot go on. Finished cells stay as they are in every case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value of the request is not what it should be.
    #[error("{}, line {line}, {key}: {what}", path.display())]
    Request {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key, as far as the line tells it.
        key: String,
        /// What is wrong, and what to write.
        what: String,
    },
    /// A network file or a file of the sweep cannot be read or written.
    #[error(transparent)]
    Format(#[from] format::Error),
    /// A folder of the sweep cannot be made, listed or locked.
    #[error("{}: {what}: {error}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// There is no plan in the folder.
    #[error("{}: there is no plan here: make one with exactract sweep plan FILE --out {}", out.display(), out.display())]
    NoPlan {
        /// The folder.
        out: PathBuf,
    },
    /// A file of the sweep is not as this program wrote it.
    #[error("{}: {what}; {cure}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// What to do.
        cure: &'static str,
    },
    /// No cell, or several, have this name.
    #[error("the plan in {} has {found} cells whose id starts with '{id}': take one that exactract sweep plan lists", out.display())]
    Cell {
        /// The folder.
        out: PathBuf,
        /// The id asked for.
        id: String,
        /// Cells found.
        found: usize,
    },
    /// A victim of the plan is not the network that the plan describes.
    #[error("cell {id}: its victim has sha256 {found}, the plan says {expected}: plan again")]
    Victim {
        /// The cell.
        id: String,
        /// Hash in the plan.
        expected: String,
        /// Hash of what was read or made.
        found: String,
    },
    /// A cell asks for what contradicts itself.
    #[error("cell {id} ({cell}): {error}")]
    Contradiction {
        /// The cell.
        id: String,
        /// The cell in words.
        cell: String,
        /// What contradicts what.
        error: crate::study::Error,
    },
    /// A cell brought this program down.
    #[error("cell {id} ({cell}) met a defect of this program: {what}; the other cells are not affected")]
    Defect {
        /// The cell.
        id: String,
        /// The cell in words.
        cell: String,
        /// What the program said.
        what: String,
    },
    /// A cell does not fit into memory.
    #[error("cell {id} ({cell}) {too_little}; the other cells are not affected")]
    Memory {
        /// The cell.
        id: String,
        /// The cell in words.
        cell: String,
        /// What it takes, and what there is.
        too_little: super::TooLittle,
    },
    /// A thread pool cannot be made.
    #[error("{threads} threads: {what}")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// Why not.
        what: String,
    },
}
