//! PDF 2.0 encryption, revision 6 (ISO 32000-2 section 7.6), made from a credential instead of a password.
//!
//! Whoever sets a password derives from it once what every later PDF needs, in the own browser: [`credential`].
//! The server keeps that and never sees the password; [`mod@encrypt`] makes a PDF that opens with it.
//!
//! Pure: no I/O, no clock, no randomness. Random bytes are parameters.
//!
//! | module | has |
//! |-|-|
//! | [`primitives`] | the algorithms; names their crates |
//! | [`password`] | what a PDF password may be, so that it opens in every reader |
//! | [`credential`] | U and its key; whether a typed password is the one |
//! | [`mod@encrypt`] | a PDF in, the encrypted PDF out |
//!
//! ```
//! use depesche_pdfkey::credential::{Credential, Salts};
//! use depesche_pdfkey::encrypt::encrypt;
//! use depesche_pdfkey::password::Password;
//!
//! # fn random(bytes: &mut [u8]) { bytes.fill(7) }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let pdf = depesche_pdfkey::fuzzing::smallest();
//! // Once, where the password is typed:
//! let password = Password::parse("kiefer tasse mond regal uhr")?;
//! let (mut validation, mut key) = ([0; 8], [0; 8]);
//! random(&mut validation);
//! random(&mut key);
//! let credential = Credential::derive(&password, Salts { validation, key });
//!
//! // For each PDF, without the password:
//! let protected = encrypt(&pdf, &credential, &mut random)?;
//! assert!(credential.user().is_opened_by(&password));
//! # assert!(protected.starts_with(b"%PDF-1.7"));
//! # Ok(())
//! # }
//! ```

pub mod credential;
pub mod encrypt;
pub mod fuzzing;
pub mod password;
pub mod primitives;
