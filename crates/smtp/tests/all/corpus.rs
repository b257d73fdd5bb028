//! What the fuzzer is given, run as plain tests: whole, and damaged.

use std::fs;
use std::path::Path;

use depesche_smtp::fuzzing;

fn run(folder: &str, laws: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(folder);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus is part of the repository") {
        let data = fs::read(entry.expect("a readable folder").path()).expect("a readable file");
        laws(&data);
        for at in 0..data.len() {
            laws(&data[..at]);
            let mut damaged = data.clone();
            damaged[at] ^= 1 << (at % 8);
            laws(&damaged);
        }
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn the_corpus_of_sessions_keeps_the_laws() {
    run("smtp_session", fuzzing::session);
}

#[test]
fn the_corpus_of_replies_keeps_the_laws() {
    run("smtp_client", fuzzing::client);
}
