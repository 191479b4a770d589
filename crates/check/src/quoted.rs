//! Names that a certificate's writer chose, on a screen.

/// Characters of a name that [`quoted`] shows.
const MOST_QUOTED: usize = 80;

/// A name in quotes that no character inside can close, cut where it is longer than a line.
///
/// Characters without an image of their own are written as Rust writes them, `\n` or `\u{202e}`. Further spaces
/// after a space are written so, too: a name cannot align itself with the columns of a report.
///
/// ```
/// use exactract_check::quoted;
/// assert_eq!(quoted("v.npz"), "'v.npz'");
/// assert_eq!(quoted("v', 2-3-2\nequality   shown"), r"'v\', 2-3-2\nequality \u{20} shown'");
/// ```
pub fn quoted(name: &str) -> String {
    let mut rest = name.chars();
    let head: String = rest.by_ref().take(MOST_QUOTED).collect();
    let inside = head.escape_debug().to_string().replace("  ", " \\u{20}");
    match rest.count() {
        0 => format!("'{inside}'"),
        more => format!("'{inside}' and {more} more characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any characters, and often those that end a quotation or a line, or move what follows.
    fn hostile() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec!['\n', '\r', '\0', '\u{1b}', '\u{202e}', '\u{feff}', '\'', '\\', ' ', 'x']);
        prop::collection::vec(prop_oneof![odd, any::<char>()], 0..120).prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        /// Read back by the rules of Rust's literals, a quoted name is the name, so that two names never look the same.
        #[test]
        fn a_quoted_name_ends_where_it_says(text in hostile()) {
            let head: String = text.chars().take(MOST_QUOTED).collect();
            let said = quoted(&text);
            let inside = said.strip_prefix('\'').unwrap();
            let mut read = String::new();
            let mut rest = inside.chars();
            loop {
                match rest.next().unwrap() {
                    '\'' => break,
                    '\\' => match rest.next().unwrap() {
                        'n' => read.push('\n'),
                        'r' => read.push('\r'),
                        't' => read.push('\t'),
                        '0' => read.push('\0'),
                        'u' => {
                            let digits: String = rest.by_ref().skip(1).take_while(|&c| c != '}').collect();
                            read.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
                        }
                        mark => read.push(mark),
                    },
                    c => read.push(c),
                }
            }
            prop_assert_eq!(read, head);
            prop_assert!(!inside.contains("  "));
        }
    }
}
