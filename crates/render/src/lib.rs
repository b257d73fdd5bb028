//! A sheet as a PDF: typeset by typst from one template, to which a mail is data and nothing else.
//!
//! No I/O: there is no file that a template could read, no package it could load, no clock. Fonts come in as
//! bytes ([`fonts`]). Three steps, so that every mail becomes a page: PDF/UA-1, tagged, text alone
//! ([`mod@render`]). The same sheet gives the same bytes.
//!
//! | module | has |
//! |-|-|
//! | [`fonts`] | the letters: some compiled in, others from whoever starts this |
//! | [`pictures`] | a mail's pictures, decoded and written anew |
//! | `world` | all that the template can see |
//! | [`mod@render`] | the door |

pub mod fonts;
pub mod pictures;
pub mod render;
mod world;
