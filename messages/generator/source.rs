//! One ASN.1 file: its text, its model, the comments above its definitions. Refuses what asn1rs-model would read as something else.

use asn1rs_model::model::lor::Unresolved;
use asn1rs_model::model::{Asn, Model};
use asn1rs_model::parser::{Token, Tokenizer};

use super::ProfileError;

/// An ASN.1 file.
pub(crate) struct Source {
    /// Its name; the stem names the Rust module.
    pub(crate) file: String,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    /// The Rust module's name.
    pub(crate) fn module(&self) -> String {
        self.file.split('.').next().unwrap_or_default().to_owned()
    }

    pub(super) fn parse(&self) -> Result<Model<Asn<Unresolved>>, ProfileError> {
        let tokens = Tokenizer.parse(&self.text);
        refuse_misread(&tokens).map_err(|error| error.within(&self.file))?;
        Model::try_from(tokens).map_err(|error| ProfileError::new(format!("{}: {error}", self.file)))
    }

    /// The comment lines directly above a definition.
    pub(super) fn comment(&self, name: &str) -> Vec<String> {
        let mut comment = Vec::new();
        for line in self.text.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("--") {
                comment.push(text.trim().to_owned());
            } else if line.split_once("::=").is_some_and(|(defined, _)| defined.trim() == name) {
                return comment;
            } else {
                comment.clear();
            }
        }
        Vec::new()
    }
}

/// Two constructs that asn1rs-model 0.3.0 reads without complaint as another: `{ ..., a A }` as `{ a A, ... }`, and `(0..MAX)` as no
/// constraint at all.
fn refuse_misread(tokens: &[Token]) -> Result<(), ProfileError> {
    let is = |token: &Token, expected: &str| match token {
        Token::Text(_, text) => text == expected,
        Token::Separator(_, separator) => expected.chars().eq([*separator]),
    };
    let find = |pattern: &[&str]| {
        let matches =
            |window: &&[Token]| window.iter().zip(pattern).all(|(token, expected)| is(token, expected));
        tokens.windows(pattern.len()).find(matches).map(|window| window[0].location().line())
    };
    if let Some(line) = find(&["{", ".", ".", ".", ","]) {
        return Err(ProfileError::new(format!("line {line}: additions without a root before them")));
    }
    if let Some(line) = find(&["(", "0", ".", ".", "MAX", ")"]) {
        return Err(ProfileError::new(format!("line {line}: INTEGER (0..MAX); write an upper bound")));
    }
    Ok(())
}
