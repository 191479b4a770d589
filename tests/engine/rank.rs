//! Independent columns of the rows are decisions: recorded, replayed, and undecided where a number is none.

use exactract::experiment::{Arithmetic, Cell, Finished, run_cell};
use exactract::judge::{Decision, Error, Item, Judge, Policy, Script, Site, Stage};
use exactract::linalg::{Matrix, Solve};
use exactract::net::Shallow;
use exactract::num::{Ball, Num, Rational};
use std::cmp::Ordering;
use std::sync::Arc;

const F64: Cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);

/// Two units whose second columns differ by `2^-26`: independent, but not to the tolerance of f64.
fn victim() -> Shallow<f64> {
    let hidden = vec![vec![1.0, 1.0, 0.5], vec![1.0, 1.0 + 2f64.powi(-26), 1.0]];
    let output = Matrix::from_rows(2, vec![vec![1.0, 2.0]]).unwrap();
    Shallow::new(Matrix::from_rows(3, hidden).unwrap(), vec![0.25, 0.5], output, vec![0.0]).unwrap()
}

fn run(cell: &Cell, along: Option<&Finished>) -> Finished {
    let script = along.map(|other| Policy::Replay(Arc::new(Script::new(&other.decisions))));
    run_cell(&victim(), cell, &crate::common::textbook(), script)
}

fn asked(run: &Finished) -> Vec<&Decision> {
    run.decisions.iter().filter(|d| d.site == Site::Rank).collect()
}

fn signs(run: &Finished) -> Vec<(Item, Ordering)> {
    asked(run).iter().map(|d| (d.key.item, d.sign)).collect()
}

/// The columns in which a run moved to tell the sides of a row apart.
fn columns(run: &Finished) -> Vec<usize> {
    let trace = run.trace.as_ref().expect("finite numbers");
    trace.oriented.sides.first().expect("a side").preimage.iter().map(|&(j, _)| j).collect()
}

#[test]
fn a_run_records_a_decision_a_column() {
    use Ordering::{Equal, Greater};
    let column = |j: usize, sign: Ordering| (Item::default().axis(j), sign);
    let (exact, rounded) = (run(&Cell::EXACT, None), run(&F64, None));
    assert_eq!(signs(&exact), [column(0, Greater), column(1, Greater)]);
    assert_eq!(signs(&rounded), [column(0, Greater), column(1, Equal), column(2, Greater)]);
    assert_eq!((columns(&exact), columns(&rounded)), (vec![0, 1], vec![0, 2]));
    assert!(asked(&rounded).iter().all(|d| d.key.stage == Stage::Orientation && d.key.step == 0));
    // Rows are scaled to 1 at their largest entry: what is left of the columns is 1, near 2^-26 and near 1/2,
    // beside 1 and a tolerance of 2^-23.
    let margins: Vec<f32> = asked(&rounded).iter().map(|d| d.margin).collect();
    for (margin, expected) in margins.iter().zip([23.0, -3.0, 22.0]) {
        assert!((margin - expected).abs() < 0.5, "{margins:?}");
    }
}

#[test]
fn a_replay_takes_the_columns_of_its_script() {
    let exact = run(&Cell::EXACT, None);
    let replay = run(&F64, Some(&exact));
    assert_eq!(signs(&replay), signs(&exact));
    assert_eq!(columns(&replay), columns(&exact));
    // In ℚ, too, a column that is taken for dependent is passed over, and those after it judged without it.
    let rows = Matrix::from_fn(2, 3, |i, j| Num::<Rational>::lift([[1.0, 1.0, 2.0], [1.0, 2.0, 4.0]][i][j], ()));
    let columns = Rational::independent_columns(&rows, &mut |j, _, _| Ok::<_, ()>(j != 1));
    assert_eq!(columns, Ok(vec![0, 2]));
}

/// The columns that a judge of this policy finds independent.
fn judged<S: Solve<Context = ()>>(rows: &[&[f64]], policy: Policy) -> Result<Vec<usize>, Error> {
    let lifted = |row: &&[f64]| row.iter().map(|&x| Num::<S>::lift(x, ())).collect();
    let rows = Matrix::from_rows(rows[0].len(), rows.iter().map(lifted).collect()).unwrap();
    let mut judge = Judge::new(policy);
    S::independent_columns(&rows, &mut |_, remainder, scale| {
        Ok(judge.sign(Site::Rank, remainder, scale, ())? == Ordering::Greater)
    })
}

#[test]
fn a_number_that_is_none_is_undecided() {
    let tolerant = || Policy::Tolerance { bits: 53 };
    let undecided = |rows: &[&[f64]]| matches!(judged::<f64>(rows, tolerant()), Err(Error::Undecided { .. }));
    assert_eq!(judged::<f64>(&[&[0.0, 1.0], &[0.0, 2.0]], tolerant()), Ok(vec![1]));
    assert!(undecided(&[&[0.0, 1.0], &[1.0, f64::NAN]]));
    assert!(undecided(&[&[f64::NAN, 1.0], &[1.0, 1.0]]));
    // Where it would never be asked about, there is no largest entry to be small beside.
    assert!(undecided(&[&[1.0, 0.0, 0.0], &[0.0, 1.0, f64::NAN]]));
}

#[test]
fn a_script_cannot_make_zero_independent() {
    fn all_taken<S: Solve<Context = ()>>() -> Result<Vec<usize>, ()> {
        let rows = Matrix::from_fn(2, 3, |_, j| Num::<S>::lift([1.0, 1.0, 2.0][j], ()));
        S::independent_columns(&rows, &mut |_, _, _| Ok(true))
    }
    assert_eq!(all_taken::<Rational>(), Ok(vec![0]));
    assert_eq!(all_taken::<f64>(), Ok(vec![0]));
    assert_eq!(all_taken::<Ball>(), Ok(vec![0]));
}
