//! The f64 ball against its Coq definition, bit for bit.
//!
//! Writes a Coq file of random operations with the results found here, and lets Coq compute
//! the same operations with the definitions that are proved to enclose. Needs `coqc` and
//! built proofs; without them it says that it is skipped, unless `REQUIRE_COQ` is set.

use exactract::num::{Ball, Scalar};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Operations, each on this many pairs of balls.
const PAIRS: usize = 2500;
const OPERATIONS: [&str; 6] = ["Add", "Sub", "Mul", "Div", "Relu", "Sign"];

/// What a generated file opens with: the operations of `Ball.v`, and equality that tells
/// `0` from `−0` and takes any NaN for any other.
const HEAD: &str = "\
From Coq Require Import Floats List Bool.
From Exactract Require Import Ball.
Import ListNotations.
Open Scope float_scope.

Inductive operation := Add | Sub | Mul | Div | Relu | Sign.
Inductive case := Case (o : operation) (a_mid a_rad b_mid b_rad mid rad : float).

Definition compute (o : operation) (a b : ball) : ball :=
  match o with
  | Add => badd a b
  | Sub => bsub a b
  | Mul => bmul a b
  | Div => bdiv a b
  | Relu => brelu a
  | Sign => match bsign a with Some true => Ball 1 0 | Some false => Ball (-1) 0 | None => Ball 0 0 end
  end.
Definition agrees (c : case) : bool :=
  let (o, a_mid, a_rad, b_mid, b_rad, m, r) := c in
  let result := compute o (Ball a_mid a_rad) (Ball b_mid b_rad) in
  Leibniz.eqb (mid result) m && Leibniz.eqb (rad result) r.
Definition differing (cases : list case) : list case := filter (fun c => negb (agrees c)) cases.
";

/// A float as Coq reads it, exactly.
fn literal(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x < 0.0 { "neg_infinity" } else { "infinity" }.to_owned();
    }
    let (field, fraction) = (x.to_bits() >> 52 & 0x7ff, x.to_bits() & ((1 << 52) - 1));
    let (significand, exponent) =
        if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field as i64 - 1075) };
    let digits = format!("0x{significand:x}p{exponent:+}");
    if x.is_sign_negative() { format!("(-{digits})") } else { digits }
}

/// Bits of every kind: any exponent, ordinary sizes, the ends of the range, and neighbours.
fn float(random: &mut ChaCha12Rng) -> f64 {
    let bits = random.next_u64();
    match random.next_u32() % 8 {
        0 => f64::from_bits(bits),
        1 => [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN, 1.0][bits as usize % 8],
        // Subnormal numbers, and those just above.
        2 => f64::from_bits(bits & 0x801f_ffff_ffff_ffff),
        // Where products and sums overflow.
        3 => f64::from_bits(bits & 0x803f_ffff_ffff_ffff | 0x7fc0_0000_0000_0000),
        4 => 2f64.powi((bits % 2098) as i32 - 1074),
        _ => f64::from_bits(bits & 0x807f_ffff_ffff_ffff | 0x3fc0_0000_0000_0000),
    }
}

fn ball(random: &mut ChaCha12Rng) -> Ball {
    let mid = float(random);
    let rad = match random.next_u32() % 6 {
        0 => 0.0,
        1 => float(random).abs(),
        // No radius, but the definitions speak of it, too.
        2 => float(random),
        _ => (mid * 2f64.powi((random.next_u32() % 60) as i32 - 57)).abs(),
    };
    Ball::new(mid, rad)
}

fn compute(operation: &str, a: &Ball, b: &Ball) -> Ball {
    match operation {
        "Add" => a.add(b),
        "Sub" => a.sub(b),
        "Mul" => a.mul(b),
        "Div" => a.quotient(b),
        "Relu" => a.relu(),
        _ => Ball::lift(a.sign().map_or(0.0, |sign| f64::from(sign as i8)), ()),
    }
}

fn file() -> String {
    let mut random = ChaCha12Rng::seed_from_u64(20020713);
    let mut text = HEAD.to_owned();
    let mut names = Vec::new();
    // Long lists are slow to read: a definition a hundred cases.
    for chunk in 0..PAIRS / 100 {
        for operation in OPERATIONS {
            let name = format!("{}_{chunk}", operation.to_lowercase());
            let _ = writeln!(text, "Definition {name} : list case := [");
            for index in 0..100 {
                let (a, b) = (ball(&mut random), ball(&mut random));
                let result = compute(operation, &a, &b);
                let numbers = [a.mid(), a.rad(), b.mid(), b.rad(), result.mid(), result.rad()].map(literal);
                let end = if index < 99 { ";" } else { "]." };
                let _ = writeln!(text, "Case {operation} {}{end}", numbers.join(" "));
            }
            names.push(name);
        }
    }
    let _ = writeln!(text, "Definition cases : list (list case) := [{}].", names.join("; "));
    let _ = writeln!(text, "Theorem all_agree : flat_map differing cases = [].");
    text + "Proof. vm_compute. reflexivity. Qed.\n"
}

#[test]
fn coq_computes_the_same_balls() {
    let proofs = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs");
    let coqc = Command::new("coqc").arg("--version").output();
    let built = proofs.join("theories/Ball.vo").exists();
    if coqc.is_err() || !built {
        let what = if built { "coqc is not installed" } else { "the proofs are not built (make -C proofs)" };
        assert!(std::env::var_os("REQUIRE_COQ").is_none(), "{what}");
        eprintln!("skipped: {what}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("BallCases.v");
    std::fs::write(&path, file()).expect("a file");
    let run = Command::new("coqc").arg("-Q").arg(proofs.join("theories")).arg("Exactract").arg(&path).output();
    let run = run.expect("coqc runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}", said.chars().take(3000).collect::<String>());
    eprintln!("{} operations agree", PAIRS * OPERATIONS.len());
}
