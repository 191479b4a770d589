//! Whole runs and their hot kernels, in each arithmetic, at sizes that double.
//!
//! `cargo bench --bench attack -- FILTER`; `benches/README.md` says how to read it.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use exactract::attack::snap::{Grid, Precision, snap};
use exactract::attack::{Options, Strategy};
use exactract::compare::{Inputs, Reference, dual};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::linalg::{Matrix, Solve, elimination};
use exactract::net::{Draw, Dtype, Shallow, Shape, random};
use exactract::num::{BigRational, Num, Rational, Scalar};
use exactract::oracle::{Batch, Dense, Evaluate, Incremental, Kernel, Plain, Probe};
use std::hint::black_box;

fn victim(inputs: usize, hidden: usize) -> Shallow<f64> {
    random(Shape { inputs, hidden, outputs: 1 }, 7, Dtype::F64)
}

/// One batch of axis probes, two an axis, around a dyadic center.
fn probes<S: Scalar<Context = ()>>(inputs: usize) -> (Vec<Num<S>>, Vec<Probe<S>>) {
    let mut draw = Draw::new(1, "bench");
    let center: Vec<Num<S>> = (0..inputs).map(|_| Num::lift(draw.dyadic(20), ())).collect();
    let step = Num::<S>::lift(0.125, ());
    let probes = (0..inputs).flat_map(|j| [vec![(j, &center[j] + &step)], vec![(j, &center[j] - &step)]]).collect();
    (center, probes)
}

fn oracles(c: &mut Criterion) {
    let mut group = c.benchmark_group("probes");
    group.sample_size(10);
    for hidden in [32, 64, 128] {
        let net = victim(784, hidden);
        group.throughput(Throughput::Elements(2 * 784));
        let (center, probes64) = probes::<f64>(784);
        for (name, kernel) in [("f64 portable", Kernel::Portable), ("f64 fast", Kernel::Fast)] {
            let oracle = Dense::new(net.clone(), kernel);
            group.bench_function(BenchmarkId::new(name, hidden), |b| {
                b.iter(|| black_box(oracle.evaluate(&Batch::Probes { center: &center, probes: &probes64 })));
            });
        }
        let (center, exact) = probes::<Rational>(784);
        let oracle = Incremental::<Rational>::new(&net);
        group.bench_function(BenchmarkId::new("exact incremental", hidden), |b| {
            b.iter(|| black_box(oracle.evaluate(&Batch::Probes { center: &center, probes: &exact })));
        });
        if hidden == 32 {
            let plain = Plain::new(net.map(|&w| Num::<Rational>::lift(w, ())), ());
            let few = &exact[..16];
            group.throughput(Throughput::Elements(few.len() as u64));
            group.bench_function(BenchmarkId::new("exact plain, 16 probes", hidden), |b| {
                b.iter(|| black_box(plain.evaluate(&Batch::Probes { center: &center, probes: few })));
            });
        }
    }
}

fn system<S: Scalar<Context = ()>>(n: usize) -> (Matrix<Num<S>>, Matrix<Num<S>>) {
    let mut draw = Draw::new(n as u64, "bench");
    let mut entries = |columns| Matrix::from_fn(n, columns, |_, _| Num::lift(draw.dyadic(52), ()));
    (entries(n), entries(1))
}

fn solving(c: &mut Criterion) {
    let mut group = c.benchmark_group("exact solve");
    group.sample_size(10);
    for n in [16, 32, 64, 128] {
        let (a, b) = system::<Rational>(n);
        group.bench_function(BenchmarkId::new("lifting", n), |bench| {
            bench.iter(|| black_box(<Rational as Solve>::solve(&a, &b, ())));
        });
        let (p, q) = system::<BigRational>(n);
        group.bench_function(BenchmarkId::new("lifting, pure Rust", n), |bench| {
            bench.iter(|| black_box(<BigRational as Solve>::solve(&p, &q, ())));
        });
        if n <= 32 {
            group.bench_function(BenchmarkId::new("elimination", n), |bench| {
                bench.iter(|| black_box(elimination::solve(&a, &b, &mut elimination::largest)));
            });
        }
    }
}

const CELLS: [(&str, Cell); 2] = [("exact", Cell::EXACT), ("f64", Cell::tolerant(Arithmetic::F64, Arithmetic::F64))];

fn runs(c: &mut Criterion) {
    for strategy in [Strategy::Textbook, Strategy::Walk] {
        let mut group = c.benchmark_group(format!("{} run", strategy.name()));
        group.sample_size(10);
        for hidden in [16, 32, 64] {
            let net = victim(784, hidden);
            let settings = Settings { strategy, ..Settings::default() };
            for (name, cell) in CELLS {
                group.bench_function(BenchmarkId::new(name, hidden), |b| {
                    b.iter(|| black_box(run_cell(&net, &cell, &settings, None)));
                });
            }
        }
    }
}

/// Growth of the walk with the number of inputs, and what polish adds.
fn widths(c: &mut Criterion) {
    let mut group = c.benchmark_group("walk by inputs");
    group.sample_size(10);
    for inputs in [196, 392, 784, 1568] {
        let net = victim(inputs, 32);
        for (name, cell) in CELLS {
            for polish in [false, true] {
                if polish && name == "exact" {
                    continue;
                }
                let options = Options { polish, ..Options::default() };
                let settings = Settings { strategy: Strategy::Walk, options, ..Settings::default() };
                let id = if polish { "f64, polished" } else { name };
                group.bench_function(BenchmarkId::new(id, inputs), |b| {
                    b.iter(|| black_box(run_cell(&net, &cell, &settings, None)));
                });
            }
        }
    }
}

/// One row of 784 entries, whose factor is one of 2^23 for f32.
fn snapping(c: &mut Criterion) {
    let mut group = c.benchmark_group("snap");
    group.sample_size(10);
    let net = random(Shape { inputs: 784, hidden: 1, outputs: 1 }, 7, Dtype::F32);
    let options = Options { polish: true, faint: true, ..Options::default() };
    let settings = Settings { strategy: Strategy::Walk, options, ..Settings::default() };
    let run = run_cell(&net, &Cell::tolerant(Arithmetic::F64, Arithmetic::F64), &settings, None);
    let (Some(copy), Some(trace)) = (run.network(), &run.trace) else { return };
    let precision = Precision::of(trace, run.cell.bits());
    for grid in Grid::ALL {
        group
            .bench_function(BenchmarkId::new(grid.name(), 784), |b| b.iter(|| black_box(snap(copy, &precision, grid))));
    }
}

/// What error bars cost beside the run that they are on.
fn certified(c: &mut Criterion) {
    let mut group = c.benchmark_group("certify");
    group.sample_size(10);
    for hidden in [16, 32] {
        let net = victim(784, hidden);
        let inputs = Inputs::random(784, 1, 0);
        let (reference, settings) =
            (Reference::new(&net, &inputs), Settings { strategy: Strategy::Textbook, ..Settings::default() });
        let run = || dual(&net, &CELLS[1].1, &reference, &settings);
        group.bench_function(BenchmarkId::new("both runs", hidden), |b| b.iter(|| black_box(run())));
        let done = run();
        group.bench_function(BenchmarkId::new("ledger", hidden), |b| {
            b.iter(|| black_box(exactract::ledger::of_dual(&done, &net)))
        });
        let ledger = exactract::ledger::of_dual(&done, &net);
        group.bench_function(BenchmarkId::new("bounds", hidden), |b| {
            b.iter(|| black_box(exactract::certify::certify(&done, &net, Kernel::Portable, &ledger)));
        });
    }
}

criterion_group!(benches, oracles, solving, runs, widths, snapping, certified);
criterion_main!(benches);
