//! Settings of mail programs: read, written, carried from one to the next.
//!
//! Pure but for [`thunderbird`], which opens files of a private copy. No clock, no randomness: both are
//! handed in ([`bundle::stamp::Stamp`], [`secret::Entropy`]). What does not come along is data
//! ([`loss::Loss`]), and no reader panics on anything.
//!
//! | module | has |
//! |-|-|
//! | [`bundle`] | the open settings bundle, in the middle of everything |
//! | [`convert`] | one door: detect, read, write |
//! | [`thunderbird`] | profiles of Thunderbird for desktop |
//! | [`k9s`], [`mobile_qr`] | Thunderbird for Android |
//! | [`mobileconfig`] | iOS and macOS |
//! | [`vcard`], [`sieve`], [`quicktext`], [`parts`] | contacts, rules, quick texts; single files |
//! | [`secret`], [`loss`], [`extra`] | what all of them speak of |

pub mod bundle;
pub mod cms;
pub mod convert;
mod der;
pub mod extra;
pub mod file;
mod folder_uri;
pub mod fuzzing;
mod html;
pub mod k9s;
pub mod loss;
pub mod mobile_qr;
pub mod mobileconfig;
mod oid;
mod openpgp;
pub mod p12;
pub mod parts;
mod pbes2;
mod plist;
mod primitives;
pub mod quicktext;
pub mod secret;
mod sending;
pub mod sieve;
pub mod thunderbird;
pub mod uuid;
pub mod vcard;
mod x509;
pub mod xml;
