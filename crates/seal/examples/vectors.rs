//! Writes the vectors: `cargo run --release -p depesche-seal --example vectors`.
//!
//! Only when the format changes. What changed is then read in the diff, file by file.

#[path = "../tests/all/make/mod.rs"]
mod make;

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    fs::create_dir_all(&folder)?;
    let all = make::all();
    for (name, value) in &all {
        fs::write(folder.join(format!("{name}.json")), make::to_text(value))?;
    }
    println!("{} vectors", all.len());
    Ok(())
}
