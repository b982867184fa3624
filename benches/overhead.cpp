// overhead [MODEL]: what the C++ header adds to the C ABI on y = x + x, 1x4 float32, one thread.
//
// Each round times both next to each other, in turns which of them is first; the medians of the rounds are compared, so
// that a machine whose speed drifts does not decide.
#include <predictor_pool.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace c = predictor_pool::c;

constexpr int CALLS = 5000;
constexpr int ROUNDS = 101;
constexpr float X[] = {1, 2, 3, 4};

void ok(c::PredictorStatus status)
{
    if (status != c::PREDICTOR_OK)
        throw std::runtime_error(c::predictor_status_name(status));
}

void expect_doubled(const float (&y)[4])
{
    if (y[0] != 2 || y[3] != 8)
        throw std::runtime_error("y is not x + x");
}

/// Both through one predictor, so that they differ in nothing else.
class Cycles {
public:
    explicit Cycles(const std::string &model)
        : predictor_(predictor_pool::Config(model)), x_(predictor_.get_input_handle("x")),
          y_(predictor_.get_output_handle("y"))
    {
        x_.reshape({1, 4});
    }

    void through_c()
    {
        float y[4];
        ok(c::predictor_tensor_copy_from_host(x_.get(), c::PREDICTOR_FLOAT32, X, sizeof X));
        ok(c::predictor_run(predictor_.get()));
        ok(c::predictor_tensor_copy_to_host(y_.get(), c::PREDICTOR_FLOAT32, y, sizeof y));
        expect_doubled(y);
    }

    void through_cpp()
    {
        float y[4];
        x_.copy_from_host(X);
        predictor_.run();
        y_.copy_to_host(y);
        expect_doubled(y);
    }

    void through_cpp_with_names_and_a_vector()
    {
        predictor_.get_input_handle("x").copy_from_host(X);
        predictor_.run();
        if (predictor_.get_output_handle("y").copy_to_host<float>()[3] != 8)
            throw std::runtime_error("y is not x + x");
    }

private:
    predictor_pool::Predictor predictor_;
    predictor_pool::TensorHandle x_, y_;
};

using Cycle = void (Cycles::*)();

double nanoseconds(Cycles &cycles, Cycle cycle)
{
    const auto start = std::chrono::steady_clock::now();
    for (int call = 0; call < CALLS; call++)
        (cycles.*cycle)();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / CALLS;
}

double median(std::vector<double> times)
{
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

void report(const std::string &model)
{
    struct Row {
        const char *name;
        Cycle cycle;
        std::vector<double> times;
    };
    Row rows[] = {{"C ABI: copy in, run, copy out", &Cycles::through_c, {}},
                  {"C++: copy in, run, copy out", &Cycles::through_cpp, {}},
                  {"C++: by name, result as a vector", &Cycles::through_cpp_with_names_and_a_vector, {}}};
    Cycles cycles(model);
    for (int round = 0; round < ROUNDS; round++) {
        for (std::size_t turn = 0; turn < 3; turn++) {
            Row &row = rows[(static_cast<std::size_t>(round) + turn) % 3];
            row.times.push_back(nanoseconds(cycles, row.cycle));
        }
    }
    std::printf("%-42s %7s %9s\n", "y = x + x, 1x4 float32, 1 thread", "ns", "to C");
    for (const Row &row : rows)
        std::printf("%-42s %7.1f %9.3f\n", row.name, median(row.times), median(row.times) / median(rows[0].times));
}

} // namespace

int main(int argc, char **argv)
{
    try {
        report(argc > 1 ? argv[1] : "tests/models/add.onnx");
    } catch (const std::exception &error) {
        std::fprintf(stderr, "overhead: %s\n", error.what());
        return 1;
    }
    return 0;
}
