//! What an examination came to: a table and a page for people, JUnit XML and JSON for machines.

use std::fmt::Write as _;

use quick_xml::escape::escape;
use serde_json::{Value, json};
use voorrang_units::Instant;

use super::check::{Check, Rank, Verdict};
use super::examiner::Examiner;

/// One check and what became of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The check.
    pub check: Check,
    /// What became of it.
    pub verdict: Verdict,
    /// What was found, or why it was not made.
    pub lines: Vec<String>,
}

/// What an examination came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// Says what was tested, and that it is no certificate: the first line of every form.
    pub title: String,
    /// Where and when, and what the controller calls itself.
    pub subject: String,
    /// Every check, in order.
    pub rows: Vec<Row>,
    /// Whether no check failed, and some passed.
    pub passed: bool,
    /// Nothing was commanded although that was asked for: the controller reports this id, another than was given.
    pub other_id: Option<String>,
}

impl Report {
    /// Of an examination that has ended.
    #[must_use]
    pub fn of(address: &str, now: Instant, examiner: &mut Examiner) -> Self {
        examiner.conclude();
        let facilities = examiner.facilities();
        let version = facilities.map_or_else(|| "unknown".to_owned(), |all| all.version.to_string());
        let controller = facilities.map_or_else(String::new, |all| {
            let made = all.controller.info.as_ref();
            let maker = made.map_or_else(String::new, |info| {
                format!(" of {} with facilities {}", info.companyname, info.facilities_version)
            });
            format!(", controller {}{maker}, intersection {}", all.controller.id, all.intersection.id)
        });
        let findings = examiner.findings();
        let rows = Check::ALL.iter().map(|check| Row {
            check: *check,
            verdict: findings.verdict(*check),
            lines: findings.lines(*check),
        });
        Self {
            title: format!(
                "TLC-FI {version}, tested by voorrang-gateway {}. This report is no certificate.",
                env!("CARGO_PKG_VERSION")
            ),
            subject: format!("{address} at {now}{controller}"),
            rows: rows.collect(),
            passed: findings.is_pass(),
            other_id: examiner.other_id().map(str::to_owned),
        }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    fn summary(&self) -> String {
        format!(
            "{}: {} passed, {} failed, {} warned, {} not made",
            if self.passed { "PASS" } else { "FAIL" },
            self.count(Verdict::Passed),
            self.count(Verdict::Failed),
            self.count(Verdict::Warned),
            self.count(Verdict::NotMade)
        )
    }

    /// For people at a terminal.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!("{}\n{}\n\n", self.title, self.subject);
        for row in &self.rows {
            // A String takes every line.
            let _ = writeln!(
                out,
                "{:<9} {:<24} {:<17} {}",
                row.verdict.to_string(),
                row.check.id(),
                row.check.rank().to_string(),
                row.check.text()
            );
            for line in &row.lines {
                let _ = writeln!(out, "{:<52} {line}", "");
            }
        }
        let _ = writeln!(out, "\n{}", self.summary());
        out
    }

    /// A page that needs nothing beside it.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<style>{STYLE}</style>\n\
             <p><strong>{title}</strong></p>\n<p>{}</p>\n<h1 class=\"{}\">{}</h1>\n\
             <table><thead><tr><th>Result<th>Check<th>What is asked, and what was found<th>Rank<th>Source</thead><tbody>\n",
            escape(&self.subject),
            if self.passed { "passed" } else { "failed" },
            escape(self.summary()),
            title = escape(&self.title),
        );
        for row in &self.rows {
            let class = match row.verdict {
                Verdict::Passed => "passed",
                Verdict::Warned => "warned",
                Verdict::Failed => "failed",
                Verdict::NotMade => "not_made",
            };
            let found: String =
                row.lines.iter().map(|line| format!("<br><small>{}</small>", escape(line))).collect();
            let _ = writeln!(
                out,
                "<tr class=\"{class}\"><td>{}<td><code>{}</code><td>{}{found}<td>{}<td>{}",
                row.verdict,
                row.check.id(),
                escape(row.check.text()),
                row.check.rank(),
                escape(row.check.source())
            );
        }
        out.push_str("</tbody></table></html>\n");
        out
    }

    /// JUnit XML: a test case each check; warnings are passed ones with their text on standard output.
    #[must_use]
    pub fn junit(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {} -->\n<testsuites>\n<testsuite name=\"TLC-FI conformance\" \
             tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n<properties><property name=\"subject\" value=\"{}\"/></properties>\n",
            escape(self.title.replace("--", "-")),
            self.rows.len(),
            self.count(Verdict::Failed),
            self.count(Verdict::NotMade),
            escape(&self.subject)
        );
        for row in &self.rows {
            let text = row.lines.join("\n");
            let inner = match row.verdict {
                Verdict::Failed => {
                    format!("<failure message=\"{}\">{}</failure>", escape(row.check.text()), escape(&text))
                }
                Verdict::NotMade => format!("<skipped message=\"{}\"/>", escape(&text)),
                Verdict::Warned => format!("<system-out>warned: {}</system-out>", escape(&text)),
                Verdict::Passed => format!("<system-out>{}</system-out>", escape(&text)),
            };
            let _ = writeln!(
                out,
                "<testcase classname=\"{}\" name=\"{}\">{inner}</testcase>",
                escape(row.check.rank().to_string()),
                row.check.id()
            );
        }
        out.push_str("</testsuite>\n</testsuites>\n");
        out
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let rank = |rank| match rank {
            Rank::Normative => "normative",
            Rank::Seen => "seen",
            Rank::Reading => "reading",
        };
        let verdict = |verdict| match verdict {
            Verdict::Passed => "passed",
            Verdict::Warned => "warned",
            Verdict::Failed => "failed",
            Verdict::NotMade => "not_made",
        };
        let checks: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "check": row.check.id(), "result": verdict(row.verdict), "rank": rank(row.check.rank()),
                    "text": row.check.text(), "source": row.check.source(), "findings": row.lines,
                })
            })
            .collect();
        json!({"title": self.title, "subject": self.subject, "passed": self.passed, "checks": checks})
    }
}

const STYLE: &str = "body{font:16px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #d7dde3}\
small{color:#52606d}h1{font-size:1.3rem}.failed>td:first-child,h1.failed{color:#a4161a;font-weight:700}\
.passed>td:first-child,h1.passed{color:#1b6e3c}.warned>td:first-child{color:#8a5a00;font-weight:700}.not_made{color:#7b8794}";
