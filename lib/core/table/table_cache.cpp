// SPDX-License-Identifier: Apache-2.0
#include "core/table/table_cache.h"

#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "core/base/cache_mark.h"
#include "core/base/durable_file.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/mapped_file.h"
#include "core/config/write.h"
#include "core/table/column_layout.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic = {'C', 'N', 'D', 'R', 'T', 'A', 'B', '\n'};
static_assert(std::string_view(kMagic.data(), kMagic.size()).starts_with(kCacheMark));
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::size_t kAlignment = 64;

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t byte_order = kByteOrder;
  std::uint64_t file_bytes = 0;
  std::uint64_t facts_bytes = 0;  // of JSON, right behind the header
  std::uint64_t checksum = 0;     // of everything behind the header
  std::array<char, 24> zero{};
};
static_assert(sizeof(Header) == kAlignment);

std::size_t aligned(std::size_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

// Of bytes that come in parts; not meant against forgery.
class Checksum {
 public:
  void add(std::string_view bytes) {
    const std::array<std::uint64_t, 2> both = {value_, hash_bytes(bytes)};
    value_ = hash_bytes({reinterpret_cast<const char*>(both.data()), sizeof(both)});
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

RawArray bytes_of(const MappedFile& file) { return std::as_bytes(std::span(file.text())); }

std::string_view text_of(RawArray bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void refuse(const char* why) { throw std::invalid_argument(why); }

// The facts and every array of a table, in the order of the file.
struct Parts {
  std::string facts;
  std::vector<RawArray> arrays;
};

Parts parts_of(const Table& table, const std::string& key) {
  Parts parts;
  parts.arrays.push_back(TableLayout::lines(table));
  for (const auto& column : TableLayout::columns(table)) {
    for (const auto& array : ColumnLayout::arrays(*column)) parts.arrays.push_back(array);
  }
  auto facts = TableLayout::facts(table);
  facts["key"] = key;
  facts["array_bytes"] = Json::array();
  for (const auto& array : parts.arrays) facts["array_bytes"].push_back(array.size());
  parts.facts = facts.dump();
  return parts;
}

// Cuts a mapped file into its parts again. Throws std::exception for one that is damaged.
class Loader {
 public:
  Loader(std::shared_ptr<const MappedFile> file, const std::string& key)
      : file_(std::move(file)), bytes_(bytes_of(*file_)) {
    if (bytes_.size() < sizeof(Header)) refuse("it is too short");
    std::memcpy(&header_, bytes_.data(), sizeof(Header));
    if (header_.magic != kMagic || header_.byte_order != kByteOrder) refuse("it is no table");
    if (header_.version != kVersion) refuse("its format is of another version");
    const auto behind = bytes_.size() - sizeof(Header);
    if (header_.file_bytes != bytes_.size() || header_.facts_bytes > behind) {
      refuse("its size is wrong");
    }
    const auto facts = text_of(bytes_.subspan(sizeof(Header), header_.facts_bytes));
    checksum_.add(facts);
    facts_ = parse_json(facts, "table cache", ErrorKind::data);
    if (facts_.at("key") != key) refuse("it was made of something else");
    cut_arrays();
  }

  Table table(const std::vector<TableSource>& sources) const {
    constexpr std::size_t kArrays = ColumnLayout::kArrays;
    auto table = TableLayout::table(facts_, arrays_.front(), sources);
    const auto& summaries = facts_.at("summaries");
    const auto count = table.columns().size();
    if (summaries.size() != count || arrays_.size() != 1 + kArrays * count) {
      refuse("its columns do not fit its names");
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::array<RawArray, kArrays> arrays;
      std::copy_n(arrays_.begin() + 1 + static_cast<std::ptrdiff_t>(kArrays * i), kArrays,
                  arrays.begin());
      TableLayout::add_column(table,
                              ColumnLayout::column(TableLayout::summary(summaries.at(i)), arrays,
                                                   static_cast<std::size_t>(table.rows()), file_));
    }
    return table;
  }

 private:
  void cut_arrays() {
    auto offset = aligned(sizeof(Header) + header_.facts_bytes);
    for (const auto& size : facts_.at("array_bytes")) {
      const auto count = size.get<std::size_t>();
      if (offset > bytes_.size() || count > bytes_.size() - offset) refuse("it is cut short");
      arrays_.push_back(bytes_.subspan(offset, count));
      checksum_.add(text_of(arrays_.back()));
      offset = aligned(offset + count);
    }
    if (offset != bytes_.size() || arrays_.empty()) refuse("its size is wrong");
    if (checksum_.value() != header_.checksum) refuse("its checksum is wrong");
  }

  std::shared_ptr<const MappedFile> file_;
  RawArray bytes_;
  Header header_;
  Checksum checksum_;
  Json facts_;
  std::vector<RawArray> arrays_;
};

}  // namespace

std::string table_cache_key(const std::vector<TableSource>& sources, const TableData& config) {
  Json json;
  json["version"] = kVersion;
  json["sources"] = Json::array();
  for (const auto& source : sources) {
    json["sources"].push_back(
        Json::array({source.sha256, is_json_lines(source.path, config.format)}));
  }
  json["format"] = section_json(config.format);
  json["max_bad_fraction"] = config.clean.max_bad_fraction;
  json["columns"] = Json::object();
  for (const auto& [name, column] : config.columns) {
    json["columns"][name] =
        Json::array({to_json_value(column.type), to_json_value(column.date_order),
                     to_json_value(column.values)});
  }
  return sha256(json.dump());
}

fs::path table_cache_path(const fs::path& folder, const std::string& key) {
  return folder / ("table-" + key.substr(0, 32) + ".cache");
}

std::optional<Table> load_cached_table(const fs::path& path, const std::string& key,
                                       const std::vector<TableSource>& sources) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    return Loader(std::make_shared<MappedFile>(path, ErrorKind::data), key).table(sources);
  } catch (const std::exception& error) {
    log().warn("{}: this cache is not used, and made anew: {}", path.string(), error.what());
    return std::nullopt;
  }
}

void save_cached_table(const fs::path& path, const std::string& key, const Table& table) {
  const auto parts = parts_of(table, key);
  Header header;
  header.facts_bytes = parts.facts.size();
  auto offset = aligned(sizeof(Header) + parts.facts.size());
  Checksum checksum;
  checksum.add(parts.facts);
  for (const auto& array : parts.arrays) {
    checksum.add(text_of(array));
    offset = aligned(offset + array.size());
  }
  header.file_bytes = offset;
  header.checksum = checksum.value();

  make_folders(path.parent_path());
  DurableFile file(path, FileAccess::owner);
  std::size_t written = 0;
  const auto write = [&](std::string_view bytes) {
    constexpr std::array<char, kAlignment> kZeros{};
    file.write(bytes);
    written += bytes.size();
    file.write({kZeros.data(), aligned(written) - written});
    written = aligned(written);
  };
  file.write({reinterpret_cast<const char*>(&header), sizeof(header)});
  written = sizeof(header);
  write(parts.facts);
  for (const auto& array : parts.arrays) write(text_of(array));
  file.commit();
}

}  // namespace candor
