// SPDX-License-Identifier: Apache-2.0
// Uses the installed library as anybody would: its public headers and nothing else.
#include <iostream>

#include <candor/config.h>
#include <candor/error.h>
#include <candor/model.h>

int main() {
  if (candor::config_schema().find("\"train\"") == std::string::npos) return 1;
  try {
    candor::evaluate("/nowhere/at/all", {});
  } catch (const candor::Error& error) {
    std::cout << "error kind " << static_cast<int>(error.kind()) << ": " << error.what() << "\n";
    return error.kind() == candor::ErrorKind::model ? 0 : 1;
  }
  return 1;
}
