//! `exactract audit`: two networks and a claim.

use super::{Error, layers, number, output, progress, tell};
use crate::audit::{self, Audited, Claim, Control, Domain, Scale, Witness};
use crate::certificate::{AuditCertificate, Refusal};
use crate::format::{self, Victim};
use crate::net::{Network, Shallow};
use crate::num::{Exact, Rational, Scalar};
use crate::record::{AuditAnswer, AuditRecord, AuditSubject, NetworkRecord};
use crate::report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Why an option is refused.
const ONE_HIDDEN_LAYER: &str = "only for two networks with one hidden layer";
/// The longest search.
const MOST_SECONDS: f64 = 1e9;
/// Parts of the time, as one over this, that may go to the victim's output range and to labels.
const RANGE_SHARE: u32 = 8;
const LABEL_SHARE: u32 = 8;

/// Audit a copy: bound the largest difference of two networks on a box, or prove them equal everywhere
///
/// The upper bound is proved in exact arithmetic, the lower one is reached at an input that is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the claim is proved (without one: the gap is closed, or the networks are \
                        equal); 1 it is refuted; 2 bad request; 3 neither.")]
pub(super) struct Arguments {
    /// Network file of the victim, of any depth; - for standard input
    victim: PathBuf,
    /// Network file of the copy, of the victim's depth
    copy: PathBuf,
    #[command(flatten)]
    layers: layers::Chosen,
    #[command(flatten)]
    units: layers::Units,
    /// Interval of every input, a .npz of lower and upper, or all for all of R^d
    #[arg(long, value_name = "LOWER,UPPER|FILE|all", default_value = "-1,1", allow_hyphen_values = true)]
    domain: DomainChoice,
    /// Claimed bound on the largest difference of an output: 2^-13.7, a decimal or a quotient
    #[arg(long, value_name = "BOUND")]
    claim: Option<Claim>,
    /// What the copy's output is multiplied by: fixed (1), a number, or free, the one that favours the copy most
    #[arg(long, value_name = "fixed|free|NUMBER", default_value = "fixed", value_parser = scale)]
    output_scale: Scale,
    /// Unit of the claim and of the differences reported, in the victim's own
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = number::exactly_positive)]
    unit: Rational,
    /// Inputs on which labels are compared: a .npz of x, X, images, inputs or data, [n, ...]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Write the inputs that show the lower bound to this .npz, as x [n, inputs]
    #[arg(long, value_name = "PATH")]
    witness: Option<PathBuf>,
    /// Write a certificate of the answer to this file, for exactract check
    #[arg(long, value_name = "PATH")]
    certificate: Option<PathBuf>,
    /// Write the full record as JSON to this file, - for standard output
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Stop where the bounds are this close, in bits; a claim is pursued until it is decided
    #[arg(long, value_name = "BITS", default_value_t = 1e-6, value_parser = number::not_negative)]
    gap: f64,
    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    time: f64,
    /// Print the verdict only, and no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Debug)]
enum DomainChoice {
    Interval(Rational, Rational),
    File(PathBuf),
    All,
}

impl FromStr for DomainChoice {
    type Err = String;

    /// An interval or `all`; anything else is the name of a file, and it is there.
    fn from_str(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        match number::interval(text) {
            _ if text == "all" => Ok(Self::All),
            Some(Ok((lower, upper))) => Ok(Self::Interval(lower, upper)),
            _ if path.exists() || path.extension().is_some_and(|ending| ending == "npz") => {
                Ok(Self::File(path.to_owned()))
            }
            Some(Err(what)) => Err(what),
            None => Err("is no interval such as -1,1, there is no such file, and it is not all".to_owned()),
        }
    }
}

fn scale(text: &str) -> Result<Scale, String> {
    match text {
        "free" => Ok(Scale::Free),
        "fixed" => Ok(Scale::Fixed(Rational::integer(1))),
        text => number::exactly_positive(text).map(Scale::Fixed).map_err(|e| format!("{e}; or fixed, or free")),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = number::not_negative(text)?;
    if seconds <= MOST_SECONDS { Ok(seconds) } else { Err(format!("is more than {MOST_SECONDS} seconds")) }
}

impl Arguments {
    /// Reads both networks, audits, prints.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        self.check_paths()?;
        let read = self.layers.read(&[&self.victim, &self.copy], |path, choice| self.units.read(path, choice))?;
        let Ok([(victim, _), (copy, _)]) = <[_; 2]>::try_from(read) else {
            return Err(Error::Request("two networks are needed".to_owned()));
        };
        let layered = [lifted(&victim.network).relu_form(), lifted(&copy.network).relu_form()];
        let ends = |network: &Network<Rational>| (network.inputs(), network.outputs());
        if ends(&layered[0]) != ends(&layered[1]) {
            let [a, b] = layered.map(|network| network.sizes());
            return Err(Error::Request(format!(
                "{} is {a} and {} is {b}: inputs and outputs must be the same",
                self.victim.display(),
                self.copy.display()
            )));
        }
        let inputs = layered[0].inputs();
        let shallow = |network: Network<Rational>| Shallow::try_from(network).ok();
        let direct = shallow(layered[0].clone()).zip(shallow(layered[1].clone()));
        // As they are read, for certificates.
        let stated = shallow(lifted(&victim.network)).zip(shallow(lifted(&copy.network)));
        if direct.is_none() {
            self.check_deep()?;
        }
        let points = self.data.as_ref().map(|path| format::read_inputs(path, inputs)).transpose()?;
        let (domain, words) = self.domain(inputs)?;
        let start = Instant::now();
        let mut subject = AuditSubject {
            victim: described(&self.victim, &victim),
            copy: described(&self.copy, &copy),
            domain: words,
            claim: self.claim.clone(),
            unit: self.unit.clone(),
            free: self.output_scale == Scale::Free,
            closed: false,
            range_cut: false,
            seconds: 0.0,
        };
        if let (None, Some((first, second))) = (&domain, &direct) {
            let comparison = audit::compare(first, second, &self.output_scale);
            subject.seconds = start.elapsed().as_secs_f64();
            let record = AuditRecord::everywhere(&subject, &comparison);
            if let (Some(path), Some((victim, copy))) = (&self.certificate, &stated) {
                let parties = (party(&subject.victim, victim), party(&subject.copy, copy));
                write_certificate(path, comparison.certificate(&parties.0, &parties.1))?;
            }
            let witness = match &comparison {
                audit::Comparison::Different { witness, .. } => witness.as_slice(),
                audit::Comparison::Equal { .. } => &[],
            };
            return self.finish(&record, witness);
        }
        let domain = domain.ok_or_else(|| Error::Request(format!("--domain all: {ONE_HIDDEN_LAYER}")))?;
        let interrupted = progress::interrupt("stopping with what holds so far; again to end at once")?;
        let bar = progress::spinner(self.quiet);
        let told = |upper: &Rational, lower: &Rational| {
            if let Some(bar) = &bar {
                bar.set_message(format!("between 2^{:.4} and 2^{:.4}", lower.log2(), upper.log2()));
            }
        };
        // What comes last has its part of the time, too.
        let whole = Duration::from_secs_f64(self.time);
        let for_labels = if points.is_some() { whole / LABEL_SHARE } else { Duration::ZERO };
        let (for_range, end) = (whole / RANGE_SHARE, start + whole);
        let control = Control {
            gap: self.gap,
            deadline: end - for_labels - for_range,
            interrupted: &interrupted,
            claim: self.claim.clone().map(|claim| (claim, self.unit.clone())),
            progress: &told,
            keep: self.certificate.is_some(),
        };
        let result = match (&direct, &self.output_scale) {
            (Some((first, second)), scale) => audit::audit(first, second, &domain, scale, &control),
            (None, Scale::Fixed(scale)) => {
                let deep = audit::audit_layered(&layered[0], &layered[1], &domain, scale, &control);
                deep.map_err(|e| Error::Request(e.to_string()))?
            }
            (None, Scale::Free) => return Err(Error::Request(format!("--output-scale free: {ONE_HIDDEN_LAYER}"))),
        };
        let quiet = |_: &Rational, _: &Rational| {};
        let deadline = (Instant::now() + for_range).min(end - for_labels);
        let late = Control { gap: 1.0 / 64.0, deadline, claim: None, progress: &quiet, keep: false, ..control };
        let range = match &direct {
            Some((first, _)) => audit::output_range(first, &domain, &late, for_range),
            None => Some(audit::output_range_layered(&layered[0], &domain, &late)),
        };
        subject.range_cut = late.is_over() && range.as_ref().is_none_or(|(least, most)| !late.is_closed(most, least));
        let labels = points.map(|points| {
            let late = Control { deadline: end, claim: None, progress: &quiet, ..control };
            audit::agreement([&layered[0], &layered[1]], &points, &domain, &result, &late, &|compared| {
                if let Some(bar) = &bar {
                    bar.set_message(format!("labels of {compared} of {} inputs", points.len()));
                }
            })
        });
        if let (Some(path), Some((victim, copy))) = (&self.certificate, &stated) {
            let (victim, copy) = (party(&subject.victim, victim), party(&subject.copy, copy));
            write_certificate(path, result.certificate(&victim, &copy, &domain, subject.free).map(Some))?;
        }
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        subject.closed = late.has_closed(self.gap, &result);
        subject.seconds = start.elapsed().as_secs_f64();
        let record = AuditRecord::on_box(&subject, &result, range.as_ref(), labels);
        self.finish(&record, &result.witnesses)
    }

    /// Errors where something is asked for that networks of one hidden layer alone have.
    fn check_deep(&self) -> Result<(), Error> {
        let asked = [
            ("--domain all", matches!(self.domain, DomainChoice::All)),
            ("--output-scale free", self.output_scale == Scale::Free),
            ("--certificate", self.certificate.is_some()),
        ];
        match asked.into_iter().find(|(_, asked)| *asked) {
            Some((option, _)) => Err(Error::Request(format!("{option}: {ONE_HIDDEN_LAYER}"))),
            None => Ok(()),
        }
    }

    /// Errors now rather than after a long search.
    fn check_paths(&self) -> Result<(), Error> {
        let written = [self.witness.as_deref(), self.certificate.as_deref(), self.json.as_deref()];
        written.into_iter().flatten().try_for_each(format::check_writable)?;
        let read = [Some(&*self.victim), Some(&*self.copy), self.data.as_deref()];
        let same =
            |a: &Path, b: &Path| a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
        for (i, path) in written.iter().enumerate() {
            let Some(path) = path.filter(|path| *path != Path::new("-")) else { continue };
            if read.iter().chain(&written[..i]).flatten().any(|other| same(path, other)) {
                return Err(Error::Request(format!("{} is named twice: choose two files", path.display())));
            }
        }
        for (option, path) in [("--witness", &self.witness), ("--certificate", &self.certificate)] {
            if path.as_deref() == Some(Path::new("-")) {
                return Err(Error::Request(format!("{option} -: name a file")));
            }
        }
        Ok(())
    }

    /// The domain, `None` for all of ℝ^d, in words too.
    fn domain(&self, inputs: usize) -> Result<(Option<Domain>, String), Error> {
        let refused = |e: audit::DomainError| Error::Request(format!("--domain: {e}"));
        match &self.domain {
            DomainChoice::All => Ok((None, format!("all of R^{inputs}"))),
            DomainChoice::Interval(lower, upper) => {
                Ok((Some(Domain::cube(lower, upper, inputs).map_err(refused)?), format!("[{lower}, {upper}]^{inputs}")))
            }
            DomainChoice::File(path) => {
                let (lower, upper) = format::read_box(path)?;
                let lift = |ends: Vec<f64>| ends.into_iter().map(|x| Rational::lift(x, ())).collect();
                let domain = Domain::new(lift(lower), lift(upper), inputs).map_err(refused)?;
                Ok((Some(domain), format!("the box of {}", path.display())))
            }
        }
    }

    fn finish(&self, record: &AuditRecord, witnesses: &[Witness]) -> Result<ExitCode, Error> {
        if let Some(path) = &self.witness {
            let floats = |witness: &Witness| witness.input.iter().map(|x| f64::nearest(x, ())).collect();
            let points: Vec<Vec<f64>> = witnesses.iter().map(floats).collect();
            match points.is_empty() {
                true => tell(format!("{}: not written, there is no witness", path.display())),
                false => format::write_inputs(path, &points)?,
            }
        }
        let text = || if self.quiet { format!("{}\n", record.verdict) } else { report::audit(record) };
        output::publish(self.json.as_deref(), record, text)?;
        Ok(ExitCode::from(match record.answer {
            AuditAnswer::Proved => 0,
            AuditAnswer::Refuted => 1,
            AuditAnswer::Open => super::NO_ANSWER,
        }))
    }
}

fn party<'a>(network: &NetworkRecord, exact: &'a Shallow<Rational>) -> Audited<'a> {
    Audited { network: exact, name: network.source.clone(), sha256: network.sha256.clone() }
}

/// Writes a certificate that was accepted; says on stderr where there is none.
fn write_certificate(path: &Path, certificate: Result<Option<AuditCertificate>, Refusal>) -> Result<(), Error> {
    let name = path.display();
    let refused = |e| Error::Request(format!("{name}: the certificate was not accepted, a defect: {e}"));
    match certificate.map_err(refused)? {
        Some(certificate) => format::write_atomically(path, &certificate.bytes())?,
        None => tell(format!("{name}: not written, no input was found at which the networks differ")),
    }
    Ok(())
}

fn lifted(network: &Network<f64>) -> Network<Rational> {
    network.map(|x| Rational::lift(*x, ()))
}

fn described(path: &Path, network: &Victim<Network<f64>>) -> NetworkRecord {
    let file = format::displayed(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (layers, notes) = (network.layers.clone(), network.notes.clone());
    NetworkRecord { layers, notes, ..NetworkRecord::named(file, network, network.network.sizes()) }
}
