//! The ledger of a walk: the identity with `==`, and errors put in on purpose, found where they were put.

use exactract::attack::{Options, Strategy};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::judge::{Policy, Script, Stage};
use exactract::ledger::{Account, StageLedger, ledger, row_again};
use exactract::net::{Dtype, Shallow, Shape, random};
use exactract::num::{Exact, Rational, Scalar};
use exactract::oracle::Incremental;
use exactract::trace::{Jump, Orientation, Trace};
use proptest::prelude::*;
use std::sync::Arc;

fn settings(seed: u64) -> Settings {
    let options = Options { seed, record: true, ..Options::default() };
    Settings { strategy: Strategy::Walk, options, ..Settings::default() }
}

fn exact_walk(victim: &Shallow<f64>, seed: u64) -> Trace<Rational> {
    run_cell(victim, &Cell::EXACT, &settings(seed), None).trace.expect("finite numbers")
}

/// The exact walk, and the f64 walk along its path with answers of so many bits.
fn both(victim: &Shallow<f64>, bits: Option<u32>) -> Option<(Trace<Rational>, Trace<Rational>)> {
    let exact = run_cell(victim, &Cell::EXACT, &settings(0), None);
    let script = Policy::Replay(Arc::new(Script::new(&exact.decisions)));
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64).through(bits);
    Some((exact.trace?, run_cell(victim, &cell, &settings(0), Some(script)).trace?))
}

fn of(stages: &[StageLedger], stage: Stage) -> &[Account] {
    &stages.iter().find(|s| s.stage == stage).expect("the stage").accounts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn parts_add_up(
        inputs in 1usize..9,
        hidden in 1usize..7,
        outputs in 1usize..5,
        seed in any::<u64>(),
        bits in prop::sample::select(vec![Some(24u32), Some(40), None]),
    ) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F64);
        if let Some((exact, rounded)) = both(&victim, bits) {
            let stages = ledger(&exact, &rounded, &Incremental::<Rational>::new(&victim));
            for share in stages.iter().flat_map(|s| &s.accounts).flat_map(|a| &a.shares) {
                let sum = share.inherited.add(&share.answers).add(&share.local);
                prop_assert_eq!(&share.total, &sum, "{:?}", share.quantity);
            }
            // Every row is accounted for, and what is compared is what the runs found.
            prop_assert_eq!(of(&stages, Stage::Signature).len(), rounded.signatures().len());
            for (account, seen) in of(&stages, Stage::Signature).iter().zip(rounded.signatures()) {
                let truth = exact.signatures().iter().find(|s| s.item == seen.item).expect("a twin");
                if truth.reference == seen.reference {
                    for (share, (s, t)) in account.shares.iter().zip(seen.row.iter().zip(&truth.row)) {
                        prop_assert_eq!(&share.total, &s.sub(t));
                    }
                }
            }
        }
    }

    /// An exact walk has nothing to account for: the reruns give its own numbers.
    #[test]
    fn an_exact_walk_owes_nothing(inputs in 1usize..8, hidden in 1usize..8, outputs in 1usize..5, seed in any::<u64>()) {
        let victim = random(Shape { inputs, hidden, outputs }, seed, Dtype::F32);
        let exact = exact_walk(&victim, seed);
        let stages = ledger(&exact, &exact, &Incremental::<Rational>::new(&victim));
        let zero = Rational::default();
        for share in stages.iter().flat_map(|s| &s.accounts).flat_map(|a| &a.shares) {
            prop_assert!([&share.total, &share.inherited, &share.answers, &share.local].into_iter().all(|x| *x == zero));
        }
        let rows = exact.signatures().len();
        prop_assert_eq!(of(&stages, Stage::Signature).len(), rows);
        let oriented = matches!(exact.orientation(), Some(Orientation::Shares(_)));
        prop_assert_eq!(of(&stages, Stage::LastLayer).len(), if oriented { rows + 1 } else { 0 });
        prop_assert!(stages.iter().all(|s| s.unmatched == 0));
    }
}

fn tiny() -> Rational {
    Rational::power_of_two(-40)
}

/// An exact walk to spoil, with the exact oracle.
fn clean() -> (Trace<Rational>, Incremental<Rational>) {
    let victim = random(Shape { inputs: 8, hidden: 6, outputs: 3 }, 11, Dtype::F32);
    (exact_walk(&victim, 11), Incremental::new(&victim))
}

/// `[inherited, answers, local]` of a number of an item.
fn parts(stages: &[StageLedger], stage: Stage, item: usize, number: usize) -> [Rational; 3] {
    let share = &of(stages, stage)[item].shares[number];
    [share.inherited.clone(), share.answers.clone(), share.local.clone()]
}

#[test]
fn what_a_stage_makes_is_local() {
    let (exact, oracle) = clean();
    let mut spoiled = exact.clone();
    // The row found last: nothing else is made from it.
    let last = spoiled.signatures().len() - 1;
    let j = usize::from(spoiled.signatures()[last].reference == 0);
    spoiled.signatures_mut()[last].row[j] = spoiled.signatures()[last].row[j].add(&tiny());
    let zero = Rational::default;
    let stages = ledger(&exact, &spoiled, &oracle);
    assert_eq!(parts(&stages, Stage::Signature, last, j), [zero(), zero(), tiny()]);
    let mut spoiled = exact.clone();
    let network = spoiled.network().expect("a network");
    let output = network.output().map(|w| w.add(&tiny()));
    let (hidden, bias) = (network.hidden().clone(), network.hidden_bias().to_vec());
    spoiled.last_layers[0].network = Shallow::new(hidden, bias, output, network.output_bias().to_vec()).ok();
    let stages = ledger(&exact, &spoiled, &oracle);
    assert_eq!(parts(&stages, Stage::LastLayer, last, 1), [zero(), zero(), tiny()]);
}

/// Takes for row `i` what its stage makes of what was recorded.
fn take(trace: &mut Trace<Rational>, i: usize) {
    let row = row_again(trace, i).expect("a row");
    let signature = &mut trace.signatures_mut()[i];
    (signature.row, signature.bias) = (row.row.into_iter().map(|x| x.0).collect(), row.bias.0);
}

#[test]
fn what_answers_make_is_theirs() {
    let (exact, oracle) = clean();
    let mut spoiled = exact.clone();
    // A walk that computes exactly, on a gradient that is off.
    let last = spoiled.signatures().len() - 1;
    let j = usize::from(spoiled.signatures()[last].reference == 0);
    let walked = spoiled.rows.walked.as_mut().expect("kept");
    let jump = walked.jumps[last].clone().expect("of gradients");
    let slopes = &mut walked.gradients[jump.gradients[1]].slopes;
    slopes[j].iter_mut().for_each(|slope| *slope = slope.add(&tiny()));
    take(&mut spoiled, last);
    let stages = ledger(&exact, &spoiled, &oracle);
    let [inherited, answers, local] = parts(&stages, Stage::Signature, last, j);
    assert!(inherited == Rational::default() && local == Rational::default() && answers != Rational::default());
}

#[test]
fn what_is_handed_on_is_inherited() {
    let (exact, oracle) = clean();
    let zero = Rational::default;
    // A critical point that is off moves the bias of its row, and nothing else.
    let mut spoiled = exact.clone();
    let item = spoiled.signatures()[0].item;
    let kink = spoiled.located.kinks[item.line as usize].iter_mut().find(|kink| kink.item == item).expect("its kink");
    kink.position = kink.position.add(&tiny());
    take(&mut spoiled, 0);
    assert_eq!(spoiled.signatures()[0].row, exact.signatures()[0].row);
    let stages = ledger(&exact, &spoiled, &oracle);
    let [inherited, answers, local] = parts(&stages, Stage::Signature, 0, 8);
    assert!(inherited != zero() && answers == zero() && local == zero());
    // A row that is off spoils those that it is taken away from.
    let from = |(i, jump): (usize, &Option<Jump>)| Some((i, jump.as_ref()?.known.first()?.0));
    // Thin segments are left to another line where the tolerance table judges.
    let cell = Cell::tolerant(Arithmetic::Exact, Arithmetic::Exact);
    let found = (0..8).find_map(|seed| {
        let victim = random(Shape { inputs: 20, hidden: 40, outputs: 1 }, seed, Dtype::F32);
        let walk = run_cell(&victim, &cell, &settings(seed), None).trace?;
        let rows = walk.walked()?.jumps.iter().enumerate().find_map(from)?;
        Some((walk, Incremental::<Rational>::new(&victim), rows))
    });
    let (exact, oracle, (later, known)) = found.expect("a row with another between");
    let mut spoiled = exact.clone();
    take(&mut spoiled, later);
    assert_eq!(spoiled.signatures()[later].row, exact.signatures()[later].row);
    spoiled.signatures_mut()[known].row[0] = spoiled.signatures()[known].row[0].add(&tiny());
    take(&mut spoiled, later);
    let stages = ledger(&exact, &spoiled, &oracle);
    let [inherited, answers, local] = parts(&stages, Stage::Signature, later, 0);
    assert!(inherited != zero() && answers == zero() && local == zero());
}

/// A row that second differences gave has its own entry beside those of gradients.
#[test]
fn rows_measured_at_their_kinks_are_in_it() {
    let victim = crate::common::with_a_weak_unit("20-40-1", 6, 20);
    let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    let rounded = run_cell(&victim, &cell, &settings(6), None).trace.expect("finite");
    assert!(rounded.signatures().iter().any(|row| row.probes.is_some()));
    let stages = ledger(&exact_walk(&victim, 6), &rounded, &Incremental::<Rational>::new(&victim));
    // The exact walk may have put a row's hyperplane through another kink.
    let rows = &stages[1];
    assert_eq!(rows.accounts.len() + rows.unmatched, 40);
    assert!(rows.accounts.len() > 30, "{}", rows.accounts.len());
}

#[test]
fn coarse_answers_dominate_what_the_stage_makes() {
    let victim = random(Shape { inputs: 8, hidden: 5, outputs: 2 }, 5, Dtype::F64);
    let oracle = Incremental::<Rational>::new(&victim);
    let median = |bits: Option<u32>, stage: Stage, part: fn(&exactract::ledger::Share) -> &Rational| {
        let (exact, rounded) = both(&victim, bits).expect("finite numbers");
        let stages = ledger(&exact, &rounded, &oracle);
        let worst = |a: &Account| a.shares.iter().map(|s| s.log2(part(s))).fold(f64::NEG_INFINITY, f64::max);
        let mut sizes: Vec<f64> = of(&stages, stage).iter().map(worst).collect();
        sizes.sort_by(f64::total_cmp);
        sizes[sizes.len() / 2]
    };
    for stage in [Stage::Signature, Stage::LastLayer] {
        let (coarse, fine) = (median(Some(24), stage, |s| &s.answers), median(None, stage, |s| &s.answers));
        let local = median(Some(24), stage, |s| &s.local);
        assert!(coarse > local + 12.0, "{stage}: answers 2^{coarse:.1}, local 2^{local:.1}");
        assert!((20.0..38.0).contains(&(coarse - fine)), "{stage}: 2^{:.1}", coarse - fine);
    }
}
