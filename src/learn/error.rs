//! Why a copy cannot be learned.

use super::Form;
use crate::oracle::{self, Access, Observation};

/// Why learning cannot start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A student's name does not read.
    #[error("student '{0}' does not parse: write sizes from inputs to classes such as 64-64-10, or wrn-28-2")]
    Student(String),
    /// A wide residual network of that depth does not exist.
    #[error(
        "student wrn-{depth}-{widen}: a wide residual network has 6n + 4 layers, say 10, 16, 28 or 40, and is at least 1 wide"
    )]
    Depth {
        /// Layers asked for.
        depth: usize,
        /// Width asked for.
        widen: usize,
    },
    /// A student does not take the inputs, or does not give the classes.
    #[error("student {student} takes {takes} inputs and gives {gives} classes; the data has {form}: write {}-…-{}", form.pixels(), form.classes)]
    Fit {
        /// The student's name.
        student: String,
        /// Inputs that it takes.
        takes: usize,
        /// Outputs that it gives.
        gives: usize,
        /// The data's form.
        form: Form,
    },
    /// Images are too small for a convolutional student.
    #[error("student {student} needs images of at least 8x8 pixels; the data has {form}")]
    Small {
        /// The student's name.
        student: String,
        /// The data's form.
        form: Form,
    },
    /// The victim does not fit the data.
    #[error("the victim takes {takes} inputs and gives {gives} classes; the data has {form}")]
    Victim {
        /// Inputs that it takes.
        takes: usize,
        /// Outputs that it gives.
        gives: usize,
        /// The data's form.
        form: Form,
    },
    /// No GPU to compute on.
    #[error("--device gpu: {0}")]
    Gpu(String),
    /// A method needs more than the oracle shows.
    #[error("{what} needs {needs}; access {access} does not show it: choose access {choose}")]
    TooLittle {
        /// What was asked for.
        what: &'static str,
        /// What it needs.
        needs: &'static str,
        /// The access level.
        access: Access,
        /// Levels that do.
        choose: &'static str,
    },
    /// More labels are asked for than there are classes.
    #[error("access {access}: there are {classes} classes, ask for 1 to {classes}")]
    TopK {
        /// The access level.
        access: Access,
        /// Classes.
        classes: usize,
    },
    /// More queries are asked for than are allowed.
    #[error("{asked} queries asked for, {limit} allowed")]
    Budget {
        /// Queries asked for.
        asked: usize,
        /// Queries allowed.
        limit: u64,
    },
    /// The oracle stopped answering.
    #[error("{error}: {} of {asked} images have an answer", .answers.len())]
    Unanswered {
        /// Why.
        error: oracle::Error,
        /// Images asked about.
        asked: usize,
        /// What was shown of the first of them.
        answers: Vec<Observation<f64>>,
    },
    /// The data's labels are asked of other images.
    #[error("a random query needs a victim: the data has labels for its own images only")]
    Unlabelled,
    /// There are too few inputs.
    #[error("{asked} {what} asked for, the data has {there}")]
    Few {
        /// What there are too few of.
        what: &'static str,
        /// Asked for.
        asked: usize,
        /// There.
        there: usize,
    },
    /// A number is out of its range.
    #[error("{name} {value}: expected {expected}")]
    Range {
        /// Its name.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is expected.
        expected: &'static str,
    },
    /// The loss is no finite number any more.
    #[error("the loss is {loss} at step {step}: take a smaller step size. Step {kept} was the last good one{}", .file.as_ref().map(|f| format!(", kept in {f}")).unwrap_or_default())]
    Diverged {
        /// The step, from 1.
        step: usize,
        /// The loss.
        loss: f64,
        /// The last step whose weights are good.
        kept: usize,
        /// The checkpoint that holds them.
        file: Option<String>,
    },
    /// The run was told to stop.
    #[error("interrupted at step {step} of {steps}")]
    Interrupted {
        /// Steps taken.
        step: usize,
        /// Steps planned.
        steps: usize,
    },
    /// A checkpoint is of another run.
    #[error("{file} is a checkpoint of another run ({found}, not {expected}): name another folder, or remove it")]
    Checkpoint {
        /// The file.
        file: String,
        /// What it is of.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// A checkpoint is damaged.
    #[error("{file} is not a whole checkpoint, remove it: {reason}")]
    Damaged {
        /// The file.
        file: String,
        /// What the reader says.
        reason: String,
    },
    /// A file of a data set is not what it should be.
    #[error("{file}: {why}")]
    Data {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] crate::format::Error),
    /// Weights make no network.
    #[error(transparent)]
    Network(#[from] crate::net::Error),
}

impl Error {
    /// Queries spent until the oracle stopped answering; `None` where it did not.
    pub fn spent(&self) -> Option<u64> {
        match self {
            Self::Unanswered { error, .. } => Some(error.spent()),
            _ => None,
        }
    }
}
