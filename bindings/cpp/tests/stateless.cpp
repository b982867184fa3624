// Runs in the caller's memory, and how strings travel there.
#include "support.hpp"

#include <thread>

using namespace predictor_pool;

using Dims = std::vector<std::int64_t>;

namespace {

Dims dims_of(const RunOutput &output)
{
    return {output.shape().begin(), output.shape().end()};
}

} // namespace

TEST(RunWith, ComputesInTheCallersMemory)
{
    const Predictor predictor = predictor_for("add_batch.onnx");
    const std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8};
    std::vector<float> y(20, -1);
    RunOutput outputs[] = {{"y", y}};
    predictor.run_with({{"x", x, {2, 4}}}, outputs);
    EXPECT_EQ(dims_of(outputs[0]), (Dims{2, 4}));
    EXPECT_EQ(outputs[0].byte_length(), 32U);
    EXPECT_EQ(outputs[0].data_type(), DataType::Float32);
    EXPECT_EQ(std::vector<float>(y.begin(), y.begin() + 8), doubled(x));
    EXPECT_EQ(y[8], -1.0f) << "room that was not needed stays as it was";

    predictor.run_with({{"x", Span<const float>(x.data(), 4), {1, 4}}}, outputs);
    EXPECT_EQ(dims_of(outputs[0]), (Dims{1, 4})) << "the whole room is there again in the next run";
}

TEST(RunWith, TakesSeveralInputsAndLeavesOutWhatHasADefault)
{
    const Predictor predictor = predictor_for("sum_two.onnx");
    const std::vector<float> a{1, 2, 3}, b{10, 20, 30};
    const std::vector<RunInput> inputs{{"b", b, {1, 3}}, {"a", a, {1, 3}}};
    std::vector<float> sum(3);
    std::vector<RunOutput> outputs;
    outputs.emplace_back(predictor.output_name(0), sum);
    predictor.run_with(inputs, outputs);
    EXPECT_EQ(sum, (std::vector<float>{11, 22, 33}));
    predictor_for("with_default.onnx").run_with({{"x", std::vector<float>{1, 2}, {2}}}, {});
}

TEST(RunWith, TellsHowMuchRoomAnOutputNeeds)
{
    const Predictor predictor = predictor_for("add_batch.onnx");
    const std::vector<float> x(12, 2);
    std::vector<float> y(4);
    std::vector<RunOutput> outputs{{"y", y}};
    expect_error(Status::OutOfRange, "\"y\"", [&] { predictor.run_with({{"x", x, {3, 4}}}, outputs); });
    EXPECT_EQ(outputs[0].byte_length(), 48U);
    EXPECT_TRUE(outputs[0].shape().empty());
    y.resize(outputs[0].byte_length() / sizeof(float));
    outputs[0] = RunOutput("y", y);
    predictor.run_with({{"x", x, {3, 4}}}, outputs);
    EXPECT_EQ(y, std::vector<float>(12, 4));
}

TEST(RunWith, RefusesWhatDoesNotFitTheModel)
{
    const Predictor predictor = predictor_for("add_batch.onnx");
    const std::vector<float> x(4);
    const std::vector<int> ints(4);
    std::vector<float> y(4);
    RunOutput outputs[] = {{"y", y}};
    const auto run = [&](RunInput input) { predictor.run_with({std::move(input)}, outputs); };
    expect_error(Status::TypeMismatch, "expected float32, got int32", [&] { run({"x", ints, {1, 4}}); });
    expect_error(Status::ShapeMismatch, "\"x\"", [&] { run({"x", x, {4}}); });
    expect_error(Status::InvalidArgument, "32", [&] { run({"x", x, {2, 4}}); });
    expect_error(Status::NotFound, "\"z\"", [&] { run({"z", x, {1, 4}}); });
    expect_error(Status::InvalidArgument, "\"x\"", [&] { predictor.run_with({}, outputs); });
    expect_error(Status::InvalidArgument, "no NUL inside", [&] { run({std::string("x\0", 2), x, {1, 4}}); });
    EXPECT_EQ(outputs[0].byte_length(), 0U);
}

TEST(RunWith, RoomOfAnotherTypeIsAnError)
{
    const Predictor predictor = predictor_for("add.onnx");
    const std::vector<float> x(4);
    std::vector<int> y(4);
    RunOutput outputs[] = {{"y", y}};
    expect_error(Status::TypeMismatch, "\"y\": expected float32, got int32",
                 [&] { predictor.run_with({{"x", x, {1, 4}}}, outputs); });
}

TEST(RunWith, ManyThreadsShareOnePredictor)
{
    const Predictor predictor = predictor_for("add_batch.onnx");
    std::vector<std::thread> threads;
    for (std::int64_t rows = 1; rows <= 8; rows++) {
        threads.emplace_back([&predictor, rows] {
            const std::vector<float> x(static_cast<std::size_t>(rows) * 4, static_cast<float>(rows));
            std::vector<float> y(x.size());
            RunOutput outputs[] = {{"y", y}};
            for (int run = 0; run < 100; run++) {
                y.assign(y.size(), 0);
                predictor.run_with({{"x", x, {rows, 4}}}, outputs);
                ASSERT_EQ(y, doubled(x));
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

TEST(RunWith, StringsTravelPacked)
{
    const std::vector<std::string> strings{"", "a", "žába"};
    const std::string packed = pack_strings(strings);
    EXPECT_EQ(packed, std::string("\0a\0žába\0", 10));
    EXPECT_EQ(unpack_strings(packed), strings);
    EXPECT_TRUE(unpack_strings("").empty());
    expect_error(Status::InvalidArgument, "no NUL inside",
                 [] { pack_strings(std::vector<std::string>{std::string("a\0b", 3)}); });

    const Predictor predictor = predictor_for("identity_string.onnx");
    std::string room(100, '?');
    RunOutput outputs[] = {{"y", room.data(), room.size()}};
    predictor.run_with({{"x", DataType::String, packed.data(), packed.size(), {3}}}, outputs);
    EXPECT_EQ(outputs[0].data_type(), DataType::String);
    EXPECT_EQ(unpack_strings({room.data(), outputs[0].byte_length()}), strings);
}
