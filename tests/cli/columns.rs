//! What commands print of the bundled victim fits on a screen: 100 columns, and 40 lines without `-v`.

use crate::common::exactract;
use std::fs;

#[test]
fn what_is_printed_fits_on_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    // Names as short as those of a user's: a folder of this test may have a long one.
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let place = path("");
    let shorter = |text: &str| text.replace(&place, "runs/");
    let digits = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits-64-32-10.safetensors");
    fs::copy(digits, path("digits.safetensors")).unwrap();
    let request = "[[grid]]\nfile = \"digits.safetensors\"\nstrategy = [\"walk\", \"textbook\"]\n\
                   victim_arithmetic = \"f64\"\nledger = true\ncertify = true\n\
                   [[grid]]\nshape = \"8-4-1\"\nattribution = true\n\
                   [[frontier]]\nfile = \"digits.safetensors\"\nbits = [35, 36]\ninputs = 100\n";
    fs::write(path("digits.toml"), request).unwrap();
    let [sweep, toml, record, baseline] = ["sweep", "digits.toml", "run.json", "baseline.json"].map(path);
    let whole = format!("run --ledger --certify --strategy textbook --json {record}");
    let commands = [
        "run".to_owned(),
        "run --attribution --answer-bits 40".to_owned(),
        "run --ledger".to_owned(),
        "run --certify".to_owned(),
        "run --random 16-8-1 --attribution".to_owned(),
        "run --predict-bits --victim-arithmetic f32".to_owned(),
        "run --snap f32".to_owned(),
        whole,
        format!("regress record {baseline}"),
        format!("regress check {baseline}"),
        format!("regress check {baseline} --tolerance chord=20"),
        format!("sweep {toml} --out {sweep}"),
        format!("sweep collect --out {sweep}"),
        format!("report {sweep}"),
        format!("report {record}"),
    ];
    for command in commands {
        let answer = exactract(&command, &[]);
        assert!(answer.status.is_some_and(|status| status < 2), "{command}: {}", answer.stderr);
        let text = shorter(&answer.stdout);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(wide.is_empty(), "{command}: {wide:#?}");
        assert!(text.lines().count() <= 40, "{command}: {} lines\n{text}", text.lines().count());
        assert!(text.lines().count() > 1 || command.contains("--json"), "{command}: {text}");
    }
}
