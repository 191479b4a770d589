//! The published schema: one file for all documents, each shared definition once.

use super::Document;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Collects the schemas of documents into one.
#[derive(Debug, Default)]
pub struct Family {
    generator: SchemaGenerator,
    documents: Map<String, Value>,
}

impl Family {
    /// The family with another document; the fields of `T` are its layout.
    #[must_use]
    pub fn with<T: JsonSchema>(mut self, document: Document) -> Self {
        let layout = self.generator.subschema_for::<T>();
        self.documents.insert(document.schema(), layout.to_value());
        self
    }

    /// The JSON schema: a value keeps to it if it is one of the documents. `documents` says under its name where each
    /// one is defined.
    pub fn schema(mut self) -> Schema {
        let definitions = self.generator.take_definitions(true);
        let any: Vec<&Value> = self.documents.values().collect();
        let mut whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Records of exactract",
            "description": "The field `schema` of a document, or of the description of a cell, says which one it is.",
            "oneOf": any,
            "documents": self.documents,
            "$defs": definitions,
        });
        Schema::try_from(whole.take()).unwrap_or_default()
    }
}
