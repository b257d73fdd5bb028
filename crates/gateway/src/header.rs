//! A mail's header as bytes: fields as they stand, so that what is not changed stays as it came.
//!
//! Reading is lenient and takes every line until the first empty one; what a careless reader behind us may take
//! for a field is looked at here as well.

/// One field with its continuation lines and its last CR LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// As it stands; empty for a line that is no field.
    pub(crate) name: &'a str,
    /// All its bytes.
    pub(crate) raw: &'a [u8],
    /// The bytes behind the colon.
    value: &'a [u8],
}

impl Field<'_> {
    /// The name is this one, in any case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The bytes behind the colon, folded lines and all.
    pub(crate) const fn value(&self) -> &[u8] {
        self.value
    }

    /// The value in one line, for values that are ASCII by their grammar; other bytes are replaced.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(self.value);
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Where the header ends: behind its empty line. None = the end has not come yet. The first `searched` bytes
/// were looked at before.
pub(crate) fn end(bytes: &[u8], searched: usize) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    let from = searched.saturating_sub(3);
    memchr::memmem::find(bytes.get(from..)?, b"\r\n\r\n").map(|at| from + at + 4)
}

/// The fields of a header, in their order; the empty line is none of them.
pub(crate) fn fields(header: &[u8]) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let mut rest = header;
    while !rest.is_empty() && !rest.starts_with(b"\r\n") {
        let mut length = line(rest);
        while matches!(rest.get(length), Some(b' ' | b'\t')) {
            length += line(&rest[length..]);
        }
        let (raw, behind) = rest.split_at(length);
        found.push(field(raw));
        rest = behind;
    }
    found
}

/// Bytes of the first line with its end.
fn line(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}

fn field(raw: &[u8]) -> Field<'_> {
    let colon = memchr::memchr(b':', raw);
    let name = colon.map(|at| raw[..at].trim_ascii_end());
    let name = name.filter(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic));
    match (name.and_then(|name| std::str::from_utf8(name).ok()), colon) {
        (Some(name), Some(at)) => Field {
            name,
            raw,
            value: &raw[at + 1..],
        },
        _ => Field {
            name: "",
            raw,
            value: &[],
        },
    }
}

/// The first field of that name.
pub(crate) fn first<'a, 'b>(fields: &'b [Field<'a>], name: &str) -> Option<&'b Field<'a>> {
    fields.iter().find(|field| field.is(name))
}

/// What stands in angle brackets: the ids of Message-ID, In-Reply-To, References.
pub(crate) fn ids(value: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(begin) = memchr::memchr(b'<', rest) {
        let Some(length) = memchr::memchr(b'>', &rest[begin..]) else {
            break;
        };
        found.push(&rest[begin..=begin + length]);
        rest = &rest[begin + length + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_nothing_is_lost() {
        let header = b"Received: a\r\n\tb\r\nSubject : x\r\nnonsense\r\n: y\r\nX:\r\n\r\n";
        let found = fields(header);
        let names: Vec<&str> = found.iter().map(|f| f.name).collect();
        assert_eq!(names, ["Received", "Subject", "", "", "X"]);
        assert_eq!(found[0].text(), "a b");
        assert_eq!(found[1].text(), "x");
        let whole: Vec<u8> = found.iter().flat_map(|f| f.raw.to_vec()).collect();
        assert_eq!(whole, &header[..header.len() - 2]);
        for searched in 0..header.len() {
            assert_eq!(end(header, searched), Some(header.len()));
        }
        assert_eq!(end(b"\r\ntext", 0), Some(2));
        assert_eq!(end(b"A: b\r\n", 0), None);
    }

    #[test]
    fn ids_stand_in_brackets() {
        assert_eq!(
            ids(b" <a@b>\r\n <c@d> (x) <"),
            [b"<a@b>".as_slice(), b"<c@d>"]
        );
        assert!(ids(b"a@b").is_empty());
    }
}
