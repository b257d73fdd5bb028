//! What the fuzzer is given, run as a plain test: whole, and damaged.

use std::fs;
use std::path::Path;

use depesche_page::fuzzing;

#[test]
fn the_corpus_keeps_the_laws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/mime");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus is part of the repository") {
        let data = fs::read(entry.expect("a readable folder").path()).expect("a readable file");
        fuzzing::run(&data);
        for at in (0..data.len()).step_by(data.len() / 20 + 1) {
            let mut damaged = data.clone();
            damaged[at] ^= 1 << (at % 8);
            fuzzing::run(&damaged);
            fuzzing::run(&data[..at]);
        }
        count += 1;
    }
    assert!(count >= 10, "{count}");
}
