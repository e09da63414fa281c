//! The objects under an address.

use super::address::{Address, Provider};
use super::client;
use super::memo::Memo;
use super::object::{self, Bucket, Object, SentObject};
use super::problem::{Kind, Problem, problem};
use super::settings::Client;
use super::work;
use crate::error::SourceError;
use futures::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// What is at an address.
pub(crate) enum Found {
    Object(Arc<Object>),
    Folder(Listed),
}

/// What is in a folder and in the folders in it, in the order of the names.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub objects: Vec<Arc<Object>>,
    /// The URLs of folders that were left closed.
    pub closed: Vec<String>,
}

impl Listed {
    fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.closed.is_empty()
    }
}

/// How often a listing is begun that is cut off.
const LISTINGS: usize = 5;

/// Which folders are left closed, by their URLs; without it, all are listed at once.
pub(crate) type Closed<'a> = Option<&'a dyn Fn(&str) -> bool>;

/// A bucket that can be listed, seen from an address in it.
#[derive(Clone)]
pub(crate) struct Store {
    address: Address,
    bucket: Arc<Bucket>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.address.shown())
    }
}

/// The buckets of objects that came from other processes, by the beginning of their URLs.
static BUCKETS: LazyLock<Mutex<HashMap<String, Weak<Bucket>>>> = LazyLock::new(Mutex::default);

impl SentObject {
    /// The object, for this process.
    ///
    /// # Errors
    /// [`SourceError::Store`] if the environment does not say how to reach it.
    pub(crate) fn opened(self) -> Result<Arc<Object>, SourceError> {
        let address = Address::parse(&self.url)?;
        // a client of a web server is one of a single file
        let root = match address.provider {
            Provider::Web => self.url.clone(),
            _ => address.root.clone(),
        };
        let mut buckets = BUCKETS.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = match buckets.get(&root).and_then(Weak::upgrade) {
            Some(bucket) => bucket,
            None => {
                buckets.retain(|_, bucket| bucket.strong_count() > 0);
                let bucket = Store::connect(address, false)?.bucket;
                buckets.insert(root, Arc::downgrade(&bucket));
                bucket
            }
        };
        Object::of(bucket, self).map(Arc::new)
    }
}

impl Store {
    /// Connects to the store of an address; what is found out about its objects is kept for later runs if `remember`.
    ///
    /// # Errors
    /// [`SourceError::Store`] if it cannot be reached, or the environment does not say how.
    pub(crate) fn connect(address: Address, remember: bool) -> Result<Store, SourceError> {
        let client = client::connect(&address)?;
        let memo = if remember { Memo::of(&address.shown()) } else { Memo::none() };
        let signed = address.query.is_some();
        Ok(Store { bucket: Arc::new(Bucket::new(client, memo, signed)), address })
    }

    /// The URL of the address, without secrets.
    pub(crate) fn url(&self) -> String {
        self.address.shown()
    }

    fn client(&self) -> &Client {
        &self.bucket.client
    }

    fn object(&self, meta: ObjectMeta) -> Arc<Object> {
        let url = match self.address.provider {
            // the signed URL of one file
            Provider::Web => self.address.shown(),
            _ => self.address.at(meta.location.as_ref()),
        };
        Arc::new(Object::new(self.bucket.clone(), url, meta))
    }

    /// Waits for requests.
    fn wait<T: Send + 'static>(work: impl Future<Output = Result<T, Problem>> + Send + 'static) -> Result<T, Problem> {
        work::wait(work).map_err(|e: io::Error| Problem::from(e))?
    }

    /// Lists objects; the client does not ask again for an answer that is cut off.
    fn listed<T, W>(&self, list: impl Fn(Client) -> W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: Future<Output = object_store::Result<T>> + Send + 'static,
    {
        let mut attempt = 1;
        loop {
            let client = self.client().clone();
            let (circumstances, work) = (client.circumstances, list(client));
            let listed = Self::wait(async move { work.await.map_err(|error| circumstances.explain(&error)) });
            match listed {
                Err(problem) if problem.kind == Kind::CutOff && attempt < LISTINGS => attempt += 1,
                listed => return listed,
            }
        }
    }

    /// The object at the address, or those in the folder.
    ///
    /// # Errors
    /// [`SourceError::Store`] if there is nothing, or it cannot be read.
    pub(crate) fn find(&self, closed: Closed) -> Result<Found, SourceError> {
        let wrong = |problem: Problem| problem.about(self.address.shown());
        let path = self.address.path.as_str();
        let mut denied = None;
        if self.address.provider == Provider::Web || !(path.is_empty() || path.ends_with('/')) {
            let key = match self.address.provider {
                Provider::Web => Key::ROOT,
                _ => self.key()?,
            };
            let (client, wanted) = (self.client().clone(), key.clone());
            match Self::wait(async move { object::look_up(&client, &wanted).await }) {
                // a folder of some stores is an empty object, too
                Ok((meta, _)) if meta.size == 0 && self.address.provider != Provider::Web => {
                    let inside = self.gather(Some(&key), closed).map_err(wrong)?;
                    if inside.is_empty() {
                        return Ok(Found::Object(self.object(meta)));
                    }
                    return Ok(Found::Folder(inside));
                }
                Ok((meta, head)) => {
                    if let Some(head) = head {
                        self.bucket.keep_head(&meta.location, head);
                    }
                    return Ok(Found::Object(self.object(meta)));
                }
                Err(problem) if self.address.provider == Provider::Web => return Err(wrong(problem)),
                // without the permission to list, stores deny what is missing
                Err(problem) if problem.kind == Kind::Denied => denied = Some(problem),
                Err(problem) if problem.kind == Kind::Missing => {}
                Err(problem) => return Err(wrong(problem)),
            }
        }
        let key = if path.is_empty() { None } else { Some(self.key()?) };
        let inside = match (self.gather(key.as_ref(), closed), denied) {
            (Ok(inside), None) => inside,
            (Ok(inside), Some(denied)) if inside.is_empty() => return Err(wrong(denied)),
            (Ok(inside), Some(_)) => inside,
            (Err(problem), _) => return Err(wrong(problem)),
        };
        if inside.is_empty() {
            let bucket = self.address.provider.bucket();
            let reason = match key {
                None => format!("the {bucket} is empty"),
                Some(_) => format!(
                    "no object has this name or is in a folder of this name; check the spelling, also of the {bucket}"
                ),
            };
            return Err(problem(self.address.shown(), &reason));
        }
        Ok(Found::Folder(inside))
    }

    /// All objects in the folder of a URL of this bucket and in its folders.
    ///
    /// # Errors
    /// [`SourceError::Store`] if it cannot be listed.
    pub(crate) fn below(&self, url: &str) -> Result<Vec<Arc<Object>>, SourceError> {
        let wrong = |problem: Problem| problem.about(url.to_owned());
        let path = url.strip_prefix(&self.address.root).unwrap_or_default().trim_matches('/');
        let key = Key::parse(path).map_err(|e| wrong(Problem::other(format!("not a valid name: {e}"))))?;
        self.list(Some(&key).filter(|key| !key.as_ref().is_empty())).map_err(wrong)
    }

    fn key(&self) -> Result<Key, SourceError> {
        Key::parse(&self.address.path)
            .map_err(|e| problem(self.address.shown(), &format!("not a valid name of an object: {e}")))
    }

    /// The objects in a folder, and the folders that are left closed.
    fn gather(&self, key: Option<&Key>, closed: Closed) -> Result<Listed, Problem> {
        let Some(is_closed) = closed else { return Ok(Listed { objects: self.list(key)?, closed: Vec::new() }) };
        let mut found = Listed::default();
        let mut open = vec![key.cloned()];
        while let Some(folder) = open.pop() {
            let listed = self.listed(|client| {
                let folder = folder.clone();
                async move { client.store.list_with_delimiter(folder.as_ref()).await }
            })?;
            let inner: HashSet<&Key> = listed.common_prefixes.iter().collect();
            let objects = listed.objects.into_iter().filter(|meta| meta.size > 0 || !inner.contains(&meta.location));
            found.objects.extend(objects.map(|meta| self.object(meta)));
            for folder in listed.common_prefixes {
                let url = self.address.at(folder.as_ref());
                if is_closed(&url) { found.closed.push(url) } else { open.push(Some(folder)) }
            }
        }
        found.objects.sort_by(|a, b| a.url().as_os_str().cmp(b.url().as_os_str()));
        found.closed.sort();
        Ok(found)
    }

    fn list(&self, key: Option<&Key>) -> Result<Vec<Arc<Object>>, Problem> {
        let mut metas = self.listed(|client| {
            let key = key.cloned();
            async move { client.store.list(key.as_ref()).try_collect::<Vec<ObjectMeta>>().await }
        })?;
        metas.sort_by(|a, b| a.location.cmp(&b.location));
        // an empty object can stand for a folder
        let folders: HashSet<String> = metas
            .iter()
            .flat_map(|meta| {
                let text = meta.location.as_ref();
                text.match_indices('/').map(|(at, _)| text.get(..at).unwrap_or_default().to_owned()).collect::<Vec<_>>()
            })
            .collect();
        metas.retain(|meta| meta.size > 0 || !folders.contains(meta.location.as_ref()));
        Ok(metas.into_iter().map(|meta| self.object(meta)).collect())
    }
}
