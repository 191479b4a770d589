//! Labelled inputs from `.npz`: what NumPy writes, and what is refused.

use crate::common::{f64s, npy, npz};
use exactract::format::read_samples;
use exactract::linalg::Matrix;
use std::path::Path;

#[test]
fn images_are_flattened_row_by_row_in_either_order() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/images-fortran.npz");
    let samples = read_samples(&path, 2.0).unwrap();
    let pixel = |i: usize, p: usize| (100 * i + 10 * (p / 2) + p % 2) as f64 / 2.0;
    assert_eq!(*samples.inputs(), Matrix::from_fn(4, 6, pixel));
    assert_eq!(samples.labels(), [0, 1, 2, 1]);
}

#[test]
fn labelled_data_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.npz");
    let images = || npy("<i2", "(2, 2)", &[1, 0, 2, 0, 3, 0, 4, 0]);
    let labels = |values: &[u8]| npy("|u1", &format!("({},)", values.len()), values);
    let said = |arrays: &[(&str, Vec<u8>)]| {
        std::fs::write(&path, npz(arrays)).unwrap();
        let error = read_samples(&path, 1.0).unwrap_err().to_string();
        error.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    let expected = "images [n, ...], labels [n]";
    assert_eq!(said(&[("images", images())]), format!("has no tensor 'labels'; it holds images. Expected: {expected}"));
    assert_eq!(
        said(&[("images", images()), ("labels", labels(&[1, 2, 3]))]),
        "2 inputs and 3 labels; every input needs one label, and there must be at least two inputs"
    );
    assert_eq!(
        said(&[("images", npy("<f8", "(2, 1)", &f64s(&[1.0, f64::INFINITY]))), ("labels", labels(&[0, 1]))]),
        "tensor 'images' holds inf at index 1; every entry must be finite"
    );
    let fraction = npy("<f8", "(2,)", &f64s(&[1.0, 1.5]));
    let most = "every label must be an integer from 0 to 9999";
    assert_eq!(
        said(&[("images", images()), ("labels", fraction)]),
        format!("array 'labels' holds 1.5 at index 1; {most}")
    );
    let negative = npy("|i1", "(2,)", &[0, 255]);
    assert_eq!(
        said(&[("images", images()), ("labels", negative)]),
        format!("array 'labels' holds -1 at index 1; {most}")
    );
    assert_eq!(
        said(&[("images", images()), ("labels", npy("|O", "(2,)", &[0; 16]))]),
        "tensor 'labels' has type |O; expected integers or floats of at most 8 bytes"
    );
    assert_eq!(
        said(&[("images", npy("<f8", "(2, 0)", &[])), ("labels", labels(&[0, 1]))]),
        format!("tensor 'images' has shape [2, 0]; expected {expected}")
    );
}
