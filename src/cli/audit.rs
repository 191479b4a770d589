//! `exactract audit`: two networks and a claim.

use super::domain::DomainChoice;
use super::{Error, audit_certificate, audit_next, layers, number, output, progress, tell};
use crate::audit::{self, CertificateError, Claim, Control, History, Scale, Witness};
use crate::format::{self, Victim};
use crate::net::{Activation, Network, Shallow};
use crate::num::{Exact, Rational, Scalar};
use crate::record::{AuditAnswer, AuditRecord, AuditSubject, NetworkRecord};
use crate::report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Why an option is refused.
const ONE_HIDDEN_LAYER: &str = "only for two networks with one hidden layer";
/// Parts of the time, as one over this, that may go to the victim's output range and to labels.
const RANGE_SHARE: u32 = 8;
const LABEL_SHARE: u32 = 8;
/// How close bounds are brought, in bits: without a claim, and after one is decided.
const GAP: f64 = 1e-6;
const CITABLE: f64 = 1.0;
/// The part of the time, as one over this, that may go into the bounds after a claim is decided.
const CITABLE_SHARE: u32 = 4;

/// Audit a copy: bound the largest difference of two networks on a box, or prove them equal everywhere
///
/// The upper bound is proved in exact arithmetic, the lower one is reached at an input that is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the claim is proved (without one: both bounds are stated; with --domain all: \
                        the networks are equal); 1 it is refuted (they are not); 2 bad request; 3 the claim is open, \
                        or the search was interrupted.")]
pub(super) struct Arguments {
    /// Network file of the victim, of any depth; - for standard input
    victim: PathBuf,
    /// Network file of the copy, of any depth
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
    /// Unit of the claim and of the differences reported, in units of the victim's outputs: with 3.54, a claim of
    /// 0.05 says that no output is off by more than 0.177
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = unit)]
    unit: Unit,
    /// Inputs on which labels are compared, and whose differences count where they lie in the domain: a .npz of x, X, images, inputs or data, [n, ...]
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
    /// Go on until the bounds are this close, in bits. Without it, until 1e-6; with a claim, until it is decided and,
    /// for another quarter of --time at most, the bounds are within 1
    #[arg(long, value_name = "BITS", value_parser = number::not_negative)]
    gap: Option<f64>,
    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = number::seconds)]
    time: f64,
    /// Print the verdict only, and no progress
    #[arg(long, short)]
    quiet: bool,
}

fn scale(text: &str) -> Result<Scale, String> {
    match text {
        "free" => Ok(Scale::Free),
        "fixed" => Ok(Scale::Fixed(Rational::integer(1))),
        text => number::exactly_positive(text).map(Scale::Fixed).map_err(|e| format!("{e}; or fixed, or free")),
    }
}

/// A unit, and how it was written.
#[derive(Clone, Debug)]
struct Unit {
    text: String,
    value: Rational,
}

fn unit(text: &str) -> Result<Unit, String> {
    Ok(Unit { text: text.trim().to_owned(), value: number::exactly_positive(text)? })
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
        let as_read = [lifted(&victim.network), lifted(&copy.network)];
        if direct.is_none() {
            self.check_deep(&as_read)?;
        }
        let points = self.data.as_ref().map(|path| format::read_inputs(path, inputs)).transpose()?;
        let (domain, words) = self.domain.read(inputs)?;
        if let (None, Some(claim)) = (&domain, &self.claim) {
            let what = "a claim is about a box, and --domain all asks whether the networks are equal: leave one out";
            return Err(Error::Request(format!("--claim {claim}: {what}")));
        }
        let start = Instant::now();
        let mut subject = AuditSubject {
            victim: described(&self.victim, &victim),
            copy: described(&self.copy, &copy),
            domain: words,
            claim: self.claim.clone(),
            unit: self.unit.value.clone(),
            unit_written: self.unit.text.clone(),
            free: self.output_scale == Scale::Free,
            closed: false,
            interrupted: false,
            fit: None,
            moments: Vec::new(),
            segment: None,
            certified: None,
            range_cut: false,
            seconds: 0.0,
        };
        let Some(domain) = domain else {
            let compared = match (&direct, &self.output_scale) {
                (Some((first, second)), scale) => Ok(audit::compare(first, second, scale)),
                (None, Scale::Fixed(scale)) => {
                    audit::compare_layered(&layered[0], &layered[1], scale).map_err(audit::LayeredError::from)
                }
                (None, Scale::Free) => Err(audit::LayeredError::FreeScale),
            };
            let comparison = compared.map_err(|e| Error::Request(e.to_string()))?;
            subject.seconds = start.elapsed().as_secs_f64();
            let record = AuditRecord::everywhere(&subject, &comparison);
            if let (Some(path), Some((victim, copy))) = (&self.certificate, &stated) {
                let parties = [(&subject.victim, victim), (&subject.copy, copy)];
                audit_certificate::everywhere(path, parties, &comparison)?;
            }
            let witness = match &comparison {
                audit::Comparison::Different { witness, .. } => witness.as_slice(),
                audit::Comparison::Equal { .. } | audit::Comparison::Undecided { .. } => &[],
            };
            let is_equal = matches!(comparison, audit::Comparison::Equal { .. });
            let is_certified = stated.is_some() && (is_equal || !witness.is_empty());
            return self.finish(&record, witness, (direct.is_none(), is_certified));
        };
        let pair = [&layered[0], &layered[1]];
        let interrupted = progress::interrupt("stopping with what holds so far; again to end at once")?;
        let bar = progress::spinner(self.quiet);
        let history = History::new(start);
        let told = |upper: &Rational, lower: &Rational| {
            history.push(upper, lower);
            if let Some(bar) = &bar {
                bar.set_message(format!("between 2^{:.4} and 2^{:.4}", lower.log2(), upper.log2()));
            }
        };
        // What comes last has its part of the time, too.
        let whole = Duration::from_secs_f64(self.time);
        let for_labels = if points.is_some() { whole / LABEL_SHARE } else { Duration::ZERO };
        let (for_range, end) = (whole / RANGE_SHARE, start + whole);
        let control = Control {
            gap: self.gap.unwrap_or(if self.claim.is_some() { CITABLE } else { GAP }),
            more: if self.gap.is_some() { whole } else { whole / CITABLE_SHARE },
            deadline: end - for_labels - for_range,
            interrupted: &interrupted,
            claim: self.claim.clone().map(|claim| (claim, self.unit.value.clone())),
            progress: &told,
            keep: self.certificate.is_some(),
        };
        let audited = audit::audit_networks(&layered[0], &layered[1], &domain, &self.output_scale, &control);
        let mut result = audited.map_err(|e| Error::Request(e.to_string()))?;
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
            let told = |compared: usize| {
                if let Some(bar) = &bar {
                    bar.set_message(format!("labels of {compared} of {} inputs", points.len()));
                }
            };
            let (labels, witnesses) = audit::agreement(pair, &points, &domain, &result, &late, &told);
            result.learn(&witnesses, subject.free);
            labels
        });
        if let Scale::Fixed(scale) = &self.output_scale {
            subject.fit = Some(audit::fit(pair, &domain, scale));
        }
        subject.moments = history.moments(&result.upper, &result.lower);
        if let (Some(_), Some(witness)) = (&self.json, result.witnesses.first()) {
            subject.segment = Some(audit::segment(pair, &domain, &result.scale, witness));
        }
        let claim = self.claim.as_ref().map(|claim| (claim, &*self.unit.text));
        subject.certified = match (&self.certificate, &stated, &direct) {
            (Some(path), Some((victim, copy)), _) => {
                let parties = [(&subject.victim, victim), (&subject.copy, copy)];
                audit_certificate::shallow(path, parties, (&result, &domain, subject.free), claim)?
            }
            (Some(path), None, None) => {
                let parties = [(&subject.victim, &as_read[0]), (&subject.copy, &as_read[1])];
                audit_certificate::deep(path, parties, (&result, &domain), claim)?
            }
            _ => None,
        };
        // The checker derives its bound in other arithmetic: both hold.
        if let Some(certified) = subject.certified.as_ref().filter(|certified| certified.upper < result.upper) {
            result.upper = certified.upper.clone();
        }
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        subject.closed = late.has_closed(control.gap, &result);
        subject.interrupted = interrupted.load(Ordering::Relaxed);
        subject.seconds = start.elapsed().as_secs_f64();
        let record = AuditRecord::on_box(&subject, &result, range.as_ref(), labels);
        self.finish(&record, &result.witnesses, (direct.is_none(), record.certified.is_some()))
    }

    /// Errors where something is asked for that networks of one hidden layer alone have.
    fn check_deep(&self, networks: &[Network<Rational>]) -> Result<(), Error> {
        let all = matches!(self.domain, DomainChoice::All);
        let asked = [
            ("--domain all with --certificate", all && self.certificate.is_some()),
            ("--output-scale free", self.output_scale == Scale::Free),
        ];
        let is_relu = |network: &Network<Rational>| network.activations().iter().all(Activation::is_relu);
        if self.certificate.is_some() && !networks.iter().all(is_relu) {
            return Err(Error::Request(format!("--certificate: {}", CertificateError::Activation)));
        }
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

    /// Writes what was asked for, and says the answer. `deep`: networks that do not both have one hidden layer.
    /// `certified`: whether a certificate was written.
    fn finish(
        &self,
        record: &AuditRecord,
        witnesses: &[Witness],
        (deep, certified): (bool, bool),
    ) -> Result<ExitCode, Error> {
        if let Some(path) = &self.witness {
            let floats = |witness: &Witness| witness.input.iter().map(|x| f64::nearest(x, ())).collect();
            let points: Vec<Vec<f64>> = witnesses.iter().map(floats).collect();
            match points.is_empty() {
                true => tell(format!("{}: not written, there is no witness", path.display())),
                false => format::write_inputs(path, &points)?,
            }
        }
        let arguments: Vec<String> = std::env::args_os().skip(1).map(|x| x.to_string_lossy().into_owned()).collect();
        let certified = self.certificate.as_deref().filter(|_| certified);
        let certified = certified.map(|certificate| [certificate, &self.victim, &self.copy]);
        let next = || audit_next::of(record, &arguments, (deep, self.time), certified);
        let text = || if self.quiet { format!("{}\n", record.verdict) } else { report::audit(record) + &next() };
        output::publish(self.json.as_deref(), record, text)?;
        Ok(ExitCode::from(match record.answer {
            AuditAnswer::Proved | AuditAnswer::Bounded => 0,
            AuditAnswer::Refuted => 1,
            AuditAnswer::Open => super::NO_ANSWER,
        }))
    }
}

fn lifted(network: &Network<f64>) -> Network<Rational> {
    network.map(|x| Rational::lift(*x, ()))
}

fn described(path: &Path, network: &Victim<Network<f64>>) -> NetworkRecord {
    let file = format::displayed(path).display().to_string();
    let (layers, notes) = (network.layers.clone(), network.notes.clone());
    NetworkRecord { layers, notes, ..NetworkRecord::named(file, network, network.network.sizes()) }
}
