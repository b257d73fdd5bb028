//! Writes `vectors/pdf_*.json`: password and salts, and what comes of them; which characters a password may have.
//!
//! `cargo run --release -p depesche-pdfkey --example vectors`; a test holds the files against this list.

use std::fs;
use std::path::Path;

#[path = "../tests/all/make.rs"]
mod make;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    for (name, text) in make::all() {
        fs::write(folder.join(format!("{name}.json")), text)?;
    }
    Ok(())
}
