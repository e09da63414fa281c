//! `kql serve`

use crate::arguments::Serve;
use crate::failure::Failure;
use crate::message::message;
use kql_server::{AZURE_DATA_EXPLORER, Server, ServerLimits, ServerSettings, StartError, TlsFiles, Token};
use std::path::Path;
use std::time::Duration;

/// The words of `--allow-origin` for the page of Azure Data Explorer.
const AZURE_PAGE: &str = "adx";

/// Serves data until a signal ends the program.
pub fn serve(arguments: &Serve) -> Result<(), Failure> {
    let builder = arguments.environment.engine_with(&arguments.paths)?;
    #[cfg(feature = "cluster")]
    let builder = match &arguments.cluster {
        Some(address) => crate::cluster::on(builder, address)?.0,
        None => builder,
    };
    let engine = crate::run::build(builder)?;
    let settings = settings(arguments)?;
    let is_encrypted = settings.tls.is_some();
    // long queries are dropped on these threads, too
    let runtime = crate::serving::threads(64 << 20)?;
    let served = runtime.block_on(async {
        let server = Server::start(settings, engine).await?;
        // programs read this line: the port can be a free one
        println!("listening on {}://{}", if is_encrypted { "https" } else { "http" }, server.address);
        if !server.address.ip().is_loopback() && !is_encrypted {
            message!("notice: other hosts can reach {}, and the token is sent without encryption; use --tls-cert and --tls-key", server.address);
        }
        server.run_until(crate::serving::asked_to_end()).await;
        Ok(())
    });
    // what still reads files ends with the process
    runtime.shutdown_background();
    served.map_err(|error: StartError| Failure::Usage(sentence(&error.to_string())))
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let mut characters = reason.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let whole = reason.starts_with(['/', '.']) || reason.contains(": ");
    if whole { reason.to_owned() } else { format!("{first}{}.", characters.as_str()) }
}

fn settings(arguments: &Serve) -> Result<ServerSettings, Failure> {
    let usual = ServerLimits::default();
    let limits = ServerLimits {
        queries: arguments.max_queries.unwrap_or(usual.queries),
        rows: arguments.max_rows as u64,
        timeout: Duration::from_secs(arguments.timeout as u64),
        ..usual
    };
    let mut origins = Vec::new();
    for origin in &arguments.allow_origin {
        if origin == AZURE_PAGE {
            origins.extend(AZURE_DATA_EXPLORER.map(str::to_owned));
        } else if origin.contains("://") {
            origins.push(origin.clone());
        } else {
            return Err(Failure::Usage(format!(
                "--allow-origin expects 'adx' or an origin such as https://a.example, not '{origin}'."
            )));
        }
    }
    let pair = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
    Ok(ServerSettings {
        listen: arguments.listen,
        token: arguments.token_file.as_deref().map(token).transpose()?,
        tls: pair.map(|(certificate, key)| TlsFiles { certificate, key }),
        read_only: arguments.read_only,
        store: arguments.store.clone(),
        hosts: arguments.host.clone(),
        origins,
        limits,
    })
}

fn token(path: &Path) -> Result<Token, Failure> {
    let failed = |reason: String| Failure::Usage(format!("--token-file: {}: {reason}.", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    Token::new(&text).map_err(|e| failed(e.to_string()))
}
