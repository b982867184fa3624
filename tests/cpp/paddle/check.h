// Checks for the programs here: the first failure ends the program with its line.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1); \
        } \
    } while (0)

/// The statement throws a std::exception whose text has both parts.
#define THROWS(kind, part, statement) \
    do { \
        std::string thrown = "nothing was thrown"; \
        try { \
            statement; \
        } catch (const std::exception &error) { \
            thrown = error.what(); \
        } \
        if (thrown.find("(" kind ")") != 0 || thrown.find(part) == std::string::npos || \
            thrown.find('\n') != std::string::npos) { \
            std::printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #statement, thrown.c_str()); \
            std::exit(1); \
        } \
    } while (0)

inline std::string model(char **argv, const std::string &name)
{
    return std::string(argv[1]) + "/" + name;
}

inline std::string paddle_model(char **argv, const std::string &name)
{
    return std::string(argv[2]) + "/" + name;
}
