//! Files that are packed, cut short, empty, or in another encoding.

use std::fs;
use std::io::Write as _;

use marketdata::history::{self, Format, Options};

use super::{fixture, named, read, spread};

#[test]
fn an_empty_file_and_text_of_16_bits_are_told_as_that() {
    let folder = tempfile::tempdir().unwrap();
    let problem = |bytes: &[u8], format: Option<&Format>| {
        let path = folder.path().join("a.csv");
        fs::write(&path, bytes).unwrap();
        history::open(&path, format, &named("A"))
            .unwrap_err()
            .to_string()
    };
    assert!(
        problem(b"", None)
            .ends_with("a.csv: the file is empty; accepted: one with at least one row")
    );
    let text = "Date,Open,High,Low,Close,Volume\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let stooq = Format::named("stooq").unwrap();
    for bytes in [
        [&b"\xff\xfe"[..], &little].concat(),
        [&b"\xfe\xff"[..], &big].concat(),
        little,
        big,
    ] {
        for format in [None, Some(&stooq)] {
            let problem = problem(&bytes, format);
            assert!(
                problem.contains("a.csv: the text is UTF-16; accepted: UTF-8"),
                "{problem}"
            );
        }
    }
}

/// Text packed in gzip (10 bytes of header) and zstd (4 bytes of magic), cut off at every kind of place.
#[test]
fn a_packed_file_that_is_cut_short_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<_> = (0..5_000)
        .map(|at| format!("{at},T,{},2,B,\n", at * at))
        .collect();
    let plain = format!("ts_ns,kind,a,b,c,d\n{}", rows.concat());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(plain.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::bulk::compress(plain.as_bytes(), 3).unwrap();
    for (packing, name, bytes) in [("gzip", "t.csv.gz", &gzip), ("zstd", "t.csv.zst", &zstd)] {
        let whole = bytes.len();
        let cuts = [1, 2, 3, 4, 5, 8, 9, 10, 11, 20, whole / 2, whole - 1];
        for cut in cuts {
            let path = folder.path().join(name);
            fs::write(&path, &bytes[..cut]).unwrap();
            let told = match history::open(&path, None, &Options::default()) {
                Err(error) => {
                    assert!(matches!(error, history::OpenError::Damaged { .. }));
                    error.to_string()
                }
                Ok(rows) => {
                    let last = rows.last().unwrap().unwrap_err();
                    assert!(last.is_fatal());
                    last.to_string()
                }
            };
            let told = told.split_once(name).unwrap().1;
            let problem = format!(": the {packing} is cut short");
            assert!(told.ends_with(&problem), "{cut} of {whole}: {told}");
        }
    }
    // A cut within a first line, that of bars too.
    for text in [
        "trade,price,size,timestamp,maker\n",
        "ts,open,high,low,close,volume\n",
    ] {
        let stored = flate2::GzBuilder::new();
        let mut gzip = stored.write(Vec::new(), flate2::Compression::none());
        gzip.write_all(text.as_bytes()).unwrap();
        let whole = gzip.finish().unwrap();
        let path = folder.path().join("t.csv.gz");
        // 10 bytes of header, 5 of a block's length.
        fs::write(&path, &whole[..15 + text.len() - 4]).unwrap();
        let error = history::open(&path, None, &Options::default()).unwrap_err();
        let told = error.to_string();
        assert!(told.ends_with("t.csv.gz: the gzip is cut short"), "{told}");
    }
    // The same two bytes are a text by another name, and so is one that only calls itself packed.
    let path = spread(folder.path(), "t.csv", "\u{1f}");
    let error = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("t.csv: no format that is known"));
    let path = spread(
        folder.path(),
        "plain.csv.gz",
        "ts_ns,kind,a,b,c,d\n1,T,1,2,B,\n",
    );
    let (rows, bad) = read(&path, None, &Options::default());
    assert_eq!((rows.len(), bad.len()), (1, 0));
}

/// An archive of one member, cut off in its header (30 bytes and the name), in the member, in the index behind it (46 bytes
/// and the name) and in the record of 22 bytes that ends it.
#[test]
fn a_zip_that_is_cut_short_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("t.csv", options).unwrap();
    zip.write_all(b"ts_ns,kind,a,b,c,d\n1,T,1,2,B,\n").unwrap();
    let whole = zip.finish().unwrap().into_inner();
    let path = folder.path().join("t.zip");
    let index = whole.len() - 22 - 46 - "t.csv".len();
    for cut in [
        1,
        3,
        4,
        20,
        35,
        index - 1,
        index,
        index + 40,
        whole.len() - 22,
    ]
    .into_iter()
    .chain(whole.len() - 21..whole.len())
    {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = history::open(&path, None, &Options::default()).unwrap_err();
        let told = error.to_string();
        assert!(
            told.ends_with("t.zip: the zip is cut short"),
            "{cut}: {told}"
        );
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(read(&path, None, &Options::default()).0.len(), 1);
    // The record at the end alone is an archive without members.
    fs::write(
        &path,
        b"PK\x05\x06"
            .iter()
            .copied()
            .chain([0; 18])
            .collect::<Vec<_>>(),
    )
    .unwrap();
    let error = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("t.zip: 0 members; accepted: one")
    );
    // The index says that it begins behind its end.
    let mut wrong = whole.clone();
    let at = whole.len() - 6;
    wrong[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(&path, &wrong).unwrap();
    let error = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("t.zip: the zip is damaged: "));
}

#[test]
fn packed_files_are_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let plain = fs::read(fixture("history/tardis_trades.csv")).unwrap();
    let (expected, _) = read(
        &fixture("history/tardis_trades.csv"),
        None,
        &Options::default(),
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let deflated = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("tardis_trades.csv", deflated).unwrap();
    zip.write_all(&plain).unwrap();
    for (name, bytes) in [
        ("t.csv.gz", gzip.finish().unwrap()),
        ("t.csv.zst", zstd::bulk::compress(&plain, 3).unwrap()),
        ("t.zip", zip.finish().unwrap().into_inner()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let (rows, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty());
        assert!(rows == expected, "{name}");
        // A file that was cut off is not taken for a shorter one.
        fs::write(&path, &bytes[..bytes.len() - 40]).unwrap();
        let cut = marketdata::history::open(&path, None, &Options::default());
        let is_told = cut.map_or(true, |rows| {
            rows.into_iter()
                .any(|row| row.is_err_and(|error| error.is_fatal()))
        });
        assert!(is_told, "{name}");
    }
}
