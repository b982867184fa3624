// phi::DataType: the element types of paddle::Tensor.
#pragma once

namespace phi {

enum class DataType {
    UNDEFINED = 0,
    BOOL,
    UINT8,
    INT8,
    UINT16,
    INT16,
    UINT32,
    INT32,
    UINT64,
    INT64,
    FLOAT32,
    FLOAT64,
    COMPLEX64,
    COMPLEX128,
    PSTRING,
    FLOAT16,
    BFLOAT16,
};

} // namespace phi

namespace paddle {
using DataType = phi::DataType;
}
