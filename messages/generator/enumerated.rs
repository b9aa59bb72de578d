//! ENUMERATED (X.691 clause 14): the place of the value among all, ordered by their numbers; behind the extension marker the place
//! among the additions. An unknown one is kept as its place.

use asn1rs_model::model::Enumerated;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::definition::{described, documentation};
use super::{ProfileError, Scope, names};

struct EnumeratedValue {
    asn1_name: String,
    ident: Ident,
    number: usize,
}

/// The Rust of an ENUMERATED.
pub(super) fn generate(
    scope: &Scope<'_>,
    name: &str,
    enumerated: &Enumerated,
) -> Result<TokenStream, ProfileError> {
    let extensible = enumerated.is_extensible();
    let root_count = enumerated.extension_after_index().map_or(enumerated.len(), |last| last + 1);
    let mut values = values(enumerated)?;
    values[..root_count].sort_by_key(|value| value.number);
    let (root, additions) = values.split_at(root_count);

    let ident = names::type_name(name);
    let documentation = documentation(
        scope,
        name,
        if extensible { "ENUMERATED { ... }, extensible" } else { "ENUMERATED { ... }" },
    );
    let unknown = extensible.then(|| unknown_ident(&values));
    let variants = values.iter().map(|EnumeratedValue { asn1_name, ident, number }| {
        let documentation = format!("`{asn1_name}` ({number})");
        quote!(#[doc = #documentation] #ident)
    });
    let unknown_variant = unknown.iter().map(|unknown| {
        quote! {
            /// A value of a later version: addition number n behind the extension marker.
            #unknown(u64)
        }
    });
    let min_bits =
        Literal::u32_unsuffixed(u32::from(extensible) + usize::BITS - (root_count - 1).leading_zeros());
    let read = read(unknown.as_ref(), root, additions);
    let write = write(unknown.as_ref(), root, additions);
    let numbers = numbers(unknown.as_ref(), &values);
    let json = json(&ident, unknown.as_ref(), &values);
    let schema = schema(name, extensible, &values);
    Ok(quote! {
        #documentation
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum #ident { #(#variants,)* #(#unknown_variant)* }

        impl #ident { #numbers }

        impl crate::uper::Uper for #ident {
            const MIN_BITS: usize = #min_bits;

            #[inline]
            fn read(reader: &mut crate::uper::Reader<'_>) -> Result<Self, crate::uper::DecodeError> { #read }

            #[inline]
            fn write(&self, writer: &mut crate::uper::Writer<'_>) -> Result<(), crate::uper::EncodeError> { #write }
        }

        #json

        #schema
    })
}

fn schema(name: &str, extensible: bool, values: &[EnumeratedValue]) -> TokenStream {
    let values = values.iter().map(|EnumeratedValue { asn1_name, number, .. }| {
        let number = Literal::usize_unsuffixed(*number);
        quote!((#asn1_name, #number))
    });
    described(name, &quote!(Enumerated { values: &[#(#values),*], extensible: #extensible }))
}

/// A pattern for one of `count` indices that `Reader::index` returns: the last also stands for those that it never returns.
pub(super) fn index_pattern(index: usize, count: usize) -> TokenStream {
    if index + 1 == count {
        return quote!(_);
    }
    let index = Literal::usize_unsuffixed(index);
    quote!(#index)
}

/// All values with their numbers. Without numbers in the text they count from 0.
fn values(enumerated: &Enumerated) -> Result<Vec<EnumeratedValue>, ProfileError> {
    let numbered = enumerated.variants().filter(|variant| variant.number().is_some()).count();
    if numbered != 0 && numbered != enumerated.len() {
        return Err(ProfileError::new("some values have numbers and some have not"));
    }
    let values: Vec<_> = enumerated
        .variants()
        .enumerate()
        .map(|(place, variant)| EnumeratedValue {
            asn1_name: variant.name().to_owned(),
            ident: names::type_name(variant.name()),
            number: variant.number().unwrap_or(place),
        })
        .collect();
    if values.is_empty() { Err(ProfileError::new("no values")) } else { Ok(values) }
}

/// `Unknown`, unless the standard itself has a value `unknown`.
fn unknown_ident(values: &[EnumeratedValue]) -> Ident {
    let taken = values.iter().any(|value| value.ident == "Unknown");
    format_ident!("{}", if taken { "UnknownAddition" } else { "Unknown" })
}

fn read(unknown: Option<&Ident>, root: &[EnumeratedValue], additions: &[EnumeratedValue]) -> TokenStream {
    let count = Literal::usize_unsuffixed(root.len());
    let arms = root.iter().enumerate().map(|(index, EnumeratedValue { ident, .. })| {
        let pattern = index_pattern(index, root.len());
        quote!(#pattern => Self::#ident,)
    });
    let root = match root {
        // A single value has no index.
        [EnumeratedValue { ident, .. }] => quote!(Ok(Self::#ident)),
        _ => quote!(Ok(match reader.index::<#count>()? { #(#arms)* })),
    };
    let Some(unknown) = unknown else { return root };
    if additions.is_empty() {
        return quote! {
            if reader.boolean()? {
                return reader.small_number().map(Self::#unknown);
            }
            #root
        };
    }
    let arms = additions.iter().enumerate().map(|(index, EnumeratedValue { ident, .. })| {
        let index = Literal::usize_unsuffixed(index);
        quote!(#index => Self::#ident,)
    });
    quote! {
        if reader.boolean()? {
            return Ok(match reader.small_number()? { #(#arms)* number => Self::#unknown(number) });
        }
        #root
    }
}

fn write(unknown: Option<&Ident>, root: &[EnumeratedValue], additions: &[EnumeratedValue]) -> TokenStream {
    let count = Literal::usize_unsuffixed(root.len());
    let extension = unknown.map(|_| quote!(writer.boolean(false);));
    let root = root.iter().enumerate().map(|(index, EnumeratedValue { ident, .. })| {
        let index = Literal::usize_unsuffixed(index);
        quote!(Self::#ident => #index,)
    });
    let additions = additions.iter().enumerate().map(|(index, EnumeratedValue { ident, .. })| {
        let index = Literal::usize_unsuffixed(index);
        quote! {
            Self::#ident => {
                writer.boolean(true);
                writer.small_number(#index);
                return Ok(());
            }
        }
    });
    let unknown = unknown.map(|unknown| {
        quote! {
            Self::#unknown(number) => {
                return Err(crate::uper::EncodeError::new(crate::uper::EncodeProblem::Unknown { number: *number }));
            }
        }
    });
    quote! {
        let index = match self { #(#root)* #(#additions)* #unknown };
        #extension
        writer.index::<#count>(index);
        Ok(())
    }
}

/// The numbers and names as the ASN.1 gives them, both ways.
fn numbers(unknown: Option<&Ident>, values: &[EnumeratedValue]) -> TokenStream {
    let idents: Vec<_> = values.iter().map(|value| &value.ident).collect();
    let names: Vec<_> = values.iter().map(|value| &value.asn1_name).collect();
    let numbers: Vec<_> = values.iter().map(|value| Literal::usize_unsuffixed(value.number)).collect();
    let no_number = unknown.map(|unknown| quote!(Self::#unknown(_) => return None,));
    let no_name = no_number.clone();
    quote! {
        /// The number that the ASN.1 gives the value; `None` for an unknown one.
        #[must_use]
        pub const fn number(self) -> Option<u32> {
            Some(match self { #(Self::#idents => #numbers,)* #no_number })
        }

        /// The value that has a number.
        #[must_use]
        pub const fn from_number(number: u32) -> Option<Self> {
            Some(match number { #(#numbers => Self::#idents,)* _ => return None })
        }

        /// The name that the ASN.1 gives the value; `None` for an unknown one.
        #[must_use]
        pub const fn name(self) -> Option<&'static str> {
            Some(match self { #(Self::#idents => #names,)* #no_name })
        }
    }
}

fn json(ident: &Ident, unknown: Option<&Ident>, values: &[EnumeratedValue]) -> TokenStream {
    let idents: Vec<_> = values.iter().map(|value| &value.ident).collect();
    let names: Vec<_> = values.iter().map(|value| &value.asn1_name).collect();
    let unknown_to_json = unknown.map(
        |unknown| quote!(Self::#unknown(number) => crate::json::serialize_unknown(serializer, *number),),
    );
    let unknown_from_json = unknown.map(|unknown| {
        quote! {
            if let Some(number) = crate::json::unknown(value) {
                return Ok(Self::#unknown(number));
            }
        }
    });
    let listed: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    let expected = format!("one of the names {}", listed.join(", "));
    quote! {
        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    #(Self::#idents => serializer.serialize_str(#names),)*
                    #unknown_to_json
                }
            }
        }

        impl crate::json::FromJson for #ident {
            fn from_json(value: &serde_json::Value) -> Result<Self, crate::json::JsonError> {
                #unknown_from_json
                match value.as_str() {
                    #(Some(#names) => Ok(Self::#idents),)*
                    _ => Err(crate::json::JsonError::new(#expected, value)),
                }
            }
        }
    }
}
