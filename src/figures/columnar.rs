//! Data as Parquet: one row group, every column optional, whole numbers as INT64, others as DOUBLE.

use super::data::{Data, Kind, Value};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// The bytes of a file; errors in words.
pub(super) fn parquet(data: &Data) -> Result<Vec<u8>, String> {
    write(data).map_err(|e| format!("the data cannot be written as Parquet: {e}"))
}

fn write(data: &Data) -> Result<Vec<u8>, ParquetError> {
    let field = |(name, kind): (&str, Kind)| match kind {
        Kind::Text => format!("optional binary {name} (UTF8);"),
        Kind::Count => format!("optional int64 {name};"),
        Kind::Real => format!("optional double {name};"),
        Kind::Flag => format!("optional boolean {name};"),
    };
    let fields: String = data.columns.iter().map(|column| field((column.name, column.kind))).collect();
    let schema = Arc::new(parse_message_type(&format!("message data {{ {fields} }}"))?);
    let by = format!("exactract version {}", env!("CARGO_PKG_VERSION"));
    let properties = Arc::new(WriterProperties::builder().set_created_by(by).build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties)?;
    let mut group = writer.next_row_group()?;
    for (place, column) in data.columns.iter().enumerate() {
        let Some(mut writer) = group.next_column()? else { break };
        let values = || data.rows.iter().map(move |row| &row[place]);
        match column.kind {
            Kind::Text => put::<ByteArrayType>(&mut writer, values(), |value| match value {
                Value::Text(text) => Some(ByteArray::from(text.as_str())),
                _ => None,
            })?,
            Kind::Count => put::<Int64Type>(&mut writer, values(), |value| match value {
                Value::Count(count) => Some(*count),
                _ => None,
            })?,
            Kind::Real => put::<DoubleType>(&mut writer, values(), |value| match value {
                Value::Real(x) => Some(*x),
                _ => None,
            })?,
            Kind::Flag => put::<BoolType>(&mut writer, values(), |value| match value {
                Value::Flag(flag) => Some(*flag),
                _ => None,
            })?,
        }
        writer.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

/// One column; a value that `take` has nothing of is null.
fn put<'v, T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = &'v Value>,
    take: impl Fn(&Value) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.map(take).collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let known: Vec<T::T> = values.into_iter().flatten().collect();
    writer.typed::<T>().write_batch(&known, Some(&levels), None).map(drop)
}
