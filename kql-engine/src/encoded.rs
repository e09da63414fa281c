//! Parts of executable plans as data: what another process needs to run them. Each node and function encodes itself in its
//! own file; `codec.rs` lists them all.

use datafusion::common::{DataFusionError, Result};
use datafusion::physical_expr::PhysicalExpr;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// Arrow fields, in the form of Arrow IPC.
pub(crate) mod field {
    use arrow::datatypes::{FieldRef, Schema};
    use arrow::ipc::reader::StreamReader;
    use arrow::ipc::writer::StreamWriter;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Option<FieldRef>, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = |field: &FieldRef| -> Result<Vec<u8>, arrow::error::ArrowError> {
            let mut writer = StreamWriter::try_new(Vec::new(), &Schema::new(vec![field.clone()]))?;
            writer.finish()?;
            writer.into_inner()
        };
        value.as_ref().map(bytes).transpose().map_err(S::Error::custom)?.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FieldRef>, D::Error> {
        let Some(bytes) = Option::<Vec<u8>>::deserialize(deserializer)? else { return Ok(None) };
        let schema = StreamReader::try_new(bytes.as_slice(), None).map_err(D::Error::custom)?.schema();
        Ok(schema.fields().first().cloned())
    }
}
