//! The kinds of documents, and the version that this program writes and reads.

use serde::Deserialize;

/// Version of the layouts: of all documents together, since they share their parts.
const VERSION: u32 = 2;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The record of one dual run.
    Run,
    /// The record of a dual run on a victim with several hidden layers.
    Deep,
    /// A finished cell of a sweep, and its description in the plan.
    Cell,
    /// A row of a sweep's table of runs.
    Sweep,
    /// A row of a sweep's table of attributed runs.
    Attribution,
    /// The frontier of a sweep.
    Frontier,
    /// A baseline.
    Baseline,
    /// The record of learned copies.
    Learn,
    /// The record of an audit.
    Audit,
    /// The record of a gate.
    Gate,
}

/// Why bytes are not read as a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// They are no JSON.
    #[error("is not JSON ({0})")]
    Json(String),
    /// They do not say what they are.
    #[error("names no schema: it is no record of exactract")]
    Nameless,
    /// They are a document of this kind, in another version.
    #[error(
        "is a record of {schema}; this program reads version {VERSION}: make it again with this program, or read it with \
         the one that made it"
    )]
    Version {
        /// What they say that they are.
        schema: String,
    },
    /// They are something else.
    #[error("is a record of {schema}, not of {expected}")]
    Kind {
        /// What they say that they are.
        schema: String,
        /// What was asked for.
        expected: String,
    },
}

/// The one field that every version has. The rest is not kept, whatever it is.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    schema: Option<String>,
    /// The description of a sweep's cell, which names the schema of the whole.
    #[serde(default)]
    cell: Option<Box<Named>>,
}

impl Document {
    /// The name of this kind.
    fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Deep => "deep",
            Self::Cell => "cell",
            Self::Sweep => "sweep",
            Self::Attribution => "attribution",
            Self::Frontier => "frontier",
            Self::Baseline => "baseline",
            Self::Learn => "learn",
            Self::Audit => "audit",
            Self::Gate => "gate",
        }
    }

    /// What the field `schema` of such a document holds: `exactract/KIND/VERSION`.
    ///
    /// ```
    /// assert_eq!(exactract::record::Document::Cell.schema(), "exactract/cell/2");
    /// ```
    pub fn schema(self) -> String {
        format!("exactract/{}/{VERSION}", self.name())
    }

    /// Reads a document of this kind.
    ///
    /// Errors: [`Refused`], as text, where the bytes are no such document of this version; what `serde` says where they
    /// say that they are and do not keep to the layout.
    pub fn read<T: serde::de::DeserializeOwned>(self, bytes: &[u8]) -> Result<T, String> {
        self.check(bytes).map_err(|refused| refused.to_string())?;
        serde_json::from_slice(bytes).map_err(|e| format!("is no record of {} ({e})", self.schema()))
    }

    /// Errors: [`Refused`] where bytes do not say that they are a document of this kind and version.
    pub fn check(self, bytes: &[u8]) -> Result<(), Refused> {
        let named = match serde_json::from_slice::<Named>(bytes) {
            Ok(named) => named,
            Err(e) if e.is_data() => return Err(Refused::Nameless),
            Err(e) => return Err(Refused::Json(e.to_string())),
        };
        let schema = named.schema.or_else(|| named.cell?.schema).ok_or(Refused::Nameless)?;
        let expected = self.schema();
        if schema == expected {
            return Ok(());
        }
        let kind = |schema: &str| schema.rsplit_once('/').map(|(kind, _)| kind.to_owned());
        if kind(&schema) == kind(&expected) {
            Err(Refused::Version { schema })
        } else {
            Err(Refused::Kind { schema, expected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_document_of_this_version_is_refused_by_what_it_is() {
        let said = |text: &str| Document::Cell.check(text.as_bytes()).map_err(|refused| refused.to_string());
        assert_eq!(said("{\"schema\": \"exactract/cell/2\", \"more\": [1]}"), Ok(()));
        assert_eq!(said("{\"id\": \"0\", \"cell\": {\"schema\": \"exactract/cell/2\"}}"), Ok(()));
        for (text, expected) in [
            (
                "{\"schema\": \"exactract/cell/1\"}",
                "is a record of exactract/cell/1; this program reads version 2: make",
            ),
            (
                "{\"cell\": {\"schema\": \"exactract/cell/3\"}}",
                "is a record of exactract/cell/3; this program reads version 2",
            ),
            ("{\"schema\": \"exactract/audit/2\"}", "is a record of exactract/audit/2, not of exactract/cell/2"),
            ("{\"schema\": \"else\"}", "is a record of else, not of exactract/cell/2"),
            ("{\"cell\": 1}", "names no schema"),
            ("[]", "names no schema"),
            ("{", "is not JSON"),
            ("", "is not JSON"),
        ] {
            assert!(said(text).unwrap_err().starts_with(expected), "{text}: {:?}", said(text));
        }
    }
}
