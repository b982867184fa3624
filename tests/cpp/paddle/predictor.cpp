// Predictors, pools, and who outlives whom.
#include <stdexcept>
#include <thread>

#include "check.h"
#include "paddle_inference_api.h"

using namespace paddle_infer;

static Config config_of(const std::string &path)
{
    Config config;
    config.SetModel(path, "");
    return config;
}

static std::vector<float> doubled(Predictor *predictor, float value)
{
    const float data[] = {value, value, value, value};
    std::vector<float> result(4);
    auto input = predictor->GetInputHandle("x");
    input->Reshape({1, 4});
    input->CopyFromCpu(data);
    CHECK(predictor->Run());
    predictor->GetOutputHandle("y")->CopyToCpu(result.data());
    return result;
}

static const std::vector<float> SIX(4, 6.F);

static void names_shapes_and_types_are_the_models(char **argv)
{
    auto predictor = CreatePredictor(config_of(model(argv, "sum_two.onnx")));
    CHECK((predictor->GetInputNames() == std::vector<std::string>{"a", "b"}));
    CHECK((predictor->GetOutputNames() == std::vector<std::string>{"total", "difference"}));
    CHECK((predictor->GetInputTensorShape().at("a") == std::vector<int64_t>{-1, 3}));
    CHECK((predictor->GetOutputTensorShape().at("total") == std::vector<int64_t>{-1, 3}));
    CHECK(predictor->GetInputTypes().size() == 2 && predictor->GetOutputTypes().at("total") == DataType::FLOAT32);
    CHECK(predictor->GetExecStream() == nullptr);

    auto scalar = CreatePredictor(config_of(model(argv, "scalar.onnx")));
    CHECK(scalar->GetInputTensorShape().at("x").empty());
    auto input = scalar->GetInputHandle("x");
    const float three = 3;
    input->Reshape({});
    input->CopyFromCpu(&three);
    float six = 0;
    CHECK(scalar->Run());
    scalar->GetOutputHandle("y")->CopyToCpu(&six);
    CHECK(six == 6 && scalar->GetOutputHandle("y")->shape().empty());

    auto defaults = CreatePredictor(config_of(model(argv, "with_default.onnx")));
    CHECK((defaults->GetInputNames() == std::vector<std::string>{"x"}));
    CHECK(defaults->GetInputHandle("bias")->name() == "bias"); // an input with a default is found by name
}

static void a_clone_outlives_its_source_and_a_tensor_both(char **argv)
{
    auto source = CreatePredictor(config_of(model(argv, "add.onnx")));
    CHECK(doubled(source.get(), 1) == std::vector<float>(4, 2.F));
    std::unique_ptr<Predictor> clone = source->Clone();
    CHECK((clone->GetOutputHandle("y")->shape() == std::vector<int>{0})); // it starts empty
    source.reset();
    CHECK(doubled(clone.get(), 3) == SIX);

    std::unique_ptr<Tensor> output = clone->GetOutputHandle("y");
    std::unique_ptr<Tensor> input = clone->GetInputHandle("x");
    clone.reset();
    std::vector<float> seen(4);
    output->CopyToCpu(seen.data());
    CHECK(seen == SIX);
    input->Reshape({1, 4});
    input->CopyFromCpu(seen.data());
}

static void destroying_a_clone_leaves_the_others_alone(char **argv)
{
    auto first = CreatePredictor(config_of(model(argv, "add.onnx")));
    auto second = first->Clone();
    first->Clone().reset();
    CHECK(doubled(first.get(), 3) == SIX && doubled(second.get(), 3) == SIX);
}

static void a_pool_gives_the_same_predictor_for_the_same_index(char **argv)
{
    Config config = config_of(model(argv, "add.onnx"));
    services::PredictorPool pool(config, 3);
    CHECK(!config.is_valid());
    CHECK(pool.Retrieve(0) == pool.Retrive(0) && pool.Retrieve(0) != pool.Retrieve(2));
    THROWS("InvalidArgument", "below 3", pool.Retrieve(3));
    THROWS("InvalidArgument", "at least 1", services::PredictorPool(config, 0));
    std::vector<std::thread> threads;
    for (size_t i = 0; i < 3; i++)
        threads.emplace_back([&pool, i] { CHECK(doubled(pool.Retrieve(i), 3) == SIX); });
    for (std::thread &thread : threads)
        thread.join();
    paddle_infer::PredictorPool one(config_of(model(argv, "add.onnx")));
    THROWS("InvalidArgument", "below 1", one.Retrieve(1));
}

static void threads_clone_and_run_at_once(char **argv)
{
    auto source = CreatePredictor(config_of(model(argv, "add.onnx")));
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++) {
        threads.emplace_back([&source] {
            for (int round = 0; round < 50; round++) {
                auto clone = source->Clone(nullptr);
                CHECK(doubled(clone.get(), 3) == SIX);
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

static void threads_on_one_predictor_get_errors_and_no_crash(char **argv)
{
    auto predictor = CreatePredictor(config_of(model(argv, "add_batch.onnx")));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
        threads.emplace_back([&predictor, i] {
            const std::vector<float> data(16, 1.F); // enough for every thread's shape
            auto input = predictor->GetInputHandle("x");
            for (int round = 0; round < 2000; round++) {
                try {
                    input->Reshape({1 + i, 4});
                    input->CopyFromCpu(data.data());
                    predictor->Run();
                    CHECK(input->shape().size() == 2);
                } catch (const std::exception &error) {
                    // The shape of one thread, the run of another: refused as well.
                    const std::string text = error.what();
                    CHECK(text.find("(Unavailable)") == 0 || text.find("(InvalidArgument)") == 0);
                }
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    auto clone = predictor->Clone();
    CHECK(doubled(clone.get(), 3) == SIX);
}

static void lists_of_tensors_go_by_name_or_by_order(char **argv)
{
    auto predictor = CreatePredictor(config_of(model(argv, "sum_two.onnx")));
    float ones[] = {1, 1, 1, 1, 1, 1}, fives[] = {5, 5, 5, 5, 5, 5};
    int freed = 0;
    std::vector<paddle::Tensor> inputs, outputs;
    inputs.push_back(paddle::from_blob(ones, {2, 3}, paddle::DataType::FLOAT32));
    inputs.push_back(paddle::from_blob(fives, {2, 3}, paddle::DataType::FLOAT32, paddle::DataLayout::NCHW,
                                       paddle::CPUPlace(), [&freed](void *) { freed++; }));
    CHECK(predictor->Run(inputs, &outputs));
    CHECK(outputs.size() == 2 && outputs[0].name() == "total" && (outputs[0].shape() == std::vector<int64_t>{2, 3}));
    CHECK(outputs[0].data<float>()[5] == 6 && outputs[1].data<float>()[0] == -4);
    inputs[0].set_name("b");
    inputs[1].set_name("a");
    CHECK(predictor->Run(inputs, &outputs) && outputs[1].data<float>()[0] == 4);
    const paddle::Tensor kept = outputs[1].copy_to(paddle::CPUPlace(), true);
    outputs.clear();
    CHECK(kept.numel() == 6 && kept.dtype() == paddle::DataType::FLOAT32 && kept.data<float>()[5] == 4);
    THROWS("InvalidArgument", "element type", kept.data<int64_t>());
    inputs.pop_back();
    CHECK(freed == 1);
    THROWS("InvalidArgument", "expected 2 tensors", predictor->Run(inputs, &outputs));
    paddle::Tensor zeros = paddle::empty({1, 3});
    zeros.reshape({3, 1});
    THROWS("InvalidArgument", "of 3 elements", zeros.reshape({2, 2}));
    inputs.push_back(zeros);
    THROWS("InvalidArgument", "\"b\"", predictor->Run(inputs, &outputs));
}

static void a_failed_run_leaves_a_usable_predictor(char **argv)
{
    auto predictor = CreatePredictor(config_of(model(argv, "failing.onnx")));
    auto input = predictor->GetInputHandle("index");
    const int64_t bad = 99, good = 2;
    input->Reshape({1});
    input->CopyFromCpu(&bad);
    THROWS("External", "99", predictor->Run());
    input->CopyFromCpu(&good);
    CHECK(predictor->Run());
    CHECK(predictor->TryShrinkMemory() < uint64_t(1) << 40);
    predictor->ClearIntermediateTensor();
    CHECK(predictor->Run());
    THROWS("Unimplemented", "RegisterOutputHook", predictor->RegisterOutputHook(nullptr));
    THROWS("Unimplemented", "RegisterInputHook", predictor->RegisterInputHook(nullptr));
}

static void tensors_are_copied_between_predictors(char **argv)
{
    auto from = CreatePredictor(config_of(model(argv, "add_batch.onnx")));
    auto to = from->Clone();
    doubled(from.get(), 1.5F);
    auto input = to->GetInputHandle("x");
    from->GetInputHandle("x")->SetLoD({{0, 1}});
    contrib::TensorUtils::CopyTensor(input.get(), *from->GetOutputHandle("y"));
    CHECK(to->Run());
    std::vector<float> seen(4);
    to->GetOutputHandle("y")->CopyToCpu(seen.data());
    CHECK(seen == SIX);
    int called = 0;
    contrib::TensorUtils::CopyTensorAsync(
        input.get(), *from->GetInputHandle("x"), [](void *count) { ++*static_cast<int *>(count); }, &called);
    CHECK(called == 1 && input->lod().size() == 1);
    THROWS("Unavailable", "CUDA", contrib::TensorUtils::CudaMallocPinnedMemory(8));

    const contrib::Status failed(std::make_exception_ptr(std::runtime_error("why")));
    CHECK(contrib::Status::OK().ok() && contrib::Status() == contrib::Status::OK());
    CHECK(!failed.ok() && failed.code() != 0 && failed.error_message() == "why" && failed != contrib::Status::OK());
}

int main(int, char **argv)
{
    names_shapes_and_types_are_the_models(argv);
    a_clone_outlives_its_source_and_a_tensor_both(argv);
    destroying_a_clone_leaves_the_others_alone(argv);
    a_pool_gives_the_same_predictor_for_the_same_index(argv);
    threads_clone_and_run_at_once(argv);
    threads_on_one_predictor_get_errors_and_no_crash(argv);
    lists_of_tensors_go_by_name_or_by_order(argv);
    a_failed_run_leaves_a_usable_predictor(argv);
    tensors_are_copied_between_predictors(argv);
    return 0;
}
