// Predictors: their life, names, runs, time limits and cancelling.
#include "support.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <type_traits>

using namespace predictor_pool;
using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<Predictor> && !std::is_copy_assignable_v<Predictor>);
static_assert(std::is_nothrow_move_constructible_v<Predictor> && std::is_nothrow_move_assignable_v<Predictor>);
static_assert(!std::is_convertible_v<Config, Predictor>, "a config is no predictor by itself");

namespace {

/// A run of slow.onnx that takes minutes if nothing stops it.
Predictor slow_predictor()
{
    Predictor predictor = predictor_for("slow.onnx");
    auto steps = predictor.get_input_handle("steps");
    steps.reshape({});
    steps.copy_from_host({std::int64_t{50'000'000}});
    auto x = predictor.get_input_handle("x");
    x.reshape({64, 64});
    x.copy_from_host(std::vector<float>(64 * 64, 0.5f));
    return predictor;
}

/// Whether another thread's call on the predictor is in the way; a run that was cancelled was not.
template <typename Call>
bool is_busy(Call call)
{
    try {
        call();
    } catch (const Error &error) {
        EXPECT_TRUE(error.code() == Status::Busy || error.code() == Status::Cancelled) << error.what();
        return error.code() == Status::Busy;
    }
    return false;
}

void make_quick(Predictor &predictor)
{
    predictor.get_input_handle("steps").copy_from_host({std::int64_t{0}});
}

} // namespace

TEST(Predictor, ComputesWhatItsModelSays)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    run_add(predictor, 3, -2);
    run_add(predictor, 1, 7);
    run_add(predictor, 16, 0.25f);
}

TEST(Predictor, NamesItsInputsAndOutputsInTheModelsOrder)
{
    Predictor predictor = predictor_for("mixed.onnx");
    ASSERT_EQ(predictor.input_count(), 2U);
    EXPECT_EQ(predictor.input_name(0), "ids");
    EXPECT_EQ(predictor.input_name(1), "scale");
    EXPECT_EQ(predictor_for("nms.onnx").output_count(), 1U);
    EXPECT_EQ(predictor_for("add.onnx").output_name(0), "y");
    expect_error(Status::OutOfRange, "2", [&] { predictor.input_name(2); });
    EXPECT_EQ(predictor.get_input_handle(predictor.input_name(0)).name(), "ids");
}

TEST(Predictor, AnUnknownNameIsNotFoundAndTheTextListsTheNames)
{
    Predictor predictor = predictor_for("mixed.onnx");
    expect_error(Status::NotFound, "scale", [&] { predictor.get_input_handle("wrong"); });
    expect_error(Status::NotFound, "wrong", [&] { predictor.get_output_handle("wrong"); });
    expect_error(Status::InvalidArgument, "", [&] { predictor.get_input_handle(nullptr); });
}

TEST(Predictor, ACloneStartsEmptyAndOutlivesItsSource)
{
    auto source = std::make_unique<Predictor>(predictor_for("add_batch.onnx"));
    run_add(*source, 2, 1);
    Predictor clone = source->clone();
    expect_error(Status::InvalidArgument, "x", [&] { clone.run(); });
    source.reset();
    run_add(clone, 3, 2);
}

TEST(Predictor, ARunWithoutInputsNamesTheInput)
{
    Predictor predictor = predictor_for("add.onnx");
    expect_error(Status::InvalidArgument, "\"x\"", [&] { predictor.run(); });
}

TEST(Predictor, AFailingKernelIsAnErrorAndThePredictorLivesOn)
{
    Predictor predictor = predictor_for("failing.onnx");
    auto index = predictor.get_input_handle("index");
    index.reshape({1});
    index.copy_from_host({std::int64_t{1000}});
    expect_error(Status::RunFailed, "1000", [&] { predictor.run(); });
    index.copy_from_host({std::int64_t{0}});
    predictor.run();
}

TEST(Predictor, ATimeLimitStopsARunAndThePredictorLivesOn)
{
    Predictor predictor = slow_predictor();
    expect_error(Status::Timeout, "", [&] { predictor.run_with_timeout(20ms); });
    expect_error(Status::Timeout, "", [&] { predictor.run_with_timeout(0ms); });
    make_quick(predictor);
    predictor.run_with_timeout(1min);
    predictor.run_with_timeout(-1ms);
}

TEST(Predictor, CancelStopsTheRunOfAnotherThreadAndNothingElse)
{
    Predictor predictor = slow_predictor();
    EXPECT_FALSE(predictor.cancel()) << "there is no run";
    std::atomic<bool> ended{false};
    std::thread runner([&] {
        expect_error(Status::Cancelled, "", [&] { predictor.run(); });
        ended = true;
    });
    bool reached = false;
    while (!ended)
        reached = predictor.cancel() || reached;
    runner.join();
    EXPECT_TRUE(reached);
    make_quick(predictor);
    predictor.run();
}

TEST(Predictor, ACallBesideAnotherThreadsRunIsBusy)
{
    Predictor predictor = slow_predictor();
    auto x = predictor.get_input_handle("x");
    const std::vector<float> data(64 * 64, 0.5f);
    std::atomic<bool> ended{false};
    std::thread runner([&] {
        while (is_busy([&] { predictor.run(); })) { // beside a copy
        }
        ended = true;
    });
    while (!is_busy([&] { x.copy_from_host(data); })) { // the run has not begun
    }
    EXPECT_FALSE(ended);
    while (!ended)
        predictor.cancel();
    runner.join();
}

TEST(Predictor, GivesMemoryBackAndKeepsItsInputs)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    run_add(predictor, 1000, 0);
    predictor.shrink_memory();
    EXPECT_EQ(predictor.get_input_handle("x").shape(), (std::vector<std::int64_t>{1000, 4}));
}

TEST(Predictor, AfterAMoveIsAnErrorAndNoCrash)
{
    Predictor predictor = predictor_for("add.onnx");
    Predictor other = std::move(predictor);
    expect_error(Status::InvalidHandle, "", [&] { predictor.run(); });
    expect_error(Status::InvalidHandle, "", [&] { predictor.clone(); });
    expect_error(Status::InvalidHandle, "", [&] { predictor.get_input_handle("x"); });
    EXPECT_EQ(predictor.get(), nullptr);
    run_add(other, 1, 1);
    const std::int64_t alive = live_handles();
    other = predictor_for("add.onnx");
    EXPECT_EQ(live_handles(), alive) << "what was there before the assignment is destroyed";
    run_add(other, 1, 1);
}

TEST(Predictor, MixesWithTheCAbi)
{
    Predictor predictor = predictor_for("add.onnx");
    std::size_t count = 0;
    EXPECT_EQ(c::predictor_input_count(predictor.get(), &count), c::PREDICTOR_OK);
    EXPECT_EQ(count, 1U);
}
