//! Output of a run that may start again, because the columns of a large file were inferred from samples.

use std::hash::Hasher;
use std::io::{Error, Result, Write};
use twox_hash::XxHash64;

/// Bytes that are held back until the run ends or has more of them. Most results of detections are smaller.
const HELD: usize = 32 << 20;

/// Output that can start again: bytes held back are dropped, and bytes already written must be repeated exactly.
pub struct Provisional<W> {
    out: W,
    /// The maximum number of bytes held back; 0 for a run that does not start again.
    limit: usize,
    held: Vec<u8>,
    /// The number of bytes written, and their hash.
    written: u64,
    hash: XxHash64,
    replay: Option<Replay>,
}

/// Bytes that are already written and must be repeated.
struct Replay {
    left: u64,
    hash: XxHash64,
    expected: u64,
}

impl<W: Write> Provisional<W> {
    /// Output of a run that does not start again.
    pub fn certain(out: W) -> Provisional<W> {
        Provisional::holding(0, out)
    }

    /// Output of a run that may start again.
    pub fn restartable(out: W) -> Provisional<W> {
        Provisional::holding(HELD, out)
    }

    fn holding(limit: usize, out: W) -> Provisional<W> {
        Provisional { out, limit, held: Vec::new(), written: 0, hash: XxHash64::default(), replay: None }
    }

    /// Starts again; the columns are certain now.
    pub fn start_again(&mut self) {
        self.held.clear();
        self.limit = 0;
        let again = |expected| Replay { left: self.written, hash: XxHash64::default(), expected };
        self.replay = (self.written > 0).then(|| again(self.hash.finish()));
    }

    /// Writes what is held back: the run is final.
    pub fn finish(&mut self) -> Result<()> {
        if self.replay.is_some() {
            return Err(differs());
        }
        self.limit = 0;
        self.out.write_all(&self.held)?;
        self.held.clear();
        self.out.flush()
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<()> {
        if self.limit > 0 {
            self.hash.write(bytes);
            self.written += bytes.len() as u64;
        }
        self.out.write_all(bytes)
    }
}

impl<W: Write> Write for Provisional<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if let Some(replay) = &mut self.replay {
            let known = usize::try_from(replay.left).unwrap_or(usize::MAX).min(bytes.len());
            let (again, _) = bytes.split_at(known);
            replay.hash.write(again);
            replay.left -= known as u64;
            if replay.left == 0 {
                if replay.hash.finish() != replay.expected {
                    return Err(differs());
                }
                self.replay = None;
            }
            return Ok(known);
        }
        if self.limit > 0 && self.written == 0 && self.held.len() + bytes.len() <= self.limit {
            self.held.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let held = std::mem::take(&mut self.held);
        self.pass(&held)?;
        self.pass(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        if self.held.is_empty() { self.out.flush() } else { Ok(()) }
    }
}

fn differs() -> Error {
    Error::other(
        "a large file has other columns or types than its samples show, and rows were written already; write to a file \
         with -o, or give the columns with --schema",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(out: &Provisional<Vec<u8>>) -> &str {
        std::str::from_utf8(&out.out).expect("text")
    }

    #[test]
    fn what_is_held_back_is_written_once_the_run_stands() {
        let mut out = Provisional::restartable(Vec::new());
        out.write_all(b"wrong").expect("held");
        out.flush().expect("held");
        assert_eq!(text(&out), "");
        out.start_again();
        out.write_all(b"right").expect("written");
        out.finish().expect("stands");
        assert_eq!(text(&out), "right");
        let mut out = Provisional::restartable(Vec::new());
        out.write_all(b"right").expect("held");
        out.finish().expect("stands");
        assert_eq!(text(&out), "right");
    }

    #[test]
    fn what_is_out_has_to_come_again() {
        let begun = || {
            let mut out = Provisional { limit: 4, ..Provisional::restartable(Vec::new()) };
            out.write_all(b"a,b\n").expect("held");
            out.write_all(b"1,2\n").expect("passed");
            assert_eq!(text(&out), "a,b\n1,2\n");
            out.start_again();
            out
        };
        let mut out = begun();
        for byte in b"a,b\n1,2\n3,4\n".chunks(3) {
            out.write_all(byte).expect("the same");
        }
        out.finish().expect("stands");
        assert_eq!(text(&out), "a,b\n1,2\n3,4\n");
        assert!(begun().write_all(b"a,b,c\n1,2,5\n").is_err());
        // fewer rows are a different result
        let mut out = begun();
        out.write_all(b"a,b\n").expect("the same");
        assert!(out.finish().is_err());
    }

    #[test]
    fn a_certain_run_passes_at_once() {
        let mut out = Provisional::certain(Vec::new());
        out.write_all(b"x").expect("written");
        assert_eq!(text(&out), "x");
    }
}
