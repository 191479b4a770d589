//! What a check of an audit's certificate found, as aligned text.

use crate::audit_record::{AuditCertificate, Ends};
use crate::check_audit::AuditChecked;
use crate::check_deep::DeepChecked;
use crate::claim::{ClaimChecked, in_units};
use crate::deep_record::DeepCertificate;
use crate::number::{DECIMALS, Turned, magnitude};
use crate::quoted::quoted;
use crate::report::on;
use crate::screen::{COLUMNS, wrapped};
use num_rational::BigRational;
use num_traits::{One as _, ToPrimitive as _};

/// Columns of the names of lines.
const INDENT: usize = 11;
/// Characters of a file's name that are shown.
const MOST_OF_NAME: usize = 72;
/// Intervals of a box that are shown.
const MOST_SHOWN: usize = 3;

/// What certificates of audits have in common.
struct Found<'a> {
    parties: [(&'static str, &'a str, &'a str); 2],
    shapes: &'a [String; 2],
    identity: &'a [String; 2],
    scale: &'a BigRational,
    claim: Option<&'a ClaimChecked>,
    /// The box in words; `None` for all of ℝ^d.
    place: Option<String>,
}

/// A line with its name; what is longer than a screen goes on below.
fn line(name: &str, text: &str) -> String {
    wrapped(&format!("{name:<INDENT$}"), INDENT, text)
}

impl Found<'_> {
    /// Both networks, and what was asked.
    fn head(&self) -> String {
        let mut out = String::new();
        for (index, (who, name, sha256)) in self.parties.iter().enumerate() {
            // A name may hold anything, and a line of it that a screen breaks would look like one of the report.
            let head: String = name.chars().take(MOST_OF_NAME).collect();
            let rest = match name.chars().skip(MOST_OF_NAME).count() {
                0 => String::new(),
                more => format!("; its name goes on for {more} characters"),
            };
            out += &format!("{who:<INDENT$}file named {}\n", quoted(&head));
            out += &line("", &format!("{}{rest}", self.shapes[index]));
            out += &line("", &format!("sha256 {sha256}"));
            out += &line("", &self.identity[index]);
        }
        if let Some(claim) = self.claim {
            out += &line("claim", &format!("the largest difference of an output is at most {}", claim.words()));
        }
        if !self.scale.is_one() {
            out += &line("scale", &format!("the copy's outputs times {}", short(self.scale)));
        }
        let whole = || format!("all of R^{}", self.inputs());
        out + &line("domain", &self.place.clone().unwrap_or_else(whole))
    }

    fn inputs(&self) -> &str {
        self.shapes[0].split('-').next().unwrap_or("d")
    }

    fn times(&self) -> &'static str {
        if self.scale.is_one() { "the copy" } else { "the copy times the scale" }
    }

    /// Where inputs were looked for, in a sentence.
    fn of(&self) -> String {
        if self.place.is_some() { "of the domain".to_owned() } else { format!("of R^{}", self.inputs()) }
    }

    /// A bound in the unit of the claim, in words.
    fn bound(&self, bound: &BigRational, turned: Turned) -> String {
        match self.claim.map(ClaimChecked::unit) {
            None => magnitude(bound, DECIMALS, turned),
            Some((unit, text)) => in_units(&magnitude(&(bound / unit), DECIMALS, turned), text),
        }
    }

    fn at_least(&self, bound: &BigRational, count: usize, every_scale: bool) -> String {
        let bound = self.bound(bound, Turned::Down);
        let inputs = if count == 1 { "an input".to_owned() } else { format!("one of {count} inputs") };
        let scale = if every_scale { ", whatever the positive scale" } else { "" };
        line("at least", &format!("shown at {inputs} {}: a difference of at least {bound}{scale}", self.of()))
    }

    fn at_most(&self, bounds: &[BigRational], by: &str) -> String {
        let largest = bounds.iter().max().map_or_else(String::new, |bound| self.bound(bound, Turned::Up));
        let outputs = if bounds.len() == 1 { String::new() } else { format!(", at each of {} outputs", bounds.len()) };
        let (times, of) = (self.times(), self.of());
        line("at most", &format!("shown at every input {of}: {times} within {largest} of the victim{outputs}"))
            + &line("", by)
    }
}

/// A number: as it is, or where that is long, as a float that is about it.
fn short(x: &BigRational) -> String {
    match x.to_string() {
        text if text.len() <= COLUMNS - 40 => text,
        _ => format!("about {}", x.to_f64().unwrap_or(f64::NAN)),
    }
}

fn tail(sentence: &str, seconds: f64) -> String {
    let seconds = line("seconds", &format!("{seconds:.2}"));
    format!("{seconds}\n{}The certificate holds.\n", wrapped("", 0, sentence))
}

/// The report of an audit's certificate that holds: networks, claim, statements, what they rest on, the answer.
///
/// `identity`: what the networks were compared with, in words.
pub fn audit_report(
    certificate: &AuditCertificate,
    checked: &AuditChecked,
    identity: &[String; 2],
    seconds: f64,
) -> String {
    let AuditCertificate { victim, copy, domain, .. } = certificate;
    let found = Found {
        parties: [("victim", &victim.name, &victim.sha256), ("copy", &copy.name, &copy.sha256)],
        shapes: &checked.shapes,
        identity,
        scale: &checked.scale,
        claim: checked.claim.as_ref(),
        place: domain.as_ref().map(place),
    };
    let mut out = found.head();
    if let Some(sizes) = &checked.equality {
        let (times, inputs) = (found.times(), found.inputs());
        out += &format!("equality   shown on all of R^{inputs}: {times} is the victim\n{}", on(sizes));
    }
    if let (Some(bound), Some(stated)) = (&checked.at_least, &certificate.at_least) {
        out += &found.at_least(bound, stated.inputs.len(), stated.turn.is_some());
    }
    if let Some((bounds, leaves)) = &checked.at_most {
        out += &found.at_most(bounds, &format!("by {leaves} cells"));
    }
    out + &tail(&checked.sentence(), seconds)
}

/// The report of a certificate of an audit of deep networks that holds.
///
/// `identity`: what the networks were compared with, in words.
pub fn deep_report(
    certificate: &DeepCertificate,
    checked: &DeepChecked,
    identity: &[String; 2],
    seconds: f64,
) -> String {
    let DeepCertificate { victim, copy, domain, .. } = certificate;
    let found = Found {
        parties: [("victim", &victim.name, &victim.sha256), ("copy", &copy.name, &copy.sha256)],
        shapes: &checked.shapes,
        identity,
        scale: &checked.scale,
        claim: checked.claim.as_ref(),
        place: Some(place(domain)),
    };
    let mut out = found.head();
    if let (Some(bound), Some(stated)) = (&checked.at_least, &certificate.at_least) {
        out += &found.at_least(bound, stated.inputs.len(), false);
    }
    if let Some((bounds, parts)) = &checked.at_most {
        out += &found.at_most(bounds, &format!("by {parts} parts"));
    }
    out + &tail(&checked.sentence(), seconds)
}

/// A box in words: exact where all of its intervals are one, and a few of them rounded where they are not.
fn place(ends: &Ends) -> String {
    let inputs = ends.lower.len();
    match (&ends.lower[..], &ends.upper[..]) {
        ([lower, more @ ..], [upper, others @ ..])
            if more.iter().all(|x| x == lower) && others.iter().all(|x| x == upper) =>
        {
            format!("[{lower}, {upper}]^{inputs}")
        }
        _ => {
            let float = |text: &String| {
                let exact = text.parse::<BigRational>().ok();
                exact.and_then(|x| x.to_f64()).map_or_else(String::new, |x| format!("{x:.4}"))
            };
            let interval = |(lower, upper): (&String, &String)| format!("[{}, {}]", float(lower), float(upper));
            let shown: Vec<String> = ends.lower.iter().zip(&ends.upper).take(MOST_SHOWN).map(interval).collect();
            let more = if inputs > MOST_SHOWN { ", and so on" } else { "" };
            format!("a box of R^{inputs}, rounded: {}{more}", shown.join(" x "))
        }
    }
}
