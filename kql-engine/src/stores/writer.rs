//! An object that is written: in parts, several at once. The object exists when all of it is there.

use super::address::{Address, Provider};
use super::client;
use super::problem::{Kind, Problem, problem};
use super::settings::Client;
use super::work::{self, Pending};
use crate::error::SourceError;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use std::collections::VecDeque;
use std::io::{self, Write};

/// The size of a part. Stores allow 10,000 of them.
const PART: usize = 16 << 20;
/// The number of parts that are sent at once.
const AT_ONCE: usize = 3;

/// Writes an object. Without [`ObjectWriter::finish`] there is none.
pub struct ObjectWriter {
    client: Client,
    key: Key,
    url: String,
    buffer: Vec<u8>,
    upload: Option<Box<dyn MultipartUpload>>,
    sent: VecDeque<Pending<Result<(), Problem>>>,
}

impl std::fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ObjectWriter({})", self.url)
    }
}

impl ObjectWriter {
    /// Begins an object at a URL.
    ///
    /// # Errors
    /// [`SourceError::Store`] if nothing can be written there.
    pub fn create(url: &str) -> Result<ObjectWriter, SourceError> {
        let (client, key, url) = target(url)?;
        Ok(ObjectWriter { client, key, url, buffer: Vec::new(), upload: None, sent: VecDeque::new() })
    }

    /// Whether there is an object at a URL.
    ///
    /// # Errors
    /// [`SourceError::Store`] if the store does not tell.
    pub fn exists(url: &str) -> Result<bool, SourceError> {
        let (client, key, url) = target(url)?;
        let found =
            work::wait(
                async move { client.store.head(&key).await.map_err(|error| client.circumstances.explain(&error)) },
            );
        match found.map_err(Problem::from).and_then(|found| found) {
            Ok(_) => Ok(true),
            Err(problem) if problem.kind == Kind::Missing => Ok(false),
            Err(problem) => Err(problem.about(url)),
        }
    }

    fn send(&mut self, part: Vec<u8>) -> Result<(), Problem> {
        let circumstances = self.client.circumstances;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let (store, key) = (self.client.store.clone(), self.key.clone());
                let begun = work::wait(async move { store.put_multipart(&key).await })?;
                self.upload.insert(begun.map_err(|error| circumstances.explain(&error))?)
            }
        };
        let part = upload.put_part(PutPayload::from(part));
        let sent = work::start(async move { part.await.map_err(|error| circumstances.explain(&error)) })?;
        self.sent.push_back(sent);
        self.settle(AT_ONCE)
    }

    /// Waits until at most so many parts are on their way.
    fn settle(&mut self, most: usize) -> Result<(), Problem> {
        while self.sent.len() > most
            && let Some(oldest) = self.sent.pop_front()
        {
            oldest.wait()??;
        }
        Ok(())
    }

    /// Writes the rest; then the object exists.
    ///
    /// # Errors
    /// [`SourceError::Store`] if the store refuses it; there is no object then.
    pub fn finish(mut self) -> Result<(), SourceError> {
        self.complete().map_err(|problem| problem.about(self.url.clone()))
    }

    fn complete(&mut self) -> Result<(), Problem> {
        let circumstances = self.client.circumstances;
        let rest = std::mem::take(&mut self.buffer);
        if self.upload.is_none() {
            let (store, key) = (self.client.store.clone(), self.key.clone());
            let put = work::wait(async move { store.put(&key, PutPayload::from(rest)).await })?;
            return put.map(|_| ()).map_err(|error| circumstances.explain(&error));
        }
        if !rest.is_empty() {
            self.send(rest)?;
        }
        self.settle(0)?;
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        let done = work::wait(async move {
            let done = upload.complete().await;
            if done.is_err() {
                let _ = upload.abort().await;
            }
            done
        })?;
        done.map(|_| ()).map_err(|error| circumstances.explain(&error))
    }
}

/// The client and the key of a URL that is written to.
fn target(url: &str) -> Result<(Client, Key, String), SourceError> {
    let address = Address::parse(url)?;
    let wrong = |reason: &str| problem(address.shown(), reason);
    if address.provider == Provider::Web {
        return Err(wrong(
            "a web server only lets files be read; write to s3://, az://, abfss:// or gs://, or to a folder",
        ));
    }
    let key = Key::parse(&address.path).map_err(|e| wrong(&format!("not a valid name of an object: {e}")))?;
    if key.as_ref().is_empty() {
        return Err(wrong("the name of the object is missing"));
    }
    Ok((client::connect(&address)?, key, address.shown()))
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() >= PART {
            let rest = self.buffer.split_off(PART);
            let part = std::mem::replace(&mut self.buffer, rest);
            self.send(part).map_err(|problem| io::Error::other(problem.about(self.url.clone())))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        self.sent.clear();
        if let Some(mut upload) = self.upload.take() {
            // the store would keep the parts, and count them
            let _ = work::wait(async move {
                let _ = tokio::time::timeout(std::time::Duration::from_secs(5), upload.abort()).await;
            });
        }
    }
}
