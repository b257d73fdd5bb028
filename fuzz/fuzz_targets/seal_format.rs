//! Everything of the sealed format that reads foreign bytes: `cargo fuzz run seal_format`.
#![no_main]

mod seal_format_body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| seal_format_body::run(data));
