//! The engine for assistants: a server of the Model Context Protocol over two streams, usually standard input and output.
//! It reads only, and has the limits of the HTTP server.

mod tests_of_query;
mod tools;

use crate::catalog::Catalog;
use crate::state::AppState;
use crate::{ServerLimits, ServerSettings, StartError};
use kql_engine::Engine;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer, ServiceExt};
use rmcp::{ErrorData, model::ErrorCode};
use serde_json::Value;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// What an assistant is told about the tools.
const INSTRUCTIONS: &str = "Checks, runs and tests queries in Kusto's query language (KQL), as Microsoft Sentinel and Defender \
    run them, on local data. Call 'tables' to see what has data, 'schema' for the columns of a table, and 'check' after each \
    change of a query. 'why' shows which condition keeps a row out of a result, 'test' runs a query over rows that are given.";

/// Answers requests until the input ends.
///
/// # Errors
/// [`StartError::Query`] if the engine cannot be used; [`StartError::Protocol`] if the client does not begin as the protocol asks.
pub async fn serve_mcp(
    engine: Engine,
    limits: ServerLimits,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), StartError> {
    let settings = ServerSettings { read_only: true, limits, ..ServerSettings::default() };
    let address = settings.listen;
    let catalog = Catalog::new(engine, None, limits.ingested)?;
    let state = Arc::new(AppState::new(settings, address, catalog));
    let running = Assistant { state }.serve((input, output)).await;
    match running {
        Ok(running) => {
            // the reason for the end does not matter: the client has gone
            let _ = running.waiting().await;
            Ok(())
        }
        Err(error) => Err(StartError::Protocol(error.to_string())),
    }
}

/// Answers an assistant.
struct Assistant {
    state: Arc<AppState>,
}

impl ServerHandler for Assistant {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("kql", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all().iter().map(tools::described).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().iter().find(|tool| tool.name == name).map(tools::described)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let name = request.name.as_ref();
        if !tools::all().iter().any(|tool| tool.name == name) {
            let names: Vec<&str> = tools::all().iter().map(|tool| tool.name).collect();
            let message = format!("There is no tool '{name}'. The tools are {}.", names.join(", "));
            return Err(ErrorData::new(ErrorCode::INVALID_PARAMS, message, None));
        }
        // dropping the call stops its query
        let called = tokio::select! {
            called = tools::call(&self.state, name, arguments) => called,
            () = context.ct.cancelled() => Err(Value::String("The call was cancelled.".to_owned())),
        };
        let result = match called {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            Err(Value::String(message)) => CallToolResult::error(vec![ContentBlock::text(message)]),
            Err(value) => CallToolResult::error(vec![ContentBlock::text(value.to_string())]),
        };
        Ok(result.into())
    }
}
