//! Files made for tests: Windows event logs, and what is packed. Both formats are written in their simplest form.

/// The checksum of event logs and of gzip.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A `.gz` of blocks that are stored as they are.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    let blocks = bytes.chunks(0xffff).count();
    for (i, block) in bytes.chunks(0xffff).enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(i + 1 == blocks));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// An event of a log.
#[derive(Clone)]
pub struct Event {
    pub provider: &'static str,
    pub channel: &'static str,
    pub id: u32,
    pub data: Vec<(&'static str, String)>,
}

/// Where a log's first chunk begins, how long chunks are, and where their first record begins.
pub const CHUNKS: usize = 4096;
pub const CHUNK: usize = 65_536;
pub const RECORDS: usize = 512;

/// A log with the events of each chunk; their records are numbered from 1.
pub fn event_log(chunks: &[Vec<Event>]) -> Vec<u8> {
    let mut log = vec![0; CHUNKS];
    put(&mut log, 0, b"ElfFile\0");
    put(&mut log, 16, &(chunks.len() as u64).saturating_sub(1).to_le_bytes());
    put(&mut log, 32, &128u32.to_le_bytes());
    put(&mut log, 36, &[1, 0, 3, 0, 0, 0x10]);
    put(&mut log, 42, &(chunks.len() as u16).to_le_bytes());
    let checksum = crc32(&log[..120]);
    put(&mut log, 124, &checksum.to_le_bytes());
    let mut number = 1;
    for events in chunks {
        log.extend(chunk(number, events));
        number += events.len() as u64;
    }
    log
}

fn put(bytes: &mut [u8], at: usize, content: &[u8]) {
    bytes[at..at + content.len()].copy_from_slice(content);
}

fn chunk(first: u64, events: &[Event]) -> Vec<u8> {
    let mut chunk = vec![0; RECORDS];
    let mut at = 0;
    for (i, event) in events.iter().enumerate() {
        at = chunk.len();
        let number = first + i as u64;
        let mut xml = Xml { bytes: Vec::new(), base: at + 24 };
        xml.event(number, event);
        let size = (xml.bytes.len() + 28) as u32;
        chunk.extend(b"**\0\0");
        chunk.extend(size.to_le_bytes());
        chunk.extend(number.to_le_bytes());
        chunk.extend(134_168_868_000_000_000u64.to_le_bytes());
        chunk.extend(xml.bytes);
        chunk.extend(size.to_le_bytes());
    }
    let end = chunk.len();
    let last = first + events.len() as u64 - 1;
    chunk.resize(CHUNK, 0);
    put(&mut chunk, 0, b"ElfChnk\0");
    for (place, number) in [(8, first), (16, last), (24, first), (32, last)] {
        put(&mut chunk, place, &number.to_le_bytes());
    }
    for (place, number) in [(40, 128), (44, at), (48, end)] {
        put(&mut chunk, place, &(number as u32).to_le_bytes());
    }
    let checksum = crc32(&chunk[RECORDS..end]);
    put(&mut chunk, 52, &checksum.to_le_bytes());
    let checksum = crc32(&[&chunk[..120], &chunk[128..RECORDS]].concat());
    put(&mut chunk, 124, &checksum.to_le_bytes());
    chunk
}

/// Binary XML without templates: each name and value stands where it is used.
struct Xml {
    bytes: Vec<u8>,
    /// Where the bytes lie in the chunk.
    base: usize,
}

impl Xml {
    fn event(&mut self, number: u64, event: &Event) {
        self.bytes.extend([0x0f, 1, 1, 0]);
        let namespace = "http://schemas.microsoft.com/win/2004/08/events/event";
        self.element("Event", &[("xmlns", namespace)], |xml| {
            xml.element("System", &[], |xml| {
                xml.element("Provider", &[("Name", event.provider)], |_| {});
                xml.element("EventID", &[], |xml| xml.text(&event.id.to_string()));
                xml.element("Version", &[], |xml| xml.text("2"));
                xml.element("Level", &[], |xml| xml.text("4"));
                xml.element("Task", &[], |xml| xml.text("13312"));
                xml.element("Opcode", &[], |xml| xml.text("0"));
                xml.element("Keywords", &[], |xml| xml.text("0x8020000000000000"));
                xml.element("TimeCreated", &[("SystemTime", "2026-03-01T10:00:00.1234567Z")], |_| {});
                xml.element("EventRecordID", &[], |xml| xml.text(&number.to_string()));
                xml.element("Execution", &[("ProcessID", "4"), ("ThreadID", "88")], |_| {});
                xml.element("Channel", &[], |xml| xml.text(event.channel));
                xml.element("Computer", &[], |xml| xml.text("ws1.contoso.com"));
                xml.element("Security", &[("UserID", "S-1-5-18")], |_| {});
            });
            xml.element("EventData", &[], |xml| {
                for (name, value) in &event.data {
                    xml.element("Data", &[("Name", name)], |xml| xml.text(value));
                }
            });
        });
        self.bytes.push(0);
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)], content: impl FnOnce(&mut Xml)) {
        self.bytes.push(if attributes.is_empty() { 0x01 } else { 0x41 });
        self.bytes.extend([0; 4]);
        self.name(name);
        if !attributes.is_empty() {
            self.bytes.extend([0; 4]);
        }
        for (i, (name, value)) in attributes.iter().enumerate() {
            self.bytes.push(if i + 1 < attributes.len() { 0x46 } else { 0x06 });
            self.name(name);
            self.text(value);
        }
        self.bytes.push(0x02);
        content(self);
        self.bytes.push(0x04);
    }

    fn name(&mut self, name: &str) {
        let at = (self.base + self.bytes.len() + 4) as u32;
        self.bytes.extend(at.to_le_bytes());
        self.bytes.extend([0; 6]);
        self.utf16(name);
        self.bytes.extend([0; 2]);
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend([0x05, 0x01]);
        self.utf16(text);
    }

    fn utf16(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.bytes.extend((units.len() as u16).to_le_bytes());
        units.iter().for_each(|unit| self.bytes.extend(unit.to_le_bytes()));
    }
}
