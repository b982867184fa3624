// What a Predictor and its tensors share, so that either may outlive the other.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "error.h"

namespace paddle_infer {

/// One input or output as all its handles see it.
struct TensorState {
    std::string name;
    bool is_input = false;
    c::PredictorTensor *handle = nullptr;
    /// The model's element type, a PredictorDataType; 0 for one without a number.
    int32_t type = 0;

    /// What Reshape or ShareExternalData set last, even if the model refuses it.
    bool shaped = false;
    std::vector<int> shape;
    /// Why the next run has to fail: the last shape, or the last data, was refused.
    std::string shape_error, data_error;
    std::vector<std::vector<size_t>> lod;

    /// Elements of the shape that was set; throws PreconditionNotMet if none was and the model leaves it open.
    size_t count() const;
    bool refused() const { return !shape_error.empty() || !data_error.empty(); }
};

/// The shape that the C ABI tells, or its status for why there is none.
c::PredictorStatus read_shape(const TensorState &state, std::vector<int64_t> &dims);

/// Owns a predictor of the C ABI.
class Core {
public:
    /// Takes `predictor`, also if it throws.
    Core(c::Predictor *predictor, void *stream);
    ~Core();
    Core(const Core &) = delete;
    Core &operator=(const Core &) = delete;

    c::Predictor *handle() const { return handle_.get(); }
    void *stream() const { return stream_; }
    std::deque<TensorState> &inputs() { return inputs_; }
    std::deque<TensorState> &outputs() { return outputs_; }

    /// The tensor called `name`, inputs or outputs first; throws PreconditionNotMet if there is none.
    TensorState *find(const std::string &name, bool inputs_first);

    /// Throws the first refusal of an input or output.
    void check_inputs() const;

    /// While it lives, other threads' calls on the predictor and its tensors throw Unavailable. Without it two threads
    /// on one predictor would meet in a TensorState.
    class Turn {
    public:
        explicit Turn(Core &core);
        ~Turn() { core_.taken_.clear(std::memory_order_release); }
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;

    private:
        Core &core_;
    };

private:
    struct Destroy {
        void operator()(c::Predictor *predictor) const { c::destroy_predictor(predictor); }
    };

    TensorState *find_optional_input(const std::string &name);

    std::unique_ptr<c::Predictor, Destroy> handle_;
    void *stream_;
    std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
    std::deque<TensorState> inputs_, outputs_;
    /// Inputs with defaults, which are found by name only.
    std::mutex lock_;
    std::deque<TensorState> optional_inputs_;
};

} // namespace paddle_infer
