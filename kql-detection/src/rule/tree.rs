//! Finds the rules in the tree of a YAML or JSON file.

use super::fields::Fields;
use super::model::{Rule, RuleKind};
use super::{defender, sentinel};
use crate::yaml::Node;
use std::collections::HashMap;

/// Adds the rules of a document. `one_of_many` is for the items of a list, which may be rows of data with a column `query`.
pub fn rules(fields: &mut Fields<'_>, node: &Node, one_of_many: bool, rules: &mut Vec<Rule>) {
    if let Some(items) = node.list() {
        for item in items {
            self::rules(fields, item, true, rules);
        }
        return;
    }
    if let Some(condition) = node.get("queryCondition") {
        rules.extend(defender::nested(fields, node, condition));
    } else if let Some(query) = fields.value(node, &["queryText"]) {
        rules.extend(defender::flat(fields, node, query));
    } else if let Some(resources) = node.get("resources") {
        template(fields, node, resources, rules);
    } else if let Some(items) = node.get("value").and_then(Node::list) {
        // the answer of a service to a request for a list
        for item in items {
            self::rules(fields, item, true, rules);
        }
    } else if let Some(properties) = node.get("properties").filter(|p| p.map().is_some()) {
        resource(fields, node, properties, rules);
    } else if is_rule(node) || (!one_of_many && fields.value(node, &["query"]).is_some()) {
        rules.extend(sentinel::rule(fields, node, node, None));
    }
}

/// Whether a map is a rule beyond doubt, with or without a query: rows of data have a key `query`, too, and other files a
/// key such as `severity`.
fn is_rule(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    let scheduled = has("triggerOperator") || has("queryFrequency") || has("queryPeriod");
    scheduled || (has("query") && sentinel::is_certain(node))
}

/// The rules among the resources of a template, also in the templates within it.
fn template(fields: &mut Fields<'_>, node: &Node, resources: &Node, rules: &mut Vec<Rule>) {
    let outer = fields.template.clone();
    let known = fields.template.get_or_insert_default();
    known.extend(values(node, "variables", "variables", None));
    known.extend(values(node, "parameters", "parameters", Some("defaultValue")));
    let named = resources.map().unwrap_or_default().iter().map(|(_, resource)| resource);
    for item in resources.list().unwrap_or_default().iter().chain(named) {
        if let Some(inner) = item.get("resources") {
            template(fields, item, inner, rules);
        }
        if let Some(properties) = item.get("properties") {
            for key in ["template", "mainTemplate"] {
                if let Some((main, inner)) = properties.get(key).and_then(|m| Some((m, m.get("resources")?))) {
                    template(fields, main, inner, rules);
                }
            }
            resource(fields, item, properties, rules);
        }
    }
    fields.template = outer;
}

/// The values of variables or parameters, by the expression that names them.
fn values(node: &Node, section: &str, function: &str, inner: Option<&str>) -> HashMap<String, Node> {
    let entries = node.get(section).and_then(Node::map).unwrap_or_default();
    let value = |value: &Node| match inner {
        Some(key) => value.get(key).cloned(),
        None => Some(value.clone()),
    };
    entries.iter().filter_map(|(k, v)| Some((format!("{function}('{}')", k.text()?), value(v)?))).collect()
}

/// The rule of a resource, if it is one.
fn resource(fields: &mut Fields<'_>, node: &Node, properties: &Node, rules: &mut Vec<Rule>) {
    let ty = node.get("type").and_then(Node::text).unwrap_or_default().to_lowercase();
    if ty.ends_with("/savedsearches") {
        let category = properties.get("category").and_then(Node::text).unwrap_or_default();
        if category.eq_ignore_ascii_case("Hunting Queries") {
            rules.extend(sentinel::rule(fields, node, properties, Some(RuleKind::Hunting)));
        }
    } else if ty.ends_with("alertrules") || ty.ends_with("alertruletemplates") || (ty.is_empty() && is_rule(properties))
    {
        rules.extend(sentinel::rule(fields, node, properties, None));
    }
}
