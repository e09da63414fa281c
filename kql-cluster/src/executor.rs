//! An executor of a cluster: it runs tasks that the scheduler gives it, and keeps their rows until they are fetched.

use crate::client::{Cluster, ConnectError};
use crate::codec::Codec;
use crate::connections::Connections;
use crate::scheduler::{MOST_IN_A_MESSAGE, SILENCE, ServeError, session_config};
use crate::task::ReportingEngine;
use ballista_core::RuntimeProducer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::execution_engine::DefaultExecutionEngine;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use std::fs::File;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};

/// Settings of an executor.
#[derive(Clone, Debug)]
pub struct ExecutorSettings {
    /// Host and port of the scheduler.
    pub scheduler: String,
    /// The address to listen on; with port 0, a free one. The port after it is used too, or another free one.
    pub listen: SocketAddr,
    /// The name or address under which clients and other executors reach this one; by default the one it listens on.
    pub advertise: Option<String>,
    /// The number of partitions that it runs at once.
    pub slots: usize,
    /// How many bytes tasks can use before they continue in temporary files, or fail.
    pub memory: Option<usize>,
    /// The folder for rows that wait to be fetched and for temporary files.
    pub folder: PathBuf,
    /// How many bytes of temporary files tasks can write.
    pub spill: Option<u64>,
    /// How long the scheduler waits for a silent executor; a fraction of it is the time between two signs of life.
    pub silence: Duration,
}

impl ExecutorSettings {
    /// The usual settings: as many slots as there are processors, and no limits.
    pub fn new(scheduler: impl Into<String>) -> ExecutorSettings {
        ExecutorSettings {
            scheduler: scheduler.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            advertise: None,
            slots: std::thread::available_parallelism().map_or(1, usize::from),
            memory: None,
            folder: std::env::temp_dir(),
            spill: None,
            silence: SILENCE,
        }
    }
}

/// Runs an executor until it is told to stop: by a signal, or by its scheduler. Needs a tokio runtime. `ready` is called
/// when it has found its scheduler, with the address it listens on.
///
/// # Errors
/// [`ServeError`] if the scheduler is not reachable or has another version, or the folder or the address cannot be used.
pub async fn run_executor(settings: ExecutorSettings, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    // a scheduler of another version would give it tasks that it cannot read
    Cluster::greet(&settings.scheduler).await?;
    let (host, port) = split(&settings.scheduler)?;
    let folder = |reason| ServeError::Folder { folder: settings.folder.clone(), reason };
    std::fs::create_dir_all(&settings.folder).map_err(folder)?;
    let folder_of_run = folder_in(&settings.folder).map_err(folder)?;
    let work = folder_of_run.folder.path().join("rows");
    let spill = folder_of_run.folder.path().join("spill");
    for one in [&work, &spill] {
        std::fs::create_dir_all(one).map_err(folder)?;
    }
    let environment = kql_engine::codec::environment(settings.memory, &spill, settings.spill)
        .map_err(|e| ServeError::Ended(e.to_string()))?;
    let ip = settings.listen.ip();
    let listen = |reason| ServeError::Listen { address: settings.listen, reason };
    let flight = free(ip, settings.listen.port()).map_err(listen)?;
    let control = match settings.listen.port() {
        0 => free(ip, 0).map_err(listen)?,
        port => free(ip, port.saturating_add(1)).or_else(|_| free(ip, 0)).map_err(listen)?,
    };
    let shared = environment.clone();
    let runtime: RuntimeProducer = Arc::new(move |_| Ok(shared.clone()));
    let advertised = settings.advertise.clone().unwrap_or_else(|| ip.to_string());
    let engine = ReportingEngine {
        engine: DefaultExecutionEngine::with_client_pool(Arc::new(Connections::default())),
        place: format!("{advertised}:{flight}").into(),
    };
    let config = ExecutorProcessConfig {
        bind_host: ip.to_string(),
        external_host: Some(advertised),
        port: flight,
        grpc_port: control,
        scheduler_host: host,
        scheduler_port: port,
        scheduler_connect_timeout_seconds: 10,
        vcores: settings.slots.max(1),
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: Some(work.display().to_string()),
        // what the scheduler does not tell to remove, such as rows of clients that are gone
        job_data_ttl_seconds: 3600,
        job_data_clean_up_interval_seconds: 600,
        grpc_max_decoding_message_size: MOST_IN_A_MESSAGE as u32,
        grpc_max_encoding_message_size: MOST_IN_A_MESSAGE as u32,
        executor_heartbeat_interval_seconds: (settings.silence.as_secs() / 6).max(1),
        // the memory is that of the runtime
        memory_pool_size: Some(0),
        override_execution_engine: Some(Arc::new(engine)),
        override_runtime_producer: Some(runtime),
        override_config_producer: Some(Arc::new(session_config)),
        override_physical_codec: Some(Arc::new(Codec::of_executor(environment))),
        ..ExecutorProcessConfig::default()
    };
    ready(SocketAddr::new(ip, flight));
    start_executor_process(Arc::new(config)).await.map_err(|e| ServeError::Ended(e.to_string()))
}

/// Host and port.
fn split(address: &str) -> Result<(String, u16), ConnectError> {
    let invalid = || ConnectError::Address(address.to_owned());
    let (host, port) = address.rsplit_once(':').ok_or_else(invalid)?;
    let host = host.trim_start_matches("http://");
    if host.is_empty() {
        return Err(invalid());
    }
    Ok((host.to_owned(), port.parse().map_err(|_| invalid())?))
}

/// A port that can be listened on: this one, or a free one if it is 0.
fn free(ip: IpAddr, port: u16) -> std::io::Result<u16> {
    Ok(TcpListener::bind((ip, port))?.local_addr()?.port())
}

/// A folder of an executor, which is removed when it ends.
struct Folder {
    folder: TempDir,
    _lock: File,
}

/// What the folders of executors begin with, and the file in them that their executor has locked.
const PREFIX: &str = "kql-executor-";
const LOCK: &str = "lock";

/// A folder of its own; those of executors that are gone are removed. The lock tells, since hosts and containers that share a
/// folder can have processes with the same number.
fn folder_in(folder: &Path) -> std::io::Result<Folder> {
    for entry in std::fs::read_dir(folder)?.filter_map(Result::ok) {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            // what is left of it does no harm
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let own = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder)?;
    // it is locked when it has its name
    let lock = NamedTempFile::new_in(own.path())?;
    lock.as_file().lock()?;
    let lock = lock.persist(own.path().join(LOCK))?;
    Ok(Folder { folder: own, _lock: lock })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(split("host:50050").expect("an address"), ("host".to_owned(), 50050));
        assert!(split("host").is_err() && split(":1").is_err() && split("host:x").is_err());
    }

    #[test]
    fn folders_of_executors_that_are_gone_are_removed() {
        let all = tempfile::tempdir().expect("a folder");
        let gone = all.path().join("kql-executor-gone");
        std::fs::create_dir_all(&gone).expect("a folder");
        std::fs::write(gone.join(LOCK), "").expect("written");
        let own = folder_in(all.path()).expect("a folder");
        let path = own.folder.path().to_owned();
        assert!(path.exists() && !gone.exists());
        let other = folder_in(all.path()).expect("another folder");
        assert!(path.exists() && other.folder.path() != path);
        drop(own);
        assert!(!path.exists());
    }
}
