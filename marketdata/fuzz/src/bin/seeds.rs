//! Writes what each target begins with into folders of a folder: `seeds FIXTURES FOLDER`.

use std::fs;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(fixtures), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(std::io::Error::other("usage: seeds FIXTURES FOLDER"));
    };
    for (name, inputs) in fuzz::corpora(&fixtures)? {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        for (place, input) in inputs.iter().enumerate() {
            fs::write(folder.join(format!("seed-{place:03}")), input)?;
        }
        println!("{name}: {} to begin with", inputs.len());
    }
    Ok(())
}
