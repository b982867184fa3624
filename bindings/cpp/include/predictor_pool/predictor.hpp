/// One caller's inputs and outputs over a loaded model.
#ifndef PREDICTOR_POOL_PREDICTOR_HPP
#define PREDICTOR_POOL_PREDICTOR_HPP

#include <predictor_pool.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "config.hpp"
#include "error.hpp"
#include "stateless.hpp"
#include "tensor.hpp"

namespace predictor_pool {

namespace detail {

struct DestroyPredictor {
    /// False for a predictor that is a pool's.
    bool is_owned = true;

    void operator()(c::Predictor *predictor) const noexcept
    {
        if (is_owned)
            c::destroy_predictor(predictor);
    }
};

} // namespace detail

/// One caller's inputs and outputs over a loaded model, which all clones, and all predictors of equal configs, share.
///
/// One made from a Config or by clone is owned and destroyed with this object. One that came from a pool is borrowed.
class Predictor {
public:
    /// Loads the config's model, or finds it loaded by an equal config.
    ///
    /// Ownership: owns the predictor; the config may be destroyed or changed afterwards.
    /// Threads: any thread at any time, also several on one config.
    /// Errors: InvalidHandle, InvalidArgument (no model set), NotFound (a file), InvalidModel, Unsupported (an execution
    /// provider, an operator), RuntimeUnavailable, RunFailed (in a warm-up run), OutOfMemory.
    explicit Predictor(const Config &config)
    {
        c::Predictor *predictor = nullptr;
        detail::check(c::create_predictor(config.get(), &predictor));
        handle_.reset(predictor);
    }

    /// Another predictor over the same loaded model; its inputs and outputs start empty. It costs no second copy of the
    /// weights and lives independently of this one, also if this one is a pool's.
    ///
    /// Ownership: the clone owns its predictor.
    /// Threads: any thread at any time, also while this one runs.
    /// Errors: InvalidHandle, OutOfMemory.
    Predictor clone() const
    {
        c::Predictor *predictor = nullptr;
        detail::check(c::clone_predictor(get(), &predictor));
        return Predictor(predictor, true);
    }

    /// How many inputs every run needs. Inputs with defaults are not counted; they are found by name.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle.
    std::size_t input_count() const
    {
        std::size_t count = 0;
        detail::check(c::predictor_input_count(get(), &count));
        return count;
    }

    /// How many outputs the model has.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle.
    std::size_t output_count() const
    {
        std::size_t count = 0;
        detail::check(c::predictor_output_count(get(), &count));
        return count;
    }

    /// The name of input number `index`, in the model's order.
    ///
    /// Ownership: the text is the caller's.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, OutOfRange.
    std::string input_name(std::size_t index) const
    {
        const char *name = nullptr;
        detail::check(c::predictor_input_name(get(), index, &name));
        return name;
    }

    /// The name of output number `index`, in the model's order.
    ///
    /// Ownership: the text is the caller's.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, OutOfRange.
    std::string output_name(std::size_t index) const
    {
        const char *name = nullptr;
        detail::check(c::predictor_output_name(get(), index, &name));
        return name;
    }

    /// The input called `name`, also one with a default. It is looked up without an allocation, and may be kept.
    ///
    /// Ownership: borrowed from the predictor, with which it ends.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, InvalidArgument (null), NotFound (the text lists the names).
    TensorHandle get_input_handle(Text name)
    {
        c::PredictorTensor *tensor = nullptr;
        detail::check(c::predictor_get_input_handle(get(), name.c_str(), &tensor));
        return {tensor, true};
    }

    /// The output called `name`, also before the first run. It is looked up without an allocation, and may be kept.
    ///
    /// Ownership: borrowed from the predictor, with which it ends.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, InvalidArgument (null), NotFound (the text lists the names).
    TensorHandle get_output_handle(Text name)
    {
        c::PredictorTensor *tensor = nullptr;
        detail::check(c::predictor_get_output_handle(get(), name.c_str(), &tensor));
        return {tensor, false};
    }

    /// Computes the outputs from the inputs.
    ///
    /// Ownership: nothing is handed over; outputs live in the predictor until its next run.
    /// Threads: one thread at a time per predictor; beside another thread's call it throws Busy and changes nothing. Runs of
    /// different predictors go in parallel, whatever their shapes.
    /// Errors: InvalidHandle, InvalidArgument (an input was never set), Busy, RunFailed (the predictor lives on),
    /// ShapeMismatch (an output does not fit shared memory), Cancelled, OutOfMemory.
    void run() { detail::check(c::predictor_run(get())); }

    /// `run` that is stopped after `timeout`; below 0 is no limit, 0 is Timeout at once. ONNX Runtime looks for the stop
    /// between operators, so one long operator delays it. The predictor is usable again afterwards.
    ///
    /// Ownership: nothing is handed over; outputs live in the predictor until its next run.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of run, and Timeout.
    void run_with_timeout(std::chrono::milliseconds timeout)
    {
        detail::check(c::predictor_run_with_timeout(get(), timeout.count()));
    }

    /// Runs the model on `inputs` and writes the named `outputs`, without touching the predictor's own tensors and without
    /// keeping anything. Inputs with defaults may be left out, and so may outputs. Each output then has its shape and
    /// length; after OutOfRange, the length that it needs.
    ///
    /// Ownership: all memory is the caller's and is used during the call only.
    /// Threads: any number at once on one predictor, also while it runs; a RunOutput is for one call at a time.
    /// Errors: InvalidHandle, InvalidArgument (a missing input, a repeated name, a wrong length, not aligned to an element,
    /// an output's memory used twice), NotFound (a name), TypeMismatch, ShapeMismatch, OutOfRange (an output has too little
    /// room), RunFailed, Cancelled, Unsupported, OutOfMemory. TypeMismatch for an output's room comes after the run, which
    /// has written to the room.
    void run_with(Span<const RunInput> inputs, Span<RunOutput> outputs) const
    {
        std::vector<c::PredictorTensorView> given, wanted;
        given.reserve(inputs.size());
        wanted.reserve(outputs.size());
        for (const RunInput &input : inputs)
            given.push_back(input.view());
        for (RunOutput &output : outputs)
            wanted.push_back(output.view());
        const c::PredictorStatus status =
            c::predictor_run_with(get(), given.data(), given.size(), wanted.data(), wanted.size());
        for (std::size_t index = 0; index < outputs.size(); index++)
            outputs[index].take(wanted[index], status);
        detail::check(status);
        for (const RunOutput &output : outputs)
            output.check_type();
    }

    /// Stops the runs in progress on this predictor, those of run_with included: they throw Cancelled. It never touches a
    /// later run. False if there was none to stop.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle.
    bool cancel() const
    {
        const c::PredictorStatus status = c::predictor_cancel(get());
        if (status == c::PREDICTOR_ERROR_NOT_FOUND)
            return false;
        detail::check(status);
        return true;
    }

    /// Gives memory that runs left behind back to the system; inputs and outputs stay. Returns the bytes that the process
    /// got smaller by, which other threads' runs change too.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, Busy.
    std::uint64_t shrink_memory()
    {
        std::uint64_t released = 0;
        detail::check(c::predictor_shrink_memory(get(), &released));
        return released;
    }

    /// The handle for functions of the C ABI; null after a move.
    ///
    /// Ownership: borrowed from this object; not to be destroyed.
    /// Threads: any thread at any time.
    /// Errors: none.
    c::Predictor *get() const noexcept { return handle_.get(); }

private:
    friend class PredictorPool;
    friend class PooledPredictor;

    Predictor(c::Predictor *predictor, bool is_owned) noexcept : handle_(predictor, detail::DestroyPredictor{is_owned}) {}

    std::unique_ptr<c::Predictor, detail::DestroyPredictor> handle_;
};

} // namespace predictor_pool

#endif
