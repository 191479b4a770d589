//! Victims of other activations than ReLU, as a user meets them: extracted, certified, checked, audited, refused.

use crate::common::exactract;
use exactract::certificate::Certificate;
use exactract::format::{self, Dtype};
use exactract::net::{Family, Shallow, random};
use exactract_check::Activation;
use std::fs;

fn victim(family: Family, seed: u64) -> Shallow<f64> {
    let plain = random("6-4-2".parse().unwrap(), seed, Dtype::F64);
    plain.with_activation(family.draw(4, seed)).unwrap()
}

/// Whether the kernel accepts the equality in this folder, where Coq is installed and the proofs are built.
fn kernel_accepts(folder: &std::path::Path) -> Option<bool> {
    let theories = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/theories");
    let mut coqc = std::process::Command::new("coqc");
    theories.join("Load.vo").is_file().then_some(())?;
    let output = coqc.arg("-Q").arg(theories).arg("Exactract").arg(folder.join("equality.v")).output().ok()?;
    Some(output.status.success())
}

#[test]
fn from_a_file_to_a_certificate_that_holds() {
    let families = [Family::Leaky(0.25), Family::Leaky(0.01), Family::Parametric, Family::Clip(0.0, 6.0), Family::Abs];
    for (seed, family) in families.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let [file, copy, certificate] = ["v.onnx", "copy.onnx", "c.json"].map(at);
        format::write(&file, &victim(family, seed as u64), Dtype::F64).unwrap();
        let run = exactract(
            "run -q --box=-1,1 --save",
            &[copy.as_os_str(), "--certificate".as_ref(), certificate.as_os_str(), file.as_os_str()],
        );
        assert_eq!(run.status, Some(0), "{family}: {run:?}");
        let check = exactract(
            "check --victim",
            &[file.as_os_str(), certificate.as_os_str(), "--coq".as_ref(), folder.path().as_os_str()],
        );
        assert_eq!(check.status, Some(0), "{family}: {check:?}");
        for said in ["equality   shown on all of R^6", "box        shown on [-1, 1]^6", "hash and weights are those"] {
            assert!(check.stdout.contains(said), "{family}: {}", check.stdout);
        }
        if family != Family::Leaky(0.01) {
            assert_ne!(kernel_accepts(folder.path()), Some(false), "{family}");
        }
        // Another network than the file's, and another activation than the one that was certified.
        let other = at("other.onnx");
        let family_of_other = if family == Family::Abs { Family::Relu } else { Family::Abs };
        format::write(&other, &victim(family_of_other, seed as u64), Dtype::F64).unwrap();
        let wrong = exactract("check --victim", &[other.as_os_str(), certificate.as_os_str()]);
        assert_eq!(wrong.status, Some(1), "{family}: {wrong:?}");
        assert!(
            wrong.stdout.contains("is not the file given: its activation is another"),
            "{family}: {}",
            wrong.stdout
        );
        let mut forged = Certificate::parse(&fs::read(&certificate).unwrap()).unwrap();
        forged.victim.network.activation = match forged.victim.network.activation {
            Some(Activation::Leaky(_)) => Some(Activation::Leaky("1/3".to_owned())),
            _ => Some(Activation::Leaky("1/4".to_owned())),
        };
        fs::write(at("forged.json"), forged.sealed().bytes()).unwrap();
        assert_ne!(exactract("check", &[at("forged.json").as_os_str()]).status, Some(0), "{family}");
        // The copy is the victim to some bits, and the audit's certificate says how many.
        let audited = at("audit.json");
        let audit =
            exactract("audit -q --gap 2 --certificate", &[audited.as_os_str(), file.as_os_str(), copy.as_os_str()]);
        assert_eq!(audit.status, Some(0), "{family}: {audit:?}");
        let check =
            exactract("check --victim", &[file.as_os_str(), "--copy".as_ref(), copy.as_os_str(), audited.as_os_str()]);
        assert_eq!(check.status, Some(0), "{family}: {check:?}");
    }
}

/// A random victim is made again with its activation, by the checker's own reading of its name.
#[test]
fn a_random_victim_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("c.json");
    let run =
        exactract("run -q --random 5-3-1 --seed 2 --activation leaky:0.25 --certificate", &[certificate.as_os_str()]);
    assert_eq!(run.status, Some(0), "{run:?}");
    let check = exactract("check", &[certificate.as_os_str()]);
    assert_eq!(check.status, Some(0), "{check:?}");
    assert!(check.stdout.contains("the random network of seed 2, made again"), "{}", check.stdout);
}

#[test]
fn what_a_file_does_not_say_the_user_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("v.npz");
    format::write(&file, &random("6-4-2".parse().unwrap(), 0, Dtype::F64), Dtype::F64).unwrap();
    let report = exactract("run -v --activation leaky:0.25", &[file.as_os_str()]);
    assert_eq!(report.status, Some(0), "{report:?}");
    assert!(report.stdout.contains("6-4-2 leaky:0.25, 38 parameters"), "{}", report.stdout);
    // The same weights are another function with another activation.
    let audit = exactract("audit -q --domain all --activation leaky:0.25", &[file.as_os_str(), file.as_os_str()]);
    assert!(audit.stdout.contains("same function"), "{audit:?}");
    let onnx = folder.path().join("v.onnx");
    format::write(&onnx, &random("6-4-2".parse().unwrap(), 0, Dtype::F64), Dtype::F64).unwrap();
    let audit = exactract("audit -q --activation leaky:0.25", &[file.as_os_str(), onnx.as_os_str()]);
    assert_eq!(audit.status, Some(2), "{audit:?}");
    assert!(audit.stderr.contains("has activation relu; leaky:0.25 was asked for"), "{audit:?}");
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let cases = [
        ("--activation leaky:1", "a slope of 1 is no kink"),
        ("--activation gelu", "is not piecewise linear"),
        ("--activation hardswish", "is not piecewise linear"),
        ("--activation sigmoid", "is not piecewise linear"),
        ("--activation tanh", "is not piecewise linear"),
        ("--activation step", "is no activation: write relu, leaky:0.01"),
        ("--activation identity", "its answers are affine, and show no units"),
        ("--activation relu6 --polish", "for polish the victim must be a ReLU network, and its activation is relu6"),
        ("--activation abs --certify", "for certified bounds the victim must be a ReLU network"),
        ("--activation abs --strategy textbook", "for the textbook attack the victim must be a ReLU network"),
        ("--activation relu6 --save copy.npz", "has no place for the activation relu6"),
    ];
    for (options, said) in cases {
        let refused = exactract(&format!("run --random 3-2-1 {options}"), &[]);
        assert_eq!(refused.status, Some(2), "{options}: {refused:?}");
        assert!(refused.stderr.contains(said), "{options}: {}", refused.stderr);
    }
}
