//! Values that did not fit the types of their columns when an Arrow array was converted.

use super::dates::Unit;
use super::report::KEPT;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::collections::BTreeSet;

/// Values of an array that did not fit and became null.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Their number.
    pub count: u64,
    /// The first of them: the row in the array, and the value as text.
    pub first: Vec<(usize, String)>,
    /// The units of numbers that were read as times since 1970.
    pub since: BTreeSet<Unit>,
}

impl Lost {
    /// Adds a value.
    pub(super) fn add(&mut self, row: usize, value: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push((row, value()));
        }
    }

    /// A number was read as a time since 1970.
    pub(super) fn since(&mut self, unit: Unit) {
        self.since.insert(unit);
    }

    /// Adds the values that are null only after the conversion.
    pub(super) fn compare(&mut self, before: &ArrayRef, after: &ArrayRef) {
        if after.null_count() == 0 || after.null_count() <= before.logical_null_count() {
            return;
        }
        let nulls = before.logical_nulls();
        let was_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        for row in (0..after.len()).filter(|row| after.is_null(*row) && !was_null(*row)) {
            self.add(row, || shown(before, row));
        }
    }

    /// Whether there is nothing to report.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0 && self.since.is_empty()
    }
}

/// A value of an array as text. Arrow has none for times outside its calendar: their number stands for them.
pub(super) fn shown(array: &ArrayRef, row: usize) -> String {
    let one = array.slice(row, 1);
    let number = || {
        let number = cast(&one, &DataType::Int64).ok()?;
        let number = number.as_primitive_opt::<Int64Type>()?;
        Some(format!("{} of type {}", number.iter().next()??, one.data_type()))
    };
    let options = FormatOptions::default().with_display_error(false);
    let text = || ArrayFormatter::try_new(&one, &options).ok()?.value(0).try_to_string().ok();
    text().or_else(number).unwrap_or_else(|| one.data_type().to_string())
}
