// paddle_infer::contrib.
#include "../include/paddle_inference_api.h"
#include "core.h"
#include "element_types.h"
#include "error.h"

namespace paddle_infer {
namespace contrib {

void *TensorUtils::CudaMallocPinnedMemory(std::size_t)
{
    fail("Unavailable", "CudaMallocPinnedMemory: there is no CUDA here; use malloc");
}

void TensorUtils::CudaFreePinnedMemory(void *)
{
    fail("Unavailable", "CudaFreePinnedMemory: there is no CUDA here; use free");
}

void TensorUtils::CopyTensor(Tensor *destination, const Tensor &source)
{
    const TensorState &from = *source.state_;
    const TensorState &to = *destination->state_;
    if (from.type != to.type)
        fail("InvalidArgument", "tensor \"" + to.name + "\": expected the element type of \"" + from.name + "\"");
    void *data = nullptr;
    size_t bytes = 0;
    check(c::predictor_tensor_data(from.handle, &data, &bytes));
    // A copy, because setting an input takes the data of the same predictor's outputs away.
    const std::string copy(static_cast<const char *>(data), bytes);
    destination->Reshape(source.shape());
    check(c::predictor_tensor_copy_from_host(to.handle, to.type, copy.data(), bytes));
    destination->SetLoD(source.lod());
}

void TensorUtils::CopyTensorAsync(Tensor *destination, const Tensor &source, void *)
{
    CopyTensor(destination, source);
}

void TensorUtils::CopyTensorAsync(Tensor *destination, const Tensor &source, CallbackFunc callback, void *argument)
{
    CopyTensor(destination, source);
    if (callback)
        callback(argument);
}

struct Status::Impl {
    bool ok = true;
    std::string message;
};

Status::Status() : impl_(std::make_shared<Impl>()) {}

Status::Status(std::exception_ptr error) : Status()
{
    impl_->ok = false;
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &exception) {
        impl_->message = exception.what();
    } catch (...) {
        impl_->message = "an exception that is no std::exception";
    }
}

Status Status::OK()
{
    return Status();
}

bool Status::ok() const noexcept
{
    return impl_->ok;
}

Status::Code Status::code() const noexcept
{
    return impl_->ok ? 0 : 1;
}

const std::string &Status::error_message() const
{
    return impl_->message;
}

bool Status::operator==(const Status &other) const noexcept
{
    return ok() == other.ok() && error_message() == other.error_message();
}

bool Status::operator!=(const Status &other) const noexcept
{
    return !(*this == other);
}

} // namespace contrib
} // namespace paddle_infer
