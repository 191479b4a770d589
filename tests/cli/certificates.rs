//! `run --certificate` and `check`, as a user calls them.

use assert_cmd::Command;
use exactract::certificate::{Certificate, Source};
use exactract::format::{self, Dtype};
use exactract::net::{Shallow, random};
use exactract::num::{Exact, Rational};
use std::path::{Path, PathBuf};

fn exactract(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("exactract").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A victim's file and the certificate of its run.
fn made(folder: &Path, seed: u64) -> (PathBuf, PathBuf) {
    let (victim, certificate) = (folder.join(format!("v{seed}.npz")), folder.join(format!("c{seed}.json")));
    format::write(&victim, &random("4-3-2".parse().unwrap(), seed, Dtype::F32), Dtype::F32).unwrap();
    let (code, _, errors) = exactract(&["run", text(&victim), "--certificate", text(&certificate), "-q"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    (victim, certificate)
}

/// The certificate with a change, sealed again.
fn forged(path: &Path, name: &str, change: impl FnOnce(&mut Certificate)) -> PathBuf {
    let mut certificate = Certificate::parse(&std::fs::read(path).unwrap()).unwrap();
    change(&mut certificate);
    let path = path.with_file_name(name);
    std::fs::write(&path, certificate.sealed().bytes()).unwrap();
    path
}

#[test]
fn a_run_leaves_a_certificate_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (victim, certificate) = made(folder.path(), 1);
    let (code, out, errors) = exactract(&["check", text(&certificate)]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(
        out.contains("file named 'v1.npz', 4-3-2") && out.contains("not compared: give the file to --victim"),
        "{out}"
    );
    assert!(out.contains("equality   shown on all of R^4") && out.contains("box        shown on [-1, 1]^4"), "{out}");
    assert!(out.ends_with("The certificate holds.\n"), "{out}");
    let (code, out, _) = exactract(&["check", text(&certificate), "--victim", text(&victim)]);
    assert_eq!(code, 0);
    assert!(out.contains("hash and weights are those of the file given"), "{out}");
    // The folder of whoever made it is nobody's business.
    assert!(!std::fs::read_to_string(&certificate).unwrap().contains(text(folder.path())));
}

/// The checker makes a random victim again from its shape, seed and type of weights.
#[test]
fn a_random_victim_of_any_type_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let hashes = ["bf16", "f16", "f32", "f64"].map(|weights| {
        let certificate = folder.path().join(weights);
        let random = ["run", "--random", "4-3-2", "--weights", weights, "--certificate", text(&certificate), "-q"];
        assert_eq!(exactract(&random).0, 0, "{weights}");
        let (code, out, errors) = exactract(&["check", text(&certificate)]);
        assert_eq!(code, 0, "{weights}: {errors}");
        assert!(out.contains("the random network of seed 0, made again"), "{out}");
        let certificate = Certificate::parse(&std::fs::read(&certificate).unwrap()).unwrap();
        assert!(matches!(&certificate.victim.source, Source::Random { weights: named, .. } if named == weights));
        certificate.victim.sha256
    });
    assert!((1..4).all(|i| !hashes[..i].contains(&hashes[i])), "{hashes:?}");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = [a.path(), b.path()].map(|folder| std::fs::read(made(folder, 3).1).unwrap());
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn made_victims_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    let run = ["run", "--random", "3-2-1", "--seed", "5", "--certificate", text(&path), "--box", "-1/2,3", "-q"];
    assert_eq!(exactract(&run).0, 0);
    let (code, out, _) = exactract(&["check", text(&path)]);
    assert_eq!(code, 0);
    assert!(out.contains("the random network of seed 5, made again") && out.contains("on [-1/2, 3]^3"), "{out}");
    for (name, seed, weights, code) in [("s.json", 6, "f64", 1), ("w.json", 5, "f32", 1), ("x.json", 5, "f8", 2)] {
        let other = forged(&path, name, |c| {
            c.victim.source =
                Source::Random { shape: "3-2-1".to_owned(), seed, weights: weights.to_owned(), activation: None };
        });
        assert_eq!(exactract(&["check", text(&other)]).0, code, "{name}");
    }
    let other = forged(&path, "b.json", |c| c.victim.source = Source::Bundled {});
    let (code, out, _) = exactract(&["check", text(&other)]);
    assert_eq!(code, 1);
    assert!(out.contains("the victim is not its source: its shape is "), "{out}");
}

#[test]
fn what_is_false_is_refused_with_status_1() {
    let folder = tempfile::tempdir().unwrap();
    let (_, certificate) = made(folder.path(), 1);
    let (other, _) = made(folder.path(), 2);
    let (code, out, _) = exactract(&["check", text(&certificate), "--victim", text(&other)]);
    assert_eq!(code, 1);
    assert!(out.contains("weights and biases differ; the first is the "), "{out}");
    let copy = |c: &mut Certificate| c.equality.as_mut().unwrap().copy.output[1][0] = "1/3".to_owned();
    let (code, out, _) = exactract(&["check", text(&forged(&certificate, "f.json", copy))]);
    assert_eq!(code, 1);
    assert!(out.contains("equality: the kinks on plane") && out.contains("does not hold"), "{out}");
    let bound = |c: &mut Certificate| c.near.as_mut().unwrap().bounds[0] = "0".to_owned();
    let (code, out, _) = exactract(&["check", text(&forged(&certificate, "g.json", bound))]);
    assert_eq!(code, 1);
    assert!(out.contains("box: the bound of output 0 is less than what the networks give"), "{out}");
}

#[test]
fn what_is_no_certificate_is_refused_with_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let (victim, certificate) = made(folder.path(), 1);
    let refused = |path: &Path, word: &str| {
        let (code, out, errors) = exactract(&["check", text(path)]);
        assert_eq!((code, out.as_str()), (2, ""), "{errors}");
        assert!(errors.contains(text(path)) && errors.contains(word), "{errors}");
    };
    refused(&folder.path().join("nowhere.json"), "No such file");
    refused(&victim, "not a certificate");
    let content = std::fs::read_to_string(&certificate).unwrap();
    let edited = |name: &str, from: &str, to: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content.replacen(from, to, 1)).unwrap();
        path
    };
    refused(
        &edited("version.json", "certificate/1", "certificate/2"),
        "'exactract/certificate/2', and this program reads",
    );
    refused(&edited("seal.json", "\"plane\": 0", "\"plane\": 1"), "the seal does not fit");
    refused(&edited("extra.json", "{", "{ \"note\": 1,"), "unknown field");
    refused(&edited("short.json", "\n}", ""), "not a certificate");
    let change = |name, change: fn(&mut Certificate)| forged(&certificate, name, change);
    let index = |c: &mut Certificate| c.equality.as_mut().unwrap().matching.planes[0].unit = 99;
    refused(&change("index.json", index), "plane 0 is that of a unit that is not there");
    let spare = |c: &mut Certificate| {
        let planes = &mut c.equality.as_mut().unwrap().matching.planes;
        planes.push(planes[0]);
    };
    refused(&change("spare.json", spare), "no unit lies on plane 3");
    let number = |c: &mut Certificate| c.victim.network.hidden[1][2] = "1e3".to_owned();
    refused(&change("number.json", number), "victim: hidden, row 1, entry 2: '1e3' is no number");
    let shape = |c: &mut Certificate| drop(c.victim.network.output[0].pop());
    refused(&change("shape.json", shape), "row 0 of output should have 3 entries and has 2");
    let nothing = |c: &mut Certificate| (c.equality, c.near) = (None, None);
    refused(&change("nothing.json", nothing), "it states nothing");
    let empty = |c: &mut Certificate| c.near.as_mut().unwrap().upper = "-2".to_owned();
    refused(&change("empty.json", empty), "is empty");
    let hash = |c: &mut Certificate| c.victim.sha256 = "ABC".to_owned();
    refused(&change("hash.json", hash), "SHA-256 is not 64 hexadecimal digits");
}

#[test]
fn a_bad_request_costs_no_run() {
    let refused = |arguments: &[&str], word: &str| {
        let (code, out, errors) = exactract(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(errors.contains(word), "{errors}");
    };
    refused(&["run", "--certificate", "/nowhere/c.json"], "there is no folder /nowhere");
    refused(&["run", "--certificate", "-"], "name a file");
    refused(&["run", "--box", "0,1"], "--certificate");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    for interval in ["1,0", "0.5,1/2/3", "1", "0,1/0"] {
        refused(&["run", "--certificate", text(&path), "--box", interval], interval);
    }
    refused(&["check", text(&path), "--coq", "/nowhere"], "there is no such folder");
}

#[test]
fn what_a_run_cannot_state_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (path, victim) = (folder.path().join("c.json"), folder.path().join("v.npz"));
    let network: Shallow<f64> = random("4-3-1".parse().unwrap(), 1, Dtype::F64);
    format::write(&victim, &network, Dtype::F64).unwrap();
    let limited = ["run", text(&victim), "--certificate", text(&path), "-q", "--max-queries", "20"];
    let (code, _, errors) = exactract(&limited);
    assert_eq!(code, 3);
    assert!(errors.contains("no equality is stated") && errors.contains("no bound on a box is stated"), "{errors}");
    assert!(errors.contains("not written, there is nothing to state") && !path.exists(), "{errors}");
}

/// More units than inputs: the copy is a canonical form, with pairs of units for its affine part.
#[test]
fn units_that_cancel_to_an_affine_map_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    assert_eq!(exactract(&["run", "--random", "3-8-2", "--certificate", text(&path), "-q"]).0, 0);
    let near = Certificate::parse(&std::fs::read(&path).unwrap()).unwrap().near.unwrap();
    assert!(near.copy.hidden.len() > 8);
    let small = Rational::power_of_two(-30);
    assert!(near.bounds.iter().all(|bound| <Rational as Exact>::parse(bound).unwrap() < small), "{:?}", near.bounds);
}

/// Certificates of a few hundred kilobytes in long numbers: refused, or checked in seconds.
#[test]
fn long_numbers_take_little_time() {
    let folder = tempfile::tempdir().unwrap();
    let (_, certificate) = made(folder.path(), 4);
    let long = |digits: usize| "7".repeat(digits);
    let start = std::time::Instant::now();
    let check = |name: &str, change: &dyn Fn(&mut Certificate)| {
        let (code, out, errors) = exactract(&["check", text(&forged(&certificate, name, change))]);
        (code, out + &errors)
    };
    let (code, said) =
        check("end.json", &|c| c.near.as_mut().unwrap().lower = format!("-{}/{}", long(99_999), long(100_000)));
    assert!(code == 2 && said.contains("has 99999 digits; at most 4096 are read"), "{code} {said}");
    assert!(said.len() < 400 && said.lines().count() == 1, "{said}");
    let (code, said) = check("weight.json", &|c| c.victim.network.hidden[0][0] = long(4097));
    assert!(code == 2 && said.contains("has 4097 digits"), "{code} {said}");
    // As long as they may be.
    let (code, said) = check("bounds.json", &|c| {
        let near = c.near.as_mut().unwrap();
        (near.lower, near.upper) =
            (format!("-{}/{}1", long(4096), long(4095)), format!("{}/3{}", long(4096), long(4094)));
    });
    assert_eq!(code, 1, "{said}");
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
