//! The rules: a file for each, and the list of all.

mod alert_column;
mod all_columns;
mod always_true;
mod array_compared;
mod case_never_matches;
mod constant_trigger;
mod contains_for_has;
mod covered_list_item;
mod cross_cluster;
mod custom_detail_column;
mod dead_list_item;
mod deprecated_name;
mod distinct_groups;
mod duplicate_case;
mod duplicate_condition;
mod duplicate_list_item;
mod duplicate_union_leg;
mod dynamic_key;
mod empty_text;
mod entity_column;
mod estimated_threshold;
mod filter_after_take;
mod filtered_outer_join;
mod folded_comparison;
mod frequency_exceeds_period;
mod future_time;
mod hidden_let;
mod invalid_rule;
mod invalid_suppression;
mod join_key_case;
mod join_without_kind;
mod late_time_filter;
mod literal_regex;
mod lookback_exceeds_period;
mod lost_order;
mod malformed_technique;
mod many_extended_columns;
mod missing_identifier;
mod missing_metadata;
mod mixed_case_column;
mod negated_address_test;
mod never_null;
mod never_true;
mod no_time_filter;
mod null_comparison;
mod null_test_of_text;
mod or_chain;
mod padded_text;
mod partial_term;
mod pattern_in_text;
mod query_error;
mod query_too_long;
mod regex_without_prefilter;
mod render_in_rule;
mod required_columns;
mod reversed_range;
mod self_comparison;
mod sort_in_rule;
mod unescaped_dot;
mod unfiltered_join;
mod unknown_entity_type;
mod unknown_identifier;
mod unknown_tactic;
mod unknown_technique;
mod unlimited_mv_expand;
mod unordered_take;
mod unscoped_search;
mod unused_column;
mod unused_let;
mod unused_suppression;
mod wildcard_union;
mod wrong_letter_case;

use super::lint_rule::LintRule;

/// All rules, in the order of their names.
pub static RULES: &[&LintRule] = &[
    &alert_column::RULE,
    &all_columns::RULE,
    &always_true::RULE,
    &array_compared::RULE,
    &case_never_matches::RULE,
    &constant_trigger::RULE,
    &contains_for_has::RULE,
    &covered_list_item::RULE,
    &cross_cluster::RULE,
    &custom_detail_column::RULE,
    &dead_list_item::RULE,
    &deprecated_name::RULE,
    &distinct_groups::RULE,
    &duplicate_case::RULE,
    &duplicate_condition::RULE,
    &duplicate_list_item::RULE,
    &duplicate_union_leg::RULE,
    &dynamic_key::RULE,
    &empty_text::RULE,
    &entity_column::RULE,
    &estimated_threshold::RULE,
    &filter_after_take::RULE,
    &filtered_outer_join::RULE,
    &folded_comparison::RULE,
    &frequency_exceeds_period::RULE,
    &future_time::RULE,
    &hidden_let::RULE,
    &invalid_rule::RULE,
    &invalid_suppression::RULE,
    &join_key_case::RULE,
    &join_without_kind::RULE,
    &late_time_filter::RULE,
    &literal_regex::RULE,
    &lookback_exceeds_period::RULE,
    &lost_order::RULE,
    &malformed_technique::RULE,
    &many_extended_columns::RULE,
    &missing_identifier::RULE,
    &missing_metadata::RULE,
    &mixed_case_column::RULE,
    &negated_address_test::RULE,
    &never_null::RULE,
    &never_true::RULE,
    &no_time_filter::RULE,
    &null_comparison::RULE,
    &null_test_of_text::RULE,
    &or_chain::RULE,
    &padded_text::RULE,
    &partial_term::RULE,
    &pattern_in_text::RULE,
    &query_error::RULE,
    &query_too_long::RULE,
    &regex_without_prefilter::RULE,
    &render_in_rule::RULE,
    &required_columns::RULE,
    &reversed_range::RULE,
    &self_comparison::RULE,
    &sort_in_rule::RULE,
    &unescaped_dot::RULE,
    &unfiltered_join::RULE,
    &unknown_entity_type::RULE,
    &unknown_identifier::RULE,
    &unknown_tactic::RULE,
    &unknown_technique::RULE,
    &unlimited_mv_expand::RULE,
    &unordered_take::RULE,
    &unscoped_search::RULE,
    &unused_column::RULE,
    &unused_let::RULE,
    &unused_suppression::RULE,
    &wildcard_union::RULE,
    &wrong_letter_case::RULE,
];

/// The rule with this name.
pub fn rule_named(name: &str) -> Option<&'static LintRule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// A sentence about a name that no rule has, with a name that may be meant.
pub fn unknown_rule(name: &str) -> (String, Option<String>) {
    let similar = kql_parser::suggest(name, RULES.iter().map(|rule| rule.name));
    (format!("'{name}' is not the name of a rule."), similar.map(|similar| format!("did you mean '{similar}'?")))
}
