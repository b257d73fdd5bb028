//! A mail as a page: read, made harmless, and laid out as a tree of blocks and runs.
//!
//! Pure: no I/O, no clock, no randomness. Nothing here ever names a remote picture to anybody who could load
//! it: what is not in the mail is not in the page. What a mail says is data all the way; no markup of any
//! kind comes out.
//!
//! | module | has |
//! |-|-|
//! | [`limits`] | what a mail may weigh; a bomb is refused before it is parsed |
//! | [`letter`] | a mail opened: headers, body, pictures, attachments, events, notes |
//! | [`mod@read`] | bytes in, a [`letter::Letter`] out |
//! | [`charset`], [`headers`], [`names`] | odd encodings, odd headers, hostile file names |
//! | [`tnef`], [`rtf`], [`calendar`] | winmail.dat, its bodies, invitations |
//! | [`opaque`], [`armour`] | opaque signatures; what is encrypted already |
//! | [`data`] | pictures that stand in the HTML itself |
//! | [`tree`] | blocks and runs |
//! | [`text`], [`html`] | plain text and HTML as a tree |
//! | [`plain`] | HTML as its plain text |
//! | [`style`], [`element`], `flow`, `table` | what HTML's parts mean, and where they go |
//! | [`words`] | what the page itself says, in de, en, cs |
//! | [`sheet`] | all that is drawn, ready to travel to another process |
//! | [`frame`] | how it travels |
//! | [`fuzzing`] | the laws that any bytes must keep |

pub mod armour;
pub mod calendar;
pub mod charset;
pub mod data;
pub mod element;
mod flow;
pub mod frame;
pub mod fuzzing;
pub mod headers;
pub mod html;
pub mod letter;
pub mod limits;
pub mod names;
pub mod opaque;
pub mod plain;
pub mod read;
pub mod rtf;
pub mod sheet;
pub mod style;
mod table;
pub mod text;
pub mod tnef;
pub mod tree;
pub mod words;
