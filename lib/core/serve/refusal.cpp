// SPDX-License-Identifier: Apache-2.0
#include "core/serve/refusal.h"

#include <new>
#include <typeinfo>

#include <candor/error.h>

#include "core/base/log.h"

namespace candor {
namespace {

Failure from(const Refusal& refusal) {
  switch (refusal.reason()) {
    case Refusal::Reason::no_route: return {404, refusal.what(), "not_found", false};
    case Refusal::Reason::no_model: return {404, refusal.what(), "model_not_found", false};
    case Refusal::Reason::method: return {405, refusal.what(), "method_not_allowed", false};
    case Refusal::Reason::too_large: return {413, refusal.what(), "too_large", false};
    case Refusal::Reason::queue_full: return {503, refusal.what(), "queue_full", true};
    case Refusal::Reason::expired: return {503, refusal.what(), "expired", true};
    case Refusal::Reason::stopping: return {503, refusal.what(), "stopping", true};
  }
  return {};
}

Failure out_of_memory() {
  return {503, "out of memory; send fewer rows, or try again later", "out_of_memory", true};
}

Failure internal() { return {500, "internal error", "internal_error", false}; }

}  // namespace

void refuse(const std::string& message) { throw Error(ErrorKind::request, message); }

Failure failure_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Refusal& refusal) {
    return from(refusal);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::request) return {400, error.what(), "invalid_request", false};
    log().error("a request failed: {}", error.what());
    return error.kind() == ErrorKind::out_of_memory ? out_of_memory() : internal();
  } catch (const std::bad_alloc&) {
    log().error("a request failed: out of memory");
    return out_of_memory();
  } catch (const std::exception& error) {
    // Its text may hold a client's values; its type does not.
    log().error("a request failed: {}", typeid(error).name());
    return internal();
  } catch (...) {
    log().error("a request failed");
    return internal();
  }
}

}  // namespace candor
