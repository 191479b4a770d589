//! The command line: one file a subcommand.
//!
//! Exit status: 0, the answer is yes; 1, the answer is no; 2, bad request; 3, no answer
//! (undecided, budget spent, interrupted).

mod audit;
mod audit_certificate;
mod audit_next;
mod certify;
mod check;
mod deep;
mod domain;
mod gate;
mod layers;
#[cfg(feature = "learn")]
mod learn;
#[cfg(feature = "learn")]
mod learn_runs;
mod next_steps;
mod number;
mod output;
mod precision;
mod progress;
mod regress;
mod report;
mod run;
mod snap;
mod sweep;
mod sweep_watch;
mod train;

use crate::attack::Strategy;
use crate::net::Dtype;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use output::{named, say, tell};
use std::process::ExitCode;

/// Why a command could not be carried out. The message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A network could not be read or written.
    #[error(transparent)]
    Format(#[from] crate::format::Error),
    /// A shape is unusable, or training failed.
    #[error(transparent)]
    Network(#[from] crate::net::Error),
    /// An attack contradicts itself.
    #[error(transparent)]
    Experiment(#[from] crate::experiment::Error),
    /// A study contradicts itself, or its victim.
    #[error(transparent)]
    Study(#[from] crate::study::Error),
    /// A sweep cannot be made, or cannot go on.
    #[error(transparent)]
    Sweep(#[from] crate::sweep::Error),
    /// A gate cannot be carried out.
    #[error(transparent)]
    Gate(#[from] crate::gate::Error),
    /// A report has nothing to draw.
    #[error(transparent)]
    Figures(#[from] crate::figures::Error),
    /// A copy cannot be learned.
    #[cfg(feature = "learn")]
    #[error(transparent)]
    Learn(#[from] crate::learn::Error),
    /// Standard output takes no more.
    #[error("standard output cannot be written: {0}")]
    Output(std::io::Error),
    /// Options contradict each other, or a resource is missing.
    #[error("{0}")]
    Request(String),
}

/// The status for a bad request.
const BAD_REQUEST: u8 = 2;
/// The status where there is no answer.
const NO_ANSWER: u8 = 3;

/// Reads the precision of the weights of a network that is made.
fn weights() -> impl TypedValueParser<Value = Dtype> {
    let names = PossibleValuesParser::new(Dtype::ALL.map(Dtype::name));
    names.try_map(|name| Dtype::named(&name).ok_or("no such precision"))
}

/// Reads the name of an attack.
fn strategy() -> impl TypedValueParser<Value = Strategy> {
    let names = PossibleValuesParser::new(Strategy::ALL.map(Strategy::name));
    names.try_map(|name| Strategy::named(&name).ok_or("no such strategy"))
}

/// Extracts ReLU networks from their answers, in floating point and exactly, and says what rounding cost
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Audit(Box<audit::Arguments>),
    Gate(Box<gate::Arguments>),
    Regress(regress::Arguments),
    Report(report::Arguments),
    Run(Box<run::Arguments>),
    Check(check::Arguments),
    #[cfg(feature = "learn")]
    Learn(Box<learn::Arguments>),
    /// Train a copy on an oracle's answers; in builds with the feature learn
    #[cfg(not(feature = "learn"))]
    Learn {
        #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
        _arguments: Vec<std::ffi::OsString>,
    },
    Sweep(sweep::Arguments),
    Train(train::Arguments),
}

/// Parses the arguments, carries the command out, and gives the exit status.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, everything else a bad request.
            let refused = error.use_stderr();
            return match output::explain(error) {
                Ok(()) if !refused => ExitCode::SUCCESS,
                Ok(()) => BAD_REQUEST.into(),
                Err(error) => failed(&error),
            };
        }
    };
    let result = match arguments.command {
        Command::Audit(audit) => audit.run(),
        Command::Gate(gate) => gate.run(),
        Command::Regress(regress) => regress.run(),
        Command::Report(report) => report.run(),
        Command::Run(run) => run.run(),
        Command::Check(check) => check.run(),
        #[cfg(feature = "learn")]
        Command::Learn(learn) => learn.run(),
        #[cfg(not(feature = "learn"))]
        Command::Learn { .. } => {
            Err(Error::Request("learn: this build does not learn: build with --features learn".to_owned()))
        }
        Command::Sweep(sweep) => sweep.run(),
        Command::Train(train) => train.run(),
    };
    result.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &Error) -> ExitCode {
    tell(error);
    BAD_REQUEST.into()
}
