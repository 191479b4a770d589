//! Arithmetics in requests and records: by their names.

use crate::experiment::Arithmetic;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Arithmetic of an oracle. By default ℚ: with answer bits, the ideal oracle of that precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VictimArithmetic(pub Arithmetic);

/// Arithmetic of an attack: `f64` by default, ℚ, or p-bit floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attacker(pub Arithmetic);

impl Default for VictimArithmetic {
    fn default() -> Self {
        Self(Arithmetic::Exact)
    }
}

impl Default for Attacker {
    fn default() -> Self {
        Self(Arithmetic::F64)
    }
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arithmetic, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for VictimArithmetic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Attacker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let arithmetic = named(deserializer)?;
        if !arithmetic.attacks() {
            let what = format!("{arithmetic} is for victims: write f64, exact, or p64 for floats of 64 bits");
            return Err(D::Error::custom(what));
        }
        Ok(Self(arithmetic))
    }
}

macro_rules! written_by_name {
    ($type:ty, $name:literal, $description:literal, $pattern:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "description": $description, "type": "string", "pattern": $pattern })
            }
        }
    };
}

written_by_name!(
    VictimArithmetic,
    "VictimArithmetic",
    "Arithmetic of an oracle: ℚ, IEEE 754 floats, 16 bits with sums in f32, or so many bits of MPFR.",
    "^(exact|f64|f32|f16|bf16|p[0-9]+)$"
);
written_by_name!(
    Attacker,
    "Attacker",
    "Arithmetic of an attack: ℚ, binary64, or so many bits of MPFR.",
    "^(exact|f64|p[0-9]+)$"
);
