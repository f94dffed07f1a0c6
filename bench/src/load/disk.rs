//! What the disk itself takes for a batch: the journal's own calls, with nobody else in between.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use runtime::disk::{Access, Disk, LocalDisk};

use super::client::histogram;

/// Writes of this many bytes one after another into a file that was written through once, each with its sync, for this long.
///
/// # Errors
/// What the disk says.
pub fn syncs(directory: &Path, bytes: usize, length: Duration) -> io::Result<Histogram<u64>> {
    const ROOM: u64 = 64 << 20;
    let path = directory.join("probe");
    let file = LocalDisk.open(&path, Access::Create)?;
    file.allocate(ROOM)?;
    let zeros = vec![0; 1 << 20];
    for offset in (0..ROOM).step_by(zeros.len()) {
        file.write_at(&zeros, offset)?;
    }
    file.sync()?;
    let batch = vec![0xA5; bytes];
    let mut times = histogram();
    let (started, mut offset) = (Instant::now(), 0);
    while started.elapsed() < length {
        if offset + bytes as u64 > ROOM {
            offset = 0;
        }
        let start = Instant::now();
        file.write_at(&batch, offset)?;
        file.sync()?;
        times.saturating_record(start.elapsed().as_nanos() as u64);
        offset += bytes as u64;
    }
    drop(file);
    LocalDisk.remove(&path)?;
    Ok(times)
}
