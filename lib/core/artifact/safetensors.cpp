// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/artifact/quote.h"
#include "core/base/durable_file.h"
#include "core/base/json.h"

namespace candor {
namespace {

constexpr std::size_t kPrefix = 8;               // header length, u64 little-endian
constexpr std::uint64_t kMaxHeader = 100000000;  // bytes; the format's own limit
constexpr std::size_t kMaxTensors = 100000;
constexpr std::size_t kMaxRank = 8;
constexpr std::size_t kAlignment = 64;  // of the data's start, in files that we write
constexpr const char* kMetadata = "__metadata__";

// A header of 100,000 tensors has fewer commas than this, a decompression bomb of JSON values more.
constexpr std::size_t kMaxCommas = kMaxTensors * (kMaxRank + 4);

// (format name, ours); the types that candor stores.
constexpr std::pair<std::string_view, DType> kTypes[] = {
    {"F32", DType::float32}, {"I64", DType::int64}, {"U8", DType::uint8}};
constexpr std::string_view kOtherTypes[] = {"BOOL", "I8",  "I16",  "U16", "I32",     "U32",
                                            "U64",  "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2"};

std::string_view format_name(DType type) {
  for (const auto& [name, ours] : kTypes) {
    if (ours == type) return name;
  }
  return "?";
}

// Product of the dimensions times `item`, or nothing when it does not fit. Dimensions are >= 0.
std::optional<std::uint64_t> checked_bytes(const std::vector<std::int64_t>& shape,
                                           std::size_t item) {
  std::uint64_t product = item;
  bool empty = false;
  for (const auto dimension : shape) {
    empty |= dimension == 0;
    const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(dimension, 1));
    if (__builtin_mul_overflow(product, factor, &product)) return std::nullopt;
  }
  return empty ? 0 : product;
}

// Where a fault is: the file, and the tensor if it is about one.
class Fault {
 public:
  explicit Fault(std::string file) : file_(std::move(file)) {}
  [[noreturn]] void operator()(const std::string& what) const {
    throw Error(ErrorKind::model, file_ + ": " + what);
  }
  [[noreturn]] void tensor(const std::string& name, const std::string& what) const {
    (*this)("tensor " + quote(name) + " " + what);
  }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
};

struct Mapping {
  const std::byte* data = nullptr;
  std::size_t size = 0;
};

// Maps a regular file read-only. O_NONBLOCK: a pipe of that name must not hang the program.
Mapping map_file(const std::filesystem::path& path, const Fault& fault) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) fault(std::string("cannot be opened: ") + std::strerror(errno));
  struct Closer {
    int file;
    ~Closer() { close(file); }
  } const closer{file};
  struct stat status {};
  if (fstat(file, &status) != 0) fault(std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fault("not a regular file; a safetensors file is expected");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < kPrefix) {
    fault("has " + std::to_string(size) +
          " bytes; a safetensors file begins with 8 bytes of header length");
  }
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (data == MAP_FAILED) fault(std::string("cannot be mapped: ") + std::strerror(errno));
  return {static_cast<const std::byte*>(data), size};
}

std::uint64_t little_endian(const std::byte* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

// Commas and opening braces of JSON text, outside its strings.
struct Marks {
  std::size_t commas = 0;
  std::size_t objects = 0;
};

Marks count_marks(std::string_view text) {
  Marks marks;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      marks.commas += text[i] == ',';
      marks.objects += text[i] == '{';
    }
  }
  return marks;
}

// Before the text becomes a tree, which takes many times its memory.
void check_size(std::string_view text, const Fault& fault) {
  const auto marks = count_marks(text);
  if (marks.objects > kMaxTensors + 2) {  // the header itself and the metadata
    fault("header describes " + std::to_string(marks.objects - 1) + " tensors; at most " +
          std::to_string(kMaxTensors) + " are allowed");
  }
  if (marks.commas > kMaxCommas) {
    fault("header has more values than " + std::to_string(kMaxTensors) + " tensors need");
  }
}

Json read_header(const Mapping& file, std::uint64_t length, const Fault& fault) {
  const std::string_view text(reinterpret_cast<const char*>(file.data + kPrefix), length);
  if (text.empty() || text.front() != '{') fault("header does not begin with '{'");
  check_size(text, fault);
  JsonLimits limits;
  limits.max_depth = 4;
  limits.max_bytes = kMaxHeader;
  Json header = parse_json(text, fault.file() + ": header", ErrorKind::model, limits);
  if (!header.is_object()) fault("header is not a JSON object");
  return header;
}

std::uint64_t header_length(const Mapping& file, const Fault& fault) {
  const auto length = little_endian(file.data);
  if (length > kMaxHeader) {
    fault("header length is " + std::to_string(length) + " bytes; at most " +
          std::to_string(kMaxHeader) + " are allowed");
  }
  if (length > file.size - kPrefix) {
    fault("header length is " + std::to_string(length) + " bytes; the file has only " +
          std::to_string(file.size - kPrefix) + " after the length");
  }
  return length;
}

std::map<std::string, std::string> read_metadata(const Json& json, const Fault& fault) {
  if (!json.is_object()) fault("__metadata__ is not a JSON object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) fault("__metadata__ entry " + quote(key) + " is not a string");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// A whole number in [0, 2^63).
std::optional<std::int64_t> natural(const Json& json) {
  if (!json.is_number_unsigned()) return std::nullopt;
  const auto value = json.get<std::uint64_t>();
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

DType read_type(const std::string& name, const Json& json, const Fault& fault) {
  if (!json.is_string()) fault.tensor(name, "has a dtype that is not a string");
  const auto& text = json.get_ref<const std::string&>();
  for (const auto& [known, type] : kTypes) {
    if (text == known) return type;
  }
  if (std::find(std::begin(kOtherTypes), std::end(kOtherTypes), text) != std::end(kOtherTypes)) {
    fault.tensor(name,
                 "has dtype " + text + "; candor reads F32, I64 and U8: convert the file first");
  }
  fault.tensor(name, "has unknown dtype " + quote(text) + "; allowed: F32, I64, U8");
}

std::vector<std::int64_t> read_shape(const std::string& name, const Json& json,
                                     const Fault& fault) {
  if (!json.is_array()) fault.tensor(name, "has a shape that is not an array");
  if (json.size() > kMaxRank) {
    fault.tensor(name, "has " + std::to_string(json.size()) + " dimensions; at most " +
                           std::to_string(kMaxRank) + " are allowed");
  }
  std::vector<std::int64_t> shape;
  for (const auto& value : json) {
    const auto dimension = natural(value);
    if (!dimension) {
      fault.tensor(name, "has a dimension that is not a whole number from 0 to 2^63 - 1");
    }
    shape.push_back(*dimension);
  }
  return shape;
}

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Range read_range(const std::string& name, const Json& json, std::uint64_t data,
                 const Fault& fault) {
  if (!json.is_array() || json.size() != 2) {
    fault.tensor(name, "has data_offsets that are not [begin, end]");
  }
  const auto begin = natural(json[0]);
  const auto end = natural(json[1]);
  if (!begin || !end) fault.tensor(name, "has data_offsets that are not whole numbers >= 0");
  const auto text = fmt::format("[{}, {}]", *begin, *end);
  if (*begin > *end) fault.tensor(name, "has data_offsets " + text + " that end before they begin");
  if (static_cast<std::uint64_t>(*end) > data) {
    fault.tensor(name, "has data_offsets " + text + "; the file holds " + std::to_string(data) +
                           " bytes of data");
  }
  return {static_cast<std::uint64_t>(*begin), static_cast<std::uint64_t>(*end)};
}

void check_name(const std::string& name, const Fault& fault) {
  if (name.empty()) fault("a tensor has an empty name");
  if (name.find('\0') != std::string::npos) fault.tensor(name, "has a NUL byte in its name");
}

void check_keys(const std::string& name, const Json& entry, const Fault& fault) {
  if (!entry.is_object()) fault.tensor(name, "is not described by a JSON object");
  static const std::set<std::string> kKeys = {"dtype", "shape", "data_offsets"};
  for (const auto& key : kKeys) {
    if (!entry.contains(key)) fault.tensor(name, "has no " + key);
  }
  for (const auto& [key, value] : entry.items()) {
    if (kKeys.count(key) == 0) {
      fault.tensor(name,
                   "has the unknown key " + quote(key) + "; allowed: data_offsets, dtype, shape");
    }
  }
}

struct Entry {
  NamedTensor tensor;
  Range range;
};

Entry read_entry(const std::string& name, const Json& json, std::uint64_t data,
                 const Fault& fault) {
  check_name(name, fault);
  check_keys(name, json, fault);
  Entry entry;
  entry.tensor.name = name;
  entry.tensor.view.dtype = read_type(name, json["dtype"], fault);
  entry.tensor.view.shape = read_shape(name, json["shape"], fault);
  entry.range = read_range(name, json["data_offsets"], data, fault);
  const auto bytes = checked_bytes(entry.tensor.view.shape, size_of(entry.tensor.view.dtype));
  if (!bytes) fault.tensor(name, "has a shape whose size does not fit into 64 bits");
  const auto given = entry.range.end - entry.range.begin;
  if (*bytes != given) {
    fault.tensor(name, "has " + std::to_string(given) +
                           " bytes of data; its dtype and shape need " + std::to_string(*bytes));
  }
  return entry;
}

// The tensors must tile the data: no overlap, no gap, nothing behind the last one.
void check_tiling(const std::vector<Entry>& entries, std::uint64_t data, const Fault& fault) {
  std::vector<const Entry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    return std::pair(a->range.begin, a->range.end) < std::pair(b->range.begin, b->range.end);
  });
  std::uint64_t end = 0;
  for (const auto* entry : order) {
    const auto at = "begins at byte " + std::to_string(entry->range.begin) + " of the data; ";
    const auto free = std::to_string(end);
    const auto& name = entry->tensor.name;
    if (entry->range.begin < end) fault.tensor(name, at + "the one before it ends at " + free);
    if (entry->range.begin > end) fault.tensor(name, at + "there is a gap from " + free);
    end = entry->range.end;
  }
  if (end != data) {
    fault("holds " + std::to_string(data - end) + " bytes of data that belong to no tensor");
  }
}

std::string write_header(const std::vector<NamedTensor>& tensors,
                         const std::map<std::string, std::string>& metadata, const Fault& fault) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::set<std::string_view> names;
  std::uint64_t begin = 0;
  for (const auto& [name, view] : tensors) {
    check_name(name, fault);
    if (name == kMetadata || !names.insert(name).second)
      fault.tensor(name, "has a name already taken");
    if (checked_bytes(view.shape, size_of(view.dtype)) != view.bytes.size()) {
      fault.tensor(name,
                   "has " + std::to_string(view.bytes.size()) + " bytes, not what its shape needs");
    }
    const auto end = begin + view.bytes.size();
    header.get_ref<Json::object_t&>().push_back({name,
                                                 {{"dtype", format_name(view.dtype)},
                                                  {"shape", view.shape},
                                                  {"data_offsets", {begin, end}}}});
    begin = end;
  }
  auto text = header.dump();
  const auto padding = (kAlignment - (kPrefix + text.size()) % kAlignment) % kAlignment;
  return text.append(padding, ' ');
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::string header;
  try {
    header = write_header(tensors, metadata, Fault(path.string()));
  } catch (const Error& error) {
    throw Error(ErrorKind::failed, error.what());
  } catch (const Json::exception&) {
    throw Error(ErrorKind::failed,
                path.string() + ": a tensor's name or metadata is not valid UTF-8");
  }
  char prefix[kPrefix];
  for (std::size_t i = 0; i < kPrefix; ++i) prefix[i] = static_cast<char>(header.size() >> 8 * i);
  DurableFile file(path);
  file.write({prefix, kPrefix});
  file.write(header);
  for (const auto& tensor : tensors) {
    const auto& bytes = tensor.view.bytes;
    file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  file.commit();
}

Safetensors::Safetensors(const std::filesystem::path& path) {
  const Fault fault(path.string());
  const auto file = map_file(path, fault);
  data_ = const_cast<std::byte*>(file.data);
  size_ = file.size;
  try {
    parse(fault.file());
  } catch (...) {
    munmap(data_, size_);  // the destructor does not run
    throw;
  }
}

void Safetensors::parse(const std::string& file) {
  const Fault fault(file);
  const Mapping mapping{static_cast<const std::byte*>(data_), size_};
  const auto length = header_length(mapping, fault);
  const auto header = read_header(mapping, length, fault);
  const auto data = size_ - kPrefix - length;
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == kMetadata) {
      metadata_ = read_metadata(json, fault);
    } else {
      entries.push_back(read_entry(name, json, data, fault));
    }
  }
  check_tiling(entries, data, fault);
  const auto* begin = mapping.data + kPrefix + length;
  for (auto& entry : entries) {
    entry.tensor.view.bytes = aligned({begin + entry.range.begin, begin + entry.range.end},
                                      size_of(entry.tensor.view.dtype));
    index_.emplace(entry.tensor.name, tensors_.size());
    tensors_.push_back(std::move(entry.tensor));
  }
}

// The format does not promise alignment: what lies crooked is copied, so that a view can be read as
// its type.
std::span<const std::byte> Safetensors::aligned(std::span<const std::byte> bytes,
                                                std::size_t alignment) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignment == 0) return bytes;
  copies_.emplace_back(bytes.begin(), bytes.end());
  return copies_.back();
}

Safetensors::~Safetensors() {
  if (data_) munmap(data_, size_);
}

Safetensors::Safetensors(Safetensors&& other) noexcept { *this = std::move(other); }

Safetensors& Safetensors::operator=(Safetensors&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(tensors_, other.tensors_);
  std::swap(metadata_, other.metadata_);
  std::swap(copies_, other.copies_);
  std::swap(index_, other.index_);
  return *this;
}

const TensorView* Safetensors::find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second].view;
}

}  // namespace candor
