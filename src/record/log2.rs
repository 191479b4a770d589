//! Magnitudes in records: by their base-2 logarithms.

use crate::compare::Spread;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A base-2 logarithm of a magnitude, rounded to 1/1000; the string `"-inf"` of zero,
/// `"inf"` of what stands beside a scale of zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Log2(pub f64);

impl Serialize for Log2 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_infinite() {
            return serializer.serialize_str(if self.0 > 0.0 { "inf" } else { "-inf" });
        }
        serializer.serialize_f64((self.0 * 1000.0).round() / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Log2 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let number = match value.as_str() {
            Some("inf") => Some(f64::INFINITY),
            Some("-inf") => Some(f64::NEG_INFINITY),
            _ => value.as_f64(),
        };
        number.map(Self).ok_or_else(|| serde::de::Error::custom("expected a number, \"-inf\" or \"inf\""))
    }
}

impl JsonSchema for Log2 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Log2".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "log2 of a magnitude or a ratio; \"-inf\" of zero, \"inf\" beside zero",
            "anyOf": [{"type": "number"}, {"enum": ["-inf", "inf"]}]
        })
    }
}

/// Errors over the items of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadRecord {
    /// The largest.
    pub max: Log2,
    /// The median.
    pub median: Log2,
}

impl SpreadRecord {
    /// Of errors, as base-2 logarithms.
    pub fn new(spread: Spread) -> Self {
        Self { max: Log2(spread.max), median: Log2(spread.median) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinite_logarithms_are_strings() {
        let json = |x: f64| serde_json::to_string(&Log2(x)).unwrap();
        let infinities = [f64::NEG_INFINITY, f64::INFINITY, 1.00049].map(json);
        assert_eq!(infinities, ["\"-inf\"", "\"inf\"", "1.0"]);
    }
}
