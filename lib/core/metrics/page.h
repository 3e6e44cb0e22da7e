// SPDX-License-Identifier: Apache-2.0
// The frame of the pages that show metrics: one file without scripts and without anything from
// elsewhere, in light and dark.
#pragma once

#include <string>

namespace candor {

// `body` and `footer` are HTML; `title` is any text.
std::string html_page(const std::string& title, const std::string& body, const std::string& footer);

// An entry of <ul class="facts">; nothing when `value` is empty. `value` is any text.
std::string page_fact(const std::string& name, const std::string& value);

}  // namespace candor
