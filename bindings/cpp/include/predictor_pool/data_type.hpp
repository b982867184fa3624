/// Element types: which C++ type is which of ONNX's.
#ifndef PREDICTOR_POOL_DATA_TYPE_HPP
#define PREDICTOR_POOL_DATA_TYPE_HPP

#include <predictor_pool.h>

#include <cstdint>
#include <string>
#include <type_traits>

namespace predictor_pool {

/// The type of a tensor's elements; the numbers are ONNX's own.
enum class DataType : std::int32_t {
    /// 32-bit IEEE 754, `float`.
    Float32 = c::PREDICTOR_FLOAT32,
    UInt8 = c::PREDICTOR_UINT8,
    Int8 = c::PREDICTOR_INT8,
    UInt16 = c::PREDICTOR_UINT16,
    Int16 = c::PREDICTOR_INT16,
    Int32 = c::PREDICTOR_INT32,
    Int64 = c::PREDICTOR_INT64,
    /// UTF-8 text of any length; see TensorHandle::copy_strings_from_host.
    String = c::PREDICTOR_STRING,
    /// One byte, 0 or 1, `bool`.
    Bool = c::PREDICTOR_BOOL,
    /// 16-bit IEEE 754, `predictor_pool::Float16`.
    Float16 = c::PREDICTOR_FLOAT16,
    /// 64-bit IEEE 754, `double`.
    Float64 = c::PREDICTOR_FLOAT64,
    UInt32 = c::PREDICTOR_UINT32,
    UInt64 = c::PREDICTOR_UINT64,
    /// The upper 16 bits of a float, `predictor_pool::BFloat16`.
    BFloat16 = c::PREDICTOR_BFLOAT16,
};

/// The name of an element type in error texts, for example "float32"; its number for one that is none of these.
///
/// Ownership: the text is the caller's.
/// Threads: any thread at any time.
/// Errors: std::bad_alloc.
inline std::string data_type_name(DataType type)
{
    switch (type) {
    case DataType::Float32: return "float32";
    case DataType::UInt8: return "uint8";
    case DataType::Int8: return "int8";
    case DataType::UInt16: return "uint16";
    case DataType::Int16: return "int16";
    case DataType::Int32: return "int32";
    case DataType::Int64: return "int64";
    case DataType::String: return "string";
    case DataType::Bool: return "bool";
    case DataType::Float16: return "float16";
    case DataType::Float64: return "float64";
    case DataType::UInt32: return "uint32";
    case DataType::UInt64: return "uint64";
    case DataType::BFloat16: return "bfloat16";
    }
    return std::to_string(static_cast<std::int32_t>(type));
}

/// An element of a float16 tensor, as its bits.
struct Float16 {
    std::uint16_t bits;
};

/// An element of a bfloat16 tensor, as its bits: the upper half of a float's.
struct BFloat16 {
    std::uint16_t bits;
};

namespace detail {

template <DataType type>
using Is = std::integral_constant<DataType, type>;

/// By size, as `long` is one of the fixed-width types and `long long` another of the same size.
template <typename T>
constexpr DataType integer_type() noexcept
{
    constexpr bool is_signed = std::is_signed_v<T>;
    if constexpr (sizeof(T) == 1)
        return is_signed ? DataType::Int8 : DataType::UInt8;
    else if constexpr (sizeof(T) == 2)
        return is_signed ? DataType::Int16 : DataType::UInt16;
    else if constexpr (sizeof(T) == 4)
        return is_signed ? DataType::Int32 : DataType::UInt32;
    else
        return is_signed ? DataType::Int64 : DataType::UInt64;
}

/// Has no value for types that no tensor holds; `char` is none, as it is text.
template <typename T>
struct ElementType {};
template <> struct ElementType<float> : Is<DataType::Float32> {};
template <> struct ElementType<double> : Is<DataType::Float64> {};
template <> struct ElementType<bool> : Is<DataType::Bool> {};
template <> struct ElementType<Float16> : Is<DataType::Float16> {};
template <> struct ElementType<BFloat16> : Is<DataType::BFloat16> {};
template <> struct ElementType<signed char> : Is<integer_type<signed char>()> {};
template <> struct ElementType<unsigned char> : Is<integer_type<unsigned char>()> {};
template <> struct ElementType<short> : Is<integer_type<short>()> {};
template <> struct ElementType<unsigned short> : Is<integer_type<unsigned short>()> {};
template <> struct ElementType<int> : Is<integer_type<int>()> {};
template <> struct ElementType<unsigned> : Is<integer_type<unsigned>()> {};
template <> struct ElementType<long> : Is<integer_type<long>()> {};
template <> struct ElementType<unsigned long> : Is<integer_type<unsigned long>()> {};
template <> struct ElementType<long long> : Is<integer_type<long long>()> {};
template <> struct ElementType<unsigned long long> : Is<integer_type<unsigned long long>()> {};

static_assert(sizeof(bool) == 1, "a bool tensor has one byte per element");

} // namespace detail

/// The element type of tensors that are made of T: float, double, bool, Float16, BFloat16, or an integer type (`char` is
/// none: it is text). A compile error for any other type.
template <typename T>
inline constexpr DataType data_type_of = detail::ElementType<T>::value;

} // namespace predictor_pool

#endif
