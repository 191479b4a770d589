//! `exactract train`: the bundled victim again, byte for byte, and networks that can be attacked.

use crate::common::{exactract, f64s, npy, npz};
use exactract::format;
use std::fs;
use std::path::Path;

#[test]
fn no_options_make_the_bundled_victim_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    let answer = exactract("train --out", &[path.as_os_str()]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""));
    let expected = format!(
        "network    64-32-10, f32 weights, {}\ntrained on 1438 of 1438 (100.0 %)\nheld out   349 of 359 (97.2 %)\n",
        path.display()
    );
    assert_eq!(answer.stdout, expected);
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits-64-32-10.safetensors");
    assert!(fs::read(path).unwrap() == fs::read(bundled).unwrap(), "the bytes differ");
}

#[test]
fn a_trained_network_is_a_victim() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("d.npz"), folder.path().join("v.npz"));
    // Two classes that one coordinate tells apart; a second one is spread for the kinks.
    let points: Vec<f64> = (0..40).flat_map(|i| [f64::from(i % 2) * 8.0, f64::from(i % 5)]).collect();
    let labels: Vec<u8> = (0..40).map(|i| i % 2).collect();
    fs::write(
        &data,
        npz(&[("images", npy("<f8", "(40, 2)", &f64s(&points))), ("labels", npy("|u1", "(40,)", &labels))]),
    )
    .unwrap();
    let command = "train --scale 8 --hidden 3 --epochs 200 --seed 5 --weights f64 --out";
    let answer = exactract(command, &[out.as_os_str(), data.as_os_str()]);
    assert_eq!(answer.status, Some(0), "{}", answer.stderr);
    assert!(answer.stdout.ends_with("held out   8 of 8 (100.0 %)\n"), "{}", answer.stdout);
    let victim = format::read_shallow(&out).unwrap();
    assert_eq!((victim.network.shape().to_string(), victim.dtype), ("2-3-2".to_owned(), format::Dtype::F64));
    let first = fs::read(&out).unwrap();
    assert_eq!(exactract(command, &[out.as_os_str(), data.as_os_str()]).status, Some(0));
    assert!(fs::read(&out).unwrap() == first, "the same command gave other bytes");
}
