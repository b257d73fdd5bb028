//! Every key of the configuration, with its default and what it is.

/// One key: its dotted name, its default as TOML, and what it is.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key {
        name,
        default,
        about,
    }
}

/// Every key there is.
pub(crate) const KEYS: &[Key] = &[
    key(
        "public_url",
        "\"http://127.0.0.1:8025\"",
        "where links begin; http on another host than loopback needs tls or behind_proxy",
    ),
    key(
        "listen",
        "\"127.0.0.1:8025\"",
        "address and port of the web door; port 0 = a free one",
    ),
    key(
        "behind_proxy",
        "false",
        "a proxy in front ends TLS and says who calls (X-Forwarded-For)",
    ),
    key("language", "\"en\"", "of mails to members: de, en or cs"),
    key(
        "database.url",
        "\"sqlite://data/depesche.db\"",
        "or postgres://user:password@host/name",
    ),
    key("blobs.url", "\"file:data/blobs\"", "folder of sealed bytes"),
    key(
        "secrets.dir",
        "\"data/secrets\"",
        "folder of server secrets: never in the same backup as the database",
    ),
    key(
        "smtp.url",
        "\"smtp://localhost:25\"",
        "the next mail server; smtps://user:password@host; ?tls=required asks for TLS with a certificate that fits",
    ),
    key(
        "smtp.from",
        "\"\"",
        "address mails come from; empty = depesche@ the host of public_url",
    ),
    key(
        "gateway.listen",
        "\"\"",
        "address and port of the mail door, such as 0.0.0.0:25; empty = off",
    ),
    key(
        "gateway.tag",
        "\"(Auto)\"",
        "a subject that starts with it is protected; empty = no tag",
    ),
    key(
        "gateway.trusted",
        "[\"127.0.0.0/8\"]",
        "networks whose mail servers may send for our people",
    ),
    key(
        "gateway.domains",
        "[]",
        "our own domains; none = everybody who sends by a trusted server is ours",
    ),
    key(
        "gateway.protect_to",
        "[]",
        "recipients whose mail is always protected: addresses and domains",
    ),
    key(
        "gateway.protect_from",
        "[]",
        "senders whose mail is always protected: addresses and domains",
    ),
    key(
        "gateway.protect_above",
        "\"\"",
        "larger mail of our people to others is always protected, such as 5 MiB; empty = none",
    ),
    key(
        "tls.cert",
        "\"\"",
        "PEM file with the chain; reloaded when it changes",
    ),
    key("tls.key", "\"\"", "PEM file with its key"),
    key("handoff.url", "\"memory:\"", "where handoffs wait"),
    key(
        "handoff.create",
        "\"anyone\"",
        "who offers: anyone, accounts",
    ),
    key("handoff.per_address", "20", "that wait at once from one"),
    key("limits.delivery", "\"20 GiB\"", "the largest delivery"),
    key(
        "limits.retention",
        "\"30 days\"",
        "how long a delivery is kept at most, and is if the sender does not say",
    ),
    key(
        "limits.mail",
        "\"50 MiB\"",
        "the largest mail that the mail door takes",
    ),
    key("limits.handoff", "\"8 MiB\"", "the largest handoff, sealed"),
    key(
        "limits.handoff_total",
        "\"256 MiB\"",
        "memory that all waiting handoffs may take; a waiting one is never pushed out",
    ),
    key("limits.connections", "4096", "open connections in all"),
    key(
        "limits.connections_per_client",
        "512",
        "open connections from one address",
    ),
    key(
        "metrics.token",
        "\"\"",
        "lets /metrics be read from elsewhere by Authorization: Bearer; loopback needs none",
    ),
    key("brand.name", "\"\"", "name of the organisation"),
    key(
        "brand.logo",
        "\"\"",
        "SVG or PNG file, at most 64 KiB, shown at most 200 x 40",
    ),
    key(
        "brand.colour",
        "\"\"",
        "#rrggbb of buttons and links; made legible in light and dark",
    ),
    key("brand.imprint", "\"\"", "address of the imprint"),
    key("brand.privacy", "\"\"", "address of the privacy notice"),
    key("levels.lowest", "1", "the lowest level offered"),
    key(
        "levels.default",
        "3",
        "the level if none is chosen; at most the highest that is built",
    ),
    key(
        "levels.highest",
        "4",
        "the highest level offered; at most the highest that is built",
    ),
];
