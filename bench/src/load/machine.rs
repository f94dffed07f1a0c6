//! What the operating system says of this process and its machine.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// Processor time of each thread, by name.
#[derive(Debug, Clone, Default)]
pub struct Busy(BTreeMap<String, Duration>);

impl Busy {
    /// As of now; in steps of 10 ms.
    pub fn now() -> Self {
        let mut busy = BTreeMap::new();
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
        for task in tasks.flatten() {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            let Some((head, rest)) = stat.rsplit_once(')') else {
                continue;
            };
            let name = head.split_once('(').map_or("", |(_, name)| name);
            let ticks = |field: usize| -> u64 {
                let field = rest.split_whitespace().nth(field);
                field.and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
            };
            // Fields 14 and 15 of the line, in hundredths of a second.
            let spent = Duration::from_millis(10 * (ticks(11) + ticks(12)));
            *busy.entry(name.to_owned()).or_default() += spent;
        }
        Self(busy)
    }

    /// Since then.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let spent = |(name, now): (&String, &Duration)| {
            let before = earlier.0.get(name).copied().unwrap_or_default();
            (name.clone(), now.saturating_sub(before))
        };
        Self(self.0.iter().map(spent).collect())
    }

    /// Of the thread that this program began with.
    pub fn of_main(&self) -> Duration {
        let name = fs::read_to_string("/proc/self/comm").unwrap_or_default();
        self.of(name.trim_end())
    }

    /// Of one thread.
    pub fn of(&self, name: &str) -> Duration {
        self.0.get(name).copied().unwrap_or_default()
    }
}

/// Resident memory of this process in bytes: now, and the most that it was.
pub fn resident() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1_024
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Processor, cores, and how busy the machine is besides.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    format!("{model}, {cores} cores, load average {}", load.join(" "))
}
