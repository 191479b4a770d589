//! Networks as this program reads them from ONNX models, against the answers of ONNX Runtime.
//!
//! Needs a Python with ONNX Runtime and scikit-learn: `crate::common::python_with`.

use crate::onnx::assert_names_are_there;
use exactract::format::{Dtype, read, read_inputs, write};
use exactract::linalg::Matrix;
use exactract::net::{Affine, Network, random};
use exactract::num::{Exact, Num, Rational, Scalar, lift_all};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Roundings of a term beyond its product and sums: a bias, and two factors of a Gemm.
const MORE: i64 = 3;

/// The models that there must be: of PyTorch, of scikit-learn, by hand, of this program.
const MODELS: [&str; 12] = [
    "hand-double",
    "hand-gemm",
    "hand-halves",
    "hand-products",
    "own-deep",
    "own-double",
    "own-f32",
    "sk-numbers",
    "sk-three",
    "sk-two",
    "torch-dynamo",
    "torch-script",
];

/// Arithmetic in which a model is evaluated.
#[derive(Clone, Copy)]
struct Format {
    /// Relative error of a rounding, as a power of two.
    roundoff: i32,
    /// What a product may lose to underflow, as a power of two.
    underflow: i32,
}

/// An answer, and how far from it one in floating point may be.
///
/// Layer by layer: with `|x̂ − x| ≤ e`, and `n` terms summed in any order, fused or not,
/// `|fl(A·x̂ + b) − (A·x + b)| ≤ |A|·e + γ·(|A|·(|x| + e) + |b|) + n·(1 + γ)·η`, and ReLU makes
/// no error larger. `γ` is that of `n + 3` roundings.
fn answer(network: &Network<Rational>, x: &[Rational], format: Format) -> Vec<(Rational, Rational)> {
    let (one, u) = (Rational::integer(1), Rational::power_of_two(format.roundoff));
    let mut values: Vec<(Rational, Rational)> = x.iter().map(|x| (x.clone(), Rational::integer(0))).collect();
    for (index, layer) in network.layers().iter().enumerate() {
        if index > 0 {
            values.iter_mut().for_each(|(x, _)| *x = x.relu());
        }
        let terms = Rational::integer(layer.inputs() as i64);
        let roundings = terms.add(&Rational::integer(MORE)).mul(&u);
        let gamma = roundings.div(&one.sub(&roundings)).unwrap();
        let lost = terms.mul(&one.add(&gamma)).mul(&Rational::power_of_two(format.underflow));
        let unit = |(row, bias): (&[Rational], &Rational)| {
            let (mut sum, mut error) = (bias.clone(), gamma.mul(&bias.magnitude()).add(&lost));
            for (w, (x, e)) in row.iter().zip(&values) {
                sum = sum.add(&w.mul(x));
                error = error.add(&w.magnitude().mul(&e.add(&gamma.mul(&x.magnitude().add(e)))));
            }
            (sum, error)
        };
        values = layer.weights().iter_rows().zip(layer.bias()).map(unit).collect();
    }
    values
}

/// Models that this program writes.
fn own(folder: &Path) {
    let network = random("10-6-3".parse().unwrap(), 1, Dtype::F32);
    write(&folder.join("own-f32.onnx"), &network, Dtype::F32).unwrap();
    let network = random("10-6-3".parse().unwrap(), 2, Dtype::F64);
    write(&folder.join("own-double.onnx"), &network, Dtype::F64).unwrap();
    let mut draws =
        random("20-9-9".parse().unwrap(), 3, Dtype::F32).parameters().copied().collect::<Vec<_>>().into_iter();
    let mut layer = |units: usize, inputs: usize| {
        let mut next = || draws.next().unwrap();
        let weights = Matrix::from_fn(units, inputs, |_, _| next());
        Affine::new(weights, (0..units).map(|_| next()).collect()).unwrap()
    };
    let deep = Network::new(vec![layer(7, 6), layer(5, 7), layer(4, 5), layer(2, 4)]).unwrap();
    write(&folder.join("own-deep.onnx"), &deep, Dtype::F32).unwrap();
}

#[test]
fn networks_are_those_that_onnx_runtime_evaluates() {
    let Some(python) = crate::common::python_with("onnx, onnxruntime, skl2onnx") else { return };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = tempfile::tempdir().unwrap();
    own(folder.path());
    for name in ["torch-script.onnx", "torch-dynamo.onnx", "torch-dynamo.onnx.data"] {
        fs::copy(tests.join("data").join(name), folder.path().join(name)).unwrap();
    }
    crate::common::script(&python, "onnx_runtime.py", &[folder.path()]);

    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut models: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "onnx")).collect();
    models.sort();
    assert_eq!(models.iter().map(|path| path.file_stem().unwrap()).collect::<Vec<_>>(), MODELS);
    for path in models {
        let model = read(&path).unwrap();
        let format = match model.dtype {
            Dtype::F64 if path.to_string_lossy().contains("double") => Format { roundoff: -53, underflow: -1075 },
            _ => Format { roundoff: -24, underflow: -150 },
        };
        let (inputs, outputs) = (model.network.inputs(), model.network.outputs());
        let network = model.network.map(|&w| Rational::lift(w, ()));
        let points = read_inputs(&path.with_extension("x.npz"), inputs).unwrap();
        let answers = read_inputs(&path.with_extension("y.npz"), outputs).unwrap();
        assert_eq!((points.len(), answers.len()), (1000, 1000));
        let (mut closest, mut furthest) = (f64::INFINITY, f64::NEG_INFINITY);
        for (point, told) in points.iter().zip(&answers) {
            let point: Vec<Rational> = point.iter().map(|&x| Rational::lift(x, ())).collect();
            for ((exact, bound), &told) in answer(&network, &point, format).iter().zip(told) {
                let error = Rational::lift(told, ()).sub(exact).magnitude();
                assert!(error <= *bound, "{}: {told} is 2^{} off", path.display(), error.log2());
                (closest, furthest) = (closest.min(bound.log2()), furthest.max(error.log2()));
            }
        }
        let (name, sizes) = (path.file_stem().unwrap().display(), model.network.sizes());
        eprintln!("{name}, {sizes}: errors up to 2^{furthest:.1}, bounds from 2^{closest:.1} on; {:?}", model.notes);
    }
}

/// Random graphs: what is read answers as ONNX Runtime does, bit for bit, and what is refused names what is there.
#[test]
fn random_graphs_are_read_as_they_are_evaluated_or_refused() {
    let Some(python) = crate::common::python_with("onnx, onnxruntime") else { return };
    let folder = tempfile::tempdir().unwrap();
    let set = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let (seed, count) = (set("ONNX_SEED", "7"), set("ONNX_GRAPHS", "400"));
    crate::common::script(&python, "onnx_graphs.py", &[folder.path(), Path::new(&seed), Path::new(&count)]);
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut models: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "onnx")).collect();
    models.sort();
    let (mut equal, mut other, mut refused) = (0, 0, BTreeMap::<String, usize>::new());
    for path in &models {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(path).unwrap();
        let model = match read(path) {
            Ok(model) => model,
            Err(error) => {
                let said = error.problem.to_string();
                assert!(name.starts_with("other"), "{name}: {said}");
                assert_names_are_there(&said, &bytes);
                *refused.entry(without_names(&said)).or_default() += 1;
                continue;
            }
        };
        model.notes.iter().for_each(|note| assert_names_are_there(note, &bytes));
        // A function of other values than the declared outputs, or of rounded ones, and it says so.
        if model.notes.iter().any(|note| note.contains(" set aside: ") || note.contains(" in a runtime; ")) {
            assert!(name.starts_with("other"), "{name}: {:?}", model.notes);
            other += 1;
            continue;
        }
        let points = read_inputs(&path.with_extension("x.npz"), model.network.inputs()).unwrap();
        let answers = read_inputs(&path.with_extension("y.npz"), model.network.outputs());
        let answers = answers.unwrap_or_else(|error| panic!("{name}, {:?}: {error}", model.notes));
        let network = model.network.map(|&w| Num::<Rational>::lift(w, ()));
        for (point, told) in points.iter().zip(&answers) {
            let exact: Vec<Rational> = network.forward(&lift_all(point, ()), ()).into_iter().map(|y| y.0).collect();
            let told: Vec<Rational> = told.iter().map(|&y| Rational::lift(y, ())).collect();
            assert_eq!(exact, told, "{name} at {point:?}; {:?}", model.notes);
        }
        equal += 1;
    }
    eprintln!("{} graphs: {equal} equal, {other} with other outputs, refused {refused:#?}", models.len());
    assert!(equal > models.len() / 2 && refused.values().sum::<usize>() > models.len() / 8);
}

/// A message without its names and numbers, to count alike ones.
fn without_names(said: &str) -> String {
    let words = said.split('\'').step_by(2).collect::<Vec<_>>().join("'…'");
    words.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The bound's formula at a point that can be followed by hand, and its evaluation beside the library's.
#[test]
fn the_bound_by_hand() {
    let weights = Matrix::from_entries(1, 2, vec![2.0, -1.0]).unwrap();
    let layer = Affine::new(weights, vec![0.5]).unwrap();
    let last = Affine::new(Matrix::from_entries(1, 1, vec![-4.0]).unwrap(), vec![1.0]).unwrap();
    let network = Network::new(vec![layer, last]).unwrap();
    let (exact, x) = (network.map(|&w| Rational::lift(w, ())), [3.0, 1.0].map(|x| Rational::lift(x, ())));
    let (value, bound) = answer(&exact, &x, Format { roundoff: -24, underflow: -150 }).remove(0);
    // relu(2·3 − 1 + 0.5) = 5.5, and 1 − 4·5.5.
    assert_eq!(value, Rational::integer(-21));
    let numbers: Vec<Num<Rational>> = x.iter().cloned().map(Num).collect();
    assert_eq!(network.map(|&w| Num::<Rational>::lift(w, ())).forward(&numbers, ()).remove(0).0, value);
    // 4·5u·7.5 from the first layer, 4u·(4·5.5 + 1) from the second, and little more.
    let unit = bound.mul(&Rational::power_of_two(24));
    assert!(unit >= Rational::integer(242) && unit <= Rational::lift(242.001, ()), "{unit}");
}
