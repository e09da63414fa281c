//! Windows event logs that are created here, complete and damaged.

use super::formats::{Random, given};
use super::*;
use flate2::Crc;

const CHUNK: usize = 65_536;

fn sum(parts: &[&[u8]]) -> u32 {
    let mut crc = Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}

/// Binary XML with the names at the places where they are used.
struct Xml<'a> {
    /// The chunk so far; positions are relative to it.
    out: &'a mut Vec<u8>,
}

impl Xml<'_> {
    fn name(&mut self, name: &str) {
        let here = self.out.len() as u32 + 4;
        self.out.extend(here.to_le_bytes());
        self.out.extend(0u32.to_le_bytes());
        // the hash is never checked
        self.out.extend(0u16.to_le_bytes());
        let units: Vec<u16> = name.encode_utf16().collect();
        self.out.extend((units.len() as u16).to_le_bytes());
        units.iter().chain(&[0]).for_each(|unit| self.out.extend(unit.to_le_bytes()));
    }

    fn value(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.out.extend([0x05, 0x01]);
        self.out.extend((units.len() as u16).to_le_bytes());
        units.iter().for_each(|unit| self.out.extend(unit.to_le_bytes()));
    }

    fn element(&mut self, name: &str, attribute: Option<(&str, &str)>, content: impl FnOnce(&mut Xml)) {
        self.out.push(if attribute.is_some() { 0x41 } else { 0x01 });
        let size_at = self.out.len();
        self.out.extend([0; 4]);
        self.name(name);
        if let Some((name, value)) = attribute {
            let at = self.out.len();
            self.out.extend([0; 4]);
            self.out.push(0x06);
            self.name(name);
            self.value(value);
            let size = (self.out.len() - at - 4) as u32;
            self.out[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
        self.out.push(0x02);
        content(&mut Xml { out: self.out });
        self.out.push(0x04);
        let size = (self.out.len() - size_at - 4) as u32;
        self.out[size_at..size_at + 4].copy_from_slice(&size.to_le_bytes());
    }

    fn text(&mut self, name: &str, text: &str) {
        self.element(name, None, |xml| xml.value(text));
    }
}

fn record(chunk: &mut Vec<u8>, number: u64) {
    let start = chunk.len();
    chunk.extend(*b"\x2a\x2a\0\0");
    chunk.extend([0; 4]);
    chunk.extend(number.to_le_bytes());
    chunk.extend(133_500_000_000_000_000u64.to_le_bytes());
    chunk.extend([0x0f, 1, 1, 0]);
    Xml { out: chunk }.element("Event", None, |xml| {
        xml.element("System", None, |xml| {
            xml.element("Provider", Some(("Name", "Microsoft-Windows-Security-Auditing")), |_| {});
            xml.text("EventID", "4688");
            xml.element("TimeCreated", Some(("SystemTime", "2024-01-01T00:00:00.000000Z")), |_| {});
            xml.text("EventRecordID", &number.to_string());
            xml.text("Channel", "Security");
            xml.text("Computer", "ws1");
        });
        xml.element("EventData", None, |xml| {
            xml.element("Data", Some(("Name", "CommandLine")), |xml| xml.value(&format!("run {number}")));
        });
    });
    chunk.push(0);
    let size = (chunk.len() - start + 4) as u32;
    chunk.extend(size.to_le_bytes());
    chunk[start + 4..start + 8].copy_from_slice(&size.to_le_bytes());
}

/// A log of `chunks` chunks with `each` records.
pub(super) fn log(chunks: u64, each: u64) -> Vec<u8> {
    let mut header = vec![0; 4096];
    header[..8].copy_from_slice(b"ElfFile\0");
    header[16..24].copy_from_slice(&(chunks - 1).to_le_bytes());
    header[24..32].copy_from_slice(&(chunks * each + 1).to_le_bytes());
    header[32..36].copy_from_slice(&128u32.to_le_bytes());
    header[36..38].copy_from_slice(&1u16.to_le_bytes());
    header[38..40].copy_from_slice(&3u16.to_le_bytes());
    header[40..42].copy_from_slice(&4096u16.to_le_bytes());
    header[42..44].copy_from_slice(&(chunks as u16).to_le_bytes());
    let crc = sum(&[&header[..120]]);
    header[124..128].copy_from_slice(&crc.to_le_bytes());
    let mut all = header;
    for chunk in 0..chunks {
        let mut bytes = vec![0; 512];
        let (first, last) = (chunk * each + 1, (chunk + 1) * each);
        let mut begin = 0;
        for number in first..=last {
            begin = bytes.len() as u32;
            record(&mut bytes, number);
        }
        let free = bytes.len() as u32;
        let records = sum(&[&bytes[512..]]);
        bytes[..8].copy_from_slice(b"ElfChnk\0");
        for (at, number) in [(8, first), (16, last), (24, first), (32, last)] {
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        for (at, number) in [(40, 128), (44, begin), (48, free), (52, records)] {
            bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(number));
        }
        let crc = sum(&[&bytes[..120], &bytes[128..512]]);
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        bytes.resize(CHUNK, 0);
        all.extend(bytes);
    }
    all
}

const CHUNKS: u64 = 3;
const EACH: u64 = 20;

#[test]
fn a_whole_log() {
    let dir = folder();
    let found = given(&file(&dir, "a.evtx", log(CHUNKS, EACH))).expect("a table");
    assert_eq!((found.rows.get("SecurityEvent"), found.refused), (Some(&(CHUNKS * EACH)), 0), "{found:?}");
    assert!(found.notices.is_empty(), "{found:?}");
}

#[test]
fn damaged_logs() {
    let dir = folder();
    let whole = log(CHUNKS, EACH);
    let total = CHUNKS * EACH;
    let mut random = Random(5);
    for round in 0..40 {
        let mut bytes = whole.clone();
        if round % 2 == 0 {
            // not within the header, which a log needs
            bytes.truncate(4096 + random.below(bytes.len() - 4096));
        } else {
            for _ in 0..3 {
                // among the records
                let at = 4096 + random.below(CHUNKS as usize) * CHUNK + random.below(512 + EACH as usize * 700);
                bytes[at] ^= 1 << random.below(8);
            }
        }
        let found = given(&file(&dir, "a.evtx", &bytes)).unwrap_or_else(|error| panic!("{round}: {error}"));
        // a chunk with a damaged header does not count its records; neither does a chunk before all others
        let once = found.all() + found.refused < total && found.refused > 0;
        let told = found.all() + found.refused == total || (once && round % 2 == 1);
        assert!(told, "{round}: {} read, {} lost of {total}: {:?}", found.all(), found.refused, found.notices);
    }
}
