//! An object of a store: its identity, and its bytes.
//!
//! An object is the one that was listed: every request asks for that version, and every answer is compared with it. A
//! request that fails for good makes the object unreadable, whoever ignores the error: a reader that stops early must not
//! look as if the object ended there.

use super::memo::Memo;
use super::problem::{Kind, Problem, problem};
use super::settings::{Client, PATIENCE};
use super::work;
use crate::error::SourceError;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStoreExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The beginning of an object, which is read several times while its format is recognised.
pub(super) const HEAD: u64 = 256 << 10;
/// The bytes of beginnings that are kept.
const HEADS: usize = 64 << 20;

/// An object as data, for other processes. They open it with the credentials of their own environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SentObject {
    pub(super) url: String,
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) tag: Option<String>,
    pub(super) changed: Option<SystemTime>,
}

/// What the objects of a bucket share.
pub(super) struct Bucket {
    pub client: Client,
    pub memo: Memo,
    /// Whether it is reached by a signature in the URL, which no other process gets.
    pub signed: bool,
    heads: Mutex<Heads>,
}

/// The beginnings of objects that were read last.
#[derive(Default)]
struct Heads {
    kept: VecDeque<(Key, Bytes)>,
    bytes: usize,
}

impl Bucket {
    pub(super) fn new(client: Client, memo: Memo, signed: bool) -> Bucket {
        Bucket { client, memo, signed, heads: Mutex::default() }
    }

    fn head(&self, key: &Key) -> Option<Bytes> {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.kept.iter().find(|(kept, _)| kept == key).map(|(_, bytes)| bytes.clone())
    }

    pub(super) fn keep_head(&self, key: &Key, bytes: Bytes) {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.bytes += bytes.len();
        heads.kept.push_back((key.clone(), bytes));
        while heads.bytes > HEADS
            && let Some((_, oldest)) = heads.kept.pop_front()
        {
            heads.bytes -= oldest.len();
        }
    }
}

/// An object as it was when it was listed.
pub(crate) struct Object {
    bucket: Arc<Bucket>,
    key: Key,
    /// Its URL, without secrets.
    url: PathBuf,
    size: u64,
    tag: Option<String>,
    changed: Option<SystemTime>,
    failed: Mutex<Option<Problem>>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", self.url.display())
    }
}

/// An entity tag without its quotes, which listings leave out.
fn bare(tag: &str) -> &str {
    tag.trim_matches('"')
}

impl Object {
    pub(super) fn new(bucket: Arc<Bucket>, url: String, meta: ObjectMeta) -> Object {
        // a time that the server does not tell is that of the answer, or zero
        let changed = SystemTime::from(meta.last_modified);
        let known = changed > SystemTime::UNIX_EPOCH;
        Object {
            bucket,
            key: meta.location,
            url: url.into(),
            size: meta.size,
            tag: meta.e_tag.filter(|tag| !tag.is_empty()),
            changed: Some(changed).filter(|_| known),
            failed: Mutex::default(),
        }
    }

    /// It as data, for other processes.
    ///
    /// # Errors
    /// [`SourceError::Store`] if its URL is signed.
    pub(crate) fn sent(&self) -> Result<SentObject, SourceError> {
        let url = self.url.display().to_string();
        if self.bucket.signed {
            let reason = "a signed URL is not sent to other hosts; give them credentials, and name the object without its \
                          signature";
            return Err(problem(url, reason));
        }
        let (key, tag) = (self.key.to_string(), self.tag.clone());
        Ok(SentObject { url, key, size: self.size, tag, changed: self.changed })
    }

    /// It, from its data.
    pub(super) fn of(bucket: Arc<Bucket>, sent: SentObject) -> Result<Object, SourceError> {
        let SentObject { url, key, size, tag, changed } = sent;
        let key = Key::parse(&key).map_err(|e| problem(url.clone(), &format!("not a valid name of an object: {e}")))?;
        Ok(Object { bucket, key, url: url.into(), size, tag, changed, failed: Mutex::default() })
    }

    /// Its URL, without secrets.
    pub(crate) fn url(&self) -> &Path {
        &self.url
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The time of its last change.
    pub(crate) fn changed(&self) -> Option<SystemTime> {
        self.changed
    }

    /// Why it could not be read, if that has happened since [`Object::forgive`].
    pub(crate) fn failure(&self) -> Option<SourceError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().map(|problem| problem.about(self.url.display().to_string()))
    }

    /// It is tried again, as by a new query.
    pub(crate) fn forgive(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fail(&self, problem: Problem) -> Problem {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem).clone()
    }

    /// What was found out about it in an earlier run, under this name.
    pub(crate) fn remembered<T: DeserializeOwned>(&self, what: &str) -> Option<T> {
        self.bucket.memo.get(&self.identity()?, what)
    }

    /// Keeps what was found out about it for later runs.
    pub(crate) fn remember(&self, what: &str, value: &impl Serialize) {
        if let Some(identity) = self.identity() {
            self.bucket.memo.put(&identity, what, value);
        }
    }

    /// Writes what is kept for later runs.
    pub(crate) fn save_memo(&self) {
        self.bucket.memo.save();
    }

    /// A text that is another one if its content is; `None` if the store does not tell.
    fn identity(&self) -> Option<String> {
        let tag = bare(self.tag.as_deref()?);
        let changed = self.changed.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        Some(format!("{}\n{}\n{tag}\n{}", self.url.display(), self.size, changed.map_or(0, |time| time.as_secs())))
    }

    /// Some of its bytes, for async code of any runtime.
    pub(crate) async fn get(self: &Arc<Self>, range: Range<u64>) -> Result<Bytes, SourceError> {
        let object = self.clone();
        let got = work::run(async move { object.fetch(range).await }).await;
        let got = got.map_err(Problem::from).and_then(|got| got);
        got.map_err(|problem| problem.about(self.url.display().to_string()))
    }

    /// Its first bytes, at most [`HEAD`] of them.
    pub(super) async fn head(&self) -> Result<Bytes, Problem> {
        if let Some(head) = self.bucket.head(&self.key) {
            return Ok(head);
        }
        let head = self.fetch(0..self.size.min(HEAD)).await?;
        self.bucket.keep_head(&self.key, head.clone());
        Ok(head)
    }

    /// Some of its bytes; a body that is cut off is continued where it stopped.
    pub(super) async fn fetch(&self, range: Range<u64>) -> Result<Bytes, Problem> {
        let range = range.start.min(self.size)..range.end.min(self.size);
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let wanted = usize::try_from(range.end - range.start).map_err(|_| Problem::other("the range is too long"))?;
        if let Some(head) = self.bucket.head(&self.key)
            && let (Ok(from), Ok(to)) = (usize::try_from(range.start), usize::try_from(range.end))
            && to <= head.len()
        {
            return Ok(head.slice(from..to));
        }
        let mut bytes = BytesMut::with_capacity(wanted);
        let mut progressed = Instant::now();
        loop {
            let from = range.start + bytes.len() as u64;
            let before = bytes.len();
            let error = match self.read(from..range.end, &mut bytes).await {
                Ok(()) if bytes.len() == wanted => return Ok(bytes.freeze()),
                Ok(()) if bytes.len() > wanted => {
                    return Err(self.fail(Problem::other("the store sent more bytes than the object has")));
                }
                Ok(()) => Problem::other("the answer of the store was cut off; check the network, and try again"),
                Err((Some(problem), _)) => return Err(self.fail(problem)),
                Err((None, cut)) => cut,
            };
            if bytes.len() > before {
                progressed = Instant::now();
            } else if progressed.elapsed() > PATIENCE {
                return Err(self.fail(error));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// One request. The error is either final, or what cut the body off.
    async fn read(&self, range: Range<u64>, bytes: &mut BytesMut) -> Result<(), (Option<Problem>, Problem)> {
        let circumstances = self.bucket.client.circumstances;
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            // a weak tag matches nothing
            if_match: self.tag.as_deref().filter(|tag| !tag.starts_with("W/")).map(|tag| format!("\"{}\"", bare(tag))),
            ..GetOptions::default()
        };
        let last = |problem: Problem| (Some(problem.clone()), problem);
        let answer = self.bucket.client.store.get_opts(&self.key, options).await;
        let answer = answer.map_err(|error| {
            let problem = circumstances.explain(&error);
            last(if problem.kind == Kind::Range { Problem::changed() } else { problem })
        })?;
        if !self.is_same(&answer.meta) {
            return Err(last(Problem::changed()));
        }
        let mut body = answer.into_stream();
        while let Some(part) = body.next().await {
            match part {
                Ok(part) => bytes.extend_from_slice(&part),
                Err(error) => return Err((None, circumstances.explain(&error))),
            }
        }
        Ok(())
    }

    /// Whether an answer is about the same content.
    fn is_same(&self, meta: &ObjectMeta) -> bool {
        if meta.size != self.size {
            return false;
        }
        match (&self.tag, &meta.e_tag) {
            (Some(own), Some(other)) => bare(own) == bare(other),
            // times of answers are in whole seconds
            _ => self.changed.is_none_or(|changed| {
                let seconds =
                    |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
                let other = SystemTime::from(meta.last_modified);
                other <= SystemTime::UNIX_EPOCH || seconds(changed) == seconds(other)
            }),
        }
    }

    /// Some of its bytes; blocks.
    pub(crate) fn bytes(self: &Arc<Self>, range: Range<u64>) -> std::io::Result<Bytes> {
        let object = self.clone();
        Ok(work::wait(async move { object.fetch(range).await })??)
    }
}

/// The metadata of an object, and its beginning: one request that every signed URL allows.
pub(super) async fn look_up(client: &Client, key: &Key) -> Result<(ObjectMeta, Option<Bytes>), Problem> {
    let explain = |error| client.circumstances.explain(&error);
    let options = GetOptions { range: Some(GetRange::Bounded(0..HEAD)), ..GetOptions::default() };
    let answer = match client.store.get_opts(key, options).await.map_err(explain) {
        Ok(answer) => answer,
        // nothing is in the range of an empty object
        Err(problem) if problem.kind == Kind::Range => {
            return Ok((client.store.head(key).await.map_err(explain)?, None));
        }
        Err(problem) => return Err(problem),
    };
    let meta = answer.meta.clone();
    // what is cut off here is read again
    let head = answer.bytes().await.ok().filter(|head| head.len() as u64 == meta.size.min(HEAD));
    Ok((meta, head))
}
