// Clones on many threads, each with shapes of its own.
#include "support.hpp"

#include <atomic>
#include <optional>
#include <thread>

using namespace predictor_pool;

namespace {

constexpr std::size_t THREADS = 8;
constexpr std::size_t ROUNDS = 200;

} // namespace

TEST(Concurrency, EightClonesOnEightThreadsGiveRightAnswersForShapesOfTheirOwn)
{
    const Predictor source = predictor_for("add_batch.onnx");
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < THREADS; number++) {
        threads.emplace_back([number, clone = source.clone()]() mutable {
            for (std::size_t round = 0; round < ROUNDS; round++)
                run_add(clone, 1 + number * 5 + round % 3, static_cast<float>(round));
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

TEST(Concurrency, ClonesGiveTheSameBitsAsOnePredictorAlone)
{
    const auto run = [](Predictor &predictor, std::int64_t rows) {
        std::vector<float> x(static_cast<std::size_t>(rows) * 64);
        for (std::size_t index = 0; index < x.size(); index++)
            x[index] = static_cast<float>(index % 29) / 7.0f - 2.0f;
        auto input = predictor.get_input_handle("x");
        input.reshape({rows, 64});
        input.copy_from_host(x);
        predictor.run();
        return predictor.get_output_handle(predictor.output_name(0)).copy_to_host<float>();
    };
    Predictor alone = predictor_for("mlp.onnx");
    std::vector<std::vector<float>> expected;
    for (std::size_t number = 0; number < THREADS; number++)
        expected.push_back(run(alone, static_cast<std::int64_t>(number) + 1));

    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < THREADS; number++) {
        threads.emplace_back([&, number, clone = alone.clone()]() mutable {
            for (std::size_t round = 0; round < ROUNDS; round++)
                ASSERT_EQ(run(clone, static_cast<std::int64_t>(number) + 1), expected[number]);
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

TEST(Concurrency, PredictorsMayBeMadeAndDestroyedOnAnyThread)
{
    std::vector<std::optional<Predictor>> predictors(THREADS);
    std::vector<std::thread> threads;
    for (auto &predictor : predictors)
        threads.emplace_back([&predictor] { predictor.emplace(Config(model_path("add_batch.onnx"))); });
    for (std::thread &thread : threads)
        thread.join();
    threads.clear();
    for (std::size_t number = 0; number < THREADS; number++) {
        threads.emplace_back([number, predictor = std::move(*predictors[number])]() mutable {
            run_add(predictor, number + 1, 1);
            Predictor(std::move(predictor)); // destroyed here, on this thread
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

TEST(Concurrency, CloningWhileTheSourceRunsIsFine)
{
    Predictor source = predictor_for("add_batch.onnx");
    std::atomic<bool> done{false};
    std::thread cloner([&] {
        for (std::size_t round = 0; round < ROUNDS; round++) {
            Predictor clone = static_cast<const Predictor &>(source).clone();
            run_add(clone, 1 + round % 7, static_cast<float>(round));
        }
        done = true;
    });
    for (std::size_t round = 0; !done; round++)
        run_add(source, 1 + round % 5, static_cast<float>(round));
    cloner.join();
}
