//! The victims of a plan: made or read once for all the cells that attack them.

use super::Error;
use super::cell::{Description, RANDOM};
use super::draft::Draft;
use super::request::{Axes, File, Request, too_deep};
use crate::attack::Strategy;
use crate::format::{self, Choice, Layers, Victim};
use crate::net::{Dtype, Family, Shape, random};
use crate::record::{Document, NetworkRecord};
use crate::study::Asked;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Victims met so far: a network is made or read once for all the cells that attack it.
pub(super) struct Victims {
    folder: PathBuf,
    made: HashMap<(Shape, u64, Dtype, String), String>,
    read: HashMap<(PathBuf, Option<Layers>, Option<String>), NetworkRecord>,
}

impl Victims {
    /// None yet; `folder`: where paths start from.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, made: HashMap::new(), read: HashMap::new() }
    }

    /// The description of a cell. `files`: named files, by hash, to which its own is added.
    ///
    /// Errors: a victim that cannot be read or made, and what the cell cannot be asked for.
    pub fn describe(
        &mut self,
        request: &Request,
        axes: &Axes,
        draft: Draft,
        files: &mut BTreeMap<String, PathBuf>,
    ) -> Result<Description, Error> {
        let Draft { shape, file, weights, activation, rest } = draft;
        let victim = match (shape, file) {
            (_, Some(file)) => self.read(request, axes, &file, files)?,
            (Some(shape), None) => {
                let key = (shape, rest.seed, weights, activation.to_string());
                let sha256 = match self.made.get(&key) {
                    Some(hash) => hash.clone(),
                    None => made(shape, rest.seed, weights, activation)?.sha256,
                };
                self.made.insert(key, sha256.clone());
                let (source, shape, weights) = (RANDOM.to_owned(), shape.to_string(), weights.name().to_owned());
                let activation = named(activation);
                NetworkRecord { source, sha256, shape, weights, activation, ..NetworkRecord::default() }
            }
            // `drafts` has seen to it.
            (None, None) => return Err(request.error(0..0, "no victims: write shape = [\"16-8-1\"]")),
        };
        let walk = rest.strategy == Strategy::Walk;
        // A textbook attack has no polish, and f64 weights have no grid: such combinations are plain cells.
        let (polish, snap) = (rest.polish && walk, rest.snap && walk && victim.weights != "f64");
        let family = family(&victim);
        let asked = Asked { polish, snap, ledger: rest.ledger, certify: rest.certify, ..Asked::default() };
        if let Err(error) = asked.check(&rest.knobs(), rest.strategy, family) {
            let span = axes.certify.as_ref().filter(|_| rest.certify).or(axes.ledger.as_ref()).map(|axis| axis.span());
            let victims = axes.activation.as_ref().map(|axis| axis.span());
            let victims = victims.or(axes.file.as_ref().map(|axis| axis.span()));
            let span = if family == Family::Relu { span } else { victims };
            return Err(request.error(span.unwrap_or(0..0), error.to_string()));
        }
        Ok(Description {
            schema: Document::Cell.schema(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            victim,
            seed: rest.seed,
            strategy: rest.strategy,
            victim_arithmetic: rest.victim_arithmetic,
            attacker: rest.attacker,
            answer_bits: rest.answer_bits,
            answer_decimals: rest.answer_decimals,
            question_bits: rest.question_bits,
            frontier: rest.frontier,
            lines: rest.lines,
            polish: polish || snap,
            snap,
            max_queries: rest.max_queries,
            reference_inputs: rest.inputs,
            attribution: rest.attribution,
            ledger: rest.ledger,
            certify: rest.certify,
        })
    }

    fn read(
        &mut self,
        request: &Request,
        axes: &Axes,
        file: &File,
        files: &mut BTreeMap<String, PathBuf>,
    ) -> Result<NetworkRecord, Error> {
        let path = self.folder.join(&file.0.path);
        let layers = file.0.layers.as_ref().map(|layers| layers.0.clone());
        let told = file.0.activation.as_ref().map(|activation| activation.0);
        let read = (path.clone(), layers.clone(), told.map(|family| family.to_string()));
        let name = match self.read.get(&read) {
            Some(name) => name.clone(),
            None => {
                let choice = layers.as_ref().map_or(Choice::File, Choice::User);
                let span = axes.file.as_ref().map_or(0..0, |axis| axis.span());
                let victim = format::read_activated(&path, choice, told)?;
                if victim.network.hidden_layers() > 1 {
                    let what = format!("{}: {}", path.display(), too_deep(&victim.network.sizes()));
                    return Err(request.error(span, what));
                }
                let victim = format::one_hidden_layer(&path, victim)?;
                let bytes = format::bytes_within(&path, format::MOST_BYTES)?;
                if format::sha256(&[&bytes]) != victim.sha256 {
                    let what = format!(
                        "{} keeps weights in other files, which a sweep does not copy: save the model as one file",
                        path.display()
                    );
                    return Err(request.error(span, what));
                }
                let source = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                // The source `random` means a victim that is made.
                let source = if source == RANDOM { format!("./{source}") } else { source };
                let chosen_layers = layers.map(|layers| layers.to_string());
                let activation = named(victim.network.activation().family());
                NetworkRecord {
                    chosen_layers,
                    activation,
                    ..NetworkRecord::named(source, &victim, victim.network.shape())
                }
            }
        };
        if let Some(expected) = file.0.sha256.as_ref().filter(|expected| !expected.eq_ignore_ascii_case(&name.sha256)) {
            let span = axes.file.as_ref().map_or(0..0, |axis| axis.span());
            let what = format!(
                "{} has sha256 {}, not {expected}: another file, or write its hash",
                path.display(),
                name.sha256
            );
            return Err(request.error(span, what));
        }
        files.insert(name.sha256.clone(), path);
        self.read.insert(read, name.clone());
        Ok(name)
    }
}

/// The name of an activation in a description; ReLU is not named.
fn named(family: Family) -> Option<String> {
    (family != Family::Relu).then(|| family.to_string())
}

/// What the hidden units of a described victim compute; what cannot be parsed was not written by this program, and its
/// hash would not be met.
pub(super) fn family(victim: &NetworkRecord) -> Family {
    victim.activation.as_ref().and_then(|name| name.parse().ok()).unwrap_or_default()
}

/// A network file of one hidden layer; `told`: what the request says of its hidden units.
pub(super) fn read(path: &Path, choice: Choice<'_>, told: Option<Family>) -> Result<Victim, Error> {
    Ok(format::one_hidden_layer(path, format::read_activated(path, choice, told)?)?)
}

/// A random victim with its hash.
pub(super) fn made(shape: Shape, seed: u64, weights: Dtype, activation: Family) -> Result<Victim, Error> {
    let network = random(shape, seed, weights);
    let network = network.with_activation(activation.draw(shape.hidden, seed)).map_err(crate::format::Problem::from);
    let network = network.map_err(|problem| format::Error::new(Path::new("network"), problem))?;
    Ok(Victim::made(network, weights)?)
}
