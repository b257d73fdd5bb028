//! Encrypted PDFs under test: vectors first, then other people's readers, then what each file must keep.

mod corpus;
mod encrypting;
mod make;
mod peer;
mod properties;
mod readers;
mod vectors;
