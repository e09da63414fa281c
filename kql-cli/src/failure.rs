//! Why a command did not succeed, and its exit status.

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The query or its data is at fault, and the error is already reported.
    #[error("")]
    Reported,
    /// A file that a command is about is at fault, and the error is already reported.
    #[error("")]
    Files,
    /// The query or its data is at fault.
    #[error("{0}")]
    Query(String),
    /// The command line is at fault.
    #[error("{0}")]
    Usage(String),
    /// A rule hit, which the command line calls a failure.
    #[error("")]
    Hit,
    /// The reader of standard output has closed it.
    #[error("")]
    Closed,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// Prints the message and returns the exit status.
    pub fn report(&self) -> u8 {
        let text = self.to_string();
        match self {
            Failure::Interrupted => crate::message::message!("{text}"),
            _ if text.is_empty() => {}
            _ => crate::message::message!("error: {text}"),
        }
        match self {
            Failure::Reported | Failure::Query(_) => 1,
            Failure::Usage(_) | Failure::Files => 2,
            Failure::Hit => 3,
            Failure::Closed => 0,
            Failure::Interrupted => crate::interrupt::status(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Query(format!("The result cannot be written: {error}")),
        }
    }
}

impl From<kql_output::Error> for Failure {
    fn from(error: kql_output::Error) -> Self {
        match error {
            error if error.is_closed() => Failure::Closed,
            error @ (kql_output::Error::SeveralResults { .. } | kql_output::Error::SeveralDrawings) => {
                Failure::Usage(error.to_string())
            }
            error => Failure::Query(error.to_string()),
        }
    }
}
