// SPDX-License-Identifier: Apache-2.0
// Datasets of tables and texts; images have image_set.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <candor/config.h>

#include "core/table/table.h"
#include "core/text/corpus_tokens.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// Rows of a table, through the fitted host stage. `data` is the run's. With `training`, `rows` are
// those that the stage was fitted on, and training_batch() gives them as training must see them
// (TableStage::apply_training); batch() gives every row as serving sees it. Throws Error{data}
// (file and line).
std::shared_ptr<Dataset> make_table_dataset(const Preprocessor& preprocessor, const Table& table,
                                            std::span<const std::int64_t> rows,
                                            const TableData& data, bool training = false);

// Group column -> value of each document.
using DocumentGroups = std::map<std::string, std::vector<std::string>>;

// Documents cut into windows of `context` tokens and their successors. Throws Error{data} when
// there is no token to predict; `name` is for the message.
std::shared_ptr<Dataset> make_text_dataset(TokenStore tokens, std::int64_t context,
                                           bool cross_documents, const std::string& name,
                                           DocumentGroups groups = {});
// Of one text.
std::shared_ptr<Dataset> make_text_dataset(const Preprocessor& preprocessor, std::string_view text,
                                           const std::string& name);

}  // namespace candor
