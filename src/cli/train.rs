//! `exactract train`: a small victim from labelled data.

use super::{Error, named, number, progress, say};
use crate::format;
use crate::net::{self, Dtype, Training};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// Train a small classifier to attack
///
/// The same data, options and seed give the same bytes on every machine. With no options at all the bundled
/// victim is made again from the bundled handwritten digits.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 trained and written; 2 bad request; 3 interrupted, nothing written.")]
pub(super) struct Arguments {
    /// Data file: .npz with images (or x, X, inputs, data) [n, ...] and labels [n]; the bundled digits without one
    data: Option<PathBuf>,
    /// Divide every input by this; for 8-bit images 255
    #[arg(long, default_value_t = 1.0, requires = "data", value_parser = number::positive)]
    scale: f64,
    /// Hidden units
    #[arg(long, default_value_t = Training::default().hidden)]
    hidden: usize,
    /// Passes over the data
    #[arg(long, default_value_t = Training::default().epochs as u32, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Step size of Adam
    #[arg(long, default_value_t = Training::default().rate, value_parser = number::positive)]
    rate: f64,
    /// Seed of the first weights, the split and the order of samples
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Precision of the weights
    #[arg(long, value_name = "PRECISION", value_parser = super::weights(), default_value = "f32")]
    weights: Dtype,
    /// Network file to write, .npz, .safetensors or .onnx
    #[arg(long, short, value_name = "PATH")]
    out: PathBuf,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

impl Arguments {
    /// Trains, writes, prints.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        format::check_network_writable(&self.out)?;
        let samples = match &self.data {
            Some(path) => format::read_samples(path, self.scale)?,
            None => format::digits()?,
        };
        if samples.classes() < 2 {
            let data = self.data.as_deref().unwrap_or(Path::new("the digits"));
            let what = format!("{}: every label is 0: a classifier tells two classes or more apart", data.display());
            return Err(Error::Request(what));
        }
        let precision = self.weights;
        let dtype = precision;
        let training =
            Training { hidden: self.hidden, epochs: self.epochs as usize, rate: self.rate, seed: self.seed, precision };
        let interrupt = progress::interrupt("stopping at the end of the epoch; nothing is written")?;
        let bar = progress::spinner(self.quiet);
        let trained = net::train(&samples, &training, |epoch, loss| {
            if let Some(bar) = &bar {
                bar.set_message(format!("epoch {epoch} of {}, loss {loss:.4}", training.epochs));
            }
            if interrupt.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        let Some(trained) = trained else { return Ok(super::NO_ANSWER.into()) };
        format::write(&self.out, &trained.network, dtype)?;
        let share = |(correct, of): (usize, usize)| match of {
            0 => "nothing: a fifth of fewer than 5 samples is none".to_owned(),
            of => format!("{correct} of {of} ({:.1} %)", 100.0 * correct as f64 / of as f64),
        };
        say(&format!(
            "network    {}, {dtype} weights, {}\ntrained on {}\nheld out   {}\n",
            trained.network.shape(),
            named(&self.out),
            share(trained.seen),
            share(trained.held_out),
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
