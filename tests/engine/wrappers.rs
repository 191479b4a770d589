//! What stands between a victim and its attacker: rounding in the order of the list, and answers that show less.

use exactract::attack::{Error, Strategy};
use exactract::experiment::{Arithmetic, Cell, Finished, Request, Settings, Victim, run, run_cell};
use exactract::judge::Stage;
use exactract::net::{Dtype, random};
use exactract::num::{Num, Scalar};
use exactract::oracle::{
    self, Access, Answer, Batch, Failure, Function, Observation, Oracle, Rounding, Wrapper, wrapped,
};
use std::sync::Arc;

const LESS: [Access; 5] =
    [Access::Label, Access::LabelScore, Access::TopScores(2), Access::TopLogits(2), Access::Scores];

/// A function of one input that shows what it was asked at.
fn mirror() -> impl Answer<f64> + 'static {
    Function::new(1, 1, |points: &[Vec<f64>]| Ok(points.to_vec()))
}

fn ask<S: Scalar>(victim: impl Answer<S> + 'static, wrappers: &[Wrapper], x: f64, context: S::Context) -> Vec<S> {
    let shown = wrapped(victim, wrappers, context).answer(&Batch::Points(&[vec![Num::lift(x, context)]])).unwrap();
    shown[0].numbers().into_iter().cloned().collect()
}

#[test]
fn a_list_goes_from_the_victim_to_the_attacker() {
    let [tenths, whole] = [1, 0].map(Rounding::Decimals);
    let through = |wrappers: &[Wrapper]| ask(mirror(), wrappers, 1.46, ())[0];
    // 1.46 is 1.5 in tenths, and that is 2 in wholes; straight to wholes it is 1.
    assert_eq!(through(&[Wrapper::Answers(tenths), Wrapper::Answers(whole)]), 2.0);
    assert_eq!(through(&[Wrapper::Answers(whole), Wrapper::Answers(tenths)]), 1.0);
    // A question comes from the attacker's end.
    assert_eq!(through(&[Wrapper::Questions(whole), Wrapper::Questions(tenths)]), 2.0);
    assert_eq!(through(&[Wrapper::Questions(tenths), Wrapper::Questions(whole)]), 1.0);
    // Wherever it stands, a question is rounded before it is answered.
    assert_eq!(through(&[Wrapper::Answers(whole), Wrapper::Questions(tenths)]), 2.0);
    assert_eq!(through(&[]), 1.46);
}

/// A list of roundings is exact up to its end. 0.15 is a tie of tenths, and the f64 nearest to it is not.
#[test]
fn nothing_is_rounded_between_two_roundings() {
    let list = [2, 1].map(|k| Wrapper::Answers(Rounding::Decimals(k)));
    assert_eq!(ask(mirror(), &list, 0.151, ()), [0.2]);
    assert_eq!(ask(mirror(), &list, 0.149, ()), [0.2]);
    assert_eq!(ask(mirror(), &list, 0.144, ()), [0.1]);
}

#[test]
fn scores_are_rounded_where_they_are_shown() {
    let logits = || Function::new(1, 2, |points: &[Vec<f64>]| Ok(vec![vec![0.0, 1.0]; points.len()]));
    let (whole, show) = (Wrapper::Answers(Rounding::Decimals(1)), Wrapper::Show(Access::Scores));
    // 1/(1 + e) = 0.2689…
    assert_eq!(ask(logits(), &[show, whole], 0.0, ()), [0.3, 0.7]);
    let scores = ask(logits(), &[whole, show], 0.0, ());
    assert!((scores[0] - 1.0 / (1.0 + 1f64.exp())).abs() < 1e-15, "{scores:?}");
    // Questions are rounded on their way to the victim, whatever is shown on the way back.
    let labels = |points: &[Vec<f64>]| Ok(points.iter().map(|x| vec![x[0], 1.5]).collect());
    let rounded = [Wrapper::Show(Access::Label), Wrapper::Questions(Rounding::Decimals(0))];
    let shown = wrapped(Function::new(1, 2, labels), &rounded, ()).answer(&Batch::Points(&[vec![Num(1.6)]])).unwrap();
    assert_eq!(shown[0].labels(), [0]);
}

/// Whoever needs logits is refused by an oracle that shows less, before anything is asked.
#[test]
fn direct_recovery_is_refused_without_logits() {
    let victim = random("4-3-2".parse().unwrap(), 1, Dtype::F64);
    let refused = |run: &Finished, shows| {
        let expected = oracle::Error::Access { needs: Access::Logits, shows, spent: 0 };
        assert_eq!(run.stopped.as_ref().map(|(_, error)| error), Some(&Error::Oracle(expected)));
        assert_eq!(run.tally.total(), 0);
    };
    for (access, strategy) in LESS.into_iter().flat_map(|access| Strategy::ALL.map(|strategy| (access, strategy))) {
        let settings = Settings { strategy, ..Settings::default() };
        for cell in [
            Cell::EXACT,
            Cell::tolerant(Arithmetic::F64, Arithmetic::F64),
            Cell::tolerant(Arithmetic::F32, Arithmetic::F64),
        ] {
            refused(&run_cell(&victim, &cell.behind(Wrapper::Show(access)), &settings, None), access);
        }
        let network = victim.map(|&w| Num(w));
        let function = move |points: &[Vec<f64>]| {
            let one = |x: &Vec<f64>| network.forward(&x.iter().map(|&x| Num(x)).collect::<Vec<_>>(), ());
            Ok(points.iter().map(|x| one(x).into_iter().map(|y| y.0).collect()).collect())
        };
        let mut request = Request::new(Victim::BlackBox(Arc::new(Function::new(4, 2, function))));
        request.settings.strategy = strategy;
        request.cell = request.cell.behind(Wrapper::Show(access));
        let stopped = run(&request).unwrap();
        refused(&stopped, access);
        let (stage, error) = stopped.stopped.unwrap();
        let expected = format!("this needs logits, and the oracle shows {access}; 0 queries spent");
        assert_eq!((stage, error.to_string()), (Stage::Locate, expected));
    }
    // An access level that shows all is none.
    let shown = run_cell(&victim, &Cell::EXACT.behind(Wrapper::Show(Access::Logits)), &Settings::default(), None);
    assert_eq!(shown.stopped, None);
}

/// A black box that shows something else than it says, whatever it says.
#[test]
fn an_oracle_is_what_it_says_it_is() {
    type Shown = Vec<Observation<f64>>;
    let observe = |access: Access, shown: Observation<f64>| {
        let function = move |points: &[Vec<f64>]| Ok(vec![shown.clone(); points.len()]);
        let mut oracle = Oracle::new(Box::new(Function::showing(1, 3, access, function)));
        let found: Result<Shown, _> = oracle.observe(None, &Batch::Points(&[vec![Num(0.0)]]));
        assert_eq!(oracle.tally().total(), u64::from(found.is_ok()));
        found.map(|_| ()).map_err(|error| match error {
            oracle::Error::Failed { failure, spent: 0 } => failure,
            other => panic!("{other}"),
        })
    };
    let numbers = |count: usize| vec![Num(1.0); count];
    let top = |labels: &[usize]| labels.iter().map(|&label| (label, Num(1.0))).collect::<Vec<_>>();
    let good = [
        (Access::Label, Observation::Label(2)),
        (Access::LabelScore, Observation::LabelScore(0, Num(1.0))),
        (Access::TopScores(2), Observation::TopScores(top(&[2, 0]))),
        (Access::TopLogits(1), Observation::TopLogits(top(&[1]))),
        (Access::Scores, Observation::Scores(numbers(3))),
        (Access::Logits, Observation::Logits(numbers(3))),
    ];
    for (access, shown) in &good {
        assert_eq!(observe(*access, shown.clone()), Ok(()));
        for (other, shown) in good.iter().filter(|(other, _)| other != access) {
            let expected = Failure::Shown { question: 0, shows: *other, access: *access };
            assert_eq!(observe(*access, shown.clone()), Err(expected));
        }
    }
    let label = |label| Err(Failure::Label { question: 0, label, classes: 3 });
    assert_eq!(observe(Access::Label, Observation::Label(3)), label(3));
    assert_eq!(observe(Access::TopLogits(2), Observation::TopLogits(top(&[1, 1]))), label(1));
    assert_eq!(observe(Access::TopScores(2), Observation::TopScores(top(&[0, 7]))), label(7));
    let length = |expected, found| Err(Failure::Length { question: 0, expected, found });
    assert_eq!(observe(Access::TopScores(2), Observation::TopScores(top(&[0]))), length(2, 1));
    assert_eq!(observe(Access::Scores, Observation::Scores(numbers(2))), length(3, 2));
    assert_eq!(
        observe(Access::LabelScore, Observation::LabelScore(0, Num(f64::NAN))),
        Err(Failure::NotFinite { question: 0, output: 0 })
    );
}
