//! Queries: counted by those who answer, spent within the budget, told as they are.

use exactract::attack::{Error, Options, Outcome, Strategy};
use exactract::judge::{Policy, Stage};
use exactract::net::{Dtype, Shape, random};
use exactract::num::{Num, Rational, Scalar};
use exactract::oracle::{self, Batch, Evaluate, Incremental, Oracle, Tally};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const STAGES: [Stage; 5] = [Stage::Locate, Stage::Signature, Stage::Orientation, Stage::LastLayer, Stage::Check];

/// A victim that counts the points it was really asked at.
struct Counting {
    victim: Incremental<Rational>,
    points: Arc<AtomicU64>,
}

impl Evaluate<Rational> for Counting {
    fn inputs(&self) -> usize {
        self.victim.inputs()
    }
    fn outputs(&self) -> usize {
        self.victim.outputs()
    }
    fn evaluate(&self, batch: &Batch<'_, Rational>) -> Vec<Vec<Num<Rational>>> {
        let answers = self.victim.evaluate(batch);
        self.points.fetch_add(answers.len() as u64, Ordering::SeqCst);
        answers
    }
}

const STRATEGIES: [Strategy; 2] = [Strategy::Textbook, Strategy::Walk];

/// An attack on a 5-3-2 network through this oracle; the outcome, and points really asked at.
fn attack(strategy: Strategy, prepare: impl FnOnce(Oracle<Rational>) -> Oracle<Rational>) -> (Outcome<Rational>, u64) {
    let network = random(Shape { inputs: 5, hidden: 3, outputs: 2 }, 4, Dtype::F64);
    let points = Arc::new(AtomicU64::new(0));
    let victim = Counting { victim: Incremental::new(&network), points: Arc::clone(&points) };
    let mut oracle = prepare(Oracle::held(victim));
    let outcome = strategy.extract((), &mut oracle, Policy::Exact, Options { lines: 2, ..Options::default() });
    assert_eq!(oracle.tally(), &outcome.tally);
    (outcome, points.load(Ordering::SeqCst))
}

#[test]
fn the_tally_is_what_was_asked() {
    for strategy in STRATEGIES {
        let (outcome, points) = attack(strategy, |oracle| oracle);
        assert!(outcome.stopped.is_none());
        assert_eq!(outcome.tally.total(), points);
        // The walk asks nothing for signs and for the last layer.
        let free = |stage| strategy == Strategy::Walk && matches!(stage, Stage::Orientation | Stage::LastLayer);
        assert!(STAGES.iter().all(|&stage| (outcome.tally.of(stage) > 0) != free(stage)));
        assert_eq!(STAGES.iter().map(|&stage| outcome.tally.of(stage)).sum::<u64>(), points);
    }
}

#[test]
fn a_budget_is_never_passed_and_never_kept_back() {
    STRATEGIES.into_iter().for_each(budget_is_kept);
}

fn budget_is_kept(strategy: Strategy) {
    let (whole, needed) = attack(strategy, |oracle| oracle);
    for limit in (0..=needed + 1).filter(|n| n % 7 == 0 || *n < 20 || *n + 20 > needed) {
        let (outcome, points) = attack(strategy, |oracle| oracle.with_limit(Some(limit)));
        assert_eq!(outcome.tally.total(), points);
        match outcome.stopped {
            None => {
                assert!(limit >= needed, "{points} of {needed} queries were enough");
                assert_eq!(outcome.tally, whole.tally);
            }
            Some((_, Error::Oracle(oracle::Error::Budget { spent, asked, limit: told }))) => {
                assert!(limit < needed && told == limit);
                assert!(spent == points && spent <= limit && spent + asked > limit, "{spent}, {asked}, {limit}");
            }
            Some(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn progress_tells_every_batch() {
    let told: Arc<Mutex<Vec<Tally>>> = Arc::default();
    let hears = Arc::clone(&told);
    let hear = move |tally: &Tally| hears.lock().unwrap().push(tally.clone());
    let (outcome, _) = attack(Strategy::Walk, |oracle| oracle.with_progress(Arc::new(hear)));
    let told = told.lock().unwrap();
    assert!(told.windows(2).all(|pair| pair[0].total() < pair[1].total()));
    assert_eq!(told.last(), Some(&outcome.tally));
}

#[test]
fn an_interrupt_stops_before_the_next_batch() {
    for (strategy, batches) in STRATEGIES.into_iter().flat_map(|strategy| [1, 5, 20].map(|n| (strategy, n))) {
        let flag = Arc::new(AtomicBool::new(false));
        let (raise, left) = (Arc::clone(&flag), AtomicU64::new(batches));
        let told: Arc<Mutex<u64>> = Arc::default();
        let hears = Arc::clone(&told);
        let progress = move |tally: &Tally| {
            *hears.lock().unwrap() = tally.total();
            if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                raise.store(true, Ordering::SeqCst);
            }
        };
        let (outcome, points) =
            attack(strategy, |oracle| oracle.with_interrupt(flag).with_progress(Arc::new(progress)));
        let spent = *told.lock().unwrap();
        assert_eq!((outcome.tally.total(), points), (spent, spent));
        let expected = Error::Oracle(oracle::Error::Interrupted { spent });
        assert_eq!(outcome.stopped.map(|(_, error)| error), Some(expected));
    }
}

#[test]
fn a_batch_costs_as_many_queries_as_it_has_points() {
    let network = random(Shape { inputs: 3, hidden: 2, outputs: 1 }, 0, Dtype::F64);
    let mut oracle = Oracle::held(Incremental::<Rational>::new(&network));
    let point = |x: f64| (0..3).map(|_| Num(Rational::lift(x, ()))).collect::<Vec<_>>();
    let (points, at) = (vec![point(1.0), point(2.0)], point(0.5));
    let probes = vec![Vec::new(); 4];
    let batches = [
        (Batch::Points(&points), 2),
        (Batch::Line { origin: &points[0], direction: &points[1], at: &at }, 3),
        (Batch::Probes { center: &points[0], probes: &probes }, 4),
        (Batch::Points(&[]), 0),
    ];
    let mut expected = 0;
    for (batch, cost) in batches {
        assert_eq!(oracle.ask(Stage::Check, &batch).unwrap().len(), cost);
        expected += cost as u64;
        assert_eq!((oracle.tally().total(), oracle.tally().of(Stage::Check)), (expected, expected));
    }
}
