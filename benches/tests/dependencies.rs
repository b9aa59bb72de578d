//! Every dependency has a licence that `deny.toml` allows, and comes from a registry that it allows: for all platforms and
//! features. What the licence texts say is for people; here it is the SPDX expression in each crate's manifest.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::Path;
use std::process::Command;
use std::str::SplitWhitespace;

use serde_json::Value;

/// The lists of `deny.toml`.
struct Policy {
    licences: BTreeSet<String>,
    registries: BTreeSet<String>,
}

impl Policy {
    fn read(text: &str) -> Self {
        let file: toml::Table = text.parse().expect("deny.toml is TOML");
        let list = |table: &str, key: &str| {
            let entries = file[table][key].as_array().expect("a list");
            entries.iter().map(|entry| entry.as_str().expect("a text").to_owned()).collect()
        };
        Self { licences: list("licenses", "allow"), registries: list("sources", "allow-registry") }
    }

    /// What is wrong with a package of `cargo metadata`, if anything.
    fn objection(&self, package: &Value) -> Option<String> {
        let text = |key: &str| package[key].as_str();
        let name = format!("{} {}", text("name").unwrap_or("?"), text("version").unwrap_or("?"));
        // Our own crates have no source.
        if let Some(source) = text("source")
            && !source.strip_prefix("registry+").is_some_and(|registry| self.registries.contains(registry))
        {
            return Some(format!("{name}: from {source}, which deny.toml does not allow"));
        }
        let Some(expression) = text("license") else {
            return Some(format!("{name}: names no licence"));
        };
        match Expression::parse(expression) {
            Err(problem) => Some(format!("{name}: licence \"{expression}\": {problem}")),
            Ok(parsed) if !parsed.is_met_by(&self.licences) => {
                Some(format!("{name}: licence \"{expression}\", which deny.toml does not allow"))
            }
            Ok(_) => None,
        }
    }
}

/// What is left of an expression.
type Words<'a> = Peekable<SplitWhitespace<'a>>;

/// An SPDX licence expression (SPDX specification, annex on licence expressions).
#[derive(Debug, PartialEq)]
enum Expression {
    /// An id, with its exception if it has one: `Apache-2.0 WITH LLVM-exception`.
    Licence(String),
    /// Each of them has to be met.
    All(Vec<Self>),
    /// One of them has to be met: the user's choice.
    Any(Vec<Self>),
}

impl Expression {
    /// Reads an expression. `/` is how old manifests write OR.
    fn parse(text: &str) -> Result<Self, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words = spaced.split_whitespace().peekable();
        let expression = Self::any(&mut words)?;
        match words.next() {
            None => Ok(expression),
            Some(word) => Err(format!("\"{word}\" stands where nothing more was expected")),
        }
    }

    fn any(words: &mut Words<'_>) -> Result<Self, String> {
        let mut choices = vec![Self::all(words)?];
        while words.next_if_eq(&"OR").is_some() {
            choices.push(Self::all(words)?);
        }
        Ok(if choices.len() == 1 { choices.remove(0) } else { Self::Any(choices) })
    }

    fn all(words: &mut Words<'_>) -> Result<Self, String> {
        let mut parts = vec![Self::part(words)?];
        while words.next_if_eq(&"AND").is_some() {
            parts.push(Self::part(words)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) })
    }

    fn part(words: &mut Words<'_>) -> Result<Self, String> {
        match words.next() {
            None => Err("it ends too early".to_owned()),
            Some("(") => {
                let inner = Self::any(words)?;
                words.next_if_eq(&")").map(|_| inner).ok_or_else(|| "a parenthesis is not closed".to_owned())
            }
            Some(word @ (")" | "OR" | "AND" | "WITH")) => {
                Err(format!("\"{word}\" stands where a licence belongs"))
            }
            Some(id) if words.next_if_eq(&"WITH").is_some() => {
                let exception = words.next().ok_or("it ends after WITH")?;
                Ok(Self::Licence(format!("{id} WITH {exception}")))
            }
            Some(id) => Ok(Self::Licence(id.to_owned())),
        }
    }

    fn is_met_by(&self, allowed: &BTreeSet<String>) -> bool {
        match self {
            Self::Licence(id) => allowed.contains(id),
            Self::All(parts) => parts.iter().all(|part| part.is_met_by(allowed)),
            Self::Any(choices) => choices.iter().any(|choice| choice.is_met_by(allowed)),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("benches lies in the workspace")
}

fn policy() -> Policy {
    Policy::read(&std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml lies at the root"))
}

#[test]
#[ignore = "fetches the crates of every platform; .ci/run runs it"]
fn every_dependency_is_allowed() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let policy = policy();
    let objections: Vec<String> = packages.iter().filter_map(|package| policy.objection(package)).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
    println!("{} packages, all allowed", packages.len());
}

#[test]
fn expressions_are_met_as_spdx_says() {
    let allowed: BTreeSet<String> = ["MIT", "Zlib", "Unicode-3.0"].map(str::to_owned).into();
    let check = |expression: &str, expected: bool| {
        assert_eq!(Expression::parse(expression).unwrap().is_met_by(&allowed), expected, "{expression}");
    };
    check("MIT", true);
    check("GPL-3.0-only", false);
    check("GPL-3.0-only OR MIT", true);
    check("Unlicense/MIT", true);
    check("MIT AND GPL-3.0-only", false);
    check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
    check("(GPL-3.0-only OR Apache-2.0) AND Unicode-3.0", false);
    // AND binds closer than OR, WITH closer than both.
    check("MIT OR Apache-2.0 AND GPL-3.0-only", true);
    check("Apache-2.0 AND GPL-3.0-only OR MIT", true);
    check("Zlib AND MIT WITH some-exception", false);
    check("Zlib AND (MIT WITH some-exception OR ((MIT)))", true);
}

#[test]
fn broken_expressions_are_told() {
    for broken in ["", "MIT OR", "MIT MIT", "(MIT", "MIT)", "AND MIT", "MIT WITH", "()"] {
        assert!(Expression::parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn objections_name_crate_and_licence() {
    let policy = policy();
    let package = |source: Option<&str>, licence: Option<&str>| serde_json::json!({ "name": "left-pad", "version": "1.0.0", "source": source, "license": licence });
    let registry = Some("registry+https://github.com/rust-lang/crates.io-index");
    assert_eq!(policy.objection(&package(registry, Some("MIT"))), None);
    assert_eq!(policy.objection(&package(None, Some("MIT OR Apache-2.0"))), None);
    let refused = policy.objection(&package(registry, Some("SSPL-1.0"))).unwrap();
    assert!(refused.contains("left-pad 1.0.0") && refused.contains("SSPL-1.0"), "{refused}");
    assert!(policy.objection(&package(registry, None)).unwrap().contains("names no licence"));
    let git = policy.objection(&package(Some("git+https://example.org/left-pad"), Some("MIT"))).unwrap();
    assert!(git.contains("git+https://example.org/left-pad"), "{git}");
}
