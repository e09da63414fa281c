//! The operators that stand for others in mutants.

use kql_parser::ast::{BinaryOp, BinaryOp::*, InOp};

/// The operator that is true where this one is false.
pub(super) fn negated(op: BinaryOp) -> Option<BinaryOp> {
    const PAIRS: [(BinaryOp, BinaryOp); 18] = [
        (Equal, NotEqual),
        (LessThan, GreaterThanOrEqual),
        (LessThanOrEqual, GreaterThan),
        (EqualTilde, BangTilde),
        (Has, NotHas),
        (HasCs, NotHasCs),
        (HasPrefix, NotHasPrefix),
        (HasPrefixCs, NotHasPrefixCs),
        (HasSuffix, NotHasSuffix),
        (HasSuffixCs, NotHasSuffixCs),
        (Contains, NotContains),
        (ContainsCs, NotContainsCs),
        (StartsWith, NotStartsWith),
        (StartsWithCs, NotStartsWithCs),
        (EndsWith, NotEndsWith),
        (EndsWithCs, NotEndsWithCs),
        (Like, NotLike),
        (LikeCs, NotLikeCs),
    ];
    PAIRS.iter().find_map(|&(a, b)| if a == op { Some(b) } else { (b == op).then_some(a) })
}

/// The same, for operators with a list.
pub(super) fn negated_in(op: InOp) -> Option<InOp> {
    match op {
        InOp::In => Some(InOp::NotIn),
        InOp::NotIn => Some(InOp::In),
        InOp::InCs => Some(InOp::NotInCs),
        InOp::NotInCs => Some(InOp::InCs),
        InOp::HasAny | InOp::HasAll => None,
    }
}

/// An operator that looks for a whole term where this one looks for a part of a text, or the other way round.
pub(super) fn other_term(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        Has | HasPrefix | HasSuffix | StartsWith | EndsWith => Contains,
        NotHas | NotHasPrefix | NotHasSuffix | NotStartsWith | NotEndsWith => NotContains,
        HasCs | HasPrefixCs | HasSuffixCs | StartsWithCs | EndsWithCs => ContainsCs,
        NotHasCs | NotHasPrefixCs | NotHasSuffixCs | NotStartsWithCs | NotEndsWithCs => NotContainsCs,
        Contains => Has,
        NotContains => NotHas,
        ContainsCs => HasCs,
        NotContainsCs => NotHasCs,
        _ => return None,
    })
}

/// The operator that treats letter case the other way. What the author chose on purpose is undone: `_cs` and `~`, and `==`,
/// but not `has`, which everybody writes.
pub(super) fn other_case(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        Equal => EqualTilde,
        EqualTilde => Equal,
        NotEqual => BangTilde,
        BangTilde => NotEqual,
        HasCs => Has,
        NotHasCs => NotHas,
        HasPrefixCs => HasPrefix,
        NotHasPrefixCs => NotHasPrefix,
        HasSuffixCs => HasSuffix,
        NotHasSuffixCs => NotHasSuffix,
        ContainsCs => Contains,
        NotContainsCs => NotContains,
        StartsWithCs => StartsWith,
        NotStartsWithCs => NotStartsWith,
        EndsWithCs => EndsWith,
        NotEndsWithCs => NotEndsWith,
        LikeCs => Like,
        NotLikeCs => NotLike,
        _ => return None,
    })
}

/// The same, for operators with a list.
pub(super) fn other_case_in(op: InOp) -> Option<InOp> {
    match op {
        InOp::In => Some(InOp::InCs),
        InOp::InCs => Some(InOp::In),
        InOp::NotIn => Some(InOp::NotInCs),
        InOp::NotInCs => Some(InOp::NotIn),
        InOp::HasAny | InOp::HasAll => None,
    }
}

/// For a comparison with a threshold: the one that has the threshold on its other side, and how far the threshold moves to
/// go the other way. `> 5` becomes `>= 5` and `> 6`, so both neighbours are tried and none twice.
pub(super) fn boundary(op: BinaryOp) -> Option<(BinaryOp, i64)> {
    match op {
        GreaterThan => Some((GreaterThanOrEqual, 1)),
        GreaterThanOrEqual => Some((GreaterThan, -1)),
        LessThan => Some((LessThanOrEqual, -1)),
        LessThanOrEqual => Some((LessThan, 1)),
        _ => None,
    }
}

/// The same comparison with its sides exchanged.
pub(crate) fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        GreaterThan => LessThan,
        GreaterThanOrEqual => LessThanOrEqual,
        LessThan => GreaterThan,
        LessThanOrEqual => GreaterThanOrEqual,
        other => other,
    }
}

/// The kinds that a join is changed to: those that return the same columns, so that the rest of the query still fits.
pub(super) fn join_kinds(kind: &str) -> &'static [&'static str] {
    match kind {
        "innerunique" => &["inner", "leftouter"],
        "inner" => &["innerunique", "leftouter"],
        "leftouter" | "rightouter" => &["inner"],
        "fullouter" => &["leftouter", "rightouter"],
        "leftanti" | "anti" | "leftantisemi" => &["leftsemi"],
        "leftsemi" => &["leftanti"],
        "rightanti" | "rightantisemi" => &["rightsemi"],
        "rightsemi" => &["rightanti"],
        _ => &[],
    }
}

/// The kinds that a lookup is changed to.
pub(super) fn lookup_kinds(kind: &str) -> &'static [&'static str] {
    match kind {
        "leftouter" => &["inner"],
        "inner" => &["leftouter"],
        _ => &[],
    }
}

/// Whether a join of this kind only decides which rows of the left side stay.
pub(super) fn filters_left(kind: &str) -> bool {
    matches!(kind, "leftanti" | "anti" | "leftantisemi" | "leftsemi")
}
