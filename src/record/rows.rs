//! Records as rows: a line of JSON each, or CSV.

use serde::Serialize;
use serde_json::Value;

/// One JSON object a line.
pub fn json_lines<T: Serialize>(rows: &[T]) -> String {
    // Strings, numbers and booleans: serialising them does not fail.
    rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default() + "\n").collect()
}

/// Rows under a line of names, as RFC 4180 has it; a field that a row leaves out is empty.
///
/// `columns`: the way to each field, as `stopped/stage`, which the head writes as `stopped_stage`. The columns are the
/// same for all rows of one kind, whatever they hold.
pub fn csv<T: Serialize>(rows: &[T], columns: &[&str]) -> String {
    let head = columns.iter().map(|column| column.replace('/', "_")).collect::<Vec<_>>().join(",");
    let line = |row: &T| {
        let row = serde_json::to_value(row).unwrap_or_default();
        let field = |column: &&str| row.pointer(&format!("/{column}")).map_or(String::new(), field);
        columns.iter().map(field).collect::<Vec<_>>().join(",") + "\n"
    };
    head + "\n" + &rows.iter().map(line).collect::<String>()
}

fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(field).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_the_same_for_all_rows_and_fields_are_quoted() {
        let rows = [json!({"z": "x,\"y\"", "of": {"a": 1}}), json!({"z": "line\nbreak"}), json!({"of": {"a": null}})];
        assert_eq!(csv(&rows, &["z", "of/a"]), "z,of_a\n\"x,\"\"y\"\"\",1\n\"line\nbreak\",\n,\n");
        assert_eq!(json_lines(&[json!([1]), json!({})]), "[1]\n{}\n");
    }
}
