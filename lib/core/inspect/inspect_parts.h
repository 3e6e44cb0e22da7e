// SPDX-License-Identifier: Apache-2.0
// One function per kind of data; inspect.cpp decides which.
#pragma once

#include <optional>
#include <string>

#include "core/inspect/inspection.h"
#include "core/inspect/unknown_table.h"

namespace candor {

struct InspectRequest {
  std::string data;                 // as data.files has it: a path, or a pattern for several
  std::string target;               // tables; empty: none
  std::optional<std::string> test;  // of the same kind
};

// Throw Error{data} and Error{config} as TableLook does, or when nothing can be read at all.
Inspection inspect_table(const InspectRequest& request);
// The same of a table that was read already, and of a `test` that was; null: request.test is read.
Inspection inspect_table(const UnknownTable& table, const InspectRequest& request,
                         const UnknownTable* test = nullptr);
Inspection inspect_text(const InspectRequest& request);
Inspection inspect_images(const InspectRequest& request);

// The worst first, else in the order in which they were found.
void sort_findings(Inspection& inspection);

}  // namespace candor
