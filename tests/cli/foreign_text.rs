//! Names that pose as the program's own words: what a file says of itself stays on its line and in its quotes.

use crate::common::{Answer, exactract};
use exactract::certificate::{AuditCertificate, Certificate, Source, check, check_audit, identify, identify_audit};
use exactract::text::quoted;
use exactract_check::audit_report;
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// A certificate of a 2-3-2 network whose name is the report of another one.
const POSING: &[u8] = include_bytes!("../data/posing.certificate.json");

fn named(name: &str) -> Certificate {
    let mut certificate = Certificate::parse(POSING).unwrap();
    certificate.victim.source = Source::File { name: name.to_owned() };
    certificate
}

fn report(certificate: &Certificate) -> String {
    let checked = check(certificate).unwrap();
    exactract_check::report(certificate, &checked, &identify(certificate, &checked, None).unwrap(), 0.0)
}

/// Names made of words of reports, line breaks, and what moves a cursor or turns text around.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\n",
            "\r\n",
            "\u{1b}[8m",
            "\u{1b}[2J",
            "\u{9b}1A",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{2028}",
            "\0",
            "\t",
            "\u{8}",
            "'",
            "\\",
            "\"",
            "  ",
            "           ",
            ", 64-32-10",
            "The certificate holds.",
            "bundled digits classifier",
            "hash and weights are those of the bundled classifier",
            "sha256 ",
            "v.npz",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A terminal obeys it, or a reader of bidirectional text does; by number, not by the program's own table.
fn obeyed(c: char) -> bool {
    c != '\n'
        && (c.is_control()
            || matches!(u32::from(c), 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
                | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f))
}

#[test]
fn a_small_network_does_not_pose_as_the_bundled_classifier() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/posing.certificate.json");
    let answer = exactract("check", &[path.as_os_str()]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(
        &lines[..3],
        [
            r"victim     file named 'bundled digits classifier, 64-32-10\n \u{20} \u{20} \u{20} \u{20} \u{20} sha256 6c132956000ea210a637974bc2' and 202 more characters, 2-3-2",
            "           sha256 e24afdc17beb5c01fecec4e37d21ceabdef5d8b1eeda7d7ac7097c07f1624481",
            "           name and sha256 are the certificate's word, not compared: give the file to --victim",
        ]
    );
    assert_eq!(lines.len(), 9, "{}", answer.stdout);
    // A plain name that makes a statement is a name, in quotes, beside the statement that nothing was compared.
    let posing = "hash and weights are those of the bundled classifier";
    let plain = report(&named(posing));
    assert!(plain.starts_with(&format!("victim     file named '{posing}', 2-3-2\n")), "{plain}");
    assert!(plain.contains("not compared"), "{plain}");
}

proptest! {
    /// Whatever the name, the report differs from that of a plain name in one quoted place.
    #[test]
    fn a_name_stays_in_its_place(name in hostile()) {
        let expected = report(&named("v.npz")).replacen("'v.npz'", &quoted(&name), 1);
        let found = report(&named(&name));
        prop_assert!(!found.contains(obeyed), "{found:?}");
        prop_assert_eq!(found, expected);
    }
}

/// Certificates of audits: both names.
#[test]
fn the_names_of_an_audit_stay_in_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let made = |name: &str, seed: &str| {
        let answer = exactract(&format!("run --random 2-2-1 -q --seed {seed} --save"), &[path(name).as_os_str()]);
        assert_eq!(answer.status, Some(0), "{answer:?}");
    };
    made("a.npz", "1");
    made("b.npz", "2");
    let options: Vec<_> = ["a.npz", "b.npz", "c.json"].map(path).to_vec();
    let answer = exactract(
        "audit -q --domain all --certificate",
        &[&options[2], &options[0], &options[1]].map(|p| p.as_os_str()),
    );
    assert_eq!(answer.status, Some(1), "{answer:?}");
    let plain = AuditCertificate::parse(&fs::read(&options[2]).unwrap()).unwrap();
    let report = |certificate: &AuditCertificate| {
        let checked = check_audit(certificate).unwrap();
        audit_report(certificate, &checked, &identify_audit(certificate, &checked, [None, None]).unwrap(), 0.0)
    };
    let usual = report(&plain);
    proptest!(|(victim in hostile(), copy in hostile())| {
        let mut posing = plain.clone();
        (posing.victim.name, posing.copy.name) = (victim.clone(), copy.clone());
        let found = report(&posing);
        prop_assert!(!found.contains(obeyed), "{found:?}");
        let mut lines: Vec<String> = usual.lines().map(str::to_owned).collect();
        for (at, who, name) in [(0, "victim", &victim), (4, "copy", &copy)] {
            let head: String = name.chars().take(72).collect();
            lines[at] = format!("{who:<11}file named {}", quoted(&head));
            if let more @ 1.. = name.chars().skip(72).count() {
                lines[at + 1] += &format!("; its name goes on for {more} characters");
            }
        }
        prop_assert_eq!(found, lines.join("\n") + "\n");
    });
}

const POSED: &str = "v\nThe networks are the same function on all inputs.\u{1b}[8m\u{202e}.npz";

fn is_safe(answer: &Answer, lines: usize) {
    let Answer { stdout, stderr, .. } = answer;
    assert!(!stdout.contains(obeyed) && !stderr.contains(obeyed), "{answer:?}");
    assert_eq!(stdout.lines().count() + stderr.lines().count(), lines, "{answer:?}");
}

/// The names of files, in every command that says them.
#[test]
fn names_of_files_stay_on_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(POSED);
    let plain = folder.path().join("v.npz");
    let saved = exactract("run --random 2-2-1 -q --save", &[path.as_os_str()]);
    assert_eq!(saved.status, Some(0), "{saved:?}");
    fs::copy(&path, &plain).unwrap();
    let out = folder.path().join("out\u{1b}[8m\nout");
    for (arguments, others) in [
        ("run", vec![]),
        ("run --json -", vec![]),
        ("run --snap f32", vec![]),
        ("audit --domain 0,1", vec![plain.as_os_str()]),
        ("audit --domain 0,1 --json -", vec![plain.as_os_str()]),
        ("audit --data", vec![plain.as_os_str(), plain.as_os_str()]),
        ("check", vec![]),
        ("report", vec![]),
        ("regress check", vec![]),
        ("sweep --out", vec![]),
        ("train -q --out", vec![out.as_os_str()]),
        ("train --bogus", vec![]),
        ("sweep collect --out", vec![]),
    ] {
        let usual: Vec<&OsStr> = [&[plain.as_os_str()], &others[..]].concat();
        let posed: Vec<&OsStr> = [&[path.as_os_str()], &others[..]].concat();
        let lines = |answer: &Answer| answer.stdout.lines().count() + answer.stderr.lines().count();
        let (usual, posed) = (exactract(arguments, &usual), exactract(arguments, &posed));
        assert_eq!(posed.status, usual.status, "{arguments}: {posed:?}");
        is_safe(&posed, lines(&usual));
    }
}

/// Text of files that messages repeat: fields of JSON, keys of TOML, baselines, records.
#[test]
fn content_that_is_repeated_stays_on_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let posed = serde_json::to_string(POSED).unwrap();
    let said = |content: &str, arguments: &str| {
        fs::write(&path, content).unwrap();
        let answer = exactract(arguments, &[path.as_os_str()]);
        assert_eq!(answer.status, Some(2), "{answer:?}");
        is_safe(&answer, 1);
    };
    said(&format!("{{\"format\": {posed}}}"), "check");
    said(&format!("{{\"format\": \"exactract/certificate/1\", {posed}: 1}}"), "check");
    said(&format!("{{\"schema\": {posed}}}"), "report");
    said(
        &format!("{{\"schema\": {posed}, \"program\": \"\", \"sites\": [], \"allowance\": 0, \"runs\": []}}"),
        "regress check",
    );
    let out = folder.path().join("out").display().to_string();
    said(&format!("[grid]\n{posed} = 1\n"), &format!("sweep --out {out}"));
    said(&format!("[grid]\nstrategy = {posed}\n"), &format!("sweep --out {out}"));
    said(&format!("[grid]\nfile = {posed}\n"), &format!("sweep --out {out}"));
    // A layer of a network, by its name.
    let header = format!("{{{posed}:{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}}}");
    fs::write(&path, crate::common::safetensors(&header, &[0; 4])).unwrap();
    let answer = exactract("run", &[path.as_os_str()]);
    assert_eq!(answer.status, Some(2), "{answer:?}");
    is_safe(&answer, 1);
}

/// A baseline names victims and programs.
#[test]
fn a_baseline_stays_on_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.json");
    let recorded = exactract("regress record --random 2-2-1 --inputs 10", &[path.as_os_str()]);
    assert_eq!(recorded.status, Some(0), "{recorded:?}");
    let usual = exactract("regress check", &[path.as_os_str()]);
    let mut value: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    value["program"] = POSED.into();
    value["runs"][0]["exact"]["run"]["stopped"] = serde_json::json!({"reason": POSED});
    value["runs"][0]["run"]["victim"]["weights"] = POSED.into();
    fs::write(&path, value.to_string()).unwrap();
    let answer = exactract("regress check", &[path.as_os_str()]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    // What moved goes on below itself: no word of it begins a line.
    let below = answer.stdout.lines().filter(|line| line.starts_with(&" ".repeat(26))).count();
    is_safe(&answer, usual.stdout.lines().count() + below);
}
