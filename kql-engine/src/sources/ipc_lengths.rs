//! Checks the lengths that an Arrow IPC file contains. Its reader allocates as much memory as they say before it checks
//! whether the file is that long, and a failed allocation ends the program.

use arrow::ipc::{Block, Message, MessageHeader, root_as_footer, root_as_message};
use std::io::{Read, Result, Seek, SeekFrom};

/// What follows the footer: its length, and `ARROW1`.
const TAIL: u64 = 10;

/// The maximum number of rows of a compressed batch, and of bytes of a decompressed buffer: offsets of texts have 31 bits.
const MOST: u64 = 1 << 31;
/// The maximum number of rows of a batch without any bytes: its columns have no values.
const MOST_EMPTY: u64 = 1 << 24;

/// The forms of Arrow IPC.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// With a footer.
    File,
    /// Messages, one after the other.
    Stream,
}

/// What the lengths of a file say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lengths {
    /// They are valid.
    Valid,
    /// What is there can be read, but rows may be missing, for this reason.
    Cut(String),
    /// The file cannot be read, for this reason.
    Wrong(String),
}

/// Checks the lengths. Moves the position in the file. Other damage is reported by the reader.
pub(super) fn check(file: &mut (impl Read + Seek), form: Form) -> Result<Lengths> {
    let length = file.seek(SeekFrom::End(0))?;
    match form {
        Form::File => of_file(file, length),
        Form::Stream => of_stream(file, length),
    }
}

fn of_file(file: &mut (impl Read + Seek), length: u64) -> Result<Lengths> {
    let Some(end) = length.checked_sub(TAIL) else { return Ok(Lengths::Wrong("it is too short".to_owned())) };
    file.seek(SeekFrom::Start(end))?;
    let (footer, mut magic) = (u64::from(number(file)?), [0; 6]);
    file.read_exact(&mut magic)?;
    if magic != *b"ARROW1" {
        return Ok(Lengths::Valid);
    }
    let Some(from) = end.checked_sub(footer) else {
        return Ok(Lengths::Wrong(format!("its footer has {footer} bytes, and the file {length}")));
    };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(footer).read_to_end(&mut bytes)?;
    let Ok(footer) = root_as_footer(&bytes) else { return Ok(Lengths::Valid) };
    let range = |block: &Block| {
        let part = |n: i64| u64::try_from(n).ok();
        let (offset, metadata, body) =
            (part(block.offset())?, part(block.metaDataLength().into())?, part(block.bodyLength())?);
        let end = offset.checked_add(metadata)?.checked_add(body)?;
        (end <= length).then_some((offset, metadata, body))
    };
    let blocks: Vec<&Block> = footer.recordBatches().into_iter().chain(footer.dictionaries()).flatten().collect();
    let wrong = blocks.iter().filter(|block| range(block).is_none()).count();
    if wrong > 0 {
        return Ok(Lengths::Wrong(format!("{wrong} of its parts lie outside the file")));
    }
    let mut covered = 0;
    for (offset, metadata, body) in blocks.into_iter().filter_map(range) {
        covered = covered.max(offset + metadata + body);
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(metadata).read_to_end(&mut bytes)?;
        // the mark of a continuation, and the length of the message
        let head = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
        let Ok(message) = root_as_message(bytes.get(head..).unwrap_or_default()) else { continue };
        if let Some(reason) = in_message(file, &message, offset + metadata, body)? {
            return Ok(Lengths::Wrong(format!("the part at byte {offset} {reason}")));
        }
    }
    let listed = footer.recordBatches().map_or(0, |blocks| blocks.len());
    let (found, end) = batches_before(file, from)?;
    let rest = from.saturating_sub(covered.max(end));
    Ok(match found.checked_sub(listed) {
        Some(missing @ 1..) => Lengths::Cut(format!("its footer does not list {missing} of its batches")),
        _ if rest > PADDING => Lengths::Cut(format!("{rest} bytes before its footer are in none of its batches")),
        _ => Lengths::Valid,
    })
}

/// The most bytes between the last batch and the footer: an end mark, and zeros.
const PADDING: u64 = 128;

/// The number of batches between the beginning of a file and its footer, as far as the messages follow each other, and
/// where they end.
fn batches_before(file: &mut (impl Read + Seek), footer: u64) -> Result<(usize, u64)> {
    let (mut next, mut batches) = (8u64, 0);
    while next.checked_add(8).is_some_and(|end| end <= footer) {
        let mut at = next + 4;
        file.seek(SeekFrom::Start(next))?;
        let mut metadata = u64::from(number(file)?);
        if metadata == 0 && batches == 0 {
            // zeros after the magic bytes
            next += 8;
            continue;
        }
        if metadata == u64::from(u32::MAX) {
            metadata = u64::from(number(file)?);
            at += 4;
        }
        if metadata == 0 || at + metadata > footer {
            break;
        }
        let mut bytes = Vec::new();
        file.take(metadata).read_to_end(&mut bytes)?;
        let Ok(message) = root_as_message(&bytes) else { break };
        let Ok(body) = u64::try_from(message.bodyLength()) else { break };
        let Some(end) = (at + metadata).checked_add(body).filter(|end| *end <= footer) else { break };
        batches += usize::from(message.header_as_record_batch().is_some());
        next = end;
    }
    Ok((batches, next))
}

fn of_stream(file: &mut (impl Read + Seek), length: u64) -> Result<Lengths> {
    let mut at = 0;
    let no_end = || Ok(Lengths::Cut("the stream has no end mark, so it may have been cut off".to_owned()));
    loop {
        file.seek(SeekFrom::Start(at))?;
        if length.saturating_sub(at) < 4 {
            return no_end();
        }
        let (mut metadata, mut head) = (number(file)?, 4);
        if metadata == u32::MAX {
            if length - at < 8 {
                return no_end();
            }
            (metadata, head) = (number(file)?, 8);
        }
        at += head;
        let left = length.saturating_sub(at);
        if metadata == 0 {
            return Ok(match left {
                0 => Lengths::Valid,
                _ => Lengths::Cut(format!("{left} bytes after the end mark of the stream are not read")),
            });
        }
        let too_long = |bytes: i64| format!("a message at byte {at} has {bytes} bytes, more than the file");
        if u64::from(metadata) > left {
            return Ok(Lengths::Wrong(too_long(metadata.into())));
        }
        let mut bytes = Vec::new();
        file.take(metadata.into()).read_to_end(&mut bytes)?;
        let Ok(message) = root_as_message(&bytes) else { return Ok(Lengths::Valid) };
        let body = message.bodyLength();
        match u64::try_from(body) {
            Ok(body) if body <= left - u64::from(metadata) => {
                if let Some(reason) = in_message(file, &message, at + u64::from(metadata), body)? {
                    return Ok(Lengths::Wrong(format!("the message at byte {at} {reason}")));
                }
                at += u64::from(metadata) + body;
            }
            _ => return Ok(Lengths::Wrong(too_long(body))),
        }
    }
}

/// What is wrong with the lengths of a batch whose body begins at `at`.
fn in_message(file: &mut (impl Read + Seek), message: &Message, at: u64, body: u64) -> Result<Option<String>> {
    // the reader takes it for the end
    if message.header_type() == MessageHeader::NONE {
        return Ok(Some("is empty".to_owned()));
    }
    let batch =
        message.header_as_record_batch().or_else(|| message.header_as_dictionary_batch().and_then(|d| d.data()));
    let Some(batch) = batch else { return Ok(None) };
    let first = batch.nodes().filter(|nodes| !nodes.is_empty()).map(|nodes| nodes.get(0).length());
    if message.header_as_record_batch().is_some()
        && let Some(rows) = first.filter(|rows| *rows != batch.length())
    {
        return Ok(Some(format!("has {} rows, and its first column {rows}", batch.length())));
    }
    let compressed = batch.compression().is_some();
    for buffer in batch.buffers().into_iter().flatten() {
        let range = u64::try_from(buffer.offset()).ok().zip(u64::try_from(buffer.length()).ok());
        let inside = range.filter(|(offset, bytes)| offset.checked_add(*bytes).is_some_and(|end| end <= body));
        let Some((offset, bytes)) = inside else { return Ok(Some("has a buffer outside its body".to_owned())) };
        if compressed && bytes >= 8 {
            file.seek(SeekFrom::Start(at + offset))?;
            let mut plain = [0; 8];
            file.read_exact(&mut plain)?;
            // -1 is for a buffer that is not compressed
            let plain = i64::from_le_bytes(plain);
            if plain != -1 && u64::try_from(plain).is_ok_and(|plain| plain > MOST) {
                return Ok(Some(format!("has a buffer of {plain} bytes")));
            }
        }
    }
    let most = match (compressed, body) {
        (true, _) => MOST,
        (false, 0) => MOST_EMPTY,
        // a value has a bit at least
        (false, body) => body.saturating_mul(8).min(MOST),
    };
    let nodes = batch.nodes().into_iter().flatten().map(|node| node.length());
    let wrong = nodes.chain([batch.length()]).find(|rows| u64::try_from(*rows).map_or(true, |rows| rows > most));
    Ok(wrong.map(|rows| format!("has {rows} rows in {body} bytes")))
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

    fn lengths(bytes: Vec<u8>, form: Form) -> Lengths {
        check(&mut Cursor::new(bytes), form).expect("bytes can be read")
    }

    fn is_wrong(bytes: Vec<u8>, form: Form, part: &str) -> bool {
        matches!(lengths(bytes, form), Lengths::Wrong(reason) if reason.contains(part))
    }

    #[test]
    fn of_files() {
        let mut writer = FileWriter::try_new(Vec::new(), &batch().schema()).expect("a writer");
        writer.write(&batch()).expect("it is written");
        let whole = writer.into_inner().expect("a file");
        assert_eq!(lengths(whole.clone(), Form::File), Lengths::Valid);
        // the number of batches is one of these numbers in the footer
        let is_one = |at: &usize| whole[*at..].starts_with(&[1, 0, 0, 0]);
        let missing = |at: usize| {
            let mut unlisted = whole.clone();
            unlisted[at] = 0;
            matches!(lengths(unlisted, Form::File), Lengths::Cut(reason) if reason.contains("does not list 1"))
        };
        assert!((0..whole.len() - 10).filter(is_one).any(missing));
        // without the rows' bytes, the footer points beyond the end
        let mut short = whole.clone();
        short.drain(8..8 + 300);
        assert!(is_wrong(short, Form::File, "1 of its parts lie outside the file"));
        let mut long = whole.clone();
        let end = long.len() - 7;
        long[end] = 0x7f;
        assert!(is_wrong(long, Form::File, "its footer has "));
        assert!(is_wrong(Vec::new(), Form::File, "it is too short"));
    }

    #[test]
    fn of_streams() {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch().schema()).expect("a writer");
        writer.write(&batch()).expect("it is written");
        let without_end = writer.get_ref().clone();
        assert!(matches!(lengths(without_end.clone(), Form::Stream), Lengths::Cut(_)));
        let whole = writer.into_inner().expect("a stream");
        assert_eq!(lengths(whole.clone(), Form::Stream), Lengths::Valid);
        assert!(is_wrong(without_end[..without_end.len() - 8].to_vec(), Form::Stream, "more than the file"));
        // a second stream is not read
        let twice = [whole.clone(), whole.clone()].concat();
        assert_eq!(
            lengths(twice, Form::Stream),
            Lengths::Cut(format!("{} bytes after the end mark of the stream are not read", whole.len()))
        );
        let mut long = whole;
        long[7] = 0x7f;
        assert!(is_wrong(long, Form::Stream, "more than the file"));
    }

    #[test]
    fn of_batches() {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch().schema()).expect("a writer");
        writer.write(&batch()).expect("it is written");
        let whole = writer.into_inner().expect("a stream");
        let three = 3_i64.to_le_bytes();
        let places: Vec<usize> = (0..whole.len() - 8).filter(|at| whole[*at..at + 8] == three).collect();
        let damaged = |places: &[usize]| {
            let mut damaged = whole.clone();
            places.iter().for_each(|at| damaged[at + 5] = 2);
            damaged
        };
        // three rows become more than the body can have
        assert!(is_wrong(damaged(&places), Form::Stream, "rows in"));
        // and more than the column has
        let one = places.iter().filter(|at| is_wrong(damaged(&[**at]), Form::Stream, "and its first column"));
        assert!(one.count() > 0);
    }
}
