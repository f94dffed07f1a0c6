//! Bytes and rows a second of recorded markets in our recording, in Parquet and in packed text, on the same rows; and
//! what the bytes of a file cost without their meaning.
//!
//!     cargo run --release -p bench --bin history -- FILE...
//!
//! A file is read in whatever format it is; `FILE=columns` declares columns (times since midnight: of 2024-01-31).

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::time::Instant;

use marketdata::history::{
    self, FETCH_BYTES, Format, Layout, Options, ParquetWriter, RecordingWriter, Row, RowsWriter,
};

/// Rounds, of which the fastest counts.
const ROUNDS: usize = 3;

type Failure = Box<dyn std::error::Error>;

fn options() -> Options {
    Options {
        date: history::parse_date("2024-01-31"),
        ..Options::default()
    }
}

fn write(rows: &[Row], format: &str, path: &Path) -> Result<(), Failure> {
    let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    match format {
        "csv.gz" => {
            let gzip = flate2::write::GzEncoder::new(file, flate2::Compression::default());
            let mut writer = RowsWriter::new(gzip)?;
            for row in rows {
                writer.write(row)?;
            }
            writer.finish()?.finish()?.flush()?;
        }
        "parquet" => {
            let mut writer = ParquetWriter::new(file)?;
            for row in rows {
                writer.write(row)?;
            }
            writer.finish()?.flush()?;
        }
        _ => {
            let mut writer = RecordingWriter::new(file)?;
            for row in rows {
                writer.write(row.clone())?;
            }
            writer.finish()?.0.flush()?;
        }
    }
    Ok(())
}

/// The fastest of some rounds, in seconds.
fn timed(mut work: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn read(path: &Path, format: Option<&Format>) -> Result<u64, Failure> {
    let mut rows = 0;
    for row in history::open(path, format, &options())? {
        rows += u64::from(row.is_ok());
    }
    Ok(rows)
}

fn main() -> Result<(), Failure> {
    println!("| rows of | format | bytes a row | M rows/s written | M rows/s read |");
    println!("|---|---|---|---|---|");
    let folder = tempfile::tempdir()?;
    for argument in std::env::args().skip(1) {
        let (name, format) = match argument.split_once('=') {
            Some((name, columns)) => {
                let layout = Layout::parse(columns, b',')?;
                (name.to_owned(), Some(Format::Table(layout)))
            }
            None => (argument, None),
        };
        let source = Path::new(&name);
        let shown = source.file_name().unwrap_or_default().to_string_lossy();
        let rows: Vec<Row> = history::open(source, format.as_ref(), &options())?
            .filter_map(Result::ok)
            .collect();
        let count = rows.len() as f64;
        let told = |format: &str, bytes: u64, written: Option<f64>, read: f64| {
            let written = written.map_or_else(
                || "-".to_owned(),
                |seconds| format!("{:.2}", count / seconds / 1e6),
            );
            println!(
                "| {shown}, {} | {format} | {:.2} | {written} | {:.2} |",
                rows.len(),
                bytes as f64 / count,
                count / read / 1e6
            );
        };
        let seconds = timed(|| read(source, format.as_ref()).map(drop))?;
        told("as it is", fs::metadata(source)?.len(), None, seconds);
        for format in ["csv.gz", "parquet", "recording"] {
            let path = folder.path().join(format!("rows.{format}"));
            let written = timed(|| write(&rows, format, &path))?;
            assert_eq!(read(&path, None)?, rows.len() as u64, "rows were lost");
            let seconds = timed(|| read(&path, None).map(drop))?;
            told(format, fs::metadata(&path)?.len(), Some(written), seconds);
        }
        // The largest of them without a meaning: what a mapping into memory could save, at most.
        let path = folder.path().join("rows.csv");
        let mut text = RowsWriter::new(BufWriter::new(File::create(&path)?))?;
        for row in &rows {
            text.write(row)?;
        }
        text.finish()?.flush()?;
        let decoded = timed(|| read(&path, None).map(drop))?;
        let fetched = timed(|| {
            let mut file = BufReader::with_capacity(FETCH_BYTES, File::open(&path)?);
            let mut buffer = vec![0; FETCH_BYTES];
            while file.read(&mut buffer)? > 0 {}
            Ok(())
        })?;
        let bytes = fs::metadata(&path)?.len();
        told("csv", bytes, None, decoded);
        println!(
            "| {shown} | csv, bytes fetched only: {:.1} % of the time to read it | | | {:.2} |",
            100.0 * fetched / decoded,
            count / fetched / 1e6
        );
    }
    Ok(())
}
