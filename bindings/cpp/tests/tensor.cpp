// Inputs and outputs: shapes, copies of every kind, memory in place, strings.
#include "support.hpp"

#include <array>
#include <limits>
#include <type_traits>
#if __cplusplus >= 202002L
#include <span>
#endif

using namespace predictor_pool;

static_assert(!std::is_copy_constructible_v<TensorHandle> && !std::is_copy_assignable_v<TensorHandle>);
static_assert(std::is_nothrow_move_constructible_v<TensorHandle> && std::is_nothrow_move_assignable_v<TensorHandle>);

static_assert(data_type_of<float> == DataType::Float32 && data_type_of<double> == DataType::Float64);
static_assert(data_type_of<bool> == DataType::Bool);
static_assert(data_type_of<Float16> == DataType::Float16 && data_type_of<BFloat16> == DataType::BFloat16);
static_assert(data_type_of<std::int8_t> == DataType::Int8 && data_type_of<std::uint8_t> == DataType::UInt8);
static_assert(data_type_of<std::int16_t> == DataType::Int16 && data_type_of<std::uint16_t> == DataType::UInt16);
static_assert(data_type_of<std::int32_t> == DataType::Int32 && data_type_of<std::uint32_t> == DataType::UInt32);
static_assert(data_type_of<std::int64_t> == DataType::Int64 && data_type_of<std::uint64_t> == DataType::UInt64);
static_assert(data_type_of<long long> == DataType::Int64 && data_type_of<unsigned long long> == DataType::UInt64);
static_assert(data_type_of<long> == (sizeof(long) == 8 ? DataType::Int64 : DataType::Int32));

namespace {

template <typename Range, typename = void>
constexpr bool can_be_copied_in = false;
template <typename Range>
constexpr bool can_be_copied_in<
    Range, std::void_t<decltype(std::declval<TensorHandle &>().copy_from_host(std::declval<const Range &>()))>> = true;

template <typename Range, typename = void>
constexpr bool can_be_copied_out = false;
template <typename Range>
constexpr bool
    can_be_copied_out<Range, std::void_t<decltype(std::declval<TensorHandle &>().copy_to_host(std::declval<Range &>()))>> =
        true;

struct Pixel {
    float red, green;
};

static_assert(can_be_copied_in<std::vector<float>> && can_be_copied_in<std::array<bool, 2>> && can_be_copied_in<long[3]>);
static_assert(can_be_copied_in<Span<float>> && can_be_copied_in<std::vector<bool>>);
static_assert(!can_be_copied_in<std::vector<std::string>> && !can_be_copied_in<std::string>, "text is no number");
static_assert(!can_be_copied_in<std::vector<Pixel>> && !can_be_copied_in<float>);
static_assert(can_be_copied_out<std::vector<float>> && !can_be_copied_out<const std::vector<float>>);

using Dims = std::vector<std::int64_t>;

} // namespace

TEST(Tensor, TellsWhatTheModelDeclares)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    const auto x = predictor.get_input_handle("x");
    EXPECT_EQ(x.name(), "x");
    EXPECT_EQ(x.data_type(), DataType::Float32);
    EXPECT_EQ(x.declared_shape(), (Dims{-1, 4}));
    EXPECT_FALSE(x.dimension_name(0).empty());
    EXPECT_EQ(x.dimension_name(1), "");
    expect_error(Status::OutOfRange, "2", [&] { x.dimension_name(2); });
    EXPECT_EQ(predictor_for("scalar.onnx").get_input_handle("x").declared_shape(), Dims{});
}

TEST(Tensor, ShapeAndLengthFollowReshape)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    auto x = predictor.get_input_handle("x");
    expect_error(Status::ShapeMismatch, "\"x\"", [&] { x.shape(); });
    x.reshape({3, 4});
    EXPECT_EQ(x.shape(), (Dims{3, 4}));
    EXPECT_EQ(x.byte_length(), 48U);
    const Dims dims{5, 4};
    x.reshape(dims);
    EXPECT_EQ(x.byte_length(), 80U);
    const std::array<std::int64_t, 2> fixed{0, 4};
    x.reshape(fixed);
    EXPECT_EQ(x.byte_length(), 0U);
    expect_error(Status::ShapeMismatch, "[2,5]", [&] { x.reshape({2, 5}); });
    expect_error(Status::ShapeMismatch, "", [&] { x.reshape({4}); });
    expect_error(Status::InvalidArgument, "output", [&] { predictor.get_output_handle("y").reshape({1, 4}); });
    EXPECT_EQ(x.shape(), (Dims{0, 4})) << "a refused shape changes nothing";
}

TEST(Tensor, TakesEveryKindOfRange)
{
    Predictor predictor = predictor_for("add.onnx");
    auto x = predictor.get_input_handle("x");
    const auto read = [&] { return x.copy_to_host<float>(); };
    const std::vector<float> expected{1, 2, 3, 4};

    x.copy_from_host(expected);
    EXPECT_EQ(read(), expected);
    x.copy_from_host(std::array<float, 4>{4, 3, 2, 1});
    EXPECT_EQ(read(), (std::vector<float>{4, 3, 2, 1}));
    const float numbers[] = {1, 2, 3, 4};
    x.copy_from_host(numbers);
    EXPECT_EQ(read(), expected);
    x.copy_from_host({5.0f, 6.0f, 7.0f, 8.0f});
    EXPECT_EQ(read(), (std::vector<float>{5, 6, 7, 8}));
    x.copy_from_host(numbers, 4);
    EXPECT_EQ(read(), expected);
    x.copy_from_host(Span<const float>(numbers));
    x.copy_from_host(DataType::Float32, numbers, sizeof numbers);
    EXPECT_EQ(read(), expected);
#if __cplusplus >= 202002L
    x.copy_from_host(std::span<const float>(numbers));
    EXPECT_EQ(read(), expected);
    const std::span<const float> as_standard_span = x.data<float>();
    EXPECT_EQ(as_standard_span.size(), 4U);
#endif
}

TEST(Tensor, GivesToEveryKindOfRange)
{
    Predictor predictor = predictor_for("add.onnx");
    run_add(predictor, 1, 1);
    const auto y = predictor.get_output_handle("y");
    const std::vector<float> expected{2, 4, 6, 8};

    std::vector<float> vector(4);
    y.copy_to_host(vector);
    EXPECT_EQ(vector, expected);
    float numbers[4] = {};
    y.copy_to_host(numbers);
    EXPECT_EQ(std::vector<float>(numbers, numbers + 4), expected);
    std::vector<float> room(6);
    y.copy_to_host(Span<float>(room.data() + 1, 4));
    EXPECT_EQ(room, (std::vector<float>{0, 2, 4, 6, 8, 0}));
    y.copy_to_host(room.data(), 4);
    y.copy_to_host(DataType::Float32, room.data(), 16);
    EXPECT_EQ(std::vector<float>(room.begin(), room.begin() + 4), expected);
}

TEST(Tensor, RefusesAnotherTypeBeforeAnotherLength)
{
    Predictor predictor = predictor_for("add.onnx");
    auto x = predictor.get_input_handle("x");
    expect_error(Status::TypeMismatch, "expected float32, got int64",
                 [&] { x.copy_from_host(std::vector<std::int64_t>(3)); });
    expect_error(Status::InvalidArgument, "expected 16 bytes for float32[1,4], got 12 bytes",
                 [&] { x.copy_from_host(std::vector<float>(3)); });
    run_add(predictor, 1, 1);
    const auto y = predictor.get_output_handle("y");
    expect_error(Status::TypeMismatch, "expected float32, got int32", [&] { y.copy_to_host<std::int32_t>(); });
    expect_error(Status::TypeMismatch, "expected float32, got float64", [&] { y.copy_to_host<double>(); });
    std::vector<float> small(3);
    expect_error(Status::InvalidArgument, "16", [&] { y.copy_to_host(small); });
    EXPECT_EQ(small, std::vector<float>(3));
}

TEST(Tensor, AnOutputHasNothingToReadBeforeARunAndAfterAReshape)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    const auto y = predictor.get_output_handle("y");
    expect_error(Status::InvalidArgument, "y", [&] { y.shape(); });
    run_add(predictor, 2, 1);
    EXPECT_EQ(y.shape(), (Dims{2, 4}));
    predictor.get_input_handle("x").reshape({3, 4});
    expect_error(Status::InvalidArgument, "y", [&] { y.copy_to_host<float>(); });
}

TEST(Tensor, BoolsAreBytesInRangesAndBitsInVectors)
{
    Predictor predictor = predictor_for("identity_bool.onnx");
    auto x = predictor.get_input_handle("x");
    x.reshape({3});
    const std::vector<bool> bits{true, false, true};
    x.copy_from_host(bits);
    predictor.run();
    const auto y = predictor.get_output_handle("y");
    EXPECT_EQ(y.copy_to_host<bool>(), bits);
    x.copy_from_host(std::array<bool, 3>{false, true, false});
    predictor.run();
    std::array<bool, 3> bytes{};
    y.copy_to_host(bytes);
    EXPECT_EQ(bytes, (std::array<bool, 3>{false, true, false}));
}

TEST(Tensor, HalfPrecisionTravelsAsItsBits)
{
    Predictor predictor = predictor_for("identity_float16.onnx");
    auto x = predictor.get_input_handle("x");
    x.reshape({2});
    x.copy_from_host({Float16{0x3C00}, Float16{0xFBFF}});
    predictor.run();
    const std::vector<Float16> y = predictor.get_output_handle("y").copy_to_host<Float16>();
    EXPECT_EQ(y[0].bits, 0x3C00);
    EXPECT_EQ(y[1].bits, 0xFBFF);
    expect_error(Status::TypeMismatch, "expected float16, got uint16",
                 [&] { x.copy_from_host(std::vector<std::uint16_t>(2)); });
    expect_error(Status::TypeMismatch, "expected float16, got bfloat16",
                 [&] { x.copy_from_host(std::vector<BFloat16>(2)); });
}

TEST(Tensor, AnInputIsWrittenInPlaceAndAnOutputIsReadInPlace)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    auto x = predictor.get_input_handle("x");
    x.reshape({2, 4});
    Span<float> in = x.mutable_data<float>();
    ASSERT_EQ(in.size(), 8U);
    EXPECT_EQ(std::vector<float>(in.begin(), in.end()), std::vector<float>(8)) << "zeros at first";
    for (std::size_t index = 0; index < in.size(); index++)
        in[index] = static_cast<float>(index);
    predictor.run();
    auto y = predictor.get_output_handle("y");
    const Span<const float> out = y.data<float>();
    EXPECT_EQ(std::vector<float>(out.begin(), out.end()), (std::vector<float>{0, 2, 4, 6, 8, 10, 12, 14}));

    expect_error(Status::TypeMismatch, "\"x\": expected float32, got float64", [&] { x.mutable_data<double>(); });
    expect_error(Status::TypeMismatch, "expected float32, got int32", [&] { y.data<int>(); });
    expect_error(Status::InvalidArgument, "\"y\": expected an input, got an output", [&] { y.mutable_data<float>(); });
    x.reshape({0, 4});
    EXPECT_TRUE(x.data<float>().empty());
}

TEST(Tensor, SharesMemoryOfTheCallersInAndOut)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    auto x = predictor.get_input_handle("x");
    auto y = predictor.get_output_handle("y");
    std::vector<float> in{1, 2, 3, 4}, out(4);
    x.share_external_data(in, {1, 4});
    y.share_external_data(out.data(), out.size(), {1, 4});
    predictor.run();
    EXPECT_EQ(out, doubled(in));
    in[0] = 100;
    predictor.run();
    EXPECT_EQ(out, doubled(in)) << "the input is read where it is";

    y.stop_sharing_external_data();
    x.copy_from_host({9.0f, 9.0f, 9.0f, 9.0f});
    EXPECT_EQ(in[1], 2.0f) << "a copy does not write to memory that was shared";
    predictor.run();
    EXPECT_EQ(out[0], 200.0f) << "the output has memory of its own again";
    EXPECT_EQ(y.copy_to_host<float>(), std::vector<float>(4, 18.0f));

    expect_error(Status::InvalidArgument, "\"x\": expected an output", [&] { x.stop_sharing_external_data(); });
    expect_error(Status::InvalidArgument, "32", [&] { x.share_external_data(in, {2, 4}); });
    std::vector<int> ints(4);
    expect_error(Status::TypeMismatch, "int32", [&] { x.share_external_data(ints, {1, 4}); });
}

TEST(Tensor, AnOutputThatDoesNotFitSharedMemoryIsAnError)
{
    Predictor predictor = predictor_for("add_batch.onnx");
    std::vector<float> out(4);
    predictor.get_output_handle("y").share_external_data(out, {1, 4});
    auto x = predictor.get_input_handle("x");
    x.reshape({2, 4});
    x.copy_from_host(std::vector<float>(8));
    expect_error(Status::ShapeMismatch, "\"y\"", [&] { predictor.run(); });
}

TEST(Tensor, StringsOfAnyLengthTravel)
{
    Predictor predictor = predictor_for("identity_string.onnx");
    auto x = predictor.get_input_handle("x");
    const std::vector<std::string> strings{"", "žába", std::string(1000, 'l'), "end"};
    x.reshape({4});
    x.copy_strings_from_host(strings);
    predictor.run();
    const auto y = predictor.get_output_handle("y");
    EXPECT_EQ(y.copy_strings_to_host(), strings);
    x.reshape({2});
    x.copy_strings_from_host({"a", std::string_view()});
    EXPECT_EQ(x.copy_strings_to_host(), (std::vector<std::string>{"a", ""}));
    const char *const texts[] = {"b", "c"};
    x.copy_strings_from_host(texts);
    EXPECT_EQ(x.copy_strings_to_host(), (std::vector<std::string>{"b", "c"}));

    expect_error(Status::InvalidArgument, "2", [&] { x.copy_strings_from_host(strings); });
    expect_error(Status::TypeMismatch, "string", [&] { x.copy_from_host({1.0f, 2.0f}); });
    expect_error(Status::TypeMismatch, "", [&] { x.byte_length(); });
    expect_error(Status::TypeMismatch, "expected string, got uint8", [&] { x.data<unsigned char>(); });
    expect_error(Status::TypeMismatch, "expected float32, got string",
                 [&] { predictor_for("add.onnx").get_input_handle("x").copy_strings_to_host(); });
}

TEST(Tensor, EndsWithItsPredictor)
{
    auto predictor = std::make_unique<Predictor>(predictor_for("add.onnx"));
    auto x = predictor->get_input_handle("x");
    predictor.reset();
    expect_error(Status::InvalidHandle, "", [&] { x.shape(); });
    expect_error(Status::InvalidHandle, "", [&] { x.copy_from_host({1.0f}); });
    expect_error(Status::InvalidHandle, "", [&] { x.data<float>(); });
}

TEST(Tensor, OutlivesAMoveOfItsPredictorAndItsOwn)
{
    Predictor predictor = predictor_for("add.onnx");
    auto x = predictor.get_input_handle("x");
    Predictor other = std::move(predictor);
    x.copy_from_host({1.0f, 2.0f, 3.0f, 4.0f});
    other.run();
    TensorHandle moved = std::move(x);
    EXPECT_EQ(moved.name(), "x");
    expect_error(Status::InvalidHandle, "", [&] { x.name(); });
    x = std::move(moved);
    EXPECT_EQ(x.byte_length(), 16U);
}
