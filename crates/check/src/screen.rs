//! Lines that fit a screen.

/// Columns of a screen.
pub(crate) const COLUMNS: usize = 100;

/// Words after a start, in lines of 100 columns; those after the first are indented. A word is never cut.
///
/// ```
/// use exactract_check::wrapped;
/// assert_eq!(wrapped("copy       ", 11, "the same file"), "copy       the same file\n");
/// ```
pub fn wrapped(start: &str, indent: usize, text: &str) -> String {
    let (mut out, mut column) = (start.to_owned(), start.chars().count());
    for (index, word) in text.split(' ').enumerate() {
        let width = word.chars().count();
        if index > 0 && column + 1 + width > COLUMNS {
            out += &format!("\n{:indent$}", "");
            column = indent;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += width;
    }
    out + "\n"
}
