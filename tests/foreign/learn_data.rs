//! Data sets in their true formats, written by other tools; hostile ones.
//!
//! Needs a Python with NumPy, SciPy and Pillow: `crate::common::python_with`.
#![cfg(feature = "learn")]

use crate::common::{exactract, python_with, script};
use exactract::learn::{Data, Images};
use std::fs;
use std::path::Path;

/// What the script says of its images: their classes, and their pixels.
fn as_written(images: &Images, first: usize, count: usize, by_class: bool) {
    let form = images.form();
    assert_eq!(images.len(), count);
    // Folders list class by class; everything else in the order of writing.
    let mut order: Vec<usize> = (first..first + count).collect();
    if by_class {
        order.sort_by_key(|i| i % form.classes);
    }
    for (at, i) in order.into_iter().enumerate() {
        assert_eq!(images.labels()[at], i % form.classes, "label of image {i}");
        let pixel = |channel, row, column| (7 * i + 31 * channel + 5 * row + column) % 251;
        for (p, found) in images.image(at).iter().enumerate() {
            let (channel, row, column) = (p / (form.height * form.width), p / form.width % form.height, p % form.width);
            let expected = pixel(channel, row, column) as f32 / 255.0;
            assert_eq!(*found, expected, "image {i}, channel {channel}, row {row}, column {column}");
        }
    }
}

fn said(path: &Path) -> String {
    Data::read(path, 1.0).unwrap_err().to_string().replace(&path.display().to_string(), "…")
}

#[test]
fn data_sets_of_other_tools() {
    let folder = tempfile::tempdir().unwrap();
    let Some(python) = python_with("numpy, scipy, PIL") else { return };
    script(&python, "learn_data.py", &[folder.path()]);
    let at = |name: &str| folder.path().join(name);
    for (name, first, held_out) in [
        ("cifar10", 100, 40),
        ("cifar10-python", 100, 40),
        ("cifar10-newer", 100, 40),
        ("cifar100", 120, 110),
        ("cifar100-python", 120, 110),
        ("svhn", 100, 40),
        ("svhn-plain", 100, 40),
        ("idx", 100, 40),
        ("idx-gz", 100, 40),
        ("png", 30, 12),
    ] {
        eprintln!("{name}");
        let data = Data::read(&at(name), 1.0).unwrap();
        as_written(&data.pool, 0, first, name == "png");
        as_written(&data.test, first, held_out, name == "png");
    }
    // Where nothing is held out, a fifth is.
    let grey = Data::read(&at("grey"), 1.0).unwrap();
    assert_eq!((grey.pool.len(), grey.test.len(), grey.form().channels), (24, 6, 1));
    let jpeg = Data::read(&at("jpeg"), 1.0).unwrap();
    for images in [&jpeg.pool, &jpeg.test] {
        for i in 0..images.len() {
            let level = images.image(i)[0] * 255.0 / 10.0;
            assert!((level - level.round()).abs() < 0.25 && level.round() as usize % 2 == images.labels()[i]);
        }
    }

    // A command from end to end, on generated images: the data's own labels answer.
    for (name, student) in [("cifar10", "wrn-10-1"), ("svhn", "wrn-10-1"), ("idx", "784-8-10")] {
        let command = format!(
            "learn --victim truth --student {student} --queries 20 --seeds 1 --steps 2 --batch 4 --threads 1 --data"
        );
        let answer = exactract(&command, &[at(name).as_os_str()]);
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        let lines = answer.stdout.lines().filter(|line| line.starts_with("supervised") || line.starts_with("mixmatch"));
        assert_eq!(lines.count(), 2, "{}", answer.stdout);
    }

    damaged(&at("cifar10"), &at("svhn"), &at("idx-gz"), &at("png"), &at("cifar10-python"));
}

/// Files changed until they say what is wrong.
fn damaged(cifar: &Path, svhn: &Path, idx: &Path, png: &Path, pickles: &Path) {
    let change = |folder: &Path, file: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.join(file);
        let before = fs::read(&path).unwrap();
        let mut bytes = before.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        eprintln!("{file} changed");
        let message = said(folder);
        fs::write(&path, before).unwrap();
        message
    };
    let short = change(cifar, "data_batch_2.bin", &|bytes| bytes.truncate(100_000));
    assert_eq!(short, "…/data_batch_2.bin: 100000 bytes are no whole number of images of 3073; fetch it again");
    assert_eq!(
        change(cifar, "test_batch.bin", &|b| b[3073] = 10),
        "…/test_batch.bin: label 10 of image 1 is not below 10"
    );
    assert!(change(svhn, "train_32x32.mat", &|b| b[0] = b'm').ends_with("no MATLAB file of level 5, little end first"));
    assert!(change(svhn, "train_32x32.mat", &|b| b.truncate(b.len() - 20)).contains("ends within an array"));
    assert!(change(svhn, "test_32x32.mat", &|b| b[1000] ^= 0xff).starts_with("…/test_32x32.mat: "));
    assert!(change(idx, "train-labels-idx1-ubyte.gz", &|b| b.truncate(b.len() - 6)).contains("it does not unpack"));
    assert!(change(pickles, "data_batch_1", &|b| b[2] = b'i').contains("its pickle is damaged"));
    // What would run a command in Python is a name here, and no array.
    let command = b"cos\nsystem\n(U\x06rm -rftR.".to_vec();
    assert!(change(pickles, "data_batch_1", &|b| *b = command.clone()).contains("no list 'labels'"));
    let image = fs::read_dir(png.join("train/class1")).unwrap().next().unwrap().unwrap().path();
    let name = image.strip_prefix(png).unwrap().to_str().unwrap().to_owned();
    assert!(change(png, &name, &|b| b.truncate(60)).contains("no whole PNG or JPEG"));
    fs::remove_file(idx.join("t10k-labels-idx1-ubyte.gz")).unwrap();
    assert_eq!(said(idx), "…: it has no t10k-labels-idx1-ubyte, plain or .gz");
    let nothing = tempfile::tempdir().unwrap();
    assert!(said(nothing.path()).contains("holds no data set that is known"));
}

/// Every byte of a small pickle, changed: an error or a value, never a panic.
#[test]
fn changed_bytes_do_not_end_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let pickle = b"\x80\x02}q\x00(U\x06labelsq\x01]q\x02(K\x01K\x02eU\x04dataq\x03cnumpy.core.multiarray\n_reconstruct\nq\x04cnumpy\nndarray\nq\x05K\x00\x85q\x06U\x01bq\x07\x87q\x08Rq\tu.";
    for at in 0..pickle.len() {
        for value in [0u8, b'.', b'(', b'e', b'u', b'R', b'b', 0x8a, 0x93, 0x94, 0xff] {
            let mut bytes = pickle.to_vec();
            bytes[at] = value;
            fs::write(folder.path().join("data_batch_1"), bytes).unwrap();
            assert!(Data::read(folder.path(), 1.0).is_err());
        }
    }
    let nested = [vec![b']'; 100_000], vec![b'a'; 99_999]].concat();
    fs::write(folder.path().join("data_batch_1"), nested).unwrap();
    assert!(Data::read(folder.path(), 1.0).is_err());
}

#[test]
fn validation_shows_nothing_that_is_held_out() {
    let data = Data::digits().unwrap();
    let all = |images: &Images| (0..images.len()).map(|i| images.image(i).to_vec()).collect::<Vec<_>>();
    let (pool, held_out) = (all(&data.pool), all(&data.test));
    let data = data.validation().unwrap();
    assert_eq!((data.pool.len(), data.test.len()), (pool.len() - pool.len() / 5, pool.len() / 5));
    for image in all(&data.pool).iter().chain(&all(&data.test)) {
        assert!(pool.contains(image) && !held_out.contains(image));
    }
}
