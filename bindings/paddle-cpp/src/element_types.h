// Element types: Paddle's numbers, the C ABI's, and C++ types.
#pragma once

#include <cstdint>

#include "../include/paddle_inference_api.h"
#include "core.h"

namespace paddle_infer {

/// The C ABI's number of a C++ type.
template <typename T>
struct ElementType;
template <>
struct ElementType<float> {
    static const int32_t value = c::PREDICTOR_FLOAT32;
};
template <>
struct ElementType<double> {
    static const int32_t value = c::PREDICTOR_FLOAT64;
};
template <>
struct ElementType<int64_t> {
    static const int32_t value = c::PREDICTOR_INT64;
};
template <>
struct ElementType<int32_t> {
    static const int32_t value = c::PREDICTOR_INT32;
};
template <>
struct ElementType<uint8_t> {
    static const int32_t value = c::PREDICTOR_UINT8;
};
template <>
struct ElementType<int8_t> {
    static const int32_t value = c::PREDICTOR_INT8;
};
template <>
struct ElementType<bool> {
    static const int32_t value = c::PREDICTOR_BOOL;
};
template <>
struct ElementType<phi::dtype::float16> {
    static const int32_t value = c::PREDICTOR_FLOAT16;
};
template <>
struct ElementType<phi::dtype::bfloat16> {
    static const int32_t value = c::PREDICTOR_BFLOAT16;
};

/// Paddle's element type of a tensor; throws Unimplemented for one that Paddle has no number for.
DataType paddle_type(const TensorState &state);

/// phi's and the C ABI's numbers of one type, and its bytes; throws InvalidArgument for a type without a size.
phi::DataType phi_type(const TensorState &state);
int32_t c_type(phi::DataType type);
size_t bytes_of(phi::DataType type);

} // namespace paddle_infer

/// Each C++ type that a tensor may have, for explicit instantiations.
#define PADDLE_INFER_FOR_EACH_TYPE(do_with) \
    do_with(float) \
    do_with(double) \
    do_with(int64_t) \
    do_with(int32_t) \
    do_with(uint8_t) \
    do_with(int8_t) \
    do_with(bool) \
    do_with(phi::dtype::float16) \
    do_with(phi::dtype::bfloat16)
