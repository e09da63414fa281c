//! Checks the lengths that an Arrow IPC file contains. Its reader allocates as much memory as they say before it checks
//! whether the file is that long, and a failed allocation ends the program.

use arrow::ipc::{Block, root_as_footer, root_as_message};
use std::io::{Read, Result, Seek, SeekFrom};

/// What follows the footer: its length, and `ARROW1`.
const TAIL: u64 = 10;

/// Why the lengths are not valid; `None` if they are. Moves the position in the file. Other damage is reported by
/// the reader.
pub(super) fn fault(file: &mut (impl Read + Seek), is_stream: bool) -> Result<Option<String>> {
    let length = file.seek(SeekFrom::End(0))?;
    if is_stream { of_stream(file, length) } else { of_file(file, length) }
}

fn of_file(file: &mut (impl Read + Seek), length: u64) -> Result<Option<String>> {
    let Some(end) = length.checked_sub(TAIL) else { return Ok(Some("it is too short".to_owned())) };
    file.seek(SeekFrom::Start(end))?;
    let (footer, mut magic) = (u64::from(number(file)?), [0; 6]);
    file.read_exact(&mut magic)?;
    if magic != *b"ARROW1" {
        return Ok(None);
    }
    let Some(from) = end.checked_sub(footer) else {
        return Ok(Some(format!("its footer has {footer} bytes, and the file {length}")));
    };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(footer).read_to_end(&mut bytes)?;
    let Ok(footer) = root_as_footer(&bytes) else { return Ok(None) };
    let outside = |block: &Block| {
        let part = |n: i64| u64::try_from(n).ok();
        let sum = part(block.offset())
            .zip(part(block.metaDataLength().into()))
            .zip(part(block.bodyLength()))
            .and_then(|((offset, metadata), body)| offset.checked_add(metadata)?.checked_add(body));
        sum.is_none_or(|end| end > length)
    };
    let blocks = footer.recordBatches().into_iter().chain(footer.dictionaries()).flatten();
    let wrong = blocks.filter(|block| outside(block)).count();
    Ok((wrong > 0).then(|| format!("{wrong} of its parts lie outside the file")))
}

fn of_stream(file: &mut (impl Read + Seek), length: u64) -> Result<Option<String>> {
    let mut at = 0;
    loop {
        file.seek(SeekFrom::Start(at))?;
        if length.saturating_sub(at) < 4 {
            return Ok(None);
        }
        let (mut metadata, mut head) = (number(file)?, 4);
        if metadata == u32::MAX {
            if length - at < 8 {
                return Ok(None);
            }
            (metadata, head) = (number(file)?, 8);
        }
        if metadata == 0 {
            return Ok(None);
        }
        at += head;
        let too_long = |bytes: i64| Some(format!("a message at byte {at} has {bytes} bytes, more than the file"));
        let left = length.saturating_sub(at);
        if u64::from(metadata) > left {
            return Ok(too_long(metadata.into()));
        }
        let mut bytes = Vec::new();
        file.take(metadata.into()).read_to_end(&mut bytes)?;
        let Ok(message) = root_as_message(&bytes) else { return Ok(None) };
        let body = message.bodyLength();
        match u64::try_from(body) {
            Ok(body) if body <= left - u64::from(metadata) => at += u64::from(metadata) + body,
            _ => return Ok(too_long(body)),
        }
    }
}

fn number(file: &mut impl Read) -> Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use arrow::ipc::writer::{FileWriter, StreamWriter};
    use std::io::Cursor;
    use std::sync::Arc;

    fn batch() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        RecordBatch::try_from_iter([("n", numbers)]).expect("a batch")
    }

    fn fault_in(bytes: Vec<u8>, is_stream: bool) -> Option<String> {
        fault(&mut Cursor::new(bytes), is_stream).expect("bytes can be read")
    }

    #[test]
    fn of_files() {
        let mut writer = FileWriter::try_new(Vec::new(), &batch().schema()).expect("a writer");
        writer.write(&batch()).expect("it is written");
        let whole = writer.into_inner().expect("a file");
        assert_eq!(fault_in(whole.clone(), false), None);
        // without the rows' bytes, the footer points beyond the end
        let mut short = whole.clone();
        short.drain(8..8 + 300);
        assert_eq!(fault_in(short, false).as_deref(), Some("1 of its parts lie outside the file"));
        let mut long = whole.clone();
        let end = long.len() - 7;
        long[end] = 0x7f;
        assert!(fault_in(long, false).is_some_and(|s| s.starts_with("its footer has ")));
        assert_eq!(fault_in(Vec::new(), false).as_deref(), Some("it is too short"));
    }

    #[test]
    fn of_streams() {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch().schema()).expect("a writer");
        writer.write(&batch()).expect("it is written");
        let whole = writer.into_inner().expect("a stream");
        assert_eq!(fault_in(whole.clone(), true), None);
        let cut = whole[..whole.len() - 40].to_vec();
        assert!(fault_in(cut, true).is_some_and(|s| s.contains("more than the file")));
        let mut long = whole;
        long[7] = 0x7f;
        assert!(fault_in(long, true).is_some_and(|s| s.contains("more than the file")));
    }
}
