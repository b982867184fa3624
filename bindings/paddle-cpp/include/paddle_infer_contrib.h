// paddle_infer::contrib: copies between tensors, and a status.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>

#include "paddle_infer_declare.h"
#include "paddle_tensor.h"

namespace paddle_infer {
namespace contrib {

class PD_INFER_DECL TensorUtils {
public:
    /// Throws Unavailable: there is no CUDA here.
    static void *CudaMallocPinnedMemory(std::size_t size);
    static void CudaFreePinnedMemory(void *memory);

    /// Gives `destination`, an input, the shape, data and offsets of `source`, which may belong to another predictor.
    /// Throws InvalidArgument for different element types.
    static void CopyTensor(Tensor *destination, const Tensor &source);
    /// CopyTensor; `stream` is not used.
    static void CopyTensorAsync(Tensor *destination, const Tensor &source, void *stream);
    /// CopyTensor, then `callback(argument)`.
    static void CopyTensorAsync(Tensor *destination, const Tensor &source, CallbackFunc callback, void *argument);
};

/// The outcome of a call as a value: fine, or the text of an exception.
class PD_INFER_DECL Status {
public:
    using Code = int;

    Status();
    explicit Status(std::exception_ptr error);
    static Status OK();

    bool ok() const noexcept;
    /// 0 is fine.
    Code code() const noexcept;
    const std::string &error_message() const;
    bool operator==(const Status &other) const noexcept;
    bool operator!=(const Status &other) const noexcept;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};


} // namespace contrib
} // namespace paddle_infer
