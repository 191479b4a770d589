//! The header of an `.npy`: a Python dictionary with the type, the order and the shape of the array.
//!
//! Source: `numpy.lib.format`, versions 1.0, 2.0 and 3.0 of the format. A header is read in one
//! pass, without recursion; of the type only the text is taken.

use std::io::{self, Read};

/// The longest header that NumPy itself reads, unless told otherwise.
const MOST_HEADER: usize = 10_000;
/// Brackets within brackets: number types need two.
const MOST_NESTED: usize = 8;
/// NumPy starts the entries at a multiple of so many bytes.
const ALIGNMENT: usize = 64;
/// How a file starts that is of version 1.0.
const START: [u8; 8] = [0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0];

const NO_DICTIONARY: &str = " has a header that is no Python dictionary";

/// What a header says of its array.
pub(super) struct Header {
    pub(super) descr: Descr,
    /// Whether the first axis is the fastest.
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

/// The type of an array's entries.
pub(super) enum Descr {
    /// A plain one, such as `<f8`.
    Plain(String),
    /// Any other, such as that of records, as the header has it.
    Other(String),
}

impl Header {
    /// Errors: what is wrong, to be said after the array's name.
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, String> {
        let length = Self::length(reader)?;
        if length > MOST_HEADER {
            return Err(format!(" has a header of {length} bytes, more than NumPy reads"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(ended(" ends within its header"))?;
        Self::parse(&text)
    }

    /// Bytes of the header's text.
    fn length(reader: &mut impl Read) -> Result<usize, String> {
        let none = || ended(" is no NumPy array");
        let (mut start, mut short, mut long) = ([0; 8], [0; 2], [0; 4]);
        reader.read_exact(&mut start).map_err(none())?;
        match start {
            START => {
                reader.read_exact(&mut short).map_err(none())?;
                Ok(usize::from(u16::from_le_bytes(short)))
            }
            [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, 0] => {
                reader.read_exact(&mut long).map_err(none())?;
                Ok(u32::from_le_bytes(long) as usize)
            }
            [0x93, b'N', b'U', b'M', b'P', b'Y', major, minor] => {
                Err(format!(" is of version {major}.{minor}; 1.0, 2.0 and 3.0 are read"))
            }
            _ => Err(" is no NumPy array".to_owned()),
        }
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        check_nesting(text)?;
        let mut text = std::str::from_utf8(text).ok().and_then(|text| text.trim().strip_prefix('{'));
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        loop {
            let rest = text.ok_or(NO_DICTIONARY)?.trim_start();
            if rest == "}" {
                break;
            }
            let (key, value, rest) = entry(rest).ok_or(NO_DICTIONARY)?;
            let place = match string(key) {
                Some("descr") => &mut descr,
                Some("fortran_order") => &mut fortran,
                Some("shape") => &mut shape,
                _ => return Err(format!(" has a header with the key {key}, which is none of NumPy's")),
            };
            if place.replace(value).is_some() {
                return Err(format!(" has a header with the key {key} twice"));
            }
            text = Some(rest);
        }
        let descr = descr.ok_or(" has a header without a type")?;
        let fortran = match fortran {
            Some("True") => true,
            Some("False") => false,
            _ => return Err(" has a header without an order".to_owned()),
        };
        let plain = string(descr).map(|text| Descr::Plain(text.to_owned()));
        Ok(Self {
            descr: plain.unwrap_or_else(|| Descr::Other(descr.to_owned())),
            fortran,
            shape: shape.and_then(axes).ok_or(" has a header without a shape")?,
        })
    }

    /// The bytes in front of the entries of an array in the order of rows.
    pub(super) fn bytes(descr: &str, shape: &[usize]) -> Vec<u8> {
        let axes = match shape {
            [axis] => format!("{axis},"),
            _ => shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
        };
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({axes}), }}");
        let before = START.len() + size_of::<u16>();
        let length = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
        // At most a few hundred bytes: the tensors of networks and of inputs have two axes or one.
        let header = format!("{text:<width$}\n", width = length - 1);
        [&START[..], &(length as u16).to_le_bytes(), header.as_bytes()].concat()
    }
}

fn check_nesting(text: &[u8]) -> Result<(), String> {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > MOST_NESTED { Err(" has a header that is nested too deeply".to_owned()) } else { Ok(()) }
}

/// The key and the value of the entry that a text starts with, and what follows it and its comma.
fn entry(text: &str) -> Option<(&str, &str, &str)> {
    let (key, rest) = expression(text)?;
    let (value, rest) = expression(rest.strip_prefix(':')?)?;
    let rest = rest.strip_prefix(',').or(rest.starts_with('}').then_some(rest))?;
    Some((key, value, rest))
}

/// The expression that a text starts with, and the rest from the comma, colon or bracket that ends it.
fn expression(text: &str) -> Option<(&str, &str)> {
    let mut open = Vec::new();
    let (mut quote, mut escaped) = (None, false);
    for (at, byte) in text.bytes().enumerate() {
        if quote.is_some() {
            if !escaped && quote == Some(byte) {
                quote = None;
            }
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'\'' | b'"' => quote = Some(byte),
            b'(' => open.push(b')'),
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            b')' | b']' | b'}' | b',' | b':' if open.is_empty() => {
                let found = text[..at].trim();
                return (!found.is_empty()).then_some((found, &text[at..]));
            }
            b')' | b']' | b'}' if open.pop() != Some(byte) => return None,
            _ => {}
        }
    }
    None
}

/// What a string holds; `None` of any other expression, and of strings with escapes.
fn string(expression: &str) -> Option<&str> {
    let quote = expression.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let text = expression.strip_prefix(quote)?.strip_suffix(quote)?;
    (!text.contains([quote, '\\'])).then_some(text)
}

/// The sizes in a tuple or a list.
fn axes(expression: &str) -> Option<Vec<usize>> {
    let inside = |open, close| Some(expression.strip_prefix(open)?.strip_suffix(close)?.trim());
    let tuple = inside('(', ')');
    let text = tuple.or_else(|| inside('[', ']'))?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    let (text, comma) = text.strip_suffix(',').map_or((text, false), |text| (text, true));
    let axis = |axis: &str| axis.bytes().all(|byte| byte.is_ascii_digit()).then(|| axis.parse().ok())?;
    let axes: Vec<usize> = text.split(',').map(|size| axis(size.trim())).collect::<Option<_>>()?;
    // Python takes (6) for a number.
    (tuple.is_none() || comma || axes.len() > 1).then_some(axes)
}

/// What to say of a read that failed: `early` where the bytes ended.
fn ended(early: &'static str) -> impl Fn(io::Error) -> String {
    move |error| if error.kind() == io::ErrorKind::UnexpectedEof { early.to_owned() } else { format!(": {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Result<(String, bool, Vec<usize>), String> {
        let Header { descr, fortran, shape } = Header::parse(text.as_bytes())?;
        let (Descr::Plain(descr) | Descr::Other(descr)) = descr;
        Ok((descr, fortran, shape))
    }

    #[test]
    fn headers_as_python_can_write_them() {
        let shape = |shape: &str| said(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"));
        for (text, expected) in [
            ("(2, 3)", &[2, 3][..]),
            ("(2,3,)", &[2, 3]),
            ("[ 2 , 3 ]", &[2, 3]),
            ("(7,)", &[7]),
            ("[7]", &[7]),
            ("()", &[]),
        ] {
            assert_eq!(shape(text).unwrap(), ("<f8".to_owned(), false, expected.to_vec()), "{text}");
        }
        for text in ["(7)", "7", "(2 3)", "(2,,3)", "(,)", "(2, (3))", "(+2,)", "(2.0,)", "(2,]", "''", "('2',)"] {
            assert!(shape(text).is_err(), "{text}");
        }
        let any_order = " {\"shape\" :(1,) ,'descr':[('a,b:}', '<f8')],\n'fortran_order':True , } \n";
        assert_eq!(said(any_order).unwrap(), ("[('a,b:}', '<f8')]".to_owned(), true, vec![1]));
    }

    #[test]
    fn keys_are_numpys_and_once() {
        let whole = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
        assert!(said(whole).is_ok());
        let said = |from: &str, to: &str| said(&whole.replace(from, to)).unwrap_err();
        assert_eq!(said("'shape'", "'form'"), " has a header with the key 'form', which is none of NumPy's");
        assert_eq!(said("'shape'", "7"), " has a header with the key 7, which is none of NumPy's");
        assert_eq!(said("'shape'", "'descr'"), " has a header with the key 'descr' twice");
        for (from, to) in
            [("{", ""), (", }", ""), ("}", "} 1"), (":", ""), ("'<f8',", "'<f8'"), ("'<f8'", ""), ("'<", "<")]
        {
            assert_eq!(said(from, to), NO_DICTIONARY, "{from} replaced by {to}");
        }
        assert_eq!(said("False", "0"), " has a header without an order");
    }

    proptest! {
        /// What is written is aligned as NumPy's, and read back.
        #[test]
        fn what_is_written_is_read_back(shape in prop::collection::vec(any::<usize>(), 0..4)) {
            let bytes = Header::bytes("<f4", &shape);
            prop_assert_eq!(bytes.len() % ALIGNMENT, 0);
            prop_assert_eq!(bytes.last(), Some(&b'\n'));
            let mut rest = &bytes[..];
            let header = Header::read(&mut rest).unwrap();
            prop_assert!(rest.is_empty() && !header.fortran);
            prop_assert!(matches!(header.descr, Descr::Plain(descr) if descr == "<f4"));
            prop_assert_eq!(header.shape, shape);
        }

        #[test]
        fn no_text_makes_it_panic(text in r"[{}()\[\]'\x22\\:, a\u{e4}0-9]{0,40}") {
            let _ = Header::parse(text.as_bytes());
            let _ = Header::parse(format!("{{'descr': {text}, 'fortran_order': False, 'shape': ({text}), }}").as_bytes());
        }
    }
}
