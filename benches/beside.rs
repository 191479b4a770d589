//! Exact solving beside FLINT's, and the f64 oracle beside NumPy's product, in one run.
//!
//! `cargo bench --bench beside`, with a `python3` on the PATH (or named by `PYTHON`) that has
//! `python-flint` and `numpy`; where one of them is missing, its column says so.

use exactract::linalg::{Matrix, Solve};
use exactract::net::{Draw, Dtype, Shape, random};
use exactract::num::{Exact, Num, Rational, Scalar};
use exactract::oracle::{Batch, Dense, Evaluate, Kernel};
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs of each; the fastest counts, as it was disturbed least.
const RUNS: usize = 3;

/// Reads a system from standard input, solves it by Dixon's method, prints the fastest of its runs.
const FLINT: &str = "
import sys, time
import flint
n, runs = map(int, input().split())
a = flint.fmpq_mat(flint.fmpz_mat([[int(x, 16) for x in input().split()] for _ in range(n)]))
b = flint.fmpq_mat(flint.fmpz_mat([[int(x, 16)] for x in input().split()]))
def timed():
    start = time.perf_counter()
    x = a.solve(b, algorithm='dixon')
    return time.perf_counter() - start, x
best, x = min((timed() for _ in range(runs)), key=lambda pair: pair[0])
first = x[0, 0]
print(best, first.p, first.q)
";

/// Times the pre-activations of a batch, `[4096, d]` by `[d, h]`.
const NUMPY: &str = "
import time
import numpy as np
d, h, runs = map(int, input().split())
x, w = np.random.rand(4096, d), np.random.rand(d, h)
def timed():
    start = time.perf_counter()
    x @ w
    return time.perf_counter() - start
print(min(timed() for _ in range(runs + 2)))
";

fn python(script: &str, input: &str) -> Option<String> {
    let name = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(name)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let out = child.wait_with_output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

fn fastest(mut timed: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        timed();
        start.elapsed().as_secs_f64()
    };
    (0..RUNS).map(once).fold(f64::INFINITY, f64::min)
}

/// An integer of `bits` bits, odd multiples of a word joined.
fn integer(draw: &mut Draw, bits: u32) -> Rational {
    let piece = |draw: &mut Draw| Rational::lift(draw.dyadic(50) * 2f64.powi(50), ());
    let pieces = (0..bits.div_ceil(50))
        .fold(Rational::default(), |sum, _| sum.mul(&Rational::power_of_two(50)).add(&piece(draw)));
    let excess = bits.div_ceil(50) * 50 - bits;
    let whole = pieces.mul(&Rational::power_of_two(-(excess as i32)));
    // The integer part, by the numerator's high bits.
    Rational::from_parts(exactract::num::BigInteger::div_rem(whole.numerator(), whole.denominator()).0, 1i64.into())
}

fn hexadecimal(x: &Rational) -> String {
    let size = x.magnitude().numerator().to_string();
    let digits = size.parse::<num_bigint::BigInt>().map(|n| n.to_str_radix(16)).unwrap_or_default();
    if *x < Rational::default() { format!("-{digits}") } else { digits }
}

fn solving() {
    println!("exact solution of one system, seconds (fastest of {RUNS})");
    println!("{:>5} {:>5} {:>10} {:>10} {:>6}", "n", "bits", "exactract", "FLINT", "ratio");
    for n in [128, 256, 512] {
        for bits in [60, 200] {
            let mut draw = Draw::new(n as u64, "beside");
            let a = Matrix::from_fn(n, n, |_, _| Num(integer(&mut draw, bits)));
            let b = Matrix::from_fn(n, 1, |_, _| Num(integer(&mut draw, bits)));
            let mut first = None;
            let ours = fastest(|| first = Rational::solve(&a, &b, ()).map(|x| x[(0, 0)].0.clone()));
            let rows = a.iter_rows().map(|row| row.iter().map(|x| hexadecimal(&x.0)).collect::<Vec<_>>().join(" "));
            let right = b.entries().iter().map(|x| hexadecimal(&x.0)).collect::<Vec<_>>().join(" ");
            let input = format!("{n} {RUNS}\n{}\n{right}\n", rows.collect::<Vec<_>>().join("\n"));
            let answer = python(FLINT, &input).unwrap_or_default();
            let words: Vec<&str> = answer.split_whitespace().collect();
            let theirs = words.first().and_then(|word| word.parse::<f64>().ok());
            if let [_, p, q] = words[..] {
                assert_eq!(first, <Rational as Exact>::parse(&format!("{p}/{q}")), "the solutions differ");
            }
            let (theirs, ratio) = match theirs {
                Some(seconds) => (format!("{seconds:.4}"), format!("{:.2}", ours / seconds)),
                None => ("not there".to_owned(), "—".to_owned()),
            };
            println!("{n:>5} {bits:>5} {ours:>10.4} {theirs:>10} {ratio:>6}");
        }
    }
}

fn products() {
    println!("\nanswers to 4,096 points, Gflop/s, all cores");
    println!("{:>10} {:>10} {:>10} {:>15}", "shape", "portable", "fast", "NumPy's product");
    for (inputs, hidden) in [(784, 32), (784, 128), (3072, 320)] {
        let net = random(Shape { inputs, hidden, outputs: 1 }, 1, Dtype::F64);
        let mut draw = Draw::new(1, "beside");
        let points: Vec<Vec<Num<f64>>> =
            (0..4096).map(|_| (0..inputs).map(|_| Num(draw.dyadic(20))).collect()).collect();
        let flops = 2.0 * 4096.0 * (inputs * hidden) as f64 * 1e-9;
        let [portable, fast] = [Kernel::Portable, Kernel::Fast].map(|kernel| {
            let oracle = Dense::new(net.clone(), kernel);
            flops / fastest(|| drop(black_box(oracle.evaluate(&Batch::Points(&points)))))
        });
        let theirs = python(NUMPY, &format!("{inputs} {hidden} {RUNS}\n")).and_then(|word| word.parse::<f64>().ok());
        let theirs = theirs.map_or("not there".to_owned(), |seconds| format!("{:.1}", flops / seconds));
        println!("{:>10} {portable:>10.1} {fast:>10.1} {theirs:>15}", format!("{inputs}-{hidden}-1"));
    }
}

fn main() {
    solving();
    products();
}
