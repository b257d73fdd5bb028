//! Who is at the other end, as the listener saw it.

use std::net::{IpAddr, Ipv6Addr};

/// The other end of a connection; an extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address; IPv4 also when it came through an IPv6 socket.
    pub ip: IpAddr,
}

impl Peer {
    /// From the address of the socket.
    pub fn new(ip: IpAddr) -> Self {
        Self {
            ip: ip.to_canonical(),
        }
    }

    /// What counts as one client: an IPv4 address or an IPv6 /64, which one subscriber owns whole.
    pub fn client(&self) -> IpAddr {
        match self.ip {
            IpAddr::V4(_) => self.ip,
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                Ipv6Addr::from(network).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_apart() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8::1", "2001:db8::2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let client = |ip: &str| Peer::new(ip.parse().expect("an address")).client();
            assert_eq!(client(one) == client(other), same, "{one} {other}");
        }
    }
}
