// phi::dtype::bfloat16: the upper 16 bits of a float.
#pragma once

#include <cstdint>

#include "../../../paddle_infer_declare.h"

namespace phi {
namespace dtype {

struct PD_INFER_DECL bfloat16 {
    uint16_t x;

    bfloat16() = default;
    /// Rounds to the nearest, ties to even.
    explicit bfloat16(float value);
    operator float() const;
};

} // namespace dtype

using dtype::bfloat16;

} // namespace phi

namespace paddle {
using phi::dtype::bfloat16;
}
