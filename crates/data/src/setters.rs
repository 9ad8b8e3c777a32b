//! Setters of options.

/// Methods that give the same options with another value of a field: `with_field: field = Type`.
macro_rules! setters {
    ($of:ident { $($with:ident: $field:ident = $type:ty,)+ }) => {
        impl $of {$(
            #[doc = concat!(
                "The same with another [`", stringify!($field), "`](Self#structfield.",
                stringify!($field), ")."
            )]
            #[must_use]
            pub fn $with(self, $field: $type) -> Self {
                $of { $field, ..self }
            }
        )+}
    };
}

pub(crate) use setters;
