//! Requests: whoever answers, the same attack; and what contradicts itself is refused before anything is asked.

use exactract::attack::Strategy;
use exactract::attack::snap::Grid;
use exactract::compare::Inputs;
use exactract::experiment::{self, Arithmetic, Cell, Error, Finished, Request, Victim, run, run_cell};
use exactract::net::{Dtype, Family, Shallow, random};
use exactract::oracle::{Access, Answer, Batch, Dense, Evaluate, Failure, Held, Incremental, Kernel, Observation};
use exactract::study;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn victim() -> Shallow<f64> {
    random("6-4-2".parse().unwrap(), 3, Dtype::F64)
}

fn attackers() -> Vec<Arithmetic> {
    let names = if cfg!(feature = "gmp") { vec!["f64", "exact", "p80"] } else { vec!["f64", "exact"] };
    names.into_iter().map(|name| name.parse().unwrap()).collect()
}

fn same(a: &Finished, b: &Finished, what: &str) {
    assert_eq!(a.network(), b.network(), "{what}");
    assert_eq!((&a.decisions, &a.tally), (&b.decisions, &b.tally), "{what}");
    assert!(a.network().is_some() && a.stopped == b.stopped, "{what}: {:?}", a.stopped);
}

#[test]
fn a_black_box_and_an_exact_oracle_are_attacked_as_their_network() {
    let victim = victim();
    let exact = Incremental::new(&victim);
    let black_box: Arc<dyn Answer<f64>> = Arc::new(Held(Dense::<f64>::new(victim.clone(), Kernel::default())));
    for strategy in Strategy::ALL {
        for attacker in attackers() {
            for bits in [None, Some(40)] {
                let what = format!("{}, {attacker} attacker, {bits:?} bits", strategy.name());
                let mut request = Request::new(Victim::BlackBox(black_box.clone()));
                request.settings.strategy = strategy;
                request.cell = Cell::tolerant(Arithmetic::F64, attacker).through(bits).asking(bits);
                let plain = run_cell(&victim, &request.cell, &request.settings, None);
                same(&run(&request).unwrap(), &plain, &what);
                request.victim = Victim::Exact(&exact);
                request.cell = Cell::tolerant(Arithmetic::Exact, attacker).through(bits);
                let plain = run_cell(&victim, &request.cell, &request.settings, None);
                same(&run(&request).unwrap(), &plain, &what);
            }
        }
    }
}

/// A network that counts how often it is asked.
struct Counted(Dense<f64>, Arc<AtomicUsize>);

impl Answer<f64> for Counted {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    fn access(&self) -> Access {
        Access::Logits
    }

    fn answer(&self, batch: &Batch<'_, f64>) -> Result<Vec<Observation<f64>>, Failure> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0.evaluate(batch).into_iter().map(Observation::Logits).collect())
    }
}

#[test]
fn a_request_that_contradicts_itself_asks_nothing() {
    let (victim, calls) = (victim(), Arc::new(AtomicUsize::new(0)));
    let counted = Counted(Dense::new(victim.clone(), Kernel::default()), calls.clone());
    let black_box = Request::new(Victim::BlackBox(Arc::new(counted)));
    let f64s = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    let with = |cell: Cell| Request { cell, ..black_box.clone() };
    let (exact, f32s) = (Arithmetic::Exact, Arithmetic::F32);
    let refused = [
        (with(f64s.clone().through(Some(54))), Error::AnswerBits { asked: 54, held: 53, attacker: Arithmetic::F64 }),
        (with(Cell::EXACT), Error::VictimArithmetic { own: Arithmetic::F64, asked: exact }),
        (with(Cell::tolerant(f32s, exact)), Error::VictimArithmetic { own: Arithmetic::F64, asked: f32s }),
    ];
    for (request, why) in refused {
        assert_eq!(run(&request).map(|_| ()), Err(why));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    // Their neighbours are carried out.
    for cell in [
        f64s.clone().through(Some(53)),
        f64s.clone().through(Some(54)).through(Some(53)),
        Cell::tolerant(Arithmetic::F64, exact),
        f64s,
    ] {
        assert!(run(&with(cell)).unwrap().network().is_some());
    }
    assert!(calls.load(Ordering::SeqCst) > 0);
}

#[test]
fn a_study_that_contradicts_itself_is_refused_by_what_contradicts() {
    use study::Error as Refused;
    let (relu, inputs) = (victim(), Inputs::random(6, 10, 0));
    let leaky = |name: &str| {
        let family: Family = name.parse().unwrap();
        relu.clone().with_activation(family.draw(4, 0)).unwrap()
    };
    let (leaky, affine) = (leaky("leaky:0.25"), relu.clone().with_activation(exactract::net::Activation::Identity));
    let (affine, short) = (affine.unwrap(), Inputs::random(5, 1, 0));
    let plain = study::Request::new(&relu, &inputs);
    assert_eq!(plain.check(), Ok(()));
    let with = |change: &dyn Fn(&mut study::Request<'_>)| {
        let mut request = plain.clone();
        change(&mut request);
        request.check()
    };
    let f64s = || Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
    let exact = || Cell::tolerant(Arithmetic::Exact, Arithmetic::F64);
    assert_eq!(with(&|r| (r.cell, r.attribution) = (exact(), true)), Err(Refused::NothingRounds));
    assert_eq!(with(&|r| (r.cell, r.attribution) = (exact().through(Some(53)), true)), Ok(()));
    assert_eq!(with(&|r| (r.cell, r.certify) = (f64s().asking(Some(40)), true)), Err(Refused::QuestionsRounded));
    assert_eq!(with(&|r| (r.cell, r.ledger) = (f64s().asking(Some(40)), true)), Ok(()));
    let more = experiment::Error::AnswerBits { asked: 60, held: 53, attacker: Arithmetic::F64 };
    assert_eq!(with(&|r| r.cell = exact().through(Some(60))), Err(Refused::Experiment(more)));
    let textbook = |r: &mut study::Request<'_>| r.settings.strategy = Strategy::Textbook;
    for (snap, polish) in [(vec![Grid::F32], false), (Vec::new(), true)] {
        let refined = |r: &mut study::Request<'_>| {
            (r.snap, r.settings.options.polish) = (snap.clone(), polish);
        };
        assert_eq!(with(&|r| refined(r)), Ok(()));
        let both = with(&|r| {
            refined(r);
            textbook(r);
        });
        assert_eq!(both, Err(Refused::Refined { strategy: Strategy::Textbook }));
    }
    assert_eq!(with(&|r| (r.bits, r.snap) = (true, vec![Grid::F32])), Err(Refused::BitsAndSnap));
    assert_eq!(with(&|r| r.bits = true), Ok(()));
    let narrow = study::Request::new(&relu, &short).check();
    assert_eq!(narrow, Err(Refused::Inputs { index: 0, found: 5, expected: 6 }));
    let of_leaky = study::Request::new(&leaky, &inputs);
    assert_eq!(of_leaky.check(), Ok(()));
    let changes: [&dyn Fn(&mut study::Request<'_>); 4] =
        [&|r| r.ledger = true, &|r| r.certify = true, &|r| r.bits = true, &textbook];
    for change in changes {
        let mut request = of_leaky.clone();
        change(&mut request);
        assert!(matches!(request.check(), Err(Refused::ReluAlone { .. })), "{:?}", request.check());
    }
    assert_eq!(study::Request::new(&affine, &inputs).check(), Err(Refused::Affine));
}
