//! The numbers behind a figure: typed columns and rows, for a table, CSV and Parquet alike.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Whole numbers.
    Count,
    /// Other numbers.
    Real,
    /// Yes or no.
    Flag,
}

/// One field; of a kind, or empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing is known, or there is nothing.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Another number; infinite as the logarithm of zero.
    Real(f64),
    /// Yes or no.
    Flag(bool),
}

/// A column: its name in files, and its head in tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// In files: lower case, words joined by underscores.
    pub name: &'static str,
    /// In tables.
    pub head: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// A table. Every row has one field a column, of its kind or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

impl Data {
    /// An empty table of these columns: name, head, kind.
    pub(super) fn new<const N: usize>(columns: [(&'static str, &'static str, Kind); N]) -> Self {
        let columns = columns.map(|(name, head, kind)| Column { name, head, kind }).to_vec();
        Self { columns, rows: Vec::new() }
    }

    pub(super) fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.rows.push(row.into());
    }

    /// As CSV: a line of names, then a line a row; empty fields are empty, fields with commas or quotes quoted.
    pub fn csv(&self) -> String {
        let line = |fields: Vec<String>| fields.join(",") + "\n";
        let head = line(self.columns.iter().map(|column| column.name.to_owned()).collect());
        let rows = self.rows.iter().map(|row| line(row.iter().map(|value| quoted(value.plain())).collect()));
        head + &rows.collect::<String>()
    }
}

/// A field of RFC 4180.
fn quoted(text: String) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

impl Value {
    /// For files: numbers in full, `-inf` for the logarithm of zero.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Real(x) => x.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }

    /// For people: two decimals, a dash for nothing.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Empty => "—".to_owned(),
            Self::Real(x) => decimals(*x, 2),
            Self::Flag(flag) => (if *flag { "yes" } else { "no" }).to_owned(),
            other => other.plain(),
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count as i64)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        // What does not fit is a seed: it keeps its bits.
        Self::Count(count as i64)
    }
}

impl From<i64> for Value {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Real(x)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<crate::record::Log2> for Value {
    fn from(log2: crate::record::Log2) -> Self {
        Self::Real(log2.0)
    }
}

/// A number with so many decimals and a true minus; no `-0`.
pub(super) fn decimals(x: f64, places: usize) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let text = format!("{x:.places$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        Some(size) => format!("−{size}"),
        None => text,
    }
}

/// A magnitude by its base-2 logarithm: `2^−34.2`, 0 of nothing.
pub(super) fn power(log2: f64) -> String {
    if log2 == f64::NEG_INFINITY { "0".to_owned() } else { format!("2^{}", decimals(log2, 1)) }
}

/// The word that stands for a choice in files.
pub(super) fn word<T: serde::Serialize>(choice: &T) -> String {
    serde_json::to_string(choice).unwrap_or_default().trim_matches('"').to_owned()
}

/// `1 seed`, `2 seeds`.
pub(super) fn count(n: usize, of: &str) -> String {
    format!("{n} {of}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_and_numbers_are_whole() {
        let mut data = Data::new([("a", "A", Kind::Text), ("b", "B", Kind::Real), ("c", "C", Kind::Count)]);
        data.push(["x,\"y\"".into(), (-0.125).into(), Value::Empty]);
        data.push(["z".into(), f64::NEG_INFINITY.into(), 3usize.into()]);
        assert_eq!(data.csv(), "a,b,c\n\"x,\"\"y\"\"\",-0.125,\nz,-inf,3\n");
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!([-0.001, -1.25, 3.0].map(|x| decimals(x, 2)), ["0.00", "−1.25", "3.00"]);
        assert_eq!([f64::NEG_INFINITY, -34.25].map(power), ["0", "2^−34.2"]);
    }
}
