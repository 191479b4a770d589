//! Which tensors of a file become which layer: the network that was written, or a refusal, never another network.

use crate::common::{f64s, npy, npz, safetensors};
use exactract::format::{Choice, Layers, Problem, Victim, read_bytes, read_chosen};
use exactract::linalg::Matrix;
use exactract::net::{Affine, Network};
use proptest::prelude::*;
use std::path::Path;

/// A tensor of a file: its name, its axes, its entries.
type Tensor = (String, Vec<usize>, Vec<f64>);

fn in_safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let mut at = 0;
    let entry = |(name, shape, values): &Tensor| {
        let start = at;
        at += 8 * values.len();
        format!(r#""{name}":{{"dtype":"F64","shape":{shape:?},"data_offsets":[{start},{at}]}}"#)
    };
    let header: Vec<String> = tensors.iter().map(entry).collect();
    let data: Vec<f64> = tensors.iter().flat_map(|(_, _, values)| values.clone()).collect();
    safetensors(&format!("{{{}}}", header.join(",")), &f64s(&data))
}

fn in_npz(tensors: &[Tensor]) -> Vec<u8> {
    let array = |(name, shape, values): &Tensor| {
        let axes: String = shape.iter().map(|axis| format!("{axis}, ")).collect();
        (name.clone(), npy("<f8", &format!("({axes})"), &f64s(values)))
    };
    let arrays: Vec<(String, Vec<u8>)> = tensors.iter().map(array).collect();
    npz(&arrays.iter().map(|(name, bytes)| (&**name, bytes.clone())).collect::<Vec<_>>())
}

/// A network of these sizes, every weight another number.
fn network(sizes: &[usize], biased: bool) -> Network<f64> {
    let mut next = (1..).map(f64::from);
    let mut layer = |pair: &[usize]| {
        let weights: Vec<f64> = next.by_ref().take(pair[0] * pair[1]).collect();
        let bias = if biased { next.by_ref().take(pair[1]).collect() } else { vec![0.0; pair[1]] };
        Affine::new(Matrix::from_entries(pair[1], pair[0], weights).unwrap(), bias).unwrap()
    };
    Network::new(sizes.windows(2).map(&mut layer).collect()).unwrap()
}

/// How a program writes the weights and the biases of a layer.
struct Style {
    units_first: bool,
    names: Box<dyn Fn(usize) -> [String; 2]>,
}

fn tensors(network: &Network<f64>, style: &Style, biased: bool) -> Vec<Tensor> {
    let mut out = Vec::new();
    for (i, layer) in network.layers().iter().enumerate() {
        let [weights, bias] = (style.names)(i);
        let (units, inputs) = (layer.units(), layer.inputs());
        out.push(match style.units_first {
            true => (weights, vec![units, inputs], layer.weights().entries().to_vec()),
            false => (weights, vec![inputs, units], layer.weights().transposed().entries().to_vec()),
        });
        if biased {
            out.push((bias, vec![units], layer.bias().to_vec()));
        }
    }
    out
}

fn read(bytes: &[u8]) -> Result<Victim<Network<f64>>, exactract::format::Error> {
    read_bytes(Path::new("v"), bytes)
}

fn chosen(bytes: &[u8], layers: &str) -> Result<Network<f64>, Box<Problem>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    std::fs::write(&path, bytes).unwrap();
    let layers: Layers = layers.parse().unwrap();
    read_chosen(&path, Choice::User(&layers)).map(|victim| victim.network).map_err(|error| error.problem)
}

/// Every order of `count` things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let longer = |order: Vec<usize>| {
        (0..count).map(move |at| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        })
    };
    permutations(count - 1).into_iter().flat_map(longer).collect()
}

/// Orders in which layers of these inputs and units fit end to end, by trying all.
fn orders(ends: &[(usize, usize)]) -> usize {
    let fits = |order: &Vec<usize>| order.windows(2).all(|pair| ends[pair[0]].1 == ends[pair[1]].0);
    permutations(ends.len()).into_iter().filter(fits).count()
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![prop::collection::vec(1usize..4, 3..6), prop::collection::vec(1usize..9, 3..6)]
}

const WORDS: [&str; 9] =
    ["encoder", "decoder", "features.body", "classifier", "input_layer", "hidden", "out", "fc", "head"];
const NUMBERS: [(&str, &str, usize, usize); 7] = [
    ("", "", 0, 2),
    ("net.", "", 0, 2),
    ("fc", "", 1, 1),
    ("layer", "", 8, 1),
    ("module.blocks.", ".linear", 0, 1),
    ("_orig_mod.l", "", 98, 1),
    ("q1.fc", "", 1, 1),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Numbers say the order; where tensors stand in the file says nothing.
    #[test]
    fn numbered_layers_are_in_the_order_of_their_numbers(
        sizes in sizes(), biased: bool, scheme in prop::sample::select(&NUMBERS), shuffle in any::<u64>(),
    ) {
        let (before, after, first, step) = scheme;
        let names = move |i: usize| ["weight", "bias"].map(|word| format!("{before}{}{after}.{word}", first + step * i));
        let network = network(&sizes, biased);
        let mut tensors = tensors(&network, &Style { units_first: true, names: Box::new(names) }, biased);
        let length = tensors.len();
        tensors.rotate_left(shuffle as usize % length);
        for bytes in [in_safetensors(&tensors), in_npz(&tensors)] {
            let read = read(&bytes).unwrap();
            prop_assert_eq!(&read.network, &network);
            let told = (0..sizes.len() - 1).map(|i| {
                let [weights, bias] = names(i);
                let bias = if biased { bias } else { "no bias".to_owned() };
                format!("{weights} [{}, {}], {bias}", sizes[i + 1], sizes[i])
            });
            prop_assert_eq!(read.layers, told.collect::<Vec<_>>());
        }
    }

    /// Words say nothing of the order: shapes decide, or nobody does.
    #[test]
    fn named_layers_are_read_where_shapes_leave_one_order(
        sizes in sizes(), biased: bool, words in Just(WORDS.to_vec()).prop_shuffle(),
    ) {
        let network = network(&sizes, biased);
        let own = words.clone();
        let names = move |i: usize| ["weight", "bias"].map(|word| format!("{}.{word}", own[i]));
        let tensors = tensors(&network, &Style { units_first: true, names: Box::new(names) }, biased);
        let ends: Vec<(usize, usize)> = sizes.windows(2).map(|pair| (pair[0], pair[1])).collect();
        for bytes in [in_safetensors(&tensors), in_npz(&tensors)] {
            match read(&bytes) {
                Ok(read) => {
                    prop_assert_eq!(orders(&ends), 1);
                    prop_assert_eq!(read.network, network.clone());
                }
                Err(error) => {
                    prop_assert!(orders(&ends) > 1, "{}", error);
                    let Problem::Order { choices, .. } = *error.problem else {
                        return Err(TestCaseError::fail(error.to_string()));
                    };
                    // What is offered is taken, and makes two networks.
                    let [a, b] = choices.map(|choice| chosen(&bytes, &choice).unwrap());
                    prop_assert_ne!(a, b);
                }
            }
            let choice = words[..sizes.len() - 1].join(",");
            prop_assert_eq!(chosen(&bytes, &choice).unwrap(), network.clone());
        }
    }

    /// Names without an order of axes: shapes decide, or nobody does.
    #[test]
    fn weights_of_either_layout_are_read_where_shapes_tell(
        sizes in sizes(), biased: bool, units_first: bool, style in 0usize..4, first in 0usize..2,
    ) {
        let names = move |i: usize| match style {
            0 => [format!("W{}", first + i), format!("b{}", first + i)],
            1 => [format!("weights_{}", first + i), format!("biases_{}", first + i)],
            2 => [format!("linear_{i}/w"), format!("linear_{i}/b")],
            _ => [format!("arr_{}", if biased { 2 * i } else { i }), format!("arr_{}", 2 * i + 1)],
        };
        let network = network(&sizes, biased);
        let tensors = tensors(&network, &Style { units_first, names: Box::new(names) }, biased);
        // The other reading: every matrix the other way, in the same order.
        let turned = sizes.windows(3).all(|sizes| sizes[0] == sizes[2])
            && (!biased || sizes.windows(2).all(|sizes| sizes[0] == sizes[1]));
        match read(&in_npz(&tensors)) {
            Ok(read) => {
                prop_assert!(!turned);
                prop_assert_eq!(read.network, network);
            }
            Err(error) => prop_assert!(turned, "{}", error),
        }
    }

    /// Keras and scikit-learn store [inputs, units], by names that say so.
    #[test]
    fn kernels_are_inputs_first(sizes in sizes(), biased: bool, style in 0usize..5) {
        let names = move |i: usize| match style {
            0 if i == 0 => ["dense/kernel:0".to_owned(), "dense/bias:0".to_owned()],
            0 => [format!("dense_{i}/kernel:0"), format!("dense_{i}/bias:0")],
            1 => [format!("params/Dense_{i}/kernel"), format!("params/Dense_{i}/bias")],
            2 => [format!("coefs_{i}"), format!("intercepts_{i}")],
            3 => [format!("dense_{}_kernel", i + 9), format!("dense_{}_bias", i + 9)],
            _ => [format!("A{i}"), format!("b{i}")],
        };
        let network = network(&sizes, biased);
        let tensors = tensors(&network, &Style { units_first: false, names: Box::new(names) }, biased);
        prop_assert_eq!(read(&in_npz(&tensors)).unwrap().network, network);
    }

    /// Copies of one network under several prefixes are no deeper network.
    #[test]
    fn copies_of_a_network_are_not_joined(
        sizes in sizes(), biased: bool,
        prefixes in prop::sample::select(&[["online.", "target."], ["", "ema."], ["a.student.", "a.teacher."], ["m0.", "m1."]]),
    ) {
        let network = network(&sizes, biased);
        let under = |prefix: &'static str| {
            let names = move |i: usize| ["weight", "bias"].map(|word| format!("{prefix}{}.{word}", 2 * i));
            tensors(&network, &Style { units_first: true, names: Box::new(names) }, biased)
        };
        let both = prefixes.map(under).concat();
        let bytes = in_safetensors(&both);
        let error = read(&bytes).unwrap_err();
        prop_assert!(matches!(*error.problem, Problem::Networks { .. }), "{}", error);
        for prefix in prefixes {
            let layers: Vec<String> = (0..sizes.len() - 1).map(|i| format!("{prefix}{}", 2 * i)).collect();
            prop_assert!(error.to_string().contains(&layers.join(", ")), "{}", error);
            prop_assert_eq!(chosen(&bytes, &layers.join(",")).unwrap(), network.clone());
        }
    }

    /// Whatever is in a file: an error names what is there, and what is read is a chain of it.
    #[test]
    fn messages_name_what_the_file_holds(
        held in prop::collection::btree_map(prop::sample::select(&POOL), (1usize..4, 0usize..4), 0..7), packed: bool,
    ) {
        let tensor = |(name, (rows, columns)): (&&str, &(usize, usize))| {
            let shape = if *columns == 0 { vec![*rows] } else { vec![*rows, *columns] };
            ((*name).to_owned(), shape.clone(), vec![1.0; shape.iter().product()])
        };
        let tensors: Vec<Tensor> = held.iter().map(tensor).collect();
        let bytes = if packed { in_npz(&tensors) } else { in_safetensors(&tensors) };
        let Err(error) = read(&bytes) else { return Ok(()) };
        let text = error.to_string();
        let told = text.split(" In Python").next().unwrap();
        let parts: Vec<&str> = told.split('\'').collect();
        for (before, name) in parts.iter().zip(&parts[1..]).step_by(2) {
            let absent = before.ends_with("has no tensor ");
            let there = tensors.iter().any(|(held, _, _)| held == name) || ["v.npz"].contains(name);
            let is_layer = tensors.iter().any(|(held, _, _)| held.starts_with(&format!("{name}.")) || held.starts_with(&format!("{name}/")));
            prop_assert_eq!(there || is_layer, !absent, "'{}' in {}", name, text);
        }
        if let Some((_, list)) = told.split_once("it holds ") {
            let list = list.split(". Expected").next().unwrap();
            let expected = tensors.iter().map(|(name, _, _)| &**name).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(list, if expected.is_empty() { "nothing" } else { &expected });
        }
    }
}

const POOL: [&str; 20] = [
    "0.weight",
    "0.bias",
    "2.weight",
    "2.bias",
    "fc.weight",
    "fc.bias",
    "fc1.weight",
    "A0",
    "b0",
    "A1",
    "b1",
    "W1",
    "W2",
    "b2",
    "arr_0",
    "arr_1",
    "bn.running_mean",
    "scale",
    "dense/kernel",
    "dense/bias",
];

fn matrix(name: &str, rows: usize, columns: usize) -> Tensor {
    let start = name.bytes().map(usize::from).sum::<usize>();
    (name.to_owned(), vec![rows, columns], (0..rows * columns).map(|i| (start + i) as f64).collect())
}

fn vector(name: &str, shape: &[usize]) -> Tensor {
    (name.to_owned(), shape.to_vec(), vec![0.5; shape.iter().product()])
}

fn said(bytes: &[u8]) -> String {
    read(bytes).expect_err("this file should be refused").to_string()
}

/// The length of a header comes first, and may look like the start of a pickle or an archive.
#[test]
fn headers_of_any_length_are_safetensors() {
    let plain = in_safetensors(&[matrix("0.weight", 3, 4), matrix("2.weight", 2, 3)]);
    let length = u64::from_le_bytes(*plain.first_chunk().unwrap()) as usize;
    for padded in [0x0108, 0x0280, 0x0380, 0x0480, 0x0580, 0x4b50] {
        let header = String::from_utf8(plain[8..8 + length].to_vec()).unwrap() + &" ".repeat(padded - length);
        assert!(read(&safetensors(&header, &plain[8 + length..])).is_ok(), "{padded}");
    }
}

/// A kernel is [inputs, units] and a weight [units, inputs]: no order of axes is both.
#[test]
fn layers_with_names_of_two_programs_are_not_joined() {
    let bytes = in_npz(&[matrix("first/kernel", 4, 3), matrix("second.weight", 3, 3)]);
    for problem in [read(&bytes).unwrap_err().problem, chosen(&bytes, "first,second").unwrap_err()] {
        assert!(matches!(*problem, Problem::Mixed { .. }), "{problem}");
    }
}

#[test]
fn both_orders_are_written_out() {
    let tensors = [matrix("decoder.weight", 4, 3), matrix("encoder.weight", 3, 4)];
    assert_eq!(
        said(&in_safetensors(&tensors)),
        "v: holds layers that fit in more than one order, decoder, encoder (3-4-3) or encoder, decoder (4-3-4): \
         choose with --layers decoder,encoder or --layers encoder,decoder"
    );
    // The same number twice is no order, and loses no layer.
    let tensors = ["fc01.weight", "fc1.weight", "fc2.weight"].map(|name| matrix(name, 3, 3));
    let text = said(&in_safetensors(&tensors));
    assert!(text.contains("fc01, fc1, fc2 (3-3-3-3) or fc01, fc2, fc1 (3-3-3-3)"), "{text}");
    let tensors = ["input_layer.weight", "hidden_layer.weight"].map(|name| matrix(name, 3, 3));
    let tensors = [tensors.to_vec(), vec![matrix("output_layer.weight", 2, 3)]].concat();
    assert!(matches!(*read(&in_safetensors(&tensors)).unwrap_err().problem, Problem::Order { .. }));
}

#[test]
fn numbers_order_what_shapes_leave_open_among_their_like() {
    let tensors =
        [matrix("classifier.weight", 2, 3), matrix("features.0.weight", 3, 3), matrix("features.2.weight", 3, 3)];
    let read = read(&in_safetensors(&tensors)).unwrap();
    let told =
        ["features.0.weight [3, 3], no bias", "features.2.weight [3, 3], no bias", "classifier.weight [2, 3], no bias"];
    assert_eq!(read.layers, told);
}

#[test]
fn shapes_that_contradict_numbers_need_biases() {
    // As [units, inputs] only fc2, fc1 fits; as [inputs, units] only fc1, fc2.
    let weights = [matrix("fc1.weight", 2, 3), matrix("fc2.weight", 3, 4)];
    let error = read(&in_safetensors(&weights)).unwrap_err();
    assert!(matches!(*error.problem, Problem::Order { .. }), "{error}");
    let biased = [&weights[..], &[vector("fc1.bias", &[2]), vector("fc2.bias", &[3])]].concat();
    assert_eq!(read(&in_safetensors(&biased)).unwrap().network.sizes().to_string(), "4-3-2");
    let turned = [&weights[..], &[vector("fc1.bias", &[3]), vector("fc2.bias", &[4])]].concat();
    let turned = read(&in_safetensors(&turned)).unwrap();
    assert_eq!(turned.network.sizes().to_string(), "2-3-4");
    assert!(turned.notes.iter().any(|note| note == "weights are [inputs, units]: their shapes fit no other way"));
}

#[test]
fn generators_and_discriminators_are_not_joined() {
    let tensors = [("generator.0", 8, 2), ("generator.2", 5, 8), ("discriminator.0", 8, 5), ("discriminator.2", 1, 8)];
    let tensors = tensors.map(|(name, rows, columns)| matrix(&format!("{name}.weight"), rows, columns));
    assert!(matches!(*read(&in_safetensors(&tensors)).unwrap_err().problem, Problem::Networks { .. }));
    // Parts of one network are.
    let tensors = [("features.0", 8, 2), ("features.2", 5, 8), ("classifier.0", 7, 5), ("classifier.2", 1, 7)];
    let tensors = tensors.map(|(name, rows, columns)| matrix(&format!("{name}.weight"), rows, columns));
    assert_eq!(read(&in_safetensors(&tensors)).unwrap().network.sizes().to_string(), "2-8-5-7-1");
}

#[test]
fn tensors_of_more_than_plain_layers_are_not_passed_over() {
    let plain = [matrix("0.weight", 3, 4), matrix("2.weight", 2, 3)];
    for other in
        ["1.running_mean", "0.weight_g", "0.lora_A.weight", "embed.weight", "in_proj_weight", "1.gamma", "3.bias"]
    {
        let strange = if other.ends_with(".weight") { matrix(other, 2, 2) } else { vector(other, &[3]) };
        let text = said(&in_safetensors(&[&plain[..], &[strange]].concat()));
        assert!(text.contains(&format!("'{other}'")) || text.contains("more than one order"), "{text}");
    }
    let more = in_safetensors(&[&plain[..], &[vector("1.running_mean", &[3])]].concat());
    assert!(chosen(&more, "0,2").is_ok());
}

#[test]
fn biases_may_be_rows_or_columns() {
    let weights = [matrix("A0", 4, 3), matrix("A1", 3, 2)];
    for shapes in [[[1, 3], [1, 2]], [[3, 1], [2, 1]]] {
        let biases = [vector("b0", &shapes[0]), vector("b1", &shapes[1])];
        assert_eq!(read(&in_npz(&[&weights[..], &biases].concat())).unwrap().network.layers()[0].bias(), [0.5; 3]);
    }
    let biases = [vector("b0", &[1, 1, 3]), vector("b1", &[2])];
    assert!(read(&in_npz(&[&weights[..], &biases].concat())).is_ok());
    let text = said(&in_npz(&[&weights[..], &[vector("b0", &[3, 3]), vector("b1", &[2])]].concat()));
    assert_eq!(text, "v: tensor 'b0' has shape [3, 3]; [3] would fit 'A0' of shape [4, 3]");
}

#[test]
fn square_weights_without_a_layout_come_with_a_recipe() {
    let tensors = [matrix("W1", 3, 3), vector("b1", &[3]), matrix("W2", 3, 3), vector("b2", &[3])];
    let expected = "v: holds weights that fit as [inputs, units] and as [units, inputs], W1, W2: say which by the names \
                    A0, A1, which stand for [inputs, units]. In Python, with v the loaded file: \
                    numpy.savez('plain.npz', A0=v['W1'], b0=v['b1'], A1=v['W2'], b1=v['b2']), and .T after each weight if \
                    they are [units, inputs]";
    assert_eq!(said(&in_npz(&tensors)), expected);
}

#[test]
fn arrays_without_names_may_be_listed_in_two_ways() {
    let listed = |order: [usize; 4]| {
        let arrays = [vec![4, 3], vec![3], vec![3, 2], vec![2]];
        let array = |(i, &which): (usize, &usize)| vector(&format!("arr_{i}"), &arrays[which]);
        in_npz(&order.iter().enumerate().map(array).collect::<Vec<_>>())
    };
    for order in [[0, 1, 2, 3], [0, 2, 1, 3]] {
        assert_eq!(read(&listed(order)).unwrap().network.sizes().to_string(), "4-3-2");
    }
    let text = said(&listed([1, 0, 3, 2]));
    assert!(text.contains("holds arr_0, arr_1, arr_2, arr_3, and positions do not tell"), "{text}");
}

#[test]
fn lists_of_arrays_come_with_a_recipe() {
    let objects = |name: &'static str| (name, npy("|O", "(2,)", b"\x80\x04]."));
    let said = |arrays: &[(&str, Vec<u8>)]| said(&npz(arrays));
    let two = "v: keeps Python objects in 'bs', 'ws', and pickles are not read. In Python, convert it: \
               v = numpy.load('v.npz', allow_pickle=True); numpy.savez('plain.npz', \
               **{'W' + str(i): numpy.asarray(a, float) for i, a in enumerate(v['ws'])}, \
               **{'b' + str(i): numpy.asarray(a, float) for i, a in enumerate(v['bs'])})";
    assert_eq!(said(&[objects("bs"), objects("ws")]), two);
    assert!(said(&[objects("arr_0"), objects("arr_1")]).contains("enumerate(v['arr_0'])}, **{'b'"));
    assert!(said(&[objects("params")]).ends_with("*[numpy.asarray(a, float) for a in v['params']])"));
}
