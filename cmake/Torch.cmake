# SPDX-License-Identifier: Apache-2.0
# Imported targets for LibTorch as scripts/setup.sh unpacks it (the wheel's own layout, torch/include and torch/lib).
# Not find_package(Torch): that wants a CUDA toolkit even for a CPU build.
set(CANDOR_TORCH_VERSION 2.11.0)
if(DEFINED ENV{CANDOR_CACHE})
  set(_candor_cache $ENV{CANDOR_CACHE})
else()
  set(_candor_cache $ENV{HOME}/.cache/candor)
endif()
if(DEFINED ENV{CANDOR_TORCH_DIR})
  set(_candor_torch_default $ENV{CANDOR_TORCH_DIR})
else()
  set(_candor_torch_default ${_candor_cache}/libtorch-${CANDOR_TORCH_VERSION}/torch)
endif()
set(CANDOR_TORCH_DIR ${_candor_torch_default} CACHE PATH "Folder with LibTorch's include/ and lib/")

set(_torch_version_header ${CANDOR_TORCH_DIR}/include/torch/headeronly/version.h)
if(NOT EXISTS ${_torch_version_header})
  message(FATAL_ERROR "No LibTorch in ${CANDOR_TORCH_DIR}: run scripts/setup.sh, or set CANDOR_TORCH_DIR to a LibTorch ${CANDOR_TORCH_VERSION}")
endif()
file(READ ${_torch_version_header} _torch_header)
string(REGEX MATCH "TORCH_VERSION_MAJOR ([0-9]+)" _ "${_torch_header}")
set(_torch_found ${CMAKE_MATCH_1})
string(REGEX MATCH "TORCH_VERSION_MINOR ([0-9]+)" _ "${_torch_header}")
string(APPEND _torch_found .${CMAKE_MATCH_1})
string(REGEX MATCH "TORCH_VERSION_PATCH ([0-9]+)" _ "${_torch_header}")
string(APPEND _torch_found .${CMAKE_MATCH_1})
if(NOT _torch_found STREQUAL CANDOR_TORCH_VERSION)
  message(FATAL_ERROR "LibTorch in ${CANDOR_TORCH_DIR} is ${_torch_found}; candor needs ${CANDOR_TORCH_VERSION}")
endif()

add_library(candor_torch INTERFACE)
# -idirafter: the wheel carries fmt headers that must not shadow the system's. One SHELL: group each, because CMake drops a
# repeated bare flag.
target_compile_options(candor_torch INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${CANDOR_TORCH_DIR}/include>"
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${CANDOR_TORCH_DIR}/include/torch/csrc/api/include>"
  "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler -idirafter,${CANDOR_TORCH_DIR}/include>"
  "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler -idirafter,${CANDOR_TORCH_DIR}/include/torch/csrc/api/include>")
target_compile_definitions(candor_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
# The OpenMP run time that LibTorch itself uses: one set of threads for both.
file(GLOB _torch_openmp ${CANDOR_TORCH_DIR}/lib/libgomp*.so* ${CANDOR_TORCH_DIR}/../torch.libs/libgomp*.so*)
if(NOT _torch_openmp)
  message(FATAL_ERROR "No libgomp beside LibTorch in ${CANDOR_TORCH_DIR}/lib")
endif()
list(GET _torch_openmp 0 _torch_openmp)
target_link_libraries(candor_torch INTERFACE
  ${CANDOR_TORCH_DIR}/lib/libtorch_cpu.so ${CANDOR_TORCH_DIR}/lib/libc10.so ${_torch_openmp})
target_link_options(candor_torch INTERFACE
  "LINKER:-rpath,${CANDOR_TORCH_DIR}/lib" "LINKER:-rpath-link,${CANDOR_TORCH_DIR}/lib"
  "LINKER:-rpath-link,${CANDOR_TORCH_DIR}/../nvidia/cu13/lib")
