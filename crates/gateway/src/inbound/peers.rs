//! Networks whose machines may send for our people.

use std::net::IpAddr;

/// `192.0.2.0/24`, `2001:db8::/32` or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: u128,
    bits: u32,
    is_v4: bool,
}

/// Not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is written as 192.0.2.0/24, 2001:db8::/32 or one address")]
pub struct NotANetwork;

/// An address as a number, and whether it is one of IPv4, also if it is mapped into IPv6.
fn number(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), true),
        IpAddr::V6(v6) => (v6.to_bits(), false),
    }
}

impl std::str::FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let (first, is_v4) = number(address);
        let most = if is_v4 { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().map_err(|_| NotANetwork)?,
        };
        if bits > most {
            return Err(NotANetwork);
        }
        Ok(Self { first, bits, is_v4 })
    }
}

impl Network {
    /// The address is in it.
    pub fn has(&self, address: IpAddr) -> bool {
        let (number, is_v4) = number(address);
        let most = if self.is_v4 { 32 } else { 128 };
        let differs = number ^ self.first;
        let rest = differs.checked_shr(most - self.bits).unwrap_or(0);
        is_v4 == self.is_v4 && rest == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_their_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("127.0.0.0/8", "127.9.9.9", "128.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.0/24", "::ffff:192.0.2.9", "192.0.3.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "127.0.0.1"),
            ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
            ("::/0", "2001:db8::1", "8.8.8.8"),
        ] {
            let found: Network = network.parse().expect("a network");
            assert!(found.has(inside.parse().expect("an address")), "{network}");
            assert!(
                !found.has(outside.parse().expect("an address")),
                "{network}"
            );
        }
        for text in ["", "x", "1.2.3.4/33", "1.2.3/8", "::1/129", "1.2.3.4/"] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
    }
}
