//! Values of a request that may be given alone or as a list.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// One value or a list of them; never empty.
#[derive(Clone, Debug)]
pub(super) struct Several<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Elements(PhantomData))
    }
}

struct Elements<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
    type Value = Several<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(|one| Several(vec![one]))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(|one| Several(vec![one]))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(|one| Several(vec![one]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|one| Several(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        if values.is_empty() {
            return Err(A::Error::custom("an empty list: give at least one value, or leave the key out"));
        }
        Ok(Several(values))
    }
}

/// A value that is written as text.
#[derive(Clone, Debug)]
pub(super) struct Text<T>(pub T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// Seeds: one, a list, or a range `"0..100"` without its end.
#[derive(Clone, Debug)]
pub(super) struct Seeds(pub Vec<u64>);

/// The most seeds of a range: as many cells are more than a plan takes.
const MOST_SEEDS: u64 = 1 << 20;

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ends =
            text.split_once("..").and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
        match ends {
            Some((from, to)) if from < to && to - from <= MOST_SEEDS => Ok(Self((from..to).collect())),
            Some((from, to)) if from < to => Err(format!("{} seeds; at most {MOST_SEEDS} are taken", to - from)),
            _ => Err(format!("'{text}' is no range of seeds: write \"0..5\" for the seeds 0 to 4")),
        }
    }
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrRange(Vec<u64>);
        impl<'de> Deserialize<'de> for OneOrRange {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Ranges)
            }
        }
        struct Ranges;
        impl Visitor<'_> for Ranges {
            type Value = OneOrRange;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a seed or a range such as \"0..5\"")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<OneOrRange, E> {
                u64::try_from(value).map(|seed| OneOrRange(vec![seed])).map_err(|_| E::custom("a seed is not negative"))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrRange, E> {
                text.parse().map(|seeds: Seeds| OneOrRange(seeds.0)).map_err(E::custom)
            }
        }
        let several = Several::<OneOrRange>::deserialize(deserializer)?;
        Ok(Self(several.0.into_iter().flat_map(|one| one.0).collect()))
    }
}

/// Significant bits of an answer or a question: a number, or `"unrounded"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits(pub Option<u32>);

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = Range { least: super::LEAST_BITS, most: super::MOST_BITS, of: "bits" };
        deserializer.deserialize_any(range).map(Self)
    }
}

/// Decimals of an answer: a number, or `"unrounded"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimals(pub Option<u32>);

impl<'de> Deserialize<'de> for Decimals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Powers of ten up to there are f64 numbers.
        deserializer.deserialize_any(Range { least: 0, most: 300, of: "decimals" }).map(Self)
    }
}

/// A number in a range, or `"unrounded"`.
struct Range {
    least: u32,
    most: u32,
    of: &'static str,
}

impl Visitor<'_> for Range {
    type Value = Option<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {} to {}, or \"unrounded\"", self.of, self.least, self.most)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<u32>, E> {
        let fits = u32::try_from(value).ok().filter(|n| (self.least..=self.most).contains(n));
        fits.map(Some).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<u32>, E> {
        if text == "unrounded" { Ok(None) } else { Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)) }
    }
}
