//! Parts of executable plans as data: what another process needs to run them. Each node and function encodes itself in its
//! own file; `codec.rs` lists them all.

use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::convert::{IpcSchemaEncoder, fb_to_schema};
use arrow::ipc::root_as_schema;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use datafusion::common::{DataFusionError, Result};
use datafusion::physical_expr::PhysicalExpr;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A node or a function without its inputs.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    /// What it is made from.
    pub data: Vec<u8>,
    /// The expressions that it evaluates. They are encoded by the caller, who knows all kinds of expressions.
    pub expressions: Vec<Arc<dyn PhysicalExpr>>,
}

impl Encoded {
    /// Data without expressions.
    pub(crate) fn of(data: &impl Serialize) -> Result<Encoded> {
        Encoded::with(data, Vec::new())
    }

    /// Data, and expressions.
    pub(crate) fn with(data: &impl Serialize, expressions: Vec<Arc<dyn PhysicalExpr>>) -> Result<Encoded> {
        Ok(Encoded { data: to_bytes(data)?, expressions })
    }

    /// The data.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T> {
        from_bytes(&self.data)
    }
}

/// A value as bytes.
pub(crate) fn to_bytes(data: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(data).map_err(|e| DataFusionError::Execution(format!("The plan cannot be sent: {e}.")))
}

/// A value from its bytes.
pub(crate) fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|e| DataFusionError::Internal(format!("a part of a plan is damaged: {e}")))
}

/// Real numbers by their bits: JSON has no NaN and no infinity.
pub(crate) mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        value.to_bits().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

/// Decimals by their bytes.
pub(crate) mod wide {
    use arrow::datatypes::i256;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &i256, serializer: S) -> Result<S::Ok, S::Error> {
        value.to_le_bytes().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i256, D::Error> {
        <[u8; 32]>::deserialize(deserializer).map(i256::from_le_bytes)
    }
}

/// Maps whose keys are not texts, as lists of pairs.
pub(crate) mod pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<'m, M, K, V, S>(map: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = (&'m K, &'m V)>,
        K: Serialize + 'm,
        V: Serialize + 'm,
        S: Serializer,
    {
        map.into_iter().collect::<Vec<(&K, &V)>>().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, M, K, V, D>(deserializer: D) -> Result<M, D::Error>
    where
        M: FromIterator<(K, V)>,
        K: Deserialize<'de>,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Shared lists of texts.
pub(crate) mod texts {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub(crate) fn serialize<S: Serializer>(value: &Arc<[String]>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[String]>, D::Error> {
        Vec::deserialize(deserializer).map(Arc::from)
    }
}

/// Time zones by their IANA names.
pub(crate) mod zone {
    use chrono_tz::Tz;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Option<Tz>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Tz::name).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        name.map(|name| name.parse().map_err(|_| Error::custom("an unknown time zone"))).transpose()
    }
}

/// An Arrow schema: Arrow's own form of it, as text.
#[derive(Serialize, Deserialize)]
pub(crate) struct EncodedSchema(String);

impl EncodedSchema {
    /// The schema as text.
    pub(crate) fn of(schema: &Schema) -> EncodedSchema {
        EncodedSchema(BASE64_STANDARD.encode(IpcSchemaEncoder::new().schema_to_fb(schema).finished_data()))
    }

    /// The schema from its text; `None` if it is damaged.
    pub(crate) fn restored(&self) -> Option<SchemaRef> {
        let bytes = BASE64_STANDARD.decode(&self.0).ok()?;
        root_as_schema(&bytes).ok().map(|schema| Arc::new(fb_to_schema(schema)))
    }
}

/// Arrow fields.
pub(crate) mod field {
    use super::EncodedSchema;
    use arrow::datatypes::{FieldRef, Schema};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Option<FieldRef>, serializer: S) -> Result<S::Ok, S::Error> {
        let schema = value.as_ref().map(|field| EncodedSchema::of(&Schema::new(vec![field.clone()])));
        schema.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FieldRef>, D::Error> {
        let Some(schema) = Option::<EncodedSchema>::deserialize(deserializer)? else { return Ok(None) };
        let schema = schema.restored().ok_or_else(|| D::Error::custom("a damaged field"))?;
        Ok(schema.fields().first().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::EncodedSchema;
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use std::sync::Arc;

    #[test]
    fn a_schema_stays_as_it_is() {
        let metadata = [("key".to_owned(), "välue".to_owned())];
        let list = DataType::List(Arc::new(Field::new("item", DataType::Utf8View, false)));
        let schema = Schema::new(vec![
            Field::new("a", DataType::Int64, false),
            Field::new("", DataType::Utf8, true).with_metadata(metadata.clone().into()),
            Field::new("a", DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), true),
            Field::new("é", list, true),
        ])
        .with_metadata(metadata.into());
        let text = serde_json::to_string(&EncodedSchema::of(&schema)).expect("text");
        let encoded: EncodedSchema = serde_json::from_str(&text).expect("a schema");
        assert_eq!(encoded.restored().as_deref(), Some(&schema));
        assert!(serde_json::from_str::<EncodedSchema>("\"AAAA\"").is_ok_and(|damaged| damaged.restored().is_none()));
    }
}
