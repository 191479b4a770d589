//! `audit --certificate` and `check`, and audits of the program's own runs, as a user calls them.

use crate::common::{Answer, exactract};
use exactract::audit::{Comparison, Scale, compare};
use exactract::certificate::{AuditCertificate, Certificate, Weights as Stated};
use exactract::format;
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, random};
use exactract::num::{Exact, Rational, Scalar};
use exactract_check::{StatedClaim, Verdict};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

struct Files {
    folder: tempfile::TempDir,
    victim: PathBuf,
    copy: PathBuf,
}

impl Files {
    /// A victim, and a copy with every weight off by about 2^-20 of itself.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let network = random("4-3-2".parse().unwrap(), 1, Dtype::F64);
        let mut index = 0u32;
        let near = network.map(|w| {
            index += 1;
            w * (1.0 + f64::from(index % 3) / 1_048_576.0)
        });
        let (victim, copy) = (folder.path().join("v.npz"), folder.path().join("c.npz"));
        format::write(&victim, &network, Dtype::F64).unwrap();
        format::write(&copy, &near, Dtype::F64).unwrap();
        Self { folder, victim, copy }
    }

    fn audit(&self, copy: &Path, options: &str, certificate: &Path) -> Answer {
        let more: [&OsStr; 4] = [self.victim.as_ref(), copy.as_ref(), "--certificate".as_ref(), certificate.as_ref()];
        exactract(&format!("audit -q {options}"), &more)
    }
}

fn check(certificate: &Path, more: &[&OsStr]) -> Answer {
    exactract("check", &[&[certificate.as_os_str()], more].concat())
}

fn number(text: &str) -> Rational {
    <Rational as Exact>::parse(text).unwrap()
}

#[test]
fn an_audit_leaves_a_certificate_that_holds() {
    let files = Files::new();
    let path = files.folder.path().join("a.json");
    for (options, said) in [
        ("", "a difference of at least 2^-"),
        ("--output-scale free", "whatever the positive scale"),
        (
            "--domain 0,1/2 --output-scale 1.5",
            "domain     [0, 1/2]^4\nat least   shown at an input of the domain: a difference of",
        ),
        ("--time 0", "at most    shown at every input of the domain: the copy within 2^"),
        ("--domain all", "at least   shown at an input of R^4"),
    ] {
        let answer = files.audit(&files.copy, options, &path);
        assert!(matches!(answer.status, Some(0 | 1 | 3)) && answer.stderr.is_empty(), "{options}: {answer:?}");
        let both = ["--victim".as_ref(), files.victim.as_os_str(), "--copy".as_ref(), files.copy.as_os_str()];
        let checked = check(&path, &both);
        assert_eq!(checked.status, Some(0), "{options}: {checked:?}");
        let lines = checked.stdout.replace("\n           ", " ");
        assert!(checked.stdout.contains(said) || lines.contains(said), "{options}: {checked:?}");
        assert_eq!(checked.stdout.matches("hash and weights are those of the file given").count(), 2, "{checked:?}");
        assert!(checked.stdout.ends_with("The certificate holds.\n"), "{checked:?}");
    }
    let answer = files.audit(&files.victim, "--domain all", &path);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let checked = check(&path, &[]);
    assert!(checked.stdout.contains("equality   shown on all of R^4: the copy is the victim"), "{checked:?}");
    assert!(checked.stdout.contains("not compared: give the file to --copy"), "{checked:?}");
}

#[test]
fn the_bounds_of_a_certificate_are_those_of_the_audit() {
    let files = Files::new();
    let path = files.folder.path().join("a.json");
    let record = files.audit(&files.copy, "--json -", &path).json();
    let stated = AuditCertificate::parse(&std::fs::read(&path).unwrap()).unwrap();
    let value = |name: &str| record["difference"][name]["value"].as_f64().unwrap();
    let near = |x: f64, text: &str| (f64::nearest(&number(text), ()) / x - 1.0).abs() < 1e-6;
    assert!(near(value("lower"), &stated.at_least.unwrap().bound));
    let outputs = stated.at_most.unwrap().outputs;
    let largest = outputs.iter().map(|proof| number(&proof.bound)).max().unwrap();
    assert!(near(value("upper"), &largest.to_string()));
}

#[test]
fn what_does_not_hold_is_refused() {
    let files = Files::new();
    let path = files.folder.path().join("a.json");
    files.audit(&files.copy, "", &path);
    let other = check(&path, &["--copy".as_ref(), files.victim.as_os_str()]);
    assert_eq!(other.status, Some(1), "{other:?}");
    let said = "the copy is not the file given to --copy: ";
    assert!(
        other.stdout.starts_with(said) && other.stdout.replace('\n', " ").contains("The file is that of the victim"),
        "{other:?}"
    );
    assert!(other.stdout.ends_with("is not about the file given.\n"), "{other:?}");
    let mut forged = AuditCertificate::parse(&std::fs::read(&path).unwrap()).unwrap();
    forged.at_most.as_mut().unwrap().outputs[1].bound = "1/1099511627776".to_owned();
    std::fs::write(&path, forged.sealed().bytes()).unwrap();
    let answer = check(&path, &[]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(answer.stdout.contains("at_most: the bound of output 1 is less than what the cells give"), "{answer:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"above\"", "\"over\"", 1)).unwrap();
    assert_eq!(check(&path, &[]).status, Some(2));
    for (options, said) in [("--coq .", "no form for Coq"), ("--copy none.npz", "none.npz")] {
        files.audit(&files.copy, "", &path);
        let options: Vec<&OsStr> = options.split(' ').map(OsStr::new).collect();
        let answer = check(&path, &options);
        assert!(answer.status == Some(2) && answer.stderr.contains(said), "{answer:?}");
    }
}

/// The networks of a run, audited: the exact one is the victim, and the f64 one as far off as its certificate
/// says or less.
#[test]
fn runs_and_audits_agree() {
    let files = Files::new();
    let path = |name: &str| files.folder.path().join(name);
    let (saved, run, audit) = (path("f64.npz"), path("run.json"), path("audit.json"));
    let more: [&OsStr; 5] =
        [files.victim.as_ref(), "--save".as_ref(), saved.as_ref(), "--certificate".as_ref(), run.as_ref()];
    assert_eq!(exactract("run -q", &more).status, Some(0));
    let stated = Certificate::parse(&std::fs::read(&run).unwrap()).unwrap();
    let bound = stated.near.unwrap().bounds.iter().map(|text| number(text)).max().unwrap();
    let record = files.audit(&saved, "--json -", &audit).json();
    let value = |name: &str| Rational::lift(record["difference"][name]["value"].as_f64().unwrap(), ());
    assert!(value("upper") <= bound, "{} {}", value("upper").log2(), bound.log2());
    assert!(value("lower") > Rational::default());
    // Sums over units do not see what cancels: a few bits, not more.
    assert!(value("lower").mul(&Rational::integer(64)) > bound, "{} {}", value("lower").log2(), bound.log2());
    assert_eq!(check(&audit, &[]).status, Some(0));
    let exact = network(&stated.equality.unwrap().copy);
    let victim = format::read_shallow(&files.victim).unwrap().network.map(|w| Rational::lift(*w, ()));
    let equal = Comparison::Equal { scale: Rational::integer(1) };
    assert_eq!(compare(&victim, &exact, &Scale::Fixed(Rational::integer(1))), equal);
}

/// Weights of few bits are found exactly, and the audit says so.
#[test]
fn a_snapped_run_is_the_victim() {
    let files = Files::new();
    let (victim, saved) = (files.folder.path().join("f32.npz"), files.folder.path().join("snapped.npz"));
    format::write(&victim, &random("4-3-2".parse().unwrap(), 1, Dtype::F32), Dtype::F32).unwrap();
    let more: [&OsStr; 3] = [victim.as_ref(), "--save".as_ref(), saved.as_ref()];
    assert_eq!(exactract("run -q --strategy walk --polish --snap f32", &more).status, Some(0));
    let answer = exactract("audit --domain all", &[victim.as_ref(), saved.as_ref()]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    assert!(answer.stdout.contains("the same function on all inputs"), "{answer:?}");
}

/// The network that a certificate states.
fn network(weights: &Stated) -> Shallow<Rational> {
    let vector = |values: &Vec<String>| values.iter().map(|x| number(x)).collect::<Vec<_>>();
    let rows = |rows: &Vec<Vec<String>>| Matrix::from_rows(rows[0].len(), rows.iter().map(vector).collect()).unwrap();
    let (hidden, output) = (rows(&weights.hidden), rows(&weights.output));
    Shallow::new(hidden, vector(&weights.hidden_bias), output, vector(&weights.output_bias)).unwrap()
}

/// The answer of an audit and that of the check of its certificate are the same sentence, with the claim in it.
#[test]
fn a_check_says_what_the_audit_said() {
    let files = Files::new();
    let path = files.folder.path().join("a.json");
    let plain = |text: &str| text.replace('\n', " ");
    for (options, word) in [
        ("--claim 0.01", "is proved: at most 2^-"),
        ("--claim 2^-40.5", "is refuted: at least 2^-"),
        ("--claim 1/65536 --unit 0.75", "in units of 0.75 is "),
        ("--claim 0.0000025 --time 0", "The claim 0.0000025 (about 2^-18.6096) is "),
        ("--output-scale free --claim 2^-40", "is refuted"),
        ("--gap 4", "The largest difference is between 2^-"),
    ] {
        let answer = files.audit(&files.copy, options, &path);
        let checked = check(&path, &[]);
        assert_eq!(checked.status, Some(0), "{options}: {checked:?}");
        assert!(answer.stdout.contains(word), "{options}: {answer:?}");
        assert!(plain(&checked.stdout).contains(answer.stdout.trim()), "{options}: {answer:?} {checked:?}");
        assert_eq!(options.contains("--claim"), checked.stdout.contains("\nclaim      "), "{options}: {checked:?}");
    }
}

/// Another claim, another unit or another verdict is refused, and so is a certificate of another version.
#[test]
fn no_other_claim_is_accepted() {
    let files = Files::new();
    let path = files.folder.path().join("a.json");
    files.audit(&files.copy, "--claim 0.01", &path);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(check(&path, &[]).status, Some(0));
    let stated = AuditCertificate::parse(text.as_bytes()).unwrap();
    let refused = |change: &dyn Fn(&mut StatedClaim), status: i32, said: &str| {
        let mut forged = stated.clone();
        change(forged.claim.as_mut().unwrap());
        std::fs::write(&path, forged.bytes()).unwrap();
        assert_eq!(check(&path, &[]).status, Some(2), "the seal");
        std::fs::write(&path, forged.sealed().bytes()).unwrap();
        let answer = check(&path, &[]);
        assert_eq!(answer.status, Some(status), "{answer:?}");
        assert!(format!("{}{}", answer.stdout, answer.stderr).contains(said), "{answer:?}");
    };
    refused(&|claim| claim.verdict = Verdict::Refuted, 1, "claim: stated as refuted; by the bounds, the claim 0.01");
    refused(&|claim| claim.verdict = Verdict::Open, 1, "is proved");
    refused(&|claim| claim.bound = "2^-40".to_owned(), 1, "claim: stated as proved; by the bounds");
    refused(&|claim| claim.unit = "1/1099511627776".to_owned(), 1, "claim: stated as proved; by the bounds");
    refused(&|claim| claim.unit = "0".to_owned(), 2, "is no unit");
    refused(&|claim| claim.bound = "small".to_owned(), 2, "is no number");
    for (new, old) in [("audit/2", "audit/1"), ("audit/2", "audit/3")] {
        std::fs::write(&path, text.replacen(new, old, 1)).unwrap();
        let answer = check(&path, &[]);
        let said = format!("layout 'exactract/certificate/{old}', and this program reads exactract/certificate/1, ");
        assert!(answer.status == Some(2) && answer.stderr.contains(&said), "{answer:?}");
    }
}

/// The files that a certificate names are those of the user, as they were named.
#[test]
fn files_are_named_as_they_were_given() {
    let files = Files::new();
    let path = files.folder.path().join("a.json");
    files.audit(&files.copy, "", &path);
    let stated = AuditCertificate::parse(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(stated.victim.name, files.victim.display().to_string());
    let sha256 = format::sha256(&[&std::fs::read(&files.copy).unwrap()]);
    assert_eq!(stated.copy.sha256, sha256);
}
