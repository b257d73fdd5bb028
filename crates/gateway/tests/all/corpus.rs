//! What the fuzzer is given, run as a plain test: whole, and damaged.

use std::fs;
use std::path::Path;

use depesche_gateway::fuzzing;

fn run(target: &str, laws: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus is part of the repository") {
        let data = fs::read(entry.expect("a readable folder").path()).expect("a readable file");
        laws(&data);
        for at in (0..data.len()).step_by(data.len() / 20 + 1) {
            let mut damaged = data.clone();
            damaged[at] ^= 1 << (at % 8);
            laws(&damaged);
            laws(&data[..at]);
        }
        count += 1;
    }
    assert!(count >= 20, "{count}");
}

#[test]
fn the_corpus_of_subjects_keeps_the_laws() {
    run("subject_tag", fuzzing::subject_tag);
}

#[test]
fn the_corpus_of_headers_keeps_the_laws() {
    run("mail_rules", fuzzing::mail_rules);
}

#[test]
fn the_corpus_of_addresses_keeps_the_laws() {
    run("mail_address", fuzzing::mail_address);
}
