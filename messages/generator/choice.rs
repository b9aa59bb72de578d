//! CHOICE (X.691 clause 23): the index of the alternative, and its value; behind the extension marker as an open type. An unknown
//! alternative is passed over and kept as its number, so that the message around it can still be read.

use asn1rs_model::model::Choice;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::definition::{described, documentation};
use super::shape::{Shape, shape};
use super::{ProfileError, Scope, names};

/// The Rust of a CHOICE. Alternatives are numbered as they are written, as AUTOMATIC TAGS do.
pub(super) fn generate(scope: &Scope<'_>, name: &str, choice: &Choice) -> Result<TokenStream, ProfileError> {
    let extensible = choice.is_extensible();
    let root_count = choice.extension_after_index().map_or(choice.len(), |last| last + 1);
    let mut alternatives = Vec::new();
    for variant in choice.variants() {
        let place = format!("{name}-{}", names::type_name(variant.name()));
        let shape = shape(scope, &place, variant.r#type()).map_err(|error| error.within(variant.name()))?;
        alternatives.push(Alternative { asn1_name: variant.name().to_owned(), shape });
    }
    if extensible && alternatives.iter().any(|alternative| alternative.asn1_name == "unknown") {
        return Err(ProfileError::new("an alternative `unknown` in an extensible CHOICE has no JSON form"));
    }
    let (root, additions) = alternatives.split_at(root_count);

    let ident = names::type_name(name);
    let documentation =
        documentation(scope, name, if extensible { "CHOICE { ... }, extensible" } else { "CHOICE { ... }" });
    let variants = alternatives.iter().map(Alternative::variant);
    let unknown = extensible.then(|| {
        quote! {
            /// An alternative of a later version: addition number n behind the extension marker. Its content is not kept.
            Unknown(u64)
        }
    });
    let nested = alternatives.iter().map(|alternative| &alternative.shape.nested);
    let min_bits = min_bits(extensible, root);
    let read = read(extensible, root, additions);
    let write = write(extensible, root, additions);
    let to_json = alternatives.iter().map(|Alternative { asn1_name, .. }| {
        let variant = names::type_name(asn1_name);
        quote!(Self::#variant(value) => crate::json::serialize_alternative(serializer, #asn1_name, value),)
    });
    let unknown_to_json = extensible
        .then(|| quote!(Self::Unknown(number) => crate::json::serialize_unknown(serializer, *number),));
    let from_json = alternatives.iter().map(|Alternative { asn1_name, shape: Shape { from_json, .. } }| {
        let variant = names::type_name(asn1_name);
        quote!((#asn1_name, content) => crate::json::alternative(#asn1_name, content, #from_json).map(Self::#variant),)
    });
    let unknown_from_json = extensible.then(|| {
        quote! {
            ("unknown", number) => {
                crate::json::alternative("unknown", number, crate::json::FromJson::from_json).map(Self::Unknown)
            }
        }
    });
    let schema = schema(name, extensible, &alternatives);
    let expected = expected(&alternatives);
    Ok(quote! {
        #documentation
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum #ident { #(#variants,)* #unknown }

        impl crate::uper::Uper for #ident {
            const MIN_BITS: usize = #min_bits;

            fn read(reader: &mut crate::uper::Reader<'_>) -> Result<Self, crate::uper::DecodeError> { #read }

            fn write(&self, writer: &mut crate::uper::Writer<'_>) -> Result<(), crate::uper::EncodeError> { #write }
        }

        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { #(#to_json)* #unknown_to_json }
            }
        }

        impl crate::json::FromJson for #ident {
            fn from_json(value: &serde_json::Value) -> Result<Self, crate::json::JsonError> {
                match crate::json::choice(value)? {
                    #(#from_json)*
                    #unknown_from_json
                    _ => Err(crate::json::JsonError::new(#expected, value)),
                }
            }
        }

        #schema

        #(#nested)*
    })
}

fn schema(name: &str, extensible: bool, alternatives: &[Alternative]) -> TokenStream {
    let alternatives = alternatives.iter().map(|Alternative { asn1_name, shape: Shape { schema, .. } }| {
        quote!(crate::schema::Alternative { name: #asn1_name, schema: #schema })
    });
    described(name, &quote!(Choice { alternatives: &[#(#alternatives),*], extensible: #extensible }))
}

struct Alternative {
    asn1_name: String,
    shape: Shape,
}

impl Alternative {
    fn variant(&self) -> TokenStream {
        let Self { asn1_name, shape: Shape { rust, asn1, .. } } = self;
        let ident = names::type_name(asn1_name);
        let documentation = format!("`{asn1_name}`: {asn1}.");
        quote!(#[doc = #documentation] #ident(#rust))
    }
}

fn read(extensible: bool, root: &[Alternative], additions: &[Alternative]) -> TokenStream {
    let count = Literal::usize_unsuffixed(root.len());
    let arms = root.iter().enumerate().map(|(index, Alternative { asn1_name, shape })| {
        let (variant, read) = (names::type_name(asn1_name), &shape.read);
        let pattern = super::enumerated::index_pattern(index, root.len());
        quote!(#pattern => #read.map(Self::#variant).map_err(|error| error.in_field(#asn1_name)),)
    });
    let root = match root {
        // A single alternative has no index.
        [Alternative { asn1_name, shape: Shape { read, .. } }] => {
            let variant = names::type_name(asn1_name);
            quote!(#read.map(Self::#variant).map_err(|error| error.in_field(#asn1_name)))
        }
        _ => quote!(match reader.index::<#count>()? { #(#arms)* }),
    };
    if !extensible {
        return root;
    }
    if additions.is_empty() {
        return quote! {
            if reader.boolean()? {
                let number = reader.small_number()?;
                reader.skip_open_type()?;
                return Ok(Self::Unknown(number));
            }
            #root
        };
    }
    let arms = additions.iter().enumerate().map(|(index, Alternative { asn1_name, shape })| {
        let (variant, read) = (names::type_name(asn1_name), &shape.read);
        let index = Literal::usize_unsuffixed(index);
        quote! {
            #index => reader
                .open_type(|reader| #read)
                .map(Self::#variant)
                .map_err(|error| error.in_field(#asn1_name)),
        }
    });
    quote! {
        if reader.boolean()? {
            match reader.small_number()? {
                #(#arms)*
                number => reader.skip_open_type().map(|()| Self::Unknown(number)),
            }
        } else {
            #root
        }
    }
}

fn write(extensible: bool, root: &[Alternative], additions: &[Alternative]) -> TokenStream {
    let count = Literal::usize_unsuffixed(root.len());
    let extension = extensible.then(|| quote!(writer.boolean(false);));
    let root = root.iter().enumerate().map(|(index, Alternative { asn1_name, shape })| {
        let (variant, index) = (names::type_name(asn1_name), Literal::usize_unsuffixed(index));
        let write = shape.write.statement(asn1_name);
        quote! {
            Self::#variant(value) => {
                #extension
                writer.index::<#count>(#index);
                #write
                Ok(())
            }
        }
    });
    let additions = additions.iter().enumerate().map(|(index, Alternative { asn1_name, shape })| {
        let (variant, index) = (names::type_name(asn1_name), Literal::usize_unsuffixed(index));
        let write = shape.write.result();
        quote! {
            Self::#variant(value) => {
                writer.boolean(true);
                writer.small_number(#index);
                writer.open_type(|writer| #write).map_err(|error| error.in_field(#asn1_name))
            }
        }
    });
    let unknown = extensible.then(|| {
        quote! {
            Self::Unknown(number) => Err(crate::uper::EncodeError::new(crate::uper::EncodeProblem::Unknown { number: *number })),
        }
    });
    let this = format_ident!("self");
    quote!(match #this { #(#root)* #(#additions)* #unknown })
}

fn expected(alternatives: &[Alternative]) -> String {
    let names: Vec<_> = alternatives.iter().map(|alternative| alternative.asn1_name.as_str()).collect();
    format!("one of the alternatives {}", names.join(", "))
}

/// The index and the shortest alternative; behind the extension marker a number of seven bits and an open type of an octet at least.
fn min_bits(extensible: bool, root: &[Alternative]) -> TokenStream {
    let index = Literal::u64_unsuffixed(u64::from(extensible) + bits_for(root.len()));
    let contents = root.iter().map(|alternative| &alternative.shape.min_bits);
    if extensible {
        quote!(crate::uper::fewest(&[1 + 7 + 16, #(#index + #contents),*]))
    } else {
        quote!(#index + crate::uper::fewest(&[#(#contents),*]))
    }
}

fn bits_for(count: usize) -> u64 {
    u64::from(usize::BITS - count.saturating_sub(1).leading_zeros())
}
