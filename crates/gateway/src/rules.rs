//! What becomes of a mail, decided before it is acknowledged: refused, sent on as it came, or protected.
//!
//! | says "protect" | not for |
//! |-|-|
//! | the tag at the start of the subject | automatic mail |
//! | `X-Depesche-Secure: yes` | |
//! | `Sensitivity: Company-Confidential`, `Private` | automatic mail |
//! | an answer to a protected mail | automatic mail |
//! | a rule for this sender or recipient, or for mail of that size | |
//!
//! Only mail of our own people is protected, and only for people elsewhere. What says that it is encrypted
//! already is looked into when it is converted, and passes then if it is. Nothing but the tag, our own control headers and false marks of ours is taken out.

use std::collections::HashSet;

use depesche_domain::mail::{Treatment, fold};
use depesche_seal::primitives::sha256;
use mail_parser::{Address, MessageParser};

use crate::header::{self, Field};
use crate::tag::Tag;
use crate::trace::{self, Mark, Tracer};

/// The header by which a program asks for protection.
pub(crate) const SECURE: &str = "X-Depesche-Secure";
/// How often a mail may have been handed on before it counts as going round.
const MOST_HOPS: usize = 25;
/// Of an answer's References so many are looked up, from the newest.
const REFERENCES: usize = 20;

/// An address, or a domain with all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// One address, folded.
    Address(String),
    /// `partner.example` and its subdomains.
    Domain(String),
}

impl Pattern {
    /// `name@partner.example`, `partner.example` or `@partner.example`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_prefix('@').unwrap_or(text) {
            "" => None,
            domain if !domain.contains('@') => {
                let ascii = fold(&format!("x@{domain}"));
                Some(Self::Domain(ascii.strip_prefix("x@")?.to_owned()))
            }
            address => Some(Self::Address(fold(address))),
        }
    }

    pub(crate) fn fits(&self, folded: &str) -> bool {
        match self {
            Self::Address(address) => address == folded,
            Self::Domain(domain) => domain_of(folded).is_some_and(|found| {
                found == domain
                    || found
                        .strip_suffix(domain.as_str())
                        .is_some_and(|front| front.ends_with('.'))
            }),
        }
    }
}

fn domain_of(folded: &str) -> Option<&str> {
    folded.rsplit_once('@').map(|(_, domain)| domain)
}

/// What the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The tag; none = no tag.
    pub tag: Option<Tag>,
    /// Our own domains; none = everybody who sends by a trusted peer is ours, and no recipient is.
    pub domains: Vec<Pattern>,
    /// Recipients whose mail is always protected.
    pub protect_to: Vec<Pattern>,
    /// Senders whose mail is always protected.
    pub protect_from: Vec<Pattern>,
    /// Mail of more bytes is always protected.
    pub protect_above: Option<u64>,
}

/// Why a mail is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It carries our own mark.
    Loop,
    /// It was handed on too often.
    TooManyHops,
}

/// What would become of a mail of our own people: protected, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foretold {
    /// Without any wish.
    pub usual: bool,
    /// With the tag in its subject.
    pub tagged: bool,
}

/// What became of a mail.
pub(crate) struct Verdict {
    /// In the order of the recipients.
    pub(crate) treatments: Vec<Treatment>,
    /// The same, if it turns out to be larger than mail may be that goes as it is.
    pub(crate) if_large: Vec<Treatment>,
    /// Not named in the mail itself, in the same order; told where it is protected, or is if it is large.
    pub(crate) bcc: Vec<bool>,
    /// The header as it goes on, with its empty line.
    pub(crate) header: Vec<u8>,
}

impl Verdict {
    /// What becomes of it, now that its size is known.
    pub(crate) fn of_size(&self, rules: &Rules, size: u64) -> &[Treatment] {
        if rules.protect_above.is_some_and(|most| size > most) {
            &self.if_large
        } else {
            &self.treatments
        }
    }
}

/// What a header says, before the store was asked.
pub(crate) struct Facts<'a> {
    fields: Vec<Field<'a>>,
    header: &'a [u8],
    /// SHA-256 of the Message-ID.
    pub(crate) thread: Option<[u8; 32]>,
    is_auto: bool,
    asks: bool,
    confidential: bool,
}

impl<'a> Facts<'a> {
    /// Of a whole header with its empty line.
    pub(crate) fn read(header: &'a [u8]) -> Self {
        let fields = header::fields(header);
        let text = |name: &str| header::first(&fields, name).map(|f| f.text().to_ascii_lowercase());
        let thread = header::first(&fields, "Message-ID")
            .and_then(|field| header::ids(field.value()).first().map(|id| sha256(id)));
        let sensitivity = text("Sensitivity").unwrap_or_default();
        let asks = fields
            .iter()
            .filter(|f| f.is(SECURE))
            .any(|f| matches!(f.text().to_ascii_lowercase().as_str(), "yes" | "true" | "1"));
        Self {
            is_auto: is_auto(&fields),
            asks,
            confidential: ["company-confidential", "private"].contains(&sensitivity.as_str()),
            thread,
            fields,
            header,
        }
    }

    /// SHA-256 of the Message-IDs that this one answers, the newest first.
    pub(crate) fn answers(&self) -> Vec<[u8; 32]> {
        let of = |name: &str| {
            let fields = self.fields.iter().filter(move |f| f.is(name));
            fields
                .flat_map(|f| header::ids(f.value()))
                .collect::<Vec<_>>()
        };
        let mut ids = of("In-Reply-To");
        ids.extend(of("References").into_iter().rev());
        let mut found: Vec<[u8; 32]> = Vec::new();
        for id in ids.into_iter().map(sha256) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        found.truncate(REFERENCES);
        found
    }

    fn from(&self) -> Option<String> {
        let field = header::first(&self.fields, "From")?;
        addresses(field).into_iter().next()
    }
}

/// RFC 3834 section 2, and what lists and old programs write.
fn is_auto(fields: &[Field<'_>]) -> bool {
    let says = |name: &str, words: &[&str]| {
        let field = header::first(fields, name);
        field.is_some_and(|f| words.contains(&f.text().to_ascii_lowercase().as_str()))
    };
    let submitted = header::first(fields, "Auto-Submitted");
    submitted.is_some_and(|f| !f.text().to_ascii_lowercase().starts_with("no"))
        || header::first(fields, "List-Id").is_some()
        || header::first(fields, "List-Unsubscribe").is_some()
        || says("Precedence", &["bulk", "junk", "list", "auto_reply"])
}

/// The addresses of a field, folded.
pub(crate) fn addresses(field: &Field<'_>) -> Vec<String> {
    let mail = [b"To:", field.value(), b"\r\n"].concat();
    let Some(mail) = MessageParser::new().parse_headers(mail.as_slice()) else {
        return Vec::new();
    };
    let all = match mail.to() {
        Some(Address::List(list)) => list.iter().collect::<Vec<_>>(),
        Some(Address::Group(groups)) => groups.iter().flat_map(|g| &g.addresses).collect(),
        None => Vec::new(),
    };
    all.into_iter()
        .filter_map(|address| address.address.as_deref())
        .map(fold)
        .collect()
}

/// A mail's way in.
pub(crate) struct Arrival<'a> {
    /// `MAIL FROM`, empty for the null sender.
    pub(crate) sender: &'a str,
    /// `RCPT TO`
    pub(crate) recipients: &'a [&'a str],
    /// Whoever sends it may send for us.
    pub(crate) is_trusted: bool,
}

impl Rules {
    fn is_ours(&self, folded: &str) -> bool {
        self.domains.iter().any(|domain| domain.fits(folded))
    }

    /// What would become of a mail of our own people to this address.
    pub fn foretell(&self, to: &str) -> Foretold {
        let folded = fold(to);
        let ours = self.is_ours(&folded);
        let by_rule = self.protect_to.iter().any(|pattern| pattern.fits(&folded));
        Foretold {
            usual: !ours && by_rule,
            tagged: !ours && (by_rule || self.tag.is_some()),
        }
    }

    /// Mail for this recipient is taken from anybody.
    pub(crate) fn is_for_us(&self, address: &str) -> bool {
        self.is_ours(&fold(address))
    }

    /// The mail is of our own people.
    fn is_from_us(&self, arrival: &Arrival<'_>, facts: &Facts<'_>) -> bool {
        if !arrival.is_trusted {
            return false;
        }
        if self.domains.is_empty() {
            return true;
        }
        match arrival.sender {
            "" => facts.from().is_some_and(|from| self.is_ours(&from)),
            sender => self.is_ours(&fold(sender)),
        }
    }

    /// Whether the store is to be asked about a thread.
    pub(crate) fn asks_for_thread(&self, arrival: &Arrival<'_>, facts: &Facts<'_>) -> bool {
        !facts.is_auto && !arrival.sender.is_empty() && self.is_from_us(arrival, facts)
    }

    /// Decides. `in_thread`: it answers a protected mail.
    pub(crate) fn decide(
        &self,
        arrival: &Arrival<'_>,
        facts: &Facts<'_>,
        in_thread: bool,
        tracer: &Tracer,
    ) -> Result<Verdict, Refused> {
        let hops = facts.fields.iter().filter(|f| f.is("Received")).count();
        if hops > MOST_HOPS {
            return Err(Refused::TooManyHops);
        }
        let ours = self.is_from_us(arrival, facts);
        let mut changes: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut tagged = false;
        for (at, field) in facts.fields.iter().enumerate() {
            if field.is(trace::NAME) {
                let mark = tracer.judge(
                    field,
                    facts.thread.as_ref(),
                    arrival.sender,
                    arrival.recipients,
                );
                match mark {
                    Some(Mark::Own) => return Err(Refused::Loop),
                    Some(Mark::Other) => changes.push((at, Vec::new())),
                    None => {}
                }
            } else if field.is(SECURE) {
                changes.push((at, Vec::new()));
            } else if ours
                && field.is("Subject")
                && let Some(new) = self.tag.as_ref().and_then(|tag| tag.remove(field))
            {
                tagged = true;
                changes.push((at, new));
            }
        }
        let is_person = !facts.is_auto && !arrival.sender.is_empty();
        let wanted = facts.asks || is_person && (tagged || facts.confidential || in_thread);
        let treatments = self.treatments(arrival, ours, wanted);
        let if_large = match self.protect_above {
            Some(_) => self.treatments(arrival, ours, true),
            None => treatments.clone(),
        };
        let bcc = if if_large.contains(&Treatment::Protect) {
            let named = named(&facts.fields);
            let is_named = |address: &&str| named.contains(&fold(address));
            arrival.recipients.iter().map(|r| !is_named(r)).collect()
        } else {
            vec![false; arrival.recipients.len()]
        };
        Ok(Verdict {
            treatments,
            if_large,
            bcc,
            header: changed(facts, &changes),
        })
    }

    fn treatments(&self, arrival: &Arrival<'_>, ours: bool, wanted: bool) -> Vec<Treatment> {
        let sender = fold(arrival.sender);
        let by_sender = self
            .protect_from
            .iter()
            .any(|pattern| pattern.fits(&sender));
        let one = |address: &&str| {
            let folded = fold(address);
            let by_rule = by_sender || self.protect_to.iter().any(|p| p.fits(&folded));
            if ours && !self.is_ours(&folded) && (wanted || by_rule) {
                Treatment::Protect
            } else {
                Treatment::Pass
            }
        };
        arrival.recipients.iter().map(one).collect()
    }
}

/// Who is named where every recipient sees it.
fn named(fields: &[Field<'_>]) -> HashSet<String> {
    let names = ["To", "Cc", "Resent-To", "Resent-Cc"];
    let fields = fields
        .iter()
        .filter(|f| names.iter().any(|name| f.is(name)));
    fields.flat_map(addresses).collect()
}

/// The header with some fields replaced; byte for byte the same without.
fn changed(facts: &Facts<'_>, changes: &[(usize, Vec<u8>)]) -> Vec<u8> {
    if changes.is_empty() {
        return facts.header.to_vec();
    }
    let mut out = Vec::with_capacity(facts.header.len());
    for (at, field) in facts.fields.iter().enumerate() {
        match changes.iter().find(|(changed, _)| *changed == at) {
            Some((_, new)) => out.extend_from_slice(new),
            None => out.extend_from_slice(field.raw),
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

#[cfg(test)]
mod tests;
