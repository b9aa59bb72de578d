//! SEQUENCE (X.691 clause 19): the root's members behind a bitmap of the optional ones, then the additions, each an open type.

use asn1rs_model::model::lor::Resolved;
use asn1rs_model::model::{Asn, ComponentTypeList, Field, Type};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::definition::{described, documentation};
use super::shape::{Shape, Write, literal, shape};
use super::{ProfileError, Scope, names};

/// When a member is on the wire.
enum Presence {
    Always,
    Optional,
    /// Absent where its value is this.
    Default(TokenStream),
    /// Behind the extension marker: an older sender does not write it.
    Addition,
}

struct Member {
    asn1_name: String,
    ident: Ident,
    presence: Presence,
    shape: Shape,
}

/// The Rust of a SEQUENCE.
pub(super) fn generate(
    scope: &Scope<'_>,
    name: &str,
    components: &ComponentTypeList<Resolved>,
) -> Result<TokenStream, ProfileError> {
    let extensible = components.extension_after.is_some();
    let members = members(scope, name, components)?;
    let ident = names::type_name(name);
    let documentation = documentation(
        scope,
        name,
        if extensible { "SEQUENCE { ... }, extensible" } else { "SEQUENCE { ... }" },
    );
    let fields = members.iter().map(Member::field);
    let nested = members.iter().map(|member| &member.shape.nested);
    let schema = schema(name, &members);
    let min_bits = min_bits(extensible, &members);
    let read = read(extensible, &members);
    let write = write(extensible, &members);
    let to_json = members.iter().map(Member::write_json);
    let asn1_names = members.iter().map(|member| &member.asn1_name);
    let from_json = members.iter().map(Member::read_json);
    let (members_name, map_name) =
        if members.is_empty() { (quote!(_members), quote!(map)) } else { (quote!(members), quote!(mut map)) };
    Ok(quote! {
        #documentation
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct #ident { #(#fields),* }

        impl crate::uper::Uper for #ident {
            const MIN_BITS: usize = #min_bits;

            fn read(reader: &mut crate::uper::Reader<'_>) -> Result<Self, crate::uper::DecodeError> { #read }

            fn write(&self, writer: &mut crate::uper::Writer<'_>) -> Result<(), crate::uper::EncodeError> { #write }
        }

        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let #map_name = serializer.serialize_map(None)?;
                #(#to_json)*
                serde::ser::SerializeMap::end(map)
            }
        }

        impl crate::json::FromJson for #ident {
            fn from_json(value: &serde_json::Value) -> Result<Self, crate::json::JsonError> {
                let #members_name = crate::json::Members::of(value, &[#(#asn1_names),*])?;
                Ok(Self { #(#from_json),* })
            }
        }

        #schema

        #(#nested)*
    })
}

fn schema(name: &str, members: &[Member]) -> TokenStream {
    let members =
        members.iter().map(|Member { asn1_name, presence, shape: Shape { schema, .. }, .. }| {
            let presence = match presence {
                Presence::Always => quote!(Always),
                Presence::Optional => quote!(Optional),
                Presence::Default(_) => quote!(Default),
                Presence::Addition => quote!(Addition),
            };
            quote! {
                crate::schema::Member {
                    name: #asn1_name,
                    presence: crate::schema::Presence::#presence,
                    schema: #schema,
                }
            }
        });
    described(name, &quote!(Sequence(&[#(#members),*])))
}

fn members(
    scope: &Scope<'_>,
    name: &str,
    components: &ComponentTypeList<Resolved>,
) -> Result<Vec<Member>, ProfileError> {
    let root = components.extension_after.map_or(components.fields.len(), |last| last + 1);
    let rare = scope.rare(name);
    let mut members = Vec::new();
    for (index, field) in components.fields.iter().enumerate() {
        let member = member(scope, name, field, index >= root).map_err(|error| error.within(&field.name))?;
        members.push(if rare.contains(&member.asn1_name) { member.on_the_heap()? } else { member });
    }
    if let Some(other) =
        rare.iter().find(|rare| members.iter().all(|member: &Member| member.asn1_name != **rare))
    {
        return Err(ProfileError::new(format!("\"Rare: {other}\", but there is no such member")));
    }
    if members.iter().filter(|member: &&Member| member.in_bitmap()).count() > 64 {
        return Err(ProfileError::new("more than 64 optional members"));
    }
    if members.iter().filter(|member: &&Member| member.is_addition()).count() > 64 {
        return Err(ProfileError::new("more than 64 additions"));
    }
    Ok(members)
}

fn member(scope: &Scope<'_>, name: &str, field: &Field<Asn>, addition: bool) -> Result<Member, ProfileError> {
    let (asn1, is_optional) = match &field.role.r#type {
        Type::Optional(inner) => (&**inner, true),
        other => (other, false),
    };
    let presence = match &field.role.default {
        _ if addition => Presence::Addition,
        Some(value) => Presence::Default(literal(scope, asn1, value)?),
        None if is_optional => Presence::Optional,
        None => Presence::Always,
    };
    let mut place = field.name.chars();
    let capitalised: String =
        place.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(place).collect();
    let shape = shape(scope, &format!("{name}-{capitalised}"), asn1)?;
    Ok(Member { asn1_name: field.name.clone(), ident: names::field_name(&field.name), presence, shape })
}

fn min_bits(extensible: bool, members: &[Member]) -> TokenStream {
    let own = usize::from(extensible) + members.iter().filter(|member| member.in_bitmap()).count();
    let own = (own > 0).then(|| Literal::usize_unsuffixed(own)).map(|own| quote!(#own));
    let always = members.iter().filter(|member| matches!(member.presence, Presence::Always));
    let terms: Vec<_> = own.into_iter().chain(always.map(|member| member.shape.min_bits.clone())).collect();
    if terms.is_empty() { quote!(0) } else { quote!(#(#terms)+*) }
}

fn read(extensible: bool, members: &[Member]) -> TokenStream {
    let extension = extensible.then(|| quote!(let extended = reader.boolean()?;));
    let in_bitmap: Vec<_> =
        members.iter().filter(|member| member.in_bitmap()).map(|member| &member.ident).collect();
    let bitmap = (!in_bitmap.is_empty()).then(|| quote!(let [#(#in_bitmap),*] = reader.bitmap()?;));
    let root = members.iter().filter(|member| !member.is_addition()).map(Member::read);
    let mut additions = members.iter().filter(|member| member.is_addition()).peekable();
    let rest = if !extensible {
        TokenStream::new()
    } else if additions.peek().is_none() {
        quote!(if extended {
            reader.skip_additions()?;
        })
    } else {
        let idents: Vec<_> =
            members.iter().filter(|member| member.is_addition()).map(|member| &member.ident).collect();
        let reads = additions.map(|Member { asn1_name, ident, shape, .. }| {
            let read = &shape.read;
            quote!(#ident = additions.next(reader, |reader| #read).map_err(|error| error.in_field(#asn1_name))?;)
        });
        quote! {
            #(let mut #idents = None;)*
            if extended {
                let mut additions = reader.additions()?;
                #(#reads)*
                additions.skip_rest(reader)?;
            }
        }
    };
    let idents = members.iter().map(|member| &member.ident);
    quote!(#extension #bitmap #(#root)* #rest Ok(Self { #(#idents),* }))
}

fn write(extensible: bool, members: &[Member]) -> TokenStream {
    let (additions, root): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.is_addition());
    let idents: Vec<_> = additions.iter().map(|member| &member.ident).collect();
    let extension = extensible.then(|| match &*idents {
        [] => quote!(writer.boolean(false);),
        _ => quote! {
            let extended = #(self.#idents.is_some())||*;
            writer.boolean(extended);
        },
    });
    let present: Vec<_> = root.iter().filter_map(|member| member.present()).collect();
    let bitmap = (!present.is_empty()).then(|| quote!(writer.bitmap([#(#present),*]);));
    let root = root.iter().map(|member| member.write());
    let additions = (!additions.is_empty()).then(|| {
        let writes = additions.iter().map(|Member { asn1_name, ident, shape, .. }| {
            let write = shape.write.result();
            quote! {
                if let Some(value) = &self.#ident {
                    writer.open_type(|writer| #write).map_err(|error| error.in_field(#asn1_name))?;
                }
            }
        });
        quote! {
            if extended {
                writer.additions([#(self.#idents.is_some()),*]);
                #(#writes)*
            }
        }
    });
    quote!(#extension #bitmap #(#root)* #additions Ok(()))
}

impl Member {
    /// The same member behind a `Box`.
    fn on_the_heap(mut self) -> Result<Self, ProfileError> {
        if !matches!(self.presence, Presence::Optional) {
            return Err(ProfileError::new("rare, but not OPTIONAL").within(&self.asn1_name));
        }
        let Shape { rust, read, write, from_json, .. } = &self.shape;
        let write = write.result();
        self.shape = Shape {
            rust: quote!(Box<#rust>),
            read: quote!(#read.map(Box::new)),
            write: Write::Fallible(quote!({ let value = &**value; #write })),
            from_json: quote!(|value| #from_json(value).map(Box::new)),
            ..self.shape
        };
        Ok(self)
    }

    fn is_addition(&self) -> bool {
        matches!(self.presence, Presence::Addition)
    }

    fn in_bitmap(&self) -> bool {
        matches!(self.presence, Presence::Optional | Presence::Default(_))
    }

    fn field(&self) -> TokenStream {
        let Self { asn1_name, ident, presence, shape: Shape { rust, asn1, .. } } = self;
        let (rust, when) = match presence {
            Presence::Always => (quote!(#rust), ""),
            Presence::Optional => (quote!(Option<#rust>), ", optional"),
            Presence::Default(..) => (quote!(#rust), ", absent for its default"),
            Presence::Addition => (quote!(Option<#rust>), ", an extension addition"),
        };
        let documentation = format!("`{asn1_name}`: {asn1}{when}.");
        quote!(#[doc = #documentation] pub #ident: #rust)
    }

    /// Reads the member of the root into a variable of its name; before it, that says whether the bitmap has it.
    fn read(&self) -> TokenStream {
        let Self { asn1_name, ident, presence, shape: Shape { read, .. } } = self;
        let read = quote!(#read.map_err(|error| error.in_field(#asn1_name))?);
        match presence {
            Presence::Always | Presence::Addition => quote!(let #ident = #read;),
            Presence::Optional => quote!(let #ident = if #ident { Some(#read) } else { None };),
            Presence::Default(value) => quote!(let #ident = if #ident { #read } else { #value };),
        }
    }

    /// Its bit of the bitmap.
    fn present(&self) -> Option<TokenStream> {
        let ident = &self.ident;
        match &self.presence {
            Presence::Optional => Some(quote!(self.#ident.is_some())),
            Presence::Default(value) => Some(quote!(self.#ident != #value)),
            Presence::Always | Presence::Addition => None,
        }
    }

    fn write(&self) -> TokenStream {
        let Self { asn1_name, ident, presence, shape: Shape { write, .. } } = self;
        let write = write.statement(asn1_name);
        match presence {
            Presence::Always | Presence::Addition => quote!({ let value = &self.#ident; #write }),
            Presence::Optional => quote!(if let Some(value) = &self.#ident { #write }),
            Presence::Default(default) => {
                quote!(if self.#ident != #default { let value = &self.#ident; #write })
            }
        }
    }

    /// A member that is not on the wire is not in the JSON either.
    fn write_json(&self) -> TokenStream {
        let Self { asn1_name, ident, presence, .. } = self;
        let entry = |value| quote!(serde::ser::SerializeMap::serialize_entry(&mut map, #asn1_name, #value)?;);
        match presence {
            Presence::Always => entry(quote!(&self.#ident)),
            Presence::Default(default) => {
                let entry = entry(quote!(&self.#ident));
                quote!(if self.#ident != #default { #entry })
            }
            Presence::Optional | Presence::Addition => {
                let entry = entry(quote!(value));
                quote!(if let Some(value) = &self.#ident { #entry })
            }
        }
    }

    fn read_json(&self) -> TokenStream {
        let Self { asn1_name, ident, presence, shape: Shape { from_json, .. } } = self;
        let optional = quote!(members.optional(#asn1_name, #from_json)?);
        match presence {
            Presence::Always => quote!(#ident: members.required(#asn1_name, #from_json)?),
            Presence::Optional | Presence::Addition => quote!(#ident: #optional),
            Presence::Default(value) => quote!(#ident: #optional.unwrap_or(#value)),
        }
    }
}
