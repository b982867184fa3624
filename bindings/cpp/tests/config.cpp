// Recipes for predictors.
#include "support.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <type_traits>

using namespace predictor_pool;

static_assert(!std::is_copy_constructible_v<Config> && !std::is_copy_assignable_v<Config>);
static_assert(std::is_nothrow_move_constructible_v<Config> && std::is_nothrow_move_assignable_v<Config>);
static_assert(!std::is_convertible_v<const char *, Config>, "a path is no config by itself");

namespace {

std::vector<char> read_file(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace

TEST(Config, WithoutAModelMakesNoPredictor)
{
    expect_error(Status::InvalidArgument, "model", [] { Predictor predictor{Config()}; });
}

TEST(Config, NamesTheFileThatIsMissing)
{
    expect_error(Status::NotFound, "no_such_model.onnx", [] { predictor_for("no_such_model.onnx"); });
}

TEST(Config, NamesTheFileThatIsNoModel)
{
    expect_error(Status::InvalidModel, "not_a_model.bin", [] { predictor_for("not_a_model.bin"); });
}

TEST(Config, TakesAModelFromMemoryAsBytesOfAnyKind)
{
    const std::vector<char> chars = read_file(model_path("add.onnx"));
    const std::string text(chars.begin(), chars.end());
    const std::vector<unsigned char> bytes(chars.begin(), chars.end());
    std::vector<Predictor> predictors;
    predictors.emplace_back(Config().set_model_buffer(chars));
    predictors.emplace_back(Config().set_model_buffer(text));
    predictors.emplace_back(Config().set_model_buffer(bytes));
    predictors.emplace_back(Config().set_model_buffer(chars.data(), chars.size()));
    for (Predictor &predictor : predictors)
        run_add(predictor, 1, 0.5f);
}

TEST(Config, TakesParametersBesideTheModel)
{
    const std::vector<char> model = read_file(model_path("external_data.onnx"));
    const std::vector<char> params = read_file(model_path("external_data.bin"));
    Config config;
    config.set_model_buffer(model.data(), model.size(), params.data(), params.size());
    EXPECT_EQ(Predictor(config).input_name(0), "x");
    EXPECT_EQ(Predictor(Config(model_path("external_data.onnx"), model_path("external_data.bin"))).input_name(0), "x");
}

TEST(Config, SettersAreChained)
{
    Config config(model_path("add.onnx"));
    Config &same = config.set_intra_op_threads(1)
                       .set_inter_op_threads(1)
                       .set_optimization_level(1)
                       .set_option("share_model", "0")
                       .append_execution_provider("cpu");
    EXPECT_EQ(&same, &config);
    Predictor predictor(config);
    run_add(predictor, 1, 3);
}

TEST(Config, SettersRefuseWhatTheyCannotTake)
{
    Config config;
    expect_error(Status::InvalidArgument, "1025", [&] { config.set_intra_op_threads(1025); });
    expect_error(Status::InvalidArgument, "-1", [&] { config.set_inter_op_threads(-1); });
    expect_error(Status::InvalidArgument, "4", [&] { config.set_optimization_level(4); });
    expect_error(Status::InvalidArgument, "share_modl", [&] { config.set_option("share_modl", "1"); });
    expect_error(Status::InvalidArgument, "", [&] { config.append_execution_provider("cpu", "{"); });
    expect_error(Status::InvalidArgument, "", [&] { config.set_model_buffer(std::string()); });
    expect_error(Status::InvalidArgument, "", [&] { config.set_option(nullptr, "1"); });
}

TEST(Config, AProviderThatIsNotThereIsUnsupportedAndNotTheCpu)
{
    Config config(model_path("add.onnx"));
    config.append_execution_provider("no_such_provider");
    expect_error(Status::Unsupported, "no_such_provider", [&] { Predictor predictor(config); });
}

TEST(Config, MayEndBeforeWhatWasMadeFromIt)
{
    auto config = std::make_unique<Config>(model_path("add.onnx"));
    Predictor predictor(*config);
    config.reset();
    run_add(predictor, 1, 1);
}

TEST(Config, AfterAMoveIsAnErrorAndNoCrash)
{
    Config config(model_path("add.onnx"));
    Config other = std::move(config);
    expect_error(Status::InvalidHandle, "", [&] { config.set_intra_op_threads(1); });
    expect_error(Status::InvalidHandle, "", [&] { Predictor predictor(config); });
    Predictor predictor(other);
    run_add(predictor, 1, 1);
    config = std::move(other);
    config.set_intra_op_threads(1);
}
