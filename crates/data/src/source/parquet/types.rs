//! Which types of Parquet are read, and as what: by the physical type and what annotates it.

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit as FileUnit, Type as PhysicalType};
use ::parquet::schema::types::Type;

use crate::source::column::TimeUnit;

/// Digits of an integer that is read exactly.
const EXACT_DIGITS: i32 = 38;

/// What a column's values are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellKind {
    /// Integers.
    Int,
    /// Truth values.
    Bool,
    /// Days, or moments in whatever unit the file has.
    Time(TimeUnit),
    /// Integers of up to 32 bits, without a sign.
    Unsigned,
    /// Integers of 64 bits without a sign, which become texts: some ids are beyond `i64`.
    Unsigned64,
    /// Times of 96 bits: a day and a nanosecond of it.
    Int96,
    /// Numbers of 32 or 64 bits.
    Float,
    /// Numbers of 16 bits.
    Float16,
    /// Decimals without a place after the point, of up to 38 digits: integers.
    Whole,
    /// Those of more digits, which become texts.
    LongWhole,
    /// Integers that count the `scale`-th decimal place.
    Decimal {
        /// Digits after the point.
        scale: i32,
    },
    /// Texts in UTF-8, or bytes that are.
    Text,
    /// Identifiers of 128 bits, as texts.
    Uuid,
    /// Nothing: every cell is missing.
    Missing,
}

/// What the values of a column are read as.
///
/// # Errors
/// The type, if it is not read.
pub(super) fn kind(of: &Type) -> Result<CellKind, String> {
    read_as(of).ok_or_else(|| named(of))
}

fn read_as(of: &Type) -> Option<CellKind> {
    if of.is_group() {
        return None;
    }
    let info = of.get_basic_info();
    let annotation = match info.logical_type_ref() {
        Some(LogicalType::Unknown) => return Some(CellKind::Missing),
        Some(logical) => Annotation::of_logical(logical)?,
        None => Annotation::of_converted(info.converted_type(), of)?,
    };
    use Annotation::*;
    Some(match (of.get_physical_type(), annotation) {
        (PhysicalType::BOOLEAN, Plain) => CellKind::Bool,
        (PhysicalType::INT32, Date) => CellKind::Time(TimeUnit::Days),
        (PhysicalType::INT32, Plain | Integer { bits: 8 | 16 | 32, signed: true }) => CellKind::Int,
        (PhysicalType::INT32, Integer { bits: 8 | 16 | 32, signed: false }) => CellKind::Unsigned,
        (PhysicalType::INT64, Timestamp(unit)) => CellKind::Time(unit),
        (PhysicalType::INT64, Plain | Integer { bits: 64, signed: true }) => CellKind::Int,
        (PhysicalType::INT64, Integer { bits: 64, signed: false }) => CellKind::Unsigned64,
        (PhysicalType::INT96, Plain | Timestamp(_)) => CellKind::Int96,
        (PhysicalType::FLOAT | PhysicalType::DOUBLE, Plain) => CellKind::Float,
        (PhysicalType::FIXED_LEN_BYTE_ARRAY, Float16) => CellKind::Float16,
        (PhysicalType::BYTE_ARRAY, Text | Plain) => CellKind::Text,
        (PhysicalType::FIXED_LEN_BYTE_ARRAY, Plain) => CellKind::Text,
        (PhysicalType::FIXED_LEN_BYTE_ARRAY, Uuid) => CellKind::Uuid,
        (PhysicalType::INT32 | PhysicalType::INT64, Decimal { scale: 0, .. }) => CellKind::Whole,
        (PhysicalType::BYTE_ARRAY | PhysicalType::FIXED_LEN_BYTE_ARRAY, Decimal { scale: 0, digits }) => {
            if digits <= EXACT_DIGITS {
                CellKind::Whole
            } else {
                CellKind::LongWhole
            }
        }
        (
            PhysicalType::INT32
            | PhysicalType::INT64
            | PhysicalType::BYTE_ARRAY
            | PhysicalType::FIXED_LEN_BYTE_ARRAY,
            Decimal { scale: scale @ 0.., .. },
        ) => CellKind::Decimal { scale },
        _ => return None,
    })
}

/// What annotates a physical type, of what is read.
enum Annotation {
    Plain,
    Integer { bits: i8, signed: bool },
    Date,
    Timestamp(TimeUnit),
    Decimal { scale: i32, digits: i32 },
    Float16,
    Text,
    Uuid,
}

impl Annotation {
    fn of_logical(logical: &LogicalType) -> Option<Self> {
        Some(match logical {
            LogicalType::Integer(int) => Annotation::Integer { bits: int.bit_width, signed: int.is_signed },
            LogicalType::Date => Annotation::Date,
            LogicalType::Timestamp(timestamp) => Annotation::Timestamp(match timestamp.unit {
                FileUnit::MILLIS => TimeUnit::Milliseconds,
                FileUnit::MICROS => TimeUnit::Microseconds,
                FileUnit::NANOS => TimeUnit::Nanoseconds,
            }),
            LogicalType::Decimal(decimal) => {
                Annotation::Decimal { scale: decimal.scale, digits: decimal.precision }
            }
            LogicalType::Uuid => Annotation::Uuid,
            LogicalType::Float16 => Annotation::Float16,
            LogicalType::String | LogicalType::Json | LogicalType::Enum => Annotation::Text,
            _ => return None,
        })
    }

    /// As files of before logical types have it.
    fn of_converted(converted: ConvertedType, of: &Type) -> Option<Self> {
        let integer = |bits, signed| Annotation::Integer { bits, signed };
        Some(match converted {
            ConvertedType::NONE => Annotation::Plain,
            ConvertedType::INT_8 => integer(8, true),
            ConvertedType::INT_16 => integer(16, true),
            ConvertedType::INT_32 => integer(32, true),
            ConvertedType::INT_64 => integer(64, true),
            ConvertedType::UINT_8 => integer(8, false),
            ConvertedType::UINT_16 => integer(16, false),
            ConvertedType::UINT_32 => integer(32, false),
            ConvertedType::UINT_64 => integer(64, false),
            ConvertedType::DATE => Annotation::Date,
            ConvertedType::TIMESTAMP_MILLIS => Annotation::Timestamp(TimeUnit::Milliseconds),
            ConvertedType::TIMESTAMP_MICROS => Annotation::Timestamp(TimeUnit::Microseconds),
            ConvertedType::DECIMAL => {
                Annotation::Decimal { scale: of.get_scale(), digits: of.get_precision() }
            }
            ConvertedType::UTF8 | ConvertedType::JSON | ConvertedType::ENUM => Annotation::Text,
            _ => return None,
        })
    }
}

/// A type as people know it: `INT64 (TIMESTAMP)`, `a struct`.
pub(super) fn named(of: &Type) -> String {
    let info = of.get_basic_info();
    let annotation = match info.logical_type_ref() {
        // Without its parameters.
        Some(logical) => Some(format!("{logical:?}").split('(').next().unwrap_or_default().to_uppercase()),
        None => Some(info.converted_type()).filter(|&c| c != ConvertedType::NONE).map(|c| c.to_string()),
    };
    match (of.is_group(), annotation) {
        (false, None) => of.get_physical_type().to_string(),
        (false, Some(annotation)) => format!("{} ({annotation})", of.get_physical_type()),
        (true, Some(annotation)) if annotation == "LIST" => "a list".into(),
        (true, Some(annotation)) if annotation.starts_with("MAP") => "a map".into(),
        (true, _) => "a struct".into(),
    }
}
