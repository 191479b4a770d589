//! Certificates before Coq's kernel, where it is installed and the proofs are built.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn proofs() -> Option<PathBuf> {
    let theories = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/theories");
    let missing = |what: &str| {
        println!("skipped: {what}");
        None
    };
    if std::process::Command::new("coqc").arg("--version").output().is_err() {
        return missing("coqc is not on the PATH");
    }
    if !theories.join("Load.vo").is_file() || !theories.join("SupCheck.vo").is_file() {
        return missing("the proofs are not built; make -C proofs");
    }
    Some(theories)
}

/// Whether the kernel accepts the file; a refusal must be that of the statement's own checker.
fn accepts(theories: &Path, file: &Path, checker: &str) -> bool {
    let output = Command::new("coqc").arg("-Q").arg(theories).arg("Exactract").arg(file).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || errors.contains(checker), "{errors}");
    output.status.success()
}

#[test]
fn the_kernel_accepts_what_is_emitted_and_nothing_else() {
    let Some(theories) = proofs() else { return };
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("c.json");
    let exactract = || Command::cargo_bin("exactract").unwrap();
    exactract().args(["run", "--random", "5-4-2", "-q", "--certificate"]).arg(&certificate).assert().code(0);
    let check = exactract().arg("check").arg(&certificate).arg("--coq").arg(folder.path()).assert().code(0);
    let out = String::from_utf8_lossy(&check.get_output().stdout).into_owned();
    assert!(out.contains("equality.v written to") && out.contains("box.v      written to"), "{out}");
    // In the line that starts like this, the character before the second word becomes another digit.
    let cases = [
        ("equality.v", "canonical_check_BQ", "Definition second_1_0 ", "]"),
        ("box.v", "sup_eps_check", "Definition eps ", "p-"),
    ];
    for (name, checker, line, digit) in cases {
        let path = folder.path().join(name);
        assert!(accepts(&theories, &path, checker), "{name} is rejected");
        let mut text = std::fs::read_to_string(&path).unwrap();
        let start = text.find(line).unwrap();
        let at = start + text[start..].find(digit).unwrap() - 1;
        // The bound is the checker's own, to the last bit: one unit less is too little.
        let value = u8::from_str_radix(&text[at..=at], 16).unwrap();
        text.replace_range(at..=at, &format!("{:x}", if value == 0 { 1 } else { value - 1 }));
        let tampered = folder.path().join(format!("tampered_{name}"));
        std::fs::write(&tampered, text).unwrap();
        assert!(!accepts(&theories, &tampered, checker), "{name} tampered is accepted");
    }
}

#[test]
fn what_the_float_checker_cannot_take_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("c.json");
    let exactract = || Command::cargo_bin("exactract").unwrap();
    let run = ["run", "--random", "3-2-1", "-q", "--box", "0,1", "--certificate"];
    exactract().args(run).arg(&certificate).assert().code(0);
    let check = exactract().arg("check").arg(&certificate).arg("--coq").arg(folder.path()).assert().code(0);
    let out = String::from_utf8_lossy(&check.get_output().stdout).into_owned();
    assert!(out.contains("box.v      not written: the box is not [-r, r]^d for a float r"), "{out}");
    assert!(folder.path().join("equality.v").exists() && !folder.path().join("box.v").exists());
}
