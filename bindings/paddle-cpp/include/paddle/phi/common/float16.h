// phi::dtype::float16: the bits of a 16-bit IEEE 754 number.
#pragma once

#include <cstdint>

#include "../../../paddle_infer_declare.h"

namespace phi {
namespace dtype {

struct PD_INFER_DECL float16 {
    uint16_t x;

    float16() = default;
    /// Rounds to the nearest, ties to even.
    explicit float16(float value);
    operator float() const;
};

} // namespace dtype

using dtype::float16;

} // namespace phi

namespace paddle {
using phi::dtype::float16;
}
