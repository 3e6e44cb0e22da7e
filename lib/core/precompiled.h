// SPDX-License-Identifier: Apache-2.0
// Precompiled for every core source: what most of them include and what takes long. Sources still
// include what they use.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
