// The list of Paddle's passes. It is kept and handed back; ONNX Runtime optimises graphs in its own way.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "paddle_infer_declare.h"

namespace paddle {

/// A list of pass names, empty at first. One thread at a time.
class PD_INFER_DECL PaddlePassBuilder {
public:
    explicit PaddlePassBuilder(const std::vector<std::string> &passes);
    virtual ~PaddlePassBuilder();

    void SetPasses(std::initializer_list<std::string> passes);
    void AppendPass(const std::string &pass_type);
    /// Throws InvalidArgument beyond the end.
    void InsertPass(std::size_t index, const std::string &pass_type);
    /// Throws InvalidArgument beyond the end.
    void DeletePass(std::size_t index);
    /// Removes every pass of that name; none is fine.
    void DeletePass(const std::string &pass_type);
    void ClearPasses();
    void AppendAnalysisPass(const std::string &pass);
    void TurnOnDebug();
    /// One line for each pass.
    std::string DebugString();
    const std::vector<std::string> &AllPasses() const;
    std::vector<std::string> AnalysisPasses() const;
    /// The position of a pass, or -1 as a size_t.
    std::size_t GetPassIndex(const std::string &pass_type);

private:
    std::vector<std::string> passes_;
    std::vector<std::string> analysis_passes_;
};

/// A PaddlePassBuilder with switches, which change nothing.
class PD_INFER_DECL PassStrategy : public PaddlePassBuilder {
public:
    explicit PassStrategy(const std::vector<std::string> &passes);
    ~PassStrategy() override;

    virtual void EnableCUDNN();
    virtual void EnableMKLDNN();
    virtual void EnableONEDNN();
    virtual void DisableMKLDNN();
    virtual void DisableONEDNN();
    virtual void EnableMkldnnBfloat16();
    virtual void EnableOnednnBfloat16();
    virtual void EnableMkldnnInt8();
    virtual void EnableOnednnInt8();
    virtual void DisableMkldnnFcPasses();
    virtual void DisableOnednnFcPasses();
    bool use_gpu() const;
};

} // namespace paddle
