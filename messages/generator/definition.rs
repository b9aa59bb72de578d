//! A named type: a Rust type of its own, with its documentation, constants, encoding and JSON form.

use asn1rs_model::model::Type;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::shape::{Shape, Write, integer_schema, shape};
use super::{ProfileError, Scope, choice, enumerated, names, sequence};

/// The Rust of a definition, and of the unnamed types within it.
pub(super) fn generate(scope: &Scope<'_>, name: &str, asn1: &Type) -> Result<TokenStream, ProfileError> {
    match asn1 {
        Type::Sequence(components) => sequence::generate(scope, name, components),
        Type::Choice(choice) => choice::generate(scope, name, choice),
        Type::Enumerated(enumerated) => enumerated::generate(scope, name, enumerated),
        _ => wrapper(scope, name, asn1),
    }
}

/// The documentation: what the profile says, then the definition itself.
pub(super) fn documentation(scope: &Scope<'_>, name: &str, asn1: &str) -> TokenStream {
    let mut comment = scope.comment(name);
    comment.retain(|line| !line.starts_with("Rare: "));
    let definition = format!("`{name} ::= {asn1}`");
    if comment.is_empty() {
        return quote!(#[doc = #definition]);
    }
    quote!(#(#[doc = #comment])* #[doc = ""] #[doc = #definition])
}

/// The keyword of a type that has a Rust type of its own.
pub(super) fn keyword(asn1: &Type) -> &'static str {
    match asn1 {
        Type::Choice(_) => "CHOICE",
        Type::Enumerated(_) => "ENUMERATED",
        _ => "SEQUENCE",
    }
}

/// Whether the Rust type is `Copy`.
pub(super) fn is_copy(scope: &Scope<'_>, asn1: &Type) -> Result<bool, ProfileError> {
    match asn1 {
        Type::Enumerated(_) => Ok(true),
        Type::Sequence(_) | Type::Choice(_) | Type::SequenceOf(..) | Type::String(..) => Ok(false),
        _ => shape(scope, "", asn1).map(|shape| shape.copy),
    }
}

/// A type around a number, a string or a list.
fn wrapper(scope: &Scope<'_>, name: &str, asn1: &Type) -> Result<TokenStream, ProfileError> {
    let Shape { rust, read, write, min_bits, asn1: text, copy, schema, from_json, nested } =
        shape(scope, name, asn1)?;
    let schema = wrapper_schema(scope, name, asn1, &schema)?;
    let ident = names::type_name(name);
    let documentation = documentation(scope, name, &text);
    let derives = if copy {
        quote!(Debug, Clone, Copy, PartialEq, Eq, Hash)
    } else {
        quote!(Debug, Clone, PartialEq, Eq, Hash)
    };
    let order = matches!(asn1, Type::Integer(_)).then(|| quote!(#[derive(PartialOrd, Ord)]));
    let constants = constants(asn1);
    let constants = (!constants.is_empty()).then(|| quote!(impl #ident { #constants }));
    let write = match write {
        Write::Fallible(tokens) => tokens,
        Write::Infallible(tokens) => quote!(#tokens; Ok(())),
    };
    Ok(quote! {
        #documentation
        #[derive(#derives)]
        #order
        pub struct #ident(#[doc = "The value as it is on the wire."] pub #rust);

        #constants

        impl crate::uper::Uper for #ident {
            const MIN_BITS: usize = #min_bits;

            #[inline]
            fn read(reader: &mut crate::uper::Reader<'_>) -> Result<Self, crate::uper::DecodeError> {
                #read.map(Self)
            }

            #[inline]
            fn write(&self, writer: &mut crate::uper::Writer<'_>) -> Result<(), crate::uper::EncodeError> {
                let value = &self.0;
                #write
            }
        }

        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl crate::json::FromJson for #ident {
            fn from_json(value: &serde_json::Value) -> Result<Self, crate::json::JsonError> {
                #from_json(value).map(Self)
            }
        }

        #schema

        #nested
    })
}

/// The schema of a named type, from its `Shape`.
pub(super) fn described(name: &str, shape: &TokenStream) -> TokenStream {
    let ident = names::type_name(name);
    quote! {
        impl crate::schema::Described for #ident {
            const SCHEMA: &'static crate::schema::Schema =
                &crate::schema::Schema { name: #name, shape: crate::schema::Shape::#shape };
        }
    }
}

/// The schema of a type around another: an INTEGER has its unit, a list its own name.
fn wrapper_schema(
    scope: &Scope<'_>,
    name: &str,
    asn1: &Type,
    inner: &TokenStream,
) -> Result<TokenStream, ProfileError> {
    let unit = scope.unit(name)?;
    match asn1 {
        Type::Integer(integer) => Ok(described(name, &integer_schema(integer, unit.as_ref()))),
        _ if unit.is_some() => Err(ProfileError::new("a unit, but no INTEGER")),
        _ => {
            let ident = names::type_name(name);
            Ok(quote! {
                impl crate::schema::Described for #ident {
                    const SCHEMA: &'static crate::schema::Schema = &crate::schema::Schema::named(#inner, #name);
                }
            })
        }
    }
}

/// The range and the named numbers of an INTEGER, the named bits of a BIT STRING.
fn constants(asn1: &Type) -> TokenStream {
    match asn1 {
        Type::Integer(integer) => {
            let named = integer.constants.iter().map(|(name, number)| constant(name, *number));
            let bounds = match (integer.range.0, integer.range.1) {
                (Some(minimum), Some(maximum)) => {
                    let (minimum, maximum) =
                        (Literal::i64_unsuffixed(minimum), Literal::i64_unsuffixed(maximum));
                    quote! {
                        #[doc = "The smallest value of the range."]
                        pub const MIN: Self = Self(#minimum);
                        #[doc = "The largest value of the range."]
                        pub const MAX: Self = Self(#maximum);
                    }
                }
                _ => TokenStream::new(),
            };
            quote!(#bounds #(#named)*)
        }
        Type::BitString(bits) => {
            let named = bits.constants.iter().map(|(name, bit)| {
                let (ident, bit) = (names::constant_name(name), Literal::u64_unsuffixed(*bit));
                let documentation = format!("The number of bit `{name}`.");
                quote!(#[doc = #documentation] pub const #ident: u32 = #bit;)
            });
            quote!(#(#named)*)
        }
        _ => TokenStream::new(),
    }
}

fn constant(name: &str, number: i64) -> TokenStream {
    let (ident, number) = (names::constant_name(name), Literal::i64_unsuffixed(number));
    let documentation = format!("`{name}`");
    quote!(#[doc = #documentation] pub const #ident: Self = Self(#number);)
}
