// A planted defect: two threads count their runs in one variable without a lock.
#include <predictor_pool.hpp>

#include <thread>

int main()
{
    const predictor_pool::Predictor source{predictor_pool::Config("tests/models/add.onnx")};
    int runs = 0;
    const auto work = [&runs](predictor_pool::Predictor predictor) {
        auto x = predictor.get_input_handle("x");
        for (int run = 0; run < 100; run++) {
            x.copy_from_host({1.0f, 2.0f, 3.0f, 4.0f});
            predictor.run();
            runs++;
        }
    };
    std::thread one(work, source.clone()), other(work, source.clone());
    one.join();
    other.join();
    return runs > 0 ? 0 : 1;
}
