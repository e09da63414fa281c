//! Functions that the service has and the language does not: watchlists, file profiles, and kin. Their data come from
//! local files where the user gives some; otherwise their columns are there and empty, and a warning says so.

use super::Binder;
use crate::plan::{Expr, Node, PlanColumn, Relation};
use crate::types::ScalarType::{self, Bool, Datetime, Dynamic, Int, Long, String as Text};
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

type Columns = &'static [(&'static str, ScalarType)];

const FILE_PROFILE: Columns = &[
    ("SHA1", Text),
    ("SHA256", Text),
    ("MD5", Text),
    ("FileSize", Long),
    ("GlobalPrevalence", Int),
    ("GlobalFirstSeen", Datetime),
    ("GlobalLastSeen", Datetime),
    ("Signer", Text),
    ("Issuer", Text),
    ("SignerHash", Text),
    ("IsCertificateValid", Bool),
    ("IsRootSignerMicrosoft", Bool),
    ("SignatureState", Text),
    ("IsExecutable", Bool),
    ("ThreatName", Text),
    ("Publisher", Text),
    ("SoftwareName", Text),
    ("ProfileAvailability", Text),
];

const ASSIGNED_ADDRESSES: Columns = &[
    ("Timestamp", Datetime),
    ("IPAddress", Text),
    ("IPType", Text),
    ("NetworkAdapterType", Text),
    ("ConnectedNetworks", Dynamic),
];

const WATCHLIST: Columns =
    &[("_DTItemId", Text), ("LastUpdatedTimeUTC", Datetime), ("SearchKey", Text), ("WatchlistItem", Dynamic)];

/// Names of functions that give tables.
pub const TABLES: &[&str] =
    &["_GetWatchlist", "_GetWatchlistAlias", "_SentinelHealth", "_SentinelAudit", "AssignedIPAddresses"];

impl Binder<'_> {
    /// A table that a function of the service gives; none where it is no such function.
    pub fn service_table(&mut self, call: &ast::Call, span: Span) -> Option<Relation> {
        Some(match call.name.text.as_str() {
            "_GetWatchlist" => self.watchlist(call, span),
            "_GetWatchlistAlias" => self.local_or_empty("WatchlistAlias", &[("WatchlistAlias", Text)], span),
            "_SentinelHealth" => self.stored_table("SentinelHealth", span),
            "_SentinelAudit" => self.stored_table("SentinelAudit", span),
            "AssignedIPAddresses" => self.local_or_empty("AssignedIPAddresses", ASSIGNED_ADDRESSES, span),
            _ => return None,
        })
    }

    /// The table before the pipe as a function of the service extends it; none where it is no such function.
    pub fn service_invoke(&mut self, call: &ast::Call, input: &Relation) -> Option<Relation> {
        let added: Columns = match call.name.text.as_str() {
            "FileProfile" => FILE_PROFILE,
            "DeviceFromIP" => &[("IP", Text), ("DeviceId", Text)],
            "SeenBy" => &[("SeenBy", Dynamic)],
            _ => return None,
        };
        let message = format!("{}() asks the service, and there is none here: its columns are empty.", call.name.text);
        self.report(Diagnostic::warning("KQ306", call.name.span, message));
        let mut columns = input.columns.clone();
        let mut pairs: Vec<_> = columns.iter().map(|c| (c.id, Expr::column(c, call.name.span))).collect();
        for (name, ty) in added {
            let own = columns.iter().position(|c| c.name == *name);
            if own.and_then(|at| columns.get(at)).is_some_and(|c| c.ty == *ty) {
                continue;
            }
            let column = self.new_column(*name, *ty);
            pairs.push((column.id, crate::operators::missing(*ty)));
            match own.and_then(|at| columns.get_mut(at)) {
                Some(old) => *old = column,
                None => columns.push(column),
            }
        }
        let node = crate::operators::project(input, pairs);
        Some(Relation { node, columns, ..input.clone() })
    }

    /// The watchlist of an alias is the local table of that name.
    fn watchlist(&mut self, call: &ast::Call, span: Span) -> Relation {
        let alias = call.args.first().map(|a| self.expr(a, super::Row::default()));
        let alias = alias.as_ref().and_then(Expr::as_constant).and_then(|v| v.as_text()).map(str::to_owned);
        let Some(alias) = alias else {
            self.error("KS112", span, "_GetWatchlist() wants the alias of a watchlist as a string literal.");
            return self.empty_relation();
        };
        if self.environment.has_data(&alias) {
            return self.stored_table(&alias, span);
        }
        let message = format!("The watchlist '{alias}' has no data: it is empty here.");
        self.report(
            Diagnostic::warning("KQ306", span, message)
                .with_help("a file of that name, given with --data, becomes the watchlist"),
        );
        let empty = self.without_rows(WATCHLIST);
        Relation { open: true, ..empty }
    }

    fn local_or_empty(&mut self, name: &str, columns: Columns, span: Span) -> Relation {
        if self.environment.has_data(name) {
            return self.stored_table(name, span);
        }
        self.report(Diagnostic::warning("KQ306", span, format!("{name} has no data: it is empty here.")));
        self.without_rows(columns)
    }

    fn without_rows(&mut self, columns: Columns) -> Relation {
        let columns: Vec<PlanColumn> = columns.iter().map(|(name, ty)| self.new_column(*name, *ty)).collect();
        let row = self.new_column("row", Long);
        let all = columns.iter().cloned().chain([row]).collect();
        Relation { node: Arc::new(Node::Values { columns: all, rows: Vec::new() }), columns, ..Relation::default() }
    }
}
