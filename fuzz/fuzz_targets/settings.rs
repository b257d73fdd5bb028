//! Every reader of other programs' settings: `cargo fuzz run settings`. The laws are those of
//! `depesche_settings::fuzzing`, which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_settings::fuzzing::run(data));
