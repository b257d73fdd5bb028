//! What the fuzzer found worth keeping, run as a plain test (`fuzz/corpus/settings`), whole and damaged.

use std::fs;
use std::path::Path;

use depesche_settings::fuzzing;

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/settings");
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read(path).expect("a file")))
        .collect();
    files.sort();
    files
}

#[test]
fn every_reader_has_a_corpus_and_keeps_the_laws() {
    let mut readers: Vec<usize> = Vec::new();
    for (_, data) in corpus() {
        readers.extend(
            data.first()
                .map(|choice| usize::from(*choice) % fuzzing::READERS.len()),
        );
        fuzzing::run(&data);
    }
    for (at, (name, _)) in fuzzing::READERS.iter().enumerate() {
        assert!(readers.contains(&at), "no corpus for {name}");
    }
}

/// Cut, and with bytes changed at places that a fixed sequence chooses.
#[test]
fn damaged_files_keep_the_laws() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap_or_default()
    };
    for (_, data) in corpus().iter().filter(|(_, data)| data.len() > 1) {
        for _ in 0..60 {
            let mut damaged = data.clone();
            for _ in 0..=next(4) {
                let at = 1 + next(damaged.len() - 1);
                damaged[at] = match next(3) {
                    0 => u8::try_from(next(256)).unwrap_or_default(),
                    1 => damaged[at] ^ (1 << next(8)),
                    _ => damaged[1 + next(damaged.len() - 1)],
                };
            }
            if next(4) == 0 {
                damaged.truncate(1 + next(damaged.len()));
            }
            fuzzing::run(&damaged);
        }
    }
}
