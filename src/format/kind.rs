//! What a file is, read off its content, and what to do with one of another kind.

/// What a file is.
pub(super) enum Kind {
    Npz,
    Safetensors,
    Onnx,
    Empty,
    Other(&'static str),
}

/// What to do with a state dict of PyTorch.
const PYTORCH: &str = "a PyTorch checkpoint; convert its state dict in Python: \
    safetensors.torch.save_file(torch.load('v.pt', weights_only=True), 'v.safetensors')";
/// What to do with a model of Keras, an archive or an HDF5 file: its weights are kernel, bias, kernel, bias.
const KERAS: &str = "a Keras model or another HDF5 file; convert a Keras model in Python: \
    numpy.savez('v.npz', **{'Ab'[i % 2] + str(i // 2): w \
    for i, w in enumerate(keras.models.load_model('v.keras').get_weights())})";
/// What to do with a network of scikit-learn, by joblib or by pickle.
const SCIKIT_LEARN: &str = "a pickle of a scikit-learn network; if its activation is relu, convert it in Python: \
    m = vars(joblib.load('v.pkl')); \
    numpy.savez('v.npz', **{'A' + str(i): a for i, a in enumerate(m['coefs_'])}, \
    **{'b' + str(i): b for i, b in enumerate(m['intercepts_'])})";
/// The same of a dictionary with the names of scikit-learn.
const COEFFICIENTS: &str = "a pickle with the arrays of a scikit-learn network; if its activation is relu, convert it \
    in Python: m = joblib.load('v.pkl'); \
    numpy.savez('v.npz', **{'A' + str(i): a for i, a in enumerate(m['coefs_'])}, \
    **{'b' + str(i): b for i, b in enumerate(m['intercepts_'])})";
const PICKLE: &str = "a Python pickle, which is not read; load it in Python, and save its arrays: \
    numpy.savez('v.npz', A0=..., b0=..., A1=..., b1=...), A being [inputs, units]";
/// What joblib packs starts with its data already packed: what is in it is not seen.
const PACKED: &str = "a file packed by zlib, as joblib packs pickles; of a scikit-learn network whose activation is \
    relu, convert it in Python: m = vars(joblib.load('v.pkl')); \
    numpy.savez('v.npz', **{'A' + str(i): a for i, a in enumerate(m['coefs_'])}, \
    **{'b' + str(i): b for i, b in enumerate(m['intercepts_'])})";
const ARRAY: &str = "a single NumPy array; save A0, b0, A1 and b1 together with numpy.savez";
/// A list of arrays, saved as one: kernel, bias, kernel, bias.
const OBJECTS: &str = "a single NumPy array of Python objects, and pickles are not read; convert a list of weights \
    and biases in Python: numpy.savez('v.npz', *numpy.load('v.npy', allow_pickle=True))";

/// Whether these bytes are among the first of a file.
fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).take(1 << 16).any(|window| window == word)
}

/// Pickles by what they hold: PyTorch's start with a number of its own.
fn pickle(bytes: &[u8]) -> &'static str {
    let has = |word: &str| holds(bytes, word.as_bytes());
    if bytes.get(2..).is_some_and(|rest| rest.starts_with(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19")) || has("torch") {
        PYTORCH
    } else if has("sklearn.neural_network") {
        SCIKIT_LEARN
    } else if has("coefs_") && has("intercepts_") {
        COEFFICIENTS
    } else {
        PICKLE
    }
}

/// Whether a file of more than 8 bytes holds as long a header as its first 8 bytes say.
fn holds_its_header(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| length <= bytes.len() as u64 - 8)
}

pub(super) fn kind(bytes: &[u8]) -> Kind {
    match bytes {
        [] => Kind::Empty,
        // First, since the length of a header may start like anything else.
        [_, _, _, _, _, _, _, _, b'{', ..] if holds_its_header(bytes) => Kind::Safetensors,
        [b'P', b'K', 3 | 5, 4 | 6, ..] if holds(bytes, b"data.pkl") => Kind::Other(PYTORCH),
        [b'P', b'K', 3 | 5, 4 | 6, ..] if holds(bytes, b"model.weights.h5") => Kind::Other(KERAS),
        [b'P', b'K', ..] => Kind::Npz,
        [0x80, 2..=5, ..] => Kind::Other(pickle(bytes)),
        [_, _, _, _, _, _, _, _, b'{', ..] => Kind::Safetensors,
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] if holds(bytes, b"'|O'") => Kind::Other(OBJECTS),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Kind::Other(ARRAY),
        [0x89, b'H', b'D', b'F', ..] => Kind::Other(KERAS),
        [0x1f, 0x8b, ..] => Kind::Other("a file packed by gzip; unpack it first"),
        [b'x', 0x01 | 0x5e | 0x9c | 0xda, ..] => Kind::Other(PACKED),
        // The protocol of Python 2: text.
        [b'(' | b'c' | b'}' | b']', .., b'.'] if holds(bytes, b"numpy") => Kind::Other(pickle(bytes)),
        // Field 1 of a model, its version of the format, comes first.
        [8, 1..=20, ..] => Kind::Onnx,
        _ => Kind::Other("of an unknown format"),
    }
}
