//! How each engine finds what a statement asks for: by an index, however many rows there are.

use std::path::Path;

use sqlx::{AnyConnection, Connection, Executor, Row};

use crate::contract::{run, sqlite};
use crate::postgres;

/// Every statement of `src/sql` that reads, with the place where it stands.
fn statements() -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql");
    for folder in [top.clone(), top.join("mails"), top.join("parcels")] {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("a file").path();
            if !path.is_file() {
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("text");
            for literal in source.split('"').skip(1).step_by(2) {
                let verb = literal.split(' ').next().unwrap_or_default();
                if ["SELECT", "UPDATE", "DELETE"].contains(&verb) && literal.contains(" FROM ")
                    || literal.contains(" SET ") && verb == "UPDATE"
                {
                    let joined: Vec<_> = literal.split("\\\n").map(str::trim_start).collect();
                    let name = path.file_name().expect("a name").display();
                    let text: &'static str = joined.concat().leak();
                    found.push((format!("{name}: {text}"), text));
                }
            }
        }
    }
    assert!(found.len() > 60, "they are found: {}", found.len());
    found
}

/// Read whole, and why that is right.
const WHOLE: [(&str, &str); 10] = [
    (
        "AS known WHERE",
        "the people of all deliveries of one account are what is asked for",
    ),
    (
        "FROM accounts WHERE id <> $1 ORDER BY",
        "the list of accounts is what is asked for",
    ),
    (
        "COUNT(*) FROM outbox",
        "what waits is little, and counted in an index",
    ),
    ("DISTINCT hour FROM outbox", "as above"),
    ("DISTINCT hour FROM mails", "as above"),
    (
        "FROM mail_rows r JOIN mails m ON m.id = r.mail GROUP BY",
        "asked by an administrator who looks at the queue, and for its gauges",
    ),
    ("WHERE payload IS NULL", "once, at the start"),
    ("AS late ORDER BY", "at most as many as the limit inside"),
    ("AS ended)", "the places of the statement, no table"),
    ("AS due_1 UNION ALL", "at most as many as the limits inside"),
];

fn is_whole(text: &str) -> bool {
    WHOLE.iter().any(|(part, _)| text.contains(part))
}

#[test]
fn sqlite_reads_no_table_through() {
    run(async {
        let db = sqlite().await;
        let url = db.url.replacen("sqlite:", "sqlite://", 1);
        let mut conn = AnyConnection::connect(&url).await.expect("connects");
        let mut findings = Vec::new();
        for (place, text) in statements() {
            let explain: &'static str = format!("EXPLAIN QUERY PLAN {text}").leak();
            let rows = conn
                .fetch_all(explain)
                .await
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            for row in rows {
                let step: String = row.get("detail");
                let scans = step.starts_with("SCAN ") && !step.contains("USING");
                // A limit helps only if rows come in their order.
                let sorts = step.contains("TEMP B-TREE FOR ORDER BY") && text.contains("LIMIT $");
                if (scans && !step.contains("CONSTANT ROW") || sorts) && !is_whole(text) {
                    findings.push(format!("{place}\n    {step}"));
                }
            }
        }
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    });
}

#[test]
fn postgresql_reads_no_table_through() {
    run(async {
        let url = postgres::database();
        let sql = depesche_store::sql::Sql::open(&url).await.expect("opens");
        let mut conn = AnyConnection::connect(&url).await.expect("connects");
        // Tables are empty: what can be read by an index is then read by one.
        conn.execute(
            "SET enable_seqscan = off; SET enable_sort = off; SET jit = off; \
             SET plan_cache_mode = force_generic_plan",
        )
        .await
        .expect("set");
        let mut findings = Vec::new();
        for (place, text) in statements() {
            let prepare: &'static str = format!("PREPARE one AS {text}").leak();
            conn.execute(prepare)
                .await
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            let count = (1..20)
                .take_while(|n| text.contains(&format!("${n}")))
                .count();
            let nulls = vec!["NULL"; count].join(", ");
            let values = if count == 0 {
                String::new()
            } else {
                format!("({nulls})")
            };
            let explain: &'static str = format!("EXPLAIN EXECUTE one{values}").leak();
            let rows = conn
                .fetch_all(explain)
                .await
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n      ");
            let sorts = plan.contains("Sort") && text.contains("LIMIT $");
            if (plan.contains("Seq Scan") || sorts) && !is_whole(text) {
                findings.push(format!("{place}\n      {plan}"));
            }
            conn.execute("DEALLOCATE one").await.expect("deallocate");
        }
        sql.close().await;
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    });
}
