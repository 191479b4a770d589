//! Text from elsewhere on a screen: names, hashes and messages that quote a file.
//!
//! A terminal obeys control characters, sets text after some others from right to left, and lets a name with a line
//! break go on as a line of its own. Whoever prints text that the program did not write passes it through
//! [`shown`], or through [`quoted`] where it is a claim of somebody else that must not read as the program's own words.

// The checker quotes names and breaks lines by itself, and stands on nothing here.
pub use exactract_check::{quoted, wrapped};

/// Marks that stay as they are in [`shown`]: they are harmless on a line, and common in paths and messages.
const MARKS: [char; 3] = ['\\', '\'', '"'];

/// The text on one line: every character that has no image of its own is written as Rust writes it, `\n` or `\u{202e}`.
///
/// These are the control characters, line and paragraph separators, format characters (bidirectional and of width
/// zero), spaces other than the usual one, and what is private or not assigned.
///
/// ```
/// use exactract::text::shown;
/// assert_eq!(shown("naïve 'v'.npz"), "naïve 'v'.npz");
/// assert_eq!(shown("a\nb\u{1b}[8m\u{202e}"), "a\\nb\\u{1b}[8m\\u{202e}");
/// ```
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(MARKS) {
        let plain = piece.strip_suffix(MARKS).unwrap_or(piece);
        out.extend(plain.escape_debug());
        out += &piece[plain.len()..];
    }
    out
}

/// A record as indented JSON, with a line break at its end: what every file of records holds.
///
/// Records are structs of strings, numbers, booleans and lists of these, which serialise without fail.
pub fn record(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Bytes in hexadecimal, as hashes are written.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Text of several lines, each as [`shown`].
pub fn lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// The text for HTML, SVG and other XML: as [`shown`], the characters of markup written as entities.
pub fn markup(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON that a terminal can show: in strings, characters without an image are written as `\u` and four digits.
///
/// It is the same value. Outside of strings only line breaks and spaces occur, and these stay.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = c.is_ascii() && c != '\u{7f}' || c.is_alphanumeric();
        if plain || shown(c.encode_utf8(&mut [0; 4])).chars().eq([c]) {
            out.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Characters that move the cursor, change the direction or have no width, and the signs around them.
    fn hostile() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{8}',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{3000}',
            '\u{e000}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
            '\'',
            '"',
            '\\',
            ' ',
            'x',
            'é',
            '\u{301}',
            '名',
            '🦀',
        ]);
        prop::collection::vec(prop_oneof![odd, any::<char>()], 0..120).prop_map(|all| all.into_iter().collect())
    }

    /// What a terminal or a reader of bidirectional text obeys, named here by number rather than by a table of Rust's.
    fn obeyed(c: char) -> bool {
        c.is_control()
            || matches!(u32::from(c), 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
                | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
    }

    proptest! {
        #[test]
        fn nothing_that_is_obeyed_gets_through(text in hostile()) {
            prop_assert!(!shown(&text).contains(obeyed));
            prop_assert!(!quoted(&text).contains(obeyed));
            prop_assert!(!markup(&text).contains(obeyed) && !markup(&text).contains(['<', '>', '"']));
            prop_assert!(!lines(&text).contains(|c| obeyed(c) && c != '\n'));
        }

        #[test]
        fn json_stays_the_same_value(text in hostile()) {
            let value = serde_json::json!({ "name": text });
            let written = serde_json::to_string_pretty(&value).unwrap();
            let safe = json(&written);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
            prop_assert!(!safe.contains(|c| obeyed(c) && c != '\n'));
        }

        #[test]
        fn plain_text_is_left_alone(text in "[ -~äöüßéλπ≤]*") {
            prop_assert_eq!(shown(&text), text.as_str());
            prop_assert_eq!(lines(&text), text.as_str());
        }
    }

    #[test]
    fn a_combining_accent_stays_with_its_letter() {
        assert_eq!(shown("re\u{301}seau.npz"), "re\u{301}seau.npz");
    }
}
