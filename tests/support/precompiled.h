// SPDX-License-Identifier: Apache-2.0
// Precompiled for the tests of core. Sources still include what they use.
#pragma once

#include "core/precompiled.h"
#include "support/catch.h"
