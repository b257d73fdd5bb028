//! What the fuzzer found worth keeping, run as a plain test (`fuzz/corpus/seal_format`).

#[path = "../../../../fuzz/fuzz_targets/seal_format_body.rs"]
mod body;

use std::fs;
use std::path::Path;

#[test]
fn the_corpus_keeps_the_laws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/seal_format");
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a readable folder").path();
        body::run(&fs::read(&path).expect("a readable file"));
        count += 1;
    }
    assert!(count >= 20, "{count} files in {}", folder.display());
}
