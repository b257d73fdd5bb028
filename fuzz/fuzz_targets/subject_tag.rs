//! The subject of a mail, with or without a tag: `cargo fuzz run subject_tag`. The laws are those of
//! `depesche_gateway::fuzzing`, which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_gateway::fuzzing::subject_tag(data));
