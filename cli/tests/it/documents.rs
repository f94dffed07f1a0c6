//! Every relative link of our Markdown pages leads to a file.

use std::path::{Path, PathBuf};

fn pages(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["target", "node_modules", ".git"].contains(&name) {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    pages(root, &mut found);
    let mut links = 0;
    for page in &found {
        let text = std::fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            links += 1;
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
    assert!(links > 5, "links are no longer found");
}

/// The transcript of `docs/backtest-report.md` is what the program says, but for how long it took and what the report is
/// called; `DYNASTY_GOLDEN=update` writes it anew, `scripts/report-transcript` with its picture.
#[test]
fn the_transcript_of_a_report_is_what_the_program_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = root.join("docs/backtest-report.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (begin, end) = ("<!-- transcript -->\n\n", "\n<!-- end -->");
    let (head, rest) = text.split_once(begin).unwrap();
    let (written, tail) = rest.split_once(end).unwrap();
    let command = written.lines().next().unwrap();
    let words = command.trim().strip_prefix("$ dynasty ").unwrap();
    let words = words.strip_suffix(" --report report.html").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(words.split(' '))
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).unwrap();
    let lines = said.lines().filter(|line| !line.starts_with("took "));
    let lines = lines.map(|line| format!("    {}\n", line.trim_end()));
    let expected = format!("{command}\n{}", lines.collect::<String>());
    if std::env::var_os("DYNASTY_GOLDEN").is_some() {
        let text = format!("{head}{begin}{expected}{end}{tail}");
        std::fs::write(&page, text).unwrap();
        return;
    }
    assert_eq!(written, expected);
}
