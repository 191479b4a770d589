//! Oracles in f32, f16 and bf16 beside NumPy, bit for bit.
//!
//! Needs a Python with NumPy: `crate::common::python_with`.

use crate::common::{entries, f64s, npy, npz};
use exactract::linalg::Matrix;
use exactract::net::{Draw, Shallow, Shape};
use exactract::num::{Narrow, Num, Scalar};
use exactract::oracle::{Answer, Batch, Bridge, Dense, Evaluate, Held, Kernel};
use std::fs;
use std::path::Path;

/// `rows` of `width` numbers; every third a tie of one of the formats, or right beside one, or below the normal
/// numbers of f16.
fn numbers(draw: &mut Draw, rows: usize, width: usize) -> Vec<f64> {
    let number = |draw: &mut Draw| {
        let scale = 2f64.powi(draw.below(12) as i32 - 8);
        let bits = [52, 52, 52, 52, 11, 8, 24, 53][draw.below(8)];
        let wide = draw.dyadic(bits.min(52)) * scale;
        match draw.below(12) {
            // 2^−40 beside a number of 12 or 9 bits: a tie in f16 or bf16, moved by less than f32 sees.
            0 => (draw.dyadic(11) * 2.0 + 2f64.powi(-40)) * scale,
            1 => (draw.dyadic(8) * 2.0 - 2f64.powi(-40)) * scale,
            2 => wide * 2f64.powi(-14),
            3 => 0.0,
            _ => wide,
        }
    };
    (0..rows * width).map(|_| number(draw)).collect()
}

/// A victim, as the arrays that NumPy gets.
struct Case {
    name: &'static str,
    shape: Shape,
    points: Vec<Vec<f64>>,
    /// `[d, h]`, `[h]`, `[h, k]`, `[k]`.
    arrays: [Vec<f64>; 4],
}

impl Case {
    /// Networks of numbers as they come.
    fn network(name: &'static str, shape: Shape, count: usize, seed: u64) -> Self {
        let mut draw = Draw::new(seed, "numpy");
        let mut next = |rows, width| numbers(&mut draw, rows, width);
        let arrays = [
            next(shape.inputs, shape.hidden),
            next(1, shape.hidden),
            next(shape.hidden, shape.outputs),
            next(1, shape.outputs),
        ];
        let points = (0..count).map(|_| next(1, shape.inputs)).collect();
        Self { name, shape, points, arrays }
    }

    /// A network whose answers are its pre-activations: `relu(z) − relu(−z)`, one output for every pair of rows.
    fn products(name: &'static str, inputs: usize, outputs: usize, count: usize, seed: u64) -> Self {
        let shape = Shape { inputs, hidden: 2 * outputs, outputs };
        let mut case = Self::network(name, shape, count, seed);
        let [first, bias, ..] = &mut case.arrays;
        for row in first.chunks_mut(shape.hidden).chain([&mut bias[..]]) {
            let (ahead, behind) = row.split_at_mut(outputs);
            behind.iter_mut().zip(ahead).for_each(|(b, a)| *b = -*a);
        }
        let entry = |i: usize, o: usize| f64::from(i == o) - f64::from(i == outputs + o);
        case.arrays[2] = (0..shape.hidden).flat_map(|i| (0..outputs).map(move |o| entry(i, o))).collect();
        case.arrays[3] = vec![0.0; outputs];
        case
    }

    fn victim(&self) -> Shallow<f64> {
        let Shape { inputs, hidden, outputs } = self.shape;
        let [a0, b0, a1, b1] = &self.arrays;
        let first = Matrix::from_fn(hidden, inputs, |i, j| a0[j * hidden + i]);
        let second = Matrix::from_fn(outputs, hidden, |o, i| a1[i * outputs + o]);
        Shallow::new(first, b0.clone(), second, b1.clone()).unwrap()
    }

    fn write(&self, folder: &Path) {
        let Shape { inputs, hidden, outputs } = self.shape;
        let points = self.points.concat();
        let [a0, b0, a1, b1] = &self.arrays;
        let arrays = [
            ("x", format!("({}, {inputs})", self.points.len()), &points),
            ("a0", format!("({inputs}, {hidden})"), a0),
            ("b0", format!("({hidden},)"), b0),
            ("a1", format!("({hidden}, {outputs})"), a1),
            ("b1", format!("({outputs},)"), b1),
        ];
        let arrays = arrays.map(|(name, shape, values)| (name, npy("<f8", &shape, &f64s(values))));
        fs::write(folder.join(format!("{}.in.npz", self.name)), npz(&arrays)).unwrap();
    }

    /// NumPy's answers, row by row.
    fn read(&self, folder: &Path, kind: &str) -> Vec<f32> {
        let bytes = entries(&folder.join(format!("{}.{kind}.npz", self.name)), "y");
        bytes.as_chunks().0.iter().map(|&y| f32::from_le_bytes(y)).collect()
    }

    /// This program's: of an attacker in f64, whose questions are rounded on their way in.
    fn answers(&self, kind: &str) -> Vec<f64> {
        let victim = self.victim();
        let narrow = |format: Narrow| {
            let oracle = Dense::<f32>::narrow(&victim, format, Kernel::Portable);
            Bridge::new(Box::new(Held(oracle)), move |x: &f64| format.of_f64(*x), |y: &f32| f64::from(*y))
        };
        let oracle = match kind {
            "f32" => {
                let oracle = Dense::<f32>::new(victim.map(|&w| w as f32), Kernel::Portable);
                Bridge::new(Box::new(Held(oracle)), |x: &f64| *x as f32, |y: &f32| f64::from(*y))
            }
            "f16" => narrow(Narrow::F16),
            _ => narrow(Narrow::Bf16),
        };
        let points: Vec<Vec<Num<f64>>> =
            self.points.iter().map(|x| x.iter().map(|&x| Num::lift(x, ())).collect()).collect();
        let answers = oracle.answer(&Batch::Points(&points)).unwrap().into_iter();
        answers.filter_map(|shown| shown.logits()).flatten().map(|y| y.0).collect()
    }
}

#[test]
fn answers_are_numpys_bit_for_bit() {
    let Some(python) = crate::common::python_with("numpy") else { return };
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        Case::products("products", 50, 100, 1000, 1),
        Case::products("long", 784, 5, 200, 2),
        Case::network("networks", Shape { inputs: 30, hidden: 20, outputs: 3 }, 1000, 3),
    ];
    cases.iter().for_each(|case| case.write(folder.path()));
    crate::common::script(&python, "numpy_answers.py", &[folder.path()]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4 * cases.len());
    let mut products = Vec::new();
    for kind in ["f32", "f16", "bf16"] {
        let mut compared = 0;
        for case in &cases {
            let (ours, theirs) = (case.answers(kind), case.read(folder.path(), kind));
            assert_eq!(ours.len(), theirs.len());
            for (at, (a, b)) in ours.iter().zip(&theirs).enumerate() {
                // −0 and 0 are one number: the order of a maximum's arguments tells them apart.
                assert!(*a == f64::from(*b) && b.is_finite(), "{kind} {}: {a} for {b} at {at}", case.name);
            }
            compared += ours.len();
            if case.name == cases[0].name {
                products.push(ours);
            }
        }
        eprintln!("{kind}: {compared} answers");
    }
    assert!(products.iter().all(|answers| answers.len() >= 100_000));
    // Three arithmetics, and three sets of answers.
    assert!(products[0] != products[1] && products[1] != products[2] && products[0] != products[2]);
}

/// The stated order and the storage, by hand: 2048 + 1 is a tie of f16 that goes to the even 2048.
#[test]
fn sums_are_in_f32_and_storage_in_f16() {
    let ones = |n: usize| vec![1.0; n];
    let hidden = Matrix::from_entries(1, 3, ones(3)).unwrap();
    let output = Matrix::from_entries(1, 1, ones(1)).unwrap();
    let victim = Shallow::new(hidden, vec![0.0], output, vec![0.0]).unwrap();
    let oracle = Dense::<f32>::narrow(&victim, Narrow::F16, Kernel::Portable);
    let ask = |x: [f32; 3]| oracle.evaluate(&Batch::Points(&[x.map(Num).to_vec()]))[0][0].0;
    // Summed in f16 each 1 would be lost.
    assert_eq!(ask([2048.0, 1.0, 1.0]), 2050.0);
    assert_eq!(ask([2048.0, 1.0, 0.0]), 2048.0);
    assert_eq!(ask([2048.0, 1.0, 2f32.powi(-12)]), 2050.0);
    assert_eq!(ask([60_000.0, 6_000.0, 0.0]), f32::INFINITY);
    // A question that is no f16 is rounded to one.
    assert_eq!(ask([1.0 + 2f32.powi(-12), 0.0, 0.0]), 1.0);
    assert_eq!(Scalar::exact(&ask([0.0; 3])).unwrap().to_string(), "0");
}
