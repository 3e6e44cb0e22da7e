// SPDX-License-Identifier: Apache-2.0
#include "core/text/unicode_forms.h"

#include <candor/error.h>
#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "core/base/utf8.h"
#include "core/text/unicode.h"

namespace candor {
namespace {

// The first that knows Unicode 15.0 (its pkg-config file tells another version).
static_assert(UTF8PROC_VERSION_MAJOR > 2 ||
              (UTF8PROC_VERSION_MAJOR == 2 && UTF8PROC_VERSION_MINOR >= 8));

using Points = std::vector<utf8proc_int32_t>;

int combining_class(utf8proc_int32_t point) {
  return point < 0x300 ? 0 : utf8proc_get_property(point)->combining_class;
}

// Appends what one code point decomposes or folds to.
void expand(utf8proc_int32_t point, int options, Points& out) {
  utf8proc_int32_t parts[32];  // the longest decomposition has 18
  int last_class = UTF8PROC_BOUNDCLASS_START;
  const auto count = utf8proc_decompose_char(point, parts, std::size(parts),
                                             static_cast<utf8proc_option_t>(options), &last_class);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(std::size(parts))) {
    throw Error(ErrorKind::failed, "utf8proc cannot decompose a code point");
  }
  out.insert(out.end(), parts, parts + count);
}

// Sorts marks between two starters by class (canonical ordering). utf8proc's own ordering takes
// quadratic time over many marks.
void order_marks(Points& points) {
  for (std::size_t begin = 0; begin < points.size();) {
    if (combining_class(points[begin]) == 0) {
      ++begin;
      continue;
    }
    auto end = begin + 1;
    while (end < points.size() && combining_class(points[end]) != 0) ++end;
    if (end - begin > 1) {
      std::stable_sort(points.begin() + static_cast<std::ptrdiff_t>(begin),
                       points.begin() + static_cast<std::ptrdiff_t>(end),
                       [](auto a, auto b) { return combining_class(a) < combining_class(b); });
    }
    begin = end;
  }
}

void expand_all(Points& points, int options) {
  Points out;
  out.reserve(points.size() + points.size() / 4);
  for (const auto point : points) expand(point, options, out);
  points = std::move(out);
}

bool diacritical_mark(utf8proc_int32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
         (c >= 0xFE20 && c <= 0xFE2F);
}

bool decomposes(UnicodeForm form) { return form == UnicodeForm::nfd || form == UnicodeForm::nfkd; }

bool compatible(UnicodeForm form) { return form == UnicodeForm::nfkc || form == UnicodeForm::nfkd; }

void compose(Points& points) {
  const auto length =
      utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  points.resize(static_cast<std::size_t>(length));
}

// Code points that Unicode 15.0 assigns, so that no later version can give other results.
void transform(Points& points, const UnicodeSteps& steps) {
  if (points.empty()) return;
  if (steps.form == UnicodeForm::none && !steps.strip_accents) {
    expand_all(points, UTF8PROC_CASEFOLD);
    return;
  }
  const int decompose =
      UTF8PROC_DECOMPOSE | UTF8PROC_STABLE | (compatible(steps.form) ? UTF8PROC_COMPAT : 0);
  expand_all(points, decompose);
  order_marks(points);
  if (steps.case_fold) {
    // After the first decomposition, as definition D145 of the Unicode Standard has it: U+0345 is
    // a mark before folding and a letter after it.
    expand_all(points, decompose | UTF8PROC_CASEFOLD);
    order_marks(points);
  }
  if (steps.strip_accents) std::erase_if(points, diacritical_mark);
  if (!decomposes(steps.form)) compose(points);
}

class Writer {
 public:
  Writer(const UnicodeSteps& steps, std::string& out) : steps_(steps), out_(out) {}

  void add(std::uint32_t point) {
    if (facts_of(point).assigned()) {
      pending_.push_back(static_cast<utf8proc_int32_t>(point));
      return;
    }
    flush();
    append_code_point(point, out_);
  }

  // Only before a code point that combines with nothing before it.
  void flush() {
    transform(pending_, steps_);
    for (const auto point : pending_) append_code_point(static_cast<std::uint32_t>(point), out_);
    pending_.clear();
  }

 private:
  const UnicodeSteps& steps_;
  std::string& out_;
  Points pending_;
};

bool ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

char fold_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

// ASCII is in every form already, and no ASCII character composes with what stands before it; the
// one before a mark may compose with that mark.
std::string apply_unicode_steps(std::string_view text, const UnicodeSteps& steps) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  Writer writer(steps, out);
  for (std::size_t at = 0; at < text.size();) {
    auto plain = at;
    while (plain < text.size() && ascii(text[plain])) ++plain;
    const auto end = plain == text.size() || plain == at ? plain : plain - 1;
    for (; at < end; ++at) out += steps.case_fold ? fold_ascii(text[at]) : text[at];
    // The last ASCII character and everything after it that is none.
    if (at < text.size() && ascii(text[at])) writer.add(static_cast<unsigned char>(text[at++]));
    while (at < text.size() && !ascii(text[at])) {
      const auto point = read_code_point(text.substr(at));
      writer.add(point.value);
      at += point.length;
    }
    writer.flush();
  }
  return out;
}

}  // namespace candor
