//! A stage once more in ℚ, on what a run recorded as that stage's input.
//!
//! Decisions stay those of the run: which entries of a row are zero, their signs, the
//! weights of equations. What is computed again are its numbers, by the stage's own formulas.

use super::super::stages::locate::meet;
use super::last_layer::features;
use super::probe::{Direction, differences, probes};
use super::signature::project;
use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Dyadic, Exact, Num, Rational, Scalar, dot, l1};
use crate::oracle::{Batch, Evaluate};
use crate::trace::{Chord, Fit, Kink, Probes, Signature};

/// A row up to a factor with its bias and strength, in the gauge of the signature that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `[inputs]`.
    pub entries: Vec<Rational>,
    /// In the unit of the entries times that of an input.
    pub bias: Rational,
    /// Output weight times the entry at the reference, in magnitude, `[outputs]`.
    pub strength: Vec<Rational>,
}

fn wrapped(values: &[Rational]) -> Vec<Num<Rational>> {
    values.iter().cloned().map(Num).collect()
}

fn zero() -> Num<Rational> {
    Num(Rational::default())
}

/// The position of a critical point, from the recorded answers at both ends of its interval,
/// and the jump of slopes there, `Σ|J|`.
///
/// Exact. `None` where the slopes agree.
pub fn position(kink: &Kink<Rational>) -> Option<(Rational, Rational)> {
    let [left, right] = [kink.interval.0, kink.interval.1].map(|end| end.lift::<Rational>(()));
    let slope = |chord: &Chord<Rational>, end: &Num<Rational>| -> Option<Vec<Num<Rational>>> {
        let length = &Num(chord.at.clone()) - end;
        chord.beside.iter().zip(&chord.value).map(|(y, x)| Num(y.sub(x)).over(&length)).collect()
    };
    let [(l, s_l), (r, s_r)] = [(&kink.ends[0], &left), (&kink.ends[1], &right)]
        .map(|(chord, end)| (wrapped(&chord.value), slope(chord, end)));
    let (distance, jump) = meet(&zero(), &(&right - &left), (&l, &s_l?), (&r, &s_r?))?;
    Some(((&right - &distance).0, jump.0))
}

/// A row with its bias, from second differences, `[inputs]` of `[outputs]`, at the recorded centre.
///
/// Exact. `None` where the reference difference is zero, or none was recorded.
pub fn row(signature: &Signature<Rational>, differences: &[Vec<Rational>]) -> Option<Row> {
    let probes = signature.probes.as_ref()?;
    let reference = signature.reference;
    let (given, recorded) =
        (Projection::new(reference, differences)?, Projection::new(reference, &probes.differences)?);
    let top = given.of(reference);
    let step = probes.steps[reference];
    let entry = |j: usize| -> Option<Num<Rational>> {
        let sign = signature.row[j].cmp(&Rational::default());
        if j == reference || sign.is_eq() {
            return Some(Num(signature.row[j].clone()));
        }
        let shortened = &top * &Dyadic::power(probes.steps[j] - step).lift(());
        let ratio = given.of(j).over(&shortened)?;
        // Noise may have turned a difference about: the sign that was decided is relative to it.
        let same = sign == recorded.of(j).0.cmp(&Rational::default());
        Some(if same { ratio } else { -&ratio })
    };
    let entries = (0..signature.row.len()).map(entry).collect::<Option<Vec<_>>>()?;
    let bias = -&dot(zero(), &entries, &wrapped(&signature.center));
    let unit = Rational::power_of_two(-step);
    let strength = differences[reference].iter().map(|d| d.mul(&unit)).collect();
    Some(Row { entries: entries.into_iter().map(|x| x.0).collect(), bias: bias.0, strength })
}

/// Second differences projected on that of the reference.
struct Projection<'a> {
    differences: &'a [Vec<Rational>],
    reference: Vec<Num<Rational>>,
    size: Num<Rational>,
}

impl<'a> Projection<'a> {
    fn new(reference: usize, differences: &'a [Vec<Rational>]) -> Option<Self> {
        let reference = wrapped(differences.get(reference)?);
        let size = l1(zero(), &reference);
        Some(Self { differences, reference, size })
    }

    fn of(&self, j: usize) -> Num<Rational> {
        project(&zero(), &wrapped(&self.differences[j]), &self.reference, &self.size)
    }
}

/// The second differences that an exact oracle gives at the recorded centre with the
/// recorded steps, `[inputs]` of `[outputs]`; none where no steps were recorded.
pub fn exact_differences(signature: &Signature<Rational>, oracle: &dyn Evaluate<Rational>) -> Vec<Vec<Rational>> {
    let steps = signature.probes.iter().flat_map(|probes| probes.steps.iter().enumerate());
    asked_again(signature, steps.map(|(axis, &step)| Direction { axis, with: None, step }).collect(), oracle)
}

/// [`exact_differences`] with those along the sums with the reference, where they were asked.
pub fn exact_probes(signature: &Signature<Rational>, oracle: &dyn Evaluate<Rational>) -> Option<Probes<Rational>> {
    let recorded = signature.probes.as_ref()?;
    let asked = recorded.steps.iter().zip(&recorded.mixed).enumerate().filter(|(_, (_, mixed))| !mixed.is_empty());
    let (axes, directions): (Vec<usize>, Vec<Direction>) =
        asked.map(|(axis, (&step, _))| (axis, Direction { axis, with: Some(signature.reference), step })).unzip();
    let mut mixed = vec![Vec::new(); recorded.mixed.len()];
    axes.into_iter().zip(asked_again(signature, directions, oracle)).for_each(|(axis, sum)| mixed[axis] = sum);
    Some(Probes { steps: recorded.steps.clone(), differences: exact_differences(signature, oracle), mixed })
}

fn asked_again(
    signature: &Signature<Rational>,
    directions: Vec<Direction>,
    oracle: &dyn Evaluate<Rational>,
) -> Vec<Vec<Rational>> {
    let center = wrapped(&signature.center);
    let probes = probes(&center, &directions, ());
    let answers = oracle.evaluate(&Batch::Probes { center: &center, probes: &probes });
    let here = oracle.evaluate(&Batch::Points(std::slice::from_ref(&center)));
    let found = here.first().map(|here| differences(&answers, here)).unwrap_or_default();
    found.into_iter().map(|difference| difference.into_iter().map(|x| x.0).collect()).collect()
}

/// Last layers that fit answers at the recorded points.
pub struct LastLayers {
    /// The layer of the recorded answers, and that of the others: `[hidden + 1, outputs]`,
    /// output weights first, biases last.
    pub layers: [Matrix<Rational>; 2],
    /// The equations with their weights, `[points, hidden + 1]`.
    pub system: Matrix<Rational>,
    /// What they should give for the recorded answers, `[points, outputs]`.
    pub known: Matrix<Rational>,
}

/// The last layers for the rows of `network` and two sets of answers: those recorded, and `others`.
///
/// `others`: one `[outputs]` a point. Exact, in least squares. `None` where the points do not
/// determine them.
pub fn last_layers(network: &Shallow<Rational>, fit: &Fit<Rational>, others: &[Vec<Rational>]) -> Option<LastLayers> {
    let (shape, biases) = (network.shape(), wrapped(network.hidden_bias()));
    let points = Matrix::from_rows(shape.inputs, fit.points.iter().map(|p| wrapped(p)).collect())?;
    let sums = Rational::products(&points, &network.hidden().map(|x| Num(x.clone())), ());
    let weights: Vec<Num<Rational>> = fit.weights.iter().map(|&k| Dyadic::power(k).lift(())).collect();
    let rows = sums.iter_rows().zip(&weights);
    let system = rows.map(|(sums, w)| features(sums, &biases, ()).iter().map(|x| x * w).collect()).collect();
    let system = Matrix::from_rows(shape.hidden + 1, system)?;
    let known = |i: usize, j: usize| {
        let answer = if j < shape.outputs { &fit.answers[i][j] } else { &others[i][j - shape.outputs] };
        &Num(answer.clone()) * &weights[i]
    };
    let known = Matrix::from_fn(weights.len(), 2 * shape.outputs, known);
    let solution = Rational::least_squares(&system, &known, ())?;
    let set = |s: usize| {
        Matrix::from_fn(shape.hidden + 1, shape.outputs, |i, o| solution[(i, s * shape.outputs + o)].0.clone())
    };
    let known = Matrix::from_fn(weights.len(), shape.outputs, |i, o| known[(i, o)].0.clone());
    Some(LastLayers { layers: [set(0), set(1)], system: system.map(|x| x.0.clone()), known })
}
