//! How a sheet travels to the process that draws it, and the PDF back: length-prefixed pieces.

use serde::{Deserialize, Serialize};

use crate::sheet::Sheet;

/// Bytes of one message either way.
pub const MOST: usize = 256 << 20;

/// How good a page came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grade {
    /// PDF/UA-1 (ISO 14289-1).
    Ua,
    /// Tagged, but with something that PDF/UA refuses.
    Tagged,
    /// The text alone.
    Plain,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A PDF.
    Drawn(Grade, Vec<u8>),
    /// None, whatever was tried.
    Failed,
}

/// Bytes that are no message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message between gateway and worker is damaged")]
pub struct Damaged;

/// A sheet as bytes: its JSON, then each picture.
#[must_use]
pub fn write_sheet(sheet: &Sheet) -> Vec<u8> {
    let json = serde_json::to_vec(sheet).unwrap_or_default();
    let mut out = Vec::with_capacity(json.len() + 64);
    piece(&mut out, &json);
    for picture in &sheet.pictures {
        piece(&mut out, &picture.bytes);
    }
    out
}

/// And back.
///
/// # Errors
/// [`Damaged`]
pub fn read_sheet(bytes: &[u8]) -> Result<Sheet, Damaged> {
    let mut rest = bytes;
    let json = next(&mut rest)?;
    let mut sheet: Sheet = serde_json::from_slice(json).map_err(|_| Damaged)?;
    for picture in &mut sheet.pictures {
        picture.bytes = next(&mut rest)?.to_vec();
    }
    if rest.is_empty() {
        Ok(sheet)
    } else {
        Err(Damaged)
    }
}

/// An answer as bytes.
#[must_use]
pub fn write_answer(answer: &Answer) -> Vec<u8> {
    match answer {
        Answer::Failed => vec![b'F'],
        Answer::Drawn(grade, pdf) => {
            let letter = match grade {
                Grade::Ua => b'U',
                Grade::Tagged => b'T',
                Grade::Plain => b'P',
            };
            [&[letter], pdf.as_slice()].concat()
        }
    }
}

/// And back.
///
/// # Errors
/// [`Damaged`]
pub fn read_answer(bytes: &[u8]) -> Result<Answer, Damaged> {
    let (letter, pdf) = bytes.split_first().ok_or(Damaged)?;
    let grade = match letter {
        b'U' => Grade::Ua,
        b'T' => Grade::Tagged,
        b'P' => Grade::Plain,
        b'F' if pdf.is_empty() => return Ok(Answer::Failed),
        _ => return Err(Damaged),
    };
    Ok(Answer::Drawn(grade, pdf.to_vec()))
}

fn piece(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn next<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Damaged> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(Damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (piece, after) = after.split_at_checked(length).ok_or(Damaged)?;
    *rest = after;
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::Picture;

    #[test]
    fn a_sheet_arrives_as_it_left() {
        let sheet = Sheet {
            pictures: vec![
                Picture {
                    id: "a@x".into(),
                    bytes: vec![1, 2, 3],
                },
                Picture {
                    id: "b@x".into(),
                    bytes: Vec::new(),
                },
            ],
            ..Sheet::default()
        };
        let bytes = write_sheet(&sheet);
        assert_eq!(read_sheet(&bytes), Ok(sheet));
        for end in 0..bytes.len() {
            assert_eq!(read_sheet(&bytes[..end]), Err(Damaged));
        }
    }

    #[test]
    fn an_answer_arrives_as_it_left() {
        for answer in [
            Answer::Failed,
            Answer::Drawn(Grade::Ua, vec![1]),
            Answer::Drawn(Grade::Plain, vec![]),
        ] {
            assert_eq!(read_answer(&write_answer(&answer)), Ok(answer));
        }
        assert_eq!(read_answer(b""), Err(Damaged));
        assert_eq!(read_answer(b"Fx"), Err(Damaged));
    }
}
