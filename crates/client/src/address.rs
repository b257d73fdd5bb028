//! One spelling for an address, by which people are found again: claim codes and pins hang on it.

use unicode_normalization::UnicodeNormalization as _;

/// The domain in its ASCII form (UTS #46), all of it in normal form C and lower case, as the server compares addresses.
/// What is no address stays as it is, in lower case.
pub(crate) fn folded(address: &str) -> String {
    let address = address.trim();
    let whole = address.rsplit_once('@').and_then(|(local, domain)| {
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        Some(format!("{local}@{domain}"))
    });
    let whole = whole.as_deref().unwrap_or(address);
    whole.nfc().collect::<String>().to_lowercase()
}

/// Whether two spellings are one address.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn an_address_is_itself_in_other_case_and_form() {
        for (a, b) in [
            ("You@Example.TEST", "you@example.test"),
            ("jürgen@example.test", "ju\u{308}rgen@example.test"),
            ("a@bücher.example", "A@XN--BCHER-KVA.example"),
            (" a@b.test ", "a@b.test"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        assert!(!same("a@b.test", "a@c.test"));
        assert!(!same("jurgen@b.test", "jürgen@b.test"));
    }
}
