//! `ipv4_lookup`, `ipv6_lookup`: rows of a table whose network contains an address.
//!
//! An address is in one network of each prefix length, so it is joined by its networks of those lengths that the table
//! has: a join on equal texts, whatever the sizes of the networks.
//! <https://learn.microsoft.com/kusto/query/ipv4-lookup-plugin>

use super::Plugin;
use crate::bind::Binder;
use crate::dynamic::write;
use crate::functions::kernel::{self, Strings};
use crate::plan::{Expanded, Expr, ExprKind, JoinKind, Node, PlanColumn, Relation, StageKind};
use crate::registry::{Call, CallInfo, Eval, Kernel, ResultName, Returns, ScalarFunction, sig};
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use kql_parser::codes;
use kql_parser::{Diagnostic, ast};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

pub static IPV4_LOOKUP: Plugin = Plugin {
    name: "ipv4_lookup",
    signature: "(table, address: string, network: string, [further_key], ..., [return_unmatched: bool])",
    summary: "Joins IPv4 addresses with the rows of a table whose network contains them.",
    page: "ipv4-lookup-plugin",
    bind: |binder, evaluate, input| lookup(binder, evaluate, input, &V4),
};

pub static IPV6_LOOKUP: Plugin = Plugin {
    name: "ipv6_lookup",
    signature: "(table, address: string, network: string, [return_unmatched: bool])",
    summary: "Joins IPv6 or IPv4 addresses with the rows of a table whose network contains them.",
    page: "ipv6-lookup-plugin",
    bind: |binder, evaluate, input| lookup(binder, evaluate, input, &V6),
};

struct Family {
    network: &'static ScalarFunction,
    length: &'static ScalarFunction,
    networks: &'static ScalarFunction,
    /// Whether the table's columns come first in the result.
    table_first: bool,
}

static V4: Family = Family { network: &NETWORK_4, length: &LENGTH_4, networks: &NETWORKS_4, table_first: false };
static V6: Family = Family { network: &NETWORK_6, length: &LENGTH_6, networks: &NETWORKS_6, table_first: true };

macro_rules! internal {
    ($row:ident, $name:literal, $returns:expr, $eval:expr) => {
        static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &[sig(&[], Returns::Is($returns))],
            result_name: ResultName::None,
            summary: "Internal part of the address lookups.",
            page: "ipv4-lookup-plugin",
            eval: $eval,
        };
    };
}

internal!(NETWORK_4, "ipv4_network_text", ScalarType::String, Eval::Kernel(|call| network_text(call, parse_4, 32)));
internal!(NETWORK_6, "ipv6_network_text", ScalarType::String, Eval::Kernel(|call| network_text(call, parse_6, 128)));
internal!(LENGTH_4, "ipv4_network_length", ScalarType::Long, Eval::Kernel(|call| network_length(call, parse_4, 32)));
internal!(LENGTH_6, "ipv6_network_length", ScalarType::Long, Eval::Kernel(|call| network_length(call, parse_6, 128)));
internal!(NETWORKS_4, "ipv4_networks", ScalarType::Dynamic, Eval::Compiled(|info| Networks::kernel(info, parse_4, 32)));
internal!(
    NETWORKS_6,
    "ipv6_networks",
    ScalarType::Dynamic,
    Eval::Compiled(|info| Networks::kernel(info, parse_6, 128))
);

/// Functions that are not callable by name.
pub(super) static INTERNAL: [&ScalarFunction; 6] =
    [&NETWORK_4, &NETWORK_6, &LENGTH_4, &LENGTH_6, &NETWORKS_4, &NETWORKS_6];

fn parse_4(text: &str) -> Option<u128> {
    text.trim().parse::<Ipv4Addr>().ok().map(|ip| u128::from(u32::from(ip)))
}

fn parse_6(text: &str) -> Option<u128> {
    let text = text.trim();
    text.parse::<Ipv6Addr>().or_else(|_| text.parse::<Ipv4Addr>().map(|ip| ip.to_ipv6_mapped())).ok().map(u128::from)
}

/// Address and prefix length of a network; a single address is a network of one.
fn network(text: &str, parse: fn(&str) -> Option<u128>, bits: u32) -> Option<(u128, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, length.trim().parse::<u32>().ok().filter(|l| *l <= bits)?),
        None => (text, bits),
    };
    // an IPv4 network among IPv6 ones
    let length = if bits == 128 && !address.contains(':') && text.contains('/') { length + 96 } else { length };
    Some((masked(parse(address)?, length.min(bits), bits), length.min(bits)))
}

fn masked(address: u128, length: u32, bits: u32) -> u128 {
    if length == 0 { 0 } else { (address >> (bits - length)) << (bits - length) }
}

fn network_text(call: &Call, parse: fn(&str) -> Option<u128>, bits: u32) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    kernel::strings(call.rows, |i, out| {
        if let Some((address, length)) = network(texts.get(i), parse, bits) {
            out.push_str(&format!("{address:x}/{length}"));
        }
    })
}

fn network_length(call: &Call, parse: fn(&str) -> Option<u128>, bits: u32) -> Result<ColumnarValue> {
    let texts: Strings = call.strings(0)?;
    kernel::longs(call.rows, |i| network(texts.get(i), parse, bits).map(|(_, length)| i64::from(length)))
}

/// The networks of an address, of the given lengths.
struct Networks {
    lengths: Vec<u32>,
    parse: fn(&str) -> Option<u128>,
    bits: u32,
}

impl Networks {
    fn kernel(info: &CallInfo, parse: fn(&str) -> Option<u128>, bits: u32) -> Result<Box<dyn Kernel>> {
        let mut lengths: Vec<u32> = info
            .text(1)
            .map(|json| crate::dynamic::read::elements(json).filter_map(|e| e.parse().ok()).collect())
            .unwrap_or_default();
        lengths.sort_unstable();
        lengths.dedup();
        Ok(Box::new(Networks { lengths, parse, bits }))
    }
}

impl Kernel for Networks {
    fn run(&self, call: &Call) -> Result<ColumnarValue> {
        let texts = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            out.push('[');
            // a network is contained in networks with the same or a shorter prefix
            if let Some((address, own)) = network(texts.get(i), self.parse, self.bits) {
                write::commas(self.lengths.iter().take_while(|l| **l <= own), out, |length, out| {
                    out.push_str(&format!("\"{:x}/{length}\"", masked(address, *length, self.bits)));
                });
            }
            out.push(']');
            true
        })
    }
}

fn lookup(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation, family: &Family) -> Relation {
    let call = &evaluate.call;
    let span = evaluate.call_span;
    let mut unmatched = false;
    let mut plain = Vec::new();
    for arg in &call.args {
        let flag = match &arg.kind {
            ast::ExprKind::Named(named) if named.names.first().is_some_and(|n| n.text == "return_unmatched") => {
                Some(&named.value)
            }
            ast::ExprKind::Literal(ast::Literal::Bool(_)) => Some(arg),
            _ => None,
        };
        match flag {
            Some(flag) => {
                unmatched = matches!(binder.fixed(flag).as_constant(), Some(Value::Bool(true)));
            }
            None => plain.push(arg),
        }
    }
    let [table, address, network, extra @ ..] = plain.as_slice() else {
        binder.report(
            Diagnostic::error(
                codes::TOO_FEW_ARGUMENTS,
                call.name.span,
                format!("The plugin '{}' expects at least 3 arguments.", call.name.text),
            )
            .with_help("pass a table, the address column, and the network column of that table"),
        );
        return Relation { open: true, ..input };
    };
    let table = binder.tabular(table);
    let table = crate::plan::with_new_ids(&mut binder.ids, &table);
    let (Some(address), Some(network)) =
        (super::column_of(binder, address, &input), super::column_of(binder, network, &table))
    else {
        return Relation { open: true, ..input };
    };
    let mut pairs = Vec::new();
    for e in extra {
        match (super::column_of(binder, e, &input), super::column_of(binder, e, &table)) {
            (Some(own), Some(other)) => pairs.push((own, other)),
            _ => return Relation { open: true, ..input },
        }
    }
    let text = |c: &PlanColumn| Expr::column(c, span).convert(ScalarType::String);
    // the prefix lengths in the table
    let length = binder.new_column("length", ScalarType::Long);
    let lengths = Relation {
        node: Arc::new(Node::Aggregate {
            input: table.node.clone(),
            groups: vec![(length.id, Expr::call(family.length, vec![text(&network)], ScalarType::Long, span))],
            aggregates: Vec::new(),
            order: Vec::new(),
        }),
        columns: vec![length],
        ..Relation::default()
    };
    let stage = binder.add_stage(lengths, StageKind::List);
    let lengths = Expr { kind: ExprKind::Stage(stage), ty: ScalarType::Dynamic, span };
    // a row for each network of the address
    let candidate = PlanColumn { id: binder.new_id(), name: String::new(), ty: ScalarType::String };
    let index = binder.new_id();
    let numbered = binder.window(input.clone(), Vec::new());
    let expanded = Node::MvExpand {
        input: numbered.node.clone(),
        columns: vec![Expanded {
            id: candidate.id,
            ty: ScalarType::String,
            value: Expr::call(family.networks, vec![text(&address), lengths], ScalarType::Dynamic, span),
            bag_as_array: false,
        }],
        index,
        limit: None,
    };
    let key = PlanColumn { id: binder.new_id(), name: String::new(), ty: ScalarType::String };
    let mut keyed = crate::plan::identity(&table.columns);
    keyed.push((key.id, Expr::call(family.network, vec![text(&network)], ScalarType::String, span)));
    let keyed = Node::Project { input: table.node.clone(), columns: keyed };
    let mut on = vec![(Expr::column(&candidate, span), Expr::column(&key, span))];
    on.extend(pairs.iter().map(|(own, other)| (Expr::column(own, span), Expr::column(other, span))));
    let added: Vec<PlanColumn> =
        table.columns.iter().filter(|c| pairs.iter().all(|(_, other)| other.id != c.id)).cloned().collect();
    let columns = if family.table_first {
        crate::plan::side_by_side(&added, input.columns.clone())
    } else {
        crate::plan::side_by_side(&input.columns, added.clone())
    };
    let found = Node::Join { kind: JoinKind::Inner, left: Arc::new(expanded), right: Arc::new(keyed), on };
    let open = input.open || table.open;
    if !unmatched {
        let matched = Arc::new(Node::Project { input: Arc::new(found), columns: crate::plan::identity(&columns) });
        return Relation { node: matched, columns, open, ..Relation::default() };
    }
    let all = super::unmatched::with_unmatched(binder, &numbered, found, columns, &added, span);
    Relation { open, ..all }
}
