//! Learning: gradients, the same bits at any thread count and after a resumption, a loss that is no number.
#![cfg(feature = "learn")]

use burn_tensor::Tensor;
use exactract::learn::mixmatch::{labelled_loss, unlabelled_loss};
use exactract::learn::{
    Architecture, Augmentation, Checkpoint, Data, Error, Experiment, Form, Images, Method, MixMatch, Model, Norm,
    Place, Rates, Recipe, Seeds, Source, State, Student, Victim, agreement, values,
};
use exactract::net::{Draw, Network};
use exactract::num::{Rational, Scalar};
use exactract::oracle::{self, Access, Failure, Function, Observation};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const RATES: Rates = Rates { rate: 0.002, decay: 0.02, average: 0.99 };

/// The loss of MixMatch, both parts, and its gradient, against central differences in f64.
fn gradients(architecture: &str, form: Form, norm: impl Fn(&mut Vec<Tensor<1>>) -> bool) {
    let place = Place::cpu().in_f64();
    let student = Student::new(architecture.parse().unwrap(), form).unwrap();
    let (mut draw, rows) = (Draw::new(1, "gradients"), 4);
    let mut weights = student.draw(&mut draw);
    // Away from the zeros and ones that biases and scales start at.
    weights.iter_mut().flatten().for_each(|w| *w += draw.dyadic(10) / 16.0);
    let x: Vec<f64> = (0..rows * form.pixels()).map(|_| draw.dyadic(10)).collect();
    let labels: Vec<f64> = (0..rows * form.classes).map(|_| draw.dyadic(10).abs() / form.classes as f64).collect();
    let loss = |leaves: &[Tensor<1>]| {
        let x = place.tensor(x.clone(), [rows, form.pixels()]).autodiff();
        let labels = place.tensor(labels.clone(), [rows, form.classes]).autodiff();
        let mut seen = Vec::new();
        let logits = student.logits(leaves, Norm::Batch(&mut seen), x);
        assert!(norm(&mut seen));
        let half = |tensor: &Tensor<2>, from: usize| tensor.clone().slice([from..from + 2, 0..form.classes]);
        labelled_loss(half(&logits, 0), half(&labels, 0))
            + unlabelled_loss(half(&logits, 2), half(&labels, 2)).mul_scalar(3.0)
    };
    let tensors = |weights: &[Vec<f64>]| -> Vec<Tensor<1>> {
        weights.iter().map(|w| place.tensor(w.clone(), [w.len()]).autodiff().require_grad()).collect()
    };
    let leaves = tensors(&weights);
    let slopes = loss(&leaves).backward();
    let step = 2f64.powi(-20);
    for (part, leaf) in leaves.iter().enumerate() {
        let slope = values(leaf.grad(&slopes).unwrap());
        assert_eq!(slope.len(), weights[part].len());
        // Every entry of small tensors, some of large ones.
        for at in (0..slope.len()).step_by(slope.len() / 8 + 1) {
            let here = weights[part][at];
            let mut loss_at = |value: f64| {
                weights[part][at] = value;
                values(loss(&tensors(&weights)))[0]
            };
            let difference = (loss_at(here + step) - loss_at(here - step)) / (2.0 * step);
            weights[part][at] = here;
            let name = &student.parts()[part].name;
            assert!(
                (difference - slope[at]).abs() < 1e-6,
                "{name} at {at}: {difference}, and backward says {}",
                slope[at]
            );
        }
    }
}

#[test]
fn gradients_of_a_perceptron_are_those_of_differences() {
    let form = Form { channels: 1, height: 2, width: 3, classes: 3 };
    gradients("6-5-4-3", form, |seen| seen.is_empty());
}

#[test]
fn gradients_of_a_residual_network_are_those_of_differences() {
    let form = Form { channels: 2, height: 8, width: 8, classes: 3 };
    // Seven normalisations of wrn-10-1, a mean and a variance each.
    gradients("wrn-10-1", form, |seen| seen.len() == 14);
}

#[test]
fn a_wide_residual_network_has_the_published_size() {
    let form = Form { channels: 3, height: 32, width: 32, classes: 10 };
    let student = Student::new("wrn-28-2".parse().unwrap(), form).unwrap();
    // As printed by the public implementations of MixMatch and FixMatch: "1.47M".
    assert_eq!(student.parameters(), 1_467_610);
    assert_eq!(student.statistics().len(), 2 * 25);
}

fn digits() -> (Data, Victim) {
    let data = Data::digits().unwrap();
    let network = Network::from(&exactract::format::bundled().unwrap().network).map(|&w| Rational::lift(w, ()));
    let victim = Victim::Model(Arc::new(Model::layered(&network, data.form()).unwrap()));
    (data, victim)
}

fn experiment<'a>(
    data: &'a Data,
    victim: &'a Victim,
    student: &'a Student,
    method: Method,
    steps: usize,
) -> Experiment<'a> {
    Experiment {
        victim,
        pool: &data.pool,
        access: Access::Label,
        temperature: 1.0,
        queries: 40,
        limit: None,
        interrupt: Arc::default(),
        source: Source::Data,
        student,
        recipe: Recipe { method, steps, batch: 16, rates: RATES, augmentation: Augmentation::DIGITS },
        place: Place::cpu(),
    }
}

fn go_on(_: &State, _: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_run_taken_up_again_ends_in_the_same_bytes() {
    let (data, victim) = digits();
    let student = Student::new("64-16-10".parse().unwrap(), data.form()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for method in [Method::Supervised, Method::MixMatch(MixMatch::default())] {
        let experiment = experiment(&data, &victim, &student, method, 30);
        let at = |name: &str| Checkpoint { path: folder.path().join(name), every: 7 };
        let seeds = Seeds::all(3);
        let (whole, parted) = (at("whole"), at("parted"));
        experiment.run(seeds, Some(&whole), &mut go_on).unwrap();
        let mut stop =
            |state: &State, _| if state.step == 11 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let stopped = experiment.run(seeds, Some(&parted), &mut stop);
        assert!(matches!(stopped, Err(Error::Interrupted { step: 11, steps: 30 })), "{stopped:?}");
        experiment.run(seeds, Some(&parted), &mut go_on).unwrap();
        let bytes = |checkpoint: &Checkpoint| std::fs::read(&checkpoint.path).unwrap();
        assert!(bytes(&whole) == bytes(&parted), "{method:?}");
        // Another run does not go on from it.
        let other = experiment.run(Seeds::all(4), Some(&parted), &mut go_on);
        assert!(matches!(other, Err(Error::Checkpoint { .. })), "{other:?}");
        for checkpoint in [whole, parted] {
            std::fs::remove_file(checkpoint.path).unwrap();
        }
    }
}

#[test]
fn a_loss_that_is_no_number_keeps_the_last_good_checkpoint() {
    let (data, victim) = digits();
    let student = Student::new("64-16-10".parse().unwrap(), data.form()).unwrap();
    let mut wild = experiment(&data, &victim, &student, Method::Supervised, 50);
    wild.recipe.rates = Rates { rate: 1e37, decay: 0.0, average: 0.99 };
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = Checkpoint { path: folder.path().join("c"), every: 1 };
    let ended = wild.run(Seeds::all(1), Some(&checkpoint), &mut go_on);
    let Err(Error::Diverged { step, loss, kept, file: Some(file) }) = ended else { panic!("{ended:?}") };
    assert!(!loss.is_finite() && kept < step && file.ends_with('c'), "step {step}, {kept} kept, {file}");
    // What is kept is finite, and stands where the message says.
    let mut first = None;
    let mut watch = |state: &State, _| {
        first.get_or_insert(state.step);
        ControlFlow::Break(())
    };
    let again = wild.run(Seeds::all(1), Some(&checkpoint), &mut watch);
    assert!(matches!(again, Err(Error::Interrupted { .. } | Error::Diverged { .. })), "{again:?}");
    assert_eq!(first, Some(kept + 1));
}

#[test]
fn what_cannot_be_learned_is_said() {
    let (data, victim) = digits();
    let student = Student::new("64-16-10".parse().unwrap(), data.form()).unwrap();
    let mixmatch = Method::MixMatch(MixMatch::default());
    let said = |change: fn(&mut Experiment<'_>)| {
        let mut experiment = experiment(&data, &victim, &student, mixmatch, 1);
        change(&mut experiment);
        experiment.check().unwrap_err().to_string()
    };
    assert_eq!(said(|e| e.queries = 0), "0 queries asked for, the data has 1438");
    assert_eq!(said(|e| e.queries = 1439), "1439 queries asked for, the data has 1438");
    assert_eq!(
        said(|e| e.queries = 1438),
        "1438 queries, with unlabelled images beside them, asked for, the data has 1438"
    );
    assert_eq!(said(|e| e.access = Access::TopScores(11)), "access topk:11: there are 10 classes, ask for 1 to 10");
    assert_eq!(said(|e| e.limit = Some(39)), "40 queries asked for, 39 allowed");
    assert_eq!(
        said(|e| e.temperature = 2.0),
        "a temperature needs scores to soften; access label does not show it: choose access label-score, topk:K, \
         scores or logits"
    );
    let fit = |name: &str| Student::new(name.parse().unwrap(), data.form()).unwrap_err().to_string();
    assert_eq!(
        fit("784-64-10"),
        "student 784-64-10 takes 784 inputs and gives 10 classes; the data has images of 1x8x8 pixels in 10 classes: write 64-…-10"
    );
    for wrong in ["wrn-27-2", "wrn-28", "64", "64-0-10", "resnet", "wrn-28-0"] {
        assert!(wrong.parse::<Architecture>().is_err(), "{wrong}");
    }
    let truth = Experiment { access: Access::Scores, ..experiment(&data, &Victim::Truth, &student, mixmatch, 1) };
    let said = truth.check().unwrap_err().to_string();
    assert!(said.ends_with("choose access label"), "{said}");
}

/// The data's labels are those of its images, whatever the order; of other images there are none.
#[test]
fn the_datas_own_labels_are_an_oracle() {
    let data = Data::digits().unwrap();
    let student = Student::new("64-16-10".parse().unwrap(), data.form()).unwrap();
    let experiment = experiment(&data, &Victim::Truth, &student, Method::Supervised, 1);
    let images = data.pool.select(&(0..600).rev().collect::<Vec<_>>());
    let labels: Vec<usize> = experiment.ask(&images).unwrap().iter().flat_map(Observation::labels).collect();
    assert_eq!(labels, images.labels());
    let mut oracle = Victim::Truth.oracle(&images, Access::Label);
    let other = exactract::learn::random(&data.pool, 2, 1).unwrap();
    let questions = other.questions().next().unwrap();
    let error = oracle.observe(None, &oracle::Batch::Points(&questions)).unwrap_err();
    assert!(matches!(error, oracle::Error::Failed { failure: Failure::Gone(_), spent: 0 }), "{error}");
}

/// Learned from a black box, the copy is the one learned from the network behind it.
#[test]
fn a_black_box_is_learned_from_as_a_network_is() {
    let (data, network) = digits();
    let student = Student::new("64-16-10".parse().unwrap(), data.form()).unwrap();
    let Victim::Model(model) = network.clone() else { panic!() };
    let function = move |points: &[Vec<f64>]| Ok(model.logits_at(points));
    let boxed = Victim::BlackBox(Arc::new(Function::new(64, 10, function)));
    for access in [Access::Label, Access::TopScores(3), Access::Logits] {
        let copies = [&network, &boxed].map(|victim| {
            let experiment = experiment(&data, victim, &student, Method::Supervised, 5);
            Experiment { access, ..experiment }.run(Seeds::all(2), None, &mut go_on).unwrap().copy()
        });
        assert!(copies[0] == copies[1], "{access}");
    }
}

/// However an oracle ends, the reason is said, and what it showed until then is there.
#[test]
fn an_oracle_that_ends_loses_no_answer() {
    let (data, _) = digits();
    let student = Student::new("64-16-10".parse().unwrap(), data.form()).unwrap();
    let raise: Arc<AtomicBool> = Arc::default();
    type Spoil = fn(&mut Vec<Vec<f64>>, &AtomicBool) -> Result<(), String>;
    let ways: [(Spoil, &str); 5] = [
        (|_, _| Err("connection closed".to_owned()), "the oracle failed: connection closed, after 256 queries"),
        (
            |answers, _| {
                answers.pop();
                Ok(())
            },
            "the oracle gave 255 answers to 256 questions, after 256 queries",
        ),
        (
            |answers, _| {
                answers[3].push(0.0);
                Ok(())
            },
            "the oracle's answer to question 3 has 11 numbers, not 10, after 256 queries",
        ),
        (
            |answers, _| {
                answers[2][1] = f64::INFINITY;
                Ok(())
            },
            "the oracle's answer to question 2 is not finite at output 1, after 256 queries",
        ),
        (
            |_, raise| {
                raise.store(true, Ordering::SeqCst);
                Ok(())
            },
            "interrupted after 512 queries",
        ),
    ];
    for (spoil, expected) in ways {
        let (calls, stops) = (AtomicUsize::new(0), Arc::clone(&raise));
        let function = move |points: &[Vec<f64>]| {
            let mut answers = points.iter().map(|x| x[..10].to_vec()).collect();
            if calls.fetch_add(1, Ordering::SeqCst) == 1 {
                spoil(&mut answers, &stops)?;
            }
            Ok(answers)
        };
        let victim = Victim::BlackBox(Arc::new(Function::new(64, 10, function)));
        let mut experiment = experiment(&data, &victim, &student, Method::Supervised, 5);
        (experiment.access, experiment.queries, experiment.interrupt) = (Access::Logits, 900, Arc::clone(&raise));
        let ended = experiment.run(Seeds::all(0), None, &mut go_on);
        let Err(Error::Unanswered { error, asked: 900, answers }) = ended else { panic!("{ended:?}") };
        assert_eq!(error.to_string(), expected);
        assert_eq!(answers.len() as u64, error.spent());
        let queried = experiment.queried(0).unwrap();
        for (i, shown) in answers.iter().enumerate() {
            let expected: Vec<f64> = queried.image(i)[..10].iter().map(|&x| f64::from(x)).collect();
            assert_eq!(shown.clone().logits().unwrap().into_iter().map(|y| y.0).collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn agreement_by_hand() {
    let runs = [vec![0, 1, 2, 3], vec![0, 1, 2, 0], vec![0, 0, 0, 0]];
    let runs = runs.map(|run| run.into_iter().map(|label| vec![label]).collect::<Vec<_>>());
    assert_eq!(agreement(&runs), Some([25.0, 50.0, 75.0]));
    assert_eq!(agreement(&runs[..1]), None);
}

#[test]
fn labels_below_the_number_of_classes() {
    let form = Form { channels: 1, height: 1, width: 2, classes: 2 };
    assert!(Images::new(form, vec![0.0; 4], vec![0, 1]).is_ok());
    assert!(Images::new(form, vec![0.0; 4], vec![0, 2]).is_err());
    assert!(Images::new(form, vec![0.0; 3], vec![0, 1]).is_err());
}
