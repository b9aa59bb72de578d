//! Writes Rust for the ASN.1 profile in `asn1/`: types, their unaligned PER (on the bit engine `crate::uper`) and their JSON form
//! (`crate::json`). asn1rs-model parses and resolves the modules; this walks its model. Run by `build.rs`, tested by
//! `tests/generator.rs` and, by the bits of each construct, by `tests/constructs.rs`.
//!
//! One file an idea: `source` reads a module, `names` makes Rust names, `shape` says how a type is held, read and written,
//! `definition` writes a named type, `sequence`, `choice` and `enumerated` the three that have a Rust type of their own.

mod choice;
mod definition;
mod enumerated;
mod names;
mod sequence;
mod shape;
mod source;

use std::fmt;

use asn1rs_model::model::lor::Resolved;
use asn1rs_model::model::{Asn, Model, MultiModuleResolver, Type};
use proc_macro2::TokenStream;

pub(crate) use source::Source;

/// A parsed module whose references are resolved.
type Module = Model<Asn<Resolved>>;

/// The Rust of one module.
pub(crate) struct Generated {
    /// The Rust module's name: the stem of the ASN.1 file's.
    pub(crate) module: String,
    /// Its text.
    pub(crate) rust: String,
}

/// What is wrong with the profile, in words for whoever writes it.
#[derive(Debug)]
pub(crate) struct ProfileError(String);

impl ProfileError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn within(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ProfileError {}

/// Generates the Rust of all modules; they may import from each other.
pub(crate) fn generate(sources: &[Source]) -> Result<Vec<Generated>, ProfileError> {
    let mut resolver = MultiModuleResolver::default();
    for source in sources {
        resolver.push(source.parse()?);
    }
    let modules = resolver.try_resolve_all().map_err(|error| ProfileError::new(format!("{error:?}")))?;
    let profile = Profile { sources, modules: &modules };
    (0..sources.len()).map(|index| profile.module(index)).collect()
}

/// All modules, to look up what a name stands for.
struct Profile<'a> {
    sources: &'a [Source],
    /// In the order of the sources.
    modules: &'a [Module],
}

impl<'a> Profile<'a> {
    fn module(&self, index: usize) -> Result<Generated, ProfileError> {
        let source = &self.sources[index];
        let scope = Scope { profile: self, index };
        let mut file = TokenStream::new();
        for definition in &self.modules[index].definitions {
            let name = definition.name();
            if name != shape::OPEN_TYPE {
                let tokens = definition::generate(&scope, name, &definition.value().r#type);
                file.extend(tokens.map_err(|error| error.within(&format!("{}: {name}", source.file)))?);
            }
        }
        let file =
            syn::parse2(file).map_err(|error| ProfileError::new(format!("{}: {error}", source.file)))?;
        Ok(Generated { module: source.module(), rust: prettyplease::unparse(&file) })
    }
}

/// What names mean within one module.
struct Scope<'a> {
    profile: &'a Profile<'a>,
    index: usize,
}

impl<'a> Scope<'a> {
    /// The module in which a type is defined, and its definition.
    fn definition(&self, name: &str) -> Result<(Self, &'a Type), ProfileError> {
        let profile = self.profile;
        let here = &profile.modules[self.index];
        let import = here.imports.iter().find(|import| import.what.iter().any(|what| what == name));
        let home = import.map_or(&here.name, |import| &import.from);
        let found = profile.modules.iter().position(|module| module.name == *home);
        let definition = found.and_then(|index| {
            let definition =
                profile.modules[index].definitions.iter().find(|definition| definition.name() == name)?;
            Some((Scope { profile, index }, &definition.value().r#type))
        });
        definition.ok_or_else(|| ProfileError::new(format!("no type {name} in {home}")))
    }

    /// How Rust in this module calls a type.
    fn path(&self, name: &str) -> Result<TokenStream, ProfileError> {
        let home = self.definition(name)?.0.index;
        let ident = names::type_name(name);
        if home == self.index {
            return Ok(quote::quote!(#ident));
        }
        let module = quote::format_ident!("{}", self.profile.sources[home].module());
        Ok(quote::quote!(crate::#module::#ident))
    }

    /// What the profile says of a type, a line each.
    fn comment(&self, name: &str) -> Vec<String> {
        self.profile.sources[self.index].comment(name)
    }

    /// The optional members that a line of a SEQUENCE's comment calls rare: `Rare: attributes, regional`. They are held on the heap,
    /// so that the many values without them are small.
    fn rare(&self, name: &str) -> Vec<String> {
        let comment = self.comment(name);
        let rare = comment.iter().find_map(|line| line.strip_prefix("Rare: "));
        rare.map(|names| names.split(", ").map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The unit that the last line of a type's comment gives: `Unit: 0.02 m/s`.
    fn unit(&self, name: &str) -> Result<Option<TokenStream>, ProfileError> {
        let comment = self.comment(name);
        let Some(unit) = comment.last().and_then(|line| line.strip_prefix("Unit: ")) else { return Ok(None) };
        let parts =
            unit.split_once(' ').and_then(|(step, symbol)| Some((step, step.parse::<f64>().ok()?, symbol)));
        let Some((text, step, symbol)) = parts.filter(|(_, step, _)| *step > 0.0) else {
            return Err(ProfileError::new(format!("expected \"Unit: 0.02 m/s\", found \"Unit: {unit}\"")));
        };
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        Ok(Some(quote::quote!(crate::schema::Unit { step: #step, decimals: #decimals, symbol: #symbol })))
    }
}
