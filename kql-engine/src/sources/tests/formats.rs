//! Formats that are recognised by their content, complete and damaged: every row is read or counted.

use super::*;
use crate::sources::recognise::Known;
use std::collections::BTreeMap;
use zip::CompressionMethod;

/// Reproducible random numbers.
pub(super) struct Random(pub u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// The content of a path: rows of each table, skipped lines, notices.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Given {
    pub rows: BTreeMap<String, u64>,
    pub refused: u64,
    pub notices: Vec<String>,
}

impl Given {
    pub(super) fn all(&self) -> u64 {
        self.rows.values().sum()
    }
}

fn tables(path: &Path) -> Result<Vec<SourceTable>, SourceError> {
    let known = Arc::new(Known::new(Profile::Unified, Default::default()));
    let open_one = |files: &TableFiles| {
        let declared = catalogue::table(Profile::Unified, &files.name);
        open(files, declared.as_ref(), None, &OpenOptions::default())
    };
    discover(&[path.into()], &known, &OpenOptions::default())?.iter().map(open_one).collect()
}

/// Reads all tables of a path.
pub(super) fn given(path: &Path) -> Result<Given, Box<dyn std::error::Error>> {
    let mut given = Given::default();
    for table in tables(path)? {
        let batches = block_on(run(&table, None, &state(64, 2)))?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        // the number of rows of Arrow, and of Parquet in an archive, is known only after reading
        let counted = table.files.iter().all(|f| f.format != "Parquet" && f.format != "Arrow IPC");
        assert!(!counted || table.report.rows() == rows as u64, "{}", table.name);
        *given.rows.entry(table.name.clone()).or_default() += rows as u64;
        // a record that is not a row is counted once, however many tables the file fills
        given.refused = given.refused.max(table.report.refused());
        given.notices.extend(table.report.notices());
    }
    Ok(given)
}

pub(super) const ROWS: usize = 40;

fn lines(row: impl Fn(usize) -> String) -> String {
    (0..ROWS).map(|i| row(i) + "\n").collect()
}

/// The formats with one row per line: name of the file, its head, its rows.
pub(super) fn line_formats() -> Vec<(&'static str, String, String)> {
    let zeek = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
                #fields\tts\tuid\tid.resp_p\n#types\ttime\tstring\tport\n";
    vec![
        ("a.csv", "Time;User;N\n".to_owned(), lines(|i| format!("2024-01-01T00:00:{i:02}Z;ann, {i};{i}"))),
        ("a.tsv", "Time\tUser\tN\n".to_owned(), lines(|i| format!("2024-01-01T00:00:{i:02}Z\tann, {i}\t{i}"))),
        ("a.txt", "Time|User|N\n".to_owned(), lines(|i| format!("2024-01-01T00:00:{i:02}Z|ann|{i}"))),
        ("conn.log", zeek.to_owned(), lines(|i| format!("1591367999.{i:06}\tC{i}\t{i}"))),
        (
            "cef.log",
            String::new(),
            lines(|i| {
                format!("<134>1 2024-01-01T00:00:{i:02}Z fw - - - - CEF:0|v|p|1|{i}|name|5|src=192.0.2.{i} spt={i}")
            }),
        ),
        ("leef.log", String::new(), lines(|i| format!("LEEF:1.0|v|p|1|{i}|src=192.0.2.{i}\tsrcPort={i}\tx=y"))),
        ("syslog.log", String::new(), lines(|i| format!("<34>Oct 11 22:14:{i:02} host app[{i}]: text {i}"))),
        (
            "wl.ndjson",
            String::new(),
            lines(|i| {
                format!(
                    r#"{{"@timestamp":"2024-03-05T10:00:{i:02}Z","winlog":{{"channel":"Security","event_id":4688,"event_data":{{"CommandLine":"c{i}"}}}}}}"#
                )
            }),
        ),
        (
            "ct.json",
            String::new(),
            lines(|i| {
                format!(
                    r#"{{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:{i:02}Z","eventSource":"iam.amazonaws.com","eventName":"E{i}","awsRegion":"r"}}"#
                )
            }),
        ),
        (
            "eve.json",
            String::new(),
            lines(|i| format!(r#"{{"timestamp":"2024-01-01T00:00:{i:02}.1+0000","event_type":"dns","flow_id":{i}}}"#)),
        ),
    ]
}

#[test]
fn whole_files() {
    let dir = folder();
    for (name, head, text) in line_formats() {
        let found = given(&file(&dir, name, head + &text)).expect("tables");
        assert_eq!((found.all(), found.refused), (ROWS as u64, 0), "{name}: {found:?}");
    }
}

/// The number of rows that are on their own line: the number of lines.
fn count(text: &[u8]) -> u64 {
    text.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count() as u64
}

#[test]
fn damaged_lines_are_counted() {
    let dir = folder();
    let mut random = Random(7);
    for (name, head, text) in line_formats() {
        for round in 0..12 {
            let mut bytes = text.clone().into_bytes();
            match round % 3 {
                0 => bytes.truncate(random.below(bytes.len())),
                1 => {
                    for _ in 0..4 {
                        let at = random.below(bytes.len());
                        // a quote can join lines, but rows of two lines are another case
                        let new = [0xff, b'x', b'\n', 0, b'{', b'\\', b'#'][random.below(7)];
                        bytes[at] = new;
                    }
                }
                _ => {
                    for _ in 0..4 {
                        bytes.remove(random.below(bytes.len()));
                    }
                }
            }
            // if the first line is damaged, the file may not be recognised
            let first: Vec<u8> = text.lines().next().map(|line| format!("{line}\n").into_bytes()).unwrap_or_default();
            let body = [first, bytes].concat();
            let path = file(&dir, name, [head.clone().into_bytes(), body.clone()].concat());
            let found = given(&path).unwrap_or_else(|error| panic!("{name} {round}: {error}"));
            assert_eq!(found.all() + found.refused, count(&body), "{name} {round}: {found:?}");
            assert!(found.refused == 0 || found.notices.iter().any(|n| n.contains("skipped")), "{name} {round}");
        }
    }
}

#[test]
fn cut_documents() {
    let dir = folder();
    let record = |i| format!(r#"{{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:{i:02}Z","eventName":"E{i}"}}"#);
    let records: Vec<String> = (0..ROWS).map(record).collect();
    let whole = format!(r#"{{"Records":[{}]}}"#, records.join(",\n"));
    let mut random = Random(11);
    for round in 0..12 {
        let at = if round == 0 { whole.len() } else { 200 + random.below(whole.len() - 200) };
        let cut = &whole[..at];
        let found = given(&file(&dir, "ct.json", cut)).expect("a table");
        let complete = cut.matches("\"}").count() as u64;
        assert_eq!((found.all(), found.refused), (complete, u64::from(at < whole.len())), "{at}: {found:?}");
        assert!(found.rows.contains_key("AWSCloudTrail"));
    }
    let two = format!("{whole}\n{}", whole.replace("\"Records\"", "\"a\":1,\"Records\""));
    let found = given(&file(&dir, "ct.json", two)).expect("a table");
    assert_eq!((found.all(), found.refused), (2 * ROWS as u64, 0));
}

#[test]
fn damaged_documents() {
    let dir = folder();
    let record = |i| {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","userName":"u{i}"}},"eventTime":"2023-07-10T12:00:{i:02}Z","eventName":"E{i}","requestParameters":{{"tags":[{{"key":"a"}}]}}}}"#
        )
    };
    let records: Vec<String> = (0..ROWS).map(record).collect();
    let whole = format!(r#"{{"Records":[{}]}}"#, records.join(","));
    let mut random = Random(13);
    for round in 0..60 {
        let mut bytes = whole.clone().into_bytes();
        // the first record shows how records begin, and after the last one there is none to continue with
        let (from, to) = (12 + records[0].len(), whole.len() - records[0].len() * 2);
        let at = from + random.below(to - from);
        if round % 2 == 0 {
            bytes.remove(at);
        } else {
            bytes[at] = b"x\"{}[],\\0 "[random.below(10)];
        }
        let found = given(&file(&dir, "ct.json", bytes)).expect("a table");
        assert_eq!(found.all() + found.refused, ROWS as u64, "{round}: {found:?}");
        assert!(found.all() >= ROWS as u64 - 2, "{round}: {found:?}");
    }
}

pub(super) fn zipped(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("bytes");
    }
    writer.finish().expect("an archive").into_inner()
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = ::tar::Header::new_gnu();
        // names that a builder refuses are written too
        if let Some(field) = header.as_gnu_mut() {
            field.name[..name.len()].copy_from_slice(name.as_bytes());
        }
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).expect("an entry");
    }
    builder.into_inner().expect("an archive")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}

#[test]
fn archives_are_folders() {
    let dir = folder();
    let csv = format!("a,b\n{}", lines(|i| format!("{i},x{i}")));
    let packed = gzipped(csv.as_bytes());
    let parquet = {
        let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)]);
        let batch = batch.expect("a batch");
        let mut bytes = Vec::new();
        let mut writer = ::parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("rows");
        writer.close().expect("a file");
        bytes
    };
    let files: [(&str, &[u8]); 7] = [
        ("One.csv", csv.as_bytes()),
        ("Many/a.csv", csv.as_bytes()),
        ("Many/b/c.csv.gz", &packed),
        ("../Out.csv", csv.as_bytes()),
        ("/etc/Out.csv", csv.as_bytes()),
        ("P.parquet", &parquet),
        ("notes.docx", b"no data"),
    ];
    let tar = tarred(&files);
    let zip = zipped(&files, CompressionMethod::Deflated);
    let archives: [(&str, Vec<u8>); 5] = [
        ("x.zip", zip),
        ("y.zip", zipped(&files, CompressionMethod::Stored)),
        ("x.tar", tar.clone()),
        ("x.tar.gz", gzipped(&tar)),
        ("x.tgz", gzipped(&tar)),
    ];
    for (name, bytes) in archives {
        let path = file(&dir, name, bytes);
        let found = given(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let rows = ROWS as u64;
        assert_eq!(
            found.rows,
            [("Many".to_owned(), 2 * rows), ("One".to_owned(), rows), ("P".to_owned(), 3)].into(),
            "{name}"
        );
        let told: Vec<&String> = found.notices.iter().filter(|n| n.contains("skipped")).collect();
        assert!(told.len() == 1 && told[0].contains("3 files are skipped"), "{name}: {told:?}");
        // a folder inside a folder: its files are one table
        let outer = dir.path().join("outer");
        fs::create_dir_all(&outer).expect("a folder");
        let inner = outer.join(name);
        fs::copy(&path, &inner).expect("a copy");
        let parted = given(&outer);
        fs::remove_file(inner).expect("gone");
        // CSV and Parquet with other columns are also one table
        assert_eq!(parted.expect("tables").all(), 3 * rows + 3, "{name}");
    }
}

#[test]
fn damaged_archives() {
    let dir = folder();
    let csv = format!("a,b\n{}", lines(|i| format!("{i},x{i}")));
    let files: [(&str, &[u8]); 3] = [
        ("logs-of-one.csv", csv.as_bytes()),
        ("logs-of-two.csv", csv.as_bytes()),
        ("logs-of-three.csv", csv.as_bytes()),
    ];
    let mut random = Random(3);
    let rows = 3 * ROWS as u64;
    for (name, bytes) in [
        ("d.zip", zipped(&files, CompressionMethod::Deflated)),
        ("s.zip", zipped(&files, CompressionMethod::Stored)),
        ("t.tar", tarred(&files)),
        ("g.tgz", gzipped(&tarred(&files))),
    ] {
        for round in 0..24 {
            let mut damaged = bytes.clone();
            if round % 2 == 0 {
                damaged.truncate(random.below(damaged.len()));
            } else {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
            let path = file(&dir, name, &damaged);
            // it is refused, or no row is missing without a notice
            if let Ok(found) = given(&path) {
                let told = found.notices.iter().any(|n| n.contains("skipped"));
                let whole = found.all() + found.refused == rows;
                // a tar that is cut between two files ends there, as it does not contain the number of files
                let ends =
                    name == "t.tar" && round % 2 == 0 && (found.all() + found.refused).is_multiple_of(ROWS as u64);
                assert!(whole || told || ends, "{name} {round}: {found:?}");
            }
        }
    }
    let none = given(&file(&dir, "n.zip", b"PK")).expect_err("no archive");
    assert!(none.to_string().contains("n.zip: cannot be read: "), "{none}");
}

#[test]
fn dates_and_numbers_of_known_columns() {
    let dir = folder();
    let text = r#"{"TimeGenerated":1700000000,"EventID":1}
{"TimeGenerated":1700000000123,"EventID":2}
{"TimeGenerated":"1700000000123456","EventID":3}
{"TimeGenerated":5,"EventID":4}"#;
    let path = file(&dir, "SecurityEvent.ndjson", text);
    let all = tables(&path).expect("tables");
    let lines = rows(&all[0]);
    let header: Vec<&str> = lines[0].split('|').collect();
    let at = header.iter().position(|c| c.starts_with("TimeGenerated:")).expect("a column");
    let times: Vec<&str> = lines[1..].iter().filter_map(|line| line.split('|').nth(at)).collect();
    assert_eq!(times, ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123Z", "2023-11-14T22:13:20.123456Z", "null"]);
    let notices = all[0].report.notices().join("\n");
    assert!(
        notices.contains("the numbers in TimeGenerated are read as seconds or milliseconds or microseconds"),
        "{notices}"
    );
    assert!(notices.contains("1 value does not fit the column TimeGenerated"), "{notices}");
}

#[test]
fn types_of_custom_tables() {
    let dir = folder();
    let custom = |text: &str| {
        let schema = schema(&[
            ("ip_s", ScalarType::Real),
            ("risk_d", ScalarType::Int),
            ("flag_b", ScalarType::String),
            ("when_t", ScalarType::String),
            ("id_g", ScalarType::String),
            ("Size", ScalarType::Real),
            ("Absent_b", ScalarType::String),
        ]);
        let tables =
            discover(&[file(&dir, "T_CL.ndjson", text).as_path().into()], &Arc::default(), &OpenOptions::default())
                .expect("a table");
        open(&tables[0], Some(&schema), None, &OpenOptions::default()).expect("a table")
    };
    let table = custom(
        r#"{"ip_s":"203.0.113.7","risk_d":1.5,"flag_b":true,"when_t":"2024-01-01T00:00:00Z","id_g":"x","Size":"large"}"#,
    );
    assert_eq!(
        rows(&table),
        [
            "ip_s:string|risk_d:real|flag_b:bool|when_t:datetime|id_g:string|Size:string|Absent_b:string",
            "203.0.113.7|1.5|true|2024-01-01T00:00:00Z|x|large|"
        ]
    );
    assert_eq!(
        table.report.notices(),
        [
            "the values of Size are not of the type real that its name or the schema suggests; the column is read as string"
        ]
    );
    // a column that the catalogue lacks
    let table = custom(r#"{"port_s":443,"n_d":"7","other":"7","when2_t":"x"}"#);
    let lines = rows(&table);
    assert!(lines[0].ends_with("|port_s:string|n_d:real|other:string|when2_t:string"), "{lines:?}");
    assert!(lines[1].ends_with("|443|7.0|7|x"), "{lines:?}");
    // values that do not fit, among others that do, are null and reported
    let table = custom("{\"risk_d\":1}\n{\"risk_d\":\"-\"}\n{\"ip_s\":5,\"when_t\":\"soon\"}");
    let lines = rows(&table);
    assert_eq!(lines[0], "ip_s:string|risk_d:real|flag_b:string|when_t:string|id_g:string|Size:real|Absent_b:string");
    assert_eq!(lines[1..], ["1.0||||null|", "null||||null|", "5|null||soon||null|"]);
    let notices = table.report.notices().join("\n");
    assert!(notices.contains("1 value does not fit the column risk_d (real)"), "{notices}");
    assert!(notices.contains("the values of when_t are not of the type datetime"), "{notices}");
}

/// A workbook: for each sheet its name and its cells, in XML.
pub(super) fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let list: String = (1..=sheets.len())
        .map(|i| format!(r#"<sheet name="{}" sheetId="{i}" r:id="rId{i}"/>"#, sheets[i - 1].0))
        .collect();
    let links: String = (1..=sheets.len())
        .map(|i| {
            format!(
                r#"<Relationship Id="rId{i}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{i}.xml"/>"#
            )
        })
        .collect();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut files = vec![
        (
            "[Content_Types].xml".to_owned(),
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>"#.to_owned(),
        ),
        (
            "_rels/.rels".to_owned(),
            format!(
                r#"<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{list}</sheets></workbook>"#),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!(
                r#"<Relationships xmlns="{relations}">{links}<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/styles.xml".to_owned(),
            format!(
                r#"<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#
            ),
        ),
    ];
    for (i, (_, cells)) in sheets.iter().enumerate() {
        let text = format!(r#"<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>"#);
        files.push((format!("xl/worksheets/sheet{}.xml", i + 1), text));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zipped(&files, CompressionMethod::Deflated)
}

pub(super) fn text_cell(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn workbooks() {
    let dir = folder();
    let cells = [
        r#"<row r="2">"#.to_owned(),
        ["User", "Since", "Score", "Active", "Note"]
            .iter()
            .zip(["A2", "B2", "C2", "D2", "E2"])
            .map(|(text, place)| text_cell(place, text))
            .collect(),
        "</row>".to_owned(),
        format!(
            r#"<row r="3">{}<c r="B3" s="1"><v>45292.5</v></c><c r="C3"><v>5</v></c><c r="D3" t="b"><v>1</v></c><c r="E3" t="e"><v>#N/A</v></c></row>"#,
            text_cell("A3", "ann")
        ),
        format!(r#"<row r="5">{}<c r="C5"><v>0.5</v></c></row>"#, text_cell("A5", "bob")),
    ]
    .concat();
    let only = file(&dir, "vip.xlsx", workbook(&[("Sheet1", &cells), ("Sheet2", "")]));
    let all = tables(&only).expect("tables");
    assert_eq!(all.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["vip"]);
    assert_eq!(
        rows(&all[0]),
        [
            "User:string|Since:datetime|Score:real|Active:bool|Note:string",
            "ann|2024-01-01T12:00:00Z|5.0|true|",
            "bob|null|0.5|null|"
        ]
    );
    assert!(all[0].report.notices().join("\n").contains("1 cell holds an error and is null"));
    let head = format!(r#"<row r="1">{}{}</row>"#, text_cell("A1", "Host"), text_cell("B1", "Ip"));
    let several = file(&dir, "lists.xlsx", workbook(&[("Users", &cells), ("Hosts", &head), ("Sheet3", &cells)]));
    let all = tables(&several).expect("tables");
    let found: Vec<(&str, u64)> = all.iter().map(|t| (t.name.as_str(), t.report.rows())).collect();
    assert_eq!(found, [("Hosts", 0), ("Users", 2), ("lists_3", 2)]);
    assert_eq!(rows(&all[0]), ["Host:string|Ip:string"]);
    let whole = fs::read(&several).expect("bytes");
    let mut random = Random(9);
    for round in 0..20 {
        let mut bytes = whole.clone();
        if round % 2 == 0 {
            bytes.truncate(random.below(bytes.len()));
        } else {
            let at = random.below(bytes.len() * 2 / 3);
            bytes[at] ^= 1 << random.below(8);
        }
        // it is refused, or it is complete
        if let Ok(found) = given(&file(&dir, "lists.xlsx", &bytes)) {
            assert_eq!(found.all(), 4, "{round}: {found:?}");
        }
    }
}

/// Room is made for all cells between the first and the last.
#[test]
fn a_workbook_with_cells_far_from_each_other() {
    let dir = folder();
    let cells = format!(
        "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
        text_cell("A1", "User"),
        text_cell("XFD1048576", "x")
    );
    let path = file(&dir, "T.xlsx", workbook(&[("Sheet1", &cells)]));
    let error = given(&path).expect_err("too many cells").to_string();
    assert!(error.contains("the sheet Sheet1 span 1048576 rows and 16384 columns"), "{error}");
}

/// Names that are not UTF-8 are names, as far as they go.
#[cfg(unix)]
#[test]
fn names_that_are_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder();
    let named = |name: &[u8]| dir.path().join("data").join(std::ffi::OsStr::from_bytes(name));
    fs::create_dir_all(dir.path().join("data")).expect("a folder");
    fs::write(named(b"caf\xe9.csv"), "a,b\n1,2\n").expect("a file");
    fs::write(named(b"\xff.ndjson.zst"), zstd::encode_all(&b"{\"a\":1}\n{\"a\":2}\n"[..], 1).expect("memory"))
        .expect("a file");
    fs::write(named(b"\xfe.zip"), zipped(&[("x.csv", b"a\n1\n2\n3\n")], CompressionMethod::Stored)).expect("a file");
    parquet_file(&named(b"p\xe9.parquet"), &sample(), 10);
    let found = given(&dir.path().join("data")).expect("tables");
    assert_eq!(found.all(), 1 + 2 + 3 + 2, "{found:?}");
    assert!(found.notices.is_empty(), "{found:?}");
    assert_eq!(given(&named(b"caf\xe9.csv")).expect("a table").rows.get("caf\u{fffd}"), Some(&1));
}
