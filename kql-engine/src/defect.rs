//! Defects of the engine itself: the details to report, with the query and its plan.

use std::fmt;

/// A defect of the engine: something that should not happen, whatever the query and its data are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defect {
    /// What went wrong.
    pub message: String,
    /// The query, if it is known.
    pub query: String,
    /// Its plan, if there is one.
    pub plan: String,
}

impl Defect {
    pub(crate) fn new(message: impl Into<String>) -> Defect {
        Defect { message: message.into(), ..Defect::default() }
    }

    /// Everything that a report of the defect needs, as text.
    pub fn report(&self) -> String {
        format!(
            "kql {}\n\nerror\n{}\n\nquery\n{}\n\nplan\n{}\n",
            env!("CARGO_PKG_VERSION"),
            self.message,
            self.query,
            self.plan
        )
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Internal error: {}. This is a defect of the engine, not of the query.",
            self.message.trim_end_matches('.')
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::error::run_error;
    use datafusion::common::DataFusionError;

    #[test]
    fn a_report_has_all_that_is_known() {
        let defect = Defect { query: "print 1".to_owned(), plan: "values".to_owned(), ..Defect::new("no column c1") };
        let report = defect.report();
        for part in ["no column c1", "print 1", "values", env!("CARGO_PKG_VERSION")] {
            assert!(report.contains(part), "{report}");
        }
        assert_eq!(
            defect.to_string(),
            "Internal error: no column c1. This is a defect of the engine, not of the query."
        );
    }

    #[test]
    fn what_the_libraries_call_their_own_faults_is_ours_here() {
        for error in [
            DataFusionError::Internal("a".to_owned()),
            DataFusionError::Plan("a".to_owned()),
            DataFusionError::NotImplemented("a".to_owned()),
            DataFusionError::ArrowError(Box::new(arrow::error::ArrowError::ComputeError("a".to_owned())), None),
        ] {
            let error = run_error(error);
            assert!(matches!(error, Error::Internal(_)), "{error:?}");
            assert!(!error.to_string().contains("bug report"), "{error}");
        }
        assert!(matches!(run_error(DataFusionError::Execution("a".to_owned())), Error::Run(m) if m == "a"));
    }
}
