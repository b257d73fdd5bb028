//! A mail, on its way to a page: `cargo fuzz run mime`. The laws are those of `depesche_page::fuzzing`,
//! which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_page::fuzzing::run(data));
