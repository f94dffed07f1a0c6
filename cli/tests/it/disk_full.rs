//! A server whose file system has no room for the next segment, or for the first snapshot, and then has.
//!
//! The file system is a real one of 100 MiB in memory, mounted where only the server sees it. Where this
//! process may not mount one, the test says so and checks nothing.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::demo::{address, get};

/// The first segment takes 64 MiB and the second finds no room, until the file `grow` is there. In the end
/// the journal is verified: nobody outside can see it.
const WITHIN: &str = r#"
mount -t tmpfs -o size=100m tmpfs "$1/data" || exit 77
"$2" demo --rate max --for 120s --listen 127.0.0.1:0 --data "$1/data/run" &
server=$!
echo $server > "$1/pid"
while kill -0 $server 2>/dev/null && [ ! -e "$1/grow" ]; do sleep 0.05; done
mount -o remount,size=2g "$1/data"
wait $server || exit 1
"$2" journal verify "$1/data/run"
"#;

/// Once the server has its first segment, the file `fill` has a file put there that takes what is left, and
/// `free` removes it and makes room for more. Some 44,000 inputs a second: of the 770,000 that a segment has room for, the next
/// 200,000 after the file come to a snapshot, also where the file is late.
const WITHIN_FILLED: &str = r#"
mount -t tmpfs -o size=100m tmpfs "$1/data" || exit 77
"$2" demo --rate 1500000 --for 120s --listen 127.0.0.1:0 --data "$1/data/run" &
server=$!
echo $server > "$1/pid"
while kill -0 $server 2>/dev/null && [ ! -e "$1/fill" ]; do sleep 0.02; done
dd if=/dev/zero of="$1/data/filled" bs=4096 2>/dev/null
while kill -0 $server 2>/dev/null && [ ! -e "$1/free" ]; do sleep 0.05; done
rm "$1/data/filled"
mount -o remount,size=4g "$1/data"
wait $server || exit 1
ls -d "$1/data/run/"snapshots*
"$2" journal verify "$1/data/run"
"#;

/// A journal with two snapshots on a disk that is full, and then has room again.
const WITHIN_PRUNED: &str = r#"
mount -t tmpfs -o size=100m tmpfs "$1/data" || exit 77
for events in 1000 2000; do
    "$2" demo --headless --events $events --data "$1/data/run" > "$1/told" || exit 1
done
dd if=/dev/zero of="$1/data/filled" bs=4096 2>/dev/null
"$2" journal prune "$1/data/run" --keep-bytes 1KiB 2>&1
rm "$1/data/filled"
echo "with room:"
"$2" journal prune "$1/data/run" --keep-bytes 1KiB 2>&1
ls -d "$1/data/run/"snapshots*
"#;

fn unshared(arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c"]).args(arguments);
    command
}

/// Says so, past the capture of the test's output, where this process may not mount.
fn can_mount(directory: &Path) -> bool {
    std::fs::create_dir(directory.join("data")).unwrap();
    let probe = r#"mount -t tmpfs -o size=1m tmpfs "$1/data""#;
    let probe = unshared(&[probe, "sh", directory.to_str().unwrap()]).output();
    let can = probe.is_ok_and(|output| output.status.success());
    if !can {
        let told =
            b"\nSKIPPED: disk_full: this process may not mount a file system (unshare -rm)\n";
        std::io::stderr().write_all(told).unwrap();
    }
    can
}

fn start(within: &str, directory: &Path) -> Child {
    let path = directory.to_str().unwrap();
    unshared(&[within, "sh", path, env!("CARGO_BIN_EXE_dynasty")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Has the server end in good order; what it and the script said meanwhile.
fn stop(directory: &Path, child: &mut Child, mut reader: impl Read) -> String {
    let pid = std::fs::read_to_string(directory.join("pid")).unwrap();
    let killed = Command::new("kill").args(["-TERM", pid.trim()]).status();
    assert!(killed.unwrap().success());
    std::fs::remove_file(directory.join("pid")).unwrap();
    let mut told = String::new();
    reader.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told}");
    assert!(
        told.contains("state hash") && told.contains(" check, in "),
        "{told}"
    );
    told
}

/// Waits for a health answer with these words; no healthy run takes two minutes.
fn wait_for(address: &str, words: &str) -> String {
    let started = Instant::now();
    loop {
        let health = get(address, "/v1/health");
        if health.contains(words) {
            return health;
        }
        assert!(started.elapsed() < Duration::from_mins(2), "{health}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn post_order(address: &str) -> String {
    let order = concat!(
        r#"{"client_order_id":"1","instrument":"0","side":"buy","#,
        r#""type":"market","qty":"0.01","tif":"ioc"}"#
    );
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v1/accounts/0/orders HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{order}",
        order.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Ends the server when the test does, however that is.
struct Ends(PathBuf);

impl Drop for Ends {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(&self.0) {
            let _ = Command::new("kill").args(["-KILL", pid.trim()]).output();
        }
    }
}

#[test]
fn without_room_commands_are_refused_reads_go_on_and_room_is_enough_to_recover() {
    let directory = tempfile::tempdir().unwrap();
    if !can_mount(directory.path()) {
        return;
    }
    let mut child = start(WITHIN, directory.path());
    let _ends = Ends(directory.path().join("pid"));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let address = address(&mut reader);

    let health = wait_for(&address, "\"is_disk_full\":true");
    assert!(health.contains("200 OK"), "{health}");
    assert!(health.contains("\"status\":\"degraded\""), "{health}");
    let refused = post_order(&address);
    assert!(
        refused.contains("503") && refused.contains("disk_full"),
        "{refused}"
    );
    assert!(get(&address, "/v1/accounts/0").contains("200 OK"));
    assert!(get(&address, "/metrics").contains("is_disk_full 1"));

    std::fs::write(directory.path().join("grow"), "").unwrap();
    wait_for(&address, "\"status\":\"ok\"");
    let taken = post_order(&address);
    assert!(!taken.contains("disk_full"), "{taken}");
    stop(directory.path(), &mut child, reader);
}

/// The journal has taken its room in advance, so the snapshots are the first that find none.
#[test]
fn without_room_for_a_snapshot_reads_go_on_and_with_it_snapshots_do_too() {
    let directory = tempfile::tempdir().unwrap();
    if !can_mount(directory.path()) {
        return;
    }
    let mut child = start(WITHIN_FILLED, directory.path());
    let _ends = Ends(directory.path().join("pid"));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let address = address(&mut reader);
    let written = || {
        let metrics = get(&address, "/metrics");
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("dynasty_snapshots_total "));
        line.unwrap().parse::<u64>().unwrap()
    };

    let started = Instant::now();
    while get(&address, "/v1/health").contains("\"durable_seq\":\"0\"") {
        assert!(started.elapsed() < Duration::from_mins(2));
    }
    std::fs::write(directory.path().join("fill"), "").unwrap();
    let health = wait_for(&address, "\"is_snapshot_overdue\":true");
    assert!(health.contains("\"status\":\"degraded\""), "{health}");
    assert!(get(&address, "/metrics").contains("is_snapshot_overdue 1"));
    let before = written();
    for account in 0..20 {
        let read = get(&address, &format!("/v1/accounts/{account}"));
        assert!(read.contains("200 OK"), "{read}");
    }
    assert_eq!(written(), before);

    std::fs::write(directory.path().join("free"), "").unwrap();
    wait_for(&address, "\"status\":\"ok\"");
    let started = Instant::now();
    while written() < before + 2 {
        assert!(started.elapsed() < Duration::from_mins(2));
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = stop(directory.path(), &mut child, reader);
    // The store was never asked for what it had no room for.
    assert!(!told.contains("damaged"), "{told}");
}

#[test]
fn snapshots_that_cannot_be_opened_for_want_of_room_are_neither_denied_nor_lost() {
    let directory = tempfile::tempdir().unwrap();
    if !can_mount(directory.path()) {
        return;
    }
    let child = start(WITHIN_PRUNED, directory.path());
    let told = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let (full, with_room) = told.split_once("with room:").unwrap();
    assert!(
        full.contains("nothing is removed: it takes two snapshots that verify: cannot open "),
        "{told}"
    );
    assert!(!full.contains("has none"), "{told}");
    assert!(
        with_room.contains("nothing is removed: no whole segment"),
        "{told}"
    );
    assert!(!told.contains("damaged"), "{told}");
}
