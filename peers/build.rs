//! Generates two of the peers from our own ASN.1 profile: stock asn1rs and rasn.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use asn1rs::converter::Converter;
use rasn_compiler::prelude::{Compiler, RasnBackend};

/// Our profile.
const PROFILE: &str = "../messages/asn1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROFILE}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files =
        fs::read_dir(PROFILE)?.map(|file| Ok(file?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    // The content of regional extensions is no part of the messages.
    files.retain(|file| {
        file.extension().is_some_and(|extension| extension == "asn1") && !file.ends_with("add_grp_c.asn1")
    });
    files.sort();
    rasn(&files, &out)?;
    asn1rs(&files, &out)
}

fn rasn(files: &[PathBuf], out: &Path) -> Result<(), Box<dyn Error>> {
    let compiled =
        Compiler::<RasnBackend, _>::new().add_asn_sources_by_path(files.iter()).compile_to_string();
    let compiled = compiled.map_err(|error| error.to_string())?;
    Ok(fs::write(out.join("rasn.rs"), compiled.generated)?)
}

/// One file a module, and one that includes them all.
fn asn1rs(files: &[PathBuf], out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("asn1rs");
    fs::create_dir_all(&folder)?;
    let mut converter = Converter::default();
    for file in files {
        let told = |error| format!("{}: {error:?}", file.display());
        converter.load_file(file).map_err(told)?;
    }
    let generated = converter.to_rust(&folder, |_| ()).map_err(|error| format!("{error:?}"))?;
    let mut modules: Vec<_> = generated.into_values().flatten().collect();
    modules.sort();
    let includes = modules.iter().map(|file| {
        let module = file.trim_end_matches(".rs");
        format!("pub mod {module} {{ include!(concat!(env!(\"OUT_DIR\"), \"/asn1rs/{file}\")); }}\n")
    });
    Ok(fs::write(out.join("asn1rs.rs"), includes.collect::<String>())?)
}
