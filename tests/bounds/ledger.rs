//! The ledger's identity with `==`, and errors put in on purpose, found where they were put.

use exactract::attack::stages::{least_squares, locate};
use exactract::attack::textbook;
use exactract::attack::{Options, Outcome};
use exactract::experiment::{Arithmetic, Cell, run_cell};
use exactract::judge::{Policy, Script, Stage};
use exactract::ledger::{Account, StageLedger, exact_probes, ledger, row_again};
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, Shape, random};
use exactract::num::{Exact, Num, Rational, Scalar, lift_all};
use exactract::oracle::{Batch, Dense, Evaluate, Incremental, Kernel, Oracle};
use exactract::record::LedgerRecord;
use exactract::report;
use exactract::trace::{Orientation, Trace};
use proptest::prelude::*;
use std::convert::Infallible;
use std::sync::Arc;

/// The ledger as a report tells it.
fn told(stages: &[StageLedger]) -> String {
    report::ledger(&LedgerRecord::new(stages))
}

/// Answers in f64 with `bits` of them kept.
struct Coarse {
    inner: Dense<f64>,
    bits: u32,
}

impl Evaluate<f64> for Coarse {
    fn inputs(&self) -> usize {
        self.inner.inputs()
    }
    fn outputs(&self) -> usize {
        self.inner.outputs()
    }
    fn evaluate(&self, batch: &Batch<'_, f64>) -> Vec<Vec<Num<f64>>> {
        let drop = 1u64 << (53 - self.bits);
        // To nearest, in the last bit that is kept; the carry runs into the exponent as it should.
        let round = |y: &Num<f64>| Num(f64::from_bits((y.0.to_bits() + drop / 2) & !(drop - 1)));
        self.inner.evaluate(batch).iter().map(|y| y.iter().map(round).collect()).collect()
    }
}

/// The exact run, and the f64 run of the same questions along its path.
fn both(victim: &Shallow<f64>, bits: u32) -> Option<(Trace<Rational>, Trace<Rational>)> {
    let exact = run_cell(victim, &Cell::EXACT, &crate::common::textbook(), None);
    let script = Policy::Replay(Arc::new(Script::new(&exact.decisions)));
    let inner = Dense::new(victim.clone(), Kernel::Portable);
    let mut oracle = Oracle::held(Coarse { inner, bits });
    let Outcome { trace, .. } = textbook::extract::<f64>((), &mut oracle, script, Options::default());
    Some((exact.trace?, trace.exact()?))
}

fn of(stages: &[StageLedger], stage: Stage) -> &[Account] {
    &stages.iter().find(|s| s.stage == stage).expect("the stage").accounts
}

/// `log2` of the median over items of the worst number's part.
fn median(accounts: &[Account], part: fn(&exactract::ledger::Share) -> &Rational) -> f64 {
    let largest = |account: &Account| account.shares.iter().map(|s| s.log2(part(s))).fold(f64::NEG_INFINITY, f64::max);
    let mut sizes: Vec<f64> = accounts.iter().map(largest).collect();
    sizes.sort_by(f64::total_cmp);
    sizes[sizes.len() / 2]
}

/// Parts add up, for every number of every stage.
fn adds_up(stages: &[StageLedger]) -> Result<(), TestCaseError> {
    for share in stages.iter().flat_map(|s| &s.accounts).flat_map(|a| &a.shares) {
        prop_assert_eq!(&share.total, &share.inherited.add(&share.answers).add(&share.local), "{:?}", share.quantity);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn parts_add_up(
        inputs in 1usize..7,
        hidden in 1usize..5,
        outputs in 1usize..4,
        seed in any::<u64>(),
        bits in prop::sample::select(vec![24u32, 40, 53]),
    ) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        if let Some((exact, rounded)) = both(&victim, bits) {
            let oracle = Incremental::<Rational>::new(&victim);
            let stages = ledger(&exact, &rounded, &oracle);
            adds_up(&stages)?;
            prop_assert!(!of(&stages, Stage::Locate).is_empty() || exact.located.kinks.iter().all(Vec::is_empty));
            // What is compared is what the runs found.
            for (account, seen) in of(&stages, Stage::Signature).iter().zip(rounded.signatures()) {
                let truth = exact.signatures().iter().find(|s| s.item == seen.item).expect("a twin");
                if truth.reference == seen.reference {
                    for (share, (s, t)) in account.shares.iter().zip(seen.row.iter().zip(&truth.row)) {
                        prop_assert_eq!(&share.total, &s.sub(t));
                    }
                }
            }
            prop_assert!(told(&stages).contains("critical points"));
        }
    }

    /// An exact run has nothing to account for: the reruns give its own numbers.
    #[test]
    fn an_exact_run_owes_nothing(inputs in 1usize..6, hidden in 1usize..5, outputs in 1usize..3, seed in any::<u64>()) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F32);
        let exact = run_cell(&victim, &Cell::EXACT, &crate::common::textbook(), None).trace.expect("finite numbers");
        chords_are_answers(&exact, &Incremental::<Rational>::new(&victim));
        let stages = ledger(&exact, &exact, &Incremental::<Rational>::new(&victim));
        let zero = Rational::default();
        for share in stages.iter().flat_map(|s| &s.accounts).flat_map(|a| &a.shares) {
            prop_assert!([&share.total, &share.inherited, &share.answers, &share.local].into_iter().all(|x| *x == zero));
        }
        prop_assert_eq!(of(&stages, Stage::Signature).len(), exact.signatures().len());
        prop_assert!(stages.iter().all(|s| s.unmatched == 0));
    }
}

/// In an exact run, what is recorded beside an end is the answer at the place recorded with it.
fn chords_are_answers(trace: &Trace<Rational>, oracle: &dyn Evaluate<Rational>) {
    for (line, kinks) in trace.located.lines.iter().zip(&trace.located.kinks) {
        let lifted = |entries: &[f64]| lift_all::<Rational>(entries, ());
        let (origin, direction) = (lifted(&line.origin), lifted(&line.direction));
        for kink in kinks {
            for (chord, end) in kink.ends.iter().zip([kink.interval.0, kink.interval.1]) {
                let at = [end.lift(()), Num(chord.at.clone())];
                let answers = oracle.evaluate(&Batch::Line { origin: &origin, direction: &direction, at: &at });
                let answers = answers.iter().map(|y| y.iter().map(|y| y.0.clone()).collect()).collect::<Vec<Vec<_>>>();
                assert_eq!(answers, [chord.value.clone(), chord.beside.clone()]);
            }
        }
    }
}

/// A kink on the end of its interval takes that end's own slope, measured again as the interval shrinks.
#[test]
fn kinks_on_the_end_of_an_interval_owe_nothing() {
    let lines = |victim: &Shallow<f64>| {
        run_cell(victim, &Cell::EXACT, &crate::common::textbook(), None).trace.expect("numbers")
    };
    let line = lines(&random(Shape { inputs: 1, hidden: 1, outputs: 1 }, 0, Dtype::F64)).located.lines[0].clone();
    let matrix = |rows, columns, entries| Matrix::from_entries(rows, columns, entries).expect("sizes");
    for near in [3, 8, 10] {
        // Kinks at 1, where an interval ends, and a little before it.
        let bias = |t: f64| -(line.origin[0] + t * line.direction[0]);
        let biases = vec![bias(1.0), bias(1.0 - 2f64.powi(-near) * 0.75)];
        let victim = Shallow::new(matrix(2, 1, vec![1.0, 1.0]), biases, matrix(1, 2, vec![1.0, 2.0]), vec![0.0]);
        let victim = victim.expect("a network");
        let exact = lines(&victim);
        assert!(exact.located.kinks[0].iter().any(|kink| kink.position == Rational::integer(1)));
        chords_are_answers(&exact, &Incremental::<Rational>::new(&victim));
        let stages = ledger(&exact, &exact, &Incremental::<Rational>::new(&victim));
        let zero = Rational::default();
        assert!(of(&stages, Stage::Locate).len() == 8 && stages[0].unmatched == 0);
        assert!(of(&stages, Stage::Locate).iter().all(|a| a.shares[0].answers == zero && a.shares[0].local == zero));
    }
}

const SHAPE: Shape = Shape { inputs: 8, hidden: 5, outputs: 2 };

/// An exact trace of a victim, to spoil, with the exact oracle.
fn clean() -> (Trace<Rational>, Incremental<Rational>) {
    let victim = random(SHAPE, 11, Dtype::F32);
    let run = run_cell(&victim, &Cell::EXACT, &crate::common::textbook(), None);
    (run.trace.expect("finite numbers"), Incremental::new(&victim))
}

/// A number of a trace as stages compute with it.
fn in_q(x: &Rational) -> Result<Num<Rational>, Infallible> {
    Ok(Num(x.clone()))
}

/// Takes for row `i` what its stage makes of what was recorded.
fn take(trace: &mut Trace<Rational>, i: usize) {
    let row = row_again(trace, i).expect("a row");
    let signature = &mut trace.signatures_mut()[i];
    (signature.row, signature.bias) = (row.row.into_iter().map(|x| x.0).collect(), row.bias.0);
}

fn tiny() -> Rational {
    Rational::power_of_two(-40)
}

#[test]
fn what_a_stage_makes_is_local() {
    let (exact, oracle) = clean();
    let mut spoiled = exact.clone();
    let reference = spoiled.signatures()[0].reference;
    let j = usize::from(reference == 0);
    spoiled.signatures_mut()[0].row[j] = spoiled.signatures()[0].row[j].add(&tiny());
    let position = spoiled.located.kinks[0][0].position.clone();
    spoiled.located.kinks[0][0].position = position.add(&tiny());
    let stages = ledger(&exact, &spoiled, &oracle);
    let zero = Rational::default();
    for (stage, at) in [(Stage::Locate, 0), (Stage::Signature, j)] {
        let share = &of(&stages, stage)[0].shares[at];
        assert_eq!((&share.local, &share.inherited, &share.answers), (&tiny(), &zero, &zero), "{stage}");
    }
}

#[test]
fn what_answers_make_is_theirs() {
    let (exact, oracle) = clean();
    let mut spoiled = exact.clone();
    // A run that computes exactly, on answers that are off.
    let signature = &mut spoiled.signatures_mut()[0];
    let j = usize::from(signature.reference == 0);
    let differences = &mut signature.probes.as_mut().expect("probes").differences;
    differences[j][0] = differences[j][0].add(&tiny());
    take(&mut spoiled, 0);
    let kink = &mut spoiled.located.kinks[0][0];
    kink.ends[1].value[0] = kink.ends[1].value[0].add(&tiny());
    let Ok(seen) = kink.try_map(&mut in_q);
    kink.position = locate::position(&seen, ()).expect("a crossing").0.0;
    let stages = ledger(&exact, &spoiled, &oracle);
    let zero = Rational::default();
    for (stage, at) in [(Stage::Locate, 0), (Stage::Signature, j)] {
        let share = &of(&stages, stage)[0].shares[at];
        assert_eq!((&share.local, &share.inherited), (&zero, &zero), "{stage}");
        assert!(share.answers == share.total && share.total != zero, "{stage}");
    }
    assert!(told(&stages).contains("from weight ratios (line "), "{}", told(&stages));
    assert!(told(&stages).contains("the rounding of answers."));
    assert!(told(&ledger(&exact, &exact, &oracle)).contains("no error to follow back"));
}

#[test]
fn what_is_handed_on_is_inherited() {
    let (exact, oracle) = clean();
    let mut spoiled = exact.clone();
    // A critical point that lies off its hyperplane; the stage itself works exactly on exact answers.
    let signature = &mut spoiled.signatures_mut()[0];
    signature.center[0] = signature.center[0].add(&tiny());
    signature.probes = exact_probes(signature, &oracle);
    take(&mut spoiled, 0);
    let stages = ledger(&exact, &spoiled, &oracle);
    let account = &of(&stages, Stage::Signature)[0];
    let zero = Rational::default();
    assert!(account.shares.iter().all(|s| s.local == zero && s.answers == zero && s.total == s.inherited));
    assert!(account.shares.iter().any(|s| s.inherited != zero));
    // And rows that are off are inherited by the last layer.
    let network = spoiled.network().expect("a network");
    let hidden = network.hidden().map(|w| w.add(&tiny()));
    let (bias, output) = (network.hidden_bias().to_vec(), network.output().clone());
    let moved = Shallow::new(hidden, bias, output, network.output_bias().to_vec()).expect("a network");
    let fit = spoiled.fit().expect("a fit");
    let (Ok(fit), Ok(moved_in_q)) = (fit.try_map(&mut in_q), moved.try_map(in_q));
    let points = Matrix::from_rows(SHAPE.inputs, fit.points).expect("points");
    let features = least_squares::features(&points, moved_in_q.hidden(), moved_in_q.hidden_bias(), ());
    let layer = least_squares::solve(&features, &fit.weights, &[&fit.answers], ()).expect("a last layer").solution;
    let output = Matrix::from_fn(SHAPE.outputs, SHAPE.hidden, |o, i| layer[(i, o)].0.clone());
    let output_bias = (0..SHAPE.outputs).map(|o| layer[(SHAPE.hidden, o)].0.clone()).collect();
    let fitted = Shallow::new(moved.hidden().clone(), moved.hidden_bias().to_vec(), output, output_bias);
    spoiled.last_layers[0].network = Some(fitted.expect("a network"));
    let stages = ledger(&exact, &spoiled, &oracle);
    let shares: Vec<_> = of(&stages, Stage::LastLayer).iter().flat_map(|a| &a.shares).collect();
    assert!(shares.iter().all(|s| s.local == zero && s.answers == zero));
    assert!(shares.iter().any(|s| s.inherited != zero));
}

/// The same network with a row measured against another coordinate owes nothing, either.
#[test]
fn another_reference_is_another_gauge() {
    let (exact, oracle) = clean();
    let mut scaled = exact.clone();
    let (network, zero) = (exact.network().expect("a network"), Rational::default());
    let (mut hidden, mut output) = (network.hidden().clone(), network.output().clone());
    let mut bias = network.hidden_bias().to_vec();
    for (i, signature) in scaled.rows.signatures.iter_mut().enumerate() {
        let reference = (signature.reference + 1 + i) % SHAPE.inputs;
        let scale = signature.row[reference].clone();
        let over = |x: &Rational| x.div(&scale).expect("no zero entry");
        signature.row = signature.row.iter().map(over).collect();
        (signature.bias, signature.reference) = (over(&signature.bias), reference);
        // Signs are relative to the reference's.
        signature.probes.as_mut().expect("probes").signs = signature.row.iter().map(|x| x.cmp(&zero)).collect();
        let size = scale.magnitude();
        let smaller = |x: &Rational| x.div(&size).expect("no zero entry");
        hidden.row_mut(i).iter_mut().for_each(|w| *w = smaller(w));
        bias[i] = smaller(&bias[i]);
        (0..SHAPE.outputs).for_each(|o| output[(o, i)] = output[(o, i)].mul(&size));
        if let (Some(Orientation::Preimages(sides)), true) = (&mut scaled.oriented.orientation, scale < zero) {
            sides[i] = sides[i].reverse();
        }
    }
    scaled.last_layers[0].network = Shallow::new(hidden, bias, output, network.output_bias().to_vec()).ok();
    let stages = ledger(&exact, &scaled, &oracle);
    assert!(stages.iter().all(|s| s.unmatched == 0 && !s.accounts.is_empty()));
    let shares = stages.iter().flat_map(|s| &s.accounts).flat_map(|a| &a.shares);
    assert!(shares.into_iter().all(|s| s.total == zero && s.inherited == zero && s.answers == zero));
    // A unit that faces the other way is another decision, and no error.
    if let Some(Orientation::Preimages(sides)) = &mut scaled.oriented.orientation {
        sides[0] = sides[0].reverse();
    }
    assert_eq!(ledger(&exact, &scaled, &oracle)[2].unmatched, 1);
}

#[test]
fn coarse_answers_dominate_what_the_stage_makes() {
    let victim = random(SHAPE, 5, Dtype::F64);
    let oracle = Incremental::<Rational>::new(&victim);
    let stages = |bits| {
        let (exact, rounded) = both(&victim, bits).expect("finite numbers");
        ledger(&exact, &rounded, &oracle)
    };
    let (coarse, fine) = (stages(24), stages(53));
    for stage in [Stage::Locate, Stage::Signature, Stage::LastLayer] {
        let (answers, local) = (median(of(&coarse, stage), |s| &s.answers), median(of(&coarse, stage), |s| &s.local));
        assert!(answers > local + 15.0, "{stage}: answers 2^{answers:.1}, local 2^{local:.1}");
        // 29 bits more in the answers are about 29 bits less of their share.
        let gained = answers - median(of(&fine, stage), |s| &s.answers);
        assert!((22.0..36.0).contains(&gained), "{stage}: 2^{gained:.1}");
    }
    let same =
        (median(of(&coarse, Stage::LastLayer), |s| &s.local) - median(of(&fine, Stage::LastLayer), |s| &s.local)).abs();
    assert!(same < 12.0, "{same}");
}

/// Where noise has turned a difference about, the sign that was decided still belongs to it:
/// what the stage made stays what f64 arithmetic makes.
#[test]
fn noise_in_answers_is_not_the_stages_own() {
    let victim = random(Shape { inputs: 32, hidden: 16, outputs: 1 }, 3, Dtype::F64);
    let exact = run_cell(&victim, &Cell::EXACT, &crate::common::textbook(), None);
    let script = Policy::Replay(Arc::new(Script::new(&exact.decisions)));
    let cell = Cell::tolerant(Arithmetic::F32, Arithmetic::F64);
    let rounded = run_cell(&victim, &cell, &crate::common::textbook(), Some(script)).trace.expect("finite numbers");
    let stages = ledger(&exact.trace.expect("numbers"), &rounded, &Incremental::<Rational>::new(&victim));
    let shares = || of(&stages, Stage::Signature).iter().flat_map(|a| &a.shares);
    assert!(shares().all(|s| s.log2(&s.local) < -45.0));
    assert!(shares().any(|s| s.log2(&s.answers) > -12.0));
}

/// An exact oracle for an f64 attacker: answers are rounded once, on their way in.
#[test]
fn exact_answers_leave_little_to_account_for() {
    let victim = random(SHAPE, 5, Dtype::F64);
    let exact = run_cell(&victim, &Cell::EXACT, &crate::common::textbook(), None);
    let script = Policy::Replay(Arc::new(Script::new(&exact.decisions)));
    let cell = Cell::tolerant(Arithmetic::Exact, Arithmetic::F64);
    let rounded = run_cell(&victim, &cell, &crate::common::textbook(), Some(script)).trace.expect("finite numbers");
    let stages = ledger(&exact.trace.expect("numbers"), &rounded, &Incremental::<Rational>::new(&victim));
    adds_up(&stages).expect("parts add up");
    for stage in &stages {
        assert!(median(&stage.accounts, |s| &s.total) < -30.0, "{}", told(&stages));
    }
}

/// The flag adds the ledger before the verdict, and changes nothing else.
#[test]
fn the_command_line_prints_it_on_request() {
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exactract"));
        let out =
            command.args(["run", "--random", "3-2-1", "--seed", "4"]).args(arguments).output().expect("a process");
        assert!(out.status.success(), "{out:?}");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        // Wall time differs from run to run.
        text.lines().filter(|line| !line.starts_with("seconds")).collect::<Vec<_>>().join("\n")
    };
    let (plain, with) = (run(&[]), run(&["--ledger"]));
    let (report, verdict) = plain.rsplit_once("\n\n").expect("a verdict");
    let added = with.strip_prefix(report).and_then(|rest| rest.strip_suffix(verdict)).expect("the report around it");
    assert!(added.trim_start().starts_with("ledger") && added.contains("critical points"), "{added}");
    assert_eq!(run(&["--ledger", "--quiet"]), run(&["--quiet"]));
}
