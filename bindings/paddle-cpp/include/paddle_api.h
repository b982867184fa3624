// The names that Paddle's older interface gives to the types of paddle_tensor.h.
#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <vector>

#include "paddle_infer_declare.h"
#include "paddle_tensor.h"

namespace paddle {

using PaddleDType = paddle_infer::DataType;
using PaddlePlace = paddle_infer::PlaceType;
using PaddleDataLayout = paddle_infer::DataLayout;

/// Bytes of one element.
PD_INFER_DECL int PaddleDtypeSize(PaddleDType dtype);

/// paddle_infer::GetVersion.
PD_INFER_DECL std::string get_version();

} // namespace paddle
