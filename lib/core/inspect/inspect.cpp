// SPDX-License-Identifier: Apache-2.0
#include <candor/inspect.h>

#include <candor/error.h>

#include "core/inspect/data_kind.h"
#include "core/inspect/inspect_parts.h"

namespace candor {
namespace {

Inspection look_at(DataKind kind, const InspectRequest& request) {
  switch (kind) {
    case DataKind::table: return inspect_table(request);
    case DataKind::text: return inspect_text(request);
    case DataKind::images: break;
  }
  return inspect_images(request);
}

}  // namespace

InspectResult inspect(const std::string& data, const InspectOptions& options) {
  const auto kind = kind_of(data, options.target.has_value(), "candor inspect");
  check_target(kind, options.target.has_value(), data);
  InspectRequest request;
  request.data = data;
  request.target = options.target.value_or("");
  if (options.test) {
    request.test = *options.test;
    if (kind_of(*options.test, kind == DataKind::table, "candor inspect") != kind) {
      throw Error(ErrorKind::data, *options.test + ": is another kind of data than " + data +
                                       "; --test takes the "
                                       "same kind");
    }
  }
  const auto inspection = look_at(kind, request);
  InspectResult result;
  result.text = options.json ? json_document(inspection_json(inspection))
                             : inspection_text(inspection, options.color);
  if (options.html) result.html = inspection_html(inspection);
  return result;
}

}  // namespace candor
