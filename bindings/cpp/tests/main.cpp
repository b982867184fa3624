// tests [MODELS]: runs every test; MODELS is the folder tests/models, by default as seen from the root of the repository.
#include "support.hpp"

std::string models_folder = "tests/models";

namespace {

/// Every object gave back what it owned.
class NothingIsLeft : public testing::Environment {
public:
    void TearDown() override { EXPECT_EQ(predictor_pool::live_handles(), 0); }
};

} // namespace

int main(int argc, char **argv)
{
    testing::InitGoogleTest(&argc, argv);
    if (argc > 1)
        models_folder = argv[1];
    testing::AddGlobalTestEnvironment(new NothingIsLeft);
    return RUN_ALL_TESTS();
}
