//! How a type is held in Rust, read, written and described: for each place where a type can stand.

use asn1rs_model::model::{BitString, Charset, Integer, LiteralValue, Size, Type};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{ProfileError, Scope, definition, names};

/// The name that the profile gives an open type; the bit engine has a type for it.
pub(super) const OPEN_TYPE: &str = "OpenType";

/// How a type is held, read and written.
pub(super) struct Shape {
    /// The Rust type.
    pub(super) rust: TokenStream,
    /// Reads from `reader`: a `Result<rust, DecodeError>`.
    pub(super) read: TokenStream,
    /// Writes `value`, a `&rust`, to `writer`.
    pub(super) write: Write,
    /// The fewest bits: a constant `usize`.
    pub(super) min_bits: TokenStream,
    /// As the ASN.1 says it.
    pub(super) asn1: String,
    /// Whether the Rust type is one number, flag or set of bits.
    pub(super) copy: bool,
    /// Its schema: a constant `&'static Schema`.
    pub(super) schema: TokenStream,
    /// Reads its JSON form: a function of a `&Value`.
    pub(super) from_json: TokenStream,
    /// Types without a name that stand within: they get one of their own.
    pub(super) nested: TokenStream,
}

/// Writing that can fail, an expression `Result<(), EncodeError>`, or that cannot, a `()`.
pub(super) enum Write {
    Fallible(TokenStream),
    Infallible(TokenStream),
}

impl Write {
    /// As `Result<(), EncodeError>`.
    pub(super) fn result(&self) -> TokenStream {
        match self {
            Self::Fallible(tokens) => tokens.clone(),
            Self::Infallible(tokens) => quote!({ #tokens; Ok(()) }),
        }
    }

    /// As a statement in a function that returns such a result.
    pub(super) fn statement(&self, field: &str) -> TokenStream {
        match self {
            Self::Fallible(tokens) => quote!(#tokens.map_err(|error| error.in_field(#field))?;),
            Self::Infallible(tokens) => quote!(#tokens;),
        }
    }
}

impl Shape {
    fn simple(
        rust: TokenStream,
        read: TokenStream,
        write: Write,
        min_bits: u64,
        asn1: impl Into<String>,
        schema: &TokenStream,
    ) -> Self {
        let min_bits = Literal::u64_unsuffixed(min_bits);
        Self {
            rust,
            read,
            write,
            min_bits: quote!(#min_bits),
            asn1: asn1.into(),
            copy: false,
            schema: unnamed_schema(schema),
            from_json: quote!(crate::json::FromJson::from_json),
            nested: TokenStream::new(),
        }
    }

    fn copied(self) -> Self {
        Self { copy: true, ..self }
    }
}

/// The shape of a type where it stands; `place` names a type that has no name of its own.
pub(super) fn shape(scope: &Scope<'_>, place: &str, asn1: &Type) -> Result<Shape, ProfileError> {
    match asn1 {
        Type::Boolean => {
            let write = Write::Infallible(quote!(writer.boolean(*value)));
            Ok(Shape::simple(quote!(bool), quote!(reader.boolean()), write, 1, "BOOLEAN", &quote!(Boolean))
                .copied())
        }
        Type::Null => {
            let write = Write::Infallible(quote!(writer.null(value)));
            Ok(Shape::simple(quote!(()), quote!(reader.null()), write, 0, "NULL", &quote!(Null)).copied())
        }
        Type::Integer(integer) => integer_shape(integer).map(Shape::copied),
        Type::String(size, charset) => string(size, *charset),
        Type::OctetString(size) => octets(size),
        Type::BitString(bits) => bit_string(bits),
        Type::SequenceOf(element, size) => list(scope, place, element, size),
        Type::TypeReference(name, _) => reference(scope, name),
        Type::Sequence(_) | Type::Choice(_) | Type::Enumerated(_) => {
            let named = definition::generate(scope, place, asn1)?;
            let rust = names::type_name(place);
            Ok(Shape { nested: named, ..own_type(quote!(#rust), definition::keyword(asn1)) })
        }
        Type::Set(_) | Type::SetOf(..) => Err(ProfileError::new("SET is not supported")),
        Type::Optional(_) | Type::Default(..) => {
            Err(ProfileError::new("OPTIONAL or DEFAULT outside a SEQUENCE"))
        }
    }
}

/// The Rust of a DEFAULT.
pub(super) fn literal(
    scope: &Scope<'_>,
    asn1: &Type,
    value: &LiteralValue,
) -> Result<TokenStream, ProfileError> {
    match (asn1, value) {
        (Type::TypeReference(name, _), LiteralValue::EnumeratedVariant(_, variant)) => {
            let (rust, variant) = (scope.path(name)?, names::type_name(variant));
            Ok(quote!(#rust::#variant))
        }
        (Type::TypeReference(name, _), value) => {
            let rust = scope.path(name)?;
            let (home, referenced) = scope.definition(name)?;
            let inner = literal(&home, referenced, value)?;
            Ok(quote!(#rust(#inner)))
        }
        (Type::Integer(_), LiteralValue::Integer(number)) => {
            let number = Literal::i64_unsuffixed(*number);
            Ok(quote!(#number))
        }
        (Type::Boolean, LiteralValue::Boolean(flag)) => Ok(quote!(#flag)),
        (Type::String(..), LiteralValue::String(text)) => Ok(quote!(String::from(#text))),
        _ => Err(ProfileError::new(format!("DEFAULT {value:?} is not supported here"))),
    }
}

/// The schema of a type that has no name, from its `Shape`.
pub(super) fn unnamed_schema(shape: &TokenStream) -> TokenStream {
    quote!(&crate::schema::Schema { name: "", shape: crate::schema::Shape::#shape })
}

/// `1..32`, `4` or nothing.
pub(super) fn describe_size(size: &Size) -> String {
    let more = if size.extensible() { ", ..." } else { "" };
    match size {
        Size::Any => String::new(),
        Size::Fix(size, _) => format!(" (SIZE({size}{more}))"),
        Size::Range(minimum, maximum, _) if *maximum >= NO_BOUND => format!(" (SIZE({minimum}..MAX{more}))"),
        Size::Range(minimum, maximum, _) => format!(" (SIZE({minimum}..{maximum}{more}))"),
    }
}

fn own_type(rust: TokenStream, asn1: &str) -> Shape {
    Shape {
        read: quote!(reader.value::<#rust>()),
        write: Write::Fallible(quote!(writer.value(value))),
        min_bits: quote!(<#rust as crate::uper::Uper>::MIN_BITS),
        asn1: asn1.to_owned(),
        copy: false,
        schema: quote!(<#rust as crate::schema::Described>::SCHEMA),
        from_json: quote!(crate::json::FromJson::from_json),
        nested: TokenStream::new(),
        rust,
    }
}

fn reference(scope: &Scope<'_>, name: &str) -> Result<Shape, ProfileError> {
    if name == OPEN_TYPE {
        return Ok(own_type(quote!(crate::uper::OpenType), "open type"));
    }
    let rust = scope.path(name)?;
    let (home, referenced) = scope.definition(name)?;
    Ok(Shape { copy: definition::is_copy(&home, referenced)?, ..own_type(rust, name) })
}

fn integer_shape(integer: &Integer) -> Result<Shape, ProfileError> {
    let number = |number: i64| Literal::i64_unsuffixed(number);
    let schema = integer_schema(integer, None);
    match (integer.range.0, integer.range.1, integer.range.2) {
        (Some(minimum), Some(maximum), _) if minimum > maximum => {
            Err(ProfileError::new(format!("the range {minimum}..{maximum} is empty")))
        }
        (Some(minimum), Some(maximum), false) => {
            let (low, high) = (number(minimum), number(maximum));
            let rust = whole(minimum, maximum);
            let read = quote!(reader.constrained::<#rust, #low, #high>());
            let write = Write::Fallible(quote!(writer.constrained::<#low, #high>(*value)));
            let from_json = quote!(crate::json::constrained::<#rust, #low, #high>);
            let asn1 = format!("INTEGER ({minimum}..{maximum})");
            let shape = Shape::simple(rust, read, write, bits_for(minimum, maximum), asn1, &schema);
            Ok(Shape { from_json, ..shape })
        }
        (Some(minimum), Some(maximum), true) => {
            let (low, high) = (number(minimum), number(maximum));
            let read = quote!(reader.extensible::<#low, #high>());
            let write = Write::Infallible(quote!(writer.extensible::<#low, #high>(*value)));
            let bits = 1 + bits_for(minimum, maximum).min(16);
            let asn1 = format!("INTEGER ({minimum}..{maximum}, ...)");
            Ok(Shape::simple(quote!(i64), read, write, bits, asn1, &schema))
        }
        (Some(minimum), None, false) => {
            let low = number(minimum);
            let read = quote!(reader.semi_constrained::<#low>());
            let write = Write::Fallible(quote!(writer.semi_constrained::<#low>(*value)));
            let asn1 = format!("INTEGER ({minimum}..MAX)");
            Ok(Shape::simple(quote!(i64), read, write, 16, asn1, &schema))
        }
        // An upper bound alone is not visible to PER.
        (None, None, false) => {
            let write = Write::Infallible(quote!(writer.unconstrained(*value)));
            Ok(Shape::simple(quote!(i64), quote!(reader.unconstrained()), write, 16, "INTEGER", &schema))
        }
        _ => Err(ProfileError::new("an INTEGER with an upper bound only, or extensible without bounds")),
    }
}

/// The `Shape` of an INTEGER's schema; `unit` is the machine-readable line of its comment.
pub(super) fn integer_schema(integer: &Integer, unit: Option<&TokenStream>) -> TokenStream {
    let bound = |bound: Option<i64>| match bound {
        Some(bound) => {
            let bound = Literal::i64_unsuffixed(bound);
            quote!(Some(#bound))
        }
        None => quote!(None),
    };
    let (minimum, maximum, extensible) = (bound(integer.range.0), bound(integer.range.1), integer.range.2);
    let named = integer.constants.iter().map(|(name, number)| {
        let number = Literal::i64_unsuffixed(*number);
        quote!((#number, #name))
    });
    let unit = unit.map_or_else(|| quote!(None), |unit| quote!(Some(#unit)));
    quote! {
        Integer(crate::schema::Integer {
            minimum: #minimum,
            maximum: #maximum,
            extensible: #extensible,
            named: &[#(#named),*],
            unit: #unit,
        })
    }
}

/// The smallest Rust integer that holds a range.
fn whole(minimum: i64, maximum: i64) -> TokenStream {
    let fits = |low: i64, high: i64| minimum >= low && maximum <= high;
    if fits(0, u8::MAX.into()) {
        quote!(u8)
    } else if fits(0, u16::MAX.into()) {
        quote!(u16)
    } else if fits(0, u32::MAX.into()) {
        quote!(u32)
    } else if minimum >= 0 {
        quote!(u64)
    } else if fits(i8::MIN.into(), i8::MAX.into()) {
        quote!(i8)
    } else if fits(i16::MIN.into(), i16::MAX.into()) {
        quote!(i16)
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        quote!(i32)
    } else {
        quote!(i64)
    }
}

fn string(size: &Size, charset: Charset) -> Result<Shape, ProfileError> {
    let (alphabet, name, bits) = match charset {
        Charset::Utf8 => return utf8(size),
        Charset::Ia5 => (quote!(Ia5), "IA5String", 7),
        Charset::Visible => (quote!(Visible), "VisibleString", 7),
        Charset::Printable => (quote!(Printable), "PrintableString", 7),
        Charset::Numeric => (quote!(Numeric), "NumericString", 4),
    };
    let Sized { parameters, length_bits, minimum } = Sized::of(size)?;
    let read = quote!(reader.characters::<#parameters>(crate::uper::Alphabet::#alphabet));
    let write =
        Write::Fallible(quote!(writer.characters::<#parameters>(crate::uper::Alphabet::#alphabet, value)));
    let asn1 = format!("{name}{}", describe_size(size));
    let bounds = size_schema(size);
    let schema = quote!(Text { kind: #name, size: #bounds });
    Ok(Shape::simple(quote!(String), read, write, length_bits + minimum * bits, asn1, &schema))
}

fn utf8(size: &Size) -> Result<Shape, ProfileError> {
    if size.extensible() {
        return Err(ProfileError::new("a UTF8String of extensible size"));
    }
    let minimum = Literal::usize_unsuffixed(size.min().copied().unwrap_or(0));
    let maximum = bound(size.max().copied().unwrap_or(NO_BOUND));
    let write = Write::Fallible(quote!(writer.utf8::<#minimum, #maximum>(value)));
    let (asn1, bounds) = (format!("UTF8String{}", describe_size(size)), size_schema(size));
    let schema = quote!(Text { kind: "UTF8String", size: #bounds });
    Ok(Shape::simple(quote!(String), quote!(reader.utf8()), write, 8, asn1, &schema))
}

fn octets(size: &Size) -> Result<Shape, ProfileError> {
    let (asn1, bounds) = (format!("OCTET STRING{}", describe_size(size)), size_schema(size));
    let schema = quote!(OctetString(#bounds));
    if let Size::Fix(count @ 0..NO_LONGER_COUNTS, false) = *size {
        let octets = Literal::usize_unsuffixed(count);
        let write = Write::Infallible(quote!(writer.fixed_octets(value)));
        let rust = quote!(crate::uper::FixedOctets<#octets>);
        let (read, bits) = (quote!(reader.fixed_octets()), count as u64 * 8);
        return Ok(Shape::simple(rust, read, write, bits, asn1, &schema).copied());
    }
    let Sized { parameters, length_bits, minimum } = Sized::of(size)?;
    let write = Write::Fallible(quote!(writer.octets::<#parameters>(&value.0)));
    let read = quote!(reader.octets::<#parameters>());
    let bits = length_bits + minimum * 8;
    Ok(Shape::simple(quote!(crate::uper::OctetString), read, write, bits, asn1, &schema))
}

fn bit_string(bits: &BitString) -> Result<Shape, ProfileError> {
    let (size, schema) = (&bits.size, bit_string_schema(bits));
    let asn1 = format!("BIT STRING{}", describe_size(size));
    if let Size::Fix(count @ 0..=64, false) = *size {
        let bits = Literal::usize_unsuffixed(count);
        let write = Write::Infallible(quote!(writer.fixed_bits(*value)));
        let rust = quote!(crate::uper::FixedBits<#bits>);
        return Ok(
            Shape::simple(rust, quote!(reader.fixed_bits()), write, count as u64, asn1, &schema).copied()
        );
    }
    let Sized { parameters, length_bits, minimum } = Sized::of(size)?;
    let write = Write::Fallible(quote!(writer.bit_string::<#parameters>(value)));
    let read = quote!(reader.bit_string::<#parameters>());
    let rust = quote!(crate::uper::BitString);
    Ok(Shape::simple(rust, read, write, length_bits + minimum, asn1, &schema))
}

/// The `Shape` of a BIT STRING's schema.
pub(super) fn bit_string_schema(bits: &BitString) -> TokenStream {
    let size = size_schema(&bits.size);
    let named = bits.constants.iter().map(|(name, bit)| {
        let bit = Literal::u64_unsuffixed(*bit);
        quote!((#bit, #name))
    });
    quote!(BitString { bits: &[#(#named),*], size: #size })
}

/// A size constraint as the schema has it.
fn size_schema(size: &Size) -> TokenStream {
    let minimum = Literal::usize_unsuffixed(size.min().copied().unwrap_or(0));
    let maximum = match size.max().copied() {
        Some(maximum) if maximum < NO_BOUND => {
            let maximum = Literal::usize_unsuffixed(maximum);
            quote!(Some(#maximum))
        }
        _ => quote!(None),
    };
    let extensible = size.extensible();
    quote!(crate::schema::Size { minimum: #minimum, maximum: #maximum, extensible: #extensible })
}

fn list(scope: &Scope<'_>, place: &str, element: &Type, size: &Size) -> Result<Shape, ProfileError> {
    let Shape { rust, read, write, min_bits, asn1, nested, schema, .. } =
        shape(scope, &format!("{place}-Element"), element)?;
    let Sized { parameters, length_bits, minimum } = Sized::of(size)?;
    let (own, times) = (Literal::u64_unsuffixed(length_bits), Literal::u64_unsuffixed(minimum));
    let all_bits = match minimum {
        0 => quote!(#own),
        1 => quote!(#own + #min_bits),
        _ => quote!(#own + #times * (#min_bits)),
    };
    let is_number = min_bits.clone().into_iter().count() == 1;
    let element_bits = if is_number { min_bits } else { quote!({ #min_bits }) };
    let write = write.result();
    let bounds = size_schema(size);
    let list_schema = quote!(List { element: #schema, size: #bounds });
    Ok(Shape {
        read: quote!(reader.list::<#rust, #parameters, #element_bits>(|reader| #read)),
        write: Write::Fallible(quote!(writer.list::<#rust, #parameters>(value, |writer, value| #write))),
        min_bits: all_bits,
        asn1: format!("SEQUENCE{} OF {asn1}", describe_size(size)),
        copy: false,
        schema: unnamed_schema(&list_schema),
        from_json: quote!(crate::json::FromJson::from_json),
        rust: quote!(Vec<#rust>),
        nested,
    })
}

/// A size constraint as the bit engine takes it.
struct Sized {
    /// Lower bound, upper bound, extensible: constant parameters.
    parameters: TokenStream,
    /// The fewest bits of the length.
    length_bits: u64,
    /// The fewest elements on the wire.
    minimum: u64,
}

/// As asn1rs-model writes "no upper bound".
const NO_BOUND: usize = usize::MAX >> 1;
/// From here an upper bound has no influence on the encoding (X.691 clause 11.9.4.1).
const NO_LONGER_COUNTS: usize = 65_536;

impl Sized {
    fn of(size: &Size) -> Result<Self, ProfileError> {
        let (low, high) = (size.min().copied().unwrap_or(0), size.max().copied().unwrap_or(NO_BOUND));
        if low > high {
            return Err(ProfileError::new(format!("the size {low}..{high} is empty")));
        }
        let extensible = size.extensible();
        let counted = if high < NO_LONGER_COUNTS { bits_for(low as i64, high as i64) } else { 8 };
        let (minimum, maximum) = (Literal::usize_unsuffixed(low), bound(high));
        Ok(Self {
            parameters: quote!(#minimum, #maximum, #extensible),
            // Beyond the root: the extension bit and a length of eight bits, of no elements.
            length_bits: if extensible { 1 + counted.min(8) } else { counted },
            minimum: if extensible { 0 } else { low as u64 },
        })
    }
}

fn bound(maximum: usize) -> TokenStream {
    if maximum >= NO_BOUND {
        return quote!({ crate::uper::UNBOUNDED });
    }
    let maximum = Literal::usize_unsuffixed(maximum);
    quote!(#maximum)
}

fn bits_for(minimum: i64, maximum: i64) -> u64 {
    u64::from(64 - maximum.wrapping_sub(minimum).cast_unsigned().leading_zeros())
}
