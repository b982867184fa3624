// Tensors: every element type, every way in and out, and what goes wrong when.
#include <cmath>
#include <cstring>

#include "check.h"
#include "paddle/include/paddle_inference_api.h"

using namespace paddle_infer;

static_assert(DataType::FLOAT32 == 0 && DataType::INT64 == 1 && DataType::INT32 == 2 && DataType::UINT8 == 3 &&
                  DataType::INT8 == 4 && DataType::FLOAT16 == 5 && DataType::BOOL == 6 && DataType::FLOAT64 == 7 &&
                  DataType::BFLOAT16 == 8,
              "INT64 comes before INT32 in C++, unlike in C");
static_assert(static_cast<int>(PlaceType::kUNK) == -1 && static_cast<int>(PlaceType::kCPU) == 0 &&
                  static_cast<int>(PlaceType::kGPU) == 1 && static_cast<int>(PlaceType::kCUSTOM) == 4,
              "places are numbered as in Paddle 3");
static_assert(static_cast<int>(PrecisionType::kHalf) == 2 && static_cast<int>(Config::Precision::kBf16) == 3,
              "precisions are numbered as in Paddle 3");

static std::shared_ptr<Predictor> load(const std::string &path)
{
    Config config;
    config.SetModel(path, "");
    return CreatePredictor(config);
}

template <typename T>
static void goes_through(char **argv, const std::string &name, DataType type, std::vector<T> data)
{
    auto predictor = load(model(argv, "identity_" + name + ".onnx"));
    auto input = predictor->GetInputHandle("x");
    auto output = predictor->GetOutputHandle("y");
    const int count = static_cast<int>(data.size());
    CHECK(input->type() == type && output->type() == type && input->place() == PlaceType::kCPU);
    CHECK(predictor->GetInputTypes().at("x") == type && predictor->GetOutputTypes().at("y") == type);
    CHECK(GetNumBytesOfDataType(type) == static_cast<int>(sizeof(T)) && paddle::PaddleDtypeSize(type) == sizeof(T));

    input->Reshape({count});
    input->CopyFromCpu(data.data());
    CHECK(predictor->Run() && (output->shape() == std::vector<int>{count}));
    std::unique_ptr<T[]> copied(new T[data.size()]);
    output->CopyToCpu(copied.get());
    CHECK(std::memcmp(copied.get(), data.data(), data.size() * sizeof(T)) == 0);
    input->CopyToCpu(copied.get());
    CHECK(std::memcmp(copied.get(), data.data(), data.size() * sizeof(T)) == 0);

    T *place_to_write = input->mutable_data<T>(PlaceType::kCPU);
    place_to_write[0] = data[1];
    CHECK(predictor->Run());
    PlaceType place = PlaceType::kUNK;
    int size = 0;
    const T *view = output->data<T>(&place, &size);
    CHECK(place == PlaceType::kCPU && size == count && std::memcmp(&view[0], &data[1], sizeof(T)) == 0);

    input->ShareExternalData(data.data() + 1, {count - 1}, PlaceType::kCPU);
    output->ShareExternalData(copied.get(), {count - 1}, PlaceType::kCPU);
    CHECK(predictor->Run() && std::memcmp(copied.get(), data.data() + 1, (data.size() - 1) * sizeof(T)) == 0);
    int called = 0;
    output->CopyToCpuAsync(copied.get(), static_cast<void *>(nullptr));
    output->CopyToCpuAsync(copied.get(), [](void *count_of_calls) { ++*static_cast<int *>(count_of_calls); }, &called);
    CHECK(called == 1);
}

static void all_element_types_go_in_and_out(char **argv)
{
    goes_through<float>(argv, "float32", DataType::FLOAT32, {1.5F, -2.F, 3.25F});
    goes_through<double>(argv, "float64", DataType::FLOAT64, {1.5, -2., 1e300});
    goes_through<int64_t>(argv, "int64", DataType::INT64, {1, -2, int64_t(1) << 40});
    goes_through<int32_t>(argv, "int32", DataType::INT32, {1, -2, 1 << 30});
    goes_through<uint8_t>(argv, "uint8", DataType::UINT8, {1, 200, 3});
    goes_through<int8_t>(argv, "int8", DataType::INT8, {1, -100, 3});
    using phi::dtype::bfloat16;
    using phi::dtype::float16;
    goes_through<float16>(argv, "float16", DataType::FLOAT16, {float16(1.5F), float16(-2.F), float16(7.F)});
    goes_through<bfloat16>(argv, "bfloat16", DataType::BFLOAT16, {bfloat16(1.5F), bfloat16(-2.F), bfloat16(7.F)});

    auto predictor = load(model(argv, "identity_bool.onnx"));
    auto input = predictor->GetInputHandle("x");
    const bool flags[] = {true, false, true};
    input->Reshape({3});
    input->CopyFromCpu(flags);
    CHECK(predictor->Run());
    const uint8_t bytes[] = {0, 1, 1}; // as C and Java give them
    input->CopyFromCpu(bytes);
    CHECK(predictor->Run());
    bool seen[3];
    predictor->GetOutputHandle("y")->CopyToCpu(seen);
    CHECK(!seen[0] && seen[1] && seen[2]);
    CHECK(predictor->GetOutputHandle("y")->type() == DataType::BOOL);

    auto other = load(model(argv, "identity_uint16.onnx"));
    THROWS("Unimplemented", "\"x\"", other->GetInputHandle("x")->type());
}

static void strings_go_in(char **argv)
{
    auto predictor = load(model(argv, "string_upper.onnx"));
    auto input = predictor->GetInputHandle("x");
    Strings words = {"one", "", "three"};
    input->ReshapeStrings(words.size());
    input->CopyStringsFromCpu(&words);
    CHECK(predictor->Run() && (predictor->GetOutputHandle("y")->shape() == std::vector<int>{3}));
    words.pop_back();
    THROWS("InvalidArgument", "\"x\"", input->CopyStringsFromCpu(&words));
    auto numbers = load(model(argv, "add.onnx"));
    THROWS("InvalidArgument", "\"x\"", numbers->GetInputHandle("x")->CopyStringsFromCpu(&words));
}

static void all_handles_of_a_name_share_shape_and_data(char **argv)
{
    auto predictor = load(model(argv, "add_batch.onnx"));
    auto input = predictor->GetInputHandle("x");
    auto output = predictor->GetOutputHandle("y"); // before the first run, used over several
    CHECK((input->shape() == std::vector<int>{0}) && (output->shape() == std::vector<int>{0}));
    for (int batch = 1; batch < 4; batch++) {
        const std::vector<float> data(static_cast<size_t>(batch) * 4, static_cast<float>(batch));
        input->Reshape({batch, 4});
        CHECK((predictor->GetInputHandle("x")->shape() == std::vector<int>{batch, 4}));
        predictor->GetInputHandle("x")->CopyFromCpu(data.data());
        CHECK(predictor->Run());
        std::vector<float> sums(data.size());
        output->CopyToCpu(sums.data());
        CHECK(sums == std::vector<float>(data.size(), static_cast<float>(2 * batch)));
    }
    CHECK(input->name() == "x" && output->name() == "y");
    CHECK(predictor->GetInputHandle("y")->name() == "y"); // any tensor is found by either call
}

static void reading_what_is_not_there_is_an_error(char **argv)
{
    auto predictor = load(model(argv, "add_batch.onnx"));
    auto input = predictor->GetInputHandle("x");
    auto output = predictor->GetOutputHandle("y");
    float data[8] = {};
    PlaceType place;
    int size;
    THROWS("PreconditionNotMet", "\"y\"", output->CopyToCpu(data));
    THROWS("PreconditionNotMet", "\"y\"", output->data<float>(&place, &size));
    THROWS("PreconditionNotMet", "\"x\"", input->CopyToCpu(data));
    THROWS("PreconditionNotMet", "Reshape", input->CopyFromCpu(data));
    THROWS("PreconditionNotMet", "Reshape", input->mutable_data<float>(PlaceType::kCPU));
    THROWS("PermissionDenied", "\"y\"", output->Reshape({1, 4}));
    THROWS("PermissionDenied", "\"y\"", output->CopyFromCpu(data));
    THROWS("PreconditionNotMet", "\"nobody\"", predictor->GetInputHandle("nobody"));
    input->Reshape({2, 4});
    input->CopyFromCpu(data);
    CHECK(predictor->Run());
    int64_t wrong[8];
    THROWS("InvalidArgument", "\"y\"", output->CopyToCpu(wrong));
    THROWS("InvalidArgument", "null", output->data<float>(nullptr, &size));
    THROWS("Unavailable", "kCPU", input->mutable_data<float>(PlaceType::kGPU));
    THROWS("Unavailable", "kCPU", input->ShareExternalData(data, {2, 4}, PlaceType::kGPU));
    THROWS("InvalidArgument", "kNCHW", input->ShareExternalData(data, {2, 4}, PlaceType::kCPU, DataLayout::kNHWC));
}

static void a_refused_shape_or_type_fails_the_next_runs_until_it_is_mended(char **argv)
{
    auto predictor = load(model(argv, "add_batch.onnx"));
    auto input = predictor->GetInputHandle("x");
    const float data[12] = {1, 2, 3, 4};
    THROWS("InvalidArgument", "\"x\"", predictor->Run()); // never set
    input->Reshape({1, 4});
    input->CopyFromCpu(data);
    CHECK(predictor->Run());

    input->Reshape({1, 5}); // no exception, as in Paddle
    input->CopyFromCpu(data);
    CHECK((input->shape() == std::vector<int>{1, 5}));
    THROWS("InvalidArgument", "\"x\"", predictor->Run());
    THROWS("InvalidArgument", "\"x\"", predictor->Run());
    input->Reshape({-1, 4});
    THROWS("InvalidArgument", "\"x\"", predictor->Run());
    input->Reshape({1, 4});
    input->CopyFromCpu(data);
    CHECK(predictor->Run());

    const int64_t integers[4] = {1, 2, 3, 4};
    input->CopyFromCpu(integers);
    THROWS("InvalidArgument", "int64", predictor->Run());
    input->Reshape({1, 4}); // a good shape does not make the data good
    THROWS("InvalidArgument", "int64", predictor->Run());
    input->CopyFromCpu(data);
    CHECK(predictor->Run());

    float room[8];
    predictor->GetOutputHandle("y")->ShareExternalData(room, {2, 4}, PlaceType::kCPU);
    THROWS("InvalidArgument", "\"y\"", predictor->Run()); // a batch of one does not fill it
}

static void offsets_are_kept_unchecked(char **argv)
{
    auto predictor = load(model(argv, "add_batch.onnx"));
    auto input = predictor->GetInputHandle("x");
    CHECK(input->lod().empty());
    const std::vector<std::vector<size_t>> offsets = {{0, 1, 2}, {1, 2, 3, 4}};
    input->SetLoD(offsets);
    const float data[8] = {};
    input->Reshape({2, 4});
    input->CopyFromCpu(data);
    CHECK(predictor->Run() && predictor->GetInputHandle("x")->lod() == offsets);
    CHECK(predictor->GetOutputHandle("y")->lod().empty());
    input->SetLoD({});
    CHECK(input->lod().empty());
}

static void halves_round_as_ieee_says()
{
    using phi::dtype::bfloat16;
    using phi::dtype::float16;
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        float16 half;
        bfloat16 brain;
        half.x = brain.x = static_cast<uint16_t>(bits);
        const float from_half = half, from_brain = brain;
        CHECK(std::isnan(from_half) ? std::isnan(float(float16(from_half))) : float16(from_half).x == bits);
        CHECK(std::isnan(from_brain) ? std::isnan(float(bfloat16(from_brain))) : bfloat16(from_brain).x == bits);
    }
    CHECK(float(float16(1.F)) == 1.F && float16(1.F).x == 0x3c00 && float16(65504.F).x == 0x7bff);
    CHECK(float16(65519.F).x == 0x7bff && float16(65520.F).x == 0x7c00 && float16(1e-8F).x == 0);
    CHECK(float16(2049.F).x == float16(2048.F).x && float16(2051.F).x == float16(2052.F).x); // ties to even
    CHECK(bfloat16(1.F).x == 0x3f80 && bfloat16(257.F).x == bfloat16(256.F).x);
}

int main(int, char **argv)
{
    all_element_types_go_in_and_out(argv);
    strings_go_in(argv);
    all_handles_of_a_name_share_shape_and_data(argv);
    reading_what_is_not_there_is_an_error(argv);
    a_refused_shape_or_type_fails_the_next_runs_until_it_is_mended(argv);
    offsets_are_kept_unchecked(argv);
    halves_round_as_ieee_says();
    return 0;
}
