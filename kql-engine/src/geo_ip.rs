//! Locations of IP addresses, from a database in MaxMind's format that the user provides. The engine includes none.

use crate::dynamic::write;
use crate::error::SourceError;
use crate::types::ScalarType;
use crate::value::Value;
use maxminddb::{MaxMindDbError, Reader, geoip2};
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// The maximum number of cached answers; then the cache is cleared, so that memory is bounded.
const KEPT: usize = 1 << 16;

/// Kinds of databases that do not contain locations.
const OTHER_KINDS: [&str; 5] = ["ASN", "ISP", "Domain", "Connection-Type", "Anonymous"];

/// A database of locations.
pub struct GeoIp {
    path: PathBuf,
    reader: Reader<Vec<u8>>,
    /// The answers to previous look-ups.
    known: Mutex<HashMap<IpAddr, Option<Arc<str>>>>,
}

/// Why an address cannot be looked up: the database is damaged there.
#[derive(Debug, thiserror::Error)]
#[error("the location database is damaged at {address}: {source}")]
pub struct GeoIpError {
    address: IpAddr,
    source: MaxMindDbError,
}

/// The databases that plans from other processes use.
static SHARED: LazyLock<Mutex<HashMap<PathBuf, Weak<GeoIp>>>> = LazyLock::new(Mutex::default);

/// [`GeoIp::open`], once for all that use the file at the same time.
pub fn shared(path: &Path) -> Result<Arc<GeoIp>, SourceError> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(open) = shared.get(path).and_then(Weak::upgrade) {
        return Ok(open);
    }
    let open = Arc::new(GeoIp::open(path)?);
    shared.insert(path.to_owned(), Arc::downgrade(&open));
    Ok(open)
}

impl GeoIp {
    /// Opens a database file. The error is why it is not valid, or that it is a database of another kind.
    pub fn open(path: &Path) -> Result<GeoIp, SourceError> {
        if !path.exists() {
            return Err(SourceError::Missing(path.to_owned()));
        }
        let not_that =
            |reason: String| SourceError::NotThat { path: path.to_owned(), format: "MaxMind database", reason };
        let bytes = std::fs::read(path).map_err(|e| SourceError::unreadable(path, e))?;
        let reader = Reader::from_source(bytes).map_err(|e| not_that(e.to_string()))?;
        let kind = &reader.metadata().database_type;
        if OTHER_KINDS.iter().any(|other| kind.contains(other)) {
            return Err(not_that(format!("it has the type {kind}, which has no locations")));
        }
        Ok(GeoIp { path: path.to_owned(), reader, known: Mutex::default() })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The data of an address, as a bag; `None` if the database does not contain the address.
    pub fn place(&self, address: IpAddr) -> Result<Option<Arc<str>>, GeoIpError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known().get(&address) {
            return Ok(place.clone());
        }
        let place = self.look_up(address)?;
        let mut known = known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(address, place.clone());
        Ok(place)
    }

    fn look_up(&self, address: IpAddr) -> Result<Option<Arc<str>>, GeoIpError> {
        let address = address.to_canonical();
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Ok(None);
        }
        let found = self.reader.lookup(address).and_then(|found| found.decode::<geoip2::City>());
        let Some(found) = found.map_err(|source| GeoIpError { address, source })? else {
            return Ok(None);
        };
        let mut bag = String::new();
        let mut put = |name: &str, value: Value, ty: ScalarType| {
            bag.push(if bag.is_empty() { '{' } else { ',' });
            write::string(name, &mut bag);
            bag.push(':');
            write::value(&value, ty, &mut bag);
        };
        let state = found.subdivisions.first().and_then(|s| s.names.english);
        for (name, text) in
            [("country", found.country.names.english), ("state", state), ("city", found.city.names.english)]
        {
            if let Some(text) = text {
                put(name, Value::Text(text.to_owned()), ScalarType::String);
            }
        }
        for (name, number) in [("latitude", found.location.latitude), ("longitude", found.location.longitude)] {
            if let Some(number) = number {
                put(name, Value::Real(number), ScalarType::Real);
            }
        }
        Ok((!bag.is_empty()).then(|| (bag + "}").into()))
    }
}

impl fmt::Debug for GeoIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GeoIp({})", self.reader.metadata().database_type)
    }
}
