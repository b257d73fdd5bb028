//! A PDF that is to be encrypted: `cargo fuzz run pdf_parse_back`. The laws are those of
//! `depesche_pdfkey::fuzzing`, which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_pdfkey::fuzzing::run(data));
