# SPDX-License-Identifier: Apache-2.0
option(CANDOR_WERROR "Treat warnings as errors" OFF)
function(candor_set_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wvla -Walloca -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # false alarms in std::string of g++ 12
   
    $<$<BOOL:${CANDOR_WERROR}>:-Werror> -Werror=return-type)
endfunction()

# Hardening of Release builds.
function(candor_harden target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong>)
endfunction()
