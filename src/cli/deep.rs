//! `exactract run` on a victim with several hidden layers.

use super::{Error, output, progress, tell};
use crate::compare::deep_dual;
use crate::experiment::{Settings, run_deep};
use crate::format::{self, Victim};
use crate::net::{Dtype, Network};
use crate::num::{Rational, Scalar};
use crate::record::{Answer, DeepRecord, NetworkRecord};
use crate::report;
use std::path::Path;
use std::process::ExitCode;

/// What a run on a deep victim is asked for.
pub(super) struct Request<'a> {
    pub source: String,
    pub settings: Settings,
    pub json: Option<&'a Path>,
    pub save: Option<&'a Path>,
    pub quiet: bool,
}

/// Errors where what was asked for is for one hidden layer alone. `options`: their names, and whether they were given.
pub(super) fn check(network: &Network<f64>, options: &[(&str, bool)]) -> Result<(), Error> {
    let sizes = network.sizes();
    if let Some((option, _)) = options.iter().find(|(_, given)| *given) {
        let what = format!("{option} is for networks with one hidden layer; this one is {sizes}");
        return Err(Error::Request(what));
    }
    if network.activations().iter().any(|activation| !activation.is_relu()) {
        return Err(Error::Request(format!(
            "of networks with several hidden layers, as {sizes}, only those of ReLU units are extracted"
        )));
    }
    Ok(())
}

/// Runs, prints, writes.
pub(super) fn run(victim: Victim<Network<f64>>, request: Request<'_>) -> Result<ExitCode, Error> {
    let Request { source, mut settings, json, save, quiet } = request;
    let bar = progress::spinner(quiet);
    settings.progress = bar.as_ref().map(progress::queries);
    let exact = run_deep(&victim.network, true, &settings)?;
    let rounded = run_deep(&victim.network, false, &settings)?;
    let truth = victim.network.map(|&w| Rational::lift(w, ()));
    let dual = deep_dual(&truth, exact, rounded);
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let sizes = victim.network.sizes();
    let subject = NetworkRecord {
        activation: Some("relu".to_owned()),
        parameters: Some(sizes.parameters() as u64),
        layers: victim.layers.clone(),
        notes: victim.notes.clone(),
        ..NetworkRecord::named(source, &victim, sizes)
    };
    let record = DeepRecord::new(subject, settings.options.seed, &dual);
    let saved = save.map_or(Ok(()), |path| self::save(path, dual.rounded.run.network.as_ref()));
    let text = || if quiet { report::deep_verdict(&record) } else { report::deep_text(&record) };
    output::publish(json, &record, text)?;
    saved?;
    Ok(match record.answer {
        Answer::Yes => ExitCode::SUCCESS,
        Answer::No => ExitCode::from(1),
        Answer::None => ExitCode::from(super::NO_ANSWER),
    })
}

/// Writes the f64 run's network.
fn save(path: &Path, network: Option<&Network<Rational>>) -> Result<(), Error> {
    let Some(network) = network else {
        tell(format!("no network to save in {}: the run stopped", path.display()));
        return Ok(());
    };
    Ok(format::write(path, &network.map(|x| f64::nearest(x, ())), Dtype::F64)?)
}
