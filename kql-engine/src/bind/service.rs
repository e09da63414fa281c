//! Functions of the service that are not part of the language: watchlists, file profiles, and similar ones. Their data
//! come from local files if the user provides some; otherwise the result has their columns and no rows, with a warning.

use super::Binder;
use crate::plan::{Expr, Node, PlanColumn, Relation};
use crate::types::ScalarType::{self, Bool, Datetime, Dynamic, Int, Long, String as Text};
use kql_parser::codes;
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

type BindTable = fn(&mut Binder, &ast::Call, Span) -> Relation;

/// Functions that return tables.
static TABLES: &[(&str, BindTable)] = &[
    ("_GetWatchlist", |binder, call, span| binder.watchlist(call, span)),
    ("_GetWatchlistAlias", |binder, _, span| {
        binder.local_or_empty("WatchlistAlias", &[("WatchlistAlias", Text)], span)
    }),
    ("_SentinelHealth", |binder, _, span| binder.stored_table("SentinelHealth", span)),
    ("_SentinelAudit", |binder, _, span| binder.stored_table("SentinelAudit", span)),
    ("AssignedIPAddresses", |binder, call, span| binder.local_or_empty(&call.name.text, ASSIGNED_ADDRESSES, span)),
];

fn table(name: &str) -> Option<BindTable> {
    TABLES.iter().find(|(known, _)| *known == name).map(|(_, bind)| *bind)
}

/// Whether a function of the service returns a table.
pub fn gives_table(name: &str) -> bool {
    table(name).is_some()
}

impl Binder<'_> {
    /// The table that a function of the service returns; `None` for any other function.
    pub fn service_table(&mut self, call: &ast::Call, span: Span) -> Option<Relation> {
        if self.environment.is_bare() {
            return None;
        }
        table(&call.name.text).map(|bind| bind(self, call, span))
    }

    /// The table before the pipe, extended by a function of the service; `None` for any other function. The data of the
    /// service comes from the local table with the function's name.
    pub fn service_invoke(&mut self, call: &ast::Call, input: &Relation) -> Option<Relation> {
        if self.environment.is_bare() {
            return None;
        }
        let (added, key): (Columns, &str) = match call.name.text.as_str() {
            "FileProfile" => (FILE_PROFILE, "SHA1"),
            "DeviceFromIP" => (&[("IP", Text), ("DeviceId", Text)], "IP"),
            "SeenBy" => (&[("SeenBy", Dynamic)], "DeviceId"),
            _ => return None,
        };
        let span = call.name.span;
        let known = self.environment.has_data(&call.name.text).then(|| self.stored_table(&call.name.text, span));
        let mut node = input.node.clone();
        match &known {
            Some(known) => {
                let left = self.service_key(call, input, key);
                let right = left.as_ref().and_then(|left| known_key(known, &left.1, key));
                if let (Some((left, _)), Some(right)) = (left, right) {
                    node = crate::operators::first_match(input, known, left, right);
                }
            }
            None => self.report(
                Diagnostic::warning(
                    codes::NO_SERVICE_DATA,
                    span,
                    format!(
                        "{}() needs a service that is not available offline; its columns are empty.",
                        call.name.text
                    ),
                )
                .with_help(format!("pass a file named {} with --data to fill them", call.name.text)),
            ),
        }
        let mut columns = input.columns.clone();
        let mut pairs: Vec<_> = columns.iter().map(|c| (c.id, Expr::column(c, span))).collect();
        for (name, ty) in added {
            let own = columns.iter().position(|c| c.name == *name);
            if own.and_then(|at| columns.get(at)).is_some_and(|c| c.ty == *ty) {
                continue;
            }
            let column = self.new_column(*name, *ty);
            let value = known.as_ref().and_then(|k| k.columns.iter().find(|c| c.name == *name));
            let value = value.map_or_else(|| crate::plan::missing(*ty), |c| Expr::column(c, span).convert(*ty));
            pairs.push((column.id, value));
            match own.and_then(|at| columns.get_mut(at)) {
                Some(old) => *old = column,
                None => columns.push(column),
            }
        }
        let node = crate::plan::project(&Relation { node, ..input.clone() }, pairs);
        Some(Relation { node, columns, ..input.clone() })
    }

    /// The column that a function of the service looks up, and its name: the first argument, or else `default`.
    fn service_key(&mut self, call: &ast::Call, input: &Relation, default: &str) -> Option<(Expr, String)> {
        let row = super::Row { columns: &input.columns, open: input.open, ..super::Row::default() };
        let name = match call.args.first().map(|a| &a.kind) {
            Some(ast::ExprKind::Name(name)) => name.text.clone(),
            Some(_) => {
                let value = call.args.first().map(|a| self.expr(a, row))?;
                value.as_constant()?.as_text()?.to_owned()
            }
            None => default.to_owned(),
        };
        match input.columns.iter().find(|c| c.name == name) {
            Some(column) => Some((Expr::column(column, call.name.span), name)),
            None => {
                self.report(
                    Diagnostic::error(
                        codes::UNKNOWN_NAME,
                        call.args.first().map_or(call.name.span, |a| a.span),
                        format!("The name '{name}' does not refer to any known column."),
                    )
                    .with_help(format!("{}() expects the name of a column", call.name.text)),
                );
                None
            }
        }
    }

    /// The watchlist with an alias is the local table with that name.
    fn watchlist(&mut self, call: &ast::Call, span: Span) -> Relation {
        let alias = call.args.first().map(|a| self.expr(a, super::Row::default()));
        let alias = alias.as_ref().and_then(Expr::as_constant).and_then(|v| v.as_text()).map(str::to_owned);
        let Some(alias) = alias else {
            self.error(
                codes::LITERAL_EXPECTED,
                span,
                "_GetWatchlist() expects the alias of a watchlist as a string literal.",
            );
            return self.empty_relation();
        };
        if self.environment.has_data(&alias) {
            return self.stored_table(&alias, span);
        }
        if let Some(invented) = self.invented_watchlist(&alias, WATCHLIST) {
            return invented;
        }
        let message = format!("The watchlist '{alias}' has no data; it is treated as empty.");
        self.report(
            Diagnostic::warning(codes::NO_SERVICE_DATA, span, message)
                .with_help("pass a file of that name with --data to use it as the watchlist"),
        );
        let empty = self.without_rows(WATCHLIST);
        Relation { open: true, ..empty }
    }

    fn local_or_empty(&mut self, name: &str, columns: Columns, span: Span) -> Relation {
        if self.environment.has_data(name) {
            return self.stored_table(name, span);
        }
        self.report(Diagnostic::warning(
            codes::NO_SERVICE_DATA,
            span,
            format!("{name} has no data; it is treated as empty."),
        ));
        self.without_rows(columns)
    }

    fn without_rows(&mut self, columns: Columns) -> Relation {
        let columns: Vec<PlanColumn> = columns.iter().map(|(name, ty)| self.new_column(*name, *ty)).collect();
        let row = self.new_column("row", Long);
        let all = columns.iter().cloned().chain([row]).collect();
        Relation { node: Arc::new(Node::Values { columns: all, rows: Vec::new() }), columns, ..Relation::default() }
    }
}

/// The column of the known rows that a look-up column is compared with: `InitiatingProcessSHA256` with `SHA256`.
fn known_key(known: &Relation, name: &str, default: &str) -> Option<Expr> {
    let kind = ["SHA256", "SHA1", "MD5"].into_iter().find(|kind| name.ends_with(kind)).unwrap_or(default);
    known.columns.iter().find(|c| c.name == kind && c.ty == Text).map(|c| Expr::column(c, Span::default()))
}
