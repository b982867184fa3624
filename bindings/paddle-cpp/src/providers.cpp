#include "providers.h"

#include <vector>

#include "error.h"

namespace paddle_infer {

namespace {

std::vector<std::string> providers()
{
    std::vector<std::string> names;
    size_t count = 0;
    if (c::predictor_provider_count(&count) != c::PREDICTOR_OK)
        return names;
    for (size_t i = 0; i < count; i++) {
        const char *name = nullptr;
        check(c::predictor_provider_name(i, &name));
        names.push_back(name);
    }
    return names;
}

} // namespace

bool has_provider(const std::string &name)
{
    for (const std::string &each : providers()) {
        if (each == name)
            return true;
    }
    return false;
}

std::string provider_list()
{
    std::string list;
    for (const std::string &each : providers())
        list += (list.empty() ? "" : ", ") + each;
    return list.empty() ? "nothing, as it could not be loaded" : list;
}

} // namespace paddle_infer
