// SPDX-License-Identifier: Apache-2.0
// Marks what the shared library `candor` shows; everything else in it is hidden.
#pragma once

#define CANDOR_API __attribute__((visibility("default")))
