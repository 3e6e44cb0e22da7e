// SPDX-License-Identifier: Apache-2.0
// HTML, XML and addresses out of text. Each is linear in the length of the text, whatever stands in
// it. Bytes that are no part of what is taken out stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace candor {

// Tags, comments, CDATA marks, declarations and the content of <script> and <style> go; tags
// between words or paragraphs leave a space, those within a word (<b>, <i>, <span>, ...) nothing.
// Entities become their characters, once: "&amp;lt;" is "&lt;" afterwards. A `<` that begins no
// complete tag is text. This is for reading text, not a guard against scripts.
std::string strip_markup(std::string_view text);

// http, https and ftp addresses, and those that begin with "www.", become a space; punctuation at
// their end stays.
std::string strip_urls(std::string_view text);

}  // namespace candor
