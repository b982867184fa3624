// consumer-cpp MODEL: consumer.c through the C++ header.
#include <predictor_pool.hpp>

#include <exception>
#include <iostream>
#include <vector>

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " MODEL\n";
        return 2;
    }
    try {
        predictor_pool::Predictor predictor{predictor_pool::Config(argv[1])};
        const std::vector<float> x{1, -2, 0.5f, 8};
        auto input = predictor.get_input_handle("x");
        input.reshape({1, 4});
        input.copy_from_host(x);
        predictor.run();
        const auto y = predictor.get_output_handle("y").copy_to_host<float>();
        if (y != std::vector<float>{2, -4, 1, 16}) {
            std::cerr << "y is not x + x\n";
            return 1;
        }
        std::cout << "predictor_pool " << predictor_pool::version() << ", ONNX Runtime "
                  << predictor_pool::runtime_version() << " at " << predictor_pool::runtime_path() << "\n";
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
