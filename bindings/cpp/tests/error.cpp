// Statuses, and the one exception.
#include "support.hpp"

#include <thread>

using namespace predictor_pool;

TEST(Error, IsAStdRuntimeErrorWithCodeAndText)
{
    const Error error(Status::Busy, "the text");
    EXPECT_EQ(error.code(), Status::Busy);
    const std::runtime_error &base = error;
    EXPECT_STREQ(base.what(), "the text");
}

TEST(Error, StatusesHaveTheNamesAndNumbersOfTheCAbi)
{
    EXPECT_EQ(static_cast<int>(Status::Ok), 0);
    EXPECT_EQ(static_cast<int>(Status::Internal), 16);
    EXPECT_EQ(status_name(Status::Ok), "PREDICTOR_OK");
    EXPECT_EQ(status_name(Status::NotFound), "PREDICTOR_ERROR_NOT_FOUND");
    EXPECT_EQ(status_name(static_cast<Status>(99)), "PREDICTOR_ERROR_UNKNOWN");
}

TEST(Error, ACopyKeepsTheTextAfterOtherCallsAndOnOtherThreads)
{
    std::string there;
    try {
        predictor_for("no_such_model.onnx");
        FAIL() << "expected an error";
    } catch (const Error &error) {
        const Error copy = error;
        Config config; // a call that succeeds clears the text of this thread
        std::thread([&] { there = copy.what(); }).join();
        EXPECT_EQ(copy.code(), Status::NotFound);
    }
    EXPECT_NE(there.find("no_such_model.onnx"), std::string::npos) << there;
}

TEST(Error, TextsOfAnyLengthArriveWhole)
{
    const std::string name(5000, 'n');
    expect_error(Status::NotFound, name, [&] { predictor_for("add.onnx").get_input_handle(name); });
}

TEST(Error, ATextWithANulInsideIsRefusedAndNotCut)
{
    Predictor predictor = predictor_for("add.onnx");
    const std::string name("x\0y", 3);
    expect_error(Status::InvalidArgument, "no NUL inside, got \"x\\0...\"", [&] { predictor.get_input_handle(name); });
}
