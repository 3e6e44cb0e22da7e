// SPDX-License-Identifier: Apache-2.0
// Precompiled for every engine source and its tests. Sources still include what they use.
#pragma once

#include <torch/script.h>
#include <torch/torch.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
