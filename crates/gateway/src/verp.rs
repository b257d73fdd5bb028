//! Notices leave under an address of their own, so that one that comes back says which it was.

/// The sender of the notice with this id, at `domain`.
pub fn write(id: &[u8; 16], domain: &str) -> String {
    let id = data_encoding::HEXLOWER.encode(id);
    format!("bounce+{id}@{domain}")
}

/// The id in such an address at `domain`; none for any other address.
pub fn read(address: &str, domain: &str) -> Option<[u8; 16]> {
    let (local, at) = address.rsplit_once('@')?;
    if !at.eq_ignore_ascii_case(domain) {
        return None;
    }
    let local = local.to_ascii_lowercase();
    let id = local.strip_prefix("bounce+")?;
    let id = data_encoding::HEXLOWER.decode(id.as_bytes()).ok()?;
    id.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_names_its_notice() {
        let address = write(&[0xab; 16], "portal.test");
        assert_eq!(read(&address, "Portal.test"), Some([0xab; 16]));
        assert_eq!(
            read(&address.to_uppercase(), "portal.test"),
            Some([0xab; 16])
        );
        for other in [
            "bounce+ab@portal.test",
            "bounce@portal.test",
            "x",
            "bounce+@portal.test",
        ] {
            assert_eq!(read(other, "portal.test"), None);
        }
        assert_eq!(read(&address, "other.test"), None);
    }
}
