//! The reader and the checker of certificates: any bytes, and any content under the seal that fits it.
//!
//! What the checker accepts is compared with the networks' values at a few inputs.
#![no_main]

use exactract::certificate::{coq, identify};
use exactract_check::{Certificate, Checked, Weights, check, report};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = Certificate::parse(bytes) {
        examine(&certificate);
    }
    let Ok(certificate) = serde_json::from_slice::<Certificate>(bytes) else { return };
    let certificate = certificate.sealed();
    if let Ok(read) = Certificate::parse(&certificate.bytes()) {
        assert_eq!(read, certificate);
        examine(&read);
    }
});

fn examine(certificate: &Certificate) {
    let Ok(checked) = check(certificate) else { return };
    let _ = identify(certificate, &checked, None);
    let _ = (report(certificate, &checked, "", 0.0), coq::files(certificate, &checked));
    hold(certificate, &checked);
}

/// The statements, at the corners, centre and some outer points of the box or of `[−1, 1]^d`.
fn hold(certificate: &Certificate, checked: &Checked) {
    let victim = Network::new(&certificate.victim.network);
    let one = BigRational::one;
    if let Some(stated) = &certificate.equality {
        let copy = Network::new(&stated.copy);
        for x in points(victim.inputs, &-one(), &one()) {
            let far: Vec<BigRational> = x.iter().map(|x| x * BigInt::from(1u64 << 40)).collect();
            assert_eq!(victim.at(&x), copy.at(&x));
            assert_eq!(victim.at(&far), copy.at(&far));
        }
    }
    if let (Some(stated), Some(shown)) = (&certificate.near, &checked.near) {
        let copy = Network::new(&stated.copy);
        for x in points(victim.inputs, &shown.interval.0, &shown.interval.1) {
            for ((a, b), bound) in victim.at(&x).iter().zip(copy.at(&x)).zip(&stated.bounds) {
                assert!((a - b).abs() <= number(bound));
            }
        }
    }
}

/// `p` or `p/q`.
fn number(text: &str) -> BigRational {
    text.parse().expect("a number that the checker took for one")
}

/// A network, evaluated as it is written.
struct Network {
    inputs: usize,
    hidden: Vec<(Vec<BigRational>, BigRational)>,
    output: Vec<(Vec<BigRational>, BigRational)>,
}

impl Network {
    fn new(weights: &Weights) -> Self {
        let layer = |rows: &[Vec<String>], biases: &[String]| {
            let row = |(row, bias): (&Vec<String>, &String)| (row.iter().map(|x| number(x)).collect(), number(bias));
            rows.iter().zip(biases).map(row).collect()
        };
        let hidden = layer(&weights.hidden, &weights.hidden_bias);
        let inputs = weights.hidden.first().map_or(0, Vec::len);
        Self { inputs, hidden, output: layer(&weights.output, &weights.output_bias) }
    }

    fn at(&self, x: &[BigRational]) -> Vec<BigRational> {
        let affine = |(row, bias): &(Vec<BigRational>, BigRational), x: &[BigRational]| {
            row.iter().zip(x).fold(bias.clone(), |sum, (w, x)| sum + w * x)
        };
        let active: Vec<BigRational> = self.hidden.iter().map(|row| affine(row, x).max(BigRational::zero())).collect();
        self.output.iter().map(|row| affine(row, &active)).collect()
    }
}

/// Points whose coordinates are ends or the middle of an interval, in a few patterns.
fn points(inputs: usize, lower: &BigRational, upper: &BigRational) -> Vec<Vec<BigRational>> {
    let middle = (lower + upper) / BigInt::from(2);
    let ends = [lower, upper, &middle];
    let end = |p: usize, j: usize| ends[(p / 3usize.pow(j as u32 % 4) + j * (p % 7)) % 3].clone();
    (0..81).step_by(5).map(|p| (0..inputs).map(|j| end(p, j)).collect()).collect()
}

// Half of the mutations are libFuzzer's; the others keep the JSON whole.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0
        && let Ok(mut value) = serde_json::from_slice::<Value>(&data[..size])
    {
        mutate(&mut value, Draw(u64::from(seed) | 1 << 40));
        let text = value.to_string();
        if text.len() <= max_size {
            data[..text.len()].copy_from_slice(text.as_bytes());
            return text.len();
        }
    }
    fuzzer_mutate(data, size, max_size)
});

/// Draws below a limit, for mutations.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

const TOKENS: [&str; 12] =
    ["0", "-0", "1", "-1", "2", "1/2", "-3/4", "1/0", "2/4", "", "1/18446744073709551616", "340282366920938463463"];

fn mutate(value: &mut Value, mut draw: Draw) {
    let mut leaves = Vec::new();
    collect(value, "", &mut leaves);
    let (here, there) = (draw.below(leaves.len()), draw.below(leaves.len()));
    let Some((place, old)) = leaves.get(here).cloned() else { return };
    let token = Value::from(TOKENS[draw.below(TOKENS.len())]);
    match draw.below(6) {
        // One leaf becomes another, or a token, or an index.
        0 => replace(value, &place, leaves[there].1.clone()),
        1 => replace(value, &place, token),
        2 => replace(value, &place, Value::from(draw.below(4))),
        3 => replace(value, &place, Value::Null),
        // One number becomes another everywhere: what was equal stays equal.
        4 => leaves.iter().filter(|(_, x)| *x == old).for_each(|(place, _)| replace(value, place, token.clone())),
        _ => {
            let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
            let parent = parent.rsplit_once('/').filter(|_| draw.below(2) == 0).map_or(parent, |(above, _)| above);
            if let Some(Value::Array(list)) = value.pointer_mut(parent) {
                let (i, j) = (draw.below(list.len()), draw.below(list.len()));
                match draw.below(3) {
                    0 if !list.is_empty() => list.swap(i, j),
                    1 if !list.is_empty() => drop(list.remove(i)),
                    _ => list.extend(list.get(i).cloned()),
                }
            }
        }
    }
}

fn replace(value: &mut Value, place: &str, new: Value) {
    if let Some(leaf) = value.pointer_mut(place) {
        *leaf = new;
    }
}

/// All leaves with their JSON pointers; names of fields hold neither `/` nor `~`.
fn collect(value: &Value, place: &str, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(i, x)| collect(x, &format!("{place}/{i}"), leaves)),
        Value::Object(fields) => fields.iter().for_each(|(k, x)| collect(x, &format!("{place}/{k}"), leaves)),
        leaf => leaves.push((place.to_owned(), leaf.clone())),
    }
}
