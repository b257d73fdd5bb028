//! What is needed of a certificate (RFC 5280): whose it is, who issued it, whether it is an authority's.
//! Nothing is verified here: the keys in a profile are the person's own.

use crate::der::{self, Node, Reader};
use crate::oid;

/// A certificate's parts, each as the bytes that stand in it.
#[derive(Clone, Copy)]
pub(crate) struct Certificate<'a> {
    pub(crate) der: &'a [u8],
    pub(crate) serial: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// `None` for what is not shaped like a certificate.
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let whole = Reader::new(der).expect(der::SEQUENCE)?;
        let mut tbs = whole.inside().enter(der::SEQUENCE)?;
        tbs.expect(der::context(0));
        let serial = tbs.expect(der::INTEGER)?.whole;
        tbs.expect(der::SEQUENCE)?;
        let issuer = tbs.expect(der::SEQUENCE)?.whole;
        tbs.expect(der::SEQUENCE)?;
        let subject = tbs.expect(der::SEQUENCE)?.whole;
        tbs.expect(der::SEQUENCE)?;
        let mut extensions: &[u8] = &[];
        while let Some(node) = tbs.next() {
            if node.tag == der::context(3) {
                extensions = node.content;
            }
        }
        Some(Self {
            der: whole.whole,
            serial,
            issuer,
            subject,
            extensions,
        })
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    pub(crate) fn common_name(&self) -> Option<String> {
        self.in_subject(oid::COMMON_NAME)
    }

    /// The addresses of the alternative name, else that of the subject.
    pub(crate) fn emails(&self) -> Vec<String> {
        let mut emails = Vec::new();
        if let Some(mut names) = self.extension(oid::SUBJECT_ALT_NAME) {
            while let Some(name) = names.next() {
                // rfc822Name, [1] implicit IA5String.
                if name.tag == 0x81 {
                    emails.extend(
                        std::str::from_utf8(name.content)
                            .ok()
                            .map(str::to_lowercase),
                    );
                }
            }
        }
        if emails.is_empty() {
            emails.extend(
                self.in_subject(oid::EMAIL_ADDRESS)
                    .map(|email| email.to_lowercase()),
            );
        }
        emails
    }

    pub(crate) fn is_authority(&self) -> bool {
        let constraints = self.extension(oid::BASIC_CONSTRAINTS);
        let flag = constraints.and_then(|mut constraints| constraints.expect(der::BOOLEAN));
        flag.is_some_and(|flag| flag.content.iter().any(|byte| *byte != 0))
    }

    /// What is inside the SEQUENCE of an extension.
    fn extension(&self, wanted: &[u8]) -> Option<Reader<'a>> {
        let mut extensions = Reader::new(self.extensions).enter(der::SEQUENCE)?;
        while let Some(mut extension) = extensions.enter(der::SEQUENCE) {
            let id = extension.expect(der::OID)?;
            extension.expect(der::BOOLEAN);
            let value = extension.expect(der::OCTET_STRING)?;
            if id.content == wanted {
                return value.inside().enter(der::SEQUENCE);
            }
        }
        None
    }

    fn in_subject(&self, wanted: &[u8]) -> Option<String> {
        let mut names = Reader::new(self.subject).enter(der::SEQUENCE)?;
        while let Some(mut set) = names.enter(der::SET) {
            let mut pair = set.enter(der::SEQUENCE)?;
            let id = pair.expect(der::OID)?;
            if id.content == wanted {
                return pair.next().and_then(text);
            }
        }
        None
    }
}

fn text(node: Node<'_>) -> Option<String> {
    if node.tag == der::BMP_STRING {
        let units = node.content.chunks_exact(2);
        let units: Vec<u16> = units
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16(&units).ok();
    }
    std::str::from_utf8(node.content).ok().map(str::to_owned)
}
